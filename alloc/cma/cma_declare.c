/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Areas come to be: where they may lie, and the pageblocks' change of type. A
 * kernel activates all areas late in its boot; here each is at once.
 *
 * Contract: CMA-1..4, CMA-12. Looked at: 6.18.44.
 */
#include <errno.h>
#include <string.h>
#include "cma_core.h"

#define FOUR_GIB           (1ull << 32)
#define CMA_MIN_ALIGNMENT  ((phys_addr_t)PAGEBLOCK_PAGES << PAGE_SHIFT)

static struct kmc_sim *enter(void)
{
	KMC_BUG_ON(!kmc_this_cpu);
	kmc_attention(kmc_this_cpu);
	return kmc_this_cpu->sim;
}

/*
 * CMA-2: 8, or 20 of a NUMA kernel. Up to 6.6 one more than the configuration
 * says (7, 19), since then what it says (8, 20).
 */
static uint32_t max_areas(const struct kmc_sim *sim)
{
	return sim->config.nr_nodes > 1 ? 20 : 8;
}

/* CMA-3: an area is of one zone; else it is given up. */
static void activate(struct cma *cma)
{
	struct kmc_sim *sim = cma->sim;
	uint64_t end = cma->base_pfn + cma->size_pages;

	if (!kmc_zone_span(sim, cma->base_pfn, end) && !KMC_PLANTED(cma_spans_zones)) {
		reserved_release(sim, cma->base_pfn, end);
		return;
	}
	for (uint64_t pfn = cma->base_pfn; pfn < end; pfn += PAGEBLOCK_PAGES)
		reserved_activate_cma(sim, pfn);
	cma->count = cma->available_count = cma->size_pages;
}

static struct cma *new_area(struct kmc_sim *sim, uint64_t base_pfn, uint64_t pages,
			    unsigned int order_per_bit, const char *name)
{
	struct kmc_cma_state *state = sim->cma;
	struct cma *cma = NULL;

	kmc_lock_take(&state->lock);
	if (state->nr_areas < max_areas(sim)) {
		cma = &state->areas[state->nr_areas];
		kmc_touch(sim, &state->nr_areas, sizeof(state->nr_areas));
		kmc_touch(sim, cma, sizeof(*cma));
		*cma = (struct cma){ .sim = sim, .base_pfn = base_pfn, .size_pages = pages,
				     .order_per_bit = order_per_bit,
				     .index = state->nr_areas++ };
		strncpy(cma->name, name ? name : "cma", CMA_MAX_NAME - 1);
	}
	kmc_lock_drop(&state->lock);
	return cma;
}

/* Rule: CMA-1, CMA-2, CMA-3. Model: exact. */
int cma_init_reserved_mem(phys_addr_t base, phys_addr_t size, unsigned int order_per_bit,
			  const char *name, struct cma **res_cma)
{
	struct kmc_sim *sim = enter();
	struct cma *cma;

	if (!size || base + size < base ||
	    !memory_is_reserved(sim, base >> PAGE_SHIFT, (base + size) >> PAGE_SHIFT))
		return -EINVAL;
	if ((order_per_bit > PAGEBLOCK_ORDER && !KMC_PLANTED(cma_declare_bits)) ||
	    (((base | size) & (CMA_MIN_ALIGNMENT - 1)) && !KMC_PLANTED(cma_reserved_any)))
		return -EINVAL;
	for (uint64_t pfn = base >> PAGE_SHIFT; pfn < (base + size) >> PAGE_SHIFT; pfn++)
		if (!memory_is_reserved(sim, pfn, pfn + 1))
			return -EINVAL;
	cma = new_area(sim, base >> PAGE_SHIFT, size >> PAGE_SHIFT, order_per_bit, name);
	if (!cma)
		return -ENOSPC;
	activate(cma);
	*res_cma = cma;
	return 0;
}

static phys_addr_t memory_end(const struct kmc_sim *sim)
{
	return sim->max_pfn << PAGE_SHIFT;
}

static phys_addr_t highmem_start(const struct kmc_sim *sim)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		if (sim->page->zones[i].type == KMC_ZONE_HIGHMEM)
			return sim->page->zones[i].start_pfn << PAGE_SHIFT;
	return memory_end(sim);
}

struct wanted {
	phys_addr_t base, size, limit, alignment;
	int nid;
};

static bool node_fits(const struct kmc_sim *sim, const struct wanted *w, phys_addr_t at)
{
	struct page *page = sim->pages + (at >> PAGE_SHIFT);

	return w->nid < 0 || kmc_page_node((struct kmc_sim *)sim, page) == (unsigned int)w->nid;
}

static bool fits_at(struct kmc_sim *sim, const struct wanted *w, phys_addr_t at)
{
	return node_fits(sim, w, at) &&
	       memory_is_free(sim, at >> PAGE_SHIFT, (at + w->size) >> PAGE_SHIFT);
}

/* As memblock looks: from the top down, or from the bottom up. 0: nowhere. */
static phys_addr_t find_range(struct kmc_sim *sim, const struct wanted *w, phys_addr_t low,
			      phys_addr_t high, bool bottom_up)
{
	phys_addr_t first = (low + w->alignment - 1) & ~(w->alignment - 1), last;

	if (!first)
		first = w->alignment; /* frame 0 is in no zone */
	if (high < w->size || first > high - w->size)
		return 0;
	last = (high - w->size) & ~(w->alignment - 1);
	for (phys_addr_t i = 0; i <= last - first; i += w->alignment) {
		phys_addr_t at = bottom_up ? first + i : last - i;

		if (fits_at(sim, w, at))
			return at;
	}
	return 0;
}

/* Above 4 GiB first, then high memory, then anywhere. Model: exact. */
static phys_addr_t find_place(struct kmc_sim *sim, const struct wanted *w)
{
	phys_addr_t high = highmem_start(sim), at = 0, limit = w->limit;

	if (memory_end(sim) >= FOUR_GIB + w->size)
		at = find_range(sim, w, w->base > FOUR_GIB ? w->base : FOUR_GIB, limit, true);
	if (!at && w->base < high && limit > high) {
		at = find_range(sim, w, high, limit, false);
		limit = high;
	}
	return at ? at : find_range(sim, w, w->base, limit, false);
}

static phys_addr_t align_up(phys_addr_t value, phys_addr_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

/* CMA-4; @w becomes what is really asked for. */
static int check_request(const struct kmc_sim *sim, struct wanted *w, unsigned int order_per_bit,
			 bool *fixed)
{
	phys_addr_t high = highmem_start(sim);

	if (w->alignment && KMC_PLANTED(cma_declare_unaligned))
		w->alignment &= -w->alignment;
	if (!w->size || (w->alignment & (w->alignment - 1)))
		return -EINVAL;
	if (w->alignment < CMA_MIN_ALIGNMENT)
		w->alignment = CMA_MIN_ALIGNMENT;
	if (*fixed && (w->base & (w->alignment - 1)) && !KMC_PLANTED(cma_declare_elsewhere))
		return -EINVAL;
	w->base = align_up(w->base, w->alignment);
	w->size = align_up(w->size, w->alignment);
	w->limit &= ~(w->alignment - 1);
	if (!w->base)
		*fixed = false;
	if (!w->size || order_per_bit >= 64 - PAGE_SHIFT ||
	    (((w->size >> PAGE_SHIFT) & ((1ull << order_per_bit) - 1)) &&
	     !KMC_PLANTED(cma_declare_bits)))
		return -EINVAL;
	if (*fixed && w->base < high && w->base + w->size > high)
		return -EINVAL;
	if (!w->limit || w->limit > memory_end(sim))
		w->limit = memory_end(sim);
	return w->base + w->size < w->base || w->base + w->size > w->limit ? -EINVAL : 0;
}

static int reserve_place(struct kmc_sim *sim, struct wanted *w, bool fixed)
{
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_flush_cpus(sim, FLUSH_PCP);
	if (!fixed) {
		w->base = find_place(sim, w);
		if (!w->base)
			return -ENOMEM;
	}
	return memory_reserve(sim, w->base >> PAGE_SHIFT, (w->base + w->size) >> PAGE_SHIFT);
}

/* Rule: CMA-2, CMA-4. Model: exact. */
int cma_declare_contiguous_nid(phys_addr_t base, phys_addr_t size, phys_addr_t limit,
			       phys_addr_t alignment, unsigned int order_per_bit, bool fixed,
			       const char *name, struct cma **res_cma, int nid)
{
	struct kmc_sim *sim = enter();
	struct wanted w = { base, size, limit, alignment, nid };
	int err;

	if (sim->cma->nr_areas >= max_areas(sim))
		return -ENOSPC;
	err = check_request(sim, &w, order_per_bit, &fixed);
	if (!err)
		err = reserve_place(sim, &w, fixed);
	if (err)
		return err;
	err = cma_init_reserved_mem(w.base, w.size, order_per_bit, name, res_cma);
	if (err)
		reserved_release(sim, w.base >> PAGE_SHIFT, (w.base + w.size) >> PAGE_SHIFT);
	return err;
}

int cma_declare_contiguous(phys_addr_t base, phys_addr_t size, phys_addr_t limit,
			   phys_addr_t alignment, unsigned int order_per_bit, bool fixed,
			   const char *name, struct cma **res_cma)
{
	return cma_declare_contiguous_nid(base, size, limit, alignment, order_per_bit, fixed, name,
					  res_cma, -1);
}
