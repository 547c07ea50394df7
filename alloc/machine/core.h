/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every layer of the stack shares: the machine, its arena with the dirty
 * list, the cpu, the frame descriptor. Private to alloc/.
 *
 * Rules of the arena. All mutable state of a machine lies in one mapping, the
 * arena, so that reset and snapshot are copies of its pages. Whoever is about
 * to write into it first says so: kmc_touch() marks the blocks of 512 bytes
 * dirty, one load and one predictable branch when they are already. Structures on a
 * fast path avoid even that: they boot in a shape that sends the first use
 * into the slow path (an empty sheaf, an empty per-cpu list), which touches
 * them once.
 *
 * Rules of the cpus. A cpu's own structures are written without locks by the
 * thread that has bound it. Another thread asks by setting bits in
 * cpu->attention (atomic), which each entry point polls; a cpu that nobody has
 * bound is taken with kmc_cpu_steal() and served by whoever asked. Binding and
 * unbinding synchronise (acquire, release). Lock order: a cache's node lock,
 * then a zone's lock, then the arena's dirty lock.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alloc/planted.h"
#include "alloc/sim.h"
#include "linux/mm_types.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))
#endif
#define PAGEBLOCK_ORDER 9
#define PAGEBLOCK_PAGES (1u << PAGEBLOCK_ORDER)
#define MAX_PAGE_ORDER  10
#define NR_PAGE_ORDERS  (MAX_PAGE_ORDER + 1)

/* An invariant of ours broke: a bug, never a finding. On in every build. */
_Noreturn void kmc_bug(const char *file, int line, const char *what);
#define KMC_BUG_ON(cond)                                            \
	do {                                                        \
		if (unlikely(cond))                                 \
			kmc_bug(__FILE__, __LINE__, #cond);         \
	} while (0)

/* A lock that costs nothing to have and is never on a fast path. */
struct kmc_lock {
	atomic_uint word;
};
void kmc_lock_slow(struct kmc_lock *lock);
static inline void kmc_lock_take(struct kmc_lock *lock)
{
	unsigned int free = 0;
	if (unlikely(!atomic_compare_exchange_strong_explicit(&lock->word, &free, 1,
							      memory_order_acquire,
							      memory_order_relaxed)))
		kmc_lock_slow(lock);
}
/* False: somebody has it. */
static inline bool kmc_lock_try(struct kmc_lock *lock)
{
	unsigned int free = 0;

	return atomic_compare_exchange_strong_explicit(&lock->word, &free, 1, memory_order_acquire,
						       memory_order_relaxed);
}
static inline void kmc_lock_drop(struct kmc_lock *lock)
{
	atomic_store_explicit(&lock->word, 0, memory_order_release);
}

/* What a frame is used for now. */
enum kmc_frame_kind {
	FRAME_RESERVED,  /* no head: outside any zone, or inside the block whose head lies
			  * below it; the whole descriptor is zero then */
	FRAME_BUDDY,     /* head of a free block on a buddy list */
	FRAME_FREE_TAIL, /* not used: a free block's tails stay zero */
	FRAME_PCP,       /* head of a block on a per-cpu list */
	FRAME_USED,      /* head of a block handed out by the page allocator */
	FRAME_SLAB,      /* every frame of a slab */
	FRAME_LARGE,     /* every frame of a large kmalloc block */
	FRAME_TAIL,      /* tail of a compound block; link.next is the head's pfn */
	FRAME_MEMBLOCK,  /* every frame of a range that was reserved at boot: not managed */
	NR_FRAME_KINDS = 32,
};

#define PGF_COMPOUND  0x01
#define PGF_PFMEMALLOC 0x02
#define PGF_ACCOUNTED 0x04
#define PGF_LRU       0x20 /* its holder lets it move; the truth is a bit of movable_map */

#define PGF_HELD     0x40 /* the machine's own: nobody can ask for its contents */

/* Bits of cpu->attention: anything that must leave the fast path. */
#define ATTN_FLUSH   (1u << 0) /* another cpu wants this one's sheaves or pcp lists back */
#define ATTN_TRACE   (1u << 1) /* somebody listens to tracepoints of the fast paths */
#define ATTN_FAULT   (1u << 2) /* failure injection is armed */
#define ATTN_CONTEXT (1u << 3) /* not plain task context, or the task has scope flags */
#define ATTN_DEBUG   (1u << 4) /* a boot option that the fast path ignores */

/* One request to flush, by a bit mask of what. See kmc_flush_cpus(). */
#define FLUSH_SHEAVES (1u << 0)
#define FLUSH_PCP     (1u << 1)
#define FLUSH_STOCKS  (1u << 2) /* charges in advance, of pages, */
#define FLUSH_OBJECT_STOCKS (1u << 3) /* and what is left of pages charged for objects */
#define FLUSH_PCP_TICK	    (1u << 4) /* no flush: a second has passed, limits of pcp lists sink */

struct kmc_task {
	uint32_t flags; /* KMC_PF_* */
	uint32_t id;
	uint32_t mems_forbidden; /* nodes outside its cpuset */
};

struct kmc_cpu {
	atomic_uint attention;
	unsigned int id;
	struct kmc_sim *sim;
	struct kmc_task *task;
	enum kmc_sim_context context;
	unsigned int node;
	uint64_t call_site; /* said by the driver, for random kmalloc copies; 0: the code's own */
	/* Slab layer's: per-cpu sheaves of the kmalloc caches first, then by
	 * cache index. Typed in slab/. */
	void *slab_cpu;
	/* Page layer's per-cpu lists, one struct per zone. Typed in page/. */
	void *pcp;
	/* Page layer's: the preferred zones of requests from this cpu's node. */
	const void *first_zones;
	/* Owner: 0 nobody, else a token of the binding thread. */
	atomic_uintptr_t owner;
	atomic_uint flush_wanted; /* FLUSH_* */
	atomic_uint flush_done;   /* the last ticket that was served */
	atomic_uint flush_ticket; /* counts requests */
	bool serving;             /* the owner is in the middle of a flush */
	atomic_bool stuck;        /* the owner waits for somebody, whom it saw in its way */
} __attribute__((aligned(128)));

/* The cpu that the calling thread has bound; NULL none. */
extern __thread struct kmc_cpu *kmc_this_cpu __attribute__((tls_model("initial-exec")));

struct kmc_holder_ops;
struct kmc_memcg_ops;
struct movable_operations;

struct kmc_sim {
	/* constant after boot */
	struct kmc_sim_config config;
	uint8_t *frames;      /* host address of pfn 0's contents (never dereferenced below base) */
	struct page *pages;   /* descriptor of pfn 0 */
	uint64_t max_pfn;
	uint8_t *arena;
	size_t arena_bytes;
	uint8_t *vmalloc_base; /* reserved host range of the vmalloc space */
	size_t vmalloc_bytes;
	struct kmc_cpu *cpus; /* cpu descriptors; outside the arena: bindings survive a reset */
	/* layers' own parts, allocated from the arena at boot */
	struct kmc_machine_state *state; /* clock, tasks, faults */
	struct kmc_page_state *page;
	struct kmc_cma_state *cma;
	struct kmc_slab_state *slab;
	struct kmc_rcu_state *rcu;
	struct kmc_percpu_state *percpu;
	struct kmc_zs_state *zs;
	struct kmc_dma_state *dma;
	struct kmc_reclaim_state *reclaim;
	struct kmc_memcg_state *memcg; /* NULL: a machine without groups */
	const char *rodata; /* KMC_RODATA_BYTES of read-only data; constant after boot */
	struct kmc_vmalloc_state *vmalloc;
	struct kmc_slab_orders *slab_orders; /* slab/slab_order.c; outside the arena; NULL none */
	/* dirty tracking */
	uint8_t *dirty;       /* one byte per arena page, a bit per KMC_DIRTY_BYTES */
	struct kmc_dirty *dirty_list;
	/* tracing */
	kmc_tp_fn trace_fn;
	void *trace_arg;
	kmc_tp_mask trace_mask;
	/* who has movable memory, and is told when it moves: compact/migrate.c */
	const struct kmc_holder_ops *holder;
	void *holder_arg;
	const struct movable_operations *movable_ops[NR_FRAME_KINDS]; /* constant after boot */
	/* what charging asks when a limit is hit: memcg/ */
	const struct kmc_memcg_ops *memcg_ops;
	void *memcg_ops_arg;
	struct kmc_sim_private *priv; /* machine/ only: boot image, snapshots */
};

/* arena.c */

/** kmc_arena_alloc() - Carve @size bytes out of the arena; at boot only; zeroed. */
void *kmc_arena_alloc(struct kmc_sim *sim, size_t size, size_t align);
/**
 * kmc_arena_alloc_sparse() - As kmc_arena_alloc(), whole pages, for a table that is
 * mostly zero at boot; at boot too its writers say kmc_touch() first.
 */
void *kmc_arena_alloc_sparse(struct kmc_sim *sim, size_t size);
/**
 * kmc_arena_hash_table() - A digest of how a table of the arena differs from boot.
 *
 * The table begins on a page, its entries fill pages. The sum of @digest over the
 * entries that differ, less that of their boot contents; a sum, since the order
 * in which pages became dirty must not matter.
 */
uint64_t kmc_arena_hash_table(struct kmc_sim *sim, const void *table, size_t table_bytes,
			      size_t entry_bytes,
			      uint64_t (*digest)(const struct kmc_sim *sim, size_t index,
						 const void *entry));
#define KMC_DIRTY_SHIFT 9
#define KMC_DIRTY_BYTES (1u << KMC_DIRTY_SHIFT)
void kmc_touch_slow(struct kmc_sim *sim, size_t page, unsigned int mask);
/** kmc_touch() - About to write @len bytes at @ptr, which lies in the arena. */
static inline void kmc_touch(struct kmc_sim *sim, const void *ptr, size_t len)
{
	size_t first = (size_t)((const uint8_t *)ptr - sim->arena) >> KMC_DIRTY_SHIFT;
	size_t last = (size_t)((const uint8_t *)ptr + len - 1 - sim->arena) >> KMC_DIRTY_SHIFT;

	while (first <= last) {
		size_t page = first / 8;
		size_t end = last / 8 == page ? last % 8 : 7;
		unsigned int mask = (2u << end) - (1u << first % 8);

		if (unlikely(mask & ~__atomic_load_n(&sim->dirty[page], __ATOMIC_RELAXED)))
			kmc_touch_slow(sim, page, mask);
		first = (page + 1) * 8;
	}
}

/* frames */

static inline uint64_t page_to_pfn_in(struct kmc_sim *sim, const struct page *page)
{
	return (uint64_t)(page - sim->pages);
}
static inline struct page *pfn_to_page_in(struct kmc_sim *sim, uint64_t pfn)
{
	return sim->pages + pfn;
}
static inline uint64_t virt_to_pfn_in(struct kmc_sim *sim, const void *ptr)
{
	return (uint64_t)((const uint8_t *)ptr - sim->frames) >> PAGE_SHIFT;
}
static inline void *pfn_to_virt_in(struct kmc_sim *sim, uint64_t pfn)
{
	return sim->frames + (pfn << PAGE_SHIFT);
}

/* cpus.c */

/**
 * kmc_flush_cpus() - Make every other cpu give back what @what names; the
 * caller has flushed its own already. Returns when all have.
 *
 * Context: no lock held, the caller's own per-cpu structures whole: while it
 * waits it serves what others ask of its own cpu.
 */
void kmc_flush_cpus(struct kmc_sim *sim, unsigned int what);

/**
 * kmc_ask_cpus() - Ask every cpu, the caller's own too, without waiting: who is bound
 * elsewhere does it at his next call. Context: as kmc_flush_cpus().
 */
void kmc_ask_cpus(struct kmc_sim *sim, unsigned int what);
/** kmc_flush_some_cpus() - By cpu what it gives back; 0: it is left alone. Of other cpus. */
void kmc_flush_some_cpus(struct kmc_sim *sim, const unsigned int *what);
/**
 * kmc_attend() - Serve cpu->attention at an entry point; returns the remaining bits.
 *
 * Only the outermost entry of a call may: a flush in the middle of an
 * operation on a sheaf would pull it from under its user. Inner functions read
 * the bits with kmc_attention_bits().
 */
unsigned int kmc_attend(struct kmc_cpu *cpu);
/** kmc_attention() - As kmc_attend(), but costs one load when nothing is set. */
static inline unsigned int kmc_attention(struct kmc_cpu *cpu)
{
	if (likely(!atomic_load_explicit(&cpu->attention, memory_order_relaxed)))
		return 0;
	return kmc_attend(cpu);
}
static inline unsigned int kmc_attention_bits(struct kmc_cpu *cpu)
{
	return atomic_load_explicit(&cpu->attention, memory_order_relaxed);
}
/** kmc_wait_a_little() - Let whoever we wait for go on. No lock is held. */
void kmc_wait_a_little(void);
/**
 * kmc_let_others_run() - Wait a moment for what another thread or coroutine will do,
 * serving what is asked of @cpu. Context: no lock held.
 * Return: false when no other runs a cpu of this machine: waiting is in vain.
 */
bool kmc_let_others_run(struct kmc_cpu *cpu);
/** kmc_all_stuck() - Is every other that runs a cpu marked as stuck (or is there none)? */
bool kmc_all_stuck(struct kmc_cpu *cpu);
/** kmc_cpu_steal() - Own a cpu that nobody has bound, to serve it. */
bool kmc_cpu_steal(struct kmc_cpu *cpu);
/** kmc_cpu_is_ours() - The calling thread or coroutine has bound it. */
bool kmc_cpu_is_ours(struct kmc_cpu *cpu);
/** kmc_cpu_release() - The end of kmc_cpu_steal(). */
void kmc_cpu_release(struct kmc_cpu *cpu);
/* Implemented by the layers; run on the cpu itself or on an unbound cpu that was stolen. */
void kmc_slab_flush_cpu(struct kmc_sim *sim, struct kmc_cpu *cpu);
void kmc_page_flush_cpu(struct kmc_sim *sim, struct kmc_cpu *cpu);
/* pcp.c: limits of the cpu's lists sink for each second since they last did. */
void kmc_page_tick_cpu(struct kmc_sim *sim, struct kmc_cpu *cpu);

/*
 * Boot and digest of the layers, called by machine/sim.c in this order. Boot
 * hands out no frame: all of them are free in the boot image.
 */
int kmc_page_boot(struct kmc_sim *sim);
int kmc_slab_boot(struct kmc_sim *sim);
/** kmc_slab_orders_boot() - What the slab layer keeps beside the arena; without it all goes on. */
void kmc_slab_orders_boot(struct kmc_sim *sim);
void kmc_slab_orders_end(struct kmc_sim *sim);
uint64_t kmc_page_hash(struct kmc_sim *sim, uint64_t seed);
uint64_t kmc_slab_hash(struct kmc_sim *sim, uint64_t seed);
void kmc_page_check(struct kmc_sim *sim);
void kmc_slab_check(struct kmc_sim *sim);
void kmc_cma_boot(struct kmc_sim *sim);
void kmc_cma_check(struct kmc_sim *sim);
uint64_t kmc_cma_hash(struct kmc_sim *sim, uint64_t seed);
size_t kmc_cma_arena_bytes(const struct kmc_sim_config *config);
int kmc_vmalloc_boot(struct kmc_sim *sim);
void kmc_vmalloc_check(struct kmc_sim *sim);
uint64_t kmc_vmalloc_hash(struct kmc_sim *sim, uint64_t seed);
size_t kmc_vmalloc_arena_bytes(const struct kmc_sim_config *config);
size_t kmc_page_arena_bytes(const struct kmc_sim_config *config);
size_t kmc_slab_arena_bytes(const struct kmc_sim_config *config);

/** kmc_percpu_free_at() - Is part of [ptr, ptr + len) in no area of a percpu chunk? */
bool kmc_percpu_free_at(struct kmc_sim *sim, const void *ptr, size_t len);

/* dma/dma_mapping.c */
void kmc_dma_boot(struct kmc_sim *sim);
uint64_t kmc_dma_hash(struct kmc_sim *sim, uint64_t seed);

/* zsmalloc/zs_check.c */
void kmc_zs_boot(struct kmc_sim *sim);
uint64_t kmc_zs_hash(struct kmc_sim *sim, uint64_t seed);
void kmc_zs_check(struct kmc_sim *sim);

/* reclaim/oom_kill.c */
/** kmc_gfp_restricted() - The mask of allowed flags lacks IO and FS now. Rule: GFP-43. */
bool kmc_gfp_restricted(const struct kmc_sim *sim);

/* reclaim/populations.c */
size_t kmc_reclaim_arena_bytes(void);
void kmc_reclaim_boot(struct kmc_sim *sim);
uint64_t kmc_reclaim_hash(struct kmc_sim *sim, uint64_t seed);

/* tasks.c */
struct kmc_task *kmc_task_of(struct kmc_sim *sim, unsigned int task);

/* rcu/rcu_state.c */
size_t kmc_rcu_arena_bytes(const struct kmc_sim_config *config);
void kmc_rcu_boot(struct kmc_sim *sim);
uint64_t kmc_rcu_hash(struct kmc_sim *sim, uint64_t seed);
/** kmc_rcu_clock_advanced() - Time has passed: grace periods and timers with it. */
void kmc_rcu_clock_advanced(struct kmc_sim *sim);

/* frames.c */

/** kmc_frames_share() - Make the frames a mapping of a file; once. Return: 0, -errno. */
int kmc_frames_share(struct kmc_sim *sim);

/* address.c */

/**
 * kmc_vmalloc_extent() - The live area or mapping that @ptr lies in.
 * Return: false: none, or its free is under way.
 */
bool kmc_vmalloc_extent(struct kmc_sim *sim, const void *ptr, const void **start,
			uint64_t *requested_bytes);
/**
 * kmc_slab_object_at() - The slab layer's part of kmc_sim_where(): the object of
 * the slab page at @ptr. Return: false when @ptr lies in no object.
 */
bool kmc_slab_object_at(struct kmc_sim *sim, const void *ptr, const void **start, bool *live);
/** kmc_slab_cache_number() - The same for the same cache, wherever its table lies. */
unsigned int kmc_slab_cache_number(const struct kmc_sim *sim, const struct kmem_cache *cache);

/* Tracepoints: cold. Those of fast paths only under ATTN_TRACE, the rare ones at any time. */
void kmc_trace_emit(struct kmc_sim *sim, struct kmc_tp *tp);

/** kmc_traced() - Does anybody listen to this tracepoint? For who would have to put an event together. */
static inline bool kmc_traced(const struct kmc_sim *sim, unsigned int id)
{
	return sim->trace_mask >> id & 1; /* nobody: an empty mask */
}

/* Failure injection: true when this request is to fail. Only under ATTN_FAULT. */
bool kmc_fault_hit(struct kmc_sim *sim, enum kmc_sim_fault fault);

/* FNV-1a over 64-bit words; digests of state use nothing else. */
static inline uint64_t kmc_hash_word(uint64_t hash, uint64_t word)
{
	hash ^= word;
	hash *= 0x100000001b3ull;
	return hash ^ (hash >> 29);
}

/* Where another cpu's coroutine may come in. Never below a lock. */
#ifdef KMC_YIELD_POINTS
#define kmc_yield_point(name) kmc_co_yield(name)
#else
#define kmc_yield_point(name) ((void)0)
#endif

/* KASAN's part is played by AddressSanitizer. */
#if defined(__SANITIZE_ADDRESS__)
#define KMC_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KMC_ASAN 1
#endif
#endif
#ifdef KMC_ASAN
void __asan_poison_memory_region(void const volatile *addr, size_t size);
void __asan_unpoison_memory_region(void const volatile *addr, size_t size);
#define kmc_poison(ptr, len)   __asan_poison_memory_region(ptr, len)
#define kmc_unpoison(ptr, len) __asan_unpoison_memory_region(ptr, len)
#define KMC_NO_ASAN            __attribute__((no_sanitize("address")))
#else
#define kmc_poison(ptr, len)   ((void)0)
#define kmc_unpoison(ptr, len) ((void)0)
#define KMC_NO_ASAN
#endif
