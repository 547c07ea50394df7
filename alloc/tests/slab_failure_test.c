/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NULL and its reasons: injection at every request, exhausted memory, the
 * fallback to smaller slabs (KM-6, KM-25, KC-40, R4).
 */
#include "slab_fixture.h"

/* Every eligible request fails exactly when told. Rule: KM-25 inject. */
static void inject_every_nth(void **state)
{
	(void)state;
	for (unsigned int nth = 1; nth <= 20; nth++) {
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, nth, 0);
		for (unsigned int i = 1; i <= 25; i++) {
			void *p = kmalloc(64, i % 2 ? GFP_KERNEL : GFP_ATOMIC);

			assert_int_equal(p == NULL, i == nth);
			kfree(p);
		}
	}
}

static void inject_never_with_nofail(void **state)
{
	struct kmem_cache *s = kmem_cache_create("nofail", 64, 0, 0, NULL);

	(void)state;
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 1);
	for (unsigned int i = 0; i < 10; i++) {
		assert_non_null(kmalloc(64, GFP_KERNEL | __GFP_NOFAIL));
		assert_non_null(kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOFAIL));
		assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	}
	/* A large block is a page request: this injection does not concern it. */
	assert_non_null(kmalloc(20000, GFP_KERNEL));
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
}

/* Rule: KC-40: the smaller slab serves, also in random order, and mixes with larger ones. */
static void fallback_to_minimum_order(uint32_t options)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);
	struct kmem_cache *s;
	void *p[60];

	config.options = options;
	machine_boot(&config);
	s = kmem_cache_create("fall", 1000, 0, SLAB_NO_MERGE, NULL);
	assert_int_equal(cache_info(s).order, 2);
	assert_int_equal(cache_info(s).min_order, 0);
	for (unsigned int i = 0; i < 60; i++) {
		/* Of two page requests the first fails: the preferred order. */
		if (i % 32 >= 16)
			kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 0);
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		assert_non_null(p[i]);
		pattern_fill(p[i], 1000, i);
	}
	assert_true(cache_info(s).nr_objects < cache_info(s).nr_slabs * 16);
	for (unsigned int i = 0; i < 60; i++) {
		assert_true(pattern_holds(p[i], 1000, i));
		kmem_cache_free(s, p[i]);
	}
	kmem_cache_destroy(s);
	machine_off();
}

static void kc40_fallback(void **state)
{
	(void)state;
	fallback_to_minimum_order(0);
	fallback_to_minimum_order(KMC_OPT_FREELIST_RANDOM);
}

/* Rule: R4: light flags first, the caller's own for the minimum order. */
static void r4_growth_flags(void **state)
{
	(void)state;
	tp_listen(KMC_TP_BIT(KMC_TP_MM_PAGE_ALLOC));
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 0);
	kmalloc(1024, GFP_KERNEL | __GFP_NOFAIL | __GFP_ZERO | __GFP_RECLAIMABLE);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	assert_true(tp_count >= 1);
	assert_int_equal(tp_seen[tp_count - 1].order, 0);
	assert_int_equal(tp_seen[tp_count - 1].gfp,
			 GFP_KERNEL | __GFP_NOFAIL | __GFP_COMP | __GFP_RECLAIMABLE);
	tp_count = 0;
	kmalloc(2048, GFP_KERNEL | __GFP_NOFAIL);
	assert_int_equal(tp_count, 1);
	assert_int_equal(tp_seen[0].order, 3);
	assert_int_equal(tp_seen[0].gfp, __GFP_IO | __GFP_FS | __GFP_NOWARN | __GFP_NORETRY |
						 __GFP_NOMEMALLOC | __GFP_COMP);
	tp_listen(0);
}

/* Fill the machine, get NULL and nothing else, free everything, all is back. Rule: KM-6. */
static void exhaustion(void **state)
{
	static const size_t sizes[] = { 64, 1024, 4096, 30000 };

	(void)state;
	for (size_t k = 0; k < 4; k++) {
		struct kmc_sim_config config = machine_config(1, 8 * MIB);
		uint64_t before;
		void **p = calloc(300000, sizeof(*p));
		struct kmem_cache *s = NULL;
		size_t n = 0;

		machine_boot(&config);
		before = free_pages_now();
		while (n < 300000 && (p[n] = kmalloc(sizes[k], GFP_NOWAIT)))
			n++;
		assert_in_range(n * sizes[k], 6 * MIB, 8 * MIB);
		assert_null(kmalloc(sizes[k], GFP_NOWAIT));
		while (n > 0)
			kfree(p[--n]);
		while ((s = kmc_sim_cache_next(sim, s)))
			kmem_cache_shrink(s);
		assert_int_equal(free_pages_now(), before);
		free(p);
		machine_off();
	}
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup_machine, teardown_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(inject_every_nth),
		EACH(inject_never_with_nofail),
		cmocka_unit_test(kc40_fallback),
		EACH(r4_growth_flags),
		cmocka_unit_test(exhaustion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
