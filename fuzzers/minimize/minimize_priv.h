/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the minimiser's files share: the question whether a program still does it. */
#pragma once
#include "minimize/minimize.h"

/* What a run in a process of its own has to say. */
struct guarded_run {
	bool seen;
	size_t seen_at;
	int rule, error;
	char key[24];
};

struct shrink {
	struct kmc_rigs *rigs;
	const struct kmc_minimize_wish *wish;
	struct kmc_program *best; /* the smallest so far that does it */
	struct kmc_minimized *result;
	/* the finding that is kept; in a run: was it seen, and after which op? */
	char key[24];
	int rule;
	bool by_rule, seen;
	size_t seen_at;
	struct kmc_rig_run run;
	struct kmc_op *trial; /* room for the ops of a candidate */
	bool stopped;
	int error;
	struct guarded_run *shared; /* guarded: with the process that runs */
	char *text; /* for messages; NULL nobody asks */
	size_t text_size;
};

/** kmc_still_does() - Run a candidate: does it violate as wished? False once stopped. */
bool kmc_still_does(struct shrink *s, const struct kmc_program *candidate);

/** kmc_shrink_ops() - Drop runs of ops, then single ones. Return: something went. */
bool kmc_shrink_ops(struct shrink *s);
/** kmc_every_op_needed() - Leave each op out in turn, once. Return: none could go. */
bool kmc_every_op_needed(struct shrink *s);
/** kmc_shrink_values() - Make plainer what ops carry. Return: something changed. */
bool kmc_shrink_values(struct shrink *s);
/** kmc_shrink_machine() - Fewer options, cpus, the default layout. Return: something changed. */
bool kmc_shrink_machine(struct shrink *s);
