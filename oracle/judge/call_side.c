// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call-level streams: every call with its name, operands and result, every free
 * shown. A call is judged twice: at its entry what its caller may do, at its
 * end what it returned and what happened on the way. Lives change between the
 * two: a block is free from the entry of its free on, and taken from the end of
 * its allocation on, so that overlapping calls of other tasks are judged right.
 */
#include "call_parts.h"

static void enter(struct kmc_judge *judge, struct kmc_case *c)
{
	unsigned int code = c->ev->what;

	if (c->by != KMC_BY_NOBODY)
		kmc_free_enter(judge, c);
	if (!c->outermost)
		return;
	kmc_objects_enter(judge, c);
	if (kmc_op_row(judge, code)->requests)
		kmc_request_enter(judge, c);
	if (code == KMC_OP_KSWAPD_STEP)
		kmc_pages_kswapd_begins(judge, c->ev);
	if (code >= KMC_OP_ALLOC_PAGES && code <= KMC_OP_PAGE_REF_COUNT)
		kmc_page_call_enter(judge, c);
	if (code >= KMC_OP_KMEM_CACHE_CREATE && code <= KMC_OP_KMEM_CACHE_RETURN_SHEAF)
		kmc_cache_enter(judge, c);
	if (code == KMC_OP_WRITE || code == KMC_OP_READ || code == KMC_OP_CHECK ||
	    code == KMC_OP_CHECK_ZERO)
		kmc_memory_enter(judge, c);
}

static int end_other(struct kmc_judge *judge, struct kmc_case *c)
{
	switch (c->ev->what) {
	case KMC_OP_KMEM_CACHE_ALLOC_BULK:
		if (!c->open)
			return 0;
		if (!c->open->begin.arg)
			KMC_ASK(judge, KC_35, c);
		else
			KMC_ASK(judge, KC_32, c);
		return 0;
	case KMC_OP_KFREE_BULK:
	case KMC_OP_KMEM_CACHE_FREE_BULK:
		if (c->open && !c->open->begin.arg)
			KMC_ASK(judge, KC_35, c);
		else if (c->open && !(c->ev->marks & KMC_MARK_MISUSE))
			KMC_ASK(judge, FR_14, c);
		return 0;
	case KMC_OP_KMEM_CACHE_DESTROY:
		kmc_cache_close(judge, c);
		return 0;
	case KMC_OP_GET_PAGE:
		kmc_page_got(judge, c);
		return 0;
	case KMC_OP_SPLIT_PAGE:
		return kmc_page_split(judge, c);
	default:
		kmc_question_end(judge, c);
		return 0;
	}
}

static bool happened(const struct kmc_event *ev)
{
	return ev->outcome != KMC_OUT_SKIPPED && ev->outcome != KMC_OUT_REFUSED &&
	       ev->outcome != KMC_OUT_HUNG && ev->outcome != KMC_OUT_DIED;
}

/* What the call did goes into the books. */
static int take_over(struct kmc_judge *judge, struct kmc_case *c)
{
	if (kmc_traits_of(c->ev->what)->gives)
		return kmc_request_end(judge, c);
	if (c->by != KMC_BY_NOBODY) {
		kmc_free_end(judge, c);
		return 0;
	}
	return end_other(judge, c);
}

/* A resize that never ended: whether it had let the old block go nobody knows. */
static void undefine_old(struct kmc_judge *judge, uint64_t addr)
{
	struct kmc_life *life = kmc_live_at(judge, addr);

	if (life)
		kmc_life_undefine(judge, life);
}

/* Who asks for ever, or frees for ever, may hold what was to be had. */
static void end_endless(struct kmc_judge *judge, const struct kmc_case *c)
{
	judge->strays = true;
	if (kmc_traits_of(c->ev->what)->how & R && c->ev->addr2 > KMC_ZERO_SIZE_PTR)
		undefine_old(judge, c->ev->addr2);
	/* A mapping that is half made has its references. */
	if (c->ev->what == KMC_OP_VMAP || c->ev->what == KMC_OP_VM_MAP_RAM)
		judge->pages.nr_maps++;
}

static int leave(struct kmc_judge *judge, struct kmc_case *c)
{
	const uint32_t part = 1u << KMC_EFF_CHARGED | 1u << KMC_EFF_FAULT_INJECTED;
	struct kmc_open_call *parent = c->ev->parent ? kmc_open_find(judge, c->ev->parent) : NULL;
	int err;

	if (parent) {
		parent->children++;
		parent->successes += c->ev->outcome == KMC_OUT_VALUE;
	}
	if (!happened(c->ev)) {
		if (c->ev->outcome == KMC_OUT_DIED || c->ev->outcome == KMC_OUT_HUNG)
			end_endless(judge, c);
		kmc_gfp_ask_stuck(judge, c);
		return 0;
	}
	/* Misuse is not done to the subject: there is no result. */
	if (c->ev->marks & KMC_MARK_MISUSE && c->ev->outcome == KMC_OUT_NONE)
		return 0;
	kmc_objects_end(judge, c);
	if (parent) { /* of a bulk call's objects, what the call itself charged */
		c->effects |= parent->effects & 1u << KMC_EFF_CHARGED;
		/* Where room for the payers' names failed, some of them only. */
		judge->paid_in_part |= (parent->effects & part) == part;
	}
	err = take_over(judge, c);
	return err ? err : kmc_objects_done(judge, c);
}

static int on_begin(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_case c;

	kmc_case_set(judge, &c, ev);
	enter(judge, &c);
	return kmc_open_push(judge, ev);
}

static int on_end(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_open_call *open = kmc_open_find(judge, ev->id);
	struct kmc_case c;

	if (!open)
		return 0; /* its beginning was lost: nothing is known of its effects */
	open = kmc_open_drop(judge, open);
	kmc_case_set(judge, &c, ev);
	c.open = open;
	c.effects = open->effects;
	/* What a shrinker asks for may fail, with a warning that is not the call's. */
	if (judge->pages.shrinkers_ask && open->effects & 1u << KMC_EFF_RECLAIMED) {
		c.effects &= ~(1u << KMC_EFF_WARNED);
		open->notes.pages.warned = 0;
	}
	return leave(judge, &c);
}

static int on_call(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_open_call *whole = &judge->whole;
	struct kmc_case c;
	uint8_t from;
	int plain;

	if (!happened(ev)) {
		kmc_case_set(judge, &c, ev);
		kmc_gfp_ask_stuck(judge, &c);
		return 0;
	}
	plain = kmc_plain_call(judge, ev);
	if (plain)
		return plain < 0 ? plain : 0;
	/* Of what calls have inside it has nothing, ever. */
	whole->id = ev->id;
	whole->what = ev->what;
	whole->since = judge->now;
	whole->begin.arg = ev->arg;
	kmc_case_set(judge, &c, ev);
	from = c.from;
	enter(judge, &c);
	c.from = from;
	c.other = NULL;
	c.open = whole;
	return leave(judge, &c);
}

int kmc_call_side(struct kmc_judge *judge, const struct kmc_event *ev)
{
	judge->misused |= (ev->marks & KMC_MARK_MISUSE) != 0;
	switch (ev->kind) {
	case KMC_EV_BEGIN:
		return on_begin(judge, ev);
	case KMC_EV_END:
		return on_end(judge, ev);
	case KMC_EV_CALL:
		return on_call(judge, ev);
	case KMC_EV_EFFECT:
		return kmc_call_effect(judge, ev);
	case KMC_EV_MACHINE:
		kmc_pages_machine(judge, ev);
		return kmc_branch_event(judge, ev);
	default:
		return 0;
	}
}
