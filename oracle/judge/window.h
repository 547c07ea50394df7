/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last events of the stream, kept so that a finding can show what happened
 * around it. Included by judge/ only.
 */
#ifndef JUDGE_WINDOW_H
#define JUDGE_WINDOW_H
#include <string.h>
#include "oracle/judge.h"
#include "shapes.h"

#define KMC_RING_EVENTS 256u /* a power of two */
#define KMC_OWED_FINDINGS 8u

/* Rooms of a judge that is watched: KMC_RING_EVENTS events, whatever comes. */
struct kmc_watch {
	struct kmc_event *ring; /* NULL: not watched; an event's seq is its number here */
	struct kmc_shapes *shapes;
	uint64_t max_size;      /* of kmalloc; 0 not known */
	uint64_t nr;            /* events noted since the last reset */
	size_t nr_windows;
	/* findings that wait for the events behind them */
	struct kmc_finding *owed[KMC_OWED_FINDINGS];
	uint8_t left[KMC_OWED_FINDINGS];
	unsigned int nr_owed;
};

void kmc_watch_free(struct kmc_watch *watch);
void kmc_watch_reset(struct kmc_watch *watch);
/** kmc_watch_pay() - The newest event belongs to the findings that wait for it. */
void kmc_watch_pay(struct kmc_watch *watch);

struct kmc_case;
/** kmc_watch_take() - Give a new finding its window: of the ring what concerns it. */
void kmc_watch_take(struct kmc_judge *judge, struct kmc_finding *finding, const struct kmc_case *c);

/** kmc_watch_note() - The next event of the stream, number @now. */
static inline void kmc_watch_note(struct kmc_watch *watch, const struct kmc_event *ev, uint64_t now)
{
	struct kmc_event *to;

	if (!watch->ring)
		return;
	to = &watch->ring[watch->nr++ & (KMC_RING_EVENTS - 1)];
	memcpy(to, ev, sizeof(*to));
	to->seq = now;
	kmc_shapes_note(watch->shapes, ev, watch->max_size);
	if (watch->nr_owed)
		kmc_watch_pay(watch);
}

#endif
