/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buddy of a zone: one list per order and migratetype. Everything here
 * runs under the zone's lock.
 *
 * Contract: R-3, BUD-1..6. Looked at: 6.18.44.
 */
#include <string.h>
#include "free_list.h"

/* The zone's own words are about to change; the lists' pages see to themselves. */
void buddy_touch(struct kmc_sim *sim, struct zone *zone)
{
	kmc_touch(sim, zone, sizeof(*zone));
}

static inline void free_head_set(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, bool on)
{
	uint64_t bit = pfn - zone->map_pfn;
	uint64_t *word = &zone->free_heads[bit / 64];

	kmc_touch(sim, word, sizeof(*word));
	if (on)
		*word |= 1ull << bit % 64;
	else
		*word &= ~(1ull << bit % 64);
}

static bool is_free_head(const struct zone *zone, uint64_t pfn)
{
	uint64_t bit = pfn - zone->map_pfn;

	return zone->free_heads[bit / 64] >> bit % 64 & 1;
}

/* The first head of a free block in [pfn, end), or end. */
uint64_t buddy_next_free_head(const struct zone *zone, uint64_t pfn, uint64_t end)
{
	uint64_t bit = pfn - zone->map_pfn, last = end - zone->map_pfn;

	while (bit < last) {
		uint64_t word = zone->free_heads[bit / 64] >> bit % 64;

		if (word) {
			bit += (uint64_t)__builtin_ctzll(word);
			return bit < last ? zone->map_pfn + bit : end;
		}
		bit = (bit / 64 + 1) * 64;
	}
	return end;
}

/* I-1, I-3, I-4: Isolate never counts. */
static void account_freepages(struct zone *zone, int64_t nr, unsigned int migratetype)
{
	uint64_t free = zone_nr_free(zone) + (uint64_t)nr;

	if (migratetype == MIGRATE_ISOLATE)
		return;
	atomic_store_explicit(&zone->nr_free, free, memory_order_relaxed);
	if (migratetype < MIGRATE_PCPTYPES)
		atomic_store_explicit(&zone->nr_free_common,
				      atomic_load_explicit(&zone->nr_free_common,
							   memory_order_relaxed) +
					      (uint64_t)nr,
				      memory_order_relaxed);
	else if (migratetype == MIGRATE_CMA)
		__atomic_store_n(&zone->nr_free_cma, zone->nr_free_cma + (uint64_t)nr,
				 __ATOMIC_RELAXED);
	else if (migratetype == MIGRATE_HIGHATOMIC)
		__atomic_store_n(&zone->nr_free_highatomic,
				 zone->nr_free_highatomic + (uint64_t)nr, __ATOMIC_RELAXED);
}

static void order_mask_set(struct zone *zone, unsigned int order, bool on)
{
	unsigned int mask = atomic_load_explicit(&zone->order_mask, memory_order_relaxed);

	if (on != (mask >> order & 1))
		atomic_store_explicit(&zone->order_mask, mask ^ 1u << order, memory_order_relaxed);
}

/* The same of the reserved types, for who looks without the lock. */
static void reserved_mask_set(struct zone *zone, unsigned int order, unsigned int migratetype,
			      bool on)
{
	unsigned int mask = atomic_load_explicit(&zone->reserved_mask, memory_order_relaxed);
	unsigned int bit = 1u << (order + (migratetype == MIGRATE_HIGHATOMIC ? 16 : 0));

	if (migratetype == MIGRATE_CMA || migratetype == MIGRATE_HIGHATOMIC)
		atomic_store_explicit(&zone->reserved_mask, on ? mask | bit : mask & ~bit,
				      memory_order_relaxed);
}

static bool order_is_empty(const struct free_area *area)
{
	return !(area->list[MIGRATE_UNMOVABLE].head | area->list[MIGRATE_MOVABLE].head |
		 area->list[MIGRATE_RECLAIMABLE].head);
}

/* Onto a list, the zone's count of free frames left to the caller. */
static inline void list_block(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
			      unsigned int order, unsigned int migratetype, bool to_tail)
{
	struct page *page = pfn_to_page_in(sim, pfn);
	struct free_area *area = &zone->free_area[order];

	if (to_tail)
		free_list_add_tail(sim, &area->list[migratetype], (uint32_t)pfn);
	else
		free_list_add_head(sim, &area->list[migratetype], (uint32_t)pfn);
	page_set_word(page, FRAME_BUDDY, order, migratetype, 0, 0);
	free_head_set(sim, zone, pfn, true);
	area->nr_free++;
	if (migratetype < MIGRATE_PCPTYPES)
		order_mask_set(zone, order, true);
	else
		reserved_mask_set(zone, order, migratetype, true);
}

/* Off a list; the descriptor is zero then. */
static inline void unlist_block(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
				unsigned int order, unsigned int migratetype)
{
	struct page *page = pfn_to_page_in(sim, pfn);
	struct free_area *area = &zone->free_area[order];

	KMC_BUG_ON(page->kind != FRAME_BUDDY || page->order != order);
	descriptor_touch(sim, page);
	free_list_del(sim, &area->list[migratetype], (uint32_t)pfn);
	memset(page, 0, sizeof(*page));
	free_head_set(sim, zone, pfn, false);
	area->nr_free--;
	if (order_is_empty(area))
		order_mask_set(zone, order, false);
	if (migratetype >= MIGRATE_PCPTYPES && !area->list[migratetype].head)
		reserved_mask_set(zone, order, migratetype, false);
}

void __add_to_free_list(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int order,
			unsigned int migratetype, bool to_tail)
{
	list_block(sim, zone, pfn, order, migratetype, to_tail);
	account_freepages(zone, 1ll << order, migratetype);
}

void __del_page_from_free_list(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
			       unsigned int order, unsigned int migratetype)
{
	unlist_block(sim, zone, pfn, order, migratetype);
	account_freepages(zone, -(1ll << order), migratetype);
}

void set_pageblock_migratetype(struct kmc_sim *sim, uint64_t pfn, unsigned int migratetype)
{
	struct pageblock *block = &sim->page->pageblocks[pfn >> PAGEBLOCK_ORDER];

	kmc_touch(sim, block, sizeof(*block));
	__atomic_store_n(&block->migratetype, (uint8_t)migratetype, __ATOMIC_RELAXED);
}

/*
 * A block off its list: keep the lower part, the upper halves go to the heads
 * of their lists.
 */
void expand(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int low,
	    unsigned int high, unsigned int migratetype)
{
	account_freepages(zone, (1ll << high) - (1ll << low), migratetype);
	while (high > low) {
		high--;
		list_block(sim, zone, pfn + (1ull << high), high, migratetype, false);
	}
}

/* A block of [pfn, pfn + 2^order) counts as movable, or no longer, in each of its pageblocks. */
static void count_movable(struct kmc_sim *sim, uint64_t pfn, unsigned int order, int sign)
{
	unsigned int step = order < PAGEBLOCK_ORDER ? order : PAGEBLOCK_ORDER;
	uint64_t end = pfn + (1ull << order);

	for (; pfn < end; pfn += 1ull << step) {
		struct pageblock *block = &sim->page->pageblocks[pfn >> PAGEBLOCK_ORDER];

		kmc_touch(sim, block, sizeof(*block));
		block->nr_movable = (uint16_t)(block->nr_movable + sign * (1 << step)) & 0x3ff;
	}
}

/* The descriptor of a block that is on its way to a per-cpu list or to a user. */
struct page *page_leaves_buddy(struct kmc_sim *sim, uint64_t pfn, unsigned int order,
			       unsigned int migratetype)
{
	struct page *page = pfn_to_page_in(sim, pfn);

	descriptor_touch(sim, page);
	page->order = (uint8_t)order;
	page->migratetype = (uint8_t)migratetype;
	page->flags = 0;
	if (migratetype == MIGRATE_MOVABLE) {
		page->flags = PGF_MOVABLE;
		count_movable(sim, pfn, order, 1);
	}
	return page;
}

static void trace_zone_locked(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
			      unsigned int order, unsigned int migratetype, bool percpu_refill)
{
	struct kmc_tp tp = {
		.id = KMC_TP_MM_PAGE_ALLOC_ZONE_LOCKED,
		.node = zone->node,
		.order = order,
		.migratetype = migratetype,
		.pfn = pfn,
		.bytes_req = percpu_refill,
	};

	kmc_trace_emit(sim, &tp);
}

/* Model: exact (R-3.2, BUD-1). */
struct page *__rmqueue_smallest(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
				unsigned int order, unsigned int migratetype, bool percpu_refill)
{
	for (unsigned int k = order; k < NR_PAGE_ORDERS; k++) {
		uint64_t pfn = zone->free_area[k].list[migratetype].head;

		if (!pfn)
			continue;
		__del_page_from_free_list(sim, zone, pfn, k, migratetype);
		expand(sim, zone, pfn, order, k, migratetype);
		if (tracing(cpu))
			trace_zone_locked(sim, zone, pfn, order, migratetype, percpu_refill);
		return page_leaves_buddy(sim, pfn, order,
					 migratetype == MIGRATE_CMA ? MIGRATE_MOVABLE
								    : migratetype);
	}
	return NULL;
}

/* CMA-11: by preference from CMA when that is more than half of what is free. */
static bool prefers_cma(struct zone *zone)
{
	return zone->nr_free_cma > zone_nr_free(zone) / 2;
}

/* Rule: CMA-11, BUD-1, MIG-1. Model: exact. */
struct page *__rmqueue(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
		       unsigned int order, unsigned int migratetype, unsigned int alloc_flags,
		       bool percpu_refill)
{
	bool cma = (alloc_flags & ALLOC_CMA) && zone->nr_free_cma;
	struct page *page = NULL;

	if (cma && prefers_cma(zone))
		page = __rmqueue_smallest(sim, cpu, zone, order, MIGRATE_CMA, percpu_refill);
	if (!page)
		page = __rmqueue_smallest(sim, cpu, zone, order, migratetype, percpu_refill);
	if (!page && cma)
		page = __rmqueue_smallest(sim, cpu, zone, order, MIGRATE_CMA, percpu_refill);
	if (page)
		return page;
	return rmqueue_fallback(sim, cpu, zone, order, migratetype, alloc_flags, percpu_refill);
}

/* May a block of @order merge with its free buddy? Rewrites the buddy's type as 6.12 on does (BUD-4). */
static bool types_allow_merge(struct kmc_sim *sim, uint64_t buddy, unsigned int order,
			      unsigned int migratetype)
{
	unsigned int other;

	if (order < PAGEBLOCK_ORDER)
		return true;
	other = get_pageblock_migratetype(sim, buddy);
	if (other == migratetype)
		return true;
	if (other >= MIGRATE_HIGHATOMIC || migratetype >= MIGRATE_HIGHATOMIC)
		return false;
	if (!type_hygiene(sim))
		return true;
	for (uint64_t pfn = buddy; pfn < buddy + (1ull << order); pfn += PAGEBLOCK_PAGES)
		set_pageblock_migratetype(sim, pfn, migratetype);
	return true;
}

static inline bool free_at(struct kmc_sim *sim, const struct zone *zone, uint64_t pfn,
			   unsigned int order)
{
	return pfn >= zone->start_pfn && pfn + (1ull << order) <= zone->end_pfn &&
	       is_free_head(zone, pfn) && pfn_to_page_in(sim, pfn)->order == order;
}

/* BUD-5: the next merge is near when the parent's buddy is free already. */
static bool buddy_merge_likely(struct kmc_sim *sim, const struct zone *zone, uint64_t pfn,
			       unsigned int order)
{
	uint64_t parent = pfn & ~((2ull << order) - 1);

	if (order >= MAX_PAGE_ORDER - 1)
		return false;
	return free_at(sim, zone, parent ^ (2ull << order), order + 1);
}

/*
 * Merge and insert a block whose descriptor is zero. Model: exact (R-3.3,
 * BUD-2..5), order at most that of a pageblock or the types of its pageblocks equal.
 */
static void merge_and_add(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
			  unsigned int order, unsigned int migratetype, bool to_tail)
{
	account_freepages(zone, 1ll << order, migratetype);
	while (order < MAX_PAGE_ORDER) {
		uint64_t buddy = pfn ^ (1ull << order);

		if (!free_at(sim, zone, buddy, order) ||
		    !types_allow_merge(sim, buddy, order, migratetype))
			break;
		unlist_block(sim, zone, buddy, order, pfn_to_page_in(sim, buddy)->migratetype);
		pfn &= buddy;
		order++;
	}
	if (!to_tail)
		to_tail = buddy_merge_likely(sim, zone, pfn, order);
	list_block(sim, zone, pfn, order, migratetype, to_tail);
}

/* A block of zero descriptor, not larger than a pageblock, that comes from no user. */
void buddy_merge_add(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int order,
		     unsigned int migratetype)
{
	merge_and_add(sim, zone, pfn, order, migratetype, false);
}

/*
 * Take a block back: from a user or a per-cpu list, its descriptor ours again.
 * Larger than a pageblock it goes back by pageblocks, each as its own type
 * a compound range that began anywhere, by parts that lie as blocks do.
 */
void __free_one_page(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int order,
		     unsigned int migratetype, bool to_tail)
{
	struct page *page = pfn_to_page_in(sim, pfn);
	bool movable = page->flags & PGF_MOVABLE;
	unsigned int step = order < PAGEBLOCK_ORDER ? order : PAGEBLOCK_ORDER;

	descriptor_touch(sim, page);
	memset(page, 0, sizeof(*page));
	if (movable)
		count_movable(sim, pfn, order, -1);
	if (likely(step == order && block_is_aligned(pfn, order))) {
		merge_and_add(sim, zone, pfn, order, migratetype, to_tail);
		return;
	}
	while (!block_is_aligned(pfn, step))
		step--;
	for (uint64_t p = pfn; p < pfn + (1ull << order); p += 1ull << step)
		merge_and_add(sim, zone, p, step, get_pageblock_migratetype(sim, p), to_tail);
}
