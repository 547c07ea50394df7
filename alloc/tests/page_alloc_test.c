/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of <linux/gfp.h> and <linux/mm.h>: PAGE-1..16, 21, 22, 35, GFP-20, GFP-21. */
#include "alloc/reclaim.h"
#include "machine_fixture.h"

static uint64_t all_free(void)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < kmc_sim_zone_count(sim); i++)
		pages += zone_info(i).nr_free + zone_info(i).pcp_count;
	return pages;
}

/* PAGE-1 */
static void page1_order_too_large(void **state)
{
	static const unsigned int orders[] = { 11, 31, 32, 63, 0xffffffff };

	(void)state;
	tp_listen(KMC_TP_WARN);
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 11));
	assert_int_equal(tp_count, 0);
	for (int i = 0; i < 5; i++)
		assert_null(alloc_pages(GFP_KERNEL, orders[i]));
	assert_int_equal(tp_count, 1); /* once per boot */
	kmc_sim_reset(sim);
	assert_null(alloc_pages(GFP_KERNEL, 11));
	assert_int_equal(tp_count, 2);
	assert_int_equal(all_free(), 16384);
	assert_non_null(alloc_pages(GFP_KERNEL, 10));
}

/* PAGE-4, GFP-21 */
static void page4_gfp21_references_and_compound(void **state)
{
	(void)state;
	for (unsigned int order = 0; order <= 10; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, order);

		assert_int_equal(page_ref_count(page), 1);
		assert_int_equal(PageCompound(page), order > 0);
		assert_int_equal(compound_order(page), order);
		for (unsigned int i = 0; i < 1u << order; i++) {
			assert_ptr_equal(compound_head(page + i), page);
			assert_int_equal(PageTail(page + i), i > 0);
		}
		__free_pages(page, order);
		for (unsigned int i = 0; i < 1u << order; i++)
			assert_false(PageCompound(page + i));
		page = alloc_pages(GFP_KERNEL, order);
		for (unsigned int i = 1; i < 1u << order; i++) {
			assert_int_equal(page_ref_count(page + i), 0);
			assert_ptr_equal(compound_head(page + i), page + i);
		}
		__free_pages(page, order);
	}
	kmc_sim_check(sim);
}

/* GFP-20: the whole block, whatever it held. */
static void gfp20_zero(void **state)
{
	static const uint8_t zero[PAGE_SIZE];
	(void)state;

	for (unsigned int order = 0; order <= 10; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		memset(page_address(page), 0xff, PAGE_SIZE << order);
		__free_pages(page, order);
		page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
		for (unsigned int i = 0; i < 1u << order; i++)
			assert_memory_equal((uint8_t *)page_address(page) + i * PAGE_SIZE, zero,
					    PAGE_SIZE);
		memset(page_address(page), 0xff, PAGE_SIZE << order);
		__free_pages(page, order);
	}
	for (int i = 0; i < 100; i++) {
		unsigned long addr = get_zeroed_page(GFP_ATOMIC); /* PAGE-11 */

		assert_memory_equal((void *)addr, zero, PAGE_SIZE);
		memset((void *)addr, 1, PAGE_SIZE);
		free_page(addr);
	}
}

/* PAGE-11: one page, and all of it zero, whatever it held. */
static void page11_zeroed_page(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		uint64_t free = all_free();
		unsigned long addr = get_zeroed_page(GFP_KERNEL);

		assert_int_equal(all_free(), free - 1);
		assert_int_equal(addr % PAGE_SIZE, 0);
		for (size_t k = 0; k < PAGE_SIZE / 8; k++)
			assert_int_equal(((uint64_t *)addr)[k], 0);
		memset((void *)addr, 0xff, PAGE_SIZE);
		free_page(addr);
	}
}

static void test_init_on_alloc_and_free(void **state)
{
	static const uint8_t zero[PAGE_SIZE];
	struct kmc_sim_config c;
	struct page *page;

	(void)state;
	kmc_sim_config_simple(&c, 1, 64 * MIB);
	c.options = KMC_OPT_INIT_ON_ALLOC;
	boot_config(&c);
	page = alloc_pages(GFP_KERNEL, 0);
	memset(page_address(page), 0xff, PAGE_SIZE);
	__free_pages(page, 0);
	assert_ptr_equal(alloc_pages(GFP_KERNEL, 0), page);
	assert_memory_equal(page_address(page), zero, PAGE_SIZE);
	power_off();
	c.options = KMC_OPT_INIT_ON_FREE;
	boot_config(&c);
	page = alloc_pages(GFP_KERNEL, 0);
	memset(page_address(page), 0xff, PAGE_SIZE);
	__free_pages(page, 0);
	assert_ptr_equal(alloc_pages(GFP_KERNEL, 0), page);
	assert_memory_equal(page_address(page), zero, PAGE_SIZE);
	power_off();
}

/* What was written, and then was the machine's own for a while, which clears nothing. */
static void test_init_after_the_machine_held_it(void **state)
{
	static const uint32_t options[] = { KMC_OPT_INIT_ON_ALLOC, KMC_OPT_INIT_ON_FREE,
					    KMC_OPT_INIT_ON_ALLOC | KMC_OPT_INIT_ON_FREE };
	static const uint8_t zero[PAGE_SIZE];
	static struct page *pages[12000];
	struct kmc_sim_config c;

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		kmc_sim_config_simple(&c, 1, 64 * MIB);
		c.options = options[i];
		boot_config(&c);
		for (unsigned int n = 0; n < 12000; n++) {
			pages[n] = alloc_pages(GFP_KERNEL, 0);
			memset(page_address(pages[n]), 0xff, PAGE_SIZE);
		}
		for (unsigned int n = 0; n < 12000; n++)
			__free_pages(pages[n], 0);
		assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 12000), 12000);
		for (unsigned int n = 0; n < 12000; n++) { /* most come out of reclaim */
			pages[n] = alloc_pages(GFP_KERNEL, 0);
			assert_non_null(pages[n]);
			assert_memory_equal(page_address(pages[n]), zero, PAGE_SIZE);
		}
		power_off();
	}
}

/* PAGE-7: memory returns with the last reference only. */
static void page7_page9_extra_reference_of_a_compound_block(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	uint64_t free = all_free();

	(void)state;
	get_page(page + 5); /* counts for the head */
	assert_int_equal(page_ref_count(page), 2);
	tp_listen(KMC_TP_MM_PAGE_FREE);
	__free_pages(page, 3);
	assert_int_equal(tp_count, 0);
	assert_int_equal(all_free(), free);
	put_page(page + 2);
	assert_int_equal(tp_count, 1);
	assert_int_equal(tp_seen[0].order, 3); /* PAGE-9 */
	assert_int_equal(all_free(), free + 8);
}

/* PAGE-8: the other pages of a plain block go at once, the head with the last put. */
static void page8_extra_reference_of_a_plain_block(void **state)
{
	(void)state;
	for (unsigned int order = 1; order <= 6; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);
		uint64_t free = all_free();

		memset(page_address(page), 0x5a, PAGE_SIZE);
		get_page(page);
		__free_pages(page, order);
		assert_int_equal(all_free(), free + (1u << order) - 1);
		kmc_sim_check(sim);
		assert_int_equal(page_ref_count(page), 1);
		assert_int_equal(*(uint8_t *)page_address(page), 0x5a);
		put_page(page);
		assert_int_equal(all_free(), free + (1u << order));
		kmc_sim_check(sim);
	}
}

/* PAGE-5: too small an order loses the rest, and only that; too large frees the block. */
static void page5_wrong_order(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);
	uint64_t free = all_free();

	(void)state;
	__free_pages(page, 1);
	assert_int_equal(all_free(), free + 2);
	kmc_sim_check(sim);
	page = alloc_pages(GFP_KERNEL, 2);
	free = all_free();
	tp_listen(KMC_TP_WARN);
	__free_pages(page, 5);
	assert_int_equal(tp_count, 1);
	assert_int_equal(all_free(), free + 4);
	kmc_sim_check(sim);
}

/* PAGE-6: a second free is reported and harms nothing. */
static void page6_double_free(void **state)
{
	(void)state;
	for (unsigned int order = 0; order <= 5; order += 5) {
		struct page *page = alloc_pages(GFP_KERNEL, order);
		uint64_t free;

		__free_pages(page, order);
		free = all_free();
		tp_listen(KMC_TP_WARN);
		__free_pages(page, order);
		assert_int_equal(tp_count, 1);
		assert_int_equal(all_free(), free);
		kmc_sim_check(sim);
	}
}

/* PAGE-10, PAGE-12 */
static void page10_page12_by_address(void **state)
{
	unsigned long addr = __get_free_pages(GFP_KERNEL | __GFP_HIGHMEM, 2);
	uint64_t free = all_free();

	(void)state;
	assert_int_not_equal(addr, 0);
	free_pages(0, 5);
	assert_int_equal(all_free(), free);
	free_pages(addr, 2);
	assert_int_equal(all_free(), free + 4);
	assert_int_equal(__get_free_pages(GFP_KERNEL | __GFP_NOWARN, 11), 0);
}

/* PAGE-13 */
static void page13_exact(void **state)
{
	(void)state;
	for (size_t size = 1; size < 40 * PAGE_SIZE; size += 1777) {
		uint64_t free = all_free(), nr = (size + PAGE_SIZE - 1) / PAGE_SIZE;
		uint8_t *p = alloc_pages_exact(size, GFP_KERNEL);

		assert_int_equal(all_free(), free - nr);
		memset(p, 1, nr * PAGE_SIZE);
		for (uint64_t i = 0; i < nr; i++)
			assert_int_equal(page_ref_count(virt_to_page(p + i * PAGE_SIZE)), 1);
		kmc_sim_check(sim);
		free_pages_exact(p, size);
		assert_int_equal(all_free(), free);
	}
	kmc_sim_check(sim);
}

/* PAGE-14, PAGE-16 */
static void page14_page16_exact_flags_and_zero(void **state)
{
	void *p;

	(void)state;
	tp_listen(KMC_TP_WARN);
	p = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL | __GFP_COMP);
	assert_false(PageCompound(virt_to_page(p)));
	assert_int_equal(tp_count, 1);
	free_pages_exact(p, 5 * PAGE_SIZE);
	free_pages_exact(alloc_pages_exact(1, GFP_KERNEL | __GFP_HIGHMEM), 1);
	assert_int_equal(tp_count, 1);
	assert_null(alloc_pages_exact(0, GFP_KERNEL));
	assert_null(alloc_pages_exact(SIZE_MAX, GFP_KERNEL));
	assert_int_equal(all_free(), 16384);
}

/* PAGE-21 */
static void page21_split_page(void **state)
{
	struct page *page = alloc_pages(GFP_HIGHUSER_MOVABLE, 5);

	(void)state;
	split_page(page, 5);
	kmc_sim_check(sim);
	for (int i = 0; i < 32; i++)
		assert_int_equal(page_ref_count(page + i), 1);
	for (int i = 0; i < 32; i++)
		__free_pages(page + (i * 7 & 31), 0);
	assert_int_equal(all_free(), 16384);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_sim_check(sim);
	assert_int_equal(zone_info(0).free_blocks[10], 16);
}

/* PAGE-22 */
static void page22_folios(void **state)
{
	static const unsigned int orders[] = { 0, 1, 2, 9 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct folio *folio = folio_alloc(GFP_KERNEL, orders[i]);

		assert_int_equal(folio_order(folio), orders[i]);
		assert_ptr_equal(page_folio(&folio->page + (1u << orders[i]) - 1), folio);
		folio_get(folio);
		folio_put(folio);
		assert_int_equal(all_free(), 16384 - (1u << orders[i]));
		folio_put(folio);
		assert_int_equal(all_free(), 16384);
	}
}

static void test_get_order(void **state)
{
	(void)state;
	assert_int_equal(get_order(1), 0);
	assert_int_equal(get_order(4096), 0);
	assert_int_equal(get_order(4097), 1);
	assert_int_equal(get_order(8192), 1);
	assert_int_equal(get_order(8193), 2);
	assert_int_equal(get_order(4ul << 20), 10);
	assert_int_equal(get_order(0), 52);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(page1_order_too_large),
		CASE(page4_gfp21_references_and_compound),
		CASE(gfp20_zero),
		CASE(page11_zeroed_page),
		cmocka_unit_test(test_init_on_alloc_and_free),
		cmocka_unit_test(test_init_after_the_machine_held_it),
		CASE(page7_page9_extra_reference_of_a_compound_block),
		CASE(page8_extra_reference_of_a_plain_block),
		CASE(page5_wrong_order),
		CASE(page6_double_free),
		CASE(page10_page12_by_address),
		CASE(page13_exact),
		CASE(page14_page16_exact_flags_and_zero),
		CASE(page21_split_page),
		CASE(page22_folios),
		cmocka_unit_test(test_get_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
