/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executor by what it says: which operands fit, what is carried out, what
 * the events of a call look like. On the target `alloc`.
 */
#include "exec_run.h"

static struct seen seen;

static int set_up(void **state)
{
	*state = open_target("alloc", 0);
	return 0;
}

static int tear_down(void **state)
{
	struct kmc_target *target = *state;

	target->ops->close(target);
	return 0;
}

static uint64_t hash_of(struct kmc_target *target)
{
	uint64_t hash = 0;

	assert_int_equal(target->ops->hash(target, &hash), 0);
	return hash;
}

static void test_plain_call_is_one_event(void **state)
{
	run_text(*state, &seen, "r0 = kmalloc(96, GFP_KERNEL) on cpu 1, task 3\nkfree(r0)\n");
	assert_int_equal(seen.nr, 2);
	assert_int_equal(seen.events[0].kind, KMC_EV_CALL);
	assert_int_equal(seen.events[0].what, KMC_OP_KMALLOC);
	assert_int_equal(seen.events[0].outcome, KMC_OUT_VALUE);
	assert_int_equal(seen.events[0].size, 96);
	assert_int_equal(seen.events[0].granted, 96);
	assert_int_equal(seen.events[0].cpu, 1);
	assert_int_equal(seen.events[0].task, 3);
	assert_int_equal(seen.events[0].seq, 1);
	assert_int_equal(seen.events[1].seq, 2);
	assert_int_equal(seen.events[1].addr, seen.events[0].addr);
	assert_true(seen.events[0].addr > 0xffff888000000000ull);
}

/* An effect inside a call delivers its begin first. */
static void test_effects_lie_between_begin_and_end(void **state)
{
	run_text(*state, &seen, "r0 = kmem_cache_create(1, 64, 0, 0, 1)\n"
				"r1 = kmem_cache_alloc(r0, GFP_KERNEL)\n"
				"kmem_cache_free(r0, r1)\nkmem_cache_destroy(r0)\n");
	assert_int_equal(seen.events[1].kind, KMC_EV_BEGIN);
	assert_int_equal(seen.events[2].kind, KMC_EV_EFFECT);
	assert_int_equal(seen.events[2].what, KMC_EFF_CONSTRUCTED);
	assert_int_equal(seen.events[2].id, seen.events[1].id);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONSTRUCTED), seen.caches[0].objects);
	assert_int_equal(last_call(&seen)->what, KMC_OP_KMEM_CACHE_DESTROY);
}

static void test_cache_is_announced_with_geometry(void **state)
{
	seen.nr_caches = 0;
	run_text(*state, &seen, "r0 = kmem_cache_create(7, 100, 0, HWCACHE_ALIGN|NO_MERGE, 0)\n");
	assert_int_equal(seen.nr_caches, 1);
	assert_string_equal(seen.caches[0].name, "cache-7");
	assert_int_equal(seen.caches[0].object_size, 100);
	assert_int_equal(seen.caches[0].size, 128);
	assert_int_equal(seen.caches[0].align, 64);
	assert_int_equal(seen.events[0].cache, seen.caches[0].id);
	assert_int_equal(seen.caches[0].flags, KMC_CF_HWCACHE_ALIGN | KMC_CF_NO_MERGE);
}

static void test_operands_that_do_not_fit_are_skipped(void **state)
{
	static const char *const misfits[] = {
		"kfree(r5)\n",                                     /* never set */
		"r0 = kmalloc(64, GFP_KERNEL)\nkfree(r0)\nkfree(r0)\n",
		"r0 = kmalloc(64, GFP_KERNEL)\nkfree(r0+8)\n",
		"r0 = kmalloc(64, GFP_KERNEL)\nwrite(r0, 65, 1)\n",
		"r0 = kmalloc(64, GFP_KERNEL)\nwrite(r0+60, 8, 1)\n",
		"r0 = kmalloc(64, GFP_KERNEL)\nwrite(r0+8, SIZE_MAX, 1)\n",
		"r0 = alloc_pages(GFP_KERNEL, 1)\n__free_pages(r0, 0)\n",
		"r0 = alloc_pages(GFP_KERNEL, 1)\nkfree(r0)\n",
		"r0 = kmalloc(64, GFP_KERNEL)\n__free_pages(r0, 0)\n",
		"r0 = alloc_pages_exact(8000, GFP_KERNEL)\nfree_pages_exact(r0, 4000)\n",
		"r0 = kmem_cache_create(1, 64, 0, NO_MERGE, 0)\n"
		"r1 = kmem_cache_create(2, 64, 0, NO_MERGE, 0)\n"
		"r2 = kmem_cache_alloc(r0, GFP_KERNEL)\nkmem_cache_free(r1, r2)\n",
		"r0 = kmem_cache_create(1, 64, 0, 0, 0)\nkmem_cache_destroy(r0)\n"
		"r1 = kmem_cache_alloc(r0, GFP_KERNEL)\n",
		"r0 = kmalloc(64, GFP_KERNEL)\nr1 = kmem_cache_alloc(r0, GFP_KERNEL)\n",
		"r0 = kmem_cache_create(1, 64, 0, 0, 0)\nkmem_cache_free(r0, NULL)\n",
		"r0 = kmalloc(64, GFP_KERNEL)\nkfree_bulk(r0, 2)\n",
		"r1023 = kmem_cache_create(1, 64, 0, 0, 0)\n"
		"r1022 = kmem_cache_alloc_bulk(r1023, GFP_KERNEL, 4)\n",
		"restore(r9)\n",
		"r0 = kmalloc(0, GFP_KERNEL)\nkfree(r0+8)\n",
		"r0 = kmalloc(64, GFP_KERNEL)\nr1 = alloc_pages(GFP_KERNEL, 0)\nsplit_page(r0, 0)\n",
	};

	for (size_t i = 0; i < sizeof(misfits) / sizeof(misfits[0]); i++) {
		struct kmc_target *target = *state;

		target->ops->reset(target);
		run_text(target, &seen, misfits[i]);
		if (last_call(&seen)->outcome != KMC_OUT_SKIPPED)
			fail_msg("not skipped: %s", misfits[i]);
	}
}

/* The same ops marked as misuse are put on record, and change nothing. */
static void test_misuse_is_reported_and_not_done(void **state)
{
	static const struct {
		const char *prelude, *op;
		unsigned int report;
	} misuses[] = {
		{ "r0 = kmalloc(64, GFP_KERNEL)\nkfree(r0)\n", "kfree(r0) misuse\n",
		  KMC_REPORT_FREE },
		{ "r0 = kmalloc(64, GFP_KERNEL)\n", "kfree(r0+8) misuse\n", KMC_REPORT_LIVE },
		{ "r0 = kmalloc(64, GFP_KERNEL)\n", "write(r0, 65, 1) misuse\n",
		  KMC_REPORT_FREE },
		{ "r0 = kmalloc(64, GFP_KERNEL)\nkfree(r0)\n", "read(r0, 1) misuse\n",
		  KMC_REPORT_FREE },
		{ "r0 = alloc_pages(GFP_KERNEL, 1)\n", "__free_pages(r0, 0) misuse\n",
		  KMC_REPORT_LIVE },
		{ "r0 = kmem_cache_create(1, 64, 0, 0, 0)\nkmem_cache_destroy(r0)\n",
		  "kmem_cache_destroy(r0) misuse\n", KMC_REPORT_NO_MEMORY },
		{ "r0 = kmem_cache_create(1, 64, 0, 0, 0)\n", "kmem_cache_free(r0, NULL) misuse\n",
		  KMC_REPORT_NO_MEMORY },
	};
	struct kmc_target *target = *state;

	for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
		uint64_t before;

		target->ops->reset(target);
		run_text(target, &seen, misuses[i].prelude);
		before = hash_of(target);
		run_text(target, &seen, misuses[i].op);
		assert_int_equal(seen.nr, 3);
		assert_int_equal(seen.events[0].kind, KMC_EV_BEGIN);
		assert_true(seen.events[0].marks & KMC_MARK_MISUSE);
		assert_int_equal(seen.events[1].what, KMC_EFF_REPORTED);
		assert_int_equal(seen.events[1].arg, misuses[i].report);
		assert_int_equal(seen.events[2].outcome, KMC_OUT_NONE);
		assert_true(hash_of(target) == before);
	}
}

static void test_bulk_call_contains_its_objects(void **state)
{
	unsigned int inside = 0;

	run_text(*state, &seen, "r0 = kmem_cache_create(1, 64, 0, NO_MERGE, 0)\n"
				"r10 = kmem_cache_alloc_bulk(r0, GFP_KERNEL, 5)\n");
	assert_int_equal(seen.events[1].kind, KMC_EV_BEGIN);
	assert_int_equal(seen.events[1].arg, 5);
	for (size_t i = 2; i < seen.nr - 1; i++) {
		assert_int_equal(seen.events[i].kind, KMC_EV_CALL);
		assert_int_equal(seen.events[i].what, KMC_OP_KMEM_CACHE_ALLOC);
		assert_int_equal(seen.events[i].parent, seen.events[1].id);
		assert_int_equal(seen.events[i].granted, 64);
		inside++;
	}
	assert_int_equal(inside, 5);
	assert_int_equal(last_call(&seen)->kind, KMC_EV_END);
	run_text(*state, &seen, "kmem_cache_free_bulk(r0, r10, 5)\nkfree(r10)\n");
	assert_int_equal(seen.nr, 8);
	assert_int_equal(seen.events[1].what, KMC_OP_KMEM_CACHE_FREE);
	assert_int_equal(seen.events[7].outcome, KMC_OUT_SKIPPED);
}

static void test_contents_survive_a_resize(void **state)
{
	run_text(*state, &seen, "r0 = kmalloc(50, GFP_KERNEL)\nwrite(r0, 50, 0xfeed)\n"
				"r0 = krealloc(r0, 5000, GFP_KERNEL)\ncheck(r0, 50, 0xfeed)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_LOST), 0);
	/* Nothing was written behind byte 50, and the old slot's block is gone. */
	run_text(*state, &seen, "check(r0, 51, 0xfeed)\ncheck(r0, 50, 0xbeef)\n"
				"r1 = krealloc(r0, 20, GFP_KERNEL)\ncheck(r1, 20, 0xfeed)\n"
				"check(r0, 20, 0xfeed)\n");
	assert_int_equal(call_at(&seen, 0)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 1)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 4)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 1);
}

static void test_a_write_ends_what_was_zero(void **state)
{
	run_text(*state, &seen, "r0 = kzalloc(100, GFP_KERNEL)\ncheck_zero(r0, 100)\n"
				"write(r0+10, 20, 0x5)\ncheck_zero(r0, 100)\n"
				"check_zero(r0+30, 70)\nread(r0+10, 20)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_ZERO), 2);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_DIRTY), 0);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 1);
}

static void test_unwritten_memory_is_not_reported(void **state)
{
	run_text(*state, &seen, "r0 = kmalloc(100, GFP_KERNEL)\nread(r0, 100)\n"
				"check_zero(r0, 100)\n");
	assert_int_equal(seen.nr, 3);
	assert_int_equal(seen.events[1].outcome, KMC_OUT_NONE);
	assert_int_equal(seen.events[2].outcome, KMC_OUT_SKIPPED);
}

static void test_observation_is_a_wish(void **state)
{
	struct kmc_target *other = open_target("alloc", KMC_TARGET_OBSERVE);

	run_text(*state, &seen, "r0 = kzalloc(100, GFP_KERNEL)\n");
	assert_int_equal(seen.nr, 1);
	run_text(other, &seen, "r0 = kzalloc(100, GFP_KERNEL)\nr1 = kmalloc(100, GFP_KERNEL)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_ZERO), 1);
	other->ops->close(other);
}

static void test_scope_is_on_the_calls_inside(void **state)
{
	run_text(*state, &seen, "r0 = memalloc_noio_save()\nr1 = memalloc_noio_save()\n"
				"r2 = kmalloc(8, GFP_KERNEL)\nmemalloc_noio_restore(r1)\n"
				"r3 = kmalloc(8, GFP_KERNEL)\nr4 = kmalloc(8, GFP_KERNEL) task 5\n"
				"memalloc_noio_restore(r0)\nr5 = kmalloc(8, GFP_KERNEL)\n");
	assert_int_equal(call_at(&seen, 2)->scope, KMC_SCOPE_NOIO);
	assert_int_equal(call_at(&seen, 4)->scope, KMC_SCOPE_NOIO);
	assert_int_equal(call_at(&seen, 5)->scope, 0);
	assert_int_equal(call_at(&seen, 7)->scope, 0);
}

static void test_restore_brings_back_slots_and_memory(void **state)
{
	run_text(*state, &seen, "r0 = kmalloc(64, GFP_KERNEL)\nwrite(r0, 64, 0x1)\n"
				"r1 = snapshot()\nwrite(r0, 64, 0x2)\nkfree(r0)\n"
				"r0 = kmalloc(64, GFP_KERNEL)\nrestore(r1)\n"
				"check(r0, 64, 0x1)\nkfree(r0)\nrestore(r1)\nkfree(r0)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_LOST), 0);
	assert_int_equal(call_at(&seen, 8)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 10)->outcome, KMC_OUT_NONE);
	/* The stream goes on: ids are never given twice. */
	for (size_t i = 1; i < seen.nr; i++)
		assert_int_equal(seen.events[i].seq, seen.events[i - 1].seq + 1);
}

/* Rule: PAGE-8. */
static void test_extra_reference_keeps_the_head_only(void **state)
{
	run_text(*state, &seen, "r0 = alloc_pages(GFP_KERNEL, 2)\nget_page(r0)\n"
				"__free_pages(r0, 2)\nread(r0, 4096)\nread(r0, 4097)\n"
				"put_page(r0)\nput_page(r0)\n");
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 4)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 5)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 6)->outcome, KMC_OUT_SKIPPED);
}

/* Rule: PAGE-21. */
static void test_split_pages_are_freed_one_by_one(void **state)
{
	run_text(*state, &seen, "r0 = alloc_pages(GFP_KERNEL, 1)\nsplit_page(r0, 1)\n"
				"__free_pages(r0+4096, 0)\n__free_pages(r0+4096, 0)\n"
				"__free_pages(r0, 1)\n__free_pages(r0, 0)\n__free_pages(r0, 0)\n");
	assert_int_equal(call_at(&seen, 2)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 4)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 5)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 6)->outcome, KMC_OUT_SKIPPED);
}

static void test_null_and_zero_size(void **state)
{
	run_text(*state, &seen, "kfree(NULL)\nr0 = kmalloc(0, GFP_KERNEL)\nkfree(r0)\nkfree(r0)\n"
				"free_pages(NULL, 0)\nr1 = ksize(NULL)\n"
				"r2 = krealloc(NULL, 10, GFP_KERNEL)\n"
				"r2 = krealloc(r2, 0, GFP_KERNEL)\n");
	assert_int_equal(call_at(&seen, 0)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 1)->outcome, KMC_OUT_ZERO_SIZE);
	assert_int_equal(call_at(&seen, 1)->addr, 16);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 5)->arg, 0);
	assert_int_equal(call_at(&seen, 6)->outcome, KMC_OUT_VALUE);
	assert_int_equal(call_at(&seen, 7)->outcome, KMC_OUT_ZERO_SIZE);
}

static void test_injected_failure(void **state)
{
	run_text(*state, &seen, "fail_nth(failslab, 2, 0)\nr0 = kmalloc(8, GFP_KERNEL)\n"
				"r1 = kmalloc(8, GFP_KERNEL)\nr2 = kmalloc(8, GFP_KERNEL)\n");
	assert_int_equal(call_at(&seen, 0)->kind, KMC_EV_MACHINE);
	assert_int_equal(call_at(&seen, 1)->outcome, KMC_OUT_VALUE);
	assert_int_equal(call_at(&seen, 2)->outcome, KMC_OUT_NULL);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_VALUE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_FAULT_INJECTED), 1);
	run_text(*state, &seen, "fail_nth(fail_page_alloc, 1, 0)\nr3 = alloc_pages(GFP_KERNEL, 4)\n");
	assert_int_equal(call_at(&seen, 1)->outcome, KMC_OUT_NULL);
	assert_int_equal(seen.events[2].what, KMC_EFF_FAULT_INJECTED);
	assert_int_equal(seen.events[2].arg, 1);
}

/* kmemdup_nul ends with a byte of its own, which is nobody's pattern. */
static void test_the_byte_behind_a_copy_is_not_the_pattern(void **state)
{
	run_text(*state, &seen, "r0 = kmalloc(16, GFP_KERNEL)\nwrite(r0, 16, 0x5)\n"
				"r1 = kmemdup_nul(r0, 8, GFP_KERNEL)\ncheck(r1, 8, 0x5)\n"
				"check(r1, 9, 0x5)\n");
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 4)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_LOST), 0);
}

/* A put that ends a get_page() frees nothing, of a plain block neither. */
static void test_a_reference_is_put_back(void **state)
{
	run_text(*state, &seen, "r0 = alloc_pages(GFP_KERNEL, 2)\nput_page(r0)\nget_page(r0)\n"
				"put_page(r0)\nread(r0, 16384)\nput_page(r0)\n"
				"__free_pages(r0, 2)\n");
	assert_int_equal(call_at(&seen, 1)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 4)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 5)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 6)->outcome, KMC_OUT_NONE);
}

/* Of exact and split pages each counts for itself: no get_page on their slot. */
static void test_references_that_a_slot_cannot_count(void **state)
{
	run_text(*state, &seen, "r0 = alloc_pages_exact(9000, GFP_KERNEL|__GFP_COMP)\nget_page(r0)\n"
				"r1 = alloc_pages(GFP_KERNEL, 1)\nsplit_page(r1, 1)\nget_page(r1)\n"
				"r2 = alloc_pages(GFP_KERNEL|__GFP_COMP, 1)\nget_page(r2+4096)\n"
				"get_page(r2+8192)\n");
	assert_int_equal(call_at(&seen, 1)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 4)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 6)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 7)->outcome, KMC_OUT_SKIPPED);
}

/* Rule: KC-25. */
static void test_a_cache_in_use_is_not_destroyed(void **state)
{
	run_text(*state, &seen, "r0 = kmem_cache_create(1, 100, 0, 0, 0)\n"
				"r1 = kmem_cache_alloc(r0, GFP_KERNEL)\nkmem_cache_destroy(r0)\n"
				"kmem_cache_destroy(r0) misuse\nkmem_cache_free(r0, r1)\n"
				"kmem_cache_destroy(r0)\nkmem_cache_shrink(r0)\n");
	assert_int_equal(call_at(&seen, 2)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_REPORTED), 1);
	assert_int_equal(call_at(&seen, 4)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 5)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 6)->outcome, KMC_OUT_SKIPPED);
}

/* No usercopy region is the region of no bytes; regions count with hardening (UC-4). */
static void test_no_usercopy_region(void **state)
{
	struct kmc_target *target = open_target_with("alloc", 0, KMC_MO_hardened_usercopy, 0);

	(void)state;
	run_text(target, &seen, "r0 = kmem_cache_create_usercopy(1, 100, 0, 0, none, none, 0)\n"
				"r1 = kmem_cache_create_usercopy(2, 100, 0, 0, 8, 16, 0)\n");
	assert_int_equal(call_at(&seen, 0)->outcome, KMC_OUT_VALUE);
	assert_int_equal(seen.caches[seen.nr_caches - 2].usersize, 0);
	assert_int_equal(seen.caches[seen.nr_caches - 2].useroffset, 0);
	assert_int_equal(seen.caches[seen.nr_caches - 1].useroffset, 8);
	assert_int_equal(seen.caches[seen.nr_caches - 1].usersize, 16);
	target->ops->close(target);
}

static void test_products_and_overflow(void **state)
{
	run_text(*state, &seen, "r0 = kcalloc(10, 30, GFP_KERNEL)\n"
				"r1 = kmalloc_array(4294967296, 4294967296, GFP_KERNEL)\n"
				"r2 = krealloc_array(r0, 4294967296, 4294967296, GFP_KERNEL)\n"
				"kfree(r0)\n");
	assert_int_equal(call_at(&seen, 0)->size, 300);
	assert_int_equal(call_at(&seen, 0)->arg, 10);
	assert_int_equal(call_at(&seen, 0)->addr2, 30);
	assert_true(call_at(&seen, 1)->size == UINT64_MAX);
	assert_int_equal(call_at(&seen, 1)->outcome, KMC_OUT_NULL);
	assert_int_equal(call_at(&seen, 2)->outcome, KMC_OUT_NULL);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
}

static void test_move_takes_the_block_along(void **state)
{
	run_text(*state, &seen, "r0 = kmalloc(8, GFP_KERNEL)\nr1 = move(r0)\nkfree(r0)\n"
				"kfree(r1)\n");
	assert_int_equal(call_at(&seen, 2)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 3)->addr, call_at(&seen, 0)->addr);
}

static void test_nested_tracepoints(void **state)
{
	struct kmc_target *target = open_target("alloc", KMC_TARGET_TRACEPOINTS);
	unsigned int kmallocs = 0, pages = 0;

	(void)state;
	run_text(target, &seen, "r0 = kmalloc(64, GFP_KERNEL)\n");
	for (size_t i = 0; i < seen.nr; i++) {
		const struct kmc_event *ev = &seen.events[i];

		if (ev->kind != KMC_EV_TRACEPOINT)
			continue;
		assert_int_equal(ev->id, seen.events[0].id);
		kmallocs += ev->what == KMC_TP_EV_KMALLOC && ev->size == 64 &&
			    ev->addr == last_call(&seen)->addr;
		pages += ev->what == KMC_TP_EV_MM_PAGE_ALLOC;
	}
	assert_int_equal(kmallocs, 1);
	assert_int_equal(pages, 1);
	target->ops->close(target);
}

static void test_machine_that_cannot_be(void **state)
{
	struct kmc_target_config config = { 0 };
	struct kmc_target *target = NULL;
	char error[256] = "";

	(void)state;
	kmc_machine_default(&config.machine);
	config.machine.profile = KMC_RELEASE(5, 4, 0);
	assert_int_equal(kmc_target_find("alloc")->open(&config, &target, error, sizeof(error)),
			 -EINVAL);
	assert_string_equal(error, "alloc has no such profile");
	assert_null(target);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_plain_call_is_one_event),
		TEST(test_effects_lie_between_begin_and_end),
		TEST(test_cache_is_announced_with_geometry),
		TEST(test_operands_that_do_not_fit_are_skipped),
		TEST(test_misuse_is_reported_and_not_done),
		TEST(test_bulk_call_contains_its_objects),
		TEST(test_contents_survive_a_resize),
		TEST(test_a_write_ends_what_was_zero),
		TEST(test_unwritten_memory_is_not_reported),
		TEST(test_observation_is_a_wish),
		TEST(test_scope_is_on_the_calls_inside),
		TEST(test_restore_brings_back_slots_and_memory),
		TEST(test_extra_reference_keeps_the_head_only),
		TEST(test_split_pages_are_freed_one_by_one),
		TEST(test_null_and_zero_size),
		TEST(test_injected_failure),
		TEST(test_the_byte_behind_a_copy_is_not_the_pattern),
		TEST(test_a_reference_is_put_back),
		TEST(test_references_that_a_slot_cannot_count),
		TEST(test_a_cache_in_use_is_not_destroyed),
		TEST(test_no_usercopy_region),
		TEST(test_products_and_overflow),
		TEST(test_move_takes_the_block_along),
		TEST(test_nested_tracepoints),
		TEST(test_machine_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
