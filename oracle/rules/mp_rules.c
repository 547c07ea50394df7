// SPDX-License-Identifier: GPL-2.0-or-later
/* MP: mempools: a reserve that comes after the backend and before NULL. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

KMC_RULE_FN(MP_1)
{
	const struct kmc_notes *notes = &c->open->notes;
	uint64_t asked = c->ev->granted;

	if (c->ev->outcome == KMC_OUT_VALUE && notes->levelled)
		KMC_VERDICT(MP_1, notes->level == asked || (!asked && notes->level == 1), "filled",
			    (j, "a pool begins with its reserve of " NUM, asked),
			    (j, "it holds " NUM, notes->level));
	else if (c->ev->outcome != KMC_OUT_VALUE && notes->nr_backend_got)
		KMC_VERDICT(MP_1, notes->nr_backend_got == notes->nr_backend_freed, "leaked",
			    (j, "a pool that cannot be made leaves nothing behind"),
			    (j, "of %u elements %u went back", notes->nr_backend_got,
			     notes->nr_backend_freed));
}

KMC_RULE_FN(MP_2)
{
	if (!(c->gfp & KMC_GFP_DIRECT_RECLAIM))
		return;
	KMC_VERDICT(MP_2, c->ev->outcome != KMC_OUT_NULL, "never-null",
		    (j, "a mempool_alloc that may block waits for an element"),
		    (j, "it returned NULL"));
}

KMC_RULE_FN(MP_3)
{
	bool null = c->ev->outcome == KMC_OUT_NULL;
	bool slept = c->effects & BIT(SLEPT);
	bool has = null && c->pool && c->pool->levelled && c->pool->level;

	if (c->gfp & KMC_GFP_DIRECT_RECLAIM)
		return;
	KMC_VERDICT(MP_3, !slept && !has, slept ? "no-sleep" : "reserve",
		    (j, "a mempool_alloc that may not block never sleeps, and returns NULL only "
			"when the reserve is empty"),
		    (j, slept ? "it slept" : "the reserve held elements"));
}

KMC_RULE_FN(MP_4)
{
	const uint32_t quiet = KMC_GFP_NOMEMALLOC | KMC_GFP_NORETRY | KMC_GFP_NOWARN;
	const struct kmc_notes *notes = &c->open->notes;
	bool asked = notes->nr_backend_got || notes->nr_backend_failed;

	/* Whether a backend was asked is shown by its calls, or by a reserve that did not shrink. */
	if (!asked && !(notes->levelled && c->pool->levelled && notes->level < c->pool->level))
		return;
	KMC_VERDICT(MP_4, asked && (notes->backend_gfp & quiet) == quiet, asked ? "flags" : "order",
		    (j, "the backend is asked first, with NOMEMALLOC, NORETRY and NOWARN"),
		    (j, asked ? "its flags were %#x" : "it was not asked (%#x)",
		     notes->backend_gfp));
}

KMC_RULE_FN(MP_5)
{
	if (!c->pool->levelled || c->pool->level >= c->pool->min_nr)
		return;
	KMC_VERDICT(MP_5, !c->open->notes.nr_backend_freed, "refill",
		    (j, "the reserve holds " NUM " of " NUM ": an element that is freed goes there",
		     c->pool->level, c->pool->min_nr),
		    (j, "it went to the backend"));
}

KMC_RULE_FN(MP_6)
{
	KMC_VERDICT(MP_6, !(c->gfp & KMC_GFP_ZERO), "zero",
		    (j, "__GFP_ZERO is not for mempool_alloc"), (j, "it was passed"));
}

KMC_RULE_FN(MP_7)
{
	const struct kmc_notes *notes = &c->open->notes;
	uint64_t most = c->ev->granted;

	if (!notes->levelled || c->ev->outcome == KMC_OUT_ERROR)
		return;
	KMC_VERDICT(MP_7, notes->level <= most && notes->min_nr == most, "reserve",
		    (j, "resized to " NUM ", a pool holds no more, and says so", most),
		    (j, "it holds " NUM " of " NUM, notes->level, notes->min_nr));
}

KMC_RULE_FN(MP_8)
{
	const struct kmc_notes *notes = &c->open->notes;

	KMC_VERDICT(MP_8, !notes->nr_backend_got && !notes->nr_backend_failed, "backend",
		    (j, "mempool_alloc_preallocated takes from the reserve only"),
		    (j, "the backend was asked"));
}

KMC_RULE_FN(MP_9)
{
	bool freeing = c->ev->what == KMC_OP_MEMPOOL_FREE_BULK;
	uint64_t asked = c->open->begin.arg, got = c->ev->arg;

	KMC_VERDICT(MP_9, freeing ? got <= asked : got == asked, freeing ? "prefix" : "filled",
		    (j, freeing ? "the prefix of " NUM " entries that the reserve takes is no longer" :
			"all " NUM " places are filled", asked),
		    (j, "it is " NUM, got));
}

KMC_RULE_FN(MP_10)
{
	bool creates = c->ev->what == KMC_OP_MEMPOOL_CREATE_SLAB;

	if (creates && (!c->cache || !c->cache->known))
		return;
	if (c->by != KMC_BY_NOBODY) /* an element given to some freeing call: rules-slab Part 2 */
		KMC_VERDICT(MP_10, kmc_pairing_of(c->from, c->by, j->subject.edition) ==
					   KMC_PAIR_LEGAL, "pair",
			    (j, "an element goes back by mempool_free"),
			    (j, "%s was called", kmc_free_column_name(c->by)));
	else if (creates)
		KMC_VERDICT(MP_10, !c->cache->desc.ctor, "constructor",
			    (j, "the cache behind a pool has no constructor"),
			    (j, "%s has one", c->cache->desc.name));
	else
		KMC_VERDICT(MP_10, !c->pool->out, "outstanding",
			    (j, "all elements are back before the pool is destroyed"),
			    (j, NUM " are out", c->pool->out));
}
