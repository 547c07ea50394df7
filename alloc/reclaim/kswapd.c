/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kswapd: woken by the slow path, run by whoever drives the machine.
 *
 * Contract: R-8, RCL-6. Looked at: 6.18.44.
 */
#include "compact.h"
#include "reclaim.h"
#include "linux/gfp.h"

static bool of_node(const struct zone *zone, unsigned int node, unsigned int highest)
{
	return zone->node == node && zone->type <= highest;
}

/* some zone of the node could serve the request above its high mark. */
static bool pgdat_balanced(struct kmc_sim *sim, unsigned int node, unsigned int order,
			   unsigned int highest)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct zone *zone = &sim->page->zones[i];

		if (of_node(zone, node, highest) &&
		    zone_watermark_ok(sim, zone, order, wmark_pages(zone, WMARK_HIGH), highest, 0))
			return true;
	}
	return false;
}

static bool pgdat_watermark_boosted(const struct kmc_sim *sim, unsigned int node,
				    unsigned int highest)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		if (of_node(&sim->page->zones[i], node, highest) &&
		    __atomic_load_n(&sim->page->zones[i].watermark_boost, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* One node's kswapd steers requests to others since 6.18. Rule: ZON-7. Model: exact. */
static void mark_busy(struct kmc_sim *sim, unsigned int node, bool busy)
{
	if (sim->config.profile < KMC_PROFILE_6_18_44 || sim->config.nr_nodes == 1)
		return;
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct zone *zone = &sim->page->zones[i];

		if (zone->node != node || zone_kswapd_busy(zone) == busy)
			continue;
		kmc_touch(sim, zone, sizeof(*zone));
		atomic_store_explicit(&zone->kswapd_busy, busy, memory_order_relaxed);
		setup_fast_marks(zone);
	}
}

bool kswapd_asked(struct kmc_sim *sim, unsigned int node, unsigned int order,
		  unsigned int highest)
{
	struct kswapd *kswapd = &sim->reclaim->kswapd[node];
	bool running;

	kmc_lock_take(&sim->reclaim->lock);
	kmc_touch(sim, kswapd, sizeof(*kswapd));
	running = kswapd->order;
	if (kswapd->order < order + 1)
		kswapd->order = order + 1;
	if (kswapd->highest < highest)
		kswapd->highest = highest;
	mark_busy(sim, node, true);
	kmc_lock_drop(&sim->reclaim->lock);
	return running;
}

/* Rule: GFP-4, RCL-6. Model: exact. */
void wakeup_kswapd(struct kmc_sim *sim, gfp_t gfp, unsigned int node, unsigned int order,
		   unsigned int highest)
{
	struct kswapd *kswapd = &sim->reclaim->kswapd[node];
	struct kmc_tp tp = { .id = KMC_TP_WAKEUP_KSWAPD, .node = (int)node, .order = order,
			     .gfp = gfp, .pfn = UINT64_MAX };

	if ((__atomic_load_n(&kswapd->failures, __ATOMIC_RELAXED) >= MAX_RECLAIM_RETRIES &&
	     !KMC_PLANTED(kswapd_never_hopeless)) ||
	    (pgdat_balanced(sim, node, order, highest) &&
	     !pgdat_watermark_boosted(sim, node, highest))) {
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			wakeup_kcompactd(sim, node, order, highest);
		return;
	}
	if (!kswapd_asked(sim, node, order, highest))
		kmc_trace_emit(sim, &tp);
}

/* One pass over the node. Return: it is balanced. */
static bool kswapd_shrink_node(struct scan_control *sc, unsigned int node)
{
	struct kmc_sim *sim = sc->sim;

	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		if (pgdat_balanced(sim, node, sc->order, sc->highest))
			return true;
		if (of_node(&sim->page->zones[i], node, sc->highest))
			sc->nr_reclaimed += shrink_zone(sc, i);
	}
	sc->nr_reclaimed += shrink_slab(sc);
	kmc_page_flush_cpu(sim, sc->cpu);
	return false;
}

/* */
static void mark_active(struct kmc_sim *sim, unsigned int node, unsigned int highest, bool active)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		if (of_node(&sim->page->zones[i], node, highest))
			zone_set_reclaim_active(sim, &sim->page->zones[i], active);
}

/* The boost it was woken for is gone at the end. */
static uint64_t balance_pgdat(struct kmc_sim *sim, unsigned int node, unsigned int order,
			      unsigned int highest, bool aside)
{
	uint32_t task = kmc_this_cpu->task->flags & KMC_PF_MEMALLOC;
	struct scan_control sc = { .sim = sim, .cpu = kmc_this_cpu, .gfp = GFP_KERNEL,
				   .order = order, .highest = highest,
				   .priority = DEF_PRIORITY, .kswapd = aside };

	kmc_sim_task_flags(KMC_PF_MEMALLOC, KMC_PF_MEMALLOC);
	mark_active(sim, node, highest, true);
	while (sc.priority >= 1) {
		uint64_t before = sc.nr_reclaimed;

		sc.nr_to_reclaim = before + SWAP_CLUSTER_MAX;
		if (kswapd_shrink_node(&sc, node))
			break;
		if (sc.nr_reclaimed == before)
			sc.priority--;
	}
	mark_active(sim, node, highest, false);
	kmc_sim_task_flags(KMC_PF_MEMALLOC, task);
	return sc.nr_reclaimed;
}

static void boost_ends(struct kmc_sim *sim, unsigned int node, unsigned int highest)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct zone *zone = &sim->page->zones[i];

		if (!of_node(zone, node, highest) ||
		    !__atomic_load_n(&zone->watermark_boost, __ATOMIC_RELAXED))
			continue;
		kmc_lock_take(&zone->lock);
		buddy_touch(sim, zone);
		__atomic_store_n(&zone->watermark_boost, 0, __ATOMIC_RELAXED);
		setup_fast_marks(zone);
		kmc_lock_drop(&zone->lock);
	}
}

static void count_failure(struct kmc_sim *sim, struct kswapd *kswapd, bool progress)
{
	kmc_touch(sim, kswapd, sizeof(*kswapd));
	kmc_lock_take(&sim->reclaim->lock);
	__atomic_store_n(&kswapd->failures, progress ? 0 : kswapd->failures + 1, __ATOMIC_RELAXED);
	kmc_lock_drop(&sim->reclaim->lock);
}

/* Progress in reclaim of any sort gives a node's kswapd hope again. Rule: RCL-6. */
void kswapd_revive(struct kmc_sim *sim, unsigned int node)
{
	struct kswapd *kswapd = &sim->reclaim->kswapd[node];

	if (__atomic_load_n(&kswapd->failures, __ATOMIC_RELAXED))
		count_failure(sim, kswapd, true);
}

static void trace_daemon(struct kmc_sim *sim, enum kmc_tp_id id, unsigned int node,
			 const struct kswapd *run)
{
	struct kmc_tp tp = { .id = id, .node = (int)node, .pfn = UINT64_MAX };

	if (id == KMC_TP_KSWAPD_WAKE) {
		tp.order = run->order - 1;
		tp.bytes_req = run->highest;
	}
	kmc_trace_emit(sim, &tp);
}

/* Rule: RCL-6. Model: simplified; a run is one step, nothing comes in between. */
uint64_t kswapd_run(struct kmc_sim *sim, unsigned int node, bool aside)
{
	struct kswapd *kswapd = &sim->reclaim->kswapd[node];
	uint64_t reclaimed = 0;
	struct kswapd run;

	kmc_lock_take(&sim->reclaim->lock);
	kmc_touch(sim, kswapd, sizeof(*kswapd));
	run = *kswapd;
	kswapd->order = kswapd->highest = 0;
	kmc_lock_drop(&sim->reclaim->lock);
	if (!run.order)
		return 0;
	trace_daemon(sim, KMC_TP_KSWAPD_WAKE, node, &run);
	if (!pgdat_balanced(sim, node, run.order - 1, run.highest)) {
		reclaimed = balance_pgdat(sim, node, run.order - 1, run.highest, aside);
		count_failure(sim, kswapd, reclaimed);
	}
	boost_ends(sim, node, run.highest);
	if (run.order > 1)
		wakeup_kcompactd(sim, node, run.order - 1, run.highest);
	kmc_lock_take(&sim->reclaim->lock);
	mark_busy(sim, node, kswapd->order);
	kmc_lock_drop(&sim->reclaim->lock);
	trace_daemon(sim, KMC_TP_KSWAPD_SLEEP, node, &run);
	return reclaimed;
}

uint64_t kmc_sim_kswapd_step(struct kmc_sim *sim, unsigned int node)
{
	if (node >= sim->config.nr_nodes || !kmc_this_cpu)
		return 0;
	return kswapd_run(sim, node, false);
}

unsigned int kmc_sim_kswapd_failures(struct kmc_sim *sim, unsigned int node)
{
	return node < sim->config.nr_nodes ?
		       __atomic_load_n(&sim->reclaim->kswapd[node].failures, __ATOMIC_RELAXED) : 0;
}
