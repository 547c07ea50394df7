/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that break rules: by a fault, in a process that may die. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "exec/planted_faults.h"
#include "goal.h"
#include "harvest.h"
#include "minimize/minimize.h"
#include "oracle/judge.h"
#include "pool.h"
#include "rule_file.h"

#define SECONDS_A_PROGRAM 10
#define SECONDS_TO_REDUCE 120
#define SMALL		  4 /* ops that need no reducing */
#define MOST_TRIES	  6 /* reductions for one rule with one fault */
#define MOST_DEATHS	  60

/* Of this process, so that a busy machine finds as much. */
static double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A program that takes longer ends the process. */
static void limit(time_t seconds)
{
	struct itimerval timer = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_PROF, &timer, NULL);
}

struct shared {
	uint64_t next, written;
	double seconds; /* of the processes so far */
	size_t seed; /* program of the pool that is tried next: the nearest first */
	unsigned int deaths;
	uint8_t tries[MAX_RULES];
};

struct breaking {
	const struct harvest_wish *wish;
	const struct fault *fault;
	const bool *listed; /* rules on the list of any fault */
	struct shared *shared;
	double since; /* cpu time when it was looked at last */
	struct kmc_rigs *rigs, *small, *clean;
	bool violated[MAX_RULES], any;
};

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct breaking *b = arg;

	b->violated[finding->rule] = true;
	b->any = true;
}

static bool wants(const struct breaking *b, int rule)
{
	return b->violated[rule] && b->shared->tries[rule] < MOST_TRIES &&
	       kmc_rule_at((size_t)rule)->party == KMC_PARTY_ALLOCATOR &&
	       (fault_lists(b->fault, rule) || !b->listed[rule]) &&
	       !rule_file_is_there(b->wish->folder, rule, "break");
}

/* Without the fault the same program is right. */
static bool is_clean(struct breaking *b, const struct kmc_program *program, int rule)
{
	bool clean;

	kmc_exec_planted_choose(NULL);
	clean = goal_is_met(b->clean, program, (struct goal){ GOAL_KEEP, rule });
	kmc_exec_planted_choose(b->fault->name);
	return clean;
}

/* Judged by the texts of its own release, as holds() wants. */
static void judge_by_own_release(struct kmc_program *program)
{
	program->edition = KMC_SERIES(program->machine.profile);
}

/* What breaks other rules as well may break this one alone when it is made small for it. */
static bool breaks_alone(struct breaking *b, struct kmc_program *program, int rule)
{
	struct kmc_minimize_wish by_rule = { .rule = kmc_rule_at((size_t)rule)->id,
					     .max_runs = GOAL_MOST_RUNS };
	struct goal goal = { GOAL_BREAK, rule };
	struct kmc_minimized result;
	char error[256];

	judge_by_own_release(program);
	if (goal_is_met(b->small, program, goal))
		return true;
	if (kmc_minimize(b->small, program, &by_rule, &result, error, sizeof(error)))
		return false;
	judge_by_own_release(program); /* the machine may be another now */
	return goal_is_met(b->small, program, goal);
}

static void try_break(struct breaking *b, const struct kmc_program *found, int rule)
{
	struct goal goal = { GOAL_BREAK, rule };
	struct kmc_program program;

	kmc_program_init(&program);
	b->shared->tries[rule]++;
	limit(SECONDS_TO_REDUCE);
	if (!kmc_program_copy(&program, found) && breaks_alone(b, &program, rule) &&
	    (program.nr_ops <= SMALL || goal_reduce(b->small, &program, &goal)) &&
	    is_clean(b, &program, rule) &&
	    !rule_file_write(b->wish->folder, rule, "break", b->fault->name, &program)) {
		b->shared->written++;
		if (!rule_file_is_there(b->wish->folder, rule, "keep"))
			rule_file_write(b->wish->folder, rule, "keep", NULL, &program);
		if (!b->wish->quiet)
			printf("%-9s break %zu ops %s\n", kmc_rule_at((size_t)rule)->id, program.nr_ops,
			       b->fault->name);
		fflush(stdout);
	}
	kmc_program_free(&program);
}

static bool all_there(const struct breaking *b)
{
	bool all = true;

	for (size_t i = 0; i < kmc_rule_count() && all; i++)
		all = !fault_lists(b->fault, (int)i) || b->shared->tries[i] >= MOST_TRIES ||
		      rule_file_is_there(b->wish->folder, (int)i, "break");
	return all;
}

/* A process that dies has used up its time none the less. */
static bool has_time(struct breaking *b)
{
	double now = cpu_time();

	b->shared->seconds += now - b->since;
	b->since = now;
	return !b->wish->faults.seconds || b->shared->seconds < b->wish->faults.seconds;
}

static void forget(struct breaking *b)
{
	memset(b->violated, 0, sizeof(b->violated));
	b->any = false;
}

static bool run_broken(struct breaking *b, const struct kmc_program *program)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	forget(b);
	limit(SECONDS_A_PROGRAM);
	if (!program || kmc_rigs_take(b->rigs, &program->machine, program->edition, &rig, error,
				      sizeof(error)))
		return false;
	kmc_rig_run(rig, program->ops, program->nr_ops, &run);
	return b->any;
}

/* 0: a program of a rule on the fault's list; 1: of such a family; 2: another. */
static unsigned int distance(const struct breaking *b, int rule)
{
	if (rule < 0)
		return 2;
	if (fault_lists(b->fault, rule))
		return 0;
	for (size_t i = 0; i < kmc_rule_count(); i++)
		if (kmc_rule_at(i)->family == kmc_rule_at((size_t)rule)->family &&
		    fault_lists(b->fault, (int)i))
			return 1;
	return 2;
}

/* What is small already: programs of the rules, then seeds. */
static void try_pool(struct breaking *b, struct pool *pool)
{
	while (b->shared->seed < b->wish->rounds * pool->nr && has_time(b) && !all_there(b)) {
		size_t seed = b->shared->seed++;
		const struct kmc_program *program = &pool->programs[seed % pool->nr];

		if (distance(b, pool->rule[seed % pool->nr]) != seed / pool->nr ||
		    !run_broken(b, program))
			continue;
		for (size_t i = 0; i < kmc_rule_count(); i++)
			if (wants(b, (int)i))
				try_break(b, program, (int)i);
	}
}

static _Noreturn void break_child(struct breaking *b, struct pool *pool)
{
	int null = open("/dev/null", O_WRONLY);
	struct kmc_program generated;

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	kmc_exec_planted_choose(b->fault->name);
	b->rigs = kmc_rigs_create(6, KMC_RIG_TRACEPOINTS);
	b->small = kmc_rigs_create(8, KMC_RIG_TRACEPOINTS);
	b->clean = kmc_rigs_create(2, KMC_RIG_TRACEPOINTS);
	if (!b->rigs || !b->small || !b->clean)
		_exit(1);
	kmc_rigs_listen(b->rigs, on_violation, b);
	kmc_program_init(&generated);
	try_pool(b, pool);
	while (b->shared->next < b->wish->faults.executions && has_time(b) && !all_there(b)) {
		const struct kmc_program *program = &generated;
		uint64_t number = b->shared->next++;

		if (number % 4 == 3)
			program = pool_mutant(pool, number);
		else if (campaign_program(&b->wish->faults, number, &generated))
			_exit(1);
		if (!run_broken(b, program))
			continue;
		for (size_t i = 0; i < kmc_rule_count(); i++)
			if (wants(b, (int)i))
				try_break(b, program, (int)i);
	}
	fflush(stdout);
	_exit(0);
}

int harvest_breaks(const struct harvest_wish *wish, struct pool *pool, const struct fault *faults,
		     size_t nr)
{
	bool listed[MAX_RULES] = { false };
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, err = 0;

	if (shared == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < nr; i++)
		for (size_t r = 0; r < kmc_rule_count(); r++)
			listed[r] |= fault_lists(&faults[i], (int)r);
	for (size_t i = 0; i < nr && !err; i++) {
		struct breaking b = { .wish = wish, .fault = &faults[i], .listed = listed,
				      .shared = shared };

		*shared = (struct shared){ .next = 0 };
		do {
			pid_t pid;

			fflush(NULL);
			pid = fork();
			if (pid == 0)
				break_child(&b, pool);
			if (pid < 0 || waitpid(pid, &status, 0) < 0)
				err = -errno;
			else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
				shared->seconds += SECONDS_A_PROGRAM;
		} while (!err && WIFSIGNALED(status) && ++shared->deaths < MOST_DEATHS);
		if (!wish->quiet)
			printf("# %s: %u programs, %u written, %u deaths\n", faults[i].name,
			       (unsigned int)shared->next, (unsigned int)shared->written, shared->deaths);
		fflush(stdout);
	}
	munmap(shared, sizeof(*shared));
	return err;
}
