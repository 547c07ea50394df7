/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a merge keeps: trees by key, whose nodes hold sums and the words of the
 * key. Private to the merge files.
 */
#ifndef RENDER_MERGE_NODES_H
#define RENDER_MERGE_NODES_H
#include <json-c/json.h>
#include "merge.h"

/* Every node of a tree begins with its key. */
struct kmc_merge_node {
	char *key;
};

/* What is told of a key that should be the same everywhere: the smallest wins. */
struct kmc_merge_words {
	char *text; /* JSON without spaces */
};

struct kmc_merge_rule_node {
	struct kmc_merge_node node;
	struct kmc_merge_words words;
	char *why;
	uint64_t exercised, passed, violated, unknown;
	unsigned int rank;
};

struct kmc_merge_finding_node {
	struct kmc_merge_node node;
	struct kmc_merge_words words;
	uint64_t occurrences, first, last, seen, of;
	bool known;
};

struct kmc_merge_life_node {
	struct kmc_merge_node node;
	struct kmc_doc_life sum; /* its name is not used */
};

struct kmc_merge_word_node {
	struct kmc_merge_node node;
	struct kmc_merge_words words;
};

struct kmc_merge_subject_node {
	struct kmc_merge_node node;
	struct kmc_merge_words words; /* what the key was made of */
	uint64_t cpus, nodes, events, guide;
	bool violated, conforms;
	void *rules, *findings, *lives, *shapes;
};

struct kmc_merge_shape_node {
	struct kmc_merge_node node;
	void *seen; /* nodes without more than their key */
};

struct kmc_merge_count_node {
	struct kmc_merge_node node;
	uint64_t count;
};

struct kmc_merge_host_node {
	struct kmc_merge_node node;
	uint64_t documents, events, verdicts[3];
	void *findings;
};

struct kmc_merge {
	void *subjects, *catalogue, *hosts;
	uint64_t documents;
	bool violated;
};

extern const char *const kmc_merge_verdicts[3];

/** kmc_merge_node() - The node of @key; a new one is zero and *fresh is set. NULL without memory. */
void *kmc_merge_node(void **tree, const char *key, size_t bytes, bool *fresh);
/** kmc_merge_keep_words() - Keep the smaller of two texts; @object is given back. Return: 0, -ENOMEM. */
int kmc_merge_keep_words(struct kmc_merge_words *words, struct json_object *object);
struct json_object *kmc_merge_words(const struct kmc_merge_words *words);
/**
 * kmc_merge_rank() - Where runs differ, what asks for more attention stands: the higher rank.
 * Unknown is never passed over.
 */
unsigned int kmc_merge_rank(enum kmc_doc_state state);

#endif
