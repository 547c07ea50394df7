// SPDX-License-Identifier: GPL-2.0-or-later
/* MCG: groups that pay for pages. */
#include <inttypes.h>
#include "judge_priv.h"

#define NUM  "%" PRIu64
#define INUM "%" PRId64
#define ROUNDS 16
#define MOST_DELAY 2000000000ull /* ns */

KMC_RULE_FN(MCG_1)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (notes->charged > notes->uncharged)
		KMC_BREACH(MCG_1, "charge", (j, "a request that fails is paid by nobody"),
			   (j, NUM " bytes stay charged", notes->charged - notes->uncharged));
	else
		KMC_VERDICT(MCG_1, notes->pages_kept <= 0, "pages",
			    (j, "a page that nobody pays for goes back"),
			    (j, INUM " did not", notes->pages_kept));
}

KMC_RULE_FN(MCG_2)
{
	if (c->ev->kind == KMC_EV_EFFECT) {
		KMC_VERDICT(MCG_2, c->value, "lowest",
			    (j, "a charge hits limits of its group and of those above it"),
			    (j, "group %u, which is none of them or has no limit, was %s", c->ev->cache,
			     c->ev->what == KMC_EFF_KILLED ? "killed in" : "reclaimed from"));
		return;
	}
	KMC_VERDICT(MCG_2, c->ev->arg >= c->value, "hierarchy",
		    (j, NUM " bytes are charged to this group and those below it", c->value),
		    (j, "it uses " NUM, c->ev->arg));
}

KMC_RULE_FN(MCG_4)
{
	KMC_VERDICT(MCG_4, !c->open->notes.nr_group_reclaims, "reclaim",
		    (j, "who may not block gets nothing back from a group at its limit"),
		    (j, "its pages were reclaimed %u times", c->open->notes.nr_group_reclaims));
}

KMC_RULE_FN(MCG_5)
{
	if (!c->value) {
		if (c->open->notes.charged)
			KMC_PASS(MCG_5);
		return;
	}
	KMC_BREACH(MCG_5, "forced", (j, "HIGH and NOFAIL are charged above the limit if need be"),
		   (j, "the page was given back, and NULL came"));
}

KMC_RULE_FN(MCG_6)
{
	if (!c->value) {
		if (c->open->notes.charged)
			KMC_PASS(MCG_6);
		return;
	}
	KMC_BREACH(MCG_6, "forced", (j, "a task in reclaim is charged above the limit if need be"),
		   (j, "the page was given back, and NULL came"));
}

KMC_RULE_FN(MCG_7)
{
	bool gives_up = c->gfp & (KMC_GFP_NORETRY | KMC_GFP_RETRY_MAYFAIL);

	if (c->ev->outcome != KMC_OUT_NULL || gives_up)
		return;
	KMC_VERDICT(MCG_7, c->open->notes.nr_group_reclaims >= ROUNDS, "rounds",
		    (j, "a group at its limit is reclaimed from %u times before a request fails",
		     ROUNDS),
		    (j, "it was %u times", c->open->notes.nr_group_reclaims));
}

KMC_RULE_FN(MCG_8)
{
	const struct kmc_notes *notes = &c->open->notes;
	unsigned int vain = notes->nr_group_vain;

	if (!(c->gfp & KMC_GFP_NORETRY))
		return;
	/* What was charged may have been too much for a memory.high, which is reclaimed for as well. */
	if (c->ev->outcome != KMC_OUT_NULL &&
	    (!kmc_task_pays(j, c->ev) || kmc_book_group_high(&j->groups, j->payer[c->ev->task])))
		vain = 0;
	/*
	 * A round that makes room is followed by a try, and so may be the next limit's. After the
	 * first in vain the cpus' stocks are drained, and one more is tried.
	 */
	KMC_VERDICT(MCG_8, vain <= 2 && !notes->group_killed, "noretry",
		    (j, "with NORETRY a group is reclaimed from once, and once more without stocks"),
		    (j, "it was %u times in vain%s", vain,
		     notes->group_killed ? ", and a task was killed" : ""));
}

KMC_RULE_FN(MCG_9)
{
	KMC_VERDICT(MCG_9, c->ev->order <= 3, "order",
		    (j, "for more than eight pages no task of a group is killed"),
		    (j, "one was for a block of order %u", c->ev->order));
}

KMC_RULE_FN(MCG_10)
{
	/* Of a population: its task was never, or is no longer, in a group. */
	KMC_VERDICT(MCG_10, !c->value, "root",
		    (j, "a task in no group is charged for nothing"),
		    (j, NUM " bytes were charged", c->ev->arg));
}

KMC_RULE_FN(MCG_11)
{
	uint64_t slack = j->subject.machine.nr_cpus * 64 * KMC_PAGE;
	int64_t total = (int64_t)c->value;

	if (kmc_op_is_free(c->ev->what))
		KMC_BREACH(MCG_11, "kept", (j, "what was charged goes back when it is freed"),
			   (j, "nothing went back"));
	else if (total < 0)
		KMC_BREACH(MCG_11, "more", (j, "what goes back was charged before"),
			   (j, INUM " bytes more went back", -total));
	else
		KMC_VERDICT(MCG_11, c->ev->arg <= slack, "left",
			    (j, "when all went back a group uses nothing but what cpus keep"),
			    (j, "it uses " NUM, c->ev->arg));
}

KMC_RULE_FN(MCG_12)
{
	if (c->ev->what == KMC_OP_RETURN_TO_USER) {
		KMC_VERDICT(MCG_12, c->ev->arg <= MOST_DELAY, "delay",
			    (j, "above memory.high a return to user waits for two seconds at most"),
			    (j, "it waited for " NUM " ns", c->ev->arg));
		return;
	}
	if (!c->value) {
		if (c->open->notes.charged)
			KMC_PASS(MCG_12);
		return;
	}
	KMC_BREACH(MCG_12, "high", (j, "above memory.high requests are delayed, and do not fail"),
		   (j, "no limit of the group refuses, and the page was given back"));
}
