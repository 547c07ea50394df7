// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bare tracepoints: what a recorded kernel shows of its allocations. Much is
 * not shown (bulk calls, RCU batches, sheaves, nolock calls), so here a missing
 * free is inferred and counted, and only what is certain is put before a rule
 * that could fail:
 *
 * - every allocation: alignment, granted size, kind of result;
 * - an object on a page block whose life was seen whole: its place on the
 *   block's grid, and that one cache has the block;
 * - a free that contradicts such a life.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"

/* Interrupts on a cpu may put their events between the two of one large kmalloc. */
#define DUPLICATE_REACH 32

#define ZONES (KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_HIGHMEM)

static struct kmc_cpu *cpu_of(struct kmc_judge *judge, unsigned int cpu)
{
	if (cpu >= judge->nr_cpus) {
		size_t nr = cpu < 8 ? 8 : (size_t)cpu * 2;
		void *cpus = realloc(judge->cpus, nr * sizeof(*judge->cpus));

		if (!cpus)
			return NULL;
		judge->cpus = cpus;
		memset(judge->cpus + judge->nr_cpus, 0,
		       (nr - judge->nr_cpus) * sizeof(*judge->cpus));
		judge->nr_cpus = nr;
	}
	return &judge->cpus[cpu];
}

static bool failed(const struct kmc_event *ev)
{
	return ev->outcome == KMC_OUT_NULL || (ev->outcome == KMC_OUT_NONE && !ev->addr);
}

static void set_case(const struct kmc_judge *judge, struct kmc_case *c,
		     const struct kmc_event *ev, unsigned int from, const char *call)
{
	*c = (struct kmc_case){
		.ev = ev, .call = call, .addr = ev->addr,
		.size = ev->size,
		.granted = ev->granted > UINT32_MAX ? UINT32_MAX : (uint32_t)ev->granted,
		.gfp = ev->gfp, .from = (uint8_t)from, .by = KMC_BY_NOBODY,
		.zeroed = ev->gfp & KMC_GFP_ZERO,
	};
	if (ev->cache < judge->nr_caches)
		c->cache = judge->caches[ev->cache];
}

/* TRC-7: is this the second event of a large kmalloc? */

static bool duplicates_exist(const struct kmc_judge *judge)
{
	const struct kmc_machine *machine = &judge->subject.machine;
	uint32_t release = machine->release ? machine->release : machine->profile;

	return !release || release >= KMC_RELEASE(6, 12, 0);
}

static bool is_duplicate(const struct kmc_judge *judge, const struct kmc_cpu *cpu,
			 const struct kmc_event *ev)
{
	const struct kmc_life *life;

	if (ev->marks & KMC_MARK_DUPLICATE)
		return true;
	if (!cpu->armed || cpu->since > DUPLICATE_REACH || cpu->addr != ev->addr ||
	    cpu->size != ev->size || cpu->task != ev->task || !duplicates_exist(judge))
		return false;
	if (failed(ev))
		return true;
	life = kmc_shadow_find(&judge->shadow, ev->addr);
	return life && life->state == KMC_LIFE_LIVE && life->seq == cpu->seq;
}

static void note_large(struct kmc_judge *judge, struct kmc_cpu *cpu, const struct kmc_event *ev)
{
	*cpu = (struct kmc_cpu){ .addr = ev->addr, .size = ev->size, .task = ev->task,
				 .seq = judge->now, .armed = true };
}

/* An object's place in the life of its block. */

static bool is_kmalloc(const struct kmc_case *c)
{
	return c->from == KMC_FROM_KMALLOC || c->from == KMC_FROM_KMALLOC_LARGE;
}

/* Without debug metadata the first object begins where the slab begins. */
static bool grid_known(const struct kmc_judge *judge, const struct kmc_case *c)
{
	if (is_kmalloc(c))
		return kmc_layout_of(judge, c) == KMC_LAYOUT_PLAIN;
	return c->cache && c->cache->plain;
}

static void own(struct kmc_judge *judge, struct kmc_block *block, const struct kmc_case *c)
{
	bool kmalloc = is_kmalloc(c);
	uint32_t stride = kmalloc ? c->granted : c->cache ? c->cache->desc.size : 0;

	block->owner = kmalloc ? c->granted : c->ev->cache;
	block->owner_kmalloc = kmalloc;
	block->owner_seq = judge->now;
	block->stride = stride;
	block->first = stride && !grid_known(judge, c) ?
			       (uint32_t)((c->addr - block->base) % stride) : 0;
}

/* The block under an object, when its life is known whole. */
static void find_block(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_block *block = kmc_block_of(judge, c->addr);

	if (!block || !kmc_block_certain(judge, block, c->ev))
		return;
	if (!block->owner_seq)
		own(judge, block, c);
	c->block = block;
}

/* Allocation of an object: the books. */

static void infer_free(struct kmc_judge *judge, struct kmc_life *life)
{
	struct kmc_life_count *count = kmc_book_count_of(judge, life);

	count->implied_frees++;
	kmc_book_end(judge, life, KMC_LIFE_FREED);
}

static int begin_life(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *life = kmc_shadow_put(&judge->shadow, c->addr);

	if (!life)
		return -ENOMEM;
	if (life->state == KMC_LIFE_LIVE)
		infer_free(judge, life);
	life->seq = judge->now;
	life->from = c->from;
	life->flags = 0;
	kmc_life_set_size(life, c->size);
	life->granted = c->granted;
	life->gfp = c->gfp;
	life->cache = c->ev->cache;
	kmc_book_begin(judge, life);
	return 0;
}

static void count_failure(struct kmc_judge *judge, const struct kmc_case *c)
{
	kmc_book_count(judge, c->from, c->ev->cache, c->granted, c->size)->failed++;
}

static bool is_large(const struct kmc_judge *judge, uint64_t size)
{
	return size > judge->subject.machine.kmalloc_max_cache;
}

static int on_kmalloc(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_cpu *cpu = cpu_of(judge, ev->cpu);
	bool large = is_large(judge, ev->size);
	struct kmc_case c;

	if (!cpu)
		return -ENOMEM;
	set_case(judge, &c, ev, large ? KMC_FROM_KMALLOC_LARGE : KMC_FROM_KMALLOC, "kmalloc");
	if (large && is_duplicate(judge, cpu, ev)) {
		judge->class_count[KMC_CLASS_LARGE].duplicates++;
		cpu->armed = false;
		KMC_ASK(judge, TRC_7, &c);
		return 0;
	}
	if (large)
		note_large(judge, cpu, ev);
	KMC_ASK(judge, KM_6, &c);
	if (large)
		kmc_ask_ceiling(judge, &c);
	if (failed(ev)) {
		count_failure(judge, &c);
		KMC_ASK(judge, GFP_13, &c);
		return 0;
	}
	if (kmc_is_error_pointer(c.addr) || c.addr <= KMC_ZERO_SIZE_PTR)
		return 0;
	kmc_ask_alignment(judge, &c);
	KMC_ASK(judge, KM_13, &c);
	KMC_ASK(judge, KM_20, &c);
	if (c.granted)
		find_block(judge, &c);
	KMC_ASK(judge, KM_1, &c);
	return begin_life(judge, &c);
}

static int on_cache_alloc(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_case c;

	set_case(judge, &c, ev, KMC_FROM_CACHE, "kmem_cache_alloc");
	if (c.cache)
		c.from = c.cache->from;
	if (failed(ev)) {
		count_failure(judge, &c);
		KMC_ASK(judge, GFP_13, &c);
		return 0;
	}
	KMC_ASK(judge, KM_6, &c);
	if (kmc_is_error_pointer(c.addr) || c.addr <= KMC_ZERO_SIZE_PTR)
		return 0;
	KMC_ASK(judge, ALIGN_7, &c);
	if (c.cache && c.cache->hwalign)
		KMC_ASK(judge, ALIGN_8, &c);
	if (ev->cache != KMC_CACHE_NONE) {
		find_block(judge, &c);
		KMC_ASK(judge, KC_41, &c);
	}
	return begin_life(judge, &c);
}

/* Frees. */

/*
 * Is it sure that the memory at a block's address still belongs to the holder
 * that its allocation showed? Only while the pages' life is known whole: it
 * began before the allocation, did not end since, and nothing was lost.
 */
static bool still_there(struct kmc_judge *judge, const struct kmc_life *life,
			const struct kmc_event *ev)
{
	const struct kmc_block *block = kmc_block_of(judge, life->addr);

	return block && block->owner_seq && kmc_block_certain(judge, block, ev) &&
	       life->seq > block->seq && life->seq > judge->last_gap;
}

/* A pair that is not legal: sure enough to be judged? */
static void judge_wrong_pair(struct kmc_judge *judge, struct kmc_case *c,
			     const struct kmc_life *life)
{
	/* Objects of a kmalloc cache that another cache was merged into pass as both. */
	if (c->from == KMC_FROM_KMALLOC && c->by == KMC_BY_CACHE_FREE &&
	    (!c->cache || !c->cache->known || c->cache->desc.kmalloc))
		return;
	if (still_there(judge, life, c->ev))
		kmc_ask_rule(judge, kmc_pairing_rule(c->from, c->by, judge->subject.edition), c);
}

/* Which rule a pair is judged by when it is legal: FR-1 or FR-2, FR-6. */
static unsigned int rule_of_legal(const struct kmc_judge *judge, unsigned int from)
{
	if (from < KMC_FROM_CACHE || from > KMC_FROM_CACHE_CTOR)
		return KMC_R_FR_1;
	return judge->subject.edition < KMC_RELEASE(6, 4, 0) ? KMC_R_FR_6 : KMC_R_FR_2;
}

/* What nearly every free is: the right call with the right pointer. Counted without a case. */
static void count_legal(struct kmc_judge *judge, unsigned int from)
{
	KMC_COUNT(judge, rule_of_legal(judge, from));
	KMC_COUNT(judge, KMC_R_FR_11);
}

/*
 * A free that names its cache, of an address inside an object of another. Kernels give
 * pages back and out again without a firing: rarely, but more often than a caller
 * errs in pointer and cache at once.
 */
static bool names_another_cache(const struct kmc_case *c, const struct kmc_life *life)
{
	bool of_cache = life->from == KMC_FROM_CACHE || life->from == KMC_FROM_CACHE_TYPESAFE ||
			life->from == KMC_FROM_CACHE_CTOR;

	return c->by == KMC_BY_CACHE_FREE && of_cache && c->ev->cache != KMC_CACHE_NONE &&
	       c->ev->cache != life->cache;
}

/* An address that is not known to be live: is it surely inside a live block? */
static void judge_unknown(struct kmc_judge *judge, struct kmc_case *c)
{
	const struct kmc_block *block = kmc_block_of(judge, c->addr);
	struct kmc_life *life;
	uint64_t start, bytes;

	if (!block || !kmc_block_certain(judge, block, c->ev))
		return;
	if (block->owner_seq && block->stride) {
		uint64_t offset = c->addr - block->base;

		if (offset < block->first)
			return;
		start = c->addr - (offset - block->first) % block->stride;
	} else {
		start = block->base;
	}
	life = start == c->addr ? NULL : kmc_shadow_find(&judge->shadow, start);
	if (!life || life->state != KMC_LIFE_LIVE || life->seq <= block->seq ||
	    life->seq <= judge->last_gap)
		return;
	bytes = life->granted > kmc_life_size(life) ? life->granted : kmc_life_size(life);
	if (c->addr >= start + bytes)
		return;
	/* Of another cache: rather the pages changed hands where nobody looked. */
	if (names_another_cache(c, life))
		return;
	c->other = life;
	c->from = life->from;
	c->size = kmc_life_size(life);
	KMC_ASK(judge, FR_11, c);
}

static struct kmc_life_count *count_of_free(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (c->by == KMC_BY_CACHE_FREE && c->ev->cache != KMC_CACHE_NONE)
		return kmc_book_count(judge, KMC_FROM_CACHE, c->ev->cache, 0, 0);
	return &judge->class_count[KMC_CLASS_UNKNOWN];
}

static void free_of_unknown(struct kmc_judge *judge, struct kmc_case *c,
			    const struct kmc_life *life)
{
	if (life || kmc_shadow_was_freed(&judge->shadow, c->addr))
		(life ? kmc_book_count_of(judge, life) : count_of_free(judge, c))->free_again++;
	else
		count_of_free(judge, c)->before_trace++;
	judge_unknown(judge, c);
}

static const char *name_of_free(unsigned int by)
{
	return by == KMC_BY_KFREE ? "kfree" : "kmem_cache_free";
}

static int on_free(struct kmc_judge *judge, const struct kmc_event *ev, unsigned int by)
{
	struct kmc_life *life;
	struct kmc_case c;

	if (!ev->addr || ev->addr == KMC_ZERO_SIZE_PTR)
		return 0;
	life = kmc_shadow_find(&judge->shadow, ev->addr);
	if (!life || life->state != KMC_LIFE_LIVE) {
		set_case(judge, &c, ev, KMC_FROM_UNKNOWN, name_of_free(by));
		c.by = (uint8_t)by;
		free_of_unknown(judge, &c, life);
		return 0;
	}
	if (judge->legal[life->from][by]) {
		count_legal(judge, life->from);
	} else {
		set_case(judge, &c, ev, life->from, name_of_free(by));
		c.by = (uint8_t)by;
		c.size = kmc_life_size(life);
		c.gfp = life->gfp;
		c.other = life;
		judge_wrong_pair(judge, &c, life);
	}
	kmc_book_count_of(judge, life)->frees++;
	kmc_book_end(judge, life, KMC_LIFE_FREED);
	return 0;
}

/* Pages. */

static int on_page_alloc(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_life_count *count = &judge->class_count[KMC_CLASS_PAGE];
	struct kmc_case c;

	set_case(judge, &c, ev, KMC_FROM_PAGE, "mm_page_alloc");
	if (ev->order > judge->subject.machine.max_order) {
		KMC_ASK(judge, PAGE_1, &c);
		return 0;
	}
	if (failed(ev)) {
		count->failed++;
		KMC_ASK(judge, GFP_13, &c);
		return 0;
	}
	KMC_ASK(judge, PAGE_2, &c);
	/* Two zones named is the caller's breach: nothing is promised then. */
	if ((ev->gfp & ZONES) == KMC_GFP_DMA)
		KMC_ASK(judge, GFP_28, &c);
	else if ((ev->gfp & ZONES) == KMC_GFP_DMA32)
		KMC_ASK(judge, GFP_29, &c);
	count->allocs++;
	/* A life that no free was seen to end: pages are also freed where nobody looks. */
	if (kmc_block_of(judge, ev->addr))
		count->implied_frees++;
	return kmc_block_begin(judge, ev);
}

/* A large kmalloc whose pages go back was freed by a call that emits nothing. */
static void end_large(struct kmc_judge *judge, uint64_t addr)
{
	struct kmc_life *life = kmc_shadow_find(&judge->shadow, addr);

	if (life && life->state == KMC_LIFE_LIVE && life->from == KMC_FROM_KMALLOC_LARGE)
		infer_free(judge, life);
}

static int on_page_free(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_life_count *count = &judge->class_count[KMC_CLASS_PAGE];

	if (ev->order > judge->subject.machine.max_order)
		return 0;
	if (kmc_block_of(judge, ev->addr))
		count->frees++;
	else
		count->before_trace++;
	end_large(judge, ev->addr);
	kmc_block_end(judge, ev->addr, ev->order);
	return 0;
}

int kmc_trace_side(struct kmc_judge *judge, const struct kmc_event *ev)
{
	int plain;

	if (ev->cpu < judge->nr_cpus)
		judge->cpus[ev->cpu].since++;
	plain = kmc_plain_point(judge, ev);
	if (plain)
		return plain < 0 ? plain : 0;
	switch (ev->what) {
	case KMC_TP_EV_KMALLOC:
		return on_kmalloc(judge, ev);
	case KMC_TP_EV_KFREE:
		return on_free(judge, ev, KMC_BY_KFREE);
	case KMC_TP_EV_KMEM_CACHE_ALLOC:
		return on_cache_alloc(judge, ev);
	case KMC_TP_EV_KMEM_CACHE_FREE:
		return on_free(judge, ev, KMC_BY_CACHE_FREE);
	case KMC_TP_EV_MM_PAGE_ALLOC:
		return on_page_alloc(judge, ev);
	case KMC_TP_EV_MM_PAGE_FREE:
		return on_page_free(judge, ev);
	default:
		return 0;
	}
}
