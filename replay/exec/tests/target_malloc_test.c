/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The malloc adapter: what its face adds, and that it says so when it does not.
 */
#include <errno.h>
#include "exec_run.h"
#include "oracle/judge.h"

static struct seen seen;

static struct kmc_target *open_with(const char *library, unsigned int flags, char *error,
				    int expected)
{
	struct kmc_target_config config = { .library = library, .flags = flags };
	struct kmc_target *target = NULL;

	kmc_machine_default(&config.machine);
	assert_int_equal(kmc_target_find("malloc")->open(&config, &target, error, 256), expected);
	return target;
}

static void test_natural_alignment(void **state)
{
	struct kmc_target *target = open_target("malloc", 0);

	(void)state;
	for (unsigned int size = 8; size <= 65536; size *= 2) {
		char text[64];

		snprintf(text, sizeof(text), "r0 = kmalloc(%u, GFP_KERNEL)\nkfree(r0)\n", size);
		run_text(target, &seen, text);
		assert_int_equal(seen.events[0].addr % size, 0);
		assert_true(seen.events[0].granted >= size);
	}
	/* Rule: ALIGN-3, beyond a page too. */
	for (unsigned int align = 32; align <= 65536; align *= 2) {
		char text[64];

		snprintf(text, sizeof(text), "r0 = kmalloc(%u, GFP_KERNEL)\nkfree(r0)\n", 3 * align);
		run_text(target, &seen, text);
		assert_int_equal(seen.events[0].addr % align, 0);
	}
	target->ops->close(target);
}

static void test_ceiling_zero_size_and_overflow(void **state)
{
	struct kmc_target *target = open_target("malloc", 0);

	(void)state;
	run_text(target, &seen, "r0 = kmalloc(0, GFP_KERNEL)\nr1 = kmalloc(4194305, GFP_KERNEL)\n"
				"r2 = kmalloc_array(4294967296, 4294967296, GFP_KERNEL)\n"
				"kfree(r0)\nkfree(r1)\n");
	assert_int_equal(seen.events[0].outcome, KMC_OUT_ZERO_SIZE);
	assert_int_equal(seen.events[1].outcome, KMC_OUT_NULL);
	assert_int_equal(seen.events[2].outcome, KMC_OUT_NULL);
	assert_int_equal(seen.events[3].outcome, KMC_OUT_NONE);
	target->ops->close(target);
}

static void test_contents(void **state)
{
	struct kmc_target *target = open_target("malloc", KMC_TARGET_OBSERVE);

	(void)state;
	run_text(target, &seen, "r0 = kzalloc(300, GFP_KERNEL)\nwrite(r0, 300, 0x9)\n"
				"r0 = krealloc(r0, 4096, GFP_KERNEL)\ncheck(r0, 300, 0x9)\n"
				"r1 = kmemdup(r0, 300, GFP_KERNEL)\ncheck(r1, 300, 0x9)\n"
				"kfree(r0)\nkfree_sensitive(r1)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 2);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_ZERO), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_LOST), 0);
	target->ops->close(target);
}

/* Growth under __GFP_ZERO. Rule: REA-7. */
static void test_zeroed_growth(void **state)
{
	struct kmc_target *target = open_target("malloc", 0);

	(void)state;
	run_text(target, &seen, "r0 = kmalloc(1000, GFP_KERNEL)\nwrite(r0, 1000, 0x77)\nkfree(r0)\n"
				"r0 = kzalloc(100, GFP_KERNEL)\n"
				"r0 = krealloc(r0, 900, GFP_KERNEL|__GFP_ZERO)\n"
				"check_zero(r0, 900)\nkfree(r0)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_ZERO), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_DIRTY), 0);
	target->ops->close(target);
}

static void test_honest_capabilities(void **state)
{
	struct kmc_target *target = open_target("malloc", 0);
	struct kmc_caps caps;
	uint64_t hash;

	(void)state;
	target->ops->caps(target, &caps);
	assert_false(caps.deterministic);
	assert_int_equal(caps.machine.profile, 0);
	/* Tried out: this one aligns. */
	assert_int_equal(caps.disclaims, KMC_PROMISE_LINUX);
	assert_int_equal(target->ops->hash(target, &hash), -ENOTSUP);
	assert_int_equal(target->ops->snapshot(target), -ENOTSUP);
	run_text(target, &seen, "r0 = alloc_pages(GFP_KERNEL, 0)\nr1 = snapshot()\n");
	assert_int_equal(seen.events[0].outcome, KMC_OUT_REFUSED);
	assert_int_equal(seen.events[1].outcome, KMC_OUT_REFUSED);
	target->ops->close(target);
}

static void test_shared_library(void **state)
{
	char error[256] = "";
	struct kmc_target *target = open_with("libc.so.6", KMC_TARGET_PLAIN, error, 0);
	struct kmc_caps caps;

	(void)state;
	target->ops->caps(target, &caps);
	assert_string_equal(caps.name, "libc.so.6 malloc, plain");
	assert_int_equal(caps.disclaims, KMC_PROMISE_LINUX);
	run_text(target, &seen, "r0 = kmalloc(64, GFP_KERNEL)\nkfree(r0)\n");
	assert_int_equal(seen.events[0].outcome, KMC_OUT_VALUE);
	target->ops->close(target);
	assert_null(open_with("libnowhere.so", 0, error, -EINVAL));
	assert_non_null(strstr(error, "libnowhere.so"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_natural_alignment),
		cmocka_unit_test(test_ceiling_zero_size_and_overflow),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_zeroed_growth),
		cmocka_unit_test(test_honest_capabilities),
		cmocka_unit_test(test_shared_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
