/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmconform minimize PROGRAM: the smallest program that still violates the rule. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kmc-version.h"
#include "minimize/minimize.h"
#include "options/options.h"
#include "oracle/report.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define CANNOT 2

struct arguments {
	const char *file, *out, *document;
	struct kmc_minimize_wish wish;
	bool quiet;
};

enum { KEY_KEY = 0x100, KEY_RULE, KEY_MAX_RUNS, KEY_OPS_ONLY, KEY_DOCUMENT, KEY_GUARDED };

static const struct argp_option options[] = {
	{ "out", 'o', "FILE", 0, "Write the program there instead of to standard output", 0 },
	{ "key", KEY_KEY, "KEY", 0, "Keep the finding of this key (v1-...)", 0 },
	{ "rule", KEY_RULE, "RULE", 0, "Keep any finding of this rule", 0 },
	{ "max-runs", KEY_MAX_RUNS, "N", 0, "Try at most N programs (default 100000)", 0 },
	{ "ops-only", KEY_OPS_ONLY, NULL, 0, "Leave what ops carry as it is", 0 },
	{ "document", KEY_DOCUMENT, "FILE", 0,
	  "Write a run document of the result there, the program in it", 0 },
	{ "guarded", KEY_GUARDED, NULL, 0,
	  "Run each program in a process of its own, since it may die", 0 },
	{ "quiet", 'q', NULL, 0, "No progress", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'o':
		a->out = arg;
		break;
	case KEY_KEY:
		a->wish.key = arg;
		break;
	case KEY_RULE:
		if (kmc_rule_find(arg) < 0)
			argp_error(state, "no rule %s", arg);
		a->wish.rule = arg;
		break;
	case KEY_MAX_RUNS:
		a->wish.max_runs = kmc_option_number(state, arg, 1, UINT64_MAX, "--max-runs");
		break;
	case KEY_OPS_ONLY:
		a->wish.ops_only = true;
		break;
	case KEY_DOCUMENT:
		a->document = arg;
		break;
	case KEY_GUARDED:
		a->wish.guarded = true;
		break;
	case 'q':
		a->quiet = true;
		break;
	case ARGP_KEY_ARG:
		if (a->file)
			argp_error(state, "one program at a time");
		a->file = arg;
		break;
	case ARGP_KEY_END:
		if (!a->file)
			argp_error(state, "no program named");
		if (a->wish.key && a->wish.rule)
			argp_error(state, "--key or --rule, not both");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PROGRAM",
	.doc = "Make a program that violates a rule as small as can be: leave out runs of ops, then "
	       "single ones, then make plainer what the others carry, as long as the finding "
	       "stays. Of the result no op can be left out. Without --key and --rule the allocator's "
	       "first finding is kept, else the first of a caller.\v"
	       "kmconform minimize -o small.op crash.op && kmconform check small.op\n\n"
	       "Exit status: 0 done, 1 the program violates no such rule, 2 could not run.",
};

static bool on_tick(void *arg, size_t nr_ops, uint64_t runs)
{
	const bool *terminal = arg;

	if (*terminal)
		fprintf(stderr, "\r\033[K%zu ops, %" PRIu64 " runs", nr_ops, runs);
	return false;
}

/* The finding that was kept, once. */
struct kept {
	const char *key;
	bool told;
};

static void on_finding(void *arg, const struct kmc_finding *finding)
{
	struct kept *kept = arg;

	if (kept->told || strcmp(kept->key, finding->key))
		return;
	kept->told = true;
	fprintf(stderr, "%s %s\n  Let   %s\n  Then  %s\n  But   %s\n", finding->key,
		kmc_rule_at((size_t)finding->rule)->id, finding->let, finding->then, finding->but);
}

static void tell(struct kmc_rigs *rigs, const struct kmc_program *program,
		 const struct kmc_minimized *result)
{
	struct kept kept = { .key = result->key };
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	kmc_rigs_listen(rigs, on_finding, &kept);
	if (!kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error, sizeof(error)))
		kmc_rig_run(rig, program->ops, program->nr_ops, &run);
	fprintf(stderr, "%zu ops, of %zu, in %" PRIu64 " runs%s\n", result->ops_after,
		result->ops_before, result->runs,
		result->minimal ? "; none can be left out" : "; stopped before it was through");
}

#define AGAIN 3

/* Run it again, with a judge that keeps a window, as often as a campaign does. */
static int write_document(const struct arguments *a, struct kmc_rigs *rigs,
			  const struct kmc_program *program, const struct kmc_minimized *result)
{
	char command[64], error[256], *text = kmc_program_to_text(program);
	struct kmc_run_evidence evidence = {
		.key = result->key, .of = AGAIN, .program = text, .ops = result->ops_after,
		.ops_before = result->ops_before, .tries = result->runs, .reproduce = command,
	};
	struct kmc_run run = { .command = "minimize", .tool_version = KMC_VERSION_LINE,
			       .input = a->file, .evidence = &evidence, .nr_evidence = 1,
			       .nr_judges = 1, .reproducible = true };
	struct kmc_rig_run ran;
	struct kmc_rig *rig;
	int err;

	snprintf(command, sizeof(command), "kmconform check%s %s.op",
		 kmc_rig_is_traced(KMC_RIG_SEEDED_TRACEPOINTS, &program->machine) ?
			 " --tracepoints" : "", result->key);
	kmc_rigs_listen(rigs, NULL, NULL);
	err = text ? kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error,
				   sizeof(error)) : -ENOMEM;
	if (!err)
		err = kmc_rig_fresh_judge(rig);
	if (!err)
		err = kmc_judge_watch(rig->judge);
	for (unsigned int i = 0; i < AGAIN && !err; i++) {
		uint64_t before = kmc_rig_occurrences(rig, result->key);

		kmc_rig_run(rig, program->ops, program->nr_ops, &ran);
		evidence.seen += kmc_rig_occurrences(rig, result->key) > before;
	}
	if (!err) {
		run.judges = &rig->judge;
		err = kmc_run_write(&run, a->document);
	}
	free(text);
	if (!err)
		return 0;
	fprintf(stderr, "kmconform minimize: %s: %s\n", a->document, strerror(-err));
	return CANNOT;
}

static int write_out(const struct arguments *a, const struct kmc_program *program)
{
	FILE *out = a->out ? fopen(a->out, "w") : stdout;
	int err = out ? kmc_program_print(program, out) : -errno;

	if (out && (a->out ? fclose(out) : fflush(out)) && !err)
		err = -errno;
	if (!err)
		return 0;
	fprintf(stderr, "kmconform minimize: %s: %s\n", a->out ? a->out : "standard output",
		strerror(-err));
	return CANNOT;
}

static int minimize(struct arguments *a, struct kmc_rigs *rigs, struct kmc_program *program)
{
	bool terminal = isatty(STDERR_FILENO) && !a->quiet;
	struct kmc_minimized result;
	char error[256] = "";
	int err;

	a->wish.tick = on_tick;
	a->wish.arg = &terminal;
	err = kmc_minimize(rigs, program, &a->wish, &result, error, sizeof(error));
	if (terminal)
		fprintf(stderr, "\r\033[K");
	if (err == -ENOENT) {
		fprintf(stderr, "kmconform minimize: %s violates no such rule\n", a->file);
		return 1;
	}
	if (err) {
		fprintf(stderr, "kmconform minimize: %s: %s\n", a->file,
			*error ? error : strerror(-err));
		return CANNOT;
	}
	if (!a->quiet)
		tell(rigs, program, &result);
	if (a->document && write_document(a, rigs, program, &result))
		return CANNOT;
	return write_out(a, program);
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct kmc_program program;
	struct kmc_rigs *rigs;
	char error[512] = "";
	int status;

	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	kmc_program_init(&program);
	rigs = kmc_rigs_create(4, KMC_RIG_SEEDED_TRACEPOINTS);
	if (kmc_program_read(&program, arguments.file, error, sizeof(error)) || !rigs) {
		fprintf(stderr, "kmconform minimize: %s\n", *error ? error : "out of memory");
		status = CANNOT;
	} else {
		status = minimize(&arguments, rigs, &program);
	}
	kmc_rigs_destroy(rigs);
	kmc_program_free(&program);
	return status;
}
