/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * <linux/gfp.h> and <linux/mm.h>: the kernel's calls on the bound cpu, but
 * alloc_pages() and __free_pages(), which stand with the fast paths. Each
 * is an outermost entry: it serves what other cpus asked before it begins.
 *
 * Contract: PAGE-1..16, PAGE-21, PAGE-22. Looked at: 6.18.44.
 */
#include "zone.h"
#include "memcg.h"
#include "linux/mm.h"

static inline struct kmc_cpu *enter(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (unlikely(!cpu))
		kmc_bug(__FILE__, __LINE__, "an allocator call without a bound cpu");
	kmc_attention(cpu);
	return cpu;
}

static struct kmc_sim *this_sim(void)
{
	KMC_BUG_ON(!kmc_this_cpu);
	return kmc_this_cpu->sim;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	struct kmc_cpu *cpu = enter();
	struct page *page = kmc_pages_alloc(cpu->sim, cpu, gfp, order, nid);

	if (page && page_to_pfn_in(cpu->sim, page) % 2 && KMC_PLANTED(page_number_even))
		page--;
	return page;
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct kmc_cpu *cpu = enter();
	struct page *page = kmc_pages_alloc(
		cpu->sim, cpu, KMC_PLANTED(get_free_highmem) ? gfp : gfp & ~__GFP_HIGHMEM, order, -1);

	if (page && order && KMC_PLANTED(page_block_shifted))
		page++;
	return page ? (unsigned long)pfn_to_virt_in(cpu->sim, page_to_pfn_in(cpu->sim, page)) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(KMC_PLANTED(zeroed_page_dirty) ? gfp & ~__GFP_ZERO : gfp | __GFP_ZERO, 0);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (!addr && KMC_PLANTED(page_free_null_warns))
		kmc_planted_warn();
	if (addr)
		__free_pages(virt_to_page((const void *)addr), order);
}

/* Model: exact (PAGE-21). */
void split_page(struct page *page, unsigned int order)
{
	struct kmc_sim *sim = this_sim();
	unsigned int flags = page->flags & (PGF_MOVABLE | PGF_ACCOUNTED);

	KMC_BUG_ON(page->kind != FRAME_USED || (page->flags & PGF_COMPOUND));
	if (!order)
		return;
	kmc_touch(sim, page, sizeof(*page) << order);
	page->order = 0;
	for (unsigned int i = 1; i < 1u << order; i++) {
		page[i].kind = FRAME_USED;
		page[i].order = 0;
		page[i].migratetype = page->migratetype;
		page[i].flags = (uint8_t)flags;
		page[i].refcount = 1;
		if (flags & PGF_ACCOUNTED)
			kmc_memcg_copy_page(sim, page, page + i);
	}
}

static void warn_exact_flags(struct kmc_cpu *cpu, gfp_t gfp)
{
	struct alloc_context ac = { .sim = cpu->sim, .cpu = cpu, .gfp = gfp, .node = -1 };

	if (KMC_PLANTED(exact_warns_again))
		cpu->sim->page->warned &= ~(1ull << WARN_EXACT_FLAGS);
	kmc_page_warn(&ac, WARN_EXACT_FLAGS, "alloc_pages_exact with COMP or HIGHMEM");
}

/* Model: exact (PAGE-13, PAGE-14, PAGE-16). */
void *alloc_pages_exact_nid(int nid, size_t size, gfp_t gfp)
{
	struct kmc_cpu *cpu = enter();
	unsigned int order = (unsigned int)get_order(size);
	uint64_t nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct page *page;

	if (gfp & (__GFP_COMP | __GFP_HIGHMEM)) {
		warn_exact_flags(cpu, gfp);
		gfp &= ~(__GFP_COMP | __GFP_HIGHMEM);
	}
	page = kmc_pages_alloc(cpu->sim, cpu, gfp, order, nid);
	if (!page)
		return NULL;
	split_page(page, order);
	for (uint64_t i = nr - (nr > 1 && KMC_PLANTED(exact_short)); i < 1ull << order; i++)
		kmc_pages_free_tail(cpu->sim, cpu, page + i, 0);
	return page_address(page);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	return alloc_pages_exact_nid(NUMA_NO_NODE, size, gfp);
}

void free_pages_exact(void *virt, size_t size)
{
	uint8_t *end = (uint8_t *)virt + PAGE_ALIGN(size);

	for (uint8_t *p = virt; p < end; p += PAGE_SIZE)
		free_pages((unsigned long)p, 0);
}

struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	return (struct folio *)alloc_pages(gfp | (KMC_PLANTED(folio_plain) ? 0 : __GFP_COMP), order);
}

struct folio *__folio_alloc_node(gfp_t gfp, unsigned int order, int nid)
{
	return (struct folio *)alloc_pages_node(nid, gfp | __GFP_COMP, order);
}

struct page *virt_to_page(const void *addr)
{
	struct kmc_sim *sim = this_sim();

	return pfn_to_page_in(sim, virt_to_pfn_in(sim, addr));
}

void *page_address(const struct page *page)
{
	struct kmc_sim *sim = this_sim();

	return pfn_to_virt_in(sim, page_to_pfn_in(sim, page));
}

void *page_to_virt(const struct page *page)
{
	return page_address(page);
}

unsigned long page_to_pfn(const struct page *page)
{
	return page_to_pfn_in(this_sim(), page);
}

struct page *pfn_to_page(unsigned long pfn)
{
	return pfn_to_page_in(this_sim(), pfn);
}

phys_addr_t page_to_phys(const struct page *page)
{
	return (phys_addr_t)page_to_pfn(page) << PAGE_SHIFT;
}

phys_addr_t virt_to_phys(const volatile void *addr)
{
	return (phys_addr_t)((uintptr_t)addr - (uintptr_t)this_sim()->frames);
}

void *phys_to_virt(phys_addr_t addr)
{
	return this_sim()->frames + addr;
}

bool virt_addr_valid(const void *addr)
{
	uint64_t pfn;
	enum kmc_zone_type zone;
	unsigned int node;

	return kmc_sim_frame_of(this_sim(), addr, &pfn) &&
	       kmc_page_zone_of(this_sim(), pfn, &zone, &node);
}

int page_to_nid(const struct page *page)
{
	return (int)kmc_page_node(this_sim(), page);
}

struct page *compound_head(struct page *page)
{
	return page->flags & PGF_TAIL ? pfn_to_page_in(this_sim(), page->link.next) : page;
}

bool PageHead(const struct page *page)
{
	return page->flags & PGF_COMPOUND;
}

bool PageTail(const struct page *page)
{
	return page->flags & PGF_TAIL;
}

bool PageCompound(const struct page *page)
{
	return page->flags & (PGF_COMPOUND | PGF_TAIL);
}

unsigned int compound_order(const struct page *page)
{
	return PageHead(page) ? page->order : 0;
}

bool page_is_pfmemalloc(const struct page *page)
{
	return page->flags & PGF_PFMEMALLOC;
}

int page_ref_count(const struct page *page)
{
	return __atomic_load_n(&page->refcount, __ATOMIC_RELAXED);
}

int page_count(struct page *page)
{
	return page_ref_count(compound_head(page));
}

void get_page(struct page *page)
{
	__atomic_fetch_add(&compound_head(page)->refcount, 1 + KMC_PLANTED(get_page_twice),
			   __ATOMIC_RELAXED);
}

bool try_get_page(struct page *page)
{
	int32_t *count = &compound_head(page)->refcount, seen;

	seen = __atomic_load_n(count, __ATOMIC_RELAXED);
	while (seen > 0)
		if (__atomic_compare_exchange_n(count, &seen, seen + 1, true, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/* The last reference of a plain block frees its head only: nothing tells put_page() its order. */
void put_page(struct page *page)
{
	struct kmc_cpu *cpu = enter();

	page = compound_head(page);
	if (put_page_testzero(page))
		kmc_pages_free(cpu->sim, cpu, page, compound_order(page));
}
