/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resizing areas. An area keeps all pages it has; between the size asked for last and
 * its pages' end a resize costs nothing but the zeroes that were asked for.
 *
 * Contract: REA-13 to REA-16. Looked at: 6.18.44; before 6.12 the call is not there.
 */
#include <string.h>
#include "linux/slab.h"
#include "vmalloc_core.h"

static bool want_zero(const struct kmc_sim *sim, gfp_t flags)
{
	if (KMC_PLANTED(vrealloc_growth_dirty))
		return false;
	return (flags & __GFP_ZERO) || (sim->config.options & KMC_OPT_INIT_ON_ALLOC);
}

/* Rule: REA-15. Model: exact: what a shrink leaves behind is zeroed for a later growth. */
static void *resize_in_place(struct kmc_sim *sim, struct vm_range *r, char *p, size_t size,
			     gfp_t flags)
{
	size_t old = r->requested_bytes;

	kmc_unpoison(p, (size_t)r->nr_pages << PAGE_SHIFT);
	if (size < old && (want_zero(sim, flags) ||
			   (sim->config.options & KMC_OPT_INIT_ON_FREE)))
		memset(p + size, 0, old - size);
	if (size > old && want_zero(sim, flags))
		memset(p + old, 0, size - old);
	kmc_touch(sim, r, sizeof(*r));
	r->requested_bytes = size;
	vm_poison_slack(sim, vm_page_of(sim, p));
	return p;
}

static void *move(struct kmc_cpu *cpu, const void *p, size_t old, const struct vm_request *rq)
{
	void *moved = __vmalloc_node_range(cpu, rq);

	if (!moved)
		return NULL;
	memcpy(moved, p, (old < rq->size ? old : rq->size) >> KMC_PLANTED(vrealloc_half));
	vfree(p);
	return moved;
}

static bool on_wrong_node(struct kmc_sim *sim, const void *p, gfp_t flags, int nid)
{
	return (flags & __GFP_THISNODE) && !KMC_PLANTED(vrealloc_node_ignored) && nid != NUMA_NO_NODE &&
	       nid != page_to_nid(vm_pte_page(sim, vm_page_of(sim, p)));
}

/* Rule: REA-13, REA-14, REA-15, REA-16. Model: exact (6.18.35 and later). */
void *vrealloc_node_align(const void *p, size_t size, unsigned long align, gfp_t flags, int nid)
{
	struct kmc_cpu *cpu = vm_enter();
	struct vm_request rq = { .size = size, .align = align, .gfp = flags, .node = nid };
	struct vm_range *r;

	if (!size) {
		vfree(p);
		return KMC_PLANTED(vrealloc_zero_sentinel) ? ZERO_SIZE_PTR : NULL;
	}
	if (!p && KMC_PLANTED(vrealloc_null))
		return NULL;
	if (!p)
		return __vmalloc_node_range(cpu, &rq);
	r = vm_area_at(cpu->sim, p, VM_IS(VM_AREA));
	if (!r || (r->flags & VMR_DEFERRED)) {
		vm_warn(cpu, "vrealloc of an area that does not exist", p);
		return NULL;
	}
	/* By the machine's addresses: where the host put them is another matter in each process. */
	if (align && kmc_sim_address(cpu->sim, p) & (align - 1) && !KMC_PLANTED(vrealloc_align_ignored)) {
		vm_warn(cpu, "vrealloc to an alignment that the area has not", p);
		return NULL;
	}
	if (size <= (uint64_t)r->nr_pages << PAGE_SHIFT && !on_wrong_node(cpu->sim, p, flags, nid))
		return resize_in_place(cpu->sim, r, (char *)p, size, flags);
	return move(cpu, p, r->requested_bytes, &rq);
}

void *vrealloc(const void *p, size_t size, gfp_t flags)
{
	return vrealloc_node_align(p, size, 1, flags, NUMA_NO_NODE);
}
