/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmalloc, kvmalloc and mappings: sequences whole in themselves. */
#include "maker.h"

/* Flags that vmalloc takes (R9). */
static uint32_t area_flags(struct maker *m)
{
	static const uint32_t bases[] = { KERNEL, KERNEL, KERNEL & ~KMC_GFP_FS,
					  KERNEL & ~(KMC_GFP_FS | KMC_GFP_IO) };

	return bases[gen_draw(m, 4)] | (gen_chance(m, 4) ? KMC_GFP_ZERO : 0) |
	       (gen_chance(m, 4) ? KMC_GFP_NOWARN : 0);
}

static uint64_t area_size(struct maker *m)
{
	uint64_t pages = 1ull << gen_draw(m, gen_chance(m, 8) ? 10 : 5);

	switch (gen_draw(m, 4)) {
	case 0:
		return 1 + gen_draw(m, 9000);
	case 1:
		return pages * 4096;
	case 2:
		return pages * 4096 - 1;
	default:
		return pages * 4096 + 1 + gen_draw(m, 4096);
	}
}

static void use_held(struct maker *m, uint64_t bytes)
{
	struct kmc_op op = gen_on_held(m, KMC_OP_WRITE);

	op.a = bytes;
	op.c = ++m->patterns;
	gen_emit(m, &op);
	op.code = KMC_OP_CHECK;
	gen_emit(m, &op);
}

/* Grown and shrunk where nothing can fail: else the old one would be lost to the program. */
static void resize_held(struct maker *m, unsigned int code, uint64_t *size)
{
	struct kmc_op op = gen_on_held(m, code);
	uint64_t old = *size;

	if (m->now.armed || m->exhaust)
		return;
	op.dst = HELD_SLOT;
	op.a = *size = area_size(m);
	op.b = code == KMC_OP_KVREALLOC_OLD ? old : 0;
	op.gfp.atoms = area_flags(m) & ~(uint32_t)KMC_GFP_ZERO;
	gen_emit_task(m, &op);
}

static void end_held(struct maker *m, const uint16_t *codes, unsigned int nr, uint64_t size)
{
	struct kmc_op op = gen_on_held(m, codes[gen_draw(m, nr)]);

	op.a = op.code == KMC_OP_KVFREE_SENSITIVE ? size : 0;
	op.context = gen_chance(m, 4) ? KMC_CTX_SOFTIRQ : KMC_CTX_TASK;
	/* kvfree may sleep (FR-12); vfree in interrupt puts it off. */
	if (op.code != KMC_OP_VFREE && op.code != KMC_OP_VFREE_ATOMIC)
		op.context = KMC_CTX_TASK;
	gen_emit(m, &op);
	if (gen_chance(m, 4))
		gen_emit_at(m, KMC_OP_VM_UNMAP_ALIASES, 0);
}

void gen_vmalloc(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_VMALLOC,	  KMC_OP_VZALLOC,
					  KMC_OP_VMALLOC_NODE,	  KMC_OP_VZALLOC_NODE,
					  KMC_OP_VMALLOC_USER,	  KMC_OP_VMALLOC_32,
					  KMC_OP_VMALLOC_32_USER, KMC_OP_VMALLOC_HUGE,
					  KMC_OP_VMALLOC_GFP };
	static const uint16_t resizes[] = { KMC_OP_VREALLOC, KMC_OP_VREALLOC_NODE_ALIGN };
	static const uint16_t ends[] = { KMC_OP_VFREE, KMC_OP_VFREE_ATOMIC, KMC_OP_KVFREE };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 9)]);
	uint64_t size = area_size(m);

	op.dst = HELD_SLOT;
	op.a = size;
	if (op.code == KMC_OP_VMALLOC_NODE || op.code == KMC_OP_VZALLOC_NODE)
		op.node = (int8_t)gen_draw(m, m->program->machine.nr_nodes);
	if (op.code == KMC_OP_VMALLOC_HUGE || op.code == KMC_OP_VMALLOC_GFP)
		op.gfp.atoms = area_flags(m);
	gen_emit_task(m, &op);
	if (!m->now.armed && !m->exhaust)
		use_held(m, size);
	if (gen_chance(m, 2))
		resize_held(m, resizes[gen_draw(m, 2)], &size);
	op = gen_start(m, gen_chance(m, 2) ? KMC_OP_IS_VMALLOC_ADDR : KMC_OP_VMALLOC_TO_PAGE);
	op.src = HELD_SLOT;
	op.dst = NUM_SLOT;
	op.b = gen_draw(m, 5000);
	gen_emit(m, &op);
	end_held(m, ends, 3, size);
}

void gen_kvmalloc(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KVMALLOC,	     KMC_OP_KVZALLOC,
					  KMC_OP_KVMALLOC_NODE,	     KMC_OP_KVZALLOC_NODE,
					  KMC_OP_KVMALLOC_ARRAY,     KMC_OP_KVCALLOC,
					  KMC_OP_KVMALLOC_NODE_ALIGN };
	static const uint16_t resizes[] = { KMC_OP_KVREALLOC, KMC_OP_KVREALLOC_OLD,
					    KMC_OP_KVREALLOC_NODE_ALIGN };
	static const uint16_t ends[] = { KMC_OP_KVFREE, KMC_OP_KVFREE_SENSITIVE,
					 KMC_OP_KVFREE_ATOMIC };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 7)]);
	bool array = op.code == KMC_OP_KVMALLOC_ARRAY || op.code == KMC_OP_KVCALLOC;
	uint64_t size = area_size(m);

	op.dst = HELD_SLOT;
	op.a = array ? size / 8 : size;
	op.b = array ? 8 : 0;
	size = array ? op.a * 8 : size;
	op.gfp.atoms = area_flags(m);
	if (op.code == KMC_OP_KVMALLOC_NODE || op.code == KMC_OP_KVZALLOC_NODE)
		op.node = (int8_t)gen_draw(m, m->program->machine.nr_nodes);
	gen_emit_task(m, &op);
	if (!size)
		return; /* NULL it is not, and there is nothing to free */
	if (!m->now.armed && !m->exhaust)
		use_held(m, size);
	if (gen_chance(m, 2))
		resize_held(m, resizes[gen_draw(m, 3)], &size);
	end_held(m, ends, 3, size);
}

void gen_mapping(struct maker *m)
{
	static const uint16_t ends[] = { KMC_OP_VUNMAP, KMC_OP_VFREE, KMC_OP_VM_UNMAP_RAM };
	unsigned int nr = 1 + gen_draw(m, 4), way = gen_draw(m, 3);
	struct kmc_op op;

	if (m->now.armed || m->exhaust)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		op = gen_start(m, KMC_OP_ALLOC_PAGES);
		op.dst = (uint16_t)(HELD_SLOT + 1 + i);
		op.gfp.atoms = KERNEL;
		gen_emit_task(m, &op);
	}
	op = gen_start(m, way == 2 ? KMC_OP_VM_MAP_RAM : KMC_OP_VMAP);
	op.src = HELD_SLOT + 1;
	op.dst = HELD_SLOT;
	op.a = nr;
	op.b = way == 1 ? 0x204 : way == 0 ? 0x4 : 0;
	gen_emit_task(m, &op);
	op = gen_on_held(m, KMC_OP_WRITE);
	op.a = nr * 4096;
	gen_emit(m, &op);
	op = gen_on_held(m, ends[way]);
	op.a = way == 2 ? nr : 0;
	gen_emit_task(m, &op);
	for (unsigned int i = 0; i < nr; i++)
		gen_emit_at(m, KMC_OP_FREE_PAGES_PAGE, (uint16_t)(HELD_SLOT + 1 + i));
}

/* Few addresses: what fits in them, and not a page more. */
void gen_limit(struct maker *m)
{
	static const uint16_t ends[] = { KMC_OP_VFREE };
	struct kmc_op op = gen_start(m, KMC_OP_VMALLOC_LIMIT);

	op.a = (8ull + gen_draw(m, 64)) * 4096;
	gen_emit_task(m, &op);
	op = gen_start(m, KMC_OP_VMALLOC_GFP);
	op.dst = HELD_SLOT;
	op.a = area_size(m);
	op.gfp.atoms = KERNEL | KMC_GFP_NOWARN;
	gen_emit_task(m, &op);
	end_held(m, ends, 1, op.a);
	op = gen_start(m, KMC_OP_VMALLOC_LIMIT);
	gen_emit_task(m, &op);
}
