/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: pages. Slots hold their kernel address. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include "target_alloc.h"

static void *address_of(struct page *page)
{
	return page ? page_address(page) : NULL;
}

static void *call_pages(const struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct folio *folio;

	switch (op->code) {
	case KMC_OP_ALLOC_PAGES: return address_of(alloc_pages(gfp, op->order));
	case KMC_OP_ALLOC_PAGES_NODE:
		return address_of(alloc_pages_node(op->node, gfp, op->order));
	case KMC_OP_GET_FREE_PAGES: return (void *)__get_free_pages(gfp, op->order);
	case KMC_OP_GET_ZEROED_PAGE: return (void *)get_zeroed_page(gfp);
	case KMC_OP_ALLOC_PAGES_EXACT: return alloc_pages_exact(op->a, gfp);
	case KMC_OP_ALLOC_PAGES_EXACT_NID: return alloc_pages_exact_nid(op->node, op->a, gfp);
	case KMC_OP_FOLIO_ALLOC:
		folio = folio_alloc(gfp, op->order);
		return folio ? folio_address(folio) : NULL;
	default: return NULL;
	}
}

static void page_free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;

	(void)exec, (void)gfp;
	switch (op->code) {
	case KMC_OP_FREE_PAGES_PAGE: __free_pages(virt_to_page(call->ptr), op->order); break;
	case KMC_OP_FREE_PAGES: free_pages((unsigned long)call->ptr, op->order); break;
	case KMC_OP_FREE_PAGES_EXACT: free_pages_exact(call->ptr, op->a); break;
	case KMC_OP_FOLIO_PUT: folio_put(page_folio(virt_to_page(call->ptr))); break;
	case KMC_OP_PUT_PAGE: put_page(virt_to_page(call->ptr)); break;
	}
}

static void page_number_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct page *page = virt_to_page(call->ptr);

	(void)gfp;
	switch (call->op->code) {
	case KMC_OP_GET_PAGE:
		get_page(page);
		return;
	case KMC_OP_SPLIT_PAGE:
		split_page(page, call->op->order);
		return;
	case KMC_OP_PAGE_ADDRESS:
		call->value = kmc_sim_address(kmc_alloc_state(exec)->sim, page_address(page));
		break;
	case KMC_OP_VIRT_TO_PAGE:
	case KMC_OP_PAGE_TO_PFN:
		call->value = page_to_pfn(page);
		break;
	case KMC_OP_PAGE_REF_COUNT:
		call->value = (uint64_t)page_ref_count(page);
		break;
	case KMC_OP_COMPOUND_ORDER:
		call->value = compound_order(page);
		break;
	case KMC_OP_PAGE_IS_PFMEMALLOC:
		call->value = page_is_pfmemalloc(page);
		break;
	}
	call->outcome = KMC_OUT_VALUE;
}

static void pages_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec;
	kmc_alloc_memory_result(call, call_pages(call, gfp));
}

const struct kmc_alloc_op kmc_alloc_page_ops[] = {
	{ KMC_OP_ALLOC_PAGES, pages_op },
	{ KMC_OP_ALLOC_PAGES_NODE, pages_op },
	{ KMC_OP_GET_FREE_PAGES, pages_op },
	{ KMC_OP_GET_ZEROED_PAGE, pages_op },
	{ KMC_OP_ALLOC_PAGES_EXACT, pages_op },
	{ KMC_OP_ALLOC_PAGES_EXACT_NID, pages_op },
	{ KMC_OP_FOLIO_ALLOC, pages_op },
	{ KMC_OP_FREE_PAGES_PAGE, page_free_op },
	{ KMC_OP_FREE_PAGES, page_free_op },
	{ KMC_OP_FREE_PAGES_EXACT, page_free_op },
	{ KMC_OP_FOLIO_PUT, page_free_op },
	{ KMC_OP_PUT_PAGE, page_free_op },
	{ KMC_OP_GET_PAGE, page_number_op },
	{ KMC_OP_SPLIT_PAGE, page_number_op },
	{ KMC_OP_PAGE_ADDRESS, page_number_op },
	{ KMC_OP_VIRT_TO_PAGE, page_number_op },
	{ KMC_OP_PAGE_TO_PFN, page_number_op },
	{ KMC_OP_PAGE_REF_COUNT, page_number_op },
	{ KMC_OP_COMPOUND_ORDER, page_number_op },
	{ KMC_OP_PAGE_IS_PFMEMALLOC, page_number_op },
	{ 0, NULL },
};
