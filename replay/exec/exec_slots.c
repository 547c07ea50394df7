/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slots of a program: set, clear, digest, copies for snapshots. A list of
 * the slots in use keeps every one of these as cheap as the program was short.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exec_core.h"

void kmc_slot_clear(struct kmc_exec *exec, uint16_t number)
{
	struct kmc_slot *slot = &exec->slots[number];
	bool listed = slot->listed;

	memset(slot, 0, sizeof(*slot));
	slot->listed = listed;
}

struct kmc_slot *kmc_slot_set(struct kmc_exec *exec, uint16_t number, enum kmc_slot_kind kind)
{
	struct kmc_slot *slot = &exec->slots[number];

	kmc_slot_clear(exec, number);
	if (!slot->listed) {
		slot->listed = true;
		exec->used[exec->nr_used++] = number;
	}
	slot->kind = (uint8_t)kind;
	slot->cache = KMC_CACHE_NONE;
	return slot;
}

void kmc_slots_reset(struct kmc_exec *exec)
{
	for (uint32_t i = 0; i < exec->nr_used; i++)
		memset(&exec->slots[exec->used[i]], 0, sizeof(struct kmc_slot));
	exec->nr_used = 0;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash ^= word;
	hash *= 0x100000001b3ull;
	return hash ^ hash >> 29;
}

static uint64_t mix_slot(uint64_t hash, unsigned int number, const struct kmc_slot *slot)
{
	hash = mix(hash, number << 16 | (unsigned int)slot->kind << 6 | slot->freed |
				 slot->comp << 1 | slot->aliased << 2 | slot->zeroing << 3 |
				 slot->ctor << 4 | slot->page << 5);
	hash = mix(hash, (uint64_t)slot->origin << 32 | slot->cache);
	hash = mix(hash, (uint64_t)slot->order << 48 | (uint64_t)slot->refs << 32 | slot->flags);
	hash = mix(hash, slot->addr);
	hash = mix(hash,
		   slot->kind == KMC_SLOT_TOKEN ? 0 : slot->size); /* a token's: who gave it */
	hash = mix(hash, slot->value);
	hash = mix(hash, slot->parts);
	if (slot->written.end > slot->written.start) {
		hash = mix(hash, slot->pattern);
		hash = mix(hash, slot->written.start << 32 ^ slot->written.end);
	}
	if (slot->zero.end > slot->zero.start)
		hash = mix(hash, ~(slot->zero.start << 32 ^ slot->zero.end));
	return hash;
}

/* What waits for readers, and for which of them: those that began before it was queued. */
static uint64_t mix_pending(const struct kmc_exec *exec, uint64_t hash)
{
	for (size_t i = 0; i < exec->nr_pending; i++) {
		const struct kmc_pending *p = &exec->pending[i];

		hash = mix(hash, p->addr);
		hash = mix(hash, p->cache);
		for (unsigned int task = 0; task < KMC_MAX_TASKS; task++)
			if (exec->readers[task].depth && exec->readers[task].since < p->seq)
				hash = mix(hash, task + 1);
	}
	return hash;
}

/* By slot number, not by order of use; nothing of the host's addresses. */
uint64_t kmc_slots_hash(const struct kmc_exec *exec, uint64_t hash)
{
	for (unsigned int i = 0; i < KMC_NR_SLOTS; i++)
		if (exec->slots[i].kind != KMC_SLOT_EMPTY)
			hash = mix_slot(hash, i, &exec->slots[i]);
	for (unsigned int task = 0; task < KMC_MAX_TASKS; task++)
		if (exec->scope[task] || exec->readers[task].depth)
			hash = mix(hash, (uint64_t)task << 40 | (uint64_t)exec->scope[task] << 32 |
						 exec->readers[task].depth);
	return mix(mix_pending(exec, hash), exec->cpus_off);
}

int kmc_slots_save(struct kmc_exec *exec, struct kmc_exec_snapshot *snapshot)
{
	size_t n = exec->nr_used ? exec->nr_used : 1;

	snapshot->numbers = malloc(n * sizeof(*snapshot->numbers));
	snapshot->slots = malloc(n * sizeof(*snapshot->slots));
	if (!snapshot->numbers || !snapshot->slots) {
		free(snapshot->numbers);
		free(snapshot->slots);
		return -ENOMEM;
	}
	snapshot->nr_slots = exec->nr_used;
	for (uint32_t i = 0; i < exec->nr_used; i++) {
		snapshot->numbers[i] = exec->used[i];
		snapshot->slots[i] = exec->slots[exec->used[i]];
	}
	return 0;
}

void kmc_slots_restore(struct kmc_exec *exec, const struct kmc_exec_snapshot *snapshot)
{
	kmc_slots_reset(exec);
	for (uint32_t i = 0; i < snapshot->nr_slots; i++) {
		exec->used[i] = snapshot->numbers[i];
		exec->slots[snapshot->numbers[i]] = snapshot->slots[i];
	}
	exec->nr_used = snapshot->nr_slots;
}
