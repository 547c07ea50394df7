/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which shapes of requests a stream had: so that a million equal requests
 * count as one. Included by judge/ only.
 */
#ifndef JUDGE_SHAPES_H
#define JUDGE_SHAPES_H
#include "oracle/judge.h"
#include "vocab/op.h"

#define KMC_SIZE_SHAPES    7u
#define KMC_GFP_SHAPES     6u
#define KMC_CONTEXT_SHAPES 8u
#define KMC_SHAPES         (KMC_SIZE_SHAPES * KMC_GFP_SHAPES * KMC_CONTEXT_SHAPES)

/* A bit for each shape of each call; bare tracepoints stand for the calls of their name. */
struct kmc_shapes {
	uint64_t seen[KMC_OPCODE_END][(KMC_SHAPES + 63) / 64];
};

/** kmc_shapes_note() - The event is a request: remember its shape. */
void kmc_shapes_note(struct kmc_shapes *shapes, const struct kmc_event *ev, uint64_t max_size);

#endif
