/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that allocate, hand blocks to each other, shrink, and create and
 * destroy caches at the same time. Meant for ThreadSanitizer, useful without.
 *
 * Argument: seconds (default 2).
 */
#include "slab_fixture.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define THREADS 4
#define BOXES   256

static atomic_uintptr_t boxes[BOXES];
static atomic_bool stop;
static struct kmem_cache *shared;
static unsigned int seconds = 2;
static atomic_ulong operations;

static uint64_t step(uint64_t *random)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return *random >> 33;
}

/* A block says its own size and who wrote it. */
static void *block_make(uint64_t *random)
{
	size_t size = 16 + step(random) % 2000;
	uint32_t *p;

	if (step(random) % 3 == 0) {
		p = kmem_cache_alloc(shared, GFP_KERNEL);
		size = 80;
	} else {
		p = kmalloc(size, step(random) % 2 ? GFP_KERNEL : GFP_ATOMIC);
	}
	if (!p)
		return NULL;
	p[0] = (uint32_t)size;
	pattern_fill(p + 1, size - 4, (unsigned int)size);
	return p;
}

static void block_free(void *ptr)
{
	uint32_t *p = ptr, size;

	if (!p)
		return;
	size = p[0];
	if (size < 16 || size > 2016 || !pattern_holds(p + 1, size - 4, size))
		abort();
	kfree(p);
}

static void own_cache(uint64_t *random)
{
	struct kmem_cache *s = kmem_cache_create("own", 40 + step(random) % 500, 0, SLAB_NO_MERGE,
						 NULL);
	void *p[70];
	int n;

	if (!s)
		abort();
	n = kmem_cache_alloc_bulk(s, GFP_KERNEL, 70, p);
	kmem_cache_free_bulk(s, (size_t)n, p);
	kmem_cache_destroy(s);
}

static void rebind(uint64_t *random)
{
	kmc_sim_unbind();
	while (kmc_sim_bind(sim, (unsigned int)(step(random) % (2 * THREADS))))
		;
}

static void *worker(void *arg)
{
	uint64_t random = (uintptr_t)arg * 77 + 1;
	unsigned long done = 0;

	rebind(&random);
	for (; !atomic_load_explicit(&stop, memory_order_relaxed); done++) {
		uint64_t what = step(&random) % 1000;

		if (what < 2)
			own_cache(&random);
		else if (what < 4)
			kmem_cache_shrink(shared);
		else if (what < 10)
			rebind(&random);
		else
			block_free((void *)atomic_exchange(&boxes[step(&random) % BOXES],
							   (uintptr_t)block_make(&random)));
	}
	atomic_fetch_add(&operations, done);
	kmc_sim_unbind();
	return NULL;
}

static void four_threads(void **state)
{
	struct kmc_sim_config config = machine_config(2 * THREADS, 64 * MIB);
	struct timespec nap = { .tv_sec = seconds };
	pthread_t threads[THREADS];

	(void)state;
	machine_boot(&config);
	shared = kmem_cache_create("shared", 80, 0, SLAB_NO_MERGE, NULL);
	kmc_sim_unbind();
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, worker, (void *)i), 0);
	nanosleep(&nap, NULL);
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	print_message("%lu operations\n", atomic_load(&operations));
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	kmc_sim_check(sim);
	for (unsigned int i = 0; i < BOXES; i++)
		block_free((void *)atomic_load(&boxes[i]));
	assert_int_equal(kmem_cache_shrink(shared), 0);
	assert_int_equal(cache_info(shared).nr_active, 0);
	assert_true(atomic_load(&operations) > 1000);
	machine_off();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(four_threads) };

	if (argc > 1)
		seconds = (unsigned int)atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
