/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of compaction over one zone. Private to compact/. */
#pragma once
#include "compact.h"

enum compact_mode { COMPACT_MODE_ASYNC, COMPACT_MODE_SYNC_LIGHT, COMPACT_MODE_SYNC };

struct compact_control {
	struct kmc_sim *sim;
	struct kmc_cpu *cpu;
	struct zone *zone;
	unsigned int order;
	unsigned int migratetype;
	unsigned int highest;    /* enum kmc_zone_type of the request */
	unsigned int alloc_flags;
	uint64_t mark;           /* of the request */
	enum compact_mode mode;
	bool whole_zone;         /* no order is wanted: go on to the end */
	bool ignore_types;       /* targets in pageblocks of any mergeable type */
	/* the scanners, each at the start of a pageblock */
	uint64_t migrate_pfn, free_pfn;
	uint64_t nr_migrated, nr_stayed; /* frames moved; blocks that could not */
};

/** compact_zone() - Context: no lock held. Return. */
enum compact_result compact_zone(struct compact_control *cc);

/** compaction_suitable_with() - As compaction_suitable() at min, of a zone with @more free pages. */
bool compaction_suitable_with(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			      unsigned int highest, uint64_t more);
