/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debugging of slabs: bytes around and in objects whose values are known, who
 * had them, what is reported. Private to slab/.
 *
 * A cache with any of these flags has no sheaves: its slabs' placement tags say
 * so, and each object passes kmc_debug_taken() and kmc_debug_freeing() under its
 * node's lock. The fast paths know nothing of it.
 */
#pragma once
#include "slub_core.h"
#include "raw_bytes.h"
#include "alloc/slab_report.h"

#define KMC_SLAB_DEBUG_FLAGS                                                              \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_CONSISTENCY_CHECKS)

#define KMC_RED_INACTIVE 0xbb
#define KMC_RED_ACTIVE   0xcc
#define KMC_POISON_INUSE 0x5a
#define KMC_POISON_FREE  0x6b
#define KMC_POISON_END   0xa5

struct kmc_slab_reports {
	struct kmc_lock lock;
	uint32_t count;
	struct kmc_slab_report kept[KMC_SLAB_REPORTS_KEPT];
};

static inline bool kmc_cache_debug(const struct kmem_cache *s)
{
	return s->flags & KMC_SLAB_DEBUG_FLAGS;
}

/* Are the object's own bytes poisoned? Its user's constructor or readers would mind. */
static inline bool kmc_object_poison(const struct kmem_cache *s)
{
	return (s->flags & SLAB_POISON) && !s->ctor && !(s->flags & SLAB_TYPESAFE_BY_RCU);
}

/* slab_debug.c */

/** kmc_debug_slab_new() - Known values all over a new slab; its objects are free. */
void kmc_debug_slab_new(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab);
/** kmc_debug_taken() - An object leaves its chain. Return: false: damaged, the slab is given up. */
bool kmc_debug_taken(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab,
		     void *object);
/** kmc_debug_allocated() - It has a user, who asked for so many bytes. */
void kmc_debug_allocated(struct kmc_cpu *cpu, const struct kmem_cache *s, void *object,
			 size_t requested_bytes);
/** kmc_debug_freeing() - It comes back. Return: false: that is wrong, it stays where it is. */
bool kmc_debug_freeing(struct kmc_cpu *cpu, const struct kmem_cache *s, struct page *slab,
		       void *object);
/** kmc_debug_object_check() - Report and mend what is damaged. Return: nothing was. */
bool kmc_debug_object_check(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab,
			    void *object, uint8_t red);
/** kmc_debug_slab_check() - The same for the slab's unused end. */
bool kmc_debug_slab_check(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab);
/** kmc_debug_resized() - krealloc() in place, or ksize(): the object's user may use so many bytes. */
void kmc_debug_resized(const struct kmem_cache *s, void *object, size_t bytes);
/** kmc_debug_requested() - What was asked for; 0 where that is not recorded. */
size_t kmc_debug_requested(const struct kmem_cache *s, const void *object);
/** kmc_debug_zero_bytes() - How much of an object zeroing may reach. */
size_t kmc_debug_zero_bytes(const struct kmem_cache *s, size_t requested_bytes);

/* slab_track.c */

enum kmc_track { KMC_TRACK_ALLOC, KMC_TRACK_FREE };
/** kmc_track_site() - The slow path's caller, until the next one says its own. */
void kmc_track_site(const void *call_site);
void kmc_track_set(struct kmc_cpu *cpu, const struct kmem_cache *s, void *object,
		   enum kmc_track which);
void kmc_track_clear(const struct kmem_cache *s, void *object);
/** kmc_track_get() - Return: false: the cache keeps none. */
bool kmc_track_get(const struct kmem_cache *s, const void *object, enum kmc_track which,
		   struct kmc_slab_track *track);
/** kmc_track_end() - Bytes from an object's begin to the end of its records. */
size_t kmc_track_end(const struct kmem_cache *s);

/* slab_findings.c */

/** kmc_slab_found() - Complete a report about @slab (NULL none) and announce it. */
void kmc_slab_found(struct kmc_sim *sim, const struct kmem_cache *s, const struct page *slab,
		    const void *object, struct kmc_slab_report *report);

/* slab_validate.c */

/** kmc_slab_report_left() - A cache is destroyed with objects: tell of each. Rule: KC-42. */
void kmc_slab_report_left(struct kmc_cpu *cpu, struct kmem_cache *s);

/* slab_options.c */

/** kmc_slab_debug_flags() - @flags and what the boot options add for a cache of that name. */
uint32_t kmc_slab_debug_flags(const struct kmc_sim *sim, const char *name, uint32_t flags);
/** kmc_slab_debug_keeps_order() - Does the option O forbid a larger slab for debugging? */
bool kmc_slab_debug_keeps_order(const struct kmc_sim *sim);
