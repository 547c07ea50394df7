/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The areas of a machine. Private to cma/. All of it lies in the arena; the
 * lock is for areas and maps, never held while memory moves.
 */
#pragma once
#include "isolate.h"
#include "linux/cma.h"

#define CMA_MAX_NAME      64
#define MAX_CMA_AREAS_MAX 20

struct cma {
	struct kmc_sim *sim;
	uint64_t base_pfn, count; /* pages; count 0: could not be activated */
	uint64_t size_pages;      /* as declared */
	uint32_t order_per_bit;
	uint32_t index;
	uint64_t available_count;
	uint64_t nr_succeeded, nr_failed, nr_released; /* pages */
	char name[CMA_MAX_NAME];
};

struct kmc_cma_state {
	struct kmc_lock lock;
	uint32_t nr_areas;
	/* One bit for 2^order_per_bit pages; an area's begins at the word of its first frame. */
	uint64_t *map;
	struct cma areas[MAX_CMA_AREAS_MAX];
};

/** cma_map() - The words of an area's map. */
static inline uint64_t *cma_map(const struct cma *cma)
{
	return cma->sim->cma->map + cma->base_pfn / 64;
}

static inline uint64_t cma_bitmap_maxno(const struct cma *cma)
{
	return cma->count >> cma->order_per_bit;
}

/* reserve.c */

/** memory_is_free() - Is each frame of [start, end) on a free list? Per-cpu lists do not count. */
bool memory_is_free(struct kmc_sim *sim, uint64_t start, uint64_t end);
/** reserved_activate() - Reserved frames of a pageblock become CMA and free. CMA-12. */
void reserved_activate_cma(struct kmc_sim *sim, uint64_t start);
bool memory_is_reserved(struct kmc_sim *sim, uint64_t start, uint64_t end);
void reserved_release(struct kmc_sim *sim, uint64_t start, uint64_t end);
int memory_reserve(struct kmc_sim *sim, uint64_t start, uint64_t end);
