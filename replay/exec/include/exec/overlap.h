/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of several cpus that overlap, on the target `alloc`. Each cpu runs its
 * ops in their order; which cpu goes on is decided between ops and, where alloc
 * was built with its yield points, inside of calls. The decisions are the
 * caller's: the same ones give the same events. Included by the fuzz target
 * for threads.
 */
#ifndef EXEC_OVERLAP_H
#define EXEC_OVERLAP_H
#include "exec/target.h"

/*
 * Which cpu goes on. @op: number of the op that @cpu is in, or comes to next; @point: where;
 * @runnable: by bit. Return: a cpu; one that may not run becomes the lowest that may.
 */
typedef unsigned int (*kmc_overlap_pick_fn)(void *arg, unsigned int cpu, size_t op,
					    const char *point, uint64_t runnable);

#define KMC_OVERLAP_MAX_CPUS 8

/**
 * kmc_overlap_run() - Execute ops of @target, which is `alloc`, with overlap.
 *
 * An op waits for earlier ones of other cpus that use what it makes, ends or works on; what
 * concerns the whole machine runs alone. cpus are taken modulo KMC_OVERLAP_MAX_CPUS. A task runs on
 * one cpu at a time, so that tasks are renamed: t on cpu c is task 8 t + c. Ops that save or take
 * up a state, or take a cpu away, are left out. Every call is a begin and an end.
 * Return: 0, -ENOMEM, -EBUSY.
 */
int kmc_overlap_run(struct kmc_target *target, const struct kmc_op *ops, size_t nr,
		    const struct kmc_sink *sink, kmc_overlap_pick_fn pick, void *arg);

#endif
