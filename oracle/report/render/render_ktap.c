// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KTAP as the kernel's own parser reads it: a test for each subject, in it a
 * test for each family, in it one for each rule. The plan stands directly
 * behind the version; a known violation is ok with XFAIL, as kselftest does it.
 */
#include <inttypes.h>
#include <string.h>
#include "render.h"

struct family {
	size_t first, nr;
	bool failed;
};

/* A name must not end in a directive of its own making. */
static void print_name(FILE *out, const char *text)
{
	for (; *text; text++)
		putc(*text == '#' ? '_' : *text, out);
}

static void print_comment(void *arg, const char *text)
{
	fprintf(arg, "    # %s\n", text);
}

/* Advice that is not followed fails nothing. */
static bool fails(const struct kmc_doc_rule *r)
{
	return (r->state == DOC_VIOLATED && !strcmp(r->strength, "must")) ||
	       r->state == DOC_UNKNOWN;
}

static void diagnose(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_finding *f,
		     const struct kmc_render_wishes *wishes)
{
	static const char *const words[] = { "Let", "Then", "But" };
	const struct kmc_doc_lines *parts[] = { &f->let, &f->then, &f->but };
	struct kmc_address_names names = { 0 };

	fprintf(out, "    # %s ", f->key);
	print_name(out, f->title);
	fprintf(out, ", %" PRIu64 " times%s\n", f->occurrences,
		kmc_render_is_note(f) ? " (noted: advice not followed)" : "");
	for (unsigned int p = 0; p < 3; p++)
		for (size_t i = 0; i < parts[p]->nr; i++)
			fprintf(out, "    # %-5s %s\n", i ? "" : words[p],
				kmc_render_line(&names, parts[p]->line[i], wishes));
	if (!kmc_render_is_note(f))
		kmc_render_evidence(doc, f, print_comment, out);
}

static void print_rule(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_subject *s,
		       size_t number, const struct kmc_doc_rule *r,
		       const struct kmc_render_wishes *wishes)
{
	const char *key = "";

	for (size_t i = 0; i < s->nr_findings; i++) {
		if (strcmp(s->findings[i].rule, r->id))
			continue;
		key = s->findings[i].key;
		if (r->state == DOC_VIOLATED)
			diagnose(out, doc, &s->findings[i], wishes);
	}
	fprintf(out, "    %sok %zu ", fails(r) ? "not " : "", number);
	print_name(out, r->id);
	switch (r->state) {
	case DOC_KNOWN: fprintf(out, " # XFAIL %s", key); break;
	case DOC_UNKNOWN: fprintf(out, " # ERROR could not be judged"); break;
	case DOC_UNEXERCISED: fprintf(out, " # SKIP never exercised"); break;
	case DOC_UNREACHABLE:
		fputs(" # SKIP ", out);
		print_name(out, *r->why ? r->why : "not reachable");
		break;
	default: break;
	}
	putc('\n', out);
}

static bool same_family(const char *a, const char *b)
{
	size_t len = kmc_doc_family_bytes(a);

	return len == kmc_doc_family_bytes(b) && !memcmp(a, b, len);
}

static bool next_family(const struct kmc_doc_subject *s, struct family *f)
{
	f->first += f->nr;
	f->nr = 0;
	f->failed = false;
	while (f->first + f->nr < s->nr_rules &&
	       same_family(s->rules[f->first].id, s->rules[f->first + f->nr].id)) {
		f->failed |= fails(&s->rules[f->first + f->nr]);
		f->nr++;
	}
	return f->nr;
}

static size_t count_families(const struct kmc_doc_subject *s)
{
	struct family f = { 0 };
	size_t nr = 0;

	while (next_family(s, &f))
		nr++;
	return nr;
}

static bool print_subject(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_subject *s,
			  size_t number, const struct kmc_render_wishes *wishes)
{
	struct family f = { 0 };
	size_t nr = 0;
	bool failed = false;

	/* An empty plan is an error to the kernel's parser. */
	if (!s->nr_rules) {
		fprintf(out, "ok %zu ", number);
		print_name(out, s->name);
		fputs(" # SKIP no rule\n", out);
		return false;
	}
	fprintf(out, "  KTAP version 1\n  # Subtest: ");
	print_name(out, s->name);
	fprintf(out, "\n  1..%zu\n", count_families(s));
	while (next_family(s, &f)) {
		int len = (int)kmc_doc_family_bytes(s->rules[f.first].id);

		fprintf(out, "    KTAP version 1\n    # Subtest: %.*s\n    1..%zu\n", len,
			s->rules[f.first].id, f.nr);
		for (size_t i = 0; i < f.nr; i++)
			print_rule(out, doc, s, i + 1, &s->rules[f.first + i], wishes);
		fprintf(out, "  %sok %zu %.*s\n", f.failed ? "not " : "", ++nr, len,
			s->rules[f.first].id);
		fflush(out); /* a run that is killed still parses */
		failed |= f.failed;
	}
	fprintf(out, "%sok %zu ", failed ? "not " : "", number);
	print_name(out, s->name);
	putc('\n', out);
	return failed;
}

int kmc_render_ktap(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	uint64_t totals[DOC_NR_STATES] = { 0 };

	fprintf(out, "KTAP version 1\n1..%zu\n", doc->nr_subjects);
	if (doc->partial)
		fputs("# part of a run that had not ended\n", out);
	for (size_t i = 0; i < doc->nr_subjects; i++) {
		print_subject(out, doc, &doc->subjects[i], i + 1, wishes);
		for (unsigned int state = 0; state < DOC_NR_STATES; state++)
			totals[state] += doc->subjects[i].totals[state];
		totals[DOC_PASS] += doc->subjects[i].noted; /* they are ok */
	}
	fprintf(out, "# Totals: pass:%" PRIu64 " fail:%" PRIu64 " xfail:%" PRIu64
		" xpass:0 skip:%" PRIu64 " error:%" PRIu64 "\n", totals[DOC_PASS],
		totals[DOC_VIOLATED], totals[DOC_KNOWN],
		totals[DOC_UNEXERCISED] + totals[DOC_UNREACHABLE], totals[DOC_UNKNOWN]);
	return 0;
}
