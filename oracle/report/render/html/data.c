// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The document in the page, so that the page is also the data. Strict JSON in
 * plain ASCII, of which no letter can end the block, redacted as the rest: the
 * text of a document is what may leave (redact.h). What is too large stays out,
 * and the page says so.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include "page.h"

#define MOST_READ    (8u << 20)
#define MOST_WRITTEN (1u << 20)

/* The character of UTF-8 at @at, and its bytes; bytes 0: it is none. */
static uint32_t character(const unsigned char *at, size_t *bytes)
{
	size_t n = *at >= 0xf0 && *at < 0xf5 ? 4 : *at >= 0xe0 && *at < 0xf0 ? 3 :
		   *at >= 0xc2 && *at < 0xe0 ? 2 : 0;
	uint32_t c = n == 4 ? *at & 7 : n == 3 ? *at & 15 : *at & 31;

	*bytes = 0;
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	if (!n || (n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) ||
	    (c >= 0xd800 && c < 0xe000))
		return 0;
	*bytes = n;
	return c;
}

/* One character; the rest of ASCII is escaped by the serialiser already. */
static size_t put_character(FILE *out, const char *at)
{
	unsigned char c = (unsigned char)*at;
	size_t bytes = 1;
	uint32_t wide;

	if (c == '<' || c == '>' || c == '&' || c == 0x7f) {
		fprintf(out, "\\u%04x", c);
	} else if (c < 0x80) {
		putc(c < 0x20 ? '?' : c, out);
	} else {
		wide = character((const unsigned char *)at, &bytes);
		if (!bytes)
			putc('?', out);
		else if (wide < 0x10000)
			fprintf(out, "\\u%04x", wide);
		else
			fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((wide - 0x10000) >> 10),
				0xdc00 + ((wide - 0x10000) & 0x3ff));
	}
	return bytes ? bytes : 1;
}

/* As text of its own; NULL where it is too large. */
static int data_of(const struct kmc_page *page, char **text, size_t *len)
{
	struct json_tokener *tok = json_tokener_new_ex(32);
	struct json_object *root;
	const char *json;
	FILE *out;
	int err;

	root = tok ? json_tokener_parse_ex(tok, page->doc->json, (int)page->doc->json_bytes) : NULL;
	json = root ? json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE) :
		      NULL;
	out = json ? open_memstream(text, len) : NULL;
	while (out && *json)
		json += put_character(out, json);
	err = !out || fclose(out) ? -ENOMEM : 0;
	json_object_put(root);
	if (tok)
		json_tokener_free(tok);
	if (err || *len > MOST_WRITTEN) {
		free(*text);
		*text = NULL;
	}
	return err;
}

int kmc_page_data(const struct kmc_page *page)
{
	bool whole = page->wishes->addresses && page->wishes->names;
	char *text = NULL;
	size_t len = 0;
	int err = page->doc->json_bytes <= MOST_READ ? data_of(page, &text, &len) : 0;

	kmc_page_put(page, "<footer>\n<p id=\"data\">");
	if (!text) {
		kmc_page_put(page,
			     "The run document is too large to be part of the page (%n bytes): "
			     "it stays beside it.</p>\n</footer>\n",
			     (uint64_t)page->doc->json_bytes);
		return err;
	}
	kmc_page_put(page,
		     "The run document is part of this page: the element of id <code>run</code>%s."
		     "</p>\n</footer>\n<script type=\"application/json\" id=\"run\">",
		     whole ? "" : ", without addresses and names as all of the page");
	fwrite(text, 1, len, page->out);
	kmc_page_put(page, "</script>\n");
	free(text);
	return 0;
}
