// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of findings in order, so that thousands are compared with thousands in no time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "page.h"

static int compare(const void *one, const void *other)
{
	const struct kmc_page_key *a = one, *b = other;
	int order = strcmp(a->key, b->key);

	return order ? order : a->at < b->at ? -1 : a->at > b->at;
}

static int take(struct kmc_page_keys *keys, size_t nr)
{
	*keys = (struct kmc_page_keys){ calloc(nr ? nr : 1, sizeof(*keys->key)), 0 };
	return keys->key ? 0 : -ENOMEM;
}

static void add(struct kmc_page_keys *keys, const char *key, size_t at, uint64_t occurrences)
{
	keys->key[keys->nr++] = (struct kmc_page_key){ key, at, occurrences };
}

int kmc_page_keys_of(const struct kmc_doc *doc, struct kmc_page_keys *keys)
{
	size_t nr = 0;

	for (size_t s = 0; s < doc->nr_subjects; s++)
		nr += doc->subjects[s].nr_findings;
	if (take(keys, nr))
		return -ENOMEM;
	for (size_t s = 0; s < doc->nr_subjects; s++)
		for (size_t i = 0; i < doc->subjects[s].nr_findings; i++)
			add(keys, doc->subjects[s].findings[i].key, s,
			    doc->subjects[s].findings[i].occurrences);
	qsort(keys->key, keys->nr, sizeof(*keys->key), compare);
	return 0;
}

int kmc_page_keys_of_hosts(const struct kmc_doc *doc, struct kmc_page_keys *keys)
{
	size_t nr = 0;

	for (size_t h = 0; h < doc->nr_hosts; h++)
		nr += doc->hosts[h].nr_findings;
	if (take(keys, nr))
		return -ENOMEM;
	for (size_t h = 0; h < doc->nr_hosts; h++)
		for (size_t i = 0; i < doc->hosts[h].nr_findings; i++)
			add(keys, doc->hosts[h].findings[i].key, h,
			    doc->hosts[h].findings[i].occurrences);
	qsort(keys->key, keys->nr, sizeof(*keys->key), compare);
	return 0;
}

const struct kmc_page_key *kmc_page_find(const struct kmc_page_keys *keys, const char *key)
{
	size_t from = 0, to = keys->nr;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(keys->key[middle].key, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < keys->nr && !strcmp(keys->key[from].key, key) ? &keys->key[from] : NULL;
}
