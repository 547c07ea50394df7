/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages for who may not wait for anything, not even a lock: any context, any
 * lock held. What cannot be had at once is not to be had.
 *
 * Contract: PAGE-32, PAGE-33, PAGE-37, TRC-1. 6.18 on; looked at: 6.18.44.
 */
#include "zone.h"
#include "linux/mm.h"

#define NOLOCK_FLAGS (__GFP_NOWARN | __GFP_ZERO | __GFP_NOMEMALLOC | __GFP_COMP)

static struct kmc_cpu *this_cpu(void)
{
	if (unlikely(!kmc_this_cpu))
		kmc_bug(__FILE__, __LINE__, "an allocator call without a bound cpu");
	return kmc_this_cpu;
}

/* Rule: PAGE-33, TRC-1. Model: exact. */
struct page *alloc_pages_nolock(gfp_t gfp_flags, int nid, unsigned int order)
{
	struct kmc_cpu *cpu = this_cpu();
	struct alloc_context ac = { .sim = cpu->sim, .cpu = cpu, .order = order, .node = nid,
				    .gfp = NOLOCK_FLAGS | (gfp_flags & __GFP_ACCOUNT),
				    .attention = kmc_attention_bits(cpu) };
	struct page *page;

	if (gfp_flags & ~__GFP_ACCOUNT)
		kmc_page_warn(&ac, WARN_NOLOCK_FLAGS, "alloc_pages_nolock with flags"); /* PAGE-37 */
	if (KMC_PLANTED(page_nolock_sleeps))
		kmc_planted_sleep();
	if ((!pcp_allowed_order(cpu->sim, order) && !KMC_PLANTED(page_nolock_order)) ||
	    !kmc_prepare_alloc(&ac))
		return NULL;
	if (KMC_PLANTED(page_nolock_dirty))
		ac.gfp &= ~__GFP_ZERO;
	page = get_page_from_freelist(&ac, kmc_fast_alloc_flags(&ac) | ALLOC_TRYLOCK);
	if (page)
		page = kmc_page_prep(&ac, page);
	if (gfp_flags & __GFP_ACCOUNT)
		page = kmc_page_charge(&ac, page);
	kmc_trace_page_alloc(&ac, page);
	return page;
}

/* Rule: PAGE-32. Model: simplified: a busy zone is waited for, where the kernel keeps the page aside. */
void free_pages_nolock(struct page *page, unsigned int order)
{
	struct kmc_cpu *cpu = this_cpu();

	if (put_page_testzero(page))
		kmc_pages_free(cpu->sim, cpu, page, order);
}
