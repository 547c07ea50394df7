/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scopes, and what happens to the machine meanwhile: failures, snapshots, time, settings. */
#include "maker.h"

void gen_scope(struct maker *m)
{
	static const uint16_t codes[][2] = {
		{ KMC_OP_MEMALLOC_NOIO_SAVE, KMC_OP_MEMALLOC_NOIO_RESTORE },
		{ KMC_OP_MEMALLOC_NOFS_SAVE, KMC_OP_MEMALLOC_NOFS_RESTORE },
		{ KMC_OP_MEMALLOC_NORECLAIM_SAVE, KMC_OP_MEMALLOC_NORECLAIM_RESTORE },
		{ KMC_OP_MEMALLOC_PIN_SAVE, KMC_OP_MEMALLOC_PIN_RESTORE },
	};
	unsigned int which = gen_draw(m, 4);
	struct kmc_op op = gen_start(m, codes[which][0]);

	op.context = KMC_CTX_TASK;
	if (m->now.depth[op.task] == MAX_DEPTH || m->tokens == 50)
		return;
	op.dst = (uint16_t)(TOKEN_SLOT + m->tokens++);
	m->now.scopes[op.task][m->now.depth[op.task]++] =
		(struct scope){ .restore = codes[which][1], .token = op.dst };
	gen_emit(m, &op);
}

void gen_end_scope(struct maker *m, unsigned int task)
{
	struct kmc_op op;

	if (!m->now.depth[task])
		return;
	op = gen_start(m, m->now.scopes[task][--m->now.depth[task]].restore);
	op.context = KMC_CTX_TASK;
	op.task = (uint8_t)task;
	op.src = m->now.scopes[task][m->now.depth[task]].token;
	gen_emit(m, &op);
}

void gen_scope_question(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_CURRENT_GFP_CONTEXT);

	op.gfp.atoms = KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS |
		       (gen_chance(m, 2) ? KMC_GFP_MOVABLE : 0);
	gen_emit(m, &op);
}

/* machine */

void gen_fault(struct maker *m)
{
	if (m->now.armed || m->wish->misuse != KMC_GEN_NONE) {
		gen_arm(m, 0, 0, 0);
		gen_arm(m, 1, 0, 0);
		m->now.armed = false;
		return;
	}
	gen_arm(m, gen_draw(m, 2), 1 + gen_draw(m, 6), gen_draw(m, 4));
	m->now.armed = true;
}

void gen_snapshot(struct maker *m)
{
	struct kmc_op op = gen_start(m, m->snapped ? KMC_OP_RESTORE : KMC_OP_SNAPSHOT);

	if (m->wish->misuse != KMC_GEN_NONE)
		return; /* going back would undo it */
	op.context = KMC_CTX_TASK;
	if (m->snapped) {
		op.src = SNAP_SLOT;
		m->now = m->then;
		m->snapped = gen_chance(m, 2);
	} else {
		op.dst = SNAP_SLOT;
		m->then = m->now;
		m->snapped = true;
	}
	gen_emit(m, &op);
}

void gen_clock(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_CLOCK_ADVANCE);

	op.a = gen_draw(m, 1000000);
	gen_emit(m, &op);
}

/* What reclaim and the OOM killer may find, and how far kswapd is; tasks above those that run calls. */
static void population(struct maker *m, struct kmc_op *op)
{
	switch (op->code) {
	case KMC_OP_POPULATE_LRU:
		op->a = gen_draw(m, 64);
		op->b = gen_draw(m, 64);
		op->c = gen_draw(m, 64);
		break;
	case KMC_OP_POPULATE_ANON:
		op->a = NR_TASKS + gen_draw(m, 4);
		op->b = 1 + gen_draw(m, 64);
		break;
	case KMC_OP_SUSPEND_STORAGE:
		op->a = gen_chance(m, 2);
		return;
	case KMC_OP_SHRINKER: /* some ask for memory themselves, as far as their reclaim lets them */
		op->a = 1 + gen_draw(m, 64);
		op->b = gen_chance(m, 2);
		op->c = gen_draw(m, 3);
		op->gfp.atoms = gen_chance(m, 2) ? KERNEL : KMC_GFP_KSWAPD_RECLAIM;
		return;
	}
	op->node = 0;
}

/* How the machine is set and how full it is. */
void gen_setting(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_SYSCTL,	KMC_OP_PRESSURE,
					  KMC_OP_TASK_SET,	KMC_OP_TASK_EXIT,
					  KMC_OP_POPULATE_LRU,	KMC_OP_POPULATE_ANON,
					  KMC_OP_KSWAPD_STEP,	KMC_OP_SUSPEND_STORAGE,
					  KMC_OP_SHRINKER };
	const struct kmc_machine *machine = &m->program->machine;
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 9)]);

	op.context = KMC_CTX_TASK;
	switch (op.code) {
	case KMC_OP_SYSCTL: /* min_free_kbytes */
		op.a = 128 + gen_draw(m, 1024);
		break;
	case KMC_OP_PRESSURE: /* of one zone, with room for all that lives, areas too; or all comes back */
		op.order = machine->zones[machine->nr_zones > 1].kind;
		op.node = (int8_t)machine->zones[machine->nr_zones > 1].node;
		op.a = gen_chance(m, 2) ? 1 << 20 : 5000 + gen_draw(m, 4000);
		break;
	case KMC_OP_TASK_SET:
	case KMC_OP_TASK_EXIT:
		op.a = NR_TASKS + gen_draw(m, 4);
		op.b = op.code == KMC_OP_TASK_SET ? KMC_TF_KTHREAD : 0;
		break;
	default:
		population(m, &op);
	}
	gen_emit(m, &op);
}
