/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How full a machine is and how it is set: what a driver of a simulated
 * machine sets before it asks for memory at an exact distance from a mark.
 */
#pragma once
#include <stdint.h>
#include "alloc/sim.h"

/**
 * kmc_sim_pressure() - Let a zone have @free_pages free pages, by taking blocks out of it
 * or giving back what was taken.
 *
 * What is taken belongs to nobody and comes back by another call (or reset). Cpu lists are
 * emptied first, so the number is that of the zone's own lists.
 * Context: no other cpu allocates. Return: free pages then, which may be fewer or more when
 * there is nothing left to take or to give; -EINVAL no such zone.
 */
int64_t kmc_sim_pressure(struct kmc_sim *sim, unsigned int node, enum kmc_zone_type type,
			 uint64_t free_pages);

enum kmc_sysctl {
	KMC_SYSCTL_MIN_FREE_KBYTES,
	KMC_SYSCTL_WATERMARK_SCALE_FACTOR, /* 1 to 3000 tenths of a per mille */
	KMC_SYSCTL_WATERMARK_BOOST_FACTOR,
	KMC_SYSCTL_LOWMEM_RESERVE_RATIO,   /* of all zones that have one; 0: no reserve */
	KMC_SYSCTL_DEFRAG_MODE,
	KMC_NR_SYSCTLS,
};
/**
 * kmc_sim_sysctl() - Set a value of vm; marks and reserves follow at once.
 * Context: no other cpu allocates. Return: 0, -EINVAL out of range or not in this release.
 * Rule: RSV-7, RSV-5.
 */
int kmc_sim_sysctl(struct kmc_sim *sim, enum kmc_sysctl name, uint64_t value);
