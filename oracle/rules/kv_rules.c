// SPDX-License-Identifier: GPL-2.0-or-later
/* KV: kvmalloc tries kmalloc, lightly, before it falls back. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static bool in_window(const struct kmc_judge *j, uint64_t addr)
{
	return addr >= j->subject.machine.vmalloc_start && addr < j->subject.machine.vmalloc_end;
}

static uint64_t total_bytes(const struct kmc_judge *j)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < j->subject.machine.nr_zones; i++)
		pages += j->subject.machine.zones[i].nr_pages;
	return pages * KMC_PAGE;
}

/* May a request with these flags fall back at all? */
static bool may_fall_back(const struct kmc_judge *j, uint32_t gfp)
{
	const uint32_t kernel = KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO |
				KMC_GFP_FS;

	if (kmc_release_of(j) < KMC_RELEASE(5, 17, 0))
		return (gfp & kernel) == kernel;
	return kmc_release_of(j) >= KMC_RELEASE(6, 19, 0) || gfp & KMC_GFP_DIRECT_RECLAIM ||
	       kmc_release_of(j) < KMC_RELEASE(6, 1, 0);
}

/*
 * Was it kmalloc that failed, and by the fault alone? It asks first, for an object or, above the
 * largest cache, for pages. What has no memory fails without a trace, and a later fault meets vmalloc.
 */
static bool kmalloc_was_failed(const struct kmc_judge *j, const struct kmc_case *c)
{
	unsigned int fault = c->size > j->subject.machine.kmalloc_max_cache ? KMC_FAULT_FAIL_PAGE_ALLOC :
									      KMC_FAULT_FAILSLAB;

	return c->open->notes.nr_injected == 1 && c->open->notes.injected == 1u << fault &&
	       j->pages.fails_first >> fault & 1;
}

/* Whatever else may be short left a trace. */
static bool should_fall_back(const struct kmc_judge *j, const struct kmc_case *c)
{
	const uint32_t strain = BIT(RECLAIMED) | BIT(COMPACTED) | BIT(KILLED) | BIT(WARNED) |
				BIT(RESERVE);

	/* Without a low zone there is nothing to describe an area with. */
	return kmc_has_low_zone(j) && may_fall_back(j, c->gfp) && c->gfp & KMC_GFP_DIRECT_RECLAIM &&
	       c->size > KMC_PAGE && c->size <= INT32_MAX && !c->overflow &&
	       kmalloc_was_failed(j, c) && !(c->effects & strain) && !j->pages.areas_limited &&
	       !j->pages.pressed &&
	       !(c->gfp & (KMC_GFP_THISNODE | KMC_GFP_ACCOUNT)) &&
	       c->size < total_bytes(j) / 2;
}

KMC_RULE_FN(KV_1)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (!j->subject.machine.vmalloc_end)
		return;
	if (c->ev->outcome == KMC_OUT_NULL) {
		KMC_VERDICT(KV_1, !should_fall_back(j, c), "no-fallback",
			    (j, "kvmalloc falls back to vmalloc when kmalloc fails, as it was made to"),
			    (j, "it returned NULL, and nothing else had failed"));
		return;
	}
	if (in_window(j, c->addr) && !notes->saw_points)
		return; /* whether kmalloc was tried is not shown */
	KMC_VERDICT(KV_1, !in_window(j, c->addr) || notes->tried || notes->tried_in_vain, "order",
		    (j, "kvmalloc tries kmalloc before vmalloc"),
		    (j, ADDR " is from vmalloc, and no kmalloc stands before it", c->addr));
}

KMC_RULE_FN(KV_3)
{
	const struct kmc_notes *notes = &c->open->notes;
	uint32_t edition = kmc_release_of(j), gfp = notes->try_gfp;
	bool mayfail = c->gfp & KMC_GFP_RETRY_MAYFAIL;
	bool light = mayfail || (edition < KMC_RELEASE(6, 14, 0) ? (gfp & KMC_GFP_NORETRY) != 0 :
				 edition < KMC_RELEASE(6, 18, 0) ||
					 !(gfp & KMC_GFP_DIRECT_RECLAIM));

	if (!notes->tried)
		return;
	KMC_VERDICT(KV_3, gfp & KMC_GFP_NOWARN && light, light ? "quiet" : "light",
		    (j, "above a page kvmalloc tries kmalloc without warning and without effort"),
		    (j, "it passed flags %#x", gfp));
}

KMC_RULE_FN(KV_4)
{
	if (may_fall_back(j, c->gfp) || !j->subject.machine.vmalloc_end || c->size <= KMC_PAGE)
		return;
	KMC_VERDICT(KV_4, !in_window(j, c->addr), "fallback",
		    (j, "in this edition a request with these flags does not fall back to vmalloc"),
		    (j, ADDR " is from vmalloc", c->addr));
}

KMC_RULE_FN(KV_5)
{
	KMC_VERDICT(KV_5, !(c->gfp & KMC_GFP_NORETRY), "noretry",
		    (j, "__GFP_NORETRY is not for kvmalloc"), (j, "it was passed"));
}

KMC_RULE_FN(KV_6)
{
	/* Bits that are not for slabs are warned of whatever the caller asks (KM-24). */
	bool odd = c->gfp & (KMC_GFP_HIGHMEM | KMC_GFP_DMA32) || c->ev->gfp_raw;
	bool loud = kmc_noticed(c) & BIT(WARNED) && c->gfp & KMC_GFP_NOWARN && !odd &&
		    kmc_release_of(j) >= KMC_RELEASE(6, 1, 0);

	if (c->size <= INT32_MAX)
		return;
	KMC_VERDICT(KV_6, c->ev->outcome == KMC_OUT_NULL && !loud, loud ? "warned" : "int-max",
		    (j, NUM " bytes are more than INT_MAX: NULL, silent with __GFP_NOWARN", c->size),
		    (j, "it %s", loud ? "warned" : "returned memory"));
}

KMC_RULE_FN(KV_7)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (!(c->gfp & KMC_GFP_NOFAIL) || !notes->tried)
		return;
	KMC_VERDICT(KV_7, !(notes->try_gfp & KMC_GFP_NOFAIL), "light",
		    (j, "above a page __GFP_NOFAIL is dropped for the kmalloc that is tried first"),
		    (j, "it passed flags %#x", notes->try_gfp));
}

KMC_RULE_FN(KV_8)
{
	KMC_VERDICT(KV_8, c->open->dirty == 1, "zero",
		    (j, "every one of the " NUM " bytes reads zero, wherever they are from", c->size),
		    (j, "the byte at " ADDR " does not", c->open->dirty_at));
}

KMC_RULE_FN(KV_9)
{
	KMC_VERDICT(KV_9, c->ev->outcome == KMC_OUT_NULL, "overflow",
		    (j, "a product that overflows makes %s return NULL", c->call),
		    (j, "it returned " ADDR, c->addr));
}

/* An alias: KM-3 says what is wrong. */
KMC_RULE_FN(KV_10)
{
	if (c->ev->outcome == KMC_OUT_ZERO_SIZE)
		KMC_PASS(KV_10);
	else
		KMC_ASK(j, KM_3, c);
}

KMC_RULE_FN(KV_11)
{
	KMC_VERDICT(KV_11, !(kmc_noticed(c) & (BIT(WARNED) | BIT(DIED) | BIT(REPORTED))), "report",
		    (j, "%s takes memory from %s", c->call, kmc_provenance_name(c->from)),
		    (j, "it warned, reported or died (effects %#x)", c->effects));
}

KMC_RULE_FN(KV_12)
{
	bool backing = c->ev->kind == KMC_EV_EFFECT; /* a page of an area */
	uint64_t memory = backing ? c->ev->addr2 : c->addr;
	int node = backing ? c->open->begin.node : c->ev->node;
	const struct kmc_zone *zone = kmc_zone_of(j, memory);

	if (!(c->gfp & KMC_GFP_THISNODE) || node == KMC_NODE_NONE || in_window(j, memory) || !memory)
		return;
	if (!zone || !kmc_zone_is_sure(j, memory)) {
		KMC_UNKNOWN_HERE(KV_12);
		return;
	}
	KMC_VERDICT(KV_12, zone->node == node, "this-node",
		    (j, "with __GFP_THISNODE memory is from node %d or NULL", node),
		    (j, ADDR " lies on node %u", memory, zone->node));
}

/* An alias: GFP-1 says what is wrong. */
KMC_RULE_FN(KV_14)
{
	if (c->gfp & KMC_GFP_DIRECT_RECLAIM && c->ev->context == KMC_CTX_TASK)
		KMC_PASS(KV_14);
}
