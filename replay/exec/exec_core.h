/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executor of targets that live in this process: slots and what they
 * hold, whether operands fit, the stream of events. Private to exec/. What
 * differs between subjects is behind struct kmc_backend; all else about
 * running an op is here once.
 */
#ifndef EXEC_CORE_H
#define EXEC_CORE_H
#include <stdbool.h>
#include <stdint.h>
#include "exec/target.h"

/* What a slot may hold; also what an operand wants. */
enum kmc_slot_kind {
	KMC_SLOT_EMPTY,
	KMC_SLOT_MEMORY, /* an object, a block, pages: has an address */
	KMC_SLOT_CACHE,
	KMC_SLOT_POOL,
	KMC_SLOT_HANDLE,
	KMC_SLOT_TOKEN,
	KMC_SLOT_GROUP,
	KMC_SLOT_SNAP,
	KMC_SLOT_NUM,
};

/* [start, end) of a block, in bytes. */
struct kmc_extent {
	uint64_t start, end;
};

struct kmc_slot {
	uint8_t kind;      /* enum kmc_slot_kind */
	bool freed;        /* the life ended; address and origin are kept for misuse */
	bool page;         /* memory that is known by its page */
	bool comp;         /* a compound block */
	bool aliased;      /* its bytes have, or had, a second address: nothing of them is known */
	bool zeroing;      /* every request for it carried __GFP_ZERO */
	uint8_t order;
	bool listed;       /* in the list of slots in use */
	uint16_t origin;   /* opcode that made it */
	uint16_t refs;     /* of pages: references the program holds */
	uint32_t cache;    /* id */
	uint32_t flags;    /* of the cache: KMC_CF_*; of a token: scopes in force before */
	bool ctor;         /* of the cache */
	void *ptr;         /* host pointer: memory, or the backend's handle */
	uint64_t addr;     /* as events name it */
	uint64_t size;     /* requested bytes */
	uint64_t granted;
	uint64_t value;    /* of a number, a token, a snapshot */
	uint64_t pattern;  /* of what the program wrote to @written */
	struct kmc_extent written, zero; /* known contents; start == end none */
	uint64_t parts;    /* of a split block: bit per page that is still held; of a handle: open */
	void *extra;       /* what else the backend needs for its end */
};

/* How an operand is meant; made from op.def's parameter names. */
struct kmc_operand {
	uint8_t kind;  /* enum kmc_slot_kind; KMC_SLOT_EMPTY: there is none */
	bool offset;   /* with a byte offset in op.b */
	bool range;    /* the first of `count` (op.a) slots */
};
struct kmc_plan {
	uint8_t family, result;
	bool known, is_free;
	bool handles; /* an operand is a cache, a pool or another handle */
	bool operands; /* there is one */
	bool ends;    /* its end may change what slots hold besides the result */
	uint8_t memory; /* the first operand that is memory: enum kmc_memory_at */
	struct kmc_operand src, dst, third;
};

enum kmc_memory_at { KMC_MEMORY_NONE, KMC_MEMORY_SRC, KMC_MEMORY_DST, KMC_MEMORY_THIRD };

/* A call as the backend gets it. */
struct kmc_call {
	const struct kmc_op *op;
	const struct kmc_plan *plan; /* the op's */
	struct kmc_slot *src, *dst, *third; /* operand slots; NULL: none or NULL pointer */
	void *ptr;           /* pointer operand, offset added */
	void **bulk;         /* pointers of a bulk call, in or out */
	uint64_t count;      /* of them */
	uint64_t size;       /* requested bytes, products done */
	const void *copy;    /* source of a duplicate */
	uint64_t copy_bytes;
	/* answers */
	uint8_t outcome;     /* enum kmc_outcome */
	bool page;           /* result is known by its page */
	void *result;
	void *extra;         /* kept in the slot */
	uint64_t granted;
	uint64_t value;      /* number, token, snapshot, error */
	uint64_t second;     /* a second address of the result: the bus's; an area's first */
	bool undone;         /* misuse: nothing was done */
	struct kmc_cache_desc cache; /* of a creation */
};

struct kmc_exec;

struct kmc_backend {
	const uint16_t *codes; /* opcodes it has; 0 ends */
	/* Make the cpu, task and context of @op current. */
	void (*enter)(struct kmc_exec *exec, const struct kmc_op *op);
	/* Do it; an opcode in @codes always gets an outcome. */
	void (*call)(struct kmc_exec *exec, struct kmc_call *call);
	uint64_t (*address)(struct kmc_exec *exec, const void *ptr);
	enum kmc_misuse_report (*look)(struct kmc_exec *exec, const void *ptr, uint64_t len);
	uint64_t (*clock_ns)(struct kmc_exec *exec);
	/* A handle >= 0 or -errno. NULL: not possible. */
	int (*snapshot)(struct kmc_exec *exec);
	int (*restore)(struct kmc_exec *exec, int snapshot);
	void (*snapshot_drop)(struct kmc_exec *exec, int snapshot);
	int (*reset)(struct kmc_exec *exec);
	uint64_t (*hash)(struct kmc_exec *exec);
	void (*close)(struct kmc_exec *exec);
};

/* A block that waits for a grace period. */
struct kmc_pending {
	uint64_t addr;
	uint64_t seq;   /* of the call that queued it */
	uint32_t cache; /* whose object; KMC_CACHE_NONE */
	uint32_t slot;  /* where the program has it */
};

/* A task's reader. */
struct kmc_reader {
	uint64_t since; /* place in the stream where the outermost began */
	uint32_t depth;
};

#define KMC_EXEC_MAX_SNAPSHOTS 64
struct kmc_exec_snapshot {
	bool valid;
	bool pinned;              /* whoever holds the target holds it, not a slot */
	uint64_t made;            /* order of making */
	int backend;
	uint64_t seq;
	uint32_t id, cache;
	uint8_t scope[KMC_MAX_TASKS];
	uint64_t cpus_off;
	struct kmc_reader readers[KMC_MAX_TASKS];
	size_t nr_pending;
	struct kmc_pending *pending;
	uint32_t nr_slots;
	uint16_t *numbers;
	struct kmc_slot *slots;
};

struct kmc_exec {
	struct kmc_target target; /* first */
	const struct kmc_backend *backend;
	void *state;              /* the backend's */
	struct kmc_caps caps;
	unsigned int flags;       /* KMC_TARGET_* */
	const struct kmc_sink *sink;
	/* numbering of the stream */
	uint64_t seq;
	uint32_t next_id, next_cache;
	/* the call under way */
	struct kmc_event open;
	bool begun;               /* its begin has been delivered */
	uint32_t parent;          /* bulk call around it */
	uint8_t scope[KMC_MAX_TASKS]; /* KMC_SCOPE_* that each task is in */
	uint64_t cpus_off;        /* cpus that the program has unbound, by bit */
	/* exec_rcu.c */
	struct kmc_reader readers[KMC_MAX_TASKS];
	size_t nr_pending, max_pending;
	struct kmc_pending *pending; /* in order of queueing */
	bool overlapping;         /* calls of other cpus may come between: each tells its begin */
	bool released_inline;     /* the call under way has freed its own block already */
	/* scratch for bulk calls */
	void **bulk;              /* bulk_room, or an overlapping call's own */
	void *bulk_room[KMC_NR_SLOTS];
	/* slots */
	uint32_t nr_used;
	uint16_t used[KMC_NR_SLOTS]; /* numbers of slots that are not neutral */
	struct kmc_slot slots[KMC_NR_SLOTS];
	uint64_t snapshots_made;
	struct kmc_exec_snapshot snapshots[KMC_EXEC_MAX_SNAPSHOTS];
};

/* exec_target.c: the interface's functions, the same for every backend */

/** kmc_exec_create() - An executor without a backend's state yet. Return: NULL no memory. */
struct kmc_exec *kmc_exec_create(const struct kmc_target_ops *ops,
				 const struct kmc_backend *backend,
				 const struct kmc_target_config *config);
void kmc_exec_close(struct kmc_target *target);
void kmc_exec_caps(struct kmc_target *target, struct kmc_caps *caps);
int kmc_exec_reset(struct kmc_target *target);
int kmc_exec_submit(struct kmc_target *target, const struct kmc_op *ops, size_t nr_ops,
		    const struct kmc_sink *sink);
int kmc_exec_collect(struct kmc_target *target, int timeout_ms);
int kmc_exec_snapshot(struct kmc_target *target);
int kmc_exec_restore(struct kmc_target *target, int snapshot);
int kmc_exec_hash(struct kmc_target *target, uint64_t *hash);
/* The op's form of the two: known to slots only, numbering of events goes on. */
int kmc_exec_snapshot_state(struct kmc_exec *exec);
int kmc_exec_restore_state(struct kmc_exec *exec, int snapshot, bool numbering);

/* exec.c: one op */

/** kmc_exec_step() - Execute one op and deliver its events. */
void kmc_exec_step(struct kmc_exec *exec, const struct kmc_op *op);
/** kmc_exec_effect() - Something happened inside the open call. For backends. */
void kmc_exec_effect(struct kmc_exec *exec, unsigned int effect, uint64_t addr, uint64_t addr2,
		     uint64_t size, uint64_t arg);
/** kmc_exec_effect_of() - The same of a group, a zone or the like, by its number. */
void kmc_exec_effect_of(struct kmc_exec *exec, unsigned int effect, uint32_t cache, uint64_t addr,
			uint64_t arg);
/** kmc_exec_effect_event() - The same with more to say; kind, ids and time are filled in. */
void kmc_exec_effect_event(struct kmc_exec *exec, struct kmc_event *ev);
/** kmc_exec_tracepoint() - A tracepoint fired inside the open call; ids are filled in. */
void kmc_exec_tracepoint(struct kmc_exec *exec, struct kmc_event *ev);
/** kmc_exec_begin() - Deliver the open call's begin, unless that was done. */
void kmc_exec_begin(struct kmc_exec *exec);
/** kmc_exec_inside() - A whole call inside the open one; kind and ids are filled in. */
void kmc_exec_inside(struct kmc_exec *exec, struct kmc_event *ev);

/* exec_plan.c */
extern struct kmc_plan kmc_plans[KMC_OPCODE_END];
/** kmc_plans_make() - Before any use of kmc_plan_of(); opening a target does it. */
void kmc_plans_make(void);
static inline const struct kmc_plan *kmc_plan_of(unsigned int code)
{
	return &kmc_plans[code < KMC_OPCODE_END ? code : KMC_OP_NONE];
}

/* Is the call given a block, and gives one of another size? */
static inline bool kmc_is_resize(unsigned int code)
{
	return kmc_plan_of(code)->family == KMC_OPF_RESIZE || code == KMC_OP_RUST_REALLOC;
}

/* Made of pages that are counted one by one. */
static inline bool kmc_of_single_pages(const struct kmc_slot *slot)
{
	switch (slot->origin) {
	case KMC_OP_ALLOC_PAGES_EXACT:
	case KMC_OP_ALLOC_PAGES_EXACT_NID:
	case KMC_OP_ALLOC_CONTIG_RANGE:
	case KMC_OP_ALLOC_CONTIG_PAGES:
	case KMC_OP_CMA_ALLOC:
		return true;
	default:
		return false;
	}
}

/* Is the handle a mempool? */
static inline bool kmc_is_mempool(const struct kmc_slot *slot)
{
	return slot->kind == KMC_SLOT_POOL &&
	       kmc_plan_of(slot->origin)->family == KMC_OPF_MEMPOOL;
}
/* exec_operands.c */

enum kmc_fit {
	KMC_FITS,
	KMC_MISFIT,    /* what is there is not for this call: misuse */
	KMC_NOT_THERE, /* nothing that the call could be given */
};

/** kmc_operands_take() - Do the operands fit? Fills in the call's slots and pointers. */
enum kmc_fit kmc_operands_take(struct kmc_exec *exec, const struct kmc_op *op,
			       const struct kmc_plan *plan, struct kmc_call *call);
/** kmc_operands_name() - Fill in how the open event names them. */
void kmc_operands_name(struct kmc_exec *exec, const struct kmc_plan *plan,
		       const struct kmc_call *call);
/** kmc_memory_slot() - The operand that is memory, which misuse may make another; NULL none. */
struct kmc_slot *kmc_memory_slot(const struct kmc_plan *plan, const struct kmc_call *call);

/* exec_results.c */

/** kmc_result_store() - What the call gave goes into its slot and the open event. */
void kmc_result_store(struct kmc_exec *exec, struct kmc_call *call);

/* exec_lives.c */

/** kmc_lives_put_back() - Before a free: constructed objects are as they were made. */
void kmc_lives_put_back(struct kmc_exec *exec, const struct kmc_call *call);
/** kmc_lives_end() - After a call of which the plan says that it ends something. */
void kmc_lives_end(struct kmc_exec *exec, struct kmc_call *call);

/* exec_bulk.c */

/** kmc_bulk_first() - The first of the slots that the op is given. */
uint16_t kmc_bulk_first(const struct kmc_op *op);
/** kmc_bulk_granted() - Tell that the slot's object was got inside the open call. */
void kmc_bulk_granted(struct kmc_exec *exec, const struct kmc_slot *slot);
/** kmc_bulk_free_events() - Tell a bulk free as frees of its entries. */
void kmc_bulk_free_events(struct kmc_exec *exec, const struct kmc_call *call);

/* exec_slots.c */

/** kmc_slot_clear() - Nothing in it. */
void kmc_slot_clear(struct kmc_exec *exec, uint16_t number);
/** kmc_slot_set() - A neutral slot of a kind, overwriting what was there. */
struct kmc_slot *kmc_slot_set(struct kmc_exec *exec, uint16_t number, enum kmc_slot_kind kind);
void kmc_slots_reset(struct kmc_exec *exec);
uint64_t kmc_slots_hash(const struct kmc_exec *exec, uint64_t hash);
int kmc_slots_save(struct kmc_exec *exec, struct kmc_exec_snapshot *snapshot);
void kmc_slots_restore(struct kmc_exec *exec, const struct kmc_exec_snapshot *snapshot);

/* exec_request.c: what an op asks for */

/** kmc_request_bytes() - Bytes asked for; UINT64_MAX when a product does not fit. */
uint64_t kmc_request_bytes(const struct kmc_op *op, const struct kmc_call *call);
/** kmc_request_describe() - Fill in the event's fields that repeat the arguments. */
void kmc_request_describe(struct kmc_event *ev, const struct kmc_call *call);
/** kmc_request_zeroes() - Does the call promise zeroed memory? */
bool kmc_request_zeroes(const struct kmc_op *op);

/* exec_special.c: areas, packed objects, memory for devices, percpu areas */

/** kmc_special_maker() - Does it make an area, a pool or a device, which gets a number? */
bool kmc_special_maker(unsigned int code);
/** kmc_special_describe() - Fill in what the event says of such a call's operands. */
void kmc_special_describe(struct kmc_event *ev, const struct kmc_call *call);
/** kmc_special_done() - And what of its result: the number, second addresses. */
void kmc_special_done(struct kmc_exec *exec, const struct kmc_call *call);

/* exec_pairing.c */

/** kmc_resize_fits() - May this resizing call be given that block? NULL and 16 always. */
bool kmc_resize_fits(const struct kmc_op *op, const struct kmc_slot *slot);
/** kmc_pairing_fits() - May this freeing call be given that block (rules-slab Part 2)? */
bool kmc_pairing_fits(const struct kmc_op *op, const struct kmc_slot *slot,
		      const struct kmc_slot *cache);

/* exec_rcu.c */

/** kmc_rcu_is_free() - Does the call free after a grace period? */
bool kmc_rcu_is_free(unsigned int code);
/** kmc_rcu_has_head() - With a struct rcu_head in the block, at op.a? */
bool kmc_rcu_has_head(unsigned int code);
/** kmc_rcu_head_fits() - May the head be there (RCU-3)? */
bool kmc_rcu_head_fits(const struct kmc_op *op, const struct kmc_slot *slot);
/** kmc_rcu_note_reader() - A reader began or ended. */
void kmc_rcu_note_reader(struct kmc_exec *exec, const struct kmc_op *op);
/** kmc_rcu_may_look() - Is the op's task a reader since before the slot's block was queued? */
bool kmc_rcu_may_look(const struct kmc_exec *exec, const struct kmc_op *op,
		      const struct kmc_slot *slot);
/** kmc_rcu_queued() - The slot's block waits from now on. */
void kmc_rcu_queued(struct kmc_exec *exec, struct kmc_slot *slot, const struct kmc_op *op);
/** kmc_exec_released() - A block that waited is free. For backends; reports it too. */
void kmc_exec_released(struct kmc_exec *exec, uint64_t addr);
/** kmc_rcu_cache_pending() - Do objects of the cache wait? */
bool kmc_rcu_cache_pending(const struct kmc_exec *exec, uint32_t cache);
int kmc_rcu_save(const struct kmc_exec *exec, struct kmc_exec_snapshot *snapshot);
void kmc_rcu_restore(struct kmc_exec *exec, const struct kmc_exec_snapshot *snapshot);
void kmc_rcu_reset(struct kmc_exec *exec);

/* exec_text.c */

/** kmc_exec_text() - @len letters and room for a NUL, the thread's own; NULL no memory. */
char *kmc_exec_text(uint64_t len);

/* exec_memory.c */

/** kmc_extent_without() - The larger part of @from that @cut leaves. */
struct kmc_extent kmc_extent_without(struct kmc_extent from, struct kmc_extent cut);

/** kmc_memory_op() - write, read, check, check_zero: executed on real memory. */
void kmc_memory_op(struct kmc_exec *exec, struct kmc_call *call);
/** kmc_parts_held() - Are the bytes at these offsets none of a page that a split block gave back? */
bool kmc_parts_held(const struct kmc_slot *slot, struct kmc_extent at);
/** kmc_memory_fits() - May the holder touch [offset, offset + len) for this op? */
bool kmc_memory_fits(const struct kmc_op *op, const struct kmc_slot *slot);
/** kmc_memory_constant() - Is it read-only data, that nobody writes to? */
bool kmc_memory_constant(const struct kmc_slot *slot);
/** kmc_memory_report() - What was seen at @at of the block at @addr; @bad is its first bad byte. */
void kmc_memory_report(struct kmc_exec *exec, uint64_t addr, struct kmc_extent at, uint64_t bad,
		       unsigned int good_effect, unsigned int bad_effect);
/** kmc_memory_report_zero() - Report whether that part of a block is zero; of more than 256 KiB the first and the last 64. */
void kmc_memory_report_zero(struct kmc_exec *exec, const void *block, uint64_t addr,
			    struct kmc_extent at);

/* exec_bytes.c */

/** kmc_pattern_write() - Bytes that depend on their offset. */
void kmc_pattern_write(uint8_t *block, struct kmc_extent at, uint64_t pattern);
/** kmc_pattern_compare() - Return: offset of the first byte that differs, or at.end. */
uint64_t kmc_pattern_compare(const uint8_t *block, struct kmc_extent at, uint64_t pattern);
/** kmc_value_compare() - The same of bytes that are all of one value. */
uint64_t kmc_value_compare(const uint8_t *block, struct kmc_extent at, uint8_t value);
/**
 * kmc_count_other_than_zero() - Of memory that is nobody's. @first: receives the offset of the
 * first such byte, if there is one.
 */
uint64_t kmc_count_other_than_zero(const void *block, uint64_t bytes, uint64_t *first);
/** kmc_bytes_read() - Touch all of its pages. */
void kmc_bytes_read(const void *block, struct kmc_extent at);

/* exec_contents.c: what shows of a block's contents unasked; for KMC_TARGET_OBSERVE */

/** kmc_contents_construct() - What the executor's constructors do to an object. */
void kmc_contents_construct(void *object, uint64_t bytes);
/** kmc_contents_granted() - A block was got: zeros, constructed state, letters. */
void kmc_contents_granted(struct kmc_exec *exec, const struct kmc_slot *slot,
			  const struct kmc_op *op);
/** kmc_contents_terminator() - The byte behind a copy. */
void kmc_contents_terminator(struct kmc_exec *exec, const struct kmc_slot *slot);
/** kmc_contents_put_back() - Before a free: a constructed object is as it was made. */
void kmc_contents_put_back(struct kmc_slot *slot);
/** kmc_contents_freed() - After one: what a machine that wipes left in the block. */
void kmc_contents_freed(struct kmc_exec *exec, const struct kmc_slot *slot);

/* target_alloc.c, target_malloc.c */
extern const struct kmc_target_ops kmc_target_alloc, kmc_target_malloc;

#endif
