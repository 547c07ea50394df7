/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: percpu areas. A slot holds the copy of cpu 0. */
#include <linux/percpu.h>
#include "target_alloc.h"

static void alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	void *area = __alloc_percpu_gfp(call->op->a, call->op->b, gfp);

	(void)exec;
	kmc_alloc_memory_result(call, area);
	if (area)
		call->granted = (call->size + 3) & ~3ull;
}

static void free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	free_percpu(call->ptr);
}

const struct kmc_alloc_op kmc_alloc_percpu_ops[] = {
	{ KMC_OP_ALLOC_PERCPU, alloc_op },
	{ KMC_OP_FREE_PERCPU, free_op },
	{ 0, NULL },
};
