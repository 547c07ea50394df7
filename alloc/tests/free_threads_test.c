/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that use all ways of freeing at the same time: blocks change hands, go
 * singly, in bulk and after grace periods, while caches come, shrink and go and
 * readers look at what others free. Meant for ThreadSanitizer and
 * AddressSanitizer, useful without. At the end nothing may be missing.
 *
 * Arguments: seconds (default 1), threads (2 to 8, default 4), cpus (threads to 8, default 8).
 */
#include "slab_fixture.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include "alloc/rcu.h"
#include "linux/rcupdate.h"

#define MAX_THREADS 8
#define BOXES       192

/* Every block, whatever made it, begins so. The rest is a pattern of its size. */
struct block {
	struct rcu_head rcu;
	uint32_t size;
	uint32_t seed;
	uint8_t bytes[];
};

/* Blocks in @boxes change hands; those in @watched have readers and go by RCU alone. */
static struct block *boxes[BOXES], *watched[BOXES];
static atomic_bool stop;
static atomic_uint hung;
static atomic_ulong operations, looked_at, released;
static struct kmem_cache *shared, *stable;
static unsigned int seconds = 1, nr_threads = 4, nr_cpus = MAX_THREADS;

static uint64_t step(uint64_t *random)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return *random >> 33;
}

static void on_event(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	if (tp->id == KMC_TP_HUNG)
		atomic_fetch_add(&hung, 1);
	if (tp->id == KMC_TP_RELEASED)
		atomic_fetch_add(&released, 1);
}

static struct block *block_make(uint64_t *random)
{
	static const uint32_t sizes[] = { 32, 48, 96, 200, 512, 1500, 4096, 9000 };
	uint32_t size = sizes[step(random) % 8];
	struct block *p;

	if (step(random) % 4 == 0) {
		size = 80;
		p = kmem_cache_alloc(shared, GFP_KERNEL);
	} else {
		p = kmalloc(size, step(random) % 2 ? GFP_KERNEL : GFP_ATOMIC);
	}
	if (!p)
		return NULL;
	p->size = size;
	p->seed = (uint32_t)step(random);
	pattern_fill(p->bytes, size - sizeof(*p), p->seed);
	return p;
}

static void block_check(const struct block *p)
{
	if (p->size < sizeof(*p) || p->size > 9000 ||
	    !pattern_holds(p->bytes, p->size - sizeof(*p), p->seed))
		abort();
}

static void block_end(struct block *p, uint64_t *random)
{
	if (!p)
		return;
	block_check(p);
	switch (step(random) % 6) {
	case 0: kvfree(p); break;
	case 1: kfree_rcu(p, rcu); break;
	case 2: kvfree_rcu_mightsleep(p); break;
	case 3: kfree_sensitive(p); break;
	default: kfree(p);
	}
}

/* What was in a box before. */
static struct block *swap(struct block **box, struct block *p)
{
	return __atomic_exchange_n(box, p, __ATOMIC_ACQ_REL);
}

static void exchange(uint64_t *random)
{
	struct block *p = block_make(random);

	block_end(swap(&boxes[step(random) % BOXES], p), random);
}

static void replace_watched(uint64_t *random)
{
	struct block *p = block_make(random);

	p = swap(&watched[step(random) % BOXES], p);
	if (p)
		kvfree_rcu(p, rcu);
}

/* What is found inside a reader stays whole, but for the head, as long as it lasts. */
static void look(uint64_t *random)
{
	rcu_read_lock();
	for (int i = 0; i < 4; i++) {
		struct block *p = rcu_dereference(watched[step(random) % BOXES]);

		if (!p)
			continue;
		block_check(p);
		atomic_fetch_add_explicit(&looked_at, 1, memory_order_relaxed);
	}
	rcu_read_unlock();
}

static void bulk(uint64_t *random)
{
	void *p[64];
	size_t n = 1 + step(random) % 64;

	if (step(random) % 2) {
		if (kmem_cache_alloc_bulk(shared, GFP_KERNEL, n, p))
			kmem_cache_free_bulk(shared, n, p);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (!(p[i] = block_make(random)))
			abort();
	kfree_bulk(n, p);
}

static void typesafe(uint64_t *random)
{
	void *p[40];

	for (int i = 0; i < 40; i++)
		p[i] = kmem_cache_alloc(stable, GFP_KERNEL);
	for (int i = 0; i < 40; i++)
		kmem_cache_free(stable, p[i]);
	if (step(random) % 4 == 0)
		kmem_cache_shrink(stable);
}

static void own_cache(uint64_t *random)
{
	static const slab_flags_t flags[] = { SLAB_NO_MERGE, SLAB_TYPESAFE_BY_RCU, SLAB_NO_MERGE };
	struct kmem_cache_args args = { .sheaf_capacity = step(random) % 2 ? 32 : 0 };
	uint64_t which = step(random) % 3;
	struct kmem_cache *s = kmem_cache_create("own", 40 + step(random) % 500, &args,
						 flags[which]);

	if (!s)
		abort();
	for (int i = 0; i < 50; i++) {
		struct block *p = kmem_cache_alloc(s, GFP_KERNEL);

		if (!p)
			abort();
		if (step(random) % 2)
			kfree_rcu(p, rcu);
		else
			kmem_cache_free(s, p);
	}
	kmem_cache_destroy(s);
}

static void machinery(uint64_t *random)
{
	switch (step(random) % 6) {
	case 0: kmem_cache_shrink(shared); break;
	case 1: synchronize_rcu(); break;
	case 2: kvfree_rcu_barrier(); break;
	case 3: kmc_sim_rcu_grace_period(sim); break;
	case 4: kmc_sim_clock_advance(sim, 1000000000); break;
	case 5: kmc_sim_rcu_shrink(sim); break;
	}
}

static void rebind(uint64_t *random)
{
	kmc_sim_unbind();
	while (kmc_sim_bind(sim, (unsigned int)(step(random) % nr_cpus)))
		sched_yield();
}

static void one_step(uint64_t *random)
{
	uint64_t what = step(random) % 1000;

	if (what < 2)
		own_cache(random);
	else if (what < 8)
		machinery(random);
	else if (what < 14)
		rebind(random);
	else if (what < 40)
		bulk(random);
	else if (what < 60)
		typesafe(random);
	else if (what < 250)
		replace_watched(random);
	else if (what < 500)
		look(random);
	else
		exchange(random);
}

static void *worker(void *arg)
{
	uint64_t random = (uintptr_t)arg * 77 + 1;
	unsigned long done = 0;

	rebind(&random);
	for (; !atomic_load_explicit(&stop, memory_order_relaxed); done++)
		one_step(&random);
	atomic_fetch_add(&operations, done);
	kmc_sim_unbind();
	return NULL;
}

static void run_threads(void)
{
	struct timespec nap = { .tv_sec = seconds };
	pthread_t threads[MAX_THREADS];

	for (uintptr_t i = 0; i < nr_threads; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, worker, (void *)i), 0);
	nanosleep(&nap, NULL);
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < nr_threads; i++)
		pthread_join(threads[i], NULL);
}

static uint64_t objects_in_use(void)
{
	uint64_t nr = 0;

	for (struct kmem_cache *s = NULL; (s = kmc_sim_cache_next(sim, s));)
		nr += cache_info(s).nr_active;
	return nr;
}

static void give_all_back(void)
{
	for (unsigned int i = 0; i < BOXES; i++) {
		kfree(boxes[i]);
		kfree(watched[i]);
	}
	kvfree_rcu_barrier();
	kmc_sim_rcu_shrink(sim);
	kmem_cache_destroy(shared);
	kmem_cache_destroy(stable);
	for (unsigned int i = 0; i < nr_cpus; i++)
		kmc_sim_cpu_flush(sim, i);
	for (struct kmem_cache *s = NULL; (s = kmc_sim_cache_next(sim, s));)
		kmem_cache_shrink(s);
}

static void rcu1_rcu6_rcu9_kc13_kc27_threads(void **state)
{
	struct kmc_sim_config config = machine_config(nr_cpus, 64 * MIB);
	struct kmem_cache_args args = { .sheaf_capacity = 32 };
	struct kmc_rcu_info info;
	uint64_t pages;

	(void)state;
	machine_boot(&config);
	pages = free_pages_now();
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_HUNG) | KMC_TP_BIT(KMC_TP_RELEASED), on_event, NULL);
	shared = kmem_cache_create("shared", 80, &args, 0);
	stable = kmem_cache_create("stable", 200, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	kmc_sim_unbind();
	run_threads();
	print_message("%lu steps, %lu looks, %lu deferred frees\n", atomic_load(&operations),
		      atomic_load(&looked_at), atomic_load(&released));
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	kmc_sim_check(sim);
	give_all_back();
	kmc_sim_rcu_info(sim, &info);
	assert_int_equal(info.in_pages + info.in_lists + info.in_sheaves + info.slabs, 0);
	assert_int_equal(info.readers, 0);
	assert_int_equal(objects_in_use(), 0);
	assert_int_equal(free_pages_now(), pages);
	assert_int_equal(atomic_load(&hung), 0);
	assert_true(atomic_load(&looked_at) > 100 && atomic_load(&released) > 100);
	machine_off();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rcu1_rcu6_rcu9_kc13_kc27_threads),
	};

	if (argc > 1)
		seconds = (unsigned int)atoi(argv[1]);
	if (argc > 2)
		nr_threads = (unsigned int)atoi(argv[2]);
	if (argc > 3)
		nr_cpus = (unsigned int)atoi(argv[3]);
	if (nr_threads < 2 || nr_cpus < nr_threads || nr_cpus > MAX_THREADS)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
