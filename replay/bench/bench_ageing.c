/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ageing row: how much of a machine can be had in blocks of order 9 after
 * a long life of mixed movable and unmovable pages, once the movable ones are
 * gone; and on the same machine without grouping by mobility.
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
	struct page *page;
	uint8_t order;
	bool movable;
};

static uint32_t draw(uint64_t *rng, uint32_t below)
{
	*rng = *rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((*rng >> 33) % below);
}

static void replace(struct holding *h, uint64_t *rng)
{
	if (h->page)
		__free_pages(h->page, h->order);
	h->movable = draw(rng, 6) != 0;
	h->order = h->movable || draw(rng, 8) ? 0 : (uint8_t)draw(rng, 4);
	h->page = alloc_pages((h->movable ? GFP_HIGHUSER_MOVABLE : GFP_KERNEL) | __GFP_NOWARN,
			      h->order);
}

static unsigned int age_and_count(struct kmc_sim *sim, struct holding *held)
{
	uint64_t rng = 2025;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < SLOTS; i++)
		replace(&held[i], &rng);
	for (unsigned int i = 0; i < STEPS; i++)
		replace(&held[draw(&rng, SLOTS)], &rng);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (held[i].page && held[i].movable)
			__free_pages(held[i].page, held[i].order);
	kmc_sim_drain_all(sim);
	while (alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC | __GFP_NOWARN, 9))
		nr++;
	return nr;
}

/* Blocks of order 9, or -errno. */
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
		if (!nr)
			nr = (int)age_and_count(sim, held);
		kmc_sim_unbind();
		kmc_sim_destroy(sim);
	}
	free(held);
	return nr;
}

/** bench_ageing_row() - Judged against the machine without grouping. Return: 0 or -errno. */
int bench_ageing_row(struct bench_row *row)
{
	const int all = (int)(MACHINE_BYTES >> 21);
	int with = yield(0), without = yield(KMC_OPT_NO_MOBILITY);

	*row = (struct bench_row){ .name = "ageing-order-9", .unit = "%", .best = -1, .ours = -1,
				   .what = "memory to be had in blocks of order 9 after ageing",
				   .state = BENCH_FAILED };
	if (with < 0 || without < 0)
		return with < 0 ? with : without;
	row->value = 100.0 * with / all;
	row->state = with > without ? BENCH_GOOD : BENCH_MISSED;
	snprintf(row->note, sizeof(row->note),
		 "%d of %d blocks with grouping by mobility, %d without", with, all, without);
	return 0;
}
