/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragments of a block of 32 KiB, or of a page when there is no such block. The
 * cache holds more references of its block than it can give fragments, so
 * that handing one out is a subtraction of its own.
 *
 * Contract: R-15, PAGE-23..25. Looked at: 6.18.44 (fragments from the start up),
 * 6.12 (from the end down).
 */
#include "alloc/page_frags.h"
#include "zone.h"
#include "linux/mm.h"
#include "linux/page_frag_cache.h"

#define REFERENCES (PAGE_FRAG_CACHE_MAX_SIZE + 1)

static struct kmc_cpu *enter(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (unlikely(!cpu))
		kmc_bug(__FILE__, __LINE__, "an allocator call without a bound cpu");
	kmc_attention(cpu);
	return cpu;
}

static bool grows_up(const struct kmc_sim *sim)
{
	return sim->config.profile >= KMC_PROFILE_6_18_44;
}

/* True: those were the last references. */
static bool references_gone(struct page *page, unsigned int nr)
{
	return __atomic_sub_fetch(&page->refcount, (int32_t)nr, __ATOMIC_ACQ_REL) == 0;
}

static void free_block(struct kmc_cpu *cpu, struct page *page)
{
	kmc_pages_free(cpu->sim, cpu, page, compound_order(page));
}

/* The whole block is the cache's again. */
static void start_over(struct kmc_sim *sim, struct page_frag_cache *nc)
{
	nc->pagecnt_bias = REFERENCES;
	nc->offset = grows_up(sim) ? 0 : nc->size;
}

/* Rule: PAGE-25. Model: exact: from 6.10 on the try of order 3 does not reclaim either. */
static bool refill(struct kmc_cpu *cpu, struct page_frag_cache *nc, gfp_t gfp)
{
	gfp_t large = gfp | __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC;
	unsigned int order = PAGE_FRAG_CACHE_MAX_ORDER;

	if (KMC_PLANTED(frag_greedy))
		large = gfp | __GFP_COMP;
	else if (cpu->sim->config.profile >= KMC_PROFILE_6_12_117)
		large &= ~__GFP_DIRECT_RECLAIM;
	nc->page = kmc_pages_alloc(cpu->sim, cpu, large, order, -1);
	if (!nc->page) {
		order = 0;
		nc->page = kmc_pages_alloc(cpu->sim, cpu, gfp, 0, -1);
	}
	if (!nc->page)
		return false;
	nc->size = PAGE_SIZE << order;
	nc->pfmemalloc = page_is_pfmemalloc(nc->page);
	__atomic_fetch_add(&nc->page->refcount, REFERENCES - 1, __ATOMIC_RELAXED);
	start_over(cpu->sim, nc);
	return true;
}

/* Where the next fragment begins; false: it does not fit any more. */
static bool next_offset(const struct kmc_sim *sim, const struct page_frag_cache *nc,
			unsigned int fragsz, unsigned int align_mask, unsigned int *offset)
{
	if (!grows_up(sim)) {
		if (fragsz > nc->offset)
			return false;
		*offset = (nc->offset - fragsz) & align_mask;
		return true;
	}
	*offset = (nc->offset + ~align_mask) & align_mask;
	return *offset >= nc->offset && *offset <= nc->size && fragsz <= nc->size - *offset;
}

/* The block is used up: its own references go; the last one of all keeps it for another round. */
static bool recycle(struct kmc_cpu *cpu, struct page_frag_cache *nc)
{
	struct page *page = nc->page;

	if (!references_gone(page, nc->pagecnt_bias)) {
		nc->page = NULL;
		return false;
	}
	if (nc->pfmemalloc) {
		nc->page = NULL;
		free_block(cpu, page);
		return false;
	}
	__atomic_store_n(&page->refcount, REFERENCES, __ATOMIC_RELAXED);
	start_over(cpu->sim, nc);
	return true;
}

/* Rule: PAGE-23, PAGE-24. Model: exact. */
void *__page_frag_alloc_align(struct page_frag_cache *nc, unsigned int fragsz, gfp_t gfp_mask,
			      unsigned int align_mask)
{
	struct kmc_cpu *cpu = enter();
	unsigned int offset;

	if (KMC_PLANTED(frag_unaligned))
		align_mask = ~0u;
	if (!nc->page && !refill(cpu, nc, gfp_mask))
		return NULL;
	if (!next_offset(cpu->sim, nc, fragsz, align_mask, &offset)) {
		if (fragsz > PAGE_SIZE && grows_up(cpu->sim))
			return NULL;
		if (KMC_PLANTED(frag_no_refill))
			return NULL;
		if (!recycle(cpu, nc) && !refill(cpu, nc, gfp_mask))
			return NULL;
		if (!next_offset(cpu->sim, nc, fragsz, align_mask, &offset))
			return NULL; /* larger than the block */
	}
	nc->pagecnt_bias--;
	nc->offset = grows_up(cpu->sim) ? offset + fragsz : offset;
	return (uint8_t *)pfn_to_virt_in(cpu->sim, page_to_pfn_in(cpu->sim, nc->page)) + offset;
}

struct page_frag_cache *kmc_sim_page_frag_cache(void)
{
	struct kmc_cpu *cpu = enter();
	struct page_frag_cache *nc = &cpu->sim->page->frags[cpu->id];

	kmc_touch(cpu->sim, nc, sizeof(*nc));
	return nc;
}

void __page_frag_cache_drain(struct page *page, unsigned int count)
{
	struct kmc_cpu *cpu = enter();

	if (references_gone(page, count))
		free_block(cpu, page);
}

void page_frag_cache_drain(struct page_frag_cache *nc)
{
	if (!nc->page)
		return;
	__page_frag_cache_drain(nc->page, nc->pagecnt_bias);
	page_frag_cache_init(nc);
}

/* Rule: PAGE-24. Model: exact. */
void page_frag_free(void *addr)
{
	struct kmc_cpu *cpu = enter();
	struct page *page = compound_head(virt_to_page(addr));

	if (put_page_testzero(page))
		free_block(cpu, page);
}
