/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: what happens to the machine. */
#include "target_alloc.h"

static void machine_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;
	const struct kmc_op *op = call->op;

	(void)gfp;
	if (op->code == KMC_OP_CLOCK_ADVANCE)
		kmc_sim_clock_advance(sim, op->a);
	else if (op->c < KMC_NR_SIM_FAULTS)
		kmc_sim_fail_nth(sim, (enum kmc_sim_fault)op->c, op->a, op->b);
	else
		call->outcome = KMC_OUT_SKIPPED;
}

const struct kmc_alloc_op kmc_alloc_machine_ops[] = {
	{ KMC_OP_CLOCK_ADVANCE, machine_op },
	{ KMC_OP_FAIL_NTH, machine_op },
	{ 0, NULL },
};
