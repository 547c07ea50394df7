/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fewer ops. Halves, quarters and so on down to single ones are left out, from
 * the end, where what is not needed mostly stands; then pairs, for an op and
 * its counterpart (a scope, a set-up and its use) that cannot go alone.
 */
#include <string.h>
#include "minimize_priv.h"

/* best without [from, from + nr) as the trial. */
static struct kmc_program without(struct shrink *s, size_t from, size_t nr)
{
	struct kmc_program candidate = *s->best;

	memcpy(s->trial, s->best->ops, from * sizeof(*s->trial));
	memcpy(s->trial + from, s->best->ops + from + nr,
	       (s->best->nr_ops - from - nr) * sizeof(*s->trial));
	candidate.ops = s->trial;
	candidate.nr_ops -= nr;
	return candidate;
}

static void take(struct shrink *s, const struct kmc_program *candidate)
{
	memcpy(s->best->ops, candidate->ops, candidate->nr_ops * sizeof(*candidate->ops));
	s->best->nr_ops = candidate->nr_ops;
	/* Ops behind the violation have no part in it; at the end of a program it has no op. */
	if (s->seen_at + 1 < s->best->nr_ops)
		s->best->nr_ops = s->seen_at + 1;
}

static bool drop(struct shrink *s, size_t from, size_t nr)
{
	struct kmc_program candidate = without(s, from, nr);

	if (!kmc_still_does(s, &candidate))
		return false;
	take(s, &candidate);
	return true;
}

static bool drop_runs(struct shrink *s, size_t length)
{
	bool any = false;

	for (size_t end = s->best->nr_ops; end > 0;) {
		size_t nr = end < length ? end : length;

		end -= nr;
		any |= drop(s, end, nr);
		if (end > s->best->nr_ops)
			end = s->best->nr_ops;
	}
	return any;
}

static bool drop_pair(struct shrink *s, size_t first, size_t second)
{
	struct kmc_program candidate = without(s, second, 1);

	memmove(s->trial + first, s->trial + first + 1,
		(candidate.nr_ops - first - 1) * sizeof(*s->trial));
	candidate.nr_ops--;
	if (!kmc_still_does(s, &candidate))
		return false;
	take(s, &candidate);
	return true;
}

/* Only where few ops are left: their number is squared. */
#define PAIRS_BELOW 40

static bool drop_pairs(struct shrink *s)
{
	bool any = false;

	if (s->best->nr_ops > PAIRS_BELOW)
		return false;
	for (size_t second = s->best->nr_ops; second-- > 1 && !s->stopped;)
		for (size_t first = second; first-- > 0 && second < s->best->nr_ops;)
			if (drop_pair(s, first, second)) {
				any = true;
				break;
			}
	return any;
}

bool kmc_shrink_ops(struct shrink *s)
{
	bool any = false, again = true;

	for (size_t length = (s->best->nr_ops + 1) / 2; length > 1; length /= 2)
		any |= drop_runs(s, length);
	while (again && !s->stopped) {
		again = drop_runs(s, 1) || drop_pairs(s);
		any |= again;
	}
	return any;
}

bool kmc_every_op_needed(struct shrink *s)
{
	for (size_t i = 0; i < s->best->nr_ops; i++) {
		struct kmc_program candidate = without(s, i, 1);

		if (kmc_still_does(s, &candidate) || s->stopped)
			return false;
	}
	return true;
}
