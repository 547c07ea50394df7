// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests with flags, looked at once they ended: the flags that count after scopes, which
 * effects those forbid and by which rule, whether NULL has a reason, and where the pages lie.
 */
#include "call_parts.h"

#define BIT(effect) (1u << KMC_EFF_##effect)

static unsigned int order_of(const struct kmc_case *c)
{
	unsigned int order = 0;

	if (c->from != KMC_FROM_EXACT)
		return c->ev->order;
	while (order < 63 && KMC_PAGE << order < c->size)
		order++;
	return order;
}

static bool is_single(unsigned int code)
{
	switch (code) {
	case KMC_OP_ALLOC_PAGES:
	case KMC_OP_ALLOC_PAGES_NODE:
	case KMC_OP_GET_FREE_PAGES:
	case KMC_OP_GET_ZEROED_PAGE:
	case KMC_OP_ALLOC_PAGES_EXACT:
	case KMC_OP_ALLOC_PAGES_EXACT_NID:
	case KMC_OP_FOLIO_ALLOC:
		return true;
	default:
		return false;
	}
}

/* scopes take bits away, so does a machine whose storage is suspended. */
static uint32_t flags_left(const struct kmc_judge *judge, uint32_t gfp, unsigned int scope)
{
	if (scope & KMC_SCOPE_NOIO)
		gfp &= ~(uint32_t)(KMC_GFP_IO | KMC_GFP_FS);
	if (scope & KMC_SCOPE_NOFS)
		gfp &= ~(uint32_t)KMC_GFP_FS;
	if (scope & KMC_SCOPE_PIN)
		gfp &= ~(uint32_t)KMC_GFP_MOVABLE;
	if (judge->pages.suspended)
		gfp &= ~(uint32_t)(KMC_GFP_IO | KMC_GFP_FS);
	return gfp;
}

void kmc_gfp_request(struct kmc_judge *judge, const struct kmc_case *c,
		     struct kmc_request *request)
{
	const struct kmc_task_book *task = kmc_pages_task_seen(judge, c->ev->task);
	/* Who crosses the ends of scopes may be in one that nobody means, and out of one that is meant. */
	uint8_t scope = task->crossed ? 0 : c->ev->scope | task->scope;

	*request = (struct kmc_request){
		.scope = scope, .order = (uint8_t)order_of(c), .task = task,
		.flags = flags_left(judge, c->gfp, scope), .single = is_single(c->ev->what),
		.pages = kmc_is_page_memory(c->from),
	};
}

/* effects */

/* SCP-11 is for what reaches pages by a detour. */
static bool is_deeper(const struct kmc_case *c)
{
	return c->from == KMC_FROM_CONTIG || c->from == KMC_FROM_CMA || c->from == KMC_FROM_PERCPU;
}

/* Who forbids the IO or the filesystem work of this request first: caller, scope, machine. */
static void ask_io(struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_request *r = c->request;
	bool flags = c->from != KMC_FROM_VMALLOC && c->from != KMC_FROM_KVMALLOC &&
		     c->from != KMC_FROM_MEMPOOL;

	/* Who crosses the ends of scopes may be in one that nobody means. */
	if (r->task->crossed)
		return;
	if (!(c->gfp & KMC_GFP_DIRECT_RECLAIM) || !(c->effects & (BIT(RECLAIMED) | BIT(IO) | BIT(FS))))
		return;
	if (flags && !(c->gfp & KMC_GFP_IO))
		KMC_ASK(judge, GFP_34, c);
	else if (flags && !(c->gfp & KMC_GFP_FS) && !(r->scope & KMC_SCOPE_NOIO))
		KMC_ASK(judge, GFP_35, c);
	else if (r->scope & (KMC_SCOPE_NOIO | KMC_SCOPE_NOFS) && is_deeper(c))
		KMC_ASK(judge, SCP_11, c);
	else if (r->scope & (KMC_SCOPE_NOIO | KMC_SCOPE_NOFS) && r->task->inner_closed)
		KMC_ASK(judge, SCP_4, c);
	else if (r->scope & KMC_SCOPE_NOIO && r->scope & KMC_SCOPE_NOFS)
		KMC_ASK(judge, SCP_3, c);
	else if (r->scope & KMC_SCOPE_NOIO)
		KMC_ASK(judge, SCP_1, c);
	else if (r->scope & KMC_SCOPE_NOFS)
		KMC_ASK(judge, SCP_2, c);
	else if (judge->pages.suspended)
		KMC_ASK(judge, GFP_43, c);
}

/* Where there is no such zone its flag asks for a plain one; objects are not asked for by DMA32. */
static bool asks_low(const struct kmc_judge *judge, const struct kmc_case *c,
		     const struct kmc_request *r)
{
	if (c->ev->cache != KMC_CACHE_NONE)
		return false; /* the zone is the cache's affair, whatever the call says (KC-18) */
	return (c->gfp & KMC_GFP_DMA && kmc_has_zone(judge, KMC_DMA)) ||
	       (r->single && c->gfp & KMC_GFP_DMA32 && kmc_has_zone(judge, KMC_DMA32));
}

/* One fault, one rule: what forbids a kill most plainly. */
static void ask_kill(struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_request *r = c->request;

	if (!(r->pages || kmc_is_slab_request(c)))
		return;
	if (c->gfp & KMC_GFP_NORETRY && !(c->gfp & KMC_GFP_NOFAIL)) /* which wins */
		KMC_ASK(judge, GFP_11, c);
	else if (c->gfp & KMC_GFP_RETRY_MAYFAIL)
		KMC_ASK(judge, GFP_12, c);
	else if (r->single && r->order > 3 && !(c->gfp & KMC_GFP_NOFAIL))
		KMC_ASK(judge, GFP_17, c);
	else if (!c->effects)
		return;
	else if (c->gfp & KMC_GFP_THISNODE && r->single)
		KMC_ASK(judge, GFP_22, c);
	else if (asks_low(judge, c, r) || judge->pages.suspended || r->task->flags & KMC_TF_DUMPCORE)
		KMC_ASK(judge, OOM_1, c);
	else if (!(r->flags & KMC_GFP_FS))
		KMC_ASK(judge, OOM_2, c);
}

void kmc_gfp_ask_effects(struct kmc_judge *judge, const struct kmc_case *at)
{
	struct kmc_request request;
	struct kmc_case c = *at;

	kmc_gfp_request(judge, at, &request);
	c.request = &request;
	ask_io(judge, &c);
	ask_kill(judge, &c);
	/* Who crosses the ends of scopes may be in one that nobody means. */
	if (request.scope & KMC_SCOPE_MEMALLOC && c.gfp & KMC_GFP_DIRECT_RECLAIM &&
	    !request.task->crossed &&
	    c.ev->context != KMC_CTX_HARDIRQ && c.ev->context != KMC_CTX_NMI)
		KMC_ASK(judge, SCP_9, &c);
	if (c.gfp & KMC_GFP_DIRECT_RECLAIM && !(request.flags & KMC_GFP_IO) && request.single &&
	    request.order)
		KMC_ASK(judge, GFP_36, &c);
	if (c.gfp & KMC_GFP_NOWARN && (request.pages || kmc_is_slab_request(&c)))
		KMC_ASK(judge, GFP_18, &c);
	if (c.gfp & KMC_GFP_ACCOUNT && c.open->notes.pages.charged)
		KMC_ASK(judge, SCP_12, &c);
	kmc_reclaim_ask(judge, &c);
}

void kmc_gfp_ask_warning(struct kmc_judge *judge, const struct kmc_event *ev,
			 const struct kmc_open_call *open)
{
	struct kmc_case c = {
		.ev = ev, .call = kmc_call_name(judge, open->what), .by = KMC_BY_NOBODY,
		.gfp = open->begin.gfp, .size = open->begin.size, .value = ev->arg, .open = open,
	};

	switch (ev->arg) {
	case KMC_WARNING_FAILURE:
		if (!judge->overlaps) /* else the clock may have gone on since it began */
			KMC_ASK(judge, GFP_19, &c);
		break;
	case KMC_WARNING_NOFAIL_ATOMIC:
		KMC_ASK(judge, GFP_14, &c);
		break;
	case KMC_WARNING_NOFAIL_ORDER:
		KMC_ASK(judge, GFP_15, &c);
		break;
	case KMC_WARNING_EXACT_FLAGS:
		KMC_ASK(judge, PAGE_14, &c);
		break;
	case KMC_WARNING_ATOMIC_SLEEPS:
		KMC_ASK(judge, GFP_42, &c);
		break;
	}
}

/* outcomes */

void kmc_gfp_ask_outcome(struct kmc_judge *judge, const struct kmc_case *at)
{
	struct kmc_request request;
	struct kmc_case c = *at;
	bool null = c.ev->outcome == KMC_OUT_NULL;
	bool empty = c.from == KMC_FROM_EXACT && !c.size;

	if (is_single(c.ev->what) && judge->twin_call)
		kmc_twins_end(judge, at);
	/* What is served at once has nothing to be explained. */
	if (!null && c.ev->kind != KMC_EV_END)
		return;
	kmc_gfp_request(judge, at, &request);
	c.request = &request;
	if (!request.single || c.ev->gfp_raw) /* bits without a name may ask for no zone */
		return;
	if (!(c.gfp & KMC_GFP_DIRECT_RECLAIM)) {
		if (null && !(c.gfp & KMC_GFP_NOFAIL))
			KMC_ASK(judge, GFP_5, &c);
		if (c.gfp & KMC_GFP_NOFAIL)
			KMC_ASK(judge, GFP_14, &c);
	} else if (request.order <= 3 && !empty && kmc_has_low_zone(judge) &&
		   !(c.gfp & (KMC_GFP_NORETRY | KMC_GFP_RETRY_MAYFAIL | KMC_GFP_NOFAIL))) {
		KMC_ASK(judge, GFP_16, &c);
	}
	if (null && request.task->flags & KMC_TF_OOM_VICTIM)
		KMC_ASK(judge, OOM_8, &c);
	if (null && empty)
		KMC_ASK(judge, PAGE_16, &c);
	else if (null && !(c.gfp & (KMC_GFP_NOWARN | KMC_GFP_ACCOUNT)) && !judge->overlaps)
		KMC_ASK(judge, GFP_19, &c);
	kmc_marks_ask(judge, &c);
	if (!null && c.gfp & KMC_GFP_ACCOUNT)
		KMC_ASK(judge, GFP_44, &c);
}

void kmc_gfp_ask_stuck(struct kmc_judge *judge, const struct kmc_case *at)
{
	struct kmc_request request;
	struct kmc_case c = *at;

	if (!kmc_call_has_gfp(judge, c.ev->what) || c.ev->gfp_raw)
		return;
	kmc_gfp_request(judge, at, &request);
	c.request = &request;
	if (c.ev->outcome == KMC_OUT_HUNG && c.gfp & KMC_GFP_NOFAIL &&
	    !(c.gfp & KMC_GFP_DIRECT_RECLAIM) && request.single)
		KMC_ASK(judge, GFP_14, &c);
	else if (c.ev->outcome == KMC_OUT_HUNG && !(c.gfp & KMC_GFP_DIRECT_RECLAIM) &&
		 !(c.gfp & KMC_GFP_NOFAIL) && request.single)
		KMC_ASK(judge, GFP_2, &c);
	else if (c.ev->outcome == KMC_OUT_DIED && (request.pages || kmc_is_slab_request(&c)))
		KMC_ASK(judge, OOM_6, &c);
}

/* places */

/* the highest zone that the flags allow; two zones named allow nothing. */
static unsigned int highest_zone(const struct kmc_request *request, uint32_t gfp)
{
	if (gfp & (KMC_GFP_DMA | KMC_GFP_DMA32))
		return KMC_NR_ZONE_KINDS; /* GFP-28, GFP-29 */
	if (!(gfp & KMC_GFP_HIGHMEM))
		return KMC_NORMAL;
	return request->flags & KMC_GFP_MOVABLE ? KMC_MOVABLE : KMC_HIGHMEM;
}

static void ask_zone(struct kmc_judge *judge, struct kmc_case *c, const struct kmc_request *r)
{
	bool get = c->ev->what == KMC_OP_GET_FREE_PAGES || c->ev->what == KMC_OP_GET_ZEROED_PAGE;
	bool strips = get || c->from == KMC_FROM_EXACT;
	uint32_t zone_bits = c->gfp & (KMC_GFP_HIGHMEM | KMC_GFP_MOVABLE);

	c->value = highest_zone(r, strips ? c->gfp & ~(uint32_t)KMC_GFP_HIGHMEM : c->gfp);
	if (c->value == KMC_NR_ZONE_KINDS)
		return;
	if (get && c->gfp & KMC_GFP_HIGHMEM)
		KMC_ASK(judge, PAGE_10, c);
	else if (c->from == KMC_FROM_EXACT && c->gfp & KMC_GFP_HIGHMEM)
		KMC_ASK(judge, PAGE_14, c);
	else if (r->scope & KMC_SCOPE_PIN && c->gfp & KMC_GFP_MOVABLE)
		KMC_ASK(judge, SCP_10, c);
	else if (zone_bits == KMC_GFP_MOVABLE)
		KMC_ASK(judge, GFP_26, c);
	else if (c->gfp & KMC_GFP_HARDWALL && !zone_bits)
		KMC_ASK(judge, GFP_30, c);
	else if (c->gfp & KMC_GFP_HARDWALL && zone_bits == KMC_GFP_HIGHMEM)
		KMC_ASK(judge, GFP_31, c);
	else
		KMC_ASK(judge, ZON_1, c);
}

/* who is privileged, and who must not fail in the end, does not keep to the nodes of its cpuset. */
static bool keeps_to_cpuset(const struct kmc_case *c, const struct kmc_request *r)
{
	return r->task->mems && c->ev->context == KMC_CTX_TASK && !(r->scope & KMC_SCOPE_MEMALLOC) &&
	       !(c->gfp & (KMC_GFP_MEMALLOC | KMC_GFP_NOFAIL)) && !(r->task->flags & KMC_TF_OOM_VICTIM) &&
	       (c->gfp & KMC_GFP_DIRECT_RECLAIM || !(c->gfp & KMC_GFP_HIGH));
}

void kmc_gfp_ask_place(struct kmc_judge *judge, const struct kmc_case *at)
{
	struct kmc_request request;
	struct kmc_case c = *at;

	if (c.size > KMC_PAGE && kmc_zone_is_sure(judge, c.addr))
		KMC_ASK(judge, ZON_5, &c);
	if (!judge->many_zones || !kmc_zone_is_sure(judge, c.addr))
		return;
	kmc_gfp_request(judge, at, &request);
	request.zone = kmc_zone_of(judge, c.addr);
	c.request = &request;
	ask_zone(judge, &c, &request);
	if (c.gfp & KMC_GFP_THISNODE && c.ev->node >= 0)
		KMC_ASK(judge, GFP_22, &c);
	if (c.gfp & KMC_GFP_HARDWALL && !request.task->crossed && keeps_to_cpuset(&c, &request))
		KMC_ASK(judge, GFP_23, &c);
	if (__builtin_popcount(c.gfp & (KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_HIGHMEM)) > 1)
		KMC_ASK(judge, GFP_25, &c);
}
