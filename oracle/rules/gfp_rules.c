// SPDX-License-Identifier: GPL-2.0-or-later
/* GFP: what the flags of a request promise and forbid. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

KMC_RULE_FN(GFP_1)
{
	bool atomic = c->ev->context != KMC_CTX_TASK && c->ev->context != KMC_CTX_UNKNOWN;

	if (!(c->gfp & KMC_GFP_DIRECT_RECLAIM) || c->ev->context == KMC_CTX_UNKNOWN)
		return;
	if (!atomic) {
		KMC_PASS(GFP_1);
		return;
	}
	KMC_BREACH(GFP_1, "may-sleep",
		   (j, "__GFP_DIRECT_RECLAIM is for contexts that may sleep"),
		   (j, "the context is %s", kmc_context_name(c->ev->context)));
}

KMC_RULE_FN(GFP_2)
{
	const uint32_t forbidden = BIT(SLEPT) | BIT(RECLAIMED) | BIT(COMPACTED) | BIT(IO) |
				   BIT(FS);

	if (c->gfp & KMC_GFP_DIRECT_RECLAIM)
		return;
	if (!(c->effects & forbidden)) {
		KMC_PASS(GFP_2);
		return;
	}
	KMC_BREACH(GFP_2, "no-direct-reclaim",
		   (j, "without __GFP_DIRECT_RECLAIM nothing is reclaimed, compacted or waited for"),
		   (j, "it was (effects %#x)", c->effects & forbidden));
}

KMC_RULE_FN(GFP_3)
{
	if (c->gfp & KMC_GFP_KSWAPD_RECLAIM)
		return;
	if (!(c->effects & BIT(WOKE_KSWAPD))) {
		KMC_PASS(GFP_3);
		return;
	}
	KMC_BREACH(GFP_3, "no-kswapd",
		   (j, "without __GFP_KSWAPD_RECLAIM the request does not wake kswapd"),
		   (j, "it did"));
}

/* An area is not moved to a stricter alignment: an error of the arguments (rules-slab Part 2b). */
static bool is_misaligned(const struct kmc_case *c)
{
	return (c->ev->what == KMC_OP_VREALLOC_NODE_ALIGN ||
		c->ev->what == KMC_OP_KVREALLOC_NODE_ALIGN) && c->ev->addr2 && c->ev->arg > KMC_PAGE;
}

/* More than a page, which an area may hold: what releases promise of these has changed (VM-7). */
static bool is_perhaps_area(const struct kmc_case *c)
{
	return c->size > KMC_PAGE && (c->from == KMC_FROM_VMALLOC || c->from == KMC_FROM_KVMALLOC ||
				      c->from == KMC_FROM_RUST);
}

/* Asked of every request that ended, failed ones above all. */
KMC_RULE_FN(GFP_13)
{
	const uint32_t both = KMC_GFP_NOFAIL | KMC_GFP_DIRECT_RECLAIM;
	uint64_t max = j->subject.machine.kmalloc_max_size;

	/* Nothing was asked for: there is nothing that may not fail. */
	if (!c->size || (c->gfp & both) != both || c->ev->order > j->subject.machine.max_order ||
	    (max && c->size > max) || is_misaligned(c))
		return;
	if (c->ev->outcome == KMC_OUT_VALUE || c->ev->outcome == KMC_OUT_ZERO_SIZE) {
		KMC_PASS(GFP_13);
		return;
	}
	KMC_BREACH(GFP_13, is_perhaps_area(c) ? "never-null-areas" : "never-null",
		   (j, "__GFP_NOFAIL with direct reclaim never returns NULL"),
		   (j, "it returned %s", kmc_outcome_name(c->ev->outcome)));
}

KMC_RULE_FN(GFP_20)
{
	if (c->open->dirty == 1) {
		KMC_PASS(GFP_20);
		return;
	}
	KMC_BREACH(GFP_20, "zero", (j, "every byte of the " NUM " reads zero", c->size),
		   (j, "the byte at " ADDR " does not", c->open->dirty_at));
}

KMC_RULE_FN(GFP_24)
{
	const uint32_t zones = KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_HIGHMEM;

	if (__builtin_popcount(c->gfp & zones) <= 1) {
		KMC_PASS(GFP_24);
		return;
	}
	KMC_BREACH(GFP_24, "one-zone", (j, "a request names one of DMA, DMA32, HIGHMEM at most"),
		   (j, "it names %d", __builtin_popcount(c->gfp & zones)));
}

KMC_RULE_FN(GFP_27)
{
	const uint32_t both = KMC_GFP_MOVABLE | KMC_GFP_RECLAIMABLE;

	if ((c->gfp & both) != both) {
		KMC_PASS(GFP_27);
		return;
	}
	KMC_BREACH(GFP_27, "mobility", (j, "MOVABLE and RECLAIMABLE exclude each other"),
		   (j, "both were passed"));
}

static uint64_t last_frame(const struct kmc_judge *j, const struct kmc_case *c)
{
	return (c->addr + c->size - 1 - j->subject.machine.direct_map) >> 12;
}

KMC_RULE_FN(GFP_28)
{
	if (j->subject.machine.options & KMC_MO_no_zone_dma || !kmc_has_zone(j, KMC_DMA))
		return;
	if (last_frame(j, c) < 0x1000) {
		KMC_PASS(GFP_28);
		return;
	}
	KMC_BREACH(GFP_28, "zone-dma", (j, "GFP_DMA pages lie in the first 16 MiB"),
		   (j, "frame %#" PRIx64 " does not", last_frame(j, c)));
}

KMC_RULE_FN(GFP_29)
{
	if (!kmc_has_zone(j, KMC_DMA32))
		return;
	if (last_frame(j, c) < 0x100000) {
		KMC_PASS(GFP_29);
		return;
	}
	KMC_BREACH(GFP_29, "zone-dma32", (j, "GFP_DMA32 pages lie below 4 GiB"),
		   (j, "frame %#" PRIx64 " does not", last_frame(j, c)));
}
