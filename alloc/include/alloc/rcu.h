/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Driving simulated RCU: nothing of it moves by itself. Grace periods pass, and
 * what waits for them is done, in kmc_sim_rcu_grace_period(), while the clock
 * is advanced, and inside the calls of <linux/rcupdate.h> that wait.
 * Included by whoever drives a machine (the executor, tests).
 */
#pragma once
#include "alloc/sim.h"

/**
 * kmc_sim_rcu_grace_period() - Let a whole grace period pass and do what waited for it.
 *
 * A period under way is ended first. With a reader in the way, of whatever task, the
 * period has begun and stays open until a later call finds the reader gone.
 * Context: a bound cpu, task context. Return: has a whole one passed?
 */
bool kmc_sim_rcu_grace_period(struct kmc_sim *sim);

struct kmc_rcu_info {
	uint64_t started, done;  /* grace periods begun and ended */
	unsigned int readers;    /* tasks inside a reader */
	uint64_t callbacks;      /* of call_rcu(), not run yet */
	uint64_t in_pages;       /* blocks of kvfree_rcu() that wait in batch pages, */
	uint64_t in_lists;       /* chained by their heads, */
	uint64_t in_sheaves;     /* in rcu sheaves */
	uint64_t slabs;          /* pages of type-safe caches that wait */
	unsigned int batch_pages, cached_pages;
};
/** kmc_sim_rcu_info() - What waits for what. Exact while no other thread acts. */
void kmc_sim_rcu_info(struct kmc_sim *sim, struct kmc_rcu_info *info);

/**
 * kmc_sim_rcu_shrink() - Memory is short: batches stop waiting for their timers and the
 * spare batch pages go back. Rule: RCU-14. Return: pages and blocks that this set moving.
 */
uint64_t kmc_sim_rcu_shrink(struct kmc_sim *sim);

/** kmc_sim_cpu_flush() - What another cpu would make @cpu give back, now: sheaves and page lists. */
int kmc_sim_cpu_flush(struct kmc_sim *sim, unsigned int cpu);
