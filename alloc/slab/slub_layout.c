/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB's arithmetic: size classes, alignment, stride, order and the numbers
 * that follow from them. Pure functions; the rest of slab/ and the replayer's
 * predictions use them. Source: contract R1 to R7.
 */
#include "alloc/slab_layout.h"
#include <errno.h>
#include <stdint.h>
#include "linux/slab.h"

#define PAGE_BYTES  4096u
#define MAX_ORDER_ANY 10u
#define WORD        8u
#define CACHE_LINE  64u
#define TRACK_BYTES 32u

static unsigned int round_up_to(unsigned int value, unsigned int align)
{
	return (value + align - 1) & ~(align - 1);
}

static unsigned int last_bit(unsigned int value)
{
	return value ? 32u - (unsigned int)__builtin_clz(value) : 0;
}

/* Model: exact (all releases). */
unsigned int kmc_order_of(size_t size)
{
	if (size <= PAGE_BYTES)
		return 0;
	return 64u - (unsigned int)__builtin_clzl((size - 1) >> 12);
}

/* Model: exact (R1, all profiles on x86-64). */
unsigned int kmc_kmalloc_class(size_t size)
{
	if (size == 0 || size > KMALLOC_MAX_CACHE_SIZE)
		return 0;
	if (size > 64 && size <= 96)
		return 1;
	if (size > 128 && size <= 192)
		return 2;
	if (size <= 8)
		return 3;
	return last_bit((unsigned int)size - 1);
}

/* Model: exact (R1). */
unsigned int kmc_kmalloc_class_size(unsigned int class)
{
	static const unsigned short odd[] = { 0, 96, 192 };

	if (class >= KMC_KMALLOC_CLASSES)
		return 0;
	return class < 3 ? odd[class] : 1u << class;
}

/* Model: exact (R3: powers of two before 6.11, the power-of-two divisor since). */
unsigned int kmc_kmalloc_class_align(enum kmc_profile profile, unsigned int class)
{
	unsigned int size = kmc_kmalloc_class_size(class);
	unsigned int divisor = size & -size;

	if (profile < KMC_PROFILE_6_12_117 && divisor != size)
		return ARCH_KMALLOC_MINALIGN;
	return divisor > ARCH_KMALLOC_MINALIGN ? divisor : ARCH_KMALLOC_MINALIGN;
}

/* Model: exact (all four profiles agree on x86-64). */
size_t kmc_kmalloc_granted(enum kmc_profile profile, size_t size)
{
	(void)profile;
	if (size > KMALLOC_MAX_SIZE)
		return 0;
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return (size_t)PAGE_BYTES << kmc_order_of(size);
	return kmc_kmalloc_class_size(kmc_kmalloc_class(size));
}

/* Model: exact (6.18). */
unsigned int kmc_layout_align(unsigned int flags, unsigned int align, unsigned int object_size)
{
	if (KMC_PLANTED(cache_align_ignored) && !(flags & SLAB_KMALLOC))
		align = 0;
	if ((flags & SLAB_HWCACHE_ALIGN) && !KMC_PLANTED(cache_hwalign_ignored)) {
		unsigned int line = CACHE_LINE;

		/* Of a size of 0, a caller's error, the kernel looks for the end for ever. */
		while (line > 1 && object_size <= line / 2)
			line /= 2;
		if (align < line)
			align = line;
	}
	if (align < ARCH_SLAB_MINALIGN)
		align = ARCH_SLAB_MINALIGN;
	return round_up_to(align, WORD);
}

static unsigned int objects_of(unsigned int order, unsigned int stride)
{
	return (PAGE_BYTES << order) / stride;
}

/* Is no more than 1/@fraction of a slab of @order wasted? */
static bool little_waste(unsigned int order, unsigned int stride, unsigned int fraction)
{
	unsigned int slab = PAGE_BYTES << order;

	return slab % stride <= slab / fraction;
}

/* First order from @from to 3 whose waste is at most 1/@fraction; -1 none. */
static int first_order(unsigned int from, unsigned int stride, unsigned int fraction)
{
	for (unsigned int order = from; order <= KMC_SLUB_MAX_ORDER; order++)
		if (little_waste(order, stride, fraction))
			return (int)order;
	return -1;
}

static unsigned int min_objects_wanted(unsigned int nr_cpus)
{
	return 4 * (last_bit(nr_cpus) + 1);
}

static int order_since_6_8(unsigned int stride, unsigned int wanted)
{
	unsigned int most = objects_of(KMC_SLUB_MAX_ORDER, stride);
	unsigned int from;

	if (most == 0)
		most = 1;
	if (wanted > most)
		wanted = most;
	from = kmc_order_of((size_t)wanted * stride);
	for (unsigned int fraction = 16; fraction > 1; fraction /= 2) {
		int order = first_order(from, stride, fraction);

		if (order >= 0)
			return order;
	}
	return (int)kmc_order_of(stride);
}

static int order_until_6_6(unsigned int stride, unsigned int wanted)
{
	unsigned int most = objects_of(KMC_SLUB_MAX_ORDER, stride);

	if (wanted > most)
		wanted = most;
	for (; wanted > 1; wanted--) {
		unsigned int from = kmc_order_of((size_t)wanted * stride);

		for (unsigned int fraction = 16; fraction >= 4; fraction /= 2) {
			int order = first_order(from, stride, fraction);

			if (order >= 0)
				return order;
		}
	}
	return (int)kmc_order_of(stride);
}

/* Model: exact (R4; 6.1 and 6.6 share one algorithm, 6.12 and 6.18 the other). */
int kmc_layout_order(enum kmc_profile profile, unsigned int stride, unsigned int nr_cpus)
{
	unsigned int wanted = min_objects_wanted(nr_cpus);
	int order;

	if (stride == 0)
		return -ENOSPC;
	order = profile >= KMC_PROFILE_6_12_117 ? order_since_6_8(stride, wanted) :
						  order_until_6_6(stride, wanted);
	return order > (int)MAX_ORDER_ANY ? -ENOSPC : order;
}

/* The free pointer may not overwrite what lies in the object. Model: exact (R5). */
static bool freeptr_outside(const struct kmc_layout_request *r)
{
	if (KMC_PLANTED(freeptr_inside))
		return false;
	if ((r->flags & SLAB_TYPESAFE_BY_RCU) && !r->use_freeptr_offset)
		return true;
	if ((r->flags & SLAB_POISON) || r->has_ctor)
		return true;
	if (!(r->flags & SLAB_RED_ZONE))
		return false;
	if (r->object_size < WORD)
		return true;
	return r->profile >= KMC_PROFILE_6_6_9 && (r->flags & SLAB_STORE_USER) &&
	       (r->flags & SLAB_KMALLOC);
}

/* Rule: KC-8. Model: exact (6.12, 6.18; older releases have no such argument). */
static bool freeptr_valid(const struct kmc_layout_request *r)
{
	if (!r->use_freeptr_offset)
		return true;
	if (KMC_PLANTED(freeptr_unchecked))
		return true;
	return (r->flags & SLAB_TYPESAFE_BY_RCU) && r->freeptr_offset % WORD == 0 &&
	       r->object_size >= WORD && r->freeptr_offset <= r->object_size - WORD;
}

/* Everything behind the object: Model: exact but KASAN's own metadata (R5). */
static void layout_stride(const struct kmc_layout_request *r, struct kmc_layout *l)
{
	unsigned int size = round_up_to(r->object_size, WORD);

	if ((r->flags & SLAB_RED_ZONE) && size == r->object_size)
		size += WORD;
	l->inuse = size;
	if (freeptr_outside(r)) {
		l->offset = size;
		size += WORD;
	} else if (r->use_freeptr_offset) {
		l->offset = r->freeptr_offset;
	} else {
		l->offset = r->object_size / 2 / WORD * WORD;
	}
	if (r->flags & SLAB_STORE_USER) {
		size += 2 * TRACK_BYTES;
		if (r->flags & SLAB_KMALLOC)
			size += sizeof(unsigned int);
	}
	l->red_left = 0;
	if (r->flags & SLAB_RED_ZONE) {
		l->red_left = KMC_PLANTED(red_zone_unaligned) ? WORD : round_up_to(WORD, l->align);
		size += WORD + l->red_left;
	}
	l->size = round_up_to(size, l->align);
	if ((r->flags & SLAB_KMALLOC) && r->object_size < 2048 && KMC_PLANTED(stride_unaligned))
		l->size += WORD;
	if ((r->flags & SLAB_KMALLOC) && r->object_size == WORD && KMC_PLANTED(stride_odd))
		l->size += WORD / 2;
}

static unsigned int cpu_partial_of(unsigned int flags, unsigned int stride)
{
	if (flags & (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER |
		     SLAB_TRACE))
		return 0;
	if (stride >= PAGE_BYTES)
		return 6;
	if (stride >= 1024)
		return 24;
	return stride >= 256 ? 52 : 120;
}

/* R7's capacities of 7.0: our own choice for every profile. */
static unsigned int sheaf_capacity_of(unsigned int stride)
{
	if (stride >= PAGE_BYTES)
		return 4;
	if (stride >= 1024)
		return 12;
	return stride >= 256 ? 28 : 60;
}

static unsigned int min_partial_of(unsigned int stride)
{
	unsigned int half = (last_bit(stride) - 1) / 2;

	if (half < 5)
		return 5;
	return half > 10 ? 10 : half;
}

static void layout_numbers(const struct kmc_layout_request *r, struct kmc_layout *l)
{
	l->objects = objects_of(l->order, l->size);
	if (l->objects > KMC_SLUB_MAX_OBJECTS)
		l->objects = KMC_SLUB_MAX_OBJECTS;
	l->min_objects = objects_of(l->min_order, l->size);
	if (l->min_objects > KMC_SLUB_MAX_OBJECTS)
		l->min_objects = KMC_SLUB_MAX_OBJECTS;
	l->cpu_partial = cpu_partial_of(r->flags, l->size);
	l->cpu_partial_slabs = (2 * l->cpu_partial + l->objects - 1) / l->objects;
	l->min_partial = min_partial_of(l->size);
	l->sheaf_capacity = sheaf_capacity_of(l->size);
}

/* Model: exact for generic, non-KASAN kernels (6.1.192, 6.6.9, 6.12.117, 6.18.44). */
int kmc_layout_compute(const struct kmc_layout_request *r, struct kmc_layout *l)
{
	int order;

	if ((r->align & (r->align - 1)) || r->align > (1u << 30))
		return -EINVAL;
	if (r->object_size == 0 || r->object_size > (1u << 30) || !freeptr_valid(r))
		return -EINVAL;
	l->align = kmc_layout_align(r->flags, r->align, r->object_size);
	layout_stride(r, l);
	order = kmc_layout_order(r->profile, l->size, r->nr_cpus);
	if (order < 0)
		return order;
	l->order = (unsigned int)order;
	l->min_order = kmc_order_of(l->size);
	layout_numbers(r, l);
	return 0;
}
