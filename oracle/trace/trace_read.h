/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opened trace: the index that trace_read.c builds and the cursor walks.
 * Private to the two.
 */
#ifndef TRACE_READ_H
#define TRACE_READ_H
#include <zstd.h>
#include "trace/trace.h"
#include "trace_columns.h"
#include "trace_wire.h"

/* In a mask of probes: events of any may be missing, since nobody counted them. */
#define KMC_PROBES_UNKNOWN (1u << 31)
_Static_assert(KMC_NR_PROBES < 31, "a mask of probes has room for all");

/* A block as found in the file. */
struct kmc_block_entry {
	struct kmc_block_info info;
	uint64_t offset;      /* of its frame */
	const uint8_t *payload;
	uint32_t payload_len, raw_len;
	uint32_t column_lens[KMC_NR_COLUMNS];
	uint8_t method;
	bool bad;             /* the payload is damaged, the head is good */
	bool missed_inside;   /* events not seen somewhere among its records */
	uint64_t gap;         /* events not seen before its first record, from the one before on */
	uint32_t gap_probes;  /* theirs, or KMC_PROBES_UNKNOWN among them */
	uint32_t missed_probes; /* of what is missing among its records */
};

/* The blocks of one cpu: chain[begin..end), by sequence. */
struct kmc_trace_cpu {
	uint32_t cpu;
	size_t begin, end;
	uint64_t next_seq;   /* by the end mark; 0 unknown */
	uint64_t tail_gap;   /* events not seen after its last record */
	uint32_t tail_probes;
};

struct kmc_trace {
	const uint8_t *data;
	size_t size;
	bool mapped;
	char *name;
	struct kmc_trace_facts facts;
	struct kmc_trace_damage damage;
	struct kmc_block_entry *blocks; /* by first time; the bad ones behind nr_good */
	size_t nr_blocks, nr_good, room;
	uint32_t *chain;
	struct kmc_trace_cpu *cpus;     /* by number */
	size_t nr_cpus;
	bool end_seen;
	uint64_t end_blocks, end_records;
	uint64_t *end_seqs;             /* by cpu number, as the end mark has them */
	uint32_t nr_end_seqs;
	struct kmc_decoder *decoder;    /* of kmc_trace_block_read() */
	ZSTD_DCtx *zstd;
};

/** kmc_gap_add() - Sum of lost events; what is unknown stays unknown. */
static inline uint64_t kmc_gap_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? KMC_TRACE_GAP_UNKNOWN : sum;
}

/** kmc_block_load() - Decompress a block and begin its decoding. Return: 0, -EINVAL, -ENOMEM. */
int kmc_block_load(const struct kmc_block_entry *block, ZSTD_DCtx *zstd, struct kmc_decoder *dec);

/** kmc_trace_chain() - Order the blocks, find what is missing. Return: 0, -ENOMEM. */
int kmc_trace_chain(struct kmc_trace *trace);

#endif
