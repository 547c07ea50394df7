/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups, their counters and the stocks of the cpus. Private to memcg/; what
 * the page and slab layers call is in memcg.h.
 *
 * A group is named by its number; numbers are not used again. The charge of an
 * object or a page names the group that paid; if that went offline its nearest
 * online ancestor answers for it: kmc_memcg_owner().
 *
 * Counters are atomic and hierarchical: a charge counts in all ancestors. The
 * counter of an offline group stays where it was. A cpu's stock belongs to
 * the cpu's owner; others ask for it by FLUSH_STOCKS. No lock is held while
 * anything here runs, but groups_lock around making and removing groups.
 */
#pragma once
#include "core.h"
#include "memcg.h"
#include "alloc/memcg.h"
#include "linux/list_lru.h"

#define MEMCG_CHARGE_BATCH  64u
#define NR_MEMCG_STOCK      7 /* groups in a cpu's stock, 6.18; 1 before */
#define MAX_RECLAIM_RETRIES 16
#define SWAP_CLUSTER_MAX    32u
#define PAGE_COUNTER_MAX    ((uint64_t)INT64_MAX / PAGE_SIZE)
#define KMC_LIST_LRUS       8

enum memcg_event { EVENT_LOW, EVENT_HIGH, EVENT_MAX, EVENT_OOM, EVENT_OOM_KILL, NR_MEMCG_EVENTS };

struct mem_cgroup {
	struct kmc_sim *sim;
	uint32_t index, parent;
	atomic_uint online;
	uint32_t nr_children, nr_tasks;
	atomic_ullong usage;        /* pages, of descendants too */
	atomic_ullong max, high, low, min; /* pages */
	atomic_ullong page_charges; /* pages */
	atomic_ullong cache_pages;  /* of them, page cache */
	atomic_ullong object_bytes;
	atomic_ullong spare_bytes;  /* parts of charged pages that no cpu keeps */
	atomic_ullong events[NR_MEMCG_EVENTS];
} __attribute__((aligned(128)));

struct memcg_stock {
	uint32_t group[NR_MEMCG_STOCK], nr_pages[NR_MEMCG_STOCK]; /* group 0: empty */
	uint32_t next_drain;
	uint32_t obj_group, obj_bytes; /* objects' part */
} __attribute__((aligned(64)));

struct kmc_memcg_state {
	struct kmc_lock groups_lock;
	uint32_t nr_groups; /* numbers given away; the root is number 0 */
	bool populations;   /* are charged, and reclaimed at limits */
	bool recursive;     /* protection that no child claims is shared out below */
	uint16_t task_group[KMC_SIM_MAX_TASKS];
	uint16_t task_active[KMC_SIM_MAX_TASKS]; /* number + 1; 0 none */
	uint32_t task_over_high[KMC_SIM_MAX_TASKS]; /* pages since the last return to user */
	uint16_t cpu_active[KMC_SIM_MAX_CPUS];   /* for interrupts; as task_active */
	uint8_t lru_used[KMC_LIST_LRUS + 1];
	struct memcg_stock stocks[KMC_SIM_MAX_CPUS];
	/* constant after boot */
	struct mem_cgroup *groups;  /* KMC_MEMCG_MAX */
	uint64_t *lru_tables;       /* [lru - 1][group]: frame offset of its lists; 0 none */
	/* By frame. Page's head: group, and DATA_CACHE; slab's head: frame offset of its vector. */
	uint64_t *data;
};
#define DATA_CACHE (1ull << 32) /* page cache */

/* What reclaims and kills at limits, and what it is to be called with. */
static inline const struct kmc_memcg_ops *kmc_memcg_ops_of(struct kmc_sim *sim, void **arg)
{
	*arg = sim->memcg->populations ? sim : sim->memcg_ops_arg;
	return sim->memcg->populations ? &kmc_population_ops : sim->memcg_ops;
}

static inline struct mem_cgroup *kmc_memcg_at(const struct kmc_sim *sim, unsigned int index)
{
	return &sim->memcg->groups[index];
}
static inline bool kmc_memcg_is_root(const struct mem_cgroup *memcg)
{
	return !memcg->index;
}
static inline struct mem_cgroup *kmc_memcg_parent(const struct mem_cgroup *memcg)
{
	return kmc_memcg_at(memcg->sim, memcg->parent);
}
static inline uint64_t memcg_read(const atomic_ullong *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}
static inline void memcg_add(struct mem_cgroup *memcg, atomic_ullong *counter, uint64_t n)
{
	kmc_touch(memcg->sim, memcg, sizeof(*memcg));
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* memcg.c */

/** kmc_memcg_owner() - Who answers for the charges of group @index now. */
struct mem_cgroup *kmc_memcg_owner(const struct kmc_sim *sim, unsigned int index);
/** kmc_memcg_current() - Who pays for what @cpu's code asks; NULL nobody. Rule: MCG-10, SCP-12. */
struct mem_cgroup *kmc_memcg_current(const struct kmc_cpu *cpu);
void kmc_memcg_event(struct mem_cgroup *memcg, enum memcg_event event);
/** kmc_memcg_is_below() - Is @memcg @top, or a group below it? */
bool kmc_memcg_is_below(const struct mem_cgroup *memcg, const struct mem_cgroup *top);

/* page_counter.c */

/** kmc_counter_try_charge() - In @memcg and all above, or nowhere: then @over hit its limit. */
bool kmc_counter_try_charge(struct mem_cgroup *memcg, uint64_t nr, struct mem_cgroup **over);
void kmc_counter_charge(struct mem_cgroup *memcg, uint64_t nr);
void kmc_counter_uncharge(struct mem_cgroup *memcg, uint64_t nr);
/** kmc_counter_margin() - Pages up to the limit. */
uint64_t kmc_counter_margin(const struct mem_cgroup *memcg);

/* stock.c */

bool kmc_stock_consume(struct kmc_cpu *cpu, struct mem_cgroup *memcg, uint64_t nr);
void kmc_stock_refill(struct kmc_cpu *cpu, struct mem_cgroup *memcg, uint64_t nr);
/** kmc_stock_drain_all() - Stocks of cpus that have some of @memcg or below, back to the counters. */
void kmc_stock_drain_all(struct kmc_cpu *cpu, const struct mem_cgroup *memcg);
bool kmc_stock_consume_bytes(struct kmc_cpu *cpu, struct mem_cgroup *memcg, size_t bytes);
/** kmc_stock_refill_bytes() - @uncharge: whole pages go back at once. */
void kmc_stock_refill_bytes(struct kmc_cpu *cpu, struct mem_cgroup *memcg, size_t bytes,
			    bool uncharge);

/* charge.c */

/** kmc_memcg_reclaim() - About @nr pages from @memcg and below. Return: how many there were. */
uint64_t kmc_memcg_reclaim(struct mem_cgroup *memcg, uint64_t nr, gfp_t gfp);
/** kmc_memcg_kill() - A task of @memcg or below. Return: there was one. */
bool kmc_memcg_kill(struct mem_cgroup *memcg);
/** kmc_memcg_try_charge() - @nr pages by the rules of R-11. Return: 0 or -ENOMEM. */
int kmc_memcg_try_charge(struct kmc_cpu *cpu, struct mem_cgroup *memcg, gfp_t gfp, uint64_t nr);

/* objcg.c */

int kmc_objcg_charge(struct kmc_cpu *cpu, struct mem_cgroup *memcg, gfp_t gfp, size_t bytes);
void kmc_objcg_uncharge(struct kmc_cpu *cpu, struct mem_cgroup *memcg, size_t bytes);

/* list_lru.c */

/** kmc_list_lru_ready() - @memcg and those above it have lists in @lru, made now if need be. */
bool kmc_list_lru_ready(struct kmc_cpu *cpu, const struct list_lru *lru, struct mem_cgroup *memcg,
			gfp_t gfp);
void kmc_list_lru_offline(struct kmc_cpu *cpu, struct mem_cgroup *memcg);

/* Effects for an observer: KMC_TP_CHARGED, KMC_TP_UNCHARGED. */
void kmc_memcg_trace(struct kmc_sim *sim, enum kmc_tp_id id, const struct mem_cgroup *memcg,
		     const void *ptr, uint64_t bytes);
