/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that every judging program takes alike: edition, run document,
 * what makes the exit status, accepted findings. Included by check and replay.
 */
#ifndef REPLAY_RUN_OPTIONS_H
#define REPLAY_RUN_OPTIONS_H
#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include "oracle/report.h"

struct kmc_run_options {
	const char *command;      /* "check", for messages */
	uint32_t edition;         /* KMC_RELEASE(); 0: as the input says */
	const char *document;     /* run document to write; NULL none */
	const char *accept;       /* file of known findings; NULL none */
	bool quiet;               /* no summary */
	unsigned int wishes;      /* KMC_STRICT, KMC_REQUIRE_COVERAGE */
};

/* An argp child: set its input (child_inputs) to a struct kmc_run_options. */
extern const struct argp kmc_run_argp;

#define KMC_EXIT_CANNOT 2

/** kmc_run_error() - "kmconform CMD: what" on standard error. Return: KMC_EXIT_CANNOT. */
int kmc_run_error(const struct kmc_run_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * kmc_run_accept() - Have @judge accept what the options' file says, a line as
 * kmc_judge_accept() has it.
 * Return: 0, or KMC_EXIT_CANNOT after a message.
 */
int kmc_run_accept(const struct kmc_run_options *options, struct kmc_judge *judge);

/**
 * kmc_run_keep() - Write the document of a run that goes on, partial: at the first call, then
 * now and then, so that one that is killed leaves it. Cheap when it is not time yet.
 * Return: 0, or KMC_EXIT_CANNOT after a message.
 */
int kmc_run_keep(const struct kmc_run_options *options, const struct kmc_run *run);
/** kmc_run_keep_due() - Would it write now? For who has to gather a run first. */
bool kmc_run_keep_due(const struct kmc_run_options *options);

/**
 * kmc_run_conclude() - Write the document, print the summary.
 * Return: the program's exit status.
 */
int kmc_run_conclude(const struct kmc_run_options *options, const struct kmc_run *run);

#endif
