/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slab layer of a machine that starts: its tables in the arena and the
 * kmalloc caches of the profile. Takes no frame.
 */
#include "slab_debug.h"
#include <stdio.h>

size_t kmc_slab_arena_bytes(const struct kmc_sim_config *config)
{
	size_t bytes = sizeof(struct kmc_slab_state) + PAGE_SIZE;

	bytes += config->nr_cpus * (sizeof(struct kmc_slab_cpu) + PAGE_SIZE);
	bytes += KMC_MAX_SLOTS * sizeof(struct kmem_cache) + PAGE_SIZE;
	bytes += KMC_MAX_SLOTS * sizeof(struct kmem_cache_node) * config->nr_nodes + PAGE_SIZE;
	bytes += sizeof(struct kmc_slab_reports) + PAGE_SIZE;
	return bytes + (kmc_sheaf_pool_pages(config) + 1) * PAGE_SIZE;
}

static uint64_t first_pfn(const struct kmc_sim_config *config)
{
	uint64_t first = UINT64_MAX;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		if (config->zones[i].start_pfn < first)
			first = config->zones[i].start_pfn;
	return first;
}

static void boot_cpu(struct kmc_sim *sim, struct kmc_cpu *cpu)
{
	struct kmc_slab_cpu *sc = kmc_arena_alloc(sim, sizeof(*sc), PAGE_SIZE);
	uint64_t first = first_pfn(&sim->config);

	sc->frames = (uintptr_t)pfn_to_virt_in(sim, first);
	sc->frames_bytes = (sim->max_pfn - first) << PAGE_SHIFT;
	sc->pages_bias = (uintptr_t)sim->pages -
			 ((uintptr_t)sim->frames >> PAGE_SHIFT) * sizeof(struct page);
	sc->node_tag = (uint64_t)cpu->node << KMC_SLOT_BITS;
	cpu->slab_cpu = sc;
}

static bool has_copies(const struct kmc_sim *sim)
{
	return (sim->config.options & KMC_OPT_RANDOM_KMALLOC) &&
	       sim->config.profile >= KMC_PROFILE_6_6_9;
}

static void boot_tables(struct kmc_sim *sim)
{
	size_t nr_nodes = sim->config.nr_nodes;
	struct kmc_slab_state *st;

	st = kmc_arena_alloc(sim, sizeof(*st), 64);
	sim->slab = st;
	st->random = sim->config.seed;
	st->first_user_slot = has_copies(sim) ? KMC_FIRST_USER_SLOT_RANDOM : KMC_FIRST_USER_SLOT;
	st->slots_used = st->first_user_slot;
	st->pool_pages = (uint32_t)kmc_sheaf_pool_pages(&sim->config);
	st->pool = kmc_arena_alloc_sparse(sim, (size_t)st->pool_pages << PAGE_SHIFT);
	st->caches = kmc_arena_alloc(sim, KMC_MAX_SLOTS * sizeof(*st->caches), PAGE_SIZE);
	st->reports = kmc_arena_alloc(sim, sizeof(*st->reports), 64);
	st->nodes = kmc_arena_alloc(sim, KMC_MAX_SLOTS * nr_nodes * sizeof(*st->nodes), PAGE_SIZE);
}

/* The kinds of kmalloc caches. */
static const struct kmalloc_kind {
	const char *prefix;
	unsigned int base;
	uint32_t flags;
	uint32_t option, unless; /* KMC_OPT_* */
} kmalloc_kinds[] = {
	{ "kmalloc-", KMC_SLOTS_NORMAL, 0, 0, 0 },
	{ "kmalloc-rcl-", KMC_SLOTS_RECLAIM, SLAB_RECLAIM_ACCOUNT, 0, 0 },
	{ "dma-kmalloc-", KMC_SLOTS_DMA, SLAB_CACHE_DMA, 0, KMC_OPT_NO_ZONE_DMA },
	{ "kmalloc-cg-", KMC_SLOTS_CGROUP, SLAB_ACCOUNT, KMC_OPT_MEMCG, 0 },
};

/* In order of size. */
static const unsigned char class_order[] = { 3, 4, 5, 6, 1, 7, 2, 8, 9, 10, 11, 12, 13 };

static int boot_kmalloc(struct kmc_sim *sim, const struct kmalloc_kind *kind, unsigned int class)
{
	unsigned int size = kmc_kmalloc_class_size(class);
	struct kmem_cache_args args = {
		.align = kmc_kmalloc_class_align(sim->config.profile, class),
		.usersize = size,
	};
	char name[32];
	int err;

	kmc_kmalloc_class_name(name, sizeof(name), kind->prefix, class);
	err = kmc_cache_setup(sim, kind->base + class, name, &args, size,
			      kind->flags | SLAB_KMALLOC);
	return err;
}

static int boot_kmalloc_kind(struct kmc_sim *sim, const struct kmalloc_kind *kind)
{
	uint32_t options = sim->config.options;

	if ((options & kind->option) != kind->option || (options & kind->unless))
		return 0;
	for (size_t i = 0; i < sizeof(class_order); i++) {
		int err = boot_kmalloc(sim, kind, class_order[i]);

		if (err)
			return err;
	}
	return 0;
}

/* The copies that the choice by call site needs besides the plain caches. */
static int boot_copies(struct kmc_sim *sim)
{
	int err = 0;

	if (!has_copies(sim))
		return 0;
	sim->slab->copies_seed = kmc_slab_random(sim) | 1;
	for (unsigned int copy = 1; copy < 16 && !err; copy++) {
		char prefix[24];
		struct kmalloc_kind kind = { prefix, KMC_SLOTS_RANDOM + (copy - 1) * 16, 0, 0, 0 };

		snprintf(prefix, sizeof(prefix), "kmalloc-rnd-%02u-", copy);
		err = boot_kmalloc_kind(sim, &kind);
	}
	return err;
}

/* Model: exact in the set of kmalloc caches and their names (R2). */
int kmc_slab_boot(struct kmc_sim *sim)
{
	int err;

	kmc_slab_orders_boot(sim);
	boot_tables(sim);
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		boot_cpu(sim, &sim->cpus[i]);
	for (size_t i = 0; i < sizeof(kmalloc_kinds) / sizeof(kmalloc_kinds[0]); i++) {
		err = boot_kmalloc_kind(sim, &kmalloc_kinds[i]);

		if (err)
			return err;
	}
	err = boot_copies(sim);
	return err ? err : kmc_buckets_boot(sim);
}
