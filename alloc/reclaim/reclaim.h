/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reclaim and the OOM killer as the page layer's slow path sees them, and what
 * the files of this folder share. Private to alloc/.
 *
 * Populations are stacks of single frames in use, linked by the first private
 * word of their descriptors. They and the counts belong to state->lock, which is
 * taken with no other lock held.
 */
#pragma once
#include "alloc/reclaim.h"
#include "zone.h"

#define SWAP_CLUSTER_MAX    32u
#define DEF_PRIORITY        12
#define MAX_RECLAIM_RETRIES 16u

struct population {
	uint64_t head; /* pfn; 0 none */
	uint64_t nr;
};

struct kmc_reclaim_state {
	struct kmc_lock lock;
	bool oom_enabled, storage_suspended;
	struct population lru[KMC_SIM_MAX_ZONES][KMC_NR_LRU];
	struct population anon[KMC_SIM_MAX_TASKS];
	int32_t oom_score_adj[KMC_SIM_MAX_TASKS];
	struct kswapd {
		uint32_t order;   /* + 1, that it was woken for; 0: asleep */
		uint32_t highest; /* enum kmc_zone_type */
		uint32_t failures;
	} kswapd[KMC_SIM_MAX_NODES];
};

/* populations.c */
uint64_t kmc_population_drop(struct kmc_sim *sim, struct kmc_cpu *cpu, struct population *from,
			     uint64_t most);

/* vmscan.c */
uint64_t shrink_zone(struct kmc_sim *sim, struct kmc_cpu *cpu, unsigned int zone, gfp_t gfp,
		     int priority, uint64_t most);
/** try_to_free_pages() - One round of direct reclaim. Return: progress, in pages. */
uint64_t try_to_free_pages(struct alloc_context *ac, const struct zonelist *list);
/** kmc_drain_pcplists() - All per-cpu lists that no other thread is using right now. */
void kmc_drain_pcplists(struct alloc_context *ac);

/* kswapd.c */
/** kswapd_asked() - There is something to do. Return: it was awake already. */
bool kswapd_asked(struct kmc_sim *sim, unsigned int node, unsigned int order,
		  unsigned int highest);
/** wakeup_kswapd() - R-8.2 for one node. */
void wakeup_kswapd(struct alloc_context *ac, unsigned int node, unsigned int order);

/* oom_kill.c */
enum oom_result {
	OOM_DISABLED, /* out_of_memory() is false */
	OOM_PROGRESS,
	OOM_PANIC,
};
enum oom_result out_of_memory(struct alloc_context *ac);
bool storage_suspended(const struct kmc_sim *sim);
