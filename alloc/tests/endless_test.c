/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel would wait for without an end: a request that may not fail while
 * nothing comes back, one that is too large for what could come back, and one without
 * FS at exhaustion, for which nobody is killed. Each is told from its rounds, says so
 * once, leaves the machine whole, and is served as soon as there is memory.
 */
#include "alloc/memcg.h"
#include "alloc/pagesets.h"
#include "alloc/reclaim.h"
#include "linux/memcontrol.h"
#include "linux/sched/mm.h"
#include "machine_fixture.h"
#include "tp_counts.h"

#define ZONE_PAGES 4096
#define NOFAIL	   (GFP_KERNEL | __GFP_NOFAIL)

/* All that a request with some flags can have, one frame at a time. */
static struct page *taken[ZONE_PAGES];
static unsigned int nr_taken;

static void boot(enum kmc_profile profile, uint32_t options)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 1,
		.nr_nodes = 1,
		.nr_zones = 1,
		.options = options,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = ZONE_PAGES } },
	};

	boot_config(&config);
	nr_taken = 0;
}

/* A killable task enables the killer: without, a request is refused rather than kept waiting. */
static void with_killer(void)
{
	assert_int_equal(kmc_sim_populate_anon(sim, 10, 0, 8), 8);
}

static void take_all(gfp_t gfp)
{
	struct page *page;

	while ((page = alloc_pages(gfp | __GFP_NOWARN, 0)))
		taken[nr_taken++] = page;
}

static void give_all(void)
{
	while (nr_taken)
		__free_page(taken[--nr_taken]);
	kmc_sim_drain_all(sim);
}

/* The request is told to be endless, once; with memory back it is served. */
static void waits_for_ever(gfp_t gfp, unsigned int order)
{
	struct page *page;

	listen();
	assert_null(alloc_pages(gfp, order));
	assert_int_equal(seen[KMC_TP_HUNG], 1);
	assert_int_equal(seen[KMC_TP_PANIC], 0);
	assert_int_equal(seen[KMC_TP_MM_PAGE_ALLOC], 1); /* as a call that failed: TRC-1 */
	kmc_sim_check(sim);
	give_all();
	page = alloc_pages(gfp, order);
	assert_non_null(page);
	assert_int_equal(seen[KMC_TP_HUNG], 1);
	__free_pages(page, order);
}

#define FOR_EACH_PROFILE(p) for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)

/* Every frame is a holder's, and nobody gives one back. */
static void gfp13_nofail_without_progress(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p)
		for (unsigned int order = 0; order <= 1; order++) {
			boot(p, 0);
			take_all(GFP_KERNEL | __GFP_MEMALLOC);
			assert_int_equal(zone_info(0).nr_free, 0);
			waits_for_ever(NOFAIL, order);
			power_off();
		}
}

/* Every other frame goes back: half of all is free, in no block of two. */
static void scatter(void)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nr_taken; i++)
		if (page_to_pfn(taken[i]) & 1)
			taken[kept++] = taken[i];
		else
			__free_page(taken[i]);
	nr_taken = kept;
	kmc_sim_drain_all(sim);
}

/* Half of memory is free, but no block of a costly order; nobody is killed for one. */
static void gfp13_gfp17_costly_nofail(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p)
		for (unsigned int order = 4; order <= 9; order += 5) {
			boot(p, 0);
			with_killer();
			take_all(GFP_KERNEL | __GFP_MEMALLOC);
			scatter();
			assert_true(zone_info(0).nr_free > ZONE_PAGES / 3);
			waits_for_ever(NOFAIL, order);
			assert_int_equal(seen[KMC_TP_MARK_VICTIM], 0);
			power_off();
		}
}

/* Without FS, by flag or by scope, nobody is killed and yet the request counts on it. */
static void oom2_nofs_at_exhaustion(void **state)
{
	unsigned int token;

	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p, 0);
		with_killer();
		take_all(GFP_NOWAIT);
		waits_for_ever(GFP_NOFS, 0);
		take_all(GFP_NOWAIT);
		waits_for_ever(GFP_NOIO, 0);
		take_all(GFP_NOWAIT);
		token = memalloc_nofs_save();
		waits_for_ever(GFP_KERNEL, 0);
		memalloc_nofs_restore(token);
		assert_int_equal(kmc_sim_anon_pages(sim, 10), 8);
		power_off();
	}
}

/* In a noreclaim scope a request that may not fail spins, and reclaims nothing. */
static void gfp14_scp9_nofail_without_reclaim_spins(void **state)
{
	unsigned int token;

	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p, 0);
		assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 64), 64);
		take_all(GFP_NOWAIT | __GFP_MEMALLOC);
		token = memalloc_noreclaim_save();
		waits_for_ever(NOFAIL, 0);
		memalloc_noreclaim_restore(token);
		assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 0);
		assert_int_equal(kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN), 64);
		/* and without DR it fails, as any other */
		take_all(GFP_NOWAIT | __GFP_MEMALLOC);
		listen();
		assert_null(alloc_pages(GFP_NOWAIT | __GFP_NOFAIL, 0));
		assert_int_equal(seen[KMC_TP_HUNG], 0);
		power_off();
	}
}

/* At a group's limit the charge is forced; only what the machine has not is waited for. */
static void gfp13_mcg5_nofail_at_a_limit(void **state)
{
	struct mem_cgroup *memcg;
	struct page *page;

	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p, KMC_OPT_MEMCG);
		assert_int_equal(kmc_sim_memcg_create(sim, NULL, &memcg), 0);
		assert_int_equal(kmc_sim_memcg_set_max(memcg, 0), 0);
		assert_int_equal(kmc_sim_memcg_attach(sim, memcg, 0), 0);
		listen();
		page = alloc_pages(NOFAIL | __GFP_ACCOUNT, 1);
		assert_non_null(page);
		assert_ptr_equal(page_memcg(page), memcg);
		assert_int_equal(seen[KMC_TP_HUNG], 0);
		__free_pages(page, 1);
		take_all(GFP_KERNEL | __GFP_MEMALLOC);
		waits_for_ever(NOFAIL | __GFP_ACCOUNT, 0);
		kmc_sim_memcg_drain(sim);
		assert_int_equal(kmc_sim_memcg_usage(memcg), 0);
		power_off();
	}
}

/* Injected failures pass it by: with memory it is served, without it waits. */
static void gfp13_nofail_is_not_made_to_fail(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct page *page;

		boot(p, 0);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
		assert_null(alloc_pages(GFP_KERNEL, 0));
		page = alloc_pages(NOFAIL, 0);
		assert_non_null(page);
		__free_page(page);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		take_all(GFP_KERNEL | __GFP_MEMALLOC);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
		waits_for_ever(NOFAIL, 0);
		power_off();
	}
}

/* Calls that are made of page requests say so too, and give back what they had. */
static void gfp13_within_other_calls(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p, 0);
		take_all(GFP_KERNEL | __GFP_MEMALLOC);
		listen();
		assert_null(alloc_pages_exact(5000, NOFAIL));
		assert_int_equal(seen[KMC_TP_HUNG], 1);
		assert_int_equal(__get_free_pages(NOFAIL, 0), 0);
		assert_int_equal(seen[KMC_TP_HUNG], 2);
		assert_int_equal(get_zeroed_page(NOFAIL), 0);
		assert_int_equal(seen[KMC_TP_HUNG], 3);
		give_all();
		assert_int_equal(zone_info(0).nr_free, ZONE_PAGES);
		power_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp13_nofail_without_progress),
		cmocka_unit_test(gfp13_gfp17_costly_nofail),
		cmocka_unit_test(oom2_nofs_at_exhaustion),
		cmocka_unit_test(gfp14_scp9_nofail_without_reclaim_spins),
		cmocka_unit_test(gfp13_mcg5_nofail_at_a_limit),
		cmocka_unit_test(gfp13_nofail_is_not_made_to_fail),
		cmocka_unit_test(gfp13_within_other_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
