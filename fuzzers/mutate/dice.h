/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers from a seed, the same everywhere. Private to mutate/. */
#ifndef MUTATE_DICE_H
#define MUTATE_DICE_H
#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* Weyl sequence and a finaliser with full avalanche. */
static inline uint64_t dice_roll(struct dice *dice)
{
	uint64_t x = dice->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* Below @n; 0 when @n is. */
static inline uint64_t dice_below(struct dice *dice, uint64_t n)
{
	return n ? (uint64_t)((unsigned __int128)dice_roll(dice) * n >> 64) : 0;
}

/* True once in @n times. */
static inline bool dice_one_in(struct dice *dice, uint64_t n)
{
	return !dice_below(dice, n);
}

#define dice_pick(dice, table) ((table)[dice_below(dice, sizeof(table) / sizeof((table)[0]))])

#endif
