// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Merging run documents: trees by key, so that what is kept grows with distinct
 * keys only, and what is written does not depend on the order of the input.
 */
#include "merge.h"
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "render_json.h"

#define MOST ((1ull << 53) - 1)

/* Every node of a tree begins with its key. */
struct node {
	char *key;
};

/* What is told of a key that should be the same everywhere: the smallest wins. */
struct words {
	char *text; /* JSON without spaces */
};

struct rule_node {
	struct node node;
	struct words words;
	char *why;
	uint64_t exercised, passed, violated, unknown;
	unsigned int rank;
	bool hard, must;
};

struct finding_node {
	struct node node;
	struct words words;
	uint64_t occurrences, first, last;
	bool known;
};

struct life_node {
	struct node node;
	struct kmc_doc_life sum; /* its name is not used */
};

struct word_node {
	struct node node;
	struct words words;
};

struct subject_node {
	struct node node;
	struct words words; /* what the key was made of */
	uint64_t cpus, nodes, events, guide;
	bool violated, conforms;
	void *rules, *findings, *lives;
};

struct count_node {
	struct node node;
	uint64_t count;
};

struct host_node {
	struct node node;
	uint64_t documents, events, verdicts[3];
	void *findings;
};

struct kmc_merge {
	void *subjects, *catalogue, *hosts;
	uint64_t documents;
	bool violated;
};

static const char *const verdict_names[3] = { "conforms", "violated", "unknown" };

static unsigned int verdict_of(const char *name)
{
	unsigned int i = 0;

	while (i < 2 && strcmp(name, verdict_names[i]))
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

/* trees */

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->key, ((const struct node *)b)->key);
}

/* The node of @key; a new one is zero and *fresh is set. NULL without memory. */
static void *node_of(void **tree, const char *key, size_t bytes, bool *fresh)
{
	struct node wanted = { .key = (char *)(uintptr_t)key }, *node;
	struct node **found = tfind(&wanted, tree, by_key);

	*fresh = !found;
	if (found)
		return *found;
	node = calloc(1, bytes);
	if (!node)
		return NULL;
	node->key = strdup(key);
	if (node->key && tsearch(node, tree, by_key))
		return node;
	free(node->key);
	free(node);
	return NULL;
}

/* Keep the smaller of two texts; @object is given back. */
static int keep_words(struct words *words, struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE);
	char *copy = NULL;
	int err = text ? 0 : -ENOMEM;

	if (text && (!words->text || strcmp(text, words->text) < 0)) {
		copy = strdup(text);
		err = copy ? 0 : -ENOMEM;
	}
	if (copy) {
		free(words->text);
		words->text = copy;
	}
	json_object_put(object);
	return err;
}

static struct json_object *words_object(const struct words *words)
{
	struct json_object *object = words->text ? json_tokener_parse(words->text) : NULL;

	return object ? object : json_object_new_object();
}

/* adding a document */

static struct json_object *lines(const struct kmc_doc_lines *from)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < from->nr; i++)
		json_object_array_add(list, json_object_new_string(from->line[i]));
	return list;
}

/* Where runs differ, what asks for more attention stands: unknown is never passed over. */
static unsigned int rank_of(enum kmc_doc_state state)
{
	static const unsigned char ranks[DOC_NR_STATES] = {
		[DOC_UNREACHABLE] = 0, [DOC_UNEXERCISED] = 1, [DOC_PASS] = 2,
		[DOC_KNOWN] = 3,       [DOC_UNKNOWN] = 4,     [DOC_VIOLATED] = 5,
	};

	return ranks[state];
}

static const char *rank_name(unsigned int rank)
{
	unsigned int state = 0;

	while (rank_of(state) != rank)
		state++;
	return kmc_doc_state_name(state);
}

static int add_why(struct rule_node *node, const char *why)
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

static int add_rule(struct subject_node *subject, const struct kmc_doc_rule *rule)
{
	bool fresh;
	struct rule_node *node = node_of(&subject->rules, rule->id, sizeof(*node), &fresh);
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
	node->rank = (unsigned int)larger(node->rank, rank_of(rule->state));
	node->must |= !strcmp(rule->strength, "must");
	node->hard |= !strcmp(rule->strength, "must") && strcmp(rule->origin, "I") &&
		      !strcmp(rule->party, "allocator");
	return keep_words(&node->words, words) ? -ENOMEM : add_why(node, rule->why);
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
	return words;
}

static int add_finding(struct subject_node *subject, const struct kmc_doc_finding *f)
{
	bool fresh;
	struct finding_node *node = node_of(&subject->findings, f->key, sizeof(*node), &fresh);

	if (!node)
		return -ENOMEM;
	node->occurrences = sum(node->occurrences, f->occurrences);
	node->first = fresh || f->first < node->first ? f->first : node->first;
	node->last = larger(node->last, f->last);
	node->known = f->known && (fresh || node->known);
	return keep_words(&node->words, finding_words(f));
}

static int add_life(struct subject_node *subject, const struct kmc_doc_life *life)
{
	bool fresh;
	struct life_node *node = node_of(&subject->lives, life->name, sizeof(*node), &fresh);
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

static int add_catalogue(struct kmc_merge *merge, const struct kmc_doc_rule *rule)
{
	struct json_object *words;
	struct word_node *node;
	bool fresh;

	if (!*rule->statement && !*rule->source)
		return 0; /* the document does not say */
	node = node_of(&merge->catalogue, rule->id, sizeof(*node), &fresh);
	words = json_object_new_object();
	if (!node || !words)
		return -ENOMEM;
	put_string(words, "statement", rule->statement);
	put_string(words, "source", rule->source);
	return keep_words(&node->words, words);
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

static struct subject_node *subject_of(struct kmc_merge *merge, const struct kmc_doc_subject *s)
{
	struct json_object *words = subject_words(s);
	const char *key = json_object_to_json_string_ext(words, 0);
	struct subject_node *node = NULL;
	bool fresh;

	if (key)
		node = node_of(&merge->subjects, key, sizeof(*node), &fresh);
	if (!node)
		json_object_put(words);
	else if (keep_words(&node->words, words))
		return NULL;
	return node;
}

static int add_subject(struct kmc_merge *merge, const struct kmc_doc_subject *s)
{
	struct subject_node *node = subject_of(merge, s);
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

static int count_finding(struct host_node *host, const char *key, uint64_t occurrences)
{
	bool fresh;
	struct count_node *node = node_of(&host->findings, key, sizeof(*node), &fresh);

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
	struct host_node *host = node_of(&merge->hosts, name ? name : host_fact(doc), sizeof(*host),
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
	struct host_node *host = node_of(&merge->hosts, name ? name : from->name, sizeof(*host),
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

/* writing */

struct walk {
	struct json_object *list;
	uint64_t totals[DOC_NR_STATES], noted;
	bool unknown; /* of a rule that decides whether the subject conforms */
};

/* The visit at which keys come in order. */
#define IN_ORDER(which) ((which) == postorder || (which) == leaf)

static void put_rule(const void *at, VISIT which, void *arg)
{
	const struct rule_node *node = *(struct rule_node *const *)at;
	struct json_object *object;
	struct walk *walk = arg;
	unsigned int state = 0;

	if (!IN_ORDER(which))
		return;
	object = words_object(&node->words);
	put_string(object, "id", node->node.key);
	put_string(object, "state", rank_name(node->rank));
	put_number(object, "exercised", node->exercised);
	put_number(object, "passed", node->passed);
	put_number(object, "violated", node->violated);
	put_number(object, "unknown", node->unknown);
	if (!node->rank && node->why)
		put_string(object, "why", node->why);
	json_object_array_add(walk->list, object);
	while (rank_of(state) != node->rank)
		state++;
	if (state == DOC_VIOLATED && !node->must)
		walk->noted++;
	else
		walk->totals[state]++;
	walk->unknown |= node->hard && state == DOC_UNKNOWN;
}

static void put_finding(const void *at, VISIT which, void *arg)
{
	const struct finding_node *node = *(struct finding_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = words_object(&node->words);
	put_string(object, "key", node->node.key);
	put_number(object, "occurrences", node->occurrences);
	put_number(object, "first", node->first);
	put_number(object, "last", node->last);
	put(object, "known", json_object_new_boolean(node->known));
	json_object_array_add(((struct walk *)arg)->list, object);
}

static void put_life(const void *at, VISIT which, void *arg)
{
	const struct life_node *node = *(struct life_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = add_object(((struct walk *)arg)->list);
	put_string(object, "name", node->node.key);
	put_number(object, "allocs", node->sum.allocs);
	put_number(object, "frees", node->sum.frees);
	put_number(object, "failed", node->sum.failed);
	put_number(object, "implied_frees", node->sum.implied_frees);
	put_number(object, "duplicates", node->sum.duplicates);
	put_number(object, "before_trace", node->sum.before_trace);
	put_number(object, "free_again", node->sum.free_again);
	put_number(object, "live", node->sum.live);
	put_number(object, "live_bytes", node->sum.live_bytes);
	put_number(object, "peak_live_bytes", node->sum.peak_live_bytes);
}

static void put_totals(struct json_object *object, const struct walk *walk)
{
	struct json_object *totals = put_object(object, "totals");

	for (unsigned int i = 0; i < DOC_NR_STATES; i++)
		put_number(totals, kmc_doc_state_name(i), walk->totals[i]);
	put_number(totals, "noted", walk->noted);
}

struct subjects_walk {
	struct json_object *list;
	bool unknown;
};

/* A subject conforms where one of its runs did and no must rule was left unknown by another. */
static void put_subject(const void *at, VISIT which, void *arg)
{
	const struct subject_node *node = *(struct subject_node *const *)at;
	struct json_object *object, *machine = NULL;
	struct subjects_walk *all = arg;
	struct walk walk = { 0 };
	unsigned int verdict;

	if (!IN_ORDER(which))
		return;
	object = words_object(&node->words);
	json_object_object_get_ex(object, "machine", &machine);
	put_number(machine, "cpus", node->cpus);
	put_number(machine, "nodes", node->nodes);
	put_string(machine, "direct_map", "0");
	put_number(object, "guide", node->guide);
	put_string(object, "shows", "0");
	put_number(object, "events", node->events);
	walk.list = put_list(object, "rules");
	twalk_r(node->rules, put_rule, &walk);
	walk.list = put_list(object, "findings");
	twalk_r(node->findings, put_finding, &walk);
	walk.list = put_list(object, "lives");
	twalk_r(node->lives, put_life, &walk);
	put_totals(object, &walk);
	verdict = node->violated ? 1 : node->conforms && !walk.unknown ? 0 : 2;
	put_string(object, "verdict", verdict_names[verdict]);
	all->unknown |= verdict == 2;
	json_object_array_add(all->list, object);
}

static void put_words(const void *at, VISIT which, void *arg)
{
	const struct word_node *node = *(struct word_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = words_object(&node->words);
	put_string(object, "id", node->node.key);
	json_object_array_add(arg, object);
}

static void put_count(const void *at, VISIT which, void *arg)
{
	const struct count_node *node = *(struct count_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = add_object(arg);
	put_string(object, "key", node->node.key);
	put_number(object, "occurrences", node->count);
}

static void put_host(const void *at, VISIT which, void *arg)
{
	const struct host_node *node = *(struct host_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = add_object(arg);
	put_string(object, "name", node->node.key);
	put_number(object, "documents", node->documents);
	put_number(object, "events", node->events);
	for (unsigned int i = 0; i < 3; i++)
		put_number(object, verdict_names[i], node->verdicts[i]);
	twalk_r(node->findings, put_count, put_list(object, "findings"));
}

static void put_head(struct json_object *root, const struct kmc_merge *merge, const char *version)
{
	struct json_object *part = put_object(root, "schema");

	put_string(part, "name", "kmconform-run");
	put_number(part, "major", 1);
	put_number(part, "minor", 3);
	part = put_object(root, "tool");
	put_string(part, "name", "kmconform");
	put_string(part, "version", version);
	put_string(part, "command", "report --merge");
	part = put_object(root, "input");
	put_string(part, "file", "");
	put(part, "sha256", NULL);
	put_number(put_object(part, "facts"), "documents", merge->documents);
}

char *kmc_merge_text(const struct kmc_merge *merge, const char *version)
{
	struct json_object *root = json_object_new_object();
	struct subjects_walk all;
	unsigned int verdict;
	const char *text;
	char *copy = NULL;

	put_head(root, merge, version);
	all = (struct subjects_walk){ .list = put_list(root, "subjects") };
	twalk_r(merge->subjects, put_subject, &all);
	twalk_r(merge->catalogue, put_words, put_list(root, "catalogue"));
	twalk_r(merge->hosts, put_host, put_list(root, "hosts"));
	verdict = merge->violated ? 1 : all.unknown || !merge->subjects ? 2 : 0;
	put_string(root, "verdict", verdict_names[verdict]);
	put_number(root, "exit_status", verdict == 1);
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text && asprintf(&copy, "%s\n", text) < 0)
		copy = NULL;
	json_object_put(root);
	return copy;
}

/* life of a merge */

struct kmc_merge *kmc_merge_create(void)
{
	return calloc(1, sizeof(struct kmc_merge));
}

static void free_node(void *at)
{
	struct node *node = at;

	free(node->key);
	free(node);
}

static void free_word(void *at)
{
	free(((struct word_node *)at)->words.text);
	free_node(at);
}

static void free_rule(void *at)
{
	free(((struct rule_node *)at)->words.text);
	free(((struct rule_node *)at)->why);
	free_node(at);
}

static void free_finding(void *at)
{
	free(((struct finding_node *)at)->words.text);
	free_node(at);
}

static void free_subject(void *at)
{
	struct subject_node *node = at;

	tdestroy(node->rules, free_rule);
	tdestroy(node->findings, free_finding);
	tdestroy(node->lives, free_node);
	free(node->words.text);
	free_node(at);
}

static void free_host(void *at)
{
	tdestroy(((struct host_node *)at)->findings, free_node);
	free_node(at);
}

void kmc_merge_destroy(struct kmc_merge *merge)
{
	if (!merge)
		return;
	tdestroy(merge->subjects, free_subject);
	tdestroy(merge->catalogue, free_word);
	tdestroy(merge->hosts, free_host);
	free(merge);
}
