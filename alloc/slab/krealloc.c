/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * krealloc in the four profiles' ways, and the helpers that copy.
 */
#include "slub_core.h"
#include <string.h>

/* May bytes that growth in place exposes stay as they are? Rule: REA-7. */
static bool zeroes_in_place(enum kmc_profile profile)
{
	return profile != KMC_PROFILE_6_6_9;
}

/*
 * A cache object resized in place: how far it reaches. Up to 6.12 that is
 * ksize(), from 6.13 on the object size (REA-6).
 */
static size_t usable_bytes(struct kmc_cpu *cpu, const void *p)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	size_t bytes = ksize(p);

	if (bytes && cpu->sim->config.profile >= KMC_PROFILE_6_18_44) {
		struct page *page = kmc_page_of(sc, p);

		if (page->kind == FRAME_SLAB)
			bytes = page->slab.cache->object_size;
	}
	return bytes;
}

static void *resize_in_place(struct kmc_cpu *cpu, void *p, size_t new_size, size_t usable,
			     gfp_t flags)
{
	kmc_unpoison(p, usable);
	if ((flags & __GFP_ZERO) && zeroes_in_place(cpu->sim->config.profile))
		memset((char *)p + new_size, 0, usable - new_size);
	kmc_poison((char *)p + new_size, usable - new_size);
	return p;
}

/* Model: exact (R11; the request is never recorded, as without slab debugging). */
void *krealloc(const void *p, size_t new_size, gfp_t flags)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	size_t usable;
	void *moved;

	if (new_size == 0) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (ZERO_OR_NULL_PTR(p))
		return kmalloc_track_caller(new_size, flags);
	usable = usable_bytes(cpu, p);
	if (new_size <= usable)
		return resize_in_place(cpu, (void *)p, new_size, usable, flags);
	moved = kmalloc_track_caller(new_size, flags);
	if (!moved)
		return NULL;
	kmc_unpoison(p, usable);
	memcpy(moved, p, usable);
	kfree(p);
	return moved;
}

/* Model: exact (6.18). */
void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kmalloc_track_caller(len, gfp);

	if (copy && len)
		memcpy(copy, src, len);
	return copy;
}

void *kmemdup_array(const void *src, size_t count, size_t element_size, gfp_t gfp)
{
	return kmemdup(src, size_mul(element_size, count), gfp);
}

/* Model: exact, with its hazard: a length of SIZE_MAX wraps to a request of 0. */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	char *copy;

	if (!s)
		return NULL;
	copy = kmalloc_track_caller(len + 1, gfp);
	if (!copy || ZERO_OR_NULL_PTR(copy))
		return copy;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

/* Model: exact (6.18), and kstrndup(). */
char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strlen(s), gfp) : NULL;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strnlen(s, max), gfp) : NULL;
}

/* Read-only data of the program plays the part of the kernel's. */
extern const char __executable_start[] __attribute__((weak));
extern const char __etext[] __attribute__((weak));
extern const char __init_array_start[] __attribute__((weak));

static bool is_rodata(const void *p)
{
	const char *end = __init_array_start ? __init_array_start : __etext;

	return __executable_start && (const char *)p >= __executable_start && (const char *)p < end;
}

/* Model: simplified: what is read-only is read from the linker's symbols. */
const char *kstrdup_const(const char *s, gfp_t gfp)
{
	return is_rodata(s) ? s : kstrdup(s, gfp);
}

/* Rule: FR-18. */
void kfree_const(const void *x)
{
	if (!is_rodata(x))
		kfree(x);
}
