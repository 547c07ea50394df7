/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a call gave goes into its slot: memory with what is known of its contents, a
 * cache, a pool, a group, a token, a number; and into the event that is open.
 */
#include "exec_core.h"

/* Rule: PAGE-28. Before 6.18 the flags of a range are for migration only. */
static bool ignores_zero(const struct kmc_exec *exec, const struct kmc_op *op)
{
	return (op->code == KMC_OP_ALLOC_CONTIG_RANGE || op->code == KMC_OP_ALLOC_CONTIG_PAGES) &&
	       exec->caps.machine.profile < KMC_RELEASE(6, 18, 0);
}

static void set_contents(const struct kmc_exec *exec, struct kmc_slot *slot,
			 const struct kmc_op *op)
{
	/* Rule: KC-11. What becomes of a constructed object that is to be zeroed is not promised. */
	slot->zeroing = kmc_request_zeroes(op) && !slot->ctor && !ignores_zero(exec, op);
	if (slot->zeroing)
		slot->zero = (struct kmc_extent){ 0, slot->size };
}

static void clip(struct kmc_extent *extent, uint64_t end)
{
	if (extent->end > end)
		extent->end = end;
	if (extent->start > extent->end)
		extent->start = extent->end;
}

/* What stays known of a block that was resized. */
static void carry_contents(struct kmc_slot *slot, const struct kmc_slot *old,
			   const struct kmc_op *op)
{
	uint64_t kept = old->size < slot->size ? old->size : slot->size;

	slot->pattern = old->pattern;
	slot->written = old->written;
	slot->zero = old->zero;
	slot->zeroing = old->zeroing && (op->gfp.atoms & KMC_GFP_ZERO);
	clip(&slot->written, kept);
	clip(&slot->zero, kept);
	if (!slot->zeroing || slot->size <= old->size)
		return;
	if (slot->zero.start == slot->zero.end)
		slot->zero.start = slot->zero.end = kept;
	if (slot->zero.end == kept)
		slot->zero.end = slot->size;
}

static void set_memory(struct kmc_exec *exec, struct kmc_slot *slot, const struct kmc_call *call,
		       void *ptr, uint64_t addr)
{
	const struct kmc_op *op = call->op;
	const struct kmc_plan *plan = call->plan;

	slot->origin = op->code;
	slot->ptr = ptr;
	slot->addr = addr;
	slot->size = (uintptr_t)ptr > 16 ? call->size : 0;
	slot->granted = call->granted;
	slot->extra = call->extra;
	slot->page = call->page;
	slot->order = plan->result == KMC_RES_PAGE && !kmc_of_single_pages(slot) ? op->order : 0;
	slot->comp = op->code == KMC_OP_FOLIO_ALLOC || op->code == KMC_OP_ALLOC_PAGES_NOLOCK ||
		     (op->gfp.atoms & KMC_GFP_COMP && !kmc_of_single_pages(slot));
	if (op->code == KMC_OP_CMA_ALLOC)
		slot->value = call->src->value; /* the area's number */
	if (plan->family == KMC_OPF_DMA && call->src)
		slot->value = call->src->value; /* the device's, the pool's */
	slot->refs = 1;
	if (plan->family == KMC_OPF_MEMPOOL && call->src)
		slot->cache = call->src->cache;
	if (plan->family == KMC_OPF_RUST)
		slot->flags = (uint32_t)call->value; /* which allocator */
	if (plan->family == KMC_OPF_CACHE && call->src) {
		slot->cache = call->src->cache;
		slot->flags = call->src->flags;
		slot->ctor = call->src->ctor;
	}
	if ((uintptr_t)ptr > 16)
		set_contents(exec, slot, op);
}

static void old_block_done(struct kmc_call *call)
{
	if (call->src && (uintptr_t)call->src->ptr > 16)
		call->src->freed = true;
}

static void take_resized(struct kmc_exec *exec, const struct kmc_call *call,
			 const struct kmc_slot *old, uint64_t addr)
{
	struct kmc_slot *slot;

	if (call->op->dst == KMC_NO_SLOT)
		return;
	slot = kmc_slot_set(exec, call->op->dst, KMC_SLOT_MEMORY);
	set_memory(exec, slot, call, call->result, addr);
	slot->zero = (struct kmc_extent){ 0, 0 };
	if ((uintptr_t)call->result <= 16)
		return;
	if ((uintptr_t)old->ptr > 16)
		carry_contents(slot, old, call->op);
	else
		set_contents(exec, slot, call->op);
}

static void resize_done(struct kmc_exec *exec, struct kmc_call *call, uint64_t addr)
{
	struct kmc_slot old = call->src ? *call->src : (struct kmc_slot){ 0 };

	exec->open.addr2 = old.addr;
	/* Of an area, a resize to nothing gives NULL and frees it (REA-13). */
	if (call->outcome != KMC_OUT_NULL || !call->size)
		old_block_done(call);
	take_resized(exec, call, &old, addr);
}

/* @bytes: copied ones; what kmemdup_nul() puts behind them is its own. */
static void copied_contents(struct kmc_slot *slot, const struct kmc_slot *from, uint64_t bytes)
{
	slot->pattern = from->pattern;
	slot->written = from->written;
	slot->zero = from->zero;
	clip(&slot->written, bytes);
	clip(&slot->zero, bytes);
}

/* Both addresses of the bytes are known to nobody else: what is written at one shows at the other. */
static void mapped_done(struct kmc_exec *exec, const struct kmc_call *call, struct kmc_slot *slot)
{
	slot->aliased = true;
	slot->value = call->op->code == KMC_OP_VMAP ? call->op->b : 0;
	for (uint64_t i = 0; i < call->count; i++) {
		struct kmc_slot *page = &exec->slots[call->op->src + i];

		if (page == slot)
			continue;
		page->aliased = true;
		page->written = page->zero = (struct kmc_extent){ 0, 0 };
	}
}

/* Rule: DUP-1. A duplicate has what its source had, which may be in the slot that it goes to. */
static void duplicate_done(struct kmc_exec *exec, struct kmc_call *call, uint64_t addr)
{
	bool nul = call->op->code == KMC_OP_KMEMDUP_NUL;
	struct kmc_slot source = call->src ? *call->src : (struct kmc_slot){ 0 };
	struct kmc_slot *slot, nowhere = { 0 };

	exec->open.addr2 = source.addr;
	slot = call->op->dst == KMC_NO_SLOT ? &nowhere :
					      kmc_slot_set(exec, call->op->dst, KMC_SLOT_MEMORY);
	set_memory(exec, slot, call, call->result, addr);
	if ((uintptr_t)call->result <= 16)
		return;
	copied_contents(slot, &source, nul ? call->op->a : slot->size);
	if (nul && exec->flags & KMC_TARGET_OBSERVE)
		kmc_contents_terminator(exec, slot);
}

static void block_done(struct kmc_exec *exec, struct kmc_call *call, struct kmc_slot *slot,
		       uint64_t addr)
{
	set_memory(exec, slot, call, call->result, addr);
	if (call->plan->src.range && call->result)
		mapped_done(exec, call, slot);
	if (exec->flags & KMC_TARGET_OBSERVE)
		kmc_contents_granted(exec, slot, call->op);
}

/* @addr: of the result, as events name it. */
static void memory_done(struct kmc_exec *exec, struct kmc_call *call, uint64_t addr)
{
	const struct kmc_plan *plan = call->plan;

	if (kmc_is_resize(call->op->code))
		resize_done(exec, call, addr);
	else if (plan->family == KMC_OPF_DUP && plan->src.kind)
		duplicate_done(exec, call, addr);
	else if (call->op->dst == KMC_NO_SLOT)
		block_done(exec, call, &(struct kmc_slot){ 0 }, addr);
	else
		block_done(exec, call, kmc_slot_set(exec, call->op->dst, KMC_SLOT_MEMORY), addr);
}

static void cache_done(struct kmc_exec *exec, struct kmc_call *call)
{
	struct kmc_slot *slot, nowhere = { 0 };

	slot = call->op->dst == KMC_NO_SLOT ? &nowhere :
					      kmc_slot_set(exec, call->op->dst, KMC_SLOT_CACHE);
	slot->origin = call->op->code;
	slot->ptr = call->result;
	if (!call->result) {
		slot->kind = KMC_SLOT_EMPTY;
		return;
	}
	if (call->op->code == KMC_OP_KMEM_BUCKETS_CREATE)
		return; /* no cache to the stream: what comes out of it is marked by its call */
	call->cache.id = ++exec->next_cache;
	slot->cache = call->cache.id;
	slot->flags = (uint32_t)call->cache.flags;
	slot->ctor = call->cache.ctor;
	slot->size = call->cache.object_size;
	exec->open.cache = slot->cache;
	if (exec->sink->cache)
		exec->sink->cache(exec->sink->arg, &call->cache);
}

static void mempool_done(struct kmc_slot *slot, const struct kmc_call *call)
{
	slot->cache = (uint32_t)call->value;
	slot->size = call->size;
	slot->flags = call->src ? call->src->cache : KMC_CACHE_NONE;
}

/* What was made is in the event, whether the program keeps it or not. */
static void name_value(struct kmc_exec *exec, const struct kmc_call *call, enum kmc_slot_kind kind)
{
	struct kmc_event *ev = &exec->open;

	if (kind == KMC_SLOT_POOL && call->plan->family == KMC_OPF_MEMPOOL)
		ev->cache = (uint32_t)call->value;
	if (kind == KMC_SLOT_GROUP) {
		ev->cache = (uint32_t)call->value;
		ev->arg = call->src ? call->src->value + 1 : 0;
	}
	if (kind == KMC_SLOT_HANDLE && call->op->code == KMC_OP_KMEM_CACHE_PREFILL_SHEAF)
		ev->addr2 = call->value;
}

static void value_done(struct kmc_exec *exec, struct kmc_call *call, enum kmc_slot_kind kind)
{
	struct kmc_slot *slot;

	if (!kmc_special_maker(call->op->code))
		exec->open.arg = call->value;
	if (call->outcome == KMC_OUT_VALUE)
		name_value(exec, call, kind);
	if (call->op->dst == KMC_NO_SLOT || call->plan->dst.kind)
		return;
	slot = kmc_slot_set(exec, call->op->dst, kind);
	if (call->outcome == KMC_OUT_NULL) {
		kmc_slot_clear(exec, call->op->dst);
		return;
	}
	slot->origin = call->op->code;
	slot->ptr = call->result;
	slot->value = call->value;
	slot->extra = call->extra;
	if (call->plan->family == KMC_OPF_ZS ||
	    call->op->code == KMC_OP_DMA_POOL_CREATE)
		slot->size = call->op->a;
	if (kind == KMC_SLOT_POOL && kmc_is_mempool(slot))
		mempool_done(slot, call);
	if (kind == KMC_SLOT_HANDLE && call->src)
		slot->cache = call->src->cache;
	if (kind == KMC_SLOT_TOKEN) {
		slot->flags = exec->scope[call->op->task];
		slot->size = exec->open.id;
	}
}

static void bulk_alloc_done(struct kmc_exec *exec, struct kmc_call *call)
{
	for (uint64_t i = 0; i < call->count; i++) {
		struct kmc_slot *slot;

		if (!exec->bulk[i]) /* an array's place that was full before, or stays empty */
			continue;
		slot = kmc_slot_set(exec, (uint16_t)(call->op->dst + i), KMC_SLOT_MEMORY);
		set_memory(exec, slot, call, exec->bulk[i],
			   exec->backend->address(exec, exec->bulk[i]));
		/* Rule: KC-33. */
		if (call->op->code == KMC_OP_KMEM_CACHE_ALLOC_BULK &&
		    slot->zero.start < slot->zero.end && exec->flags & KMC_TARGET_OBSERVE)
			kmc_memory_report_zero(exec, slot->ptr, slot->addr, slot->zero);
		kmc_bulk_granted(exec, slot);
	}
	/* What was asked is on record before what was given. */
	if (exec->open.arg != call->value)
		kmc_exec_begin(exec);
	exec->open.arg = call->value;
}

/* The result may take the slot of the cache, pool or group that it comes from. */
static bool takes_place_of_source(const struct kmc_exec *exec, const struct kmc_call *call)
{
	uint64_t nr = call->plan->result == KMC_RES_BULK ? call->op->a : 1;

	return call->src && call->op->dst != KMC_NO_SLOT && !kmc_is_resize(call->op->code) &&
	       (uint64_t)(call->src - exec->slots) - call->op->dst < nr;
}

static void put_result(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_plan *plan = call->plan;
	static const uint8_t kinds[] = {
		[KMC_RES_POOL] = KMC_SLOT_POOL,   [KMC_RES_HANDLE] = KMC_SLOT_HANDLE,
		[KMC_RES_TOKEN] = KMC_SLOT_TOKEN, [KMC_RES_GROUP] = KMC_SLOT_GROUP,
		[KMC_RES_SNAP] = KMC_SLOT_SNAP,   [KMC_RES_NUM] = KMC_SLOT_NUM,
	};
	uint64_t addr;

	switch (plan->result) {
	case KMC_RES_NONE:
		break;
	case KMC_RES_OBJ:
	case KMC_RES_PAGE:
		addr = exec->backend->address(exec, call->result);
		memory_done(exec, call, addr);
		exec->open.addr = addr;
		if (plan->family == KMC_OPF_RUST && call->outcome == KMC_OUT_ZERO_SIZE) {
			/* Rule: RS-4. Rust sees the alignment, a place without memory. */
			exec->open.addr = exec->open.arg;
			call->outcome = KMC_OUT_VALUE;
		}
		exec->open.granted = call->granted;
		break;
	case KMC_RES_CACHE:
		cache_done(exec, call);
		break;
	case KMC_RES_BULK:
		bulk_alloc_done(exec, call);
		break;
	default:
		value_done(exec, call, kinds[plan->result]);
	}
}

void kmc_result_store(struct kmc_exec *exec, struct kmc_call *call)
{
	struct kmc_slot *place = call->src, source;

	if (!takes_place_of_source(exec, call)) {
		put_result(exec, call);
		return;
	}
	source = *place;
	call->src = &source;
	put_result(exec, call);
	call->src = place;
}
