/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: what the headers compute, with values the compiler cannot know. */
#include <linux/overflow.h>
#include <linux/slab.h>
#include "target_alloc.h"

static uint64_t call_pure(const struct kmc_op *op)
{
	size_t a = op->a, b = op->b, c = op->c;

	switch (op->code) {
	case KMC_OP_ARRAY_SIZE: return array_size(a, b);
	case KMC_OP_ARRAY3_SIZE: return array3_size(a, b, c);
	case KMC_OP_SIZE_MUL: return size_mul(a, b);
	case KMC_OP_SIZE_ADD: return size_add(a, b);
	case KMC_OP_SIZE_SUB: return size_sub(a, b);
	/* struct_size() is this sum; the type's size cannot be a run-time value. */
	case KMC_OP_STRUCT_SIZE:
	case KMC_OP_STRUCT_SIZE_T: return size_add(a, size_mul(c, b));
	case KMC_OP_FLEX_ARRAY_SIZE: return size_mul(c, b);
	case KMC_OP_KMALLOC_SIZE_ROUNDUP: return kmalloc_size_roundup(a);
	default: return 0;
	}
}

static void size_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	kmc_alloc_value(call, call_pure(call->op));
}

const struct kmc_alloc_op kmc_alloc_size_ops[] = {
	{ KMC_OP_ARRAY_SIZE, size_op },
	{ KMC_OP_ARRAY3_SIZE, size_op },
	{ KMC_OP_SIZE_MUL, size_op },
	{ KMC_OP_SIZE_ADD, size_op },
	{ KMC_OP_SIZE_SUB, size_op },
	{ KMC_OP_STRUCT_SIZE, size_op },
	{ KMC_OP_STRUCT_SIZE_T, size_op },
	{ KMC_OP_FLEX_ARRAY_SIZE, size_op },
	{ KMC_OP_KMALLOC_SIZE_ROUNDUP, size_op },
	{ 0, NULL },
};
