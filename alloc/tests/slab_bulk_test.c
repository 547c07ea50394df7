/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bulk calls: all or nothing, distinct and whole objects, mixed frees.
 */
#include "slab_fixture.h"

static unsigned int constructed;

static void count_ctor(void *object)
{
	constructed++;
	*(uint64_t *)object = 0x1234;
}

static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (void *const *)a, y = (uintptr_t) * (void *const *)b;

	return x < y ? -1 : x > y;
}

/* Rule: KC-32, KC-33, KC-35. */
static void kc33_objects(void **state)
{
	static const unsigned int sizes[] = { 8, 64, 200, 256, 1024, 4096 };

	(void)state;
	for (size_t k = 0; k < 6; k++) {
		struct kmem_cache *s =
			kmem_cache_create("bulk", sizes[k], 0, SLAB_NO_MERGE, NULL);

		for (unsigned int n = 0; n <= 300; n = n * 2 + 1) {
			void *p[512], *sorted[512];

			for (unsigned int round = 0; round < 2; round++) {
				gfp_t gfp = round ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL;

				assert_int_equal(kmem_cache_alloc_bulk(s, gfp, n, p), n);
				assert_int_equal(cache_info(s).nr_active, n);
				for (unsigned int i = 0; i < n; i++) {
					if (round)
						assert_true(all_zero(p[i], sizes[k]));
					memset(p[i], 0xee, sizes[k]);
					assert_ptr_equal(where(p[i]).cache, s);
				}
				memcpy(sorted, p, n * sizeof(*p));
				qsort(sorted, n, sizeof(*p), by_address);
				for (unsigned int i = 1; i < n; i++)
					assert_true((char *)sorted[i] - (char *)sorted[i - 1] >=
						    (long)sizes[k]);
				kmem_cache_free_bulk(s, n, p);
				assert_int_equal(cache_info(s).nr_active, 0);
			}
		}
		kmem_cache_destroy(s);
	}
}

/* Rule: KC-35, FR-15: none are asked for: no object, no event, no change; with an array or without. */
static void kc35_none(void **state)
{
	static const uint32_t profiles[] = { KMC_PROFILE_6_1_192, KMC_PROFILE_6_6_9,
					     KMC_PROFILE_6_12_117, KMC_PROFILE_6_18_44 };
	struct kmc_sim *outer = sim;

	(void)state;
	kmc_sim_unbind();
	for (unsigned int i = 0; i < 4; i++) {
		struct kmc_sim_config config = machine_config(1, 16 * MIB);
		void *untouched = &config;
		struct kmem_cache *s;
		uint64_t before;

		config.profile = profiles[i];
		machine_boot(&config);
		s = kmem_cache_create("none", 40, 0, SLAB_NO_MERGE, NULL);
		before = kmc_sim_hash(sim);
		tp_listen(UINT64_MAX);
		assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 0, &untouched), 0);
		assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 0, NULL), 0);
		kmem_cache_free_bulk(s, 0, &untouched);
		kmem_cache_free_bulk(s, 0, NULL);
		kmem_cache_free_bulk(NULL, 0, NULL);
		kfree_bulk(0, NULL);
		assert_int_equal(tp_count, 0);
		tp_listen(0);
		assert_ptr_equal(untouched, &config);
		assert_int_equal(kmc_sim_hash(sim), before);
		assert_int_equal(cache_info(s).nr_slabs, 0);
		machine_off();
	}
	sim = outer;
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
}

static void kc33_constructor(void **state)
{
	struct kmem_cache *s = kmem_cache_create("bulk", 40, 0, 0, count_ctor);
	void *p[200];

	(void)state;
	constructed = 0;
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 200, p), 200);
	for (unsigned int i = 0; i < 200; i++)
		assert_int_equal(*(uint64_t *)p[i], 0x1234);
	assert_int_equal(constructed, cache_info(s).nr_objects);
	kmem_cache_free_bulk(s, 200, p);
}

/* Rule: KC-32: a failure in the middle leaves nothing behind. */
static void kc32_all_or_nothing(void **state)
{
	struct kmem_cache *s = kmem_cache_create("bulk", 1024, 0, SLAB_NO_MERGE, NULL);
	void *p[200];

	(void)state;
	for (unsigned int nth = 1; nth < 60; nth++) {
		int got;

		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, nth, 1);
		got = kmem_cache_alloc_bulk(s, GFP_NOWAIT, 200, p);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		assert_true(got == 0 || got == 200);
		assert_int_equal(cache_info(s).nr_active, (unsigned int)got);
		kmem_cache_free_bulk(s, (size_t)got, p);
		kmc_sim_check(sim);
		assert_int_equal(kmem_cache_shrink(s), 0);
		if (got)
			return;
	}
	fail_msg("never enough pages");
}

static void kc32_injected(void **state)
{
	struct kmem_cache *s = kmem_cache_create("bulk", 64, 0, SLAB_NO_MERGE, NULL);
	void *p[10];

	(void)state;
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 0);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 10, p), 0);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 10, p), 10);
	kmem_cache_free_bulk(s, 10, p);
}

/* Rule: FR-14: caches and large blocks mixed, each freed once. */
static void fr14_mixed(void **state)
{
	struct kmem_cache *s = kmem_cache_create("mixed", 120, 0, SLAB_NO_MERGE, NULL);
	static const size_t sizes[] = { 16, 20000, 200, 8192, 64, 9000, 16 };

	(void)state;
	for (unsigned int n = 1; n <= 1000; n = n * 3 + 1) {
		static void *p[1024], *copy[1024];

		for (unsigned int i = 0; i < n; i++)
			p[i] = i % 3 == 1 ? kmem_cache_alloc(s, GFP_KERNEL) :
					    kmalloc(sizes[i % 7], GFP_KERNEL);
		memcpy(copy, p, sizeof(p));
		kfree_bulk(n, p);
		for (unsigned int i = 0; i < n; i++)
			assert_true(where(copy[i]).backing == KMC_BACKING_NONE ||
				    !where(copy[i]).live);
		kmc_sim_check(sim);
		assert_int_equal(cache_info(s).nr_active, 0);
	}
	kmem_cache_free_bulk(s, 0, NULL);
	kfree_bulk(0, NULL);
}

/* Entries of another cache go to their owner; what is no slab is reported. Rule: FR-15. */
static void fr15_foreign(void **state)
{
	struct kmem_cache *a = kmem_cache_create("a", 64, 0, SLAB_NO_MERGE, NULL);
	struct kmem_cache *b = kmem_cache_create("b", 320, 0, SLAB_NO_MERGE, NULL);
	char on_stack[8];
	void *p[4] = { kmem_cache_alloc(a, GFP_KERNEL), kmem_cache_alloc(b, GFP_KERNEL), on_stack,
		       kmem_cache_alloc(a, GFP_KERNEL) };

	(void)state;
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	kmem_cache_free_bulk(a, 4, p);
	assert_int_equal(tp_count, 1);
	tp_listen(0);
	assert_int_equal(cache_info(a).nr_active, 0);
	assert_int_equal(cache_info(b).nr_active, 0);
}

/*
 * Memory that is cleared when freed stays so in a slab's chain of free objects: found
 * by a kernel test of that option. Sizes at which the free pointer lies inside.
 */
static void dbg5_cleared_when_freed_in_bulk(void **state)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);

	(void)state;
	config.options |= KMC_OPT_INIT_ON_FREE;
	machine_boot(&config);
	for (unsigned int size = 8; size <= 4096; size *= 2) {
		struct kmem_cache *s = kmem_cache_create("cleared", size, 0, SLAB_NO_MERGE, NULL);
		void *p[200];

		for (unsigned int round = 0; round < 5; round++) {
			assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 200, p), 200);
			for (unsigned int i = 0; i < 200; i++) {
				for (unsigned int j = 0; j < size; j++)
					assert_int_equal(((uint8_t *)p[i])[j], 0);
				memset(p[i], 0x9e, size);
			}
			kmem_cache_free_bulk(s, 200, p);
			kmem_cache_shrink(s);
		}
		kmem_cache_destroy(s);
	}
	machine_off();
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup_machine, teardown_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dbg5_cleared_when_freed_in_bulk),
		EACH(kc35_none),
		EACH(kc33_objects), EACH(kc33_constructor), EACH(kc32_all_or_nothing),
		EACH(kc32_injected), EACH(fr14_mixed),	    EACH(fr15_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
