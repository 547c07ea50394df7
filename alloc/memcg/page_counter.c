/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hierarchical counter: a charge counts in its group and in all above, or
 * in none of them.
 */
#include "memcg_core.h"

static void sub(struct mem_cgroup *memcg, uint64_t nr)
{
	memcg_add(memcg, &memcg->usage, -nr);
}

/* Rule: MCG-2. Model: exact (6.1 to 6.18; without fail counts). */
bool kmc_counter_try_charge(struct mem_cgroup *memcg, uint64_t nr, struct mem_cgroup **over)
{
	for (struct mem_cgroup *c = memcg;; c = kmc_memcg_parent(c)) {
		uint64_t usage;

		kmc_touch(c->sim, c, sizeof(*c));
		usage = atomic_fetch_add_explicit(&c->usage, nr, memory_order_relaxed) + nr;
		if (!kmc_memcg_is_root(c) && KMC_PLANTED(parents_uncharged))
			return true;
		if (usage > memcg_read(&c->max)) {
			*over = c;
			for (;; memcg = kmc_memcg_parent(memcg)) {
				sub(memcg, nr);
				if (memcg == c)
					return false;
			}
		}
		if (kmc_memcg_is_root(c))
			return true;
	}
}

void kmc_counter_charge(struct mem_cgroup *memcg, uint64_t nr)
{
	for (;; memcg = kmc_memcg_parent(memcg)) {
		memcg_add(memcg, &memcg->usage, nr);
		if (kmc_memcg_is_root(memcg))
			return;
	}
}

void kmc_counter_uncharge(struct mem_cgroup *memcg, uint64_t nr)
{
	for (;; memcg = kmc_memcg_parent(memcg)) {
		sub(memcg, nr);
		if (kmc_memcg_is_root(memcg) || KMC_PLANTED(parents_uncharged))
			return;
	}
}

uint64_t kmc_counter_margin(const struct mem_cgroup *memcg)
{
	uint64_t usage = memcg_read(&memcg->usage), max = memcg_read(&memcg->max);

	return usage < max ? max - usage : 0;
}
