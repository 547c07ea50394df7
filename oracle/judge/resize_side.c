// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that carry bytes from one block to another: resizes and duplicates. What will be
 * known of the new block is planned at the end of the call and noted once its life began.
 */
#include <errno.h>
#include "call_parts.h"

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

void kmc_resize_enter(struct kmc_judge *judge, struct kmc_case *c)
{
	c->other = kmc_live_at(judge, c->ev->addr2);
	if (is_krealloc(c->ev->what) && c->other)
		KMC_ASK(judge, REA_18, c);
	if ((is_vrealloc(c->ev->what) || is_kvrealloc(c->ev->what)) &&
	    c->ev->addr2 > KMC_ZERO_SIZE_PTR) {
		c->value = is_resized_now(judge, c, c->ev->addr2);
		KMC_ASK(judge, REA_17, c);
	}
}

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

void kmc_resize_end(struct kmc_judge *judge, struct kmc_case *c)
{
	unsigned int code = c->ev->what;

	c->other = kmc_live_at(judge, c->ev->addr2);
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

void kmc_dup_end(struct kmc_judge *judge, const struct kmc_case *c)
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

void kmc_chain_note_write(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_life *life = kmc_place_find(judge, ev->addr, 1, 0);
	struct kmc_chain *chain =
		life ? kmc_book_chain_find(&judge->chains, life->addr, life->seq) : NULL;

	if (chain)
		kmc_book_chain_write(chain, ev->addr - life->addr, ev->addr - life->addr + ev->size);
}

int kmc_chain_done(struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_life *life;
	struct kmc_chain *chain;
	uint64_t at = judge->chains.next.failed ? c->ev->addr2 : c->addr;

	if (!judge->chains.planned)
		return 0;
	judge->chains.planned = false;
	life = kmc_live_at(judge, at);
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
