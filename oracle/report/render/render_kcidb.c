// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KCIDB 5.3: one checkout, one build, a test for each rule, an issue and an
 * incident for each finding. Only a run on a real kernel has a checkout; and
 * without that kernel's commit nobody could make anything of it.
 */
#include <ctype.h>
#include <string.h>
#include "render.h"
#include "render_json.h"

#define EXCERPT_MAX 16000 /* characters; the schema allows 16384 */

static const char *const states[DOC_NR_STATES] = {
	[DOC_PASS] = "PASS", [DOC_VIOLATED] = "FAIL", [DOC_KNOWN] = "FAIL",
	[DOC_UNKNOWN] = "ERROR", [DOC_UNEXERCISED] = "SKIP", [DOC_UNREACHABLE] = "SKIP",
};

struct ids {
	const char *origin;
	char checkout[160], build[200];
};

/* What an id's second half may hold without asking anybody. */
static void put_id(struct json_object *object, const char *key, const char *origin,
		   const char *text)
{
	char id[512];
	size_t len = (size_t)snprintf(id, sizeof(id), "%s:", origin);

	for (; *text && len + 1 < sizeof(id); text++)
		id[len++] = isalnum((unsigned char)*text) || strchr("._-", *text) ? *text : '_';
	id[len] = '\0';
	put_string(object, key, id);
}

static void make_ids(struct ids *ids, const struct kmc_doc *doc, const struct kmc_doc_subject *s,
		     const struct kmc_render_wishes *wishes)
{
	ids->origin = wishes->origin ? wishes->origin : "kmconform";
	snprintf(ids->checkout, sizeof(ids->checkout), "%s", wishes->commit);
	snprintf(ids->build, sizeof(ids->build), "%.60s-%.40s-%.16s", wishes->commit, s->release,
		 *doc->sha256 ? doc->sha256 : "run");
}

static void add_checkout(struct json_object *root, const struct ids *ids,
			 const struct kmc_doc_subject *s)
{
	struct json_object *checkout = add_object(put_list(root, "checkouts"));

	put_id(checkout, "id", ids->origin, ids->checkout);
	put_string(checkout, "origin", ids->origin);
	put_string(checkout, "git_commit_hash", ids->checkout);
	put_string(checkout, "patchset_hash", "");
	put_string(checkout, "git_commit_name", s->release);
	put(checkout, "valid", json_object_new_boolean(true));
}

static void add_build(struct json_object *root, const struct ids *ids,
		      const struct kmc_render_wishes *wishes)
{
	struct json_object *build = add_object(put_list(root, "builds"));

	put_id(build, "id", ids->origin, ids->build);
	put_string(build, "origin", ids->origin);
	put_id(build, "checkout_id", ids->origin, ids->checkout);
	if (wishes->config && !strncmp(wishes->config, "https://", 8))
		put_string(build, "config_url", wishes->config);
	else if (wishes->config)
		put_string(build, "config_name", wishes->config);
	put_string(build, "status", "PASS");
}

static void test_id(char *id, size_t size, const struct ids *ids, const char *rule)
{
	snprintf(id, size, "%s-%s", ids->build, rule);
}

/* kmconform.<family>.<rule>: what the pattern of paths takes. */
static void put_path(struct json_object *test, const char *rule)
{
	char path[80];
	size_t len = (size_t)snprintf(path, sizeof(path), "kmconform.%.*s.%.40s",
				      (int)(kmc_doc_family_bytes(rule) < 16 ?
						    kmc_doc_family_bytes(rule) : 16), rule, rule);

	for (size_t i = 0; i < len && i < sizeof(path) - 1; i++)
		if (!isalnum((unsigned char)path[i]) && !strchr("._-", path[i]))
			path[i] = '_';
	put_string(test, "path", path);
}

struct excerpt {
	char text[EXCERPT_MAX];
	size_t len;
};

/* Whole lines, as long as there is room. */
static void add_line(void *arg, const char *text)
{
	struct excerpt *excerpt = arg;

	if (excerpt->len + strlen(text) + 2 < sizeof(excerpt->text))
		excerpt->len += (size_t)sprintf(excerpt->text + excerpt->len, "%s\n", text);
}

static void put_excerpt(struct json_object *test, const struct kmc_doc *doc,
			const struct kmc_doc_subject *s, const char *rule,
			const struct kmc_render_wishes *wishes)
{
	static const char *const words[] = { "Let", "Then", "But" };
	static struct excerpt excerpt;
	char line[2100];

	excerpt.text[0] = '\0';
	excerpt.len = 0;
	for (size_t i = 0; i < s->nr_findings; i++) {
		const struct kmc_doc_finding *f = &s->findings[i];
		const struct kmc_doc_lines *parts[] = { &f->let, &f->then, &f->but };
		struct kmc_address_names names = { 0 };

		if (strcmp(f->rule, rule))
			continue;
		for (unsigned int p = 0; p < 3; p++)
			for (size_t j = 0; j < parts[p]->nr; j++) {
				snprintf(line, sizeof(line), "%-5s %.2000s", j ? "" : words[p],
					 kmc_render_line(&names, parts[p]->line[j], wishes));
				add_line(&excerpt, line);
			}
		kmc_render_evidence(doc, f, add_line, &excerpt);
	}
	if (excerpt.len)
		put_string(test, "log_excerpt", excerpt.text);
}

/* Advice is judged by nobody else: it was looked at, that is all. */
static const char *status_of(const struct kmc_doc_rule *r)
{
	return r->state == DOC_VIOLATED && strcmp(r->strength, "must") ? "DONE" : states[r->state];
}

static void add_test(struct json_object *tests, const struct ids *ids, const struct kmc_doc *doc,
		     const struct kmc_doc_subject *s, const struct kmc_doc_rule *r,
		     const struct kmc_render_wishes *wishes)
{
	struct json_object *test = add_object(tests), *misc;
	char id[256];

	test_id(id, sizeof(id), ids, r->id);
	put_id(test, "id", ids->origin, id);
	put_string(test, "origin", ids->origin);
	put_id(test, "build_id", ids->origin, ids->build);
	put_path(test, r->id);
	put_string(test, "status", status_of(r));
	if (r->state == DOC_VIOLATED || r->state == DOC_KNOWN)
		put_excerpt(test, doc, s, r->id, wishes);
	misc = put_object(test, "misc");
	put_string(misc, "party", r->party);
	put_string(misc, "strength", r->strength);
	put_number(misc, "exercised", r->exercised);
	if (*r->why)
		put_string(misc, "why", r->why);
}

static void add_finding(struct json_object *issues, struct json_object *incidents,
			const struct ids *ids, const struct kmc_doc_finding *f)
{
	struct json_object *issue = add_object(issues), *incident = add_object(incidents);
	struct json_object *categories;
	char id[256], category[32];

	put_id(issue, "id", ids->origin, f->key);
	put_string(issue, "origin", ids->origin);
	put_number(issue, "version", 1);
	put_string(issue, "report_subject", f->title);
	categories = put_list(issue, "categories");
	snprintf(category, sizeof(category), "mm.%s", kmc_render_area(f->rule));
	json_object_array_add(categories, json_object_new_string(category));
	if (!strcmp(f->party, "caller"))
		json_object_array_add(categories, json_object_new_string("caller"));
	put(put_object(issue, "culprit"), "code", json_object_new_boolean(true));
	put_string(issue, "comment", f->required);
	snprintf(id, sizeof(id), "%s-%s", ids->build, f->key);
	put_id(incident, "id", ids->origin, id);
	put_string(incident, "origin", ids->origin);
	put_id(incident, "issue_id", ids->origin, f->key);
	put_number(incident, "issue_version", 1);
	test_id(id, sizeof(id), ids, f->rule);
	put_id(incident, "test_id", ids->origin, id);
	put(incident, "present", json_object_new_boolean(true));
}

static const struct kmc_doc_subject *real_kernel(const struct kmc_doc *doc)
{
	for (size_t i = 0; i < doc->nr_subjects; i++)
		if (doc->subjects[i].bare && *doc->subjects[i].release)
			return &doc->subjects[i];
	return NULL;
}

static bool is_commit(const char *text)
{
	return text && strlen(text) == 40 && strspn(text, "0123456789abcdef") == 40;
}

static bool is_origin(const char *text)
{
	return !text || (*text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
					  strlen(text));
}

int kmc_render_kcidb(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_subject *s = real_kernel(doc);
	struct json_object *root, *version, *tests, *issues, *incidents;
	struct ids ids;

	if (!s)
		return kmc_render_refuse("kcidb: no subject of this run is a real kernel");
	if (!is_commit(wishes->commit))
		return kmc_render_refuse("kcidb: --commit wants the kernel's commit, 40 hexadecimal digits");
	if (!is_origin(wishes->origin))
		return kmc_render_refuse("kcidb: an origin is of the letters a to z, digits and _");
	make_ids(&ids, doc, s, wishes);
	root = json_object_new_object();
	version = put_object(root, "version");
	put_number(version, "major", 5);
	put_number(version, "minor", 3);
	add_checkout(root, &ids, s);
	add_build(root, &ids, wishes);
	tests = put_list(root, "tests");
	for (size_t i = 0; i < s->nr_rules; i++)
		add_test(tests, &ids, doc, s, &s->rules[i], wishes);
	issues = put_list(root, "issues");
	incidents = put_list(root, "incidents");
	for (size_t i = 0; i < s->nr_findings; i++)
		if (!kmc_render_is_note(&s->findings[i]))
			add_finding(issues, incidents, &ids, &s->findings[i]);
	return print_json(out, root);
}
