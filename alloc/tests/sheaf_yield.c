/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four cpus as coroutines, interleaved at every named yield point by a seeded
 * choice: what stands between two steps of a refill, a flush, a shrink or
 * a destroy must be a consistent state, and the same choices must give the
 * same state. Prints its seeds.
 */
#include "slab_fixture.h"
#include <time.h>

#define CPUS  4
#define STEPS 1500
#define BOXES 300

static struct kmem_cache *shared;
static void *boxes[BOXES];
static uint64_t choices;
static unsigned long switches;

static uint64_t next(uint64_t *random)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return *random >> 33;
}

static unsigned int pick(void *arg, unsigned int cpu, const char *point, uint64_t mask)
{
	(void)arg, (void)point;
	if (next(&choices) % 2)
		return cpu;
	switches++;
	for (;;) {
		unsigned int other = (unsigned int)(next(&choices) % CPUS);

		if (mask >> other & 1)
			return other;
	}
}

static void swap_box(uint64_t *random)
{
	unsigned int i = (unsigned int)(next(random) % BOXES);
	uint32_t *p = next(random) % 2 ? kmem_cache_alloc(shared, GFP_KERNEL) :
					 kmalloc(64 + next(random) % 2000, GFP_KERNEL);
	uint32_t *old = boxes[i];

	assert_non_null(p);
	pattern_fill(p + 1, 60, p[0] = (uint32_t)next(random));
	boxes[i] = p;
	if (!old)
		return;
	assert_true(pattern_holds(old + 1, 60, old[0]));
	kfree(old);
}

static void own_cache(void)
{
	struct kmem_cache *s = kmem_cache_create("own", 200, 0, SLAB_NO_MERGE, NULL);
	void *p[70];

	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 70, p), 70);
	kmem_cache_free_bulk(s, 70, p);
	kmem_cache_destroy(s);
}

static void routine(void *arg)
{
	uint64_t random = *(uint64_t *)arg;

	for (unsigned int i = 0; i < STEPS; i++) {
		uint64_t what = next(&random) % 200;

		if (what == 0)
			kmem_cache_shrink(shared);
		else if (what == 1)
			own_cache();
		else
			swap_box(&random);
		if (what % 16 == 0)
			kmc_co_yield("step");
	}
}

static uint64_t run(uint64_t seed)
{
	struct kmc_sim_config config = machine_config(CPUS, 64 * MIB);
	struct kmc_co co[CPUS];
	uint64_t seeds[CPUS], hash;

	memset(boxes, 0, sizeof(boxes));
	choices = seed;
	assert_int_equal(kmc_sim_create(&config, &sim), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	shared = kmem_cache_create("shared", 72, 0, SLAB_NO_MERGE, NULL);
	kmc_sim_unbind();
	for (unsigned int i = 0; i < CPUS; i++) {
		seeds[i] = seed + i;
		co[i] = (struct kmc_co){ .cpu = i, .fn = routine, .arg = &seeds[i] };
	}
	assert_int_equal(kmc_co_run(sim, co, CPUS, pick, NULL), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	kmc_sim_check(sim);
	hash = kmc_sim_hash(sim);
	for (unsigned int i = 0; i < BOXES; i++)
		kfree(boxes[i]);
	assert_int_equal(kmem_cache_shrink(shared), 0);
	machine_off();
	return hash;
}

static void interleavings(void **state)
{
	uint64_t seeds[] = { 1, 2, 3, 4, 5, (uint64_t)time(NULL) };

	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		uint64_t first;

		print_message("seed %llu\n", (unsigned long long)seeds[i]);
		switches = 0;
		first = run(seeds[i]);
		assert_true(switches > 100);
		assert_true(run(seeds[i]) == first);
		assert_true(run(seeds[i] + 1000) != first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(interleavings) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
