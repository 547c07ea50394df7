/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages by the dozen, in parts, in a row, and such as move: sequences whole in themselves. */
#include "maker.h"

void gen_emit_task(struct maker *m, struct kmc_op *op)
{
	op->context = KMC_CTX_TASK;
	gen_emit(m, op);
}

struct kmc_op gen_on_held(struct maker *m, unsigned int code)
{
	struct kmc_op op = gen_start(m, code);

	op.src = HELD_SLOT;
	return op;
}

static void do_page_bulk(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_ALLOC_PAGES_BULK);
	unsigned int nr = 1 + gen_draw(m, 12);

	if (m->wish->profile < KMC_RELEASE(6, 13, 0) && gen_chance(m, 2))
		op.code = KMC_OP_ALLOC_PAGES_BULK_LIST;
	op.dst = HELD_SLOT;
	op.a = nr;
	op.gfp.atoms = gen_flags(m, &op, true) & ~(uint32_t)KMC_GFP_NOFAIL;
	gen_emit(m, &op);
	for (unsigned int i = 0; i < nr; i++) {
		op = gen_start(m, KMC_OP_FREE_PAGES_PAGE);
		op.src = (uint16_t)(HELD_SLOT + i);
		gen_emit(m, &op);
	}
}

static void do_page_frag(struct maker *m)
{
	for (uint16_t i = 0; i < 3; i++) {
		struct kmc_op op = gen_start(m, KMC_OP_PAGE_FRAG_ALLOC);

		op.dst = (uint16_t)(HELD_SLOT + i);
		op.a = 1 + gen_draw(m, 4096);
		op.b = gen_chance(m, 2) ? 0 : 1ull << gen_draw(m, 12);
		op.gfp.atoms = gen_flags(m, &op, false) & ~(uint32_t)KMC_GFP_NOFAIL;
		gen_emit(m, &op);
	}
	for (uint16_t i = 3; i-- > 0;)
		gen_emit_at(m, KMC_OP_PAGE_FRAG_FREE, (uint16_t)(HELD_SLOT + i));
}

static void do_contig(struct maker *m)
{
	const struct kmc_zone *zone =
		&m->program->machine.zones[gen_draw(m, m->program->machine.nr_zones)];
	bool range = gen_chance(m, 2);
	struct kmc_op op =
		gen_start(m, range ? KMC_OP_ALLOC_CONTIG_RANGE : KMC_OP_ALLOC_CONTIG_PAGES);
	uint64_t nr = 1 + gen_draw(m, 600);

	op.dst = HELD_SLOT;
	op.a = range ? zone->start_pfn + gen_draw(m, 3000) : nr;
	op.b = range ? op.a + nr : 0;
	op.gfp.atoms = KERNEL | (gen_chance(m, 2) ? KMC_GFP_NOWARN : 0);
	if (gen_chance(m, 4)) {
		op.gfp.atoms |= KMC_GFP_COMP;
		nr = 1ull << gen_draw(m, 13);
		op.a = range ? (op.a | (nr - 1)) + 1 : nr;
		op.b = range ? op.a + nr : 0;
	}
	gen_emit_task(m, &op);
	if (op.gfp.atoms & KMC_GFP_COMP)
		gen_emit_at(m, KMC_OP_COMPOUND_ORDER, HELD_SLOT);
	op = gen_on_held(m, KMC_OP_FREE_CONTIG_RANGE);
	op.a = nr;
	gen_emit(m, &op);
}

static void do_movable(struct maker *m)
{
	struct kmc_op op = gen_start(m, gen_chance(m, 2) ? KMC_OP_ALLOC_PAGES : KMC_OP_FOLIO_ALLOC);
	uint8_t order = (uint8_t)gen_draw(m, 3);

	op.dst = HELD_SLOT;
	op.order = order;
	op.gfp.atoms = KERNEL | KMC_GFP_HARDWALL | KMC_GFP_HIGHMEM | KMC_GFP_MOVABLE | KMC_GFP_COMP;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_WRITE);
	op.a = 4096ull << order;
	op.c = ++m->patterns;
	gen_emit(m, &op);
	for (int i = 0; i < 2; i++) {
		struct kmc_op move = gen_on_held(m, KMC_OP_MIGRATE_MOVABLE);

		gen_emit_task(m, &move);
		op.code = KMC_OP_CHECK;
		gen_emit(m, &op);
	}
	gen_emit_at(m, KMC_OP_PUT_PAGE, HELD_SLOT);
}

static void do_nolock(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_ALLOC_PAGES_NOLOCK);
	uint8_t order;

	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		return;
	op.dst = HELD_SLOT;
	op.order = (uint8_t)gen_draw(m, 4);
	order = op.order;
	gen_emit(m, &op);
	op = gen_on_held(m, KMC_OP_FREE_PAGES_NOLOCK);
	op.order = order;
	gen_emit(m, &op);
}

static void do_area(struct maker *m)
{
	const uint64_t mib = 1 << 20;
	struct kmc_op op =
		gen_start(m, gen_chance(m, 2) ? KMC_OP_CMA_DECLARE : KMC_OP_CMA_INIT_RESERVED);

	if (m->now.area)
		return;
	op.dst = AREA_SLOT;
	op.b = 4 * mib;
	if (op.code == KMC_OP_CMA_INIT_RESERVED)
		op.a = (m->program->machine.zones[0].start_pfn << 12) / (32 * mib) * 32 * mib +
		       32 * mib;
	gen_emit_task(m, &op);
	m->now.area = true;
}

static void do_cma(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_CMA_ALLOC);
	unsigned int nr = 1 + gen_draw(m, 500);

	do_area(m);
	op.src = AREA_SLOT;
	op.dst = HELD_SLOT;
	op.a = nr;
	op.order = (uint8_t)gen_draw(m, 9);
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_WRITE);
	op.a = 4096;
	gen_emit(m, &op);
	gen_emit_at(m, KMC_OP_CMA_AVAILABLE, AREA_SLOT);
	op = gen_start(m, KMC_OP_CMA_RELEASE);
	op.src = AREA_SLOT;
	op.third = HELD_SLOT;
	op.a = nr;
	gen_emit_task(m, &op);
}

static void do_lists(struct maker *m)
{
	const struct kmc_zone *zone =
		&m->program->machine.zones[gen_draw(m, m->program->machine.nr_zones)];
	struct kmc_op op = gen_start(m, KMC_OP_ZONE_PCP_DISABLE);

	op.order = zone->kind;
	op.node = (int8_t)zone->node;
	op.a = gen_chance(m, 2);
	gen_emit_task(m, &op);
	op = gen_start(m, gen_chance(m, 2) ? KMC_OP_DRAIN_ALL_PAGES : KMC_OP_KCOMPACTD_STEP);
	if (op.code == KMC_OP_KCOMPACTD_STEP)
		op.node = (int8_t)zone->node;
	gen_emit_task(m, &op);
}

void gen_page_sequence(struct maker *m)
{
	if (m->wish->misuse != KMC_GEN_NONE)
		return; /* a misuse is of one of the model's blocks */
	switch (gen_draw(m, 16)) {
	case 8:
	case 9:
		gen_vmalloc(m);
		break;
	case 10:
	case 11:
		gen_kvmalloc(m);
		break;
	case 12:
		gen_mapping(m);
		break;
	case 13:
		gen_limit(m);
		break;
	case 14:
		gen_cpuset(m);
		break;
	case 15:
		gen_balloon(m);
		break;
	case 0:
		do_page_bulk(m);
		break;
	case 1:
		do_page_frag(m);
		break;
	case 2:
		do_contig(m);
		break;
	case 3:
		do_movable(m);
		break;
	case 4:
		do_nolock(m);
		break;
	case 5:
	case 6:
		do_cma(m);
		break;
	default:
		do_lists(m);
	}
}
