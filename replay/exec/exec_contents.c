/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the holder of a block finds in it without having written it: the state that a
 * constructor left, the letters of a string, the zeros of a machine that clears
 * what it hands out; and what is left of a block that such a machine took back.
 */
#include "exec_core.h"

/* Of constructed objects: the same in each, by offset. */
#define CONSTRUCTED 0x636f6e7374727563ull

void kmc_contents_construct(void *object, uint64_t bytes)
{
	kmc_pattern_write(object, (struct kmc_extent){ 0, bytes }, CONSTRUCTED);
}

static void observe_constructed(struct kmc_exec *exec, const struct kmc_slot *slot)
{
	struct kmc_extent all = { 0, slot->size };

	kmc_memory_report(exec, slot->addr, all, kmc_pattern_compare(slot->ptr, all, CONSTRUCTED),
			  KMC_EFF_CONTENT_KEPT, KMC_EFF_CONTENT_LOST);
}

static bool is_object(unsigned int code)
{
	switch (code) {
	case KMC_OP_KMEM_CACHE_ALLOC:
	case KMC_OP_KMEM_CACHE_ALLOC_NODE:
	case KMC_OP_KMEM_CACHE_ALLOC_LRU:
	case KMC_OP_KMEM_CACHE_ZALLOC:
		return true;
	default:
		return false;
	}
}

/* Rule: DBG-5. Objects that a clearing machine clears, by its options and the cache's flags. */
static bool is_cleared(const struct kmc_exec *exec, const struct kmc_slot *slot)
{
	const uint32_t spared = KMC_CF_TYPESAFE_BY_RCU | KMC_CF_POISON;
	uint8_t family = kmc_plan_of(slot->origin)->family;

	if (exec->caps.machine.options & KMC_MO_slub_poison || !slot->granted ||
	    slot->granted > exec->caps.machine.kmalloc_max_cache)
		return false;
	return family == KMC_OPF_KMALLOC ||
	       (is_object(slot->origin) && !slot->ctor && !(slot->flags & spared));
}

/* strings: so many letters, and their end */

static bool is_string(unsigned int code)
{
	return code == KMC_OP_KSTRDUP || code == KMC_OP_KSTRNDUP || code == KMC_OP_KSTRDUP_CONST ||
	       code == KMC_OP_STRNDUP_USER || code == KMC_OP_MEMDUP_USER_NUL;
}

static void observe_string(struct kmc_exec *exec, const struct kmc_slot *slot)
{
	const char *text = slot->ptr;
	struct kmc_extent all = { 0, slot->size };
	uint64_t bad = kmc_value_compare(slot->ptr, (struct kmc_extent){ 0, slot->size - 1 }, 'k');

	if (bad + 1 == all.end && !text[bad])
		bad = all.end;
	kmc_memory_report(exec, slot->addr, all, bad, KMC_EFF_CONTENT_KEPT, KMC_EFF_CONTENT_LOST);
}

void kmc_contents_terminator(struct kmc_exec *exec, const struct kmc_slot *slot)
{
	struct kmc_extent last = { slot->size - 1, slot->size };
	bool ends = !((const char *)slot->ptr)[last.start];

	kmc_memory_report(exec, slot->addr, last, ends ? last.end : last.start,
			  KMC_EFF_CONTENT_KEPT, KMC_EFF_CONTENT_LOST);
}

/* what is seen when a block is got */

void kmc_contents_granted(struct kmc_exec *exec, const struct kmc_slot *slot,
			  const struct kmc_op *op)
{
	if ((uintptr_t)slot->ptr <= 16 || !slot->size)
		return;
	if (slot->zero.start < slot->zero.end)
		kmc_memory_report_zero(exec, slot->ptr, slot->addr, slot->zero);
	else if (slot->ctor && is_object(slot->origin) && !kmc_request_zeroes(op))
		observe_constructed(exec, slot);
	else if (is_string(slot->origin))
		observe_string(exec, slot);
	else if (exec->caps.machine.options & KMC_MO_init_on_alloc && is_cleared(exec, slot))
		kmc_memory_report_zero(exec, slot->ptr, slot->addr,
				       (struct kmc_extent){ 0, slot->size });
}

/* frees */

/* Rule: KC-10. Its user gives an object back as the constructor left it. */
void kmc_contents_put_back(struct kmc_slot *slot)
{
	bool object = slot->ctor && kmc_plan_of(slot->origin)->family == KMC_OPF_CACHE;

	if (!object || (uintptr_t)slot->ptr <= 16 || slot->freed)
		return;
	kmc_contents_construct(slot->ptr, slot->size);
	slot->written = slot->zero = (struct kmc_extent){ 0, 0 }; /* a reader may still look */
}

/*
 * Nobody's memory any more, so nothing but zeros is looked for: a free object may carry the
 * allocator's own word, which is why the bytes are counted.
 */
void kmc_contents_freed(struct kmc_exec *exec, const struct kmc_slot *slot)
{
	uint64_t first = 0, dirty;

	if (!(exec->caps.machine.options & KMC_MO_init_on_free) || (uintptr_t)slot->ptr <= 16 ||
	    !is_cleared(exec, slot))
		return;
	dirty = kmc_count_other_than_zero(slot->ptr, slot->size, &first);
	kmc_exec_effect(exec, dirty ? KMC_EFF_CONTENT_DIRTY : KMC_EFF_CONTENT_ZERO, slot->addr,
			dirty ? slot->addr + first : 0, slot->size, dirty);
}
