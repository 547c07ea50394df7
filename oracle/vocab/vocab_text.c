/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small pieces that every text form of the vocabulary is built of; see
 * vocab_text.h. Nothing here allocates or depends on the locale.
 */
#include <errno.h>
#include "vocab_text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct kmc_span kmc_span_trim(struct kmc_span span)
{
	while (span.len && is_blank(*span.text)) {
		span.text++;
		span.len--;
	}
	while (span.len && is_blank(span.text[span.len - 1]))
		span.len--;
	return span;
}

struct kmc_span kmc_text_until(const char *text, size_t len, size_t *at, char stop)
{
	struct kmc_span piece = { text + *at, 0 };

	while (*at < len && text[*at] != stop)
		++*at;
	piece.len = (size_t)(text + *at - piece.text);
	++*at;
	return piece;
}

struct kmc_span kmc_text_word(const char *text, size_t len, size_t *at)
{
	struct kmc_span word;

	while (*at < len && is_blank(text[*at]))
		++*at;
	word = (struct kmc_span){ text + *at, 0 };
	while (*at < len && !is_blank(text[*at]))
		++*at;
	word.len = (size_t)(text + *at - word.text);
	return word;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static unsigned int suffix_shift(char c)
{
	switch (c) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	case 'T':
		return 40;
	}
	return 0;
}

/* All of @text as digits of @base. */
static int parse_digits(const char *text, size_t len, unsigned int base, uint64_t *value)
{
	uint64_t sum = 0;
	size_t i;

	if (!len)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		unsigned int digit = (unsigned int)digit_of(text[i]);

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit, &sum))
			return -ERANGE;
	}
	*value = sum;
	return 0;
}

int kmc_text_number(const char *text, size_t len, uint64_t *value)
{
	unsigned int shift = len ? suffix_shift(text[len - 1]) : 0;
	uint64_t number;
	int err;

	if (shift)
		len--;
	if (len > 2 && text[0] == '0' && text[1] == 'x')
		err = parse_digits(text + 2, len - 2, 16, &number);
	else
		err = parse_digits(text, len, 10, &number);
	if (err)
		return err;
	if (shift && number >> (64 - shift))
		return -ERANGE;
	*value = number << shift;
	return 0;
}

int kmc_text_number_max(struct kmc_span span, uint64_t max, uint64_t *value)
{
	int err = kmc_text_number(span.text, span.len, value);

	if (!err && *value > max)
		err = -ERANGE;
	return err;
}

int kmc_names_find(const struct kmc_name *names, struct kmc_span word, uint64_t *value)
{
	for (; names->text; names++) {
		if (kmc_span_is(word, names->text)) {
			*value = names->value;
			return 0;
		}
	}
	return -EINVAL;
}

int kmc_names_parse(const struct kmc_name *names, struct kmc_span list, char join, uint64_t *set)
{
	uint64_t sum = 0, value;
	size_t at = 0;

	if (kmc_span_is(list, "-") || kmc_span_is(list, "0"))
		at = list.len + 1;
	while (at <= list.len) {
		struct kmc_span word =
			kmc_span_trim(kmc_text_until(list.text, list.len, &at, join));

		if (kmc_names_find(names, word, &value) &&
		    !(word.len > 2 && word.text[1] == 'x' &&
		      !kmc_text_number(word.text, word.len, &value)))
			return -EINVAL;
		sum |= value;
	}
	*set = sum;
	return 0;
}

void kmc_text_add_bytes(struct kmc_text *out, const char *bytes, size_t len)
{
	if (out->len + 1 < out->size) {
		size_t room = out->size - out->len - 1;
		size_t part = len < room ? len : room;

		memcpy(out->buf + out->len, bytes, part);
		out->buf[out->len + part] = '\0';
	}
	out->len += len;
}

static void add_digits(struct kmc_text *out, uint64_t value, unsigned int base)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	kmc_text_add_bytes(out, digits + at, sizeof(digits) - at);
}

void kmc_text_add_number(struct kmc_text *out, uint64_t value)
{
	add_digits(out, value, 10);
}

void kmc_text_add_signed(struct kmc_text *out, int64_t value)
{
	if (value < 0)
		kmc_text_add(out, "-");
	add_digits(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

void kmc_text_add_hex(struct kmc_text *out, uint64_t value)
{
	add_digits(out, value, 16);
}

void kmc_text_add_names(struct kmc_text *out, const struct kmc_name *names, uint64_t set, char join,
			const char *none)
{
	size_t start = out->len;

	if (!set)
		kmc_text_add(out, none);
	for (; names->text; names++) {
		if (!(set & names->value))
			continue;
		if (out->len != start)
			kmc_text_add_bytes(out, &join, 1);
		kmc_text_add(out, names->text);
		set &= ~names->value;
	}
	if (set) {
		if (out->len != start)
			kmc_text_add_bytes(out, &join, 1);
		kmc_text_add(out, "0x");
		kmc_text_add_hex(out, set);
	}
}
