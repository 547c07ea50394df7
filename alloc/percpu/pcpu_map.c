/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which granules of a chunk are taken: two bits each, as in the kernel. */
#include "percpu.h"

#define ALL UINT64_MAX

static bool get(const uint64_t *map, unsigned int bit)
{
	return map[bit / 64] >> bit % 64 & 1;
}

/* @nr bits from @start, by words. */
static void put(uint64_t *map, unsigned int start, unsigned int nr, bool on)
{
	while (nr) {
		unsigned int at = start % 64, here = nr < 64 - at ? nr : 64 - at;
		uint64_t mask = ALL >> (64 - here) << at;

		if (on)
			map[start / 64] |= mask;
		else
			map[start / 64] &= ~mask;
		start += here;
		nr -= here;
	}
}

/* The first bit from @start that is @on; PCPU_MAP_BITS when none is. */
static unsigned int next(const uint64_t *map, unsigned int start, bool on)
{
	uint64_t invert = on ? 0 : ALL;
	unsigned int word = start / 64;
	uint64_t bits;

	if (start >= PCPU_MAP_BITS)
		return PCPU_MAP_BITS;
	bits = (map[word] ^ invert) & ALL << start % 64;
	while (!bits && ++word < PCPU_MAP_BITS / 64)
		bits = map[word] ^ invert;
	return bits ? word * 64 + (unsigned int)__builtin_ctzll(bits) : PCPU_MAP_BITS;
}

static unsigned int longest_run(const struct pcpu_chunk *chunk)
{
	unsigned int longest = 0;

	for (unsigned int start = 0, end; start < PCPU_MAP_BITS; start = end) {
		start = next(chunk->used, start, false);
		end = next(chunk->used, start, true);
		if (end - start > longest)
			longest = end - start;
	}
	return longest;
}

int kmc_pcpu_map_take(struct kmc_sim *sim, struct pcpu_chunk *chunk, unsigned int bits,
		      unsigned int align_bits)
{
	unsigned int start = 0, end;

	for (;; start = end) {
		start = (next(chunk->used, start, false) + align_bits - 1) & ~(align_bits - 1);
		if (start + bits > PCPU_MAP_BITS)
			return -1;
		end = next(chunk->used, start, true);
		if (end - start >= bits)
			break;
	}
	kmc_touch(sim, chunk, sizeof(*chunk));
	put(chunk->used, start, bits, true);
	put(chunk->ends, start + bits - 1, 1, true);
	chunk->free_bits -= bits;
	chunk->nr_areas++;
	chunk->longest = longest_run(chunk);
	return (int)start;
}

unsigned int kmc_pcpu_map_give(struct kmc_sim *sim, struct pcpu_chunk *chunk, unsigned int bit)
{
	unsigned int bits;

	if (!get(chunk->used, bit) || (bit && get(chunk->used, bit - 1) && !get(chunk->ends, bit - 1)))
		return 0;
	kmc_touch(sim, chunk, sizeof(*chunk));
	bits = next(chunk->ends, bit, true) - bit + 1;
	put(chunk->used, bit, bits, false);
	put(chunk->ends, bit + bits - 1, 1, false);
	chunk->free_bits += bits;
	chunk->nr_areas--;
	chunk->longest = longest_run(chunk);
	return bits;
}
