// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of the run document, the same wherever they stand. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "run_json.h"

#define MAX_SAFE ((1ull << 53) - 1)

static struct json_object *string_value(const char *text, size_t len)
{
	char clean[512];
	size_t n = 0;

	for (; n < len && n + 1 < sizeof(clean); n++)
		clean[n] = (unsigned char)text[n] < 0x80 ? text[n] : '?';
	return json_object_new_string_len(clean, (int)n);
}

void put_string(struct json_object *object, const char *key, const char *text)
{
	put(object, key, text ? string_value(text, strlen(text)) : NULL);
}

struct json_object *number_value(uint64_t number)
{
	char text[24];

	if (number <= MAX_SAFE)
		return json_object_new_int64((int64_t)number);
	snprintf(text, sizeof(text), "%" PRIu64, number);
	return json_object_new_string(text);
}

void put_number(struct json_object *object, const char *key, uint64_t number)
{
	put(object, key, number_value(number));
}

void put_hex(struct json_object *object, const char *key, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%#" PRIx64, number);
	put_string(object, key, text);
}

void put_lines(struct json_object *object, const char *key, const char *text)
{
	struct json_object *list = json_object_new_array();

	while (text && *text) {
		size_t len = strcspn(text, "\n");

		json_object_array_add(list, string_value(text, len));
		text += len;
		text += *text == '\n';
	}
	put(object, key, list);
}
