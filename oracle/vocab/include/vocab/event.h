/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream by which every subject is described and which alone the oracle
 * sees. Calls nest, overlap and may never return: each is a begin and an end
 * with an id, its parent, task and cpu; effects and tracepoints hang on the
 * innermost open call of their task. KMC_EV_CALL is begin and end in one for a
 * call in which nothing else happened.
 */
#ifndef VOCAB_EVENT_H
#define VOCAB_EVENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "vocab/gfp.h"

enum kmc_event_kind {
	KMC_EV_BEGIN,      /* what = opcode; arguments filled in */
	KMC_EV_END,        /* what = opcode; arguments repeated, outcome and result filled in */
	KMC_EV_CALL,       /* both in one */
	KMC_EV_EFFECT,     /* what = enum kmc_effect */
	KMC_EV_TRACEPOINT, /* what = enum kmc_tracepoint */
	KMC_EV_MACHINE,    /* what = opcode of a machine event that took place */
	KMC_EV_GAP,        /* arg = number of events lost here (cpu), 0 unknown */
	KMC_NR_EVENT_KINDS
};

/* X(enumerator, text) */
#define KMC_OUTCOMES(X)                                                    \
	X(NONE, "-")          /* no end seen, or nothing to return */      \
	X(VALUE, "value")     /* an address, a handle, a number: in addr or arg */ \
	X(NULL, "null")                                                    \
	X(ZERO_SIZE, "zero-size") /* ZERO_SIZE_PTR */                      \
	X(ERROR, "error")     /* an error pointer or code: -arg */         \
	X(REFUSED, "refused") /* the subject has no such call */           \
	X(SKIPPED, "skipped") /* operands do not fit and no misuse was meant */ \
	X(HUNG, "hung")                                                    \
	X(DIED, "died")
enum kmc_outcome {
#define KMC_OUTCOME(name, text) KMC_OUT_##name,
	KMC_OUTCOMES(KMC_OUTCOME)
#undef KMC_OUTCOME
	KMC_NR_OUTCOMES
};

/* What happened on the way of a call. X(enumerator, text) */
#define KMC_EFFECTS(X)                                                     \
	X(SLEPT, "slept")                                                  \
	X(RECLAIMED, "reclaimed")         /* a round of it is over; arg = pages; of a group: cache */ \
	X(COMPACTED, "compacted")         /* arg = 1 full, 2 light, 3 asynchronous; 0 unknown */ \
	X(WOKE_KSWAPD, "woke-kswapd")     /* node: whose */                \
	X(IO, "io") X(FS, "fs")                                            \
	X(RESERVE, "reserve")             /* dipped below min */           \
	X(KILLED, "killed")               /* arg = task; for a group: cache */ \
	X(WARNED, "warned")               /* arg = enum kmc_warning */     \
	X(CHARGED, "charged")             /* arg = bytes, cache = memcg; addr 0: for populations, percpu areas */ \
	X(UNCHARGED, "uncharged")                                          \
	X(CONSTRUCTED, "constructed")     /* addr = object */              \
	X(RELEASED, "released")           /* addr = object, really free now (RCU, deferred) */ \
	X(FAULT_INJECTED, "fault-injected")                                \
	X(MIGRATED, "migrated")           /* addr = from, addr2 = to */    \
	X(CONTENT_ZERO, "content-zero")   /* observation: [addr, addr+size) reads zero */ \
	X(CONTENT_DIRTY, "content-dirty") /* observation: byte at addr2 of it is not zero */ \
	X(CONTENT_KEPT, "content-kept")   /* observation: the holder's pattern is intact */ \
	X(CONTENT_LOST, "content-lost")   /* observation: pattern broken at addr2 */ \
	X(FREE_PAGES, "free-pages")       /* report of zone `cache`, its place in the machine: below */ \
	X(PAGES_BACK, "pages-back")       /* pages of a slab or area returned; addr, size */ \
	X(DIED, "died")                                                    \
	X(REPORTED, "reported")           /* a debug report; arg = enum kmc_misuse_report */ \
	X(BACKED, "backed")               /* observation: [addr, addr+size) is the page memory at addr2 on; addr2 0: no memory is there */ \
	X(FAULTED, "faulted")             /* the program's access at addr trapped */ \
	X(POOL_LEVEL, "pool-level")       /* report: arg = elements in the reserve of pool `cache`, size = its min_nr */ \
	X(BACKEND_ALLOC, "backend-alloc") /* pool `cache` asked its backend, with gfp; addr = element, 0 none */ \
	X(BACKEND_FREE, "backend-free")   /* pool `cache` gave the element at addr back to its backend */
enum kmc_effect {
#define KMC_EFFECT(name, text) KMC_EFF_##name,
	KMC_EFFECTS(KMC_EFFECT)
#undef KMC_EFFECT
	KMC_NR_EFFECTS
};

/*
 * KMC_EFF_FREE_PAGES, how a call that was not served at once found a zone: arg = free pages,
 * size = KMC_EV_PAIR(watermark boost, managed pages), granted = KMC_EV_PAIR(free CMA pages,
 * free HighAtomic pages), addr2 = five masks of 11 bits, from the lowest: orders of which a
 * block is free that is unmovable, movable, reclaimable, CMA, HighAtomic.
 */

/* What a warning is about: arg of KMC_EFF_WARNED. */
enum kmc_warning {
	KMC_WARNING_OTHER,
	KMC_WARNING_FAILURE,          /* the report of a page request that failed */
	KMC_WARNING_ORDER,            /* an order above the highest */
	KMC_WARNING_NOFAIL_ORDER,     /* NOFAIL above order 1, */
	KMC_WARNING_NOFAIL_ATOMIC,    /* without direct reclaim, */
	KMC_WARNING_NOFAIL_NORECLAIM, /* in a noreclaim scope */
	KMC_WARNING_EXACT_FLAGS,      /* COMP or HIGHMEM for alloc_pages_exact() */
	KMC_WARNING_ATOMIC_SLEEPS,    /* ATOMIC with direct reclaim */
	KMC_NR_WARNINGS
};

/*
 * What a report is about: arg of KMC_EFF_REPORTED. The first four answer a
 * misuse that was not done to the subject; the rest is what the subject itself
 * says of damage that it found.
 */
enum kmc_misuse_report {
	KMC_REPORT_UNKNOWN,    /* the subject cannot tell */
	KMC_REPORT_FREE,       /* free memory, slack or a red zone: KASAN would stop here */
	KMC_REPORT_LIVE,       /* memory of a live block */
	KMC_REPORT_NO_MEMORY,  /* NULL, ZERO_SIZE_PTR, outside the machine */
	KMC_REPORT_RED_ZONE,   /* addr2 = first byte overwritten */
	KMC_REPORT_POISON,     /* the same, of a free object */
	KMC_REPORT_PADDING,    /* the same, of a slab's unused end */
	KMC_REPORT_FREELIST,   /* a free pointer that leads nowhere */
	KMC_REPORT_FREE_AGAIN, /* addr was free already */
	KMC_REPORT_POINTER,    /* addr is no object's begin */
	KMC_REPORT_CACHE,      /* addr is an object of another cache than was named */
	KMC_REPORT_OBJECTS,    /* a cache is destroyed with objects in it */
	KMC_REPORT_USERCOPY,   /* a copy leaves what may be copied */
	KMC_NR_REPORTS
};

/* The kernel's tracepoints. X(enumerator, kernel's name) */
#define KMC_TRACEPOINTS(X)                                    \
	X(KMALLOC, "kmalloc")                                 \
	X(KFREE, "kfree")                                     \
	X(KMEM_CACHE_ALLOC, "kmem_cache_alloc")               \
	X(KMEM_CACHE_FREE, "kmem_cache_free")                 \
	X(MM_PAGE_ALLOC, "mm_page_alloc")                     \
	X(MM_PAGE_FREE, "mm_page_free")                       \
	X(DIRECT_RECLAIM_BEGIN, "mm_vmscan_direct_reclaim_begin") \
	X(DIRECT_RECLAIM_END, "mm_vmscan_direct_reclaim_end") \
	X(KSWAPD_WAKE, "mm_vmscan_kswapd_wake")               \
	X(MARK_VICTIM, "mark_victim")                         \
	X(ALLOC_VMAP_AREA, "alloc_vmap_area")                 \
	X(FREE_VMAP_AREA, "free_vmap_area_noflush")           \
	X(PERCPU_ALLOC, "percpu_alloc_percpu")                \
	X(PERCPU_FREE, "percpu_free_percpu")                  \
	X(MM_PAGE_FREE_BATCHED, "mm_page_free_batched")       \
	X(MM_PAGE_ALLOC_ZONE_LOCKED, "mm_page_alloc_zone_locked") \
	X(MM_PAGE_PCPU_DRAIN, "mm_page_pcpu_drain")           \
	X(MM_PAGE_ALLOC_EXTFRAG, "mm_page_alloc_extfrag")     \
	X(WAKEUP_KSWAPD, "mm_vmscan_wakeup_kswapd")           \
	X(COMPACTION_TRY, "mm_compaction_try_to_compact_pages") \
	X(COMPACTION_BEGIN, "mm_compaction_begin") \
	X(COMPACTION_END, "mm_compaction_end") \
	X(COMPACTION_MIGRATEPAGES, "mm_compaction_migratepages") \
	X(COMPACTION_SUITABLE, "mm_compaction_suitable") \
	X(COMPACTION_DEFERRED, "mm_compaction_deferred") \
	X(COMPACTION_DEFER_COMPACTION, "mm_compaction_defer_compaction") \
	X(COMPACTION_DEFER_RESET, "mm_compaction_defer_reset") \
	X(COMPACTION_WAKEUP_KCOMPACTD, "mm_compaction_wakeup_kcompactd") \
	X(COMPACTION_KCOMPACTD_WAKE, "mm_compaction_kcompactd_wake") \
	X(COMPACTION_KCOMPACTD_SLEEP, "mm_compaction_kcompactd_sleep") \
	X(CMA_ALLOC_START, "cma_alloc_start")                 \
	X(CMA_ALLOC_FINISH, "cma_alloc_finish")               \
	X(CMA_ALLOC_BUSY_RETRY, "cma_alloc_busy_retry")       \
	X(CMA_RELEASE, "cma_release")                         \
	X(PURGE_VMAP_AREA, "purge_vmap_area_lazy") \
	X(KSWAPD_SLEEP, "mm_vmscan_kswapd_sleep") \
	X(SHRINK_SLAB_START, "mm_shrink_slab_start") \
	X(SHRINK_SLAB_END, "mm_shrink_slab_end") \
	X(MEMCG_RECLAIM_BEGIN, "mm_vmscan_memcg_reclaim_begin") \
	X(MEMCG_RECLAIM_END, "mm_vmscan_memcg_reclaim_end") \
	X(RECLAIM_RETRY_ZONE, "reclaim_retry_zone") \
	X(COMPACT_RETRY, "compact_retry") \
	X(OOM_SCORE_ADJ_UPDATE, "oom_score_adj_update") \
	X(WAKE_REAPER, "wake_reaper") \
	X(START_TASK_REAPING, "start_task_reaping") \
	X(FINISH_TASK_REAPING, "finish_task_reaping") \
	X(SKIP_TASK_REAPING, "skip_task_reaping") \
	X(PERCPU_ALLOC_FAIL, "percpu_alloc_percpu_fail") \
	X(PERCPU_CREATE_CHUNK, "percpu_create_chunk") \
	X(PERCPU_DESTROY_CHUNK, "percpu_destroy_chunk")
enum kmc_tracepoint {
#define KMC_TRACEPOINT(name, text) KMC_TP_EV_##name,
	KMC_TRACEPOINTS(KMC_TRACEPOINT)
#undef KMC_TRACEPOINT
	KMC_NR_TRACEPOINTS
};

/*
 * How sure an event is; what carries a mark of inference never grounds a finding.
 * X(name, text, bit)
 */
#define KMC_MARKS(X)                                                       \
	X(INFERRED, "inferred", 0)      /* no event reported it */         \
	X(DUPLICATE, "duplicate", 1)    /* second event of one allocation */ \
	X(BEFORE_TRACE, "before-trace", 2) /* frees what the stream never showed */ \
	X(MISUSE, "misuse", 3)          /* the program meant to break a rule */ \
	X(UNTRUSTED, "untrusted", 4)    /* user space can trigger it */    \
	X(FALLBACK, "fallback", 5)      /* the caller has a fallback */    \
	X(LIMITED_DEVICE, "limited-device", 6) /* for a device of limited addressing */ \
	X(COUNT_SIZE, "count-size", 7)  /* the size is a product */        \
	X(KEPT, "kept", 8)              /* kept on purpose at the end */   \
	X(AFTER_GAP, "after-gap", 9)    /* events were lost just before, on this cpu */ \
	X(ACCOUNTED, "accounted", 10)                                      \
	X(BUCKET, "bucket", 11)         /* known to come from a kmem_buckets set */
enum {
#define KMC_MARK(name, text, bit) KMC_MARK_##name = 1 << bit,
	KMC_MARKS(KMC_MARK)
#undef KMC_MARK
};

#define KMC_ALL_MARKS 0xfff

/* Where a call came from. X(enumerator, text) */
#define KMC_CONTEXTS(X)          \
	X(TASK, "task")          \
	X(SOFTIRQ, "softirq")    \
	X(HARDIRQ, "hardirq")    \
	X(NMI, "nmi")            \
	X(PREEMPT_OFF, "preempt-off") \
	X(UNKNOWN, "unknown")
enum kmc_context {
#define KMC_CONTEXT(name, text) KMC_CTX_##name,
	KMC_CONTEXTS(KMC_CONTEXT)
#undef KMC_CONTEXT
	KMC_NR_CONTEXTS
};

/* Scopes of the task, as far as the subject shows them: kmc_event.scope. */
#define KMC_SCOPE_NOIO      0x01
#define KMC_SCOPE_NOFS      0x02
#define KMC_SCOPE_MEMALLOC  0x04
#define KMC_SCOPE_PIN       0x08
#define KMC_SCOPE_KTHREAD   0x10
#define KMC_ALL_SCOPES      0x1f

/* Of vmap's flags: the area owns its pages. The number is the same in every release that has it. */
#define KMC_VMAP_PUT_PAGES 0x200

/* Two numbers of 32 bits in one field. */
#define KMC_EV_PAIR(high, low) ((uint64_t)(uint32_t)(high) << 32 | (uint32_t)(low))

#define KMC_CACHE_NONE UINT32_MAX
#define KMC_NODE_NONE  (-1)

struct kmc_event {
	uint64_t seq;     /* place in the stream, from 1 */
	uint64_t time_ns; /* 0: the subject has no clock */
	uint32_t id;      /* of the call; 0: bare tracepoint */
	uint32_t parent;  /* the call it happened in; 0 none */
	uint32_t task;
	uint16_t cpu;
	uint8_t kind;     /* enum kmc_event_kind */
	uint8_t outcome;  /* enum kmc_outcome */
	uint16_t what;    /* opcode, effect or tracepoint, by kind */
	uint16_t marks;   /* KMC_MARK_* */
	uint8_t context;  /* enum kmc_context */
	uint8_t scope;    /* KMC_SCOPE_* */
	uint8_t order;    /* of a page block */
	int8_t node;      /* asked for; KMC_NODE_NONE */
	uint32_t gfp;     /* atoms */
	uint32_t cache;   /* id of a cache, pool, group, zone; KMC_CACHE_NONE */
	uint64_t gfp_raw; /* bits without an atom */
	uint64_t addr;    /* result, argument of a free; pages: direct_map + pfn * page */
	uint64_t addr2;   /* the old block of a resize; the second address of an effect */
	uint64_t size;    /* requested bytes; pages: page size << order */
	uint64_t granted; /* bytes the subject says it gave; 0 unknown */
	uint64_t site;    /* call site; 0 unknown */
	uint64_t arg;     /* count of a bulk call, alignment, error number, length */
};

/* A cache that events refer to, from the trace's table or announced by creation calls. */
struct kmc_cache_desc {
	uint32_t id;
	char name[48];
	uint32_t object_size, size, align, inuse, offset, order, min_order, objects;
	uint32_t useroffset, usersize;
	uint64_t flags;  /* KMC_CF_*: names of the vocabulary, not a kernel's numbers */
	uint64_t raw_flags;
	bool ctor;
	uint8_t kmalloc; /* 1: a kmalloc-N cache of any type; 2: of a kmem_buckets set */
};
#define KMC_CACHE_FLAGS(X)            \
	X(CONSISTENCY_CHECKS, 0) X(RED_ZONE, 1) X(POISON, 2) X(STORE_USER, 3) \
	X(HWCACHE_ALIGN, 4) X(CACHE_DMA, 5) X(CACHE_DMA32, 6) X(PANIC, 7)     \
	X(TYPESAFE_BY_RCU, 8) X(RECLAIM_ACCOUNT, 9) X(ACCOUNT, 10)            \
	X(NO_MERGE, 11) X(NOLEAKTRACE, 12) X(KMALLOC, 13) X(TRACE, 14)        \
	X(SHEAVES, 15)
enum {
#define KMC_CACHE_FLAG(name, bit) KMC_CF_##name = 1 << bit,
	KMC_CACHE_FLAGS(KMC_CACHE_FLAG)
#undef KMC_CACHE_FLAG
};

/* Names as in text; NULL out of range. */
const char *kmc_outcome_name(unsigned int outcome);
const char *kmc_effect_name(unsigned int effect);
const char *kmc_tracepoint_name(unsigned int tracepoint);
const char *kmc_context_name(unsigned int context);
const char *kmc_event_kind_name(unsigned int kind);
/** kmc_event_what_name() - Call, effect or tracepoint, by kind; "-" for a gap; NULL unknown. */
const char *kmc_event_what_name(unsigned int kind, unsigned int what);

/**
 * kmc_event_check() - Is every number of it one that the vocabulary knows?
 * For events from untrusted sources. Return: NULL, or what is wrong (static).
 */
const char *kmc_event_check(const struct kmc_event *ev);

/* event_text.c: `.ev` files */

/** kmc_event_init() - All fields to "unknown": cache and node none, the rest 0. */
static inline void kmc_event_init(struct kmc_event *ev)
{
	*ev = (struct kmc_event){ .cache = KMC_CACHE_NONE, .node = KMC_NODE_NONE };
}

/**
 * kmc_event_print() - One line in fixed columns, ended by a newline.
 * Nothing that differs between two runs of one program. Return: 0, -errno.
 */
int kmc_event_print(FILE *out, const struct kmc_event *ev);

/**
 * kmc_event_line() - The same into a buffer; KMC_EVENT_LINE bytes are enough.
 * Return: as snprintf().
 */
int kmc_event_line(char *buf, size_t size, const struct kmc_event *ev);
#define KMC_EVENT_LINE 2048

/** kmc_event_parse() - The inverse. Return: 0, or -EINVAL with *@why a static text. */
int kmc_event_parse(const char *line, size_t len, struct kmc_event *ev, const char **why);

struct kmc_machine;
/** One event file, read whole: head (machine, edition, caches), then events. */
struct kmc_event_file {
	struct kmc_machine *machine;
	uint32_t edition; /* KMC_RELEASE() */
	size_t nr_caches, nr_events;
	struct kmc_cache_desc *caches;
	struct kmc_event *events;
};
/**
 * kmc_event_file_read() - Read `.ev` text.
 * @error: receives "FILE: line N: what"; size bytes. Return: 0, -EINVAL, -ENOMEM, -EIO.
 */
int kmc_event_file_read(FILE *in, const char *name, struct kmc_event_file *file, char *error,
			size_t size);
int kmc_event_file_write_head(FILE *out, const struct kmc_machine *machine, uint32_t edition,
			      const struct kmc_cache_desc *caches, size_t nr_caches);
void kmc_event_file_free(struct kmc_event_file *file);

#endif
