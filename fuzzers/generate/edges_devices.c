/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same edges for devices, packed objects, percpu areas, pools and contiguous areas. */
#include "maker.h"

static struct kmc_op on(struct maker *m, unsigned int code, uint16_t src, uint16_t dst, uint64_t a)
{
	struct kmc_op op = gen_start(m, code);

	op.src = src;
	op.dst = dst;
	op.a = a;
	return op;
}

static void make_device(struct maker *m)
{
	struct kmc_op op = on(m, KMC_OP_DMA_DEVICE, KMC_NO_SLOT, DEVICE_SLOT, UINT32_MAX);

	op.b = gen_chance(m, 2) ? UINT32_MAX : UINT64_MAX;
	gen_emit_task(m, &op);
}

/* Bits that choose a zone, and a mask out of reach. */
static void dma_edge(struct maker *m)
{
	static const uint16_t kinds[][2] = {
		{ KMC_OP_DMA_ALLOC_COHERENT, KMC_OP_DMA_FREE_COHERENT },
		{ KMC_OP_DMA_ALLOC_PAGES, KMC_OP_DMA_FREE_PAGES },
		{ KMC_OP_DMA_ALLOC_NONCOHERENT, KMC_OP_DMA_FREE_NONCOHERENT },
	};
	const uint16_t *kind = kinds[gen_draw(m, 3)];
	uint64_t size = 1 + gen_draw(m, 30000);
	struct kmc_op op;

	make_device(m);
	op = on(m, KMC_OP_DMA_SET_COHERENT_MASK, DEVICE_SLOT, NUM_SLOT, 1 + gen_draw(m, 60000));
	if (gen_chance(m, 2)) /* what lies between the low zone's end and a zone's */
		op.a = (1ull << (24 + gen_draw(m, 9))) - 1;
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_DMA_SET_MASK, DEVICE_SLOT, NUM_SLOT, (1ull << (33 + gen_draw(m, 30))) - 1);
	gen_emit_task(m, &op);
	for (int i = 0; i < 2; i++) {
		op = on(m, kind[0], DEVICE_SLOT, HELD_SLOT, size);
		op.gfp.atoms = KERNEL | (gen_chance(m, 2) ? KMC_GFP_DMA : KMC_GFP_DMA32);
		gen_emit_task(m, &op);
		if (kind[0] != KMC_OP_DMA_ALLOC_COHERENT)
			continue;
		op = on(m, kind[1], DEVICE_SLOT, HELD_SLOT, size);
		gen_emit_task(m, &op);
	}
}

/* Pools whose blocks must not cross a boundary, and pools that cannot be. */
static void dma_pool_edge(struct maker *m)
{
	static const struct {
		uint16_t size, align, boundary;
	} pools[] = {
		{ 24, 8, 64 },	 { 40, 16, 128 }, { 100, 4, 256 }, { 600, 64, 1024 },
		{ 0, 8, 0 },	 { 64, 3, 0 },	  { 64, 8, 32 },   { 64, 8, 96 },
		{ 24, 32, 4096 }, { 700, 8, 2048 },
	};
	unsigned int which = gen_draw(m, 10), nr = 2 + gen_draw(m, 7);
	bool impossible = which >= 4 && which < 8;
	struct kmc_op op;

	make_device(m);
	op = on(m, KMC_OP_DMA_POOL_CREATE, DEVICE_SLOT, DEVICE_SLOT + 1, pools[which].size);
	op.b = pools[which].align;
	op.c = pools[which].boundary;
	gen_emit_task(m, &op);
	for (unsigned int i = 0; !impossible && i < nr; i++) {
		op = on(m, KMC_OP_DMA_POOL_ALLOC, DEVICE_SLOT + 1, (uint16_t)(HELD_SLOT + i), 0);
		op.gfp.atoms = KERNEL | (gen_chance(m, 2) ? KMC_GFP_ZERO : 0);
		gen_emit_task(m, &op);
		if (m->now.armed || m->exhaust)
			continue;
		op = on(m, KMC_OP_WRITE, (uint16_t)(HELD_SLOT + i), KMC_NO_SLOT, pools[which].size);
		op.c = ++m->patterns;
		gen_emit_task(m, &op);
	}
	for (unsigned int i = 0; !impossible && i < nr; i++) {
		op = on(m, KMC_OP_DMA_POOL_FREE, DEVICE_SLOT + 1, (uint16_t)(HELD_SLOT + i), 0);
		gen_emit_task(m, &op);
	}
	if (impossible)
		return;
	op = on(m, KMC_OP_DMA_POOL_DESTROY, DEVICE_SLOT + 1, KMC_NO_SLOT, 0);
	gen_emit_task(m, &op);
}

/* No bytes, more than a page; and many, so that some straddle. */
static void zs_read(struct maker *m, uint16_t slot)
{
	struct kmc_op op = on(m, KMC_OP_ZS_OBJ_READ_BEGIN, DEVICE_SLOT, slot, 4096);

	gen_emit_task(m, &op);
	op = on(m, KMC_OP_ZS_OBJ_READ_END, DEVICE_SLOT, slot, 0);
	gen_emit_task(m, &op);
}

/* The packs of so many slots, and the pool. */
static void zs_end(struct maker *m, uint16_t first, uint16_t nr)
{
	struct kmc_op op;

	for (uint16_t i = 0; i < nr; i++) {
		op = on(m, KMC_OP_ZS_FREE, DEVICE_SLOT, (uint16_t)(first + i), 0);
		gen_emit_task(m, &op);
	}
	op = on(m, KMC_OP_ZS_DESTROY_POOL, DEVICE_SLOT, KMC_NO_SLOT, 0);
	gen_emit_task(m, &op);
}

static void zs_edge(struct maker *m)
{
	static const uint64_t sizes[] = { 0, 4097, 10000 };
	uint64_t size = 1500 + gen_draw(m, 1800);
	struct kmc_op op = on(m, KMC_OP_ZS_CREATE_POOL, KMC_NO_SLOT, DEVICE_SLOT, 2);

	gen_emit_task(m, &op);
	op = on(m, KMC_OP_ZS_MALLOC, DEVICE_SLOT, HELD_SLOT, sizes[gen_draw(m, 3)]);
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i < 4; i++) {
		op = on(m, KMC_OP_ZS_MALLOC, DEVICE_SLOT, (uint16_t)(HELD_SLOT + i), size);
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
		if (m->wish->profile < KMC_RELEASE(6, 18, 0) || m->now.armed || m->exhaust)
			continue;
		op = on(m, KMC_OP_ZS_OBJ_WRITE, DEVICE_SLOT, (uint16_t)(HELD_SLOT + i), size);
		op.b = 1 + gen_draw(m, 255);
		gen_emit_task(m, &op);
		zs_read(m, (uint16_t)(HELD_SLOT + i));
	}
	zs_end(m, HELD_SLOT, 4);
}

static void percpu_edge(struct maker *m)
{
	static const struct {
		uint32_t size, align;
		bool possible;
	} areas[] = {
		{ 0, 8, false },    { 40000, 8, false }, { 64, 8192, false }, { 64, 12, false },
		{ 32768, 8, true }, { 12, 4096, true },	 { 20, 64, true },
	};
	unsigned int which = gen_draw(m, 7);
	struct kmc_op op = on(m, KMC_OP_ALLOC_PERCPU, KMC_NO_SLOT, HELD_SLOT + 1, 4);

	/* So that the next free place is not aligned by itself. */
	op.b = 4;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_ALLOC_PERCPU, KMC_NO_SLOT, HELD_SLOT, areas[which].size);
	op.b = areas[which].align;
	op.gfp.atoms = areas[which].possible && gen_chance(m, 2) ? KMC_GFP_KSWAPD_RECLAIM : KERNEL;
	gen_emit_task(m, &op);
	if (areas[which].possible)
		gen_emit_at(m, KMC_OP_FREE_PERCPU, HELD_SLOT);
	gen_emit_at(m, KMC_OP_FREE_PERCPU, HELD_SLOT + 1);
}

/* A backend that fails: the reserve is what there is. */
static void mempool_edge(struct maker *m)
{
	unsigned int nr = 1 + gen_draw(m, 3);
	struct kmc_op op = on(m, KMC_OP_MEMPOOL_CREATE, KMC_NO_SLOT, DEVICE_SLOT, nr);
	uint16_t first = HELD_SLOT;

	if (m->now.armed || m->exhaust)
		return;
	op.b = KMC_OP_KMALLOC;
	op.c = 1 + gen_draw(m, 2000);
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_MEMPOOL_RESIZE, DEVICE_SLOT, NUM_SLOT, gen_draw(m, 3) ? nr + 1 : nr);
	gen_emit_task(m, &op);
	nr = (unsigned int)op.a;
	gen_arm(m, 0, 1, 1);
	for (unsigned int i = 0; i <= nr; i++) {
		op = on(m, KMC_OP_MEMPOOL_ALLOC, DEVICE_SLOT, (uint16_t)(first + i), 0);
		op.gfp.atoms = gen_chance(m, 2) ? KMC_GFP_KSWAPD_RECLAIM : KERNEL;
		gen_emit_task(m, &op);
	}
	gen_arm(m, 0, 0, 0);
	op = on(m, KMC_OP_MEMPOOL_ALLOC_PREALLOCATED, DEVICE_SLOT, (uint16_t)(first + nr), 0);
	if (m->wish->profile >= KMC_RELEASE(6, 12, 0))
		gen_emit_task(m, &op);
	op = on(m, KMC_OP_MEMPOOL_FREE, DEVICE_SLOT, KMC_NO_SLOT, 0); /* of nothing */
	gen_emit_task(m, &op);
	for (unsigned int i = 0; i < nr; i++) {
		op = on(m, KMC_OP_MEMPOOL_FREE, DEVICE_SLOT, (uint16_t)(first + i), 0);
		gen_emit_task(m, &op);
	}
	op = on(m, KMC_OP_MEMPOOL_RESIZE, DEVICE_SLOT, NUM_SLOT, 1);
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_MEMPOOL_DESTROY, DEVICE_SLOT, KMC_NO_SLOT, 0);
	gen_emit_task(m, &op);
}

/* Areas that cannot be declared. */
static void cma_edge(struct maker *m)
{
	struct kmc_op op = on(m, KMC_OP_CMA_DECLARE, KMC_NO_SLOT, DEVICE_SLOT, 0);

	op.b = 4 << 20;
	switch (gen_draw(m, 3)) {
	case 0:
		op.d = 3 << 20;
		break;
	case 1:
		op.order = 10;
		op.b = 2 << 20;
		break;
	default:
		op.a = (8 << 20) + 4096;
		op.d = gen_chance(m, 2) ? 4 << 20 : 0;
		op.node = 1; /* fixed */
	}
	gen_emit_task(m, &op);
}

/* A device that never said which addresses it reaches. */
static void maskless_edge(struct maker *m)
{
	struct kmc_op op = on(m, KMC_OP_DMA_DEVICE, KMC_NO_SLOT, DEVICE_SLOT, UINT32_MAX);

	gen_emit_task(m, &op);
	op = on(m, KMC_OP_DMA_ALLOC_PAGES, DEVICE_SLOT, HELD_SLOT, 1 + gen_draw(m, 9000));
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
}

/* Coherent memory is no compound block: who asks for one gets nothing. */
static void dma_compound(struct maker *m)
{
	struct kmc_op op;

	if (m->wish->profile < KMC_RELEASE(6, 6, 0)) /* where it gets one */
		return;
	make_device(m);
	op = on(m, KMC_OP_DMA_ALLOC_COHERENT, DEVICE_SLOT, HELD_SLOT, 1 + gen_draw(m, 9000));
	op.gfp.atoms = KERNEL | KMC_GFP_COMP;
	gen_emit_task(m, &op);
}

/* More than the area has: NULL, and nothing of it is lost. */
static void cma_too_much(struct maker *m)
{
	struct kmc_op op = on(m, KMC_OP_CMA_DECLARE, KMC_NO_SLOT, AREA_SLOT, 0);

	if (m->now.area || m->now.armed || m->exhaust)
		return;
	m->now.area = true;
	op.b = 4 << 20;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i < 3; i++) { /* and nothing at all */
		static const uint16_t counts[] = { 1000, 700, 0 };

		op = on(m, KMC_OP_CMA_ALLOC, AREA_SLOT, (uint16_t)(HELD_SLOT + i), counts[i]);
		gen_emit_task(m, &op);
	}
	op = on(m, KMC_OP_CMA_RELEASE, AREA_SLOT, KMC_NO_SLOT, 1000);
	op.third = HELD_SLOT;
	gen_emit_task(m, &op);
}

/* What is left of two packs fits into one: compaction moves it, with all that it holds. */
static void zs_moved(struct maker *m)
{
	struct kmc_op op = on(m, KMC_OP_ZS_CREATE_POOL, KMC_NO_SLOT, DEVICE_SLOT, 3);
	uint64_t size = 2000;

	if (m->wish->profile < KMC_RELEASE(6, 18, 0) || m->now.armed || m->exhaust)
		return;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i < 3; i++) {
		op = on(m, KMC_OP_ZS_MALLOC, DEVICE_SLOT, (uint16_t)(HELD_SLOT + i), size);
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
	}
	op = on(m, KMC_OP_ZS_OBJ_WRITE, DEVICE_SLOT, HELD_SLOT + 2, size);
	op.b = 1 + gen_draw(m, 255);
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_ZS_FREE, DEVICE_SLOT, HELD_SLOT, 0);
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_ZS_GET_TOTAL_PAGES, DEVICE_SLOT, NUM_SLOT, 0);
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_ZS_COMPACT, DEVICE_SLOT, NUM_SLOT, 0);
	gen_emit_task(m, &op);
	zs_read(m, HELD_SLOT + 2);
	zs_end(m, HELD_SLOT + 1, 2);
}

/* A run is its own whole: what others get meanwhile lies elsewhere. */
static void cma_neighbours(struct maker *m)
{
	struct kmc_op op = on(m, KMC_OP_CMA_DECLARE, KMC_NO_SLOT, AREA_SLOT, 0);
	uint64_t nr = 2 + gen_draw(m, 60);

	if (m->now.area || m->now.armed || m->exhaust)
		return;
	m->now.area = true; /* one that is declared stays */
	op.b = 4 << 20;
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_CMA_ALLOC, AREA_SLOT, HELD_SLOT, nr);
	gen_emit_task(m, &op);
	op = on(m, KMC_OP_WRITE, HELD_SLOT, KMC_NO_SLOT, nr * 4096);
	op.c = ++m->patterns;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i < 8; i++) {
		op = on(m, KMC_OP_CMA_ALLOC, AREA_SLOT, (uint16_t)(HELD_SLOT + 1 + i), 1);
		gen_emit_task(m, &op);
	}
	for (uint16_t i = 0; i < 8; i++) {
		op = on(m, KMC_OP_CMA_RELEASE, AREA_SLOT, KMC_NO_SLOT, 1);
		op.third = (uint16_t)(HELD_SLOT + 1 + i);
		gen_emit_task(m, &op);
	}
	op = on(m, KMC_OP_CMA_RELEASE, AREA_SLOT, KMC_NO_SLOT, nr);
	op.third = HELD_SLOT;
	gen_emit_task(m, &op);
}

void gen_device_edge(struct maker *m)
{
	static void (*const edges[])(struct maker *) = {
		dma_edge,	dma_edge,	dma_pool_edge,	zs_edge,
		percpu_edge,	mempool_edge,	cma_edge,	cma_neighbours,
		maskless_edge,	cma_too_much,	zs_moved,	dma_compound,
	};

	edges[gen_draw(m, sizeof(edges) / sizeof(edges[0]))](m);
}
