/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmconform bench: how fast the allocator stack is, as ratios to named
 * allocators measured in the same run. This file reads the options, sets the
 * field up and goes through the patterns.
 */
#include <argp.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "kmc-version.h"
#include "bench.h"

#define MAX_ONLY 16

enum {
	EXIT_MET = 0,
	EXIT_MISSED = 1,
	EXIT_ERROR = 2,
};

struct options {
	struct bench_plan plan;
	const char *json, *trace;
	const char *child; /* what a process of a resident row is to do */
	const char *only[MAX_ONLY];
	size_t nr_only;
	bool list;
};

const char *argp_program_version = KMC_VERSION_LINE;

static const char doc[] =
	"Measure the allocator stack against glibc, jemalloc, mimalloc and tcmalloc."
	"\vEvery contestant runs once in each round, in rotated order; ratios are taken to the "
	"best peer of the same round, and their medians are compared with the budgets. A peer "
	"that is not installed is named and left out.\n\n"
	"Exit status: 0 every must budget met; 1 one missed; 2 could not run.\n\n"
	"Use a release build on a machine with little else to do.";

enum {
	OPT_CHECK = 0x100,
	OPT_TRACE,
	OPT_LIST,
	OPT_CHILD,
};

static const struct argp_option option_table[] = {
	{ "rounds", 'r', "N", 0, "Rounds a pattern (default 21)", 0 },
	{ "quick", 'q', NULL, 0, "Short slots and 7 rounds: a first look", 0 },
	{ "only", 'o', "PATTERN", 0, "Only these patterns (shell wildcards; may be repeated)", 0 },
	{ "json", 'j', "FILE", 0, "Write the run to FILE as well", 0 },
	{ "trace", OPT_TRACE, "FILE", 0, "Run kmconform-replay over FILE too, quote its figures",
	  0 },
	{ "list", OPT_LIST, NULL, 0, "List the patterns and stop", 0 },
	{ "check-only", OPT_CHECK, NULL, 0, "Run everything for a moment, judge nothing", 0 },
	{ "resident-child", OPT_CHILD, "SPEC", OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

void bench_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "kmconform bench: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void parse_rounds(struct argp_state *state, const char *arg, struct bench_plan *plan)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*end || n < 1 || n > BENCH_MAX_ROUNDS)
		argp_error(state, "--rounds takes a number from 1 to %d", BENCH_MAX_ROUNDS);
	plan->rounds = (unsigned int)n;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'r':
		parse_rounds(state, arg, &o->plan);
		return 0;
	case 'q':
		o->plan = (struct bench_plan){ .rounds = 7, .slot_ns = 1000000 };
		return 0;
	case 'o':
		if (o->nr_only == MAX_ONLY)
			argp_error(state, "at most %d times --only", MAX_ONLY);
		o->only[o->nr_only++] = arg;
		return 0;
	case 'j':
		o->json = arg;
		return 0;
	case OPT_TRACE:
		o->trace = arg;
		return 0;
	case OPT_LIST:
		o->list = true;
		return 0;
	case OPT_CHILD:
		o->child = arg;
		return 0;
	case OPT_CHECK:
		o->plan = (struct bench_plan){ .rounds = 2, .slot_ns = 20000, .check_only = true };
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static bool wanted(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->nr_only; i++)
		if (!fnmatch(o->only[i], name, 0))
			return true;
	return !o->nr_only;
}

static int list_patterns(void)
{
	for (size_t i = 0; i < bench_nr_patterns; i++)
		printf("%-24s %s\n", bench_patterns[i].name, bench_patterns[i].what);
	printf("%-24s %s\n", "metadata", "bytes per simulated page");
	printf("%-24s %s\n", "ageing-order-9",
	       "memory to be had in blocks of order 9 after ageing");
	for (size_t i = 0; i < bench_nr_residents; i++)
		printf("%-24s %s\n", bench_residents[i].name, bench_residents[i].what);
	for (size_t i = 0; i < bench_nr_options; i++)
		printf("%-24s %s\n", bench_options[i].name, bench_options[i].what);
	for (size_t i = 0; i < bench_nr_oracle_names; i++)
		printf("%-24s %s\n", bench_oracle_names[i].name, bench_oracle_names[i].what);
	return EXIT_MET;
}

/* In a run of a moment a number is only a number. */
static void row_finish(const struct options *o, const struct bench_field *field,
		       struct bench_row *row)
{
	if (o->plan.check_only && row->state <= BENCH_MISSED)
		row->state = BENCH_INFO;
	bench_table_row(stdout, field, row);
}

/* A row that fails has said why; the others still run. */
static void run_patterns(const struct options *o, const struct bench_field *field,
			struct bench_row *rows, size_t *nr)
{
	for (size_t i = 0; i < bench_nr_patterns; i++) {
		if (!wanted(o, bench_patterns[i].name))
			continue;
		bench_measure(&bench_patterns[i], field, &o->plan, &rows[*nr]);
		row_finish(o, field, &rows[(*nr)++]);
	}
}

static void run_own_rows(const struct options *o, const struct bench_field *field,
			 struct bench_row *rows, size_t *nr)
{
	for (size_t i = 0; i < bench_nr_residents; i++) {
		if (!wanted(o, bench_residents[i].name))
			continue;
		if (bench_resident_row(&bench_residents[i], field, &o->plan, &rows[(*nr)++]))
			bench_fail("%s: did not run", bench_residents[i].name);
	}
	for (size_t i = 0; i < bench_nr_options; i++) {
		if (!wanted(o, bench_options[i].name))
			continue;
		if (bench_option_row(&bench_options[i], &o->plan, &rows[(*nr)++]))
			bench_fail("%s: did not run", bench_options[i].name);
	}
}

static void run_oracle(const struct options *o, struct bench_row *rows, size_t *nr)
{
	for (size_t i = 0; i < bench_nr_oracle_names; i++) {
		if (!wanted(o, bench_oracle_names[i].name))
			continue;
		if (bench_oracle_row(i, &o->plan, &rows[(*nr)++]))
			bench_fail("%s: did not run", bench_oracle_names[i].name);
	}
	if (!o->trace || !wanted(o, "oracle-replaying"))
		return;
	if (bench_oracle_trace_row(o->trace, o->plan.rounds, &rows[(*nr)++]))
		bench_fail("oracle-replaying: did not run");
}

static void run_others(const struct options *o, const struct bench_field *field,
		       struct bench_row *rows, size_t *nr)
{
	size_t first = *nr;

	if (wanted(o, "metadata")) {
		int err = bench_metadata_row(&rows[(*nr)++]);
		if (err)
			bench_fail("metadata: %s", strerror(-err));
	}
	if (wanted(o, "ageing-order-9")) {
		int err = bench_ageing_row(&rows[(*nr)++]);
		if (err)
			bench_fail("ageing-order-9: %s", strerror(-err));
	}
	run_own_rows(o, field, rows, nr);
	run_oracle(o, rows, nr);
	if (o->trace)
		*nr += bench_trace_rows(o->trace, o->plan.rounds, &rows[*nr]);
	for (size_t i = first; i < *nr; i++)
		row_finish(o, field, &rows[i]);
}

/* 2 beats 1: a row that did not run says nothing about its budget. */
static int exit_status(const struct bench_row *rows, size_t n)
{
	int status = n ? EXIT_MET : EXIT_ERROR;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].state == BENCH_FAILED)
			return EXIT_ERROR;
		if (rows[i].state == BENCH_MISSED && !rows[i].goal)
			status = EXIT_MISSED;
	}
	if (!n)
		bench_fail("no pattern has that name; see --list");
	return status;
}

static int run_all(const struct options *o, const struct bench_host *host,
		   const struct bench_field *field)
{
	static struct bench_row rows[BENCH_MAX_ROWS];
	size_t nr = 0;
	int err = 0;

	bench_table_head(stdout, host, field, &o->plan);
	run_patterns(o, field, rows, &nr);
	run_others(o, field, rows, &nr);
	bench_table_foot(stdout, rows, nr);
	if (o->json) {
		err = bench_json_write(o->json, host, field, &o->plan, rows, nr);
		if (err)
			bench_fail("%s: %s", o->json, strerror(-err));
	}
	return err ? EXIT_ERROR : exit_status(rows, nr);
}

static int set_up(struct bench_host *host, struct bench_field *field, char **argv)
{
	int err;

	bench_peers_add(field, argv);
	bench_host_read(host);
	bench_host_pin(host);
	err = bench_ours_add(field);
	if (err)
		bench_fail("the machine does not start: %s", strerror(-err));
	bench_worker_place(host->pinned[1]);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { option_table, parse_option, NULL, doc, NULL, NULL, NULL };
	struct options o = { .plan = { .rounds = 21, .slot_ns = 8000000 } };
	static struct bench_field field;
	struct bench_host host;
	int status = EXIT_ERROR;

	argp_err_exit_status = EXIT_ERROR;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (o.list)
		return list_patterns();
	if (o.child)
		return bench_resident_child(o.child, argv) ? EXIT_ERROR : EXIT_MET;
	if (!set_up(&host, &field, argv))
		status = run_all(&o, &host, &field);
	bench_worker_stop();
	bench_ours_close();
	return status;
}
