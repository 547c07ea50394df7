// SPDX-License-Identifier: GPL-2.0-or-later
/* RS: layouts of Rust on top of the C calls. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static uint64_t padded(uint64_t size, uint64_t align)
{
	return kmc_is_pow2(align) ? (size + align - 1) & ~(align - 1) : size;
}

KMC_RULE_FN(RS_1)
{
	uint64_t want = padded(c->ev->size, c->ev->granted);

	if (kmc_release_of(j) < KMC_RELEASE(6, 11, 0))
		return;
	KMC_VERDICT(RS_1, c->ev->arg == want, "padded",
		    (j, "a layout of " NUM " bytes, aligned to " NUM ", is a request of " NUM,
		     c->ev->size, c->ev->granted, want),
		    (j, "it is one of " NUM, c->ev->arg));
}

KMC_RULE_FN(RS_2)
{
	uint64_t size = padded(c->ev->size, c->ev->granted), want = 1;

	/* A layout of no size never comes to the allocator (RS-4). */
	if (c->ev->granted <= 8 || !size || size > INT64_MAX ||
	    kmc_release_of(j) >= KMC_RELEASE(6, 11, 0))
		return;
	while (want < size)
		want *= 2;
	KMC_VERDICT(RS_2, c->ev->arg == want, "power-of-two",
		    (j, "a layout aligned to " NUM ", above the slab minimum, is a request of the "
			"next power of two, " NUM, c->ev->granted, want),
		    (j, "it is one of " NUM, c->ev->arg));
}

KMC_RULE_FN(RS_3)
{
	uint64_t align = c->ev->what == KMC_OP_RUST_ALIGNED_SIZE ? c->ev->granted : c->ev->arg;
	bool fits = kmc_is_pow2(align) && c->size <= INT64_MAX && align - 1 <= INT64_MAX - c->size;

	/* The END of a pure call carries its value in arg: the entry is asked. */
	KMC_VERDICT(RS_3, fits, kmc_is_pow2(align) ? "size" : "align",
		    (j, "a layout is aligned to a power of two and, rounded up, at most isize::MAX"),
		    (j, "it is " NUM " bytes aligned to " NUM, c->size, align));
}

KMC_RULE_FN(RS_4)
{
	bool right = c->ev->outcome == KMC_OUT_VALUE && c->addr == c->ev->arg;

	if (c->ev->what == KMC_OP_RUST_REALLOC && c->ev->outcome == KMC_OUT_ERROR)
		return;
	if (c->size) {
		/* A new block that cannot be had, or not with these flags, is reported too, and so is one of
		 * many pages that must not fail. */
		bool excused = c->ev->outcome == KMC_OUT_NULL || c->ev->gfp_raw ||
			       c->gfp & (KMC_GFP_DMA32 | KMC_GFP_HIGHMEM | KMC_GFP_NOFAIL);
		const uint32_t trouble = BIT(REPORTED) | BIT(DIED) | BIT(FAULTED) |
					 (excused ? 0 : BIT(WARNED));

		KMC_VERDICT(RS_4, !(kmc_noticed(c) & trouble), "old-empty",
			    (j, "the end of an empty layout, " ADDR ", is handed to nobody",
			     c->ev->addr2),
			    (j, "it was taken for memory (effects %#x)", kmc_noticed(c)));
		return;
	}
	KMC_VERDICT(RS_4, right && !c->open->notes.tried, "dangling",
		    (j, "a layout without bytes is no request: the pointer is the alignment, " NUM,
		     c->ev->arg),
		    (j, "it is %s " ADDR, kmc_outcome_name(c->ev->outcome), c->addr));
}

KMC_RULE_FN(RS_5)
{
	bool bad = c->ev->what == KMC_EFF_CONTENT_LOST || c->ev->what == KMC_EFF_CONTENT_DIRTY;

	KMC_VERDICT(RS_5, !bad, "content",
		    (j, "a realloc keeps the first " NUM " bytes, and all of them when it fails",
		     c->chain->carried),
		    (j, "the byte at " ADDR " is another", c->ev->addr2));
}

KMC_RULE_FN(RS_6)
{
	bool supported = kmc_release_of(j) >= KMC_RELEASE(6, 18, 0);
	bool got = c->ev->outcome == KMC_OUT_VALUE;

	if (c->ev->addr2 == KMC_OP_KMALLOC)
		return;
	KMC_VERDICT(RS_6, !got || (supported && !(c->addr & (c->ev->arg - 1))), "big-align",
		    (j, "an alignment of " NUM ", above a page, is %s", c->ev->arg,
		     supported ? "given or refused" : "refused in this edition"),
		    (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(RS_7)
{
	uint64_t least = c->ev->addr2 == KMC_OP_VMALLOC ? KMC_PAGE : 8;

	if (c->ev->arg > KMC_PAGE)
		return; /* RS-6 */
	KMC_VERDICT(RS_7, !(c->addr & (least - 1)), "min-align",
		    (j, "the backend aligns to " NUM ", even smaller layouts", least),
		    (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(RS_8)
{
	if (!kmc_is_pow2(c->ev->arg))
		return;
	KMC_VERDICT(RS_8, !(c->addr & (c->ev->arg - 1)), "realloc-align",
		    (j, "a realloc to a layout aligned to " NUM " gives a block aligned so",
		     c->ev->arg),
		    (j, "it returned " ADDR, c->addr));
}
