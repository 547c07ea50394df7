// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values of a run document, asked for by name and type. The first complaint is
 * the one that is kept; everything after it reads as nothing.
 */
#include "doc_reader.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *kmc_doc_take(struct kmc_doc_reader *r, size_t nr, size_t bytes)
{
	struct kmc_doc_room *room = r->doc->room;
	void *block;

	if (room->nr == room->room) {
		size_t more = room->room ? room->room * 2 : 64;
		void **blocks = realloc(room->blocks, more * sizeof(*blocks));

		if (!blocks)
			goto none;
		room->blocks = blocks;
		room->room = more;
	}
	block = calloc(nr ? nr : 1, bytes);
	if (block) {
		room->blocks[room->nr++] = block;
		return block;
	}
none:
	r->err = -ENOMEM;
	snprintf(r->error, r->error_bytes, "%s: out of memory", r->doc->path);
	return NULL;
}

void kmc_doc_complain(struct kmc_doc_reader *r, const char *key, const char *what)
{
	if (r->err)
		return;
	r->err = -EINVAL;
	snprintf(r->error, r->error_bytes, "%s: %s%s%s: %s", r->doc->path, r->path,
		 *r->path && *key ? "." : "", key, what);
}

/* strings */

/* Bytes of the UTF-8 character at @s; 0 when it is none. */
static unsigned int utf8_bytes(const unsigned char *s, size_t left)
{
	unsigned int n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : (*s & 0xf0) == 0xe0 ? 3 :
			 *s >= 0xf0 && *s < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (unsigned int i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((n == 3 && *s == 0xe0 && s[1] < 0xa0) || (n == 3 && *s == 0xed && s[1] >= 0xa0) ||
	    (n == 4 && *s == 0xf0 && s[1] < 0x90) || (n == 4 && *s == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

/* Ends a line, or turns the direction of what follows, so that a reader sees another text. */
static bool turns(const unsigned char *s)
{
	return (s[0] == 0xe2 && s[1] == 0x80 && (s[2] >= 0xa8 && s[2] <= 0xae)) ||
	       (s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f)) ||
	       (s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
}

/* Nothing that a terminal, a shell's log or XML would take for more than text. */
const char *kmc_doc_clean(struct kmc_doc_reader *r, const char *text, size_t len)
{
	char *copy = kmc_doc_take(r, len + 1, 1);

	for (size_t i = 0; copy && i < len;) {
		unsigned int n = utf8_bytes((const unsigned char *)text + i, len - i);
		bool control = n == 1 && ((unsigned char)text[i] < 0x20 || text[i] == 0x7f);
		/* the second control block, separators of lines, and what is no character at all */
		bool odd = (n == 2 && (unsigned char)text[i] == 0xc2 &&
			    (unsigned char)text[i + 1] < 0xa0) ||
			   (n == 3 && !memcmp(text + i, "\xef\xbf", 2) &&
			    (unsigned char)text[i + 2] >= 0xbe) ||
			   (n == 3 && turns((const unsigned char *)text + i));

		if (!n || control || odd) {
			copy[i] = '?';
			for (unsigned int j = 1; n && j < n; j++)
				copy[i + j] = '?';
		} else {
			memcpy(copy + i, text + i, n);
		}
		i += n ? n : 1;
	}
	return copy ? copy : "";
}

const char *kmc_doc_string_of(struct kmc_doc_reader *r, struct json_object *value)
{
	return kmc_doc_clean(r, json_object_get_string(value),
		     (size_t)json_object_get_string_len(value));
}

struct json_object *kmc_doc_want(struct kmc_doc_reader *r, struct json_object *object,
				 const char *key, enum json_type type)
{
	struct json_object *value = NULL;

	if (r->err)
		return NULL;
	if (!json_object_object_get_ex(object, key, &value)) {
		kmc_doc_complain(r, key, "missing");
		return NULL;
	}
	if (json_object_is_type(value, type))
		return value;
	kmc_doc_complain(r, key, type == json_type_string ? "not a string" :
			 type == json_type_array ? "not a list" : "not of the right type");
	return NULL;
}

struct json_object *kmc_doc_may(struct kmc_doc_reader *r, struct json_object *object,
				const char *key, enum json_type type)
{
	struct json_object *value = NULL;

	if (r->err || !json_object_object_get_ex(object, key, &value) || !value)
		return NULL;
	return kmc_doc_want(r, object, key, type);
}

const char *kmc_doc_want_string(struct kmc_doc_reader *r, struct json_object *object,
				const char *key)
{
	struct json_object *value = kmc_doc_want(r, object, key, json_type_string);

	return value ? kmc_doc_string_of(r, value) : "";
}

const char *kmc_doc_may_string(struct kmc_doc_reader *r, struct json_object *object,
			       const char *key)
{
	struct json_object *value = kmc_doc_may(r, object, key, json_type_string);

	return value ? kmc_doc_string_of(r, value) : "";
}

const char *kmc_doc_want_id(struct kmc_doc_reader *r, struct json_object *object, const char *key)
{
	const char *id = kmc_doc_want_string(r, object, key);
	size_t len = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	if (!*id || id[len] || len > 64)
		kmc_doc_complain(r, key, "no name of letters, digits, _ and -");
	return id;
}

/* Whole and not negative; beyond 53 bits a string of digits. */
bool kmc_doc_number_of(struct json_object *value, uint64_t *number)
{
	const char *text;
	char *end;

	*number = 0;
	if (json_object_is_type(value, json_type_int)) {
		if (json_object_get_int64(value) < 0)
			return false;
		*number = json_object_get_uint64(value);
		return true;
	}
	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

uint64_t kmc_doc_want_number(struct kmc_doc_reader *r, struct json_object *object,
			     const char *key)
{
	struct json_object *value = NULL;
	uint64_t number = 0;

	if (r->err)
		return 0;
	if (!json_object_object_get_ex(object, key, &value))
		kmc_doc_complain(r, key, "missing");
	else if (json_object_is_type(value, json_type_int) && json_object_get_int64(value) < 0)
		kmc_doc_complain(r, key, "negative");
	else if (!kmc_doc_number_of(value, &number))
		kmc_doc_complain(r, key, "not a whole number");
	return number;
}

/* A number that may be missing: 0. */
uint64_t kmc_doc_may_number(struct kmc_doc_reader *r, struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value) || !value)
		return 0;
	return kmc_doc_want_number(r, object, key);
}

bool kmc_doc_want_bool(struct kmc_doc_reader *r, struct json_object *object, const char *key)
{
	struct json_object *value = kmc_doc_want(r, object, key, json_type_boolean);

	return value && json_object_get_boolean(value);
}

struct kmc_doc_lines kmc_doc_want_lines(struct kmc_doc_reader *r, struct json_object *object,
				       const char *key)
{
	struct json_object *list = kmc_doc_want(r, object, key, json_type_array);
	struct kmc_doc_lines lines = { 0 };

	if (!list)
		return lines;
	lines.line = kmc_doc_take(r, json_object_array_length(list), sizeof(*lines.line));
	for (size_t i = 0; lines.line && i < json_object_array_length(list); i++) {
		struct json_object *value = json_object_array_get_idx(list, i);

		if (!json_object_is_type(value, json_type_string)) {
			kmc_doc_complain(r, key, "not a list of strings");
			return lines;
		}
		lines.line[lines.nr++] = kmc_doc_string_of(r, value);
	}
	return lines;
}

/* lists of objects */

size_t kmc_doc_read_list(struct kmc_doc_reader *r, struct json_object *object, const char *key,
			kmc_doc_read_fn read, void **out, size_t bytes)
{
	struct json_object *list = kmc_doc_want(r, object, key, json_type_array);
	size_t nr = list ? json_object_array_length(list) : 0, at = strlen(r->path);

	*out = list ? kmc_doc_take(r, nr, bytes) : NULL;
	for (size_t i = 0; *out && i < nr && !r->err; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		snprintf(r->path + at, sizeof(r->path) - at, "%s%s[%zu]", at ? "." : "", key, i);
		if (!json_object_is_type(item, json_type_object))
			kmc_doc_complain(r, "", "not an object");
		else
			read(r, item, (char *)*out + i * bytes);
	}
	if (!r->err)
		r->path[at] = '\0';
	return nr;
}

size_t kmc_doc_may_list(struct kmc_doc_reader *r, struct json_object *object, const char *key,
			kmc_doc_read_fn read, void **out, size_t bytes)
{
	*out = NULL;
	return kmc_doc_may(r, object, key, json_type_array) ?
		       kmc_doc_read_list(r, object, key, read, out, bytes) : 0;
}
