// SPDX-License-Identifier: GPL-2.0-or-later
/* Contiguous areas: their making, what is taken of them, who borrows their pages. */
#include "call_parts.h"

/* Whole pageblocks, or of what it is aligned to: the size that is asked for is the least. */
uint64_t kmc_area_bytes(const struct kmc_event *ev)
{
	uint64_t block = KMC_PAGE << 9, unit = ev->arg > block ? ev->arg : block;

	if (ev->what != KMC_OP_CMA_DECLARE || ev->size > UINT64_MAX - unit)
		return ev->size;
	return (ev->size + unit - 1) / unit * unit;
}

static void end_creation(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_source *area;

	if (c->ev->what == KMC_OP_CMA_DECLARE)
		KMC_ASK(judge, CMA_4, c);
	else
		KMC_ASK(judge, CMA_1, c);
	c->value = judge->sources.nr_areas;
	KMC_ASK(judge, CMA_2, c);
	if (c->ev->outcome != KMC_OUT_VALUE)
		return;
	area = kmc_book_source_make(&judge->sources, KMC_SOURCE_AREA, c->ev->cache);
	if (!area)
		return;
	area->base = c->ev->addr;
	area->size = kmc_area_bytes(c->ev);
	area->order = c->ev->order;
}

static void end_alloc(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_source *area =
		kmc_book_source_find(&judge->sources, KMC_SOURCE_AREA, c->ev->cache);

	c->source = area;
	KMC_ASK(judge, CMA_5, c);
	KMC_ASK(judge, CMA_6, c);
	if (!area)
		return;
	if (c->ev->outcome != KMC_OUT_VALUE) {
		area->failed = true;
		return;
	}
	KMC_ASK(judge, CMA_3, c);
	area->taken += c->size / KMC_PAGE; /* what was asked for, however many bits it took */
}

static void end_release(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_source *area =
		kmc_book_source_find(&judge->sources, KMC_SOURCE_AREA, c->ev->cache);
	uint64_t pages;

	c->source = area;
	KMC_ASK(judge, CMA_9, c);
	if (!area || c->ev->outcome != KMC_OUT_VALUE || !c->ev->arg)
		return;
	pages = c->ev->size / KMC_PAGE;
	area->taken -= pages < area->taken ? pages : area->taken;
}

static void end_available(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_source *area =
		kmc_book_source_find(&judge->sources, KMC_SOURCE_AREA, c->ev->cache);

	if (!area || c->ev->outcome != KMC_OUT_VALUE)
		return;
	c->source = area;
	/* One that lies in two zones is never put to use. */
	if (area->base && kmc_zone_of(judge, area->base) != kmc_zone_of(judge, area->base + area->size - 1))
		return;
	if (area->failed)
		KMC_ASK(judge, CMA_8, c);
	else
		KMC_ASK(judge, CMA_15, c);
	area->failed = false;
}

void kmc_cma_end(struct kmc_judge *judge, struct kmc_case *c)
{
	switch (c->ev->what) {
	case KMC_OP_CMA_DECLARE:
	case KMC_OP_CMA_INIT_RESERVED:
		end_creation(judge, c);
		break;
	case KMC_OP_CMA_ALLOC:
		end_alloc(judge, c);
		break;
	case KMC_OP_CMA_RELEASE:
		end_release(judge, c);
		break;
	case KMC_OP_CMA_AVAILABLE:
		end_available(judge, c);
		break;
	}
}

void kmc_cma_ask_borrower(struct kmc_judge *judge, const struct kmc_case *asked)
{
	struct kmc_case c = *asked;

	c.source = kmc_book_source_at(&judge->sources, c.addr);
	if (c.source)
		KMC_ASK(judge, CMA_11, &c);
}
