/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be given back when memory runs short, and who can be killed for it.
 * Included by whoever drives a machine; kernel-style code has no need of it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct kmc_sim;

/* What it takes to reclaim a page of a population. */
enum kmc_lru {
	KMC_LRU_CLEAN,
	KMC_LRU_NEEDS_IO,
	KMC_LRU_NEEDS_FS,
	KMC_NR_LRU,
};

/**
 * kmc_sim_populate_lru() - Fill @nr_pages frames of @node with reclaimable contents.
 * Context: a bound cpu. The frames are taken as any request without reclaim would.
 * Return: how many there was memory for.
 */
uint64_t kmc_sim_populate_lru(struct kmc_sim *sim, unsigned int node, enum kmc_lru kind,
			      uint64_t nr_pages);
/** kmc_sim_lru_pages() - Reclaimable pages of a node. */
uint64_t kmc_sim_lru_pages(struct kmc_sim *sim, unsigned int node, enum kmc_lru kind);

/**
 * kmc_sim_populate_anon() - Give @task @nr_pages frames of memory that only its end frees.
 *
 * There is no swap. A machine boots with the OOM killer disabled, as one that is
 * about to suspend, and the first such memory enables it. Return: as above.
 */
uint64_t kmc_sim_populate_anon(struct kmc_sim *sim, unsigned int task, unsigned int node,
			       uint64_t nr_pages);
uint64_t kmc_sim_anon_pages(struct kmc_sim *sim, unsigned int task);

#define KMC_MAX_SHRINKERS 8
/**
 * kmc_sim_shrinker() - One more shrinker, with a page for each of its @nr_objects.
 * @needs_fs:  its objects go by way of a filesystem.
 * @allocates: pages that it asks for each time it runs, with @gfp as far as the reclaim
 *             that runs it may go itself; they go back at once.
 * Context: as kmc_sim_populate_lru(). Return: how many objects there was memory for, -ENOSPC.
 */
int64_t kmc_sim_shrinker(struct kmc_sim *sim, uint64_t nr_objects, bool needs_fs,
			 uint64_t allocates, unsigned int gfp);
/** kmc_sim_shrinker_objects() - What all shrinkers have. */
uint64_t kmc_sim_shrinker_objects(struct kmc_sim *sim);

/** kmc_sim_oom_killer() - Enable or disable it, as suspend does. */
void kmc_sim_oom_killer(struct kmc_sim *sim, bool enabled);
/**
 * kmc_sim_node_dirty() - The node is beyond its dirty limit, or no longer. Rule: GFP-38.
 * Context: no other cpu allocates. Return: 0, -EINVAL.
 */
int kmc_sim_node_dirty(struct kmc_sim *sim, unsigned int node, bool beyond);
/**
 * kmc_sim_suspend_storage() - No IO: requests lose IO and FS, and nobody is killed for want of
 * memory. Rule: OOM-1, GFP-43.
 */
void kmc_sim_suspend_storage(struct kmc_sim *sim, bool suspended);

/** kmc_sim_oom_score_adj() - From -1000, immune, to 1000. Return: 0, -EINVAL. Rule: OOM-5. */
int kmc_sim_oom_score_adj(struct kmc_sim *sim, unsigned int task, int adj);
/**
 * kmc_sim_task_map_lock() - The task has its map locked for writing, or no longer, as one in the
 * middle of mmap(): if it is killed, its memory stays until it exits.
 * Context: nobody is being killed. Return: 0, -EINVAL. Rule: OOM-4.
 */
int kmc_sim_task_map_lock(struct kmc_sim *sim, unsigned int task, bool locked);
/** kmc_sim_task_exit() - The task's memory is free, it is no victim any more. Return: 0, -EINVAL. */
int kmc_sim_task_exit(struct kmc_sim *sim, unsigned int task);

/**
 * kmc_sim_kswapd_step() - The node's kswapd runs, if it was woken, until it sleeps.
 * Return: pages reclaimed. Rule: RCL-6.
 */
uint64_t kmc_sim_kswapd_step(struct kmc_sim *sim, unsigned int node);
/** kmc_sim_kswapd_failures() - Runs in a row that reclaimed nothing; from 16 on it is not woken. */
unsigned int kmc_sim_kswapd_failures(struct kmc_sim *sim, unsigned int node);
