/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table on standard output. Peers stand with their ratio to the best peer,
 * ours with time, ratio and the quartiles of the ratio.
 */
#include <string.h>
#include "kmc-version.h"
#include "bench.h"

const char *bench_state_name(enum bench_state state)
{
	static const char *const names[] = {
		[BENCH_INFO] = "-",	     [BENCH_GOOD] = "good",	  [BENCH_MET] = "met",
		[BENCH_MISSED] = "MISSED",   [BENCH_FAILED] = "FAILED",
	};

	return names[state];
}

static bool is_column(const struct bench_contestant *c)
{
	return c->role != BENCH_OURS && (c->role == BENCH_OTHER || (c->able & BENCH_OBJECTS));
}

static void number(FILE *f, int width, double value)
{
	if (value == 0)
		fprintf(f, " %*s", width, "-");
	else
		fprintf(f, " %*.*f", width, value < 0.1 ? 4 : 2, value);
}

static void head_peers(FILE *f, const struct bench_field *field)
{
	fprintf(f, "peers    ");
	for (size_t i = 0; i < field->nr; i++)
		if (field->c[i].role == BENCH_PEER && field->c[i].able & BENCH_OBJECTS)
			fprintf(f, " %s %s,", field->c[i].name, field->c[i].version);
	fprintf(f, " mmap+munmap of one page for pages\n");
}

void bench_table_head(FILE *f, const struct bench_host *host, const struct bench_field *field,
		      const struct bench_plan *plan)
{
	fprintf(f, "kmconform bench %s, commit %s, built by %s\n", KMC_VERSION, KMC_COMMIT,
		KMC_COMPILER);
	fprintf(f, "machine   %s, %u cpus, load %.1f; threads on cpus %d and %d\n", host->cpu,
		host->nr_cpus, host->load, host->pinned[0], host->pinned[1]);
	fprintf(f, "kernel    %s\n", host->kernel);
	head_peers(f, field);
	fprintf(f, "rounds    %u of %g ms a contestant, thread CPU time, medians; peers as ratio "
		   "to the best one\n\n",
		plan->rounds, (double)plan->slot_ns / 1e6);
	fprintf(f, "%-23s %-8s %8s", "pattern", "best", "time");
	for (size_t i = 0; i < field->nr; i++)
		if (is_column(&field->c[i]))
			fprintf(f, " %8s", field->c[i].name);
	fprintf(f, " | %8s    %7s %-16s %6s %6s %s\n", "ours", "ratio", "quartiles", "must", "good",
		"state");
}

static void print_peers(FILE *f, const struct bench_field *field, const struct bench_row *row,
			double scale)
{
	if (row->best >= 0)
		fprintf(f, " %-8s %8.1f", field->c[row->best].name,
			row->score[row->best].ns / scale);
	else
		fprintf(f, " %-8s %8s", "-", "-");
	for (size_t i = 0; i < field->nr; i++)
		if (is_column(&field->c[i]))
			number(f, 8, row->score[i].ran ? row->score[i].ratio : 0);
}

static void print_ours(FILE *f, const struct bench_row *row, double scale)
{
	const struct bench_score *s = &row->score[row->ours < 0 ? 0 : row->ours];
	char quartiles[32] = "";

	if (row->ours < 0) {
		if (row->value > 0)
			fprintf(f, " | %8.1f %-2s %7s %-16s", row->value, row->unit, "-", "");
		else
			fprintf(f, " | %8s %-2s %7s %-16s", "-", "", "-", "");
		return;
	}
	fprintf(f, " | %8.1f %-2s", s->ns / scale, row->unit);
	number(f, 7, s->ratio);
	snprintf(quartiles, sizeof(quartiles), "[%.*f, %.*f]", s->ratio_q1 < 0.1 ? 4 : 2,
		 s->ratio_q1, s->ratio_q3 < 0.1 ? 4 : 2, s->ratio_q3);
	fprintf(f, " %-16s", quartiles);
}

void bench_table_row(FILE *f, const struct bench_field *field, const struct bench_row *row)
{
	double scale = strcmp(row->unit, "us") ? 1 : 1000;

	fprintf(f, "%-23s", row->name);
	print_peers(f, field, row, scale);
	print_ours(f, row, scale);
	number(f, 6, row->must);
	number(f, 6, row->good);
	fprintf(f, " %s%s\n", row->goal && row->state != BENCH_INFO ? "goal " : "",
		bench_state_name(row->state));
	if (row->must_ns != 0 && row->good_ns != 0)
		fprintf(f, "    at most %g %s, good %g %s\n", row->must_ns / scale, row->unit,
			row->good_ns / scale, row->unit);
	else if (row->must_ns != 0)
		fprintf(f, "    at most %g %s\n", row->must_ns / scale, row->unit);
	if (row->note[0])
		fprintf(f, "    %s\n", row->note);
	fflush(f);
}

/** bench_table_foot() - How many budgets were judged, and how. */
void bench_table_foot(FILE *f, const struct bench_row *rows, size_t n)
{
	unsigned int count[BENCH_FAILED + 1] = { 0 }, goals = 0, goals_missed = 0;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].goal) {
			goals++;
			goals_missed += rows[i].state == BENCH_MISSED;
		} else {
			count[rows[i].state]++;
		}
	}
	fprintf(f, "\n%u budgets good, %u met, %u missed; %u goals, %u missed; %u rows for "
		   "information, %u failed\n",
		count[BENCH_GOOD], count[BENCH_MET], count[BENCH_MISSED], goals, goals_missed,
		count[BENCH_INFO], count[BENCH_FAILED]);
}
