// SPDX-License-Identifier: GPL-2.0-or-later
/* TRC: tracepoints: what a call of the page allocator has to show, what a reader has to know. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64

KMC_RULE_FN(TRC_1)
{
	const struct kmc_notes *notes = &c->open->notes;
	bool value = c->ev->outcome == KMC_OUT_VALUE;
	bool told = value ? notes->page_at == c->addr : notes->nr_page_gets || notes->nr_page_fails;

	KMC_VERDICT(TRC_1, told && !notes->page_twice, told ? "twice" : "none",
		    (j, "a page request shows as one mm_page_alloc event"),
		    (j, told ? "two told of " ADDR : "none told of " ADDR, c->addr));
}

KMC_RULE_FN(TRC_2)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (!notes->nr_page_frees)
		KMC_BREACH(TRC_2, "none", (j, "a block that goes back shows as a mm_page_free event"),
			   (j, "none told of " ADDR, c->addr));
	else
		KMC_VERDICT(TRC_2, notes->nr_page_frees > 1 || notes->free_order == c->ev->order,
			    "order", (j, "the event has the order that was freed, %u", c->ev->order),
			    (j, "it has %u", notes->free_order));
}

/* The pair was recognised and read as one allocation. */
KMC_RULE_FN(TRC_7)
{
	(void)c;
	KMC_PASS(TRC_7);
}
