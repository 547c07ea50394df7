/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May these bytes be copied to or from user space? Asked before each copy on a
 * machine with hardened usercopy. Where the answer is no a kernel ends the
 * task; here nothing is copied, and a report says which bytes.
 *
 * Contract: UC-1, UC-2, UC-3. Looked at: 6.1.192, 6.12, 6.18.
 */
#include "slab_debug.h"
#include "linux/mm.h"
#include "linux/uaccess.h"
#include "linux/vmalloc.h"
#include <limits.h>
#include <string.h>

/* The bytes [start, end) that may be copied of what lies at an address. */
struct window {
	const struct kmem_cache *cache; /* NULL: of no object */
	const struct page *slab;
	const void *object;
	uintptr_t start, end;
};

/* A stride belongs to its object; of that the declared region is open. */
static void object_window(struct kmc_sim *sim, struct page *page, const void *p, struct window *w)
{
	struct page *slab = kmc_slab_head(sim, page);
	struct kmem_cache *s = slab->slab.cache;
	char *first = pfn_to_virt_in(sim, page_to_pfn_in(sim, slab));
	unsigned int index = kmc_object_index(s, first, p);

	w->cache = s;
	w->slab = slab;
	if (index >= slab->slab.objects)
		return; /* behind the last object nothing is open */
	w->object = kmc_object_at_index(s, first, index);
	w->start = (uintptr_t)w->object + s->useroffset;
	w->end = w->start + (s->usersize >> ((s->flags & SLAB_KMALLOC) && KMC_PLANTED(usercopy_all_closed)));
}

static void area_window(struct kmc_sim *sim, const void *p, struct window *w)
{
	const void *start;
	uint64_t bytes;

	if (!kmc_vmalloc_extent(sim, p, &start, &bytes))
		return; /* no area: nothing is open */
	w->start = (uintptr_t)start;
	w->end = w->start + PAGE_ALIGN(bytes);
}

/* Large kmalloc blocks and compound pages end somewhere; single pages are not looked at. */
static bool block_window(struct kmc_sim *sim, struct page *page, struct window *w)
{
	struct page *head = kmc_page_head(sim, page);

	if (!head || (head->kind != FRAME_LARGE && !(head->flags & PGF_COMPOUND)))
		return false;
	w->start = (uintptr_t)pfn_to_virt_in(sim, page_to_pfn_in(sim, head));
	w->end = w->start + (PAGE_SIZE << head->order);
	return true;
}

/* Return: false: no memory of the machine's that is looked at. */
static bool window_of(struct kmc_cpu *cpu, const void *p, struct window *w)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct page *page;

	*w = (struct window){ 0 };
	if (is_vmalloc_addr(p)) {
		area_window(cpu->sim, p, w);
		return true;
	}
	if (!kmc_in_frames(sc, p))
		return false;
	page = kmc_page_of(sc, p);
	if (page->kind != FRAME_SLAB)
		return block_window(cpu->sim, page, w);
	object_window(cpu->sim, page, p, w);
	return true;
}

static const char *objection(const void *ptr, unsigned long n, bool known, const struct window *w)
{
	uintptr_t p = (uintptr_t)ptr;

	if (ZERO_OR_NULL_PTR(ptr))
		return "no memory";
	if (p + n - 1 < p)
		return "the address wraps";
	if (!known || (p >= w->start && n <= w->end && p <= w->end - n))
		return NULL;
	return w->cache ? "beyond the declared region" : "beyond the block";
}

/*
 * Rule: UC-1, UC-2, UC-3.
 * Model: simplified (6.1 to 6.18): the page behind a vmalloc area is not open, the
 * kernel's check lets it pass and the access faults; no stacks, no kernel text.
 */
static bool copy_allowed(const void *ptr, unsigned long n)
{
	struct kmc_slab_report report = { .kind = KMC_SLAB_USERCOPY, .length = n };
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct window w;
	bool known;

	if (!n || (!(cpu->sim->config.options & KMC_OPT_HARDENED_USERCOPY) &&
		   !KMC_PLANTED(usercopy_always)))
		return true;
	known = window_of(cpu, ptr, &w);
	if (KMC_PLANTED(usercopy_always))
		w.end = w.start;
	report.detail = objection(ptr, n, known, &w);
	if (!report.detail)
		return true;
	report.addr = kmc_sim_address(cpu->sim, ptr);
	kmc_slab_found(cpu->sim, w.cache, w.slab, w.object, &report);
	return false;
}

void __check_object_size(const void *ptr, unsigned long n, bool to_user)
{
	(void)to_user;
	copy_allowed(ptr, n);
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (n > INT_MAX || !copy_allowed(from, n))
		return n;
	return raw_copy_to_user(to, from, n);
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	unsigned long left;

	if (n > INT_MAX || !copy_allowed(to, n))
		return n;
	left = raw_copy_from_user(to, from, n);
	if (left)
		memset((char *)to + (n - left), 0, left);
	return left;
}
