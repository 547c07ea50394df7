/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: memory that can be had back, and tasks that can be killed
 * for it. A population that finds too little memory is an error, ENOMEM.
 */
#include <errno.h>
#include <linux/sched/mm.h>
#include "alloc/reclaim.h"
#include "target_alloc.h"

static void populated(struct kmc_call *call, bool whole)
{
	if (whole)
		return;
	call->outcome = KMC_OUT_ERROR;
	call->value = ENOMEM;
}

static bool node_of(struct kmc_exec *exec, struct kmc_call *call, unsigned int *node)
{
	*node = call->op->node < 0 ? 0 : (unsigned int)call->op->node;
	if (*node < exec->caps.machine.nr_nodes)
		return true;
	call->outcome = KMC_OUT_SKIPPED;
	return false;
}

static void populate_lru_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;
	const uint64_t pages[KMC_NR_LRU] = { call->op->a, call->op->b, call->op->c };
	bool whole = true;
	unsigned int node;

	(void)gfp;
	if (!node_of(exec, call, &node))
		return;
	for (enum kmc_lru kind = 0; kind < KMC_NR_LRU; kind++)
		whole &= kmc_sim_populate_lru(sim, node, kind, pages[kind]) == pages[kind];
	populated(call, whole);
}

static void populate_anon_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	unsigned int node;

	(void)gfp;
	if (!node_of(exec, call, &node))
		return;
	if (op->a >= KMC_SIM_MAX_TASKS)
		call->outcome = KMC_OUT_SKIPPED;
	else
		populated(call, kmc_sim_populate_anon(kmc_alloc_state(exec)->sim,
						      (unsigned int)op->a, node, op->b) == op->b);
}

static void kswapd_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;
	unsigned int node, failures;
	uint64_t pages;

	(void)gfp;
	if (!node_of(exec, call, &node))
		return;
	failures = kmc_sim_kswapd_failures(sim, node);
	pages = kmc_sim_kswapd_step(sim, node);
	/* A run that had something to do. */
	if (pages || kmc_sim_kswapd_failures(sim, node) != failures)
		kmc_exec_effect(exec, KMC_EFF_RECLAIMED, 0, 0, 0, pages);
}

static void suspend_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	kmc_sim_suspend_storage(kmc_alloc_state(exec)->sim, call->op->a);
}

/* Pages that a shrinker may want on the way: a call in need scans hundreds of times, and asks each time. */
#define MOST_ASKED 64

static void shrinker_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	int64_t nr = op->c > MOST_ASKED ? -ENOSPC :
		     kmc_sim_shrinker(kmc_alloc_state(exec)->sim, op->a, op->b, op->c, gfp);

	if (nr == -ENOSPC)
		call->outcome = KMC_OUT_SKIPPED;
	else
		populated(call, nr >= 0 && (uint64_t)nr == op->a);
}

const struct kmc_alloc_op kmc_alloc_reclaim_ops[] = {
	{ KMC_OP_SHRINKER, shrinker_op },
	{ KMC_OP_POPULATE_LRU, populate_lru_op },
	{ KMC_OP_POPULATE_ANON, populate_anon_op },
	{ KMC_OP_KSWAPD_STEP, kswapd_op },
	{ KMC_OP_SUSPEND_STORAGE, suspend_op },
	{ 0, NULL },
};
