/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a program do what its name says? A slice of it on the usual machine, then the minimiser. */
#include "goal.h"
#include <stdlib.h>
#include <string.h>
#include "minimize/minimize.h"
#include "oracle/judge.h"
#include "oracle/related.h"

#define FEWER_RUNS 600 /* where no slice does it */

static bool holds(void *holder, const struct kmc_rig *rig, const struct kmc_rig_run *run)
{
	const struct goal *goal = holder;
	struct kmc_rule_result result;

	/* Each release by its own texts. */
	if (rig->edition != KMC_SERIES(rig->machine.profile))
		return false;
	if (run->error || run->refused || run->skipped || (goal->kind != GOAL_BREAK && run->misuse))
		return false;
	for (size_t i = 0; i < kmc_judge_finding_count(rig->judge); i++)
		if (goal->kind != GOAL_BREAK ||
		    !kmc_rule_belongs(goal->rule, kmc_judge_finding(rig->judge, i)->rule))
			return false;
	kmc_judge_result(rig->judge, (size_t)goal->rule, &result);
	switch (goal->kind) {
	case GOAL_KEEP: return result.state == KMC_RULE_PASS;
	case GOAL_BREAK: return result.state == KMC_RULE_VIOLATED;
	default: return result.state == KMC_RULE_UNEXERCISED;
	}
}

bool goal_is_met(struct kmc_rigs *rigs, const struct kmc_program *program, struct goal goal)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	if (!program->nr_ops ||
	    kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error, sizeof(error)) ||
	    kmc_rig_fresh_judge(rig))
		return false;
	kmc_rig_run(rig, program->ops, program->nr_ops, &run);
	return holds(&goal, rig, &run);
}

/* The usual machine: of the newest release; of the same release; with a program's options too. */
static void usual_machine(struct kmc_program *program, unsigned int like, uint32_t options)
{
	struct kmc_machine *m = &program->machine;
	uint32_t profile = m->profile;

	kmc_machine_default(m);
	if (like)
		m->profile = profile;
	if (like > 1)
		m->options = options;
	program->edition = KMC_SERIES(m->profile);
}

/* Of slots: those that the ops so far name. */
struct slots {
	bool in[KMC_NR_SLOTS];
};

static void name_slot(struct slots *slots, uint16_t slot)
{
	if (slot < KMC_NR_SLOTS)
		slots->in[slot] = true;
}

static bool names(const struct slots *slots, uint16_t slot)
{
	return slot < KMC_NR_SLOTS && slots->in[slot];
}

/*
 * Op @at with what it has its operands from, and what is done to these afterwards; the ops that need
 * no slot and set the stage (failures, pressure, settings) as @stage wants.
 */
static bool slice(struct kmc_program *to, const struct kmc_program *from, size_t at, bool stage)
{
	static struct slots slots;
	bool *taken = calloc(from->nr_ops, sizeof(*taken)), good = taken != NULL;

	memset(&slots, 0, sizeof(slots));
	for (size_t i = at + 1; good && i-- > 0;) {
		const struct kmc_op *op = &from->ops[i];

		taken[i] = i == at || names(&slots, op->dst) ||
			   (stage && op->dst == KMC_NO_SLOT && op->src == KMC_NO_SLOT);
		if (!taken[i])
			continue;
		name_slot(&slots, op->dst);
		name_slot(&slots, op->src);
		name_slot(&slots, op->third);
	}
	for (size_t i = at + 1; good && i < from->nr_ops; i++)
		taken[i] = names(&slots, from->ops[i].src) && from->ops[i].dst == KMC_NO_SLOT;
	to->machine = from->machine;
	to->edition = from->edition;
	to->nr_ops = 0;
	for (size_t i = 0; good && i < from->nr_ops; i++)
		good = !taken[i] || !kmc_program_add(to, &from->ops[i]);
	free(taken);
	return good;
}

/* After which op is the rule passed or broken first? */
static size_t first_op(struct kmc_rigs *rigs, const struct kmc_program *program, const struct goal *goal)
{
	struct kmc_rule_result result;
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];
	size_t i = 0;

	if (kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error, sizeof(error)) ||
	    kmc_rig_fresh_judge(rig))
		return program->nr_ops;
	kmc_rig_reset(rig, &run);
	for (; i < program->nr_ops && !run.error; i++) {
		kmc_rig_step(rig, &program->ops[i], &run);
		kmc_judge_result(rig->judge, (size_t)goal->rule, &result);
		if (goal->kind == GOAL_KEEP ? result.passed : result.violated)
			break;
	}
	kmc_rig_finish(rig, &run);
	return i;
}

/* Make small what does it; false: there is nothing that does. */
bool goal_reduce(struct kmc_rigs *rigs, struct kmc_program *program, struct goal *goal)
{
	struct kmc_minimize_wish wish = { .holds = holds, .holder = goal, .max_runs = GOAL_MOST_RUNS };
	struct kmc_minimized result;
	struct kmc_program trial;
	size_t at = first_op(rigs, program, goal);
	char error[256];
	bool sliced = false;

	kmc_program_init(&trial);
	for (unsigned int stage = 0; stage < 2 && !sliced && at < program->nr_ops; stage++) {
		for (unsigned int i = 0; i < 4 && !sliced && slice(&trial, program, at, stage); i++) {
			if (i < 3)
				usual_machine(&trial, i, program->machine.options);
			sliced = goal_is_met(rigs, &trial, *goal);
		}
	}
	if (sliced)
		sliced = !kmc_program_copy(program, &trial);
	kmc_program_free(&trial);
	if (!sliced)
		wish.max_runs = FEWER_RUNS;
	return !kmc_minimize(rigs, program, &wish, &result, error, sizeof(error));
}
