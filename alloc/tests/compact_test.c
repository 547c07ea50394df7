/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compaction and migration: CPT-1..6, R-10, contents of what moves. A holder
 * keeps movable pages in a table, with a digest of what it wrote to each.
 */
#include "movable_fixture.h"
#include "alloc/vmstat.h"
#include "compact_zone.h"
#include "linux/sched/mm.h"

/* GFP-32: what a holder wrote is at the new place, and the old one is free. */
static void cpt6_contents_survive_a_move(void **state)
{
	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 4096);
	for (unsigned int order = 0; order <= 9; order += 3) {
		struct page *page = alloc_pages(MOV | __GFP_COMP, order), *to;

		hold(page);
		to = kmc_sim_migrate_page(page);
		assert_non_null(to);
		assert_ptr_not_equal(to, page);
		assert_int_equal(compound_order(to), order);
		assert_int_equal(page_ref_count(to), 1);
		assert_ptr_equal(compound_head(to + (1 << order) - 1), to);
		assert_ptr_equal(held_by_page(to)->page, to);
		kmc_sim_check(sim);
	}
	let_all_go();
	assert_int_equal(zone_info(0).nr_free, 4096);
	power_off();
}

/* Pinned, not movable, held by nobody, refused: it stays. */
static void cpt6_unmovable_and_pinned_stay(void **state)
{
	struct page *page, *plain;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 4096);
	page = alloc_pages(GFP_KERNEL, 0);
	assert_false(kmc_sim_movable_add(page));
	assert_null(kmc_sim_migrate_page(page));
	__free_pages(page, 0);
	plain = alloc_pages(MOV, 2); /* no compound block: nothing knows its extent */
	assert_false(kmc_sim_movable_add(plain));
	__free_pages(plain, 2);
	page = alloc_pages(MOV, 0);
	assert_null(kmc_sim_migrate_page(page)); /* not in the LRU's care */
	hold(page);
	get_page(page);
	assert_null(kmc_sim_migrate_page(page));
	put_page(page);
	refuse = true;
	assert_null(kmc_sim_migrate_page(page));
	refuse = false;
	kmc_sim_movable_del(page);
	assert_null(kmc_sim_migrate_page(page));
	assert_true(kmc_sim_movable_add(page));
	assert_non_null(kmc_sim_migrate_page(page));
	assert_int_equal(nr_moved, 1);
	let_all_go();
	power_off();
}

/* SCP-10: in a pin scope a request is not movable, so the page is not either. */
static void cpt6_pin_scope_makes_unmovable(void **state)
{
	unsigned int token;
	struct page *page;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 4096);
	token = memalloc_pin_save();
	page = alloc_pages(MOV, 0);
	memalloc_pin_restore(token);
	assert_false(kmc_sim_movable_add(page));
	__free_pages(page, 0);
	power_off();
}

/* A checkerboard becomes full blocks; pages come to rest at the top. */
static void cpt6_a_whole_zone_is_compacted(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		uint64_t moved;

		boot_holder(p, 8192);
		checkerboard(4);
		assert_int_equal(zone_info(0).free_blocks[9] + zone_info(0).free_blocks[10], 0);
		moved = kmc_sim_compact_node(sim, 0);
		assert_true(moved > 1000);
		assert_int_equal(moved, nr_moved);
		kmc_sim_check(sim);
		assert_true(zone_info(0).free_blocks[9] + 2 * zone_info(0).free_blocks[10] >= 11);
		let_all_go();
		assert_int_equal(zone_info(0).nr_free, 8192);
		power_off();
	}
}

/* One unmovable page in each pageblock, and compaction frees none of them. */
static void cpt6_unmovable_pages_hold_their_pageblocks(void **state)
{
	struct page *page, *pin[16];

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	checkerboard(2);
	for (int i = 0; i < 16; i++) {
		page = pfn_to_page(4096 + 512 * (unsigned int)i);
		kmc_sim_movable_del(page);
		pin[i] = page;
	}
	kmc_sim_compact_node(sim, 0);
	kmc_sim_check(sim);
	assert_int_equal(zone_info(0).free_blocks[9] + zone_info(0).free_blocks[10], 0);
	for (int i = 0; i < 16; i++) {
		assert_ptr_equal(pin[i], pfn_to_page(4096 + 512 * (unsigned int)i));
		assert_int_equal(page_ref_count(pin[i]), 1);
		assert_ptr_equal(held_by_page(pin[i])->page, pin[i]);
	}
	let_all_go();
	power_off();
}

/* A costly request, movable or not, gets its block by compaction; NOIO does not try. */
static void direct(enum kmc_profile profile, gfp_t gfp, unsigned int order, bool success)
{
	struct page *page;

	boot_holder(profile, 8192);
	checkerboard(4);
	assert_null(alloc_pages((gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NOWARN, order));
	assert_int_equal(nr_moved, 0);
	tp_listen(KMC_TP_COMPACTION_TRY);
	page = alloc_pages(gfp | __GFP_NOWARN, order);
	if (success) {
		assert_non_null(page);
		assert_true(nr_moved > 0);
		assert_int_equal(tp_count, 1);
		__free_pages(page, order);
	} else {
		assert_null(page);
		assert_int_equal(tp_count, 0);
	}
	kmc_sim_check(sim);
	let_all_go();
	power_off();
}

static void cpt1_direct_compaction_serves_costly_orders(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		direct(p, MOV, 5, true);
		direct(p, MOV, 9, true);
		direct(p, MOV & ~__GFP_FS, 9, true);
	}
}

static void gfp36_without_io_nothing_is_compacted(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		direct(p, MOV & ~(__GFP_IO | __GFP_FS), 9, false);
}

/* CPT-1: which requests compact before all else, and at which priority. */
static unsigned int first_priority(gfp_t gfp, unsigned int order)
{
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	checkerboard(2);
	tp_listen(KMC_TP_COMPACTION_TRY);
	alloc_pages(gfp | __GFP_NOWARN, order);
	order = tp_count ? (unsigned int)tp_seen[0].bytes_req : 99;
	let_all_go();
	power_off();
	return order;
}

static void cpt1_asynchronous_first(void **state)
{
	(void)state;
	assert_int_equal(first_priority(MOV, 4), COMPACT_PRIO_ASYNC);
	assert_int_equal(first_priority(MOV, 3), COMPACT_PRIO_SYNC_LIGHT);
	assert_int_equal(first_priority(GFP_KERNEL, 1), COMPACT_PRIO_ASYNC);
	assert_int_equal(first_priority(GFP_KERNEL | __GFP_MEMALLOC, 4), COMPACT_PRIO_SYNC_LIGHT);
	assert_int_equal(first_priority(MOV & ~__GFP_DIRECT_RECLAIM, 9), 99);
}

/* CPT-2: a costly NORETRY request whose first compaction was skipped or deferred is over. */
static void cpt2_costly_noretry_gives_up(void **state)
{
	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	checkerboard(2);
	for (int i = 0; i < 2; i++)
		defer_compaction(sim, &sim->page->zones[0], 4);
	tp_listen(KMC_TP_COMPACTION_TRY);
	assert_null(alloc_pages(MOV | __GFP_NORETRY | __GFP_NOWARN, 9));
	assert_int_equal(tp_count, 1); /* deferred: no second round */
	tp_count = 0;
	assert_null(alloc_pages(MOV | __GFP_NORETRY | __GFP_NOWARN, 9));
	assert_int_equal(tp_count, 1);
	let_all_go();
	power_off();
}

/* And one that is for this node alone, by profile, whatever compaction came to. */
static void cpt2_thisnode(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		bool gives_up = p == KMC_PROFILE_6_1_192 || p == KMC_PROFILE_6_18_44;

		for (int local = 0; local < 2; local++) {
			gfp_t gfp = MOV | __GFP_NORETRY | __GFP_NOWARN;

			boot_holder(p, 8192);
			checkerboard(4);
			refuse = true;
			tp_listen(KMC_TP_COMPACTION_TRY);
			assert_null(alloc_pages(local ? gfp | __GFP_THISNODE : gfp, 9));
			assert_int_equal(tp_count, local && gives_up ? 1 : 2);
			let_all_go();
			power_off();
		}
	}
}

/*
 * BUD-7 lets a freed block go to the waiting request past the lists; here it goes over
 * them, so all that is had is counted as had, and its place is one that lists may give.
 */
static void bud7_nothing_is_captured(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		for (int movable = 0; movable < 2; movable++) {
			struct kmc_zone_stat before, after;
			unsigned int type;
			struct page *page;

			boot_holder(p, 8192);
			checkerboard(4);
			kmc_sim_zone_stat(sim, 0, &before);
			page = alloc_pages((movable ? MOV : GFP_KERNEL) | __GFP_NOWARN, 9);
			assert_non_null(page);
			assert_true(nr_moved > 0);
			kmc_sim_zone_stat(sim, 0, &after);
			assert_int_equal(after.pgalloc - before.pgalloc, 512);
			assert_int_equal(after.unaccounted - before.unaccounted, nr_moved);
			type = get_pageblock_migratetype(sim, page_to_pfn(page));
			assert_true(type != MIGRATE_CMA && type != MIGRATE_ISOLATE);
			assert_int_equal(type, movable ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
			__free_pages(page, 9);
			let_all_go();
			assert_int_equal(zone_info(0).nr_free, 8192);
			power_off();
		}
}

/* CPT-3: the boundary of order-0 pages, profile by profile, swept by one. */
static void suitable_at(enum kmc_profile profile, unsigned int order, unsigned int above)
{
	struct zone *zone;
	uint64_t bound;

	boot_one_zone(profile, 16384);
	zone = &sim->page->zones[0];
	bound = zone->watermark[above] + (2u << order);
	for (int64_t delta = -2; delta <= 2; delta++) {
		atomic_store(&zone->nr_free, bound + (uint64_t)delta);
		assert_int_equal(compaction_suitable(sim, zone, order, zone->watermark[WMARK_MIN],
						     KMC_ZONE_NORMAL), delta > 0);
	}
	atomic_store(&zone->nr_free, 16384);
	power_off();
}

static void cpt3_suitable_at_the_boundary(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		for (unsigned int order = 1; order <= 10; order++)
			suitable_at(p, order, order > 3 ? WMARK_LOW : WMARK_MIN);
}

/* CMA pages count; what a fragmented zone is said to be (index above 500) is not the memory's lack. */
static void cpt3_cma_counts_and_fragmentation_index(void **state)
{
	struct compact_control cc = { .order = 9, .migratetype = MIGRATE_MOVABLE,
				      .highest = KMC_ZONE_NORMAL, .mode = COMPACT_MODE_SYNC_LIGHT };
	struct zone *zone;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	zone = &sim->page->zones[0];
	zone->nr_free_cma = 8192;
	assert_true(compaction_suitable(sim, zone, 9, zone->watermark[WMARK_MIN],
					KMC_ZONE_NORMAL));
	zone->nr_free_cma = 0;
	/* all of order 8: the index is 1000 - (1000 + 1000 * n / 2) / n < 500, none of 9 */
	cc.sim = sim;
	cc.cpu = kmc_this_cpu;
	cc.zone = zone;
	cc.mark = wmark_pages(zone, WMARK_MIN);
	for (unsigned int i = 0; i < 16; i++) {
		struct page *page = alloc_pages(MOV | __GFP_MEMALLOC | __GFP_COMP, 8);

		hold(page);
		assert_non_null(alloc_pages(MOV | __GFP_MEMALLOC, 8));
	}
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i].page)
			let_go(&held[i]);
	assert_int_equal(zone_info(0).free_blocks[9] + zone_info(0).free_blocks[10], 0);
	assert_int_equal(zone_info(0).free_blocks[8], 16);
	assert_int_equal(compact_zone(&cc), COMPACT_NOT_SUITABLE_ZONE);
	cc.order = 3;
	assert_int_equal(compact_zone(&cc), COMPACT_SUCCESS);
	power_off();
}

/* CPT-4: 1, 2, 4 .. 64 attempts are skipped; lower orders are not; success resets. */
static void cpt4_deferral(void **state)
{
	struct zone *zone;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 4096);
	zone = &sim->page->zones[0];
	zone->compact_order_failed = 0;
	assert_false(compaction_deferred(sim, zone, 4));
	for (unsigned int shift = 1; shift <= 8; shift++) {
		unsigned int limit = 1u << (shift < 6 ? shift : 6);

		defer_compaction(sim, zone, 4);
		for (unsigned int i = 1; i < limit; i++)
			assert_true(compaction_deferred(sim, zone, 4));
		assert_false(compaction_deferred(sim, zone, 4));
		assert_false(compaction_deferred(sim, zone, 4)); /* until it fails again */
	}
	defer_compaction(sim, zone, 4);
	assert_true(compaction_deferred(sim, zone, 4));
	compaction_defer_reset(sim, zone, 4, false); /* compaction found one: 5 and above only */
	assert_false(compaction_deferred(sim, zone, 4));
	assert_true(compaction_deferred(sim, zone, 5));
	compaction_defer_reset(sim, zone, 5, true);
	assert_false(compaction_deferred(sim, zone, 6));
	defer_compaction(sim, zone, 3);
	assert_false(compaction_deferred(sim, zone, 2));
	assert_true(compaction_deferred(sim, zone, 3));
	kmc_sim_reset(sim);
	assert_false(compaction_deferred(sim, zone, 9));
	power_off();
}

/* CPT-5: 16 successes without a page, 4 for costly orders, then the priority rises. */
static unsigned int rounds(unsigned int order, enum compact_result result,
			   enum compact_priority *last)
{
	struct alloc_context ac = { .sim = sim, .cpu = kmc_this_cpu, .gfp = MOV, .order = order,
				    .migratetype = MIGRATE_MOVABLE, .highest = KMC_ZONE_MOVABLE };
	unsigned int retries = 0, n = 0;

	*last = DEF_COMPACT_PRIORITY;
	while (should_compact_retry(&ac, 0, result, last, &retries))
		assert_true(++n < 100);
	return n;
}

static void cpt5_retries(void **state)
{
	enum compact_priority prio;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 4096);
	assert_int_equal(rounds(3, COMPACT_SUCCESS, &prio), 16 + 1 + 16);
	assert_int_equal(prio, COMPACT_PRIO_SYNC_FULL);
	assert_int_equal(rounds(4, COMPACT_SUCCESS, &prio), 4);
	assert_int_equal(prio, COMPACT_PRIO_SYNC_LIGHT);
	assert_int_equal(rounds(3, COMPACT_COMPLETE, &prio), 1);
	assert_int_equal(rounds(4, COMPACT_COMPLETE, &prio), 0);
	assert_int_equal(rounds(0, COMPACT_SUCCESS, &prio), 0);
	kmc_sim_task_flags(KMC_PF_FATAL_SIGNAL, KMC_PF_FATAL_SIGNAL);
	assert_int_equal(rounds(3, COMPACT_SUCCESS, &prio), 0);
	power_off();
}

/* Two zones meet in a pageblock: each moves its own pages, within itself. */
static void cpt6_zones_keep_their_pages(void **state)
{
	struct kmc_sim_config c = {
		.nr_cpus = 1, .nr_nodes = 2, .nr_zones = 2, .profile = KMC_PROFILE_6_18_44,
		.zones = { { .type = KMC_ZONE_NORMAL, .node = 0, .start_pfn = 4096,
			     .nr_pages = 3000 },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 7096,
			     .nr_pages = 3000 } },
	};

	(void)state;
	boot_config(&c);
	kmc_sim_holder(sim, &holder, NULL);
	memset(held, 0, sizeof(held));
	checkerboard(3);
	for (unsigned int node = 0; node < 2; node++) {
		uint64_t before[2] = { zone_info(0).nr_free, zone_info(1).nr_free }, moved;

		nr_moved = 0;
		moved = kmc_sim_compact_node(sim, node);
		assert_int_equal(moved, nr_moved);
		assert_true(nr_moved > 100);
		assert_int_equal(zone_info(0).nr_free, before[0]);
		assert_int_equal(zone_info(1).nr_free, before[1]);
		kmc_sim_check(sim);
	}
	let_all_go();
	power_off();
}

/* kcompactd sleeps until it is woken, then works for that order. */
static void test_kcompactd(void **state)
{
	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	checkerboard(4);
	assert_false(kmc_sim_kcompactd_step(sim, 0));
	wakeup_kcompactd(sim, 0, 9, KMC_ZONE_NORMAL);
	assert_true(kmc_sim_kcompactd_step(sim, 0));
	assert_true(nr_moved > 0);
	assert_true(zone_info(0).free_blocks[9] + zone_info(0).free_blocks[10] > 0);
	assert_false(kmc_sim_kcompactd_step(sim, 0));
	assert_false(kmc_sim_kcompactd_step(sim, 7));
	let_all_go();
	power_off();
}

/* A reset forgets all: bits, deferrals, the holder's pages. */
static void test_reset_and_snapshot(void **state)
{
	uint64_t boot, hash;
	struct held before;
	struct page *page;
	int snapshot;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 4096);
	boot = kmc_sim_hash(sim);
	page = alloc_pages(MOV, 0);
	hold(page);
	before = *held_by_page(page);
	snapshot = kmc_sim_snapshot(sim);
	hash = kmc_sim_hash(sim);
	assert_non_null(kmc_sim_migrate_page(page));
	wakeup_kcompactd(sim, 0, 3, KMC_ZONE_NORMAL);
	defer_compaction(sim, &sim->page->zones[0], 3);
	assert_int_not_equal(kmc_sim_hash(sim), hash);
	kmc_sim_restore(sim, snapshot);
	assert_int_equal(kmc_sim_hash(sim), hash);
	memset(held, 0, sizeof(held));
	held[0] = before;
	assert_non_null(kmc_sim_migrate_page(page));
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_hash(sim), boot);
	assert_int_equal(kmc_next_movable(sim, 4096, 8192), 8192);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bud7_nothing_is_captured),
		cmocka_unit_test(cpt6_contents_survive_a_move),
		cmocka_unit_test(cpt6_unmovable_and_pinned_stay),
		cmocka_unit_test(cpt6_pin_scope_makes_unmovable),
		cmocka_unit_test(cpt6_a_whole_zone_is_compacted),
		cmocka_unit_test(cpt6_unmovable_pages_hold_their_pageblocks),
		cmocka_unit_test(cpt1_direct_compaction_serves_costly_orders),
		cmocka_unit_test(gfp36_without_io_nothing_is_compacted),
		cmocka_unit_test(cpt1_asynchronous_first),
		cmocka_unit_test(cpt2_costly_noretry_gives_up),
		cmocka_unit_test(cpt2_thisnode),
		cmocka_unit_test(cpt3_suitable_at_the_boundary),
		cmocka_unit_test(cpt3_cma_counts_and_fragmentation_index),
		cmocka_unit_test(cpt4_deferral),
		cmocka_unit_test(cpt5_retries),
		cmocka_unit_test(cpt6_zones_keep_their_pages),
		cmocka_unit_test(test_kcompactd),
		cmocka_unit_test(test_reset_and_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
