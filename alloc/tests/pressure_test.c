/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests at an exact distance from a mark, and marks that follow their sysctls.
 * One zone of type DMA32, 64 MiB: min 256, low 320, high 384.
 */
#include "machine_fixture.h"
#include "alloc/pressure.h"
#include "linux/sched/mm.h"

#define MIN_MARK 256u

static void boot_dma32(enum kmc_profile profile)
{
	struct kmc_sim_config c = {
		.profile = profile, .nr_cpus = 1, .nr_nodes = 1, .nr_zones = 1,
		.zones = { { .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 16384 } },
	};

	boot_config(&c);
	/* an unmovable request takes from movable blocks, which would raise the marks (MIG-6) */
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_BOOST_FACTOR, 0), 0);
}

static void set_free(uint64_t pages)
{
	assert_int_equal(kmc_sim_pressure(sim, 0, KMC_ZONE_DMA32, pages), pages);
}

/* Is there a page when @pages are free? It is given back. */
static bool succeeds(gfp_t gfp, uint64_t pages)
{
	struct page *page;

	set_free(pages);
	page = alloc_pages(gfp | __GFP_NOWARN, 0);
	if (page)
		__free_pages(page, 0);
	return page;
}

/* The most free pages with which a request fails. */
static uint64_t boundary(gfp_t gfp)
{
	uint64_t pages = 0;

	while (pages < 400 && !succeeds(gfp, pages))
		pages++;
	for (uint64_t above = pages; above < pages + 20; above++)
		assert_true(succeeds(gfp, above));
	return pages - 1;
}

/* how deep each kind of request may dip, by one page. */
static void rsv1_rsv2_rsv4_gfp5_gfp6_sweep_around_min(void **state)
{
	(void)state;
	for (enum kmc_profile profile = 0; profile < KMC_NR_PROFILES; profile++) {
		gfp_t atomic = GFP_ATOMIC;

		boot_dma32(profile);
		if (profile == KMC_PROFILE_6_1_192)
			atomic |= KMC_GFP_ATOMIC_6_1;
		assert_int_equal(boundary(GFP_NOWAIT), MIN_MARK);
		assert_int_equal(boundary(atomic), MIN_MARK - MIN_MARK / 2 - MIN_MARK / 8);
		assert_int_equal(boundary((GFP_KERNEL | __GFP_HIGH) & ~__GFP_DIRECT_RECLAIM),
				 MIN_MARK - MIN_MARK / 2 - MIN_MARK / 8);
		/* who may reclaim and finds nothing: its mark alone */
		assert_int_equal(boundary(GFP_KERNEL | __GFP_HIGH | __GFP_NORETRY), MIN_MARK / 2);
		assert_int_equal(boundary(GFP_KERNEL | __GFP_NORETRY), MIN_MARK);
		power_off();
	}
}

/* RSV-9, SCP-9: who may go below. */
static void rsv9_scp9_victims_and_reserves(void **state)
{
	(void)state;
	boot_dma32(KMC_PROFILE_6_18_44);
	assert_int_equal(kmc_sim_task_set(sim, 0, KMC_PF_OOM_VICTIM, KMC_PF_OOM_VICTIM), 0);
	assert_int_equal(boundary(GFP_KERNEL | __GFP_NORETRY), MIN_MARK / 2);
	assert_int_equal(kmc_sim_task_set(sim, 0, KMC_PF_OOM_VICTIM, 0), 0);
	assert_int_equal(kmc_sim_task_set(sim, 0, KMC_PF_MEMALLOC, KMC_PF_MEMALLOC), 0);
	assert_true(succeeds(GFP_KERNEL | __GFP_NORETRY, 1));
	assert_false(succeeds(GFP_KERNEL | __GFP_NOMEMALLOC | __GFP_NORETRY, MIN_MARK));
	assert_int_equal(kmc_sim_task_set(sim, KMC_SIM_MAX_TASKS, 0, 0), -EINVAL);
	power_off();
}

/* Rule: RSV-7: the next request sees it. */
static void rsv7_sysctls_take_effect_at_once(void **state)
{
	(void)state;
	boot_dma32(KMC_PROFILE_6_18_44);
	assert_false(succeeds(GFP_NOWAIT, MIN_MARK));
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_MIN_FREE_KBYTES, 512), 0);
	assert_int_equal(zone_info(0).wmark_min, 128);
	assert_int_equal(boundary(GFP_NOWAIT), 128);
	/* d = managed * scale / 10000 when that is more than a quarter of min */
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_SCALE_FACTOR, 1000), 0);
	assert_int_equal(zone_info(0).wmark_low, 128 + 1638);
	assert_int_equal(zone_info(0).wmark_high, 128 + 2 * 1638);
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_SCALE_FACTOR, 0), -EINVAL);
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_SCALE_FACTOR, 3001), -EINVAL);
	assert_int_equal(kmc_sim_sysctl(sim, KMC_NR_SYSCTLS, 1), -EINVAL);
	kmc_sim_reset(sim);
	assert_int_equal(zone_info(0).wmark_min, MIN_MARK);
	assert_int_equal(zone_info(0).wmark_low, 320);
	power_off();
}

/* R-5.4's machine: the reserve of lower zones by the ratio, 0 none. */
static void rsv5_rsv7_reserve_ratio(void **state)
{
	struct kmc_sim_config c = {
		.profile = KMC_PROFILE_6_18_44, .nr_cpus = 1, .nr_nodes = 1, .nr_zones = 2,
		.zones = { { .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 32768 },
			   { .type = KMC_ZONE_NORMAL, .start_pfn = 1048576, .nr_pages = 65536 } },
	};
	struct page *page;

	(void)state;
	boot_config(&c);
	assert_int_equal(zone_info(0).lowmem_reserve[KMC_ZONE_NORMAL], 65536 / 256);
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_LOWMEM_RESERVE_RATIO, 4), 0);
	assert_int_equal(zone_info(0).lowmem_reserve[KMC_ZONE_NORMAL], 65536 / 4);
	assert_int_equal(zone_info(0).lowmem_reserve[KMC_ZONE_DMA32], 0);
	/* Normal is empty: GFP_KERNEL may have of DMA32 what lies above mark and reserve */
	assert_true(kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, 0) >= 0);
	kmc_sim_pressure(sim, 0, KMC_ZONE_DMA32, 16384);
	assert_null(alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 0));
	page = alloc_pages(GFP_NOWAIT | __GFP_DMA32, 0);
	assert_non_null(page);
	__free_pages(page, 0);
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_LOWMEM_RESERVE_RATIO, 0), 0);
	page = alloc_pages(GFP_NOWAIT, 0);
	assert_non_null(page);
	__free_pages(page, 0);
	power_off();
}

/* What pressure took is accounted for, comes back, and is the same in each run. */
static void pressure_is_undone(void **state)
{
	uint64_t boot, first;
	int snapshot;

	(void)state;
	boot_dma32(KMC_PROFILE_6_18_44);
	boot = kmc_sim_hash(sim);
	set_free(1000);
	first = kmc_sim_hash(sim);
	snapshot = kmc_sim_snapshot(sim);
	assert_true(snapshot >= 0);
	set_free(17);
	kmc_sim_check(sim);
	set_free(16000);
	kmc_sim_check(sim);
	assert_int_equal(kmc_sim_restore(sim, snapshot), 0);
	assert_true(kmc_sim_hash(sim) == first);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_BOOST_FACTOR, 0), 0);
	assert_true(kmc_sim_hash(sim) == boot);
	set_free(1000);
	assert_true(kmc_sim_hash(sim) == first);
	assert_int_equal(kmc_sim_pressure(sim, 1, KMC_ZONE_DMA32, 1), -EINVAL);
	assert_int_equal(kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, 1), -EINVAL);
	/* more than there is: all that there is */
	assert_int_equal(kmc_sim_pressure(sim, 0, KMC_ZONE_DMA32, 1 << 20), 16384);
	power_off();
}

/* Rule: SCP-1, SCP-2, SCP-3, SCP-8, SCP-10. */
static void scp1_scp2_scp3_scp8_scp10_current_context(void **state)
{
	unsigned int noio, nofs, pin;

	(void)state;
	boot_dma32(KMC_PROFILE_6_18_44);
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_KERNEL);
	nofs = memalloc_nofs_save();
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_NOFS);
	noio = memalloc_noio_save();
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_NOIO);
	memalloc_nofs_restore(nofs);
	assert_int_equal(current_gfp_context(GFP_KERNEL), GFP_NOIO);
	memalloc_noio_restore(noio);
	pin = memalloc_pin_save();
	assert_int_equal(current_gfp_context(GFP_HIGHUSER_MOVABLE),
			 GFP_HIGHUSER_MOVABLE & ~__GFP_MOVABLE);
	assert_int_equal(current_gfp_context(GFP_NOWAIT), GFP_NOWAIT);
	memalloc_pin_restore(pin);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsv1_rsv2_rsv4_gfp5_gfp6_sweep_around_min),
		cmocka_unit_test(rsv9_scp9_victims_and_reserves),
		cmocka_unit_test(rsv7_sysctls_take_effect_at_once),
		cmocka_unit_test(rsv5_rsv7_reserve_ratio),
		cmocka_unit_test(pressure_is_undone),
		cmocka_unit_test(scp1_scp2_scp3_scp8_scp10_current_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
