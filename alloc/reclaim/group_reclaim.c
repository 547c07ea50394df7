/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a group at its limit reclaims and whom it kills, once populations are
 * charged: page cache to the group of the task that read it, memory of a task to
 * the task's group.
 *
 * Contract: R-11 step 4, OOM-2, OOM-6, MCG-2, MCG-7, MCG-9. Looked at: 6.18.44.
 */
#include "alloc/memcg.h"
#include "memcg.h"
#include "reclaim.h"
#include "linux/gfp.h"
#include "linux/sched/mm.h"

static uint64_t still_used(const struct group_scan *scan)
{
	uint64_t used = scan->guard.usage;

	for (unsigned int i = 0; i < scan->nr && used; i++)
		used -= scan->of[i] == scan->guard.memcg;
	return used;
}

/* A group is spared whose usage its protection covers; all of it counts, not page cache alone. */
bool group_scan_wants(struct group_scan *scan, const struct page *page)
{
	struct kmc_memcg_guard *guard = &scan->guard;

	kmc_memcg_guard_page(scan->sim, page, guard);
	if (!guard->below)
		return false;
	if (guard->min | guard->low) {
		uint64_t used = still_used(scan);

		if (used <= guard->min)
			return false;
		if (used <= guard->low && !scan->take_low) {
			scan->spared_low = true;
			return false;
		}
		if (used <= guard->low && !guard->told) {
			kmc_memcg_low_breached(guard->memcg);
			guard->told = true;
		}
	}
	scan->of[scan->nr++] = guard->memcg;
	return true;
}

static uint64_t scan_group(struct scan_control *sc, struct group_scan *scan)
{
	uint64_t reclaimed = 0;

	for (unsigned int zone = 0; zone < sc->sim->page->nr_zones; zone++)
		for (enum kmc_lru kind = KMC_LRU_CLEAN; kind < KMC_NR_LRU; kind++) {
			struct population *lru = &sc->sim->reclaim->lru[zone][kind];
			uint64_t nr;

			if (reclaimed >= sc->nr_to_reclaim || !may_reclaim(kind, sc->gfp))
				continue;
			nr = kmc_population_drop_guarded(scan, sc->cpu, lru,
							 sc->nr_to_reclaim - reclaimed);
			if (nr)
				trace_reclaim_work(sc, kind);
			reclaimed += nr;
		}
	return reclaimed;
}

/*
 * Protected groups are spared as long as others have something. What the running task's
 * scopes forbid is forbidden here too. Model: simplified: without ages and priorities.
 */
static uint64_t try_to_free_mem_cgroup_pages(void *arg, struct mem_cgroup *memcg,
					     uint64_t nr_pages, unsigned int gfp)
{
	struct group_scan scan = { .sim = arg, .guard = { .target = memcg } };
	struct scan_control sc = { .sim = arg, .cpu = kmc_this_cpu, .gfp = current_gfp_context(gfp),
				   .nr_to_reclaim = nr_pages > SWAP_CLUSTER_MAX ?
							    nr_pages : SWAP_CLUSTER_MAX };
	uint32_t before = sc.cpu->task->flags & KMC_PF_MEMALLOC;
	uint64_t reclaimed = 0;

	/* Of a request it is masked before; who writes limits is frozen. */
	if (kmc_gfp_restricted(sc.sim))
		sc.gfp &= ~(gfp_t)(__GFP_IO | __GFP_FS);
	kmc_memcg_trace_reclaim(memcg, KMC_TP_MEMCG_RECLAIM_BEGIN, sc.gfp, 0);
	kmc_sim_task_flags(KMC_PF_MEMALLOC, KMC_PF_MEMALLOC);
	if (kmc_memcg_has_cache(memcg))
		reclaimed = scan_group(&sc, &scan);
	if (!reclaimed && scan.spared_low) {
		scan.take_low = true;
		reclaimed = scan_group(&sc, &scan);
	}
	kmc_sim_task_flags(KMC_PF_MEMALLOC, before);
	kmc_memcg_trace_reclaim(memcg, KMC_TP_MEMCG_RECLAIM_END, sc.gfp, reclaimed);
	return reclaimed;
}

/* Rule: OOM-2, OOM-5, OOM-6, MCG-9. Model: exact but for the reaper, which has no delay. */
static bool mem_cgroup_out_of_memory(void *arg, struct mem_cgroup *memcg)
{
	struct kmc_sim *sim = arg;
	struct kmc_task *victim;

	kmc_oom_lock(sim);
	victim = select_bad_process(sim, memcg, kmc_memcg_max_pages(memcg));
	if (victim)
		kmc_oom_kill(sim, kmc_this_cpu, victim, memcg);
	kmc_oom_unlock(sim);
	return victim;
}

const struct kmc_memcg_ops kmc_population_ops = { .reclaim = try_to_free_mem_cgroup_pages,
						  .oom_kill = mem_cgroup_out_of_memory };
