// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Edges of the page calls, and of what is asked about addresses: flags that a call
 * drops or refuses, warnings that come once, no bytes, regions that are no area's.
 */
#include "maker.h"

/* Two in a row: what is to be said once is said once. */
static void exact_of_compound(struct maker *m)
{
	static const uint32_t dropped[] = { KMC_GFP_COMP, KMC_GFP_HIGHMEM, KMC_GFP_COMP | KMC_GFP_HIGHMEM };
	uint64_t bytes = 1 + gen_draw(m, 20000);

	for (uint16_t i = 0; i < 2; i++) {
		struct kmc_op op = gen_into(m, KMC_OP_ALLOC_PAGES_EXACT, (uint16_t)(HELD_SLOT + i), bytes);

		op.gfp.atoms |= dropped[gen_draw(m, 3)];
		gen_emit_task(m, &op);
	}
	for (uint16_t i = 0; i < 2; i++) {
		struct kmc_op op = gen_on_held(m, KMC_OP_FREE_PAGES_EXACT);

		op.src = (uint16_t)(HELD_SLOT + i);
		op.a = bytes;
		gen_emit(m, &op);
	}
}

/* Whoever asks for an address gets one, whatever zone he would take. */
static void address_of_high(struct maker *m)
{
	struct kmc_op op = gen_into(m, KMC_OP_GET_FREE_PAGES, HELD_SLOT, 0);
	uint8_t order = (uint8_t)gen_draw(m, 3);

	op.order = order;
	op.gfp.atoms |= KMC_GFP_HIGHMEM;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_FREE_PAGES);
	op.order = order;
	gen_emit(m, &op);
}

/* For user space, which the kernel writes to, and which may not be moved. */
static void for_user(struct maker *m)
{
	struct kmc_op op = gen_into(m, KMC_OP_ALLOC_PAGES, HELD_SLOT, 0);

	op.gfp.atoms |= KMC_GFP_HARDWALL;
	gen_emit_task(m, &op);
	gen_emit_at(m, KMC_OP_FREE_PAGES_PAGE, HELD_SLOT);
}

/* Up to 6.12 flags mattered to the migration only, and the range is had. */
static void contig_with_rights(struct maker *m)
{
	const struct kmc_zone *zone = &m->program->machine.zones[0];
	struct kmc_op op = gen_into(m, KMC_OP_ALLOC_CONTIG_RANGE, HELD_SLOT, zone->start_pfn);

	op.b = op.a + 512;
	op.gfp.atoms |= KMC_GFP_MEMALLOC;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_FREE_CONTIG_RANGE);
	op.a = 512;
	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		gen_emit(m, &op);
}

/* A compound block has a power of two of pages; before 6.12 the flag meant nothing here. */
static void compound_of_six(struct maker *m)
{
	const struct kmc_zone *zone = &m->program->machine.zones[0];
	struct kmc_op op = gen_into(m, KMC_OP_ALLOC_CONTIG_RANGE, HELD_SLOT, zone->start_pfn);

	op.b = op.a + 6;
	op.gfp.atoms |= KMC_GFP_COMP;
	if (m->wish->profile >= KMC_RELEASE(6, 12, 0))
		gen_emit_task(m, &op);
}

static void area_of_nothing(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_VMALLOC, KMC_OP_VZALLOC };
	struct kmc_op op = gen_into(m, codes[gen_draw(m, 2)], HELD_SLOT, 0);

	op.gfp.atoms = 0;
	gen_emit_task(m, &op);
}

/* A resize to nothing gives the area back. */
static void area_to_nothing(struct maker *m)
{
	struct kmc_op op = gen_into(m, KMC_OP_VMALLOC, HELD_SLOT, 1 + gen_draw(m, 20000));

	if (m->wish->profile < KMC_RELEASE(6, 12, 0) || m->now.armed || m->exhaust)
		return;
	op.gfp.atoms = 0;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_VREALLOC);
	op.dst = HELD_SLOT + 1;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
}

/* Whether an address is an area's is asked of what is none, too. */
static void is_an_area(struct maker *m)
{
	struct kmc_op op = gen_into(m, KMC_OP_KMALLOC, HELD_SLOT, gen_chance(m, 2) ? 0 : 100);

	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_IS_VMALLOC_ADDR);
	op.dst = NUM_SLOT;
	gen_emit_task(m, &op);
	gen_emit_at(m, KMC_OP_KFREE, HELD_SLOT);
}

/* Base and size are multiples of a pageblock's bytes, or it is refused. */
static void crooked_area(struct maker *m)
{
	bool base = gen_chance(m, 2);
	struct kmc_op op = gen_into(m, KMC_OP_CMA_INIT_RESERVED, HELD_SLOT, (32 << 20) + (base ? 4096 : 0));

	op.gfp.atoms = 0;
	op.b = base ? 4 << 20 : 4096;
	gen_emit_task(m, &op);
}

void gen_page_edge(struct maker *m)
{
	static void (*const edges[])(struct maker *) = {
		exact_of_compound, address_of_high, for_user,	 contig_with_rights,
		area_of_nothing,   is_an_area,	    crooked_area, compound_of_six,
		area_to_nothing,
	};

	edges[gen_draw(m, sizeof(edges) / sizeof(edges[0]))](m);
}
