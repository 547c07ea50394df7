// SPDX-License-Identifier: GPL-2.0-or-later
/* Of a finding what lets it be had again: how often it was, the program, the command. */
#include <inttypes.h>
#include <string.h>
#include "render.h"

const struct kmc_doc_finding *kmc_render_choose(const struct kmc_doc *doc, const char *key,
						const struct kmc_doc_subject **subject)
{
	for (size_t s = 0; s < doc->nr_subjects; s++)
		for (size_t i = 0; i < doc->subjects[s].nr_findings; i++) {
			const struct kmc_doc_finding *f = &doc->subjects[s].findings[i];

			if (key ? strcmp(f->key, key) : f->known || kmc_render_is_note(f))
				continue;
			*subject = &doc->subjects[s];
			return f;
		}
	return NULL;
}

bool kmc_render_is_note(const struct kmc_doc_finding *f)
{
	return strcmp(f->strength, "must") != 0;
}

const char *kmc_render_command(const struct kmc_doc *doc, const struct kmc_doc_finding *f)
{
	return *f->reproduce ? f->reproduce : doc->reproduce;
}

void kmc_render_evidence(const struct kmc_doc *doc, const struct kmc_doc_finding *f,
			 void (*line)(void *arg, const char *text), void *arg)
{
	const char *command = kmc_render_command(doc, f);
	char text[1024];

	if (f->of) {
		snprintf(text, sizeof(text), "Seen again %" PRIu64 " of %" PRIu64 " times.", f->seen,
			 f->of);
		line(arg, text);
	}
	if (f->minimised.text.nr) {
		snprintf(text, sizeof(text), "%s.op, %" PRIu64 " ops%s:", f->key, f->minimised.ops,
			 f->minimised.ops_before > f->minimised.ops ? ", made small" : "");
		line(arg, text);
		for (size_t i = 0; i < f->minimised.text.nr; i++) {
			snprintf(text, sizeof(text), "    %s", f->minimised.text.line[i]);
			line(arg, text);
		}
	}
	if (*command) {
		snprintf(text, sizeof(text), "Again: %s", command);
		line(arg, text);
	}
}
