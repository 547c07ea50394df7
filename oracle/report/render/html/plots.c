// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which series make a plot, what it says in words, its legend, and the numbers
 * behind it as a table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "plot.h"

#define MOST_PLOTS 60u
#define MOST_ROWS 200u /* of a table; the document has them all */

static bool is_kind(const struct kmc_doc_series *s, const char *kind)
{
	return !strcmp(s->kind, kind);
}

static bool of_one_plot(const struct kmc_doc_series *a, const struct kmc_doc_series *b)
{
	return !strcmp(a->plot, b->plot) && !strcmp(a->x_unit, b->x_unit) &&
	       !strcmp(a->unit, b->unit) && a->generated == b->generated &&
	       is_kind(a, "bars") == is_kind(b, "bars");
}

/* Do the values reach over more than @fold times the least? */
static bool wide(const struct kmc_plot *plot, bool of_x, uint64_t fold)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t s = 0; s < plot->nr; s++)
		for (size_t i = 0; i < plot->series[s]->nr_points; i++) {
			const struct kmc_doc_point *p = &plot->series[s]->points[i];
			uint64_t value = of_x ? p->x : p->y;

			high = value > high ? value : high;
			low = value && value < low ? value : low;
		}
	return high / fold > low;
}

static void choose_scales(struct kmc_plot *plot)
{
	const struct kmc_doc_series *first = plot->series[0];

	if (is_kind(first, "bars"))
		plot->log_y = wide(plot, false, 1000);
	else if (is_kind(first, "points"))
		plot->log_x = plot->log_y = wide(plot, true, 100) || wide(plot, false, 100);
	else if (!strcmp(first->plot, "discovery"))
		plot->log_x = wide(plot, true, 1000);
	else if (plot->nr > 1) /* as free pages, far above their watermarks */
		plot->log_y = wide(plot, false, 100);
}

/* The plot of the series at @from, whose like that come behind it are taken too. */
static struct kmc_plot gather(const struct kmc_doc *doc, size_t from, bool *taken)
{
	struct kmc_plot plot = { .title = doc->series[from].plot };

	for (size_t i = from; i < doc->nr_series && plot.nr < PLOT_MOST; i++) {
		if (taken[i] || !doc->series[i].nr_points ||
		    !of_one_plot(&doc->series[from], &doc->series[i]))
			continue;
		plot.series[plot.nr++] = &doc->series[i];
		taken[i] = true;
	}
	if (plot.nr)
		choose_scales(&plot);
	return plot;
}

/* words */

static void put_legend(const struct kmc_page *page, const struct kmc_plot *plot)
{
	bool bars = is_kind(plot->series[0], "bars");

	kmc_page_put(page, "<ul class=\"legend\">\n");
	for (size_t i = 0; i < plot->nr; i++) {
		const struct kmc_doc_series *s = plot->series[i];

		kmc_page_put(page, "<li><svg aria-hidden=\"true\" width=\"28\" height=\"12\">");
		if (bars)
			kmc_page_put(
				page,
				"<rect class=\"bars c%d\" width=\"12\" height=\"12\" x=\"8\"/>",
				(uint64_t)i);
		else if (is_kind(s, "points"))
			kmc_page_put(page,
				     "<circle class=\"dot c%d\" cx=\"14\" cy=\"6\" r=\"3.5\"/>",
				     (uint64_t)i);
		else
			kmc_page_put(page, "<path class=\"line c%d\" d=\"M0 6H28\"/>", (uint64_t)i);
		kmc_page_put(page, "</svg> %t", s->name);
		if (*s->subject && page->doc->nr_subjects > 1)
			kmc_page_put(page, " <span class=\"soft\">%t</span>", s->subject);
		kmc_page_put(page, "</li>\n");
	}
	kmc_page_put(page, "</ul>\n");
}

/* the numbers */

static bool same_x(const struct kmc_plot *plot)
{
	for (size_t s = 1; s < plot->nr; s++) {
		if (plot->series[s]->nr_points != plot->series[0]->nr_points)
			return false;
		for (size_t i = 0; i < plot->series[0]->nr_points; i++)
			if (plot->series[s]->points[i].x != plot->series[0]->points[i].x)
				return false;
	}
	return true;
}

/* Columns: x, then a y of each of @nr series, which share x. */
static void put_table(const struct kmc_page *page, const struct kmc_doc_series *const *series,
		      size_t nr)
{
	size_t points = series[0]->nr_points, every = (points + MOST_ROWS - 1) / MOST_ROWS;

	kmc_page_put(page, "<table>\n<thead><tr><th scope=\"col\" class=\"n\">%t</th>",
		     series[0]->x_unit);
	for (size_t s = 0; s < nr; s++)
		kmc_page_put(page, "<th scope=\"col\" class=\"n\">%t, %t</th>", series[s]->name,
			     series[s]->unit);
	kmc_page_put(page, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < points; i += every) {
		kmc_page_put(page, "<tr><td class=\"n\">%n</td>", series[0]->points[i].x);
		for (size_t s = 0; s < nr; s++)
			kmc_page_put(page, "<td class=\"n\">%n</td>", series[s]->points[i].y);
		kmc_page_put(page, "</tr>\n");
	}
	kmc_page_put(page, "</tbody></table>\n");
	if (every > 1)
		kmc_page_put(
			page,
			"<p class=\"soft\">One of %n points each; the document has all %n.</p>\n",
			(uint64_t)every, (uint64_t)points);
}

static void put_numbers(const struct kmc_page *page, const struct kmc_plot *plot)
{
	kmc_page_put(page,
		     "<details class=\"numbers\"><summary>Numbers</summary>\n<div class=\"wide\" "
		     "role=\"region\" aria-label=\"Numbers of %t\">\n",
		     plot->title);
	if (same_x(plot)) {
		put_table(page, plot->series, plot->nr);
	} else {
		for (size_t i = 0; i < plot->nr; i++)
			put_table(page, &plot->series[i], 1);
	}
	kmc_page_put(page, "</div></details>\n");
}

static void put_plot(const struct kmc_page *page, const struct kmc_plot *plot)
{
	kmc_page_put(page, "<figure>\n<figcaption>%t", plot->title);
	if (*plot->series[0]->subject && page->doc->nr_subjects > 1 && plot->nr == 1)
		kmc_page_put(page, " of %t", plot->series[0]->subject);
	if (plot->series[0]->generated)
		kmc_page_put(page,
			     " <span class=\"soft\">by the clock: differs from run to run</span>");
	kmc_page_put(page, "</figcaption>\n");
	kmc_plot_draw(page, plot);
	put_legend(page, plot);
	put_numbers(page, plot);
	kmc_page_put(page, "</figure>\n");
}

bool kmc_page_has_plots(const struct kmc_page *page)
{
	for (size_t i = 0; i < page->doc->nr_series; i++)
		if (page->doc->series[i].nr_points)
			return true;
	return false;
}

int kmc_page_plots(const struct kmc_page *page)
{
	const struct kmc_doc *doc = page->doc;
	size_t nr = 0;
	bool *taken;

	if (!kmc_page_has_plots(page))
		return 0;
	taken = calloc(doc->nr_series, sizeof(*taken));
	if (!taken)
		return -ENOMEM;
	kmc_page_put(page, "<section id=\"plots\">\n<h2>Plots</h2>\n<div class=\"plots\">\n");
	for (size_t i = 0; i < doc->nr_series && nr < MOST_PLOTS; i++) {
		struct kmc_plot plot = { 0 };

		if (!taken[i])
			plot = gather(doc, i, taken);
		if (plot.nr)
			put_plot(page, &plot);
		nr += plot.nr != 0;
	}
	kmc_page_put(page, "</div>\n%s</section>\n",
		     nr == MOST_PLOTS
			     ? "<p class=\"soft\">Further series are in the document.</p>\n"
			     : "");
	free(taken);
	return 0;
}
