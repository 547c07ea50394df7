// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The findings of a subject by rule: what counts against conformance first,
 * then advice, then what is known. The first of each rule are whole; of
 * thousands, the rest is shorter as the page fills.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "page.h"

#define MANY       100u /* findings: from here on one of each rule is whole, known ones none */
#define WHOLE_EACH 5u   /* else so many of each rule are, in the open */
#define OPEN_EACH  3u   /* of those, with the timeline unfolded */

struct place {
	const struct kmc_doc_finding *finding;
	unsigned int rank;
	size_t rule, at;
};

struct group {
	const struct place *place;
	size_t nr;
	uint64_t occurrences;
	const struct kmc_doc_rule *rule; /* NULL: the document does not list it */
};

static unsigned int rank_of(const struct kmc_doc_finding *f)
{
	return f->known			      ? 3
	       : !strcmp(f->severity, "high") ? 0
	       : !strcmp(f->severity, "note") ? 2
					      : 1;
}

/* the order */

static int compare_rules(const void *one, const void *other)
{
	return strcmp((*(const struct kmc_doc_rule *const *)one)->id,
		      (*(const struct kmc_doc_rule *const *)other)->id);
}

static int compare_id(const void *id, const void *rule)
{
	return strcmp(id, (*(const struct kmc_doc_rule *const *)rule)->id);
}

static int compare_places(const void *one, const void *other)
{
	const struct place *a = one, *b = other;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (strcmp(a->finding->rule, b->finding->rule))
		return strcmp(a->finding->rule, b->finding->rule);
	return a->at < b->at ? -1 : a->at > b->at;
}

/* Rules that are not listed come last. */
static struct place *in_order(const struct kmc_doc_subject *s)
{
	const struct kmc_doc_rule **rules = calloc(s->nr_rules + 1, sizeof(*rules)), **found;
	struct place *places = calloc(s->nr_findings, sizeof(*places));

	if (!rules || !places) {
		free(rules);
		free(places);
		return NULL;
	}
	for (size_t i = 0; i < s->nr_rules; i++)
		rules[i] = &s->rules[i];
	qsort(rules, s->nr_rules, sizeof(*rules), compare_rules);
	for (size_t i = 0; i < s->nr_findings; i++) {
		found = bsearch(s->findings[i].rule, rules, s->nr_rules, sizeof(*rules),
				compare_id);
		places[i] = (struct place){ &s->findings[i], rank_of(&s->findings[i]),
					    found ? (size_t)(*found - s->rules) : s->nr_rules, i };
	}
	qsort(places, s->nr_findings, sizeof(*places), compare_places);
	free(rules);
	return places;
}

static struct group group_at(const struct kmc_doc_subject *s, const struct place *places,
			     size_t from)
{
	const struct place *first = &places[from];
	struct group g = { .place = first,
			   .rule = first->rule < s->nr_rules ? &s->rules[first->rule] : NULL };

	for (size_t i = from; i < s->nr_findings && places[i].rank == first->rank &&
			      places[i].rule == first->rule &&
			      !strcmp(places[i].finding->rule, first->finding->rule); i++) {
		uint64_t sum = g.occurrences + places[i].finding->occurrences;

		g.occurrences = sum < g.occurrences ? UINT64_MAX : sum;
		g.nr++;
	}
	return g;
}

/* the overview */

static const char *const standing[] = { "violated", "equivalence", "noted", "known" };

static void put_row(const struct kmc_page *page, size_t number, const struct group *g)
{
	const struct kmc_doc_finding *f = g->place->finding;

	kmc_page_put(page,
		     "<tr><td class=\"%s\">%s</td><td><a href=\"#g%d-%d-%i\">%t</a></td><td "
		     "class=\"say\">",
		     standing[g->place->rank], standing[g->place->rank], (uint64_t)number,
		     (uint64_t)g->place->rank, f->rule, f->rule);
	kmc_page_clip(page, f->required, 160);
	kmc_page_put(page, "</td><td>%t</td>", f->party);
	kmc_page_cell(page, g->nr == 1 ? "finding" : "findings", g->nr);
	kmc_page_cell(page, g->occurrences == 1 ? "time" : "times", g->occurrences);
	kmc_page_put(page, "</tr>\n");
}

static void put_overview(const struct kmc_page *page, size_t number, const struct place *places)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];
	struct group g;

	kmc_page_put(page,
		     "<div class=\"wide\" role=\"region\" aria-label=\"Findings by rule\">"
		     "<table class=\"sort stack\">\n<thead><tr><th scope=\"col\">standing</th>"
		     "<th scope=\"col\">rule</th><th scope=\"col\">required</th><th "
		     "scope=\"col\">binds</th>"
		     "<th scope=\"col\" class=\"n\">findings</th><th scope=\"col\" "
		     "class=\"n\">times</th></tr>"
		     "</thead>\n<tbody>\n");
	for (size_t i = 0; i < s->nr_findings; i += g.nr) {
		g = group_at(s, places, i);
		put_row(page, number, &g);
	}
	kmc_page_put(page, "</tbody></table></div>\n");
}

/* the groups */

static bool fits(size_t *room, size_t bytes)
{
	if (bytes > *room) {
		*room = 0; /* from here on everything is shorter: no holes */
		return false;
	}
	*room -= bytes;
	return true;
}

/* Behind the fold: short ones while there is room, then a line each. */
static void put_rest(struct kmc_page *page, size_t number, const struct group *g, size_t from)
{
	bool lines = false;

	if (from == g->nr)
		return;
	kmc_page_put(page, "<details class=\"rest\"><summary>%n more of %t</summary>\n",
		     (uint64_t)(g->nr - from), g->place->finding->rule);
	for (size_t i = from; i < g->nr; i++) {
		const struct kmc_doc_finding *f = g->place[i].finding;

		if (!lines && fits(&page->room_brief, kmc_page_finding_bytes(f, true))) {
			kmc_page_finding_brief(page, number, f);
			continue;
		}
		if (!lines)
			kmc_page_put(page, "<ul class=\"lines\">\n");
		lines = true;
		kmc_page_finding_line(page, number, f);
	}
	kmc_page_put(page, "%s</details>\n", lines ? "</ul>\n" : "");
}

static size_t whole_of(const struct kmc_page *page, size_t number, const struct group *g)
{
	size_t most = page->doc->subjects[number].nr_findings < MANY ? WHOLE_EACH :
		      g->place->finding->known ? 0 : 1;

	return g->nr < most ? g->nr : most;
}

static void put_group(struct kmc_page *page, size_t number, const struct group *g)
{
	const struct kmc_doc_finding *first = g->place->finding;
	size_t i = 0, whole = whole_of(page, number, g);

	kmc_page_put(page, "<section class=\"group\" id=\"g%d-%d-%i\">\n<h4>", (uint64_t)number,
		     (uint64_t)g->place->rank, first->rule);
	if (g->rule)
		kmc_page_put(page, "<a href=\"#r%d-%i\">%t</a> %t", (uint64_t)number, first->rule,
			     first->rule, g->rule->name);
	else
		kmc_page_put(page, "%t", first->rule);
	kmc_page_put(page, " <span class=\"soft\">%n finding%s</span></h4>\n", (uint64_t)g->nr,
		     kmc_page_plural(g->nr));
	while (i < whole &&
	       fits(&page->room_whole, kmc_page_finding_bytes(g->place[i].finding, false))) {
		kmc_page_finding(page, number, g->place[i].finding, i < OPEN_EACH);
		i++;
	}
	put_rest(page, number, g, i);
	kmc_page_put(page, "</section>\n");
}

static bool is_one_group(const struct kmc_doc_subject *s, const struct place *places)
{
	return group_at(s, places, 0).nr == s->nr_findings;
}

int kmc_page_findings(struct kmc_page *page, size_t number)
{
	const struct kmc_doc_subject *s = &page->doc->subjects[number];
	struct place *places;
	struct group g;

	kmc_page_put(page,
		     "<section id=\"findings%d\" class=\"findings\">\n<h3 "
		     "class=\"part\">Findings</h3>\n",
		     (uint64_t)number);
	if (!s->nr_findings) {
		kmc_page_put(page, "<p>None: no rule that came up was broken.</p>\n</section>\n");
		return 0;
	}
	places = in_order(s);
	if (!places)
		return -ENOMEM;
	if (!is_one_group(s, places))
		put_overview(page, number, places);
	for (size_t i = 0; i < s->nr_findings; i += g.nr) {
		g = group_at(s, places, i);
		put_group(page, number, &g);
	}
	kmc_page_put(page, "</section>\n");
	free(places);
	return 0;
}
