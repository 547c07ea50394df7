/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: what happens to the machine. */
#include <errno.h>
#include "alloc/balloon.h"
#include "alloc/pressure.h"
#include "alloc/vmalloc_space.h"
#include "alloc/reclaim.h"
#include "target_alloc.h"

static void machine_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;
	const struct kmc_op *op = call->op;

	(void)gfp;
	if (op->code == KMC_OP_CLOCK_ADVANCE) {
		kmc_sim_clock_advance(sim, op->a);
		kmc_sim_run_work(sim);
	} else if (op->c < KMC_NR_SIM_FAULTS) {
		kmc_sim_fail_nth(sim, (enum kmc_sim_fault)op->c, op->a, op->b);
	} else {
		call->outcome = KMC_OUT_SKIPPED;
	}
}

static void sysctl_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	static const uint8_t theirs[] = {
#define KMC_SYSCTL(name, text, number) [number] = KMC_SYSCTL_##name,
		KMC_SYSCTLS(KMC_SYSCTL)
#undef KMC_SYSCTL
	};
	const struct kmc_op *op = call->op;

	(void)gfp;
	if (op->b >= sizeof(theirs) ||
	    kmc_sim_sysctl(kmc_alloc_state(exec)->sim, (enum kmc_sysctl)theirs[op->b], op->a))
		call->outcome = KMC_OUT_SKIPPED;
}

/* The event says how many pages are free then. */
static void pressure_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	int64_t left;

	(void)gfp;
	if (op->order >= KMC_NR_ZONE_TYPES || op->node < 0) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	left = kmc_sim_pressure(kmc_alloc_state(exec)->sim, (unsigned int)op->node,
				(enum kmc_zone_type)op->order, op->a);
	if (left < 0)
		call->outcome = KMC_OUT_SKIPPED;
	else
		exec->open.arg = (uint64_t)left;
}

/* The event says how many pages the balloon has then. */
static void balloon_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	int64_t pages = -EINVAL;

	(void)gfp;
	if (op->order < KMC_NR_ZONE_TYPES && op->node >= 0)
		pages = kmc_sim_balloon(kmc_alloc_state(exec)->sim, (unsigned int)op->node,
					(enum kmc_zone_type)op->order, op->a);
	if (pages < 0)
		call->outcome = KMC_OUT_SKIPPED;
	else
		exec->open.arg = (uint64_t)pages;
}

static void mems_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;

	(void)gfp;
	if (op->a >= KMC_MAX_TASKS || op->b > UINT32_MAX ||
	    kmc_sim_mems_allowed(kmc_alloc_state(exec)->sim, (unsigned int)op->a, (uint32_t)op->b))
		call->outcome = KMC_OUT_SKIPPED;
}

/* Flags that the machine's tasks have not are refused, not passed over. */
static void task_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	static const struct {
		uint64_t ours;
		uint32_t theirs;
	} map[] = {
		{ KMC_TF_KTHREAD, KMC_PF_KTHREAD }, { KMC_TF_MEMALLOC, KMC_PF_MEMALLOC },
		{ KMC_TF_EXITING, KMC_PF_EXITING }, { KMC_TF_OOM_VICTIM, KMC_PF_OOM_VICTIM },
		{ KMC_TF_FATAL_SIGNAL, KMC_PF_FATAL_SIGNAL }, { KMC_TF_REALTIME, KMC_PF_REALTIME },
		{ KMC_TF_DUMPCORE, KMC_PF_DUMPCORE },
	};
	const struct kmc_op *op = call->op;
	uint64_t left = op->code == KMC_OP_TASK_SET ? op->b : KMC_TF_EXITING;
	uint32_t flags = 0, mask = 0;

	(void)gfp;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		mask |= map[i].theirs;
		if (left & map[i].ours)
			flags |= map[i].theirs;
		left &= ~map[i].ours;
	}
	if (op->code == KMC_OP_TASK_EXIT)
		mask = KMC_PF_EXITING;
	if (left)
		call->outcome = KMC_OUT_REFUSED; /* no such flag */
	else if ((int64_t)op->c < -1000 || (int64_t)op->c > 1000)
		call->outcome = KMC_OUT_SKIPPED;
	else if (op->a >= KMC_MAX_TASKS ||
		 kmc_sim_task_set(kmc_alloc_state(exec)->sim, (unsigned int)op->a, mask, flags))
		call->outcome = KMC_OUT_SKIPPED;
	else if (flags & KMC_PF_MEMALLOC)
		exec->scope[op->a] |= KMC_SCOPE_MEMALLOC;
	else if (mask & KMC_PF_MEMALLOC)
		exec->scope[op->a] &= (uint8_t)~KMC_SCOPE_MEMALLOC;
	if (call->outcome != KMC_OUT_NONE)
		return;
	if (op->code == KMC_OP_TASK_EXIT)
		kmc_sim_task_exit(kmc_alloc_state(exec)->sim, (unsigned int)op->a);
	else
		kmc_sim_oom_score_adj(kmc_alloc_state(exec)->sim, (unsigned int)op->a,
				      (int)(int64_t)op->c);
}

const struct kmc_alloc_op kmc_alloc_machine_ops[] = {
	{ KMC_OP_CLOCK_ADVANCE, machine_op },
	{ KMC_OP_FAIL_NTH, machine_op },
	{ KMC_OP_SYSCTL, sysctl_op },
	{ KMC_OP_PRESSURE, pressure_op },
	{ KMC_OP_BALLOON, balloon_op },
	{ KMC_OP_MEMS_ALLOWED, mems_op },
	{ KMC_OP_TASK_SET, task_op },
	{ KMC_OP_TASK_EXIT, task_op },
	{ 0, NULL },
};
