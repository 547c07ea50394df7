// SPDX-License-Identifier: GPL-2.0-or-later
/* The set of call sites seen; see sites.h. */
#include "sites.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t *slot_of(uint64_t *slot, size_t size, uint64_t site)
{
	size_t i = site * 0x9e3779b97f4a7c15ull >> 32 & (size - 1);

	while (slot[i] && slot[i] != site)
		i = (i + 1) & (size - 1);
	return &slot[i];
}

static int grow(struct kmc_sites *s)
{
	size_t size = s->size ? 2 * s->size : 4096;
	uint64_t *slot = calloc(size, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	for (size_t i = 0; i < s->size; i++)
		if (s->slot[i])
			*slot_of(slot, size, s->slot[i]) = s->slot[i];
	free(s->slot);
	s->slot = slot;
	s->size = size;
	return 0;
}

int kmc_sites_add(struct kmc_sites *s, const struct kmc_record *records, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		uint64_t *slot;

		if (!records[i].site)
			continue;
		if (2 * (s->nr + 1) > s->size && grow(s))
			return -ENOMEM;
		slot = slot_of(s->slot, s->size, records[i].site);
		s->nr += !*slot;
		*slot = records[i].site;
	}
	return 0;
}

static int by_site(const void *a, const void *b)
{
	const struct kmc_symbol *x = a, *y = b;

	return x->site < y->site ? -1 : x->site > y->site;
}

int kmc_sites_symbols(const struct kmc_sites *s, const struct kmc_ksyms *ksyms,
		      struct kmc_trace_facts *facts)
{
	char name[256];

	for (size_t i = 0; i < facts->nr_symbols; i++)
		free(facts->symbols[i].name);
	free(facts->symbols);
	facts->nr_symbols = 0;
	facts->symbols = calloc(s->nr + 1, sizeof(*facts->symbols));
	if (!facts->symbols)
		return -ENOMEM;
	for (size_t i = 0; i < s->size; i++) {
		struct kmc_symbol *symbol = &facts->symbols[facts->nr_symbols];

		if (!s->slot[i] || kmc_ksyms_name(ksyms, s->slot[i], name, sizeof(name)) <= 0)
			continue;
		symbol->site = s->slot[i];
		symbol->name = strdup(name);
		if (!symbol->name)
			return -ENOMEM;
		facts->nr_symbols++;
	}
	qsort(facts->symbols, facts->nr_symbols, sizeof(*facts->symbols), by_site);
	return 0;
}

void kmc_sites_free(struct kmc_sites *s)
{
	free(s->slot);
	memset(s, 0, sizeof(*s));
}
