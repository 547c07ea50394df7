/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each op wants of its slots, made once from the catalogue: which field
 * is a slot, of which kind, with an offset or not. So a new op in op.def needs
 * nothing here.
 */
#include <pthread.h>
#include <string.h>
#include "exec_core.h"

struct kmc_plan kmc_plans[KMC_OPCODE_END];

static const struct {
	const char *name;
	enum kmc_slot_kind kind;
} kinds[] = {
	{ "p", KMC_SLOT_MEMORY },       { "src", KMC_SLOT_MEMORY },
	{ "addr", KMC_SLOT_MEMORY },    { "page", KMC_SLOT_MEMORY },
	{ "first", KMC_SLOT_MEMORY },   { "cache", KMC_SLOT_CACHE },
	{ "buckets", KMC_SLOT_CACHE },  { "pool", KMC_SLOT_POOL },
	{ "area", KMC_SLOT_POOL },      { "device", KMC_SLOT_POOL },
	{ "group", KMC_SLOT_GROUP },    { "parent", KMC_SLOT_GROUP },
	{ "token", KMC_SLOT_TOKEN },    { "snapshot", KMC_SLOT_SNAP },
	{ "handle", KMC_SLOT_HANDLE },  { "sheaf", KMC_SLOT_HANDLE },
};

static enum kmc_slot_kind kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].kind;
	return KMC_SLOT_EMPTY;
}

static struct kmc_operand *operand_of(struct kmc_plan *plan, char field)
{
	switch (field) {
	case 's': return &plan->src;
	case 't': return &plan->dst;
	case 'u': return &plan->third;
	default: return NULL;
	}
}

static void plan_param(struct kmc_plan *plan, const struct kmc_param *param)
{
	struct kmc_operand *operand = operand_of(plan, param->field);

	if (!operand || param->format == 'd')
		return;
	operand->kind = (uint8_t)kind_of(param->name);
	operand->offset = param->offset;
	operand->range = !strcmp(param->name, "first");
	plan->operands |= operand->kind != KMC_SLOT_EMPTY;
	plan->handles |= operand->kind != KMC_SLOT_EMPTY && operand->kind != KMC_SLOT_MEMORY;
}

static enum kmc_memory_at memory_of(const struct kmc_plan *plan)
{
	if (plan->src.kind == KMC_SLOT_MEMORY)
		return KMC_MEMORY_SRC;
	if (plan->dst.kind == KMC_SLOT_MEMORY)
		return KMC_MEMORY_DST;
	return plan->third.kind == KMC_SLOT_MEMORY ? KMC_MEMORY_THIRD : KMC_MEMORY_NONE;
}

static bool ends_something(unsigned int code)
{
	switch (code) {
	case KMC_OP_KMEM_CACHE_DESTROY:
	case KMC_OP_MEMPOOL_DESTROY:
	case KMC_OP_KMEM_CACHE_RETURN_SHEAF:
	case KMC_OP_GET_PAGE:
	case KMC_OP_SPLIT_PAGE:
		return true;
	default:
		return kmc_op_is_free(code);
	}
}

static void plan_all(void)
{
	unsigned int code;

	for (size_t i = 0; (code = kmc_op_at(i)) != 0; i++) {
		const struct kmc_op_desc *desc = kmc_op_desc(code);
		struct kmc_plan *plan = &kmc_plans[code];

		plan->known = true;
		plan->family = desc->family;
		plan->result = desc->result;
		plan->is_free = kmc_op_is_free(code);
		plan->ends = ends_something(code);
		for (unsigned int j = 0; j < desc->nr_params; j++)
			plan_param(plan, &desc->params[j]);
		plan->memory = memory_of(plan);
	}
}

void kmc_plans_make(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, plan_all);
}
