// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The strip of all rules: a tile for each family, a square for each rule. Each
 * square leads to its row; by keyboard one meets only those that need eyes,
 * the others are in the table of rules.
 */
#include <string.h>
#include "page.h"

#define STEP  18u
#define COLUMNS 12u

static size_t family_end(const struct kmc_doc_subject *s, size_t from)
{
	size_t len = kmc_doc_family_bytes(s->rules[from].id), i = from + 1;

	while (i < s->nr_rules && kmc_doc_family_bytes(s->rules[i].id) == len &&
	       !memcmp(s->rules[i].id, s->rules[from].id, len))
		i++;
	return i;
}

static bool needs_eyes(unsigned int state)
{
	return state == DOC_VIOLATED || state == DOC_KNOWN || state == PAGE_NOTED;
}

static void put_square(const struct kmc_page *page, size_t number, const struct kmc_doc_rule *r,
		       size_t at)
{
	unsigned int state = kmc_page_state(r);

	kmc_page_put(page, "<a href=\"#r%d-%i\"%s><title>%t %t: %s", (uint64_t)number, r->id,
		     needs_eyes(state) ? "" : " tabindex=\"-1\"", r->id, r->name,
		     kmc_page_state_name(state));
	kmc_page_put(page, "</title><use href=\"#s-%s\" x=\"%d\" y=\"%d\"/></a>\n",
		     kmc_page_state_name(state), (uint64_t)(at % COLUMNS * STEP),
		     (uint64_t)(at / COLUMNS * STEP));
}

static void put_counts(const struct kmc_page *page, const struct kmc_doc_subject *s, size_t from,
		       size_t to)
{
	uint64_t counts[PAGE_NR_STATES] = { 0 };
	bool first = true;

	for (size_t i = from; i < to; i++)
		counts[kmc_page_state(&s->rules[i])]++;
	for (unsigned int i = 0; i < PAGE_NR_STATES; i++) {
		unsigned int state = kmc_page_states[i];

		if (!counts[state])
			continue;
		kmc_page_put(page, "%s%n %s", first ? "" : ", ", counts[state],
			     kmc_page_state_name(state));
		first = false;
	}
}

static void put_family(const struct kmc_page *page, size_t number, size_t from, size_t to)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];
	size_t nr = to - from, columns = nr < COLUMNS ? nr : COLUMNS;
	size_t rows = (nr + COLUMNS - 1) / COLUMNS;
	const char *id = s->rules[from].id;

	kmc_page_put(page, "<div class=\"family\"><span>");
	kmc_page_part(page, id, kmc_doc_family_bytes(id));
	kmc_page_put(
		page,
		"</span><svg role=\"group\" viewBox=\"-1 -1 %d %d\" width=\"%d\" height=\"%d\">"
		"<title>",
		(uint64_t)(columns * STEP), (uint64_t)(rows * STEP), (uint64_t)(columns * STEP),
		(uint64_t)(rows * STEP));
	kmc_page_part(page, id, kmc_doc_family_bytes(id));
	kmc_page_put(page, ": ");
	put_counts(page, s, from, to);
	kmc_page_put(page, "</title>\n");
	for (size_t i = from; i < to; i++)
		put_square(page, number, &s->rules[i], i - from);
	kmc_page_put(page, "</svg></div>\n");
}

/* The squares that occur, with their words. */
static void put_legend(const struct kmc_page *page, const struct kmc_doc_subject *s)
{
	uint64_t counts[PAGE_NR_STATES];

	kmc_page_counts(s, counts);
	kmc_page_put(page, "<ul class=\"legend\">\n");
	for (unsigned int i = 0; i < PAGE_NR_STATES; i++) {
		unsigned int state = kmc_page_states[i];

		if (counts[state])
			kmc_page_put(page,
				     "<li><svg aria-hidden=\"true\" viewBox=\"-1 -1 18 18\" "
				     "width=\"18\" height=\"18\"><use href=\"#s-%s\"/></svg> "
				     "<strong>%n %s</strong> %s</li>\n",
				     kmc_page_state_name(state), counts[state],
				     kmc_page_state_name(state), kmc_page_state_words(state));
	}
	kmc_page_put(page, "</ul>\n");
}

void kmc_page_strip(const struct kmc_page *page, size_t number)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];
	size_t to;

	if (!s->nr_rules)
		return;
	put_legend(page, s);
	kmc_page_put(page,
		     "<div class=\"strip\" role=\"group\" aria-label=\"All %n rules by family and "
		     "state\">\n",
		     (uint64_t)s->nr_rules);
	for (size_t i = 0; i < s->nr_rules; i = to) {
		to = family_end(s, i);
		put_family(page, number, i, to);
	}
	kmc_page_put(page, "</div>\n");
}
