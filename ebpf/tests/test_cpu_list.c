// SPDX-License-Identifier: GPL-2.0-or-later
/* Cpu lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpu_list.h"

static void test_last(void **state)
{
	(void)state;
	assert_int_equal(kmc_cpu_list_last("0\n"), 0);
	assert_int_equal(kmc_cpu_list_last("0-1\n"), 1);
	assert_int_equal(kmc_cpu_list_last("0-3,8,16-31\n"), 31);
	assert_int_equal(kmc_cpu_list_last("0,2"), 2);
	assert_int_equal(kmc_cpu_list_last("\n"), -1);
	assert_int_equal(kmc_cpu_list_last(""), -1);
	assert_int_equal(kmc_cpu_list_last("0-x"), -1);
	assert_int_equal(kmc_cpu_list_last("0;1"), -1);
	assert_true(kmc_cpus_online() >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_last) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
