/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing programs in tests; for files that include vocab_tests.h. */
#ifndef VOCAB_PROGRAMS_H
#define VOCAB_PROGRAMS_H
#include "vocab/program.h"

static inline void assert_same_program(const struct kmc_program *a, const struct kmc_program *b)
{
	char one[4096], two[4096];
	size_t i;

	assert_int_equal(a->edition, b->edition);
	assert_true(kmc_machine_equal(&a->machine, &b->machine));
	assert_int_equal(a->nr_ops, b->nr_ops);
	for (i = 0; i < a->nr_ops; i++) {
		if (kmc_op_equal(&a->ops[i], &b->ops[i]))
			continue;
		kmc_op_print(one, sizeof(one), &a->ops[i]);
		kmc_op_print(two, sizeof(two), &b->ops[i]);
		fail_msg("op %zu: %s\nbecame %s", i, one, two);
	}
}

#endif
