/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reclaim, kswapd and the OOM killer: who may start what, when a request gives
 * up, who is killed for it, and what would wait for ever.
 */
#include "alloc/pressure.h"
#include "machine_fixture.h"
#include "reclaim.h"
#include "linux/sched/mm.h"
#include "tp_counts.h"

static void drain(gfp_t gfp)
{
	while (alloc_pages(gfp | __GFP_NOWARN, 0))
		;
}

/* Refills of one frame, so that each request meets an exact number of free frames. */
static void refill_singly(void)
{
	struct zone *zone = &sim->page->zones[0];

	buddy_touch(sim, zone);
	zone->pcp_batch = 1;
	zone->pcp_high = zone->pcp_high_max = 2;
}

/* A machine whose only memory above min is one population. */
static void boot_with(enum kmc_profile profile, enum kmc_lru kind, uint64_t nr)
{
	boot_one_zone(profile, 16384);
	refill_singly();
	assert_int_equal(kmc_sim_populate_lru(sim, 0, kind, nr), nr);
	drain(GFP_NOWAIT);
	listen();
}

/* Rule by profile: what a request may start, and that it is served by what it may. */
static void check_gate(enum kmc_profile profile, enum kmc_lru kind, gfp_t gfp, bool served)
{
	struct page *page;

	boot_with(profile, kind, 256);
	page = alloc_pages(gfp | __GFP_NORETRY, 0);
	assert_int_equal(page != NULL, served);
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], !!(gfp & __GFP_DIRECT_RECLAIM));
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_END], seen[KMC_TP_DIRECT_RECLAIM_BEGIN]);
	assert_int_equal(seen[KMC_TP_STARTED_IO] > 0, served && kind == KMC_LRU_NEEDS_IO);
	assert_int_equal(seen[KMC_TP_STARTED_FS] > 0, served && kind == KMC_LRU_NEEDS_FS);
	if (!served)
		assert_int_equal(kmc_sim_lru_pages(sim, 0, kind), 256);
	power_off();
}

static void gfp2_gfp34_gfp35_sources_by_flags(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		for (enum kmc_lru kind = 0; kind < KMC_NR_LRU; kind++) {
			check_gate(p, kind, GFP_NOWAIT, false);
			check_gate(p, kind, GFP_KERNEL, true);
			check_gate(p, kind, GFP_NOFS, kind != KMC_LRU_NEEDS_FS);
			check_gate(p, kind, GFP_NOIO, kind == KMC_LRU_CLEAN);
		}
}

/* While storage is suspended nobody has IO or FS. */
static void gfp43_suspended_storage(void **state)
{
	(void)state;
	for (enum kmc_lru kind = 0; kind < KMC_NR_LRU; kind++) {
		boot_with(KMC_PROFILE_6_18_44, kind, 256);
		kmc_sim_suspend_storage(sim, true);
		assert_int_equal(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0) != NULL,
				 kind == KMC_LRU_CLEAN);
		assert_int_equal(seen[KMC_TP_STARTED_IO] + seen[KMC_TP_STARTED_FS], 0);
		power_off();
	}
}

/* A scope takes the flags away that reclaim goes by. */
static void scp1_scp2_scopes_reach_reclaim(void **state)
{
	unsigned int token;

	(void)state;
	boot_with(KMC_PROFILE_6_18_44, KMC_LRU_NEEDS_FS, 256);
	token = memalloc_nofs_save();
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
	memalloc_nofs_restore(token);
	assert_int_equal(seen[KMC_TP_STARTED_FS], 0);
	assert_non_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
	power_off();
}

/* One round is 32 pages; in a noreclaim scope there is none. */
static void rcl1_rcl4_scp9_one_round(void **state)
{
	unsigned int token;

	(void)state;
	boot_with(KMC_PROFILE_6_18_44, KMC_LRU_CLEAN, 256);
	assert_non_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN), 256 - 32);
	token = memalloc_noreclaim_save();
	drain(GFP_KERNEL);
	memalloc_noreclaim_restore(token);
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 1);
	assert_int_equal(kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN), 256 - 32);
	power_off();
}

/* Pages that this request cannot have: 16 rounds without progress after the first, no more. */
static void gfp11_gfp12_rcl2_rounds_without_progress(void **state)
{
	(void)state;
	boot_with(KMC_PROFILE_6_18_44, KMC_LRU_NEEDS_FS, 4096);
	assert_null(alloc_pages(GFP_NOFS | __GFP_RETRY_MAYFAIL, 0));
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], MAX_RECLAIM_RETRIES + 1);
	listen();
	assert_null(alloc_pages(GFP_NOFS | __GFP_NORETRY, 0));
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 1);
	power_off();
}

static void boot_killable(void)
{
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	refill_singly();
	kmc_sim_populate_anon(sim, 10, 0, 500);
	kmc_sim_populate_anon(sim, 11, 0, 1000);
	kmc_sim_populate_anon(sim, 12, 0, 2000);
	kmc_sim_oom_score_adj(sim, 12, -1000);
	drain(GFP_NOWAIT);
	listen();
}

/* The one with the highest score is killed, once; the immune one never; then a panic. */
static void oom4_oom5_oom6_victims(void **state)
{
	(void)state;
	boot_killable();
	assert_non_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(last_victim, 11);
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 1);
	assert_int_equal(kmc_sim_anon_pages(sim, 11), 0);
	drain(GFP_KERNEL);
	assert_int_equal(last_victim, 10);
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 2);
	assert_int_equal(seen[KMC_TP_PANIC], 1);
	assert_int_equal(kmc_sim_anon_pages(sim, 12), 2000);
	power_off();
}

/* The other killer is done when this one has slept for the third time. */
static void done_when_slept(void *arg, const struct kmc_tp *tp)
{
	count_tp(arg, tp);
	if (tp->id == KMC_TP_MARK_VICTIM)
		assert_int_equal(seen[KMC_TP_SLEEP], 3);
	else if (tp->id == KMC_TP_SLEEP && seen[tp->id] == 3)
		kmc_oom_unlock(sim);
}

/* A busy lock of the killer is progress: nobody is killed, the request sleeps and tries again. */
static void oom7_busy_killer(void **state)
{
	(void)state;
	boot_killable();
	kmc_oom_lock(sim);
	kmc_sim_trace(sim, KMC_ALL_TPS, done_when_slept, NULL);
	assert_non_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 1);
	assert_int_equal(seen[KMC_TP_SLEEP], 3 + 1); /* and one for the victim's end */
	assert_int_equal(seen[KMC_TP_HUNG] + seen[KMC_TP_PANIC], 0);
	power_off();
}

/* A point of oom_score_adj is a thousandth of memory. */
static void oom5_score_adj(void **state)
{
	(void)state;
	boot_killable();
	kmc_sim_oom_score_adj(sim, 10, 30); /* 500 + 491 < 1000 */
	assert_int_equal(16384 * 30 / 1000, 491);
	assert_non_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(last_victim, 11);
	power_off();
	boot_killable();
	kmc_sim_oom_score_adj(sim, 10, 31); /* 500 + 507 > 1000 */
	assert_non_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(last_victim, 10);
	power_off();
}

/* Who never kills, and what becomes of the request. */
static void gfp11_gfp12_gfp17_gfp22_oom1_no_kill(void **state)
{
	(void)state;
	boot_killable();
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
	assert_null(alloc_pages(GFP_KERNEL | __GFP_RETRY_MAYFAIL, 0));
	assert_null(alloc_pages(GFP_KERNEL | __GFP_THISNODE, 0));
	assert_null(alloc_pages(GFP_KERNEL, 4));
	assert_null(alloc_pages(GFP_NOWAIT, 0));
	kmc_sim_task_flags(KMC_PF_DUMPCORE, KMC_PF_DUMPCORE);
	assert_null(alloc_pages(GFP_KERNEL, 0));
	kmc_sim_task_flags(KMC_PF_DUMPCORE, 0);
	kmc_sim_suspend_storage(sim, true);
	assert_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 0);
	assert_int_equal(seen[KMC_TP_HUNG], 0);
	kmc_sim_suspend_storage(sim, false);
	assert_non_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 1);
	power_off();
}

/* Without FS nobody is killed; the request would wait for somebody to free. */
static void oom2_nofs_loops(void **state)
{
	(void)state;
	boot_killable();
	assert_null(alloc_pages(GFP_NOFS, 0));
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 0);
	assert_int_equal(seen[KMC_TP_HUNG], 1);
	power_off();
}

/* A dying task is its own victim, gets half of min, and then may fail. */
static void oom4_oom8_rsv9_dying_task(void **state)
{
	uint64_t min;

	(void)state;
	boot_killable();
	min = zone_info(0).wmark_min;
	kmc_sim_task_flags(KMC_PF_EXITING, KMC_PF_EXITING);
	assert_non_null(alloc_pages(GFP_KERNEL, 0));
	assert_int_equal(last_victim, 0);
	drain(GFP_KERNEL);
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 1);
	assert_int_equal(seen[KMC_TP_HUNG], 0);
	assert_true(zone_info(0).nr_free <= min / 2);
	power_off();
}

/* NOFAIL kills, then takes what there is; in the end it would wait for ever. */
static void gfp13_oom9_nofail_hangs_at_the_end(void **state)
{
	unsigned int got = 0;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	drain(GFP_NOWAIT);
	listen();
	while (alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 0))
		got++;
	assert_true(got > 0);
	assert_int_equal(zone_info(0).nr_free, 0);
	assert_int_equal(seen[KMC_TP_HUNG], 1);
	power_off();
}

/*
 * Each round frees objects of the other node, so there is progress and nothing to be had
 * by it, and this node has pages that count as reclaimable but need a filesystem.
 * Return: rounds.
 */
static unsigned int rounds_with_progress(enum kmc_profile profile, unsigned int order)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 1,
		.nr_nodes = 2,
		.nr_zones = 2,
		.zones = { { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 4096, .nr_pages = 4096 },
			   { .type = KMC_ZONE_NORMAL, .start_pfn = 8192, .nr_pages = 4096 } },
	};
	unsigned int objects;

	boot_config(&config);
	assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_NEEDS_FS, 1024), 1024);
	kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, 0);
	assert_int_equal(kmc_sim_shrinker(sim, 2048, false, 0, 0), 2048);
	kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, zone_info(1).wmark_min); /* nobody is throttled */
	objects = (unsigned int)kmc_sim_shrinker_objects(sim);
	listen();
	assert_null(alloc_pages_node(0, GFP_NOFS | __GFP_RETRY_MAYFAIL | __GFP_THISNODE, order));
	assert_true(kmc_sim_shrinker_objects(sim) < objects);
	assert_int_equal(kmc_sim_lru_pages(sim, 0, KMC_LRU_NEEDS_FS), 1024);
	power_off();
	return seen[KMC_TP_DIRECT_RECLAIM_BEGIN];
}

/* Up to order 3 progress begins the count anew; for a costly order it does not. */
static void rcl2_rcl3_progress_counts_not_for_costly_orders(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		assert_int_equal(rounds_with_progress(p, 4), MAX_RECLAIM_RETRIES + 1);
		assert_true(rounds_with_progress(p, 3) > MAX_RECLAIM_RETRIES + 1);
	}
}

/* Without reclaim bits a request for the low zone is an optimistic one. */
static void gfp45_bare_dma_is_optimistic(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	drain(GFP_DMA);
	listen();
	assert_null(alloc_pages(GFP_DMA, 0));
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 0);
	assert_int_equal(seen[KMC_TP_WAKEUP_KSWAPD], 0);
	assert_null(alloc_pages(GFP_DMA | GFP_KERNEL | __GFP_NORETRY, 0));
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 1);
	assert_true(seen[KMC_TP_WAKEUP_KSWAPD] > 0);
	power_off();
}

/* kswapd is woken once, works up to the high mark, and gives up after 16 runs in vain. */
static void gfp4_rcl6_kswapd(void **state)
{
	(void)state;
	boot_with(KMC_PROFILE_6_18_44, KMC_LRU_CLEAN, 4096);
	kmc_sim_kswapd_step(sim, 0);
	assert_true(zone_info(0).nr_free > zone_info(0).wmark_high);
	assert_true(zone_info(0).nr_free <= zone_info(0).wmark_high + 64);
	assert_int_equal(kmc_sim_kswapd_step(sim, 0), 0);
	power_off();
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	drain(GFP_NOWAIT);
	for (unsigned int i = 1; i <= MAX_RECLAIM_RETRIES; i++) {
		alloc_pages(GFP_NOWAIT, 0);
		kmc_sim_kswapd_step(sim, 0);
		assert_int_equal(kmc_sim_kswapd_failures(sim, 0), i);
	}
	listen();
	alloc_pages(GFP_NOWAIT, 0);
	assert_int_equal(seen[KMC_TP_WAKEUP_KSWAPD], 0);
	power_off();
}

/* What a direct reclaimer finds gives a kswapd that has given up hope again. */
static void rcl6_progress_revives_kswapd(void **state)
{
	struct page *page;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	refill_singly();
	page = alloc_pages(GFP_KERNEL, 6);
	drain(GFP_NOWAIT);
	for (unsigned int i = 0; i < MAX_RECLAIM_RETRIES; i++) {
		alloc_pages(GFP_NOWAIT, 0);
		kmc_sim_kswapd_step(sim, 0);
	}
	assert_int_equal(kmc_sim_kswapd_failures(sim, 0), MAX_RECLAIM_RETRIES);
	__free_pages(page, 6);
	assert_int_equal(kmc_sim_shrinker(sim, 64, false, 0, 0), 64);
	assert_non_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
	assert_int_equal(kmc_sim_kswapd_failures(sim, 0), 0);
	drain(GFP_NOWAIT);
	kmc_sim_kswapd_step(sim, 0);
	listen();
	alloc_pages(GFP_NOWAIT, 0);
	assert_int_equal(seen[KMC_TP_WAKEUP_KSWAPD], 1);
	power_off();
}

/* Objects of shrinkers go as their flags let them; one that allocates gets the reserves. */
static void gfp35_rcl1_shrinkers(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	refill_singly();
	assert_int_equal(kmc_sim_shrinker(sim, 256, true, 0, 0), 256);
	drain(GFP_NOWAIT);
	listen();
	assert_null(alloc_pages(GFP_NOFS | __GFP_NORETRY, 0));
	assert_int_equal(seen[KMC_TP_STARTED_FS], 0);
	assert_int_equal(kmc_sim_shrinker_objects(sim), 256);
	assert_non_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
	assert_true(seen[KMC_TP_STARTED_FS] > 0);
	assert_true(kmc_sim_shrinker_objects(sim) < 256);
	power_off();
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	refill_singly();
	assert_int_equal(kmc_sim_shrinker(sim, 64, false, 8, GFP_KERNEL), 64);
	drain(GFP_NOWAIT);
	listen();
	assert_non_null(alloc_pages(GFP_NOIO, 0));
	assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 1); /* not once more inside */
	assert_true(seen[KMC_TP_MM_PAGE_ALLOC] >= 1 + 8);
	assert_int_equal(seen[KMC_TP_STARTED_FS] + seen[KMC_TP_STARTED_IO], 0);
	kmc_sim_check(sim);
	power_off();
}

/* Frees are used up to @free frames by requests that have the right to all of it. */
static void use_up(uint64_t free)
{
	while (zone_info(0).nr_free > free)
		assert_non_null(alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC, 0));
}

/* Did a request with @gfp wait for kswapd when @free frames were left? */
static bool throttled(gfp_t gfp, uint32_t task, uint64_t free)
{
	struct page *page;
	bool did;

	boot_with(KMC_PROFILE_6_18_44, KMC_LRU_NEEDS_FS, 2048);
	use_up(free);
	kmc_sim_task_flags(task, task);
	listen();
	page = alloc_pages(gfp | __GFP_NORETRY, 0);
	did = kmc_sim_vm_event(sim, KMC_PGSCAN_DIRECT_THROTTLE);
	assert_int_equal(page != NULL, did && (gfp & __GFP_FS)); /* else a round is not enough */
	assert_int_equal(seen[KMC_TP_SLEEP], did);
	if (!(gfp & __GFP_FS)) /* kswapd entered it, not the call */
		assert_int_equal(seen[KMC_TP_STARTED_FS], 0);
	power_off();
	return did;
}

/* Half of min is where it begins; kernel threads, the dying and atomic requests go on. */
static void rcl5_throttling(void **state)
{
	uint64_t half;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	half = zone_info(0).wmark_min / 2;
	power_off();
	assert_true(throttled(GFP_KERNEL, 0, half));
	assert_false(throttled(GFP_KERNEL, 0, half + 1));
	assert_true(throttled(GFP_NOFS, 0, half));
	assert_false(throttled(GFP_KERNEL, KMC_PF_KTHREAD, half));
	assert_false(throttled(GFP_KERNEL, KMC_PF_FATAL_SIGNAL, half));
	assert_false(throttled(GFP_NOWAIT, 0, half));
}

/* Where kswapd has given up nobody waits for it, and nobody waits for ever. */
static void rcl5_rcl6_no_wait_for_a_hopeless_node(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	refill_singly();
	assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 1), 1);
	use_up(8);
	listen();
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
	alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0);
	assert_true(kmc_sim_vm_event(sim, KMC_PGSCAN_DIRECT_THROTTLE) <= 1);
	power_off();
}

/* Populations are part of the state: reset, snapshot, digest, exit of a task. */
static void populations_come_and_go(void **state)
{
	uint64_t boot;
	int snapshot;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	boot = kmc_sim_hash(sim);
	kmc_sim_populate_lru(sim, 0, KMC_LRU_NEEDS_IO, 100);
	kmc_sim_populate_anon(sim, 5, 0, 100);
	kmc_sim_check(sim);
	snapshot = kmc_sim_snapshot(sim);
	kmc_sim_task_exit(sim, 5);
	assert_int_equal(kmc_sim_anon_pages(sim, 5), 0);
	kmc_sim_restore(sim, snapshot);
	assert_int_equal(kmc_sim_anon_pages(sim, 5), 100);
	kmc_sim_check(sim);
	kmc_sim_reset(sim);
	assert_true(kmc_sim_hash(sim) == boot);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp2_gfp34_gfp35_sources_by_flags),
		cmocka_unit_test(gfp43_suspended_storage),
		cmocka_unit_test(scp1_scp2_scopes_reach_reclaim),
		cmocka_unit_test(rcl1_rcl4_scp9_one_round),
		cmocka_unit_test(gfp11_gfp12_rcl2_rounds_without_progress),
		cmocka_unit_test(oom4_oom5_oom6_victims),
		cmocka_unit_test(oom5_score_adj),
		cmocka_unit_test(oom7_busy_killer),
		cmocka_unit_test(gfp11_gfp12_gfp17_gfp22_oom1_no_kill),
		cmocka_unit_test(oom2_nofs_loops),
		cmocka_unit_test(oom4_oom8_rsv9_dying_task),
		cmocka_unit_test(gfp13_oom9_nofail_hangs_at_the_end),
		cmocka_unit_test(rcl2_rcl3_progress_counts_not_for_costly_orders),
		cmocka_unit_test(gfp45_bare_dma_is_optimistic),
		cmocka_unit_test(gfp4_rcl6_kswapd),
		cmocka_unit_test(rcl6_progress_revives_kswapd),
		cmocka_unit_test(gfp35_rcl1_shrinkers),
		cmocka_unit_test(rcl5_throttling),
		cmocka_unit_test(rcl5_rcl6_no_wait_for_a_hopeless_node),
		cmocka_unit_test(populations_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
