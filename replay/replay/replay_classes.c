/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes: made on first use, found by table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "replay_classes.h"

static int grow(struct kmc_classes *classes)
{
	size_t max = classes->max ? classes->max * 2 : 256;
	struct kmc_class *count;
	struct kmc_class_facts *facts;

	if (max > KMC_MAX_CLASSES)
		return -ENOSPC;
	count = aligned_alloc(64, max * sizeof(*count));
	facts = realloc(classes->facts, max * sizeof(*facts));
	if (facts)
		classes->facts = facts;
	if (!count || !facts) {
		free(count);
		return -ENOMEM;
	}
	if (classes->nr)
		memcpy(count, classes->count, classes->nr * sizeof(*count));
	memset(count + classes->nr, 0, (max - classes->nr) * sizeof(*count));
	memset(facts + classes->nr, 0, (max - classes->nr) * sizeof(*facts));
	free(classes->count);
	classes->count = count;
	classes->max = max;
	return 0;
}

static uint16_t add(struct kmc_classes *classes, enum kmc_class_kind kind, const char *name)
{
	struct kmc_class_facts *facts;

	if (classes->nr == classes->max && grow(classes))
		return 0;
	facts = &classes->facts[classes->nr];
	facts->kind = (uint8_t)kind;
	snprintf(facts->name, sizeof(facts->name), "%s", name);
	return (uint16_t)classes->nr++;
}

/* Number 0 is taken by what cannot be told apart any further. */
int kmc_classes_init(struct kmc_classes *classes, size_t nr_caches)
{
	*classes = (struct kmc_classes){ .nr_caches = nr_caches };
	classes->caches = calloc(nr_caches + 1, sizeof(*classes->caches));
	if (!classes->caches || grow(classes)) {
		kmc_classes_free(classes);
		return -ENOMEM;
	}
	classes->unknown = add(classes, KMC_REPLAY_UNKNOWN, "kfree of the unknown");
	classes->page_unknown = add(classes, KMC_REPLAY_PAGES, "pages outside the known memory");
	classes->cache_unknown = add(classes, KMC_REPLAY_CACHE, "caches without a name");
	classes->vmap = add(classes, KMC_REPLAY_VMAP, "vmap areas (not replayed)");
	classes->percpu = add(classes, KMC_REPLAY_PERCPU, "percpu (not replayed)");
	for (unsigned int order = 0; order < 32; order++) {
		char name[32];

		snprintf(name, sizeof(name), "pages, order %u", order);
		classes->pages[order] = add(classes, KMC_REPLAY_PAGES, name);
		classes->facts[classes->pages[order]].order = (uint8_t)order;
		if (order < 20)
			classes->count[classes->pages[order]].theirs =
				classes->count[classes->pages[order]].ours = 4096u << order;
	}
	return 0;
}

void kmc_classes_free(struct kmc_classes *classes)
{
	free(classes->count);
	free(classes->facts);
	free(classes->caches);
	*classes = (struct kmc_classes){ 0 };
}

static void kmalloc_name(char *name, size_t size, uint64_t theirs, uint64_t ours)
{
	char bytes[32];

	if (theirs >= 1024 && theirs % 1024 == 0)
		snprintf(bytes, sizeof(bytes), "%lluk", (unsigned long long)(theirs / 1024));
	else
		snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)theirs);
	if (theirs == ours)
		snprintf(name, size, "kmalloc %s%s", bytes, theirs > 8192 ? " (large)" : "");
	else
		snprintf(name, size, "kmalloc %s, ours %llu", theirs ? bytes : "blank",
			 (unsigned long long)ours);
}

static uint16_t *quick_place(struct kmc_classes *classes, uint64_t theirs)
{
	if (theirs <= 8192 && theirs % 8 == 0)
		return &classes->small[theirs / 8];
	if (theirs > 8192 && !(theirs & (theirs - 1)) && theirs <= UINT32_MAX)
		return &classes->large[__builtin_ctzll(theirs)];
	return NULL;
}

uint16_t kmc_class_kmalloc(struct kmc_classes *classes, uint64_t theirs, uint64_t ours)
{
	uint16_t *quick = quick_place(classes, theirs);
	uint32_t t = theirs > UINT32_MAX ? UINT32_MAX : (uint32_t)theirs;
	uint32_t o = ours > UINT32_MAX ? UINT32_MAX : (uint32_t)ours;
	char name[64];
	uint16_t number;

	for (size_t i = 0; i < classes->nr; i++)
		if (classes->facts[i].kind == KMC_REPLAY_KMALLOC && classes->count[i].theirs == t &&
		    classes->count[i].ours == o)
			return (uint16_t)i;
	kmalloc_name(name, sizeof(name), theirs, ours);
	number = add(classes, KMC_REPLAY_KMALLOC, name);
	if (!number)
		return 0;
	classes->count[number].theirs = t;
	classes->count[number].ours = o;
	if (quick && !*quick)
		*quick = number;
	return number;
}

uint16_t kmc_class_cache(struct kmc_classes *classes, uint32_t cache, const char *name)
{
	uint16_t number;

	if (cache >= classes->nr_caches)
		return classes->cache_unknown;
	if (classes->caches[cache])
		return classes->caches[cache];
	number = add(classes, KMC_REPLAY_CACHE, name);
	if (!number)
		return classes->cache_unknown;
	classes->facts[number].cache = cache;
	return classes->caches[cache] = number;
}

void kmc_classes_sum(const struct kmc_classes *classes, struct kmc_class_sum *sum)
{
	*sum = (struct kmc_class_sum){ 0 };
	for (size_t i = 0; i < classes->nr; i++) {
		const struct kmc_class *count = &classes->count[i];
		uint64_t live = kmc_class_live(count);

		sum->allocs += count->allocs;
		sum->matched += count->matched;
		sum->implied += count->implied;
		sum->before += count->before;
		sum->duplicates += count->duplicates;
		sum->live += live;
		sum->failed += classes->facts[i].failed;
		sum->failed_ours_only += classes->facts[i].failed_ours_only;
		sum->not_replayed += classes->facts[i].not_replayed;
		if (classes->facts[i].kind > KMC_REPLAY_CACHE)
			continue;
		sum->live_theirs += live * count->theirs;
		sum->live_ours += live * count->ours;
	}
}
