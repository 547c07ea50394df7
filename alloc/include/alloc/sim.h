/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated machine around the allocator stack: everything a kernel has
 * and a process has not. Included by whoever drives the stack (the executor,
 * the benchmark, tests); kernel-style code needs only <linux/...>.
 *
 * One struct kmc_sim is one booted machine. A thread (or a coroutine) acts on
 * it after binding one of its cpus; all of <linux/slab.h> and <linux/gfp.h>
 * then works on that machine. No wall clock, no randomness, no state outside
 * the machine: the same calls give the same results.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmc_sim;
struct kmem_cache;

#define KMC_SIM_MAX_CPUS  64
#define KMC_SIM_MAX_NODES 8
#define KMC_SIM_MAX_ZONES 32 /* over all nodes */

/* The point releases whose behaviour is imitated. */
enum kmc_profile {
	KMC_PROFILE_6_1_192,
	KMC_PROFILE_6_6_9,
	KMC_PROFILE_6_12_117,
	KMC_PROFILE_6_18_44, /* default */
	KMC_NR_PROFILES,
};

enum kmc_zone_type {
	KMC_ZONE_DMA,
	KMC_ZONE_DMA32,
	KMC_ZONE_NORMAL,
	KMC_ZONE_HIGHMEM,
	KMC_ZONE_MOVABLE,
	KMC_NR_ZONE_TYPES,
};

/* One zone of one node: frames [start_pfn, start_pfn + nr_pages). */
struct kmc_zone_layout {
	enum kmc_zone_type type;
	uint8_t node;
	uint64_t start_pfn;
	uint64_t nr_pages;
};

/* Kernel configuration and boot options that the first storey knows. */
#define KMC_OPT_FREELIST_RANDOM   (1u << 0)
#define KMC_OPT_FREELIST_HARDENED (1u << 1)
#define KMC_OPT_NOMERGE           (1u << 2) /* slab_nomerge */
#define KMC_OPT_MEMCG             (1u << 3) /* kmalloc-cg-N caches exist */
#define KMC_OPT_INIT_ON_ALLOC     (1u << 4)
#define KMC_OPT_INIT_ON_FREE      (1u << 5)
#define KMC_OPT_NO_ZONE_DMA       (1u << 6) /* CONFIG_ZONE_DMA=n */
#define KMC_OPT_SLUB_RED_ZONE     (1u << 7) /* slab_debug for all caches, by letter */
#define KMC_OPT_SLUB_POISON       (1u << 8)
#define KMC_OPT_SLUB_STORE_USER   (1u << 9)
#define KMC_OPT_SLUB_CONSISTENCY  (1u << 10)
#define KMC_OPT_SLAB_BUCKETS      (1u << 11) /* CONFIG_SLAB_BUCKETS: 6.11 and later */
#define KMC_OPT_RANDOM_KMALLOC    (1u << 12) /* CONFIG_RANDOM_KMALLOC_CACHES: 6.6 and later */
#define KMC_OPT_HARDENED_USERCOPY (1u << 13)
#define KMC_OPT_DEBUG_VM          (1u << 16)
#define KMC_OPT_PREEMPT_RT        (1u << 17)
#define KMC_OPT_THP               (1u << 18) /* transparent huge pages, and khugepaged runs */
#define KMC_OPT_MEMCG_RECURSIVE   (1u << 19) /* cgroup2 mounted with memory_recursiveprot */
#define KMC_OPT_NO_MOBILITY       (1u << 31) /* no grouping by mobility, as in a tiny machine */
/*
 * ours: what was mapped in the vmalloc window stays mapped on the host after its end, and so do
 * guard pages: for drivers that never touch them, who save a system call or two an area.
 */
#define KMC_OPT_KEEP_MAPPINGS   (1u << 28)
#define KMC_OPT_DIRTY_MEMORY    (1u << 29) /* ours: frames hold junk at boot, as after long use */
#define KMC_OPT_VMALLOC_ALIASED   (1u << 30) /* ours: areas are mappings of their very frames */

#define KMC_SLAB_DEBUG_BYTES 128
struct kmc_sim_config {
	enum kmc_profile profile;
	unsigned int nr_cpus; /* 1..KMC_SIM_MAX_CPUS */
	unsigned int nr_nodes;
	unsigned int nr_zones;
	struct kmc_zone_layout zones[KMC_SIM_MAX_ZONES];
	uint32_t options; /* KMC_OPT_* */
	uint64_t seed;    /* of the simulated kernel's own randomness */
	char slab_debug[KMC_SLAB_DEBUG_BYTES]; /* "slab_debug=FZ,dentry", or empty */
};

/**
 * kmc_sim_config_simple() - A one-node x86-64-like layout.
 * @config:      filled in whole; options and seed zero, default profile.
 * @nr_cpus:     cpus.
 * @size_bytes:  memory, rounded down to whole pageblocks (2 MiB), at least 4 MiB.
 *               From 4 GiB on: DMA (1 to 16 MiB), DMA32 (to 4 GiB), the rest Normal.
 *               Less than 4 GiB: that much from 16 MiB on, DMA32 to 4 GiB and
 *               what is left Normal.
 *
 * A machine without a zone of type DMA or DMA32 is a kernel configured without
 * it: GFP_DMA and GFP_DMA32 mean Normal and below there.
 */
void kmc_sim_config_simple(struct kmc_sim_config *config, unsigned int nr_cpus,
			   uint64_t size_bytes);

/**
 * kmc_sim_create() - Boot a machine.
 *
 * Zones are at least one frame, do not overlap, end below 1 TiB; one of a type
 * per node; frame 0 is in none.
 * Return: 0, -EINVAL for an impossible layout, -ENOMEM.
 */
int kmc_sim_create(const struct kmc_sim_config *config, struct kmc_sim **sim);

/** kmc_sim_destroy() - Unmap everything; no cpu may be bound. NULL is accepted. */
void kmc_sim_destroy(struct kmc_sim *sim);

/**
 * kmc_sim_reset() - Back to the state right after boot.
 *
 * Costs what was touched since, never the size of the machine. Bindings,
 * the tracepoint callback and its argument survive.
 */
void kmc_sim_reset(struct kmc_sim *sim);

/**
 * kmc_sim_snapshot() - Keep the present state, contents of frames in use included.
 * Return: a handle >= 0, or -ENOMEM, or -ENOSPC above KMC_SIM_MAX_SNAPSHOTS, or when
 * the contents that all of them keep would be more than KMC_SIM_SNAPSHOT_BYTES.
 */
int kmc_sim_snapshot(struct kmc_sim *sim);
#define KMC_SIM_MAX_SNAPSHOTS  64
#define KMC_SIM_SNAPSHOT_BYTES (768ul << 20)

/** kmc_sim_restore() - Back to a snapshot, which stays valid. Return: 0 or -EINVAL. */
int kmc_sim_restore(struct kmc_sim *sim, int snapshot);

/** kmc_sim_snapshot_drop() - Forget a snapshot. Return: 0 or -EINVAL. */
int kmc_sim_snapshot_drop(struct kmc_sim *sim, int snapshot);

/**
 * kmc_sim_hash() - A digest of the whole state, free of host addresses.
 *
 * Equal states of equal machines give equal digests in any process and with
 * any compiler.
 */
uint64_t kmc_sim_hash(struct kmc_sim *sim);

/* cpus */

/**
 * kmc_sim_bind() - Make @cpu the calling thread's cpu.
 *
 * Takes over whatever was asked of the cpu while nobody was bound (flushes).
 * Return: 0, -EBUSY when another thread or coroutine has it, -EINVAL.
 */
int kmc_sim_bind(struct kmc_sim *sim, unsigned int cpu);

/** kmc_sim_unbind() - Give the thread's cpu up; from then on anyone may flush it. */
void kmc_sim_unbind(void);

/** kmc_sim_switch() - unbind and bind in one, cheap for a single thread. As kmc_sim_bind(). */
int kmc_sim_switch(struct kmc_sim *sim, unsigned int cpu);

/**
 * kmc_sim_bind_all() - The calling thread takes every cpu at once.
 *
 * For a single thread that acts on many cpus (replay, fuzzing): from then on
 * kmc_sim_switch() and kmc_sim_run_as() cost a store. kmc_sim_unbind() gives
 * all of them up. Afterwards the thread runs on cpu 0 or stays where it was.
 * Return: 0, or -EBUSY when another thread or coroutine has one of them.
 */
int kmc_sim_bind_all(struct kmc_sim *sim);

/* The cpu that the calling thread acts as; NULL none. Written by the calls below only. */
struct kmc_cpu;
extern __thread struct kmc_cpu *kmc_this_cpu __attribute__((tls_model("initial-exec")));

/** kmc_sim_cpu() - A cpu's handle for kmc_sim_run_as(); NULL: no such cpu. */
struct kmc_cpu *kmc_sim_cpu(struct kmc_sim *sim, unsigned int cpu);

/** kmc_sim_run_as() - Act as @cpu from now on. Context: after kmc_sim_bind_all(). */
static inline void kmc_sim_run_as(struct kmc_cpu *cpu)
{
	kmc_this_cpu = cpu;
}

/** kmc_sim_run_on() - kmc_sim_run_as() by number. */
static inline void kmc_sim_run_on(struct kmc_sim *sim, unsigned int cpu)
{
	kmc_sim_run_as(kmc_sim_cpu(sim, cpu));
}

/** kmc_sim_poll() - Do what other cpus asked of this one; any allocator entry does it too. */
void kmc_sim_poll(void);

/* Coroutines: several cpus on one thread, interleaved at named yield points
 * (present when built with KMC_YIELD_POINTS) and at kmc_co_yield(). */
typedef void (*kmc_co_fn)(void *arg);
/* Asked at each yield point; returns the cpu to go on with. */
typedef unsigned int (*kmc_co_pick_fn)(void *arg, unsigned int cpu, const char *point,
				       uint64_t runnable_mask);
struct kmc_co {
	unsigned int cpu;
	kmc_co_fn fn;
	void *arg;
};
/** kmc_co_run() - Run @n coroutines, each bound to its cpu, until all have returned. */
int kmc_co_run(struct kmc_sim *sim, const struct kmc_co *co, unsigned int n,
	       kmc_co_pick_fn pick, void *arg);
void kmc_co_yield(const char *point);

/* tasks and contexts */

#define KMC_SIM_MAX_TASKS 64
enum kmc_sim_context {
	KMC_IN_TASK,
	KMC_IN_SOFTIRQ,
	KMC_IN_HARDIRQ,
	KMC_IN_NMI,
	KMC_PREEMPT_OFF,
};
/* Task flags; the values are the simulation's own. */
#define KMC_PF_MEMALLOC      (1u << 0)
#define KMC_PF_MEMALLOC_NOFS (1u << 1)
#define KMC_PF_MEMALLOC_NOIO (1u << 2)
#define KMC_PF_MEMALLOC_PIN  (1u << 3)
#define KMC_PF_KTHREAD       (1u << 4)
#define KMC_PF_EXITING       (1u << 5)
#define KMC_PF_OOM_VICTIM    (1u << 6)
#define KMC_PF_REALTIME      (1u << 7) /* scheduling class: deeper reserves */
#define KMC_PF_FATAL_SIGNAL  (1u << 8) /* pending: it will die as soon as it may */
#define KMC_PF_DUMPCORE      (1u << 9) /* writes its core: nobody is killed for its requests */

/** kmc_sim_set_task() - The bound cpu runs task @task (0..KMC_SIM_MAX_TASKS-1) from now on. */
int kmc_sim_set_task(unsigned int task);
/** kmc_sim_set_context() - The bound cpu's context from now on. */
void kmc_sim_set_context(enum kmc_sim_context context);
/** kmc_sim_task_flags() - Replace the flags in @mask of the running task by @flags. */
void kmc_sim_task_flags(uint32_t mask, uint32_t flags);

/**
 * kmc_sim_task_set() - The same of any task. Context: the task does not run on another
 * thread's cpu. Return: 0, -EINVAL no such task.
 */
int kmc_sim_task_set(struct kmc_sim *sim, unsigned int task, uint32_t mask, uint32_t flags);

/**
 * kmc_sim_mems_allowed() - The nodes of a task's cpuset, one bit each; others have no say.
 *
 * The set above it has all nodes. Context: as kmc_sim_task_set(). Return: 0, -EINVAL: no
 * such task, or none of the machine's nodes. Rule: GFP-23.
 */
int kmc_sim_mems_allowed(struct kmc_sim *sim, unsigned int task, uint32_t nodes);

/* clock and faults */

/* The clock's end, 292 years from boot: there it stands still, so that times can be added to. */
#define KMC_CLOCK_MAX_NS ((uint64_t)INT64_MAX)
uint64_t kmc_sim_clock_ns(struct kmc_sim *sim);
void kmc_sim_clock_advance(struct kmc_sim *sim, uint64_t ns);

enum kmc_sim_fault {
	KMC_FAULT_SLAB, /* failslab */
	KMC_FAULT_PAGE, /* fail_page_alloc */
	KMC_NR_SIM_FAULTS,
};
/**
 * kmc_sim_fail_nth() - Fail the @nth eligible request from now on (1 = the next),
 * then every @interval-th (0: once only). @nth 0 switches off.
 */
void kmc_sim_fail_nth(struct kmc_sim *sim, enum kmc_sim_fault fault, uint64_t nth,
		      uint64_t interval);

/* tracepoints, under the kernel's names */

enum kmc_tp_id {
	KMC_TP_KMALLOC,
	KMC_TP_KFREE,
	KMC_TP_KMEM_CACHE_ALLOC,
	KMC_TP_KMEM_CACHE_FREE,
	KMC_TP_MM_PAGE_ALLOC,
	KMC_TP_MM_PAGE_FREE,
	KMC_TP_MM_PAGE_FREE_BATCHED,
	KMC_TP_MM_PAGE_ALLOC_ZONE_LOCKED,
	KMC_TP_MM_PAGE_PCPU_DRAIN,
	KMC_TP_MM_PAGE_ALLOC_EXTFRAG,
	KMC_TP_WAKEUP_KSWAPD,
	KMC_TP_DIRECT_RECLAIM_BEGIN,
	KMC_TP_DIRECT_RECLAIM_END,
	KMC_TP_MARK_VICTIM, /* task in bytes_req; for the limit of group bytes_alloc, 0 for all */
	KMC_TP_ALLOC_VMAP_AREA,
	KMC_TP_FREE_VMAP_AREA_NOFLUSH,
	KMC_TP_PERCPU_ALLOC,
	KMC_TP_PERCPU_FREE,
	KMC_TP_WARN,   /* a WARN or a report; name in @text */
	KMC_TP_SLEEP,  /* the call slept */
	KMC_TP_RELEASED, /* ours: a block whose free was deferred is free from now on */
	KMC_TP_PAGES_BACK, /* ours: a type-safe slab's pages go back; @ptr, bytes in bytes_req */
	KMC_TP_HUNG,     /* ours: the call would wait for ever, and returned instead; @text */
	KMC_TP_FAULT_INJECTED, /* a request was made to fail; which fault is in bytes_req */
	KMC_TP_MIGRATED,       /* ours: a block moved from pfn to the pfn in bytes_req */
	KMC_TP_COMPACTION_TRY, /* mm_compaction_try_to_compact_pages; priority in bytes_req */
	KMC_TP_COMPACTION_BEGIN,
	KMC_TP_COMPACTION_END, /* enum compact_result in bytes_req, frames moved in bytes_alloc */
	KMC_TP_COMPACTION_MIGRATEPAGES, /* moved in bytes_req, stayed in bytes_alloc */
	KMC_TP_COMPACTION_SUITABLE,     /* enum compact_result in bytes_req */
	KMC_TP_COMPACTION_DEFERRED,     /* considered in bytes_req, shift in bytes_alloc: skipped, */
	KMC_TP_COMPACTION_DEFER_COMPACTION, /* gave up, */
	KMC_TP_COMPACTION_DEFER_RESET,      /* succeeded */
	KMC_TP_COMPACTION_WAKEUP_KCOMPACTD,
	KMC_TP_COMPACTION_KCOMPACTD_WAKE,
	KMC_TP_COMPACTION_KCOMPACTD_SLEEP,
	KMC_TP_CMA_ALLOC_START,      /* pages in bytes_req, alignment in order, */
	KMC_TP_CMA_ALLOC_FINISH,     /* -error in bytes_alloc */
	KMC_TP_CMA_ALLOC_BUSY_RETRY,
	KMC_TP_CMA_RELEASE,
	KMC_TP_PURGE_VMAP_AREA_LAZY, /* ranges merged back in bytes_req; from the lowest at ptr */
	KMC_TP_CHARGED,   /* ours: bytes_req to group bytes_alloc for what begins at ptr */
	KMC_TP_UNCHARGED,
	KMC_TP_SLAB_REPORT, /* ours: enum kmc_slab_report_kind in bytes_req, number in bytes_alloc */
	KMC_TP_STARTED_IO, /* ours: reclaim wrote out or swapped, */
	KMC_TP_STARTED_FS, /* entered a filesystem */
	KMC_TP_SLOW_PATH,  /* ours: a page request was not served at once, and the path around begins */
	KMC_TP_RESERVE,    /* ours: the block at pfn was had by a right to what lies below min */
	KMC_TP_PANIC,      /* ours: the machine is dead, the call returned instead; @text */
	KMC_TP_KSWAPD_WAKE,  /* a run begins; highest zone in bytes_req */
	KMC_TP_KSWAPD_SLEEP,
	KMC_TP_SHRINK_SLAB_START, /* objects in bytes_req, how many are asked for in bytes_alloc */
	KMC_TP_SHRINK_SLAB_END,   /* given up in bytes_req */
	KMC_TP_MEMCG_RECLAIM_BEGIN, /* for the limit of group bytes_alloc, */
	KMC_TP_MEMCG_RECLAIM_END,   /* pages reclaimed in bytes_req */
	/* free and reclaimable in bytes_req, rounds without progress in bytes_alloc; it would do: pfn */
	KMC_TP_RECLAIM_RETRY_ZONE,
	/* priority in bytes_req, enum compact_result in bytes_alloc; again: pfn */
	KMC_TP_COMPACT_RETRY,
	KMC_TP_OOM_SCORE_ADJ_UPDATE, /* task in bytes_req, its new value in bytes_alloc */
	KMC_TP_WAKE_REAPER,          /* victim in bytes_req, and so the next three */
	KMC_TP_START_TASK_REAPING,
	KMC_TP_FINISH_TASK_REAPING,
	KMC_TP_SKIP_TASK_REAPING,
	KMC_TP_PERCPU_ALLOC_FAIL,    /* bytes in bytes_req, alignment in bytes_alloc */
	KMC_TP_PERCPU_CREATE_CHUNK,  /* its first unit at ptr */
	KMC_TP_PERCPU_DESTROY_CHUNK,
	KMC_NR_TPS,
};

/* A set of tracepoints. */
__extension__ typedef unsigned __int128 kmc_tp_mask;
#define KMC_TP_BIT(id) ((kmc_tp_mask)1 << (id))
#define KMC_ALL_TPS    (KMC_TP_BIT(KMC_NR_TPS) - 1)

struct kmc_tp {
	enum kmc_tp_id id;
	unsigned int cpu, task;
	int node;            /* requested node, -1 none */
	unsigned int order;
	unsigned int migratetype;
	uint64_t gfp;        /* the profile's numbers */
	uint64_t pfn;        /* page events; UINT64_MAX: failed */
	const void *ptr;     /* object events; NULL: failed or a free of NULL */
	/* Object events. zone_locked: bytes_req is 1 for a per-cpu refill; extfrag: the order
	 * and the migratetype that were fallen back to. */
	uint64_t bytes_req, bytes_alloc;
	const void *call_site;
	struct kmem_cache *cache; /* cache events */
	const char *text;
};
typedef void (*kmc_tp_fn)(void *arg, const struct kmc_tp *tp);
/** kmc_sim_trace() - Call @fn at every tracepoint whose bit is in @mask; NULL switches off. */
void kmc_sim_trace(struct kmc_sim *sim, kmc_tp_mask mask, kmc_tp_fn fn, void *arg);

/* addresses and facts for observers */

/* Kernel-like addresses that are the same in every process. */
#define KMC_DIRECT_MAP_BASE 0xffff888000000000ull
#define KMC_VMALLOC_BASE    0xffffc90000000000ull
/** kmc_sim_address() - The kernel-like address of a pointer here; small values as they are. */
uint64_t kmc_sim_address(struct kmc_sim *sim, const void *ptr);
/** kmc_sim_pointer() - The inverse; NULL when the address is none of this machine's. */
void *kmc_sim_pointer(struct kmc_sim *sim, uint64_t address);

/** kmc_sim_frame_of() - The frame number of a pointer into a frame; false: it is none. */
bool kmc_sim_frame_of(struct kmc_sim *sim, const void *ptr, uint64_t *pfn);

enum kmc_backing {
	KMC_BACKING_NONE,   /* not an address of the machine, or a free frame */
	KMC_BACKING_SLAB,
	KMC_BACKING_LARGE,  /* a large kmalloc block */
	KMC_BACKING_PAGE,
	KMC_BACKING_VMALLOC,
};
/* What lies at an address, from page metadata alone. */
struct kmc_where {
	enum kmc_backing backing;
	uint64_t pfn, head_pfn;
	unsigned int order;
	enum kmc_zone_type zone;
	unsigned int node;
	struct kmem_cache *cache;
	const void *object;  /* start of the object or block that holds the address */
	bool live;           /* false: a free object of a slab */
};
void kmc_sim_where(struct kmc_sim *sim, const void *ptr, struct kmc_where *where);

struct kmc_cache_info {
	const char *name;
	unsigned int index;        /* unique among live caches, small */
	unsigned int object_size, size, align, inuse, offset;
	unsigned int order, min_order, objects, refcount;
	unsigned int sheaf_capacity;
	unsigned int useroffset, usersize; /* what may be copied to and from user space */
	uint32_t flags;            /* SLAB_* */
	uint64_t nr_slabs, nr_active, nr_objects;
};
void kmc_sim_cache_info(struct kmem_cache *cache, struct kmc_cache_info *info);
/** kmc_sim_cache_next() - Walk the caches in order of creation; NULL starts and ends. */
struct kmem_cache *kmc_sim_cache_next(struct kmc_sim *sim, struct kmem_cache *cache);

struct kmc_zone_info {
	enum kmc_zone_type type;
	unsigned int node;
	uint64_t start_pfn, spanned, present, managed;
	uint64_t nr_free, pcp_count;
	uint64_t wmark_min, wmark_low, wmark_high, wmark_promo;
	uint64_t lowmem_reserve[KMC_NR_ZONE_TYPES];
	uint64_t free_blocks[11];
	uint64_t watermark_boost, free_cma, free_highatomic;
	/* bit o: a free block of order o; unmovable, movable, reclaimable, CMA, HighAtomic */
	uint16_t type_orders[5];
};
unsigned int kmc_sim_zone_count(struct kmc_sim *sim);
void kmc_sim_zone_info(struct kmc_sim *sim, unsigned int zone, struct kmc_zone_info *info);

/** kmc_sim_check() - Verify the conservation identities; a breach is a bug of ours and aborts. */
void kmc_sim_check(struct kmc_sim *sim);

/** kmc_sim_touched_pages() - Metadata pages that a reset would copy back now. */
size_t kmc_sim_touched_pages(struct kmc_sim *sim);

/**
 * kmc_object_poisoned() - Is part of [ptr, ptr+len) free or slack memory, as KASAN would say?
 *
 * By metadata, and in ASan builds by the poison too.
 */
bool kmc_object_poisoned(struct kmc_sim *sim, const void *ptr, size_t len);
