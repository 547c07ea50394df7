/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which machines of a set of rigs have tracepoints inside calls, and that those show there:
 * a kmalloc() on a fresh machine takes pages, of which only a tracepoint tells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "fuzz/rig.h"

static uint64_t events_of(struct kmc_rigs *rigs, uint64_t seed)
{
	struct kmc_program program;
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	struct kmc_op op;
	char error[256];

	kmc_program_init(&program);
	program.machine.seed = seed;
	kmc_op_init(&op, KMC_OP_KMALLOC);
	op.dst = 0;
	op.a = 100;
	op.gfp.atoms = KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS;
	assert_int_equal(kmc_program_add(&program, &op), 0);
	kmc_op_init(&op, KMC_OP_KFREE);
	op.src = 0;
	assert_int_equal(kmc_program_add(&program, &op), 0);
	assert_int_equal(kmc_rigs_take(rigs, &program.machine, program.edition, &rig, error,
				       sizeof(error)), 0);
	kmc_rig_run(rig, program.ops, program.nr_ops, &run);
	assert_int_equal(run.error, 0);
	assert_int_equal(run.violated, 0);
	kmc_program_free(&program);
	return run.events;
}

static void points_by_seed(void **state)
{
	static const struct {
		unsigned int flags;
		bool traced[5]; /* by seed */
	} rows[] = {
		{ 0, { false, false, false, false, false } },
		{ KMC_RIG_TRACEPOINTS, { true, false, false, true, false } },
		{ KMC_RIG_SEEDED_TRACEPOINTS, { false, false, false, true, false } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kmc_rigs *rigs = kmc_rigs_create(2, rows[i].flags);

		assert_non_null(rigs);
		for (uint64_t seed = 0; seed < 5; seed++) {
			struct kmc_machine machine = { .seed = seed };
			uint64_t events = events_of(rigs, seed);

			assert_int_equal(kmc_rig_is_traced(rows[i].flags, &machine),
					 rows[i].traced[seed]);
			if (rows[i].traced[seed])
				assert_true(events > 2);
			else
				assert_int_equal(events, 2);
		}
		kmc_rigs_destroy(rigs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(points_by_seed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
