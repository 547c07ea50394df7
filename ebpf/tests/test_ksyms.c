// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of call sites from texts as /proc/kallsyms prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include "ksyms.h"

static void test_names(void **state)
{
	struct kmc_ksyms k;
	char name[64];

	(void)state;
	assert_int_equal(kmc_ksyms_parse(strdup("ffffffff81000000 T _stext\n"
						"ffffffff81000000 T _text\n"
						"ffffffff81000500 t later\n"
						"ffffffff81000100 T first\n"
						"ffffffff82000000 D data\n"
						"ffffffff81900000 T _etext\n"
						"ffffffffc0100000 t in_module\t[mod]\n"
						"ffffffffc0000000 t lower\t[other]\n"), &k), 0);
	assert_true(k.text_start == 0xffffffff81000000);
	assert_true(k.text_end == 0xffffffff81900000);
	assert_true(k.module_start == 0xffffffffc0000000);
	assert_true(kmc_ksyms_name(&k, 0xffffffff8100011c, name, sizeof(name)) > 0);
	assert_string_equal(name, "first+0x1c");
	assert_true(kmc_ksyms_name(&k, 0xffffffff81000500, name, sizeof(name)) > 0);
	assert_string_equal(name, "later+0x0");
	assert_true(kmc_ksyms_name(&k, 0xffffffffc0100010, name, sizeof(name)) > 0);
	assert_string_equal(name, "in_module+0x10 [mod]");
	assert_int_equal(kmc_ksyms_name(&k, 0xffffffff80000000, name, sizeof(name)), 0);
	assert_int_equal(kmc_ksyms_name(&k, 0xffffffffff000000, name, sizeof(name)), 0);
	kmc_ksyms_free(&k);
}

static void test_hidden_addresses(void **state)
{
	struct kmc_ksyms k;
	char name[8];

	(void)state;
	assert_int_equal(kmc_ksyms_parse(strdup("0000000000000000 T _text\n"), &k), -ENODATA);
	assert_int_equal(kmc_ksyms_name(&k, 1, name, sizeof(name)), 0);
	assert_int_equal(kmc_ksyms_parse(strdup(""), &k), -ENODATA);
	assert_int_equal(kmc_ksyms_parse(strdup("garbage\n\n12\n12 T\n12 T\n"), &k), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hidden_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
