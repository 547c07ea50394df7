/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs to begin from: those of the rules and the seeds, and mutants of them. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "mutate/mutate.h"
#include "vocab/program.h"

#define MOST_SEEDS 2048

struct pool {
	struct kmc_program programs[MOST_SEEDS];
	int rule[MOST_SEEDS]; /* that the file's name begins with; -1 none */
	size_t nr;
	struct kmc_mutator *mutator;
	struct kmc_program mutant;
};

/** pool_init() - Read the folders; NULL: none. Return: 0, -ENOMEM. */
int pool_init(struct pool *pool, const char *seeds, const char *rules);
void pool_free(struct pool *pool);
/** pool_mutant() - One of them, changed; the pool's own until the next. NULL: there is none. */
const struct kmc_program *pool_mutant(struct pool *pool, uint64_t seed);
