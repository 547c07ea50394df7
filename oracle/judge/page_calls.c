// SPDX-License-Identifier: GPL-2.0-or-later
/* What the calls of the page allocator promise beside the blocks that they hand out. */
#include "call_parts.h"

#define MAX_ORDER 10u

void kmc_page_call_enter(struct kmc_judge *judge, const struct kmc_case *at)
{
	struct kmc_case c = *at;

	if (kmc_op_row(judge, c.ev->what)->requests) {
		KMC_ASK(judge, ZON_4, &c);
		kmc_marks_enter(judge, c.ev);
		kmc_twins_enter(judge, c.ev);
	}
	if (c.ev->what != KMC_OP_SPLIT_PAGE)
		return;
	c.other = kmc_shadow_find(&judge->shadow, c.addr);
	if (!c.other || c.other->state == KMC_LIFE_UNDEFINED || c.other->seq < judge->blind_before)
		return;
	c.from = c.other->from;
	KMC_ASK(judge, PAGE_21, &c);
}

static void end_contig_range(struct kmc_judge *judge, const struct kmc_case *c)
{
	const uint32_t migration_only = KMC_GFP_NORETRY | KMC_GFP_NOFAIL | KMC_GFP_MEMALLOC |
					KMC_GFP_NOMEMALLOC | KMC_GFP_HIGH | KMC_GFP_ACCOUNT;

	if (c->gfp & migration_only && kmc_release_of(judge) >= KMC_RELEASE(6, 18, 0))
		KMC_ASK(judge, PAGE_28, c);
	else if (c->gfp & KMC_GFP_COMP && !kmc_is_pow2(c->size >> 12))
		KMC_ASK(judge, PAGE_29, c);
	else if (c->ev->outcome == KMC_OUT_VALUE)
		KMC_ASK(judge, PAGE_26, c);
}

static void end_frag(struct kmc_judge *judge, const struct kmc_case *at)
{
	struct kmc_request request;
	struct kmc_case c = *at;

	if (c.ev->outcome == KMC_OUT_VALUE) {
		if (c.ev->arg)
			KMC_ASK(judge, PAGE_24, &c);
		return;
	}
	kmc_gfp_request(judge, at, &request);
	c.request = &request;
	if (c.ev->outcome == KMC_OUT_NULL && c.size && c.size <= KMC_PAGE)
		KMC_ASK(judge, PAGE_23, &c);
}

/* Who is in reclaim, or may be by crossed scopes, cannot go the long way; nor who has no zone. */
static bool may_go_the_long_way(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_request request;
	struct kmc_case asked = { .ev = &c->open->begin, .gfp = c->gfp, .from = c->from,
				  .request = &request };

	if (!(c->gfp & KMC_GFP_DIRECT_RECLAIM))
		return false;
	kmc_gfp_request(judge, c, &request);
	return !(request.scope & KMC_SCOPE_MEMALLOC) && !request.task->crossed &&
	       kmc_marks_have_zone(judge, &asked);
}

static void end_bulk(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (!c->open)
		return;
	KMC_ASK(judge, PAGE_17, c);
	if (!(c->gfp & KMC_GFP_ACCOUNT) && may_go_the_long_way(judge, c))
		KMC_ASK(judge, PAGE_19, c);
	if (c->gfp & KMC_GFP_ACCOUNT && kmc_task_pays(judge, c->ev))
		KMC_ASK(judge, PAGE_18, c);
}

void kmc_page_call_end(struct kmc_judge *judge, const struct kmc_case *c)
{
	switch (c->ev->what) {
	case KMC_OP_ALLOC_PAGES_EXACT:
	case KMC_OP_ALLOC_PAGES_EXACT_NID:
		if (c->ev->outcome == KMC_OUT_VALUE)
			KMC_ASK(judge, PAGE_13, c);
		break;
	case KMC_OP_ALLOC_CONTIG_RANGE:
		end_contig_range(judge, c);
		break;
	case KMC_OP_ALLOC_CONTIG_PAGES:
		if (c->ev->outcome == KMC_OUT_VALUE && kmc_is_pow2(c->size >> 12))
			KMC_ASK(judge, PAGE_30, c);
		break;
	case KMC_OP_PAGE_FRAG_ALLOC:
		end_frag(judge, c);
		break;
	case KMC_OP_ALLOC_PAGES_BULK:
	case KMC_OP_ALLOC_PAGES_BULK_LIST:
		end_bulk(judge, c);
		break;
	}
}

/* Blocks whose references only the program's own calls change. */
static bool counts_references(unsigned int from)
{
	switch (from) {
	case KMC_FROM_PAGE:
	case KMC_FROM_PAGE_PLAIN:
	case KMC_FROM_PAGE_COMP:
	case KMC_FROM_GET:
	case KMC_FROM_GET_PLAIN:
	case KMC_FROM_GET_COMP:
	case KMC_FROM_FOLIO:
		return true;
	default:
		return false;
	}
}

static void ask_order(struct kmc_judge *judge, struct kmc_case *c, const struct kmc_life *life)
{
	bool comp = life->from == KMC_FROM_PAGE_COMP || life->from == KMC_FROM_GET_COMP ||
		    life->from == KMC_FROM_FOLIO;

	c->other = life;
	c->from = life->from;
	c->value = 0;
	while (comp && KMC_PAGE << c->value < kmc_life_size(life))
		c->value++;
	if (life->from == KMC_FROM_FOLIO)
		KMC_ASK(judge, PAGE_22, c);
	else
		KMC_ASK(judge, GFP_21, c);
}

void kmc_page_question(struct kmc_judge *judge, struct kmc_case *c)
{
	const struct kmc_life *life = kmc_live_at(judge, c->addr);

	if (c->ev->what == KMC_OP_COMPOUND_ORDER) {
		if (life && counts_references(life->from) && !(life->flags & KMC_LIFE_TAINTED))
			ask_order(judge, c, life);
		return;
	}
	if (c->ev->what == KMC_OP_PAGE_IS_PFMEMALLOC) {
		if (life && kmc_marks_was_privileged(judge, life)) {
			c->other = life;
			KMC_ASK(judge, GFP_9, c);
		}
		return;
	}

	if (!life || !counts_references(life->from) || judge->pages.nr_maps ||
	    life->flags & KMC_LIFE_TAINTED)
		return;
	c->other = life;
	c->from = life->from;
	c->value = life->granted;
	if (life->granted == 1)
		KMC_ASK(judge, PAGE_4, c);
	else
		KMC_ASK(judge, PAGE_7, c);
}

/* tracepoints inside */

static struct kmc_case case_of(const struct kmc_judge *judge, const struct kmc_event *ev,
			       const struct kmc_open_call *open)
{
	return (struct kmc_case){
		.ev = ev, .call = kmc_call_name(judge, open->what), .by = KMC_BY_NOBODY,
		.addr = ev->addr, .size = ev->size, .gfp = open->begin.gfp, .open = open,
	};
}

void kmc_pages_ask_traced(struct kmc_judge *judge, const struct kmc_event *ev,
			  const struct kmc_open_call *open)
{
	struct kmc_case c;

	/* Nearly every point is of no interest: it costs no case. */
	if (!open->begin.scope && open->what != KMC_OP_PAGE_FRAG_ALLOC)
		return;
	c = case_of(judge, ev, open);
	if (judge->on[KMC_R_SCP_13] && open->begin.scope)
		KMC_ASK(judge, SCP_13, &c);
	else if (open->begin.scope &&
	    (open->what == KMC_OP_ALLOC_PAGES || open->what == KMC_OP_ALLOC_PAGES_NODE))
		KMC_ASK(judge, SCP_8, &c);
	else if (open->what == KMC_OP_PAGE_FRAG_ALLOC && ev->order)
		KMC_ASK(judge, PAGE_25, &c);
}

/* May it take all that there is? Then it goes by no other wish. */
static bool has_rights(const struct kmc_judge *judge, const struct kmc_open_call *open)
{
	const struct kmc_task_book *task = kmc_pages_task_seen(judge, open->begin.task);

	return open->begin.gfp & KMC_GFP_MEMALLOC || open->begin.scope & KMC_SCOPE_MEMALLOC ||
	       task->flags & (KMC_TF_OOM_VICTIM | KMC_TF_MEMALLOC) || task->scope & KMC_SCOPE_MEMALLOC ||
	       task->crossed;
}

/* Memory of another mobility was taken, for a single request that the zones were shown to. */
void kmc_pages_ask_fallback(struct kmc_judge *judge, const struct kmc_event *ev,
			    struct kmc_open_call *open)
{
	struct kmc_page_notes *notes = &open->notes.pages;
	struct kmc_case c = case_of(judge, ev, open);
	const struct kmc_zone *zone = kmc_zone_of(judge, ev->addr);
	bool worked = notes->rounds || notes->compactions || notes->killed || notes->in_reclaim;
	bool first = !notes->fallbacks++;
	/*
	 * A slab's, an area's pages are asked for with flags that the call does not show, and for a
	 * range there are only the pages that its old ones move to. Who crossed the ends of scopes
	 * may be in one that takes the mobility away.
	 */
	const struct kmc_op_desc *desc = kmc_op_desc(open->what);
	bool own_flags = desc && desc->family == KMC_OPF_PAGES && !kmc_takes_range(open->what) &&
			 !kmc_pages_task_seen(judge, open->begin.task)->crossed;

	c.value = ev->arg;
	KMC_ASK(judge, MIG_7, &c);
	if (ev->addr2 && own_flags)
		KMC_ASK(judge, MIG_1, &c);
	if (first && zone && judge->report_call != open->id)
		kmc_marks_ask_avoided(judge, &c, zone);

	/* What is mixed afterwards is allowed at any size. */
	c.value = worked ? MAX_ORDER : ev->arg;
	if (judge->pages.defrag && !has_rights(judge, open))
		KMC_ASK(judge, MIG_10, &c);
	if (judge->report_call != open->id || worked || !zone || judge->pages.defrag || !own_flags)
		return;
	c.value = (uint64_t)(zone - judge->subject.machine.zones);
	if (!judge->reports[c.value].seen)
		return;
	KMC_ASK(judge, GFP_39, &c);
	if (first)
		KMC_ASK(judge, MIG_2, &c);
}

/* Pages go back: is anyone still holding them? */
void kmc_pages_ask_returned(struct kmc_judge *judge, const struct kmc_event *ev,
			    const struct kmc_open_call *open)
{
	const struct kmc_life *life;
	struct kmc_case c;

	if (ev->addr != open->begin.addr)
		return;
	life = kmc_shadow_find(&judge->shadow, ev->addr);
	if (!life || life->flags & KMC_LIFE_TAINTED ||
	    life->seq < judge->blind_before || !counts_references(life->from))
		return;
	c = case_of(judge, ev, open);
	c.other = life;
	c.from = life->from;
	c.value = kmc_life_size(life);
	if (life->state == KMC_LIFE_LIVE && open->begin.size > kmc_life_size(life))
		KMC_ASK(judge, PAGE_8, &c);
	else if (life->state == KMC_LIFE_LIVE)
		KMC_ASK(judge, PAGE_7, &c);
	else if (life->state == KMC_LIFE_FREED && life->from != KMC_FROM_PAGE_PLAIN &&
		 life->from != KMC_FROM_GET_PLAIN)
		KMC_ASK(judge, PAGE_9, &c);
}
