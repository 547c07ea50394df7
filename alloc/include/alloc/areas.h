/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an observer may know of a contiguous memory area: the kernel's sysfs and
 * debugfs files of it. Included by whoever drives a machine.
 */
#pragma once
#include <stdint.h>
#include "alloc/sim.h"

struct cma;

struct kmc_cma_info {
	const char *name;
	unsigned int index;     /* in order of creation */
	unsigned int order_per_bit;
	uint64_t base_pfn;
	uint64_t count;         /* pages; 0: the area could not be used (CMA-3) */
	uint64_t available;     /* pages that no cma_alloc() has; 6.18 */
	uint64_t bits_set;      /* pages that the map says are taken */
	uint64_t succeeded, failed, released; /* pages, since boot; they only grow */
};
/** kmc_sim_cma_info() - Rule: CMA-15, I-15. */
void kmc_sim_cma_info(const struct cma *cma, struct kmc_cma_info *info);
