/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folding of ops into canonical form, inline: decoding does it for every
 * record. Private to op.c, which makes the tables, and program_wire.c.
 */
#ifndef OP_FOLD_H
#define OP_FOLD_H
#include <stdbool.h>
#include "vocab/event.h"
#include "vocab/op.h"

/*
 * Which fields an op uses: -1 (all ones) or 0. Folding is on the fuzzers' hot
 * path and its input is random, so a branch would be mispredicted half of the
 * time: masks instead, as small as a sign-extending load can take.
 */
extern struct kmc_op_shape {
	uint16_t code; /* 0: no op */
	int8_t a, b, c, d, gfp, node, order, dst, src, third;
	int8_t src_number, third_number; /* slot field used as a plain number */
} kmc_op_shapes[KMC_OPCODE_END];

enum {
#define KMC_OP(number, id, ...) KMC_INDEX_##id,
#include "vocab/op.def"
#undef KMC_OP
	KMC_NR_OPS
};
extern const uint16_t kmc_op_catalogue[KMC_NR_OPS];

_Static_assert(KMC_NO_SLOT == UINT16_MAX && KMC_NODE_NONE == -1, "folding to all ones");
_Static_assert(!(KMC_NR_SLOTS & (KMC_NR_SLOTS - 1)), "folding by masks");
_Static_assert(!(KMC_MAX_OP_NODES & (KMC_MAX_OP_NODES - 1)), "folding by masks");

static inline uint16_t fold_code(unsigned int code)
{
	unsigned int known = kmc_op_shapes[code < KMC_OPCODE_END ? code : 0].code;
	unsigned int folded = kmc_op_catalogue[code % KMC_NR_OPS];

	return (uint16_t)(known | (folded & (0u - !known)));
}

static inline uint16_t fold_slot(int slot, int used, int number)
{
	int kept = (KMC_NR_SLOTS - 1) | number | -(slot == KMC_NO_SLOT);

	return (uint16_t)((slot & kept) | ~used);
}

static inline int8_t fold_node(int node, int used)
{
	int kept = (KMC_MAX_OP_NODES - 1) | -(node == KMC_NODE_NONE);

	return (int8_t)((node & kept) | ~used);
}

static inline void kmc_op_fold(struct kmc_op *restrict op)
{
	const struct kmc_op_shape *shape;

	op->code = fold_code(op->code);
	shape = &kmc_op_shapes[op->code];
	op->cpu %= KMC_MAX_CPUS;
	op->task %= KMC_MAX_TASKS;
	op->context %= KMC_CTX_UNKNOWN; /* a program always knows */
	op->attr &= KMC_ALL_ATTRS;
	op->node = fold_node(op->node, shape->node);
	op->order = op->order % (KMC_MAX_OP_ORDER + 1) & (uint8_t)shape->order;
	op->dst = fold_slot(op->dst, shape->dst, 0);
	op->src = fold_slot(op->src, shape->src, shape->src_number);
	op->third = fold_slot(op->third, shape->third, shape->third_number);
	op->gfp.atoms &= KMC_GFP_ALL_ATOMS & (uint32_t)shape->gfp;
	op->gfp.raw &= (uint64_t)shape->gfp;
	op->a &= (uint64_t)shape->a;
	op->b &= (uint64_t)shape->b;
	op->c &= (uint64_t)shape->c;
	op->d &= (uint64_t)shape->d;
}

#endif
