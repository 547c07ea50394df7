/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: cpus. One thread runs the program and has all of them, so an
 * unbound cpu is one that no op may run on until it is bound again; what
 * others ask of it is done all the same.
 */
#include "alloc/rcu.h"
#include "target_alloc.h"

static void bind_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	uint64_t cpu = call->op->a, bit = 1ull << (cpu & 63);
	bool off = call->op->code == KMC_OP_CPU_UNBIND;

	(void)gfp;
	if (cpu >= exec->caps.machine.nr_cpus || cpu == call->op->cpu ||
	    !!(exec->cpus_off & bit) == off)
		call->outcome = KMC_OUT_SKIPPED;
	else
		exec->cpus_off ^= bit;
}

static void flush_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	if (call->op->a >= exec->caps.machine.nr_cpus ||
	    kmc_sim_cpu_flush(kmc_alloc_state(exec)->sim, (unsigned int)call->op->a))
		call->outcome = KMC_OUT_SKIPPED;
}

/* Another cpu comes in between: it does what was asked of it. */
static void yield_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;

	(void)gfp;
	if (call->op->a >= exec->caps.machine.nr_cpus || exec->cpus_off >> call->op->a & 1) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	kmc_sim_run_on(sim, (unsigned int)call->op->a);
	kmc_sim_poll();
	kmc_sim_run_on(sim, call->op->cpu);
}

const struct kmc_alloc_op kmc_alloc_cpu_ops[] = {
	{ KMC_OP_CPU_BIND, bind_op },
	{ KMC_OP_CPU_UNBIND, bind_op },
	{ KMC_OP_CPU_FLUSH, flush_op },
	{ KMC_OP_YIELD, yield_op },
	{ 0, NULL },
};
