/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one judge. It is fed a subject's facts and events, keeps its own books,
 * and says of each rule whether it held. Used by replay, check and the
 * fuzzers; it never learns which subject it judges.
 *
 * How a call stands in its event (BEGIN, END, CALL), beyond event.h:
 *   size     bytes asked for; of array calls the product (UINT64_MAX: it does not fit), with the
 *            count in arg and the element's bytes in addr2; caches: object size, alignment in arg,
 *            flags (KMC_CF_*) in addr2; page blocks: page << order, also when freed
 *   addr     the result, what a freeing call was given, or what a call asks about (ksize)
 *   addr2    the old block of a resize, the source of a copy, the block that a misused write or
 *            read was given (0: to be found by addr)
 *   arg      count of a bulk call (BEGIN: asked, END: returned), alignment, length given to
 *            kvfree_sensitive, the value of a pure call or question, minus an error;
 *            of a pure call the operands are in size, granted, addr2
 *   cache    id of a cache, announced by kmc_judge_cache() before it is named
 * Beyond that: of a resize with an alignment arg is that; of kfree_rcu() arg is the offset of the
 * head; vmap and vm_[un]map_ram have the count of pages in arg, vmap its flags in addr2; copies to
 * and from user space have the length in size, bytes not copied in arg; Rust calls have the
 * alignment in arg, rust_alloc the backend's opcode in addr2. Mempools are numbered in cache
 * (creation: END, arg too); creation and resize have min_nr in granted, a failure as outcome. Sheaves are
 * numbered in addr2 (prefill: END, arg); prefill and refill have the count in granted.
 * kmem_cache_create_usercopy has KMC_EV_PAIR(offset, size) in granted, _args KMC_EV_PAIR(free
 * pointer's offset, sheaf capacity), each UINT32_MAX where none was given.
 * memcg_attach has the task in size, the group in cache (none: the root); memcg_create max, high, low
 * in size, granted, addr2, the group in cache, its parent's number and one in arg. Reclaim and kills for
 * a group's limit have the group in cache. Charges of a call without addr are for populations or per-cpu
 * areas, and what a group gives up for a request. return_to_user has the nanoseconds waited in arg.
 * Areas, pools of packed objects, devices and their pools are numbered in cache. An area's making has
 * size, the base asked for in addr2, limit in granted, alignment in arg, pages per bit in order, fixed in
 * node, and the area's first page in addr; cma_alloc the alignment in order, cma_release its answer in
 * arg. zs_malloc has the handle in addr, and so have the calls about it; a map or read has in addr2 where
 * the data are, if it says so. dma_device has mask, coherent mask, bus limit in size, granted, addr2; a
 * buffer or block of a device has its bus address in addr2, attributes in arg; dma_pool_create has the
 * alignment in arg, the boundary in granted, the device in addr2; alloc_percpu the alignment in arg.
 * A call marked MISUSE that ends with another outcome than "-" was really done (a machine that
 * reports damage instead of suffering from it).
 *
 * An array call's product is computed again here, never taken over. A bulk call is a BEGIN, one
 * CALL of its single form for each object with parent = the bulk call, and an END. An effect
 * carries the id of its call. A call marked MISUSE is judged at its beginning; what becomes of
 * its object is nobody's fault afterwards. Bare tracepoints have id 0; those inside calls are
 * not judged a second time. A GAP may say in size which tracepoints were lost (a mask of
 * 1 << enum kmc_tracepoint; 0: any): as long as no page event is lost, what pages prove stays proved.
 */
#ifndef ORACLE_JUDGE_H
#define ORACLE_JUDGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vocab/event.h"
#include "vocab/machine.h"

enum kmc_party { KMC_PARTY_ALLOCATOR, KMC_PARTY_CALLER };
enum kmc_strength { KMC_MUST, KMC_SHOULD, KMC_MAY, KMC_NO_PROMISE };
enum kmc_origin { KMC_ORIGIN_S, KMC_ORIGIN_D, KMC_ORIGIN_I, KMC_ORIGIN_I_STAR };

/* What a subject must show for a rule to be judged on it; the subject says what it shows. */
#define KMC_SHOWS_ADDRESS  (1u << 0)  /* addresses of results */
#define KMC_SHOWS_SIZE     (1u << 1)  /* requested sizes */
#define KMC_SHOWS_GRANTED  (1u << 2)  /* granted sizes or cache geometry */
#define KMC_SHOWS_CALLS    (1u << 3)  /* begin/end of each call with its name (no bare tracepoints) */
#define KMC_SHOWS_EVERY_FREE (1u << 4) /* no blind spots: what is not freed is live */
#define KMC_SHOWS_CONTENT  (1u << 5)  /* content observations */
#define KMC_SHOWS_CONTEXT  (1u << 6)  /* context of calls */
#define KMC_SHOWS_CACHES   (1u << 7)  /* which cache, and its description */
#define KMC_SHOWS_PAGES    (1u << 8)  /* page allocations and frees */
#define KMC_SHOWS_EFFECTS  (1u << 9)  /* effects of calls */
#define KMC_SHOWS_NODE     (1u << 10) /* node and zone of memory */
#define KMC_SHOWS_VALUES   (1u << 11) /* results of pure functions */
#define KMC_SHOWS_CHARGES  (1u << 12)
#define KMC_SHOWS_RCU      (1u << 13)
#define KMC_SHOWS_VMALLOC  (1u << 14)
#define KMC_SHOWS_GFP      (1u << 15)
#define KMC_SHOWS_STATE    (1u << 16) /* machine state at entry (free pages, reclaimable) */

/*
 * What an allocator of another make may say that it does not promise: rules
 * that rest on it are unreachable there. Who disclaims nothing is held to all.
 */
#define KMC_PROMISE_LINUX   (1u << 0) /* to do as Linux does: allocator rules of origin I */
#define KMC_PROMISE_NATURAL (1u << 1) /* addresses aligned to what divides the size */

struct kmc_rule {
	const char *id;        /* "ALIGN-2" */
	const char *name;      /* words-name: "align.power-of-two" */
	uint8_t family;        /* index of the family's name */
	uint8_t party, strength, origin;
	uint32_t since, until; /* editions [since, until); 0 open */
	uint32_t needs;        /* KMC_SHOWS_*: unreachable where the subject lacks one */
	uint32_t rests_on;     /* KMC_PROMISE_*: unreachable where the subject disclaims one */
	const char *alias;     /* id under which a breach is reported; NULL itself; "meta" */
	const char *statement; /* one line */
	const char *source;
	uint8_t shape; /* KMC_SHAPE_*: the attributes that belong to a finding's identity */
	bool judged;   /* this version has a function for it */
	uint8_t unjudged; /* enum kmc_unreachable: why not, whatever the subject; NOT where judged */
};
/* Attributes of a finding's shape: classes, never values. */
#define KMC_SHAPE_SIZE    0x01 /* zero, pow2, multiple, odd, page, costly, over-limit */
#define KMC_SHAPE_GFP     0x02 /* atomic, nowait, noretry, mayfail, nofail, plain */
#define KMC_SHAPE_CONTEXT 0x04 /* plain, noio, nofs, memalloc; irq, nmi */
#define KMC_SHAPE_FAMILY  0x08 /* who allocated: kmalloc, cache, vmalloc, page, ... */
#define KMC_SHAPE_SPECIAL 0x10 /* zero, account, dma */
size_t kmc_rule_count(void);
const struct kmc_rule *kmc_rule_at(size_t index);
/** kmc_rule_find() - By id, case ignored; -1 none. */
int kmc_rule_find(const char *id);

/** kmc_rule_is_advice() - To callers; not followed it is a note, whoever the subject is. */
static inline bool kmc_rule_is_advice(const struct kmc_rule *rule)
{
	return rule->strength == KMC_SHOULD && rule->party == KMC_PARTY_CALLER;
}

enum kmc_rule_state {
	KMC_RULE_PASS,
	KMC_RULE_VIOLATED,
	KMC_RULE_KNOWN,       /* violated, every finding of it accepted before */
	KMC_RULE_UNKNOWN,     /* its precondition held, but it could not be judged */
	KMC_RULE_UNEXERCISED, /* reachable, precondition never held */
	KMC_RULE_UNREACHABLE, /* the subject cannot show it; see why */
};
/* Why a rule is unreachable; a closed list. X(enumerator, text) */
#define KMC_UNREACHABLE(X)                                               \
	X(NOT, "")                                                       \
	X(EDITION, "not in the chosen edition")                          \
	X(OPTION_OFF, "an option it needs is off")                       \
	X(NOT_SHOWN, "the subject does not show what it needs")          \
	X(NOT_JUDGED, "not judged by this version of kmconform")         \
	X(SOURCE, "a matter of source text or types, which no event carries") \
	X(UNSEEN, "nothing that a subject can report proves or refutes it") \
	X(COUNTED, "counted only: never a finding")                      \
	X(NO_PROMISE, "promises nothing: nothing is asserted")           \
	X(REPLACED, "other rules stand in its place")                    \
	X(DISCLAIMED, "the subject says that it does not promise it")
enum kmc_unreachable {
#define KMC_WHY(name, text) KMC_WHY_##name,
	KMC_UNREACHABLE(KMC_WHY)
#undef KMC_WHY
	KMC_NR_WHY
};

struct kmc_rule_result {
	uint64_t exercised, passed, violated, unknown; /* judgements */
	uint64_t first_seq, last_seq;                  /* of violations */
	enum kmc_rule_state state;
	enum kmc_unreachable why;
};

/* An event around a violation. */
struct kmc_moment {
	struct kmc_event event; /* seq: its number in the stream */
	const char *call;       /* who gave a block that only the books remember; NULL: see event */
	char role;              /* 'A', 'B' as in the explanation; 0 none */
};

/* A violated rule with its identity. Text is owned by the judge. */
struct kmc_finding {
	char key[24];        /* "v1-" and 16 hex digits: rule, call, clause, shape */
	int rule;            /* index; after aliasing */
	const char *call, *clause, *shape;
	uint64_t occurrences, first_seq, last_seq;
	bool known;
	const char *let, *then, *but; /* of the first occurrence */
	struct kmc_event event;       /* the event at which it showed first */
	uint64_t site;
	struct kmc_moment *window;    /* around the first occurrence; NULL: nobody watched */
	size_t nr_window;
};

struct kmc_subject {
	char name[64];               /* "alloc 6.18.44", "trace FILE", "glibc malloc" */
	struct kmc_machine machine;  /* facts that are known */
	uint32_t edition;            /* KMC_RELEASE() to judge by */
	uint32_t shows;              /* KMC_SHOWS_* */
	uint32_t disclaims;          /* KMC_PROMISE_* that it does not make; 0: it makes all */
	bool bare;                   /* bare tracepoints with blind spots (a recorded kernel) */
	/* Events of different cpus closer than this may stand in the wrong order (a recording
	 * with the coarse clock: one tick); 0: the order is right. */
	uint64_t clock_slack_ns;
};

struct kmc_judge;

/**
 * kmc_judge_create() - A judge for one subject.
 * Return: 0, -EINVAL for an impossible subject, -ENOMEM.
 */
int kmc_judge_create(const struct kmc_subject *subject, struct kmc_judge **judge);
void kmc_judge_destroy(struct kmc_judge *judge);

/** kmc_judge_reset() - As freshly created, at the cost of what was used; counts are kept. */
void kmc_judge_reset(struct kmc_judge *judge);

/** kmc_judge_cache() - Announce or update a cache. Return: 0, -ENOMEM. */
int kmc_judge_cache(struct kmc_judge *judge, const struct kmc_cache_desc *cache);

/**
 * kmc_judge_event() - Judge the next event of the stream.
 *
 * The judge may add marks (INFERRED, DUPLICATE, BEFORE_TRACE) to its copy's
 * account, never to @ev.
 * Return: number of must rules violated by it (a should broken is a note), or -ENOMEM.
 */
int kmc_judge_event(struct kmc_judge *judge, const struct kmc_event *ev);

/**
 * kmc_judge_prefetch() - A hint that an event with this address comes soon.
 *
 * With many live objects every event costs a cache miss; a caller that knows
 * the next events says so about eight ahead.
 */
void kmc_judge_prefetch(const struct kmc_judge *judge, uint64_t addr);

/**
 * kmc_judge_batch() - kmc_judge_event() for each of @nr events, with prefetching.
 * Return: sum of violations, or the first -ENOMEM.
 */
int kmc_judge_batch(struct kmc_judge *judge, const struct kmc_event *evs, size_t nr);

/** kmc_judge_finish() - End of the stream: leaks, pending calls. Return: as kmc_judge_event(). */
int kmc_judge_finish(struct kmc_judge *judge);

/* Called at every violation, before it is folded into its finding. */
typedef void (*kmc_judge_fn)(void *arg, const struct kmc_finding *finding);
void kmc_judge_on_violation(struct kmc_judge *judge, kmc_judge_fn fn, void *arg);

/**
 * kmc_judge_trap() - End in a trap in the violated rule's own function (fuzzing).
 * @what: KMC_TRAP_*; 0: never.
 *
 * Findings that were accepted never trap. While it is not 0, breaches that could not trap are
 * counted and make no finding: a fuzzer's input costs the same however often it came before.
 */
void kmc_judge_trap(struct kmc_judge *judge, unsigned int what);
#define KMC_TRAP_CONFORMANCE 1u /* must rules of the allocator that count for conformance */
#define KMC_TRAP_EQUIVALENCE 2u /* and those of origin I, where a subject claims to be Linux */
#define KMC_TRAP_SHOULD	     4u /* of these kinds the should rules too, where a subject is to keep all */
#define KMC_TRAP_ALL (KMC_TRAP_CONFORMANCE | KMC_TRAP_EQUIVALENCE | KMC_TRAP_SHOULD)
/** kmc_judge_on_trap() - Called with the finding right before the trap. */
void kmc_judge_on_trap(struct kmc_judge *judge, kmc_judge_fn fn, void *arg);

/**
 * kmc_judge_add() - Add what became of the rules on another subject of the same kind: a rule
 * that one of them can show is reachable. Breaches by callers count as exercised only, for who
 * sums programs that were made to commit them; findings stay where they are.
 */
void kmc_judge_add(struct kmc_judge *to, const struct kmc_judge *from);

void kmc_judge_result(const struct kmc_judge *judge, size_t rule, struct kmc_rule_result *result);
size_t kmc_judge_finding_count(const struct kmc_judge *judge);
/** kmc_judge_finding() - In order of first occurrence. */
const struct kmc_finding *kmc_judge_finding(const struct kmc_judge *judge, size_t index);
/**
 * kmc_judge_watch() - From now on findings get a window of the events around them.
 *
 * Keeps the last 256 events; costs one copy of each. The first 1024 findings have one.
 * Return: 0, -ENOMEM.
 */
int kmc_judge_watch(struct kmc_judge *judge);
/**
 * kmc_judge_shape() - Was a request of this call and shape seen while the judge was watched?
 * @shape: below kmc_judge_shapes(). @text: receives "size=pow2 gfp=plain context=plain".
 */
bool kmc_judge_shape(const struct kmc_judge *judge, unsigned int call, unsigned int shape,
		     char *text, size_t size);
unsigned int kmc_judge_shapes(void);
/** kmc_judge_say() - A moment as a line for people: "kmalloc(96, GFP_KERNEL) -> 0x...". */
void kmc_judge_say(const struct kmc_judge *judge, const struct kmc_moment *moment, char *buf,
		   size_t size);
/**
 * kmc_judge_accept() - Accept findings as known: those of a key, or all of a rule's clause.
 * @line: "v1-1234567890abcdef" or "GFP-3:no-kswapd", then, if it is so in some releases only,
 *        "6.1..6.4", then any remark. Nothing, what begins with #, and the keys of deaths
 *        without a rule ("h1-...") accept nothing.
 * @judge: NULL only looks at the line.
 * Return: 0, -EINVAL neither of the two, -ENOMEM.
 */
int kmc_judge_accept(struct kmc_judge *judge, const char *line);

/* The lines of a file of known findings, each as kmc_judge_accept() takes it. */
struct kmc_known_list {
	char **lines;
	size_t nr;
};
/**
 * kmc_known_load() - Read such a file into @list, which is empty after an error.
 * Return: 0, -errno; then @error says why, with file and line.
 */
int kmc_known_load(struct kmc_known_list *list, const char *path, char *error, size_t size);
/** kmc_known_accept() - Have @judge accept all of it. Return: 0, -ENOMEM. */
int kmc_known_accept(const struct kmc_known_list *list, struct kmc_judge *judge);
void kmc_known_free(struct kmc_known_list *list);

/* What the shadow model counted per cache (and "large", "page", "unknown"). */
struct kmc_life_count {
	char name[48];
	uint64_t allocs, frees, failed;
	uint64_t implied_frees;   /* allocation of a live address */
	uint64_t duplicates;
	uint64_t before_trace;    /* frees of what was never seen */
	uint64_t free_again;      /* frees of an address already freed in the stream */
	uint64_t live, live_bytes, peak_live_bytes;
};
size_t kmc_judge_lives(const struct kmc_judge *judge, struct kmc_life_count *counts, size_t max);
uint64_t kmc_judge_events(const struct kmc_judge *judge);
const struct kmc_subject *kmc_judge_subject(const struct kmc_judge *judge);

#endif
