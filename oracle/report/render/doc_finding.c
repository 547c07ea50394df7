// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a finding: identity, explanation, the events around it, the program that shows it. */
#include "doc_reader.h"

static void read_moment(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_moment *m = out;

	m->time = kmc_doc_want_number(r, object, "time");
	m->cpu = kmc_doc_want_number(r, object, "cpu");
	m->task = kmc_doc_may_number(r, object, "task");
	m->kind = kmc_doc_want_string(r, object, "kind");
	m->op = kmc_doc_want_string(r, object, "op");
	m->object = kmc_doc_may_string(r, object, "object");
	m->life = kmc_doc_may_string(r, object, "life");
	m->address = kmc_doc_may_string(r, object, "address");
	m->bytes = kmc_doc_may_number(r, object, "bytes");
	m->role = kmc_doc_may_string(r, object, "role");
	m->text = kmc_doc_want_string(r, object, "text");
}

static void read_program(struct kmc_doc_reader *r, struct json_object *object,
			 struct kmc_doc_program *program)
{
	struct json_object *text = kmc_doc_want(r, object, "text", json_type_array);

	if (text)
		program->text = kmc_doc_want_lines(r, object, "text");
	program->ops = kmc_doc_want_number(r, object, "ops");
	program->ops_before = kmc_doc_may_number(r, object, "ops_before");
	program->tries = kmc_doc_may_number(r, object, "tries");
	program->sha256 = kmc_doc_may_string(r, object, "sha256");
}

/* Since 1.3. */
static void read_evidence(struct kmc_doc_reader *r, struct json_object *object,
			  struct kmc_doc_finding *f)
{
	struct json_object *part = kmc_doc_may(r, object, "reliability", json_type_object);

	if (part) {
		f->seen = kmc_doc_want_number(r, part, "seen");
		f->of = kmc_doc_want_number(r, part, "of");
	}
	part = kmc_doc_may(r, object, "minimised", json_type_object);
	if (part)
		read_program(r, part, &f->minimised);
	f->reproduce = kmc_doc_may_string(r, object, "reproduce");
	f->nr_timeline = kmc_doc_may_list(r, object, "timeline", read_moment,
					  (void **)&f->timeline, sizeof(*f->timeline));
}

void kmc_doc_read_finding(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_finding *f = out;
	struct json_object *explain = kmc_doc_want(r, object, "explain", json_type_object);

	f->key = kmc_doc_want_id(r, object, "key");
	f->title = kmc_doc_want_string(r, object, "title");
	f->rule = kmc_doc_want_id(r, object, "rule");
	f->party = kmc_doc_want_string(r, object, "party");
	f->strength = kmc_doc_want_string(r, object, "strength");
	f->severity = kmc_doc_want_string(r, object, "severity");
	f->call = kmc_doc_want_string(r, object, "call");
	f->clause = kmc_doc_want_string(r, object, "clause");
	f->shape = kmc_doc_want_string(r, object, "shape");
	f->address = kmc_doc_want_string(r, object, "address");
	f->site = kmc_doc_want_string(r, object, "site");
	f->required = kmc_doc_want_string(r, object, "required");
	f->occurrences = kmc_doc_want_number(r, object, "occurrences");
	f->first = kmc_doc_want_number(r, object, "first");
	f->last = kmc_doc_want_number(r, object, "last");
	f->known = kmc_doc_want_bool(r, object, "known");
	read_evidence(r, object, f);
	if (!explain)
		return;
	f->let = kmc_doc_want_lines(r, explain, "let");
	f->then = kmc_doc_want_lines(r, explain, "then");
	f->but = kmc_doc_want_lines(r, explain, "but");
}
