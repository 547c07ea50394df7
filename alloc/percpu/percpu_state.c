/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot, digest and self-check of percpu memory. */
#include "percpu.h"

/* As many as the machine's memory has room for. */
static uint32_t max_chunks(const struct kmc_sim_config *config)
{
	uint64_t nr_pages = 0, nr;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		nr_pages += config->zones[i].nr_pages;
	nr = nr_pages / config->nr_cpus >> PCPU_UNIT_ORDER;
	return nr < PCPU_MAX_CHUNKS ? (uint32_t)nr : PCPU_MAX_CHUNKS;
}

static size_t payer_bytes(const struct kmc_sim_config *config)
{
	return config->options & KMC_OPT_MEMCG ?
		max_chunks(config) * PCPU_MAP_BITS * sizeof(uint16_t) : 0;
}

size_t kmc_percpu_arena_bytes(const struct kmc_sim_config *config)
{
	return sizeof(struct kmc_percpu_state) + max_chunks(config) * sizeof(struct pcpu_chunk) +
	       payer_bytes(config) + 5 * PAGE_SIZE;
}

void kmc_percpu_boot(struct kmc_sim *sim)
{
	struct kmc_percpu_state *state = kmc_arena_alloc(sim, sizeof(*state), 64);

	state->max_chunks = max_chunks(&sim->config);
	state->chunks = kmc_arena_alloc_sparse(sim, state->max_chunks * sizeof(*state->chunks));
	if (payer_bytes(&sim->config))
		state->payer = kmc_arena_alloc_sparse(sim, payer_bytes(&sim->config));
	sim->percpu = state;
}

uint64_t kmc_percpu_hash(struct kmc_sim *sim, uint64_t seed)
{
	uint64_t h = seed;

	for (unsigned int i = 0; i < sim->percpu->nr_chunks; i++) {
		const struct pcpu_chunk *chunk = &sim->percpu->chunks[i];

		if (!chunk->unit[0])
			continue;
		h = kmc_hash_word(h, (uint64_t)i << 32 | chunk->nr_areas);
		for (unsigned int cpu = 0; cpu < sim->config.nr_cpus; cpu++)
			h = kmc_hash_word(h, chunk->unit[cpu]);
		for (unsigned int j = 0; j < PCPU_MAP_BITS / 64; j++)
			h = kmc_hash_word(kmc_hash_word(h, chunk->used[j]), chunk->ends[j]);
	}
	return h;
}

static void check_chunk(const struct pcpu_chunk *chunk)
{
	unsigned int used = 0, ends = 0;

	for (unsigned int j = 0; j < PCPU_MAP_BITS / 64; j++) {
		KMC_BUG_ON(chunk->ends[j] & ~chunk->used[j]);
		used += (unsigned int)__builtin_popcountll(chunk->used[j]);
		ends += (unsigned int)__builtin_popcountll(chunk->ends[j]);
	}
	KMC_BUG_ON(used + chunk->free_bits != PCPU_MAP_BITS || ends != chunk->nr_areas);
	KMC_BUG_ON(chunk->longest > chunk->free_bits || !chunk->longest != !chunk->free_bits);
}

void kmc_percpu_check(struct kmc_sim *sim)
{
	unsigned int empty = 0;

	for (unsigned int i = 0; i < sim->percpu->nr_chunks; i++) {
		const struct pcpu_chunk *chunk = &sim->percpu->chunks[i];

		if (!chunk->unit[0])
			continue;
		check_chunk(chunk);
		empty += !chunk->nr_areas;
	}
	KMC_BUG_ON(empty != sim->percpu->nr_empty);
}

/* Bits of [start, start + bytes) of a unit that no area has. */
static bool has_free(const struct pcpu_chunk *chunk, size_t start, size_t bytes)
{
	for (size_t at = start; at < start + bytes && at < PCPU_MIN_UNIT_SIZE;
	     at += PCPU_MIN_ALLOC_SIZE - at % PCPU_MIN_ALLOC_SIZE) {
		size_t bit = at / PCPU_MIN_ALLOC_SIZE;

		if (!(chunk->used[bit / 64] >> bit % 64 & 1))
			return true;
	}
	return false;
}

bool kmc_percpu_free_at(struct kmc_sim *sim, const void *ptr, size_t len)
{
	for (unsigned int i = 0; i < sim->percpu->nr_chunks; i++) {
		const struct pcpu_chunk *chunk = &sim->percpu->chunks[i];

		for (unsigned int cpu = 0; chunk->unit[0] && cpu < sim->config.nr_cpus; cpu++) {
			uintptr_t at = (uintptr_t)ptr -
				       (uintptr_t)pfn_to_virt_in(sim, chunk->unit[cpu]);

			if (at < PCPU_MIN_UNIT_SIZE)
				return has_free(chunk, at, len);
		}
	}
	return false;
}
