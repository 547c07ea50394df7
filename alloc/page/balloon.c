/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Balloons: pages of a zone that are not managed while the host has them. They
 * are in use, linked by their first private word, and on nobody's account but their
 * zone's.
 *
 * Contract: ZON-6, R-5.11. Looked at: 6.18.44.
 */
#include <errno.h>
#include "alloc/balloon.h"
#include "alloc/pagesets.h"
#include "zone.h"

static struct zone *zone_of_type(struct kmc_sim *sim, unsigned int node, enum kmc_zone_type type)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		if (sim->page->zones[i].node == node && sim->page->zones[i].type == type)
			return &sim->page->zones[i];
	return NULL;
}

/* Of any type but the reserved ones, above the min mark. NULL: none to be had. */
static struct page *take_page(struct alloc_context *ac, struct zone *zone)
{
	struct page *page = NULL;

	if (!zone_watermark_ok(ac->sim, zone, 0, wmark_pages(zone, WMARK_MIN), zone->type, 0))
		return NULL;
	kmc_lock_take(&zone->lock);
	buddy_touch(ac->sim, zone);
	for (unsigned int type = 0; type < MIGRATE_PCPTYPES && !page; type++)
		page = __rmqueue_smallest(ac->sim, ac->cpu, zone, 0, type, false);
	if (page)
		count_direct_alloc(zone, ac->cpu, 0);
	kmc_lock_drop(&zone->lock);
	return page ? kmc_page_prep(ac, page) : NULL;
}

static void inflate(struct zone *zone, struct kmc_sim *sim, struct page *page)
{
	kmc_touch(sim, page, sizeof(*page));
	kmc_touch(sim, zone, sizeof(*zone));
	page->private_words[0] = zone->balloon_head;
	kmc_page_hold(sim, page);
	zone->balloon_head = page_to_pfn_in(sim, page);
	zone->balloon++;
	zone->managed--;
}

static void deflate(struct zone *zone, struct kmc_sim *sim)
{
	struct page *page = pfn_to_page_in(sim, zone->balloon_head);

	kmc_touch(sim, zone, sizeof(*zone));
	zone->balloon_head = page->private_words[0];
	zone->balloon--;
	zone->managed++;
	kmc_pages_free(sim, kmc_this_cpu, page, 0);
}

/* Rule: ZON-6. Model: exact; what the balloon has does not move. */
int64_t kmc_sim_balloon(struct kmc_sim *sim, unsigned int node, enum kmc_zone_type type,
			uint64_t pages)
{
	struct alloc_context ac = { .sim = sim, .cpu = kmc_this_cpu, .node = (int)node };
	struct zone *zone = zone_of_type(sim, node, type);
	struct page *page;

	if (!zone || !kmc_this_cpu)
		return -EINVAL;
	kmc_sim_drain_all(sim);
	while (zone->balloon > pages)
		deflate(zone, sim);
	while (zone->balloon < pages && (page = take_page(&ac, zone)))
		inflate(zone, sim, page);
	kmc_sim_drain_all(sim);
	if (sim->config.profile == KMC_PROFILE_6_18_44) {
		kmc_touch(sim, sim->page, sizeof(*sim->page));
		kmc_lowmem_reserve_refresh(sim);
	}
	return (int64_t)zone->balloon;
}
