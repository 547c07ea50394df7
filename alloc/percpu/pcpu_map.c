/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which granules of a chunk are taken: two bits each, as in the kernel. */
#include "percpu.h"

static bool get(const uint64_t *map, unsigned int bit)
{
	return map[bit / 64] >> bit % 64 & 1;
}

static void put(uint64_t *map, unsigned int bit, bool on)
{
	if (on)
		map[bit / 64] |= 1ull << bit % 64;
	else
		map[bit / 64] &= ~(1ull << bit % 64);
}

/* The first taken bit of a run; @bits when all are free. */
static unsigned int first_used(const struct pcpu_chunk *chunk, unsigned int start,
			       unsigned int bits)
{
	for (unsigned int i = 0; i < bits; i++)
		if (get(chunk->used, start + i))
			return i;
	return bits;
}

int kmc_pcpu_map_take(struct kmc_sim *sim, struct pcpu_chunk *chunk, unsigned int bits,
		      unsigned int align_bits)
{
	unsigned int start = 0;

	while (start + bits <= PCPU_MAP_BITS) {
		unsigned int clear = first_used(chunk, start, bits);

		if (clear == bits)
			break;
		start = (start + clear + align_bits) & ~(align_bits - 1);
	}
	if (start + bits > PCPU_MAP_BITS)
		return -1;
	kmc_touch(sim, chunk, sizeof(*chunk));
	for (unsigned int i = 0; i < bits; i++)
		put(chunk->used, start + i, true);
	put(chunk->ends, start + bits - 1, true);
	chunk->free_bits -= bits;
	chunk->nr_areas++;
	return (int)start;
}

unsigned int kmc_pcpu_map_give(struct kmc_sim *sim, struct pcpu_chunk *chunk, unsigned int bit)
{
	unsigned int bits = 0;

	if (!get(chunk->used, bit) || (bit && get(chunk->used, bit - 1) && !get(chunk->ends, bit - 1)))
		return 0;
	kmc_touch(sim, chunk, sizeof(*chunk));
	for (bool last = false; !last; bits++) {
		last = get(chunk->ends, bit + bits);
		put(chunk->used, bit + bits, false);
	}
	put(chunk->ends, bit + bits - 1, false);
	chunk->free_bits += bits;
	chunk->nr_areas--;
	return bits;
}
