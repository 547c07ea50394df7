/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small pieces of text: numbers at their limits, names, bounded output. */
#include "vocab_tests.h"
#include "vocab_text.h"

static int number(const char *text, uint64_t *value)
{
	return kmc_text_number(text, strlen(text), value);
}

static void test_numbers(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_int_equal(number("0", &v), 0);
	assert_true(v == 0);
	assert_int_equal(number("18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(number("0xffffffffffffffff", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(number("0xAb", &v), 0);
	assert_true(v == 0xab);
	assert_int_equal(number("3K", &v), 0);
	assert_true(v == 3072);
	assert_int_equal(number("16777215T", &v), 0);
	assert_true(v == 16777215ull << 40);
	assert_int_equal(number("18446744073709551616", &v), -ERANGE);
	assert_int_equal(number("0x10000000000000000", &v), -ERANGE);
	assert_int_equal(number("16777216T", &v), -ERANGE);
	assert_int_equal(number("", &v), -EINVAL);
	assert_int_equal(number("K", &v), -EINVAL);
	assert_int_equal(number("0x", &v), -EINVAL);
	assert_int_equal(number("1a", &v), -EINVAL);
	assert_int_equal(number("-1", &v), -EINVAL);
	assert_int_equal(number("1 ", &v), -EINVAL);
}

static void test_pieces(void **state)
{
	const char text[] = "a||b";
	struct kmc_span piece;
	size_t at = 0, pieces = 0;

	(void)state;
	while (at <= 4) {
		piece = kmc_text_until(text, 4, &at, '|');
		assert_int_equal(piece.len, pieces++ != 1);
	}
	assert_int_equal(pieces, 3);
	at = 0;
	piece = kmc_text_word("  two\twords", 11, &at);
	assert_true(kmc_span_is(piece, "two"));
	piece = kmc_text_word("  two\twords", 11, &at);
	assert_true(kmc_span_is(piece, "words"));
	assert_int_equal(kmc_text_word("  two\twords", 11, &at).len, 0);
}

static void test_names(void **state)
{
	static const struct kmc_name names[] = { { "one", 1 }, { "two", 2 }, { 0 } };
	struct kmc_span list = { "two+one+0x10", 12 };
	struct kmc_text out;
	uint64_t set;
	char buf[32];

	(void)state;
	assert_int_equal(kmc_names_parse(names, list, '+', &set), 0);
	assert_true(set == 0x13);
	kmc_text_init(&out, buf, sizeof(buf));
	kmc_text_add_names(&out, names, set, '+', "-");
	assert_string_equal(buf, "one+two+0x10");
	list.len = 4;
	assert_int_equal(kmc_names_parse(names, list, '+', &set), -EINVAL);
	list = (struct kmc_span){ "-", 1 };
	assert_int_equal(kmc_names_parse(names, list, '+', &set), 0);
	assert_true(set == 0);
}

static void test_bounded_output(void **state)
{
	struct kmc_text out;
	char buf[6] = "?????";

	(void)state;
	kmc_text_init(&out, buf, 5);
	kmc_text_add(&out, "ab");
	kmc_text_add_signed(&out, INT64_MIN);
	assert_int_equal(out.len, 22);
	assert_string_equal(buf, "ab-9");
	assert_int_equal(buf[5], 0);
	kmc_text_init(&out, NULL, 0);
	kmc_text_add(&out, "nowhere");
	assert_int_equal(out.len, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_names), cmocka_unit_test(test_bounded_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
