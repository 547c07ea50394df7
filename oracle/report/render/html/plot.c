// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The drawing of a plot: frame and grid, then each series in the form that it
 * asks for. Series differ by dashes, marks and hatching as well as by colour.
 */
#include <string.h>
#include "plot.h"

#define WIDTH   480u
#define HEIGHT  270u
#define LEFT    56u
#define RIGHT   20u
#define TOP     26u
#define BOTTOM  44u
#define MOST_POINTS 480u /* of a line: one for each place that there is */
#define MOST_CLASSES 64u

struct drawing {
	const struct kmc_page *page;
	const struct kmc_plot *plot;
	struct kmc_axis x, y;
	uint64_t class[MOST_CLASSES]; /* of bars */
	size_t nr_classes;
};

static bool is_kind(const struct kmc_doc_series *s, const char *kind)
{
	return !strcmp(s->kind, kind);
}

static bool has_bars(const struct kmc_plot *plot)
{
	return is_kind(plot->series[0], "bars");
}

/* Tenths of a unit as a number with a point. */
static void put_tenths(const struct drawing *d, uint64_t tenths)
{
	kmc_page_put(d->page, tenths % 10 ? "%d.%d" : "%d", tenths / 10, tenths % 10);
}

static uint64_t x_of(const struct drawing *d, uint64_t value)
{
	return LEFT * 10 + kmc_axis_place(&d->x, value);
}

static uint64_t y_of(const struct drawing *d, uint64_t value)
{
	return (HEIGHT - BOTTOM) * 10 - kmc_axis_place(&d->y, value);
}

/* ranges */

static void range(const struct kmc_plot *plot, bool of_x, bool log, uint64_t *from, uint64_t *to)
{
	*from = UINT64_MAX;
	*to = 0;
	for (size_t s = 0; s < plot->nr; s++)
		for (size_t i = 0; i < plot->series[s]->nr_points; i++) {
			const struct kmc_doc_point *p = &plot->series[s]->points[i];
			uint64_t value = of_x ? p->x : p->y;

			if (value > *to)
				*to = value;
			if (value < *from && (value || !log))
				*from = value;
		}
	if (*from > *to)
		*from = *to;
}

static void add_class(struct drawing *d, uint64_t x)
{
	size_t i = d->nr_classes;

	for (size_t j = 0; j < d->nr_classes; j++)
		if (d->class[j] == x)
			return;
	if (i == MOST_CLASSES)
		return;
	for (d->nr_classes++; i && d->class[i - 1] > x; i--)
		d->class[i] = d->class[i - 1];
	d->class[i] = x;
}

static void measure(struct drawing *d)
{
	const struct kmc_plot *plot = d->plot;
	uint64_t from, to;

	d->x = (struct kmc_axis){ .length = WIDTH - LEFT - RIGHT, .log = plot->log_x,
				  .unit = plot->series[0]->x_unit };
	d->y = (struct kmc_axis){ .length = HEIGHT - TOP - BOTTOM, .log = plot->log_y,
				  .unit = plot->series[0]->unit };
	range(plot, false, plot->log_y, &from, &to);
	kmc_axis_make(&d->y, plot->log_y ? from : 0, to, 5);
	range(plot, true, plot->log_x, &from, &to);
	kmc_axis_make(&d->x, from, to, 6);
	for (size_t s = 0; has_bars(plot) && s < plot->nr; s++)
		for (size_t i = 0; i < plot->series[s]->nr_points; i++)
			add_class(d, plot->series[s]->points[i].x);
}

/* the frame */

static void put_label(const struct drawing *d, const char *unit, uint64_t value)
{
	char text[16];

	kmc_axis_label(unit, value, text);
	kmc_page_put(d->page, "%t</text>", text);
}

static void put_y_axis(const struct drawing *d)
{
	for (size_t i = 0; i < d->y.nr_ticks; i++) {
		kmc_page_put(d->page, "<path class=\"grid\" d=\"M%d ", (uint64_t)LEFT);
		put_tenths(d, y_of(d, d->y.tick[i]));
		kmc_page_put(d->page,
			     "H%d\"/><text class=\"tick\" text-anchor=\"end\" x=\"%d\" y=\"",
			     (uint64_t)(WIDTH - RIGHT), (uint64_t)(LEFT - 6));
		put_tenths(d, y_of(d, d->y.tick[i]) + 40);
		kmc_page_put(d->page, "\">");
		put_label(d, d->y.unit, d->y.tick[i]);
		kmc_page_put(d->page, "\n");
	}
}

static void put_x_tick(const struct drawing *d, uint64_t at, uint64_t value)
{
	kmc_page_put(d->page, "<path class=\"axis\" d=\"M");
	put_tenths(d, at);
	kmc_page_put(d->page, " %dv4\"/><text class=\"tick\" text-anchor=\"middle\" x=\"",
		     (uint64_t)(HEIGHT - BOTTOM));
	put_tenths(d, at);
	kmc_page_put(d->page, "\" y=\"%d\">", (uint64_t)(HEIGHT - BOTTOM + 16));
	put_label(d, d->x.unit, value);
	kmc_page_put(d->page, "\n");
}

static uint64_t class_width(const struct drawing *d)
{
	return (WIDTH - LEFT - RIGHT) * 10 / (d->nr_classes ? d->nr_classes : 1);
}

static void put_x_axis(const struct drawing *d)
{
	size_t every = (d->nr_classes + 9) / 10;

	kmc_page_put(d->page, "<path class=\"axis\" d=\"M%d %dH%d\"/>\n", (uint64_t)LEFT,
		     (uint64_t)(HEIGHT - BOTTOM), (uint64_t)(WIDTH - RIGHT));
	for (size_t i = 0; i < d->nr_classes; i += every)
		put_x_tick(d, LEFT * 10 + class_width(d) * i + class_width(d) / 2, d->class[i]);
	for (size_t i = 0; !d->nr_classes && i < d->x.nr_ticks; i++)
		put_x_tick(d, x_of(d, d->x.tick[i]), d->x.tick[i]);
}

static void put_units(const struct drawing *d)
{
	kmc_page_put(d->page, "<text class=\"unit\" x=\"4\" y=\"14\">");
	kmc_page_clip(d->page, d->y.unit, 40);
	kmc_page_put(
		d->page, "%s</text><text class=\"unit\" text-anchor=\"end\" x=\"%d\" y=\"%d\">",
		d->y.log ? ", logarithmic" : "", (uint64_t)(WIDTH - RIGHT), (uint64_t)(HEIGHT - 8));
	kmc_page_put(d->page, has_bars(d->plot) ? "up to, " : "");
	kmc_page_clip(d->page, d->x.unit, 40);
	kmc_page_put(d->page, "%s</text>\n", d->x.log ? ", logarithmic" : "");
}

/* the series */

static void put_point(const struct drawing *d, const struct kmc_doc_point *p)
{
	put_tenths(d, x_of(d, p->x));
	kmc_page_put(d->page, " ");
	put_tenths(d, y_of(d, p->y));
}

/* Of more points than there are places, every so many and the last. */
static size_t step_of(size_t nr)
{
	return (nr + MOST_POINTS - 1) / MOST_POINTS;
}

static void put_line(const struct drawing *d, size_t number)
{
	const struct kmc_doc_series *s = d->plot->series[number];
	bool steps = is_kind(s, "steps");

	kmc_page_put(d->page, "<path class=\"line c%d\" d=\"", (uint64_t)number);
	for (size_t i = 0; i < s->nr_points;) {
		if (i && steps) {
			kmc_page_put(d->page, "H");
			put_tenths(d, x_of(d, s->points[i].x));
			kmc_page_put(d->page, "V");
			put_tenths(d, y_of(d, s->points[i].y));
		} else {
			kmc_page_put(d->page, i ? "L" : "M");
			put_point(d, &s->points[i]);
		}
		i = i + 1 < s->nr_points && i + step_of(s->nr_points) >= s->nr_points ?
			    s->nr_points - 1 : i + step_of(s->nr_points);
	}
	kmc_page_put(d->page, "\"/>\n");
}

static void put_points(const struct drawing *d, size_t number)
{
	const struct kmc_doc_series *s = d->plot->series[number];

	if (kmc_axis_alike(s->unit, s->x_unit)) { /* where both are equal */
		uint64_t low = d->x.from > d->y.from ? d->x.from : d->y.from;
		uint64_t high = d->x.to < d->y.to ? d->x.to : d->y.to;

		kmc_page_put(d->page, "<path class=\"equal\" d=\"M");
		put_point(d, &(struct kmc_doc_point){ low, low });
		kmc_page_put(d->page, "L");
		put_point(d, &(struct kmc_doc_point){ high, high });
		kmc_page_put(d->page, "\"/>\n");
	}
	for (size_t i = 0; i < s->nr_points; i += step_of(s->nr_points)) {
		kmc_page_put(d->page, "<circle class=\"dot c%d\" r=\"3.5\" cx=\"",
			     (uint64_t)number);
		put_tenths(d, x_of(d, s->points[i].x));
		kmc_page_put(d->page, "\" cy=\"");
		put_tenths(d, y_of(d, s->points[i].y));
		kmc_page_put(d->page, "\"/>\n");
	}
}

static void put_bar(const struct drawing *d, size_t number, const struct kmc_doc_point *p)
{
	uint64_t wide = class_width(d) * 8 / 10 / d->plot->nr, tall, left;
	size_t class = 0;

	while (class < d->nr_classes && d->class[class] != p->x)
		class++;
	if (class == d->nr_classes || !p->y)
		return;
	left = LEFT * 10 + class_width(d) * class + class_width(d) / 10 + wide * number;
	tall = (HEIGHT - BOTTOM) * 10 - y_of(d, p->y);
	tall = tall < 20 ? 20 : tall; /* what is there is seen */
	kmc_page_put(d->page, "<rect class=\"bars c%d\" x=\"", (uint64_t)number);
	put_tenths(d, left);
	kmc_page_put(d->page, "\" y=\"");
	put_tenths(d, (HEIGHT - BOTTOM) * 10 - tall);
	kmc_page_put(d->page, "\" width=\"");
	put_tenths(d, wide);
	kmc_page_put(d->page, "\" height=\"");
	put_tenths(d, tall);
	kmc_page_put(d->page, "\"><title>%n %t: %n</title></rect>\n", p->x, d->x.unit, p->y);
}

static void put_series(const struct drawing *d, size_t number)
{
	const struct kmc_doc_series *s = d->plot->series[number];

	if (has_bars(d->plot))
		for (size_t i = 0; i < s->nr_points; i++)
			put_bar(d, number, &s->points[i]);
	else if (is_kind(s, "points"))
		put_points(d, number);
	else
		put_line(d, number);
}

/* The plot in words: where each series ends. */
static void put_description(const struct drawing *d)
{
	for (size_t i = 0; i < d->plot->nr; i++) {
		const struct kmc_doc_series *s = d->plot->series[i];
		const struct kmc_doc_point *last = &s->points[s->nr_points - 1];

		kmc_page_put(d->page, i ? "; " : "");
		kmc_page_clip(d->page, s->name, 60);
		kmc_page_put(d->page, ": %n points, the last %n ", (uint64_t)s->nr_points, last->y);
		kmc_page_clip(d->page, s->unit, 40);
		kmc_page_put(d->page, " at %n ", last->x);
		kmc_page_clip(d->page, s->x_unit, 40);
	}
}

void kmc_plot_draw(const struct kmc_page *page, const struct kmc_plot *plot)
{
	struct drawing d = { .page = page, .plot = plot };

	measure(&d);
	kmc_page_put(page,
		     "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 %d %d\"><title>%t</title>"
		     "<desc>",
		     (uint64_t)WIDTH, (uint64_t)HEIGHT, plot->title);
	put_description(&d);
	kmc_page_put(page, "</desc>\n");
	put_y_axis(&d);
	put_x_axis(&d);
	put_units(&d);
	for (size_t i = 0; i < plot->nr; i++)
		put_series(&d, i);
	kmc_page_put(page, "</svg>\n");
}
