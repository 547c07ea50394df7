/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory held over memory asked for: a process of its own per allocator fills
 * objects of a recorded mix, replaces random ones ten times as often as there
 * are, and says by how much it grew. Ours boots its machine there, so its
 * metadata counts. The process is this program, started anew: what a fork of
 * this one inherits was touched before.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"
#include "bench_mixes.h"

#define MACHINE (128ull << 20) /* holds either mix, and is not much more */
#define CHURN   10 /* replacements of each object, on average */

const struct bench_resident bench_residents[] = {
	{ "resident-proc-200k", "resident over requested bytes, 200 k live of the proc mix",
	  &bench_mix_proc, 115 },
	{ "resident-fs-200k", "resident over requested bytes, 200 k live of the fs mix",
	  &bench_mix_fs, 125 },
};
const size_t bench_nr_residents = sizeof(bench_residents) / sizeof(bench_residents[0]);

struct slot {
	void *ptr;
	size_t size;
};

/* What the process says: bytes. */
struct grown {
	uint64_t asked, boot, all;
};

/* An object in place of the old one. Return: false: there was no memory. */
static bool replace(const struct bench_face *face, struct slot *slot, size_t size, uint64_t *live)
{
	if (slot->ptr && face->malloc)
		face->free(slot->ptr);
	else if (slot->ptr)
		face->kfree(slot->ptr);
	*live += size - slot->size;
	slot->size = size;
	slot->ptr = face->malloc ? face->malloc(size) : face->kmalloc(size, face->gfp);
	if (!slot->ptr)
		return false;
	memset(slot->ptr, 1, size);
	bench_use(slot->ptr);
	return true;
}

/* Return: bytes asked for that live in the end; 0: an allocation failed. */
static uint64_t churn(const struct bench_face *face, const struct bench_mix *mix,
		      struct slot *slots, unsigned int n)
{
	uint64_t seed = 1, live = 0;

	for (unsigned int i = 0; i < n * (1 + CHURN); i++) {
		unsigned int at = i < n ? i : (unsigned int)(bench_random(&seed) % n);

		if (!replace(face, &slots[at], bench_mix_size(mix, bench_random(&seed)), &live))
			return 0;
	}
	return live;
}

static const struct bench_resident *row_find(const char *name)
{
	for (size_t i = 0; i < bench_nr_residents; i++)
		if (!strcmp(bench_residents[i].name, name))
			return &bench_residents[i];
	return NULL;
}

/* The allocator alone, as little of it used as can be. */
static int contestant_of(const char *name, char **argv, struct bench_contestant *c)
{
	static struct bench_field one;

	if (!strcmp(name, "kmconform"))
		return bench_ours_fresh(name, MACHINE, NULL, c);
	bench_peer_add(&one, name, argv);
	*c = one.c[0];
	return one.nr ? 0 : -ENOENT;
}

/**
 * bench_resident_child() - What the process of its own does, and prints.
 * @spec: "ROW CONTESTANT OBJECTS", as bench_resident_row() writes it.
 * @argv: of main(); the program starts again, once, when a peer needs it.
 * Return: 0, or -errno.
 */
int bench_resident_child(const char *spec, char **argv)
{
	char name[64], who[64];
	const struct bench_resident *r;
	struct bench_contestant c;
	struct slot *slots;
	struct grown g;
	unsigned int n;
	uint64_t before;
	int err;

	if (sscanf(spec, "%63s %63s %u", name, who, &n) != 3)
		return -EINVAL;
	r = row_find(name);
	if (!r)
		return -EINVAL;
	/* The slots are resident before anything is measured. */
	slots = mmap(NULL, n * sizeof(*slots), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (slots == MAP_FAILED)
		return -ENOMEM;
	before = bench_resident_bytes();
	err = contestant_of(who, argv, &c);
	if (err)
		return err;
	if (strcmp(who, "kmconform")) /* a library's code is no memory held */
		before = bench_resident_bytes();
	err = c.enter ? c.enter(&c, 0) : 0;
	if (err)
		return err;
	g.boot = bench_resident_bytes() - before;
	g.asked = churn(&c.face, r->mix, slots, n);
	g.all = bench_resident_bytes() - before;
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", g.asked, g.boot, g.all);
	return 0;
}

static struct grown grown_alone(const struct bench_resident *r, const char *who, unsigned int n)
{
	struct grown g = { 0 };
	int pipe_of[2], status = -1;
	char spec[160];
	FILE *said;
	pid_t pid;

	if (pipe(pipe_of))
		return g;
	snprintf(spec, sizeof(spec), "%s %s %u", r->name, who, n);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		char *args[] = { "kmconform-bench", "--resident-child", spec, NULL };

		dup2(pipe_of[1], STDOUT_FILENO);
		close(pipe_of[0]);
		close(pipe_of[1]);
		execv("/proc/self/exe", args);
		_exit(127);
	}
	close(pipe_of[1]);
	said = fdopen(pipe_of[0], "re");
	if (!said || fscanf(said, "%" SCNu64 " %" SCNu64 " %" SCNu64, &g.asked, &g.boot, &g.all) != 3)
		g.asked = 0;
	if (said)
		fclose(said);
	else
		close(pipe_of[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		g.asked = 0;
	return g;
}

static double per_cent(const struct grown *g)
{
	return g->asked ? 100.0 * (double)g->all / (double)g->asked : 0;
}

/**
 * bench_resident_row() - Ours judged, the peers of @field beside it.
 * Return: 0, -ENOMEM: ours did not run.
 */
int bench_resident_row(const struct bench_resident *r, const struct bench_field *field,
		       const struct bench_plan *plan, struct bench_row *row)
{
	unsigned int n = plan->check_only ? 20000 : 200000;
	struct grown ours;
	size_t used;

	*row = (struct bench_row){ .name = r->name, .what = r->what, .unit = "%", .best = -1,
				   .ours = -1, .must_ns = r->must, .state = BENCH_FAILED };
	ours = grown_alone(r, "kmconform", n);
	if (!ours.asked)
		return -ENOMEM;
	row->value = per_cent(&ours);
	row->state = row->value <= r->must ? BENCH_MET : BENCH_MISSED;
	used = (size_t)snprintf(row->note, sizeof(row->note), "%.1f of it the machine's boot",
				100.0 * (double)ours.boot / (double)ours.asked);
	for (size_t i = 0; i < field->nr && used < sizeof(row->note); i++) {
		const struct bench_contestant *c = &field->c[i];
		struct grown peer;

		if (c->role != BENCH_PEER || !(c->able & BENCH_OBJECTS))
			continue;
		peer = grown_alone(r, c->name, n);
		used += (size_t)snprintf(row->note + used, sizeof(row->note) - used, ", %s %.1f",
					 c->name, per_cent(&peer));
	}
	return 0;
}
