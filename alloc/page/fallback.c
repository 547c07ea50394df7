/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the own type's lists are empty: claim a whole pageblock of another
 * type, else take just the piece that is needed. Under the zone's lock.
 *
 * Contract: MIG-1..5, ZON-8. Looked at: 6.18.44, whose two passes (claim from
 * the largest block, steal from the smallest) serve all profiles.
 */
#include "zone.h"

static const uint8_t fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE]   = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE]     = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* The type to fall back to at this order, or MIGRATE_TYPES. */
static unsigned int find_suitable_fallback(const struct zone *zone, unsigned int order,
					   unsigned int migratetype)
{
	if (migratetype >= MIGRATE_PCPTYPES)
		return MIGRATE_TYPES;
	for (unsigned int i = 0; i < 2; i++)
		if (zone->free_area[order].list[fallbacks[migratetype][i]].head)
			return fallbacks[migratetype][i];
	return MIGRATE_TYPES;
}

/* MIG-3 */
static bool should_try_claim_block(const struct kmc_sim *sim, unsigned int block_order,
				   unsigned int migratetype)
{
	return block_order >= PAGEBLOCK_ORDER / 2 || migratetype != MIGRATE_MOVABLE ||
	       sim->page->mobility_off;
}

/* Would a request find a block of this order to claim? */
bool fallback_claimable(const struct kmc_sim *sim, const struct zone *zone, unsigned int order,
			unsigned int migratetype)
{
	return should_try_claim_block(sim, order, migratetype) &&
	       find_suitable_fallback(zone, order, migratetype) != MIGRATE_TYPES;
}

static void trace_extfrag(struct kmc_sim *sim, struct kmc_cpu *cpu, const struct zone *zone,
			  uint64_t pfn, unsigned int order, unsigned int fallback_order,
			  unsigned int migratetype, unsigned int fallback)
{
	struct kmc_tp tp = {
		.id = KMC_TP_MM_PAGE_ALLOC_EXTFRAG,
		.node = zone->node,
		.order = order,
		.migratetype = migratetype,
		.pfn = pfn,
		.bytes_req = fallback_order,
		.bytes_alloc = fallback,
	};

	if (tracing(cpu))
		kmc_trace_emit(sim, &tp);
}

/* All free blocks of a pageblock change to @migratetype's lists. */
static void move_freepages_block(struct kmc_sim *sim, struct zone *zone, uint64_t start,
				 unsigned int migratetype)
{
	uint64_t end = start + PAGEBLOCK_PAGES;
	uint64_t pfn = buddy_next_free_head(zone, start, end);

	while (pfn < end) {
		struct page *page = pfn_to_page_in(sim, pfn);
		unsigned int order = page->order;

		__del_page_from_free_list(sim, zone, pfn, order, page->migratetype);
		__add_to_free_list(sim, zone, pfn, order, migratetype, false);
		pfn = buddy_next_free_head(zone, pfn + (1ull << order), end);
	}
	set_pageblock_migratetype(sim, start, migratetype);
}

static unsigned int count_free(struct kmc_sim *sim, const struct zone *zone, uint64_t start)
{
	uint64_t end = start + PAGEBLOCK_PAGES;
	uint64_t pfn = buddy_next_free_head(zone, start, end);
	unsigned int free = 0;

	while (pfn < end) {
		unsigned int order = pfn_to_page_in(sim, pfn)->order;

		free += 1u << order;
		pfn = buddy_next_free_head(zone, pfn + (1ull << order), end);
	}
	return free;
}

/*
 * MIG-4: free and compatible frames make up half of the pageblock.
 * Model: simplified. Frames on a per-cpu list count as in use, and as movable
 * when they left the buddy for a movable request.
 */
static bool block_is_mostly_ours(struct kmc_sim *sim, const struct zone *zone, uint64_t start,
				 unsigned int migratetype, unsigned int old)
{
	unsigned int free = count_free(sim, zone, start), alike = 0;
	unsigned int movable = sim->page->pageblocks[start >> PAGEBLOCK_ORDER].nr_movable;

	if (migratetype == MIGRATE_MOVABLE)
		alike = movable;
	else if (old == MIGRATE_MOVABLE)
		alike = PAGEBLOCK_PAGES - (free + movable);
	return free + alike >= PAGEBLOCK_PAGES / 2 || sim->page->mobility_off;
}

/* A block of at least a pageblock is taken whole. */
static struct page *claim_large_block(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
				      unsigned int block_order, unsigned int order,
				      unsigned int migratetype, unsigned int old)
{
	__del_page_from_free_list(sim, zone, pfn, block_order, old);
	for (uint64_t p = pfn; p < pfn + (1ull << block_order); p += PAGEBLOCK_PAGES)
		set_pageblock_migratetype(sim, p, migratetype);
	expand(sim, zone, pfn, order, block_order, migratetype);
	return page_leaves_buddy(sim, pfn, order, migratetype);
}

static struct page *try_to_claim_block(struct kmc_sim *sim, struct kmc_cpu *cpu,
				       struct zone *zone, uint64_t pfn, unsigned int block_order,
				       unsigned int order, unsigned int migratetype,
				       unsigned int old, bool percpu_refill)
{
	uint64_t start = pfn & ~(uint64_t)(PAGEBLOCK_PAGES - 1);

	if (block_order >= PAGEBLOCK_ORDER)
		return claim_large_block(sim, zone, pfn, block_order, order, migratetype, old);
	if (start < zone->start_pfn || start + PAGEBLOCK_PAGES > zone->end_pfn)
		return NULL; /* shared with another zone: only this zone's lock is held */
	if (!block_is_mostly_ours(sim, zone, start, migratetype, old))
		return NULL;
	move_freepages_block(sim, zone, start, migratetype);
	return __rmqueue_smallest(sim, cpu, zone, order, migratetype, percpu_refill);
}

static struct page *__rmqueue_claim(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
				    unsigned int order, unsigned int migratetype,
				    unsigned int lowest, bool percpu_refill)
{
	for (unsigned int k = MAX_PAGE_ORDER + 1; k-- > lowest;) {
		unsigned int old;
		struct page *page;
		uint64_t pfn;

		if (!should_try_claim_block(sim, k, migratetype))
			break;
		old = find_suitable_fallback(zone, k, migratetype);
		if (old == MIGRATE_TYPES)
			continue;
		pfn = zone->free_area[k].list[old].head;
		page = try_to_claim_block(sim, cpu, zone, pfn, k, order, migratetype, old,
					  percpu_refill);
		if (page) {
			trace_extfrag(sim, cpu, zone, page_to_pfn_in(sim, page), order, k,
				      migratetype, old);
			return page;
		}
	}
	return NULL;
}

/* MIG-5: the piece that is needed, the rest stays on the old list. */
static struct page *__rmqueue_steal(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
				    unsigned int order, unsigned int migratetype)
{
	for (unsigned int k = order; k < NR_PAGE_ORDERS; k++) {
		unsigned int old = find_suitable_fallback(zone, k, migratetype);
		uint64_t pfn;

		if (old == MIGRATE_TYPES)
			continue;
		pfn = zone->free_area[k].list[old].head;
		__del_page_from_free_list(sim, zone, pfn, k, old);
		expand(sim, zone, pfn, order, k, old);
		trace_extfrag(sim, cpu, zone, pfn, order, k, migratetype, old);
		return page_leaves_buddy(sim, pfn, order, migratetype);
	}
	return NULL;
}

/* Model: simplified; no watermark boost (MIG-6), one scheme for all profiles. */
struct page *rmqueue_fallback(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
			      unsigned int order, unsigned int migratetype,
			      unsigned int alloc_flags, bool percpu_refill)
{
	unsigned int lowest = order;
	struct page *page;

	if (migratetype >= MIGRATE_PCPTYPES)
		return NULL;
	if (order < PAGEBLOCK_ORDER && (alloc_flags & ALLOC_NOFRAGMENT))
		lowest = PAGEBLOCK_ORDER;
	page = __rmqueue_claim(sim, cpu, zone, order, migratetype, lowest, percpu_refill);
	if (page || (alloc_flags & ALLOC_NOFRAGMENT))
		return page;
	return __rmqueue_steal(sim, cpu, zone, order, migratetype);
}
