/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of `kmconform silence` share: programs judged one by one
 * (silence_run.c), the same by several processes (silence_jobs.c), how far it
 * is (silence_state.c). Private to the program.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "oracle/judge.h"

/* Programs of consecutive seeds that share a machine, and a process. */
#define SILENCE_A_MACHINE 64
#define SILENCE_MAX_JOBS  256

struct silence_wish {
	uint64_t ops, seed; /* run until so many were judged; the first program's seed */
	const char *target, *library, *state; /* state NULL: none is kept */
	const char *accept;                   /* file of known findings; NULL none */
	struct kmc_known_list known;          /* what it says */
	unsigned int jobs;
	bool quiet, cost;
};

/* What a program of a seed came to; the same whoever ran it. */
struct silence_result {
	uint64_t seed, ops, events, alarms, known;
	char *text; /* of the alarms, lines; valid until the next result */
	uint64_t length;
};

/* silence_run.c: one process */
struct silence_run;
struct silence_run *silence_run_new(const struct silence_wish *wish);
void silence_run_free(struct silence_run *run);
/* Return: 0, -errno with its message printed. */
int silence_run_program(struct silence_run *run, uint64_t seed, struct silence_result *result);
/** silence_run_cost() - Print what an op cost the oracle alone. Return: 0, -errno, message printed. */
int silence_run_cost(struct silence_run *run);
/** silence_subject_print() - After the run: what the subject does not promise, if anything. */
int silence_subject_print(const struct silence_wish *wish);

/* silence_jobs.c: several */
struct silence_jobs;
/** silence_jobs_start() - For the programs from @seed on. Return: NULL with its message printed. */
struct silence_jobs *silence_jobs_start(const struct silence_wish *wish, uint64_t seed);
/**
 * silence_jobs_next() - The result of the next seed, in the order of seeds.
 * Return: 0; -EINTR: a signal came; -errno with its message printed.
 */
int silence_jobs_next(struct silence_jobs *jobs, struct silence_result *result);
/** silence_jobs_cost() - silence_run_cost() of the only job. */
int silence_jobs_cost(struct silence_jobs *jobs);
void silence_jobs_stop(struct silence_jobs *jobs);

/* silence_state.c: how far it is, in a file */
struct silence_sum {
	uint64_t next_seed, ops, events, programs, alarms, known;
};
/** silence_state_read() - Take up what is there. Return: 0; -errno with its message printed. */
int silence_state_read(const struct silence_wish *wish, struct silence_sum *sum);
int silence_state_write(const struct silence_wish *wish, const struct silence_sum *sum);
