/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory pools under the kernel's header name: a reserve of elements that makes
 * an allocation succeed sooner or later, whatever the memory is like. Included
 * by kernel-style code.
 *
 * Looked at: 6.1.192, 6.18; the bulk calls: 6.19.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <linux/gfp.h>

struct kmem_cache;

typedef void *(mempool_alloc_t)(gfp_t gfp_mask, void *pool_data);
typedef void(mempool_free_t)(void *element, void *pool_data);

typedef struct mempool_s {
	unsigned int lock;      /* of what follows */
	int min_nr;             /* elements that the reserve should hold */
	int curr_nr;            /* those that it holds */
	void **elements;
	void *pool_data;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
} mempool_t;

static inline bool mempool_initialized(mempool_t *pool)
{
	return pool->elements != NULL;
}

static inline bool mempool_is_saturated(mempool_t *pool)
{
	return pool->curr_nr >= pool->min_nr;
}

/**
 * mempool_init_node() - Make a pool in memory of the caller's.
 * @min_nr: elements to keep in reserve, allocated now.
 * @alloc_fn: gets an element; obeys the flags it is given.
 * Context: as @gfp_mask says. Return: 0 or -ENOMEM, then nothing is left. Rule: MP-1.
 */
int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		      mempool_free_t *free_fn, void *pool_data, gfp_t gfp_mask, int node_id);
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		 mempool_free_t *free_fn, void *pool_data);
/** mempool_exit() - Free the reserve of a pool that was initialised; all elements are back. */
void mempool_exit(mempool_t *pool);

/** mempool_create() - A pool of its own memory. Return: NULL when not all was to be had. Rule: MP-1. */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
			  void *pool_data);
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
			       void *pool_data, gfp_t gfp_mask, int nid);
/** mempool_destroy() - Free pool and reserve; NULL is accepted. Rule: MP-10. */
void mempool_destroy(mempool_t *pool);
/**
 * mempool_resize() - Another size of the reserve.
 * @new_min_nr: at least 1.
 * Context: task, may sleep. Return: 0, even if it is not full yet, or -ENOMEM. Rule: MP-7.
 */
int mempool_resize(mempool_t *pool, int new_min_nr) __attribute__((warn_unused_result));

/**
 * mempool_alloc() - An element: of the backend, else of the reserve.
 * @gfp_mask: with __GFP_DIRECT_RECLAIM it waits until one is given back.
 *
 * Return: NULL only without direct reclaim. Where nobody is left who could give
 * one back a kernel would wait for ever; here KMC_TP_HUNG tells and the result
 * is NULL. Rule: MP-2, MP-3, MP-4.
 */
void *mempool_alloc(mempool_t *pool, gfp_t gfp_mask);
/** mempool_alloc_preallocated() - Of the reserve alone, at once. Rule: MP-8. */
void *mempool_alloc_preallocated(mempool_t *pool);
/** mempool_free() - To the reserve while it lacks one, else to the backend. Rule: MP-5. */
void mempool_free(void *element, mempool_t *pool);
/**
 * mempool_alloc_bulk() - Fill every NULL entry of @elem[0..count).
 * @count: no more than the reserve is meant to hold.
 * @allocated: entries at the start that are filled already.
 * Context: may sleep. Return: 0. Rule: MP-9.
 */
int mempool_alloc_bulk(mempool_t *pool, void **elem, unsigned int count,
		       unsigned int allocated);
/** mempool_free_bulk() - A prefix goes into the reserve; Return: its length. Rule: MP-9. */
unsigned int mempool_free_bulk(mempool_t *pool, void **elem, unsigned int count);

/* backends: objects of a cache, blocks of one size, blocks of pages */

void *mempool_alloc_slab(gfp_t gfp_mask, void *pool_data);
void mempool_free_slab(void *element, void *pool_data);
void *mempool_kmalloc(gfp_t gfp_mask, void *pool_data);
void mempool_kfree(void *element, void *pool_data);
void *mempool_alloc_pages(gfp_t gfp_mask, void *pool_data);
void mempool_free_pages(void *element, void *pool_data);

#define mempool_init_slab_pool(pool, min_nr, cache) \
	mempool_init(pool, min_nr, mempool_alloc_slab, mempool_free_slab, (void *)(cache))
#define mempool_create_slab_pool(min_nr, cache) \
	mempool_create(min_nr, mempool_alloc_slab, mempool_free_slab, (void *)(cache))
#define mempool_init_kmalloc_pool(pool, min_nr, size) \
	mempool_init(pool, min_nr, mempool_kmalloc, mempool_kfree, (void *)(size_t)(size))
#define mempool_create_kmalloc_pool(min_nr, size) \
	mempool_create(min_nr, mempool_kmalloc, mempool_kfree, (void *)(size_t)(size))
#define mempool_init_page_pool(pool, min_nr, order)                        \
	mempool_init(pool, min_nr, mempool_alloc_pages, mempool_free_pages, \
		     (void *)(size_t)(order))
#define mempool_create_page_pool(min_nr, order)                        \
	mempool_create(min_nr, mempool_alloc_pages, mempool_free_pages, \
		       (void *)(size_t)(order))
