/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Perf as a witness: counts the same tracepoints on each cpu, independent of
 * BPF. On a busy kernel a program is now and then not run and no miss counted;
 * nothing but another counter can tell. Used by recorder.c (--witness).
 */
#ifndef EBPF_WITNESS_H
#define EBPF_WITNESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "probes.h"
#include "trace/trace.h"

struct kmc_witness {
	unsigned int nr_cpus;
	int (*fd)[KMC_NR_PROBES]; /* by cpu; -1 not counted */
	int *leader;              /* by cpu, of the group; -1 the cpu is off */
	/* firings while the programs were on: certainly, and at most */
	uint64_t inner[KMC_NR_PROBES], outer[KMC_NR_PROBES];
	uint64_t misses[KMC_NR_PROBES]; /* while all cpus were on */
};

/**
 * kmc_witness_open() - Count what is attached, on all cpus that are on.
 * @error: one line; size bytes.
 * Context: needs CAP_PERFMON and the tracepoints' numbers from tracefs, mounted or not.
 * Return: 0, -ENOENT no numbers, -ENOMEM, -errno.
 */
int kmc_witness_open(struct kmc_witness *witness, const uint8_t probe_state[KMC_NR_PROBES],
		     unsigned int nr_cpus, char *error, size_t size);

/**
 * kmc_witness_count() - Read a cpu's counters just before or just after it is switched.
 * @on: it is switched on. @inner: at this moment its programs are on.
 * Return: 0, -errno.
 */
int kmc_witness_count(struct kmc_witness *witness, unsigned int cpu, bool on, bool inner);

/** kmc_witness_misses() - The misses when all cpus have been switched on, or are still on. */
void kmc_witness_misses(struct kmc_witness *witness, const struct kmc_probes *probes, bool on);

/**
 * kmc_witness_says() - What fired at a probe, and what of it is neither a hit nor a miss.
 * @hits: of all cpus that are counted. @misses: at most.
 */
struct kmc_witness_count kmc_witness_says(const struct kmc_witness *witness, unsigned int probe,
					  uint64_t hits, uint64_t misses);

void kmc_witness_close(struct kmc_witness *witness);

#endif
