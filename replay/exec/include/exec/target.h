/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target: a subject that executes ops. The executor's programs and the
 * fuzzers see subjects through this interface only; which one it is never
 * shows elsewhere.
 *
 * The interface is made for batches, so that a live kernel behind a pipe fits:
 * submit() ships ops, collect() delivers the events that came back. A target
 * in the same process executes within submit(), delivers at once and has
 * nothing left to collect. Slots, lives and the decision whether operands fit
 * belong to the executor that runs beside the subject: for targets in this
 * process exec_core.h, for a live kernel its agent.
 *
 * What the events of a call carry, by field:
 *
 *   size, arg  requested bytes; an array call has the product in size
 *              (UINT64_MAX: it does not fit), the count in arg and the
 *              element's bytes in addr2. Caches: object size, alignment in
 *              arg, flags (KMC_CF_*) in addr2. Pages: the whole block.
 *   addr       the result, or what a freeing call was given
 *   addr2      the old block of a resize, the source of a copy, the block that
 *              a misused memory op was given
 *   granted    bytes the subject says it gave
 *   cache      id of a cache, as announced to the sink before
 *   arg        also: alignment asked for; bytes given to kvfree_sensitive and
 *              to memory ops; count of a bulk call; value of a pure call,
 *              whose operands a, b, c are in size, granted, addr2; number of
 *              a snapshot; minus an error
 *
 * A bulk call is a begin, one call of its single form for each object (its
 * parent is the bulk call), and an end. Memory ops are calls with the range in
 * addr and size; what was seen there are effects CONTENT_*. Machine ops that
 * took place are events of kind KMC_EV_MACHINE with their operands a, b, c in
 * size, granted, addr2.
 *
 * Misuse (KMC_ATTR_MISUSE) never reaches a subject that shares our process:
 * the call is a begin marked MISUSE, an effect REPORTED whose arg says what
 * the subject's metadata knows of the place (enum kmc_misuse_report), and an
 * end with outcome none. The object stays as it was.
 */
#ifndef EXEC_TARGET_H
#define EXEC_TARGET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vocab/event.h"
#include "vocab/machine.h"
#include "vocab/op.h"
#include "vocab/program.h"

/* Wishes at opening. */
#define KMC_TARGET_OBSERVE     1u /* look at zeroed memory and report CONTENT_* unasked */
#define KMC_TARGET_TRACEPOINTS 2u /* report tracepoints inside calls as well */
#define KMC_TARGET_PLAIN       4u /* malloc: hand out what malloc gives, but claim natural alignment */

struct kmc_target_config {
	struct kmc_machine machine;
	const char *library; /* malloc: a shared library to take the allocator from; NULL libc */
	unsigned int flags;  /* KMC_TARGET_* */
};

/* What a subject can do and show. */
struct kmc_caps {
	char name[64];              /* "alloc 6.18.44" */
	uint32_t shows;             /* KMC_SHOWS_* of oracle/judge.h */
	uint32_t disclaims;         /* KMC_PROMISE_* of oracle/judge.h that it does not make */
	bool deterministic;         /* equal programs give equal events and hashes */
	struct kmc_machine machine; /* as the subject has it */
	uint64_t ops[(KMC_OPCODE_END + 63) / 64];
};

static inline bool kmc_caps_has(const struct kmc_caps *caps, unsigned int code)
{
	return code < KMC_OPCODE_END && caps->ops[code / 64] >> code % 64 & 1;
}

/* Where events go, in the order of the stream. A cache is announced before it is named. */
struct kmc_sink {
	void *arg;
	void (*event)(void *arg, const struct kmc_event *ev);
	void (*cache)(void *arg, const struct kmc_cache_desc *cache); /* may be NULL */
	size_t *done; /* may be NULL; counted up after each op, by targets that do one after the other */
};

struct kmc_target;

struct kmc_target_ops {
	const char *name;    /* as --target takes it */
	const char *summary; /* one line */

	/* Return: 0, -EINVAL (with @error) for a machine that cannot be, -ENOMEM. */
	int (*open)(const struct kmc_target_config *config, struct kmc_target **target,
		    char *error, size_t size);
	void (*close)(struct kmc_target *target);
	void (*caps)(struct kmc_target *target, struct kmc_caps *caps);
	/* Back to the state after open(); the numbering of events starts again. */
	int (*reset)(struct kmc_target *target);
	/*
	 * Hand over ops, to be executed in order after those before. @sink must
	 * live until they are collected. Return: 0, -ENOMEM, -EIO.
	 */
	int (*submit)(struct kmc_target *target, const struct kmc_op *ops, size_t nr_ops,
		      const struct kmc_sink *sink);
	/*
	 * Deliver what came back within @timeout_ms. Return: ops still under way
	 * (0: all done), -ETIMEDOUT, -EIO when the subject died.
	 */
	int (*collect)(struct kmc_target *target, int timeout_ms);
	/* Keep and take up a state, numbering of events included. Return: handle or 0; -errno. */
	int (*snapshot)(struct kmc_target *target);
	int (*restore)(struct kmc_target *target, int snapshot);
	/* Digest of the final state. Return: 0, -ENOTSUP where states are not comparable. */
	int (*hash)(struct kmc_target *target, uint64_t *hash);
};

struct kmc_target {
	const struct kmc_target_ops *ops;
};

/** kmc_target_at() - The i-th kind of target, NULL past the end. */
const struct kmc_target_ops *kmc_target_at(size_t index);
/** kmc_target_find() - By name; NULL none. */
const struct kmc_target_ops *kmc_target_find(const char *name);

/**
 * kmc_target_run() - submit() and collect() until all is done.
 * Return: 0, -ETIMEDOUT after @timeout_ms without news, -EIO, -ENOMEM.
 */
int kmc_target_run(struct kmc_target *target, const struct kmc_op *ops, size_t nr_ops,
		   const struct kmc_sink *sink, int timeout_ms);

#endif
