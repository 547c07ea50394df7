// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What went on around a violation, an event a row, time downwards: where it ran
 * (a lane for each cpu), whose life it was (a lane for each object, lives as
 * bars; a lane is used again when its object is gone), and the event in words.
 * Events of the explanation carry its letters; the row of the violation is lit.
 *
 * Deterministic and linear but for lanes, of which there are few.
 */
#include <stdlib.h>
#include <string.h>
#include "page.h"

#define ROW        20u
#define TOP        40u
#define CPU_STEP   14u
#define OBJECT_STEP 15u
#define LETTER     72u  /* width of one, in tenths */
#define MOST_ROWS  400u
#define MOST_LANES 24u
#define MOST_CPUS  16u
#define MOST_TEXT  110u

struct object {
	const char *name;
	size_t first, last;     /* rows */
	size_t begins, ends;    /* rows; of none: NONE */
	bool involved;          /* in an event of the explanation */
	unsigned int lane;      /* MOST_LANES: none was free */
};

#define NONE ((size_t)-1)

struct chart {
	const struct kmc_page *page;
	const struct kmc_doc_finding *finding;
	size_t rows;
	struct object objects[MOST_ROWS];
	size_t nr_objects;
	size_t of_row[MOST_ROWS]; /* the row's object; NONE */
	uint64_t cpus[MOST_CPUS];
	unsigned int nr_cpus, nr_lanes;
	unsigned int left, objects_left, names_left, text_left; /* of the columns */
};

/* what there is */

static const struct kmc_doc_moment *moment(const struct chart *c, size_t row)
{
	return &c->finding->timeline[row];
}

static size_t object_of(struct chart *c, const char *name)
{
	for (size_t i = c->nr_objects; i--;)
		if (!strcmp(c->objects[i].name, name))
			return i;
	return NONE;
}

static void note_object(struct chart *c, size_t row)
{
	const struct kmc_doc_moment *m = moment(c, row);
	size_t at = *m->object ? object_of(c, m->object) : NONE;
	struct object *o;

	c->of_row[row] = NONE;
	if (!*m->object)
		return;
	if (at == NONE) {
		at = c->nr_objects++;
		c->objects[at] =
			(struct object){ m->object, row, row, NONE, NONE, false, MOST_LANES };
	}
	o = &c->objects[at];
	o->last = row;
	o->involved |= *m->role != '\0';
	if (!strcmp(m->life, "begins") && o->begins == NONE)
		o->begins = row;
	if (!strcmp(m->life, "ends") && o->ends == NONE)
		o->ends = row;
	c->of_row[row] = at;
}

static unsigned int lane_of_cpu(const struct chart *c, uint64_t cpu)
{
	unsigned int i = 0;

	while (i < c->nr_cpus && c->cpus[i] != cpu)
		i++;
	return i;
}

static int compare_cpus(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

/* From which row to which the object's lane is taken. */
static size_t taken_from(const struct object *o)
{
	return o->begins == NONE ? 0 : o->first;
}

static size_t taken_to(const struct chart *c, const struct object *o)
{
	return o->ends == NONE ? c->rows - 1 : o->last;
}

/* Those of the explanation get their lanes first. */
static void give_lanes(struct chart *c, bool involved)
{
	for (size_t i = 0; i < c->nr_objects; i++) {
		struct object *o = &c->objects[i];
		unsigned int lane = 0;

		if (o->involved != involved)
			continue;
		for (size_t j = 0; lane < MOST_LANES && j < c->nr_objects; j++) {
			const struct object *other = &c->objects[j];

			if (other->lane == lane && taken_from(o) <= taken_to(c, other) &&
			    taken_from(other) <= taken_to(c, o)) {
				lane++;
				j = NONE; /* from the start */
			}
		}
		o->lane = lane;
		if (lane < MOST_LANES && lane >= c->nr_lanes)
			c->nr_lanes = lane + 1;
	}
}

static void measure(struct chart *c)
{
	unsigned int digits = 1;

	for (size_t row = 0; row < c->rows; row++) {
		const struct kmc_doc_moment *m = moment(c, row);
		unsigned int n = 1;

		note_object(c, row);
		for (uint64_t t = m->time; t > 9; t /= 10)
			n++;
		digits = n > digits ? n : digits;
		if (lane_of_cpu(c, m->cpu) == c->nr_cpus && c->nr_cpus < MOST_CPUS)
			c->cpus[c->nr_cpus++] = m->cpu;
	}
	qsort(c->cpus, c->nr_cpus, sizeof(*c->cpus), compare_cpus);
	give_lanes(c, true);
	give_lanes(c, false);
	c->left = 24 + digits * LETTER / 10 + 12;
	c->objects_left = c->left + c->nr_cpus * CPU_STEP + 12;
	c->names_left = c->objects_left + c->nr_lanes * OBJECT_STEP + 4;
	c->text_left = c->names_left + (c->nr_objects ? 32 : 0) + 22;
}

/* drawing */

static uint64_t middle(size_t row)
{
	return TOP + row * ROW + ROW / 2;
}

static uint64_t cpu_x(const struct chart *c, uint64_t cpu)
{
	unsigned int lane = lane_of_cpu(c, cpu);

	return c->left + (lane < c->nr_cpus ? lane : c->nr_cpus - 1) * CPU_STEP + CPU_STEP / 2;
}

static uint64_t object_x(const struct chart *c, const struct object *o)
{
	return c->objects_left + o->lane * OBJECT_STEP + OBJECT_STEP / 2;
}

static uint64_t width(const struct chart *c)
{
	size_t most = 24;

	for (size_t row = 0; row < c->rows; row++) {
		size_t n = kmc_page_characters(moment(c, row)->text) + 16;

		most = n > most ? n : most;
	}
	return c->text_left + (most < MOST_TEXT ? most : MOST_TEXT) * LETTER / 10 + 8;
}

static bool is_violation(const struct chart *c, size_t row)
{
	return moment(c, row)->time == c->finding->first;
}

/* Under everything: the lit rows, the lanes, where records are lost. */
static void put_ground(const struct chart *c, uint64_t across)
{
	for (size_t row = 0; row < c->rows; row++) {
		const char *class = is_violation(c, row) ? "lit" : *moment(c, row)->role ? "named" :
				    !strcmp(moment(c, row)->kind, "gap") ? "lost" : NULL;

		if (class)
			kmc_page_put(c->page,
				     "<rect class=\"%s\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
				     class, (uint64_t)(TOP + row * ROW), across, (uint64_t)ROW);
	}
	for (unsigned int i = 0; i < c->nr_cpus; i++)
		kmc_page_put(c->page,
			     "<line class=\"lane\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n",
			     cpu_x(c, c->cpus[i]), cpu_x(c, c->cpus[i]), (uint64_t)TOP,
			     (uint64_t)(TOP + c->rows * ROW));
}

static void put_heads(const struct chart *c)
{
	kmc_page_put(c->page,
		     "<text class=\"head\" x=\"%d\" y=\"14\" text-anchor=\"end\">event</text>"
		     "<text class=\"head\" x=\"%d\" y=\"14\">cpu</text>\n",
		     (uint64_t)(c->left - 10), (uint64_t)(c->left));
	for (unsigned int i = 0; i < c->nr_cpus; i++)
		kmc_page_put(
			c->page,
			"<text class=\"head\" x=\"%d\" y=\"32\" text-anchor=\"middle\">%d</text>\n",
			cpu_x(c, c->cpus[i]), c->cpus[i]);
	if (c->nr_objects)
		kmc_page_put(c->page, "<text class=\"head\" x=\"%d\" y=\"32\">object</text>\n",
			     (uint64_t)(c->objects_left + 2));
}

/* A life: open at the end where it goes on beyond the window; dashed where it is used after it. */
static void put_life(const struct chart *c, const struct object *o)
{
	uint64_t from = o->begins == NONE ? TOP : middle(o->begins);
	uint64_t to = o->ends == NONE ? TOP + c->rows * ROW : middle(o->ends), x;

	if (o->lane == MOST_LANES)
		return;
	x = object_x(c, o);
	kmc_page_put(c->page, "<g class=\"life%s\"><title>%t", o->involved ? " in" : "", o->name);
	kmc_page_put(c->page, "%s%s</title>", o->begins == NONE ? ", from before" : "",
		     o->ends == NONE ? ", lives on" : "");
	if (to > from)
		kmc_page_put(c->page, "<path class=\"bar%s\" d=\"M%d %dV%d\"/>",
			     o->begins == NONE || o->ends == NONE ? " open" : "", x, from, to);
	if (o->ends != NONE && o->last > o->ends)
		kmc_page_put(c->page, "<path class=\"dead\" d=\"M%d %dV%d\"/>", x, to,
			     middle(o->last));
	kmc_page_put(c->page, "</g>\n");
}

/* On the object's lane: a disc begins a life, a cross ends it, a ring is a use. */
static void put_touch(const struct chart *c, size_t row)
{
	const struct kmc_doc_moment *m = moment(c, row);
	const struct object *o = c->of_row[row] == NONE ? NULL : &c->objects[c->of_row[row]];
	const char *in = o && o->involved ? " in" : "";
	uint64_t x, y = middle(row);

	if (!o)
		return;
	kmc_page_put(c->page, "<text class=\"name%s\" x=\"%d\" y=\"%d\">", in,
		     (uint64_t)c->names_left, y + 4);
	kmc_page_clip(c->page, o->name, 4);
	kmc_page_put(c->page, "</text>");
	if (o->lane == MOST_LANES)
		return;
	x = object_x(c, o);
	if (!strcmp(m->life, "ends"))
		kmc_page_put(c->page, "<path class=\"ends%s\" d=\"M%d %dl8 8m0 -8l-8 8\"/>", in,
			     x - 4, y - 4);
	else
		kmc_page_put(c->page, "<circle class=\"%s%s\" cx=\"%d\" cy=\"%d\" r=\"%s\"/>",
			     !strcmp(m->life, "begins") ? "begins" : "uses", in, x, y,
			     !strcmp(m->life, "begins") ? "5" : "4");
}

/* On the cpu's lane: a disc is a call, a diamond an effect, a dot all else. */
static void put_where(const struct chart *c, size_t row)
{
	const struct kmc_doc_moment *m = moment(c, row);
	uint64_t x = cpu_x(c, m->cpu), y = middle(row);

	if (!strcmp(m->kind, "effect"))
		kmc_page_put(c->page, "<path class=\"effect\" d=\"M%d %dl4 4l-4 4l-4 -4z\"/>", x,
			     y - 4);
	else if (!strcmp(m->kind, "machine") || !strcmp(m->kind, "gap"))
		kmc_page_put(c->page, "<path class=\"effect\" d=\"M%d %dh%d\"/>", (uint64_t)c->left,
			     y, (uint64_t)(c->nr_cpus * CPU_STEP));
	else
		kmc_page_put(c->page, "<circle class=\"%s\" cx=\"%d\" cy=\"%d\" r=\"%s\"/>",
			     !strcmp(m->kind, "begin") ? "starts" : "call", x, y,
			     !strcmp(m->kind, "trace") ? "2" : "4");
}

static void put_words(const struct chart *c, size_t row)
{
	const struct kmc_doc_moment *m = moment(c, row);
	uint64_t y = middle(row) + 4, x = c->text_left;

	kmc_page_put(c->page, "<text class=\"at\" text-anchor=\"end\" x=\"%d\" y=\"%d\">%d</text>",
		     (uint64_t)(c->left - 10), y, m->time);
	if (is_violation(c, row))
		kmc_page_put(
			c->page,
			"<path class=\"mark\" d=\"M4 %dl9 5l-9 5z\"><title>the violation</title>"
			"</path>",
			y - 9);
	if (*m->role) {
		kmc_page_put(c->page, "<circle class=\"role\" cx=\"%d\" cy=\"%d\" r=\"8\"/>"
			     "<text class=\"letter\" x=\"%d\" y=\"%d\">", x - 12, y - 4, x - 12, y);
		kmc_page_clip(c->page, m->role, 1);
		kmc_page_put(c->page, "</text>");
	}
	kmc_page_put(c->page, "<text class=\"what%s\" x=\"%d\" y=\"%d\">",
		     is_violation(c, row) || *m->role ? " in" : "", x, y);
	kmc_page_clip(c->page, m->text, MOST_TEXT);
	kmc_page_put(c->page, "</text>\n");
}

static void draw(const struct chart *c)
{
	uint64_t across = width(c), down = TOP + c->rows * ROW + 4;

	kmc_page_put(c->page,
		     "<div class=\"wide\" role=\"region\" aria-label=\"Timeline\">"
		     "<svg class=\"timeline\" role=\"group\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		     "height=\"%d\">"
		     "<title>Timeline of %n events around the violation</title>",
		     across, down, across, down, (uint64_t)c->rows);
	kmc_page_put(c->page,
		     "<desc>A row an event, time downwards; lanes of %n cpu%s and of %n object%s; "
		     "lives are bars; events of the explanation carry its letters.</desc>\n",
		     (uint64_t)c->nr_cpus, kmc_page_plural(c->nr_cpus), (uint64_t)c->nr_objects,
		     kmc_page_plural(c->nr_objects));
	put_ground(c, across);
	put_heads(c);
	for (size_t i = 0; i < c->nr_objects; i++)
		put_life(c, &c->objects[i]);
	for (size_t row = 0; row < c->rows; row++) {
		put_where(c, row);
		put_touch(c, row);
		put_words(c, row);
	}
	kmc_page_put(c->page,
		     "</svg></div>\n<p class=\"soft key\">A row an event; its cpu: "
		     "<b>\xe2\x97\x8f</b> call, <b>\xe2\x97\x8b</b> its beginning, "
		     "<b>\xe2\x97\x86</b> effect; its object: <b>\xe2\x97\x8f</b> life begins, "
		     "<b>\xe2\x97\x8b</b> use, <b>\xc3\x97</b> life ends, dashed: after that; "
		     "<b>\xe2\x96\xb6</b> the violation.</p>\n");
}

void kmc_page_timeline(const struct kmc_page *page, const struct kmc_doc_finding *f)
{
	struct chart c = { .page = page, .finding = f,
			   .rows = f->nr_timeline < MOST_ROWS ? f->nr_timeline : MOST_ROWS };

	measure(&c);
	draw(&c);
}
