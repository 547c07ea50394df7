/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-cpu lists of the orders 0 to 3 and of huge pages: the slow half, refill, drain and limits.
 * The fast half is in page_alloc.c. Only the cpu's owner comes here, except to say that what a
 * limit depends on has changed.
 *
 * Contract: R-4, PCP-1..6. Looked at: 6.18.44.
 */
#include <errno.h>
#include "alloc/pagesets.h"
#include "free_list.h"

#define NSEC_PER_SEC 1000000000ull

static uint32_t clamp_high(const struct zone *zone, uint32_t high)
{
	if (high < zone->pcp_high)
		return zone->pcp_high;
	return high < zone->pcp_high_max ? high : zone->pcp_high_max;
}

static void lower_high(const struct zone *zone, struct per_cpu_pages *pcp, uint32_t by)
{
	pcp->high = clamp_high(zone, pcp->high > by ? pcp->high - by : 0);
}

/*
 * What the fast half may go up to. Who changes a flag of the zone stores the flag first
 * and the limits then; here it is the other way round, so that one of the two sees it.
 */
static void set_limit(struct zone *zone, struct per_cpu_pages *pcp)
{
	__atomic_store_n(&pcp->limit, pcp->high, __ATOMIC_SEQ_CST);
	if (atomic_load(&zone->below_high) || atomic_load(&zone->reclaim_active) ||
	    atomic_load(&zone->pcp_disabled))
		__atomic_store_n(&pcp->limit, 0, __ATOMIC_SEQ_CST);
}

void pcp_limits_stale(struct kmc_sim *sim, struct zone *zone)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct per_cpu_pages *pcp = (struct per_cpu_pages *)sim->cpus[i].pcp;

		/* not at boot, when there are none; one in use is touched */
		if (pcp && __atomic_load_n(&pcp[zone->index].limit, __ATOMIC_SEQ_CST))
			__atomic_store_n(&pcp[zone->index].limit, 0, __ATOMIC_SEQ_CST);
	}
}

/* Return: it was otherwise before. */
static bool set_zone_flag(struct kmc_sim *sim, struct zone *zone, atomic_bool *flag, bool on)
{
	if (atomic_load_explicit(flag, memory_order_relaxed) == on)
		return false;
	kmc_touch(sim, zone, sizeof(*zone));
	atomic_store(flag, on);
	pcp_limits_stale(sim, zone);
	return true;
}

void zone_set_below_high(struct kmc_sim *sim, struct zone *zone, bool below)
{
	if (set_zone_flag(sim, zone, &zone->below_high, below))
		setup_fast_marks(zone);
}

void zone_set_reclaim_active(struct kmc_sim *sim, struct zone *zone, bool active)
{
	set_zone_flag(sim, zone, &zone->reclaim_active, active);
}

/* From 6.16 on a storm needs more frees where the lists may be long. */
static uint16_t storm_threshold(const struct kmc_sim *sim, const struct zone *zone)
{
	uint32_t frames = zone->pcp_batch;

	if (!zone->pcp_tuned)
		return 1;
	if (sim->config.profile >= KMC_PROFILE_6_18_44)
		frames += zone->pcp_high / 2;
	return frames < UINT16_MAX ? (uint16_t)frames : UINT16_MAX;
}

/*
 * First use since boot, or what the limit depends on has changed. From now on the arena
 * page is dirty and the fast path may write.
 */
static void pcp_refresh(struct kmc_sim *sim, const struct zone *zone, struct per_cpu_pages *pcp)
{
	kmc_touch(sim, pcp, sizeof(*pcp));
	if (!pcp->high)
		pcp->ticked = kmc_sim_clock_ns(sim) / NSEC_PER_SEC;
	pcp->batch = (uint16_t)zone->pcp_batch;
	pcp->free_max =
		zone->pcp_tuned ? (uint16_t)((uint32_t)pcp->batch << PCP_BATCH_SCALE_MAX) : 0;
	pcp->storm_at = storm_threshold(sim, zone);
	pcp->free_calm = pcp->storm_at < pcp->free_max ? pcp->storm_at : pcp->free_max;
	pcp->high = clamp_high(zone, pcp->high);
}

/*
 * : from 6.7 on a refill raises the limit by as much as it wants to take,
 * unless the zone is below its high mark. Model: exact.
 */
static unsigned int nr_pcp_alloc(struct zone *zone, struct per_cpu_pages *pcp, unsigned int order)
{
	unsigned int base = pcp->batch, batch = base << (order ? 0 : pcp->alloc_factor);

	pcp->high = clamp_high(zone, pcp->high);
	if (pcp->high < base)
		return 1;
	if (zone->pcp_tuned && !atomic_load_explicit(&zone->below_high, memory_order_relaxed))
		pcp->high = clamp_high(zone, pcp->high + batch);
	if (zone->pcp_tuned && !order) {
		unsigned int most = base;

		if (pcp->high > pcp->count + 2 * base)
			most = pcp->high - pcp->count - base;
		if (batch <= most && pcp->alloc_factor < PCP_BATCH_SCALE_MAX)
			pcp->alloc_factor++;
		if (batch > most)
			batch = most;
	}
	if (batch > 1)
		batch = batch >> order > 2 ? batch >> order : 2;
	return batch;
}

static void rmqueue_bulk(struct alloc_context *ac, struct zone *zone, struct per_cpu_pages *pcp,
			 unsigned int count, unsigned int alloc_flags)
{
	struct kmc_sim *sim = ac->sim;
	unsigned int index = order_to_pindex(ac->migratetype, ac->order);

	kmc_yield_point("rmqueue_bulk");
	if (!zone_lock(zone, alloc_flags))
		return;
	buddy_touch(sim, zone);
	while (count--) {
		struct page *page = __rmqueue(sim, ac->cpu, zone, ac->order, ac->migratetype,
					      alloc_flags, true);
		if (!page)
			break;
		page->kind = FRAME_PCP;
		free_list_add_tail(sim, &pcp->lists[index], (uint32_t)page_to_pfn_in(sim, page));
		pcp->count += 1u << ac->order;
		zone->pcp_refilled += 1u << ac->order;
	}
	kmc_lock_drop(&zone->lock);
}

/* A block off the cpu's lists, filled first when empty; NULL: the zone has none. */
struct page *rmqueue_pcplist(struct alloc_context *ac, struct zone *zone, unsigned int alloc_flags)
{
	struct kmc_sim *sim = ac->sim;
	struct per_cpu_pages *pcp = (struct per_cpu_pages *)ac->cpu->pcp + zone->index;
	struct free_list *list = &pcp->lists[order_to_pindex(ac->migratetype, ac->order)];
	uint32_t pfn;

	if (!__atomic_load_n(&pcp->limit, __ATOMIC_RELAXED))
		pcp_refresh(sim, zone, pcp);
	if (!list->head) {
		rmqueue_bulk(ac, zone, pcp, nr_pcp_alloc(zone, pcp, ac->order), alloc_flags);
		set_limit(zone, pcp);
	}
	pfn = list->head;
	if (!pfn)
		return NULL;
	free_list_del(sim, list, pfn);
	pfn_to_page_in(sim, pfn)->link.next = 0;
	pcp_count_alloc(pcp, ac->order);
	return pfn_to_page_in(sim, pfn);
}

static void trace_drain(struct kmc_sim *sim, struct kmc_cpu *cpu, const struct zone *zone,
			uint64_t pfn, unsigned int order, unsigned int migratetype)
{
	struct kmc_tp tp = {
		.id = KMC_TP_MM_PAGE_PCPU_DRAIN,
		.node = zone->node,
		.order = order,
		.migratetype = migratetype,
		.pfn = pfn,
	};

	if (tracing(cpu))
		kmc_trace_emit(sim, &tp);
}

/* One block from the list's tail to the buddy; returns its frames. */
static unsigned int drain_one(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
			      struct free_list *list, unsigned int order)
{
	uint64_t pfn = list->tail;
	unsigned int migratetype = get_pageblock_migratetype(sim, pfn);

	free_list_del(sim, list, (uint32_t)pfn);
	trace_drain(sim, cpu, zone, pfn, order, migratetype);
	__free_one_page(sim, zone, pfn, order, migratetype, false);
	return 1u << order;
}

/* from the tails, the list @index first, then round robin. */
static void free_pcppages_bulk(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
			       struct per_cpu_pages *pcp, unsigned int count, unsigned int index)
{
	kmc_yield_point("free_pcppages_bulk");
	kmc_lock_take(&zone->lock);
	/* Who drains all cpus may have been here meanwhile. */
	if (count > pcp->count)
		count = pcp->count;
	buddy_touch(sim, zone);
	for (; count; index = (index + 1) % NR_PCP_LISTS) {
		struct free_list *list = &pcp->lists[index];

		while (count && list->tail) {
			unsigned int nr = drain_one(sim, cpu, zone, list, pindex_to_order(index));

			pcp->count -= nr;
			zone->pcp_drained += nr;
			count -= nr < count ? nr : count;
		}
	}
	kmc_lock_drop(&zone->lock);
}

/*
 * a run of frees in which blocks of orders 1 to 3 come one after the other, or up
 * to 6.6 any such block after a drain that was not the first.
 */
static bool is_storm(const struct zone *zone, const struct per_cpu_pages *pcp, unsigned int order)
{
	return order && order <= PCP_MAX_ORDER && pcp->free_run >= pcp->storm_at &&
	       (!zone->pcp_tuned || pcp->prev_order);
}

/* how many frames may rest after this free. Rule: PCP-5. Model: exact. */
static uint32_t nr_pcp_high(const struct zone *zone, struct per_cpu_pages *pcp, bool storm)
{
	uint32_t run = pcp->free_run > pcp->batch ? pcp->free_run : pcp->batch;

	pcp->high = clamp_high(zone, pcp->high);
	if (storm) {
		lower_high(zone, pcp, (uint32_t)pcp->batch << PCP_BATCH_SCALE_MAX);
		return 0;
	}
	if (atomic_load_explicit(&zone->reclaim_active, memory_order_relaxed)) {
		if (zone->pcp_tuned)
			lower_high(zone, pcp, run);
		return 4 * pcp->batch < pcp->high ? 4 * pcp->batch : pcp->high;
	}
	if (!zone->pcp_tuned)
		return pcp->high;
	if (atomic_load_explicit(&zone->below_high, memory_order_relaxed)) {
		lower_high(zone, pcp, run);
		return pcp->count > zone->pcp_high ? pcp->count : zone->pcp_high;
	}
	if (pcp->count >= pcp->high) {
		uint32_t high = pcp->high, need = pcp->free_run + pcp->batch;

		if (high < need)
			pcp->high = clamp_high(zone, need);
		return high;
	}
	return pcp->high;
}

/* Model: exact. */
static unsigned int nr_pcp_free(const struct zone *zone, struct per_cpu_pages *pcp, uint32_t high,
				bool storm)
{
	unsigned int least = pcp->batch, most, nr = pcp->free_run;

	if (storm)
		return zone->pcp_tuned ? (uint32_t)pcp->batch << PCP_BATCH_SCALE_MAX : pcp->count;
	if (high <= pcp->batch)
		return 1;
	most = high - pcp->batch;
	if (!zone->pcp_tuned) {
		nr = least << pcp->free_run;
		if (nr < most)
			pcp->free_run++;
	}
	nr = nr < least ? least : nr;
	return nr > most ? most : nr;
}

/* A free found lists at their limit: has the zone enough again? */
static void look_above_high(struct kmc_sim *sim, struct zone *zone)
{
	if (atomic_load_explicit(&zone->below_high, memory_order_relaxed) &&
	    zone_watermark_ok(sim, zone, 0, wmark_pages(zone, WMARK_HIGH), KMC_ZONE_MOVABLE, 0))
		zone_set_below_high(sim, zone, false);
}

/* A free that the fast half did not take. */
void pcp_free(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone, struct page *page,
	      unsigned int order, unsigned int migratetype)
{
	struct per_cpu_pages *pcp = (struct per_cpu_pages *)cpu->pcp + zone->index;
	unsigned int index = order_to_pindex(migratetype, order);
	uint32_t high;
	bool storm;

	if (zone_pcp_disabled(zone)) {
		kmc_page_free_one(sim, zone, page, order);
		return;
	}
	if (!__atomic_load_n(&pcp->limit, __ATOMIC_RELAXED))
		pcp_refresh(sim, zone, pcp);
	page->kind = FRAME_PCP;
	page->migratetype = (uint8_t)migratetype;
	free_list_add_head(sim, &pcp->lists[index], (uint32_t)page_to_pfn_in(sim, page));
	storm = is_storm(zone, pcp, order);
	pcp_count_free(pcp, order);
	if (order > PCP_MAX_ORDER)
		pcp->prev_order = 0; /* huge pages make no storm */
	if (pcp->free_run < pcp->free_max)
		pcp->free_run += (uint16_t)(1u << order);
	high = nr_pcp_high(zone, pcp, storm);
	if (pcp->count >= high) {
		free_pcppages_bulk(sim, cpu, zone, pcp, nr_pcp_free(zone, pcp, high, storm), index);
		look_above_high(sim, zone);
	}
	set_limit(zone, pcp);
}

/* One second's sinking; false: nothing was left to sink. */
static bool decay_pcp_high(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
			   struct per_cpu_pages *pcp)
{
	uint32_t most = (uint32_t)pcp->batch << PCP_BATCH_SCALE_MAX, before = pcp->high;
	uint32_t least = pcp->count > most ? pcp->count - most : 0;

	if (pcp->high > zone->pcp_high) {
		pcp->high -= pcp->high >> 3;
		pcp->high = clamp_high(zone, pcp->high > least ? pcp->high : least);
	}
	if (pcp->count > pcp->high)
		free_pcppages_bulk(sim, cpu, zone, pcp, pcp->count - pcp->high, 0);
	return pcp->high != before;
}

/*
 * the tick of vmstat, from 6.7 on. A storm of frees leaves lists behind that
 * nothing else would empty. Model: exact but for a kernel's tick being late on idle cpus.
 */
void kmc_page_tick_cpu(struct kmc_sim *sim, struct kmc_cpu *cpu)
{
	uint64_t now = kmc_sim_clock_ns(sim) / NSEC_PER_SEC;

	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		struct zone *zone = &sim->page->zones[i];
		struct per_cpu_pages *pcp = (struct per_cpu_pages *)cpu->pcp + i;

		if (!pcp->high || !zone->pcp_tuned)
			continue;
		while (pcp->ticked < now && decay_pcp_high(sim, cpu, zone, pcp))
			pcp->ticked++;
		pcp->ticked = now;
		set_limit(zone, pcp);
	}
}

/* Drain: everything that the cpu holds goes back to the buddy (PCP-3, PCP-6). */
void kmc_page_flush_cpu(struct kmc_sim *sim, struct kmc_cpu *cpu)
{
	struct per_cpu_pages *pcp = cpu->pcp;

	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		if (pcp[i].count)
			free_pcppages_bulk(sim, cpu, &sim->page->zones[i], &pcp[i],
					   pcp[i].count, 0);
		if (pcp[i].high && zone_pcp_disabled(&sim->page->zones[i])) {
			pcp[i].high = 0; /* in use, so touched; the fast path leaves it alone now */
			set_limit(&sim->page->zones[i], &pcp[i]);
		}
	}
}

static void set_pcp_disabled(struct kmc_sim *sim, struct zone *zone, bool on)
{
	set_zone_flag(sim, zone, &zone->pcp_disabled, on);
}

/* Rule: PCP-6. Model: exact (a limit of 0, all lists drained). */
void zone_pcp_disable(struct kmc_sim *sim, struct zone *zone)
{
	set_pcp_disabled(sim, zone, true);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_flush_cpus(sim, FLUSH_PCP);
}

/* Each list begins anew at its next use. */
void zone_pcp_enable(struct kmc_sim *sim, struct zone *zone)
{
	set_pcp_disabled(sim, zone, false);
}

int kmc_sim_pcp_disable(struct kmc_sim *sim, unsigned int zone, bool disable)
{
	if (zone >= sim->page->nr_zones)
		return -EINVAL;
	KMC_BUG_ON(!kmc_this_cpu || kmc_this_cpu->sim != sim);
	kmc_attention(kmc_this_cpu);
	if (disable)
		zone_pcp_disable(sim, &sim->page->zones[zone]);
	else
		zone_pcp_enable(sim, &sim->page->zones[zone]);
	return 0;
}

/* The kernel's drain_all_pages(). Model: exact. */
void kmc_sim_drain_all(struct kmc_sim *sim)
{
	KMC_BUG_ON(!kmc_this_cpu || kmc_this_cpu->sim != sim);
	kmc_attention(kmc_this_cpu);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_flush_cpus(sim, FLUSH_PCP);
}

