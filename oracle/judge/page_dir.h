/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A number for every 4 KiB page of the address space, at 4 bytes a page in
 * regions that were touched: which record speaks of that page. Used by the
 * judge for the lives of page blocks and for the places of objects.
 */
#ifndef JUDGE_PAGE_DIR_H
#define JUDGE_PAGE_DIR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMC_DIR_PAGE_SHIFT   12
#define KMC_DIR_REGION_SHIFT 27 /* 128 MiB: 32768 pages, 128 KiB of numbers */
#define KMC_DIR_REGION_PAGES (1u << (KMC_DIR_REGION_SHIFT - KMC_DIR_PAGE_SHIFT))

struct kmc_dir_region {
	uint64_t key; /* address >> region shift, + 1; 0 empty */
	uint32_t *pages;
};

struct kmc_page_dir {
	struct kmc_dir_region *regions; /* open addressing */
	size_t mask, used;
	struct kmc_dir_region last[16]; /* regions looked up last, by key */
};

int kmc_dir_init(struct kmc_page_dir *dir);
void kmc_dir_free(struct kmc_page_dir *dir);

/** kmc_dir_forget() - All numbers are 0 again: look-ups go as in a new one, regions are kept. */
void kmc_dir_forget(struct kmc_page_dir *dir);

/* The region of an address; where nothing was ever stored, one of zeroes. */
uint32_t *kmc_dir_region_find(struct kmc_page_dir *dir, uint64_t key);

/** kmc_dir_find() - Where the number of the page at @addr is, and behind it those of its region. */
static inline uint32_t *kmc_dir_find(struct kmc_page_dir *dir, uint64_t addr)
{
	uint64_t key = (addr >> KMC_DIR_REGION_SHIFT) + 1;
	const struct kmc_dir_region *last = &dir->last[key % 16];
	uint32_t *pages = last->key == key ? last->pages : kmc_dir_region_find(dir, key);

	return &pages[addr >> KMC_DIR_PAGE_SHIFT & (KMC_DIR_REGION_PAGES - 1)];
}

/** kmc_dir_make() - The same, to be written. Return: NULL without memory, or when it is full. */
uint32_t *kmc_dir_make(struct kmc_page_dir *dir, uint64_t addr);

/** kmc_dir_is_full() - Are there as many regions as there may be? Further pages stay unknown. */
bool kmc_dir_is_full(const struct kmc_page_dir *dir);

/** kmc_dir_left() - How many pages from @addr on are of its region. */
static inline uint64_t kmc_dir_left(uint64_t addr)
{
	return KMC_DIR_REGION_PAGES - (addr >> KMC_DIR_PAGE_SHIFT & (KMC_DIR_REGION_PAGES - 1));
}

/** kmc_dir_get() - The number of the page at @addr, 0 for none. */
static inline uint32_t kmc_dir_get(struct kmc_page_dir *dir, uint64_t addr)
{
	return *kmc_dir_find(dir, addr);
}

/** kmc_dir_set() - Number @nr_pages pages from @addr on. Return: 0, -ENOMEM. */
int kmc_dir_set(struct kmc_page_dir *dir, uint64_t addr, uint64_t nr_pages, uint32_t number);
/** kmc_dir_clear() - Number them 0: that needs no memory. */
void kmc_dir_clear(struct kmc_page_dir *dir, uint64_t addr, uint64_t nr_pages);

/** kmc_dir_prefetch() - Bring the number of a page near, if its region was looked up lately. */
static inline void kmc_dir_prefetch(const struct kmc_page_dir *dir, uint64_t addr)
{
	uint64_t key = (addr >> KMC_DIR_REGION_SHIFT) + 1;
	const struct kmc_dir_region *last = &dir->last[key % 16];

	if (last->key == key)
		__builtin_prefetch(&last->pages[addr >> KMC_DIR_PAGE_SHIFT &
						(KMC_DIR_REGION_PAGES - 1)]);
}

#endif
