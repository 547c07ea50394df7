/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing, reading and comparing the bytes of a block, by pieces: of all that a program
 * does this goes over most memory. Without calls of memcmp(), which fuzzers listen to; engines
 * do not see the file, since all they would count is lengths.
 *
 * Under AddressSanitizer each range is looked up in one go, and touched the ordinary way
 * where something is wrong with it.
 */
#include <string.h>
#include "exec_core.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#if defined(__clang__)
#define RAW __attribute__((no_sanitize("address", "undefined")))
#else
#define RAW __attribute__((no_sanitize_address, no_sanitize_undefined))
#endif

#ifdef WITH_ASAN
void *__asan_region_is_poisoned(void *start, size_t size);

/* Has the sanitizer say what is wrong with a byte of the range, if one is. */
static void must_be_ours(const void *start, uint64_t bytes)
{
	const volatile uint8_t *bad = __asan_region_is_poisoned((void *)(uintptr_t)start, bytes);

	if (bad)
		(void)*bad;
}
#else
static void must_be_ours(const void *start, uint64_t bytes)
{
	(void)start, (void)bytes;
}
#endif

typedef uint64_t pair __attribute__((vector_size(16), aligned(1), may_alias));
#define PAIRS 4
#define PIECE (PAIRS * sizeof(pair))

/* patterns: eight bytes by their number in the block */

#define STEP 0x9e3779b97f4a7c15ull

static uint64_t pattern_word(uint64_t pattern, uint64_t word)
{
	uint64_t x = pattern + (word + 1) * STEP;

	return x ^ x >> 29;
}

static uint8_t pattern_byte(uint64_t pattern, uint64_t offset)
{
	return (uint8_t)(pattern_word(pattern, offset / 8) >> offset % 8 * 8);
}

/* Two words of a pattern before they are mixed, and those that follow them. */
RAW static pair pattern_pair(uint64_t pattern, uint64_t word)
{
	return (pair){ pattern + (word + 1) * STEP, pattern + (word + 2) * STEP };
}

RAW void kmc_pattern_write(uint8_t *block, struct kmc_extent at, uint64_t pattern)
{
	const pair step = { 2 * STEP, 2 * STEP };
	uint64_t i = at.start;
	pair x;

	if (at.start < at.end)
		must_be_ours(block + at.start, at.end - at.start);
	for (; i < at.end && i % 8; i++)
		block[i] = pattern_byte(pattern, i);
	x = pattern_pair(pattern, i / 8);
	for (; i + sizeof(pair) <= at.end; i += sizeof(pair), x += step)
		*(pair *)(block + i) = x ^ x >> 29;
	for (; i < at.end; i++)
		block[i] = pattern_byte(pattern, i);
}

RAW uint64_t kmc_pattern_compare(const uint8_t *block, struct kmc_extent at, uint64_t pattern)
{
	const pair step = { 2 * STEP, 2 * STEP };
	uint64_t i = at.start;
	pair x, differ;

	if (at.start < at.end)
		must_be_ours(block + at.start, at.end - at.start);
	for (; i < at.end && i % 8; i++)
		if (block[i] != pattern_byte(pattern, i))
			return i;
	x = pattern_pair(pattern, i / 8);
	for (; i + sizeof(pair) <= at.end; i += sizeof(pair), x += step) {
		differ = *(const pair *)(block + i) ^ x ^ x >> 29;
		if (differ[0] | differ[1])
			break;
	}
	for (; i < at.end; i++)
		if (block[i] != pattern_byte(pattern, i))
			return i;
	return at.end;
}

/* one value */

RAW static bool piece_differs(const uint8_t *piece, pair all)
{
	const pair *p = (const pair *)piece;
	pair any = (p[0] ^ all) | (p[1] ^ all) | (p[2] ^ all) | (p[3] ^ all);

	return any[0] | any[1];
}

RAW static uint64_t first_other(const uint8_t *block, struct kmc_extent at, uint8_t value)
{
	uint64_t word = 0x0101010101010101ull * value, i = at.start;
	pair all = { word, word };

	while (i + PIECE <= at.end && !piece_differs(block + i, all))
		i += PIECE;
	while (i < at.end && block[i] == value)
		i++;
	return i;
}

uint64_t kmc_value_compare(const uint8_t *block, struct kmc_extent at, uint8_t value)
{
	if (at.start < at.end)
		must_be_ours(block + at.start, at.end - at.start);
	return first_other(block, at, value);
}

RAW uint64_t kmc_count_other_than_zero(const void *block, uint64_t bytes, uint64_t *first)
{
	const volatile uint8_t *p = block;
	uint64_t i = first_other(block, (struct kmc_extent){ 0, bytes }, 0), others = 0;

	*first = i;
	for (; i < bytes; i++)
		others += p[i] != 0;
	return others;
}

RAW void kmc_bytes_read(const void *block, struct kmc_extent at)
{
	const volatile uint8_t *bytes = block;

	if (at.start == at.end)
		return;
	must_be_ours((const uint8_t *)block + at.start, at.end - at.start);
	for (uint64_t i = at.start; i < at.end; i += 4096)
		(void)bytes[i];
	(void)bytes[at.end - 1];
}
