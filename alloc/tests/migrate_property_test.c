/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random courses over pages that move: movable ones of all orders with a digest
 * of their contents, unmovable and reclaimable ones between them, pins, and at
 * random points compaction, migration by hand, contiguous ranges and areas.
 *
 * Laws: what a holder wrote is where the page is (GFP-32, PAGE-35, CPT-6), no
 * frame has two holders (PAGE-3), what is not movable or is pinned keeps its
 * place, the identities hold, and when all is given back the zone is as before.
 *
 * KMC_SEED=n repeats a run.
 */
#include "movable_fixture.h"
#include "alloc/areas.h"
#include "alloc/pagesets.h"
#include "compact.h"
#include "linux/cma.h"

#define FIXED  400
#define RANGES 12
#define START  4096ull
#define NR     HELD /* frames of the zone */

static struct fixed {
	struct page *page;
	unsigned int order;
	uint64_t stamp;
} fixed[FIXED];
static struct range {
	uint64_t pfn, nr;
	struct cma *cma; /* NULL: an anonymous range */
} ranges[RANGES];
static struct cma *area;
static uint64_t stamps;

static void step_movable(void)
{
	struct held *h = &held[rng_below(700)];

	if (h->page) {
		if (page_ref_count(h->page) > 1)
			put_page(h->page);
		let_go(h);
		return;
	}
	h->page = alloc_pages(MOV | __GFP_COMP | __GFP_NOWARN,
			      rng_below(3) ? 0 : rng_below(6));
	if (!h->page)
		return;
	h->stamp = ++stamps;
	*last_of(h->page) = (unsigned int)(h - held);
	fill(h->page, compound_order(h->page), h->stamp);
	assert_true(kmc_sim_movable_add(h->page));
}

static void step_fixed(void)
{
	static const gfp_t types[] = { GFP_KERNEL, GFP_ATOMIC, GFP_KERNEL | __GFP_RECLAIMABLE,
				       MOV /* movable, but in nobody's care */ };
	struct fixed *f = &fixed[rng_below(FIXED)];

	if (f->page) {
		assert_true(filled(f->page, f->order, f->stamp));
		__free_pages(f->page, f->order);
		f->page = NULL;
		return;
	}
	f->order = rng_below(4) ? rng_below(3) : rng_below(7);
	f->page = alloc_pages(types[rng_below(4)] | __GFP_NOWARN, f->order);
	f->stamp = ++stamps;
	if (f->page)
		fill(f->page, f->order, f->stamp);
}

/* A pinned page stays where it is, whatever else happens. */
static void step_pin(void)
{
	struct held *h = &held[rng_below(700)];

	if (!h->page)
		return;
	if (page_ref_count(h->page) > 1)
		put_page(h->page);
	else
		get_page(h->page);
}

static void release_range(struct range *r)
{
	if (r->cma)
		assert_true(cma_release(r->cma, pfn_to_page(r->pfn), r->nr));
	else
		free_contig_range(r->pfn, r->nr);
	r->nr = 0;
}

static void step_range(void)
{
	struct range *r = &ranges[rng_below(RANGES)];
	struct page *page = NULL;
	uint64_t nr = 1 + rng_below(300);

	if (r->nr) {
		release_range(r);
		return;
	}
	r->cma = rng_below(2) ? area : NULL;
	r->pfn = START + rng_below(NR - 300);
	if (r->cma)
		page = cma_alloc(area, nr, rng_below(7), true);
	else if (rng_below(2))
		page = alloc_contig_pages(nr, GFP_KERNEL, 0, NULL);
	else if (!alloc_contig_range(r->pfn, r->pfn + nr, ACR_FLAGS_NONE, GFP_KERNEL))
		page = pfn_to_page(r->pfn);
	if (!page)
		return;
	r->pfn = page_to_pfn(page);
	r->nr = nr;
	memset(page_address(page), 0xc5, nr * PAGE_SIZE);
}

/* What is pinned, and where. */
static struct page *pinned[700];

static void note_pinned(void)
{
	for (unsigned int i = 0; i < 700; i++)
		pinned[i] = held[i].page && page_ref_count(held[i].page) > 1 ? held[i].page : NULL;
}

static void check_pinned(void)
{
	for (unsigned int i = 0; i < 700; i++)
		assert_true(!pinned[i] || held[i].page == pinned[i]);
}

static void step_move(void)
{
	struct held *h = &held[rng_below(700)];

	note_pinned();
	switch (rng_below(5)) {
	case 0:
		kmc_sim_compact_node(sim, 0);
		break;
	case 1:
		wakeup_kcompactd(sim, 0, 1 + rng_below(9), KMC_ZONE_NORMAL);
		kmc_sim_kcompactd_step(sim, 0);
		break;
	case 2: {
		unsigned int order = 4 + rng_below(6); /* direct compaction, if it comes to that */
		struct page *page = alloc_pages(MOV | __GFP_NOWARN, order);

		if (page)
			__free_pages(page, order);
		break;
	}
	default:
		if (h->page)
			kmc_sim_migrate_page(h->page);
	}
	check_pinned();
}

static void step_machine(void)
{
	switch (rng_below(3)) {
	case 0:
		kmc_sim_pcp_disable(sim, 0, rng_below(2));
		break;
	case 1:
		kmc_sim_drain_all(sim);
		break;
	default:
		kmc_sim_switch(sim, rng_below(2));
	}
}

static void check_contents(void)
{
	for (unsigned int i = 0; i < 700; i++)
		if (held[i].page)
			assert_true(filled(held[i].page, compound_order(held[i].page),
					   held[i].stamp));
	for (unsigned int i = 0; i < FIXED; i++)
		if (fixed[i].page)
			assert_true(filled(fixed[i].page, fixed[i].order, fixed[i].stamp));
	for (unsigned int i = 0; i < RANGES; i++)
		if (ranges[i].nr)
			assert_int_equal(*(uint8_t *)page_address(pfn_to_page(ranges[i].pfn)),
					 0xc5);
}

static void course(unsigned int steps)
{
	for (unsigned int i = 0; i < steps; i++) {
		switch (rng_below(16)) {
		case 0: step_pin(); break;
		case 1: step_range(); break;
		case 2: step_move(); break;
		case 3:
			if (rng_below(8) == 0)
				step_machine();
			break;
		case 4: case 5: case 6: case 7: step_fixed(); break;
		default: step_movable();
		}
		if (i % 256 == 0) {
			kmc_sim_check(sim);
			check_contents();
		}
	}
}

static void give_everything_back(void)
{
	for (unsigned int i = 0; i < 700; i++) {
		if (held[i].page && page_ref_count(held[i].page) > 1)
			put_page(held[i].page);
		if (held[i].page)
			let_go(&held[i]);
	}
	for (unsigned int i = 0; i < FIXED; i++)
		if (fixed[i].page) {
			__free_pages(fixed[i].page, fixed[i].order);
			fixed[i].page = NULL;
		}
	for (unsigned int i = 0; i < RANGES; i++)
		if (ranges[i].nr)
			release_range(&ranges[i]);
	kmc_sim_drain_all(sim);
	kmc_sim_check(sim);
}

static void run(enum kmc_profile profile)
{
	struct kmc_cma_info info;

	boot_holder(profile, NR);
	assert_int_equal(cma_declare_contiguous(0, 8 << 20, 0, 0, 0, false, "p", &area), 0);
	course(6000);
	assert_true(nr_moved > 100);
	give_everything_back();
	kmc_sim_cma_info(area, &info);
	assert_int_equal(info.bits_set, 0);
	assert_int_equal(zone_info(0).nr_free, NR);
	assert_int_equal(sim->page->zones[0].nr_free_cma, 2048);
	power_off();
}

static void gfp32_page35_cpt6_random_courses(void **state)
{
	(void)state;
	rng_seed("pages that move");
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		run(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp32_page35_cpt6_random_courses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
