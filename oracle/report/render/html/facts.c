// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Facts of the input, as they read best: words; counts; and the two kinds that
 * are tables written in a line: "class kmalloc-64": "allocs 3 freed 2 ...", a
 * row of a table "class", and "over_time (events live)": "10 3; 20 5", a whole one.
 */
#include <string.h>
#include "page.h"

#define MOST_ROW 4096u /* bytes: what is longer is words */

static bool is_digits(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] < '0' || at[i] > '9')
			return false;
	return len;
}

/* Word @n of @len bytes of @text, and its length; length 0: there is none. */
static const char *word(const char *text, size_t len, size_t n, size_t *found)
{
	const char *end = text + len;

	for (;; n--) {
		const char *from;

		while (text < end && *text == ' ')
			text++;
		for (from = text; text < end && *text != ' ';)
			text++;
		*found = (size_t)(text - from);
		if (!n || !*found)
			return from;
	}
}

static size_t words_of(const char *text, size_t len)
{
	size_t n = 0, found;

	while (word(text, len, n, &found), found)
		n++;
	return n;
}

static void begin_table(const struct kmc_page *page, const char *name, size_t len, uint64_t rows)
{
	kmc_page_put(page, "<details><summary>");
	kmc_page_part(page, name, len);
	kmc_page_put(
		page,
		": %n row%s</summary>\n<div class=\"wide\" role=\"region\" aria-label=\"Facts\">"
		"<table class=\"sort\">\n<thead><tr>",
		rows, kmc_page_plural(rows));
}

static void put_cell(const struct kmc_page *page, bool head, const char *at, size_t len)
{
	kmc_page_put(page, head ? "<th scope=\"col\" class=\"n\">" : "<td class=\"n\">");
	kmc_page_part(page, at, len);
	kmc_page_put(page, head ? "</th>" : "</td>");
}

/* a row of a table */

static bool is_row(const struct kmc_doc_fact *fact)
{
	size_t len = strlen(fact->value), words, found;

	if (!strchr(fact->key, ' ') || len > MOST_ROW)
		return false;
	words = words_of(fact->value, len);
	if (words < 4 || words % 2)
		return false;
	for (size_t n = 0; n < words; n++) {
		const char *at = word(fact->value, len, n, &found);

		if (is_digits(at, found) != n % 2)
			return false;
	}
	return true;
}

/* The same first word of the key, the same words between the numbers. */
static bool same_table(const struct kmc_doc_fact *a, const struct kmc_doc_fact *b)
{
	size_t la = strlen(a->value), lb = strlen(b->value), fa, fb;

	if (strncmp(a->key, b->key, strcspn(a->key, " ") + 1))
		return false;
	for (size_t n = 0;; n += 2) {
		const char *wa = word(a->value, la, n, &fa), *wb = word(b->value, lb, n, &fb);

		if (fa != fb || memcmp(wa, wb, fa))
			return false;
		if (!fa)
			return true;
	}
}

static void put_cells(const struct kmc_page *page, const char *value, bool head)
{
	size_t len = strlen(value), found;

	for (size_t n = !head;; n += 2) {
		const char *at = word(value, len, n, &found);

		if (!found)
			return;
		put_cell(page, head, at, found);
	}
}

/* All facts from @from on that are rows of its table; how many. */
static size_t put_rows(const struct kmc_page *page, size_t from)
{
	const struct kmc_doc_fact *first = &page->doc->facts[from];
	size_t nr = 1, name = strcspn(first->key, " ");

	while (from + nr < page->doc->nr_facts && is_row(first + nr) &&
	       same_table(first, first + nr))
		nr++;
	begin_table(page, first->key, name, nr);
	kmc_page_put(page, "<th scope=\"col\">");
	kmc_page_part(page, first->key, name);
	kmc_page_put(page, "</th>");
	put_cells(page, first->value, true);
	kmc_page_put(page, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < nr; i++) {
		kmc_page_put(page, "<tr><th scope=\"row\">%t</th>",
			     first[i].key + strcspn(first[i].key, " ") + 1);
		put_cells(page, first[i].value, false);
		kmc_page_put(page, "</tr>\n");
	}
	kmc_page_put(page, "</tbody></table></div></details>\n");
	return nr;
}

/* a whole table */

/* The words in the brackets at the key's end, and their length; 0 none. */
static const char *heads_of(const struct kmc_doc_fact *fact, size_t *len)
{
	const char *open = strstr(fact->key, " (");
	size_t all = strlen(fact->key);

	*len = open && fact->key[all - 1] == ')' ? (size_t)(fact->key + all - 1 - (open + 2)) : 0;
	return open ? open + 2 : fact->key;
}

static bool is_table(const struct kmc_doc_fact *fact)
{
	size_t heads, found;
	const char *head = heads_of(fact, &heads);
	size_t columns = heads > MOST_ROW ? 0 : words_of(head, heads);

	if (columns < 2)
		return false;
	for (const char *row = fact->value; *row; row += *row == ';') {
		size_t len = strcspn(row, ";");

		if (len > MOST_ROW || words_of(row, len) != columns)
			return false;
		for (size_t n = 0; n < columns; n++) {
			const char *at = word(row, len, n, &found);

			if (!is_digits(at, found))
				return false;
		}
		row += len;
	}
	return *fact->value;
}

static void put_line(const struct kmc_page *page, const char *line, size_t len, bool head)
{
	size_t found;

	for (size_t n = 0;; n++) {
		const char *at = word(line, len, n, &found);

		if (!found)
			return;
		put_cell(page, head, at, found);
	}
}

static void put_table(const struct kmc_page *page, const struct kmc_doc_fact *fact)
{
	size_t heads, rows = 1;
	const char *head = heads_of(fact, &heads);

	for (const char *at = fact->value; *at; at++)
		rows += *at == ';' && at[1];
	begin_table(page, fact->key, (size_t)(head - 2 - fact->key), rows);
	put_line(page, head, heads, true);
	kmc_page_put(page, "</tr></thead>\n<tbody>\n");
	for (const char *row = fact->value; *row; row += *row == ';') {
		size_t len = strcspn(row, ";");

		kmc_page_put(page, "<tr>");
		put_line(page, row, len, false);
		kmc_page_put(page, "</tr>\n");
		row += len;
	}
	kmc_page_put(page, "</tbody></table></div></details>\n");
}

/* all */

enum kind { WORDS, COUNT, ROW, TABLE };

static enum kind kind_of(const struct kmc_doc_fact *fact)
{
	return is_digits(fact->value, strlen(fact->value)) ? COUNT :
	       is_row(fact) ? ROW : is_table(fact) ? TABLE : WORDS;
}

static void put_list(const struct kmc_page *page, enum kind kind, const char *class)
{
	bool open = false;

	for (size_t i = 0; i < page->doc->nr_facts; i++) {
		const struct kmc_doc_fact *fact = &page->doc->facts[i];

		if (!*fact->value || kind_of(fact) != kind)
			continue;
		if (!open)
			kmc_page_put(page, "<dl class=\"%s\">\n", class);
		open = true;
		kmc_page_put(page, "<div><dt>%t</dt><dd>%t</dd></div>\n", fact->key, fact->value);
	}
	if (open)
		kmc_page_put(page, "</dl>\n");
}

void kmc_page_facts(const struct kmc_page *page)
{
	size_t taken;

	put_list(page, WORDS, "facts");
	put_list(page, COUNT, "counts");
	for (size_t i = 0; i < page->doc->nr_facts; i += taken) {
		const struct kmc_doc_fact *fact = &page->doc->facts[i];
		enum kind kind = kind_of(fact);

		taken = 1;
		if (kind == ROW)
			taken = put_rows(page, i);
		else if (kind == TABLE)
			put_table(page, fact);
	}
}
