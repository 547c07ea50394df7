/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Made-up traces for the tests of this folder: records, facts and files that
 * follow from a seed alone.
 */
#ifndef TRACE_SAMPLE_H
#define TRACE_SAMPLE_H
#include <stddef.h>
#include <stdint.h>
#include "trace/trace.h"

/** kmc_sample_seed() - From KMC_SEED or the clock; printed. */
uint64_t kmc_sample_seed(void);
uint64_t kmc_sample_draw(uint64_t *state);

/* Every field any value: what the format must carry. */
void kmc_sample_wild(uint64_t *state, struct kmc_record *records, size_t n);

/*
 * Like a kernel's: few call sites, addresses that are freed and used again,
 * times from @start_ns that grow. Sorted by time.
 */
void kmc_sample_plausible(uint64_t *state, struct kmc_record *records, size_t n,
			  uint64_t start_ns);

/** kmc_sample_facts() - To be freed with kmc_trace_facts_free(). */
void kmc_sample_facts(struct kmc_trace_facts *facts);

/** kmc_sample_info() - A block's info with exact accounting for its records. */
struct kmc_block_info kmc_sample_info(uint32_t cpu, uint64_t seq, const struct kmc_record *records,
				      size_t n);

#define KMC_SAMPLE_CPUS   2u
#define KMC_SAMPLE_BLOCKS 3u /* of each cpu */

/* A whole small trace, and what was put in. */
struct kmc_sample {
	int fd;         /* of a file in memory */
	char path[64];
	uint8_t *bytes; /* the file */
	size_t size;
	size_t block_records;
	/* [cpu][seq * block_records + i] */
	struct kmc_record *records[KMC_SAMPLE_CPUS];
	size_t frame_end[KMC_SAMPLE_CPUS * KMC_SAMPLE_BLOCKS + 1]; /* after header, each block */
};
void kmc_sample_make(struct kmc_sample *sample, uint64_t seed, size_t block_records);
void kmc_sample_free(struct kmc_sample *sample);

#endif
