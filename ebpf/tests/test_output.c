// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of numbered files, what is kept of them, what is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "output.h"

static char dir[] = "/tmp/kmc-output-XXXXXX";

static void expect_name(const char *given, const char *expected)
{
	char name[64];

	kmc_output_name(given, 7, name, sizeof(name));
	assert_string_equal(name, expected);
}

static void test_names(void **state)
{
	(void)state;
	expect_name("a.kmt", "a.0007.kmt");
	expect_name("a", "a.0007");
	expect_name("x.d/a", "x.d/a.0007");
	expect_name("x.d/.hidden", "x.d/.hidden.0007");
	expect_name("./a.b.kmt", "./a.b.0007.kmt");
}

static void make_facts(struct kmc_trace_facts *facts)
{
	kmc_trace_facts_init(facts);
	kmc_machine_default(&facts->machine);
}

static void test_keeps_the_last(void **state)
{
	struct kmc_trace_facts facts;
	struct kmc_output o;
	char path[64], name[64];

	(void)state;
	make_facts(&facts);
	snprintf(path, sizeof(path), "%s/a.kmt", dir);
	assert_int_equal(kmc_output_open(&o, path, true, 2, false), 0);
	for (int i = 0; i < 5; i++) {
		if (i)
			assert_int_equal(kmc_output_next(&o), 0);
		assert_int_equal(kmc_output_begin(&o, &facts), 0);
		assert_int_equal(kmc_output_end(&o), 0);
	}
	assert_true(kmc_output_bytes(&o) > 0);
	kmc_output_close(&o);
	for (unsigned int i = 1; i <= 5; i++) {
		kmc_output_name(path, i, name, sizeof(name));
		assert_int_equal(access(name, F_OK), i < 4 ? -1 : 0);
		unlink(name);
	}
	kmc_trace_facts_free(&facts);
}

/* Opening does not destroy what was there; beginning does. */
static void test_old_contents(void **state)
{
	struct kmc_trace_facts facts;
	struct kmc_output o;
	struct stat st;
	char path[64];
	FILE *out;

	(void)state;
	make_facts(&facts);
	snprintf(path, sizeof(path), "%s/b.kmt", dir);
	out = fopen(path, "w");
	for (int i = 0; i < 100000; i++)
		fputc('x', out);
	fclose(out);
	chmod(path, 0644);
	assert_int_equal(kmc_output_open(&o, path, false, 0, true), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 100000);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(kmc_output_begin(&o, &facts), 0);
	assert_int_equal(kmc_output_end(&o), 0);
	kmc_output_close(&o);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 100000);
	unlink(path);
	kmc_trace_facts_free(&facts);
}

static void test_directory(void **state)
{
	struct kmc_output o;

	(void)state;
	assert_int_equal(kmc_output_open(&o, dir, false, 0, false), -EISDIR);
	assert_int_equal(kmc_output_open(&o, "/nonexistent/x", false, 0, false), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_keeps_the_last),
		cmocka_unit_test(test_old_contents),
		cmocka_unit_test(test_directory),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
