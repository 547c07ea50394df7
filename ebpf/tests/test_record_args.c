// SPDX-License-Identifier: GPL-2.0-or-later
/* Sizes and probe lists of the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include "record_args.h"

static void test_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 }, { "4096", 4096 }, { "1k", 1024 }, { "3K", 3072 }, { "64M", 64 << 20 },
		{ "5G", 5ull << 30 }, { "2t", 2ull << 40 }, { "18446744073709551615", UINT64_MAX },
	};
	static const char *const bad[] = { "", "M", "-1", "1.5M", "1MB", "1 M", "x",
					   "18446744073709551616", "99999999999999T" };
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(kmc_bytes_parse(good[i].text, &bytes), 0);
		assert_true(bytes == good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(kmc_bytes_parse(bad[i], &bytes), -EINVAL);
}

static void test_probe_lists(void **state)
{
	const char *bad;
	uint32_t wanted;
	int len;

	(void)state;
	assert_int_equal(kmc_probe_list_parse("kmalloc,kmem:kfree", &wanted, &bad, &len), 0);
	assert_int_equal(wanted, 3);
	assert_int_equal(kmc_probe_list_parse("page", &wanted, &bad, &len), 0);
	assert_int_equal(wanted, 1 << KMC_PROBE_PAGE_ALLOC | 1 << KMC_PROBE_PAGE_FREE);
	assert_int_equal(kmc_probe_list_parse("all", &wanted, &bad, &len), 0);
	assert_int_equal(wanted, (1 << KMC_NR_PROBES) - 1);
	assert_int_equal(kmc_probe_list_parse("kmalloc,nosuch,x", &wanted, &bad, &len), -EINVAL);
	assert_int_equal(len, 6);
	assert_memory_equal(bad, "nosuch", 6);
	assert_int_equal(kmc_probe_list_parse("", &wanted, &bad, &len), -EINVAL);
	assert_int_equal(kmc_probe_list_parse("kmalloc,", &wanted, &bad, &len), -EINVAL);
}

/* Every probe has a program under the tracepoint's own name. */
static void test_probe_names(void **state)
{
	(void)state;
	for (int p = 0; p < KMC_NR_PROBES; p++)
		assert_int_equal(kmc_probes_find(kmc_probe_name((unsigned int)p),
						 strlen(kmc_probe_name((unsigned int)p))), p);
}

static void test_arguments(void **state)
{
	char *argv[] = { "record", "-o", "f.kmt", "--duration", "2.5", "--max-size", "1G",
			 "--rotate-size", "10M", "--keep", "3", "--pid", "77", "--clock", "coarse",
			 "--no-redact", "--probes", "object", "--object-min", "100",
			 "--witness", NULL };
	struct kmc_record_args a;

	(void)state;
	assert_int_equal(kmc_record_args_parse(21, argv, &a), -1);
	assert_string_equal(a.recorder.path, "f.kmt");
	assert_true(a.duration == 2.5);
	assert_true(a.max_bytes == 1ull << 30);
	assert_int_equal(a.recorder.rotate_bytes, 10 << 20);
	assert_int_equal(a.recorder.keep, 3);
	assert_int_equal(a.recorder.only_pid, 77);
	assert_true(a.recorder.clock_coarse);
	assert_false(a.recorder.redact);
	assert_int_equal(a.recorder.wanted, 0xf);
	assert_int_equal(a.recorder.object_min, 100);
	assert_true(a.recorder.witness);
	assert_true(a.recorder.object_max == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_probe_lists),
		cmocka_unit_test(test_probe_names),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
