// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SARIF 2.1.0: one run a subject; all rules stand in the driver, results are
 * what failed or is open (with wishes->all: everything). Only kind fail has a
 * level other than none; identity is the finding's key.
 */
#include <string.h>
#include "render.h"
#include "render_json.h"

static const char *const kinds[DOC_NR_STATES] = {
	[DOC_PASS] = "pass", [DOC_VIOLATED] = "fail", [DOC_KNOWN] = "fail",
	[DOC_UNKNOWN] = "open", [DOC_UNEXERCISED] = "notApplicable",
	[DOC_UNREACHABLE] = "notApplicable",
};

static const char *level_of(const char *severity)
{
	return !strcmp(severity, "high") ? "error" : !strcmp(severity, "note") ? "note" : "warning";
}

static void put_message(struct json_object *object, const char *key, const char *text)
{
	put_string(put_object(object, key), "text", text);
}

static void add_rule(struct json_object *list, const struct kmc_doc_rule *r)
{
	struct json_object *rule = add_object(list), *properties;

	put_string(rule, "id", r->id);
	put_string(rule, "name", r->name);
	if (*r->statement) {
		put_message(rule, "shortDescription", r->statement);
		put_message(rule, "help", r->source);
	}
	properties = put_object(rule, "properties");
	put_string(properties, "party", r->party);
	put_string(properties, "strength", r->strength);
	put_string(properties, "origin", r->origin);
	put_string(properties, "state", kmc_doc_state_name(r->state));
}

static void put_place(struct json_object *object, const struct kmc_doc *doc, uint64_t event,
		      const char *call)
{
	struct json_object *place = put_object(object, "physicalLocation"), *logical;

	put_string(put_object(place, "artifactLocation"), "uri", *doc->file ? doc->file : "input");
	put_number(put_object(place, "region"), "startLine", event ? event : 1);
	logical = add_object(put_list(object, "logicalLocations"));
	put_string(logical, "name", call);
	put_string(logical, "kind", "function");
}

/* Let, Then and But as steps; what is let be is what the conclusion rests on. */
static void add_flow(struct json_object *result, const struct kmc_doc *doc,
		     const struct kmc_doc_finding *f, const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_lines *parts[] = { &f->let, &f->then, &f->but };
	struct json_object *thread = add_object(
		put_list(add_object(put_list(result, "codeFlows")), "threadFlows"));
	struct json_object *steps = put_list(thread, "locations");
	struct kmc_address_names names = { 0 };
	uint64_t order = 0;

	for (unsigned int p = 0; p < 3; p++)
		for (size_t i = 0; i < parts[p]->nr; i++) {
			struct json_object *step = add_object(steps);
			struct json_object *place = put_object(step, "location");

			put_place(place, doc, f->first, f->call);
			put_message(place, "message",
				    kmc_render_line(&names, parts[p]->line[i], wishes));
			put_number(step, "executionOrder", ++order);
			put_string(step, "importance", p ? "important" : "essential");
		}
}

static void put_evidence(struct json_object *properties, const struct kmc_doc *doc,
			 const struct kmc_doc_finding *f)
{
	const char *command = kmc_render_command(doc, f);
	struct json_object *list;

	if (f->of) {
		put_number(properties, "reproducedTimes", f->seen);
		put_number(properties, "reproducedOf", f->of);
	}
	if (*command)
		put_string(properties, "reproduce", command);
	if (!f->minimised.text.nr)
		return;
	list = put_list(properties, "program");
	for (size_t i = 0; i < f->minimised.text.nr; i++)
		json_object_array_add(list, json_object_new_string(f->minimised.text.line[i]));
}

static void add_finding(struct json_object *results, const struct kmc_doc *doc,
			const struct kmc_doc_finding *f, const struct kmc_render_wishes *wishes)
{
	enum kmc_baseline base = kmc_render_baseline(wishes, f);
	struct json_object *result = add_object(results), *suppression, *properties;

	put_string(result, "ruleId", f->rule);
	put_string(result, "kind", "fail");
	put_string(result, "level", level_of(f->severity));
	put_message(result, "message", f->title);
	put_place(add_object(put_list(result, "locations")), doc, f->first, f->call);
	put_string(put_object(result, "partialFingerprints"), "kmconformFinding/v1", f->key);
	put_number(result, "occurrenceCount", f->occurrences ? f->occurrences : 1);
	if (base != BASE_NONE)
		put_string(result, "baselineState", base == BASE_NEW ? "new" : "unchanged");
	if (f->known) {
		suppression = add_object(put_list(result, "suppressions"));
		put_string(suppression, "kind", "external");
		put_string(suppression, "justification", "accepted by key");
	}
	if (f->let.nr + f->then.nr + f->but.nr)
		add_flow(result, doc, f, wishes);
	properties = put_object(result, "properties");
	put_string(properties, "party", f->party);
	put_string(properties, "required", f->required);
	put_evidence(properties, doc, f);
}

static void add_state(struct json_object *results, const struct kmc_doc_rule *r)
{
	struct json_object *result = add_object(results);

	put_string(result, "ruleId", r->id);
	put_string(result, "kind", kinds[r->state]);
	put_string(result, "level", "none");
	put_message(result, "message", *r->why ? r->why : kmc_doc_state_name(r->state));
}

static void add_gone(void *arg, const struct kmc_doc_finding *f)
{
	struct json_object *result = add_object(arg);

	put_string(result, "ruleId", f->rule);
	put_string(result, "kind", "pass");
	put_string(result, "level", "none");
	put_message(result, "message", f->title);
	put_string(put_object(result, "partialFingerprints"), "kmconformFinding/v1", f->key);
	put_string(result, "baselineState", "absent");
}

static void add_run(struct json_object *runs, const struct kmc_doc *doc, size_t number,
		    const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_subject *s = &doc->subjects[number];
	struct json_object *run = add_object(runs), *driver, *rules, *results, *call;

	driver = put_object(put_object(run, "tool"), "driver");
	put_string(driver, "name", doc->tool);
	put_string(driver, "fullName", doc->version);
	rules = put_list(driver, "rules");
	for (size_t i = 0; i < s->nr_rules; i++)
		add_rule(rules, &s->rules[i]);
	put_string(put_object(run, "automationDetails"), "id", s->name);
	call = add_object(put_list(run, "invocations"));
	put(call, "executionSuccessful", json_object_new_boolean(!doc->partial));
	if (*doc->reproduce)
		put_string(call, "commandLine", doc->reproduce);
	results = put_list(run, "results");
	for (size_t i = 0; i < s->nr_findings; i++)
		add_finding(results, doc, &s->findings[i], wishes);
	for (size_t i = 0; i < s->nr_rules; i++)
		if (s->rules[i].state == DOC_UNKNOWN ||
		    (wishes->all && s->rules[i].state != DOC_VIOLATED &&
		     s->rules[i].state != DOC_KNOWN))
			add_state(results, &s->rules[i]);
	if (!number)
		kmc_render_gone(doc, wishes, add_gone, results);
}

int kmc_render_sarif(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	struct json_object *root = json_object_new_object(), *runs;

	put_string(root, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	put_string(root, "version", "2.1.0");
	runs = put_list(root, "runs");
	for (size_t i = 0; i < doc->nr_subjects; i++)
		add_run(runs, doc, i, wishes);
	return print_json(out, root);
}
