/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that a trace allocates belongs to a class: a kmalloc size, a
 * cache, a page order, an area kind. Counts are kept per class and must add
 * up: allocations = frees matched + implied frees + live at the end. Included
 * by the replayer only.
 */
#ifndef REPLAY_CLASSES_H
#define REPLAY_CLASSES_H
#include <stddef.h>
#include <stdint.h>

struct kmem_cache;

enum kmc_class_kind {
	KMC_REPLAY_KMALLOC,
	KMC_REPLAY_CACHE,
	KMC_REPLAY_PAGES,
	KMC_REPLAY_VMAP,
	KMC_REPLAY_PERCPU,
	KMC_REPLAY_UNKNOWN, /* frees of what no event named */
};

/* One cache line, counted in the hot loop; the rest in struct kmc_class_facts. */
struct kmc_class {
	uint64_t allocs, matched, implied;
	uint64_t theirs_or, ours_or; /* addresses: the low zero bits are the alignment */
	uint32_t theirs, ours;       /* granted bytes; 0 unknown */
	uint64_t before;             /* frees of what the trace never showed */
	uint64_t duplicates;
} __attribute__((aligned(64)));

struct kmc_class_facts {
	char name[64];
	uint8_t kind;       /* enum kmc_class_kind */
	uint8_t order;
	uint32_t cache;     /* index in the trace's table */
	uint64_t failed;    /* recorded requests that got NULL */
	uint64_t failed_ours_only; /* we got NULL and they did not */
	uint64_t not_replayed;
	struct kmem_cache *ours;
	uint8_t tried;      /* the cache was created, or could not be */
	uint8_t our_order;  /* of its slabs */
	uint8_t differs;    /* from the recorded cache, in size or order */
};

#define KMC_MAX_CLASSES 65536u

struct kmc_classes {
	size_t nr, max;
	struct kmc_class *count;
	struct kmc_class_facts *facts;
	/* by granted bytes / 8, and by order above 8 KiB; 0: none yet */
	uint16_t small[1025], large[32];
	uint16_t pages[32], vmap, percpu, unknown, page_unknown, cache_unknown;
	uint16_t *caches;   /* by cache index */
	size_t nr_caches;
};

static inline uint64_t kmc_class_live(const struct kmc_class *count)
{
	return count->allocs - count->matched - count->implied;
}

int kmc_classes_init(struct kmc_classes *classes, size_t nr_caches);
void kmc_classes_free(struct kmc_classes *classes);

/**
 * kmc_class_kmalloc() - The class of a kmalloc block that they granted @theirs
 * bytes for and we @ours. Return: its number; 0 when there is no room for another.
 */
uint16_t kmc_class_kmalloc(struct kmc_classes *classes, uint64_t theirs, uint64_t ours);
/** kmc_class_cache() - The class of a cache by index; @name when it is new. Return: as above. */
uint16_t kmc_class_cache(struct kmc_classes *classes, uint32_t cache, const char *name);

struct kmc_class_sum {
	uint64_t allocs, matched, implied, live, before, duplicates, failed, failed_ours_only;
	uint64_t not_replayed;
	uint64_t live_theirs, live_ours; /* bytes */
};
void kmc_classes_sum(const struct kmc_classes *classes, struct kmc_class_sum *sum);

#endif
