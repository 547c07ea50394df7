/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls: what they refuse, what they zero. Contract: DMA-1..9. Looked at: 6.18.44.
 */
#include <string.h>
#include "dma_core.h"
#include "linux/mm.h"
#include "linux/slab.h"

#define ZONE_BITS (__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)

void kmc_dma_warn(struct kmc_sim *sim, const char *text, const void *ptr)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .node = -1, .pfn = UINT64_MAX, .ptr = ptr,
			     .text = text };

	kmc_trace_emit(sim, &tp);
}

void kmc_dma_warn_once(struct kmc_sim *sim, enum dma_warning which, const char *text)
{
	uint32_t bit = 1u << which;

	kmc_touch(sim, sim->dma, sizeof(*sim->dma));
	if (!(__atomic_fetch_or(&sim->dma->warned, bit, __ATOMIC_RELAXED) & bit))
		kmc_dma_warn(sim, text, NULL);
}

static struct kmc_sim *enter(void)
{
	KMC_BUG_ON(!kmc_this_cpu);
	kmc_sim_poll();
	return kmc_this_cpu->sim;
}

static bool refuses_comp(const struct kmc_sim *sim)
{
	return sim->config.profile >= KMC_PROFILE_6_6_9;
}

/* Rule: DMA-1, DMA-4, DMA-6, DMA-7, DMA-9. Model: exact (6.1 to 6.18). */
void *dma_alloc_attrs(struct device *dev, size_t size, dma_addr_t *dma_handle, gfp_t flag,
		      unsigned long attrs)
{
	struct kmc_sim *sim = enter();
	struct page *page;
	void *block;

	if (!dev->coherent_dma_mask)
		kmc_dma_warn_once(sim, DMA_WARN_NO_COHERENT_MASK, "coherent memory without a mask");
	if ((flag & __GFP_COMP) && refuses_comp(sim) && !KMC_PLANTED(dma_comp_taken)) {
		kmc_dma_warn_once(sim, DMA_WARN_COMP, "dma_alloc_attrs with __GFP_COMP");
		return NULL;
	}
	if ((flag & ZONE_BITS) && KMC_PLANTED(dma_zone_kept))
		return NULL;
	flag &= ~ZONE_BITS;
	if (attrs & DMA_ATTR_NO_WARN)
		flag |= __GFP_NOWARN;
	size = PAGE_ALIGN(size);
	page = kmc_dma_direct_pages(sim, dev, size, flag & ~__GFP_ZERO);
	if (!page)
		return NULL;
	*dma_handle = page_to_phys(page) + (KMC_PLANTED(dma_bus_address) ? 8 : 0);
	if (attrs & DMA_ATTR_NO_KERNEL_MAPPING)
		return page;
	block = page_address(page);
	if (!KMC_PLANTED(dma_dirty))
		memset(block, 0, size);
	return block;
}

/* Rule: FR-7. Model: exact (6.1 to 6.18). */
void dma_free_attrs(struct device *dev, size_t size, void *cpu_addr, dma_addr_t dma_handle,
		    unsigned long attrs)
{
	struct kmc_sim *sim = enter();

	(void)dma_handle;
	if (kmc_this_cpu->context == KMC_IN_HARDIRQ || kmc_this_cpu->context == KMC_IN_NMI)
		kmc_dma_warn(sim, "dma_free_attrs with interrupts off", cpu_addr);
	if (!cpu_addr)
		return;
	kmc_dma_direct_free(sim, dev, attrs & DMA_ATTR_NO_KERNEL_MAPPING ? cpu_addr :
						virt_to_page(cpu_addr), size);
}

/* Rule: DMA-5, DMA-6, DMA-9. Model: exact (6.1 to 6.18). */
struct page *dma_alloc_pages(struct device *dev, size_t size, dma_addr_t *dma_handle,
			     enum dma_data_direction dir, gfp_t gfp)
{
	struct kmc_sim *sim = enter();
	struct page *page;

	(void)dir;
	if (!dev->coherent_dma_mask && !KMC_PLANTED(dma_no_mask_served)) {
		kmc_dma_warn_once(sim, DMA_WARN_NO_MASK_PAGES, "dma_alloc_pages without a mask");
		return NULL;
	}
	if (KMC_PLANTED(dma_pages_zone))
		gfp &= ~ZONE_BITS;
	if (gfp & ZONE_BITS) {
		if (KMC_PLANTED(dma_pages_zone_noisy))
			kmc_planted_warn();
		kmc_dma_warn_once(sim, DMA_WARN_ZONE, "dma_alloc_pages with zone bits");
		return NULL;
	}
	if ((gfp & __GFP_COMP) && refuses_comp(sim)) {
		kmc_dma_warn_once(sim, DMA_WARN_COMP_PAGES, "dma_alloc_pages with __GFP_COMP");
		return NULL;
	}
	size = PAGE_ALIGN(size);
	page = kmc_dma_direct_pages(sim, dev, size, gfp);
	if (!page)
		return NULL;
	memset(page_address(page), 0, size);
	*dma_handle = page_to_phys(page);
	return page;
}

void dma_free_pages(struct device *dev, size_t size, struct page *page, dma_addr_t dma_handle,
		    enum dma_data_direction dir)
{
	(void)dma_handle, (void)dir;
	kmc_dma_direct_free(enter(), dev, page, size);
}

void *dma_alloc_noncoherent(struct device *dev, size_t size, dma_addr_t *dma_handle,
			    enum dma_data_direction dir, gfp_t gfp)
{
	struct page *page = dma_alloc_pages(dev, size, dma_handle, dir, gfp);

	return page ? page_address(page) : NULL;
}

void dma_free_noncoherent(struct device *dev, size_t size, void *vaddr, dma_addr_t dma_handle,
			  enum dma_data_direction dir)
{
	if (vaddr)
		dma_free_pages(dev, size, virt_to_page(vaddr), dma_handle, dir);
}

/* Model: exact for a device without an IOMMU: a table of one entry. */
struct sg_table *dma_alloc_noncontiguous(struct device *dev, size_t size,
					 enum dma_data_direction dir, gfp_t gfp,
					 unsigned long attrs)
{
	struct sg_table *sgt;

	if (attrs & ~DMA_ATTR_ALLOC_SINGLE_PAGES) {
		kmc_dma_warn_once(enter(), DMA_WARN_ATTRS, "dma_alloc_noncontiguous with attributes");
		return NULL;
	}
	sgt = kmalloc(sizeof(*sgt), gfp & ~(ZONE_BITS | __GFP_COMP));
	if (!sgt)
		return NULL;
	sgt->nents = sgt->orig_nents = 1;
	sgt->sgl = kzalloc(sizeof(*sgt->sgl), gfp & ~(ZONE_BITS | __GFP_COMP));
	if (sgt->sgl)
		sgt->sgl->page = dma_alloc_pages(dev, size, &sgt->sgl->dma_address, dir, gfp);
	if (sgt->sgl && sgt->sgl->page) {
		sgt->sgl->length = (unsigned int)PAGE_ALIGN(size);
		return sgt;
	}
	kfree(sgt->sgl);
	kfree(sgt);
	return NULL;
}

void dma_free_noncontiguous(struct device *dev, size_t size, struct sg_table *sgt,
			    enum dma_data_direction dir)
{
	dma_free_pages(dev, size, sgt->sgl->page, sgt->sgl->dma_address, dir);
	kfree(sgt->sgl);
	kfree(sgt);
}

void dma_contiguous_set_default(struct cma *cma)
{
	struct kmc_sim *sim = enter();

	kmc_touch(sim, sim->dma, sizeof(*sim->dma));
	sim->dma->default_area = cma;
}

void kmc_dma_boot(struct kmc_sim *sim)
{
	sim->dma = kmc_arena_alloc(sim, sizeof(*sim->dma), 64);
}

uint64_t kmc_dma_hash(struct kmc_sim *sim, uint64_t seed)
{
	return sim->dma->warned ? kmc_hash_word(seed, sim->dma->warned) : seed;
}
