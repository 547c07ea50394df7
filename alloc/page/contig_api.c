/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * <linux/gfp.h>: contiguous ranges by number and by place, and their end.
 *
 * Contract: PAGE-26..31. Looked at: 6.18.44 (6.18.35 as to flags).
 */
#include <errno.h>
#include "isolate.h"
#include "linux/mm.h"

#define PLACEMENT_BITS                                                                    \
	(GFP_ZONEMASK | __GFP_RECLAIMABLE | __GFP_WRITE | __GFP_HARDWALL | __GFP_THISNODE)
#define RECLAIM_BITS (__GFP_IO | __GFP_FS | __GFP_RECLAIM)
#define ACTION_BITS                                                                       \
	(__GFP_COMP | __GFP_RETRY_MAYFAIL | __GFP_NOWARN | __GFP_ZERO | __GFP_ZEROTAGS |  \
	 __GFP_SKIP_ZERO | __GFP_SKIP_KASAN)

static struct kmc_cpu *enter(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (unlikely(!cpu))
		kmc_bug(__FILE__, __LINE__, "an allocator call without a bound cpu");
	kmc_attention(cpu);
	return cpu;
}

/*
 * Rule: PAGE-28, SCP-11. Model: exact. From 6.18 on what cannot be meant is
 * refused; before, all flags were the migration's.
 */
static int contig_flags(const struct kmc_cpu *cpu, gfp_t *gfp)
{
	*gfp = kmc_gfp_context(cpu, *gfp);
	if (cpu->sim->config.profile >= KMC_PROFILE_6_18_44) {
		*gfp &= ~PLACEMENT_BITS;
		if ((*gfp & ~(RECLAIM_BITS | ACTION_BITS)) && !KMC_PLANTED(contig_flags_taken))
			return -EINVAL;
	}
	/* the places of what moves: any, and without killing anybody for them */
	*gfp &= ~GFP_ZONEMASK;
	*gfp |= __GFP_HIGHMEM | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL;
	return 0;
}

int alloc_contig_range(unsigned long start, unsigned long end, acr_flags_t alloc_flags,
		       gfp_t gfp_mask)
{
	struct kmc_cpu *cpu = enter();
	int err = contig_flags(cpu, &gfp_mask);

	if (err)
		return err;
	return kmc_contig_range(cpu->sim, cpu, start, end,
				alloc_flags & ACR_FLAGS_CMA ? MIGRATE_CMA : MIGRATE_MOVABLE,
				gfp_mask);
}

/* Could the range be had at all? No frame of it is reserved or already contiguous memory. */
static struct page *try_zone(struct kmc_cpu *cpu, const struct zone *zone, unsigned long nr,
			     gfp_t gfp)
{
	uint64_t pfn = (zone->start_pfn + nr - 1) & ~(uint64_t)(nr - 1);

	if (KMC_PLANTED(contig_unaligned))
		pfn++;
	for (; pfn + nr <= zone->end_pfn; pfn += nr) {
		if (pfn < zone->start_pfn) /* a count that is no power of two aligns nothing */
			continue;
		if (!kmc_contig_range(cpu->sim, cpu, pfn, pfn + nr, MIGRATE_MOVABLE, gfp))
			return pfn_to_page_in(cpu->sim, pfn);
	}
	return NULL;
}

/* Rule: PAGE-30. Model: exact as to outcome; the kernel passes over ranges it can see are in use. */
struct page *alloc_contig_pages(unsigned long nr_pages, gfp_t gfp_mask, int nid,
				const nodemask_t *nodemask)
{
	struct kmc_cpu *cpu = enter();
	const struct kmc_page_state *state = cpu->sim->page;
	unsigned int node = nid < 0 || nid >= (int)cpu->sim->config.nr_nodes
				    ? cpu->node
				    : (unsigned int)nid;
	const struct zonelist *list =
		&state->zonelists[node][!!(gfp_mask & __GFP_THISNODE)]
				 [state->gfp_zone[gfp_mask & GFP_ZONEMASK]];

	if (!nr_pages || contig_flags(cpu, &gfp_mask))
		return NULL;
	for (unsigned int i = 0; i < list->nr; i++) {
		const struct zone *zone = &state->zones[list->zone[i]];
		struct page *page;

		if (nodemask && !(nodemask->bits[0] >> zone->node & 1))
			continue;
		page = try_zone(cpu, zone, nr_pages, gfp_mask);
		if (page)
			return page;
	}
	return NULL;
}

static void warn_references(struct kmc_sim *sim, unsigned long pfn)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .node = -1, .pfn = pfn,
			     .text = "pages of a contiguous range are still referenced" };

	kmc_trace_emit(sim, &tp);
}

/* Rule: PAGE-26, PAGE-31. Model: exact. */
void free_contig_range(unsigned long pfn, unsigned long nr_pages)
{
	struct kmc_cpu *cpu = enter();
	struct page *page = pfn_to_page_in(cpu->sim, pfn);
	unsigned long referenced = 0;

	if (PageHead(page) && nr_pages == 1ul << compound_order(page)) {
		folio_put((struct folio *)page);
		return;
	}
	for (unsigned long i = 0; i < nr_pages; i++) {
		referenced += page_count(page + i) != 1;
		__free_page(page + i);
	}
	if (referenced)
		warn_references(cpu->sim, pfn);
}
