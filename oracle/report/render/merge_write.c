// SPDX-License-Identifier: GPL-2.0-or-later
/* What was merged as a run document: everything in the order of its key. */
#include "merge_nodes.h"
#include <search.h>
#include <string.h>
#include "render_json.h"

static const char *kmc_merge_rank_name(unsigned int rank)
{
	unsigned int state = 0;

	while (kmc_merge_rank(state) != rank)
		state++;
	return kmc_doc_state_name(state);
}

struct walk {
	struct json_object *list;
	uint64_t totals[DOC_NR_STATES], noted;
	bool unknown; /* of a rule that decides whether the subject conforms */
};

/* The visit at which keys come in order. */
#define IN_ORDER(which) ((which) == postorder || (which) == leaf)

/* By the words that are written, which are what a reader has. */
static bool says(struct json_object *object, const char *key, const char *word)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, key, &value) && value &&
	       !strcmp(json_object_get_string(value), word);
}

static void put_rule(const void *at, VISIT which, void *arg)
{
	const struct kmc_merge_rule_node *node = *(struct kmc_merge_rule_node *const *)at;
	struct json_object *object;
	struct walk *walk = arg;
	unsigned int state = 0;
	bool must;

	if (!IN_ORDER(which))
		return;
	object = kmc_merge_words(&node->words);
	must = says(object, "strength", "must");
	put_string(object, "id", node->node.key);
	put_string(object, "state", kmc_merge_rank_name(node->rank));
	put_number(object, "exercised", node->exercised);
	put_number(object, "passed", node->passed);
	put_number(object, "violated", node->violated);
	put_number(object, "unknown", node->unknown);
	if (!node->rank && node->why)
		put_string(object, "why", node->why);
	json_object_array_add(walk->list, object);
	while (kmc_merge_rank(state) != node->rank)
		state++;
	if (state == DOC_VIOLATED && !must)
		walk->noted++;
	else
		walk->totals[state]++;
	walk->unknown |= must && says(object, "party", "allocator") && !says(object, "origin", "I") &&
			 state == DOC_UNKNOWN;
}

static void put_finding(const void *at, VISIT which, void *arg)
{
	const struct kmc_merge_finding_node *node = *(struct kmc_merge_finding_node *const *)at;
	struct json_object *object, *reliability;

	if (!IN_ORDER(which))
		return;
	object = kmc_merge_words(&node->words);
	put_string(object, "key", node->node.key);
	put_number(object, "occurrences", node->occurrences);
	put_number(object, "first", node->first);
	put_number(object, "last", node->last);
	put(object, "known", json_object_new_boolean(node->known));
	if (node->of) {
		reliability = put_object(object, "reliability");
		put_number(reliability, "seen", node->seen);
		put_number(reliability, "of", node->of);
	}
	json_object_array_add(((struct walk *)arg)->list, object);
}

static void put_life(const void *at, VISIT which, void *arg)
{
	const struct kmc_merge_life_node *node = *(struct kmc_merge_life_node *const *)at;
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

static void put_shape(const void *at, VISIT which, void *arg)
{
	const struct kmc_merge_node *node = *(struct kmc_merge_node *const *)at;

	if (IN_ORDER(which))
		json_object_array_add(arg, json_object_new_string(node->key));
}

static void put_shapes(const void *at, VISIT which, void *arg)
{
	const struct kmc_merge_shape_node *node = *(struct kmc_merge_shape_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = add_object(((struct walk *)arg)->list);
	put_string(object, "call", node->node.key);
	twalk_r(node->seen, put_shape, put_list(object, "seen"));
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
	const struct kmc_merge_subject_node *node = *(struct kmc_merge_subject_node *const *)at;
	struct json_object *object, *machine = NULL;
	struct subjects_walk *all = arg;
	struct walk walk = { 0 };
	unsigned int verdict;

	if (!IN_ORDER(which))
		return;
	object = kmc_merge_words(&node->words);
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
	walk.list = put_list(object, "shapes");
	twalk_r(node->shapes, put_shapes, &walk);
	put_totals(object, &walk);
	verdict = node->violated ? 1 : node->conforms && !walk.unknown ? 0 : 2;
	put_string(object, "verdict", kmc_merge_verdicts[verdict]);
	all->unknown |= verdict == 2;
	json_object_array_add(all->list, object);
}

static void put_words(const void *at, VISIT which, void *arg)
{
	const struct kmc_merge_word_node *node = *(struct kmc_merge_word_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = kmc_merge_words(&node->words);
	put_string(object, "id", node->node.key);
	json_object_array_add(arg, object);
}

static void put_count(const void *at, VISIT which, void *arg)
{
	const struct kmc_merge_count_node *node = *(struct kmc_merge_count_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = add_object(arg);
	put_string(object, "key", node->node.key);
	put_number(object, "occurrences", node->count);
}

static void put_host(const void *at, VISIT which, void *arg)
{
	const struct kmc_merge_host_node *node = *(struct kmc_merge_host_node *const *)at;
	struct json_object *object;

	if (!IN_ORDER(which))
		return;
	object = add_object(arg);
	put_string(object, "name", node->node.key);
	put_number(object, "documents", node->documents);
	put_number(object, "events", node->events);
	for (unsigned int i = 0; i < 3; i++)
		put_number(object, kmc_merge_verdicts[i], node->verdicts[i]);
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
	put_string(root, "verdict", kmc_merge_verdicts[verdict]);
	put_number(root, "exit_status", verdict == 1);
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text && asprintf(&copy, "%s\n", text) < 0)
		copy = NULL;
	json_object_put(root);
	return copy;
}
