/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace file: what a recorded kernel did, self-contained. A header of
 * facts, then blocks; a block holds the records of one cpu, its own counters
 * and losses, and is checksummed, so any prefix of a trace is a trace and a
 * damaged block costs only itself. Written by the recorder, read by replay and
 * by `kmconform trace`. Everything read here is untrusted.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "vocab/event.h"
#include "vocab/machine.h"

/* What is recorded. The order is part of the format: append only. */
enum kmc_probe {
	KMC_PROBE_KMALLOC,
	KMC_PROBE_KFREE,
	KMC_PROBE_CACHE_ALLOC,
	KMC_PROBE_CACHE_FREE,
	KMC_PROBE_PAGE_ALLOC,
	KMC_PROBE_PAGE_FREE,
	KMC_PROBE_RECLAIM_BEGIN,
	KMC_PROBE_RECLAIM_END,
	KMC_PROBE_KSWAPD_WAKE,
	KMC_PROBE_MARK_VICTIM,
	KMC_PROBE_VMAP_ALLOC,
	KMC_PROBE_VMAP_FREE,
	KMC_PROBE_PERCPU_ALLOC,
	KMC_PROBE_PERCPU_FREE,
	KMC_NR_PROBES
};
/** kmc_probe_name() - The kernel's tracepoint name, "kmem:kmalloc". */
const char *kmc_probe_name(unsigned int probe);
/** kmc_probe_tracepoint() - Its enum kmc_tracepoint. */
unsigned int kmc_probe_tracepoint(unsigned int probe);

enum kmc_probe_state { KMC_PROBE_OFF, KMC_PROBE_ATTACHED, KMC_PROBE_ABSENT, KMC_PROBE_REFUSED };

/* One recorded event, as decoded: 56 bytes. */
struct kmc_record {
	uint64_t time_ns; /* since the start of the trace */
	uint64_t addr;    /* object; page events: frame number; UINT64_MAX: page request failed */
	uint64_t site;    /* call site; 0 unknown */
	uint64_t size;    /* bytes asked for; 0 where the probe has none */
	uint64_t granted; /* bytes given (kmalloc); cache events: 0, see cache */
	uint32_t gfp;     /* the kernel's own bits */
	uint32_t tid;
	uint16_t cache;   /* index into facts.caches; KMC_RECORD_NO_CACHE */
	uint8_t probe;    /* enum kmc_probe */
	uint8_t order;
	int8_t node;      /* KMC_NODE_NONE */
	uint8_t scope;    /* KMC_SCOPE_* */
	uint8_t flags;    /* KMC_RF_* */
	uint8_t migratetype;
};
#define KMC_RECORD_NO_CACHE UINT16_MAX
/* Most records of one block. */
#define KMC_TRACE_BLOCK_RECORDS_MAX ((uint64_t)1 << 18)
/* A number of lost events that nobody knows. */
#define KMC_TRACE_GAP_UNKNOWN UINT64_MAX
#define KMC_RF_FAILED    0x01 /* the request returned NULL */
#define KMC_RF_ACCOUNTED 0x02
#define KMC_RF_BLANK     0x04 /* granted was blanked (kmconform trace redact --blank-granted) */

/* Exact accounting, per probe: hits = written + lost + filtered + skipped (own + null). */
struct kmc_probe_count {
	uint64_t hits;     /* program runs */
	uint64_t written;  /* records in the file */
	uint64_t lost;     /* ring full */
	uint64_t filtered; /* the user's filter */
	uint64_t skipped_self, skipped_null;
	uint64_t recursion_misses; /* firings in which the program was not run */
};

/*
 * What somebody else counted at a probe while it was recorded: what fired and was
 * neither a hit nor a miss. Two numbers, since the two are not switched on at one moment.
 */
struct kmc_witness_count {
	uint64_t fired;
	uint64_t unseen_least, unseen_most;
};

struct kmc_symbol {
	uint64_t site;
	char *name; /* "function+0x1c [module]" */
};

/* Everything known about the recorded kernel and the recording. */
struct kmc_trace_facts {
	char release[64];      /* uname -r */
	char arch[16];
	char clock[16];        /* "monotonic", "coarse" */
	char tool[128];        /* what wrote it */
	char filter[128];      /* "" none */
	uint64_t start_realtime_ns;
	struct kmc_machine machine;      /* .release, zones, options */
	struct kmc_gfp_table gfp;        /* as discovered */
	char gfp_source[16];             /* "btf", "format", "static" */
	bool redacted;
	uint64_t ring_bytes;             /* per cpu */
	uint8_t probe_state[KMC_NR_PROBES];
	char witness[16];                /* "perf"; "" none. Of the whole recording, all its files */
	struct kmc_witness_count witnessed[KMC_NR_PROBES];
	size_t nr_caches;
	struct kmc_cache_desc *caches;   /* sorted by id = index */
	char cache_source[16];           /* "iterator", "slabinfo", "none" */
	size_t nr_symbols;
	struct kmc_symbol *symbols;      /* sorted by site */
};

void kmc_trace_facts_init(struct kmc_trace_facts *facts);
void kmc_trace_facts_free(struct kmc_trace_facts *facts);

/* writing */

struct kmc_trace_writer;

/*
 * What a block counts as lost is taken to have happened between the record
 * before the block and its first one: a recorder that loses events begins a new
 * block there. What it counts as missed by recursion may have happened anywhere
 * from the record before the block to its last one. A file that begins anew
 * (rotation) begins its sequences anew.
 */
struct kmc_block_info {
	uint32_t cpu;                    /* below 65536 */
	uint64_t seq;                    /* of this cpu's blocks, from 0 */
	uint64_t first_ns, last_ns;
	uint64_t nr_records;             /* may be 0: counters alone */
	struct kmc_probe_count delta[KMC_NR_PROBES]; /* since this cpu's block before */
};

/**
 * kmc_trace_create() - Start a trace in a stream that the caller has opened.
 * @fd: open for writing at its beginning; the caller closes it afterwards.
 * @level: zstd level, 0 for the default (1).
 * Return: 0, -ENOMEM, -errno of the write.
 */
int kmc_trace_create(int fd, const struct kmc_trace_facts *facts, int level,
		     struct kmc_trace_writer **writer);

/**
 * kmc_trace_write_block() - Append one block: all of it reaches the file or, on
 * an error, the file is cut back to the last whole block.
 * @info: cpu, seq, times and counter deltas; nr_records records follow.
 * Return: bytes appended (>= 0 as int64), -ENOSPC, -errno.
 */
int64_t kmc_trace_write_block(struct kmc_trace_writer *writer, const struct kmc_block_info *info,
			      const struct kmc_record *records);

/** kmc_trace_write_facts() - Append changed facts (symbols, caches seen later); the last win. */
int kmc_trace_write_facts(struct kmc_trace_writer *writer, const struct kmc_trace_facts *facts);

/** kmc_trace_finish() - Write the end mark (totals) and free the writer; NULL is accepted. */
int kmc_trace_finish(struct kmc_trace_writer *writer);
uint64_t kmc_trace_bytes(const struct kmc_trace_writer *writer);

/* reading */

struct kmc_trace;

/* What a recovering reader found missing. */
struct kmc_trace_damage {
	uint64_t blocks_bad;       /* checksum or form wrong, skipped */
	uint64_t bytes_skipped;
	uint64_t blocks_missing;   /* gaps in a cpu's sequence numbers */
	uint64_t first_bad_offset; /* valid if any of the above */
	bool cut;                  /* no end mark: the file was cut, or the recorder killed */
	bool tail_partial;         /* bytes after the last whole block */
};

/**
 * kmc_trace_open() - Open and index a trace.
 * @error: one line naming the file and the place; size bytes.
 * Return: 0; -EINVAL when it is no trace or its header is damaged; -errno.
 * A damaged or missing block does not fail the call: see kmc_trace_damage().
 */
int kmc_trace_open(const char *path, struct kmc_trace **trace, char *error, size_t size);
/** kmc_trace_open_memory() - The same from @len bytes that stay where they are until close. */
int kmc_trace_open_memory(const void *data, size_t len, const char *name, struct kmc_trace **trace,
			  char *error, size_t size);
void kmc_trace_close(struct kmc_trace *trace);
const struct kmc_trace_facts *kmc_trace_facts(const struct kmc_trace *trace);
const struct kmc_trace_damage *kmc_trace_damage(const struct kmc_trace *trace);
size_t kmc_trace_nr_blocks(const struct kmc_trace *trace);
/** kmc_trace_block() - A block without its records; blocks are in order of first time. */
const struct kmc_block_info *kmc_trace_block(const struct kmc_trace *trace, size_t block);
/**
 * kmc_trace_block_read() - Decode one block.
 * @records: room for its nr_records. Return: 0, -EINVAL, -ENOMEM.
 */
int kmc_trace_block_read(struct kmc_trace *trace, size_t block, struct kmc_record *records);
/** kmc_trace_totals() - Sums over all blocks, per probe. */
void kmc_trace_totals(const struct kmc_trace *trace, struct kmc_probe_count total[KMC_NR_PROBES]);

/* All cpus merged by time; ties by cpu, then sequence. */
struct kmc_trace_cursor;
int kmc_trace_cursor_open(struct kmc_trace *trace, struct kmc_trace_cursor **cursor);
/**
 * kmc_trace_cursor_next() - The next records in merged order.
 * @batch: receives up to @max pointers-free copies; @cpus their cpus.
 * @gap: set to the events lost just before the first record returned (0 none);
 *       a batch never spans a loss.
 * The gap is told where its end is certain: at its cpu's first record behind it. A batch
 * also ends where it began, and kmc_trace_cursor_gap_open() says so of the records in
 * between. At the end of the stream @gap holds what was lost after the last records.
 * Return: number of records, 0 at the end, -EINVAL for a block whose checksum held but
 * that does not decode: its rest is a gap, and the next call goes on behind it.
 */
int kmc_trace_cursor_next(struct kmc_trace_cursor *cursor, struct kmc_record *batch,
			  uint16_t *cpus, unsigned int max, uint64_t *gap);
/**
 * kmc_trace_cursor_gap_open() - Whether, during the batch returned last, some cpu was
 * between the record before a loss and the record after it: an event that was not
 * recorded may have happened between any two records of such a batch, and what is
 * known of addresses cannot be relied on until the gap is told.
 */
bool kmc_trace_cursor_gap_open(const struct kmc_trace_cursor *cursor);
/**
 * kmc_trace_cursor_gap_probes() - Whose events are missing, 1u << enum kmc_probe: in the gap
 * that the last kmc_trace_cursor_next() told, and in those that were open during its batch.
 * Return: 0 unknown, events of any probe may be missing (a block is absent or damaged); also
 * when no gap was told and none was open. After an error: as before it.
 */
uint32_t kmc_trace_cursor_gap_probes(const struct kmc_trace_cursor *cursor);
void kmc_trace_cursor_close(struct kmc_trace_cursor *cursor);
/** kmc_trace_cursor_decode_ns() - Thread cpu time spent decompressing and decoding so far. */
uint64_t kmc_trace_cursor_decode_ns(const struct kmc_trace_cursor *cursor);

/**
 * kmc_record_to_event() - The record as a bare tracepoint event.
 * seq and the marks of losses are the caller's. Outcome: VALUE or NULL for what
 * asks for memory, else NONE. Cache events: size = the cache's object size,
 * granted = its slot size, 0 where the table does not say. Page events: addr =
 * direct_map + frame << page_shift, size = bytes of the block, arg = migratetype.
 * Reclaim end: arg = pages reclaimed; mark_victim: arg = the task.
 * Context: thread-safe; flag words are remembered per thread.
 */
void kmc_record_to_event(const struct kmc_trace_facts *facts, const struct kmc_record *record,
			 uint16_t cpu, struct kmc_event *ev);

/** kmc_trace_symbol() - Name of a call site, NULL unknown. */
const char *kmc_trace_symbol(const struct kmc_trace_facts *facts, uint64_t site);

#endif
