/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvfree_rcu(): where a block goes that is to be freed after a grace period, and its barrier. */
#include "rcu_core.h"
#include "slub_core.h"

static bool in_vmalloc(const struct kmc_sim *sim, const void *ptr)
{
	return sim->vmalloc_base &&
	       (uintptr_t)ptr - (uintptr_t)sim->vmalloc_base < sim->vmalloc_bytes;
}

/*
 * A kernel would write the head to wherever it is told. Here what is no memory of the
 * machine, or has its head elsewhere, is reported and left alone. Rule: FR-9, RCU-3.
 */
static bool acceptable(struct kmc_cpu *cpu, const struct rcu_head *head, const void *ptr)
{
	bool ours = kmc_in_frames(kmc_slab_cpu_of(cpu), ptr) ||
		    (in_vmalloc(cpu->sim, ptr) && !KMC_PLANTED(rcu_vmalloc_refused));

	if (!ours)
		kmc_slab_warn(cpu, "kvfree_rcu of an address that is no memory", ptr);
	else if (head && (uintptr_t)head - (uintptr_t)ptr >= PAGE_SIZE)
		kmc_slab_warn(cpu, "kvfree_rcu with its head outside the block's first page", ptr);
	else
		return true;
	return false;
}

/*
 * Rule: RCU-5: without memory for a batch the block is free when the call returns.
 * Model: exact. Where the wait cannot end the block is never freed.
 */
static void free_inline(struct kmc_cpu *cpu, void *ptr)
{
	if (!kmc_rcu_wait(cpu, kmc_rcu_cookie(cpu->sim->rcu)))
		return;
	kmc_rcu_released(cpu, ptr);
	kvfree(ptr);
}

/* Rule: RCU-1 .. RCU-7, RCU-11, FR-3. Model: exact (R7, R8; 6.1 to 6.18, batching configured). */
void kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (!ptr && !KMC_PLANTED(rcu_null_warns))
		return;
	kmc_attention(cpu);
	if (!acceptable(cpu, head, ptr))
		return;
	if (head && KMC_PLANTED(rcu_head_sleeps))
		kmc_planted_sleep();
	if (!head)
		kmc_rcu_may_sleep(cpu);
	if (KMC_PLANTED(rcu_at_once)) {
		kmc_rcu_released(cpu, ptr);
		kvfree(ptr);
		return;
	}
	if (KMC_PLANTED(rcu_scribbles) && !in_vmalloc(cpu->sim, ptr) && ksize(ptr) > 64)
		memset((char *)ptr + 48, 0x6b, 8);
	if (kmc_rcu_sheaf_put(cpu, ptr) || kmc_rcu_batch_add(cpu, head, ptr))
		return;
	free_inline(cpu, ptr);
}

/*
 * Twice: what is filling may have to wait until a batch of before is free.
 * Rule: RCU-9. Model: exact (6.12 and later: batches of all cpus, all channels, sheaves).
 */
void kvfree_rcu_barrier(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_rcu_state *st = cpu->sim->rcu;

	kmc_attention(cpu);
	if (!atomic_load_explicit(&st->pending, memory_order_relaxed) ||
	    KMC_PLANTED(rcu_barrier_early))
		return;
	if (!kmc_rcu_may_sleep(cpu))
		return;
	for (int round = 0; round < 2; round++) {
		kmc_rcu_run_batches(cpu, true);
		kmc_rcu_run_sheaves(cpu, true);
		if (!kmc_rcu_wait(cpu, kmc_rcu_cookie(st)))
			return;
		kmc_rcu_run_batches(cpu, false);
		kmc_rcu_run_sheaves(cpu, false);
		if (kmc_rcu_batches_empty(cpu->sim))
			break;
	}
	kmc_rcu_await_works(cpu);
}
