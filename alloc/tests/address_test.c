/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses both ways, and what lies at one. */
#include "machine_fixture.h"
#include "linux/slab.h"

static void test_addresses_both_ways(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	uint8_t *p = (uint8_t *)page_address(page) + 123;
	uint64_t address = kmc_sim_address(sim, p), pfn = 0;

	(void)state;
	assert_int_equal(address, KMC_DIRECT_MAP_BASE + (page_to_pfn(page) << 12) + 123);
	assert_ptr_equal(kmc_sim_pointer(sim, address), p);
	assert_true(kmc_sim_frame_of(sim, p, &pfn));
	assert_int_equal(pfn, page_to_pfn(page));
	assert_int_equal(kmc_sim_address(sim, NULL), 0);
	assert_int_equal(kmc_sim_address(sim, (void *)16), 16);
	assert_ptr_equal(kmc_sim_pointer(sim, 16), (void *)16);
	assert_int_equal(kmc_sim_address(sim, &address), 0);
	assert_false(kmc_sim_frame_of(sim, &address, &pfn));
	assert_null(kmc_sim_pointer(sim, KMC_DIRECT_MAP_BASE));
	assert_null(kmc_sim_pointer(sim, 0x1234567890));
	assert_null(kmc_sim_pointer(sim, KMC_DIRECT_MAP_BASE + (20480ull << 12)));
	assert_ptr_equal(phys_to_virt(page_to_phys(page)), page_address(page));
	assert_ptr_equal(virt_to_page(p), page);
	assert_ptr_equal(pfn_to_page(page_to_pfn(page)), page);
	assert_int_equal(virt_to_phys(p), (page_to_pfn(page) << 12) + 123);
	assert_true(virt_addr_valid(p));
	assert_false(virt_addr_valid(&address));
}

/* An address is aligned as its frame number is. */
static void test_alignment_of_blocks(void **state)
{
	(void)state;
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		assert_int_equal((uintptr_t)page_address(page) % (PAGE_SIZE << order), 0);
		assert_int_equal(page_to_pfn(page) % (1u << order), 0);
		__free_pages(page, order);
	}
}

static struct kmc_where at(const void *ptr)
{
	struct kmc_where w;

	kmc_sim_where(sim, ptr, &w);
	return w;
}

static void test_where_of_pages(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	uint8_t *p = page_address(page);
	struct kmc_where w = at(p + 5 * PAGE_SIZE + 7);

	(void)state;
	assert_int_equal(w.backing, KMC_BACKING_PAGE);
	assert_int_equal(w.pfn, page_to_pfn(page) + 5);
	assert_int_equal(w.head_pfn, page_to_pfn(page));
	assert_int_equal(w.order, 3);
	assert_ptr_equal(w.object, p);
	assert_int_equal(w.zone, KMC_ZONE_DMA32);
	assert_true(w.live);
	assert_false(kmc_object_poisoned(sim, p, PAGE_SIZE << 3));
	assert_true(kmc_object_poisoned(sim, p, (PAGE_SIZE << 3) + 1));
	__free_pages(page, 3);
	w = at(p + 5 * PAGE_SIZE + 7);
	assert_int_equal(w.backing, KMC_BACKING_NONE);
	assert_true(kmc_object_poisoned(sim, p, 1));
	assert_int_equal(at(&w).backing, KMC_BACKING_NONE);
	assert_int_equal(at(NULL).backing, KMC_BACKING_NONE);
}

static void test_where_of_compound_and_split(void **state)
{
	struct page *compound = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	struct page *split = alloc_pages(GFP_KERNEL, 2);

	(void)state;
	assert_int_equal(at((uint8_t *)page_address(compound) + 3 * PAGE_SIZE).head_pfn,
			 page_to_pfn(compound));
	split_page(split, 2);
	assert_int_equal(at((uint8_t *)page_address(split) + 3 * PAGE_SIZE).head_pfn,
			 page_to_pfn(split) + 3);
	assert_int_equal(at((uint8_t *)page_address(split) + 3 * PAGE_SIZE).order, 0);
}

static void test_where_of_objects(void **state)
{
	uint8_t *object = kmalloc(100, GFP_KERNEL);
	uint8_t *large = kmalloc(20000, GFP_KERNEL);
	struct kmc_where w = at(object + 50);

	(void)state;
	assert_int_equal(w.backing, KMC_BACKING_SLAB);
	assert_ptr_equal(w.object, object);
	assert_true(w.live);
	assert_non_null(w.cache);
	w = at(large + 19999);
	assert_int_equal(w.backing, KMC_BACKING_LARGE);
	assert_ptr_equal(w.object, large);
	assert_int_equal(w.order, 3);
	assert_false(kmc_object_poisoned(sim, large, 20000));
	assert_true(kmc_object_poisoned(sim, large, 20001));
	kfree(object);
	kfree(large);
	assert_false(at(object).live);
	assert_true(kmc_object_poisoned(sim, object, 1));
	assert_int_equal(at(large).backing, KMC_BACKING_NONE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_addresses_both_ways),
		CASE(test_alignment_of_blocks),
		CASE(test_where_of_pages),
		CASE(test_where_of_compound_and_split),
		CASE(test_where_of_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
