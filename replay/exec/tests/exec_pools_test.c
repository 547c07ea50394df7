/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools, sheaves, sets of caches and copies of user memory: what a program sees
 * of them, and that none is taken for another.
 */
#include "exec_alloc.h"

static const struct kmc_event *last_effect(unsigned int effect)
{
	const struct kmc_event *last = NULL;

	for (size_t i = 0; i < seen.nr; i++)
		if (seen.events[i].kind == KMC_EV_EFFECT && seen.events[i].what == effect)
			last = &seen.events[i];
	assert_non_null(last);
	return last;
}

/* What the backend was asked, the level after each call, numbers and sizes. */
static void mp4_backend_on_record(void **state)
{
	const struct kmc_event *create, *asked;

	(void)state;
	run_text(target, &seen, "r0 = mempool_create(3, kmalloc, 100)\n"
				"r1 = mempool_alloc(r0, GFP_KERNEL)\n");
	create = call_at(&seen, 0);
	assert_int_equal(create->cache, create->arg);
	assert_int_equal(create->granted, 3);
	assert_int_equal(create->size, 100);
	assert_int_equal(effects_seen(&seen, KMC_EFF_BACKEND_ALLOC), 4);
	asked = last_effect(KMC_EFF_BACKEND_ALLOC);
	assert_int_equal(asked->cache, create->cache);
	assert_int_equal(asked->addr, call_at(&seen, 1)->addr);
	assert_false(asked->gfp & KMC_GFP_DIRECT_RECLAIM);
	assert_true(asked->gfp & KMC_GFP_NORETRY);
	assert_int_equal(last_effect(KMC_EFF_POOL_LEVEL)->arg, 3);
	assert_int_equal(last_effect(KMC_EFF_POOL_LEVEL)->size, 3);
	assert_int_equal(call_at(&seen, 1)->size, 100);
}

/* A wait without an end is an outcome of its own, and the program goes on. */
static void mp2_hung(void **state)
{
	(void)state;
	run_text(target, &seen, "r0 = mempool_create(1, kmalloc, 100)\n"
				"fail_nth(failslab, 1, 1)\n"
				"r1 = mempool_alloc(r0, GFP_KERNEL)\n"
				"r2 = mempool_alloc(r0, GFP_KERNEL)\n"
				"mempool_free(r1, r0)\n"
				"r3 = mempool_alloc(r0, GFP_KERNEL)\n"
				"r4 = mempool_alloc(r0, GFP_NOWAIT)\n");
	assert_int_equal(outcome_at(2), KMC_OUT_VALUE);
	assert_int_equal(outcome_at(3), KMC_OUT_HUNG);
	assert_int_equal(call_at(&seen, 5)->addr, call_at(&seen, 2)->addr);
	assert_int_equal(outcome_at(6), KMC_OUT_NULL);
}

/* Elements go back to their own pool; a pool with elements out is not destroyed, nor its cache. */
static void mp10_what_does_not_fit(void **state)
{
	(void)state;
	run_text(target, &seen, "r0 = kmem_cache_create(1, 64, 0, NO_MERGE, 0)\n"
				"r1 = mempool_create_slab_pool(2, r0)\n"
				"r2 = mempool_create(2, kmalloc, 64)\n"
				"r3 = mempool_alloc(r1, GFP_KERNEL)\n"
				"mempool_free(r3, r2)\n"
				"kfree(r3)\n"
				"kmem_cache_free(r0, r3)\n"
				"mempool_destroy(r1)\n"
				"kmem_cache_destroy(r0)\n"
				"mempool_free(r3, r1)\n"
				"mempool_destroy(r1)\n"
				"mempool_destroy(r1)\n"
				"kmem_cache_destroy(r0)\n");
	for (unsigned int n = 4; n <= 8; n++)
		assert_int_equal(outcome_at(n), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(9), KMC_OUT_NONE);
	assert_int_equal(outcome_at(10), KMC_OUT_NONE);
	assert_int_equal(outcome_at(11), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(12), KMC_OUT_NONE);
}

/* Of a bulk free the prefix that the pool keeps is gone, the rest the program's own. */
static void mp9_prefix(void **state)
{
	(void)state;
	run_text(target, &seen, "r0 = mempool_create(3, kmalloc, 100)\n"
				"r10 = mempool_alloc_bulk(r0, 3)\n"
				"fail_nth(failslab, 1, 1)\n"
				"r1 = mempool_alloc(r0, GFP_NOWAIT)\n"
				"fail_nth(failslab, 0, 0)\n"
				"r2 = mempool_free_bulk(r0, r10, 3)\n"
				"mempool_free(r10, r0)\n"
				"mempool_free(r11, r0)\n"
				"mempool_free(r12, r0)\n");
	assert_int_equal(call_at(&seen, 5)->arg, 1);
	assert_int_equal(outcome_at(6), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(7), KMC_OUT_NONE);
	assert_int_equal(outcome_at(8), KMC_OUT_NONE);
	run_text(target, &seen, "r20 = mempool_alloc_bulk(r0, 4)\n"); /* more than the reserve */
	assert_int_equal(outcome_at(0), KMC_OUT_SKIPPED);
	run_text(target, &seen, "r0 = mempool_create(1, kmalloc, 100)\n"
				"r1 = mempool_create(1, kmalloc, 200)\n"
				"r2 = mempool_alloc(r0, GFP_KERNEL)\n"
				"r3 = mempool_free_bulk(r1, r2, 1)\n"); /* another pool's */
	assert_int_equal(outcome_at(3), KMC_OUT_SKIPPED);
}

/* A sheaf belongs to its cache, holds it, and is gone once returned. */
static void kc36_sheaves(void **state)
{
	(void)state;
	run_text(target, &seen, "r0 = kmem_cache_create(1, 64, 0, NO_MERGE, 0)\n"
				"r1 = kmem_cache_create(2, 64, 0, NO_MERGE, 0)\n"
				"r2 = kmem_cache_prefill_sheaf(r0, GFP_KERNEL, 1)\n"
				"r3 = kmem_cache_alloc_from_sheaf(r1, r2, GFP_KERNEL)\n"
				"r3 = kmem_cache_alloc_from_sheaf(r0, r2, GFP_KERNEL)\n"
				"r4 = kmem_cache_alloc_from_sheaf(r0, r2, GFP_KERNEL)\n"
				"kmem_cache_free(r0, r3)\n"
				"kmem_cache_destroy(r0)\n"
				"kmem_cache_return_sheaf(r0, r2, GFP_KERNEL)\n"
				"r4 = kmem_cache_alloc_from_sheaf(r0, r2, GFP_KERNEL)\n"
				"kmem_cache_destroy(r0)\n");
	assert_int_equal(call_at(&seen, 2)->addr2, call_at(&seen, 2)->arg);
	assert_int_equal(call_at(&seen, 2)->granted, 1);
	assert_int_equal(outcome_at(3), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(4), KMC_OUT_VALUE);
	assert_int_equal(call_at(&seen, 4)->addr2, call_at(&seen, 2)->arg);
	assert_int_equal(outcome_at(5), KMC_OUT_NULL);
	assert_int_equal(outcome_at(7), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(8), KMC_OUT_NONE);
	assert_int_equal(outcome_at(9), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(10), KMC_OUT_NONE);
}

/* A set of caches is no cache; a pool no contiguous area. */
static void handles_are_not_mixed_up(void **state)
{
	(void)state;
	run_text(target, &seen, "r0 = kmem_buckets_create(1, 0, 0, 0)\n"
				"r1 = kmem_cache_alloc(r0, GFP_KERNEL)\n"
				"kmem_cache_destroy(r0)\n"
				"r2 = kmem_cache_create(1, 64, 0, 0, 0)\n"
				"r3 = kmem_buckets_alloc(r2, 64, GFP_KERNEL)\n"
				"r4 = mempool_create(2, kmalloc, 64)\n"
				"r5 = cma_alloc(r4, 1, 0, 0)\n"
				"r6 = cma_declare_contiguous(0, 8388608, 0, 0, 0, 0)\n"
				"r7 = mempool_alloc(r6, GFP_KERNEL)\n"
				"mempool_destroy(r6)\n"
				"r8 = kmem_buckets_alloc(r0, 64, GFP_KERNEL)\n");
	assert_int_equal(outcome_at(1), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(2), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(4), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(6), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(8), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(9), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(10), KMC_OUT_VALUE);
}

/* Error pointers are errors, with their number. */
static void dup8_errors(void **state)
{
	(void)state;
	run_text(target, &seen, "r0 = memdup_user(10, 9)\n"
				"r1 = memdup_user(10, 10)\n"
				"r2 = strndup_user(10, 10, 99)\n"
				"r3 = strndup_user(10, 11, 99)\n"
				"r4 = vmemdup_user(50000, 49999)\n"
				"kfree(r1)\n"
				"kfree(r3)\n");
	assert_int_equal(outcome_at(0), KMC_OUT_ERROR);
	assert_int_equal(call_at(&seen, 0)->arg, EFAULT);
	assert_int_equal(outcome_at(1), KMC_OUT_VALUE);
	assert_int_equal(outcome_at(2), KMC_OUT_ERROR);
	assert_int_equal(call_at(&seen, 2)->arg, EINVAL);
	assert_int_equal(outcome_at(3), KMC_OUT_VALUE);
	assert_int_equal(call_at(&seen, 4)->arg, EFAULT);
	assert_int_equal(outcome_at(5), KMC_OUT_NONE);
	assert_int_equal(outcome_at(6), KMC_OUT_NONE);
}

/* Pools and sheaves come back with a snapshot. */
static void snapshots_hold_pools(void **state)
{
	(void)state;
	run_text(target, &seen, "r0 = mempool_create(2, kmalloc, 100)\n"
				"r1 = kmem_cache_create(1, 64, 0, NO_MERGE, 0)\n"
				"r2 = kmem_cache_prefill_sheaf(r1, GFP_KERNEL, 1)\n"
				"r3 = snapshot()\n"
				"r4 = mempool_alloc_preallocated(r0)\n"
				"r5 = mempool_alloc_preallocated(r0)\n"
				"r6 = kmem_cache_alloc_from_sheaf(r1, r2, GFP_KERNEL)\n"
				"restore(r3)\n"
				"r4 = mempool_alloc_preallocated(r0)\n"
				"r6 = kmem_cache_alloc_from_sheaf(r1, r2, GFP_KERNEL)\n");
	assert_int_equal(call_at(&seen, 8)->addr, call_at(&seen, 4)->addr);
	assert_int_equal(call_at(&seen, 9)->addr, call_at(&seen, 6)->addr);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_alloc, close_alloc)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(mp4_backend_on_record),
		CASE(mp2_hung),
		CASE(mp10_what_does_not_fit),
		CASE(mp9_prefix),
		CASE(kc36_sheaves),
		CASE(handles_are_not_mixed_up),
		CASE(dup8_errors),
		CASE(snapshots_hold_pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
