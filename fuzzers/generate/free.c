/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Use of memory, and every free that fits the block at hand. */
#include "maker.h"

void gen_memory(struct maker *m)
{
	int at = gen_some_block(m, false, -1);
	struct kmc_op op = gen_start(m, KMC_OP_WRITE);
	struct block *b;

	if (at < 0)
		return;
	b = gen_block_at(m, (uint16_t)at);
	if (b->null || !b->size || b->parts || b->size > 65536 ||
	    (b->by == BY_CACHE && m->now.caches[b->cache].ctor))
		return;
	op.src = (uint16_t)at;
	if (b->zero && b->sure && gen_chance(m, 2)) {
		op.code = KMC_OP_CHECK_ZERO;
		op.a = b->size;
	} else if (b->sure && b->written_from < b->written_to && gen_chance(m, 2)) {
		op.code = gen_chance(m, 3) ? KMC_OP_READ : KMC_OP_CHECK;
		op.b = b->written_from;
		op.a = b->written_to - b->written_from;
		op.c = b->pattern;
	} else {
		op.b = gen_chance(m, 2) ? 0 : gen_draw(m, (uint32_t)b->size);
		op.a = gen_chance(m, 2) ? b->size - op.b
					: 1 + gen_draw(m, (uint32_t)(b->size - op.b));
		op.c = ++m->patterns * 0x9e3779b97f4a7c15ull;
		b->pattern = op.c;
		b->written_from = op.b;
		b->written_to = op.a + op.b;
		b->zero = false;
	}
	gen_emit(m, &op);
}

/* frees */

bool gen_since_6_4(const struct maker *m)
{
	return m->wish->edition >= KMC_RELEASE(6, 4, 0);
}

struct kmc_op gen_free_op(struct maker *m, unsigned int code, uint16_t slot)
{
	struct kmc_op op = gen_start(m, code);
	const struct block *b = gen_block_at(m, slot);

	if (code == KMC_OP_KMEM_CACHE_FREE) {
		op.src = (uint16_t)(CACHE_SLOT + b->cache);
		op.dst = slot;
		return op;
	}
	op.src = slot;
	if (code == KMC_OP_KVFREE_SENSITIVE || code == KMC_OP_FREE_PAGES_EXACT)
		op.a = b->size;
	if (code == KMC_OP_FREE_PAGES_PAGE || code == KMC_OP_FREE_PAGES)
		op.order = b->parts ? 0 : b->order;
	return op;
}

static unsigned int object_free(struct maker *m, const struct block *b)
{
	static const uint16_t kmalloc[] = { KMC_OP_KFREE, KMC_OP_KVFREE, KMC_OP_KFREE_SENSITIVE,
					    KMC_OP_KFREE_CONST, KMC_OP_KVFREE_SENSITIVE };
	static const uint16_t cache[] = { KMC_OP_KMEM_CACHE_FREE, KMC_OP_KFREE, KMC_OP_KVFREE };

	if (b->by == BY_CONST)
		return KMC_OP_KFREE_CONST;
	if (b->by == BY_CACHE)
		return b->null || !gen_since_6_4(m) ? KMC_OP_KMEM_CACHE_FREE
						    : cache[gen_draw(m, 3)];
	return gen_some_code(m, kmalloc, 5, 3);
}

/* Of a plain block the order is named while it is whole: PAGE-8, Part 2.4. */
static unsigned int page_free(struct maker *m, const struct block *b)
{
	bool whole = b->comp || !b->order || b->parts;
	unsigned int pick = gen_draw(m, 4);

	if (b->by == BY_EXACT)
		return KMC_OP_FREE_PAGES_EXACT;
	if (b->by == BY_FOLIO)
		return pick & 1 ? KMC_OP_FOLIO_PUT : KMC_OP_PUT_PAGE;
	if (pick == 0 && whole && !b->null)
		return KMC_OP_PUT_PAGE;
	if (pick == 1 && whole && !b->parts && !b->null)
		return KMC_OP_FOLIO_PUT;
	if (b->by == BY_GET || b->parts)
		return pick == 2 ? KMC_OP_FREE_PAGES_PAGE : KMC_OP_FREE_PAGES;
	return KMC_OP_FREE_PAGES_PAGE;
}

unsigned int gen_legal_free(struct maker *m, const struct block *b)
{
	return gen_is_pages(b) || b->by == BY_EXACT ? page_free(m, b) : object_free(m, b);
}

static void free_parts(struct maker *m, uint16_t slot)
{
	struct block *b = gen_block_at(m, slot);

	for (unsigned int i = 0; i < 64; i++) {
		struct kmc_op op;

		if (!(b->parts >> i & 1))
			continue;
		op = gen_free_op(m, page_free(m, b), slot);
		op.b = (uint64_t)i << 12;
		gen_emit(m, &op);
	}
	gen_forget(m, b);
}

void gen_free(struct maker *m, uint16_t slot)
{
	struct block *b = gen_block_at(m, slot);
	struct kmc_op op;

	if (b->null && b->by != BY_KMALLOC) {
		gen_forget(m, b); /* nothing but kmalloc's frees takes what never was */
		return;
	}
	if (b->parts) {
		free_parts(m, slot);
		return;
	}
	op = gen_free_op(m, b->extra && gen_chance(m, 3) ? KMC_OP_PUT_PAGE : gen_legal_free(m, b),
			 slot);
	gen_emit(m, &op);
	if (!b->extra) {
		gen_forget(m, b);
		return;
	}
	b->extra--;
	if (op.code == KMC_OP_PUT_PAGE)
		return;
	if (!b->comp && b->order) {
		b->order = 0;
		b->size = 4096;
		b->zero = false;
		b->written_from = b->written_to = 0;
	}
}

/* Objects that one bulk free may take together: @cache of them all, or -1 any that kfree takes. */
static bool bulk_takes(const struct maker *m, const struct block *b, int cache)
{
	if (!b->by || !b->sure || b->null || b->kept)
		return false;
	if (cache >= 0)
		return b->by == BY_CACHE && b->cache == cache;
	return b->by == BY_KMALLOC || (b->by == BY_CACHE && gen_since_6_4(m));
}

void gen_bulk_free(struct maker *m)
{
	unsigned int at = FIRST_RUN + gen_draw(m, NR_BLOCKS - FIRST_RUN), nr = 0;
	const struct block *first = &m->now.blocks[at];
	int cache = first->by == BY_CACHE && gen_chance(m, 2) ? first->cache : -1;
	struct kmc_op op;

	while (nr < 12 && at + nr < NR_BLOCKS && bulk_takes(m, first + nr, cache))
		nr++;
	if (!nr)
		return;
	op = gen_start(m, cache >= 0 || (gen_chance(m, 3) && !m->wish->kmalloc_only)
				  ? KMC_OP_KMEM_CACHE_FREE_BULK
				  : KMC_OP_KFREE_BULK);
	gen_no_hard_context(&op);
	op.a = nr;
	if (op.code == KMC_OP_KFREE_BULK) {
		op.src = (uint16_t)at;
	} else {
		op.dst = (uint16_t)at;
		op.src = cache >= 0 ? (uint16_t)(CACHE_SLOT + cache) : KMC_NO_SLOT;
	}
	gen_emit(m, &op);
	for (unsigned int i = 0; i < nr; i++)
		gen_forget(m, &m->now.blocks[at + i]);
}

void gen_nothing(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KFREE,
					  KMC_OP_KVFREE,
					  KMC_OP_KFREE_SENSITIVE,
					  KMC_OP_KFREE_CONST,
					  KMC_OP_KVFREE_SENSITIVE,
					  KMC_OP_FREE_PAGES,
					  KMC_OP_KMEM_CACHE_DESTROY };
	struct kmc_op op = gen_start(m, gen_some_code(m, codes, 7, 3));

	if (op.code == KMC_OP_KMEM_CACHE_DESTROY)
		op.context = KMC_CTX_TASK;
	gen_emit(m, &op);
}
