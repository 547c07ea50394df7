/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One op: do its operands fit, let the backend do it, put the result into its
 * slot, tell the stream. A call in which nothing else happened is delivered as
 * one event; the first thing that happens inside delivers its begin.
 */
#include <stddef.h>
#include <string.h>
#include "exec_core.h"

/* the stream */

static void deliver(struct kmc_exec *exec, struct kmc_event *ev)
{
	ev->seq = ++exec->seq;
	exec->sink->event(exec->sink->arg, ev);
}

/* Bits that the release has a name for are told by their names. */
static struct kmc_gfp named(const struct kmc_exec *exec, struct kmc_gfp gfp)
{
	struct kmc_gfp more;

	if (!gfp.raw || !exec->caps.machine.profile)
		return gfp;
	more = kmc_gfp_from_raw(kmc_gfp_table_of(exec->caps.machine.profile), gfp.raw);
	return (struct kmc_gfp){ .atoms = gfp.atoms | more.atoms, .raw = more.raw };
}

static void open_call(struct kmc_exec *exec, const struct kmc_op *op)
{
	struct kmc_event *ev = &exec->open;
	struct kmc_gfp gfp = named(exec, op->gfp);

	kmc_event_init(ev);
	ev->id = ++exec->next_id;
	ev->parent = exec->parent;
	ev->task = op->task;
	ev->cpu = op->cpu;
	ev->context = op->context;
	ev->what = op->code;
	ev->order = op->order;
	ev->node = op->node;
	ev->gfp = gfp.atoms;
	ev->gfp_raw = gfp.raw;
	ev->scope = op->task < KMC_MAX_TASKS ? exec->scope[op->task] : 0;
	exec->begun = false;
	exec->released_inline = false;
}

static void begin(struct kmc_exec *exec)
{
	struct kmc_event ev;

	if (exec->begun)
		return;
	exec->begun = true;
	ev = exec->open;
	ev.kind = KMC_EV_BEGIN;
	deliver(exec, &ev);
}

static void finish(struct kmc_exec *exec, enum kmc_outcome outcome)
{
	exec->open.kind = exec->begun ? KMC_EV_END : KMC_EV_CALL;
	exec->open.outcome = (uint8_t)outcome;
	deliver(exec, &exec->open);
}

static void effect_init(struct kmc_exec *exec, struct kmc_event *ev, unsigned int effect)
{
	begin(exec);
	kmc_event_init(ev);
	ev->kind = KMC_EV_EFFECT;
	ev->what = (uint16_t)effect;
	ev->id = exec->open.id;
	ev->parent = exec->open.parent;
	ev->task = exec->open.task;
	ev->cpu = exec->open.cpu;
	ev->context = exec->open.context;
	ev->time_ns = exec->open.time_ns;
}

void kmc_exec_effect(struct kmc_exec *exec, unsigned int effect, uint64_t addr, uint64_t addr2,
		     uint64_t size, uint64_t arg)
{
	struct kmc_event ev;

	effect_init(exec, &ev, effect);
	ev.addr = addr;
	ev.addr2 = addr2;
	ev.size = size;
	ev.arg = arg;
	deliver(exec, &ev);
}

void kmc_exec_effect_of(struct kmc_exec *exec, unsigned int effect, uint32_t cache, uint64_t addr,
			uint64_t arg)
{
	struct kmc_event ev;

	effect_init(exec, &ev, effect);
	ev.cache = cache;
	ev.addr = addr;
	ev.arg = arg;
	deliver(exec, &ev);
}

void kmc_exec_effect_event(struct kmc_exec *exec, struct kmc_event *ev)
{
	begin(exec);
	ev->kind = KMC_EV_EFFECT;
	ev->id = exec->open.id;
	ev->parent = exec->open.parent;
	ev->task = exec->open.task;
	ev->cpu = exec->open.cpu;
	ev->context = exec->open.context;
	ev->time_ns = exec->open.time_ns;
	deliver(exec, ev);
}

void kmc_exec_tracepoint(struct kmc_exec *exec, struct kmc_event *ev)
{
	begin(exec);
	ev->kind = KMC_EV_TRACEPOINT;
	ev->id = exec->open.id;
	ev->parent = exec->open.parent;
	ev->context = exec->open.context;
	ev->time_ns = exec->open.time_ns;
	deliver(exec, ev);
}

/* operands */

enum fit { FITS, MISFIT, NOT_THERE };

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

static bool is_resize(unsigned int code)
{
	return kmc_plan_of(code)->family == KMC_OPF_RESIZE || code == KMC_OP_RUST_REALLOC;
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

/* Made of pages that are counted one by one. */
static bool of_single_pages(const struct kmc_slot *slot)
{
	switch (slot->origin) {
	case KMC_OP_ALLOC_PAGES_EXACT:
	case KMC_OP_ALLOC_PAGES_EXACT_NID:
	case KMC_OP_ALLOC_CONTIG_RANGE:
	case KMC_OP_ALLOC_CONTIG_PAGES:
	case KMC_OP_CMA_ALLOC:
		return true;
	default:
		return false;
	}
}

static bool page_call_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	if (null_or_zero_size(slot) || !slot->page)
		return false;
	if (op->code == KMC_OP_SPLIT_PAGE)
		return !of_single_pages(slot) && !slot->comp && !slot->parts && op->order == slot->order && op->order <= 6 &&
		       slot->refs == 1;
	if (op->b >= slot->size || !kmc_parts_held(slot, (struct kmc_extent){ op->b, op->b + 1 }))
		return false;
	/* A slot counts for its block: pages of a split or exact one, and tails, count alone. */
	return op->code != KMC_OP_GET_PAGE ||
	       (!of_single_pages(slot) && (slot->comp || (!op->b && !slot->parts)));
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

static bool is_mempool(const struct kmc_slot *slot)
{
	return slot->kind == KMC_SLOT_POOL &&
	       kmc_plan_of(slot->origin)->family == KMC_OPF_MEMPOOL;
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
	       is_mempool(pool) && !element_of(slot, pool);
}

/* NOT_THERE: a slot of the run holds no memory; MISFIT: one that must not be freed so. */
static enum fit bulk_fits(struct kmc_exec *exec, const struct kmc_op *op, uint16_t first,
			  struct kmc_call *call)
{
	struct kmc_plan plan = *kmc_plan_of(op->code);
	const struct kmc_slot *cache = plan.src.kind == KMC_SLOT_CACHE ? call->src : NULL;
	enum fit fit = FITS;

	if (first == KMC_NO_SLOT || op->a > KMC_NR_SLOTS || first + op->a > KMC_NR_SLOTS)
		return NOT_THERE;
	for (uint64_t i = 0; i < op->a; i++) {
		const struct kmc_slot *slot = &exec->slots[first + i];

		if (slot->kind != KMC_SLOT_MEMORY)
			return NOT_THERE;
		if (!plan.is_free && !slot->freed && !can_be_mapped(slot))
			return NOT_THERE;
		if (slot->freed || (plan.is_free && !kmc_pairing_fits(op, slot, cache)) ||
		    is_of_other_pool(&plan, slot, call->src))
			fit = MISFIT;
		exec->bulk[i] = slot->ptr;
	}
	call->bulk = exec->bulk;
	call->count = op->a;
	return fit;
}

/* What stands where another handle belongs is misuse, and not the call's memory. */
static struct kmc_slot *memory_slot(const struct kmc_plan *plan, const struct kmc_call *call)
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
	return code == KMC_OP_MEMPOOL_DESTROY && is_mempool(slot) && has_elements(exec, slot);
}

/* zs_free() of nothing, which does nothing, or of memory. */
static bool no_handle(struct resolved r)
{
	return r.slot ? r.slot->kind == KMC_SLOT_MEMORY : r.usable;
}

static enum fit handles_fit(const struct kmc_exec *exec, const struct kmc_op *op,
			    const struct kmc_operand *want, struct resolved r)
{
	if (!is_handle(want))
		return FITS;
	if (op->code == KMC_OP_ZS_FREE && want->kind == KMC_SLOT_HANDLE && no_handle(r))
		return r.slot && r.slot->ptr ? MISFIT : FITS;
	if (!r.named)
		return !r.slot && r.usable && takes_no_handle(op->code) ? FITS : NOT_THERE;
	if (r.slot && r.slot->kind == want->kind && r.slot->freed)
		return MISFIT; /* use after destroy */
	if (r.slot && !sort_of_cache_fits(op->code, r.slot))
		return NOT_THERE;
	if (r.usable && r.slot && still_in_use(exec, op->code, r.slot))
		return MISFIT;
	return r.usable ? FITS : NOT_THERE;
}

static enum fit memory_fits(struct kmc_exec *exec, const struct kmc_op *op,
			    const struct kmc_plan *plan, struct kmc_call *call)
{
	uint16_t number;
	const struct kmc_operand *want = memory_operand(plan, &number, op);
	const struct kmc_slot *cache = plan->src.kind == KMC_SLOT_CACHE ? call->src : NULL;
	struct kmc_slot *slot;

	if (!want)
		return FITS;
	if (want->range)
		return bulk_fits(exec, op, number, call);
	slot = memory_slot(plan, call);
	if (slot && slot->kind != KMC_SLOT_MEMORY)
		return NOT_THERE;
	if (slot)
		call->ptr = (void *)((uintptr_t)slot->ptr + (want->offset ? op->b : 0));
	if (slot && slot->freed)
		return kmc_rcu_may_look(exec, op, slot) && kmc_memory_fits(op, slot) ? FITS : MISFIT;
	if (!plan->is_free)
		return use_fits(op, plan, slot) ? FITS : MISFIT;
	if (slot && want->offset && !offset_fits(op, slot))
		return MISFIT;
	if (is_of_other_pool(plan, slot, call->src))
		return MISFIT;
	if (op->code == KMC_OP_CMA_RELEASE && slot && call->src && slot->value != call->src->value)
		return MISFIT; /* of another area */
	if (!kmc_rcu_head_fits(op, slot))
		return MISFIT;
	return kmc_pairing_fits(op, slot, cache) ? FITS : MISFIT;
}

/* An empty slot is not NULL: nothing was ever put there. */
static bool misses_memory(const struct kmc_operand *want, const struct kmc_slot *slot,
			  uint16_t number)
{
	return want->kind == KMC_SLOT_MEMORY && !slot && number != KMC_NO_SLOT;
}

/* Do the operands fit; fills in the call's slots and pointers. */
static enum fit take_operands(struct kmc_exec *exec, const struct kmc_op *op,
			      const struct kmc_plan *plan, struct kmc_call *call)
{
	struct resolved src, dst, third;
	enum fit fit = FITS;

	if (!plan->operands)
		return FITS;
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
		if (fit == FITS)
			fit = handles_fit(exec, op, &plan->dst, dst);
		if (fit == FITS)
			fit = handles_fit(exec, op, &plan->third, third);
	}
	if (fit != FITS)
		return fit;
	if ((misses_memory(&plan->src, src.slot, op->src) ||
	     misses_memory(&plan->dst, dst.slot, op->dst) ||
	     misses_memory(&plan->third, third.slot, op->third)) &&
	    !(plan->src.range || plan->dst.range || plan->third.range))
		return NOT_THERE;
	return memory_fits(exec, op, plan, call);
}

/* The result's place: a bulk result needs room for all. */
static bool result_fits(const struct kmc_op *op, const struct kmc_plan *plan)
{
	if (plan->result == KMC_RES_BULK)
		return op->dst != KMC_NO_SLOT && op->a <= KMC_NR_SLOTS &&
		       op->dst + op->a <= KMC_NR_SLOTS;
	return true;
}

/* results */

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
	slot->order = plan->result == KMC_RES_PAGE && !of_single_pages(slot) ? op->order : 0;
	slot->comp = op->code == KMC_OP_FOLIO_ALLOC || op->code == KMC_OP_ALLOC_PAGES_NOLOCK ||
		     (op->gfp.atoms & KMC_GFP_COMP && !of_single_pages(slot));
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

	if (is_resize(call->op->code))
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

static void value_done(struct kmc_exec *exec, struct kmc_call *call, enum kmc_slot_kind kind)
{
	struct kmc_slot *slot;

	if (!kmc_special_maker(call->op->code))
		exec->open.arg = call->value;
	if (kind == KMC_SLOT_POOL && call->plan->family == KMC_OPF_MEMPOOL &&
	    call->outcome == KMC_OUT_VALUE)
		exec->open.cache = (uint32_t)call->value;
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
	if (kind == KMC_SLOT_GROUP) {
		exec->open.cache = (uint32_t)call->value;
		exec->open.arg = call->src ? call->src->value + 1 : 0;
	}
	if (kind == KMC_SLOT_POOL && is_mempool(slot))
		mempool_done(slot, call);
	if (kind == KMC_SLOT_HANDLE && slot->origin == KMC_OP_KMEM_CACHE_PREFILL_SHEAF)
		exec->open.addr2 = call->value;
	if (kind == KMC_SLOT_HANDLE && call->src)
		slot->cache = call->src->cache;
	if (kind == KMC_SLOT_TOKEN) {
		slot->flags = exec->scope[call->op->task];
		slot->size = exec->open.id;
	}
}

/* Each object of a bulk call as a call of its own inside it. */
static void bulk_event(struct kmc_exec *exec, unsigned int code, const struct kmc_slot *slot,
		       enum kmc_outcome outcome)
{
	struct kmc_event ev = exec->open;

	begin(exec);
	ev.kind = KMC_EV_CALL;
	ev.what = (uint16_t)code;
	ev.id = ++exec->next_id;
	ev.parent = exec->open.id;
	ev.outcome = (uint8_t)outcome;
	ev.addr = slot->addr;
	ev.arg = 0;
	if (code == KMC_OP_KMEM_CACHE_ALLOC || code == KMC_OP_ALLOC_PAGES ||
	    code == KMC_OP_MEMPOOL_ALLOC)
		ev.granted = slot->granted;
	deliver(exec, &ev);
}

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
		bulk_event(exec, single_form(call->op->code), slot, KMC_OUT_VALUE);
	}
	/* What was asked is on record before what was given. */
	if (exec->open.arg != call->value)
		begin(exec);
	exec->open.arg = call->value;
}

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

static uint16_t bulk_first(const struct kmc_op *op)
{
	const struct kmc_plan *plan = kmc_plan_of(op->code);

	return plan->src.range ? op->src : plan->dst.range ? op->dst : op->third;
}

/* A bulk free as frees of its entries. */
static void bulk_free_events(struct kmc_exec *exec, const struct kmc_call *call)
{
	unsigned int code = single_form(call->op->code);
	bool derived = call->op->code == KMC_OP_KMEM_CACHE_FREE_BULK && !call->src;

	for (uint64_t i = 0; i < call->count; i++)
		bulk_event(exec, derived ? KMC_OP_KFREE : code,
			   &exec->slots[bulk_first(call->op) + i], KMC_OUT_NONE);
}

static void bulk_free_done(struct kmc_exec *exec, struct kmc_call *call)
{
	if (!exec->overlapping)
		bulk_free_events(exec, call);
	for (uint64_t i = 0; i < call->count; i++)
		exec->slots[bulk_first(call->op) + i].freed = true;
}

static void split_done(struct kmc_slot *slot)
{
	slot->parts = slot->order == 6 ? UINT64_MAX : (1ull << (1u << slot->order)) - 1;
}

/* The result may take the slot of the cache, pool or group that it comes from. */
static bool takes_place_of_source(const struct kmc_exec *exec, const struct kmc_call *call)
{
	uint64_t nr = call->plan->result == KMC_RES_BULK ? call->op->a : 1;

	return call->src && call->op->dst != KMC_NO_SLOT && !is_resize(call->op->code) &&
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

static void store_result(struct kmc_exec *exec, struct kmc_call *call)
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

/* What the task is in from the next call on. A token knows what was in force before. */
static void note_scope(struct kmc_exec *exec, const struct kmc_call *call)
{
	static const struct {
		uint16_t save, restore;
		uint8_t bit;
	} scopes[] = {
		{ KMC_OP_MEMALLOC_NOIO_SAVE, KMC_OP_MEMALLOC_NOIO_RESTORE, KMC_SCOPE_NOIO },
		{ KMC_OP_MEMALLOC_NOFS_SAVE, KMC_OP_MEMALLOC_NOFS_RESTORE, KMC_SCOPE_NOFS },
		{ KMC_OP_MEMALLOC_NORECLAIM_SAVE, KMC_OP_MEMALLOC_NORECLAIM_RESTORE,
		  KMC_SCOPE_MEMALLOC },
		{ KMC_OP_MEMALLOC_PIN_SAVE, KMC_OP_MEMALLOC_PIN_RESTORE, KMC_SCOPE_PIN },
	};
	uint8_t *scope = &exec->scope[call->op->task];

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		if (call->op->code == scopes[i].save)
			*scope |= scopes[i].bit;
		else if (call->op->code == scopes[i].restore &&
			 !(call->src->flags & scopes[i].bit))
			*scope &= (uint8_t)~scopes[i].bit;
	}
}

/* Constructed objects go back as they were made. */
static void before_free(struct kmc_exec *exec, const struct kmc_call *call)
{
	struct kmc_slot *slot = memory_slot(call->plan, call);

	if (call->bulk)
		for (uint64_t i = 0; i < call->count; i++)
			kmc_contents_put_back(&exec->slots[bulk_first(call->op) + i]);
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
static void end_lives(struct kmc_exec *exec, struct kmc_call *call)
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
	slot = memory_slot(plan, call);
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

/* the op itself */

static void move_slot(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	struct kmc_slot held = *call->src, *to;

	exec->open.addr = held.addr;
	exec->open.size = held.size;
	call->outcome = KMC_OUT_VALUE;
	if (op->dst == KMC_NO_SLOT || op->dst == op->src)
		return;
	kmc_slot_clear(exec, op->src);
	to = kmc_slot_set(exec, op->dst, KMC_SLOT_MEMORY);
	held.listed = true;
	*to = held;
}

static void snapshot_op(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	struct kmc_slot *slot;
	int number;

	if (op->code == KMC_OP_RESTORE) {
		number = (int)call->src->value;
		exec->open.arg = (uint64_t)number;
		number = kmc_exec_restore_state(exec, number, false);
		call->outcome = number ? KMC_OUT_ERROR : KMC_OUT_NONE;
		if (number)
			exec->open.arg = (uint64_t)-number;
		return;
	}
	/* The handle is part of the state: a program that comes back here can do so again. */
	slot = op->dst == KMC_NO_SLOT ? NULL : kmc_slot_set(exec, op->dst, KMC_SLOT_SNAP);
	for (number = 0; number < KMC_EXEC_MAX_SNAPSHOTS; number++)
		if (!exec->snapshots[number].valid)
			break;
	if (slot)
		slot->value = (uint64_t)number;
	number = kmc_exec_snapshot_state(exec);
	call->outcome = number < 0 ? KMC_OUT_ERROR : KMC_OUT_VALUE;
	exec->open.arg = (uint64_t)(number < 0 ? -number : number);
	if (number < 0 && slot)
		kmc_slot_clear(exec, op->dst);
}

/* Of areas, packed objects, devices or percpu areas: exec_special.c. */
static bool is_special(const struct kmc_plan *plan)
{
	return plan->family >= KMC_OPF_CMA && plan->family <= KMC_OPF_PERCPU;
}

static void run(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_plan *plan = call->plan;
	/* A number may go to the slot of what is freed, which is to be told of first. */
	bool late = plan->is_free && plan->result == KMC_RES_NUM;

	switch (call->op->code) {
	case KMC_OP_WRITE:
	case KMC_OP_READ:
	case KMC_OP_CHECK:
	case KMC_OP_CHECK_ZERO:
		kmc_memory_op(exec, call);
		return;
	case KMC_OP_MOVE_SLOT:
		move_slot(exec, call);
		return;
	case KMC_OP_SNAPSHOT:
	case KMC_OP_RESTORE:
		snapshot_op(exec, call);
		return;
	default:
		if (plan->is_free)
			before_free(exec, call);
		exec->backend->call(exec, call);
		if (call->outcome == KMC_OUT_REFUSED || call->outcome == KMC_OUT_SKIPPED ||
		    call->undone)
			return;
		if (call->outcome == KMC_OUT_ERROR)
			exec->open.arg = call->value;
		else if (call->outcome != KMC_OUT_HUNG && call->outcome != KMC_OUT_DIED && !late)
			store_result(exec, call);
		/* Whether it had let the old block go before the machine died is not told. */
		if (call->outcome == KMC_OUT_DIED && call->src && is_resize(call->op->code))
			kmc_slot_clear(exec, call->op->src);
		if (is_special(plan))
			kmc_special_done(exec, call);
		if (plan->ends)
			end_lives(exec, call);
		if (late && call->outcome == KMC_OUT_VALUE)
			store_result(exec, call);
		if (plan->family == KMC_OPF_SCOPE)
			note_scope(exec, call);
	}
}

static void mark_event(struct kmc_event *ev, unsigned int attr)
{
	static const struct {
		uint8_t attr;
		uint16_t mark;
	} marks[] = {
		{ KMC_ATTR_MISUSE, KMC_MARK_MISUSE },
		{ KMC_ATTR_UNTRUSTED, KMC_MARK_UNTRUSTED },
		{ KMC_ATTR_FALLBACK, KMC_MARK_FALLBACK },
		{ KMC_ATTR_LIMITED_DEVICE, KMC_MARK_LIMITED_DEVICE },
		{ KMC_ATTR_COUNT_SIZE, KMC_MARK_COUNT_SIZE },
		{ KMC_ATTR_KEPT, KMC_MARK_KEPT },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (attr & marks[i].attr)
			ev->marks |= marks[i].mark;
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
	if (call->src && is_mempool(call->src))
		ev->cache = call->src->cache;
	/* A token is known by the call that it comes from. */
	if (plan->family == KMC_OPF_SCOPE && call->src && call->src->kind == KMC_SLOT_TOKEN)
		ev->arg = call->src->size;
	if (plan->family == KMC_OPF_CACHE && handle &&
	    (plan->third.kind | plan->dst.kind) == KMC_SLOT_HANDLE)
		ev->addr2 = handle->value;
}

static void name_operands(struct kmc_exec *exec, const struct kmc_plan *plan,
			  const struct kmc_call *call)
{
	struct kmc_event *ev = &exec->open;
	const struct kmc_slot *memory = memory_slot(plan, call);

	if (plan->handles)
		name_handles(exec, plan, call);
	if (call->op->code == KMC_OP_ZS_FREE && call->dst && call->dst->kind == KMC_SLOT_MEMORY)
		ev->addr = call->dst->addr;
	if (memory && memory->kind == KMC_SLOT_MEMORY && !is_resize(call->op->code) &&
	    plan->family != KMC_OPF_DUP && !call->bulk)
		ev->addr = memory->addr + (memory_operand(plan, &(uint16_t){ 0 }, call->op)->offset ?
					   call->op->b : 0);
	else if (memory && memory->kind == KMC_SLOT_MEMORY && !call->bulk)
		ev->addr2 = memory->addr;
}

/* Nothing is done to the subject; what it knows of the place goes on record. */
static void misuse(struct kmc_exec *exec, const struct kmc_call *call)
{
	bool memory = call->plan->family == KMC_OPF_MEMORY;
	uint64_t bytes = memory ? call->op->a : 1;
	enum kmc_misuse_report what = exec->backend->look ?
		exec->backend->look(exec, call->bulk ? call->bulk[0] : call->ptr, bytes) :
		KMC_REPORT_UNKNOWN;

	if (memory && call->src)
		exec->open.addr2 = call->src->addr;
	if (call->bulk)
		bulk_free_events(exec, call);
	kmc_exec_effect(exec, KMC_EFF_REPORTED, exec->open.addr, 0, 0, what);
	finish(exec, KMC_OUT_NONE);
}

static void finish_machine(struct kmc_exec *exec, const struct kmc_call *call)
{
	if (call->outcome == KMC_OUT_SKIPPED || call->outcome == KMC_OUT_REFUSED || exec->begun) {
		finish(exec, call->outcome);
		return;
	}
	exec->open.kind = KMC_EV_MACHINE;
	exec->open.outcome = call->outcome;
	deliver(exec, &exec->open);
}

/* The op runs on a cpu and task that are there, and names no node that is not. */
static bool place_fits(const struct kmc_exec *exec, const struct kmc_op *op)
{
	const struct kmc_machine *machine = &exec->caps.machine;

	return op->cpu < machine->nr_cpus && !(exec->cpus_off >> op->cpu & 1) &&
	       op->task < KMC_MAX_TASKS &&
	       (op->node < (int)machine->nr_nodes || op->code == KMC_OP_CMA_DECLARE);
}

void kmc_exec_step(struct kmc_exec *exec, const struct kmc_op *op)
{
	const struct kmc_plan *plan = kmc_plan_of(op->code);
	struct kmc_call call;
	enum fit fit;

	/* All but the description of a cache, which is long and seldom there. */
	memset(&call, 0, offsetof(struct kmc_call, cache));
	call.op = op;
	call.plan = plan;
	if (plan->result == KMC_RES_CACHE)
		call.cache = (struct kmc_cache_desc){ 0 };
	open_call(exec, op);
	if (op->attr)
		mark_event(&exec->open, op->attr);
	if (!kmc_caps_has(&exec->caps, op->code)) {
		finish(exec, plan->known ? KMC_OUT_REFUSED : KMC_OUT_SKIPPED);
		return;
	}
	fit = take_operands(exec, op, plan, &call);
	if (!place_fits(exec, op) || fit == NOT_THERE || !result_fits(op, plan) ||
	    (fit == MISFIT && !(op->attr & KMC_ATTR_MISUSE))) {
		finish(exec, KMC_OUT_SKIPPED);
		return;
	}
	exec->backend->enter(exec, op);
	exec->open.time_ns = exec->backend->clock_ns(exec);
	call.size = kmc_request_bytes(op, &call);
	kmc_request_describe(&exec->open, &call);
	if (plan->operands)
		name_operands(exec, plan, &call);
	if (is_special(plan) || plan->is_free)
		kmc_special_describe(&exec->open, &call);
	if (fit == MISFIT) {
		misuse(exec, &call);
		return;
	}
	/* Called misuse, it is none as far as operands go, and is done. */
	exec->open.marks &= (uint16_t)~KMC_MARK_MISUSE;
	if (exec->overlapping)
		begin(exec);
	/* Another cpu may have the memory again before the call ends. */
	if (exec->overlapping && plan->is_free && call.bulk)
		bulk_free_events(exec, &call);
	run(exec, &call);
	if (plan->family == KMC_OPF_MACHINE)
		finish_machine(exec, &call);
	else
		finish(exec, call.outcome);
}
