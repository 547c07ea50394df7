/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One zone: two scanners, one that takes movable blocks from the bottom and
 * one that finds free places from the top, until they meet or a block of the
 * wanted order is there.
 *
 * Contract, CPT-3, CPT-6. Looked at: 6.18.44. The kernel
 * collects 32 pages at a time and remembers where it was; here each block moves
 * by itself and a run begins at the zone's ends, so that what it does follows
 * from the zone alone.
 */
#include <errno.h>
#include "compact_zone.h"

#define EXTFRAG_THRESHOLD   500

static uint64_t pageblock_start(uint64_t pfn)
{
	return pfn & ~(uint64_t)(PAGEBLOCK_PAGES - 1);
}

/* A zone's share of a pageblock: zones may meet in one. */
static uint64_t first_of(const struct zone *zone, uint64_t start)
{
	return start > zone->start_pfn ? start : zone->start_pfn;
}

static uint64_t end_of(const struct zone *zone, uint64_t start)
{
	return start + PAGEBLOCK_PAGES < zone->end_pfn ? start + PAGEBLOCK_PAGES : zone->end_pfn;
}

/* The mark that compaction adds its needs to; up to 6.12 the low one for costly orders. */
static uint64_t suitable_mark(const struct kmc_sim *sim, const struct zone *zone,
			      unsigned int order, uint64_t mark)
{
	uint64_t gap = wmark_pages(zone, WMARK_LOW) - wmark_pages(zone, WMARK_MIN);

	if (order <= COSTLY_ORDER)
		return sim->config.profile >= KMC_PROFILE_6_18_44 ? mark
								   : wmark_pages(zone, WMARK_MIN);
	return sim->config.profile >= KMC_PROFILE_6_18_44 ? mark + gap
							   : wmark_pages(zone, WMARK_LOW);
}

/* Rule: CPT-3. Model: exact (R-10.2; the fragmentation index is apart). */
bool compaction_suitable(struct kmc_sim *sim, struct zone *zone, unsigned int order, uint64_t mark,
			 unsigned int highest)
{
	return zone_watermark_ok(sim, zone, 0,
				 suitable_mark(sim, zone, order, mark) + (2ull << order), highest,
				 ALLOC_CMA);
}

bool compaction_suitable_with(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			      unsigned int highest, uint64_t more)
{
	uint64_t mark = suitable_mark(sim, zone, order, wmark_pages(zone, WMARK_MIN)) +
			(2ull << order);
	uint64_t need = mark + zone->lowmem_reserve[highest];

	/* As zone_watermark_ok() for order 0 with the right to CMA, of more free pages. */
	return zone_nr_free(zone) + more > need + zone_nr_free_highatomic(zone);
}

/* how much of a failure would be due to fragmentation, in thousandths; -1000 none. */
static int64_t fragmentation_index(const struct zone *zone, unsigned int order)
{
	uint64_t blocks = 0, pages = 0;

	for (unsigned int k = 0; k < NR_PAGE_ORDERS; k++) {
		uint64_t nr = zone->free_area[k].nr_free;

		if (nr && k >= order)
			return -1000;
		blocks += nr;
		pages += nr << k;
	}
	if (!blocks)
		return 0;
	return 1000 - (int64_t)((1000 + pages * 1000 / (1u << order)) / blocks);
}

/* Rule: CPT-3. Model: exact. */
static enum compact_result suitable(const struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	int64_t index;

	if (cc->whole_zone)
		return COMPACT_CONTINUE;
	if (zone_watermark_ok(cc->sim, zone, cc->order, cc->mark, cc->highest, cc->alloc_flags))
		return COMPACT_SUCCESS;
	if (!compaction_suitable(cc->sim, zone, cc->order, cc->mark, cc->highest))
		return COMPACT_SKIPPED;
	if (cc->order <= COSTLY_ORDER)
		return COMPACT_CONTINUE;
	kmc_lock_take(&zone->lock);
	index = fragmentation_index(zone, cc->order);
	kmc_lock_drop(&zone->lock);
	return index >= 0 && index <= EXTFRAG_THRESHOLD ? COMPACT_NOT_SUITABLE_ZONE
							: COMPACT_CONTINUE;
}

/* May moved blocks be put here? Not into free blocks of a whole pageblock. */
static bool suitable_target(const struct compact_control *cc, uint64_t start)
{
	unsigned int type = get_pageblock_migratetype(cc->sim, start);

	if (cc->mode == COMPACT_MODE_ASYNC || !cc->ignore_types)
		return type == MIGRATE_MOVABLE || type == MIGRATE_CMA;
	return type < MIGRATE_HIGHATOMIC || type == MIGRATE_CMA;
}

/* An asynchronous run looks only where its request would like to be (CPT-1). */
static bool suitable_source(const struct compact_control *cc, uint64_t start)
{
	unsigned int type = get_pageblock_migratetype(cc->sim, start);

	if (type == MIGRATE_ISOLATE)
		return false;
	if (cc->mode != COMPACT_MODE_ASYNC || cc->whole_zone)
		return true;
	if (cc->migratetype == MIGRATE_MOVABLE)
		return type == MIGRATE_MOVABLE || type == MIGRATE_CMA;
	return type == cc->migratetype;
}

/* The lowest free block of @order or more, less than a pageblock, in the pageblock at @start. */
static uint64_t find_free(const struct compact_control *cc, uint64_t start, unsigned int order)
{
	struct zone *zone = cc->zone;
	uint64_t end = end_of(zone, start);
	uint64_t pfn = buddy_next_free_head(zone, first_of(zone, start), end);

	while (pfn < end) {
		unsigned int found = pfn_to_page_in(cc->sim, pfn)->order;

		if (found >= order && found < PAGEBLOCK_ORDER)
			return pfn;
		pfn = buddy_next_free_head(zone, pfn + (1ull << found), end);
	}
	return 0;
}

/* Take [pfn, pfn + 2^order) out of the free block that begins there. */
static struct page *take_target(const struct compact_control *cc, uint64_t pfn, unsigned int order)
{
	const struct page *page = pfn_to_page_in(cc->sim, pfn);
	unsigned int found = page->order, type = page->migratetype;

	__del_page_from_free_list(cc->sim, cc->zone, pfn, found, type);
	expand(cc->sim, cc->zone, pfn, order, found, type);
	cc->zone->unaccounted += 1u << order;
	return page_leaves_buddy(cc->sim, pfn, order, MIGRATE_MOVABLE);
}

/* The free scanner: down from where it was, never below the other one's pageblock. */
static struct page *compaction_alloc(void *arg, unsigned int order)
{
	struct compact_control *cc = arg;
	struct page *page = NULL;

	kmc_lock_take(&cc->zone->lock);
	buddy_touch(cc->sim, cc->zone);
	while (!page && cc->free_pfn > cc->migrate_pfn) {
		uint64_t pfn = suitable_target(cc, cc->free_pfn) ?
			find_free(cc, cc->free_pfn, order) : 0;

		if (pfn)
			page = take_target(cc, pfn, order);
		else
			cc->free_pfn -= PAGEBLOCK_PAGES;
	}
	kmc_lock_drop(&cc->zone->lock);
	return page;
}

/* is there what the request needs? */
static bool block_is_there(const struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	bool found = false;

	kmc_lock_take(&zone->lock);
	for (unsigned int k = cc->order; k < NR_PAGE_ORDERS && !found; k++) {
		const struct free_area *area = &zone->free_area[k];

		found = area->list[cc->migratetype].head ||
			(cc->migratetype == MIGRATE_MOVABLE && area->list[MIGRATE_CMA].head) ||
			fallback_claimable(cc->sim, zone, k, cc->migratetype);
	}
	kmc_lock_drop(&zone->lock);
	return found;
}

/* At the end of a pageblock. Model: exact. */
static enum compact_result finished(const struct compact_control *cc)
{
	if (cc->free_pfn <= cc->migrate_pfn)
		return cc->mode == COMPACT_MODE_ASYNC ? COMPACT_PARTIAL_SKIPPED : COMPACT_COMPLETE;
	if (!cc->whole_zone && block_is_there(cc))
		return COMPACT_SUCCESS;
	return COMPACT_CONTINUE;
}

/* Larger folios than wanted are left; before 6.12 all that are larger than a page. */
static unsigned int largest_moved(const struct compact_control *cc)
{
	if (cc->sim->config.profile < KMC_PROFILE_6_12_117 || !cc->order)
		return 0;
	return cc->whole_zone ? PAGEBLOCK_ORDER - 1 : cc->order - 1;
}

/* All movable blocks of the pageblock at migrate_pfn. -ENOMEM: the scanners met. */
static int migrate_pageblock(struct compact_control *cc)
{
	uint64_t start = first_of(cc->zone, cc->migrate_pfn);
	uint64_t end = end_of(cc->zone, cc->migrate_pfn);
	uint64_t pfn = kmc_next_movable(cc->sim, start, end);
	unsigned int largest = largest_moved(cc);

	while (pfn < end) {
		int moved = kmc_migrate(cc->sim, cc->cpu, pfn, largest, compaction_alloc, cc,
					NULL);

		if (moved == -ENOMEM)
			return moved;
		if (moved < 0)
			cc->nr_stayed++;
		else
			cc->nr_migrated += (unsigned int)moved;
		pfn = kmc_next_movable(cc->sim, pfn + 1, end);
	}
	return 0;
}

static void trace_zone(const struct compact_control *cc, enum kmc_tp_id id, uint64_t a, uint64_t b)
{
	struct kmc_tp tp = { .id = id, .node = cc->zone->node, .order = cc->order,
			     .migratetype = cc->migratetype, .pfn = cc->zone->start_pfn,
			     .bytes_req = a, .bytes_alloc = b };

	kmc_trace_emit(cc->sim, &tp);
}

static enum compact_result scan(struct compact_control *cc)
{
	enum compact_result result = finished(cc);

	while (result == COMPACT_CONTINUE) {
		if (suitable_source(cc, cc->migrate_pfn) && migrate_pageblock(cc))
			return COMPACT_COMPLETE;
		cc->migrate_pfn += PAGEBLOCK_PAGES;
		result = finished(cc);
	}
	return result;
}

/*
 * Rule: CPT-3, CPT-6. Model: simplified (no cached positions, no skip bits, no
 * contention; the outcomes of R-10 else).
 */
enum compact_result compact_zone(struct compact_control *cc)
{
	enum compact_result result = suitable(cc);

	trace_zone(cc, KMC_TP_COMPACTION_SUITABLE, result, 0);
	if (result != COMPACT_CONTINUE)
		return result;
	cc->migrate_pfn = pageblock_start(cc->zone->start_pfn);
	cc->free_pfn = pageblock_start(cc->zone->end_pfn - 1);
	trace_zone(cc, KMC_TP_COMPACTION_BEGIN, cc->mode != COMPACT_MODE_ASYNC, 0);
	result = scan(cc);
	if (cc->nr_migrated || cc->nr_stayed)
		trace_zone(cc, KMC_TP_COMPACTION_MIGRATEPAGES, cc->nr_migrated, cc->nr_stayed);
	trace_zone(cc, KMC_TP_COMPACTION_END, result, cc->nr_migrated);
	return result;
}
