/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of the rules: for each judged rule a small program that keeps it, one that breaks it and
 * one that does not concern it, found by machine and reduced, for corpus/rules. Included by mutants.c.
 */
#pragma once
#include "campaign.h"

/* How far the search goes. */
struct harvest_wish {
	struct campaign_wish faults; /* for each fault */
	unsigned int rounds;         /* over the seeds: programs of the fault's rules; their families; all */
	uint64_t legal;              /* programs of correct callers, for keep and none */
	uint64_t wrong;              /* programs with callers' errors */
	const char *folder;          /* where files are written that are not there yet */
	const char *seeds;           /* folder of programs to begin from */
	bool quiet;
};

/** harvest() - @faults: those to plant; files that are there stay. Return: 0, -errno. */
int harvest(const struct harvest_wish *wish, const struct fault *faults, size_t nr);

struct pool;
/** harvest_breaks() - The part of it that needs the faults: programs that break rules. Return: 0, -errno. */
int harvest_breaks(const struct harvest_wish *wish, struct pool *pool, const struct fault *faults,
		   size_t nr);
