/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: copies to and from user space, which is the executor's own
 * memory. A program that means to leave its block has the check asked and
 * nothing copied: what lies there is nobody's.
 */
#include <linux/uaccess.h>
#include <string.h>
#include "target_alloc.h"

/* What the holder knew of these bytes it knows no more. */
static void forget_bytes(struct kmc_slot *slot, uint64_t start, uint64_t end)
{
	struct kmc_extent at = { start, end };

	slot->zero = kmc_extent_without(slot->zero, at);
	slot->written = kmc_extent_without(slot->written, at);
}

static void copy_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	bool to_user = op->code == KMC_OP_COPY_TO_USER;
	struct kmc_slot *slot = call->src;
	char *user, *block;
	uint64_t left;

	(void)exec, (void)gfp;
	if (!kmc_memory_fits(op, slot)) {
		if (!(op->attr & KMC_ATTR_MISUSE)) {
			call->outcome = KMC_OUT_SKIPPED;
			return;
		}
		check_object_size(call->ptr, op->a, to_user);
		kmc_alloc_value(call, op->a);
		return;
	}
	user = kmc_exec_text(op->a);
	if (!user || (!to_user && kmc_memory_constant(slot))) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	block = (char *)slot->ptr + op->b;
	left = to_user ? copy_to_user(user, block, op->a) : copy_from_user(block, user, op->a);
	/* The next user of these letters finds letters. */
	if (to_user)
		memset(user, 'k', op->a);
	else if (left < op->a)
		forget_bytes(slot, op->b, op->b + op->a);
	kmc_alloc_value(call, left);
}

const struct kmc_alloc_op kmc_alloc_usercopy_ops[] = {
	{ KMC_OP_COPY_TO_USER, copy_op },
	{ KMC_OP_COPY_FROM_USER, copy_op },
	{ 0, NULL },
};
