/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmconform replay TRACE: do to our own allocator what the trace says was done
 * to a kernel's, compare, and have both judged. Also the two halves of a
 * blind prediction.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "kmc-version.h"
#include "options/options.h"
#include "replay.h"

const char *argp_program_version = KMC_VERSION_LINE;

enum { KEY_EVENTS = 0x100, KEY_ALLOC_ONLY, KEY_NO_JUDGE, KEY_PROFILE, KEY_MEMORY, KEY_PREDICT,
       KEY_COMPARE, KEY_PROGRESS, KEY_PAGES, KEY_BRIEF };

struct arguments {
	struct kmc_replay_options options;
	const char *trace, *predict, *compare;
};

static const struct argp_option options_table[] = {
	{ "events", KEY_EVENTS, "N", 0, "Stop after N events", 0 },
	{ "alloc-only", KEY_ALLOC_ONLY, NULL, 0, "The allocator and the books, nothing else", 0 },
	{ "no-judge", KEY_NO_JUDGE, NULL, 0, "Compare, but judge nothing", 0 },
	{ "pages", KEY_PAGES, "WHICH", 0,
	  "Page events to replay: user (default: not those whose blocks turn out to carry "
	  "objects), all, none", 0 },
	{ "profile", KEY_PROFILE, "RELEASE", 0, "Imitate this release, not the recorded one", 0 },
	{ "machine-memory", KEY_MEMORY, "BYTES", 0, "Memory of our machine (K, M, G)", 0 },
	{ "predict", KEY_PREDICT, "FILE", 0,
	  "Write what would be granted; TRACE has its granted sizes blanked", 0 },
	{ "compare", KEY_COMPARE, "FILE", 0, "Compare such predictions with TRACE", 0 },
	{ "brief", KEY_BRIEF, NULL, 0, "Print sums over the classes only", 0 },
	{ "progress", KEY_PROGRESS, NULL, 0, "Show progress (default on a terminal)", 0 },
	{ 0 }
};

static void take_pages(struct argp_state *state, struct kmc_replay_options *options,
		       const char *text)
{
	if (!strcmp(text, "user"))
		options->pages = KMC_PAGES_USER;
	else if (!strcmp(text, "all"))
		options->pages = KMC_PAGES_ALL;
	else if (!strcmp(text, "none"))
		options->pages = KMC_PAGES_NONE;
	else
		argp_error(state, "--pages takes user, all or none");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct kmc_replay_options *options = &arguments->options;

	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &options->run; break;
	case KEY_EVENTS: options->max_events = kmc_option_bytes(state, arg, "--events"); break;
	case KEY_ALLOC_ONLY: options->alloc_only = options->no_judge = true; break;
	case KEY_NO_JUDGE: options->no_judge = true; break;
	case KEY_PAGES: take_pages(state, options, arg); break;
	case KEY_PROFILE:
		options->profile = kmc_replay_profile(kmc_option_release(state, arg, "--profile"));
		break;
	case KEY_MEMORY: options->memory_bytes = kmc_option_bytes(state, arg, "--machine-memory"); break;
	case KEY_PREDICT: arguments->predict = arg; break;
	case KEY_COMPARE: arguments->compare = arg; break;
	case KEY_BRIEF: options->brief = true; break;
	case KEY_PROGRESS: options->progress = true; break;
	case ARGP_KEY_ARG:
		if (arguments->trace)
			argp_error(state, "one trace at a time");
		arguments->trace = arg;
		break;
	case ARGP_KEY_END:
		if (!arguments->trace)
			argp_error(state, "no trace named");
		if (arguments->predict && arguments->compare)
			argp_error(state, "--predict and --compare are separate steps");
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
	.args_doc = "TRACE",
	.doc = "Replay a recorded trace into our own allocator, compare the two, judge both."
	       "\vExit status: 0 nothing violated, 1 violated, 2 could not run, 3 on request.",
	.children = children,
};

static int replay_trace(const struct arguments *arguments, struct kmc_trace *trace)
{
	const struct kmc_replay_options *options = &arguments->options;
	static struct kmc_replay replay;
	int err, status;

	err = kmc_replay_init(&replay, options, trace);
	if (err)
		return kmc_run_error(&options->run, "out of memory");
	replay.input = arguments->trace;
	status = kmc_replay_machine(&replay);
	if (!status && !options->no_judge)
		status = kmc_replay_judges(&replay);
	if (!status) {
		err = kmc_replay_run(&replay);
		status = err ? kmc_run_error(&options->run, "%s: %s", arguments->trace,
					     strerror(-err)) :
			       kmc_replay_report(&replay, arguments->trace);
	}
	kmc_replay_free(&replay);
	return status;
}

static int with_trace(const struct arguments *arguments)
{
	const struct kmc_replay_options *options = &arguments->options;
	struct kmc_trace *trace;
	struct stat st;
	char error[512] = "";
	int err, status;

	if (!stat(arguments->trace, &st) && S_ISDIR(st.st_mode))
		return kmc_run_error(&options->run, "%s: is a directory", arguments->trace);
	err = kmc_trace_open(arguments->trace, &trace, error, sizeof(error));
	if (err)
		return *error ? kmc_run_error(&options->run, "%s", error) :
				kmc_run_error(&options->run, "%s: %s", arguments->trace,
					      strerror(-err));
	if (arguments->predict)
		status = kmc_predict(options, trace, arguments->trace, arguments->predict);
	else if (arguments->compare)
		status = kmc_predict_compare(options, trace, arguments->trace, arguments->compare);
	else
		status = replay_trace(arguments, trace);
	kmc_trace_close(trace);
	return status;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
		.options = { .run = { .command = "replay" },
			     .progress = isatty(STDERR_FILENO) },
	};

	argp_err_exit_status = KMC_EXIT_CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	return with_trace(&arguments);
}
