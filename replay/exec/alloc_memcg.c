/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: groups and who pays. Limits are bytes, as cgroup files have
 * them; 0 at a group's creation leaves what a new group has. A token of
 * set_active_memcg() is a group, or none, and can be set active again.
 */
#include <errno.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "alloc/memcg.h"
#include "target_alloc.h"

static void error_result(struct kmc_call *call, int err)
{
	if (!err)
		return;
	call->outcome = KMC_OUT_ERROR;
	call->value = (uint64_t)-err;
}

static void group_result(struct kmc_call *call, struct mem_cgroup *memcg)
{
	struct kmc_memcg_info info;

	kmc_sim_memcg_info(memcg, &info);
	call->result = memcg;
	kmc_alloc_value(call, info.index);
}

static void create_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct mem_cgroup *parent = call->src ? call->src->ptr : NULL, *memcg = NULL;
	const struct kmc_op *op = call->op;
	int err = kmc_sim_memcg_create(kmc_alloc_state(exec)->sim, parent, &memcg);

	(void)gfp;
	if (err) {
		error_result(call, err);
		return;
	}
	if (op->a)
		kmc_sim_memcg_set_max(memcg, op->a);
	if (op->b)
		kmc_sim_memcg_set_high(memcg, op->b);
	kmc_sim_memcg_set_low(memcg, op->c);
	group_result(call, memcg);
}

static void limit_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct mem_cgroup *memcg = call->src->ptr;
	uint64_t bytes = call->op->a;

	(void)exec, (void)gfp;
	if (!memcg) { /* the root has no limits */
		error_result(call, -EINVAL);
		return;
	}
	switch (call->op->code) {
	case KMC_OP_MEMCG_SET_MAX: error_result(call, kmc_sim_memcg_set_max(memcg, bytes)); break;
	case KMC_OP_MEMCG_SET_HIGH: error_result(call, kmc_sim_memcg_set_high(memcg, bytes)); break;
	case KMC_OP_MEMCG_SET_LOW: error_result(call, kmc_sim_memcg_set_low(memcg, bytes)); break;
	case KMC_OP_MEMCG_SET_MIN: error_result(call, kmc_sim_memcg_set_min(memcg, bytes)); break;
	}
}

static void attach_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct mem_cgroup *memcg = call->src ? call->src->ptr : NULL;

	(void)gfp;
	if (call->op->a >= KMC_SIM_MAX_TASKS)
		call->outcome = KMC_OUT_SKIPPED;
	else
		error_result(call, kmc_sim_memcg_attach(kmc_alloc_state(exec)->sim, memcg,
							(unsigned int)call->op->a));
}

static void offline_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	if (call->src && call->src->ptr)
		error_result(call, kmc_sim_memcg_offline(call->src->ptr));
	else
		call->outcome = KMC_OUT_SKIPPED;
}

/* Without what cpus keep, so that the number is that of the charges. */
static void usage_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	kmc_sim_memcg_drain(kmc_alloc_state(exec)->sim);
	if (call->src && call->src->ptr)
		kmc_alloc_value(call, kmc_sim_memcg_usage(call->src->ptr));
	else
		call->outcome = KMC_OUT_SKIPPED;
}

static void populations_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	error_result(call, kmc_sim_memcg_populations(kmc_alloc_state(exec)->sim, call->op->a));
}

static void return_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	if (call->op->context == KMC_CTX_TASK)
		kmc_alloc_value(call, kmc_sim_memcg_return_to_user());
	else
		call->outcome = KMC_OUT_SKIPPED;
}

/* The token's number is the group's and one; 0 none. */
static void active_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct mem_cgroup *old = set_active_memcg(call->src ? call->src->ptr : NULL);
	struct kmc_memcg_info info = { 0 };

	(void)exec, (void)gfp;
	if (old)
		kmc_sim_memcg_info(old, &info);
	call->result = old;
	kmc_alloc_value(call, old ? info.index + 1 : 0);
}

static void charge_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	if (exec->caps.machine.profile < KMC_RELEASE(6, 12, 0))
		call->outcome = KMC_OUT_REFUSED;
	else
		kmc_alloc_value(call, kmem_cache_charge(call->ptr, gfp));
}

const struct kmc_alloc_op kmc_alloc_memcg_ops[] = {
	{ KMC_OP_MEMCG_CREATE, create_op },
	{ KMC_OP_MEMCG_SET_MAX, limit_op },
	{ KMC_OP_MEMCG_SET_HIGH, limit_op },
	{ KMC_OP_MEMCG_SET_LOW, limit_op },
	{ KMC_OP_MEMCG_SET_MIN, limit_op },
	{ KMC_OP_MEMCG_ATTACH, attach_op },
	{ KMC_OP_MEMCG_OFFLINE, offline_op },
	{ KMC_OP_MEMCG_USAGE, usage_op },
	{ KMC_OP_MEMCG_POPULATIONS, populations_op },
	{ KMC_OP_RETURN_TO_USER, return_op },
	{ KMC_OP_SET_ACTIVE_MEMCG, active_op },
	{ KMC_OP_KMEM_CACHE_CHARGE, charge_op },
	{ 0, NULL },
};
