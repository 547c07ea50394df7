/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots: state and contents come back, handles nest, limits hold. */
#include "machine_fixture.h"

static void fill(struct page *page, unsigned int order, uint8_t byte)
{
	memset(page_address(page), byte, PAGE_SIZE << order);
}

static bool filled(const struct page *page, unsigned int order, uint8_t byte)
{
	const uint8_t *p = page_address(page);

	for (size_t i = 0; i < PAGE_SIZE << order; i++)
		if (p[i] != byte)
			return false;
	return true;
}

static void test_contents_and_state_return(void **state)
{
	struct page *plain = alloc_pages(GFP_KERNEL, 3);
	struct page *compound = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	struct page *zero = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	uint64_t hash;
	int snapshot;

	(void)state;
	fill(plain, 3, 0x11);
	fill(compound, 2, 0x22);
	hash = kmc_sim_hash(sim);
	snapshot = kmc_sim_snapshot(sim);
	assert_true(snapshot >= 0);
	fill(plain, 3, 0x33);
	fill(zero, 0, 0x44);
	__free_pages(compound, 2);
	__free_pages(zero, 0);
	for (int i = 0; i < 50; i++)
		fill(alloc_pages(GFP_KERNEL, 0), 0, 0x55);
	assert_int_not_equal(kmc_sim_hash(sim), hash);
	assert_int_equal(kmc_sim_restore(sim, snapshot), 0);
	assert_int_equal(kmc_sim_hash(sim), hash);
	assert_true(filled(plain, 3, 0x11));
	assert_true(filled(compound, 2, 0x22));
	assert_true(filled(zero, 0, 0));
	kmc_sim_check(sim);
}

static void test_same_calls_after_restore_give_the_same(void **state)
{
	unsigned long pfn[40];
	int snapshot;

	(void)state;
	for (int i = 0; i < 30; i++)
		alloc_pages(GFP_KERNEL, (unsigned int)i % 4);
	snapshot = kmc_sim_snapshot(sim);
	for (int i = 0; i < 40; i++)
		pfn[i] = page_to_pfn(alloc_pages(GFP_KERNEL, (unsigned int)i % 5));
	kmc_sim_restore(sim, snapshot);
	for (int i = 0; i < 40; i++)
		assert_int_equal(page_to_pfn(alloc_pages(GFP_KERNEL, (unsigned int)i % 5)),
				 pfn[i]);
}

static void test_snapshots_nest(void **state)
{
	uint64_t hash[8];
	int id[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, (unsigned int)i);

		fill(page, 0, (uint8_t)i);
		hash[i] = kmc_sim_hash(sim);
		id[i] = kmc_sim_snapshot(sim);
	}
	for (int i = 7; i >= 0; i--) {
		assert_int_equal(kmc_sim_restore(sim, id[i]), 0);
		assert_int_equal(kmc_sim_hash(sim), hash[i]);
	}
	assert_int_equal(kmc_sim_restore(sim, id[5]), 0); /* still valid after an older one */
	assert_int_equal(kmc_sim_hash(sim), hash[5]);
}

static void test_limits(void **state)
{
	(void)state;
	for (int i = 0; i < KMC_SIM_MAX_SNAPSHOTS; i++)
		assert_int_equal(kmc_sim_snapshot(sim), i);
	assert_int_equal(kmc_sim_snapshot(sim), -ENOSPC);
	assert_int_equal(kmc_sim_snapshot_drop(sim, 5), 0);
	assert_int_equal(kmc_sim_snapshot_drop(sim, 5), -EINVAL);
	assert_int_equal(kmc_sim_restore(sim, 5), -EINVAL);
	assert_int_equal(kmc_sim_restore(sim, -1), -EINVAL);
	assert_int_equal(kmc_sim_restore(sim, KMC_SIM_MAX_SNAPSHOTS), -EINVAL);
	assert_int_equal(kmc_sim_snapshot(sim), 5);
}

/* A full machine is not kept as often as an empty one. */
static void test_contents_are_limited(void **state)
{
	uint64_t bytes = 0;
	struct page *page;
	int nr = 0;

	(void)state;
	while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 9))) {
		fill(page, 9, 0x11);
		bytes += PAGE_SIZE << 9;
	}
	assert_true(bytes > 8 << 20);
	while (kmc_sim_snapshot(sim) == nr)
		nr++;
	assert_int_equal(kmc_sim_snapshot(sim), -ENOSPC);
	assert_true(nr < KMC_SIM_MAX_SNAPSHOTS);
	assert_true(nr * bytes <= KMC_SIM_SNAPSHOT_BYTES);
	assert_true((nr + 2) * bytes > KMC_SIM_SNAPSHOT_BYTES);
	assert_int_equal(kmc_sim_snapshot_drop(sim, 0), 0);
	assert_int_equal(kmc_sim_snapshot(sim), 0);
}

static void test_reset_keeps_snapshots(void **state)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	uint64_t hash;
	int snapshot;

	(void)state;
	fill(page, 0, 0x77);
	kmc_sim_clock_advance(sim, 5);
	kmc_sim_task_flags(KMC_PF_MEMALLOC_NOIO, KMC_PF_MEMALLOC_NOIO);
	hash = kmc_sim_hash(sim);
	snapshot = kmc_sim_snapshot(sim);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_clock_ns(sim), 0);
	assert_int_equal(kmc_attention_bits(kmc_this_cpu) & ATTN_CONTEXT, 0);
	kmc_sim_restore(sim, snapshot);
	assert_int_equal(kmc_sim_clock_ns(sim), 5);
	assert_int_equal(kmc_attention_bits(kmc_this_cpu) & ATTN_CONTEXT, ATTN_CONTEXT);
	assert_int_equal(kmc_sim_hash(sim), hash);
	assert_true(filled(page, 0, 0x77));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_contents_and_state_return),
		CASE(test_same_calls_after_restore_give_the_same),
		CASE(test_snapshots_nest),
		CASE(test_limits),
		CASE(test_contents_are_limited),
		CASE(test_reset_keeps_snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
