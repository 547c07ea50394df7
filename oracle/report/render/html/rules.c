// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of a subject by state, those that need eyes first and unfolded:
 * what each says, where it is said, how often it was judged.
 */
#include <string.h>
#include "page.h"

static const unsigned char order[PAGE_NR_STATES] = {
	DOC_VIOLATED, PAGE_NOTED,      DOC_KNOWN,	DOC_UNKNOWN,
	DOC_PASS,     DOC_UNEXERCISED, DOC_UNREACHABLE,
};

static bool never_judged(unsigned int state)
{
	return state == DOC_UNEXERCISED || state == DOC_UNREACHABLE;
}

/* Bits of a number: the length of a bar on a logarithmic scale. */
static uint64_t log_bar(uint64_t n)
{
	return n ? 64 - (unsigned int)__builtin_clzll(n) : 0;
}

/* The words of a rule stand once in the page: with the first subject. */
static bool said_before(const struct kmc_page *page, size_t number, size_t at)
{
	const struct kmc_doc_subject *first = &page->doc->subjects[0],
				     *s = &page->doc->subjects[number];

	return number && at < first->nr_rules && !strcmp(first->rules[at].id, s->rules[at].id) &&
	       !strcmp(first->rules[at].statement, s->rules[at].statement);
}

static void put_words(const struct kmc_page *page, size_t number, size_t at)
{
	const struct kmc_doc_rule *r = &page->doc->subjects[number].rules[at];

	if (said_before(page, number, at) && never_judged(kmc_page_state(r))) {
		kmc_page_put(page, "<td class=\"say\"><a href=\"#r0-%i\">%t</a>", r->id, r->name);
	} else {
		kmc_page_put(page, "<td class=\"say\">%t", *r->statement ? r->statement : r->name);
		kmc_page_put(page, "<span class=\"soft sub\">%t%s%t</span>",
			     *r->statement ? r->name : "",
			     *r->statement && *r->source ? " \xc2\xb7 " : "", r->source);
	}
	if (*r->why)
		kmc_page_put(page, "<span class=\"soft sub\">%t</span>", r->why);
	kmc_page_put(page, "</td>");
}

static void put_rule(const struct kmc_page *page, size_t number, size_t at)
{
	const struct kmc_doc_rule *r = &page->doc->subjects[number].rules[at];
	unsigned int state = kmc_page_state(r);

	kmc_page_put(page,
		     "<tr id=\"r%d-%i\"><th scope=\"row\"><svg aria-hidden=\"true\" viewBox=\"0 0 "
		     "16 16\" "
		     "width=\"16\" height=\"16\"><use href=\"#s-%s\"/></svg> %t</th>",
		     (uint64_t)number, r->id, kmc_page_state_name(state), r->id);
	put_words(page, number, at);
	kmc_page_put(page, "<td>%t</td><td>%t <span class=\"soft\">%t</span></td>", r->party,
		     r->strength, r->origin);
	if (!never_judged(state)) {
		kmc_page_put(
			page,
			"<td class=\"n\" data-l=\"judged\" data-v=\"%d\">%n<span class=\"meter\" "
			"style=\"--b:%d\"></span></td>",
			r->exercised, r->exercised, log_bar(r->exercised));
		kmc_page_cell(page, "violated", r->violated);
		kmc_page_cell(page, "unknown", r->unknown);
	}
	kmc_page_put(page, "</tr>\n");
}

static void put_head(const struct kmc_page *page, unsigned int state)
{
	kmc_page_put(page, "<div class=\"wide\" role=\"region\" aria-label=\"Rules: %s\">"
		     "<table class=\"sort stack\">\n<thead><tr><th scope=\"col\">rule</th>"
		     "<th scope=\"col\">statement and source</th><th scope=\"col\">binds</th>"
		     "<th scope=\"col\">strength</th>", kmc_page_state_name(state));
	if (!never_judged(state))
		kmc_page_put(
			page,
			"<th scope=\"col\" class=\"n\">judged</th><th scope=\"col\" class=\"n\">"
			"violated</th><th scope=\"col\" class=\"n\">unknown</th>");
	kmc_page_put(page, "</tr></thead>\n<tbody>\n");
}

static void put_state(const struct kmc_page *page, size_t number, unsigned int state,
		      uint64_t count)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];
	bool folded = state == DOC_PASS || state == DOC_UNEXERCISED || state == DOC_UNREACHABLE ||
		      count > 40;

	kmc_page_put(page,
		     "<details%s><summary><strong>%n %s</strong> <span class=\"soft\">%s</span>"
		     "</summary>\n",
		     folded ? "" : " open=\"open\"", count, kmc_page_state_name(state),
		     kmc_page_state_words(state));
	put_head(page, state);
	for (size_t i = 0; i < s->nr_rules; i++)
		if (kmc_page_state(&s->rules[i]) == state)
			put_rule(page, number, i);
	kmc_page_put(page, "</tbody></table></div></details>\n");
}

void kmc_page_rules(const struct kmc_page *page, size_t number)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];
	uint64_t counts[PAGE_NR_STATES];

	if (!s->nr_rules)
		return;
	kmc_page_counts(s, counts);
	kmc_page_put(page,
		     "<section id=\"rules%d\" class=\"rulebook\">\n<h3 class=\"part\">Rules</h3>\n",
		     (uint64_t)number);
	for (unsigned int i = 0; i < PAGE_NR_STATES; i++)
		if (counts[order[i]])
			put_state(page, number, order[i], counts[order[i]]);
	kmc_page_put(page, "</section>\n");
}
