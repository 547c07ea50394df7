/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two cpus on one thread: one makes a chunk while the other makes one, uses it and leaves it empty. */
#include "linux/percpu.h"
#include "percpu.h"
#include "slab_fixture.h"

static void *kept;

static void keeper(void *arg)
{
	(void)arg;
	kept = __alloc_percpu_gfp(64, 8, GFP_KERNEL);
}

static void passer(void *arg)
{
	(void)arg;
	free_percpu(__alloc_percpu_gfp(64, 8, GFP_KERNEL));
}

/* The first goes on when the other is through. */
static unsigned int pick(void *arg, unsigned int cpu, const char *point, uint64_t runnable)
{
	(void)arg;
	if (!strcmp(point, "percpu_chunk") && runnable & 2)
		return 1;
	return runnable >> cpu & 1 ? cpu : cpu ^ 1;
}

static unsigned int chunks(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < sim->percpu->nr_chunks; i++)
		nr += sim->percpu->chunks[i].unit[0] != 0;
	return nr;
}

static void pcu4_one_empty_chunk_is_kept(void **state)
{
	const struct kmc_co co[] = { { 0, keeper, NULL }, { 1, passer, NULL } };

	(void)state;
	kmc_sim_unbind();
	assert_int_equal(kmc_co_run(sim, co, 2, pick, NULL), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	assert_non_null(kept);
	assert_int_equal(chunks(), 1);
	free_percpu(kept);
	assert_int_equal(chunks(), 1);
	kmc_sim_check(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pcu4_one_empty_chunk_is_kept, setup_machine,
						teardown_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
