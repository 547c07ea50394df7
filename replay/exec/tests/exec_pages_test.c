/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that move under their slots, arrays with holes, ranges and areas: what
 * a program sees of them.
 */
#include "exec_alloc.h"

static const struct kmc_event *effect_at(unsigned int effect)
{
	for (size_t i = 0; i < seen.nr; i++)
		if (seen.events[i].kind == KMC_EV_EFFECT && seen.events[i].what == effect)
			return &seen.events[i];
	fail_msg("no such effect");
	return NULL;
}

/* GFP-32, CPT-6: the slot follows its page, contents and all. */
static void cpt6_the_slot_follows(void **state)
{
	const struct kmc_event *moved;

	(void)state;
	run_text(target, &seen,
		 "r0 = alloc_pages(GFP_HIGHUSER_MOVABLE|__GFP_COMP, 2)\n"
		 "write(r0, 16384, 0x5)\n"
		 "migrate_movable(r0)\n"
		 "check(r0, 16384, 0x5)\n"
		 "__free_pages(r0, 2)\n");
	moved = effect_at(KMC_EFF_MIGRATED);
	assert_int_equal(moved->addr, call_at(&seen, 0)->addr);
	assert_int_not_equal(moved->addr2, moved->addr);
	assert_int_equal(moved->size, 16384);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 1);
	assert_int_equal(call_at(&seen, 4)->addr, moved->addr2);
}

/* Unmovable, pinned, a kernel address, in the pin scope: they stay. */
static void cpt6_what_stays(void **state)
{
	(void)state;
	run_text(target, &seen,
		 "r0 = alloc_pages(GFP_KERNEL, 0)\nmigrate_movable(r0)\n"
		 "r1 = alloc_pages(GFP_HIGHUSER_MOVABLE, 0)\nget_page(r1)\nmigrate_movable(r1)\n"
		 "put_page(r1)\nmigrate_movable(r1)\n"
		 "r2 = __get_free_pages(GFP_HIGHUSER_MOVABLE, 0)\nmigrate_movable(r2)\n"
		 "r3 = kmalloc(64, GFP_KERNEL)\nmigrate_movable(r3)\n");
	assert_int_equal(outcome_at(1), KMC_OUT_ERROR);
	assert_int_equal(outcome_at(4), KMC_OUT_ERROR);
	assert_int_equal(outcome_at(6), KMC_OUT_NONE);
	assert_int_equal(outcome_at(8), KMC_OUT_ERROR);
	assert_int_equal(outcome_at(10), KMC_OUT_SKIPPED);
	assert_int_equal(effects_seen(&seen, KMC_EFF_MIGRATED), 1);
}

/* A snapshot has the page where it was. */
static void test_restore_brings_it_back(void **state)
{
	(void)state;
	run_text(target, &seen,
		 "r0 = alloc_pages(GFP_HIGHUSER_MOVABLE, 0)\nwrite(r0, 4096, 0x9)\n"
		 "r1 = snapshot()\nmigrate_movable(r0)\nrestore(r1)\n"
		 "check(r0, 4096, 0x9)\nmigrate_movable(r0)\ncheck(r0, 4096, 0x9)\n"
		 "__free_pages(r0, 0)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_MIGRATED), 2);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 2);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_LOST), 0);
}

/* PAGE-17: places that hold a page keep it, and only the others get one. */
static void page17_holes(void **state)
{
	unsigned int made = 0;

	(void)state;
	run_text(target, &seen,
		 "r10 = alloc_pages(GFP_KERNEL, 0)\n"
		 "r12 = alloc_pages(GFP_KERNEL, 0)\nwrite(r12, 4096, 0x3)\n"
		 "r10 = alloc_pages_bulk(GFP_KERNEL, 5, 0)\n"
		 "check(r12, 4096, 0x3)\n"
		 "__free_pages(r10, 0)\n__free_pages(r11, 0)\n__free_pages(r12, 0)\n"
		 "__free_pages(r13, 0)\n__free_pages(r14, 0)\n");
	for (size_t i = 0; i < seen.nr; i++)
		made += seen.events[i].parent && seen.events[i].what == KMC_OP_ALLOC_PAGES;
	assert_int_equal(made, 3);
	assert_int_equal(call_at(&seen, 3)->arg, 5);
	for (unsigned int i = 5; i < 10; i++)
		assert_int_equal(outcome_at(i), KMC_OUT_NONE);
}

/* Ranges and areas hold what they name, and nothing of another area is released. */
static void cma9_page26_ranges_and_areas(void **state)
{
	(void)state;
	run_text(target, &seen,
		 "r0 = alloc_contig_range(8192, 8300, GFP_KERNEL)\n"
		 "r1 = alloc_contig_range(8200, 8201, GFP_KERNEL)\n"
		 "r2 = alloc_contig_range(8400, 8401, GFP_KERNEL|__GFP_NORETRY)\n"
		 "free_contig_range(r0, 108)\n"
		 "r3 = cma_declare_contiguous(0, 4194304, 0, 0, 0, 0)\n"
		 "r4 = cma_declare_contiguous(0, 4194304, 0, 0, 0, 0)\n"
		 "r5 = cma_alloc(r3, 100, 4, 0)\n"
		 "cma_release(r4, r5, 100)\n"
		 "cma_release(r3, r5, 99)\n"
		 "r6 = cma_available(r3)\n"
		 "r7 = cma_release(r3, r5, 100)\n"
		 "r6 = cma_available(r3)\n");
	assert_int_equal(call_at(&seen, 0)->addr, 0xffff888000000000ull + 8192 * 4096);
	assert_int_equal(call_at(&seen, 0)->size, 108 * 4096);
	assert_int_equal(outcome_at(1), KMC_OUT_ERROR);
	assert_int_equal(call_at(&seen, 1)->arg, EBUSY);
	assert_int_equal(call_at(&seen, 2)->arg, EINVAL);
	assert_int_equal(outcome_at(3), KMC_OUT_NONE);
	assert_int_equal(outcome_at(7), KMC_OUT_SKIPPED); /* of another area */
	assert_int_equal(outcome_at(8), KMC_OUT_SKIPPED); /* CMA-10 */
	assert_int_equal(call_at(&seen, 9)->arg, 1024 - 100);
	assert_int_equal(call_at(&seen, 10)->arg, 1);
	assert_int_equal(call_at(&seen, 11)->arg, 1024);
}

/* What slots hold moves out of a range. */
static void page26_what_slots_hold_makes_room(void **state)
{
	char text[8000];
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "r%d = alloc_pages(GFP_HIGHUSER_MOVABLE, 0)\n", i);
	run_text(target, &seen, text);
	run_text(target, &seen, "r200 = alloc_contig_range(4096, 5120, GFP_KERNEL)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_MIGRATED), 100);
	assert_int_equal(outcome_at(0), KMC_OUT_VALUE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_alloc, close_alloc)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(cpt6_the_slot_follows),
		CASE(cpt6_what_stays),
		CASE(test_restore_brings_it_back),
		CASE(page17_holes),
		CASE(cma9_page26_ranges_and_areas),
		CASE(page26_what_slots_hold_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
