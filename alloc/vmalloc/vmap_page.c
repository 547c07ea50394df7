/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is mapped where: the page tables. Those that hold the ptes are pages too, one
 * for 2 MiB of addresses, taken when the first page there is mapped and kept.
 *
 * Contract: VM-1, VM-9, VM-20, R9 (last line). Looked at: 6.18.44.
 */
#include "vmalloc_core.h"

/* Page tables are asked for in the scope that the request's flags call for. */
static gfp_t table_gfp(gfp_t gfp)
{
	gfp_t table = GFP_KERNEL | __GFP_ZERO;

	if (!(gfp & __GFP_FS))
		table &= ~__GFP_FS;
	if (!(gfp & (__GFP_FS | __GFP_IO)))
		table &= ~__GFP_IO;
	return table;
}

static bool table_get(struct kmc_cpu *cpu, uint32_t table, gfp_t gfp)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct page *page;
	bool first;

	if (__atomic_load_n(&vs->table[table], __ATOMIC_ACQUIRE))
		return true;
	page = alloc_pages(table_gfp(gfp), 0);
	if (!page)
		return false;
	kmc_lock_take(&vs->lock);
	first = !vs->table[table];
	if (first) {
		kmc_touch(sim, &vs->table[table], sizeof(vs->table[0]));
		__atomic_store_n(&vs->table[table], (uint32_t)page_to_pfn_in(sim, page) + 1,
				 __ATOMIC_RELEASE);
	}
	kmc_lock_drop(&vs->lock);
	if (!first)
		__free_pages(page, 0);
	return true;
}

/* A huge mapping needs no ptes. */
static bool tables_get(struct kmc_cpu *cpu, uint32_t page, uint32_t nr, gfp_t gfp)
{
	for (uint32_t t = page / PMD_PAGES; t <= (page + nr - 1) / PMD_PAGES; t++)
		if (!table_get(cpu, t, gfp))
			return false;
	return true;
}

bool vm_map_pages(struct kmc_cpu *cpu, uint32_t page, uint32_t nr,
		  struct page *(*get)(void *arg, uint32_t i), void *arg, bool own, gfp_t gfp)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	bool huge = vm_range_at(vs, page)->page_order;

	if (!huge && !tables_get(cpu, page, nr, gfp))
		return false;
	kmc_touch(sim, &vs->pte[page], nr * sizeof(vs->pte[0]));
	for (uint32_t i = 0; i < nr; i++)
		vs->pte[page + i] = (uint32_t)page_to_pfn_in(sim, get(arg, i)) + 1;
	if (own && !vm_aliased(sim) ? vm_back_own(sim, page, nr) : vm_back_frames(sim, page, nr)) {
		kmc_unpoison(vm_address(sim, page), (size_t)nr << PAGE_SHIFT);
		return true;
	}
	vm_unmap_pages(sim, page, nr);
	return false;
}

void vm_unmap_pages(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;

	kmc_touch(sim, &vs->pte[page], nr * sizeof(vs->pte[0]));
	for (uint32_t i = 0; i < nr; i++)
		vs->pte[page + i] = 0;
	if (!vm_is_own(sim, page))
		vm_back_none(sim, page, nr);
	kmc_poison(vm_address(sim, page), (size_t)nr << PAGE_SHIFT);
}

struct page *vm_pte_page(struct kmc_sim *sim, uint32_t page)
{
	uint32_t pte = sim->vmalloc->pte[page];

	return pte ? pfn_to_page_in(sim, pte - 1) : NULL;
}

/* Questions change nothing: a deferred free is still to be done after them. */
static struct kmc_sim *this_sim(void)
{
	KMC_BUG_ON(!kmc_this_cpu);
	return kmc_this_cpu->sim;
}

/* Rule: VM-20. Model: exact. */
struct page *vmalloc_to_page(const void *addr)
{
	struct kmc_sim *sim = this_sim();

	if (vm_inside(sim, addr) && (uintptr_t)addr % PAGE_SIZE &&
	    KMC_PLANTED(vmalloc_page_missing))
		return NULL;
	return vm_inside(sim, addr) ? vm_pte_page(sim, vm_page_of(sim, addr)) : NULL;
}

unsigned long vmalloc_to_pfn(const void *addr)
{
	return page_to_pfn(vmalloc_to_page(addr));
}

/* Rule: VM-19. Model: exact. */
bool is_vmalloc_addr(const void *x)
{
	return vm_inside(this_sim(), x) || (x && (uintptr_t)x <= 16 && KMC_PLANTED(vmalloc_addr_not_null));
}

unsigned long kmc_vmalloc_start(void)
{
	return (unsigned long)this_sim()->vmalloc_base;
}

unsigned long kmc_vmalloc_end(void)
{
	const struct kmc_sim *sim = this_sim();

	return (unsigned long)sim->vmalloc_base + sim->vmalloc_bytes;
}
