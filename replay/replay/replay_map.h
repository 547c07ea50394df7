/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a recorded address to what stands for it in our own machine. Open
 * addressing with 16 bytes an entry and backward-shift deletion, so there are
 * no tombstones and a live object costs 16 / load bytes: at most 46 just
 * after a doubling. Included by the replayer only.
 */
#ifndef REPLAY_MAP_H
#define REPLAY_MAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmc_map_entry {
	uint64_t key;   /* 0: empty */
	uint64_t value; /* our pointer (48 bits), class above it */
};

struct kmc_map {
	struct kmc_map_entry *slots;
	uint64_t mask, used, limit; /* limit: grow at this many */
	unsigned int shift;
	size_t bytes;
};

#define KMC_MAP_PTR_BITS 48

static inline uint64_t kmc_map_value(const void *ptr, uint16_t class)
{
	return (uint64_t)(uintptr_t)ptr | (uint64_t)class << KMC_MAP_PTR_BITS;
}

static inline void *kmc_map_ptr(uint64_t value)
{
	return (void *)(uintptr_t)(value & ((1ull << KMC_MAP_PTR_BITS) - 1));
}

static inline uint16_t kmc_map_class(uint64_t value)
{
	return (uint16_t)(value >> KMC_MAP_PTR_BITS);
}

/** kmc_map_init() - An empty map. Return: 0, -ENOMEM. */
int kmc_map_init(struct kmc_map *map);
void kmc_map_free(struct kmc_map *map);
/** kmc_map_grow() - Double it; entries move. Return: 0, -ENOMEM. */
int kmc_map_grow(struct kmc_map *map);
/** kmc_map_remove() - Take an entry out; entries behind it may move. */
void kmc_map_remove(struct kmc_map *map, struct kmc_map_entry *entry);

static inline uint64_t kmc_map_home(const struct kmc_map *map, uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15ull) >> map->shift;
}

static inline void kmc_map_prefetch(const struct kmc_map *map, uint64_t key)
{
	__builtin_prefetch(&map->slots[kmc_map_home(map, key)], 1);
}

/** kmc_map_place() - The entry of a key, or the empty one where it would go. */
static inline struct kmc_map_entry *kmc_map_place(const struct kmc_map *map, uint64_t key)
{
	uint64_t i = kmc_map_home(map, key);

	while (map->slots[i].key && map->slots[i].key != key)
		i = (i + 1) & map->mask;
	return &map->slots[i];
}

/** kmc_map_note_used() - An empty place got a key. Return: 0; -ENOMEM when it had to grow and could not. */
static inline int kmc_map_note_used(struct kmc_map *map)
{
	return ++map->used < map->limit ? 0 : kmc_map_grow(map);
}

#endif
