/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics and judgement over made-up times, and alternation seen by a
 * pattern that writes down who ran when.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "bench.h"

static unsigned int complaints;

void bench_fail(const char *format, ...)
{
	(void)format;
	complaints++;
}

/* a and b are peers, u is ours, f the floor, r can do something else only. */
static struct bench_field field = {
	.nr = 5,
	.c = {
		{ .name = "a", .role = BENCH_PEER, .able = BENCH_OBJECTS },
		{ .name = "b", .role = BENCH_PEER, .able = BENCH_OBJECTS },
		{ .name = "r", .role = BENCH_OURS, .able = BENCH_RESET },
		{ .name = "u", .role = BENCH_OURS, .able = BENCH_OBJECTS },
		{ .name = "f", .role = BENCH_OTHER, .able = BENCH_OBJECTS },
	},
};

static void assert_near(double value, double expected)
{
	if (value < expected - 1e-9 || value > expected + 1e-9)
		fail_msg("%.12g is not %.12g", value, expected);
}

static void quantiles_interpolate(void **state)
{
	double odd[] = { 5, 1, 3, 2, 4 }, even[] = { 4, 1, 3, 2 }, one[] = { 7 };

	(void)state;
	assert_near(bench_quantile(odd, 5, 0.5), 3);
	assert_near(bench_quantile(odd, 5, 0.25), 2);
	assert_near(bench_quantile(even, 4, 0.5), 2.5);
	assert_near(bench_quantile(even, 4, 0.75), 3.25);
	assert_near(bench_quantile(even, 4, 1), 4);
	assert_near(bench_quantile(one, 1, 0.25), 7);
}

/*
 * In the second round everything is ten times slower: the ratios do not see
 * it. The best peer of each round counts: b, then a, then b.
 */
static void ratios_are_taken_within_a_round(void **state)
{
	static const double ns[3][5] = {
		{ 20, 10, 0, 15, 5 },
		{ 100, 200, 0, 150, 50 },
		{ 20, 10, 0, 20, 5 },
	};
	struct bench_row row = { 0 };

	(void)state;
	row.score[0].ran = row.score[1].ran = row.score[3].ran = row.score[4].ran = true;
	bench_score_rounds(&ns[0][0], 3, &field, &row);
	assert_int_equal(row.best, 1);
	assert_int_equal(row.ours, 3);
	assert_near(row.score[3].ratio, 1.5);
	assert_near(row.score[3].ratio_q3, 1.75);
	assert_near(row.score[3].ns, 20);
	assert_near(row.score[0].ratio, 2);
	assert_near(row.score[1].ratio, 1);
	assert_near(row.score[4].ratio, 0.5);
}

static enum bench_state judged(double ratio, double ns, double must, double good, double must_ns,
			       double good_ns)
{
	struct bench_row row = { .must = must, .good = good, .must_ns = must_ns,
				 .good_ns = good_ns, .best = 0, .ours = 3 };

	row.score[3].ratio = ratio;
	row.score[3].ns = ns;
	bench_judge(&row);
	return row.state;
}

static void budgets_are_judged(void **state)
{
	struct bench_row alone = { .best = -1, .ours = 3 }, absent = { .best = 0, .ours = -1 };

	(void)state;
	assert_int_equal(judged(1.5, 9, 2.2, 1.5, 0, 0), BENCH_GOOD);
	assert_int_equal(judged(1.6, 9, 2.2, 1.5, 0, 0), BENCH_MET);
	assert_int_equal(judged(2.2, 9, 2.2, 1.5, 0, 0), BENCH_MET);
	assert_int_equal(judged(2.3, 9, 2.2, 1.5, 0, 0), BENCH_MISSED);
	assert_int_equal(judged(9.9, 9, 0, 0, 0, 0), BENCH_INFO);
	assert_int_equal(judged(1.1, 10001, 1.2, 1.2, 10000, 5000), BENCH_MISSED);
	assert_int_equal(judged(1.1, 9999, 1.2, 1.2, 10000, 5000), BENCH_MET);
	assert_int_equal(judged(1.3, 4000, 1.2, 1.2, 10000, 5000), BENCH_MISSED);
	bench_judge(&alone);
	assert_int_equal(alone.state, BENCH_FAILED);
	bench_judge(&absent);
	assert_int_equal(absent.state, BENCH_FAILED);
}

/* A pattern with known times: a 3, b 2, u 4, f 1 a unit. */
static char diary[256];
static bool ours_fails;

static int run_diary(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		     uint64_t *cpu_ns, uint64_t *units)
{
	const char *who = strchr("f1b2a3u4", c->name[0]);

	(void)p;
	if (ours_fails && c->role == BENCH_OURS)
		return -ENOMEM;
	strncat(diary, c->name, sizeof(diary) - strlen(diary) - 1);
	*units = n;
	*cpu_ns = n * (uint64_t)(who[1] - '0');
	return 0;
}

static const struct bench_pattern pattern = {
	.name = "diary",
	.what = "",
	.needs = BENCH_OBJECTS,
	.run = run_diary,
	.must = 2.2,
	.good = 1.5,
};
static const struct bench_plan plan = { .rounds = 5, .slot_ns = 40 };

/* A slot of 40 ns is calibrated with one call of 16 units each: "abuf". */
static void rounds_rotate(void **state)
{
	struct bench_row row;

	(void)state;
	diary[0] = '\0';
	ours_fails = false;
	assert_int_equal(bench_measure(&pattern, &field, &plan, &row), 0);
	assert_string_equal(diary, "abuf" "abuf" "bufa" "ufab" "ufab" "fabu");
	assert_near(row.score[3].ratio, 2);
	assert_near(row.score[4].ns, 1);
	assert_false(row.score[2].ran);
	assert_int_equal(row.state, BENCH_MET);
}

static void failing_contestant_is_left_out(void **state)
{
	struct bench_row row;

	(void)state;
	diary[0] = '\0';
	complaints = 0;
	ours_fails = true;
	assert_int_equal(bench_measure(&pattern, &field, &plan, &row), 0);
	assert_null(strchr(diary, 'u'));
	assert_int_equal(complaints, 1);
	assert_int_equal(row.state, BENCH_FAILED);
	assert_near(row.score[0].ratio, 1.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_interpolate),
		cmocka_unit_test(ratios_are_taken_within_a_round),
		cmocka_unit_test(budgets_are_judged),
		cmocka_unit_test(rounds_rotate),
		cmocka_unit_test(failing_contestant_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
