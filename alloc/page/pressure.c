/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A zone brought to an exact number of free pages: blocks are taken out of it,
 * past all marks, and kept in a list through their private words.
 */
#include <errno.h>
#include "alloc/pagesets.h"
#include "alloc/pressure.h"
#include "page_alloc.h"
#include "zone.h"

static struct zone *find_zone(struct kmc_sim *sim, unsigned int node, enum kmc_zone_type type)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		if (sim->page->zones[i].node == node && sim->page->zones[i].type == type)
			return &sim->page->zones[i];
	return NULL;
}

/* The largest block of at most @want pages that the zone has; NULL none. */
static struct page *take_block(struct alloc_context *ac, struct zone *zone, uint64_t want)
{
	static const unsigned int types[] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE,
					      MIGRATE_RECLAIMABLE };
	struct page *page = NULL;

	kmc_lock_take(&zone->lock);
	buddy_touch(ac->sim, zone);
	for (int order = MAX_PAGE_ORDER; order >= 0 && !page; order--) {
		ac->order = (unsigned int)order;
		for (unsigned int i = 0; (1ull << order) <= want && i < 3 && !page; i++)
			page = __rmqueue_smallest(ac->sim, ac->cpu, zone, ac->order, types[i], false);
		if (page)
			count_direct_alloc(zone, ac->cpu, ac->order);
	}
	kmc_lock_drop(&zone->lock);
	return page ? kmc_page_prep(ac, page) : NULL;
}

static void hold(struct kmc_sim *sim, struct zone *zone, struct page *page)
{
	kmc_touch(sim, page, sizeof(*page));
	kmc_touch(sim, &zone->held, sizeof(zone->held));
	page->private_words[0] = zone->held;
	kmc_page_hold(sim, page);
	zone->held = page_to_pfn_in(sim, page);
}

static void give_one(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone)
{
	struct page *page = pfn_to_page_in(sim, zone->held);

	kmc_touch(sim, &zone->held, sizeof(zone->held));
	zone->held = page->private_words[0];
	kmc_pages_free(sim, cpu, page, page->order);
}

int64_t kmc_sim_pressure(struct kmc_sim *sim, unsigned int node, enum kmc_zone_type type,
			 uint64_t free_pages)
{
	struct alloc_context ac = { .sim = sim, .cpu = kmc_this_cpu, .node = (int)node,
				    .gfp = __GFP_COMP };
	struct zone *zone = find_zone(sim, node, type);
	struct page *page;

	if (!zone || !kmc_this_cpu)
		return -EINVAL;
	kmc_sim_drain_all(sim);
	while (zone_nr_free(zone) < free_pages && zone->held) {
		give_one(sim, kmc_this_cpu, zone);
		kmc_sim_drain_all(sim);
	}
	while (zone_nr_free(zone) > free_pages &&
	       (page = take_block(&ac, zone, zone_nr_free(zone) - free_pages)))
		hold(sim, zone, page);
	return (int64_t)zone_nr_free(zone);
}
