/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contiguous ranges of any length: isolate their pageblocks, drain the per-cpu
 * lists, move what is movable, and take what is free then.
 *
 * Contract: R-13, PAGE-26..31, MIG-8, MIG-9, SCP-11. Looked at: 6.18.44.
 */
#include <errno.h>
#include "compact.h"
#include "isolate.h"
#include "linux/mm.h"

#define MIGRATE_TRIES 5
#define BLOCK_MASK    ((1ull << MAX_PAGE_ORDER) - 1)

struct contig {
	struct kmc_sim *sim;
	struct kmc_cpu *cpu;
	struct zone *zone;
	uint64_t start, end;
	unsigned int type;
	gfp_t gfp;
};

static uint64_t first_block(const struct contig *c)
{
	return c->start & ~(uint64_t)(PAGEBLOCK_PAGES - 1);
}

static void undo_isolation(const struct contig *c, uint64_t end)
{
	for (uint64_t pfn = first_block(c); pfn < end; pfn += PAGEBLOCK_PAGES)
		unset_migratetype_isolate(c->sim, c->zone, pfn, c->type);
}

static int isolate_range(const struct contig *c)
{
	for (uint64_t pfn = first_block(c); pfn < c->end; pfn += PAGEBLOCK_PAGES) {
		int err = set_migratetype_isolate(c->sim, c->zone, pfn, c->type == MIGRATE_CMA);

		if (err) {
			undo_isolation(c, pfn);
			return err;
		}
	}
	return 0;
}

/* How much of a block of @order at @pfn lies in the range. */
static uint64_t overlap(const struct contig *c, uint64_t pfn, unsigned int order)
{
	uint64_t end = pfn + (1ull << order);

	if (pfn < c->start)
		pfn = c->start;
	if (end > c->end)
		end = c->end;
	return end > pfn ? end - pfn : 0;
}

static uint64_t scan_start(const struct contig *c)
{
	uint64_t pfn = c->start & ~BLOCK_MASK;

	return pfn > c->zone->start_pfn ? pfn : c->zone->start_pfn;
}

/* Frames of the range that are free. */
static uint64_t count_free(const struct contig *c)
{
	uint64_t pfn = scan_start(c), free = 0;

	kmc_lock_take(&c->zone->lock);
	for (pfn = buddy_next_free_head(c->zone, pfn, c->end); pfn < c->end;) {
		unsigned int order = pfn_to_page_in(c->sim, pfn)->order;

		free += overlap(c, pfn, order);
		pfn = buddy_next_free_head(c->zone, pfn + (1ull << order), c->end);
	}
	kmc_lock_drop(&c->zone->lock);
	return free;
}

/* The next movable block that reaches into the range, from @pfn on; end: none. */
static uint64_t next_movable(const struct contig *c, uint64_t pfn, unsigned int *order)
{
	for (pfn = kmc_next_movable(c->sim, pfn, c->end); pfn < c->end;
	     pfn = kmc_next_movable(c->sim, pfn + 1, c->end)) {
		int known = kmc_movable_order(c->sim, pfn);

		if (known < 0 || !overlap(c, pfn, (unsigned int)known))
			continue;
		*order = (unsigned int)known;
		return pfn;
	}
	return c->end;
}

/* Is each frame of the range free or movable? */
static bool has_unmovable(const struct contig *c)
{
	uint64_t frames = count_free(c);
	unsigned int order;

	for (uint64_t pfn = next_movable(c, scan_start(c), &order); pfn < c->end;
	     pfn = next_movable(c, pfn + 1, &order))
		frames += overlap(c, pfn, order);
	return frames < c->end - c->start;
}

/* Who pays for a page pays for what it moves to: the caller of the range does not. */
static int migrate_round(const struct contig *c, bool *all)
{
	struct migration_target target = { .sim = c->sim, .cpu = c->cpu,
					   .gfp = c->gfp & ~__GFP_ACCOUNT, .node = c->zone->node };
	unsigned int order;

	*all = true;
	for (uint64_t pfn = next_movable(c, scan_start(c), &order); pfn < c->end;
	     pfn = next_movable(c, pfn + 1, &order)) {
		int err;

		if (c->cpu->task->flags & KMC_PF_EXITING)
			return -EINTR;
		err = kmc_migrate(c->sim, c->cpu, pfn, MAX_PAGE_ORDER, kmc_migration_target,
				  &target, NULL);
		if (err == -ENOMEM)
			return err;
		if (err < 0)
			*all = false;
	}
	return 0;
}

/* what cannot move now is tried five times; who is left is seen when all is checked. */
static int migrate_range(const struct contig *c)
{
	bool all = false;
	int err = 0;

	for (int i = 0; i < MIGRATE_TRIES && !all && !err; i++)
		err = migrate_round(c, &all);
	return err;
}

bool buddy_covers(struct kmc_sim *sim, const struct zone *zone, uint64_t start, uint64_t end,
		  uint64_t *first, uint64_t *last)
{
	uint64_t pfn = buddy_covering(sim, zone, start);

	if (pfn == UINT64_MAX)
		return false;
	*first = pfn;
	while (pfn < end) {
		if (buddy_next_free_head(zone, pfn, pfn + 1) != pfn)
			return false;
		pfn += 1ull << pfn_to_page_in(sim, pfn)->order;
	}
	*last = pfn;
	return true;
}

void buddy_give(struct kmc_sim *sim, struct zone *zone, uint64_t first, uint64_t last)
{
	while (first < last) {
		unsigned int order = (unsigned int)__builtin_ctzll(first);

		if (order > PAGEBLOCK_ORDER)
			order = PAGEBLOCK_ORDER;
		while (first + (1ull << order) > last)
			order--;
		buddy_merge_add(sim, zone, first, order, get_pageblock_migratetype(sim, first));
		first += 1ull << order;
	}
}

void buddy_take(struct kmc_sim *sim, struct zone *zone, uint64_t start, uint64_t end,
		uint64_t first, uint64_t last)
{
	for (uint64_t pfn = first; pfn < last;) {
		const struct page *page = pfn_to_page_in(sim, pfn);
		unsigned int order = page->order;

		__del_page_from_free_list(sim, zone, pfn, order, page->migratetype);
		pfn += 1ull << order;
	}
	buddy_give(sim, zone, first, start);
	buddy_give(sim, zone, end, last);
}

/*
 * PAGE-29: from 6.10 on a compound range is what the buddy's blocks in it cover, no more, be it
 * larger than any of them.
 */
static bool compound_fits(const struct contig *c, uint64_t first, uint64_t last)
{
	uint64_t nr = c->end - c->start;

	return !(nr & (nr - 1)) && first == c->start && last == c->end;
}

static bool wants_compound(const struct contig *c)
{
	return (c->gfp & __GFP_COMP) && c->sim->config.profile >= KMC_PROFILE_6_12_117;
}

static int take_range(const struct contig *c)
{
	uint64_t first = 0, last = 0;
	int err = 0;

	kmc_lock_take(&c->zone->lock);
	buddy_touch(c->sim, c->zone);
	if (!buddy_covers(c->sim, c->zone, c->start, c->end, &first, &last))
		err = -EBUSY;
	else if (wants_compound(c) && !compound_fits(c, first, last) &&
		 !KMC_PLANTED(contig_comp_any))
		err = -EINVAL;
	else
		buddy_take(c->sim, c->zone, c->start, c->end, first, last);
	if (!err)
		c->zone->unaccounted += c->end - c->start;
	kmc_lock_drop(&c->zone->lock);
	return err;
}

static void warn_compound(const struct contig *c)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .node = c->zone->node, .gfp = c->gfp,
			     .pfn = c->start, .text = "compound range is no buddy block" };

	kmc_trace_emit(c->sim, &tp);
}

/* Each frame becomes a page of its own, or all of them a compound block. */
static void prep_range(const struct contig *c)
{
	gfp_t gfp = c->gfp & (c->sim->config.profile >= KMC_PROFILE_6_18_44 ? __GFP_ZERO : 0);
	unsigned int order = 0;

	if (wants_compound(c)) {
		order = (unsigned int)__builtin_ctzll(c->end - c->start);
		gfp |= __GFP_COMP;
	}
	for (uint64_t pfn = c->start; pfn < c->end; pfn += 1ull << order)
		kmc_page_prep_frame(c->sim, c->cpu, pfn, order, gfp);
}

static int alloc_isolated(const struct contig *c)
{
	int err;

	kmc_page_flush_cpu(c->sim, c->cpu);
	kmc_flush_cpus(c->sim, FLUSH_PCP);
	if (has_unmovable(c))
		return -EBUSY;
	err = migrate_range(c);
	if (!err) {
		kmc_page_flush_cpu(c->sim, c->cpu);
		kmc_flush_cpus(c->sim, FLUSH_PCP);
		err = take_range(c);
	}
	if (err == -EINVAL)
		warn_compound(c);
	return err;
}

struct zone *kmc_zone_span(struct kmc_sim *sim, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct zone *zone = &sim->page->zones[i];

		if (start >= zone->start_pfn && start < end && end <= zone->end_pfn)
			return zone;
	}
	return NULL;
}

/* Rule: PAGE-26, PAGE-27, PAGE-29. Model: exact as to outcome and state. */
int kmc_contig_range(struct kmc_sim *sim, struct kmc_cpu *cpu, uint64_t start, uint64_t end,
		     unsigned int type, gfp_t gfp)
{
	struct contig c = { .sim = sim, .cpu = cpu, .zone = kmc_zone_span(sim, start, end),
			    .start = start, .end = end, .type = type, .gfp = gfp };
	int err;

	if (!c.zone)
		return -EINVAL;
	err = isolate_range(&c);
	if (err)
		return err;
	err = alloc_isolated(&c);
	if (!err)
		prep_range(&c);
	undo_isolation(&c, end);
	return err;
}
