/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers' first findings: made small in a process that may die, and compared by their keys. */
#include "reduce.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "exec/planted_faults.h"
#include "minimize/minimize.h"
#include "oracle/judge.h"
#include "side_by_side.h"

#define SECONDS_A_REDUCTION 120
#define SEEDS_APART	    1000003

/* in the child */

struct reducer {
	struct reduced *r;
	const struct fault *fault;
};

/* Of the reduced program: the first of the rule that was kept. */
static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct reducer *reducer = arg;
	struct reduced *r = reducer->r;

	if (finding->rule != r->rule || *r->what)
		return;
	memcpy(r->key, finding->key, sizeof(r->key));
	snprintf(r->what, sizeof(r->what), "%s %s %s %s", kmc_rule_at((size_t)finding->rule)->id,
		 finding->call, finding->clause, finding->shape);
	r->listed = fault_lists(reducer->fault, finding->rule);
}

static void run_reduced(struct kmc_rigs *rigs, const struct kmc_program *program,
			struct reducer *reducer)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	kmc_rigs_listen(rigs, on_violation, reducer);
	if (!kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error, sizeof(error)))
		kmc_rig_run(rig, program->ops, program->nr_ops, &run);
}

static _Noreturn void run_child(const struct campaign_wish *wish, const struct fault *fault,
				uint64_t number, struct reduced *r, bool guarded)
{
	struct kmc_minimize_wish keep = { .rule = kmc_rule_at((size_t)r->rule)->id,
					  .guarded = guarded };
	struct reducer reducer = { r, fault };
	struct kmc_minimized small;
	struct kmc_program program;
	struct kmc_rigs *rigs;
	int null = open("/dev/null", O_WRONLY);
	char error[256] = "";

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	alarm(SECONDS_A_REDUCTION);
	kmc_exec_planted_choose(fault->name);
	rigs = kmc_rigs_create(4, KMC_RIG_TRACEPOINTS);
	kmc_program_init(&program);
	if (!rigs || campaign_program(wish, number, &program))
		_exit(1);
	r->before = r->after = program.nr_ops;
	if (kmc_minimize(rigs, &program, &keep, &small, error, sizeof(error)))
		_exit(1);
	r->after = small.ops_after;
	r->runs = small.runs;
	r->minimal = small.minimal;
	run_reduced(rigs, &program, &reducer);
	r->done = *r->what != '\0';
	/* A machine that a fault has damaged is not taken down in order. */
	_exit(0);
}

/* in who waits */

static int reduce_one(const struct campaign_wish *wish, const struct fault *fault,
		      const struct campaign *run, struct reduced *result)
{
	struct reduced *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, err = 0;
	pid_t pid;

	if (shared == MAP_FAILED)
		return -errno;
	*shared = (struct reduced){ .found = true, .rule = run->rule, .executions = run->executions };
	/* Where a smaller program kills its process, each gets one of its own. */
	for (int guarded = 0; guarded < 2 && !shared->done && !err; guarded++) {
		fflush(NULL);
		pid = fork();
		if (pid == 0)
			run_child(wish, fault, run->found_at, shared, guarded);
		if (pid < 0 || waitpid(pid, &status, 0) < 0)
			err = -errno;
	}
	*result = *shared;
	munmap(shared, sizeof(*shared));
	return err;
}

struct all {
	const struct campaign_wish *wish;
	unsigned int workers;
	const struct mutant *mutants;
	size_t nr;
	struct reduced *found;
};

/* One fault, by all workers. */
static int reduce_fault(void *arg, size_t i)
{
	const struct all *all = arg;
	const struct mutant *m = &all->mutants[i];
	int err = 0;

	for (unsigned int w = 0; w < all->workers && m->run.rule >= 0 && !err; w++) {
		struct campaign_wish own = *all->wish;
		struct campaign run = m->run;

		own.seed += (uint64_t)w * SEEDS_APART;
		if (w)
			err = campaign_run(&own, &m->fault, &run);
		if (!err && run.rule >= 0)
			err = reduce_one(&own, &m->fault, &run, &all->found[i * all->workers + w]);
	}
	return err;
}

static void tell_reduced(void *arg, size_t i)
{
	const struct all *all = arg;

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu of %zu reduced ", i + 1, all->nr);
}

int reduce_all(const struct campaign_wish *wish, unsigned int workers, unsigned int jobs,
	       const struct mutant *mutants, size_t nr, struct reduced *found)
{
	struct all all = { wish, workers, mutants, nr, found };
	struct side_by_side each = { .work = reduce_fault, .done = tell_reduced, .arg = &all };
	int err = side_by_side(&each, nr, jobs);

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%40s\r", "");
	return err;
}

/* figures */

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Keys of a fault's workers that differ; all of them listed? */
static size_t keys_of(const struct reduced *r, unsigned int workers, bool *listed)
{
	size_t nr = 0;

	for (unsigned int i = 0; i < workers; i++) {
		unsigned int k = 0;

		if (!r[i].done)
			continue;
		*listed &= r[i].listed;
		while (k < i && !(r[k].done && !strcmp(r[k].key, r[i].key)))
			k++;
		nr += k == i;
	}
	return nr;
}

/* Equal keys for equal findings, and for no others. */
static bool keys_are_sound(FILE *out, const struct reduced *found, size_t nr)
{
	bool sound = true;

	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < i; k++)
			if (found[i].done && found[k].done &&
			    !strcmp(found[i].key, found[k].key) != !strcmp(found[i].what, found[k].what)) {
				fprintf(out, "%s %s\n%s %s\n", found[i].key, found[i].what, found[k].key,
					found[k].what);
				sound = false;
			}
	return sound;
}

static void show(FILE *out, const struct mutant *m, const struct reduced *r, unsigned int workers)
{
	for (unsigned int i = 0; i < workers; i++)
		if (r[i].found)
			fprintf(out, "%-26s %5zu -> %2zu ops %s %s %s\n", m->fault.name, r[i].before,
				r[i].after, r[i].done ? r[i].minimal ? "minimal" : "larger" : "died",
				r[i].key, r[i].what);
}

bool reduce_report(FILE *out, const struct mutant *mutants, size_t nr, unsigned int workers,
		   const struct reduced *found, bool quiet)
{
	size_t *sizes = calloc(nr + 1, sizeof(*sizes)), *keys = calloc(nr + 1, sizeof(*keys));
	size_t first = 0, reduced = 0, minimal = 0, done = 0, faults = 0;
	bool listed = true, sound, good;

	if (!sizes || !keys) {
		free(sizes);
		free(keys);
		return false;
	}
	for (size_t i = 0; i < nr; i++) {
		const struct reduced *r = &found[i * workers];

		if (!quiet)
			show(out, &mutants[i], r, workers);
		first += r->found;
		for (unsigned int w = 0; w < workers; w++) {
			reduced += r[w].found;
			done += r[w].done;
			minimal += r[w].done && r[w].minimal;
		}
		if (!r->done)
			continue;
		sizes[faults] = r->after;
		keys[faults++] = keys_of(r, workers, &listed);
	}
	qsort(sizes, faults, sizeof(*sizes), by_size);
	qsort(keys, faults, sizeof(*keys), by_size);
	sound = keys_are_sound(out, found, nr * workers);
	fprintf(out, "%zu first findings, %zu reduced (of all workers' %zu of %zu), %zu of these 1-minimal\n",
		first, faults, done, reduced, minimal);
	if (faults)
		fprintf(out, "ops: median %zu, 90 %% at most %zu, most %zu; keys a fault by %u workers: "
			"median %zu, most %zu\n", sizes[faults / 2], sizes[faults * 9 / 10],
			sizes[faults - 1], workers, keys[faults / 2], keys[faults - 1]);
	fprintf(out, "keys %s of rules on the lists; %s\n", listed ? "all" : "not all",
		sound ? "different findings share none, equal ones have one" :
			"some are shared by different findings, or differ for equal ones");
	good = faults && faults == first && minimal == done && listed && sound &&
	       sizes[faults / 2] <= 6 && sizes[faults * 9 / 10] <= 10 && keys[faults / 2] == 1 &&
	       keys[faults - 1] <= 3;
	free(sizes);
	free(keys);
	return good;
}
