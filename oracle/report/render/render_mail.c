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

/* Does the recording say that the kernel is not as it was released? */
static bool taint_of(const struct kmc_doc *doc)
{
	for (size_t i = 0; i < doc->nr_facts; i++) {
		const struct kmc_doc_fact *fact = &doc->facts[i];

		if ((!strcmp(fact->key, "tainted") || !strcmp(fact->key, "taint")) &&
		    *fact->value && strcmp(fact->value, "0"))
			return true;
	}
	return false;
}

/* Is release @a newer than @b? Not known: no. */
static bool newer(const char *a, const char *b)
{
	unsigned int x[2], y[2];

	if (sscanf(a, "%u.%u", &x[0], &x[1]) != 2 || sscanf(b, "%u.%u", &y[0], &y[1]) != 2)
		return false;
	return x[0] != y[0] ? x[0] > y[0] : x[1] > y[1];
}

/* Why it should not be sent as it is; NULL it may. */
static const char *objection(const struct kmc_doc *doc, const struct kmc_doc_subject *s,
			     const struct kmc_doc_finding *f)
{
	if (!s->bare)
		return "the subject is no real kernel";
	if (!strcmp(f->severity, "equivalence"))
		return "the rule is of the implementation alone: no promise is broken";
	if (strcmp(f->strength, "must"))
		return "the rule is advice: a note, no violation";
	if (f->known)
		return "the finding is known already";
	if (doc->partial)
		return "the run had not ended";
	if (taint_of(doc))
		return "the kernel is tainted, or of a vendor";
	if (newer(s->edition, s->release))
		return "it is judged by documents that are newer than the kernel";
	/* A recording is one observation: what came once may be its own fault. */
	if (f->of ? !f->seen : f->occurrences < 2)
		return "it was seen once and not reproduced";
	if (!f->minimised.text.nr)
		return "there is no small program that shows it";
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

#define MOST_PROGRAM_LINES 30

/* What shows it: the program as long as it is short, else where it is. */
static void print_program(FILE *out, const struct kmc_doc *doc, const struct kmc_doc_finding *f)
{
	const struct kmc_doc_lines *text = &f->minimised.text;

	if (f->of)
		fprintf(out, "Reproduced %" PRIu64 " of %" PRIu64 " times.\n", f->seen, f->of);
	if (text->nr && text->nr <= MOST_PROGRAM_LINES) {
		fprintf(out, f->of ? "The program (%s.op):\n\n" :
				     "The program (%s.op), made from the recording and not run on that kernel:\n\n",
			f->key);
		for (size_t i = 0; i < text->nr; i++)
			fprintf(out, "    %s\n", text->line[i]);
		putc('\n', out);
	} else if (text->nr) {
		fprintf(out, "The program has %zu lines; it is in the run document.\n", text->nr);
	}
	if (*kmc_render_command(doc, f))
		fprintf(out, "Again:    %s\n", kmc_render_command(doc, f));
}

/* Advice that the same run found not followed: for the reader to weigh. */
static void print_notes(FILE *out, const struct kmc_doc_subject *s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr_findings; i++) {
		const struct kmc_doc_finding *f = &s->findings[i];

		if (!kmc_render_is_note(f))
			continue;
		if (!nr++)
			fputs("\nNoted beside it (advice not followed, no violation):\n", out);
		fold(out, f->title, 4);
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
	fprintf(out, "Tool:     %s\n", doc->version);
}

int kmc_render_mail(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_subject *s;
	const struct kmc_doc_finding *f = kmc_render_choose(doc, wishes->key, &s);
	const struct kmc_doc_rule *rule = f ? kmc_doc_rule_of(s, f->rule) : NULL;
	const char *why = f ? objection(doc, s, f) : NULL;

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
	fold(out, !strcmp(f->party, "caller") ?
			  "A conformance run found a caller of the allocator that breaks the documented "
			  "contract." :
			  "A conformance run found an allocator's answer that the documented contract "
			  "does not allow.", 0);
	putc('\n', out);
	fprintf(out, "The contract (%s, judged by the documents of %s):\n", f->rule, s->edition);
	fold(out, f->required, 4);
	if (rule && *rule->source)
		fprintf(out, "    (%s)\n", rule->source);
	putc('\n', out);
	print_explanation(out, f, wishes);
	fprintf(out, "\nSeen %" PRIu64 " times in %" PRIu64 " events.\n", f->occurrences, s->events);
	print_program(out, doc, f);
	print_notes(out, s);
	putc('\n', out);
	print_facts(out, doc, s, wishes);
	putc('\n', out);
	fold(out, s->bare ? "Not checked: what a recording does not show. Bulk and RCU frees leave no "
			    "events, and what was inferred grounds no finding." :
			    "Not checked: whether a real kernel does the same.", 0);
	fprintf(out, "\nReported-by: # you\n");
	return 0;
}
