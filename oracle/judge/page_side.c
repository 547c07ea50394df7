// SPDX-License-Identifier: GPL-2.0-or-later
/* Page blocks: their place, references, blocks that are split, blocks that are moved. */
#include <errno.h>
#include "call_parts.h"

void kmc_ask_pages(struct kmc_judge *judge, const struct kmc_case *c)
{
	bool block = c->from != KMC_FROM_EXACT && c->from != KMC_FROM_CONTIG &&
		     c->from != KMC_FROM_CMA;

	/* A fragment lies where the request that took its page wanted it. */
	if (c->from == KMC_FROM_FRAG)
		return;
	if (judge->sources.nr_areas && c->from != KMC_FROM_CMA && c->from != KMC_FROM_CONTIG)
		kmc_cma_ask_borrower(judge, c);
	if (block)
		KMC_ASK(judge, PAGE_2, c);
	if (block || c->from == KMC_FROM_EXACT)
		kmc_gfp_ask_place(judge, c);
	/*
	 * Two zones named is the caller's breach (GFP-24), any for the call that takes none
	 * (PAGE-37): nothing is promised then.
	 */
	if (c->ev->what == KMC_OP_ALLOC_PAGES_NOLOCK)
		return;
	if (c->gfp & KMC_GFP_DMA && !(c->gfp & (KMC_GFP_DMA32 | KMC_GFP_HIGHMEM)))
		KMC_ASK(judge, GFP_28, c);
	else if (c->gfp & KMC_GFP_DMA32 && !(c->gfp & (KMC_GFP_DMA | KMC_GFP_HIGHMEM)))
		KMC_ASK(judge, GFP_29, c);
}

static bool reaches_the_core(const struct kmc_case *c, unsigned int max_order)
{
	switch (c->ev->what) {
	case KMC_OP_ALLOC_PAGES:
	case KMC_OP_ALLOC_PAGES_NODE:
	case KMC_OP_GET_FREE_PAGES:
	case KMC_OP_FOLIO_ALLOC:
		return c->outermost && !c->ev->parent && c->ev->order <= max_order &&
		       !(c->effects & 1u << KMC_EFF_FAULT_INJECTED);
	default:
		return false;
	}
}

static bool ends_block(struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);

	/* A mapping may have a reference of its own. */
	return (c->ev->what == KMC_OP_FREE_PAGES_PAGE || c->ev->what == KMC_OP_FREE_PAGES) &&
	       !judge->pages.nr_maps && life && life->state == KMC_LIFE_FREED;
}

void kmc_ask_traced(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (!judge->page_points)
		return;
	if (c->by != KMC_BY_NOBODY) {
		if (ends_block(judge, c))
			KMC_ASK(judge, TRC_2, c);
	} else if (reaches_the_core(c, judge->subject.machine.max_order)) {
		KMC_ASK(judge, TRC_1, c);
	}
}

/* A page of a compound block, and any byte of a page, stands for the block. */
void kmc_page_got(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *life = kmc_place_find(judge, c->addr, 1, UINT64_MAX);

	if (life && life->state == KMC_LIFE_LIVE && kmc_is_page_memory(life->from))
		life->granted++;
}

/* Afterwards each page is a block of its own. */
int kmc_page_split(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);
	struct kmc_event ev = *c->ev;
	struct kmc_case part = *c;
	bool undefined;
	uint64_t size;
	int err = 0;

	if (!life || !kmc_is_page_memory(life->from))
		return 0;
	undefined = life->state == KMC_LIFE_UNDEFINED;
	if (life->state != KMC_LIFE_LIVE && !undefined)
		return 0;
	size = kmc_life_size(life);
	ev.gfp = part.gfp = life->gfp;
	ev.marks = life->flags & KMC_LIFE_KEPT ? KMC_MARK_KEPT : 0;
	kmc_life_end(judge, life, KMC_LIFE_FREED);
	part.ev = &ev;
	part.from = KMC_FROM_PAGE_SPLIT;
	part.size = KMC_PAGE;
	for (uint64_t at = 0; at < size && !err; at += KMC_PAGE) {
		part.addr = c->addr + at;
		err = kmc_life_begin(judge, &part);
		if (!err && undefined)
			kmc_life_undefine(judge, kmc_shadow_find(&judge->shadow, part.addr));
	}
	return err;
}

/* Rule: CPT-6, PAGE-3. The block of a life is elsewhere now; its holder knows. */
int kmc_page_migrated(struct kmc_judge *judge, const struct kmc_event *ev,
		       const struct kmc_open_call *open)
{
	struct kmc_life *from = ev->addr ? kmc_shadow_find(&judge->shadow, ev->addr) : NULL, *to, moved;
	struct kmc_case c = {
		.ev = ev, .call = open ? kmc_call_name(judge, open->what) : "migration",
		.addr = ev->addr2, .by = KMC_BY_NOBODY,
	};

	/* Address 0 is nobody's; the map has empty entries there. */
	if (!from || !ev->addr2 || from->state != KMC_LIFE_LIVE || !kmc_is_page_memory(from->from))
		return 0;
	moved = *from;
	c.size = kmc_life_size(&moved);
	c.gfp = moved.gfp;
	c.from = moved.from & 63;
	c.value = moved.granted;
	c.other = from;
	KMC_ASK(judge, CPT_6, &c);
	if (moved.gfp & KMC_GFP_MOVABLE)
		KMC_ASK(judge, GFP_32, &c);
	kmc_life_end(judge, from, KMC_LIFE_FREED);
	kmc_ask_place(judge, &c);
	to = kmc_shadow_put(&judge->shadow, ev->addr2);
	if (!to)
		return -ENOMEM;
	kmc_life_end(judge, to, KMC_LIFE_FREED);
	moved.addr = ev->addr2;
	*to = moved;
	to->state = KMC_LIFE_FREED;
	kmc_book_begin(judge, to);
	kmc_book_count_of(judge, to)->allocs--; /* the same life goes on */
	return kmc_place_add(judge, to->addr, kmc_life_size(to));
}
