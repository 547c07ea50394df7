// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Windows of events around findings. A ring keeps the last events; when a rule
 * is broken for the first time, those of the blocks concerned, of the cpu and
 * the very last ones are copied, and the few that follow. A block whose
 * beginning has left the ring is shown as the books remember it. Who is watched
 * is also asked which shapes of requests there were (shapes.c).
 */
#include <errno.h>
#include <stdlib.h>
#include "judge_priv.h"

#define WINDOW 40u      /* moments before the breach, it included */
#define AFTER 6u
#define NEWEST 10u      /* whatever they are about */
#define OF_CPU 12u
#define MOST_WINDOWS 1024u

int kmc_judge_watch(struct kmc_judge *judge)
{
	struct kmc_watch *watch = &judge->watch;

	if (watch->ring)
		return 0;
	watch->max_size = judge->subject.machine.kmalloc_max_size;
	watch->shapes = calloc(1, sizeof(*watch->shapes));
	watch->ring = watch->shapes ? calloc(KMC_RING_EVENTS, sizeof(*watch->ring)) : NULL;
	return watch->ring ? 0 : -ENOMEM;
}

void kmc_watch_free(struct kmc_watch *watch)
{
	free(watch->ring);
	free(watch->shapes);
	watch->ring = NULL;
	watch->shapes = NULL;
}

void kmc_watch_reset(struct kmc_watch *watch)
{
	watch->nr = watch->nr_owed = 0;
}

static void add_moment(struct kmc_finding *finding, const struct kmc_event *ev, char role)
{
	finding->window[finding->nr_window++] = (struct kmc_moment){ .event = *ev, .role = role };
}

void kmc_watch_pay(struct kmc_watch *watch)
{
	const struct kmc_event *ev = &watch->ring[(watch->nr - 1) & (KMC_RING_EVENTS - 1)];
	unsigned int kept = 0;

	for (unsigned int i = 0; i < watch->nr_owed; i++) {
		add_moment(watch->owed[i], ev, '\0');
		if (!--watch->left[i])
			continue;
		watch->owed[kept] = watch->owed[i];
		watch->left[kept++] = watch->left[i];
	}
	watch->nr_owed = kept;
}

/* What the story is about. */
struct story {
	uint64_t a, b; /* addresses; 0 none */
	uint16_t cpu;
	unsigned int newest, of_cpu;
};

static bool touches(const struct kmc_event *ev, uint64_t addr)
{
	return addr > KMC_ZERO_SIZE_PTR && (ev->addr == addr || ev->addr2 == addr);
}

static bool belongs(struct story *story, const struct kmc_event *ev)
{
	bool wanted = touches(ev, story->a) || touches(ev, story->b);

	if (story->newest < NEWEST) {
		story->newest++;
		wanted = true;
	}
	if (ev->cpu == story->cpu && story->of_cpu < OF_CPU) {
		story->of_cpu++;
		wanted = true;
	}
	return wanted;
}

static char role_of(const struct kmc_judge *judge, const struct kmc_case *c,
		    const struct kmc_event *ev)
{
	if (ev->seq == judge->now)
		return 'A';
	return c->other && ev->seq == c->other->seq ? 'B' : '\0';
}

/* The beginning of the other block, when its event is no longer there. */
static void add_from_books(struct kmc_finding *finding, const struct kmc_life *life)
{
	const char *name = kmc_provenance_name(life->from);
	struct kmc_event ev;

	kmc_event_init(&ev);
	name = name ? name : "allocation";
	ev.kind = KMC_EV_CALL;
	ev.what = (uint16_t)kmc_op_find(name, strlen(name));
	ev.seq = life->seq;
	ev.addr = life->addr;
	ev.size = kmc_life_size(life);
	ev.granted = life->granted;
	ev.gfp = life->gfp;
	ev.cache = life->cache;
	ev.outcome = KMC_OUT_VALUE;
	add_moment(finding, &ev, 'B');
	if (!ev.what)
		finding->window[finding->nr_window - 1].call = name;
}

/* Numbers of the ring that belong to the story, the newest first. */
static unsigned int choose(const struct kmc_watch *watch, struct story *story,
			   uint64_t chosen[WINDOW])
{
	uint64_t oldest = watch->nr > KMC_RING_EVENTS ? watch->nr - KMC_RING_EVENTS : 0;
	unsigned int nr = 0;

	for (uint64_t at = watch->nr; at > oldest && nr < WINDOW; at--)
		if (belongs(story, &watch->ring[(at - 1) & (KMC_RING_EVENTS - 1)]))
			chosen[nr++] = at - 1;
	return nr;
}

static void owe(struct kmc_watch *watch, struct kmc_finding *finding)
{
	if (watch->nr_owed == KMC_OWED_FINDINGS)
		return;
	watch->owed[watch->nr_owed] = finding;
	watch->left[watch->nr_owed++] = AFTER;
}

void kmc_watch_take(struct kmc_judge *judge, struct kmc_finding *finding, const struct kmc_case *c)
{
	struct kmc_watch *watch = &judge->watch;
	struct story story = { .a = c->addr ? c->addr : c->ev->addr,
			       .b = c->other ? c->other->addr : c->ev->addr2,
			       .cpu = c->ev->cpu };
	uint64_t chosen[WINDOW];
	bool told = !c->other;
	unsigned int nr;

	if (!watch->ring || watch->nr_windows == MOST_WINDOWS)
		return;
	finding->window = calloc(WINDOW + AFTER + 1, sizeof(*finding->window));
	if (!finding->window)
		return; /* without one, then */
	watch->nr_windows++;
	nr = choose(watch, &story, chosen);
	for (unsigned int i = 0; i < nr && !told; i++)
		told = watch->ring[chosen[i] & (KMC_RING_EVENTS - 1)].seq == c->other->seq;
	if (!told)
		add_from_books(finding, c->other);
	while (nr--) {
		const struct kmc_event *ev = &watch->ring[chosen[nr] & (KMC_RING_EVENTS - 1)];

		add_moment(finding, ev, role_of(judge, c, ev));
	}
	owe(watch, finding);
}
