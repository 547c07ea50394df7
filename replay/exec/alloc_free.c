/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: what gives objects back. */
#include <linux/slab.h>
#include <linux/string.h>
#include "target_alloc.h"

/*
 * Rule: FR-13. Between the wipe and the free there is one moment to look: when kfree()
 * says what it was given. kvfree_sensitive() wipes as much as its caller says.
 */
static void sensitive_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct alloc_state *state = kmc_alloc_state(exec);
	bool any = call->op->code == KMC_OP_KVFREE_SENSITIVE;

	(void)gfp;
	state->wiped = (uintptr_t)call->ptr > 16 && exec->flags & KMC_TARGET_OBSERVE ? call->ptr : NULL;
	state->wiped_bytes = any ? call->op->a : state->wiped ? kmc_sim_granted(call->ptr) : 0;
	if (state->wiped)
		kmc_alloc_listen(exec, KMC_TP_BIT(KMC_TP_KFREE));
	if (any)
		kvfree_sensitive(call->ptr, call->op->a);
	else
		kfree_sensitive(call->ptr);
	if (state->wiped)
		kmc_alloc_listen(exec, 0);
	state->wiped = NULL;
}

static void free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmem_cache *cache = call->src ? call->src->ptr : NULL;

	(void)gfp;
	switch (call->op->code) {
	case KMC_OP_KFREE: kfree(call->ptr); break;
	case KMC_OP_KFREE_CONST: kfree_const(call->ptr); break;
	case KMC_OP_KFREE_NOLOCK:
		if (exec->caps.machine.profile >= KMC_RELEASE(6, 18, 0))
			kfree_nolock(call->ptr);
		else
			call->outcome = KMC_OUT_REFUSED; /* not in this release */
		break;
	case KMC_OP_KVFREE: kvfree(call->ptr); break;
	case KMC_OP_KFREE_BULK: kfree_bulk(call->count, call->bulk); break;
	case KMC_OP_KMEM_CACHE_FREE: kmem_cache_free(cache, call->ptr); break;
	case KMC_OP_KMEM_CACHE_FREE_BULK:
		kmem_cache_free_bulk(cache, call->count, call->bulk);
		break;
	}
}

const struct kmc_alloc_op kmc_alloc_free_ops[] = {
	{ KMC_OP_KFREE, free_op },
	{ KMC_OP_KFREE_CONST, free_op },
	{ KMC_OP_KFREE_SENSITIVE, sensitive_op },
	{ KMC_OP_KFREE_BULK, free_op },
	{ KMC_OP_KFREE_NOLOCK, free_op },
	{ KMC_OP_KVFREE, free_op },
	{ KMC_OP_KVFREE_SENSITIVE, sensitive_op },
	{ KMC_OP_KMEM_CACHE_FREE, free_op },
	{ KMC_OP_KMEM_CACHE_FREE_BULK, free_op },
	{ 0, NULL },
};
