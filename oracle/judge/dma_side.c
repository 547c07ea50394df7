// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory for devices, the pools of devices, and percpu areas. */
#include "call_parts.h"

static struct kmc_source *source_of(struct kmc_judge *judge, const struct kmc_case *c,
				    enum kmc_source_kind kind)
{
	return kmc_book_source_find(&judge->sources, kind, c->ev->cache);
}

void kmc_dma_enter(struct kmc_judge *judge, struct kmc_case *c)
{
	if (c->ev->what != KMC_OP_DMA_POOL_DESTROY)
		return;
	c->source = source_of(judge, c, KMC_SOURCE_DMA_POOL);
	if (c->source)
		KMC_ASK(judge, DMA_17, c);
}

static bool is_coherent(unsigned int code)
{
	return code == KMC_OP_DMA_ALLOC_COHERENT || code == KMC_OP_DMA_ALLOC_ATTRS;
}

/* Its table is made before the flags are looked at, and the report may be about that. */
static bool needs_memory_first(const struct kmc_case *c)
{
	return c->ev->what == KMC_OP_DMA_ALLOC_NONCONTIGUOUS && !(c->gfp & KMC_GFP_NOWARN);
}

static void end_buffer(struct kmc_judge *judge, struct kmc_case *c)
{
	c->source = source_of(judge, c, KMC_SOURCE_DEVICE);
	KMC_ASK(judge, DMA_1, c);
	KMC_ASK(judge, DMA_6, c);
	KMC_ASK(judge, DMA_11, c);
	if (is_coherent(c->ev->what)) {
		KMC_ASK(judge, DMA_4, c);
		KMC_ASK(judge, DMA_7, c);
	} else {
		bool zones = c->gfp & (KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_HIGHMEM) &&
			     c->source && c->source->mask && kmc_noticed(c) & 1u << KMC_EFF_WARNED &&
			     !needs_memory_first(c);

		c->value = zones && judge->pages.zone_warned;
		KMC_ASK(judge, DMA_5, c);
		judge->pages.zone_warned |= zones;
		c->value = 0;
		KMC_ASK(judge, DMA_9, c);
	}
	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	KMC_ASK(judge, DMA_2, c);
	if (c->source && is_coherent(c->ev->what))
		KMC_ASK(judge, DMA_3, c);
}

static void end_device(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_source *device;

	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	device = kmc_book_source_make(&judge->sources, KMC_SOURCE_DEVICE, c->ev->cache);
	if (!device)
		return;
	device->mask = c->ev->granted;
	device->limit = c->ev->addr2;
}

static void end_mask(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_source *device = source_of(judge, c, KMC_SOURCE_DEVICE);

	KMC_ASK(judge, DMA_10, c);
	if (device && c->ev->what == KMC_OP_DMA_SET_COHERENT_MASK &&
	    c->ev->outcome == KMC_OUT_VALUE)
		device->mask = c->ev->size;
}

static void end_pool(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_source *pool;

	KMC_ASK(judge, DMA_12, c);
	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	pool = kmc_book_source_make(&judge->sources, KMC_SOURCE_DMA_POOL, c->ev->cache);
	if (!pool)
		return;
	pool->size = c->ev->size;
	pool->align = c->ev->arg ? c->ev->arg : 1;
	pool->boundary = c->ev->granted;
}

static void end_block(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_source *pool = source_of(judge, c, KMC_SOURCE_DMA_POOL);

	if (c->ev->outcome != KMC_OUT_VALUE || !pool)
		return;
	c->source = pool;
	KMC_ASK(judge, DMA_13, c);
	KMC_ASK(judge, DMA_14, c);
	pool->live++;
}

void kmc_dma_end(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_source *pool;

	switch (c->ev->what) {
	case KMC_OP_DMA_DEVICE:
		end_device(judge, c);
		break;
	case KMC_OP_DMA_SET_MASK:
	case KMC_OP_DMA_SET_COHERENT_MASK:
		end_mask(judge, c);
		break;
	case KMC_OP_DMA_ALLOC_COHERENT:
	case KMC_OP_DMA_ALLOC_ATTRS:
	case KMC_OP_DMA_ALLOC_PAGES:
	case KMC_OP_DMA_ALLOC_NONCOHERENT:
	case KMC_OP_DMA_ALLOC_NONCONTIGUOUS:
		end_buffer(judge, c);
		break;
	case KMC_OP_DMA_POOL_CREATE:
		end_pool(judge, c);
		break;
	case KMC_OP_DMA_POOL_ALLOC:
		end_block(judge, c);
		break;
	case KMC_OP_DMA_POOL_FREE:
		pool = source_of(judge, c, KMC_SOURCE_DMA_POOL);
		if (pool && pool->live)
			pool->live--;
		break;
	case KMC_OP_DMA_POOL_DESTROY:
		pool = source_of(judge, c, KMC_SOURCE_DMA_POOL);
		if (pool)
			kmc_book_source_drop(&judge->sources, pool);
		break;
	}
}

void kmc_percpu_end(struct kmc_judge *judge, const struct kmc_case *c)
{
	KMC_ASK(judge, PCU_1, c);
	KMC_ASK(judge, PCU_2, c);
	KMC_ASK(judge, PCU_3, c);
	KMC_ASK(judge, PCU_4, c);
}
