/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where alloc's terms and the vocabulary's meet: machines, cache flags,
 * tracepoints. Included by whoever drives a simulated machine directly and
 * tells the oracle about it (replay); programs that speak in ops need only
 * exec/target.h.
 */
#ifndef EXEC_ALLOC_MACHINE_H
#define EXEC_ALLOC_MACHINE_H
#include <stddef.h>
#include <stdint.h>
#include "alloc/sim.h"
#include "vocab/event.h"
#include "vocab/machine.h"

/**
 * kmc_alloc_config() - What alloc must boot to be @machine.
 * Return: 0, -EINVAL with @error when alloc cannot be that.
 */
int kmc_alloc_config(const struct kmc_machine *machine, struct kmc_sim_config *config,
		     char *error, size_t size);

/** kmc_alloc_address_ranges() - Put alloc's own addresses and limits into a description. */
void kmc_alloc_address_ranges(struct kmc_machine *machine);

/** kmc_alloc_slab_flags() - KMC_CF_* to the SLAB_* that alloc's headers have. */
unsigned int kmc_alloc_slab_flags(uint64_t flags);

/** kmc_alloc_describe_cache() - Geometry of a cache as alloc made it; name and ids stay. */
void kmc_alloc_describe_cache(struct kmem_cache *cache, struct kmc_cache_desc *desc);

/** kmc_alloc_tracepoint_event() - A tracepoint of alloc as a bare event; not for WARN and SLEEP. */
void kmc_alloc_tracepoint_event(struct kmc_sim *sim, const struct kmc_gfp_table *table,
				const struct kmc_tp *tp, struct kmc_event *ev);

#endif
