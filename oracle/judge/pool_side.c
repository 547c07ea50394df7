// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls about mempools: their reserve, as far as it is reported, and what is out. */
#include "judge_priv.h"

static void take_level(struct kmc_pool *pool, const struct kmc_case *c)
{
	const struct kmc_notes *notes = &c->open->notes;

	pool->shows_backend |= c->effects & (1u << KMC_EFF_BACKEND_ALLOC |
					     1u << KMC_EFF_BACKEND_FREE);
	if (!notes->levelled)
		return;
	pool->level = notes->level;
	pool->levelled = true;
}

static void end_creation(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_pool *pool;

	KMC_ASK(judge, MP_1, c);
	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	pool = kmc_book_pool_make(&judge->pools, false, c->ev->arg);
	if (!pool)
		return;
	pool->min_nr = c->ev->granted;
	take_level(pool, c);
}

static void end_alloc(struct kmc_judge *judge, struct kmc_case *c, struct kmc_pool *pool)
{
	c->pool = pool;
	if (c->ev->what == KMC_OP_MEMPOOL_ALLOC_PREALLOCATED) {
		KMC_ASK(judge, MP_8, c);
	} else {
		KMC_ASK(judge, MP_2, c);
		KMC_ASK(judge, MP_3, c);
		if (pool)
			KMC_ASK(judge, MP_4, c);
	}
	if (!pool)
		return;
	pool->out += c->ev->outcome == KMC_OUT_VALUE;
	/* Until the next report nobody knows whether it came out of the reserve. */
	pool->levelled = false;
	take_level(pool, c);
}

static void end_resize(struct kmc_judge *judge, struct kmc_case *c, struct kmc_pool *pool)
{
	c->pool = pool;
	KMC_ASK(judge, MP_7, c);
	if (!pool || c->ev->outcome == KMC_OUT_ERROR)
		return;
	pool->min_nr = c->ev->granted;
	pool->levelled = false;
	take_level(pool, c);
}

void kmc_objects_pool_end(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_pool *pool = kmc_book_pool_find(&judge->pools, false, c->ev->cache);

	switch (c->ev->what) {
	case KMC_OP_MEMPOOL_CREATE:
	case KMC_OP_MEMPOOL_CREATE_SLAB:
		end_creation(judge, c);
		break;
	case KMC_OP_MEMPOOL_ALLOC:
	case KMC_OP_MEMPOOL_ALLOC_PREALLOCATED:
		end_alloc(judge, c, pool);
		break;
	case KMC_OP_MEMPOOL_ALLOC_BULK:
		KMC_ASK(judge, MP_9, c);
		if (pool)
			pool->levelled = false;
		break;
	case KMC_OP_MEMPOOL_RESIZE:
		end_resize(judge, c, pool);
		break;
	case KMC_OP_MEMPOOL_DESTROY:
		if (pool)
			kmc_book_pool_drop(&judge->pools, pool);
		break;
	}
}

void kmc_objects_pool_free(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_pool *pool;

	if (c->ev->what != KMC_OP_MEMPOOL_FREE && c->ev->what != KMC_OP_MEMPOOL_FREE_BULK)
		return;
	pool = kmc_book_pool_find(&judge->pools, false, c->ev->cache);
	if (c->ev->what == KMC_OP_MEMPOOL_FREE_BULK) {
		KMC_ASK(judge, MP_9, c);
		if (pool)
			pool->levelled = false;
		return;
	}
	if (!pool || !c->addr ||
	    c->ev->marks & KMC_MARK_MISUSE)
		return;
	c->pool = pool;
	KMC_ASK(judge, MP_5, c);
	pool->out -= pool->out > 0;
	pool->levelled = false;
	take_level(pool, c);
}
