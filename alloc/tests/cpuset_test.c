/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cpusets: where a task's pages may come from, who goes past its set, and what
 * a request does whose set cannot serve it.
 *
 *   pfn 4096 ..... 20480 ..... 36864
 *       | node 0 Normal | node 1 Normal |
 */
#include "alloc/pressure.h"
#include "machine_fixture.h"
#include "reclaim.h"

static void boot_two_nodes(enum kmc_profile profile)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 2,
		.nr_nodes = 2,
		.nr_zones = 2,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = 16384 },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 20480,
			     .nr_pages = 16384 } },
	};

	boot_config(&config);
	for (unsigned int i = 0; i < 2; i++) {
		struct zone *zone = &sim->page->zones[i];

		buddy_touch(sim, zone);
		zone->pcp_batch = 1; /* so that refills take no more than is asked for */
		zone->pcp_high = zone->pcp_high_max = 2;
	}
}

static int node_of(const struct page *page)
{
	return page ? (int)kmc_page_node(sim, page) : -1;
}

/* Pages of a node until there are none; what else came stops it. Return: how many. */
static unsigned int take_from(int node, gfp_t gfp)
{
	unsigned int nr = 0;

	while (node_of(alloc_pages(gfp | __GFP_NOWARN, 0)) == node)
		nr++;
	return nr;
}

/* As long as the set has memory above its low marks, pages are of it, whatever the flags. */
static void gfp23_set_first(void **state)
{
	static const gfp_t flags[] = { GFP_KERNEL, GFP_USER, GFP_NOWAIT, GFP_ATOMIC,
				       GFP_HIGHUSER_MOVABLE };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_two_nodes(p);
		assert_int_equal(kmc_sim_mems_allowed(sim, 0, 2), 0);
		for (unsigned int i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			assert_int_equal(node_of(alloc_pages(flags[i], 0)), 1);
			assert_int_equal(node_of(alloc_pages(flags[i], 2)), 1);
			assert_int_equal(node_of(alloc_pages(flags[i], 5)), 1);
			assert_int_equal(node_of(alloc_pages_node(0, flags[i], 0)), 1);
		}
		kmc_sim_mems_allowed(sim, 0, 3);
		assert_int_equal(node_of(alloc_pages(GFP_USER, 0)), 0);
		power_off();
	}
}

/* Then HARDWALL stays within it and fails there; the others go on to the set above. */
static void gfp23_hardwall_stays(void **state)
{
	(void)state;
	boot_two_nodes(KMC_PROFILE_6_18_44);
	kmc_sim_mems_allowed(sim, 0, 1);
	assert_true(take_from(0, GFP_NOWAIT | __GFP_HARDWALL) > 15000);
	assert_int_equal(zone_info(0).nr_free, zone_info(0).wmark_min);
	assert_null(alloc_pages(GFP_NOWAIT | __GFP_HARDWALL, 0));
	assert_null(alloc_pages(GFP_USER | __GFP_NORETRY, 0));
	assert_int_equal(node_of(alloc_pages(GFP_KERNEL, 0)), 1);
	assert_int_equal(node_of(alloc_pages(GFP_NOWAIT, 0)), 1);
	power_off();
}

/*
 * who goes past a set: atomic requests, victims, interrupts. The reserves of
 * the whole list are open to an atomic one, those of node 0 first; since 6.18 those of
 * nodes whose kswapd is not at work, as it is for node 0 by then (ZON-7).
 */
static void gfp23_zon7_privileged_paths_leave_the_set(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_two_nodes(p);
		kmc_sim_mems_allowed(sim, 0, 1);
		take_from(0, GFP_NOWAIT | __GFP_HARDWALL);
		assert_int_equal(take_from(0, GFP_ATOMIC | __GFP_HARDWALL) > 0,
				 p < KMC_PROFILE_6_18_44);
		assert_int_equal(node_of(alloc_pages(GFP_ATOMIC | __GFP_HARDWALL, 0)), 1);
		kmc_sim_set_context(KMC_IN_SOFTIRQ);
		assert_int_equal(node_of(alloc_pages(GFP_NOWAIT | __GFP_HARDWALL, 0)), 1);
		kmc_sim_set_context(KMC_IN_TASK);
		assert_null(alloc_pages(GFP_NOWAIT | __GFP_HARDWALL | __GFP_NOWARN, 0));
		kmc_sim_task_flags(KMC_PF_OOM_VICTIM, KMC_PF_OOM_VICTIM);
		assert_int_equal(node_of(alloc_pages(GFP_NOWAIT | __GFP_HARDWALL, 0)), 1);
		power_off();
	}
}

/* no zone of the list is in the set. */
static void gfp23_impossible_set(void **state)
{
	(void)state;
	boot_two_nodes(KMC_PROFILE_6_18_44);
	kmc_sim_mems_allowed(sim, 0, 2);
	tp_listen(KMC_TP_DIRECT_RECLAIM_BEGIN);
	assert_null(alloc_pages_node(0, GFP_USER | __GFP_THISNODE, 0));
	assert_int_equal(tp_count, 0);
	assert_int_equal(node_of(alloc_pages_node(0, GFP_KERNEL | __GFP_THISNODE, 0)), 0);
	power_off();
}

/* Reclaim for a task looks at its nodes alone. */
static void gfp23_reclaim_within_the_set(void **state)
{
	(void)state;
	boot_two_nodes(KMC_PROFILE_6_18_44);
	kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_BOOST_FACTOR, 0); /* so that 32 pages suffice */
	assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 64), 64);
	assert_int_equal(kmc_sim_populate_lru(sim, 1, KMC_LRU_CLEAN, 64), 64);
	kmc_sim_mems_allowed(sim, 0, 1);
	take_from(0, GFP_NOWAIT | __GFP_HARDWALL);
	assert_int_equal(node_of(alloc_pages(GFP_USER | __GFP_NORETRY, 0)), 0);
	assert_int_equal(kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN), 32);
	assert_int_equal(kmc_sim_lru_pages(sim, 1, KMC_LRU_CLEAN), 64);
	power_off();
}

/* Of the state: another task has none of it, reset ends it, the array call goes by it. */
static void gfp23_page17_one_task_alone(void **state)
{
	struct page *pages[8] = { NULL };
	uint64_t boot;

	(void)state;
	boot_two_nodes(KMC_PROFILE_6_18_44);
	boot = kmc_sim_hash(sim);
	assert_int_equal(kmc_sim_mems_allowed(sim, 0, 0), -EINVAL);
	assert_int_equal(kmc_sim_mems_allowed(sim, 0, 4), -EINVAL);
	assert_int_equal(kmc_sim_mems_allowed(sim, KMC_SIM_MAX_TASKS, 1), -EINVAL);
	assert_int_equal(kmc_sim_mems_allowed(sim, 0, 2), 0);
	assert_true(kmc_sim_hash(sim) != boot);
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL, 8, pages), 8);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(node_of(pages[i]), 1);
	kmc_sim_set_task(5);
	assert_int_equal(node_of(alloc_pages(GFP_USER, 0)), 0);
	kmc_sim_reset(sim);
	assert_true(kmc_sim_hash(sim) == boot);
	assert_int_equal(node_of(alloc_pages(GFP_USER, 0)), 0);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp23_set_first),
		cmocka_unit_test(gfp23_hardwall_stays),
		cmocka_unit_test(gfp23_zon7_privileged_paths_leave_the_set),
		cmocka_unit_test(gfp23_impossible_set),
		cmocka_unit_test(gfp23_reclaim_within_the_set),
		cmocka_unit_test(gfp23_page17_one_task_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
