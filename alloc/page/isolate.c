/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Isolated pageblocks: what is free in them is handed out to nobody and does
 * not count, what is freed in them stays there.
 *
 * Contract: MIG-8, MIG-9, BUD-3. Looked at: 6.18.44, which keeps the former type
 * beside the isolation; up to 6.12 who ends the isolation names the type.
 */
#include <errno.h>
#include "isolate.h"

static uint64_t clip_start(const struct zone *zone, uint64_t start)
{
	return start > zone->start_pfn ? start : zone->start_pfn;
}

static uint64_t clip_end(const struct zone *zone, uint64_t start)
{
	return start + PAGEBLOCK_PAGES < zone->end_pfn ? start + PAGEBLOCK_PAGES : zone->end_pfn;
}

/* The pageblock has frames of another zone too, whose lock is not ours. */
static bool is_shared(const struct kmc_sim *sim, const struct zone *zone, uint64_t start)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		const struct zone *other = &sim->page->zones[i];

		if (other != zone && other->start_pfn < start + PAGEBLOCK_PAGES &&
		    other->end_pfn > start)
			return true;
	}
	return false;
}

uint64_t buddy_covering(struct kmc_sim *sim, const struct zone *zone, uint64_t pfn)
{
	for (unsigned int k = 0; k < NR_PAGE_ORDERS; k++) {
		uint64_t head = pfn & ~((1ull << k) - 1);

		if (head < zone->start_pfn)
			break;
		if (buddy_next_free_head(zone, head, head + 1) == head)
			return pfn_to_page_in(sim, head)->order >= k ? head : UINT64_MAX;
	}
	return UINT64_MAX;
}

/* A free block of several pageblocks becomes one of each. */
static void split_large(struct kmc_sim *sim, struct zone *zone, uint64_t start)
{
	uint64_t head = buddy_covering(sim, zone, start);
	unsigned int order, type;

	if (head == UINT64_MAX || pfn_to_page_in(sim, head)->order <= PAGEBLOCK_ORDER)
		return;
	order = pfn_to_page_in(sim, head)->order;
	type = pfn_to_page_in(sim, head)->migratetype;
	__del_page_from_free_list(sim, zone, head, order, type);
	for (uint64_t p = head; p < head + (1ull << order); p += PAGEBLOCK_PAGES)
		__add_to_free_list(sim, zone, p, PAGEBLOCK_ORDER,
				   type_hygiene(sim) ? get_pageblock_migratetype(sim, p) : type,
				   false);
}

static void move_free(struct kmc_sim *sim, struct zone *zone, uint64_t start, unsigned int type)
{
	uint64_t end = clip_end(zone, start);
	uint64_t pfn = buddy_next_free_head(zone, clip_start(zone, start), end);

	while (pfn < end) {
		struct page *page = pfn_to_page_in(sim, pfn);
		unsigned int order = page->order;

		__del_page_from_free_list(sim, zone, pfn, order, page->migratetype);
		buddy_merge_add(sim, zone, pfn, order, type);
		pfn = buddy_next_free_head(zone, pfn + (1ull << order), end);
	}
}

static void set_former(struct kmc_sim *sim, uint64_t start, unsigned int type)
{
	struct pageblock *block = &sim->page->pageblocks[start >> PAGEBLOCK_ORDER];

	kmc_touch(sim, block, sizeof(*block));
	block->former = type & 7;
}

/* Rule: MIG-8. Model: exact but for who else uses the pageblock, which the caller asks. */
int set_migratetype_isolate(struct kmc_sim *sim, struct zone *zone, uint64_t start, bool cma)
{
	unsigned int type;
	int err = -EBUSY;

	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	type = get_pageblock_migratetype(sim, start);
	if (!is_shared(sim, zone, start) &&
	    (type < MIGRATE_PCPTYPES || (type == MIGRATE_CMA && cma))) {
		split_large(sim, zone, start);
		set_former(sim, start, type);
		set_pageblock_migratetype(sim, start, MIGRATE_ISOLATE);
		move_free(sim, zone, start, MIGRATE_ISOLATE);
		err = 0;
	}
	kmc_lock_drop(&zone->lock);
	return err;
}

/* Rule: MIG-8, MIG-9. Model: exact. */
void unset_migratetype_isolate(struct kmc_sim *sim, struct zone *zone, uint64_t start,
			       unsigned int type)
{
	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	if (get_pageblock_migratetype(sim, start) == MIGRATE_ISOLATE) {
		if (sim->config.profile >= KMC_PROFILE_6_18_44)
			type = sim->page->pageblocks[start >> PAGEBLOCK_ORDER].former;
		split_large(sim, zone, start);
		set_former(sim, start, 0);
		set_pageblock_migratetype(sim, start, type);
		move_free(sim, zone, start, type);
	}
	kmc_lock_drop(&zone->lock);
}
