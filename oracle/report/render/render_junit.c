// SPDX-License-Identifier: GPL-2.0-or-later
/* JUnit's common core, for the web pages of CI systems: a suite a subject, a case a rule. */
#include <inttypes.h>
#include <string.h>
#include "render.h"

static void print_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	kmc_render_xml(out, value);
	putc('"', out);
}

static void print_text(void *arg, const char *text)
{
	kmc_render_xml(arg, text);
	putc('\n', arg);
}

/* @element: failure, or system-out of a note, which has no attributes. */
static void print_finding(FILE *out, const char *element, const struct kmc_doc *doc,
			  const struct kmc_doc_finding *f, const struct kmc_render_wishes *wishes)
{
	static const char *const words[] = { "Let", "Then", "But" };
	const struct kmc_doc_lines *parts[] = { &f->let, &f->then, &f->but };
	struct kmc_address_names names = { 0 };

	fprintf(out, "      <%s", element);
	if (!strcmp(element, "failure")) {
		print_attribute(out, "message", f->title);
		print_attribute(out, "type", f->key);
	}
	putc('>', out);
	if (strcmp(element, "failure") != 0)
		fputs("noted: advice not followed\n", out);
	for (unsigned int p = 0; p < 3; p++)
		for (size_t i = 0; i < parts[p]->nr; i++) {
			fprintf(out, "%-5s ", i ? "" : words[p]);
			kmc_render_xml(out, kmc_render_line(&names, parts[p]->line[i], wishes));
			putc('\n', out);
		}
	if (!strcmp(element, "failure"))
		kmc_render_evidence(doc, f, print_text, out);
	fprintf(out, "</%s>\n", element);
}

static void print_skipped(FILE *out, const char *why)
{
	fputs("      <skipped", out);
	print_attribute(out, "message", why);
	fputs("/>\n", out);
}

static void print_outcome(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_subject *s,
			  const struct kmc_doc_rule *r, const struct kmc_render_wishes *wishes)
{
	bool note = strcmp(r->strength, "must") != 0;

	switch (r->state) {
	case DOC_VIOLATED:
		for (size_t i = 0; i < s->nr_findings; i++)
			if (!strcmp(s->findings[i].rule, r->id)) {
				print_finding(out, note ? "system-out" : "failure", doc,
					      &s->findings[i], wishes);
				return; /* one to a case; the others are in the other forms */
			}
		fputs(note ? "      <system-out>noted: advice not followed</system-out>\n" :
			     "      <failure message=\"violated\" type=\"violated\"/>\n", out);
		break;
	case DOC_UNKNOWN:
		fputs("      <error message=\"could not be judged\" type=\"unknown\"/>\n", out);
		break;
	case DOC_KNOWN: print_skipped(out, "known violation"); break;
	case DOC_UNEXERCISED: print_skipped(out, "never exercised"); break;
	case DOC_UNREACHABLE: print_skipped(out, r->why); break;
	default: break;
	}
}

static void print_rule(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_subject *s,
		       const struct kmc_doc_rule *r, const struct kmc_render_wishes *wishes)
{
	fputs("    <testcase", out);
	print_attribute(out, "classname", r->name);
	print_attribute(out, "name", r->id);
	fputs(" time=\"0\"", out);
	if (r->state == DOC_PASS) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n", out);
	print_outcome(out, doc, s, r, wishes);
	fputs("    </testcase>\n", out);
}

int kmc_render_junit(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kmconform\">\n", out);
	for (size_t i = 0; i < doc->nr_subjects; i++) {
		const struct kmc_doc_subject *s = &doc->subjects[i];

		fputs("  <testsuite", out);
		print_attribute(out, "name", s->name);
		fprintf(out, " tests=\"%zu\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64
			"\" skipped=\"%" PRIu64 "\" time=\"0\">\n", s->nr_rules,
			s->totals[DOC_VIOLATED], s->totals[DOC_UNKNOWN],
			s->totals[DOC_KNOWN] + s->totals[DOC_UNEXERCISED] +
				s->totals[DOC_UNREACHABLE]);
		for (size_t j = 0; j < s->nr_rules; j++)
			print_rule(out, doc, s, &s->rules[j], wishes);
		fputs("  </testsuite>\n", out);
	}
	fputs("</testsuites>\n", out);
	return 0;
}
