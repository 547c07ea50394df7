// SPDX-License-Identifier: GPL-2.0-or-later
/* Effects: what a call did on its way, and what was seen in memory afterwards. */
#include "call_parts.h"

/* As kmc_open_call.dirty has it. */
static uint8_t seen_as(const struct kmc_event *ev)
{
	return ev->what == KMC_EFF_CONTENT_DIRTY ? 2 : 1;
}

static void observe_block(struct kmc_judge *judge, const struct kmc_event *ev,
			  const struct kmc_open_call *open)
{
	struct kmc_open_call seen = { .dirty = seen_as(ev), .dirty_at = ev->addr2, .begin = *ev };
	struct kmc_life *life = kmc_place_find(judge, ev->addr, 1, 0);
	struct kmc_case c;

	if (!life || !(life->flags & KMC_LIFE_ZEROED))
		return;
	c = (struct kmc_case){
		.ev = ev, .call = open ? kmc_call_name(judge, open->what) : "check_zero", .open = &seen,
		.addr = life->addr, .size = kmc_life_size(life), .gfp = life->gfp, .zeroed = true,
		.from = life->from, .by = KMC_BY_NOBODY, .other = life,
	};
	kmc_ask_content(judge, &c);
}

static void observe_zero(struct kmc_judge *judge, const struct kmc_event *ev,
			 struct kmc_open_call *open)
{
	if (!open || !kmc_traits_of(open->what)->gives) {
		observe_block(judge, ev, open);
		return;
	}
	/* Of the call's own result, which its end will show. */
	if (ev->what == KMC_EFF_CONTENT_DIRTY || !open->dirty) {
		open->dirty = seen_as(ev);
		open->dirty_at = ev->addr2;
	}
}

static void observe_pattern(struct kmc_judge *judge, const struct kmc_event *ev,
			    const struct kmc_open_call *open)
{
	struct kmc_life *life = kmc_place_find(judge, ev->addr, 1, 0);
	struct kmc_case c;

	if (!life)
		return;
	c = (struct kmc_case){
		.ev = ev, .call = open ? kmc_call_name(judge, open->what) : "check", .addr = life->addr,
		.size = kmc_life_size(life), .gfp = life->gfp, .from = life->from,
		.by = KMC_BY_NOBODY, .other = life,
	};
	if (kmc_is_page_memory(life->from))
		KMC_ASK(judge, PAGE_35, &c);
	else if (life->from >= KMC_FROM_CACHE && life->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KC_41, &c);
	else if (life->from >= KMC_FROM_KMALLOC && life->from <= KMC_FROM_BUCKET)
		KMC_ASK(judge, KM_1, &c);
}

/* For a group's limit, not for want of pages: other rules speak of it. */
static void note_group(struct kmc_judge *judge, const struct kmc_event *ev,
		       struct kmc_open_call *open)
{
	if (open)
		kmc_ask_group_effect(judge, ev, open);
	kmc_pages_effect(judge, ev, open);
	if (!open)
		return;
	if (ev->what == KMC_EFF_KILLED) {
		open->notes.group_killed = true;
		return;
	}
	open->notes.nr_group_reclaims++;
	open->notes.nr_group_vain += !ev->arg;
}

int kmc_call_effect(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_open_call *open = kmc_open_find(judge, ev->id);
	struct kmc_life *life;

	switch (ev->what) {
	case KMC_EFF_CONTENT_ZERO:
	case KMC_EFF_CONTENT_DIRTY:
		if (!kmc_objects_content(judge, ev, open))
			observe_zero(judge, ev, open);
		return 0;
	case KMC_EFF_CONTENT_KEPT:
	case KMC_EFF_CONTENT_LOST:
		if (!kmc_objects_content(judge, ev, open))
			observe_pattern(judge, ev, open);
		return 0;
	case KMC_EFF_MIGRATED:
		if (open)
			open->effects |= 1u << ev->what;
		return kmc_page_migrated(judge, ev, open);
	case KMC_EFF_RELEASED:
		life = kmc_shadow_find(&judge->shadow, ev->addr);
		if (life && life->state == KMC_LIFE_PENDING)
			life->state = KMC_LIFE_FREED;
		break;
	case KMC_EFF_RECLAIMED:
	case KMC_EFF_KILLED:
		if (ev->cache != KMC_CACHE_NONE) {
			note_group(judge, ev, open);
			return 0;
		}
		break;
	}
	if (open)
		open->effects |= 1u << ev->what;
	if (open && ev->what == KMC_EFF_FAULT_INJECTED) {
		open->notes.nr_injected++;
		open->notes.injected |= (uint8_t)(1u << (ev->arg & 7));
	}
	kmc_pages_effect(judge, ev, open);
	return kmc_objects_effect(judge, ev, open);
}
