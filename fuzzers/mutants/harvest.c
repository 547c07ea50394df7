/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that keep rules or do not concern them, and what callers do wrong: searched
 * for on an alloc that is right, reduced, seen to do what their names say, written.
 */
#include "harvest.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "generate/generate.h"
#include "goal.h"
#include "oracle/judge.h"
#include "pool.h"
#include "rule_file.h"

#define NEIGHBOURS 400 /* mutations tried for a program that does not concern a rule */

struct search {
	const struct harvest_wish *wish;
	struct pool *pool;
	struct kmc_rigs *rigs, *small;
	bool violated[MAX_RULES], any;
};

static void on_breach(void *arg, const struct kmc_finding *finding)
{
	struct search *s = arg;

	s->violated[finding->rule] = true;
	s->any = true;
}

static void done(const struct search *s, int rule, const char *kind, const struct kmc_program *program)
{
	if (!rule_file_write(s->wish->folder, rule, kind, NULL, program) && !s->wish->quiet)
		printf("%-9s %s %zu ops\n", kmc_rule_at((size_t)rule)->id, kind, program->nr_ops);
	fflush(stdout);
}

static void try_one(struct search *s, const struct kmc_program *found, int rule, bool breaks)
{
	struct goal goal = { breaks ? GOAL_BREAK : GOAL_KEEP, rule };
	struct kmc_program program;

	kmc_program_init(&program);
	if (!kmc_program_copy(&program, found) && goal_reduce(s->small, &program, &goal))
		done(s, rule, breaks ? "break" : "keep", &program);
	kmc_program_free(&program);
}

static void run_one(struct search *s, const struct kmc_program *program, bool breaks)
{
	struct kmc_rule_result before[MAX_RULES], after;
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	if (kmc_rigs_take(s->rigs, &program->machine, program->edition, &rig, error, sizeof(error)))
		return;
	memset(s->violated, 0, sizeof(s->violated));
	s->any = false;
	for (size_t i = 0; i < kmc_rule_count(); i++)
		kmc_judge_result(rig->judge, i, &before[i]);
	kmc_rig_run(rig, program->ops, program->nr_ops, &run);
	if (run.error)
		return;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);

		kmc_judge_result(rig->judge, i, &after);
		if (breaks && s->violated[i] && rule->party == KMC_PARTY_CALLER &&
		    !rule_file_is_there(s->wish->folder, (int)i, "break"))
			try_one(s, program, (int)i, true);
		if (rule->judged && after.passed > before[i].passed &&
		    !rule_file_is_there(s->wish->folder, (int)i, "keep"))
			try_one(s, program, (int)i, false);
	}
}

static const uint32_t profiles[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
				     KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44) };

static void search_all(struct search *s)
{
	struct kmc_program program;
	const char *rule;

	kmc_program_init(&program);
	for (uint64_t i = 0; i < s->pool->nr && (s->wish->legal || s->wish->wrong); i++)
		run_one(s, &s->pool->programs[i], true);
	for (uint64_t i = 0; i < s->wish->legal; i++) {
		/* The newest first: most rules can be shown there. */
		uint32_t profile = profiles[i < s->wish->legal / 2 ? 3 : i / 16 % 4];
		struct kmc_gen_wish wish = { .seed = 7000000 + i, .machine = 1 + i / 16,
					     .profile = profile, .edition = KMC_SERIES(profile) };

		if (!kmc_generate(&program, &wish, &rule))
			run_one(s, &program, false);
	}
	for (uint64_t i = 0; i < s->wish->wrong; i++) {
		uint32_t profile = profiles[i / 16 % 2 ? 3 : i / 32 % 4];
		struct kmc_gen_wish wish = { .seed = 9000000 + i, .machine = 1 + i / 16,
					     .profile = profile, .edition = KMC_SERIES(profile),
					     .misuse = (enum kmc_gen_misuse)(1 + i % (KMC_GEN_NR_MISUSES - 1)) };
		const struct kmc_program *mutant;

		if (i % 4 == 0 && !kmc_generate(&program, &wish, &rule))
			run_one(s, &program, true);
		else if ((mutant = pool_mutant(s->pool, i)))
			run_one(s, mutant, true);
	}
	kmc_program_free(&program);
}

/* The nearest program that does not concern the rule: one op of the keeping one is another. */
static bool neighbour(struct search *s, struct kmc_program *program, const struct kmc_program *keep,
		      int rule)
{
	static const enum kmc_mutation kinds[] = { KMC_MUTATE_ARGUMENT, KMC_MUTATE_REPLACE,
						   KMC_MUTATE_DELETE };

	for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (uint64_t i = 0; i < NEIGHBOURS; i++)
			if (!kmc_program_copy(program, keep) &&
			    kmc_mutate_once(s->pool->mutator, program, keep, kinds[k], i) &&
			    goal_is_met(s->small, program, (struct goal){ GOAL_NONE, rule }))
				return true;
	return false;
}

static void none_of(struct search *s, int rule)
{
	struct kmc_program keep, program;
	char path[4096], error[512];
	bool found = false;

	kmc_program_init(&keep);
	kmc_program_init(&program);
	rule_file_path(path, sizeof(path), s->wish->folder, rule, "keep");
	if (!kmc_program_read(&keep, path, error, sizeof(error)))
		found = neighbour(s, &program, &keep, rule);
	/* Else what keeps another rule of the family, else of any. */
	for (unsigned int any = 0; any < 2 && !found; any++)
		for (size_t i = 0; i < kmc_rule_count() && !found; i++) {
			if (!any && kmc_rule_at(i)->family != kmc_rule_at((size_t)rule)->family)
				continue;
			rule_file_path(path, sizeof(path), s->wish->folder, (int)i, "keep");
			found = !kmc_program_read(&program, path, error, sizeof(error)) &&
				goal_is_met(s->small, &program, (struct goal){ GOAL_NONE, rule });
		}
	if (found)
		done(s, rule, "none", &program);
	kmc_program_free(&keep);
	kmc_program_free(&program);
}

int harvest(const struct harvest_wish *wish, const struct fault *faults, size_t nr)
{
	static struct pool pool;
	struct search s = { .wish = wish, .pool = &pool };
	int err = pool_init(&pool, wish->seeds, wish->folder);

	if (!err && wish->faults.executions)
		err = harvest_breaks(wish, &pool, faults, nr);
	s.rigs = kmc_rigs_create(4, KMC_RIG_TRACEPOINTS);
	s.small = kmc_rigs_create(8, KMC_RIG_TRACEPOINTS);
	if (!err && s.rigs && s.small) {
		kmc_rigs_listen(s.rigs, on_breach, &s);
		search_all(&s);
		for (size_t i = 0; i < kmc_rule_count() && wish->legal; i++)
			if (kmc_rule_at(i)->judged && !rule_file_is_there(wish->folder, (int)i, "none"))
				none_of(&s, (int)i);
	}
	kmc_rigs_destroy(s.rigs);
	kmc_rigs_destroy(s.small);
	pool_free(&pool);
	return err;
}
