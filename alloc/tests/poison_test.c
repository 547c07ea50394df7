/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The poison of frames in ASan builds: free frames trap, also after reset and
 * restore, used ones do not. Elsewhere skipped.
 */
#include "machine_fixture.h"

#ifdef KMC_ASAN
void *__asan_region_is_poisoned(void *begin, size_t size);

static bool all_poisoned(const struct page *page, unsigned int order)
{
	uint8_t *p = page_address(page);

	for (size_t i = 0; i < PAGE_SIZE << order; i += 8)
		if (__asan_region_is_poisoned(p + i, 1) != p + i)
			return false;
	return true;
}

static bool none_poisoned(const struct page *page, unsigned int order)
{
	return !__asan_region_is_poisoned(page_address(page), PAGE_SIZE << order);
}

static void test_free_frames_trap(void **state)
{
	(void)state;
	assert_true(all_poisoned(sim->pages + 4096, 10));
	for (unsigned int order = 0; order <= 10; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		assert_true(none_poisoned(page, order));
		__free_pages(page, order);
		assert_true(all_poisoned(page, order));
		page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, order);
		assert_true(none_poisoned(page, order));
		__free_pages(page, order);
		assert_true(all_poisoned(page, order));
	}
}

static void test_partial_free(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	void *exact = alloc_pages_exact(3 * PAGE_SIZE, GFP_KERNEL);

	(void)state;
	get_page(page);
	__free_pages(page, 2);
	assert_true(none_poisoned(page, 0));
	assert_true(all_poisoned(page + 1, 0));
	assert_true(all_poisoned(page + 2, 1));
	assert_true(none_poisoned(virt_to_page(exact) + 2, 0));
	assert_true(all_poisoned(virt_to_page(exact) + 3, 0));
}

static void test_reset_and_restore(void **state)
{
	struct page *before = alloc_pages(GFP_KERNEL, 3), *after;
	uint8_t *p = page_address(before);
	int snapshot;

	(void)state;
	__asan_poison_memory_region(p + 100, 28); /* as a slab would */
	snapshot = kmc_sim_snapshot(sim);
	__asan_unpoison_memory_region(p + 100, 28);
	after = alloc_pages(GFP_KERNEL, 5);
	kmc_sim_restore(sim, snapshot);
	assert_true(all_poisoned(after, 5));
	assert_false(__asan_region_is_poisoned(p, 100) != NULL);
	assert_ptr_equal(__asan_region_is_poisoned(p, PAGE_SIZE), p + 100);
	kmc_sim_reset(sim);
	assert_true(all_poisoned(before, 3));
	kmc_sim_restore(sim, snapshot);
	assert_ptr_equal(__asan_region_is_poisoned(p, PAGE_SIZE), p + 100);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_free_frames_trap),
		CASE(test_partial_free),
		CASE(test_reset_and_restore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
	printf("skipped: not an AddressSanitizer build\n");
	return 77;
}
#endif
