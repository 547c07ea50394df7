/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups, percpu areas, packed objects, devices: sequences whole in themselves. */
#include "maker.h"

static void emit_group(struct maker *m, unsigned int code, uint64_t a)
{
	struct kmc_op op = gen_start(m, code);

	op.task = 0;
	op.src = GROUP_SLOT;
	op.a = a;
	if (code == KMC_OP_MEMCG_USAGE)
		op.dst = NUM_SLOT;
	gen_emit_task(m, &op);
}

static void emit_charged(struct maker *m, unsigned int code, uint16_t slot, uint64_t size)
{
	struct kmc_op op = gen_start(m, code);

	op.task = 0;
	op.dst = slot;
	op.a = size;
	op.gfp.atoms = KERNEL | KMC_GFP_ACCOUNT | (gen_chance(m, 2) ? KMC_GFP_NORETRY : 0);
	gen_emit_task(m, &op);
}

static void set_active(struct maker *m, uint16_t group, uint16_t token)
{
	struct kmc_op op = gen_start(m, KMC_OP_SET_ACTIVE_MEMCG);

	op.task = 0;
	op.src = group;
	op.dst = token;
	gen_emit_task(m, &op);
}

static void charge_later(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_CHARGE);

	if (m->wish->profile < KMC_RELEASE(6, 12, 0))
		return;
	op.task = 0;
	op.dst = NUM_SLOT;
	op.src = HELD_SLOT;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
}

/* An object of a list: nothing more is paid for it than for another. */
static void lru_object(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_CREATE);

	op.task = 0;
	op.dst = HELD_SLOT + 3;
	op.a = 94;
	op.b = 100;
	op.d = KMC_CF_NO_MERGE;
	gen_emit_task(m, &op);
	op = gen_start(m, KMC_OP_KMEM_CACHE_ALLOC_LRU);
	op.task = 0;
	op.src = HELD_SLOT + 3;
	op.dst = HELD_SLOT + 4;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	op = gen_start(m, KMC_OP_KMEM_CACHE_FREE);
	op.src = HELD_SLOT + 3;
	op.dst = HELD_SLOT + 4;
	gen_emit_task(m, &op);
	gen_emit_at(m, KMC_OP_KMEM_CACHE_DESTROY, HELD_SLOT + 3);
	m->program->ops[m->program->nr_ops - 1].context = KMC_CTX_TASK;
}

/* Another group is made to pay. */
static void other_group_pays(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_MEMCG_CREATE);

	op.src = KMC_NO_SLOT;
	op.dst = GROUP_SLOT + 2;
	gen_emit_task(m, &op);
	set_active(m, GROUP_SLOT + 2, GROUP_SLOT + 3);
	op = gen_start(m, KMC_OP_ALLOC_PAGES);
	op.task = 0;
	op.dst = HELD_SLOT + 2;
	op.gfp.atoms = KERNEL | KMC_GFP_ACCOUNT;
	gen_emit_task(m, &op);
	set_active(m, GROUP_SLOT + 3, KMC_NO_SLOT);
	gen_emit_at(m, KMC_OP_FREE_PAGES_PAGE, HELD_SLOT + 2);
}

static void do_group(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_MEMCG_CREATE);
	uint16_t token = GROUP_SLOT + 1;

	if (!(m->program->machine.options & KMC_MO_memcg))
		return;
	op.src = KMC_NO_SLOT;
	op.dst = GROUP_SLOT;
	op.a = gen_draw(m, 20) * 4096;
	gen_emit_task(m, &op);
	emit_group(m, KMC_OP_MEMCG_SET_HIGH, gen_draw(m, 100) * 4096);
	emit_group(m, KMC_OP_MEMCG_SET_LOW, 4096);
	emit_group(m, KMC_OP_MEMCG_ATTACH, 0);
	emit_charged(m, KMC_OP_KMALLOC, HELD_SLOT, 1 + gen_draw(m, 20000));
	/* Of what is not to be paid for nothing is charged. */
	op = gen_start(m, KMC_OP_KMALLOC);
	op.task = 0;
	op.dst = HELD_SLOT + 2;
	op.a = 1 + gen_draw(m, 300);
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	gen_emit_at(m, KMC_OP_KFREE, HELD_SLOT + 2);
	lru_object(m);
	other_group_pays(m);
	set_active(m, GROUP_SLOT, token);
	emit_charged(m, KMC_OP_KMALLOC, HELD_SLOT + 1, 1 + gen_draw(m, 300));
	charge_later(m);
	set_active(m, token, KMC_NO_SLOT);
	emit_group(m, KMC_OP_MEMCG_SET_MAX, 1 << 20);
	emit_group(m, KMC_OP_MEMCG_USAGE, 0);
	gen_emit_at(m, KMC_OP_KFREE, HELD_SLOT);
	op = gen_start(m, KMC_OP_MEMCG_ATTACH);
	op.src = KMC_NO_SLOT;
	op.a = 0;
	gen_emit_task(m, &op);
	emit_group(m, KMC_OP_MEMCG_OFFLINE, 0);
	gen_emit_at(m, KMC_OP_KFREE, HELD_SLOT + 1);
}

/* Areas that each cpu has a copy of. */
static void do_percpu(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_ALLOC_PERCPU);
	uint64_t size = 1 + gen_draw(m, 4000);

	op.dst = HELD_SLOT;
	op.a = size;
	op.b = 1u << gen_draw(m, 13);
	op.gfp.atoms =
		gen_flags(m, &op, true) & ~(uint32_t)KMC_GFP_NOFAIL; /* never reaches the pages */
	gen_emit(m, &op);
	op = gen_on_held(m, KMC_OP_CHECK_ZERO);
	op.a = size;
	gen_emit(m, &op);
	op = gen_on_held(m, KMC_OP_WRITE);
	op.a = size;
	op.c = ++m->patterns;
	gen_emit(m, &op);
	op.code = KMC_OP_CHECK;
	gen_emit(m, &op);
	gen_emit_at(m, KMC_OP_FREE_PERCPU, HELD_SLOT);
}

/* A pool of packed objects: by the calls of the release. */
static void emit_zs(struct maker *m, unsigned int code, uint16_t dst, uint64_t a, uint64_t b)
{
	struct kmc_op op = gen_start(m, code);

	op.src = DEVICE_SLOT;
	op.dst = dst;
	op.a = a;
	op.b = b;
	op.cpu = 0;
	if (code == KMC_OP_ZS_MALLOC)
		op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
}

static void do_zs(struct maker *m)
{
	bool maps = m->wish->profile < KMC_RELEASE(6, 18, 0);
	uint64_t size = 1 + gen_draw(m, 4096);

	emit_zs(m, KMC_OP_ZS_CREATE_POOL, DEVICE_SLOT, 1, 0);
	emit_zs(m, KMC_OP_ZS_MALLOC, HELD_SLOT, size, 0);
	emit_zs(m, KMC_OP_ZS_MALLOC, HELD_SLOT + 1, size, 0);
	if (maps) {
		emit_zs(m, KMC_OP_ZS_MAP_OBJECT, HELD_SLOT + 1, gen_draw(m, 3), 0);
		emit_zs(m, KMC_OP_ZS_UNMAP_OBJECT, HELD_SLOT + 1, 0, 0);
	} else {
		emit_zs(m, KMC_OP_ZS_OBJ_WRITE, HELD_SLOT + 1, size, gen_draw(m, 256));
	}
	emit_zs(m, KMC_OP_ZS_FREE, HELD_SLOT, 0, 0);
	emit_zs(m, KMC_OP_ZS_COMPACT, NUM_SLOT, 0, 0);
	if (!maps) {
		emit_zs(m, KMC_OP_ZS_OBJ_READ_BEGIN, HELD_SLOT + 1, 4096, 0);
		emit_zs(m, KMC_OP_ZS_OBJ_READ_END, HELD_SLOT + 1, 0, 0);
	}
	emit_zs(m, KMC_OP_ZS_HUGE_CLASS_SIZE, NUM_SLOT, 0, 0);
	emit_zs(m, KMC_OP_ZS_GET_TOTAL_PAGES, NUM_SLOT, 0, 0);
	emit_zs(m, KMC_OP_ZS_FREE, HELD_SLOT + 1, 0, 0);
	emit_zs(m, KMC_OP_ZS_DESTROY_POOL, KMC_NO_SLOT, 0, 0);
}

/* A device and what it needs. */
static void emit_dma(struct maker *m, unsigned int code, uint16_t src, uint16_t dst, uint64_t a,
		     bool alloc)
{
	struct kmc_op op = gen_start(m, code);

	op.src = src;
	op.dst = dst;
	op.a = a;
	if (alloc)
		op.gfp.atoms = KERNEL | (gen_chance(m, 2) ? KMC_GFP_ZERO : 0);
	gen_emit_task(m, &op);
}

static void do_dma(struct maker *m)
{
	static const uint16_t kinds[][2] = {
		{ KMC_OP_DMA_ALLOC_COHERENT, KMC_OP_DMA_FREE_COHERENT },
		{ KMC_OP_DMA_ALLOC_ATTRS, KMC_OP_DMA_FREE_ATTRS },
		{ KMC_OP_DMA_ALLOC_PAGES, KMC_OP_DMA_FREE_PAGES },
		{ KMC_OP_DMA_ALLOC_NONCOHERENT, KMC_OP_DMA_FREE_NONCOHERENT },
		{ KMC_OP_DMA_ALLOC_NONCONTIGUOUS, KMC_OP_DMA_FREE_NONCONTIGUOUS },
	};
	const uint16_t *kind = kinds[gen_draw(m, 5)];
	uint64_t size = 1 + gen_draw(m, 30000);
	struct kmc_op op = gen_start(m, KMC_OP_DMA_DEVICE);

	op.dst = DEVICE_SLOT;
	op.a = op.b = UINT32_MAX;
	gen_emit_task(m, &op);
	emit_dma(m, KMC_OP_DMA_SET_MASK, DEVICE_SLOT, NUM_SLOT, UINT32_MAX, false);
	emit_dma(m, KMC_OP_DMA_SET_COHERENT_MASK, DEVICE_SLOT, NUM_SLOT, UINT64_MAX, false);
	emit_dma(m, kind[0], DEVICE_SLOT, HELD_SLOT, size, true);
	op = gen_on_held(m, KMC_OP_WRITE);
	op.a = size;
	gen_emit_task(m, &op);
	emit_dma(m, kind[1], DEVICE_SLOT, HELD_SLOT, size, false);
	emit_dma(m, KMC_OP_DMA_POOL_CREATE, DEVICE_SLOT, DEVICE_SLOT + 1, 1 + gen_draw(m, 300),
		 false);
	emit_dma(m, KMC_OP_DMA_POOL_ALLOC, DEVICE_SLOT + 1, HELD_SLOT, 0, true);
	emit_dma(m, KMC_OP_DMA_POOL_FREE, DEVICE_SLOT + 1, HELD_SLOT, 0, false);
	emit_dma(m, KMC_OP_DMA_POOL_DESTROY, DEVICE_SLOT + 1, KMC_NO_SLOT, 0, false);
}

void gen_other_sequence(struct maker *m)
{
	if (m->wish->misuse != KMC_GEN_NONE)
		return; /* a misuse is of one of the model's blocks */
	switch (gen_draw(m, 5)) {
	case 0:
		do_group(m);
		break;
	case 4:
		gen_groups(m);
		break;
	case 1:
		do_zs(m);
		break;
	case 2:
		do_dma(m);
		break;
	default:
		do_percpu(m);
	}
}
