// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Constructions, and damage that a caller really did on a machine that looks
 * for it: such a machine has to say so, and says nothing where all is well.
 */
#include "call_parts.h"

/* constructors */

/* Not every page that goes back is told of: one with a live object of such a cache did not. */
static bool page_stayed(struct kmc_judge *judge, uint64_t addr)
{
	const struct kmc_life *life =
		kmc_place_find(judge, addr & ~(KMC_PAGE - 1), KMC_PAGE, addr);

	return life && life->from == KMC_FROM_CACHE_CTOR;
}

void kmc_note_constructed(struct kmc_judge *judge, const struct kmc_event *ev,
			  const struct kmc_open_call *open)
{
	struct kmc_case c = { .ev = ev, .open = open, .addr = ev->addr, .by = KMC_BY_NOBODY,
			      .call = open ? kmc_call_name(judge, open->what) : "constructor" };

	c.value = kmc_book_constructed_add(&judge->constructed, ev->addr) &&
		  page_stayed(judge, ev->addr);
	if (!judge->constructed.blind)
		KMC_ASK(judge, KC_9, &c);
}

void kmc_ask_constructed(struct kmc_judge *judge, const struct kmc_case *asked)
{
	struct kmc_case c = *asked;

	if (!judge->constructed.shown || judge->constructed.blind)
		return;
	c.value = !kmc_book_constructed_has(&judge->constructed, c.addr);
	KMC_ASK(judge, KC_9, &c);
}

/* what a machine looks for */

static bool looks_for(const struct kmc_judge *judge, const struct kmc_life *life, int option,
		      uint64_t flag)
{
	const struct kmc_cache *cache =
		life && life->cache < judge->nr_caches ? judge->caches[life->cache] : NULL;

	return judge->subject.machine.options & (uint32_t)option ||
	       (cache && cache->known && cache->desc.flags & flag);
}

static bool is_slab_object(const struct kmc_life *life)
{
	return life && life->from >= KMC_FROM_KMALLOC && life->from <= KMC_FROM_BUCKET &&
	       life->from != KMC_FROM_KMALLOC_LARGE;
}

/* A write that leaves its block, or comes after its free, and was really done. */
static void note_write(struct kmc_judge *judge, const struct kmc_case *c)
{
	uint64_t meant = c->ev->addr2 ? c->ev->addr2 : c->addr;
	const struct kmc_life *life = kmc_shadow_find(&judge->shadow, meant);

	judge->damages.done = true;
	if (!is_slab_object(life) || !c->ev->size)
		return;
	if (life->state == KMC_LIFE_LIVE &&
	    looks_for(judge, life, KMC_MO_slub_red_zone, KMC_CF_RED_ZONE))
		kmc_book_damage_add(&judge->damages, life->addr, KMC_DAMAGE_RED_ZONE);
	else if (life->state == KMC_LIFE_FREED &&
		 looks_for(judge, life, KMC_MO_slub_poison, KMC_CF_POISON))
		kmc_book_damage_add(&judge->damages, life->addr, KMC_DAMAGE_POISON);
}

/* Was this free wrong by itself, and done? Then the object stays away. */
static void end_wrong_free(struct kmc_judge *judge, struct kmc_case *c)
{
	const struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);
	bool other_cache = c->by == KMC_BY_CACHE_FREE && life && life->cache != c->ev->cache;

	judge->damages.done = true;
	if (!looks_for(judge, life, KMC_MO_slub_consistency, KMC_CF_CONSISTENCY_CHECKS))
		return;
	if (life && !is_slab_object(life))
		return;
	c->other = life;
	if (other_cache) {
		KMC_ASK(judge, DBG_8, c);
		return;
	}
	KMC_ASK(judge, DBG_4, c);
	if (life)
		kmc_book_damage_add(&judge->damages, c->addr, KMC_DAMAGE_LEAKED);
}

/* A free, or a look at a whole cache, finds what was done to red zones. */
static void end_free(struct kmc_judge *judge, struct kmc_case *c)
{
	if (!kmc_book_damage_has(&judge->damages, c->addr, KMC_DAMAGE_RED_ZONE))
		return;
	c->other = kmc_shadow_find(&judge->shadow, c->addr);
	KMC_ASK(judge, DBG_1, c);
	kmc_book_damage_drop(&judge->damages, c->addr, KMC_DAMAGE_RED_ZONE);
}

/* Handed out again: poison is looked at, what was leaked must not come. */
static void end_alloc(struct kmc_judge *judge, struct kmc_case *c)
{
	if (kmc_book_damage_has(&judge->damages, c->addr, KMC_DAMAGE_POISON)) {
		KMC_ASK(judge, DBG_2, c);
		kmc_book_damage_drop(&judge->damages, c->addr, KMC_DAMAGE_POISON);
	}
	if (kmc_book_damage_has(&judge->damages, c->addr, KMC_DAMAGE_LEAKED)) {
		c->value = 1;
		KMC_ASK(judge, DBG_4, c);
	}
}

void kmc_damage_end(struct kmc_judge *judge, const struct kmc_case *ended)
{
	struct kmc_case own = *ended, *c = &own;
	bool misuse = c->ev->marks & KMC_MARK_MISUSE;

	c->value = 0;
	if (misuse && c->ev->what == KMC_OP_WRITE)
		note_write(judge, c);
	else if (misuse && (c->by == KMC_BY_KFREE || c->by == KMC_BY_CACHE_FREE))
		end_wrong_free(judge, c);
	else if (!judge->damages.nr)
		return;
	else if (c->by == KMC_BY_KFREE || c->by == KMC_BY_CACHE_FREE)
		end_free(judge, c);
	else if (c->ev->outcome == KMC_OUT_VALUE && c->from >= KMC_FROM_KMALLOC &&
		 c->from <= KMC_FROM_BUCKET)
		end_alloc(judge, c);
}

void kmc_note_report(struct kmc_judge *judge, const struct kmc_event *ev,
		     const struct kmc_open_call *open)
{
	struct kmc_case c = { .ev = ev, .open = open, .addr = ev->addr, .by = KMC_BY_NOBODY,
			      .call = open ? kmc_call_name(judge, open->what) : "report",
			      .value = 2 };

	/* Of what a free says FR-21 speaks. */
	if (judge->damages.done || judge->damages.blind ||
	    (open && (open->begin.marks & KMC_MARK_MISUSE || kmc_op_is_free(open->what))))
		return;
	switch (ev->arg) {
	case KMC_REPORT_RED_ZONE:
		KMC_ASK(judge, DBG_1, &c);
		break;
	case KMC_REPORT_POISON:
	case KMC_REPORT_PADDING:
		KMC_ASK(judge, DBG_2, &c);
		break;
	case KMC_REPORT_FREELIST:
	case KMC_REPORT_FREE_AGAIN:
	case KMC_REPORT_POINTER:
		KMC_ASK(judge, DBG_4, &c);
		break;
	}
}
