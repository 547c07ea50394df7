/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From some lives to a program: their caches first, then births and deaths as they happened. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lives.h"

#define MOST_CPUS 8
#define MOST_NODES 2
#define MACHINE_BYTES (256ull << 20)

void kmc_lives_machine(const struct kmc_trace_facts *facts, struct kmc_program *program)
{
	static const uint32_t profiles[] = {
#define PROFILE(major, minor, point) KMC_RELEASE(major, minor, point),
		KMC_PROFILES(PROFILE)
#undef PROFILE
	};
	const struct kmc_machine *recorded = &facts->machine;
	struct kmc_machine *machine = &program->machine;
	unsigned int cpus = recorded->nr_cpus ? recorded->nr_cpus : 1;

	kmc_machine_simple(machine, cpus < MOST_CPUS ? cpus : MOST_CPUS, MACHINE_BYTES);
	machine->profile = profiles[0];
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (!recorded->release || profiles[i] >> 10 <= recorded->release >> 10)
			machine->profile = profiles[i];
	program->edition = KMC_SERIES(machine->profile);
}

struct cut {
	const struct kmc_lives *lives;
	const struct kmc_trace_facts *facts;
	struct kmc_program *program;
	size_t first, nr;
	uint16_t caches[KMC_LIVES_PER_CUT]; /* whose slots follow those of the lives */
	unsigned int nr_caches;
};

/* Object caches of kmalloc are there already. */
static bool is_kmalloc(const struct cut *cut, const struct kmc_life *life)
{
	return life->kind == KMC_LIFE_KMALLOC ||
	       (life->kind == KMC_LIFE_CACHE && cut->facts->caches[life->cache].kmalloc);
}

static uint16_t cache_slot(const struct cut *cut, uint16_t cache)
{
	unsigned int i = 0;

	while (i < cut->nr_caches && cut->caches[i] != cache)
		i++;
	return (uint16_t)(KMC_LIVES_PER_CUT + i);
}

static int add(struct cut *cut, struct kmc_op *op, uint16_t cpu)
{
	op->cpu = (uint8_t)(cpu % cut->program->machine.nr_cpus);
	kmc_op_canonicalise(op);
	return kmc_program_add(cut->program, op);
}

/* Kept apart as they were: what may be merged with what is the recorded kernel's affair. */
static int create_caches(struct cut *cut)
{
	int err = 0;

	for (size_t i = 0; i < cut->nr && !err; i++) {
		const struct kmc_life *life = &cut->lives->lives[cut->first + i];
		const struct kmc_cache_desc *cache;
		struct kmc_op op;
		uint16_t slot;

		if (life->kind != KMC_LIFE_CACHE || is_kmalloc(cut, life))
			continue;
		slot = cache_slot(cut, life->cache);
		if (slot < KMC_LIVES_PER_CUT + cut->nr_caches)
			continue;
		cache = &cut->facts->caches[life->cache];
		cut->caches[cut->nr_caches++] = life->cache;
		kmc_op_init(&op, KMC_OP_KMEM_CACHE_CREATE);
		op.dst = slot;
		op.a = life->cache + 1u;
		op.b = cache->object_size;
		op.c = cache->align;
		op.d = (cache->flags & 0x7fff &
			~(uint64_t)(KMC_CF_KMALLOC | KMC_CF_PANIC | KMC_CF_TRACE)) |
		       KMC_CF_NO_MERGE;
		op.order = cache->ctor;
		err = add(cut, &op, life->born_cpu);
	}
	return err;
}

static struct kmc_op op_of_birth(const struct cut *cut, const struct kmc_life *life, uint16_t slot)
{
	bool node = life->node >= 0 && life->node < (int)cut->program->machine.nr_nodes;
	struct kmc_op op;

	if (life->kind == KMC_LIFE_PAGES) {
		kmc_op_init(&op, node ? KMC_OP_ALLOC_PAGES_NODE : KMC_OP_ALLOC_PAGES);
		op.order = life->order;
	} else if (is_kmalloc(cut, life)) {
		kmc_op_init(&op, node ? KMC_OP_KMALLOC_NODE : KMC_OP_KMALLOC);
		op.a = life->kind == KMC_LIFE_KMALLOC ? life->size :
							cut->facts->caches[life->cache].object_size;
	} else {
		kmc_op_init(&op, node ? KMC_OP_KMEM_CACHE_ALLOC_NODE : KMC_OP_KMEM_CACHE_ALLOC);
		op.src = cache_slot(cut, life->cache);
	}
	if (node)
		op.node = life->node;
	op.gfp.atoms = life->gfp;
	/* Whoever has a constructor does not ask for zeros; a trace may say so all the same. */
	if (life->kind == KMC_LIFE_CACHE && cut->facts->caches[life->cache].ctor)
		op.gfp.atoms &= ~(uint32_t)KMC_GFP_ZERO;
	op.dst = slot;
	if (life->died == UINT64_MAX)
		op.attr |= KMC_ATTR_KEPT;
	return op;
}

static struct kmc_op op_of_death(const struct cut *cut, const struct kmc_life *life, uint16_t slot)
{
	struct kmc_op op;

	if (life->kind == KMC_LIFE_PAGES) {
		kmc_op_init(&op, KMC_OP_FREE_PAGES_PAGE);
		op.order = life->order;
		op.src = slot;
	} else if (is_kmalloc(cut, life)) {
		kmc_op_init(&op, KMC_OP_KFREE);
		op.src = slot;
	} else {
		kmc_op_init(&op, KMC_OP_KMEM_CACHE_FREE);
		op.src = cache_slot(cut, life->cache);
		op.dst = slot;
	}
	return op;
}

/* When a life ends or begins, and which. */
struct moment {
	uint64_t at;
	uint16_t slot;
	bool death;
};

/* An implied free and the birth that implies it have one number: the free comes first. */
static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)y->death - (int)x->death;
}

int kmc_lives_cut(const struct kmc_lives *lives, const struct kmc_trace_facts *facts,
		  size_t first, struct kmc_program *program)
{
	struct cut cut = { .lives = lives, .facts = facts, .program = program, .first = first };
	struct moment moments[2 * KMC_LIVES_PER_CUT];
	size_t nr = 0;
	int err;

	cut.nr = lives->nr - first < KMC_LIVES_PER_CUT ? lives->nr - first : KMC_LIVES_PER_CUT;
	program->nr_ops = 0;
	for (size_t i = 0; i < cut.nr; i++) {
		const struct kmc_life *life = &lives->lives[first + i];

		moments[nr++] = (struct moment){ life->born, (uint16_t)i, false };
		if (life->died != UINT64_MAX)
			moments[nr++] = (struct moment){ life->died, (uint16_t)i, true };
	}
	qsort(moments, nr, sizeof(moments[0]), by_time);
	err = create_caches(&cut);
	for (size_t i = 0; i < nr && !err; i++) {
		const struct kmc_life *life = &lives->lives[first + moments[i].slot];
		struct kmc_op op = moments[i].death ? op_of_death(&cut, life, moments[i].slot) :
						      op_of_birth(&cut, life, moments[i].slot);

		err = add(&cut, &op, moments[i].death ? life->died_cpu : life->born_cpu);
	}
	return err ? err : (int)cut.nr;
}
