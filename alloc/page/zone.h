/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page layer's own state: zones with their free lists and marks, per-cpu
 * lists, pageblocks, zonelists. Private to page/.
 *
 * Who may touch what. Free lists, pageblocks' types, the map of free heads and
 * the descriptors of blocks on a free list belong to the zone's lock. A per-cpu
 * list and the descriptors on it belong to the cpu's owner. The descriptor of
 * a block in use belongs to its user. The zone lock's holder never reads a
 * descriptor of the latter two: whether a frame is the head of a free block is
 * asked of the map, one bit per frame.
 *
 * nr_free and order_mask are written under the lock and read without.
 */
#pragma once
#include "alloc/vmstat.h"
#include "page_alloc.h"
#include "linux/page_frag_cache.h"

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES, /* how many types the per-cpu lists know */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES, /* reserved */
	MIGRATE_CMA,                           /* reserved */
	MIGRATE_ISOLATE,                       /* reserved */
	MIGRATE_TYPES,
};

#define PCP_MAX_ORDER         3
#define HPAGE_PMD_ORDER       PAGEBLOCK_ORDER
#define COSTLY_ORDER          3u /* the largest order that is not */
#define NR_LOWORDER_PCP_LISTS ((PCP_MAX_ORDER + 1) * MIGRATE_PCPTYPES)
#define NR_PCP_LISTS          (NR_LOWORDER_PCP_LISTS + 2) /* huge pages: others, movable ones */

/* page->flags of this layer; the block keeps it until it is back in the buddy. */
#define PGF_TAIL    0x08
#define PGF_MOVABLE 0x10 /* counted in its pageblock's nr_movable */

enum zone_watermarks {
	WMARK_MIN,
	WMARK_LOW,
	WMARK_HIGH,
	WMARK_PROMO,
	NR_WMARK,
};

/* alloc_flags: the kernel's names, our numbers; the low two bits choose the mark. */
#define ALLOC_WMARK_MIN     WMARK_MIN
#define ALLOC_WMARK_LOW     WMARK_LOW
#define ALLOC_WMARK_HIGH    WMARK_HIGH
#define ALLOC_WMARK_MASK    0x03u
#define ALLOC_NO_WATERMARKS 0x04u
#define ALLOC_OOM           0x08u
#define ALLOC_NON_BLOCK     0x10u
#define ALLOC_MIN_RESERVE   0x20u
#define ALLOC_CPUSET        0x40u
#define ALLOC_CMA           0x80u
#define ALLOC_NOFRAGMENT    0x100u
#define ALLOC_HIGHATOMIC    0x200u
#define ALLOC_KSWAPD        0x400u
#define ALLOC_TRYLOCK       0x800u /* a zone whose lock is taken has nothing */
#define ALLOC_NODEMASK      0x1000u /* first pass of a task: nodes of its cpuset alone */
#define ALLOC_SPREAD_DIRTY  0x2000u /* first pass: not from a node beyond its dirty limit */
#define ALLOC_RESERVES      (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM)

struct free_list {
	uint32_t head, tail; /* pfn; 0 none */
};

struct free_area {
	struct free_list list[MIGRATE_TYPES];
	uint64_t nr_free; /* blocks, all types */
};

struct zone {
	/* read by every request */
	atomic_ulong nr_free;    /* frames on the free lists, Isolate excepted */
	atomic_ulong nr_free_common; /* of these, U, M and R: what any request may take */
	atomic_uint order_mask;  /* bit o: a U, M or R block of order o is free */
	atomic_uint reserved_mask; /* bit o: a CMA block is, bit 16 + o: a HighAtomic block */
	uint8_t type, node, index;
	/* By highest zone: low mark + boost + reserve, and slack for the largest order. */
	uint64_t fast_mark[KMC_NR_ZONE_TYPES];
	/* constant but for balloons and hotplug, which come later */
	uint64_t start_pfn, end_pfn;
	uint64_t managed;
	uint64_t watermark[NR_WMARK];
	uint64_t watermark_boost; /* atomic: written under the lock, read without */
	atomic_bool boosted;     /* a steal raised it: the next taker wakes kswapd */
	atomic_bool pcp_disabled; /* nothing rests on per-cpu lists (PCP-6) */
	atomic_bool kswapd_busy;  /* a first pass goes to other nodes' zones before this one (ZON-7) */
	atomic_bool reclaim_active; /* kswapd is at work: per-cpu lists stay short */
	atomic_bool below_high;	    /* seen below its high mark: per-cpu limits sink; from 6.7 on */
	bool pcp_tuned;		    /* the limits move between two bounds: from 6.7 on */
	uint64_t lowmem_reserve[KMC_NR_ZONE_TYPES];
	uint32_t pcp_batch, pcp_high, pcp_high_max;
	uint64_t *free_heads;    /* bit pfn - map_pfn */
	uint64_t map_pfn;
	/* under the lock */
	struct kmc_lock lock __attribute__((aligned(64)));
	uint64_t nr_free_highatomic, nr_free_cma; /* atomic: read without the lock, */
	uint64_t nr_reserved_highatomic; /* this too: frames of all HighAtomic pageblocks */
	struct free_area free_area[NR_PAGE_ORDERS];
	/* compaction gave up on orders from compact_order_failed on: CPT-4 */
	uint32_t compact_considered, compact_defer_shift, compact_order_failed;
	/* frames since boot, vmstat.c: to and from per-cpu lists, users, nobody's account */
	uint64_t pcp_refilled, pcp_drained, direct_alloc, direct_free, unaccounted;
	uint64_t direct_blocks, direct_local, direct_other; /* what direct_alloc is, in blocks */
	uint64_t numa_miss, numa_foreign; /* atomic, without the lock */
	uint64_t held; /* frame of the block that pressure took last; 0 none */
	uint64_t balloon, balloon_head; /* frames that the host has, the last of them; balloon.c */
} __attribute__((aligned(128)));

/* Type and zone of 512 frames. */
struct pageblock {
	uint8_t migratetype;
	uint8_t zone;        /* index; nr_zones: more than one or none, ask for the frame's own */
	uint16_t nr_movable : 10; /* frames that left the buddy for a movable request */
	uint16_t former : 3;      /* type before it was isolated: from 6.18 on a bit of its own */
};
#define ZONE_NONE 0xff

/*
 * One cpu's lists of one zone. A cpu has one more of them than there are zones; it is
 * never used, and is what the fast path finds for a pageblock of no single zone.
 *
 * limit is what the fast half compares with: 0 sends it into the slow one, which looks
 * at all that the limit depends on. It is 0 until first used (see the arena's rules),
 * and whoever changes the zone's facts writes 0 into it, from other cpus too.
 */
struct per_cpu_pages {
	uint32_t count;           /* frames on all lists */
	uint32_t limit;		  /* high, or 0; atomic */
	uint16_t free_calm;	  /* below it a free is counted and no storm; 0 up to 6.6 */
	uint16_t free_run;        /* consecutive frees, in frames; up to 6.6 doublings of the
				   * next drain; decays by halves on allocation */
	uint16_t storm_at;	  /* free_run from which frees of orders 1 to 3 are a storm */
	uint8_t alloc_factor;	  /* doublings of the next refill, decays on free */
	uint8_t prev_order;	  /* of the free before, 0 for those above order 3 too */
	uint64_t freed;           /* frames since boot that users freed onto the lists */
	uint64_t taken;           /* blocks since boot that users took off them */
	struct free_list lists[NR_PCP_LISTS];
	uint32_t high; /* between the zone's two bounds */
	uint16_t batch;
	uint16_t free_max;	 /* free_run stops here; 0 up to 6.6 */
	uint64_t ticked;	 /* the second of the clock in which high sank last */
} __attribute__((aligned(256))); /* found by a shift; the first two cache lines are hot */

struct zonelist {
	uint8_t nr;
	uint8_t zone[KMC_SIM_MAX_ZONES];
};

/* The preferred zone of a request, ready for the fast path. */
struct first_zone {
	uint8_t zone;        /* index; nr_zones: none */
	uint8_t highest;     /* enum kmc_zone_type of the request */
	uint16_t pcp_offset; /* bytes from cpu->pcp */
	uint32_t zone_offset; /* bytes from struct kmc_page_state */
};

/* Once per boot each. */
enum kmc_warn_once {
	WARN_ORDER_TOO_LARGE,
	WARN_NOFAIL_ORDER,
	WARN_NOFAIL_NO_RECLAIM,
	WARN_NOFAIL_NORECLAIM_SCOPE,
	WARN_ATOMIC_SLEEPS,
	WARN_EXACT_FLAGS,
	WARN_FLAGS_NODE,
	WARN_NOLOCK_FLAGS,
};

struct kmc_page_state {
	struct zone zones[KMC_SIM_MAX_ZONES + 1]; /* the one after the last is never above a mark */
	unsigned int nr_zones;
	bool mobility_off;        /* MIG-7: too little memory for grouping */
	bool dma32_populated[KMC_SIM_MAX_NODES];
	uint64_t nr_pageblocks;
	struct pageblock *pageblocks;
	uint64_t *movable_map;    /* bit pfn: its holder lets the block move; atomic */
	uint64_t min_free_kbytes;
	uint64_t watermark_boost_factor; /* sysctl */
	uint64_t watermark_scale_factor; /* sysctl */
	uint32_t lowmem_reserve_ratio[KMC_NR_ZONE_TYPES]; /* sysctl; 0 no reserve */
	bool defrag_mode;         /* sysctl, 6.18 (MIG-10) */
	uint8_t gfp_type[4];      /* the flags' two mobility bits: migratetype */
	uint8_t gfp_zone[16];     /* low nibble of the flags: highest zone */
	struct first_zone first[KMC_SIM_MAX_NODES][2][16]; /* [node][THISNODE][nibble] */
	struct zonelist zonelists[KMC_SIM_MAX_NODES][2][KMC_NR_ZONE_TYPES];
	/* changes */
	uint64_t warned;          /* bits of enum kmc_warn_once */
	uint64_t last_report_ns;  /* of a failure report, + 1; 0 none */
	uint32_t dirty_nodes;     /* beyond their dirty limit, by bit */
	uint64_t events[KMC_NR_VM_EVENTS]; /* atomic */
	struct kcompactd {
		uint32_t order;   /* + 1, that it was woken for; 0: asleep */
		uint32_t highest; /* enum kmc_zone_type of the request */
	} kcompactd[KMC_SIM_MAX_NODES]; /* under the node's first zone's lock */
	struct page_frag_cache frags[KMC_SIM_MAX_CPUS]; /* each its cpu's: <alloc/page_frags.h> */
};

/* Requests that the fast half does not serve. */
#define SLOW_GFP (__GFP_ACCOUNT | __GFP_WRITE)

/* What a request carries through its path. */
struct alloc_context {
	struct kmc_sim *sim;
	struct kmc_cpu *cpu;
	gfp_t gfp;
	unsigned int order;
	unsigned int migratetype;
	unsigned int highest;  /* enum kmc_zone_type */
	int node;
	unsigned int asked_node; /* where the zonelist starts */
	unsigned int attention;
	bool held; /* for the machine itself, which is about to hold it */
};

static inline unsigned int kmc_zone_index(struct kmc_sim *sim, uint64_t pfn)
{
	struct kmc_page_state *state = sim->page;
	unsigned int zone = state->pageblocks[pfn >> PAGEBLOCK_ORDER].zone;

	if (likely(zone < state->nr_zones))
		return zone;
	for (zone = 0; zone < state->nr_zones; zone++)
		if (pfn >= state->zones[zone].start_pfn && pfn < state->zones[zone].end_pfn)
			return zone;
	return ZONE_NONE;
}

static inline unsigned int get_pageblock_migratetype(struct kmc_sim *sim, uint64_t pfn)
{
	return __atomic_load_n(&sim->page->pageblocks[pfn >> PAGEBLOCK_ORDER].migratetype,
			       __ATOMIC_RELAXED);
}

/* From 6.10 on a free block is on the list of its pageblock's type (BUD-6, I-10). */
static inline bool type_hygiene(const struct kmc_sim *sim)
{
	return sim->config.profile >= KMC_PROFILE_6_12_117;
}

static inline uint64_t zone_nr_free(struct zone *zone)
{
	return atomic_load_explicit(&zone->nr_free, memory_order_relaxed);
}

/* False: the request does not wait for locks, and this one is taken. */
static inline bool zone_lock(struct zone *zone, unsigned int alloc_flags)
{
	if (unlikely(alloc_flags & ALLOC_TRYLOCK))
		return kmc_lock_try(&zone->lock);
	kmc_lock_take(&zone->lock);
	return true;
}

static inline uint64_t zone_nr_free_cma(const struct zone *zone)
{
	return __atomic_load_n(&zone->nr_free_cma, __ATOMIC_RELAXED);
}

static inline uint64_t zone_nr_free_highatomic(const struct zone *zone)
{
	return __atomic_load_n(&zone->nr_free_highatomic, __ATOMIC_RELAXED);
}

static inline uint64_t zone_nr_reserved_highatomic(const struct zone *zone)
{
	return __atomic_load_n(&zone->nr_reserved_highatomic, __ATOMIC_RELAXED);
}

/* What of the HighAtomic reserve does not count for who has no right to it (HA-3). */
static inline uint64_t highatomic_unusable(const struct kmc_sim *sim, const struct zone *zone)
{
	return type_hygiene(sim) ? zone_nr_free_highatomic(zone)
				 : zone_nr_reserved_highatomic(zone);
}

/* Orders of which a reserved type has a free block. */
static inline unsigned int cma_orders(struct zone *zone)
{
	return atomic_load_explicit(&zone->reserved_mask, memory_order_relaxed) & 0xffff;
}

static inline unsigned int highatomic_orders(struct zone *zone)
{
	return atomic_load_explicit(&zone->reserved_mask, memory_order_relaxed) >> 16;
}

static inline bool tracing(struct kmc_cpu *cpu)
{
	return unlikely(kmc_attention_bits(cpu) & ATTN_TRACE);
}

/*
 * The first eight bytes of a descriptor in one store: the fast paths read them
 * back whole, and a load of what several narrower stores left would stall.
 */
static inline uint64_t page_word(unsigned int kind, unsigned int order, unsigned int migratetype,
				 unsigned int flags, unsigned int refcount)
{
	return kind | order << 8 | migratetype << 16 | (uint64_t)flags << 24 |
	       (uint64_t)refcount << 32;
}

static inline void page_set_word(struct page *page, unsigned int kind, unsigned int order,
				 unsigned int migratetype, unsigned int flags,
				 unsigned int refcount)
{
	uint64_t word = page_word(kind, order, migratetype, flags, refcount);

	__builtin_memcpy(page, &word, sizeof(word));
}

/*
 * Who holds the only reference needs no locked instruction to drop it: nobody
 * else may take one meanwhile.
 */
static inline bool put_page_testzero(struct page *page)
{
	if (likely(__atomic_load_n(&page->refcount, __ATOMIC_ACQUIRE) == 1))
		return true;
	return __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL) == 0;
}

/* buddy.c: under the zone's lock */
void set_pageblock_migratetype(struct kmc_sim *sim, uint64_t pfn, unsigned int migratetype);
struct page *__rmqueue(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
		       unsigned int order, unsigned int migratetype, unsigned int alloc_flags,
		       bool percpu_refill);
struct page *__rmqueue_smallest(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
				unsigned int order, unsigned int migratetype, bool percpu_refill);
void __free_one_page(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int order,
		     unsigned int migratetype, bool to_tail);
void buddy_touch(struct kmc_sim *sim, struct zone *zone);
uint64_t buddy_next_free_head(const struct zone *zone, uint64_t pfn, uint64_t end);
void buddy_merge_add(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int order,
		     unsigned int migratetype);
void __del_page_from_free_list(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
			       unsigned int order, unsigned int migratetype);
void __add_to_free_list(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int order,
			unsigned int migratetype, bool to_tail);
void expand(struct kmc_sim *sim, struct zone *zone, uint64_t pfn, unsigned int low,
	    unsigned int high, unsigned int migratetype);
struct page *page_leaves_buddy(struct kmc_sim *sim, uint64_t pfn, unsigned int order,
			       unsigned int migratetype);

/* highatomic.c. Context: the zone's lock is not held. */
/** reserve_highatomic_pageblock() - A block was served that others will want as large. */
void reserve_highatomic_pageblock(struct kmc_sim *sim, struct zone *zone, uint64_t pfn,
				  unsigned int order);
/** unreserve_highatomic_pageblock() - Give one back. @force: the last of a zone too. */
bool unreserve_highatomic_pageblock(struct alloc_context *ac, const struct zonelist *list,
				    bool force);

/* watermark.c: the fast path's sums, after a mark, the boost, the reserve or a flag changed */
void setup_fast_marks(struct zone *zone);

/* pcp.c */
/** pcp_limits_stale() - What limits depend on changed: each cpu looks at its next use. */
void pcp_limits_stale(struct kmc_sim *sim, struct zone *zone);
/** zone_set_below_high() - A request found the zone below its high mark, or a free above. */
void zone_set_below_high(struct kmc_sim *sim, struct zone *zone, bool below);
/** zone_set_reclaim_active() - kswapd begins or ends its work on the zone. */
void zone_set_reclaim_active(struct kmc_sim *sim, struct zone *zone, bool active);

/** zone_kswapd_busy() - Is its node's kswapd at work, on a machine that goes by that? */
static inline bool zone_kswapd_busy(const struct zone *zone)
{
	return atomic_load_explicit(&zone->kswapd_busy, memory_order_relaxed);
}


/* fallback.c: under the zone's lock */
void move_freepages_block(struct kmc_sim *sim, struct zone *zone, uint64_t start,
			  unsigned int migratetype);
struct page *rmqueue_fallback(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone,
			      unsigned int order, unsigned int migratetype,
			      unsigned int alloc_flags, bool percpu_refill);

bool fallback_claimable(const struct kmc_sim *sim, const struct zone *zone, unsigned int order,
			unsigned int migratetype);

/* cpusets.c */
/** cpuset_zone_allowed() - May this pass look at the zone, as far as cpusets go? */
bool cpuset_zone_allowed(const struct alloc_context *ac, const struct zone *zone,
			 unsigned int alloc_flags);
/** cpuset_node_allowed() - Of the cpu's task, now. */
bool cpuset_node_allowed(const struct kmc_cpu *cpu, unsigned int node, gfp_t gfp);
/** cpuset_mems_allowed() - The node is in the task's set, whatever its privileges. */
static inline bool cpuset_mems_allowed(const struct kmc_cpu *cpu, unsigned int node)
{
	return !(cpu->task->mems_forbidden >> node & 1);
}
/** cpuset_impossible() - A hardwalled request whose zones all lie outside the set. */
bool cpuset_impossible(const struct alloc_context *ac, const struct zonelist *list);
/** cpuset_preferred_zone() - The first zone that the pass may look at; NULL none. */
struct zone *cpuset_preferred_zone(const struct alloc_context *ac, const struct zonelist *list,
				   unsigned int alloc_flags);

/* watermark.c */
/* Protection of every zone from what is managed now; the marks stay. */
void kmc_lowmem_reserve_refresh(struct kmc_sim *sim);
uint64_t kmc_min_free_kbytes(uint64_t lowmem_kbytes);
/* Marks, reserves and list sizes from the sysctls as they are now. */
void kmc_watermarks_refresh(struct kmc_sim *sim);
void kmc_watermarks_setup(struct kmc_sim *sim);
bool zone_watermark_ok(struct kmc_sim *sim, struct zone *zone, unsigned int order, uint64_t mark,
		       unsigned int highest, unsigned int alloc_flags);
/* Were @more frames free, of whatever order; without rights. */
bool zone_watermark_ok_if(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			  uint64_t mark, unsigned int highest, uint64_t more);
bool zone_watermark_fast(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			 uint64_t mark, unsigned int highest, unsigned int alloc_flags, gfp_t gfp);
static inline uint64_t wmark_pages(const struct zone *zone, unsigned int mark)
{
	if (KMC_PLANTED(boost_ignored))
		return zone->watermark[mark];
	return zone->watermark[mark] +
	       __atomic_load_n(&zone->watermark_boost, __ATOMIC_RELAXED);
}

/* vmstat.c */
void count_vm_event(struct kmc_sim *sim, enum kmc_vm_event event, uint64_t by);
/* The request would rather have had a block of @preferred, and got one of @zone. */
void count_numa_miss(struct kmc_sim *sim, struct zone *preferred, struct zone *zone);

/* compact/migrate.c */

/* Whose request a block that moves anywhere is. */
struct migration_target {
	struct kmc_sim *sim;
	struct kmc_cpu *cpu;
	gfp_t gfp;
	int node; /* where it was; preferred */
};
/* A place for a block that moves, as any movable request of the task would get it. */
struct page *kmc_migration_target(void *target, unsigned int order);

/* pcp.c */
static inline bool zone_pcp_disabled(struct zone *zone)
{
	return atomic_load_explicit(&zone->pcp_disabled, memory_order_relaxed);
}
/* PCP-6. Context: no lock held; every cpu is drained when it returns. */
void zone_pcp_disable(struct kmc_sim *sim, struct zone *zone);
void zone_pcp_enable(struct kmc_sim *sim, struct zone *zone);
struct page *rmqueue_pcplist(struct alloc_context *ac, struct zone *zone,
			     unsigned int alloc_flags);
void pcp_free(struct kmc_sim *sim, struct kmc_cpu *cpu, struct zone *zone, struct page *page,
	      unsigned int order, unsigned int migratetype);

/* page_alloc.c */
struct page *kmc_page_prep(struct alloc_context *ac, struct page *page);
/*
 * The machine's own from here until it is freed: nobody reads or writes it, so it keeps no
 * contents (core.h). The caller has touched the descriptor.
 */
void kmc_page_hold(struct kmc_sim *sim, struct page *page);
/* A block off the buddy becomes a user's, as @model is: order, reference, flags; not its contents. */
void kmc_page_prep_like(struct kmc_sim *sim, struct page *page, const struct page *model);
/* A frame that is on no list and whose descriptor is zero becomes a user's block. */
void kmc_page_prep_frame(struct kmc_sim *sim, struct kmc_cpu *cpu, uint64_t pfn,
			 unsigned int order, gfp_t gfp);
/* The kernel's prepare_alloc_pages(). False: the request does not get as far as the lists. */
bool kmc_prepare_alloc(struct alloc_context *ac);
unsigned int kmc_fast_alloc_flags(const struct alloc_context *ac);
void kmc_trace_page_alloc(const struct alloc_context *ac, const struct page *page);
/* SCP-1..3, SCP-8..10: what the running task's scopes leave of the flags. */
gfp_t kmc_gfp_context(const struct kmc_cpu *cpu, gfp_t gfp);
void kmc_page_free_one(struct kmc_sim *sim, struct zone *zone, struct page *page,
		       unsigned int order);
/* A block with no reference straight to the buddy. */
void kmc_pages_free_buddy(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *page,
			  unsigned int order);
void kmc_pages_free_tail(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *page,
			 unsigned int order);

/* Not so are compound ranges that began anywhere; they go back in parts (PAGE-2). */
static inline bool block_is_aligned(uint64_t pfn, unsigned int order)
{
	return !(pfn & ((1ull << order) - 1));
}

/* PCP-1 */
static inline bool pcp_allowed_order(const struct kmc_sim *sim, unsigned int order)
{
	return order <= PCP_MAX_ORDER ||
	       (order == HPAGE_PMD_ORDER && (sim->config.options & KMC_OPT_THP));
}

/* PCP-2: the list of blocks of this order and type; and the order of those on a list. */
static inline unsigned int order_to_pindex(unsigned int migratetype, unsigned int order)
{
	if (order > PCP_MAX_ORDER)
		return NR_LOWORDER_PCP_LISTS + (migratetype == MIGRATE_MOVABLE);
	return order * MIGRATE_PCPTYPES + migratetype;
}

static inline unsigned int pindex_to_order(unsigned int index)
{
	return index < NR_LOWORDER_PCP_LISTS ? index / MIGRATE_PCPTYPES : HPAGE_PMD_ORDER;
}

/* How many consecutive frees are counted, in batches. */
#define PCP_BATCH_SCALE_MAX 5
static inline void pcp_count_free(struct per_cpu_pages *pcp, unsigned int order)
{
	pcp->alloc_factor >>= 1;
	pcp->prev_order = (uint8_t)order;
	pcp->freed += 1u << order;
	pcp->count += 1u << order;
}

/*
 * The fast half, certain of its free but for this, counts each of a run. Once the run is no
 * longer short this takes back what is too much; false: a storm, perhaps.
 */
static inline bool pcp_run_goes_on(struct per_cpu_pages *pcp, unsigned int order)
{
	if (order && pcp->free_run >= pcp->storm_at)
		return false;
	if (pcp->free_run >= pcp->free_max)
		pcp->free_run -= (uint16_t)(1u << order);
	return true;
}

static inline void pcp_count_alloc(struct per_cpu_pages *pcp, unsigned int order)
{
	pcp->free_run >>= 1;
	pcp->count -= 1u << order;
	pcp->taken++;
}

/* A block that was never on a per-cpu list goes to a user. Context: the zone's lock. */
static inline void count_direct_alloc(struct zone *zone, const struct kmc_cpu *cpu,
				      unsigned int order)
{
	zone->direct_alloc += 1u << order;
	zone->direct_blocks++;
	*(zone->node == cpu->node ? &zone->direct_local : &zone->direct_other) += 1;
}

/* slowpath.c */
uint64_t zone_reclaimable_pages(struct kmc_sim *sim, const struct zone *zone);
struct page *get_page_from_freelist(struct alloc_context *ac, unsigned int alloc_flags);
struct page *__alloc_pages_slowpath(struct alloc_context *ac);
/* page_alloc.c: charge a new block if the request says so; a refused one is freed. */
struct page *kmc_page_charge(struct alloc_context *ac, struct page *page);
void kmc_page_warn(struct alloc_context *ac, enum kmc_warn_once once, const char *text);
