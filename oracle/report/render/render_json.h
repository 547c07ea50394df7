/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short forms of json-c's calls, for the forms of a report that are JSON. */
#ifndef RENDER_RENDER_JSON_H
#define RENDER_RENDER_JSON_H
#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

static inline struct json_object *put(struct json_object *object, const char *key,
				      struct json_object *value)
{
	json_object_object_add(object, key, value);
	return value;
}

static inline void put_string(struct json_object *object, const char *key, const char *text)
{
	put(object, key, json_object_new_string(text));
}

/* Beyond 53 bits readers lose digits: the largest that they do not. */
static inline void put_number(struct json_object *object, const char *key, uint64_t number)
{
	uint64_t most = (1ull << 53) - 1;

	put(object, key, json_object_new_int64((int64_t)(number < most ? number : most)));
}

static inline struct json_object *put_object(struct json_object *object, const char *key)
{
	return put(object, key, json_object_new_object());
}

static inline struct json_object *put_list(struct json_object *object, const char *key)
{
	return put(object, key, json_object_new_array());
}

static inline struct json_object *add_object(struct json_object *list)
{
	struct json_object *object = json_object_new_object();

	json_object_array_add(list, object);
	return object;
}

/* Writes the tree and gives it back. */
static inline int print_json(FILE *out, struct json_object *root)
{
	const char *text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
								JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		fprintf(out, "%s\n", text);
	json_object_put(root);
	return text ? 0 : -ENOMEM;
}

#endif
