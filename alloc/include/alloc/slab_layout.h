/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The geometry of a slab cache as a pure function of what the creator asked
 * for: no machine, no state. Used by the slab layer itself, and by whoever
 * predicts the caches of a recorded kernel.
 *
 * Sizes are in bytes; the page size is 4 KiB. Flags are the SLAB_* of
 * <linux/slab.h>: a kernel's own numbers are translated by name first.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "alloc/sim.h"

/* kmalloc classes are numbered as in the kernel: 1 is 96, 2 is 192, 3..13 are 8 << (n - 3). */
#define KMC_KMALLOC_CLASSES 14
/* Preferred slabs are at most 8 pages; larger objects take what they need. */
#define KMC_SLUB_MAX_ORDER 3
#define KMC_SLUB_MAX_OBJECTS 32767

struct kmc_layout_request {
	unsigned int object_size;
	unsigned int align;          /* as asked for, or the kernel's computed one: same result */
	unsigned int flags;          /* SLAB_* */
	bool has_ctor;
	bool use_freeptr_offset;     /* freeptr_offset is given */
	unsigned int freeptr_offset;
	unsigned int nr_cpus;        /* present ones; the possible ones when only one is present */
	enum kmc_profile profile;
};

struct kmc_layout {
	unsigned int size;           /* stride */
	unsigned int align;
	unsigned int inuse;          /* bytes up to metadata */
	unsigned int offset;         /* of the free pointer from the object's start */
	unsigned int red_left;       /* bytes before an object's start */
	unsigned int order;          /* preferred slab order */
	unsigned int min_order;      /* of the fallback */
	unsigned int objects;        /* in a slab of the preferred order */
	unsigned int min_objects;    /* in a slab of the fallback order */
	unsigned int cpu_partial;    /* objects a cpu may keep on partial slabs; 0 with debugging */
	unsigned int cpu_partial_slabs;
	unsigned int min_partial;    /* empty slabs kept per node */
	unsigned int sheaf_capacity; /* our own arrays' */
};

/**
 * kmc_layout_compute() - What the kernel of @request->profile makes of a cache.
 * Return: 0, -EINVAL for an impossible request (align not a power of two, bad
 * free pointer offset), -ENOSPC when no slab order holds an object.
 * Rule: R3, R4, R5, KC-8, ALIGN-7, ALIGN-8.
 */
int kmc_layout_compute(const struct kmc_layout_request *request, struct kmc_layout *layout);

/** kmc_layout_align() - R3's second and third step. */
unsigned int kmc_layout_align(unsigned int flags, unsigned int align, unsigned int object_size);

/** kmc_layout_order() - Preferred order for a stride (R4). Return: the order or -ENOSPC. */
int kmc_layout_order(enum kmc_profile profile, unsigned int stride, unsigned int nr_cpus);

/** kmc_kmalloc_class() - Class number of kmalloc(@size), 1..13; 0 when no class serves it. */
unsigned int kmc_kmalloc_class(size_t size);
/** kmc_kmalloc_class_size() - Bytes of a class; 0 for number 0. */
unsigned int kmc_kmalloc_class_size(unsigned int class);
/** kmc_kmalloc_class_align() - Alignment of a class (R3's first step). */
unsigned int kmc_kmalloc_class_align(enum kmc_profile profile, unsigned int class);

/**
 * kmc_kmalloc_granted() - Bytes that kmalloc(@size) grants: the class's, above
 * 8192 the block's; 0 for a size of 0 and above KMALLOC_MAX_SIZE, where
 * nothing is granted.
 */
size_t kmc_kmalloc_granted(enum kmc_profile profile, size_t size);

/**
 * kmc_sim_granted() - What ksize() would say of a block, without telling the allocator that
 * its caller knows: for observers. Context: a cpu is bound.
 */
size_t kmc_sim_granted(const void *objp);
/**
 * kmc_sim_object_bytes() - Size of an object as its cache was asked for it; for constructors too.
 * Context: a cpu is bound. Return: 0: no object of a cache.
 */
size_t kmc_sim_object_bytes(const void *objp);

/** kmc_order_of() - Smallest order whose block holds @size bytes; 0 for a size of 0. */
unsigned int kmc_order_of(size_t size);
