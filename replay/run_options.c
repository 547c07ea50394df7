/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options common to check and replay, and the common end of both.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "run_options.h"
#include "vocab/machine.h"

enum { KEY_EDITION = 0x4000, KEY_STRICT, KEY_COVERAGE, KEY_ACCEPT };

static const struct argp_option options_table[] = {
	{ "edition", KEY_EDITION, "RELEASE", 0, "Judge by the documents of this release", 0 },
	{ "output", 'o', "FILE", 0, "Write the run document (JSON) there", 0 },
	{ "accept", KEY_ACCEPT, "FILE", 0, "Findings with these keys, or of these rules' clauses, are known", 0 },
	{ "strict", KEY_STRICT, NULL, 0, "Exit status 3 for judgements left unknown", 0 },
	{ "require-coverage", KEY_COVERAGE, NULL, 0,
	  "Exit status 3 when reachable must rules were not exercised", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct kmc_run_options *options = state->input;

	switch (key) {
	case KEY_EDITION:
		options->edition = kmc_release_parse(arg);
		if (!options->edition)
			argp_error(state, "%s is no release", arg);
		break;
	case 'o':
		options->document = arg;
		break;
	case KEY_ACCEPT:
		options->accept = arg;
		break;
	case KEY_STRICT:
		options->wishes |= KMC_STRICT;
		break;
	case KEY_COVERAGE:
		options->wishes |= KMC_REQUIRE_COVERAGE;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp kmc_run_argp = { .options = options_table, .parser = parse };

int kmc_run_error(const struct kmc_run_options *options, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "kmconform %s: ", options->command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return KMC_EXIT_CANNOT;
}

int kmc_run_accept(const struct kmc_run_options *options, struct kmc_judge *judge)
{
	struct kmc_known_list known;
	char error[640];
	int err;

	if (!options->accept)
		return 0;
	if (kmc_known_load(&known, options->accept, error, sizeof(error)))
		return kmc_run_error(options, "%s", error);
	err = kmc_known_accept(&known, judge);
	kmc_known_free(&known);
	return err ? kmc_run_error(options, "out of memory") : 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#define KEEP_EVERY_NS 1000000000ull
#define KEEP_SHARE 50 /* a fiftieth of the time at most */

static uint64_t keep_next_ns;

bool kmc_run_keep_due(const struct kmc_run_options *options)
{
	return options->document && now_ns() >= keep_next_ns;
}

int kmc_run_keep(const struct kmc_run_options *options, const struct kmc_run *run)
{
	struct kmc_run part = *run;
	uint64_t began = now_ns(), took;
	int err;

	if (!kmc_run_keep_due(options))
		return 0;
	part.partial = true;
	err = kmc_run_write(&part, options->document);
	took = now_ns() - began;
	keep_next_ns = began + took + (took * KEEP_SHARE > KEEP_EVERY_NS ? took * KEEP_SHARE :
									   KEEP_EVERY_NS);
	return err ? kmc_run_error(options, "%s: %s", options->document, strerror(-err)) : 0;
}

int kmc_run_conclude(const struct kmc_run_options *options, const struct kmc_run *run)
{
	int err = 0;

	if (!options->quiet && (kmc_run_summary(stdout, run) || fflush(stdout)))
		return kmc_run_error(options, "cannot write the summary");
	if (options->document)
		err = kmc_run_write(run, options->document);
	if (err)
		return kmc_run_error(options, "%s: %s", options->document, strerror(-err));
	if (options->document && !options->quiet)
		printf("run document: %s\n", options->document);
	return kmc_run_exit_status(run, options->wishes);
}
