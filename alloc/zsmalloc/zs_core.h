/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools, classes, zspages, handles. Private to zsmalloc/. All of it lies in memory that
 * comes from the stack itself, as on a kernel: a pool and its classes from kmalloc, handles and
 * zspages from the pool's two caches. One lock a pool; no allocation below it.
 *
 * An object begins with a word: its handle and a set lowest bit, or while it is free the number of
 * the next free one. A huge object has its page alone, and the word is in the zspage.
 */
#pragma once
#include "core.h"
#include "linux/slab.h"
#include "linux/zsmalloc.h"

#define ZS_HANDLE_SIZE sizeof(uint64_t)
#define ZS_MIN_SIZE    32u
#define ZS_DELTA       16u
#define ZS_CLASSES     255u
#define ZS_MAX_CHAIN   8u
#define ZS_GROUPS      12u /* of fullness; up to 6.3 four */
#define ZS_TAG         1ul

struct zspage {
	struct zspage *next, *prev; /* of its fullness group */
	struct size_class *class;
	uint32_t pfn[ZS_MAX_CHAIN];
	uint32_t inuse, group, freeobj; /* freeobj: number, UINT32_MAX none */
	uint64_t huge_word;
};

struct size_class {
	uint32_t size, objs_per_zspage, pages_per_zspage, index;
	uint64_t objs_allocated, objs_inuse;
	struct zspage *groups[ZS_GROUPS];
};

struct zs_pool {
	struct kmc_sim *sim;
	struct zs_pool *next; /* of the machine's */
	struct kmc_lock lock;
	struct size_class *class[ZS_CLASSES];
	struct kmem_cache *handles, *zspages;
	uint64_t pages_allocated;
	uint32_t compacting;
	void *map_buffer[KMC_SIM_MAX_CPUS]; /* of straddling objects; a page each */
	uint8_t map_mode[KMC_SIM_MAX_CPUS];
	char *name;
};

/* What a handle points at. */
struct zs_handle {
	struct zspage *zspage;
	uint32_t object; /* number in it */
};

/* zs_class.c: the profile's arithmetic */
unsigned int kmc_zs_chain(enum kmc_profile profile, unsigned int size);
unsigned int kmc_zs_class_index(size_t size_with_word);
unsigned int kmc_zs_group(enum kmc_profile profile, unsigned int inuse, unsigned int objects);
size_t kmc_zs_huge_size(enum kmc_profile profile);

/* zspage.c; the pool's lock is held but for making and freeing */
struct zspage *kmc_zspage_make(struct zs_pool *pool, struct size_class *class, gfp_t gfp, int nid);
void kmc_zspage_free(struct zs_pool *pool, struct zspage *zspage);
/** kmc_zspage_settle() - Into the list of its fullness; Return: whether it is empty, on none then. */
bool kmc_zspage_settle(struct zs_pool *pool, struct zspage *zspage);
void kmc_zspage_unlink(struct zspage *zspage);
uint32_t kmc_zspage_take(struct zs_pool *pool, struct zspage *zspage, const void *handle);
void kmc_zspage_give(struct zs_pool *pool, struct zspage *zspage, uint32_t object);
/** kmc_zspage_place() - First byte of an object, its word included; *@first: bytes in that page. */
void *kmc_zspage_place(struct zs_pool *pool, const struct zspage *zspage, uint32_t object,
		       size_t *first, void **second);
static inline bool kmc_zs_huge(const struct size_class *class)
{
	return class->objs_per_zspage == 1 && class->pages_per_zspage == 1;
}

/* Lies in the arena. */
struct kmc_zs_state {
	struct kmc_lock lock;
	struct zs_pool *pools;
};

/* zs_check.c */
void kmc_zs_pool_add(struct zs_pool *pool);
void kmc_zs_pool_del(struct zs_pool *pool);
