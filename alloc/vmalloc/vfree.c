/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of areas. In interrupt it is put off: the area goes on a list of the cpu, by
 * its first word as in a kernel, and the cpu's next call from task context that
 * comes by here does it.
 *
 * Contract: VM-10 to VM-12, FR-7, FR-22, R10. Looked at: 6.18.44.
 */
#include <string.h>
#include "alloc/vmalloc_space.h"
#include "linux/slab.h"
#include "vmalloc_core.h"

void vm_poison_slack(struct kmc_sim *sim, uint32_t page)
{
	const struct vm_range *r = vm_range_at(sim->vmalloc, page);
	size_t bytes = (size_t)r->nr_pages << PAGE_SHIFT;

	(void)bytes;
	if (r->kind == VM_AREA)
		kmc_poison((char *)vm_address(sim, page) + r->requested_bytes,
			   bytes - r->requested_bytes);
}

static void unlink_area(struct kmc_sim *sim, struct kmc_vm_list *list, uint32_t page)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;

	kmc_lock_take(&vs->lock);
	kmc_touch(sim, vs, sizeof(*vs));
	vm_list_del(sim, list, page);
	if (vm_range_at(vs, page)->kind == VM_AREA)
		vs->nr_mapped -= vm_range_at(vs, page)->nr_pages;
	kmc_lock_drop(&vs->lock);
}

/* The address goes first, then what was mapped there. */
static void take_apart(struct kmc_cpu *cpu, struct kmc_vm_list *list, uint32_t page)
{
	struct kmc_sim *sim = cpu->sim;
	struct vm_range r = *vm_range_at(sim->vmalloc, page);
	struct page **pages = r.pages;

	unlink_area(sim, list, page);
	vm_unmap_pages(sim, page, r.nr_pages);
	free_vmap_area(cpu, page);
	if (pages) {
		for (uint32_t i = 0; i < r.nr_pages; i++)
			__free_pages(pages[i], 0);
		kvfree(pages);
	}
	vm_object_free(cpu, r.area);
}

void vm_area_free(struct kmc_cpu *cpu, uint32_t page)
{
	take_apart(cpu, &cpu->sim->vmalloc->busy, page);
}

void vm_run_deferred(struct kmc_cpu *cpu)
{
	struct kmc_vm_list *list = &cpu->sim->vmalloc->deferred[cpu->id];

	while (list->tail)
		take_apart(cpu, list, list->tail - 1); /* the last one asked for first */
}

void kmc_sim_run_work(struct kmc_sim *sim)
{
	if (kmc_this_cpu && kmc_this_cpu->sim == sim)
		vm_run_deferred(kmc_this_cpu);
}

static struct vm_range *sound_area(struct kmc_cpu *cpu, const void *addr)
{
	struct vm_range *r = vm_area_at(cpu->sim, addr, VM_IS(VM_AREA) | VM_IS(VM_VMAP));

	if (r && !(r->flags & VMR_DEFERRED))
		return r;
	vm_warn(cpu, (uintptr_t)addr & (PAGE_SIZE - 1) ? "vfree of a bad address" :
		"vfree of an area that does not exist", addr);
	return NULL;
}

/* The list's node is the area's first word: its contents change before it is unmapped. */
static void put_off(struct kmc_cpu *cpu, struct vm_range *r, void *addr)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct kmc_vm_list *list = &vs->deferred[cpu->id];
	uint64_t word = list->tail;

	kmc_unpoison(addr, sizeof(word));
	memcpy(addr, &word, sizeof(word));
	kmc_poison(addr, (size_t)r->nr_pages << PAGE_SHIFT);
	kmc_lock_take(&vs->lock);
	kmc_touch(sim, vs, sizeof(*vs));
	vm_list_del(sim, &vs->busy, vm_page_of(sim, addr));
	vm_list_add(sim, list, vm_page_of(sim, addr));
	r->flags |= VMR_DEFERRED;
	kmc_lock_drop(&vs->lock);
}

static bool in_nmi(struct kmc_cpu *cpu, const void *addr)
{
	if (cpu->context == KMC_IN_NMI)
		vm_warn(cpu, "vfree in NMI", addr);
	return cpu->context == KMC_IN_NMI;
}

/* Rule: VM-10, VM-11, FR-7, FR-22. Model: exact; where a kernel stops, nothing is done. */
void vfree(const void *addr)
{
	struct kmc_cpu *cpu = vm_enter();
	struct vm_range *r;

	if (in_nmi(cpu, addr) || (!addr && !KMC_PLANTED(vfree_null_warns)))
		return;
	r = sound_area(cpu, addr);
	if (!r)
		return;
	if (vm_in_interrupt(cpu) && !KMC_PLANTED(vfree_irq_at_once))
		put_off(cpu, r, (void *)addr);
	else
		vm_area_free(cpu, vm_page_of(cpu->sim, addr));
}

/* Rule: VM-12. Model: exact, but that a bad address is told at once. */
void vfree_atomic(const void *addr)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct vm_range *r;

	KMC_BUG_ON(!cpu);
	if (in_nmi(cpu, addr) || !addr)
		return;
	kmc_attention(cpu);
	r = sound_area(cpu, addr);
	if (r && KMC_PLANTED(vfree_atomic_at_once))
		vm_area_free(cpu, vm_page_of(cpu->sim, addr));
	else if (r)
		put_off(cpu, r, (void *)addr);
}
