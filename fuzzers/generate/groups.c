/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups that pay for page cache and for tasks' memory: their limits reclaim, kill and
 * delay, their protection is set. All comes back at the end.
 */
#include "maker.h"

#define TOP   (GROUP_SLOT + 4)
#define LEAF  (GROUP_SLOT + 5) /* of the task that asks, and of some that can be killed */
#define OTHER (GROUP_SLOT + 6)
#define PAGES(n) ((uint64_t)(n) * 4096)
#define NR_HELD  6u

static void emit(struct maker *m, unsigned int code, uint16_t src, uint64_t a, uint64_t b)
{
	struct kmc_op op = gen_start(m, code);

	op.task = 0;
	op.node = 0;
	op.src = src;
	op.a = a;
	op.b = b;
	if (code == KMC_OP_MEMCG_USAGE || code == KMC_OP_RETURN_TO_USER)
		op.dst = NUM_SLOT;
	gen_emit_task(m, &op);
}

static void create(struct maker *m, uint16_t parent, uint16_t slot, uint64_t max)
{
	struct kmc_op op = gen_start(m, KMC_OP_MEMCG_CREATE);

	op.src = parent;
	op.dst = slot;
	op.a = max;
	op.b = gen_chance(m, 3) ? PAGES(1 + gen_draw(m, 200)) : 0;
	op.c = gen_chance(m, 2) ? PAGES(gen_draw(m, 200)) : 0;
	gen_emit_task(m, &op);
}

static void populate(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_POPULATE_LRU);
	unsigned int kind = gen_draw(m, 4);
	uint64_t pages = gen_draw(m, 300);

	op.task = (uint8_t)(gen_chance(m, 3) ? NR_TASKS : 0); /* which is OTHER's */
	op.node = 0;
	op.a = kind == 0 || kind == 3 ? pages : 0;
	op.b = kind == 1 || kind == 3 ? pages / 2 : 0;
	op.c = kind == 2 || kind == 3 ? pages / 3 : 0;
	gen_emit_task(m, &op);
	for (unsigned int i = 0; i < 3; i++)
		if (gen_chance(m, 2))
			emit(m, KMC_OP_POPULATE_ANON, KMC_NO_SLOT, NR_TASKS + i, 1 + gen_draw(m, 100));
}

static void badness(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_TASK_SET);

	op.a = NR_TASKS + gen_draw(m, 3);
	op.c = (uint64_t)(int64_t)((int)gen_draw(m, 5) * 500 - 1000);
	gen_emit_task(m, &op);
}

/* A request of a task in LEAF. */
static void ask(struct maker *m, unsigned int held)
{
	static const uint32_t flags[] = {
		KERNEL, KERNEL & ~KMC_GFP_FS, KERNEL & ~(KMC_GFP_FS | KMC_GFP_IO),
		KERNEL | KMC_GFP_NORETRY, KERNEL | KMC_GFP_RETRY_MAYFAIL, KERNEL | KMC_GFP_NOWARN,
		KMC_GFP_KSWAPD_RECLAIM, KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_HIGH, KERNEL | KMC_GFP_NOFAIL,
	};
	struct kmc_op op = gen_start(m, gen_chance(m, 3) ? KMC_OP_KMALLOC : KMC_OP_ALLOC_PAGES);

	op.task = 0;
	op.dst = (uint16_t)(HELD_SLOT + held);
	op.gfp.atoms = flags[gen_draw(m, 9)] | KMC_GFP_ACCOUNT;
	if (op.code == KMC_OP_KMALLOC)
		op.a = 1 + gen_draw(m, 8192);
	else
		op.order = (uint8_t)(gen_chance(m, 2) ? gen_draw(m, op.gfp.atoms & KMC_GFP_NOFAIL ? 2 : 5) : 0);
	gen_emit_task(m, &op);
	if (gen_chance(m, 4))
		emit(m, KMC_OP_RETURN_TO_USER, KMC_NO_SLOT, 0, 0);
	op.src = op.dst;
	op.dst = KMC_NO_SLOT;
	op.gfp.atoms = 0;
	op.a = 0;
	op.code = op.code == KMC_OP_KMALLOC ? KMC_OP_KFREE : KMC_OP_FREE_PAGES_PAGE;
	if (held == NR_HELD)
		gen_emit_task(m, &op);
}

/* What the requests since op @first hold. */
static void give_back(struct maker *m, size_t first)
{
	size_t end = m->program->nr_ops;

	for (size_t i = first; i < end; i++) {
		struct kmc_op asked = m->program->ops[i], op;
		bool pages = asked.code == KMC_OP_ALLOC_PAGES;

		if ((!pages && asked.code != KMC_OP_KMALLOC) || asked.dst < HELD_SLOT ||
		    asked.dst >= HELD_SLOT + NR_HELD)
			continue;
		op = gen_start(m, pages ? KMC_OP_FREE_PAGES_PAGE : KMC_OP_KFREE);
		op.src = asked.dst;
		op.order = asked.order;
		gen_emit_task(m, &op);
	}
}

static void limit(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_MEMCG_SET_MAX, KMC_OP_MEMCG_SET_HIGH,
					  KMC_OP_MEMCG_SET_LOW, KMC_OP_MEMCG_SET_MIN };

	emit(m, codes[gen_draw(m, 4)], (uint16_t)(TOP + gen_draw(m, 3)), PAGES(gen_draw(m, 400)), 0);
}

void gen_groups(struct maker *m)
{
	size_t first = m->program->nr_ops;
	unsigned int nr = 4 + gen_draw(m, 12), held = 0;

	if (!(m->program->machine.options & KMC_MO_memcg))
		return;
	emit(m, KMC_OP_MEMCG_POPULATIONS, KMC_NO_SLOT, 1, 0);
	create(m, KMC_NO_SLOT, TOP, PAGES(100 + gen_draw(m, 500)));
	create(m, TOP, LEAF, gen_chance(m, 2) ? PAGES(20 + gen_draw(m, 300)) : 0);
	create(m, gen_chance(m, 4) ? LEAF : TOP, OTHER, gen_chance(m, 2) ? PAGES(20 + gen_draw(m, 300)) : 0);
	emit(m, KMC_OP_MEMCG_ATTACH, LEAF, 0, 0);
	emit(m, KMC_OP_MEMCG_ATTACH, OTHER, NR_TASKS, 0);
	emit(m, KMC_OP_MEMCG_ATTACH, LEAF, NR_TASKS + 1, 0);
	populate(m);
	for (unsigned int i = 0; i < nr; i++)
		switch (gen_draw(m, 8)) {
		case 0:
			limit(m);
			break;
		case 1:
			badness(m);
			break;
		case 2:
			populate(m);
			break;
		case 3:
			emit(m, KMC_OP_MEMCG_USAGE, (uint16_t)(TOP + gen_draw(m, 3)), 0, 0);
			break;
		default:
			ask(m, held < NR_HELD && gen_chance(m, 2) ? held++ : NR_HELD);
		}
	give_back(m, first);
	if (gen_chance(m, 2))
		emit(m, KMC_OP_TASK_EXIT, KMC_NO_SLOT, NR_TASKS + 1, 0);
	emit(m, KMC_OP_MEMCG_ATTACH, KMC_NO_SLOT, 0, 0);
	emit(m, KMC_OP_MEMCG_ATTACH, KMC_NO_SLOT, NR_TASKS, 0);
	emit(m, KMC_OP_MEMCG_ATTACH, KMC_NO_SLOT, NR_TASKS + 1, 0);
	emit(m, KMC_OP_MEMCG_OFFLINE, OTHER, 0, 0);
	emit(m, KMC_OP_MEMCG_USAGE, TOP, 0, 0);
	emit(m, KMC_OP_MEMCG_OFFLINE, LEAF, 0, 0);
	emit(m, KMC_OP_MEMCG_OFFLINE, TOP, 0, 0);
	if (gen_chance(m, 2))
		emit(m, KMC_OP_MEMCG_POPULATIONS, KMC_NO_SLOT, 0, 0);
}
