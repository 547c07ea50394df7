// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables of what was seen and where: allocations by kind, hosts of a merged
 * document, and the environment.
 */
#include <string.h>
#include "page.h"

/* what was allocated */

static void put_life(const struct kmc_page *page, const struct kmc_doc_life *l)
{
	const uint64_t cells[] = { l->allocs, l->frees, l->failed, l->implied_frees,
				   l->before_trace, l->live, l->live_bytes, l->peak_live_bytes };

	kmc_page_put(page, "<tr><th scope=\"row\">%t</th>", l->name);
	for (unsigned int i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		kmc_page_cell(page, NULL, cells[i]);
	kmc_page_put(page, "</tr>\n");
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

/* what kinds of requests there were */

void kmc_page_shapes(const struct kmc_page *page, size_t number)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];

	if (!s->nr_shapes)
		return;
	kmc_page_put(
		page,
		"<section id=\"shapes%d\">\n<h3 class=\"part\">Shapes of requests</h3>\n<details>"
		"<summary>%n call%s</summary>\n<div class=\"wide\" role=\"region\" "
		"aria-label=\"Shapes of requests\"><table class=\"sort stack\">\n<thead><tr>"
		"<th scope=\"col\">call</th><th scope=\"col\" class=\"n\">shapes</th>"
		"<th scope=\"col\">classes of size, flags and context</th></tr></thead>\n<tbody>\n",
		(uint64_t)number, (uint64_t)s->nr_shapes, kmc_page_plural(s->nr_shapes));
	for (size_t i = 0; i < s->nr_shapes; i++) {
		const struct kmc_doc_lines *seen = &s->shapes[i].seen;

		kmc_page_put(page, "<tr><th scope=\"row\">%t</th>", s->shapes[i].call);
		kmc_page_cell(page, seen->nr == 1 ? "shape" : "shapes", seen->nr);
		kmc_page_put(page, "<td class=\"say\">");
		for (size_t j = 0; j < seen->nr; j++)
			kmc_page_put(page, "%s%t", j ? "<br/>" : "", seen->line[j]);
		kmc_page_put(page, "</td></tr>\n");
	}
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
	kmc_page_put(page, "<tr><th scope=\"row\">%t</th>", *h->name ? h->name : "not said");
	kmc_page_cell(page, NULL, h->documents);
	kmc_page_cell(page, NULL, h->events);
	for (unsigned int i = 0; i < 3; i++)
		kmc_page_cell(page, NULL, h->verdicts[i]);
	kmc_page_cell(page, NULL, h->nr_findings);
	kmc_page_cell(page, NULL, times);
	kmc_page_put(page, "</tr>\n");
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
	kmc_page_put(page, "</dl>\n");
	kmc_page_facts(page);
	for (size_t i = 0; i < doc->nr_subjects; i++)
		put_machine(page, &doc->subjects[i]);
	if (*doc->reproduce)
		kmc_page_put(page, "<p class=\"again\"><span>Reproduce</span><code>%t</code></p>\n",
			     doc->reproduce);
	kmc_page_put(page, "</section>\n");
}
