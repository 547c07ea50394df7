/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block in, a block out: the fast halves of both, and what happens to
 * a block on its way to and from a user.
 *
 * The fast half of an allocation is the first pass of the path for the
 * preferred zone only: the low mark by one comparison, then the cpu's list. All
 * else is in slowpath.c. Neither half has a locked instruction.
 *
 * Contract: R-4, PAGE-1..9, GFP-20, GFP-21. Looked at: 6.18.44.
 */
#include <string.h>
#include "compact.h"
#include "free_list.h"
#include "memcg.h"
#include "linux/gfp.h"
#include "linux/sched/mm.h"

/*
 * The fast halves end in tail calls to functions of this sort, so that they
 * need to save no register.
 */
#define COLD __attribute__((noinline, cold))
#define FLAT inline __attribute__((always_inline))

/* The descriptors of a compound block's tails. Those of order 7 and less share the head's page. */
static COLD void prep_compound_tails(struct kmc_sim *sim, struct page *head, unsigned int order)
{
	uint32_t pfn = (uint32_t)page_to_pfn_in(sim, head);

	kmc_touch(sim, head, sizeof(*head) << order);
	for (unsigned int i = 1; i < 1u << order; i++) {
		head[i].kind = FRAME_TAIL;
		head[i].flags = PGF_TAIL;
		head[i].link.next = pfn;
	}
}

static COLD void clear_block(struct kmc_sim *sim, const struct page *page, unsigned int order)
{
	memset(pfn_to_virt_in(sim, page_to_pfn_in(sim, page)), 0, PAGE_SIZE << order);
}

static void poison_block(struct kmc_sim *sim, const struct page *page, unsigned int order,
			 bool poison)
{
#ifdef KMC_ASAN
	void *block = pfn_to_virt_in(sim, page_to_pfn_in(sim, page));

	if (poison)
		kmc_poison(block, PAGE_SIZE << order);
	else
		kmc_unpoison(block, PAGE_SIZE << order);
#else
	(void)sim;
	(void)page;
	(void)order;
	(void)poison;
#endif
}

static inline bool wants_zero(const struct kmc_sim *sim, gfp_t gfp, unsigned int attention)
{
	if (gfp & __GFP_ZERO)
		return !KMC_PLANTED(page_zero_forgotten);
	return unlikely(attention & ATTN_DEBUG) &&
	       (sim->config.options & KMC_OPT_INIT_ON_ALLOC);
}

/* A block that left its list becomes the user's; its link is zero. */
static inline struct page *prep_new_page(struct kmc_sim *sim, struct page *page,
					 unsigned int order, gfp_t gfp, unsigned int attention)
{
	unsigned int flags = page->flags & PGF_MOVABLE;
	bool compound = order && (gfp & __GFP_COMP) && !KMC_PLANTED(comp_ignored);

	page_set_word(page, FRAME_USED, order, page->migratetype,
		      compound ? flags | PGF_COMPOUND : flags, 1);
	if (KMC_PLANTED(page_two_references))
		page->refcount++;
	poison_block(sim, page, order, false);
	if (compound)
		prep_compound_tails(sim, page, order);
	if (wants_zero(sim, gfp, attention))
		clear_block(sim, page, KMC_PLANTED(page_zero_head) ? 0 : order);
	return page;
}

void kmc_page_prep_frame(struct kmc_sim *sim, struct kmc_cpu *cpu, uint64_t pfn,
			 unsigned int order, gfp_t gfp)
{
	struct page *page = pfn_to_page_in(sim, pfn);

	descriptor_touch(sim, page);
	prep_new_page(sim, page, order, gfp, kmc_attention_bits(cpu));
}

void kmc_page_hold(struct kmc_sim *sim, struct page *page)
{
	page->flags |= PGF_HELD;
	poison_block(sim, page, page->order, true);
}

void kmc_page_prep_like(struct kmc_sim *sim, struct page *page, const struct page *model)
{
	unsigned int flags = model->flags & (PGF_COMPOUND | PGF_PFMEMALLOC | PGF_ACCOUNTED |
					     PGF_LRU);

	descriptor_touch(sim, page);
	page_set_word(page, FRAME_USED, model->order, page->migratetype,
		      flags | (page->flags & PGF_MOVABLE), 1);
	page->link.next = page->link.prev = 0;
	page->private_words[0] = model->private_words[0];
	page->private_words[1] = model->private_words[1];
	if (unlikely(flags & PGF_ACCOUNTED))
		kmc_memcg_copy_page(sim, model, page);
	poison_block(sim, page, model->order, false);
	if (flags & PGF_COMPOUND)
		prep_compound_tails(sim, page, model->order);
}

static COLD struct page *prep_special(struct kmc_sim *sim, struct page *page,
							   unsigned int order, gfp_t gfp)
{
	return prep_new_page(sim, page, order, gfp, 0);
}

/* RSV-1..3 with room to spare; false: look closer. */
static inline bool above_low_mark(struct zone *zone, unsigned int order, unsigned int highest)
{
	if (atomic_load_explicit(&zone->nr_free_common, memory_order_relaxed) <=
	    __atomic_load_n(&zone->fast_mark[highest], __ATOMIC_RELAXED))
		return false;
	return !order ||
	       atomic_load_explicit(&zone->order_mask, memory_order_relaxed) >> order;
}

/* The list's first block, or NULL. */
static inline struct page *pcp_take(struct kmc_sim *sim, struct per_cpu_pages *pcp,
				    unsigned int order, unsigned int migratetype)
{
	struct free_list *list = &pcp->lists[order * MIGRATE_PCPTYPES + migratetype];
	uint32_t pfn = list->head, next;
	struct page *page = pfn_to_page_in(sim, pfn);

	if (unlikely(!pfn))
		return NULL;
	next = page->link.next;
	list->head = next;
	if (likely(next))
		pfn_to_page_in(sim, next)->link.prev = 0;
	else
		list->tail = 0;
	page->link.next = 0;
	pcp_count_alloc(pcp, order);
	return page;
}

static inline unsigned int gfp_migratetype(const struct kmc_page_state *state, gfp_t gfp)
{
	return state->gfp_type[(gfp & GFP_MOVABLE_MASK) >> GFP_MOVABLE_SHIFT];
}

/* From FRAME_PCP, without a reference, to FRAME_USED with one: all else stays as it is. */
static inline void word_pcp_to_used(struct page *page)
{
	uint64_t word;

	memcpy(&word, page, sizeof(word));
	word += page_word(FRAME_USED - FRAME_PCP, 0, 0, 0, 1);
	memcpy(page, &word, sizeof(word));
}

/* @first_zones: of the wanted node. Context: @order at most PCP_MAX_ORDER, nothing to attend. */
static FLAT struct page *alloc_fast(struct kmc_cpu *cpu, gfp_t gfp, unsigned int order,
				    const struct first_zone *first_zones)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_page_state *state = sim->page;
	const struct first_zone *first = &first_zones[(gfp & __GFP_THISNODE ? 16 : 0) +
						      (gfp & GFP_ZONEMASK)];
	struct zone *zone = (struct zone *)((uint8_t *)state + first->zone_offset);
	struct per_cpu_pages *pcp = (struct per_cpu_pages *)((uint8_t *)cpu->pcp +
							     first->pcp_offset);
	struct page *page;

	if (unlikely(!above_low_mark(zone, order, first->highest)))
		return NULL;
	page = pcp_take(sim, pcp, order, gfp_migratetype(state, gfp));
	if (unlikely(!page))
		return NULL;
	if (unlikely((gfp & __GFP_ZERO) || (order && (gfp & __GFP_COMP))))
		return prep_special(sim, page, order, gfp);
	poison_block(sim, page, order, false);
	word_pcp_to_used(page);
	return page;
}

/* Rule: SCP-1, SCP-2, SCP-3, SCP-8. Model: exact. */
gfp_t kmc_gfp_context(const struct kmc_cpu *cpu, gfp_t gfp)
{
	uint32_t flags = cpu->task->flags;

	if (KMC_PLANTED(scope_of_another))
		flags = kmc_task_of(cpu->sim, 0)->flags;
	if (KMC_PLANTED(scope_ignored))
		return gfp;
	if ((flags & KMC_PF_MEMALLOC_NOIO) && KMC_PLANTED(scope_adds))
		gfp |= __GFP_HIGH;
	if (flags & KMC_PF_MEMALLOC_NOIO)
		gfp &= ~(__GFP_IO | __GFP_FS);
	else if (flags & KMC_PF_MEMALLOC_NOFS)
		gfp &= ~__GFP_FS;
	if ((flags & KMC_PF_MEMALLOC_PIN) && !KMC_PLANTED(pin_ignored))
		gfp &= ~__GFP_MOVABLE;
	return gfp;
}

/* Model: exact. Rule: SCP-1, SCP-2, SCP-3, SCP-8, SCP-10. */
gfp_t current_gfp_context(gfp_t flags)
{
	KMC_BUG_ON(!kmc_this_cpu);
	return kmc_gfp_context(kmc_this_cpu, flags);
}

void kmc_trace_page_alloc(const struct alloc_context *ac, const struct page *page)
{
	struct kmc_tp tp = {
		.id = KMC_TP_MM_PAGE_ALLOC,
		.node = ac->node,
		.order = ac->order,
		.migratetype = ac->migratetype,
		.gfp = ac->gfp,
		.pfn = page ? page_to_pfn_in(ac->sim, page) : UINT64_MAX,
	};

	if (KMC_PLANTED(alloc_told_twice))
		kmc_trace_emit(ac->sim, &tp);
	kmc_trace_emit(ac->sim, &tp);
}

bool kmc_prepare_alloc(struct alloc_context *ac)
{
	struct kmc_page_state *state = ac->sim->page;

	if (ac->order > MAX_PAGE_ORDER && KMC_PLANTED(page_order_max))
		ac->order = 0;
	if (ac->order > MAX_PAGE_ORDER) {
		if (!(ac->gfp & __GFP_NOWARN) || KMC_PLANTED(page_order_noisy))
			kmc_page_warn(ac, WARN_ORDER_TOO_LARGE, "order above MAX_PAGE_ORDER");
		return false;
	}
	if (ac->node >= (int)ac->sim->config.nr_nodes) {
		kmc_page_warn(ac, WARN_FLAGS_NODE, "node is not online");
		return false;
	}
	if (kmc_gfp_restricted(ac->sim) && !KMC_PLANTED(suspended_io))
		ac->gfp &= ~(__GFP_IO | __GFP_FS); /* GFP-43 */
	if (ac->attention & ATTN_CONTEXT)
		ac->gfp = kmc_gfp_context(ac->cpu, ac->gfp);
	if ((ac->attention & ATTN_FAULT) &&
	    (!(ac->gfp & __GFP_NOFAIL) || KMC_PLANTED(page_fault_nofail)) &&
	    kmc_fault_hit(ac->sim, KMC_FAULT_PAGE))
		return false;
	ac->migratetype = gfp_migratetype(state, ac->gfp);
	ac->highest = state->gfp_zone[KMC_PLANTED(page_zone_ignored) ? 0 : ac->gfp & GFP_ZONEMASK];
	if ((ac->gfp & __GFP_MOVABLE) && KMC_PLANTED(movable_alone))
		ac->highest = KMC_ZONE_MOVABLE;
	if (!(ac->gfp & (GFP_ZONEMASK | __GFP_HARDWALL)) && KMC_PLANTED(kernel_anywhere))
		ac->highest = KMC_ZONE_MOVABLE;
	if ((ac->gfp & __GFP_HARDWALL) && KMC_PLANTED(user_anywhere))
		ac->highest = KMC_ZONE_MOVABLE;
	ac->asked_node = ac->node < 0 ? ac->cpu->node : (unsigned int)ac->node;
	return true;
}

/* A task's first pass goes by its set as by a node mask; an interrupt's asks zone by zone. */
static unsigned int cpuset_fast_flags(const struct alloc_context *ac)
{
	return ac->cpu->context == KMC_IN_TASK || ac->cpu->context == KMC_PREEMPT_OFF ?
		       ALLOC_NODEMASK : ALLOC_CPUSET;
}

unsigned int kmc_fast_alloc_flags(const struct alloc_context *ac)
{
	const struct kmc_page_state *state = ac->sim->page;
	unsigned int flags = KMC_PLANTED(first_look_high) ? ALLOC_WMARK_HIGH : ALLOC_WMARK_LOW;
	const struct first_zone *first;
	const struct zone *preferred;

	if (ac->gfp & __GFP_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	if (ac->migratetype == MIGRATE_MOVABLE || KMC_PLANTED(cma_lent_to_all))
		flags |= ALLOC_CMA;
	if (unlikely(ac->cpu->task->mems_forbidden))
		flags |= cpuset_fast_flags(ac);
	if (ac->gfp & __GFP_WRITE)
		flags |= ALLOC_SPREAD_DIRTY;
	if (state->defrag_mode)
		return flags | ALLOC_NOFRAGMENT; /* MIG-10 */
	first = &state->first[ac->asked_node][!!(ac->gfp & __GFP_THISNODE)]
			     [ac->gfp & GFP_ZONEMASK];
	preferred = &state->zones[first->zone];
	if (first->zone < state->nr_zones && preferred->type == KMC_ZONE_NORMAL &&
	    (ac->sim->config.nr_nodes == 1 || state->dma32_populated[preferred->node]) &&
	    !KMC_PLANTED(apart_ignored))
		flags |= ALLOC_NOFRAGMENT; /* ZON-8 */
	return flags;
}

/* Rule: GFP-44, MCG-1. Model: exact. */
struct page *kmc_page_charge(struct alloc_context *ac, struct page *page)
{
	if (!page || !kmc_memcg_charge_page(ac->cpu, page, ac->gfp, ac->order))
		return page;
	kmc_pages_free(ac->sim, ac->cpu, page, ac->order);
	return NULL;
}

/* The kernel's __alloc_pages(). Model: exact. */
static struct page *alloc_slow(struct alloc_context *ac)
{
	struct page *page;

	ac->attention = kmc_attention_bits(ac->cpu);
	if (ac->held)
		ac->attention &= ~ATTN_DEBUG;
	if (!kmc_prepare_alloc(ac))
		return NULL;
	page = get_page_from_freelist(ac, kmc_fast_alloc_flags(ac));
	if (page) {
		if (unlikely(ac->cpu->task->mems_forbidden))
			ac->gfp |= __GFP_HARDWALL; /* what the tracepoint shows */
		prep_new_page(ac->sim, page, ac->order, ac->gfp, ac->attention);
	} else {
		page = __alloc_pages_slowpath(ac);
	}
	if (ac->gfp & __GFP_ACCOUNT)
		page = kmc_page_charge(ac, page);
	if (ac->attention & ATTN_TRACE)
		kmc_trace_page_alloc(ac, page);
	return page;
}

static COLD struct page *alloc_begin_slow(struct kmc_cpu *cpu, gfp_t gfp,
							      unsigned int order, int node)
{
	struct alloc_context ac = { .sim = cpu->sim, .cpu = cpu, .gfp = gfp, .order = order,
				    .node = node };

	return alloc_slow(&ac);
}

struct page *kmc_pages_alloc(struct kmc_sim *sim, struct kmc_cpu *cpu, gfp_t gfp,
			     unsigned int order, int node)
{
	kmc_yield_point("pages_alloc");
	if (likely(order <= PCP_MAX_ORDER && !(kmc_attention_bits(cpu) | (gfp & SLOW_GFP)) &&
		   node < (int)sim->config.nr_nodes)) {
		struct page *page = alloc_fast(cpu, gfp, order,
					       node < 0 ? cpu->first_zones
							: sim->page->first[node][0]);
		if (likely(page))
			return page;
	}
	return alloc_begin_slow(cpu, gfp, order, node);
}

struct page *kmc_pages_alloc_held(struct kmc_sim *sim, struct kmc_cpu *cpu, gfp_t gfp, int node)
{
	struct alloc_context ac = { .sim = sim, .cpu = cpu, .gfp = gfp, .node = node, .held = true };

	if (!(kmc_attention_bits(cpu) & ATTN_DEBUG))
		return kmc_pages_alloc(sim, cpu, gfp, 0, node);
	kmc_yield_point("pages_alloc");
	return alloc_slow(&ac);
}

/* An outermost entry that has more to do than the common one. */
static COLD struct page *alloc_enter_slow(struct kmc_cpu *cpu, gfp_t gfp,
							      unsigned int order)
{
	if (!cpu)
		kmc_bug(__FILE__, __LINE__, "an allocation without a bound cpu");
	kmc_attention(cpu);
	return kmc_pages_alloc(cpu->sim, cpu, gfp, order, -1);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	kmc_yield_point("alloc_pages");
	if (likely(cpu && order <= PCP_MAX_ORDER &&
		   !(kmc_attention_bits(cpu) | (gfp & SLOW_GFP)))) {
		struct page *page = alloc_fast(cpu, gfp, order, cpu->first_zones);

		if (likely(page))
			return page;
	}
	return alloc_enter_slow(cpu, gfp, order);
}

/* Also for the slow path's blocks. */
struct page *kmc_page_prep(struct alloc_context *ac, struct page *page)
{
	return prep_new_page(ac->sim, page, ac->order, ac->gfp, ac->attention);
}

static void warn_free(struct kmc_sim *sim, const struct page *page, const char *text)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .node = -1, .text = text,
			     .pfn = page_to_pfn_in(sim, page) };

	kmc_trace_emit(sim, &tp);
}

static void trace_free(struct kmc_sim *sim, const struct page *page, unsigned int order)
{
	struct kmc_tp tp = { .id = KMC_TP_MM_PAGE_FREE, .node = -1, .order = order,
			     .pfn = page_to_pfn_in(sim, page) };

	kmc_trace_emit(sim, &tp);
}

static void clear_tails(struct page *page)
{
	memset(page + 1, 0, (sizeof(*page) << page->order) - sizeof(*page));
}

/* The descriptors become those of a block that nobody uses. */
static void free_pages_prepare(struct kmc_sim *sim, struct page *page, unsigned int order)
{
	if (page->flags & PGF_COMPOUND)
		clear_tails(page);
	page->private_words[0] = page->private_words[1] = 0;
	poison_block(sim, page, order, true);
}

/*
 * PAGE-5: freed with too small an order. The kernel loses track of the rest;
 * here it stays as blocks of their own, which nobody holds.
 */
static void leak_rest(struct kmc_sim *sim, struct page *page, unsigned int order)
{
	unsigned int movable = page->flags & (PGF_MOVABLE | PGF_ACCOUNTED);

	kmc_touch(sim, page, sizeof(*page) << page->order);
	for (unsigned int k = order; k < page->order; k++) {
		struct page *rest = page + (1u << k);

		rest->kind = FRAME_USED;
		rest->order = (uint8_t)k;
		rest->migratetype = page->migratetype;
		rest->flags = (uint8_t)movable;
		if (movable & PGF_ACCOUNTED)
			kmc_memcg_copy_page(sim, page, rest);
	}
	page->order = (uint8_t)order;
}

static bool free_is_sound(struct kmc_sim *sim, struct page *page, unsigned int *order)
{
	if (page->kind != FRAME_USED) {
		warn_free(sim, page, "free of a page that is not in use");
		return false;
	}
	if (page->flags & PGF_COMPOUND)
		*order = page->order;
	if (*order == page->order)
		return true;
	if (*order > page->order) {
		warn_free(sim, page, "free with too large an order");
		*order = page->order;
	} else {
		leak_rest(sim, page, *order);
	}
	return true;
}

static void free_one_page(struct kmc_sim *sim, struct zone *zone, struct page *page,
			  unsigned int order, bool to_tail)
{
	uint64_t pfn = page_to_pfn_in(sim, page);

	kmc_yield_point("free_one_page");
	kmc_lock_take(&zone->lock);
	buddy_touch(sim, zone);
	zone->direct_free += 1u << order;
	__free_one_page(sim, zone, pfn, order, get_pageblock_migratetype(sim, pfn), to_tail);
	kmc_lock_drop(&zone->lock);
}

/* A block whose list is the buddy after all. */
void kmc_page_free_one(struct kmc_sim *sim, struct zone *zone, struct page *page,
		       unsigned int order)
{
	free_one_page(sim, zone, page, order, false);
}

/* Where a free block goes. */
enum free_to { TO_PCP, TO_BUDDY, TO_BUDDY_TAIL };

/* PCP-4: HighAtomic and CMA rest with the movable ones, Isolate on no list. */
static void free_slow(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *page,
		      unsigned int order, enum free_to to)
{
	uint64_t pfn = page_to_pfn_in(sim, page);
	struct zone *zone = &sim->page->zones[kmc_zone_index(sim, pfn)];
	unsigned int migratetype = get_pageblock_migratetype(sim, pfn);

	if (tracing(cpu) && !(order && KMC_PLANTED(free_untold)))
		trace_free(sim, page, order);
	if (unlikely(kmc_attention_bits(cpu) & ATTN_DEBUG) &&
	    (sim->config.options & KMC_OPT_INIT_ON_FREE) && !(page->flags & PGF_HELD))
		clear_block(sim, page, order);
	if (unlikely(page->flags & PGF_ACCOUNTED))
		kmc_memcg_uncharge_page(cpu, page, order);
	free_pages_prepare(sim, page, order);
	page_set_word(page, FRAME_USED, order, page->migratetype, page->flags & PGF_MOVABLE, 0);
	page->link.next = page->link.prev = 0;
	if (!pcp_allowed_order(sim, order) || migratetype == MIGRATE_ISOLATE || to != TO_PCP ||
	    !block_is_aligned(pfn, order))
		free_one_page(sim, zone, page, order, to == TO_BUDDY_TAIL);
	else
		pcp_free(sim, cpu, zone, page, order,
			 migratetype < MIGRATE_PCPTYPES ? migratetype : MIGRATE_MOVABLE);
}

/* The common free of a plain block; false: not that common. Context: as alloc_fast(). */
static FLAT bool free_fast(struct kmc_cpu *cpu, struct page *page, unsigned int order,
			   unsigned int flags)
{
	struct kmc_sim *sim = cpu->sim;
	uint32_t pfn = (uint32_t)page_to_pfn_in(sim, page), next;
	const struct pageblock *block = &sim->page->pageblocks[pfn >> PAGEBLOCK_ORDER];
	unsigned int migratetype = __atomic_load_n(&block->migratetype, __ATOMIC_RELAXED);
	unsigned int index = order * MIGRATE_PCPTYPES + migratetype;
	struct per_cpu_pages *pcp = (struct per_cpu_pages *)cpu->pcp + block->zone;
	struct free_list *list;
	int32_t room;

	if (unlikely(migratetype >= MIGRATE_PCPTYPES))
		return false;
	room = (int32_t)(__atomic_load_n(&pcp->limit, __ATOMIC_RELAXED) - pcp->count);
	if (unlikely(room <= (int32_t)(1u << order)))
		return false;
	if (unlikely(pcp->free_run >= pcp->free_calm) && !pcp_run_goes_on(pcp, order))
		return false;
	list = &pcp->lists[index];
	page->private_words[0] = page->private_words[1] = 0;
	poison_block(sim, page, order, true);
	page_set_word(page, FRAME_PCP, order, migratetype, flags & PGF_MOVABLE, 0);
	next = list->head;
	page->link.next = next;
	page->link.prev = 0;
	if (likely(next))
		pfn_to_page_in(sim, next)->link.prev = pfn;
	else
		list->tail = pfn;
	list->head = pfn;
	pcp->free_run += (uint16_t)(1u << order);
	pcp_count_free(pcp, order);
	return true;
}

/*
 * Blocks of slabs are compound and come here often: made plain, they take the
 * fast half after all.
 */
static COLD void free_begin_slow(struct kmc_cpu *cpu, struct page *page, unsigned int order)
{
	if (page->kind == FRAME_USED &&
	    (page->flags & (PGF_COMPOUND | PGF_LRU | PGF_ACCOUNTED)) == PGF_COMPOUND &&
	    page->order <= PCP_MAX_ORDER && !kmc_attention_bits(cpu) &&
	    block_is_aligned(page_to_pfn_in(cpu->sim, page), page->order)) {
		unsigned int flags = page->flags & PGF_MOVABLE;

		clear_tails(page);
		page_set_word(page, FRAME_USED, page->order, page->migratetype, flags, 0);
		if (free_fast(cpu, page, page->order, flags))
			return;
		order = page->order;
	}
	if (page->kind == FRAME_USED && (page->flags & PGF_LRU))
		kmc_movable_del(cpu->sim, page);
	if (free_is_sound(cpu->sim, page, &order))
		free_slow(cpu->sim, cpu, page, order, TO_PCP);
}

/* The block is plain, in use, of this very order, with one reference? One load tells. */
static FLAT bool is_sole_block(uint64_t word, unsigned int order)
{
	const uint64_t mask = page_word(0xff, 0xff, 0, PGF_COMPOUND | PGF_LRU | PGF_ACCOUNTED,
					0xffffffff);

	return (word & mask) == page_word(FRAME_USED, order, 0, 0, 1);
}

/* Others who hold references may be dropping theirs. */
static FLAT uint64_t read_word(const struct page *page)
{
	return __atomic_load_n((const uint64_t *)page, __ATOMIC_ACQUIRE);
}

void kmc_pages_free(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *page,
		    unsigned int order)
{
	uint64_t word = read_word(page);

	(void)sim;
	kmc_yield_point("pages_free");
	if (likely(order <= PCP_MAX_ORDER && is_sole_block(word, order) &&
		   !kmc_attention_bits(cpu)) &&
	    likely(free_fast(cpu, page, order, word >> 24 & 0xff)))
		return;
	free_begin_slow(cpu, page, order);
}

/*
 * PAGE-8: somebody still holds the head of a plain block. The head becomes
 * a block of its own, the other 2^order - 1 pages go back now.
 */
static void free_all_but_head(struct kmc_cpu *cpu, struct page *page, unsigned int order)
{
	kmc_touch(cpu->sim, page, sizeof(*page) << order);
	page->order = 0;
	while (order--) {
		struct page *rest = page + (1u << order);

		if (!order && KMC_PLANTED(rest_stays))
			break;
		page_set_word(rest, FRAME_USED, order, page->migratetype,
			      page->flags & (PGF_MOVABLE | PGF_ACCOUNTED), 0);
		if (page->flags & PGF_ACCOUNTED)
			kmc_memcg_copy_page(cpu->sim, page, rest);
		kmc_pages_free(cpu->sim, cpu, rest, order);
	}
}

/* A reference goes that may not be the last, or the cpu has more to do. */
static COLD void free_enter_slow(struct kmc_cpu *cpu, struct page *page,
						     unsigned int order)
{
	bool plain = !(page->flags & PGF_COMPOUND);

	if (!cpu)
		kmc_bug(__FILE__, __LINE__, "a free without a bound cpu");
	kmc_attention(cpu);
	if (page->kind != FRAME_USED || put_page_testzero(page))
		kmc_pages_free(cpu->sim, cpu, page, order);
	else if (plain && order && order == page->order)
		free_all_but_head(cpu, page, order);
}

/* Model: exact (PAGE-7..9). */
void __free_pages(struct page *page, unsigned int order)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	uint64_t word = read_word(page);

	kmc_yield_point("__free_pages");
	if (likely(cpu && order <= PCP_MAX_ORDER && is_sole_block(word, order) &&
		   !kmc_attention_bits(cpu)) &&
	    likely(free_fast(cpu, page, order, word >> 24 & 0xff)))
		return;
	free_enter_slow(cpu, page, order);
}

/* Straight to the end of the buddy's list: tails of exact allocations (PAGE-13). */
void kmc_pages_free_tail(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *page,
			 unsigned int order)
{
	free_slow(sim, cpu, page, order, TO_BUDDY_TAIL);
}

void kmc_pages_free_buddy(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *page,
			  unsigned int order)
{
	free_slow(sim, cpu, page, order, TO_BUDDY);
}

/* May @page be the head of a block in use that reaches @k orders up? */
static bool heads(const struct page *page, unsigned int k)
{
	return page->kind >= FRAME_USED && page->kind != FRAME_TAIL &&
	       !(page->flags & PGF_TAIL) && page->order >= k;
}

struct page *kmc_page_head(struct kmc_sim *sim, struct page *page)
{
	uint64_t pfn = page_to_pfn_in(sim, page);

	if (pfn >= sim->max_pfn)
		return NULL;
	if (page->kind == FRAME_TAIL) /* of a range perhaps, which lies anywhere */
		return pfn_to_page_in(sim, page->link.next);
	for (unsigned int k = 0; k <= MAX_PAGE_ORDER; k++) {
		uint64_t start = pfn & ~((1ull << k) - 1);
		struct page *head = pfn_to_page_in(sim, start);

		if (head->kind == FRAME_BUDDY || head->kind == FRAME_PCP) {
			if (head->order >= k)
				return NULL;
			continue;
		}
		if (heads(head, k))
			return head;
	}
	return NULL;
}
