/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmalloc and its relatives: arrays, copies, strings, resizing, questions about sizes. */
#include "maker.h"

static uint64_t some_size(struct maker *m)
{
	uint64_t size = 1ull << gen_draw(m, gen_chance(m, 6) ? 15 : 11);

	switch (gen_draw(m, 6)) {
	case 0:
		return size + gen_draw(m, (uint32_t)size);
	case 1:
		return size * 3;
	case 2:
		return size > 1 ? size - 1 : 1;
	case 3:
		return gen_chance(m, 8) ? 0 : size + 1;
	default:
		return size;
	}
}

static uint64_t big_size(struct maker *m)
{
	static const uint64_t sizes[] = { 65536,	 100000,     1 << 20,	4 << 20,
					  (4 << 20) + 1, 1ull << 40, UINT64_MAX };

	return sizes[gen_draw(m, 7)];
}

void gen_node_flags(struct maker *m, struct kmc_op *op)
{
	if (gen_chance(m, 2))
		op->node = (int8_t)gen_draw(m, m->program->machine.nr_nodes);
	if (op->node != KMC_NODE_NONE && gen_chance(m, 4))
		op->gfp.atoms |= KMC_GFP_THISNODE;
}

unsigned int gen_some_code(struct maker *m, const uint16_t *codes, unsigned int nr,
			   unsigned int nr_few)
{
	return codes[gen_draw(m, m->wish->kmalloc_only ? nr_few : nr)];
}

bool gen_zeroes(unsigned int code)
{
	return code == KMC_OP_KZALLOC || code == KMC_OP_KZALLOC_NODE || code == KMC_OP_KCALLOC ||
	       code == KMC_OP_KCALLOC_NODE || code == KMC_OP_KMEM_CACHE_ZALLOC ||
	       code == KMC_OP_GET_ZEROED_PAGE;
}

static void size_known(struct block *b, uint64_t size, bool overflow)
{
	b->null = overflow || size > 4 << 20 || !size;
	b->zero_size = !overflow && !size;
	b->size = b->null ? 0 : size;
}

void gen_keep_sometimes(struct maker *m, struct kmc_op *op)
{
	if (gen_chance(m, 40) && m->wish->misuse == KMC_GEN_NONE)
		op->attr |= KMC_ATTR_KEPT;
}

void gen_kmalloc(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = {
		KMC_OP_KMALLOC,	     KMC_OP_KZALLOC,	  KMC_OP_KMALLOC_TRACK_CALLER,
		KMC_OP_KMALLOC_NODE, KMC_OP_KZALLOC_NODE, KMC_OP_KMALLOC_NODE_TRACK_CALLER
	};
	struct kmc_op op = gen_start(m, gen_some_code(m, codes, 6, 3));
	struct block *b;

	op.dst = slot;
	op.a = gen_chance(m, 25) ? big_size(m) : some_size(m);
	if (op.a <= 4 << 20 && !gen_room_for(m, op.a))
		return;
	op.gfp.atoms = gen_flags(m, &op, true);
	if (op.a > 8192)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	if (op.code >= KMC_OP_KMALLOC_NODE && !m->wish->kmalloc_only &&
	    op.code != KMC_OP_KMALLOC_TRACK_CALLER)
		gen_node_flags(m, &op);
	if (gen_chance(m, 16))
		op.gfp.atoms |= KMC_GFP_DMA;
	gen_keep_sometimes(m, &op);
	gen_emit(m, &op);
	b = gen_note(m, &op, BY_KMALLOC, op.a <= 4 << 20 ? op.a : 0);
	b->zero |= gen_zeroes(op.code);
	size_known(b, op.a, false);
}

void gen_array(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KMALLOC_ARRAY, KMC_OP_KCALLOC,
					  KMC_OP_KMALLOC_ARRAY_NODE, KMC_OP_KCALLOC_NODE };
	struct kmc_op op = gen_start(m, gen_some_code(m, codes, 4, 2));
	bool overflow = gen_chance(m, 12);
	struct block *b;

	op.dst = slot;
	op.a = overflow ? UINT64_MAX / 2 : gen_draw(m, 40);
	op.b = overflow ? 3 + gen_draw(m, 9) : gen_draw(m, 100);
	op.gfp.atoms = gen_flags(m, &op, true);
	if (overflow)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	if (op.code == KMC_OP_KMALLOC_ARRAY_NODE || op.code == KMC_OP_KCALLOC_NODE)
		gen_node_flags(m, &op);
	if (!gen_room_for(m, 4000))
		return;
	gen_emit(m, &op);
	b = gen_note(m, &op, BY_KMALLOC, overflow ? 0 : op.a * op.b);
	b->zero |= gen_zeroes(op.code);
	size_known(b, op.a * op.b, overflow);
}

static void copy_written(struct block *to, const struct block *from)
{
	to->pattern = from->pattern;
	to->written_from = from->written_from;
	to->written_to = from->written_to < to->size ? from->written_to : to->size;
	to->zero = false;
}

void gen_dup(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KMEMDUP, KMC_OP_KMEMDUP_ARRAY,
					  KMC_OP_KMEMDUP_NUL };
	int from = gen_some_block(
		m, true, gen_chance(m, 4) && !m->wish->kmalloc_only ? BY_CACHE : BY_KMALLOC);
	struct kmc_op op = gen_start(m, gen_some_code(m, codes, 3, 2));
	struct block *b, source;

	if (from < 0 || !gen_room_for(m, 65536))
		return;
	source = *gen_block_at(m, (uint16_t)from);
	if (source.size > 16384)
		return;
	op.src = (uint16_t)from;
	op.dst = slot;
	op.a = 1 + gen_draw(m, (uint32_t)source.size);
	if (op.code == KMC_OP_KMEMDUP_ARRAY) {
		op.b = 1 + gen_draw(m, 8);
		op.a = op.a / op.b;
	}
	op.gfp.atoms = gen_flags(m, &op, false);
	gen_emit(m, &op);
	b = gen_note(m, &op, BY_KMALLOC, op.code == KMC_OP_KMEMDUP_ARRAY ? op.a * op.b : op.a);
	size_known(b, b->size, false);
	copy_written(b, &source);
	if (op.code == KMC_OP_KMEMDUP_NUL)
		b->size = ++b->most; /* the byte behind is not the program's pattern */
}

void gen_string(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KSTRDUP, KMC_OP_KSTRNDUP, KMC_OP_KSTRDUP_CONST };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 3)]);
	uint64_t len;

	op.dst = slot;
	op.a = gen_draw(m, 300);
	if (op.code == KMC_OP_KSTRNDUP)
		op.b = gen_draw(m, 200);
	op.gfp.atoms = gen_flags(m, &op, false);
	len = op.code == KMC_OP_KSTRNDUP && op.b < op.a ? op.b : op.a;
	gen_emit(m, &op);
	gen_note(m, &op, op.code == KMC_OP_KSTRDUP_CONST ? BY_CONST : BY_KMALLOC, len + 1);
}

/* Return: bytes that a bucket for @size may have at most. */
static uint64_t bucket_at_most(uint64_t size)
{
	return size < 8 ? 32 : 2 * size;
}

/* A resize that fails for certain: the old block stays. */
static void failed_resize(struct maker *m, uint16_t slot, const struct block *b)
{
	struct kmc_op op = gen_start(m, KMC_OP_KREALLOC);

	if (m->wish->kmalloc_only || m->now.armed || bucket_at_most(b->most) >= 4096)
		return;
	gen_arm(m, 0, 1, 0);
	op.src = slot;
	op.dst = NUM_SLOT;
	op.a = bucket_at_most(b->most) + 1 + gen_draw(m, 4096);
	op.gfp.atoms = gen_flags(m, &op, true) & ~(uint32_t)KMC_GFP_NOFAIL;
	gen_emit(m, &op);
	gen_arm(m, 0, 0, 0);
}

void gen_resize(struct maker *m, uint16_t slot)
{
	int from = gen_some_block(m, true, BY_KMALLOC);
	struct kmc_op op = gen_start(m, gen_chance(m, 3) ? KMC_OP_KREALLOC_ARRAY : KMC_OP_KREALLOC);
	struct block old, *b;

	if (from < 0 || m->now.armed || m->exhaust)
		return;
	old = *gen_block_at(m, (uint16_t)from);
	if (gen_chance(m, 5)) {
		failed_resize(m, (uint16_t)from, &old);
		return;
	}
	op.src = (uint16_t)from;
	op.dst = gen_chance(m, 2) ? op.src : slot;
	op.a = op.code == KMC_OP_KREALLOC ? some_size(m) % 16384 : gen_draw(m, 50);
	op.b = op.code == KMC_OP_KREALLOC ? 0 : gen_draw(m, 60);
	op.gfp.atoms = gen_flags(m, &op, old.zero);
	gen_emit(m, &op);
	gen_forget(m, gen_block_at(m, op.src));
	b = gen_note(m, &op, BY_KMALLOC, op.code == KMC_OP_KREALLOC ? op.a : op.a * op.b);
	size_known(b, b->size, false);
	b->most = old.most > b->size ? old.most : b->size;
	copy_written(b, &old);
}

void gen_kmalloc_run(struct maker *m)
{
	unsigned int nr = 1 + gen_draw(m, 10);
	int at = gen_empty_run(m, nr);

	for (unsigned int i = 0; at >= 0 && i < nr; i++)
		gen_kmalloc(m, (uint16_t)((unsigned int)at + i));
}

/* sizes */

void gen_pure(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMALLOC_SIZE_ROUNDUP,
					  KMC_OP_ARRAY_SIZE,
					  KMC_OP_ARRAY3_SIZE,
					  KMC_OP_SIZE_MUL,
					  KMC_OP_SIZE_ADD,
					  KMC_OP_SIZE_SUB,
					  KMC_OP_STRUCT_SIZE,
					  KMC_OP_STRUCT_SIZE_T,
					  KMC_OP_FLEX_ARRAY_SIZE };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 9)]);

	op.a = gen_chance(m, 5) ? UINT64_MAX - gen_draw(m, 100) * gen_draw(m, 2) : some_size(m);
	/* KM-16 as the contract knows it: up to 6.4 the kernel itself gives 0 above 2^63. */
	if (op.code == KMC_OP_KMALLOC_SIZE_ROUNDUP && m->wish->profile < KMC_RELEASE(6, 6, 0) &&
	    op.a < UINT64_MAX)
		op.a >>= 1;
	op.b = gen_chance(m, 8) ? UINT64_MAX / 2 : gen_draw(m, 5000);
	op.c = gen_chance(m, 8) ? UINT64_MAX : gen_draw(m, 500);
	gen_emit(m, &op);
}

void gen_ksize(struct maker *m)
{
	int at = gen_some_block(m, false, BY_KMALLOC);

	if (at < 0)
		return;
	gen_emit_at(m, KMC_OP_KSIZE, (uint16_t)at);
	gen_block_at(m, (uint16_t)at)->ksized = true;
}
