/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue of ops: descriptions made once, before main(), of the lines of
 * op.def. Used by both forms of programs, by executors and by fuzzers; only
 * read afterwards, so any thread may use it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "vocab/event.h"
#include "vocab/op.h"
#include "vocab_text.h"

/* Which fields an op uses; slots used as plain numbers have a bit more. */
enum {
	USES_A = 1 << 0, USES_B = 1 << 1, USES_C = 1 << 2, USES_D = 1 << 3,
	USES_GFP = 1 << 4, USES_NODE = 1 << 5, USES_ORDER = 1 << 6,
	USES_DST = 1 << 7, USES_SRC = 1 << 8, USES_THIRD = 1 << 9,
	SRC_IS_NUMBER = 1 << 10, THIRD_IS_NUMBER = 1 << 11,
};

static struct kmc_op_desc descs[KMC_OPCODE_END] = {
#define KMC_OP(number, name, words, fam, res, parameters)                          \
	[number] = { .code = number, .family = KMC_OPF_##fam, .result = KMC_RES_##res, \
		     .text = words, .id = #name },
#include "vocab/op.def"
#undef KMC_OP
};

static const uint16_t catalogue[] = {
#define KMC_OP(number, ...) number,
#include "vocab/op.def"
#undef KMC_OP
};
#define NR_OPS (sizeof(catalogue) / sizeof(catalogue[0]))

/* A number given twice, or a reserved one, does not compile. */
static const char *parameters_of(unsigned int code)
{
	switch (code) {
#define KMC_OP(number, id, text, family, result, parameters) \
	case number:                                         \
		return parameters;
#include "vocab/op.def"
#undef KMC_OP
	case KMC_OP_NONE:
	case KMC_OP_MORE:
	case KMC_OPCODE_END:
		break;
	}
	return "";
}

/* What folding needs to know, apart so that it stays in the cache. */
static struct {
	uint16_t code; /* 0: no op */
	uint16_t uses;
} shapes[KMC_OPCODE_END];
static uint16_t by_text[NR_OPS];

static uint16_t bit_of(const struct kmc_param *param)
{
	static const struct {
		char field;
		uint16_t bit, number;
	} fields[] = {
		{ 'a', USES_A, 0 }, { 'b', USES_B, 0 }, { 'c', USES_C, 0 }, { 'd', USES_D, 0 },
		{ 'g', USES_GFP, 0 }, { 'n', USES_NODE, 0 }, { 'o', USES_ORDER, 0 },
		{ 's', USES_SRC, SRC_IS_NUMBER }, { 't', USES_DST, 0 },
		{ 'u', USES_THIRD, THIRD_IS_NUMBER },
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].field == param->field)
			return fields[i].bit | (param->format == 'd' ? fields[i].number : 0);
	assert(!"op.def: no such field");
	return 0;
}

/* One word of op.def: name=field, then +b or :format. */
static void describe_param(struct kmc_op_desc *desc, struct kmc_span word)
{
	struct kmc_param *param = &desc->params[desc->nr_params++];
	size_t at = 0;
	struct kmc_span name = kmc_text_until(word.text, word.len, &at, '=');

	assert(desc->nr_params <= sizeof(desc->params) / sizeof(desc->params[0]));
	assert(name.len < sizeof(param->name) && at < word.len);
	memcpy(param->name, name.text, name.len);
	param->field = word.text[at++];
	if (at + 1 < word.len && word.text[at] == ':')
		param->format = word.text[at + 1];
	else if (at < word.len)
		param->offset = word.text[at] == '+' && word.text[at + 1] == 'b';
}

static void describe(struct kmc_op_desc *desc)
{
	const char *parameters = parameters_of(desc->code);
	size_t at = 0, len = strlen(parameters);
	uint16_t bits = desc->result == KMC_RES_NONE ? 0 : USES_DST;
	struct kmc_span word;
	unsigned int i;

	while ((word = kmc_text_word(parameters, len, &at)).len)
		describe_param(desc, word);
	for (i = 0; i < desc->nr_params; i++) {
		uint16_t bit = bit_of(&desc->params[i]);

		if (desc->params[i].offset)
			bit |= USES_B;
		assert(!(bits & bit)); /* one meaning a field */
		bits |= bit;
	}
	shapes[desc->code].code = desc->code;
	shapes[desc->code].uses = bits;
	/* raw flag bits travel there too */
	desc->more = bits & (USES_C | USES_D | USES_THIRD | USES_GFP);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(descs[*(const uint16_t *)a].text, descs[*(const uint16_t *)b].text);
}

__attribute__((constructor)) static void describe_all(void)
{
	size_t i;

	for (i = 0; i < NR_OPS; i++)
		describe(&descs[catalogue[i]]);
	memcpy(by_text, catalogue, sizeof(by_text));
	qsort(by_text, NR_OPS, sizeof(by_text[0]), compare_text);
}

const struct kmc_op_desc *kmc_op_desc(unsigned int code)
{
	return code < KMC_OPCODE_END && descs[code].code ? &descs[code] : NULL;
}

unsigned int kmc_op_find(const char *text, size_t len)
{
	size_t low = 0, high = NR_OPS;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const char *word = descs[by_text[mid]].text;
		int order = strncmp(word, text, len);

		if (!order && strlen(word) == len)
			return by_text[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return KMC_OP_NONE;
}

unsigned int kmc_op_at(size_t index)
{
	return index < NR_OPS ? catalogue[index] : KMC_OP_NONE;
}

size_t kmc_op_count(void)
{
	return NR_OPS;
}

bool kmc_op_is_free(unsigned int code)
{
	return code < KMC_OPCODE_END && descs[code].code && descs[code].family == KMC_OPF_FREE;
}

void kmc_op_init(struct kmc_op *op, unsigned int code)
{
	*op = (struct kmc_op){ .code = (uint16_t)code, .node = KMC_NODE_NONE,
			       .dst = KMC_NO_SLOT, .src = KMC_NO_SLOT, .third = KMC_NO_SLOT };
}

/*
 * Folding is on the fuzzers' hot path and its input is random, so a branch
 * would be mispredicted half of the time: masks instead.
 */
static uint64_t all_if(bool condition)
{
	return 0 - (uint64_t)condition;
}

static uint16_t fold_code(unsigned int code)
{
	unsigned int known = shapes[code < KMC_OPCODE_END ? code : 0].code;
	unsigned int folded = catalogue[code % NR_OPS];

	return (uint16_t)(known | (folded & all_if(!known)));
}

static uint16_t fold_slot(uint16_t slot, bool used, bool number)
{
	uint64_t kept = (KMC_NR_SLOTS - 1) | all_if(number | (slot == KMC_NO_SLOT));

	return (uint16_t)((slot & kept) | ~all_if(used));
}

static int8_t fold_node(int8_t node, bool used)
{
	uint64_t kept = (KMC_MAX_OP_NODES - 1) | all_if(node == KMC_NODE_NONE);

	return (int8_t)(((uint8_t)node & kept) | ~all_if(used));
}

_Static_assert(KMC_NO_SLOT == UINT16_MAX && KMC_NODE_NONE == -1, "folding to all ones");
_Static_assert(!(KMC_NR_SLOTS & (KMC_NR_SLOTS - 1)), "folding by masks");
_Static_assert(!(KMC_MAX_OP_NODES & (KMC_MAX_OP_NODES - 1)), "folding by masks");

void kmc_op_canonicalise(struct kmc_op *op)
{
	unsigned int bits;

	op->code = fold_code(op->code);
	bits = shapes[op->code].uses;
	op->cpu %= KMC_MAX_CPUS;
	op->task %= KMC_MAX_TASKS;
	op->context %= KMC_CTX_UNKNOWN; /* a program always knows */
	op->attr &= KMC_ALL_ATTRS;
	op->node = fold_node(op->node, bits & USES_NODE);
	op->order %= KMC_MAX_OP_ORDER + 1;
	op->order &= all_if(bits & USES_ORDER);
	op->dst = fold_slot(op->dst, bits & USES_DST, false);
	op->src = fold_slot(op->src, bits & USES_SRC, bits & SRC_IS_NUMBER);
	op->third = fold_slot(op->third, bits & USES_THIRD, bits & THIRD_IS_NUMBER);
	op->gfp.atoms &= KMC_GFP_ALL_ATOMS & all_if(bits & USES_GFP);
	op->gfp.raw &= all_if(bits & USES_GFP);
	op->a &= all_if(bits & USES_A);
	op->b &= all_if(bits & USES_B);
	op->c &= all_if(bits & USES_C);
	op->d &= all_if(bits & USES_D);
}

bool kmc_op_is_neutral_rest(const struct kmc_op *op)
{
	return op->third == KMC_NO_SLOT && !op->gfp.raw && !op->c && !op->d;
}

bool kmc_op_equal(const struct kmc_op *a, const struct kmc_op *b)
{
	return a->code == b->code && a->cpu == b->cpu && a->task == b->task &&
	       a->context == b->context && a->attr == b->attr && a->order == b->order &&
	       a->node == b->node && a->dst == b->dst && a->src == b->src &&
	       a->third == b->third && a->gfp.atoms == b->gfp.atoms && a->gfp.raw == b->gfp.raw &&
	       a->a == b->a && a->b == b->b && a->c == b->c && a->d == b->d;
}
