/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object allocators under the kernel's names: kmalloc and its kin, caches,
 * freeing. Included by kernel-style code that runs on a simulated machine; the
 * calling thread has bound one of the machine's cpus (alloc/sim.h).
 *
 * A deliberate difference: kmalloc() and kfree() are plain functions, so a
 * constant size is treated like any other (the kernel folds the size class,
 * and emits one kmalloc event where a variable large size emits two).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/string.h>

struct kmem_cache;
struct list_lru;

/* What a request of no bytes gets: not NULL, not memory. Rule: KM-3, KM-4. */
#define ZERO_SIZE_PTR     ((void *)16)
#define ZERO_OR_NULL_PTR(x) ((uintptr_t)(x) <= (uintptr_t)ZERO_SIZE_PTR)

#define ARCH_KMALLOC_MINALIGN  8
#define ARCH_SLAB_MINALIGN     8
#define KMALLOC_MIN_SIZE       8
#define KMALLOC_SHIFT_HIGH     13
#define KMALLOC_MAX_CACHE_SIZE 8192ul
#define KMALLOC_MAX_SIZE       (4ul << 20)
#define KMALLOC_MAX_ORDER      10

/*
 * Cache flags. The values are those that releases up to 6.8 fixed; from 6.9
 * on the kernel numbers them by configuration, so whoever reads a running
 * kernel's flags translates them by name.
 */
typedef unsigned int slab_flags_t;
#define SLAB_CONSISTENCY_CHECKS ((slab_flags_t)0x00000100)
#define SLAB_RED_ZONE           ((slab_flags_t)0x00000400)
#define SLAB_POISON             ((slab_flags_t)0x00000800)
#define SLAB_KMALLOC            ((slab_flags_t)0x00001000)
#define SLAB_HWCACHE_ALIGN      ((slab_flags_t)0x00002000)
#define SLAB_CACHE_DMA          ((slab_flags_t)0x00004000)
#define SLAB_CACHE_DMA32        ((slab_flags_t)0x00008000)
#define SLAB_STORE_USER         ((slab_flags_t)0x00010000)
#define SLAB_RECLAIM_ACCOUNT    ((slab_flags_t)0x00020000)
#define SLAB_TEMPORARY          SLAB_RECLAIM_ACCOUNT
#define SLAB_PANIC              ((slab_flags_t)0x00040000)
#define SLAB_TYPESAFE_BY_RCU    ((slab_flags_t)0x00080000)
#define SLAB_MEM_SPREAD         ((slab_flags_t)0x00100000)
#define SLAB_TRACE              ((slab_flags_t)0x00200000)
#define SLAB_DEBUG_OBJECTS      ((slab_flags_t)0x00400000)
#define SLAB_NOLEAKTRACE        ((slab_flags_t)0x00800000)
#define SLAB_NO_MERGE           ((slab_flags_t)0x01000000)
#define SLAB_FAILSLAB           ((slab_flags_t)0x02000000)
#define SLAB_ACCOUNT            ((slab_flags_t)0x04000000)
#define SLAB_KASAN              ((slab_flags_t)0x08000000)
#define SLAB_NO_USER_FLAGS      ((slab_flags_t)0x10000000)
#define SLAB_NO_OBJ_EXT         ((slab_flags_t)0x20000000)

/* kmalloc */

/**
 * kmalloc() - Allocate physically contiguous memory.
 * @size: bytes; 0 gives ZERO_SIZE_PTR, above KMALLOC_MAX_SIZE gives NULL.
 *
 * Context: any but NMI; sleeps only when @flags has __GFP_DIRECT_RECLAIM.
 * Return: the block, aligned as ALIGN-1 to ALIGN-3 say, or NULL (KM-25).
 * Rule: KM-1 .. KM-14.
 */
void *kmalloc(size_t size, gfp_t flags);
/**
 * kmalloc_node() - As kmalloc(), with a preferred or, by __GFP_THISNODE, required node.
 * Rule: KM-13.
 */
void *kmalloc_node(size_t size, gfp_t flags, int node);
#ifndef _RET_IP_
#define _RET_IP_ ((unsigned long)__builtin_return_address(0))
#endif
/** kmalloc_node_track_caller_noprof() - As kmalloc_node(); events name @caller. Rule: KM-15. */
void *kmalloc_node_track_caller_noprof(size_t size, gfp_t flags, int node, unsigned long caller);
#define kmalloc_node_track_caller(size, flags, node) \
	kmalloc_node_track_caller_noprof(size, flags, node, _RET_IP_)
#define kmalloc_track_caller(size, flags) \
	kmalloc_node_track_caller_noprof(size, flags, NUMA_NO_NODE, _RET_IP_)

/**
 * kmalloc_nolock() - A block without waiting for anything, any context.
 * @size: at most KMALLOC_MAX_CACHE_SIZE, else NULL.
 * @gfp_flags: only __GFP_ACCOUNT, __GFP_ZERO and __GFP_NO_OBJ_EXT.
 *
 * No event tells of it. Return: NULL is a normal answer; the block may be of the
 * next larger class. Rule: KM-21, KM-24.
 */
void *kmalloc_nolock(size_t size, gfp_t gfp_flags, int node);

/** kzalloc() - As kmalloc(), zeroed. Rule: KM-7. */
static inline void *kzalloc(size_t size, gfp_t flags)
{
	return kmalloc(size, flags | __GFP_ZERO);
}

static inline void *kzalloc_node(size_t size, gfp_t flags, int node)
{
	return kmalloc_node(size, flags | __GFP_ZERO, node);
}

/** kmalloc_array() - @n elements of @size bytes; NULL when the product overflows. Rule: ARR-1. */
static inline void *kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) && !KMC_PLANTED(array_wraps))
		return NULL;
	return kmalloc(bytes, flags);
}

static inline void *kmalloc_array_node(size_t n, size_t size, gfp_t flags, int node)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_node(bytes, flags, node);
}

/** kcalloc() - As kmalloc_array(), zeroed. Rule: ARR-1, ARR-2. */
static inline void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	return kmalloc_array(n, size, KMC_PLANTED(calloc_dirty) ? flags : flags | __GFP_ZERO);
}

static inline void *kcalloc_node(size_t n, size_t size, gfp_t flags, int node)
{
	return kmalloc_array_node(n, size, flags | __GFP_ZERO, node);
}

/**
 * krealloc() - Resize a kmalloc block.
 * @p: NULL or ZERO_SIZE_PTR: as kmalloc().
 * @new_size: 0 frees @p and gives ZERO_SIZE_PTR.
 *
 * Return: the block, contents kept up to the smaller size; NULL leaves @p as
 * it was. Rule: REA-1 .. REA-8.
 */
void *krealloc(const void *p, size_t new_size, gfp_t flags) __attribute__((warn_unused_result));
/**
 * krealloc_node_align() - krealloc() that also moves a block which is not aligned
 * to @align, or with __GFP_THISNODE not on @nid. The new block has no other
 * alignment than kmalloc gives its size. Rule: REA-10, ALIGN-12.
 */
void *krealloc_node_align(const void *p, size_t new_size, unsigned long align, gfp_t flags,
			  int nid) __attribute__((warn_unused_result));
#define krealloc_node(p, new_size, flags, nid) krealloc_node_align(p, new_size, 1, flags, nid)

/** krealloc_array() - krealloc() to @new_n elements; NULL on overflow, @p stays. Rule: ARR-3. */
static inline __attribute__((warn_unused_result)) void *
krealloc_array(void *p, size_t new_n, size_t new_size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(new_n, new_size, &bytes) && !KMC_PLANTED(realloc_array_wraps))
		return NULL;
	return krealloc(p, bytes, flags);
}

/** kmalloc_size_roundup() - Bytes that kmalloc(@size) makes usable. Rule: KM-16. */
size_t kmalloc_size_roundup(size_t size);
/** ksize() - Bytes of the block; 0 for NULL and ZERO_SIZE_PTR. Rule: KM-17, KM-18. */
size_t ksize(const void *objp);

/* freeing */

/**
 * kfree() - Free a block of kmalloc() or, from 6.4 on, an object of any cache.
 * NULL and ZERO_SIZE_PTR do nothing. Rule: FR-1, FR-2, FR-7, FR-8.
 * Context: any but NMI; never sleeps.
 */
void kfree(const void *object);
/** kfree_sensitive() - Wipe the whole block, then free it. Rule: FR-13. */
void kfree_sensitive(const void *p);

/* kvmalloc: kmalloc, and vmalloc where that fails */

/**
 * kvmalloc_node_align() - @size bytes, contiguous by address at least.
 * @align: honoured as far as kmalloc goes, and by vmalloc.
 * @flags: GFP_KERNEL, GFP_NOFS or GFP_NOIO, and what R9 allows besides.
 *
 * Return: up to a page a kmalloc block or NULL; else what either gives. 0 bytes:
 * ZERO_SIZE_PTR. Rule: KV-1 .. KV-12.
 */
void *kvmalloc_node_align(size_t size, unsigned long align, gfp_t flags, int node);

static inline void *kvmalloc_node(size_t size, gfp_t flags, int node)
{
	return kvmalloc_node_align(size, 1, flags, node);
}

static inline void *kvmalloc(size_t size, gfp_t flags)
{
	return kvmalloc_node(size, flags, NUMA_NO_NODE);
}

/** kvzalloc() - As kvmalloc(), zeroed. Rule: KV-8. */
static inline void *kvzalloc(size_t size, gfp_t flags)
{
	return kvmalloc(size, flags | __GFP_ZERO);
}

static inline void *kvzalloc_node(size_t size, gfp_t flags, int node)
{
	return kvmalloc_node(size, flags | __GFP_ZERO, node);
}

/** kvmalloc_array() - @n elements of @size bytes; NULL when the product overflows. Rule: KV-9. */
static inline void *kvmalloc_array_node(size_t n, size_t size, gfp_t flags, int node)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) && !KMC_PLANTED(kvmalloc_array_wraps))
		return NULL;
	return kvmalloc_node(bytes, flags, node);
}

static inline void *kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	return kvmalloc_array_node(n, size, flags, NUMA_NO_NODE);
}

/** kvcalloc() - As kvmalloc_array(), zeroed. Rule: KV-8, KV-9. */
static inline void *kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return kvmalloc_array(n, size, flags | __GFP_ZERO);
}

static inline void *kvcalloc_node(size_t n, size_t size, gfp_t flags, int node)
{
	return kvmalloc_array_node(n, size, flags | __GFP_ZERO, node);
}

/**
 * kvrealloc() - Resize what kvmalloc() or one of its backends gave.
 *
 * Two forms, told apart by their number of arguments: (p, size, flags) from 6.12 on and
 * (p, oldsize, newsize, flags) before. Return: NULL leaves @p as it was, but for a size
 * of 0 on an area, which is freed. Rule: REA-11 .. REA-13, REA-17, REA-20.
 */
void *kvrealloc_node_align(const void *p, size_t size, unsigned long align, gfp_t flags, int nid)
	__attribute__((warn_unused_result));
void *kvrealloc_from(const void *p, size_t oldsize, size_t newsize, gfp_t flags)
	__attribute__((warn_unused_result));
#define kvrealloc_to(p, size, flags) kvrealloc_node_align(p, size, 1, flags, NUMA_NO_NODE)
#define kvrealloc_pick(a, b, c, form, ...) form
#define kvrealloc(p, ...) kvrealloc_pick(__VA_ARGS__, kvrealloc_from, kvrealloc_to, )(p, __VA_ARGS__)

/** kvfree() - Free by what the address is: slab, large block or vmalloc area. Rule: KV-11, FR-7. */
void kvfree(const void *addr);
/** kvfree_sensitive() - Wipe @len bytes, then kvfree(). Rule: FR-13. */
void kvfree_sensitive(const void *addr, size_t len);
/** kvfree_atomic() - As kvfree(); an area is freed later. Rule: KV-11. */
void kvfree_atomic(const void *addr);
/** kfree_bulk() - Free @size blocks; caches and large blocks may be mixed. Rule: FR-3, FR-14. */
void kfree_bulk(size_t size, void **p);

/**
 * kfree_nolock() - Free a block of kmalloc_nolock(), from any context, NMI too.
 *
 * Where that needs a lock it is put off until the cpu may take one. No event tells
 * of it (TRC-8). From 6.18 on. Rule: FR-7, FR-8, FR-16, FR-22.
 */
void kfree_nolock(const void *object);

/* caches */

/**
 * struct kmem_cache_args - Optional properties; 0 means unused. Rule: KC-7.
 * @align: required alignment in bytes, a power of two.
 * @useroffset: start of the region that may be copied to and from user space.
 * @usersize: length of that region; 0 none.
 * @freeptr_offset: where the free pointer lies, with @use_freeptr_offset. Rule: KC-8.
 * @use_freeptr_offset: @freeptr_offset is set (it may be 0).
 * @ctor: run once for every object of a new slab. Rule: KC-9.
 * @sheaf_capacity: wanted capacity of the per-cpu arrays; 0 the allocator's own choice.
 */
struct kmem_cache_args {
	unsigned int align;
	unsigned int useroffset;
	unsigned int usersize;
	unsigned int freeptr_offset;
	bool use_freeptr_offset;
	void (*ctor)(void *object);
	unsigned int sheaf_capacity;
};

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int object_size,
					    struct kmem_cache_args *args, slab_flags_t flags);

static inline struct kmem_cache *__kmem_cache_create(const char *name, unsigned int size,
						     unsigned int align, slab_flags_t flags,
						     void (*ctor)(void *))
{
	struct kmem_cache_args args = { .align = align, .ctor = ctor };

	return __kmem_cache_create_args(name, size, &args, flags);
}

static inline struct kmem_cache *__kmem_cache_default_args(const char *name, unsigned int size,
							   void *args, slab_flags_t flags)
{
	(void)args;
	return __kmem_cache_create_args(name, size, NULL, flags);
}

/** kmem_cache_create_usercopy() - Cache with a region open to user copies. Rule: KC-39, UC-1. */
static inline struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned int size, unsigned int align,
			   slab_flags_t flags, unsigned int useroffset, unsigned int usersize,
			   void (*ctor)(void *))
{
	struct kmem_cache_args args = {
		.align = align,
		.ctor = ctor,
		.useroffset = useroffset,
		.usersize = usersize,
	};

	return __kmem_cache_create_args(name, size, &args, flags);
}

/**
 * kmem_cache_create() - Create a cache.
 *
 * Two forms, told apart by the third argument: (name, size, align, flags,
 * ctor) and (name, size, struct kmem_cache_args * or NULL, flags).
 * Context: task, may sleep. Return: the cache or NULL. Rule: KC-2 .. KC-8, KC-20, KC-21.
 */
#define kmem_cache_create(name, size, third, ...)                      \
	_Generic((third),                                              \
		struct kmem_cache_args *: __kmem_cache_create_args,    \
		void *: __kmem_cache_default_args,                     \
		default: __kmem_cache_create)(name, size, third, __VA_ARGS__)

/** KMEM_CACHE() - A cache for a type, with its size and alignment. Rule: ALIGN-9. */
#define KMEM_CACHE(type, flags)                                               \
	__kmem_cache_create_args(#type, sizeof(struct type),                  \
				 &(struct kmem_cache_args){                   \
					 .align = __alignof__(struct type) }, \
				 (flags))
#define KMEM_CACHE_USERCOPY(type, flags, field)                                       \
	__kmem_cache_create_args(#type, sizeof(struct type),                          \
				 &(struct kmem_cache_args){                           \
					 .align = __alignof__(struct type),           \
					 .useroffset = offsetof(struct type, field),  \
					 .usersize = sizeof(((struct type *)0)->field) }, \
				 (flags))

/** kmem_cache_alloc() - An object. Return: NULL for a reason of KM-25. Rule: KC-41, ALIGN-7. */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t flags);
/** kmem_cache_alloc_node() - With a node, as kmalloc_node(). Rule: KC-30. */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node);
/**
 * kmem_cache_alloc_lru() - As kmem_cache_alloc(); an object that is charged finds its
 * group's lists in @lru made. Rule: KC-31.
 */
void *kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru, gfp_t flags);

/** kmem_cache_zalloc() - An object of zeroes. Rule: KC-12. */
static inline void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t flags)
{
	return kmem_cache_alloc(s, KMC_PLANTED(zalloc_cache_dirty) ? flags : flags | __GFP_ZERO);
}

/** kmem_cache_free() - Give an object of @s back. Rule: FR-2, FR-6, DBG-8. */
void kmem_cache_free(struct kmem_cache *s, void *objp);
/**
 * kmem_cache_alloc_bulk() - @size objects into @p, or none.
 * Return: @size or 0. Rule: KC-32, KC-33, KC-35.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t flags, size_t size, void **p);
/**
 * kmem_cache_free_bulk() - Free @size objects; NULL @s: whatever each belongs to.
 * Rule: FR-14, FR-15, KC-35.
 */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t size, void **p);
/**
 * kmem_cache_destroy() - Drop a name of a cache, with the last one the cache.
 * Context: task, may sleep. Rule: KC-24 .. KC-26, KC-42.
 */
void kmem_cache_destroy(struct kmem_cache *s);
/** kmem_cache_shrink() - Release empty slabs. Return: 0 only when no slab is left. Rule: KC-23. */
int kmem_cache_shrink(struct kmem_cache *s);
/** kmem_cache_size() - The object size; of a shared cache its largest user's. Rule: KC-22. */
unsigned int kmem_cache_size(struct kmem_cache *s);

/**
 * kmem_cache_charge() - Charge an object that was allocated without.
 *
 * Return: true also when nothing was charged: no memcg, charged already, an
 * object of a plain kmalloc cache. Rule: KC-38.
 */
bool kmem_cache_charge(void *objp, gfp_t gfpflags);

/* objects set aside beforehand */

struct slab_sheaf;

/**
 * kmem_cache_prefill_sheaf() - @size objects put aside for allocations to come.
 * Context: as @gfp says. Return: NULL: not all of them could be had.
 * Rule: KC-36.
 */
struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp, unsigned int size);
/**
 * kmem_cache_refill_sheaf() - Fill up to @size objects again.
 * @sheafp: may be replaced by a larger sheaf.
 * Return: 0, -EINVAL, or -ENOMEM with the sheaf as it was. Rule: KC-36.
 */
int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf **sheafp,
			    unsigned int size);
/** kmem_cache_alloc_from_sheaf() - One of them, in any context. Return: NULL: it is empty. */
void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf);
/** kmem_cache_return_sheaf() - Give the sheaf back with what is left in it. Rule: KC-36. */
void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf);
/** kmem_cache_sheaf_size() - Objects that are left. */
unsigned int kmem_cache_sheaf_size(struct slab_sheaf *sheaf);

/* sets of caches of one user's own */

typedef struct kmem_cache *kmem_buckets[KMALLOC_SHIFT_HIGH + 1];

/**
 * kmem_buckets_create() - A cache for each size class, merged with nobody's.
 * @name: caches are named NAME-8, NAME-16 and so on.
 * @useroffset: start of the region that may be copied to and from user space,
 *              in those of the caches that reach so far.
 * @usersize: length of that region at most.
 *
 * Without CONFIG_SLAB_BUCKETS the result is a mere token, and requests are plain
 * kmalloc. Context: task, may sleep. Return: NULL when there is no memory.
 * Rule: R2, ALIGN-15. Looked at: 6.18.
 */
kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags, unsigned int useroffset,
				  unsigned int usersize, void (*ctor)(void *));
/** kmem_buckets_alloc_noprof() - kmalloc() out of @b; NULL @b: kmalloc itself. */
void *kmem_buckets_alloc_noprof(kmem_buckets *b, size_t size, gfp_t flags, unsigned long caller);
#define kmem_buckets_alloc(b, size, flags) kmem_buckets_alloc_noprof(b, size, flags, _THIS_IP_)
/** kmem_buckets_valloc() - kvmalloc() whose kmalloc is out of @b. */
void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t flags);
#define kmem_buckets_alloc_track_caller(b, size, flags) \
	kmem_buckets_alloc_noprof(b, size, flags, _RET_IP_)
#ifndef _THIS_IP_
#define _THIS_IP_ ({ __label__ here_; here_: (unsigned long)&&here_; })
#endif

/* objects by type: the size cannot be wrong */

#ifndef __counted_by
#if defined(__has_attribute)
#if __has_attribute(__counted_by__)
#define __counted_by(member) __attribute__((__counted_by__(member)))
#endif
#endif
#endif
#ifndef __counted_by
#define __counted_by(member)
#endif

/* The member that counts an array's elements, where the compiler can tell; else nothing. */
#if defined(__has_builtin)
#if __has_builtin(__builtin_counted_by_ref)
#define kmc_store_counter(array, count)                                            \
	(*_Generic(__builtin_counted_by_ref(array),                                \
		   void *: &(size_t){ 0 },                                         \
		   default: __builtin_counted_by_ref(array)) = (count))
#endif
#endif
#ifndef kmc_store_counter
#define kmc_store_counter(array, count) ((void)(count))
#endif

/* The last argument of a call that need not have one. */
#define kmc_gfp_or_default(...)         kmc_second_(, ##__VA_ARGS__, GFP_KERNEL)
#define kmc_second_(nothing, gfp, ...)  gfp

#define kmc_objects_(alloc, gfp, type, count) \
	((__typeof__(type) *)alloc(size_mul(sizeof(__typeof__(type)), (count)), gfp))
#define kmc_flex_(alloc, gfp, type, member, count)                                        \
	({                                                                                \
		const size_t flex_count_ = (count);                                       \
		__typeof__(type) *flex_ =                                                 \
			alloc(struct_size_t(__typeof__(type), member, flex_count_), gfp); \
		if (flex_)                                                                \
			kmc_store_counter(flex_->member, flex_count_);                    \
		flex_;                                                                    \
	})

/**
 * kmalloc_obj() - One object of a type or of a variable's type; the flags may be
 * left out for GFP_KERNEL. kmalloc_objs(): @count of them, saturated;
 * kmalloc_flex(): a structure with @count elements in its last member, whose
 * counter is stored too where the compiler supports __counted_by().
 * Rule: KM-23. Looked at: 7.0.
 */
#define kmalloc_obj(type, ...)  kmc_objects_(kmalloc, kmc_gfp_or_default(__VA_ARGS__), type, 1)
#define kmalloc_objs(type, count, ...) \
	kmc_objects_(kmalloc, kmc_gfp_or_default(__VA_ARGS__), type, count)
#define kmalloc_flex(type, member, count, ...) \
	kmc_flex_(kmalloc, kmc_gfp_or_default(__VA_ARGS__), type, member, count)
#define kzalloc_obj(type, ...)  kmc_objects_(kzalloc, kmc_gfp_or_default(__VA_ARGS__), type, 1)
#define kzalloc_objs(type, count, ...) \
	kmc_objects_(kzalloc, kmc_gfp_or_default(__VA_ARGS__), type, count)
#define kzalloc_flex(type, member, count, ...) \
	kmc_flex_(kzalloc, kmc_gfp_or_default(__VA_ARGS__), type, member, count)
#define kvmalloc_obj(type, ...) kmc_objects_(kvmalloc, kmc_gfp_or_default(__VA_ARGS__), type, 1)
#define kvmalloc_objs(type, count, ...) \
	kmc_objects_(kvmalloc, kmc_gfp_or_default(__VA_ARGS__), type, count)
#define kvmalloc_flex(type, member, count, ...) \
	kmc_flex_(kvmalloc, kmc_gfp_or_default(__VA_ARGS__), type, member, count)
#define kvzalloc_obj(type, ...) kmc_objects_(kvzalloc, kmc_gfp_or_default(__VA_ARGS__), type, 1)
#define kvzalloc_objs(type, count, ...) \
	kmc_objects_(kvzalloc, kmc_gfp_or_default(__VA_ARGS__), type, count)
#define kvzalloc_flex(type, member, count, ...) \
	kmc_flex_(kvzalloc, kmc_gfp_or_default(__VA_ARGS__), type, member, count)
