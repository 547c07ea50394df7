// SPDX-License-Identifier: GPL-2.0-or-later
/* RCU and type-safe memory: what waits for a grace period, and what waits for nobody. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static bool content_lost(const struct kmc_case *c)
{
	return c->ev->what == KMC_EFF_CONTENT_LOST || c->ev->what == KMC_EFF_CONTENT_DIRTY;
}

KMC_RULE_FN(RCU_1)
{
	KMC_VERDICT(RCU_1, !c->value, c->ev->kind == KMC_EV_EFFECT ? "released" : "reused",
		    (j, "B was given to %s at event " NUM ", while somebody read who reads still: "
			"it stays", j->ops[c->pending->what].name, c->pending->seq),
		    (j, "its memory is %s", c->ev->kind == KMC_EV_EFFECT ? "released" :
			"handed out again"));
}

KMC_RULE_FN(RCU_2)
{
	KMC_VERDICT(RCU_2, !content_lost(c), "content",
		    (j, "until its grace period is over, B keeps its bytes but for the head"),
		    (j, "the byte at " ADDR " changed", c->ev->addr2));
}

KMC_RULE_FN(RCU_3)
{
	KMC_VERDICT(RCU_3, c->ev->arg < KMC_PAGE, "offset",
		    (j, "the head lies in the first page of its object"),
		    (j, "its offset is " NUM, c->ev->arg));
}

KMC_RULE_FN(RCU_4)
{
	bool may = c->ev->context == KMC_CTX_TASK || c->ev->context == KMC_CTX_UNKNOWN;

	KMC_VERDICT(RCU_4, may, "context", (j, "the form without a head may sleep"),
		    (j, "the context is %s", kmc_context_name(c->ev->context)));
}

KMC_RULE_FN(RCU_5)
{
	KMC_VERDICT(RCU_5, !(c->effects & BIT(DIED)) && c->ev->outcome == KMC_OUT_NONE, "never-fails",
		    (j, "%s never fails: without memory it waits and frees by itself", c->call),
		    (j, "it ended with %s (effects %#x)", kmc_outcome_name(c->ev->outcome),
		     c->effects));
}

KMC_RULE_FN(RCU_6)
{
	bool failed = c->effects & BIT(DIED) || c->ev->outcome != KMC_OUT_NONE;

	KMC_VERDICT(RCU_6, !failed && !(c->effects & BIT(SLEPT)), failed ? "never-fails" : "no-sleep",
		    (j, "%s with a head neither sleeps nor fails", c->call),
		    (j, "it ended with %s (effects %#x)", kmc_outcome_name(c->ev->outcome),
		     c->effects));
}

/* Said where it may not sleep, the warning is about that. */
static bool sleeps_where_it_must_not(const struct kmc_event *ev)
{
	return (ev->what == KMC_OP_KFREE_RCU_MIGHTSLEEP ||
		ev->what == KMC_OP_KVFREE_RCU_MIGHTSLEEP) && ev->context != KMC_CTX_TASK;
}

KMC_RULE_FN(RCU_7)
{
	if (sleeps_where_it_must_not(c->ev))
		return;
	if (!c->other || kmc_pairing_of(c->other->from, c->by, j->subject.edition) != KMC_PAIR_LEGAL)
		return;
	KMC_VERDICT(RCU_7, !(kmc_noticed(c) & (BIT(WARNED) | BIT(REPORTED))), "report",
		    (j, "%s takes memory from %s", c->call, kmc_provenance_name(c->other->from)),
		    (j, "it warned or reported (effects %#x)", c->effects));
}

KMC_RULE_FN(RCU_9)
{
	KMC_VERDICT(RCU_9, !c->pending, "left",
		    (j, "after kvfree_rcu_barrier() every block queued before it is freed"),
		    (j, "the block at " ADDR ", queued at event " NUM ", is not",
		     c->pending ? c->pending->addr : 0, c->pending ? c->pending->seq : 0));
}

KMC_RULE_FN(RCU_11)
{
	KMC_VERDICT(RCU_11, c->other->flags & KMC_LIFE_CHARGED, "uncharged-twice",
		    (j, "a deferred block is free to its caller: its charge is given back once"),
		    (j, "nothing is charged for B any more"));
}

/* Pairs by the matrix: a breach is FR-3's. */
KMC_RULE_FN(RCU_12)
{
	if (kmc_pairing_of(c->from, c->by, j->subject.edition) == KMC_PAIR_LEGAL)
		KMC_PASS(RCU_12);
}

KMC_RULE_FN(RCU_13)
{
	KMC_VERDICT(RCU_13, c->pending->addr == c->ev->addr, "start",
		    (j, "B, which waits, begins at " ADDR, c->pending->addr),
		    (j, "it was freed as if it began at " ADDR, c->ev->addr));
}

KMC_RULE_FN(KC_13)
{
	KMC_VERDICT(KC_13, !c->value, c->ev->kind == KMC_EV_EFFECT ? "pages-back" : "reused",
		    (j, "B was freed at event " NUM " while somebody read who reads still: its "
			"memory stays an object of its cache", c->pending->seq),
		    (j, c->ev->kind == KMC_EV_EFFECT ? "its pages went back" :
			"something else was given it"));
}

KMC_RULE_FN(KC_14)
{
	KMC_VERDICT(KC_14, !content_lost(c), "content",
		    (j, "a free object of type-safe memory is not written to by the allocator"),
		    (j, "the byte at " ADDR " changed", c->ev->addr2));
}
