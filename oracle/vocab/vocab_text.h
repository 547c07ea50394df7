/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and writing small pieces of text without copies: spans, numbers,
 * lists of names, a bounded output buffer. Private to the vocabulary; every
 * text form of it (flags, machines, events, programs) is built of these.
 */
#ifndef VOCAB_TEXT_H
#define VOCAB_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* No line of any text form is longer. */
#define KMC_MAX_LINE 4096

struct kmc_span {
	const char *text;
	size_t len;
};

/* A set of bits or a list of values by name. */
struct kmc_name {
	const char *text;
	uint64_t value;
};

static inline bool kmc_text_is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(text, word, len);
}

static inline bool kmc_span_is(struct kmc_span span, const char *word)
{
	return kmc_text_is(span.text, span.len, word);
}

struct kmc_span kmc_span_trim(struct kmc_span span);

/**
 * kmc_text_until() - The piece from *@at to the next @stop or the end.
 * *@at moves behind the stop; it is @len + 1 once the last piece was taken.
 */
struct kmc_span kmc_text_until(const char *text, size_t len, size_t *at, char stop);

/**
 * kmc_text_word() - The next word between blanks, from *@at on; empty at the end.
 */
struct kmc_span kmc_text_word(const char *text, size_t len, size_t *at);

/**
 * kmc_text_number() - Decimal or 0x number, optionally with a suffix K, M, G or T
 * (powers of 1024). The whole text must be one.
 * Return: 0, -EINVAL, -ERANGE above 64 bits.
 */
int kmc_text_number(const char *text, size_t len, uint64_t *value);

/** kmc_text_number_max() - As above with an upper bound; -ERANGE above it. */
int kmc_text_number_max(struct kmc_span span, uint64_t max, uint64_t *value);

/** kmc_names_find() - The value of a name in a list ended by a NULL text. Return: 0, -EINVAL. */
int kmc_names_find(const struct kmc_name *names, struct kmc_span word, uint64_t *value);

/**
 * kmc_names_parse() - The union of names (or 0x numbers) joined by @join; "-" or "0" is none.
 * Return: 0, -EINVAL.
 */
int kmc_names_parse(const struct kmc_name *names, struct kmc_span list, char join, uint64_t *set);

/* Bounded output as snprintf(): len counts on where the buffer ends; always terminated. */
struct kmc_text {
	char *buf;
	size_t size, len;
};

static inline void kmc_text_init(struct kmc_text *out, char *buf, size_t size)
{
	*out = (struct kmc_text){ .buf = buf, .size = size };
	if (size)
		buf[0] = '\0';
}

void kmc_text_add_bytes(struct kmc_text *out, const char *bytes, size_t len);
static inline void kmc_text_add(struct kmc_text *out, const char *text)
{
	kmc_text_add_bytes(out, text, strlen(text));
}
void kmc_text_add_number(struct kmc_text *out, uint64_t value);
void kmc_text_add_signed(struct kmc_text *out, int64_t value);
void kmc_text_add_hex(struct kmc_text *out, uint64_t value);
/**
 * kmc_text_add_names() - Names of the bits of @set joined by @join, unnamed ones as 0x..;
 * @none for 0.
 */
void kmc_text_add_names(struct kmc_text *out, const struct kmc_name *names, uint64_t set, char join,
			const char *none);

#endif
