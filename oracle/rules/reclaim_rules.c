// SPDX-License-Identifier: GPL-2.0-or-later
/* RCL and CPT: how reclaim and compaction go on for a request. */
#include <inttypes.h>
#include "judge_priv.h"

#define MOST_RETRIES 16u

/* Reclaim in a call that another call's reclaim made. */
KMC_RULE_FN(RCL_1)
{
	const struct kmc_open_call *outer = kmc_open_find(j, c->open->begin.parent);

	if (!outer || outer->begin.task != c->open->begin.task)
		return;
	KMC_VERDICT(RCL_1, !outer->notes.pages.in_reclaim, "nested",
		    (j, "a task that is in reclaim does not enter it again"),
		    (j, "task %u did", c->open->begin.task));
}

/* One round more where the reserve for atomic blocks is given up last (step 14 of R-7). */
KMC_RULE_FN(RCL_2)
{
	unsigned int most = c->open->notes.pages.most_fruitless;

	KMC_VERDICT(RCL_2, most <= MOST_RETRIES + 2, "endless",
		    (j, "a request gives up after %u rounds in a row that reclaimed nothing",
		     MOST_RETRIES),
		    (j, "%u were made", most));
}

/* Step 5 of R-7: who asks for more than a page that cannot move, or for a costly block. */
KMC_RULE_FN(CPT_1)
{
	const struct kmc_request *r = c->request;
	const struct kmc_page_notes *notes = &c->open->notes.pages;
	bool due = r->flags & KMC_GFP_IO && r->order &&
		   (r->order > 3 || !(r->flags & KMC_GFP_MOVABLE)) &&
		   !(r->scope & KMC_SCOPE_MEMALLOC) && !(c->gfp & KMC_GFP_MEMALLOC);

	if (!due || r->task->crossed)
		return;
	KMC_VERDICT(CPT_1, notes->first_compaction == 3 && !notes->reclaim_first, "order",
		    (j, "an asynchronous compaction comes before the first reclaim"),
		    (j, "the first one %s", notes->reclaim_first ? "came after it" :
								    "was a synchronous one"));
}

KMC_RULE_FN(RCL_6)
{
	unsigned int vain = j->pages.kswapd_vain[c->ev->node & (KMC_BOOK_NODES - 1)];

	KMC_VERDICT(RCL_6, vain < KMC_HOPELESS_RUNS, "hopeless",
		    (j, "after %u runs in a row that reclaimed nothing kswapd is left alone",
		     KMC_HOPELESS_RUNS),
		    (j, "after %u it was woken", vain));
}

/* Its counter alone ends the rounds; compaction adds a few. */
KMC_RULE_FN(RCL_3)
{
	const unsigned int most = 3 * MOST_RETRIES;
	unsigned int rounds = c->open->notes.pages.rounds;

	KMC_VERDICT(RCL_3, rounds <= most, "endless",
		    (j, "for a costly order progress does not begin the count of rounds anew"),
		    (j, "%u rounds were made", rounds));
}

/* Reclaim works in batches, which may overshoot by one a node. */
KMC_RULE_FN(RCL_4)
{
	const uint64_t target = 32;
	uint64_t nodes = j->subject.machine.nr_nodes ? j->subject.machine.nr_nodes : 1;
	uint64_t most = target + target * nodes;

	KMC_VERDICT(RCL_4, c->open->notes.pages.most_reclaimed <= most, "target",
		    (j, "one round for a page is after %" PRIu64 " of them", target),
		    (j, "one reclaimed %" PRIu64, c->open->notes.pages.most_reclaimed));
}
