/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address map's slow parts: memory, growth, deletion. Memory is mapped
 * directly and asks for huge pages: with a million objects the map is the
 * largest thing that is read at random.
 */
#include <errno.h>
#include <sys/mman.h>
#include "replay_map.h"

#define FIRST_LOG 14

static int map_slots(struct kmc_map *map, unsigned int log)
{
	size_t bytes = sizeof(struct kmc_map_entry) << log;
	void *slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slots == MAP_FAILED)
		return -ENOMEM;
	madvise(slots, bytes, MADV_HUGEPAGE);
	map->slots = slots;
	map->bytes = bytes;
	map->mask = (1ull << log) - 1;
	map->shift = 64 - log;
	map->limit = (1ull << log) / 10 * 7;
	return 0;
}

int kmc_map_init(struct kmc_map *map)
{
	map->used = 0;
	return map_slots(map, FIRST_LOG);
}

void kmc_map_free(struct kmc_map *map)
{
	if (map->slots)
		munmap(map->slots, map->bytes);
	map->slots = NULL;
}

int kmc_map_grow(struct kmc_map *map)
{
	struct kmc_map old = *map;

	if (map_slots(map, 64 - old.shift + 1)) {
		*map = old;
		return -ENOMEM;
	}
	for (uint64_t i = 0; i <= old.mask; i++)
		if (old.slots[i].key)
			*kmc_map_place(map, old.slots[i].key) = old.slots[i];
	kmc_map_free(&old);
	return 0;
}

/* Each entry behind the hole that may stand there closes it and leaves a new one. */
void kmc_map_remove(struct kmc_map *map, struct kmc_map_entry *entry)
{
	uint64_t hole = (uint64_t)(entry - map->slots);

	map->used--;
	for (uint64_t i = (hole + 1) & map->mask; map->slots[i].key; i = (i + 1) & map->mask) {
		uint64_t home = kmc_map_home(map, map->slots[i].key);

		if (((i - home) & map->mask) < ((i - hole) & map->mask))
			continue;
		map->slots[hole] = map->slots[i];
		hole = i;
	}
	map->slots[hole].key = 0;
}
