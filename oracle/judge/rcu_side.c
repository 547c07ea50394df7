// SPDX-License-Identifier: GPL-2.0-or-later
/* Readers and deferred frees: when a block that waits may go, and what is in it until then. */
#include <errno.h>
#include "judge_priv.h"

static void case_of_pending(struct kmc_judge *judge, struct kmc_case *c,
			    const struct kmc_event *ev, const struct kmc_open_call *open,
			    const struct kmc_pending *pending)
{
	struct kmc_life *life = kmc_shadow_find(&judge->shadow, pending->addr);
	unsigned int code = open ? open->what : pending->what;

	*c = (struct kmc_case){
		.ev = ev, .addr = ev->addr, .size = pending->size, .from = pending->from,
		.call = judge->ops[code < KMC_OPCODE_END ? code : 0].name, .open = open,
		.by = KMC_BY_NOBODY, .pending = pending, .other = life,
	};
}

/* entry of a deferred free: from here on the block waits */
int kmc_objects_rcu_enter(struct kmc_judge *judge, const struct kmc_case *c,
			 const struct kmc_life *life)
{
	uint64_t size = kmc_life_size(life); /* 0 after a resize to nothing that left it where it is */
	struct kmc_pending *pending =
		kmc_book_grace_queue(&judge->grace, life->addr, size ? size : 1, judge->now);

	if (!pending)
		return -ENOMEM;
	pending->time_ns = c->ev->time_ns;
	pending->cache = life->from >= KMC_FROM_CACHE && life->from <= KMC_FROM_CACHE_CTOR ?
				 life->cache : KMC_CACHE_NONE;
	pending->call = c->ev->id;
	pending->what = c->ev->what;
	pending->from = (uint8_t)life->from;
	return 0;
}

/* A freed object of type-safe memory is watched while somebody reads. */
int kmc_objects_typesafe_freed(struct kmc_judge *judge, const struct kmc_case *c,
			      const struct kmc_life *life)
{
	struct kmc_pending *pending;

	if (!judge->grace.nr_readers)
		return 0;
	pending = kmc_book_grace_queue(&judge->grace, life->addr, kmc_life_size(life), judge->now);
	if (!pending)
		return -ENOMEM;
	pending->cache = life->cache;
	pending->call = c->ev->id;
	pending->what = c->ev->what;
	pending->from = KMC_FROM_CACHE_TYPESAFE;
	pending->typesafe = true;
	return 0;
}

void kmc_objects_rcu_over(struct kmc_judge *judge, const struct kmc_case *c)
{
	for (size_t i = judge->grace.nr; i-- > 0; )
		if (judge->grace.pending[i].call == c->ev->id)
			judge->grace.pending[i].call_over = judge->now;
}

/* Watched objects matter to readers only. */
static void forget_watched(struct kmc_grace *grace)
{
	for (size_t i = grace->nr; i-- > 0; )
		if (grace->pending[i].typesafe && !kmc_book_grace_reader(grace, grace->pending[i].seq))
			kmc_book_grace_drop(grace, &grace->pending[i]);
}

void kmc_objects_rcu_end(struct kmc_judge *judge, struct kmc_case *c)
{
	switch (c->ev->what) {
	case KMC_OP_RCU_READ_LOCK:
		kmc_book_grace_read(&judge->grace, c->ev->task, true, judge->now);
		break;
	case KMC_OP_RCU_READ_UNLOCK:
		kmc_book_grace_read(&judge->grace, c->ev->task, false, judge->now);
		forget_watched(&judge->grace);
		break;
	case KMC_OP_KVFREE_RCU_BARRIER:
		c->pending = NULL;
		for (size_t i = 0; i < judge->grace.nr && !c->pending; i++) {
			const struct kmc_pending *p = &judge->grace.pending[i];

			if (!p->typesafe && p->call_over && p->call_over < c->open->since)
				c->pending = p;
		}
		/* It waits: in an interrupt nothing is promised of it. */
		if (c->ev->context == KMC_CTX_TASK)
			KMC_ASK(judge, RCU_9, c);
		break;
	}
}

/* The memory of [addr, addr + size) serves something else now. */
void kmc_objects_taken(struct kmc_judge *judge, const struct kmc_case *taken)
{
	struct kmc_pending *p;
	size_t from = 0;

	while ((p = kmc_book_grace_find(&judge->grace, taken->addr, taken->size, from))) {
		struct kmc_case c;

		from = (size_t)(p - judge->grace.pending);
		case_of_pending(judge, &c, taken->ev, taken->open, p);
		c.call = taken->call;
		c.value = kmc_book_grace_reader(&judge->grace, p->seq) != NULL;
		if (!p->typesafe)
			KMC_ASK(judge, RCU_1, &c);
		else if ((taken->from != KMC_FROM_CACHE_TYPESAFE || taken->ev->cache != p->cache) &&
			 taken->from != KMC_FROM_MEMPOOL) /* which may have this cache behind it */
			KMC_ASK(judge, KC_13, &c);
		kmc_book_grace_drop(&judge->grace, p);
	}
}

void kmc_objects_released(struct kmc_judge *judge, const struct kmc_event *ev,
			 const struct kmc_open_call *open)
{
	struct kmc_pending *p = kmc_book_grace_find(&judge->grace, ev->addr, 1, 0);
	struct kmc_case c;

	if (!p || p->typesafe)
		return;
	case_of_pending(judge, &c, ev, open, p);
	KMC_ASK(judge, RCU_13, &c);
	if (p->addr != ev->addr)
		return;
	c.value = kmc_book_grace_reader(&judge->grace, p->seq) != NULL;
	KMC_ASK(judge, RCU_1, &c);
	kmc_book_grace_drop(&judge->grace, p);
}

void kmc_objects_pages_back(struct kmc_judge *judge, const struct kmc_event *ev,
			   const struct kmc_open_call *open)
{
	struct kmc_pending *p;

	for (size_t from = 0; (p = kmc_book_grace_find(&judge->grace, ev->addr, ev->size, from));
	     from = (size_t)(p - judge->grace.pending) + 1) {
		struct kmc_case c;

		case_of_pending(judge, &c, ev, open, p);
		c.value = kmc_book_grace_reader(&judge->grace, p->seq) != NULL;
		if (p->typesafe)
			KMC_ASK(judge, KC_13, &c);
	}
}

bool kmc_objects_pending_content(struct kmc_judge *judge, const struct kmc_event *ev,
				const struct kmc_open_call *open)
{
	const struct kmc_pending *p = kmc_book_grace_find(&judge->grace, ev->addr, 1, 0);
	struct kmc_case c;

	if (!p)
		return false;
	case_of_pending(judge, &c, ev, open, p);
	if (p->typesafe)
		KMC_ASK(judge, KC_14, &c);
	else
		KMC_ASK(judge, RCU_2, &c);
	return true;
}
