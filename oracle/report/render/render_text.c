// SPDX-License-Identifier: GPL-2.0-or-later
/* For people at a terminal: verdict, counts, findings, what was not covered. */
#include <inttypes.h>
#include "render.h"

static void print_lines(FILE *out, const char *word, const struct kmc_doc_lines *lines,
			struct kmc_address_names *names, const struct kmc_render_wishes *wishes)
{
	for (size_t i = 0; i < lines->nr; i++)
		fprintf(out, "    %-5s %s\n", i ? "" : word,
			kmc_render_line(names, lines->line[i], wishes));
}

static void print_evidence(void *arg, const char *text)
{
	fprintf(arg, "    %s\n", text);
}

static void print_finding(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_finding *f,
			  const struct kmc_render_wishes *wishes)
{
	static const char *const base[] = { "", ", new", ", as before" };
	struct kmc_address_names names = { 0 };

	fprintf(out, "  %s %s %s (%s, %s%s%s%s)\n", f->key, f->rule, f->title, f->party,
		f->strength, kmc_render_is_note(f) ? ", noted: advice not followed" : "",
		f->known ? ", known" : "", base[kmc_render_baseline(wishes, f)]);
	print_lines(out, "Let", &f->let, &names, wishes);
	print_lines(out, "Then", &f->then, &names, wishes);
	print_lines(out, "But", &f->but, &names, wishes);
	if (f->occurrences > 1)
		fprintf(out, "    %" PRIu64 " times, first at event %" PRIu64 ", last at %" PRIu64 "\n",
			f->occurrences, f->first, f->last);
	if (f->of || f->minimised.text.nr || *f->reproduce)
		kmc_render_evidence(doc, f, print_evidence, out);
}

static void print_totals(FILE *out, const struct kmc_doc_subject *s)
{
	fputs("  rules:", out);
	for (unsigned int i = 0; i < DOC_NR_STATES; i++)
		fprintf(out, "%s %" PRIu64 " %s", i ? "," : "", s->totals[i],
			kmc_doc_state_name(i));
	if (s->noted)
		fprintf(out, ", %" PRIu64 " noted", s->noted);
	fprintf(out, " of %zu\n", s->nr_rules);
}

/* How much of each call was tried; against a baseline, what is new. */
static void print_shapes(FILE *out, const struct kmc_doc_subject *s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr_shapes; i++)
		nr += s->shapes[i].seen.nr;
	if (nr)
		fprintf(out, "  shapes: %zu of requests by %zu calls\n", nr, s->nr_shapes);
}

static void print_subject(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_subject *s,
			  const struct kmc_render_wishes *wishes)
{
	fprintf(out, "subject: %s, edition %s, %" PRIu64 " events%s\n", s->name, s->edition,
		s->events, s->bare ? ", bare tracepoints" : "");
	print_totals(out, s);
	print_shapes(out, s);
	for (size_t i = 0; i < s->nr_findings; i++)
		print_finding(out, doc, &s->findings[i], wishes);
	for (size_t i = 0; i < s->nr_rules; i++)
		if (kmc_render_newly(wishes, &s->rules[i]))
			fprintf(out, "  newly exercised: %s\n", s->rules[i].id);
	fprintf(out, "  verdict: %s\n", s->verdict);
}

static void print_gone(void *arg, const struct kmc_doc_finding *f)
{
	fprintf(arg, "gone since the baseline: %s %s %s\n", f->key, f->rule, f->title);
}

static void print_host(FILE *out, const struct kmc_doc_host *host)
{
	fprintf(out, "host %s: %" PRIu64 " runs, %" PRIu64 " events; %" PRIu64 " conform, %" PRIu64
		     " violated, %" PRIu64 " unknown; %zu findings\n",
		*host->name ? host->name : "(not said)", host->documents, host->events,
		host->verdicts[0], host->verdicts[1], host->verdicts[2], host->nr_findings);
	for (size_t i = 0; i < host->nr_findings; i++)
		fprintf(out, "  %s %" PRIu64 " times\n", host->findings[i].key,
			host->findings[i].occurrences);
}

int kmc_render_text(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	fprintf(out, "%s of %s, by %s\n", doc->command, doc->file, doc->version);
	if (doc->partial)
		fputs("  part of a run that had not ended\n", out);
	for (size_t i = 0; i < doc->nr_facts; i++)
		fprintf(out, "  %-24s %s\n", doc->facts[i].key, doc->facts[i].value);
	for (size_t i = 0; i < doc->nr_subjects; i++)
		print_subject(out, doc, &doc->subjects[i], wishes);
	for (size_t i = 0; i < doc->nr_hosts; i++)
		print_host(out, &doc->hosts[i]);
	kmc_render_gone(doc, wishes, print_gone, out);
	if (*doc->reproduce)
		fprintf(out, "again: %s\n", doc->reproduce);
	fprintf(out, "verdict: %s\n", doc->verdict);
	return 0;
}
