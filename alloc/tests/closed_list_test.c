/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GFP-16: a default request of order 3 or less that may sleep is served as long as
 * anything can be had back, and where it is not, it has one of the reasons of the closed
 * list (rules-page 4.2), each of which is shown to be one.
 */
#include "alloc/memcg.h"
#include "alloc/pressure.h"
#include "alloc/reclaim.h"
#include "linux/sched/mm.h"
#include "machine_fixture.h"
#include "tp_counts.h"

#define ZONE_PAGES 4096
#define FOR_EACH_PROFILE(p) for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)

/* Node 0: DMA and Normal; node 1: Normal. */
static void boot(enum kmc_profile profile)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 2,
		.nr_nodes = 2,
		.nr_zones = 3,
		.options = KMC_OPT_MEMCG,
		.zones = { { .type = KMC_ZONE_DMA, .start_pfn = 512, .nr_pages = 1024 },
			   { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = ZONE_PAGES },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 8192,
			     .nr_pages = ZONE_PAGES } },
	};

	boot_config(&config);
	kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_BOOST_FACTOR, 0); /* what comes back is to be had */
}

/* Each zone has its min, which none of these requests may go below. */
static void press(void)
{
	for (unsigned int i = 0; i < 3; i++)
		kmc_sim_pressure(sim, zone_info(i).node, zone_info(i).type, zone_info(i).wmark_min);
}

/* Many tasks can be killed, for each request one at most. */
static void with_tasks(unsigned int nr, uint64_t pages)
{
	for (unsigned int task = 10; task < 10 + nr; task++)
		assert_int_equal(kmc_sim_populate_anon(sim, task, task % 2, pages), pages);
}

static const gfp_t defaults[] = { GFP_KERNEL,	      GFP_USER,
				  GFP_HIGHUSER,	      GFP_HIGHUSER_MOVABLE,
				  GFP_KERNEL_ACCOUNT, GFP_KERNEL & ~__GFP_KSWAPD_RECLAIM };

/* Until nobody is left to kill each one is served, by reclaim first, by killing then. */
static void gfp16_served_while_there_is_anything(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p)
		for (unsigned int f = 0; f < sizeof(defaults) / sizeof(defaults[0]); f++)
			for (unsigned int order = 0; order <= 3; order++) {
				unsigned int served = 0;

				boot(p);
				for (enum kmc_lru kind = 0; kind < KMC_NR_LRU; kind++)
					assert_int_equal(kmc_sim_populate_lru(sim, 0, kind, 256), 256);
				with_tasks(8, 128);
				press();
				listen();
				while (alloc_pages(defaults[f], order))
					served++;
				/* all that came back, to the last page */
				assert_int_equal(served << order, 3 * 256 + 8 * 128);
				assert_int_equal(seen[KMC_TP_MARK_VICTIM], 8);
				assert_int_equal(seen[KMC_TP_PANIC], 1);
				assert_int_equal(seen[KMC_TP_HUNG], 0);
				power_off();
			}
}

/* Who cannot have anybody killed is not refused for it either: it would wait. */
static void gfp16_without_fs_it_waits(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p)
		for (unsigned int order = 0; order <= 3; order++) {
			boot(p);
			with_tasks(1, 64);
			press();
			listen();
			assert_null(alloc_pages(GFP_NOFS, order));
			assert_null(alloc_pages(GFP_NOIO, order));
			assert_int_equal(seen[KMC_TP_HUNG], 2);
			power_off();
		}
}

/* At exhaustion, with somebody to kill: is @gfp refused, and nobody killed for it? */
static void refused(gfp_t gfp, int node)
{
	for (unsigned int order = 0; order <= 3; order++) {
		listen();
		assert_null(alloc_pages_node(node, gfp, order));
		assert_int_equal(seen[KMC_TP_HUNG] + seen[KMC_TP_PANIC], 0);
		assert_int_equal(seen[KMC_TP_MARK_VICTIM], 0);
	}
}

static void not_refused(void)
{
	struct page *page;

	listen();
	page = alloc_pages(GFP_KERNEL, 0);
	assert_non_null(page);
	assert_int_equal(seen[KMC_TP_MARK_VICTIM], 1);
	power_off();
}

static void exhausted(enum kmc_profile profile)
{
	boot(profile);
	with_tasks(2, 64);
	press();
}

static void gfp16_reasons_of_the_request(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		exhausted(p);
		refused(GFP_KERNEL | __GFP_DMA, -1);      /* (2) */
		refused(GFP_KERNEL | __GFP_THISNODE, 0);  /* (3) */
		refused(GFP_KERNEL | __GFP_THISNODE, 1);
		not_refused();
	}
}

static void gfp16_reasons_of_the_task(void **state)
{
	const uint32_t dying = KMC_PF_OOM_VICTIM | KMC_PF_EXITING;
	unsigned int token;

	(void)state;
	FOR_EACH_PROFILE(p) {
		exhausted(p);
		kmc_sim_task_flags(dying, dying); /* (1) */
		refused(GFP_KERNEL | __GFP_NOMEMALLOC, -1);
		kmc_sim_task_flags(dying, 0);
		kmc_sim_task_flags(KMC_PF_DUMPCORE, KMC_PF_DUMPCORE); /* (5) */
		refused(GFP_KERNEL, -1);
		kmc_sim_task_flags(KMC_PF_DUMPCORE, 0);
		token = memalloc_noreclaim_save(); /* (4) */
		refused(GFP_KERNEL | __GFP_NOMEMALLOC, -1); /* else it has all the reserves first */
		memalloc_noreclaim_restore(token);
		not_refused();
	}
}

static void gfp16_reasons_of_the_machine(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		exhausted(p);
		kmc_sim_suspend_storage(sim, true); /* (6) */
		refused(GFP_KERNEL, -1);
		kmc_sim_suspend_storage(sim, false);
		kmc_sim_oom_killer(sim, false); /* (7) */
		refused(GFP_KERNEL, -1);
		kmc_sim_oom_killer(sim, true);
		not_refused();
	}
}

/* (8), (9), (10) refuse where there is plenty, too. */
static void gfp16_reasons_without_pressure(void **state)
{
	struct mem_cgroup *memcg;
	struct page *page;

	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p);
		assert_int_equal(kmc_sim_memcg_create(sim, NULL, &memcg), 0);
		assert_int_equal(kmc_sim_memcg_set_max(memcg, 0), 0);
		assert_int_equal(kmc_sim_memcg_attach(sim, memcg, 0), 0);
		refused(GFP_KERNEL_ACCOUNT, -1);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
		refused(GFP_KERNEL, -1);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		assert_int_equal(kmc_sim_mems_allowed(sim, 0, 2), 0);
		refused(GFP_USER | __GFP_THISNODE, 0); /* no node that its set and its list share */
		refused(GFP_USER | __GFP_DMA, -1);
		kmc_sim_mems_allowed(sim, 0, 3);
		page = alloc_pages(GFP_KERNEL, 3);
		assert_non_null(page);
		__free_pages(page, 3);
		power_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp16_served_while_there_is_anything),
		cmocka_unit_test(gfp16_without_fs_it_waits),
		cmocka_unit_test(gfp16_reasons_of_the_request),
		cmocka_unit_test(gfp16_reasons_of_the_task),
		cmocka_unit_test(gfp16_reasons_of_the_machine),
		cmocka_unit_test(gfp16_reasons_without_pressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
