/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Placement: ZON-1..3, ZON-7, GFP-22, GFP-25, GFP-26, GFP-28..33, RSV-5. */
#include "alloc/pressure.h"
#include "alloc/reclaim.h"
#include "machine_fixture.h"

/* All five types on node 0, Normal and Movable on node 1 and 2; small but whole pageblocks. */
static void boot_all_zones(void)
{
	struct kmc_sim_config c = {
		.profile = KMC_PROFILE_6_18_44, .nr_cpus = 3, .nr_nodes = 3, .nr_zones = 9,
		.zones = {
			{ .type = KMC_ZONE_DMA, .start_pfn = 1024, .nr_pages = 2048 },
			{ .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 4096 },
			{ .type = KMC_ZONE_NORMAL, .start_pfn = 16384, .nr_pages = 4096 },
			{ .type = KMC_ZONE_HIGHMEM, .start_pfn = 32768, .nr_pages = 4096 },
			{ .type = KMC_ZONE_MOVABLE, .start_pfn = 65536, .nr_pages = 4096 },
			{ .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 131072,
			  .nr_pages = 4096 },
			{ .type = KMC_ZONE_MOVABLE, .node = 1, .start_pfn = 147456,
			  .nr_pages = 4096 },
			{ .type = KMC_ZONE_NORMAL, .node = 2, .start_pfn = 163840,
			  .nr_pages = 4096 },
			{ .type = KMC_ZONE_MOVABLE, .node = 2, .start_pfn = 180224,
			  .nr_pages = 4096 },
		},
	};

	boot_config(&c);
}

static int setup_all(void **state)
{
	(void)state;
	boot_all_zones();
	return 0;
}

/* The zone index of a request's page; -1: NULL. The page is freed again. */
static int zone_of(int node, gfp_t gfp)
{
	struct page *page = alloc_pages_node(node, gfp, 0);
	int zone = -1;

	if (!page)
		return -1;
	zone = (int)kmc_zone_index(sim, page_to_pfn(page));
	__free_pages(page, 0);
	return zone;
}

/* the low nibble chooses the highest zone. */
static void gfp25_gfp26_gfp28_gfp29_gfp30_gfp31_highest_zone(void **state)
{
	(void)state;
	assert_int_equal(zone_of(0, GFP_KERNEL), 2);
	assert_int_equal(zone_of(0, GFP_KERNEL | __GFP_DMA), 0);
	assert_int_equal(zone_of(0, GFP_KERNEL | __GFP_DMA32), 1);
	assert_int_equal(zone_of(0, GFP_HIGHUSER), 3);          /* GFP-31: not Movable */
	assert_int_equal(zone_of(0, GFP_HIGHUSER_MOVABLE), 4);
	assert_int_equal(zone_of(0, GFP_KERNEL | __GFP_MOVABLE), 2); /* GFP-26 */
	assert_int_equal(zone_of(0, GFP_KERNEL | __GFP_MOVABLE | __GFP_DMA), 0);
	assert_int_equal(zone_of(0, GFP_KERNEL | __GFP_MOVABLE | __GFP_DMA32), 1);
	assert_int_equal(zone_of(0, GFP_KERNEL | __GFP_DMA | __GFP_HIGHMEM), 0); /* GFP-25 */
}

/* ZON-3 */
static void zon3_node_is_a_preference(void **state)
{
	(void)state;
	assert_int_equal(zone_of(NUMA_NO_NODE, GFP_KERNEL), 2);
	assert_int_equal(zone_of(1, GFP_KERNEL), 5);
	assert_int_equal(zone_of(2, GFP_HIGHUSER_MOVABLE), 8);
	kmc_sim_switch(sim, 2);
	assert_int_equal(kmc_this_cpu->node, 2);
	assert_int_equal(zone_of(NUMA_NO_NODE, GFP_KERNEL), 7);
}

/* Drain with a request until it fails; the zones it used, in order of first use. */
static unsigned int order_of_use(int node, gfp_t gfp, int *zones)
{
	unsigned int n = 0;
	struct page *page;

	while ((page = alloc_pages_node(node, gfp | __GFP_MEMALLOC | __GFP_NOWARN, 0))) {
		int zone = (int)kmc_zone_index(sim, page_to_pfn(page));
		unsigned int i = 0;

		while (i < n && zones[i] != zone)
			i++;
		if (i == n)
			zones[n++] = zone;
	}
	return n;
}

static void expect_order(int node, gfp_t gfp, const char *expect)
{
	char text[32];
	int zones[16];
	unsigned int n;

	kmc_sim_reset(sim);
	n = order_of_use(node, gfp, zones);
	for (unsigned int i = 0; i < n; i++)
		text[i] = (char)('0' + zones[i]);
	text[n] = 0;
	assert_string_equal(text, expect);
	kmc_sim_check(sim);
}

/* ZON-1, ZON-2: down through the nearest node, then the next nodes by distance. */
static void zon1_zon2_gfp28_fallback_order(void **state)
{
	(void)state;
	expect_order(0, GFP_HIGHUSER_MOVABLE, "432106587");
	expect_order(1, GFP_HIGHUSER_MOVABLE, "654321087");
	expect_order(0, GFP_KERNEL, "21057");
	expect_order(2, GFP_KERNEL, "75210");
	expect_order(0, GFP_KERNEL | __GFP_DMA32, "10");
	expect_order(0, GFP_KERNEL | __GFP_DMA, "0"); /* GFP-28: never above */
}

/* GFP-22 */
static void gfp22_thisnode(void **state)
{
	(void)state;
	expect_order(1, GFP_KERNEL | __GFP_THISNODE, "5");
	assert_int_equal(zone_of(1, GFP_KERNEL | __GFP_THISNODE), -1);
	assert_int_equal(zone_of(1, GFP_KERNEL), 2);
	expect_order(0, GFP_HIGHUSER_MOVABLE | __GFP_THISNODE, "43210");
	expect_order(2, GFP_KERNEL | __GFP_DMA | __GFP_THISNODE, "");
}

/* RSV-5: a request that may use Normal leaves the reserve of the zones below. */
static void rsv5_lowmem_reserve_is_kept(void **state)
{
	struct kmc_zone_info dma, dma32;

	(void)state;
	while (alloc_pages(GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 0))
		;
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	dma = zone_info(0);
	dma32 = zone_info(1);
	assert_true(dma32.nr_free >= dma32.lowmem_reserve[KMC_ZONE_NORMAL]);
	assert_true(dma.nr_free >= dma.lowmem_reserve[KMC_ZONE_NORMAL]);
	assert_int_equal(dma.lowmem_reserve[KMC_ZONE_NORMAL], (4096 + 4096) / 256);
	/* aimed at the zone itself it is no obstacle */
	assert_non_null(alloc_pages(GFP_KERNEL | __GFP_DMA32 | __GFP_THISNODE, 0));
}

/* GFP-33: what USER gets, HIGHUSER gets, and so on. */
static void gfp33_longer_is_less_restrictive(void **state)
{
	static const gfp_t flags[] = { GFP_USER, GFP_HIGHUSER, GFP_HIGHUSER_MOVABLE };
	bool before = false;

	(void)state;
	while (alloc_pages(GFP_USER | __GFP_NOWARN, 0))
		;
	for (int i = 0; i < 3; i++) {
		struct page *page = alloc_pages(flags[i], 0);

		assert_true(page || !before);
		before = page;
	}
	assert_true(before);
}

/* GFP-28: a kernel without the zone takes Normal's order. */
static void gfp28_no_dma_zone(void **state)
{
	struct kmc_sim_config c;

	(void)state;
	boot_simple(1, 64 * MIB);
	assert_int_equal(zone_of(0, GFP_KERNEL | __GFP_DMA), 0);
	power_off();
	kmc_sim_config_simple(&c, 1, 8192 * MIB);
	c.options = KMC_OPT_NO_ZONE_DMA;
	boot_config(&c);
	assert_int_equal(zone_of(0, GFP_KERNEL | __GFP_DMA), 2);
	power_off();
}

/* ZON-4: a node that is not there. */
static void zon4_bad_node(void **state)
{
	(void)state;
	tp_listen(KMC_TP_WARN);
	assert_null(alloc_pages_node(3, GFP_KERNEL, 0));
	assert_int_equal(tp_count, 1);
}

static int node_of_request(gfp_t gfp)
{
	struct page *page = alloc_pages_node(0, gfp, 0);
	int node = page ? (int)kmc_page_node(sim, page) : -1;

	if (page)
		__free_pages(page, 0);
	return node;
}

static void two_nodes(enum kmc_profile profile)
{
	struct kmc_sim_config c = {
		.profile = profile, .nr_cpus = 2, .nr_nodes = 2, .nr_zones = 2,
		.zones = {
			{ .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = 8192 },
			{ .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 12288, .nr_pages = 8192 },
		},
	};

	boot_config(&c);
	kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_BOOST_FACTOR, 0);
}

/* The node goes below low, its kswapd is woken, and then there is plenty again. */
static void wake_kswapd_of(unsigned int node)
{
	struct page *page;

	kmc_sim_pressure(sim, node, KMC_ZONE_NORMAL, zone_info(node).wmark_low);
	page = alloc_pages_node((int)node, GFP_NOWAIT | __GFP_THISNODE, 0);
	assert_non_null(page);
	__free_page(page);
	kmc_sim_pressure(sim, node, KMC_ZONE_NORMAL, 8192);
	assert_true(zone_info(node).nr_free > zone_info(node).wmark_high);
}

/* Since 6.18 a node whose kswapd is at work comes after those whose is not: a choice, no failure. */
static void zon7_busy_nodes_come_later(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		bool goes_by_it = p == KMC_PROFILE_6_18_44;
		uint64_t boot;

		two_nodes(p);
		boot = kmc_sim_hash(sim);
		assert_int_equal(node_of_request(GFP_KERNEL), 0);
		wake_kswapd_of(0);
		assert_int_equal(node_of_request(GFP_KERNEL), goes_by_it);
		assert_int_equal(node_of_request(GFP_KERNEL | __GFP_COMP), goes_by_it);
		assert_int_equal(node_of_request(GFP_ATOMIC), goes_by_it);
		/* who may not go elsewhere does not, and nobody fails for it */
		assert_int_equal(node_of_request(GFP_KERNEL | __GFP_THISNODE), 0);
		kmc_sim_pressure(sim, 1, KMC_ZONE_NORMAL, 0);
		assert_int_equal(node_of_request(GFP_KERNEL), 0);
		kmc_sim_pressure(sim, 1, KMC_ZONE_NORMAL, 8192);
		assert_int_equal(node_of_request(GFP_KERNEL), goes_by_it);
		/* all of them busy: as if none was */
		wake_kswapd_of(1);
		assert_int_equal(node_of_request(GFP_KERNEL), 0);
		kmc_sim_kswapd_step(sim, 0);
		assert_int_equal(node_of_request(GFP_KERNEL), 0);
		wake_kswapd_of(0);
		kmc_sim_reset(sim);
		assert_int_equal(node_of_request(GFP_KERNEL), 0);
		kmc_sim_reset(sim);
		kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_BOOST_FACTOR, 0);
		assert_true(kmc_sim_hash(sim) == boot);
		power_off();
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_all, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zon7_busy_nodes_come_later),
		CASE(gfp25_gfp26_gfp28_gfp29_gfp30_gfp31_highest_zone),
		CASE(zon3_node_is_a_preference),
		CASE(zon1_zon2_gfp28_fallback_order),
		CASE(gfp22_thisnode),
		CASE(rsv5_lowmem_reserve_is_kept),
		CASE(gfp33_longer_is_less_restrictive),
		cmocka_unit_test(gfp28_no_dma_zone),
		CASE(zon4_bad_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
