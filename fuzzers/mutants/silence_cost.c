// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The events of a machine's programs, judged again from memory: as a fuzzer
 * does it, with a reset and an end for each program and findings that trap,
 * without the allocator and the executor. The judge has judged before, as that
 * of a fuzzer has; programs follow one another, so that none finds the books
 * as it left them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "silence_cost.h"

/* Where a cache is announced, or a program ends. */
struct mark {
	size_t event;
	int64_t cache; /* index; -1: the program ends */
};

struct silence_cost {
	struct kmc_event *events;
	struct kmc_cache_desc *caches;
	struct mark *marks;
	size_t nr_events, nr_caches, nr_marks;
	size_t max_events, max_caches, max_marks;
	uint64_t ops_kept, ops, all_events, ns;
};

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct silence_cost *silence_cost_new(void)
{
	return calloc(1, sizeof(struct silence_cost));
}

void silence_cost_free(struct silence_cost *cost)
{
	if (!cost)
		return;
	free(cost->events);
	free(cost->caches);
	free(cost->marks);
	free(cost);
}

/* Room for one more. Return: 0, -ENOMEM. */
static int room(void *array, size_t nr, size_t *max, size_t size)
{
	void **at = array;
	void *more;

	if (nr < *max)
		return 0;
	more = realloc(*at, (*max * 2 + 64) * size);
	if (!more)
		return -ENOMEM;
	*at = more;
	*max = *max * 2 + 64;
	return 0;
}

static int put_mark(struct silence_cost *cost, int64_t cache)
{
	int err = room(&cost->marks, cost->nr_marks, &cost->max_marks, sizeof(*cost->marks));

	if (!err)
		cost->marks[cost->nr_marks++] =
			(struct mark){ .event = cost->nr_events, .cache = cache };
	return err;
}

int silence_cost_event(struct silence_cost *cost, const struct kmc_event *ev)
{
	int err = room(&cost->events, cost->nr_events, &cost->max_events, sizeof(*ev));

	if (!err)
		cost->events[cost->nr_events++] = *ev;
	return err;
}

int silence_cost_cache(struct silence_cost *cost, const struct kmc_cache_desc *cache)
{
	int err = room(&cost->caches, cost->nr_caches, &cost->max_caches, sizeof(*cache));

	if (err)
		return err;
	cost->caches[cost->nr_caches] = *cache;
	return put_mark(cost, (int64_t)cost->nr_caches++);
}

int silence_cost_program(struct silence_cost *cost, uint64_t ops)
{
	cost->ops_kept += ops;
	return put_mark(cost, -1);
}

static int judge_kept(const struct silence_cost *cost, struct kmc_judge *judge)
{
	size_t at = 0;
	int err = 0;

	for (size_t i = 0; !err && i < cost->nr_marks; i++) {
		const struct mark *mark = &cost->marks[i];

		for (; at < mark->event; at++)
			if (kmc_judge_event(judge, &cost->events[at]) < 0)
				return -ENOMEM;
		if (mark->cache >= 0) {
			err = kmc_judge_cache(judge, &cost->caches[mark->cache]);
			continue;
		}
		if (kmc_judge_finish(judge) < 0)
			return -ENOMEM;
		kmc_judge_reset(judge);
	}
	return err;
}

int silence_cost_again(struct silence_cost *cost, const struct kmc_subject *subject)
{
	struct kmc_judge *judge;
	uint64_t start;
	int err = kmc_judge_create(subject, &judge);

	if (err)
		return err;
	kmc_judge_trap(judge, KMC_TRAP_ALL);
	err = judge_kept(cost, judge);
	start = cpu_ns();
	err = err ? err : judge_kept(cost, judge);
	cost->ns += cpu_ns() - start;
	kmc_judge_destroy(judge);
	cost->ops += cost->ops_kept;
	cost->all_events += cost->nr_events;
	cost->nr_events = cost->nr_caches = cost->nr_marks = 0;
	cost->ops_kept = 0;
	return err;
}

void silence_cost_print(const struct silence_cost *cost)
{
	double ops = cost->ops ? (double)cost->ops : 1;
	double events = cost->all_events ? (double)cost->all_events : 1;

	printf("cost: %.1f ns an op (oracle alone, thread CPU time), %.1f ns an event, %" PRIu64
	       " ops\n", (double)cost->ns / ops, (double)cost->ns / events, cost->ops);
}
