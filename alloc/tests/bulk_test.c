/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bulk and lockless page calls: PAGE-17..20, PAGE-32, PAGE-33, PAGE-37, TRC-1. */
#include "machine_fixture.h"
#include "linux/list.h"
#include "alloc/pressure.h"

#define N 100

static struct page *array[N];

static uint64_t all_free(void)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < kmc_sim_zone_count(sim); i++)
		pages += zone_info(i).nr_free + zone_info(i).pcp_count;
	return pages;
}

static void clear_array(void)
{
	for (int i = 0; i < N; i++) {
		if (array[i])
			__free_page(array[i]);
		array[i] = NULL;
	}
}

/* Only empty places are filled; single pages, each freed by itself. */
static void page17_fills_holes(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct page *before[N] = { NULL };
		uint64_t free;

		boot_one_zone(p, 16384);
		free = all_free();
		assert_int_equal(alloc_pages_bulk(GFP_KERNEL, N, array), N);
		assert_int_equal(all_free(), free - N);
		for (int i = 0; i < N; i++) {
			assert_int_equal(page_ref_count(array[i]), 1);
			assert_int_equal(compound_order(array[i]), 0);
			*(uint64_t *)page_address(array[i]) = (uint64_t)i;
			if (i % 3)
				before[i] = array[i];
			else
				__free_page(array[i]);
		}
		memcpy(array, before, sizeof(array));
		assert_int_equal(alloc_pages_bulk(GFP_KERNEL, N, array), N);
		for (int i = 0; i < N; i++) {
			assert_non_null(array[i]);
			if (i % 3) {
				assert_ptr_equal(array[i], before[i]);
				assert_int_equal(*(uint64_t *)page_address(array[i]), i);
			}
		}
		/* nothing to do */
		assert_int_equal(alloc_pages_bulk(GFP_KERNEL, N, array), N);
		assert_int_equal(alloc_pages_bulk(GFP_KERNEL, 0, array), 0);
		assert_int_equal(all_free(), free - N);
		kmc_sim_check(sim);
		clear_array();
		assert_int_equal(all_free(), free);
		power_off();
	}
}

/* Zeroed when asked for. */
static void page17_zero(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(alloc_pages_bulk(GFP_KERNEL | __GFP_ZERO, N, array), N);
		for (int i = 0; i < N; i++) {
			uint64_t *word = page_address(array[i]);

			for (size_t k = 0; k < PAGE_SIZE / 8; k++)
				assert_int_equal(word[k], 0);
			memset(word, 0xff, PAGE_SIZE);
		}
		clear_array();
	}
}

/* One place that is missing, or a charged request: one page by the common path. */
static void page18_one_page_only(void **state)
{
	struct kmc_sim_config c;

	(void)state;
	kmc_sim_config_simple(&c, 1, 64 * MIB);
	c.options = KMC_OPT_MEMCG;
	boot_config(&c);
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL | __GFP_ACCOUNT, N, array), 1);
	assert_int_equal(tp_count, 1);
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL | __GFP_ACCOUNT, N, array), 2);
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL, N - 1, array), N - 1);
	assert_int_equal(tp_count, 2); /* TRC-1: the list's path says nothing */
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL, N, array), N);
	assert_int_equal(tp_count, 3);
	clear_array();
	power_off();
	kmc_sim_config_simple(&c, 1, 64 * MIB); /* no groups, no charge */
	boot_config(&c);
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL | __GFP_ACCOUNT, N, array), N);
	clear_array();
	power_off();
}

/* The batch needs low + n pages above the mark; below, one page. Swept by one. */
static void page19_room_above_the_mark(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		for (int delta = -1; delta <= 1; delta++) {
			struct page *page;
			uint64_t low;

			boot_one_zone(p, 16384);
			low = zone_info(0).wmark_low;
			kmc_page_flush_cpu(sim, kmc_this_cpu);
			while (zone_info(0).nr_free > low + 50 + (uint64_t)delta) {
				unsigned int order = zone_info(0).nr_free - low > 2100 ? 10 : 4;

				if (zone_info(0).nr_free - low - 50 < 16 + 2) {
					page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC, 0);
					kmc_page_flush_cpu(sim, kmc_this_cpu);
				} else {
					page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC,
							   order);
				}
				assert_non_null(page);
			}
			assert_int_equal(zone_info(0).nr_free, low + 50 + (uint64_t)delta);
			assert_int_equal(alloc_pages_bulk(GFP_HIGHUSER_MOVABLE, 50, array),
					 delta > 0 ? 50 : 1);
			clear_array();
			power_off();
		}
	}
}

/* PAGE-19: an injected failure, an impossible node: nothing, and no harm. */
static void page19_nothing_to_be_had(void **state)
{
	(void)state;
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 0);
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL, N, array), 0);
	assert_int_equal(alloc_pages_bulk_node(GFP_KERNEL, 5, N, array), 0);
	while (alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 0))
		;
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL | __GFP_NOWARN, N, array), 0);
	for (int i = 0; i < N; i++)
		assert_null(array[i]);
}

/* PAGE-33: zeroed, compound, order 0 to 3, no slow path, no report. */
static void page33_nolock(void **state)
{
	(void)state;
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	for (unsigned int order = 0; order <= 5; order++) {
		struct page *page;

		for (int round = 0; round < 2; round++) {
			page = alloc_pages_nolock(0, NUMA_NO_NODE, order);
			if (order > 3) {
				assert_null(page);
				continue;
			}
			assert_int_equal(compound_order(page), order);
			assert_int_equal(page_ref_count(page), 1);
			for (size_t i = 0; i < (PAGE_SIZE << order) / 8; i++)
				assert_int_equal(((uint64_t *)page_address(page))[i], 0);
			memset(page_address(page), 0xff, PAGE_SIZE << order);
			free_pages_nolock(page, order);
		}
	}
	assert_int_equal(tp_count, 8); /* TRC-1: refused ones say nothing */
	kmc_sim_check(sim);
	/* at the low mark it is over, whatever may be reclaimed; kswapd is not woken */
	while (zone_info(0).nr_free > zone_info(0).wmark_low)
		assert_non_null(alloc_pages(GFP_KERNEL, 0));
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	while (zone_info(0).nr_free > zone_info(0).wmark_low) {
		alloc_pages(GFP_KERNEL, 0);
		kmc_page_flush_cpu(sim, kmc_this_cpu);
	}
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_WAKEUP_KSWAPD) | KMC_TP_BIT(KMC_TP_WARN), tp_record, NULL);
	tp_count = 0;
	assert_null(alloc_pages_nolock(0, NUMA_NO_NODE, 0));
	assert_int_equal(tp_count, 0);
	assert_non_null(alloc_pages(GFP_KERNEL, 0));
}

/* A lock that somebody holds is not waited for; PAGE-32: freeing is legal in any context. */
static void page32_page33_locks_and_contexts(void **state)
{
	struct zone *zone = &sim->page->zones[0];
	struct page *page;

	(void)state;
	kmc_sim_set_context(KMC_IN_NMI);
	page = alloc_pages_nolock(0, 0, 1);
	assert_non_null(page);
	free_pages_nolock(page, 1);
	page = alloc_pages_nolock(0, 0, 2);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_lock_take(&zone->lock);
	assert_null(alloc_pages_nolock(0, 0, 0));
	kmc_lock_drop(&zone->lock);
	assert_non_null(alloc_pages_nolock(0, 0, 0));
	free_pages_nolock(page, 2);
	kmc_sim_set_context(KMC_IN_TASK);
	kmc_sim_check(sim);
}

static void page37_flags(void **state)
{
	(void)state;
	tp_listen(KMC_TP_WARN);
	assert_non_null(alloc_pages_nolock(__GFP_ACCOUNT, NUMA_NO_NODE, 0));
	assert_int_equal(tp_count, 0);
	assert_non_null(alloc_pages_nolock(GFP_KERNEL, NUMA_NO_NODE, 0));
	assert_non_null(alloc_pages_nolock(GFP_ATOMIC, NUMA_NO_NODE, 0));
	assert_int_equal(tp_count, 1);
}

/* PAGE-34: a page whose descriptor is not that of a block in use is withheld. */
static void page34_bad_pages_are_withheld(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	uint64_t free = all_free();

	(void)state;
	page->kind = FRAME_SLAB; /* somebody's type is left on it */
	tp_listen(KMC_TP_WARN);
	__free_page(page);
	assert_int_equal(tp_count, 1);
	assert_int_equal(all_free(), free);
	for (uint64_t i = 0; i < free; i++) {
		struct page *other = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC, 0);

		assert_ptr_not_equal(other, page);
	}
	page->kind = FRAME_USED;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

/* PAGE-18, PAGE-19: the form with a list takes and gives as the other one, and has no places. */
static void page18_page19_list_form(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p <= KMC_PROFILE_6_12_117; p++) {
		struct list_head list;
		unsigned int taken = 0;
		uint64_t free;

		boot_one_zone(p, 16384);
		free = all_free();
		INIT_LIST_HEAD(&list);
		assert_int_equal(alloc_pages_bulk_list(GFP_KERNEL, 0, &list), 0);
		assert_true(list_empty(&list));
		assert_int_equal(alloc_pages_bulk_list(GFP_KERNEL | __GFP_ZERO, N, &list), N);
		assert_int_equal(alloc_pages_bulk_list(GFP_KERNEL, 1, &list), 1);
		assert_int_equal(all_free(), free - N - 1);
		while (!list_empty(&list)) {
			struct page *page = list_first_entry(&list, struct page, lru);

			list_del(&page->lru);
			assert_int_equal(page_ref_count(page), 1);
			/* the last one came first: it alone was not asked to be zero */
			if (taken++)
				assert_int_equal(*(uint64_t *)page_address(page), 0);
			memset(page_address(page), 0xee, PAGE_SIZE);
			__free_page(page);
		}
		assert_int_equal(taken, N + 1);
		assert_int_equal(all_free(), free);
		/* no room for all above the mark: the single path gives one */
		assert_true(kmc_sim_pressure(sim, 0, KMC_ZONE_NORMAL,
					     zone_info(0).wmark_low + N - 1) >= 0);
		INIT_LIST_HEAD(&list);
		assert_int_equal(alloc_pages_bulk_list(GFP_KERNEL, N, &list), 1);
		assert_false(list_empty(&list));
		list_del(list.next);
		power_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page17_fills_holes),
		CASE(page17_zero),
		cmocka_unit_test(page18_one_page_only),
		cmocka_unit_test(page18_page19_list_form),
		cmocka_unit_test(page19_room_above_the_mark),
		CASE(page19_nothing_to_be_had),
		CASE(page33_nolock),
		CASE(page32_page33_locks_and_contexts),
		CASE(page37_flags),
		CASE(page34_bad_pages_are_withheld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
