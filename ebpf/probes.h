/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF side as the recorder sees it: load the programs with a configuration,
 * attach what this kernel has, map the rings, switch on and off, read counters.
 * Used by recorder.c, by bench_record.c and by the tests of the accounting.
 */
#ifndef EBPF_PROBES_H
#define EBPF_PROBES_H
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record_slot.h"
#include "trace/trace.h"

struct btf;

/* A cache and the index by which slots name it. */
struct kmc_cache_key {
	uint64_t cache;
	uint32_t index;
};

struct kmc_probes_options {
	uint32_t wanted;      /* bit per enum kmc_probe */
	uint64_t ring_bytes;  /* per cpu, rounded down to a power of two; 0: default */
	bool clock_coarse;
	bool keep_null_frees; /* kfree(NULL) and kfree(ZERO_SIZE_PTR) as records */
	int own_tgid;         /* 0: the caller's; -1: skip nobody */
	int only_tgid;        /* 0: all */
	uint32_t only_cache;  /* UINT32_MAX: all */
	uint64_t only_min, only_max; /* requested bytes of kmalloc */
	const struct kmc_cache_key *caches;
	size_t nr_caches;
};

struct kmc_probes {
	struct record_bpf *skel;
	struct bpf_link *link[KMC_NR_PROBES];
	uint8_t probe_state[KMC_NR_PROBES]; /* enum kmc_probe_state */
	int prog_fd[KMC_NR_PROBES];
	uint64_t misses_base[KMC_NR_PROBES];
	unsigned int nr_cpus;      /* possible: counters */
	unsigned int nr_rings;     /* up to the highest online cpu */
	uint64_t nr_slots;         /* of a ring */
	struct kmc_slot *ring, *nest;
	struct kmc_cpu *cpus;
	size_t ring_size, nest_size, cpus_size;
};

void kmc_probes_options_init(struct kmc_probes_options *options);

/**
 * kmc_probes_find() - A probe by its tracepoint's name, with or without "kmem:". Return: index or
 * -1.
 */
int kmc_probes_find(const char *name, size_t len);

/**
 * kmc_probes_examine() - Has this kernel the tracepoint, with arguments as the program takes them?
 * Return: KMC_PROBE_ATTACHED (it can be tried), ABSENT or REFUSED.
 */
enum kmc_probe_state kmc_probes_examine(const struct btf *btf, unsigned int probe);

/**
 * kmc_probes_load() - Load and attach, switched off.
 * @btf: of the running kernel.
 * @error: one line on failure; size bytes.
 * A base probe (kmalloc ... mm_page_free) that is wanted and cannot be attached
 * is an error; another is left out, and probe_state says why.
 * Return: 0, -EPERM without rights, -ENOTSUP, -ENOMEM, -errno.
 */
int kmc_probes_load(struct kmc_probes *probes, const struct kmc_probes_options *options,
		    const struct btf *btf, char *error, size_t size);

/** kmc_probes_enable() - Switch counting and recording on or off, all cpus. */
void kmc_probes_enable(struct kmc_probes *probes, bool on);

/** kmc_probes_enable_cpu() - The same for one cpu; the misses go on counting. */
void kmc_probes_enable_cpu(struct kmc_probes *probes, unsigned int cpu, bool on);

/** kmc_probes_misses_reset() - Count misses from here on. */
void kmc_probes_misses_reset(struct kmc_probes *probes);

/** kmc_probes_detach() - Take the programs off; counters and rings stay readable. */
void kmc_probes_detach(struct kmc_probes *probes);

/** kmc_probes_misses() - Firings since loading in which the program was not run, all cpus. */
uint64_t kmc_probes_misses(const struct kmc_probes *probes, unsigned int probe);

/** kmc_probes_count() - The counters of a probe, of one cpu. */
struct kmc_slot_count kmc_probes_count(const struct kmc_probes *probes, unsigned int cpu,
				       unsigned int probe);

/** kmc_probes_met_caches() - Caches that the programs met first; calls @see for each. */
void kmc_probes_met_caches(const struct kmc_probes *probes,
			   void (*see)(void *arg, const struct kmc_cache_item *item), void *arg);

/**
 * kmc_probes_caches_met() - A number that changes when a program meets a cache for the first time.
 */
uint32_t kmc_probes_caches_met(const struct kmc_probes *probes);

/** kmc_probes_vmap_range() - The widest range asked of alloc_vmap_area; false: none seen. */
bool kmc_probes_vmap_range(const struct kmc_probes *probes, uint64_t *start, uint64_t *end);

void kmc_probes_close(struct kmc_probes *probes);

/** kmc_probes_why_not() - One line for an error of loading BPF at all, rights and BTF included. */
const char *kmc_probes_why_not(int error);

#endif
