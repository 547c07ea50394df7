// SPDX-License-Identifier: GPL-2.0-or-later
/* The mempools and sheaves there are; few, so they are searched. */
#include <stdlib.h>
#include "pools.h"

struct kmc_pool *kmc_book_pool_find(const struct kmc_pools *pools, bool sheaf, uint64_t id)
{
	for (size_t i = 0; i < pools->nr; i++)
		if (pools->pools[i].sheaf == sheaf && pools->pools[i].id == id)
			return &pools->pools[i];
	return NULL;
}

struct kmc_pool *kmc_book_pool_make(struct kmc_pools *pools, bool sheaf, uint64_t id)
{
	struct kmc_pool *pool = kmc_book_pool_find(pools, sheaf, id);

	if (!pool && pools->nr == pools->max) {
		size_t max = pools->max ? pools->max * 2 : 16;
		void *list = realloc(pools->pools, max * sizeof(*pools->pools));

		if (!list)
			return NULL;
		pools->pools = list;
		pools->max = max;
	}
	if (!pool)
		pool = &pools->pools[pools->nr++];
	*pool = (struct kmc_pool){ .id = id, .sheaf = sheaf };
	return pool;
}

void kmc_book_pool_drop(struct kmc_pools *pools, struct kmc_pool *pool)
{
	*pool = pools->pools[--pools->nr];
}

void kmc_book_pools_reset(struct kmc_pools *pools)
{
	kmc_book_pools_free(pools);
}

void kmc_book_pools_free(struct kmc_pools *pools)
{
	free(pools->pools);
	*pools = (struct kmc_pools){ 0 };
}
