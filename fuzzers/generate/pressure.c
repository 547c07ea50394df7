/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests while memory is short: around the marks and below them, with something
 * that reclaim finds and with nothing, for flags of every kind. All comes back at the end.
 */
#include "maker.h"

#define MIN_FREE_KBYTES 1024u
#define PAGES_OF_ALL	(1u << 20)

enum {
#define SYSCTL(name, text, number) SYSCTL_##name = number,
	KMC_SYSCTLS(SYSCTL)
#undef SYSCTL
};

static const uint32_t bases[] = {
	KERNEL,
	KERNEL & ~KMC_GFP_KSWAPD_RECLAIM,
	KERNEL & ~(KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM),
	KERNEL & ~KMC_GFP_FS,
	KERNEL & ~(KMC_GFP_FS | KMC_GFP_IO),
	KMC_GFP_KSWAPD_RECLAIM,
	KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_HIGH,
	0,
	KERNEL | KMC_GFP_HARDWALL,
};

static const uint32_t modifiers[] = {
	0, KMC_GFP_NORETRY, KMC_GFP_RETRY_MAYFAIL, KMC_GFP_NOFAIL, KMC_GFP_NOWARN, KMC_GFP_NOMEMALLOC,
	KMC_GFP_THISNODE,
};

static void emit_event(struct maker *m, unsigned int code, uint64_t a, uint64_t b, uint64_t c)
{
	struct kmc_op op = gen_start(m, code);

	op.node = 0;
	op.a = a;
	op.b = b;
	op.c = c;
	gen_emit_task(m, &op);
}

/* Each zone keeps @eighths of its share of the marks; what it has more goes. */
static void press(struct maker *m, unsigned int eighths, bool release)
{
	const struct kmc_machine *machine = &m->program->machine;
	uint64_t all = 0;

	for (unsigned int i = 0; i < machine->nr_zones; i++)
		all += machine->zones[i].nr_pages;
	for (unsigned int i = 0; i < machine->nr_zones; i++) {
		struct kmc_op op = gen_start(m, KMC_OP_PRESSURE);
		uint64_t min = MIN_FREE_KBYTES / 4 * machine->zones[i].nr_pages / all;

		op.order = machine->zones[i].kind;
		op.node = (int8_t)machine->zones[i].node;
		op.a = release ? PAGES_OF_ALL : min * eighths / 8;
		gen_emit_task(m, &op);
	}
}

static void source(struct maker *m)
{
	uint64_t pages = 64 + gen_draw(m, 256);

	emit_event(m, KMC_OP_POPULATE_ANON, NR_TASKS + gen_draw(m, 4), 256, 0);
	switch (gen_draw(m, 5)) {
	case 0:
		emit_event(m, KMC_OP_POPULATE_LRU, pages, 0, 0);
		break;
	case 1:
		emit_event(m, KMC_OP_POPULATE_LRU, 0, pages, 0);
		break;
	case 2:
		emit_event(m, KMC_OP_POPULATE_LRU, 0, 0, pages);
		break;
	case 3:
		emit_event(m, KMC_OP_SHRINKER, pages, 1, 1);
		break;
	}
}

/* Small ones mostly; a pageblock now and then. */
static uint8_t order_of(struct maker *m, bool may_not_fail)
{
	if (may_not_fail)
		return (uint8_t)(gen_chance(m, 3) ? gen_draw(m, 3) : 0);
	if (gen_chance(m, 12))
		return (uint8_t)(9 + gen_draw(m, 2));
	return (uint8_t)(gen_chance(m, 3) ? gen_draw(m, 5) : 0);
}

/* A request; what came goes back. */
static void ask(struct maker *m, bool may_not_fail)
{
	static const uint16_t codes[] = { KMC_OP_ALLOC_PAGES, KMC_OP_ALLOC_PAGES, KMC_OP_GET_FREE_PAGES,
					  KMC_OP_KMALLOC, KMC_OP_KMALLOC, KMC_OP_VMALLOC_GFP };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 6)]);
	uint32_t base = bases[gen_draw(m, 9)], modifier = modifiers[gen_draw(m, 7)];
	bool sleeps = base & KMC_GFP_DIRECT_RECLAIM;

	if (!sleeps && modifier & (KMC_GFP_NOFAIL | KMC_GFP_NORETRY | KMC_GFP_RETRY_MAYFAIL))
		modifier = 0;
	if (!may_not_fail)
		modifier &= ~(uint32_t)KMC_GFP_NOFAIL;
	op.dst = HELD_SLOT;
	op.gfp.atoms = base | modifier;
	if (op.code == KMC_OP_VMALLOC_GFP) {
		op.gfp.atoms = KERNEL | (modifier & (KMC_GFP_NOFAIL | KMC_GFP_NOWARN));
		if (m->wish->profile == KMC_RELEASE(6, 6, 9)) /* which gives up when it is killed */
			op.gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
		op.a = 1 + gen_draw(m, 40000);
	} else if (op.code == KMC_OP_KMALLOC) {
		op.a = 512ull << gen_draw(m, 5);
	} else {
		op.order = order_of(m, modifier & KMC_GFP_NOFAIL);
	}
	if (sleeps || op.code == KMC_OP_VMALLOC_GFP)
		op.context = KMC_CTX_TASK;
	gen_emit(m, &op);
	if (op.code == KMC_OP_ALLOC_PAGES && gen_chance(m, 2)) {
		struct kmc_op question = gen_on_held(m, KMC_OP_PAGE_IS_PFMEMALLOC);

		question.dst = NUM_SLOT;
		gen_emit(m, &question);
	}
	if (op.code == KMC_OP_VMALLOC_GFP) {
		gen_emit_at(m, KMC_OP_KVFREE, HELD_SLOT);
		m->program->ops[m->program->nr_ops - 1].context = KMC_CTX_TASK;
	} else if (op.code == KMC_OP_KMALLOC) {
		gen_emit_at(m, KMC_OP_KFREE, HELD_SLOT);
	} else {
		struct kmc_op put = gen_on_held(m, op.code == KMC_OP_ALLOC_PAGES ?
							   KMC_OP_FREE_PAGES_PAGE : KMC_OP_FREE_PAGES);

		put.order = op.order;
		gen_emit(m, &put);
	}
}

/* kswapd runs again and again and finds nothing, until it is left alone. */
static void hopeless(struct maker *m)
{
	unsigned int nr = 17 + gen_draw(m, 4);

	emit_event(m, KMC_OP_SYSCTL, MIN_FREE_KBYTES, SYSCTL_MIN_FREE_KBYTES, 0);
	press(m, gen_draw(m, 3), false);
	for (unsigned int i = 0; i < nr; i++) {
		struct kmc_op op = gen_start(m, KMC_OP_ALLOC_PAGES);

		op.dst = HELD_SLOT;
		op.gfp.atoms = KMC_GFP_KSWAPD_RECLAIM | (gen_chance(m, 2) ? KMC_GFP_NOWARN : 0);
		gen_emit(m, &op);
		gen_emit_at(m, KMC_OP_FREE_PAGES_PAGE, HELD_SLOT);
		op = gen_start(m, KMC_OP_KSWAPD_STEP);
		op.node = KMC_NODE_NONE;
		gen_emit_task(m, &op);
	}
	press(m, 0, true);
}

void gen_pressure(struct maker *m)
{
	static const uint8_t levels[] = { 12, 9, 8, 6, 4, 3, 2, 0 };
	static const uint16_t scopes[][2] = {
		{ KMC_OP_MEMALLOC_NOIO_SAVE, KMC_OP_MEMALLOC_NOIO_RESTORE },
		{ KMC_OP_MEMALLOC_NOFS_SAVE, KMC_OP_MEMALLOC_NOFS_RESTORE },
		{ KMC_OP_MEMALLOC_NORECLAIM_SAVE, KMC_OP_MEMALLOC_NORECLAIM_RESTORE },
	};
	unsigned int nr = 4 + gen_draw(m, 20), which = gen_draw(m, 7);
	struct kmc_op op;
	bool mixes; /* memory of all kinds, in one pageblock */

	if (gen_chance(m, 12)) {
		hopeless(m);
		return;
	}
	emit_event(m, KMC_OP_SYSCTL, MIN_FREE_KBYTES, SYSCTL_MIN_FREE_KBYTES, 0);
	mixes = m->wish->profile < KMC_RELEASE(6, 18, 0) || gen_chance(m, 2);
	if (!mixes)
		emit_event(m, KMC_OP_SYSCTL, 1, SYSCTL_DEFRAG_MODE, 0);
	source(m);
	press(m, levels[gen_draw(m, 8)], false);
	if (which == 3)
		emit_event(m, KMC_OP_SUSPEND_STORAGE, gen_draw(m, 2), 0, 0);
	for (uint16_t i = 0; which < 3 && i < 3; i++) { /* saved, saved again, given back once */
		op = gen_start(m, scopes[which][i == 2]);
		op.task = 0;
		if (i == 2)
			op.src = HELD_SLOT + 2;
		else
			op.dst = (uint16_t)(HELD_SLOT + 1 + i);
		gen_emit_task(m, &op);
	}
	if (which == 4) /* one that was chosen to die asks as well, */
		emit_event(m, KMC_OP_TASK_SET, 2, KMC_TF_OOM_VICTIM, 0);
	if (which == 5) /* or one that dumps its core */
		emit_event(m, KMC_OP_TASK_SET, 2, KMC_TF_DUMPCORE, 0);
	if (which == 6) /* or one that is on its way out */
		emit_event(m, KMC_OP_TASK_SET, 2, KMC_TF_EXITING, 0);
	for (unsigned int i = 0; i < nr; i++)
		ask(m, which != 2);
	if (which >= 4)
		emit_event(m, KMC_OP_TASK_SET, 2, 0, 0);
	if (which < 3) {
		op = gen_start(m, scopes[which][1]);
		op.task = 0;
		op.src = HELD_SLOT + 1;
		gen_emit_task(m, &op);
	}
	if (which == 3)
		emit_event(m, KMC_OP_SUSPEND_STORAGE, 0, 0, 0);
	if (!mixes)
		emit_event(m, KMC_OP_SYSCTL, 0, SYSCTL_DEFRAG_MODE, 0);
	press(m, 0, true);
}
