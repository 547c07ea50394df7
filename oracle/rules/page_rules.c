// SPDX-License-Identifier: GPL-2.0-or-later
/* PAGE: the page calls. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

KMC_RULE_FN(PAGE_1)
{
	if (c->ev->order <= j->subject.machine.max_order)
		return;
	if (c->ev->outcome == KMC_OUT_NULL || (c->ev->outcome == KMC_OUT_NONE && !c->addr)) {
		KMC_PASS(PAGE_1);
		return;
	}
	KMC_BREACH(PAGE_1, "ceiling",
		   (j, "order %u is above the highest order, %u: NULL", c->ev->order,
		    j->subject.machine.max_order),
		   (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(PAGE_2)
{
	uint64_t offset = c->addr - j->subject.machine.direct_map;
	uint64_t block = KMC_PAGE << (c->ev->order & 31);

	if (c->ev->order > j->subject.machine.max_order)
		return; /* PAGE-1 */
	if (c->addr >= j->subject.machine.direct_map && !(offset & (block - 1))) {
		KMC_PASS(PAGE_2);
		return;
	}
	KMC_BREACH(PAGE_2, "aligned",
		   (j, "a block of order %u starts at a multiple of " NUM " pages", c->ev->order,
		    (uint64_t)1 << c->ev->order),
		   (j, "it starts at frame " NUM, offset >> 12));
}

KMC_RULE_FN(PAGE_3)
{
	if (!c->other) {
		KMC_PASS(PAGE_3);
		return;
	}
	KMC_BREACH(PAGE_3, "disjoint",
		   (j, "the pages [" ADDR ", " ADDR ") may not touch a live block", c->addr,
		    c->addr + c->size),
		   (j, "B lives at [" ADDR ", " ADDR ")", c->other->addr,
		    c->other->addr + kmc_life_size(c->other)));
}

KMC_RULE_FN(PAGE_5)
{
	uint64_t had = kmc_life_size(c->other), gives = KMC_PAGE << (c->ev->order & 31);

	if (c->ev->order < 32 && had == gives) {
		KMC_PASS(PAGE_5);
		return;
	}
	KMC_BREACH(PAGE_5, gives < had ? "order-too-small" : "order-too-large",
		   (j, "B has " NUM " pages and is freed with their order", had >> 12),
		   (j, "order %u was passed", c->ev->order));
}

KMC_RULE_FN(PAGE_6)
{
	if (!c->other || c->other->state == KMC_LIFE_LIVE) {
		KMC_PASS(PAGE_6);
		return;
	}
	KMC_BREACH(PAGE_6, "double-free", (j, "a page block is freed once"),
		   (j, "B was freed before event A"));
}

KMC_RULE_FN(PAGE_12)
{
	if (!(kmc_noticed(c) & (BIT(WARNED) | BIT(DIED) | BIT(RELEASED)))) {
		KMC_PASS(PAGE_12);
		return;
	}
	KMC_BREACH(PAGE_12, "no-op", (j, "free_pages(0, order) does nothing"),
		   (j, "it had effects (%#x)", c->effects));
}

static uint64_t whole_pages(uint64_t bytes)
{
	return (bytes + KMC_PAGE - 1) & -KMC_PAGE;
}

KMC_RULE_FN(PAGE_15)
{
	bool pair = kmc_pairing_of(c->from, c->by, j->subject.edition) == KMC_PAIR_LEGAL;

	if (pair && (c->by != KMC_BY_FREE_EXACT ||
		     whole_pages(c->ev->size) == whole_pages(kmc_life_size(c->other)))) {
		KMC_PASS(PAGE_15);
		return;
	}
	if (!pair)
		KMC_BREACH(PAGE_15, kmc_free_column_name(c->by),
			   (j, "alloc_pages_exact memory is released with free_pages_exact"),
			   (j, "it was given to %s", kmc_free_column_name(c->by)));
	else
		KMC_BREACH(PAGE_15, "size",
			   (j, "B has " NUM " bytes and is freed with that size",
			    kmc_life_size(c->other)),
			   (j, NUM " was passed", c->ev->size));
}

KMC_RULE_FN(PAGE_32)
{
	if (c->ev->context != KMC_CTX_NMI) {
		KMC_PASS(PAGE_32);
		return;
	}
	KMC_BREACH(PAGE_32, "nmi", (j, "%s is not for NMI context", c->call),
		   (j, "it was called there"));
}

KMC_RULE_FN(PAGE_33)
{
	const uint32_t forbidden = BIT(SLEPT) | BIT(RECLAIMED) | BIT(COMPACTED) |
				   BIT(WOKE_KSWAPD) | BIT(IO) | BIT(FS);

	/* Up to order 3, or a huge page. */
	if (c->ev->outcome == KMC_OUT_VALUE && c->ev->order > 3 && c->ev->order != 9) {
		KMC_BREACH(PAGE_33, "order",
			   (j, "alloc_pages_nolock serves no order of %u", c->ev->order),
			   (j, "it returned " ADDR, c->addr));
		return;
	}
	if (c->open->dirty == 2) {
		KMC_BREACH(PAGE_33, "zero", (j, "alloc_pages_nolock gives zeroed pages"),
			   (j, "the byte at " ADDR " is not zero", c->open->dirty_at));
		return;
	}
	if (!(c->effects & forbidden)) {
		KMC_PASS(PAGE_33);
		return;
	}
	KMC_BREACH(PAGE_33, "effects",
		   (j, "alloc_pages_nolock neither sleeps, reclaims nor wakes kswapd"),
		   (j, "it did (effects %#x)", c->effects & forbidden));
}

KMC_RULE_FN(PAGE_35)
{
	if (c->ev->what == KMC_EFF_CONTENT_KEPT) {
		KMC_PASS(PAGE_35);
		return;
	}
	KMC_BREACH(PAGE_35, "content", (j, "what the holder of B wrote stays until B is freed"),
		   (j, "the byte at " ADDR " changed", c->ev->addr2));
}

KMC_RULE_FN(CPT_6)
{
	bool movable = c->gfp & KMC_GFP_MOVABLE;

	if (movable && c->value == 1) {
		KMC_PASS(CPT_6);
		return;
	}
	KMC_BREACH(CPT_6, movable ? "pinned" : "unmovable",
		   (j, "only movable pages that nobody else holds change their place"),
		   (j, "B moved from " ADDR " to " ADDR " (flags %#x, " NUM " references)",
		    c->ev->addr, c->ev->addr2, c->gfp, c->value));
}

KMC_RULE_FN(PAGE_37)
{
	if (!(c->gfp & ~(uint32_t)KMC_GFP_ACCOUNT) && !c->ev->gfp_raw) {
		KMC_PASS(PAGE_37);
		return;
	}
	KMC_BREACH(PAGE_37, "flags", (j, "alloc_pages_nolock takes ACCOUNT and nothing else"),
		   (j, "atoms %#x were passed", c->gfp));
}
