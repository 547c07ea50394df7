/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contiguous memory areas: reserved for large contiguous buffers and lent to
 * movable pages meanwhile. On the machine whose cpu the calling thread has bound.
 */
#pragma once
#include <stdbool.h>
#include "linux/mm_types.h"
#include "linux/types.h"

struct cma;

/**
 * cma_declare_contiguous() - Reserve memory and make an area of it.
 * @base:  physical address; where it must be (@fixed), or from where on it may be.
 * @limit: its end is not above; 0: anywhere.
 * @alignment: a power of two or 0; at least a pageblock is meant.
 * @order_per_bit: pages per bit of the area's map, as an order.
 * Return: 0, -EINVAL, -EBUSY (fixed, and not free), -ENOMEM, -ENOSPC. Rule: CMA-2..4.
 */
int cma_declare_contiguous(phys_addr_t base, phys_addr_t size, phys_addr_t limit,
			   phys_addr_t alignment, unsigned int order_per_bit, bool fixed,
			   const char *name, struct cma **res_cma);
/** cma_declare_contiguous_nid() - The same from the memory of a node; NUMA_NO_NODE any. */
int cma_declare_contiguous_nid(phys_addr_t base, phys_addr_t size, phys_addr_t limit,
			       phys_addr_t alignment, unsigned int order_per_bit, bool fixed,
			       const char *name, struct cma **res_cma, int nid);
/**
 * cma_init_reserved_mem() - Make an area of memory that is reserved already.
 * Return: 0, -EINVAL, -ENOSPC. Rule: CMA-1..3.
 */
int cma_init_reserved_mem(phys_addr_t base, phys_addr_t size, unsigned int order_per_bit,
			  const char *name, struct cma **res_cma);
/**
 * cma_alloc() - @count pages in a row, the first a multiple of 2^@align; not zeroed.
 * Context: may sleep (GFP_KERNEL). Return: the first page or NULL. Rule: CMA-5..8, CMA-13, CMA-14.
 */
struct page *cma_alloc(struct cma *cma, unsigned long count, unsigned int align, bool no_warn);
/** cma_release() - Return: false, and nothing happened, when they are not all the area's. Rule: CMA-9. */
bool cma_release(struct cma *cma, const struct page *pages, unsigned long count);
bool cma_pages_valid(struct cma *cma, const struct page *pages, unsigned long count);

phys_addr_t cma_get_base(const struct cma *cma);
unsigned long cma_get_size(const struct cma *cma);
const char *cma_get_name(const struct cma *cma);
int cma_for_each_area(int (*it)(struct cma *cma, void *data), void *data);
