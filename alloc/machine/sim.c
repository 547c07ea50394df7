/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot, reset, digest and check of a whole machine: calls the layers in order
 * and owns what none of them does.
 */
#include <errno.h>
#include <stdlib.h>
#include "machine.h"
#include "memcg.h"
#include "percpu.h"

#define MAX_PFN (1ull << (40 - PAGE_SHIFT)) /* 1 TiB */

static void config_zone(struct kmc_sim_config *config, enum kmc_zone_type type, uint64_t start,
			uint64_t end)
{
	if (start < end)
		config->zones[config->nr_zones++] =
			(struct kmc_zone_layout){ .type = type, .start_pfn = start,
						  .nr_pages = end - start };
}

void kmc_sim_config_simple(struct kmc_sim_config *config, unsigned int nr_cpus, uint64_t size_bytes)
{
	uint64_t pages = (size_bytes >> PAGE_SHIFT) & ~(uint64_t)(PAGEBLOCK_PAGES - 1);
	const uint64_t mib = 256, low = 16 * mib, four_gib = 4096 * mib;

	if (pages < 2 * PAGEBLOCK_PAGES)
		pages = 2 * PAGEBLOCK_PAGES;
	*config = (struct kmc_sim_config){ .profile = KMC_PROFILE_6_18_44,
					   .nr_cpus = nr_cpus, .nr_nodes = 1 };
	if (pages < four_gib)
		pages += low; /* from 16 MiB on; what passes 4 GiB is Normal (GFP-29) */
	else
		config_zone(config, KMC_ZONE_DMA, mib, low);
	config_zone(config, KMC_ZONE_DMA32, low, pages < four_gib ? pages : four_gib);
	config_zone(config, KMC_ZONE_NORMAL, four_gib, pages);
}

static bool zone_possible(const struct kmc_sim_config *config, const struct kmc_zone_layout *z)
{
	return z->type < KMC_NR_ZONE_TYPES && z->node < config->nr_nodes && z->start_pfn &&
	       z->nr_pages && z->start_pfn < MAX_PFN && z->nr_pages <= MAX_PFN - z->start_pfn;
}

static bool zones_clash(const struct kmc_zone_layout *a, const struct kmc_zone_layout *b)
{
	bool overlap = a->start_pfn < b->start_pfn + b->nr_pages &&
		       b->start_pfn < a->start_pfn + a->nr_pages;

	return overlap || (a->type == b->type && a->node == b->node);
}

static bool config_possible(const struct kmc_sim_config *c)
{
	if (!c->nr_cpus || c->nr_cpus > KMC_SIM_MAX_CPUS || !c->nr_nodes ||
	    c->nr_nodes > KMC_SIM_MAX_NODES || !c->nr_zones || c->nr_zones > KMC_SIM_MAX_ZONES ||
	    c->profile >= KMC_NR_PROFILES)
		return false;
	for (unsigned int i = 0; i < c->nr_zones; i++) {
		if (!zone_possible(c, &c->zones[i]))
			return false;
		for (unsigned int j = 0; j < i; j++)
			if (zones_clash(&c->zones[i], &c->zones[j]))
				return false;
	}
	return true;
}

static uint64_t last_pfn(const struct kmc_sim_config *config)
{
	uint64_t last = 0;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		if (config->zones[i].start_pfn + config->zones[i].nr_pages > last)
			last = config->zones[i].start_pfn + config->zones[i].nr_pages;
	return last;
}

static int boot_cpus(struct kmc_sim *sim)
{
	unsigned int n = sim->config.nr_cpus;
	bool debug = sim->config.options & (KMC_OPT_INIT_ON_ALLOC | KMC_OPT_INIT_ON_FREE |
					     KMC_OPT_RANDOM_KMALLOC);

	sim->cpus = aligned_alloc(_Alignof(struct kmc_cpu), n * sizeof(*sim->cpus));
	if (!sim->cpus)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		sim->cpus[i] = (struct kmc_cpu){ .id = i, .sim = sim,
						 .node = i * sim->config.nr_nodes / n };
		kmc_attention_set(&sim->cpus[i], ATTN_DEBUG, debug);
	}
	return 0;
}

static int boot_memory(struct kmc_sim *sim)
{
	const struct kmc_sim_config *config = &sim->config;
	size_t bytes = 4 * PAGE_SIZE + sizeof(struct kmc_machine_state);
	int err;

	bytes += kmc_page_arena_bytes(config) + kmc_slab_arena_bytes(config);
	bytes += kmc_reclaim_arena_bytes();
	bytes += kmc_cma_arena_bytes(config) + kmc_rcu_arena_bytes(config);
	bytes += kmc_vmalloc_arena_bytes(config);
	bytes += kmc_memcg_arena_bytes(config, sim->max_pfn) + kmc_percpu_arena_bytes(config);
	bytes += PAGE_SIZE; /* small states */
	err = kmc_arena_map(sim, bytes);
	if (!err)
		err = kmc_frames_map(sim);
	return err;
}

static int boot(struct kmc_sim *sim)
{
	int err = boot_memory(sim);

	if (!err)
		err = boot_cpus(sim);
	if (err)
		return err;
	sim->state = kmc_arena_alloc(sim, sizeof(*sim->state), 64);
	kmc_rodata_boot(sim);
	kmc_tasks_boot(sim);
	kmc_tasks_reload(sim);
	kmc_reclaim_boot(sim);
	err = kmc_page_boot(sim);
	if (!err)
		err = kmc_slab_boot(sim);
	kmc_rcu_boot(sim);
	if (!err)
		kmc_memcg_boot(sim);
	if (!err)
		kmc_percpu_boot(sim);
	if (!err)
		kmc_zs_boot(sim);
	if (!err)
		kmc_dma_boot(sim);
	if (!err)
		kmc_cma_boot(sim);
	if (!err)
		err = kmc_vmalloc_boot(sim);
	if (!err)
		err = kmc_image_take(sim);
	return err;
}

int kmc_sim_create(const struct kmc_sim_config *config, struct kmc_sim **out)
{
	struct kmc_sim *sim;
	int err;

	if (!config_possible(config))
		return -EINVAL;
	sim = calloc(1, sizeof(*sim));
	if (!sim)
		return -ENOMEM;
	sim->priv = calloc(1, sizeof(*sim->priv));
	sim->config = *config;
	sim->max_pfn = last_pfn(config);
	err = sim->priv ? boot(sim) : -ENOMEM;
	if (err)
		kmc_sim_destroy(sim);
	else
		*out = sim;
	return err;
}

void kmc_sim_destroy(struct kmc_sim *sim)
{
	if (!sim)
		return;
	for (unsigned int i = 0; sim->cpus && i < sim->config.nr_cpus; i++)
		KMC_BUG_ON(atomic_load(&sim->cpus[i].owner));
	if (sim->priv) {
		for (unsigned int i = 0; i < KMC_SIM_MAX_SNAPSHOTS; i++)
			kmc_snapshot_free(&sim->priv->snapshots[i]);
		kmc_slab_orders_end(sim);
		kmc_vmap_host_end(sim);
		kmc_frames_unmap(sim);
		kmc_arena_unmap(sim);
	}
	free(sim->cpus);
	free(sim->priv);
	free(sim);
}

static uint64_t hash_config(const struct kmc_sim_config *c)
{
	uint64_t h = 0xcbf29ce484222325ull;

	h = kmc_hash_word(h, c->profile);
	h = kmc_hash_word(h, c->nr_cpus);
	h = kmc_hash_word(h, c->nr_nodes);
	h = kmc_hash_word(h, c->options);
	h = kmc_hash_word(h, c->seed);
	for (unsigned int i = 0; i < c->nr_zones; i++) {
		h = kmc_hash_word(h, (uint64_t)c->zones[i].type << 8 | c->zones[i].node);
		h = kmc_hash_word(h, c->zones[i].start_pfn);
		h = kmc_hash_word(h, c->zones[i].nr_pages);
	}
	return h;
}

static uint64_t hash_state(const struct kmc_sim *sim, uint64_t h)
{
	struct kmc_machine_state *state = sim->state;

	h = kmc_hash_word(h, atomic_load_explicit(&state->clock_ns, memory_order_relaxed));
	for (unsigned int i = 0; i < KMC_SIM_MAX_TASKS; i++)
		h = kmc_hash_word(h, (uint64_t)state->tasks[i].mems_forbidden << 32 |
					     state->tasks[i].flags);
	for (unsigned int i = 0; i < KMC_NR_SIM_FAULTS; i++) {
		h = kmc_hash_word(h, state->faults[i].left);
		h = kmc_hash_word(h, state->faults[i].interval);
	}
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		h = kmc_hash_word(h, (uint64_t)state->cpu_task[i] << 8 | state->cpu_context[i]);
	return h;
}

uint64_t kmc_sim_hash(struct kmc_sim *sim)
{
	uint64_t h = hash_state(sim, hash_config(&sim->config));

	h = kmc_cma_hash(sim, kmc_page_hash(sim, h));
	h = kmc_rcu_hash(sim, kmc_slab_hash(sim, h));
	h = kmc_reclaim_hash(sim, kmc_vmalloc_hash(sim, h));
	h = kmc_zs_hash(sim, kmc_percpu_hash(sim, kmc_memcg_hash(sim, h)));
	return kmc_dma_hash(sim, h);
}

void kmc_sim_check(struct kmc_sim *sim)
{
	kmc_page_check(sim);
	kmc_cma_check(sim);
	kmc_slab_check(sim);
	kmc_vmalloc_check(sim);
	kmc_memcg_check(sim);
	kmc_percpu_check(sim);
	kmc_zs_check(sim);
}
