/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What calls say under the kernel's names: compaction, kcompactd, areas of contiguous
 * memory, reclaim, the killer, groups, percpu memory, and the calls that say nothing.
 */
#include "movable_fixture.h"
#include "alloc/memcg.h"
#include "alloc/reclaim.h"
#include "compact.h"
#include "linux/cma.h"
#include "linux/memcontrol.h"
#include "linux/percpu.h"
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

static void take_all(gfp_t gfp)
{
	while (alloc_pages(gfp | __GFP_NOWARN, 0))
		;
}

/* A run is one pair, and what it reclaims is told inside it, each page as part of a batch. */
static void trc2_kswapd_says(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 1000);
	kmc_sim_shrinker(sim, 100, true, 0, GFP_NOWAIT);
	take_all(GFP_NOWAIT);
	listen();
	assert_true(kmc_sim_kswapd_step(sim, 0) > 0);
	assert_int_equal(seen[KMC_TP_KSWAPD_WAKE], 1);
	assert_int_equal(seen[KMC_TP_KSWAPD_SLEEP], 1);
	assert_int_equal(last_tp[KMC_TP_KSWAPD_WAKE].bytes_req, KMC_ZONE_NORMAL);
	assert_true(place[KMC_TP_KSWAPD_WAKE] < place[KMC_TP_MM_PAGE_FREE_BATCHED]);
	assert_true(place[KMC_TP_MM_PAGE_FREE_BATCHED] < place[KMC_TP_KSWAPD_SLEEP]);
	assert_true(seen[KMC_TP_SHRINK_SLAB_START] > 0);
	assert_int_equal(seen[KMC_TP_SHRINK_SLAB_START], seen[KMC_TP_SHRINK_SLAB_END]);
	assert_int_equal(seen[KMC_TP_MM_PAGE_FREE], 1000 - kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN) +
						    100 - kmc_sim_shrinker_objects(sim));
	assert_int_equal(seen[KMC_TP_MM_PAGE_FREE_BATCHED],
			 1000 - kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN));
	listen();
	assert_int_equal(kmc_sim_kswapd_step(sim, 0), 0); /* asleep */
	assert_int_equal(order_of_events, 0);
	power_off();
}

/* Sixteen rounds without progress are told of, by number; the seventeenth is not asked for. */
static void rcl2_rounds_say(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	kmc_sim_populate_lru(sim, 0, KMC_LRU_NEEDS_FS, 4096);
	take_all(GFP_NOWAIT);
	listen();
	assert_null(alloc_pages(GFP_NOFS | __GFP_RETRY_MAYFAIL | __GFP_NOWARN, 0));
	assert_int_equal(seen[KMC_TP_RECLAIM_RETRY_ZONE], 16);
	assert_int_equal(last_tp[KMC_TP_RECLAIM_RETRY_ZONE].bytes_alloc, 16);
	assert_int_equal(last_tp[KMC_TP_RECLAIM_RETRY_ZONE].pfn, true);
	assert_int_equal(last_tp[KMC_TP_RECLAIM_RETRY_ZONE].bytes_req, 4096 + zone_info(0).nr_free);
	power_off();
}

/* For each retry that compaction's outcome decides one event; none for single pages. */
static void cpt5_retries_say(void **state)
{
	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	checkerboard(4);
	kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 200);
	refuse = true;
	listen();
	assert_null(alloc_pages(MOV | __GFP_NOWARN | __GFP_RETRY_MAYFAIL, 9));
	assert_true(seen[KMC_TP_COMPACT_RETRY] > 0);
	assert_int_equal(last_tp[KMC_TP_COMPACT_RETRY].pfn, false);
	assert_int_equal(last_tp[KMC_TP_COMPACT_RETRY].bytes_req, COMPACT_PRIO_SYNC_LIGHT);
	listen();
	take_all(GFP_KERNEL);
	assert_int_equal(seen[KMC_TP_COMPACT_RETRY], 0);
	let_all_go();
	power_off();
}

/*
 * A victim whose map is locked is passed by ten times and keeps its memory; the next one is
 * reaped, which is told between two events.
 */
static void oom4_oom5_reaper_says(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	assert_int_equal(kmc_sim_populate_anon(sim, 10, 0, 500), 500);
	assert_int_equal(kmc_sim_populate_anon(sim, 11, 0, 400), 400);
	assert_int_equal(kmc_sim_task_map_lock(sim, 10, true), 0);
	assert_int_equal(kmc_sim_task_map_lock(sim, KMC_SIM_MAX_TASKS, true), -EINVAL);
	take_all(GFP_NOWAIT);
	listen();
	while (!seen[KMC_TP_START_TASK_REAPING])
		assert_non_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 2);
	assert_int_equal(seen[KMC_TP_WAKE_REAPER], 2);
	assert_int_equal(seen[KMC_TP_SKIP_TASK_REAPING], 10);
	assert_int_equal(last_tp[KMC_TP_SKIP_TASK_REAPING].bytes_req, 10);
	assert_int_equal(seen[KMC_TP_START_TASK_REAPING], 1);
	assert_int_equal(seen[KMC_TP_FINISH_TASK_REAPING], 1);
	assert_int_equal(last_tp[KMC_TP_FINISH_TASK_REAPING].bytes_req, 11);
	assert_true(place[KMC_TP_SKIP_TASK_REAPING] < place[KMC_TP_MARK_VICTIM]);
	assert_true(place[KMC_TP_MARK_VICTIM] < place[KMC_TP_WAKE_REAPER]);
	assert_true(place[KMC_TP_WAKE_REAPER] < place[KMC_TP_START_TASK_REAPING]);
	assert_true(place[KMC_TP_START_TASK_REAPING] < place[KMC_TP_MM_PAGE_FREE_BATCHED]);
	assert_true(place[KMC_TP_MM_PAGE_FREE_BATCHED] < place[KMC_TP_FINISH_TASK_REAPING]);
	assert_int_equal(kmc_sim_anon_pages(sim, 10), 500);
	assert_int_equal(kmc_sim_anon_pages(sim, 11), 0);
	listen();
	kmc_sim_task_exit(sim, 10);
	assert_int_equal(seen[KMC_TP_MM_PAGE_FREE_BATCHED], 500);
	assert_int_equal(seen[KMC_TP_OOM_SCORE_ADJ_UPDATE], 0);
	kmc_sim_oom_score_adj(sim, 10, -3);
	assert_int_equal(last_tp[KMC_TP_OOM_SCORE_ADJ_UPDATE].bytes_alloc, (uint64_t)-3);
	power_off();
}

/* Chunks come and go; a request that fails says so, but not one with arguments that cannot be. */
static void pcu1_pcu3_chunks_say(void **state)
{
	void __percpu *area[3];

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	listen();
	assert_null(__alloc_percpu_gfp(8, 16, GFP_NOWAIT));
	assert_int_equal(seen[KMC_TP_PERCPU_ALLOC_FAIL], 1);
	assert_int_equal(last_tp[KMC_TP_PERCPU_ALLOC_FAIL].bytes_req, 8);
	assert_int_equal(last_tp[KMC_TP_PERCPU_ALLOC_FAIL].bytes_alloc, 16);
	assert_null(__alloc_percpu_gfp(0, 8, GFP_KERNEL));
	assert_int_equal(seen[KMC_TP_PERCPU_ALLOC_FAIL], 1);
	for (unsigned int i = 0; i < 3; i++)
		area[i] = __alloc_percpu_gfp(PCPU_MIN_UNIT_SIZE, 8, GFP_KERNEL);
	assert_int_equal(seen[KMC_TP_PERCPU_CREATE_CHUNK], 3);
	assert_ptr_equal(last_tp[KMC_TP_PERCPU_CREATE_CHUNK].ptr, area[2]);
	free_percpu(area[0]);
	assert_int_equal(seen[KMC_TP_PERCPU_DESTROY_CHUNK], 0); /* one empty chunk is kept */
	free_percpu(area[1]);
	assert_int_equal(seen[KMC_TP_PERCPU_DESTROY_CHUNK], 1);
	assert_ptr_equal(last_tp[KMC_TP_PERCPU_DESTROY_CHUNK].ptr, area[1]);
	free_percpu(area[2]);
	assert_int_equal(seen[KMC_TP_PERCPU_DESTROY_CHUNK], 2);
	power_off();
}

/* A group at its limit says when it reclaims; a request that may not wait does not. */
static void mcg4_mcg7_groups_say(void **state)
{
	struct kmc_sim_config c;
	struct mem_cgroup *memcg;

	(void)state;
	kmc_sim_config_simple(&c, 1, 64 * MIB);
	c.options |= KMC_OPT_MEMCG;
	boot_config(&c);
	assert_int_equal(kmc_sim_memcg_populations(sim, true), 0);
	assert_int_equal(kmc_sim_memcg_create(sim, NULL, &memcg), 0);
	kmc_sim_memcg_attach(sim, memcg, 0);
	kmc_sim_memcg_set_max(memcg, 100 * PAGE_SIZE);
	assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 100), 100);
	listen();
	assert_null(alloc_page(GFP_NOWAIT | __GFP_ACCOUNT));
	assert_int_equal(seen[KMC_TP_MEMCG_RECLAIM_BEGIN], 0);
	assert_non_null(alloc_page(GFP_KERNEL_ACCOUNT));
	assert_int_equal(seen[KMC_TP_MEMCG_RECLAIM_BEGIN], 1);
	assert_int_equal(seen[KMC_TP_MEMCG_RECLAIM_END], 1);
	assert_int_equal(last_tp[KMC_TP_MEMCG_RECLAIM_END].bytes_req, 32);
	assert_int_equal(seen[KMC_TP_MM_PAGE_FREE_BATCHED], 32);
	assert_true(place[KMC_TP_MEMCG_RECLAIM_BEGIN] < place[KMC_TP_MM_PAGE_FREE_BATCHED]);
	assert_true(place[KMC_TP_MM_PAGE_FREE_BATCHED] < place[KMC_TP_MEMCG_RECLAIM_END]);
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 0);
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
		cmocka_unit_test(trc2_kswapd_says),
		cmocka_unit_test(rcl2_rounds_say),
		cmocka_unit_test(cpt5_retries_say),
		cmocka_unit_test(oom4_oom5_reaper_says),
		cmocka_unit_test(pcu1_pcu3_chunks_say),
		cmocka_unit_test(mcg4_mcg7_groups_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
