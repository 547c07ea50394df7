/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation and free of pages: the kernel's functions under the kernel's
 * names, acting on the machine whose cpu the calling thread has bound.
 *
 * Context: any; a free in a context where the kernel forbids it (PAGE-32) is
 * the caller's fault and not noticed here.
 */
#pragma once
#include "linux/gfp_types.h"
#include "linux/mm_types.h"
#include "linux/nodemask.h"

#define NUMA_NO_NODE (-1)

static inline bool gfpflags_allow_blocking(const gfp_t gfp_flags)
{
	return gfp_flags & __GFP_DIRECT_RECLAIM;
}

/**
 * alloc_pages() - 2^@order contiguous frames, aligned to their size.
 * Return: the first one's descriptor, or NULL. Rule: PAGE-1..4, GFP-n, ZON-1..3.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)

/** alloc_pages_node() - As alloc_pages(), from @nid rather; NUMA_NO_NODE: the cpu's own. */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);

/** __get_free_pages() - As alloc_pages() without __GFP_HIGHMEM. Return: the address or 0. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
#define __get_free_page(gfp) __get_free_pages(gfp, 0)

/** get_zeroed_page() - One page of zeros. Return: its address or 0. Rule: PAGE-11. */
unsigned long get_zeroed_page(gfp_t gfp);

/**
 * __free_pages() - Drop one reference of a block; the last one frees it.
 * @order: as allocated; a compound block knows its own. Rule: PAGE-5..9.
 */
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page) __free_pages(page, 0)

/** free_pages() - __free_pages() by address; 0 is a no-op. Rule: PAGE-12, PAGE-36. */
void free_pages(unsigned long addr, unsigned int order);
#define free_page(addr) free_pages(addr, 0)

/**
 * alloc_pages_exact() - @size bytes of pages; free_pages_exact() with the same size.
 * Rule: PAGE-13..16.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void *alloc_pages_exact_nid(int nid, size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);

/**
 * alloc_pages_bulk() - Fill the empty places of an array with single pages.
 * Return: up to where the array is full; less than asked for is normal. Rule: PAGE-17..19.
 */
unsigned long alloc_pages_bulk_node(gfp_t gfp, int nid, unsigned long nr_pages,
				    struct page **page_array);
#define alloc_pages_bulk(gfp, nr_pages, page_array)                                       \
	alloc_pages_bulk_node(gfp, NUMA_NO_NODE, nr_pages, page_array)
/* Their names up to 6.12 (PAGE-20). */
#define alloc_pages_bulk_array(gfp, nr_pages, page_array)                                 \
	alloc_pages_bulk_node(gfp, NUMA_NO_NODE, nr_pages, page_array)
#define alloc_pages_bulk_array_node(gfp, nid, nr_pages, page_array)                       \
	alloc_pages_bulk_node(gfp, nid, nr_pages, page_array)

/**
 * alloc_pages_bulk_list() - Put single pages on a list, by their lru; up to 6.12 (PAGE-20).
 * As long as they are on it a machine's digest says nothing, and no snapshot may be made.
 * Return: how many; less than asked for is normal. Rule: PAGE-18, PAGE-19.
 */
unsigned long alloc_pages_bulk_list(gfp_t gfp, unsigned long nr_pages, struct list_head *list);

/**
 * alloc_pages_nolock() - A zeroed compound block of order 0 to 3, if one is to be had at once.
 * @gfp_flags: __GFP_ACCOUNT or nothing.
 * Context: any, under any lock. Return: NULL is normal. Rule: PAGE-33, PAGE-37.
 */
struct page *alloc_pages_nolock(gfp_t gfp_flags, int nid, unsigned int order);
/** free_pages_nolock() - Context: any. Rule: PAGE-32. */
void free_pages_nolock(struct page *page, unsigned int order);

/* Whose pageblocks a contiguous range lies in. */
typedef unsigned int acr_flags_t;
#define ACR_FLAGS_NONE ((acr_flags_t)0)
#define ACR_FLAGS_CMA  ((acr_flags_t)1)

/**
 * alloc_contig_range() - Exactly the frames [start, end), each a page of its own.
 * @start, @end: of one zone.
 * @gfp_mask:    from 6.18 on only what makes sense for a range, else -EINVAL.
 *
 * Context: may sleep. Return: 0, -EBUSY, -ENOMEM, -EINTR, -EINVAL. Rule: PAGE-26..29.
 */
int alloc_contig_range(unsigned long start, unsigned long end, acr_flags_t alloc_flags,
		       gfp_t gfp_mask);
/** alloc_contig_pages() - @nr_pages in a row, aligned if a power of two. Rule: PAGE-30. */
struct page *alloc_contig_pages(unsigned long nr_pages, gfp_t gfp_mask, int nid,
				const nodemask_t *nodemask);
/** free_contig_range() - Warns of pages that somebody else holds. Rule: PAGE-31. */
void free_contig_range(unsigned long pfn, unsigned long nr_pages);

struct folio {
	struct page page;
};
/** folio_alloc() - A compound block. Rule: PAGE-22. */
struct folio *folio_alloc(gfp_t gfp, unsigned int order);
struct folio *__folio_alloc_node(gfp_t gfp, unsigned int order, int nid);
static inline struct folio *folio_alloc_node(gfp_t gfp, unsigned int order, int nid)
{
	return __folio_alloc_node(gfp, order, nid);
}
