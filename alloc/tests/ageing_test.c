/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What grouping by mobility is for: after a long life of mixed movable and
 * unmovable pages more blocks of order 9 can be had than without it, when the
 * movable ones go; and more still when they may be moved.
 */
#include "machine_fixture.h"
#include "alloc/movable.h"

#define PAGES  12000
#define FRAMES 16384

static struct holding {
	struct page *page;
	uint8_t order;
	bool movable;
} held[PAGES];
static unsigned int slot_of_frame[FRAMES + 4096];

static bool on_isolate(void *arg, struct page *page)
{
	(void)arg;
	return held[slot_of_frame[page_to_pfn(page)]].page == page;
}

static void on_moved(void *arg, struct page *from, struct page *to)
{
	unsigned int slot = slot_of_frame[page_to_pfn(from)];

	(void)arg;
	held[slot].page = to;
	slot_of_frame[page_to_pfn(to)] = slot;
}

static const struct kmc_holder_ops holder = { .isolate = on_isolate, .moved = on_moved };

/* One in six is not movable; they live as long as the others. */
static void replace(unsigned int slot)
{
	static const gfp_t fixed[] = { GFP_KERNEL, GFP_KERNEL | __GFP_RECLAIMABLE };
	struct holding *h = &held[slot];

	if (h->page)
		__free_pages(h->page, h->order);
	h->movable = rng_below(6) != 0;
	h->order = h->movable || rng_below(8) ? 0 : (uint8_t)rng_below(4);
	h->page = alloc_pages((h->movable ? GFP_HIGHUSER_MOVABLE : fixed[rng_below(2)]) |
				      __GFP_COMP | __GFP_NOWARN, h->order);
	if (!h->page)
		return;
	slot_of_frame[page_to_pfn(h->page)] = slot;
	if (h->movable)
		kmc_sim_movable_add(h->page);
}

static unsigned int count_order_9(gfp_t gfp)
{
	unsigned int nr = 0;

	while (alloc_pages(gfp | __GFP_NORETRY | __GFP_NOWARN, 9))
		nr++;
	return nr;
}

/* Blocks of order 9 after the ageing: when all movable pages go, or every other one. */
static unsigned int yield(enum kmc_profile profile, uint32_t options, bool keep_half)
{
	struct kmc_sim_config c = {
		.nr_cpus = 1, .nr_nodes = 1, .nr_zones = 1, .profile = profile, .options = options,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = FRAMES } },
	};
	unsigned int nr;

	memset(held, 0, sizeof(held));
	rng_state = 12345;
	boot_config(&c);
	kmc_sim_holder(sim, &holder, NULL);
	for (unsigned int i = 0; i < PAGES; i++)
		replace(i);
	for (unsigned int i = 0; i < 60000; i++)
		replace(rng_below(PAGES));
	for (unsigned int i = 0; i < PAGES; i++)
		if (held[i].page && held[i].movable && !(keep_half && i % 2)) {
			__free_pages(held[i].page, held[i].order);
			held[i].page = NULL;
		}
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_sim_check(sim);
	nr = count_order_9(keep_half ? GFP_HIGHUSER_MOVABLE
				     : GFP_HIGHUSER_MOVABLE & ~__GFP_DIRECT_RECLAIM);
	kmc_sim_check(sim);
	power_off();
	return nr;
}

static void mig1_grouping_keeps_large_blocks(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		unsigned int with = yield(p, 0, false);
		unsigned int without = yield(p, KMC_OPT_NO_MOBILITY, false);

		printf("profile %u: movable pages gone: %u of 32 with grouping, %u without\n", p,
		       with, without);
		assert_true(with > without);
		with = yield(p, 0, true);
		without = yield(p, KMC_OPT_NO_MOBILITY, true);
		printf("profile %u: half of them gone, half moved: %u of 32 with grouping, %u without\n", p,
		       with, without);
		assert_true(with > without);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mig1_grouping_keeps_large_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
