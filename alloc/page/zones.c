/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot of the page layer: zones, pageblocks, zonelists, and every frame on
 * a free list. What does not change after boot is worked out here, so that a
 * request is a table look-up.
 *
 * Contract, MIG-7, ZON-1..3. Looked at: 6.18.44.
 */
#include <errno.h>
#include <stdlib.h>
#include "zone.h"

static uint64_t map_words(const struct kmc_zone_layout *z)
{
	uint64_t first = z->start_pfn & ~63ull;

	return (z->start_pfn + z->nr_pages - first + 63) / 64 + 1;
}

static uint64_t max_pfn_of(const struct kmc_sim_config *config)
{
	uint64_t max = 0;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		if (config->zones[i].start_pfn + config->zones[i].nr_pages > max)
			max = config->zones[i].start_pfn + config->zones[i].nr_pages;
	return max;
}

size_t kmc_page_arena_bytes(const struct kmc_sim_config *config)
{
	uint64_t max_pfn = max_pfn_of(config);
	size_t bytes = 5 * PAGE_SIZE + sizeof(struct kmc_page_state);

	bytes += max_pfn * sizeof(struct page);
	bytes += (max_pfn / 64 + 1) * sizeof(uint64_t) + PAGE_SIZE;
	bytes += ((max_pfn >> PAGEBLOCK_ORDER) + 1) * sizeof(struct pageblock);
	bytes += (size_t)config->nr_cpus * (config->nr_zones + 1) * sizeof(struct per_cpu_pages);
	for (unsigned int i = 0; i < config->nr_zones; i++)
		bytes += map_words(&config->zones[i]) * 8 + 64;
	return bytes;
}

static void boot_pageblocks(struct kmc_sim *sim)
{
	struct kmc_page_state *state = sim->page;

	state->nr_pageblocks = (sim->max_pfn >> PAGEBLOCK_ORDER) + 1;
	state->pageblocks = kmc_arena_alloc(sim, state->nr_pageblocks * sizeof(struct pageblock),
					    64);
	for (uint64_t i = 0; i < state->nr_pageblocks; i++)
		state->pageblocks[i] = (struct pageblock){
			.zone = (uint8_t)state->nr_zones,
			.migratetype = state->mobility_off ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE,
		};
}

/* A pageblock that no zone fills alone is looked up by ranges. */
static void claim_pageblocks(struct kmc_page_state *state, const struct zone *zone)
{
	uint64_t first = zone->start_pfn >> PAGEBLOCK_ORDER;
	uint64_t last = (zone->end_pfn - 1) >> PAGEBLOCK_ORDER;

	for (uint64_t i = first; i <= last; i++) {
		bool whole = i << PAGEBLOCK_ORDER >= zone->start_pfn &&
			     (i + 1) << PAGEBLOCK_ORDER <= zone->end_pfn;

		if (whole)
			state->pageblocks[i].zone = zone->index;
	}
}

static void boot_zone(struct kmc_sim *sim, unsigned int index)
{
	const struct kmc_zone_layout *layout = &sim->config.zones[index];
	struct zone *zone = &sim->page->zones[index];

	zone->type = layout->type;
	zone->node = layout->node;
	zone->index = (uint8_t)index;
	zone->start_pfn = layout->start_pfn;
	zone->end_pfn = layout->start_pfn + layout->nr_pages;
	zone->managed = layout->nr_pages;
	zone->pcp_tuned = sim->config.profile >= KMC_PROFILE_6_12_117;
	zone->map_pfn = layout->start_pfn & ~63ull;
	zone->free_heads = kmc_arena_alloc(sim, map_words(layout) * 8, 64);
	claim_pageblocks(sim->page, zone);
}

/* Largest aligned blocks first to last, each at the tail: the lowest is handed out first. */
static void free_all(struct kmc_sim *sim, struct zone *zone)
{
	for (uint64_t pfn = zone->start_pfn; pfn < zone->end_pfn;) {
		unsigned int order = (unsigned int)__builtin_ctzll(pfn);

		if (order > MAX_PAGE_ORDER)
			order = MAX_PAGE_ORDER;
		while (pfn + (1ull << order) > zone->end_pfn)
			order--;
		__add_to_free_list(sim, zone, pfn, order, get_pageblock_migratetype(sim, pfn),
				   true);
		pfn += 1ull << order;
	}
}

/* MIG-7. High marks are not known yet at this point of a boot, so all frames count. */
static bool mobility_off(const struct kmc_sim_config *config)
{
	uint64_t pages = 0;

	if (config->options & KMC_OPT_NO_MOBILITY)
		return true;
	for (unsigned int i = 0; i < config->nr_zones; i++)
		pages += config->zones[i].nr_pages;
	return pages < (uint64_t)PAGEBLOCK_PAGES * MIGRATE_TYPES && !KMC_PLANTED(grouping_always);
}

/* Is a zone type part of this kernel's configuration? */
static bool has_zone(const struct kmc_sim_config *config, enum kmc_zone_type type)
{
	if (type == KMC_ZONE_DMA && (config->options & KMC_OPT_NO_ZONE_DMA))
		return false;
	for (unsigned int i = 0; i < config->nr_zones; i++)
		if (config->zones[i].type == type)
			return true;
	return false;
}

static enum kmc_zone_type or_normal(const struct kmc_sim_config *config, enum kmc_zone_type type)
{
	return has_zone(config, type) ? type : KMC_ZONE_NORMAL;
}

/* MIG-7; GFP-27: the illegal fourth value, which on a kernel confuses lists, is tamed. */
static void boot_gfp_type(struct kmc_page_state *state)
{
	static const uint8_t type[4] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE,
					 MIGRATE_UNMOVABLE };

	for (unsigned int i = 0; i < 4; i++)
		state->gfp_type[i] = state->mobility_off ? MIGRATE_UNMOVABLE : type[i];
}

/* R-1, GFP-25: what the bad nibbles resolve to is the lowest zone. */
static void boot_gfp_zone(struct kmc_sim *sim)
{
	const struct kmc_sim_config *c = &sim->config;
	uint8_t *table = sim->page->gfp_zone;

	for (unsigned int nibble = 0; nibble < 16; nibble++)
		table[nibble] = KMC_ZONE_DMA;
	table[0] = KMC_ZONE_NORMAL;
	table[__GFP_DMA] = or_normal(c, KMC_ZONE_DMA);
	table[__GFP_HIGHMEM] = or_normal(c, KMC_ZONE_HIGHMEM);
	table[__GFP_DMA32] = or_normal(c, KMC_ZONE_DMA32);
	table[__GFP_MOVABLE] = KMC_ZONE_NORMAL;
	table[__GFP_MOVABLE | __GFP_DMA] = or_normal(c, KMC_ZONE_DMA);
	table[__GFP_MOVABLE | __GFP_HIGHMEM] = KMC_ZONE_MOVABLE;
	table[__GFP_MOVABLE | __GFP_DMA32] = or_normal(c, KMC_ZONE_DMA32);
}

/* The zones of one node from @highest down. */
static void zonelist_add_node(const struct kmc_page_state *state, struct zonelist *list,
			      unsigned int node, unsigned int highest)
{
	for (int type = (int)highest; type >= 0; type--)
		for (unsigned int i = 0; i < state->nr_zones; i++)
			if (state->zones[i].node == node && state->zones[i].type == type)
				list->zone[list->nr++] = (uint8_t)i;
}

/* ZON-2: the own node, then by distance (here: of the numbers; the lower first). */
static void zonelist_build(const struct kmc_sim *sim, struct zonelist *list, unsigned int node,
			   unsigned int highest, bool thisnode)
{
	int nr_nodes = (int)sim->config.nr_nodes;

	if (!thisnode && KMC_PLANTED(nodes_far_first))
		node = (unsigned int)nr_nodes - 1 - node;
	zonelist_add_node(sim->page, list, node, highest);
	for (int distance = 1; !thisnode && distance < nr_nodes; distance++) {
		if ((int)node - distance >= 0)
			zonelist_add_node(sim->page, list, node - (unsigned int)distance, highest);
		if ((int)node + distance < nr_nodes)
			zonelist_add_node(sim->page, list, node + (unsigned int)distance, highest);
	}
}

static void boot_zonelists_of(struct kmc_sim *sim, unsigned int node, unsigned int thisnode)
{
	struct kmc_page_state *state = sim->page;

	for (unsigned int highest = 0; highest < KMC_NR_ZONE_TYPES; highest++)
		zonelist_build(sim, &state->zonelists[node][thisnode][highest], node, highest,
			       thisnode);
	for (unsigned int nibble = 0; nibble < 16; nibble++) {
		unsigned int highest = state->gfp_zone[nibble];
		const struct zonelist *list = &state->zonelists[node][thisnode][highest];
		unsigned int zone = list->nr ? list->zone[0] : state->nr_zones;

		state->first[node][thisnode][nibble] = (struct first_zone){
			.zone = (uint8_t)zone,
			.highest = (uint8_t)highest,
			.pcp_offset = (uint16_t)(zone * sizeof(struct per_cpu_pages)),
			.zone_offset = (uint32_t)((uint8_t *)&state->zones[zone] -
						  (uint8_t *)state),
		};
	}
}

static void boot_zonelists(struct kmc_sim *sim)
{
	boot_gfp_zone(sim);
	boot_gfp_type(sim->page);
	for (unsigned int node = 0; node < sim->config.nr_nodes; node++) {
		boot_zonelists_of(sim, node, 0);
		boot_zonelists_of(sim, node, 1);
	}
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		if (sim->page->zones[i].type == KMC_ZONE_DMA32)
			sim->page->dma32_populated[sim->page->zones[i].node] = true;
}

static void boot_cpus(struct kmc_sim *sim)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		sim->cpus[i].first_zones = sim->page->first[sim->cpus[i].node][0];
		sim->cpus[i].pcp = kmc_arena_alloc(sim, (sim->page->nr_zones + 1) *
							sizeof(struct per_cpu_pages),
						   _Alignof(struct per_cpu_pages));
	}
}

int kmc_page_boot(struct kmc_sim *sim)
{
	struct kmc_page_state *state;

	state = kmc_arena_alloc(sim, sizeof(*state), PAGE_SIZE);
	sim->page = state;
	sim->pages = kmc_arena_alloc_sparse(sim, sim->max_pfn * sizeof(struct page));
	state->movable_map = kmc_arena_alloc_sparse(sim, (sim->max_pfn / 64 + 1) *
							 sizeof(uint64_t));
	state->mobility_off = mobility_off(&sim->config);
	state->nr_zones = sim->config.nr_zones;
	boot_pageblocks(sim);
	for (unsigned int i = 0; i < state->nr_zones; i++) {
		boot_zone(sim, i);
		free_all(sim, &state->zones[i]);
	}
	boot_zonelists(sim);
	kmc_watermarks_setup(sim);
	boot_cpus(sim);
	return 0;
}

bool kmc_page_zone_of(struct kmc_sim *sim, uint64_t pfn, enum kmc_zone_type *zone,
		      unsigned int *node)
{
	unsigned int index;

	if (pfn >= sim->max_pfn)
		return false;
	index = kmc_zone_index(sim, pfn);
	if (index == ZONE_NONE)
		return false;
	*zone = (enum kmc_zone_type)sim->page->zones[index].type;
	*node = sim->page->zones[index].node;
	return true;
}

unsigned int kmc_page_node(struct kmc_sim *sim, const struct page *page)
{
	unsigned int index = kmc_zone_index(sim, page_to_pfn_in(sim, page));

	return index == ZONE_NONE ? 0 : sim->page->zones[index].node;
}

unsigned int kmc_sim_zone_count(struct kmc_sim *sim)
{
	return sim->page->nr_zones;
}

static uint64_t pcp_count(struct kmc_sim *sim, unsigned int zone)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		count += ((struct per_cpu_pages *)sim->cpus[i].pcp)[zone].count;
	return count;
}

static uint16_t orders_of(const struct zone *zone, unsigned int migratetype)
{
	uint16_t orders = 0;

	for (unsigned int i = 0; i < NR_PAGE_ORDERS; i++)
		if (zone->free_area[i].list[migratetype].head)
			orders |= (uint16_t)(1u << i);
	return orders;
}

void kmc_sim_zone_info(struct kmc_sim *sim, unsigned int index, struct kmc_zone_info *info)
{
	static const uint8_t types[5] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE,
					  MIGRATE_CMA, MIGRATE_HIGHATOMIC };
	struct zone *zone = &sim->page->zones[index];

	KMC_BUG_ON(index >= sim->page->nr_zones);
	*info = (struct kmc_zone_info){
		.type = (enum kmc_zone_type)zone->type,
		.node = zone->node,
		.start_pfn = zone->start_pfn,
		.spanned = zone->end_pfn - zone->start_pfn,
		.present = zone->end_pfn - zone->start_pfn,
		.managed = KMC_PLANTED(managed_too_many) ? zone->end_pfn - zone->start_pfn + 1 :
							  zone->managed,
		.nr_free = zone_nr_free(zone),
		.pcp_count = pcp_count(sim, index),
		.wmark_min = wmark_pages(zone, WMARK_MIN),
		.wmark_low = wmark_pages(zone, WMARK_LOW),
		.wmark_high = wmark_pages(zone, WMARK_HIGH),
		.wmark_promo = wmark_pages(zone, WMARK_PROMO),
	};
	for (unsigned int i = 0; i < KMC_NR_ZONE_TYPES; i++)
		info->lowmem_reserve[i] = zone->lowmem_reserve[i];
	for (unsigned int i = 0; i < NR_PAGE_ORDERS; i++)
		info->free_blocks[i] = zone->free_area[i].nr_free;
	info->watermark_boost = __atomic_load_n(&zone->watermark_boost, __ATOMIC_RELAXED);
	info->free_cma = zone_nr_free_cma(zone);
	info->free_highatomic = zone_nr_free_highatomic(zone);
	for (unsigned int type = 0; type < 5; type++)
		info->type_orders[type] = orders_of(zone, types[type]);
}
