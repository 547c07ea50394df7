// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls about caches: making and ending them, their objects, sheaves. */
#include "call_parts.h"

static bool is_creation(unsigned int code)
{
	return code >= KMC_OP_KMEM_CACHE_CREATE && code <= KMC_OP_KMEM_CACHE_CREATE_ARGS;
}

/* Objects that a reader may still look at must not leave their cache's type. */
static uint64_t pending_of(const struct kmc_judge *judge, uint32_t cache)
{
	uint64_t nr = 0;

	for (size_t i = 0; i < judge->grace.nr; i++)
		nr += judge->grace.pending[i].cache == cache && !judge->grace.pending[i].typesafe;
	return nr;
}

/* A cache that may have been merged lives on under another name: it is not destroyed at all. */
static bool stands_alone(const struct kmc_judge *judge, const struct kmc_cache_desc *cache)
{
	const uint64_t checks = kmc_release_of(judge) >= KMC_RELEASE(7, 0, 0) ?
					KMC_CF_CONSISTENCY_CHECKS : 0;
	const uint64_t never_merged = KMC_CF_NO_MERGE | KMC_CF_TYPESAFE_BY_RCU | KMC_CF_NOLEAKTRACE |
				      KMC_CF_RED_ZONE | KMC_CF_POISON | KMC_CF_STORE_USER |
				      KMC_CF_TRACE | checks;
	const uint32_t nobody = KMC_MO_LAYOUT_DEBUG | (uint32_t)KMC_MO_slab_nomerge;

	return cache->ctor || cache->usersize || cache->flags & never_merged ||
	       judge->subject.machine.options & nobody;
}

static void end_creation(struct kmc_judge *judge, struct kmc_case *c)
{
	KMC_ASK(judge, KC_2, c);
	KMC_ASK(judge, KC_4, c);
	KMC_ASK(judge, KC_5, c);
	/* One that joins another cache is given out before its own layout is looked at. */
	if (c->ev->what == KMC_OP_KMEM_CACHE_CREATE_ARGS &&
	    (c->ev->outcome != KMC_OUT_VALUE || !c->cache || stands_alone(judge, &c->cache->desc)))
		KMC_ASK(judge, KC_8, c);
	if (c->ev->outcome != KMC_OUT_VALUE || !c->cache || !c->cache->known)
		return;
	judge->caches[c->ev->cache]->no_sheaves = c->ev->what == KMC_OP_KMEM_CACHE_CREATE;
	/* What was asked for binds, whatever the cache says of itself. */
	if (kmc_is_pow2(c->ev->arg) && c->ev->arg > c->cache->align && c->cache->align)
		judge->caches[c->ev->cache]->align = (uint32_t)c->ev->arg;
	if (c->ev->what == KMC_OP_KMEM_CACHE_CREATE_USERCOPY)
		KMC_ASK(judge, KC_39, c);
	else
		KMC_ASK(judge, KC_7, c);
}

/*
 * Objects that nobody could have freed: the caller's own, those of a sheaf that
 * is out, those a mempool keeps or gave away (which cache is behind it no event says).
 */
static bool may_hold_objects(const struct kmc_judge *judge, const struct kmc_case *c)
{
	if (judge->strays)
		return true;
	for (size_t i = 0; i < judge->pools.nr; i++)
		if (!judge->pools.pools[i].sheaf || judge->pools.pools[i].cache == c->ev->cache)
			return true;
	return c->cache && c->cache->count.live > c->value;
}

static void end_destroy(struct kmc_judge *judge, struct kmc_case *c)
{
	if (c->ev->cache == KMC_CACHE_NONE) {
		KMC_ASK(judge, KC_24, c);
		return;
	}
	/* With objects left, whether it was meant or not, it is for the caller to answer (KC-25). */
	c->value = c->cache && c->cache->known ? c->cache->count.live : 0;
	if (c->value || c->ev->marks & KMC_MARK_MISUSE) {
		if (c->value && (c->ev->marks & KMC_MARK_MISUSE ||
				 stands_alone(judge, &c->cache->desc)))
			KMC_ASK(judge, KC_42, c);
		return;
	}
	c->value = pending_of(judge, c->ev->cache);
	/* Who may not sleep cannot wait for a grace period, and must not destroy. */
	if (!may_hold_objects(judge, c) && !judge->misused &&
	    (!c->cache || stands_alone(judge, &c->cache->desc)) &&
	    (c->ev->context == KMC_CTX_TASK || c->ev->context == KMC_CTX_UNKNOWN))
		KMC_ASK(judge, KC_27, c);
}

static void end_shrink(struct kmc_judge *judge, struct kmc_case *c)
{
	if (!c->cache || !c->cache->known || judge->blind_before || judge->overlaps)
		return;
	c->value = c->cache->count.live;
	/* What a caller freed where he must not may be kept, or wait for a grace period. */
	c->emptied = !c->value && !pending_of(judge, c->ev->cache) && !may_hold_objects(judge, c) &&
		     !judge->grace.nr && !judge->misused && !judge->nr_void &&
		     stands_alone(judge, &c->cache->desc) &&
		     !(c->cache->desc.flags & KMC_CF_TYPESAFE_BY_RCU);
	KMC_ASK(judge, KC_23, c);
}

static void end_charge(struct kmc_judge *judge, struct kmc_case *c)
{
	const struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);

	c->other = life && life->state == KMC_LIFE_LIVE ? life : NULL;
	/* One that nobody pays for yet may be refused: its payer may be at a limit. */
	c->value = c->other && (c->other->flags & KMC_LIFE_CHARGED || kmc_never_pays(judge, c->ev));
	if (!judge->paid_in_part)
		KMC_ASK(judge, KC_38, c);
}

/* sheaves */

static void end_sheaf(struct kmc_judge *judge, struct kmc_case *c)
{
	bool prefill = c->ev->what == KMC_OP_KMEM_CACHE_PREFILL_SHEAF;
	uint64_t handle = prefill ? c->ev->arg : c->ev->addr2;
	struct kmc_pool *sheaf = kmc_book_pool_find(&judge->pools, true, handle);

	switch (c->ev->what) {
	case KMC_OP_KMEM_CACHE_PREFILL_SHEAF:
		if (c->ev->outcome != KMC_OUT_VALUE)
			return;
		sheaf = kmc_book_pool_make(&judge->pools, true, handle);
		if (sheaf) {
			sheaf->promised = c->ev->granted;
			sheaf->cache = c->ev->cache;
			sheaf->refilled = false;
		}
		break;
	case KMC_OP_KMEM_CACHE_REFILL_SHEAF:
		/* Filled up to the count again; after a failure what was there is there still. */
		if (sheaf && c->ev->outcome != KMC_OUT_ERROR && !c->ev->arg) {
			sheaf->promised = c->ev->granted;
			sheaf->out = 0;
			sheaf->refilled = true;
		}
		break;
	case KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF:
		c->pool = sheaf;
		if (sheaf) {
			KMC_ASK(judge, KC_36, c);
			sheaf->out += c->ev->outcome == KMC_OUT_VALUE;
		}
		break;
	case KMC_OP_KMEM_CACHE_RETURN_SHEAF:
		if (sheaf)
			kmc_book_pool_drop(&judge->pools, sheaf);
		break;
	}
}

void kmc_objects_cache_alloc(struct kmc_judge *judge, struct kmc_case *c)
{
	KMC_ASK(judge, KC_30, c);
	if (!c->cache || !c->cache->known)
		return;
	if (c->cache->desc.flags & (KMC_CF_CACHE_DMA | KMC_CF_CACHE_DMA32))
		KMC_ASK(judge, KC_18, c);
	if (c->cache->desc.flags & KMC_CF_ACCOUNT)
		KMC_ASK(judge, KC_17, c);
	else if (c->ev->what == KMC_OP_KMEM_CACHE_ALLOC_LRU)
		KMC_ASK(judge, KC_31, c);
	/* Who had it by a mempool may have written to it; between a bulk free's events and its
	 * end somebody else may have it; who asks for zeros (KC-11) loses the state. */
	if ((c->open->notes.kept || c->open->notes.lost) && !judge->overlaps && !judge->strays &&
	    !c->cache->unmade && !c->zeroed)
		KMC_ASK(judge, KC_10, c);
	if (c->cache->desc.ctor)
		kmc_ask_constructed(judge, c);
}

void kmc_objects_cache_end(struct kmc_judge *judge, struct kmc_case *c)
{
	/* An object that was zeroed and then refused, for what its group had, goes back as it is. */
	if (c->cache && c->zeroed && c->ev->outcome != KMC_OUT_VALUE)
		kmc_book_cache(judge, c->ev->cache)->unmade = true;
	if (is_creation(c->ev->what)) {
		end_creation(judge, c);
		return;
	}
	switch (c->ev->what) {
	case KMC_OP_KMEM_CACHE_DESTROY:
		end_destroy(judge, c);
		break;
	case KMC_OP_KMEM_CACHE_SHRINK:
		end_shrink(judge, c);
		break;
	case KMC_OP_KMEM_CACHE_CHARGE:
		end_charge(judge, c);
		break;
	case KMC_OP_KMEM_CACHE_ALLOC_BULK:
		if (c->open->dirty && c->zeroed)
			KMC_ASK(judge, KC_33, c);
		break;
	default:
		end_sheaf(judge, c);
	}
}

static bool is_cache_use(unsigned int code)
{
	return (code >= KMC_OP_KMEM_CACHE_DESTROY && code <= KMC_OP_KMEM_CACHE_FREE_BULK) ||
	       code == KMC_OP_KMEM_CACHE_PREFILL_SHEAF ||
	       code == KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF;
}

/* A destroy of NULL, or a bulk free whose caches come from the objects, names no cache. */
static bool names_cache(const struct kmc_event *ev)
{
	return ev->cache != KMC_CACHE_NONE;
}

void kmc_cache_enter(struct kmc_judge *judge, struct kmc_case *c)
{
	unsigned int code = c->ev->what;

	if (code == KMC_OP_KMEM_CACHE_CREATE || code == KMC_OP_KMEM_CACHE_CREATE_USERCOPY ||
	    code == KMC_OP_KMEM_CACHE_CREATE_ARGS) {
		KMC_ASK(judge, KC_3, c);
		KMC_ASK(judge, ALIGN_14, c);
		return;
	}
	if (!is_cache_use(code) || !names_cache(c->ev))
		return;
	KMC_ASK(judge, KC_1, c);
	KMC_ASK(judge, KC_29, c);
	if (c->by == KMC_BY_NOBODY && c->from >= KMC_FROM_CACHE && c->from <= KMC_FROM_CACHE_CTOR)
		KMC_ASK(judge, KC_11, c);
	if (code == KMC_OP_KMEM_CACHE_ALLOC_BULK || code == KMC_OP_KMEM_CACHE_FREE_BULK)
		KMC_ASK(judge, KC_34, c);
	if (code == KMC_OP_KMEM_CACHE_DESTROY) {
		KMC_ASK(judge, KC_3, c);
		c->value = c->cache && c->cache->known ? c->cache->count.live : 0;
		KMC_ASK(judge, KC_25, c);
	}
}

void kmc_cache_close(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_cache *cache = kmc_book_cache(judge, c->ev->cache);

	if (!cache || c->ev->marks & KMC_MARK_MISUSE || c->ev->outcome != KMC_OUT_NONE)
		return;
	cache->destroyed = true;
	cache->known = false;
	cache->destroyed_seq = judge->now;
}
