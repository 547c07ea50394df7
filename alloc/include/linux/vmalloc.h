/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtually contiguous memory under the kernel's names. Included by kernel-style code
 * that runs on a simulated machine; the calling thread has bound one of its cpus.
 *
 * Context, where nothing else is said: task, may sleep. Calls that a release lacks
 * behave as in the nearest one that has them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/overflow.h>

/* Flags of vmap(). */
#define VM_IOREMAP           0x00000001ul
#define VM_ALLOC             0x00000002ul
#define VM_MAP               0x00000004ul
#define VM_USERMAP           0x00000008ul
#define VM_NO_GUARD          0x00000040ul
#define VM_FLUSH_RESET_PERMS 0x00000100ul
#define VM_MAP_PUT_PAGES     0x00000200ul
#define VM_ALLOW_HUGE_VMAP   0x00000400ul

typedef struct {
	unsigned long pgprot;
} pgprot_t;
/* The one kind of mapping there is. */
#define PAGE_KERNEL ((pgprot_t){ 0x8000000000000163ul })
#define SHMLBA PAGE_SIZE
#define PMD_SHIFT 21
#define PMD_SIZE (1ul << PMD_SHIFT)

/* The window, as addresses of this process. Rule: VM-24. */
unsigned long kmc_vmalloc_start(void);
unsigned long kmc_vmalloc_end(void);
#define VMALLOC_START kmc_vmalloc_start()
#define VMALLOC_END   kmc_vmalloc_end()
#define VMALLOC_TOTAL (VMALLOC_END - VMALLOC_START)

/**
 * vmalloc() - @size bytes of whole pages, contiguous by address only.
 * Return: an address on a page, or NULL (KM-25's list); 0 bytes: NULL. Rule: VM-1, VM-5.
 */
void *vmalloc(unsigned long size);
/** vzalloc() - The same, zeroed. Rule: VM-2. */
void *vzalloc(unsigned long size);
/** vmalloc_node() - Rather from @node. Rule: VM-22. */
void *vmalloc_node(unsigned long size, int node);
void *vzalloc_node(unsigned long size, int node);
/** vmalloc_user() - Zeroed to the last page's end, may be mapped to user space. Rule: VM-3. */
void *vmalloc_user(unsigned long size);
/** vmalloc_32() - Of frames below 4 GiB. Rule: VM-4. */
void *vmalloc_32(unsigned long size);
void *vmalloc_32_user(unsigned long size);
/** __vmalloc() - With flags: GFP_KERNEL, NOFS, NOIO, and NOFAIL. Rule: VM-6, VM-7. */
void *__vmalloc(unsigned long size, gfp_t gfp_mask);
void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp_mask, int node,
		     const void *caller);
/** vmalloc_huge() - As __vmalloc(), by 2 MiB at a time if it can be. Rule: VM-21. */
void *vmalloc_huge_node(unsigned long size, gfp_t gfp_mask, int node);
static inline void *vmalloc_huge(unsigned long size, gfp_t gfp_mask)
{
	return vmalloc_huge_node(size, gfp_mask, NUMA_NO_NODE);
}
/** vmalloc_array() - @n elements of @size bytes; NULL when the product overflows. Rule: ARR-1. */
static inline void *vmalloc_array(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : vmalloc(bytes);
}
static inline void *vcalloc(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : vzalloc(bytes);
}

/**
 * vrealloc() - Resize what the vmalloc family gave.
 * @p:    NULL: as __vmalloc().
 * @size: 0 frees @p, and gives NULL.
 *
 * Return: the area, contents kept up to the smaller size; NULL: @p is as it was.
 * Rule: REA-13 .. REA-15, REA-17.
 */
void *vrealloc(const void *p, size_t size, gfp_t flags) __attribute__((warn_unused_result));
/** vrealloc_node_align() - It moves from another node, never to a coarser @align. Rule: REA-16. */
void *vrealloc_node_align(const void *p, size_t size, unsigned long align, gfp_t flags, int nid)
	__attribute__((warn_unused_result));

/**
 * vfree() - Free what the vmalloc family or vmap() with VM_MAP_PUT_PAGES gave. NULL: nothing.
 * Context: any but NMI; from interrupt it is done later. Rule: VM-10, VM-11, FR-7, FR-22.
 */
void vfree(const void *addr);
/** vfree_atomic() - It is always done later. Context: any but NMI. Rule: VM-12. */
void vfree_atomic(const void *addr);

/**
 * vmap() - Map @count pages one after the other; they stay the caller's.
 * @flags: with VM_MAP_PUT_PAGES array and references become the area's, and vfree() ends both.
 * Return: NULL: nothing was taken over. Rule: VM-9, VM-13, VM-14.
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot);
/** vunmap() - The end of vmap(). Context: not in interrupt. Rule: VM-13, VM-15. */
void vunmap(const void *addr);
/** vm_map_ram() - A mapping for a short time, many of them to a block. Rule: VM-16, VM-17. */
void *vm_map_ram(struct page **pages, unsigned int count, int node);
/** vm_unmap_ram() - Its end, with the same @count. */
void vm_unmap_ram(const void *mem, unsigned int count);
/** vm_unmap_aliases() - No freed mapping is left anywhere afterwards. Rule: VM-18. */
void vm_unmap_aliases(void);

/** is_vmalloc_addr() - Does @x lie in the window? No more than that. Rule: VM-19. */
bool is_vmalloc_addr(const void *x);
/** vmalloc_to_page() - What is mapped at @addr; NULL: nothing. Rule: VM-20. */
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_to_pfn(const void *addr);
/** vmalloc_nr_pages() - Pages that areas hold now. */
unsigned long vmalloc_nr_pages(void);

/* What begins at an address: a copy, good until the next call. */
struct vm_struct {
	void *addr;
	unsigned long size; /* guard included */
	unsigned long flags;
	unsigned int page_order;
	unsigned int nr_pages;
	unsigned long requested_size;
};
/** find_vm_area() - The area at @addr; NULL none. */
struct vm_struct *find_vm_area(const void *addr);
static inline size_t get_vm_area_size(const struct vm_struct *area)
{
	return area->flags & VM_NO_GUARD ? area->size : area->size - PAGE_SIZE;
}
