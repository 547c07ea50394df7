// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The books of caches and of lives: which caches there are and what their
 * descriptions demand, and per cache or class how many blocks came and went.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"

#define MAX_CACHES (1u << 20)
#define CACHE_LINE 64u
#define DEBUG_FLAGS (KMC_CF_RED_ZONE | KMC_CF_POISON | KMC_CF_STORE_USER)

struct kmc_cache *kmc_book_cache(struct kmc_judge *judge, uint32_t id)
{
	return id < judge->nr_caches ? judge->caches[id] : NULL;
}

struct kmc_cache *kmc_book_cache_make(struct kmc_judge *judge, uint32_t id)
{
	if (id >= MAX_CACHES)
		return NULL;
	if (id >= judge->nr_caches) {
		size_t nr = id < 32 ? 64 : (size_t)id * 2;
		struct kmc_cache **caches = realloc(judge->caches, nr * sizeof(*caches));

		if (!caches)
			return NULL;
		memset(caches + judge->nr_caches, 0,
		       (nr - judge->nr_caches) * sizeof(*caches));
		judge->caches = caches;
		judge->nr_caches = nr;
	}
	if (!judge->caches[id]) {
		struct kmc_cache *cache = kmc_shelf_take(judge, id);

		if (!cache)
			return NULL;
		cache->desc.id = id;
		cache->from = KMC_FROM_CACHE;
		snprintf(cache->count.name, sizeof(cache->count.name), "cache %u", id);
		judge->caches[id] = cache;
	}
	return judge->caches[id];
}

/* ALIGN-8: from the cache line down, halved while the object fits in half of it. */
static uint32_t hwcache_align(uint32_t object_size)
{
	uint32_t align = CACHE_LINE;

	while (align > 8 && object_size <= align / 2)
		align /= 2;
	return align;
}

static void derive(struct kmc_judge *judge, struct kmc_cache *cache)
{
	const struct kmc_cache_desc *desc = &cache->desc;

	/* A cache whose align is no power of two is its creator's fault (ALIGN-14). */
	if (!desc->align || kmc_is_pow2(desc->align))
		cache->align = desc->align > 8 ? desc->align : 8;
	else
		cache->align = 0;
	cache->hwalign = desc->flags & KMC_CF_HWCACHE_ALIGN && desc->object_size ?
				 hwcache_align(desc->object_size) : 0;
	cache->stride = desc->size;
	cache->from = desc->ctor ? KMC_FROM_CACHE_CTOR :
		      desc->flags & KMC_CF_TYPESAFE_BY_RCU ? KMC_FROM_CACHE_TYPESAFE :
							     KMC_FROM_CACHE;
	cache->plain = desc->size && !(desc->flags & DEBUG_FLAGS);
	cache->special = desc->flags & (KMC_CF_ACCOUNT | KMC_CF_CACHE_DMA | KMC_CF_CACHE_DMA32);

	/* The kmalloc caches tell how kmalloc objects are laid out. */
	if (desc->kmalloc && judge->layout != KMC_LAYOUT_DEBUG)
		judge->layout = desc->flags & DEBUG_FLAGS ? KMC_LAYOUT_DEBUG : KMC_LAYOUT_PLAIN;
}

int kmc_book_announce(struct kmc_judge *judge, const struct kmc_cache_desc *desc)
{
	struct kmc_cache *cache = kmc_book_cache_make(judge, desc->id);

	if (!cache)
		return desc->id >= MAX_CACHES ? -EINVAL : -ENOMEM;
	cache->desc = *desc;
	cache->desc.name[sizeof(cache->desc.name) - 1] = '\0';
	cache->known = true;
	cache->destroyed = false;
	if (cache->desc.name[0])
		memcpy(cache->count.name, cache->desc.name, sizeof(cache->count.name));
	derive(judge, cache);
	return 0;
}

/* Classes of kmalloc, by what was granted. */
unsigned int kmc_book_kmalloc_class(uint32_t granted)
{
	if (granted == 96)
		return 4;
	if (granted == 192)
		return 6;
	if (!kmc_is_pow2(granted) || granted < 8 || granted > 8192)
		return 13;
	unsigned int log = (unsigned int)__builtin_ctz(granted); /* 3..13 */

	return log <= 6 ? log - 3 : log == 7 ? 5 : log - 1;
}

static unsigned int class_of(const struct kmc_judge *judge, unsigned int from, uint32_t granted,
			     uint64_t size)
{
	switch (from) {
	case KMC_FROM_KMALLOC:
	case KMC_FROM_KMALLOC_NOLOCK:
	case KMC_FROM_BUCKET:
		if (size > judge->subject.machine.kmalloc_max_cache)
			return KMC_CLASS_LARGE;
		return KMC_CLASS_KMALLOC + kmc_book_kmalloc_class(granted);
	case KMC_FROM_KMALLOC_LARGE:
		return KMC_CLASS_LARGE;
	case KMC_FROM_VMALLOC:
	case KMC_FROM_VMAP:
	case KMC_FROM_VMAP_PUT:
	case KMC_FROM_VM_MAP_RAM:
		return KMC_CLASS_VMALLOC;
	case KMC_FROM_KVMALLOC:
		return KMC_CLASS_KVMALLOC;
	case KMC_FROM_PAGE:
	case KMC_FROM_PAGE_PLAIN:
	case KMC_FROM_PAGE_COMP:
	case KMC_FROM_PAGE_SPLIT:
	case KMC_FROM_PAGE_BULK:
	case KMC_FROM_GET:
	case KMC_FROM_GET_PLAIN:
	case KMC_FROM_GET_COMP:
	case KMC_FROM_EXACT:
	case KMC_FROM_FOLIO:
	case KMC_FROM_PAGE_NOLOCK:
	case KMC_FROM_CONTIG:
		return KMC_CLASS_PAGE;
	case KMC_FROM_UNKNOWN:
		return KMC_CLASS_UNKNOWN;
	default:
		return KMC_CLASS_OTHER;
	}
}

struct kmc_life_count *kmc_book_count(struct kmc_judge *judge, unsigned int from, uint32_t cache,
				      uint32_t granted, uint64_t size)
{
	if (cache != KMC_CACHE_NONE && from >= KMC_FROM_CACHE && from <= KMC_FROM_CACHE_CTOR) {
		struct kmc_cache *book = kmc_book_cache_make(judge, cache);

		if (book)
			return &book->count;
	}
	return &judge->class_count[class_of(judge, from, granted, size)];
}

static unsigned int class_of_life(struct kmc_judge *judge, const struct kmc_life *life)
{
	bool cached = life->from >= KMC_FROM_CACHE && life->from <= KMC_FROM_CACHE_CTOR;

	if (cached && life->cache != KMC_CACHE_NONE && kmc_book_cache_make(judge, life->cache))
		return KMC_CLASS_OF_CACHE;
	return class_of(judge, life->from, life->granted, life->size);
}

void kmc_book_begin(struct kmc_judge *judge, struct kmc_life *life)
{
	life->class = class_of_life(judge, life) & 63;
	life->state = KMC_LIFE_LIVE;
	kmc_book_add(judge, kmc_book_count_of(judge, life), kmc_book_bytes(judge, life));
}

void kmc_book_free(struct kmc_judge *judge)
{
	for (size_t i = 0; i < judge->nr_caches; i++)
		free(judge->caches[i]);
	free(judge->caches);
	judge->caches = NULL;
	judge->nr_caches = 0;
}

void kmc_book_reset(struct kmc_judge *judge)
{
	kmc_shelf_put(judge);
	kmc_book_free(judge);
}

/* the public account */

static size_t append(struct kmc_life_count *counts, size_t nr, size_t max,
		     const struct kmc_life_count *count)
{
	if (!count->allocs && !count->frees && !count->failed && !count->before_trace)
		return nr;
	if (nr < max)
		counts[nr] = *count;
	return nr + 1;
}

static void name_class(struct kmc_life_count *count, unsigned int class)
{
	static const char *const sizes[] = { "8",   "16",  "32", "64", "96", "128", "192", "256",
					     "512", "1k", "2k", "4k", "8k", "other" };
	static const char *const others[] = { "large",	 "page",  "vmalloc",
					      "kvmalloc", "other", "unknown" };

	if (class < KMC_CLASS_LARGE)
		snprintf(count->name, sizeof(count->name), "kmalloc-%s", sizes[class]);
	else
		snprintf(count->name, sizeof(count->name), "%s", others[class - KMC_CLASS_LARGE]);
}

size_t kmc_judge_lives(const struct kmc_judge *judge, struct kmc_life_count *counts, size_t max)
{
	size_t nr = 0;

	for (unsigned int i = 0; i < KMC_NR_CLASSES; i++) {
		struct kmc_life_count count = judge->class_count[i];

		name_class(&count, i);
		nr = append(counts, nr, max, &count);
	}
	for (size_t i = 0; i < judge->nr_caches || i < judge->nr_shelved; i++) {
		const struct kmc_cache *cache = kmc_book_cache((struct kmc_judge *)judge, (uint32_t)i);

		if (!cache && i < judge->nr_shelved)
			cache = judge->shelf[i];
		if (cache)
			nr = append(counts, nr, max, &cache->count);
	}
	return nr;
}
