// SPDX-License-Identifier: GPL-2.0-or-later
/* UC: what may be copied to and from user space. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static bool of_cache(const struct kmc_case *c)
{
	return c->other && c->other->from >= KMC_FROM_CACHE && c->other->from <= KMC_FROM_CACHE_CTOR;
}

static bool aborted(const struct kmc_case *c)
{
	return c->effects & BIT(DIED) || c->open->notes.reports & 1u << KMC_REPORT_USERCOPY;
}

static bool is_checked(const struct kmc_judge *j)
{
	return j->subject.machine.options & KMC_MO_hardened_usercopy;
}

/* In the region that the object's cache declares? */
static bool in_region(const struct kmc_judge *j, const struct kmc_case *c)
{
	const struct kmc_cache *cache =
		c->other->cache < j->nr_caches ? j->caches[c->other->cache] : NULL;
	uint64_t offset = c->addr - c->other->addr;

	if (!cache || !cache->known)
		return true;
	return offset >= cache->desc.useroffset &&
	       c->ev->size <= cache->desc.usersize &&
	       offset - cache->desc.useroffset <= cache->desc.usersize - c->ev->size;
}

/* Does the copy, which may wrap, end beyond @size bytes of its object? */
static bool ends_beyond(const struct kmc_case *c, uint64_t size)
{
	uint64_t offset = c->addr - c->other->addr;

	return offset > size || c->ev->size > size - offset;
}

KMC_RULE_FN(UC_1)
{
	if (!of_cache(c))
		return;
	KMC_VERDICT(UC_1, in_region(j, c), "region",
		    (j, "of an object of a cache only the declared region is copied"),
		    (j, "[" ADDR ", " ADDR ") leaves it", c->addr, c->addr + c->ev->size));
}

KMC_RULE_FN(UC_2)
{
	uint64_t end = c->addr + c->ev->size;
	bool kmalloc = c->other && c->other->from == KMC_FROM_KMALLOC;

	if (!kmalloc || !c->other->granted || ends_beyond(c, c->other->granted))
		return;
	KMC_VERDICT(UC_2, !aborted(c), "bucket",
		    (j, "the whole block of %u bytes that kmalloc granted may be copied",
		     c->other->granted),
		    (j, "the copy of [" ADDR ", " ADDR ") was stopped", c->addr, end));
}

KMC_RULE_FN(UC_3)
{
	uint64_t end = c->addr + c->ev->size;
	bool leaves;

	if (!is_checked(j))
		return;
	leaves = c->ev->size && (c->addr <= KMC_ZERO_SIZE_PTR || (of_cache(c) && !in_region(j, c)) ||
				 (c->other && !c->other->granted &&
				  ends_beyond(c, kmc_life_size(c->other))));
	if (!leaves && c->ev->size)
		return;
	KMC_VERDICT(UC_3, aborted(c) == leaves, leaves ? "crossing" : "length-zero",
		    (j, leaves ? "a copy that leaves what may be copied is stopped" :
			"a copy of nothing is always right"),
		    (j, "[" ADDR ", " ADDR ") was %s", c->addr, end,
		     leaves ? "copied" : "stopped"));
}

KMC_RULE_FN(UC_4)
{
	if (is_checked(j) || j->subject.machine.options & (uint32_t)KMC_MO_options_unknown)
		return;
	KMC_VERDICT(UC_4, !(c->open->notes.reports & 1u << KMC_REPORT_USERCOPY), "off",
		    (j, "without hardened usercopy regions are ignored"),
		    (j, "the copy was stopped"));
}
