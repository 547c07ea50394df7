/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that the page allocator does not manage: taken off the free lists as
 * if they had never been given to it, and given to it later.
 *
 * Contract: ZON-6, CMA-3, CMA-12. Looked at: 6.18.44.
 */
#include <errno.h>
#include "cma_core.h"
#include "linux/memblock.h"

static struct kmc_sim *enter(void)
{
	KMC_BUG_ON(!kmc_this_cpu);
	kmc_attention(kmc_this_cpu);
	return kmc_this_cpu->sim;
}

static struct zone *zone_at(struct kmc_sim *sim, uint64_t pfn)
{
	return kmc_zone_span(sim, pfn, pfn + 1);
}

static uint64_t part_end(const struct zone *zone, uint64_t end)
{
	return end < zone->end_pfn ? end : zone->end_pfn;
}

bool memory_is_free(struct kmc_sim *sim, uint64_t start, uint64_t end)
{
	while (start < end) {
		struct zone *zone = zone_at(sim, start);
		uint64_t first, last, stop;
		bool free;

		if (!zone)
			return false;
		stop = part_end(zone, end);
		kmc_lock_take(&zone->lock);
		free = buddy_covers(sim, zone, start, stop, &first, &last);
		kmc_lock_drop(&zone->lock);
		if (!free)
			return false;
		start = stop;
	}
	return true;
}

static int reserve_in_zone(struct kmc_sim *sim, struct zone *zone, uint64_t start, uint64_t end)
{
	uint64_t first, last;
	int err = -EBUSY;

	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	if (buddy_covers(sim, zone, start, end, &first, &last)) {
		buddy_take(sim, zone, start, end, first, last);
		kmc_touch(sim, pfn_to_page_in(sim, start), (end - start) * sizeof(struct page));
		for (uint64_t pfn = start; pfn < end; pfn++)
			page_set_word(pfn_to_page_in(sim, pfn), FRAME_MEMBLOCK, 0, 0, 0, 0);
		zone->managed -= end - start;
		err = 0;
	}
	kmc_lock_drop(&zone->lock);
	return err;
}

/* Frames of one zone become managed and free, with the type of their pageblocks. */
static void release_in_zone(struct kmc_sim *sim, struct zone *zone, uint64_t start, uint64_t end)
{
	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	kmc_touch(sim, pfn_to_page_in(sim, start), (end - start) * sizeof(struct page));
	for (uint64_t pfn = start; pfn < end; pfn++)
		*pfn_to_page_in(sim, pfn) = (struct page){ .kind = FRAME_RESERVED };
	zone->managed += end - start;
	buddy_give(sim, zone, start, end);
	kmc_lock_drop(&zone->lock);
}

void reserved_release(struct kmc_sim *sim, uint64_t start, uint64_t end)
{
	while (start < end) {
		struct zone *zone = zone_at(sim, start);
		uint64_t stop = part_end(zone, end);

		release_in_zone(sim, zone, start, stop);
		start = stop;
	}
}

void reserved_activate_cma(struct kmc_sim *sim, uint64_t start)
{
	struct zone *zone = zone_at(sim, start);

	kmc_lock_take(&zone->lock);
	set_pageblock_migratetype(sim, start, MIGRATE_CMA);
	kmc_lock_drop(&zone->lock);
	release_in_zone(sim, zone, start, start + PAGEBLOCK_PAGES);
}

/* Model: exact; at boot all that is not reserved is free. */
int memory_reserve(struct kmc_sim *sim, uint64_t start, uint64_t end)
{
	uint64_t pfn = start;

	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_flush_cpus(sim, FLUSH_PCP);
	while (pfn < end) {
		struct zone *zone = zone_at(sim, pfn);
		uint64_t stop = zone ? part_end(zone, end) : 0;

		if (!zone || reserve_in_zone(sim, zone, pfn, stop)) {
			reserved_release(sim, start, pfn);
			return -EBUSY;
		}
		pfn = stop;
	}
	return 0;
}

bool memory_is_reserved(struct kmc_sim *sim, uint64_t start, uint64_t end)
{
	for (; start < end && start < sim->max_pfn; start++) {
		struct zone *zone = zone_at(sim, start);

		if (zone && __atomic_load_n(&pfn_to_page_in(sim, start)->kind, __ATOMIC_RELAXED) ==
				    FRAME_MEMBLOCK)
			return true;
	}
	return false;
}

static bool whole_pages(phys_addr_t base, phys_addr_t size)
{
	return size && !((base | size) & (PAGE_SIZE - 1)) && base + size > base;
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	struct kmc_sim *sim = enter();

	if (!whole_pages(base, size))
		return -EBUSY;
	return memory_reserve(sim, base >> PAGE_SHIFT, (base + size) >> PAGE_SHIFT);
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	return memory_is_reserved(enter(), base >> PAGE_SHIFT,
				  (base + size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

int memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	struct kmc_sim *sim = enter();
	uint64_t start = base >> PAGE_SHIFT, end = (base + size) >> PAGE_SHIFT;

	if (!whole_pages(base, size) || end > sim->max_pfn)
		return -EINVAL;
	for (uint64_t pfn = start; pfn < end; pfn++)
		if (!memory_is_reserved(sim, pfn, pfn + 1))
			return -EINVAL;
	reserved_release(sim, start, end);
	return 0;
}
