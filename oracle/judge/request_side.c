// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests for memory: at the entry what their flags and their context allow, at the end
 * what came back and what happened on the way.
 */
#include "call_parts.h"

void kmc_request_enter(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (c->from == KMC_FROM_VMALLOC)
		KMC_ASK(judge, VM_8, c);
	if (!kmc_call_has_gfp(judge, c->ev->what))
		return;
	KMC_ASK(judge, GFP_24, c);
	KMC_ASK(judge, GFP_27, c);
	if (c->from != KMC_FROM_VMALLOC)
		KMC_ASK(judge, GFP_1, c);
	if (kmc_is_slab_request(c))
		KMC_ASK(judge, KM_24, c);
	if (c->ev->what == KMC_OP_ALLOC_PAGES_NOLOCK)
		KMC_ASK(judge, PAGE_37, c);
}

#define RECLAIM (KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM)

/*
 * VM-7, MP-2, MP-3 and PAGE-28 stand in GFP-13's place for their calls; a device
 * may be unable to reach any memory, a chunk of per-cpu memory be full, a sheaf be empty.
 */
static bool fails_for_memory_only(const struct kmc_judge *judge, const struct kmc_case *c)
{
	if (c->from == KMC_FROM_VMALLOC || c->from == KMC_FROM_MEMPOOL)
		return false;
	switch (c->ev->what) {
	case KMC_OP_ALLOC_CONTIG_RANGE:
	case KMC_OP_ALLOC_CONTIG_PAGES:
	case KMC_OP_KMALLOC_NOLOCK: /* refuse flags that they do not know */
	case KMC_OP_ALLOC_PAGES_NOLOCK:
	case KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF:
		return false;
	case KMC_OP_KMEMDUP_NUL: /* of NULL it is NULL */
		return c->ev->addr2;
	case KMC_OP_PAGE_FRAG_ALLOC: /* Rule: PAGE-23. */
		return c->size <= KMC_PAGE;
	}
	switch (kmc_op_row(judge, c->ev->what)->family) {
	case KMC_OPF_DMA:
	case KMC_OPF_PERCPU:
	case KMC_OPF_ZS:
	case KMC_OPF_RUST: /* refuses alignments */
		return false;
	default:
		return true;
	}
}

static void ask_effects(struct kmc_judge *judge, const struct kmc_case *c)
{
	/* Of bits without a name nobody knows what they ask for. */
	if (!kmc_call_has_gfp(judge, c->ev->what) || c->ev->gfp_raw)
		return;
	if (c->gfp & KMC_GFP_NOFAIL && fails_for_memory_only(judge, c))
		KMC_ASK(judge, GFP_13, c);
	/*
	 * Its page tables come from GFP_KERNEL: flags without reclaim are the caller's breach
	 * (VM-8). Which allocator a Rust request names no event says: it may be this one.
	 */
	if ((c->from == KMC_FROM_VMALLOC || c->from == KMC_FROM_RUST) && (c->gfp & RECLAIM) != RECLAIM)
		return;
	if (c->ev->kind == KMC_EV_END)
		kmc_gfp_ask_effects(judge, c);
	if (kmc_gfp_is_transhuge(c->gfp)) {
		KMC_ASK(judge, GFP_40, c);
		return;
	}
	if (!judge->pages.shrinkers_ask || !(c->effects & 1u << KMC_EFF_RECLAIMED))
		KMC_ASK(judge, GFP_3, c);
	if (c->from == KMC_FROM_MEMPOOL)
		return;
	if (!(c->gfp & ~(uint32_t)(KMC_GFP_DMA | KMC_GFP_DMA32)) && c->gfp)
		KMC_ASK(judge, GFP_45, c);
	if (kmc_is_slab_request(c))
		KMC_ASK(judge, KM_22, c);
	if (kmc_is_slab_request(c) && c->effects) {
		/* A sleep is KM-22's; the rest can only come from a page request inside. */
		struct kmc_case rest = *c;

		rest.effects &= ~(1u << KMC_EFF_SLEPT);
		KMC_ASK(judge, GFP_2, &rest);
	} else {
		KMC_ASK(judge, GFP_2, c);
	}
}

static bool is_plain_kmalloc(const struct kmc_case *c)
{
	return c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_KMALLOC_NOLOCK &&
	       kmc_traits_of(c->ev->what)->how & (G | R);
}

void kmc_ask_place(struct kmc_judge *judge, struct kmc_case *c)
{
	uint64_t old = kmc_traits_of(c->ev->what)->how & R ? c->ev->addr2 : 0;
	struct kmc_life *other = kmc_place_find(judge, c->addr, c->size, old);

	if (other && (other->seq < judge->blind_before || other->flags & KMC_LIFE_TAINTED))
		other = NULL;
	c->other = other;
	if (c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KC_41, c);
	else if (c->from == KMC_FROM_VMALLOC)
		KMC_ASK(judge, VM_24, c);
	else if (c->from == KMC_FROM_FRAG && other && other->from == KMC_FROM_FRAG)
		KMC_ASK(judge, PAGE_24, c);
	else if (kmc_is_page_memory(c->from))
		KMC_ASK(judge, PAGE_3, c);
	else if (kmc_takes_addresses(judge, c->from, c->addr) && c->from != KMC_FROM_UNKNOWN)
		KMC_ASK(judge, KM_1, c);
	c->other = NULL;
}

/* Rule: PAGE-28. Before 6.18 a range's flags were those of migration alone. */
static bool ignores_zero(const struct kmc_judge *judge, const struct kmc_case *c)
{
	return c->from == KMC_FROM_CONTIG && kmc_release_of(judge) < KMC_RELEASE(6, 18, 0);
}

void kmc_ask_content(struct kmc_judge *judge, const struct kmc_case *c)
{
	bool ends = c->ev->kind != KMC_EV_EFFECT;

	if (!c->open || !c->open->dirty || !c->zeroed)
		return;
	/* A constructor and zero exclude each other (KC-11); a fragment's block was zeroed once. */
	if (c->from == KMC_FROM_CACHE_CTOR || c->from == KMC_FROM_FRAG)
		return;
	if (ends && (c->ev->what == KMC_OP_KCALLOC || c->ev->what == KMC_OP_KCALLOC_NODE))
		KMC_ASK(judge, ARR_2, c);
	else if (c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_KMALLOC_NOLOCK)
		KMC_ASK(judge, KM_7, c);
	else if (ends && (c->ev->what == KMC_OP_VMALLOC_USER ||
			  c->ev->what == KMC_OP_VMALLOC_32_USER))
		KMC_ASK(judge, VM_3, c);
	else if (c->from == KMC_FROM_VMALLOC)
		KMC_ASK(judge, VM_2, c);
	else if (c->from == KMC_FROM_KVMALLOC)
		KMC_ASK(judge, KV_8, c);
	else if (c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KC_12, c);
	else if (c->from == KMC_FROM_GET && ends && c->ev->what == KMC_OP_GET_ZEROED_PAGE)
		KMC_ASK(judge, PAGE_11, c);
	else if (kmc_is_page_memory(c->from) && kmc_gfp_skips(judge, c->gfp))
		KMC_ASK(judge, GFP_41, c);
	else if (kmc_is_page_memory(c->from) && !ignores_zero(judge, c))
		KMC_ASK(judge, GFP_20, c);
}

static void ask_block(struct kmc_judge *judge, struct kmc_case *c)
{
	bool in_place = kmc_traits_of(c->ev->what)->how & R && c->addr == c->ev->addr2;

	if (is_plain_kmalloc(c) && !in_place) {
		kmc_ask_alignment(judge, c);
		KMC_ASK(judge, KM_13, c);
		/* kmalloc_nolock() takes no bits for zones (KM-24), and its pages come as they are. */
		judge->zones_mixed |= c->from == KMC_FROM_KMALLOC_NOLOCK &&
				      c->gfp & (KMC_GFP_DMA | KMC_GFP_DMA32);
		if (c->from != KMC_FROM_KMALLOC_NOLOCK && !judge->zones_mixed)
			KMC_ASK(judge, KM_20, c);
	} else if (c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR) {
		KMC_ASK(judge, ALIGN_7, c);
		if (c->cache && c->cache->hwalign)
			KMC_ASK(judge, ALIGN_8, c);
	} else if (c->from == KMC_FROM_VMALLOC) {
		KMC_ASK(judge, ALIGN_11, c);
	} else if (c->from == KMC_FROM_KVMALLOC && !in_place) {
		KMC_ASK(judge, KV_2, c);
	} else if (kmc_is_page_memory(c->from)) {
		kmc_ask_pages(judge, c);
	}
	kmc_ask_place(judge, c);
	kmc_ask_content(judge, c);
}

static bool names_own_overflow(unsigned int code)
{
	return code == KMC_OP_KMEMDUP_ARRAY || code == KMC_OP_KMALLOC_OBJS ||
	       code == KMC_OP_KMALLOC_FLEX;
}

/* What is wrong about a NULL, a sentinel or a block as such. */
static void ask_kind(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (is_plain_kmalloc(c) && !(kmc_traits_of(c->ev->what)->how & R)) {
		if (!c->size)
			KMC_ASK(judge, KM_3, c);
		else
			KMC_ASK(judge, KM_6, c);
		if (c->overflow)
			KMC_ASK(judge, ARR_1, c);
		else if (c->size == UINT64_MAX && names_own_overflow(c->ev->what))
			; /* DUP-6, KM-23 */
		else if (c->size > judge->subject.machine.kmalloc_max_cache)
			kmc_ask_ceiling(judge, c);
		if (c->from == KMC_FROM_KMALLOC_NOLOCK)
			KMC_ASK(judge, KM_21, c);
	}
	if (c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KM_6, c);
	if (kmc_is_page_memory(c->from)) {
		if (c->from != KMC_FROM_CMA) /* whose order is an alignment */
			KMC_ASK(judge, PAGE_1, c);
		kmc_gfp_ask_outcome(judge, c);
		if (c->from == KMC_FROM_PAGE_NOLOCK)
			KMC_ASK(judge, PAGE_33, c);
	}
}

/* A resize that succeeded, or freed its block, ends the old life. */
static void end_old(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *old = kmc_shadow_find(&judge->shadow, c->ev->addr2);
	bool frees = c->ev->outcome == KMC_OUT_VALUE || c->ev->outcome == KMC_OUT_ZERO_SIZE ||
		     (c->ev->outcome == KMC_OUT_NULL && !c->size);

	if (!c->ev->addr2 || !old || old->state != KMC_LIFE_LIVE || !frees)
		return;
	kmc_book_count_of(judge, old)->frees++;
	kmc_life_end(judge, old, KMC_LIFE_FREED);
}

int kmc_request_end(struct kmc_judge *judge, struct kmc_case *c)
{
	bool resize = kmc_traits_of(c->ev->what)->how & R;

	ask_effects(judge, c);
	kmc_ask_payment(judge, c);
	if (kmc_is_page_memory(c->from))
		kmc_ask_traced(judge, c);
	ask_kind(judge, c);
	if (c->ev->outcome != KMC_OUT_VALUE || c->addr <= KMC_ZERO_SIZE_PTR ||
	    kmc_is_error_pointer(c->addr)) {
		if (resize)
			end_old(judge, c);
		if (c->ev->outcome == KMC_OUT_NULL)
			kmc_book_count(judge, c->from, c->ev->cache, c->granted, c->size)->failed++;
		return 0;
	}
	/* Rule: RS-4. A layout without bytes has an address, and no memory. */
	if (c->from == KMC_FROM_RUST && !c->size) {
		if (resize)
			end_old(judge, c);
		return 0;
	}
	ask_block(judge, c);
	if (resize) {
		end_old(judge, c);
		c->zeroed = false; /* REA-7, REA-8: not judged here */
	}
	return kmc_life_begin(judge, c);
}
