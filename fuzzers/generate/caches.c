/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caches of objects: made, drawn from one by one and in bulk, asked about, destroyed. */
#include "maker.h"

void gen_create(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_CREATE, KMC_OP_KMEM_CACHE_CREATE_ARGS,
					  KMC_OP_KMEM_CACHE_CREATE_USERCOPY };
	static const uint32_t bits[] = { KMC_CF_HWCACHE_ALIGN,	KMC_CF_RECLAIM_ACCOUNT,
					 KMC_CF_ACCOUNT,	KMC_CF_NO_MERGE,
					 KMC_CF_RED_ZONE,	KMC_CF_POISON,
					 KMC_CF_STORE_USER,	KMC_CF_CONSISTENCY_CHECKS,
					 KMC_CF_TYPESAFE_BY_RCU };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 3)]);
	unsigned int at = gen_draw(m, NR_CACHES);

	if (m->now.caches[at].live)
		return;
	op.context = KMC_CTX_TASK;
	op.dst = (uint16_t)(CACHE_SLOT + at);
	op.a = m->names++;
	op.b = 8 + gen_draw(m, gen_chance(m, 6) ? 6000 : 700);
	op.c = gen_chance(m, 2) ? 0 : 1ull << gen_draw(m, 10);
	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (gen_chance(m, 5))
			op.d |= bits[i];
	op.order = gen_chance(m, 4);
	if (op.code == KMC_OP_KMEM_CACHE_CREATE_USERCOPY && gen_chance(m, 2)) {
		op.src = (uint16_t)gen_draw(m, 4);
		op.third = (uint16_t)(1 + gen_draw(m, 4));
	}
	gen_emit(m, &op);
	m->now.caches[at] = (struct cache){ .live = true,
					    .ctor = op.order,
					    .size = (uint32_t)op.b,
					    .sure = !m->now.armed && !m->exhaust };
}

int gen_some_cache(struct maker *m)
{
	for (unsigned int i = 0, at = gen_draw(m, NR_CACHES); i < NR_CACHES;
	     i++, at = (at + 1) % NR_CACHES)
		if (m->now.caches[at].live)
			return (int)at;
	return -1;
}

static struct block *note_object(struct maker *m, const struct kmc_op *op, int cache)
{
	struct block *b = gen_note(m, op, BY_CACHE, m->now.caches[cache].size);

	b->cache = (uint8_t)cache;
	b->sure &= m->now.caches[cache].sure;
	if (b->kept)
		m->now.caches[cache].kept = true;
	return b;
}

void gen_cache_alloc(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_ALLOC_NODE,
					  KMC_OP_KMEM_CACHE_ALLOC_LRU, KMC_OP_KMEM_CACHE_ZALLOC };
	int cache = gen_some_cache(m);
	struct kmc_op op;

	if (cache < 0 || !gen_room_for(m, 8192))
		return;
	op = gen_start(m, codes[gen_draw(m, m->now.caches[cache].ctor ? 3 : 4)]);
	op.src = (uint16_t)(CACHE_SLOT + cache);
	op.dst = slot;
	op.gfp.atoms = gen_flags(m, &op, !m->now.caches[cache].ctor);
	if (op.code == KMC_OP_KMEM_CACHE_ALLOC_NODE)
		gen_node_flags(m, &op);
	gen_keep_sometimes(m, &op);
	gen_emit(m, &op);
	note_object(m, &op, cache)->zero |= gen_zeroes(op.code);
}

/* Return: the first of @nr empty slots among those for runs, or -1. */
int gen_empty_run(struct maker *m, unsigned int nr)
{
	unsigned int at = FIRST_RUN + 16 * gen_draw(m, (NR_BLOCKS - FIRST_RUN) / 16);

	for (unsigned int i = 0; i < nr; i++)
		if (m->now.blocks[at + i].by)
			return -1;
	return (int)at;
}

void gen_no_hard_context(struct kmc_op *op)
{
	if (op->context == KMC_CTX_HARDIRQ)
		op->context = KMC_CTX_SOFTIRQ;
}

void gen_cache_bulk(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_ALLOC_BULK);
	unsigned int nr = gen_draw(m, 17);
	int cache = gen_some_cache(m), at = gen_empty_run(m, nr);

	if (cache < 0 || at < 0 || !gen_room_for(m, 65536))
		return;
	gen_no_hard_context(&op);
	op.src = (uint16_t)(CACHE_SLOT + cache);
	op.dst = (uint16_t)at;
	op.a = nr;
	op.gfp.atoms = gen_flags(m, &op, !m->now.caches[cache].ctor);
	gen_emit(m, &op);
	for (unsigned int i = 0; i < nr; i++, op.dst++)
		note_object(m, &op, cache);
}

bool gen_cache_in_use(const struct maker *m, unsigned int cache)
{
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		if (m->now.blocks[i].by == BY_CACHE && m->now.blocks[i].cache == cache)
			return true;
	return false;
}

void gen_destroy(struct maker *m, unsigned int cache)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_DESTROY);

	if (!m->now.caches[cache].live || gen_cache_in_use(m, cache))
		return;
	op.context = KMC_CTX_TASK;
	op.src = (uint16_t)(CACHE_SLOT + cache);
	gen_emit(m, &op);
	m->now.caches[cache] = (struct cache){ 0 };
}

void gen_cache_question(struct maker *m)
{
	int cache = gen_some_cache(m);
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_SHRINK, KMC_OP_KMEM_CACHE_SIZE,
					  KMC_OP_SLAB_VALIDATE };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 3)]);

	if (cache < 0)
		return;
	op.context = KMC_CTX_TASK;
	op.src = (uint16_t)(CACHE_SLOT + cache);
	op.dst = gen_chance(m, 2) ? NUM_SLOT : KMC_NO_SLOT;
	gen_emit(m, &op);
}
