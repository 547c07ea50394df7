/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording from beginning to end, without the command line: record.c drives
 * it, and so do bench_record.c and the tests.
 */
#ifndef EBPF_RECORDER_H
#define EBPF_RECORDER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "probes.h"
#include "trace/trace.h"

struct kmc_recorder_options {
	const char *path;
	const char *tool;         /* what writes: name and commit */
	uint32_t wanted;          /* bit per enum kmc_probe */
	uint64_t ring_bytes;      /* per cpu; 0 default */
	uint64_t rotate_bytes;    /* 0 never */
	uint64_t rotate_ns;       /* 0 never */
	unsigned int keep;        /* numbered files to keep; 0 all */
	bool redact;
	bool clock_coarse;
	bool null_frees;
	bool witness;             /* perf counts too */
	int own_tgid;             /* as in kmc_probes_options */
	int only_pid;             /* 0 all */
	const char *only_cache;   /* NULL all */
	uint64_t object_min, object_max;
};

struct kmc_recorder;

/* What has happened so far. */
struct kmc_recorder_stats {
	struct kmc_probe_count count[KMC_NR_PROBES]; /* written: in the file or about to be */
	uint64_t events, lost, bytes, blocks, files;
	uint64_t ring_fill_max;   /* slots, the fullest a ring was seen */
	uint64_t nested;          /* events that interrupted another one's program */
};

void kmc_recorder_options_init(struct kmc_recorder_options *options);

/**
 * kmc_recorder_open() - Collect facts, load and attach the programs, open the output.
 * Nothing is recorded yet.
 * @error: one line; size bytes.
 * Context: needs rights; all that needs them is done when it returns.
 * Return: 0, -errno.
 */
int kmc_recorder_open(const struct kmc_recorder_options *options, struct kmc_recorder **recorder,
		      char *error, size_t size);

/**
 * kmc_recorder_start() - Write the head of the trace and let the programs record. Return: 0,
 * -errno.
 */
int kmc_recorder_start(struct kmc_recorder *recorder);

/**
 * kmc_recorder_poll() - Take what the rings hold, write blocks that are due. Return: 0, -ENOSPC,
 * -errno.
 */
int kmc_recorder_poll(struct kmc_recorder *recorder);

/**
 * kmc_recorder_stop() - Record no more, write all that is left and the end of the trace.
 * @failed: the writing failed before: only the counters are settled.
 * Return: 0, -errno of writing, -EPROTO when the accounting does not close (a bug).
 */
int kmc_recorder_stop(struct kmc_recorder *recorder, bool failed);

void kmc_recorder_stats(struct kmc_recorder *recorder, struct kmc_recorder_stats *stats);
const struct kmc_trace_facts *kmc_recorder_facts(const struct kmc_recorder *recorder);
struct kmc_probes *kmc_recorder_probes(struct kmc_recorder *recorder);
const char *kmc_recorder_file(const struct kmc_recorder *recorder);
void kmc_recorder_close(struct kmc_recorder *recorder);

#endif
