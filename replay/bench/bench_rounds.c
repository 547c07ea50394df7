/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alternation: in each round every contestant runs once, and the round starts
 * with a different one each time. A ratio is taken against the best peer of
 * the same round, so that a slow second on the host slows both sides of it;
 * what is reported is the median of the rounds and the quartiles.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bench.h"

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/**
 * bench_quantile() - Quantile of @n values, which are sorted in place.
 * @q: 0 to 1; between two values the result is interpolated.
 */
double bench_quantile(double *values, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t low = (size_t)at;

	qsort(values, n, sizeof(*values), compare_double);
	if (low + 1 >= n)
		return values[n - 1];
	return values[low] + (at - (double)low) * (values[low + 1] - values[low]);
}

static double best_peer(const double *ns, const struct bench_field *field,
			const struct bench_row *row)
{
	double best = INFINITY;

	for (size_t i = 0; i < field->nr; i++)
		if (field->c[i].role == BENCH_PEER && row->score[i].ran && ns[i] < best)
			best = ns[i];
	return best;
}

static void score_quartiles(double *values, size_t n, double *q1, double *median, double *q3)
{
	*median = bench_quantile(values, n, 0.5);
	*q1 = bench_quantile(values, n, 0.25);
	*q3 = bench_quantile(values, n, 0.75);
}

static void score_one(const double *ns, size_t rounds, const struct bench_field *field,
		      struct bench_row *row, size_t i)
{
	static double absolute[BENCH_MAX_ROUNDS], ratio[BENCH_MAX_ROUNDS];
	struct bench_score *s = &row->score[i];

	for (size_t r = 0; r < rounds; r++) {
		const double *round = ns + r * field->nr;

		absolute[r] = round[i];
		ratio[r] = round[i] / best_peer(round, field, row);
	}
	score_quartiles(absolute, rounds, &s->ns_q1, &s->ns, &s->ns_q3);
	score_quartiles(ratio, rounds, &s->ratio_q1, &s->ratio, &s->ratio_q3);
}

/**
 * bench_score_rounds() - Medians and quartiles of all contestants of a row.
 * @ns: rounds x field->nr times per unit.
 * @rounds: at most BENCH_MAX_ROUNDS.
 * @row: score[].ran says who took part; the rest is filled in.
 */
void bench_score_rounds(const double *ns, size_t rounds, const struct bench_field *field,
			struct bench_row *row)
{
	row->best = row->ours = -1;
	for (size_t i = 0; i < field->nr; i++) {
		if (!row->score[i].ran)
			continue;
		score_one(ns, rounds, field, row, i);
		if (field->c[i].role == BENCH_OURS)
			row->ours = (int)i;
		if (field->c[i].role != BENCH_PEER)
			continue;
		if (row->best < 0 || row->score[i].ns < row->score[row->best].ns)
			row->best = (int)i;
	}
}

static bool within(double value, double limit)
{
	return limit == 0 || value <= limit;
}

/** bench_judge() - Compare the median ratio, and the median time, with the row's budgets. */
void bench_judge(struct bench_row *row)
{
	const struct bench_score *s;

	if (row->ours < 0 || row->best < 0) {
		row->state = BENCH_FAILED;
		return;
	}
	s = &row->score[row->ours];
	if (row->must == 0 && row->must_ns == 0)
		row->state = BENCH_INFO;
	else if (within(s->ratio, row->good) && within(s->ns, row->good_ns))
		row->state = BENCH_GOOD;
	else if (within(s->ratio, row->must) && within(s->ns, row->must_ns))
		row->state = BENCH_MET;
	else
		row->state = BENCH_MISSED;
}

/* How many units make a slot of about slot_ns; a slow contestant gets fewer. */
static int calibrate(const struct bench_pattern *p, const struct bench_contestant *c,
		     uint64_t slot_ns, uint64_t *n)
{
	uint64_t cpu_ns = 0, units = 1;
	int err;

	for (*n = 16; *n < (1ull << 32); *n *= 4) {
		err = p->run(p, c, *n, &cpu_ns, &units);
		if (err)
			return err;
		if (cpu_ns >= slot_ns / 4)
			break;
	}
	*n = (uint64_t)((double)units * (double)slot_ns / (double)(cpu_ns + 1)) + 1;
	return 0;
}

static int slot(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		double *ns)
{
	uint64_t cpu_ns = 0, units = 1;
	int err = p->run(p, c, n, &cpu_ns, &units);

	*ns = (double)(cpu_ns ? cpu_ns : 1) / (double)units;
	return err;
}

static void row_from_pattern(struct bench_row *row, const struct bench_pattern *p)
{
	memset(row, 0, sizeof(*row));
	row->name = p->name;
	row->what = p->what;
	row->unit = p->needs & BENCH_RESET ? "us" : "ns";
	row->must = p->must;
	row->good = p->good;
	row->must_ns = p->must_ns;
	row->good_ns = p->good_ns;
	row->goal = p->goal;
	row->best = row->ours = -1;
}

/* A contestant that fails here takes no part in the row. */
static void all_calibrated(const struct bench_pattern *p, const struct bench_field *field,
			   const struct bench_plan *plan, struct bench_row *row, uint64_t *n)
{
	for (size_t i = 0; i < field->nr; i++) {
		const struct bench_contestant *c = &field->c[i];
		int err;

		if (!(c->able & p->needs))
			continue;
		err = calibrate(p, c, plan->slot_ns, &n[i]);
		row->score[i].ran = !err;
		if (err)
			bench_fail("%s: %s: %s", p->name, c->name, strerror(-err));
	}
}

static int all_rounds(const struct bench_pattern *p, const struct bench_field *field,
		      const struct bench_plan *plan, const struct bench_row *row,
		      const uint64_t *n, double *ns)
{
	for (unsigned int r = 0; r < plan->rounds; r++) {
		for (size_t k = 0; k < field->nr; k++) {
			size_t i = (k + r) % field->nr;
			int err;

			if (!row->score[i].ran)
				continue;
			err = slot(p, &field->c[i], n[i], &ns[r * field->nr + i]);
			if (err) {
				bench_fail("%s: %s: %s", p->name, field->c[i].name, strerror(-err));
				return err;
			}
		}
	}
	return 0;
}

/**
 * bench_measure() - One row: calibrate, run all rounds, score, judge.
 * Return: 0, or -errno when a contestant failed or memory is short; the
 * message is printed.
 */
int bench_measure(const struct bench_pattern *p, const struct bench_field *field,
		  const struct bench_plan *plan, struct bench_row *row)
{
	uint64_t n[BENCH_MAX_CONTESTANTS] = { 0 };
	double *ns = calloc((size_t)plan->rounds * field->nr, sizeof(*ns));
	int err;

	row_from_pattern(row, p);
	row->state = BENCH_FAILED;
	if (!ns)
		return -ENOMEM;
	all_calibrated(p, field, plan, row, n);
	err = all_rounds(p, field, plan, row, n, ns);
	if (!err) {
		bench_score_rounds(ns, plan->rounds, field, row);
		bench_judge(row);
	}
	free(ns);
	return err;
}
