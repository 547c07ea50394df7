/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What calls say under the kernel's names: compaction, kcompactd and areas of
 * contiguous memory, and the calls that say nothing.
 */
#include "movable_fixture.h"
#include "compact.h"
#include "linux/cma.h"
#include "tp_counts.h"

/* Woken once, though asked twice; a run is one pair, what was moved is told inside it. */
static void test_kcompactd_says(void **state)
{
	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	checkerboard(4);
	listen();
	assert_false(kmc_sim_kcompactd_step(sim, 0));
	assert_int_equal(order_of_events, 0);
	wakeup_kcompactd(sim, 0, 9, KMC_ZONE_NORMAL);
	assert_int_equal(seen[KMC_TP_COMPACTION_WAKEUP_KCOMPACTD], 1);
	assert_true(kmc_sim_kcompactd_step(sim, 0));
	assert_int_equal(seen[KMC_TP_COMPACTION_KCOMPACTD_WAKE], 1);
	assert_int_equal(seen[KMC_TP_COMPACTION_KCOMPACTD_SLEEP], 1);
	assert_true(seen[KMC_TP_COMPACTION_SUITABLE] > 0);
	assert_true(seen[KMC_TP_COMPACTION_BEGIN] > 0);
	assert_int_equal(seen[KMC_TP_COMPACTION_BEGIN], seen[KMC_TP_COMPACTION_END]);
	assert_true(seen[KMC_TP_COMPACTION_MIGRATEPAGES] > 0);
	assert_true(place[KMC_TP_COMPACTION_KCOMPACTD_WAKE] < place[KMC_TP_COMPACTION_BEGIN]);
	assert_true(place[KMC_TP_COMPACTION_BEGIN] < place[KMC_TP_COMPACTION_MIGRATEPAGES]);
	assert_true(place[KMC_TP_COMPACTION_MIGRATEPAGES] < place[KMC_TP_COMPACTION_END]);
	assert_true(place[KMC_TP_COMPACTION_END] < place[KMC_TP_COMPACTION_KCOMPACTD_SLEEP]);
	assert_int_equal(seen[KMC_TP_COMPACTION_TRY], 0);
	kmc_sim_trace(sim, 0, NULL, NULL);
	let_all_go();
	power_off();
}

/* A full run that found nothing defers the zone, the next request is told so, a success ends it. */
static void cpt4_deferral_says(void **state)
{
	struct zone *zone;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	zone = &sim->page->zones[0];
	compaction_defer_reset(sim, zone, 9, true); /* no order has failed */
	listen();
	defer_compaction(sim, zone, 4);
	assert_int_equal(seen[KMC_TP_COMPACTION_DEFER_COMPACTION], 1);
	assert_false(compaction_deferred(sim, zone, 3));
	assert_int_equal(seen[KMC_TP_COMPACTION_DEFERRED], 0);
	assert_true(compaction_deferred(sim, zone, 4));
	assert_int_equal(seen[KMC_TP_COMPACTION_DEFERRED], 1);
	compaction_defer_reset(sim, zone, 4, true);
	assert_int_equal(seen[KMC_TP_COMPACTION_DEFER_RESET], 1);
	assert_int_equal(order_of_events, 3);
	power_off();
}

/* Start and finish of each call that looks at the area; none of one that has nothing to look for. */
static void cma6_areas_say(void **state)
{
	struct page *page;
	struct cma *area;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 16384);
	assert_int_equal(cma_declare_contiguous(0, 8 << 20, 0, 0, 0, false, "t", &area), 0);
	listen();
	assert_null(cma_alloc(area, 0, 0, true));
	assert_null(cma_alloc(NULL, 1, 0, true));
	assert_int_equal(seen[KMC_TP_CMA_ALLOC_START] + seen[KMC_TP_CMA_ALLOC_FINISH], 0);
	page = cma_alloc(area, 16, 0, true);
	assert_non_null(page);
	assert_int_equal(seen[KMC_TP_CMA_ALLOC_START], 1);
	assert_int_equal(seen[KMC_TP_CMA_ALLOC_FINISH], 1);
	assert_true(place[KMC_TP_CMA_ALLOC_START] < place[KMC_TP_CMA_ALLOC_FINISH]);
	assert_false(cma_release(area, pfn_to_page(4096), 16));
	assert_int_equal(seen[KMC_TP_CMA_RELEASE], 0);
	assert_true(cma_release(area, page, 16));
	assert_int_equal(seen[KMC_TP_CMA_RELEASE], 1);
	power_off();
}

/* A page and its free: one event each; references that are not the last say nothing. */
static void test_plain_pages_say(void **state)
{
	struct page *page;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	page = alloc_pages(GFP_KERNEL, 0); /* the lists are filled now */
	__free_page(page);
	listen();
	page = alloc_pages(GFP_KERNEL, 0);
	assert_int_equal(seen[KMC_TP_MM_PAGE_ALLOC], 1);
	get_page(page);
	put_page(page);
	assert_int_equal(order_of_events, 1);
	put_page(page);
	assert_int_equal(seen[KMC_TP_MM_PAGE_FREE], 1);
	assert_int_equal(order_of_events, 2);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kcompactd_says),
		cmocka_unit_test(cpt4_deferral_says),
		cmocka_unit_test(cma6_areas_say),
		cmocka_unit_test(test_plain_pages_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
