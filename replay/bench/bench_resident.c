/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory held over memory asked for: a child process per allocator fills
 * objects of a recorded mix, never frees one, and says by how much it grew.
 * Ours boots its machine in the child, so its metadata counts.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"
#include "bench_mixes.h"

const struct bench_resident bench_residents[] = {
	{ "resident-proc-200k", "resident over requested bytes, 200 k live of the proc mix",
	  &bench_mix_proc, 115 },
	{ "resident-fs-200k", "resident over requested bytes, 200 k live of the fs mix",
	  &bench_mix_fs, 125 },
};
const size_t bench_nr_residents = sizeof(bench_residents) / sizeof(bench_residents[0]);

/* Return: bytes asked for; 0: an allocation failed. */
static uint64_t fill(const struct bench_face *face, const struct bench_mix *mix, unsigned int n)
{
	uint64_t seed = 1, bytes = 0;

	for (unsigned int i = 0; i < n; i++) {
		size_t size = bench_mix_size(mix, bench_random(&seed));
		void *p = face->malloc ? face->malloc(size) : face->kmalloc(size, face->gfp);

		if (!p)
			return 0;
		memset(p, 1, size);
		bench_use(p);
		bytes += size;
	}
	return bytes;
}

/* Return: per cent; 0: it did not run. */
static double grown(const struct bench_contestant *peer, const struct bench_mix *mix,
		    unsigned int n)
{
	uint64_t before = bench_resident_bytes(), bytes = 0;
	struct bench_contestant c;

	if (peer)
		c = *peer;
	else if (bench_ours_fresh("kmconform", 0, &c))
		return 0;
	if (c.enter && c.enter(&c, 0))
		return 0;
	bytes = fill(&c.face, mix, n);
	return bytes ? 100.0 * (double)(bench_resident_bytes() - before) / (double)bytes : 0;
}

static double grown_in_child(const struct bench_contestant *peer, const struct bench_mix *mix,
			     unsigned int n)
{
	double *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double result = 0;
	int status = -1;
	pid_t pid;

	if (shared == MAP_FAILED)
		return 0;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		*shared = grown(peer, mix, n);
		_exit(0);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && !status)
		result = *shared;
	munmap(shared, sizeof(*shared));
	return result;
}

/**
 * bench_resident_row() - Ours judged, the peers of @field beside it.
 * Return: 0, -ENOMEM: ours did not run.
 */
int bench_resident_row(const struct bench_resident *r, const struct bench_field *field,
		       const struct bench_plan *plan, struct bench_row *row)
{
	unsigned int n = plan->check_only ? 20000 : 200000;
	size_t used = 0;

	*row = (struct bench_row){ .name = r->name, .what = r->what, .unit = "%", .best = -1,
				   .ours = -1, .must_ns = r->must, .state = BENCH_FAILED };
	row->value = grown_in_child(NULL, r->mix, n);
	if (row->value <= 0)
		return -ENOMEM;
	row->state = row->value <= r->must ? BENCH_MET : BENCH_MISSED;
	for (size_t i = 0; i < field->nr && used < sizeof(row->note); i++) {
		const struct bench_contestant *c = &field->c[i];

		if (c->role == BENCH_PEER && c->able & BENCH_OBJECTS)
			used += (size_t)snprintf(row->note + used, sizeof(row->note) - used,
						 "%s%s %.1f", used ? ", " : "", c->name,
						 grown_in_child(c, r->mix, n));
	}
	return 0;
}
