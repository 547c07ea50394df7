// SPDX-License-Identifier: GPL-2.0-or-later
/* CMA: contiguous areas. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define MIN_ALIGN (KMC_PAGE << 9) /* a page block, where blocks of that order exist */

KMC_RULE_FN(CMA_1)
{
	bool fits = c->ev->size && !(c->ev->size % MIN_ALIGN) && !(c->ev->addr2 % MIN_ALIGN);

	if (fits || j->subject.machine.max_order < 9)
		return;
	KMC_VERDICT(CMA_1, c->ev->outcome == KMC_OUT_ERROR, "alignment",
		    (j, "base " ADDR " and size " NUM " are not of whole page blocks: an error",
		     c->ev->addr2, c->ev->size),
		    (j, "the area was made"));
}

KMC_RULE_FN(CMA_2)
{
	/* The largest default, of NUMA machines. */
	const uint64_t most = 20;

	if (c->ev->outcome == KMC_OUT_VALUE)
		KMC_VERDICT(CMA_2, c->value < most, "limit",
			    (j, "there are never more than " NUM " areas", most),
			    (j, "this is one more"));
}

/* Whether memory starts crossed over into another zone. */
static bool crosses_zones(const struct kmc_judge *j, uint64_t addr, uint64_t size)
{
	const struct kmc_zone *first = kmc_zone_of(j, addr);
	const struct kmc_zone *last = kmc_zone_of(j, addr + size - 1);

	return first && last && first != last && kmc_zone_is_sure(j, addr) &&
	       kmc_zone_is_sure(j, addr + size - 1);
}

KMC_RULE_FN(CMA_3)
{
	if (!c->source->base || kmc_release_of(j) >= KMC_RELEASE(6, 18, 0))
		return; /* of several ranges only the first is known */
	KMC_VERDICT(CMA_3, !crosses_zones(j, c->source->base, c->source->size), "zone",
		    (j, "an area over the border of two zones is not used"),
		    (j, "pages were handed out of the area at " ADDR, c->source->base));
}

/* Only whole alignments of a limit count: one below the first is none, as 0 is. */
static bool is_over_limit(const struct kmc_judge *j, const struct kmc_case *c)
{
	uint64_t align = c->ev->arg > KMC_PAGE << 9 ? c->ev->arg : KMC_PAGE << 9;
	uint64_t limit = c->ev->granted / align * align;
	uint64_t start = c->addr - j->subject.machine.direct_map;

	return limit && c->addr >= j->subject.machine.direct_map && /* where it lies may be unknown */
	       start + kmc_area_bytes(c->ev) > limit;
}

KMC_RULE_FN(CMA_4)
{
	uint64_t align = c->ev->arg, base = c->ev->addr2;
	bool fixed = c->ev->node > 0;
	const char *wrong = NULL;

	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	if (align && !kmc_is_pow2(align))
		wrong = "its alignment is no power of two";
	else if (fixed && align && base % align)
		wrong = "its fixed base is not aligned";
	else if (c->ev->order < 32 && kmc_area_bytes(c->ev) % (KMC_PAGE << c->ev->order))
		wrong = "its size is not of whole bits";
	else if (is_over_limit(j, c))
		wrong = "it goes over its limit";
	KMC_VERDICT(CMA_4, !wrong, "arguments",
		    (j, "what cannot be is refused when an area is declared"),
		    (j, "it was made, and %s", wrong));
}

KMC_RULE_FN(CMA_5)
{
	uint64_t run = c->ev->order < 32 ? KMC_PAGE << c->ev->order : KMC_PAGE;
	uint64_t frame = c->addr - j->subject.machine.direct_map;
	const struct kmc_source *area = c->source;

	if (c->ev->outcome != KMC_OUT_VALUE) {
		KMC_VERDICT(CMA_5, c->ev->outcome == KMC_OUT_NULL, "error",
			    (j, "cma_alloc returns pages or NULL"),
			    (j, "it returned the error %d", -(int)c->ev->arg));
		return;
	}
	if (frame % run)
		KMC_BREACH(CMA_5, "align", (j, "the first page is a multiple of 2^%u", c->ev->order),
			   (j, "it is at " ADDR, c->addr));
	else
		KMC_VERDICT(CMA_5, !area || !area->base ||
			    (c->addr >= area->base &&
			     c->addr + c->size <= area->base + area->size), "inside",
			    (j, "the run lies in its area"), (j, "it begins at " ADDR, c->addr));
}

KMC_RULE_FN(CMA_6)
{
	bool impossible = !c->size || (c->source && c->size > c->source->size);

	if (impossible)
		KMC_VERDICT(CMA_6, c->ev->outcome == KMC_OUT_NULL, "impossible",
			    (j, "no page, or more than the area has, gives NULL"),
			    (j, "it gave something"));
}

KMC_RULE_FN(CMA_8)
{
	uint64_t free = c->source->size / KMC_PAGE - c->source->taken;

	/* Such an area was never put to use (CMA-3). */
	if (c->source->base && crosses_zones(j, c->source->base, c->source->size))
		return;
	KMC_VERDICT(CMA_8, c->ev->arg == free, "bits",
		    (j, "an attempt that failed takes nothing: " NUM " pages are available", free),
		    (j, NUM " are", c->ev->arg));
}

KMC_RULE_FN(CMA_9)
{
	const struct kmc_source *area = c->source;
	bool inside;

	if (c->ev->outcome != KMC_OUT_VALUE || !area || !area->base)
		return;
	inside = c->addr >= area->base && c->addr < area->base + area->size;
	/* A run over the end is told by the first page alone before 6.18. */
	if (inside && c->addr + c->ev->size > area->base + area->size)
		return;
	KMC_VERDICT(CMA_9, !!c->ev->arg == inside, inside ? "released" : "refused",
		    (j, "%s the area is %s", inside ? "a run inside" : "pages outside",
		     inside ? "released" : "not its own"),
		    (j, "cma_release said %s", c->ev->arg ? "true" : "false"));
}

/* How many pages go back: bits are of 2^order pages. */
static uint64_t bits_of(uint64_t bytes, const struct kmc_source *area)
{
	uint64_t bit = area && area->order < 32 ? KMC_PAGE << area->order : KMC_PAGE;

	return (bytes + bit - 1) / bit;
}

KMC_RULE_FN(CMA_10)
{
	const struct kmc_source *area = c->other ?
		kmc_book_source_find(&j->sources, KMC_SOURCE_AREA, c->other->cache) : NULL;
	bool legal = kmc_pairing_of(c->from, c->by, j->subject.edition) == KMC_PAIR_LEGAL;

	if (!legal)
		KMC_BREACH(CMA_10, kmc_free_column_name(c->by),
			   (j, "pages of an area go back by cma_release"),
			   (j, "%s was called", kmc_free_column_name(c->by)));
	else if (c->other && c->other->cache != c->ev->cache)
		KMC_BREACH(CMA_10, "area", (j, "pages go back to their own area"),
			   (j, "another one was named"));
	else
		KMC_VERDICT(CMA_10, bits_of(c->ev->size, area) == bits_of(c->size, area), "count",
			    (j, "as many pages go back as were taken: %llu", c->size / KMC_PAGE),
			    (j, "%llu were named", c->ev->size / KMC_PAGE));
}

KMC_RULE_FN(CMA_11)
{
	if (crosses_zones(j, c->source->base, c->source->size))
		return; /* CMA-3: its pages are everybody's */
	KMC_VERDICT(CMA_11, c->gfp & KMC_GFP_MOVABLE, "borrower",
		    (j, "pages of an area are lent to movable requests alone"),
		    (j, ADDR " went to a request that is not", c->addr));
}

KMC_RULE_FN(CMA_13)
{
	KMC_VERDICT(CMA_13, c->ev->context == KMC_CTX_TASK || c->ev->context == KMC_CTX_UNKNOWN,
		    "context", (j, "cma_alloc may sleep"),
		    (j, "it was called in %s", kmc_context_name(c->ev->context)));
}

KMC_RULE_FN(CMA_15)
{
	uint64_t free = c->source->size / KMC_PAGE - c->source->taken;

	KMC_VERDICT(CMA_15, c->ev->arg == free, "available",
		    (j, NUM " pages are taken, so " NUM " are available", c->source->taken, free),
		    (j, NUM " are said to be", c->ev->arg));
}
