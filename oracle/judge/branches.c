// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Snapshots: a program may go back to an earlier state and try something else.
 * The books go back with it; counts of judgements do not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "call_parts.h"

#define MAX_BRANCHES 256

struct cache_state {
	struct kmc_cache_desc desc;
	bool known, destroyed;
	uint64_t destroyed_seq, live, live_bytes;
};

struct kmc_branch {
	uint64_t number;
	struct kmc_shadow shadow;
	size_t nr_caches;
	struct cache_state *caches;
	struct kmc_page_books pages;
	struct kmc_twins twins;
};

static struct kmc_branch *find(struct kmc_judge *judge, uint64_t number)
{
	for (size_t i = 0; i < judge->nr_branches; i++)
		if (judge->branches[i].number == number)
			return &judge->branches[i];
	return NULL;
}

static struct kmc_branch *make(struct kmc_judge *judge, uint64_t number)
{
	struct kmc_branch *branch = find(judge, number);

	if (branch)
		return branch;
	if (judge->nr_branches == MAX_BRANCHES)
		return NULL;
	void *branches = realloc(judge->branches,
				 (judge->nr_branches + 1) * sizeof(*judge->branches));

	if (!branches)
		return NULL;
	judge->branches = branches;
	branch = &judge->branches[judge->nr_branches++];
	*branch = (struct kmc_branch){ .number = number };
	return branch;
}

struct kmc_twins *kmc_branch_twins(struct kmc_judge *judge, uint64_t number)
{
	struct kmc_branch *branch = find(judge, number);

	return branch ? &branch->twins : NULL;
}

static int keep_caches(const struct kmc_judge *judge, struct kmc_branch *branch)
{
	struct cache_state *caches = calloc(judge->nr_caches + 1, sizeof(*caches));

	if (!caches)
		return -ENOMEM;
	for (size_t i = 0; i < judge->nr_caches; i++) {
		const struct kmc_cache *cache = judge->caches[i];

		if (cache)
			caches[i] = (struct cache_state){
				.desc = cache->desc, .known = cache->known,
				.destroyed = cache->destroyed,
				.destroyed_seq = cache->destroyed_seq,
				.live = cache->count.live, .live_bytes = cache->count.live_bytes,
			};
	}
	free(branch->caches);
	branch->caches = caches;
	branch->nr_caches = judge->nr_caches;
	return 0;
}

static int keep(struct kmc_judge *judge, uint64_t number)
{
	struct kmc_branch *branch = make(judge, number);

	/* What pools hold now is forgotten by the restore, and still out. */
	judge->strays |= judge->pools.nr != 0;
	if (!branch)
		return judge->nr_branches == MAX_BRANCHES ? 0 : -ENOMEM;
	if (keep_caches(judge, branch))
		return -ENOMEM;
	branch->pages = judge->pages;
	branch->twins.nr = 0;
	return kmc_shadow_copy(&branch->shadow, &judge->shadow);
}

static void take_caches(struct kmc_judge *judge, const struct kmc_branch *branch)
{
	for (size_t i = 0; i < judge->nr_caches; i++) {
		static const struct cache_state none;
		const struct cache_state *was = i < branch->nr_caches ? &branch->caches[i] : &none;
		struct kmc_cache *cache = judge->caches[i];

		if (!cache)
			continue;
		if (was->known)
			kmc_book_announce(judge, &was->desc);
		cache->known = was->known;
		cache->destroyed = was->destroyed;
		cache->destroyed_seq = was->destroyed_seq;
		cache->count.live = was->live;
		cache->count.live_bytes = was->live_bytes;
	}
}

/* Places and class counts follow from the lives. */
static int count_anew(struct kmc_judge *judge)
{
	kmc_places_reset(judge);
	for (size_t i = 0; i < KMC_NR_CLASSES; i++)
		judge->class_count[i].live = judge->class_count[i].live_bytes = 0;
	for (size_t i = 0; i <= judge->shadow.mask; i++) {
		const struct kmc_life *life = &judge->shadow.slots[i];
		struct kmc_life_count *count;

		if (!life->addr || life->state != KMC_LIFE_LIVE)
			continue;
		if (!(life->flags & KMC_LIFE_NO_EXTENT) &&
		    kmc_place_add(judge, life->addr, kmc_life_size(life)))
			return -ENOMEM;
		if (life->from >= KMC_FROM_CACHE && life->from <= KMC_FROM_CACHE_CTOR)
			continue;
		count = kmc_book_count_of(judge, life);
		count->live++;
		count->live_bytes += kmc_book_bytes(judge, life);
	}
	return 0;
}

/* A state that was never seen kept: what is live now nobody knows. */
static void forget(struct kmc_judge *judge)
{
	kmc_shadow_reset(&judge->shadow);
	count_anew(judge);
	judge->blind_before = judge->now;
}

int kmc_branch_event(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_branch *branch;

	if (ev->what == KMC_OP_SNAPSHOT && ev->outcome == KMC_OUT_VALUE)
		return keep(judge, ev->arg);
	if (ev->what != KMC_OP_RESTORE || ev->outcome == KMC_OUT_ERROR)
		return 0;
	branch = find(judge, ev->arg);
	judge->nr_open = 0;
	/* Readers, pools and resizes of the other branch: nothing is claimed of them. */
	kmc_objects_reset(judge);
	if (!branch) {
		forget(judge);
		return 0;
	}
	if (kmc_shadow_copy(&judge->shadow, &branch->shadow))
		return -ENOMEM;
	take_caches(judge, branch);
	judge->pages = branch->pages;
	kmc_twins_restored(judge, ev->arg);
	return count_anew(judge);
}

void kmc_branches_free(struct kmc_judge *judge)
{
	for (size_t i = 0; i < judge->nr_branches; i++) {
		kmc_shadow_free(&judge->branches[i].shadow);
		free(judge->branches[i].caches);
	}
	free(judge->branches);
	judge->branches = NULL;
	judge->nr_branches = 0;
}
