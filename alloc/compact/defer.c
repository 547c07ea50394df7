/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deferred compaction: a zone in which a full run found nothing is left alone
 * for a while, each time twice as long, for the order that failed and above.
 *
 * Contract: CPT-4, R-10.5. Looked at: 6.18.44.
 */
#include "compact.h"

#define COMPACT_MAX_DEFER_SHIFT 6

/* Filled in below the zone's lock, told after it. */
static struct kmc_tp defer_event(const struct zone *zone, enum kmc_tp_id id, unsigned int order)
{
	return (struct kmc_tp){ .id = id, .node = zone->node, .order = order, .pfn = UINT64_MAX,
				.bytes_req = zone->compact_considered,
				.bytes_alloc = zone->compact_defer_shift };
}

/* Rule: CPT-4. Model: exact. */
bool compaction_deferred(struct kmc_sim *sim, struct zone *zone, unsigned int order)
{
	uint32_t limit;
	bool skip = false;
	struct kmc_tp tp;

	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	limit = 1u << zone->compact_defer_shift;
	if (order >= zone->compact_order_failed) {
		skip = ++zone->compact_considered < limit;
		if (!skip)
			zone->compact_considered = limit;
	}
	tp = defer_event(zone, KMC_TP_COMPACTION_DEFERRED, order);
	kmc_lock_drop(&zone->lock);
	if (skip)
		kmc_trace_emit(sim, &tp);
	return skip;
}

/* Rule: CPT-4. Model: exact. */
void defer_compaction(struct kmc_sim *sim, struct zone *zone, unsigned int order)
{
	struct kmc_tp tp;

	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	zone->compact_considered = 0;
	if (zone->compact_defer_shift < COMPACT_MAX_DEFER_SHIFT)
		zone->compact_defer_shift++;
	if (order < zone->compact_order_failed)
		zone->compact_order_failed = order;
	tp = defer_event(zone, KMC_TP_COMPACTION_DEFER_COMPACTION, order);
	kmc_lock_drop(&zone->lock);
	kmc_trace_emit(sim, &tp);
}

/*
 * Compaction said that it found a block, or the request got it.
 * Rule: CPT-4. Model: exact.
 */
void compaction_defer_reset(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			    bool alloc_success)
{
	struct kmc_tp tp;

	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	if (alloc_success) {
		zone->compact_considered = 0;
		zone->compact_defer_shift = 0;
	}
	if (order >= zone->compact_order_failed)
		zone->compact_order_failed = order + 1;
	tp = defer_event(zone, KMC_TP_COMPACTION_DEFER_RESET, order);
	kmc_lock_drop(&zone->lock);
	kmc_trace_emit(sim, &tp);
}
