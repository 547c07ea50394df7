// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One file for people: the verdict, what was tested, each subject with all its
 * rules and what became of them, plots, the environment, and the document, so
 * that the page is also the data. Nothing is fetched, and only the page's own
 * script may run; without it the page is whole. Well-formed XML too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "page.h"

#define ROOM_WHOLE (1100u << 10)
#define ROOM_BRIEF (1200u << 10)

static unsigned int state_of_verdict(const char *verdict)
{
	return !strcmp(verdict, "violated")   ? DOC_VIOLATED
	       : !strcmp(verdict, "conforms") ? DOC_PASS
					      : DOC_UNKNOWN;
}

static void put_badge(const struct kmc_page *page, unsigned int state, uint64_t size)
{
	kmc_page_put(page,
		     "<svg aria-hidden=\"true\" viewBox=\"0 0 16 16\" width=\"%d\" height=\"%d\">"
		     "<use href=\"#s-%s\"/></svg>",
		     size, size, kmc_page_state_name(state));
}

/* the top */

static void put_head(const struct kmc_page *page)
{
	const struct kmc_doc *doc = page->doc;

	kmc_page_put(page,
		     "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" "
		     "lang=\"en\">\n<head>\n"
		     "<meta charset=\"utf-8\"/>\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		     "&#39;none&#39;; "
		     "style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-%s&#39;; base-uri "
		     "&#39;none&#39;; form-action &#39;none&#39;\"/>\n",
		     kmc_page_script_hash);
	kmc_page_put(page,
		     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n"
		     "<title>%t: %t</title>\n<style>\n%s</style>\n</head>\n<body>\n"
		     "<a class=\"skip\" href=\"#main\">Skip to content</a>\n",
		     doc->verdict, *doc->file ? doc->file : doc->command, kmc_page_style);
	kmc_page_symbols(page);
}

static uint64_t findings_of(const struct kmc_doc *doc)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < doc->nr_subjects; i++)
		nr += doc->subjects[i].nr_findings;
	return nr;
}

/* Findings that decide the verdict: by the allocator, and by callers. Never one count. */
static void count_broken(const struct kmc_doc *doc, uint64_t *allocator, uint64_t *caller)
{
	*allocator = *caller = 0;
	for (size_t s = 0; s < doc->nr_subjects; s++)
		for (size_t i = 0; i < doc->subjects[s].nr_findings; i++) {
			const struct kmc_doc_finding *f = &doc->subjects[s].findings[i];

			if (f->known || strcmp(f->severity, "high"))
				continue;
			if (!strcmp(f->party, "allocator"))
				++*allocator;
			else
				++*caller;
		}
}

static void put_lead(const struct kmc_page *page)
{
	const struct kmc_doc *doc = page->doc;
	uint64_t allocator, caller;

	count_broken(doc, &allocator, &caller);
	kmc_page_put(page, "<p class=\"lead\">");
	if (allocator || caller)
		kmc_page_put(page,
			     "The contract was broken: %n finding%s against the allocator, %n "
			     "against callers.",
			     allocator, kmc_page_plural(allocator), caller);
	else if (state_of_verdict(doc->verdict) == DOC_VIOLATED)
		kmc_page_put(page, "The contract was broken.");
	else if (state_of_verdict(doc->verdict) == DOC_PASS)
		kmc_page_put(page,
			     "Nothing was broken, and every rule that must hold and could come "
			     "up did.");
	else
		kmc_page_put(page, "Nothing was broken, but too little came up to say that the "
			     "contract holds.");
	if (doc->partial)
		kmc_page_put(page, " The run had not ended: what is here is true, the rest is not "
			     "known.");
	kmc_page_put(page, "</p>\n");
}

/* The verdict with a capital. */
static void put_verdict(const struct kmc_page *page)
{
	const char *v = page->doc->verdict;

	if (*v >= 'a' && *v <= 'z')
		kmc_page_put(page, "%c%t", *v - 'a' + 'A', v + 1);
	else
		kmc_page_put(page, "%t", v);
}

static void put_header(const struct kmc_page *page)
{
	const struct kmc_doc *doc = page->doc;
	unsigned int state = state_of_verdict(doc->verdict);

	kmc_page_put(page,
		     "<header>\n<p class=\"brand\">kmconform \xc2\xb7 conformance of memory "
		     "allocation</p>\n<h1 class=\"%s\">",
		     kmc_page_state_name(state));
	put_badge(page, state, 34);
	kmc_page_put(page, "<span>");
	put_verdict(page);
	kmc_page_put(page, "</span></h1>\n");
	put_lead(page);
	kmc_page_put(page, "<p class=\"meta\"><code>%t %t</code>", doc->command, doc->file);
	if (*doc->generated)
		kmc_page_put(page, " <span class=\"soft\">%t</span>", doc->generated);
	kmc_page_put(page, "</p>\n</header>\n");
}

/* The page has subjects that are violated first, then unknown ones. */
static int order_subjects(struct kmc_page *page)
{
	static const unsigned int order[] = { DOC_VIOLATED, DOC_UNKNOWN, DOC_PASS };
	const struct kmc_doc *doc = page->doc;
	size_t nr = 0;

	page->subjects = calloc(doc->nr_subjects + 1, sizeof(*page->subjects));
	if (!page->subjects)
		return -ENOMEM;
	for (unsigned int o = 0; o < 3; o++)
		for (size_t i = 0; i < doc->nr_subjects; i++)
			if (state_of_verdict(doc->subjects[i].verdict) == order[o])
				page->subjects[nr++] = i;
	return 0;
}

static void put_nav(const struct kmc_page *page)
{
	const struct kmc_doc *doc = page->doc;

	kmc_page_put(page,
		     "<nav aria-label=\"Parts\"><ul>\n<li><a href=\"#main\">Tested</a></li>\n");
	if (page->wishes->baseline)
		kmc_page_put(page, "<li><a href=\"#baseline\">Baseline</a></li>\n");
	if (doc->nr_subjects) {
		size_t first = page->subjects[0];

		kmc_page_put(page, "<li><a href=\"#findings%d\">Findings (%n)</a></li>\n"
			     "<li><a href=\"#%s%d\">Rules</a></li>\n", (uint64_t)first,
			     findings_of(doc), doc->subjects[first].nr_rules ? "rules" : "subject",
			     (uint64_t)first);
	}
	if (kmc_page_has_plots(page))
		kmc_page_put(page, "<li><a href=\"#plots\">Plots</a></li>\n");
	if (doc->nr_hosts)
		kmc_page_put(page, "<li><a href=\"#hosts\">Hosts</a></li>\n");
	kmc_page_put(page, "<li><a href=\"#environment\">Environment</a></li>\n"
		     "<li><a href=\"#data\">Data</a></li>\n</ul></nav>\n");
}

/* what was tested */

/* What tells subjects of one name apart. */
static void put_machine(const struct kmc_page *page, const struct kmc_doc_subject *s)
{
	kmc_page_put(page, "<span class=\"soft sub\">%n cpu%s, %n node%s", s->cpus,
		     kmc_page_plural(s->cpus), s->nodes, kmc_page_plural(s->nodes));
	for (size_t i = 0; i < s->options.nr && i < 6; i++)
		kmc_page_put(page, ", %t", s->options.line[i]);
	kmc_page_put(page, "%s</span>", s->options.nr > 6 ? ", \xe2\x80\xa6" : "");
}

static void put_overview(const struct kmc_page *page)
{
	const struct kmc_doc *doc = page->doc;

	kmc_page_put(
		page,
		"<div class=\"wide\" role=\"region\" aria-label=\"Subjects\"><table "
		"class=\"sort\">\n<thead>"
		"<tr><th scope=\"col\">subject</th><th scope=\"col\">verdict</th><th scope=\"col\" "
		"class=\"n\">findings</th>");
	for (unsigned int i = 0; i < PAGE_NR_STATES; i++)
		kmc_page_put(page, "<th scope=\"col\" class=\"n\">%s</th>",
			     kmc_page_state_name(kmc_page_states[i]));
	kmc_page_put(page, "<th scope=\"col\" class=\"n\">events</th></tr></thead>\n<tbody>\n");
	for (size_t n = 0; n < doc->nr_subjects; n++) {
		size_t s = page->subjects[n];
		const struct kmc_doc_subject *subject = &doc->subjects[s];
		uint64_t counts[PAGE_NR_STATES];

		kmc_page_counts(subject, counts);
		kmc_page_put(page, "<tr><th scope=\"row\"><a href=\"#subject%d\">%t</a>",
			     (uint64_t)s, subject->name);
		put_machine(page, subject);
		kmc_page_put(page, "</th><td class=\"%s\">%t</td>",
			     kmc_page_state_name(state_of_verdict(subject->verdict)),
			     subject->verdict);
		kmc_page_cell(page, NULL, subject->nr_findings);
		for (unsigned int i = 0; i < PAGE_NR_STATES; i++)
			kmc_page_cell(page, NULL, counts[kmc_page_states[i]]);
		kmc_page_cell(page, NULL, subject->events);
		kmc_page_put(page, "</tr>\n");
	}
	kmc_page_put(page, "</tbody></table></div>\n");
}

/* How the rules share out, as one bar. */
static void put_share(const struct kmc_page *page, const struct kmc_doc_subject *s)
{
	uint64_t counts[PAGE_NR_STATES], at = 0;

	kmc_page_counts(s, counts);
	kmc_page_put(page,
		     "<svg class=\"share\" role=\"img\" viewBox=\"0 0 %d 14\" "
		     "preserveAspectRatio=\"none\">"
		     "<title>Of %n rules",
		     (uint64_t)s->nr_rules, (uint64_t)s->nr_rules);
	for (unsigned int i = 0; i < PAGE_NR_STATES; i++)
		if (counts[kmc_page_states[i]])
			kmc_page_put(page, ", %n %s", counts[kmc_page_states[i]],
				     kmc_page_state_name(kmc_page_states[i]));
	kmc_page_put(page, "</title>");
	for (unsigned int i = 0; i < PAGE_NR_STATES; i++) {
		unsigned int state = kmc_page_states[i];

		if (counts[state])
			kmc_page_put(page,
				     "<rect class=\"q %s\" x=\"%d\" width=\"%d\" height=\"14\"/>",
				     kmc_page_state_name(state), at, counts[state]);
		at += counts[state];
	}
	kmc_page_put(page, "</svg>\n");
}

static void put_tested(const struct kmc_page *page, const struct kmc_doc_subject *s)
{
	uint64_t came_up = 0, judgements = 0;

	for (size_t i = 0; i < s->nr_rules; i++) {
		came_up += s->rules[i].exercised != 0;
		judgements = judgements + s->rules[i].exercised < judgements ?
				     UINT64_MAX : judgements + s->rules[i].exercised;
	}
	kmc_page_put(page, "<p>%n event%s, judged by the documents of %t", s->events,
		     kmc_page_plural(s->events), *s->edition ? s->edition : "no edition");
	if (s->bare)
		kmc_page_put(page, ", from bare tracepoints");
	kmc_page_put(page,
		     ". <strong>%n of %n rules came up</strong>, in %n judgement%s. Verdict: "
		     "<strong class=\"%s\">%t</strong>.</p>\n",
		     came_up, (uint64_t)s->nr_rules, judgements, kmc_page_plural(judgements),
		     kmc_page_state_name(state_of_verdict(s->verdict)), s->verdict);
}

static int put_subject(struct kmc_page *page, size_t number)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];
	int err;

	kmc_page_put(page, "<section id=\"subject%d\">\n<h2>%t</h2>\n", (uint64_t)number, s->name);
	put_tested(page, s);
	if (s->nr_rules)
		put_share(page, s);
	kmc_page_strip(page, number);
	err = kmc_page_findings(page, number);
	kmc_page_rules(page, number);
	kmc_page_lives(page, number);
	kmc_page_shapes(page, number);
	kmc_page_put(page, "</section>\n");
	return err;
}

/* the page */

static int put_body(struct kmc_page *page)
{
	int err = 0;

	put_head(page);
	put_header(page);
	put_nav(page);
	kmc_page_put(page, "<main id=\"main\">\n");
	if (page->doc->nr_subjects > 1)
		put_overview(page);
	kmc_page_compare(page);
	for (size_t i = 0; !err && i < page->doc->nr_subjects; i++)
		err = put_subject(page, page->subjects[i]);
	if (!err)
		err = kmc_page_plots(page);
	kmc_page_hosts(page);
	kmc_page_environment(page);
	kmc_page_put(page, "</main>\n");
	if (!err)
		err = kmc_page_data(page);
	kmc_page_put(page, "<script>%s</script>\n</body>\n</html>\n", kmc_page_script);
	return err;
}

int kmc_render_html(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	struct kmc_page page = { .out = out, .doc = doc, .wishes = wishes, .room_whole = ROOM_WHOLE,
				 .room_brief = ROOM_BRIEF };
	int err = kmc_page_keys_of(doc, &page.here);

	if (!err && wishes->baseline)
		err = kmc_page_keys_of(wishes->baseline, &page.before);
	if (!err)
		err = kmc_page_keys_of_hosts(doc, &page.hosts);
	if (!err)
		err = order_subjects(&page);
	if (!err)
		err = put_body(&page);
	free(page.subjects);
	free(page.here.key);
	free(page.before.key);
	free(page.hosts.key);
	return err;
}
