/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compaction on behalf of a request: the zones of its zonelist one after the
 * other, and whether another round is worth its while.
 *
 * Contract: R-7 steps 5, 11, 15; CPT-1..5, GFP-36. Looked at: 6.18.44.
 */
#include "compact_zone.h"

#define MAX_COMPACT_RETRIES    16u

/*
 * What the slow path asks before it counts on compaction; up to 6.7 it did not
 * ask, and was told COMPACT_SKIPPED. Rule: GFP-36. Model: exact.
 */
bool gfp_compaction_allowed(const struct kmc_sim *sim, gfp_t gfp)
{
	return sim->config.profile == KMC_PROFILE_6_6_9 || (gfp & __GFP_IO) ||
	       KMC_PLANTED(compacts_without_io);
}

static const struct zonelist *zonelist_of(const struct alloc_context *ac)
{
	return &ac->sim->page->zonelists[ac->asked_node][!!(ac->gfp & __GFP_THISNODE)][ac->highest];
}

static enum compact_mode mode_of(enum compact_priority prio)
{
	return prio == COMPACT_PRIO_ASYNC      ? COMPACT_MODE_ASYNC :
	       prio == COMPACT_PRIO_SYNC_LIGHT ? COMPACT_MODE_SYNC_LIGHT :
						 COMPACT_MODE_SYNC;
}

/* One zone, by the deferral's leave. Model: exact. */
static enum compact_result compact_zone_order(struct alloc_context *ac, struct zone *zone,
					      unsigned int alloc_flags, enum compact_priority prio)
{
	struct compact_control cc = {
		.sim = ac->sim, .cpu = ac->cpu, .zone = zone, .order = ac->order,
		.migratetype = ac->migratetype, .highest = ac->highest,
		.alloc_flags = alloc_flags,
		.mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK),
		.mode = mode_of(prio), .ignore_types = prio == COMPACT_PRIO_SYNC_FULL,
	};
	enum compact_result result;

	if (prio > COMPACT_PRIO_SYNC_FULL && compaction_deferred(ac->sim, zone, ac->order))
		return COMPACT_DEFERRED;
	result = compact_zone(&cc);
	if (result == COMPACT_SUCCESS)
		compaction_defer_reset(ac->sim, zone, ac->order, false);
	else if (prio != COMPACT_PRIO_ASYNC &&
		 (result == COMPACT_COMPLETE || result == COMPACT_PARTIAL_SKIPPED))
		defer_compaction(ac->sim, zone, ac->order);
	return result;
}

static void trace_try(struct alloc_context *ac, enum compact_priority prio)
{
	struct kmc_tp tp = { .id = KMC_TP_COMPACTION_TRY, .node = ac->node, .order = ac->order,
			     .migratetype = ac->migratetype, .gfp = ac->gfp, .pfn = UINT64_MAX,
			     .bytes_req = prio };

	kmc_trace_emit(ac->sim, &tp);
}

/* Rule: CPT-1. Model: exact. */
static enum compact_result try_to_compact_pages(struct alloc_context *ac, unsigned int alloc_flags,
						enum compact_priority prio)
{
	const struct zonelist *list = zonelist_of(ac);
	enum compact_result best = COMPACT_SKIPPED;

	if (!(ac->gfp & __GFP_IO) && !KMC_PLANTED(compacts_without_io))
		return COMPACT_SKIPPED;
	trace_try(ac, prio);
	for (unsigned int i = 0; i < list->nr; i++) {
		struct zone *zone = &ac->sim->page->zones[list->zone[i]];
		enum compact_result result;

		if (!cpuset_zone_allowed(ac, zone, alloc_flags))
			continue;
		result = compact_zone_order(ac, zone, alloc_flags, prio);
		if (result > best)
			best = result;
		if (result == COMPACT_SUCCESS)
			break;
	}
	return best;
}

static struct zone *zone_of(struct kmc_sim *sim, const struct page *page)
{
	return &sim->page->zones[kmc_zone_index(sim, page_to_pfn_in(sim, page))];
}

/* Rule: CPT-1, CPT-4, BUD-7. Model: exact (R-7 5, 11); nothing is captured, which BUD-7 leaves free. */
struct page *__alloc_pages_direct_compact(struct alloc_context *ac, unsigned int alloc_flags,
					  enum compact_priority prio, enum compact_result *result)
{
	struct page *page;

	*result = COMPACT_SKIPPED;
	if (!ac->order)
		return NULL;
	*result = try_to_compact_pages(ac, alloc_flags, prio);
	if (*result == COMPACT_SKIPPED)
		return NULL;
	count_vm_event(ac->sim, KMC_COMPACTSTALL, 1);
	page = get_page_from_freelist(ac, alloc_flags);
	count_vm_event(ac->sim, page ? KMC_COMPACTSUCCESS : KMC_COMPACTFAIL, 1);
	if (!page)
		return NULL;
	kmc_page_prep(ac, page);
	compaction_defer_reset(ac->sim, zone_of(ac->sim, page), ac->order, true);
	return page;
}

/* Would compaction be possible if all that can be reclaimed were free? */
static bool compaction_zonelist_suitable(struct alloc_context *ac)
{
	const struct zonelist *list = zonelist_of(ac);

	for (unsigned int i = 0; i < list->nr; i++) {
		struct zone *zone = &ac->sim->page->zones[list->zone[i]];
		uint64_t reclaimable = zone_reclaimable_pages(ac->sim, zone);

		if (compaction_suitable_with(ac->sim, zone, ac->order, ac->highest,
					     reclaimable / ac->order))
			return true;
	}
	return false;
}

static bool compact_again(struct alloc_context *ac, enum compact_result result,
			  enum compact_priority *prio, unsigned int *retries)
{
	bool costly = ac->order > COSTLY_ORDER;
	enum compact_priority least = costly ? MIN_COMPACT_COSTLY_PRIORITY : COMPACT_PRIO_SYNC_FULL;

	if (result == COMPACT_SKIPPED)
		return compaction_zonelist_suitable(ac);
	if (result == COMPACT_SUCCESS &&
	    ++*retries <= (costly ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES))
		return true;
	if (*prio <= least)
		return false;
	--*prio;
	*retries = 0;
	return true;
}

/* Rule: CPT-5. Model: exact (R-10.4; a fatal signal is an exiting task). */
bool should_compact_retry(struct alloc_context *ac, unsigned int alloc_flags,
			  enum compact_result result, enum compact_priority *prio,
			  unsigned int *retries)
{
	struct kmc_tp tp = { .id = KMC_TP_COMPACT_RETRY, .node = ac->node, .order = ac->order,
			     .gfp = ac->gfp, .bytes_req = *prio, .bytes_alloc = result };

	(void)alloc_flags;
	if (!ac->order || (ac->cpu->task->flags & KMC_PF_FATAL_SIGNAL))
		return false;
	tp.pfn = compact_again(ac, result, prio, retries);
	kmc_trace_emit(ac->sim, &tp);
	return tp.pfn;
}
