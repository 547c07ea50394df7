/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plot as plain SVG: axes with round ticks, lines, steps, points or bars.
 * Whole numbers only, so that a plot is the same everywhere. Private to html/.
 */
#ifndef HTML_PLOT_H
#define HTML_PLOT_H
#include "page.h"

#define PLOT_MOST 6u /* series in one plot that look different */

struct kmc_plot {
	const struct kmc_doc_series *series[PLOT_MOST];
	size_t nr;
	const char *title;
	bool log_x, log_y;
};

/** kmc_plot_draw() - One graphic, with title and description. */
void kmc_plot_draw(const struct kmc_page *page, const struct kmc_plot *plot);

/* An axis: where a value lies, and what stands beside it. scale.c */
#define AXIS_MOST_TICKS 24u

struct kmc_axis {
	uint64_t from, to;  /* values at its ends; from < to */
	unsigned int at, length;
	bool log;
	const char *unit;
	uint64_t tick[AXIS_MOST_TICKS];
	size_t nr_ticks;
};

/** kmc_axis_make() - An axis of round ticks around [@from, @to]. */
void kmc_axis_make(struct kmc_axis *axis, uint64_t from, uint64_t to, unsigned int most_ticks);
/** kmc_axis_place() - Distance of @value from the axis' beginning, in tenths. */
uint64_t kmc_axis_place(const struct kmc_axis *axis, uint64_t value);
/** kmc_axis_alike() - Are units of one kind, as "bytes recorded" and "bytes reproduced"? */
bool kmc_axis_alike(const char *one, const char *other);
/** kmc_axis_label() - "20k", "64K" of bytes. @text: 16 bytes. */
void kmc_axis_label(const char *unit, uint64_t value, char *text);

#endif
