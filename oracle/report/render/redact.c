// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Redaction of a whole document. First it is learnt whose names it holds, then
 * every string is taken, so that no form can forget one. Keys and digests are
 * no addresses: nothing of a machine can be told from them.
 */
#include "redact.h"
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "doc_reader.h"
#include "redact_text.h"

/* Facts whose value is a name. */
static bool names_host(const char *key)
{
	return !strcmp(key, "host") || !strcmp(key, "hostname") || !strcmp(key, "nodename");
}

static bool names_user(const char *key)
{
	return !strcmp(key, "user") || !strcmp(key, "username") || !strcmp(key, "login");
}

/* Whose names the document tells. */
static void learn(struct kmc_redactor *r, const struct kmc_doc *doc)
{
	for (size_t i = 0; i < doc->nr_hosts; i++)
		kmc_redact_host(r, doc->hosts[i].name);
	for (size_t i = 0; i < doc->nr_facts; i++) {
		if (names_host(doc->facts[i].key))
			kmc_redact_host(r, doc->facts[i].value);
		else if (names_user(doc->facts[i].key))
			kmc_redact_user(r, doc->facts[i].value);
		kmc_redact_users_of(r, doc->facts[i].value);
	}
	kmc_redact_users_of(r, doc->file);
	kmc_redact_users_of(r, doc->reproduce);
}

struct walk {
	struct kmc_redactor r;
	struct kmc_doc_reader room; /* new strings live as long as the document */
};

static const char *keep_copy(struct walk *w, const char *old, const char *text)
{
	char *copy;

	if (!strcmp(old, text))
		return old;
	copy = kmc_doc_take(&w->room, strlen(text) + 1, 1);
	return copy ? strcpy(copy, text) : "";
}

static void text(struct walk *w, const char **string)
{
	*string = keep_copy(w, *string, kmc_redact_text(&w->r, *string));
}

static void path(struct walk *w, const char **string)
{
	*string = keep_copy(w, *string, kmc_redact_path(&w->r, *string));
}

static void lines(struct walk *w, struct kmc_doc_lines *list)
{
	for (size_t i = 0; i < list->nr; i++)
		text(w, &list->line[i]);
}

static void rule(struct walk *w, struct kmc_doc_rule *rule)
{
	text(w, &rule->id);
	text(w, &rule->name);
	text(w, &rule->party);
	text(w, &rule->strength);
	text(w, &rule->origin);
	text(w, &rule->why);
	text(w, &rule->statement);
	text(w, &rule->source);
}

static void moment(struct walk *w, struct kmc_doc_moment *m)
{
	text(w, &m->kind);
	text(w, &m->op);
	text(w, &m->object);
	text(w, &m->life);
	text(w, &m->address);
	text(w, &m->role);
	text(w, &m->text);
}

/* Addresses are numbered anew in each finding, as its explanation names them. */
static void finding(struct walk *w, struct kmc_doc_finding *f)
{
	kmc_redact_forget(&w->r);
	lines(w, &f->let);
	lines(w, &f->then);
	lines(w, &f->but);
	text(w, &f->key);
	text(w, &f->title);
	text(w, &f->rule);
	text(w, &f->party);
	text(w, &f->strength);
	text(w, &f->severity);
	text(w, &f->call);
	text(w, &f->clause);
	text(w, &f->shape);
	text(w, &f->address);
	text(w, &f->site);
	text(w, &f->required);
	text(w, &f->reproduce);
	lines(w, &f->minimised.text);
	for (size_t i = 0; i < f->nr_timeline; i++)
		moment(w, &f->timeline[i]);
	kmc_redact_forget(&w->r);
}

static void subject(struct walk *w, struct kmc_doc_subject *s)
{
	text(w, &s->name);
	text(w, &s->edition);
	text(w, &s->verdict);
	text(w, &s->profile);
	text(w, &s->release);
	lines(w, &s->options);
	for (size_t i = 0; i < s->nr_rules; i++)
		rule(w, &s->rules[i]);
	for (size_t i = 0; i < s->nr_findings; i++)
		finding(w, &s->findings[i]);
	for (size_t i = 0; i < s->nr_lives; i++)
		text(w, &s->lives[i].name);
	for (size_t i = 0; i < s->nr_shapes; i++) {
		text(w, &s->shapes[i].call);
		lines(w, &s->shapes[i].seen);
	}
}

/* The whole name, however short it is. */
static void host(struct walk *w, struct kmc_doc_host *host, unsigned int *number)
{
	char name[24];

	if (*host->name && !(w->r.keep & KMC_KEEP_NAMES)) {
		snprintf(name, sizeof(name), "host%u", ++*number);
		host->name = keep_copy(w, host->name, name);
	}
	for (size_t i = 0; i < host->nr_findings; i++)
		text(w, &host->findings[i].key);
}

static void series(struct walk *w, struct kmc_doc_series *series)
{
	text(w, &series->name);
	text(w, &series->plot);
	text(w, &series->kind);
	text(w, &series->subject);
	text(w, &series->unit);
	text(w, &series->x_unit);
}

/* The file's whole name first: it may hold blanks, and stands in the command again. */
static void reproduce(struct walk *w, struct kmc_doc *doc, const char *old_file)
{
	const char *at = *old_file ? strstr(doc->reproduce, old_file) : NULL;
	char *joined;
	size_t before;

	if (!at || !strcmp(old_file, doc->file)) {
		text(w, &doc->reproduce);
		return;
	}
	before = (size_t)(at - doc->reproduce);
	joined = kmc_doc_take(&w->room, strlen(doc->reproduce) + strlen(doc->file) + 1, 1);
	if (!joined)
		return;
	memcpy(joined, doc->reproduce, before);
	strcpy(joined + before, doc->file);
	strcat(joined, at + strlen(old_file));
	doc->reproduce = joined;
	text(w, &doc->reproduce);
}

int kmc_doc_redact(struct kmc_doc *doc, unsigned int keep)
{
	char error[256];
	struct walk w = { .r = { .keep = keep },
			  .room = { .doc = doc, .error = error, .error_bytes = sizeof(error) } };
	const char *file = doc->file;
	unsigned int number = 0;
	int err;

	learn(&w.r, doc);
	path(&w, &doc->file);
	reproduce(&w, doc, file);
	text(&w, &doc->tool);
	text(&w, &doc->version);
	text(&w, &doc->command);
	text(&w, &doc->verdict);
	text(&w, &doc->generated);
	for (size_t i = 0; i < doc->nr_facts; i++) {
		text(&w, &doc->facts[i].key);
		path(&w, &doc->facts[i].value);
	}
	kmc_redact_forget(&w.r);
	for (size_t i = 0; i < doc->nr_subjects; i++)
		subject(&w, &doc->subjects[i]);
	for (size_t i = 0; i < doc->nr_hosts; i++)
		host(&w, &doc->hosts[i], &number);
	for (size_t i = 0; i < doc->nr_series; i++)
		series(&w, &doc->series[i]);
	err = w.r.err ? w.r.err : w.room.err;
	kmc_redact_free(&w.r);
	return err;
}

/* the document as text */

struct json_walk {
	struct kmc_redactor r;
	struct kmc_doc_reader room;
};

/* Beyond 53 bits numbers are strings. */
static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static const char *clean_text(struct json_walk *w, struct json_object *value)
{
	return kmc_doc_string_of(&w->room, value);
}

/* @free_text: whatever is a string is one. */
static struct json_object *redact_json(struct json_walk *w, struct json_object *value,
				       bool free_text)
{
	struct json_object *made;
	const char *string;

	switch (json_object_get_type(value)) {
	case json_type_string:
		string = clean_text(w, value);
		return json_object_new_string(!free_text && is_number(string) ?
						      string : kmc_redact_path(&w->r, string));
	case json_type_array:
		made = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(value); i++)
			json_object_array_add(made,
					      redact_json(w, json_object_array_get_idx(value, i),
							  free_text));
		return made;
	case json_type_object:
		made = json_object_new_object();
		if (json_object_object_get_ex(value, "explain", NULL)) /* a finding */
			kmc_redact_forget(&w->r);
		json_object_object_foreach(value, key, member) {
			const char *plain = kmc_doc_clean(&w->room, key, strlen(key));
			char *name = strdup(kmc_redact_text(&w->r, plain));

			if (name)
				json_object_object_add(made, name,
						       redact_json(w, member, free_text ||
							   !strcmp(key, "facts")));
			free(name);
		}
		return made;
	default:
		return json_object_get(value);
	}
}

char *kmc_doc_redacted_json(const struct kmc_doc *doc, unsigned int keep)
{
	char error[256], *text = NULL;
	struct kmc_doc raw; /* as it was read: the document at hand may have lost the names */
	struct json_walk w = { .r = { .keep = keep },
			       .room = { .doc = &raw, .error = error,
					 .error_bytes = sizeof(error) } };
	struct json_object *root, *clean;
	const char *json;

	if (kmc_doc_read_memory("document", doc->json, doc->json_bytes, &raw, error, sizeof(error)))
		return NULL;
	learn(&w.r, &raw);
	root = json_tokener_parse(doc->json);
	clean = redact_json(&w, root, false);
	json = json_object_to_json_string_ext(clean, JSON_C_TO_STRING_PRETTY |
							     JSON_C_TO_STRING_NOSLASHESCAPE);
	if (json && !w.r.err && !w.room.err)
		text = strdup(json);
	json_object_put(clean);
	json_object_put(root);
	kmc_redact_free(&w.r);
	kmc_doc_free(&raw);
	return text;
}
