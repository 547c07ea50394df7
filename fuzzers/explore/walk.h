/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk: every sequence of an alphabet's ops up to a depth, each state met
 * once. Two sequences that end in one state go on in the same way, so only the
 * first is followed; a state is the allocator's whole state and what the
 * program's slots hold. Private to explore/.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "oracle/judge.h"
#include "states.h"
#include "vocab/program.h"

struct kmc_walk_level {
	uint64_t expanded;     /* states whose ops were all tried */
	uint64_t transitions;  /* ops that took place */
	uint64_t not_fitting;  /* ops for which something was missing: nothing happened */
	uint64_t new_states, old_states; /* where they led; 0 at the last level, where nobody asks */
};

/* Two sequences that were taken for one, and the op that goes on in another way after them. */
struct kmc_walk_difference {
	uint16_t here[KMC_WALK_MAX_DEPTH + 1], there[KMC_WALK_MAX_DEPTH], op;
	unsigned int nr_here, nr_there;
};

/* Everything that the walk has found out so far. */
struct kmc_walk {
	struct kmc_states states;
	struct kmc_walk_level level[KMC_WALK_MAX_DEPTH];
	unsigned int depth;     /* of the level that is being walked */
	uint64_t steps;         /* ops run in all, those that lead up to a state included */
	uint64_t violations, verified, unequal;
	struct kmc_walk_difference first; /* of the unequal ones */
	bool stopped;           /* before it was through */
};

struct kmc_walk_config {
	const struct kmc_program *alphabet; /* machine, edition; its ops are tried in its order */
	unsigned int depth;                 /* 1 to KMC_WALK_MAX_DEPTH */
	uint32_t max_states;                /* stop when there are more; 0: no limit */
	/* Of so many sequences that end in a known state one is checked to go on as that does;
	 * 0: none. */
	uint32_t verify_one_in;
	bool no_merging; /* follow each sequence, as a check of the merging itself */
	/* Called at each violation with the ops that led there (indices, @nr of them). */
	void (*violation)(void *arg, const struct kmc_finding *finding, const uint16_t *path,
			  unsigned int nr);
	/* Called now and then; true: stop. */
	bool (*tick)(void *arg, const struct kmc_walk *walk);
	void *arg;
};

/**
 * kmc_walk_run() - Walk. @walk is filled in even when it fails; end it with kmc_walk_free().
 * Return: 0, -EINVAL with @error for a machine that cannot be, -ENOMEM, -EIO.
 */
int kmc_walk_run(const struct kmc_walk_config *config, struct kmc_walk *walk, char *error,
		 size_t size);
void kmc_walk_free(struct kmc_walk *walk);
