/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arena: what is touched is copied back by reset, what is not is not. */
#include "machine_fixture.h"

static void test_touch_counts_each_page_once(void **state)
{
	size_t before = kmc_sim_touched_pages(sim);
	uint8_t *descriptors = (uint8_t *)(sim->pages + 4096);

	(void)state;
	kmc_touch(sim, descriptors, 1);
	assert_int_equal(kmc_sim_touched_pages(sim), before + 1);
	kmc_touch(sim, descriptors + 100, 8);
	assert_int_equal(kmc_sim_touched_pages(sim), before + 1);
	kmc_touch(sim, descriptors + 4000, 4096);
	assert_int_equal(kmc_sim_touched_pages(sim), before + 2);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_touched_pages(sim), 0);
}

static void test_reset_restores_zero_and_nonzero_bytes(void **state)
{
	struct page *head = sim->pages + 4096, boot = *head;

	(void)state;
	assert_int_equal(boot.kind, FRAME_BUDDY);
	kmc_touch(sim, head, 2 * sizeof(*head));
	memset(head, 0xa5, 2 * sizeof(*head));
	kmc_sim_reset(sim);
	assert_memory_equal(head, &boot, sizeof(boot));
	assert_int_equal(head[1].kind, 0);
	assert_int_equal(head[1].private_words[1], 0);
}

#ifndef KMC_CHECK_RESET
static void test_untouched_page_is_left_alone(void **state)
{
	struct page *tail = sim->pages + 4096 + 300;

	(void)state;
	tail->private_words[0] = 77; /* on purpose without kmc_touch() */
	kmc_sim_reset(sim);
	assert_int_equal(tail->private_words[0], 77);
	tail->private_words[0] = 0;
}
#endif

static void test_image_reads_back_boot(void **state)
{
	uint8_t page[PAGE_SIZE];
	size_t pages = sim->arena_bytes >> PAGE_SHIFT, nonzero = 0;

	(void)state;
	for (size_t i = 0; i < pages; i++) {
		kmc_image_read(sim, (uint32_t)i, page);
		assert_memory_equal(page, sim->arena + (i << PAGE_SHIFT), PAGE_SIZE);
		nonzero += page[0] || memcmp(page, page + 1, PAGE_SIZE - 1);
	}
	assert_int_equal(nonzero, sim->priv->image.nr_pages);
}

static void test_image_of_a_large_machine_is_small(void **state)
{
	struct kmc_sim_config config;
	struct kmc_sim *large;

	(void)state;
	kmc_sim_config_simple(&config, 2, 16384 * MIB);
	assert_int_equal(kmc_sim_create(&config, &large), 0);
	assert_true(large->arena_bytes > 128 * MIB);
	assert_true(large->priv->image.data_bytes < large->arena_bytes / 16);
	kmc_sim_destroy(large);
}

static uint64_t digest(const struct kmc_sim *s, size_t index, const void *entry)
{
	(void)s;
	return index * 1000 + *(const uint8_t *)entry;
}

static void test_table_digest_sums_differences(void **state)
{
	size_t bytes = sim->max_pfn * sizeof(struct page);

	(void)state;
	assert_int_equal(kmc_arena_hash_table(sim, sim->pages, bytes, 32, digest), 0);
	kmc_touch(sim, sim->pages + 4099, 32);
	assert_int_equal(kmc_arena_hash_table(sim, sim->pages, bytes, 32, digest), 0);
	sim->pages[4099].kind = 9;
	assert_int_equal(kmc_arena_hash_table(sim, sim->pages, bytes, 32, digest), 9);
	kmc_sim_reset(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_touch_counts_each_page_once, setup_64m,
						teardown),
		cmocka_unit_test_setup_teardown(test_reset_restores_zero_and_nonzero_bytes,
						setup_64m, teardown),
#ifndef KMC_CHECK_RESET
		cmocka_unit_test_setup_teardown(test_untouched_page_is_left_alone, setup_64m,
						teardown),
#endif
		cmocka_unit_test_setup_teardown(test_image_reads_back_boot, setup_64m, teardown),
		cmocka_unit_test(test_image_of_a_large_machine_is_small),
		cmocka_unit_test_setup_teardown(test_table_digest_sums_differences, setup_64m,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
