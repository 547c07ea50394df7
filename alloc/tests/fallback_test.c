/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fallback between migratetypes: MIG-1..7, ZON-8. One zone of
 * eight order-10 blocks, all of it Movable at boot.
 */
#include "machine_fixture.h"
#include "alloc/fragmentation.h"
#include "alloc/reclaim.h"

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
static void mig2_mig3_claim_of_a_large_block(void **state)
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
static void gfp39_types_are_grouped(void **state)
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
static void check_half(enum kmc_profile profile, unsigned int free_frames, bool claimed)
{
	unsigned int nr;
	struct page *first, *page;

	boot_one_zone(profile, 8192);
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

static void mig4_half_of_a_pageblock(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		check_half(p, 255, false);
		check_half(p, 256, true);
	}
}

/* MIG-3: a movable request claims no pageblock for a block below half its order. */
static void mig3_mig5_movable_steals_a_piece(void **state)
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
static unsigned int chosen(enum kmc_profile profile, gfp_t gfp, unsigned int a, unsigned int b)
{
	unsigned int nr, type;
	struct page *first, *page;

	boot_one_zone(profile, 8192);
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

static void mig1_order_of_fallbacks(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		assert_int_equal(chosen(p, GFP_KERNEL, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE),
				 MIGRATE_RECLAIMABLE);
		assert_int_equal(chosen(p, MOV, MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE),
				 MIGRATE_RECLAIMABLE);
		assert_int_equal(chosen(p, REC, MIGRATE_MOVABLE, MIGRATE_UNMOVABLE),
				 MIGRATE_UNMOVABLE);
	}
}

/*
 * A pageblock of @type with free blocks of order 2 (at 4) and of @order (at
 * 2^order), all else of the zone in use by movable requests.
 */
static struct page *two_blocks(enum kmc_profile profile, unsigned int type, unsigned int order)
{
	unsigned int nr;
	struct page *first;

	boot_one_zone(profile, 8192);
	first = take_all_pageblocks(&nr);
	split_page(first, 9);
	buddy_touch(sim, &sim->page->zones[0]);
	set_pageblock_migratetype(sim, 4096, type);
	for (unsigned int i = 4; i < 8; i++)
		__free_pages(first + i, 0);
	for (unsigned int i = 1u << order; i < 2u << order; i++)
		__free_pages(first + i, 0);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	assert_int_equal(zone_info(0).free_blocks[2], 1);
	assert_int_equal(zone_info(0).free_blocks[order], 1);
	return first;
}

static struct page *fall_back(enum kmc_profile profile, unsigned int type, unsigned int large,
			      gfp_t gfp, unsigned int order, const struct page **first)
{
	struct page *page;

	*first = two_blocks(profile, type, large);
	page = alloc_pages(gfp | __GFP_MEMALLOC, order);
	kmc_sim_check(sim);
	power_off();
	return page;
}

/*
 * MIG-2: the largest block first. When the pageblock cannot be claimed (it is full of
 * movable frames), 6.1 and 6.6 move both blocks to the own list and take the
 * smallest that will do, 6.12 takes the piece from the largest, 6.18 from the
 * smallest. A movable request below half a pageblock's order takes the smallest.
 */
static void mig2_which_block(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		const struct page *first, *page;

		page = fall_back(p, MIGRATE_MOVABLE, 5, GFP_KERNEL, 4, &first);
		assert_ptr_equal(page, first + 32);
		page = fall_back(p, MIGRATE_MOVABLE, 5, GFP_KERNEL, 1, &first);
		assert_ptr_equal(page, p == KMC_PROFILE_6_12_117 ? first + 32 : first + 4);
		page = fall_back(p, MIGRATE_UNMOVABLE, 3, MOV, 1, &first);
		assert_ptr_equal(page, first + 4);
	}
}

/*
 * MIG-5: the claim fails, since the pageblock is full of others. 6.1 and 6.6
 * move all its free blocks to the request's lists and leave its type; from 6.10
 * on (type hygiene) the rest stays on the old list.
 */
static void mig5_what_a_failed_claim_leaves(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		const struct free_area *area;

		two_blocks(p, MIGRATE_MOVABLE, 5);
		area = sim->page->zones[0].free_area;
		assert_non_null(alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 4));
		assert_int_equal(type_at(4096), MIGRATE_MOVABLE);
		assert_int_equal(!!area[2].list[MIGRATE_UNMOVABLE].head, p <= KMC_PROFILE_6_6_9);
		assert_int_equal(!!area[4].list[MIGRATE_UNMOVABLE].head, p <= KMC_PROFILE_6_6_9);
		assert_int_equal(!!area[4].list[MIGRATE_MOVABLE].head, p > KMC_PROFILE_6_6_9);
		kmc_sim_check(sim);
		power_off();
	}
}

/* MIG-6: a pageblock at a time, up to the larger of a pageblock and 3/2 of the high mark. */
static void mig6_boost(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		uint64_t high;

		two_blocks(p, MIGRATE_UNMOVABLE, 5);
		high = zone_info(0).wmark_high;
		tp_listen(KMC_TP_WAKEUP_KSWAPD);
		assert_non_null(alloc_pages(MOV | __GFP_MEMALLOC, 4));
		assert_int_equal(zone_info(0).wmark_high, high + 512);
		assert_int_equal(zone_info(0).wmark_min, sim->page->zones[0].watermark[WMARK_MIN] +
				 512);
		assert_non_null(alloc_pages(MOV | __GFP_MEMALLOC, 3));
		assert_non_null(alloc_pages(REC | __GFP_MEMALLOC, 1));
		assert_int_equal(zone_info(0).wmark_high, high + 512); /* 3/2 of high is less */
		power_off();
		/* a higher high mark: two steps, then the cap */
		two_blocks(p, MIGRATE_UNMOVABLE, 5);
		sim->page->watermark_boost_factor = 700 * 10000 /
						    sim->page->zones[0].watermark[WMARK_HIGH];
		assert_non_null(alloc_pages(MOV | __GFP_MEMALLOC, 4));
		assert_non_null(alloc_pages(REC | __GFP_MEMALLOC, 1));
		assert_in_range(sim->page->zones[0].watermark_boost, 600, 700);
		power_off();
	}
}

/* Not with a factor of 0, not in a zone of less than four pageblocks. */
static void mig6_no_boost(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		two_blocks(p, MIGRATE_UNMOVABLE, 5);
		sim->page->watermark_boost_factor = 0;
		assert_non_null(alloc_pages(MOV | __GFP_MEMALLOC, 4));
		assert_int_equal(sim->page->zones[0].watermark_boost, 0);
		power_off();
		two_blocks(p, MIGRATE_UNMOVABLE, 5);
		sim->page->zones[0].managed = 4 * 512 - 1;
		assert_non_null(alloc_pages(MOV | __GFP_MEMALLOC, 4));
		assert_int_equal(sim->page->zones[0].watermark_boost, 0);
		sim->page->zones[0].managed = 8192;
		power_off();
		/* a whole pageblock mixes nothing */
		boot_one_zone(p, 8192);
		assert_non_null(alloc_pages(GFP_KERNEL, 4));
		assert_int_equal(sim->page->zones[0].watermark_boost, 0);
		power_off();
	}
}

/*
 * MIG-6, GFP-3: the next taker wakes kswapd; up to 6.4 even one that asked not to. Where
 * the boost is over meanwhile, and the node balanced, nobody is woken.
 */
static void gfp3_mig6_boost_wakes_kswapd(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct zone *zone;

		boot_one_zone(p, 8192);
		zone = &sim->page->zones[0];
		buddy_touch(sim, zone);
		atomic_store(&zone->boosted, true);
		tp_listen(KMC_TP_WAKEUP_KSWAPD);
		assert_non_null(alloc_pages(GFP_KERNEL, 4));
		assert_int_equal(tp_count, 0);
		atomic_store(&zone->boosted, true);
		zone->watermark_boost = 64;
		setup_fast_marks(zone);
		assert_non_null(alloc_pages(GFP_KERNEL & ~__GFP_RECLAIM, 4));
		assert_int_equal(tp_count, p == KMC_PROFILE_6_1_192);
		assert_non_null(alloc_pages(GFP_KERNEL, 4));
		assert_int_equal(tp_count, 1);
		assert_non_null(alloc_pages(GFP_KERNEL, 4));
		assert_int_equal(tp_count, 1);
		power_off();
	}
}

/*
 * MIG-10: no mixing until reclaim and compaction have failed, then it is allowed
 * once; who cannot reclaim goes without. kswapd is woken for a pageblock.
 */
static void mig10_defrag_mode(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_PROFILE_6_18_44; p++) {
		boot_one_zone(p, 8192);
		assert_int_equal(kmc_sim_set_defrag_mode(sim, true), -EINVAL);
		power_off();
	}
	two_blocks(KMC_PROFILE_6_18_44, MIGRATE_MOVABLE, 8);
	for (unsigned int i = 0; i < 4; i++) /* room above the marks */
		sim->page->zones[0].watermark[i] = 4;
	setup_fast_marks(&sim->page->zones[0]);
	kmc_sim_set_boost_factor(sim, 0);
	assert_int_equal(kmc_sim_set_defrag_mode(sim, true), 0);
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_MM_PAGE_ALLOC_EXTFRAG) | KMC_TP_BIT(KMC_TP_WAKEUP_KSWAPD) |
				   KMC_TP_BIT(KMC_TP_COMPACTION_TRY), tp_record, NULL);
	tp_count = 0;
	assert_null(alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 2));
	assert_int_equal(tp_count, 0); /* balanced: no wake either */
	assert_non_null(alloc_pages(GFP_KERNEL, 2));
	/* one before reclaim; pages there are enough, so 16 rounds more than the first (RCL-2) */
	assert_int_equal(tp_count, 1 + 17 + 1);
	for (unsigned int i = 0; i < 18; i++)
		assert_int_equal(tp_seen[i].id, KMC_TP_COMPACTION_TRY);
	assert_int_equal(tp_seen[18].id, KMC_TP_MM_PAGE_ALLOC_EXTFRAG);
	kmc_sim_set_defrag_mode(sim, false);
	tp_count = 0;
	assert_non_null(alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 2));
	assert_int_equal(tp_seen[0].id, KMC_TP_MM_PAGE_ALLOC_EXTFRAG);
	power_off();
}

static void mig10_kswapd_is_woken_for_a_pageblock(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	while (alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, 0))
		;
	kmc_sim_kswapd_step(sim, 0); /* who is awake is not woken */
	tp_listen(KMC_TP_WAKEUP_KSWAPD);
	alloc_pages(GFP_NOWAIT, 0);
	assert_true(tp_count > 0);
	assert_int_equal(tp_seen[tp_count - 1].order, 0);
	kmc_sim_kswapd_step(sim, 0);
	kmc_sim_set_defrag_mode(sim, true);
	alloc_pages(GFP_NOWAIT, 0);
	assert_int_equal(tp_seen[tp_count - 1].order, 9);
	power_off();
}

/* The reserved types are never stolen. */
static void mig1_cma_and_highatomic_are_not_stolen(void **state)
{
	struct page *page;
	unsigned int nr = 0;

	(void)state;
	while ((page = alloc_pages(MOV | __GFP_MEMALLOC, 10))) {
		set_pageblock_migratetype(sim, page_to_pfn(page), MIGRATE_CMA);
		if (!nr) { /* the reserve is never large (I-5) */
			set_pageblock_migratetype(sim, page_to_pfn(page) + 512, MIGRATE_HIGHATOMIC);
			sim->page->zones[0].nr_reserved_highatomic = 512;
		}
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
static void mig7_mobility_off(void **state)
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
static void zon8_nofragment_prefers_the_lower_zone(void **state)
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
		CASE(mig2_mig3_claim_of_a_large_block),
		CASE(gfp39_types_are_grouped),
		cmocka_unit_test(mig4_half_of_a_pageblock),
		CASE(mig3_mig5_movable_steals_a_piece),
		cmocka_unit_test(mig1_order_of_fallbacks),
		cmocka_unit_test(mig2_which_block),
		cmocka_unit_test(mig5_what_a_failed_claim_leaves),
		cmocka_unit_test(mig6_boost),
		cmocka_unit_test(mig6_no_boost),
		cmocka_unit_test(gfp3_mig6_boost_wakes_kswapd),
		cmocka_unit_test(mig10_defrag_mode),
		cmocka_unit_test(mig10_kswapd_is_woken_for_a_pageblock),
		CASE(mig1_cma_and_highatomic_are_not_stolen),
		cmocka_unit_test(mig7_mobility_off),
		cmocka_unit_test(zon8_nofragment_prefers_the_lower_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
