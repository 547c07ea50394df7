/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all of the generator's files need: random numbers, ops, flags that fit, the books. */
#include "maker.h"

uint32_t gen_draw(struct maker *m, uint32_t below)
{
	m->random = m->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(m->random >> 33) % below;
}

bool gen_chance(struct maker *m, uint32_t one_in)
{
	return !gen_draw(m, one_in);
}

/* ops */

struct kmc_op gen_start(struct maker *m, unsigned int code)
{
	static const uint8_t contexts[] = { KMC_CTX_SOFTIRQ, KMC_CTX_HARDIRQ, KMC_CTX_PREEMPT_OFF };
	struct kmc_op op;

	kmc_op_init(&op, code);
	op.cpu = (uint8_t)gen_draw(m, m->program->machine.nr_cpus);
	op.task = (uint8_t)gen_draw(m, NR_TASKS);
	if (gen_chance(m, 6))
		op.context = contexts[gen_draw(m, 3)];
	return op;
}

/* Of GFP_KERNEL, with its result in @slot. */
struct kmc_op gen_into(struct maker *m, unsigned int code, uint16_t slot, uint64_t a)
{
	struct kmc_op op = gen_start(m, code);

	op.dst = slot;
	op.a = a;
	op.gfp.atoms = KERNEL;
	return op;
}

void gen_emit(struct maker *m, struct kmc_op *op)
{
	/* A node without the zone would be waited for without end. */
	if (op->gfp.atoms & KMC_GFP_THISNODE)
		op->gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	kmc_op_canonicalise(op);
	if (!m->error)
		m->error = kmc_program_add(m->program, op);
}

void gen_emit_at(struct maker *m, unsigned int code, uint16_t slot)
{
	struct kmc_op op = gen_start(m, code);

	op.src = slot;
	gen_emit(m, &op);
}

/* flags that fit the context */

static uint32_t base_flags(struct maker *m, const struct kmc_op *op)
{
	static const uint32_t atomic[] = { 0, KMC_GFP_KSWAPD_RECLAIM,
					   KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_HIGH,
					   KMC_GFP_HIGH | KMC_GFP_NOMEMALLOC };
	static const uint32_t sleeping[] = { KERNEL,
					     KERNEL,
					     KERNEL,
					     KERNEL & ~KMC_GFP_FS,
					     KERNEL & ~(KMC_GFP_FS | KMC_GFP_IO),
					     KERNEL | KMC_GFP_HARDWALL,
					     KERNEL | KMC_GFP_NORETRY,
					     KERNEL | KMC_GFP_RETRY_MAYFAIL,
					     KMC_GFP_DIRECT_RECLAIM };

	return op->context != KMC_CTX_TASK || gen_chance(m, 4) ? atomic[gen_draw(m, 4)]
							       : sleeping[gen_draw(m, 9)];
}

uint32_t gen_flags(struct maker *m, const struct kmc_op *op, bool may_zero)
{
	uint32_t gfp = base_flags(m, op);

	if (may_zero && gen_chance(m, 5))
		gfp |= KMC_GFP_ZERO;
	if (gen_chance(m, 6))
		gfp |= KMC_GFP_NOWARN;
	if (gen_chance(m, 8))
		gfp |= KMC_GFP_ACCOUNT;
	if (gen_chance(m, 12))
		gfp |= KMC_GFP_RECLAIMABLE;
	/* No machine here can free anything: who may not fail must find memory. */
	if (!m->exhaust && gfp & KMC_GFP_DIRECT_RECLAIM &&
	    !(gfp & (KMC_GFP_NORETRY | KMC_GFP_RETRY_MAYFAIL)) && gen_chance(m, 10))
		gfp |= KMC_GFP_NOFAIL;
	return gfp;
}

/* books */

struct block *gen_block_at(struct maker *m, uint16_t slot)
{
	return &m->now.blocks[slot];
}

int gen_empty_slot(struct maker *m, unsigned int from, unsigned int nr)
{
	for (unsigned int i = 0, at = gen_draw(m, nr); i < nr; i++, at = (at + 1) % nr)
		if (!m->now.blocks[from + at].by)
			return (int)(from + at);
	return -1;
}

/* A block that is there or may be, not kept. */
int gen_some_block(struct maker *m, bool sure, int by)
{
	for (unsigned int i = 0, at = gen_draw(m, NR_BLOCKS); i < NR_BLOCKS;
	     i++, at = (at + 1) % NR_BLOCKS) {
		const struct block *b = &m->now.blocks[at];

		if (b->by && !b->kept && (by < 0 || b->by == by) &&
		    (!sure || (b->sure && !b->null)))
			return (int)at;
	}
	return -1;
}

bool gen_room_for(const struct maker *m, uint64_t bytes)
{
	return m->exhaust || m->now.bytes + bytes < 6u << 20;
}

struct block *gen_note(struct maker *m, const struct kmc_op *op, enum made_by by, uint64_t size)
{
	struct block *b = gen_block_at(m, op->dst);

	*b = (struct block){ .by = (uint8_t)by, .size = size, .most = size, .order = op->order };
	b->sure = !m->now.armed && !m->exhaust && size <= 32768 &&
		  !(op->gfp.atoms & (KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_THISNODE));
	b->kept = op->attr & KMC_ATTR_KEPT;
	b->comp = by == BY_FOLIO || op->gfp.atoms & KMC_GFP_COMP;
	b->zero = op->gfp.atoms & KMC_GFP_ZERO;
	m->now.bytes += size;
	return b;
}

void gen_forget(struct maker *m, struct block *b)
{
	m->now.bytes -= b->size < m->now.bytes ? b->size : m->now.bytes;
	*b = (struct block){ 0 };
}

void gen_arm(struct maker *m, uint64_t fault, uint64_t nth, uint64_t interval)
{
	struct kmc_op op = gen_start(m, KMC_OP_FAIL_NTH);

	op.a = nth;
	op.b = nth ? interval : 0;
	op.c = fault;
	op.context = KMC_CTX_TASK;
	gen_emit(m, &op);
}
