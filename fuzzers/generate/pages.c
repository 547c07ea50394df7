/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of pages: taken, referenced, split, asked about. */
#include "maker.h"

static void page_flags(struct maker *m, struct kmc_op *op)
{
	static const uint32_t zones[] = { KMC_GFP_DMA, KMC_GFP_DMA32, KMC_GFP_HIGHMEM };

	op->gfp.atoms = gen_flags(m, op, true);
	if (op->order > 1)
		op->gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	if (gen_chance(m, 8))
		op->gfp.atoms |= zones[gen_draw(m, 3)];
	if (!(op->gfp.atoms & (KMC_GFP_RECLAIMABLE | KMC_GFP_DMA | KMC_GFP_DMA32)) &&
	    gen_chance(m, 6))
		op->gfp.atoms |= KMC_GFP_MOVABLE;
}

void gen_pages(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_ALLOC_PAGES, KMC_OP_ALLOC_PAGES_NODE,
					  KMC_OP_GET_FREE_PAGES, KMC_OP_GET_ZEROED_PAGE,
					  KMC_OP_FOLIO_ALLOC };
	static const uint8_t by[] = { BY_PAGES, BY_PAGES, BY_GET, BY_GET, BY_FOLIO };
	unsigned int which = gen_draw(m, 5);
	struct kmc_op op = gen_start(m, codes[which]);
	struct block *b;

	op.dst = slot;
	op.order = (uint8_t)(which == 3 ? 0 : gen_draw(m, gen_chance(m, 10) ? 12 : 4));
	if (op.order <= 10 && !gen_room_for(m, 4096ull << op.order))
		return;
	page_flags(m, &op);
	if (which == 2 || which == 3)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_HIGHMEM;
	if (which == 1)
		gen_node_flags(m, &op);
	if (which != 4 && gen_chance(m, 4))
		op.gfp.atoms |= KMC_GFP_COMP;
	gen_keep_sometimes(m, &op);
	gen_emit(m, &op);
	b = gen_note(m, &op, by[which], op.order > 10 ? 0 : 4096ull << op.order);
	b->null = op.order > 10;
	b->zero |= gen_zeroes(op.code);
}

void gen_exact(struct maker *m, uint16_t slot)
{
	struct kmc_op op = gen_start(m, gen_chance(m, 2) ? KMC_OP_ALLOC_PAGES_EXACT
							 : KMC_OP_ALLOC_PAGES_EXACT_NID);

	op.dst = slot;
	op.a = 1 + gen_draw(m, 40000);
	if (!gen_room_for(m, 65536))
		return;
	op.gfp.atoms = gen_flags(m, &op, true);
	if (op.a > 8192)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	if (op.code == KMC_OP_ALLOC_PAGES_EXACT_NID)
		gen_node_flags(m, &op);
	gen_emit(m, &op);
	gen_note(m, &op, BY_EXACT, op.a)->sure &= op.a <= 16384;
}

bool gen_is_pages(const struct block *b)
{
	return b->by == BY_PAGES || b->by == BY_GET || b->by == BY_FOLIO;
}

void gen_reference(struct maker *m)
{
	int at = gen_some_block(m, true,
				gen_chance(m, 2)   ? BY_PAGES
				: gen_chance(m, 2) ? BY_GET
						   : BY_FOLIO);
	struct block *b;

	if (at < 0)
		return;
	b = gen_block_at(m, (uint16_t)at);
	if (b->parts || b->extra > 3)
		return;
	gen_emit_at(m, KMC_OP_GET_PAGE, (uint16_t)at);
	b->extra++;
}

void gen_split(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_SPLIT_PAGE);
	int at = gen_some_block(m, true, gen_chance(m, 2) ? BY_PAGES : BY_GET);
	struct block *b;

	if (at < 0)
		return;
	b = gen_block_at(m, (uint16_t)at);
	if (b->comp || b->parts || b->extra || !b->order || b->order > 3)
		return;
	op.src = (uint16_t)at;
	op.order = b->order;
	gen_emit(m, &op);
	b->parts = (1ull << (1u << b->order)) - 1;
}

void gen_page_question(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_PAGE_ADDRESS, KMC_OP_VIRT_TO_PAGE,
					  KMC_OP_PAGE_TO_PFN, KMC_OP_PAGE_REF_COUNT,
					  KMC_OP_COMPOUND_ORDER, KMC_OP_PAGE_IS_PFMEMALLOC };
	int at = gen_some_block(m, true, gen_chance(m, 2) ? BY_PAGES : BY_FOLIO);

	if (at >= 0 && !gen_block_at(m, (uint16_t)at)->parts)
		gen_emit_at(m, codes[gen_draw(m, 6)], (uint16_t)at);
}
