/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue of ops: complete descriptions, names, canonical form. */
#include "vocab_tests.h"
#include "vocab/op.h"

static void test_catalogue(void **state)
{
	size_t i, j;

	(void)state;
	assert_in_range(kmc_op_count(), 200, KMC_OPCODE_END);
	assert_int_equal(kmc_op_at(0), KMC_OP_KMALLOC);
	assert_int_equal(kmc_op_at(kmc_op_count()), KMC_OP_NONE);
	for (i = 0; i < kmc_op_count(); i++) {
		const struct kmc_op_desc *desc = kmc_op_desc(kmc_op_at(i));

		assert_non_null(desc);
		assert_int_equal(desc->code, kmc_op_at(i));
		assert_true(desc->family < KMC_NR_OP_FAMILIES);
		assert_int_equal(kmc_op_find(desc->text, strlen(desc->text)), desc->code);
		for (j = 0; j < i; j++)
			assert_string_not_equal(desc->text, kmc_op_desc(kmc_op_at(j))->text);
	}
}

static void test_descriptions(void **state)
{
	const struct kmc_op_desc *desc = kmc_op_desc(KMC_OP_KMEM_CACHE_CREATE_USERCOPY);

	(void)state;
	assert_string_equal(desc->id, "KMEM_CACHE_CREATE_USERCOPY");
	assert_int_equal(desc->result, KMC_RES_CACHE);
	assert_int_equal(desc->nr_params, 7);
	assert_string_equal(desc->params[3].name, "flags");
	assert_int_equal(desc->params[3].field, 'd');
	assert_int_equal(desc->params[3].format, 'f');
	assert_string_equal(desc->params[5].name, "usersize");
	assert_int_equal(desc->params[5].field, 'u');
	assert_int_equal(desc->params[5].format, 'd');
	assert_true(desc->more);
	desc = kmc_op_desc(KMC_OP_KFREE);
	assert_int_equal(desc->nr_params, 1);
	assert_true(desc->params[0].offset);
	assert_false(desc->more);
	assert_int_equal(kmc_op_desc(KMC_OP_RCU_BARRIER)->nr_params, 0);
}

/* Fields and formats are those that op.def's head names; a field has one meaning. */
static void test_params_are_well_formed(void **state)
{
	size_t i, j, k;

	(void)state;
	for (i = 0; i < kmc_op_count(); i++) {
		const struct kmc_op_desc *desc = kmc_op_desc(kmc_op_at(i));

		for (j = 0; j < desc->nr_params; j++) {
			const struct kmc_param *param = &desc->params[j];

			assert_non_null(strchr("abcdgnostu", param->field));
			assert_true(!param->format || strchr("idxfpkey", param->format));
			assert_true(param->name[0]);
			for (k = 0; k < j; k++)
				assert_int_not_equal(param->field, desc->params[k].field);
			/* 't' lies in the destination's place */
			assert_false(param->field == 't' && desc->result != KMC_RES_NONE);
		}
	}
}

static void test_no_such_op(void **state)
{
	(void)state;
	assert_null(kmc_op_desc(KMC_OP_NONE));
	assert_null(kmc_op_desc(KMC_OP_MORE));
	assert_null(kmc_op_desc(KMC_OPCODE_END));
	assert_null(kmc_op_desc(1u << 20));
	assert_int_equal(kmc_op_find("", 0), KMC_OP_NONE);
	assert_int_equal(kmc_op_find("kmallo", 6), KMC_OP_NONE);
	assert_int_equal(kmc_op_find("kmallocc", 8), KMC_OP_NONE);
	assert_int_equal(kmc_op_find("kmalloc(", 7), KMC_OP_KMALLOC);
	assert_false(kmc_op_is_free(KMC_OP_KMALLOC));
	assert_false(kmc_op_is_free(KMC_OPCODE_END));
	assert_true(kmc_op_is_free(KMC_OP_CMA_RELEASE));
}

static void test_canonical_form(void **state)
{
	struct kmc_op op = { .code = KMC_OP_KFREE, .cpu = 200, .task = 64, .context = 11,
			     .attr = 0xff, .order = 9, .node = 5, .dst = 3, .src = 1024 + 7,
			     .third = 8, .gfp = { 1, 1 }, .a = 1, .b = 2, .c = 3, .d = 4 };
	struct kmc_op expected;

	(void)state;
	kmc_op_init(&expected, KMC_OP_KFREE);
	expected.cpu = 200 - 3 * 64;
	expected.context = 11 % 5;
	expected.attr = KMC_ALL_ATTRS;
	expected.src = 7;
	expected.b = 2;
	kmc_op_canonicalise(&op);
	assert_true(kmc_op_equal(&op, &expected));
}

static void test_canonical_form_keeps_what_has_meaning(void **state)
{
	struct kmc_op op;

	(void)state;
	kmc_op_init(&op, KMC_OP_KMEM_CACHE_CREATE_USERCOPY);
	op.src = 40000; /* a number, not a slot */
	op.third = 2000;
	op.dst = KMC_NO_SLOT;
	kmc_op_canonicalise(&op);
	assert_int_equal(op.src, 40000);
	assert_int_equal(op.third, 2000);
	assert_int_equal(op.dst, KMC_NO_SLOT);
	kmc_op_init(&op, KMC_OP_ALLOC_PAGES_NODE);
	op.node = -128;
	op.order = 64;
	kmc_op_canonicalise(&op);
	assert_int_equal(op.node, 0);
	assert_int_equal(op.order, 0);
	op.node = KMC_NODE_NONE;
	kmc_op_canonicalise(&op);
	assert_int_equal(op.node, KMC_NODE_NONE);
}

static void test_canonical_form_is_a_fixed_point(void **state)
{
	struct dice dice = dice_new("canonical ops", 50000);
	unsigned long round;

	(void)state;
	for (round = 0; round < dice.rounds; round++) {
		struct kmc_op op = dice_op(&dice), again = op;

		kmc_op_canonicalise(&again);
		assert_true(kmc_op_equal(&op, &again));
		assert_non_null(kmc_op_desc(op.code));
	}
}

/* Which field differs is what kmc_op_equal() must see. */
static void test_equal_sees_each_field(void **state)
{
	struct kmc_op op = { .code = 1 }, other;

	(void)state;
#define SEES(field)                                         \
	do {                                                \
		other = op;                                 \
		assert_true(kmc_op_equal(&op, &other));     \
		other.field++;                              \
		assert_false(kmc_op_equal(&op, &other));    \
	} while (0)
	SEES(code);
	SEES(cpu);
	SEES(task);
	SEES(context);
	SEES(attr);
	SEES(order);
	SEES(node);
	SEES(dst);
	SEES(src);
	SEES(third);
	SEES(gfp.atoms);
	SEES(gfp.raw);
	SEES(a);
	SEES(b);
	SEES(c);
	SEES(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalogue), cmocka_unit_test(test_descriptions),
		cmocka_unit_test(test_params_are_well_formed), cmocka_unit_test(test_no_such_op),
		cmocka_unit_test(test_canonical_form),
		cmocka_unit_test(test_canonical_form_keeps_what_has_meaning),
		cmocka_unit_test(test_canonical_form_is_a_fixed_point),
		cmocka_unit_test(test_equal_sees_each_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
