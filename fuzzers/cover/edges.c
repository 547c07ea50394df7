/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edge counters. Code that was compiled for libFuzzer has a byte for each edge
 * and hands them over before main() through the functions below, whose names
 * are the compiler's. Nobody calls them in other builds, which so have none.
 */
#include <string.h>
#include "edges.h"

#define MAX_PARTS 64

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);

static struct {
	uint8_t *start;
	size_t nr;
} parts[MAX_PARTS];
static size_t nr_parts;

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
	for (size_t i = 0; i < nr_parts; i++)
		if (parts[i].start == start)
			return;
	if (start == stop || nr_parts == MAX_PARTS)
		return;
	parts[nr_parts].start = start;
	parts[nr_parts++].nr = (size_t)(stop - start);
}

/* Where the edges are in the code is of no interest here. */
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
{
	(void)start;
	(void)stop;
}

size_t kmc_edges_nr(void)
{
	size_t nr = 0;

	for (size_t i = 0; i < nr_parts; i++)
		nr += parts[i].nr;
	return nr;
}

void kmc_edges_clear(void)
{
	for (size_t i = 0; i < nr_parts; i++)
		memset(parts[i].start, 0, parts[i].nr);
}

void kmc_edges_take(uint64_t *words, size_t first)
{
	for (size_t i = 0; i < nr_parts; i++) {
		for (size_t k = 0; k < parts[i].nr; k++)
			if (parts[i].start[k])
				words[(first + k) / 64] |= 1ull << (first + k) % 64;
		first += parts[i].nr;
	}
}
