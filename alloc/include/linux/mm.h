/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages and addresses of the machine whose cpu the calling thread has bound:
 * conversions, references, compound blocks.
 */
#pragma once
#include "linux/gfp.h"
#include "linux/types.h"

#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))
#endif
#ifndef PAGE_ALIGN
#define PAGE_ALIGN(addr) (((addr) + PAGE_SIZE - 1) & PAGE_MASK)
#endif
#ifndef MAX_PAGE_ORDER
#define MAX_PAGE_ORDER 10
#endif
#define PAGE_ALLOC_COSTLY_ORDER 3

/* The smallest order that holds @size bytes; 0 bytes: far above MAX_PAGE_ORDER. */
static inline int get_order(unsigned long size)
{
	if (!size)
		return 64 - PAGE_SHIFT;
	size = (size - 1) >> PAGE_SHIFT;
	return size ? 64 - __builtin_clzl(size) : 0;
}

struct page *virt_to_page(const void *addr);
void *page_address(const struct page *page);
void *page_to_virt(const struct page *page);
unsigned long page_to_pfn(const struct page *page);
struct page *pfn_to_page(unsigned long pfn);
phys_addr_t page_to_phys(const struct page *page);
phys_addr_t virt_to_phys(const volatile void *addr);
void *phys_to_virt(phys_addr_t addr);
bool virt_addr_valid(const void *addr);
int page_to_nid(const struct page *page);

/** compound_head() - The head of a compound block; another page is its own. Rule: GFP-21. */
struct page *compound_head(struct page *page);
bool PageCompound(const struct page *page);
bool PageHead(const struct page *page);
bool PageTail(const struct page *page);
/** compound_order() - The order of a compound block's head; 0 of any other page. */
unsigned int compound_order(const struct page *page);
bool page_is_pfmemalloc(const struct page *page);

/* References are of the head. Rule: PAGE-7..9. */
int page_ref_count(const struct page *page);
int page_count(struct page *page);
void get_page(struct page *page);
void put_page(struct page *page);
/** try_get_page() - Not of a page whose last reference is gone. */
bool try_get_page(struct page *page);

/** split_page() - A plain block becomes 2^@order single pages. Rule: PAGE-21. */
void split_page(struct page *page, unsigned int order);

static inline struct folio *page_folio(struct page *page)
{
	return (struct folio *)compound_head(page);
}
static inline void *folio_address(const struct folio *folio)
{
	return page_address(&folio->page);
}
static inline unsigned int folio_order(const struct folio *folio)
{
	return compound_order(&folio->page);
}
static inline struct page *folio_page(struct folio *folio, unsigned long n)
{
	return &folio->page + n;
}
static inline unsigned long folio_nr_pages(const struct folio *folio)
{
	return 1ul << folio_order(folio);
}
static inline size_t folio_size(const struct folio *folio)
{
	return PAGE_SIZE << folio_order(folio);
}
static inline unsigned long folio_pfn(const struct folio *folio)
{
	return page_to_pfn(&folio->page);
}
static inline int folio_ref_count(const struct folio *folio)
{
	return page_ref_count(&folio->page);
}
static inline unsigned long page_size(const struct page *page)
{
	return PAGE_SIZE << compound_order(page);
}
static inline struct page *virt_to_head_page(const void *addr)
{
	return compound_head(virt_to_page(addr));
}
static inline struct folio *virt_to_folio(const void *addr)
{
	return page_folio(virt_to_page(addr));
}
static inline void folio_get(struct folio *folio)
{
	get_page(&folio->page);
}
static inline void folio_put(struct folio *folio)
{
	put_page(&folio->page);
}
