/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bulk calls: each object is a call of its own inside them. */
#include "exec_core.h"

static unsigned int single_form(unsigned int code)
{
	switch (code) {
	case KMC_OP_KMEM_CACHE_ALLOC_BULK: return KMC_OP_KMEM_CACHE_ALLOC;
	case KMC_OP_KMEM_CACHE_FREE_BULK: return KMC_OP_KMEM_CACHE_FREE;
	case KMC_OP_KFREE_BULK: return KMC_OP_KFREE;
	case KMC_OP_MEMPOOL_ALLOC_BULK: return KMC_OP_MEMPOOL_ALLOC;
	case KMC_OP_MEMPOOL_FREE_BULK: return KMC_OP_MEMPOOL_FREE;
	case KMC_OP_ALLOC_PAGES_BULK:
	case KMC_OP_ALLOC_PAGES_BULK_LIST: return KMC_OP_ALLOC_PAGES;
	default: return code;
	}
}

static void tell(struct kmc_exec *exec, unsigned int code, const struct kmc_slot *slot,
		 enum kmc_outcome outcome)
{
	struct kmc_event ev = exec->open;

	ev.what = (uint16_t)code;
	ev.outcome = (uint8_t)outcome;
	ev.addr = slot->addr;
	ev.arg = 0;
	if (code == KMC_OP_KMEM_CACHE_ALLOC || code == KMC_OP_ALLOC_PAGES ||
	    code == KMC_OP_MEMPOOL_ALLOC)
		ev.granted = slot->granted;
	kmc_exec_inside(exec, &ev);
}

void kmc_bulk_granted(struct kmc_exec *exec, const struct kmc_slot *slot)
{
	tell(exec, single_form(exec->open.what), slot, KMC_OUT_VALUE);
}

uint16_t kmc_bulk_first(const struct kmc_op *op)
{
	const struct kmc_plan *plan = kmc_plan_of(op->code);

	return plan->src.range ? op->src : plan->dst.range ? op->dst : op->third;
}

void kmc_bulk_free_events(struct kmc_exec *exec, const struct kmc_call *call)
{
	unsigned int code = single_form(call->op->code);
	bool derived = call->op->code == KMC_OP_KMEM_CACHE_FREE_BULK && !call->src;

	for (uint64_t i = 0; i < call->count; i++)
		tell(exec, derived ? KMC_OP_KFREE : code,
		     &exec->slots[kmc_bulk_first(call->op) + i], KMC_OUT_NONE);
}
