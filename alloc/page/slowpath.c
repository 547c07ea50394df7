/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The path of a request that the fast half did not serve: one pass over the
 * zonelist, and around it the steps of the slow path as R-7 numbers them.
 *
 * Nothing loops for ever: a request that would is told from its rounds, and
 * returns NULL after a KMC_TP_HUNG.
 *
 * Contract, GFP-14, GFP-15, GFP-18, GFP-19. Looked at: 6.18.44.
 */
#include "compact.h"
#include "reclaim.h"

/* A kernel waits for others; here, after so many rounds, nobody is left to wait for. */
#define HOPELESS_ROUNDS   64u
#define REPORT_PERIOD_NS  10000000000ull

static void warn(struct alloc_context *ac, const char *text)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .node = ac->node, .order = ac->order,
			     .gfp = ac->gfp, .pfn = UINT64_MAX, .text = text };

	kmc_trace_emit(ac->sim, &tp);
}

/* At most once per boot. */
void kmc_page_warn(struct alloc_context *ac, enum kmc_warn_once once, const char *text)
{
	uint64_t bit = 1ull << once;

	if (__atomic_load_n(&ac->sim->page->warned, __ATOMIC_RELAXED) & bit)
		return;
	kmc_touch(ac->sim, &ac->sim->page->warned, sizeof(uint64_t));
	if (!(__atomic_fetch_or(&ac->sim->page->warned, bit, __ATOMIC_RELAXED) & bit))
		warn(ac, text);
}

/* GFP-18, GFP-19: one report in ten seconds of the machine's clock. Model: exact. */
static void warn_alloc(struct alloc_context *ac)
{
	uint64_t *last = &ac->sim->page->last_report_ns;
	uint64_t now = kmc_sim_clock_ns(ac->sim) + 1;
	uint64_t seen = __atomic_load_n(last, __ATOMIC_RELAXED);

	if (((ac->gfp & __GFP_NOWARN) && !KMC_PLANTED(page_failure_noisy)) ||
	    (seen && now - seen < REPORT_PERIOD_NS && !KMC_PLANTED(reports_unlimited)))
		return;
	kmc_touch(ac->sim, last, sizeof(*last));
	__atomic_store_n(last, now, __ATOMIC_RELAXED);
	warn(ac, "page allocation failure");
}

static const struct zonelist *zonelist_of(const struct alloc_context *ac)
{
	bool this_node = (ac->gfp & __GFP_THISNODE) && !KMC_PLANTED(page_thisnode_strays);

	if (ac->node >= 0 && KMC_PLANTED(nodes_bound))
		this_node = true;
	return &ac->sim->page->zonelists[ac->asked_node][this_node][ac->highest];
}

/* HA-4: who may take a reserved block before he goes without. */
static unsigned int last_resort_rights(const struct kmc_sim *sim)
{
	return sim->config.profile == KMC_PROFILE_6_6_9 ? ALLOC_OOM : ALLOC_OOM | ALLOC_NON_BLOCK;
}

static struct page *rmqueue_highatomic(struct alloc_context *ac, struct zone *zone)
{
	return __rmqueue_smallest(ac->sim, ac->cpu, zone, ac->order, MIGRATE_HIGHATOMIC, false);
}

/* One block of one zone. Rule: HA-4. Model: exact. */
static struct page *rmqueue_buddy(struct alloc_context *ac, struct zone *zone,
				  unsigned int alloc_flags)
{
	struct page *page = NULL;

	kmc_yield_point("rmqueue_buddy");
	if (!zone_lock(zone, alloc_flags))
		return NULL;
	buddy_touch(ac->sim, zone);
	if (alloc_flags & ALLOC_HIGHATOMIC)
		page = rmqueue_highatomic(ac, zone);
	if (!page)
		page = __rmqueue(ac->sim, ac->cpu, zone, ac->order, ac->migratetype, alloc_flags,
				 false);
	if (!page && (alloc_flags & last_resort_rights(ac->sim)))
		page = rmqueue_highatomic(ac, zone);
	if (page)
		count_direct_alloc(zone, ac->cpu, ac->order);
	kmc_lock_drop(&zone->lock);
	return page;
}

static struct page *rmqueue(struct alloc_context *ac, struct zone *zone, unsigned int alloc_flags)
{
	if (pcp_allowed_order(ac->sim, ac->order) && !zone_pcp_disabled(zone)) {
		struct page *page = rmqueue_pcplist(ac, zone, alloc_flags);

		if (page)
			return page;
	}
	return rmqueue_buddy(ac, zone, alloc_flags);
}

/*
 * whoever takes from a zone that was boosted wakes kswapd; up to 6.4 also
 * who asked not to (GFP-3). Rule: MIG-6. Model: exact.
 */
static void wake_for_boost(struct alloc_context *ac, struct zone *zone, unsigned int alloc_flags)
{
	if (!atomic_load_explicit(&zone->boosted, memory_order_relaxed) ||
	    (!(alloc_flags & ALLOC_KSWAPD) && ac->sim->config.profile > KMC_PROFILE_6_1_192))
		return;
	kmc_touch(ac->sim, zone, sizeof(*zone));
	if (atomic_exchange_explicit(&zone->boosted, false, memory_order_relaxed))
		wakeup_kswapd(ac->sim, 0, zone->node, 0, zone->type);
}

/* Without its rights the request would not get what it is about to get. */
static bool below_min(const struct alloc_context *ac, struct zone *zone, unsigned int alloc_flags)
{
	unsigned int plain = alloc_flags & ~(ALLOC_RESERVES | ALLOC_NO_WATERMARKS);

	return plain != alloc_flags &&
	       !zone_watermark_ok(ac->sim, zone, ac->order, wmark_pages(zone, WMARK_MIN),
				  ac->highest, plain);
}

static void trace_reserve(const struct alloc_context *ac, const struct page *page)
{
	struct kmc_tp tp = { .id = KMC_TP_RESERVE, .node = ac->node, .order = ac->order,
			     .gfp = ac->gfp, .pfn = page_to_pfn_in(ac->sim, page) };

	kmc_trace_emit(ac->sim, &tp);
}

static bool above_mark(struct alloc_context *ac, struct zone *zone, unsigned int mark,
		       unsigned int alloc_flags)
{
	return zone_watermark_fast(ac->sim, zone, ac->order, wmark_pages(zone, mark), ac->highest,
				   alloc_flags, ac->gfp);
}

/*
 * From 6.7 on the high mark is tried first, so that frees learn when the zone is
 * below it, and per-cpu lists give back before anybody has to reclaim.
 */
static bool passes_marks(struct alloc_context *ac, struct zone *zone, unsigned int alloc_flags)
{
	if (zone->pcp_tuned && !atomic_load_explicit(&zone->below_high, memory_order_relaxed)) {
		if (above_mark(ac, zone, WMARK_HIGH, alloc_flags))
			return true;
		zone_set_below_high(ac->sim, zone, true);
	}
	return (alloc_flags & ALLOC_NO_WATERMARKS) ||
	       above_mark(ac, zone, alloc_flags & ALLOC_WMARK_MASK, alloc_flags);
}

static struct page *try_zone(struct alloc_context *ac, struct zone *zone, unsigned int alloc_flags)
{
	struct page *page;
	bool dips;

	if (!passes_marks(ac, zone, alloc_flags))
		return NULL;
	dips = below_min(ac, zone, alloc_flags);
	page = rmqueue(ac, zone, alloc_flags);
	if (!page)
		return NULL;
	wake_for_boost(ac, zone, alloc_flags);
	if (dips)
		trace_reserve(ac, page);
	if (alloc_flags & ALLOC_HIGHATOMIC)
		reserve_highatomic_pageblock(ac->sim, zone, page_to_pfn_in(ac->sim, page), ac->order);
	return page;
}

/* May this zone be tried in the pass at all? */
static bool may_try(const struct alloc_context *ac, const struct zone *zone,
		    unsigned int alloc_flags)
{
	if (!cpuset_zone_allowed(ac, zone, alloc_flags))
		return false;
	return !(alloc_flags & ALLOC_SPREAD_DIRTY) ||
	       !(ac->sim->page->dirty_nodes >> zone->node & 1);
}

/*
 * One pass. With NOFRAGMENT, before it leaves the first zone's node, and at the
 * end, it begins again without; where it passed nodes by whose kswapd is running it
 * first tries those too.
 * Rule: GFP-23, GFP-38, ZON-7, ZON-8. Model: simplified; no node reclaim.
 */
struct page *get_page_from_freelist(struct alloc_context *ac, unsigned int alloc_flags)
{
	const struct zonelist *list = zonelist_of(ac);
	struct kmc_page_state *state = ac->sim->page;
	struct zone *preferred = cpuset_preferred_zone(ac, list, alloc_flags);
	bool pass_busy_by = true, keep_apart = (alloc_flags & ALLOC_NOFRAGMENT) && !state->defrag_mode;

	for (;;) {
		bool passed_by = false, left_node = false;

		for (unsigned int i = 0; i < list->nr && !left_node; i++) {
			struct zone *zone = &state->zones[list->zone[i]];
			struct page *page;

			if (!may_try(ac, zone, alloc_flags))
				continue;
			left_node = keep_apart && zone->node != preferred->node;
			if (left_node)
				continue;
			if (pass_busy_by && zone_kswapd_busy(zone)) {
				passed_by = true;
				continue;
			}
			page = try_zone(ac, zone, alloc_flags);
			if (page) {
				if (unlikely(zone->node != preferred->node))
					count_numa_miss(ac->sim, preferred, zone);
				return page;
			}
		}
		if (passed_by && !left_node) {
			pass_busy_by = false;
			continue;
		}
		if (!keep_apart)
			return NULL;
		alloc_flags &= ~ALLOC_NOFRAGMENT;
		keep_apart = false;
	}
}

/* once per node. Rule: GFP-4. Model: exact. */
static void wake_all_kswapds(struct alloc_context *ac)
{
	unsigned int order = ac->order;
	const struct zonelist *list = zonelist_of(ac);
	uint32_t seen = 0;

	if (ac->sim->page->defrag_mode && order < PAGEBLOCK_ORDER)
		order = PAGEBLOCK_ORDER; /* MIG-10 */
	for (unsigned int i = 0; i < list->nr; i++) {
		unsigned int node = ac->sim->page->zones[list->zone[i]].node;

		if (seen >> node & 1 || !cpuset_node_allowed(ac->cpu, node, ac->gfp))
			continue;
		seen |= 1u << node;
		wakeup_kswapd(ac->sim, ac->gfp, node, order, ac->highest);
	}
}

/* */
static bool realtime_in_task(const struct alloc_context *ac)
{
	return (ac->cpu->task->flags & KMC_PF_REALTIME) &&
	       (ac->cpu->context == KMC_IN_TASK || ac->cpu->context == KMC_PREEMPT_OFF);
}

/* ..6.5. Rule: RSV-4. Model: exact. */
static unsigned int gfp_to_alloc_flags(const struct alloc_context *ac)
{
	enum kmc_profile profile = ac->sim->config.profile;
	bool reserve_any = profile == KMC_PROFILE_6_6_9 || profile == KMC_PROFILE_6_12_117;
	unsigned int flags = ALLOC_WMARK_MIN | ALLOC_CPUSET;

	if ((ac->gfp & __GFP_HIGH) && !KMC_PLANTED(high_denied))
		flags |= ALLOC_MIN_RESERVE;
	if (ac->gfp & __GFP_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	if (!(ac->gfp & __GFP_DIRECT_RECLAIM)) {
		if (!(ac->gfp & __GFP_NOMEMALLOC)) {
			flags |= ALLOC_NON_BLOCK;
			if (ac->order && (reserve_any || (ac->gfp & __GFP_HIGH)))
				flags |= ALLOC_HIGHATOMIC;
		}
		if (ac->gfp & __GFP_HIGH)
			flags &= ~ALLOC_CPUSET;
	} else if (realtime_in_task(ac)) {
		flags |= ALLOC_MIN_RESERVE;
	}
	if (ac->migratetype == MIGRATE_MOVABLE)
		flags |= ALLOC_CMA;
	if (ac->sim->page->defrag_mode)
		flags |= ALLOC_NOFRAGMENT;
	return flags;
}

/* Model: exact. */
static unsigned int __gfp_pfmemalloc_flags(const struct alloc_context *ac)
{
	uint32_t task = ac->cpu->task->flags;
	enum kmc_sim_context context = ac->cpu->context;

	if ((ac->gfp & __GFP_NOMEMALLOC) && !KMC_PLANTED(nomemalloc_ignored))
		return 0;
	if ((ac->gfp & __GFP_MEMALLOC) || KMC_PLANTED(page_reserve_free))
		return ALLOC_NO_WATERMARKS;
	if (context == KMC_IN_SOFTIRQ && (task & KMC_PF_MEMALLOC))
		return ALLOC_NO_WATERMARKS;
	if (context == KMC_IN_TASK || context == KMC_PREEMPT_OFF) {
		if (task & KMC_PF_MEMALLOC)
			return ALLOC_NO_WATERMARKS;
		if (task & KMC_PF_OOM_VICTIM)
			return KMC_PLANTED(victim_no_marks) ? ALLOC_NO_WATERMARKS : ALLOC_OOM;
	}
	return 0;
}

/* Step 7: a privilege replaces the rights, it does not add to them. */
static unsigned int apply_privilege(const struct alloc_context *ac, unsigned int alloc_flags)
{
	unsigned int privilege = __gfp_pfmemalloc_flags(ac);

	if (!privilege)
		return alloc_flags;
	return privilege | (alloc_flags & (ALLOC_KSWAPD | ALLOC_CMA));
}

/* Step 0 (GFP-14, GFP-15); up to 6.6 these stand at the failure. */
static void warn_nofail(struct alloc_context *ac)
{
	if (!(ac->gfp & __GFP_NOFAIL))
		return;
	if (ac->order > 1 && KMC_PLANTED(nofail_warns_again))
		ac->sim->page->warned &= ~(1ull << WARN_NOFAIL_ORDER);
	if (ac->order > 1)
		kmc_page_warn(ac, WARN_NOFAIL_ORDER, "NOFAIL above order 1");
	if (!(ac->gfp & __GFP_DIRECT_RECLAIM))
		kmc_page_warn(ac, WARN_NOFAIL_NO_RECLAIM, "NOFAIL without direct reclaim");
	else if (ac->cpu->task->flags & KMC_PF_MEMALLOC)
		kmc_page_warn(ac, WARN_NOFAIL_NORECLAIM_SCOPE, "NOFAIL in a noreclaim scope");
}

static bool warns_at_entry(const struct alloc_context *ac)
{
	return ac->sim->config.profile >= KMC_PROFILE_6_12_117;
}

/* GFP-42: 6.1.192 only. */
static void strip_atomic_abuse(struct alloc_context *ac)
{
	if (ac->sim->config.profile != KMC_PROFILE_6_1_192 ||
	    !(ac->gfp & KMC_GFP_ATOMIC_6_1) || !(ac->gfp & __GFP_DIRECT_RECLAIM))
		return;
	if (KMC_PLANTED(atomic_warns_again))
		ac->sim->page->warned &= ~(1ull << WARN_ATOMIC_SLEEPS);
	kmc_page_warn(ac, WARN_ATOMIC_SLEEPS, "ATOMIC with direct reclaim");
	ac->gfp &= ~KMC_GFP_ATOMIC_6_1;
}

static struct page *get_page(struct alloc_context *ac, unsigned int alloc_flags)
{
	struct page *page = get_page_from_freelist(ac, alloc_flags);

	if (!page)
		return NULL;
	kmc_page_prep(ac, page);
	if ((alloc_flags & ALLOC_NO_WATERMARKS) && !KMC_PLANTED(reserve_unmarked))
		page->flags |= PGF_PFMEMALLOC; /* GFP-9 */
	return page;
}

static bool may_loop(const struct alloc_context *ac)
{
	return !KMC_PLANTED(page_nofail_gives_up) && (ac->gfp & __GFP_NOFAIL) && (ac->gfp & __GFP_DIRECT_RECLAIM);
}

/* Nothing that this machine does will end the wait. */
static struct page *hang(struct alloc_context *ac)
{
	struct kmc_tp tp = { .id = KMC_TP_HUNG, .node = ac->node, .order = ac->order,
			     .gfp = ac->gfp, .pfn = UINT64_MAX,
			     .text = "a page request would loop for ever" };

	kmc_trace_emit(ac->sim, &tp);
	return NULL;
}

/* Rule: GFP-43. Model: simplified; the fast half, for which the bits mean nothing, is spared it. */
static gfp_t allowed_mask(const struct kmc_sim *sim)
{
	return storage_suspended(sim) && !KMC_PLANTED(suspended_io) ? ~(gfp_t)(__GFP_IO | __GFP_FS) : ~(gfp_t)0;
}

static void trace_slow_path(struct alloc_context *ac)
{
	struct kmc_tp tp = { .id = KMC_TP_SLOW_PATH, .node = ac->node, .order = ac->order,
			     .gfp = ac->gfp, .pfn = UINT64_MAX };

	kmc_trace_emit(ac->sim, &tp);
}

static struct page *panic(struct alloc_context *ac)
{
	struct kmc_tp tp = { .id = KMC_TP_PANIC, .node = ac->node, .order = ac->order,
			     .gfp = ac->gfp, .pfn = UINT64_MAX,
			     .text = "out of memory and nobody to kill" };

	kmc_trace_emit(ac->sim, &tp);
	return NULL;
}

/* Step 10. Rule: HA-5, PCP-3. Model: exact. */
static struct page *direct_reclaim(struct alloc_context *ac, unsigned int alloc_flags,
				   uint64_t *progress)
{
	struct page *page;

	*progress = try_to_free_pages(ac, zonelist_of(ac));
	if (!*progress)
		return NULL;
	page = get_page(ac, alloc_flags);
	if (page)
		return page;
	unreserve_highatomic_pageblock(ac, zonelist_of(ac), false);
	kmc_drain_pcplists(ac);
	return get_page(ac, alloc_flags);
}

/* The last of it goes before somebody is killed: up to 6.9 only when rounds ran out. */
static bool last_reserve_given_back(struct alloc_context *ac, bool rounds_ran_out)
{
	return (rounds_ran_out || type_hygiene(ac->sim)) && !KMC_PLANTED(highatomic_kept) &&
	       unreserve_highatomic_pageblock(ac, zonelist_of(ac), true);
}

static bool zone_worth_a_round(struct alloc_context *ac, struct zone *zone, unsigned int rounds)
{
	uint64_t reclaimable = zone_reclaimable_pages(ac->sim, zone);
	struct kmc_tp tp = { .id = KMC_TP_RECLAIM_RETRY_ZONE, .node = zone->node,
			     .order = ac->order, .gfp = ac->gfp,
			     .bytes_req = zone_nr_free(zone) + reclaimable, .bytes_alloc = rounds };

	tp.pfn = zone_watermark_ok_if(ac->sim, zone, ac->order, wmark_pages(zone, WMARK_MIN),
				      ac->highest, reclaimable);
	kmc_trace_emit(ac->sim, &tp);
	return tp.pfn;
}

/* Step 14. Rule: RCL-2, RCL-3, HA-5. Model: exact. */
static bool should_reclaim_retry(struct alloc_context *ac, unsigned int alloc_flags,
				 uint64_t progress, unsigned int *no_progress_loops)
{
	const struct zonelist *list = zonelist_of(ac);

	*no_progress_loops = progress && ac->order <= COSTLY_ORDER ? 0 : *no_progress_loops + 1;
	if (*no_progress_loops > (KMC_PLANTED(tries_for_ever) ? 50 : MAX_RECLAIM_RETRIES))
		return last_reserve_given_back(ac, true);
	for (unsigned int i = 0; i < list->nr; i++) {
		struct zone *zone = &ac->sim->page->zones[list->zone[i]];

		if (cpuset_zone_allowed(ac, zone, alloc_flags) &&
		    zone_worth_a_round(ac, zone, *no_progress_loops))
			return true;
	}
	return last_reserve_given_back(ac, false);
}

/* Rule: OOM-1; the four others of step 16 are GFP-11, GFP-12, GFP-17, GFP-22. Model: exact. */
static bool may_kill(const struct alloc_context *ac)
{
	return (ac->order <= COSTLY_ORDER || KMC_PLANTED(costly_kills)) &&
	       (!(ac->gfp & __GFP_RETRY_MAYFAIL) || KMC_PLANTED(mayfail_kills)) &&
	       (!(ac->gfp & __GFP_THISNODE) || KMC_PLANTED(thisnode_kills)) &&
	       ac->highest >= KMC_ZONE_NORMAL && !storage_suspended(ac->sim) &&
	       (!(ac->cpu->task->flags & KMC_PF_DUMPCORE) || KMC_PLANTED(dumping_kills));
}

/* With the killer's lock. */
static struct page *one_may_oom(struct alloc_context *ac, enum oom_result *result)
{
	struct alloc_context last = *ac;
	struct page *page;

	last.gfp = (ac->gfp | __GFP_HARDWALL) & ~__GFP_DIRECT_RECLAIM;
	page = get_page_from_freelist(&last, ALLOC_WMARK_HIGH | ALLOC_CPUSET);
	if (page)
		return kmc_page_prep(ac, page);
	if (!may_kill(ac))
		return NULL;
	*result = out_of_memory(ac);
	if (*result == OOM_PANIC || !(ac->gfp & __GFP_NOFAIL))
		return NULL;
	*result = OOM_PROGRESS;
	page = get_page(ac, ALLOC_NO_WATERMARKS | ALLOC_CPUSET);
	return page ? page : get_page(ac, ALLOC_NO_WATERMARKS);
}

/* Step 16. Rule: OOM-1..4, OOM-7, OOM-9, RSV-1. Model: exact. */
static struct page *__alloc_pages_may_oom(struct alloc_context *ac, enum oom_result *result)
{
	struct page *page;

	*result = OOM_BUSY;
	if (!kmc_oom_lock_or_sleep(ac->sim))
		return NULL;
	*result = OOM_DISABLED;
	page = one_may_oom(ac, result);
	kmc_oom_unlock(ac->sim);
	return page;
}

/* A victim that used its rights need not be served. Rule: OOM-8. Model: exact. */
static bool victim_gives_up(const struct alloc_context *ac, unsigned int alloc_flags)
{
	return (ac->cpu->task->flags & KMC_PF_OOM_VICTIM) &&
	       ((alloc_flags & ALLOC_OOM) || (ac->gfp & __GFP_NOMEMALLOC));
}

/* Step 5 (CPT-1). */
static bool compacts_first(const struct alloc_context *ac)
{
	return (ac->gfp & __GFP_DIRECT_RECLAIM) && gfp_compaction_allowed(ac->sim, ac->gfp) &&
	       !KMC_PLANTED(compacts_late) &&
	       (ac->order > COSTLY_ORDER || (ac->order && ac->migratetype != MIGRATE_MOVABLE)) &&
	       !(__gfp_pfmemalloc_flags(ac) & ALLOC_NO_WATERMARKS);
}

/* Of the node alone: 6.1.192 and 6.18.44, not those between. Rule: CPT-2. Model: exact. */
static bool local_costly_gives_up(const struct alloc_context *ac)
{
	enum kmc_profile profile = ac->sim->config.profile;

	return (ac->gfp & __GFP_THISNODE) &&
	       (profile == KMC_PROFILE_6_1_192 || profile == KMC_PROFILE_6_18_44);
}

struct page *__alloc_pages_slowpath(struct alloc_context *ac)
{
	enum compact_priority prio = DEF_COMPACT_PRIORITY;
	enum compact_result result = COMPACT_SKIPPED;
	unsigned int alloc_flags, compact_retries = 0, no_progress_loops = 0, rounds = 0;
	unsigned int promises = 0;
	enum oom_result oom;
	uint64_t progress;
	struct page *page = NULL;

	ac->gfp &= allowed_mask(ac->sim);
	trace_slow_path(ac);
	/* 0 */
	strip_atomic_abuse(ac);
	if (warns_at_entry(ac))
		warn_nofail(ac);
	/* 1: cookies and priorities serve cpusets, hotplug and compaction. */
	/* 2 */
	alloc_flags = gfp_to_alloc_flags(ac);
	if (!zonelist_of(ac)->nr || cpuset_impossible(ac, zonelist_of(ac)))
		goto nopage;
	/* 3 */
	if (((alloc_flags & ALLOC_KSWAPD) && !KMC_PLANTED(kswapd_not_woken)) ||
	    KMC_PLANTED(page_wakes_always) ||
	    (ac->order >= PAGEBLOCK_ORDER && KMC_PLANTED(huge_wakes)))
		wake_all_kswapds(ac);
	if ((ac->gfp & (__GFP_NORETRY | __GFP_DIRECT_RECLAIM)) == __GFP_NORETRY &&
	    KMC_PLANTED(noretry_denied))
		goto nopage;
	/* 4 */
	page = get_page(ac, alloc_flags);
	if (page)
		return page;
	/* 5 */
	if (compacts_first(ac)) {
		page = __alloc_pages_direct_compact(ac, alloc_flags, COMPACT_PRIO_ASYNC, &result);
		if (page)
			return page;
		if (ac->order > COSTLY_ORDER && (ac->gfp & __GFP_NORETRY)) {
			if (result == COMPACT_SKIPPED || result == COMPACT_DEFERRED ||
			    local_costly_gives_up(ac))
				goto nopage; /* CPT-2 */
			prio = COMPACT_PRIO_ASYNC;
		}
	}
retry:
	/* 6: kswapd has just been woken. */
	/* 7 */
	alloc_flags = apply_privilege(ac, alloc_flags);
	/* 8 */
	page = get_page(ac, alloc_flags);
	if (page)
		return page;
	/* 9 */
	if ((!(ac->gfp & __GFP_DIRECT_RECLAIM) && !KMC_PLANTED(page_atomic_reclaims)) ||
	    (ac->cpu->task->flags & KMC_PF_MEMALLOC))
		goto nopage;
	/* 10 */
	page = direct_reclaim(ac, alloc_flags, &progress);
	if (page)
		return page;
	/*
	 * Reclaim that freed nothing and leaves it to a compaction that does not begin: a kernel
	 * goes round until others change that, who may be waiting for this cpu here.
	 */
	promises = progress == 1 ? promises + 1 : 0;
	/* 11 */
	page = __alloc_pages_direct_compact(ac, alloc_flags, prio, &result);
	if (page)
		return page;
	/* 12, 13 */
	if (KMC_PLANTED(gives_up_at_once))
		goto nopage;
	if ((ac->gfp & __GFP_NORETRY) && !KMC_PLANTED(page_noretry_kills))
		goto nopage;
	if (ac->order > COSTLY_ORDER && !KMC_PLANTED(costly_kills) && (!(ac->gfp & __GFP_RETRY_MAYFAIL) ||
					 !gfp_compaction_allowed(ac->sim, ac->gfp)))
		goto nopage;
	/* 14 */
	if (should_reclaim_retry(ac, alloc_flags, progress, &no_progress_loops))
		goto retry;
	/* 15 */
	if (progress && promises <= MAX_RECLAIM_RETRIES && gfp_compaction_allowed(ac->sim, ac->gfp) &&
	    should_compact_retry(ac, alloc_flags, result, &prio, &compact_retries))
		goto retry;
	if (ac->sim->page->defrag_mode && (alloc_flags & ALLOC_NOFRAGMENT)) {
		alloc_flags &= ~ALLOC_NOFRAGMENT; /* MIG-10: mix rather than fail, once */
		goto retry;
	}
	/* 16 */
	page = __alloc_pages_may_oom(ac, &oom);
	if (page)
		return page;
	if (oom == OOM_PANIC)
		return panic(ac);
	if (victim_gives_up(ac, alloc_flags))
		goto nopage;
	if (oom == OOM_BUSY) { /* whoever is at it will be done */
		no_progress_loops = 0;
		goto retry;
	}
	if (oom == OOM_PROGRESS) {
		if (++rounds > HOPELESS_ROUNDS)
			return hang(ac);
		no_progress_loops = 0;
		goto retry;
	}
nopage:
	/* 17 */
	if (may_loop(ac)) {
		page = get_page(ac, ALLOC_MIN_RESERVE | ALLOC_CPUSET);
		if (!page)
			page = get_page(ac, ALLOC_MIN_RESERVE);
		if (page)
			return page;
		if (++rounds <= HOPELESS_ROUNDS)
			goto retry;
		return hang(ac);
	}
	/* 18 */
	if (!warns_at_entry(ac) && !(ac->gfp & __GFP_NOWARN))
		warn_nofail(ac);
	/* 19 */
	warn_alloc(ac);
	return NULL;
}
