// SPDX-License-Identifier: GPL-2.0-or-later
/* Files as text, plain and compressed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "file_text.h"

static char path[] = "/tmp/kmc-file-text-XXXXXX";

static void write_file(const char *text, size_t len)
{
	FILE *out = fopen(path, "w");

	assert_int_equal(fwrite(text, 1, len, out), len);
	fclose(out);
}

static void test_plain_and_gzip(void **state)
{
	static char big[200000];
	char *text;
	gzFile out;

	(void)state;
	memset(big, 'x', sizeof(big));
	write_file(big, sizeof(big));
	assert_int_equal(kmc_file_text(path, &text), sizeof(big));
	assert_memory_equal(text, big, sizeof(big));
	assert_int_equal(text[sizeof(big)], 0);
	free(text);
	out = gzopen(path, "wb");
	gzwrite(out, big, sizeof(big));
	gzclose(out);
	assert_int_equal(kmc_file_text(path, &text), sizeof(big));
	free(text);
	write_file("", 0);
	assert_int_equal(kmc_file_text(path, &text), 0);
	assert_string_equal(text, "");
	free(text);
}

static void test_missing(void **state)
{
	char *text = path;

	(void)state;
	assert_int_equal(kmc_file_text("/nonexistent/file", &text), -ENOENT);
	assert_null(text);
}

static void test_number(void **state)
{
	(void)state;
	write_file("0x20\n", 5);
	assert_int_equal(kmc_file_number(path, 7), 32);
	write_file("no\n", 3);
	assert_int_equal(kmc_file_number(path, 7), 7);
	assert_int_equal(kmc_file_number("/nonexistent", 8), 8);
}

static void test_lines(void **state)
{
	char text[] = "a\n\nb";
	char *rest = text;

	(void)state;
	assert_string_equal(kmc_text_line(&rest), "a");
	assert_string_equal(kmc_text_line(&rest), "");
	assert_string_equal(kmc_text_line(&rest), "b");
	assert_null(kmc_text_line(&rest));
	assert_null(kmc_text_line(&rest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_and_gzip),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_lines),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
