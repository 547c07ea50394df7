/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots and what they hold, followed through a program. */
#include <string.h>
#include "lives.h"
#include "pairs.h"

void lives_reset(struct lives *lives)
{
	for (unsigned int i = 0; i < lives->nr_used; i++)
		lives->of[lives->used[i]] = (struct life){ 0 };
	lives->nr_used = 0;
}

static struct life *life_at(struct lives *lives, uint16_t slot)
{
	struct life *life = &lives->of[slot];

	if (!life->listed) {
		life->listed = true;
		lives->used[lives->nr_used++] = slot;
	}
	return life;
}

static struct operand operand_by_name(const struct kmc_param *param)
{
	static const struct {
		const char *name;
		enum life_kind kind;
	} kinds[] = {
		{ "p", LIFE_MEMORY },      { "src", LIFE_MEMORY },  { "addr", LIFE_MEMORY },
		{ "page", LIFE_MEMORY },   { "first", LIFE_MEMORY }, { "cache", LIFE_CACHE },
		{ "buckets", LIFE_CACHE }, { "pool", LIFE_POOL },   { "area", LIFE_POOL },
		{ "device", LIFE_POOL },   { "group", LIFE_GROUP }, { "parent", LIFE_GROUP },
		{ "token", LIFE_TOKEN },   { "snapshot", LIFE_SNAP }, { "handle", LIFE_HANDLE },
		{ "sheaf", LIFE_HANDLE },
	};
	struct operand operand = { .field = param->field, .offset = param->offset };

	if (param->format == 'd' || !strchr("stu", param->field))
		return operand;
	operand.range = !strcmp(param->name, "first");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, param->name))
			operand.kind = (uint8_t)kinds[i].kind;
	return operand;
}

#define MAX_PARAMS (sizeof(((struct kmc_op_desc *)0)->params) / sizeof(struct kmc_param))

static struct operand operands[KMC_OPCODE_END][MAX_PARAMS];

/* The catalogue is one array, indexed by opcode. */
static const struct kmc_op_desc *catalogue(void)
{
	return kmc_op_desc(kmc_op_at(0)) - kmc_op_at(0);
}

/* Names are compared once: mutating asks for operands all the time. */
void lives_prepare(void)
{
	unsigned int code;

	for (size_t i = 0; (code = kmc_op_at(i)); i++)
		for (unsigned int k = 0; k < kmc_op_desc(code)->nr_params; k++)
			operands[code][k] = operand_by_name(&kmc_op_desc(code)->params[k]);
}

struct operand operand_of(const struct kmc_param *param)
{
	size_t code = ((uintptr_t)param - (uintptr_t)catalogue()) / sizeof(struct kmc_op_desc);

	return operands[code][param - catalogue()[code].params];
}

uint16_t *slot_field(struct kmc_op *op, char field)
{
	return field == 's' ? &op->src : field == 't' ? &op->dst : &op->third;
}

uint64_t op_bytes(const struct kmc_op *op)
{
	uint64_t bytes;

	switch (op->code) {
	case KMC_OP_KMALLOC_ARRAY:
	case KMC_OP_KMALLOC_ARRAY_NODE:
	case KMC_OP_KCALLOC:
	case KMC_OP_KCALLOC_NODE:
	case KMC_OP_KVMALLOC_ARRAY:
	case KMC_OP_KVCALLOC:
	case KMC_OP_KREALLOC_ARRAY:
	case KMC_OP_KMALLOC_OBJS:
	case KMC_OP_KMEMDUP_ARRAY:
		return __builtin_mul_overflow(op->a, op->b, &bytes) ? UINT64_MAX : bytes;
	case KMC_OP_VMAP:
	case KMC_OP_VM_MAP_RAM:
	case KMC_OP_CMA_ALLOC:
	case KMC_OP_ALLOC_CONTIG_PAGES:
		return op->a < 1u << 20 ? op->a << 12 : 0;
	case KMC_OP_ALLOC_CONTIG_RANGE:
		return op->b > op->a && op->b - op->a < 1u << 20 ? (op->b - op->a) << 12 : 0;
	case KMC_OP_ALLOC_PAGES:
	case KMC_OP_ALLOC_PAGES_NODE:
	case KMC_OP_GET_FREE_PAGES:
	case KMC_OP_FOLIO_ALLOC:
	case KMC_OP_ALLOC_PAGES_NOLOCK:
		return op->order < 12 ? 4096ull << op->order : 0;
	case KMC_OP_GET_ZEROED_PAGE:
	case KMC_OP_ALLOC_PAGES_BULK:
	case KMC_OP_ALLOC_PAGES_BULK_LIST:
		return 4096;
	default:
		return op->a;
	}
}

/* Of objects of caches and pools it is the handle that knows. */
static uint64_t size_from_handle(const struct lives *lives, const struct kmc_op *op)
{
	switch (op->code) {
	case KMC_OP_KMEM_CACHE_CREATE:
	case KMC_OP_KMEM_CACHE_CREATE_USERCOPY:
	case KMC_OP_KMEM_CACHE_CREATE_ARGS:
		return op->b;
	case KMC_OP_MEMPOOL_CREATE:
		return op->c;
	case KMC_OP_MEMPOOL_CREATE_SLAB:
	case KMC_OP_KMEM_CACHE_ALLOC:
	case KMC_OP_KMEM_CACHE_ALLOC_NODE:
	case KMC_OP_KMEM_CACHE_ALLOC_LRU:
	case KMC_OP_KMEM_CACHE_ZALLOC:
	case KMC_OP_KMEM_CACHE_ALLOC_BULK:
	case KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF:
	case KMC_OP_MEMPOOL_ALLOC:
	case KMC_OP_MEMPOOL_ALLOC_PREALLOCATED:
	case KMC_OP_MEMPOOL_ALLOC_BULK:
	case KMC_OP_DMA_POOL_ALLOC:
		return op->src < KMC_NR_SLOTS ? lives->of[op->src].size : 0;
	default:
		return op_bytes(op);
	}
}

static enum life_kind kind_of_result(unsigned int result)
{
	static const uint8_t kinds[] = {
		[KMC_RES_OBJ] = LIFE_MEMORY, [KMC_RES_PAGE] = LIFE_MEMORY,
		[KMC_RES_BULK] = LIFE_MEMORY, [KMC_RES_CACHE] = LIFE_CACHE,
		[KMC_RES_POOL] = LIFE_POOL, [KMC_RES_HANDLE] = LIFE_HANDLE,
		[KMC_RES_TOKEN] = LIFE_TOKEN, [KMC_RES_GROUP] = LIFE_GROUP,
		[KMC_RES_SNAP] = LIFE_SNAP, [KMC_RES_NUM] = LIFE_NUM,
	};

	return result < sizeof(kinds) ? kinds[result] : LIFE_NONE;
}

static void end_operands(struct lives *lives, const struct kmc_op *op,
			 const struct kmc_op_desc *desc)
{
	for (unsigned int i = 0; i < desc->nr_params; i++) {
		struct operand want = operand_of(&desc->params[i]);
		uint16_t slot = want.kind ? *slot_field((struct kmc_op *)op, want.field) :
					    KMC_NO_SLOT;
		uint64_t nr = want.range ? op->a : 1;

		if (!pair_ends(op->code, want.kind))
			continue;
		for (uint64_t k = 0; k < nr && slot + k < KMC_NR_SLOTS; k++)
			lives->of[slot + k].live = false;
	}
}

static void begin_result(struct lives *lives, const struct kmc_op *op,
			 const struct kmc_op_desc *desc)
{
	bool has_handle = desc->nr_params && operand_of(&desc->params[0]).kind > LIFE_MEMORY;
	uint64_t nr = desc->result == KMC_RES_BULK ? op->a : 1;
	uint64_t size = size_from_handle(lives, op);

	for (uint64_t i = 0; i < nr && op->dst + i < KMC_NR_SLOTS; i++) {
		struct life *life = life_at(lives, (uint16_t)(op->dst + i));

		*life = (struct life){
			.kind = (uint8_t)kind_of_result(desc->result), .live = true,
			.listed = true, .order = op->order, .origin = op->code,
			.handle = has_handle ? op->src : KMC_NO_SLOT, .size = size };
	}
}

void lives_note(struct lives *lives, const struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	if (!desc || op->attr & KMC_ATTR_MISUSE)
		return;
	if (op->code == KMC_OP_WRITE && op->src < KMC_NR_SLOTS)
		lives->of[op->src].pattern = op->c;
	end_operands(lives, op, desc);
	if (desc->result != KMC_RES_NONE && op->dst < KMC_NR_SLOTS)
		begin_result(lives, op, desc);
}

/* drawing */

bool life_suits(const struct life *life, unsigned int code, const struct kmc_param *param)
{
	struct operand want = operand_of(param);

	return life->live && life->kind == want.kind && pair_fits(life->origin, code, param);
}

uint16_t lives_find(const struct lives *lives, struct dice *dice, unsigned int code,
		    const struct kmc_param *param)
{
	unsigned int start = (unsigned int)dice_below(dice, lives->nr_used);

	for (unsigned int i = 0; i < lives->nr_used; i++) {
		unsigned int at = start + i < lives->nr_used ? start + i :
							       start + i - lives->nr_used;

		if (life_suits(&lives->of[lives->used[at]], code, param))
			return lives->used[at];
	}
	return KMC_NO_SLOT;
}

uint16_t lives_any(const struct lives *lives, struct dice *dice, unsigned int kind, bool live)
{
	unsigned int start = (unsigned int)dice_below(dice, lives->nr_used);

	for (unsigned int i = 0; i < lives->nr_used; i++) {
		uint16_t slot = lives->used[(start + i) % lives->nr_used];

		if (lives->of[slot].kind == kind && lives->of[slot].live == live)
			return slot;
	}
	return KMC_NO_SLOT;
}

uint64_t lives_run(const struct lives *lives, uint16_t first, unsigned int code,
		   const struct kmc_param *param, uint64_t max)
{
	uint64_t nr = 0;

	while (nr < max && first + nr < KMC_NR_SLOTS &&
	       life_suits(&lives->of[first + nr], code, param))
		nr++;
	return nr;
}

#define LOW_SLOTS 48

uint16_t lives_empty_slot(const struct lives *lives, struct dice *dice)
{
	uint16_t slot = (uint16_t)dice_below(dice, LOW_SLOTS);

	for (unsigned int i = 0; i < LOW_SLOTS; i++, slot = (uint16_t)((slot + 1) % LOW_SLOTS))
		if (!lives->of[slot].live)
			return slot;
	return slot;
}

unsigned int life_release(const struct life *life, struct dice *dice)
{
	return pair_release(life->origin, dice);
}

unsigned int life_maker(unsigned int code, const struct kmc_param *param, struct dice *dice)
{
	unsigned int candidates[KMC_OPCODE_END], nr = 0, origin;
	struct operand want = operand_of(param);

	for (size_t i = 0; (origin = kmc_op_at(i)); i++)
		if (kind_of_result(kmc_op_desc(origin)->result) == want.kind &&
		    pair_fits(origin, code, param))
			candidates[nr++] = origin;
	return nr ? candidates[dice_below(dice, nr)] : 0;
}
