/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small blocks of coherent memory. Contract: DMA-12..17. */
#pragma once
#include <linux/device.h>
#include <linux/gfp.h>

struct dma_pool;

/**
 * dma_pool_create() - Blocks of @size bytes, on multiples of @align, across no multiple of
 * @boundary (0: of the chunk). Return: NULL for what cannot be. Rule: DMA-12, DMA-13.
 */
struct dma_pool *dma_pool_create(const char *name, struct device *dev, size_t size, size_t align,
				 size_t boundary);
/** dma_pool_destroy() - Of a pool without blocks in use; NULL is a no-op. Rule: DMA-15, DMA-17. */
void dma_pool_destroy(struct dma_pool *pool);
/** dma_pool_alloc() - Rule: DMA-13, DMA-14. Return: a block and its bus address, or NULL. */
void *dma_pool_alloc(struct dma_pool *pool, gfp_t mem_flags, dma_addr_t *handle);
static inline void *dma_pool_zalloc(struct dma_pool *pool, gfp_t mem_flags, dma_addr_t *handle)
{
	return dma_pool_alloc(pool, mem_flags | __GFP_ZERO, handle);
}
void dma_pool_free(struct dma_pool *pool, void *vaddr, dma_addr_t dma);
