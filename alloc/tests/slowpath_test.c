/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How deep a request may dip (RSV-1, RSV-4, GFP-6..10, R-5.9), and what the slow
 * path does and says without reclaim: GFP-14, GFP-15, GFP-18, GFP-19.
 */
#include "machine_fixture.h"
#include "linux/sched/mm.h"

/* Refills of one frame, so that each request meets an exact number of free frames. */
static void refill_singly(void)
{
	struct zone *zone = &sim->page->zones[0];

	buddy_touch(sim, zone);
	zone->pcp_batch = 1;
	zone->pcp_high = zone->pcp_high_max = 2;
}

/* Free frames of the zone when order-0 requests with @gfp begin to fail. */
static uint64_t floor_of(gfp_t gfp)
{
	kmc_sim_reset(sim);
	refill_singly();
	while (alloc_pages(gfp | __GFP_NOWARN, 0))
		;
	return zone_info(0).nr_free;
}

static void check_floors(enum kmc_profile profile)
{
	uint64_t min;
	unsigned int token;

	boot_one_zone(profile, 65536);
	min = zone_info(0).wmark_min;
	assert_int_equal(min, 512);
	assert_int_equal(floor_of(GFP_NOWAIT), min); /* GFP-7 */
	assert_int_equal(floor_of(GFP_KERNEL), min);
	assert_int_equal(floor_of(GFP_KERNEL & ~__GFP_RECLAIM), min);
	assert_int_equal(floor_of(GFP_ATOMIC), min / 2 - min / 2 / 4); /* GFP-6: 3/8 */
	assert_int_equal(floor_of(GFP_KERNEL | __GFP_HIGH), min / 2);  /* GFP-8 */
	assert_int_equal(floor_of(GFP_ATOMIC | __GFP_NOMEMALLOC), min / 2);
	assert_int_equal(floor_of(GFP_KERNEL | __GFP_MEMALLOC), 0);
	assert_int_equal(floor_of(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC), min);
	kmc_sim_reset(sim);
	refill_singly();
	token = memalloc_noreclaim_save();
	/* SCP-9; floor_of() resets, so by hand */
	while (alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0))
		;
	assert_int_equal(zone_info(0).nr_free, 0);
	memalloc_noreclaim_restore(token);
	kmc_sim_reset(sim);
	power_off();
}

static void gfp6_gfp7_gfp8_gfp10_rsv1_rsv4_scp9_floors(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		check_floors(p);
}

static uint64_t floor_of_task(uint32_t flags, enum kmc_sim_context context, gfp_t gfp)
{
	kmc_sim_reset(sim);
	refill_singly();
	kmc_sim_task_flags(flags, flags);
	kmc_sim_set_context(context);
	while (alloc_pages(gfp | __GFP_NOWARN, 0))
		;
	return zone_info(0).nr_free;
}

/* RSV-9, SCP-9, GFP-10 */
static void gfp10_rsv9_scp9_task_privileges(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 65536);
	assert_int_equal(floor_of_task(KMC_PF_OOM_VICTIM, KMC_IN_TASK, GFP_KERNEL), 256);
	assert_int_equal(floor_of_task(KMC_PF_OOM_VICTIM, KMC_IN_TASK,
				       GFP_KERNEL | __GFP_NOMEMALLOC), 512);
	assert_int_equal(floor_of_task(KMC_PF_OOM_VICTIM, KMC_IN_HARDIRQ, GFP_NOWAIT), 512);
	assert_int_equal(floor_of_task(KMC_PF_MEMALLOC, KMC_IN_TASK, GFP_NOWAIT), 0);
	assert_int_equal(floor_of_task(KMC_PF_MEMALLOC, KMC_IN_SOFTIRQ, GFP_NOWAIT), 0);
	assert_int_equal(floor_of_task(KMC_PF_MEMALLOC, KMC_IN_HARDIRQ, GFP_NOWAIT), 512);
	assert_int_equal(floor_of_task(KMC_PF_MEMALLOC, KMC_IN_TASK,
				       GFP_NOWAIT | __GFP_NOMEMALLOC), 512);
	kmc_sim_reset(sim);
	power_off();
}

/* half of min for a real-time task that may sleep, in task context. */
static void rsv4_realtime_tasks(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, 65536);
		assert_int_equal(floor_of_task(KMC_PF_REALTIME, KMC_IN_TASK, GFP_KERNEL), 256);
		assert_int_equal(floor_of_task(KMC_PF_REALTIME, KMC_IN_TASK, GFP_NOWAIT), 512);
		assert_int_equal(floor_of_task(KMC_PF_REALTIME, KMC_IN_SOFTIRQ, GFP_NOWAIT), 512);
		kmc_sim_reset(sim);
		power_off();
	}
}

/* GFP-6, GFP-37: twin runs from one snapshot. */
static void gfp5_gfp6_gfp37_twins(void **state)
{
	int snapshot;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 65536);
	floor_of(GFP_NOWAIT);
	snapshot = kmc_sim_snapshot(sim);
	assert_null(alloc_pages(GFP_NOWAIT, 0));
	kmc_sim_restore(sim, snapshot);
	assert_null(alloc_pages(GFP_NOWAIT | __GFP_NORETRY, 0));
	kmc_sim_restore(sim, snapshot);
	assert_null(alloc_pages(GFP_NOWAIT | __GFP_IO | __GFP_FS, 0));
	kmc_sim_restore(sim, snapshot);
	assert_non_null(alloc_pages(GFP_ATOMIC, 0));
	kmc_sim_reset(sim);
	power_off();
}

/*
 * GFP-42: on 6.1.192 ATOMIC with DR is warned of once and dropped: no more than half of
 * min for HIGH, and the boost that an atomic request passes by holds. Later releases have
 * no such bit.
 */
static void gfp42_atomic_that_sleeps(void **state)
{
	const gfp_t abuse = GFP_KERNEL | KMC_GFP_ATOMIC_6_1;

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		bool has_bit = p == KMC_PROFILE_6_1_192;
		struct zone *zone;

		boot_one_zone(p, 65536);
		tp_listen(KMC_TP_WARN);
		assert_non_null(alloc_pages(abuse | __GFP_NOWARN, 0)); /* the fast half says nothing */
		assert_int_equal(tp_count, 0);
		assert_int_equal(floor_of(abuse), 512);
		assert_int_equal(tp_count, has_bit);
		if (has_bit)
			assert_string_equal(tp_seen[0].text, "ATOMIC with direct reclaim");
		assert_null(alloc_pages(abuse | __GFP_NOWARN, 0));
		assert_int_equal(tp_count, has_bit);
		assert_int_equal(floor_of(abuse | __GFP_HIGH), 256);
		kmc_sim_reset(sim);
		refill_singly();
		zone = &sim->page->zones[0];
		zone->watermark_boost = 100;
		setup_fast_marks(zone);
		while (alloc_pages(abuse | __GFP_NOWARN, 0))
			;
		assert_int_equal(zone_info(0).nr_free, 512 + 100);
		if (has_bit) { /* without DR it is an atomic request, which passes the boost by */
			while (alloc_pages(GFP_NOWAIT | KMC_GFP_ATOMIC_6_1 | __GFP_NOWARN, 0))
				;
			assert_int_equal(zone_info(0).nr_free, 512);
		}
		kmc_sim_reset(sim);
		power_off();
	}
}

/* GFP-9 */
static void gfp9_pfmemalloc(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 0);

	(void)state;
	assert_false(page_is_pfmemalloc(page)); /* the first pass served it */
	while (alloc_pages(GFP_NOWAIT, 0))
		;
	page = alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 0);
	assert_non_null(page);
	assert_true(page_is_pfmemalloc(page));
	__free_pages(page, 0);
	assert_false(page_is_pfmemalloc(page));
}

/* RSV-1: the first pass stops at low; only the slow path, which wakes kswapd, goes on. */
static void gfp4_rsv1_first_pass_stops_at_low(void **state)
{
	struct kmc_zone_info z;

	(void)state;
	refill_singly();
	tp_listen(KMC_TP_WAKEUP_KSWAPD);
	do {
		assert_non_null(alloc_pages(GFP_KERNEL, 0));
		z = zone_info(0);
	} while (!tp_count);
	assert_int_equal(z.nr_free, z.wmark_low - 1);
}

static bool warned_with(const char *text)
{
	for (unsigned int i = 0; i < tp_count && i < TP_KEPT; i++)
		if (!strcmp(tp_seen[i].text, text))
			return true;
	return false;
}

/* GFP-14: NOFAIL without direct reclaim fails, with one warning per boot. */
static void gfp14_nofail_without_reclaim(void **state)
{
	(void)state;
	while (alloc_pages(GFP_NOWAIT, 0))
		;
	tp_listen(KMC_TP_WARN);
	for (int i = 0; i < 3; i++)
		assert_null(alloc_pages(GFP_NOWAIT | __GFP_NOFAIL, 0));
	assert_int_equal(tp_count, 1);
	assert_true(warned_with("NOFAIL without direct reclaim"));
}

/* A NOFAIL request that may reclaim ends below every mark. */
static void gfp13_nofail_uses_the_last_resort(void **state)
{
	(void)state;
	while (alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0))
		;
	for (int i = 0; i < 100; i++)
		assert_non_null(alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 0));
}

/* GFP-18, GFP-19 */
static void gfp18_gfp19_failure_reports(void **state)
{
	(void)state;
	while (alloc_pages(GFP_NOWAIT, 0))
		;
	tp_listen(KMC_TP_WARN);
	alloc_pages(GFP_NOWAIT, 0);
	assert_int_equal(tp_count, 0);
	for (int i = 0; i < 3; i++)
		alloc_pages(GFP_NOWAIT & ~__GFP_NOWARN, 0);
	assert_int_equal(tp_count, 1);
	assert_true(warned_with("page allocation failure"));
	kmc_sim_clock_advance(sim, 9999999999ull);
	alloc_pages(GFP_KERNEL, 0);
	assert_int_equal(tp_count, 1);
	kmc_sim_clock_advance(sim, 1);
	alloc_pages(GFP_KERNEL, 0);
	assert_int_equal(tp_count, 2);
	kmc_sim_clock_advance(sim, UINT64_MAX); /* to the end of time, not over it */
	assert_int_equal(kmc_sim_clock_ns(sim), KMC_CLOCK_MAX_NS);
	alloc_pages(GFP_KERNEL, 0);
	alloc_pages(GFP_KERNEL, 0);
	assert_int_equal(tp_count, 3);
	kmc_sim_clock_advance(sim, UINT64_MAX);
	assert_int_equal(kmc_sim_clock_ns(sim), KMC_CLOCK_MAX_NS);
}

/* GFP-15 by profile: at the entry of the slow path from 6.12 on. */
static void gfp15_nofail_order_warning(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	tp_listen(KMC_TP_WARN);
	alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 2); /* first pass: silent */
	assert_int_equal(tp_count, 0);
	while (alloc_pages(GFP_NOWAIT, 2))
		;
	tp_count = 0;
	alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 2);
	alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 2);
	assert_true(warned_with("NOFAIL above order 1"));
	assert_int_equal(tp_count, 1);
	power_off();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp42_atomic_that_sleeps),
		cmocka_unit_test(gfp6_gfp7_gfp8_gfp10_rsv1_rsv4_scp9_floors),
		cmocka_unit_test(gfp10_rsv9_scp9_task_privileges),
		cmocka_unit_test(rsv4_realtime_tasks),
		cmocka_unit_test(gfp5_gfp6_gfp37_twins),
		CASE(gfp9_pfmemalloc),
		CASE(gfp4_rsv1_first_pass_stops_at_low),
		CASE(gfp14_nofail_without_reclaim),
		CASE(gfp13_nofail_uses_the_last_resort),
		CASE(gfp18_gfp19_failure_reports),
		cmocka_unit_test(gfp15_nofail_order_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
