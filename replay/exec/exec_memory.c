/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the holder of a block does with its bytes. Each slot remembers which
 * extent the program wrote with which pattern and which extent was promised
 * to be zero; an observation speaks of these only, so nothing that the
 * allocator happened to leave in memory reaches an event.
 *
 * The pattern of a byte depends on its offset in the block, so a block that
 * was moved or copied by whole words is told from one that kept its place.
 */
#include "exec_core.h"

#define KERNEL_IMAGE 0xffffffff80000000ull

static bool within(struct kmc_extent inner, struct kmc_extent outer)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

struct kmc_extent kmc_extent_without(struct kmc_extent from, struct kmc_extent cut)
{
	struct kmc_extent below = { from.start, cut.start < from.end ? cut.start : from.end };
	struct kmc_extent above = { cut.end > from.start ? cut.end : from.start, from.end };

	if (below.end < below.start)
		below.end = below.start;
	if (above.end < above.start)
		above.end = above.start;
	return below.end - below.start >= above.end - above.start ? below : above;
}

static void note_written(struct kmc_slot *slot, struct kmc_extent at, uint64_t pattern)
{
	struct kmc_extent *w = &slot->written;
	bool joins = slot->pattern == pattern && w->start < w->end && at.start <= w->end &&
		     at.end >= w->start;

	slot->zero = kmc_extent_without(slot->zero, at);
	if (slot->aliased)
		return;
	if (joins) {
		w->start = at.start < w->start ? at.start : w->start;
		w->end = at.end > w->end ? at.end : w->end;
	} else {
		*w = at;
		slot->pattern = pattern;
	}
}

static struct kmc_extent extent_of(const struct kmc_op *op)
{
	struct kmc_extent at = { op->b, op->b };

	at.end = __builtin_add_overflow(op->a, op->b, &at.end) ? UINT64_MAX : op->a + op->b;
	return at;
}

/* Of a block that was split some pages may be gone. */
bool kmc_parts_held(const struct kmc_slot *slot, struct kmc_extent at)
{
	for (uint64_t page = at.start >> 12; slot->parts && at.start < at.end &&
	     page <= (at.end - 1) >> 12; page++)
		if (page >= 64 || !(slot->parts >> page & 1))
			return false;
	return true;
}

bool kmc_memory_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	struct kmc_extent at = extent_of(op);

	return (uintptr_t)slot->ptr > 16 && at.end <= slot->size && kmc_parts_held(slot, at);
}

void kmc_memory_report(struct kmc_exec *exec, uint64_t addr, struct kmc_extent at, uint64_t bad,
		       unsigned int good_effect, unsigned int bad_effect)
{
	bool good = bad == at.end;

	kmc_exec_effect(exec, good ? good_effect : bad_effect, addr + at.start,
			good ? 0 : addr + bad, at.end - at.start, 0);
}

static void report(struct kmc_exec *exec, const struct kmc_slot *slot, struct kmc_extent at,
		   uint64_t bad, unsigned int good_effect, unsigned int bad_effect)
{
	kmc_memory_report(exec, slot->addr, at, bad, good_effect, bad_effect);
}

static void memory_check(struct kmc_exec *exec, struct kmc_call *call, struct kmc_extent at)
{
	const struct kmc_slot *slot = call->src;

	if (slot->pattern != call->op->c || !within(at, slot->written)) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	report(exec, slot, at, kmc_pattern_compare(slot->ptr, at, slot->pattern),
	       KMC_EFF_CONTENT_KEPT, KMC_EFF_CONTENT_LOST);
}

static void memory_check_zero(struct kmc_exec *exec, struct kmc_call *call, struct kmc_extent at)
{
	const struct kmc_slot *slot = call->src;

	if (!within(at, slot->zero)) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	report(exec, slot, at, kmc_value_compare(slot->ptr, at, 0), KMC_EFF_CONTENT_ZERO,
	       KMC_EFF_CONTENT_DIRTY);
}

/* Reading touches every page; what is read is reported only where it is known. */
static void memory_read(struct kmc_exec *exec, struct kmc_call *call, struct kmc_extent at)
{
	const struct kmc_slot *slot = call->src;

	if (within(at, slot->written)) {
		report(exec, slot, at, kmc_pattern_compare(slot->ptr, at, slot->pattern),
		       KMC_EFF_CONTENT_KEPT, KMC_EFF_CONTENT_LOST);
	} else if (within(at, slot->zero)) {
		report(exec, slot, at, kmc_value_compare(slot->ptr, at, 0), KMC_EFF_CONTENT_ZERO,
		       KMC_EFF_CONTENT_DIRTY);
	} else {
		kmc_bytes_read(slot->ptr, at);
	}
}

/* kstrdup_const() may give what lies in the kernel's image: read-only data, which all programs share. */
bool kmc_memory_constant(const struct kmc_slot *slot)
{
	return slot->origin == KMC_OP_KSTRDUP_CONST && slot->addr >= KERNEL_IMAGE;
}

void kmc_memory_op(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	struct kmc_extent at = extent_of(op);

	call->outcome = KMC_OUT_NONE;
	if (at.start == at.end)
		return;
	switch (op->code) {
	case KMC_OP_WRITE:
		if (kmc_memory_constant(call->src)) {
			call->outcome = KMC_OUT_SKIPPED;
			break;
		}
		kmc_pattern_write(call->src->ptr, at, op->c);
		note_written(call->src, at, op->c);
		break;
	case KMC_OP_READ:
		memory_read(exec, call, at);
		break;
	case KMC_OP_CHECK:
		memory_check(exec, call, at);
		break;
	case KMC_OP_CHECK_ZERO:
		memory_check_zero(exec, call, at);
		break;
	}
}

/* Of a large block both ends: to go over all of it costs more than the call did. */
#define END_BYTES (64u << 10)

void kmc_memory_report_zero(struct kmc_exec *exec, const void *block, uint64_t addr,
			    struct kmc_extent at)
{
	struct kmc_extent end = at, last = at;
	uint64_t bad;

	if (at.end - at.start > 4 * END_BYTES) {
		end.end = at.start + END_BYTES;
		last.start = at.end - END_BYTES;
	}
	bad = kmc_value_compare(block, end, 0);
	if (bad == end.end)
		bad = kmc_value_compare(block, last, 0);
	kmc_memory_report(exec, addr, at, bad, KMC_EFF_CONTENT_ZERO, KMC_EFF_CONTENT_DIRTY);
}
