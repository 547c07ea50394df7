// SPDX-License-Identifier: GPL-2.0-or-later
/* KM: what kmalloc returns, where, with what content, and what its callers may not do. */
#include <inttypes.h>
#include <stdio.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64

/*
 * A block of pages belongs to one slab for its life. Two kmalloc caches are told
 * apart by granted size only; a kmalloc cache and another cache by the latter's
 * description (a cache merged into a kmalloc cache carries that one's).
 */
static bool other_owner(const struct kmc_judge *j, const struct kmc_case *c)
{
	const struct kmc_block *block = c->block;
	const struct kmc_cache *owner;

	if (block->owner_kmalloc)
		return block->owner != c->granted;
	owner = block->owner < j->nr_caches ? j->caches[block->owner] : NULL;
	return owner && owner->known && !owner->desc.kmalloc;
}

static bool off_grid(const struct kmc_case *c, uint64_t bytes)
{
	const struct kmc_block *block = c->block;
	uint64_t offset = c->addr - block->base;

	if (!block->stride)
		return false;
	return offset % block->stride != block->first % block->stride ||
	       offset + bytes > KMC_PAGE << block->order;
}

static void let_owner(const struct kmc_judge *j, const struct kmc_block *block, char *buf,
		      size_t size)
{
	const struct kmc_cache *owner = NULL;

	if (!block->owner_kmalloc && block->owner < j->nr_caches)
		owner = j->caches[block->owner];
	if (block->owner_kmalloc)
		snprintf(buf, size, "kmalloc objects of %u bytes", block->owner);
	else
		snprintf(buf, size, "objects of %s", owner ? owner->desc.name : "another cache");
}

/* Return: is the place of an object in its block's life right? */
static bool place_is_right(const struct kmc_case *c, bool other, uint64_t bytes)
{
	return !c->block || (!other && !off_grid(c, bytes));
}

/* What the holder wrote is still there, or not. */
static bool content_lost(const struct kmc_case *c)
{
	return c->ev->kind == KMC_EV_EFFECT && c->ev->what == KMC_EFF_CONTENT_LOST;
}

static bool content_kept(const struct kmc_case *c)
{
	return c->ev->kind == KMC_EV_EFFECT && c->ev->what == KMC_EFF_CONTENT_KEPT;
}

KMC_RULE_FN(KM_1)
{
	bool other = c->block && other_owner(j, c);
	char owner[96] = "";

	if (content_kept(c) ||
	    ((!c->granted || c->granted >= c->size) && !c->other &&
	     place_is_right(c, other, c->granted))) {
		KMC_PASS(KM_1);
		return;
	}
	if (c->block)
		let_owner(j, c->block, owner, sizeof(owner));
	if (content_lost(c))
		KMC_BREACH(KM_1, "content", (j, "what the holder of B wrote stays until B is freed"),
			   (j, "the byte at " ADDR " changed", c->ev->addr2));
	else if (c->granted && c->granted < c->size)
		KMC_BREACH(KM_1, "size",
			   (j, "a successful kmalloc(" NUM ") gives at least that", c->size),
			   (j, "%u bytes were granted", c->granted));
	else if (c->other)
		KMC_BREACH(KM_1, "disjoint",
			   (j, "[" ADDR ", " ADDR ") may not touch a live block", c->addr,
			    c->addr + c->size),
			   (j, "B lives at [" ADDR ", " ADDR ")", c->other->addr,
			    c->other->addr + kmc_life_size(c->other)));
	else if (other)
		KMC_BREACH(KM_1, "slab-owner",
			   (j, "the pages at " ADDR " hold %s since event " NUM
			       ", and were not freed since event " NUM, c->block->base, owner,
			    c->block->owner_seq, c->block->seq),
			   (j, "a kmalloc object of %u bytes was given out of them", c->granted));
	else
		KMC_BREACH(KM_1, "slab-stride",
			   (j, "the pages at " ADDR " hold %s, so objects begin at %u + n * %u",
			    c->block->base, owner, c->block->first, c->block->stride),
			   (j, ADDR " is at offset " NUM, c->addr, c->addr - c->block->base));
}

KMC_RULE_FN(KM_3)
{
	if (c->ev->outcome == KMC_OUT_ZERO_SIZE || c->ev->addr == KMC_ZERO_SIZE_PTR) {
		KMC_PASS(KM_3);
		return;
	}
	KMC_BREACH(KM_3, "zero-size", (j, "a request of 0 bytes returns ZERO_SIZE_PTR"),
		   (j, "it returned %s", kmc_outcome_name(c->ev->outcome)));
}

KMC_RULE_FN(KM_5)
{
	uint64_t max = j->subject.machine.kmalloc_max_size;

	if (!max || c->size <= max)
		return;
	if (c->ev->outcome == KMC_OUT_NULL) {
		KMC_PASS(KM_5);
		return;
	}
	KMC_BREACH(KM_5, "ceiling",
		   (j, NUM " bytes are above the ceiling of " NUM ": NULL", c->size, max),
		   (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(KM_6)
{
	if (c->ev->outcome == KMC_OUT_NULL ||
	    (c->ev->outcome == KMC_OUT_VALUE && c->addr > KMC_ZERO_SIZE_PTR &&
	     !kmc_is_error_pointer(c->addr))) {
		KMC_PASS(KM_6);
		return;
	}
	if (!c->size)
		return; /* KM-3 */
	KMC_BREACH(KM_6, "null",
		   (j, "a request of " NUM " bytes gives a block or NULL", c->size),
		   (j, "it returned %s, address " ADDR, kmc_outcome_name(c->ev->outcome), c->addr));
}

KMC_RULE_FN(KM_7)
{
	if (c->open->dirty == 1) {
		KMC_PASS(KM_7);
		return;
	}
	KMC_BREACH(KM_7, "zero",
		   (j, "every one of the " NUM " bytes reads zero", c->size),
		   (j, "the byte at " ADDR " does not", c->open->dirty_at));
}

/* A write that leaves the request; the block's own, were it asked for. */
static bool leaves_request(const struct kmc_case *c)
{
	const struct kmc_life *life = c->other;
	uint64_t end = life->addr + kmc_life_size(life);

	return c->addr >= life->addr && (c->addr + c->ev->size > end || c->addr > end);
}

KMC_RULE_FN(KM_9)
{
	if (!leaves_request(c)) {
		KMC_PASS(KM_9);
		return;
	}
	/* On its editions KM-18 fires instead when ksize() was asked before. */
	if (c->other->flags & KMC_LIFE_KSIZED && j->on[KMC_R_KM_18])
		return;
	KMC_BREACH(KM_9, "beyond-request",
		   (j, "the caller of B owns " NUM " bytes", kmc_life_size(c->other)),
		   (j, "A touches [" ADDR ", " ADDR ")", c->addr, c->addr + c->ev->size));
}

KMC_RULE_FN(KM_18)
{
	if (!(c->other->flags & KMC_LIFE_KSIZED))
		return;
	if (!leaves_request(c)) {
		KMC_PASS(KM_18);
		return;
	}
	KMC_BREACH(KM_18, "ksize-widens",
		   (j, "ksize() does not widen the " NUM " bytes that were asked for",
		    kmc_life_size(c->other)),
		   (j, "A touches [" ADDR ", " ADDR ")", c->addr, c->addr + c->ev->size));
}

KMC_RULE_FN(KM_13)
{
	const struct kmc_zone *zone = kmc_zone_of(j, c->addr);

	if (!(c->gfp & KMC_GFP_THISNODE) || c->ev->node == KMC_NODE_NONE)
		return;
	if (!zone || !kmc_zone_is_sure(j, c->addr)) {
		KMC_UNKNOWN_HERE(KM_13);
		return;
	}
	if (zone->node == c->ev->node) {
		KMC_PASS(KM_13);
		return;
	}
	KMC_BREACH(KM_13, "this-node",
		   (j, "with __GFP_THISNODE memory is from node %d or NULL", c->ev->node),
		   (j, ADDR " lies on node %u", c->addr, zone->node));
}

/* What kmalloc() grants of a size in every release; 0: not said, or a release differs. */
static uint64_t usable_bytes(const struct kmc_judge *j, uint64_t size)
{
	const struct kmc_machine *machine = &j->subject.machine;

	if (size < 2 || size > machine->kmalloc_max_size)
		return 0;
	if (size <= machine->kmalloc_max_cache)
		return kmc_kmalloc_class_bytes(size, machine->kmalloc_minalign);
	return 1ull << (64 - __builtin_clzll(size - 1));
}

KMC_RULE_FN(KM_16)
{
	uint64_t given = c->ev->arg, usable = usable_bytes(j, c->size);
	bool right = c->size == 0 ? given == 0 :
		     c->size == UINT64_MAX ? given == UINT64_MAX : given >= c->size;

	if (!right)
		KMC_BREACH(KM_16, "lower-bound",
			   (j, "kmalloc_size_roundup(" NUM ") is never below its argument, 0 for 0",
			    c->size),
			   (j, "it returned " NUM, given));
	else if (usable && c->size && given != usable)
		KMC_BREACH(KM_16, "usable",
			   (j, "kmalloc_size_roundup(" NUM ") is what kmalloc() would grant: " NUM,
			    c->size, usable),
			   (j, "it returned " NUM, given));
	else
		KMC_PASS(KM_16);
}

KMC_RULE_FN(KM_17)
{
	uint64_t least = c->other ? kmc_life_size(c->other) : 0;
	bool sentinel = c->addr <= KMC_ZERO_SIZE_PTR;

	if (!sentinel && !c->other)
		return;
	if (sentinel ? c->ev->arg == 0 : c->ev->arg >= least) {
		KMC_PASS(KM_17);
		return;
	}
	KMC_BREACH(KM_17, sentinel ? "sentinel" : "lower-bound",
		   (j, "ksize(" ADDR ") is %s" NUM, c->addr, sentinel ? "" : "at least ", least),
		   (j, "it returned " NUM, c->ev->arg));
}

KMC_RULE_FN(KM_20)
{
	const struct kmc_zone *zone = kmc_zone_of(j, c->addr);

	if (!(c->gfp & KMC_GFP_DMA) || j->subject.machine.options & KMC_MO_no_zone_dma ||
	    !kmc_has_zone(j, KMC_DMA))
		return;
	if (!zone) {
		KMC_UNKNOWN_HERE(KM_20);
		return;
	}
	if (zone->kind == KMC_DMA) {
		KMC_PASS(KM_20);
		return;
	}
	KMC_BREACH(KM_20, "dma-zone", (j, "__GFP_DMA selects memory of the DMA zone"),
		   (j, ADDR " lies in another zone", c->addr));
}

#define BIT(effect) (1u << KMC_EFF_##effect)

KMC_RULE_FN(KM_21)
{
	const uint32_t forbidden = BIT(SLEPT) | BIT(RECLAIMED) | BIT(COMPACTED) |
				   BIT(WOKE_KSWAPD) | BIT(IO) | BIT(FS);
	bool got = c->ev->outcome == KMC_OUT_VALUE;

	if (c->effects & forbidden)
		KMC_BREACH(KM_21, "effects",
			   (j, "kmalloc_nolock neither sleeps, reclaims nor wakes kswapd"),
			   (j, "it did (effects %#x)", c->effects & forbidden));
	else if (got && c->size > 8192)
		KMC_BREACH(KM_21, "ceiling", (j, "above 8 KiB kmalloc_nolock returns NULL"),
			   (j, "it returned " ADDR, c->addr));
	else
		KMC_PASS(KM_21);
}

KMC_RULE_FN(KM_22)
{
	if (c->gfp & KMC_GFP_DIRECT_RECLAIM)
		return;
	if (!(c->effects & BIT(SLEPT))) {
		KMC_PASS(KM_22);
		return;
	}
	KMC_BREACH(KM_22, "no-sleep", (j, "without __GFP_DIRECT_RECLAIM the call never sleeps"),
		   (j, "it slept"));
}

KMC_RULE_FN(KM_24)
{
	const uint32_t nolock = KMC_GFP_ACCOUNT | KMC_GFP_ZERO | KMC_GFP_NO_OBJ_EXT;
	uint32_t bad = c->gfp & (KMC_GFP_HIGHMEM | KMC_GFP_DMA32);
	bool is_nolock = c->ev->what == KMC_OP_KMALLOC_NOLOCK;

	if (is_nolock)
		bad = c->gfp & ~nolock;
	if (!bad && !c->ev->gfp_raw) {
		KMC_PASS(KM_24);
		return;
	}
	KMC_BREACH(KM_24, is_nolock ? "nolock-flags" : "flags",
		   (j, is_nolock ? "kmalloc_nolock takes ACCOUNT, ZERO and NO_OBJ_EXT only" :
				   "HIGHMEM, DMA32 and unknown bits are not for kmalloc and caches"),
		   (j, "atoms %#x and raw bits " ADDR " were passed", bad, c->ev->gfp_raw));
}

/* A saturated size is ARR-11's alone. */
void kmc_ask_ceiling(struct kmc_judge *judge, const struct kmc_case *c)
{
	if (c->size == UINT64_MAX && !c->overflow)
		KMC_ASK(judge, ARR_11, c);
	else
		KMC_ASK(judge, KM_5, c);
}
