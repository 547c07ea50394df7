/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vmalloc family: a range of addresses, an array for the pages, the pages one by
 * one, the mapping. What fails on the way gives back all before it (VM-23).
 *
 * With memory of its own the contents of an area live there and its frames only count:
 * zeroes are written to the area, and the frames are asked for as they come.
 *
 * Contract: VM-1 to VM-7, VM-21 to VM-24, R9, R10. Looked at: 6.18.44.
 */
#include <string.h>
#include "linux/slab.h"
#include "vmalloc_core.h"

#define VM_STRUCT_BYTES 72 /* the kernel's struct vm_struct */
#define BULK_PAGES 100u
#define NOFAIL_ROUNDS 3 /* after these the kernel would loop, and waits for others */

/* One try at a request. */
struct attempt {
	const struct vm_request *rq;
	unsigned int order;   /* of the mapping: 0 or 9 */
	uint32_t nr;          /* pages */
	void *area;
	uint32_t page;
	struct page **pages;
	uint32_t nr_filled;
};

struct kmc_cpu *vm_enter(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (unlikely(!cpu))
		kmc_bug(__FILE__, __LINE__, "an allocator call without a bound cpu");
	kmc_attention(cpu);
	if (unlikely(cpu->sim->vmalloc->deferred[cpu->id].head) && !vm_in_interrupt(cpu))
		vm_run_deferred(cpu);
	return cpu;
}

static void report(struct kmc_cpu *cpu, const struct vm_request *rq, const char *text)
{
	if (!(rq->gfp & __GFP_NOWARN))
		vm_warn(cpu, text, NULL);
}

static bool must_not_fail(const struct vm_request *rq)
{
	return (rq->gfp & __GFP_NOFAIL) && !KMC_PLANTED(vmalloc_nofail_gives_up) && (rq->gfp & __GFP_DIRECT_RECLAIM);
}

/* A task that is being killed stops taking pages. Rule: KM-25. Model: exact. */
static bool gives_up(const struct kmc_cpu *cpu, const struct vm_request *rq)
{
	if (!(cpu->task->flags & KMC_PF_OOM_VICTIM))
		return false;
	return !must_not_fail(rq) || cpu->sim->config.profile == KMC_PROFILE_6_6_9;
}

/* Are the area's bytes, not the frames', to be zeroed? */
static bool zero_area(const struct kmc_sim *sim, gfp_t gfp)
{
	return !vm_aliased(sim) && !KMC_PLANTED(vmalloc_dirty) &&
	       ((gfp & __GFP_ZERO) ||
		(sim->config.options & (KMC_OPT_INIT_ON_ALLOC | KMC_OPT_INIT_ON_FREE)));
}

/* Whoever listens sees the flags that a kernel shows. */
static gfp_t page_gfp(struct kmc_cpu *cpu, gfp_t gfp)
{
	if (!vm_aliased(cpu->sim) && !(kmc_attention_bits(cpu) & ATTN_TRACE))
		gfp &= ~__GFP_ZERO;
	if (!(gfp & (__GFP_DMA | __GFP_DMA32)))
		gfp |= __GFP_HIGHMEM;
	if (KMC_PLANTED(vmalloc_one_node))
		gfp |= __GFP_THISNODE;
	return gfp | __GFP_NOWARN;
}

/* Rule: VM-1, VM-22. Model: exact (R10; up to 6.18, without a policy of the task). */
static void fill_in_bulk(struct kmc_cpu *cpu, struct attempt *at)
{
	gfp_t gfp = page_gfp(cpu, at->rq->gfp) & ~(__GFP_NOFAIL | __GFP_COMP);

	while (at->nr_filled < at->nr) {
		uint32_t left = at->nr - at->nr_filled, ask = left < BULK_PAGES ? left : BULK_PAGES;
		unsigned long got = alloc_pages_bulk_node(gfp, at->rq->node, ask,
							  at->pages + at->nr_filled);

		at->nr_filled += (uint32_t)got;
		if (got != ask)
			return;
	}
}

static void fill_by_blocks(struct kmc_cpu *cpu, struct attempt *at)
{
	/* The kernel would split the compound block that it asked for; here there is none. */
	gfp_t gfp = page_gfp(cpu, at->rq->gfp) & ~__GFP_COMP;

	if (at->order)
		gfp &= ~__GFP_NOFAIL;
	while (at->nr_filled < at->nr && !gives_up(cpu, at->rq)) {
		struct page *page = alloc_pages_node(at->rq->node, gfp, at->order);

		if (!page)
			return;
		split_page(page, at->order);
		for (uint32_t i = 0; i < 1u << at->order; i++)
			at->pages[at->nr_filled++] = page + i;
	}
}

static bool fill(struct kmc_cpu *cpu, struct attempt *at)
{
	if (!at->order)
		fill_in_bulk(cpu, at);
	fill_by_blocks(cpu, at);
	return at->nr_filled == at->nr;
}

/* Rule: R10. Model: exact: kmalloc up to a page, above it an area of its own. */
static bool get_array(struct kmc_cpu *cpu, struct attempt *at)
{
	size_t bytes = (size_t)at->nr * sizeof(at->pages[0]);
	gfp_t gfp = (at->rq->gfp & ~(__GFP_ACCOUNT | GFP_ZONEMASK | __GFP_THISNODE)) | __GFP_ZERO;
	struct vm_request nested = { .size = bytes, .align = 1, .gfp = gfp, .node = at->rq->node };

	if (bytes <= PAGE_SIZE)
		at->pages = kmalloc_node(bytes, gfp, at->rq->node);
	else
		at->pages = __vmalloc_node_range(cpu, &nested);
	return at->pages != NULL;
}

static bool get_range(struct kmc_cpu *cpu, struct attempt *at)
{
	uint64_t align = at->rq->align >> PAGE_SHIFT;
	uint32_t link;

	if (align < 1ull << at->order)
		align = 1ull << at->order;
	at->area = vm_object(cpu, VM_STRUCT_BYTES, at->rq->gfp, at->rq->node);
	if (!at->area)
		return false;
	link = alloc_vmap_area(cpu, (uint64_t)at->nr + (KMC_PLANTED(vmalloc_no_guard) ? 0 : 1), align, VM_AREA, at->rq->gfp,
			       at->rq->node);
	if (!link) {
		vm_object_free(cpu, at->area);
		return false;
	}
	at->page = link - 1;
	return true;
}

/* Rule: VM-23. */
static void undo(struct kmc_cpu *cpu, struct attempt *at)
{
	if (!KMC_PLANTED(vmalloc_keeps_area))
		free_vmap_area(cpu, at->page);
	for (uint32_t i = 0; i < at->nr_filled; i++)
		__free_pages(at->pages[i], 0);
	kvfree(at->pages);
	vm_object_free(cpu, at->area);
	at->pages = NULL;
	at->nr_filled = 0;
}

static struct page *page_of_array(void *pages, uint32_t i)
{
	return ((struct page **)pages)[i];
}

/* The area is there for all to see. */
static void publish(struct kmc_cpu *cpu, const struct attempt *at)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range *r = vm_range_at(vs, at->page);

	kmc_touch(sim, r, sizeof(*r));
	r->flags = (uint8_t)at->rq->flags;
	r->nr_pages = at->nr;
	r->requested_bytes = at->rq->size;
	r->pages = at->pages;
	r->area = at->area;
	kmc_lock_take(&vs->lock);
	vm_list_add(sim, &vs->busy, at->page);
	vs->nr_mapped += at->nr;
	kmc_lock_drop(&vs->lock);
}

static bool map(struct kmc_cpu *cpu, const struct attempt *at)
{
	struct vm_range *r = vm_range_at(cpu->sim->vmalloc, at->page);

	kmc_touch(cpu->sim, r, sizeof(*r));
	r->page_order = (uint8_t)at->order;
	if (!vm_map_pages(cpu, at->page, at->nr, page_of_array, at->pages, true, at->rq->gfp))
		return false;
	vm_back_none(cpu->sim, at->page + at->nr, 1);
	return true;
}

/* Return: what is missing; NULL: nothing. */
static const char *try_once(struct kmc_cpu *cpu, struct attempt *at)
{
	if (!get_range(cpu, at))
		return "vmalloc: no description or no addresses for the area";
	if (!get_array(cpu, at)) {
		undo(cpu, at);
		return "vmalloc: no memory for the array of pages";
	}
	if (!fill(cpu, at)) {
		undo(cpu, at);
		return "vmalloc: no memory for the pages";
	}
	if (!map(cpu, at)) {
		undo(cpu, at);
		return "vmalloc: no memory for the page tables";
	}
	return NULL;
}

static void trace_wait(struct kmc_cpu *cpu)
{
	struct kmc_tp tp = { .id = KMC_TP_SLEEP, .node = NUMA_NO_NODE, .pfn = UINT64_MAX };

	kmc_trace_emit(cpu->sim, &tp);
}

/* Nothing that this machine does will end it. */
static void trace_hang(struct kmc_cpu *cpu)
{
	struct kmc_tp tp = { .id = KMC_TP_HUNG, .node = NUMA_NO_NODE, .pfn = UINT64_MAX,
			     .text = "vmalloc with __GFP_NOFAIL tries for ever" };

	kmc_trace_emit(cpu->sim, &tp);
}

/* Rule: VM-7. Model: simplified: what a kernel tries for ever is tried three times, and hangs. */
static const char *try_hard(struct kmc_cpu *cpu, struct attempt *at)
{
	const char *missing = try_once(cpu, at);

	if (!missing || !must_not_fail(at->rq) || at->order)
		return missing;
	for (unsigned int i = 1; missing && i < NOFAIL_ROUNDS && !gives_up(cpu, at->rq); i++) {
		trace_wait(cpu);
		missing = try_once(cpu, at);
	}
	if (missing && !gives_up(cpu, at->rq))
		trace_hang(cpu);
	return missing;
}

static void *finish(struct kmc_cpu *cpu, const struct attempt *at)
{
	void *addr = vm_address(cpu->sim, at->page);

	if (zero_area(cpu->sim, at->rq->gfp))
		memset(addr, 0, (size_t)at->nr << PAGE_SHIFT);
	publish(cpu, at);
	vm_poison_slack(cpu->sim, at->page);
	if (at->nr == 1 && KMC_PLANTED(vmalloc_outside))
		return page_address(at->pages[0]);
	if (KMC_PLANTED(vmalloc_unaligned))
		return (char *)addr + 16;
	return addr;
}

/* Rule: VM-21. Model: exact: a huge mapping that cannot be had is no reason to fail. */
static void *serve(struct kmc_cpu *cpu, const struct vm_request *rq)
{
	struct attempt at = { .rq = rq };
	const char *missing;

	if (rq->huge && rq->size >= PMD_SIZE) {
		at.order = PMD_SHIFT - PAGE_SHIFT;
		at.nr = (uint32_t)(((rq->size + PMD_SIZE - 1) & ~(PMD_SIZE - 1)) >> PAGE_SHIFT);
		if (!try_hard(cpu, &at))
			return finish(cpu, &at);
		at = (struct attempt){ .rq = rq };
	}
	at.nr = (uint32_t)((rq->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	if (at.nr > 1 && KMC_PLANTED(vmalloc_short))
		at.nr--;
	missing = try_hard(cpu, &at);
	if (!missing)
		return finish(cpu, &at);
	report(cpu, rq, missing);
	return NULL;
}

/* Rule: VM-5, VM-8. Model: exact; where a kernel stops, this warns and gives nothing. */
void *__vmalloc_node_range(struct kmc_cpu *cpu, const struct vm_request *rq)
{
	if (!rq->size && KMC_PLANTED(vmalloc_of_nothing)) {
		struct vm_request page = *rq;

		page.size = PAGE_SIZE;
		return serve(cpu, &page);
	}
	if (!rq->size) {
		vm_warn_once(cpu, VM_WARN_SIZE_0, "vmalloc of no bytes");
		return NULL;
	}
	if (rq->size >> PAGE_SHIFT > cpu->sim->vmalloc->ram_pages) {
		report(cpu, rq, "vmalloc of more pages than there are");
		return NULL;
	}
	if (rq->align & (rq->align - 1) || vm_in_interrupt(cpu)) {
		vm_warn(cpu, "vmalloc in interrupt, or on no power of two", NULL);
		return NULL;
	}
	return serve(cpu, rq);
}

static void *get(uint64_t size, uint64_t align, gfp_t gfp, int node, unsigned int flags, bool huge)
{
	struct kmc_cpu *cpu = vm_enter();
	struct vm_request rq = { .size = size, .align = align, .gfp = gfp,
				 .node = KMC_PLANTED(vmalloc_node_ignored) ? NUMA_NO_NODE : node,
				 .flags = flags, .huge = huge };

	return __vmalloc_node_range(cpu, &rq);
}

void *vmalloc(unsigned long size)
{
	return get(size, 1, GFP_KERNEL, NUMA_NO_NODE, 0, false);
}

/* Rule: VM-2. */
void *vzalloc(unsigned long size)
{
	return get(size, 1, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE, 0, false);
}

/* Rule: VM-22. */
void *vmalloc_node(unsigned long size, int node)
{
	return get(size, 1, GFP_KERNEL, node, 0, false);
}

void *vzalloc_node(unsigned long size, int node)
{
	return get(size, 1, GFP_KERNEL | __GFP_ZERO, node, 0, false);
}

/* Rule: VM-3. Model: exact. */
void *vmalloc_user(unsigned long size)
{
	return get(size, SHMLBA, GFP_KERNEL | (KMC_PLANTED(vmalloc_user_dirty) ? 0 : __GFP_ZERO),
		   NUMA_NO_NODE, VMR_USERMAP, false);
}

/* Rule: VM-4. Model: exact. */
void *vmalloc_32(unsigned long size)
{
	return get(size, 1, GFP_KERNEL | (KMC_PLANTED(vmalloc_32_anywhere) ? 0 : GFP_DMA32),
		   NUMA_NO_NODE, 0, false);
}

void *vmalloc_32_user(unsigned long size)
{
	return get(size, SHMLBA, GFP_KERNEL | GFP_DMA32 | __GFP_ZERO, NUMA_NO_NODE, VMR_USERMAP,
		   false);
}

/* Rule: VM-6, VM-7. Model: exact: up to 6.18 no flag is refused or taken off. */
void *__vmalloc(unsigned long size, gfp_t gfp_mask)
{
	return get(size, 1, gfp_mask, NUMA_NO_NODE, 0, false);
}

void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp_mask, int node,
		     const void *caller)
{
	(void)caller;
	return get(size, align, gfp_mask, node, 0, false);
}

void *vmalloc_huge_node(unsigned long size, gfp_t gfp_mask, int node)
{
	return get(size, 1, gfp_mask, node, 0, true);
}
