/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reserve of high orders for requests that must not wait: pageblocks that turn
 * HighAtomic when such a request was served from them, about a hundredth of a zone,
 * and turn back when memory is short.
 *
 * Contract: HA-1..6, R-7 steps 10 and 14, I-4, I-5. Looked at: 6.18.44.
 */
#include "zone.h"

/* HA-2: how much of the zone the reserve may become; 0 none. */
static uint64_t reserve_limit(const struct kmc_sim *sim, const struct zone *zone)
{
	uint64_t share = zone->managed / 100;

	if (sim->config.profile < KMC_PROFILE_6_12_117)
		return share + PAGEBLOCK_PAGES;
	if (share < PAGEBLOCK_PAGES)
		return 0;
	return (share + PAGEBLOCK_PAGES - 1) & ~(uint64_t)(PAGEBLOCK_PAGES - 1);
}

static bool whole_in(const struct zone *zone, uint64_t start)
{
	return start >= zone->start_pfn && start + PAGEBLOCK_PAGES <= zone->end_pfn;
}

static void set_reserved(struct zone *zone, uint64_t pages)
{
	__atomic_store_n(&zone->nr_reserved_highatomic, pages, __ATOMIC_RELAXED);
	setup_fast_marks(zone);
}

/* The block's pageblocks, those of a large block all. Context: the zone's lock. */
static void reserve_block(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int order)
{
	uint64_t start = pfn & ~(uint64_t)(PAGEBLOCK_PAGES - 1);
	uint64_t end = order > PAGEBLOCK_ORDER && type_hygiene(sim) ? pfn + (1ull << order)
								    : start + PAGEBLOCK_PAGES;

	for (; start < end; start += PAGEBLOCK_PAGES) {
		if (get_pageblock_migratetype(sim, start) >= MIGRATE_PCPTYPES ||
		    !whole_in(zone, start))
			continue; /* HA-6 */
		move_freepages_block(sim, zone, start, MIGRATE_HIGHATOMIC);
		set_reserved(zone, zone_nr_reserved_highatomic(zone) + PAGEBLOCK_PAGES);
	}
}

/* Rule: HA-1, HA-2, HA-6. Model: exact. */
void reserve_highatomic_pageblock(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
				  unsigned int order)
{
	uint64_t limit = reserve_limit(sim, zone);

	if (zone_nr_reserved_highatomic(zone) >= limit)
		return;
	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	if (zone_nr_reserved_highatomic(zone) < limit)
		reserve_block(sim, zone, pfn, order);
	kmc_lock_drop(&zone->lock);
}

/* What is free in a pageblock becomes @type's, and merges with what is free beside it. */
static void give_pageblock(struct kmc_sim *sim, struct zone *zone, uint64_t start,
			   unsigned int type)
{
	uint64_t end = start + PAGEBLOCK_PAGES;
	uint64_t pfn = buddy_next_free_head(zone, start, end);

	set_pageblock_migratetype(sim, start, type);
	while (pfn < end) {
		unsigned int order = pfn_to_page_in(sim, pfn)->order;

		__del_page_from_free_list(sim, zone, pfn, order, MIGRATE_HIGHATOMIC);
		buddy_merge_add(sim, zone, pfn, order, type);
		pfn = buddy_next_free_head(zone, pfn + (1ull << order), end);
	}
}

/*
 * The first free block of the reserve, from small to large, gives its pageblocks to
 * @type. Context: the zone's lock. Return: frames that came free of the reserve.
 */
static uint64_t unreserve_one(struct kmc_sim *sim, struct zone *zone, unsigned int type)
{
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		uint64_t pfn = zone->free_area[order].list[MIGRATE_HIGHATOMIC].head;
		uint64_t before = zone->nr_free_highatomic, start, nr = 0;

		if (!pfn)
			continue;
		start = pfn & ~(uint64_t)(PAGEBLOCK_PAGES - 1);
		if (order > PAGEBLOCK_ORDER) {
			__del_page_from_free_list(sim, zone, pfn, order, MIGRATE_HIGHATOMIC);
			__add_to_free_list(sim, zone, pfn, order, type, false);
			for (; nr < 1ull << order; nr += PAGEBLOCK_PAGES)
				set_pageblock_migratetype(sim, start + nr, type);
		} else {
			give_pageblock(sim, zone, start, type);
			nr = PAGEBLOCK_PAGES;
		}
		set_reserved(zone, zone_nr_reserved_highatomic(zone) - nr);
		return before - zone->nr_free_highatomic;
	}
	return 0;
}

/* Rule: HA-5. Model: exact, but that a whole pageblock merges at once, as I-9 wants it. */
bool unreserve_highatomic_pageblock(struct alloc_context *ac, const struct zonelist *list,
				    bool force)
{
	for (unsigned int i = 0; i < list->nr; i++) {
		struct zone *zone = &ac->sim->page->zones[list->zone[i]];
		uint64_t freed;

		if (zone_nr_reserved_highatomic(zone) <= (force ? 0 : PAGEBLOCK_PAGES))
			continue;
		kmc_lock_take(&zone->lock);
		buddy_touch(ac->sim, zone);
		freed = unreserve_one(ac->sim, zone, ac->migratetype);
		kmc_lock_drop(&zone->lock);
		if (freed)
			return true;
	}
	return false;
}
