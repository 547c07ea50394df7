/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an op asks for, in the terms of an event: bytes, counts, elements.
 * Products are done here once, so that every backend and every event means
 * the same request.
 */
#include "exec_core.h"

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t bytes;

	return __builtin_mul_overflow(a, b, &bytes) ? UINT64_MAX : bytes;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	uint64_t bytes;

	return __builtin_add_overflow(a, b, &bytes) ? UINT64_MAX : bytes;
}

static uint64_t block_bytes(unsigned int order)
{
	return order < 40 ? 4096ull << order : UINT64_MAX;
}

static bool is_array(unsigned int code)
{
	switch (code) {
	case KMC_OP_KMALLOC_ARRAY:
	case KMC_OP_KMALLOC_ARRAY_NODE:
	case KMC_OP_KCALLOC:
	case KMC_OP_KCALLOC_NODE:
	case KMC_OP_KMALLOC_OBJS:
	case KMC_OP_KREALLOC_ARRAY:
	case KMC_OP_KMEMDUP_ARRAY:
	case KMC_OP_KVMALLOC_ARRAY:
	case KMC_OP_KVCALLOC:
		return true;
	default:
		return false;
	}
}

static uint64_t string_bytes(const struct kmc_op *op)
{
	switch (op->code) {
	case KMC_OP_KSTRNDUP:
	case KMC_OP_STRNDUP_USER:
		return plus(op->a < op->b ? op->a : op->b, 1);
	case KMC_OP_KMEMDUP:
	case KMC_OP_KVMEMDUP:
	case KMC_OP_MEMDUP_USER:
	case KMC_OP_VMEMDUP_USER:
		return op->a;
	default:
		return plus(op->a, 1);
	}
}

static uint64_t page_bytes(const struct kmc_op *op)
{
	switch (op->code) {
	case KMC_OP_ALLOC_PAGES_EXACT:
	case KMC_OP_ALLOC_PAGES_EXACT_NID:
	case KMC_OP_FREE_PAGES_EXACT:
	case KMC_OP_PAGE_FRAG_ALLOC:
		return op->a;
	case KMC_OP_ALLOC_CONTIG_PAGES:
	case KMC_OP_CMA_ALLOC:
		return times(op->a, 4096);
	case KMC_OP_ALLOC_CONTIG_RANGE:
		return op->b > op->a ? times(op->b - op->a, 4096) : 0;
	default:
		return block_bytes(op->order);
	}
}

uint64_t kmc_request_bytes(const struct kmc_op *op, const struct kmc_call *call)
{
	const struct kmc_plan *plan = call->plan;

	if (plan->family == KMC_OPF_FREE || plan->family == KMC_OPF_MEMORY) /* half of all calls */
		return 0;
	if (is_array(op->code))
		return times(op->a, op->b);
	if (op->code == KMC_OP_VMAP || op->code == KMC_OP_VM_MAP_RAM)
		return times(op->a, 4096);
	if (op->code == KMC_OP_DMA_POOL_ALLOC)
		return call->src ? call->src->size : 0;
	if (op->code == KMC_OP_KMALLOC_FLEX)
		return plus(op->a, times(op->b, op->c));
	switch (plan->family) {
	case KMC_OPF_DUP:
		return string_bytes(op);
	case KMC_OPF_PAGES:
	case KMC_OPF_CMA:
		return plan->result == KMC_RES_POOL || plan->result == KMC_RES_NUM ? 0 :
										    page_bytes(op);
	case KMC_OPF_CACHE:
		return plan->src.kind == KMC_SLOT_CACHE && call->src ? call->src->size : op->b;
	case KMC_OPF_MEMPOOL:
		return call->src ? call->src->size : op->c;
	case KMC_OPF_KMALLOC:
	case KMC_OPF_RESIZE:
	case KMC_OPF_VMALLOC:
	case KMC_OPF_KVMALLOC:
	case KMC_OPF_RUST:
	case KMC_OPF_DMA:
	case KMC_OPF_PERCPU:
	case KMC_OPF_ZS:
		return plan->result == KMC_RES_NUM ? 0 : op->a;
	default:
		return 0;
	}
}

bool kmc_request_zeroes(const struct kmc_op *op)
{
	/* A copy overwrites what was zeroed; of fragments only a fresh block is zeroed. */
	if (kmc_plan_of(op->code)->family == KMC_OPF_DUP || op->code == KMC_OP_PAGE_FRAG_ALLOC)
		return false;
	switch (op->code) {
	case KMC_OP_KZALLOC:
	case KMC_OP_KZALLOC_NODE:
	case KMC_OP_KCALLOC:
	case KMC_OP_KCALLOC_NODE:
	case KMC_OP_KMEM_CACHE_ZALLOC:
	case KMC_OP_GET_ZEROED_PAGE:
	case KMC_OP_VZALLOC:
	case KMC_OP_VZALLOC_NODE:
	case KMC_OP_VMALLOC_USER:
	case KMC_OP_VMALLOC_32_USER:
	case KMC_OP_KVZALLOC:
	case KMC_OP_KVZALLOC_NODE:
	case KMC_OP_KVCALLOC:
	case KMC_OP_ALLOC_PAGES_NOLOCK:
	case KMC_OP_ALLOC_PERCPU:
	case KMC_OP_DMA_ALLOC_COHERENT:
	case KMC_OP_DMA_ALLOC_PAGES:
	case KMC_OP_DMA_ALLOC_NONCOHERENT:
	case KMC_OP_DMA_ALLOC_NONCONTIGUOUS:
		return true;
	case KMC_OP_DMA_ALLOC_ATTRS:
		return !(op->b & 1 << 4); /* a kernel has no mapping to zero it by */
	default:
		return op->gfp.atoms & KMC_GFP_ZERO;
	}
}

static void describe_pure(struct kmc_event *ev, const struct kmc_op *op)
{
	ev->size = op->a;
	ev->granted = op->b;
	ev->addr2 = op->c;
}

static uint32_t number_or_none(uint16_t slot)
{
	return slot == KMC_NO_SLOT ? UINT32_MAX : slot;
}

static void describe_cache(struct kmc_event *ev, const struct kmc_call *call)
{
	const struct kmc_op *op = call->op;

	if (call->plan->result == KMC_RES_CACHE) {
		ev->size = op->b;
		ev->arg = op->c;
		ev->addr2 = op->d;
		if (op->code == KMC_OP_KMEM_CACHE_CREATE_USERCOPY)
			ev->granted = KMC_EV_PAIR(number_or_none(op->src), number_or_none(op->third));
		else if (op->code == KMC_OP_KMEM_CACHE_CREATE_ARGS)
			ev->granted = KMC_EV_PAIR(number_or_none(op->third), number_or_none(op->src));
	} else {
		ev->size = call->size;
		if (call->plan->result == KMC_RES_BULK)
			ev->arg = op->a;
		if (op->code == KMC_OP_KMEM_CACHE_PREFILL_SHEAF ||
		    op->code == KMC_OP_KMEM_CACHE_REFILL_SHEAF)
			ev->granted = op->a;
	}
}

static void describe_free(struct kmc_event *ev, const struct kmc_op *op)
{
	switch (op->code) {
	case KMC_OP_KFREE_BULK:
	case KMC_OP_KMEM_CACHE_FREE_BULK:
	case KMC_OP_KVFREE_SENSITIVE:
	case KMC_OP_KFREE_RCU:
	case KMC_OP_KVFREE_RCU:
	case KMC_OP_VM_UNMAP_RAM:
		ev->arg = op->a;
		break;
	case KMC_OP_FREE_PAGES_PAGE:
	case KMC_OP_FREE_PAGES:
	case KMC_OP_FREE_PAGES_NOLOCK:
		ev->size = block_bytes(op->order);
		break;
	case KMC_OP_FREE_PAGES_EXACT:
		ev->size = op->a;
		break;
	case KMC_OP_FREE_CONTIG_RANGE:
	case KMC_OP_CMA_RELEASE:
		ev->size = times(op->a, 4096);
		break;
	}
}

/* What a call asks for beside bytes and flags. */
static void describe_extra(struct kmc_event *ev, const struct kmc_op *op)
{
	switch (op->code) {
	case KMC_OP_VMAP:
		ev->addr2 = op->b;
		ev->arg = op->a;
		break;
	case KMC_OP_VM_MAP_RAM:
		ev->arg = op->a;
		break;
	case KMC_OP_KREALLOC_NODE_ALIGN:
	case KMC_OP_VREALLOC_NODE_ALIGN:
	case KMC_OP_KVREALLOC_NODE_ALIGN:
	case KMC_OP_KVMALLOC_NODE_ALIGN:
	case KMC_OP_RUST_REALLOC:
	case KMC_OP_PAGE_FRAG_ALLOC:
		ev->arg = op->b;
		break;
	case KMC_OP_KVREALLOC_OLD:
	case KMC_OP_MEMDUP_USER:
	case KMC_OP_MEMDUP_USER_NUL:
	case KMC_OP_VMEMDUP_USER:
		ev->arg = op->b;
		break;
	case KMC_OP_STRNDUP_USER:
	case KMC_OP_RUST_ALLOC:
		ev->arg = op->c;
		if (op->code == KMC_OP_RUST_ALLOC)
			ev->addr2 = op->b;
		break;
	}
}

static void describe_pool(struct kmc_event *ev, const struct kmc_call *call)
{
	const struct kmc_op *op = call->op;

	ev->size = call->size;
	if (call->plan->result == KMC_RES_POOL || op->code == KMC_OP_MEMPOOL_RESIZE)
		ev->granted = op->a;
	else if (call->plan->result == KMC_RES_BULK)
		ev->arg = op->a;
}

static void describe_machine(struct kmc_event *ev, const struct kmc_op *op)
{
	ev->size = op->a;
	ev->granted = op->b;
	ev->addr2 = op->c;
}

void kmc_request_describe(struct kmc_event *ev, const struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	const struct kmc_plan *plan = call->plan;

	switch (plan->family) {
	case KMC_OPF_PURE:
		describe_pure(ev, op);
		return;
	case KMC_OPF_CACHE:
		describe_cache(ev, call);
		return;
	case KMC_OPF_FREE:
		describe_free(ev, op);
		return;
	case KMC_OPF_MEMORY:
		ev->size = op->a;
		ev->arg = op->a;
		return;
	case KMC_OPF_MEMCG:
	case KMC_OPF_MACHINE:
		describe_machine(ev, op);
		return;
	case KMC_OPF_USERCOPY:
		ev->size = op->a;
		return;
	case KMC_OPF_MEMPOOL:
		describe_pool(ev, call);
		return;
	}
	if (plan->result == KMC_RES_NONE || plan->result == KMC_RES_NUM)
		return;
	ev->size = call->size;
	if (is_array(op->code)) {
		ev->arg = op->a;
		ev->addr2 = op->b;
	} else if (plan->result == KMC_RES_BULK) {
		ev->arg = op->a;
	} else {
		describe_extra(ev, op);
	}
}
