// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The window of a finding as moments, and series as points. Objects have names
 * that say nothing of where they lie: a new one for each life of an address.
 */
#include <stdio.h>
#include <string.h>
#include "run_json.h"
#include "vocab/op.h"

#define MOST_OBJECTS 64u

struct objects {
	struct {
		uint64_t addr, bytes;
		unsigned int name;
	} at[MOST_OBJECTS];
	unsigned int nr, named;
};

enum life { USES, BEGINS, ENDS };

static bool is_call(const struct kmc_event *ev)
{
	return ev->kind <= KMC_EV_CALL;
}

static enum life life_of_point(const struct kmc_event *ev)
{
	switch (ev->what) {
	case KMC_TP_EV_KMALLOC:
	case KMC_TP_EV_KMEM_CACHE_ALLOC:
	case KMC_TP_EV_MM_PAGE_ALLOC:
		return BEGINS;
	case KMC_TP_EV_KFREE:
	case KMC_TP_EV_KMEM_CACHE_FREE:
	case KMC_TP_EV_MM_PAGE_FREE:
		return ENDS;
	default:
		return USES;
	}
}

/* What the event is to the block at its address. */
static enum life life_of(const struct kmc_moment *moment)
{
	const struct kmc_event *ev = &moment->event;
	const struct kmc_op_desc *op = is_call(ev) ? kmc_op_desc(ev->what) : NULL;

	if (moment->call)
		return BEGINS;
	if (ev->kind == KMC_EV_TRACEPOINT)
		return life_of_point(ev);
	if (!op || ev->kind == KMC_EV_BEGIN)
		return USES;
	if (kmc_op_is_free(ev->what))
		return ENDS;
	return (op->result == KMC_RES_OBJ || op->result == KMC_RES_PAGE) &&
	       ev->outcome == KMC_OUT_VALUE ? BEGINS : USES;
}

static unsigned int find(const struct objects *objects, uint64_t addr)
{
	for (unsigned int i = objects->nr; i--;)
		if (addr == objects->at[i].addr ||
		    (addr > objects->at[i].addr &&
		     addr - objects->at[i].addr < objects->at[i].bytes))
			return i;
	return MOST_OBJECTS;
}

/* The name of the block; a beginning gives a new one. 0: it has none. */
static unsigned int name_of(struct objects *objects, uint64_t addr, uint64_t bytes, enum life life)
{
	unsigned int at = addr > 16 ? find(objects, addr) : MOST_OBJECTS;

	if (addr <= 16 || (at == MOST_OBJECTS && objects->nr == MOST_OBJECTS))
		return 0;
	if (at == MOST_OBJECTS)
		at = objects->nr++;
	else if (life != BEGINS)
		return objects->at[at].name;
	objects->at[at].addr = addr;
	objects->at[at].bytes = bytes;
	objects->at[at].name = ++objects->named;
	return objects->named;
}

static const char *kind_of(const struct kmc_event *ev)
{
	return ev->kind == KMC_EV_TRACEPOINT ? "trace" :
	       ev->kind == KMC_EV_MACHINE ? "machine" : kmc_event_kind_name(ev->kind);
}

static void put_object(struct json_object *object, struct objects *objects, uint64_t addr,
		       uint64_t bytes, enum life life)
{
	unsigned int number = name_of(objects, addr, bytes, life);
	char name[16];

	if (!number)
		return;
	snprintf(name, sizeof(name), "o%u", number);
	put_string(object, "object", name);
	if (life != USES)
		put_string(object, "life", life == BEGINS ? "begins" : "ends");
	put_hex(object, "address", addr);
	if (bytes && life == BEGINS)
		put_number(object, "bytes", bytes);
}

static struct json_object *moment_head(const struct kmc_moment *moment)
{
	const struct kmc_event *ev = &moment->event;
	struct json_object *object = json_object_new_object();
	const char *op = moment->call ? moment->call : kmc_event_what_name(ev->kind, ev->what);

	put_number(object, "time", ev->seq);
	put_number(object, "cpu", ev->cpu);
	put_number(object, "task", ev->task);
	put_string(object, "kind", kind_of(ev));
	put_string(object, "op", op ? op : "?");
	return object;
}

/* The old block of a resize ends where the new one begins. */
static void put_old_block(struct json_object *list, struct objects *objects,
			  const struct kmc_moment *moment)
{
	const struct kmc_event *ev = &moment->event;
	const struct kmc_op_desc *op = is_call(ev) ? kmc_op_desc(ev->what) : NULL;
	struct json_object *object;

	if (!op || op->family != KMC_OPF_RESIZE || !ev->addr2 || ev->kind == KMC_EV_BEGIN ||
	    ev->outcome != KMC_OUT_VALUE)
		return;
	object = moment_head(moment);
	put_object(object, objects, ev->addr2, 0, ENDS);
	put_string(object, "text", "its old block");
	json_object_array_add(list, object);
}

struct json_object *kmc_timeline(const struct kmc_judge *judge, const struct kmc_finding *finding)
{
	struct json_object *list = json_object_new_array();
	struct objects objects = { .nr = 0 };

	for (size_t i = 0; i < finding->nr_window; i++) {
		const struct kmc_moment *moment = &finding->window[i];
		const struct kmc_event *ev = &moment->event;
		char text[384], role[2] = { moment->role, '\0' };
		struct json_object *object;

		put_old_block(list, &objects, moment);
		object = moment_head(moment);
		if (is_call(ev) || ev->kind == KMC_EV_TRACEPOINT)
			put_object(object, &objects, ev->addr, ev->size, life_of(moment));
		if (*role)
			put_string(object, "role", role);
		kmc_judge_say(judge, moment, text, sizeof(text));
		put_string(object, "text", text);
		json_object_array_add(list, object);
	}
	return list;
}

/* shapes */

struct json_object *kmc_shapes_list(const struct kmc_judge *judge)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < kmc_op_count(); i++) {
		const struct kmc_op_desc *op = kmc_op_desc(kmc_op_at(i));
		struct json_object *object, *seen = json_object_new_array();
		char text[96];

		for (unsigned int shape = 0; shape < kmc_judge_shapes(); shape++)
			if (kmc_judge_shape(judge, op->code, shape, text, sizeof(text)))
				json_object_array_add(seen, json_object_new_string(text));
		if (!json_object_array_length(seen)) {
			json_object_put(seen);
			continue;
		}
		object = json_object_new_object();
		put_string(object, "call", op->text);
		put(object, "seen", seen);
		json_object_array_add(list, object);
	}
	return list;
}

/* series */

static struct json_object *one_series(const struct kmc_run_series *series)
{
	struct json_object *object = json_object_new_object();
	struct json_object *points = json_object_new_array();

	put_string(object, "name", series->name);
	put_string(object, "plot", series->plot);
	put_string(object, "kind", series->kind);
	if (series->subject)
		put_string(object, "subject", series->subject);
	put_string(object, "unit", series->unit);
	put_string(object, "x_unit", series->x_unit);
	for (size_t i = 0; i < series->nr; i++) {
		struct json_object *pair = json_object_new_array_ext(2);

		json_object_array_add(pair, number_value(series->points[i].x));
		json_object_array_add(pair, number_value(series->points[i].y));
		json_object_array_add(points, pair);
	}
	put(object, "points", points);
	return object;
}

struct json_object *kmc_series_list(const struct kmc_run *run, bool clock)
{
	struct json_object *list = NULL;

	for (size_t i = 0; i < run->nr_series; i++) {
		if (run->series[i].clock != clock || !run->series[i].nr)
			continue;
		if (!list)
			list = json_object_new_array();
		json_object_array_add(list, one_series(&run->series[i]));
	}
	return list;
}
