/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: areas, kvmalloc, and resizing of both.
 *
 * A mapping of a program's pages holds a reference of each for as long as it is there,
 * as a kernel's users of vmap() do: what a slot maps never belongs to somebody else.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "alloc/movable.h"
#include "alloc/vmalloc_space.h"
#include "target_alloc.h"

/* Pages of an area that are looked at: the first ones and the last. */
#define PAGES_LOOKED_AT 4u

/* @given: the page that the caller gave for this place; 0: none did. */
static void report_page(struct kmc_exec *exec, const char *at, uint64_t given)
{
	const struct page *page = vmalloc_to_page(at);
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.what = KMC_EFF_BACKED;
	ev.addr = kmc_sim_address(kmc_alloc_state(exec)->sim, at);
	ev.addr2 = page ? KMC_DIRECT_MAP_BASE + (page_to_pfn(page) << PAGE_SHIFT) : 0;
	ev.size = PAGE_SIZE;
	ev.arg = given;
	kmc_exec_effect_event(exec, &ev);
}

static void report_backing(struct kmc_exec *exec, const struct kmc_call *call)
{
	uint64_t pages = (call->size >> PAGE_SHIFT) + ((call->size & ~PAGE_MASK) != 0);
	const char *area = call->result;

	if (!(exec->flags & KMC_TARGET_OBSERVE) || call->outcome != KMC_OUT_VALUE ||
	    !is_vmalloc_addr(area))
		return;
	for (uint64_t i = 0; i < pages; i++) {
		const struct kmc_slot *given =
			call->count ? &exec->slots[call->op->src + i] : NULL;

		if (i < PAGES_LOOKED_AT || i + 1 == pages)
			report_page(exec, area + (i << PAGE_SHIFT), given ? given->addr : 0);
	}
}

/* Of an area all its pages are granted; of a slice what was asked for. */
static void area_result(struct kmc_exec *exec, struct kmc_call *call, void *result)
{
	kmc_alloc_memory_result(call, result);
	if (call->outcome == KMC_OUT_VALUE && !call->granted)
		call->granted = call->size;
	report_backing(exec, call);
}

static void *call_vmalloc(const struct kmc_op *op, gfp_t gfp)
{
	switch (op->code) {
	case KMC_OP_VMALLOC: return vmalloc(op->a);
	case KMC_OP_VZALLOC: return vzalloc(op->a);
	case KMC_OP_VMALLOC_NODE: return vmalloc_node(op->a, op->node);
	case KMC_OP_VZALLOC_NODE: return vzalloc_node(op->a, op->node);
	case KMC_OP_VMALLOC_USER: return vmalloc_user(op->a);
	case KMC_OP_VMALLOC_32: return vmalloc_32(op->a);
	case KMC_OP_VMALLOC_32_USER: return vmalloc_32_user(op->a);
	case KMC_OP_VMALLOC_HUGE: return vmalloc_huge(op->a, gfp);
	case KMC_OP_VMALLOC_GFP: return __vmalloc(op->a, gfp);
	default: return NULL;
	}
}

static void vmalloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	area_result(exec, call, call_vmalloc(call->op, gfp));
}

static void *call_kvmalloc(const struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;

	switch (op->code) {
	case KMC_OP_KVMALLOC: return kvmalloc(op->a, gfp);
	case KMC_OP_KVZALLOC: return kvzalloc(op->a, gfp);
	case KMC_OP_KVMALLOC_NODE: return kvmalloc_node(op->a, gfp, op->node);
	case KMC_OP_KVZALLOC_NODE: return kvzalloc_node(op->a, gfp, op->node);
	case KMC_OP_KVMALLOC_ARRAY: return kvmalloc_array(op->a, op->b, gfp);
	case KMC_OP_KVCALLOC: return kvcalloc(op->a, op->b, gfp);
	case KMC_OP_KVMEMDUP: return kvmemdup(call->ptr, op->a, gfp);
	default: return NULL;
	}
}

static void kvmalloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	area_result(exec, call, call_kvmalloc(call, gfp));
}

static void *call_resize(const struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;

	switch (op->code) {
	case KMC_OP_VREALLOC: return vrealloc(call->ptr, op->a, gfp);
	case KMC_OP_KVREALLOC: return kvrealloc(call->ptr, op->a, gfp);
	case KMC_OP_KVREALLOC_OLD: return kvrealloc(call->ptr, op->b, op->a, gfp);
	default: return NULL;
	}
}

static void resize_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	area_result(exec, call, call_resize(call, gfp));
}

/* An alignment that is no power of two stops a kernel. */
static void align_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	uint64_t align = op->b ? op->b : 1;
	void *result = NULL;

	if (align & (align - 1)) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	if (op->code == KMC_OP_KVMALLOC_NODE_ALIGN)
		result = kvmalloc_node_align(op->a, align, gfp, op->node);
	else if (op->code == KMC_OP_VREALLOC_NODE_ALIGN)
		result = vrealloc_node_align(call->ptr, op->a, align, gfp, op->node);
	else
		result = kvrealloc_node_align(call->ptr, op->a, align, gfp, op->node);
	area_result(exec, call, result);
}

/* mappings */

static void to_pages(struct kmc_call *call)
{
	for (uint64_t i = 0; i < call->count; i++) {
		call->bulk[i] = virt_to_page(call->bulk[i]);
		kmc_sim_movable_del(call->bulk[i]); /* it stays where the mapping shows it */
		get_page(call->bulk[i]);
	}
}

static void put_pages(void **pages, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		put_page(pages[i]);
}

/* The array of VM_MAP_PUT_PAGES becomes the area's, and the references with it. */
static void *map_for_good(struct kmc_call *call)
{
	struct page **array = kvmalloc_array(call->count, sizeof(*array), GFP_KERNEL);
	void *result;

	if (!array)
		return NULL;
	memcpy(array, call->bulk, call->count * sizeof(*array));
	result = vmap(array, (unsigned int)call->count, call->op->b, PAGE_KERNEL);
	if (!result)
		kvfree(array);
	return result;
}

static void map_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	void *result;

	(void)gfp;
	to_pages(call);
	if (op->code == KMC_OP_VM_MAP_RAM)
		result = vm_map_ram((struct page **)call->bulk, (unsigned int)call->count, op->node);
	else if ((op->b & VM_MAP_PUT_PAGES) && call->count)
		result = map_for_good(call);
	else
		result = vmap((struct page **)call->bulk, (unsigned int)call->count, op->b,
			      PAGE_KERNEL);
	if (!result)
		put_pages(call->bulk, call->count);
	area_result(exec, call, result);
}

static void unmap_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	uint64_t count = call->src && call->ptr ? call->src->size >> PAGE_SHIFT : 0;

	(void)gfp;
	for (uint64_t i = 0; i < count; i++)
		exec->bulk[i] = vmalloc_to_page((char *)call->ptr + (i << PAGE_SHIFT));
	if (call->op->code == KMC_OP_VUNMAP)
		vunmap(call->ptr);
	else
		vm_unmap_ram(call->ptr, (unsigned int)call->op->a);
	if (!count || vmalloc_to_page(call->ptr))
		return; /* it was in interrupt: still mapped */
	put_pages(exec->bulk, count);
}

/* frees and the rest */

/* A free that is to be put off: is the area there still? */
static void report_put_off(struct kmc_exec *exec, const struct kmc_call *call, bool was_there)
{
	bool interrupt = call->op->context == KMC_CTX_SOFTIRQ || call->op->context == KMC_CTX_HARDIRQ;

	if (was_there && exec->flags & KMC_TARGET_OBSERVE &&
	    (call->op->code == KMC_OP_VFREE_ATOMIC || (call->op->code == KMC_OP_VFREE && interrupt)))
		report_page(exec, call->ptr, 0);
}

static void area_free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	bool was_there = call->ptr && is_vmalloc_addr(call->ptr) && vmalloc_to_page(call->ptr);

	(void)gfp;
	switch (call->op->code) {
	case KMC_OP_VFREE: vfree(call->ptr); break;
	case KMC_OP_VFREE_ATOMIC: vfree_atomic(call->ptr); break;
	case KMC_OP_KVFREE_ATOMIC: kvfree_atomic(call->ptr); break;
	}
	report_put_off(exec, call, was_there);
}

static void question_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct page *page;

	(void)exec, (void)gfp;
	if (call->op->code == KMC_OP_IS_VMALLOC_ADDR) {
		kmc_alloc_value(call, is_vmalloc_addr(call->ptr));
		return;
	}
	page = vmalloc_to_page(call->ptr);
	kmc_alloc_value(call, page ? page_to_pfn(page) : 0);
}

static void aliases_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)call, (void)gfp;
	vm_unmap_aliases();
}

static void limit_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	kmc_sim_vmalloc_limit(kmc_alloc_state(exec)->sim, call->op->a);
}

const struct kmc_alloc_op kmc_alloc_vmalloc_ops[] = {
	{ KMC_OP_VMALLOC, vmalloc_op },
	{ KMC_OP_VZALLOC, vmalloc_op },
	{ KMC_OP_VMALLOC_NODE, vmalloc_op },
	{ KMC_OP_VZALLOC_NODE, vmalloc_op },
	{ KMC_OP_VMALLOC_USER, vmalloc_op },
	{ KMC_OP_VMALLOC_32, vmalloc_op },
	{ KMC_OP_VMALLOC_32_USER, vmalloc_op },
	{ KMC_OP_VMALLOC_HUGE, vmalloc_op },
	{ KMC_OP_VMALLOC_GFP, vmalloc_op },
	{ KMC_OP_KVMALLOC, kvmalloc_op },
	{ KMC_OP_KVZALLOC, kvmalloc_op },
	{ KMC_OP_KVMALLOC_NODE, kvmalloc_op },
	{ KMC_OP_KVZALLOC_NODE, kvmalloc_op },
	{ KMC_OP_KVMALLOC_ARRAY, kvmalloc_op },
	{ KMC_OP_KVCALLOC, kvmalloc_op },
	{ KMC_OP_KVMEMDUP, kvmalloc_op },
	{ KMC_OP_KVMALLOC_NODE_ALIGN, align_op },
	{ KMC_OP_VREALLOC, resize_op },
	{ KMC_OP_VREALLOC_NODE_ALIGN, align_op },
	{ KMC_OP_KVREALLOC, resize_op },
	{ KMC_OP_KVREALLOC_OLD, resize_op },
	{ KMC_OP_KVREALLOC_NODE_ALIGN, align_op },
	{ KMC_OP_VFREE, area_free_op },
	{ KMC_OP_VFREE_ATOMIC, area_free_op },
	{ KMC_OP_KVFREE_ATOMIC, area_free_op },
	{ KMC_OP_VMAP, map_op },
	{ KMC_OP_VM_MAP_RAM, map_op },
	{ KMC_OP_VUNMAP, unmap_op },
	{ KMC_OP_VM_UNMAP_RAM, unmap_op },
	{ KMC_OP_VM_UNMAP_ALIASES, aliases_op },
	{ KMC_OP_IS_VMALLOC_ADDR, question_op },
	{ KMC_OP_VMALLOC_TO_PAGE, question_op },
	{ KMC_OP_VMALLOC_LIMIT, limit_op },
	{ 0, NULL },
};
