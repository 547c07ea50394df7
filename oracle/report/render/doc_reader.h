/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of run documents inside: values by name and type. Included by the
 * files that read a part of the document, nobody else.
 */
#ifndef RENDER_DOC_READER_H
#define RENDER_DOC_READER_H
#include <json-c/json.h>
#include "run_doc.h"

/* Memory of a document: given back at once. */
struct kmc_doc_room {
	void **blocks;
	size_t nr, room;
};

struct kmc_doc_reader {
	struct kmc_doc *doc;
	char path[128]; /* place in the document, "subjects[0].rules[3]" */
	char *error;
	size_t error_bytes;
	int err;
};

/** kmc_doc_take() - Zeroed memory that lives as long as the document; NULL after a complaint. */
void *kmc_doc_take(struct kmc_doc_reader *r, size_t nr, size_t bytes);
/** kmc_doc_complain() - The document is none because of @key here; only the first one counts. */
void kmc_doc_complain(struct kmc_doc_reader *r, const char *key, const char *what);
/** kmc_doc_clean() - A copy that is valid UTF-8 without control characters; never NULL. */
const char *kmc_doc_clean(struct kmc_doc_reader *r, const char *text, size_t len);
/** kmc_doc_string_of() - A value that is known to be a string, cleaned. */
const char *kmc_doc_string_of(struct kmc_doc_reader *r, struct json_object *value);

/* What has to be there, and of this type; else a complaint, and nothing or 0. */
struct json_object *kmc_doc_want(struct kmc_doc_reader *r, struct json_object *object,
				 const char *key, enum json_type type);
const char *kmc_doc_want_string(struct kmc_doc_reader *r, struct json_object *object,
				const char *key);
/* An id: it names anchors, tests, files. */
const char *kmc_doc_want_id(struct kmc_doc_reader *r, struct json_object *object, const char *key);
uint64_t kmc_doc_want_number(struct kmc_doc_reader *r, struct json_object *object,
			     const char *key);
bool kmc_doc_want_bool(struct kmc_doc_reader *r, struct json_object *object, const char *key);
struct kmc_doc_lines kmc_doc_want_lines(struct kmc_doc_reader *r, struct json_object *object,
					const char *key);

/* What may be missing or null: "", 0, NULL; a complaint where it is of another type. */
const char *kmc_doc_may_string(struct kmc_doc_reader *r, struct json_object *object,
			       const char *key);
uint64_t kmc_doc_may_number(struct kmc_doc_reader *r, struct json_object *object,
			    const char *key);
struct json_object *kmc_doc_may(struct kmc_doc_reader *r, struct json_object *object,
				const char *key, enum json_type type);

/** kmc_doc_number_of() - A whole number, as one or as a string of digits. Return: is it one? */
bool kmc_doc_number_of(struct json_object *value, uint64_t *number);

/**
 * kmc_doc_read_list() - A list of objects into an array of @bytes each.
 * Return: its length; *out is NULL where there is no list.
 */
typedef void (*kmc_doc_read_fn)(struct kmc_doc_reader *r, struct json_object *object, void *out);
size_t kmc_doc_read_list(struct kmc_doc_reader *r, struct json_object *object, const char *key,
			 kmc_doc_read_fn read, void **out, size_t bytes);
/** kmc_doc_may_list() - The same where the list may be missing. */
size_t kmc_doc_may_list(struct kmc_doc_reader *r, struct json_object *object, const char *key,
			kmc_doc_read_fn read, void **out, size_t bytes);

/* Parts of the document that have a file of their own. */
void kmc_doc_read_finding(struct kmc_doc_reader *r, struct json_object *object, void *out);
void kmc_doc_read_series(struct kmc_doc_reader *r, struct json_object *object, void *out);

#endif
