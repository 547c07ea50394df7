/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmconform coverage CORPUS...: which rules and edges the programs of a corpus cover. */
#include <argp.h>
#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cover/cover.h"
#include "fuzz/body.h"
#include "kmc-version.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define CANNOT 2
#define MAX_PATHS 64
#define MAX_RIGS 48
#define MAX_INPUT_BYTES (1 << 20)

struct arguments {
	char *paths[MAX_PATHS + 1];
	unsigned int nr;
	const char *csv;
	bool missing, quiet;
};

enum { KEY_MISSING = 0x100, KEY_CSV };

static const struct argp_option options[] = {
	{ "missing", KEY_MISSING, NULL, 0, "List the rules that could be exercised and were not", 0 },
	{ "csv", KEY_CSV, "FILE", 0, "Write the table of rules there too", 0 },
	{ "quiet", 'q', NULL, 0, "Only the summary", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case KEY_MISSING:
		a->missing = true;
		break;
	case KEY_CSV:
		a->csv = arg;
		break;
	case 'q':
		a->quiet = true;
		break;
	case ARGP_KEY_ARG:
		if (a->nr == MAX_PATHS)
			argp_error(state, "at most %d paths", MAX_PATHS);
		a->paths[a->nr++] = arg;
		break;
	case ARGP_KEY_END:
		if (!a->nr)
			argp_error(state, "no corpus named");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PATH...",
	.doc = "Run every program of files and folders, in text or records, once, and say which rules "
	       "they exercise, in how many of them, and, in a build of preset fuzz, how many edges "
	       "of the code are taken. .ci/coverage makes pages of the source lines too.\v"
	       "kmconform coverage corpus/seeds corpus/regressions corpus/distilled\n\n"
	       "Exit status: 0 done, 2 a file could not be read or run.",
};

struct table {
	struct kmc_rigs *rigs;
	struct kmc_cover all, ran;
	uint64_t *inputs; /* of a rule: programs that exercise it */
	uint8_t *states;  /* of a rule: 1 it could be exercised by some program */
	uint64_t nr_inputs, nr_ops, unreadable, violated;
};

/* A rule that one machine or edition cannot show may be shown by another. */
static void note_states(struct table *t, const struct kmc_judge *judge)
{
	struct kmc_rule_result result;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		kmc_judge_result(judge, i, &result);
		t->inputs[i] += kmc_cover_has_rule(&t->ran, i);
		t->states[i] |= result.state != KMC_RULE_UNREACHABLE;
	}
}

static int run_program(struct table *t, const struct kmc_program *program)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];
	int err = kmc_cover_run(t->rigs, program, &t->ran, &run);

	if (!err)
		err = kmc_rigs_take(t->rigs, &program->machine, program->edition, &rig, error,
				    sizeof(error));
	if (err)
		return err;
	kmc_cover_add(&t->all, &t->ran);
	note_states(t, rig->judge);
	t->nr_inputs++;
	t->nr_ops += program->nr_ops;
	t->violated += run.violated;
	return 0;
}

/* Inputs of fuzzers are any bytes, which are a program too. */
static int read_input(struct kmc_program *program, const char *path, char *error, size_t size)
{
	int err = kmc_program_read(program, path, error, size);
	uint8_t *bytes;
	FILE *in;
	size_t len;

	if (err != -EINVAL || strstr(path, ".op"))
		return err;
	in = fopen(path, "rb");
	bytes = malloc(MAX_INPUT_BYTES);
	len = in && bytes ? fread(bytes, 1, MAX_INPUT_BYTES, in) : 0;
	err = !in ? -errno : bytes ? kmc_fuzz_program(program, bytes, len) : -ENOMEM;
	if (in)
		fclose(in);
	free(bytes);
	return err;
}

static void run_file(struct table *t, const char *path)
{
	struct kmc_program program;
	char error[512] = "";
	int err;

	kmc_program_init(&program);
	err = read_input(&program, path, error, sizeof(error));
	if (!err)
		err = run_program(t, &program);
	if (err) {
		fprintf(stderr, "kmconform coverage: %s\n", *error ? error : path);
		t->unreadable++;
	}
	kmc_program_free(&program);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int run_paths(struct table *t, char *const *paths)
{
	FTS *walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;

	if (!walk)
		return -errno;
	while ((entry = fts_read(walk))) {
		if (entry->fts_info == FTS_F && entry->fts_name[0] != '.')
			run_file(t, entry->fts_path);
		else if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR ||
			 entry->fts_info == FTS_ERR) {
			fprintf(stderr, "kmconform coverage: %s: %s\n", entry->fts_path,
				strerror(entry->fts_errno));
			t->unreadable++;
		}
	}
	fts_close(walk);
	return 0;
}

static void print_rules(const struct table *t)
{
	printf("rule       inputs  name\n");
	for (size_t i = 0; i < kmc_rule_count(); i++)
		if (t->inputs[i])
			printf("%-9s %7" PRIu64 "  %s\n", kmc_rule_at(i)->id, t->inputs[i],
			       kmc_rule_at(i)->name);
}

static int write_csv(const struct table *t, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		return -errno;
	fprintf(out, "rule,inputs,reachable,name\n");
	for (size_t i = 0; i < kmc_rule_count(); i++)
		fprintf(out, "%s,%" PRIu64 ",%d,%s\n", kmc_rule_at(i)->id, t->inputs[i],
			t->states[i], kmc_rule_at(i)->name);
	return fclose(out) ? -errno : 0;
}

static void print_missing(const struct table *t)
{
	printf("could be exercised, and was not:\n");
	for (size_t i = 0; i < kmc_rule_count(); i++)
		if (t->states[i] && !t->inputs[i])
			printf("  %-9s %s\n", kmc_rule_at(i)->id, kmc_rule_at(i)->name);
}

static void print_summary(const struct table *t)
{
	struct kmc_cover_count count;
	size_t reachable = 0;

	kmc_cover_count(&t->all, &count);
	for (size_t i = 0; i < kmc_rule_count(); i++)
		reachable += t->states[i];
	printf("inputs               : %" PRIu64 " of %" PRIu64 " ops\n", t->nr_inputs, t->nr_ops);
	printf("rules exercised      : %zu of %zu reachable, %zu in all\n", count.rules, reachable,
	       kmc_rule_count());
	printf("rules passed         : %zu\n", count.passed);
	if (kmc_cover_edges())
		printf("edges                : %zu of %zu\n", count.edges, kmc_cover_edges());
	else
		printf("edges                : not counted by this build (preset fuzz does)\n");
	printf("violated             : %" PRIu64 "\n", t->violated);
}

static int print(const struct arguments *a, const struct table *t)
{
	if (!a->quiet)
		print_rules(t);
	if (a->missing)
		print_missing(t);
	print_summary(t);
	return a->csv ? write_csv(t, a->csv) : 0;
}

static int work(const struct arguments *a, struct table *t)
{
	int err;

	t->rigs = kmc_rigs_create(MAX_RIGS, 0);
	t->inputs = calloc(kmc_rule_count(), sizeof(*t->inputs));
	t->states = calloc(kmc_rule_count(), sizeof(*t->states));
	if (!t->rigs || !t->inputs || !t->states || kmc_cover_init(&t->all) ||
	    kmc_cover_init(&t->ran))
		return -ENOMEM;
	err = run_paths(t, a->paths);
	return err ? err : print(a, t);
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .nr = 0 };
	struct table table = { .rigs = NULL };
	int err;

	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	err = work(&arguments, &table);
	if (err)
		fprintf(stderr, "kmconform coverage: %s\n", strerror(-err));
	kmc_cover_free(&table.all);
	kmc_cover_free(&table.ran);
	kmc_rigs_destroy(table.rigs);
	free(table.inputs);
	free(table.states);
	return err || table.unreadable ? CANNOT : 0;
}
