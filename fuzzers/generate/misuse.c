/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One wrong caller: a misuse that is certain, and the rule that it breaks. */
#include "maker.h"

static void wrong(struct maker *m, struct kmc_op *op, const char *rule)
{
	op->attr |= KMC_ATTR_MISUSE;
	if (op->context != KMC_CTX_PREEMPT_OFF)
		op->context = KMC_CTX_TASK;
	gen_emit(m, op);
	m->rule = rule;
	m->misused = true;
}

/* A sole, certain block: what the finding is about is not in doubt. */
static int plain_block(struct maker *m, int by)
{
	int at = gen_some_block(m, true, by);
	const struct block *b = at < 0 ? NULL : &m->now.blocks[at];

	return b && !b->extra && !b->parts && b->size ? at : -1;
}

static void double_free(struct maker *m)
{
	int at = plain_block(m, -1);
	struct block b;
	struct kmc_op op;

	if (at < 0)
		return;
	b = *gen_block_at(m, (uint16_t)at);
	op = gen_free_op(m, gen_legal_free(m, &b), (uint16_t)at);
	gen_emit(m, &op);
	gen_forget(m, gen_block_at(m, (uint16_t)at));
	wrong(m, &op, gen_is_pages(&b) || b.by == BY_EXACT ? "PAGE-6" : "FR-10");
}

static void use_after_free(struct maker *m)
{
	int at = plain_block(m, -1);
	struct kmc_op op;

	if (at < 0)
		return;
	op = gen_free_op(m, gen_legal_free(m, gen_block_at(m, (uint16_t)at)), (uint16_t)at);
	gen_emit(m, &op);
	gen_forget(m, gen_block_at(m, (uint16_t)at));
	op = gen_start(m, gen_chance(m, 2) ? KMC_OP_WRITE : KMC_OP_READ);
	op.src = (uint16_t)at;
	op.a = 1;
	wrong(m, &op, "FR-10");
}

static void wrong_free(struct maker *m)
{
	int at = plain_block(m, -1);
	const struct block *b;
	struct kmc_op op;

	if (at < 0)
		return;
	b = gen_block_at(m, (uint16_t)at);
	switch (b->by) {
	case BY_KMALLOC:
		op = gen_free_op(m, gen_chance(m, 2) ? KMC_OP_FREE_PAGES : KMC_OP_PUT_PAGE,
				 (uint16_t)at);
		if (gen_chance(m, 2) && m->now.caches[0].live && m->now.caches[0].sure)
			op = gen_free_op(m, KMC_OP_KMEM_CACHE_FREE, (uint16_t)at);
		wrong(m, &op, "FR-1");
		break;
	case BY_CONST:
		op = gen_free_op(m, KMC_OP_KFREE, (uint16_t)at);
		wrong(m, &op, "DUP-5");
		break;
	case BY_CACHE:
		op = gen_free_op(m,
				 gen_chance(m, 2) || gen_since_6_4(m) ? KMC_OP_KFREE_SENSITIVE
								      : KMC_OP_KFREE,
				 (uint16_t)at);
		wrong(m, &op, gen_since_6_4(m) ? "FR-2" : "FR-6");
		/* Legal in a later edition, so it is done. */
		if (op.code == KMC_OP_KFREE)
			gen_forget(m, gen_block_at(m, (uint16_t)at));
		break;
	case BY_EXACT:
		op = gen_free_op(m, KMC_OP_FREE_PAGES, (uint16_t)at);
		wrong(m, &op, "PAGE-15");
		break;
	default:
		op = gen_free_op(m, gen_chance(m, 2) ? KMC_OP_KFREE : KMC_OP_KVFREE, (uint16_t)at);
		if (b->by == BY_PAGES && gen_chance(m, 2))
			op = gen_free_op(m,
					 b->comp || !b->order ? KMC_OP_FREE_PAGES : KMC_OP_PUT_PAGE,
					 (uint16_t)at);
		wrong(m, &op, "PAGE-36");
	}
}

static void wrong_extent(struct maker *m)
{
	int at = plain_block(m, gen_chance(m, 3) ? BY_EXACT : BY_GET);
	const struct block *b;
	struct kmc_op op;

	if (at < 0)
		return;
	b = gen_block_at(m, (uint16_t)at);
	op = gen_free_op(m, b->by == BY_EXACT ? KMC_OP_FREE_PAGES_EXACT : KMC_OP_FREE_PAGES,
			 (uint16_t)at);
	op.a = b->size + 4096;
	op.order = (uint8_t)(b->order + 1);
	wrong(m, &op, b->by == BY_EXACT ? "PAGE-15" : "PAGE-5");
}

static void interior(struct maker *m)
{
	int at = plain_block(m, gen_chance(m, 2) ? BY_KMALLOC : BY_CACHE);
	struct kmc_op op;

	if (at < 0 || gen_block_at(m, (uint16_t)at)->size < 2)
		return;
	op = gen_free_op(m, gen_legal_free(m, gen_block_at(m, (uint16_t)at)), (uint16_t)at);
	op.b = 1 + gen_draw(m, (uint32_t)gen_block_at(m, (uint16_t)at)->size - 1);
	wrong(m, &op, "FR-11");
}

static void overflow(struct maker *m)
{
	int at = plain_block(m, BY_KMALLOC);
	const struct block *b;
	struct kmc_op op = gen_start(m, gen_chance(m, 3) ? KMC_OP_READ : KMC_OP_WRITE);

	if (at < 0)
		return;
	b = gen_block_at(m, (uint16_t)at);
	op.src = (uint16_t)at;
	op.b = gen_draw(m, (uint32_t)b->size + 1);
	op.a = b->size - op.b + 1 + gen_draw(m, 16);
	op.c = 7;
	wrong(m, &op, b->ksized && m->wish->edition >= KMC_RELEASE(6, 2, 0) ? "KM-18" : "KM-9");
}

static void destroy_in_use(struct maker *m)
{
	int at = plain_block(m, BY_CACHE);
	struct kmc_op op = gen_start(m, KMC_OP_KMEM_CACHE_DESTROY);

	if (at < 0)
		return;
	op.context = KMC_CTX_TASK;
	op.src = (uint16_t)(CACHE_SLOT + gen_block_at(m, (uint16_t)at)->cache);
	wrong(m, &op, "KC-25");
}

static void other_cache(struct maker *m)
{
	int at = plain_block(m, BY_CACHE), other = gen_some_cache(m);
	struct kmc_op op;

	if (at < 0 || other == gen_block_at(m, (uint16_t)at)->cache || !m->now.caches[other].sure)
		return;
	op = gen_free_op(m, KMC_OP_KMEM_CACHE_FREE, (uint16_t)at);
	op.src = (uint16_t)(CACHE_SLOT + other);
	wrong(m, &op, gen_since_6_4(m) ? "FR-2" : "FR-6");
}

static void leak(struct maker *m)
{
	int at = plain_block(m, -1);

	if (at < 0 || gen_block_at(m, (uint16_t)at)->by == BY_CONST)
		return;
	if (gen_block_at(m, (uint16_t)at)->by == BY_CACHE)
		m->now.caches[gen_block_at(m, (uint16_t)at)->cache].kept = true;
	gen_block_at(m, (uint16_t)at)->kept = true;
	m->rule = "FR-20";
	m->misused = true;
}

static void context(struct maker *m)
{
	struct kmc_op op = gen_start(m, KMC_OP_KMALLOC);
	int slot = gen_empty_slot(m, 0, FIRST_RUN);

	if (slot < 0)
		return;
	op.dst = (uint16_t)slot;
	op.a = 64;
	op.gfp.atoms = KERNEL;
	op.context = gen_chance(m, 2) ? KMC_CTX_SOFTIRQ : KMC_CTX_HARDIRQ;
	op.attr = 0;
	gen_emit(m, &op);
	gen_note(m, &op, BY_KMALLOC, op.a)->sure = false;
	m->rule = "GFP-1";
	m->misused = true;
}

static void null_free(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_FREE, KMC_OP_FREE_PAGES_PAGE,
					  KMC_OP_PUT_PAGE, KMC_OP_FREE_PAGES_EXACT };
	int cache = gen_some_cache(m);
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 4)]);

	if (cache < 0 || !m->now.caches[cache].sure)
		return;
	if (op.code == KMC_OP_KMEM_CACHE_FREE)
		op.src = (uint16_t)(CACHE_SLOT + cache);
	wrong(m, &op, "FR-9");
}

static void dead_cache(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_SHRINK,
					  KMC_OP_KMEM_CACHE_DESTROY, KMC_OP_KMEM_CACHE_SIZE };
	struct kmc_op op = gen_start(m, codes[gen_draw(m, 4)]);
	int cache = gen_some_cache(m);

	if (cache < 0 || gen_cache_in_use(m, (unsigned int)cache) || !m->now.caches[cache].sure)
		return;
	gen_destroy(m, (unsigned int)cache);
	op.src = (uint16_t)(CACHE_SLOT + cache);
	wrong(m, &op, "KC-29");
}

void gen_misuse(struct maker *m)
{
	static void (*const acts[KMC_GEN_NR_MISUSES])(struct maker *) = {
		[KMC_GEN_DOUBLE_FREE] = double_free,
		[KMC_GEN_WRONG_FREE] = wrong_free,
		[KMC_GEN_INTERIOR] = interior,
		[KMC_GEN_OVERFLOW] = overflow,
		[KMC_GEN_DESTROY] = destroy_in_use,
		[KMC_GEN_OTHER_CACHE] = other_cache,
		[KMC_GEN_LEAK] = leak,
		[KMC_GEN_USE_AFTER_FREE] = use_after_free,
		[KMC_GEN_WRONG_EXTENT] = wrong_extent,
		[KMC_GEN_CONTEXT] = context,
		[KMC_GEN_NULL_FREE] = null_free,
		[KMC_GEN_DEAD_CACHE] = dead_cache,
	};

	if (!m->misused && acts[m->wish->misuse])
		acts[m->wish->misuse](m);
}
