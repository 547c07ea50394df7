/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: prefilled sheaves of a cache. */
#include <linux/slab.h>
#include "target_alloc.h"

#define MOST_OBJECTS 4096u

/* The operands of a call on a sheaf; false: not a cache, or another cache's sheaf. */
static bool fits(struct kmc_call *call, const struct kmc_slot *sheaf)
{
	bool ours = call->src && sheaf && sheaf->ptr &&
		    sheaf->origin == KMC_OP_KMEM_CACHE_PREFILL_SHEAF &&
		    sheaf->cache == call->src->cache;

	if (!ours || call->op->a > MOST_OBJECTS)
		call->outcome = KMC_OUT_SKIPPED;
	return call->outcome != KMC_OUT_SKIPPED;
}

static void prefill_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct slab_sheaf *sheaf;

	if (!call->src || call->op->a > MOST_OBJECTS) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	sheaf = kmem_cache_prefill_sheaf(call->src->ptr, gfp, (unsigned int)call->op->a);
	call->result = sheaf;
	call->outcome = sheaf ? KMC_OUT_VALUE : KMC_OUT_NULL;
	if (sheaf)
		call->value = ++exec->next_cache;
}

/* The sheaf may be another one afterwards; its number stays. */
static void refill_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct slab_sheaf *sheaf;
	int err;

	(void)exec;
	if (!fits(call, call->third))
		return;
	sheaf = call->third->ptr;
	err = kmem_cache_refill_sheaf(call->src->ptr, gfp, &sheaf, (unsigned int)call->op->a);
	call->third->ptr = sheaf;
	call->outcome = err ? KMC_OUT_ERROR : KMC_OUT_VALUE;
	call->value = (uint64_t)-err;
}

static void draw_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec;
	if (fits(call, call->third))
		kmc_alloc_memory_result(call, kmem_cache_alloc_from_sheaf(call->src->ptr, gfp,
									  call->third->ptr));
}

static void return_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec;
	if (fits(call, call->dst))
		kmem_cache_return_sheaf(call->src->ptr, gfp, call->dst->ptr);
}

const struct kmc_alloc_op kmc_alloc_sheaf_ops[] = {
	{ KMC_OP_KMEM_CACHE_PREFILL_SHEAF, prefill_op },
	{ KMC_OP_KMEM_CACHE_REFILL_SHEAF, refill_op },
	{ KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF, draw_op },
	{ KMC_OP_KMEM_CACHE_RETURN_SHEAF, return_op },
	{ 0, NULL },
};
