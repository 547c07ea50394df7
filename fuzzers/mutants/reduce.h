/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First findings made small, and told apart: several workers with seeds of their own find each
 * fault; what each found is reduced, and its key compared with all others. Included by mutants.c.
 */
#pragma once
#include <stdio.h>
#include "score.h"

#define MAX_WORKERS 8u

/* A worker's first finding. */
struct reduced {
	bool found;              /* by a rule of the list */
	bool done, minimal;      /* it was reduced; no op can be left out */
	bool listed;             /* the reduced finding's rule is on the list */
	int rule;
	uint64_t executions, runs;
	size_t before, after;    /* ops */
	char key[24], what[192]; /* what: rule, call, clause and shape in words */
};

/**
 * reduce_all() - Each caught fault by so many workers, @jobs faults at once.
 * @found: @nr times @workers, from side_by_side_room(). Return: 0, -errno.
 */
int reduce_all(const struct campaign_wish *wish, unsigned int workers, unsigned int jobs,
	       const struct mutant *mutants, size_t nr, struct reduced *found);
/**
 * reduce_report() - Sizes and keys, with what is demanded of them.
 * Return: all of it holds: a median of 6 ops, 90 % at most 10, each 1-minimal; keys on the lists, a
 * median of one a fault, three at most, equal for equal findings only.
 */
bool reduce_report(FILE *out, const struct mutant *mutants, size_t nr, unsigned int workers,
		   const struct reduced *found, bool quiet);
