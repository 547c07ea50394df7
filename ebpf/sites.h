/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The call sites seen in a recording whose addresses are kept. Used by recorder.c. */
#ifndef EBPF_SITES_H
#define EBPF_SITES_H
#include <stddef.h>
#include <stdint.h>
#include "ksyms.h"
#include "trace/trace.h"

struct kmc_sites {
	uint64_t *slot; /* open addressing, 0 free */
	size_t nr, size;
};

/** kmc_sites_add() - Sites of records. Return: 0, -ENOMEM. */
int kmc_sites_add(struct kmc_sites *sites, const struct kmc_record *records, size_t nr);

/**
 * kmc_sites_symbols() - Those with a name, sorted, into facts.symbols (replaced). Return: 0,
 * -ENOMEM.
 */
int kmc_sites_symbols(const struct kmc_sites *sites, const struct kmc_ksyms *ksyms,
		      struct kmc_trace_facts *facts);

void kmc_sites_free(struct kmc_sites *sites);

#endif
