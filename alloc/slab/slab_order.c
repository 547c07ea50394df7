/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which a cache's slabs hand out their objects, where it is drawn. A kernel
 * keeps one with each cache; here it follows from the cache's seed, and those used last
 * are kept outside of the arena, where no reset forgets them.
 */
#include <stdlib.h>
#include <string.h>
#include "slub_core.h"

#define KEPT     32
#define KEPT_MAX 512 /* objects; R4's orders give no more a slab */

struct kmc_slab_orders {
	struct kmc_lock lock;
	struct {
		uint64_t seed;
		unsigned int objects;
		uint16_t sequence[KEPT_MAX];
	} kept[KEPT];
};

/* Fisher-Yates over 0..objects-1, the same at each call. Model: exact but for the generator. */
static void shuffle(uint64_t state, uint16_t *sequence, unsigned int objects)
{
	for (unsigned int i = 0; i < objects; i++)
		sequence[i] = (uint16_t)i;
	for (unsigned int i = objects - 1; i > 0; i--) {
		unsigned int j;
		uint16_t other;

		state = state * 6364136223846793005ull + 1442695040888963407ull;
		j = (unsigned int)((state >> 33) % (i + 1));
		other = sequence[j];
		sequence[j] = sequence[i];
		sequence[i] = other;
	}
}

void kmc_slab_sequence(struct kmc_sim *sim, uint64_t seed, uint16_t *sequence,
		       unsigned int objects)
{
	struct kmc_slab_orders *orders = sim->slab_orders;
	unsigned int at = (unsigned int)(seed >> 1 ^ seed >> 32 ^ objects) % KEPT;
	size_t bytes = objects * sizeof(*sequence);

	if (!orders || objects > KEPT_MAX) {
		shuffle(seed, sequence, objects);
		return;
	}
	kmc_lock_take(&orders->lock);
	if (orders->kept[at].seed != seed || orders->kept[at].objects != objects) {
		shuffle(seed, orders->kept[at].sequence, objects);
		orders->kept[at].seed = seed;
		orders->kept[at].objects = objects;
	}
	memcpy(sequence, orders->kept[at].sequence, bytes);
	kmc_lock_drop(&orders->lock);
}

void kmc_slab_orders_boot(struct kmc_sim *sim)
{
	if (sim->config.options & KMC_OPT_FREELIST_RANDOM)
		sim->slab_orders = calloc(1, sizeof(*sim->slab_orders));
}

void kmc_slab_orders_end(struct kmc_sim *sim)
{
	free(sim->slab_orders);
	sim->slab_orders = NULL;
}
