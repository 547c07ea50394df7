/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Areas and mappings as a program has them: who may resize and free what, what is
 * known of bytes with two addresses, frees that are put off.
 */
#include "exec_alloc.h"

/* The window's first areas, a guard page after each; all pages are granted. */
static void vm9_vm24_addresses_and_grants(void **state)
{
	const struct kmc_event *first, *next;

	(void)state;
	run_text(target, &seen,
		 "r0 = vmalloc(5000)\n"
		 "r1 = vmalloc(4096)\n"
		 "r2 = kvmalloc(5000000, GFP_KERNEL)\n"
		 "r3 = is_vmalloc_addr(r1+4096)\n"
		 "r4 = is_vmalloc_addr(NULL)\n"
		 "r5 = vmalloc_to_page(r0+5000)\n");
	first = call_at(&seen, 0);
	next = call_at(&seen, 1);
	assert_int_equal(first->size, 5000);
	assert_int_equal(first->granted, 8192);
	assert_int_equal(first->addr, 0xffffc90000000000ull);
	assert_int_equal(next->addr, first->addr + 3 * 4096);
	assert_int_equal(next->granted, 4096);
	assert_true(call_at(&seen, 2)->addr >= 0xffffc90000000000ull);
	assert_int_equal(call_at(&seen, 3)->arg, 1);
	assert_int_equal(call_at(&seen, 4)->arg, 0);
	assert_int_not_equal(call_at(&seen, 5)->arg, 0);
}

/* REA-13: NULL of a resize to nothing is no failure: the area is gone. */
static void rea13_to_nothing(void **state)
{
	(void)state;
	run_text(target, &seen,
		 "r0 = vmalloc(100)\n"
		 "r1 = vrealloc(r0, 0, GFP_KERNEL)\n"
		 "vfree(r0)\n"
		 "r0 = kvmalloc(5000000, GFP_KERNEL)\n"
		 "r1 = kvrealloc(r0, 0, GFP_KERNEL)\n"
		 "kvfree(r0)\n"
		 "r0 = kmalloc(100, GFP_KERNEL)\n"
		 "r1 = kvrealloc(r0, 0, GFP_KERNEL)\n"
		 "kvfree(r0)\n"
		 "r0 = vmalloc(100)\n"
		 "r1 = vrealloc(r0, 18446744073709551615, GFP_KERNEL|__GFP_NOWARN)\n"
		 "vfree(r0)\n");
	assert_int_equal(outcome_at(1), KMC_OUT_NULL);
	assert_int_equal(outcome_at(2), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(4), KMC_OUT_NULL);
	assert_int_equal(outcome_at(5), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(7), KMC_OUT_ZERO_SIZE);
	assert_int_equal(outcome_at(8), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(10), KMC_OUT_NULL);
	assert_int_equal(outcome_at(11), KMC_OUT_NONE); /* it failed: the old one lives */
}

/* REA-14, REA-18, FR-5: what is not the call's is skipped, or on record as misuse. */
static void rea14_rea18_foreign_blocks(void **state)
{
	static const struct {
		const char *from, *by;
		bool fits;
	} cells[] = {
		{ "kmalloc(64, GFP_KERNEL)", "krealloc(r0, 100, GFP_KERNEL)", true },
		{ "kmalloc(64, GFP_KERNEL)", "vrealloc(r0, 100, GFP_KERNEL)", false },
		{ "kmalloc(64, GFP_KERNEL)", "kvrealloc(r0, 100, GFP_KERNEL)", true },
		{ "vmalloc(64)", "krealloc(r0, 100, GFP_KERNEL)", false },
		{ "vmalloc(64)", "vrealloc(r0, 100, GFP_KERNEL)", true },
		{ "vmalloc(64)", "kvrealloc(r0, 100, GFP_KERNEL)", true },
		{ "kvmalloc(64, GFP_KERNEL)", "krealloc(r0, 100, GFP_KERNEL)", false },
		{ "kvmalloc(64, GFP_KERNEL)", "vrealloc(r0, 100, GFP_KERNEL)", false },
		{ "kvmalloc(64, GFP_KERNEL)", "kvrealloc(r0, 100, GFP_KERNEL)", true },
		{ "kvmalloc(64, GFP_KERNEL)", "kvrealloc_old(r0, 64, 100, GFP_KERNEL)", true },
		{ "kvmalloc(64, GFP_KERNEL)", "kvrealloc_old(r0, 65, 100, GFP_KERNEL)", false },
		{ "vmap(r9, 1, 0x4)", "vrealloc(r0, 100, GFP_KERNEL)", false },
		{ "vmap(r9, 1, 0x4)", "kvrealloc(r0, 100, GFP_KERNEL)", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		char text[256];

		target->ops->reset(target);
		snprintf(text, sizeof(text),
			 "r9 = alloc_pages(GFP_KERNEL, 0)\nr0 = %s\nr1 = %s\n", cells[i].from,
			 cells[i].by);
		run_text(target, &seen, text);
		if ((outcome_at(2) == KMC_OUT_VALUE) != cells[i].fits)
			fail_msg("%s", text);
	}
}

/* VM-13, VM-14: a mapping has its pages as long as it is there, whoever frees them. */
static void vm13_vm14_mappings_hold_pages(void **state)
{
	static const struct {
		const char *begin, *end;
	} pairs[] = {
		{ "r2 = vmap(r0, 2, 0x4)\n", "vunmap(r2)\n" },
		{ "r2 = vmap(r0, 2, 0x204)\n", "vfree(r2)\n" },
		{ "r2 = vm_map_ram(r0, 2, 0)\n", "vm_unmap_ram(r2, 2)\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		target->ops->reset(target);
		run_text(target, &seen,
			 "r0 = alloc_pages(GFP_KERNEL, 0)\n"
			 "r1 = alloc_pages(GFP_KERNEL, 0)\n"
			 "write(r0, 100, 0x5)\n");
		run_text(target, &seen, pairs[i].begin);
		assert_int_equal(outcome_at(0), KMC_OUT_VALUE);
		run_text(target, &seen,
			 "r8 = page_ref_count(r0)\n"
			 "write(r2, 8192, 0x6)\n"
			 "check(r0, 100, 0x5)\n" /* nobody knows any more */
			 "__free_pages(r0, 0)\n"
			 "write(r2, 8192, 0x7)\n");
		assert_int_equal(call_at(&seen, 0)->arg, 2);
		assert_int_equal(outcome_at(2), KMC_OUT_SKIPPED);
		assert_int_equal(outcome_at(4), KMC_OUT_NONE);
		run_text(target, &seen, pairs[i].end);
		assert_int_equal(outcome_at(0), KMC_OUT_NONE);
		run_text(target, &seen, "r8 = page_ref_count(r1)\n");
		assert_int_equal(call_at(&seen, 0)->arg, 1);
	}
}

/* VM-16: another count than it was mapped with is misuse and not carried out. */
static void vm16_count(void **state)
{
	(void)state;
	run_text(target, &seen,
		 "r0 = alloc_pages(GFP_KERNEL, 0)\n"
		 "r1 = vm_map_ram(r0, 1, 0)\n"
		 "vm_unmap_ram(r1, 2)\n"
		 "vm_unmap_ram(r1, 1)\n");
	assert_int_equal(outcome_at(2), KMC_OUT_SKIPPED);
	assert_int_equal(outcome_at(3), KMC_OUT_NONE);
}

/* VM-11, VM-12: put off, so its place is not given out at once. */
static void vm11_vm12_put_off(void **state)
{
	(void)state;
	run_text(target, &seen,
		 "r0 = vmalloc(5000)\n"
		 "vfree(r0) in hardirq\n"
		 "r1 = vmalloc(5000)\n"
		 "vfree_atomic(r1)\n"
		 "clock_advance(1)\n"
		 "vm_unmap_aliases()\n"
		 "r2 = vmalloc(5000)\n");
	assert_int_not_equal(call_at(&seen, 2)->addr, call_at(&seen, 0)->addr);
	assert_int_equal(call_at(&seen, 6)->addr, call_at(&seen, 0)->addr);
}

/* FR-5: misuse of an area is on record with what the place is. */
static void fr5_misuse(void **state)
{
	(void)state;
	run_text(target, &seen,
		 "r0 = vmalloc(5000)\n"
		 "kfree(r0) misuse\n"
		 "vfree(r0+4096) misuse\n"
		 "vfree(r0)\n"
		 "vfree(r0) misuse\n"
		 "r1 = kvmalloc(64, GFP_KERNEL)\n"
		 "kvfree_sensitive(r1, 65)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_REPORTED), 3);
	assert_int_equal(outcome_at(3), KMC_OUT_NONE);
	assert_int_equal(outcome_at(6), KMC_OUT_SKIPPED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_alloc, close_alloc)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(vm9_vm24_addresses_and_grants),
		CASE(rea13_to_nothing),
		CASE(rea14_rea18_foreign_blocks),
		CASE(vm13_vm14_mappings_hold_pages),
		CASE(vm16_count),
		CASE(vm11_vm12_put_off),
		CASE(fr5_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
