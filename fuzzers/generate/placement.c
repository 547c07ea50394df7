/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where memory comes from: a task's nodes, what a balloon leaves; and slots that change places. */
#include "maker.h"

/* Requests of some kinds; what came goes back. */
static void ask_and_give(struct maker *m, uint8_t task)
{
	static const uint16_t codes[][2] = {
		{ KMC_OP_ALLOC_PAGES, KMC_OP_FREE_PAGES_PAGE },
		{ KMC_OP_ALLOC_PAGES_NODE, KMC_OP_FREE_PAGES_PAGE },
		{ KMC_OP_GET_FREE_PAGES, KMC_OP_FREE_PAGES },
		{ KMC_OP_KMALLOC, KMC_OP_KFREE },
		{ KMC_OP_KVMALLOC, KMC_OP_KVFREE },
	};
	unsigned int which = gen_draw(m, 5);
	struct kmc_op op = gen_start(m, codes[which][0]);
	uint8_t order = (uint8_t)(which < 3 ? gen_draw(m, 4) : 0);

	op.dst = HELD_SLOT;
	op.order = order;
	op.task = task;
	if (which == 4)
		op.context = KMC_CTX_TASK;
	op.gfp.atoms = which == 4 ? KERNEL : gen_flags(m, &op, true) & ~(uint32_t)KMC_GFP_NOFAIL;
	if (gen_chance(m, 3))
		op.gfp.atoms |= KMC_GFP_HARDWALL;
	if (which >= 3)
		op.a = 1 + gen_draw(m, which == 3 ? 9000 : 60000);
	else if (which == 1)
		gen_node_flags(m, &op);
	gen_emit(m, &op);
	op = gen_on_held(m, codes[which][1]);
	op.order = order;
	op.task = task;
	if (which == 4)
		op.context = KMC_CTX_TASK;
	gen_emit(m, &op);
}

/* A task's nodes become fewer, and then all again. */
void gen_cpuset(struct maker *m)
{
	unsigned int nodes = m->program->machine.nr_nodes;
	struct kmc_op op = gen_start(m, KMC_OP_MEMS_ALLOWED);
	uint8_t task = (uint8_t)gen_draw(m, NR_TASKS);

	op.a = task;
	op.b = 1ull << gen_draw(m, nodes);
	gen_emit_task(m, &op);
	for (unsigned int i = 0, nr = 2 + gen_draw(m, 6); i < nr; i++)
		ask_and_give(m, task);
	op = gen_start(m, KMC_OP_MEMS_ALLOWED);
	op.a = task;
	op.b = (1ull << nodes) - 1;
	gen_emit_task(m, &op);
}

/* The host takes pages of a zone, and gives them back. */
void gen_balloon(struct maker *m)
{
	const struct kmc_zone *zone =
		&m->program->machine.zones[gen_draw(m, m->program->machine.nr_zones)];
	struct kmc_op op = gen_start(m, KMC_OP_BALLOON);

	op.order = zone->kind;
	op.node = (int8_t)zone->node;
	op.a = 1 + gen_draw(m, 2000);
	gen_emit_task(m, &op);
	for (unsigned int i = 0, nr = 1 + gen_draw(m, 4); i < nr; i++)
		ask_and_give(m, (uint8_t)gen_draw(m, NR_TASKS));
	if (gen_chance(m, 2)) {
		op.a = gen_draw(m, 1000);
		gen_emit_task(m, &op);
		ask_and_give(m, (uint8_t)gen_draw(m, NR_TASKS));
	}
	op.a = 0;
	gen_emit_task(m, &op);
}

/* A block is in another slot from now on. */
void gen_move(struct maker *m)
{
	int from = gen_some_block(m, true, -1), to = gen_empty_slot(m, 0, FIRST_RUN);
	struct kmc_op op = gen_start(m, KMC_OP_MOVE_SLOT);

	if (from < 0 || from >= (int)FIRST_RUN || to < 0 || m->wish->misuse != KMC_GEN_NONE)
		return;
	op.src = (uint16_t)from;
	op.dst = (uint16_t)to;
	gen_emit(m, &op);
	m->now.blocks[to] = m->now.blocks[from];
	m->now.blocks[from] = (struct block){ 0 };
}
