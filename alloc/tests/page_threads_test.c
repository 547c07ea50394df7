/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two, four and eight threads, each a cpu of one machine, at random page calls:
 * blocks of every order and type, handed from thread to thread, pages that move
 * while others hold them, bulk, fragments, ranges, areas, lists switched off.
 * Run under TSan and ASan, on each profile; pages must have moved, and at the end every
 * page is accounted for.
 *
 *	test_alloc_page_threads [SECONDS]	in all; less than 2 unless told
 *
 * A slot is a holder's page table entry: whoever has its lock has the page. The
 * allocator asks for the lock before it moves a page and never waits for it.
 */
#include <pthread.h>
#include <time.h>
#include "machine_fixture.h"
#include "alloc/movable.h"
#include "alloc/pagesets.h"
#include "compact.h"
#include "linux/cma.h"
#include "linux/page_frag_cache.h"

#define SLOTS   1024
#define FRAMES  16384
#define START   4096

struct slot {
	atomic_bool locked;
	bool movable;
	unsigned int order;
	struct page *page; /* NULL: empty */
	uint64_t stamp;
};

static struct slot slots[SLOTS];
static atomic_uint slot_of_frame[FRAMES]; /* + 1; of pages in the LRU's care */
static atomic_ullong nr_ops, nr_moved, stamp_counter;
static atomic_bool stop;
static struct cma *area;
static double seconds = 1.5;

static bool slot_try(struct slot *s)
{
	return !atomic_exchange_explicit(&s->locked, true, memory_order_acquire);
}

static void slot_drop(struct slot *s)
{
	atomic_store_explicit(&s->locked, false, memory_order_release);
}

static atomic_uint *frame_of(const struct page *page)
{
	return &slot_of_frame[page_to_pfn(page) - START];
}

/* the holder */

static bool on_isolate(void *arg, struct page *page)
{
	unsigned int id = atomic_load(frame_of(page));
	struct slot *s;

	(void)arg;
	if (!id)
		return false;
	s = &slots[id - 1];
	if (!slot_try(s))
		return false;
	if (s->page == page && s->movable)
		return true;
	slot_drop(s);
	return false;
}

static void on_moved(void *arg, struct page *from, struct page *to)
{
	unsigned int id = atomic_exchange(frame_of(from), 0);

	(void)arg;
	slots[id - 1].page = to;
	atomic_store(frame_of(to), id);
	atomic_fetch_add_explicit(&nr_moved, 1, memory_order_relaxed);
	slot_drop(&slots[id - 1]);
}

static void on_stay(void *arg, struct page *page)
{
	(void)arg;
	slot_drop(&slots[atomic_load(frame_of(page)) - 1]);
}

static const struct kmc_holder_ops holder = { .isolate = on_isolate, .moved = on_moved,
					      .stay = on_stay };

/* a slot's page: a stamp in each of its frames */

static uint64_t *stamp_at(const struct slot *s, unsigned int frame)
{
	return (uint64_t *)((uint8_t *)page_address(s->page) + frame * PAGE_SIZE + 8);
}

static void fill(struct slot *s, unsigned int id, uint64_t rng)
{
	static const gfp_t types[] = { GFP_KERNEL, GFP_HIGHUSER_MOVABLE, GFP_ATOMIC,
				       GFP_KERNEL | __GFP_RECLAIMABLE, GFP_HIGHUSER_MOVABLE };
	gfp_t gfp = types[(rng >> 20) % 5] | __GFP_COMP | __GFP_NOWARN;

	s->order = rng >> 30 & 7 ? rng >> 40 & 1 : rng >> 40 & 7;
	s->page = alloc_pages(gfp, s->order);
	if (!s->page)
		return;
	s->stamp = atomic_fetch_add(&stamp_counter, 1);
	for (unsigned int i = 0; i < 1u << s->order; i++)
		*stamp_at(s, i) = s->stamp + i;
	s->movable = gfp & __GFP_MOVABLE;
	if (s->movable) {
		atomic_store(frame_of(s->page), id + 1);
		KMC_BUG_ON(!kmc_sim_movable_add(s->page));
	}
}

static void empty(struct slot *s)
{
	for (unsigned int i = 0; i < 1u << s->order; i++)
		KMC_BUG_ON(*stamp_at(s, i) != s->stamp + i);
	if (s->movable) {
		kmc_sim_movable_del(s->page);
		atomic_store(frame_of(s->page), 0);
	}
	__free_pages(s->page, s->order);
	s->page = NULL;
}

static void step_slot(uint64_t rng)
{
	unsigned int id = rng >> 50 & (SLOTS - 1);
	struct slot *s = &slots[id];

	if (!slot_try(s))
		return;
	if (s->page)
		empty(s);
	else
		fill(s, id, rng);
	slot_drop(s);
}

/* calls that give back at once what they took */

static void step_bulk(uint64_t rng)
{
	struct page *array[16] = { NULL };
	unsigned long nr = alloc_pages_bulk(GFP_KERNEL | __GFP_NOWARN, 1 + (rng >> 40 & 15), array);

	for (unsigned long i = 0; i < nr; i++)
		__free_page(array[i]);
}

static void step_frag(struct page_frag_cache *cache, uint64_t rng)
{
	void *frag = page_frag_alloc(cache, 1 + (rng >> 40 & 2047), GFP_ATOMIC);

	if (frag)
		page_frag_free(frag);
}

static void step_range(uint64_t rng)
{
	uint64_t start = START + (rng >> 40) % (FRAMES - 600), nr = 1 + (rng >> 20 & 511);

	if (rng >> 60 & 1) {
		struct page *page = cma_alloc(area, nr, 0, true);

		if (page)
			KMC_BUG_ON(!cma_release(area, page, nr));
	} else if (!alloc_contig_range(start, start + nr, ACR_FLAGS_NONE, GFP_KERNEL)) {
		memset(page_address(pfn_to_page(start)), 0xab, PAGE_SIZE);
		free_contig_range(start, nr);
	}
}

static void step_rare(struct page_frag_cache *cache, uint64_t rng)
{
	struct page *page;

	switch (rng >> 12 & 7) {
	case 0:
		kmc_sim_compact_node(sim, 0);
		break;
	case 1:
		step_range(rng);
		break;
	case 2:
		kmc_sim_drain_all(sim);
		break;
	case 3:
		kmc_sim_pcp_disable(sim, 0, rng >> 33 & 1);
		break;
	case 4:
		page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, 9);
		if (page)
			__free_pages(page, 9);
		break;
	case 5:
		wakeup_kcompactd(sim, 0, 3, KMC_ZONE_NORMAL);
		kmc_sim_kcompactd_step(sim, 0);
		break;
	case 6:
		page = alloc_pages_nolock(0, NUMA_NO_NODE, rng >> 33 & 3);
		if (page)
			free_pages_nolock(page, rng >> 33 & 3);
		break;
	default:
		step_frag(cache, rng);
	}
}

static void *worker(void *arg)
{
	struct page_frag_cache cache = { 0 };
	uint64_t rng = (uintptr_t)arg * 7919 + 3, done = 0;

	KMC_BUG_ON(kmc_sim_bind(sim, (unsigned int)(uintptr_t)arg));
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		rng = rng * 6364136223846793005ull + 1442695040888963407ull;
		if ((rng >> 33 & 255) == 0)
			step_rare(&cache, rng);
		else if ((rng >> 33 & 31) == 1)
			step_bulk(rng);
		else
			step_slot(rng);
		done++;
	}
	page_frag_cache_drain(&cache);
	kmc_sim_unbind();
	atomic_fetch_add(&nr_ops, done);
	return NULL;
}

static void check_nothing_is_missing(void)
{
	struct kmc_zone_info z;

	kmc_sim_check(sim);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (slots[i].page)
			empty(&slots[i]);
	kmc_sim_pcp_disable(sim, 0, false);
	kmc_sim_drain_all(sim);
	kmc_sim_check(sim);
	z = zone_info(0);
	assert_int_equal(z.nr_free, FRAMES);
	assert_int_equal(z.managed, FRAMES);
	for (unsigned int i = 0; i < FRAMES; i++)
		assert_int_equal(atomic_load(&slot_of_frame[i]), 0);
}

static void run(enum kmc_profile profile, unsigned int threads, double duration)
{
	struct kmc_sim_config c = {
		.nr_cpus = threads, .nr_nodes = 1, .nr_zones = 1, .profile = profile,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = START, .nr_pages = FRAMES } },
	};
	struct timespec rest = { .tv_sec = (time_t)duration,
				 .tv_nsec = (long)((duration - (double)(time_t)duration) * 1e9) };
	const struct timespec moment = { .tv_nsec = 20000000 };
	pthread_t thread[8];

	boot_config(&c);
	kmc_sim_holder(sim, &holder, NULL);
	assert_int_equal(cma_declare_contiguous(0, 8 << 20, 0, 0, 0, false, "t", &area), 0);
	kmc_sim_unbind();
	atomic_store(&stop, false);
	atomic_store(&nr_ops, 0);
	atomic_store(&nr_moved, 0);
	for (uintptr_t i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, worker, (void *)i);
	nanosleep(&rest, NULL);
	for (unsigned int i = 0; i < 3000 && !nr_moved; i++) /* a minute at most */
		nanosleep(&moment, NULL);
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	printf("profile %d, %u threads: %llu steps, %llu pages moved\n", profile, threads,
	       (unsigned long long)nr_ops, (unsigned long long)nr_moved);
	assert_true(nr_ops > 100);
	assert_true(nr_moved > 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	check_nothing_is_missing();
	power_off();
}

static void test_threads(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		for (unsigned int threads = 2; threads <= 8; threads *= 2)
			run(p, threads, seconds / 3 / KMC_NR_PROFILES);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	if (argc > 1)
		seconds = strtod(argv[1], NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
