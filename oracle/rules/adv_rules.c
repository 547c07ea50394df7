// SPDX-License-Identifier: GPL-2.0-or-later
/* ADV: advice to callers. A should that is broken is a note, never a failure. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

#define ZONES (KMC_GFP_DMA | KMC_GFP_DMA32)

KMC_RULE_FN(ADV_1)
{
	bool pays = c->gfp & KMC_GFP_ACCOUNT ||
		    (c->cache && c->cache->known && c->cache->desc.flags & KMC_CF_ACCOUNT);

	if (!(c->ev->marks & KMC_MARK_UNTRUSTED))
		return;
	KMC_VERDICT(ADV_1, pays, "untrusted",
		    (j, "what user space can make the kernel allocate is accounted"),
		    (j, "neither flags nor cache account"));
}

/* GFP_NOWAIT has NOWARN in it from 6.8 on. */
static bool is_quiet_by_itself(const struct kmc_judge *j, const struct kmc_case *c)
{
	const uint32_t reclaim = KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_HIGH;

	return j->subject.edition >= KMC_RELEASE(6, 8, 0) &&
	       (c->gfp & reclaim) == KMC_GFP_KSWAPD_RECLAIM;
}

KMC_RULE_FN(ADV_2)
{
	if (!(c->ev->marks & KMC_MARK_FALLBACK) || c->from == KMC_FROM_KVMALLOC ||
	    is_quiet_by_itself(j, c))
		return;
	KMC_VERDICT(ADV_2, c->gfp & KMC_GFP_NOWARN, "nowarn",
		    (j, "who has a fallback passes __GFP_NOWARN"), (j, "it was not passed"));
}

KMC_RULE_FN(ADV_3)
{
	if (!(c->gfp & ZONES))
		return;
	KMC_VERDICT(ADV_3, c->ev->marks & KMC_MARK_LIMITED_DEVICE, "zone",
		    (j, "zones are asked for only where a device cannot address all memory"),
		    (j, "no device is limited"));
}

KMC_RULE_FN(ADV_4)
{
	bool dma = c->from == KMC_FROM_DMA || c->from == KMC_FROM_DMA_POOL;

	if (!(c->ev->marks & KMC_MARK_LIMITED_DEVICE))
		return;
	KMC_VERDICT(ADV_4, dma || !(c->gfp & ZONES), "dma-api",
		    (j, "for a limited device dma_alloc_*() is asked, not a zone"),
		    (j, "%s was asked for a zone", c->call));
}

KMC_RULE_FN(ADV_5)
{
	const uint32_t both = KMC_GFP_IO | KMC_GFP_FS;
	bool narrow = (c->gfp & both) != both;

	if (!(c->gfp & KMC_GFP_DIRECT_RECLAIM) || !narrow)
		return;
	KMC_VERDICT(ADV_5, c->ev->scope & (KMC_SCOPE_NOIO | KMC_SCOPE_NOFS), "scope",
		    (j, "IO and FS are forbidden by a scope, not call by call"),
		    (j, "the flags lack them outside of any scope"));
}

KMC_RULE_FN(ADV_6)
{
	const uint32_t beside = KMC_GFP_NOWARN | KMC_GFP_ZERO | KMC_GFP_ACCOUNT | KMC_GFP_COMP |
				KMC_GFP_ATOMIC;
	bool atomic = c->ev->context != KMC_CTX_TASK && c->ev->context != KMC_CTX_UNKNOWN;
	uint32_t rest = c->gfp & ~beside;

	if (!atomic || c->gfp & KMC_GFP_DIRECT_RECLAIM)
		return;
	KMC_VERDICT(ADV_6, rest == KMC_GFP_KSWAPD_RECLAIM ||
			   rest == (KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_HIGH), "combination",
		    (j, "who may not sleep passes GFP_NOWAIT or GFP_ATOMIC"),
		    (j, "the flags are %#x", c->gfp));
}
