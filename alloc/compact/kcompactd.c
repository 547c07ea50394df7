/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kcompactd of each node, and compaction by hand. The thread is a step that the
 * driver of the machine schedules; what it is woken for is kept until then.
 *
 * Contract. Looked at: 6.18.44.
 */
#include "alloc/movable.h"
#include "compact_zone.h"

static struct zone *first_zone_of(struct kmc_sim *sim, unsigned int node)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		if (sim->page->zones[i].node == node)
			return &sim->page->zones[i];
	return NULL;
}

static void trace_node(struct kmc_sim *sim, enum kmc_tp_id id, unsigned int node,
		       unsigned int order)
{
	struct kmc_tp tp = { .id = id, .node = (int)node, .order = order, .pfn = UINT64_MAX };

	kmc_trace_emit(sim, &tp);
}

/* Model: exact; whether there is work is asked when it runs. */
void wakeup_kcompactd(struct kmc_sim *sim, unsigned int node, unsigned int order,
		      unsigned int highest)
{
	struct kcompactd *k = &sim->page->kcompactd[node];
	struct zone *zone = first_zone_of(sim, node);

	if (!order || !zone)
		return;
	kmc_lock_take(&zone->lock);
	kmc_touch(sim, k, sizeof(*k));
	if (k->order < order + 1)
		k->order = order + 1;
	if (k->highest < highest)
		k->highest = highest;
	kmc_lock_drop(&zone->lock);
	trace_node(sim, KMC_TP_COMPACTION_WAKEUP_KCOMPACTD, node, order);
}

static struct kcompactd take_work(struct kmc_sim *sim, unsigned int node)
{
	struct kcompactd *k = &sim->page->kcompactd[node], work = { 0, 0 };
	struct zone *zone = first_zone_of(sim, node);

	if (!zone)
		return work;
	kmc_lock_take(&zone->lock);
	work = *k;
	if (work.order) {
		kmc_touch(sim, k, sizeof(*k));
		*k = (struct kcompactd){ 0, 0 };
	}
	kmc_lock_drop(&zone->lock);
	return work;
}

static void do_zone(struct kmc_sim *sim, struct zone *zone, unsigned int order,
		    unsigned int highest)
{
	struct compact_control cc = {
		.sim = sim, .cpu = kmc_this_cpu, .zone = zone, .order = order,
		.migratetype = MIGRATE_MOVABLE, .highest = highest, .alloc_flags = ALLOC_WMARK_MIN,
		.mark = wmark_pages(zone, WMARK_MIN), .mode = COMPACT_MODE_SYNC_LIGHT,
	};
	enum compact_result result;

	if (compaction_deferred(sim, zone, order))
		return;
	result = compact_zone(&cc);
	if (result == COMPACT_SUCCESS)
		compaction_defer_reset(sim, zone, order, false);
	else if (result == COMPACT_COMPLETE || result == COMPACT_PARTIAL_SKIPPED) {
		kmc_page_flush_cpu(sim, kmc_this_cpu);
		kmc_flush_cpus(sim, FLUSH_PCP);
		defer_compaction(sim, zone, order);
	}
}

/* Model: simplified; nothing is done proactively, and no zone waits for its lock. */
bool kmc_sim_kcompactd_step(struct kmc_sim *sim, unsigned int node)
{
	struct kcompactd work;

	KMC_BUG_ON(!kmc_this_cpu || kmc_this_cpu->sim != sim);
	kmc_attention(kmc_this_cpu);
	if (node >= sim->config.nr_nodes)
		return false;
	work = take_work(sim, node);
	if (!work.order)
		return false;
	trace_node(sim, KMC_TP_COMPACTION_KCOMPACTD_WAKE, node, work.order - 1);
	count_vm_event(sim, KMC_KCOMPACTD_WAKE, 1);
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct zone *zone = &sim->page->zones[i];

		if (zone->node == node && zone->type <= work.highest)
			do_zone(sim, zone, work.order - 1, work.highest);
	}
	trace_node(sim, KMC_TP_COMPACTION_KCOMPACTD_SLEEP, node, 0);
	return true;
}

uint64_t kmc_sim_compact_node(struct kmc_sim *sim, unsigned int node)
{
	uint64_t moved = 0;

	KMC_BUG_ON(!kmc_this_cpu || kmc_this_cpu->sim != sim);
	kmc_attention(kmc_this_cpu);
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct compact_control cc = {
			.sim = sim, .cpu = kmc_this_cpu, .zone = &sim->page->zones[i],
			.order = PAGEBLOCK_ORDER, .migratetype = MIGRATE_MOVABLE,
			.mode = COMPACT_MODE_SYNC, .whole_zone = true, .ignore_types = true,
		};

		if (cc.zone->node != node)
			continue;
		compact_zone(&cc);
		moved += cc.nr_migrated;
	}
	return moved;
}
