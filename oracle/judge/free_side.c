// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frees: whether the right call got the right block. A block is free from the entry of
 * its free on; at the end only what the call itself promised is left to ask.
 */
#include "call_parts.h"

static bool gives_order(unsigned int by)
{
	return by == KMC_BY_FREE_PAGES_PAGE || by == KMC_BY_FREE_PAGES;
}

static void free_of_sentinel(struct kmc_judge *judge, struct kmc_case *c)
{
	c->from = c->addr ? KMC_FROM_ZERO_SIZE : KMC_FROM_NULL;
	if (kmc_judge_pairing(judge, c->from, c->by) != KMC_PAIR_NONE)
		KMC_ASK(judge, FR_9, c);
}

/* Freed again, queued again, or gone with a breach before. */
static void free_of_dead(struct kmc_judge *judge, struct kmc_case *c, struct kmc_life *life)
{
	kmc_book_count_of(judge, life)->free_again++;
	c->other = life;
	c->from = life->from;
	c->size = kmc_life_size(life);
	if (life->state == KMC_LIFE_UNDEFINED || life->seq < judge->blind_before)
		return;
	if (life->state == KMC_LIFE_PENDING && kmc_is_rcu_column(c->by))
		KMC_ASK(judge, RCU_8, c);
	else if (c->from == KMC_FROM_ZS)
		KMC_ASK(judge, ZS_21, c);
	else if (kmc_is_page_memory(c->from) && judge->on[KMC_R_PAGE_6])
		KMC_ASK(judge, PAGE_6, c);
	else
		KMC_ASK(judge, FR_10, c);
	life->flags |= KMC_LIFE_TAINTED;
}

/* Inside a live block, or nowhere. */
static void free_of_unknown(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_life *inside = kmc_place_find(judge, c->addr, 1, c->addr);

	judge->class_count[KMC_CLASS_UNKNOWN].before_trace++;
	if (!inside && (judge->blind_before || c->ev->marks & KMC_MARK_BEFORE_TRACE))
		return;
	c->other = inside;
	c->from = inside ? inside->from : KMC_FROM_UNKNOWN;
	c->size = inside ? kmc_life_size(inside) : 0;
	KMC_ASK(judge, FR_11, c);
	if (inside)
		kmc_life_undefine(judge, inside);
}

static void ask_pair(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (kmc_judge_pairing(judge, c->from, c->by) != KMC_PAIR_NONE)
		kmc_ask_rule(judge, kmc_pairing_rule(c->from, c->by, judge->subject.edition), c);
	if (c->by == KMC_BY_CACHE_FREE_BULK)
		KMC_ASK(judge, FR_15, c);
	if (kmc_is_page_memory(c->from)) {
		KMC_ASK(judge, PAGE_6, c);
		/* Memory that no order was asked for has none to be wrong. */
		if (gives_order(c->by) && c->from != KMC_FROM_EXACT)
			KMC_ASK(judge, PAGE_5, c);
	} else {
		KMC_ASK(judge, FR_10, c);
	}
	KMC_ASK(judge, FR_11, c);
	if (kmc_is_rcu_column(c->by)) {
		KMC_ASK(judge, RCU_8, c);
		KMC_ASK(judge, RCU_12, c);
	}
}

/*
 * A reference of a page block was dropped while others are held. Of a plain
 * block the head alone stays (PAGE-8), a compound one stays whole.
 */
static void drop_reference(struct kmc_judge *judge, struct kmc_life *life)
{
	bool whole = life->from != KMC_FROM_PAGE_PLAIN && life->from != KMC_FROM_GET_PLAIN;

	life->granted--;
	if (whole)
		return;
	kmc_place_remove(judge, life->addr, kmc_life_size(life));
	kmc_book_end(judge, life, KMC_LIFE_FREED);
	kmc_life_set_size(life, KMC_PAGE);
	/* What is left is one page, and is put as one. */
	life->from = life->from == KMC_FROM_GET_PLAIN ? KMC_FROM_GET : KMC_FROM_PAGE;
	kmc_book_begin(judge, life);
	kmc_book_count_of(judge, life)->allocs--;
	kmc_place_add(judge, life->addr, KMC_PAGE);
}

/*
 * put_page() of a plain block is wrong as its free (Part 2.4): the head alone would go. As
 * the end of a get_page() it is right, and the block stays whole.
 */
static bool ends_reference(const struct kmc_case *c, const struct kmc_life *life)
{
	return c->by == KMC_BY_PUT_PAGE && life->granted > 1 &&
	       (life->from == KMC_FROM_PAGE_PLAIN || life->from == KMC_FROM_GET_PLAIN) &&
	       !(c->ev->marks & KMC_MARK_MISUSE);
}

/* @broken: rules broken before this call was looked at. */
static void free_of_live(struct kmc_judge *judge, struct kmc_case *c, struct kmc_life *life,
			 unsigned int broken)
{
	c->other = life;
	c->from = life->from;
	c->size = kmc_life_size(life);
	c->gfp = life->gfp;
	if (ends_reference(c, life)) {
		life->granted--;
		return;
	}
	ask_pair(judge, c);
	if (judge->broken_now != broken) {
		kmc_life_undefine(judge, life);
		return;
	}
	if (c->ev->marks & KMC_MARK_MISUSE)
		return; /* not done to the subject */
	if (kmc_is_page_memory(c->from) && life->granted > 1) {
		drop_reference(judge, life);
		return;
	}
	kmc_book_count_of(judge, life)->frees++;
	if (c->ev->marks & KMC_MARK_INFERRED)
		kmc_book_count_of(judge, life)->implied_frees++;
	kmc_life_end(judge, life, kmc_is_rcu_column(c->by) ? KMC_LIFE_PENDING : KMC_LIFE_FREED);
	if (kmc_is_rcu_column(c->by)) {
		life->flags |= KMC_LIFE_DEFERRED;
		kmc_objects_rcu_enter(judge, c, life);
	} else if (c->from == KMC_FROM_CACHE_TYPESAFE) {
		kmc_objects_typesafe_freed(judge, c, life);
	}
}

void kmc_free_enter(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_life *life;
	bool pages = c->by >= KMC_BY_FREE_PAGES_PAGE && c->by <= KMC_BY_CMA_RELEASE;
	unsigned int broken = judge->broken_now;

	if (c->ev->what == KMC_OP_FREE_PAGES_NOLOCK || c->ev->what == KMC_OP_KFREE_NOLOCK)
		;
	else if (pages)
		KMC_ASK(judge, PAGE_32, c);
	else
		KMC_ASK(judge, FR_22, c);
	if (c->ev->what == KMC_OP_ZS_FREE && kmc_is_error_pointer(c->addr))
		return; /* Rule: ZS-14. */
	if (c->addr <= KMC_ZERO_SIZE_PTR) {
		free_of_sentinel(judge, c);
		return;
	}
	life = kmc_shadow_find(&judge->shadow, c->addr);
	if (life && life->state == KMC_LIFE_LIVE)
		free_of_live(judge, c, life, broken);
	else if (life && life->seq)
		free_of_dead(judge, c, life);
	else
		free_of_unknown(judge, c);
}

/* Who frees single pages of a range is warned where somebody else has one: a mapping may. */
static bool is_kept_by_mapping(const struct kmc_judge *judge, const struct kmc_case *c)
{
	return c->ev->what == KMC_OP_FREE_CONTIG_RANGE && judge->pages.nr_maps;
}

void kmc_free_end(struct kmc_judge *judge, struct kmc_case *c)
{
	if (c->ev->marks & KMC_MARK_MISUSE)
		return;
	if (!c->addr) {
		c->from = KMC_FROM_NULL;
		if (kmc_judge_pairing(judge, c->from, c->by) != KMC_PAIR_NOOP)
			return;
		if (c->by == KMC_BY_FREE_PAGES)
			KMC_ASK(judge, PAGE_12, c);
		else
			KMC_ASK(judge, FR_7, c);
		return;
	}
	if (c->addr == KMC_ZERO_SIZE_PTR) {
		c->from = KMC_FROM_ZERO_SIZE;
		if (kmc_judge_pairing(judge, c->from, c->by) == KMC_PAIR_NOOP)
			KMC_ASK(judge, FR_8, c);
		return;
	}
	const struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);

	if (life && c->open && c->open->notes.saw_points && c->ev->order &&
	    life->state == KMC_LIFE_LIVE && c->ev->size > kmc_life_size(life) &&
	    (life->from == KMC_FROM_PAGE || life->from == KMC_FROM_GET) &&
	    !(life->flags & KMC_LIFE_TAINTED))
		KMC_ASK(judge, PAGE_8, c);
	if (life && c->ev->what == KMC_OP_FREE_CONTIG_RANGE && life->state == KMC_LIFE_LIVE &&
	    life->from == KMC_FROM_CONTIG) {
		/* In the place of FR-21: this one is to be warned of. */
		KMC_ASK(judge, PAGE_31, c);
		return;
	}
	/* Another task may have the address by now: what matters is who had it at the entry. */
	if (!life || life->state == KMC_LIFE_UNDEFINED || life->flags & KMC_LIFE_TAINTED)
		return;
	c->from = life->from;
	if (kmc_judge_pairing(judge, c->from, c->by) != KMC_PAIR_LEGAL)
		return;
	if (kmc_is_page_memory(c->from))
		kmc_ask_traced(judge, c);
	/* RCU-5 to RCU-7 and KV-11 stand in the place of FR-21 for their calls. */
	if (c->by == KMC_BY_KVFREE)
		KMC_ASK(judge, KV_11, c);
	else if (!kmc_is_rcu_column(c->by) && !judge->damages.done && !is_kept_by_mapping(judge, c))
		KMC_ASK(judge, FR_21, c);
	if ((c->by == KMC_BY_KFREE || c->by == KMC_BY_KVFREE) &&
	    c->ev->what != KMC_OP_KVFREE_ATOMIC)
		KMC_ASK(judge, FR_12, c);
}
