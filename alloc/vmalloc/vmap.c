/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mappings of pages that the caller has. They show the frames themselves: what is
 * written through one address is read through the other.
 *
 * vm_map_ram() cuts up to 64 pages from a block of 4 MiB that belongs to the cpu. A
 * slice's addresses come back with the whole block only.
 *
 * Contract: VM-13 to VM-18, R10. Looked at: 6.18.44.
 */
#include "linux/slab.h"
#include "vmalloc_core.h"

#define VMAP_BLOCK_BYTES 192 /* the kernel's struct vmap_block, about */
#define VM_STRUCT_BYTES  72

static struct page *page_of_array(void *pages, uint32_t i)
{
	return ((struct page **)pages)[i && KMC_PLANTED(vmap_disorder) ? i - 1 : i];
}

static void publish(struct kmc_sim *sim, uint32_t page, uint32_t nr, unsigned int flags,
		    void *pages, void *area)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range *r = vm_range_at(vs, page);

	kmc_touch(sim, r, sizeof(*r));
	r->flags = (uint8_t)flags;
	r->nr_pages = nr;
	r->requested_bytes = r->kind == VM_BLOCK ? 0 : (uint64_t)nr << PAGE_SHIFT;
	r->pages = pages;
	r->area = area;
	kmc_lock_take(&vs->lock);
	vm_list_add(sim, &vs->busy, page);
	kmc_lock_drop(&vs->lock);
}

/* A range of its own for @nr pages and @guard more. Return: its page + 1, 0. */
static uint32_t map_range(struct kmc_cpu *cpu, struct page **pages, uint32_t nr, uint32_t guard,
			  enum vm_kind kind, int node)
{
	uint32_t link = alloc_vmap_area(cpu, (uint64_t)nr + guard, 1, kind, GFP_KERNEL, node);

	if (!link)
		return 0;
	if (!vm_map_pages(cpu, link - 1, nr, page_of_array, pages, false, GFP_KERNEL)) {
		free_vmap_area(cpu, link - 1);
		return 0;
	}
	if (guard)
		vm_back_none(cpu->sim, link - 1 + nr, guard);
	return link;
}

static bool vmap_refused(struct kmc_cpu *cpu, unsigned int count, unsigned long flags)
{
	if (vm_in_interrupt(cpu)) {
		vm_warn(cpu, "vmap in interrupt", NULL);
		return true;
	}
	if ((flags & VM_FLUSH_RESET_PERMS) && cpu->sim->config.profile >= KMC_PROFILE_6_6_9) {
		vm_warn_once(cpu, VM_WARN_RESET_PERMS, "vmap with VM_FLUSH_RESET_PERMS");
		return true;
	}
	return !count || count > cpu->sim->vmalloc->ram_pages;
}

/* Rule: VM-9, VM-13, VM-14. Model: exact (VM_NO_GUARD is ignored). */
void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot)
{
	struct kmc_cpu *cpu = vm_enter();
	bool put = flags & VM_MAP_PUT_PAGES;
	uint32_t link;
	void *area;

	(void)prot;
	if (vmap_refused(cpu, count, flags))
		return NULL;
	area = vm_object(cpu, VM_STRUCT_BYTES, GFP_KERNEL, NUMA_NO_NODE);
	if (!area)
		return NULL;
	link = map_range(cpu, pages, count, KMC_PLANTED(vmap_no_guard) ? 0 : 1, VM_VMAP, NUMA_NO_NODE);
	if (!link) {
		vm_object_free(cpu, area);
		return NULL;
	}
	publish(cpu->sim, link - 1, count, put ? VMR_PUT_PAGES : 0,
		put && !KMC_PLANTED(vmap_keeps_pages) ? pages : NULL, area);
	return vm_address(cpu->sim, link - 1);
}

/* An area of any kind is forgotten; pages that it had are nobody's then (VM-15). */
static void unmap_range(struct kmc_cpu *cpu, uint32_t page)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range r = *vm_range_at(vs, page);

	kmc_lock_take(&vs->lock);
	kmc_touch(sim, vs, sizeof(*vs));
	vm_list_del(sim, &vs->busy, page);
	if (r.kind == VM_AREA)
		vs->nr_mapped -= r.nr_pages;
	kmc_lock_drop(&vs->lock);
	if (r.kind != VM_BLOCK) /* its slices are gone already */
		vm_unmap_pages(sim, page, r.nr_pages);
	free_vmap_area(cpu, page);
	vm_object_free(cpu, r.area);
}

/* Rule: VM-13, VM-15. Model: exact; where a kernel stops, this warns and does nothing. */
void vunmap(const void *addr)
{
	struct kmc_cpu *cpu = vm_enter();
	struct vm_range *r;

	if (vm_in_interrupt(cpu)) {
		vm_warn(cpu, "vunmap in interrupt", addr);
		return;
	}
	if (!addr)
		return;
	r = vm_area_at(cpu->sim, addr, VM_IS(VM_AREA) | VM_IS(VM_VMAP));
	if (!r || (r->flags & VMR_DEFERRED))
		vm_warn(cpu, "vunmap of an area that does not exist", addr);
	else
		unmap_range(cpu, vm_page_of(cpu->sim, addr));
}

/* blocks */

static uint32_t slice_pages(unsigned int count)
{
	return 1u << get_order((unsigned long)count << PAGE_SHIFT);
}

/* Room in the cpu's block. Return: page + 1; 0: the block is full, or there is none. */
static uint32_t cut(struct kmc_cpu *cpu, uint32_t nr)
{
	struct kmc_vmalloc_state *vs = cpu->sim->vmalloc;
	uint32_t block = vs->block[cpu->id], link;
	struct vm_range *r;

	if (!block)
		return 0;
	r = vm_range_at(vs, block - 1);
	if (r->nr_pages + nr > VMAP_BBMAP_BITS)
		return 0;
	kmc_touch(cpu->sim, r, sizeof(*r));
	link = block + r->nr_pages;
	r->nr_pages += nr;
	return link;
}

static bool new_block(struct kmc_cpu *cpu, int node)
{
	struct kmc_sim *sim = cpu->sim;
	void *area = vm_object(cpu, VMAP_BLOCK_BYTES, GFP_KERNEL, node);
	uint32_t link;

	if (!area)
		return false;
	link = alloc_vmap_area(cpu, VMAP_BBMAP_BITS, VMAP_BBMAP_BITS, VM_BLOCK, GFP_KERNEL, node);
	if (!link) {
		vm_object_free(cpu, area);
		return false;
	}
	publish(sim, link - 1, 0, 0, NULL, area);
	kmc_touch(sim, &sim->vmalloc->block[cpu->id], sizeof(uint32_t));
	sim->vmalloc->block[cpu->id] = link;
	vm_range_at(sim->vmalloc, link - 1)->cpu = (uint8_t)cpu->id;
	return true;
}

static void drop_block(struct kmc_cpu *cpu, uint32_t page)
{
	struct kmc_sim *sim = cpu->sim;
	uint32_t *current = &sim->vmalloc->block[vm_range_at(sim->vmalloc, page)->cpu];

	if (*current == page + 1) {
		kmc_touch(sim, current, sizeof(*current));
		*current = 0;
	}
	unmap_range(cpu, page);
}

static void give_slice(struct kmc_cpu *cpu, uint32_t page, uint32_t nr)
{
	uint32_t block = page & ~(VMAP_BBMAP_BITS - 1);
	struct vm_range *r = vm_range_at(cpu->sim->vmalloc, block);

	kmc_touch(cpu->sim, r, sizeof(*r));
	r->dirty += nr;
	if (r->dirty == VMAP_BBMAP_BITS)
		drop_block(cpu, block);
}

/* Model: simplified: a cpu maps from the block that it made last. */
static void *map_slice(struct kmc_cpu *cpu, struct page **pages, unsigned int count, int node)
{
	uint32_t nr = slice_pages(count), link = cut(cpu, nr);

	if (!link && new_block(cpu, node))
		link = cut(cpu, nr);
	if (!link)
		return NULL;
	if (vm_map_pages(cpu, link - 1, count, page_of_array, pages, false, GFP_KERNEL))
		return vm_address(cpu->sim, link - 1);
	give_slice(cpu, link - 1, nr);
	return NULL;
}

/* Rule: VM-16, VM-17. Model: exact (R10; blocks of 4 MiB). */
void *vm_map_ram(struct page **pages, unsigned int count, int node)
{
	struct kmc_cpu *cpu = vm_enter();
	uint32_t link;

	if (!count || vm_in_interrupt(cpu)) {
		vm_warn(cpu, "vm_map_ram of no pages, or in interrupt", NULL);
		return NULL;
	}
	if (count <= VMAP_MAX_ALLOC)
		return map_slice(cpu, pages, count, node);
	link = map_range(cpu, pages, count, 0, VM_RAM, node);
	if (!link)
		return NULL;
	publish(cpu->sim, link - 1, count, 0, NULL, NULL);
	return vm_address(cpu->sim, link - 1);
}

/* Does the slice lie in a block, and is all of it mapped? */
static bool slice_sound(struct kmc_sim *sim, const void *mem, unsigned int count)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint32_t page;

	if (!vm_inside(sim, mem) || (uintptr_t)mem & (PAGE_SIZE - 1))
		return false;
	page = vm_page_of(sim, mem);
	if (vm_range_at(vs, page & ~(VMAP_BBMAP_BITS - 1))->kind != VM_BLOCK ||
	    page % VMAP_BBMAP_BITS + count > VMAP_BBMAP_BITS)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!vs->pte[page + i])
			return false;
	return true;
}

static void unmap_slice(struct kmc_cpu *cpu, const void *mem, unsigned int count)
{
	uint32_t page;

	if (!count || !slice_sound(cpu->sim, mem, count)) {
		vm_warn(cpu, "vm_unmap_ram of what is no mapping", mem);
		return;
	}
	page = vm_page_of(cpu->sim, mem);
	vm_unmap_pages(cpu->sim, page, count);
	give_slice(cpu, page, slice_pages(count));
}

/* Model: exact for legal pairs; what is undefined warns and does nothing where it can be seen. */
void vm_unmap_ram(const void *mem, unsigned int count)
{
	struct kmc_cpu *cpu = vm_enter();
	struct vm_range *r;

	if (count <= VMAP_MAX_ALLOC) {
		unmap_slice(cpu, mem, count);
		return;
	}
	r = vm_area_at(cpu->sim, mem, VM_IS(VM_RAM));
	if (r && r->nr_pages == count)
		unmap_range(cpu, vm_page_of(cpu->sim, mem));
	else
		vm_warn(cpu, "vm_unmap_ram of what is no mapping", mem);
}

/* Rule: VM-18. Model: exact: blocks of which no slice is mapped go as well. */
void vm_unmap_aliases(void)
{
	struct kmc_cpu *cpu = vm_enter();
	struct kmc_vmalloc_state *vs = cpu->sim->vmalloc;
	uint32_t next;

	if (KMC_PLANTED(aliases_stay))
		return;
	for (uint32_t at = vs->busy.head; at; at = next) {
		const struct vm_range *r = vm_range_at(vs, at - 1);

		next = r->next;
		if (r->kind == VM_BLOCK && r->dirty && r->dirty == r->nr_pages)
			drop_block(cpu, at - 1);
	}
	purge_vmap_area_lazy(cpu);
}
