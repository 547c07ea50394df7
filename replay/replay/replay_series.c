/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a replay has to plot: how many objects of which size, what was granted
 * there and here, live bytes over time, free pages of our zones against their
 * watermarks. Over time means over events: no clock is in it.
 */
#include <stdlib.h>
#include <string.h>
#include "replay.h"

static struct kmc_run_point *begin(struct kmc_replay_series *out, struct kmc_run_series head,
				   size_t room)
{
	if (out->nr == KMC_REPLAY_SERIES)
		return NULL;
	out->points[out->nr] = calloc(room ? room : 1, sizeof(struct kmc_run_point));
	if (!out->points[out->nr]) {
		out->failed = true;
		return NULL;
	}
	head.points = out->points[out->nr];
	out->series[out->nr] = head;
	return out->points[out->nr++];
}

/* Of the points at hand those of equal x become one. */
static int compare_x(const void *a, const void *b)
{
	const struct kmc_run_point *p = a, *q = b;

	if (p->x != q->x)
		return p->x < q->x ? -1 : 1;
	return p->y < q->y ? -1 : p->y > q->y;
}

static size_t join_equal(struct kmc_run_point *points, size_t nr)
{
	size_t kept = 0;

	qsort(points, nr, sizeof(*points), compare_x);
	for (size_t i = 0; i < nr; i++) {
		if (kept && points[kept - 1].x == points[i].x)
			points[kept - 1].y += points[i].y;
		else
			points[kept++] = points[i];
	}
	return kept;
}

static bool has_size(const struct kmc_replay *replay, size_t class)
{
	const struct kmc_class *count = &replay->classes.count[class];

	return replay->classes.facts[class].kind <= KMC_REPLAY_CACHE && count->allocs &&
	       count->theirs;
}

/* Objects by granted size: what the trace says, or what we gave. */
static void sizes(const struct kmc_replay *replay, struct kmc_replay_series *out, bool ours)
{
	struct kmc_run_point *points = begin(out, (struct kmc_run_series){
		.name = ours ? "reproduced" : "recorded", .plot = "sizes", .kind = "bars",
		.unit = "objects", .x_unit = "bytes granted" }, replay->classes.nr);
	size_t nr = 0;

	for (size_t i = 0; points && i < replay->classes.nr; i++) {
		const struct kmc_class *count = &replay->classes.count[i];

		if (has_size(replay, i) && (!ours || count->ours))
			points[nr++] = (struct kmc_run_point){
				ours ? count->ours : count->theirs, count->allocs };
	}
	if (points)
		out->series[out->nr - 1].nr = join_equal(points, nr);
}

/* Each class once: on the diagonal where both grant the same. */
static void outcomes(const struct kmc_replay *replay, struct kmc_replay_series *out)
{
	struct kmc_run_point *points = begin(out, (struct kmc_run_series){
		.name = "classes", .plot = "recorded against reproduced", .kind = "points",
		.unit = "bytes reproduced", .x_unit = "bytes recorded" }, replay->classes.nr);
	size_t nr = 0, kept = 0;

	for (size_t i = 0; points && i < replay->classes.nr; i++) {
		const struct kmc_class *count = &replay->classes.count[i];

		if (has_size(replay, i) && count->ours)
			points[nr++] = (struct kmc_run_point){ count->theirs, count->ours };
	}
	if (!points)
		return;
	qsort(points, nr, sizeof(*points), compare_x);
	for (size_t i = 0; i < nr; i++)
		if (!kept || memcmp(&points[kept - 1], &points[i], sizeof(*points)))
			points[kept++] = points[i];
	out->series[out->nr - 1].nr = kept;
}

/* over events */

typedef uint64_t (*pick_fn)(const struct kmc_sample *sample, unsigned int zone);

static uint64_t pick_theirs(const struct kmc_sample *sample, unsigned int zone)
{
	(void)zone;
	return sample->theirs;
}

static uint64_t pick_ours(const struct kmc_sample *sample, unsigned int zone)
{
	(void)zone;
	return sample->ours;
}

static uint64_t pick_free(const struct kmc_sample *sample, unsigned int zone)
{
	return sample->zone_free[zone];
}

static void over_time(const struct kmc_replay *replay, struct kmc_replay_series *out,
		      struct kmc_run_series head, pick_fn pick, unsigned int zone)
{
	struct kmc_run_point *points = begin(out, head, replay->nr_samples);

	for (unsigned int i = 0; points && i < replay->nr_samples; i++)
		points[i] = (struct kmc_run_point){ replay->samples[i].events,
						    pick(&replay->samples[i], zone) };
	if (points)
		out->series[out->nr - 1].nr = replay->nr_samples;
}

static void live_bytes(const struct kmc_replay *replay, struct kmc_replay_series *out)
{
	struct kmc_run_series head = { .plot = "live bytes", .kind = "line", .unit = "bytes",
				       .x_unit = "events" };

	head.name = "recorded";
	over_time(replay, out, head, pick_theirs, 0);
	head.name = "reproduced";
	over_time(replay, out, head, pick_ours, 0);
}

/* A mark stands still: its line has two ends. */
static void mark(const struct kmc_replay *replay, struct kmc_replay_series *out,
		 struct kmc_run_series head, const char *name, uint64_t pages)
{
	struct kmc_run_point *points;

	head.name = name;
	points = begin(out, head, 2);
	if (!points || !replay->nr_samples)
		return;
	points[0] = (struct kmc_run_point){ replay->samples[0].events, pages };
	points[1] = (struct kmc_run_point){ replay->samples[replay->nr_samples - 1].events, pages };
	out->series[out->nr - 1].nr = 2;
}

static void zone_pages(const struct kmc_replay *replay, struct kmc_replay_series *out,
		       unsigned int zone)
{
	static const char *const types[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable" };
	struct kmc_run_series head = { .plot = out->names[zone], .name = "free", .kind = "line",
				       .unit = "pages", .x_unit = "events" };
	struct kmc_zone_info info;

	kmc_sim_zone_info(replay->sim, zone, &info);
	if (!info.managed)
		return;
	snprintf(out->names[zone], sizeof(out->names[zone]), "free pages of %s, node %u, ours",
		 types[info.type], info.node);
	over_time(replay, out, head, pick_free, zone);
	mark(replay, out, head, "min", info.wmark_min);
	mark(replay, out, head, "low", info.wmark_low);
	mark(replay, out, head, "high", info.wmark_high);
}

void kmc_replay_series(const struct kmc_replay *replay, struct kmc_replay_series *out)
{
	*out = (struct kmc_replay_series){ .nr = 0 };
	sizes(replay, out, false);
	sizes(replay, out, true);
	outcomes(replay, out);
	live_bytes(replay, out);
	for (unsigned int i = 0; i < kmc_sim_zone_count(replay->sim) && i < KMC_REPLAY_ZONES; i++)
		zone_pages(replay, out, i);
}

void kmc_replay_series_free(struct kmc_replay_series *series)
{
	for (size_t i = 0; i < series->nr; i++)
		free(series->points[i]);
}
