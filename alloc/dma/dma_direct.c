/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages within a device's reach: a guess at the zone, the contiguous area for who may sleep, then the
 * page allocator, down the zones while the result is out of reach.
 *
 * Rule: DMA-2, DMA-3, DMA-4, DMA-10, DMA-11. Model: exact (R-14; 6.1 to 6.18). Looked at: 6.18.44.
 */
#include <errno.h>
#include "dma_core.h"
#include "linux/cma.h"
#include "linux/mm.h"

#define ZONE_DMA_BITS 24
#define CMA_ALIGNMENT 8

static u64 reach_of(const struct device *dev)
{
	u64 mask = dev->coherent_dma_mask, limit = dev->bus_dma_limit;

	if (!mask || !limit)
		return mask ? mask : limit ? limit : ~0ull;
	return mask < limit ? mask : limit;
}

static gfp_t zone_guess(u64 reach)
{
	if (reach <= DMA_BIT_MASK(ZONE_DMA_BITS))
		return GFP_DMA;
	return reach <= DMA_BIT_MASK(32) ? GFP_DMA32 : 0;
}

static bool within(struct kmc_sim *sim, const struct page *page, size_t size, u64 reach)
{
	return (page_to_pfn_in(sim, page) << PAGE_SHIFT) + size - 1 <= reach ||
	       KMC_PLANTED(dma_reach_ignored);
}

static struct cma *area_of(struct kmc_sim *sim, const struct device *dev, size_t size)
{
	if (dev->cma_area)
		return dev->cma_area;
	return size > PAGE_SIZE ? sim->dma->default_area : NULL;
}

static struct page *from_area(struct kmc_sim *sim, struct device *dev, size_t size, gfp_t gfp)
{
	struct cma *area = gfp & __GFP_DIRECT_RECLAIM ? area_of(sim, dev, size) : NULL;
	unsigned int align = (unsigned int)get_order(size);

	if (!area || !size)
		return NULL;
	return cma_alloc(area, size >> PAGE_SHIFT, align < CMA_ALIGNMENT ? align : CMA_ALIGNMENT,
			 gfp & __GFP_NOWARN);
}

void kmc_dma_direct_free(struct kmc_sim *sim, struct device *dev, struct page *page, size_t size)
{
	struct cma *area = dev->cma_area ? dev->cma_area : sim->dma->default_area;

	if (!area || !cma_release(area, page, PAGE_ALIGN(size) >> PAGE_SHIFT))
		__free_pages(page, (unsigned int)get_order(size));
}

/* The next zone down. Return: false: there is none. */
static bool go_down(struct kmc_sim *sim, u64 reach, gfp_t *gfp)
{
	if (reach < DMA_BIT_MASK(64) && !(*gfp & (GFP_DMA32 | GFP_DMA))) {
		*gfp |= GFP_DMA32;
		return true;
	}
	if (!(sim->config.options & KMC_OPT_NO_ZONE_DMA) && !(*gfp & GFP_DMA)) {
		*gfp = (*gfp & ~GFP_DMA32) | GFP_DMA;
		return true;
	}
	return false;
}

struct page *kmc_dma_direct_pages(struct kmc_sim *sim, struct device *dev, size_t size, gfp_t gfp)
{
	u64 reach = reach_of(dev);
	struct page *page;

	gfp |= zone_guess(reach);
	page = from_area(sim, dev, size, gfp);
	if (page && within(sim, page, size, reach))
		return page;
	if (page)
		kmc_dma_direct_free(sim, dev, page, size);
	for (;;) {
		page = alloc_pages_node(dev->numa_node, gfp, (unsigned int)get_order(size));
		if (!page || within(sim, page, size, reach))
			return page;
		__free_pages(page, (unsigned int)get_order(size));
		if (!go_down(sim, reach, &gfp))
			return NULL;
	}
}

/* masks */

static bool supported(const struct kmc_sim *sim, u64 mask)
{
	u64 least = (sim->max_pfn - 1) << PAGE_SHIFT;

	if (mask >= DMA_BIT_MASK(32))
		return !KMC_PLANTED(dma_mask_none);
	if (KMC_PLANTED(dma_mask_any))
		return true;
	if (!(sim->config.options & KMC_OPT_NO_ZONE_DMA) && least > DMA_BIT_MASK(ZONE_DMA_BITS))
		least = DMA_BIT_MASK(ZONE_DMA_BITS);
	return mask >= least;
}

int dma_set_mask(struct device *dev, u64 mask)
{
	if (!dev->dma_mask || !supported(kmc_this_cpu->sim, mask))
		return -EIO;
	*dev->dma_mask = mask;
	return 0;
}

int dma_set_coherent_mask(struct device *dev, u64 mask)
{
	if (!supported(kmc_this_cpu->sim, mask)) {
		if (KMC_PLANTED(dma_mask_changed))
			dev->coherent_dma_mask = DMA_BIT_MASK(64);
		return -EIO;
	}
	dev->coherent_dma_mask = mask;
	return 0;
}
