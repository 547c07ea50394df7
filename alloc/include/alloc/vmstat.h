/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of a machine, as /proc/vmstat and /proc/zoneinfo have them. They
 * begin at boot and only grow; a reset takes them back to 0.
 */
#pragma once
#include <stdint.h>
#include "alloc/sim.h"

enum kmc_vm_event {
	KMC_COMPACTSTALL,      /* compact_stall: direct compaction was tried */
	KMC_COMPACTSUCCESS,
	KMC_COMPACTFAIL,
	KMC_KCOMPACTD_WAKE,    /* compact_daemon_wake */
	KMC_PGMIGRATE_SUCCESS, /* frames */
	KMC_PGMIGRATE_FAIL,
	KMC_CMA_ALLOC_SUCCESS, /* calls */
	KMC_CMA_ALLOC_FAIL,
	KMC_PGSCAN_DIRECT_THROTTLE, /* direct reclaimers that waited for kswapd */
	KMC_NR_VM_EVENTS,
};

/** kmc_sim_vm_event() - How often so far. */
uint64_t kmc_sim_vm_event(struct kmc_sim *sim, enum kmc_vm_event event);

/* Frames of one zone since boot. */
struct kmc_zone_stat {
	uint64_t pgalloc;     /* pgalloc_<zone>: from the free and per-cpu lists to users */
	uint64_t pgfree;      /* pgfree, this zone's part: back to them */
	/* What the kernel gives out without counting: contiguous ranges, places of compaction. */
	uint64_t unaccounted;
};

/** kmc_sim_zone_stat() - Context: the machine is quiet. Rule: TRC-4, I-8. */
void kmc_sim_zone_stat(struct kmc_sim *sim, unsigned int zone, struct kmc_zone_stat *stat);

/* Requests served from one zone since boot, one for each block. */
struct kmc_numa_stat {
	uint64_t hit;        /* numa_hit: of the node that was preferred */
	uint64_t miss;       /* numa_miss: another was; */
	uint64_t foreign;    /* numa_foreign: this one was, and another zone served */
	uint64_t interleave; /* numa_interleave: by a memory policy, which no task has */
	uint64_t local;      /* numa_local: by a cpu of the zone's node */
	uint64_t other;      /* numa_other: by one of another node */
};

/** kmc_sim_numa_stat() - Context: the machine is quiet. I-18: hit + miss = local + other. */
void kmc_sim_numa_stat(struct kmc_sim *sim, unsigned int zone, struct kmc_numa_stat *stat);
