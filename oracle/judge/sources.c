// SPDX-License-Identifier: GPL-2.0-or-later
/* Areas, pools and devices there are; few, so they are searched. */
#include <stdlib.h>
#include "sources.h"

struct kmc_source *kmc_book_source_find(const struct kmc_sources *sources,
					enum kmc_source_kind kind, uint32_t id)
{
	for (size_t i = 0; i < sources->nr; i++)
		if (sources->list[i].kind == kind && sources->list[i].id == id)
			return &sources->list[i];
	return NULL;
}

struct kmc_source *kmc_book_source_make(struct kmc_sources *sources, enum kmc_source_kind kind,
					uint32_t id)
{
	if (sources->nr == sources->max) {
		size_t max = sources->max ? sources->max * 2 : 16;
		void *list = realloc(sources->list, max * sizeof(*sources->list));

		if (!list)
			return NULL;
		sources->list = list;
		sources->max = max;
	}
	sources->list[sources->nr] = (struct kmc_source){ .id = id, .kind = (uint8_t)kind };
	sources->nr_areas += kind == KMC_SOURCE_AREA;
	return &sources->list[sources->nr++];
}

void kmc_book_source_drop(struct kmc_sources *sources, struct kmc_source *source)
{
	sources->nr_areas -= source->kind == KMC_SOURCE_AREA;
	*source = sources->list[--sources->nr];
}

const struct kmc_source *kmc_book_source_at(const struct kmc_sources *sources, uint64_t addr)
{
	for (size_t i = 0; i < sources->nr; i++) {
		const struct kmc_source *source = &sources->list[i];

		if (source->kind == KMC_SOURCE_AREA && source->base && addr >= source->base &&
		    addr - source->base < source->size)
			return source;
	}
	return NULL;
}

void kmc_book_sources_reset(struct kmc_sources *sources)
{
	kmc_book_sources_free(sources);
}

void kmc_book_sources_free(struct kmc_sources *sources)
{
	free(sources->list);
	*sources = (struct kmc_sources){ 0 };
}
