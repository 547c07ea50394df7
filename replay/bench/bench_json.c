/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run as JSON: what the table says, with all quartiles. */
#include <errno.h>
#include <json-c/json.h>
#include "kmc-version.h"
#include "bench.h"

static void put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

static void put_number(struct json_object *o, const char *key, double value)
{
	json_object_object_add(o, key, json_object_new_double(value));
}

static void put_limit(struct json_object *o, const char *key, double value)
{
	if (value != 0)
		put_number(o, key, value);
}

static struct json_object *host_object(const struct bench_host *host)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "cpu", host->cpu);
	put_text(o, "kernel", host->kernel);
	put_text(o, "libc", host->libc);
	json_object_object_add(o, "cpus", json_object_new_int((int)host->nr_cpus));
	put_number(o, "load", host->load);
	return o;
}

static struct json_object *contestants_object(const struct bench_field *field)
{
	static const char *const roles[] = {
		[BENCH_PEER] = "peer",
		[BENCH_OURS] = "ours",
		[BENCH_OTHER] = "other",
	};
	struct json_object *list = json_object_new_object();

	for (size_t i = 0; i < field->nr; i++) {
		struct json_object *o = json_object_new_object();

		put_text(o, "role", roles[field->c[i].role]);
		put_text(o, "version", field->c[i].version);
		json_object_object_add(list, field->c[i].name, o);
	}
	return list;
}

static struct json_object *score_object(const struct bench_score *s)
{
	struct json_object *o = json_object_new_object();

	put_number(o, "time_ns", s->ns);
	put_number(o, "time_q1_ns", s->ns_q1);
	put_number(o, "time_q3_ns", s->ns_q3);
	put_number(o, "ratio", s->ratio);
	put_number(o, "ratio_q1", s->ratio_q1);
	put_number(o, "ratio_q3", s->ratio_q3);
	return o;
}

static struct json_object *row_object(const struct bench_field *field, const struct bench_row *row)
{
	struct json_object *o = json_object_new_object();
	struct json_object *scores = json_object_new_object();

	put_text(o, "pattern", row->name);
	put_text(o, "what", row->what);
	put_text(o, "unit", row->unit);
	put_text(o, "state", row->state == BENCH_INFO ? "info" : bench_state_name(row->state));
	json_object_object_add(o, "goal", json_object_new_boolean(row->goal));
	put_limit(o, "must_ratio", row->must);
	put_limit(o, "good_ratio", row->good);
	put_limit(o, "must_absolute", row->must_ns);
	put_limit(o, "good_absolute", row->good_ns);
	put_limit(o, "value", row->value);
	if (row->best >= 0)
		put_text(o, "best_peer", field->c[row->best].name);
	if (row->note[0])
		put_text(o, "note", row->note);
	for (size_t i = 0; i < field->nr; i++)
		if (row->score[i].ran)
			json_object_object_add(scores, field->c[i].name,
					       score_object(&row->score[i]));
	json_object_object_add(o, "scores", scores);
	return o;
}

/** bench_json_write() - Write the run to @path. Return: 0 or -errno. */
int bench_json_write(const char *path, const struct bench_host *host,
		     const struct bench_field *field, const struct bench_plan *plan,
		     const struct bench_row *rows, size_t n)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	int err;

	put_text(o, "format", "kmconform-bench 1");
	put_text(o, "version", KMC_VERSION);
	put_text(o, "commit", KMC_COMMIT);
	put_text(o, "compiler", KMC_COMPILER);
	json_object_object_add(o, "host", host_object(host));
	json_object_object_add(o, "rounds", json_object_new_int((int)plan->rounds));
	put_number(o, "slot_ms", (double)plan->slot_ns / 1e6);
	json_object_object_add(o, "contestants", contestants_object(field));
	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, row_object(field, &rows[i]));
	json_object_object_add(o, "rows", list);
	err = json_object_to_file_ext(path, o, JSON_C_TO_STRING_PRETTY);
	json_object_put(o);
	return err ? -(errno ? errno : EIO) : 0;
}
