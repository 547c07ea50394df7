/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: sets of caches, and copies of user memory. User memory is
 * the executor's own; where an access is to fault the op says.
 */
#include <stdio.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "alloc/user_memory.h"
#include "exec/alloc_machine.h"
#include "target_alloc.h"

static void create_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct kmc_cache_desc *desc = &call->cache;

	(void)exec, (void)gfp;
	if (op->c > UINT32_MAX || op->d > UINT32_MAX) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	snprintf(desc->name, sizeof(desc->name), "bucket-%llu", (unsigned long long)op->a);
	call->result = kmem_buckets_create(desc->name, kmc_alloc_slab_flags(op->b),
					   (unsigned int)op->c, (unsigned int)op->d, NULL);
	desc->flags = op->b;
	call->outcome = call->result ? KMC_OUT_VALUE : KMC_OUT_NULL;
}

static void alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	kmem_buckets *b = call->src ? call->src->ptr : NULL;

	(void)exec;
	if (call->src && call->src->origin != KMC_OP_KMEM_BUCKETS_CREATE)
		call->outcome = KMC_OUT_SKIPPED;
	else if (call->op->code == KMC_OP_KMEM_BUCKETS_ALLOC)
		kmc_alloc_memory_result(call, kmem_buckets_alloc(b, call->op->a, gfp));
	else
		kmc_alloc_memory_result(call, kmem_buckets_alloc_track_caller(b, call->op->a, gfp));
}

/* An error pointer is an outcome of its own. */
static void copy_result(struct kmc_call *call, void *p)
{
	if (IS_ERR(p)) {
		call->outcome = KMC_OUT_ERROR;
		call->value = (uint64_t)-PTR_ERR(p);
	} else {
		kmc_alloc_memory_result(call, p);
	}
}

static void copy_user(struct kmc_call *call, char *user)
{
	const struct kmc_op *op = call->op;

	switch (op->code) {
	case KMC_OP_MEMDUP_USER:
		copy_result(call, memdup_user(user, op->a));
		break;
	case KMC_OP_MEMDUP_USER_NUL:
		copy_result(call, memdup_user_nul(user, op->a));
		break;
	case KMC_OP_VMEMDUP_USER:
		copy_result(call, vmemdup_user(user, op->a));
		break;
	default:
		user[op->a] = '\0';
		copy_result(call, strndup_user(user, (long)op->b));
		user[op->a] = 'k';
	}
}

#define LONGEST_COPY (16ull << 20)

static void copy_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;
	uint64_t fault = op->code == KMC_OP_STRNDUP_USER ? op->c : op->b;
	char *user = op->a <= LONGEST_COPY ? kmc_exec_text(op->a) : NULL;

	(void)gfp;
	if (!user || (op->code == KMC_OP_STRNDUP_USER && op->b > LONGEST_COPY)) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	/* Beyond what is copied there is no fault: the value says that none is wanted. */
	kmc_sim_user_fault(sim, fault <= op->a ? user + fault : NULL);
	copy_user(call, user);
	kmc_sim_user_fault(sim, NULL);
}

const struct kmc_alloc_op kmc_alloc_bucket_ops[] = {
	{ KMC_OP_KMEM_BUCKETS_CREATE, create_op },
	{ KMC_OP_KMEM_BUCKETS_ALLOC, alloc_op },
	{ KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER, alloc_op },
	{ KMC_OP_MEMDUP_USER, copy_op },
	{ KMC_OP_MEMDUP_USER_NUL, copy_op },
	{ KMC_OP_VMEMDUP_USER, copy_op },
	{ KMC_OP_STRNDUP_USER, copy_op },
	{ 0, NULL },
};
