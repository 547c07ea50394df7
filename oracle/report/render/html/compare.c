// SPDX-License-Identifier: GPL-2.0-or-later
/* Against a baseline: what is new, gone, still there, and which rules came up for the first time.
 */
#include <string.h>
#include "page.h"

#define MOST_ITEMS 100u

/* A list's head, and how many its items are; of none there is nothing to unfold. */
static void begin(const struct kmc_page *page, const char *words, size_t nr)
{
	if (!nr)
		kmc_page_put(page, "<p class=\"soft\">0 %s</p>\n", words);
	else
		kmc_page_put(page,
			     "<details%s><summary><strong>%n %s</strong></summary>\n"
			     "<ul class=\"lines\">\n",
			     nr <= 20 ? " open=\"open\"" : "", (uint64_t)nr, words);
}

static void end(const struct kmc_page *page, size_t nr)
{
	if (nr > MOST_ITEMS)
		kmc_page_put(page, "<li class=\"soft\">and %n more</li>\n",
			     (uint64_t)(nr - MOST_ITEMS));
	if (nr)
		kmc_page_put(page, "</ul></details>\n");
}

static void put_item(const struct kmc_page *page, size_t subject, const struct kmc_doc_finding *f,
		     bool link)
{
	kmc_page_put(page, "<li>");
	if (link)
		kmc_page_put(page, "<a href=\"#f%d-%i\">%t</a> ", (uint64_t)subject, f->key,
			     f->key);
	else
		kmc_page_put(page, "<code>%t</code> ", f->key);
	kmc_page_clip(page, f->title, 160);
	kmc_page_put(page, "</li>\n");
}

/* Findings of @doc that are, or are not, among the @other ones. */
static size_t walk(const struct kmc_page *page, const struct kmc_doc *doc,
		   const struct kmc_page_keys *other, bool among, bool print)
{
	size_t nr = 0;

	for (size_t s = 0; s < doc->nr_subjects; s++)
		for (size_t i = 0; i < doc->subjects[s].nr_findings; i++) {
			const struct kmc_doc_finding *f = &doc->subjects[s].findings[i];

			if (!kmc_page_find(other, f->key) == among)
				continue;
			if (print && nr < MOST_ITEMS)
				put_item(page, s, f, doc == page->doc);
			nr++;
		}
	return nr;
}

static void put_list(const struct kmc_page *page, const char *words, const struct kmc_doc *doc,
		     const struct kmc_page_keys *other, bool among)
{
	size_t nr = walk(page, doc, other, among, false);

	begin(page, words, nr);
	walk(page, doc, other, among, true);
	end(page, nr);
}

static bool newly(const struct kmc_page *page, size_t subject, size_t at)
{
	const struct kmc_doc_rule *rule = &page->doc->subjects[subject].rules[at];

	for (size_t s = 0; s < subject; s++) { /* once is enough */
		const struct kmc_doc_subject *other = &page->doc->subjects[s];
		const struct kmc_doc_rule *same = at < other->nr_rules ? &other->rules[at] : NULL;

		if (!same || strcmp(same->id, rule->id)) /* seldom: the catalogue has one order */
			same = kmc_doc_rule_of(other, rule->id);
		if (same && same->exercised)
			return false;
	}
	return kmc_render_newly(page->wishes, rule);
}

static size_t walk_rules(const struct kmc_page *page, bool print)
{
	size_t nr = 0;

	for (size_t s = 0; s < page->doc->nr_subjects; s++)
		for (size_t i = 0; i < page->doc->subjects[s].nr_rules; i++) {
			const struct kmc_doc_rule *r = &page->doc->subjects[s].rules[i];

			if (!newly(page, s, i))
				continue;
			if (print && nr < MOST_ITEMS)
				kmc_page_put(page, "<li><a href=\"#r%d-%i\">%t</a> %t: %s</li>\n",
					     (uint64_t)s, r->id, r->id, r->name,
					     kmc_page_state_name(kmc_page_state(r)));
			nr++;
		}
	return nr;
}

void kmc_page_compare(const struct kmc_page *page)
{
	const struct kmc_doc *old = page->wishes->baseline;
	size_t nr;

	if (!old)
		return;
	kmc_page_put(page, "<section id=\"baseline\">\n<h2>Against the baseline</h2>\n<p "
			   "class=\"soft\">Compared with ");
	kmc_page_put(page, "%t %t%s%t</p>\n", old->command, old->file, *old->generated ? ", " : "",
		     old->generated);
	put_list(page, "new", page->doc, &page->before, false);
	put_list(page, "gone", old, &page->here, false);
	put_list(page, "still there", page->doc, &page->before, true);
	nr = walk_rules(page, false);
	begin(page, "rules newly exercised", nr);
	walk_rules(page, true);
	end(page, nr);
	kmc_page_put(page, "</section>\n");
}
