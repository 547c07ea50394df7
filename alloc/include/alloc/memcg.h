/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory control groups of the simulated machine: what a kernel's cgroup files
 * and its scheduler would do. Included by whoever drives a machine that was
 * booted with KMC_OPT_MEMCG; kernel-style code needs <linux/memcontrol.h>.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmc_sim;
struct mem_cgroup;

#define KMC_MEMCG_MAX       1024 /* groups, the root one included, that a machine makes in a life */
#define KMC_MEMCG_UNLIMITED UINT64_MAX

/**
 * kmc_sim_memcg_create() - A group below @parent (NULL: the root), without limits.
 * Return: 0, -EOPNOTSUPP on a machine without groups, -ENODEV below an offline
 * parent, -ENOSPC.
 */
int kmc_sim_memcg_create(struct kmc_sim *sim, struct mem_cgroup *parent,
			 struct mem_cgroup **memcg);
/** kmc_sim_memcg_root() - The root group; NULL: the machine has no groups. */
struct mem_cgroup *kmc_sim_memcg_root(struct kmc_sim *sim);

/*
 * memory.max, memory.high, memory.low, memory.min in bytes, rounded down to pages. A max below
 * the usage makes the group reclaim, then kill, then stay above it.
 * Return: 0, -ENODEV of an offline group, -EINVAL of the root.
 */
int kmc_sim_memcg_set_max(struct mem_cgroup *memcg, uint64_t bytes);
int kmc_sim_memcg_set_high(struct mem_cgroup *memcg, uint64_t bytes);
int kmc_sim_memcg_set_low(struct mem_cgroup *memcg, uint64_t bytes);
int kmc_sim_memcg_set_min(struct mem_cgroup *memcg, uint64_t bytes);
/**
 * kmc_sim_memcg_recursive() - As cgroup2 mounted anew with memory_recursiveprot or without (how
 * it was at boot: KMC_OPT_MEMCG_RECURSIVE): what of a group's protection no child claims is shared out among its children.
 * Return: 0, -EOPNOTSUPP.
 */
int kmc_sim_memcg_recursive(struct kmc_sim *sim, bool on);

/** kmc_sim_memcg_attach() - @task is of @memcg (NULL: the root) from now on. Charges stay. */
int kmc_sim_memcg_attach(struct kmc_sim *sim, struct mem_cgroup *memcg, unsigned int task);

/**
 * kmc_sim_memcg_offline() - Remove a group; what it still holds is its parent's.
 * Return: 0, -EBUSY with children or tasks, -ENODEV, -EINVAL of the root.
 */
int kmc_sim_memcg_offline(struct mem_cgroup *memcg);

/** kmc_sim_memcg_usage() - memory.current: bytes, whole pages, stocks of cpus included. */
uint64_t kmc_sim_memcg_usage(const struct mem_cgroup *memcg);
/** kmc_sim_memcg_drain() - Every cpu gives its stocks back. */
void kmc_sim_memcg_drain(struct kmc_sim *sim);
/**
 * kmc_sim_memcg_return_to_user() - The running task goes back to user space: if it
 * went over memory.high it reclaims and waits there, on the machine's clock.
 * Return: nanoseconds waited, at most two seconds. Rule: MCG-12.
 */
uint64_t kmc_sim_memcg_return_to_user(void);

/* memory.events of one group, not of those below it. */
struct kmc_memcg_info {
	unsigned int index;
	bool online;
	uint64_t usage_pages, max_pages, high_pages, low_pages, min_pages;
	uint64_t page_charges;  /* pages charged as pages */
	uint64_t object_bytes;  /* charged for objects, bookkeeping word included */
	uint64_t stock_pages;   /* kept by cpus */
	uint64_t events_low, events_high, events_max, events_oom, events_oom_kill;
};
void kmc_sim_memcg_info(const struct mem_cgroup *memcg, struct kmc_memcg_info *info);

/*
 * What a charge asks of reclaim and of the killer when a limit is hit. Without
 * them nothing can be reclaimed and nobody be killed. They may free, and must not
 * ask for charged memory.
 */
struct kmc_memcg_ops {
	/* Reclaim about @nr_pages from @memcg and below. Return: pages reclaimed. */
	uint64_t (*reclaim)(void *arg, struct mem_cgroup *memcg, uint64_t nr_pages,
			    unsigned int gfp);
	/* Kill a task of @memcg or below. Return: whether there was one. */
	bool (*oom_kill)(void *arg, struct mem_cgroup *memcg);
};
void kmc_sim_memcg_ops(struct kmc_sim *sim, const struct kmc_memcg_ops *ops, void *arg);
/**
 * kmc_sim_memcg_populations() - The machine's own reclaim and killer, in place of given ones.
 *
 * Populations made from now on are charged: page cache to the group of the running task,
 * memory of a task to the task's group, up to the limit. A group at its limit reclaims
 * the page cache of itself and below, sparing memory.low, and kills its tasks.
 * @charged: false ends it; what is charged stays so until it is free. Part of the machine's
 * state. Return: 0, -EOPNOTSUPP on a machine without groups.
 */
int kmc_sim_memcg_populations(struct kmc_sim *sim, bool charged);
