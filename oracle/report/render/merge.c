// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Merging run documents: trees by key, so that what is kept grows with distinct
 * keys only, and what is written does not depend on the order of the input.
 */
#include "merge_nodes.h"
#include <string.h>
#include "render_json.h"

#define MOST ((1ull << 53) - 1)

static unsigned int verdict_of(const char *name)
{
	unsigned int i = 0;

	while (i < 2 && strcmp(name, kmc_merge_verdicts[i]))
		i++;
	return i;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	a = a < MOST ? a : MOST;
	b = b < MOST - a ? b : MOST - a;
	return a + b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct json_object *lines(const struct kmc_doc_lines *from)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < from->nr; i++)
		json_object_array_add(list, json_object_new_string(from->line[i]));
	return list;
}

static int add_why(struct kmc_merge_rule_node *node, const char *why)
{
	char *copy;

	if (!*why || (node->why && strcmp(why, node->why) >= 0))
		return 0;
	copy = strdup(why);
	if (!copy)
		return -ENOMEM;
	free(node->why);
	node->why = copy;
	return 0;
}

static int add_rule(struct kmc_merge_subject_node *subject, const struct kmc_doc_rule *rule)
{
	bool fresh;
	struct kmc_merge_rule_node *node = kmc_merge_node(&subject->rules, rule->id, sizeof(*node), &fresh);
	struct json_object *words = json_object_new_object();

	if (!node || !words)
		return -ENOMEM;
	put_string(words, "name", rule->name);
	put_string(words, "party", rule->party);
	put_string(words, "strength", rule->strength);
	put_string(words, "origin", rule->origin);
	node->exercised = sum(node->exercised, rule->exercised);
	node->passed = sum(node->passed, rule->passed);
	node->violated = sum(node->violated, rule->violated);
	node->unknown = sum(node->unknown, rule->unknown);
	node->rank = (unsigned int)larger(node->rank, kmc_merge_rank(rule->state));
	return kmc_merge_keep_words(&node->words, words) ? -ENOMEM : add_why(node, rule->why);
}

static struct json_object *timeline(const struct kmc_doc_finding *f)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < f->nr_timeline; i++) {
		const struct kmc_doc_moment *m = &f->timeline[i];
		struct json_object *moment = add_object(list);

		put_number(moment, "time", m->time);
		put_number(moment, "cpu", m->cpu);
		put_number(moment, "task", m->task);
		put_string(moment, "kind", m->kind);
		put_string(moment, "op", m->op);
		put_string(moment, "object", m->object);
		put_string(moment, "life", m->life);
		put_string(moment, "address", m->address);
		put_number(moment, "bytes", m->bytes);
		put_string(moment, "role", m->role);
		put_string(moment, "text", m->text);
	}
	return list;
}

/* One of the runs stands for all: its program, its window. */
static void add_evidence(struct json_object *words, const struct kmc_doc_finding *f)
{
	struct json_object *program;

	if (f->minimised.text.nr) {
		program = put_object(words, "minimised");
		put(program, "text", lines(&f->minimised.text));
		put_number(program, "ops", f->minimised.ops);
		put_number(program, "ops_before", f->minimised.ops_before);
		put_number(program, "tries", f->minimised.tries);
		put_string(program, "sha256", f->minimised.sha256);
	}
	if (*f->reproduce)
		put_string(words, "reproduce", f->reproduce);
	if (f->nr_timeline)
		put(words, "timeline", timeline(f));
}

static struct json_object *finding_words(const struct kmc_doc_finding *f)
{
	struct json_object *words = json_object_new_object();
	struct json_object *explain;

	put_string(words, "title", f->title);
	put_string(words, "rule", f->rule);
	put_string(words, "party", f->party);
	put_string(words, "strength", f->strength);
	put_string(words, "severity", f->severity);
	put_string(words, "call", f->call);
	put_string(words, "clause", f->clause);
	put_string(words, "shape", f->shape);
	put_string(words, "address", f->address);
	put_string(words, "site", f->site);
	put_string(words, "required", f->required);
	explain = put_object(words, "explain");
	put(explain, "let", lines(&f->let));
	put(explain, "then", lines(&f->then));
	put(explain, "but", lines(&f->but));
	add_evidence(words, f);
	return words;
}

static int add_finding(struct kmc_merge_subject_node *subject, const struct kmc_doc_finding *f)
{
	bool fresh;
	struct kmc_merge_finding_node *node = kmc_merge_node(&subject->findings, f->key, sizeof(*node), &fresh);

	if (!node)
		return -ENOMEM;
	node->occurrences = sum(node->occurrences, f->occurrences);
	node->first = fresh || f->first < node->first ? f->first : node->first;
	node->last = larger(node->last, f->last);
	node->known = f->known && (fresh || node->known);
	node->seen = sum(node->seen, f->seen);
	node->of = sum(node->of, f->of);
	return kmc_merge_keep_words(&node->words, finding_words(f));
}

static int add_life(struct kmc_merge_subject_node *subject, const struct kmc_doc_life *life)
{
	bool fresh;
	struct kmc_merge_life_node *node = kmc_merge_node(&subject->lives, life->name, sizeof(*node), &fresh);
	struct kmc_doc_life *to;

	if (!node)
		return -ENOMEM;
	to = &node->sum;
	to->allocs = sum(to->allocs, life->allocs);
	to->frees = sum(to->frees, life->frees);
	to->failed = sum(to->failed, life->failed);
	to->implied_frees = sum(to->implied_frees, life->implied_frees);
	to->duplicates = sum(to->duplicates, life->duplicates);
	to->before_trace = sum(to->before_trace, life->before_trace);
	to->free_again = sum(to->free_again, life->free_again);
	to->live = sum(to->live, life->live);
	to->live_bytes = sum(to->live_bytes, life->live_bytes);
	to->peak_live_bytes = larger(to->peak_live_bytes, life->peak_live_bytes);
	return 0;
}

static int add_shapes(struct kmc_merge_subject_node *subject, const struct kmc_doc_shapes *shapes)
{
	bool fresh;
	struct kmc_merge_shape_node *node =
		kmc_merge_node(&subject->shapes, shapes->call, sizeof(*node), &fresh);

	for (size_t i = 0; node && i < shapes->seen.nr; i++)
		if (!kmc_merge_node(&node->seen, shapes->seen.line[i],
				    sizeof(struct kmc_merge_node), &fresh))
			return -ENOMEM;
	return node ? 0 : -ENOMEM;
}

static int add_catalogue(struct kmc_merge *merge, const struct kmc_doc_rule *rule)
{
	struct json_object *words;
	struct kmc_merge_word_node *node;
	bool fresh;

	if (!*rule->statement && !*rule->source)
		return 0; /* the document does not say */
	node = kmc_merge_node(&merge->catalogue, rule->id, sizeof(*node), &fresh);
	words = json_object_new_object();
	if (!node || !words)
		return -ENOMEM;
	put_string(words, "statement", rule->statement);
	put_string(words, "source", rule->source);
	return kmc_merge_keep_words(&node->words, words);
}

/* Subjects are one where a rule means the same: edition, release, options, page size. */
static struct json_object *subject_words(const struct kmc_doc_subject *s)
{
	struct json_object *words = json_object_new_object(), *machine;

	put_string(words, "name", s->name);
	put_string(words, "edition", s->edition);
	put(words, "bare", json_object_new_boolean(s->bare));
	machine = put_object(words, "machine");
	put(machine, "profile", *s->profile ? json_object_new_string(s->profile) : NULL);
	put(machine, "release", *s->release ? json_object_new_string(s->release) : NULL);
	put_number(machine, "page_bytes", s->page_bytes);
	put(machine, "options", lines(&s->options));
	return words;
}

static struct kmc_merge_subject_node *subject_of(struct kmc_merge *merge, const struct kmc_doc_subject *s)
{
	struct json_object *words = subject_words(s);
	const char *key = json_object_to_json_string_ext(words, 0);
	struct kmc_merge_subject_node *node = NULL;
	bool fresh;

	if (key)
		node = kmc_merge_node(&merge->subjects, key, sizeof(*node), &fresh);
	if (!node)
		json_object_put(words);
	else if (kmc_merge_keep_words(&node->words, words))
		return NULL;
	return node;
}

static int add_subject(struct kmc_merge *merge, const struct kmc_doc_subject *s)
{
	struct kmc_merge_subject_node *node = subject_of(merge, s);
	int err = node ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < s->nr_rules; i++) {
		err = add_rule(node, &s->rules[i]);
		if (!err)
			err = add_catalogue(merge, &s->rules[i]);
	}
	for (size_t i = 0; !err && i < s->nr_findings; i++)
		err = add_finding(node, &s->findings[i]);
	for (size_t i = 0; !err && i < s->nr_lives; i++)
		err = add_life(node, &s->lives[i]);
	for (size_t i = 0; !err && i < s->nr_shapes; i++)
		err = add_shapes(node, &s->shapes[i]);
	if (err)
		return err;
	node->cpus = larger(node->cpus, s->cpus);
	node->nodes = larger(node->nodes, s->nodes);
	node->guide = larger(node->guide, s->guide);
	node->events = sum(node->events, s->events);
	node->violated |= verdict_of(s->verdict) == 1;
	node->conforms |= verdict_of(s->verdict) == 0;
	return 0;
}

/* hosts */

static int count_finding(struct kmc_merge_host_node *host, const char *key, uint64_t occurrences)
{
	bool fresh;
	struct kmc_merge_count_node *node = kmc_merge_node(&host->findings, key, sizeof(*node), &fresh);

	if (!node)
		return -ENOMEM;
	node->count = sum(node->count, occurrences);
	return 0;
}

static const char *host_fact(const struct kmc_doc *doc)
{
	for (size_t i = 0; i < doc->nr_facts; i++)
		if (!strcmp(doc->facts[i].key, "host"))
			return doc->facts[i].value;
	return "";
}

/* A document of one run. */
static int add_run(struct kmc_merge *merge, const struct kmc_doc *doc, const char *name)
{
	bool fresh;
	struct kmc_merge_host_node *host = kmc_merge_node(&merge->hosts, name ? name : host_fact(doc), sizeof(*host),
					 &fresh);
	int err = host ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < doc->nr_subjects; i++) {
		const struct kmc_doc_subject *s = &doc->subjects[i];

		host->events = sum(host->events, s->events);
		for (size_t j = 0; !err && j < s->nr_findings; j++)
			err = count_finding(host, s->findings[j].key, s->findings[j].occurrences);
	}
	if (err)
		return err;
	host->documents = sum(host->documents, 1);
	host->verdicts[verdict_of(doc->verdict)] =
		sum(host->verdicts[verdict_of(doc->verdict)], 1);
	merge->documents = sum(merge->documents, 1);
	return 0;
}

/* A host of a merged document. */
static int add_host(struct kmc_merge *merge, const struct kmc_doc_host *from, const char *name)
{
	bool fresh;
	struct kmc_merge_host_node *host = kmc_merge_node(&merge->hosts, name ? name : from->name, sizeof(*host),
					 &fresh);
	int err = host ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < from->nr_findings; i++)
		err = count_finding(host, from->findings[i].key, from->findings[i].occurrences);
	if (err)
		return err;
	host->documents = sum(host->documents, from->documents);
	host->events = sum(host->events, from->events);
	for (unsigned int i = 0; i < 3; i++)
		host->verdicts[i] = sum(host->verdicts[i], from->verdicts[i]);
	merge->documents = sum(merge->documents, from->documents);
	return 0;
}

int kmc_merge_add(struct kmc_merge *merge, const struct kmc_doc *doc, const char *host)
{
	int err = doc->nr_hosts ? 0 : add_run(merge, doc, host);

	for (size_t i = 0; !err && i < doc->nr_hosts; i++)
		err = add_host(merge, &doc->hosts[i], host);
	for (size_t i = 0; !err && i < doc->nr_subjects; i++)
		err = add_subject(merge, &doc->subjects[i]);
	merge->violated |= verdict_of(doc->verdict) == 1;
	return err;
}
