/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page layer's digest and its identities: each frame accounted for once,
 * each list and counter in agreement. For tests and the executor's checks; the
 * machine is quiet meanwhile.
 *
 * Contract: rules-page section 5: I-1..I-12, I-17, I-18.
 */
#include <string.h>
#include "zone.h"

struct census {
	uint64_t buddy, pcp, used, reserved; /* frames */
	uint64_t buddy_blocks[NR_PAGE_ORDERS];
};

/* Tails: all zero, or of a compound block. */
static void check_tails(const struct page *head)
{
	bool compound = head->flags & PGF_COMPOUND;

	for (unsigned int i = 1; i < 1u << head->order; i++) {
		const struct page *tail = head + i;

		if (compound) {
			KMC_BUG_ON(!(tail->flags & PGF_TAIL));
			KMC_BUG_ON(tail->kind < FRAME_USED);
		} else {
			KMC_BUG_ON(tail->kind != FRAME_RESERVED || tail->refcount);
		}
	}
}

/* I-10: before 6.10 U, M and R mix; what is reserved does not. */
static void check_type(const struct kmc_sim *sim, const struct page *page, unsigned int type)
{
	if (type_hygiene(sim) || type >= MIGRATE_PCPTYPES || page->migratetype >= MIGRATE_PCPTYPES)
		KMC_BUG_ON(type != page->migratetype);
}

/* I-9, I-10, I-11 */
static void check_free_block(struct kmc_sim *sim, const struct zone *zone, const struct page *page)
{
	uint64_t pfn = page_to_pfn_in(sim, page), buddy = pfn ^ (1ull << page->order);
	const struct page *other = pfn_to_page_in(sim, buddy);

	KMC_BUG_ON(page->refcount || page->flags);
	for (uint64_t p = pfn; p < pfn + (1ull << page->order); p += PAGEBLOCK_PAGES)
		check_type(sim, page, get_pageblock_migratetype(sim, p));
	KMC_BUG_ON(buddy_next_free_head(zone, pfn, pfn + (1ull << page->order)) != pfn);
	if (page->order == MAX_PAGE_ORDER || buddy < zone->start_pfn ||
	    buddy + (1ull << page->order) > zone->end_pfn)
		return;
	if (other->kind == FRAME_BUDDY && other->order == page->order)
		KMC_BUG_ON(page->order < PAGEBLOCK_ORDER ||
			   other->migratetype == page->migratetype);
}

/* As the buddy hands it out, or a compound range, which may be larger and lie anywhere. */
static bool in_shape(const struct page *page, uint64_t pfn)
{
	if (page->kind == FRAME_USED && (page->flags & PGF_COMPOUND))
		return true;
	return page->order <= MAX_PAGE_ORDER && block_is_aligned(pfn, page->order);
}

/* I-7: block after block, no gap, no overlap, all of it in the zone (ZON-5). */
static void take_census(struct kmc_sim *sim, const struct zone *zone, struct census *census)
{
	uint64_t pfn = zone->start_pfn;

	while (pfn < zone->end_pfn) {
		const struct page *page = pfn_to_page_in(sim, pfn);
		uint64_t nr = 1ull << page->order;

		KMC_BUG_ON(page->kind == FRAME_RESERVED || page->kind == FRAME_TAIL);
		KMC_BUG_ON(!in_shape(page, pfn) || pfn + nr > zone->end_pfn);
		check_tails(page);
		if (page->kind == FRAME_BUDDY) {
			check_free_block(sim, zone, page);
			census->buddy += nr;
			census->buddy_blocks[page->order]++;
		} else {
			KMC_BUG_ON(buddy_next_free_head(zone, pfn, pfn + nr) != pfn + nr);
			*(page->kind == FRAME_PCP      ? &census->pcp :
			  page->kind == FRAME_MEMBLOCK ? &census->reserved :
							 &census->used) += nr;
		}
		pfn += nr;
	}
}

/* How many blocks a list has; each must be what the list is for: @types by bit. */
static uint64_t list_length(struct kmc_sim *sim, const struct free_list *list, unsigned int kind,
			    unsigned int order, unsigned int types)
{
	uint32_t prev = 0;
	uint64_t nr = 0;

	for (uint32_t pfn = list->head; pfn; pfn = pfn_to_page_in(sim, pfn)->link.next) {
		const struct page *page = pfn_to_page_in(sim, pfn);

		KMC_BUG_ON(page->kind != kind || page->order != order);
		KMC_BUG_ON(!(types >> page->migratetype & 1) || page->link.prev != prev);
		prev = pfn;
		KMC_BUG_ON(++nr > sim->max_pfn);
	}
	KMC_BUG_ON(list->tail != prev);
	return nr;
}

/* I-1, I-2 */
static void check_lists(struct kmc_sim *sim, struct zone *zone, const struct census *census)
{
	uint64_t nr_free = 0, unaccounted = 0, reserved[MIGRATE_TYPES] = { 0 };
	unsigned int mask = 0, reserved_mask = 0;

	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		const struct free_area *area = &zone->free_area[order];
		uint64_t blocks = 0;

		for (unsigned int type = 0; type < MIGRATE_TYPES; type++) {
			uint64_t nr =
				list_length(sim, &area->list[type], FRAME_BUDDY, order, 1u << type);

			blocks += nr;
			*(type == MIGRATE_ISOLATE ? &unaccounted : &nr_free) += nr << order;
			reserved[type] += nr << order;
			if (nr && type < MIGRATE_PCPTYPES)
				mask |= 1u << order;
			if (nr && type == MIGRATE_CMA)
				reserved_mask |= 1u << order;
			if (nr && type == MIGRATE_HIGHATOMIC)
				reserved_mask |= 0x10000u << order;
		}
		KMC_BUG_ON(blocks != area->nr_free);
		KMC_BUG_ON(blocks != census->buddy_blocks[order]);
	}
	KMC_BUG_ON(nr_free != zone_nr_free(zone));
	KMC_BUG_ON(reserved[MIGRATE_CMA] != zone->nr_free_cma); /* I-3 */
	KMC_BUG_ON(reserved[MIGRATE_HIGHATOMIC] != zone->nr_free_highatomic); /* I-4 */
	KMC_BUG_ON(nr_free - zone->nr_free_cma - zone->nr_free_highatomic !=
		   atomic_load(&zone->nr_free_common));
	KMC_BUG_ON(nr_free + unaccounted != census->buddy);
	KMC_BUG_ON(mask != atomic_load(&zone->order_mask));
	KMC_BUG_ON(reserved_mask != atomic_load(&zone->reserved_mask));
}

/* I-5: what is reserved are whole pageblocks, and not many. */
static void check_highatomic(const struct kmc_sim *sim, const struct zone *zone)
{
	uint64_t pages = 0;

	for (uint64_t i = zone->start_pfn >> PAGEBLOCK_ORDER;
	     i <= (zone->end_pfn - 1) >> PAGEBLOCK_ORDER; i++)
		if (sim->page->pageblocks[i].zone == zone->index &&
		    sim->page->pageblocks[i].migratetype == MIGRATE_HIGHATOMIC)
			pages += PAGEBLOCK_PAGES;
	KMC_BUG_ON(pages != zone->nr_reserved_highatomic);
	KMC_BUG_ON(pages > (zone->managed + zone->balloon) / 100 + 3 * PAGEBLOCK_PAGES);
}

static unsigned int types_of_pcp_list(unsigned int list)
{
	unsigned int types = 0;

	for (unsigned int type = 0; type < MIGRATE_PCPTYPES; type++)
		if (order_to_pindex(type, pindex_to_order(list)) == list)
			types |= 1u << type;
	return types;
}

/* I-6 of every cpu; returns the frames on all of them. */
static uint64_t check_pcps(struct kmc_sim *sim, unsigned int zone)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		const struct per_cpu_pages *pcp =
			(const struct per_cpu_pages *)sim->cpus[i].pcp + zone;
		uint64_t count = 0;

		for (unsigned int list = 0; list < NR_PCP_LISTS; list++) {
			unsigned int order = pindex_to_order(list);

			count += list_length(sim, &pcp->lists[list], FRAME_PCP, order,
					     types_of_pcp_list(list))
				 << order;
		}
		KMC_BUG_ON(count != pcp->count);
		all += count;
	}
	return all;
}

/* I-8: what users got and did not give back is what they hold. */
static void check_accounts(struct kmc_sim *sim, const struct zone *zone,
			   const struct census *census)
{
	struct kmc_zone_stat stat;

	kmc_sim_zone_stat(sim, zone->index, &stat);
	KMC_BUG_ON(stat.pgalloc + stat.unaccounted - stat.pgfree != census->used);
}

/* I-18: each block that a user got is counted once by whose wish it was and once by where. */
static void check_numa(struct kmc_sim *sim)
{
	uint64_t misses = 0, foreign = 0;

	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct kmc_numa_stat numa;
		struct kmc_zone_stat stat;

		kmc_sim_numa_stat(sim, i, &numa);
		kmc_sim_zone_stat(sim, i, &stat);
		KMC_BUG_ON(numa.hit + numa.miss != numa.local + numa.other);
		KMC_BUG_ON(numa.hit + numa.miss > stat.pgalloc);
		KMC_BUG_ON((numa.hit + numa.miss) << MAX_PAGE_ORDER < stat.pgalloc);
		misses += numa.miss;
		foreign += numa.foreign;
	}
	KMC_BUG_ON(misses != foreign);
}

/* I-12 */
static void check_marks(const struct zone *zone)
{
	const uint64_t *mark = zone->watermark;
	uint64_t d = mark[WMARK_LOW] - mark[WMARK_MIN];

	KMC_BUG_ON(mark[WMARK_HIGH] - mark[WMARK_LOW] != d);
	KMC_BUG_ON(mark[WMARK_PROMO] - mark[WMARK_HIGH] != d);
	for (unsigned int j = 1; j < KMC_NR_ZONE_TYPES; j++)
		KMC_BUG_ON(zone->lowmem_reserve[j] < zone->lowmem_reserve[j - 1]);
}

void kmc_page_check(struct kmc_sim *sim)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct zone *zone = &sim->page->zones[i];
		struct census census = { .buddy = 0 };

		take_census(sim, zone, &census);
		check_lists(sim, zone, &census);
		check_highatomic(sim, zone);
		KMC_BUG_ON(check_pcps(sim, i) != census.pcp);
		KMC_BUG_ON(census.buddy + census.pcp + census.used !=
			   zone->managed + zone->balloon);
		check_accounts(sim, zone, &census);
		KMC_BUG_ON(zone->managed + zone->balloon + census.reserved > zone->end_pfn - zone->start_pfn);
		KMC_BUG_ON(zone_nr_free(zone) > zone->managed);
		check_marks(zone);
	}
	check_numa(sim);
}

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len / 8; i++) {
		uint64_t word;

		memcpy(&word, (const uint8_t *)bytes + i * 8, 8);
		h = kmc_hash_word(h, word);
	}
	return h;
}

static uint64_t hash_zone(struct zone *zone, uint64_t h)
{
	h = kmc_hash_word(h, zone_nr_free(zone));
	h = hash_bytes(h, zone->watermark, sizeof(zone->watermark));
	h = kmc_hash_word(h, zone->watermark_boost);
	h = kmc_hash_word(h, zone->nr_free_highatomic);
	h = kmc_hash_word(h, zone->nr_free_cma);
	h = kmc_hash_word(h, zone->direct_alloc);
	h = kmc_hash_word(h, zone->direct_free);
	h = kmc_hash_word(h, zone->pcp_refilled - zone->pcp_drained);
	h = kmc_hash_word(h, zone->unaccounted);
	h = kmc_hash_word(kmc_hash_word(h, zone->direct_local), zone->direct_other);
	if (zone->numa_miss | zone->numa_foreign)
		h = kmc_hash_word(kmc_hash_word(h, zone->numa_miss), zone->numa_foreign);
	if (zone->nr_reserved_highatomic)
		h = kmc_hash_word(h, zone->nr_reserved_highatomic);
	if (zone->held)
		h = kmc_hash_word(h, zone->held);
	if (zone->balloon)
		h = kmc_hash_word(kmc_hash_word(h, zone->balloon), zone->balloon_head);
	if (atomic_load(&zone->boosted) || zone_pcp_disabled(zone))
		h = kmc_hash_word(h, (uint64_t)atomic_load(&zone->boosted) << 1 |
					     zone_pcp_disabled(zone));
	if (atomic_load(&zone->below_high))
		h = kmc_hash_word(h, 1);
	if (zone->compact_defer_shift | zone->compact_considered | zone->compact_order_failed) {
		h = kmc_hash_word(h, (uint64_t)zone->compact_considered << 32 |
					     zone->compact_defer_shift);
		h = kmc_hash_word(h, zone->compact_order_failed);
	}
	return hash_bytes(h, zone->free_area, sizeof(zone->free_area));
}

/* Never used lists are all zero whatever happened elsewhere. */
static uint64_t hash_pcps(struct kmc_sim *sim, uint64_t h)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		h = hash_bytes(h, sim->cpus[i].pcp,
			       sim->page->nr_zones * sizeof(struct per_cpu_pages));
	return h;
}

static uint64_t hash_pageblocks(const struct kmc_page_state *state, uint64_t h)
{
	for (uint64_t i = 0; i < state->nr_pageblocks; i++) {
		const struct pageblock *b = &state->pageblocks[i];

		h = kmc_hash_word(h, (uint64_t)b->former << 48 | (uint64_t)b->migratetype << 32 |
					     b->nr_movable);
	}
	return h;
}

/* The only host address in a descriptor is its cache's: its number stands for it. */
static uint64_t hash_frame(const struct kmc_sim *sim, size_t pfn, const void *descriptor)
{
	struct page copy;

	memcpy(&copy, descriptor, sizeof(copy));
	copy.flags &= (uint8_t)~PGF_HELD; /* follows from whose it is */
	if (copy.kind == FRAME_SLAB && copy.slab.cache)
		copy.private_words[0] = kmc_slab_cache_number(sim, copy.slab.cache);
	return hash_bytes(kmc_hash_word(0x9e3779b97f4a7c15ull, pfn), &copy, sizeof(copy));
}

static uint64_t hash_frags(struct kmc_sim *sim, uint64_t h)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		const struct page_frag_cache *nc = &sim->page->frags[i];

		if (!nc->page)
			continue;
		h = kmc_hash_word(h, (uint64_t)i << 32 | nc->offset);
		h = kmc_hash_word(h, (uint64_t)nc->size << 32 | nc->pagecnt_bias);
		h = kmc_hash_word(h, page_to_pfn_in(sim, nc->page) << 1 | nc->pfmemalloc);
	}
	return h;
}

uint64_t kmc_page_hash(struct kmc_sim *sim, uint64_t seed)
{
	uint64_t h = kmc_hash_word(seed, sim->page->warned);

	h = kmc_hash_word(h, sim->page->last_report_ns);
	for (unsigned int i = 0; i < KMC_SIM_MAX_NODES; i++)
		if (sim->page->kcompactd[i].order)
			h = kmc_hash_word(h, (uint64_t)i << 32 | sim->page->kcompactd[i].order);
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		h = hash_zone(&sim->page->zones[i], h);
	h = hash_pageblocks(sim->page, h);
	h = hash_frags(sim, hash_pcps(sim, h));
	for (unsigned int i = 0; i < KMC_NR_VM_EVENTS; i++)
		if (sim->page->events[i])
			h = kmc_hash_word(h, (uint64_t)i << 48 | sim->page->events[i]);
	if (sim->page->dirty_nodes)
		h = kmc_hash_word(h, sim->page->dirty_nodes);
	if (sim->page->defrag_mode)
		h = kmc_hash_word(h, sim->page->defrag_mode);
	if (sim->page->watermark_boost_factor != 15000)
		h = kmc_hash_word(h, sim->page->watermark_boost_factor);
	if (sim->page->watermark_scale_factor != 10)
		h = kmc_hash_word(h, sim->page->watermark_scale_factor);
	if (sim->page->lowmem_reserve_ratio[KMC_ZONE_DMA] != 256)
		h = kmc_hash_word(h, 1 + sim->page->lowmem_reserve_ratio[KMC_ZONE_DMA]);
	return kmc_hash_word(h, kmc_arena_hash_table(sim, sim->pages,
						      sim->max_pfn * sizeof(struct page),
						      sizeof(struct page), hash_frame));
}
