/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many single pages at once, straight off the cpu's list of one zone.
 *
 * Contract: PAGE-17..20, TRC-1. Looked at: 6.18.44.
 */
#include "zone.h"
#include "linux/gfp.h"
#include "linux/list.h"

/* The zone of the local node that can spare them all above its mark (PAGE-19). */
static struct zone *zone_with_room(struct alloc_context *ac, unsigned int alloc_flags,
				   unsigned long nr)
{
	struct kmc_page_state *state = ac->sim->page;
	const struct zonelist *list =
		&state->zonelists[ac->asked_node][!!(ac->gfp & __GFP_THISNODE)][ac->highest];
	const struct zone *preferred = cpuset_preferred_zone(ac, list, alloc_flags);

	for (unsigned int i = 0; i < list->nr; i++) {
		struct zone *zone = &state->zones[list->zone[i]];
		uint64_t mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK) + nr;

		if (!cpuset_zone_allowed(ac, zone, alloc_flags))
			continue;
		if (zone->node != preferred->node)
			return NULL;
		if (zone_watermark_fast(ac->sim, zone, 0, mark, ac->highest, alloc_flags, ac->gfp))
			return zone_pcp_disabled(zone) ? NULL : zone;
	}
	return NULL;
}

/* Where the pages go: the empty places of an array, or a list, which has no places. */
struct bulk_places {
	struct page **array;
	struct list_head *list;
};

static bool is_full(const struct bulk_places *to, unsigned long at)
{
	return to->array && to->array[at];
}

static void put_at(const struct bulk_places *to, unsigned long at, struct page *page)
{
	if (to->array)
		to->array[at] = page;
	else
		list_add(&page->lru, to->list);
}

/* Fill empty places until one cannot be filled; returns how far they are full. */
static unsigned long fill(struct alloc_context *ac, struct zone *zone, unsigned int alloc_flags,
			  unsigned long at, unsigned long nr, const struct bulk_places *to)
{
	for (; at < nr; at++) {
		struct page *page;

		if (is_full(to, at))
			continue;
		page = rmqueue_pcplist(ac, zone, alloc_flags);
		if (!page)
			break;
		put_at(to, at, kmc_page_prep(ac, page));
	}
	return at;
}

/* Charged requests and single places take the common path (PAGE-18). */
static bool one_by_one(const struct kmc_cpu *cpu, gfp_t gfp, unsigned long missing)
{
	return missing == 1 || ((gfp & __GFP_ACCOUNT) && !KMC_PLANTED(bulk_paid_batch) &&
				(cpu->sim->config.options & KMC_OPT_MEMCG));
}

/* Rule: PAGE-17, PAGE-18, PAGE-19, TRC-1. Model: exact. */
static unsigned long bulk(struct kmc_cpu *cpu, gfp_t gfp, int node, unsigned long nr,
			  const struct bulk_places *to)
{
	struct alloc_context ac = { .sim = cpu->sim, .cpu = cpu, .gfp = gfp, .node = node,
				    .attention = kmc_attention_bits(cpu) };
	unsigned long at = 0, before;
	struct zone *zone = NULL;

	while (at < nr && is_full(to, at))
		at++;
	if (at == nr)
		return at;
	before = at;
	if (!one_by_one(cpu, gfp, nr - at)) {
		unsigned int alloc_flags;

		if (!kmc_prepare_alloc(&ac))
			return at;
		alloc_flags = kmc_fast_alloc_flags(&ac);
		zone = zone_with_room(&ac, alloc_flags, nr);
		if (zone)
			at = fill(&ac, zone, alloc_flags, at, nr, to);
	}
	if (at == before && !KMC_PLANTED(bulk_nothing)) {
		struct page *page = kmc_pages_alloc(cpu->sim, cpu, gfp, 0, node);

		if (page)
			put_at(to, at++, page);
	}
	return at - (at > before + 1 && KMC_PLANTED(bulk_count_less));
}

static struct kmc_cpu *enter(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (unlikely(!cpu))
		kmc_bug(__FILE__, __LINE__, "an allocator call without a bound cpu");
	kmc_attention(cpu);
	return cpu;
}

unsigned long alloc_pages_bulk_node(gfp_t gfp, int nid, unsigned long nr_pages,
				    struct page **page_array)
{
	struct bulk_places to = { .array = page_array };

	return bulk(enter(), gfp, nid, nr_pages, &to);
}

unsigned long alloc_pages_bulk_list(gfp_t gfp, unsigned long nr_pages, struct list_head *list)
{
	struct bulk_places to = { .list = list };

	return bulk(enter(), gfp, NUMA_NO_NODE, nr_pages, &to);
}
