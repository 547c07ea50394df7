// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls about objects that need more than lives: resizes, duplicates, deferred
 * frees, areas, pools, caches being made. Here it is decided which rule a call
 * concerns; the rules themselves stand in rules/.
 */
#include <errno.h>
#include "judge_priv.h"

#define PURE_CALLER(c) ((c)->ev->marks & KMC_MARK_MISUSE && (c)->ev->outcome == KMC_OUT_NONE)

bool kmc_call_resizes(unsigned int code)
{
	switch (code) {
	case KMC_OP_KREALLOC:
	case KMC_OP_KREALLOC_ARRAY:
	case KMC_OP_KREALLOC_NODE_ALIGN:
	case KMC_OP_VREALLOC:
	case KMC_OP_VREALLOC_NODE_ALIGN:
	case KMC_OP_KVREALLOC:
	case KMC_OP_KVREALLOC_OLD:
	case KMC_OP_KVREALLOC_NODE_ALIGN:
	case KMC_OP_RUST_REALLOC:
		return true;
	default:
		return false;
	}
}

static bool is_vrealloc(unsigned int code)
{
	return code == KMC_OP_VREALLOC || code == KMC_OP_VREALLOC_NODE_ALIGN;
}

static bool is_kvrealloc(unsigned int code)
{
	return code == KMC_OP_KVREALLOC || code == KMC_OP_KVREALLOC_NODE_ALIGN;
}

static bool is_krealloc(unsigned int code)
{
	return code >= KMC_OP_KREALLOC && code <= KMC_OP_KREALLOC_NODE_ALIGN;
}

static bool is_mightsleep(unsigned int code)
{
	return code == KMC_OP_KFREE_RCU_MIGHTSLEEP || code == KMC_OP_KVFREE_RCU_MIGHTSLEEP;
}

static bool is_rcu_free(unsigned int code)
{
	return code >= KMC_OP_KFREE_RCU && code <= KMC_OP_KVFREE_RCU_MIGHTSLEEP;
}

static struct kmc_life *live_at(struct kmc_judge *judge, uint64_t addr)
{
	struct kmc_life *life = addr > KMC_ZERO_SIZE_PTR ? kmc_shadow_find(&judge->shadow, addr) :
							   NULL;

	return life && life->state == KMC_LIFE_LIVE && life->seq >= judge->blind_before ? life :
											  NULL;
}

/* entry */

/* A resize or a free of this block, of another task, that has not returned. */
static bool is_resized_now(const struct kmc_judge *judge, const struct kmc_case *c, uint64_t addr)
{
	for (size_t i = 0; i < judge->nr_open; i++) {
		const struct kmc_event *begin = &judge->open[i].begin;
		bool resize = is_vrealloc(begin->what) || is_kvrealloc(begin->what);

		if (begin->id != c->ev->id && resize && begin->addr2 == addr)
			return true;
		if (begin->id != c->ev->id && kmc_op_is_free(begin->what) && begin->addr == addr &&
		    c->by == KMC_BY_NOBODY)
			return true;
	}
	return false;
}

static void enter_resize(struct kmc_judge *judge, struct kmc_case *c)
{
	c->other = live_at(judge, c->ev->addr2);
	if (is_krealloc(c->ev->what) && c->other)
		KMC_ASK(judge, REA_18, c);
	if ((is_vrealloc(c->ev->what) || is_kvrealloc(c->ev->what)) &&
	    c->ev->addr2 > KMC_ZERO_SIZE_PTR) {
		c->value = is_resized_now(judge, c, c->ev->addr2);
		KMC_ASK(judge, REA_17, c);
	}
}

static void enter_deferred(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (is_mightsleep(c->ev->what))
		KMC_ASK(judge, RCU_4, c);
	else
		KMC_ASK(judge, RCU_3, c);
}

static void note_write(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_life *life = kmc_place_find(judge, ev->addr, 1, 0);
	struct kmc_chain *chain =
		life ? kmc_book_chain_find(&judge->chains, life->addr, life->seq) : NULL;

	if (chain)
		kmc_book_chain_write(chain, ev->addr - life->addr, ev->addr - life->addr + ev->size);
}

static void enter_pool(struct kmc_judge *judge, struct kmc_case *c)
{
	c->pool = kmc_book_pool_find(&judge->pools, false, c->ev->cache);
	if (c->ev->what == KMC_OP_MEMPOOL_ALLOC)
		KMC_ASK(judge, MP_6, c);
	else if (c->ev->what == KMC_OP_MEMPOOL_CREATE_SLAB || c->pool)
		KMC_ASK(judge, MP_10, c);
}

static void advise(struct kmc_judge *judge, const struct kmc_case *c)
{
	KMC_ASK(judge, ADV_1, c);
	KMC_ASK(judge, ADV_2, c);
	KMC_ASK(judge, ADV_3, c);
	KMC_ASK(judge, ADV_4, c);
	KMC_ASK(judge, ADV_5, c);
	KMC_ASK(judge, ADV_6, c);
	if (c->ev->marks & KMC_MARK_COUNT_SIZE)
		KMC_ASK(judge, ARR_12, c);
}

void kmc_objects_enter(struct kmc_judge *judge, const struct kmc_case *asked)
{
	unsigned int code = asked->ev->what;
	struct kmc_case own = *asked, *c = &own;

	if (code < KMC_OPCODE_END && judge->ops[code].has_gfp && kmc_call_requests(code))
		advise(judge, c);
	if (kmc_call_resizes(code))
		enter_resize(judge, c);
	else if (is_rcu_free(code))
		enter_deferred(judge, c);
	if (c->from == KMC_FROM_KVMALLOC && judge->ops[code].has_gfp) {
		KMC_ASK(judge, KV_5, c);
		KMC_ASK(judge, KV_14, c);
	}
	switch (code) {
	case KMC_OP_VMALLOC_GFP:
	case KMC_OP_VMALLOC_HUGE:
		KMC_ASK(judge, VM_6, c);
		break;
	case KMC_OP_VM_UNMAP_RAM:
		/* It stopped being live at the entry; what it was is known still. */
		c->other = kmc_shadow_find(&judge->shadow, c->addr);
		if (c->other && c->other->from == KMC_FROM_VM_MAP_RAM)
			KMC_ASK(judge, VM_16, c);
		break;
	case KMC_OP_MEMPOOL_ALLOC:
	case KMC_OP_MEMPOOL_CREATE_SLAB:
	case KMC_OP_MEMPOOL_DESTROY:
		enter_pool(judge, c);
		break;
	case KMC_OP_COPY_TO_USER:
	case KMC_OP_COPY_FROM_USER:
		c->other = kmc_place_find(judge, c->addr, 1, 0);
		if (c->other && c->size)
			KMC_ASK(judge, UC_1, c);
		break;
	case KMC_OP_RUST_ALIGNED_SIZE:
	case KMC_OP_RUST_ALLOC:
	case KMC_OP_RUST_REALLOC:
		KMC_ASK(judge, RS_3, c);
		break;
	case KMC_OP_WRITE:
		if (judge->chains.used)
			note_write(judge, c->ev);
		break;
	}
}

/* the end: resizes */

/* What will be known of the block that a resize returned, or left alone. */
static void plan_chain(struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_life *old = c->other;
	const struct kmc_chain *before = kmc_book_chain_find(&judge->chains, old->addr, old->seq);
	uint64_t size = kmc_life_size(old);
	struct kmc_chain *next = &judge->chains.next;

	*next = (struct kmc_chain){ .what = c->ev->what, .failed = c->ev->outcome == KMC_OUT_NULL,
				    .in_place = c->addr == old->addr };
	next->carried = next->failed || size < c->size ? size : c->size;
	next->zeroing = (before ? before->zeroing : old->flags & KMC_LIFE_ZEROING ||
						    old->gfp & KMC_GFP_ZERO);
	next->zeroing = next->zeroing && (next->failed || c->gfp & KMC_GFP_ZERO);
	next->was_zero = old->flags & KMC_LIFE_ZEROED;
	judge->chains.planned = true;
}

static void end_krealloc(struct kmc_judge *judge, const struct kmc_case *c)
{
	bool null = c->ev->outcome == KMC_OUT_NULL;

	if (!c->size) {
		KMC_ASK(judge, REA_3, c);
		return;
	}
	if (c->ev->addr2 <= KMC_ZERO_SIZE_PTR)
		KMC_ASK(judge, REA_2, c);
	if (c->ev->what == KMC_OP_KREALLOC_ARRAY && c->size == UINT64_MAX)
		KMC_ASK(judge, ARR_3, c);
	else if (c->other && null)
		KMC_ASK(judge, REA_4, c);
	if (!c->other || c->ev->outcome != KMC_OUT_VALUE)
		return;
	KMC_ASK(judge, REA_5, c);
	if (c->ev->what == KMC_OP_KREALLOC_NODE_ALIGN)
		KMC_ASK(judge, REA_10, c);
	else
		KMC_ASK(judge, REA_6, c);
}

static void end_vrealloc(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (!c->size)
		KMC_ASK(judge, REA_13, c);
	else if (c->ev->addr2 <= KMC_ZERO_SIZE_PTR ||
		 (c->other && c->other->from != KMC_FROM_VMALLOC))
		KMC_ASK(judge, REA_14, c);
	else if (c->ev->what == KMC_OP_VREALLOC_NODE_ALIGN)
		KMC_ASK(judge, REA_16, c);
}

static void end_kvrealloc(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (c->ev->what == KMC_OP_KVREALLOC_OLD)
		KMC_ASK(judge, REA_11, c);
	else if (!c->size)
		KMC_ASK(judge, REA_13, c);
	else if (c->ev->outcome == KMC_OUT_VALUE && c->other)
		KMC_ASK(judge, REA_12, c);
}

static void end_resize(struct kmc_judge *judge, struct kmc_case *c)
{
	unsigned int code = c->ev->what;

	c->other = live_at(judge, c->ev->addr2);
	if (is_krealloc(code))
		end_krealloc(judge, c);
	else if (is_vrealloc(code))
		end_vrealloc(judge, c);
	else if (code != KMC_OP_RUST_REALLOC)
		end_kvrealloc(judge, c);
	if (c->other && c->size && (c->ev->outcome == KMC_OUT_VALUE ||
				    c->ev->outcome == KMC_OUT_NULL))
		plan_chain(judge, c);
}

/* the end: duplicates */

static void end_copy(struct kmc_judge *judge, const struct kmc_case *c)
{
	bool nul = c->ev->what == KMC_OP_KMEMDUP_NUL;

	if (c->ev->what == KMC_OP_KMEMDUP_ARRAY && c->size == UINT64_MAX)
		KMC_ASK(judge, DUP_6, c);
	if (nul)
		KMC_ASK(judge, DUP_4, c);
	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	judge->chains.next = (struct kmc_chain){ .what = c->ev->what, .carried = c->size - nul };
	judge->chains.planned = true;
}

static void end_dup(struct kmc_judge *judge, const struct kmc_case *c)
{
	switch (c->ev->what) {
	case KMC_OP_KMEMDUP:
	case KMC_OP_KMEMDUP_NUL:
	case KMC_OP_KMEMDUP_ARRAY:
		end_copy(judge, c);
		break;
	case KMC_OP_KSTRDUP:
		KMC_ASK(judge, DUP_2, c);
		break;
	case KMC_OP_KSTRNDUP:
		KMC_ASK(judge, DUP_3, c);
		break;
	case KMC_OP_MEMDUP_USER:
	case KMC_OP_MEMDUP_USER_NUL:
	case KMC_OP_VMEMDUP_USER:
	case KMC_OP_STRNDUP_USER:
		KMC_ASK(judge, DUP_8, c);
		break;
	}
}

/* the end: areas and kvmalloc */

static void end_area(struct kmc_judge *judge, struct kmc_case *c)
{
	if (c->size == UINT64_MAX)
		KMC_ASK(judge, ARR_11, c);
	else
		KMC_ASK(judge, VM_5, c);
	KMC_ASK(judge, VM_7, c);
	KMC_ASK(judge, VM_25, c);
}

/* The areas before and behind a new one; the rule leaves a page between. */
static const struct kmc_life *next_to(struct kmc_judge *judge, const struct kmc_case *c)
{
	uint64_t end = (c->addr + c->size + KMC_PAGE - 1) & ~(KMC_PAGE - 1);
	const struct kmc_life *near = kmc_place_find(judge, end, KMC_PAGE, c->addr);

	if (near && near->addr != c->ev->addr2)
		return near;
	near = kmc_place_find(judge, c->addr - 2 * KMC_PAGE, 2 * KMC_PAGE, c->addr);
	if (!near || near->addr == c->ev->addr2)
		return NULL;
	end = (near->addr + kmc_life_size(near) + KMC_PAGE - 1) & ~(KMC_PAGE - 1);
	return end + KMC_PAGE > c->addr ? near : NULL;
}

static bool in_window(const struct kmc_judge *judge, uint64_t addr)
{
	return addr >= judge->subject.machine.vmalloc_start &&
	       addr < judge->subject.machine.vmalloc_end;
}

static void ask_guard(struct kmc_judge *judge, struct kmc_case *c)
{
	if (c->ev->outcome != KMC_OUT_VALUE || !in_window(judge, c->addr) || !c->from ||
	    c->from == KMC_FROM_VM_MAP_RAM)
		return;
	/* Areas that overlap are VM-24's. */
	if (kmc_place_find(judge, c->addr, c->size, c->ev->addr2))
		return;
	c->other = next_to(judge, c);
	if (c->other && (c->other->from == KMC_FROM_VM_MAP_RAM ||
			 c->other->seq < judge->blind_before))
		c->other = NULL;
	KMC_ASK(judge, VM_9, c);
	c->other = NULL;
}

static void end_kvmalloc(struct kmc_judge *judge, struct kmc_case *c)
{
	if (!c->size) {
		KMC_ASK(judge, KV_10, c);
		return;
	}
	if (c->overflow)
		KMC_ASK(judge, KV_9, c);
	else if (c->size == UINT64_MAX)
		KMC_ASK(judge, ARR_11, c);
	else
		KMC_ASK(judge, KV_6, c);
	if (c->size > KMC_PAGE) {
		KMC_ASK(judge, KV_3, c);
		KMC_ASK(judge, KV_7, c);
	}
	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	KMC_ASK(judge, KV_1, c);
	KMC_ASK(judge, KV_4, c);
	KMC_ASK(judge, KV_12, c);
	if (c->ev->what == KMC_OP_KVMALLOC_NODE_ALIGN)
		KMC_ASK(judge, ALIGN_12, c);
}

/* the end: frees */

static void end_free(struct kmc_judge *judge, struct kmc_case *c)
{
	unsigned int code = c->ev->what;

	c->other = c->addr > KMC_ZERO_SIZE_PTR ? kmc_shadow_find(&judge->shadow, c->addr) : NULL;
	switch (code) {
	case KMC_OP_KFREE_SENSITIVE:
	case KMC_OP_KVFREE_SENSITIVE:
		KMC_ASK(judge, FR_13, c);
		break;
	case KMC_OP_KFREE_CONST:
		KMC_ASK(judge, FR_18, c);
		break;
	case KMC_OP_KVFREE_ATOMIC:
		KMC_ASK(judge, FR_19, c);
		break;
	case KMC_OP_VFREE:
		if (c->ev->marks & KMC_MARK_MISUSE)
			KMC_ASK(judge, VM_10, c);
		else if (c->other && c->other->from == KMC_FROM_VMAP_PUT)
			KMC_ASK(judge, VM_14, c);
		else
			KMC_ASK(judge, VM_11, c);
		break;
	case KMC_OP_VFREE_ATOMIC:
		KMC_ASK(judge, VM_12, c);
		break;
	case KMC_OP_VUNMAP:
		KMC_ASK(judge, VM_13, c);
		break;
	}
	if (is_rcu_free(code) && c->addr > KMC_ZERO_SIZE_PTR &&
	    !(c->ev->marks & KMC_MARK_MISUSE)) {
		if (is_mightsleep(code))
			KMC_ASK(judge, RCU_5, c);
		else
			KMC_ASK(judge, RCU_6, c);
		KMC_ASK(judge, RCU_7, c);
	}
}

/* the end: the rest */

static void end_memory(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (c->addr >= KMC_ZERO_SIZE_PTR && c->addr < KMC_PAGE)
		KMC_ASK(judge, KM_4, c);
}

static void end_question(struct kmc_judge *judge, struct kmc_case *c)
{
	switch (c->ev->what) {
	case KMC_OP_IS_VMALLOC_ADDR:
		KMC_ASK(judge, VM_19, c);
		break;
	case KMC_OP_VMALLOC_TO_PAGE:
		c->other = kmc_place_find(judge, c->addr, 1, 0);
		KMC_ASK(judge, VM_20, c);
		break;
	case KMC_OP_RUST_ALIGNED_SIZE:
		KMC_ASK(judge, RS_1, c);
		KMC_ASK(judge, RS_2, c);
		break;
	case KMC_OP_COPY_TO_USER:
	case KMC_OP_COPY_FROM_USER:
		c->other = kmc_place_find(judge, c->addr, 1, 0);
		KMC_ASK(judge, UC_2, c);
		KMC_ASK(judge, UC_3, c);
		KMC_ASK(judge, UC_4, c);
		break;
	}
}

static void end_rust(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (!c->size)
		KMC_ASK(judge, RS_4, c);
	else if (c->ev->what == KMC_OP_RUST_ALLOC && c->ev->arg > KMC_PAGE)
		KMC_ASK(judge, RS_6, c);
	if (!c->size || c->ev->outcome != KMC_OUT_VALUE)
		return;
	if (c->ev->what == KMC_OP_RUST_REALLOC)
		KMC_ASK(judge, RS_8, c);
	else
		KMC_ASK(judge, RS_7, c);
}

static void end_slab_request(struct kmc_judge *judge, struct kmc_case *c)
{
	bool cached = c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR;

	KMC_ASK(judge, KM_12, c);
	KMC_ASK(judge, KM_14, c);
	if (c->ev->what == KMC_OP_KMALLOC_TRACK_CALLER ||
	    c->ev->what == KMC_OP_KMALLOC_NODE_TRACK_CALLER)
		KMC_ASK(judge, KM_15, c);
	if (c->ev->what >= KMC_OP_KMALLOC_OBJ && c->ev->what <= KMC_OP_KMALLOC_FLEX)
		KMC_ASK(judge, KM_23, c);
	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	if (!cached && c->from != KMC_FROM_KMALLOC_LARGE)
		KMC_ASK(judge, KM_19, c);
	if (cached)
		kmc_objects_cache_alloc(judge, c);
}

void kmc_objects_end(struct kmc_judge *judge, const struct kmc_case *ended)
{
	struct kmc_case own = *ended, *c = &own;
	unsigned int code = c->ev->what;
	const struct kmc_op_desc *desc = kmc_op_desc(code);

	judge->chains.planned = false;
	if (PURE_CALLER(c) || !desc)
		return;
	if (kmc_call_resizes(code))
		end_resize(judge, c);
	if (c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_BUCKET)
		end_slab_request(judge, c);
	switch (desc->family) {
	case KMC_OPF_DUP:
		end_dup(judge, c);
		break;
	case KMC_OPF_VMALLOC:
		if (c->from == KMC_FROM_VMALLOC)
			end_area(judge, c);
		ask_guard(judge, c);
		end_question(judge, c);
		break;
	case KMC_OPF_KVMALLOC:
		end_kvmalloc(judge, c);
		ask_guard(judge, c);
		break;
	case KMC_OPF_RESIZE:
		if (c->ev->arg && c->ev->outcome == KMC_OUT_VALUE &&
		    code != KMC_OP_KREALLOC_ARRAY && code != KMC_OP_KVREALLOC_OLD)
			KMC_ASK(judge, ALIGN_12, c);
		break;
	case KMC_OPF_FREE:
		end_free(judge, c);
		kmc_objects_pool_free(judge, c);
		break;
	case KMC_OPF_MEMORY:
		end_memory(judge, c);
		break;
	case KMC_OPF_CACHE:
		kmc_objects_cache_end(judge, c);
		break;
	case KMC_OPF_MEMPOOL:
		kmc_objects_pool_end(judge, c);
		break;
	case KMC_OPF_RUST:
		end_rust(judge, c);
		break;
	case KMC_OPF_RCU:
		kmc_objects_rcu_end(judge, c);
		break;
	case KMC_OPF_SCOPE:
	case KMC_OPF_MEMCG:
		kmc_objects_group(judge, c->ev);
		break;
	case KMC_OPF_PURE:
	case KMC_OPF_USERCOPY:
		end_question(judge, c);
		break;
	}
	KMC_ASK(judge, KM_25, c);
}

int kmc_objects_done(struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_life *life;
	struct kmc_chain *chain;
	uint64_t at = judge->chains.next.failed ? c->ev->addr2 : c->addr;

	if (is_rcu_free(c->ev->what))
		kmc_objects_rcu_over(judge, c);
	if (!judge->chains.planned)
		return 0;
	judge->chains.planned = false;
	life = live_at(judge, at);
	if (!life)
		return 0;
	chain = kmc_book_chain_put(&judge->chains, at, life->seq);
	if (!chain)
		return -ENOMEM;
	judge->chains.next.addr = at;
	judge->chains.next.seq = life->seq;
	*chain = judge->chains.next;
	return 0;
}

void kmc_objects_reset(struct kmc_judge *judge)
{
	kmc_book_chains_reset(&judge->chains);
	kmc_book_grace_reset(&judge->grace);
	kmc_book_pools_reset(&judge->pools);
	judge->paying = 0;
}

void kmc_objects_free(struct kmc_judge *judge)
{
	kmc_book_chains_free(&judge->chains);
	kmc_book_grace_free(&judge->grace);
	kmc_book_pools_free(&judge->pools);
}
