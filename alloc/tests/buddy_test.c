/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buddy: R-3, BUD-1..5.
 *
 * One zone of 8192 frames from pfn 4096 on; orders above 3, which no per-cpu
 * list takes, so that every call is seen at once:
 *
 *	4096        5120        6144                            12288
 *	| order 10  | order 10  | ... 8 blocks                  |
 */
#include "machine_fixture.h"

#define MOV GFP_HIGHUSER_MOVABLE

static int setup_zone(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	return 0;
}

static uint32_t list_head(unsigned int order)
{
	return sim->page->zones[0].free_area[order].list[MIGRATE_MOVABLE].head;
}

static uint32_t list_tail(unsigned int order)
{
	return sim->page->zones[0].free_area[order].list[MIGRATE_MOVABLE].tail;
}

/* BUD-1: lowest block first, lower half kept, upper halves at the heads. */
static void bud1_split(void **state)
{
	struct page *page = alloc_pages(MOV, 5);

	(void)state;
	assert_int_equal(page_to_pfn(page), 4096);
	for (unsigned int order = 5; order < 10; order++) {
		assert_int_equal(list_head(order), 4096 + (1u << order));
		assert_int_equal(zone_info(0).free_blocks[order], 1);
	}
	assert_int_equal(list_head(10), 5120);
	assert_int_equal(page_to_pfn(alloc_pages(MOV, 5)), 4096 + 32);
	assert_int_equal(page_to_pfn(alloc_pages(MOV, 5)), 4096 + 64);
	kmc_sim_check(sim);
}

/* BUD-2 */
static void bud2_merge_to_the_top(void **state)
{
	struct page *page[64];

	(void)state;
	for (int i = 0; i < 64; i++)
		page[i] = alloc_pages(MOV, 5);
	for (int i = 0; i < 64; i += 2)
		__free_pages(page[i], 5);
	kmc_sim_check(sim);
	for (int i = 1; i < 64; i += 2)
		__free_pages(page[i], 5);
	assert_int_equal(zone_info(0).free_blocks[10], 8);
	assert_int_equal(zone_info(0).nr_free, 8192);
	kmc_sim_check(sim);
}

/* BUD-5: to the tail when the parent's buddy is free (a merge is near), else to the head. */
static void bud5_head_or_tail(void **state)
{
	struct page *page[32];

	(void)state;
	for (int i = 0; i < 32; i++)
		page[i] = alloc_pages(MOV, 5); /* 4096 + 32 * i, all of one order-10 block */
	__free_pages(page[0], 5);
	assert_int_equal(list_head(5), 4096);
	__free_pages(page[8], 5); /* parent's buddy (10, 11) in use: head */
	assert_int_equal(list_head(5), 4096 + 8 * 32);
	__free_pages(page[18], 5);
	__free_pages(page[19], 5); /* merge: order 6 at 18 */
	assert_int_equal(list_head(6), 4096 + 18 * 32);
	__free_pages(page[16], 5); /* parent's buddy (18, 19) is free: tail */
	assert_int_equal(list_tail(5), 4096 + 16 * 32);
	assert_int_equal(list_head(5), 4096 + 8 * 32);
	kmc_sim_check(sim);
}

/* BUD-4: a merge across pageblocks of different type makes them one type. */
static void bud4_merge_rewrites_the_type(void **state)
{
	struct page *low = alloc_pages(MOV, 9), *high = alloc_pages(MOV, 9);

	(void)state;
	assert_int_equal(page_to_pfn(high), page_to_pfn(low) + 512);
	kmc_lock_take(&sim->page->zones[0].lock);
	set_pageblock_migratetype(sim, 4096, MIGRATE_UNMOVABLE);
	kmc_lock_drop(&sim->page->zones[0].lock);
	__free_pages(low, 9);
	__free_pages(high, 9);
	assert_int_equal(get_pageblock_migratetype(sim, 4096), MIGRATE_MOVABLE);
	assert_int_equal(zone_info(0).free_blocks[10], 8);
	kmc_sim_check(sim);
}

/* BUD-3 */
static void bud3_no_merge_with_reserved_types(void **state)
{
	struct page *low = alloc_pages(MOV, 9), *high = alloc_pages(MOV, 9);

	(void)state;
	set_pageblock_migratetype(sim, 4096, MIGRATE_HIGHATOMIC);
	sim->page->zones[0].nr_reserved_highatomic = 512;
	__free_pages(low, 9);
	__free_pages(high, 9);
	assert_int_equal(zone_info(0).free_blocks[10], 7);
	assert_int_equal(zone_info(0).free_blocks[9], 2);
	assert_int_equal(sim->page->zones[0].nr_free_highatomic, 512);
	kmc_sim_check(sim);
}

/* an order-10 block of two types goes back as two. */
static void bud6_large_block_goes_back_by_pageblocks(void **state)
{
	struct page *page = alloc_pages(MOV, 10);

	(void)state;
	set_pageblock_migratetype(sim, 4096 + 512, MIGRATE_CMA);
	__free_pages(page, 10);
	assert_int_equal(zone_info(0).free_blocks[10], 7);
	assert_int_equal(zone_info(0).free_blocks[9], 2);
	assert_int_equal(sim->page->zones[0].nr_free_cma, 512);
	kmc_sim_check(sim);
}

/* ZON-5: zones with odd edges: [1, 3000) and [3000, 5001) of two nodes. */
static void zon5_odd_edges(void **state)
{
	struct kmc_sim_config c = {
		.nr_cpus = 1, .nr_nodes = 2, .nr_zones = 2, .profile = KMC_PROFILE_6_18_44,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 1, .nr_pages = 2999 },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 3000,
			     .nr_pages = 2001 } },
	};
	struct page *page[64];
	unsigned int n = 0;
	uint64_t boot;

	(void)state;
	boot_config(&c);
	boot = kmc_sim_hash(sim);
	kmc_sim_check(sim);
	for (unsigned int order = 0; order <= 10; order++)
		for (int node = 0; node < 2; node++) {
			page[n] = alloc_pages_node(node, MOV | __GFP_THISNODE, order);
			if (page[n])
				assert_int_equal(page_to_nid(page[n]), node);
			n += page[n] != NULL;
		}
	kmc_sim_check(sim);
	assert_true(n > 15);
	while (n--)
		__free_pages(page[n], page[n]->order);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_sim_check(sim);
	for (unsigned int zone = 0; zone < 2; zone++)
		assert_int_equal(zone_info(zone).nr_free, c.zones[zone].nr_pages);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_hash(sim), boot);
	power_off();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_zone, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bud1_split),
		CASE(bud2_merge_to_the_top),
		CASE(bud5_head_or_tail),
		CASE(bud4_merge_rewrites_the_type),
		CASE(bud3_no_merge_with_reserved_types),
		CASE(bud6_large_block_goes_back_by_pageblocks),
		cmocka_unit_test(zon5_odd_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
