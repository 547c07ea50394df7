/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vmalloc space: its pages, its free ranges, its areas. Private to vmalloc/.
 *
 * Everything is counted in pages of the window, from its start. Three tables of the
 * arena say all there is to say; each boots as zeroes but for one free range:
 *
 *   pte[p]     the frame that page p maps, plus 1; 0: not mapped. This is what a
 *              kernel's page tables say, so vmalloc_to_page() asks nothing else.
 *   range[p]   what begins at page p: a free range (a node of the tree of free
 *              ranges), an area, a block of vm_map_ram(), a range that was freed and
 *              waits for the purge.
 *   table[t]   the page that holds the ptes of 512 pages of the window; like a
 *              kernel's it stays once it is there.
 *
 * What the host has mapped there is the fourth table, back[]; it lies outside the
 * arena, for a reset does not undo mappings: whoever maps compares first, so memory
 * that is mapped already is used again without a system call.
 *
 * The lock covers the tree, the lists and the counters. A page's pte and back entry
 * belong to whoever has the range it lies in. No allocation below the lock.
 */
#pragma once
#include "core.h"
#include "linux/gfp.h"
#include "linux/vmalloc.h"

#define PMD_PAGES 512u
#define VMAP_MAX_ALLOC 64u    /* pages; more get a range of their own (VM-16) */
#define VMAP_BBMAP_BITS 1024u /* pages of a block of vm_map_ram() */

enum vm_kind {
	VM_NOTHING, /* inside of something, or never used */
	VM_FREE,    /* in the tree */
	VM_AREA,    /* of the vmalloc family */
	VM_VMAP,    /* the caller's pages */
	VM_RAM,     /* vm_map_ram() of more than VMAP_MAX_ALLOC pages */
	VM_BLOCK,   /* slices of vm_map_ram() */
	VM_LAZY,    /* freed, not purged */
};

#define VMR_USERMAP   0x1u  /* may be mapped to user space */
#define VMR_PUT_PAGES 0x2u  /* array and references are the area's */
#define VMR_DEFERRED  0x4u  /* vfree was asked for; not done */

/* What begins at a page of the window. */
struct vm_range {
	uint8_t kind;      /* enum vm_kind */
	uint8_t flags;     /* VMR_* */
	uint8_t page_order; /* of its mapping: 9 for a huge one */
	uint8_t cpu;       /* of a block */
	uint32_t span;     /* pages, the guard among them */
	union {
		struct {   /* VM_FREE */
			uint32_t left, right; /* page + 1; 0 none */
			uint32_t max;         /* the longest span below */
		} tree;
		struct {   /* all others: links of a list, page + 1; 0 ends */
			uint32_t next, prev;
			uint32_t nr_pages; /* mapped ones; of a block: handed out so far */
		};
	};
	uint32_t dirty;          /* of a block: pages given back */
	uint64_t requested_bytes;
	void *pages;             /* the page array: memory the area holds */
	void *area;              /* as are the kernel's two descriptions of it */
	void *va;
	uint64_t unused;
};
_Static_assert(sizeof(struct vm_range) == 64, "entries fill pages");

enum vm_warning {
	VM_WARN_SIZE_0,
	VM_WARN_KV_INT_MAX,
	VM_WARN_RESET_PERMS,
};

struct kmc_vm_list {
	uint32_t head, tail; /* page + 1 */
};

/* Lies in the arena. */
struct kmc_vmalloc_state {
	struct kmc_lock lock;
	uint32_t nr_pages;      /* of the window */
	uint32_t limit;         /* addresses end here */
	uint32_t root;          /* of the tree of free ranges, page + 1 */
	uint32_t warned;        /* bits of enum vm_warning */
	uint64_t ram_pages;     /* of all zones */
	uint64_t nr_mapped;     /* pages in areas: the kernel's nr_vmalloc_pages */
	uint64_t nr_lazy;       /* pages freed and not purged */
	uint64_t nr_purges;
	struct kmc_vm_list busy; /* areas and blocks, in order of making */
	struct kmc_vm_list lazy;
	struct kmc_vm_list deferred[KMC_SIM_MAX_CPUS]; /* vfree from interrupt */
	uint32_t block[KMC_SIM_MAX_CPUS]; /* page + 1 of the block a cpu maps from */
	uint32_t *pte;
	uint32_t *table;
	struct vm_range *range;
};

/* Of the host's mapping. */
#define BACK_NONE 0u /* nothing: a fault */
#define BACK_OWN  1u /* memory of its own */
#define BACK_FRAME(pfn) ((uint32_t)(pfn) + 2) /* this frame */

static inline struct vm_range *vm_range_at(const struct kmc_vmalloc_state *vs, uint32_t page)
{
	return &vs->range[page];
}
static inline void *vm_address(const struct kmc_sim *sim, uint32_t page)
{
	return sim->vmalloc_base + ((size_t)page << PAGE_SHIFT);
}
static inline bool vm_inside(const struct kmc_sim *sim, const void *addr)
{
	return (uintptr_t)addr - (uintptr_t)sim->vmalloc_base < sim->vmalloc_bytes;
}
static inline uint32_t vm_page_of(const struct kmc_sim *sim, const void *addr)
{
	return (uint32_t)(((const uint8_t *)addr - sim->vmalloc_base) >> PAGE_SHIFT);
}
/* Are areas mappings of their frames? Else they have memory of their own. */
static inline bool vm_aliased(const struct kmc_sim *sim)
{
	return sim->config.options & KMC_OPT_VMALLOC_ALIASED;
}

/* vmap_tree.c: free ranges; the lock is held */

/** vm_tree_take() - The lowest @span pages on a multiple of @align. Return: false: none below @limit. */
bool vm_tree_take(struct kmc_sim *sim, uint32_t span, uint32_t align, uint32_t limit,
		  uint32_t *page);
/** vm_tree_give() - Back into the tree, merged with its neighbours. */
void vm_tree_give(struct kmc_sim *sim, uint32_t page, uint32_t span);
/** vm_tree_pages() - Free pages by a walk, with all the tree promises checked. */
uint64_t vm_tree_pages(struct kmc_sim *sim);

/* vmap_area.c */

/**
 * alloc_vmap_area() - A range of addresses; the caller fills in the rest of it.
 * @span: pages, guard included. @align: pages, a power of two.
 * Return: its first page + 1; 0: no memory for its description or no such range.
 */
uint32_t alloc_vmap_area(struct kmc_cpu *cpu, uint64_t span, uint64_t align, enum vm_kind kind,
			 gfp_t gfp, int node);
/** free_vmap_area() - The range is unmapped; its addresses wait for the purge. */
void free_vmap_area(struct kmc_cpu *cpu, uint32_t page);
/** purge_vmap_area_lazy() - Addresses of freed ranges may be given out again. */
void purge_vmap_area_lazy(struct kmc_cpu *cpu);
/** vm_area_at() - What begins exactly at @addr, if it is of a kind in @kinds (bits). */
struct vm_range *vm_area_at(struct kmc_sim *sim, const void *addr, unsigned int kinds);
#define VM_IS(kind) (1u << (kind))
/** vm_object() - Memory for a description: a slab object that no event tells of. */
void *vm_object(struct kmc_cpu *cpu, size_t bytes, gfp_t gfp, int node);
void vm_object_free(struct kmc_cpu *cpu, void *object);
void vm_list_add(struct kmc_sim *sim, struct kmc_vm_list *list, uint32_t page);
void vm_list_del(struct kmc_sim *sim, struct kmc_vm_list *list, uint32_t page);
/** vm_warn() - What a kernel prints. */
void vm_warn(struct kmc_cpu *cpu, const char *text, const void *addr);
void vm_warn_once(struct kmc_cpu *cpu, enum vm_warning which, const char *text);
uint32_t vm_lazy_max_pages(const struct kmc_sim *sim);

/* vmap_page.c: what is mapped where */

/**
 * vm_map_pages() - Map frames, one after the other, from @page on.
 * @get:  the frame of the i-th page.
 * @own:  the host gives memory of its own, unless the machine is of the aliased kind.
 * Return: false: no page for the tables; nothing is mapped then.
 */
bool vm_map_pages(struct kmc_cpu *cpu, uint32_t page, uint32_t nr,
		  struct page *(*get)(void *arg, uint32_t i), void *arg, bool own, gfp_t gfp);
/** vm_unmap_pages() - Unmapped; the host's mapping stays where it is memory of its own. */
void vm_unmap_pages(struct kmc_sim *sim, uint32_t page, uint32_t nr);
/** vm_pte_page() - The frame of a page; NULL: not mapped. */
struct page *vm_pte_page(struct kmc_sim *sim, uint32_t page);

/* vmap_host.c: what the host has mapped */

int kmc_vmap_host_boot(struct kmc_sim *sim);
void kmc_vmap_host_end(struct kmc_sim *sim);
void kmc_vmap_host_trim(struct kmc_sim *sim);
/** vm_back_own() - Memory of its own under [page, page + nr), no new mapping where it is. */
bool vm_back_own(struct kmc_sim *sim, uint32_t page, uint32_t nr);
/** vm_back_frames() - The frames that the ptes name. */
bool vm_back_frames(struct kmc_sim *sim, uint32_t page, uint32_t nr);
/** vm_back_none() - An access faults, unless mappings are kept: then AddressSanitizer tells of it. */
void vm_back_none(struct kmc_sim *sim, uint32_t page, uint32_t nr);
bool vm_is_own(const struct kmc_sim *sim, uint32_t page);

/* vmalloc.c */

/* What a request of the family is made of. */
struct vm_request {
	uint64_t size;
	uint64_t align;      /* bytes */
	gfp_t gfp;
	int node;
	unsigned int flags;  /* VMR_* */
	bool huge;           /* a huge mapping may serve it */
};
void *__vmalloc_node_range(struct kmc_cpu *cpu, const struct vm_request *request);
/** vm_enter() - What an outermost call does first; the cpu. */
struct kmc_cpu *vm_enter(void);
static inline bool vm_in_interrupt(const struct kmc_cpu *cpu)
{
	return cpu->context == KMC_IN_SOFTIRQ || cpu->context == KMC_IN_HARDIRQ ||
	       cpu->context == KMC_IN_NMI;
}

/* vfree.c */

/** vm_area_free() - The area, its pages and all that describes it. */
void vm_area_free(struct kmc_cpu *cpu, uint32_t page);
/** vm_run_deferred() - Do the frees that interrupts asked for on this cpu. */
void vm_run_deferred(struct kmc_cpu *cpu);
/** vm_poison_slack() - ASan: the area's pages but its requested bytes. */
void vm_poison_slack(struct kmc_sim *sim, uint32_t page);
