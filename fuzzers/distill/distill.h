/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distilling: of many programs the few, and of those the few ops, that cover
 * all that all of them cover. Private to distill/.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "cover/cover.h"
#include "vocab/program.h"

struct kmc_seed {
	struct kmc_program program;
	struct kmc_cover cover;
	uint64_t cut; /* number of the cut it was made of */
};

struct kmc_distill {
	struct kmc_rigs *rigs;
	struct kmc_cover whole, ran; /* of all cuts; of the run before */
	struct kmc_seed *seeds;
	size_t nr, max;
	uint64_t cuts, runs;
	uint64_t violated; /* rules, by runs; since kmc_distill_check() by the seeds */
	/* Called now and then with what is being done; may be NULL. */
	void (*tick)(void *arg, const char *what, uint64_t done, uint64_t all);
	void *arg;
};

/** kmc_distill_begin() - Return: 0, -ENOMEM. */
int kmc_distill_begin(struct kmc_distill *d);
/** kmc_distill_warm() - Run a cut once for what happens once in a process. Return: as _add(). */
int kmc_distill_warm(struct kmc_distill *d, const struct kmc_program *program);
/** kmc_distill_add() - The next cut; a copy is kept if it adds something. Return: 0, -errno. */
int kmc_distill_add(struct kmc_distill *d, const struct kmc_program *program);
/** kmc_distill_choose() - Drop the seeds that the others make superfluous, the largest first. */
int kmc_distill_choose(struct kmc_distill *d);
/** kmc_distill_reduce() - Leave out of each seed the ops that nothing hangs on. Return: 0, -errno. */
int kmc_distill_reduce(struct kmc_distill *d);
/** kmc_distill_check() - Run the seeds once more. Return: bits of the whole that are lost, -errno. */
int64_t kmc_distill_check(struct kmc_distill *d);
uint64_t kmc_distill_ops(const struct kmc_distill *d);
void kmc_distill_end(struct kmc_distill *d);
