/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replay rows: kmconform-replay is run over a trace, allocator only and
 * with both sides judged in turn, and the line of its report that tells the
 * cost is quoted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bench.h"

#define MAX_RUNS 21

struct replay_kind {
	const char *name, *what, *option; /* option NULL: none */
	double must, good;                /* millions of events a second */
};

static const struct replay_kind kinds[] = {
	{ "replay-alloc-only", "events replayed into our allocator", "--alloc-only", 15, 30 },
	{ "replay-judged", "the same, both sides judged", NULL, 3.5, 8 },
};
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What one run said. */
struct cost {
	double rate;          /* millions of events a second of the replay thread */
	double decode_ns;     /* an event, not in the rate */
};

static bool cost_parse(const char *line, struct cost *cost)
{
	double each;

	return sscanf(line, "cost: %lf M events/s (%lf ns an event, thread CPU time), "
			    "decoding apart %lf", &cost->rate, &each, &cost->decode_ns) == 3;
}

/* Return: 0; -ENOEXEC when the program failed or did not tell its cost. */
static int replay_once(const struct replay_kind *kind, const char *trace, struct cost *cost)
{
	char *args[6], line[512];
	size_t n = 0;
	int status, err;

	args[n++] = (char *)"--brief";
	if (kind->option)
		args[n++] = (char *)kind->option;
	args[n++] = (char *)"--";
	args[n++] = (char *)trace;
	args[n] = NULL;
	err = bench_child_line("kmconform-replay", args, "cost:", line, sizeof(line), &status);
	/* 1 and 3 are verdicts; the figures stand. */
	if (err || status == 2 || status > 3)
		return err ? err : -ENOEXEC;
	return cost_parse(line, cost) ? 0 : -ENOEXEC;
}

static void row_fill(struct bench_row *row, const struct replay_kind *kind, double *rate,
		     double *decode_ns, unsigned int runs)
{
	row->value = bench_quantile(rate, runs, 0.5);
	row->state = row->value >= kind->good ? BENCH_GOOD :
		     row->value >= kind->must ? BENCH_MET :
						BENCH_MISSED;
	snprintf(row->note, sizeof(row->note),
		 "million events/s, %u runs [%.1f, %.1f], at least %g, good %g; decoding apart %.1f "
		 "ns an event", runs, bench_quantile(rate, runs, 0.25),
		 bench_quantile(rate, runs, 0.75), kind->must, kind->good,
		 bench_quantile(decode_ns, runs, 0.5));
}

/**
 * bench_trace_rows() - Measure the replay of a trace.
 * @rounds: alternations, at most 21 are made.
 * @rows: NR_KINDS rows are filled in.
 * Return: the number of rows. A replay that does not run gives a failed row;
 * the message is its own.
 */
size_t bench_trace_rows(const char *trace, unsigned int rounds, struct bench_row *rows)
{
	static double rate[NR_KINDS][MAX_RUNS], decode_ns[NR_KINDS][MAX_RUNS];
	unsigned int runs = rounds < MAX_RUNS ? rounds : MAX_RUNS;
	bool failed[NR_KINDS] = { false };

	for (unsigned int r = 0; r < runs; r++) {
		for (size_t k = 0; k < NR_KINDS; k++) {
			struct cost cost;

			failed[k] = failed[k] || replay_once(&kinds[k], trace, &cost);
			if (failed[k])
				continue;
			rate[k][r] = cost.rate;
			decode_ns[k][r] = cost.decode_ns;
		}
	}
	for (size_t k = 0; k < NR_KINDS; k++) {
		rows[k] = (struct bench_row){ .name = kinds[k].name, .what = kinds[k].what,
					      .unit = "M/s", .best = -1, .ours = -1,
					      .state = BENCH_FAILED };
		if (!failed[k])
			row_fill(&rows[k], &kinds[k], rate[k], decode_ns[k], runs);
	}
	return NR_KINDS;
}
