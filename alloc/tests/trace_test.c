/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracepoints of the page layer: TRC-1, TRC-2, and who is told what. */
#include "machine_fixture.h"

static void trc1_trc2_alloc_and_free(void **state)
{
	struct page *page;

	(void)state;
	kmc_sim_switch(sim, 1);
	kmc_sim_set_task(5);
	tp_count = 0;
	kmc_sim_trace(sim, 1u << KMC_TP_MM_PAGE_ALLOC | 1u << KMC_TP_MM_PAGE_FREE, tp_record,
		      NULL);
	page = alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 2);
	__free_pages(page, 2);
	assert_int_equal(tp_count, 2);
	assert_int_equal(tp_seen[0].id, KMC_TP_MM_PAGE_ALLOC);
	assert_int_equal(tp_seen[0].cpu, 1);
	assert_int_equal(tp_seen[0].task, 5);
	assert_int_equal(tp_seen[0].order, 2);
	assert_int_equal(tp_seen[0].migratetype, MIGRATE_RECLAIMABLE);
	assert_int_equal(tp_seen[0].gfp, GFP_KERNEL | __GFP_RECLAIMABLE);
	assert_int_equal(tp_seen[0].pfn, page_to_pfn(page));
	assert_int_equal(tp_seen[1].id, KMC_TP_MM_PAGE_FREE);
	assert_int_equal(tp_seen[1].order, 2);
	assert_int_equal(tp_seen[1].pfn, page_to_pfn(page));
}

/* Failure is traced with all ones; an order that cannot be is not (TRC-1). */
static void trc1_failures(void **state)
{
	(void)state;
	while (alloc_pages(GFP_NOWAIT, 10))
		;
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	assert_null(alloc_pages(GFP_NOWAIT, 10));
	assert_int_equal(tp_count, 1);
	assert_true(tp_seen[0].pfn == UINT64_MAX);
	assert_null(alloc_pages(GFP_NOWAIT, 11));
	assert_int_equal(tp_count, 1);
}

static void test_mask_and_off(void **state)
{
	(void)state;
	tp_listen(KMC_TP_MM_PAGE_FREE);
	__free_pages(alloc_pages(GFP_KERNEL, 0), 0);
	assert_int_equal(tp_count, 1);
	kmc_sim_trace(sim, 0, NULL, NULL);
	__free_pages(alloc_pages(GFP_KERNEL, 0), 0);
	assert_int_equal(tp_count, 1);
	assert_int_equal(kmc_attention_bits(kmc_this_cpu), 0);
}

static void test_refill_and_drain(void **state)
{
	unsigned int refilled;

	(void)state;
	tp_listen(KMC_TP_MM_PAGE_ALLOC_ZONE_LOCKED);
	__free_pages(alloc_pages(GFP_HIGHUSER_MOVABLE, 0), 0);
	refilled = tp_count;
	assert_int_equal(refilled, sim->page->zones[0].pcp_batch);
	assert_int_equal(tp_seen[0].bytes_req, 1); /* for a per-cpu list */
	tp_listen(KMC_TP_MM_PAGE_PCPU_DRAIN);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	assert_int_equal(tp_count, refilled);
	tp_listen(KMC_TP_MM_PAGE_ALLOC_ZONE_LOCKED);
	__free_pages(alloc_pages(GFP_HIGHUSER_MOVABLE, 5), 5);
	assert_int_equal(tp_count, 1);
	assert_int_equal(tp_seen[0].bytes_req, 0);
}

static void test_bindings_and_callback_survive_reset(void **state)
{
	(void)state;
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	kmc_sim_reset(sim);
	__free_pages(alloc_pages(GFP_KERNEL, 0), 0);
	assert_int_equal(tp_count, 1);
}

/* GFP-3, GFP-4: kswapd is woken between min and low when the flags say so, else not. */
static void gfp3_gfp4_kswapd(void **state)
{
	struct kmc_zone_info z;

	(void)state;
	do {
		assert_non_null(alloc_pages(GFP_NOWAIT, 0));
		z = zone_info(0);
	} while (z.nr_free > z.wmark_low);
	tp_listen(KMC_TP_WAKEUP_KSWAPD);
	alloc_pages(GFP_KERNEL & ~__GFP_RECLAIM, 4);
	assert_int_equal(tp_count, 0);
	alloc_pages(GFP_NOWAIT, 4);
	assert_int_equal(tp_count, 1);
	assert_int_equal(tp_seen[0].order, 4);
	assert_int_equal(tp_seen[0].node, 0);
}

/* Rare tracepoints alone leave the fast paths as they are; any other does not. */
static void test_rare_ones_cost_no_fast_path(void **state)
{
	const uint64_t rare = 1ull << KMC_TP_WARN | 1ull << KMC_TP_SLEEP |
			      1ull << KMC_TP_RELEASED | 1ull << KMC_TP_HUNG |
			      1ull << KMC_TP_PAGES_BACK |
			      1ull << KMC_TP_DIRECT_RECLAIM_BEGIN |
			      1ull << KMC_TP_DIRECT_RECLAIM_END |
			      1ull << KMC_TP_MARK_VICTIM | 1ull << KMC_TP_PANIC |
			      1ull << KMC_TP_STARTED_IO | 1ull << KMC_TP_STARTED_FS |
			      1ull << KMC_TP_WAKEUP_KSWAPD | 1ull << KMC_TP_FAULT_INJECTED |
			      1ull << KMC_TP_CHARGED | 1ull << KMC_TP_UNCHARGED |
			      1ull << KMC_TP_SLOW_PATH |
			      1ull << KMC_TP_ALLOC_VMAP_AREA |
			      1ull << KMC_TP_FREE_VMAP_AREA_NOFLUSH |
			      ((2ull << KMC_TP_PURGE_VMAP_AREA_LAZY) -
			       (1ull << KMC_TP_MIGRATED));

	(void)state;
	kmc_sim_trace(sim, rare, tp_record, NULL);
	assert_int_equal(kmc_attention_bits(kmc_this_cpu), 0);
	for (unsigned int id = 0; id < KMC_NR_TPS; id++) {
		kmc_sim_trace(sim, rare | 1ull << id, tp_record, NULL);
		assert_int_equal(kmc_attention_bits(kmc_this_cpu),
				 rare >> id & 1 ? 0 : ATTN_TRACE);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(trc1_trc2_alloc_and_free),
		CASE(trc1_failures),
		CASE(test_mask_and_off),
		CASE(test_refill_and_drain),
		CASE(test_bindings_and_callback_survive_reset),
		CASE(gfp3_gfp4_kswapd),
		CASE(test_rare_ones_cost_no_fast_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
