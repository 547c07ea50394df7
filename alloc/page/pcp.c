/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-cpu lists of the orders 0 to 3: the slow half, refill and drain. The
 * fast half is in page_alloc.c. Only the cpu's owner comes here.
 *
 * Contract: R-4, PCP-1..6. Looked at: 6.18.44.
 */
#include <errno.h>
#include "alloc/pagesets.h"
#include "free_list.h"

static bool profile_autotunes(const struct kmc_sim *sim)
{
	return sim->config.profile >= KMC_PROFILE_6_12_117;
}

/* First use since boot: from now on the arena page is dirty and the fast path may write. */
static void pcp_setup(struct kmc_sim *sim, const struct zone *zone, struct per_cpu_pages *pcp)
{
	kmc_touch(sim, pcp, sizeof(*pcp));
	pcp->batch = (uint16_t)zone->pcp_batch;
	pcp->free_max = profile_autotunes(sim) ? (uint16_t)(pcp->batch << PCP_BATCH_SCALE_MAX) : 0;
	pcp->high = zone->pcp_high;
}

/*
 * from 6.8 on the limit moves between two bounds: up by a batch at each
 * refill while the zone is above its high mark, else down to the lower.
 * Model: simplified; on a kernel it also sinks with time and under reclaim.
 */
static void tune_high(const struct kmc_sim *sim, struct zone *zone, struct per_cpu_pages *pcp)
{
	uint32_t high = pcp->high + pcp->batch;

	if (!profile_autotunes(sim))
		return;
	if (zone_nr_free(zone) <= wmark_pages(zone, WMARK_HIGH))
		high = zone->pcp_high;
	pcp->high = high < zone->pcp_high_max ? high : zone->pcp_high_max;
}

/* Model: exact but for the moving limit. */
static unsigned int nr_pcp_alloc(const struct kmc_sim *sim, struct per_cpu_pages *pcp,
				 unsigned int order)
{
	unsigned int base = pcp->batch, batch = base, most = base;

	if (order) {
		if (base > 1)
			batch = base >> order > 2 ? base >> order : 2;
		return batch;
	}
	if (!profile_autotunes(sim))
		return batch;
	if (pcp->high > pcp->count + base && pcp->high - pcp->count - base > most)
		most = pcp->high - pcp->count - base;
	batch <<= pcp->alloc_factor;
	if (batch <= most && pcp->alloc_factor < PCP_BATCH_SCALE_MAX)
		pcp->alloc_factor++;
	return batch < most ? batch : most;
}

static void rmqueue_bulk(struct alloc_context *ac, struct zone *zone, struct per_cpu_pages *pcp,
			 unsigned int count, unsigned int alloc_flags)
{
	struct kmc_sim *sim = ac->sim;
	unsigned int index = ac->order * MIGRATE_PCPTYPES + ac->migratetype;

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
	struct free_list *list = &pcp->lists[ac->order * MIGRATE_PCPTYPES + ac->migratetype];
	uint32_t pfn;

	if (!pcp->high)
		pcp_setup(sim, zone, pcp);
	if (!list->head) {
		tune_high(sim, zone, pcp);
		rmqueue_bulk(ac, zone, pcp, nr_pcp_alloc(sim, pcp, ac->order), alloc_flags);
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
	if (count > pcp->count)
		count = pcp->count;
	kmc_yield_point("free_pcppages_bulk");
	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	for (; count; index = (index + 1) % NR_PCP_LISTS) {
		struct free_list *list = &pcp->lists[index];

		while (count && list->tail) {
			unsigned int nr = drain_one(sim, cpu, zone, list,
						    index / MIGRATE_PCPTYPES);
			pcp->count -= nr;
			zone->pcp_drained += nr;
			count -= nr < count ? nr : count;
		}
	}
	kmc_lock_drop(&zone->lock);
}

/* Model: simplified: a storm of high orders does not flush the list. */
static unsigned int nr_pcp_free(const struct kmc_sim *sim, struct per_cpu_pages *pcp)
{
	unsigned int most = pcp->high - pcp->batch, least = pcp->batch;
	unsigned int nr = pcp->free_run;

	if (pcp->high <= pcp->batch)
		return 1;
	if (!profile_autotunes(sim)) {
		nr = least << pcp->free_run;
		if (nr < most)
			pcp->free_run++;
	}
	return nr < least ? least : nr > most ? most : nr;
}

/* A block was put on list @index and the lists are at their limit. */
void pcp_free_slow(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
		   unsigned int index)
{
	struct per_cpu_pages *pcp = (struct per_cpu_pages *)cpu->pcp + zone->index;

	free_pcppages_bulk(sim, cpu, zone, pcp, nr_pcp_free(sim, pcp), index);
}

/* A free that the fast half did not take. */
void pcp_free(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone, struct page *page,
	      unsigned int order, unsigned int migratetype)
{
	struct per_cpu_pages *pcp = (struct per_cpu_pages *)cpu->pcp + zone->index;
	unsigned int index = order * MIGRATE_PCPTYPES + migratetype;

	if (zone_pcp_disabled(zone)) {
		kmc_page_free_one(sim, zone, page, order);
		return;
	}
	if (!pcp->high)
		pcp_setup(sim, zone, pcp);
	page->kind = FRAME_PCP;
	page->migratetype = (uint8_t)migratetype;
	free_list_add_head(sim, &pcp->lists[index], (uint32_t)page_to_pfn_in(sim, page));
	pcp_count_free(pcp, order);
	if (pcp->count >= pcp->high)
		pcp_free_slow(sim, cpu, zone, index);
}

/* Drain: everything that the cpu holds goes back to the buddy (PCP-3, PCP-6). */
void kmc_page_flush_cpu(struct kmc_sim *sim, struct kmc_cpu *cpu)
{
	struct per_cpu_pages *pcp = cpu->pcp;

	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		if (pcp[i].count)
			free_pcppages_bulk(sim, cpu, &sim->page->zones[i], &pcp[i],
					   pcp[i].count, 0);
		if (pcp[i].high && zone_pcp_disabled(&sim->page->zones[i]))
			pcp[i].high = 0; /* in use, so touched; the fast path leaves it alone now */
	}
}

static void set_pcp_disabled(struct kmc_sim *sim, struct zone *zone, bool on)
{
	kmc_touch(sim, zone, sizeof(*zone));
	atomic_store_explicit(&zone->pcp_disabled, on, memory_order_relaxed);
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

