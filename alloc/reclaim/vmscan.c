/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct reclaim: a share of each population that grows as the priority falls, as
 * far as the request's flags let it start IO and enter filesystems.
 *
 * Contract: ..4, R-9.6, RCL-1, RCL-4, GFP-34, GFP-35. Looked at: 6.18.44.
 */
#include "compact.h"
#include "memcg.h"
#include "reclaim.h"

bool may_reclaim(enum kmc_lru kind, gfp_t gfp)
{
	if (kind != KMC_LRU_CLEAN && (kind == KMC_LRU_NEEDS_IO ? KMC_PLANTED(reclaim_noio) : KMC_PLANTED(reclaim_nofs)))
		return true;
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

static uint64_t drop_share(struct scan_control *sc, struct population *lru, uint64_t share)
{
	struct group_scan scan = { .sim = sc->sim, .take_low = sc->take_low };
	uint64_t nr;

	if (!kmc_populations_charged(sc->sim))
		return kmc_population_drop(sc->sim, sc->cpu, lru, share);
	nr = kmc_population_drop_guarded(&scan, sc->cpu, lru, share);
	sc->spared_low |= scan.spared_low;
	return nr;
}

/* Rule: GFP-34, GFP-35. Model: simplified (R-9.3; no ages). */
uint64_t shrink_zone(struct scan_control *sc, unsigned int zone)
{
	uint64_t most = sc->nr_reclaimed < sc->nr_to_reclaim ?
				sc->nr_to_reclaim - sc->nr_reclaimed : 0;
	uint64_t reclaimed = 0;

	for (enum kmc_lru kind = KMC_LRU_CLEAN; kind < KMC_NR_LRU && reclaimed < most; kind++) {
		struct population *lru = &sc->sim->reclaim->lru[zone][kind];
		uint64_t share = population_nr(lru) >> sc->priority;

		if (!may_reclaim(kind, sc->gfp) || !share)
			continue;
		trace_reclaim_work(sc, kind);
		if (KMC_PLANTED(reclaims_all))
			share = population_nr(lru);
		else if (share > most - reclaimed)
			share = most - reclaimed;
		reclaimed += drop_share(sc, lru, share);
	}
	return reclaimed;
}

static void trace_reclaim(struct alloc_context *ac, enum kmc_tp_id id, uint64_t reclaimed)
{
	struct kmc_tp tp = { .id = id, .node = -1, .order = ac->order, .gfp = ac->gfp,
			     .pfn = UINT64_MAX, .bytes_req = reclaimed };

	kmc_trace_emit(ac->sim, &tp);
}

static uint64_t node_reclaimable(const struct scan_control *sc, unsigned int node)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < sc->sim->page->nr_zones; i++) {
		const struct zone *zone = &sc->sim->page->zones[i];

		if (zone->node == node && zone->type <= sc->highest)
			nr += zone_reclaimable_pages(sc->sim, zone);
	}
	return nr;
}

/* Could a zone of the node serve the request now, or be compacted for it? */
static bool node_suitable(const struct scan_control *sc, unsigned int node)
{
	for (unsigned int i = 0; i < sc->sim->page->nr_zones; i++) {
		struct zone *zone = &sc->sim->page->zones[i];
		uint64_t min = wmark_pages(zone, WMARK_MIN);

		if (zone->node == node && zone->type <= sc->highest &&
		    (zone_watermark_ok(sc->sim, zone, sc->order, min, sc->highest, 0) ||
		     compaction_suitable(sc->sim, zone, sc->order, min, sc->highest)))
			return true;
	}
	return false;
}

/*
 * for a high order a node is gone over again as long as it gives something and
 * more than compaction needs is left in it.
 */
static bool should_continue_reclaim(const struct scan_control *sc, unsigned int node,
				    uint64_t progress)
{
	if (!progress || !sc->order ||
	    (sc->order <= COSTLY_ORDER && sc->priority >= DEF_PRIORITY - 2) ||
	    node_suitable(sc, node))
		return false;
	return node_reclaimable(sc, node) > 2ull << sc->order;
}

static void shrink_node(struct scan_control *sc, unsigned int node)
{
	uint64_t before, at_first = sc->nr_reclaimed;

	do {
		before = sc->nr_reclaimed;
		for (unsigned int i = sc->sim->page->nr_zones; i--;) {
			const struct zone *zone = &sc->sim->page->zones[i];

			if (zone->node == node && zone->type <= sc->highest)
				sc->nr_reclaimed += shrink_zone(sc, i);
		}
		if (sc->nr_reclaimed < sc->nr_to_reclaim)
			sc->nr_reclaimed += shrink_slab(sc);
		sc->nr_to_reclaim += SWAP_CLUSTER_MAX;
	} while (should_continue_reclaim(sc, node, sc->nr_reclaimed - before));
	sc->nr_to_reclaim = SWAP_CLUSTER_MAX;
	if (sc->nr_reclaimed > at_first)
		kswapd_revive(sc->sim, node);
}

/* enough is free that compaction, not more reclaim, should go on. */
static bool compaction_ready(const struct scan_control *sc, struct zone *zone)
{
	uint64_t high = wmark_pages(zone, WMARK_HIGH);

	if (!gfp_compaction_allowed(sc->sim, sc->gfp))
		return false;
	if (zone_watermark_ok(sc->sim, zone, sc->order, wmark_pages(zone, WMARK_MIN), sc->highest, 0))
		return true;
	return compaction_suitable(sc->sim, zone, sc->order, high + (2ull << sc->order),
				   sc->highest);
}

/* Each node of the list once. Return: a costly request had better compact now. */
static bool shrink_zones(struct scan_control *sc, const struct zonelist *list)
{
	uint32_t seen = 0;
	bool ready = false;

	for (unsigned int i = 0; i < list->nr; i++) {
		struct zone *zone = &sc->sim->page->zones[list->zone[i]];

		if (!cpuset_mems_allowed(sc->cpu, zone->node))
			continue;
		if (sc->order > COSTLY_ORDER && compaction_ready(sc, zone)) {
			ready = true;
			continue;
		}
		if (seen >> zone->node & 1 || sc->nr_reclaimed >= SWAP_CLUSTER_MAX)
			continue;
		seen |= 1u << zone->node;
		shrink_node(sc, zone->node);
	}
	return ready;
}

/* From the lowest priority to the highest, until enough came. Return: had better compact now. */
static bool walk_priorities(struct scan_control *sc, const struct zonelist *list)
{
	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		bool ready = shrink_zones(sc, list);

		if (sc->nr_reclaimed >= SWAP_CLUSTER_MAX)
			return false;
		if (ready)
			return true;
	}
	return false;
}

/* memory.low is a best effort: once all else was in vain it counts no longer. */
static bool gives_up_low(struct scan_control *sc)
{
	if (sc->nr_reclaimed || !sc->spared_low || sc->take_low)
		return false;
	sc->take_low = true;
	return true;
}

/* Rule: RCL-4. Model: simplified (R-9.1, R-9.4, R-9.6; has nothing to find here). */
static uint64_t do_try_to_free_pages(struct scan_control *sc, const struct zonelist *list)
{
	do {
		if (walk_priorities(sc, list))
			return sc->nr_reclaimed ? sc->nr_reclaimed : 1;
	} while (gives_up_low(sc));
	return sc->nr_reclaimed;
}

/*
 * The task is in reclaim meanwhile: what it allocates there gets the reserves and
 * never comes here again. Rule: RCL-1. Model: exact.
 */
uint64_t try_to_free_pages(struct alloc_context *ac, const struct zonelist *list)
{
	struct scan_control sc = { .sim = ac->sim, .cpu = ac->cpu, .gfp = ac->gfp,
				   .order = ac->order, .highest = ac->highest,
				   .nr_to_reclaim = SWAP_CLUSTER_MAX };
	uint64_t reclaimed;

	if (throttle_direct_reclaim(ac, list))
		return 1;
	trace_reclaim(ac, KMC_TP_DIRECT_RECLAIM_BEGIN, 0);
	kmc_sim_task_flags(KMC_PF_MEMALLOC, KMC_PF_MEMALLOC);
	reclaimed = do_try_to_free_pages(&sc, list);
	kmc_sim_task_flags(KMC_PF_MEMALLOC, 0);
	trace_reclaim(ac, KMC_TP_DIRECT_RECLAIM_END, reclaimed);
	return reclaimed;
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
