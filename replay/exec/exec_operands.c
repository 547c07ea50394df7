/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do the operands of an op fit: is in each slot what the call wants there, alive, and may
 * this call have it? What does not fit is skipped, or put on record where the
 * program calls it misuse. Then: how the event names them.
 */
#include "exec_core.h"

struct resolved {
	struct kmc_slot *slot; /* NULL: none, or NULL written for it */
	bool usable;           /* of the wanted kind and alive */
	bool named;            /* holds something that misuse could be done to */
};

/* What set_active_memcg() returned can be set active again. */
static bool serves(const struct kmc_operand *want, const struct kmc_slot *slot, unsigned int code)
{
	return slot->kind == want->kind ||
	       (want->kind == KMC_SLOT_GROUP && slot->kind == KMC_SLOT_TOKEN &&
		slot->origin == KMC_OP_SET_ACTIVE_MEMCG && code == KMC_OP_SET_ACTIVE_MEMCG);
}

static struct resolved resolve(struct kmc_exec *exec, const struct kmc_operand *want,
			       uint16_t number, unsigned int code)
{
	struct resolved r = { NULL, true, true };

	if (want->kind == KMC_SLOT_EMPTY)
		return r;
	if (number == KMC_NO_SLOT) {
		r.named = false; /* NULL itself */
		return r;
	}
	r.slot = number < KMC_NR_SLOTS ? &exec->slots[number] : NULL;
	r.named = r.slot && r.slot->kind != KMC_SLOT_EMPTY;
	r.usable = r.named && serves(want, r.slot, code) && !r.slot->freed;
	if (!r.named)
		r.slot = NULL;
	return r;
}

/* Calls that take NULL where a cache, pool or group is wanted. */
static bool takes_no_handle(unsigned int code)
{
	switch (code) {
	case KMC_OP_KMEM_CACHE_DESTROY:
	case KMC_OP_KMEM_CACHE_FREE_BULK:
	case KMC_OP_KMEM_BUCKETS_ALLOC:
	case KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER:
	case KMC_OP_MEMPOOL_DESTROY:
	case KMC_OP_DMA_POOL_DESTROY:
	case KMC_OP_SET_ACTIVE_MEMCG:
	case KMC_OP_MEMCG_CREATE:
	case KMC_OP_MEMCG_ATTACH:
		return true;
	default:
		return false;
	}
}

static bool is_handle(const struct kmc_operand *operand)
{
	return operand->kind != KMC_SLOT_EMPTY && operand->kind != KMC_SLOT_MEMORY;
}

static bool null_or_zero_size(const struct kmc_slot *slot)
{
	return !slot || (uintptr_t)slot->ptr <= 16;
}

/* A page that is split is freed by its parts, named by their offset. */
static bool offset_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	uint64_t page = op->b >> 12;

	if (null_or_zero_size(slot))
		return !op->b;
	if (slot->parts)
		return !(op->b & 4095) && page < 64 && slot->parts >> page & 1;
	return op->b == 0;
}

static bool kmalloc_made(const struct kmc_slot *slot)
{
	uint8_t family = kmc_plan_of(slot->origin)->family;

	return (family == KMC_OPF_KMALLOC || family == KMC_OPF_RESIZE || family == KMC_OPF_DUP) &&
	       kmc_resize_fits(&(struct kmc_op){ .code = KMC_OP_KREALLOC }, slot);
}

/* One page of it may be mapped a second time. */
static bool can_be_mapped(const struct kmc_slot *slot)
{
	return slot->page && (uintptr_t)slot->ptr > 16 && !slot->parts &&
	       (slot->order == 0 || slot->comp);
}

static bool page_call_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	if (null_or_zero_size(slot) || !slot->page)
		return false;
	if (op->code == KMC_OP_SPLIT_PAGE)
		return !kmc_of_single_pages(slot) && !slot->comp && !slot->parts && op->order == slot->order && op->order <= 6 &&
		       slot->refs == 1;
	if (op->b >= slot->size || !kmc_parts_held(slot, (struct kmc_extent){ op->b, op->b + 1 }))
		return false;
	/* A slot counts for its block: pages of a split or exact one, and tails, count alone. */
	return op->code != KMC_OP_GET_PAGE ||
	       (!kmc_of_single_pages(slot) && (slot->comp || (!op->b && !slot->parts)));
}

static bool copy_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(op->a, op->code == KMC_OP_KMEMDUP_ARRAY ? op->b : 1, &bytes))
		return true; /* nothing is read */
	if (!slot)
		return !bytes || op->code == KMC_OP_KMEMDUP_NUL;
	return bytes <= slot->size && (bytes == 0 || (uintptr_t)slot->ptr > 16) &&
	       kmc_parts_held(slot, (struct kmc_extent){ 0, bytes });
}

/* A memory operand of a call that is no freeing call. */
static bool use_fits(const struct kmc_op *op, const struct kmc_plan *plan,
		     const struct kmc_slot *slot)
{
	switch (plan->family) {
	case KMC_OPF_MEMORY:
		if (op->code == KMC_OP_MOVE_SLOT)
			return slot != NULL;
		return slot && kmc_memory_fits(op, slot);
	case KMC_OPF_RESIZE:
		return kmc_resize_fits(op, slot);
	case KMC_OPF_RUST:
		return null_or_zero_size(slot) ||
		       kmc_plan_of(slot->origin)->family == KMC_OPF_RUST;
	case KMC_OPF_DUP:
		return copy_fits(op, slot);
	case KMC_OPF_PAGES:
		return page_call_fits(op, slot);
	default:
		if (op->code == KMC_OP_KSIZE)
			return null_or_zero_size(slot) || kmalloc_made(slot);
		if (op->code == KMC_OP_KMEM_CACHE_CHARGE)
			return !null_or_zero_size(slot) &&
			       (kmalloc_made(slot) || kmc_plan_of(slot->origin)->family == KMC_OPF_CACHE);
		return slot != NULL || op->code == KMC_OP_IS_VMALLOC_ADDR ||
		       op->code == KMC_OP_VMALLOC_TO_PAGE;
	}
}

/* Is the block an element of the pool? */
static bool element_of(const struct kmc_slot *slot, const struct kmc_slot *pool)
{
	return kmc_plan_of(slot->origin)->family == KMC_OPF_MEMPOOL && slot->cache == pool->cache;
}

/* Is the handle a pool that the element is not of? */
static bool is_of_other_pool(const struct kmc_plan *plan, const struct kmc_slot *slot,
			     const struct kmc_slot *pool)
{
	return !null_or_zero_size(slot) && plan->src.kind == KMC_SLOT_POOL && pool &&
	       kmc_is_mempool(pool) && !element_of(slot, pool);
}

/* KMC_NOT_THERE: a slot of the run holds no memory; KMC_MISFIT: one that must not be freed so. */
static enum kmc_fit bulk_fits(struct kmc_exec *exec, const struct kmc_op *op, uint16_t first,
			  struct kmc_call *call)
{
	struct kmc_plan plan = *kmc_plan_of(op->code);
	const struct kmc_slot *cache = plan.src.kind == KMC_SLOT_CACHE ? call->src : NULL;
	enum kmc_fit fit = KMC_FITS;

	if (first == KMC_NO_SLOT || op->a > KMC_NR_SLOTS || first + op->a > KMC_NR_SLOTS)
		return KMC_NOT_THERE;
	for (uint64_t i = 0; i < op->a; i++) {
		const struct kmc_slot *slot = &exec->slots[first + i];

		if (slot->kind != KMC_SLOT_MEMORY)
			return KMC_NOT_THERE;
		if (!plan.is_free && !slot->freed && !can_be_mapped(slot))
			return KMC_NOT_THERE;
		if (slot->freed || (plan.is_free && !kmc_pairing_fits(op, slot, cache)) ||
		    is_of_other_pool(&plan, slot, call->src))
			fit = KMC_MISFIT;
		exec->bulk[i] = slot->ptr;
	}
	call->bulk = exec->bulk;
	call->count = op->a;
	return fit;
}

/* What stands where another handle belongs is misuse, and not the call's memory. */
struct kmc_slot *kmc_memory_slot(const struct kmc_plan *plan, const struct kmc_call *call)
{
	switch (plan->memory) {
	case KMC_MEMORY_SRC: return call->src;
	case KMC_MEMORY_DST: return call->dst;
	case KMC_MEMORY_THIRD: return call->third;
	default: return NULL;
	}
}

static const struct kmc_operand *memory_operand(const struct kmc_plan *plan, uint16_t *number,
						const struct kmc_op *op)
{
	switch (plan->memory) {
	case KMC_MEMORY_SRC:
		*number = op->src;
		return &plan->src;
	case KMC_MEMORY_DST:
		*number = op->dst;
		return &plan->dst;
	case KMC_MEMORY_THIRD:
		*number = op->third;
		return &plan->third;
	default:
		return NULL;
	}
}

/* Objects of the cache, a sheaf filled from it, a pool that has it as backend. */
static bool holds_of(const struct kmc_slot *slot, const struct kmc_slot *cache)
{
	if (slot->freed || slot->cache != cache->cache)
		return false;
	switch (slot->kind) {
	case KMC_SLOT_MEMORY:
		return (uintptr_t)slot->ptr > 16 &&
		       kmc_plan_of(slot->origin)->family == KMC_OPF_CACHE;
	case KMC_SLOT_HANDLE:
		return slot->origin == KMC_OP_KMEM_CACHE_PREFILL_SHEAF;
	default:
		return false;
	}
}

static bool pool_of(const struct kmc_slot *slot, const struct kmc_slot *cache)
{
	return slot->kind == KMC_SLOT_POOL && !slot->freed &&
	       slot->origin == KMC_OP_MEMPOOL_CREATE_SLAB && slot->flags == cache->cache;
}

/*
 * Does the program hold objects of the cache, by whatever means? Those that wait
 * for a grace period are its own concern up to 6.11 (KC-27).
 */
static bool has_objects(const struct kmc_exec *exec, const struct kmc_slot *cache)
{
	if (exec->caps.machine.profile < KMC_RELEASE(6, 12, 0) &&
	    kmc_rcu_cache_pending(exec, cache->cache))
		return true;
	for (uint32_t i = 0; i < exec->nr_used; i++) {
		const struct kmc_slot *slot = &exec->slots[exec->used[i]];

		if (holds_of(slot, cache) || pool_of(slot, cache))
			return true;
	}
	return false;
}

/* Does the program hold elements of the pool? */
static bool has_elements(const struct kmc_exec *exec, const struct kmc_slot *pool)
{
	for (uint32_t i = 0; i < exec->nr_used; i++) {
		const struct kmc_slot *slot = &exec->slots[exec->used[i]];

		if (slot->kind == KMC_SLOT_MEMORY && !slot->freed && slot->ptr &&
		    element_of(slot, pool))
			return true;
	}
	return false;
}

/* A set of caches is no cache, nor the other way round. */
static bool sort_of_cache_fits(unsigned int code, const struct kmc_slot *slot)
{
	bool wants_set = code == KMC_OP_KMEM_BUCKETS_ALLOC ||
			 code == KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER;

	return slot->kind != KMC_SLOT_CACHE ||
	       (slot->origin == KMC_OP_KMEM_BUCKETS_CREATE) == wants_set;
}

/* Is what the handle stands for still in use elsewhere? */
static bool still_in_use(const struct kmc_exec *exec, unsigned int code,
			 const struct kmc_slot *slot)
{
	if (code == KMC_OP_KMEM_CACHE_DESTROY)
		return has_objects(exec, slot);
	return code == KMC_OP_MEMPOOL_DESTROY && kmc_is_mempool(slot) && has_elements(exec, slot);
}

/* zs_free() of nothing, which does nothing, or of memory. */
static bool no_handle(struct resolved r)
{
	return r.slot ? r.slot->kind == KMC_SLOT_MEMORY : r.usable;
}

static enum kmc_fit handles_fit(const struct kmc_exec *exec, const struct kmc_op *op,
			    const struct kmc_operand *want, struct resolved r)
{
	if (!is_handle(want))
		return KMC_FITS;
	if (op->code == KMC_OP_ZS_FREE && want->kind == KMC_SLOT_HANDLE && no_handle(r))
		return r.slot && r.slot->ptr ? KMC_MISFIT : KMC_FITS;
	if (!r.named)
		return !r.slot && r.usable && takes_no_handle(op->code) ? KMC_FITS : KMC_NOT_THERE;
	if (r.slot && r.slot->kind == want->kind && r.slot->freed)
		return KMC_MISFIT; /* use after destroy */
	if (r.slot && !sort_of_cache_fits(op->code, r.slot))
		return KMC_NOT_THERE;
	if (r.usable && r.slot && still_in_use(exec, op->code, r.slot))
		return KMC_MISFIT;
	return r.usable ? KMC_FITS : KMC_NOT_THERE;
}

static enum kmc_fit memory_fits(struct kmc_exec *exec, const struct kmc_op *op,
			    const struct kmc_plan *plan, struct kmc_call *call)
{
	uint16_t number;
	const struct kmc_operand *want = memory_operand(plan, &number, op);
	const struct kmc_slot *cache = plan->src.kind == KMC_SLOT_CACHE ? call->src : NULL;
	struct kmc_slot *slot;

	if (!want)
		return KMC_FITS;
	if (want->range)
		return bulk_fits(exec, op, number, call);
	slot = kmc_memory_slot(plan, call);
	if (slot && slot->kind != KMC_SLOT_MEMORY)
		return KMC_NOT_THERE;
	if (slot)
		call->ptr = (void *)((uintptr_t)slot->ptr + (want->offset ? op->b : 0));
	if (slot && slot->freed)
		return kmc_rcu_may_look(exec, op, slot) && kmc_memory_fits(op, slot) ? KMC_FITS : KMC_MISFIT;
	if (!plan->is_free)
		return use_fits(op, plan, slot) ? KMC_FITS : KMC_MISFIT;
	if (slot && want->offset && !offset_fits(op, slot))
		return KMC_MISFIT;
	if (is_of_other_pool(plan, slot, call->src))
		return KMC_MISFIT;
	if (op->code == KMC_OP_CMA_RELEASE && slot && call->src && slot->value != call->src->value)
		return KMC_MISFIT; /* of another area */
	if (!kmc_rcu_head_fits(op, slot))
		return KMC_MISFIT;
	return kmc_pairing_fits(op, slot, cache) ? KMC_FITS : KMC_MISFIT;
}

/* An empty slot is not NULL: nothing was ever put there. */
static bool misses_memory(const struct kmc_operand *want, const struct kmc_slot *slot,
			  uint16_t number)
{
	return want->kind == KMC_SLOT_MEMORY && !slot && number != KMC_NO_SLOT;
}

/* Do the operands fit; fills in the call's slots and pointers. */
enum kmc_fit kmc_operands_take(struct kmc_exec *exec, const struct kmc_op *op,
			      const struct kmc_plan *plan, struct kmc_call *call)
{
	struct resolved src, dst, third;
	enum kmc_fit fit = KMC_FITS;

	if (!plan->operands)
		return KMC_FITS;
	src = resolve(exec, &plan->src, op->src, op->code);
	dst = resolve(exec, &plan->dst, op->dst, op->code);
	third = resolve(exec, &plan->third, op->third, op->code);
	call->src = src.slot;
	call->dst = dst.slot;
	call->third = third.slot;
	if (op->code == KMC_OP_ZS_FREE && dst.slot && dst.slot->kind == KMC_SLOT_MEMORY)
		call->ptr = dst.slot->ptr;
	if (plan->handles) {
		fit = handles_fit(exec, op, &plan->src, src);
		if (fit == KMC_FITS)
			fit = handles_fit(exec, op, &plan->dst, dst);
		if (fit == KMC_FITS)
			fit = handles_fit(exec, op, &plan->third, third);
	}
	if (fit != KMC_FITS)
		return fit;
	if ((misses_memory(&plan->src, src.slot, op->src) ||
	     misses_memory(&plan->dst, dst.slot, op->dst) ||
	     misses_memory(&plan->third, third.slot, op->third)) &&
	    !(plan->src.range || plan->dst.range || plan->third.range))
		return KMC_NOT_THERE;
	return memory_fits(exec, op, plan, call);
}

static void name_handles(struct kmc_exec *exec, const struct kmc_plan *plan,
			 const struct kmc_call *call)
{
	struct kmc_event *ev = &exec->open;
	const struct kmc_slot *handle = call->third ? call->third : call->dst;

	if (plan->src.kind == KMC_SLOT_CACHE && call->src)
		ev->cache = call->src->cache;
	if (plan->src.kind == KMC_SLOT_GROUP && call->src && call->src->kind == KMC_SLOT_GROUP)
		ev->cache = (uint32_t)call->src->value;
	if (call->src && kmc_is_mempool(call->src))
		ev->cache = call->src->cache;
	/* A token is known by the call that it comes from. */
	if (plan->family == KMC_OPF_SCOPE && call->src && call->src->kind == KMC_SLOT_TOKEN)
		ev->arg = call->src->size;
	if (plan->family == KMC_OPF_CACHE && handle &&
	    (plan->third.kind | plan->dst.kind) == KMC_SLOT_HANDLE)
		ev->addr2 = handle->value;
}

void kmc_operands_name(struct kmc_exec *exec, const struct kmc_plan *plan,
			  const struct kmc_call *call)
{
	struct kmc_event *ev = &exec->open;
	const struct kmc_slot *memory = kmc_memory_slot(plan, call);

	if (plan->handles)
		name_handles(exec, plan, call);
	if (call->op->code == KMC_OP_ZS_FREE && call->dst && call->dst->kind == KMC_SLOT_MEMORY)
		ev->addr = call->dst->addr;
	if (memory && memory->kind == KMC_SLOT_MEMORY && !kmc_is_resize(call->op->code) &&
	    plan->family != KMC_OPF_DUP && !call->bulk)
		ev->addr = memory->addr + (memory_operand(plan, &(uint16_t){ 0 }, call->op)->offset ?
					   call->op->b : 0);
	else if (memory && memory->kind == KMC_SLOT_MEMORY && !call->bulk)
		ev->addr2 = memory->addr;
}
