// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of tasks: which tasks are in one that pays for what they ask for, and what it paid. */
#include "call_parts.h"

static void attach(struct kmc_judge *judge, const struct kmc_event *ev)
{
	if (ev->size >= KMC_PAYING_TASKS || ev->outcome == KMC_OUT_ERROR)
		return;
	judge->joined |= 1ull << ev->size;
	judge->paying &= ~(1ull << ev->size);
	judge->payer[ev->size] = KMC_CACHE_NONE;
	if (ev->cache == KMC_CACHE_NONE)
		return;
	judge->paying |= 1ull << ev->size;
	judge->attached |= 1ull << ev->size;
	judge->payer[ev->size] = ev->cache;
}

static void create(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_group *group;

	if (ev->outcome != KMC_OUT_VALUE)
		return;
	group = kmc_book_group_make(&judge->groups, ev->cache);
	if (!group)
		return;
	*group = (struct kmc_group){ .id = ev->cache, .max = ev->size, .high = ev->granted,
				     .parent = ev->arg ? (uint32_t)(ev->arg - 1) : KMC_CACHE_NONE };
}

static void limit(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_group *group = kmc_book_group_find(&judge->groups, ev->cache);

	if (!group)
		return;
	if (ev->what == KMC_OP_MEMCG_SET_MAX)
		group->max = ev->size ? ev->size : 1;
	else if (ev->what == KMC_OP_MEMCG_SET_HIGH)
		group->high = ev->size ? ev->size : 1;
}

static void ask_usage(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_case c = { .ev = ev, .call = kmc_call_name(judge, ev->what),
			      .by = KMC_BY_NOBODY };
	int64_t total;

	if (ev->outcome != KMC_OUT_VALUE || !kmc_book_group_find(&judge->groups, ev->cache))
		return;
	total = kmc_book_group_total(&judge->groups, ev->cache);
	c.value = (uint64_t)total;
	if (total > 0)
		KMC_ASK(judge, MCG_2, &c);
	else
		KMC_ASK(judge, MCG_11, &c);
}

static void ask_delay(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_case c = { .ev = ev, .call = kmc_call_name(judge, ev->what),
			      .by = KMC_BY_NOBODY };

	if (ev->outcome == KMC_OUT_VALUE)
		KMC_ASK(judge, MCG_12, &c);
}

/* Who pays: only what callers said themselves. An active group may be any. */
void kmc_objects_group(struct kmc_judge *judge, const struct kmc_event *ev)
{
	switch (ev->what) {
	case KMC_OP_MEMCG_ATTACH:
		attach(judge, ev);
		if (judge->attached == UINT64_MAX) /* an active group stands before it */
			judge->paying = 0;
		break;
	case KMC_OP_SET_ACTIVE_MEMCG:
		judge->paying = 0;
		judge->attached = UINT64_MAX;
		break;
	case KMC_OP_MEMCG_OFFLINE:
		judge->paying = 0;
		judge->pages.groups_gone = true;
		break;
	case KMC_OP_MEMCG_CREATE:
		create(judge, ev);
		break;
	case KMC_OP_MEMCG_SET_MAX:
	case KMC_OP_MEMCG_SET_HIGH:
		limit(judge, ev);
		break;
	case KMC_OP_MEMCG_USAGE:
		ask_usage(judge, ev);
		break;
	case KMC_OP_RETURN_TO_USER:
		ask_delay(judge, ev);
		break;
	}
}

bool kmc_task_pays(const struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_task_book *task = kmc_pages_task_seen(judge, ev->task);

	/* Who crosses the ends of scopes may be in one that pays for nothing. */
	return ev->task < KMC_PAYING_TASKS && judge->paying >> ev->task & 1 &&
	       ev->context == KMC_CTX_TASK && !(ev->scope & (KMC_SCOPE_KTHREAD | KMC_SCOPE_MEMALLOC)) &&
	       !task->crossed && !(task->flags & KMC_TF_KTHREAD);
}

/* Without memory for the note of who pays, nobody does. */
bool kmc_payment_is_sure(const struct kmc_judge *judge, const struct kmc_case *c)
{
	const uint32_t strain = 1u << KMC_EFF_RECLAIMED | 1u << KMC_EFF_COMPACTED |
				1u << KMC_EFF_KILLED | 1u << KMC_EFF_WOKE_KSWAPD |
				1u << KMC_EFF_RESERVE | 1u << KMC_EFF_FAULT_INJECTED;
	const struct kmc_open_call *whole = kmc_open_find(judge, c->ev->parent);
	/* What befell a bulk call befell its objects. */
	uint32_t effects = c->effects | (whole ? whole->effects : 0);
	/* Who wakes nobody, or somebody who is awake, shows nothing when memory is short. */
	bool shows = c->gfp & KMC_GFP_DIRECT_RECLAIM ||
		     (c->gfp & KMC_GFP_KSWAPD_RECLAIM && !judge->pages.awake);

	return kmc_task_pays(judge, c->ev) && shows && !(effects & strain) &&
	       !c->open->notes.tried_in_vain;
}

void kmc_note_charge_of(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_group *group = kmc_book_group_find(&judge->groups, ev->cache);

	judge->groups.shown = true;
	if (group)
		group->charged += ev->what == KMC_EFF_CHARGED ? (int64_t)ev->arg : -(int64_t)ev->arg;
}

bool kmc_never_pays(const struct kmc_judge *judge, const struct kmc_event *ev)
{
	return ev->task < KMC_PAYING_TASKS && !(judge->attached >> ev->task & 1) &&
	       !judge->blind_before;
}

/* A population is paid by the group of the task that has it. */
static void ask_population(struct kmc_judge *judge, const struct kmc_event *ev,
			   const struct kmc_open_call *open)
{
	uint64_t task = open->what == KMC_OP_POPULATE_ANON ? open->begin.size : open->begin.task;
	struct kmc_case c = { .ev = ev, .call = kmc_call_name(judge, open->what), .open = open,
			      .by = KMC_BY_NOBODY };

	if (task >= KMC_PAYING_TASKS || judge->members_unknown || judge->blind_before)
		return;
	c.value = !(judge->joined >> task & 1) || judge->payer[task] == KMC_CACHE_NONE;
	KMC_ASK(judge, MCG_10, &c);
}

/* The group whose limit is looked after in this call, or whose payers' limit; KMC_CACHE_NONE unknown. */
static uint32_t group_of_call(const struct kmc_judge *judge, const struct kmc_open_call *open)
{
	switch (open->what) {
	case KMC_OP_MEMCG_SET_MAX:
	case KMC_OP_MEMCG_SET_HIGH:
		return open->begin.cache;
	case KMC_OP_RETURN_TO_USER:
		return open->begin.task < KMC_PAYING_TASKS &&
			       judge->joined >> open->begin.task & 1 ?
			       judge->payer[open->begin.task] : KMC_CACHE_NONE;
	default:
		return kmc_task_pays(judge, &open->begin) ? judge->payer[open->begin.task] :
							    KMC_CACHE_NONE;
	}
}

/* Rule: MCG-2. Only a group with a limit, and that or one above the payer. */
void kmc_ask_group_effect(struct kmc_judge *judge, const struct kmc_event *ev,
			  const struct kmc_open_call *open)
{
	const struct kmc_group *group = kmc_book_group_find(&judge->groups, ev->cache);
	uint32_t payer = group_of_call(judge, open);
	bool set = open->what == KMC_OP_MEMCG_SET_MAX || open->what == KMC_OP_MEMCG_SET_HIGH;
	struct kmc_case c = { .ev = ev, .call = kmc_call_name(judge, open->what), .open = open,
			      .by = KMC_BY_NOBODY, .gfp = open->begin.gfp };

	if (ev->what == KMC_EFF_KILLED)
		kmc_oom_ask_group_victim(judge, ev, open);
	if (!group || payer == KMC_CACHE_NONE)
		return;
	c.value = kmc_book_group_below(&judge->groups, payer, ev->cache) != 0 &&
		  (group->max || group->high || set);
	KMC_ASK(judge, MCG_2, &c);
}

void kmc_ask_charged(struct kmc_judge *judge, const struct kmc_event *ev,
		     const struct kmc_open_call *open)
{
	struct kmc_case c = { .ev = ev, .call = kmc_call_name(judge, open->what), .open = open,
			      .by = KMC_BY_NOBODY, .gfp = open->begin.gfp };

	if (open->what == KMC_OP_POPULATE_LRU || open->what == KMC_OP_POPULATE_ANON) {
		ask_population(judge, ev, open);
		return;
	}
	/* What was not asked to be paid for is KC-31's. */
	if (!(c.gfp & KMC_GFP_ACCOUNT))
		return;
	c.value = kmc_never_pays(judge, &open->begin);
	KMC_ASK(judge, MCG_10, &c);
}

/*
 * A page that came and was refused its payment goes back: the request is NULL,
 * and a block of its order was freed in the call, which freed nothing else.
 */
static bool was_refused(const struct kmc_case *c)
{
	const uint32_t other = 1u << KMC_EFF_RECLAIMED | 1u << KMC_EFF_COMPACTED |
			       1u << KMC_EFF_MIGRATED | 1u << KMC_EFF_KILLED |
			       1u << KMC_EFF_FAULT_INJECTED;
	const struct kmc_notes *notes = &c->open->notes;

	return c->ev->outcome == KMC_OUT_NULL && !(c->effects & other) &&
	       notes->nr_page_frees == 1 && notes->free_order == c->ev->order;
}

void kmc_ask_payment(struct kmc_judge *judge, struct kmc_case *c)
{
	bool null = c->ev->outcome == KMC_OUT_NULL;

	if (!(c->gfp & KMC_GFP_ACCOUNT) || !kmc_is_page_memory(c->from))
		return;
	c->value = was_refused(c);
	/* The page of fragments is the cpu's from then on, also where this one finds no room. */
	if (null && c->ev->what != KMC_OP_PAGE_FRAG_ALLOC)
		KMC_ASK(judge, MCG_1, c);
	if (!(c->gfp & KMC_GFP_DIRECT_RECLAIM)) {
		if (null || c->open->notes.nr_group_reclaims)
			KMC_ASK(judge, MCG_4, c);
	} else if (c->open->notes.nr_group_reclaims) {
		KMC_ASK(judge, MCG_7, c);
		KMC_ASK(judge, MCG_8, c);
	}
	if (c->open->notes.group_killed)
		KMC_ASK(judge, MCG_9, c);
	if (c->gfp & (KMC_GFP_HIGH | KMC_GFP_NOFAIL))
		KMC_ASK(judge, MCG_5, c);
	else if (c->ev->scope & KMC_SCOPE_MEMALLOC && !kmc_pages_task_seen(judge, c->ev->task)->crossed)
		KMC_ASK(judge, MCG_6, c);
	else if (kmc_task_pays(judge, c->ev) &&
		 !kmc_book_group_limited(&judge->groups, judge->payer[c->ev->task]))
		KMC_ASK(judge, MCG_12, c);
}
