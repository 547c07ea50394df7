// SPDX-License-Identifier: GPL-2.0-or-later
/* MIG, and GFP-39: from which pageblocks a request is served. */
#include <inttypes.h>
#include "judge_priv.h"

#define PAGEBLOCK 512ull
#define BLOCK_ORDER 9u

static unsigned int type_of(uint32_t gfp)
{
	if (gfp & KMC_GFP_MOVABLE)
		return 1;
	return gfp & KMC_GFP_RECLAIMABLE ? 2 : 0;
}

/*
 * A refill takes many pages at once, at first up to 64: the fallback comes when they have
 * used the own list up. What the list was shown to have at least is a block of each order.
 */
KMC_RULE_FN(GFP_39)
{
	static const char *const names[] = { "unmovable", "movable", "reclaimable" };
	uint32_t flags = c->open->begin.scope & KMC_SCOPE_PIN ?
				 c->gfp & ~(uint32_t)KMC_GFP_MOVABLE : c->gfp;
	unsigned int type = type_of(flags), order = c->open->begin.order & 31u;
	uint64_t own = (uint64_t)j->reports[c->value].orders[type] >> order << order;

	KMC_VERDICT(GFP_39, own < 64ull << order || own <= c->open->notes.pages.taken, "fallback",
		    (j, "a request of %s memory is served from its own blocks", names[type]),
		    (j, "another's was taken, the zone had %" PRIu64 " pages and gave %" PRIu64, own,
		     c->open->notes.pages.taken));
}

KMC_RULE_FN(MIG_6)
{
	const struct kmc_zone *zone = &j->subject.machine.zones[c->ev->cache];
	uint64_t boost = j->reports[c->ev->cache].boost, managed = zone->managed ? zone->managed :
								   zone->nr_pages;
	uint64_t factor = j->pages.boost_most > 15000 ? j->pages.boost_most : 15000;
	uint64_t most = kmc_marks_of(j, c->ev->cache)->high * factor / 10000;

	/* High marks may have been higher when it was raised. */
	if (j->pages.marks_changed)
		return;
	if (most < PAGEBLOCK)
		most = PAGEBLOCK;
	if (managed < 4 * PAGEBLOCK)
		most = 0;
	KMC_VERDICT(MIG_6, boost <= most, managed < 4 * PAGEBLOCK ? "tiny-zone" : "bound",
		    (j, "the boost of zone %u goes up to %" PRIu64 " pages", c->ev->cache, most),
		    (j, "it is %" PRIu64, boost));
}

/* Whole blocks may change their type; pieces of them may not. */
KMC_RULE_FN(MIG_10)
{
	KMC_VERDICT(MIG_10, c->value >= BLOCK_ORDER, "mixed",
		    (j, "in defrag_mode a pageblock is not mixed before reclaim and compaction failed"),
		    (j, "a block of order %" PRIu64 " was taken from another's", c->value));
}

/* U, M and R help each other out; reserved and isolated blocks are nobody's fallback. */
KMC_RULE_FN(MIG_1)
{
	unsigned int own = type_of(c->gfp), taken = (unsigned int)c->ev->addr2 - 1;

	KMC_VERDICT(MIG_1, taken <= 2 && (taken != own || c->open->begin.scope), "type",
		    (j, "a request of type %u falls back to the other two of unmovable, movable and "
			"reclaimable", own),
		    (j, "type %u was taken", taken));
}

/* The claiming pass begins with the largest; a movable request takes small pieces. */
KMC_RULE_FN(MIG_2)
{
	unsigned int own = type_of(c->gfp);
	uint32_t others = 0;

	if (own == 1 || c->open->begin.scope)
		return;
	for (unsigned int type = 0; type < 3; type++)
		if (type != own)
			others |= j->reports[c->value].orders[type];
	/* Since 6.15 what cannot be claimed whole is taken from the smallest block. */
	if (kmc_release_of(j) >= KMC_RELEASE(6, 15, 0))
		others &= ~0x1ffu;
	KMC_VERDICT(MIG_2, !(others >> c->ev->arg >> 1), "smaller",
		    (j, "a fallback begins with the largest block"),
		    (j, "one of order %" PRIu64 " was taken, orders %#x were free", c->ev->arg, others));
}

/* With so little memory all pageblocks are of one type: nothing to fall back from. */
KMC_RULE_FN(MIG_7)
{
	const uint64_t least_types = 4;
	uint64_t pages = 0;

	for (unsigned int i = 0; i < j->subject.machine.nr_zones; i++) {
		const struct kmc_zone *zone = &j->subject.machine.zones[i];

		pages += zone->managed ? zone->managed : zone->nr_pages;
	}
	KMC_VERDICT(MIG_7, pages >= PAGEBLOCK * least_types, "grouping",
		    (j, "%" PRIu64 " pages are too few to group them by mobility", pages),
		    (j, "a fallback from one mobility to another was reported"));
}
