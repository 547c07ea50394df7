/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four threads on three cpus and one machine: pages and objects allocated,
 * handed to other threads, freed there; cpus bound, given up, switched, and
 * everybody flushing everybody. Run under TSan for the protocol's sake.
 *
 *	test_alloc_stress [SECONDS]	2 unless told
 *
 * Each block carries a stamp of its own from hand-out to free, so a block that
 * is handed out twice is noticed. At the end nothing may be missing.
 */
#include <pthread.h>
#include <time.h>
#include "machine_fixture.h"
#include "linux/slab.h"

#define THREADS 4
#define CPUS    3
#define SLOTS   256

static unsigned int seconds = 2;
static atomic_bool stop;
static atomic_ullong nr_ops, nr_flushes, nr_busy, stamp_counter;

struct parcel {
	struct page *page; /* or NULL */
	void *object;      /* or NULL */
	unsigned int order;
	uint64_t stamp;
};
/* Where threads leave blocks for each other; a slot is taken and left by exchange. */
static _Atomic(struct parcel *) slots[SLOTS];
static struct kmem_cache *cache;

static uint64_t *stamp_of(const struct parcel *p)
{
	return p->page ? page_address(p->page) : p->object;
}

static struct parcel *make(uint64_t *rng)
{
	struct parcel *p = calloc(1, sizeof(*p));
	unsigned int kind = *rng >> 20 & 3;

	p->order = *rng >> 30 & 3;
	if (kind == 0)
		p->page = alloc_pages(GFP_KERNEL, p->order);
	else if (kind == 1)
		p->object = kmem_cache_alloc(cache, GFP_KERNEL);
	else
		p->object = kmalloc(8u << (*rng >> 40) % 9, GFP_KERNEL);
	if (!p->page && !p->object) {
		free(p);
		return NULL;
	}
	p->stamp = atomic_fetch_add(&stamp_counter, 1);
	*stamp_of(p) = p->stamp;
	return p;
}

static void unmake(struct parcel *p)
{
	KMC_BUG_ON(*stamp_of(p) != p->stamp);
	*stamp_of(p) = ~0ull;
	if (p->page)
		__free_pages(p->page, p->order);
	else
		kfree(p->object);
	free(p);
}

static void flush_all(uint64_t rng)
{
	atomic_fetch_add(&nr_flushes, 1);
	switch (rng & 3) {
	case 0:
		kmem_cache_shrink(cache);
		break;
	case 1:
		kmc_page_flush_cpu(sim, kmc_this_cpu);
		kmc_flush_cpus(sim, FLUSH_PCP);
		break;
	default:
		kmc_slab_flush_cpu(sim, kmc_this_cpu);
		kmc_flush_cpus(sim, FLUSH_SHEAVES | FLUSH_PCP);
	}
}

static void step(uint64_t *rng)
{
	struct parcel *p = NULL;
	unsigned int slot;

	*rng = *rng * 6364136223846793005ull + 1442695040888963407ull;
	slot = *rng >> 50 & (SLOTS - 1);
	if (*rng >> 12 & 1)
		p = make(rng);
	p = atomic_exchange(&slots[slot], p);
	if (p)
		unmake(p);
	if ((*rng >> 33 & 2047) == 0)
		flush_all(*rng >> 5);
	atomic_fetch_add_explicit(&nr_ops, 1, memory_order_relaxed);
}

static void *worker(void *arg)
{
	uint64_t rng = (uintptr_t)arg * 7919 + 1;

	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		if (kmc_sim_bind(sim, rng >> 40 & 1 ? rng % CPUS : (uintptr_t)arg % CPUS)) {
			atomic_fetch_add(&nr_busy, 1);
			rng = rng * 6364136223846793005ull + 1442695040888963407ull;
			sched_yield();
			continue;
		}
		for (int i = 0; i < 500; i++)
			step(&rng);
		if (rng >> 60 < 4)
			kmc_sim_switch(sim, rng >> 50 & 1); /* -EBUSY keeps the cpu */
		for (int i = 0; i < 500; i++)
			step(&rng);
		kmc_sim_unbind();
	}
	return NULL;
}

static void empty_slots(void)
{
	for (int i = 0; i < SLOTS; i++) {
		struct parcel *p = atomic_exchange(&slots[i], NULL);

		if (p)
			unmake(p);
	}
}

static void check_nothing_is_missing(void)
{
	struct kmc_zone_info z;

	kmc_sim_check(sim);
	kmem_cache_destroy(cache);
	for (struct kmem_cache *c = kmc_sim_cache_next(sim, NULL); c;
	     c = kmc_sim_cache_next(sim, c))
		kmem_cache_shrink(c);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_flush_cpus(sim, FLUSH_PCP);
	kmc_sim_check(sim);
	z = zone_info(0);
	assert_int_equal(z.nr_free, z.managed);
	assert_int_equal(z.free_blocks[10], z.managed >> 10);
}

static void test_stress(void **state)
{
	struct timespec rest = { .tv_sec = seconds };
	pthread_t thread[THREADS];

	(void)state;
	boot_simple(CPUS, 64 * MIB);
	cache = kmem_cache_create("stress", 200, 0, 0, NULL);
	assert_non_null(cache);
	kmc_sim_unbind();
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, worker, (void *)i);
	nanosleep(&rest, NULL);
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("stress: %llu steps, %llu flushes, %llu times busy\n",
	       (unsigned long long)nr_ops, (unsigned long long)nr_flushes,
	       (unsigned long long)nr_busy);
	assert_true(nr_ops > 1000);
	assert_true(nr_flushes > 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	empty_slots();
	check_nothing_is_missing();
	power_off();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stress),
	};

	if (argc > 1)
		seconds = (unsigned int)strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
