/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the target `alloc` share: its state, and the tables of the
 * calls it has. Each file alloc_*.c translates one family of ops into calls of
 * alloc's API and ends with its table; target_alloc.c puts them together.
 */
#ifndef EXEC_TARGET_ALLOC_H
#define EXEC_TARGET_ALLOC_H
#include <linux/slab.h>
#include "alloc/sim.h"
#include "alloc/slab_layout.h"
#include "exec_core.h"

struct alloc_state {
	struct kmc_sim *sim;
	const struct kmc_gfp_table *gfp;
	/* the flags translated last: programs use few */
	struct kmc_gfp last_gfp;
	gfp_t last_raw;
	/* what is current on each cpu, so that entering an op costs a compare */
	int cpu;
	bool died; /* ... that the machine has panicked */
	bool hung; /* the call under way said that it would wait for ever */
	uint8_t task[KMC_SIM_MAX_CPUS], context[KMC_SIM_MAX_CPUS];
	enum kmc_profile profile;
	kmc_tp_mask heard;  /* tracepoints that are always listened to */
	const void *wiped;  /* the block that a sensitive free was given; how much of it is zero */
	uint64_t wiped_bytes;
};

static inline struct alloc_state *kmc_alloc_state(struct kmc_exec *exec)
{
	return exec->state;
}

/**
 * kmc_alloc_fn - Do one op.
 * @gfp: the op's flags as alloc's profile numbers them.
 *
 * call->outcome is KMC_OUT_NONE on entry; what the call returned goes into
 * @call (kmc_alloc_memory_result(), kmc_alloc_value()).
 */
typedef void kmc_alloc_fn(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp);

struct kmc_alloc_op {
	uint16_t code; /* 0 ends a table */
	kmc_alloc_fn *call;
};

extern const struct kmc_alloc_op kmc_alloc_size_ops[], kmc_alloc_kmalloc_ops[],
	kmc_alloc_cache_ops[], kmc_alloc_free_ops[], kmc_alloc_page_ops[], kmc_alloc_scope_ops[],
	kmc_alloc_machine_ops[], kmc_alloc_contig_ops[], kmc_alloc_cma_ops[],
	kmc_alloc_movable_ops[], kmc_alloc_rcu_ops[], kmc_alloc_cpu_ops[],
	kmc_alloc_memcg_ops[], kmc_alloc_pool_ops[], kmc_alloc_sheaf_ops[], kmc_alloc_bucket_ops[],
	kmc_alloc_reclaim_ops[], kmc_alloc_rust_ops[], kmc_alloc_vmalloc_ops[], kmc_alloc_usercopy_ops[];

/* alloc_debug.c */
extern const struct kmc_alloc_op kmc_alloc_debug_ops[];
/** kmc_alloc_slab_report() - A report of the slab layer becomes an effect. */
void kmc_alloc_slab_report(struct kmc_exec *exec, const struct kmc_tp *tp);
extern const struct kmc_alloc_op kmc_alloc_percpu_ops[], kmc_alloc_zs_ops[], kmc_alloc_dma_ops[];

/** kmc_alloc_listen() - Listen to these tracepoints as well; 0: no longer. */
void kmc_alloc_listen(struct kmc_exec *exec, kmc_tp_mask more);

/** kmc_alloc_running() - The executor that runs an op now; for callbacks without an argument. */
struct kmc_exec *kmc_alloc_running(void);

/** kmc_alloc_memory_result() - A call returned memory, NULL or ZERO_SIZE_PTR. Of objects, ksize() is granted. */
void kmc_alloc_memory_result(struct kmc_call *call, void *result);

/** kmc_alloc_may_move() - The call's block moves from now on, if it is of that sort. */
void kmc_alloc_may_move(const struct kmc_call *call, void *block);
/* The executor as the holder of movable pages; its argument is the executor. */
struct kmc_holder_ops;
extern const struct kmc_holder_ops kmc_alloc_holder;

/** kmc_alloc_misfit() - What the call was given is its caller's fault: on record, if meant so. */
static inline void kmc_alloc_misfit(struct kmc_call *call)
{
	call->undone = call->op->attr & KMC_ATTR_MISUSE;
	call->outcome = call->undone ? KMC_OUT_NONE : KMC_OUT_SKIPPED;
}

/** kmc_alloc_value() - A call returned a number. */
static inline void kmc_alloc_value(struct kmc_call *call, uint64_t value)
{
	call->value = value;
	call->outcome = KMC_OUT_VALUE;
}

#endif
