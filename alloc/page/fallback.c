/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the own type's lists are empty: claim a whole pageblock of another
 * type, else take just the piece that is needed. Under the zone's lock.
 *
 * Contract: MIG-1..6, MIG-10, ZON-8. 6.18.44 makes two passes (claim from the largest
 * block, steal from the smallest), earlier ones search once.
 */
#include <errno.h>
#include "alloc/fragmentation.h"
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
		.bytes_alloc = KMC_PLANTED(fallback_own_type) ? migratetype : fallback,
	};

	if (tracing(cpu))
		kmc_trace_emit(sim, &tp);
}

/* All free blocks of a pageblock that lies in the zone change to @migratetype's lists. */
static void move_freepages(struct kmc_sim *sim, struct zone *zone, uint64_t start,
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
}

/* And the pageblock itself. */
void move_freepages_block(struct kmc_sim *sim, struct zone *zone, uint64_t start,
			  unsigned int migratetype)
{
	move_freepages(sim, zone, start, migratetype);
	set_pageblock_migratetype(sim, start, migratetype);
}

/*
 * mixing types below a pageblock's order raises the marks, so that kswapd
 * frees more. Rule: MIG-6. Model: exact.
 */
static void boost_watermark(struct kmc_sim *sim, struct zone *zone, unsigned int alloc_flags)
{
	uint64_t most = zone->watermark[WMARK_HIGH] * sim->page->watermark_boost_factor / 10000;
	uint64_t boost = zone->watermark_boost + PAGEBLOCK_PAGES;

	if (!most || zone->managed < 4 * PAGEBLOCK_PAGES)
		return;
	if (most < PAGEBLOCK_PAGES)
		most = PAGEBLOCK_PAGES;
	__atomic_store_n(&zone->watermark_boost,
			 boost < most || KMC_PLANTED(boost_unbounded) ? boost : most,
			 __ATOMIC_RELAXED);
	setup_fast_marks(zone);
	if (alloc_flags & ALLOC_KSWAPD)
		atomic_store_explicit(&zone->boosted, true, memory_order_relaxed);
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

/* The pageblock lies in this zone alone, whose lock is held. */
static bool whole_block(const struct zone *zone, uint64_t start)
{
	return start >= zone->start_pfn && start + PAGEBLOCK_PAGES <= zone->end_pfn;
}

static struct page *try_to_claim_block(struct kmc_sim *sim, struct kmc_cpu *cpu,
				       struct zone *zone, uint64_t pfn, unsigned int block_order,
				       unsigned int order, unsigned int migratetype,
				       unsigned int old, unsigned int alloc_flags,
				       bool percpu_refill)
{
	uint64_t start = pfn & ~(uint64_t)(PAGEBLOCK_PAGES - 1);

	if (block_order >= PAGEBLOCK_ORDER)
		return claim_large_block(sim, zone, pfn, block_order, order, migratetype, old);
	boost_watermark(sim, zone, alloc_flags);
	if (!whole_block(zone, start))
		return NULL;
	if (!block_is_mostly_ours(sim, zone, start, migratetype, old))
		return NULL;
	move_freepages_block(sim, zone, start, migratetype);
	return __rmqueue_smallest(sim, cpu, zone, order, migratetype, percpu_refill);
}

static struct page *__rmqueue_claim(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
				    unsigned int order, unsigned int migratetype,
				    unsigned int lowest, unsigned int alloc_flags,
				    bool percpu_refill)
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
					  alloc_flags, percpu_refill);
		if (page) {
			trace_extfrag(sim, cpu, zone, page_to_pfn_in(sim, page), order, k,
				      migratetype, old);
			return page;
		}
	}
	return NULL;
}

/* MIG-5: the piece that is needed, the rest stays on the old list. */
static struct page *take_piece(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
			       unsigned int k, unsigned int old, unsigned int order,
			       unsigned int migratetype)
{
	uint64_t pfn = zone->free_area[k].list[old].head;

	__del_page_from_free_list(sim, zone, pfn, k, old);
	expand(sim, zone, pfn, order, k, old);
	trace_extfrag(sim, cpu, zone, pfn, order, k, migratetype, old);
	return page_leaves_buddy(sim, pfn, order, migratetype);
}

static struct page *__rmqueue_steal(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
				    unsigned int order, unsigned int migratetype)
{
	for (unsigned int k = order; k < NR_PAGE_ORDERS; k++) {
		unsigned int old = find_suitable_fallback(zone, k, migratetype);

		if (old != MIGRATE_TYPES)
			return take_piece(sim, cpu, zone, k, old, order, migratetype);
	}
	return NULL;
}

/*
 * Up to 6.12: which block to fall back to. The largest, but the smallest for
 * a movable request that would not claim the pageblock (MIG-2). Returns false
 * when there is none of @lowest or more.
 */
static bool find_fallback_block(const struct kmc_sim *sim, const struct zone *zone,
				unsigned int order, unsigned int migratetype, unsigned int lowest,
				unsigned int *found, unsigned int *old)
{
	for (unsigned int k = MAX_PAGE_ORDER + 1; k-- > lowest;) {
		*old = find_suitable_fallback(zone, k, migratetype);
		if (*old == MIGRATE_TYPES)
			continue;
		*found = k;
		if ((should_try_claim_block(sim, k, migratetype) &&
		     !KMC_PLANTED(fallback_smallest)) ||
		    k == order)
			return true;
		break;
	}
	if (*old == MIGRATE_TYPES)
		return false;
	for (unsigned int k = order; k < NR_PAGE_ORDERS; k++) {
		*old = find_suitable_fallback(zone, k, migratetype);
		*found = k;
		if (*old != MIGRATE_TYPES)
			return true;
	}
	return false;
}

/*
 * 6.1 and 6.6: blocks change lists whether or not their pageblock changes its
 * type, and the request is served from its own list afterwards (MIG-5).
 */
static void steal_to_own_list(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
			      unsigned int k, unsigned int migratetype, unsigned int old)
{
	uint64_t start = pfn & ~(uint64_t)(PAGEBLOCK_PAGES - 1);

	if (k >= PAGEBLOCK_ORDER) {
		for (uint64_t p = pfn; p < pfn + (1ull << k); p += PAGEBLOCK_PAGES)
			set_pageblock_migratetype(sim, p, migratetype);
	} else if (should_try_claim_block(sim, k, migratetype) && whole_block(zone, start)) {
		bool ours = block_is_mostly_ours(sim, zone, start, migratetype,
						 get_pageblock_migratetype(sim, pfn));

		move_freepages(sim, zone, start, migratetype);
		if (ours)
			set_pageblock_migratetype(sim, start, migratetype);
		return;
	}
	__del_page_from_free_list(sim, zone, pfn, k, old);
	__add_to_free_list(sim, zone, pfn, k, migratetype, false);
}

/* Up to 6.12 one search. Rule: MIG-2..6. Model: exact (looked at: 6.1.192, 6.12). */
static struct page *fallback_one_search(struct kmc_sim *sim, struct kmc_cpu *cpu,
					struct zone *zone, unsigned int order,
					unsigned int migratetype, unsigned int lowest,
					unsigned int alloc_flags, bool percpu_refill)
{
	unsigned int k, old;
	struct page *page = NULL;
	uint64_t pfn;

	if (!find_fallback_block(sim, zone, order, migratetype, lowest, &k, &old))
		return NULL;
	pfn = zone->free_area[k].list[old].head;
	if (type_hygiene(sim)) {
		bool claim = should_try_claim_block(sim, k, migratetype);

		if (claim)
			page = try_to_claim_block(sim, cpu, zone, pfn, k, order, migratetype, old,
						  alloc_flags, percpu_refill);
		else
			boost_watermark(sim, zone, alloc_flags);
		if (!page)
			return take_piece(sim, cpu, zone, k, old, order, migratetype);
	} else {
		if (k < PAGEBLOCK_ORDER)
			boost_watermark(sim, zone, alloc_flags);
		steal_to_own_list(sim, zone, pfn, k, migratetype, old);
		page = __rmqueue_smallest(sim, cpu, zone, order, migratetype, percpu_refill);
	}
	if (page)
		trace_extfrag(sim, cpu, zone, page_to_pfn_in(sim, page), order, k, migratetype, old);
	return page;
}

/* Rule: MIG-1..6, ZON-8. Model: exact. */
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
	if (sim->config.profile < KMC_PROFILE_6_18_44)
		return fallback_one_search(sim, cpu, zone, order, migratetype, lowest,
					   alloc_flags, percpu_refill);
	page = __rmqueue_claim(sim, cpu, zone, order, migratetype, lowest, alloc_flags,
			       percpu_refill);
	if (page || (alloc_flags & ALLOC_NOFRAGMENT))
		return page;
	return __rmqueue_steal(sim, cpu, zone, order, migratetype);
}

/* Rule: MIG-10. Model: exact; the requests' side is in slowpath.c. */
int kmc_sim_set_defrag_mode(struct kmc_sim *sim, bool on)
{
	if (sim->config.profile < KMC_PROFILE_6_18_44)
		return -EINVAL;
	kmc_touch(sim, &sim->page->defrag_mode, sizeof(bool));
	sim->page->defrag_mode = on && !KMC_PLANTED(defrag_ignored);
	return 0;
}

void kmc_sim_set_boost_factor(struct kmc_sim *sim, uint64_t factor)
{
	kmc_touch(sim, &sim->page->watermark_boost_factor, sizeof(uint64_t));
	sim->page->watermark_boost_factor = factor;
}
