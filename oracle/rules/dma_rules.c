// SPDX-License-Identifier: GPL-2.0-or-later
/* DMA: memory that devices reach, and the pools of devices. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define ZONE_BITS (KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_HIGHMEM)
#define EIO_ 5u

static bool device_has_mask(const struct kmc_case *c)
{
	return c->source && c->source->mask;
}

KMC_RULE_FN(DMA_1)
{
	bool value = c->ev->outcome == KMC_OUT_VALUE;

	KMC_VERDICT(DMA_1, c->ev->outcome == KMC_OUT_NULL || (value && c->addr), "result",
		    (j, "a buffer comes with both its addresses, or NULL"),
		    (j, "the outcome is %s", kmc_outcome_name(c->ev->outcome)));
}

static uint64_t block_bytes(uint64_t size)
{
	uint64_t bytes = KMC_PAGE;

	while (bytes < size && bytes << 1)
		bytes <<= 1;
	return bytes;
}

KMC_RULE_FN(DMA_2)
{
	uint64_t block = block_bytes(c->size), bus = c->ev->addr2;

	/* Out of a contiguous area larger ones are aligned to 2^8 pages only, as shipped. */
	if (block > KMC_PAGE << 8 || !c->size) {
		KMC_UNKNOWN_HERE(DMA_2);
		return;
	}
	KMC_VERDICT(DMA_2, !((c->addr | bus) % block), "align",
		    (j, NUM " bytes begin at a multiple of " NUM, c->size, block),
		    (j, "they are at " ADDR ", for the device at " ADDR, c->addr, bus));
}

static uint64_t highest(const struct kmc_source *device)
{
	return device->limit && device->limit < device->mask ? device->limit : device->mask;
}

KMC_RULE_FN(DMA_3)
{
	uint64_t bus = c->ev->addr2;

	if (!bus || !device_has_mask(c))
		return;
	KMC_VERDICT(DMA_3, bus + c->size - 1 <= highest(c->source), "mask",
		    (j, "the device reaches addresses up to " ADDR, highest(c->source)),
		    (j, "the buffer ends at " ADDR, bus + c->size - 1));
}

/* The zone that the device's reach calls for, as requests name it. */
static bool zone_is_called_for(const struct kmc_source *device, uint32_t gfp)
{
	if (gfp & KMC_GFP_DMA)
		return highest(device) < UINT32_MAX;
	return highest(device) <= UINT32_MAX || !(gfp & KMC_GFP_DMA32);
}

KMC_RULE_FN(DMA_4)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (!(c->gfp & ZONE_BITS) || !device_has_mask(c))
		return;
	if (!notes->nr_page_gets && !notes->nr_page_fails) {
		/* Where requests are shown: one that none was made for was refused. */
		if (j->page_points && c->ev->outcome == KMC_OUT_NULL && !(c->gfp & KMC_GFP_COMP) &&
		    c->size && c->size <= 1 << 20 && !c->effects)
			KMC_BREACH(DMA_4, "refused",
				   (j, "bits that choose a zone are ignored in a coherent request"),
				   (j, "no page was asked for, and it returned NULL"));
		return;
	}
	KMC_VERDICT(DMA_4, zone_is_called_for(c->source, notes->page_gfp), "honoured",
		    (j, "where coherent memory comes from the device's reach says, not the caller"),
		    (j, "the first page was asked for with flags %#x", notes->page_gfp));
}

KMC_RULE_FN(DMA_5)
{
	if (!(c->gfp & ZONE_BITS))
		return;
	if (c->value)
		KMC_BREACH(DMA_5, "noisy",
			   (j, "a caller that names a zone is refused, with one warning per boot"),
			   (j, "it was warned of before"));
	else
		KMC_VERDICT(DMA_5, c->ev->outcome == KMC_OUT_NULL, "zone",
			    (j, "a caller that names a zone is refused"),
			    (j, "it got a buffer"));
}

KMC_RULE_FN(DMA_6)
{
	if (!(c->gfp & KMC_GFP_COMP) || kmc_release_of(j) < KMC_RELEASE(6, 4, 0))
		return;
	KMC_VERDICT(DMA_6, c->ev->outcome == KMC_OUT_NULL, "compound",
		    (j, "__GFP_COMP is refused"), (j, "a buffer was made"));
}

KMC_RULE_FN(DMA_7)
{
	/* Without a mapping of the kernel nobody zeroes it. */
	if (!c->open->dirty || c->ev->arg & 1u << 4)
		return;
	KMC_VERDICT(DMA_7, c->open->dirty == 1, "zero",
		    (j, "coherent memory is zero"), (j, "byte " NUM " is not", c->open->dirty_at));
}

static const char *wrong_free(const struct kmc_case *c)
{
	if (c->ev->cache != KMC_CACHE_NONE && c->other->cache != c->ev->cache)
		return "another device was named";
	return c->ev->size && c->ev->size != c->size ? "another size was named" : NULL;
}

KMC_RULE_FN(DMA_8)
{
	if (kmc_pairing_of(c->from, c->by, j->subject.edition) != KMC_PAIR_LEGAL)
		KMC_BREACH(DMA_8, kmc_free_column_name(c->by),
			   (j, "a device's buffer is freed by its dma_free call"),
			   (j, "%s was called", kmc_free_column_name(c->by)));
	else if (c->other)
		KMC_VERDICT(DMA_8, !wrong_free(c), "arguments",
			    (j, "a buffer is freed for the device, and with the size, it was made"),
			    (j, "%s", wrong_free(c)));
}

KMC_RULE_FN(DMA_9)
{
	if (!c->source || c->source->mask || c->ev->what == KMC_OP_DMA_ALLOC_NONCONTIGUOUS)
		return;
	KMC_VERDICT(DMA_9, c->ev->outcome == KMC_OUT_NULL, "mask",
		    (j, "a device without a coherent mask gets no pages"), (j, "it got some"));
}

/* The low zone that devices are served from, or all memory where that is less. */
static uint64_t least_mask(const struct kmc_judge *j)
{
	uint64_t end = 0, low = (1ull << 24) - 1;

	for (unsigned int i = 0; i < j->subject.machine.nr_zones; i++) {
		const struct kmc_zone *zone = &j->subject.machine.zones[i];

		if (zone->start_pfn + zone->nr_pages > end)
			end = zone->start_pfn + zone->nr_pages;
	}
	if (!end || j->subject.machine.options & KMC_MO_no_zone_dma)
		return 0; /* not known */
	end = (end - 1) * KMC_PAGE;
	return end < low ? end : low;
}

KMC_RULE_FN(DMA_10)
{
	if (c->ev->outcome == KMC_OUT_ERROR && c->ev->size < UINT32_MAX)
		KMC_VERDICT(DMA_10, c->ev->arg == EIO_, "error",
			    (j, "a mask that cannot be served is refused with %d", -(int)EIO_),
			    (j, "the error is %d", -(int)c->ev->arg));
	else if (c->ev->size < least_mask(j))
		KMC_VERDICT(DMA_10, c->ev->outcome == KMC_OUT_ERROR, "unsupported",
			    (j, "a mask below " ADDR " reaches too little to be served",
			     least_mask(j)),
			    (j, ADDR " was accepted", c->ev->size));
	else if (c->ev->size >= UINT32_MAX)
		KMC_VERDICT(DMA_10, c->ev->outcome == KMC_OUT_VALUE && !c->ev->arg, "supported",
			    (j, "a mask of 32 bits or more is always served"),
			    (j, ADDR " was refused", c->ev->size));
}

KMC_RULE_FN(DMA_11)
{
	if (c->gfp & KMC_GFP_DIRECT_RECLAIM)
		return;
	KMC_VERDICT(DMA_11, !c->open->notes.saw_cma, "area",
		    (j, "a request that may not sleep takes nothing from a contiguous area"),
		    (j, "cma_alloc was called for it"));
}

static const char *wrong_pool(const struct kmc_event *ev)
{
	uint64_t align = ev->arg, boundary = ev->granted;

	if (!ev->size || ev->size > INT32_MAX)
		return "its size is impossible";
	if (align && !kmc_is_pow2(align))
		return "its alignment is no power of two";
	if (boundary && (boundary < ev->size || !kmc_is_pow2(boundary)))
		return "its boundary is impossible";
	return NULL;
}

KMC_RULE_FN(DMA_12)
{
	const char *wrong = wrong_pool(c->ev);

	if (!wrong)
		return;
	KMC_VERDICT(DMA_12, c->ev->outcome != KMC_OUT_VALUE, "arguments",
		    (j, "a pool that cannot be is NULL"), (j, "it was made, and %s", wrong));
}

KMC_RULE_FN(DMA_13)
{
	const struct kmc_source *pool = c->source;
	uint64_t bus = c->ev->addr2 ? c->ev->addr2 : c->addr;

	if (bus % pool->align)
		KMC_BREACH(DMA_13, "align", (j, "blocks are aligned to " NUM, pool->align),
			   (j, "one is at " ADDR, bus));
	else
		KMC_VERDICT(DMA_13, !pool->boundary || bus / pool->boundary ==
			    (bus + pool->size - 1) / pool->boundary, "boundary",
			    (j, "no block crosses a multiple of " NUM, pool->boundary),
			    (j, "one of " NUM " bytes is at " ADDR, pool->size, bus));
}

KMC_RULE_FN(DMA_14)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (notes->nr_page_gets && notes->page_gfp & KMC_GFP_ZERO &&
	    !(j->subject.machine.options & KMC_MO_init_on_alloc))
		KMC_BREACH(DMA_14, "pages", (j, "a pool's own pages are asked for without ZERO"),
			   (j, "they were asked for with flags %#x", notes->page_gfp));
	else if (c->gfp & KMC_GFP_ZERO && c->open->dirty)
		KMC_VERDICT(DMA_14, c->open->dirty == 1, "zero",
			    (j, "a block asked for with ZERO is zero"),
			    (j, "byte " NUM " is not", c->open->dirty_at));
}

KMC_RULE_FN(DMA_17)
{
	if (c->by != KMC_BY_NOBODY)
		KMC_VERDICT(DMA_17, kmc_pairing_of(c->from, c->by, j->subject.edition) ==
					    KMC_PAIR_LEGAL &&
				    (!c->other || c->ev->cache == KMC_CACHE_NONE ||
				     c->other->cache == c->ev->cache), "pair",
			    (j, "a block goes back to its pool by dma_pool_free"),
			    (j, "%s was called for another", kmc_free_column_name(c->by)));
	else
		KMC_VERDICT(DMA_17, !c->source->live, "outstanding",
			    (j, "all blocks are back before the pool is destroyed"),
			    (j, NUM " are out", c->source->live));
}
