/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges of addresses: taken from the tree, given back lazily. A freed range is on
 * the lazy list, and its addresses are nobody's, until a purge merges it back. A
 * kernel does so to flush translations of many ranges at once.
 *
 * Contract: R10, VM-18, VM-24. Looked at: 6.18.44.
 */
#include "slub_core.h"
#include "vmalloc_core.h"

#define VMAP_AREA_BYTES 72 /* the kernel's struct vmap_area */
#define GFP_RECLAIM_MASK                                                               \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN |             \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC |         \
	 __GFP_NOMEMALLOC)

/* Model: simplified: of a kmalloc cache; a kernel has a cache for one of the two. */
void *vm_object(struct kmc_cpu *cpu, size_t bytes, gfp_t gfp, int node)
{
	gfp &= GFP_RECLAIM_MASK;
	return kmc_object_alloc(cpu, kmc_kmalloc_cache(cpu, bytes, gfp, NULL), gfp, node, bytes);
}

void vm_object_free(struct kmc_cpu *cpu, void *object)
{
	if (object)
		kmc_object_free(cpu, kmc_page_of(kmc_slab_cpu_of(cpu), object)->slab.cache, object);
}

void vm_warn(struct kmc_cpu *cpu, const char *text, const void *addr)
{
	kmc_slab_warn(cpu, text, addr);
}

void vm_warn_once(struct kmc_cpu *cpu, enum vm_warning which, const char *text)
{
	struct kmc_vmalloc_state *vs = cpu->sim->vmalloc;
	uint32_t bit = 1u << which;

	kmc_touch(cpu->sim, &vs->warned, sizeof(vs->warned));
	if (!(__atomic_fetch_or(&vs->warned, bit, __ATOMIC_RELAXED) & bit))
		vm_warn(cpu, text, NULL);
}

/* lists; the lock is held */

void vm_list_add(struct kmc_sim *sim, struct kmc_vm_list *list, uint32_t page)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range *r = vm_range_at(vs, page);

	kmc_touch(sim, r, sizeof(*r));
	kmc_touch(sim, list, sizeof(*list));
	r->next = 0;
	r->prev = list->tail;
	if (list->tail) {
		kmc_touch(sim, &vs->range[list->tail - 1], sizeof(*r));
		vs->range[list->tail - 1].next = page + 1;
	} else {
		list->head = page + 1;
	}
	list->tail = page + 1;
}

void vm_list_del(struct kmc_sim *sim, struct kmc_vm_list *list, uint32_t page)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range *r = vm_range_at(vs, page);

	kmc_touch(sim, r, sizeof(*r));
	kmc_touch(sim, list, sizeof(*list));
	if (r->prev) {
		kmc_touch(sim, &vs->range[r->prev - 1], sizeof(*r));
		vs->range[r->prev - 1].next = r->next;
	} else {
		list->head = r->next;
	}
	if (r->next) {
		kmc_touch(sim, &vs->range[r->next - 1], sizeof(*r));
		vs->range[r->next - 1].prev = r->prev;
	} else {
		list->tail = r->prev;
	}
	r->next = r->prev = 0;
}

/* tracepoints, from 6.2 on */

static void emit(struct kmc_cpu *cpu, enum kmc_tp_id id, const void *ptr, uint64_t bytes_req,
		 uint64_t bytes_alloc)
{
	struct kmc_tp tp = {
		.id = id,
		.ptr = ptr,
		.bytes_req = bytes_req,
		.bytes_alloc = bytes_alloc,
		.node = NUMA_NO_NODE,
		.pfn = UINT64_MAX,
	};

	if (cpu->sim->trace_fn && cpu->sim->config.profile >= KMC_PROFILE_6_6_9)
		kmc_trace_emit(cpu->sim, &tp);
}

/* taking */

static bool take(struct kmc_sim *sim, uint64_t span, uint64_t align, uint32_t *page)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	bool found;

	if (span > vs->nr_pages || align > vs->nr_pages)
		return false;
	kmc_lock_take(&vs->lock);
	kmc_touch(sim, vs, offsetof(struct kmc_vmalloc_state, deferred));
	found = vm_tree_take(sim, (uint32_t)span, (uint32_t)align, vs->limit, page);
	kmc_lock_drop(&vs->lock);
	return found;
}

/* Rule: VM-24. Model: exact (without pools per node; nobody is on the notifier chain). */
uint32_t alloc_vmap_area(struct kmc_cpu *cpu, uint64_t span, uint64_t align, enum vm_kind kind,
			 gfp_t gfp, int node)
{
	struct kmc_sim *sim = cpu->sim;
	void *va = vm_object(cpu, VMAP_AREA_BYTES, gfp, node);
	struct vm_range *r;
	uint32_t page = 0;
	bool found;

	if (!va)
		return 0;
	found = take(sim, span, align, &page);
	if (!found) {
		purge_vmap_area_lazy(cpu);
		found = take(sim, span, align, &page);
	}
	emit(cpu, KMC_TP_ALLOC_VMAP_AREA, found ? vm_address(sim, page) : NULL,
	     span << PAGE_SHIFT, span << PAGE_SHIFT);
	if (!found) {
		if (!(gfp & __GFP_NOWARN))
			vm_warn(cpu, "no range of addresses is long enough", NULL);
		vm_object_free(cpu, va);
		return 0;
	}
	r = vm_range_at(sim->vmalloc, page);
	kmc_touch(sim, r, sizeof(*r));
	*r = (struct vm_range){ .kind = (uint8_t)kind, .span = (uint32_t)span, .va = va };
	return page + 1;
}

/* giving back */

static uint64_t lazy_max_bytes(unsigned int cpus)
{
	unsigned int fls = 0;

	while (cpus >> fls)
		fls++;
	return (uint64_t)fls * (32ull << 20);
}

/* Rule: R10. Model: exact. */
uint32_t vm_lazy_max_pages(const struct kmc_sim *sim)
{
	return (uint32_t)(lazy_max_bytes(sim->config.nr_cpus) >> PAGE_SHIFT);
}

/* Model: exact, but that the worker that purges is there at once. */
void free_vmap_area(struct kmc_cpu *cpu, uint32_t page)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range *r = vm_range_at(vs, page);
	bool over;

	kmc_lock_take(&vs->lock);
	kmc_touch(sim, vs, offsetof(struct kmc_vmalloc_state, deferred));
	kmc_touch(sim, r, sizeof(*r));
	*r = (struct vm_range){ .kind = VM_LAZY, .span = r->span, .va = r->va };
	vm_list_add(sim, &vs->lazy, page);
	vs->nr_lazy += r->span;
	over = vs->nr_lazy > vm_lazy_max_pages(sim);
	kmc_lock_drop(&vs->lock);
	emit(cpu, KMC_TP_FREE_VMAP_AREA_NOFLUSH, vm_address(sim, page), 0, 0);
	if (over)
		purge_vmap_area_lazy(cpu);
}

static uint32_t detach_lazy(struct kmc_sim *sim)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint32_t head;

	kmc_lock_take(&vs->lock);
	head = vs->lazy.head;
	if (head) {
		kmc_touch(sim, vs, offsetof(struct kmc_vmalloc_state, deferred));
		vs->lazy.head = vs->lazy.tail = 0;
		vs->nr_lazy = 0;
		vs->nr_purges++;
	}
	kmc_lock_drop(&vs->lock);
	return head;
}

/* Rule: VM-18. Model: exact in effect: a simulated cpu keeps no stale translations. */
void purge_vmap_area_lazy(struct kmc_cpu *cpu)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint32_t at = detach_lazy(sim), lowest = UINT32_MAX, end = 0;
	uint64_t nr = 0;

	while (at) {
		uint32_t page = at - 1, span = vm_range_at(vs, page)->span;
		void *va = vm_range_at(vs, page)->va;

		at = vm_range_at(vs, page)->next;
		lowest = page < lowest ? page : lowest;
		end = page + span > end ? page + span : end;
		kmc_lock_take(&vs->lock);
		kmc_touch(sim, &vs->root, sizeof(vs->root));
		vm_tree_give(sim, page, span);
		kmc_lock_drop(&vs->lock);
		vm_object_free(cpu, va);
		nr++;
	}
	if (nr)
		emit(cpu, KMC_TP_PURGE_VMAP_AREA_LAZY, vm_address(sim, lowest), nr,
		     (uint64_t)(end - lowest) << PAGE_SHIFT);
}

struct vm_range *vm_area_at(struct kmc_sim *sim, const void *addr, unsigned int kinds)
{
	struct vm_range *r;

	if (!vm_inside(sim, addr) || (uintptr_t)addr & (PAGE_SIZE - 1))
		return NULL;
	r = vm_range_at(sim->vmalloc, vm_page_of(sim, addr));
	return kinds & VM_IS(r->kind) ? r : NULL;
}
