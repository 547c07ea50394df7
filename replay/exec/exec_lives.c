/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a call ends: a block that is freed, a reference that is given back, a cache
 * that is destroyed. The slot keeps its address, for misuse.
 */
#include "exec_core.h"

static void free_done(struct kmc_slot *slot, const struct kmc_op *op)
{
	bool put = op->code == KMC_OP_PUT_PAGE || op->code == KMC_OP_FOLIO_PUT;
	bool whole = put || slot->comp || slot->order == 0 || slot->parts;

	if ((uintptr_t)slot->ptr <= 16)
		return;
	if (slot->parts) {
		slot->parts &= ~(1ull << (op->b >> 12));
		slot->freed = !slot->parts;
		return;
	}
	if (slot->refs > 1) {
		/* Rule: PAGE-8. Of a plain block the head stays, the rest is gone. */
		slot->refs--;
		if (!whole) {
			slot->order = 0;
			slot->size = 4096;
		}
		return;
	}
	slot->freed = true;
}

static void bulk_free_done(struct kmc_exec *exec, struct kmc_call *call)
{
	if (!exec->overlapping)
		kmc_bulk_free_events(exec, call);
	for (uint64_t i = 0; i < call->count; i++)
		exec->slots[kmc_bulk_first(call->op) + i].freed = true;
}

static void split_done(struct kmc_slot *slot)
{
	slot->parts = slot->order == 6 ? UINT64_MAX : (1ull << (1u << slot->order)) - 1;
}

/* Constructed objects go back as they were made. */
void kmc_lives_put_back(struct kmc_exec *exec, const struct kmc_call *call)
{
	struct kmc_slot *slot = kmc_memory_slot(call->plan, call);

	if (call->bulk)
		for (uint64_t i = 0; i < call->count; i++)
			kmc_contents_put_back(&exec->slots[kmc_bulk_first(call->op) + i]);
	else if (slot && slot->kind == KMC_SLOT_MEMORY)
		kmc_contents_put_back(slot);
}

/* Calls whose object is free when they return. */
static bool frees_at_once(unsigned int code)
{
	switch (code) {
	case KMC_OP_KFREE:
	case KMC_OP_KFREE_CONST:
	case KMC_OP_KVFREE:
	case KMC_OP_KMEM_CACHE_FREE:
		return true;
	default:
		return false;
	}
}

/* Of calls of which the plan says that they end something. */
void kmc_lives_end(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	const struct kmc_plan *plan = call->plan;
	struct kmc_slot *slot;

	switch (op->code) {
	case KMC_OP_KMEM_CACHE_DESTROY:
		if (call->src && (call->outcome == KMC_OUT_NONE || call->outcome == KMC_OUT_HUNG))
			call->src->freed = true;
		break;
	case KMC_OP_MEMPOOL_DESTROY:
		if (call->src && call->outcome == KMC_OUT_NONE)
			call->src->freed = true;
		break;
	case KMC_OP_KMEM_CACHE_RETURN_SHEAF:
		if (call->dst)
			call->dst->freed = true;
		break;
	case KMC_OP_GET_PAGE:
		if (call->src)
			call->src->refs++;
		break;
	case KMC_OP_SPLIT_PAGE:
		if (call->src && call->src->order)
			split_done(call->src);
		break;
	}
	if (!plan->is_free)
		return;
	if (call->bulk) {
		bulk_free_done(exec, call);
		return;
	}
	slot = kmc_memory_slot(plan, call);
	if (!slot || slot->kind != KMC_SLOT_MEMORY)
		return;
	/* Of a call that hangs nobody knows whether it queued its block. */
	if (kmc_rcu_is_free(op->code) && (uintptr_t)slot->ptr > 16 && !slot->freed &&
	    call->outcome != KMC_OUT_HUNG)
		kmc_rcu_queued(exec, slot, op);
	free_done(slot, op);
	if (exec->flags & KMC_TARGET_OBSERVE && slot->freed && frees_at_once(op->code))
		kmc_contents_freed(exec, slot);
}
