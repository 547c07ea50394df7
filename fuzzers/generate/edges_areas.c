/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same edges for areas: neighbours, nodes, frees that wait, one failure and no more. */
#include "maker.h"

static void touch(struct maker *m, uint16_t slot, uint64_t bytes)
{
	struct kmc_op op = gen_start(m, KMC_OP_WRITE);

	op.src = slot;
	op.a = bytes;
	op.c = ++m->patterns;
	gen_emit(m, &op);
}

static void end_task(struct maker *m, unsigned int code, uint16_t slot)
{
	struct kmc_op op = gen_start(m, code);

	op.src = slot;
	gen_emit_task(m, &op);
}

/* Several areas side by side. */
static void neighbours(struct maker *m)
{
	unsigned int nr = 2 + gen_draw(m, 3);

	for (uint16_t i = 0; i < nr; i++) {
		uint64_t size = 1 + gen_draw(m, 12000);
		struct kmc_op op = gen_into(m, KMC_OP_VMALLOC, (uint16_t)(HELD_SLOT + i), size);

		op.gfp.atoms = 0;
		gen_emit_task(m, &op);
		if (!m->now.armed && !m->exhaust)
			touch(m, (uint16_t)(HELD_SLOT + i), size);
	}
	for (uint16_t i = 0; i < nr; i++)
		end_task(m, KMC_OP_VFREE, (uint16_t)(HELD_SLOT + i));
	end_task(m, KMC_OP_VM_UNMAP_ALIASES, KMC_NO_SLOT);
}

/* The same of mappings; their pages are the program's before, meanwhile and afterwards. */
static void mapped_neighbours(struct maker *m)
{
	unsigned int nr = 1 + gen_draw(m, 3);
	bool put = gen_chance(m, 2);

	if (m->now.armed || m->exhaust)
		return;
	for (uint16_t i = 0; i < 2 * nr; i++) {
		struct kmc_op op = gen_into(m, KMC_OP_ALLOC_PAGES, (uint16_t)(HELD_SLOT + 2 + i), 0);

		gen_emit_task(m, &op);
	}
	for (uint16_t i = 0; i < 2; i++) {
		struct kmc_op op = gen_into(m, KMC_OP_VMAP, (uint16_t)(HELD_SLOT + i), nr);

		op.src = (uint16_t)(HELD_SLOT + 2 + i * nr);
		op.b = put ? 0x204 : 0x4;
		op.gfp.atoms = 0;
		gen_emit_task(m, &op);
	}
	for (uint16_t i = 0; i < 2; i++)
		end_task(m, put ? KMC_OP_VFREE : KMC_OP_VUNMAP, (uint16_t)(HELD_SLOT + i));
	for (uint16_t i = 0; i < 2 * nr; i++) {
		struct kmc_op op = gen_start(m, KMC_OP_PAGE_REF_COUNT);

		op.src = (uint16_t)(HELD_SLOT + 2 + i);
		op.dst = NUM_SLOT;
		gen_emit(m, &op);
		gen_emit_at(m, KMC_OP_FREE_PAGES_PAGE, (uint16_t)(HELD_SLOT + 2 + i));
	}
}

/* A task that is being killed gets no pages, but for requests that may not fail. */
static void killed_task(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_TASK_SET);
	bool real = m->wish->profile == KMC_RELEASE(6, 6, 9); /* which gives up all the same */

	if (real || m->now.armed || m->exhaust)
		return;
	op.a = NR_TASKS;
	op.b = KMC_TF_FATAL_SIGNAL | KMC_TF_OOM_VICTIM;
	gen_emit_task(m, &op);
	op = gen_into(m, KMC_OP_VMALLOC_GFP, HELD_SLOT, 4096 + gen_draw(m, 60000));
	op.gfp.atoms |= KMC_GFP_NOFAIL;
	op.task = NR_TASKS;
	gen_emit_task(m, &op);
	end_task(m, KMC_OP_VFREE, HELD_SLOT);
	op = gen_start(m, KMC_OP_TASK_SET);
	op.a = NR_TASKS;
	gen_emit_task(m, &op);
}

/* kmalloc fails once; what comes after it does not. */
static void one_failure(struct maker *m)
{
	static const uint32_t flags[] = { KERNEL, KERNEL, KMC_GFP_KSWAPD_RECLAIM,
					  KERNEL | KMC_GFP_THISNODE };
	struct kmc_op op = gen_into(m, KMC_OP_KVMALLOC_NODE, HELD_SLOT, 8193 + gen_draw(m, 60000));

	if (m->now.armed || m->exhaust)
		return;
	op.node = (int8_t)gen_draw(m, m->program->machine.nr_nodes);
	op.gfp.atoms = flags[gen_draw(m, 4)];
	gen_arm(m, 1, 1, 0);
	gen_emit_task(m, &op);
	gen_arm(m, 1, 0, 0);
	end_task(m, KMC_OP_KVFREE, HELD_SLOT);
}

/* To another node, where the wish is an order. */
static void to_node(struct maker *m)
{
	bool area = gen_chance(m, 2);
	uint64_t size = 1 + gen_draw(m, area ? 20000 : 4000);
	struct kmc_op op = gen_into(m, area ? KMC_OP_VMALLOC_NODE : KMC_OP_KMALLOC_NODE, HELD_SLOT, size);

	if (m->program->machine.nr_nodes < 2 || m->wish->profile < KMC_RELEASE(6, 18, 0) ||
	    m->now.armed || m->exhaust)
		return;
	op.node = (int8_t)gen_draw(m, 2);
	if (area)
		op.gfp.atoms = 0;
	gen_emit_task(m, &op);
	op = gen_into(m, area ? KMC_OP_VREALLOC_NODE_ALIGN : KMC_OP_KREALLOC_NODE_ALIGN, HELD_SLOT,
		  size - gen_draw(m, 2) * (size / 2));
	op.src = HELD_SLOT;
	op.b = 1;
	op.node = (int8_t)gen_draw(m, 2);
	op.gfp.atoms |= KMC_GFP_THISNODE;
	gen_emit_task(m, &op);
	end_task(m, KMC_OP_KVFREE, HELD_SLOT);
}

/* Made larger, smaller and larger again; what both have is there, what is new reads as asked. */
static void resized(struct maker *m)
{
	bool old = m->wish->profile < KMC_RELEASE(6, 12, 0);
	bool area = !old && gen_chance(m, 2);
	uint64_t size = 1 + gen_draw(m, 9000);
	struct kmc_op op = gen_into(m, area ? KMC_OP_VMALLOC : KMC_OP_KVMALLOC, HELD_SLOT, size);

	if (m->now.armed || m->exhaust)
		return;
	if (area)
		op.gfp.atoms = 0;
	gen_emit_task(m, &op);
	touch(m, HELD_SLOT, size);
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t kept = size;

		op = gen_into(m, area ? KMC_OP_VREALLOC : old ? KMC_OP_KVREALLOC_OLD : KMC_OP_KVREALLOC,
			  HELD_SLOT, i == 1 ? 1 + gen_draw(m, (uint32_t)size) : size + gen_draw(m, 20000));
		op.src = HELD_SLOT;
		op.b = old ? size : 0;
		size = op.a;
		gen_emit_task(m, &op);
		op = gen_start(m, KMC_OP_CHECK);
		op.src = HELD_SLOT;
		op.a = kept < size ? kept : size;
		op.c = m->patterns;
		gen_emit(m, &op);
		touch(m, HELD_SLOT, size);
	}
	end_task(m, KMC_OP_KVFREE, HELD_SLOT);
}

/* What vmalloc gave, freed after a grace period. */
static void waits(struct maker *m)
{
	struct kmc_op op = gen_into(m, KMC_OP_VMALLOC, HELD_SLOT, 100 + gen_draw(m, 9000));

	op.gfp.atoms = 0;
	gen_emit_task(m, &op);
	end_task(m, gen_chance(m, 2) ? KMC_OP_KVFREE_RCU : KMC_OP_KVFREE_RCU_MIGHTSLEEP, HELD_SLOT);
}

/* No string to copy. */
static void no_string(struct maker *m)
{
	struct kmc_op op = gen_into(m, KMC_OP_KSTRDUP, HELD_SLOT, UINT64_MAX);

	gen_emit_task(m, &op);
}

/* Products that come round to a few bytes. */
static void wraps(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMALLOC_ARRAY, KMC_OP_KVMALLOC_ARRAY, KMC_OP_KCALLOC,
					  KMC_OP_KVCALLOC };
	struct kmc_op op = gen_into(m, codes[gen_draw(m, 4)], HELD_SLOT, 0);

	op.b = 2ull << gen_draw(m, 12);
	op.a = UINT64_MAX / op.b + 1 + gen_draw(m, 8);
	gen_emit_task(m, &op);
}

void gen_area_edge(struct maker *m)
{
	static void (*const edges[])(struct maker *) = {
		neighbours, mapped_neighbours, killed_task, one_failure, to_node,
		resized,    waits,	       no_string,   wraps,	 resized,
	};

	edges[gen_draw(m, sizeof(edges) / sizeof(edges[0]))](m);
}
