/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracepoints of the page layer: TRC-1, TRC-2, TRC-3, and who is told what. */
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

/* Which frames a reader of the trace knows to be somebody's. */
#define BOOKED 16384
static bool given[BOOKED];
static unsigned int nr_told, nr_frees;

static void book(void *arg, const struct kmc_tp *tp)
{
	uint64_t first = tp->pfn - 4096;

	(void)arg;
	if (tp->pfn == UINT64_MAX)
		return;
	assert_true(first + (1ull << tp->order) <= BOOKED);
	for (uint64_t i = first; i < first + (1ull << tp->order); i++) {
		/* TRC-3: one free for each time that it was given */
		assert_int_equal(given[i], tp->id == KMC_TP_MM_PAGE_FREE);
		given[i] = !given[i];
	}
	*(tp->id == KMC_TP_MM_PAGE_FREE ? &nr_frees : &nr_told) += 1;
}

/* What calls without an event handed out: the exceptions of TRC-1. */
static void book_unseen(const struct page *page, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++) {
		assert_false(given[page_to_pfn(page) - 4096 + i]);
		given[page_to_pfn(page) - 4096 + i] = true;
	}
}

static struct page *kept[64];

static void plain_block(unsigned int at)
{
	unsigned int order = at % 6;

	if (kept[at])
		__free_pages(kept[at], order);
	kept[at] = kept[at] ? NULL : alloc_pages(at % 2 ? GFP_KERNEL : GFP_KERNEL | __GFP_COMP, order);
}

static void split_and_exact(unsigned int at)
{
	void *p = alloc_pages_exact(at * 700 + 1, GFP_KERNEL);
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	assert_non_null(p);
	free_pages_exact(p, at * 700 + 1);
	assert_non_null(page);
	split_page(page, 2);
	for (unsigned int i = 0; i < 4; i++)
		__free_page(page + (i + at) % 4);
	page = alloc_pages(GFP_KERNEL, 2); /* somebody else holds the head: PAGE-8 */
	get_page(page);
	__free_pages(page, 2);
	put_page(page);
}

/* The list of the cpu serves a bulk call without events, but for one at most (PAGE-18). */
static void in_bulk(void)
{
	struct page *array[8] = { NULL };
	unsigned long n = alloc_pages_bulk(GFP_KERNEL, 8, array);

	for (unsigned long i = 0; i < n; i++)
		if (!given[page_to_pfn(array[i]) - 4096])
			book_unseen(array[i], 1);
	while (n--)
		__free_page(array[n]);
}

static void a_range(unsigned int at)
{
	uint64_t start = 4096 + 64 * at;

	if (alloc_contig_range(start, start + 33, ACR_FLAGS_NONE, GFP_KERNEL))
		return;
	book_unseen(pfn_to_page(start), 33);
	free_contig_range(start, 33);
}

/* Over all calls: each frame that is freed was given, by an event or without one, once. */
static void trc3_frees_follow_allocations(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, BOOKED);
		rng_seed(__func__);
		memset(given, 0, sizeof(given));
		nr_told = nr_frees = 0;
		kmc_sim_trace(sim, 1u << KMC_TP_MM_PAGE_ALLOC | 1u << KMC_TP_MM_PAGE_FREE, book,
			      NULL);
		for (unsigned int i = 0; i < 4000; i++) {
			unsigned int at = rng_below(64);

			kmc_sim_switch(sim, rng_below(2));
			switch (rng_below(8)) {
			case 0: split_and_exact(at); break;
			case 1: in_bulk(); break;
			case 2: a_range(at); break;
			default: plain_block(at);
			}
		}
		for (unsigned int at = 0; at < 64; at++)
			if (kept[at])
				plain_block(at);
		for (unsigned int i = 0; i < BOOKED; i++)
			assert_false(given[i]);
		assert_true(nr_frees > nr_told); /* ranges and bulk calls are seen to be freed only */
		power_off();
	}
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
	const kmc_tp_mask rare = KMC_TP_BIT(KMC_TP_WARN) | KMC_TP_BIT(KMC_TP_SLEEP) |
			      KMC_TP_BIT(KMC_TP_RELEASED) | KMC_TP_BIT(KMC_TP_HUNG) |
			      KMC_TP_BIT(KMC_TP_PAGES_BACK) |
			      KMC_TP_BIT(KMC_TP_DIRECT_RECLAIM_BEGIN) |
			      KMC_TP_BIT(KMC_TP_DIRECT_RECLAIM_END) |
			      KMC_TP_BIT(KMC_TP_MARK_VICTIM) | KMC_TP_BIT(KMC_TP_PANIC) |
			      KMC_TP_BIT(KMC_TP_STARTED_IO) | KMC_TP_BIT(KMC_TP_STARTED_FS) |
			      KMC_TP_BIT(KMC_TP_WAKEUP_KSWAPD) | KMC_TP_BIT(KMC_TP_FAULT_INJECTED) |
			      KMC_TP_BIT(KMC_TP_CHARGED) | KMC_TP_BIT(KMC_TP_UNCHARGED) |
			      KMC_TP_BIT(KMC_TP_SLOW_PATH) |
			      KMC_TP_BIT(KMC_TP_ALLOC_VMAP_AREA) |
			      KMC_TP_BIT(KMC_TP_FREE_VMAP_AREA_NOFLUSH) |
			      ((2ull << KMC_TP_PURGE_VMAP_AREA_LAZY) -
			       (KMC_TP_BIT(KMC_TP_MIGRATED))) |
			      KMC_TP_BIT(KMC_TP_MM_PAGE_FREE_BATCHED) |
			      (KMC_ALL_TPS + 1 - KMC_TP_BIT(KMC_TP_KSWAPD_WAKE));

	(void)state;
	kmc_sim_trace(sim, rare, tp_record, NULL);
	assert_int_equal(kmc_attention_bits(kmc_this_cpu), 0);
	for (unsigned int id = 0; id < KMC_NR_TPS; id++) {
		kmc_sim_trace(sim, rare | KMC_TP_BIT(id), tp_record, NULL);
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
		cmocka_unit_test(trc3_frees_follow_allocations),
		CASE(test_mask_and_off),
		CASE(test_refill_and_drain),
		CASE(test_bindings_and_callback_survive_reset),
		CASE(gfp3_gfp4_kswapd),
		CASE(test_rare_ones_cost_no_fast_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
