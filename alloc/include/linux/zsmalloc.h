/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zsmalloc: small objects packed into chains of single pages, behind handles.
 * Up to 6.12 objects are mapped, from 6.18 on read and written. Contract: ZS-1..21.
 */
#pragma once
#include <linux/gfp.h>
#include <linux/types.h>

struct zs_pool;

enum zs_mapmode { ZS_MM_RW, ZS_MM_RO, ZS_MM_WO };

/** zs_create_pool() - Context: may sleep. Return: a pool or NULL. Rule: ZS-1. */
struct zs_pool *zs_create_pool(const char *name);
/** zs_destroy_pool() - Of a pool without objects. Rule: ZS-17. */
void zs_destroy_pool(struct zs_pool *pool);
/**
 * zs_malloc() - An object of @size bytes, a page at most.
 * Return: a handle, or an error pointer as a number. Rule: ZS-2..7, ZS-19.
 */
unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t gfp, const int nid);
/** zs_free() - 0 and error pointers are no-ops. Rule: ZS-14, ZS-16. */
void zs_free(struct zs_pool *pool, unsigned long handle);

/* Up to 6.12. One mapping at a time on a cpu; no sleep between. Rule: ZS-10, ZS-11. */
void *zs_map_object(struct zs_pool *pool, unsigned long handle, enum zs_mapmode mm);
void zs_unmap_object(struct zs_pool *pool, unsigned long handle);

/* From 6.18 on. @local_copy: zs_lookup_class's size or more. Rule: ZS-12. */
void *zs_obj_read_begin(struct zs_pool *pool, unsigned long handle, void *local_copy);
void zs_obj_read_end(struct zs_pool *pool, unsigned long handle, void *handle_mem);
void zs_obj_write(struct zs_pool *pool, unsigned long handle, void *handle_mem, size_t mem_len);

/** zs_compact() - Return: pages freed by this call. Rule: ZS-13, ZS-15. */
unsigned long zs_compact(struct zs_pool *pool);
/** zs_huge_class_size() - Objects of this size and above have pages of their own. Rule: ZS-20. */
size_t zs_huge_class_size(struct zs_pool *pool);
unsigned long zs_get_total_pages(struct zs_pool *pool);
/** zs_lookup_class_index() - The class that serves @size. Rule: ZS-7. */
unsigned int zs_lookup_class_index(struct zs_pool *pool, unsigned int size);
