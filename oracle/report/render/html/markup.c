// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the page is written: markup of ours with places for what is not. Nothing
 * of a document reaches the page but through here.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include "page.h"

static size_t character_bytes(const char *at)
{
	size_t n = 1;

	while (((unsigned char)at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

size_t kmc_page_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text += character_bytes(text))
		n++;
	return n;
}

static void put_character(FILE *out, const char *at, size_t bytes)
{
	switch (*at) {
	case '&': fputs("&amp;", out); break;
	case '<': fputs("&lt;", out); break;
	case '>': fputs("&gt;", out); break;
	case '"': fputs("&quot;", out); break;
	case '\'': fputs("&#39;", out); break;
	default: fwrite(at, 1, bytes, out);
	}
}

void kmc_page_clip(const struct kmc_page *page, const char *text, size_t characters)
{
	bool cut = kmc_page_characters(text) > characters;

	for (size_t n = cut; *text && n < characters; n++) {
		size_t bytes = character_bytes(text);

		put_character(page->out, text, bytes);
		text += bytes;
	}
	if (cut)
		fputs("\xe2\x80\xa6", page->out);
}

void kmc_page_part(const struct kmc_page *page, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t bytes = character_bytes(text + i);

		put_character(page->out, text + i, bytes);
		i += bytes;
	}
}

static bool is_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-' || c == '.';
}

/* Different texts have different names: all but plain letters is written in hexadecimal. */
static void put_name(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (is_plain((unsigned char)*text))
			putc(*text, out);
		else
			fprintf(out, "_%02x", (unsigned char)*text);
	}
}

static void put_number(FILE *out, uint64_t number)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number);

	for (size_t i = 0; i < len; i++) {
		if (i && !((len - i) % 3))
			putc(',', out);
		putc(digits[i], out);
	}
}

static void put_text(const struct kmc_page *page, const char *text)
{
	kmc_page_part(page, text, strlen(text));
}

static void put_place(const struct kmc_page *page, char place, va_list *args)
{
	FILE *out = page->out;

	switch (place) {
	case 't': put_text(page, va_arg(*args, const char *)); break;
	case 'i': put_name(out, va_arg(*args, const char *)); break;
	case 's': fputs(va_arg(*args, const char *), out); break;
	case 'n': put_number(out, va_arg(*args, uint64_t)); break;
	case 'd': fprintf(out, "%" PRIu64, va_arg(*args, uint64_t)); break;
	case 'c': putc(va_arg(*args, int), out); break;
	default: assert(!"a place of the page");
	}
}

void kmc_page_put(const struct kmc_page *page, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format == '%')
			put_place(page, *++format, &args);
		else
			putc(*format, page->out);
	}
	va_end(args);
}

void kmc_page_cell(const struct kmc_page *page, const char *label, uint64_t n)
{
	kmc_page_put(page, "<td class=\"n%s\"", n ? "" : " z");
	if (label)
		kmc_page_put(page, " data-l=\"%s\"", label);
	kmc_page_put(page, ">%n</td>", n);
}

const char *kmc_page_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}
