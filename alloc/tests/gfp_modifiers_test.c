/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flags that change little: WRITE's spreading over nodes, the two huge-page
 * combinations, bits that act with tagged memory alone, the mask of a suspending machine.
 */
#include "alloc/pressure.h"
#include "machine_fixture.h"
#include "reclaim.h"
#include "tp_counts.h"

static void boot_nodes(enum kmc_profile profile, unsigned int nr_nodes, uint64_t nr_pages)
{
	struct kmc_sim_config config = { .profile = profile, .nr_cpus = 2, .nr_nodes = nr_nodes,
					 .nr_zones = nr_nodes };

	for (unsigned int i = 0; i < nr_nodes; i++)
		config.zones[i] = (struct kmc_zone_layout){ .type = KMC_ZONE_NORMAL,
							    .node = (uint8_t)i,
							    .start_pfn = 4096 + i * nr_pages,
							    .nr_pages = nr_pages };
	boot_config(&config);
}

static int node_of(const struct page *page)
{
	return page ? (int)kmc_page_node(sim, page) : -1;
}

/* A first pass avoids nodes beyond their dirty limit; the next one does not care. */
static void gfp38_write_spreads(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_nodes(p, 2, 8192);
		assert_int_equal(node_of(alloc_pages(GFP_KERNEL | __GFP_WRITE, 0)), 0);
		assert_int_equal(kmc_sim_node_dirty(sim, 0, true), 0);
		for (unsigned int order = 0; order <= 4; order++) {
			assert_int_equal(node_of(alloc_pages(GFP_KERNEL | __GFP_WRITE, order)), 1);
			assert_int_equal(node_of(alloc_pages(GFP_KERNEL, order)), 0);
		}
		/* a hint: where all are beyond it the request is served as any other */
		kmc_sim_node_dirty(sim, 1, true);
		assert_int_equal(node_of(alloc_pages(GFP_KERNEL | __GFP_WRITE, 0)), 0);
		assert_int_equal(node_of(alloc_pages(GFP_NOWAIT | __GFP_WRITE, 0)), 0);
		kmc_sim_node_dirty(sim, 0, false);
		assert_int_equal(node_of(alloc_pages(GFP_KERNEL | __GFP_WRITE, 0)), 0);
		assert_int_equal(kmc_sim_node_dirty(sim, 2, true), -EINVAL);
		power_off();
	}
}

/* Every other page of the zone is held: no block of order 1 is free. */
static void fragment(void)
{
	static struct page *pages[16384];
	unsigned int nr = 0;

	while (nr < 16384 && (pages[nr] = alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC, 0)))
		nr++;
	for (unsigned int i = 0; i < nr; i++)
		if (page_to_pfn(pages[i]) & 1)
			__free_pages(pages[i], 0);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_sim_kswapd_step(sim, 0); /* asleep again */
	assert_int_equal(zone_info(0).free_blocks[0], zone_info(0).nr_free);
}

static void gfp40_transhuge(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_nodes(p, 1, 16384);
		fragment();
		listen();
		assert_null(alloc_pages(GFP_TRANSHUGE_LIGHT, 9));
		assert_int_equal(seen[KMC_TP_WAKEUP_KSWAPD], 0);
		assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 0);
		assert_int_equal(seen[KMC_TP_COMPACTION_TRY], 0);
		assert_int_equal(seen[KMC_TP_SLEEP], 0);
		assert_null(alloc_pages(GFP_TRANSHUGE, 9));
		assert_int_equal(seen[KMC_TP_WAKEUP_KSWAPD], 0);
		assert_true(seen[KMC_TP_COMPACTION_TRY] > 0);
		assert_true(seen[KMC_TP_DIRECT_RECLAIM_BEGIN] <= 1);
		assert_int_equal(seen[KMC_TP_WARN], 0); /* both imply NOWARN */
		/* the same request with KSWAPD_RECLAIM does wake it */
		assert_null(alloc_pages(GFP_TRANSHUGE | __GFP_KSWAPD_RECLAIM, 9));
		assert_int_equal(seen[KMC_TP_WAKEUP_KSWAPD], 1);
		power_off();
	}
}

/* What the bits are where memory has no tags: nothing, whatever a release numbers them. */
static void gfp41_bits_of_tagged_memory(void **state)
{
	static const gfp_t bits[] = { __GFP_ZEROTAGS, __GFP_SKIP_ZERO, __GFP_SKIP_KASAN,
				      0x1000000u, 0x2000000u, 0x3000000u | __GFP_ZEROTAGS };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_nodes(p, 1, 8192);
		for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
			struct page *page = alloc_pages(GFP_KERNEL, 2);
			uint8_t *bytes = page_address(page);

			memset(bytes, 0xa5, 4 * PAGE_SIZE);
			__free_pages(page, 2);
			page = alloc_pages(GFP_KERNEL | __GFP_ZERO | bits[i], 2);
			assert_ptr_equal(page_address(page), bytes);
			for (unsigned int k = 0; k < 4 * PAGE_SIZE; k++)
				assert_int_equal(bytes[k], 0);
			memset(bytes, 0xa5, 4 * PAGE_SIZE);
			__free_pages(page, 2);
			/* and do not zero by themselves */
			page = alloc_pages(GFP_KERNEL | bits[i], 2);
			assert_int_equal(bytes[PAGE_SIZE], 0xa5);
			__free_pages(page, 2);
		}
		power_off();
	}
}

static gfp_t traced;

static void keep_gfp(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	traced = (gfp_t)tp->gfp;
}

/* A machine that suspends allows neither IO nor FS: the tracepoint shows it, reclaim keeps it. */
static void gfp43_suspended_mask(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_nodes(p, 1, 16384);
		kmc_sim_sysctl(sim, KMC_SYSCTL_WATERMARK_BOOST_FACTOR, 0); /* 32 pages suffice */
		assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_NEEDS_IO, 256), 256);
		assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_NEEDS_FS, 256), 256);
		kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_MM_PAGE_ALLOC), keep_gfp, NULL);
		assert_non_null(alloc_pages(GFP_KERNEL, 0));
		assert_int_equal(traced, GFP_KERNEL);
		kmc_sim_suspend_storage(sim, true);
		assert_non_null(alloc_pages(GFP_KERNEL, 0));
		assert_int_equal(traced, GFP_NOIO);
		while (alloc_pages(GFP_NOWAIT, 0))
			;
		listen();
		assert_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
		assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 1);
		assert_int_equal(seen[KMC_TP_STARTED_IO] + seen[KMC_TP_STARTED_FS], 0);
		kmc_sim_suspend_storage(sim, false);
		assert_non_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 0));
		assert_true(seen[KMC_TP_STARTED_IO] + seen[KMC_TP_STARTED_FS] > 0);
		power_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp38_write_spreads),
		cmocka_unit_test(gfp40_transhuge),
		cmocka_unit_test(gfp41_bits_of_tagged_memory),
		cmocka_unit_test(gfp43_suspended_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
