// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of the stream: what nobody freed. */
#include <errno.h>
#include <stdlib.h>
#include "call_parts.h"

static bool is_before(const struct kmc_life *x, const struct kmc_life *y)
{
	return x->seq != y->seq ? x->seq < y->seq : x < y; /* the same: parts of one block */
}

static int by_seq(const void *a, const void *b)
{
	const struct kmc_life *x = *(const struct kmc_life *const *)a;
	const struct kmc_life *y = *(const struct kmc_life *const *)b;

	return is_before(x, y) ? -1 : is_before(y, x);
}

/* Most programs leave a handful, which a library's sort takes longer to begin with. */
static void sort(const struct kmc_life **leaks, size_t nr)
{
	if (nr > 32) {
		qsort(leaks, nr, sizeof(*leaks), by_seq);
		return;
	}
	for (size_t i = 1; i < nr; i++) {
		const struct kmc_life *life = leaks[i];
		size_t at = i;

		for (; at && is_before(life, leaks[at - 1]); at--)
			leaks[at] = leaks[at - 1];
		leaks[at] = life;
	}
}

static void ask_leak(struct kmc_judge *judge, const struct kmc_life *life,
		     const struct kmc_event *end)
{
	struct kmc_case c = { .ev = end, .call = "end of program", .by = KMC_BY_NOBODY };

	if (life) {
		c.other = life;
		c.from = life->from;
		c.addr = life->addr;
		c.size = kmc_life_size(life);
	}
	KMC_ASK(judge, FR_20, &c);
}

static bool is_leak(const struct kmc_judge *judge, const struct kmc_life *life)
{
	return life->addr && life->state == KMC_LIFE_LIVE && life->from != KMC_FROM_UNKNOWN &&
	       life->from != KMC_FROM_CONST && !(life->flags & KMC_LIFE_KEPT) &&
	       life->seq >= judge->blind_before;
}

int kmc_call_side_finish(struct kmc_judge *judge)
{
	const struct kmc_life **leaks;
	struct kmc_event end;
	size_t nr = 0;

	kmc_event_init(&end);
	if (!judge->on[KMC_R_FR_20] || !judge->events)
		return 0;
	if (!judge->shadow.live) {
		ask_leak(judge, NULL, &end);
		return 0;
	}
	leaks = malloc(judge->shadow.live * sizeof(*leaks));
	if (!leaks)
		return -ENOMEM;
	for (size_t i = 0; i < kmc_shadow_walk(&judge->shadow); i++) {
		const struct kmc_life *life = kmc_shadow_at(&judge->shadow, i);

		if (is_leak(judge, life))
			leaks[nr++] = life;
	}
	sort(leaks, nr);
	for (size_t i = 0; i < nr; i++)
		ask_leak(judge, leaks[i], &end);
	if (!nr)
		ask_leak(judge, NULL, &end);
	free(leaks);
	return 0;
}
