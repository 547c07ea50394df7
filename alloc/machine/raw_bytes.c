/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes by the piece. The file is among those that engines do not see: what they would count is length. */
#include "raw_bytes.h"

#if defined(__clang__)
#define RAW KMC_NO_ASAN __attribute__((no_sanitize("undefined")))
#else
#define RAW KMC_NO_ASAN __attribute__((no_sanitize_undefined))
#endif

typedef uint64_t pair __attribute__((vector_size(16), aligned(1), may_alias));
#define PAIRS 4
#define PIECE (PAIRS * sizeof(pair))

RAW static bool piece_differs(const uint8_t *piece, pair all)
{
	const pair *p = (const pair *)piece;
	pair any = (p[0] ^ all) | (p[1] ^ all) | (p[2] ^ all) | (p[3] ^ all);

	return any[0] | any[1];
}

RAW size_t kmc_raw_other(const void *at, uint8_t value, size_t len)
{
	const uint8_t *p = at;
	uint64_t word = 0x0101010101010101ull * value;
	pair all = { word, word };
	size_t i = 0;

	while (i + PIECE <= len && !piece_differs(p + i, all))
		i += PIECE;
	while (i < len && p[i] == value)
		i++;
	return i;
}

#ifdef KMC_ASAN
/* In words that no compiler takes for memset() and memcpy(), which look at the marks. */
RAW void kmc_raw_fill(void *at, uint8_t value, size_t len)
{
	volatile uint8_t *p = at;
	size_t i = 0;

#ifdef __x86_64__
	if (len >= PIECE) {
		__asm__ volatile("rep stosb" : "+D"(p), "+c"(len) : "a"(value) : "memory");
		return;
	}
#endif
	for (; i < len; i++)
		p[i] = value;
}

RAW void kmc_raw_copy(void *to, const void *from, size_t len)
{
	volatile uint8_t *t = to;
	const volatile uint8_t *f = from;
	size_t i = 0;

#ifdef __x86_64__
	if (len >= PIECE) {
		__asm__ volatile("rep movsb" : "+D"(t), "+S"(f), "+c"(len) : : "memory");
		return;
	}
#endif
	for (; i < len; i++)
		t[i] = f[i];
}
#endif
