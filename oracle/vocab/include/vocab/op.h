/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The op: one request to a subject, on a described machine. Slots stand for
 * results, never addresses. Ops are written as text, as 32-byte records, and
 * drawn by fuzzers; op.def is the one definition of all three.
 *
 * Misuse is explicit: an op whose operands do not fit (a slot that was freed,
 * memory of another allocator, an offset into a block) is skipped, outcome
 * "skipped", unless it carries KMC_ATTR_MISUSE. So the oracle always knows
 * what the program meant.
 */
#ifndef VOCAB_OP_H
#define VOCAB_OP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vocab/gfp.h"

enum kmc_opcode {
	KMC_OP_NONE = 0,
#define KMC_OP(number, id, ...) KMC_OP_##id = number,
#include "vocab/op.def"
#undef KMC_OP
	KMC_OP_MORE = 299,   /* wire form only: the rest of the op before it */
	KMC_OPCODE_END = 300 /* above all numbers */
};

enum kmc_op_family {
	KMC_OPF_KMALLOC, KMC_OPF_RESIZE, KMC_OPF_PURE, KMC_OPF_DUP, KMC_OPF_CACHE, KMC_OPF_FREE,
	KMC_OPF_RCU, KMC_OPF_VMALLOC, KMC_OPF_KVMALLOC, KMC_OPF_MEMPOOL, KMC_OPF_USERCOPY,
	KMC_OPF_RUST, KMC_OPF_PAGES, KMC_OPF_SCOPE, KMC_OPF_MEMCG, KMC_OPF_CMA, KMC_OPF_ZS,
	KMC_OPF_DMA, KMC_OPF_PERCPU, KMC_OPF_MEMORY, KMC_OPF_MACHINE,
	KMC_NR_OP_FAMILIES
};

enum kmc_op_result {
	KMC_RES_NONE, KMC_RES_OBJ, KMC_RES_PAGE, KMC_RES_CACHE, KMC_RES_POOL, KMC_RES_HANDLE,
	KMC_RES_TOKEN, KMC_RES_GROUP, KMC_RES_SNAP, KMC_RES_NUM, KMC_RES_BULK,
};

/* What only the caller knows of a request. X(enumerator, text, bit) */
#define KMC_ATTRS(X)                             \
	X(MISUSE, "misuse", 0)                   \
	X(UNTRUSTED, "untrusted", 1)             \
	X(FALLBACK, "fallback", 2)               \
	X(LIMITED_DEVICE, "limited_device", 3)   \
	X(COUNT_SIZE, "count_size", 4)           \
	X(KEPT, "kept", 5)
enum {
#define KMC_ATTR(name, text, bit) KMC_ATTR_##name = 1 << bit,
	KMC_ATTRS(KMC_ATTR)
#undef KMC_ATTR
};
#define KMC_ALL_ATTRS 0x3f

/* Faults of fail_nth and names of sysctl, by number. */
#define KMC_FAULTS(X) X(FAILSLAB, "failslab", 0) X(FAIL_PAGE_ALLOC, "fail_page_alloc", 1)
enum {
#define KMC_FAULT_NUMBER(name, text, number) KMC_FAULT_##name = number,
	KMC_FAULTS(KMC_FAULT_NUMBER)
#undef KMC_FAULT_NUMBER
};
#define KMC_SYSCTLS(X)                                    \
	X(MIN_FREE_KBYTES, "min_free_kbytes", 0)          \
	X(WATERMARK_SCALE_FACTOR, "watermark_scale_factor", 1) \
	X(WATERMARK_BOOST_FACTOR, "watermark_boost_factor", 2) \
	X(LOWMEM_RESERVE_RATIO, "lowmem_reserve_ratio", 3) \
	X(DEFRAG_MODE, "defrag_mode", 4)

/* Flags of a task that task_set sets. X(enumerator, text, bit) */
#define KMC_TASK_FLAGS(X)                        \
	X(KTHREAD, "kthread", 0)                 \
	X(MEMALLOC, "memalloc", 1)               \
	X(EXITING, "exiting", 2)                 \
	X(OOM_VICTIM, "oom_victim", 3)           \
	X(FATAL_SIGNAL, "fatal_signal", 4)       \
	X(REALTIME, "realtime", 5)               \
	X(DUMPCORE, "dumpcore", 6)
enum {
#define KMC_TASK_FLAG(name, text, bit) KMC_TF_##name = 1 << bit,
	KMC_TASK_FLAGS(KMC_TASK_FLAG)
#undef KMC_TASK_FLAG
};

#define KMC_NR_SLOTS 1024
/*
 * No slot. As a destination: the result is dropped. As an operand: NULL. In a
 * slot field used as a plain number (format d): none was given.
 */
#define KMC_NO_SLOT  UINT16_MAX
#define KMC_MAX_CPUS 64
#define KMC_MAX_TASKS 64
#define KMC_MAX_OP_NODES 64 /* nodes that an op can name, 0 to 63 */
#define KMC_MAX_OP_ORDER 63

struct kmc_op {
	uint16_t code;  /* enum kmc_opcode */
	uint8_t cpu, task;
	uint8_t context; /* enum kmc_context */
	uint8_t attr;    /* KMC_ATTR_* */
	uint8_t order;
	int8_t node;     /* KMC_NODE_NONE */
	uint16_t dst;    /* result, else second operand; text without "rN =" has KMC_NO_SLOT */
	uint16_t src;
	uint16_t third;
	struct kmc_gfp gfp;
	uint64_t a, b, c, d;
};

/* One parameter of an op, as op.def says. */
struct kmc_param {
	char name[20];
	char field;  /* a b c d g n o s t u */
	char format; /* 0 i d x f p k e y */
	bool offset; /* slot with a byte offset in field b */
};
struct kmc_op_desc {
	uint16_t code;
	uint8_t family, result;
	const char *text;
	const char *id; /* "KMALLOC" */
	unsigned int nr_params;
	struct kmc_param params[8];
	bool more; /* may need a continuation record */
};

/** kmc_op_desc() - Description of an opcode, NULL for a number that is none. */
const struct kmc_op_desc *kmc_op_desc(unsigned int code);
/** kmc_op_find() - Opcode of a call's text form; 0 none. */
unsigned int kmc_op_find(const char *text, size_t len);
/** kmc_op_at() - The i-th opcode in catalogue order, 0 past the end. */
unsigned int kmc_op_at(size_t index);
size_t kmc_op_count(void);
/**
 * kmc_op_is_free() - Does it give an object or page block back (family FREE)?
 * Resizes and the destruction of caches and pools are not counted.
 */
bool kmc_op_is_free(unsigned int code);
/** kmc_op_canonicalise() - Fold each field into its range, those the op does not use to neutral. */
void kmc_op_canonicalise(struct kmc_op *op);
/** kmc_op_is_neutral_rest() - Would a continuation record carry nothing? */
bool kmc_op_is_neutral_rest(const struct kmc_op *op);
bool kmc_op_equal(const struct kmc_op *a, const struct kmc_op *b);
/** kmc_op_init() - An op with every field at its neutral value. */
void kmc_op_init(struct kmc_op *op, unsigned int code);

#endif
