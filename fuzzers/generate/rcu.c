/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readers, frees that wait for them, cpus that go: sequences whole in themselves. */
#include "maker.h"

static void emit_alone(struct maker *m, unsigned int code, unsigned int task)
{
	struct kmc_op op = gen_start(m, code);

	op.task = (uint8_t)task;
	gen_emit_task(m, &op);
}

static void rcu_block(struct maker *m, uint64_t size, uint64_t pattern)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMALLOC);

	op.dst = HELD_SLOT;
	op.a = size;
	op.gfp.atoms = KERNEL;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_WRITE);
	op.a = size;
	op.c = pattern;
	gen_emit_task(m, &op);
}

static void rcu_free(struct maker *m, uint64_t head)
{
	struct kmc_op op = gen_on_held(m, gen_chance(m, 2) ? KMC_OP_KFREE_RCU : KMC_OP_KVFREE_RCU);

	op.a = head;
	gen_emit(m, &op);
}

/* A reader since before sees the block whole up to its head, however time passes. */
static void do_rcu_reader(struct maker *m)
{
	uint64_t size = 32 + 8 * gen_draw(m, 1000), pattern = ++m->patterns;
	uint64_t head = size < 4096 ? size - 16 : 4080;
	unsigned int task = gen_draw(m, NR_TASKS);
	struct kmc_op op;

	rcu_block(m, size, pattern);
	emit_alone(m, KMC_OP_RCU_READ_LOCK, task);
	rcu_free(m, head);
	if (gen_chance(m, 2))
		emit_alone(m, KMC_OP_RCU_GRACE_PERIOD, gen_draw(m, NR_TASKS));
	op = gen_on_held(m, KMC_OP_CHECK);
	op.task = (uint8_t)task;
	op.a = head;
	op.c = pattern;
	gen_emit_task(m, &op);
	emit_alone(m, KMC_OP_RCU_READ_UNLOCK, task);
}

static void do_rcu_headless(struct maker *m)
{
	struct kmc_op op = gen_on_held(m, gen_chance(m, 2) ? KMC_OP_KFREE_RCU_MIGHTSLEEP
							   : KMC_OP_KVFREE_RCU_MIGHTSLEEP);

	rcu_block(m, 1 + gen_draw(m, 10000), ++m->patterns);
	gen_emit_task(m, &op);
}

static void do_rcu_wait(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_SYNCHRONIZE_RCU, KMC_OP_RCU_BARRIER,
					  KMC_OP_RCU_GRACE_PERIOD, KMC_OP_KVFREE_RCU_BARRIER };
	bool has_barrier = m->wish->profile >= KMC_RELEASE(6, 12, 0);

	emit_alone(m, codes[gen_draw(m, has_barrier ? 4 : 3)], gen_draw(m, NR_TASKS));
}

/* A cpu goes away, others flush it, it comes back. */
static void do_cpu(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_CPU_UNBIND, KMC_OP_CPU_FLUSH, KMC_OP_CPU_BIND,
					  KMC_OP_YIELD };

	if (m->program->machine.nr_cpus < 2)
		return;
	for (unsigned int i = 0; i < 4; i++) {
		struct kmc_op op = gen_start(m, codes[i]);

		op.cpu = 0;
		op.a = m->program->machine.nr_cpus - 1;
		gen_emit_task(m, &op);
	}
}

static void do_free_of_nothing(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_KFREE_NOLOCK);

	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		op.code = KMC_OP_KFREE_RCU;
	op.src = KMC_NO_SLOT;
	gen_emit(m, &op);
}

void gen_rcu(struct maker *m)
{
	if (m->wish->misuse != KMC_GEN_NONE)
		return; /* a misuse is of one of the model's blocks */
	switch (gen_draw(m, 6)) {
	case 0:
	case 1:
		do_rcu_reader(m);
		break;
	case 2:
		do_rcu_headless(m);
		break;
	case 3:
		do_cpu(m);
		break;
	case 4:
		do_free_of_nothing(m);
		break;
	default:
		do_rcu_wait(m);
	}
}
