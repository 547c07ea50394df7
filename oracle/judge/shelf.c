// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Caches of the streams before. What is counted of a cache is summed over all streams; what is
 * known of one ends with its stream, so that the next one is judged as if it were the first.
 */
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"

struct kmc_cache *kmc_shelf_take(struct kmc_judge *judge, uint32_t id)
{
	struct kmc_cache *cache;

	if (id >= judge->nr_shelved || !judge->shelf[id])
		return calloc(1, sizeof(*cache));
	cache = judge->shelf[id];
	judge->shelf[id] = NULL;
	return cache;
}

static void make_room(struct kmc_judge *judge, size_t nr)
{
	void *shelf;

	if (judge->nr_shelved >= nr)
		return;
	shelf = realloc(judge->shelf, nr * sizeof(*judge->shelf));
	if (!shelf)
		return;
	judge->shelf = shelf;
	memset(judge->shelf + judge->nr_shelved, 0,
	       (nr - judge->nr_shelved) * sizeof(*judge->shelf));
	judge->nr_shelved = nr;
}

void kmc_shelf_put(struct kmc_judge *judge)
{
	make_room(judge, judge->nr_caches);
	for (size_t i = 0; i < judge->nr_caches && i < judge->nr_shelved; i++) {
		struct kmc_life_count count;

		if (!judge->caches[i])
			continue;
		count = judge->caches[i]->count;
		count.live = count.live_bytes = 0;
		*judge->caches[i] = (struct kmc_cache){ .count = count };
		judge->shelf[i] = judge->caches[i];
		judge->caches[i] = NULL;
	}
}

void kmc_shelf_free(struct kmc_judge *judge)
{
	for (size_t i = 0; i < judge->nr_shelved; i++)
		free(judge->shelf[i]);
	free(judge->shelf);
	judge->shelf = NULL;
	judge->nr_shelved = 0;
}
