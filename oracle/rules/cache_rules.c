// SPDX-License-Identifier: GPL-2.0-or-later
/* KC: how caches are made, emptied and ended, and what their flags do to objects. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static const char *name_of(const struct kmc_case *c)
{
	return c->cache && c->cache->desc.name[0] ? c->cache->desc.name : "the cache";
}

static bool null(const struct kmc_case *c)
{
	return c->ev->outcome == KMC_OUT_NULL;
}

KMC_RULE_FN(KC_2)
{
	bool panics = c->ev->addr2 & KMC_CF_PANIC;
	bool right = c->ev->outcome == KMC_OUT_VALUE ||
		     (panics ? c->ev->outcome == KMC_OUT_DIED : null(c));

	KMC_VERDICT(KC_2, right, panics ? "panic" : "null",
		    (j, "a creation gives a cache or NULL%s", panics ?
			"; with SLAB_PANIC a failure stops the system" : ""),
		    (j, "it returned %s", kmc_outcome_name(c->ev->outcome)));
}

KMC_RULE_FN(KC_4)
{
	if (!(c->ev->addr2 >> 16))
		return;
	KMC_VERDICT(KC_4, null(c), "unknown-flags",
		    (j, "flags outside the permitted set (" ADDR ") make a creation fail",
		     c->ev->addr2 >> 16 << 16),
		    (j, "it returned a cache"));
}

KMC_RULE_FN(KC_5)
{
	uint64_t max = j->subject.machine.kmalloc_max_size;

	if (!(j->subject.machine.options & KMC_MO_debug_vm) || !max || c->size <= max)
		return;
	KMC_VERDICT(KC_5, null(c), "size",
		    (j, "objects of " NUM " bytes are above " NUM ": the creation is refused",
		     c->size, max),
		    (j, "it returned a cache"));
}

KMC_RULE_FN(KC_7)
{
	KMC_VERDICT(KC_7, !c->cache->desc.useroffset && !c->cache->desc.usersize, "unset",
		    (j, "fields that were not set are not used: no part may be copied to user space"),
		    (j, "the region is %u bytes at %u", c->cache->desc.usersize,
		     c->cache->desc.useroffset));
}

KMC_RULE_FN(KC_8)
{
	uint32_t offset = (uint32_t)(c->ev->granted >> 32);
	bool may = c->ev->addr2 & KMC_CF_TYPESAFE_BY_RCU ||
		   (c->ev->order && j->subject.edition >= KMC_RELEASE(7, 0, 0));
	bool fits = offset % 8 == 0 && offset + 8ull <= c->size;

	if (offset == UINT32_MAX || (may && fits))
		return;
	KMC_VERDICT(KC_8, null(c), fits ? "not-typesafe" : "offset",
		    (j, "a free pointer at %u does not suit objects of " NUM " bytes with these "
			"flags: the creation fails", offset, c->size),
		    (j, "it returned a cache"));
}

KMC_RULE_FN(KC_10)
{
	if (!c->cache->desc.ctor)
		return;
	KMC_VERDICT(KC_10, !c->open->notes.lost, "state",
		    (j, "%s has a constructor: a free object keeps the state it was given",
		     name_of(c)),
		    (j, "the byte at " ADDR " changed", c->open->notes.bad_at));
}

KMC_RULE_FN(KC_16)
{
	if (!c->cache || !(c->cache->desc.flags & KMC_CF_RECLAIM_ACCOUNT))
		return;
	KMC_VERDICT(KC_16, c->gfp & KMC_GFP_RECLAIMABLE, "mobility",
		    (j, "pages for %s are asked for as reclaimable", name_of(c)),
		    (j, "the flags are %#x", c->gfp));
}

/* Bytes charged for the object; of a bulk call's objects, by that call. */
static uint64_t charged_for(struct kmc_judge *j, const struct kmc_case *c)
{
	const struct kmc_open_call *bulk = kmc_open_find(j, c->ev->parent);

	return c->open->notes.charged + (bulk ? bulk->notes.charged : 0);
}

KMC_RULE_FN(KC_17)
{
	if (!charged_for(j, c) && !kmc_payment_is_sure(j, c)) {
		KMC_UNKNOWN_HERE(KC_17);
		return;
	}
	KMC_VERDICT(KC_17, charged_for(j, c), "uncharged",
		    (j, "%s accounts: every object of it is charged", name_of(c)),
		    (j, "nothing was charged"));
}

KMC_RULE_FN(KC_18)
{
	const struct kmc_zone *zone = kmc_zone_of(j, c->addr);
	bool dma = c->cache->desc.flags & KMC_CF_CACHE_DMA;

	if (!kmc_has_zone(j, dma ? KMC_DMA : KMC_DMA32))
		return;
	if (!zone) {
		KMC_UNKNOWN_HERE(KC_18);
		return;
	}
	KMC_VERDICT(KC_18, zone->kind == KMC_DMA || (!dma && zone->kind == KMC_DMA32), "zone",
		    (j, "objects of %s come from the %s zone", name_of(c), dma ? "DMA" : "DMA32"),
		    (j, ADDR " lies in another", c->addr));
}

KMC_RULE_FN(KC_23)
{
	if (c->emptied) {
		KMC_VERDICT(KC_23, !c->ev->arg, "kept",
			    (j, "every object of %s is free, and a shrink releases all empty slabs: 0",
			     name_of(c)),
			    (j, "kmem_cache_shrink returned " NUM, c->ev->arg));
		return;
	}
	KMC_VERDICT(KC_23, !c->value || c->ev->arg, "emptied",
		    (j, "%s has " NUM " live objects, so slabs are left: not 0", name_of(c), c->value),
		    (j, "kmem_cache_shrink returned 0"));
}

/* An alias: FR-7 says what is wrong. */
KMC_RULE_FN(KC_24)
{
	if (kmc_noticed(c) & (BIT(WARNED) | BIT(DIED) | BIT(REPORTED)))
		KMC_ASK(j, FR_7, c);
	else
		KMC_PASS(KC_24);
}

KMC_RULE_FN(KC_27)
{
	bool loud = kmc_noticed(c) & (BIT(WARNED) | BIT(REPORTED));

	KMC_VERDICT(KC_27, !loud && !c->value, loud ? "report" : "pending",
		    (j, "%s is destroyed after what kvfree_rcu() holds of it is freed, quietly",
		     name_of(c)),
		    (j, NUM " objects are pending (effects %#x)", c->value, c->effects));
}

KMC_RULE_FN(KC_30)
{
	const struct kmc_zone *zone = kmc_zone_of(j, c->addr);

	if (!(c->gfp & KMC_GFP_THISNODE) || c->ev->node == KMC_NODE_NONE)
		return;
	if (!zone || !kmc_zone_is_sure(j, c->addr)) {
		KMC_UNKNOWN_HERE(KC_30);
		return;
	}
	KMC_VERDICT(KC_30, zone->node == c->ev->node, "this-node",
		    (j, "with __GFP_THISNODE an object is from node %d or NULL", c->ev->node),
		    (j, ADDR " lies on node %u", c->addr, zone->node));
}

KMC_RULE_FN(KC_31)
{
	if (c->gfp & KMC_GFP_ACCOUNT)
		return;
	KMC_VERDICT(KC_31, !c->open->notes.charged, "charged",
		    (j, "without accounting kmem_cache_alloc_lru is kmem_cache_alloc"),
		    (j, NUM " bytes were charged", c->open->notes.charged));
}

KMC_RULE_FN(KC_33)
{
	KMC_VERDICT(KC_33, c->open->dirty == 1, "zero",
		    (j, "each object of a bulk allocation is zeroed as a single one is"),
		    (j, "the byte at " ADDR " is not zero", c->open->dirty_at));
}

KMC_RULE_FN(KC_36)
{
	bool due = c->pool->out < c->pool->promised;
	/* Of a cache without sheaves of its own one is made that holds so many and no more. */
	bool empty = !due && c->cache && c->cache->no_sheaves && !c->pool->refilled &&
		     kmc_release_of(j) < KMC_RELEASE(7, 0, 0);

	if (!due && !empty)
		return;
	if (empty) {
		KMC_VERDICT(KC_36, c->ev->outcome != KMC_OUT_VALUE, "beyond",
			    (j, "an empty sheaf gives NULL, and falls back to nothing: it had " NUM,
			     c->pool->promised),
			    (j, "it gave one more"));
		return;
	}
	KMC_VERDICT(KC_36, c->ev->outcome == KMC_OUT_VALUE, "promised",
		    (j, "the sheaf was filled with " NUM " objects and gave " NUM ": it has another",
		     c->pool->promised, c->pool->out),
		    (j, "it returned %s", kmc_outcome_name(c->ev->outcome)));
}

KMC_RULE_FN(KC_38)
{
	bool twice = c->other && c->open->notes.charged_again;

	if (!c->value)
		return;
	KMC_VERDICT(KC_38, !twice && c->ev->arg, twice ? "twice" : "value",
		    (j, "kmem_cache_charge of an object that is paid for, or needs no paying, is "
			"true and charges nothing"),
		    (j, "it returned " NUM " and charged " NUM " bytes", c->ev->arg,
		     c->open->notes.charged));
}

KMC_RULE_FN(KC_39)
{
	uint32_t offset = (uint32_t)(c->ev->granted >> 32), size = (uint32_t)c->ev->granted;
	bool sound;

	offset = offset == UINT32_MAX ? 0 : offset;
	size = size == UINT32_MAX ? 0 : size;
	sound = size ? (uint64_t)offset + size <= c->size : !offset;
	KMC_VERDICT(KC_39, sound || !c->cache->desc.usersize, "fail-closed",
		    (j, "a region of %u bytes at %u is not one of an object of " NUM " bytes: it "
			"becomes empty", size, offset, c->size),
		    (j, "it is %u bytes at %u", c->cache->desc.usersize, c->cache->desc.useroffset));
}

KMC_RULE_FN(KC_42)
{
	KMC_VERDICT(KC_42, c->effects & (BIT(WARNED) | BIT(REPORTED)) && !c->open->notes.lives_back,
		    "left-alone",
		    (j, "%s has " NUM " objects: its destruction warns and leaves them alone",
		     name_of(c), c->value),
		    (j, "effects %#x, " NUM " of them lay in pages that went back", c->effects,
		     c->open->notes.lives_back));
}

KMC_RULE_FN(KC_9)
{
	bool runs = c->ev->kind == KMC_EV_EFFECT;

	KMC_VERDICT(KC_9, !c->value, runs ? "again" : "skipped",
		    (j, "a constructor runs once for each object of a new slab, before any is handed out"),
		    (j, runs ? "it ran again for " ADDR : "it did not run for " ADDR, c->addr));
}
