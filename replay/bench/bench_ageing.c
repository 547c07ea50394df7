/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ageing row: how much of a machine can be had in blocks of order 9 after
 * a long life of mixed movable and unmovable pages, once the movable ones are
 * gone; on the same machine without grouping by mobility; and from an uncached
 * buddy of the same size, which knows no mobility at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <alloc/pagesets.h>
#include <alloc/sim.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include "bench.h"

#define MACHINE_BYTES (256ull << 20)
#define SLOTS         48000u /* four fifths of the machine in use */
#define STEPS         400000u

struct holding {
	void *pages;
	uint8_t order;
	bool movable;
};

/* Who is aged. */
struct subject {
	void *(*get)(bool movable, unsigned int order);
	void (*put)(void *pages, unsigned int order);
	void *(*last)(void); /* a block of order 9, whatever may be taken for it */
};

static void *ours_get(bool movable, unsigned int order)
{
	return alloc_pages((movable ? GFP_HIGHUSER_MOVABLE : GFP_KERNEL) | __GFP_NOWARN, order);
}

static void ours_put(void *pages, unsigned int order)
{
	__free_pages(pages, order);
}

static void *ours_last(void)
{
	return alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC | __GFP_NOWARN, 9);
}

static const struct subject ours = { ours_get, ours_put, ours_last };

static void *buddy_get(bool movable, unsigned int order)
{
	(void)movable;
	return bench_buddy_get(order);
}

static void *buddy_last(void)
{
	return bench_buddy_get(9);
}

static const struct subject buddy = { buddy_get, bench_buddy_put, buddy_last };

static uint32_t draw(uint64_t *rng, uint32_t below)
{
	*rng = *rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((*rng >> 33) % below);
}

static void replace(const struct subject *s, struct holding *h, uint64_t *rng)
{
	if (h->pages)
		s->put(h->pages, h->order);
	h->movable = draw(rng, 6) != 0;
	h->order = h->movable || draw(rng, 8) ? 0 : (uint8_t)draw(rng, 4);
	h->pages = s->get(h->movable, h->order);
}

static void age(const struct subject *s, struct holding *held)
{
	uint64_t rng = 2025;

	for (unsigned int i = 0; i < SLOTS; i++)
		replace(s, &held[i], &rng);
	for (unsigned int i = 0; i < STEPS; i++)
		replace(s, &held[draw(&rng, SLOTS)], &rng);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (held[i].pages && held[i].movable)
			s->put(held[i].pages, held[i].order);
}

static int count(const struct subject *s)
{
	int nr = 0;

	while (s->last())
		nr++;
	return nr;
}

/* All of these: blocks of order 9, or -errno. */
static int yield_of_buddy(void)
{
	struct holding *held = calloc(SLOTS, sizeof(*held));
	int nr;

	if (!held)
		return -ENOMEM;
	bench_buddy_boot(MACHINE_BYTES);
	age(&buddy, held);
	nr = count(&buddy);
	free(held);
	return nr;
}

static int yield(uint32_t options)
{
	struct holding *held = calloc(SLOTS, sizeof(*held));
	struct kmc_sim_config config;
	struct kmc_sim *sim;
	int nr;

	if (!held)
		return -ENOMEM;
	kmc_sim_config_simple(&config, 1, MACHINE_BYTES);
	config.options = options;
	nr = kmc_sim_create(&config, &sim);
	if (!nr) {
		nr = kmc_sim_bind(sim, 0);
		if (!nr) {
			age(&ours, held);
			kmc_sim_drain_all(sim);
			nr = count(&ours);
		}
		kmc_sim_unbind();
		kmc_sim_destroy(sim);
	}
	free(held);
	return nr;
}

/** bench_ageing_row() - Judged against the machine without grouping and the buddy. Return: 0 or -errno. */
int bench_ageing_row(struct bench_row *row)
{
	const int all = (int)(MACHINE_BYTES >> 21);
	int with = yield(0), without = yield(KMC_OPT_NO_MOBILITY), plain = yield_of_buddy();

	*row = (struct bench_row){ .name = "ageing-order-9", .unit = "%", .best = -1, .ours = -1,
				   .what = "memory to be had in blocks of order 9 after ageing",
				   .state = BENCH_FAILED };
	if (with < 0 || without < 0 || plain < 0)
		return with < 0 ? with : without < 0 ? without : plain;
	row->value = 100.0 * with / all;
	row->state = with > without && with > plain ? BENCH_GOOD : BENCH_MISSED;
	snprintf(row->note, sizeof(row->note),
		 "%d of %d blocks with grouping by mobility, %d without; an uncached buddy %d", with, all,
		 without, plain);
	return 0;
}
