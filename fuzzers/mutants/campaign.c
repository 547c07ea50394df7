/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A campaign: children that run programs, and a page that they share with who waits for them. */
#include "campaign.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "exec/planted_faults.h"
#include "fuzz/rig.h"
#include "generate/generate.h"

#define PROGRAMS_A_MACHINE 16
#define MOST_DEATHS	   200
#define SECONDS_A_PROGRAM  10

static const uint32_t profiles[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
				     KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44) };
static const uint32_t editions[] = { KMC_RELEASE(6, 1, 0), KMC_RELEASE(6, 6, 0),
				     KMC_RELEASE(6, 12, 0), KMC_RELEASE(6, 18, 0) };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* in the child */

struct child {
	const struct fault *fault;
	struct campaign *shared;
	struct kmc_rigs *rigs;
};

/* Of the allocator: what correct callers are told of is none of a fault's business here. */
static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct child *child = arg;
	struct campaign *c = child->shared;

	if (kmc_rule_at((size_t)finding->rule)->party != KMC_PARTY_ALLOCATOR)
		return;
	if (child->fault && fault_lists(child->fault, finding->rule)) {
		if (c->rule < 0) {
			c->rule = finding->rule;
			c->found_at = c->executions;
		}
	} else if (c->other < 0) {
		c->other = finding->rule;
		c->other_after = c->executions + 1;
	}
}

/* A machine serves some programs in a row: booting one costs more than running one. */
int campaign_program(const struct campaign_wish *wish, uint64_t number, struct kmc_program *program)
{
	uint64_t machine = 1 + (wish->seed + number) / PROGRAMS_A_MACHINE;
	struct kmc_gen_wish own = { .seed = wish->seed + number, .machine = machine,
				    .profile = profiles[machine % 4],
				    .edition = editions[machine % 4] };
	const char *rule;

	return kmc_generate(program, &own, &rule);
}

static int execute(struct child *child, struct kmc_program *program,
		   const struct campaign_wish *wish, uint64_t number)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256] = "";
	int err = campaign_program(wish, number, program);

	if (!err)
		err = kmc_rigs_take(child->rigs, &program->machine, program->edition, &rig, error,
				    sizeof(error));
	if (err)
		return err;
	kmc_rig_run(rig, program->ops, program->nr_ops, &run);
	child->shared->ops += program->nr_ops;
	return run.error;
}

static bool found_all(const struct child *child)
{
	return child->shared->rule >= 0 || (!child->fault && child->shared->other >= 0);
}

static _Noreturn void run_child(const struct campaign_wish *wish, const struct fault *fault,
				struct campaign *shared, double deadline)
{
	struct child child = { .fault = fault, .shared = shared };
	struct kmc_program program;
	int null = open("/dev/null", O_WRONLY), err = 0;
	uint64_t before = shared->hits;

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	kmc_exec_planted_choose(fault ? fault->name : NULL);
	child.rigs = kmc_rigs_create(2, KMC_RIG_TRACEPOINTS);
	if (!child.rigs)
		_exit(ENOMEM);
	kmc_rigs_listen(child.rigs, on_violation, &child);
	kmc_program_init(&program);
	while (!err && shared->executions < wish->executions && !found_all(&child)) {
		if (deadline > 0 && now() > deadline) {
			shared->out_of_time = true;
			break;
		}
		alarm(SECONDS_A_PROGRAM);
		err = execute(&child, &program, wish, shared->executions);
		shared->hits = before + kmc_exec_planted_hits();
		shared->executions++;
	}
	/* A machine that a fault has damaged is not taken down in order. */
	_exit(err ? -err : 0);
}

/* in who waits */

/* Return: it is over. */
static bool note_end(struct campaign *c, const struct campaign_wish *wish, int status)
{
	bool died = WIFSIGNALED(status) || WEXITSTATUS(status);

	if (!died)
		return true;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		c->hangs++;
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
		c->bugs++;
	else
		c->crashes++;
	c->executions++;
	if (!c->first_death)
		c->first_death = c->executions;
	c->gave_up = c->bugs + c->crashes + 20 * c->hangs >= MOST_DEATHS;
	/* What was found in the program that then killed the process is found. */
	return c->rule >= 0 || c->gave_up || c->executions >= wish->executions;
}

int campaign_run(const struct campaign_wish *wish, const struct fault *fault,
		 struct campaign *result)
{
	struct campaign *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double start = now(), deadline = wish->seconds > 0 ? start + wish->seconds : 0;
	int status, err = 0;

	if (shared == MAP_FAILED)
		return -errno;
	*shared = (struct campaign){ .rule = -1, .other = -1 };
	do {
		pid_t pid;

		fflush(NULL);
		pid = fork();
		if (pid == 0)
			run_child(wish, fault, shared, deadline);
		if (pid < 0 || waitpid(pid, &status, 0) < 0) {
			err = -errno;
			break;
		}
	} while (!note_end(shared, wish, status));
	shared->seconds = now() - start;
	*result = *shared;
	munmap(shared, sizeof(*shared));
	return err;
}
