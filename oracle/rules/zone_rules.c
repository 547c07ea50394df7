// SPDX-License-Identifier: GPL-2.0-or-later
/* ZON, and GFP where it says in which zone and on which node a page may lie. */
#include <inttypes.h>
#include "judge_priv.h"

static const char *const kinds[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable" };

static const char *zone_name(unsigned int kind)
{
	return kind < KMC_NR_ZONE_KINDS ? kinds[kind] : "no";
}

#define ZONE_VERDICT(token, clause, then)                                                          \
	KMC_VERDICT(token, c->request->zone->kind <= c->value, clause, (j, "%s", then),            \
		    (j, "the page is of zone %s", zone_name(c->request->zone->kind)))

KMC_RULE_FN(ZON_1)
{
	KMC_VERDICT(ZON_1, c->request->zone->kind <= c->value, "too-high",
		    (j, "the highest zone that the flags allow is %s, and fallback goes down",
		     zone_name((unsigned int)c->value)),
		    (j, "the page is of zone %s", zone_name(c->request->zone->kind)));
}

KMC_RULE_FN(GFP_26)
{
	ZONE_VERDICT(GFP_26, "movable-alone",
		     "MOVABLE without HIGHMEM does not open the Movable zone");
}

KMC_RULE_FN(GFP_30)
{
	ZONE_VERDICT(GFP_30, "user", "GFP_USER memory is addressable by the kernel and not movable");
}

KMC_RULE_FN(GFP_31)
{
	ZONE_VERDICT(GFP_31, "highuser", "GFP_HIGHUSER memory is never in the Movable zone");
}

KMC_RULE_FN(PAGE_10)
{
	ZONE_VERDICT(PAGE_10, "highmem", "__get_free_pages drops HIGHMEM: it returns an address");
}

/* Alike for both: the zone that HIGHMEM would have opened, and the warning about it. */
KMC_RULE_FN(PAGE_14)
{
	if (c->ev->kind == KMC_EV_EFFECT) {
		KMC_VERDICT(PAGE_14, !(j->pages.warned >> KMC_WARNING_EXACT_FLAGS & 1),
			    "warned-again",
			    (j, "COMP or HIGHMEM for alloc_pages_exact is warned of once a boot"),
			    (j, "it was warned of again"));
		return;
	}
	ZONE_VERDICT(PAGE_14, "highmem", "alloc_pages_exact strips HIGHMEM");
}

/* A kill for one node's sake, or a page of another. */
KMC_RULE_FN(GFP_22)
{
	if (!c->request->zone) {
		KMC_VERDICT(GFP_22, !c->open->notes.pages.killed, "kill",
			    (j, "nobody is killed for a request with __GFP_THISNODE"),
			    (j, "%u tasks were", c->open->notes.pages.killed));
		return;
	}
	KMC_VERDICT(GFP_22, c->request->zone->node == c->ev->node, "node",
		    (j, "__GFP_THISNODE: the page is of node %d", c->ev->node),
		    (j, "it is of node %u", c->request->zone->node));
}

KMC_RULE_FN(GFP_23)
{
	uint64_t mems = c->request->task->mems;

	KMC_VERDICT(GFP_23, mems >> c->request->zone->node & 1, "node",
		    (j, "__GFP_HARDWALL: the page is of the task's nodes (%#" PRIx64 ")", mems),
		    (j, "it is of node %u", c->request->zone->node));
}

/* A table entry that was never filled in: what it gives is the lowest zone. */
KMC_RULE_FN(GFP_25)
{
	if (c->request->zone->kind == KMC_DMA)
		KMC_PASS(GFP_25);
}

KMC_RULE_FN(ZON_4)
{
	KMC_VERDICT(ZON_4, c->ev->node >= KMC_NODE_NONE &&
			   (!j->subject.machine.nr_nodes ||
			    c->ev->node < (int)j->subject.machine.nr_nodes), "node",
		    (j, "a request names a node that is there"), (j, "it names %d", c->ev->node));
}

KMC_RULE_FN(ZON_5)
{
	const struct kmc_zone *first = kmc_zone_of(j, c->addr);

	KMC_VERDICT(ZON_5, kmc_zone_of(j, c->addr + c->size - 1) == first, "crosses",
		    (j, "all pages of a block are of one zone"),
		    (j, "its last page is not of zone %s", zone_name(first->kind)));
}

/* c->value: 1 when the node asked for could have served, and another did. */
KMC_RULE_FN(ZON_2)
{
	bool other = c->request->zone->node != c->ev->node;

	KMC_VERDICT(ZON_2, !other || !c->value, "node-order",
		    (j, "the zones of node %d come first", c->ev->node),
		    (j, "node %u served, and it could have", c->request->zone->node));
}

KMC_RULE_FN(ZON_3)
{
	KMC_VERDICT(ZON_3, !c->request->broken, "bound",
		    (j, "without __GFP_THISNODE node %d is a preference", c->ev->node),
		    (j, "NULL was returned, and zone %" PRIu64 " could serve", c->value));
}

KMC_RULE_FN(ZON_7)
{
	(void)c;
	KMC_PASS(ZON_7);
}

/* What the subject counts, against what the machine has and what the program has just set. */
KMC_RULE_FN(ZON_6)
{
	const struct kmc_zone *zone = &j->subject.machine.zones[c->ev->cache];
	const struct kmc_zone_report *report = &j->reports[c->ev->cache];
	bool known = c->value != UINT64_MAX;
	const char *clause = report->managed > zone->nr_pages ? "managed" :
			     report->free > report->managed ? "free" :
			     known && report->free != c->value ? "count" : NULL;

	KMC_VERDICT(ZON_6, !clause, clause,
		    (j, "zone %u has %" PRIu64 " pages: managed are no more, free no more than those%s",
		     c->ev->cache, zone->nr_pages, known ? ", and as many as were just left" : ""),
		    (j, "%" PRIu64 " managed and %" PRIu64 " free are reported", report->managed,
		     report->free));
}

KMC_RULE_FN(ZON_8)
{
	KMC_VERDICT(ZON_8, !c->value || c->ev->arg >= 9, "mixed",
		    (j, "at the first look Normal is not mixed while DMA32 has pages"),
		    (j, "a block of order %" PRIu64 " was taken from another mobility", c->ev->arg));
}
