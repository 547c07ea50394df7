/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program of a rule is to do, and making it small so that it still does. */
#pragma once
#include <stdbool.h>
#include "fuzz/rig.h"
#include "vocab/program.h"

#define GOAL_MOST_RUNS 4000 /* of the minimiser */

struct goal {
	enum { GOAL_KEEP, GOAL_BREAK, GOAL_NONE } kind;
	int rule;
};

/** goal_is_met() - Run it on a judge that has seen nothing else. */
bool goal_is_met(struct kmc_rigs *rigs, const struct kmc_program *program, struct goal goal);
/** goal_reduce() - Make small what meets it; false: there is nothing that does. */
bool goal_reduce(struct kmc_rigs *rigs, struct kmc_program *program, struct goal *goal);
