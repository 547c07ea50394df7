// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of the stream: what nobody freed. */
#include <errno.h>
#include <stdlib.h>
#include "call_parts.h"

static int by_seq(const void *a, const void *b)
{
	const struct kmc_life *x = *(const struct kmc_life *const *)a;
	const struct kmc_life *y = *(const struct kmc_life *const *)b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return x < y ? -1 : x > y; /* parts of one block */
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
	qsort(leaks, nr, sizeof(*leaks), by_seq);
	for (size_t i = 0; i < nr; i++)
		ask_leak(judge, leaks[i], &end);
	if (!nr)
		ask_leak(judge, NULL, &end);
	free(leaks);
	return 0;
}
