// SPDX-License-Identifier: GPL-2.0-or-later
/* VM and KV: what of vmalloc and kvmalloc the addresses and contexts show. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64

static bool in_window(const struct kmc_judge *j, uint64_t addr)
{
	return addr >= j->subject.machine.vmalloc_start && addr < j->subject.machine.vmalloc_end;
}

KMC_RULE_FN(VM_8)
{
	bool atomic = c->ev->context == KMC_CTX_HARDIRQ || c->ev->context == KMC_CTX_SOFTIRQ ||
		      c->ev->context == KMC_CTX_NMI;

	if (!atomic) {
		KMC_PASS(VM_8);
		return;
	}
	KMC_BREACH(VM_8, "context", (j, "vmalloc is not called from interrupts"),
		   (j, "the context is %s", kmc_context_name(c->ev->context)));
}

KMC_RULE_FN(VM_24)
{
	bool inside = !j->subject.machine.vmalloc_end ||
		      (in_window(j, c->addr) && in_window(j, c->addr + c->size - (c->size > 0)));

	if (inside && !c->other) {
		KMC_PASS(VM_24);
		return;
	}
	if (!inside)
		KMC_BREACH(VM_24, "window", (j, "vmalloc areas lie in the vmalloc window"),
			   (j, "[" ADDR ", " ADDR ") does not", c->addr, c->addr + c->size));
	else
		KMC_BREACH(VM_24, "disjoint", (j, "live areas never overlap"),
			   (j, "B lives at [" ADDR ", " ADDR ")", c->other->addr,
			    c->other->addr + kmc_life_size(c->other)));
}

KMC_RULE_FN(KV_2)
{
	/* An area that kvrealloc() is given stays one, wherever it moves. */
	if (c->size > KMC_PAGE || !j->subject.machine.vmalloc_end || in_window(j, c->ev->addr2))
		return;
	if (!in_window(j, c->addr)) {
		KMC_PASS(KV_2);
		return;
	}
	KMC_BREACH(KV_2, "small",
		   (j, "kvmalloc of " NUM " bytes, up to a page, never falls back to vmalloc",
		    c->size),
		   (j, ADDR " is a vmalloc address", c->addr));
}
