/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct reclaimers wait for kswapd when the reserves of low memory are half used up:
 * else they would eat what kswapd's own work needs.
 *
 * Contract, RCL-5. Looked at: 6.18.44.
 */
#include "alloc/vmstat.h"
#include "reclaim.h"

/* What counts as low memory here, and only where reclaim has something to find. */
static bool counts(struct kmc_sim *sim, const struct zone *zone, unsigned int node)
{
	return zone->node == node && zone->type <= KMC_ZONE_NORMAL && zone->managed &&
	       zone_reclaimable_pages(sim, zone);
}

static bool allow_direct_reclaim(struct kmc_sim *sim, unsigned int node)
{
	uint64_t reserve = 0, free = 0;

	if (kmc_sim_kswapd_failures(sim, node) >= MAX_RECLAIM_RETRIES)
		return true;
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct zone *zone = &sim->page->zones[i];

		if (!counts(sim, zone, node))
			continue;
		reserve += wmark_pages(zone, WMARK_MIN);
		free += zone_nr_free(zone);
	}
	return !reserve || free > reserve / 2;
}

/* The first node of the list with low memory is the one that is waited for. */
static int node_to_wait_for(struct alloc_context *ac, const struct zonelist *list)
{
	for (unsigned int i = 0; i < list->nr; i++) {
		const struct zone *zone = &ac->sim->page->zones[list->zone[i]];

		if (zone->type <= KMC_ZONE_NORMAL)
			return zone->node;
	}
	return -1;
}

/*
 * To wait is to let kswapd run: once for who holds filesystem locks, and waits a second
 * at most; until it has succeeded or given up for others. Who waits is not in reclaim,
 * so what kswapd starts is not his doing. A kswapd that finds its node balanced, by one zone
 * of several, neither succeeds nor gives up: what a kernel's waiter would wait for then, that
 * others free something, nobody does here.
 */
static void wait_for_kswapd(struct alloc_context *ac, unsigned int node)
{
	struct kmc_tp sleep = { .id = KMC_TP_SLEEP, .node = (int)node, .pfn = UINT64_MAX };
	unsigned int idle = 0;

	kmc_trace_emit(ac->sim, &sleep);
	do {
		kswapd_asked(ac->sim, node, 0, KMC_ZONE_NORMAL);
		idle = kswapd_run(ac->sim, node, true) ? 0 : idle + 1;
	} while ((ac->gfp & __GFP_FS) && !allow_direct_reclaim(ac->sim, node) &&
		 idle <= MAX_RECLAIM_RETRIES);
}

/* Rule: RCL-5. Model: simplified; who waits runs kswapd, the clock stands still. */
bool throttle_direct_reclaim(struct alloc_context *ac, const struct zonelist *list)
{
	uint32_t task = ac->cpu->task->flags;
	int node = node_to_wait_for(ac, list);

	if (node < 0 || (task & (KMC_PF_KTHREAD | KMC_PF_FATAL_SIGNAL)) ||
	    allow_direct_reclaim(ac->sim, (unsigned int)node))
		return false;
	count_vm_event(ac->sim, KMC_PGSCAN_DIRECT_THROTTLE, 1);
	wait_for_kswapd(ac, (unsigned int)node);
	return ac->cpu->task->flags & KMC_PF_FATAL_SIGNAL;
}
