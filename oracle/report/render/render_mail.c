// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A draft of a mail to the maintainers: for a person to check, to defend and
 * to send. It is refused where it should not be sent as it is.
 */
#include <inttypes.h>
#include <string.h>
#include "render.h"

#define WIDTH 72

/* Words folded at the width; lines after the first are indented. */
static void fold(FILE *out, const char *text, unsigned int indent)
{
	unsigned int column = indent;

	fprintf(out, "%*s", (int)indent, "");
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > indent && column + 1 + word > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			putc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)word, text);
		column += (unsigned int)word;
		text += word;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

static const struct kmc_doc_finding *choose(const struct kmc_doc *doc, const char *key,
					    const struct kmc_doc_subject **subject)
{
	for (size_t s = 0; s < doc->nr_subjects; s++)
		for (size_t i = 0; i < doc->subjects[s].nr_findings; i++) {
			const struct kmc_doc_finding *f = &doc->subjects[s].findings[i];

			if (key ? strcmp(f->key, key) : f->known)
				continue;
			*subject = &doc->subjects[s];
			return f;
		}
	return NULL;
}

/* Why it should not be sent as it is; NULL it may. */
static const char *objection(const struct kmc_doc_subject *s, const struct kmc_doc_finding *f)
{
	if (!s->bare)
		return "the subject is no real kernel";
	if (!strcmp(f->severity, "equivalence"))
		return "the rule is of the implementation alone: no promise is broken";
	if (strcmp(f->strength, "must"))
		return "the rule is advice: a note, no violation";
	if (f->known)
		return "the finding is known already";
	/* A recording is one observation: nothing was run again. */
	if (f->occurrences < 2)
		return "it was seen once and not reproduced";
	return NULL;
}

static void print_questions(FILE *out)
{
	fputs("# A draft. Lines that begin with # are for you; answer them and take them out.\n"
	      "# - May this be used against somebody (use after free, overflow, leak)? Then it\n"
	      "#   goes to the security list (Documentation/process/security-bugs.rst), not here.\n"
	      "# - Is it in mainline too? Is the kernel vanilla and untainted?\n"
	      "# - Was the archive searched for it? Can you defend it yourself?\n"
	      "# - To whom: scripts/get_maintainer.pl -f on the file that the subject names.\n", out);
}

static void print_explanation(FILE *out, const struct kmc_doc_finding *f,
			      const struct kmc_render_wishes *wishes)
{
	static const char *const words[] = { "Let", "Then", "But" };
	const struct kmc_doc_lines *parts[] = { &f->let, &f->then, &f->but };
	struct kmc_address_names names = { 0 };

	for (unsigned int p = 0; p < 3; p++) {
		fprintf(out, "%s\n", words[p]);
		for (size_t i = 0; i < parts[p]->nr; i++)
			fold(out, kmc_render_line(&names, parts[p]->line[i], wishes), 4);
	}
}

static void print_facts(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_subject *s,
			const struct kmc_render_wishes *wishes)
{
	fprintf(out, "Kernel:   %s%s%s\n", s->name, wishes->commit ? ", commit " : "",
		wishes->commit ? wishes->commit : "");
	fprintf(out, "Config:   %s\n", wishes->config ? wishes->config : "# where is it?");
	fprintf(out, "Machine:  %" PRIu64 " cpus, %" PRIu64 " nodes\n", s->cpus, s->nodes);
	fprintf(out, "Input:    %s\n", doc->file);
	if (*doc->reproduce)
		fprintf(out, "Again:    %s\n", doc->reproduce);
	fprintf(out, "Tool:     %s\n", doc->version);
}

int kmc_render_mail(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_subject *s;
	const struct kmc_doc_finding *f = choose(doc, wishes->key, &s);
	const struct kmc_doc_rule *rule = f ? kmc_doc_rule_of(s, f->rule) : NULL;
	const char *why = f ? objection(s, f) : NULL;

	if (!f)
		return kmc_render_refuse("mail: %s", wishes->key ? "no finding of this key" :
								  "no finding that is not known");
	if (why && !wishes->force)
		return kmc_render_refuse("mail: %s: %s (--force drafts it all the same)", f->key, why);
	print_questions(out);
	if (why)
		fprintf(out, "# - NOT to be sent as it is: %s.\n", why);
	fprintf(out, "Subject: %s mm/%s: %s\n\n",
		kmc_render_baseline(wishes, f) == BASE_NEW ? "[REGRESSION?]" : "[BUG?]",
		kmc_render_area(f->rule), f->title);
	fold(out, "A conformance run found an allocator's answer that the documented contract "
		  "does not allow.", 0);
	putc('\n', out);
	fprintf(out, "The contract (%s, judged by the documents of %s):\n", f->rule, s->edition);
	fold(out, f->required, 4);
	if (rule && *rule->source)
		fprintf(out, "    (%s)\n", rule->source);
	putc('\n', out);
	print_explanation(out, f, wishes);
	fprintf(out, "\nSeen %" PRIu64 " times in %" PRIu64 " events.\n\n", f->occurrences, s->events);
	print_facts(out, doc, s, wishes);
	putc('\n', out);
	fold(out, s->bare ? "Not checked: what a recording does not show. Bulk and RCU frees leave no "
			    "events, and what was inferred grounds no finding." :
			    "Not checked: whether a real kernel does the same.", 0);
	fprintf(out, "\nReported-by: # you\n");
	return 0;
}
