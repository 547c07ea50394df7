/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for devices, mapped directly: a bus address is a physical one. On the
 * machine whose cpu the calling thread has bound. Contract: DMA-1..11.
 */
#pragma once
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/types.h>

#define DMA_BIT_MASK(n) ((n) == 64 ? ~0ull : (1ull << (n)) - 1)

#define DMA_ATTR_NO_KERNEL_MAPPING  (1ul << 4)
#define DMA_ATTR_ALLOC_SINGLE_PAGES (1ul << 7)
#define DMA_ATTR_NO_WARN            (1ul << 8)

enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_NONE };

struct scatterlist {
	struct page *page;
	unsigned int length;
	dma_addr_t dma_address;
};
struct sg_table {
	struct scatterlist *sgl;
	unsigned int nents, orig_nents;
};

/** dma_set_mask() - Return: 0; -EIO, the old mask stays. Rule: DMA-10. */
int dma_set_mask(struct device *dev, u64 mask);
int dma_set_coherent_mask(struct device *dev, u64 mask);
static inline int dma_set_mask_and_coherent(struct device *dev, u64 mask)
{
	int err = dma_set_mask(dev, mask);

	return err ? err : dma_set_coherent_mask(dev, mask);
}

/**
 * dma_alloc_attrs() - Zeroed memory that the device reaches, aligned to its order.
 * Zone bits are ignored. With DMA_ATTR_NO_KERNEL_MAPPING a cookie for dma_free_attrs() only.
 * Return: address (and *@dma_handle), or NULL. Rule: DMA-1..4, DMA-6, DMA-7, DMA-9, DMA-11.
 */
void *dma_alloc_attrs(struct device *dev, size_t size, dma_addr_t *dma_handle, gfp_t flag,
		      unsigned long attrs);
/** dma_free_attrs() - What dma_alloc_attrs() was given and gave; interrupts on. Rule: DMA-8. */
void dma_free_attrs(struct device *dev, size_t size, void *cpu_addr, dma_addr_t dma_handle,
		    unsigned long attrs);
static inline void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *dma_handle,
				       gfp_t gfp)
{
	return dma_alloc_attrs(dev, size, dma_handle, gfp,
			       gfp & __GFP_NOWARN ? DMA_ATTR_NO_WARN : 0);
}
static inline void dma_free_coherent(struct device *dev, size_t size, void *cpu_addr,
				     dma_addr_t dma_handle)
{
	dma_free_attrs(dev, size, cpu_addr, dma_handle, 0);
}

/** dma_alloc_pages() - Pages that the device reaches; zone bits are refused. Rule: DMA-5, DMA-6. */
struct page *dma_alloc_pages(struct device *dev, size_t size, dma_addr_t *dma_handle,
			     enum dma_data_direction dir, gfp_t gfp);
void dma_free_pages(struct device *dev, size_t size, struct page *page, dma_addr_t dma_handle,
		    enum dma_data_direction dir);
void *dma_alloc_noncoherent(struct device *dev, size_t size, dma_addr_t *dma_handle,
			    enum dma_data_direction dir, gfp_t gfp);
void dma_free_noncoherent(struct device *dev, size_t size, void *vaddr, dma_addr_t dma_handle,
			  enum dma_data_direction dir);
/** dma_alloc_noncontiguous() - Mapped directly it is one piece all the same. */
struct sg_table *dma_alloc_noncontiguous(struct device *dev, size_t size,
					 enum dma_data_direction dir, gfp_t gfp,
					 unsigned long attrs);
void dma_free_noncontiguous(struct device *dev, size_t size, struct sg_table *sgt,
			    enum dma_data_direction dir);

/** dma_contiguous_set_default() - The area for devices without their own. NULL: none. */
void dma_contiguous_set_default(struct cma *cma);
