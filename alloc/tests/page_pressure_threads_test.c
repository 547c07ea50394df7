/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that are cpus of one machine which is short of memory: blocks of all
 * orders by all kinds of masks, exact sizes, split blocks, shared references,
 * bulk, fragments, ranges, calls without a lock, areas by cpu, pages that move,
 * charges to groups with limits; beside them populations that come and go, tasks that are killed,
 * and the daemons' steps. Things change hands, so that frees happen on other cpus.
 * Run under TSan and ASan, on each profile; reclaim, compaction and kills must all have
 * come up, for as long as it takes, and at the end every page is accounted for.
 *
 *	test_alloc_page_pressure_threads [SECONDS [THREADS]]	else a second in all
 */
#include <pthread.h>
#include <time.h>
#include "machine_fixture.h"
#include "alloc/memcg.h"
#include "alloc/movable.h"
#include "alloc/pagesets.h"
#include "compact.h"
#include "linux/memcontrol.h"
#include "linux/page_frag_cache.h"
#include "linux/percpu.h"
#include "linux/sched/mm.h"
#include "percpu.h"
#include "reclaim.h"

#define NODE_PAGES  8192u
#define START       4096u
#define SLOTS       512
#define FIRST_PREY  16 /* tasks from here on run nowhere; they own memory and are killed */
#define NR_PREY     8

enum kind { NOTHING, BLOCK, EXACT, SPLIT, NOLOCK, RANGE, AREA, FRAGMENT, BULK, MOVABLE, NR_KINDS };

struct thing {
	enum kind kind;
	unsigned int order, size; /* size: bytes; of a range and an array pages */
	void *p;                  /* struct page, or address */
	struct page *array[16];
	uint64_t stamp;
};

static struct thing shared[SLOTS];
static atomic_bool locked[SLOTS], stop;
static atomic_uint slot_of_frame[2 * NODE_PAGES]; /* + 1; of blocks that may move */
static atomic_ullong nr_ops, done[NR_KINDS], failed[NR_KINDS], stamps;
static struct mem_cgroup *groups[4];
static double seconds = 1;
static unsigned int only_threads;

/* What pressure has led to. */
enum effect { RECLAIMED, BY_KSWAPD, COMPACTED, KILLED, GROUP_RECLAIMED, NR_EFFECTS };
static const char *const effect_names[NR_EFFECTS] = { "rounds of reclaim with progress", "runs of kswapd",
						      "compactions that moved", "kills",
						      "groups' reclaims" };
static atomic_ullong effects[NR_EFFECTS];

static void on_tracepoint(void *arg, const struct kmc_tp *tp)
{
	enum effect effect;

	(void)arg;
	switch (tp->id) {
	case KMC_TP_DIRECT_RECLAIM_END: effect = RECLAIMED; break;
	case KMC_TP_MEMCG_RECLAIM_END: effect = GROUP_RECLAIMED; break;
	case KMC_TP_KSWAPD_SLEEP: effect = BY_KSWAPD; break;
	case KMC_TP_COMPACTION_MIGRATEPAGES: effect = COMPACTED; break;
	default: effect = KILLED;
	}
	if ((effect == RECLAIMED || effect == GROUP_RECLAIMED || effect == COMPACTED) &&
	    !tp->bytes_req)
		return;
	atomic_fetch_add_explicit(&effects[effect], 1, memory_order_relaxed);
}

static bool all_came_up(void)
{
	for (unsigned int i = 0; i < NR_EFFECTS; i++)
		if (!atomic_load(&effects[i]))
			return false;
	return true;
}

struct worker {
	unsigned int cpu;
	uint64_t rng, steps;
	struct page_frag_cache frags;
};

static uint32_t draw(struct worker *w, uint32_t below)
{
	w->rng = w->rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((w->rng >> 33) % below);
}

/* With and without waiting, IO, FS, reserves, retries, charges, kinds of block. */
static gfp_t any_gfp(struct worker *w)
{
	static const gfp_t masks[] = {
		GFP_KERNEL, GFP_KERNEL, GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_NOIO, GFP_NOFS,
		GFP_HIGHUSER_MOVABLE, GFP_HIGHUSER_MOVABLE, GFP_USER, GFP_KERNEL_ACCOUNT,
		GFP_KERNEL_ACCOUNT, GFP_ATOMIC | __GFP_ACCOUNT, GFP_KERNEL | __GFP_NORETRY,
		GFP_KERNEL | __GFP_RETRY_MAYFAIL, GFP_KERNEL | __GFP_RECLAIMABLE,
		GFP_ATOMIC | __GFP_NOMEMALLOC, GFP_KERNEL | __GFP_ZERO,
		GFP_TRANSHUGE_LIGHT, GFP_KERNEL_ACCOUNT | __GFP_NOFAIL,
	};

	return masks[draw(w, sizeof(masks) / sizeof(masks[0]))] | __GFP_NOWARN;
}

static unsigned int any_order(struct worker *w)
{
	return draw(w, 4) ? draw(w, 4) : draw(w, 11);
}

/* The first and the last word of @bytes at @p are the owner's. */
static void stamp(struct thing *t, void *p, size_t bytes)
{
	uint64_t *word = p;

	word[0] = word[bytes / 8 - 1] = t->stamp;
}

static void check_stamp(const struct thing *t, const void *p, size_t bytes)
{
	const uint64_t *word = p;

	KMC_BUG_ON(word[0] != t->stamp || word[bytes / 8 - 1] != t->stamp);
}

static void make_block(struct worker *w, struct thing *t)
{
	gfp_t gfp = any_gfp(w);

	t->order = gfp & __GFP_NOFAIL ? draw(w, 2) : any_order(w);
	if (draw(w, 2) && t->order)
		gfp |= __GFP_COMP;
	t->p = alloc_pages_node((int)draw(w, 2), gfp, t->order);
	if (t->p)
		stamp(t, page_address(t->p), PAGE_SIZE << t->order);
}

static void make_split(struct worker *w, struct thing *t)
{
	t->order = draw(w, 5);
	t->p = alloc_pages((any_gfp(w) & ~(__GFP_COMP | __GFP_NOFAIL)), t->order);
	if (!t->p)
		return;
	split_page(t->p, t->order);
	for (unsigned int i = 0; i < 1u << t->order; i++)
		stamp(t, page_address((struct page *)t->p + i), PAGE_SIZE);
}

static void make_range(struct worker *w, struct thing *t)
{
	uint64_t start = START + draw(w, 2 * NODE_PAGES - 600);

	t->size = 1 + draw(w, 512);
	if (draw(w, 2)) {
		t->p = alloc_contig_pages(t->size, GFP_KERNEL | __GFP_NOWARN, 0, NULL);
	} else if (start / NODE_PAGES == (start + t->size) / NODE_PAGES &&
		   !alloc_contig_range(start, start + t->size, ACR_FLAGS_NONE, GFP_KERNEL)) {
		t->p = pfn_to_page(start);
	}
	if (t->p)
		stamp(t, page_address(t->p), (size_t)t->size * PAGE_SIZE);
}

static void make_bulk(struct worker *w, struct thing *t)
{
	memset(t->array, 0, sizeof(t->array));
	t->size = (unsigned int)alloc_pages_bulk(any_gfp(w) & ~__GFP_NOFAIL, 1 + draw(w, 16), t->array);
	t->p = t->array[0];
	for (unsigned int i = 0; i < t->size; i++)
		stamp(t, page_address(t->array[i]), PAGE_SIZE);
}

/* the holder of what may move: a slot's lock is its page table entry's */

static atomic_uint *frame_of(const struct page *page)
{
	return &slot_of_frame[page_to_pfn(page) - START];
}

static bool on_isolate(void *arg, struct page *page)
{
	unsigned int id = atomic_load(frame_of(page));

	(void)arg;
	if (!id || atomic_exchange_explicit(&locked[id - 1], true, memory_order_acquire))
		return false;
	if (shared[id - 1].kind == MOVABLE && shared[id - 1].p == page)
		return true;
	atomic_store_explicit(&locked[id - 1], false, memory_order_release);
	return false;
}

static void on_moved(void *arg, struct page *from, struct page *to)
{
	unsigned int id = atomic_exchange(frame_of(from), 0);

	(void)arg;
	shared[id - 1].p = to;
	atomic_store(frame_of(to), id);
	atomic_store_explicit(&locked[id - 1], false, memory_order_release);
}

static void on_stay(void *arg, struct page *page)
{
	(void)arg;
	atomic_store_explicit(&locked[atomic_load(frame_of(page)) - 1], false, memory_order_release);
}

static const struct kmc_holder_ops holder = { .isolate = on_isolate, .moved = on_moved,
					      .stay = on_stay };

static void make_movable(struct worker *w, struct thing *t)
{
	t->order = draw(w, 4) ? 0 : draw(w, 4);
	t->p = alloc_pages_node((int)draw(w, 2), GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOWARN,
				t->order);
	if (!t->p)
		return;
	stamp(t, page_address(t->p), PAGE_SIZE << t->order);
	atomic_store(frame_of(t->p), (unsigned int)(t - shared) + 1);
	KMC_BUG_ON(!kmc_sim_movable_add(t->p));
}

static void free_movable(struct thing *t)
{
	check_stamp(t, page_address(t->p), PAGE_SIZE << t->order);
	kmc_sim_movable_del(t->p);
	atomic_store(frame_of(t->p), 0);
	__free_pages(t->p, t->order);
}

static void make(struct worker *w, struct thing *t)
{
	static const enum kind kinds[] = { BLOCK, BLOCK, BLOCK, BLOCK, EXACT, SPLIT, NOLOCK, AREA,
					   FRAGMENT, BULK, MOVABLE, MOVABLE };
	enum kind kind = draw(w, 200) ? kinds[draw(w, 12)] : RANGE;

	t->stamp = atomic_fetch_add_explicit(&stamps, 1, memory_order_relaxed);
	t->p = NULL;
	switch (kind) {
	case BLOCK: make_block(w, t); break;
	case SPLIT: make_split(w, t); break;
	case RANGE: make_range(w, t); break;
	case BULK: make_bulk(w, t); break;
	case MOVABLE: make_movable(w, t); break;
	case EXACT:
		t->size = 8 * (1 + draw(w, 8 * PAGE_SIZE / 8));
		t->p = alloc_pages_exact(t->size, any_gfp(w) & ~__GFP_NOFAIL);
		break;
	case NOLOCK:
		t->order = draw(w, 4);
		t->p = alloc_pages_nolock(draw(w, 2) ? __GFP_ACCOUNT : 0, NUMA_NO_NODE, t->order);
		break;
	case AREA:
		t->size = 8 * (1 + draw(w, 64));
		t->p = __alloc_percpu_gfp(t->size, 8, draw(w, 2) ? GFP_KERNEL_ACCOUNT : GFP_NOWAIT);
		break;
	default:
		t->size = 8 * (1 + draw(w, 256));
		t->p = page_frag_alloc_align(&w->frags, t->size, GFP_ATOMIC | __GFP_NOWARN, 8);
	}
	if (t->p && (kind == EXACT || kind == FRAGMENT))
		stamp(t, t->p, t->size);
	t->kind = t->p ? kind : NOTHING;
	atomic_fetch_add_explicit(t->p ? &done[kind] : &failed[kind], 1, memory_order_relaxed);
}

/* Now and then by a reference more, which is given up last. */
static void free_block(struct thing *t)
{
	check_stamp(t, page_address(t->p), PAGE_SIZE << t->order);
	if (t->stamp & 1) {
		get_page(t->p);
		__free_pages(t->p, t->order);
		put_page(t->p);
	} else {
		__free_pages(t->p, t->order);
	}
}

static void release(struct thing *t)
{
	switch (t->kind) {
	case NOTHING: break;
	case BLOCK: free_block(t); break;
	case MOVABLE: free_movable(t); break;
	case NOLOCK: free_pages_nolock(t->p, t->order); break;
	case AREA: free_percpu((void __percpu *)t->p); break;
	case EXACT:
		check_stamp(t, t->p, t->size);
		free_pages_exact(t->p, t->size);
		break;
	case SPLIT:
		for (unsigned int i = 0; i < 1u << t->order; i++) {
			check_stamp(t, page_address((struct page *)t->p + i), PAGE_SIZE);
			put_page((struct page *)t->p + i);
		}
		break;
	case RANGE:
		check_stamp(t, page_address(t->p), (size_t)t->size * PAGE_SIZE);
		free_contig_range(page_to_pfn(t->p), t->size);
		break;
	case BULK:
		for (unsigned int i = 0; i < t->size; i++) {
			check_stamp(t, page_address(t->array[i]), PAGE_SIZE);
			__free_page(t->array[i]);
		}
		break;
	default:
		check_stamp(t, t->p, t->size);
		page_frag_free(t->p);
	}
	t->kind = NOTHING;
}

static void step_thing(struct worker *w)
{
	unsigned int id = draw(w, SLOTS);

	if (atomic_exchange_explicit(&locked[id], true, memory_order_acquire))
		return;
	if (shared[id].kind)
		release(&shared[id]);
	else
		make(w, &shared[id]);
	atomic_store_explicit(&locked[id], false, memory_order_release);
}

/* What happens around the calls. */
static void step_world(struct worker *w)
{
	unsigned int node = draw(w, 2), prey = FIRST_PREY + draw(w, NR_PREY);

	switch (draw(w, 11)) {
	case 0: kmc_sim_populate_lru(sim, node, draw(w, KMC_NR_LRU), draw(w, 800)); break;
	case 1: kmc_sim_populate_anon(sim, prey, node, draw(w, 800)); break;
	case 2: kmc_sim_task_exit(sim, prey); break;
	case 3: kmc_sim_kswapd_step(sim, node); break;
	case 4: kmc_sim_kcompactd_step(sim, node); break;
	case 5: kmc_sim_compact_node(sim, node); break;
	case 6: kmc_sim_drain_all(sim); break;
	case 7: kmc_sim_memcg_drain(sim); break;
	case 8: kmc_sim_memcg_set_max(groups[1 + draw(w, 3)], (50 + draw(w, 2000)) * PAGE_SIZE); break;
	case 9: kmc_sim_memcg_return_to_user(); break;
	default: set_active_memcg(groups[draw(w, 4)]);
	}
}

/* A step in the scopes of a task that must not wait for IO, or reclaims itself. */
static void step_scoped(struct worker *w)
{
	unsigned int noio = memalloc_noio_save(), token = 0;
	bool self = !draw(w, 8);

	if (self)
		token = memalloc_noreclaim_save();
	step_thing(w);
	if (self)
		memalloc_noreclaim_restore(token);
	memalloc_noio_restore(noio);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	KMC_BUG_ON(kmc_sim_bind(sim, w->cpu));
	KMC_BUG_ON(kmc_sim_set_task(w->cpu));
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		if (!draw(w, 64))
			step_world(w);
		else if (!draw(w, 16))
			step_scoped(w);
		else
			step_thing(w);
		w->steps++;
	}
	page_frag_cache_drain(&w->frags);
	kmc_sim_unbind();
	atomic_fetch_add(&nr_ops, w->steps);
	return NULL;
}

static uint64_t percpu_pages(void)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < PCPU_MAX_CHUNKS; i++)
		if (sim->percpu->chunks[i].unit[0])
			pages += (uint64_t)sim->config.nr_cpus << PCPU_UNIT_ORDER;
	return pages;
}

/* Parts of pages that cpus gave up one by one add up to whole ones: the next object collects them. */
static void collect_spare_bytes(void)
{
	kmc_sim_memcg_drain(sim);
	for (unsigned int i = 1; i < 4; i++) {
		struct obj_cgroup *payer;

		kmc_sim_memcg_set_max(groups[i], KMC_MEMCG_UNLIMITED);
		set_active_memcg(groups[i]);
		payer = get_obj_cgroup_from_current();
		assert_int_equal(obj_cgroup_charge(payer, GFP_KERNEL, 8), 0);
		obj_cgroup_uncharge(payer, 8);
		obj_cgroup_put(payer);
	}
	set_active_memcg(NULL);
}

static void give_everything_back(void)
{
	struct kmc_reclaim_state *r = sim->reclaim;

	for (unsigned int i = 0; i < SLOTS; i++)
		release(&shared[i]);
	for (unsigned int i = 0; i < NR_PREY; i++)
		kmc_sim_task_exit(sim, FIRST_PREY + i);
	for (unsigned int i = 0; i < KMC_SIM_MAX_ZONES * KMC_NR_LRU; i++)
		kmc_population_drop(sim, kmc_this_cpu, &r->lru[i / KMC_NR_LRU][i % KMC_NR_LRU],
				    UINT64_MAX);
	collect_spare_bytes();
	kmc_sim_memcg_drain(sim);
	kmc_sim_drain_all(sim);
}

static void check_nothing_is_missing(void)
{
	kmc_sim_check(sim);
	give_everything_back();
	kmc_sim_check(sim);
	assert_int_equal(zone_info(0).nr_free + zone_info(1).nr_free + percpu_pages(),
			 2 * NODE_PAGES);
	assert_in_range(percpu_pages(), 0, sim->config.nr_cpus << PCPU_UNIT_ORDER);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(kmc_sim_memcg_usage(groups[i]), 0);
}

static void boot(enum kmc_profile profile, unsigned int threads)
{
	static const unsigned int parents[] = { 0, 0, 1, 1 };
	struct kmc_sim_config c = {
		.nr_cpus = threads, .nr_nodes = 2, .nr_zones = 2,
		.profile = profile, .options = KMC_OPT_MEMCG,
		.zones = {
			{ .type = KMC_ZONE_NORMAL, .start_pfn = START, .nr_pages = NODE_PAGES },
			{ .node = 1, .type = KMC_ZONE_NORMAL, .start_pfn = START + NODE_PAGES,
			  .nr_pages = NODE_PAGES },
		},
	};

	boot_config(&c);
	kmc_sim_holder(sim, &holder, NULL);
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_DIRECT_RECLAIM_END) | KMC_TP_BIT(KMC_TP_KSWAPD_SLEEP) |
			   KMC_TP_BIT(KMC_TP_COMPACTION_MIGRATEPAGES) | KMC_TP_BIT(KMC_TP_MARK_VICTIM) |
			   KMC_TP_BIT(KMC_TP_MEMCG_RECLAIM_END), on_tracepoint, NULL);
	groups[0] = kmc_sim_memcg_root(sim);
	kmc_sim_memcg_populations(sim, true);
	for (unsigned int i = 1; i < 4; i++) {
		assert_int_equal(kmc_sim_memcg_create(sim, groups[parents[i]], &groups[i]), 0);
		kmc_sim_memcg_set_max(groups[i], (uint64_t)2000 / i * PAGE_SIZE);
		kmc_sim_memcg_set_high(groups[i], (uint64_t)1200 / i * PAGE_SIZE);
		kmc_sim_memcg_set_low(groups[i], (uint64_t)100 * i * PAGE_SIZE);
	}
	for (unsigned int i = 0; i < NR_PREY; i++) {
		kmc_sim_memcg_attach(sim, groups[i % 4], FIRST_PREY + i);
		kmc_sim_memcg_attach(sim, groups[i % 4], i); /* the threads' own tasks */
	}
	kmc_sim_unbind();
}

static void say(enum kmc_profile profile, unsigned int threads)
{
	printf("profile %d, %u threads: %llu steps; made (refused):", profile, threads,
	       (unsigned long long)nr_ops);
	for (unsigned int i = 1; i < NR_KINDS; i++) {
		printf(" %llu (%llu)", (unsigned long long)done[i], (unsigned long long)failed[i]);
		atomic_store(&done[i], 0);
		atomic_store(&failed[i], 0);
	}
	for (unsigned int i = 0; i < NR_EFFECTS; i++)
		printf("; %llu %s", (unsigned long long)effects[i], effect_names[i]);
	printf("\n");
}

/* For so long, and on until all that pressure leads to has come up; a minute at most. */
static void let_them_run(double duration)
{
	struct timespec rest = { .tv_sec = (time_t)duration,
				 .tv_nsec = (long)((duration - (double)(time_t)duration) * 1e9) };
	const struct timespec moment = { .tv_nsec = 20000000 };

	nanosleep(&rest, NULL);
	for (unsigned int i = 0; i < 3000 && !all_came_up(); i++)
		nanosleep(&moment, NULL);
	atomic_store(&stop, true);
}

static void run(enum kmc_profile profile, unsigned int threads, double duration)
{
	struct worker worker[8];
	pthread_t thread[8];

	boot(profile, threads);
	atomic_store(&stop, false);
	atomic_store(&nr_ops, 0);
	for (unsigned int i = 0; i < NR_EFFECTS; i++)
		atomic_store(&effects[i], 0);
	for (unsigned int i = 0; i < threads; i++) {
		worker[i] = (struct worker){ .cpu = i, .rng = i * 7919 + 3 };
		pthread_create(&thread[i], NULL, work, &worker[i]);
	}
	let_them_run(duration);
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	say(profile, threads);
	assert_true(nr_ops > 100);
	for (unsigned int i = 0; i < NR_EFFECTS; i++)
		assert_true(effects[i] > 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	check_nothing_is_missing();
	power_off();
}

static void threads_under_pressure(void **state)
{
	double each = seconds / KMC_NR_PROFILES / (only_threads ? 1 : 3);

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		for (unsigned int threads = 2; threads <= 8; threads *= 2)
			if (!only_threads || only_threads == threads)
				run(p, threads, each);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_under_pressure),
	};

	if (argc > 1)
		seconds = strtod(argv[1], NULL);
	if (argc > 2)
		only_threads = (unsigned int)strtoul(argv[2], NULL, 0);
	KMC_BUG_ON(only_threads && only_threads != 2 && only_threads != 4 && only_threads != 8);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
