/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program made to get memory from: contiguous areas, pools of packed
 * objects, devices and their pools. Included by the judge only.
 */
#ifndef JUDGE_SOURCES_H
#define JUDGE_SOURCES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kmc_source_kind {
	KMC_SOURCE_AREA,
	KMC_SOURCE_ZS,
	KMC_SOURCE_DEVICE,
	KMC_SOURCE_DMA_POOL,
};

struct kmc_source {
	uint32_t id;
	uint8_t kind;      /* enum kmc_source_kind */
	uint8_t order;     /* areas: pages per bit */
	bool failed;       /* areas: an attempt failed since the count was last right */
	bool reported;     /* packed objects: total was reported */
	bool doubtful;     /* packed objects: one was freed while it was read, so its place may be held */
	uint32_t readers;  /* packed objects: reads that have begun and not ended */
	uint64_t base;     /* areas: address of the first page; 0 unknown */
	uint64_t size;     /* bytes of an area, of a pool's block */
	uint64_t taken;    /* areas: pages, packed objects: bytes asked for, that are out */
	uint64_t live;     /* blocks that are out */
	uint64_t total;    /* packed objects: pages, as reported last */
	uint64_t mask;     /* devices: of coherent memory */
	uint64_t limit;    /* devices: of the bus; 0 none */
	uint64_t align, boundary; /* pools of devices */
};

struct kmc_sources {
	struct kmc_source *list;
	size_t nr, max;
	size_t nr_areas;
};

/** kmc_book_source_find() - The one of this kind and number; NULL. */
struct kmc_source *kmc_book_source_find(const struct kmc_sources *sources,
					enum kmc_source_kind kind, uint32_t id);
/** kmc_book_source_make() - A fresh one. Return: NULL without memory. */
struct kmc_source *kmc_book_source_make(struct kmc_sources *sources, enum kmc_source_kind kind,
					uint32_t id);
void kmc_book_source_drop(struct kmc_sources *sources, struct kmc_source *source);
/** kmc_book_source_at() - The area that has this address; NULL. */
const struct kmc_source *kmc_book_source_at(const struct kmc_sources *sources, uint64_t addr);
void kmc_book_sources_reset(struct kmc_sources *sources);
void kmc_book_sources_free(struct kmc_sources *sources);

#endif
