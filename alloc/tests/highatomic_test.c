/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reserve of high orders: who makes a pageblock part of it, how large it may
 * become, for whom its pages count, who may take them, when it is given back.
 *
 * Pageblocks are reserved here as whole blocks of order 9, so that what is free in
 * them is all or nothing; the rest of the zone is held by pressure.
 */
#include "alloc/pressure.h"
#include "machine_fixture.h"
#include "reclaim.h"

#define ZONE_PAGES 65536u

static void boot_profile(enum kmc_profile profile)
{
	struct zone *zone;

	boot_one_zone(profile, ZONE_PAGES);
	kmc_sim_sysctl(sim, KMC_SYSCTL_MIN_FREE_KBYTES, 1024);
	zone = &sim->page->zones[0];
	buddy_touch(sim, zone);
	zone->pcp_batch = 1;
	zone->pcp_high = zone->pcp_high_max = 2;
	assert_int_equal(zone_info(0).wmark_min, 256);
}

static uint64_t reserved(void)
{
	return sim->page->zones[0].nr_reserved_highatomic;
}

static uint64_t low_mark(void)
{
	return zone_info(0).wmark_low;
}

/* A pageblock of the reserve, all of it in use. */
static struct page *reserve_one(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, PAGEBLOCK_ORDER);

	assert_non_null(page);
	reserve_highatomic_pageblock(sim, &sim->page->zones[0], page_to_pfn(page), PAGEBLOCK_ORDER);
	return page;
}

/* @nr pageblocks of the reserve are free, no two of them buddies, and nothing else. */
static void only_reserve_is_free(unsigned int nr)
{
	struct page *pages[4];

	for (unsigned int i = 0; i < nr; i++) {
		pages[i] = reserve_one();
		assert_non_null(alloc_pages(GFP_KERNEL, PAGEBLOCK_ORDER));
	}
	for (unsigned int i = 0; i < nr; i++)
		__free_pages(pages[i], PAGEBLOCK_ORDER);
	assert_int_equal(reserved(), nr * PAGEBLOCK_PAGES);
	kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, 0);
	assert_int_equal(zone_info(0).nr_free, nr * PAGEBLOCK_PAGES);
}

/* One request below the low mark: does it make a pageblock HighAtomic? */
static bool reserves(enum kmc_profile profile, gfp_t gfp, unsigned int order)
{
	bool did;

	boot_profile(profile);
	kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, low_mark() - 1);
	assert_non_null(alloc_pages(gfp, order));
	did = reserved();
	if (did)
		assert_int_equal(reserved(), PAGEBLOCK_PAGES);
	power_off();
	return did;
}

static void ha1_who_reserves(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		bool any = p == KMC_PROFILE_6_6_9 || p == KMC_PROFILE_6_12_117;

		assert_true(reserves(p, GFP_ATOMIC, 1));
		assert_true(reserves(p, GFP_ATOMIC, 3));
		assert_false(reserves(p, GFP_ATOMIC, 0));
		assert_false(reserves(p, GFP_ATOMIC | __GFP_NOMEMALLOC, 1));
		assert_false(reserves(p, GFP_KERNEL | __GFP_HIGH, 1));
		assert_false(reserves(p, GFP_KERNEL, 1));
		assert_int_equal(reserves(p, GFP_NOWAIT, 1), any);
	}
}

/* Above the low mark the first pass serves it, and nothing is reserved. */
static void ha1_plenty_reserves_nothing(void **state)
{
	(void)state;
	boot_profile(KMC_PROFILE_6_18_44);
	assert_non_null(alloc_pages(GFP_ATOMIC, 1));
	assert_int_equal(reserved(), 0);
	power_off();
}

static uint64_t reserve_at_most(enum kmc_profile profile, uint64_t zone_pages)
{
	uint64_t most;

	boot_one_zone(profile, zone_pages);
	for (unsigned int i = 0; i < 8; i++)
		reserve_one();
	most = reserved();
	power_off();
	return most;
}

static void ha2_cap(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		bool rounds_up = p >= KMC_PROFILE_6_12_117;

		/* 655 + 512: the third pageblock passes it; up to 1024: the second meets it */
		assert_int_equal(reserve_at_most(p, ZONE_PAGES), rounds_up ? 1024 : 1536);
		assert_int_equal(reserve_at_most(p, 51200), rounds_up ? 512 : 1024);
		assert_int_equal(reserve_at_most(p, 51200 - 1), rounds_up ? 0 : 1024);
	}
}

/* Free frames where requests without rights end. */
static uint64_t floor_without_rights(enum kmc_profile profile, bool used)
{
	struct page *page;
	uint64_t floor;

	boot_profile(profile);
	page = reserve_one();
	if (!used)
		__free_pages(page, PAGEBLOCK_ORDER);
	while (alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0))
		;
	floor = zone_info(0).nr_free;
	power_off();
	return floor;
}

static void ha3_rsv2_unusable_part(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		assert_int_equal(floor_without_rights(p, false), 256 + 512);
		assert_int_equal(floor_without_rights(p, true),
				 p >= KMC_PROFILE_6_12_117 ? 256 : 256 + 512);
	}
}

/* The check lets requests without reclaim pass everywhere, the take does not on 6.6. */
static void ha4_last_resort(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_profile(p);
		only_reserve_is_free(1);
		assert_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
		assert_int_equal(alloc_pages(GFP_NOWAIT, 0) != NULL, p != KMC_PROFILE_6_6_9);
		assert_non_null(alloc_pages(GFP_ATOMIC, 1));
		assert_null(alloc_pages(GFP_KERNEL | __GFP_HIGH | __GFP_NORETRY, 0));
		kmc_sim_task_flags(KMC_PF_OOM_VICTIM, KMC_PF_OOM_VICTIM);
		assert_non_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
		power_off();
	}
}

/* After reclaim that made progress: all but one pageblock. */
static void ha5_progress_keeps_one(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_profile(p);
		assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 128), 128);
		only_reserve_is_free(2);
		assert_non_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
		assert_int_equal(reserved(), PAGEBLOCK_PAGES);
		kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, 0);
		assert_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
		assert_int_equal(reserved(), PAGEBLOCK_PAGES);
		power_off();
	}
}

/* Before somebody is killed: the last one too; up to 6.9 when rounds ran out. */
static void ha5_oom3_given_back_before_oom(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		bool at_once = p >= KMC_PROFILE_6_12_117;

		boot_profile(p);
		kmc_sim_populate_anon(sim, 10, 0, 512);
		only_reserve_is_free(1);
		tp_listen(KMC_TP_MARK_VICTIM);
		assert_non_null(alloc_pages(GFP_KERNEL, 0));
		assert_int_equal(tp_count, !at_once);
		assert_int_equal(reserved(), at_once ? 0 : PAGEBLOCK_PAGES);
		power_off();

		boot_profile(p);
		assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_NEEDS_FS, 4096), 4096);
		only_reserve_is_free(1);
		tp_listen(KMC_TP_DIRECT_RECLAIM_BEGIN);
		assert_non_null(alloc_pages(GFP_NOFS | __GFP_RETRY_MAYFAIL, 0));
		assert_int_equal(tp_count, MAX_RECLAIM_RETRIES + 1);
		assert_int_equal(reserved(), 0);
		power_off();
	}
}

/* What is reserved already, or for others, stays what it is. */
static void ha6_only_mergeable_pageblocks(void **state)
{
	static const unsigned int types[] = { MIGRATE_CMA, MIGRATE_ISOLATE, MIGRATE_HIGHATOMIC };
	struct page *page;
	uint64_t pfn;

	(void)state;
	boot_profile(KMC_PROFILE_6_18_44);
	page = alloc_pages(GFP_KERNEL, PAGEBLOCK_ORDER);
	pfn = page_to_pfn(page);
	for (unsigned int i = 0; i < 3; i++) {
		set_pageblock_migratetype(sim, pfn, types[i]);
		reserve_highatomic_pageblock(sim, &sim->page->zones[0], pfn, 0);
		assert_int_equal(get_pageblock_migratetype(sim, pfn), types[i]);
		assert_int_equal(reserved(), 0);
	}
	for (unsigned int type = 0; type < MIGRATE_PCPTYPES; type++) {
		set_pageblock_migratetype(sim, pfn, type);
		reserve_highatomic_pageblock(sim, &sim->page->zones[0], pfn, 0);
		assert_int_equal(reserved(), PAGEBLOCK_PAGES);
		set_pageblock_migratetype(sim, pfn, type);
		sim->page->zones[0].nr_reserved_highatomic = 0;
	}
	power_off();
}

/* MIG-1: nobody falls back to it. Who has a right dips, and it is told. */
static void mig1_ha3_dips_are_told(void **state)
{
	(void)state;
	boot_profile(KMC_PROFILE_6_18_44);
	only_reserve_is_free(1);
	tp_listen(KMC_TP_RESERVE);
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
	assert_int_equal(tp_count, 0);
	assert_non_null(alloc_pages(GFP_ATOMIC, 2));
	assert_int_equal(tp_count, 1);
	kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, 1000);
	assert_non_null(alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 0));
	assert_int_equal(tp_count, 1); /* min was not reached */
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ha1_who_reserves),
		cmocka_unit_test(ha1_plenty_reserves_nothing),
		cmocka_unit_test(ha2_cap),
		cmocka_unit_test(ha3_rsv2_unusable_part),
		cmocka_unit_test(ha4_last_resort),
		cmocka_unit_test(ha5_progress_keeps_one),
		cmocka_unit_test(ha5_oom3_given_back_before_oom),
		cmocka_unit_test(ha6_only_mergeable_pageblocks),
		cmocka_unit_test(mig1_ha3_dips_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
