/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: contiguous memory areas. An area is a pool to slots, as
 * others are, so each call asks whether it is given one of its own.
 */
#include <linux/cma.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include "alloc/areas.h"
#include "target_alloc.h"

static struct cma *area_of(struct kmc_call *call)
{
	bool area = call->src && (call->src->origin == KMC_OP_CMA_DECLARE ||
				  call->src->origin == KMC_OP_CMA_INIT_RESERVED);

	if (!area)
		call->outcome = KMC_OUT_SKIPPED;
	return area ? call->src->ptr : NULL;
}

static void area_result(struct kmc_call *call, int err, struct cma *cma)
{
	struct kmc_cma_info info;

	if (err) {
		call->outcome = KMC_OUT_ERROR;
		call->value = (uint64_t)-err;
		return;
	}
	kmc_sim_cma_info(cma, &info);
	call->result = cma;
	call->second = KMC_DIRECT_MAP_BASE + (info.base_pfn << PAGE_SHIFT);
	kmc_alloc_value(call, info.index);
}

static void declare_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct cma *cma = NULL;
	int err = cma_declare_contiguous(op->a, op->b, op->c, op->d, op->order, op->node > 0,
					 "area", &cma);

	(void)exec, (void)gfp;
	area_result(call, err, cma);
}

/* The memory that a kernel's boot would have reserved is reserved first, if it is free. */
static void init_reserved_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	bool ours = !memblock_reserve(op->a, op->b);
	struct cma *cma = NULL;
	int err = cma_init_reserved_mem(op->a, op->b, op->order, "area", &cma);

	(void)exec, (void)gfp;
	if (err && ours)
		memblock_phys_free(op->a, op->b);
	area_result(call, err, cma);
}

static void cma_alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct cma *cma = area_of(call);
	struct page *page;

	(void)exec, (void)gfp;
	if (!cma)
		return;
	page = cma_alloc(cma, op->a, op->order, op->b);
	kmc_alloc_memory_result(call, page ? page_address(page) : NULL);
}

static void cma_release_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct cma *cma = area_of(call);

	(void)exec, (void)gfp;
	if (cma)
		kmc_alloc_value(call, cma_release(cma, virt_to_page(call->ptr), call->op->a));
}

static void cma_available_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_cma_info info;
	struct cma *cma = area_of(call);

	(void)exec, (void)gfp;
	if (!cma)
		return;
	kmc_sim_cma_info(cma, &info);
	kmc_alloc_value(call, info.available);
}

const struct kmc_alloc_op kmc_alloc_cma_ops[] = {
	{ KMC_OP_CMA_DECLARE, declare_op },
	{ KMC_OP_CMA_INIT_RESERVED, init_reserved_op },
	{ KMC_OP_CMA_ALLOC, cma_alloc_op },
	{ KMC_OP_CMA_RELEASE, cma_release_op },
	{ KMC_OP_CMA_AVAILABLE, cma_available_op },
	{ 0, NULL },
};
