/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's pools, and identity I-14 for each of them. */
#include "zs_core.h"

void kmc_zs_pool_add(struct zs_pool *pool)
{
	struct kmc_zs_state *state = pool->sim->zs;

	kmc_touch(pool->sim, state, sizeof(*state));
	kmc_lock_take(&state->lock);
	pool->next = state->pools;
	state->pools = pool;
	kmc_lock_drop(&state->lock);
}

void kmc_zs_pool_del(struct zs_pool *pool)
{
	struct kmc_zs_state *state = pool->sim->zs;
	struct zs_pool **at;

	kmc_touch(pool->sim, state, sizeof(*state));
	kmc_lock_take(&state->lock);
	for (at = &state->pools; *at != pool; at = &(*at)->next)
		;
	*at = pool->next;
	kmc_lock_drop(&state->lock);
}

static uint64_t check_class(const struct size_class *class)
{
	uint64_t zspages = 0, inuse = 0;

	for (unsigned int i = 0; i < ZS_GROUPS; i++)
		for (const struct zspage *z = class->groups[i]; z; z = z->next) {
			KMC_BUG_ON(z->group != i || !z->inuse || z->class != class);
			KMC_BUG_ON(z->inuse > class->objs_per_zspage);
			zspages++;
			inuse += z->inuse;
		}
	KMC_BUG_ON(inuse != class->objs_inuse);
	KMC_BUG_ON(zspages * class->objs_per_zspage != class->objs_allocated);
	return zspages * class->pages_per_zspage;
}

void kmc_zs_check(struct kmc_sim *sim)
{
	for (const struct zs_pool *pool = sim->zs->pools; pool; pool = pool->next) {
		uint64_t pages = 0;

		for (unsigned int i = 0; i < ZS_CLASSES; i++)
			if (pool->class[i]->index == i)
				pages += check_class(pool->class[i]);
		KMC_BUG_ON(pages != pool->pages_allocated);
	}
}

/* What lies in frames is no part of a digest; that there are pools is. */
uint64_t kmc_zs_hash(struct kmc_sim *sim, uint64_t seed)
{
	uint64_t h = seed;

	for (const struct zs_pool *pool = sim->zs->pools; pool; pool = pool->next)
		h = kmc_hash_word(h, pool->pages_allocated);
	return h;
}

void kmc_zs_boot(struct kmc_sim *sim)
{
	sim->zs = kmc_arena_alloc(sim, sizeof(*sim->zs), 64);
}
