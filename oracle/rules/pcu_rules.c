// SPDX-License-Identifier: GPL-2.0-or-later
/* PCU: percpu areas. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)
#define LARGEST (32u << 10)
#define GRANULE 4u

KMC_RULE_FN(PCU_1)
{
	/* What is below the granule is that. */
	uint64_t align = c->ev->arg > GRANULE ? c->ev->arg : GRANULE;
	bool fits = c->size && c->size <= LARGEST && kmc_is_pow2(align) && align <= KMC_PAGE;

	if (fits) {
		if (c->ev->outcome == KMC_OUT_VALUE && c->addr & (align - 1))
			KMC_BREACH(PCU_1, "align",
				   (j, "an area aligned to " NUM " begins at a multiple of it", align),
				   (j, "it begins at %#" PRIx64, c->addr));
		return;
	}
	if (c->ev->outcome == KMC_OUT_NULL && !(c->gfp & KMC_GFP_NOWARN) && !c->ev->gfp_raw &&
	    !(c->effects & 1u << KMC_EFF_WARNED)) {
		KMC_BREACH(PCU_1, "quiet",
			   (j, "what cannot be is refused with a warning"), (j, "there was none"));
		return;
	}
	KMC_VERDICT(PCU_1, c->ev->outcome == KMC_OUT_NULL, "limits",
		    (j, "an area has 1 to %u bytes, aligned to a power of two up to a page", LARGEST),
		    (j, NUM " bytes aligned to " NUM " were given", c->size, align));
}

KMC_RULE_FN(PCU_2)
{
	if (!c->open->dirty)
		return;
	KMC_VERDICT(PCU_2, c->open->dirty == 1, "zero",
		    (j, "a percpu area begins as zero"), (j, "byte " NUM " is not",
							    c->open->dirty_at));
}

KMC_RULE_FN(PCU_3)
{
	const struct kmc_notes *notes = &c->open->notes;
	bool slept = c->effects & (BIT(SLEPT) | BIT(RECLAIMED));

	/* What else of GFP_KERNEL must be there changed with releases. */
	if (c->gfp & KMC_GFP_DIRECT_RECLAIM)
		return;
	KMC_VERDICT(PCU_3, !slept && !notes->nr_page_gets && !notes->nr_page_fails,
		    slept ? "sleep" : "backend",
		    (j, "an atomic request is served by what has pages already, or not"),
		    (j, slept ? "it slept" : "pages were asked for"));
}

KMC_RULE_FN(PCU_4)
{
	const uint32_t kept = KMC_GFP_HIGH | KMC_GFP_MEMALLOC | KMC_GFP_NOFAIL |
			      KMC_GFP_RETRY_MAYFAIL | KMC_GFP_MOVABLE | KMC_GFP_DMA | KMC_GFP_DMA32;
	const struct kmc_notes *notes = &c->open->notes;

	if (!notes->nr_page_gets && !notes->nr_page_fails)
		return;
	KMC_VERDICT(PCU_4, !(notes->page_gfp_all & c->gfp & kept), "flags",
		    (j, "only the bits of GFP_KERNEL, NORETRY and NOWARN reach the pages"),
		    (j, "pages were asked for with flags %#x", notes->page_gfp_all));
}
