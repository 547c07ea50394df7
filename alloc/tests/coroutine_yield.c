/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interleavings at the allocator's own yield points: cpus that allocate, free
 * each other's pages and objects and flush each other, in an order drawn from
 * a seed. The same seed must give the same points and the same final state.
 */
#include "machine_fixture.h"
#include "linux/slab.h"

#define CPUS  3
#define STEPS 60

static struct page *shared[16];
static void *objects[16];
static uint64_t points;

static unsigned int draw(void *arg, unsigned int cpu, const char *point, uint64_t mask)
{
	uint64_t *rng = arg;

	(void)cpu;
	for (const char *p = point; *p; p++)
		points = kmc_hash_word(points, (uint64_t)*p);
	do
		*rng = *rng * 6364136223846793005ull + 1442695040888963407ull;
	while (!(mask >> (*rng >> 33) % CPUS & 1));
	return (unsigned int)((*rng >> 33) % CPUS);
}

static void actor(void *arg)
{
	uint64_t rng = (uintptr_t)arg;

	for (int i = 0; i < STEPS; i++) {
		unsigned int slot;

		rng = rng * 6364136223846793005ull + 1442695040888963407ull;
		slot = rng >> 40 & 15;
		switch (rng >> 50 & 3) {
		case 0: {
			struct page *page = alloc_pages(GFP_KERNEL, rng >> 30 & 7);

			if (page)
				__free_pages(page, rng >> 30 & 7);
			break;
		}
		case 1: {
			void *old = objects[slot];

			objects[slot] = NULL;
			kfree(old);
			old = kmalloc(8u << (rng >> 20 & 7), GFP_KERNEL);
			kfree(objects[slot]);
			objects[slot] = old;
			break;
		}
		case 2: {
			struct page *old = shared[slot], *page;

			shared[slot] = NULL;
			if (old)
				__free_pages(old, 1);
			page = alloc_pages(GFP_KERNEL, 1);
			if (shared[slot])
				__free_pages(page, 1);
			else
				shared[slot] = page;
			break;
		}
		default:
			if ((rng >> 20 & 7) == 0) {
				kmc_page_flush_cpu(sim, kmc_this_cpu);
				kmc_flush_cpus(sim, FLUSH_PCP | FLUSH_SHEAVES);
			}
		}
	}
}

static uint64_t run(uint64_t seed)
{
	struct kmc_co co[CPUS];
	uint64_t rng = seed;

	memset(shared, 0, sizeof(shared));
	memset(objects, 0, sizeof(objects));
	points = 1;
	for (unsigned int i = 0; i < CPUS; i++)
		co[i] = (struct kmc_co){ i, actor, (void *)(uintptr_t)(seed * 31 + i) };
	assert_int_equal(kmc_co_run(sim, co, CPUS, draw, &rng), 0);
	kmc_sim_check(sim);
	return kmc_hash_word(kmc_sim_hash(sim), points);
}

static void test_interleavings(void **state)
{
	uint64_t first[50];
	unsigned int distinct = 0;

	(void)state;
	boot_simple(CPUS, 64 * MIB);
	kmc_sim_unbind();
	for (uint64_t seed = 0; seed < 50; seed++) {
		kmc_sim_reset(sim);
		first[seed] = run(seed);
		distinct += !seed || first[seed] != first[seed - 1];
	}
	assert_true(distinct > 40);
	for (uint64_t seed = 50; seed-- > 0;) {
		kmc_sim_reset(sim);
		assert_int_equal(run(seed), first[seed]);
	}
	kmc_sim_bind(sim, 0);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interleavings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
