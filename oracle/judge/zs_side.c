// SPDX-License-Identifier: GPL-2.0-or-later
/* Packed objects: pools, handles, access, compaction. */
#include "call_parts.h"

static struct kmc_source *pool_of(struct kmc_judge *judge, const struct kmc_case *c)
{
	return kmc_book_source_find(&judge->sources, KMC_SOURCE_ZS, c->ev->cache);
}

/* What is mapped on this cpu; other releases read and write. */
static uint64_t *mapped_on(struct kmc_judge *judge, const struct kmc_case *c)
{
	return c->ev->cpu < KMC_MAPPING_CPUS ? &judge->mapped[c->ev->cpu] : NULL;
}

static void enter_access(struct kmc_judge *judge, struct kmc_case *c)
{
	uint64_t *mapped = mapped_on(judge, c);

	c->other = kmc_shadow_find(&judge->shadow, c->addr);
	if (c->other && c->other->from == KMC_FROM_ZS && c->other->seq >= judge->blind_before)
		KMC_ASK(judge, ZS_21, c);
	if (!mapped)
		return;
	c->value = *mapped;
	if (c->ev->what == KMC_OP_ZS_MAP_OBJECT || c->ev->what == KMC_OP_ZS_UNMAP_OBJECT)
		KMC_ASK(judge, ZS_10, c);
}

void kmc_zs_enter(struct kmc_judge *judge, struct kmc_case *c)
{
	switch (c->ev->what) {
	case KMC_OP_ZS_MAP_OBJECT:
	case KMC_OP_ZS_UNMAP_OBJECT:
	case KMC_OP_ZS_OBJ_READ_BEGIN:
	case KMC_OP_ZS_OBJ_READ_END:
	case KMC_OP_ZS_OBJ_WRITE:
		enter_access(judge, c);
		break;
	case KMC_OP_ZS_DESTROY_POOL:
		c->source = pool_of(judge, c);
		if (c->source)
			KMC_ASK(judge, ZS_17, c);
		break;
	}
}

static void end_malloc(struct kmc_judge *judge, struct kmc_case *c, struct kmc_source *pool)
{
	KMC_ASK(judge, ZS_4, c);
	if (c->size > KMC_PAGE)
		KMC_ASK(judge, ZS_3, c);
	KMC_ASK(judge, ZS_6, c);
	KMC_ASK(judge, ZS_8, c);
	KMC_ASK(judge, ZS_19, c);
	if (!pool || c->ev->outcome != KMC_OUT_VALUE)
		return;
	pool->live++;
	pool->taken += c->size;
}

static void end_free(struct kmc_judge *judge, struct kmc_case *c, struct kmc_source *pool)
{
	const struct kmc_life *life = kmc_shadow_find(&judge->shadow, c->addr);

	/* Of 0 FR-7 speaks. */
	if (kmc_is_error_pointer(c->addr)) {
		KMC_ASK(judge, ZS_14, c);
		return;
	}
	if (!pool || !life || life->from != KMC_FROM_ZS || !pool->live)
		return;
	pool->doubtful |= pool->readers != 0;
	pool->live--;
	pool->taken -= kmc_life_size(life) < pool->taken ? kmc_life_size(life) : pool->taken;
}

/* Who frees what is being read is to blame for what stays behind. */
static void count_reader(const struct kmc_case *c, struct kmc_source *pool)
{
	if (c->ev->what == KMC_OP_ZS_MAP_OBJECT || c->ev->what == KMC_OP_ZS_OBJ_READ_BEGIN)
		pool->readers++;
	else if (pool->readers)
		pool->readers--;
}

static void end_access(struct kmc_judge *judge, struct kmc_case *c, struct kmc_source *pool)
{
	uint64_t *mapped = mapped_on(judge, c);

	if (pool)
		count_reader(c, pool);
	if (c->ev->what == KMC_OP_ZS_OBJ_READ_END)
		return;
	if (c->ev->addr2)
		KMC_ASK(judge, ZS_2, c);
	if (c->open->notes.kept || c->open->notes.lost)
		KMC_ASK(judge, ZS_13, c);
	if (mapped && c->ev->what == KMC_OP_ZS_MAP_OBJECT)
		*mapped = c->addr;
	else if (mapped && c->ev->what == KMC_OP_ZS_UNMAP_OBJECT)
		*mapped = 0;
}

static void end_total(struct kmc_judge *judge, struct kmc_case *c, struct kmc_source *pool)
{
	if (!pool || pool->doubtful)
		return;
	c->source = pool;
	if (pool->live)
		KMC_ASK(judge, ZS_18, c);
	else
		KMC_ASK(judge, ZS_16, c);
	pool->total = c->ev->arg;
	pool->reported = true;
}

void kmc_zs_end(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_source *pool = pool_of(judge, c);

	switch (c->ev->what) {
	case KMC_OP_ZS_CREATE_POOL:
		KMC_ASK(judge, ZS_1, c);
		if (c->ev->outcome == KMC_OUT_VALUE)
			kmc_book_source_make(&judge->sources, KMC_SOURCE_ZS, c->ev->cache);
		break;
	case KMC_OP_ZS_MALLOC:
		end_malloc(judge, c, pool);
		break;
	case KMC_OP_ZS_FREE:
		end_free(judge, c, pool);
		break;
	case KMC_OP_ZS_MAP_OBJECT:
	case KMC_OP_ZS_UNMAP_OBJECT:
	case KMC_OP_ZS_OBJ_READ_BEGIN:
	case KMC_OP_ZS_OBJ_READ_END:
		end_access(judge, c, pool);
		break;
	case KMC_OP_ZS_COMPACT:
		c->source = pool;
		KMC_ASK(judge, ZS_15, c);
		break;
	case KMC_OP_ZS_HUGE_CLASS_SIZE:
		KMC_ASK(judge, ZS_20, c);
		break;
	case KMC_OP_ZS_GET_TOTAL_PAGES:
		end_total(judge, c, pool);
		break;
	case KMC_OP_ZS_DESTROY_POOL:
		if (pool)
			kmc_book_source_drop(&judge->sources, pool);
		break;
	}
}
