/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmconform check PROGRAM...: run programs on a target, or take recorded
 * events, and judge them.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "exec/library.h"
#include "kmc-version.h"
#include "options/options.h"

const char *argp_program_version = KMC_VERSION_LINE;

enum { KEY_TARGET = 0x100, KEY_LIBRARY, KEY_PLAIN, KEY_EVENTS, KEY_REPEAT, KEY_HASH,
       KEY_TRACEPOINTS, KEY_NO_OBSERVE, KEY_TIMEOUT, KEY_KTAP };

struct arguments {
	struct kmc_check_options options;
	char **files;
	int nr_files;
};

static const struct argp_option options_table[] = {
	{ "target", KEY_TARGET, "NAME", 0, "Run on alloc (default) or malloc", 0 },
	{ "library", KEY_LIBRARY, "FILE", 0, "malloc: take it from this shared library", 0 },
	{ "plain", KEY_PLAIN, NULL, 0, "malloc: no natural alignment, judged as if there were", 0 },
	{ "events", KEY_EVENTS, "FILE", 0, "Write the events as text (.ev)", 0 },
	{ "tracepoints", KEY_TRACEPOINTS, NULL, 0, "alloc: tracepoints inside calls too", 0 },
	{ "no-observe", KEY_NO_OBSERVE, NULL, 0, "Do not look at zeroed memory unasked", 0 },
	{ "repeat", KEY_REPEAT, "N", 0, "Run each program N times; all must be equal", 0 },
	{ "hash", KEY_HASH, NULL, 0, "Print digests of events and final state", 0 },
	{ "ktap", KEY_KTAP, NULL, 0, "A KTAP line for each input as it is judged, no summary", 0 },
	{ "timeout", KEY_TIMEOUT, "SECONDS", 0, "Give a silent target up (default 10)", 0 },
	{ 0 }
};

static void take_target(struct argp_state *state, struct kmc_check_options *options, char *name)
{
	options->target = kmc_target_find(name);
	if (!options->target)
		argp_error(state, "no target %s", name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct kmc_check_options *options = &arguments->options;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->run;
		break;
	case KEY_TARGET:
		take_target(state, options, arg);
		break;
	case KEY_LIBRARY:
		options->library = arg;
		break;
	case KEY_PLAIN:
		options->flags |= KMC_TARGET_PLAIN;
		break;
	case KEY_EVENTS:
		options->events_name = arg;
		break;
	case KEY_TRACEPOINTS:
		options->flags |= KMC_TARGET_TRACEPOINTS;
		break;
	case KEY_NO_OBSERVE:
		options->flags &= ~KMC_TARGET_OBSERVE;
		break;
	case KEY_REPEAT:
		options->repeat = kmc_option_number(state, arg, 1, UINT64_MAX, "--repeat");
		break;
	case KEY_HASH:
		options->hash = true;
		break;
	case KEY_KTAP:
		options->ktap = options->run.quiet = true;
		break;
	case KEY_TIMEOUT:
		options->timeout_ms = (int)kmc_option_number(state, arg, 1, INT_MAX / 1000, "--timeout") * 1000;
		break;
	case ARGP_KEY_ARGS:
		arguments->files = state->argv + state->next;
		arguments->nr_files = state->argc - state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no program named");
		break;
	case ARGP_KEY_END:
		if (options->events_name && arguments->nr_files > 1)
			argp_error(state, "--events is for one program");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = { { &kmc_run_argp, 0, "Judging:", 1 }, { 0 } };
static const struct argp argp = {
	.options = options_table,
	.parser = parse,
	.args_doc = "PROGRAM...",
	.doc = "Run programs (.op, text or records) on a target and judge what happened; "
	       "files of events (.ev) are judged as they are."
	       "\vExit status: 0 nothing violated, 1 violated, 2 could not run, 3 on request.",
	.children = children,
};

/* One bad input does not spoil the others. */
static int check_all(struct kmc_check *check, const struct arguments *arguments)
{
	int failed = kmc_check_keep(check);

	for (int i = 0; i < arguments->nr_files; i++) {
		int status = kmc_check_input(check, arguments->files[i]);

		if (check->ktap)
			kmc_ktap_result(check->ktap, arguments->files[i], !status);
		if (status || kmc_check_keep(check))
			failed = KMC_EXIT_CANNOT;
	}
	return failed;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
		.options = { .run = { .command = "check" }, .target = kmc_target_at(0),
			     .flags = KMC_TARGET_OBSERVE, .repeat = 1, .timeout_ms = 10000 },
	};
	struct kmc_check check = { .options = &arguments.options };
	int status, failed;

	argp_err_exit_status = KMC_EXIT_CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	kmc_library_prepare(arguments.options.library, argv);
	check.first = arguments.files[0];
	if (arguments.options.ktap) {
		check.ktap = kmc_ktap_begin((unsigned int)arguments.nr_files);
		if (!check.ktap)
			return kmc_run_error(&arguments.options.run, "out of memory");
	}
	failed = check_all(&check, &arguments);
	status = check.programs + check.event_files ? kmc_check_conclude(&check) : failed;
	if (check.ktap && kmc_ktap_end(check.ktap))
		status = kmc_run_error(&arguments.options.run, "cannot write the results");
	kmc_check_free(&check);
	return failed ? failed : status;
}
