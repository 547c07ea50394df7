/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Balloons: what is managed changes, the marks do not, the reserve by release (ZON-6, R-5.11). */
#include "alloc/balloon.h"
#include "alloc/pressure.h"
#include "machine_fixture.h"

static void boot_two_zones(enum kmc_profile profile)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 1,
		.nr_nodes = 1,
		.nr_zones = 2,
		.zones = { { .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 16384 },
			   { .type = KMC_ZONE_NORMAL, .start_pfn = 1048576, .nr_pages = 32768 } },
	};

	boot_config(&config);
}

static void check_inflated(enum kmc_profile profile)
{
	struct kmc_zone_info before, after;

	boot_two_zones(profile);
	before = zone_info(1);
	assert_int_equal(zone_info(0).lowmem_reserve[KMC_ZONE_NORMAL], 32768 / 256);
	assert_int_equal(kmc_sim_balloon(sim, 0, KMC_ZONE_NORMAL, 16384), 16384);
	after = zone_info(1);
	assert_int_equal(after.managed, 16384);
	assert_int_equal(after.present, before.present);
	assert_int_equal(after.wmark_min, before.wmark_min);
	assert_int_equal(after.wmark_high, before.wmark_high);
	assert_int_equal(zone_info(0).lowmem_reserve[KMC_ZONE_NORMAL],
			 profile == KMC_PROFILE_6_18_44 ? 16384 / 256 : 32768 / 256);
	kmc_sim_check(sim);
	/* a sysctl, whatever it sets, computes the marks anew */
	kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_SCALE_FACTOR, 10);
	assert_true(zone_info(1).wmark_min < before.wmark_min);
	assert_int_equal(zone_info(0).lowmem_reserve[KMC_ZONE_NORMAL], 16384 / 256);
	power_off();
}

static void zon6_rsv7_managed_marks_reserve(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		check_inflated(p);
}

/* It comes back whole, takes no more than down to the min mark, and ends with a reset. */
static void zon6_inflate_and_deflate(void **state)
{
	uint64_t boot;
	int64_t most;

	(void)state;
	boot_two_zones(KMC_PROFILE_6_18_44);
	boot = kmc_sim_hash(sim);
	most = kmc_sim_balloon(sim, 0, KMC_ZONE_NORMAL, UINT64_MAX);
	assert_int_equal(zone_info(1).nr_free, zone_info(1).wmark_min);
	assert_int_equal(zone_info(1).managed, 32768 - most);
	assert_int_equal(zone_info(1).nr_free, zone_info(1).managed);
	assert_int_equal(kmc_sim_balloon(sim, 0, KMC_ZONE_NORMAL, 100), 100);
	kmc_sim_check(sim);
	assert_int_equal(kmc_sim_balloon(sim, 0, KMC_ZONE_NORMAL, 0), 0);
	assert_int_equal(zone_info(1).managed, 32768);
	assert_int_equal(zone_info(1).nr_free, 32768);
	assert_int_equal(zone_info(1).free_blocks[MAX_PAGE_ORDER], 32);
	assert_int_equal(kmc_sim_balloon(sim, 0, KMC_ZONE_DMA, 1), -EINVAL);
	assert_int_equal(kmc_sim_balloon(sim, 0, KMC_ZONE_DMA32, 1000), 1000);
	kmc_sim_reset(sim);
	assert_true(kmc_sim_hash(sim) == boot);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zon6_rsv7_managed_marks_reserve),
		cmocka_unit_test(zon6_inflate_and_deflate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
