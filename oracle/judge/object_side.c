// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls about objects that need more than lives: here it is decided which side of the judge
 * such a call concerns, and asked what belongs to none of them.
 */
#include <string.h>
#include "call_parts.h"

#define PURE_CALLER(c) ((c)->ev->marks & KMC_MARK_MISUSE && (c)->ev->outcome == KMC_OUT_NONE)

static bool is_mightsleep(unsigned int code)
{
	return code == KMC_OP_KFREE_RCU_MIGHTSLEEP || code == KMC_OP_KVFREE_RCU_MIGHTSLEEP;
}

/* The head is written into the object, which comes back without its constructor's state. */
static void note_head(struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_life *life = c->addr > KMC_ZERO_SIZE_PTR ?
		kmc_shadow_find(&judge->shadow, c->addr) : NULL;
	struct kmc_cache *cache = life && life->cache != KMC_CACHE_NONE ?
		kmc_book_cache(judge, life->cache) : NULL;

	if (cache)
		cache->unmade = true;
}

static void enter_deferred(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (is_mightsleep(c->ev->what)) {
		KMC_ASK(judge, RCU_4, c);
	} else {
		KMC_ASK(judge, RCU_3, c);
		note_head(judge, c);
	}
}

static void enter_pool(struct kmc_judge *judge, struct kmc_case *c)
{
	c->pool = kmc_book_pool_find(&judge->pools, false, c->ev->cache);
	judge->strays |= c->ev->what == KMC_OP_MEMPOOL_CREATE_SLAB;
	if (c->ev->what == KMC_OP_MEMPOOL_ALLOC)
		KMC_ASK(judge, MP_6, c);
	else if (c->ev->what == KMC_OP_MEMPOOL_CREATE_SLAB || c->pool)
		KMC_ASK(judge, MP_10, c);
}

static void advise(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (c->ev->marks & KMC_MARK_UNTRUSTED)
		KMC_ASK(judge, ADV_1, c);
	if (c->ev->marks & KMC_MARK_FALLBACK)
		KMC_ASK(judge, ADV_2, c);
	if (c->gfp & (KMC_GFP_DMA | KMC_GFP_DMA32))
		KMC_ASK(judge, ADV_3, c);
	if (c->ev->marks & KMC_MARK_LIMITED_DEVICE)
		KMC_ASK(judge, ADV_4, c);
	if (c->gfp & KMC_GFP_DIRECT_RECLAIM)
		KMC_ASK(judge, ADV_5, c);
	else if (c->ev->context != KMC_CTX_TASK)
		KMC_ASK(judge, ADV_6, c);
	if (c->ev->marks & KMC_MARK_COUNT_SIZE)
		KMC_ASK(judge, ARR_12, c);
}

bool kmc_call_enters(unsigned int code)
{
	switch (code) {
	case KMC_OP_VMALLOC_GFP:
	case KMC_OP_VMALLOC_HUGE:
	case KMC_OP_VM_UNMAP_RAM:
	case KMC_OP_MEMPOOL_ALLOC:
	case KMC_OP_MEMPOOL_CREATE_SLAB:
	case KMC_OP_MEMPOOL_DESTROY:
	case KMC_OP_COPY_TO_USER:
	case KMC_OP_COPY_FROM_USER:
	case KMC_OP_CMA_ALLOC:
	case KMC_OP_RUST_ALIGNED_SIZE:
	case KMC_OP_RUST_ALLOC:
	case KMC_OP_RUST_REALLOC:
	case KMC_OP_WRITE:
		return true;
	default:
		return kmc_call_resizes(code) || kmc_is_rcu_free(code) ||
		       kmc_traits_of(code)->gives == KMC_FROM_KVMALLOC ||
		       (code >= KMC_OP_ZS_CREATE_POOL && code <= KMC_OP_ZS_GET_TOTAL_PAGES) ||
		       (code >= KMC_OP_DMA_DEVICE && code <= KMC_OP_DMA_POOL_DESTROY);
	}
}

void kmc_objects_enter(struct kmc_judge *judge, const struct kmc_case *asked)
{
	unsigned int code = asked->ev->what;
	const struct kmc_op_row *row = kmc_op_row(judge, code);
	struct kmc_case own, *c = &own;

	if (row->has_gfp && row->requests)
		advise(judge, asked);
	if (!row->enters)
		return;
	own = *asked;
	if (row->resizes)
		kmc_resize_enter(judge, c);
	else if (kmc_is_rcu_free(code))
		enter_deferred(judge, c);
	if (c->from == KMC_FROM_KVMALLOC && row->has_gfp) {
		KMC_ASK(judge, KV_5, c);
		KMC_ASK(judge, KV_14, c);
	}
	if (code >= KMC_OP_ZS_CREATE_POOL && code <= KMC_OP_ZS_GET_TOTAL_PAGES)
		kmc_zs_enter(judge, c);
	else if (code >= KMC_OP_DMA_DEVICE && code <= KMC_OP_DMA_POOL_DESTROY)
		kmc_dma_enter(judge, c);
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
	case KMC_OP_CMA_ALLOC:
		KMC_ASK(judge, CMA_13, c);
		break;
	case KMC_OP_RUST_ALIGNED_SIZE:
	case KMC_OP_RUST_ALLOC:
	case KMC_OP_RUST_REALLOC:
		KMC_ASK(judge, RS_3, c);
		break;
	case KMC_OP_WRITE:
		if (judge->chains.used)
			kmc_chain_note_write(judge, c->ev);
		break;
	}
}

/* Its references of the pages go with a mapping; in interrupt they wait. */
static void note_unmapped(struct kmc_judge *judge, const struct kmc_case *c)
{
	unsigned int code = c->ev->what;
	bool at_once = code == KMC_OP_VFREE || code == KMC_OP_VUNMAP || code == KMC_OP_VM_UNMAP_RAM;

	if (at_once && judge->pages.nr_maps && c->other && c->ev->context == KMC_CTX_TASK &&
	    !(c->ev->marks & KMC_MARK_MISUSE) && c->ev->outcome == KMC_OUT_NONE &&
	    (c->other->from == KMC_FROM_VMAP || c->other->from == KMC_FROM_VMAP_PUT ||
	     c->other->from == KMC_FROM_VM_MAP_RAM))
		judge->pages.nr_maps--;
}

/* Does what the block holds go back later, or with the last of several holders? */
static bool is_put_off(const struct kmc_judge *judge, const struct kmc_case *c)
{
	unsigned int from = c->other->from;

	switch (c->ev->what) {
	case KMC_OP_ZS_FREE: /* of one that is being read nothing is freed */
	case KMC_OP_KFREE_NOLOCK: /* takes no locks: a later call may have to */
	case KMC_OP_PAGE_FRAG_FREE: /* the page is the cpu's */
	case KMC_OP_DMA_POOL_FREE: /* it is the pool's */
	case KMC_OP_MEMPOOL_FREE: /* a pool may keep it */
	case KMC_OP_MEMPOOL_FREE_BULK:
		return true;
	}
	if (from >= KMC_FROM_PAGE && judge->pages.nr_maps) /* a mapping may have a reference */
		return true;
	/* The pages of an area that is freed in interrupt, or as if, go back from a task. */
	return (c->ev->context != KMC_CTX_TASK || c->ev->what == KMC_OP_VFREE_ATOMIC ||
		c->ev->what == KMC_OP_KVFREE_ATOMIC) &&
	       (from == KMC_FROM_VMALLOC || from == KMC_FROM_KVMALLOC || from == KMC_FROM_RUST);
}

static void end_free(struct kmc_judge *judge, struct kmc_case *c)
{
	unsigned int code = c->ev->what;

	c->other = c->addr > KMC_ZERO_SIZE_PTR ? kmc_shadow_find(&judge->shadow, c->addr) : NULL;
	/* Frees of a bulk call that overlaps others are told of before they are done; an area gives back
	 * what was paid for its pages, not for itself. */
	if (c->other && c->other->flags & KMC_LIFE_CHARGED && c->other->state == KMC_LIFE_FREED &&
	    !c->ev->parent && !(c->ev->marks & KMC_MARK_MISUSE) &&
	    !(c->effects & 1u << KMC_EFF_UNCHARGED) && !judge->paid_in_part &&
	    c->other->seq >= judge->blind_before && c->ev->outcome == KMC_OUT_NONE && !is_put_off(judge, c))
		KMC_ASK(judge, MCG_11, c);
	note_unmapped(judge, c);
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
	case KMC_OP_CMA_RELEASE:
		kmc_cma_end(judge, c);
		break;
	case KMC_OP_ZS_FREE:
		kmc_zs_end(judge, c);
		break;
	case KMC_OP_DMA_POOL_FREE:
		kmc_dma_end(judge, c);
		break;
	}
	if (kmc_is_rcu_free(code) && c->addr > KMC_ZERO_SIZE_PTR &&
	    !(c->ev->marks & KMC_MARK_MISUSE)) {
		if (is_mightsleep(code))
			KMC_ASK(judge, RCU_5, c);
		else
			KMC_ASK(judge, RCU_6, c);
		KMC_ASK(judge, RCU_7, c);
	}
}

static void end_memory(struct kmc_judge *judge, const struct kmc_case *c)
{
	/* To hand a pointer on is no access. */
	if (c->ev->what != KMC_OP_MOVE_SLOT && c->addr >= KMC_ZERO_SIZE_PTR && c->addr < KMC_PAGE)
		KMC_ASK(judge, KM_4, c);
}

static void end_rust(struct kmc_judge *judge, const struct kmc_case *c)
{
	/* An empty block's end is a small number, no address. */
	bool was_empty = c->ev->what == KMC_OP_RUST_REALLOC && c->ev->addr2 && c->ev->addr2 <= KMC_PAGE;

	if (!c->size || was_empty)
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
	const struct kmc_op_row *row = kmc_op_row(judge, code);

	judge->chains.planned = false;
	if (PURE_CALLER(c) || !row->known)
		return;
	if (judge->damages.nr || c->ev->marks & KMC_MARK_MISUSE)
		kmc_damage_end(judge, c);
	if (row->resizes)
		kmc_resize_end(judge, c);
	if (c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_BUCKET)
		end_slab_request(judge, c);
	switch (row->family) {
	case KMC_OPF_DUP:
		kmc_dup_end(judge, c);
		break;
	case KMC_OPF_VMALLOC:
		if (c->from == KMC_FROM_VMALLOC)
			kmc_area_end(judge, c);
		if (code == KMC_OP_VM_UNMAP_ALIASES) {
			c->value = judge->pages.areas_lazy;
			KMC_ASK(judge, VM_18, c);
			c->value = 0;
		}
		if ((code == KMC_OP_VMAP || code == KMC_OP_VM_MAP_RAM) &&
		    c->ev->outcome == KMC_OUT_VALUE)
			judge->pages.nr_maps++;
		kmc_area_ask_guard(judge, c);
		break;
	case KMC_OPF_KVMALLOC:
		kmc_kvmalloc_end(judge, c);
		kmc_area_ask_guard(judge, c);
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
	case KMC_OPF_CMA:
		kmc_cma_end(judge, c);
		break;
	case KMC_OPF_ZS:
		kmc_zs_end(judge, c);
		break;
	case KMC_OPF_DMA:
		kmc_dma_end(judge, c);
		break;
	case KMC_OPF_PERCPU:
		kmc_percpu_end(judge, c);
		break;
	case KMC_OPF_RUST:
		end_rust(judge, c);
		break;
	case KMC_OPF_RCU:
		kmc_objects_rcu_end(judge, c);
		break;
	case KMC_OPF_SCOPE:
		kmc_scope_end(judge, c);
		kmc_objects_group(judge, c->ev);
		break;
	case KMC_OPF_MACHINE:
		kmc_pages_machine(judge, c->ev);
		break;
	case KMC_OPF_PAGES:
		kmc_page_call_end(judge, c);
		break;
	case KMC_OPF_MEMCG:
		kmc_objects_group(judge, c->ev);
		break;
	}
	if (c->ev->outcome == KMC_OUT_NULL)
		KMC_ASK(judge, KM_25, c);
}

/* An object that the call paid for: its free gives that back. */
static void note_paid(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *life;

	if (!c->open || !c->open->notes.charged || c->ev->outcome != KMC_OUT_VALUE ||
	    c->from < KMC_FROM_KMALLOC || c->from > KMC_FROM_BUCKET ||
	    c->from == KMC_FROM_KMALLOC_LARGE)
		return;
	life = kmc_live_at(judge, c->addr);
	if (life)
		life->flags |= KMC_LIFE_CHARGED;
}

int kmc_objects_done(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (kmc_is_rcu_free(c->ev->what))
		kmc_objects_rcu_over(judge, c);
	note_paid(judge, c);
	return kmc_chain_done(judge, c);
}

void kmc_objects_reset(struct kmc_judge *judge)
{
	kmc_book_chains_reset(&judge->chains);
	kmc_book_grace_reset(&judge->grace);
	kmc_book_pools_reset(&judge->pools);
	kmc_book_sources_reset(&judge->sources);
	memset(judge->mapped, 0, sizeof(judge->mapped));
	kmc_book_groups_reset(&judge->groups);
	kmc_book_constructed_reset(&judge->constructed);
	kmc_book_damages_reset(&judge->damages);
	judge->constructed.blind = judge->damages.blind = true; /* what was before is not known */
	judge->paying = 0;
	judge->attached = UINT64_MAX;
	judge->joined = 0;
	judge->members_unknown = true;
	kmc_pages_reset(judge);
}

void kmc_objects_free(struct kmc_judge *judge)
{
	kmc_book_chains_free(&judge->chains);
	kmc_book_grace_free(&judge->grace);
	kmc_book_pools_free(&judge->pools);
	kmc_book_sources_free(&judge->sources);
	kmc_book_groups_free(&judge->groups);
	kmc_book_constructed_free(&judge->constructed);
	kmc_book_damages_free(&judge->damages);
}
