/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lives that end twice: a block given to kfree_rcu() is no longer the program's,
 * but stays in memory until its grace period is over. Who reads under
 * rcu_read_lock() since before that may still look at it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exec_core.h"

#define HEAD_BYTES 16

bool kmc_rcu_is_free(unsigned int code)
{
	return code == KMC_OP_KFREE_RCU || code == KMC_OP_KVFREE_RCU ||
	       code == KMC_OP_KFREE_RCU_MIGHTSLEEP || code == KMC_OP_KVFREE_RCU_MIGHTSLEEP;
}

bool kmc_rcu_has_head(unsigned int code)
{
	return code == KMC_OP_KFREE_RCU || code == KMC_OP_KVFREE_RCU;
}

/* The head lies in the block, and where the macro lets it be. Rule: RCU-3. */
bool kmc_rcu_head_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	if (!kmc_rcu_has_head(op->code) || !slot || (uintptr_t)slot->ptr <= 16)
		return true;
	return op->a < 4096 && op->a % 8 == 0 && op->a + HEAD_BYTES <= slot->size;
}

/* readers */

void kmc_rcu_note_reader(struct kmc_exec *exec, const struct kmc_op *op)
{
	struct kmc_reader *reader = &exec->readers[op->task];

	if (op->code == KMC_OP_RCU_READ_LOCK && reader->depth++ == 0)
		reader->since = exec->seq;
	else if (op->code == KMC_OP_RCU_READ_UNLOCK)
		reader->depth--;
}

static const struct kmc_pending *pending_at(const struct kmc_exec *exec, uint64_t addr)
{
	for (size_t i = 0; i < exec->nr_pending; i++)
		if (exec->pending[i].addr == addr)
			return &exec->pending[i];
	return NULL;
}

bool kmc_rcu_may_look(const struct kmc_exec *exec, const struct kmc_op *op,
		      const struct kmc_slot *slot)
{
	const struct kmc_reader *reader = &exec->readers[op->task % KMC_MAX_TASKS];
	const struct kmc_pending *pending;

	if (op->code != KMC_OP_READ && op->code != KMC_OP_CHECK && op->code != KMC_OP_CHECK_ZERO)
		return false;
	pending = pending_at(exec, slot->addr);
	return pending && pending->slot == (uint32_t)(slot - exec->slots) && reader->depth &&
	       reader->since < pending->seq;
}

/* blocks that wait */

static void cut_head(struct kmc_slot *slot, const struct kmc_op *op)
{
	struct kmc_extent head = { op->a, op->a + HEAD_BYTES };

	if (!kmc_rcu_has_head(op->code))
		return;
	slot->written = kmc_extent_without(slot->written, head);
	slot->zero = kmc_extent_without(slot->zero, head);
}

void kmc_rcu_queued(struct kmc_exec *exec, struct kmc_slot *slot, const struct kmc_op *op)
{
	struct kmc_pending *pending;

	cut_head(slot, op);
	if (exec->released_inline)
		return;
	if (exec->nr_pending == exec->max_pending) {
		size_t max = exec->max_pending ? exec->max_pending * 2 : 64;

		pending = realloc(exec->pending, max * sizeof(*pending));
		if (!pending)
			return; /* then nobody may look at it any more */
		exec->pending = pending;
		exec->max_pending = max;
	}
	exec->pending[exec->nr_pending++] = (struct kmc_pending){
		.addr = slot->addr, .seq = exec->seq + 1, .cache = slot->cache,
		.slot = (uint32_t)(slot - exec->slots),
	};
}

void kmc_exec_released(struct kmc_exec *exec, uint64_t addr)
{
	size_t i = 0;

	kmc_exec_effect(exec, KMC_EFF_RELEASED, addr, 0, 0, 0);
	while (i < exec->nr_pending && exec->pending[i].addr != addr)
		i++;
	if (i == exec->nr_pending) {
		exec->released_inline |= addr == exec->open.addr;
		return;
	}
	exec->nr_pending--;
	memmove(&exec->pending[i], &exec->pending[i + 1],
		(exec->nr_pending - i) * sizeof(*exec->pending));
}

bool kmc_rcu_cache_pending(const struct kmc_exec *exec, uint32_t cache)
{
	for (size_t i = 0; i < exec->nr_pending; i++)
		if (exec->pending[i].cache == cache)
			return true;
	return false;
}

/* snapshots */

int kmc_rcu_save(const struct kmc_exec *exec, struct kmc_exec_snapshot *snapshot)
{
	size_t n = exec->nr_pending ? exec->nr_pending : 1;

	snapshot->pending = malloc(n * sizeof(*snapshot->pending));
	if (!snapshot->pending)
		return -ENOMEM;
	if (exec->nr_pending)
		memcpy(snapshot->pending, exec->pending, exec->nr_pending * sizeof(*exec->pending));
	snapshot->nr_pending = exec->nr_pending;
	memcpy(snapshot->readers, exec->readers, sizeof(snapshot->readers));
	return 0;
}

void kmc_rcu_restore(struct kmc_exec *exec, const struct kmc_exec_snapshot *snapshot)
{
	/* There was room for as many when the snapshot was made. */
	exec->nr_pending = snapshot->nr_pending;
	if (exec->nr_pending)
		memcpy(exec->pending, snapshot->pending,
		       exec->nr_pending * sizeof(*exec->pending));
	memcpy(exec->readers, snapshot->readers, sizeof(exec->readers));
}

void kmc_rcu_reset(struct kmc_exec *exec)
{
	free(exec->pending);
	exec->pending = NULL;
	exec->nr_pending = exec->max_pending = 0;
	memset(exec->readers, 0, sizeof(exec->readers));
}
