/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs as records: the layout, the laws, and that every byte string decodes. */
#include "vocab_tests.h"
#include "vocab_programs.h"

static void test_layout_of_an_op(void **state)
{
	static const uint8_t expected[64] = {
		[0] = KMC_OP_KMEM_CACHE_CREATE, [2] = 1, [3] = 2, [4] = 3, [6] = 0xff, [7] = 0xff,
		[12] = 3, [13] = 1, [14] = 0xff, [15] = 4, [16] = 0x11, [23] = 0x22, [24] = 0x33,
		[32] = KMC_OP_MORE & 0xff, [33] = KMC_OP_MORE >> 8, [34] = 0xff, [35] = 0xff,
		[48] = 0x44, [56] = 0x55,
	};
	uint8_t records[64];
	struct kmc_op op, back;

	(void)state;
	kmc_op_init(&op, KMC_OP_KMEM_CACHE_CREATE);
	op.cpu = 1;
	op.task = 2;
	op.dst = 3;
	op.context = KMC_CTX_NMI;
	op.attr = KMC_ATTR_MISUSE;
	op.order = 4;
	op.a = 0x2200000000000011;
	op.b = 0x33;
	op.c = 0x44;
	op.d = 0x55;
	assert_int_equal(kmc_op_encode(&op, records), 2);
	assert_memory_equal(records, expected, sizeof(expected));
	kmc_op_decode(&back, records, records + 32);
	assert_true(kmc_op_equal(&op, &back));
}

/* A continuation is written for each thing that only it can carry, and for nothing else. */
static void test_continuation_only_when_needed(void **state)
{
	uint8_t records[64];
	struct kmc_op op;

	(void)state;
	kmc_op_init(&op, KMC_OP_KMALLOC_FLEX);
	assert_int_equal(kmc_op_encode(&op, records), 1);
	op.a = op.b = UINT64_MAX;
	op.gfp.atoms = KMC_GFP_ALL_ATOMS;
	assert_int_equal(kmc_op_encode(&op, records), 1);
	op.gfp.raw = 1;
	assert_int_equal(kmc_op_encode(&op, records), 2);
	op.gfp.raw = 0;
	op.c = 1;
	assert_int_equal(kmc_op_encode(&op, records), 2);
	op.c = 0;
	op.d = 1;
	assert_int_equal(kmc_op_encode(&op, records), 2);
	op.d = 0;
	op.third = 0;
	assert_int_equal(kmc_op_encode(&op, records), 2);
}

static void test_program_round_trip(void **state)
{
	struct dice dice = dice_new("program -> records -> program", 2000);
	struct kmc_program program, back;
	unsigned long round;

	(void)state;
	kmc_program_init(&program);
	kmc_program_init(&back);
	for (round = 0; round < dice.rounds; round++) {
		void *bytes;
		size_t len;

		dice_program(&dice, &program, dice_below(&dice, 40));
		assert_int_equal(kmc_program_encode(&program, &bytes, &len), 0);
		assert_int_equal(kmc_program_decode(&back, bytes, len), 0);
		assert_same_program(&program, &back);
		free(bytes);
	}
	kmc_program_free(&program);
	kmc_program_free(&back);
}

/* Any bytes decode; what they mean does not change by writing it down again. */
static void decodes_to_a_fixed_point(struct kmc_program *program, const uint8_t *bytes, size_t len)
{
	void *once, *twice;
	size_t once_len, twice_len, i;

	assert_int_equal(kmc_program_decode(program, bytes, len), 0);
	assert_null(kmc_machine_check(&program->machine));
	for (i = 0; i < program->nr_ops; i++) {
		assert_non_null(kmc_op_desc(program->ops[i].code));
		assert_true(program->ops[i].cpu < program->machine.nr_cpus);
	}
	assert_int_equal(kmc_program_encode(program, &once, &once_len), 0);
	assert_int_equal(kmc_program_decode(program, once, once_len), 0);
	assert_int_equal(kmc_program_encode(program, &twice, &twice_len), 0);
	assert_int_equal(once_len, twice_len);
	assert_memory_equal(once, twice, once_len);
	free(once);
	free(twice);
}

static void test_every_byte_string_decodes(void **state)
{
	struct dice dice = dice_new("bytes -> program", 20000);
	struct kmc_program program;
	unsigned long round;

	(void)state;
	kmc_program_init(&program);
	for (round = 0; round < dice.rounds; round++) {
		size_t len = round <= 200 ? round : dice_below(&dice, 1000), i;
		uint8_t *bytes = malloc(len ? len : 1);

		assert_non_null(bytes);
		dice_bytes(&dice, bytes, len);
		for (i = 0; i + 1 < len; i += 32) /* continuations and valid calls, too */
			if (dice_below(&dice, 2))
				bytes[i + 1] = (uint8_t)dice_below(&dice, 2);
			else if (!dice_below(&dice, 3))
				memcpy(bytes + i, "\x2b\x01", 2);
		if (len > 8 && dice_below(&dice, 2))
			memcpy(bytes, "KMCOP\1\3", 7);
		decodes_to_a_fixed_point(&program, bytes, len);
		free(bytes);
	}
	kmc_program_free(&program);
}

/* A valid program with few bytes changed or cut: near-valid heads above all. */
static void test_damaged_programs_decode(void **state)
{
	struct dice dice = dice_new("damaged records", 5000);
	struct kmc_program program;
	unsigned long round;

	(void)state;
	kmc_program_init(&program);
	for (round = 0; round < dice.rounds; round++) {
		uint64_t changes = dice_below(&dice, 4);
		void *bytes;
		size_t len;

		dice_program(&dice, &program, dice_below(&dice, 4));
		assert_int_equal(kmc_program_encode(&program, &bytes, &len), 0);
		while (changes--)
			((uint8_t *)bytes)[dice_below(&dice, len)] = (uint8_t)dice_roll(&dice);
		decodes_to_a_fixed_point(&program, bytes, dice_below(&dice, len + 1));
		free(bytes);
	}
	kmc_program_free(&program);
}

static void test_fuzz_form(void **state)
{
	static const uint8_t bytes[3 * 32 + 1] = {
		[0] = KMC_OP_MORE & 0xff, [1] = KMC_OP_MORE >> 8, /* stray: nothing */
		[32] = KMC_OP_KZALLOC, [36] = 5, [48] = 96,
		[64] = KMC_OP_MORE & 0xff, [65] = KMC_OP_MORE >> 8, [72] = 0x80,
		[96] = KMC_OP_KFREE, /* padded */
	};
	struct kmc_program program;
	struct kmc_machine usual;

	(void)state;
	kmc_machine_default(&usual);
	kmc_program_init(&program);
	assert_int_equal(kmc_program_decode(&program, bytes, sizeof(bytes)), 0);
	assert_true(kmc_machine_equal(&program.machine, &usual));
	assert_int_equal(program.edition, KMC_RELEASE(6, 18, 0));
	assert_int_equal(program.nr_ops, 2);
	assert_int_equal(program.ops[0].code, KMC_OP_KZALLOC);
	assert_int_equal(program.ops[0].dst, 5);
	assert_int_equal(program.ops[0].a, 96);
	assert_int_equal(program.ops[0].gfp.raw, 0x80);
	assert_int_equal(program.ops[1].code, KMC_OP_KFREE);
	assert_int_equal(program.ops[1].src, 0);
	kmc_program_free(&program);
}

static void test_op_numbers_fold_over_the_catalogue(void **state)
{
	uint8_t record[32] = { 0 };
	size_t seen[KMC_OPCODE_END] = { 0 }, i;
	struct kmc_op op;

	(void)state;
	for (i = 0; i < 65536; i++) {
		record[0] = (uint8_t)i;
		record[1] = (uint8_t)(i >> 8);
		kmc_op_decode(&op, record, NULL);
		assert_non_null(kmc_op_desc(op.code));
		if (kmc_op_desc((unsigned int)i))
			assert_int_equal(op.code, i);
		seen[op.code]++;
	}
	for (i = 0; i < kmc_op_count(); i++) /* no call is much rarer than another */
		assert_in_range(seen[kmc_op_at(i)], 65536 / kmc_op_count() - 2,
				65536 / kmc_op_count() + 3);
}

static void test_impossible_head_is_folded(void **state)
{
	uint8_t bytes[32] = "KMCOP\1\0";
	struct kmc_program program;

	(void)state;
	bytes[24] = 130; /* cpus */
	bytes[20] = KMC_MO_memcg;
	kmc_program_init(&program);
	assert_int_equal(kmc_program_decode(&program, bytes, sizeof(bytes)), 0);
	assert_null(kmc_machine_check(&program.machine));
	assert_int_equal(program.machine.nr_cpus, 2);
	assert_int_equal(program.machine.options, KMC_MO_memcg);
	assert_int_equal(program.edition, KMC_RELEASE(6, 18, 0));
	assert_int_equal(program.nr_ops, 0);
	kmc_program_free(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_of_an_op),
		cmocka_unit_test(test_continuation_only_when_needed),
		cmocka_unit_test(test_program_round_trip),
		cmocka_unit_test(test_every_byte_string_decodes),
		cmocka_unit_test(test_damaged_programs_decode), cmocka_unit_test(test_fuzz_form),
		cmocka_unit_test(test_op_numbers_fold_over_the_catalogue),
		cmocka_unit_test(test_impossible_head_is_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
