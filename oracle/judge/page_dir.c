// SPDX-License-Identifier: GPL-2.0-or-later
/* Two levels: a small hash of regions, an array of numbers in each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "page_dir.h"

#define FIRST_REGIONS 64
/* A TiB of touched regions. A stream with more is nonsense: its further pages stay unknown. */
#define MAX_REGIONS   8192

int kmc_dir_init(struct kmc_page_dir *dir)
{
	memset(dir, 0, sizeof(*dir));
	dir->regions = calloc(FIRST_REGIONS, sizeof(*dir->regions));
	dir->mask = FIRST_REGIONS - 1;
	return dir->regions ? 0 : -ENOMEM;
}

void kmc_dir_free(struct kmc_page_dir *dir)
{
	for (size_t i = 0; dir->regions && i <= dir->mask; i++)
		free(dir->regions[i].pages);
	free(dir->regions);
	memset(dir, 0, sizeof(*dir));
}

static size_t slot_of(const struct kmc_dir_region *regions, size_t mask, uint64_t key)
{
	size_t i = (key * 0x9e3779b97f4a7c15ull >> 32) & mask;

	while (regions[i].key && regions[i].key != key)
		i = (i + 1) & mask;
	return i;
}

void kmc_dir_forget(struct kmc_page_dir *dir)
{
	memset(dir->last, 0, sizeof(dir->last));
}

/* Stands for all regions where nothing was stored; never written. */
static uint32_t nothing[KMC_DIR_REGION_PAGES];

uint32_t *kmc_dir_region_find(struct kmc_page_dir *dir, uint64_t key)
{
	struct kmc_dir_region region = dir->regions[slot_of(dir->regions, dir->mask, key)];

	if (!region.key)
		region = (struct kmc_dir_region){ .key = key, .pages = nothing };
	dir->last[key % 16] = region;
	return region.pages;
}

static int grow(struct kmc_page_dir *dir)
{
	size_t nr = (dir->mask + 1) * 2;
	struct kmc_dir_region *regions = calloc(nr, sizeof(*regions));

	if (!regions)
		return -ENOMEM;
	for (size_t i = 0; i <= dir->mask; i++)
		if (dir->regions[i].key)
			regions[slot_of(regions, nr - 1, dir->regions[i].key)] = dir->regions[i];
	free(dir->regions);
	dir->regions = regions;
	dir->mask = nr - 1;
	return 0;
}

static uint32_t *region_new(struct kmc_page_dir *dir, uint64_t key)
{
	uint32_t *pages;

	if (kmc_dir_is_full(dir))
		return NULL;
	if (dir->used * 2 > dir->mask && grow(dir))
		return NULL;
	pages = calloc(KMC_DIR_REGION_PAGES, sizeof(*pages));
	if (!pages)
		return NULL;
	dir->regions[slot_of(dir->regions, dir->mask, key)] =
		(struct kmc_dir_region){ .key = key, .pages = pages };
	dir->used++;
	return kmc_dir_region_find(dir, key);
}

bool kmc_dir_is_full(const struct kmc_page_dir *dir)
{
	return dir->used >= MAX_REGIONS;
}

uint32_t *kmc_dir_make(struct kmc_page_dir *dir, uint64_t addr)
{
	uint64_t page = addr >> KMC_DIR_PAGE_SHIFT & (KMC_DIR_REGION_PAGES - 1);
	uint32_t *pages = kmc_dir_find(dir, addr) - page;

	if (pages == nothing)
		pages = region_new(dir, (addr >> KMC_DIR_REGION_SHIFT) + 1);
	return pages ? pages + page : NULL;
}

int kmc_dir_set(struct kmc_page_dir *dir, uint64_t addr, uint64_t nr_pages, uint32_t number)
{
	if (!number)
		kmc_dir_clear(dir, addr, nr_pages);
	while (number && nr_pages) {
		uint64_t here = kmc_dir_left(addr) < nr_pages ? kmc_dir_left(addr) : nr_pages;
		uint32_t *pages = kmc_dir_make(dir, addr);

		if (!pages && !kmc_dir_is_full(dir))
			return -ENOMEM;
		for (uint64_t i = 0; pages && i < here; i++)
			pages[i] = number;
		nr_pages -= here;
		addr += here << KMC_DIR_PAGE_SHIFT;
	}
	return 0;
}

void kmc_dir_clear(struct kmc_page_dir *dir, uint64_t addr, uint64_t nr_pages)
{
	while (nr_pages) {
		uint64_t here = kmc_dir_left(addr) < nr_pages ? kmc_dir_left(addr) : nr_pages;
		uint32_t *pages = kmc_dir_find(dir, addr);

		/* What stands for the regions that are not there is never written. */
		for (uint64_t i = 0; i < here; i++)
			if (pages[i])
				pages[i] = 0;
		nr_pages -= here;
		addr += here << KMC_DIR_PAGE_SHIFT;
	}
}
