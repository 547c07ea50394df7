/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc, opened anew for each test, and what was seen of it.
 * Included by tests whose programs go on where the last one ended.
 */
#ifndef EXEC_ALLOC_H
#define EXEC_ALLOC_H
#include "exec_run.h"

static struct seen seen;
static struct kmc_target *target;

static inline int open_alloc(void **state)
{
	(void)state;
	target = open_target("alloc", KMC_TARGET_OBSERVE);
	return 0;
}

static inline int close_alloc(void **state)
{
	(void)state;
	target->ops->close(target);
	return 0;
}

static inline unsigned int outcome_at(unsigned int n)
{
	return call_at(&seen, n)->outcome;
}

#endif
