/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What drives and observes a machine's vmalloc space. Included by whoever runs a
 * machine; kernel-style code needs <linux/vmalloc.h> only.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alloc/sim.h"

/** kmc_sim_vmalloc_window() - Bytes of addresses that a machine of so many pages has. Rule: VM-19. */
uint64_t kmc_sim_vmalloc_window(uint64_t nr_pages);

/**
 * kmc_sim_vmalloc_limit() - From now on addresses end after @bytes of the window.
 * 0: as many as there are. What is beyond stays.
 */
void kmc_sim_vmalloc_limit(struct kmc_sim *sim, uint64_t bytes);

/** kmc_sim_run_work() - The bound cpu's deferred frees are done now. Rule: VM-11. */
void kmc_sim_run_work(struct kmc_sim *sim);

struct kmc_vmalloc_info {
	uint64_t window_bytes, limit_bytes;
	uint64_t nr_areas;    /* areas and blocks */
	uint64_t nr_mapped;   /* pages that the vmalloc family holds */
	uint64_t nr_deferred; /* areas whose vfree is still to be done */
	uint64_t nr_lazy, lazy_max; /* pages of addresses freed and not purged */
	uint64_t nr_purges;
	uint64_t nr_free;     /* pages of addresses to be had at once */
	uint64_t nr_tables;   /* pages that hold page tables */
};
void kmc_sim_vmalloc_info(struct kmc_sim *sim, struct kmc_vmalloc_info *info);

/** kmc_sim_vmalloc_granted() - Bytes of the area at @addr that are mapped; 0: none begins there. */
uint64_t kmc_sim_vmalloc_granted(struct kmc_sim *sim, const void *addr);
