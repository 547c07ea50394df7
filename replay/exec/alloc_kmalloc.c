/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: kmalloc, its kin, resizing and duplicates. */
#include <stdlib.h>
#include <string.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "alloc/user_memory.h"
#include "target_alloc.h"

static void *call_kmalloc(const struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;

	switch (op->code) {
	case KMC_OP_KMALLOC: return kmalloc(op->a, gfp);
	case KMC_OP_KZALLOC: return kzalloc(op->a, gfp);
	case KMC_OP_KMALLOC_NODE: return kmalloc_node(op->a, gfp, op->node);
	case KMC_OP_KZALLOC_NODE: return kzalloc_node(op->a, gfp, op->node);
	case KMC_OP_KMALLOC_TRACK_CALLER: return kmalloc_track_caller(op->a, gfp);
	case KMC_OP_KMALLOC_NODE_TRACK_CALLER:
		return kmalloc_node_track_caller(op->a, gfp, op->node);
	case KMC_OP_KMALLOC_ARRAY: return kmalloc_array(op->a, op->b, gfp);
	case KMC_OP_KMALLOC_ARRAY_NODE: return kmalloc_array_node(op->a, op->b, gfp, op->node);
	case KMC_OP_KCALLOC: return kcalloc(op->a, op->b, gfp);
	case KMC_OP_KCALLOC_NODE: return kcalloc_node(op->a, op->b, gfp, op->node);
	case KMC_OP_KREALLOC: return krealloc(call->ptr, op->a, gfp);
	case KMC_OP_KREALLOC_NODE_ALIGN:
		return krealloc_node_align(call->ptr, op->a, op->b, gfp, op->node);
	case KMC_OP_KMALLOC_NOLOCK: return kmalloc_nolock(op->a, gfp, op->node);
	/* A type's size cannot be a run-time value: what the macros come down to. */
	case KMC_OP_KMALLOC_OBJ: return kmalloc(op->a, gfp);
	case KMC_OP_KMALLOC_OBJS: return kmalloc(size_mul(op->a, op->b), gfp);
	case KMC_OP_KMALLOC_FLEX:
		return kmalloc(size_add(op->a, size_mul(op->b, op->c)), gfp);
	case KMC_OP_KREALLOC_ARRAY: return krealloc_array(call->ptr, op->a, op->b, gfp);
	case KMC_OP_KMEMDUP: return kmemdup(call->ptr, op->a, gfp);
	case KMC_OP_KMEMDUP_NUL: return kmemdup_nul(call->ptr, op->a, gfp);
	case KMC_OP_KMEMDUP_ARRAY: return kmemdup_array(call->ptr, op->a, op->b, gfp);
	default: return NULL;
	}
}

#define LONGEST_STRING (16ull << 20)
#define NO_STRING      UINT64_MAX /* no string is so long: NULL */

static void call_string(struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	char *text = op->a <= LONGEST_STRING ? kmc_exec_text(op->a) : NULL;

	if (op->code == KMC_OP_KSTRDUP && op->a == NO_STRING) {
		call->result = kstrdup(NULL, gfp);
		return;
	}
	if (!text) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	text[op->a] = '\0';
	if (op->code == KMC_OP_KSTRNDUP)
		call->result = kstrndup(text, op->b, gfp);
	else if (op->code == KMC_OP_KSTRDUP_CONST)
		call->result = (void *)(uintptr_t)kstrdup_const(text, gfp);
	else
		call->result = kstrdup(text, gfp);
	text[op->a] = 'k';
}

static void kmalloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec;
	kmc_alloc_memory_result(call, call_kmalloc(call, gfp));
}

/* An alignment is a power of two. */
static void aligned_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	if (call->op->b & (call->op->b - 1) || !call->op->b)
		call->outcome = KMC_OUT_SKIPPED;
	else
		kmalloc_op(exec, call, gfp);
}

static void string_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	if (call->op->code == KMC_OP_KSTRDUP_CONST && call->op->b) {
		const char *text = kmc_sim_rodata_string(kmc_alloc_state(exec)->sim, call->op->a);

		if (!text)
			call->outcome = KMC_OUT_SKIPPED;
		kmc_alloc_memory_result(call, text ? (void *)(uintptr_t)kstrdup_const(text, gfp) :
						     NULL);
		return;
	}
	call_string(call, gfp);
	kmc_alloc_memory_result(call, call->result);
}

static void ksize_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	kmc_alloc_value(call, ksize(call->ptr));
}

const struct kmc_alloc_op kmc_alloc_kmalloc_ops[] = {
	{ KMC_OP_KMALLOC, kmalloc_op },
	{ KMC_OP_KZALLOC, kmalloc_op },
	{ KMC_OP_KMALLOC_NODE, kmalloc_op },
	{ KMC_OP_KZALLOC_NODE, kmalloc_op },
	{ KMC_OP_KMALLOC_TRACK_CALLER, kmalloc_op },
	{ KMC_OP_KMALLOC_NODE_TRACK_CALLER, kmalloc_op },
	{ KMC_OP_KMALLOC_ARRAY, kmalloc_op },
	{ KMC_OP_KMALLOC_ARRAY_NODE, kmalloc_op },
	{ KMC_OP_KCALLOC, kmalloc_op },
	{ KMC_OP_KCALLOC_NODE, kmalloc_op },
	{ KMC_OP_KREALLOC, kmalloc_op },
	{ KMC_OP_KREALLOC_ARRAY, kmalloc_op },
	{ KMC_OP_KREALLOC_NODE_ALIGN, aligned_op },
	{ KMC_OP_KMALLOC_NOLOCK, kmalloc_op },
	{ KMC_OP_KMALLOC_OBJ, kmalloc_op },
	{ KMC_OP_KMALLOC_OBJS, kmalloc_op },
	{ KMC_OP_KMALLOC_FLEX, kmalloc_op },
	{ KMC_OP_KMEMDUP, kmalloc_op },
	{ KMC_OP_KMEMDUP_NUL, kmalloc_op },
	{ KMC_OP_KMEMDUP_ARRAY, kmalloc_op },
	{ KMC_OP_KSTRDUP, string_op },
	{ KMC_OP_KSTRNDUP, string_op },
	{ KMC_OP_KSTRDUP_CONST, string_op },
	{ KMC_OP_KSIZE, ksize_op },
	{ 0, NULL },
};
