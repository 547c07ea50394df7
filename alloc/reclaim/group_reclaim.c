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

/* Whose pages are looked for, and whether groups below their memory.low are spared. */
struct group_scan {
	struct kmc_sim *sim;
	const struct mem_cgroup *memcg;
	bool spare_low, spared;
};

static bool of_group(void *arg, const struct page *page)
{
	struct group_scan *scan = arg;

	if (!kmc_memcg_page_below(scan->sim, page, scan->memcg))
		return false;
	if (!kmc_memcg_page_protected(scan->sim, page, scan->memcg))
		return true;
	if (scan->spare_low) {
		scan->spared = true;
		return false;
	}
	kmc_memcg_low_breached(scan->sim, page, scan->memcg);
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
			nr = kmc_population_drop_if(sc->sim, sc->cpu, lru,
						    sc->nr_to_reclaim - reclaimed, of_group, scan);
			if (nr)
				trace_reclaim_work(sc, kind);
			reclaimed += nr;
		}
	return reclaimed;
}

/*
 * Protected groups are spared as long as others have something.
 * Model: simplified: without ages and priorities.
 */
static uint64_t try_to_free_mem_cgroup_pages(void *arg, struct mem_cgroup *memcg,
					     uint64_t nr_pages, unsigned int gfp)
{
	struct group_scan scan = { .sim = arg, .memcg = memcg, .spare_low = true };
	struct scan_control sc = { .sim = arg, .cpu = kmc_this_cpu, .gfp = gfp,
				   .nr_to_reclaim = nr_pages > SWAP_CLUSTER_MAX ?
							    nr_pages : SWAP_CLUSTER_MAX };
	uint32_t before = sc.cpu->task->flags & KMC_PF_MEMALLOC;
	uint64_t reclaimed;

	kmc_sim_task_flags(KMC_PF_MEMALLOC, KMC_PF_MEMALLOC);
	reclaimed = scan_group(&sc, &scan);
	if (!reclaimed && scan.spared) {
		scan.spare_low = false;
		reclaimed = scan_group(&sc, &scan);
	}
	kmc_sim_task_flags(KMC_PF_MEMALLOC, before);
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
		kmc_oom_kill(sim, kmc_this_cpu, victim);
	kmc_oom_unlock(sim);
	return victim;
}

static const struct kmc_memcg_ops group_ops = { .reclaim = try_to_free_mem_cgroup_pages,
						.oom_kill = mem_cgroup_out_of_memory };

void kmc_sim_memcg_populations(struct kmc_sim *sim)
{
	kmc_sim_memcg_ops(sim, &group_ops, sim);
}

bool kmc_populations_charged(const struct kmc_sim *sim)
{
	return sim->memcg && sim->memcg_ops == &group_ops;
}
