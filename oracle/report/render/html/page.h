/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page's parts, each in a file of its own; private to html/. All of them
 * write to page->out and look at nothing but the document and the wishes, so
 * that equal documents make equal bytes.
 */
#ifndef HTML_PAGE_H
#define HTML_PAGE_H
#include "render.h"

/* States as the page shows them: those of rules, and advice that was not followed. */
enum { PAGE_NOTED = DOC_NR_STATES, PAGE_NR_STATES };

/* Keys in order, with what stands beside each. */
struct kmc_page_key {
	const char *key;
	size_t at;            /* of a finding: place in the subject; of a count: the host */
	uint64_t occurrences;
};

struct kmc_page_keys {
	struct kmc_page_key *key;
	size_t nr;
};

struct kmc_page {
	FILE *out;
	const struct kmc_doc *doc;
	const struct kmc_render_wishes *wishes;
	struct kmc_page_keys here, before, hosts; /* findings, those of the baseline, counts of hosts */
	size_t *subjects; /* places in the document, in the order of the page */
	/* how many bytes more may go into cards, and into short ones */
	size_t room_whole, room_brief;
};

/* markup.c */

/**
 * kmc_page_put() - Markup with places.
 *
 * %t text, escaped (const char *); %i the same as a name of an anchor, of letters that need no
 * escape; %n a number with commas (uint64_t); %d a number as it is (uint64_t); %s trusted
 * markup; %c a letter of ours.
 */
void kmc_page_put(const struct kmc_page *page, const char *format, ...);
/** kmc_page_part() - So many bytes of text, whole characters. */
void kmc_page_part(const struct kmc_page *page, const char *text, size_t len);
/** kmc_page_clip() - Text, cut with an ellipsis behind so many characters. */
void kmc_page_clip(const struct kmc_page *page, const char *text, size_t characters);
/** kmc_page_characters() - Characters of UTF-8 text. */
size_t kmc_page_characters(const char *text);
/** kmc_page_cell() - A cell of a table with a number; what is 0 stands back. @label: on a phone, or NULL. */
void kmc_page_cell(const struct kmc_page *page, const char *label, uint64_t n);
/** kmc_page_plural() - "" or "s". */
const char *kmc_page_plural(uint64_t n);

/* states.c */
/* As they stand beside each other. */
extern const unsigned char kmc_page_states[PAGE_NR_STATES];
unsigned int kmc_page_state(const struct kmc_doc_rule *rule);
const char *kmc_page_state_name(unsigned int state);
const char *kmc_page_state_words(unsigned int state);
const char *kmc_page_state_letter(unsigned int state);
/** kmc_page_counts() - Rules of a subject by the states of the page. */
void kmc_page_counts(const struct kmc_doc_subject *s, uint64_t counts[PAGE_NR_STATES]);
/** kmc_page_symbols() - The squares of the states, once for the page. */
void kmc_page_symbols(const struct kmc_page *page);

/* keys.c */
int kmc_page_keys_of(const struct kmc_doc *doc, struct kmc_page_keys *keys);
int kmc_page_keys_of_hosts(const struct kmc_doc *doc, struct kmc_page_keys *keys);
/** kmc_page_find() - The first entry of @key; NULL none. Further ones follow it. */
const struct kmc_page_key *kmc_page_find(const struct kmc_page_keys *keys, const char *key);

/* style.c, script.c */
extern const char kmc_page_style[];
/* Sorts, filters, unfolds; the page is whole without it. No < and no &, so that it is XML too. */
extern const char kmc_page_script[];
extern const char kmc_page_script_hash[]; /* base64 of its SHA-256: the only script that may run */

/* The parts. @number is the subject's place in the document. */
void kmc_page_strip(const struct kmc_page *page, size_t number);
int kmc_page_findings(struct kmc_page *page, size_t number);
void kmc_page_rules(const struct kmc_page *page, size_t number);
void kmc_page_lives(const struct kmc_page *page, size_t number);
void kmc_page_shapes(const struct kmc_page *page, size_t number);
bool kmc_page_has_plots(const struct kmc_page *page);
int kmc_page_plots(const struct kmc_page *page);
void kmc_page_compare(const struct kmc_page *page);
void kmc_page_hosts(const struct kmc_page *page);
/** kmc_page_facts() - Facts of the input: words, counts, and those that are tables. */
void kmc_page_facts(const struct kmc_page *page);
void kmc_page_environment(const struct kmc_page *page);
int kmc_page_data(const struct kmc_page *page);

/* finding.c: a card, a short one, a line; bytes that they take, more or less */
void kmc_page_finding(const struct kmc_page *page, size_t number, const struct kmc_doc_finding *f,
		      bool open);
void kmc_page_finding_brief(const struct kmc_page *page, size_t number,
			    const struct kmc_doc_finding *f);
void kmc_page_finding_line(const struct kmc_page *page, size_t number,
			   const struct kmc_doc_finding *f);
size_t kmc_page_finding_bytes(const struct kmc_doc_finding *f, bool brief);

/* timeline.c */
void kmc_page_timeline(const struct kmc_page *page, const struct kmc_doc_finding *f);

#endif
