// SPDX-License-Identifier: GPL-2.0-or-later
/* ZS: packed objects behind handles. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

#define EINVAL_ 22u
#define ENOSPC_ 28u
#define ENOMEM_ 12u

KMC_RULE_FN(ZS_1)
{
	KMC_VERDICT(ZS_1, c->ev->outcome == KMC_OUT_VALUE || c->ev->outcome == KMC_OUT_NULL, "error",
		    (j, "zs_create_pool returns a pool or NULL"),
		    (j, "it returned the error %d", -(int)c->ev->arg));
}

KMC_RULE_FN(ZS_2)
{
	KMC_VERDICT(ZS_2, c->ev->addr2 != c->addr, "opaque",
		    (j, "a handle is not where its data are"), (j, "both are " ADDR, c->addr));
}

KMC_RULE_FN(ZS_3)
{
	KMC_VERDICT(ZS_3, c->ev->outcome != KMC_OUT_VALUE, "size",
		    (j, "an object is a page at most"), (j, NUM " bytes were given", c->size));
}

/* What zs_malloc fails with, 0 where there is no reason to. */
static bool error_fits(const struct kmc_judge *j, const struct kmc_case *c)
{
	uint32_t release = kmc_release_of(j);

	if (!c->size)
		return c->ev->arg == EINVAL_;
	if (c->size <= KMC_PAGE)
		return c->ev->arg == ENOMEM_;
	if (release >= KMC_RELEASE(6, 8, 0))
		return c->ev->arg == ENOSPC_;
	/* Between the two it was changed. */
	return c->ev->arg == EINVAL_ ||
	       (release >= KMC_RELEASE(6, 7, 0) && c->ev->arg == ENOSPC_);
}

KMC_RULE_FN(ZS_4)
{
	if (c->ev->outcome == KMC_OUT_VALUE) {
		KMC_VERDICT(ZS_4, c->size && !kmc_is_error_pointer(c->addr), "empty",
			    (j, "an object has a byte at least, or zs_malloc fails"),
			    (j, "a handle came back"));
		return;
	}
	if (c->ev->outcome == KMC_OUT_NULL)
		KMC_BREACH(ZS_4, "null", (j, "zs_malloc fails with an error pointer"),
			   (j, "it returned 0, which is none"));
	else
		KMC_VERDICT(ZS_4, error_fits(j, c), "code",
			    (j, "the error of " NUM " bytes says why", c->size),
			    (j, "it is %d", -(int)c->ev->arg));
}

KMC_RULE_FN(ZS_6)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (!notes->nr_page_gets && !notes->nr_page_fails)
		return;
	KMC_VERDICT(ZS_6, !notes->plain_order, "order",
		    (j, "objects are packed into single pages"),
		    (j, "a block of order %u was asked for", notes->plain_order));
}

/* Rule: ZS-8, as a bound: the choice within it is the implementation's. */
KMC_RULE_FN(ZS_8)
{
	unsigned int most = kmc_release_of(j) < KMC_RELEASE(6, 3, 0) ? 4 : 16;
	const struct kmc_notes *notes = &c->open->notes;

	if (!notes->nr_single_gets)
		return;
	KMC_VERDICT(ZS_8, notes->nr_single_gets <= most, "chain",
		    (j, "a chain has up to %u pages", most),
		    (j, "%u were taken for one", notes->nr_single_gets));
}

KMC_RULE_FN(ZS_10)
{
	bool maps = c->ev->what == KMC_OP_ZS_MAP_OBJECT;
	bool irq = c->ev->context == KMC_CTX_SOFTIRQ || c->ev->context == KMC_CTX_HARDIRQ ||
		   c->ev->context == KMC_CTX_NMI;

	if (!maps && !c->value && j->blind_before)
		return; /* mapped before what is known */
	if (!maps) {
		KMC_VERDICT(ZS_10, c->value == c->addr, "unmap",
			    (j, "a cpu unmaps what it mapped"),
			    (j, "it had mapped " ADDR, c->value));
		return;
	}
	KMC_VERDICT(ZS_10, !c->value && !irq, c->value ? "nested" : "interrupt",
		    (j, "a cpu maps one object at a time, and none in an interrupt"),
		    (j, c->value ? "another was mapped" : "it was one"));
}

KMC_RULE_FN(ZS_13)
{
	KMC_VERDICT(ZS_13, !c->open->notes.lost, "content",
		    (j, "what was written to an object is read again, wherever it lies by now"),
		    (j, "byte " NUM " of it is another", c->open->notes.bad_at));
}

KMC_RULE_FN(ZS_14)
{
	KMC_VERDICT(ZS_14, !(c->effects & (BIT(PAGES_BACK) | BIT(WARNED) | BIT(REPORTED))), "effect",
		    (j, "zs_free of an error does nothing"), (j, "something happened"));
}

KMC_RULE_FN(ZS_15)
{
	const struct kmc_source *pool = c->source;

	if (c->ev->outcome == KMC_OUT_ERROR)
		KMC_BREACH(ZS_15, "error", (j, "zs_compact never fails"),
			   (j, "it returned the error %d", -(int)c->ev->arg));
	else if (pool && pool->reported && pool->taken)
		KMC_VERDICT(ZS_15, c->ev->arg <= pool->total, "freed",
			    (j, "of a pool with " NUM " pages so many at most can be freed",
			     pool->total), (j, NUM " are said to be", c->ev->arg));
}

KMC_RULE_FN(ZS_16)
{
	KMC_VERDICT(ZS_16, !c->ev->arg, "left",
		    (j, "without objects a pool has no pages"), (j, "it has " NUM, c->ev->arg));
}

KMC_RULE_FN(ZS_17)
{
	KMC_VERDICT(ZS_17, !c->source->live, "outstanding",
		    (j, "a pool is destroyed when it is empty"),
		    (j, NUM " objects are in it", c->source->live));
}

KMC_RULE_FN(ZS_18)
{
	uint64_t least = (c->source->taken + KMC_PAGE - 1) / KMC_PAGE;
	/* An object alone in a chain of the longest sort. */
	uint64_t most = c->source->live * 16;

	KMC_VERDICT(ZS_18, c->ev->arg >= least && c->ev->arg <= most, "total",
		    (j, NUM " objects of " NUM " bytes in all take " NUM " pages at least",
		     c->source->live, c->source->taken, least),
		    (j, NUM " are said to be there", c->ev->arg));
}

KMC_RULE_FN(ZS_19)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (!(c->gfp & (KMC_GFP_HIGHMEM | KMC_GFP_MOVABLE)) || !notes->tried)
		return;
	KMC_VERDICT(ZS_19, !(notes->try_gfp & (KMC_GFP_HIGHMEM | KMC_GFP_MOVABLE)), "descriptor",
		    (j, "descriptors are asked for without HIGHMEM and MOVABLE"),
		    (j, "one was asked for with them"));
}

#define SHORTEST 4 /* what a kernel may be built with as its longest chain */
#define LONGEST  16

/* Pages of a chain, as releases choose it whose longest has 4, 5 .. 16. */
static void chains_of(uint32_t class_bytes, uint32_t chains[LONGEST + 1])
{
	uint32_t best = 1, waste = UINT32_MAX;

	for (uint32_t pages = 1; pages <= LONGEST; pages++) {
		uint32_t left = pages * (uint32_t)KMC_PAGE % class_bytes;

		if (left < waste && (pages == 1 || !kmc_is_pow2(class_bytes))) {
			waste = left;
			best = pages;
		}
		chains[pages] = best;
	}
}

/* Up to 6.2: the best use in whole percents, the first of equals. */
static unsigned int old_chain_of(uint64_t class_bytes)
{
	unsigned int best = 1;
	uint64_t most = 0;

	for (unsigned int pages = 1; pages <= 4; pages++) {
		uint64_t bytes = pages * KMC_PAGE;
		uint64_t used = (bytes - bytes % class_bytes) * 100 / bytes;

		if (used > most) {
			most = used;
			best = pages;
		}
	}
	return best;
}

/* More than one object of the class lies in a chain of so many pages: they are shared. */
static bool shares(uint32_t pages, uint32_t class_bytes)
{
	return pages != 1 && pages * (uint32_t)KMC_PAGE / class_bytes != 1;
}

/* From the largest class down the first that shares its pages. */
static uint64_t old_huge_limit(void)
{
	for (uint32_t class_bytes = KMC_PAGE; class_bytes >= 32; class_bytes -= 16)
		if (shares(old_chain_of(class_bytes), class_bytes))
			return class_bytes - 7;
	return 0;
}

/* Is it the same for some longest chain? @usual: receives what it is with 8 pages. */
static bool is_huge_limit(uint64_t limit, uint64_t *usual)
{
	uint32_t chains[LONGEST + 1], open = LONGEST - SHORTEST + 1;
	bool known[LONGEST + 1] = { false }, fits = false;

	*usual = 0;
	for (uint32_t class_bytes = KMC_PAGE; open && !fits && class_bytes >= 32;
	     class_bytes -= 16) {
		chains_of(class_bytes, chains);
		for (unsigned int longest = SHORTEST; longest <= LONGEST; longest++) {
			if (known[longest] || !shares(chains[longest], class_bytes))
				continue;
			known[longest] = true;
			open--;
			fits |= limit == class_bytes - 7;
			if (longest == 8)
				*usual = class_bytes - 7;
		}
	}
	return fits || (open && !limit);
}

KMC_RULE_FN(ZS_20)
{
	bool old = kmc_release_of(j) < KMC_RELEASE(6, 3, 0);
	uint64_t usual = old ? old_huge_limit() : 0;
	bool fits = old ? c->ev->arg == usual : is_huge_limit(c->ev->arg, &usual);

	KMC_VERDICT(ZS_20, fits, "limit",
		    (j, "objects have pages of their own above the last class that shares them, "
			NUM " with chains of %u", usual, old ? 4 : 8),
		    (j, NUM " is said to be the limit", c->ev->arg));
}

KMC_RULE_FN(ZS_21)
{
	const struct kmc_life *life = c->other;
	bool frees = c->by != KMC_BY_NOBODY;

	if (!life)
		return;
	if (life->state != KMC_LIFE_LIVE)
		KMC_BREACH(ZS_21, frees ? "again" : "use",
			   (j, "a handle is freed once, and not used afterwards"),
			   (j, "it was freed before"));
	else
		KMC_VERDICT(ZS_21, life->cache == c->ev->cache, "pool",
			    (j, "a handle goes with its own pool"), (j, "another one was named"));
}
