/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generator of programs by correct callers. Slots 0 to 95 hold single
 * blocks, 96 to 223 runs of objects, then caches, tokens and snapshots.
 */
#include <errno.h>
#include <string.h>
#include "legal_program.h"
#include "vocab/event.h"

#define NR_BLOCKS 224u
#define FIRST_RUN 96u
#define NR_CACHES 8u
#define CACHE_SLOT 224u
#define TOKEN_SLOT 240u
#define SNAP_SLOT 300u
#define NUM_SLOT  310u
#define AREA_SLOT 320u
#define GROUP_SLOT 330u
#define DEVICE_SLOT 340u
#define NR_TASKS  3u
#define HELD_SLOT 400u /* of sequences that give back what they took */
#define MAX_DEPTH 4u

enum made_by { BY_NONE, BY_KMALLOC, BY_CONST, BY_CACHE, BY_PAGES, BY_GET, BY_EXACT, BY_FOLIO };

struct block {
	uint8_t by;
	bool sure;      /* there for certain: no failure can have hit */
	bool null;      /* NULL or ZERO_SIZE_PTR for certain */
	bool zero_size; /* the latter */
	bool kept, comp, ksized, zero;
	uint8_t order, cache, extra; /* extra: references beside the first */
	uint64_t size, most; /* the largest size while it may have kept its place */
	uint64_t parts, pattern, written_from, written_to;
};

struct cache {
	bool live, ctor, sure, kept;
	uint32_t size;
};

struct scope {
	uint16_t restore, token;
};

struct model {
	struct block blocks[NR_BLOCKS];
	struct cache caches[NR_CACHES];
	struct scope scopes[NR_TASKS][MAX_DEPTH];
	uint8_t depth[NR_TASKS];
	bool armed; /* failures may hit at any time */
	bool area;  /* AREA_SLOT was declared */
	uint64_t bytes;
};

struct maker {
	struct kmc_program *program;
	const struct legal_wish *wish;
	uint64_t random;
	int error;
	struct model now, then;
	bool snapped, exhaust;
	const char *rule;
	bool misused;
	uint16_t tokens, names;
	uint64_t patterns;
};

static uint32_t draw(struct maker *m, uint32_t below)
{
	m->random = m->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(m->random >> 33) % below;
}

static bool chance(struct maker *m, uint32_t one_in)
{
	return !draw(m, one_in);
}

/* ops */

static struct kmc_op start(struct maker *m, unsigned int code)
{
	static const uint8_t contexts[] = { KMC_CTX_SOFTIRQ, KMC_CTX_HARDIRQ, KMC_CTX_PREEMPT_OFF };
	struct kmc_op op;

	kmc_op_init(&op, code);
	op.cpu = (uint8_t)draw(m, m->program->machine.nr_cpus);
	op.task = (uint8_t)draw(m, NR_TASKS);
	if (chance(m, 6))
		op.context = contexts[draw(m, 3)];
	return op;
}

static void emit(struct maker *m, struct kmc_op *op)
{
	/* A node without the zone would be waited for without end. */
	if (op->gfp.atoms & KMC_GFP_THISNODE)
		op->gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	kmc_op_canonicalise(op);
	if (!m->error)
		m->error = kmc_program_add(m->program, op);
}

static void emit_at(struct maker *m, unsigned int code, uint16_t slot)
{
	struct kmc_op op = start(m, code);

	op.src = slot;
	emit(m, &op);
}

/* flags that fit the context */

#define KERNEL (KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS)

static uint32_t base_flags(struct maker *m, const struct kmc_op *op)
{
	static const uint32_t atomic[] = { 0, KMC_GFP_KSWAPD_RECLAIM,
					   KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_HIGH,
					   KMC_GFP_HIGH | KMC_GFP_NOMEMALLOC };
	static const uint32_t sleeping[] = { KERNEL, KERNEL, KERNEL, KERNEL & ~KMC_GFP_FS,
					     KERNEL & ~(KMC_GFP_FS | KMC_GFP_IO),
					     KERNEL | KMC_GFP_HARDWALL, KERNEL | KMC_GFP_NORETRY,
					     KERNEL | KMC_GFP_RETRY_MAYFAIL,
					     KMC_GFP_DIRECT_RECLAIM };

	return op->context != KMC_CTX_TASK || chance(m, 4) ? atomic[draw(m, 4)] :
							     sleeping[draw(m, 9)];
}

static uint32_t flags(struct maker *m, const struct kmc_op *op, bool may_zero)
{
	uint32_t gfp = base_flags(m, op);

	if (may_zero && chance(m, 5))
		gfp |= KMC_GFP_ZERO;
	if (chance(m, 6))
		gfp |= KMC_GFP_NOWARN;
	if (chance(m, 8))
		gfp |= KMC_GFP_ACCOUNT;
	if (chance(m, 12))
		gfp |= KMC_GFP_RECLAIMABLE;
	/* No machine here can free anything: who may not fail must find memory. */
	if (!m->exhaust && gfp & KMC_GFP_DIRECT_RECLAIM &&
	    !(gfp & (KMC_GFP_NORETRY | KMC_GFP_RETRY_MAYFAIL)) && chance(m, 10))
		gfp |= KMC_GFP_NOFAIL;
	return gfp;
}

/* books */

static struct block *block_at(struct maker *m, uint16_t slot)
{
	return &m->now.blocks[slot];
}

static int empty_slot(struct maker *m, unsigned int from, unsigned int nr)
{
	for (unsigned int i = 0, at = draw(m, nr); i < nr; i++, at = (at + 1) % nr)
		if (!m->now.blocks[from + at].by)
			return (int)(from + at);
	return -1;
}

/* A block that is there or may be, not kept. */
static int some_block(struct maker *m, bool sure, int by)
{
	for (unsigned int i = 0, at = draw(m, NR_BLOCKS); i < NR_BLOCKS;
	     i++, at = (at + 1) % NR_BLOCKS) {
		const struct block *b = &m->now.blocks[at];

		if (b->by && !b->kept && (by < 0 || b->by == by) && (!sure || (b->sure && !b->null)))
			return (int)at;
	}
	return -1;
}

static bool room_for(const struct maker *m, uint64_t bytes)
{
	return m->exhaust || m->now.bytes + bytes < 6u << 20;
}

static struct block *note(struct maker *m, const struct kmc_op *op, enum made_by by, uint64_t size)
{
	struct block *b = block_at(m, op->dst);

	*b = (struct block){ .by = (uint8_t)by, .size = size, .most = size,
			     .order = op->order };
	b->sure = !m->now.armed && !m->exhaust && size <= 32768 &&
		  !(op->gfp.atoms & (KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_THISNODE));
	b->kept = op->attr & KMC_ATTR_KEPT;
	b->comp = by == BY_FOLIO || op->gfp.atoms & KMC_GFP_COMP;
	b->zero = op->gfp.atoms & KMC_GFP_ZERO;
	m->now.bytes += size;
	return b;
}

static void forget(struct maker *m, struct block *b)
{
	m->now.bytes -= b->size < m->now.bytes ? b->size : m->now.bytes;
	*b = (struct block){ 0 };
}

/* kmalloc */

static uint64_t some_size(struct maker *m)
{
	uint64_t size = 1ull << draw(m, chance(m, 6) ? 15 : 11);

	switch (draw(m, 6)) {
	case 0: return size + draw(m, (uint32_t)size);
	case 1: return size * 3;
	case 2: return size > 1 ? size - 1 : 1;
	case 3: return chance(m, 8) ? 0 : size + 1;
	default: return size;
	}
}

static uint64_t big_size(struct maker *m)
{
	static const uint64_t sizes[] = { 65536, 100000, 1 << 20, 4 << 20, (4 << 20) + 1,
					  1ull << 40, UINT64_MAX };

	return sizes[draw(m, 7)];
}

static void node_flags(struct maker *m, struct kmc_op *op)
{
	if (chance(m, 2))
		op->node = (int8_t)draw(m, m->program->machine.nr_nodes);
	if (op->node != KMC_NODE_NONE && chance(m, 4))
		op->gfp.atoms |= KMC_GFP_THISNODE;
}

static unsigned int some_code(struct maker *m, const uint16_t *codes, unsigned int nr,
			      unsigned int nr_few)
{
	return codes[draw(m, m->wish->kmalloc_only ? nr_few : nr)];
}

static bool zeroes(unsigned int code)
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

static void keep_sometimes(struct maker *m, struct kmc_op *op)
{
	if (chance(m, 40) && m->wish->misuse == LEGAL_NONE)
		op->attr |= KMC_ATTR_KEPT;
}

static void do_kmalloc(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KMALLOC, KMC_OP_KZALLOC,
					  KMC_OP_KMALLOC_TRACK_CALLER, KMC_OP_KMALLOC_NODE,
					  KMC_OP_KZALLOC_NODE, KMC_OP_KMALLOC_NODE_TRACK_CALLER };
	struct kmc_op op = start(m, some_code(m, codes, 6, 3));
	struct block *b;

	op.dst = slot;
	op.a = chance(m, 25) ? big_size(m) : some_size(m);
	if (op.a <= 4 << 20 && !room_for(m, op.a))
		return;
	op.gfp.atoms = flags(m, &op, true);
	if (op.a > 8192)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	if (op.code >= KMC_OP_KMALLOC_NODE && !m->wish->kmalloc_only &&
	    op.code != KMC_OP_KMALLOC_TRACK_CALLER)
		node_flags(m, &op);
	if (chance(m, 16))
		op.gfp.atoms |= KMC_GFP_DMA;
	keep_sometimes(m, &op);
	emit(m, &op);
	b = note(m, &op, BY_KMALLOC, op.a <= 4 << 20 ? op.a : 0);
	b->zero |= zeroes(op.code);
	size_known(b, op.a, false);
}

static void do_array(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KMALLOC_ARRAY, KMC_OP_KCALLOC,
					  KMC_OP_KMALLOC_ARRAY_NODE, KMC_OP_KCALLOC_NODE };
	struct kmc_op op = start(m, some_code(m, codes, 4, 2));
	bool overflow = chance(m, 12);
	struct block *b;

	op.dst = slot;
	op.a = overflow ? UINT64_MAX / 2 : draw(m, 40);
	op.b = overflow ? 3 + draw(m, 9) : draw(m, 100);
	op.gfp.atoms = flags(m, &op, true);
	if (overflow)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	if (op.code == KMC_OP_KMALLOC_ARRAY_NODE || op.code == KMC_OP_KCALLOC_NODE)
		node_flags(m, &op);
	if (!room_for(m, 4000))
		return;
	emit(m, &op);
	b = note(m, &op, BY_KMALLOC, overflow ? 0 : op.a * op.b);
	b->zero |= zeroes(op.code);
	size_known(b, op.a * op.b, overflow);
}

static void copy_written(struct block *to, const struct block *from)
{
	to->pattern = from->pattern;
	to->written_from = from->written_from;
	to->written_to = from->written_to < to->size ? from->written_to : to->size;
	to->zero = false;
}

static void do_dup(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KMEMDUP, KMC_OP_KMEMDUP_ARRAY,
					  KMC_OP_KMEMDUP_NUL };
	int from = some_block(m, true, chance(m, 4) && !m->wish->kmalloc_only ? BY_CACHE :
										  BY_KMALLOC);
	struct kmc_op op = start(m, some_code(m, codes, 3, 2));
	struct block *b, source;

	if (from < 0 || !room_for(m, 65536))
		return;
	source = *block_at(m, (uint16_t)from);
	if (source.size > 16384)
		return;
	op.src = (uint16_t)from;
	op.dst = slot;
	op.a = 1 + draw(m, (uint32_t)source.size);
	if (op.code == KMC_OP_KMEMDUP_ARRAY) {
		op.b = 1 + draw(m, 8);
		op.a = op.a / op.b;
	}
	op.gfp.atoms = flags(m, &op, false);
	emit(m, &op);
	b = note(m, &op, BY_KMALLOC, op.code == KMC_OP_KMEMDUP_ARRAY ? op.a * op.b : op.a);
	size_known(b, b->size, false);
	copy_written(b, &source);
	if (op.code == KMC_OP_KMEMDUP_NUL)
		b->size = ++b->most; /* the byte behind is not the program's pattern */
}

static void do_string(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KSTRDUP, KMC_OP_KSTRNDUP, KMC_OP_KSTRDUP_CONST };
	struct kmc_op op = start(m, codes[draw(m, 3)]);
	uint64_t len;

	op.dst = slot;
	op.a = draw(m, 300);
	if (op.code == KMC_OP_KSTRNDUP)
		op.b = draw(m, 200);
	op.gfp.atoms = flags(m, &op, false);
	len = op.code == KMC_OP_KSTRNDUP && op.b < op.a ? op.b : op.a;
	emit(m, &op);
	note(m, &op, op.code == KMC_OP_KSTRDUP_CONST ? BY_CONST : BY_KMALLOC, len + 1);
}

/* Return: bytes that a bucket for @size may have at most. */
static uint64_t bucket_at_most(uint64_t size)
{
	return size < 8 ? 32 : 2 * size;
}

static void arm(struct maker *m, uint64_t fault, uint64_t nth, uint64_t interval)
{
	struct kmc_op op = start(m, KMC_OP_FAIL_NTH);

	op.a = nth;
	op.b = nth ? interval : 0;
	op.c = fault;
	op.context = KMC_CTX_TASK;
	emit(m, &op);
}

/* A resize that fails for certain: the old block stays. */
static void failed_resize(struct maker *m, uint16_t slot, const struct block *b)
{
	struct kmc_op op = start(m, KMC_OP_KREALLOC);

	if (m->wish->kmalloc_only || m->now.armed || bucket_at_most(b->most) >= 4096)
		return;
	arm(m, 0, 1, 0);
	op.src = slot;
	op.dst = NUM_SLOT;
	op.a = bucket_at_most(b->most) + 1 + draw(m, 4096);
	op.gfp.atoms = flags(m, &op, true) & ~(uint32_t)KMC_GFP_NOFAIL;
	emit(m, &op);
	arm(m, 0, 0, 0);
}

static void do_resize(struct maker *m, uint16_t slot)
{
	int from = some_block(m, true, BY_KMALLOC);
	struct kmc_op op = start(m, chance(m, 3) ? KMC_OP_KREALLOC_ARRAY : KMC_OP_KREALLOC);
	struct block old, *b;

	if (from < 0 || m->now.armed || m->exhaust)
		return;
	old = *block_at(m, (uint16_t)from);
	if (chance(m, 5)) {
		failed_resize(m, (uint16_t)from, &old);
		return;
	}
	op.src = (uint16_t)from;
	op.dst = chance(m, 2) ? op.src : slot;
	op.a = op.code == KMC_OP_KREALLOC ? some_size(m) % 16384 : draw(m, 50);
	op.b = op.code == KMC_OP_KREALLOC ? 0 : draw(m, 60);
	op.gfp.atoms = flags(m, &op, old.zero);
	emit(m, &op);
	forget(m, block_at(m, op.src));
	b = note(m, &op, BY_KMALLOC, op.code == KMC_OP_KREALLOC ? op.a : op.a * op.b);
	size_known(b, b->size, false);
	b->most = old.most > b->size ? old.most : b->size;
	copy_written(b, &old);
}

/* caches */

static void do_create(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_CREATE, KMC_OP_KMEM_CACHE_CREATE_ARGS,
					  KMC_OP_KMEM_CACHE_CREATE_USERCOPY };
	static const uint32_t bits[] = { KMC_CF_HWCACHE_ALIGN, KMC_CF_RECLAIM_ACCOUNT,
					 KMC_CF_ACCOUNT, KMC_CF_NO_MERGE, KMC_CF_RED_ZONE,
					 KMC_CF_POISON, KMC_CF_STORE_USER,
					 KMC_CF_CONSISTENCY_CHECKS, KMC_CF_TYPESAFE_BY_RCU };
	struct kmc_op op = start(m, codes[draw(m, 3)]);
	unsigned int at = draw(m, NR_CACHES);

	if (m->now.caches[at].live)
		return;
	op.context = KMC_CTX_TASK;
	op.dst = (uint16_t)(CACHE_SLOT + at);
	op.a = m->names++;
	op.b = 8 + draw(m, chance(m, 6) ? 6000 : 700);
	op.c = chance(m, 2) ? 0 : 1ull << draw(m, 10);
	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (chance(m, 5))
			op.d |= bits[i];
	op.order = chance(m, 4);
	if (op.code == KMC_OP_KMEM_CACHE_CREATE_USERCOPY && chance(m, 2)) {
		op.src = (uint16_t)draw(m, 4);
		op.third = (uint16_t)(1 + draw(m, 4));
	}
	emit(m, &op);
	m->now.caches[at] = (struct cache){ .live = true, .ctor = op.order, .size = (uint32_t)op.b,
					    .sure = !m->now.armed && !m->exhaust };
}

static int some_cache(struct maker *m)
{
	for (unsigned int i = 0, at = draw(m, NR_CACHES); i < NR_CACHES;
	     i++, at = (at + 1) % NR_CACHES)
		if (m->now.caches[at].live)
			return (int)at;
	return -1;
}

static struct block *note_object(struct maker *m, const struct kmc_op *op, int cache)
{
	struct block *b = note(m, op, BY_CACHE, m->now.caches[cache].size);

	b->cache = (uint8_t)cache;
	b->sure &= m->now.caches[cache].sure;
	if (b->kept)
		m->now.caches[cache].kept = true;
	return b;
}

static void do_cache_alloc(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_ALLOC_NODE,
					  KMC_OP_KMEM_CACHE_ALLOC_LRU, KMC_OP_KMEM_CACHE_ZALLOC };
	int cache = some_cache(m);
	struct kmc_op op;

	if (cache < 0 || !room_for(m, 8192))
		return;
	op = start(m, codes[draw(m, m->now.caches[cache].ctor ? 3 : 4)]);
	op.src = (uint16_t)(CACHE_SLOT + cache);
	op.dst = slot;
	op.gfp.atoms = flags(m, &op, !m->now.caches[cache].ctor);
	if (op.code == KMC_OP_KMEM_CACHE_ALLOC_NODE)
		node_flags(m, &op);
	keep_sometimes(m, &op);
	emit(m, &op);
	note_object(m, &op, cache)->zero |= zeroes(op.code);
}

/* Return: the first of @nr empty slots among those for runs, or -1. */
static int empty_run(struct maker *m, unsigned int nr)
{
	unsigned int at = FIRST_RUN + 16 * draw(m, (NR_BLOCKS - FIRST_RUN) / 16);

	for (unsigned int i = 0; i < nr; i++)
		if (m->now.blocks[at + i].by)
			return -1;
	return (int)at;
}

static void no_hard_context(struct kmc_op *op)
{
	if (op->context == KMC_CTX_HARDIRQ)
		op->context = KMC_CTX_SOFTIRQ;
}

static void do_cache_bulk(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_KMEM_CACHE_ALLOC_BULK);
	unsigned int nr = draw(m, 17);
	int cache = some_cache(m), at = empty_run(m, nr);

	if (cache < 0 || at < 0 || !room_for(m, 65536))
		return;
	no_hard_context(&op);
	op.src = (uint16_t)(CACHE_SLOT + cache);
	op.dst = (uint16_t)at;
	op.a = nr;
	op.gfp.atoms = flags(m, &op, !m->now.caches[cache].ctor);
	emit(m, &op);
	for (unsigned int i = 0; i < nr; i++, op.dst++)
		note_object(m, &op, cache);
}

static bool cache_in_use(const struct maker *m, unsigned int cache)
{
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		if (m->now.blocks[i].by == BY_CACHE && m->now.blocks[i].cache == cache)
			return true;
	return false;
}

static void do_destroy(struct maker *m, unsigned int cache)
{
	struct kmc_op op = start(m, KMC_OP_KMEM_CACHE_DESTROY);

	if (!m->now.caches[cache].live || cache_in_use(m, cache))
		return;
	op.context = KMC_CTX_TASK;
	op.src = (uint16_t)(CACHE_SLOT + cache);
	emit(m, &op);
	m->now.caches[cache] = (struct cache){ 0 };
}

static void do_cache_question(struct maker *m)
{
	int cache = some_cache(m);
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_SHRINK, KMC_OP_KMEM_CACHE_SIZE,
					  KMC_OP_SLAB_VALIDATE };
	struct kmc_op op = start(m, codes[draw(m, 3)]);

	if (cache < 0)
		return;
	op.context = KMC_CTX_TASK;
	op.src = (uint16_t)(CACHE_SLOT + cache);
	op.dst = chance(m, 2) ? NUM_SLOT : KMC_NO_SLOT;
	emit(m, &op);
}

/* pages */

static void page_flags(struct maker *m, struct kmc_op *op)
{
	static const uint32_t zones[] = { KMC_GFP_DMA, KMC_GFP_DMA32, KMC_GFP_HIGHMEM };

	op->gfp.atoms = flags(m, op, true);
	if (op->order > 1)
		op->gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	if (chance(m, 8))
		op->gfp.atoms |= zones[draw(m, 3)];
	if (!(op->gfp.atoms & (KMC_GFP_RECLAIMABLE | KMC_GFP_DMA | KMC_GFP_DMA32)) && chance(m, 6))
		op->gfp.atoms |= KMC_GFP_MOVABLE;
}

static void do_pages(struct maker *m, uint16_t slot)
{
	static const uint16_t codes[] = { KMC_OP_ALLOC_PAGES, KMC_OP_ALLOC_PAGES_NODE,
					  KMC_OP_GET_FREE_PAGES, KMC_OP_GET_ZEROED_PAGE,
					  KMC_OP_FOLIO_ALLOC };
	static const uint8_t by[] = { BY_PAGES, BY_PAGES, BY_GET, BY_GET, BY_FOLIO };
	unsigned int which = draw(m, 5);
	struct kmc_op op = start(m, codes[which]);
	struct block *b;

	op.dst = slot;
	op.order = (uint8_t)(which == 3 ? 0 : draw(m, chance(m, 10) ? 12 : 4));
	if (op.order <= 10 && !room_for(m, 4096ull << op.order))
		return;
	page_flags(m, &op);
	if (which == 2 || which == 3)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_HIGHMEM;
	if (which == 1)
		node_flags(m, &op);
	if (which != 4 && chance(m, 4))
		op.gfp.atoms |= KMC_GFP_COMP;
	keep_sometimes(m, &op);
	emit(m, &op);
	b = note(m, &op, by[which], op.order > 10 ? 0 : 4096ull << op.order);
	b->null = op.order > 10;
	b->zero |= zeroes(op.code);
}

static void do_exact(struct maker *m, uint16_t slot)
{
	struct kmc_op op = start(m, chance(m, 2) ? KMC_OP_ALLOC_PAGES_EXACT :
						   KMC_OP_ALLOC_PAGES_EXACT_NID);

	op.dst = slot;
	op.a = 1 + draw(m, 40000);
	if (!room_for(m, 65536))
		return;
	op.gfp.atoms = flags(m, &op, true);
	if (op.a > 8192)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_NOFAIL;
	if (op.code == KMC_OP_ALLOC_PAGES_EXACT_NID)
		node_flags(m, &op);
	emit(m, &op);
	note(m, &op, BY_EXACT, op.a)->sure &= op.a <= 16384;
}

static bool is_pages(const struct block *b)
{
	return b->by == BY_PAGES || b->by == BY_GET || b->by == BY_FOLIO;
}

static void do_reference(struct maker *m)
{
	int at = some_block(m, true, chance(m, 2) ? BY_PAGES : chance(m, 2) ? BY_GET : BY_FOLIO);
	struct block *b;

	if (at < 0)
		return;
	b = block_at(m, (uint16_t)at);
	if (b->parts || b->extra > 3)
		return;
	emit_at(m, KMC_OP_GET_PAGE, (uint16_t)at);
	b->extra++;
}

static void do_split(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_SPLIT_PAGE);
	int at = some_block(m, true, chance(m, 2) ? BY_PAGES : BY_GET);
	struct block *b;

	if (at < 0)
		return;
	b = block_at(m, (uint16_t)at);
	if (b->comp || b->parts || b->extra || !b->order || b->order > 3)
		return;
	op.src = (uint16_t)at;
	op.order = b->order;
	emit(m, &op);
	b->parts = (1ull << (1u << b->order)) - 1;
}

static void do_page_question(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_PAGE_ADDRESS, KMC_OP_VIRT_TO_PAGE,
					  KMC_OP_PAGE_TO_PFN, KMC_OP_PAGE_REF_COUNT };
	int at = some_block(m, true, BY_PAGES);

	if (at >= 0 && !block_at(m, (uint16_t)at)->parts)
		emit_at(m, codes[draw(m, 4)], (uint16_t)at);
}

/* memory */

static void do_memory(struct maker *m)
{
	int at = some_block(m, false, -1);
	struct kmc_op op = start(m, KMC_OP_WRITE);
	struct block *b;

	if (at < 0)
		return;
	b = block_at(m, (uint16_t)at);
	if (b->null || !b->size || b->parts || b->size > 65536 ||
	    (b->by == BY_CACHE && m->now.caches[b->cache].ctor))
		return;
	op.src = (uint16_t)at;
	if (b->zero && b->sure && chance(m, 2)) {
		op.code = KMC_OP_CHECK_ZERO;
		op.a = b->size;
	} else if (b->sure && b->written_from < b->written_to && chance(m, 2)) {
		op.code = chance(m, 3) ? KMC_OP_READ : KMC_OP_CHECK;
		op.b = b->written_from;
		op.a = b->written_to - b->written_from;
		op.c = b->pattern;
	} else {
		op.b = chance(m, 2) ? 0 : draw(m, (uint32_t)b->size);
		op.a = chance(m, 2) ? b->size - op.b : 1 + draw(m, (uint32_t)(b->size - op.b));
		op.c = ++m->patterns * 0x9e3779b97f4a7c15ull;
		b->pattern = op.c;
		b->written_from = op.b;
		b->written_to = op.a + op.b;
		b->zero = false;
	}
	emit(m, &op);
}

/* frees */

static bool since_6_4(const struct maker *m)
{
	return m->wish->edition >= KMC_RELEASE(6, 4, 0);
}

static struct kmc_op free_op(struct maker *m, unsigned int code, uint16_t slot)
{
	struct kmc_op op = start(m, code);
	const struct block *b = block_at(m, slot);

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
		return b->null || !since_6_4(m) ? KMC_OP_KMEM_CACHE_FREE : cache[draw(m, 3)];
	return some_code(m, kmalloc, 5, 3);
}

/* Of a plain block the order is named while it is whole: PAGE-8, Part 2.4. */
static unsigned int page_free(struct maker *m, const struct block *b)
{
	bool whole = b->comp || !b->order || b->parts;
	unsigned int pick = draw(m, 4);

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

static unsigned int legal_free(struct maker *m, const struct block *b)
{
	return is_pages(b) || b->by == BY_EXACT ? page_free(m, b) : object_free(m, b);
}

static void free_parts(struct maker *m, uint16_t slot)
{
	struct block *b = block_at(m, slot);

	for (unsigned int i = 0; i < 64; i++) {
		struct kmc_op op;

		if (!(b->parts >> i & 1))
			continue;
		op = free_op(m, page_free(m, b), slot);
		op.b = (uint64_t)i << 12;
		emit(m, &op);
	}
	forget(m, b);
}

static void do_free(struct maker *m, uint16_t slot)
{
	struct block *b = block_at(m, slot);
	struct kmc_op op;

	if (b->null && b->by != BY_KMALLOC) {
		forget(m, b); /* nothing but kmalloc's frees takes what never was */
		return;
	}
	if (b->parts) {
		free_parts(m, slot);
		return;
	}
	op = free_op(m, b->extra && chance(m, 3) ? KMC_OP_PUT_PAGE : legal_free(m, b), slot);
	emit(m, &op);
	if (!b->extra) {
		forget(m, b);
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

static void do_kmalloc_run(struct maker *m)
{
	unsigned int nr = 1 + draw(m, 10);
	int at = empty_run(m, nr);

	for (unsigned int i = 0; at >= 0 && i < nr; i++)
		do_kmalloc(m, (uint16_t)((unsigned int)at + i));
}

/* Objects that one bulk free may take together: @cache of them all, or -1 any that kfree takes. */
static bool bulk_takes(const struct maker *m, const struct block *b, int cache)
{
	if (!b->by || !b->sure || b->null || b->kept)
		return false;
	if (cache >= 0)
		return b->by == BY_CACHE && b->cache == cache;
	return b->by == BY_KMALLOC || (b->by == BY_CACHE && since_6_4(m));
}

static void do_bulk_free(struct maker *m)
{
	unsigned int at = FIRST_RUN + draw(m, NR_BLOCKS - FIRST_RUN), nr = 0;
	const struct block *first = &m->now.blocks[at];
	int cache = first->by == BY_CACHE && chance(m, 2) ? first->cache : -1;
	struct kmc_op op;

	while (nr < 12 && at + nr < NR_BLOCKS && bulk_takes(m, first + nr, cache))
		nr++;
	if (!nr)
		return;
	op = start(m, cache >= 0 || (chance(m, 3) && !m->wish->kmalloc_only) ?
			      KMC_OP_KMEM_CACHE_FREE_BULK : KMC_OP_KFREE_BULK);
	no_hard_context(&op);
	op.a = nr;
	if (op.code == KMC_OP_KFREE_BULK) {
		op.src = (uint16_t)at;
	} else {
		op.dst = (uint16_t)at;
		op.src = cache >= 0 ? (uint16_t)(CACHE_SLOT + cache) : KMC_NO_SLOT;
	}
	emit(m, &op);
	for (unsigned int i = 0; i < nr; i++)
		forget(m, &m->now.blocks[at + i]);
}

static void do_nothing(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KFREE, KMC_OP_KVFREE, KMC_OP_KFREE_SENSITIVE,
					  KMC_OP_KFREE_CONST, KMC_OP_KVFREE_SENSITIVE,
					  KMC_OP_FREE_PAGES, KMC_OP_KMEM_CACHE_DESTROY };
	struct kmc_op op = start(m, some_code(m, codes, 7, 3));

	if (op.code == KMC_OP_KMEM_CACHE_DESTROY)
		op.context = KMC_CTX_TASK;
	emit(m, &op);
}

/* sizes */

static void do_pure(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMALLOC_SIZE_ROUNDUP, KMC_OP_ARRAY_SIZE,
					  KMC_OP_ARRAY3_SIZE, KMC_OP_SIZE_MUL, KMC_OP_SIZE_ADD,
					  KMC_OP_SIZE_SUB, KMC_OP_STRUCT_SIZE, KMC_OP_STRUCT_SIZE_T,
					  KMC_OP_FLEX_ARRAY_SIZE };
	struct kmc_op op = start(m, codes[draw(m, 9)]);

	op.a = chance(m, 5) ? UINT64_MAX - draw(m, 100) : some_size(m);
	/* KM-16 as the contract knows it: up to 6.4 the kernel itself gives 0 above 2^63. */
	if (op.code == KMC_OP_KMALLOC_SIZE_ROUNDUP && m->wish->profile < KMC_RELEASE(6, 6, 0) &&
	    op.a < UINT64_MAX)
		op.a >>= 1;
	op.b = chance(m, 8) ? UINT64_MAX / 2 : draw(m, 5000);
	op.c = chance(m, 8) ? UINT64_MAX : draw(m, 500);
	emit(m, &op);
}

static void do_ksize(struct maker *m)
{
	int at = some_block(m, false, BY_KMALLOC);

	if (at < 0)
		return;
	emit_at(m, KMC_OP_KSIZE, (uint16_t)at);
	block_at(m, (uint16_t)at)->ksized = true;
}

/* scopes */

static void do_scope(struct maker *m)
{
	static const uint16_t codes[][2] = {
		{ KMC_OP_MEMALLOC_NOIO_SAVE, KMC_OP_MEMALLOC_NOIO_RESTORE },
		{ KMC_OP_MEMALLOC_NOFS_SAVE, KMC_OP_MEMALLOC_NOFS_RESTORE },
		{ KMC_OP_MEMALLOC_NORECLAIM_SAVE, KMC_OP_MEMALLOC_NORECLAIM_RESTORE },
		{ KMC_OP_MEMALLOC_PIN_SAVE, KMC_OP_MEMALLOC_PIN_RESTORE },
	};
	unsigned int which = draw(m, 4);
	struct kmc_op op = start(m, codes[which][0]);

	op.context = KMC_CTX_TASK;
	if (m->now.depth[op.task] == MAX_DEPTH || m->tokens == 50)
		return;
	op.dst = (uint16_t)(TOKEN_SLOT + m->tokens++);
	m->now.scopes[op.task][m->now.depth[op.task]++] =
		(struct scope){ .restore = codes[which][1], .token = op.dst };
	emit(m, &op);
}

static void end_scope(struct maker *m, unsigned int task)
{
	struct kmc_op op;

	if (!m->now.depth[task])
		return;
	op = start(m, m->now.scopes[task][--m->now.depth[task]].restore);
	op.context = KMC_CTX_TASK;
	op.task = (uint8_t)task;
	op.src = m->now.scopes[task][m->now.depth[task]].token;
	emit(m, &op);
}

static void do_scope_question(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_CURRENT_GFP_CONTEXT);

	op.gfp.atoms = KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS;
	emit(m, &op);
}

/* machine */

static void do_fault(struct maker *m)
{
	if (m->now.armed || m->wish->misuse != LEGAL_NONE) {
		arm(m, 0, 0, 0);
		arm(m, 1, 0, 0);
		m->now.armed = false;
		return;
	}
	arm(m, draw(m, 2), 1 + draw(m, 6), draw(m, 4));
	m->now.armed = true;
}

static void do_snapshot(struct maker *m)
{
	struct kmc_op op = start(m, m->snapped ? KMC_OP_RESTORE : KMC_OP_SNAPSHOT);

	if (m->wish->misuse != LEGAL_NONE)
		return; /* going back would undo it */
	op.context = KMC_CTX_TASK;
	if (m->snapped) {
		op.src = SNAP_SLOT;
		m->now = m->then;
		m->snapped = chance(m, 2);
	} else {
		op.dst = SNAP_SLOT;
		m->then = m->now;
		m->snapped = true;
	}
	emit(m, &op);
}

static void do_clock(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_CLOCK_ADVANCE);

	op.a = draw(m, 1000000);
	emit(m, &op);
}

/* How the machine is set and how full it is; tasks above those that run calls. */
static void do_setting(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_SYSCTL, KMC_OP_PRESSURE, KMC_OP_TASK_SET,
					  KMC_OP_TASK_EXIT };
	struct kmc_op op = start(m, codes[draw(m, 4)]);

	op.context = KMC_CTX_TASK;
	switch (op.code) {
	case KMC_OP_SYSCTL: /* min_free_kbytes */
		op.a = 128 + draw(m, 1024);
		break;
	case KMC_OP_PRESSURE: /* of DMA32; half of the time all comes back */
		op.order = 1;
		op.node = 0;
		op.a = chance(m, 2) ? 1 << 20 : 2000 + draw(m, 4000);
		break;
	default:
		op.a = NR_TASKS + draw(m, 4);
		op.b = op.code == KMC_OP_TASK_SET ? KMC_TF_KTHREAD : 0;
	}
	emit(m, &op);
}

/* pages by the dozen, in parts, in a row, and such as move: sequences whole in themselves */

static void emit_task(struct maker *m, struct kmc_op *op)
{
	op->context = KMC_CTX_TASK;
	emit(m, op);
}

static struct kmc_op on_held(struct maker *m, unsigned int code)
{
	struct kmc_op op = start(m, code);

	op.src = HELD_SLOT;
	return op;
}

static void do_page_bulk(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_ALLOC_PAGES_BULK);
	unsigned int nr = 1 + draw(m, 12);

	op.dst = HELD_SLOT;
	op.a = nr;
	op.gfp.atoms = flags(m, &op, true) & ~(uint32_t)KMC_GFP_NOFAIL;
	emit(m, &op);
	for (unsigned int i = 0; i < nr; i++) {
		op = start(m, KMC_OP_FREE_PAGES_PAGE);
		op.src = (uint16_t)(HELD_SLOT + i);
		emit(m, &op);
	}
}

static void do_page_frag(struct maker *m)
{
	for (uint16_t i = 0; i < 3; i++) {
		struct kmc_op op = start(m, KMC_OP_PAGE_FRAG_ALLOC);

		op.dst = (uint16_t)(HELD_SLOT + i);
		op.a = 1 + draw(m, 4096);
		op.b = chance(m, 2) ? 0 : 1ull << draw(m, 12);
		op.gfp.atoms = flags(m, &op, false) & ~(uint32_t)KMC_GFP_NOFAIL;
		emit(m, &op);
	}
	for (uint16_t i = 3; i-- > 0;)
		emit_at(m, KMC_OP_PAGE_FRAG_FREE, (uint16_t)(HELD_SLOT + i));
}

static void do_contig(struct maker *m)
{
	const struct kmc_zone *zone = &m->program->machine.zones[draw(m,
					m->program->machine.nr_zones)];
	bool range = chance(m, 2);
	struct kmc_op op = start(m, range ? KMC_OP_ALLOC_CONTIG_RANGE : KMC_OP_ALLOC_CONTIG_PAGES);
	uint64_t nr = 1 + draw(m, 600);

	op.dst = HELD_SLOT;
	op.a = range ? zone->start_pfn + draw(m, 3000) : nr;
	op.b = range ? op.a + nr : 0;
	op.gfp.atoms = KERNEL | (chance(m, 2) ? KMC_GFP_NOWARN : 0);
	emit_task(m, &op);
	op = on_held(m, KMC_OP_FREE_CONTIG_RANGE);
	op.a = nr;
	emit(m, &op);
}

static void do_movable(struct maker *m)
{
	struct kmc_op op = start(m, chance(m, 2) ? KMC_OP_ALLOC_PAGES : KMC_OP_FOLIO_ALLOC);
	uint8_t order = (uint8_t)draw(m, 3);

	op.dst = HELD_SLOT;
	op.order = order;
	op.gfp.atoms = KERNEL | KMC_GFP_HARDWALL | KMC_GFP_HIGHMEM | KMC_GFP_MOVABLE |
		       KMC_GFP_COMP;
	emit_task(m, &op);
	op = on_held(m, KMC_OP_WRITE);
	op.a = 4096ull << order;
	op.c = ++m->patterns;
	emit(m, &op);
	for (int i = 0; i < 2; i++) {
		struct kmc_op move = on_held(m, KMC_OP_MIGRATE_MOVABLE);

		emit_task(m, &move);
		op.code = KMC_OP_CHECK;
		emit(m, &op);
	}
	emit_at(m, KMC_OP_PUT_PAGE, HELD_SLOT);
}

static void do_nolock(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_ALLOC_PAGES_NOLOCK);
	uint8_t order;

	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		return;
	op.dst = HELD_SLOT;
	op.order = (uint8_t)draw(m, 4);
	order = op.order;
	emit(m, &op);
	op = on_held(m, KMC_OP_FREE_PAGES_NOLOCK);
	op.order = order;
	emit(m, &op);
}

static void do_area(struct maker *m)
{
	const uint64_t mib = 1 << 20;
	struct kmc_op op = start(m, chance(m, 2) ? KMC_OP_CMA_DECLARE : KMC_OP_CMA_INIT_RESERVED);

	if (m->now.area)
		return;
	op.dst = AREA_SLOT;
	op.b = 4 * mib;
	if (op.code == KMC_OP_CMA_INIT_RESERVED)
		op.a = (m->program->machine.zones[0].start_pfn << 12) / (32 * mib) * 32 * mib +
		       32 * mib;
	emit_task(m, &op);
	m->now.area = true;
}

static void do_cma(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_CMA_ALLOC);
	unsigned int nr = 1 + draw(m, 500);

	do_area(m);
	op.src = AREA_SLOT;
	op.dst = HELD_SLOT;
	op.a = nr;
	op.order = (uint8_t)draw(m, 9);
	emit_task(m, &op);
	op = on_held(m, KMC_OP_WRITE);
	op.a = 4096;
	emit(m, &op);
	emit_at(m, KMC_OP_CMA_AVAILABLE, AREA_SLOT);
	op = start(m, KMC_OP_CMA_RELEASE);
	op.src = AREA_SLOT;
	op.third = HELD_SLOT;
	op.a = nr;
	emit_task(m, &op);
}

static void do_lists(struct maker *m)
{
	const struct kmc_zone *zone = &m->program->machine.zones[draw(m,
					m->program->machine.nr_zones)];
	struct kmc_op op = start(m, KMC_OP_ZONE_PCP_DISABLE);

	op.order = zone->kind;
	op.node = (int8_t)zone->node;
	op.a = chance(m, 2);
	emit_task(m, &op);
	op = start(m, chance(m, 2) ? KMC_OP_DRAIN_ALL_PAGES : KMC_OP_KCOMPACTD_STEP);
	if (op.code == KMC_OP_KCOMPACTD_STEP)
		op.node = (int8_t)zone->node;
	emit_task(m, &op);
}

/* areas and kvmalloc: sequences too */

/* Flags that vmalloc takes (R9). */
static uint32_t area_flags(struct maker *m)
{
	static const uint32_t bases[] = { KERNEL, KERNEL, KERNEL & ~KMC_GFP_FS,
					  KERNEL & ~(KMC_GFP_FS | KMC_GFP_IO) };

	return bases[draw(m, 4)] | (chance(m, 4) ? KMC_GFP_ZERO : 0) |
	       (chance(m, 4) ? KMC_GFP_NOWARN : 0);
}

static uint64_t area_size(struct maker *m)
{
	uint64_t pages = 1ull << draw(m, chance(m, 8) ? 10 : 5);

	switch (draw(m, 4)) {
	case 0: return 1 + draw(m, 9000);
	case 1: return pages * 4096;
	case 2: return pages * 4096 - 1;
	default: return pages * 4096 + 1 + draw(m, 4096);
	}
}

static void use_held(struct maker *m, uint64_t bytes)
{
	struct kmc_op op = on_held(m, KMC_OP_WRITE);

	op.a = bytes;
	op.c = ++m->patterns;
	emit(m, &op);
	op.code = KMC_OP_CHECK;
	emit(m, &op);
}

/* Grown and shrunk where nothing can fail: else the old one would be lost to the program. */
static void resize_held(struct maker *m, unsigned int code, uint64_t *size)
{
	struct kmc_op op = on_held(m, code);
	uint64_t old = *size;

	if (m->now.armed || m->exhaust)
		return;
	op.dst = HELD_SLOT;
	op.a = *size = area_size(m);
	op.b = code == KMC_OP_KVREALLOC_OLD ? old : 0;
	op.gfp.atoms = area_flags(m) & ~(uint32_t)KMC_GFP_ZERO;
	emit_task(m, &op);
}

static void end_held(struct maker *m, const uint16_t *codes, unsigned int nr, uint64_t size)
{
	struct kmc_op op = on_held(m, codes[draw(m, nr)]);

	op.a = op.code == KMC_OP_KVFREE_SENSITIVE ? size : 0;
	op.context = chance(m, 4) ? KMC_CTX_SOFTIRQ : KMC_CTX_TASK;
	/* kvfree may sleep (FR-12); vfree in interrupt puts it off. */
	if (op.code != KMC_OP_VFREE && op.code != KMC_OP_VFREE_ATOMIC)
		op.context = KMC_CTX_TASK;
	emit(m, &op);
	if (chance(m, 4))
		emit_at(m, KMC_OP_VM_UNMAP_ALIASES, 0);
}

static void do_vmalloc(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_VMALLOC, KMC_OP_VZALLOC, KMC_OP_VMALLOC_NODE,
					  KMC_OP_VZALLOC_NODE, KMC_OP_VMALLOC_USER,
					  KMC_OP_VMALLOC_32, KMC_OP_VMALLOC_32_USER,
					  KMC_OP_VMALLOC_HUGE, KMC_OP_VMALLOC_GFP };
	static const uint16_t resizes[] = { KMC_OP_VREALLOC, KMC_OP_VREALLOC_NODE_ALIGN };
	static const uint16_t ends[] = { KMC_OP_VFREE, KMC_OP_VFREE_ATOMIC, KMC_OP_KVFREE };
	struct kmc_op op = start(m, codes[draw(m, 9)]);
	uint64_t size = area_size(m);

	op.dst = HELD_SLOT;
	op.a = size;
	if (op.code == KMC_OP_VMALLOC_NODE || op.code == KMC_OP_VZALLOC_NODE)
		op.node = (int8_t)draw(m, m->program->machine.nr_nodes);
	if (op.code == KMC_OP_VMALLOC_HUGE || op.code == KMC_OP_VMALLOC_GFP)
		op.gfp.atoms = area_flags(m);
	emit_task(m, &op);
	if (!m->now.armed && !m->exhaust)
		use_held(m, size);
	if (chance(m, 2))
		resize_held(m, resizes[draw(m, 2)], &size);
	op = start(m, chance(m, 2) ? KMC_OP_IS_VMALLOC_ADDR : KMC_OP_VMALLOC_TO_PAGE);
	op.src = HELD_SLOT;
	op.dst = NUM_SLOT;
	op.b = draw(m, 5000);
	emit(m, &op);
	end_held(m, ends, 3, size);
}

static void do_kvmalloc(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KVMALLOC, KMC_OP_KVZALLOC, KMC_OP_KVMALLOC_NODE,
					  KMC_OP_KVZALLOC_NODE, KMC_OP_KVMALLOC_ARRAY,
					  KMC_OP_KVCALLOC, KMC_OP_KVMALLOC_NODE_ALIGN };
	static const uint16_t resizes[] = { KMC_OP_KVREALLOC, KMC_OP_KVREALLOC_OLD,
					    KMC_OP_KVREALLOC_NODE_ALIGN };
	static const uint16_t ends[] = { KMC_OP_KVFREE, KMC_OP_KVFREE_SENSITIVE,
					 KMC_OP_KVFREE_ATOMIC };
	struct kmc_op op = start(m, codes[draw(m, 7)]);
	bool array = op.code == KMC_OP_KVMALLOC_ARRAY || op.code == KMC_OP_KVCALLOC;
	uint64_t size = area_size(m);

	op.dst = HELD_SLOT;
	op.a = array ? size / 8 : size;
	op.b = array ? 8 : 0;
	size = array ? op.a * 8 : size;
	op.gfp.atoms = area_flags(m);
	if (op.code == KMC_OP_KVMALLOC_NODE || op.code == KMC_OP_KVZALLOC_NODE)
		op.node = (int8_t)draw(m, m->program->machine.nr_nodes);
	emit_task(m, &op);
	if (!size)
		return; /* NULL it is not, and there is nothing to free */
	if (!m->now.armed && !m->exhaust)
		use_held(m, size);
	if (chance(m, 2))
		resize_held(m, resizes[draw(m, 3)], &size);
	end_held(m, ends, 3, size);
}

static void do_mapping(struct maker *m)
{
	static const uint16_t ends[] = { KMC_OP_VUNMAP, KMC_OP_VFREE, KMC_OP_VM_UNMAP_RAM };
	unsigned int nr = 1 + draw(m, 4), way = draw(m, 3);
	struct kmc_op op;

	if (m->now.armed || m->exhaust)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		op = start(m, KMC_OP_ALLOC_PAGES);
		op.dst = (uint16_t)(HELD_SLOT + 1 + i);
		op.gfp.atoms = KERNEL;
		emit_task(m, &op);
	}
	op = start(m, way == 2 ? KMC_OP_VM_MAP_RAM : KMC_OP_VMAP);
	op.src = HELD_SLOT + 1;
	op.dst = HELD_SLOT;
	op.a = nr;
	op.b = way == 1 ? 0x204 : way == 0 ? 0x4 : 0;
	emit_task(m, &op);
	op = on_held(m, KMC_OP_WRITE);
	op.a = nr * 4096;
	emit(m, &op);
	op = on_held(m, ends[way]);
	op.a = way == 2 ? nr : 0;
	emit_task(m, &op);
	for (unsigned int i = 0; i < nr; i++)
		emit_at(m, KMC_OP_FREE_PAGES_PAGE, (uint16_t)(HELD_SLOT + 1 + i));
}

/* Few addresses: what fits in them, and not a page more. */
static void do_limit(struct maker *m)
{
	static const uint16_t ends[] = { KMC_OP_VFREE };
	struct kmc_op op = start(m, KMC_OP_VMALLOC_LIMIT);

	op.a = (8ull + draw(m, 64)) * 4096;
	emit_task(m, &op);
	op = start(m, KMC_OP_VMALLOC_GFP);
	op.dst = HELD_SLOT;
	op.a = area_size(m);
	op.gfp.atoms = KERNEL | KMC_GFP_NOWARN;
	emit_task(m, &op);
	end_held(m, ends, 1, op.a);
	op = start(m, KMC_OP_VMALLOC_LIMIT);
	emit_task(m, &op);
}

static void do_page_sequence(struct maker *m)
{
	if (m->wish->misuse != LEGAL_NONE)
		return; /* a misuse is of one of the model's blocks */
	switch (draw(m, 14)) {
	case 8: case 9: do_vmalloc(m); break;
	case 10: case 11: do_kvmalloc(m); break;
	case 12: do_mapping(m); break;
	case 13: do_limit(m); break;
	case 0: do_page_bulk(m); break;
	case 1: do_page_frag(m); break;
	case 2: do_contig(m); break;
	case 3: do_movable(m); break;
	case 4: do_nolock(m); break;
	case 5: case 6: do_cma(m); break;
	default: do_lists(m);
	}
}

/* pools, sheaves, sets of caches, copies of user memory: whole in themselves as well */

static struct kmc_op with(struct maker *m, unsigned int code, uint16_t src, uint16_t dst)
{
	struct kmc_op op = start(m, code);

	op.src = src;
	op.dst = dst;
	op.gfp.atoms = KERNEL;
	return op;
}

static void give_back(struct maker *m, unsigned int code, uint16_t slot)
{
	struct kmc_op op = with(m, code, slot, KMC_NO_SLOT);

	op.gfp.atoms = 0;
	emit_task(m, &op);
}

static void pool_free(struct maker *m, uint16_t element, uint16_t pool)
{
	struct kmc_op op = with(m, KMC_OP_MEMPOOL_FREE, pool, element);

	op.gfp.atoms = 0;
	emit(m, &op);
}

#define POOL_SLOT  HELD_SLOT
#define BACK_SLOT  (HELD_SLOT + 1)
#define FIRST_SLOT (HELD_SLOT + 2)

static void make_cache(struct maker *m)
{
	struct kmc_op op = with(m, KMC_OP_KMEM_CACHE_CREATE, KMC_NO_SLOT, BACK_SLOT);

	op.gfp.atoms = 0;
	op.a = 77;
	op.b = 8 + draw(m, 500);
	op.d = KMC_CF_NO_MERGE;
	emit_task(m, &op);
}

/* No more elements are drawn than the reserve holds, so nobody has to wait. */
static void draw_elements(struct maker *m, unsigned int nr, bool bulk)
{
	struct kmc_op op;

	if (bulk) {
		op = with(m, KMC_OP_MEMPOOL_ALLOC_BULK, POOL_SLOT, FIRST_SLOT);
		op.gfp.atoms = 0;
		op.a = nr;
		emit_task(m, &op);
		return;
	}
	for (unsigned int i = 0; i < nr; i++) {
		bool reserve = i % 2 && m->wish->profile >= KMC_RELEASE(6, 12, 0);

		op = with(m, reserve ? KMC_OP_MEMPOOL_ALLOC_PREALLOCATED : KMC_OP_MEMPOOL_ALLOC,
			  POOL_SLOT, (uint16_t)(FIRST_SLOT + i));
		if (reserve)
			op.gfp.atoms = 0;
		emit_task(m, &op);
	}
}

static void do_pool(struct maker *m)
{
	bool of_cache = chance(m, 2), bulk = chance(m, 2);
	unsigned int nr = 1 + draw(m, 4);
	struct kmc_op op;

	make_cache(m);
	op = with(m, of_cache ? KMC_OP_MEMPOOL_CREATE_SLAB : KMC_OP_MEMPOOL_CREATE,
		  of_cache ? BACK_SLOT : KMC_NO_SLOT, POOL_SLOT);
	op.gfp.atoms = 0;
	op.a = nr;
	op.b = of_cache ? 0 : chance(m, 2) ? KMC_OP_KMALLOC : KMC_OP_ALLOC_PAGES;
	op.c = of_cache ? 0 : 1 + draw(m, 8192);
	emit_task(m, &op);
	op = with(m, KMC_OP_MEMPOOL_RESIZE, POOL_SLOT, KMC_NO_SLOT);
	op.gfp.atoms = 0;
	op.a = nr + draw(m, 3);
	emit_task(m, &op);
	draw_elements(m, nr, bulk);
	if (bulk && !m->now.armed && !m->exhaust) { /* the reserve is full: it keeps none */
		op = with(m, KMC_OP_MEMPOOL_FREE_BULK, POOL_SLOT, KMC_NO_SLOT);
		op.gfp.atoms = 0;
		op.third = FIRST_SLOT;
		op.a = 1;
		emit(m, &op);
	}
	for (unsigned int i = 0; i < nr; i++)
		pool_free(m, (uint16_t)(FIRST_SLOT + i), POOL_SLOT);
	give_back(m, KMC_OP_MEMPOOL_DESTROY, POOL_SLOT);
	give_back(m, KMC_OP_KMEM_CACHE_DESTROY, BACK_SLOT);
}

static void do_sheaf(struct maker *m)
{
	unsigned int nr = 1 + draw(m, 8);
	struct kmc_op op;

	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		return;
	make_cache(m);
	op = with(m, KMC_OP_KMEM_CACHE_PREFILL_SHEAF, BACK_SLOT, POOL_SLOT);
	op.a = nr;
	emit_task(m, &op);
	for (unsigned int i = 0; i < nr; i++) {
		op = with(m, KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF, BACK_SLOT,
			  (uint16_t)(FIRST_SLOT + i));
		op.third = POOL_SLOT;
		emit_task(m, &op);
	}
	op = with(m, KMC_OP_KMEM_CACHE_REFILL_SHEAF, BACK_SLOT, KMC_NO_SLOT);
	op.third = POOL_SLOT;
	op.a = draw(m, 100);
	emit_task(m, &op);
	op = with(m, KMC_OP_KMEM_CACHE_RETURN_SHEAF, BACK_SLOT, POOL_SLOT);
	emit_task(m, &op);
	for (unsigned int i = 0; i < nr; i++) {
		op = with(m, KMC_OP_KMEM_CACHE_FREE, BACK_SLOT, (uint16_t)(FIRST_SLOT + i));
		op.gfp.atoms = 0;
		emit(m, &op);
	}
	give_back(m, KMC_OP_KMEM_CACHE_DESTROY, BACK_SLOT);
}

static void do_buckets(struct maker *m)
{
	struct kmc_op op;

	if (m->wish->profile < KMC_RELEASE(6, 12, 0))
		return;
	op = with(m, KMC_OP_KMEM_BUCKETS_CREATE, KMC_NO_SLOT, POOL_SLOT);
	op.gfp.atoms = 0;
	op.c = draw(m, 100);
	op.d = draw(m, 1000);
	emit_task(m, &op);
	for (unsigned int i = 0; i < 3; i++) {
		op = with(m, i % 2 ? KMC_OP_KMEM_BUCKETS_ALLOC :
				     KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER,
			  i == 2 ? KMC_NO_SLOT : POOL_SLOT, FIRST_SLOT);
		op.a = draw(m, 9000);
		emit_task(m, &op);
		emit_at(m, KMC_OP_KFREE, FIRST_SLOT);
	}
}

static void do_user_copy(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_MEMDUP_USER, KMC_OP_MEMDUP_USER_NUL,
					  KMC_OP_VMEMDUP_USER, KMC_OP_STRNDUP_USER };
	unsigned int code = codes[draw(m, 4)];
	struct kmc_op op = with(m, code, KMC_NO_SLOT, FIRST_SLOT);

	op.gfp.atoms = 0;
	op.a = 1 + draw(m, 9000);
	op.b = op.a + 1; /* no fault; of a string the greatest length */
	if (code == KMC_OP_STRNDUP_USER)
		op.c = op.b;
	emit_task(m, &op);
	emit_at(m, code == KMC_OP_VMEMDUP_USER ? KMC_OP_KVFREE : KMC_OP_KFREE, FIRST_SLOT);
}

/* Calls of 6.18 and by type. */
static void do_other_kmalloc(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMALLOC_OBJ, KMC_OP_KMALLOC_OBJS,
					  KMC_OP_KMALLOC_FLEX, KMC_OP_KMALLOC_NOLOCK };
	bool new = m->wish->profile >= KMC_RELEASE(6, 18, 0);
	struct kmc_op op = with(m, codes[draw(m, new ? 4 : 3)], KMC_NO_SLOT, FIRST_SLOT);

	op.a = 1 + draw(m, 300);
	if (op.code == KMC_OP_KMALLOC_OBJS || op.code == KMC_OP_KMALLOC_FLEX)
		op.b = 1 + draw(m, 20);
	if (op.code == KMC_OP_KMALLOC_FLEX)
		op.c = draw(m, 40);
	if (op.code == KMC_OP_KMALLOC_NOLOCK)
		op.gfp.atoms = 0;
	emit_task(m, &op);
	if (new && !m->now.armed && !m->exhaust) {
		op = with(m, KMC_OP_KREALLOC_NODE_ALIGN, FIRST_SLOT, FIRST_SLOT);
		op.a = 1 + draw(m, 5000);
		op.b = 1ull << draw(m, 13);
		op.node = KMC_NODE_NONE;
		emit_task(m, &op);
	}
	emit_at(m, KMC_OP_KFREE, FIRST_SLOT);
}

static void do_kvmemdup(struct maker *m)
{
	struct kmc_op op = with(m, KMC_OP_KMALLOC, KMC_NO_SLOT, POOL_SLOT);

	if (m->wish->profile < KMC_RELEASE(6, 6, 0))
		return;
	op.a = 1 + draw(m, 9000);
	emit_task(m, &op);
	op.code = KMC_OP_KVMEMDUP;
	op.src = POOL_SLOT;
	op.dst = FIRST_SLOT;
	emit_task(m, &op);
	emit_at(m, KMC_OP_KVFREE, FIRST_SLOT);
	emit_at(m, KMC_OP_KFREE, POOL_SLOT);
}

static void do_rust(struct maker *m)
{
	static const uint16_t kinds[] = { KMC_OP_KMALLOC, KMC_OP_VMALLOC, KMC_OP_KVMALLOC };
	bool all = m->wish->profile >= KMC_RELEASE(6, 12, 0);
	struct kmc_op op = with(m, KMC_OP_RUST_ALIGNED_SIZE, KMC_NO_SLOT, KMC_NO_SLOT);
	uint64_t align = 1ull << draw(m, 9);

	op.gfp.atoms = 0;
	op.a = draw(m, 9000);
	op.b = align;
	emit_task(m, &op);
	op = with(m, KMC_OP_RUST_ALLOC, KMC_NO_SLOT, FIRST_SLOT);
	op.b = kinds[all ? draw(m, 3) : 0];
	op.a = 1 + draw(m, 9000);
	op.c = align;
	emit_task(m, &op);
	if (!m->now.armed && !m->exhaust) {
		op = with(m, KMC_OP_RUST_REALLOC, FIRST_SLOT, FIRST_SLOT);
		op.a = 1 + draw(m, 9000);
		op.b = op.c = align;
		emit_task(m, &op);
	}
	emit_at(m, KMC_OP_RUST_FREE, FIRST_SLOT);
}

static void do_object_sequence(struct maker *m)
{
	if (m->wish->misuse != LEGAL_NONE)
		return;
	switch (draw(m, 8)) {
	case 0: do_pool(m); break;
	case 1: do_sheaf(m); break;
	case 2: do_buckets(m); break;
	case 3: do_user_copy(m); break;
	case 4: do_kvmemdup(m); break;
	case 5: do_rust(m); break;
	default: do_other_kmalloc(m);
	}
}

/* readers and frees that wait for them; the block is made, queued and gone in here */

static void emit_alone(struct maker *m, unsigned int code, unsigned int task)
{
	struct kmc_op op = start(m, code);

	op.task = (uint8_t)task;
	emit_task(m, &op);
}

static void rcu_block(struct maker *m, uint64_t size, uint64_t pattern)
{
	struct kmc_op op = start(m, KMC_OP_KMALLOC);

	op.dst = HELD_SLOT;
	op.a = size;
	op.gfp.atoms = KERNEL;
	emit_task(m, &op);
	op = on_held(m, KMC_OP_WRITE);
	op.a = size;
	op.c = pattern;
	emit_task(m, &op);
}

static void rcu_free(struct maker *m, uint64_t head)
{
	struct kmc_op op = on_held(m, chance(m, 2) ? KMC_OP_KFREE_RCU : KMC_OP_KVFREE_RCU);

	op.a = head;
	emit(m, &op);
}

/* A reader since before sees the block whole up to its head, however time passes. */
static void do_rcu_reader(struct maker *m)
{
	uint64_t size = 32 + 8 * draw(m, 1000), pattern = ++m->patterns;
	uint64_t head = size < 4096 ? size - 16 : 4080;
	unsigned int task = draw(m, NR_TASKS);
	struct kmc_op op;

	rcu_block(m, size, pattern);
	emit_alone(m, KMC_OP_RCU_READ_LOCK, task);
	rcu_free(m, head);
	if (chance(m, 2))
		emit_alone(m, KMC_OP_RCU_GRACE_PERIOD, draw(m, NR_TASKS));
	op = on_held(m, KMC_OP_CHECK);
	op.task = (uint8_t)task;
	op.a = head;
	op.c = pattern;
	emit_task(m, &op);
	emit_alone(m, KMC_OP_RCU_READ_UNLOCK, task);
}

static void do_rcu_headless(struct maker *m)
{
	struct kmc_op op = on_held(m, chance(m, 2) ? KMC_OP_KFREE_RCU_MIGHTSLEEP :
						       KMC_OP_KVFREE_RCU_MIGHTSLEEP);

	rcu_block(m, 1 + draw(m, 10000), ++m->patterns);
	emit_task(m, &op);
}

static void do_rcu_wait(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_SYNCHRONIZE_RCU, KMC_OP_RCU_BARRIER,
					  KMC_OP_RCU_GRACE_PERIOD, KMC_OP_KVFREE_RCU_BARRIER };
	bool has_barrier = m->wish->profile >= KMC_RELEASE(6, 12, 0);

	emit_alone(m, codes[draw(m, has_barrier ? 4 : 3)], draw(m, NR_TASKS));
}

/* A cpu goes away, others flush it, it comes back. */
static void do_cpu(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_CPU_UNBIND, KMC_OP_CPU_FLUSH, KMC_OP_CPU_BIND,
					  KMC_OP_YIELD };

	if (m->program->machine.nr_cpus < 2)
		return;
	for (unsigned int i = 0; i < 4; i++) {
		struct kmc_op op = start(m, codes[i]);

		op.cpu = 0;
		op.a = m->program->machine.nr_cpus - 1;
		emit_task(m, &op);
	}
}

static void do_free_of_nothing(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_KFREE_NOLOCK);

	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		op.code = KMC_OP_KFREE_RCU;
	op.src = KMC_NO_SLOT;
	emit(m, &op);
}

static void do_rcu(struct maker *m)
{
	if (m->wish->misuse != LEGAL_NONE)
		return; /* a misuse is of one of the model's blocks */
	switch (draw(m, 6)) {
	case 0: case 1: do_rcu_reader(m); break;
	case 2: do_rcu_headless(m); break;
	case 3: do_cpu(m); break;
	case 4: do_free_of_nothing(m); break;
	default: do_rcu_wait(m);
	}
}

/* groups; each is gone before the next one is made */

static void emit_group(struct maker *m, unsigned int code, uint64_t a)
{
	struct kmc_op op = start(m, code);

	op.task = 0;
	op.src = GROUP_SLOT;
	op.a = a;
	if (code == KMC_OP_MEMCG_USAGE)
		op.dst = NUM_SLOT;
	emit_task(m, &op);
}

static void emit_charged(struct maker *m, unsigned int code, uint16_t slot, uint64_t size)
{
	struct kmc_op op = start(m, code);

	op.task = 0;
	op.dst = slot;
	op.a = size;
	op.gfp.atoms = KERNEL | KMC_GFP_ACCOUNT | (chance(m, 2) ? KMC_GFP_NORETRY : 0);
	emit_task(m, &op);
}

static void set_active(struct maker *m, uint16_t group, uint16_t token)
{
	struct kmc_op op = start(m, KMC_OP_SET_ACTIVE_MEMCG);

	op.task = 0;
	op.src = group;
	op.dst = token;
	emit_task(m, &op);
}

static void charge_later(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_KMEM_CACHE_CHARGE);

	if (m->wish->profile < KMC_RELEASE(6, 12, 0))
		return;
	op.task = 0;
	op.dst = NUM_SLOT;
	op.src = HELD_SLOT;
	op.gfp.atoms = KERNEL;
	emit_task(m, &op);
}

static void do_group(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_MEMCG_CREATE);
	uint16_t token = GROUP_SLOT + 1;

	if (!(m->program->machine.options & KMC_MO_memcg))
		return;
	op.src = KMC_NO_SLOT;
	op.dst = GROUP_SLOT;
	op.a = draw(m, 20) * 4096;
	emit_task(m, &op);
	emit_group(m, KMC_OP_MEMCG_SET_HIGH, draw(m, 100) * 4096);
	emit_group(m, KMC_OP_MEMCG_SET_LOW, 4096);
	emit_group(m, KMC_OP_MEMCG_ATTACH, 0);
	emit_charged(m, KMC_OP_KMALLOC, HELD_SLOT, 1 + draw(m, 20000));
	set_active(m, GROUP_SLOT, token);
	emit_charged(m, KMC_OP_KMALLOC, HELD_SLOT + 1, 1 + draw(m, 300));
	charge_later(m);
	set_active(m, token, KMC_NO_SLOT);
	emit_group(m, KMC_OP_MEMCG_SET_MAX, 1 << 20);
	emit_group(m, KMC_OP_MEMCG_USAGE, 0);
	emit_at(m, KMC_OP_KFREE, HELD_SLOT);
	op = start(m, KMC_OP_MEMCG_ATTACH);
	op.src = KMC_NO_SLOT;
	op.a = 0;
	emit_task(m, &op);
	emit_group(m, KMC_OP_MEMCG_OFFLINE, 0);
	emit_at(m, KMC_OP_KFREE, HELD_SLOT + 1);
}

/* Areas that each cpu has a copy of. */
static void do_percpu(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_ALLOC_PERCPU);
	uint64_t size = 1 + draw(m, 4000);

	op.dst = HELD_SLOT;
	op.a = size;
	op.b = 1u << draw(m, 13);
	op.gfp.atoms = flags(m, &op, true) & ~(uint32_t)KMC_GFP_NOFAIL; /* never reaches the pages */
	emit(m, &op);
	op = on_held(m, KMC_OP_CHECK_ZERO);
	op.a = size;
	emit(m, &op);
	op = on_held(m, KMC_OP_WRITE);
	op.a = size;
	op.c = ++m->patterns;
	emit(m, &op);
	op.code = KMC_OP_CHECK;
	emit(m, &op);
	emit_at(m, KMC_OP_FREE_PERCPU, HELD_SLOT);
}

/* A pool of packed objects: by the calls of the release. */
static void emit_zs(struct maker *m, unsigned int code, uint16_t dst, uint64_t a, uint64_t b)
{
	struct kmc_op op = start(m, code);

	op.src = DEVICE_SLOT;
	op.dst = dst;
	op.a = a;
	op.b = b;
	op.cpu = 0;
	if (code == KMC_OP_ZS_MALLOC)
		op.gfp.atoms = KERNEL;
	emit_task(m, &op);
}

static void do_zs(struct maker *m)
{
	bool maps = m->wish->profile < KMC_RELEASE(6, 18, 0);
	uint64_t size = 1 + draw(m, 4096);

	emit_zs(m, KMC_OP_ZS_CREATE_POOL, DEVICE_SLOT, 1, 0);
	emit_zs(m, KMC_OP_ZS_MALLOC, HELD_SLOT, size, 0);
	emit_zs(m, KMC_OP_ZS_MALLOC, HELD_SLOT + 1, size, 0);
	if (maps) {
		emit_zs(m, KMC_OP_ZS_MAP_OBJECT, HELD_SLOT + 1, draw(m, 3), 0);
		emit_zs(m, KMC_OP_ZS_UNMAP_OBJECT, HELD_SLOT + 1, 0, 0);
	} else {
		emit_zs(m, KMC_OP_ZS_OBJ_WRITE, HELD_SLOT + 1, size, draw(m, 256));
	}
	emit_zs(m, KMC_OP_ZS_FREE, HELD_SLOT, 0, 0);
	emit_zs(m, KMC_OP_ZS_COMPACT, NUM_SLOT, 0, 0);
	if (!maps) {
		emit_zs(m, KMC_OP_ZS_OBJ_READ_BEGIN, HELD_SLOT + 1, 4096, 0);
		emit_zs(m, KMC_OP_ZS_OBJ_READ_END, HELD_SLOT + 1, 0, 0);
	}
	emit_zs(m, KMC_OP_ZS_HUGE_CLASS_SIZE, NUM_SLOT, 0, 0);
	emit_zs(m, KMC_OP_ZS_GET_TOTAL_PAGES, NUM_SLOT, 0, 0);
	emit_zs(m, KMC_OP_ZS_FREE, HELD_SLOT + 1, 0, 0);
	emit_zs(m, KMC_OP_ZS_DESTROY_POOL, KMC_NO_SLOT, 0, 0);
}

/* A device and what it needs. */
static void emit_dma(struct maker *m, unsigned int code, uint16_t src, uint16_t dst, uint64_t a,
		     bool alloc)
{
	struct kmc_op op = start(m, code);

	op.src = src;
	op.dst = dst;
	op.a = a;
	if (alloc)
		op.gfp.atoms = KERNEL | (chance(m, 2) ? KMC_GFP_ZERO : 0);
	emit_task(m, &op);
}

static void do_dma(struct maker *m)
{
	static const uint16_t kinds[][2] = {
		{ KMC_OP_DMA_ALLOC_COHERENT, KMC_OP_DMA_FREE_COHERENT },
		{ KMC_OP_DMA_ALLOC_ATTRS, KMC_OP_DMA_FREE_ATTRS },
		{ KMC_OP_DMA_ALLOC_PAGES, KMC_OP_DMA_FREE_PAGES },
		{ KMC_OP_DMA_ALLOC_NONCOHERENT, KMC_OP_DMA_FREE_NONCOHERENT },
		{ KMC_OP_DMA_ALLOC_NONCONTIGUOUS, KMC_OP_DMA_FREE_NONCONTIGUOUS },
	};
	const uint16_t *kind = kinds[draw(m, 5)];
	uint64_t size = 1 + draw(m, 30000);
	struct kmc_op op = start(m, KMC_OP_DMA_DEVICE);

	op.dst = DEVICE_SLOT;
	op.a = op.b = UINT32_MAX;
	emit_task(m, &op);
	emit_dma(m, KMC_OP_DMA_SET_MASK, DEVICE_SLOT, NUM_SLOT, UINT32_MAX, false);
	emit_dma(m, KMC_OP_DMA_SET_COHERENT_MASK, DEVICE_SLOT, NUM_SLOT, UINT64_MAX, false);
	emit_dma(m, kind[0], DEVICE_SLOT, HELD_SLOT, size, true);
	op = on_held(m, KMC_OP_WRITE);
	op.a = size;
	emit_task(m, &op);
	emit_dma(m, kind[1], DEVICE_SLOT, HELD_SLOT, size, false);
	emit_dma(m, KMC_OP_DMA_POOL_CREATE, DEVICE_SLOT, DEVICE_SLOT + 1, 1 + draw(m, 300), false);
	emit_dma(m, KMC_OP_DMA_POOL_ALLOC, DEVICE_SLOT + 1, HELD_SLOT, 0, true);
	emit_dma(m, KMC_OP_DMA_POOL_FREE, DEVICE_SLOT + 1, HELD_SLOT, 0, false);
	emit_dma(m, KMC_OP_DMA_POOL_DESTROY, DEVICE_SLOT + 1, KMC_NO_SLOT, 0, false);
}

static void do_other_sequence(struct maker *m)
{
	if (m->wish->misuse != LEGAL_NONE)
		return; /* a misuse is of one of the model's blocks */
	switch (draw(m, 4)) {
	case 0: do_group(m); break;
	case 1: do_zs(m); break;
	case 2: do_dma(m); break;
	default: do_percpu(m);
	}
}

/* misuse */

static void wrong(struct maker *m, struct kmc_op *op, const char *rule)
{
	op->attr |= KMC_ATTR_MISUSE;
	if (op->context != KMC_CTX_PREEMPT_OFF)
		op->context = KMC_CTX_TASK;
	emit(m, op);
	m->rule = rule;
	m->misused = true;
}

/* A sole, certain block: what the finding is about is not in doubt. */
static int plain_block(struct maker *m, int by)
{
	int at = some_block(m, true, by);
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
	b = *block_at(m, (uint16_t)at);
	op = free_op(m, legal_free(m, &b), (uint16_t)at);
	emit(m, &op);
	forget(m, block_at(m, (uint16_t)at));
	wrong(m, &op, is_pages(&b) || b.by == BY_EXACT ? "PAGE-6" : "FR-10");
}

static void use_after_free(struct maker *m)
{
	int at = plain_block(m, -1);
	struct kmc_op op;

	if (at < 0)
		return;
	op = free_op(m, legal_free(m, block_at(m, (uint16_t)at)), (uint16_t)at);
	emit(m, &op);
	forget(m, block_at(m, (uint16_t)at));
	op = start(m, chance(m, 2) ? KMC_OP_WRITE : KMC_OP_READ);
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
	b = block_at(m, (uint16_t)at);
	switch (b->by) {
	case BY_KMALLOC:
		op = free_op(m, chance(m, 2) ? KMC_OP_FREE_PAGES : KMC_OP_PUT_PAGE, (uint16_t)at);
		if (chance(m, 2) && m->now.caches[0].live && m->now.caches[0].sure)
			op = free_op(m, KMC_OP_KMEM_CACHE_FREE, (uint16_t)at);
		wrong(m, &op, "FR-1");
		break;
	case BY_CONST:
		op = free_op(m, KMC_OP_KFREE, (uint16_t)at);
		wrong(m, &op, "DUP-5");
		break;
	case BY_CACHE:
		op = free_op(m, chance(m, 2) || since_6_4(m) ? KMC_OP_KFREE_SENSITIVE :
							      KMC_OP_KFREE, (uint16_t)at);
		wrong(m, &op, since_6_4(m) ? "FR-2" : "FR-6");
		/* Legal in a later edition, so it is done. */
		if (op.code == KMC_OP_KFREE)
			forget(m, block_at(m, (uint16_t)at));
		break;
	case BY_EXACT:
		op = free_op(m, KMC_OP_FREE_PAGES, (uint16_t)at);
		wrong(m, &op, "PAGE-15");
		break;
	default:
		op = free_op(m, chance(m, 2) ? KMC_OP_KFREE : KMC_OP_KVFREE, (uint16_t)at);
		if (b->by == BY_PAGES && chance(m, 2))
			op = free_op(m, b->comp || !b->order ? KMC_OP_FREE_PAGES : KMC_OP_PUT_PAGE,
				     (uint16_t)at);
		wrong(m, &op, "PAGE-36");
	}
}

static void wrong_extent(struct maker *m)
{
	int at = plain_block(m, chance(m, 3) ? BY_EXACT : BY_GET);
	const struct block *b;
	struct kmc_op op;

	if (at < 0)
		return;
	b = block_at(m, (uint16_t)at);
	op = free_op(m, b->by == BY_EXACT ? KMC_OP_FREE_PAGES_EXACT : KMC_OP_FREE_PAGES,
		     (uint16_t)at);
	op.a = b->size + 4096;
	op.order = (uint8_t)(b->order + 1);
	wrong(m, &op, b->by == BY_EXACT ? "PAGE-15" : "PAGE-5");
}

static void interior(struct maker *m)
{
	int at = plain_block(m, chance(m, 2) ? BY_KMALLOC : BY_CACHE);
	struct kmc_op op;

	if (at < 0 || block_at(m, (uint16_t)at)->size < 2)
		return;
	op = free_op(m, legal_free(m, block_at(m, (uint16_t)at)), (uint16_t)at);
	op.b = 1 + draw(m, (uint32_t)block_at(m, (uint16_t)at)->size - 1);
	wrong(m, &op, "FR-11");
}

static void overflow(struct maker *m)
{
	int at = plain_block(m, BY_KMALLOC);
	const struct block *b;
	struct kmc_op op = start(m, chance(m, 3) ? KMC_OP_READ : KMC_OP_WRITE);

	if (at < 0)
		return;
	b = block_at(m, (uint16_t)at);
	op.src = (uint16_t)at;
	op.b = draw(m, (uint32_t)b->size + 1);
	op.a = b->size - op.b + 1 + draw(m, 16);
	op.c = 7;
	wrong(m, &op, b->ksized && m->wish->edition >= KMC_RELEASE(6, 2, 0) ? "KM-18" : "KM-9");
}

static void destroy_in_use(struct maker *m)
{
	int at = plain_block(m, BY_CACHE);
	struct kmc_op op = start(m, KMC_OP_KMEM_CACHE_DESTROY);

	if (at < 0)
		return;
	op.context = KMC_CTX_TASK;
	op.src = (uint16_t)(CACHE_SLOT + block_at(m, (uint16_t)at)->cache);
	wrong(m, &op, "KC-25");
}

static void other_cache(struct maker *m)
{
	int at = plain_block(m, BY_CACHE), other = some_cache(m);
	struct kmc_op op;

	if (at < 0 || other == block_at(m, (uint16_t)at)->cache || !m->now.caches[other].sure)
		return;
	op = free_op(m, KMC_OP_KMEM_CACHE_FREE, (uint16_t)at);
	op.src = (uint16_t)(CACHE_SLOT + other);
	wrong(m, &op, since_6_4(m) ? "FR-2" : "FR-6");
}

static void leak(struct maker *m)
{
	int at = plain_block(m, -1);

	if (at < 0 || block_at(m, (uint16_t)at)->by == BY_CONST)
		return;
	if (block_at(m, (uint16_t)at)->by == BY_CACHE)
		m->now.caches[block_at(m, (uint16_t)at)->cache].kept = true;
	block_at(m, (uint16_t)at)->kept = true;
	m->rule = "FR-20";
	m->misused = true;
}

static void context(struct maker *m)
{
	struct kmc_op op = start(m, KMC_OP_KMALLOC);
	int slot = empty_slot(m, 0, FIRST_RUN);

	if (slot < 0)
		return;
	op.dst = (uint16_t)slot;
	op.a = 64;
	op.gfp.atoms = KERNEL;
	op.context = chance(m, 2) ? KMC_CTX_SOFTIRQ : KMC_CTX_HARDIRQ;
	op.attr = 0;
	emit(m, &op);
	note(m, &op, BY_KMALLOC, op.a)->sure = false;
	m->rule = "GFP-1";
	m->misused = true;
}

static void null_free(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMEM_CACHE_FREE, KMC_OP_FREE_PAGES_PAGE,
					  KMC_OP_PUT_PAGE, KMC_OP_FREE_PAGES_EXACT };
	int cache = some_cache(m);
	struct kmc_op op = start(m, codes[draw(m, 4)]);

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
	struct kmc_op op = start(m, codes[draw(m, 4)]);
	int cache = some_cache(m);

	if (cache < 0 || cache_in_use(m, (unsigned int)cache) || !m->now.caches[cache].sure)
		return;
	do_destroy(m, (unsigned int)cache);
	op.src = (uint16_t)(CACHE_SLOT + cache);
	wrong(m, &op, "KC-29");
}

static void do_misuse(struct maker *m)
{
	static void (*const acts[LEGAL_NR_MISUSES])(struct maker *) = {
		[LEGAL_DOUBLE_FREE] = double_free, [LEGAL_WRONG_FREE] = wrong_free,
		[LEGAL_INTERIOR] = interior, [LEGAL_OVERFLOW] = overflow,
		[LEGAL_DESTROY] = destroy_in_use, [LEGAL_OTHER_CACHE] = other_cache,
		[LEGAL_LEAK] = leak, [LEGAL_USE_AFTER_FREE] = use_after_free,
		[LEGAL_WRONG_EXTENT] = wrong_extent, [LEGAL_CONTEXT] = context,
		[LEGAL_NULL_FREE] = null_free, [LEGAL_DEAD_CACHE] = dead_cache,
	};

	if (!m->misused && acts[m->wish->misuse])
		acts[m->wish->misuse](m);
}

/* the program */

static void step_any(struct maker *m, uint16_t slot)
{
	int at;

	switch (draw(m, 14)) {
	case 0: case 1: case 2: do_kmalloc(m, slot); break;
	case 3: do_array(m, slot); break;
	case 4: do_dup(m, slot); break;
	case 5: do_resize(m, slot); break;
	case 6: do_ksize(m); break;
	case 7: case 8: do_memory(m); break;
	case 9: do_nothing(m); break;
	case 10:
		if (chance(m, 3))
			do_kmalloc_run(m);
		else
			do_bulk_free(m);
		break;
	default:
		at = some_block(m, false, -1);
		if (at >= 0)
			do_free(m, (uint16_t)at);
	}
}

static void step_alloc_only(struct maker *m, uint16_t slot)
{
	switch (draw(m, 20)) {
	case 0: do_create(m); break;
	case 1: case 2: case 3: do_cache_alloc(m, slot); break;
	case 4: do_cache_bulk(m); break;
	case 5: do_destroy(m, draw(m, NR_CACHES)); break;
	case 6: do_cache_question(m); break;
	case 7: case 8: do_pages(m, slot); break;
	case 9: do_exact(m, slot); break;
	case 10: do_reference(m); break;
	case 11: do_split(m); break;
	case 12: do_page_question(m); break;
	case 13: do_string(m, slot); break;
	case 14: do_pure(m); break;
	case 15: do_page_sequence(m); break;
	case 16: do_object_sequence(m); break;
	case 17: do_rcu(m); break;
	case 18: do_other_sequence(m); break;
	default:
		switch (draw(m, 8)) {
		case 0: do_scope(m); break;
		case 6: do_scope_question(m); break;
		case 7: do_setting(m); break;
		case 1: end_scope(m, draw(m, NR_TASKS)); break;
		case 2: do_fault(m); break;
		case 3: do_snapshot(m); break;
		case 4: do_clock(m); break;
		}
	}
}

static void step(struct maker *m)
{
	int slot = empty_slot(m, 0, FIRST_RUN);

	if (slot < 0)
		return;
	if (m->wish->kmalloc_only || chance(m, 2))
		step_any(m, (uint16_t)slot);
	else
		step_alloc_only(m, (uint16_t)slot);
}

static void give_everything_back(struct maker *m)
{
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		while (m->now.blocks[i].by && !m->now.blocks[i].kept)
			do_free(m, (uint16_t)i);
	for (unsigned int i = 0; i < NR_CACHES; i++)
		do_destroy(m, i);
	for (unsigned int task = 0; task < NR_TASKS; task++)
		while (m->now.depth[task])
			end_scope(m, task);
}

static void choose_machine(struct maker *m)
{
	struct kmc_machine *machine = &m->program->machine;
	static const uint32_t options[] = { KMC_MO_freelist_random, KMC_MO_freelist_hardened,
					    KMC_MO_slab_nomerge, KMC_MO_memcg,
					    KMC_MO_init_on_alloc, KMC_MO_init_on_free,
					    KMC_MO_slub_red_zone, KMC_MO_slub_poison,
					    KMC_MO_slub_store_user, KMC_MO_slub_consistency,
					    KMC_MO_hardened_usercopy, KMC_MO_debug_vm };

	kmc_machine_simple(machine, 1 + draw(m, 3), 64ull << 20);
	machine->profile = m->wish->profile;
	machine->seed = draw(m, 1000);
	for (unsigned int i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (chance(m, 4))
			machine->options |= options[i];
	/* Before 6.11 debug metadata cost kmalloc-192 the alignment that is promised since. */
	if (m->wish->profile < KMC_RELEASE(6, 11, 0) && m->wish->edition >= KMC_RELEASE(6, 11, 0))
		machine->options &= ~KMC_MO_LAYOUT_DEBUG;
	if (chance(m, 2))
		return;
	machine->nr_nodes = 2;
	machine->nr_zones = 3;
	machine->zones[0] = (struct kmc_zone){ .kind = KMC_DMA, .start_pfn = 256, .nr_pages = 3840 };
	machine->zones[1] = (struct kmc_zone){ .kind = KMC_DMA32, .start_pfn = 4096,
					       .nr_pages = 8192 };
	machine->zones[2] = (struct kmc_zone){ .kind = KMC_NORMAL, .node = 1, .start_pfn = 1 << 20,
					       .nr_pages = 8192 };
}

int legal_program_make(struct kmc_program *program, const struct legal_wish *wish,
		       const char **rule)
{
	static __thread struct maker maker;
	struct maker *m = &maker;
	unsigned int nr, misuse_at;

	*m = (struct maker){ .program = program, .wish = wish,
			     .random = wish->seed * 0x9e3779b97f4a7c15ull + 1 };
	program->nr_ops = 0;
	program->edition = wish->edition;
	draw(m, 1);
	choose_machine(m);
	m->exhaust = wish->misuse == LEGAL_NONE && !wish->kmalloc_only && chance(m, 12);
	nr = 20 + draw(m, 180);
	misuse_at = draw(m, nr);
	for (unsigned int i = 0; i < nr; i++) {
		step(m);
		if (i >= misuse_at && wish->misuse)
			do_misuse(m);
	}
	if (!wish->kmalloc_only && m->now.armed) {
		arm(m, 0, 0, 0);
		arm(m, 1, 0, 0);
	}
	give_everything_back(m);
	*rule = m->rule;
	return m->error;
}

const char *legal_misuse_name(enum legal_misuse misuse)
{
	static const char *const names[] = {
#define LEGAL_MISUSE(name, text) [LEGAL_##name] = text,
		LEGAL_MISUSES(LEGAL_MISUSE)
#undef LEGAL_MISUSE
	};

	return names[misuse];
}
