// SPDX-License-Identifier: GPL-2.0-or-later
/* Reclaim, compaction and the OOM killer, as far as a request's effects tell. */
#include "call_parts.h"

void kmc_reclaim_ask(struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_request *r = c->request;
	const struct kmc_page_notes *notes = &c->open->notes.pages;

	if (!r->single || !(c->gfp & KMC_GFP_DIRECT_RECLAIM))
		return;
	if (notes->rounds && r->order <= 3 && c->gfp & KMC_GFP_RETRY_MAYFAIL)
		KMC_ASK(judge, RCL_2, c);
	if (notes->rounds && r->order > 3 && c->gfp & KMC_GFP_RETRY_MAYFAIL)
		KMC_ASK(judge, RCL_3, c);
	if (notes->rounds && !r->order && !judge->pages.shrinkers)
		KMC_ASK(judge, RCL_4, c);
	if (notes->first_compaction)
		KMC_ASK(judge, CPT_1, c);
}

void kmc_reclaim_ask_nested(struct kmc_judge *judge, const struct kmc_event *ev,
			    const struct kmc_open_call *open)
{
	struct kmc_case c = {
		.ev = ev, .call = kmc_call_name(judge, open->what), .by = KMC_BY_NOBODY,
		.gfp = open->begin.gfp, .size = open->begin.size, .open = open,
	};

	if (open->begin.parent)
		KMC_ASK(judge, RCL_1, &c);
}

/* Eligible and better? Only what adj, in shares of @total pages, and memory tell beyond doubt. */
static bool is_worse_than(const struct kmc_task_book *victim, const struct kmc_task_book *other,
			  int64_t total, int64_t doubt)
{
	if (!other->anon || other->adj == -1000 || other->anon_unknown || victim->anon_unknown ||
	    other->flags & (KMC_TF_KTHREAD | KMC_TF_OOM_VICTIM))
		return false;
	if (victim->adj == other->adj)
		doubt = 0;
	return (int64_t)other->anon + other->adj * total / 1000 >
	       (int64_t)victim->anon + victim->adj * total / 1000 + doubt;
}

static uint64_t best_victim(const struct kmc_judge *judge, const struct kmc_task_book *victim)
{
	const struct kmc_machine *machine = &judge->subject.machine;
	int64_t total = 0;

	for (unsigned int i = 0; i < machine->nr_zones; i++)
		total += (int64_t)machine->zones[i].nr_pages;
	for (uint64_t used = judge->pages.used; used; used &= used - 1) {
		uint64_t task = (uint64_t)__builtin_ctzll(used);

		/* How much of its zones a machine manages is its own to say. */
		if (is_worse_than(victim, &judge->pages.tasks[task], total, total / 16))
			return task;
	}
	return UINT64_MAX;
}

/* 1: is in @group or below it; 0: is not; -1: nobody knows. */
static int is_member(const struct kmc_judge *judge, uint64_t task, uint32_t group)
{
	if (task >= KMC_PAYING_TASKS || judge->blind_before)
		return -1;
	if (judge->joined >> task & 1)
		return kmc_book_group_below(&judge->groups, judge->payer[task], group);
	return judge->members_unknown ? -1 : 0;
}

/* A killer may round the share that a step of adj is. */
#define ROUNDED 2000

static uint64_t best_member(const struct kmc_judge *judge, uint32_t group, uint64_t max_bytes,
			    const struct kmc_task_book *victim)
{
	int64_t total = (int64_t)(max_bytes / KMC_PAGE);

	for (uint64_t used = judge->pages.used; used; used &= used - 1) {
		uint64_t task = (uint64_t)__builtin_ctzll(used);
		const struct kmc_task_book *other = &judge->pages.tasks[task];

		if (is_member(judge, task, group) == 1 && (max_bytes || victim->adj == other->adj) &&
		    is_worse_than(victim, other, total, ROUNDED))
			return task;
	}
	return UINT64_MAX;
}

void kmc_oom_ask_group_victim(struct kmc_judge *judge, const struct kmc_event *ev,
			      const struct kmc_open_call *open)
{
	const struct kmc_group *group = kmc_book_group_find(&judge->groups, ev->cache);
	const struct kmc_task_book *victim = kmc_pages_task_seen(judge, ev->arg);
	struct kmc_request request = { .task = victim };
	struct kmc_case c = {
		.ev = ev, .call = kmc_call_name(judge, open->what), .by = KMC_BY_NOBODY,
		.gfp = open->begin.gfp, .size = open->begin.size, .open = open,
		.request = &request,
	};
	uint64_t max = open->what == KMC_OP_MEMCG_SET_MAX ? open->begin.size : group ? group->max : 0;
	int member = is_member(judge, ev->arg, ev->cache);

	if (member < 0)
		return;
	c.value = member ? best_member(judge, ev->cache, max, victim) : KMC_VICTIM_OUTSIDE;
	KMC_ASK(judge, OOM_5, &c);
}

void kmc_oom_ask_victim(struct kmc_judge *judge, const struct kmc_event *ev,
			const struct kmc_open_call *open)
{
	const struct kmc_task_book *victim = kmc_pages_task_seen(judge, ev->arg);
	const struct kmc_task_book *current = kmc_pages_task_seen(judge, open->begin.task);
	struct kmc_request request = { .task = victim };
	struct kmc_case c = {
		.ev = ev, .call = kmc_call_name(judge, open->what), .by = KMC_BY_NOBODY,
		.gfp = open->begin.gfp, .size = open->begin.size, .open = open,
		.request = &request,
	};

	kmc_gfp_request(judge, &(struct kmc_case){ .ev = &open->begin, .gfp = c.gfp, .size = c.size },
			&request);
	c.value = (uint64_t)(int64_t)kmc_marks_above_high(judge, &(struct kmc_case){
		.ev = &open->begin, .gfp = c.gfp, .request = &request });
	request.task = victim;
	if (judge->report_call == open->id) {
		KMC_ASK(judge, OOM_3, &c);
		/* Before 6.8 it is given back only when retries are over, not when none is worth while. */
		if (kmc_release_of(judge) >= KMC_RELEASE(6, 8, 0))
			KMC_ASK(judge, HA_5, &c);
	}
	if (current->flags & (KMC_TF_EXITING | KMC_TF_FATAL_SIGNAL)) {
		KMC_ASK(judge, OOM_4, &c);
		return;
	}
	c.value = best_victim(judge, victim);
	KMC_ASK(judge, OOM_5, &c);
}
