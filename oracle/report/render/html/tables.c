// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables of what was seen and where: allocations by kind, hosts of a merged
 * document, and the environment, in which facts that are rows of numbers become
 * a table of their own.
 */
#include <string.h>
#include "page.h"

/* what was allocated */

static void put_life(const struct kmc_page *page, const struct kmc_doc_life *l)
{
	kmc_page_put(page,
		     "<tr><th scope=\"row\">%t</th><td class=\"n\">%n</td><td class=\"n\">%n</td>"
		     "<td class=\"n\">%n</td><td class=\"n\">%n</td><td class=\"n\">%n</td>",
		     l->name, l->allocs, l->frees, l->failed, l->implied_frees, l->before_trace);
	kmc_page_put(page,
		     "<td class=\"n\">%n</td><td class=\"n\">%n</td><td class=\"n\">%n</td></tr>\n",
		     l->live, l->live_bytes, l->peak_live_bytes);
}

void kmc_page_lives(const struct kmc_page *page, size_t number)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];
	static const char *const heads[] = { "allocated",	 "freed",
					     "failed",		 "implied frees",
					     "before the trace", "live",
					     "live bytes",	 "most bytes" };

	if (!s->nr_lives)
		return;
	kmc_page_put(
		page,
		"<section id=\"lives%d\">\n<h3 class=\"part\">What was allocated</h3>\n<details>"
		"<summary>%n kinds and caches</summary>\n<div class=\"wide\" role=\"region\" "
		"aria-label=\"What was allocated\"><table class=\"sort\">\n<thead><tr><th "
		"scope=\"col\">where"
		"</th>",
		(uint64_t)number, (uint64_t)s->nr_lives);
	for (unsigned int i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		kmc_page_put(page, "<th scope=\"col\" class=\"n\">%s</th>", heads[i]);
	kmc_page_put(page, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < s->nr_lives; i++)
		put_life(page, &s->lives[i]);
	kmc_page_put(page, "</tbody></table></div></details>\n</section>\n");
}

/* hosts */

static void put_host(const struct kmc_page *page, const struct kmc_doc_host *h)
{
	uint64_t times = 0;

	for (size_t i = 0; i < h->nr_findings; i++)
		times = times + h->findings[i].occurrences < times
				? UINT64_MAX
				: times + h->findings[i].occurrences;
	kmc_page_put(page,
		     "<tr><th scope=\"row\">%t</th><td class=\"n\">%n</td><td class=\"n\">%n</td>"
		     "<td class=\"n\">%n</td><td class=\"n\">%n</td><td class=\"n\">%n</td>",
		     *h->name ? h->name : "not said", h->documents, h->events, h->verdicts[0],
		     h->verdicts[1], h->verdicts[2]);
	kmc_page_put(page, "<td class=\"n\">%n</td><td class=\"n\">%n</td></tr>\n",
		     (uint64_t)h->nr_findings, times);
}

void kmc_page_hosts(const struct kmc_page *page)
{
	static const char *const heads[] = { "documents", "events",   "conform", "violated",
					     "unknown",	  "findings", "times" };

	if (!page->doc->nr_hosts)
		return;
	kmc_page_put(page, "<section id=\"hosts\">\n<h2>Hosts</h2>\n<div class=\"wide\" "
			   "role=\"region\" aria-label=\"Hosts\"><table "
			   "class=\"sort\">\n<thead><tr><th scope=\"col\">host"
			   "</th>");
	for (unsigned int i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		kmc_page_put(page, "<th scope=\"col\" class=\"n\">%s</th>", heads[i]);
	kmc_page_put(page, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < page->doc->nr_hosts; i++)
		put_host(page, &page->doc->hosts[i]);
	kmc_page_put(page, "</tbody></table></div>\n</section>\n");
}

/* facts: "allocs 3 freed 2" of a key "class kmalloc-64" is a row of a table "class" */

static bool is_digits(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] < '0' || at[i] > '9')
			return false;
	return len;
}

/* Word @n of @text and its length; length 0: there is none. */
static const char *word(const char *text, size_t n, size_t *len)
{
	for (;; n--) {
		text += strspn(text, " ");
		*len = strcspn(text, " ");
		if (!n || !*len)
			return text;
		text += *len;
	}
}

static bool is_row(const struct kmc_doc_fact *fact)
{
	size_t len, n = 0;

	if (!strchr(fact->key, ' '))
		return false;
	for (;; n += 2) {
		const char *at = word(fact->value, n, &len);

		if (!len)
			return n >= 4;
		if (is_digits(at, len))
			return false;
		at = word(fact->value, n + 1, &len);
		if (!is_digits(at, len))
			return false;
	}
}

/* Rows of one table: the same first word of the key, the same words between the numbers. */
static bool same_table(const struct kmc_doc_fact *a, const struct kmc_doc_fact *b)
{
	size_t len = strcspn(a->key, " "), la, lb;

	if (strncmp(a->key, b->key, len + 1))
		return false;
	for (size_t n = 0;; n += 2) {
		const char *wa = word(a->value, n, &la), *wb = word(b->value, n, &lb);

		if (la != lb || memcmp(wa, wb, la))
			return false;
		if (!la)
			return true;
	}
}

static void put_cells(const struct kmc_page *page, const char *value, size_t from, const char *tag)
{
	size_t len;

	for (size_t n = from;; n += 2) {
		const char *at = word(value, n, &len);

		if (!len)
			return;
		kmc_page_put(page,
			     tag[1] == 'h' ? "<th scope=\"col\" class=\"n\">" : "<td class=\"n\">");
		kmc_page_part(page, at, len);
		kmc_page_put(page, "</%s>", tag);
	}
}

/* All facts from @from on that are rows of its table; how many. */
static size_t put_fact_table(const struct kmc_page *page, size_t from)
{
	const struct kmc_doc_fact *first = &page->doc->facts[from];
	size_t nr = 1;

	while (from + nr < page->doc->nr_facts && is_row(first + nr) &&
	       same_table(first, first + nr))
		nr++;
	kmc_page_put(page, "<details><summary>");
	kmc_page_part(page, first->key, strcspn(first->key, " "));
	kmc_page_put(page, ": %n row%s</summary>\n<div class=\"wide\" role=\"region\" "
		     "aria-label=\"Facts\"><table class=\"sort\">\n<thead><tr><th scope=\"col\">",
		     (uint64_t)nr, kmc_page_plural(nr));
	kmc_page_part(page, first->key, strcspn(first->key, " "));
	kmc_page_put(page, "</th>");
	put_cells(page, first->value, 0, "th");
	kmc_page_put(page, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < nr; i++) {
		kmc_page_put(page, "<tr><th scope=\"row\">%t</th>",
			     first[i].key + strcspn(first[i].key, " ") + 1);
		put_cells(page, first[i].value, 1, "td");
		kmc_page_put(page, "</tr>\n");
	}
	kmc_page_put(page, "</tbody></table></div></details>\n");
	return nr;
}

/* the environment */

static void put_fact(const struct kmc_page *page, const char *key, const char *value)
{
	if (*value)
		kmc_page_put(page, "<div><dt>%t</dt><dd>%t</dd></div>\n", key, value);
}

static void put_machine(const struct kmc_page *page, const struct kmc_doc_subject *s)
{
	kmc_page_put(page, "<h3>%t</h3>\n<dl class=\"facts\">\n", s->name);
	put_fact(page, "documents of", s->edition);
	put_fact(page, "profile", s->profile);
	put_fact(page, "release", s->release);
	kmc_page_put(page,
		     "<div><dt>machine</dt><dd>%n cpu%s, %n node%s, pages of %n bytes</dd></div>\n",
		     s->cpus, kmc_page_plural(s->cpus), s->nodes, kmc_page_plural(s->nodes),
		     s->page_bytes);
	if (s->options.nr) {
		kmc_page_put(page, "<div><dt>options</dt><dd>");
		for (size_t i = 0; i < s->options.nr; i++)
			kmc_page_put(page, "%s%t", i ? ", " : "", s->options.line[i]);
		kmc_page_put(page, "</dd></div>\n");
	}
	kmc_page_put(page, "</dl>\n");
}

void kmc_page_environment(const struct kmc_page *page)
{
	const struct kmc_doc *doc = page->doc;

	kmc_page_put(page,
		     "<section id=\"environment\">\n<h2>Environment</h2>\n<dl class=\"facts\">\n");
	put_fact(page, "tool", doc->version);
	put_fact(page, "command", doc->command);
	put_fact(page, "input", doc->file);
	put_fact(page, "sha256", doc->sha256);
	put_fact(page, "made", doc->generated);
	for (size_t i = 0; i < doc->nr_facts; i++)
		if (!is_row(&doc->facts[i]))
			put_fact(page, doc->facts[i].key, doc->facts[i].value);
	kmc_page_put(page, "</dl>\n");
	for (size_t i = 0; i < doc->nr_facts;)
		i += is_row(&doc->facts[i]) ? put_fact_table(page, i) : 1;
	for (size_t i = 0; i < doc->nr_subjects; i++)
		put_machine(page, &doc->subjects[i]);
	if (*doc->reproduce)
		kmc_page_put(page, "<p class=\"again\"><span>Reproduce</span><code>%t</code></p>\n",
			     doc->reproduce);
	kmc_page_put(page, "</section>\n");
}
