// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a recursion miss is told; see miss_place.h. */
#include "miss_place.h"

uint32_t kmc_records_before(const struct kmc_record *records, uint32_t nr, uint64_t time_ns)
{
	uint32_t low = 0, high = nr;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (records[middle].time_ns < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct kmc_miss_place kmc_miss_place_find(const struct kmc_record *records, uint32_t nr,
					  uint64_t written_ns, uint64_t from_ns, uint64_t to_ns)
{
	struct kmc_miss_place place = {
		.before = kmc_records_before(records, nr, from_ns),
		.covers = written_ns <= from_ns,
	};

	place.within = kmc_records_before(records, nr, to_ns) - place.before;
	return place;
}

/* An idle cpu has few records to stand close around the span. */
bool kmc_miss_place_better(const struct kmc_miss_place *a, const struct kmc_miss_place *b)
{
	return a->covers != b->covers ? a->covers : a->within > b->within;
}
