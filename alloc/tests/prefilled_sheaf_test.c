/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefilled sheaves (KC-36, KC-37) and charging afterwards (KC-38). */
#include <errno.h>
#include "slab_fixture.h"

static struct kmem_cache *cache;

static int setup_cache(void **state)
{
	struct kmem_cache_args args = { .sheaf_capacity = 32 };

	setup_machine(state);
	cache = kmem_cache_create("prefilled", 200, &args, SLAB_NO_MERGE);
	return 0;
}

static uint64_t active(void)
{
	return cache_info(cache).nr_active;
}

/* n objects, in any context and without memory, then no more; whatever the capacity. */
static void kc36_as_many_as_asked_for(void **state)
{
	static const unsigned int sizes[] = { 0, 1, 31, 32, 33, 60, 61, 64, 500 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, sizes[i]);
		void *p[500];

		assert_non_null(sheaf);
		assert_int_equal(kmem_cache_sheaf_size(sheaf), sizes[i]);
		assert_int_equal(active(), sizes[i]);
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 1);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
		kmc_sim_set_context(KMC_IN_NMI);
		for (unsigned int n = 0; n < sizes[i]; n++) {
			p[n] = kmem_cache_alloc_from_sheaf(cache, GFP_NOWAIT | __GFP_ZERO, sheaf);
			assert_non_null(p[n]);
			assert_true(all_zero(p[n], 200));
			memset(p[n], (int)n, 200);
			assert_ptr_equal(where(p[n]).cache, cache);
		}
		kmc_sim_set_context(KMC_IN_TASK);
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		assert_null(kmem_cache_alloc_from_sheaf(cache, GFP_KERNEL, sheaf));
		assert_int_equal(kmem_cache_sheaf_size(sheaf), 0);
		kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
		assert_int_equal(active(), sizes[i]);
		for (unsigned int n = 0; n < sizes[i]; n++) {
			assert_int_equal(((uint8_t *)p[n])[199], (uint8_t)n);
			kmem_cache_free(cache, p[n]);
		}
	}
	assert_int_equal(active(), 0);
}

/* What was not drawn goes back with the sheaf. */
static void kc36_half_used(void **state)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 40);
	void *p = kmem_cache_alloc_from_sheaf(cache, GFP_KERNEL, sheaf);

	(void)state;
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
	assert_int_equal(active(), 1);
	kmem_cache_free(cache, p);
	kmem_cache_destroy(cache);
}

static void kc36_refill(void **state)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 8), *none = NULL;
	void *p[5];

	(void)state;
	assert_int_equal(kmem_cache_refill_sheaf(cache, GFP_KERNEL, NULL, 5), -EINVAL);
	assert_int_equal(kmem_cache_refill_sheaf(cache, GFP_KERNEL, &none, 5), -EINVAL);
	for (int i = 0; i < 5; i++)
		p[i] = kmem_cache_alloc_from_sheaf(cache, GFP_KERNEL, sheaf);
	assert_int_equal(kmem_cache_refill_sheaf(cache, GFP_KERNEL, &sheaf, 3), 0);
	assert_int_equal(kmem_cache_sheaf_size(sheaf), 3);
	assert_int_equal(kmem_cache_refill_sheaf(cache, GFP_KERNEL, &sheaf, 10), 0);
	assert_int_equal(kmem_cache_sheaf_size(sheaf), 10);
	assert_int_equal(kmem_cache_refill_sheaf(cache, GFP_KERNEL, &sheaf, 200), 0);
	assert_int_equal(kmem_cache_sheaf_size(sheaf), 200);
	assert_int_equal(active(), 205);
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
	for (int i = 0; i < 5; i++)
		kmem_cache_free(cache, p[i]);
	assert_int_equal(active(), 0);
}

/* Fails at every page in turn: the old sheaf stays as it was, nothing leaks. */
static void kc36_failed_refill(void **state)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 8);
	unsigned int failures = 0;

	(void)state;
	for (uint64_t nth = 1;; nth++) {
		struct slab_sheaf *before = sheaf;
		int err;

		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, nth, 1);
		err = kmem_cache_refill_sheaf(cache, GFP_KERNEL, &sheaf, 300);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		if (!err)
			break;
		failures++;
		assert_int_equal(err, -ENOMEM);
		assert_ptr_equal(sheaf, before);
		assert_int_equal(kmem_cache_sheaf_size(sheaf), 8);
		assert_int_equal(active(), 8);
		kmem_cache_shrink(cache);
	}
	assert_true(failures > 3);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 0);
	assert_null(kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 4));
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
	assert_int_equal(active(), 0);
}

/* A sheaf that is still out holds its objects: the cache cannot go. */
static void kc36_kc42_destroy_with_a_sheaf_out(void **state)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 3);

	(void)state;
	assert_non_null(sheaf);
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	kmem_cache_destroy(cache);
	assert_int_equal(tp_count, 1);
	tp_listen(0);
}

/* Events tell of objects drawn, not of filling. */
static void kc36_events(void **state)
{
	struct slab_sheaf *sheaf;

	(void)state;
	tp_listen(KMC_TP_BIT(KMC_TP_KMEM_CACHE_ALLOC) | KMC_TP_BIT(KMC_TP_KMEM_CACHE_FREE));
	sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 20);
	assert_int_equal(tp_count, 0);
	(void)kmem_cache_alloc_from_sheaf(cache, GFP_KERNEL, sheaf);
	assert_int_equal(tp_count, 1);
	assert_int_equal(tp_seen[0].id, KMC_TP_KMEM_CACHE_ALLOC);
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
	assert_int_equal(tp_count, 1);
	tp_listen(0);
}

static unsigned int constructed;

static void construct(void *object)
{
	constructed++;
	memset(object, 0x33, 64);
}

/* Constructed when the slab was made, not when drawn. */
static void kc9_kc36_constructor(void **state)
{
	struct kmem_cache *s = kmem_cache_create("built", 64, 0, 0, construct);
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 64);
	unsigned int before = constructed;

	(void)state;
	for (int i = 0; i < 64; i++) {
		uint8_t *p = kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf);

		assert_int_equal(p[0], 0x33);
		assert_int_equal(p[63], 0x33);
	}
	assert_int_equal(constructed, before);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
}

/* True where there is nothing to charge. */
static void kc38_nothing_to_charge(void **state)
{
	(void)state;
	assert_true(kmem_cache_charge(kmem_cache_alloc(cache, GFP_KERNEL), GFP_KERNEL));
	assert_true(kmem_cache_charge(kmalloc(64, GFP_KERNEL), GFP_KERNEL));
	assert_true(kmem_cache_charge(kmalloc(64, GFP_KERNEL_ACCOUNT), GFP_KERNEL));
	assert_true(kmem_cache_charge(kmalloc(40000, GFP_KERNEL), GFP_KERNEL));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_cache, teardown_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(kc36_as_many_as_asked_for),
		CASE(kc36_half_used),
		CASE(kc36_refill),
		CASE(kc36_failed_refill),
		CASE(kc36_kc42_destroy_with_a_sheaf_out),
		CASE(kc36_events),
		CASE(kc9_kc36_constructor),
		CASE(kc38_nothing_to_charge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
