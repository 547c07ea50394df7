/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The minimiser: a program that violates a rule becomes the smallest one that
 * still does, in ops. Runs of ops go, then single ops, then what ops carry is
 * brought to its plainest; the result is 1-minimal: no op of it can be left
 * out. Included by kmconform minimize, the campaigns and the fuzz engines.
 */
#ifndef MINIMIZE_MINIMIZE_H
#define MINIMIZE_MINIMIZE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "fuzz/rig.h"
#include "vocab/program.h"

struct kmc_minimize_wish {
	/*
	 * The finding to keep. NULL: the allocator's first, else the first of a caller. A
	 * key is rule, call, clause and shape; with @rule the rule alone is kept, so that
	 * the finding may become a plainer one of the same rule.
	 */
	const char *key, *rule;
	/*
	 * In place of a finding: is what the run did to be kept? The rig's judge has seen this run
	 * alone. Then key and rule are not looked at, and the result has neither. May be NULL.
	 */
	bool (*holds)(void *holder, const struct kmc_rig *rig, const struct kmc_rig_run *run);
	void *holder;
	uint64_t max_runs; /* programs tried at most; 0: 100000 */
	bool ops_only;     /* leave what ops carry as it is */
	bool guarded;      /* each run in a process of its own: what dies is no candidate */
	/* Called after each improvement; true: stop with what there is. May be NULL. */
	bool (*tick)(void *arg, size_t nr_ops, uint64_t runs);
	void *arg;
};

struct kmc_minimized {
	char key[24];       /* of the finding in the result */
	int rule;           /* index */
	size_t ops_before, ops_after;
	uint64_t runs;
	bool minimal;       /* every op was seen to be needed */
};

/**
 * kmc_minimize() - Make @program small.
 * @rigs: without KMC_RIG_TRAP; its listener is taken over.
 *
 * Return: 0 (@result tells how), -ENOENT when the program violates nothing of the wish,
 * -EINVAL with @error for a machine that cannot be, -ENOMEM; then @program is as it was.
 */
int kmc_minimize(struct kmc_rigs *rigs, struct kmc_program *program,
		 const struct kmc_minimize_wish *wish, struct kmc_minimized *result, char *error,
		 size_t size);

#endif
