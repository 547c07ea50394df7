/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The campaign as a run document: the rules that the corpus exercises, as the
 * counting child last wrote them, the findings of the folders, and the curves
 * of progress.csv. Written at the start, now and then, after each finding and
 * at the end; all but the last are partial.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "campaign.h"
#include "fuzz/telltale.h"
#include "kmc-version.h"
#include "oracle/report.h"
#include "vocab/program.h"

#define MOST_POINTS 256u

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)number));
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

/* NULL where there is no list, also where there is something else: files may be damaged. */
static struct json_object *list_of(struct json_object *object, const char *key)
{
	struct json_object *list = member(object, key);

	return json_object_is_type(list, json_type_array) ? list : NULL;
}

static uint64_t number_of(struct json_object *object, const char *key)
{
	return json_object_get_uint64(member(object, key));
}

static void add_lines(struct json_object *object, const char *key, const char *text)
{
	struct json_object *list = json_object_new_array();

	while (text && *text) {
		size_t len = strcspn(text, "\n");

		json_object_array_add(list, json_object_new_string_len(text, (int)len));
		text += len;
		text += *text == '\n';
	}
	json_object_object_add(object, key, list);
}

/* findings */

/* The value of a line "name   : value" of a finding's "about". */
static bool about(const char *text, const char *name, char *value, size_t size)
{
	const char *at = text;
	size_t len = strlen(name);

	for (; at && *at; at = strchr(at, '\n'), at += at != NULL) {
		const char *colon = strchr(at, ':');

		if (strncmp(at, name, len) || (at[len] != ' ' && at[len] != ':') || !colon)
			continue;
		snprintf(value, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
		return true;
	}
	*value = '\0';
	return false;
}

/* What kmconform check said of the reduced program, if it was run on it. */
static struct json_object *from_check(const char *folder, const char *key)
{
	char path[PATH_MAX];
	struct json_object *root, *subjects, *found = NULL;

	if (snprintf(path, sizeof(path), "%s/run.json", folder) >= (int)sizeof(path))
		return NULL;
	root = access(path, R_OK) ? NULL : json_object_from_file(path);
	subjects = list_of(root, "subjects");
	for (size_t s = 0; subjects && s < json_object_array_length(subjects); s++) {
		struct json_object *list =
			list_of(json_object_array_get_idx(subjects, s), "findings");

		for (size_t i = 0; list && i < json_object_array_length(list); i++) {
			struct json_object *one = json_object_array_get_idx(list, i);
			const char *its = json_object_get_string(member(one, "key"));

			if (its && !strcmp(its, key) && !found)
				found = json_object_get(one);
		}
	}
	json_object_put(root);
	return found;
}

/* The lines behind "  Let   " and its like, up to the next of them. */
static void add_told(struct json_object *explain, const char *said, const char *word,
		     const char *key)
{
	char head[16];
	const char *at;

	snprintf(head, sizeof(head), "\n  %-5s ", word);
	at = strstr(said, head);
	if (at) {
		char *line = strndup(at + strlen(head), strcspn(at + strlen(head), "\n"));

		add_lines(explain, key, line);
		free(line);
	} else {
		add_lines(explain, key, "");
	}
}

/* From the target's own words, where no check could be had. */
static struct json_object *from_telltale(const char *folder)
{
	struct json_object *object = NULL, *explain;
	struct kmc_telltale t;
	const struct kmc_rule *rule;
	char path[PATH_MAX], title[256], *said;
	size_t len;

	if (snprintf(path, sizeof(path), "%s/said", folder) >= (int)sizeof(path))
		return NULL;
	said = kmc_read_file(path, &len);
	if (!said || !kmc_telltale_parse(said, len, &t) || kmc_rule_find(t.rule) < 0)
		goto out;
	rule = kmc_rule_at((size_t)kmc_rule_find(t.rule));
	object = json_object_new_object();
	snprintf(title, sizeof(title), "%s: %s, %s", rule->name, t.call, t.clause);
	add_text(object, "key", t.key);
	add_text(object, "title", title);
	add_text(object, "rule", rule->id);
	add_text(object, "party", rule->party == KMC_PARTY_CALLER ? "caller" : "allocator");
	add_text(object, "strength", "must"); /* nothing else ends a target */
	add_text(object, "severity", rule->origin == KMC_ORIGIN_I ? "equivalence" : "high");
	add_text(object, "call", t.call);
	add_text(object, "clause", t.clause);
	add_text(object, "shape", t.shape);
	add_number(object, "occurrences", 1);
	add_number(object, "first", 0);
	add_number(object, "last", 0);
	json_object_object_add(object, "known", json_object_new_boolean(false));
	add_text(object, "address", "0");
	add_text(object, "site", "0");
	add_text(object, "required", rule->statement);
	explain = json_object_new_object();
	add_told(explain, said, "Let", "let");
	add_told(explain, said, "Then", "then");
	add_told(explain, said, "But", "but");
	json_object_object_add(object, "explain", explain);
out:
	free(said);
	return object;
}

static uint64_t ops_of(const char *path)
{
	struct kmc_program program;
	char error[256];
	uint64_t ops = 0;

	kmc_program_init(&program);
	if (!kmc_program_read(&program, path, error, sizeof(error)))
		ops = program.nr_ops;
	kmc_program_free(&program);
	return ops;
}

/* Return: is there one? */
static bool add_program(struct json_object *object, const char *folder)
{
	char path[PATH_MAX], *text;
	struct json_object *part;
	size_t len;

	if (snprintf(path, sizeof(path), "%s/reduced.op", folder) >= (int)sizeof(path))
		return false;
	text = kmc_read_file(path, &len);
	if (!text)
		return false;
	part = json_object_new_object();
	add_lines(part, "text", text);
	add_number(part, "ops", ops_of(path));
	if (snprintf(path, sizeof(path), "%s/program.op", folder) < (int)sizeof(path))
		add_number(part, "ops_before", ops_of(path));
	json_object_object_add(object, "minimised", part);
	free(text);
	return true;
}

/* How often it was seen again, the program, and the command that shows it. */
static void add_evidence(struct json_object *object, const char *folder, const char *key)
{
	const char *planted = getenv("KMC_PLANTED");
	const char *option = kmc_check_option(folder);
	char path[PATH_MAX], value[128], *text = NULL, command[768];
	unsigned int seen, of;
	struct json_object *part;
	size_t len;

	if (snprintf(path, sizeof(path), "%s/about", folder) < (int)sizeof(path))
		text = kmc_read_file(path, &len);
	if (text && about(text, "reproduced", value, sizeof(value)) &&
	    sscanf(value, "%u of %u", &seen, &of) == 2) {
		part = json_object_new_object();
		add_number(part, "seen", seen);
		add_number(part, "of", of);
		json_object_object_add(object, "reliability", part);
	}
	free(text);
	if (!add_program(object, folder))
		return;
	snprintf(command, sizeof(command), "%s%s%skmconform check %s.op%s%s",
		 planted ? "KMC_PLANTED=" : "", planted ? planted : "", planted ? " " : "", key,
		 option ? " " : "", option ? option : "");
	add_text(object, "reproduce", command);
}

static int is_finding(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "v1-", 3);
}

/* A rule that has a finding is violated, whether the corpus shows it or not. */
static void note_violation(struct json_object *rules, struct json_object *finding)
{
	const char *id = json_object_get_string(member(finding, "rule"));
	struct json_object *rule = NULL;

	for (size_t i = 0; i < json_object_array_length(rules); i++)
		if (!strcmp(json_object_get_string(
				    member(json_object_array_get_idx(rules, i), "id")), id))
			rule = json_object_array_get_idx(rules, i);
	if (!rule)
		return;
	add_text(rule, "state", "violated");
	json_object_object_del(rule, "why");
	if (number_of(rule, "violated"))
		return;
	add_number(rule, "violated", 1);
	add_number(rule, "exercised", number_of(rule, "exercised") + 1);
}

static void add_findings(struct kmc_campaign *c, struct json_object *subject)
{
	struct json_object *list = json_object_new_array(), *rules = member(subject, "rules");
	char path[PATH_MAX], folder[PATH_MAX];
	struct dirent **names;
	int nr = scandir(kmc_path(c, path, "findings"), &names, is_finding, alphasort);

	for (int i = 0; i < nr; i++) {
		const char *key = names[i]->d_name;
		struct json_object *one = NULL;

		if (snprintf(folder, sizeof(folder), "%s/%s", path, key) < (int)sizeof(folder))
			one = from_check(folder, key);
		if (!one)
			one = from_telltale(folder);
		if (one) {
			add_evidence(one, folder, key);
			note_violation(rules, one);
			json_object_array_add(list, one);
		}
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
	json_object_object_add(subject, "findings", list);
}

/* What the states add up to, now that findings have changed some. */
static bool add_totals(struct json_object *subject)
{
	static const char *const states[] = { "pass", "violated", "known", "unknown",
					      "unexercised", "unreachable" };
	struct json_object *rules = member(subject, "rules"), *totals = json_object_new_object();
	uint64_t count[6] = { 0 }, noted = 0;
	bool hard = false;

	for (size_t i = 0; i < json_object_array_length(rules); i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);
		const char *state = json_object_get_string(member(rule, "state"));
		bool must = !strcmp(json_object_get_string(member(rule, "strength")), "must");
		unsigned int at = 0;

		while (at < 5 && strcmp(state, states[at]))
			at++;
		if (at == 1 && !must)
			noted++;
		else
			count[at]++;
		hard |= at == 1 && must && strcmp(json_object_get_string(member(rule, "origin")), "I");
	}
	for (unsigned int i = 0; i < 6; i++)
		add_number(totals, states[i], count[i]);
	add_number(totals, "noted", noted);
	json_object_object_add(subject, "totals", totals);
	return hard;
}

/* curves */

struct sample {
	double seconds, rate;
	uint64_t execs, edges, rules, findings;
};

struct samples {
	struct sample at[MOST_POINTS];
	unsigned int nr, every, skipped;
};

/* As many as there is room for, of the whole time: every n-th, n doubled when it is full. */
static void keep(struct samples *samples, const struct sample *sample)
{
	if (++samples->skipped < samples->every)
		return;
	samples->skipped = 0;
	if (samples->nr == MOST_POINTS) {
		for (unsigned int i = 0; i < MOST_POINTS / 2; i++)
			samples->at[i] = samples->at[2 * i + 1];
		samples->nr = MOST_POINTS / 2;
		samples->every *= 2;
	}
	samples->at[samples->nr++] = *sample;
}

static void read_samples(struct kmc_campaign *c, struct samples *samples)
{
	char path[PATH_MAX], line[512];
	FILE *in = fopen(kmc_path(c, path, "progress.csv"), "r");
	struct sample s;

	samples->every = 1;
	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "%lf,%" SCNu64 ",%lf,%*[^,],%" SCNu64 ",%" SCNu64 ",%*[^,],%" SCNu64,
			   &s.seconds, &s.execs, &s.rate, &s.edges, &s.rules, &s.findings) == 6)
			keep(samples, &s);
	if (in)
		fclose(in);
}

static uint64_t pick(const struct sample *s, unsigned int which)
{
	switch (which) {
	case 0: return s->rules;
	case 1: return s->edges;
	case 2: return s->findings;
	default: return (uint64_t)s->rate;
	}
}

static void add_curve(struct json_object *list, const struct samples *samples, unsigned int which)
{
	static const struct {
		const char *name, *plot, *kind, *unit, *x_unit;
	} curves[] = {
		{ "rules exercised", "discovery", "steps", "rules", "executions" },
		{ "edges", "discovery of code", "steps", "edges", "executions" },
		{ "findings", "findings", "steps", "findings", "executions" },
		{ "executions a second", "rate", "line", "executions/s", "s" },
	};
	struct json_object *object = json_object_new_object();
	struct json_object *points = json_object_new_array();

	add_text(object, "name", curves[which].name);
	add_text(object, "plot", curves[which].plot);
	add_text(object, "kind", curves[which].kind);
	add_text(object, "unit", curves[which].unit);
	add_text(object, "x_unit", curves[which].x_unit);
	for (unsigned int i = 0; i < samples->nr; i++) {
		const struct sample *s = &samples->at[i];
		uint64_t x = which == 3 ? (uint64_t)s->seconds : s->execs;
		struct json_object *pair = json_object_new_array();

		json_object_array_add(pair, json_object_new_int64((int64_t)x));
		json_object_array_add(pair, json_object_new_int64((int64_t)pick(s, which)));
		json_object_array_add(points, pair);
	}
	json_object_object_add(object, "points", points);
	json_object_array_add(list, object);
}

static void add_curves(struct kmc_campaign *c, struct json_object *root)
{
	struct json_object *list = json_object_new_array(), *clock = json_object_new_array();
	struct json_object *generated = member(root, "generated");
	struct samples samples = { .nr = 0 };

	read_samples(c, &samples);
	for (unsigned int which = 0; which < 3; which++)
		add_curve(list, &samples, which);
	json_object_object_add(root, "series", list);
	add_curve(clock, &samples, 3);
	json_object_object_add(generated, "series", clock);
	add_number(generated, "seconds", (uint64_t)(c->seconds + kmc_now() - c->began));
}

/* the whole */

static void add_facts(struct kmc_campaign *c, struct json_object *root)
{
	struct json_object *input = json_object_new_object(), *facts = json_object_new_object();
	struct json_object *tool = member(root, "tool");
	const char *folder = strrchr(c->options->folder, '/');
	uint64_t edges = 0, corpus = 0;

	for (unsigned int i = 0; i < c->nr_targets; i++) {
		edges += c->targets[i].edges;
		corpus += c->targets[i].corpus;
	}
	add_text(tool, "command", "fuzz");
	add_text(input, "file", folder && folder[1] ? folder + 1 : c->options->folder);
	json_object_object_add(input, "sha256", NULL);
	add_text(facts, "kind", "fuzz");
	add_number(facts, "targets", c->nr_targets);
	add_number(facts, "sessions", c->sessions);
	add_number(facts, "executions", c->execs);
	add_number(facts, "edges", edges);
	add_number(facts, "inputs", corpus);
	add_number(facts, "findings_new", c->findings_new);
	add_number(facts, "findings_known", c->findings_known);
	json_object_object_add(input, "facts", facts);
	json_object_object_add(root, "input", input);
	add_text(root, "reproduce", "kmconform fuzz");
}

static void add_verdict(struct json_object *root, struct json_object *subject, bool violated,
			bool last)
{
	/* What the judge of the corpus says alone knows of no finding. */
	const char *corpus = json_object_get_string(member(subject, "verdict"));
	const char *verdict = violated || !strcmp(corpus, "violated") ? "violated" :
			      last && !strcmp(corpus, "conforms") ? "conforms" : "unknown";

	add_text(subject, "verdict", verdict);
	if (!last)
		json_object_object_add(root, "partial", json_object_new_boolean(true));
	add_text(root, "verdict", last ? verdict : "unknown");
	add_number(root, "exit_status", last ? !strcmp(verdict, "violated") : 2);
}

/* The subject of a document that rules were counted in; NULL when it is none. */
static struct json_object *subject_of(struct json_object *root)
{
	struct json_object *subjects = list_of(root, "subjects");
	struct json_object *subject = subjects ? json_object_array_get_idx(subjects, 0) : NULL;

	return list_of(subject, "rules") ? subject : NULL;
}

/* As rules were last counted; as if never when that is lost. */
static struct json_object *base(struct kmc_campaign *c)
{
	char path[PATH_MAX];
	struct json_object *root;

	root = json_object_from_file(kmc_path(c, path, "work/rules.json"));
	if (subject_of(root))
		return root;
	json_object_put(root);
	return kmc_rules_none(path) ? NULL : json_object_from_file(path);
}

void kmc_document_write(struct kmc_campaign *c, bool last)
{
	struct json_object *root = base(c), *subject = subject_of(root);
	char path[PATH_MAX], *text = NULL;
	const char *json;
	int err = -EIO;

	if (!subject)
		goto out;
	add_facts(c, root);
	add_findings(c, subject);
	add_verdict(root, subject, add_totals(subject), last);
	add_curves(c, root);
	json = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	if (json && asprintf(&text, "%s\n", json) >= 0)
		err = kmc_write_file(kmc_path(c, path, "run.json"), text, strlen(text));
out:
	if (err)
		fprintf(stderr, "kmconform fuzz: run.json: %s\n", strerror(-err));
	free(text);
	json_object_put(root);
}

void kmc_document_keep(struct kmc_campaign *c)
{
	static double next;
	static uint64_t findings;

	if (kmc_now() < next && findings == c->findings_new)
		return;
	kmc_document_write(c, false);
	next = kmc_now() + KMC_DOCUMENT_EVERY_S;
	findings = c->findings_new;
}
