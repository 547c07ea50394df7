/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Minimising, whole: which finding is kept, and the rounds until nothing gets smaller. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "minimize_priv.h"

#define MAX_RUNS 100000

/* the question */

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct shrink *s = arg;

	if (s->wish->holds || s->seen || (s->by_rule ? finding->rule != s->rule : strcmp(finding->key, s->key)))
		return;
	s->seen = true;
	s->seen_at = s->run.op;
	s->result->rule = finding->rule;
	snprintf(s->result->key, sizeof(s->result->key), "%s", finding->key);
}

static int run_here(struct shrink *s, const struct kmc_program *candidate)
{
	struct kmc_rig *rig;
	int err = kmc_rigs_take(s->rigs, &candidate->machine, candidate->edition, &rig, s->text,
				s->text_size);

	if (!err && s->wish->holds)
		err = kmc_rig_fresh_judge(rig);
	if (err)
		return err;
	kmc_rig_reset(rig, &s->run);
	for (size_t i = 0; i < candidate->nr_ops && !s->run.error && !s->seen; i++)
		kmc_rig_step(rig, &candidate->ops[i], &s->run);
	if (!s->seen)
		kmc_rig_finish(rig, &s->run);
	if (s->wish->holds) {
		s->seen = !s->run.error && s->wish->holds(s->wish->holder, rig, &s->run);
		s->seen_at = s->run.op;
	}
	return s->run.error;
}

#define SECONDS_A_RUN 10

static _Noreturn void run_in_child(struct shrink *s, const struct kmc_program *candidate)
{
	struct guarded_run *g = s->shared;

	alarm(SECONDS_A_RUN);
	g->error = run_here(s, candidate);
	g->seen = s->seen;
	g->seen_at = s->seen_at;
	g->rule = s->result->rule;
	memcpy(g->key, s->result->key, sizeof(g->key));
	_exit(0);
}

/* A candidate that kills its process does something else. */
static int run_guarded(struct shrink *s, const struct kmc_program *candidate)
{
	struct guarded_run *g = s->shared;
	int status;
	pid_t pid;

	*g = (struct guarded_run){ .seen = false };
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		run_in_child(s, candidate);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	if (WIFSIGNALED(status) || WEXITSTATUS(status) || g->error)
		return g->error;
	s->seen = g->seen;
	s->seen_at = g->seen_at;
	if (g->seen) {
		s->result->rule = g->rule;
		memcpy(s->result->key, g->key, sizeof(g->key));
	}
	return 0;
}

static int run(struct shrink *s, const struct kmc_program *candidate)
{
	s->seen = false;
	s->result->runs++;
	return s->shared ? run_guarded(s, candidate) : run_here(s, candidate);
}

bool kmc_still_does(struct shrink *s, const struct kmc_program *candidate)
{
	char kept[24];
	int err;

	if (s->stopped || s->result->runs >= s->wish->max_runs) {
		s->stopped = true;
		return false;
	}
	memcpy(kept, s->result->key, sizeof(kept));
	err = run(s, candidate);
	if (!s->seen)
		memcpy(s->result->key, kept, sizeof(kept));
	/* A machine that cannot be is no candidate; everything else that fails is the end. */
	if (err && err != -EINVAL) {
		s->error = err;
		s->stopped = true;
	}
	return s->seen;
}

/* which finding */

struct choice {
	char allocator[24], caller[24];
};

static void on_choice(void *arg, const struct kmc_finding *finding)
{
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);
	struct choice *choice = arg;

	if (rule->strength != KMC_MUST)
		return;
	if (rule->party == KMC_PARTY_ALLOCATOR && !*choice->allocator)
		snprintf(choice->allocator, sizeof(choice->allocator), "%s", finding->key);
	else if (rule->party == KMC_PARTY_CALLER && !*choice->caller)
		snprintf(choice->caller, sizeof(choice->caller), "%s", finding->key);
}

static int choose(struct shrink *s)
{
	struct choice choice = { .allocator = "", .caller = "" };
	struct kmc_rig *rig;
	int err = kmc_rigs_take(s->rigs, &s->best->machine, s->best->edition, &rig, s->text,
				s->text_size);

	if (err)
		return err;
	kmc_rigs_listen(s->rigs, on_choice, &choice);
	kmc_rig_run(rig, s->best->ops, s->best->nr_ops, &s->run);
	if (s->run.error)
		return s->run.error;
	if (!*choice.allocator && !*choice.caller)
		return -ENOENT;
	snprintf(s->key, sizeof(s->key), "%s",
		 *choice.allocator ? choice.allocator : choice.caller);
	return 0;
}

static int wished(struct shrink *s)
{
	s->rule = -1;
	if (s->wish->holds)
		return 0;
	if (s->wish->rule) {
		s->rule = kmc_rule_find(s->wish->rule);
		s->by_rule = true;
		return s->rule < 0 ? -ENOENT : 0;
	}
	if (!s->wish->key)
		return choose(s);
	snprintf(s->key, sizeof(s->key), "%s", s->wish->key);
	return 0;
}

/* rounds */

/* What comes after the violation has no part in it. */
static void cut_behind(struct shrink *s)
{
	if (s->seen && s->seen_at + 1 < s->best->nr_ops)
		s->best->nr_ops = s->seen_at + 1;
}

static bool told_to_stop(struct shrink *s)
{
	if (s->wish->tick && s->wish->tick(s->wish->arg, s->best->nr_ops, s->result->runs))
		s->stopped = true;
	return s->stopped;
}

static void rounds(struct shrink *s)
{
	bool smaller = true;

	cut_behind(s);
	while (smaller && !told_to_stop(s)) {
		smaller = kmc_shrink_ops(s);
		if (s->wish->ops_only)
			continue;
		smaller |= kmc_shrink_values(s);
		smaller |= kmc_shrink_machine(s);
	}
	s->result->minimal = !s->stopped && kmc_every_op_needed(s);
}

/* One more run of the result, so that its key and rule are sure. */
static void conclude(struct shrink *s)
{
	s->result->ops_after = s->best->nr_ops;
	s->stopped = false;
	s->result->minimal &= run(s, s->best) == 0 && s->seen;
}

int kmc_minimize(struct kmc_rigs *rigs, struct kmc_program *program,
		 const struct kmc_minimize_wish *wish, struct kmc_minimized *result, char *error,
		 size_t size)
{
	struct kmc_minimize_wish w = *wish;
	struct shrink s = { .rigs = rigs, .wish = &w, .best = program, .result = result,
			    .text = error, .text_size = size };
	int err;

	memset(result, 0, sizeof(*result));
	result->ops_before = program->nr_ops;
	if (!w.max_runs)
		w.max_runs = MAX_RUNS;
	err = wished(&s);
	s.trial = calloc(program->nr_ops + 1, sizeof(*s.trial));
	if (!err && !s.trial)
		err = -ENOMEM;
	if (!err && w.guarded) {
		s.shared = mmap(NULL, sizeof(*s.shared), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (s.shared == MAP_FAILED) {
			s.shared = NULL;
			err = -errno;
		}
	}
	if (!err) {
		kmc_rigs_listen(rigs, on_violation, &s);
		err = run(&s, program);
		if (!err && !s.seen)
			err = -ENOENT;
	}
	if (!err) {
		rounds(&s);
		conclude(&s);
		err = s.error;
	}
	kmc_rigs_listen(rigs, NULL, NULL);
	if (s.shared)
		munmap(s.shared, sizeof(*s.shared));
	free(s.trial);
	return err;
}
