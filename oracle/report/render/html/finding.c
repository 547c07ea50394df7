// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A finding: what was required, the explanation, how sure it is, what went on
 * around it, the program that shows it, and the command that shows it again.
 * Thousands of them come in shorter forms, down to a line.
 */
#include <string.h>
#include "page.h"

#define MOST_HOSTS 12u

static bool is_known(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	return page->wishes->baseline && kmc_page_find(&page->before, f->key);
}

static const char *look_of(const struct kmc_doc_finding *f)
{
	return f->known ? "known" : strcmp(f->severity, "high") ? "noted" : "violated";
}

static void put_pills(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	kmc_page_put(page, "<span class=\"pill %s\">%s</span>", look_of(f),
		     f->known ? "known" : strcmp(f->severity, "high") ? "noted" : "violated");
	if (page->wishes->baseline)
		kmc_page_put(page, " <span class=\"pill\">%s</span>",
			     is_known(page, f) ? "still there" : "new");
}

static void put_times(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	if (f->first == f->last)
		kmc_page_put(page, "%n time%s, event %n", f->occurrences,
			     kmc_page_plural(f->occurrences), f->first);
	else
		kmc_page_put(page, "%n time%s, events %n to %n", f->occurrences,
			     kmc_page_plural(f->occurrences), f->first, f->last);
}

static void put_reliability(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	if (f->of)
		kmc_page_put(
			page,
			"<div><dt>Reliability</dt><dd>shown again in %n of %n runs</dd></div>\n",
			f->seen, f->of);
	else
		kmc_page_put(
			page,
			"<div><dt>Reliability</dt><dd class=\"soft\">not run again</dd></div>\n");
}

static void put_hosts(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	const struct kmc_page_key *at = kmc_page_find(&page->hosts, f->key);
	const struct kmc_page_key *end = page->hosts.key + page->hosts.nr;
	uint64_t more = 0;

	if (!at)
		return;
	kmc_page_put(page, "<div><dt>Hosts</dt><dd>");
	for (uint64_t n = 0; at < end && !strcmp(at->key, f->key); at++, n++) {
		const char *name = page->doc->hosts[at->at].name;

		if (n >= MOST_HOSTS)
			more++;
		else
			kmc_page_put(page, "%s%t (%n)", n ? ", " : "", *name ? name : "not said",
				     at->occurrences);
	}
	if (more)
		kmc_page_put(page, " and %n more", more);
	kmc_page_put(page, "</dd></div>\n");
}

static void put_facts(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	kmc_page_put(page,
		     "<dl class=\"facts\">\n"
		     "<div><dt>Binds</dt><dd>the %t, by a <em>%t</em></dd></div>\n"
		     "<div><dt>Severity</dt><dd>%t</dd></div>\n"
		     "<div><dt>Call</dt><dd><code>%t</code></dd></div>\n"
		     "<div><dt>Clause</dt><dd>%t</dd></div>\n",
		     f->party, f->strength, f->severity, f->call, f->clause);
	if (*f->shape)
		kmc_page_put(page, "<div><dt>Shape</dt><dd>%t</dd></div>\n", f->shape);
	kmc_page_put(page, "<div><dt>Seen</dt><dd>");
	put_times(page, f);
	kmc_page_put(page, "</dd></div>\n");
	put_reliability(page, f);
	put_hosts(page, f);
	kmc_page_put(page, "<div><dt>Key</dt><dd><code>%t</code></dd></div>\n</dl>\n", f->key);
}

/* the explanation */

static void put_lines(const struct kmc_page *page, const char *word,
		      const struct kmc_doc_lines *lines)
{
	if (!lines->nr)
		return;
	kmc_page_put(page, "<div class=\"%s\"><dt>%s%s</dt><dd>", word, word,
		     strcmp(word, "But") ? "" : "<span class=\"sub\">observed</span>");
	for (size_t i = 0; i < lines->nr; i++)
		kmc_page_put(page, "%s%t", i ? "\n" : "",
			     lines->line[i]);
	kmc_page_put(page, "</dd></div>\n");
}

static void put_explanation(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	kmc_page_put(
		page,
		"<dl class=\"why\">\n<div class=\"Required\"><dt>Required</dt><dd>%t</dd></div>\n",
		f->required);
	put_lines(page, "Let", &f->let);
	put_lines(page, "Then", &f->then);
	put_lines(page, "But", &f->but);
	kmc_page_put(page, "</dl>\n");
}

/* evidence */

static void put_program(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	const struct kmc_doc_program *m = &f->minimised;

	if (!m->text.nr)
		return;
	kmc_page_put(page, "<details open=\"open\"><summary>Program that shows it: %n operation%s",
		     m->ops, kmc_page_plural(m->ops));
	if (m->ops_before)
		kmc_page_put(page, ", of %n before", m->ops_before);
	if (m->tries)
		kmc_page_put(page, ", minimised in %n run%s", m->tries, kmc_page_plural(m->tries));
	kmc_page_put(page, "</summary>\n<div class=\"wide\" role=\"region\" aria-label=\"Program\">"
		     "<pre>");
	for (size_t i = 0; i < m->text.nr; i++)
		kmc_page_put(page, "%t\n", m->text.line[i]);
	kmc_page_put(page, "</pre></div>\n");
	if (*m->sha256)
		kmc_page_put(page, "<p class=\"soft sum\">sha256 %t</p>\n", m->sha256);
	kmc_page_put(page, "</details>\n");
}

static void put_again(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	const char *command = *f->reproduce ? f->reproduce : page->doc->reproduce;

	if (*command)
		kmc_page_put(page, "<p class=\"again\"><span>Reproduce</span><code>%t</code></p>\n",
			     command);
}

static void put_timeline(const struct kmc_page *page, const struct kmc_doc_finding *f, bool open)
{
	if (!f->nr_timeline)
		return;
	kmc_page_put(page,
		     "<details%s><summary>Timeline: %n event%s around the violation</summary>\n",
		     open ? " open=\"open\"" : "", (uint64_t)f->nr_timeline,
		     kmc_page_plural(f->nr_timeline));
	kmc_page_timeline(page, f);
	kmc_page_put(page, "</details>\n");
}

/* forms */

void kmc_page_finding(const struct kmc_page *page, size_t number, const struct kmc_doc_finding *f,
		      bool open)
{
	kmc_page_put(page,
		     "<article class=\"finding %s\" id=\"f%d-%i\" aria-labelledby=\"t%d-%i\">\n"
		     "<h5 id=\"t%d-%i\">%t</h5>\n<p class=\"pills\">",
		     look_of(f), (uint64_t)number, f->key, (uint64_t)number, f->key,
		     (uint64_t)number, f->key, f->title);
	put_pills(page, f);
	kmc_page_put(page, " <a href=\"#f%d-%i\" class=\"soft\">link</a></p>\n", (uint64_t)number,
		     f->key);
	put_explanation(page, f);
	put_facts(page, f);
	put_timeline(page, f, open);
	put_program(page, f);
	put_again(page, f);
	kmc_page_put(page, "</article>\n");
}

void kmc_page_finding_brief(const struct kmc_page *page, size_t number,
			    const struct kmc_doc_finding *f)
{
	kmc_page_put(page, "<details class=\"finding brief\" id=\"f%d-%i\"><summary>",
		     (uint64_t)number, f->key);
	kmc_page_clip(page, f->title, 120);
	kmc_page_put(page, " <span class=\"soft\">%n\xc3\x97%s</span></summary>\n", f->occurrences,
		     f->known ? ", known" : "");
	put_explanation(page, f);
	kmc_page_put(page, "<p class=\"soft\"><code>%t</code>, ", f->key);
	put_times(page, f);
	kmc_page_put(page, "</p></details>\n");
}

void kmc_page_finding_line(const struct kmc_page *page, size_t number,
			   const struct kmc_doc_finding *f)
{
	kmc_page_put(page, "<li id=\"f%d-%i\" class=\"finding\"><code>", (uint64_t)number, f->key);
	kmc_page_clip(page, f->key, 40);
	kmc_page_put(page, "</code> ");
	kmc_page_clip(page, f->title, 100);
	kmc_page_put(page, " <span class=\"soft\">%n\xc3\x97%s</span></li>\n", f->occurrences,
		     f->known ? ", known" : "");
}

static size_t lines_bytes(const struct kmc_doc_lines *lines)
{
	size_t bytes = 64;

	for (size_t i = 0; i < lines->nr; i++)
		bytes += strlen(lines->line[i]) + 8;
	return bytes;
}

size_t kmc_page_finding_bytes(const struct kmc_doc_finding *f, bool brief)
{
	size_t bytes = 512 + 2 * strlen(f->key) + strlen(f->title) + strlen(f->required);

	bytes += lines_bytes(&f->let) + lines_bytes(&f->then) + lines_bytes(&f->but);
	if (brief)
		return bytes;
	bytes += 1024 + lines_bytes(&f->minimised.text) + f->nr_timeline * 256;
	for (size_t i = 0; i < f->nr_timeline; i++)
		bytes += strlen(f->timeline[i].text);
	return bytes;
}
