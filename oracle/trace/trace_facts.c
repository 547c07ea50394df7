// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The facts as a structure: their life, the table of probes, look-up of call
 * sites. Their text form is in trace_facts_text.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "trace_facts.h"

static const struct {
	const char *name;
	uint8_t tracepoint;
} probes[KMC_NR_PROBES] = {
	[KMC_PROBE_KMALLOC] = { "kmem:kmalloc", KMC_TP_EV_KMALLOC },
	[KMC_PROBE_KFREE] = { "kmem:kfree", KMC_TP_EV_KFREE },
	[KMC_PROBE_CACHE_ALLOC] = { "kmem:kmem_cache_alloc", KMC_TP_EV_KMEM_CACHE_ALLOC },
	[KMC_PROBE_CACHE_FREE] = { "kmem:kmem_cache_free", KMC_TP_EV_KMEM_CACHE_FREE },
	[KMC_PROBE_PAGE_ALLOC] = { "kmem:mm_page_alloc", KMC_TP_EV_MM_PAGE_ALLOC },
	[KMC_PROBE_PAGE_FREE] = { "kmem:mm_page_free", KMC_TP_EV_MM_PAGE_FREE },
	[KMC_PROBE_RECLAIM_BEGIN] = { "vmscan:mm_vmscan_direct_reclaim_begin",
				      KMC_TP_EV_DIRECT_RECLAIM_BEGIN },
	[KMC_PROBE_RECLAIM_END] = { "vmscan:mm_vmscan_direct_reclaim_end",
				    KMC_TP_EV_DIRECT_RECLAIM_END },
	[KMC_PROBE_KSWAPD_WAKE] = { "vmscan:mm_vmscan_kswapd_wake", KMC_TP_EV_KSWAPD_WAKE },
	[KMC_PROBE_MARK_VICTIM] = { "oom:mark_victim", KMC_TP_EV_MARK_VICTIM },
	[KMC_PROBE_VMAP_ALLOC] = { "vmalloc:alloc_vmap_area", KMC_TP_EV_ALLOC_VMAP_AREA },
	[KMC_PROBE_VMAP_FREE] = { "vmalloc:free_vmap_area_noflush", KMC_TP_EV_FREE_VMAP_AREA },
	[KMC_PROBE_PERCPU_ALLOC] = { "percpu:percpu_alloc_percpu", KMC_TP_EV_PERCPU_ALLOC },
	[KMC_PROBE_PERCPU_FREE] = { "percpu:percpu_free_percpu", KMC_TP_EV_PERCPU_FREE },
};

const char *kmc_probe_name(unsigned int probe)
{
	return probe < KMC_NR_PROBES ? probes[probe].name : NULL;
}

unsigned int kmc_probe_tracepoint(unsigned int probe)
{
	return probe < KMC_NR_PROBES ? probes[probe].tracepoint : KMC_NR_TRACEPOINTS;
}

void kmc_trace_facts_init(struct kmc_trace_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	memset(facts->gfp.bit, -1, sizeof(facts->gfp.bit));
}

void kmc_trace_facts_free(struct kmc_trace_facts *facts)
{
	for (size_t i = 0; i < facts->nr_symbols; i++)
		free(facts->symbols[i].name);
	free(facts->symbols);
	free(facts->caches);
	kmc_trace_facts_init(facts);
}

static int copy_symbols(struct kmc_trace_facts *to, const struct kmc_trace_facts *from)
{
	if (!from->nr_symbols)
		return 0;
	to->symbols = calloc(from->nr_symbols, sizeof(*to->symbols));
	if (!to->symbols)
		return -ENOMEM;
	for (size_t i = 0; i < from->nr_symbols; i++) {
		to->symbols[i].site = from->symbols[i].site;
		to->symbols[i].name = strdup(from->symbols[i].name);
		if (!to->symbols[i].name)
			return -ENOMEM;
		to->nr_symbols++;
	}
	return 0;
}

int kmc_facts_copy(struct kmc_trace_facts *to, const struct kmc_trace_facts *from)
{
	*to = *from;
	to->nr_caches = to->nr_symbols = 0;
	to->caches = NULL;
	to->symbols = NULL;
	if (from->nr_caches) {
		to->caches = malloc(from->nr_caches * sizeof(*to->caches));
		if (!to->caches)
			return -ENOMEM;
		memcpy(to->caches, from->caches, from->nr_caches * sizeof(*to->caches));
		to->nr_caches = from->nr_caches;
	}
	if (copy_symbols(to, from)) {
		kmc_trace_facts_free(to);
		return -ENOMEM;
	}
	return 0;
}

static int symbol_compare(const void *key, const void *item)
{
	uint64_t site = *(const uint64_t *)key, other = ((const struct kmc_symbol *)item)->site;

	return site < other ? -1 : site > other;
}

const char *kmc_trace_symbol(const struct kmc_trace_facts *facts, uint64_t site)
{
	const struct kmc_symbol *symbol = NULL;

	if (facts->nr_symbols)
		symbol = bsearch(&site, facts->symbols, facts->nr_symbols, sizeof(*symbol),
				 symbol_compare);
	return symbol ? symbol->name : NULL;
}
