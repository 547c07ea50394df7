/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shrinkers: caches that hold memory beyond the page cache and give some of it up
 * when reclaim asks. One may itself ask for memory on the way, as filesystems do;
 * the task is in reclaim then, so it gets the reserves and reclaims nothing.
 *
 * Contract, RCL-1, GFP-34, GFP-35. Looked at: 6.18.44.
 */
#include <errno.h>
#include "alloc/rcu.h"
#include "rcu_core.h"
#include "reclaim.h"
#include "linux/gfp.h"

#define OBJECT_GFP (GFP_NOWAIT | __GFP_NOWARN)
/* A shrinker gets what the reclaim was started with, and goes no further. */
#define GATED_GFP  (__GFP_RECLAIM | __GFP_IO | __GFP_FS)

int64_t kmc_sim_shrinker(struct kmc_sim *sim, uint64_t nr_objects, bool needs_fs,
			 uint64_t allocates, unsigned int gfp)
{
	struct kmc_reclaim_state *state = sim->reclaim;
	struct shrinker *s;

	if (!kmc_this_cpu)
		return -EINVAL;
	if (state->nr_shrinkers == KMC_MAX_SHRINKERS)
		return -ENOSPC;
	kmc_touch(sim, state, sizeof(*state));
	s = &state->shrinkers[state->nr_shrinkers++];
	s->needs_fs = needs_fs;
	s->gfp = gfp & ~(__GFP_NOFAIL | __GFP_ACCOUNT);
	s->allocates = allocates;
	return (int64_t)kmc_population_fill(sim, &s->objects, OBJECT_GFP, -1, nr_objects);
}

uint64_t kmc_sim_shrinker_objects(struct kmc_sim *sim)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < sim->reclaim->nr_shrinkers; i++)
		nr += population_nr(&sim->reclaim->shrinkers[i].objects);
	return nr;
}

/* What it needs on the way. Rule: RCL-1. */
static void work_space(const struct scan_control *sc, const struct shrinker *s)
{
	gfp_t gfp = (s->gfp & (sc->gfp | ~GATED_GFP)) | (sc->gfp & __GFP_NOWARN);
	struct population pages = { .nr = 0 };
	uint64_t nr;

	for (nr = 0; nr < s->allocates; nr++) {
		struct page *page = kmc_pages_alloc(sc->sim, sc->cpu, gfp, 0, -1);

		if (!page)
			break;
		kmc_touch(sc->sim, page, sizeof(*page));
		page->private_words[0] = pages.head;
		pages.head = page_to_pfn_in(sc->sim, page);
	}
	while (nr--) {
		struct page *page = pfn_to_page_in(sc->sim, pages.head);

		pages.head = page->private_words[0];
		kmc_pages_free(sc->sim, sc->cpu, page, 0);
	}
}

static void trace_shrinker(const struct scan_control *sc, enum kmc_tp_id id, uint64_t a, uint64_t b)
{
	struct kmc_tp tp = { .id = id, .node = -1, .gfp = sc->gfp, .pfn = UINT64_MAX,
			     .bytes_req = a, .bytes_alloc = b };

	kmc_trace_emit(sc->sim, &tp);
}

static uint64_t scan_objects(struct scan_control *sc, struct shrinker *s, uint64_t share)
{
	if (!share || (s->needs_fs && !(sc->gfp & __GFP_FS)))
		return 0;
	if (s->needs_fs)
		trace_reclaim_work(sc, KMC_LRU_NEEDS_FS);
	work_space(sc, s);
	return kmc_population_drop_objects(sc->sim, sc->cpu, &s->objects, share);
}

/* Twice the share of a population: objects are asked for before pages are. */
static uint64_t do_shrink_slab(struct scan_control *sc, struct shrinker *s)
{
	uint64_t nr = population_nr(&s->objects), share = (nr * 2) >> sc->priority, freed;

	if (!nr)
		return 0;
	trace_shrinker(sc, KMC_TP_SHRINK_SLAB_START, nr, share);
	freed = scan_objects(sc, s, share);
	trace_shrinker(sc, KMC_TP_SHRINK_SLAB_END, freed, 0);
	return freed;
}

/*
 * Blocks that wait for a grace period: their timer is not waited for any longer. They are
 * free only when the period has passed, so nothing was reclaimed yet.
 * Rule: RCU-14. Model: simplified: all cpus' at once, however few were asked for.
 */
static void shrink_deferred(struct scan_control *sc)
{
	uint64_t nr = kmc_rcu_shrinkable(sc->sim), share = (nr * 2) >> sc->priority;

	if (!nr)
		return;
	trace_shrinker(sc, KMC_TP_SHRINK_SLAB_START, nr, share);
	trace_shrinker(sc, KMC_TP_SHRINK_SLAB_END, share ? kmc_sim_rcu_shrink(sc->sim) : 0, 0);
}

/* Rule: RCL-1, GFP-35. Model: simplified (R-9.3; each object is a page of its own). */
uint64_t shrink_slab(struct scan_control *sc)
{
	struct kmc_reclaim_state *state = sc->sim->reclaim;
	uint64_t reclaimed = 0;

	shrink_deferred(sc);
	for (unsigned int i = 0; i < state->nr_shrinkers; i++)
		reclaimed += do_shrink_slab(sc, &state->shrinkers[i]);
	return reclaimed;
}

uint64_t kmc_shrinkers_hash(const struct kmc_reclaim_state *state, uint64_t h)
{
	for (unsigned int i = 0; i < state->nr_shrinkers; i++) {
		const struct shrinker *s = &state->shrinkers[i];

		h = kmc_hash_word(h, s->objects.head << 32 | s->objects.nr << 1 | s->needs_fs);
		h = kmc_hash_word(h, s->allocates << 32 | s->gfp);
	}
	return h;
}
