/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Per-cpu lists: to 4.7, PCP-1..6. */
#include "machine_fixture.h"
#include "alloc/pagesets.h"
#include "alloc/pressure.h"

#define MOV GFP_HIGHUSER_MOVABLE

static const struct per_cpu_pages *pcp(unsigned int cpu)
{
	return sim->cpus[cpu].pcp;
}

/* PCP-1: orders 0 to 3 rest on the list, order 4 does not. */
static void pcp1_which_orders(void **state)
{
	(void)state;
	for (unsigned int order = 0; order <= 5; order++) {
		kmc_sim_reset(sim);
		__free_pages(alloc_pages(MOV, order), order);
		if (order <= 3)
			assert_true(pcp(0)->count >= 1u << order);
		else
			assert_int_equal(pcp(0)->count, 0);
		kmc_sim_check(sim);
	}
}

static void boot_huge(enum kmc_profile profile, uint64_t nr_pages)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 2,
		.nr_nodes = 1,
		.nr_zones = 1,
		.options = KMC_OPT_THP,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = nr_pages } },
	};

	boot_config(&config);
}

/* PCP-1: where there are huge pages, two of them at a time come onto the lists; no other order. */
static void pcp1_huge_pages(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct page *page;

		boot_huge(p, 262144);
		page = alloc_pages(MOV | __GFP_COMP, 9);
		assert_int_equal(pcp(0)->count, 512);
		__free_pages(page, 9);
		assert_int_equal(pcp(0)->count, 1024);
		assert_int_equal(page->kind, FRAME_PCP);
		for (unsigned int order = 4; order <= 10; order++)
			if (order != 9)
				__free_pages(alloc_pages(MOV, order), order);
		assert_int_equal(pcp(0)->count, 1024);
		kmc_sim_check(sim);
		kmc_page_flush_cpu(sim, kmc_this_cpu);
		assert_int_equal(pcp(0)->count, 0);
		assert_int_equal(zone_info(0).nr_free, 262144);
		power_off();
	}
}

/* PCP-2: movable huge pages have a list, all others one together. */
static void pcp2_two_lists_of_huge_pages(void **state)
{
	static const gfp_t gfp[] = { GFP_KERNEL, MOV, GFP_KERNEL | __GFP_RECLAIMABLE };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct page *page[3];

		boot_huge(p, 262144);
		for (unsigned int i = 0; i < 3; i++)
			page[i] = alloc_pages(gfp[i] | __GFP_COMP, 9);
		kmc_page_flush_cpu(sim, kmc_this_cpu);
		for (unsigned int i = 0; i < 3; i++)
			__free_pages(page[i], 9);
		assert_int_equal(pcp(0)->lists[13].head, page_to_pfn(page[1]));
		assert_int_equal(pcp(0)->lists[12].head, page_to_pfn(page[2]));
		kmc_sim_check(sim);
		assert_ptr_equal(alloc_pages(MOV | __GFP_COMP, 9), page[1]);
		assert_ptr_equal(alloc_pages(GFP_KERNEL | __GFP_COMP, 9), page[2]);
		assert_ptr_equal(alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 9), page[0]);
		power_off();
	}
}

/* PCP-5: a huge page is more than a small zone's lists may have; it makes no storm. */
static void pcp5_huge_pages_and_the_limit(void **state)
{
	static struct page *page[8];

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_huge(p, 16384);
		assert_int_equal(sim->page->zones[0].pcp_high, 500);
		for (unsigned int i = 0; i < 8; i++)
			page[i] = alloc_pages(MOV, 9);
		kmc_page_flush_cpu(sim, kmc_this_cpu);
		for (unsigned int i = 0; i < 8; i++) {
			__free_pages(page[i], 9);
			assert_true(pcp(0)->count <= sim->page->zones[0].pcp_high_max);
			assert_int_equal(pcp(0)->prev_order, 0);
		}
		kmc_sim_check(sim);
		power_off();
	}
}

static unsigned int refill(enum kmc_profile profile, unsigned int order)
{
	unsigned int count;

	boot_one_zone(profile, 65536);
	assert_int_equal(sim->page->zones[0].pcp_batch, 15);
	alloc_pages(MOV, order);
	count = (pcp(0)->count >> order) + 1;
	power_off();
	return count;
}

/* */
static void test_refill_counts(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		assert_int_equal(refill(p, 0), 15);
		assert_int_equal(refill(p, 1), 7);
		assert_int_equal(refill(p, 2), 3);
		assert_int_equal(refill(p, 3), 2);
	}
}

/* From 6.8 on consecutive refills double, up to 2^5; a free halves the factor. */
static void test_refills_double(void **state)
{
	unsigned int seen[8], n = 0;
	uint64_t free_before;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 262144);
	free_before = zone_info(0).nr_free;
	while (n < 8) {
		uint64_t free_now;

		alloc_pages(MOV, 0);
		free_now = zone_info(0).nr_free;
		if (free_now != free_before)
			seen[n++] = (unsigned int)(free_before - free_now);
		free_before = free_now;
	}
	assert_int_equal(seen[0], 63);
	assert_int_equal(seen[1], 126);
	assert_int_equal(seen[2], 252);
	for (int i = 3; i < 8; i++)
		assert_true(seen[i] >= seen[i - 1] && seen[i] <= 63 << 5);
	power_off();
	boot_one_zone(KMC_PROFILE_6_6_9, 262144);
	for (int i = 0; i < 64; i++)
		alloc_pages(MOV, 0);
	assert_int_equal(zone_info(0).nr_free, 262144 - 2 * 63);
	power_off();
}

/* The list's head is taken first, what is freed last comes back first. */
static void test_lifo(void **state)
{
	struct page *a = alloc_pages(MOV, 0), *b = alloc_pages(MOV, 0);

	(void)state;
	assert_int_equal(page_to_pfn(b), page_to_pfn(a) + 1);
	__free_pages(a, 0);
	__free_pages(b, 0);
	assert_ptr_equal(alloc_pages(MOV, 0), b);
	assert_ptr_equal(alloc_pages(MOV, 0), a);
}

/* PCP-5: the limit, in each profile. */
static void check_limit(enum kmc_profile profile)
{
	static struct page *page[4000];
	unsigned int high = 0;

	boot_one_zone(profile, 65536);
	for (int i = 0; i < 4000; i++)
		page[i] = alloc_pages(MOV, 0);
	for (int i = 0; i < 4000; i++) {
		__free_pages(page[i], 0);
		if (pcp(0)->count > high)
			high = pcp(0)->count;
		assert_true(pcp(0)->count <= pcp(0)->high);
	}
	assert_true(pcp(0)->high >= sim->page->zones[0].pcp_high);
	assert_true(pcp(0)->high <= sim->page->zones[0].pcp_high_max);
	if (profile <= KMC_PROFILE_6_6_9)
		assert_int_equal(pcp(0)->high, sim->page->zones[0].pcp_high);
	assert_int_equal(zone_info(0).nr_free + pcp(0)->count, 65536);
	kmc_sim_check(sim);
	power_off();
}

static void pcp5_limit(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		check_limit(p);
}

/* @n blocks of @order in @page, and nothing on the lists. */
static void take(struct page **page, unsigned int n, unsigned int order)
{
	for (unsigned int i = 0; i < n; i++)
		page[i] = alloc_pages(MOV, order);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
}

/* Lists that refills made as long as they may be. */
static void grow(void)
{
	for (unsigned int i = 0; i < 20000; i++)
		assert_non_null(alloc_pages(MOV, 0));
}

/* PCP-5: from 6.7 on each refill raises the limit by what it wants, up to the upper bound. */
static void pcp5_refills_raise_the_limit(void **state)
{
	(void)state;
	for (enum kmc_profile p = KMC_PROFILE_6_12_117; p < KMC_NR_PROFILES; p++) {
		uint32_t low, most, before;

		boot_one_zone(p, 262144);
		low = sim->page->zones[0].pcp_high;
		most = sim->page->zones[0].pcp_high_max;
		assert_true(low < most);
		alloc_pages(MOV, 0);
		assert_int_equal(pcp(0)->high, low + 63);
		while (pcp(0)->count)
			alloc_pages(MOV, 0);
		alloc_pages(MOV, 0);
		assert_int_equal(pcp(0)->high, low + 63 + 126);
		do {
			before = pcp(0)->high;
			assert_non_null(alloc_pages(MOV, 0));
			assert_true(pcp(0)->high >= before && pcp(0)->high <= most);
		} while (pcp(0)->high < most);
		grow();
		assert_int_equal(pcp(0)->high, most);
		power_off();
	}
}

/* PCP-5: from 6.7 on the limit sinks by an eighth each second, down to the lower bound. */
static void pcp5_limit_sinks_with_time(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		uint32_t high, low;

		boot_one_zone(p, 262144);
		grow();
		low = sim->page->zones[0].pcp_high;
		high = pcp(0)->high;
		for (unsigned int second = 1; second < 4; second++) {
			kmc_sim_clock_advance(sim, 999999999);
			assert_int_equal(pcp(0)->high, high);
			kmc_sim_clock_advance(sim, 1);
			if (p >= KMC_PROFILE_6_12_117)
				high -= high / 8;
			assert_int_equal(pcp(0)->high, high);
		}
		kmc_sim_clock_advance(sim, 1000000000000000000ull);
		assert_int_equal(pcp(0)->high, low);
		assert_true(pcp(0)->count <= low);
		kmc_sim_check(sim);
		power_off();
	}
}

/* PCP-5: what lies above the sunken limit goes back; so does what another cpu has. */
static void pcp5_tick_drains(void **state)
{
	static struct page *page[6000];

	(void)state;
	for (enum kmc_profile p = KMC_PROFILE_6_12_117; p < KMC_NR_PROFILES; p++) {
		uint32_t before;

		boot_one_zone(p, 262144);
		grow();
		take(page, 6000, 0);
		for (unsigned int i = 0; i < 6000; i++)
			__free_pages(page[i], 0);
		before = pcp(0)->count;
		assert_true(before > sim->page->zones[0].pcp_high);
		kmc_sim_switch(sim, 1);
		kmc_sim_clock_advance(sim, 1000000000);
		assert_true(pcp(0)->count <= pcp(0)->high);
		kmc_sim_clock_advance(sim, 100000000000ull);
		assert_int_equal(pcp(0)->high, sim->page->zones[0].pcp_high);
		assert_int_equal(pcp(0)->count, pcp(0)->high);
		assert_int_equal(zone_info(0).pcp_count, pcp(0)->count);
		kmc_sim_check(sim);
		power_off();
	}
}

/* Frees of @order until the lists get shorter; returns how much shorter, and at which count. */
static unsigned int drained_in_storm(enum kmc_profile profile, unsigned int order, uint32_t *at)
{
	static struct page *page[1200];
	unsigned int before = 0, i = 0, drained;

	boot_one_zone(profile, 262144);
	grow();
	take(page, 1200, order);
	do {
		before = pcp(0)->count;
		__free_pages(page[i++], order);
	} while (pcp(0)->count > before && i < 1200);
	drained = pcp(0)->count > before ? 0 : before + (1u << order) - pcp(0)->count;
	*at = before + (1u << order);
	kmc_sim_check(sim);
	power_off();
	return drained;
}

/*
 * PCP-5: a run of frees of orders 1 to 3 does not fill the lists. Up to 6.6 it begins
 * after the first drain, and the lists are emptied; from 6.8 on with a batch of frames
 * freed, from 6.16 on with half the lower bound more, and at most batch << 5 frames go.
 */
static void pcp5_storm_of_high_orders(void **state)
{
	uint32_t at;

	(void)state;
	/* a batch of 63 frames and the block that finds it */
	assert_int_equal(drained_in_storm(KMC_PROFILE_6_12_117, 3, &at), 72);
	assert_int_equal(at, 72);
	assert_int_equal(drained_in_storm(KMC_PROFILE_6_12_117, 1, &at), 66);
	assert_int_equal(at, 66);
	/* low mark 1280 over two cpus: 63 + 640 / 2 */
	assert_int_equal(drained_in_storm(KMC_PROFILE_6_18_44, 3, &at), 392);
	assert_int_equal(at, 392);
	/* single pages are no storm: they go up to the limit */
	drained_in_storm(KMC_PROFILE_6_18_44, 0, &at);
	assert_true(at > 640);
}

/* PCP-5: up to 6.6 the first drain is an ordinary one, the next block flushes the lists. */
static void pcp5_storm_flushes_up_to_6_6(void **state)
{
	static struct page *page[600];

	(void)state;
	for (enum kmc_profile p = 0; p <= KMC_PROFILE_6_6_9; p++) {
		unsigned int before = 0, i = 0;

		boot_one_zone(p, 262144);
		take(page, 600, 2);
		do {
			before = pcp(0)->count;
			__free_pages(page[i++], 2);
		} while (pcp(0)->count > before);
		assert_int_equal(pcp(0)->count, before + 4 - 64); /* whole blocks: 63 and one */
		__free_pages(page[i++], 2);
		assert_int_equal(pcp(0)->count, 0);
		/* an allocation between halves the factor: no storm any more */
		__free_pages(alloc_pages(MOV, 0), 0);
		before = pcp(0)->count;
		__free_pages(page[i++], 2);
		assert_int_equal(pcp(0)->count, before + 4);
		kmc_sim_check(sim);
		power_off();
	}
}

/* PCP-5: blocks of order 0 between those of higher orders are no storm from 6.8 on. */
static void pcp5_mixed_frees_are_no_storm(void **state)
{
	static struct page *big[80], *small[80];

	(void)state;
	boot_one_zone(KMC_PROFILE_6_12_117, 262144);
	grow();
	take(big, 80, 3);
	take(small, 80, 0);
	for (unsigned int i = 0; i < 80; i++) {
		__free_pages(big[i], 3);
		__free_pages(small[i], 0);
	}
	assert_int_equal(pcp(0)->count, 80 * 9);
	power_off();
}

/* PCP-5: below the high mark the limit sinks with each free, and lists give back. */
static void pcp5_below_high_mark(void **state)
{
	static struct page *page[3000];
	struct zone *zone;
	uint32_t high;

	(void)state;
	for (enum kmc_profile p = KMC_PROFILE_6_12_117; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, 262144);
		zone = &sim->page->zones[0];
		grow();
		take(page, 3000, 0);
		high = pcp(0)->high;
		kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL, zone_info(0).wmark_high - 10);
		assert_false(atomic_load(&zone->below_high));
		alloc_pages(MOV, 4); /* no list has this order: the marks are looked at */
		assert_true(atomic_load(&zone->below_high));
		for (unsigned int i = 0; i < 20; i++) {
			uint32_t before = pcp(0)->high;

			__free_pages(page[i], 0);
			assert_int_equal(pcp(0)->high, before - 63);
		}
		for (unsigned int i = 20; i < 3000 && atomic_load(&zone->below_high); i++)
			__free_pages(page[i], 0);
		assert_true(pcp(0)->high < high);
		assert_false(atomic_load(&zone->below_high));
		assert_true(zone_info(0).nr_free > zone_info(0).wmark_high);
		kmc_sim_check(sim);
		power_off();
	}
}

/* PCP-5: while kswapd works on the zone, four batches are the limit. */
static void pcp5_while_kswapd_works(void **state)
{
	static struct page *page[1000];

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct zone *zone;

		boot_one_zone(p, 262144);
		zone = &sim->page->zones[0];
		take(page, 1000, 0);
		zone_set_reclaim_active(sim, zone, true);
		for (unsigned int i = 0; i < 500; i++) {
			__free_pages(page[i], 0);
			assert_true(pcp(0)->count < 4 * 63);
		}
		zone_set_reclaim_active(sim, zone, false);
		for (unsigned int i = 500; i < 1000; i++)
			__free_pages(page[i], 0);
		assert_true(pcp(0)->count > 4 * 63);
		kmc_sim_check(sim);
		power_off();
	}
}

/* PCP-5: a sysctl that moves the low mark moves the bounds of lists in use. */
static void pcp5_bounds_follow_the_sysctl(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct page *page;

		boot_one_zone(p, 262144);
		page = alloc_pages(MOV, 0);
		assert_int_equal(kmc_sim_sysctl(sim, KMC_SYSCTL_MIN_FREE_KBYTES, 65536), 0);
		__free_pages(page, 0);
		assert_int_equal(sim->page->zones[0].pcp_high, zone_info(0).wmark_low / 2);
		assert_true(pcp(0)->high >= zone_info(0).wmark_low / 2);
		assert_int_equal(pcp(0)->limit, pcp(0)->high);
		power_off();
	}
}

/* the drain begins with the list freed to, from its tail. */
static void test_drain_from_the_tail(void **state)
{
	struct page *page[600];
	unsigned int high;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_6_9, 16384);
	high = sim->page->zones[0].pcp_high;
	assert_true(high < 500);
	for (unsigned int i = 0; i < high + 10; i++)
		page[i] = alloc_pages(MOV, 0);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	for (unsigned int i = 0; i < high - 1; i++)
		__free_pages(page[i], 0);
	assert_int_equal(pcp(0)->count, high - 1);
	tp_listen(KMC_TP_MM_PAGE_PCPU_DRAIN);
	__free_pages(page[high - 1], 0);
	assert_int_equal(tp_count, pcp(0)->batch);
	assert_int_equal(tp_seen[0].pfn, page_to_pfn(page[0]));
	assert_int_equal(tp_seen[1].pfn, page_to_pfn(page[1]));
	assert_int_equal(pcp(0)->count, high - pcp(0)->batch);
	power_off();
}

/* Up to 6.6 the drain doubles when no allocation comes between. */
static void test_drains_double_up_to_6_6(void **state)
{
	static struct page *page[2000];
	unsigned int drained[3], n = 0, before = 0;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_6_9, 65536);
	for (int i = 0; i < 2000; i++)
		page[i] = alloc_pages(MOV, 0);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	for (int i = 0; i < 2000 && n < 3; i++) {
		before = pcp(0)->count;
		__free_pages(page[i], 0);
		if (pcp(0)->count <= before)
			drained[n++] = before + 1 - pcp(0)->count;
	}
	assert_int_equal(n, 3);
	assert_int_equal(drained[0], 15);
	assert_int_equal(drained[1], 30);
	assert_int_equal(drained[2], 60);
	power_off();
}

/* PCP-3: what rests on the lists is not free; a drain gives it back. */
static void pcp3_pcp_pages_are_not_free(void **state)
{
	struct kmc_zone_info z;

	(void)state;
	__free_pages(alloc_pages(MOV, 3), 3);
	z = zone_info(0);
	assert_int_equal(z.nr_free + z.pcp_count, z.managed);
	assert_int_equal(z.pcp_count, 16);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	assert_int_equal(zone_info(0).nr_free, z.managed);
	assert_int_equal(zone_info(0).pcp_count, 0);
}

/* PCP-4 */
static void pcp4_reserved_types_on_the_lists(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	unsigned int movable_before;

	(void)state;
	set_pageblock_migratetype(sim, page_to_pfn(page), MIGRATE_CMA);
	movable_before = pcp(0)->lists[MIGRATE_MOVABLE].head;
	__free_pages(page, 0);
	assert_int_equal(pcp(0)->lists[MIGRATE_MOVABLE].head, page_to_pfn(page));
	assert_int_not_equal(movable_before, page_to_pfn(page));
	assert_ptr_equal(alloc_pages(MOV, 0), page);
	set_pageblock_migratetype(sim, page_to_pfn(page), MIGRATE_ISOLATE);
	__free_pages(page, 0);
	assert_int_equal(page->kind, FRAME_BUDDY);
	assert_int_equal(page->migratetype, MIGRATE_ISOLATE);
	assert_null(alloc_pages(MOV, 11));
	/* undo, so that the free frames of the pageblock agree with its type again */
	__del_page_from_free_list(sim, &sim->page->zones[0], page_to_pfn(page), 0,
				  MIGRATE_ISOLATE);
	set_pageblock_migratetype(sim, page_to_pfn(page), MIGRATE_UNMOVABLE);
	__add_to_free_list(sim, &sim->page->zones[0], page_to_pfn(page), 0, MIGRATE_UNMOVABLE,
			   false);
}

/* PCP-2: a list for each order and each of the three types (no THP build). */
static void pcp2_lists_by_order_and_type(void **state)
{
	static const gfp_t gfp[] = { GFP_KERNEL, MOV, GFP_KERNEL | __GFP_RECLAIMABLE };

	(void)state;
	for (unsigned int order = 0; order <= 3; order++) {
		for (unsigned int type = 0; type < 3; type++) {
			struct page *page = alloc_pages(gfp[type], order);
			const struct free_list *list = &pcp(0)->lists[order * 3 + type];

			__free_pages(page, order);
			assert_int_equal(list->head, page_to_pfn(page));
			assert_ptr_equal(alloc_pages(gfp[type], order), page);
			assert_int_not_equal(list->head, page_to_pfn(page));
		}
	}
	kmc_sim_check(sim);
}

/* PCP-6: with the lists off nothing rests on them, whichever cpu frees; then they begin anew. */
static void pcp6_disabled_lists_hold_nothing(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct page *page[8];

		boot_one_zone(p, 16384);
		for (unsigned int i = 0; i < 8; i++) {
			kmc_sim_switch(sim, i & 1);
			page[i] = alloc_pages(MOV, i / 2);
		}
		assert_true(pcp(0)->count > 0 && pcp(1)->count > 0);
		assert_int_equal(kmc_sim_pcp_disable(sim, 0, true), 0);
		assert_int_equal(kmc_sim_pcp_disable(sim, 1, true), -EINVAL);
		assert_int_equal(pcp(0)->count + pcp(1)->count, 0);
		for (unsigned int i = 0; i < 8; i++) {
			kmc_sim_switch(sim, i & 1);
			__free_pages(page[i], i / 2);
			assert_int_equal(pcp(i & 1)->count, 0);
			__free_pages(alloc_pages(GFP_KERNEL, 0), 0);
			assert_int_equal(pcp(i & 1)->count, 0);
		}
		assert_int_equal(zone_info(0).nr_free, 16384);
		kmc_sim_check(sim);
		kmc_sim_pcp_disable(sim, 0, false);
		__free_pages(alloc_pages(MOV, 0), 0);
		assert_true(pcp(1)->count > 0);
		kmc_sim_drain_all(sim);
		assert_int_equal(pcp(1)->count, 0);
		kmc_sim_check(sim);
		power_off();
	}
}

/* Each cpu has lists of its own; another may free what one allocated. */
static void test_two_cpus(void **state)
{
	struct page *page = alloc_pages(MOV, 0);
	unsigned int left = pcp(0)->count;

	(void)state;
	kmc_sim_switch(sim, 1);
	__free_pages(page, 0);
	assert_int_equal(pcp(0)->count, left);
	assert_int_equal(pcp(1)->count, 1);
	assert_ptr_equal(alloc_pages(MOV, 0), page);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(pcp1_which_orders),
		cmocka_unit_test(pcp1_huge_pages),
		cmocka_unit_test(pcp2_two_lists_of_huge_pages),
		cmocka_unit_test(pcp5_huge_pages_and_the_limit),
		cmocka_unit_test(test_refill_counts),
		cmocka_unit_test(test_refills_double),
		CASE(test_lifo),
		cmocka_unit_test(pcp5_limit),
		cmocka_unit_test(pcp5_refills_raise_the_limit),
		cmocka_unit_test(pcp5_limit_sinks_with_time),
		cmocka_unit_test(pcp5_tick_drains),
		cmocka_unit_test(pcp5_storm_of_high_orders),
		cmocka_unit_test(pcp5_storm_flushes_up_to_6_6),
		cmocka_unit_test(pcp5_mixed_frees_are_no_storm),
		cmocka_unit_test(pcp5_below_high_mark),
		cmocka_unit_test(pcp5_while_kswapd_works),
		cmocka_unit_test(pcp5_bounds_follow_the_sysctl),
		cmocka_unit_test(test_drain_from_the_tail),
		cmocka_unit_test(test_drains_double_up_to_6_6),
		CASE(pcp2_lists_by_order_and_type),
		cmocka_unit_test(pcp6_disabled_lists_hold_nothing),
		CASE(pcp3_pcp_pages_are_not_free),
		CASE(pcp4_reserved_types_on_the_lists),
		CASE(test_two_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
