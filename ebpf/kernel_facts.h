/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the running kernel before anything is recorded. Used by recorder.c. */
#ifndef EBPF_KERNEL_FACTS_H
#define EBPF_KERNEL_FACTS_H
#include "cache_table.h"
#include "calibrate.h"
#include "trace/trace.h"

struct btf;

/**
 * kmc_kernel_facts() - Release, machine, zones, options, GFP numbers; all that needs no BPF.
 * @facts: initialised; the caches and symbols are left alone.
 */
void kmc_kernel_facts(const struct btf *btf, struct kmc_trace_facts *facts);

/** kmc_machine_of_caches() - What the kmalloc caches tell of the machine: limits, debug options. */
void kmc_machine_of_caches(const struct kmc_cache_desc *desc, size_t nr,
			   struct kmc_machine *machine);

/** kmc_vmalloc_of_listing() - The vmalloc range from /proc/vmallocinfo, where no event tells it. */
void kmc_vmalloc_of_listing(struct kmc_machine *machine);

/** kmc_machine_max_frames() - One more than the highest frame of any zone. */
uint64_t kmc_machine_max_frames(const struct kmc_machine *machine);

#endif
