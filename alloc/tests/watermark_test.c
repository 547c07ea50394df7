/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watermarks: the worked examples of to 5.6, and the boundaries of to 5.10. */
#include "machine_fixture.h"
#include "alloc/pressure.h"

static void expect_marks(unsigned int zone, uint64_t min, uint64_t low, uint64_t high,
			 uint64_t promo)
{
	struct kmc_zone_info z = zone_info(zone);

	assert_int_equal(z.wmark_min, min);
	assert_int_equal(z.wmark_low, low);
	assert_int_equal(z.wmark_high, high);
	assert_int_equal(z.wmark_promo, promo);
}

static void expect_reserve(unsigned int zone, uint64_t dma32, uint64_t normal, uint64_t highmem,
			   uint64_t movable)
{
	struct kmc_zone_info z = zone_info(zone);

	assert_int_equal(z.lowmem_reserve[KMC_ZONE_DMA], 0);
	assert_int_equal(z.lowmem_reserve[KMC_ZONE_DMA32], dma32);
	assert_int_equal(z.lowmem_reserve[KMC_ZONE_NORMAL], normal);
	assert_int_equal(z.lowmem_reserve[KMC_ZONE_HIGHMEM], highmem);
	assert_int_equal(z.lowmem_reserve[KMC_ZONE_MOVABLE], movable);
}

/* x86-64, 8 GiB */
static void rsv5_example_a(void **state)
{
	struct kmc_sim_config c = {
		.profile = KMC_PROFILE_6_18_44, .nr_cpus = 2, .nr_nodes = 1, .nr_zones = 3,
		.zones = { { .type = KMC_ZONE_DMA, .start_pfn = 256, .nr_pages = 3840 },
			   { .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 765952 },
			   { .type = KMC_ZONE_NORMAL, .start_pfn = 1048576,
			     .nr_pages = 1310720 } },
	};

	(void)state;
	boot_config(&c);
	assert_int_equal(sim->page->min_free_kbytes, 11539);
	expect_marks(0, 5, 8, 11, 14);
	expect_marks(1, 1061, 1826, 2591, 3356);
	expect_marks(2, 1816, 3126, 4436, 5746);
	expect_reserve(0, 2992, 8112, 8112, 8112);
	expect_reserve(1, 0, 5120, 5120, 5120);
	expect_reserve(2, 0, 0, 0, 0);
	assert_int_equal(sim->page->zones[0].pcp_batch, 1);
	assert_int_equal(sim->page->zones[1].pcp_batch, 63);
	assert_int_equal(sim->page->zones[2].pcp_batch, 63);
	power_off();
}

/* 32-bit, 2 GiB */
static void test_example_b(void **state)
{
	struct kmc_sim_config c = {
		.profile = KMC_PROFILE_6_18_44, .nr_cpus = 1, .nr_nodes = 1, .nr_zones = 3,
		.zones = { { .type = KMC_ZONE_DMA, .start_pfn = 128, .nr_pages = 3968 },
			   { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = 218112 },
			   { .type = KMC_ZONE_HIGHMEM, .start_pfn = 229376,
			     .nr_pages = 295936 } },
	};

	(void)state;
	boot_config(&c);
	assert_int_equal(sim->page->min_free_kbytes, 3770);
	expect_marks(0, 16, 20, 24, 28);
	expect_marks(1, 925, 1156, 1387, 1618);
	expect_marks(2, 128, 441, 754, 1067);
	expect_reserve(0, 0, 852, 2008, 2008);
	expect_reserve(1, 0, 0, 9248, 9248);
	power_off();
}

/* 64 MiB in one DMA32 zone */
static void test_example_c(void **state)
{
	(void)state;
	boot_simple(1, 64 * MIB);
	assert_int_equal(sim->page->min_free_kbytes, 1024);
	expect_marks(0, 256, 320, 384, 448);
	assert_int_equal(sim->page->zones[0].pcp_batch, 3);
	power_off();
}

/* huge pages raise the value, by zones or by a twentieth of memory; a sysctl is the last
 * word. */
static void rsv7_huge_pages_raise_the_marks(void **state)
{
	struct kmc_sim_config c;

	(void)state;
	/* the live sample: three zones of 512 * 11 frames each */
	kmc_sim_config_simple(&c, 2, 16384 * MIB);
	c.options = KMC_OPT_THP;
	boot_config(&c);
	assert_int_equal(sim->page->min_free_kbytes, 67584);
	power_off();
	/* 16384 frames, of which 384 below the high mark: 5 % of 16000 */
	kmc_sim_config_simple(&c, 1, 64 * MIB);
	c.options = KMC_OPT_THP;
	boot_config(&c);
	assert_int_equal(sim->page->min_free_kbytes, 3200);
	expect_marks(0, 800, 1000, 1200, 1400);
	assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_MIN_FREE_KBYTES, 1024), 0);
	expect_marks(0, 256, 320, 384, 448);
	kmc_sim_reset(sim);
	expect_marks(0, 800, 1000, 1200, 1400);
	power_off();
	/* where more is kept free anyway, nothing is raised */
	c = (struct kmc_sim_config){
		.nr_cpus = 1,
		.nr_nodes = 1,
		.nr_zones = 2,
		.options = KMC_OPT_THP,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = 512 },
			   { .type = KMC_ZONE_HIGHMEM, .start_pfn = 229376, .nr_pages = 4096 } },
	};
	boot_config(&c);
	assert_int_equal(sim->page->min_free_kbytes, 181);
	power_off();
}

/* The live sample of R-1 without huge pages: 16 GiB, 2 cpus. */
static void test_pcp_limits(void **state)
{
	struct kmc_sim_config c;

	(void)state;
	kmc_sim_config_simple(&c, 2, 16384 * MIB);
	boot_config(&c);
	assert_int_equal(sim->page->zones[0].pcp_high_max, 3840 / 8 / 2);
	assert_int_equal(sim->page->zones[2].pcp_high_max, zone_info(2).managed / 8 / 2);
	assert_int_equal(sim->page->zones[2].pcp_high, zone_info(2).wmark_low / 2);
	power_off();
}

/* Up to 6.1 a Movable zone takes part in the distribution of min. */
static void rsv4_movable_zone_by_profile(void **state)
{
	struct kmc_sim_config c = {
		.nr_cpus = 1, .nr_nodes = 1, .nr_zones = 2,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = 262144 },
			   { .type = KMC_ZONE_MOVABLE, .start_pfn = 266240,
			     .nr_pages = 262144 } },
	};

	(void)state;
	c.profile = KMC_PROFILE_6_1_192;
	boot_config(&c);
	assert_int_equal(sim->page->min_free_kbytes, 4096);
	assert_int_equal(zone_info(0).wmark_min, 512);
	assert_int_equal(zone_info(1).wmark_min, 512);
	power_off();
	c.profile = KMC_PROFILE_6_6_9;
	boot_config(&c);
	assert_int_equal(zone_info(0).wmark_min, 1024);
	assert_int_equal(zone_info(1).wmark_min, 128);
	power_off();
}

/* A zone of which exactly @free frames count as free; min 1000 as R-5.9's sample. */
static struct zone *zone_with(uint64_t free)
{
	struct zone *zone = &sim->page->zones[0];

	atomic_store(&zone->nr_free, free);
	zone->watermark[WMARK_MIN] = 1000;
	return zone;
}

/* RSV-2: the smallest number of free frames that passes at the min mark, less one. */
static uint64_t boundary(unsigned int order, unsigned int flags)
{
	for (uint64_t free = 0; free < 4000; free++)
		if (zone_watermark_ok(sim, zone_with(free), order, 1000, KMC_ZONE_NORMAL, flags))
			return free - 1;
	return UINT64_MAX;
}

static void rsv2_rsv3_rsv4_rsv8_reductions(void **state)
{
	struct zone *zone;
	uint64_t real;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	zone = &sim->page->zones[0];
	real = zone_nr_free(zone);
	assert_int_equal(boundary(0, 0), 1000);
	assert_int_equal(boundary(0, ALLOC_NON_BLOCK), 1000);
	assert_int_equal(boundary(0, ALLOC_MIN_RESERVE), 500);
	assert_int_equal(boundary(0, ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK), 375);
	assert_int_equal(boundary(0, ALLOC_OOM), 500);
	/* RSV-3: 2^n - 1 frames of an order-n request are unusable */
	assert_int_equal(boundary(3, 0), 1007);
	/* min 15 -> 8 -> 6 */
	atomic_store(&zone->nr_free, 7);
	assert_true(zone_watermark_ok(sim, zone, 0, 15, KMC_ZONE_NORMAL,
				      ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK));
	atomic_store(&zone->nr_free, 6);
	assert_false(zone_watermark_ok(sim, zone, 0, 15, KMC_ZONE_NORMAL,
				       ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK));
	/* no block of the order at all */
	atomic_store(&zone->nr_free, real);
	assert_true(zone_watermark_ok(sim, zone, 10, 0, KMC_ZONE_NORMAL, 0));
	atomic_store(&zone->order_mask, 0x0f);
	assert_true(zone_watermark_ok(sim, zone, 3, 0, KMC_ZONE_NORMAL, 0));
	assert_false(zone_watermark_ok(sim, zone, 4, 0, KMC_ZONE_NORMAL, 0));
	atomic_store(&zone->order_mask, 1u << 10);
	/* lowmem reserve of the request's highest zone */
	zone->lowmem_reserve[KMC_ZONE_MOVABLE] = 100;
	atomic_store(&zone->nr_free, 1100);
	assert_true(zone_watermark_ok(sim, zone, 0, 1000, KMC_ZONE_NORMAL, 0));
	assert_false(zone_watermark_ok(sim, zone, 0, 1000, KMC_ZONE_MOVABLE, 0));
	zone->lowmem_reserve[KMC_ZONE_MOVABLE] = 0;
	/* RSV-8 */
	zone->nr_free_cma = 200;
	atomic_store(&zone->nr_free, 1100);
	assert_false(zone_watermark_ok(sim, zone, 0, 1000, KMC_ZONE_NORMAL, 0));
	assert_true(zone_watermark_ok(sim, zone, 0, 1000, KMC_ZONE_NORMAL, ALLOC_CMA));
	zone->nr_free_cma = 0;
	atomic_store(&zone->nr_free, real);
	kmc_watermarks_setup(sim);
	power_off();
}

/*
 * RSV-6: an order-0 request ignores the boost at the min mark: up to 6.2 with the ATOMIC bit, from then
 * on with the right to half of min, which a real-time task has without any bit.
 */
static void rsv6_boost_exemption(void **state)
{
	static const enum kmc_profile profiles[] = { KMC_PROFILE_6_1_192, KMC_PROFILE_6_18_44 };
	static const struct {
		uint64_t nr_free;
		unsigned int flags;
		gfp_t gfp;
		bool old, now;
	} cases[] = {
		{ 1001, ALLOC_WMARK_MIN, GFP_KERNEL, false, false },
		{ 1001, ALLOC_WMARK_MIN, KMC_GFP_ATOMIC_6_1, true, false },
		{ 600, ALLOC_WMARK_MIN | ALLOC_MIN_RESERVE, __GFP_HIGH, false, true },
		{ 600, ALLOC_WMARK_MIN | ALLOC_MIN_RESERVE, GFP_KERNEL, false, true },
		{ 600, ALLOC_WMARK_LOW | ALLOC_MIN_RESERVE, GFP_KERNEL, false, false },
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct zone *zone;

		boot_one_zone(profiles[i], 16384);
		zone = zone_with(0);
		zone->watermark_boost = 512;
		for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
			uint64_t mark = wmark_pages(zone, WMARK_MIN);

			atomic_store(&zone->nr_free, cases[k].nr_free);
			assert_int_equal(zone_watermark_fast(sim, zone, 0, mark, KMC_ZONE_NORMAL,
							     cases[k].flags, cases[k].gfp),
					 i ? cases[k].now : cases[k].old);
		}
		atomic_store(&zone->nr_free, 16384);
		kmc_watermarks_setup(sim);
		power_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsv5_example_a),
		cmocka_unit_test(test_example_b),
		cmocka_unit_test(test_example_c),
		cmocka_unit_test(rsv7_huge_pages_raise_the_marks),
		cmocka_unit_test(test_pcp_limits),
		cmocka_unit_test(rsv4_movable_zone_by_profile),
		cmocka_unit_test(rsv2_rsv3_rsv4_rsv8_reductions),
		cmocka_unit_test(rsv6_boost_exemption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
