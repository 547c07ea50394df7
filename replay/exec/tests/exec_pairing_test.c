/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pairs fit, against cells of rules-slab Part 2 written down by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "../exec_core.h"

static char memory[64];

static bool fits(unsigned int origin, unsigned int by, uint64_t size, unsigned int order,
		 bool comp)
{
	struct kmc_slot slot = { .kind = KMC_SLOT_MEMORY, .origin = (uint16_t)origin,
				 .ptr = memory, .size = size, .order = (uint8_t)order,
				 .comp = comp, .refs = 1 };
	struct kmc_op op;

	kmc_op_init(&op, by);
	op.order = (uint8_t)order;
	op.a = by == KMC_OP_FREE_CONTIG_RANGE || by == KMC_OP_CMA_RELEASE ||
			       by == KMC_OP_VM_UNMAP_RAM ? size / 4096 : size;
	return kmc_pairing_fits(&op, &slot, NULL);
}

static void test_objects(void **state)
{
	static const struct {
		unsigned int from, by;
		bool fits;
	} cells[] = {
		{ KMC_OP_KMALLOC, KMC_OP_KFREE, true },
		{ KMC_OP_KMALLOC, KMC_OP_KVFREE, true },
		{ KMC_OP_KMALLOC, KMC_OP_KFREE_BULK, true },
		{ KMC_OP_KMALLOC, KMC_OP_KFREE_RCU, true },
		{ KMC_OP_KMALLOC, KMC_OP_VFREE, false },
		{ KMC_OP_KMALLOC, KMC_OP_KMEM_CACHE_FREE, false },
		{ KMC_OP_KMALLOC, KMC_OP_KFREE_NOLOCK, false },
		{ KMC_OP_KMALLOC, KMC_OP_FREE_PAGES_PAGE, false },
		{ KMC_OP_KMALLOC_NOLOCK, KMC_OP_KFREE_NOLOCK, true },
		{ KMC_OP_KMALLOC_NOLOCK, KMC_OP_KFREE, true },
		{ KMC_OP_KMALLOC_NOLOCK, KMC_OP_KVFREE, false },
		{ KMC_OP_KMEMDUP, KMC_OP_KFREE, true },
		{ KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KFREE, true },
		{ KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KVFREE, true },
		{ KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KFREE_SENSITIVE, false },
		{ KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_FREE, true },
		{ KMC_OP_VMALLOC, KMC_OP_VFREE, true },
		{ KMC_OP_VMALLOC, KMC_OP_KVFREE, true },
		{ KMC_OP_VMALLOC, KMC_OP_KFREE, false },
		{ KMC_OP_VMALLOC, KMC_OP_VUNMAP, false },
		{ KMC_OP_VMAP, KMC_OP_VUNMAP, true },
		{ KMC_OP_VMAP, KMC_OP_VFREE, false },
		{ KMC_OP_VM_MAP_RAM, KMC_OP_VM_UNMAP_RAM, true },
		{ KMC_OP_KVMALLOC, KMC_OP_KVFREE, true },
		{ KMC_OP_KVMALLOC, KMC_OP_KFREE, false },
		{ KMC_OP_KVMALLOC, KMC_OP_VFREE, false },
		{ KMC_OP_KSTRDUP_CONST, KMC_OP_KFREE_CONST, true },
		{ KMC_OP_KSTRDUP_CONST, KMC_OP_KFREE, false },
		{ KMC_OP_KMEM_BUCKETS_ALLOC, KMC_OP_KFREE_SENSITIVE, true },
		{ KMC_OP_KMEM_BUCKETS_ALLOC, KMC_OP_KFREE_BULK, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (fits(cells[i].from, cells[i].by, 64, 0, false) != cells[i].fits)
			fail_msg("%s by %s: not as in Part 2.1", kmc_op_desc(cells[i].from)->text,
				 kmc_op_desc(cells[i].by)->text);
}

static void test_pages(void **state)
{
	static const struct {
		unsigned int from, by, order;
		bool comp, fits;
	} cells[] = {
		{ KMC_OP_ALLOC_PAGES, KMC_OP_FREE_PAGES_PAGE, 0, false, true },
		{ KMC_OP_ALLOC_PAGES, KMC_OP_PUT_PAGE, 0, false, true },
		{ KMC_OP_ALLOC_PAGES, KMC_OP_FREE_PAGES, 0, false, false },
		{ KMC_OP_ALLOC_PAGES, KMC_OP_PUT_PAGE, 2, false, false },
		{ KMC_OP_ALLOC_PAGES, KMC_OP_PUT_PAGE, 2, true, true },
		{ KMC_OP_ALLOC_PAGES, KMC_OP_FREE_PAGES_PAGE, 2, true, true },
		{ KMC_OP_ALLOC_PAGES, KMC_OP_KFREE, 2, true, false },
		{ KMC_OP_GET_FREE_PAGES, KMC_OP_FREE_PAGES, 1, false, true },
		{ KMC_OP_GET_FREE_PAGES, KMC_OP_FREE_PAGES_PAGE, 1, false, true },
		{ KMC_OP_ALLOC_PAGES_EXACT, KMC_OP_FREE_PAGES_EXACT, 0, false, true },
		{ KMC_OP_ALLOC_PAGES_EXACT, KMC_OP_FREE_PAGES, 0, false, false },
		{ KMC_OP_FOLIO_ALLOC, KMC_OP_FOLIO_PUT, 1, true, true },
		{ KMC_OP_FOLIO_ALLOC, KMC_OP_FREE_PAGES_PAGE, 1, true, false },
		{ KMC_OP_PAGE_FRAG_ALLOC, KMC_OP_PAGE_FRAG_FREE, 0, false, true },
		{ KMC_OP_CMA_ALLOC, KMC_OP_CMA_RELEASE, 0, false, true },
		{ KMC_OP_CMA_ALLOC, KMC_OP_FREE_PAGES_PAGE, 0, false, false },
		{ KMC_OP_MEMPOOL_ALLOC, KMC_OP_MEMPOOL_FREE, 0, false, true },
		{ KMC_OP_MEMPOOL_ALLOC, KMC_OP_KFREE, 0, false, false },
		{ KMC_OP_DMA_ALLOC_COHERENT, KMC_OP_DMA_FREE_COHERENT, 0, false, true },
		{ KMC_OP_DMA_POOL_ALLOC, KMC_OP_DMA_POOL_FREE, 0, false, true },
		{ KMC_OP_ALLOC_PERCPU, KMC_OP_FREE_PERCPU, 0, false, true },
		{ KMC_OP_ALLOC_PERCPU, KMC_OP_KFREE, 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (fits(cells[i].from, cells[i].by, 4096u << cells[i].order, cells[i].order,
			 cells[i].comp) != cells[i].fits)
			fail_msg("%s by %s: not as in Part 2.4", kmc_op_desc(cells[i].from)->text,
				 kmc_op_desc(cells[i].by)->text);
}

static bool sentinel_fits(unsigned int by, void *ptr)
{
	struct kmc_slot slot = { .kind = KMC_SLOT_MEMORY, .origin = KMC_OP_KMALLOC, .ptr = ptr };
	struct kmc_op op;

	kmc_op_init(&op, by);
	return kmc_pairing_fits(&op, &slot, NULL);
}

/* Rule: FR-7, FR-8, FR-9, PAGE-12. */
static void test_sentinels(void **state)
{
	void *zero_size = (void *)16;

	(void)state;
	assert_true(sentinel_fits(KMC_OP_KFREE, NULL));
	assert_true(sentinel_fits(KMC_OP_VFREE, NULL));
	assert_true(sentinel_fits(KMC_OP_FREE_PAGES, NULL));
	assert_true(sentinel_fits(KMC_OP_MEMPOOL_FREE, NULL));
	assert_false(sentinel_fits(KMC_OP_KFREE_BULK, NULL));
	assert_false(sentinel_fits(KMC_OP_KMEM_CACHE_FREE, NULL));
	assert_false(sentinel_fits(KMC_OP_FREE_PAGES_PAGE, NULL));
	assert_true(sentinel_fits(KMC_OP_KFREE, zero_size));
	assert_true(sentinel_fits(KMC_OP_KVFREE, zero_size));
	assert_false(sentinel_fits(KMC_OP_VFREE, zero_size));
	assert_false(sentinel_fits(KMC_OP_KFREE_RCU, zero_size));
	assert_false(sentinel_fits(KMC_OP_FREE_PAGES, zero_size));
}

/* No freeing call of the catalogue is unknown to the tables. */
static void test_every_free_fits_something(void **state)
{
	unsigned int by;

	(void)state;
	for (size_t i = 0; (by = kmc_op_at(i)) != 0; i++) {
		bool some = false;
		unsigned int from;

		if (!kmc_plan_of(by)->is_free || by == KMC_OP_ZS_FREE || by == KMC_OP_RUST_FREE)
			continue; /* handles are no memory; Rust is not in Part 2 */
		for (size_t j = 0; (from = kmc_op_at(j)) != 0 && !some; j++)
			some = fits(from, by, 64, 0, false);
		if (!some)
			fail_msg("%s frees nothing", kmc_op_desc(by)->text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_sentinels),
		cmocka_unit_test(test_every_free_fits_something),
	};

	kmc_plans_make();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
