/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge inside: its books, the case that a rule is given, and how a rule
 * says "kept" or "broken". Included by judge/ and rules/ only.
 */
#ifndef JUDGE_PRIV_H
#define JUDGE_PRIV_H
#include "oracle/judge.h"
#include "catalogue.h"
#include "chains.h"
#include "damage.h"
#include "grace.h"
#include "groups.h"
#include "page_books.h"
#include "page_dir.h"
#include "pairing.h"
#include "pools.h"
#include "shadow.h"
#include "sources.h"
#include "vocab/op.h"
#include "window.h"

#define KMC_PAGE 4096ull
#define KMC_ZERO_SIZE_PTR 16ull
#define KMC_MAX_ERRNO 4095ull
#define KMC_MAPPING_CPUS 64
#define KMC_PAYING_TASKS 64u

struct kmc_rule_count {
	uint64_t passed, violated, unknown;
	uint64_t meant; /* breaches of callers whom a program made to: kmc_judge_add() */
	uint64_t first_seq, last_seq;
};

/* Are objects laid out with debug metadata (red zones, owner records, poison)? */
enum kmc_layout { KMC_LAYOUT_UNKNOWN, KMC_LAYOUT_PLAIN, KMC_LAYOUT_DEBUG };

struct kmc_cache {
	struct kmc_cache_desc desc;
	uint64_t destroyed_seq;
	/* From here on what every event of the cache touches. */
	struct kmc_life_count count;
	bool known;      /* announced */
	bool destroyed;
	bool plain;      /* described, and without debug metadata */
	bool special;    /* of one zone, or paid for by groups */
	bool no_sheaves; /* made without a capacity of sheaves */
	bool unmade;     /* one of its objects may have lost what the constructor made of it */
	uint8_t from;    /* enum kmc_provenance of its objects */
	uint32_t align;  /* what ALIGN-7 demands; 0 unknown */
	uint32_t hwalign; /* what ALIGN-8 demands; 0 not such a cache */
	uint32_t stride; /* bytes from object to object; 0 unknown */
};

/* Lives are counted per cache and, for memory without one, per class. */
enum kmc_class {
	KMC_CLASS_KMALLOC,                       /* 8, 16, 32, 64, 96, ... 8k, other */
	KMC_CLASS_LARGE = KMC_CLASS_KMALLOC + 14,
	KMC_CLASS_PAGE,
	KMC_CLASS_VMALLOC,
	KMC_CLASS_KVMALLOC,
	KMC_CLASS_OTHER,
	KMC_CLASS_UNKNOWN,
	KMC_NR_CLASSES,
	KMC_CLASS_OF_CACHE = KMC_NR_CLASSES /* the cache's own count */
};
_Static_assert(KMC_CLASS_OF_CACHE < 64 && KMC_NR_PROVENANCES <= 64, "fit their bits in kmc_life");

/* One life of a page block on a bare trace: page allocation to page free. */
struct kmc_block {
	uint64_t base, seq, time_ns;
	uint64_t owner_seq; /* the event that showed the owner below; 0 none yet */
	uint32_t owner;     /* cache id; with KMC_OWNER_KMALLOC the granted size */
	uint32_t stride, first; /* objects lie at base + first + n * stride; stride 0 unknown */
	uint32_t pages;     /* that still belong to it */
	uint32_t next_free;
	uint16_t cpu;
	uint8_t order;
	bool owner_kmalloc; /* the owner is a kmalloc class, owner its granted size */
};

/*
 * One page in a call-level stream: where objects begin on it. Shared: pages on which nothing
 * began since one object reached into them; it has no starts.
 */
struct kmc_place {
	uint64_t addr;      /* of the page; shared: of the first */
	uint64_t starts[8]; /* a bit for every 8 bytes */
	uint64_t cover;     /* the object of an earlier page that reaches here; 0 none */
	uint32_t odd : 31;  /* objects that begin off the 8-byte grid: found by search */
	uint32_t shared : 1;
	uint32_t live;      /* objects that begin here; shared: pages; unused: the next such record */
	uint64_t largest;   /* no object that begins here is larger; shared: pages at first */
};

/* The last large kmalloc of a cpu, for the second event of one call (TRC-7). */
struct kmc_cpu {
	uint64_t addr, size, seq;
	uint32_t task, since; /* events of this cpu since */
	bool armed;
};

/* What effects and tracepoints of a call told, beyond that they were. */
struct kmc_notes {
	uint64_t released;      /* address of the last release */
	uint64_t try_size;      /* of the first kmalloc inside */
	uint64_t pages_back;    /* bytes that went back to the page allocator, */
	uint64_t lives_back;    /* and live objects in them (of a destroyed cache) */
	uint64_t charged, uncharged; /* bytes */
	uint64_t bad_at;        /* first byte of a pattern that was broken */
	uint64_t level, min_nr; /* of a pool, as reported last */
	uint32_t try_gfp;
	uint32_t reports;       /* bits of enum kmc_misuse_report */
	uint32_t backend_gfp;   /* of the first request to a pool's backend */
	uint16_t nr_released, nr_backend_got, nr_backend_failed, nr_backend_freed;
	bool tried, tried_in_vain; /* a kmalloc or page request stood inside; it failed */
	bool saw_points;        /* tracepoints inside the call are shown */
	bool freed_slab;        /* a kfree event stood inside */
	bool levelled, kept, lost;
	bool charged_again;     /* what was charged had been charged before */
	/* Page requests inside. */
	uint32_t page_gfp, page_gfp_all; /* of the first; bits of any */
	uint16_t nr_page_gets, nr_page_fails;
	uint16_t nr_single_gets; /* of order 0, but not for slabs */
	struct kmc_page_notes pages;
	uint8_t plain_order;     /* the largest, of such as are not compound */
	bool saw_cma;            /* an area was asked */
	bool page_twice;         /* two events told of the same block */
	bool group_killed;       /* a task was killed for a group's limit */
	uint8_t free_order;      /* of the last block that went back */
	uint16_t nr_page_frees, nr_group_reclaims;
	uint16_t nr_group_vain;  /* of these, such that found nothing */
	uint64_t page_at, free_at; /* addresses of the last block that came, that went back */
	int64_t pages_kept;      /* pages that came, without those that went back */
	int32_t areas_kept;      /* the same of vmalloc areas */
	uint16_t nr_injected;    /* failures */
	uint8_t injected;        /* which faults, by bit */
	bool purged;             /* lazily freed areas went */
	uint8_t reclaims;        /* kinds that are under way: what they ask for and free is not the call's */
};

/* A call that has begun and not ended. */
struct kmc_open_call {
	uint32_t id;
	uint16_t what;
	uint8_t dirty;       /* content observation: 0 none, 1 zero, 2 not zero */
	bool breached;       /* a caller rule was broken at its entry */
	uint32_t effects;    /* bits of enum kmc_effect */
	uint32_t children;   /* calls of the same opcode inside (bulk) */
	uint32_t successes;  /* of those, with a result */
	uint64_t dirty_at;
	uint64_t since; /* number of the event that began it */
	struct kmc_notes notes;
	struct kmc_event begin;
};

/*
 * Events in which all is as it should be, by the rules that such a one keeps:
 * one count stands for a pass of each. The rules are named in plain.c.
 */
enum kmc_plain {
	KMC_PLAIN_POINT_KMALLOC_POW2,
	KMC_PLAIN_POINT_KMALLOC,
	KMC_PLAIN_POINT_CACHE,
	KMC_PLAIN_POINT_CACHE_HW,
	KMC_PLAIN_POINT_FREE,
	KMC_PLAIN_POINT_FREE_CACHED,
	KMC_PLAIN_POINT_PAGE,
	KMC_PLAIN_KMALLOC_POW2,
	KMC_PLAIN_KMALLOC,
	KMC_PLAIN_CACHE,
	KMC_PLAIN_CACHE_HW,
	KMC_PLAIN_CACHE_CTOR, /* beside one of the two before */
	KMC_PLAIN_PAGE,
	/* beside an allocation, by its flags and context */
	KMC_PLAIN_MAY_SLEEP,
	KMC_PLAIN_SLAB_NO_DIRECT,
	KMC_PLAIN_PAGE_NO_DIRECT,
	KMC_PLAIN_NO_KSWAPD,
	KMC_NR_PLAIN
};

enum kmc_plain_free {
	KMC_PLAIN_KFREE,
	KMC_PLAIN_CACHE_FREE,
	KMC_PLAIN_FREE_PAGES,
	KMC_NR_PLAIN_FREES
};

/* What serves a kmalloc of up to 8 KiB, by the size in units of 8 bytes. */
#define KMC_SIZE_ROWS 1025u
struct kmc_size_row {
	uint16_t granted; /* without debug metadata; 0: not served by a class */
	uint8_t class;    /* enum kmc_class */
};

/* What is asked of an opcode at every event. */
struct kmc_op_row {
	const char *name; /* text form of the opcode */
	bool known;       /* the vocabulary has it; only then it has a family */
	uint8_t family;   /* KMC_OPF_* */
	bool has_gfp;
	bool requests;    /* it asks for memory, singly or in bulk */
	bool resizes;     /* krealloc() or one of its kin */
	bool enters;      /* a rule about objects looks at its entry, beside advice */
};

struct kmc_judge {
	struct kmc_subject subject;
	uint8_t on[KMC_NR_RULES]; /* judged on this subject */
	uint8_t why[KMC_NR_RULES];
	/* The pairing matrix of this edition for the calls that a bare trace shows. */
	uint8_t legal[KMC_NR_PROVENANCES][KMC_NR_FREE_COLUMNS];
	uint8_t pairs[KMC_NR_PROVENANCES][KMC_NR_FREE_COLUMNS]; /* enum kmc_pairing */
	struct kmc_op_row ops[KMC_OPCODE_END];
	struct kmc_rule_count count[KMC_NR_RULES];
	uint64_t plain[KMC_NR_PLAIN];
	uint64_t plain_frees[KMC_NR_PLAIN_FREES][KMC_NR_PROVENANCES]; /* by who allocated */
	struct kmc_size_row sizes[KMC_SIZE_ROWS];
	bool careful; /* take no event for plain (tests) */
	unsigned int trap; /* KMC_TRAP_* */
	bool springs;      /* the breach under way ends in a trap */
	kmc_judge_fn trap_fn;
	void *trap_arg;
	enum kmc_layout layout;
	bool misused;          /* the program broke a rule on purpose */
	bool calls;            /* lives come from calls, not from tracepoints */
	uint64_t events, now;  /* fed so far; number of the current one */
	uint64_t last_gap;     /* number of the last event before which something was lost */
	uint64_t blind_before; /* call-level: what is older is unknown (restore) */
	unsigned int broken_now;

	struct kmc_shadow shadow;
	struct kmc_life_count class_count[KMC_NR_CLASSES];
	size_t nr_caches;
	struct kmc_cache **caches; /* by id */
	size_t nr_shelved;
	struct kmc_cache **shelf; /* those of earlier streams, for their counts: shelf.c */

	struct kmc_page_dir block_dir;
	struct kmc_block *blocks; /* [0] unused */
	uint32_t nr_blocks, max_blocks, free_block;

	struct kmc_page_dir place_dir;
	struct kmc_place *places; /* [0] unused */
	uint32_t nr_places, max_places, free_place;

	size_t nr_cpus;
	struct kmc_cpu *cpus;

	size_t nr_open, max_open;
	struct kmc_open_call *open;
	struct kmc_open_call whole; /* the call of a KMC_EV_CALL: nothing happened in it */

	size_t nr_branches;
	struct kmc_branch *branches;

	struct kmc_chains chains;
	struct kmc_grace grace;
	struct kmc_pools pools;
	struct kmc_sources sources;
	uint64_t mapped[KMC_MAPPING_CPUS]; /* handle that a cpu has mapped; 0 none */
	struct kmc_constructed constructed;
	struct kmc_damages damages;
	struct kmc_groups groups;
	uint64_t paying;   /* tasks that were attached to a group */
	uint64_t attached; /* tasks that ever were, or may have been charged for some group */
	uint32_t payer[KMC_PAYING_TASKS]; /* the group of a task that is in one */
	uint64_t joined;     /* tasks of which payer[] tells the group */
	bool members_unknown; /* of the others it is not known that they are in none */
	bool page_points;  /* tracepoints of pages inside calls are shown: one was seen */
	struct kmc_page_books pages;
	struct kmc_zone_report reports[KMC_MACHINE_MAX_ZONES];
	uint32_t report_call;  /* whose they are */
	bool strays;           /* objects that only a mempool or a call knows that never ended */
	uint64_t void_calls[4]; /* whose callers broke a must: nothing was promised; 0 none */
	unsigned int nr_void;   /* in all: the oldest gives way */
	bool paid_in_part;     /* of a batch some objects were charged, some may not have been */
	bool zones_mixed;      /* a cache for ZONE_DMA may have pages of others by kmalloc_nolock */
	bool overlaps;         /* calls of two cpus did: what a machine had at a call's time is unsure */
	bool report_again;     /* shown once more on its way: not as it was found */
	uint64_t report_event; /* number of the last */
	/* Free pages that the program has just set, until anything else happens. */
	uint64_t exact[KMC_MACHINE_MAX_ZONES], exact_event;
	uint32_t exact_known, exact_call;
	uint64_t restored_event;
	uint32_t twin_call;
	uint64_t twin_branch; /* number of the snapshot returned to, plus 1 */
	struct kmc_twin twin; /* the earlier one of two that are compared */
	bool many_zones; /* a zone that not every request may take from, or nodes to choose from */

	size_t nr_findings, max_findings;
	struct kmc_finding **findings;
	size_t nr_known;
	struct kmc_known *known;
	kmc_judge_fn fn;
	void *fn_arg;

	/* the breach being written */
	struct kmc_finding *writing;
	char let[768], then[384], but[384], shape[96];
	struct kmc_finding passing; /* a repeat, shown to fn only */
	struct kmc_watch watch;
};

/* A request as the page side sees it: gfp_side.c. */
struct kmc_request {
	uint32_t flags;  /* after scopes, and after what a suspended machine takes away */
	uint8_t scope;   /* in force: what the books and the subject say together */
	uint8_t order;
	bool single;     /* one request of the page allocator, no more */
	bool pages;      /* a call of the page allocator's own */
	bool broken;     /* given or denied against the marks */
	const struct kmc_task_book *task;
	const struct kmc_zone *zone; /* of the result, where it is sure */
};

/* What a rule is asked about: an event with what the books say of it. */
struct kmc_case {
	const struct kmc_event *ev;
	const char *call;
	uint64_t addr;
	uint64_t size;    /* bytes asked for in all; UINT64_MAX when the product overflowed */
	uint32_t granted; /* 0 unknown */
	uint32_t gfp;
	uint8_t from;     /* enum kmc_provenance: of the block at hand */
	uint8_t by;       /* enum kmc_free_column, for a free */
	bool array;       /* asked for by a product */
	bool emptied;     /* of a cache: every object of it was given back */
	bool overflow;    /* which overflowed */
	bool zeroed;      /* asked to be zero */
	bool outermost;
	uint32_t effects; /* of the call, when it ended */
	const struct kmc_cache *cache;
	const struct kmc_block *block;
	const struct kmc_life *other; /* the second block of the story; NULL */
	const struct kmc_open_call *open;
	uint64_t value;  /* the rule's own: an expected number, a count */
	const struct kmc_chain *chain;     /* what is known of a block that was resized or copied */
	const struct kmc_pending *pending; /* a block that waits for a grace period */
	const struct kmc_pool *pool;
	const struct kmc_source *source;   /* the area, pool or device of the call */
	const struct kmc_request *request;
};

/* finding.c: a rule's two answers */

/**
 * kmc_breach_open() - A rule is broken. Return: are the texts wanted (first
 * occurrence, or somebody listens)?
 *
 * What a call promises it promises to callers that keep their part: of an allocator's rule that
 * seems broken in a call whose caller broke one, nothing is known, but for rules about just that.
 */
bool kmc_breach_open(struct kmc_judge *judge, int rule, const struct kmc_case *c,
		     const char *clause);
__attribute__((format(printf, 2, 3))) void kmc_breach_then(struct kmc_judge *judge,
							   const char *format, ...);
__attribute__((format(printf, 2, 3))) void kmc_breach_but(struct kmc_judge *judge,
							  const char *format, ...);
void kmc_breach_close(struct kmc_judge *judge);
void kmc_findings_free(struct kmc_judge *judge);

/* Set by kmc_breach_open(), read behind kmc_breach_close(). */
static inline bool kmc_breach_traps(const struct kmc_judge *judge)
{
	return judge->springs;
}

#define KMC_RULE_FN(token)                                                                         \
	__attribute__((noinline)) void kmc_rule_##token(struct kmc_judge *j,                       \
							const struct kmc_case *c)
#define KMC_PASS(token) (j->count[KMC_R_##token].passed++)
#define KMC_UNKNOWN_HERE(token) (j->count[KMC_R_##token].unknown++)
/*
 * Effects of a call that should go unnoticed. In an interrupt a call that may
 * sleep warns of that: the caller's breach, and no word on anything else.
 */
static inline uint32_t kmc_noticed(const struct kmc_case *c)
{
	return c->ev->context == KMC_CTX_TASK ? c->effects :
						c->effects & ~(1u << KMC_EFF_WARNED);
}

/* The trap stands in the rule's own function, so that crashes are grouped by rule. */
#define KMC_BREACH(token, clause, then_args, but_args)                                             \
	do {                                                                                       \
		if (kmc_breach_open(j, KMC_R_##token, c, clause)) {                                \
			kmc_breach_then then_args;                                                 \
			kmc_breach_but but_args;                                                   \
		}                                                                                  \
		kmc_breach_close(j);                                                               \
		if (kmc_breach_traps(j))                                                           \
			__builtin_trap();                                                          \
	} while (0)

/* Either of them. */
#define KMC_VERDICT(token, kept, clause, then_args, but_args)                                      \
	do {                                                                                       \
		if (kept)                                                                          \
			KMC_PASS(token);                                                           \
		else                                                                               \
			KMC_BREACH(token, clause, then_args, but_args);                            \
	} while (0)

/* A case that is so plainly kept that it is only counted. */
#define KMC_COUNT(judge, rule) ((judge)->count[rule].passed += (judge)->on[rule])
/* Put a case before a rule, if it is judged on this subject. */
#define KMC_ASK(judge, token, c)                                                                   \
	do {                                                                                       \
		if ((judge)->on[KMC_R_##token])                                                    \
			kmc_rule_##token(judge, c);                                                \
	} while (0)

typedef void (*kmc_rule_fn)(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_rule_function() - The function of a judged rule, NULL for the others. */
kmc_rule_fn kmc_rule_function(int rule);
/** kmc_ask_rule() - KMC_ASK() for a rule known only at run time. */
void kmc_ask_rule(struct kmc_judge *judge, int rule, const struct kmc_case *c);

/* Every judged rule has its function: kmc_rule_ALIGN_2(). */
#define JUDGED(token) void kmc_rule_##token(struct kmc_judge *j, const struct kmc_case *c);
#define LATER(token)
#define SOURCE(token)
#define UNSEEN(token)
#define COUNTED(token)
#define ELSEWHERE(token)
#define NOTHING(token)
#define KMC_RULE(token, a, b, d, e, f, g, h, i, k, l, now, ...) now(token)
#include "rules.def"
#undef KMC_RULE
#undef NOTHING
#undef ELSEWHERE
#undef COUNTED
#undef UNSEEN
#undef SOURCE
#undef LATER
#undef JUDGED

/* books.c */

struct kmc_cache *kmc_book_cache(struct kmc_judge *judge, uint32_t id);
/** kmc_book_cache_make() - As above, made when there is none. Return: NULL without memory. */
struct kmc_cache *kmc_book_cache_make(struct kmc_judge *judge, uint32_t id);
/** kmc_book_count() - Where the lives of this memory are counted. */
struct kmc_life_count *kmc_book_count(struct kmc_judge *judge, unsigned int from, uint32_t cache,
				      uint32_t granted, uint64_t size);
/** kmc_book_kmalloc_class() - The class of what a kmalloc cache granted. */
unsigned int kmc_book_kmalloc_class(uint32_t granted);

/** kmc_book_count_of() - By the class that was noted at its beginning: no second classification. */
static inline struct kmc_life_count *kmc_book_count_of(struct kmc_judge *judge,
						       const struct kmc_life *life)
{
	if (life->class == KMC_CLASS_OF_CACHE)
		return &judge->caches[life->cache]->count;
	return &judge->class_count[life->class];
}

static inline uint64_t kmc_book_bytes(const struct kmc_judge *judge, const struct kmc_life *life)
{
	uint64_t stride = 0;

	if (life->class == KMC_CLASS_OF_CACHE)
		stride = judge->caches[life->cache]->stride;
	else if (life->from < KMC_FROM_PAGE)
		stride = life->granted;
	return stride ? stride : kmc_life_size(life);
}

/*
 * @a when @first, else @b, with no branch and no choice that an engine can count: what outlives
 * a stream is not to show in the way that the next one takes.
 */
static inline uint64_t kmc_choose(bool first, uint64_t a, uint64_t b)
{
	uint64_t mask = first;

	__asm__("" : "+r"(mask));
	return b ^ ((a ^ b) & -mask);
}

/** kmc_book_add() - One more of a class, of @bytes. */
static inline void kmc_book_add(struct kmc_judge *judge, struct kmc_life_count *count,
				uint64_t bytes)
{
	judge->shadow.live++;
	count->allocs++;
	count->live++;
	count->live_bytes += bytes;
	count->peak_live_bytes = kmc_choose(count->live_bytes > count->peak_live_bytes,
					    count->live_bytes, count->peak_live_bytes);
}

/* What is counted of a cache outlives a reset; all else of it does not. */
/** kmc_shelf_take() - The cache of this id: from the shelf, or a new one. NULL: no memory. */
struct kmc_cache *kmc_shelf_take(struct kmc_judge *judge, uint32_t id);
/** kmc_shelf_put() - All caches of the books; without memory their counts are lost. */
void kmc_shelf_put(struct kmc_judge *judge);
void kmc_shelf_free(struct kmc_judge *judge);

void kmc_book_begin(struct kmc_judge *judge, struct kmc_life *life);

/** kmc_book_end() - A live block stops being live. */
static inline void kmc_book_end(struct kmc_judge *judge, struct kmc_life *life,
				enum kmc_life_state state)
{
	struct kmc_life_count *count = kmc_book_count_of(judge, life);
	uint64_t bytes = kmc_book_bytes(judge, life);

	life->state = state;
	judge->shadow.live--;
	count->live--;
	/* A cache described anew in between may have changed its size. */
	count->live_bytes -= bytes < count->live_bytes ? bytes : count->live_bytes;
}

void kmc_book_free(struct kmc_judge *judge);
void kmc_book_reset(struct kmc_judge *judge);
int kmc_book_announce(struct kmc_judge *judge, const struct kmc_cache_desc *desc);

/* blocks.c: lives of page blocks on bare traces */

int kmc_blocks_init(struct kmc_judge *judge);
void kmc_blocks_free(struct kmc_judge *judge);
void kmc_blocks_reset(struct kmc_judge *judge);
static inline struct kmc_block *kmc_block_of(struct kmc_judge *judge, uint64_t addr)
{
	uint32_t number = kmc_dir_get(&judge->block_dir, addr);

	return number ? &judge->blocks[number] : NULL;
}
/** kmc_block_begin() - A page block was handed out. Return: 0, -ENOMEM. */
int kmc_block_begin(struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_block_end() - Pages came back: their lives end. */
void kmc_block_end(struct kmc_judge *judge, uint64_t addr, unsigned int order);
/** kmc_block_certain() - Is nothing lost, and the order sure, since this life began? */
static inline bool kmc_block_certain(const struct kmc_judge *judge, const struct kmc_block *block,
				     const struct kmc_event *ev)
{
	if (block->seq <= judge->last_gap || block->pages != 1u << block->order)
		return false;
	/* With a coarse clock another cpu's event may in truth stand before the block's. */
	return ev->cpu == block->cpu || !judge->subject.clock_slack_ns ||
	       ev->time_ns >= block->time_ns + judge->subject.clock_slack_ns;
}

/* places.c: who lies where in a call-level stream */

int kmc_places_init(struct kmc_judge *judge);
void kmc_places_free(struct kmc_judge *judge);
void kmc_places_reset(struct kmc_judge *judge);
int kmc_place_add(struct kmc_judge *judge, uint64_t addr, uint64_t size);
/**
 * kmc_place_take() - kmc_place_add(), if a look at the one page shows that
 * kmc_place_find() would find nothing there. Return: was it so?
 */
bool kmc_place_take(struct kmc_judge *judge, uint64_t addr, uint64_t size);
void kmc_place_remove(struct kmc_judge *judge, uint64_t addr, uint64_t size);
/**
 * kmc_place_find() - A block that takes some of [addr, addr + size), other
 * than one that begins at @except. Return: NULL when there is none.
 */
struct kmc_life *kmc_place_find(struct kmc_judge *judge, uint64_t addr, uint64_t size,
				uint64_t except);
/** kmc_place_lives() - How many live objects begin at words of this slab. */
uint64_t kmc_place_lives(struct kmc_judge *judge, uint64_t addr, uint64_t size);

/* align_rules.c, km_rules.c: the rules that every kmalloc is put before */

/** kmc_layout_of() - How is this kmalloc object laid out? By what was granted, else by the subject. */
enum kmc_layout kmc_layout_of(const struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_kmalloc_class_bytes() - What serves @size bytes where nothing smaller than @least does. */
uint64_t kmc_kmalloc_class_bytes(uint64_t size, uint64_t least);
void kmc_ask_alignment(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_ask_ceiling() - KM-5, ARR-11: for sizes above the largest class. */
void kmc_ask_ceiling(struct kmc_judge *judge, const struct kmc_case *c);

/* trace_side.c, call_side.c, leaks.c */

int kmc_trace_side(struct kmc_judge *judge, const struct kmc_event *ev);
int kmc_call_side(struct kmc_judge *judge, const struct kmc_event *ev);
int kmc_call_side_finish(struct kmc_judge *judge);

/* object_side.c: calls about objects, put before the rules that need more than lives */

/** kmc_objects_enter() - The entry of an outermost call: what its caller may do. */
void kmc_objects_enter(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_objects_end() - Its end; lives are still those of the entry, but for frees. */
void kmc_objects_end(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_objects_done() - After the books took over what the call did. Return: 0, -ENOMEM. */
int kmc_objects_done(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_objects_content() - An observation. Return: was it one for the rules here? */
bool kmc_objects_content(struct kmc_judge *judge, const struct kmc_event *ev,
			struct kmc_open_call *open);
/** kmc_objects_effect() - Any other effect. @open: NULL outside of calls. Return: 0, -ENOMEM. */
int kmc_objects_effect(struct kmc_judge *judge, const struct kmc_event *ev,
		      struct kmc_open_call *open);
/** kmc_objects_point() - A tracepoint inside a call. */
void kmc_objects_point(struct kmc_judge *judge, const struct kmc_event *ev);
void kmc_objects_reset(struct kmc_judge *judge);
void kmc_objects_free(struct kmc_judge *judge);

/* cache_side.c, pool_side.c, rcu_side.c: their parts of it */
void kmc_objects_cache_alloc(struct kmc_judge *judge, struct kmc_case *c);
void kmc_objects_cache_end(struct kmc_judge *judge, struct kmc_case *c);
void kmc_objects_pool_end(struct kmc_judge *judge, struct kmc_case *c);
void kmc_objects_pool_free(struct kmc_judge *judge, struct kmc_case *c);
/** kmc_objects_rcu_enter() - The block of a deferred free waits from here on. 0, -ENOMEM. */
int kmc_objects_rcu_enter(struct kmc_judge *judge, const struct kmc_case *c,
			 const struct kmc_life *life);
/** kmc_objects_typesafe_freed() - Freed, but its memory stays of its type. 0, -ENOMEM. */
int kmc_objects_typesafe_freed(struct kmc_judge *judge, const struct kmc_case *c,
			      const struct kmc_life *life);
void kmc_objects_rcu_over(struct kmc_judge *judge, const struct kmc_case *c);
void kmc_objects_rcu_end(struct kmc_judge *judge, struct kmc_case *c);
/** kmc_objects_taken() - The memory of a new block served what waits, until now. */
void kmc_objects_taken(struct kmc_judge *judge, const struct kmc_case *taken);
void kmc_objects_released(struct kmc_judge *judge, const struct kmc_event *ev,
			 const struct kmc_open_call *open);
void kmc_objects_pages_back(struct kmc_judge *judge, const struct kmc_event *ev,
			   const struct kmc_open_call *open);
/** kmc_objects_pending_content() - Seen in a block that waits. Return: was it one? */
bool kmc_objects_pending_content(struct kmc_judge *judge, const struct kmc_event *ev,
				const struct kmc_open_call *open);

/* payers.c */
/** kmc_objects_group() - A task was put into a group, or another group pays for it. */
void kmc_objects_group(struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_task_pays() - Was the caller put into a group that pays, and may it be charged here? */
bool kmc_task_pays(const struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_never_pays() - Did nobody ever put the task of @ev into a group, or make one active? */
bool kmc_never_pays(const struct kmc_judge *judge, const struct kmc_event *ev);

/** kmc_payment_is_sure() - Does the caller pay, and had the notes of who pays their memory? */
bool kmc_payment_is_sure(const struct kmc_judge *judge, const struct kmc_case *c);

/* page_books.c */
void kmc_pages_reset(struct kmc_judge *judge);
/** kmc_pages_task() - Its entry, begun if there is none; NULL: a number that is not kept. */
struct kmc_task_book *kmc_pages_task(struct kmc_judge *judge, uint64_t task);
/** kmc_pages_task_seen() - Its entry, or that of a task of which nothing is known. */
const struct kmc_task_book *kmc_pages_task_seen(const struct kmc_judge *judge, uint64_t task);
void kmc_pages_machine(struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_pages_kswapd_begins() - A step of kswapd: it is not awake for what came before. */
void kmc_pages_kswapd_begins(struct kmc_judge *judge, const struct kmc_event *ev);
void kmc_pages_effect(struct kmc_judge *judge, const struct kmc_event *ev,
		      struct kmc_open_call *open);
void kmc_pages_point(struct kmc_judge *judge, const struct kmc_event *ev,
		     struct kmc_open_call *open);

/* zone_marks.c, marks_side.c */
const struct kmc_marks *kmc_marks_of(struct kmc_judge *judge, unsigned int zone);
bool kmc_marks_was_privileged(const struct kmc_judge *judge, const struct kmc_life *life);

/** kmc_op_row() - What is known of a call; of an opcode out of range as of none. */
static inline const struct kmc_op_row *kmc_op_row(const struct kmc_judge *judge, unsigned int code)
{
	return &judge->ops[code < KMC_OPCODE_END ? code : 0];
}

/** kmc_judge_pairing() - kmc_pairing_of() in the judge's edition. */
static inline enum kmc_pairing kmc_judge_pairing(const struct kmc_judge *judge, unsigned int from,
						 unsigned int by)
{
	if (from < KMC_NR_PROVENANCES && by < KMC_NR_FREE_COLUMNS)
		return (enum kmc_pairing)judge->pairs[from][by];
	return kmc_pairing_of((enum kmc_provenance)from, (enum kmc_free_column)by,
			      judge->subject.edition);
}

/* call_case.c, open_calls.c, object_side.c, resize_side.c: */
/** kmc_call_requests() - Does it ask for memory, singly or in bulk? Slow: see struct kmc_op_row. */
bool kmc_call_requests(unsigned int code);
/** kmc_call_enters() - Does a rule about objects look at its entry? Slow, too. */
bool kmc_call_enters(unsigned int code);
/** kmc_open_find() - The call of this id that has not ended; NULL. */
struct kmc_open_call *kmc_open_find(const struct kmc_judge *judge, uint32_t id);
/** kmc_call_resizes() - Is it krealloc() or one of its kin? Slow, too. */
bool kmc_call_resizes(unsigned int code);

/* plain.c: what nearly every event is */

void kmc_plain_init(struct kmc_judge *judge);
/**
 * kmc_plain_point(), kmc_plain_call() - Is all as it should be with this event?
 * Then it is entered into the books and counted as one; else nothing is done.
 * Return: 1 it was plain, 0 it must be judged rule by rule, -ENOMEM.
 */
int kmc_plain_point(struct kmc_judge *judge, const struct kmc_event *ev);
int kmc_plain_call(struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_plain_passed() - How often was a rule kept in plain events? */
uint64_t kmc_plain_passed(const struct kmc_judge *judge, int rule);

/* branches.c: snapshot and restore */
/** kmc_branch_twins() - Requests made first thing after a return to this snapshot; NULL unknown. */
struct kmc_twins *kmc_branch_twins(struct kmc_judge *judge, uint64_t number);
int kmc_branch_event(struct kmc_judge *judge, const struct kmc_event *ev);
void kmc_branches_free(struct kmc_judge *judge);

/* Small questions that many rules ask. */

/*
 * The release whose behaviour a subject has, where that is known: an edition may be
 * chosen that is another's, and what it says of code alone does not hold there.
 */
static inline uint32_t kmc_release_of(const struct kmc_judge *judge)
{
	const struct kmc_machine *machine = &judge->subject.machine;

	/* No profile is as new: events by themselves. */
	if (judge->subject.edition >= KMC_RELEASE(6, 19, 0))
		return judge->subject.edition;
	return machine->profile ? machine->profile :
	       machine->release ? machine->release : judge->subject.edition;
}

static inline bool kmc_is_pow2(uint64_t n)
{
	return n && !(n & (n - 1));
}

/* The largest power of two that divides n > 0. */
static inline uint64_t kmc_divisor(uint64_t n)
{
	return n & -n;
}

static inline bool kmc_is_error_pointer(uint64_t addr)
{
	return addr >= -KMC_MAX_ERRNO;
}

/** kmc_zone_of() - The zone of a direct-map address, NULL when unknown. */
const struct kmc_zone *kmc_zone_of(const struct kmc_judge *judge, uint64_t addr);
/** kmc_zone_is_sure() - Is it the only one? Zones of different nodes may span each other. */
bool kmc_zone_is_sure(const struct kmc_judge *judge, uint64_t addr);
/** kmc_has_zone() - Does the machine have a zone of this kind? Without it requests go elsewhere. */
bool kmc_has_zone(const struct kmc_judge *judge, unsigned int kind);
/**
 * kmc_has_low_zone() - One for plain requests: everybody can reach it, objects and tables lie there.
 * True where the subject did not name its zones.
 */
bool kmc_has_low_zone(const struct kmc_judge *judge);

/** kmc_area_bytes() - The size that a contiguous area has, of the event that makes it. Rule: CMA-4. */
uint64_t kmc_area_bytes(const struct kmc_event *ev);

#endif
