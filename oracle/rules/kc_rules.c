// SPDX-License-Identifier: GPL-2.0-or-later
/* KC: caches and their objects. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static const char *name_of(const struct kmc_case *c)
{
	return c->cache && c->cache->desc.name[0] ? c->cache->desc.name : "the cache";
}

KMC_RULE_FN(KC_1)
{
	if (c->cache && (c->cache->known || c->cache->destroyed)) {
		KMC_PASS(KC_1);
		return;
	}
	KMC_BREACH(KC_1, "created", (j, "a cache is created, with success, before it is used"),
		   (j, "cache %u was not", c->ev->cache));
}

static bool atomic(const struct kmc_event *ev)
{
	return ev->context == KMC_CTX_SOFTIRQ || ev->context == KMC_CTX_HARDIRQ ||
	       ev->context == KMC_CTX_NMI;
}

KMC_RULE_FN(KC_3)
{
	if (!atomic(c->ev)) {
		KMC_PASS(KC_3);
		return;
	}
	KMC_BREACH(KC_3, "context", (j, "caches are created and destroyed in task context"),
		   (j, "the context is %s", kmc_context_name(c->ev->context)));
}

KMC_RULE_FN(KC_11)
{
	if (!c->cache || !c->cache->desc.ctor)
		return;
	if (!c->zeroed) {
		KMC_PASS(KC_11);
		return;
	}
	KMC_BREACH(KC_11, "zero-with-ctor",
		   (j, "%s has a constructor: its objects are not asked to be zero", name_of(c)),
		   (j, "__GFP_ZERO was passed"));
}

KMC_RULE_FN(KC_12)
{
	if (c->open->dirty == 1) {
		KMC_PASS(KC_12);
		return;
	}
	KMC_BREACH(KC_12, "zero",
		   (j, "every one of the " NUM " bytes of the object reads zero", c->size),
		   (j, "the byte at " ADDR " does not", c->open->dirty_at));
}

KMC_RULE_FN(KC_22)
{
	uint32_t created = c->cache ? c->cache->desc.object_size : 0;

	if (!c->cache || !c->cache->known)
		return;
	if (c->ev->arg >= created) {
		KMC_PASS(KC_22);
		return;
	}
	KMC_BREACH(KC_22, "lower-bound",
		   (j, "%s was created with %u bytes, and never reports less", name_of(c), created),
		   (j, "kmem_cache_size returned " NUM, c->ev->arg));
}

KMC_RULE_FN(KC_25)
{
	if (!c->value) {
		KMC_PASS(KC_25);
		return;
	}
	KMC_BREACH(KC_25, "live-objects",
		   (j, "%s is destroyed only after all its objects were freed", name_of(c)),
		   (j, NUM " of them are live", c->value));
}

KMC_RULE_FN(KC_29)
{
	if (!c->cache || !c->cache->destroyed) {
		KMC_PASS(KC_29);
		return;
	}
	KMC_BREACH(KC_29, c->ev->what == KMC_OP_KMEM_CACHE_DESTROY ? "destroyed-twice" : "used-after",
		   (j, "%s was destroyed at event " NUM, name_of(c), c->cache->destroyed_seq),
		   (j, "it is used again"));
}

KMC_RULE_FN(KC_32)
{
	uint64_t asked = c->open->begin.arg, got = c->ev->arg;

	if ((got == 0 || got == asked) && c->open->successes == got) {
		KMC_PASS(KC_32);
		return;
	}
	KMC_BREACH(KC_32, "all-or-nothing",
		   (j, "a bulk allocation of " NUM " returns that number or 0", asked),
		   (j, "it returned " NUM " and filled %u slots", got, c->open->successes));
}

KMC_RULE_FN(KC_34)
{
	if (c->ev->context != KMC_CTX_HARDIRQ && c->ev->context != KMC_CTX_NMI) {
		KMC_PASS(KC_34);
		return;
	}
	KMC_BREACH(KC_34, "interrupts", (j, "bulk calls need interrupts enabled"),
		   (j, "the context is %s", kmc_context_name(c->ev->context)));
}

KMC_RULE_FN(KC_35)
{
	if (c->open->begin.arg)
		return;
	if (!c->ev->arg && !c->open->successes && !(c->effects & BIT(DIED))) {
		KMC_PASS(KC_35);
		return;
	}
	KMC_BREACH(KC_35, "bulk-of-zero", (j, "a bulk call of 0 objects does nothing"),
		   (j, "it returned " NUM, c->ev->arg));
}

static bool other_owner(const struct kmc_judge *j, const struct kmc_case *c)
{
	const struct kmc_block *block = c->block;
	const struct kmc_cache *owner;

	if (!c->cache || !c->cache->known)
		return false;
	if (block->owner_kmalloc)
		/* A cache merged into a kmalloc cache shares its slabs, and its size. */
		return !c->cache->desc.kmalloc || c->cache->desc.size != block->owner;
	owner = block->owner < j->nr_caches ? j->caches[block->owner] : NULL;
	return owner && owner->known && block->owner != c->ev->cache;
}

static bool off_grid(const struct kmc_case *c)
{
	const struct kmc_block *block = c->block;
	uint64_t offset = c->addr - block->base;

	return block->stride && (offset % block->stride != block->first % block->stride ||
				 offset + c->size > KMC_PAGE << block->order);
}

static const char *owner_name(const struct kmc_judge *j, const struct kmc_block *block)
{
	if (block->owner_kmalloc)
		return "kmalloc";
	return block->owner < j->nr_caches && j->caches[block->owner] ?
		       j->caches[block->owner]->desc.name :
		       "another cache";
}

KMC_RULE_FN(KC_41)
{
	bool other = c->block && other_owner(j, c);

	bool lost = c->ev->kind == KMC_EV_EFFECT && c->ev->what == KMC_EFF_CONTENT_LOST;
	bool kept = c->ev->kind == KMC_EV_EFFECT && c->ev->what == KMC_EFF_CONTENT_KEPT;

	if (kept || (!lost && !c->other && !other && !(c->block && off_grid(c)))) {
		KMC_PASS(KC_41);
		return;
	}
	if (lost)
		KMC_BREACH(KC_41, "content", (j, "what the holder of B wrote stays until B is freed"),
			   (j, "the byte at " ADDR " changed", c->ev->addr2));
	else if (c->other)
		KMC_BREACH(KC_41, "disjoint",
			   (j, "the object at [" ADDR ", " ADDR ") may not touch a live block",
			    c->addr, c->addr + c->size),
			   (j, "B lives at [" ADDR ", " ADDR ")", c->other->addr,
			    c->other->addr + kmc_life_size(c->other)));
	else if (other)
		KMC_BREACH(KC_41, "slab-owner",
			   (j, "the pages at " ADDR " hold objects of %s since event " NUM
			       ", and were not freed since event " NUM,
			    c->block->base, owner_name(j, c->block), c->block->owner_seq,
			    c->block->seq),
			   (j, "an object of %s was given out of them", name_of(c)));
	else
		KMC_BREACH(KC_41, "slab-stride",
			   (j, "objects of %s on the pages at " ADDR " begin at %u + n * %u",
			    owner_name(j, c->block), c->block->base, c->block->first,
			    c->block->stride),
			   (j, ADDR " is at offset " NUM, c->addr, c->addr - c->block->base));
}
