/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in the trace a recursion miss is told. The kernel counts misses per
 * program for all cpus, so all that is known is the time between two looks at
 * its counters. A block that counts a miss leaves a gap open from the record
 * before it to the one behind it: a block of just the records of that time, of
 * the cpu with the most of them, keeps the gap narrow. Used by recorder.c.
 */
#ifndef EBPF_MISS_PLACE_H
#define EBPF_MISS_PLACE_H
#include <stdbool.h>
#include <stdint.h>
#include "trace/trace.h"

/* How a cpu's records that are not yet in a block lie to a span of time. */
struct kmc_miss_place {
	uint32_t before, within; /* records */
	bool covers;             /* no block has been written with records of the span */
};

/** kmc_records_before() - How many of the records, in order of time, are before @time_ns. */
uint32_t kmc_records_before(const struct kmc_record *records, uint32_t nr, uint64_t time_ns);

/**
 * kmc_miss_place_find() - How the records lie to the span from @from_ns up to @to_ns.
 * @written_ns: time of the last record that is in a block; 0 none.
 */
struct kmc_miss_place kmc_miss_place_find(const struct kmc_record *records, uint32_t nr,
					  uint64_t written_ns, uint64_t from_ns, uint64_t to_ns);

/** kmc_miss_place_better() - Whether a block of @a tells the misses better than one of @b. */
bool kmc_miss_place_better(const struct kmc_miss_place *a, const struct kmc_miss_place *b);

#endif
