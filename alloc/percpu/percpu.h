/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chunks of percpu memory. Private to percpu/, but for what boot and digest call. */
#pragma once
#include "core.h"
#include "linux/percpu.h"

#define PCPU_UNIT_ORDER 3 /* of PCPU_MIN_UNIT_SIZE */
#define PCPU_MAP_BITS   (PCPU_MIN_UNIT_SIZE / PCPU_MIN_ALLOC_SIZE)
#define PCPU_MAX_CHUNKS 2048

/* A unit for each cpu; an area has one place in all of them. Lies in the arena. */
struct pcpu_chunk {
	uint32_t longest; /* run of free bits; 0 also where there is no chunk */
	uint32_t free_bits, nr_areas;
	uint32_t unit[KMC_SIM_MAX_CPUS]; /* frame numbers; [0] 0: no such chunk */
	uint64_t used[PCPU_MAP_BITS / 64];
	uint64_t ends[PCPU_MAP_BITS / 64]; /* the last bit of each area */
};

struct kmc_percpu_state {
	struct kmc_lock lock;
	uint32_t nr_chunks; /* places of @chunks that were ever used */
	uint32_t nr_empty;  /* chunks without an area */
	uint32_t max_chunks;
	struct pcpu_chunk *chunks;
	uint16_t *payer;           /* [chunk][bit]: group that paid for the area there; may be NULL */
};

size_t kmc_percpu_arena_bytes(const struct kmc_sim_config *config);
void kmc_percpu_boot(struct kmc_sim *sim);
uint64_t kmc_percpu_hash(struct kmc_sim *sim, uint64_t seed);
void kmc_percpu_check(struct kmc_sim *sim);

/* pcpu_map.c: one chunk's map; the lock is held */

/** kmc_pcpu_map_take() - First fit. Return: the first bit, or -1. */
int kmc_pcpu_map_take(struct kmc_sim *sim, struct pcpu_chunk *chunk, unsigned int bits,
		      unsigned int align_bits);
/** kmc_pcpu_map_give() - Return: bits of the area that began at @bit; 0: none did. */
unsigned int kmc_pcpu_map_give(struct kmc_sim *sim, struct pcpu_chunk *chunk, unsigned int bit);
