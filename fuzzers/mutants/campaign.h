/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random legal programs against one planted fault, until a rule of its list is
 * violated. Each campaign has a process of its own, since a faulty allocator may do
 * anything; when it dies, the next one goes on with the next program.
 */
#pragma once
#include "faults.h"

struct kmc_program;

struct campaign_wish {
	uint64_t seed, executions; /* the first program's seed; at most so many programs */
	double seconds;            /* for a fault; 0: no limit */
};

/* What became of it. */
struct campaign {
	uint64_t executions, ops;
	uint64_t hits;         /* how often the fault was met */
	double seconds;
	int rule;              /* of the list; -1: survived */
	uint64_t found_at;     /* number of the program that violated it, from 0 */
	int other;             /* the first that is not on the list; -1 none */
	uint64_t other_after;  /* executions until then */
	uint64_t bugs;         /* deaths by alloc's own assertions */
	uint64_t crashes;      /* by a signal or a sanitizer's report */
	uint64_t hangs;        /* programs that did not end */
	uint64_t first_death;  /* executions until the first of these; 0 none */
	bool out_of_time, gave_up; /* gave_up: too many deaths */
};

/** campaign_run() - @fault NULL: none, so that any finding is a false alarm. Return: 0, -errno. */
int campaign_run(const struct campaign_wish *wish, const struct fault *fault,
		 struct campaign *result);
/** campaign_program() - The program of this number, on its machine. Return: 0, -errno. */
int campaign_program(const struct campaign_wish *wish, uint64_t number, struct kmc_program *program);
