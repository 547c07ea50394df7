/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slabs: getting one from the page layer, its chain of free objects, the
 * lists of partial and full slabs of a node, giving it back. Used by the
 * sheaves and, where they are passed over, by allocation and free directly.
 *
 * The word that links a free object holds a kernel-like address, so that the
 * bytes of free memory do not depend on the process. It lies in memory that
 * a program may damage; every step is checked and a damaged chain is cut.
 */
#include "slab_debug.h"
#include "memcg.h"
#include "rcu_core.h"
#include <string.h>

/* the chain */

static inline uint64_t link_mask(const struct kmem_cache *s, uint64_t where)
{
	return s->hardening ? s->hardening ^ __builtin_bswap64(where) : 0;
}

static inline uint64_t link_address(struct kmc_sim *sim, const void *object)
{
	return KMC_DIRECT_MAP_BASE + (uint64_t)((const uint8_t *)object - sim->frames);
}

static uint64_t *link_word(const struct kmem_cache *s, const void *object)
{
	return (uint64_t *)((char *)object + s->offset);
}

/* Model: exact (R5 hardening, 5.7 and later), host addresses brought to kernel ones. */
KMC_NO_ASAN static void link_set(struct kmc_sim *sim, const struct kmem_cache *s, void *object,
				 const void *next)
{
	uint64_t *word = link_word(s, object);
	uint64_t value = next ? link_address(sim, next) : 0;

	*word = value ^ link_mask(s, link_address(sim, word));
}

void kmc_slab_end_chain(struct kmc_sim *sim, const struct kmem_cache *s, void *object)
{
	link_set(sim, s, object, NULL);
}

static void *slab_address(struct kmc_sim *sim, const struct page *slab)
{
	return pfn_to_virt_in(sim, page_to_pfn_in(sim, slab));
}

bool kmc_slab_object_valid(struct kmc_sim *sim, const struct kmem_cache *s,
			   const struct page *slab, const void *object)
{
	char *first = (char *)slab_address(sim, slab) + s->red_left;
	size_t off = (size_t)((const char *)object - first);
	unsigned int index;

	if (off >= (size_t)slab->slab.objects * s->size)
		return false;
	index = kmc_object_index(s, first, object);
	return (size_t)index * s->size == off;
}

KMC_NO_ASAN void *kmc_slab_next_free(struct kmc_sim *sim, const struct kmem_cache *s,
				     const struct page *slab, void *object, bool *bad)
{
	uint64_t *word = link_word(s, object);
	uint64_t value = *word ^ link_mask(s, link_address(sim, word));
	/* By number: a damaged word may lead anywhere. */
	void *next = (void *)((uintptr_t)sim->frames + (uintptr_t)(value - KMC_DIRECT_MAP_BASE));

	if (value == 0)
		return NULL;
	if (likely(kmc_slab_object_valid(sim, s, slab, next)))
		return next;
	*bad = true;
	return NULL;
}

static void *slab_first_free(struct kmc_sim *sim, const struct kmem_cache *s,
			     const struct page *slab)
{
	if (!slab->slab.freelist)
		return NULL;
	return kmc_object_at_index(s, slab_address(sim, slab), slab->slab.freelist - 1u);
}

static void slab_set_first(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab,
			   void *object)
{
	char *first = (char *)slab_address(sim, slab) + s->red_left;

	slab->slab.freelist =
		object ? (uint16_t)(kmc_object_index(s, first, object) + 1) : 0;
}

/* the lists; the node's list_lock is held and the node touched */

static void slab_link(struct kmc_sim *sim, uint32_t *head, struct page *slab)
{
	uint32_t pfn = (uint32_t)page_to_pfn_in(sim, slab);

	slab->link.prev = 0;
	slab->link.next = *head;
	if (*head) {
		struct page *old = pfn_to_page_in(sim, *head);

		kmc_touch(sim, old, sizeof(*old));
		old->link.prev = pfn;
	}
	*head = pfn;
}

static void slab_unlink(struct kmc_sim *sim, uint32_t *head, uint32_t *tail, struct page *slab)
{
	uint32_t next = slab->link.next, prev = slab->link.prev;

	if (next) {
		kmc_touch(sim, pfn_to_page_in(sim, next), sizeof(*slab));
		pfn_to_page_in(sim, next)->link.prev = prev;
	} else if (tail) {
		*tail = prev;
	}
	if (prev) {
		kmc_touch(sim, pfn_to_page_in(sim, prev), sizeof(*slab));
		pfn_to_page_in(sim, prev)->link.next = next;
	} else {
		*head = next;
	}
	slab->link.next = slab->link.prev = 0;
}

static void partial_add_tail(struct kmc_sim *sim, struct kmem_cache_node *n, struct page *slab)
{
	uint32_t pfn = (uint32_t)page_to_pfn_in(sim, slab);

	slab->link.next = 0;
	slab->link.prev = n->partial_tail;
	if (n->partial_tail) {
		struct page *old = pfn_to_page_in(sim, n->partial_tail);

		kmc_touch(sim, old, sizeof(*old));
		old->link.next = pfn;
	} else {
		n->partial_head = pfn;
	}
	n->partial_tail = pfn;
	n->nr_partial++;
}

static void partial_remove(struct kmc_sim *sim, struct kmem_cache_node *n, struct page *slab)
{
	slab_unlink(sim, &n->partial_head, &n->partial_tail, slab);
	n->nr_partial--;
}

static void full_add(struct kmc_sim *sim, struct kmem_cache_node *n, struct page *slab)
{
	slab_link(sim, &n->full_head, slab);
}

static void full_remove(struct kmc_sim *sim, struct kmem_cache_node *n, struct page *slab)
{
	slab_unlink(sim, &n->full_head, NULL, slab);
}

/* taking */

/* None of its free objects is handed out any more. */
static void slab_give_up(struct page *slab)
{
	slab->slab.inuse = slab->slab.objects;
	slab->slab.freelist = 0;
}

/* A program wrote into free memory: the rest of the chain is lost, as under the kernel's checks. */
static void slab_cut_chain(struct kmc_cpu *cpu, struct page *slab)
{
	slab_give_up(slab);
	if (cpu)
		kmc_slab_warn(cpu, "Freechain corrupt", slab_address(cpu->sim, slab));
}

/* Memory that is cleared when freed has lain in a chain since: its word goes too. Rule: DBG-5. */
KMC_NO_ASAN static void link_forget(struct kmc_sim *sim, const struct kmem_cache *s, void *object)
{
	if ((sim->config.options & KMC_OPT_INIT_ON_FREE) && s->offset < s->object_size)
		*(uintptr_t *)((char *)object + s->offset) = 0;
}

/* Up to @max objects off the chain of one slab, whose descriptor is touched, @n's lock held. */
static unsigned int chain_take(struct kmc_sim *sim, struct kmem_cache *s, struct kmem_cache_node *n,
			       struct page *slab, void **out, unsigned int max)
{
	void *object = slab_first_free(sim, s, slab);
	unsigned int got = 0;
	bool bad = false;

	while (object && got < max) {
		if (unlikely(kmc_cache_debug(s)) && !kmc_debug_taken(sim, s, slab, object)) {
			slab_give_up(slab);
			return got;
		}
		out[got++] = object;
		object = kmc_slab_next_free(sim, s, slab, object, &bad);
		link_forget(sim, s, out[got - 1]);
	}
	if (KMC_PLANTED(race_handed_out_twice)) {
		kmc_lock_drop(&n->list_lock);
		kmc_yield_point("chain_take");
		kmc_lock_take(&n->list_lock);
	}
	slab->slab.inuse = (uint16_t)(slab->slab.inuse + got);
	slab_set_first(sim, s, slab, object);
	if (unlikely(bad || slab->slab.inuse > slab->slab.objects))
		slab_cut_chain(kmc_this_cpu, slab);
	return got;
}

/* Off the partial list of a node whose lock is held. */
static unsigned int partial_take(struct kmc_sim *sim, struct kmem_cache *s,
				 struct kmem_cache_node *n, void **out, unsigned int max)
{
	unsigned int got = 0;

	while (got < max && n->partial_head) {
		struct page *slab = pfn_to_page_in(sim, n->partial_head);

		kmc_touch(sim, slab, sizeof(*slab));
		got += chain_take(sim, s, n, slab, out + got, max - got);
		if (!slab->slab.freelist) {
			partial_remove(sim, n, slab);
			full_add(sim, n, slab);
		}
	}
	return got;
}

/* Model: exact in result (node partial list, head first), simplified: no per-cpu slab. 6.18. */
unsigned int kmc_slab_take(struct kmc_sim *sim, struct kmem_cache *s, unsigned int node,
			   void **out, unsigned int max)
{
	struct kmem_cache_node *n = kmc_cache_node(sim, s, node);
	unsigned int got;

	kmc_touch(sim, n, sizeof(*n));
	kmc_lock_take(&n->list_lock);
	got = partial_take(sim, s, n, out, max);
	kmc_lock_drop(&n->list_lock);
	return got;
}

void *kmc_slab_try_take(struct kmc_sim *sim, struct kmem_cache *s, unsigned int node, bool *busy)
{
	struct kmem_cache_node *n = kmc_cache_node(sim, s, node);
	void *object = NULL;

	kmc_touch(sim, n, sizeof(*n));
	if (!kmc_lock_try(&n->list_lock)) {
		*busy = true;
		return NULL;
	}
	partial_take(sim, s, n, &object, 1);
	kmc_lock_drop(&n->list_lock);
	return object;
}

unsigned int kmc_slab_take_elsewhere(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp,
				     unsigned int node, void **out)
{
	unsigned int nr_nodes = cpu->sim->config.nr_nodes;

	if ((gfp & __GFP_THISNODE) && !KMC_PLANTED(object_strays))
		return 0;
	for (unsigned int i = 1; i < nr_nodes; i++)
		if (kmc_slab_take(cpu->sim, s, (node + i) % nr_nodes, out, 1))
			return 1;
	return 0;
}

/* growing */

/*
 * In which order a new slab's objects are handed out: ascending, or by the
 * cache's one sequence, made for the preferred order and entered at a random
 * place. A smaller slab passes over the numbers that it does not have (KC-40).
 */
struct slab_order {
	uint16_t sequence[KMC_SEQUENCE_MAX];
	unsigned int length, at;
	bool random;
};

static void order_begin(struct kmc_sim *sim, const struct kmem_cache *s, struct slab_order *o,
			unsigned int objects)
{
	o->random = s->shuffle_seed && objects > 1 && s->layout.objects <= KMC_SEQUENCE_MAX;
	o->at = 0;
	if (!o->random)
		return;
	o->length = s->layout.objects;
	kmc_slab_sequence(sim, s->shuffle_seed, o->sequence, o->length);
	o->at = (unsigned int)(kmc_slab_random(sim) % o->length);
}

static unsigned int order_next(struct slab_order *o, unsigned int objects)
{
	unsigned int index;

	if (!o->random)
		return o->at++;
	do {
		index = o->sequence[o->at];
		o->at = o->at + 1 == o->length ? 0 : o->at + 1;
	} while (index >= objects);
	return index;
}

static void object_construct(struct kmem_cache *s, void *object)
{
	if (!s->ctor || KMC_PLANTED(ctor_skipped) ||
	    (!((uintptr_t)object % PAGE_SIZE) && KMC_PLANTED(ctor_skips_first)))
		return;
	kmc_unpoison(object, s->object_size);
	s->ctor(object);
	kmc_poison(object, s->object_size);
}

/* What slab_init() does where objects follow each other and nobody has more to do with them. */
KMC_NO_ASAN static void slab_init_plain(struct kmc_sim *sim, const struct kmem_cache *s,
					struct page *slab, void **out, unsigned int taken)
{
	unsigned int objects = slab->slab.objects;
	char *object = kmc_object_at_index(s, slab_address(sim, slab), 0);
	uint64_t at = link_address(sim, object), size = s->size, hardening = s->hardening;
	uint64_t *word;

	for (unsigned int i = 0; i < taken; i++, object += size)
		out[i] = object;
	slab->slab.freelist = taken < objects ? (uint16_t)(taken + 1) : 0;
	if (taken == objects)
		return;
	at += taken * size;
	for (unsigned int i = taken; i + 1 < objects; i++, object += size) {
		word = link_word(s, object);
		at += size;
		*word = at;
		if (unlikely(hardening))
			*word ^= link_mask(s, at - size + s->offset);
	}
	word = link_word(s, object);
	*word = link_mask(s, at + s->offset);
}

/* Construct all objects; the first @max go to @out, the others are linked. */
static unsigned int slab_init(struct kmc_sim *sim, struct kmem_cache *s, struct page *slab,
			      void **out, unsigned int max)
{
	unsigned int objects = slab->slab.objects, taken = max < objects ? max : objects;
	void *base = slab_address(sim, slab), *last = NULL;
	struct slab_order order;

	kmc_poison(base, PAGE_SIZE << slab->order);
	order_begin(sim, s, &order, objects);
	if (likely(!order.random && !s->ctor && !kmc_cache_debug(s))) {
		slab_init_plain(sim, s, slab, out, taken);
		slab->slab.inuse = (uint16_t)taken;
		return taken;
	}
	if (unlikely(kmc_cache_debug(s)))
		kmc_debug_slab_new(sim, s, slab);
	for (unsigned int i = 0; i < objects; i++) {
		void *object = kmc_object_at_index(s, base, order_next(&order, objects));

		object_construct(s, object);
		if (unlikely(kmc_cache_debug(s)))
			link_set(sim, s, object, NULL);
		if (i < taken)
			out[i] = object;
		else if (last)
			link_set(sim, s, last, object);
		else
			slab_set_first(sim, s, slab, object);
		if (i >= taken)
			last = object;
	}
	if (last)
		link_set(sim, s, last, NULL);
	for (unsigned int i = 0; unlikely(kmc_cache_debug(s)) && i < taken; i++)
		kmc_debug_taken(sim, s, slab, out[i]);
	slab->slab.inuse = (uint16_t)taken;
	return taken;
}

#define GFP_RECLAIM_MASK                                                                \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN |              \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC |          \
	 __GFP_NOMEMALLOC)
#define GFP_SLAB_BUG_MASK (__GFP_DMA32 | __GFP_HIGHMEM | ~__GFP_BITS_MASK)

static void new_slab_warnings(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp)
{
	if (unlikely(gfp & GFP_SLAB_BUG_MASK))
		kmc_slab_warn_once(cpu, WARN_BAD_GFP, "Unexpected gfp: bits that slabs cannot serve",
				   s);
	if (unlikely(s->ctor && (gfp & __GFP_ZERO)))
		kmc_slab_warn_once(cpu, WARN_ZERO_WITH_CTOR, "__GFP_ZERO on a cache with ctor", s);
}

/* Model: exact (R4 flags of growth, KC-40; 6.1 to 6.18). */
static struct page *allocate_slab_pages(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp,
					int node, unsigned int *objects)
{
	gfp_t flags, light;
	struct page *page;

	flags = gfp & (GFP_RECLAIM_MASK | __GFP_HARDWALL | __GFP_THISNODE);
	if (cpu->sim->config.profile == KMC_PROFILE_6_1_192)
		flags |= gfp & KMC_GFP_ATOMIC_6_1;
	flags |= s->allocflags;
	if (KMC_PLANTED(growth_sleeps)) {
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			kmc_planted_sleep();
		flags |= __GFP_DIRECT_RECLAIM;
	}
	if (KMC_PLANTED(growth_wakes))
		flags |= __GFP_KSWAPD_RECLAIM;
	light = (flags | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;
	if ((light & __GFP_DIRECT_RECLAIM) && s->layout.order > s->layout.min_order)
		light = (light | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM;
	*objects = s->layout.objects;
	page = kmc_pages_alloc(cpu->sim, cpu, light, s->layout.order, node);
	if (likely(page))
		return page;
	*objects = s->layout.min_objects;
	if (KMC_PLANTED(growth_noisy))
		flags &= ~__GFP_NOWARN;
	return kmc_pages_alloc(cpu->sim, cpu, flags, s->layout.min_order, node);
}

/* Every frame of the slab says whose it is. */
static void frames_claim(struct kmc_sim *sim, struct kmem_cache *s, struct page *head,
			 unsigned int objects, unsigned int node)
{
	unsigned int nr = 1u << head->order, tag = kmc_page_tag(s, node);

	if ((head->flags & PGF_PFMEMALLOC) || kmc_cache_debug(s))
		tag |= KMC_TAG_NO_SHEAF;
	kmc_touch(sim, head, nr * sizeof(*head));
	for (unsigned int i = 0; i < nr; i++) {
		head[i].kind = FRAME_SLAB;
		head[i].slab.cache = s;
		head[i].slab.freelist = 0;
		head[i].slab.inuse = 0;
		head[i].slab.objects = 0;
		head[i].slab.state = (uint16_t)tag;
	}
	head->slab.objects = (uint16_t)objects;
}

void kmc_slab_release(struct kmc_cpu *cpu, struct page *head)
{
	struct kmc_sim *sim = cpu->sim;
	unsigned int order = head->order, nr = 1u << order;

	if (unlikely(head->slab.state & KMC_TAG_ACCOUNT))
		kmc_memcg_slab_released(cpu, head);
	kmc_touch(sim, head, nr * sizeof(*head));
	kmc_unpoison(slab_address(sim, head), PAGE_SIZE << order);
	for (unsigned int i = 0; i < nr; i++) {
		head[i].kind = i ? FRAME_TAIL : FRAME_USED;
		head[i].private_words[0] = head[i].private_words[1] = 0;
	}
	kmc_pages_free(sim, cpu, head, order);
}

/* A new slab joins its node, whose lock is held. */
static void slab_join(struct kmc_sim *sim, struct kmem_cache_node *n, struct page *slab)
{
	n->nr_slabs++;
	n->nr_objects += slab->slab.objects;
	if (slab->slab.freelist)
		partial_add_tail(sim, n, slab);
	else
		full_add(sim, n, slab);
}

unsigned int kmc_slab_grow(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, int node,
			   void **out, unsigned int max, unsigned int *got_node)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmem_cache_node *n;
	unsigned int objects, taken;
	struct page *slab;

	new_slab_warnings(cpu, s, gfp);
	slab = allocate_slab_pages(cpu, s, gfp, node, &objects);
	if (!slab)
		return 0;
	*got_node = kmc_node_of(sim, slab);
	frames_claim(sim, s, slab, objects, *got_node);
	taken = slab_init(sim, s, slab, out, max);
	kmc_yield_point("slab_new");
	n = kmc_cache_node(sim, s, *got_node);
	kmc_touch(sim, n, sizeof(*n));
	kmc_lock_take(&n->list_lock);
	slab_join(sim, n, slab);
	kmc_lock_drop(&n->list_lock);
	return taken;
}

/* Pages for a slab without waiting: the preferred order, then the smallest. */
static struct page *try_slab_pages(struct kmem_cache *s, int node, unsigned int *objects)
{
	struct page *page = alloc_pages_nolock(0, node, s->layout.order);

	*objects = s->layout.objects;
	if (page || s->layout.order == s->layout.min_order)
		return page;
	*objects = s->layout.min_objects;
	return alloc_pages_nolock(0, node, s->layout.min_order);
}

void *kmc_slab_try_grow(struct kmc_cpu *cpu, struct kmem_cache *s, int node, bool *busy)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmem_cache_node *n;
	unsigned int objects, got_node;
	struct page *slab = try_slab_pages(s, node, &objects);
	void *object = NULL;

	if (!slab)
		return NULL;
	got_node = kmc_node_of(sim, slab);
	n = kmc_cache_node(sim, s, got_node);
	kmc_touch(sim, n, sizeof(*n));
	if (!kmc_lock_try(&n->list_lock)) {
		*busy = true;
		free_pages_nolock(slab, slab->order);
		return NULL;
	}
	frames_claim(sim, s, slab, objects, got_node);
	slab_init(sim, s, slab, &object, 1);
	slab_join(sim, n, slab);
	kmc_lock_drop(&n->list_lock);
	return object;
}

/* giving */

/* Slabs that became superfluous under the lock, linked by link.next until released. */
struct discard {
	uint32_t first;
};

static void discard_add(struct kmc_sim *sim, struct kmem_cache_node *n, struct discard *d,
			struct page *slab)
{
	n->nr_slabs--;
	n->nr_objects -= slab->slab.objects;
	slab->link.next = d->first;
	slab->link.prev = 0;
	d->first = (uint32_t)page_to_pfn_in(sim, slab);
}

static void discard_release(struct kmc_cpu *cpu, struct discard *d)
{
	while (d->first) {
		struct page *slab = pfn_to_page_in(cpu->sim, d->first);

		d->first = slab->link.next;
		if (unlikely(slab->slab.cache->flags & SLAB_TYPESAFE_BY_RCU) &&
		    !KMC_PLANTED(typesafe_at_once))
			kmc_rcu_slab_queue(cpu, slab);
		else
			kmc_slab_release(cpu, slab);
	}
}

/* The slab's place after its chain grew. Model: exact (R6 rule of empty slabs). */
static void slab_settle(struct kmc_sim *sim, struct kmem_cache *s, struct kmem_cache_node *n,
			struct page *slab, bool was_full, struct discard *d)
{
	bool superfluous = !slab->slab.inuse && n->nr_partial >= s->layout.min_partial;

	if (was_full) {
		full_remove(sim, n, slab);
		if (!superfluous)
			partial_add_tail(sim, n, slab);
	} else if (superfluous) {
		partial_remove(sim, n, slab);
	}
	if (superfluous)
		discard_add(sim, n, d, slab);
}

/* A pointer to itself cannot be encoded. Rule: DBG-7. Model: exact (6.1 to 6.18). */
static __attribute__((noinline, cold)) bool
freed_head_again(struct kmc_cpu *cpu, struct kmem_cache *s, struct page *slab, void *object)
{
	struct kmc_slab_report report = {
		.kind = KMC_SLAB_FREE_AGAIN,
		.addr = kmc_sim_address(cpu->sim, object),
		.detail = "head of the chain",
	};

	kmc_slab_found(cpu->sim, s, slab, object, &report);
	return false;
}

/*
 * One object back on its slab's chain. What is no object, or one more free
 * than objects were handed out, is a program's fault.
 */
static bool chain_put(struct kmc_cpu *cpu, struct kmem_cache *s, struct kmem_cache_node *n,
		      struct page *slab, void *object)
{
	char *first = (char *)slab_address(cpu->sim, slab) + s->red_left;
	unsigned int index = kmc_object_index(s, first, object);

	if (unlikely(kmc_cache_debug(s)) && !kmc_debug_freeing(cpu, s, slab, object))
		return false;
	if (unlikely(index >= slab->slab.objects || !slab->slab.inuse ||
		     first + (size_t)index * s->size != (char *)object)) {
		kmc_slab_warn(cpu, "Invalid object pointer or double free", object);
		return false;
	}
	if (unlikely(s->hardening && slab->slab.freelist == index + 1))
		return freed_head_again(cpu, s, slab, object);
	link_set(cpu->sim, s, object, slab_first_free(cpu->sim, s, slab));
	if (KMC_PLANTED(race_free_lost)) {
		uint16_t inuse = slab->slab.inuse;

		kmc_lock_drop(&n->list_lock);
		kmc_yield_point("chain_put");
		kmc_lock_take(&n->list_lock);
		slab->slab.inuse = inuse;
	}
	slab->slab.freelist = (uint16_t)(index + 1);
	slab->slab.inuse--;
	return true;
}

/* All at the front of @objects that belong to @s on @node. Return: how many. */
static unsigned int node_give(struct kmc_cpu *cpu, struct kmem_cache *s, unsigned int node,
			      void **objects, unsigned int nr, struct discard *d)
{
	struct kmem_cache_node *n = kmc_cache_node(cpu->sim, s, node);
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	unsigned int done;

	kmc_touch(cpu->sim, n, sizeof(*n));
	kmc_lock_take(&n->list_lock);
	for (done = 0; done < nr; done++) {
		struct page *page = kmc_page_of(sc, objects[done]), *slab;
		bool was_full;

		if (page->kind != FRAME_SLAB || page->slab.cache != s ||
		    kmc_node_of(cpu->sim, page) != node)
			break;
		slab = kmc_slab_head(cpu->sim, page);
		kmc_touch(cpu->sim, slab, sizeof(*slab));
		was_full = !slab->slab.freelist;
		if (likely(chain_put(cpu, s, n, slab, objects[done])) &&
		    unlikely(was_full || !slab->slab.inuse))
			slab_settle(cpu->sim, s, n, slab, was_full, d);
	}
	kmc_lock_drop(&n->list_lock);
	return done;
}

/* Model: exact in effect (R8); one lock for all that follow each other on one node. */
void kmc_slab_give(struct kmc_cpu *cpu, void **objects, unsigned int nr)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct discard d = { 0 };

	while (nr) {
		struct page *page = kmc_page_of(sc, objects[0]);
		unsigned int done = 1;

		if (likely(page->kind == FRAME_SLAB))
			done = node_give(cpu, page->slab.cache, kmc_node_of(cpu->sim, page),
					 objects, nr, &d);
		else
			kmc_slab_warn(cpu, "Free of memory that is no slab", objects[0]);
		objects += done;
		nr -= done;
	}
	kmc_yield_point("slab_discard");
	discard_release(cpu, &d);
}

/* shrinking */

#define SHRINK_BUCKETS 32

/* Fullest first: one sorted pass per number of free objects. Model: exact (R6). */
static void partial_sort(struct kmc_sim *sim, struct kmem_cache_node *n)
{
	uint32_t bucket[SHRINK_BUCKETS] = { 0 }, pfn, next;

	for (pfn = n->partial_head; pfn; pfn = next) {
		struct page *slab = pfn_to_page_in(sim, pfn);
		unsigned int free = slab->slab.objects - slab->slab.inuse;

		next = slab->link.next;
		if (free == 0 || free > SHRINK_BUCKETS)
			continue;
		kmc_touch(sim, slab, sizeof(*slab));
		partial_remove(sim, n, slab);
		slab->link.next = bucket[free - 1];
		bucket[free - 1] = pfn;
	}
	for (unsigned int i = SHRINK_BUCKETS; i-- > 0;) {
		for (pfn = bucket[i]; pfn; pfn = next) {
			struct page *slab = pfn_to_page_in(sim, pfn);

			next = slab->link.next;
			slab_link(sim, &n->partial_head, slab);
			if (!n->partial_tail)
				n->partial_tail = pfn;
			n->nr_partial++;
		}
	}
}

static void node_discard_empty(struct kmc_sim *sim, struct kmem_cache_node *n, struct discard *d)
{
	uint32_t pfn, next;

	for (pfn = n->partial_head; pfn; pfn = next) {
		struct page *slab = pfn_to_page_in(sim, pfn);

		next = slab->link.next;
		if (slab->slab.inuse)
			continue;
		kmc_touch(sim, slab, sizeof(*slab));
		partial_remove(sim, n, slab);
		discard_add(sim, n, d, slab);
	}
}

unsigned int kmc_slab_discard_empty(struct kmc_cpu *cpu, struct kmem_cache *s)
{
	struct kmc_sim *sim = cpu->sim;
	unsigned int left = 0;

	for (unsigned int node = 0; node < sim->config.nr_nodes; node++) {
		struct kmem_cache_node *n = kmc_cache_node(sim, s, node);
		struct discard d = { 0 };

		kmc_touch(sim, n, sizeof(*n));
		kmc_lock_take(&n->list_lock);
		node_discard_empty(sim, n, &d);
		partial_sort(sim, n);
		left += n->nr_slabs;
		kmc_lock_drop(&n->list_lock);
		discard_release(cpu, &d);
	}
	return left;
}
