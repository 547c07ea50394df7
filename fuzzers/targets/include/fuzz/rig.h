/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rig: one machine, the subject `alloc` booted on it, and a judge of one
 * edition, kept for all programs that ask for the same. Making one costs
 * milliseconds, using it again what the last program touched; so a set of
 * rigs holds those used last. Included by the fuzz targets and by whoever
 * runs programs over and over: minimizer, explorer, campaigns.
 *
 * Two ways of use. A fuzz target's rigs trap: a violated rule of the allocator
 * ends the process in the rule's own function, after the tell-tale
 * (fuzz/telltale.h) was written. Without KMC_RIG_TRAP the findings stay in
 * the judge, or go to a listener.
 */
#ifndef FUZZ_RIG_H
#define FUZZ_RIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "exec/target.h"
#include "oracle/judge.h"
#include "vocab/program.h"

#define KMC_RIG_TRAP   1u /* a violated rule of the allocator ends the process */
#define KMC_RIG_DIGEST 2u /* digest of the events and hash of the final state */
/* tracepoints inside calls, for one machine in three: they take the fast paths away */
#define KMC_RIG_TRACEPOINTS 4u
/* the same for fuzz targets, whose usual machine, of seed 0, keeps its fast paths */
#define KMC_RIG_SEEDED_TRACEPOINTS 8u

struct kmc_rig {
	struct kmc_machine machine;
	uint32_t edition;
	struct kmc_target *target;
	struct kmc_judge *judge;
	struct kmc_rigs *rigs;
	uint64_t last_used;
};

/* What a run was like. */
struct kmc_rig_run {
	uint64_t events, violated; /* must rules broken by either party */
	uint64_t refused, skipped, misuse; /* calls that ended so, calls marked so */
	uint64_t digest, hash; /* with KMC_RIG_DIGEST */
	size_t op;             /* number of the op under way */
	int error;             /* 0, -ENOMEM, -EIO: no verdict */
};

struct kmc_rigs;

/* Pages of all machines that a set keeps, 1 GiB; one alone may be larger. */
#define KMC_RIGS_MAX_PAGES ((1ull << 30) >> 12)

/** kmc_rigs_create() - @max: kept at once, while their memory is no more than KMC_RIGS_MAX_PAGES. @flags: KMC_RIG_*. Return: NULL no memory. */
struct kmc_rigs *kmc_rigs_create(size_t max, unsigned int flags);
void kmc_rigs_destroy(struct kmc_rigs *rigs);

/** kmc_rig_is_traced() - Does a set with these flags (KMC_RIG_*) give this machine tracepoints inside calls? */
bool kmc_rig_is_traced(unsigned int flags, const struct kmc_machine *machine);

/**
 * kmc_rigs_accept_file() - What the file says, as kmc_known_load() has it, is known: it
 * neither traps nor counts as new. For rigs there are and those to come.
 * Return: 0, -errno with its reason in @error.
 */
int kmc_rigs_accept_file(struct kmc_rigs *rigs, const char *path, char *error, size_t size);

/** kmc_rigs_listen() - Call @fn at each violation (NULL: nobody); not with KMC_RIG_TRAP. */
void kmc_rigs_listen(struct kmc_rigs *rigs, kmc_judge_fn fn, void *arg);

/** kmc_rig_fresh_judge() - A judge that has seen nothing in the place of the rig's. Return: 0, -ENOMEM. */
int kmc_rig_fresh_judge(struct kmc_rig *rig);
/** kmc_rig_occurrences() - How often its judge met the finding of this key. */
uint64_t kmc_rig_occurrences(const struct kmc_rig *rig, const char *key);

/** kmc_rigs_on_retire() - Call @fn with each judge before it is gone, for who sums up. */
typedef void (*kmc_rig_retire_fn)(void *arg, const struct kmc_judge *judge);
void kmc_rigs_on_retire(struct kmc_rigs *rigs, kmc_rig_retire_fn fn, void *arg);

/**
 * kmc_rigs_take() - The rig for a machine and an edition, made if there is none.
 * Return: 0, -EINVAL with @error for a machine that alloc cannot be, -ENOMEM.
 */
int kmc_rigs_take(struct kmc_rigs *rigs, const struct kmc_machine *machine, uint32_t edition,
		  struct kmc_rig **rig, char *error, size_t size);

/** kmc_rig_run() - Reset, run and judge @nr ops. The judge's counts and findings are kept. */
void kmc_rig_run(struct kmc_rig *rig, const struct kmc_op *ops, size_t nr,
		 struct kmc_rig_run *run);

/** kmc_rig_go() - The same without the reset: that was the last thing that the thread did with rigs. */
void kmc_rig_go(struct kmc_rig *rig, const struct kmc_op *ops, size_t nr, struct kmc_rig_run *run);

/**
 * kmc_rig_overlap() - kmc_rig_run() with calls of different cpus overlapping (exec/overlap.h), as
 * the program itself decides. Sub-op points are there where alloc_yield is linked.
 */
void kmc_rig_overlap(struct kmc_rig *rig, const struct kmc_op *ops, size_t nr,
		     struct kmc_rig_run *run);

/* The same in steps, for who looks in between. */
void kmc_rig_reset(struct kmc_rig *rig, struct kmc_rig_run *run);
void kmc_rig_step(struct kmc_rig *rig, const struct kmc_op *op, struct kmc_rig_run *run);
void kmc_rig_finish(struct kmc_rig *rig, struct kmc_rig_run *run);

#endif
