/* SPDX-License-Identifier: GPL-2.0-or-later */
/* krealloc_node_align(): blocks that move although they would fit (REA-10, ALIGN-12). */
#include "slab_fixture.h"

static void on_nodes(enum kmc_profile profile)
{
	struct kmc_sim_config config = {
		.profile = profile, .nr_cpus = 2, .nr_nodes = 2, .nr_zones = 2,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = 8192 },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 16384,
			     .nr_pages = 8192 } },
	};

	machine_boot(&config);
}

/* A block of the 192 class that lies at an odd multiple of 64. */
static uint8_t *odd_block(void)
{
	for (unsigned int i = 0; i < 64; i++) {
		uint8_t *p = kmalloc(192, GFP_KERNEL);

		if ((uintptr_t)p % 128 == 64)
			return p;
	}
	fail();
	return NULL;
}

/* In place keeps the old alignment (ALIGN-10), the align argument moves; nothing is written past. */
static void rea10_align12_align_moves(void **state)
{
	uint8_t *p, *q, *next;

	(void)state;
	on_nodes(KMC_PROFILE_6_18_44);
	p = odd_block();
	pattern_fill(p, 192, 3);
	assert_ptr_equal(krealloc(p, 128, GFP_KERNEL), p);
	assert_ptr_equal(krealloc_node_align(p, 128, 64, GFP_KERNEL, NUMA_NO_NODE), p);
	next = kmalloc(128, GFP_KERNEL);
	q = krealloc_node_align(p, 128, 128, GFP_KERNEL, NUMA_NO_NODE);
	assert_ptr_not_equal(q, p);
	assert_int_equal((uintptr_t)q % 128, 0);
	assert_true(pattern_holds(q, 128, 3));
	assert_false(where(p).live);
	/* A move to a smaller class copies no more than the new block holds. */
	p = krealloc_node_align(q, 16, 4096, GFP_KERNEL, NUMA_NO_NODE);
	assert_int_equal(ksize(p), (uintptr_t)q % 4096 ? 16 : 128);
	assert_true(pattern_holds(p, 16, 3));
	pattern_fill(next, 128, 9);
	assert_true(pattern_holds(next, 128, 9));
	machine_off();
}

static void rea10_node_moves(void **state)
{
	uint8_t *p, *q;

	(void)state;
	on_nodes(KMC_PROFILE_6_18_44);
	p = kmalloc_node(100, GFP_KERNEL | __GFP_THISNODE, 0);
	pattern_fill(p, 100, 4);
	/* Without __GFP_THISNODE the node is a wish for a new block only. */
	assert_ptr_equal(krealloc_node(p, 90, GFP_KERNEL, 1), p);
	assert_ptr_equal(krealloc_node(p, 90, GFP_KERNEL | __GFP_THISNODE, 0), p);
	q = krealloc_node(p, 80, GFP_KERNEL | __GFP_THISNODE, 1);
	assert_ptr_not_equal(q, p);
	assert_int_equal(where(q).node, 1);
	assert_true(pattern_holds(q, 80, 4));
	/* A large block as well. */
	p = krealloc_node(q, 20000, GFP_KERNEL, 0);
	assert_true(pattern_holds(p, 80, 4));
	pattern_fill(p, 20000, 5);
	q = krealloc_node(p, 9000, GFP_KERNEL | __GFP_THISNODE, where(p).node ^ 1);
	assert_ptr_not_equal(q, p);
	assert_true(pattern_holds(q, 9000, 5));
	machine_off();
}

/* A move that fails leaves the block, even where the size alone would have fitted. */
static void rea4_rea10_failed_move(void **state)
{
	uint8_t *p;

	(void)state;
	on_nodes(KMC_PROFILE_6_18_44);
	p = odd_block();
	pattern_fill(p, 192, 6);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 0);
	assert_null(krealloc_node_align(p, 128, 128, GFP_KERNEL, NUMA_NO_NODE));
	assert_true(where(p).live);
	assert_true(pattern_holds(p, 192, 6));
	assert_ptr_equal(krealloc_node_align(p, 0, 128, GFP_KERNEL, NUMA_NO_NODE), ZERO_SIZE_PTR);
	assert_false(where(p).live);
	machine_off();
}

/* Zeroing over moves and in place. */
static void rea7_rea10_zeroing(void **state)
{
	uint8_t *p;

	(void)state;
	on_nodes(KMC_PROFILE_6_18_44);
	p = kzalloc(96, GFP_KERNEL);
	memset(p, 1, 96);
	p = krealloc_node_align(p, 40, 64, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE);
	p = krealloc_node_align(p, 2000, 1024, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE);
	assert_int_equal(p[39], 1);
	assert_true(all_zero(p + 40, 1960));
	assert_int_equal((uintptr_t)p % 1024, 0);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rea10_align12_align_moves),
		cmocka_unit_test(rea10_node_moves),
		cmocka_unit_test(rea4_rea10_failed_move),
		cmocka_unit_test(rea7_rea10_zeroing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
