/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies to and from user space as a program says them. */
#include "exec_run.h"

static struct seen seen;

static struct kmc_target *open_hardened(bool hardened)
{
	seen = (struct seen){ 0 };
	return open_target_with("alloc", 0, hardened ? KMC_MO_hardened_usercopy : 0, 0);
}

static unsigned int nr_stopped(void)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < seen.nr; i++)
		nr += seen.events[i].kind == KMC_EV_EFFECT &&
		      seen.events[i].what == KMC_EFF_REPORTED &&
		      seen.events[i].arg == KMC_REPORT_USERCOPY;
	return nr;
}

static void run(bool hardened, const char *text)
{
	struct kmc_target *target = open_hardened(hardened);

	run_text(target, &seen, text);
	target->ops->close(target);
}

#define REGION "r1 = kmem_cache_create_usercopy(1, 100, 0, 0, 8, 16, 0)\n" \
	       "r2 = kmem_cache_alloc(r1, GFP_KERNEL)\n"

static void test_inside_the_region(void **state)
{
	(void)state;
	run(true, REGION "r3 = copy_to_user(r2+8, 16)\n");
	assert_int_equal(nr_stopped(), 0);
	assert_int_equal(call_at(&seen, 2)->outcome, KMC_OUT_VALUE);
	assert_int_equal(call_at(&seen, 2)->size, 16);
}

/* One byte before and one behind; without hardening neither is seen. */
static void test_outside_of_the_region(void **state)
{
	(void)state;
	run(true, REGION "r3 = copy_to_user(r2+7, 16)\nr4 = copy_from_user(r2+8, 17)\n");
	assert_int_equal(nr_stopped(), 2);
	run(false, REGION "r3 = copy_to_user(r2+7, 16)\nr4 = copy_from_user(r2+8, 17)\n");
	assert_int_equal(nr_stopped(), 0);
}

/* What a copy overwrote is nobody's promise any more; what it did not is kept. */
static void test_a_copy_ends_what_was_known(void **state)
{
	(void)state;
	run(true, "r0 = kzalloc(64, GFP_KERNEL)\n"
		  "r1 = copy_from_user(r0, 32)\n"
		  "check_zero(r0, 32)\n"
		  "check_zero(r0+32, 32)\n");
	assert_int_equal(call_at(&seen, 2)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 3)->outcome, KMC_OUT_NONE);
	assert_true(effects_seen(&seen, KMC_EFF_CONTENT_ZERO) >= 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_DIRTY), 0);
}

/* Beyond the block: skipped, or, where a program means it, stopped. */
static void test_beyond_the_block(void **state)
{
	(void)state;
	run(true, "r0 = kmalloc(64, GFP_KERNEL)\nr1 = copy_to_user(r0, 65)\n");
	assert_int_equal(call_at(&seen, 1)->outcome, KMC_OUT_SKIPPED);
	assert_int_equal(nr_stopped(), 0);
	run(true, "r0 = kmalloc(64, GFP_KERNEL)\nr1 = copy_to_user(r0, 65) misuse\n");
	assert_int_equal(nr_stopped(), 1);
	run(true, "r0 = vmalloc(4096)\nr1 = copy_from_user(r0+4095, 2) misuse\n");
	assert_int_equal(nr_stopped(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside_the_region),
		cmocka_unit_test(test_outside_of_the_region),
		cmocka_unit_test(test_a_copy_ends_what_was_known),
		cmocka_unit_test(test_beyond_the_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
