// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FR: freeing. Who may free what stands in pairing.def; a rule here says under
 * which id a wrong pair is reported, and what else a free must be.
 */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static bool pair_is_legal(const struct kmc_judge *j, const struct kmc_case *c)
{
	enum kmc_pairing pair = kmc_pairing_of(c->from, c->by, j->subject.edition);

	return pair == KMC_PAIR_LEGAL || pair == KMC_PAIR_NOOP;
}

/* A wrong pair, the same text under each id. */
#define PAIR_RULE(token)                                                                           \
	KMC_RULE_FN(token)                                                                         \
	{                                                                                          \
		if (pair_is_legal(j, c)) {                                                         \
			KMC_PASS(token);                                                           \
			return;                                                                    \
		}                                                                                  \
		KMC_BREACH(token, kmc_free_column_name(c->by),                                     \
			   (j, "memory from %s is not for %s in this edition",                     \
			    kmc_provenance_name(c->from), kmc_free_column_name(c->by)),            \
			   (j, ADDR " is from %s", c->addr, kmc_provenance_name(c->from)));        \
	}

PAIR_RULE(FR_1)
PAIR_RULE(FR_3)
PAIR_RULE(FR_4)
PAIR_RULE(FR_5)
PAIR_RULE(FR_16)
PAIR_RULE(DUP_5)
PAIR_RULE(VM_15)
PAIR_RULE(PAGE_36)

/* kmem_cache_free() names the cache: it must be the object's own. */
static bool own_cache(const struct kmc_case *c)
{
	return c->by != KMC_BY_CACHE_FREE || !c->other || c->ev->cache == KMC_CACHE_NONE ||
	       c->other->cache == c->ev->cache;
}

#define CACHE_PAIR_RULE(token)                                                                     \
	KMC_RULE_FN(token)                                                                         \
	{                                                                                          \
		if (!pair_is_legal(j, c))                                                          \
			KMC_BREACH(token, kmc_free_column_name(c->by),                             \
				   (j, "memory from %s is not for %s in this edition",             \
				    kmc_provenance_name(c->from), kmc_free_column_name(c->by)),    \
				   (j, ADDR " is from %s", c->addr,                                \
				    kmc_provenance_name(c->from)));                                \
		else if (j->calls && !own_cache(c))                                                \
			KMC_BREACH(token, "other-cache",                                           \
				   (j, "kmem_cache_free is given the cache of the object"),        \
				   (j, "the object is of cache %u, the call names cache %u",       \
				    c->other->cache, c->ev->cache));                               \
		else                                                                               \
			KMC_PASS(token);                                                           \
	}

CACHE_PAIR_RULE(FR_2)
CACHE_PAIR_RULE(FR_6)

KMC_RULE_FN(FR_7)
{
	if (!(kmc_noticed(c) & (BIT(WARNED) | BIT(DIED) | BIT(REPORTED) | BIT(RELEASED)))) {
		KMC_PASS(FR_7);
		return;
	}
	KMC_BREACH(FR_7, "no-op", (j, "%s(NULL) does nothing", c->call),
		   (j, "it had effects (%#x)", c->effects));
}

KMC_RULE_FN(FR_8)
{
	if (!(kmc_noticed(c) & (BIT(WARNED) | BIT(DIED) | BIT(REPORTED) | BIT(RELEASED)))) {
		KMC_PASS(FR_8);
		return;
	}
	KMC_BREACH(FR_8, "no-op", (j, "%s(ZERO_SIZE_PTR) does nothing", c->call),
		   (j, "it had effects (%#x)", c->effects));
}

KMC_RULE_FN(FR_9)
{
	if (pair_is_legal(j, c)) {
		KMC_PASS(FR_9);
		return;
	}
	KMC_BREACH(FR_9, kmc_free_column_name(c->by),
		   (j, "%s does not accept %s", kmc_free_column_name(c->by),
		    kmc_provenance_name(c->from)),
		   (j, "it was given " ADDR, c->addr));
}

KMC_RULE_FN(FR_10)
{
	if (!c->other || c->other->state == KMC_LIFE_LIVE) {
		KMC_PASS(FR_10);
		return;
	}
	KMC_BREACH(FR_10, c->by == KMC_BY_NOBODY ? "use-after-free" : "double-free",
		   (j, "a block is freed once and not used afterwards"),
		   (j, "B was freed before event A"));
}

KMC_RULE_FN(FR_11)
{
	if (c->other && c->other->addr == c->addr) {
		KMC_PASS(FR_11);
		return;
	}
	if (c->other)
		KMC_BREACH(FR_11, "interior",
			   (j, "the pointer passed to %s is the one that was returned", c->call),
			   (j, ADDR " lies " NUM " bytes inside B", c->addr,
			    c->addr - c->other->addr));
	else
		KMC_BREACH(FR_11, "unknown",
			   (j, "the pointer passed to %s is one that was returned", c->call),
			   (j, ADDR " never was", c->addr));
}

KMC_RULE_FN(FR_12)
{
	bool atomic = c->ev->context != KMC_CTX_TASK && c->ev->context != KMC_CTX_UNKNOWN;

	/* In task context kvfree may sleep over a vmalloc area; kfree never. */
	if (c->by == KMC_BY_KVFREE && !atomic)
		return;
	if (!(c->effects & BIT(SLEPT))) {
		KMC_PASS(FR_12);
		return;
	}
	KMC_BREACH(FR_12, "no-sleep", (j, "%s works in any context, so it never sleeps", c->call),
		   (j, "it slept"));
}

KMC_RULE_FN(FR_14)
{
	bool noticed = kmc_noticed(c) & (BIT(WARNED) | BIT(REPORTED) | BIT(DIED));
	uint64_t asked = c->open->begin.arg;

	if (c->open->children == asked && !noticed) {
		KMC_PASS(FR_14);
		return;
	}
	KMC_BREACH(FR_14, "each-once", (j, "a bulk free of " NUM " frees each entry once", asked),
		   (j, "%u were freed%s", c->open->children, noticed ? ", with a report" : ""));
}

KMC_RULE_FN(FR_15)
{
	if (!c->other || c->ev->cache == KMC_CACHE_NONE || c->other->cache == c->ev->cache) {
		KMC_PASS(FR_15);
		return;
	}
	KMC_BREACH(FR_15, "other-cache",
		   (j, "all objects given to kmem_cache_free_bulk are of its cache, %u",
		    c->ev->cache),
		   (j, "B is of cache %u", c->other->cache));
}

KMC_RULE_FN(FR_20)
{
	if (!c->other) {
		KMC_PASS(FR_20);
		return;
	}
	KMC_BREACH(FR_20, "leak", (j, "memory that is no longer needed is freed"),
		   (j, "B is live at the end, and was not kept on purpose"));
}

KMC_RULE_FN(FR_21)
{
	if (!(kmc_noticed(c) & (BIT(WARNED) | BIT(DIED) | BIT(REPORTED)))) {
		KMC_PASS(FR_21);
		return;
	}
	KMC_BREACH(FR_21, "report",
		   (j, "%s frees memory from %s without a report", c->call,
		    kmc_provenance_name(c->from)),
		   (j, "it warned, reported or died (effects %#x)", c->effects));
}

KMC_RULE_FN(FR_22)
{
	if (c->ev->context != KMC_CTX_NMI) {
		KMC_PASS(FR_22);
		return;
	}
	KMC_BREACH(FR_22, "nmi", (j, "%s is not for NMI context", c->call),
		   (j, "it was called there"));
}

KMC_RULE_FN(RCU_8)
{
	if (!c->other || c->other->state != KMC_LIFE_PENDING) {
		KMC_PASS(RCU_8);
		return;
	}
	KMC_BREACH(RCU_8, "queued-twice", (j, "a block is queued for RCU freeing once"),
		   (j, "B is queued already"));
}
