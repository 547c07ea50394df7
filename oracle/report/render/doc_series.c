// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a series: points of a plot. */
#include "doc_reader.h"

static bool read_point(struct json_object *pair, struct kmc_doc_point *point)
{
	return json_object_is_type(pair, json_type_array) && json_object_array_length(pair) == 2 &&
	       kmc_doc_number_of(json_object_array_get_idx(pair, 0), &point->x) &&
	       kmc_doc_number_of(json_object_array_get_idx(pair, 1), &point->y);
}

void kmc_doc_read_series(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_series *series = out;
	struct json_object *points = kmc_doc_want(r, object, "points", json_type_array);
	size_t nr = points ? json_object_array_length(points) : 0;

	series->name = kmc_doc_want_string(r, object, "name");
	series->plot = kmc_doc_want_string(r, object, "plot");
	series->kind = kmc_doc_want_string(r, object, "kind");
	series->subject = kmc_doc_may_string(r, object, "subject");
	series->unit = kmc_doc_want_string(r, object, "unit");
	series->x_unit = kmc_doc_want_string(r, object, "x_unit");
	series->points = points ? kmc_doc_take(r, nr, sizeof(*series->points)) : NULL;
	for (size_t i = 0; series->points && i < nr; i++) {
		if (!read_point(json_object_array_get_idx(points, i), &series->points[i])) {
			kmc_doc_complain(r, "points", "not a list of [x, y], whole numbers");
			return;
		}
		series->nr_points++;
	}
}
