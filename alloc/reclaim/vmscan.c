/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct reclaim: a share of each population that grows as the priority falls, as
 * far as the request's flags let it start IO and enter filesystems.
 *
 * Contract: R-9, RCL-1..4, GFP-34, GFP-35. Looked at: 6.18.44.
 */
#include "reclaim.h"

static bool may_reclaim(enum kmc_lru kind, gfp_t gfp)
{
	return kind == KMC_LRU_CLEAN || (gfp & (kind == KMC_LRU_NEEDS_IO ? __GFP_IO : __GFP_FS));
}

void trace_reclaim_work(const struct scan_control *sc, enum kmc_lru kind)
{
	struct kmc_tp tp = { .node = -1, .gfp = sc->gfp, .pfn = UINT64_MAX };

	if (kind == KMC_LRU_CLEAN || sc->kswapd)
		return;
	tp.id = kind == KMC_LRU_NEEDS_IO ? KMC_TP_STARTED_IO : KMC_TP_STARTED_FS;
	kmc_trace_emit(sc->sim, &tp);
}

/* Rule: GFP-34, GFP-35. Model: simplified (R-9.3; no ages). */
uint64_t shrink_zone(struct scan_control *sc, unsigned int zone)
{
	uint64_t most = sc->nr_reclaimed < sc->nr_to_reclaim ?
				sc->nr_to_reclaim - sc->nr_reclaimed : 0;
	uint64_t reclaimed = 0;

	for (enum kmc_lru kind = KMC_LRU_CLEAN; kind < KMC_NR_LRU && reclaimed < most; kind++) {
		struct population *lru = &sc->sim->reclaim->lru[zone][kind];
		uint64_t share = lru->nr >> sc->priority;

		if (!may_reclaim(kind, sc->gfp) || !share)
			continue;
		trace_reclaim_work(sc, kind);
		if (share > most - reclaimed)
			share = most - reclaimed;
		reclaimed += kmc_population_drop(sc->sim, sc->cpu, lru, share);
	}
	return reclaimed;
}

static void trace_reclaim(struct alloc_context *ac, enum kmc_tp_id id, uint64_t reclaimed)
{
	struct kmc_tp tp = { .id = id, .node = -1, .order = ac->order, .gfp = ac->gfp,
			     .pfn = UINT64_MAX, .bytes_req = reclaimed };

	kmc_trace_emit(ac->sim, &tp);
}

static void shrink_zones(struct scan_control *sc, const struct zonelist *list)
{
	for (unsigned int i = 0; i < list->nr && sc->nr_reclaimed < sc->nr_to_reclaim; i++)
		if (cpuset_mems_allowed(sc->cpu, sc->sim->page->zones[list->zone[i]].node))
			sc->nr_reclaimed += shrink_zone(sc, list->zone[i]);
	if (sc->nr_reclaimed < sc->nr_to_reclaim)
		sc->nr_reclaimed += shrink_slab(sc);
}

/*
 * The task is in reclaim meanwhile: what it allocates there gets the reserves and
 * never comes here again. Rule: RCL-1, RCL-4. Model: simplified (R-9.1; nothing
 * throttles, high orders have no target of their own).
 */
uint64_t try_to_free_pages(struct alloc_context *ac, const struct zonelist *list)
{
	struct scan_control sc = { .sim = ac->sim, .cpu = ac->cpu, .gfp = ac->gfp,
				   .order = ac->order, .highest = ac->highest,
				   .nr_to_reclaim = SWAP_CLUSTER_MAX };

	trace_reclaim(ac, KMC_TP_DIRECT_RECLAIM_BEGIN, 0);
	kmc_sim_task_flags(KMC_PF_MEMALLOC, KMC_PF_MEMALLOC);
	for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--)
		shrink_zones(&sc, list);
	kmc_sim_task_flags(KMC_PF_MEMALLOC, 0);
	trace_reclaim(ac, KMC_TP_DIRECT_RECLAIM_END, sc.nr_reclaimed);
	return sc.nr_reclaimed;
}

/*
 * Those of cpus that run elsewhere stay: to wait for them here would let others
 * into the middle of the caller's own work. Model: simplified.
 */
void kmc_drain_pcplists(struct alloc_context *ac)
{
	struct kmc_sim *sim = ac->sim;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct kmc_cpu *cpu = &sim->cpus[i];

		if (cpu == ac->cpu || kmc_cpu_is_ours(cpu)) {
			kmc_page_flush_cpu(sim, cpu);
		} else if (kmc_cpu_steal(cpu)) {
			kmc_page_flush_cpu(sim, cpu);
			kmc_cpu_release(cpu);
		}
	}
}
