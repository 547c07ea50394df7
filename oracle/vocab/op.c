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
#include "op_fold.h"
#include "vocab_text.h"

static struct kmc_op_desc descs[KMC_OPCODE_END] = {
#define KMC_OP(number, name, words, fam, res, parameters)                          \
	[number] = { .code = number, .family = KMC_OPF_##fam, .result = KMC_RES_##res, \
		     .text = words, .id = #name },
#include "vocab/op.def"
#undef KMC_OP
};

const uint16_t kmc_op_catalogue[KMC_NR_OPS] = {
#define KMC_OP(number, ...) number,
#include "vocab/op.def"
#undef KMC_OP
};

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

struct kmc_op_shape kmc_op_shapes[KMC_OPCODE_END];
static uint16_t by_text[KMC_NR_OPS];

static int8_t *use_of(struct kmc_op_shape *shape, char field)
{
	switch (field) {
	case 'a':
		return &shape->a;
	case 'b':
		return &shape->b;
	case 'c':
		return &shape->c;
	case 'd':
		return &shape->d;
	case 'g':
		return &shape->gfp;
	case 'n':
		return &shape->node;
	case 'o':
		return &shape->order;
	case 's':
		return &shape->src;
	case 't':
		return &shape->dst;
	case 'u':
		return &shape->third;
	}
	assert(!"op.def: no such field");
	return NULL;
}

static void use(struct kmc_op_shape *shape, const struct kmc_param *param)
{
	int8_t *used = use_of(shape, param->field);

	assert(!*used && !(param->offset && shape->b)); /* one meaning a field */
	*used = -1;
	if (param->offset)
		shape->b = -1;
	if (param->format == 'd')
		*(param->field == 's' ? &shape->src_number : &shape->third_number) = -1;
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
	struct kmc_op_shape *shape = &kmc_op_shapes[desc->code];
	const char *parameters = parameters_of(desc->code);
	size_t at = 0, len = strlen(parameters);
	struct kmc_span word;
	unsigned int i;

	while ((word = kmc_text_word(parameters, len, &at)).len)
		describe_param(desc, word);
	shape->code = desc->code;
	shape->dst = desc->result == KMC_RES_NONE ? 0 : -1;
	for (i = 0; i < desc->nr_params; i++)
		use(shape, &desc->params[i]);
	/* raw flag bits travel there too */
	desc->more = shape->c || shape->d || shape->third || shape->gfp;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(descs[*(const uint16_t *)a].text, descs[*(const uint16_t *)b].text);
}

__attribute__((constructor)) static void describe_all(void)
{
	size_t i;

	for (i = 0; i < KMC_NR_OPS; i++)
		describe(&descs[kmc_op_catalogue[i]]);
	memcpy(by_text, kmc_op_catalogue, sizeof(by_text));
	qsort(by_text, KMC_NR_OPS, sizeof(by_text[0]), compare_text);
}

const struct kmc_op_desc *kmc_op_desc(unsigned int code)
{
	return code < KMC_OPCODE_END && descs[code].code ? &descs[code] : NULL;
}

unsigned int kmc_op_find(const char *text, size_t len)
{
	size_t low = 0, high = KMC_NR_OPS;

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
	return index < KMC_NR_OPS ? kmc_op_catalogue[index] : KMC_OP_NONE;
}

size_t kmc_op_count(void)
{
	return KMC_NR_OPS;
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

void kmc_op_canonicalise(struct kmc_op *op)
{
	kmc_op_fold(op);
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
