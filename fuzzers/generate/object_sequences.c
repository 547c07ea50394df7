/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pools, sheaves, sets of caches, copies of user memory: sequences whole in themselves. */
#include "maker.h"

static struct kmc_op with(struct maker *m, unsigned int code, uint16_t src, uint16_t dst)
{
	struct kmc_op op = gen_start(m, code);

	op.src = src;
	op.dst = dst;
	op.gfp.atoms = KERNEL;
	return op;
}

static void give_back(struct maker *m, unsigned int code, uint16_t slot)
{
	struct kmc_op op = with(m, code, slot, KMC_NO_SLOT);

	op.gfp.atoms = 0;
	gen_emit_task(m, &op);
}

static void pool_free(struct maker *m, uint16_t element, uint16_t pool)
{
	struct kmc_op op = with(m, KMC_OP_MEMPOOL_FREE, pool, element);

	op.gfp.atoms = 0;
	gen_emit(m, &op);
}

#define POOL_SLOT  HELD_SLOT
#define BACK_SLOT  (HELD_SLOT + 1)
#define FIRST_SLOT (HELD_SLOT + 2)

static void make_cache(struct maker *m)
{
	struct kmc_op op = with(m, KMC_OP_KMEM_CACHE_CREATE, KMC_NO_SLOT, BACK_SLOT);

	op.gfp.atoms = 0;
	op.a = 77;
	op.b = 8 + gen_draw(m, 500);
	op.d = KMC_CF_NO_MERGE;
	gen_emit_task(m, &op);
}

/* No more elements are drawn than the reserve holds, so nobody has to wait. */
static void draw_elements(struct maker *m, unsigned int nr, bool bulk)
{
	struct kmc_op op;

	if (bulk) {
		op = with(m, KMC_OP_MEMPOOL_ALLOC_BULK, POOL_SLOT, FIRST_SLOT);
		op.gfp.atoms = 0;
		op.a = nr;
		gen_emit_task(m, &op);
		return;
	}
	for (unsigned int i = 0; i < nr; i++) {
		bool reserve = i % 2 && m->wish->profile >= KMC_RELEASE(6, 12, 0);

		op = with(m, reserve ? KMC_OP_MEMPOOL_ALLOC_PREALLOCATED : KMC_OP_MEMPOOL_ALLOC,
			  POOL_SLOT, (uint16_t)(FIRST_SLOT + i));
		if (reserve)
			op.gfp.atoms = 0;
		gen_emit_task(m, &op);
	}
}

static void do_pool(struct maker *m)
{
	bool of_cache = gen_chance(m, 2), bulk = gen_chance(m, 2);
	unsigned int nr = 1 + gen_draw(m, 4);
	struct kmc_op op;

	make_cache(m);
	op = with(m, of_cache ? KMC_OP_MEMPOOL_CREATE_SLAB : KMC_OP_MEMPOOL_CREATE,
		  of_cache ? BACK_SLOT : KMC_NO_SLOT, POOL_SLOT);
	op.gfp.atoms = 0;
	op.a = nr;
	op.b = of_cache ? 0 : gen_chance(m, 2) ? KMC_OP_KMALLOC : KMC_OP_ALLOC_PAGES;
	op.c = of_cache ? 0 : 1 + gen_draw(m, 8192);
	gen_emit_task(m, &op);
	op = with(m, KMC_OP_MEMPOOL_RESIZE, POOL_SLOT, KMC_NO_SLOT);
	op.gfp.atoms = 0;
	op.a = nr + gen_draw(m, 3);
	gen_emit_task(m, &op);
	draw_elements(m, nr, bulk);
	if (bulk && !m->now.armed && !m->exhaust) { /* the reserve is full: it keeps none */
		op = with(m, KMC_OP_MEMPOOL_FREE_BULK, POOL_SLOT, KMC_NO_SLOT);
		op.gfp.atoms = 0;
		op.third = FIRST_SLOT;
		op.a = 1;
		gen_emit(m, &op);
	}
	for (unsigned int i = 0; i < nr; i++)
		pool_free(m, (uint16_t)(FIRST_SLOT + i), POOL_SLOT);
	give_back(m, KMC_OP_MEMPOOL_DESTROY, POOL_SLOT);
	give_back(m, KMC_OP_KMEM_CACHE_DESTROY, BACK_SLOT);
}

static void do_sheaf(struct maker *m)
{
	unsigned int nr = 1 + gen_draw(m, 8);
	struct kmc_op op;

	if (m->wish->profile < KMC_RELEASE(6, 18, 0))
		return;
	make_cache(m);
	op = with(m, KMC_OP_KMEM_CACHE_PREFILL_SHEAF, BACK_SLOT, POOL_SLOT);
	op.a = nr;
	gen_emit_task(m, &op);
	for (unsigned int i = 0; i < nr; i++) {
		op = with(m, KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF, BACK_SLOT,
			  (uint16_t)(FIRST_SLOT + i));
		op.third = POOL_SLOT;
		gen_emit_task(m, &op);
	}
	op = with(m, KMC_OP_KMEM_CACHE_REFILL_SHEAF, BACK_SLOT, KMC_NO_SLOT);
	op.third = POOL_SLOT;
	op.a = gen_draw(m, 100);
	gen_emit_task(m, &op);
	op = with(m, KMC_OP_KMEM_CACHE_RETURN_SHEAF, BACK_SLOT, POOL_SLOT);
	gen_emit_task(m, &op);
	for (unsigned int i = 0; i < nr; i++) {
		op = with(m, KMC_OP_KMEM_CACHE_FREE, BACK_SLOT, (uint16_t)(FIRST_SLOT + i));
		op.gfp.atoms = 0;
		gen_emit(m, &op);
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
	op.c = gen_draw(m, 100);
	op.d = gen_draw(m, 1000);
	gen_emit_task(m, &op);
	for (unsigned int i = 0; i < 3; i++) {
		op = with(m,
			  i % 2 ? KMC_OP_KMEM_BUCKETS_ALLOC
				: KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER,
			  i == 2 ? KMC_NO_SLOT : POOL_SLOT, FIRST_SLOT);
		op.a = gen_draw(m, 9000);
		gen_emit_task(m, &op);
		gen_emit_at(m, KMC_OP_KFREE, FIRST_SLOT);
	}
}

/* Within the block, in both directions. */
static void copy_part(struct maker *m, unsigned int code, uint64_t bytes)
{
	struct kmc_op op = with(m, code, FIRST_SLOT, NUM_SLOT);

	op.gfp.atoms = 0;
	op.b = gen_draw(m, (uint32_t)bytes);
	op.a = gen_draw(m, (uint32_t)(bytes - op.b) + 1);
	gen_emit_task(m, &op);
}

static void do_user_copy(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_MEMDUP_USER, KMC_OP_MEMDUP_USER_NUL,
					  KMC_OP_VMEMDUP_USER, KMC_OP_STRNDUP_USER };
	unsigned int code = codes[gen_draw(m, 4)];
	struct kmc_op op = with(m, code, KMC_NO_SLOT, FIRST_SLOT);

	op.gfp.atoms = 0;
	op.a = 1 + gen_draw(m, 9000);
	op.b = op.a + 1; /* no fault; of a string the greatest length */
	if (code == KMC_OP_STRNDUP_USER)
		op.c = op.b;
	gen_emit_task(m, &op);
	if (code != KMC_OP_STRNDUP_USER && gen_chance(m, 2)) {
		copy_part(m, KMC_OP_COPY_TO_USER, op.a);
		copy_part(m, KMC_OP_COPY_FROM_USER, op.a);
	}
	gen_emit_at(m, code == KMC_OP_VMEMDUP_USER ? KMC_OP_KVFREE : KMC_OP_KFREE, FIRST_SLOT);
}

/* Calls of 6.18 and by type. */
static void do_other_kmalloc(struct maker *m)
{
	static const uint16_t codes[] = { KMC_OP_KMALLOC_OBJ, KMC_OP_KMALLOC_OBJS,
					  KMC_OP_KMALLOC_FLEX, KMC_OP_KMALLOC_NOLOCK };
	bool new = m->wish->profile >= KMC_RELEASE(6, 18, 0);
	struct kmc_op op = with(m, codes[gen_draw(m, new ? 4 : 3)], KMC_NO_SLOT, FIRST_SLOT);

	op.a = 1 + gen_draw(m, 300);
	if (op.code == KMC_OP_KMALLOC_OBJS || op.code == KMC_OP_KMALLOC_FLEX)
		op.b = 1 + gen_draw(m, 20);
	if (op.code == KMC_OP_KMALLOC_FLEX)
		op.c = gen_draw(m, 40);
	if (op.code == KMC_OP_KMALLOC_NOLOCK)
		op.gfp.atoms = 0;
	gen_emit_task(m, &op);
	if (new && !m->now.armed && !m->exhaust) {
		op = with(m, KMC_OP_KREALLOC_NODE_ALIGN, FIRST_SLOT, FIRST_SLOT);
		op.b = 1ull << gen_draw(m, 13);
		op.a = gen_chance(m, 2) ? 1 + gen_draw(m, 5000) : op.b * (1 + gen_draw(m, 4));
		op.node = KMC_NODE_NONE;
		gen_emit_task(m, &op);
	}
	gen_emit_at(m, KMC_OP_KFREE, FIRST_SLOT);
}

static void do_kvmemdup(struct maker *m)
{
	struct kmc_op op = with(m, KMC_OP_KMALLOC, KMC_NO_SLOT, POOL_SLOT);

	if (m->wish->profile < KMC_RELEASE(6, 6, 0))
		return;
	op.a = 1 + gen_draw(m, 9000);
	gen_emit_task(m, &op);
	op.code = KMC_OP_KVMEMDUP;
	op.src = POOL_SLOT;
	op.dst = FIRST_SLOT;
	gen_emit_task(m, &op);
	gen_emit_at(m, KMC_OP_KVFREE, FIRST_SLOT);
	gen_emit_at(m, KMC_OP_KFREE, POOL_SLOT);
}

static void do_rust(struct maker *m)
{
	static const uint16_t kinds[] = { KMC_OP_KMALLOC, KMC_OP_VMALLOC, KMC_OP_KVMALLOC };
	bool all = m->wish->profile >= KMC_RELEASE(6, 12, 0);
	struct kmc_op op = with(m, KMC_OP_RUST_ALIGNED_SIZE, KMC_NO_SLOT, KMC_NO_SLOT);
	uint64_t align = 1ull << gen_draw(m, 9);

	op.gfp.atoms = 0;
	op.a = gen_draw(m, 9000);
	op.b = align;
	gen_emit_task(m, &op);
	op = with(m, KMC_OP_RUST_ALLOC, KMC_NO_SLOT, FIRST_SLOT);
	op.b = kinds[all ? gen_draw(m, 3) : 0];
	op.a = 1 + gen_draw(m, 9000);
	op.c = align;
	gen_emit_task(m, &op);
	if (!m->now.armed && !m->exhaust) {
		op = with(m, KMC_OP_RUST_REALLOC, FIRST_SLOT, FIRST_SLOT);
		op.a = 1 + gen_draw(m, 9000);
		op.b = op.c = align;
		gen_emit_task(m, &op);
	}
	gen_emit_at(m, KMC_OP_RUST_FREE, FIRST_SLOT);
}

void gen_object_sequence(struct maker *m)
{
	if (m->wish->misuse != KMC_GEN_NONE)
		return;
	switch (gen_draw(m, 8)) {
	case 0:
		do_pool(m);
		break;
	case 1:
		do_sheaf(m);
		break;
	case 2:
		do_buckets(m);
		break;
	case 3:
		do_user_copy(m);
		break;
	case 4:
		do_kvmemdup(m);
		break;
	case 5:
		do_rust(m);
		break;
	default:
		do_other_kmalloc(m);
	}
}
