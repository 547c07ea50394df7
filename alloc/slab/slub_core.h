/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of slab/ share: caches, their slabs, the arrays of free
 * objects ("sheaves") of cpus and nodes. Private to slab/.
 *
 * Where a free object may be: on its slab's chain (a word inside or behind
 * the object leads to the next one), in a cpu's main or spare sheaf, or in
 * a full sheaf of its node's barn. The chain and the lists of slabs belong to
 * the node's list_lock, the barn to its barn_lock, a cpu's sheaves to the
 * thread that owns the cpu. A slab counts what sheaves hold as in use.
 *
 *   kmalloc  ->  main sheaf  ->  spare  ->  barn  ->  partial slabs  ->  pages
 *   kfree    ->  main sheaf  ->  spare  ->  barn  ->  slabs          ->  pages
 *
 * Lock order: caches_lock, a node's list_lock or barn_lock (never both),
 * pool_lock. No lock is held while other cpus are waited for or pages taken.
 *
 * A frame of a slab carries a placement tag: cache slot and node. It equals
 * a cache's slot after XOR with the cpu's node tag only if the object may
 * enter this cpu's sheaf, so one test sends remote and reserve memory away.
 */
#pragma once
#include "core.h"
#include "page_alloc.h"
#include "alloc/slab_layout.h"
#include "linux/slab.h"

#define KMC_SLOT_BITS    11
#define KMC_MAX_SLOTS    (1u << KMC_SLOT_BITS)
#define KMC_TAG_ACCOUNT  0x4000u /* objects may be charged: a free has to ask memcg/ */
#define KMC_TAG_NO_SHEAF 0x8000u /* page from the reserves: goes straight back to its slab */
#define KMC_BARN_MIN     10  /* full sheaves that a barn may hold on any machine */
#define KMC_BARN_MAX     128 /* on a large one */
#define KMC_BARN_SHARE   256 /* part of a node's memory that a barn's objects may take */
#define KMC_SHEAF_MAX_OBJECTS 60
#define KMC_CACHE_NAME_BYTES  64

/* Slots of the kmalloc caches: class number plus the kind's base; slot 0 is no cache. */
enum kmc_kmalloc_slots {
	KMC_SLOTS_NORMAL = 0,
	KMC_SLOTS_RECLAIM = 16,
	KMC_SLOTS_DMA = 32,
	KMC_SLOTS_CGROUP = 48,
	KMC_FIRST_USER_SLOT = 64,
	/* With random copies: 15 more kinds before the first user's. */
	KMC_SLOTS_RANDOM = 64,
	KMC_FIRST_USER_SLOT_RANDOM = KMC_SLOTS_RANDOM + 15 * 16,
};

/* What a plain kmalloc may carry: none of these changes which object is handed out. */
#define KMC_GFP_PLAIN                                                                 \
	(__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HIGH | __GFP_NOWARN | __GFP_WRITE | \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC |           \
	 __GFP_NOMEMALLOC | __GFP_HARDWALL | __GFP_COMP)

/* An array of free objects, the unit that cpus and barns exchange. 64 << n bytes, aligned so. */
struct kmc_sheaf {
	struct kmc_sheaf *next;
	uint32_t count; /* stale while it is a cpu's main sheaf */
	uint32_t capacity;
	uint64_t unused[2];
	void *objects[];
};
_Static_assert(sizeof(struct kmc_sheaf) == 32, "header of a sheaf");

/* A cpu's sheaves of one cache. All zero: never used, both fast paths leave at once. */
struct kmc_pcs {
	void **top;  /* behind the last object of the main sheaf */
	void **base; /* its first slot */
	void **end;
	struct kmc_sheaf *spare;
};
_Static_assert(sizeof(struct kmc_pcs) == 32, "two to a cache line");

/* What the fast paths read. kmc_cpu.slab_cpu points here. */
struct kmc_slab_cpu {
	uintptr_t frames;       /* first managed byte */
	uintptr_t frames_bytes;
	uintptr_t pages_bias;   /* descriptor of @ptr: pages_bias + (ptr >> 12) * 32 */
	uint64_t node_tag;
	uint64_t slots_used;    /* no sheaves at and above this slot */
	uint64_t deferred;      /* chain of objects that kfree_nolock() put off; 0 none */
	uint64_t unused[2];
	struct kmc_pcs pcs[KMC_MAX_SLOTS];
};

struct kmem_cache_node {
	struct kmc_lock list_lock;
	uint32_t nr_partial;
	uint32_t nr_slabs;
	uint32_t partial_head, partial_tail; /* frame numbers; 0 none */
	uint32_t full_head;
	uint64_t nr_objects; /* in all slabs, free or not */
	struct kmc_lock barn_lock;
	uint32_t nr_full, nr_empty;
	struct kmc_sheaf *full, *empty;
};

enum kmc_cache_life {
	CACHE_NONE,
	CACHE_LIVE,
	CACHE_DYING,  /* being destroyed */
	CACHE_RELEASING, /* destroyed, its type-safe slabs wait for a grace period (KC-28) */
	CACHE_ZOMBIE, /* destroyed with live objects: kept for ever (KC-42) */
};

struct kmem_cache {
	uint32_t slot;
	uint32_t pcs_offset; /* of its struct kmc_pcs in struct kmc_slab_cpu */
	uint32_t flags;      /* SLAB_* */
	uint32_t object_size; /* the largest user's */
	uint32_t size;       /* stride */
	uint32_t offset;     /* of the free pointer */
	uint32_t red_left;
	uint32_t sheaf_bytes; /* of one sheaf: 64 << n */
	uint32_t barn_max;   /* full sheaves in a barn */
	uint64_t reciprocal; /* see kmc_object_index() */
	uint64_t hardening;  /* random part of stored free pointers; 0 off */
	uint64_t shuffle_seed; /* of the order of a new slab's objects; 0 ascending */
	void (*ctor)(void *object);
	struct kmc_sim *sim;
	gfp_t allocflags;
	int32_t refcount;
	struct kmc_layout layout;
	uint32_t inuse;
	uint32_t useroffset, usersize;
	enum kmc_cache_life life;
	uint32_t rcu_slabs; /* its slabs that wait for a grace period; under the lock of rcu/ */
	uint16_t next_slot, prev_slot; /* list in order of creation; 0 ends */
	bool own_sheaf_capacity;
	char name[KMC_CACHE_NAME_BYTES];
};

#define KMC_SHEAF_SIZES 4
struct kmc_slab_state {
	struct kmc_lock caches_lock;
	uint16_t first_slot, last_slot; /* list of caches */
	uint16_t slots_used;            /* slots at and above it were never used */
	uint32_t warned;                /* bits of enum kmc_slab_warning already given */
	uint64_t random;                /* state of the generator, from config.seed */
	uint64_t copies_seed;           /* of the choice among random kmalloc copies; 0 none */
	struct kmem_cache *user_buckets[KMC_KMALLOC_CLASSES]; /* memdup_user-N; all NULL none */
	struct kmc_slab_reports *reports;
	uint32_t failslab_filter; /* injected faults hit caches with SLAB_FAILSLAB only */
	struct kmem_cache *bucket_sets; /* cache of the sets of kmem_buckets_create(); NULL none */
	struct kmc_lock pool_lock;
	uint32_t pool_pages_used, pool_pages;
	struct kmc_sheaf *pool_free[KMC_SHEAF_SIZES];
	/* constant after boot */
	uint16_t first_user_slot;
	uint8_t *pool;
	struct kmem_cache *caches;      /* by slot */
	struct kmem_cache_node *nodes;  /* by slot * nr_nodes + node */
};

/* Reports that a kernel gives once per boot (rules-slab 2.5, KC-11, KM-12). */
enum kmc_slab_warning {
	WARN_FREE_OF_PAGE,
	WARN_BAD_GFP,
	WARN_ZERO_WITH_CTOR,
	WARN_NOLOCK_OF_LARGE,
};

/* slab_order.c */

#define KMC_SEQUENCE_MAX 1024
/** kmc_slab_sequence() - The order that @seed stands for: all numbers below @objects, once each. */
void kmc_slab_sequence(struct kmc_sim *sim, uint64_t seed, uint16_t *sequence,
		       unsigned int objects);

/* addresses and descriptors */

static inline struct kmc_slab_cpu *kmc_slab_cpu_of(struct kmc_cpu *cpu)
{
	return cpu->slab_cpu;
}

static inline struct page *kmc_page_of(const struct kmc_slab_cpu *sc, const void *ptr)
{
	return (struct page *)(sc->pages_bias +
			       ((uintptr_t)ptr >> PAGE_SHIFT) * sizeof(struct page));
}

static inline bool kmc_in_frames(const struct kmc_slab_cpu *sc, const void *ptr)
{
	return (uintptr_t)ptr - sc->frames < sc->frames_bytes;
}

/*
 * For the fast paths: of a cache whose objects are charged these are the ones of
 * slot 0, which nobody fills, so that each of its calls takes the slow path.
 */
static inline struct kmc_pcs *kmc_pcs_of(struct kmc_slab_cpu *sc, const struct kmem_cache *s)
{
	return (struct kmc_pcs *)((char *)sc + s->pcs_offset);
}

static inline struct kmc_pcs *kmc_pcs_at(struct kmc_slab_cpu *sc, const struct kmem_cache *s)
{
	return &sc->pcs[s->slot];
}

/* A frame's placement tag as far as sheaves ask. */
static inline unsigned int kmc_tag_of(const struct page *page)
{
	return __atomic_load_n(&page->slab.state, __ATOMIC_RELAXED) & ~KMC_TAG_ACCOUNT;
}

/*
 * Keep an address in one register instead of an indexed operand. A pair of
 * kmalloc and kfree is a chain of stores to the sheaf's top and loads of it;
 * processors short-circuit such a pair only for simple operands (measured:
 * 4 ns against 10 ns a pair).
 */
#define kmc_simple_address(ptr) __asm__("" : "+r"(ptr))

static inline struct kmem_cache_node *kmc_cache_node(struct kmc_sim *sim,
						     const struct kmem_cache *s, unsigned int node)
{
	return &sim->slab->nodes[s->slot * sim->config.nr_nodes + node];
}

static inline struct kmem_cache *kmc_cache_at(struct kmc_sim *sim, unsigned int slot)
{
	return slot ? &sim->slab->caches[slot] : NULL;
}

/* kmc_page_node() where there is something to find out. */
static inline unsigned int kmc_node_of(struct kmc_sim *sim, const struct page *page)
{
	return unlikely(sim->config.nr_nodes > 1) ? kmc_page_node(sim, page) : 0;
}

static inline unsigned int kmc_page_tag(const struct kmem_cache *s, unsigned int node)
{
	return s->slot | node << KMC_SLOT_BITS;
}

/* slub.c: slabs */

/** kmc_slab_take() - Up to @max objects from partial slabs of @node. Return: how many. */
unsigned int kmc_slab_take(struct kmc_sim *sim, struct kmem_cache *s, unsigned int node,
			   void **out, unsigned int max);
/** kmc_slab_try_take() - One object of a partial slab; *@busy: somebody has the node's lock. */
void *kmc_slab_try_take(struct kmc_sim *sim, struct kmem_cache *s, unsigned int node, bool *busy);
/** kmc_slab_try_grow() - One object of a new slab, whose pages are had without waiting. */
void *kmc_slab_try_grow(struct kmc_cpu *cpu, struct kmem_cache *s, int node, bool *busy);
/** kmc_slab_take_elsewhere() - One object of another node, unless @gfp forbids that. */
unsigned int kmc_slab_take_elsewhere(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp,
				     unsigned int node, void **out);
/**
 * kmc_slab_grow() - A new slab, of which up to @max objects are taken.
 * @node: preferred, -1 the cpu's own; __GFP_THISNODE requires it.
 * @got_node: where the slab lies.
 * Return: objects in @out; 0 when no page could be had.
 */
unsigned int kmc_slab_grow(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, int node,
			   void **out, unsigned int max, unsigned int *got_node);
/** kmc_slab_give() - @nr objects go back to their slabs, whatever their caches. */
void kmc_slab_give(struct kmc_cpu *cpu, void **objects, unsigned int nr);
/** kmc_slab_release() - The pages of an empty slab that is on no list go back. */
void kmc_slab_release(struct kmc_cpu *cpu, struct page *slab);
/** kmc_slab_discard_empty() - Release every empty slab and sort the rest; Return: slabs left. */
unsigned int kmc_slab_discard_empty(struct kmc_cpu *cpu, struct kmem_cache *s);
/** kmc_object_index() - Number of the object in its slab that holds @ptr; may be too large. */
static inline unsigned int kmc_object_index(const struct kmem_cache *s, const void *slab,
					    const void *ptr)
{
	uint64_t off = (uint64_t)((const char *)ptr - (const char *)slab);

	return (unsigned int)((off * s->reciprocal) >> 44);
}
static inline void *kmc_object_at_index(const struct kmem_cache *s, void *slab, unsigned int index)
{
	return (char *)slab + s->red_left + (size_t)index * s->size;
}
/** kmc_slab_next_free() - Follow the chain; NULL at its end or where it is damaged (*bad set). */
void *kmc_slab_next_free(struct kmc_sim *sim, const struct kmem_cache *s, const struct page *slab,
			 void *object, bool *bad);
/** kmc_slab_end_chain() - Nothing follows @object. */
void kmc_slab_end_chain(struct kmc_sim *sim, const struct kmem_cache *s, void *object);
/** kmc_slab_object_valid() - Is @object the start of one of the slab's objects? */
bool kmc_slab_object_valid(struct kmc_sim *sim, const struct kmem_cache *s,
			   const struct page *slab, const void *object);
/** kmc_slab_head() - The head descriptor of a slab's frame: the one that counts objects. */
static inline struct page *kmc_slab_head(struct kmc_sim *sim, struct page *page)
{
	return page->slab.objects ? page : pfn_to_page_in(sim, page->link.next);
}

/* sheaf.c: sheaves, barns, their memory */

/** kmc_sheaf_alloc() - One object by way of the cpu's sheaves. Return: NULL no page. */
void *kmc_sheaf_alloc(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp);
/** kmc_sheaf_try_alloc() - One object that the cpu itself holds; NULL none. */
void *kmc_sheaf_try_alloc(struct kmc_cpu *cpu, struct kmem_cache *s);
/** kmc_sheaf_free() - One local object into the cpu's sheaves. */
void kmc_sheaf_free(struct kmc_cpu *cpu, struct kmem_cache *s, void *object);
/** kmc_sheaf_new() - An empty sheaf of nobody. Return: NULL without memory. */
struct kmc_sheaf *kmc_sheaf_new(struct kmc_sim *sim, const struct kmem_cache *s);
/** kmc_sheaf_give() - A sheaf of nobody, of one node's objects: to the barn or to the slabs. */
void kmc_sheaf_give(struct kmc_cpu *cpu, struct kmem_cache *s, struct kmc_sheaf *sheaf);
/** kmc_sheaf_flush() - A cpu's sheaves of @s back to the slabs, the sheaves to the pool. */
void kmc_sheaf_flush(struct kmc_cpu *cpu, struct kmem_cache *s);
/** kmc_barn_flush() - The same for the barns of all nodes. */
void kmc_barn_flush(struct kmc_cpu *cpu, struct kmem_cache *s);
/** kmc_barn_max() - How many full sheaves of @s a barn may hold. */
unsigned int kmc_barn_max(const struct kmc_sim_config *config, const struct kmem_cache *s);
/** kmc_sheaf_bytes_for() - Size of the sheaves of a cache that asks for @capacity objects. */
unsigned int kmc_sheaf_bytes_for(unsigned int capacity);
size_t kmc_sheaf_pool_pages(const struct kmc_sim_config *config);

/* slab_bulk.c */

/** kmc_objects_take() - Up to @size objects, not yet made ready to use. Return: how many. */
size_t kmc_objects_take(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, size_t size,
			void **p);

/* slab_object.c: what every allocation and free passes through */

/** kmc_object_alloc() - One object with everything that @gfp and the machine ask. */
void *kmc_object_alloc(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, int node,
		       size_t requested_bytes);
/** kmc_object_alloc_lru() - The same, with the payer's lists in @lru. Rule: KC-31. */
void *kmc_object_alloc_lru(struct kmc_cpu *cpu, struct kmem_cache *s, struct list_lru *lru,
			   gfp_t gfp, int node, size_t requested_bytes);
/** kmc_object_uncharge() - An object is free: whoever paid for it pays no more. */
void kmc_object_uncharge(struct kmc_cpu *cpu, const struct kmem_cache *s, const void *object);
/** kmc_object_free() - One object of a slab frame goes back. */
void kmc_object_free(struct kmc_cpu *cpu, struct kmem_cache *s, void *object);
/** kmc_object_retire() - Wiping and poisoning of an object that is about to be free. */
void kmc_object_retire(struct kmc_cpu *cpu, const struct kmem_cache *s, void *object);
/** kmc_object_finish() - Zeroing and poisoning of a new object. */
void kmc_object_finish(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, void *object,
		       size_t requested_bytes);
bool kmc_slab_fault(struct kmc_cpu *cpu, const struct kmem_cache *s, gfp_t gfp);

/* kfree_nolock.c */

/** kmc_slab_run_deferred() - Free what kfree_nolock() put off on @cpu, which the thread owns. */
void kmc_slab_run_deferred(struct kmc_cpu *cpu);

/* slab_report.c: events and warnings */

struct kmc_slab_event {
	enum kmc_tp_id id;
	const void *ptr;
	struct kmem_cache *cache;
	size_t bytes_req, bytes_alloc;
	gfp_t gfp;
	int node;
	const void *call_site;
};
/** kmc_slab_emit() - Report an event if anyone listens to its kind. */
void kmc_slab_emit(struct kmc_cpu *cpu, const struct kmc_slab_event *event);
/* Asked before an event is put together. */
static inline bool kmc_slab_traced(struct kmc_cpu *cpu)
{
	return unlikely(kmc_attention_bits(cpu) & ATTN_TRACE);
}
/** kmc_slab_warn() - What a kernel would print. */
void kmc_slab_warn(struct kmc_cpu *cpu, const char *text, const void *ptr);
/** kmc_slab_warn_once() - The same, once per boot. */
void kmc_slab_warn_once(struct kmc_cpu *cpu, enum kmc_slab_warning which, const char *text,
			const void *ptr);

/* kmem_cache.c */

/** kmc_emit_cache_alloc() - The event of one object from a cache; only while traced. */
void kmc_emit_cache_alloc(struct kmc_cpu *cpu, struct kmem_cache *s, const void *ptr, gfp_t gfp,
			  int node, const void *call_site);

/** kmc_cache_setup() - Fill in a cache whose properties are valid. */
int kmc_cache_setup(struct kmc_sim *sim, unsigned int slot, const char *name,
		    const struct kmem_cache_args *args, unsigned int object_size, uint32_t flags);
/** kmc_slab_random() - The machine's own randomness. */
uint64_t kmc_slab_random(struct kmc_sim *sim);

/* kmem_buckets.c */

/** kmc_kmalloc_class_name() - PREFIX96, PREFIX1k: what a class is called. */
void kmc_kmalloc_class_name(char *name, size_t bytes, const char *prefix, unsigned int class);
/** kmc_buckets_boot() - The kernel's own sets of caches. Return: 0 or -errno. */
int kmc_buckets_boot(struct kmc_sim *sim);

/* kmalloc.c */

/** kmc_kmalloc_cache() - The cache for a size of 1..8192 bytes, asked for at @call_site. */
struct kmem_cache *kmc_kmalloc_cache(struct kmc_cpu *cpu, size_t size, gfp_t gfp,
				     const void *call_site);
/**
 * kmc_kmalloc() - Any kmalloc.
 * @buckets: a set of caches by class number; NULL: the kmalloc caches.
 * @call_site: where events say that it happened.
 */
void *kmc_kmalloc(struct kmem_cache **buckets, size_t size, gfp_t gfp, int node,
		  const void *call_site);
/** kmc_kvmalloc() - Any kvmalloc: kmc_kmalloc(), and vmalloc where that fails. vmalloc/kvmalloc.c */
void *kmc_kvmalloc(struct kmem_cache **buckets, size_t size, unsigned long align, gfp_t flags,
		   int node, const void *call_site);
/** kmc_block_free() - kfree() but for the event. */
void kmc_block_free(struct kmc_cpu *cpu, const void *object);
