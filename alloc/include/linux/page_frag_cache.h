/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragments of pages for small buffers: a cache in its user's keeping, zeroed
 * before its first use. Context: as the flags say; a cache has one user at a time.
 */
#pragma once
#include <stdbool.h>
#include "linux/gfp_types.h"

struct page;

#define PAGE_FRAG_CACHE_MAX_SIZE  32768u
#define PAGE_FRAG_CACHE_MAX_ORDER 3

struct page_frag_cache {
	struct page *page;         /* NULL: none yet */
	unsigned int offset;       /* of the next fragment, or of the last (up to 6.12) */
	unsigned int size;         /* of the block */
	unsigned int pagecnt_bias; /* references that are the cache's own */
	bool pfmemalloc;           /* from the reserves: not used twice */
};

static inline void page_frag_cache_init(struct page_frag_cache *nc)
{
	*nc = (struct page_frag_cache){ 0 };
}

static inline bool page_frag_cache_is_pfmemalloc(const struct page_frag_cache *nc)
{
	return nc->pfmemalloc;
}

/** page_frag_cache_drain() - The cache gives up its block; fragments live on. */
void page_frag_cache_drain(struct page_frag_cache *nc);
void __page_frag_cache_drain(struct page *page, unsigned int count);

/**
 * __page_frag_alloc_align() - @fragsz bytes, at an address of which @align_mask keeps all bits.
 * Return: NULL: no memory, or more than a page was asked for and there is no large block.
 * Rule: PAGE-23..25.
 */
void *__page_frag_alloc_align(struct page_frag_cache *nc, unsigned int fragsz, gfp_t gfp_mask,
			      unsigned int align_mask);

static inline void *page_frag_alloc_align(struct page_frag_cache *nc, unsigned int fragsz,
					  gfp_t gfp_mask, unsigned int align)
{
	return __page_frag_alloc_align(nc, fragsz, gfp_mask, -align);
}

static inline void *page_frag_alloc(struct page_frag_cache *nc, unsigned int fragsz,
				    gfp_t gfp_mask)
{
	return __page_frag_alloc_align(nc, fragsz, gfp_mask, ~0u);
}

/** page_frag_free() - The block goes with its last fragment. Rule: PAGE-24. */
void page_frag_free(void *addr);
