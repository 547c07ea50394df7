/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an option of debugging or hardening costs: a batch of objects on a
 * machine with it and on one without take turns; the row shows the median of
 * the ratios in per cent, 100 meaning that the option is free.
 */
#include "bench.h"

#define UNITS      20000
#define MAX_ROUNDS 101

static int batch_ns(const struct bench_contestant *c, uint64_t n, double *ns)
{
	static const struct bench_pattern batch = { .name = "batch", .run = bench_run_batch,
						    .size = 192, .order = BENCH_RANDOM };
	uint64_t cpu_ns = 0, units = 0;
	int err = batch.run(&batch, c, n, &cpu_ns, &units);

	*ns = units ? (double)cpu_ns / (double)units : 0;
	return err;
}

static int compare(const struct bench_contestant *plain, const struct bench_contestant *with,
		   unsigned int rounds, struct bench_row *row)
{
	double ratio[MAX_ROUNDS], plain_ns[MAX_ROUNDS], with_ns[MAX_ROUNDS];
	int err = 0;

	for (unsigned int i = 0; i < rounds && !err; i++) {
		err = batch_ns(plain, UNITS, &plain_ns[i]);
		err = err ?: batch_ns(with, UNITS, &with_ns[i]);
		ratio[i] = plain_ns[i] > 0 ? 100 * with_ns[i] / plain_ns[i] : 0;
	}
	if (err)
		return err;
	row->value = bench_quantile(ratio, rounds, 0.5);
	row->state = BENCH_INFO;
	snprintf(row->note, sizeof(row->note), "of the plain stack: %.1f ns an object, plain %.1f",
		 bench_quantile(with_ns, rounds, 0.5), bench_quantile(plain_ns, rounds, 0.5));
	return 0;
}

/**
 * bench_option_row() - The cost of @o, objects of 192 bytes freed in random order.
 * Return: 0 or -errno; the row says failed then.
 */
int bench_option_row(const struct bench_option *o, const struct bench_plan *plan,
		     struct bench_row *row)
{
	unsigned int rounds = plan->rounds < MAX_ROUNDS ? plan->rounds : MAX_ROUNDS;
	struct bench_contestant plain, with;
	int err;

	*row = (struct bench_row){ .name = o->name, .what = o->what, .unit = "%", .best = -1,
				   .ours = -1, .state = BENCH_FAILED };
	err = bench_ours_fresh("plain", 0, NULL, &plain);
	if (err)
		return err;
	err = bench_ours_fresh(o->name, 0, o, &with);
	if (!err) {
		err = compare(&plain, &with, rounds, row);
		bench_ours_drop(&with);
	}
	bench_ours_drop(&plain);
	return err;
}
