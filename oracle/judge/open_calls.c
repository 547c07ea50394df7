// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that have begun and not ended. */
#include <errno.h>
#include <stdlib.h>
#include "call_parts.h"

struct kmc_open_call *kmc_open_find(const struct kmc_judge *judge, uint32_t id)
{
	for (size_t i = judge->nr_open; id && i-- > 0; )
		if (judge->open[i].id == id)
			return &judge->open[i];
	return NULL;
}

/* Calls inside of a call run on its cpu. */
static void note_overlap(struct kmc_judge *judge, const struct kmc_event *ev)
{
	for (size_t i = 0; i < judge->nr_open && !judge->overlaps; i++)
		judge->overlaps = judge->open[i].begin.cpu != ev->cpu;
}

int kmc_open_push(struct kmc_judge *judge, const struct kmc_event *ev)
{
	note_overlap(judge, ev);
	if (judge->nr_open == judge->max_open) {
		size_t max = judge->max_open ? judge->max_open * 2 : 16;
		void *open = realloc(judge->open, max * sizeof(*judge->open));

		if (!open)
			return -ENOMEM;
		judge->open = open;
		judge->max_open = max;
	}
	judge->open[judge->nr_open++] =
		(struct kmc_open_call){ .id = ev->id, .what = ev->what, .begin = *ev,
					.since = judge->now };
	return 0;
}

struct kmc_open_call *kmc_open_drop(struct kmc_judge *judge, struct kmc_open_call *open)
{
	struct kmc_open_call *last = &judge->open[--judge->nr_open];

	/* Nearly always the one that began last. */
	if (open != last) {
		struct kmc_open_call own = *open;

		*open = *last;
		*last = own;
	}
	return last;
}
