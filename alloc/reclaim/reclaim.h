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
#include "memcg.h"
#include "zone.h"

#define SWAP_CLUSTER_MAX    32u
#define DEF_PRIORITY        12
#define MAX_RECLAIM_RETRIES 16u

struct mem_cgroup;
struct group_scan;

struct population {
	uint64_t head; /* pfn; 0 none */
	uint64_t nr;   /* written with the lock, read without: population_nr() */
};

static inline uint64_t population_nr(const struct population *p)
{
	return __atomic_load_n(&p->nr, __ATOMIC_RELAXED);
}

/* A cache of objects, a page each, that gives some up when asked. */
struct shrinker {
	struct population objects;
	bool needs_fs;
	gfp_t gfp;          /* of what it asks for on the way */
	uint64_t allocates; /* pages each time; they go back at once */
};

struct kmc_reclaim_state {
	struct kmc_lock lock;
	struct kmc_lock oom_lock; /* one killer at a time; with others below it */
	bool oom_enabled, storage_suspended;
	uint64_t map_locked; /* tasks, by bit, whose memory no reaper gets at */
	uint32_t nr_shrinkers;
	struct shrinker shrinkers[KMC_MAX_SHRINKERS];
	struct population lru[KMC_SIM_MAX_ZONES][KMC_NR_LRU];
	struct population anon[KMC_SIM_MAX_TASKS];
	int32_t oom_score_adj[KMC_SIM_MAX_TASKS];
	struct kswapd {
		uint32_t order;   /* + 1, that it was woken for; 0: asleep */
		uint32_t highest; /* enum kmc_zone_type */
		uint32_t failures;
	} kswapd[KMC_SIM_MAX_NODES];
};

/* What one reclaimer may do, and what came of it. */
struct scan_control {
	struct kmc_sim *sim;
	struct kmc_cpu *cpu;
	gfp_t gfp;
	unsigned int order, highest;
	int priority;
	uint64_t nr_to_reclaim, nr_reclaimed;
	bool kswapd; /* for all: what it starts is nobody's call */
	bool take_low;   /* nothing else is left: groups below memory.low give too */
	bool spared_low; /* some was left because it is protected */
};

/* populations.c */
uint64_t kmc_population_fill(struct kmc_sim *sim, struct population *to, gfp_t gfp, int node,
			     uint64_t most);
uint64_t kmc_population_drop(struct kmc_sim *sim, struct kmc_cpu *cpu, struct population *from,
			     uint64_t most);
/** kmc_population_drop_objects() - As kmc_population_drop(), pages of slabs, which go one by one. */
uint64_t kmc_population_drop_objects(struct kmc_sim *sim, struct kmc_cpu *cpu,
				     struct population *from, uint64_t most);
/** kmc_population_drop_guarded() - Those only that their groups' protection leaves to @scan. */
uint64_t kmc_population_drop_guarded(struct group_scan *scan, struct kmc_cpu *cpu,
				     struct population *from, uint64_t most);

/* group_reclaim.c */

/* How far a reclaimer goes into what groups have. */
struct group_scan {
	struct kmc_sim *sim;
	struct kmc_memcg_guard guard;
	bool take_low;   /* nothing else is left: groups within memory.low give too */
	bool spared_low; /* some was left because it is protected */
	unsigned int nr; /* pages taken and not yet uncharged, */
	const struct mem_cgroup *of[SWAP_CLUSTER_MAX]; /* and whose they are */
};
/** group_scan_wants() - Is the page to be taken? Then it is counted. Context: state->lock. */
bool group_scan_wants(struct group_scan *scan, const struct page *page);

/* vmscan.c */
/** shrink_zone() - A share of the zone's populations. Return: pages reclaimed. */
uint64_t shrink_zone(struct scan_control *sc, unsigned int zone);
/** may_reclaim() - Do the flags let it go that far? Rule: GFP-34, GFP-35. */
bool may_reclaim(enum kmc_lru kind, gfp_t gfp);
/** trace_reclaim_work() - It starts IO, or enters a filesystem. */
void trace_reclaim_work(const struct scan_control *sc, enum kmc_lru kind);
/* throttle.c */
/**
 * throttle_direct_reclaim() - Let kswapd work first where the reserves are half gone.
 * Return: the task is dying: it need not reclaim. Rule: RCL-5.
 */
bool throttle_direct_reclaim(struct alloc_context *ac, const struct zonelist *list);

/* shrinkers.c */
/** shrink_slab() - A share of each shrinker's objects. Context: the task is in reclaim. */
uint64_t shrink_slab(struct scan_control *sc);
uint64_t kmc_shrinkers_hash(const struct kmc_reclaim_state *state, uint64_t h);

/** try_to_free_pages() - One round of direct reclaim. Return: progress, in pages. */
uint64_t try_to_free_pages(struct alloc_context *ac, const struct zonelist *list);
/** kmc_drain_pcplists() - All per-cpu lists that no other thread is using right now. */
void kmc_drain_pcplists(struct alloc_context *ac);

/* kswapd.c */
/** kswapd_asked() - There is something to do. Return: it was awake already. */
bool kswapd_asked(struct kmc_sim *sim, unsigned int node, unsigned int order,
		  unsigned int highest);
/** wakeup_kswapd() - R-8.2 for one node. */
void wakeup_kswapd(struct kmc_sim *sim, gfp_t gfp, unsigned int node, unsigned int order,
		   unsigned int highest);

/** kswapd_revive() - Something of the node was reclaimed: it is not hopeless. */
void kswapd_revive(struct kmc_sim *sim, unsigned int node);

/**
 * kswapd_run() - If it was woken, until it sleeps.
 * @aside: a call waits for it; what it starts is not the call's.
 */
uint64_t kswapd_run(struct kmc_sim *sim, unsigned int node, bool aside);

/* oom_kill.c */
enum oom_result {
	OOM_DISABLED, /* out_of_memory() is false */
	OOM_PROGRESS,
	OOM_PANIC,
	OOM_BUSY, /* another one is at it */
};
/** select_bad_process() - Of @memcg and below (NULL: of all); adj counts in shares of @pages. */
struct kmc_task *select_bad_process(struct kmc_sim *sim, const struct mem_cgroup *memcg,
				    uint64_t pages);
/** kmc_oom_kill() - Mark and reap, for @memcg's limit. Context: oom_lock is held. */
void kmc_oom_kill(struct kmc_sim *sim, struct kmc_cpu *cpu, struct kmc_task *victim,
		  const struct mem_cgroup *memcg);
/** out_of_memory() - Context: oom_lock is held. */
enum oom_result out_of_memory(struct alloc_context *ac);
/** kmc_oom_lock() - Wait for the killer. Context: no other lock is held. */
void kmc_oom_lock(struct kmc_sim *sim);
/** kmc_oom_lock_or_sleep() - False: a killer is at work, a tick was waited for him. Rule: OOM-7. */
bool kmc_oom_lock_or_sleep(struct kmc_sim *sim);
void kmc_oom_unlock(struct kmc_sim *sim);
bool storage_suspended(const struct kmc_sim *sim);
