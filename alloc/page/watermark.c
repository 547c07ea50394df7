/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watermarks, lowmem reserve, per-cpu list sizes, and the test of a request
 * against them. All arithmetic is integer with truncation.
 *
 * Contract, RSV-1..6. Looked at: 6.18.44.
 */
#include "zone.h"

static uint64_t isqrt(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ull << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= x)
			root += bit;
	return root;
}

static uint64_t clamp(uint64_t x, uint64_t low, uint64_t high)
{
	return x < low ? low : x > high ? high : x;
}

/* Model: exact. */
uint64_t kmc_min_free_kbytes(uint64_t lowmem_kbytes)
{
	return clamp(isqrt(16 * lowmem_kbytes), 128, 262144);
}

/* Does the zone share in the distribution of min? */
static bool shares_min(const struct kmc_sim *sim, const struct zone *zone)
{
	if (zone->type == KMC_ZONE_HIGHMEM)
		return false;
	return zone->type != KMC_ZONE_MOVABLE || sim->config.profile < KMC_PROFILE_6_6_9;
}

static uint64_t sum_managed(const struct kmc_page_state *state,
			    bool (*counts)(const struct kmc_sim *, const struct zone *),
			    const struct kmc_sim *sim)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < state->nr_zones; i++)
		if (counts(sim, &state->zones[i]))
			sum += state->zones[i].managed;
	return sum;
}

static bool for_user(const struct kmc_sim *sim, const struct zone *zone)
{
	(void)sim;
	return zone->type <= KMC_ZONE_NORMAL;
}

static void setup_marks(const struct kmc_sim *sim, struct zone *zone, uint64_t pages_min,
			uint64_t lowmem)
{
	uint64_t t = lowmem ? pages_min * zone->managed / lowmem : 0;
	uint64_t scaled = zone->managed * sim->page->watermark_scale_factor / 10000;
	uint64_t d = t / 4 > scaled ? t / 4 : scaled;

	zone->watermark[WMARK_MIN] = shares_min(sim, zone) ? t
							   : clamp(zone->managed / 1024, 32, 128);
	zone->watermark[WMARK_LOW] = zone->watermark[WMARK_MIN] + d;
	zone->watermark[WMARK_HIGH] = zone->watermark[WMARK_LOW] + d;
	zone->watermark[WMARK_PROMO] = zone->watermark[WMARK_HIGH] + d;
	zone->watermark_boost = 0;
}

static const struct zone *zone_of_node(const struct kmc_page_state *state, unsigned int node,
				       unsigned int type)
{
	for (unsigned int i = 0; i < state->nr_zones; i++)
		if (state->zones[i].node == node && state->zones[i].type == type)
			return &state->zones[i];
	return NULL;
}

/* */
static void setup_lowmem_reserve(const struct kmc_page_state *state, struct zone *zone)
{
	uint32_t ratio = state->lowmem_reserve_ratio[zone->type];
	uint64_t above = 0;

	for (unsigned int j = 0; j < KMC_NR_ZONE_TYPES; j++) {
		const struct zone *other = zone_of_node(state, zone->node, j);

		if (j > zone->type && other)
			above += other->managed;
		zone->lowmem_reserve[j] = ratio ? above / ratio : 0;
	}
}

/* */
static uint32_t zone_batchsize(const struct zone *zone)
{
	uint64_t b = zone->managed / 1024;
	uint64_t pow2 = 1;

	b = (b < 256 ? b : 256) / 4;
	if (b < 1)
		b = 1;
	while (pow2 * 2 <= b + b / 2)
		pow2 *= 2;
	return pow2 - 1 ? (uint32_t)(pow2 - 1) : 1;
}

static unsigned int cpus_of_node(const struct kmc_sim *sim, unsigned int node)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		nr += sim->cpus[i].node == node;
	return nr ? nr : sim->config.nr_cpus;
}

/* up to 6.6 there is one bound, the lower. Model: exact. */
static void setup_pcp_limits(const struct kmc_sim *sim, struct zone *zone)
{
	unsigned int cpus = cpus_of_node(sim, zone->node);
	uint64_t high = zone->watermark[WMARK_LOW] / cpus, high_max = zone->managed / 8 / cpus;
	uint32_t least = 4 * zone->pcp_batch;

	zone->pcp_high = high > least ? (uint32_t)high : least;
	zone->pcp_high_max = !zone->pcp_tuned	? zone->pcp_high
			     : high_max > least ? (uint32_t)high_max
						: least;
}

/*
 * The sum that the fast path compares with: nobody who passes it would fail the real test.
 * Where limits of per-cpu lists move, who finds the zone below its high mark has to say so.
 */
void setup_fast_marks(struct zone *zone)
{
	bool below =
		!zone->pcp_tuned || atomic_load_explicit(&zone->below_high, memory_order_relaxed);
	uint64_t base = wmark_pages(zone, below ? WMARK_LOW : WMARK_HIGH) +
			zone_nr_reserved_highatomic(zone) + (1u << PCP_MAX_ORDER) - 1;
	bool busy = zone_kswapd_busy(zone); /* the pass around looks at other nodes first */

	for (unsigned int j = 0; j < KMC_NR_ZONE_TYPES; j++)
		__atomic_store_n(&zone->fast_mark[j],
				 busy ? UINT64_MAX : base + zone->lowmem_reserve[j],
				 __ATOMIC_RELAXED);
}

void kmc_lowmem_reserve_refresh(struct kmc_sim *sim)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		setup_lowmem_reserve(sim->page, &sim->page->zones[i]);
		setup_fast_marks(&sim->page->zones[i]);
	}
}

/* Model: exact (R-5.1..5.3). Rule: RSV-7. */
void kmc_watermarks_refresh(struct kmc_sim *sim)
{
	struct kmc_page_state *state = sim->page;
	uint64_t lowmem = sum_managed(state, shares_min, sim);

	for (unsigned int i = 0; i < state->nr_zones; i++) {
		struct zone *zone = &state->zones[i];

		setup_marks(sim, zone, state->min_free_kbytes / (PAGE_SIZE / 1024), lowmem);
		setup_lowmem_reserve(state, zone);
		zone->pcp_batch = zone_batchsize(zone);
		setup_pcp_limits(sim, zone);
		pcp_limits_stale(sim, zone);
		setup_fast_marks(zone);
	}
}

/*
 * khugepaged wants two pageblocks a zone free, and one for each pair of a type and
 * one that falls back on it, but no more than a twentieth of what is above the high marks.
 */
static void set_recommended_min_free_kbytes(struct kmc_sim *sim)
{
	struct kmc_page_state *state = sim->page;
	uint64_t zones = 0, usable = 0, pages;

	for (unsigned int i = 0; i < state->nr_zones; i++) {
		const struct zone *zone = &state->zones[i];

		if (!for_user(sim, zone))
			continue;
		zones++;
		if (zone->managed > zone->watermark[WMARK_HIGH])
			usable += zone->managed - zone->watermark[WMARK_HIGH];
	}
	pages = PAGEBLOCK_PAGES * zones * (2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES);
	if (pages > usable / 20)
		pages = usable / 20;
	if (pages * (PAGE_SIZE / 1024) <= state->min_free_kbytes)
		return;
	state->min_free_kbytes = pages * (PAGE_SIZE / 1024);
	kmc_watermarks_refresh(sim);
}

/* At boot. */
void kmc_watermarks_setup(struct kmc_sim *sim)
{
	struct kmc_page_state *state = sim->page;
	uint64_t user = sum_managed(state, for_user, sim);

	state->watermark_boost_factor = 15000;
	state->watermark_scale_factor = 10;
	state->lowmem_reserve_ratio[KMC_ZONE_DMA] = 256;
	state->lowmem_reserve_ratio[KMC_ZONE_DMA32] = 256;
	state->lowmem_reserve_ratio[KMC_ZONE_NORMAL] = 32;
	state->min_free_kbytes = kmc_min_free_kbytes(user * (PAGE_SIZE / 1024));
	kmc_watermarks_refresh(sim);
	if (sim->config.options & KMC_OPT_THP)
		set_recommended_min_free_kbytes(sim);
}

static uint64_t unusable_free(const struct kmc_sim *sim, const struct zone *zone,
			      unsigned int order, unsigned int alloc_flags)
{
	uint64_t unusable = (1ull << order) - 1;

	if (!(alloc_flags & ALLOC_RESERVES))
		unusable += highatomic_unusable(sim, zone);
	if (!(alloc_flags & ALLOC_CMA) && !KMC_PLANTED(cma_counted))
		unusable += zone_nr_free_cma(zone);
	return unusable;
}

/* how deep the flags may dip. */
static uint64_t reduced_mark(uint64_t mark, unsigned int alloc_flags)
{
	if (alloc_flags & ALLOC_MIN_RESERVE) {
		mark -= mark / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			mark -= mark / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		mark -= mark / 2;
	return mark;
}

static bool block_available(struct zone *zone, unsigned int order, unsigned int alloc_flags)
{
	if (atomic_load_explicit(&zone->order_mask, memory_order_relaxed) >> order)
		return true;
	if ((alloc_flags & ALLOC_CMA) && cma_orders(zone) >> order)
		return true;
	return (alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)) && highatomic_orders(zone) >> order;
}

/* Rule: HA-3. Model: exact (R-5.8, RSV-2, RSV-3). */
bool zone_watermark_ok(struct kmc_sim *sim, struct zone *zone, unsigned int order, uint64_t mark,
		       unsigned int highest, unsigned int alloc_flags)
{
	int64_t usable = (int64_t)(zone_nr_free(zone) -
				   unusable_free(sim, zone, order, alloc_flags));

	mark = reduced_mark(mark, alloc_flags);
	if (KMC_PLANTED(lowmem_unprotected))
		return usable > (int64_t)mark;
	if (usable <= (int64_t)(mark + zone->lowmem_reserve[highest]))
		return false;
	return order == 0 || block_available(zone, order, alloc_flags);
}

bool zone_watermark_ok_if(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			  uint64_t mark, unsigned int highest, uint64_t more)
{
	int64_t usable = (int64_t)(zone_nr_free(zone) + more - unusable_free(sim, zone, order, 0));

	if (usable <= (int64_t)(mark + zone->lowmem_reserve[highest]))
		return false;
	return order == 0 || block_available(zone, order, 0);
}

/* Model: exact. */
bool zone_watermark_fast(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			 uint64_t mark, unsigned int highest, unsigned int alloc_flags, gfp_t gfp)
{
	/* Since 6.3 by the right to half of min, which a real-time task has as well. */
	bool unboosted = sim->config.profile == KMC_PROFILE_6_1_192 ?
				 (gfp & KMC_GFP_ATOMIC_6_1) != 0 : (alloc_flags & ALLOC_MIN_RESERVE) != 0;

	if (zone_watermark_ok(sim, zone, order, mark, highest, alloc_flags))
		return true;
	if (order == 0 && unboosted && zone->watermark_boost &&
	    (alloc_flags & ALLOC_WMARK_MASK) == ALLOC_WMARK_MIN)
		return zone_watermark_ok(sim, zone, 0, zone->watermark[WMARK_MIN], highest,
					 alloc_flags);
	return false;
}
