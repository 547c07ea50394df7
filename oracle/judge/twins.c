// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Twins: the first request after each return to one snapshot. They find the same machine, so
 * what they get may differ for their flags' sake only.
 */
#include "call_parts.h"

/* Bits that say nothing to a request without direct reclaim. */
#define MODIFIERS                                                                                  \
	((uint32_t)(KMC_GFP_IO | KMC_GFP_FS | KMC_GFP_NORETRY | KMC_GFP_RETRY_MAYFAIL))
#define ZONES ((uint32_t)(KMC_GFP_HIGHMEM | KMC_GFP_MOVABLE))

static bool same_but_flags(const struct kmc_twin *a, const struct kmc_twin *b)
{
	return a->what == b->what && a->order == b->order && a->node == b->node &&
	       a->scope == b->scope && a->context == b->context && a->cpu == b->cpu &&
	       a->task == b->task;
}

/* USER, HIGHUSER, HIGHUSER_MOVABLE. */
static bool is_user(uint32_t gfp)
{
	return gfp & KMC_GFP_HARDWALL && (gfp & ZONES) != KMC_GFP_MOVABLE;
}

static void compare(struct kmc_judge *judge, const struct kmc_twin *twin, struct kmc_case *c)
{
	const uint32_t direct = KMC_GFP_DIRECT_RECLAIM;
	uint32_t differ = twin->gfp ^ c->gfp;
	struct kmc_request request;

	judge->twin = *twin;
	if (!differ)
		return;
	if (!(differ & ~ZONES) && is_user(twin->gfp) && is_user(c->gfp))
		KMC_ASK(judge, GFP_33, c);
	else if (!(differ & ~MODIFIERS) && !(c->gfp & direct))
		KMC_ASK(judge, GFP_37, c);
	else if (differ == KMC_GFP_HIGH && !(c->gfp & (direct | KMC_GFP_NOFAIL))) {
		kmc_gfp_request(judge, c, &request);
		c->request = &request;
		request.broken = (c->gfp & KMC_GFP_HIGH ? c->ev->outcome : twin->outcome) !=
					 KMC_OUT_VALUE &&
				 (c->gfp & KMC_GFP_HIGH ? twin->outcome : c->ev->outcome) ==
					 KMC_OUT_VALUE;
		KMC_ASK(judge, GFP_6, c);
	} else if (differ == KMC_GFP_MEMALLOC && c->gfp & KMC_GFP_NOMEMALLOC) {
		kmc_gfp_request(judge, c, &request);
		c->request = &request;
		request.broken = (c->ev->outcome == KMC_OUT_VALUE) !=
				 (twin->outcome == KMC_OUT_VALUE);
		KMC_ASK(judge, GFP_10, c);
	}
}

void kmc_twins_restored(struct kmc_judge *judge, uint64_t number)
{
	judge->twin_branch = number + 1;
	judge->restored_event = judge->events;
	judge->twin_call = 0;
}

void kmc_twins_enter(struct kmc_judge *judge, const struct kmc_event *ev)
{
	judge->twin_call = judge->twin_branch && judge->restored_event + 1 == judge->events ?
				   ev->id : 0;
	if (!judge->twin_call)
		judge->twin_branch = 0;
}

void kmc_twins_end(struct kmc_judge *judge, const struct kmc_case *at)
{
	struct kmc_twins *twins = judge->twin_branch ?
				  kmc_branch_twins(judge, judge->twin_branch - 1) : NULL;
	const struct kmc_event *ev = at->ev;
	struct kmc_twin twin = {
		.gfp = at->gfp, .what = ev->what, .order = ev->order, .node = ev->node,
		.scope = ev->scope, .context = ev->context, .cpu = ev->cpu, .task = ev->task,
		.outcome = ev->outcome,
	};
	struct kmc_case c = *at;

	if (!twins || !judge->twin_call || judge->twin_call != ev->id)
		return;
	judge->twin_branch = 0;
	if (at->effects & 1u << KMC_EFF_FAULT_INJECTED || ev->gfp_raw)
		return;
	for (unsigned int i = 0; i < twins->nr; i++)
		if (same_but_flags(&twins->list[i], &twin))
			compare(judge, &twins->list[i], &c);
	if (twins->nr < KMC_MAX_TWINS)
		twins->list[twins->nr++] = twin;
}
