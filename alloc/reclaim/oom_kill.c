/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The OOM killer: whom it chooses and what becomes of him. A victim's memory is
 * reaped while the killer's caller sleeps its tick; he stays a victim until his
 * task exits.
 *
 * Contract: R-7 step 16, OOM-1..7. Looked at: 6.18.44.
 */
#include <errno.h>
#include <sched.h>
#include "memcg.h"
#include "reclaim.h"

#define MAX_OOM_REAP_RETRIES 10u

/* Whether storage is suspended is seen from the mask, as a kernel sees it. */
bool storage_suspended(const struct kmc_sim *sim)
{
	return sim->reclaim->storage_suspended;
}

/* Model: simplified; the mask of an early boot, without RECLAIM, ends before the machine begins. */
bool kmc_gfp_restricted(const struct kmc_sim *sim)
{
	return storage_suspended(sim);
}

void kmc_sim_oom_killer(struct kmc_sim *sim, bool enabled)
{
	bool *now = &sim->reclaim->oom_enabled;

	if (__atomic_load_n(now, __ATOMIC_RELAXED) == enabled)
		return;
	kmc_touch(sim, now, sizeof(*now));
	__atomic_store_n(now, enabled, __ATOMIC_RELAXED);
}

void kmc_sim_suspend_storage(struct kmc_sim *sim, bool suspended)
{
	kmc_touch(sim, &sim->reclaim->storage_suspended, sizeof(bool));
	sim->reclaim->storage_suspended = suspended;
}

static uint64_t total_pages(const struct kmc_sim *sim)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		pages += sim->page->zones[i].managed;
	return pages;
}

static bool killable(const struct kmc_sim *sim, const struct kmc_task *task)
{
	return population_nr(&sim->reclaim->anon[task->id]) &&
	       sim->reclaim->oom_score_adj[task->id] != -1000 &&
	       !(task->flags & (KMC_PF_KTHREAD | KMC_PF_OOM_VICTIM));
}

static void sleep_a_tick(struct kmc_sim *sim)
{
	struct kmc_tp tp = { .id = KMC_TP_SLEEP, .node = -1, .pfn = UINT64_MAX };

	kmc_trace_emit(sim, &tp);
}

void kmc_oom_lock(struct kmc_sim *sim)
{
	while (!kmc_lock_try(&sim->reclaim->oom_lock)) {
		kmc_sim_poll();
		kmc_yield_point("oom_lock");
		sched_yield();
	}
}

/* Model: exact but for the clock, which stands still. */
bool kmc_oom_lock_or_sleep(struct kmc_sim *sim)
{
	if (kmc_lock_try(&sim->reclaim->oom_lock))
		return true;
	sleep_a_tick(sim);
	kmc_yield_point("oom_lock");
	sched_yield();
	return false;
}

void kmc_oom_unlock(struct kmc_sim *sim)
{
	kmc_lock_drop(&sim->reclaim->oom_lock);
}

/* Rule: OOM-5. Model: exact but for swap and page tables, which nobody has. */
static int64_t oom_badness(const struct kmc_sim *sim, const struct kmc_task *task, uint64_t pages)
{
	if (KMC_PLANTED(kills_smallest))
		return -(int64_t)population_nr(&sim->reclaim->anon[task->id]);
	return (int64_t)population_nr(&sim->reclaim->anon[task->id]) +
	       sim->reclaim->oom_score_adj[task->id] * (int64_t)pages / 1000;
}

/* Of equals the later one. */
struct kmc_task *select_bad_process(struct kmc_sim *sim, const struct mem_cgroup *memcg,
				    uint64_t pages)
{
	struct kmc_task *chosen = NULL;
	int64_t most = INT64_MIN;

	for (unsigned int i = 0; i < KMC_SIM_MAX_TASKS; i++) {
		struct kmc_task *task = kmc_task_of(sim, i);

		if (!killable(sim, task) || oom_badness(sim, task, pages) < most ||
		    (memcg && !kmc_memcg_task_below(sim, i, memcg)))
			continue;
		chosen = task;
		most = oom_badness(sim, task, pages);
	}
	return chosen;
}

static void trace_task(struct kmc_sim *sim, enum kmc_tp_id id, unsigned int task)
{
	struct kmc_tp tp = { .id = id, .node = -1, .pfn = UINT64_MAX, .bytes_req = task };

	if (id == KMC_TP_OOM_SCORE_ADJ_UPDATE)
		tp.bytes_alloc = (uint64_t)(int64_t)sim->reclaim->oom_score_adj[task];
	kmc_trace_emit(sim, &tp);
}

static void mark_oom_victim(struct kmc_sim *sim, struct kmc_task *task,
			    const struct mem_cgroup *memcg)
{
	struct kmc_tp tp = { .id = KMC_TP_MARK_VICTIM, .node = -1, .pfn = UINT64_MAX,
			     .bytes_req = task->id,
			     .bytes_alloc = memcg ? kmc_memcg_index(memcg) : 0 };

	if (task->flags & KMC_PF_OOM_VICTIM)
		return;
	kmc_sim_task_set(sim, task->id, KMC_PF_OOM_VICTIM | KMC_PF_EXITING,
			 KMC_PF_OOM_VICTIM | KMC_PF_EXITING);
	kmc_trace_emit(sim, &tp);
}

/*
 * The reaper never waits for the victim's map, it comes back ten times and then leaves
 * the memory to the victim's own end. Rule: OOM-4, OOM-5.
 */
static void oom_reap_task(struct kmc_sim *sim, struct kmc_cpu *cpu, unsigned int task)
{
	trace_task(sim, KMC_TP_WAKE_REAPER, task);
	if (sim->reclaim->map_locked >> task & 1) {
		for (unsigned int i = 0; i < MAX_OOM_REAP_RETRIES; i++)
			trace_task(sim, KMC_TP_SKIP_TASK_REAPING, task);
		return;
	}
	trace_task(sim, KMC_TP_START_TASK_REAPING, task);
	kmc_population_drop(sim, cpu, &sim->reclaim->anon[task], UINT64_MAX);
	trace_task(sim, KMC_TP_FINISH_TASK_REAPING, task);
}

void kmc_oom_kill(struct kmc_sim *sim, struct kmc_cpu *cpu, struct kmc_task *victim,
		  const struct mem_cgroup *memcg)
{
	mark_oom_victim(sim, victim, memcg);
	sleep_a_tick(sim);
	oom_reap_task(sim, cpu, victim->id);
}

/* Rule: OOM-2, OOM-4, OOM-5, OOM-6. Model: exact but for the reaper, which has no delay. */
enum oom_result out_of_memory(struct alloc_context *ac)
{
	struct kmc_sim *sim = ac->sim;
	struct kmc_task *victim;

	if (!__atomic_load_n(&sim->reclaim->oom_enabled, __ATOMIC_RELAXED))
		return OOM_DISABLED;
	if ((ac->cpu->task->flags & (KMC_PF_EXITING | KMC_PF_FATAL_SIGNAL)) &&
	    !KMC_PLANTED(dying_kills_other)) {
		mark_oom_victim(sim, ac->cpu->task, NULL);
		return OOM_PROGRESS;
	}
	if (!(ac->gfp & __GFP_FS) && !KMC_PLANTED(kills_without_fs))
		return OOM_PROGRESS;
	victim = select_bad_process(sim, NULL, total_pages(sim));
	if (!victim || KMC_PLANTED(panics_early))
		return OOM_PANIC;
	kmc_oom_kill(sim, ac->cpu, victim, NULL);
	kmc_drain_pcplists(ac);
	return OOM_PROGRESS;
}

int kmc_sim_oom_score_adj(struct kmc_sim *sim, unsigned int task, int adj)
{
	int32_t *own;

	if (task >= KMC_SIM_MAX_TASKS || adj < -1000 || adj > 1000)
		return -EINVAL;
	own = &sim->reclaim->oom_score_adj[task];
	kmc_touch(sim, own, sizeof(*own));
	*own = adj;
	trace_task(sim, KMC_TP_OOM_SCORE_ADJ_UPDATE, task);
	return 0;
}

int kmc_sim_task_map_lock(struct kmc_sim *sim, unsigned int task, bool locked)
{
	uint64_t *tasks = &sim->reclaim->map_locked;

	if (task >= KMC_SIM_MAX_TASKS)
		return -EINVAL;
	kmc_touch(sim, tasks, sizeof(*tasks));
	*tasks = locked ? *tasks | 1ull << task : *tasks & ~(1ull << task);
	return 0;
}
