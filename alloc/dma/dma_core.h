/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of dma/ share. Private to dma/. */
#pragma once
#include "core.h"
#include "linux/dma-mapping.h"

enum dma_warning {
	DMA_WARN_NO_COHERENT_MASK,
	DMA_WARN_NO_MASK_PAGES,
	DMA_WARN_COMP,
	DMA_WARN_ZONE,
	DMA_WARN_COMP_PAGES,
	DMA_WARN_ATTRS,
};

/* Lies in the arena. */
struct kmc_dma_state {
	uint32_t warned;          /* bits of enum dma_warning */
	struct cma *default_area;
};

void kmc_dma_warn(struct kmc_sim *sim, const char *text, const void *ptr);
void kmc_dma_warn_once(struct kmc_sim *sim, enum dma_warning which, const char *text);

/* dma_direct.c */

/** kmc_dma_direct_pages() - Pages of @size bytes, whole, that @dev reaches. */
struct page *kmc_dma_direct_pages(struct kmc_sim *sim, struct device *dev, size_t size, gfp_t gfp);
void kmc_dma_direct_free(struct kmc_sim *sim, struct device *dev, struct page *page, size_t size);
