/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same edges for caches: what cannot be made, what waits for readers, what is merged, the last object. */
#include "maker.h"

#define CACHE_AT HELD_SLOT
#define OBJECT	 (HELD_SLOT + 1)

static struct kmc_op make(struct maker *m, uint64_t size, uint64_t flags)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_CREATE);

	op.dst = CACHE_AT;
	op.a = 92;
	op.b = size;
	op.d = flags;
	return op;
}

static void draw(struct maker *m, uint16_t slot, uint32_t more)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_ALLOC);

	op.src = CACHE_AT;
	op.dst = slot;
	op.gfp.atoms = KERNEL | more;
	gen_emit_task(m, &op);
}

static void give(struct maker *m, uint16_t slot)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_FREE);

	op.src = CACHE_AT;
	op.dst = slot;
	gen_emit(m, &op);
}

static void alone(struct maker *m, unsigned int code, uint16_t src, unsigned int task)
{
	struct kmc_op op = gen_start(m, code);

	op.src = src;
	op.task = (uint8_t)task;
	if (code == KMC_OP_KMEM_CACHE_SHRINK)
		op.dst = NUM_SLOT;
	gen_emit_task(m, &op);
}

/* Where the free pointer may not be. */
static void free_pointer(struct maker *m)
{
	static const uint64_t offsets[] = { 0, 1, 4, 8, 16 };
	uint64_t size = 24 + gen_draw(m, 200);
	struct kmc_op op = make(m, size, gen_chance(m, 2) ? KMC_CF_TYPESAFE_BY_RCU : 0);

	if (m->wish->profile < KMC_RELEASE(6, 12, 0))
		return;
	op.code = KMC_OP_KMEM_CACHE_CREATE_ARGS;
	op.third = (uint16_t)(gen_chance(m, 3) ? size - gen_draw(m, 9) : offsets[gen_draw(m, 5)]);
	gen_emit_task(m, &op);
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, CACHE_AT, 0);
}

/* A cache without which the system does not go on: the last that happens to this machine. */
static void or_else(struct maker *m)
{
	struct kmc_op op = make(m, 100, KMC_CF_PANIC | KMC_CF_NO_MERGE);

	if (m->wish->profile < KMC_RELEASE(6, 12, 0) || !gen_chance(m, 3))
		return;
	op.code = KMC_OP_KMEM_CACHE_CREATE_ARGS; /* its free pointer may not lie inside */
	op.third = 8;
	gen_emit_task(m, &op);
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, CACHE_AT, 0);
}

/* Its objects wait for readers when it is destroyed; up to 6.11 its user waits first. */
static void destroyed_early(struct maker *m)
{
	unsigned int nr = 1 + gen_draw(m, 8);
	struct kmc_op op = make(m, 64 + gen_draw(m, 900), KMC_CF_NO_MERGE);

	if (!gen_since_6_4(m))
		return;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i < nr; i++)
		draw(m, (uint16_t)(OBJECT + i), 0);
	for (uint16_t i = 0; i < nr; i++) {
		op = gen_start(m, KMC_OP_KFREE_RCU);
		op.src = (uint16_t)(OBJECT + i);
		gen_emit(m, &op);
	}
	if (m->wish->profile < KMC_RELEASE(6, 12, 0))
		for (unsigned int i = 0; i < 4; i++) {
			op = gen_start(m, KMC_OP_CLOCK_ADVANCE);
			op.a = 6000000000ull;
			gen_emit_task(m, &op);
			alone(m, KMC_OP_RCU_GRACE_PERIOD, KMC_NO_SLOT, 0);
		}
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, CACHE_AT, 0);
}

/* A reader may look at what was freed, while others ask for whatever pages there are. */
static void looked_at(struct maker *m)
{
	uint64_t size = 64 + gen_draw(m, 900);
	unsigned int nr = 1 + gen_draw(m, 40);
	struct kmc_op op = make(m, size, KMC_CF_TYPESAFE_BY_RCU | KMC_CF_NO_MERGE);

	if (m->now.armed || m->exhaust)
		return;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i < nr; i++)
		draw(m, (uint16_t)(OBJECT + i), 0);
	alone(m, KMC_OP_RCU_READ_LOCK, KMC_NO_SLOT, 0);
	for (uint16_t i = 0; i < nr; i++)
		give(m, (uint16_t)(OBJECT + i));
	alone(m, KMC_OP_KMEM_CACHE_SHRINK, CACHE_AT, 1);
	for (uint16_t i = 0; i < 4; i++) {
		op = gen_start(m, KMC_OP_ALLOC_PAGES);
		op.dst = (uint16_t)(OBJECT + 40 + i);
		op.gfp.atoms = KERNEL;
		op.order = (uint8_t)gen_draw(m, 3);
		op.task = 1;
		gen_emit_task(m, &op);
		op.code = KMC_OP_FREE_PAGES_PAGE;
		op.src = op.dst;
		op.dst = KMC_NO_SLOT;
		op.gfp.atoms = 0;
		gen_emit(m, &op);
	}
	alone(m, KMC_OP_RCU_READ_UNLOCK, KMC_NO_SLOT, 0);
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, CACHE_AT, 0);
}

/* Two caches that could be one, of other alignment or size. */
static void alike(struct maker *m)
{
	uint64_t size = 8 * (4 + gen_draw(m, 60));
	struct kmc_op op = make(m, size, 0);

	gen_emit_task(m, &op);
	draw(m, OBJECT, 0);
	draw(m, OBJECT + 1, 0);
	op = make(m, size + 8 * gen_draw(m, 3) - 8, 0);
	op.a = 93;
	op.dst = OBJECT + 2;
	op.c = gen_chance(m, 2) ? 1ull << (3 + gen_draw(m, 8)) : 0;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i < 3; i++) {
		op = gen_start(m, KMC_OP_KMEM_CACHE_ALLOC);
		op.src = OBJECT + 2;
		op.dst = (uint16_t)(OBJECT + 3 + i);
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
	}
	for (uint16_t i = 0; i < 3; i++) {
		op = gen_start(m, KMC_OP_KMEM_CACHE_FREE);
		op.src = OBJECT + 2;
		op.dst = (uint16_t)(OBJECT + 3 + i);
		gen_emit(m, &op);
	}
	give(m, OBJECT);
	give(m, OBJECT + 1);
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, OBJECT + 2, 0);
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, CACHE_AT, 0);
}

/* Nothing is to be charged, which is no failure; and the same twice. */
static void charged_later(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMALLOC);

	if (m->wish->profile < KMC_RELEASE(6, 12, 0))
		return;
	op.dst = OBJECT;
	op.a = 1 + gen_draw(m, 300);
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	for (unsigned int i = 0; i < 2; i++) {
		op = gen_start(m, KMC_OP_KMEM_CACHE_CHARGE);
		op.src = OBJECT;
		op.dst = NUM_SLOT;
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
	}
	gen_emit_at(m, KMC_OP_KFREE, OBJECT);
}

/* The promised objects, and one more. */
static void emptied_sheaf(struct maker *m)
{
	unsigned int nr = 1 + gen_draw(m, 4);
	struct kmc_op op = make(m, 64 + gen_draw(m, 300), KMC_CF_NO_MERGE);

	if (m->wish->profile < KMC_RELEASE(6, 18, 0) || m->now.armed || m->exhaust)
		return;
	gen_emit_task(m, &op);
	op = gen_start(m, KMC_OP_KMEM_CACHE_PREFILL_SHEAF);
	op.src = CACHE_AT;
	op.dst = OBJECT;
	op.a = nr;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i <= nr + 2; i++) {
		op = gen_start(m, KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF);
		op.src = CACHE_AT;
		op.dst = (uint16_t)(OBJECT + 1 + i);
		op.third = OBJECT;
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
	}
	op = gen_start(m, KMC_OP_KMEM_CACHE_RETURN_SHEAF);
	op.src = CACHE_AT;
	op.dst = OBJECT;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	for (uint16_t i = 0; i <= nr + 2; i++)
		give(m, (uint16_t)(OBJECT + 1 + i));
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, CACHE_AT, 0);
}

/* Everything was given back: a shrink leaves no slab. */
static void emptied(struct maker *m)
{
	unsigned int nr = 1 + gen_draw(m, 30);
	struct kmc_op op = make(m, 16 + gen_draw(m, 700), KMC_CF_NO_MERGE);

	gen_emit_task(m, &op);
	for (uint16_t i = 0; i < nr; i++)
		draw(m, (uint16_t)(OBJECT + i), 0);
	for (uint16_t i = 0; i < nr; i++)
		give(m, (uint16_t)(OBJECT + i));
	alone(m, KMC_OP_KMEM_CACHE_SHRINK, CACHE_AT, 0);
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, CACHE_AT, 0);
}

/* A period is under way when a block is given away: it takes another one. */
static void second_period(struct maker *m)
{
	struct kmc_op op;

	for (uint16_t i = 0; i < 2; i++) {
		op = gen_start(m, KMC_OP_KMALLOC);
		op.dst = (uint16_t)(OBJECT + i);
		op.a = 32 + gen_draw(m, 400);
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
	}
	alone(m, KMC_OP_RCU_READ_LOCK, KMC_NO_SLOT, 1);
	for (uint16_t i = 0; i < 2; i++) {
		op = gen_start(m, KMC_OP_KFREE_RCU);
		op.src = (uint16_t)(OBJECT + i);
		if (i)
			alone(m, KMC_OP_RCU_READ_LOCK, KMC_NO_SLOT, 2);
		gen_emit(m, &op);
		op = gen_start(m, KMC_OP_CLOCK_ADVANCE);
		op.a = 6000000000ull;
		gen_emit_task(m, &op);
		alone(m, KMC_OP_RCU_GRACE_PERIOD, KMC_NO_SLOT, 0);
	}
	alone(m, KMC_OP_RCU_READ_UNLOCK, KMC_NO_SLOT, 1);
	for (unsigned int i = 0; i < 2; i++) {
		op = gen_start(m, KMC_OP_CLOCK_ADVANCE);
		op.a = 6000000000ull;
		gen_emit_task(m, &op);
		alone(m, KMC_OP_RCU_GRACE_PERIOD, KMC_NO_SLOT, 0);
	}
	alone(m, KMC_OP_RCU_READ_UNLOCK, KMC_NO_SLOT, 2);
}

/* Flags that no release has for a cache: it is refused. */
static void unknown_flags(struct maker *m)
{
	struct kmc_op op = make(m, 16 + gen_draw(m, 700), 1u << 22);

	gen_emit_task(m, &op);
}

/* Objects larger than the largest block: there is no such cache. */
static void too_large(struct maker *m)
{
	struct kmc_op op = make(m, (4ull << 20) + 1 + gen_draw(m, 8 << 20), 0);

	gen_emit_task(m, &op);
}

/* What may be copied to user space lies inside the object, or nothing does. */
static void odd_region(struct maker *m)
{
	uint64_t size = 40 + gen_draw(m, 200);
	struct kmc_op op = make(m, size, 0);

	op.code = KMC_OP_KMEM_CACHE_CREATE_USERCOPY;
	op.c = 0;
	op.d = 0;
	op.src = (uint16_t)(size - 8); /* where it begins, and how long it is */
	op.third = (uint16_t)(16 + gen_draw(m, 100));
	gen_emit_task(m, &op);
	alone(m, KMC_OP_KMEM_CACHE_DESTROY, CACHE_AT, 0);
}

void gen_cache_edge(struct maker *m)
{
	static void (*const edges[])(struct maker *) = {
		free_pointer, or_else,	     destroyed_early, looked_at,     alike,
		charged_later, emptied_sheaf, emptied,	      second_period, second_period,
		unknown_flags, too_large,    odd_region,
	};

	edges[gen_draw(m, sizeof(edges) / sizeof(edges[0]))](m);
}
