// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call-level streams: every call with its name, operands and result, every free
 * shown. A call is judged twice: at its entry what its caller may do, at its
 * end what it returned and what happened on the way. Lives change between the
 * two: a block is free from the entry of its free on, and taken from the end of
 * its allocation on, so that overlapping calls of other tasks are judged right.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"

enum { Z = 1, A = 2, G = 4, R = 8, N = 16 };

struct traits {
	uint8_t gives; /* enum kmc_provenance; 0 nothing */
	uint8_t takes; /* enum kmc_free_column + 1; 0 nothing */
	uint8_t how;
};

static const struct traits traits[KMC_OPCODE_END] = {
#define KMC_GIVES(op, from, traits) [KMC_OP_##op] = { .gives = KMC_FROM_##from, .how = traits },
#define KMC_TAKES(op, by, traits) [KMC_OP_##op] = { .takes = KMC_BY_##by + 1, .how = traits },
#include "call_traits.def"
};

static const struct traits *traits_of(unsigned int code)
{
	return &traits[code < KMC_OPCODE_END ? code : 0];
}

bool kmc_call_requests(unsigned int code)
{
	return traits_of(code)->gives || code == KMC_OP_KMEM_CACHE_ALLOC_BULK ||
	       code == KMC_OP_ALLOC_PAGES_BULK;
}

/* open calls */

struct kmc_open_call *kmc_open_find(struct kmc_judge *judge, uint32_t id)
{
	for (size_t i = judge->nr_open; id && i-- > 0; )
		if (judge->open[i].id == id)
			return &judge->open[i];
	return NULL;
}

static int open_push(struct kmc_judge *judge, const struct kmc_event *ev)
{
	if (judge->nr_open == judge->max_open) {
		size_t max = judge->max_open ? judge->max_open * 2 : 16;
		void *open = realloc(judge->open, max * sizeof(*judge->open));

		if (!open)
			return -ENOMEM;
		judge->open = open;
		judge->max_open = max;
	}
	judge->open[judge->nr_open++] =
		(struct kmc_open_call){ .id = ev->id, .what = ev->what, .begin = *ev,
					.since = judge->now };
	return 0;
}

static void open_drop(struct kmc_judge *judge, struct kmc_open_call *open)
{
	*open = judge->open[--judge->nr_open];
}

/* the case */

static unsigned int bulk_parent(struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_open_call *parent = kmc_open_find(judge, ev->parent);

	switch (parent ? parent->what : 0) {
	case KMC_OP_KFREE_BULK:
	case KMC_OP_KMEM_CACHE_FREE_BULK:
	case KMC_OP_KMEM_CACHE_ALLOC_BULK:
	case KMC_OP_ALLOC_PAGES_BULK:
		return parent->what;
	default:
		return 0;
	}
}

static unsigned int page_kind(unsigned int from, const struct kmc_event *ev)
{
	bool get = from == KMC_FROM_GET;

	if (!ev->order)
		return from;
	if (ev->gfp & KMC_GFP_COMP)
		return get ? KMC_FROM_GET_COMP : KMC_FROM_PAGE_COMP;
	return get ? KMC_FROM_GET_PLAIN : KMC_FROM_PAGE_PLAIN;
}

static unsigned int provenance_of(struct kmc_judge *judge, const struct kmc_case *c,
				  unsigned int from, unsigned int bulk)
{
	switch (from) {
	case KMC_FROM_KMALLOC:
		return c->size > judge->subject.machine.kmalloc_max_cache ?
			       KMC_FROM_KMALLOC_LARGE : KMC_FROM_KMALLOC;
	case KMC_FROM_CACHE:
		if (c->cache && c->cache->desc.ctor)
			return KMC_FROM_CACHE_CTOR;
		return c->cache && c->cache->desc.flags & KMC_CF_TYPESAFE_BY_RCU ?
			       KMC_FROM_CACHE_TYPESAFE : KMC_FROM_CACHE;
	case KMC_FROM_PAGE:
		return bulk == KMC_OP_ALLOC_PAGES_BULK ? KMC_FROM_PAGE_BULK : page_kind(from, c->ev);
	case KMC_FROM_GET:
		return page_kind(from, c->ev);
	case KMC_FROM_VMAP:
		return c->ev->addr2 & KMC_VMAP_PUT_PAGES ? KMC_FROM_VMAP_PUT : KMC_FROM_VMAP;
	default:
		return from;
	}
}

static bool is_array(const struct kmc_event *ev)
{
	switch (ev->what) {
	case KMC_OP_KMALLOC_ARRAY:
	case KMC_OP_KMALLOC_ARRAY_NODE:
	case KMC_OP_KCALLOC:
	case KMC_OP_KCALLOC_NODE:
	case KMC_OP_KVMALLOC_ARRAY:
	case KMC_OP_KVCALLOC:
		return true;
	default:
		return false;
	}
}

static unsigned int column_of(unsigned int takes, unsigned int bulk)
{
	/* kmem_cache_free_bulk(NULL, ...) is kfree_bulk: its entries are kfree calls. */
	if (bulk == KMC_OP_KFREE_BULK ||
	    (bulk == KMC_OP_KMEM_CACHE_FREE_BULK && takes - 1 == KMC_BY_KFREE))
		return KMC_BY_KFREE_BULK;
	return bulk == KMC_OP_KMEM_CACHE_FREE_BULK ? KMC_BY_CACHE_FREE_BULK : takes - 1;
}

static const char *call_name(const struct kmc_judge *judge, unsigned int code)
{
	return judge->ops[code < KMC_OPCODE_END ? code : 0].name;
}

static void set_case(struct kmc_judge *judge, struct kmc_case *c, const struct kmc_event *ev)
{
	const struct traits *t = traits_of(ev->what);
	unsigned int bulk = bulk_parent(judge, ev);

	*c = (struct kmc_case){
		.ev = ev, .call = call_name(judge, ev->what), .addr = ev->addr, .size = ev->size,
		.gfp = ev->gfp, .outermost = !ev->parent || bulk, .by = KMC_BY_NOBODY,
		.granted = ev->granted > UINT32_MAX ? UINT32_MAX : (uint32_t)ev->granted,
		.zeroed = t->how & Z || ev->gfp & KMC_GFP_ZERO, .array = is_array(ev),
	};
	if (ev->cache < judge->nr_caches)
		c->cache = judge->caches[ev->cache];
	if (c->array && __builtin_mul_overflow(ev->arg, ev->addr2, &c->size)) {
		c->overflow = true;
		c->size = UINT64_MAX;
	}
	if (t->gives)
		c->from = (uint8_t)provenance_of(judge, c, t->gives, bulk);
	if (t->takes)
		c->by = (uint8_t)column_of(t->takes, bulk);
}

/* lives */

/* A constant string may be the program's own, which lies outside the direct map. */
static bool takes_addresses(const struct kmc_judge *judge, unsigned int from, uint64_t addr)
{
	const struct kmc_machine *m = &judge->subject.machine;

	if (from == KMC_FROM_CONST)
		return m->direct_map && addr >= m->direct_map && addr < m->vmalloc_start;
	return from != KMC_FROM_PERCPU && from != KMC_FROM_ZS;
}

/* Memory that was freed may be handed out again at once. */
static void ask_reuse(struct kmc_judge *judge, const struct kmc_case *c,
		      const struct kmc_life *life)
{
	struct kmc_case again = *c;

	again.other = life->seq ? life : NULL;
	KMC_ASK(judge, FR_17, &again);
}

static int begin_life(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *life = kmc_shadow_put(&judge->shadow, c->addr);

	if (!life)
		return -ENOMEM;
	if (life->state == KMC_LIFE_LIVE) {
		kmc_place_remove(judge, life->addr, kmc_life_size(life));
		kmc_book_end(judge, life, KMC_LIFE_FREED);
	}
	ask_reuse(judge, c, life);
	life->seq = judge->now;
	life->from = c->from;
	life->flags = 0;
	if (c->zeroed)
		life->flags |= KMC_LIFE_ZEROED | KMC_LIFE_ZEROING;
	if (c->effects & 1u << KMC_EFF_CHARGED)
		life->flags |= KMC_LIFE_CHARGED;
	if (judge->grace.nr)
		kmc_objects_taken(judge, c);
	if (c->ev->marks & KMC_MARK_KEPT)
		life->flags |= KMC_LIFE_KEPT;
	kmc_life_set_size(life, c->size);
	life->granted = c->from >= KMC_FROM_PAGE ? 1 : c->granted; /* pages: references */
	life->gfp = c->gfp;
	life->cache = c->ev->cache;
	kmc_book_begin(judge, life);
	if (!takes_addresses(judge, c->from, c->addr)) {
		life->flags |= KMC_LIFE_NO_EXTENT;
		return 0;
	}
	return kmc_place_add(judge, c->addr, c->size);
}

static void end_life(struct kmc_judge *judge, struct kmc_life *life, enum kmc_life_state state)
{
	if (life->state != KMC_LIFE_LIVE)
		return;
	if (!(life->flags & KMC_LIFE_NO_EXTENT))
		kmc_place_remove(judge, life->addr, kmc_life_size(life));
	kmc_book_end(judge, life, state);
}

/* After a caller's breach nothing about the object is held against the allocator. */
static void make_undefined(struct kmc_judge *judge, struct kmc_life *life)
{
	end_life(judge, life, KMC_LIFE_UNDEFINED);
	life->flags |= KMC_LIFE_TAINTED;
}

/* entry: flags and contexts */

static bool has_gfp(const struct kmc_judge *judge, unsigned int code)
{
	return judge->ops[code < KMC_OPCODE_END ? code : 0].has_gfp;
}

static bool is_slab_request(const struct kmc_case *c)
{
	return c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_BUCKET;
}

static void enter_request(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (c->from == KMC_FROM_VMALLOC)
		KMC_ASK(judge, VM_8, c);
	if (!has_gfp(judge, c->ev->what))
		return;
	KMC_ASK(judge, GFP_24, c);
	KMC_ASK(judge, GFP_27, c);
	if (c->from != KMC_FROM_VMALLOC)
		KMC_ASK(judge, GFP_1, c);
	if (is_slab_request(c))
		KMC_ASK(judge, KM_24, c);
	if (c->ev->what == KMC_OP_ALLOC_PAGES_NOLOCK)
		KMC_ASK(judge, PAGE_37, c);
}

static bool is_cache_use(unsigned int code)
{
	return (code >= KMC_OP_KMEM_CACHE_DESTROY && code <= KMC_OP_KMEM_CACHE_FREE_BULK) ||
	       code == KMC_OP_KMEM_CACHE_PREFILL_SHEAF ||
	       code == KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF;
}

/* A destroy of NULL, or a bulk free whose caches come from the objects, names no cache. */
static bool names_cache(const struct kmc_event *ev)
{
	return ev->cache != KMC_CACHE_NONE;
}

static void enter_cache_call(struct kmc_judge *judge, struct kmc_case *c)
{
	unsigned int code = c->ev->what;

	if (code == KMC_OP_KMEM_CACHE_CREATE || code == KMC_OP_KMEM_CACHE_CREATE_USERCOPY ||
	    code == KMC_OP_KMEM_CACHE_CREATE_ARGS) {
		KMC_ASK(judge, KC_3, c);
		KMC_ASK(judge, ALIGN_14, c);
		return;
	}
	if (!is_cache_use(code) || !names_cache(c->ev))
		return;
	KMC_ASK(judge, KC_1, c);
	KMC_ASK(judge, KC_29, c);
	if (c->by == KMC_BY_NOBODY && c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KC_11, c);
	if (code == KMC_OP_KMEM_CACHE_ALLOC_BULK || code == KMC_OP_KMEM_CACHE_FREE_BULK)
		KMC_ASK(judge, KC_34, c);
	if (code == KMC_OP_KMEM_CACHE_DESTROY) {
		KMC_ASK(judge, KC_3, c);
		c->value = c->cache && c->cache->known ? c->cache->count.live : 0;
		KMC_ASK(judge, KC_25, c);
	}
}

/* entry: frees */

static bool is_page_memory(unsigned int from)
{
	return from >= KMC_FROM_PAGE && from <= KMC_FROM_CMA;
}

static bool is_rcu_free(unsigned int by)
{
	return by == KMC_BY_KFREE_RCU || by == KMC_BY_KVFREE_RCU || by == KMC_BY_MIGHTSLEEP;
}

static bool gives_order(unsigned int by)
{
	return by == KMC_BY_FREE_PAGES_PAGE || by == KMC_BY_FREE_PAGES;
}

static void free_of_sentinel(struct kmc_judge *judge, struct kmc_case *c)
{
	c->from = c->addr ? KMC_FROM_ZERO_SIZE : KMC_FROM_NULL;
	if (kmc_pairing_of(c->from, c->by, judge->subject.edition) != KMC_PAIR_NONE)
		KMC_ASK(judge, FR_9, c);
}

/* Freed again, queued again, or gone with a breach before. */
static void free_of_dead(struct kmc_judge *judge, struct kmc_case *c, struct kmc_life *life)
{
	kmc_book_count_of(judge, life)->free_again++;
	c->other = life;
	c->from = life->from;
	c->size = kmc_life_size(life);
	if (life->state == KMC_LIFE_UNDEFINED || life->seq < judge->blind_before)
		return;
	if (life->state == KMC_LIFE_PENDING && is_rcu_free(c->by))
		KMC_ASK(judge, RCU_8, c);
	else if (is_page_memory(c->from) && judge->on[KMC_R_PAGE_6])
		KMC_ASK(judge, PAGE_6, c);
	else
		KMC_ASK(judge, FR_10, c);
	life->flags |= KMC_LIFE_TAINTED;
}

/* Inside a live block, or nowhere. */
static void free_of_unknown(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_life *inside = kmc_place_find(judge, c->addr, 1, c->addr);

	judge->class_count[KMC_CLASS_UNKNOWN].before_trace++;
	if (!inside && (judge->blind_before || c->ev->marks & KMC_MARK_BEFORE_TRACE))
		return;
	c->other = inside;
	c->from = inside ? inside->from : KMC_FROM_UNKNOWN;
	c->size = inside ? kmc_life_size(inside) : 0;
	KMC_ASK(judge, FR_11, c);
	if (inside)
		make_undefined(judge, inside);
}

static void ask_pair(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (kmc_pairing_of(c->from, c->by, judge->subject.edition) != KMC_PAIR_NONE)
		kmc_ask_rule(judge, kmc_pairing_rule(c->from, c->by, judge->subject.edition), c);
	if (c->by == KMC_BY_CACHE_FREE_BULK)
		KMC_ASK(judge, FR_15, c);
	if (is_page_memory(c->from)) {
		KMC_ASK(judge, PAGE_6, c);
		/* Memory that no order was asked for has none to be wrong. */
		if (gives_order(c->by) && c->from != KMC_FROM_EXACT)
			KMC_ASK(judge, PAGE_5, c);
	} else {
		KMC_ASK(judge, FR_10, c);
	}
	KMC_ASK(judge, FR_11, c);
	if (is_rcu_free(c->by)) {
		KMC_ASK(judge, RCU_8, c);
		KMC_ASK(judge, RCU_12, c);
	}
}

/*
 * A reference of a page block was dropped while others are held. Of a plain
 * block the head alone stays (PAGE-8), a compound one stays whole.
 */
static void drop_reference(struct kmc_judge *judge, struct kmc_life *life)
{
	bool whole = life->from != KMC_FROM_PAGE_PLAIN && life->from != KMC_FROM_GET_PLAIN;

	life->granted--;
	if (whole)
		return;
	kmc_place_remove(judge, life->addr, kmc_life_size(life));
	kmc_book_end(judge, life, KMC_LIFE_FREED);
	kmc_life_set_size(life, KMC_PAGE);
	/* What is left is one page, and is put as one. */
	life->from = life->from == KMC_FROM_GET_PLAIN ? KMC_FROM_GET : KMC_FROM_PAGE;
	kmc_book_begin(judge, life);
	kmc_book_count_of(judge, life)->allocs--;
	kmc_place_add(judge, life->addr, KMC_PAGE);
}

/*
 * put_page() of a plain block is wrong as its free (Part 2.4): the head alone would go. As
 * the end of a get_page() it is right, and the block stays whole.
 */
static bool ends_reference(const struct kmc_case *c, const struct kmc_life *life)
{
	return c->by == KMC_BY_PUT_PAGE && life->granted > 1 &&
	       (life->from == KMC_FROM_PAGE_PLAIN || life->from == KMC_FROM_GET_PLAIN) &&
	       !(c->ev->marks & KMC_MARK_MISUSE);
}

/* @broken: rules broken before this call was looked at. */
static void free_of_live(struct kmc_judge *judge, struct kmc_case *c, struct kmc_life *life,
			 unsigned int broken)
{
	c->other = life;
	c->from = life->from;
	c->size = kmc_life_size(life);
	c->gfp = life->gfp;
	if (ends_reference(c, life)) {
		life->granted--;
		return;
	}
	ask_pair(judge, c);
	if (judge->broken_now != broken) {
		make_undefined(judge, life);
		return;
	}
	if (c->ev->marks & KMC_MARK_MISUSE)
		return; /* not done to the subject */
	if (is_page_memory(c->from) && life->granted > 1) {
		drop_reference(judge, life);
		return;
	}
	kmc_book_count_of(judge, life)->frees++;
	if (c->ev->marks & KMC_MARK_INFERRED)
		kmc_book_count_of(judge, life)->implied_frees++;
	end_life(judge, life, is_rcu_free(c->by) ? KMC_LIFE_PENDING : KMC_LIFE_FREED);
	if (is_rcu_free(c->by)) {
		life->flags |= KMC_LIFE_DEFERRED;
		kmc_objects_rcu_enter(judge, c, life);
	} else if (c->from == KMC_FROM_CACHE_TYPESAFE) {
		kmc_objects_typesafe_freed(judge, c, life);
	}
}

static void enter_free(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_life *life;
	bool pages = c->by >= KMC_BY_FREE_PAGES_PAGE && c->by <= KMC_BY_CMA_RELEASE;
	unsigned int broken = judge->broken_now;

	if (c->ev->what == KMC_OP_FREE_PAGES_NOLOCK || c->ev->what == KMC_OP_KFREE_NOLOCK)
		;
	else if (pages)
		KMC_ASK(judge, PAGE_32, c);
	else
		KMC_ASK(judge, FR_22, c);
	if (c->addr <= KMC_ZERO_SIZE_PTR) {
		free_of_sentinel(judge, c);
		return;
	}
	life = kmc_shadow_find(&judge->shadow, c->addr);
	if (life && life->state == KMC_LIFE_LIVE)
		free_of_live(judge, c, life, broken);
	else if (life && life->seq)
		free_of_dead(judge, c, life);
	else
		free_of_unknown(judge, c);
}

/* entry: what the holder does with memory */

static struct kmc_life *block_at(struct kmc_judge *judge, uint64_t addr)
{
	struct kmc_life *life = kmc_shadow_find(&judge->shadow, addr);

	if (life && life->state == KMC_LIFE_LIVE)
		return life;
	return kmc_place_find(judge, addr, 1, 0);
}

/* The block that a misuse beyond its end was meant to leave: the last one before. */
static struct kmc_life *block_before(struct kmc_judge *judge, uint64_t addr)
{
	for (uint64_t back = 8; back <= 64; back += 8) {
		struct kmc_life *life = back < addr ? block_at(judge, addr - back) : NULL;

		if (life)
			return life;
	}
	return NULL;
}

static void enter_memory(struct kmc_judge *judge, struct kmc_case *c)
{
	bool misuse = c->ev->marks & KMC_MARK_MISUSE;
	/* Beyond its block a misuse may touch a neighbour: it says which block it meant. */
	struct kmc_life *life = block_at(judge, misuse && c->ev->addr2 ? c->ev->addr2 : c->addr);
	struct kmc_life *dead = life ? NULL : kmc_shadow_find(&judge->shadow, c->addr);

	if (!life && dead && dead->state == KMC_LIFE_FREED && dead->seq > judge->blind_before) {
		c->other = dead;
		c->from = dead->from;
		KMC_ASK(judge, FR_10, c);
		return;
	}
	if (!life && misuse)
		life = block_before(judge, c->addr);
	if (!life)
		return;
	c->other = life;
	c->from = life->from;
	if (life->from >= KMC_FROM_KMALLOC && life->from <= KMC_FROM_KMALLOC_NOLOCK) {
		KMC_ASK(judge, KM_18, c);
		KMC_ASK(judge, KM_9, c);
	}
	if (c->ev->what == KMC_OP_WRITE && !misuse)
		life->flags &= ~(unsigned int)KMC_LIFE_ZEROED & 0x3ff;
}

static void enter(struct kmc_judge *judge, struct kmc_case *c)
{
	unsigned int code = c->ev->what;

	if (c->by != KMC_BY_NOBODY)
		enter_free(judge, c);
	if (!c->outermost)
		return;
	kmc_objects_enter(judge, c);
	if (kmc_call_requests(code))
		enter_request(judge, c);
	if (code >= KMC_OP_KMEM_CACHE_CREATE && code <= KMC_OP_KMEM_CACHE_RETURN_SHEAF)
		enter_cache_call(judge, c);
	if (code == KMC_OP_WRITE || code == KMC_OP_READ || code == KMC_OP_CHECK ||
	    code == KMC_OP_CHECK_ZERO)
		enter_memory(judge, c);
}

/* the end: allocations */

static void ask_effects(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (!has_gfp(judge, c->ev->what))
		return;
	/* VM-7, MP-2 and MP-3 stand in their place for their calls. */
	if (c->from != KMC_FROM_VMALLOC && c->from != KMC_FROM_MEMPOOL)
		KMC_ASK(judge, GFP_13, c);
	KMC_ASK(judge, GFP_3, c);
	if (c->from == KMC_FROM_MEMPOOL)
		return;
	if (is_slab_request(c))
		KMC_ASK(judge, KM_22, c);
	if (is_slab_request(c) && c->effects) {
		/* A sleep is KM-22's; the rest can only come from a page request inside. */
		struct kmc_case rest = *c;

		rest.effects &= ~(1u << KMC_EFF_SLEPT);
		KMC_ASK(judge, GFP_2, &rest);
	} else {
		KMC_ASK(judge, GFP_2, c);
	}
}

static bool is_plain_kmalloc(const struct kmc_case *c)
{
	return c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_KMALLOC_NOLOCK &&
	       traits_of(c->ev->what)->how & (G | R);
}

static void ask_place(struct kmc_judge *judge, struct kmc_case *c)
{
	uint64_t old = traits_of(c->ev->what)->how & R ? c->ev->addr2 : 0;
	struct kmc_life *other = kmc_place_find(judge, c->addr, c->size, old);

	if (other && (other->seq < judge->blind_before || other->flags & KMC_LIFE_TAINTED))
		other = NULL;
	c->other = other;
	if (c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KC_41, c);
	else if (c->from == KMC_FROM_VMALLOC)
		KMC_ASK(judge, VM_24, c);
	else if (is_page_memory(c->from))
		KMC_ASK(judge, PAGE_3, c);
	else if (takes_addresses(judge, c->from, c->addr) && c->from != KMC_FROM_UNKNOWN)
		KMC_ASK(judge, KM_1, c);
	c->other = NULL;
}

static void ask_content(struct kmc_judge *judge, const struct kmc_case *c)
{
	bool ends = c->ev->kind != KMC_EV_EFFECT;

	if (!c->open || !c->open->dirty || !c->zeroed)
		return;
	if (ends && (c->ev->what == KMC_OP_KCALLOC || c->ev->what == KMC_OP_KCALLOC_NODE))
		KMC_ASK(judge, ARR_2, c);
	else if (c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_KMALLOC_NOLOCK)
		KMC_ASK(judge, KM_7, c);
	else if (ends && (c->ev->what == KMC_OP_VMALLOC_USER ||
			  c->ev->what == KMC_OP_VMALLOC_32_USER))
		KMC_ASK(judge, VM_3, c);
	else if (c->from == KMC_FROM_VMALLOC)
		KMC_ASK(judge, VM_2, c);
	else if (c->from == KMC_FROM_KVMALLOC)
		KMC_ASK(judge, KV_8, c);
	else if (c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KC_12, c);
	else if (is_page_memory(c->from))
		KMC_ASK(judge, GFP_20, c);
}

static void ask_pages(struct kmc_judge *judge, const struct kmc_case *c)
{
	bool block = c->from != KMC_FROM_EXACT && c->from != KMC_FROM_CONTIG &&
		     c->from != KMC_FROM_CMA && c->from != KMC_FROM_FRAG;

	if (block)
		KMC_ASK(judge, PAGE_2, c);
	/* Two zones named is the caller's breach (GFP-24): nothing is promised then. */
	if (c->gfp & KMC_GFP_DMA && !(c->gfp & (KMC_GFP_DMA32 | KMC_GFP_HIGHMEM)))
		KMC_ASK(judge, GFP_28, c);
	else if (c->gfp & KMC_GFP_DMA32 && !(c->gfp & (KMC_GFP_DMA | KMC_GFP_HIGHMEM)))
		KMC_ASK(judge, GFP_29, c);
}

static void ask_block(struct kmc_judge *judge, struct kmc_case *c)
{
	bool in_place = traits_of(c->ev->what)->how & R && c->addr == c->ev->addr2;

	if (is_plain_kmalloc(c) && !in_place) {
		kmc_ask_alignment(judge, c);
		KMC_ASK(judge, KM_13, c);
		KMC_ASK(judge, KM_20, c);
	} else if (c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR) {
		KMC_ASK(judge, ALIGN_7, c);
		if (c->cache && c->cache->hwalign)
			KMC_ASK(judge, ALIGN_8, c);
	} else if (c->from == KMC_FROM_VMALLOC) {
		KMC_ASK(judge, ALIGN_11, c);
	} else if (c->from == KMC_FROM_KVMALLOC && !in_place) {
		KMC_ASK(judge, KV_2, c);
	} else if (is_page_memory(c->from)) {
		ask_pages(judge, c);
	}
	ask_place(judge, c);
	ask_content(judge, c);
}

static bool names_own_overflow(unsigned int code)
{
	return code == KMC_OP_KMEMDUP_ARRAY || code == KMC_OP_KMALLOC_OBJS ||
	       code == KMC_OP_KMALLOC_FLEX;
}

/* What is wrong about a NULL, a sentinel or a block as such. */
static void ask_kind(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (is_plain_kmalloc(c) && !(traits_of(c->ev->what)->how & R)) {
		if (!c->size)
			KMC_ASK(judge, KM_3, c);
		else
			KMC_ASK(judge, KM_6, c);
		if (c->overflow)
			KMC_ASK(judge, ARR_1, c);
		else if (c->size == UINT64_MAX && names_own_overflow(c->ev->what))
			; /* DUP-6, KM-23 */
		else if (c->size > judge->subject.machine.kmalloc_max_cache)
			kmc_ask_ceiling(judge, c);
		if (c->from == KMC_FROM_KMALLOC_NOLOCK)
			KMC_ASK(judge, KM_21, c);
	}
	if (c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KM_6, c);
	if (is_page_memory(c->from)) {
		KMC_ASK(judge, PAGE_1, c);
		if (c->from == KMC_FROM_PAGE_NOLOCK)
			KMC_ASK(judge, PAGE_33, c);
	}
}

/* A resize that succeeded, or freed its block, ends the old life. */
static void end_old(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *old = kmc_shadow_find(&judge->shadow, c->ev->addr2);
	bool frees = c->ev->outcome == KMC_OUT_VALUE || c->ev->outcome == KMC_OUT_ZERO_SIZE ||
		     (c->ev->outcome == KMC_OUT_NULL && !c->size);

	if (!c->ev->addr2 || !old || old->state != KMC_LIFE_LIVE || !frees)
		return;
	kmc_book_count_of(judge, old)->frees++;
	end_life(judge, old, KMC_LIFE_FREED);
}

static int end_request(struct kmc_judge *judge, struct kmc_case *c)
{
	bool resize = traits_of(c->ev->what)->how & R;

	ask_effects(judge, c);
	ask_kind(judge, c);
	if (c->ev->outcome != KMC_OUT_VALUE || c->addr <= KMC_ZERO_SIZE_PTR ||
	    kmc_is_error_pointer(c->addr)) {
		if (resize)
			end_old(judge, c);
		if (c->ev->outcome == KMC_OUT_NULL)
			kmc_book_count(judge, c->from, c->ev->cache, c->granted, c->size)->failed++;
		return 0;
	}
	/* Rule: RS-4. A layout without bytes has an address, and no memory. */
	if (c->from == KMC_FROM_RUST && !c->size) {
		if (resize)
			end_old(judge, c);
		return 0;
	}
	ask_block(judge, c);
	if (resize) {
		end_old(judge, c);
		c->zeroed = false; /* REA-7, REA-8: not judged here */
	}
	return begin_life(judge, c);
}

/* the end: frees and the rest */

static void end_free(struct kmc_judge *judge, struct kmc_case *c)
{
	if (c->ev->marks & KMC_MARK_MISUSE)
		return;
	if (!c->addr) {
		c->from = KMC_FROM_NULL;
		if (kmc_pairing_of(c->from, c->by, judge->subject.edition) != KMC_PAIR_NOOP)
			return;
		if (c->by == KMC_BY_FREE_PAGES)
			KMC_ASK(judge, PAGE_12, c);
		else
			KMC_ASK(judge, FR_7, c);
		return;
	}
	if (c->addr == KMC_ZERO_SIZE_PTR) {
		c->from = KMC_FROM_ZERO_SIZE;
		if (kmc_pairing_of(c->from, c->by, judge->subject.edition) == KMC_PAIR_NOOP)
			KMC_ASK(judge, FR_8, c);
		return;
	}
	const struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);

	/* Another task may have the address by now: what matters is who had it at the entry. */
	if (!life || life->state == KMC_LIFE_UNDEFINED || life->flags & KMC_LIFE_TAINTED)
		return;
	c->from = life->from;
	if (kmc_pairing_of(c->from, c->by, judge->subject.edition) != KMC_PAIR_LEGAL)
		return;
	/* RCU-5 to RCU-7 and KV-11 stand in the place of FR-21 for their calls. */
	if (c->by == KMC_BY_KVFREE)
		KMC_ASK(judge, KV_11, c);
	else if (!is_rcu_free(c->by))
		KMC_ASK(judge, FR_21, c);
	if ((c->by == KMC_BY_KFREE || c->by == KMC_BY_KVFREE) &&
	    c->ev->what != KMC_OP_KVFREE_ATOMIC)
		KMC_ASK(judge, FR_12, c);
}

static void end_destroy(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_cache *cache = kmc_book_cache(judge, c->ev->cache);

	if (!cache || c->ev->marks & KMC_MARK_MISUSE || c->ev->outcome != KMC_OUT_NONE)
		return;
	cache->destroyed = true;
	cache->known = false;
	cache->destroyed_seq = judge->now;
}

static void end_get_page(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);

	if (life && life->state == KMC_LIFE_LIVE && is_page_memory(life->from))
		life->granted++;
}

/* Afterwards each page is a block of its own. */
static int end_split(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);
	struct kmc_event ev = *c->ev;
	struct kmc_case part = *c;
	bool undefined;
	uint64_t size;
	int err = 0;

	if (!life || !is_page_memory(life->from))
		return 0;
	undefined = life->state == KMC_LIFE_UNDEFINED;
	if (life->state != KMC_LIFE_LIVE && !undefined)
		return 0;
	size = kmc_life_size(life);
	ev.gfp = life->gfp;
	ev.marks = life->flags & KMC_LIFE_KEPT ? KMC_MARK_KEPT : 0;
	end_life(judge, life, KMC_LIFE_FREED);
	part.ev = &ev;
	part.from = KMC_FROM_PAGE_SPLIT;
	part.size = KMC_PAGE;
	for (uint64_t at = 0; at < size && !err; at += KMC_PAGE) {
		part.addr = c->addr + at;
		err = begin_life(judge, &part);
		if (!err && undefined)
			make_undefined(judge, kmc_shadow_find(&judge->shadow, part.addr));
	}
	return err;
}

static void end_question(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_life *life;

	switch (c->ev->what) {
	case KMC_OP_KSIZE:
		life = kmc_shadow_find(&judge->shadow, c->addr);
		if (life && life->state == KMC_LIFE_LIVE) {
			c->other = life;
			c->from = life->from;
			c->size = kmc_life_size(life);
			life->flags |= KMC_LIFE_KSIZED;
		}
		KMC_ASK(judge, KM_17, c);
		break;
	case KMC_OP_KMALLOC_SIZE_ROUNDUP:
		KMC_ASK(judge, KM_16, c);
		break;
	case KMC_OP_KMEM_CACHE_SIZE:
		KMC_ASK(judge, KC_22, c);
		break;
	case KMC_OP_ARRAY_SIZE:
		KMC_ASK(judge, ARR_4, c);
		break;
	case KMC_OP_ARRAY3_SIZE:
		KMC_ASK(judge, ARR_5, c);
		break;
	case KMC_OP_SIZE_MUL:
	case KMC_OP_SIZE_ADD:
		KMC_ASK(judge, ARR_6, c);
		break;
	case KMC_OP_SIZE_SUB:
		KMC_ASK(judge, ARR_7, c);
		break;
	case KMC_OP_STRUCT_SIZE:
		KMC_ASK(judge, ARR_8, c);
		break;
	case KMC_OP_FLEX_ARRAY_SIZE:
		KMC_ASK(judge, ARR_9, c);
		break;
	case KMC_OP_STRUCT_SIZE_T:
		KMC_ASK(judge, ARR_10, c);
		break;
	}
}

static int end_other(struct kmc_judge *judge, struct kmc_case *c)
{
	switch (c->ev->what) {
	case KMC_OP_KMEM_CACHE_ALLOC_BULK:
		if (!c->open)
			return 0;
		if (!c->open->begin.arg)
			KMC_ASK(judge, KC_35, c);
		else
			KMC_ASK(judge, KC_32, c);
		return 0;
	case KMC_OP_KFREE_BULK:
	case KMC_OP_KMEM_CACHE_FREE_BULK:
		if (c->open && !c->open->begin.arg)
			KMC_ASK(judge, KC_35, c);
		else if (c->open && !(c->ev->marks & KMC_MARK_MISUSE))
			KMC_ASK(judge, FR_14, c);
		return 0;
	case KMC_OP_KMEM_CACHE_DESTROY:
		end_destroy(judge, c);
		return 0;
	case KMC_OP_GET_PAGE:
		end_get_page(judge, c);
		return 0;
	case KMC_OP_SPLIT_PAGE:
		return end_split(judge, c);
	default:
		end_question(judge, c);
		return 0;
	}
}

static bool happened(const struct kmc_event *ev)
{
	return ev->outcome != KMC_OUT_SKIPPED && ev->outcome != KMC_OUT_REFUSED &&
	       ev->outcome != KMC_OUT_HUNG && ev->outcome != KMC_OUT_DIED;
}

/* What the call did goes into the books. */
static int take_over(struct kmc_judge *judge, struct kmc_case *c)
{
	if (traits_of(c->ev->what)->gives)
		return end_request(judge, c);
	if (c->by != KMC_BY_NOBODY) {
		end_free(judge, c);
		return 0;
	}
	return end_other(judge, c);
}

static int leave(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_open_call *parent = kmc_open_find(judge, c->ev->parent);
	int err;

	if (parent) {
		parent->children++;
		parent->successes += c->ev->outcome == KMC_OUT_VALUE;
	}
	if (!happened(c->ev))
		return 0;
	/* Misuse is not done to the subject: there is no result. */
	if (c->ev->marks & KMC_MARK_MISUSE && c->ev->outcome == KMC_OUT_NONE)
		return 0;
	kmc_objects_end(judge, c);
	err = take_over(judge, c);
	return err ? err : kmc_objects_done(judge, c);
}

static int on_begin(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_case c;

	set_case(judge, &c, ev);
	enter(judge, &c);
	return open_push(judge, ev);
}

static int on_end(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_open_call *open = kmc_open_find(judge, ev->id), own;
	struct kmc_case c;

	if (!open)
		return 0; /* its beginning was lost: nothing is known of its effects */
	own = *open;
	open_drop(judge, open);
	set_case(judge, &c, ev);
	c.open = &own;
	c.effects = own.effects;
	return leave(judge, &c);
}

static int on_call(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_open_call own;
	struct kmc_case c;
	uint8_t from;
	int plain;

	if (!happened(ev))
		return 0;
	plain = kmc_plain_call(judge, ev);
	if (plain)
		return plain < 0 ? plain : 0;
	own.id = ev->id;
	own.what = ev->what;
	own.dirty = 0;
	own.effects = own.children = own.successes = 0;
	own.since = judge->now;
	own.notes = (struct kmc_notes){ 0 };
	own.begin.arg = ev->arg;
	set_case(judge, &c, ev);
	from = c.from;
	enter(judge, &c);
	c.from = from;
	c.other = NULL;
	c.open = &own;
	return leave(judge, &c);
}

/* effects */

static void observe_zero(struct kmc_judge *judge, const struct kmc_event *ev,
			 struct kmc_open_call *open)
{
	bool dirty = ev->what == KMC_EFF_CONTENT_DIRTY;
	struct kmc_life *life = kmc_place_find(judge, ev->addr, 1, 0);
	struct kmc_open_call seen = { .dirty = dirty ? 2 : 1, .dirty_at = ev->addr2, .begin = *ev };
	struct kmc_case c;

	if (open && traits_of(open->what)->gives) {
		/* Of the call's own result, which its end will show. */
		if (dirty || !open->dirty) {
			open->dirty = seen.dirty;
			open->dirty_at = ev->addr2;
		}
		return;
	}
	if (!life || !(life->flags & KMC_LIFE_ZEROED))
		return;
	c = (struct kmc_case){
		.ev = ev, .call = open ? call_name(judge, open->what) : "check_zero", .open = &seen,
		.addr = life->addr, .size = kmc_life_size(life), .gfp = life->gfp, .zeroed = true,
		.from = life->from, .by = KMC_BY_NOBODY, .other = life,
	};
	ask_content(judge, &c);
}

static void observe_pattern(struct kmc_judge *judge, const struct kmc_event *ev,
			    const struct kmc_open_call *open)
{
	struct kmc_life *life = kmc_place_find(judge, ev->addr, 1, 0);
	struct kmc_case c;

	if (!life)
		return;
	c = (struct kmc_case){
		.ev = ev, .call = open ? call_name(judge, open->what) : "check", .addr = life->addr,
		.size = kmc_life_size(life), .gfp = life->gfp, .from = life->from,
		.by = KMC_BY_NOBODY, .other = life,
	};
	if (is_page_memory(life->from))
		KMC_ASK(judge, PAGE_35, &c);
	else if (life->from >= KMC_FROM_CACHE && life->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KC_41, &c);
	else if (life->from >= KMC_FROM_KMALLOC && life->from <= KMC_FROM_BUCKET)
		KMC_ASK(judge, KM_1, &c);
}

/* Rule: CPT-6, PAGE-3. The block of a life is elsewhere now; its holder knows. */
static int on_migrated(struct kmc_judge *judge, const struct kmc_event *ev,
		       const struct kmc_open_call *open)
{
	struct kmc_life *from = kmc_shadow_find(&judge->shadow, ev->addr), *to, moved;
	struct kmc_case c = {
		.ev = ev, .call = open ? call_name(judge, open->what) : "migration",
		.addr = ev->addr2, .by = KMC_BY_NOBODY,
	};

	if (!from || from->state != KMC_LIFE_LIVE || !is_page_memory(from->from))
		return 0;
	moved = *from;
	c.size = kmc_life_size(&moved);
	c.gfp = moved.gfp;
	c.from = moved.from & 63;
	c.value = moved.granted;
	c.other = from;
	KMC_ASK(judge, CPT_6, &c);
	end_life(judge, from, KMC_LIFE_FREED);
	ask_place(judge, &c);
	to = kmc_shadow_put(&judge->shadow, ev->addr2);
	if (!to)
		return -ENOMEM;
	end_life(judge, to, KMC_LIFE_FREED);
	moved.addr = ev->addr2;
	*to = moved;
	to->state = KMC_LIFE_FREED;
	kmc_book_begin(judge, to);
	kmc_book_count_of(judge, to)->allocs--; /* the same life goes on */
	return kmc_place_add(judge, to->addr, kmc_life_size(to));
}

static int on_effect(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_open_call *open = kmc_open_find(judge, ev->id);
	struct kmc_life *life;

	switch (ev->what) {
	case KMC_EFF_CONTENT_ZERO:
	case KMC_EFF_CONTENT_DIRTY:
		if (!kmc_objects_content(judge, ev, open))
			observe_zero(judge, ev, open);
		return 0;
	case KMC_EFF_CONTENT_KEPT:
	case KMC_EFF_CONTENT_LOST:
		if (!kmc_objects_content(judge, ev, open))
			observe_pattern(judge, ev, open);
		return 0;
	case KMC_EFF_MIGRATED:
		if (open)
			open->effects |= 1u << ev->what;
		return on_migrated(judge, ev, open);
	case KMC_EFF_RELEASED:
		life = kmc_shadow_find(&judge->shadow, ev->addr);
		if (life && life->state == KMC_LIFE_PENDING)
			life->state = KMC_LIFE_FREED;
		break;
	}
	if (open)
		open->effects |= 1u << ev->what;
	return kmc_objects_effect(judge, ev, open);
}

int kmc_call_side(struct kmc_judge *judge, const struct kmc_event *ev)
{
	switch (ev->kind) {
	case KMC_EV_BEGIN:
		return on_begin(judge, ev);
	case KMC_EV_END:
		return on_end(judge, ev);
	case KMC_EV_CALL:
		return on_call(judge, ev);
	case KMC_EV_EFFECT:
		return on_effect(judge, ev);
	case KMC_EV_MACHINE:
		return kmc_branch_event(judge, ev);
	default:
		return 0;
	}
}

/* the end of the stream */

static int by_seq(const void *a, const void *b)
{
	const struct kmc_life *x = *(const struct kmc_life *const *)a;
	const struct kmc_life *y = *(const struct kmc_life *const *)b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void ask_leak(struct kmc_judge *judge, const struct kmc_life *life,
		     const struct kmc_event *end)
{
	struct kmc_case c = { .ev = end, .call = "end of program", .by = KMC_BY_NOBODY };

	if (life) {
		c.other = life;
		c.from = life->from;
		c.addr = life->addr;
		c.size = kmc_life_size(life);
	}
	KMC_ASK(judge, FR_20, &c);
}

static bool is_leak(const struct kmc_judge *judge, const struct kmc_life *life)
{
	return life->addr && life->state == KMC_LIFE_LIVE && life->from != KMC_FROM_UNKNOWN &&
	       life->from != KMC_FROM_CONST && !(life->flags & KMC_LIFE_KEPT) &&
	       life->seq >= judge->blind_before;
}

int kmc_call_side_finish(struct kmc_judge *judge)
{
	const struct kmc_life **leaks;
	struct kmc_event end;
	size_t nr = 0;

	kmc_event_init(&end);
	if (!judge->on[KMC_R_FR_20] || !judge->events)
		return 0;
	if (!judge->shadow.live) {
		ask_leak(judge, NULL, &end);
		return 0;
	}
	leaks = malloc(judge->shadow.live * sizeof(*leaks));
	if (!leaks)
		return -ENOMEM;
	for (size_t i = 0; i <= judge->shadow.mask; i++)
		if (is_leak(judge, &judge->shadow.slots[i]))
			leaks[nr++] = &judge->shadow.slots[i];
	qsort(leaks, nr, sizeof(*leaks), by_seq);
	for (size_t i = 0; i < nr; i++)
		ask_leak(judge, leaks[i], &end);
	if (!nr)
		ask_leak(judge, NULL, &end);
	free(leaks);
	return 0;
}
