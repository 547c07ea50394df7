/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * krealloc in the four profiles' ways, and the helpers that copy.
 */
#include "slab_debug.h"
#include "alloc/user_memory.h"
#include <string.h>

/* May bytes that growth in place exposes stay as they are? Rule: REA-7. */
static bool zeroes_in_place(enum kmc_profile profile)
{
	return profile != KMC_PROFILE_6_6_9;
}

/* The cache of an object; NULL: it is none. */
static struct kmem_cache *owner_of(struct kmc_cpu *cpu, const void *p)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct page *page = kmc_in_frames(sc, p) ? kmc_page_of(sc, p) : NULL;

	return page && page->kind == FRAME_SLAB ? page->slab.cache : NULL;
}

/* What the last request was, where that is recorded and 6.13's krealloc asks; 0 unknown. */
static size_t request_of(struct kmc_cpu *cpu, const void *p)
{
	struct kmem_cache *s = owner_of(cpu, p);

	if (!s || !kmc_cache_debug(s) || cpu->sim->config.profile < KMC_PROFILE_6_18_44)
		return 0;
	return kmc_debug_requested(s, p);
}

/*
 * A cache object resized in place: how far it reaches. Up to 6.12 that is
 * ksize(), from 6.13 on the object size (REA-6).
 */
static size_t usable_bytes(struct kmc_cpu *cpu, const void *p)
{
	struct kmem_cache *s = owner_of(cpu, p);

	if (s && cpu->sim->config.profile >= KMC_PROFILE_6_18_44)
		return s->object_size;
	return ksize(p);
}

/* Does the block lie where it should, by the machine's addresses? */
static bool block_suits(struct kmc_cpu *cpu, const void *p, unsigned long align, gfp_t flags,
			int nid)
{
	if (align > 1 && kmc_sim_address(cpu->sim, p) & (align - 1) &&
	    !KMC_PLANTED(realloc_align_ignored))
		return false;
	if (nid == NUMA_NO_NODE || !(flags & __GFP_THISNODE) || KMC_PLANTED(realloc_node_ignored))
		return true;
	return kmc_node_of(cpu->sim, kmc_page_of(kmc_slab_cpu_of(cpu), p)) == (unsigned int)nid;
}

static void *resize_in_place(struct kmc_cpu *cpu, void *p, size_t new_size, size_t usable,
			     gfp_t flags)
{
	size_t request = request_of(cpu, p);
	struct kmem_cache *s = owner_of(cpu, p);

	if (KMC_PLANTED(realloc_growth_dirty))
		flags &= ~__GFP_ZERO;
	kmc_unpoison(p, usable);
	if ((flags & __GFP_ZERO) && request && request < new_size)
		memset((char *)p + request, 0, new_size - request);
	else if ((flags & __GFP_ZERO) && zeroes_in_place(cpu->sim->config.profile))
		memset((char *)p + new_size, 0, usable - new_size);
	if (request)
		kmc_debug_resized(s, p, new_size);
	kmc_poison((char *)p + new_size, usable - new_size);
	return p;
}

/* Model: exact (R11; the request is recorded with slab debugging of users only). */
static void *do_krealloc(const void *p, size_t new_size, unsigned long align, gfp_t flags, int nid,
			 const void *call_site)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	size_t usable, kept;
	void *moved;

	if (new_size == 0) {
		kfree(p);
		return KMC_PLANTED(realloc_zero_null) ? NULL : ZERO_SIZE_PTR;
	}
	if (!p && KMC_PLANTED(realloc_null))
		return NULL;
	if (ZERO_OR_NULL_PTR(p))
		return kmc_kmalloc(NULL, new_size, flags, nid, call_site);
	usable = usable_bytes(cpu, p);
	if (new_size <= usable && !KMC_PLANTED(realloc_always_moves) && block_suits(cpu, p, align, flags, nid))
		return resize_in_place(cpu, (void *)p, new_size, usable, flags);
	moved = kmc_kmalloc(NULL, new_size, flags, nid, call_site);
	if (!moved && KMC_PLANTED(realloc_frees_on_failure))
		kfree(p);
	if (!moved)
		return NULL;
	kmc_unpoison(p, usable);
	kept = request_of(cpu, p);
	if (!kept || kept > usable)
		kept = usable;
	memcpy(moved, p, (kept < new_size ? kept : new_size) >> KMC_PLANTED(realloc_copies_half));
	kfree(p);
	if (KMC_PLANTED(realloc_frees_twice))
		kfree(p);
	return moved;
}

/* Rule: REA-1 .. REA-7. Model: exact. */
void *krealloc(const void *p, size_t new_size, gfp_t flags)
{
	return do_krealloc(p, new_size, 1, flags, NUMA_NO_NODE, __builtin_return_address(0));
}

/* Rule: REA-10, ALIGN-12. Model: exact (6.18.35: what is copied never exceeds the new block). */
void *krealloc_node_align(const void *p, size_t new_size, unsigned long align, gfp_t flags,
			  int nid)
{
	return do_krealloc(p, new_size, align, flags, nid, __builtin_return_address(0));
}

static void *copy_of(const void *src, size_t len, gfp_t gfp, const void *call_site)
{
	void *copy = kmc_kmalloc(NULL, len, gfp, NUMA_NO_NODE, call_site);

	if (copy && len)
		memcpy(copy, src, len - KMC_PLANTED(memdup_short));
	return copy;
}

/* Rule: DUP-1, KM-15. Model: exact (6.18). */
void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	return copy_of(src, len, gfp, __builtin_return_address(0));
}

/* Rule: DUP-6. Model: exact (6.18). */
void *kmemdup_array(const void *src, size_t count, size_t element_size, gfp_t gfp)
{
	return copy_of(src, size_mul(element_size, count), gfp, __builtin_return_address(0));
}

/* With its hazard: a length of SIZE_MAX wraps to a request of 0. */
static char *copy_and_end(const char *s, size_t len, gfp_t gfp, const void *call_site)
{
	char *copy;

	if (!s)
		return NULL;
	if (len && KMC_PLANTED(memdup_nul_short))
		len--;
	copy = kmc_kmalloc(NULL, len + 1, gfp, NUMA_NO_NODE, call_site);
	if (!copy || ZERO_OR_NULL_PTR(copy))
		return copy;
	memcpy(copy, s, len);
	copy[len] = KMC_PLANTED(string_unterminated) ? '?' : '\0';
	return copy;
}

/* Rule: DUP-4. Model: exact. */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	return copy_and_end(s, len, gfp, __builtin_return_address(0));
}

/* Rule: DUP-2. Model: exact. */
char *kstrdup(const char *s, gfp_t gfp)
{
	if (!s && KMC_PLANTED(strdup_null))
		s = "";
	return s ? copy_and_end(s, strlen(s), gfp, __builtin_return_address(0)) : NULL;
}

/* Rule: DUP-3. Model: exact. */
char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? copy_and_end(s, strnlen(s, KMC_PLANTED(strndup_past_max) ? SIZE_MAX : max), gfp, __builtin_return_address(0)) : NULL;
}

/* Read-only data of the program plays the part of the kernel's. */
extern const char __executable_start[] __attribute__((weak));
extern const char __etext[] __attribute__((weak));
extern const char __init_array_start[] __attribute__((weak));

static bool is_rodata(const void *p)
{
	const char *end = __init_array_start ? __init_array_start : __etext;

	if (kmc_sim_is_rodata(kmc_this_cpu->sim, p))
		return true;
	return __executable_start && (const char *)p >= __executable_start && (const char *)p < end;
}

/* Rule: DUP-5. Model: exact; what is read-only is the machine's page of it and, by the linker's symbols, the program's own. */
const char *kstrdup_const(const char *s, gfp_t gfp)
{
	return is_rodata(s) ? s : kstrdup(s, gfp);
}

/* Rule: FR-18. Model: exact. */
void kfree_const(const void *x)
{
	if (!is_rodata(x) || KMC_PLANTED(kfree_const_rodata))
		kfree(x);
}
