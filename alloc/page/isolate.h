/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Isolation of pageblocks and ranges of frames taken out of the buddy. Private to alloc/. */
#pragma once
#include "zone.h"

/* isolate.c */

/**
 * set_migratetype_isolate() - The pageblock at @start serves nobody from now on.
 * @cma: one of CMA is welcome too.
 * Return: 0, -EBUSY: isolated already, reserved, or shared with another zone. Rule: MIG-8.
 */
int set_migratetype_isolate(struct kmc_sim *sim, struct zone *zone, uint64_t start, bool cma);

/** unset_migratetype_isolate() - @type: what it becomes, up to 6.12. Rule: MIG-9. */
void unset_migratetype_isolate(struct kmc_sim *sim, struct zone *zone, uint64_t start,
			       unsigned int type);

/** buddy_covering() - The free block that holds a frame; UINT64_MAX none. Under the zone's lock. */
uint64_t buddy_covering(struct kmc_sim *sim, const struct zone *zone, uint64_t pfn);

/* contig.c: under the zone's lock */

/** buddy_covers() - Is [start, end) free? The blocks that hold it are [*first, *last) then. */
bool buddy_covers(struct kmc_sim *sim, const struct zone *zone, uint64_t start, uint64_t end,
		  uint64_t *first, uint64_t *last);
/** buddy_take() - Exactly [start, end) of what buddy_covers() found; descriptors are zero then. */
void buddy_take(struct kmc_sim *sim, struct zone *zone, uint64_t start, uint64_t end,
		uint64_t first, uint64_t last);
/** buddy_give() - Frames of zero descriptors, in blocks as large as they align. */
void buddy_give(struct kmc_sim *sim, struct zone *zone, uint64_t first, uint64_t last);

/* contig.c */

/**
 * kmc_contig_range() - Take exactly [start, end) out of the zone, moving what lies there.
 * @type: MIGRATE_MOVABLE, MIGRATE_CMA: whose pageblocks they are.
 * @gfp:  for the places of what moves, and __GFP_COMP, __GFP_ZERO for the range.
 *
 * Context: no lock held; may sleep. Return: 0, -EBUSY, -ENOMEM, -EINTR, -EINVAL; on
 * failure nothing is lost (PAGE-27). Rule: PAGE-26..29.
 */
int kmc_contig_range(struct kmc_sim *sim, struct kmc_cpu *cpu, uint64_t start, uint64_t end,
		     unsigned int type, gfp_t gfp);

/** kmc_zone_span() - The zone that [start, end) lies in whole; NULL none. */
struct zone *kmc_zone_span(struct kmc_sim *sim, uint64_t start, uint64_t end);
