/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fallback between migratetypes: MIG-1, MIG-3..5, MIG-7, ZON-8. One zone of
 * eight order-10 blocks, all of it Movable at boot.
 */
#include "machine_fixture.h"

#define MOV GFP_HIGHUSER_MOVABLE
#define REC (GFP_KERNEL | __GFP_RECLAIMABLE)

static unsigned int type_at(uint64_t pfn)
{
	return get_pageblock_migratetype(sim, pfn);
}

static int setup_zone(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	return 0;
}

/* The largest block is claimed whole; all its pageblocks change type. */
static void test_claim_of_a_large_block(void **state)
{
	struct page *page;

	(void)state;
	assert_int_equal(type_at(4096), MIGRATE_MOVABLE);
	tp_listen(KMC_TP_MM_PAGE_ALLOC_EXTFRAG);
	page = alloc_pages(GFP_KERNEL, 5);
	assert_int_equal(page_to_pfn(page), 4096);
	assert_int_equal(type_at(4096), MIGRATE_UNMOVABLE);
	assert_int_equal(type_at(4096 + 512), MIGRATE_UNMOVABLE);
	assert_int_equal(type_at(5120), MIGRATE_MOVABLE);
	assert_int_equal(tp_count, 1);
	assert_int_equal(tp_seen[0].order, 5);
	assert_int_equal(tp_seen[0].bytes_req, 10);
	assert_int_equal(tp_seen[0].migratetype, MIGRATE_UNMOVABLE);
	assert_int_equal(tp_seen[0].bytes_alloc, MIGRATE_MOVABLE);
	/* the next one comes from the own lists, without an event */
	page = alloc_pages(GFP_KERNEL, 5);
	assert_int_equal(page_to_pfn(page), 4096 + 32);
	assert_int_equal(tp_count, 1);
	kmc_sim_check(sim);
}

/* GFP-39: each type stays in its own pageblocks while it has some. */
static void test_types_are_grouped(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		assert_int_equal(type_at(page_to_pfn(alloc_pages(MOV, 4))), MIGRATE_MOVABLE);
		assert_int_equal(type_at(page_to_pfn(alloc_pages(REC, 4))), MIGRATE_RECLAIMABLE);
		assert_int_equal(type_at(page_to_pfn(alloc_pages(GFP_KERNEL, 4))),
				 MIGRATE_UNMOVABLE);
	}
	kmc_sim_check(sim);
}

/* Fill the zone with order-9 blocks of movable requests, returned in order of pfn. */
static struct page *take_all_pageblocks(unsigned int *nr)
{
	static struct page *first;
	struct page *page;

	*nr = 0;
	first = NULL;
	while ((page = alloc_pages(MOV | __GFP_MEMALLOC, 9))) {
		if (!first || page < first)
			first = page;
		++*nr;
	}
	return first;
}

/* MIG-4: a pageblock changes its type only with half of it free or compatible. */
static void check_half(unsigned int free_frames, bool claimed)
{
	unsigned int nr;
	struct page *first, *page;

	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	first = take_all_pageblocks(&nr);
	assert_int_equal(nr, 16);
	/* one pageblock of 512 single pages that count as movable, then some of them free */
	split_page(first, 9);
	for (unsigned int i = 0; i < free_frames; i++)
		__free_pages(first + i, 0);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	/* unmovable: compatible are neither free nor movable frames, here none */
	page = alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 4);
	assert_non_null(page);
	assert_int_equal(type_at(page_to_pfn(page)),
			 claimed ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE);
	kmc_sim_check(sim);
	power_off();
}

static void test_half_of_a_pageblock(void **state)
{
	(void)state;
	check_half(255, false);
	check_half(256, true);
}

/* MIG-3: a movable request claims no pageblock for a block below half its order. */
static void test_movable_steals_a_piece(void **state)
{
	unsigned int nr;
	struct page *first, *page;

	(void)state;
	first = take_all_pageblocks(&nr);
	split_page(first, 9);
	set_pageblock_migratetype(sim, 4096, MIGRATE_UNMOVABLE);
	for (unsigned int i = 0; i < 16; i++)
		if (i != 8)
			__free_pages(first + i, 0); /* orders 3, 0, 1, 2 from below */
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_sim_check(sim);
	page = alloc_pages(MOV | __GFP_MEMALLOC, 2);
	assert_int_equal(page_to_pfn(page), page_to_pfn(first) + 12); /* smallest that will do */
	assert_int_equal(type_at(4096), MIGRATE_UNMOVABLE);
	kmc_sim_check(sim);
}

/* MIG-1: U -> R, M; M -> R, U; R -> U, M at one order. */
static unsigned int chosen(gfp_t gfp, unsigned int a, unsigned int b)
{
	unsigned int nr, type;
	struct page *first, *page;

	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	first = take_all_pageblocks(&nr);
	set_pageblock_migratetype(sim, page_to_pfn(first), a);
	set_pageblock_migratetype(sim, page_to_pfn(first) + 1024, b);
	split_page(first, 9);
	split_page(first + 1024, 9);
	__free_pages(first, 0);
	__free_pages(first + 1024, 0);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	page = alloc_pages(gfp | __GFP_MEMALLOC, 0);
	assert_non_null(page);
	type = page == first ? a : b;
	power_off();
	return type;
}

static void test_order_of_fallbacks(void **state)
{
	(void)state;
	assert_int_equal(chosen(GFP_KERNEL, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE),
			 MIGRATE_RECLAIMABLE);
	assert_int_equal(chosen(MOV, MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE), MIGRATE_RECLAIMABLE);
	assert_int_equal(chosen(REC, MIGRATE_MOVABLE, MIGRATE_UNMOVABLE), MIGRATE_UNMOVABLE);
}

/* The reserved types are never stolen. */
static void test_cma_and_highatomic_are_not_stolen(void **state)
{
	struct page *page;
	unsigned int nr = 0;

	(void)state;
	while ((page = alloc_pages(MOV | __GFP_MEMALLOC, 10))) {
		set_pageblock_migratetype(sim, page_to_pfn(page), MIGRATE_CMA);
		set_pageblock_migratetype(sim, page_to_pfn(page) + 512, MIGRATE_HIGHATOMIC);
		__free_pages(page, 10);
		nr++;
	}
	assert_int_equal(nr, 8);
	kmc_sim_check(sim);
	while (alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 0))
		;
	assert_int_not_equal(zone_info(0).nr_free, 0);
	assert_int_equal(zone_info(0).nr_free, sim->page->zones[0].nr_free_cma +
					       sim->page->zones[0].nr_free_highatomic);
}

/* MIG-7: with less memory than six pageblocks all is Unmovable. */
static void test_mobility_off(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 6 * 512 - 1);
	assert_true(sim->page->mobility_off);
	assert_int_equal(type_at(4096), MIGRATE_UNMOVABLE);
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	assert_non_null(alloc_pages(MOV, 0));
	assert_int_equal(tp_seen[0].migratetype, MIGRATE_UNMOVABLE);
	power_off();
	boot_one_zone(KMC_PROFILE_6_18_44, 6 * 512);
	assert_false(sim->page->mobility_off);
	assert_int_equal(type_at(4096), MIGRATE_MOVABLE);
	power_off();
}

/* ZON-8: Normal is not polluted while DMA32 has pages of the type. */
static void test_nofragment_prefers_the_lower_zone(void **state)
{
	struct kmc_sim_config c = {
		.nr_cpus = 1, .nr_nodes = 1, .nr_zones = 2, .profile = KMC_PROFILE_6_18_44,
		.zones = { { .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 8192 },
			   { .type = KMC_ZONE_NORMAL, .start_pfn = 1048576,
			     .nr_pages = 8192 } },
	};
	struct page *page;

	(void)state;
	boot_config(&c);
	/* a whole pageblock may be claimed in Normal even so */
	page = alloc_pages(GFP_KERNEL, 0);
	assert_true(page_to_pfn(page) >= 1048576);
	/* with only crumbs of another type in Normal, DMA32 it is */
	while (zone_info(1).free_blocks[9] + zone_info(1).free_blocks[10])
		assert_non_null(alloc_pages(MOV | __GFP_MEMALLOC, 9));
	tp_listen(KMC_TP_MM_PAGE_ALLOC_EXTFRAG);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	page = alloc_pages(MOV, 4);
	assert_true(page_to_pfn(page) < 1048576);
	assert_int_equal(tp_count, 0);
	power_off();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_zone, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_claim_of_a_large_block),
		CASE(test_types_are_grouped),
		cmocka_unit_test(test_half_of_a_pageblock),
		CASE(test_movable_steals_a_piece),
		cmocka_unit_test(test_order_of_fallbacks),
		CASE(test_cma_and_highatomic_are_not_stolen),
		cmocka_unit_test(test_mobility_off),
		cmocka_unit_test(test_nofragment_prefers_the_lower_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
