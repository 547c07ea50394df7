/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: page calls of several pages, of parts of pages, and without locks. */
#include <errno.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/page_frag_cache.h>
#include "alloc/page_frags.h"
#include "target_alloc.h"

/* What the destination slots hold is the array: a page, or an empty place. */
static struct page *page_in(struct kmc_exec *exec, uint64_t number)
{
	const struct kmc_slot *slot = &exec->slots[number];
	bool held = slot->kind == KMC_SLOT_MEMORY && !slot->freed && slot->page &&
		    (uintptr_t)slot->ptr > 16;

	return held ? virt_to_page(slot->ptr) : NULL;
}

/* exec->bulk has the new pages. */
static void bulk_result(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_op *op = call->op;

	call->bulk = exec->bulk;
	call->count = op->a;
	call->page = true;
	call->granted = PAGE_SIZE;
	call->outcome = call->value ? KMC_OUT_VALUE : KMC_OUT_NULL;
	for (uint64_t i = 0; i < op->a; i++)
		if (exec->bulk[i])
			kmc_alloc_may_move(call, exec->bulk[i]);
}

/* exec->bulk has the new pages then, NULL where a place was full or stayed empty. */
static void bulk_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct page *array[KMC_NR_SLOTS];

	for (uint64_t i = 0; i < op->a; i++)
		array[i] = page_in(exec, op->dst + i);
	call->value = alloc_pages_bulk_node(gfp, op->node, op->a, array);
	for (uint64_t i = 0; i < op->a; i++) {
		bool fresh = array[i] && !page_in(exec, op->dst + i);

		exec->bulk[i] = fresh ? page_address(array[i]) : NULL;
	}
	bulk_result(exec, call);
}

/* Up to 6.12. Each page is the first slot's that is left. */
static void bulk_list_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct list_head list;

	if (exec->caps.machine.profile >= KMC_RELEASE(6, 13, 0)) {
		call->outcome = KMC_OUT_REFUSED;
		return;
	}
	INIT_LIST_HEAD(&list);
	call->value = alloc_pages_bulk_list(gfp, op->a, &list);
	for (uint64_t i = 0; i < op->a; i++) {
		struct page *page;

		exec->bulk[i] = NULL;
		if (list_empty(&list))
			continue;
		page = list_first_entry(&list, struct page, lru);
		list_del(&page->lru);
		exec->bulk[i] = page_address(page);
	}
	bulk_result(exec, call);
}

static bool plain_alignment(uint64_t align)
{
	return align <= PAGE_SIZE && !(align & (align - 1));
}

/* A fragment is no page: nothing but its free is done with it as one. */
static void frag_alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct page_frag_cache *nc;

	(void)exec;
	if (!op->a || op->a > UINT32_MAX || !plain_alignment(op->b)) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	nc = kmc_sim_page_frag_cache();
	if (op->b)
		call->result = page_frag_alloc_align(nc, (unsigned int)op->a, gfp,
						     (unsigned int)op->b);
	else
		call->result = page_frag_alloc(nc, (unsigned int)op->a, gfp);
	call->granted = call->size;
	call->outcome = call->result ? KMC_OUT_VALUE : KMC_OUT_NULL;
}

static void frag_free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	page_frag_free(call->ptr);
}

static void contig_range_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	int err = alloc_contig_range(op->a, op->b, ACR_FLAGS_NONE, gfp);

	(void)exec;
	if (err) {
		call->outcome = KMC_OUT_ERROR;
		call->value = (uint64_t)-err;
	} else {
		kmc_alloc_memory_result(call, page_address(pfn_to_page(op->a)));
	}
}

static void contig_pages_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct page *page = alloc_contig_pages(call->op->a, gfp, call->op->node, NULL);

	(void)exec;
	kmc_alloc_memory_result(call, page ? page_address(page) : NULL);
}

static void contig_free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	free_contig_range(page_to_pfn(virt_to_page(call->ptr)), call->op->a);
}

/* The calls came with 6.18. */
static bool has_nolock(struct kmc_exec *exec, struct kmc_call *call)
{
	if (exec->caps.machine.profile >= KMC_RELEASE(6, 18, 0))
		return true;
	call->outcome = KMC_OUT_REFUSED;
	return false;
}

static void nolock_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct page *page;

	if (!has_nolock(exec, call))
		return;
	page = alloc_pages_nolock(gfp, call->op->node, call->op->order);
	kmc_alloc_memory_result(call, page ? page_address(page) : NULL);
}

static void nolock_free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	if (has_nolock(exec, call))
		free_pages_nolock(virt_to_page(call->ptr), call->op->order);
}

const struct kmc_alloc_op kmc_alloc_contig_ops[] = {
	{ KMC_OP_ALLOC_PAGES_BULK, bulk_op },
	{ KMC_OP_ALLOC_PAGES_BULK_LIST, bulk_list_op },
	{ KMC_OP_PAGE_FRAG_ALLOC, frag_alloc_op },
	{ KMC_OP_PAGE_FRAG_FREE, frag_free_op },
	{ KMC_OP_ALLOC_CONTIG_RANGE, contig_range_op },
	{ KMC_OP_ALLOC_CONTIG_PAGES, contig_pages_op },
	{ KMC_OP_FREE_CONTIG_RANGE, contig_free_op },
	{ KMC_OP_ALLOC_PAGES_NOLOCK, nolock_op },
	{ KMC_OP_FREE_PAGES_NOLOCK, nolock_free_op },
	{ 0, NULL },
};
