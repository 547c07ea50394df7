// SPDX-License-Identifier: GPL-2.0-or-later
/* Areas of the vmalloc window, and kvmalloc, which may come from there. */
#include "call_parts.h"

void kmc_area_end(struct kmc_judge *judge, struct kmc_case *c)
{
	if (c->size == UINT64_MAX)
		KMC_ASK(judge, ARR_11, c);
	else
		KMC_ASK(judge, VM_5, c);
	KMC_ASK(judge, VM_7, c);
	KMC_ASK(judge, VM_25, c);
	if (c->ev->outcome == KMC_OUT_NULL)
		KMC_ASK(judge, VM_23, c);
	if (c->ev->what == KMC_OP_VMALLOC_NODE || c->ev->what == KMC_OP_VZALLOC_NODE)
		KMC_ASK(judge, VM_22, c);
}

/* The areas before and behind a new one; the rule leaves a page between. */
static const struct kmc_life *next_to(struct kmc_judge *judge, const struct kmc_case *c)
{
	uint64_t end = (c->addr + c->size + KMC_PAGE - 1) & ~(KMC_PAGE - 1);
	const struct kmc_life *near = kmc_place_find(judge, end, KMC_PAGE, c->addr);

	if (near && near->addr != c->ev->addr2)
		return near;
	near = kmc_place_find(judge, c->addr - 2 * KMC_PAGE, 2 * KMC_PAGE, c->addr);
	if (!near || near->addr == c->ev->addr2)
		return NULL;
	end = (near->addr + kmc_life_size(near) + KMC_PAGE - 1) & ~(KMC_PAGE - 1);
	return end + KMC_PAGE > c->addr ? near : NULL;
}

static bool in_window(const struct kmc_judge *judge, uint64_t addr)
{
	return addr >= judge->subject.machine.vmalloc_start &&
	       addr < judge->subject.machine.vmalloc_end;
}

void kmc_area_ask_guard(struct kmc_judge *judge, struct kmc_case *c)
{
	if (c->ev->outcome != KMC_OUT_VALUE || !in_window(judge, c->addr) || !c->from ||
	    c->from == KMC_FROM_VM_MAP_RAM)
		return;
	/* Areas that overlap are VM-24's. */
	if (kmc_place_find(judge, c->addr, c->size, c->ev->addr2))
		return;
	c->other = next_to(judge, c);
	if (c->other && (c->other->from == KMC_FROM_VM_MAP_RAM ||
			 c->other->seq < judge->blind_before))
		c->other = NULL;
	KMC_ASK(judge, VM_9, c);
	c->other = NULL;
}

void kmc_kvmalloc_end(struct kmc_judge *judge, struct kmc_case *c)
{
	if (!c->size) {
		KMC_ASK(judge, KV_10, c);
		return;
	}
	if (c->overflow)
		KMC_ASK(judge, KV_9, c);
	else if (c->size == UINT64_MAX)
		KMC_ASK(judge, ARR_11, c);
	else
		KMC_ASK(judge, KV_6, c);
	if (c->size > KMC_PAGE) {
		KMC_ASK(judge, KV_3, c);
		KMC_ASK(judge, KV_7, c);
	}
	if (c->ev->outcome == KMC_OUT_VALUE || c->ev->outcome == KMC_OUT_NULL)
		KMC_ASK(judge, KV_1, c);
	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	KMC_ASK(judge, KV_4, c);
	KMC_ASK(judge, KV_12, c);
	if (c->ev->what == KMC_OP_KVMALLOC_NODE_ALIGN)
		KMC_ASK(judge, ALIGN_12, c);
}
