/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of a group in a struct list_lru: made with the first object that
 * the group is charged for, for the groups above it too. Only their memory is here.
 *
 * Rule: KC-31. Model: exact in what is allocated and when (6.1 to 6.18).
 */
#include <errno.h>
#include "memcg_core.h"
#include "slub_core.h"

#define LIST_BYTES_PER_NODE 32 /* a list head, a count, a lock */
#define LIST_BYTES_HEAD     16 /* what frees it by RCU */

static uint64_t *table_of(const struct kmc_sim *sim, unsigned int id, const struct mem_cgroup *memcg)
{
	return &sim->memcg->lru_tables[(id - 1) * KMC_MEMCG_MAX + memcg->index];
}

#define GFP_LISTS                                                                        \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN |               \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC |           \
	 __GFP_NOMEMALLOC)

static bool make_lists(struct kmc_cpu *cpu, unsigned int id, struct mem_cgroup *memcg, gfp_t gfp)
{
	size_t bytes = LIST_BYTES_HEAD + cpu->sim->config.nr_nodes * LIST_BYTES_PER_NODE;
	uint64_t *table = table_of(cpu->sim, id, memcg), nothing = 0, offset;
	struct kmem_cache *s;
	void *lists;

	if (__atomic_load_n(table, __ATOMIC_ACQUIRE))
		return true;
	s = kmc_kmalloc_cache(cpu, bytes, gfp & GFP_LISTS, NULL);
	lists = kmc_object_alloc(cpu, s, gfp & GFP_LISTS, NUMA_NO_NODE, bytes);
	if (!lists)
		return false;
	offset = (uint64_t)((uint8_t *)lists - cpu->sim->frames);
	kmc_touch(cpu->sim, table, sizeof(*table));
	if (!__atomic_compare_exchange_n(table, &nothing, offset, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		kmc_object_free(cpu, s, lists);
	return true;
}

bool kmc_list_lru_ready(struct kmc_cpu *cpu, const struct list_lru *lru, struct mem_cgroup *memcg,
			gfp_t gfp)
{
	if (!lru || !lru->id)
		return true;
	for (; !kmc_memcg_is_root(memcg); memcg = kmc_memcg_parent(memcg))
		if (!make_lists(cpu, lru->id, memcg, gfp))
			return false;
	return true;
}

static void drop_lists(struct kmc_cpu *cpu, unsigned int id, const struct mem_cgroup *memcg)
{
	uint64_t *table = table_of(cpu->sim, id, memcg);
	uint8_t *lists;

	if (!*table)
		return;
	lists = cpu->sim->frames + *table;
	kmc_touch(cpu->sim, table, sizeof(*table));
	*table = 0;
	kmc_block_free(cpu, lists);
}

void kmc_list_lru_offline(struct kmc_cpu *cpu, struct mem_cgroup *memcg)
{
	for (unsigned int id = 1; id <= KMC_LIST_LRUS; id++)
		drop_lists(cpu, id, memcg);
}

/* <linux/list_lru.h> */

int list_lru_init(struct list_lru *lru)
{
	lru->id = 0;
	return 0;
}

int list_lru_init_memcg(struct list_lru *lru, void *shrinker)
{
	struct kmc_sim *sim = kmc_this_cpu->sim;
	struct kmc_memcg_state *state = sim->memcg;

	(void)shrinker;
	lru->id = 0;
	if (!state)
		return 0;
	kmc_touch(sim, state, sizeof(*state));
	kmc_lock_take(&state->groups_lock);
	for (unsigned int id = 1; id <= KMC_LIST_LRUS && !lru->id; id++)
		if (!state->lru_used[id])
			lru->id = id;
	if (lru->id)
		state->lru_used[lru->id] = 1;
	kmc_lock_drop(&state->groups_lock);
	return lru->id ? 0 : -ENOMEM;
}

void list_lru_destroy(struct list_lru *lru)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_memcg_state *state = cpu->sim->memcg;

	if (!lru->id)
		return;
	for (unsigned int i = 1; i < state->nr_groups; i++)
		drop_lists(cpu, lru->id, kmc_memcg_at(cpu->sim, i));
	kmc_touch(cpu->sim, &state->lru_used[lru->id], 1);
	state->lru_used[lru->id] = 0;
	lru->id = 0;
}
