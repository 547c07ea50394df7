/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the contract's sentences have their edges: products that do not fit, no
 * bytes, nothing to resize, flags that forbid a way out. Sequences whole in
 * themselves; what must fail leaves no block.
 */
#include "maker.h"

static void write_held(struct maker *m, uint64_t bytes)
{
	struct kmc_op op = gen_on_held(m, KMC_OP_WRITE);

	op.a = bytes;
	op.c = ++m->patterns;
	gen_emit(m, &op);
}

static void check_held(struct maker *m, unsigned int code, uint64_t bytes)
{
	struct kmc_op op = gen_on_held(m, code);

	op.a = bytes;
	op.c = code == KMC_OP_CHECK ? m->patterns : 0;
	gen_emit(m, &op);
}

/* A resize of a block that stays, into a slot of its own. */
static void failing_resize(struct maker *m)
{
	uint64_t size = 1 + gen_draw(m, 3000);
	struct kmc_op op = gen_into(m, KMC_OP_KMALLOC, HELD_SLOT, size);

	gen_emit_task(m, &op);
	write_held(m, size);
	op = gen_on_held(m, KMC_OP_KREALLOC_ARRAY);
	op.dst = HELD_SLOT + 1;
	op.a = UINT64_MAX / 2 + gen_draw(m, 3);
	op.b = 2 + gen_draw(m, 8);
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	check_held(m, KMC_OP_CHECK, size);
	op = gen_on_held(m, KMC_OP_KMEMDUP_ARRAY);
	op.dst = HELD_SLOT + 1;
	op.a = UINT64_MAX / 2;
	op.b = 3;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	gen_emit_at(m, KMC_OP_KFREE, HELD_SLOT);
}

/* A resize that makes a block. */
static void resize_of_nothing(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KREALLOC, KMC_OP_VREALLOC };
	bool area = gen_chance(m, 2) && m->wish->profile >= KMC_RELEASE(6, 12, 0);
	struct kmc_op op = gen_into(m, codes[area], HELD_SLOT, 1 + gen_draw(m, 9000));

	op.src = KMC_NO_SLOT;
	gen_emit_task(m, &op);
	gen_emit_at(m, KMC_OP_KVFREE, HELD_SLOT);
}

/* Each request zeroes, so what growth exposes is zero. */
static void zero_growth(struct maker *m)
{
	bool area = gen_chance(m, 2) && m->wish->profile >= KMC_RELEASE(6, 12, 0);
	uint64_t size = 1 + gen_draw(m, area ? 9000 : 700);
	struct kmc_op op = gen_into(m, area ? KMC_OP_VZALLOC : KMC_OP_KZALLOC, HELD_SLOT, size);

	if (m->now.armed || m->exhaust)
		return;
	/* Up to 6.12 a resize forgets that a red zone begins behind the request, and leaves it. */
	if (!area && m->wish->profile < KMC_RELEASE(6, 18, 0) &&
	    m->program->machine.options & KMC_MO_LAYOUT_DEBUG)
		return;
	if (area)
		op.gfp.atoms = 0;
	gen_emit_task(m, &op);
	/* 6.6.9 shows what was written before a block shrank. */
	for (int i = 0; i < (m->wish->profile == KMC_RELEASE(6, 6, 9) ? 3 : 5); i++) {
		uint64_t kept = size;

		op = gen_on_held(m, area ? KMC_OP_VREALLOC : KMC_OP_KREALLOC);
		op.dst = HELD_SLOT;
		op.a = size = 1 + gen_draw(m, (uint32_t)size * 2);
		op.gfp.atoms = KERNEL | KMC_GFP_ZERO;
		gen_emit_task(m, &op);
		kept = kept < size ? kept : size;
		op = gen_on_held(m, KMC_OP_CHECK_ZERO);
		op.b = kept;
		op.a = size - kept;
		gen_emit(m, &op);
		if (i == 1)
			write_held(m, size);
	}
	gen_emit_at(m, area ? KMC_OP_VFREE : KMC_OP_KFREE, HELD_SLOT);
}

/* An area has the alignment that it has: not more than 2^40, where addresses of areas begin. */
static void area_alignment(struct maker *m)
{
	struct kmc_op op = gen_into(m, KMC_OP_VMALLOC, HELD_SLOT, 1 + gen_draw(m, 20000));

	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		return;
	op.gfp.atoms = 0;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_VREALLOC_NODE_ALIGN);
	op.dst = HELD_SLOT + 1;
	op.a = 1;
	op.b = 1ull << 41;
	op.gfp.atoms = KERNEL;
	op.node = KMC_NODE_NONE;
	gen_emit_task(m, &op);
	gen_emit_at(m, KMC_OP_VFREE, HELD_SLOT);
}

static void kvmalloc_edge(struct maker *m)
{
	struct kmc_op op = gen_into(m, KMC_OP_KVMALLOC, HELD_SLOT, 0);

	switch (gen_draw(m, 5)) {
	case 0: /* more than fits an int */
		op.a = (1ull << 31) + gen_draw(m, 5000);
		op.gfp.atoms |= gen_chance(m, 2) ? KMC_GFP_NOWARN : 0;
		gen_emit_task(m, &op);
		return;
	case 1:
		op.code = gen_chance(m, 2) ? KMC_OP_KVMALLOC_ARRAY : KMC_OP_KVCALLOC;
		op.a = UINT64_MAX / 2;
		op.b = 3;
		gen_emit_task(m, &op);
		return;
	case 2: /* kmalloc fails, and nothing may be waited for */
		if (m->now.armed)
			return;
		gen_arm(m, 1, 1, 1);
		op.a = 70000 + gen_draw(m, 100000);
		op.gfp.atoms = gen_chance(m, 2) ? KMC_GFP_KSWAPD_RECLAIM : KERNEL;
		break;
	case 3: /* the attempt at a block may fail, the request may not */
		if (m->now.armed || m->exhaust)
			return;
		op.a = 16385 + gen_draw(m, 100000);
		op.gfp.atoms |= KMC_GFP_NOFAIL;
		break;
	default: /* kmalloc fails, and a page is no reason for an area */
		if (m->now.armed)
			return;
		gen_arm(m, 0, 1, 0);
		op.a = 1 + gen_draw(m, 4096);
	}
	gen_emit_task(m, &op);
	gen_arm(m, 0, 0, 0);
	gen_arm(m, 1, 0, 0);
	gen_emit_at(m, KMC_OP_KVFREE, HELD_SLOT);
}

static void rust_edge(struct maker *m)
{
	static const uint16_t kinds[] = { KMC_OP_KMALLOC, KMC_OP_VMALLOC, KMC_OP_KVMALLOC };
	bool all = m->wish->profile >= KMC_RELEASE(6, 12, 0);
	struct kmc_op op = gen_into(m, KMC_OP_RUST_ALLOC, HELD_SLOT, 0);

	op.b = kinds[all ? gen_draw(m, 3) : 0];
	op.c = 1ull << gen_draw(m, 14);
	if (!gen_chance(m, 3))
		op.a = 1 + gen_draw(m, 9000);
	gen_emit_task(m, &op);
	if (!m->now.armed && !m->exhaust && op.c <= 4096) {
		uint64_t align = op.c;

		op = gen_on_held(m, KMC_OP_RUST_REALLOC);
		op.dst = HELD_SLOT;
		op.a = 1 + gen_draw(m, gen_chance(m, 2) ? 300 : 9000);
		op.b = op.c = align;
		if (m->wish->profile >= KMC_RELEASE(6, 18, 0))
			op.b = align << gen_draw(m, 5);
		if (op.b > 4096)
			op.b = 4096;
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
	} else if (!op.a) {
		return; /* no block */
	}
	gen_emit_at(m, KMC_OP_RUST_FREE, HELD_SLOT);
}

/* A block that fits in its bytes and not in its alignment: it has to move. */
static void aligned_resize(struct maker *m)
{
	static const uint16_t sizes[][2] = { { 192, 128 }, { 96, 64 }, { 192, 64 }, { 96, 32 } };
	unsigned int which = gen_draw(m, 4);
	bool rust = gen_chance(m, 2);
	struct kmc_op op = gen_into(m, rust ? KMC_OP_RUST_ALLOC : KMC_OP_KMALLOC, HELD_SLOT,
				    sizes[which][0]);

	if (m->wish->profile < KMC_RELEASE(6, 18, 0) || m->now.armed || m->exhaust)
		return;
	op.b = rust ? KMC_OP_KMALLOC : 0;
	op.c = rust ? 32 : 0;
	for (uint16_t i = 0; i < 3; i++) {
		op.dst = (uint16_t)(HELD_SLOT + i);
		gen_emit_task(m, &op);
	}
	for (uint16_t i = 0; i < 3; i++) {
		op = gen_into(m, rust ? KMC_OP_RUST_REALLOC : KMC_OP_KREALLOC_NODE_ALIGN, 0,
			       sizes[which][1]);
		op.src = op.dst = (uint16_t)(HELD_SLOT + i);
		op.b = sizes[which][1];
		op.c = rust ? 32 : 0;
		op.node = KMC_NODE_NONE;
		gen_emit_task(m, &op);
		gen_emit_at(m, rust ? KMC_OP_RUST_FREE : KMC_OP_KFREE, op.dst);
	}
}

/* Caches of the low zones, of objects that readers may still see, of groups. */
static void special_cache(struct maker *m)
{
	static const uint32_t flags[] = { KMC_CF_CACHE_DMA, KMC_CF_CACHE_DMA32,
					  KMC_CF_TYPESAFE_BY_RCU, KMC_CF_ACCOUNT,
					  KMC_CF_RECLAIM_ACCOUNT };
	unsigned int which = gen_draw(m, 5), nr = 1 + gen_draw(m, 6);
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_CREATE);
	uint64_t size = 16 + gen_draw(m, 900);

	op.dst = HELD_SLOT;
	op.a = 90;
	op.b = size;
	op.d = flags[which] | KMC_CF_NO_MERGE;
	gen_emit_task(m, &op);
	for (unsigned int i = 0; i < nr; i++) {
		op = gen_on_held(m, KMC_OP_KMEM_CACHE_ALLOC);
		op.dst = (uint16_t)(HELD_SLOT + 1 + i);
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
	}
	for (unsigned int i = 0; i < nr; i++) {
		op = gen_on_held(m, KMC_OP_KMEM_CACHE_FREE);
		op.dst = (uint16_t)(HELD_SLOT + 1 + i);
		gen_emit(m, &op);
	}
	op = gen_on_held(m, KMC_OP_KMEM_CACHE_SHRINK);
	op.dst = NUM_SLOT;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_KMEM_CACHE_DESTROY);
	gen_emit_task(m, &op);
}

/* A reader holds what is freed: neither its bytes nor its pages go. */
static void typesafe_reader(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_CREATE);

	op.dst = HELD_SLOT;
	op.a = 91;
	op.b = 16 + gen_draw(m, 900);
	op.d = KMC_CF_TYPESAFE_BY_RCU | KMC_CF_NO_MERGE;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_KMEM_CACHE_ALLOC);
	op.dst = HELD_SLOT + 1;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	op = gen_start(m, KMC_OP_RCU_READ_LOCK);
	op.task = 0;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_KMEM_CACHE_FREE);
	op.dst = HELD_SLOT + 1;
	gen_emit(m, &op);
	op = gen_on_held(m, KMC_OP_KMEM_CACHE_SHRINK);
	op.dst = NUM_SLOT;
	op.task = 1;
	gen_emit_task(m, &op);
	op = gen_start(m, KMC_OP_RCU_READ_UNLOCK);
	op.task = 0;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_KMEM_CACHE_DESTROY);
	op.task = 0;
	gen_emit_task(m, &op);
}

/* Copies from user space that stop half-way, strings that are read-only. */
static void copy_edge(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_MEMDUP_USER, KMC_OP_MEMDUP_USER_NUL,
					  KMC_OP_VMEMDUP_USER };
	struct kmc_op op = gen_into(m, codes[gen_draw(m, 3)], HELD_SLOT, 2 + gen_draw(m, 9000));
	bool faults = gen_chance(m, 2);

	if (gen_chance(m, 3)) {
		op = gen_into(m, KMC_OP_KSTRDUP_CONST, HELD_SLOT, gen_draw(m, 300));
		op.b = 1;
		gen_emit_task(m, &op);
		gen_emit_at(m, KMC_OP_KFREE_CONST, HELD_SLOT);
		return;
	}
	if (m->now.armed)
		return;
	op.gfp.atoms = 0;
	op.b = faults ? 1 + gen_draw(m, (uint32_t)op.a - 1) : op.a + 1;
	if (!faults)
		gen_arm(m, op.a > 8192, 1, 1);
	gen_emit_task(m, &op);
	gen_arm(m, 0, 0, 0);
	gen_arm(m, 1, 0, 0);
	if (!faults)
		gen_emit_at(m, KMC_OP_KVFREE, HELD_SLOT);
}

/* What can be had without waiting, and what not. */
static void nolock_edge(struct maker *m)
{
	static const uint64_t sizes[] = { 0, 8192, 8193, 20000 };
	struct kmc_op op = gen_into(m, KMC_OP_KMALLOC_NOLOCK, HELD_SLOT, sizes[gen_draw(m, 4)]);
	uint8_t order;

	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		return;
	op.gfp.atoms = 0;
	if (gen_chance(m, 2)) {
		gen_emit(m, &op);
		gen_emit_at(m, KMC_OP_KFREE_NOLOCK, HELD_SLOT);
		return;
	}
	op = gen_into(m, KMC_OP_ALLOC_PAGES_NOLOCK, HELD_SLOT, 0);
	op.gfp.atoms = 0;
	op.order = order = (uint8_t)(4 + gen_draw(m, 7));
	gen_emit(m, &op);
	/* a huge page can be had, where there are any */
	op = gen_on_held(m, KMC_OP_FREE_PAGES_NOLOCK);
	op.order = order;
	gen_emit(m, &op);
}

/* Nothing to free. */
static void free_of_nothing(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_VFREE, KMC_OP_VUNMAP, KMC_OP_FREE_PERCPU,
					  KMC_OP_KFREE_RCU, KMC_OP_KVFREE_RCU };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 5)]);

	op.src = KMC_NO_SLOT;
	gen_emit_task(m, &op);
}

void gen_edge(struct maker *m)
{
	static void (*const edges[])(struct maker *) = {
		failing_resize, resize_of_nothing, zero_growth,	   area_alignment,
		kvmalloc_edge,	rust_edge,	   special_cache,  typesafe_reader,
		copy_edge,	nolock_edge,	   free_of_nothing, gen_device_edge,
		kvmalloc_edge,	gen_device_edge,   gen_device_edge, gen_area_edge,
		gen_area_edge,	gen_area_edge,	   gen_area_edge,   gen_cache_edge,
		gen_cache_edge, gen_cache_edge,	   gen_cache_edge,  aligned_resize,
		gen_page_edge,	gen_page_edge,
	};

	if (m->wish->misuse == KMC_GEN_NONE)
		edges[gen_draw(m, sizeof(edges) / sizeof(edges[0]))](m);
}
