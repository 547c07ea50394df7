/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the campaigns came to. */
#include "score.h"
#include <errno.h>
#include <inttypes.h>
#include <json.h>
#include "oracle/judge.h"

static const char *id_of(int rule)
{
	return rule < 0 ? "" : kmc_rule_at((size_t)rule)->id;
}

void score_line(FILE *out, const struct mutant *m)
{
	const struct campaign *c = &m->run;

	fprintf(out, "%-8s %-26s %-9s %8" PRIu64 " programs %6.1f s", c->rule < 0 ? "survived" :
		"caught", m->fault.name, id_of(c->rule), c->executions, c->seconds);
	if (c->other >= 0)
		fprintf(out, "  also %s", id_of(c->other));
	if (c->bugs)
		fprintf(out, "  assertions %" PRIu64, c->bugs);
	if (c->crashes)
		fprintf(out, "  crashes %" PRIu64, c->crashes);
	if (c->hangs)
		fprintf(out, "  hangs %" PRIu64, c->hangs);
	if (c->rule < 0)
		fprintf(out, "  met %" PRIu64 " times", c->hits);
	if (c->out_of_time)
		fprintf(out, "  out of time");
	if (m->tested)
		fprintf(out, "  tests: %s", *m->tests ? m->tests : "none");
	fputc('\n', out);
}

void score_rules(FILE *out, const struct mutant *mutants, size_t nr)
{
	fprintf(out, "\nBy rule: faults that list it, of these caught, by this very rule\n");
	for (size_t rule = 0; rule < kmc_rule_count(); rule++) {
		unsigned int list = 0, caught = 0, by_it = 0;

		for (size_t i = 0; i < nr; i++) {
			if (!fault_lists(&mutants[i].fault, (int)rule))
				continue;
			list++;
			caught += mutants[i].run.rule >= 0;
			by_it += mutants[i].run.rule == (int)rule;
		}
		if (list)
			fprintf(out, "  %-9s %3u %3u %3u\n", id_of((int)rule), list, caught, by_it);
	}
}

void score_others(FILE *out, const struct mutant *mutants, size_t nr)
{
	unsigned int bugs = 0, crashes = 0, tested = 0, failed = 0, only = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct mutant *m = &mutants[i];
		bool otherwise = m->run.bugs || m->run.crashes || *m->tests;

		bugs += m->run.bugs != 0;
		crashes += m->run.crashes != 0;
		tested += m->tested;
		failed += *m->tests != '\0';
		only += m->run.rule >= 0 && !otherwise;
	}
	fprintf(out, "\nBefore a rule caught it: the allocator's own assertions %u, crashes and "
		     "sanitizers %u", bugs, crashes);
	if (tested)
		fprintf(out, "; unit tests fail with %u of %u", failed, tested);
	fprintf(out, "; caught by rules alone %u\n", only);
}

static void add_number(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_int64((int64_t)value));
}

static void add_text(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, *value ? json_object_new_string(value) : NULL);
}

/* No times: equal runs make equal documents. */
static struct json_object *one(const struct mutant *m)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "fault", m->fault.name);
	add_text(o, "summary", m->fault.summary);
	add_text(o, "rules", m->fault.rules);
	json_object_object_add(o, "caught", json_object_new_boolean(m->run.rule >= 0));
	add_text(o, "by", id_of(m->run.rule));
	add_number(o, "programs", m->run.executions);
	add_number(o, "ops", m->run.ops);
	add_number(o, "met", m->run.hits);
	add_text(o, "other_rule", id_of(m->run.other));
	add_number(o, "assertions", m->run.bugs);
	add_number(o, "crashes", m->run.crashes);
	add_number(o, "hangs", m->run.hangs);
	if (m->tested)
		add_text(o, "tests", m->tests);
	return o;
}

int score_json(const char *path, const struct campaign_wish *wish, const struct mutant *mutants,
	       size_t nr)
{
	struct json_object *doc = json_object_new_object(), *list = json_object_new_array();
	int err = 0;

	add_text(doc, "document", "kmconform-mutants-1");
	add_number(doc, "seed", wish->seed);
	add_number(doc, "executions", wish->executions);
	for (size_t i = 0; i < nr; i++)
		json_object_array_add(list, one(&mutants[i]));
	json_object_object_add(doc, "faults", list);
	if (json_object_to_file_ext(path, doc, JSON_C_TO_STRING_PRETTY))
		err = -EIO;
	json_object_put(doc);
	return err;
}
