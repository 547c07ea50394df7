// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * States as they look: a word, a letter and a square each. Colour never says
 * what letter and pattern do not.
 */
#include <string.h>
#include "page.h"

static const struct {
	const char *name, *words, *letter;
	bool hatched;
} states[PAGE_NR_STATES] = {
	[DOC_PASS] = { "pass", "judged, and never broken", "P", false },
	[DOC_VIOLATED] = { "violated", "broken at least once", "V", false },
	[DOC_KNOWN] = { "known", "broken, as is known already", "K", true },
	[DOC_UNKNOWN] = { "unknown", "came up, and could not be judged", "?", true },
	[DOC_UNEXERCISED] = { "unexercised", "never came up in this run", "u", false },
	[DOC_UNREACHABLE] = { "unreachable", "cannot come up with this subject", "\xc2\xb7",
			      false },
	[PAGE_NOTED] = { "noted", "advice that was not followed", "N", false },
};

const unsigned char kmc_page_states[PAGE_NR_STATES] = {
	DOC_PASS,    DOC_VIOLATED,    PAGE_NOTED,      DOC_KNOWN,
	DOC_UNKNOWN, DOC_UNEXERCISED, DOC_UNREACHABLE,
};

unsigned int kmc_page_state(const struct kmc_doc_rule *rule)
{
	return rule->state == DOC_VIOLATED && strcmp(rule->strength, "must") ? PAGE_NOTED :
									       rule->state;
}

const char *kmc_page_state_name(unsigned int state)
{
	return states[state].name;
}

const char *kmc_page_state_words(unsigned int state)
{
	return states[state].words;
}

void kmc_page_counts(const struct kmc_doc_subject *s, uint64_t counts[PAGE_NR_STATES])
{
	memset(counts, 0, PAGE_NR_STATES * sizeof(*counts));
	for (size_t i = 0; i < s->nr_rules; i++)
		counts[kmc_page_state(&s->rules[i])]++;
}

const char *kmc_page_state_letter(unsigned int state)
{
	return states[state].letter;
}

void kmc_page_symbols(const struct kmc_page *page)
{
	kmc_page_put(
		page,
		"<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"defs\"><defs>\n"
		"<pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\"><line class=\"hatch\" y2=\"5\"/></pattern>\n");
	for (unsigned int i = 0; i < PAGE_NR_STATES; i++) {
		kmc_page_put(
			page,
			"<g id=\"s-%s\"><rect class=\"q %s\" width=\"16\" height=\"16\" rx=\"2\"/>",
			states[i].name, states[i].name);
		if (states[i].hatched)
			kmc_page_put(
				page,
				"<rect fill=\"url(#hatch)\" width=\"16\" height=\"16\" rx=\"2\"/>");
		kmc_page_put(page, "<text class=\"l %s\" x=\"8\" y=\"12\">%s</text></g>\n",
			     states[i].name, states[i].letter);
	}
	kmc_page_put(page, "</defs></svg>\n");
}
