/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of groups: made, limited, joined by tasks, removed; who pays now.
 *
 * Contract: MCG-2, MCG-10, MCG-11, SCP-12. Looked at: 6.18.44.
 */
#include <errno.h>
#include "memcg_core.h"
#include "linux/memcontrol.h"
#include "linux/sched/mm.h"

struct mem_cgroup *kmc_memcg_owner(const struct kmc_sim *sim, unsigned int index)
{
	struct mem_cgroup *memcg = kmc_memcg_at(sim, index);

	while (!atomic_load_explicit(&memcg->online, memory_order_acquire))
		memcg = kmc_memcg_parent(memcg);
	return memcg;
}

static bool in_task(const struct kmc_cpu *cpu)
{
	return cpu->context == KMC_IN_TASK || cpu->context == KMC_PREEMPT_OFF;
}

static uint16_t *active_of(struct kmc_cpu *cpu)
{
	struct kmc_memcg_state *state = cpu->sim->memcg;

	return in_task(cpu) ? &state->task_active[cpu->task->id] : &state->cpu_active[cpu->id];
}

/* Rule: MCG-10, SCP-12. Model: exact (6.1 to 6.18; nothing is charged in an NMI). */
struct mem_cgroup *kmc_memcg_current(const struct kmc_cpu *cpu)
{
	struct kmc_memcg_state *state = cpu->sim->memcg;
	unsigned int active = KMC_PLANTED(active_group_ignored) ? 0 : *active_of((struct kmc_cpu *)cpu);
	struct mem_cgroup *memcg;

	if (cpu->context == KMC_IN_NMI)
		return NULL;
	if (!active && (!in_task(cpu) || (cpu->task->flags & KMC_PF_KTHREAD)))
		return NULL;
	memcg = kmc_memcg_owner(cpu->sim, active ? active - 1u : state->task_group[cpu->task->id]);
	if (kmc_memcg_is_root(memcg) && KMC_PLANTED(stray_charged))
		return kmc_memcg_owner(cpu->sim, 1);
	return kmc_memcg_is_root(memcg) ? NULL : memcg;
}

void kmc_memcg_event(struct mem_cgroup *memcg, enum memcg_event event)
{
	memcg_add(memcg, &memcg->events[event], 1);
}

/* Rule: SCP-5, SCP-12. Model: exact. */
struct mem_cgroup *set_active_memcg(struct mem_cgroup *memcg)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	unsigned int old;
	uint16_t *active;

	KMC_BUG_ON(!cpu);
	if (!cpu->sim->memcg)
		return NULL;
	active = active_of(cpu);
	old = *active;
	kmc_touch(cpu->sim, active, sizeof(*active));
	*active = memcg ? (uint16_t)(memcg->index + 1) : 0;
	return old ? kmc_memcg_at(cpu->sim, old - 1) : NULL;
}

/* making and removing */

struct mem_cgroup *kmc_sim_memcg_root(struct kmc_sim *sim)
{
	return sim->memcg ? kmc_memcg_at(sim, 0) : NULL;
}

static void group_init(struct mem_cgroup *memcg, struct kmc_sim *sim, uint32_t index,
		       uint32_t parent)
{
	memcg->sim = sim;
	memcg->index = index;
	memcg->parent = parent;
	atomic_store_explicit(&memcg->max, PAGE_COUNTER_MAX, memory_order_relaxed);
	atomic_store_explicit(&memcg->high, PAGE_COUNTER_MAX, memory_order_relaxed);
	atomic_store_explicit(&memcg->online, 1, memory_order_release);
}

int kmc_sim_memcg_create(struct kmc_sim *sim, struct mem_cgroup *parent,
			 struct mem_cgroup **memcg)
{
	struct kmc_memcg_state *state = sim->memcg;
	int err = 0;

	if (!state)
		return -EOPNOTSUPP;
	if (!parent)
		parent = kmc_memcg_at(sim, 0);
	kmc_touch(sim, state, sizeof(*state));
	kmc_touch(sim, parent, sizeof(*parent));
	kmc_lock_take(&state->groups_lock);
	if (!atomic_load_explicit(&parent->online, memory_order_relaxed)) {
		err = -ENODEV;
	} else if (state->nr_groups == KMC_MEMCG_MAX) {
		err = -ENOSPC;
	} else {
		*memcg = kmc_memcg_at(sim, state->nr_groups);
		kmc_touch(sim, *memcg, sizeof(**memcg));
		group_init(*memcg, sim, state->nr_groups, parent->index);
		__atomic_store_n(&state->nr_groups, state->nr_groups + 1, __ATOMIC_RELEASE);
		parent->nr_children++;
	}
	kmc_lock_drop(&state->groups_lock);
	return err;
}

int kmc_sim_memcg_attach(struct kmc_sim *sim, struct mem_cgroup *memcg, unsigned int task)
{
	struct kmc_memcg_state *state = sim->memcg;
	struct mem_cgroup *from;
	int err = 0;

	if (!state)
		return memcg ? -EOPNOTSUPP : 0;
	if (task >= KMC_SIM_MAX_TASKS)
		return -EINVAL;
	if (!memcg)
		memcg = kmc_memcg_at(sim, 0);
	kmc_touch(sim, state, sizeof(*state));
	kmc_touch(sim, memcg, sizeof(*memcg));
	kmc_lock_take(&state->groups_lock);
	from = kmc_memcg_at(sim, state->task_group[task]);
	kmc_touch(sim, from, sizeof(*from));
	if (!atomic_load_explicit(&memcg->online, memory_order_relaxed)) {
		err = -ENODEV;
	} else {
		from->nr_tasks--;
		memcg->nr_tasks++;
		state->task_group[task] = (uint16_t)memcg->index;
	}
	kmc_lock_drop(&state->groups_lock);
	return err;
}

/* Rule: MCG-11. Model: exact in who answers for the charges (6.1 to 6.18). */
int kmc_sim_memcg_offline(struct mem_cgroup *memcg)
{
	struct kmc_memcg_state *state = memcg->sim->memcg;
	struct mem_cgroup *parent = kmc_memcg_parent(memcg);
	int err = 0;

	if (kmc_memcg_is_root(memcg))
		return -EINVAL;
	kmc_touch(memcg->sim, state, sizeof(*state));
	kmc_touch(memcg->sim, memcg, sizeof(*memcg));
	kmc_touch(memcg->sim, parent, sizeof(*parent));
	kmc_lock_take(&state->groups_lock);
	if (!atomic_load_explicit(&memcg->online, memory_order_relaxed)) {
		err = -ENODEV;
	} else if (memcg->nr_children || memcg->nr_tasks) {
		err = -EBUSY;
	} else {
		parent->nr_children--;
		atomic_store_explicit(&memcg->min, 0, memory_order_relaxed);
		atomic_store_explicit(&memcg->low, 0, memory_order_relaxed);
		atomic_store_explicit(&memcg->online, 0, memory_order_release);
	}
	kmc_lock_drop(&state->groups_lock);
	if (err)
		return err;
	KMC_BUG_ON(!kmc_this_cpu);
	kmc_list_lru_offline(kmc_this_cpu, memcg);
	kmc_stock_drain_all(kmc_this_cpu, memcg);
	return 0;
}

/* limits */

static uint64_t limit_pages(uint64_t bytes)
{
	return bytes >> PAGE_SHIFT > PAGE_COUNTER_MAX ? PAGE_COUNTER_MAX : bytes >> PAGE_SHIFT;
}

static int set_limit(struct mem_cgroup *memcg, atomic_ullong *limit, uint64_t bytes)
{
	if (kmc_memcg_is_root(memcg))
		return -EINVAL;
	if (!atomic_load_explicit(&memcg->online, memory_order_relaxed))
		return -ENODEV;
	kmc_touch(memcg->sim, memcg, sizeof(*memcg));
	atomic_store_explicit(limit, limit_pages(bytes), memory_order_relaxed);
	return 0;
}

static uint64_t above(const struct mem_cgroup *memcg, const atomic_ullong *limit)
{
	uint64_t usage = memcg_read(&memcg->usage), pages = memcg_read(limit);

	return usage > pages ? usage - pages : 0;
}

/* Model: exact in its order (drain, reclaim, kill); ends when nobody can be killed. */
int kmc_sim_memcg_set_max(struct mem_cgroup *memcg, uint64_t bytes)
{
	unsigned int rounds = MAX_RECLAIM_RETRIES;
	int err = set_limit(memcg, &memcg->max, bytes);
	uint64_t over;

	if (err || !above(memcg, &memcg->max) || !kmc_this_cpu)
		return err;
	kmc_stock_drain_all(kmc_this_cpu, memcg);
	while ((over = above(memcg, &memcg->max))) {
		if (rounds) {
			if (!kmc_memcg_reclaim(memcg, over, GFP_KERNEL))
				rounds--;
			continue;
		}
		kmc_memcg_event(memcg, EVENT_OOM);
		if (!kmc_memcg_kill(memcg))
			break;
	}
	return 0;
}

/* Model: exact in its order (drain, then reclaim). */
int kmc_sim_memcg_set_high(struct mem_cgroup *memcg, uint64_t bytes)
{
	unsigned int rounds = MAX_RECLAIM_RETRIES;
	int err = set_limit(memcg, &memcg->high, bytes);
	uint64_t over;

	if (err || !above(memcg, &memcg->high) || !kmc_this_cpu)
		return err;
	kmc_stock_drain_all(kmc_this_cpu, memcg);
	while (rounds && (over = above(memcg, &memcg->high)))
		if (!kmc_memcg_reclaim(memcg, over, GFP_KERNEL))
			rounds--;
	return 0;
}

int kmc_sim_memcg_set_low(struct mem_cgroup *memcg, uint64_t bytes)
{
	return set_limit(memcg, &memcg->low, bytes);
}

void kmc_sim_memcg_ops(struct kmc_sim *sim, const struct kmc_memcg_ops *ops, void *arg)
{
	sim->memcg_ops = ops;
	sim->memcg_ops_arg = arg;
}

int kmc_sim_memcg_set_min(struct mem_cgroup *memcg, uint64_t bytes)
{
	return set_limit(memcg, &memcg->min, bytes);
}

int kmc_sim_memcg_recursive(struct kmc_sim *sim, bool on)
{
	if (!sim->memcg)
		return -EOPNOTSUPP;
	kmc_touch(sim, &sim->memcg->recursive, sizeof(bool));
	sim->memcg->recursive = on;
	return 0;
}

int kmc_sim_memcg_populations(struct kmc_sim *sim, bool charged)
{
	if (!sim->memcg)
		return -EOPNOTSUPP;
	kmc_touch(sim, &sim->memcg->populations, sizeof(bool));
	sim->memcg->populations = charged;
	return 0;
}

bool kmc_populations_charged(const struct kmc_sim *sim)
{
	return sim->memcg && sim->memcg->populations;
}

uint64_t kmc_sim_memcg_usage(const struct mem_cgroup *memcg)
{
	return memcg_read(&memcg->usage) << PAGE_SHIFT;
}

/* <linux/memcontrol.h> */

bool mem_cgroup_disabled(void)
{
	KMC_BUG_ON(!kmc_this_cpu);
	return !kmc_this_cpu->sim->memcg;
}

bool mem_cgroup_is_root(struct mem_cgroup *memcg)
{
	return kmc_memcg_is_root(memcg);
}

struct mem_cgroup *parent_mem_cgroup(struct mem_cgroup *memcg)
{
	return kmc_memcg_is_root(memcg) ? NULL : kmc_memcg_parent(memcg);
}

/* boot */

static size_t data_bytes(uint64_t max_pfn)
{
	return (max_pfn * sizeof(uint64_t) + PAGE_SIZE - 1) & PAGE_MASK;
}

size_t kmc_memcg_arena_bytes(const struct kmc_sim_config *config, uint64_t max_pfn)
{
	if (!(config->options & KMC_OPT_MEMCG))
		return 0;
	return sizeof(struct kmc_memcg_state) + KMC_MEMCG_MAX * sizeof(struct mem_cgroup) +
	       KMC_LIST_LRUS * KMC_MEMCG_MAX * sizeof(uint64_t) + data_bytes(max_pfn) +
	       4 * PAGE_SIZE;
}

void kmc_memcg_boot(struct kmc_sim *sim)
{
	struct kmc_memcg_state *state;

	if (!(sim->config.options & KMC_OPT_MEMCG))
		return;
	state = kmc_arena_alloc(sim, sizeof(*state), 128);
	state->groups = kmc_arena_alloc(sim, KMC_MEMCG_MAX * sizeof(*state->groups), 128);
	state->lru_tables = kmc_arena_alloc(sim, KMC_LIST_LRUS * KMC_MEMCG_MAX * sizeof(uint64_t),
					    64);
	state->data = kmc_arena_alloc_sparse(sim, data_bytes(sim->max_pfn));
	sim->memcg = state;
	group_init(state->groups, sim, 0, 0);
	state->nr_groups = 1;
	state->recursive = sim->config.options & KMC_OPT_MEMCG_RECURSIVE;
	state->groups[0].nr_tasks = KMC_SIM_MAX_TASKS;
}
