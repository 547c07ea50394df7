/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: readers, grace periods, frees that wait for them. */
#include <linux/rcupdate.h>
#include "alloc/rcu.h"
#include "target_alloc.h"

static void reader_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	if (call->op->code == KMC_OP_RCU_READ_LOCK) {
		rcu_read_lock();
	} else if (!exec->readers[call->op->task].depth) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	} else {
		rcu_read_unlock();
	}
	kmc_rcu_note_reader(exec, call->op);
}

static void wait_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	if (call->op->code == KMC_OP_SYNCHRONIZE_RCU)
		synchronize_rcu();
	else if (call->op->code == KMC_OP_RCU_BARRIER)
		rcu_barrier();
	else if (exec->caps.machine.profile >= KMC_RELEASE(6, 12, 0))
		kvfree_rcu_barrier();
	else
		call->outcome = KMC_OUT_REFUSED; /* not in this release */
}

static void free_rcu_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct {
		struct rcu_head head;
	} *nothing = NULL;
	char *p = call->ptr;

	(void)exec, (void)gfp;
	/* The macros' test of the pointer. Rule: FR-7. */
	if (!p) {
		if (kmc_rcu_has_head(call->op->code))
			kvfree_rcu(nothing, head);
		else
			kvfree_rcu_mightsleep(nothing);
		return;
	}
	kvfree_call_rcu(kmc_rcu_has_head(call->op->code) ? (void *)(p + call->op->a) : NULL, p);
}

/* How many whole periods passed: 0 when a reader was in the way. */
static void period_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	exec->open.arg = kmc_sim_rcu_grace_period(kmc_alloc_state(exec)->sim);
	call->outcome = KMC_OUT_NONE;
}

const struct kmc_alloc_op kmc_alloc_rcu_ops[] = {
	{ KMC_OP_KFREE_RCU, free_rcu_op },
	{ KMC_OP_KVFREE_RCU, free_rcu_op },
	{ KMC_OP_KFREE_RCU_MIGHTSLEEP, free_rcu_op },
	{ KMC_OP_KVFREE_RCU_MIGHTSLEEP, free_rcu_op },
	{ KMC_OP_KVFREE_RCU_BARRIER, wait_op },
	{ KMC_OP_RCU_BARRIER, wait_op },
	{ KMC_OP_SYNCHRONIZE_RCU, wait_op },
	{ KMC_OP_RCU_READ_LOCK, reader_op },
	{ KMC_OP_RCU_READ_UNLOCK, reader_op },
	{ KMC_OP_RCU_GRACE_PERIOD, period_op },
	{ 0, NULL },
};
