/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mempools and sheaves: promises of a number of elements. Included by the
 * judge only.
 */
#ifndef JUDGE_POOLS_H
#define JUDGE_POOLS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmc_pool {
	uint64_t id;
	uint64_t min_nr;   /* mempools: size of the reserve */
	uint64_t level;    /* elements in it, where it was reported */
	uint64_t out;      /* elements handed out; sheaves: objects taken */
	uint64_t promised; /* sheaves: objects that must come */
	uint32_t cache;    /* sheaves: their cache */
	bool sheaf;
	bool levelled;     /* level is known */
	bool refilled;     /* sheaves: it may hold more than was promised */
	bool shows_backend; /* calls of its backend are reported */
};

struct kmc_pools {
	struct kmc_pool *pools;
	size_t nr, max;
};

/** kmc_book_pool_find() - The pool, or the sheaf, of this number; NULL. */
struct kmc_pool *kmc_book_pool_find(const struct kmc_pools *pools, bool sheaf, uint64_t id);
/** kmc_book_pool_make() - A fresh one. Return: NULL without memory. */
struct kmc_pool *kmc_book_pool_make(struct kmc_pools *pools, bool sheaf, uint64_t id);
void kmc_book_pool_drop(struct kmc_pools *pools, struct kmc_pool *pool);
void kmc_book_pools_reset(struct kmc_pools *pools);
void kmc_book_pools_free(struct kmc_pools *pools);

#endif
