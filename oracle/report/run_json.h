/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing values of the run document. Included by report/ only. */
#ifndef REPORT_RUN_JSON_H
#define REPORT_RUN_JSON_H
#include <json-c/json.h>
#include "oracle/report.h"

static inline void put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

/** put_string() - What is no ASCII becomes '?': names come from untrusted files. NULL: null. */
void put_string(struct json_object *object, const char *key, const char *text);
/** put_number() - Beyond 53 bits as a string. */
void put_number(struct json_object *object, const char *key, uint64_t number);
struct json_object *number_value(uint64_t number);
void put_hex(struct json_object *object, const char *key, uint64_t number);
/** put_lines() - Each line of a text a string of a list. */
void put_lines(struct json_object *object, const char *key, const char *text);

/** kmc_timeline() - The window of a finding. */
struct json_object *kmc_timeline(const struct kmc_judge *judge, const struct kmc_finding *finding);
/** kmc_shapes_list() - Of each call the shapes that were seen; NULL: nobody watched. */
struct json_object *kmc_shapes_list(const struct kmc_judge *judge);
/** kmc_series_list() - Those by the clock, or those not. */
struct json_object *kmc_series_list(const struct kmc_run *run, bool clock);

#endif
