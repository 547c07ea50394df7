/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of caches that one user has for itself, so that what attackers can make
 * the kernel allocate shares no slab with anything else. Also the 15 random
 * copies of the kmalloc caches: the same idea, by call site.
 *
 * Looked at: 6.18.
 */
#include <stdio.h>
#include <string.h>
#include "slub_core.h"
#include "alloc/kmalloc_sites.h"

void kmc_sim_call_site(uint64_t site)
{
	kmc_this_cpu->call_site = site;
}

/* Classes in order of size. */
static const unsigned char class_order[] = { 3, 4, 5, 6, 1, 7, 2, 8, 9, 10, 11, 12, 13 };

static bool has_buckets(const struct kmc_sim *sim)
{
	return (sim->config.options & KMC_OPT_SLAB_BUCKETS) &&
	       sim->config.profile >= KMC_PROFILE_6_12_117;
}

void kmc_kmalloc_class_name(char *name, size_t bytes, const char *prefix, unsigned int class)
{
	unsigned int size = kmc_kmalloc_class_size(class);

	snprintf(name, bytes, size < 1024 ? "%s%u" : "%s%uk", prefix,
		 size < 1024 ? size : size / 1024);
}

/* Region of the cache of @size bytes: what of [offset, offset + length) lies in it. */
static void region_of(unsigned int size, unsigned int offset, unsigned int length,
		      struct kmem_cache_args *args)
{
	args->useroffset = offset >= size ? 0 : offset;
	args->usersize = offset >= size ? 0 : length < size - offset ? length : size - offset;
}

static bool fill_buckets(struct kmem_cache **buckets, const char *name, slab_flags_t flags,
			 unsigned int useroffset, unsigned int usersize, void (*ctor)(void *))
{
	char prefix[KMC_CACHE_NAME_BYTES], full[KMC_CACHE_NAME_BYTES];

	snprintf(prefix, sizeof(prefix) - 8, "%s-", name);
	for (size_t i = 0; i < sizeof(class_order); i++) {
		unsigned int class = class_order[i], size = kmc_kmalloc_class_size(class);
		struct kmem_cache_args args = { .ctor = ctor };

		region_of(size, useroffset, usersize, &args);
		kmc_kmalloc_class_name(full, sizeof(full), prefix, class);
		buckets[class] = __kmem_cache_create_args(full, size, &args,
							  flags | SLAB_NO_MERGE);
		if (!buckets[class])
			return false;
	}
	return true;
}

/* The set itself is an object of a cache, as in the kernel. Model: exact (R2). */
kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags, unsigned int useroffset,
				  unsigned int usersize, void (*ctor)(void *))
{
	struct kmc_sim *sim = kmc_this_cpu->sim;
	kmem_buckets *b;

	if (!has_buckets(sim))
		return ZERO_SIZE_PTR;
	b = kmem_cache_zalloc(sim->slab->bucket_sets, GFP_KERNEL);
	if (!b)
		return NULL;
	if (fill_buckets(*b, name, flags, useroffset, usersize, ctor))
		return b;
	for (unsigned int i = 0; i < KMC_KMALLOC_CLASSES; i++)
		kmem_cache_destroy((*b)[i]);
	kmem_cache_free(sim->slab->bucket_sets, b);
	return NULL;
}

/* Model: exact (R2). Rule: ALIGN-15. */
void *kmem_buckets_alloc_noprof(kmem_buckets *b, size_t size, gfp_t flags, unsigned long caller)
{
	struct kmem_cache **buckets = b && has_buckets(kmc_this_cpu->sim) ? *b : NULL;

	return kmc_kmalloc(buckets, size, flags, NUMA_NO_NODE, (const void *)caller);
}

/* Rule: KV-1. Model: exact. */
void *kmem_buckets_valloc(kmem_buckets *b, size_t size, gfp_t flags)
{
	struct kmem_cache **buckets = b && has_buckets(kmc_this_cpu->sim) ? *b : NULL;

	return kmc_kvmalloc(buckets, size, 1, flags, NUMA_NO_NODE, __builtin_return_address(0));
}

/* boot */

static int boot_one(struct kmc_sim *sim, unsigned int slot, const char *name, unsigned int size,
		    const struct kmem_cache_args *args)
{
	return kmc_cache_setup(sim, slot, name, args, size, SLAB_NO_MERGE);
}

/* The kernel's own set, of what memdup_user() and its kin copy. */
static int boot_user_buckets(struct kmc_sim *sim, unsigned int slot)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(class_order) && !err; i++) {
		unsigned int class = class_order[i];
		struct kmem_cache_args args = { .usersize = kmc_kmalloc_class_size(class) };
		char name[32];

		kmc_kmalloc_class_name(name, sizeof(name), "memdup_user-", class);
		err = boot_one(sim, slot, name, args.usersize, &args);
		sim->slab->user_buckets[class] = kmc_cache_at(sim, slot++);
	}
	return err;
}

/* Model: exact (R2; the set of System V messages belongs to nobody here). */
int kmc_buckets_boot(struct kmc_sim *sim)
{
	const struct kmem_cache_args plain = { 0 };
	unsigned int slot = sim->slab->first_user_slot;
	int err;

	if (!has_buckets(sim))
		return 0;
	err = boot_one(sim, slot, "kmalloc_buckets", sizeof(kmem_buckets), &plain);
	if (err)
		return err;
	sim->slab->bucket_sets = kmc_cache_at(sim, slot);
	return boot_user_buckets(sim, slot + 1);
}
