// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One file for people: verdict, a strip of all rules, findings with their
 * explanations, the rules, what was seen, and the document itself at the end,
 * so that the page is also the data. No script that runs, nothing fetched;
 * states are told by letter and pattern as well as by colour. Written so that
 * it is well-formed XML too.
 */
#include <inttypes.h>
#include <string.h>
#include "render.h"

static const char letters[DOC_NR_STATES] = { 'P', 'V', 'K', '?', 'u', '-' };

static const char style[] =
	":root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#5b6570;--line:#d5dae0;"
	"--pass:#2e7d32;--violated:#c62828;--known:#8d5a00;--unknown:#6a1b9a;--off:#90a0ad;"
	"--box:#f4f6f8}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--paper:#14181c;--soft:#9aa5b0;"
	"--line:#333b43;--pass:#66bb6a;--violated:#ef6f6c;--known:#e0a94a;--unknown:#c08ae0;"
	"--off:#5d6a75;--box:#1d2329}}\n"
	"body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
	"max-width:68rem;margin:0 auto;padding:1rem}\n"
	"h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem;border-bottom:1px solid var(--line)}\n"
	"pre,code{font:0.85rem/1.45 ui-monospace,monospace}\n"
	"pre{background:var(--box);padding:.75rem;overflow-x:auto;white-space:pre-wrap}\n"
	".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}\n"
	"th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid var(--line)}\n"
	"td.n{text-align:right;font-variant-numeric:tabular-nums}\n"
	".pass{color:var(--pass)}.violated{color:var(--violated)}.known{color:var(--known)}"
	".unknown{color:var(--unknown)}.unexercised,.unreachable{color:var(--off)}\n"
	".verdict{font-size:1.2rem;font-weight:600}.soft{color:var(--soft)}\n"
	"svg{max-width:100%;height:auto}svg text{fill:var(--ink);font:11px ui-monospace,monospace}\n"
	"svg .pass{fill:var(--pass)}svg .violated{fill:var(--violated)}svg .known{fill:var(--known)}"
	"svg .unknown{fill:var(--unknown)}svg .unexercised{fill:none;stroke:var(--off)}"
	"svg .unreachable{fill:none;stroke:var(--off);stroke-dasharray:2 2}\n"
	"svg .on{fill:var(--paper);font-weight:700}svg .bar{fill:var(--off)}\n"
	"details>summary{cursor:pointer}a{color:inherit}\n"
	".finding{border:1px solid var(--line);padding:.25rem 1rem;margin:1rem 0}\n"
	"@media print{details{display:block}body{max-width:none}}\n";

static void text(FILE *out, const char *words)
{
	kmc_render_xml(out, words);
}

static void print_start(FILE *out, const struct kmc_doc *doc)
{
	fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n<title>", out);
	fputs("kmconform: ", out);
	text(out, doc->verdict);
	fputs(", ", out);
	text(out, doc->file);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>", style);
	fputs("Conformance of memory allocation</h1>\n<p class=\"verdict ", out);
	fputs(!strcmp(doc->verdict, "violated") ? "violated" :
	      !strcmp(doc->verdict, "conforms") ? "pass" : "unknown", out);
	fputs("\">Verdict: ", out);
	text(out, doc->verdict);
	fputs("</p>\n<p class=\"soft\">", out);
	text(out, doc->command);
	fputs(" of ", out);
	text(out, doc->file);
	if (*doc->generated) {
		fputs(", ", out);
		text(out, doc->generated);
	}
	fputs("</p>\n</header>\n<main>\n", out);
}

/* the strip: a square a rule, a line a family */

#define SQUARE    18
#define STRIP_COLS 46
#define STRIP_LEFT 64

static void print_square(FILE *out, const struct kmc_doc_rule *r, unsigned int x, unsigned int y)
{
	const char *state = kmc_doc_state_name(r->state);
	bool filled = r->state <= DOC_UNKNOWN;

	fprintf(out, "<g><title>%s: %s", r->id, state);
	if (*r->why) {
		fputs(" (", out);
		text(out, r->why);
		fputs(")", out);
	}
	fprintf(out, "</title><rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\"/>", state, x, y,
		SQUARE - 3, SQUARE - 3);
	fprintf(out, "<text%s x=\"%u\" y=\"%u\">%c</text></g>\n", filled ? " class=\"on\"" : "", x + 4,
		y + 12, letters[r->state]);
}

static bool starts_family(const struct kmc_doc_subject *s, size_t i)
{
	size_t len = kmc_doc_family_bytes(s->rules[i].id);

	return !i || len != kmc_doc_family_bytes(s->rules[i - 1].id) ||
	       memcmp(s->rules[i].id, s->rules[i - 1].id, len);
}

static void print_strip(FILE *out, const struct kmc_doc_subject *s)
{
	unsigned int rows = 0, col = 0, row = 0;

	for (size_t i = 0; i < s->nr_rules; i++) {
		col = starts_family(s, i) || col + 1 == STRIP_COLS ? 0 : col + 1;
		rows += !col;
	}
	fprintf(out, "<div class=\"wide\"><svg role=\"img\" viewBox=\"0 0 %d %u\" width=\"%d\">\n"
		"<title>All %zu rules of the contract by family and state</title>\n",
		STRIP_LEFT + STRIP_COLS * SQUARE, rows * SQUARE, STRIP_LEFT + STRIP_COLS * SQUARE,
		s->nr_rules);
	for (size_t i = 0; i < s->nr_rules; i++) {
		bool first = starts_family(s, i);

		col = first || col + 1 == STRIP_COLS ? 0 : col + 1;
		row += i && !col;
		if (first) {
			fprintf(out, "<text x=\"0\" y=\"%u\">", row * SQUARE + 12);
			fprintf(out, "%.*s</text>\n", (int)(kmc_doc_family_bytes(s->rules[i].id) % 32),
				s->rules[i].id);
		}
		print_square(out, &s->rules[i], STRIP_LEFT + col * SQUARE, row * SQUARE);
	}
	fputs("</svg></div>\n<p class=\"soft\">P pass, V violated, K known, ? unknown, u never exercised, "
	      "- not reachable on this subject</p>\n", out);
}

/* findings */

static void print_part(FILE *out, const char *word, const struct kmc_doc_lines *lines,
		       struct kmc_address_names *names, const struct kmc_render_wishes *wishes)
{
	for (size_t i = 0; i < lines->nr; i++) {
		fprintf(out, "%-5s ", i ? "" : word);
		text(out, kmc_render_line(names, lines->line[i], wishes));
		putc('\n', out);
	}
}

static void print_finding(FILE *out, size_t subject, const struct kmc_doc *doc,
			  const struct kmc_doc_finding *f, const struct kmc_render_wishes *wishes)
{
	static const char *const base[] = { "", " <strong>new</strong>", " as before" };
	struct kmc_address_names names = { 0 };

	fprintf(out, "<section class=\"finding\" id=\"f%zu-", subject);
	text(out, f->key);
	fprintf(out, "\">\n<h3 class=\"%s\">", f->known ? "known" : "violated");
	text(out, f->title);
	fputs("</h3>\n<p>", out);
	text(out, f->key);
	fprintf(out, ", rule <a href=\"#r%zu-", subject);
	text(out, f->rule);
	fputs("\">", out);
	text(out, f->rule);
	fputs("</a>, ", out);
	text(out, f->party);
	fputs(", ", out);
	text(out, f->strength);
	fputs(", severity ", out);
	text(out, f->severity);
	fprintf(out, "%s%s; %" PRIu64 " times, events %" PRIu64 " to %" PRIu64 "</p>\n<p>Required: ",
		f->known ? ", known" : "", base[kmc_render_baseline(wishes, f)], f->occurrences, f->first,
		f->last);
	text(out, f->required);
	fputs("</p>\n<pre>", out);
	print_part(out, "Let", &f->let, &names, wishes);
	print_part(out, "Then", &f->then, &names, wishes);
	print_part(out, "But", &f->but, &names, wishes);
	fputs("</pre>\n", out);
	if (*doc->reproduce) {
		fputs("<p>Again: <code>", out);
		text(out, doc->reproduce);
		fputs("</code></p>\n", out);
	}
	fputs("</section>\n", out);
}

static void print_finding_table(FILE *out, size_t number, const struct kmc_doc_subject *s)
{
	fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">finding</th><th scope=\"col\">rule"
	      "</th><th scope=\"col\">whose</th><th scope=\"col\">what</th><th scope=\"col\">times</th></tr>"
	      "</thead>\n<tbody>\n", out);
	for (size_t i = 0; i < s->nr_findings; i++) {
		const struct kmc_doc_finding *f = &s->findings[i];

		fprintf(out, "<tr><td><a href=\"#f%zu-", number);
		text(out, f->key);
		fputs("\">", out);
		text(out, f->key);
		fputs("</a></td><td>", out);
		text(out, f->rule);
		fputs("</td><td>", out);
		text(out, f->party);
		fputs("</td><td>", out);
		text(out, f->title);
		fprintf(out, "</td><td class=\"n\">%" PRIu64 "</td></tr>\n", f->occurrences);
	}
	fputs("</tbody></table></div>\n", out);
}

static void print_findings(FILE *out, size_t number, const struct kmc_doc *doc,
			   const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_subject *s = &doc->subjects[number];

	fprintf(out, "<h2 id=\"findings%zu\">Findings</h2>\n", number);
	if (!s->nr_findings) {
		fputs("<p>None.</p>\n", out);
		return;
	}
	print_finding_table(out, number, s);
	for (size_t i = 0; i < s->nr_findings; i++)
		print_finding(out, number, doc, &s->findings[i], wishes);
}

/* rules */

/* Bits of a number: the length of a bar on a logarithmic scale. */
static unsigned int log_bar(uint64_t n)
{
	return n ? 64 - (unsigned int)__builtin_clzll(n) : 0;
}

static void print_rule(FILE *out, size_t number, const struct kmc_doc_rule *r)
{
	fprintf(out, "<tr id=\"r%zu-", number);
	text(out, r->id);
	fputs("\"><td>", out);
	text(out, r->id);
	fprintf(out, "</td><td class=\"%s\">%s</td><td>", kmc_doc_state_name(r->state),
		kmc_doc_state_name(r->state));
	text(out, r->party);
	fputs("</td><td>", out);
	text(out, r->strength);
	putc(' ', out);
	text(out, r->origin);
	fputs("</td><td>", out);
	text(out, *r->statement ? r->statement : r->name);
	if (*r->source) {
		fputs("<br/><span class=\"soft\">", out);
		text(out, r->source);
		fputs("</span>", out);
	}
	if (*r->why) {
		fputs("<br/><span class=\"soft\">", out);
		text(out, r->why);
		fputs("</span>", out);
	}
	fprintf(out, "</td><td class=\"n\">%" PRIu64 "</td><td><svg role=\"img\" width=\"66\" height=\"10\">"
		"<title>%" PRIu64 " judgements, logarithmic</title><rect class=\"bar\" width=\"%u\" height=\"8\"/>"
		"</svg></td><td class=\"n\">%" PRIu64 "</td></tr>\n",
		r->exercised, r->exercised, log_bar(r->exercised), r->violated);
}

static void print_rules(FILE *out, size_t number, const struct kmc_doc_subject *s)
{
	fprintf(out, "<h2 id=\"rules%zu\">Rules</h2>\n<details><summary>%zu rules</summary>\n"
		"<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">rule</th><th scope=\"col\">state</th>"
		"<th scope=\"col\">binds</th><th scope=\"col\">strength</th><th scope=\"col\">statement</th>"
		"<th scope=\"col\">judged</th><th scope=\"col\"><span class=\"soft\">log</span></th>"
		"<th scope=\"col\">violated</th></tr></thead>\n<tbody>\n", number, s->nr_rules);
	for (size_t i = 0; i < s->nr_rules; i++)
		print_rule(out, number, &s->rules[i]);
	fputs("</tbody></table></div></details>\n", out);
}

/* what was allocated */

static void print_lives(FILE *out, const struct kmc_doc_subject *s)
{
	uint64_t most = 1;

	for (size_t i = 0; i < s->nr_lives; i++)
		if (s->lives[i].allocs > most)
			most = s->lives[i].allocs;
	fputs("<h2>What was allocated</h2>\n<details><summary>by cache and kind</summary>\n"
	      "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">where</th><th scope=\"col\">allocated"
	      "</th><th scope=\"col\"><span class=\"soft\">log</span></th><th scope=\"col\">freed</th>"
	      "<th scope=\"col\">implied frees</th><th scope=\"col\">before the trace</th>"
	      "<th scope=\"col\">live</th></tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < s->nr_lives; i++) {
		const struct kmc_doc_life *l = &s->lives[i];

		fputs("<tr><td>", out);
		text(out, l->name);
		fprintf(out, "</td><td class=\"n\">%" PRIu64 "</td><td><svg role=\"img\" width=\"102\" height=\"10\">"
			"<title>%" PRIu64 " allocations, logarithmic</title><rect class=\"bar\" width=\"%u\" "
			"height=\"8\"/></svg></td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64
			"</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td></tr>\n",
			l->allocs, l->allocs, log_bar(l->allocs) * 100 / log_bar(most), l->frees,
			l->implied_frees, l->before_trace, l->live);
	}
	fputs("</tbody></table></div></details>\n", out);
}

/* the rest */

static void print_row(FILE *out, const char *key, const char *value)
{
	if (!*value)
		return;
	fputs("<tr><th scope=\"row\">", out);
	text(out, key);
	fputs("</th><td>", out);
	text(out, value);
	fputs("</td></tr>\n", out);
}

static void print_environment(FILE *out, const struct kmc_doc *doc)
{
	fputs("<h2>Environment</h2>\n<div class=\"wide\"><table>\n<tbody>\n", out);
	print_row(out, "tool", doc->version);
	print_row(out, "input", doc->file);
	print_row(out, "sha256", doc->sha256);
	print_row(out, "again", doc->reproduce);
	for (size_t i = 0; i < doc->nr_facts; i++)
		print_row(out, doc->facts[i].key, doc->facts[i].value);
	for (size_t i = 0; i < doc->nr_subjects; i++) {
		print_row(out, "subject", doc->subjects[i].name);
		print_row(out, "profile", doc->subjects[i].profile);
		for (size_t j = 0; j < doc->subjects[i].options.nr; j++)
			print_row(out, "option", doc->subjects[i].options.line[j]);
	}
	fputs("</tbody></table></div>\n", out);
}

static void print_subject(FILE *out, size_t number, const struct kmc_doc *doc,
			  const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_subject *s = &doc->subjects[number];

	fprintf(out, "<h2 id=\"subject%zu\">", number);
	text(out, s->name);
	fputs("</h2>\n<p>judged by the documents of ", out);
	text(out, s->edition);
	fprintf(out, ", %" PRIu64 " events%s; verdict ", s->events, s->bare ? ", bare tracepoints" : "");
	text(out, s->verdict);
	fputs("</p>\n<p>rules:", out);
	for (unsigned int i = 0; i < DOC_NR_STATES; i++)
		fprintf(out, "%s <span class=\"%s\">%" PRIu64 " %s</span>", i ? "," : "",
			kmc_doc_state_name(i), s->totals[i], kmc_doc_state_name(i));
	fprintf(out, " of %zu</p>\n", s->nr_rules);
	print_strip(out, s);
	print_findings(out, number, doc, wishes);
	print_rules(out, number, s);
	print_lives(out, s);
}

static void print_gone(void *arg, const struct kmc_doc_finding *f)
{
	fputs("<li>", arg);
	text(arg, f->key);
	putc(' ', arg);
	text(arg, f->title);
	fputs("</li>\n", arg);
}

/* The document, so that no letter of it ends the block or is taken for markup. */
static void print_data(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	if (!wishes->addresses)
		return; /* it holds addresses */
	fputs("<script type=\"application/json\" id=\"run\">", out);
	for (size_t i = 0; i < doc->json_bytes; i++) {
		unsigned char c = (unsigned char)doc->json[i];

		if (c == '<' || c == '>' || c == '&')
			fprintf(out, "\\u%04x", c);
		else if (c < 0x80 && (c >= 0x20 || c == '\n'))
			putc(c, out);
		else
			putc('?', out);
	}
	fputs("</script>\n", out);
}

int kmc_render_html(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	print_start(out, doc);
	for (size_t i = 0; i < doc->nr_subjects; i++)
		print_subject(out, i, doc, wishes);
	if (wishes->baseline) {
		fputs("<h2>Gone since the baseline</h2>\n<ul>\n<li class=\"soft\">by key:</li>\n", out);
		kmc_render_gone(doc, wishes, print_gone, out);
		fputs("</ul>\n", out);
	}
	print_environment(out, doc);
	fputs("</main>\n", out);
	print_data(out, doc, wishes);
	fputs("</body>\n</html>\n", out);
	return 0;
}
