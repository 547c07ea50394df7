// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Free pages against marks. A call that was not served at once shows the zones as it found
 * them (KMC_EFF_FREE_PAGES); the marks are the oracle's own, and so is the count where the
 * program has just set it. What such a call may be given, and what not be denied, follows.
 */
#include "call_parts.h"

#define BIT(effect) (1u << KMC_EFF_##effect)

/* The cpu's exceptions to, by flags, task and release. */
struct rights {
	bool no_marks;  /* all of the memory */
	bool reserve;   /* pages kept for high-order atomic requests count */
	bool taking;    /* and may be taken */
	bool cma;
	bool unboosted; /* the boost of a zone is not for it */
	uint8_t halves, quarters; /* how often the mark sinks by a half, then by a quarter */
};

static bool is_old(const struct kmc_judge *judge)
{
	uint32_t release = kmc_release_of(judge);

	return release < KMC_RELEASE(6, 1, 0) ||
	       (release >= KMC_RELEASE(6, 2, 0) && release < KMC_RELEASE(6, 3, 0));
}

static bool in_task(const struct kmc_event *ev)
{
	return ev->context == KMC_CTX_TASK || ev->context == KMC_CTX_PREEMPT_OFF;
}

static void old_rights(const struct kmc_case *c, const struct kmc_request *r, struct rights *to)
{
	bool direct = c->gfp & KMC_GFP_DIRECT_RECLAIM;
	bool harder = c->gfp & KMC_GFP_ATOMIC && !direct && !(c->gfp & KMC_GFP_NOMEMALLOC);

	if (direct && r->task->flags & KMC_TF_REALTIME && in_task(c->ev))
		harder = true;
	to->halves = (c->gfp & KMC_GFP_HIGH) != 0;
	to->quarters = harder;
	to->reserve = to->taking = harder;
	to->unboosted = c->gfp & KMC_GFP_ATOMIC && !direct;
}

static void new_rights(const struct kmc_judge *judge, const struct kmc_case *c,
		       const struct kmc_request *r, struct rights *to)
{
	bool direct = c->gfp & KMC_GFP_DIRECT_RECLAIM, high = c->gfp & KMC_GFP_HIGH;
	bool non_block = !direct && !(c->gfp & KMC_GFP_NOMEMALLOC);

	if (direct && r->task->flags & KMC_TF_REALTIME && in_task(c->ev))
		high = true;
	to->halves = high;
	to->quarters = high && non_block;
	to->reserve = high || non_block;
	to->taking = non_block;
	to->unboosted = kmc_release_of(judge) < KMC_RELEASE(6, 3, 0) ?
				c->gfp & KMC_GFP_ATOMIC && !direct : high;
}

static struct rights rights_of(const struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_request *r = c->request;
	struct rights rights = { .cma = r->flags & KMC_GFP_MOVABLE };
	bool noreclaim = r->scope & KMC_SCOPE_MEMALLOC;

	if (is_old(judge))
		old_rights(c, r, &rights);
	else
		new_rights(judge, c, r, &rights);
	if (c->gfp & KMC_GFP_NOMEMALLOC)
		return rights;
	rights.no_marks = c->gfp & KMC_GFP_MEMALLOC ||
			  (noreclaim && (in_task(c->ev) || c->ev->context == KMC_CTX_SOFTIRQ));
	if (r->task->flags & KMC_TF_OOM_VICTIM && in_task(c->ev)) {
		rights.halves = rights.halves ? rights.halves : 1;
		rights.reserve = rights.taking = true;
	}
	return rights;
}

static uint64_t reduced(uint64_t mark, const struct rights *rights)
{
	if (rights->halves)
		mark -= mark / 2;
	return rights->quarters ? mark - mark / 4 : mark;
}

static bool has_block(const struct kmc_zone_report *zone, unsigned int order,
		      const struct rights *rights)
{
	uint32_t orders = zone->orders[0] | zone->orders[1] | zone->orders[2];

	if (rights->cma)
		orders |= zone->orders[3];
	if (rights->taking)
		orders |= zone->orders[4];
	return !order || orders >> order;
}

static int64_t usable(const struct kmc_zone_report *zone, unsigned int order,
		      const struct rights *rights)
{
	int64_t pages = (int64_t)zone->free - ((1ll << order) - 1);

	if (!rights->reserve)
		pages -= (int64_t)zone->highatomic;
	return rights->cma ? pages : pages - (int64_t)zone->cma;
}

/* */
static bool is_above(const struct kmc_zone_report *zone, unsigned int order, uint64_t mark,
		     uint64_t reserve, const struct rights *rights)
{
	int64_t pages = usable(zone, order, rights);
	uint64_t boost = !order && rights->unboosted ? 0 : zone->boost;

	return pages > (int64_t)(reduced(mark + boost, rights) + reserve);
}

static unsigned int highest_of(const struct kmc_case *c)
{
	bool strips = c->ev->what == KMC_OP_GET_FREE_PAGES ||
		      c->ev->what == KMC_OP_GET_ZEROED_PAGE || c->from == KMC_FROM_EXACT;

	if (c->gfp & KMC_GFP_DMA)
		return KMC_DMA;
	if (c->gfp & KMC_GFP_DMA32)
		return KMC_DMA32;
	if (!(c->gfp & KMC_GFP_HIGHMEM) || strips)
		return KMC_NORMAL;
	return c->request->flags & KMC_GFP_MOVABLE ? KMC_MOVABLE : KMC_HIGHMEM;
}

static bool is_for(const struct kmc_zone *zone, const struct kmc_case *c)
{
	return zone->kind <= highest_of(c) &&
	       (!(c->gfp & KMC_GFP_THISNODE) || zone->node == c->ev->node);
}

/* May the request take from this zone, of which it is known how full it is? */
static bool serves(const struct kmc_judge *judge, const struct kmc_case *c, unsigned int i)
{
	return judge->reports[i].seen && is_for(&judge->subject.machine.zones[i], c);
}

bool kmc_marks_have_zone(const struct kmc_judge *judge, const struct kmc_case *c)
{
	uint64_t mems = c->request->task->mems ? c->request->task->mems : UINT64_MAX;

	for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++) {
		const struct kmc_zone *zone = &judge->subject.machine.zones[i];

		if (is_for(zone, c) && mems >> (zone->node & 63) & 1)
			return true;
	}
	return false;
}

/* Return: first zone that could serve the request at @low or at min, not @except; -1. */
static int able_zone(struct kmc_judge *judge, const struct kmc_case *c, bool low,
		     const struct rights *rights)
{
	unsigned int hz = highest_of(c), order = c->request->order;

	for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++) {
		const struct kmc_marks *marks = kmc_marks_of(judge, i);
		struct rights sure = *rights;

		/* Pages that are set aside may prove not to be for it after all. */
		sure.cma = sure.taking = false;
		if (serves(judge, c, i) &&
		    is_above(&judge->reports[i], order, low ? marks->low : marks->min,
			     marks->reserve[hz], &sure) &&
		    has_block(&judge->reports[i], order, &sure))
			return (int)i;
	}
	return -1;
}

/* Could its flags alone have got it a page? With all that might count for it. */
static bool may_be_served(struct kmc_judge *judge, const struct kmc_case *c,
			  const struct rights *rights)
{
	unsigned int hz = highest_of(c), order = c->request->order;
	struct rights most = *rights;

	most.cma = most.reserve = most.taking = true;
	for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++)
		if (serves(judge, c, i) &&
		    is_above(&judge->reports[i], order, kmc_marks_of(judge, i)->min,
			     kmc_marks_of(judge, i)->reserve[hz], &most) &&
		    has_block(&judge->reports[i], order, &most))
			return true;
	return false;
}

/* What makes the books uncertain of what a request may have. */
static bool is_murky(const struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_machine *machine = &judge->subject.machine;

	if (c->ev->gfp_raw) /* may name a zone */
		return true;
	return c->effects & BIT(FAULT_INJECTED) || judge->pages.defrag || c->request->task->mems ||
	       c->request->task->crossed || !in_task(c->ev) ||
	       c->request->order > machine->max_order ||
	       __builtin_popcount(c->gfp & (KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_HIGHMEM)) > 1 ||
	       (c->gfp & KMC_GFP_DMA && !kmc_has_zone(judge, KMC_DMA)) ||
	       (c->gfp & KMC_GFP_DMA32 && !kmc_has_zone(judge, KMC_DMA32)) ||
	       (c->gfp & KMC_GFP_THISNODE && c->ev->node < 0);
}

/* the first look, and kswapd */

/*
 * Up to 6.12 all of the high-order atomic reserve is taken off, free or not, and what is free of it
 * serves no single page: how much there is for others is not shown. With nothing free none is shown.
 */
static bool reserve_is_there(const struct kmc_judge *judge)
{
	if (judge->pages.reserved && kmc_release_of(judge) < KMC_RELEASE(6, 13, 0))
		return true;
	for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++)
		if (judge->reports[i].seen && judge->reports[i].highatomic)
			return true;
	return false;
}

static void ask_first_pass(struct kmc_judge *judge, struct kmc_case *c)
{
	struct rights none = { .cma = c->request->flags & KMC_GFP_MOVABLE };

	if (c->gfp & KMC_GFP_WRITE)
		return; /* the nodes' dirty limits */
	c->value = (uint64_t)(int64_t)able_zone(judge, c, true, &none);
	KMC_ASK(judge, RSV_1, c);
	if ((int64_t)c->value >= 0 || !(c->gfp & KMC_GFP_KSWAPD_RECLAIM))
		return;
	none.cma = true;
	none.reserve = none.taking = true;
	/* Above low with what is set aside: not all can be said to be below. */
	for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++)
		if (serves(judge, c, i) &&
		    is_above(&judge->reports[i], c->request->order, kmc_marks_of(judge, i)->low,
			     kmc_marks_of(judge, i)->reserve[highest_of(c)], &none) &&
		    has_block(&judge->reports[i], c->request->order, &none))
			return;
	c->value = 0; /* nodes that could serve it: the others' kswapd has nothing to do with it */
	for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++)
		if (serves(judge, c, i))
			c->value |= 1ull << (judge->subject.machine.zones[i].node & 63);
	KMC_ASK(judge, GFP_4, c);
}

/* what was given */

/* Which rule kept it from this zone? One fault, one rule. */
static void ask_depth_rule(struct kmc_judge *judge, struct kmc_case *c, struct kmc_request *r,
			   const struct rights *had)
{
	unsigned int zone = (unsigned int)c->value, order = c->request->order;
	const struct kmc_zone_report *report = &judge->reports[zone];
	const struct kmc_marks *marks = kmc_marks_of(judge, zone);
	uint64_t reserve = marks->reserve[highest_of(c)];
	struct kmc_zone_report other = *report;
	struct rights more = *had;
	bool above = is_above(report, order, marks->min, reserve, had);

	r->broken = !above || !has_block(report, order, had);
	if (above && !has_block(report, order, had)) {
		KMC_ASK(judge, RSV_3, c);
		return;
	}
	if (!above) {
		more.cma = true;
		other.boost = 0;
		if (is_above(report, order, marks->min, 0, had)) {
			KMC_ASK(judge, RSV_5, c);
			return;
		}
		if (is_above(report, order, marks->min, reserve, &more)) {
			KMC_ASK(judge, RSV_8, c);
			return;
		}
		more = *had;
		more.reserve = true;
		if (is_above(report, order, marks->min, reserve, &more)) {
			KMC_ASK(judge, HA_3, c);
			return;
		}
		if (is_above(&other, order, marks->min, reserve, had)) {
			KMC_ASK(judge, RSV_6, c);
			return;
		}
		if (judge->pages.marks_changed &&
		    is_above(report, order, judge->pages.marks_before[zone].min,
			     judge->pages.marks_before[zone].reserve[highest_of(c)], had)) {
			KMC_ASK(judge, RSV_7, c);
			return;
		}
	}
	/* Kept: what the zone holds back bore on the answer. */
	if (above && reserve)
		KMC_ASK(judge, RSV_5, c);
	if (above && report->cma && !had->cma)
		KMC_ASK(judge, RSV_8, c);
	if (above && report->highatomic && !had->reserve)
		KMC_ASK(judge, HA_3, c);
	if (above && report->boost)
		KMC_ASK(judge, RSV_6, c);
	if (above && judge->pages.marks_changed)
		KMC_ASK(judge, RSV_7, c);
	if (c->request->task->flags & KMC_TF_OOM_VICTIM && !(c->gfp & KMC_GFP_NOMEMALLOC))
		KMC_ASK(judge, RSV_9, c);
	else if (c->gfp & KMC_GFP_NOMEMALLOC &&
		 (c->gfp & KMC_GFP_MEMALLOC || c->request->scope & KMC_SCOPE_MEMALLOC ||
		  c->request->task->flags & KMC_TF_OOM_VICTIM))
		KMC_ASK(judge, GFP_10, c);
	else if (!(c->gfp & KMC_GFP_DIRECT_RECLAIM) && !(c->gfp & KMC_GFP_HIGH) && !order)
		KMC_ASK(judge, GFP_7, c);
	else if (!(c->gfp & KMC_GFP_DIRECT_RECLAIM))
		KMC_ASK(judge, RSV_4, c);
	else if (c->gfp & KMC_GFP_HIGH)
		KMC_ASK(judge, GFP_8, c);
	else if (order)
		KMC_ASK(judge, RSV_3, c);
	else
		KMC_ASK(judge, RSV_2, c);
}

/* Another node was taken although the nearest could serve: 6.12 on a busy kswapd may be why. */
static void ask_node(struct kmc_judge *judge, struct kmc_case *c, const struct rights *rights)
{
	int able = able_zone(judge, c, false, rights);
	uint64_t node = (uint64_t)c->ev->node & 63;

	if (c->ev->node < 0 || c->gfp & KMC_GFP_THISNODE)
		return;
	if (c->request->zone->node != c->ev->node) {
		KMC_COUNT(judge, KMC_R_ZON_3);
		if (kmc_release_of(judge) >= KMC_RELEASE(6, 12, 0) &&
		    judge->pages.awake >> node & 1) {
			KMC_COUNT(judge, KMC_R_ZON_7);
			return;
		}
	}
	if (reserve_is_there(judge))
		return;
	for (; able >= 0 && (unsigned int)able < judge->subject.machine.nr_zones; able++)
		if (judge->subject.machine.zones[able].node == c->ev->node)
			break;
	c->value = able >= 0 && (unsigned int)able < judge->subject.machine.nr_zones &&
		   serves(judge, c, (unsigned int)able) &&
		   is_above(&judge->reports[able], c->request->order,
			    kmc_marks_of(judge, (unsigned int)able)->min,
			    kmc_marks_of(judge, (unsigned int)able)->reserve[highest_of(c)], rights) &&
		   !c->request->order;
	KMC_ASK(judge, ZON_2, c);
}

static void ask_given(struct kmc_judge *judge, struct kmc_case *c, struct kmc_request *r)
{
	struct rights rights = rights_of(judge, c);
	const struct kmc_zone *zone = kmc_zone_of(judge, c->addr);
	unsigned int i;

	if (!zone || !kmc_zone_is_sure(judge, c->addr))
		return;
	i = (unsigned int)(zone - judge->subject.machine.zones);
	if (!serves(judge, c, i))
		return;
	if (rights.no_marks) {
		if (!may_be_served(judge, c, &rights))
			kmc_marks_note_privileged(judge, c->addr);
		return;
	}
	r->zone = zone;
	c->value = i;
	if (!has_block(&judge->reports[i], r->order, &(struct rights){ .cma = rights.cma }))
		KMC_ASK(judge, HA_4, c);
	ask_depth_rule(judge, c, r, &rights);
	ask_node(judge, c, &rights);
}

/* what was denied */

static void ask_denied(struct kmc_judge *judge, struct kmc_case *c, struct kmc_request *r)
{
	struct rights rights = rights_of(judge, c);
	int able = able_zone(judge, c, false, &rights);
	bool noreclaim = rights.no_marks && c->request->scope & KMC_SCOPE_MEMALLOC;
	uint64_t free = 0;

	if (c->gfp & KMC_GFP_ACCOUNT || reserve_is_there(judge))
		return;
	for (unsigned int i = 0; noreclaim && i < judge->subject.machine.nr_zones; i++)
		if (serves(judge, c, i) &&
		    (judge->reports[i].orders[0] | judge->reports[i].orders[1] |
		     judge->reports[i].orders[2]) >> c->request->order)
			free++;
	if (noreclaim) {
		c->value = free;
		KMC_ASK(judge, SCP_9, c);
		return;
	}
	if (rights.no_marks)
		return; /* may ignore marks, need not */
	c->value = able >= 0 ? (uint64_t)able : 0;
	r->broken = able >= 0;
	if (able >= 0 && c->ev->node >= 0 && !(c->gfp & KMC_GFP_THISNODE) &&
	    judge->subject.machine.zones[able].node != c->ev->node)
		KMC_ASK(judge, ZON_3, c);
	else if (c->gfp & KMC_GFP_HIGH)
		KMC_ASK(judge, GFP_6, c);
	else if (c->request->order)
		KMC_ASK(judge, RSV_3, c);
	else
		KMC_ASK(judge, RSV_2, c);
}

void kmc_marks_ask(struct kmc_judge *judge, const struct kmc_case *at)
{
	const uint32_t changed = BIT(RECLAIMED) | BIT(COMPACTED) | BIT(KILLED);
	struct kmc_request r = *at->request;
	struct kmc_case c = *at;

	c.request = &r;
	if (r.order && !(c.gfp & KMC_GFP_DIRECT_RECLAIM))
		judge->pages.reserved = true;
	if (!judge->report_call || judge->report_call != c.ev->id || judge->report_again ||
	    judge->nr_open || judge->overlaps || judge->pages.ballooned || is_murky(judge, &c))
		return;
	if (!reserve_is_there(judge))
		ask_first_pass(judge, &c);
	/* A mark for who never fails, and for whom memory was freed, is another matter. */
	if (c.effects & changed || c.gfp & KMC_GFP_NOFAIL)
		return;
	if (c.ev->outcome == KMC_OUT_VALUE)
		ask_given(judge, &c, &r);
	else if (c.ev->outcome == KMC_OUT_NULL && (!(c.gfp & KMC_GFP_DIRECT_RECLAIM) ||
						   c.request->scope & KMC_SCOPE_MEMALLOC))
		ask_denied(judge, &c, &r);
}

/* reports */

/* Is a range being taken? Its free pages are put aside first, and no longer counted. */
static bool isolates(const struct kmc_open_call *open)
{
	return kmc_takes_range(open->what) || open->effects & 1u << KMC_EFF_MIGRATED;
}

void kmc_marks_report(struct kmc_judge *judge, const struct kmc_event *ev,
		      const struct kmc_open_call *open)
{
	struct kmc_case c = {
		.ev = ev, .call = open ? kmc_call_name(judge, open->what) : "report",
		.by = KMC_BY_NOBODY, .value = UINT64_MAX, .open = open,
	};
	struct kmc_zone_report *report;

	if (ev->cache >= judge->subject.machine.nr_zones)
		return;
	report = &judge->reports[ev->cache];
	judge->report_again = open && judge->report_call == open->id && report->seen;
	if (!open || judge->report_call != open->id)
		for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++)
			judge->reports[i].seen = false;
	judge->report_call = open ? open->id : 0;
	judge->report_event = judge->events;
	*report = (struct kmc_zone_report){
		.seen = true, .free = ev->arg, .boost = ev->size >> 32,
		.managed = (uint32_t)ev->size, .cma = ev->granted >> 32,
		.highatomic = (uint32_t)ev->granted,
	};
	for (unsigned int type = 0; type < 5; type++)
		report->orders[type] = ev->addr2 >> 11 * type & 0x7ff;
	if (open && judge->exact_call == open->id && !judge->report_again && !judge->overlaps &&
	    !isolates(open) && judge->exact_known >> ev->cache & 1)
		c.value = judge->exact[ev->cache];
	KMC_ASK(judge, ZON_6, &c);
	if (report->highatomic) {
		judge->pages.reserved = true;
		KMC_ASK(judge, HA_1, &c);
		if (!judge->pages.ballooned) /* the cap was that of a larger zone */
			KMC_ASK(judge, HA_2, &c);
	}
	if (report->boost || judge->pages.boost_most)
		KMC_ASK(judge, MIG_6, &c);
}

/* The program brought a zone to a number of free pages: until something else happens it is known. */
void kmc_marks_pressure(struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_machine *machine = &judge->subject.machine;

	if (judge->exact_event + 1 != judge->events)
		judge->exact_known = 0;
	judge->exact_event = judge->events;
	judge->exact_call = 0;
	for (unsigned int i = 0; i < machine->nr_zones; i++)
		if (machine->zones[i].kind == ev->order && machine->zones[i].node == ev->node) {
			judge->exact[i] = ev->arg;
			judge->exact_known |= 1u << i;
		}
}

void kmc_marks_enter(struct kmc_judge *judge, const struct kmc_event *ev)
{
	if (judge->exact_known && judge->exact_event + 1 == judge->events)
		judge->exact_call = ev->id;
	else
		judge->exact_known = 0;
}

/* Pages that only a privileged request could have: GFP-9 asks for their mark. */
void kmc_marks_note_privileged(struct kmc_judge *judge, uint64_t addr)
{
	struct kmc_page_books *books = &judge->pages;

	books->privileged[books->nr_privileged++ % KMC_BOOK_PRIVILEGED] =
		(struct kmc_privileged){ .addr = addr, .seq = judge->now };
}

bool kmc_marks_was_privileged(const struct kmc_judge *judge, const struct kmc_life *life)
{
	for (unsigned int i = 0; i < KMC_BOOK_PRIVILEGED; i++)
		if (judge->pages.privileged[i].addr == life->addr &&
		    judge->pages.privileged[i].seq == life->seq)
			return true;
	return false;
}

void kmc_marks_ask_avoided(struct kmc_judge *judge, struct kmc_case *c,
			   const struct kmc_zone *zone)
{
	const struct kmc_machine *machine = &judge->subject.machine;
	bool plain = !(c->gfp & (KMC_GFP_WRITE | KMC_GFP_THISNODE)) && !c->open->begin.order;

	if (zone->kind != KMC_NORMAL || judge->exact_call != c->open->id || !plain)
		return;
	for (unsigned int i = 0; i < machine->nr_zones; i++) {
		const struct kmc_marks *marks = kmc_marks_of(judge, i);

		if (machine->zones[i].kind != KMC_DMA32 || machine->zones[i].node != zone->node ||
		    !(judge->exact_known >> i & 1))
			continue;
		/* Whatever its boost is: far above. */
		c->value = judge->exact[i] > 4 * marks->high + marks->reserve[KMC_NORMAL];
		KMC_ASK(judge, ZON_8, c);
	}
}

/* The last look before a kill is at the high marks. Return: the zone that passed it; -1. */
int kmc_marks_above_high(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct rights none = { .cma = false };

	if (judge->report_event + 1 != judge->events || judge->nr_open > 1 || is_murky(judge, c) ||
	    judge->pages.ballooned || reserve_is_there(judge))
		return -1;
	for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++)
		if (serves(judge, c, i) &&
		    is_above(&judge->reports[i], c->request->order, kmc_marks_of(judge, i)->high,
			     kmc_marks_of(judge, i)->reserve[highest_of(c)], &none) &&
		    has_block(&judge->reports[i], c->request->order, &none))
			return (int)i;
	return -1;
}
