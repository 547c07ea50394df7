// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RSV, and GFP where it says how deep into its reserves memory may be given out. The zone
 * in question is c->value, as the subject showed it at the entry of the slow path; marks are ours.
 */
#include <inttypes.h>
#include "judge_priv.h"

#define NUM "%" PRIu64

static const struct kmc_zone_report *zone_of(const struct kmc_judge *j, const struct kmc_case *c)
{
	return &j->reports[c->value < KMC_MACHINE_MAX_ZONES ? c->value : 0];
}

static uint64_t free_of(const struct kmc_judge *j, const struct kmc_case *c)
{
	return zone_of(j, c)->free;
}

static uint64_t min_of(struct kmc_judge *j, const struct kmc_case *c)
{
	return kmc_marks_of(j, c->value < KMC_MACHINE_MAX_ZONES ? (unsigned int)c->value : 0)->min;
}

static bool was_denied(const struct kmc_case *c)
{
	return c->ev->outcome == KMC_OUT_NULL;
}

#define DEPTH(token, clause, then)                                                                 \
	KMC_VERDICT(token, !c->request->broken, clause, (j, "%s", then),                           \
		    (j, "zone " NUM " had " NUM " free pages, its min is " NUM ": %s", c->value,   \
		     free_of(j, c), min_of(j, c), was_denied(c) ? "denied" : "given"))

KMC_RULE_FN(RSV_1)
{
	KMC_VERDICT(RSV_1, (int64_t)c->value < 0, "first-pass",
		    (j, "a zone above its low mark serves a request at once"),
		    (j, "zone " NUM " had " NUM " free pages, and was passed over", c->value,
		     free_of(j, c)));
}

KMC_RULE_FN(RSV_2)
{
	DEPTH(RSV_2, was_denied(c) ? "denied" : "given",
	      "a page is given when the free ones are more than mark and reserve, else not");
}

KMC_RULE_FN(RSV_3)
{
	DEPTH(RSV_3, was_denied(c) ? "denied" : "given",
	      "a block is given when the free pages without its own are above the mark and a block "
	      "of its order is free");
}

KMC_RULE_FN(RSV_4)
{
	DEPTH(RSV_4, "depth", "who may not sleep dips as deep as its flags allow, no deeper");
}

KMC_RULE_FN(RSV_5)
{
	DEPTH(RSV_5, "lowmem-reserve",
	      "a lower zone keeps its reserve from requests that higher zones could serve");
}

KMC_RULE_FN(RSV_6)
{
	DEPTH(RSV_6, "boost", "a boost raises the marks of its zone");
}

KMC_RULE_FN(RSV_7)
{
	DEPTH(RSV_7, "stale", "a sysctl's new value holds for the next request");
}

KMC_RULE_FN(RSV_8)
{
	DEPTH(RSV_8, "cma", "free CMA pages do not count for who may not use them");
}

KMC_RULE_FN(RSV_9)
{
	DEPTH(RSV_9, "victim", "a victim of the OOM killer goes to half of min");
}

KMC_RULE_FN(HA_3)
{
	DEPTH(HA_3, "highatomic", "pages of the high-order atomic reserve do not count for others");
}

KMC_RULE_FN(GFP_6)
{
	DEPTH(GFP_6, "denied", "GFP_ATOMIC gets what GFP_NOWAIT gets, and part of the reserve");
}

KMC_RULE_FN(GFP_7)
{
	DEPTH(GFP_7, "depth", "without direct reclaim and HIGH nothing below min is given");
}

KMC_RULE_FN(GFP_8)
{
	DEPTH(GFP_8, "depth", "HIGH with direct reclaim goes to half of min");
}

/* Seen in the depth, and in a twin without MEMALLOC. */
KMC_RULE_FN(GFP_10)
{
	DEPTH(GFP_10, "depth", "NOMEMALLOC takes every right to the reserves away");
}

KMC_RULE_FN(GFP_9)
{
	KMC_VERDICT(GFP_9, c->ev->arg, "unmarked",
		    (j, "B came from below the marks and is marked pfmemalloc"), (j, "it is not"));
}

/* Return: does the kswapd of some node sleep on that could serve it? */
static bool misses_node(const struct kmc_judge *j, const struct kmc_case *c, unsigned int *node)
{
	const struct kmc_machine *machine = &j->subject.machine;

	for (unsigned int i = 0; i < machine->nr_zones; i++) {
		unsigned int of = machine->zones[i].node & 63;

		if (!(c->value >> of & 1) ||
		    (c->open->notes.pages.woken | j->pages.awake |
		     c->open->notes.pages.hopeless) >> of & 1 ||
		    j->pages.kswapd_runs[of] >= KMC_HOPELESS_RUNS)
			continue;
		*node = of;
		return true;
	}
	return false;
}

KMC_RULE_FN(GFP_4)
{
	unsigned int node = 0;

	KMC_VERDICT(GFP_4, !misses_node(j, c, &node), "not-woken",
		    (j, "no zone is above its low mark: kswapd of every node is woken"),
		    (j, "that of node %u is not", node));
}

KMC_RULE_FN(HA_1)
{
	(void)c;
	KMC_PASS(HA_1);
}

KMC_RULE_FN(HA_2)
{
	const uint64_t block = 512;
	uint64_t share = j->reports[c->ev->cache].managed / 100, most = share + block;

	/* The cap is looked at before a block is added: one may be above it. */
	if (kmc_release_of(j) >= KMC_RELEASE(6, 8, 0))
		most = share < block ? 0 : (share + block - 1) / block * block + block;
	else
		most += block;
	KMC_VERDICT(HA_2, j->reports[c->ev->cache].highatomic <= most, "cap",
		    (j, "zone %u sets aside " NUM " pages at most for high-order atomic requests",
		     c->ev->cache, most),
		    (j, NUM " of them are free", j->reports[c->ev->cache].highatomic));
}

KMC_RULE_FN(HA_4)
{
	(void)c;
	KMC_PASS(HA_4);
}

KMC_RULE_FN(HA_5)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < j->subject.machine.nr_zones; i++)
		pages += j->reports[i].seen ? j->reports[i].highatomic : 0;
	KMC_VERDICT(HA_5, !pages, "kept",
		    (j, "before a kill all of the high-order atomic reserve is given back"),
		    (j, NUM " free pages of it are kept", pages));
}
