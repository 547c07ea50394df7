// SPDX-License-Identifier: GPL-2.0-or-later
/* The trees of a merge: nodes by key, the words that stand for several, life and end. */
#include "merge_nodes.h"
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

const char *const kmc_merge_verdicts[3] = { "conforms", "violated", "unknown" };

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct kmc_merge_node *)a)->key, ((const struct kmc_merge_node *)b)->key);
}

void *kmc_merge_node(void **tree, const char *key, size_t bytes, bool *fresh)
{
	struct kmc_merge_node wanted = { .key = (char *)(uintptr_t)key }, *node;
	struct kmc_merge_node **found = tfind(&wanted, tree, by_key);

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

int kmc_merge_keep_words(struct kmc_merge_words *words, struct json_object *object)
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

struct json_object *kmc_merge_words(const struct kmc_merge_words *words)
{
	struct json_object *object = words->text ? json_tokener_parse(words->text) : NULL;

	return object ? object : json_object_new_object();
}

unsigned int kmc_merge_rank(enum kmc_doc_state state)
{
	static const unsigned char ranks[DOC_NR_STATES] = {
		[DOC_UNREACHABLE] = 0, [DOC_UNEXERCISED] = 1, [DOC_PASS] = 2,
		[DOC_KNOWN] = 3,       [DOC_UNKNOWN] = 4,     [DOC_VIOLATED] = 5,
	};

	return ranks[state];
}

/* life of a merge */

struct kmc_merge *kmc_merge_create(void)
{
	return calloc(1, sizeof(struct kmc_merge));
}

static void free_node(void *at)
{
	struct kmc_merge_node *node = at;

	free(node->key);
	free(node);
}

static void free_word(void *at)
{
	free(((struct kmc_merge_word_node *)at)->words.text);
	free_node(at);
}

static void free_rule(void *at)
{
	free(((struct kmc_merge_rule_node *)at)->words.text);
	free(((struct kmc_merge_rule_node *)at)->why);
	free_node(at);
}

static void free_finding(void *at)
{
	free(((struct kmc_merge_finding_node *)at)->words.text);
	free_node(at);
}

static void free_shape(void *at)
{
	tdestroy(((struct kmc_merge_shape_node *)at)->seen, free_node);
	free_node(at);
}

static void free_subject(void *at)
{
	struct kmc_merge_subject_node *node = at;

	tdestroy(node->rules, free_rule);
	tdestroy(node->findings, free_finding);
	tdestroy(node->lives, free_node);
	tdestroy(node->shapes, free_shape);
	free(node->words.text);
	free_node(at);
}

static void free_host(void *at)
{
	tdestroy(((struct kmc_merge_host_node *)at)->findings, free_node);
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
