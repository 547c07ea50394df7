/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mutator's laws: what comes out decodes and is canonical, fits its limit,
 * and follows from the seed; each kind of mutation does what its name says;
 * over time every call of an alphabet is reached, with the set-up it needs.
 * KMC_SEED repeats, KMC_ROUNDS lengthens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lives.h"
#include "mutate/mutate.h"

#define MAX_BYTES 4096

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16 },
	{ .cpus = 4, .nodes = 2, .memory_mib = 48, .zones3 = true, .movable = true,
	  .options = KMC_MO_memcg },
};
static const struct kmc_alphabet everything = {
	.name = "everything", .families = KMC_ALL_FAMILIES, .shapes = shapes, .nr_shapes = 2,
};

static uint64_t first_seed, rounds;
static struct kmc_mutator *mutator;

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static size_t grow(uint8_t *bytes, size_t len, size_t max, uint64_t seed, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++)
		len = kmc_mutate(mutator, bytes, len, max, NULL, 0, seed + i);
	return len;
}

static void read_back(struct kmc_program *program, const uint8_t *bytes, size_t len)
{
	assert_int_equal(kmc_program_decode(program, bytes, len), 0);
	assert_null(kmc_machine_check(&program->machine));
	for (size_t i = 0; i < program->nr_ops; i++) {
		struct kmc_op op = program->ops[i];

		kmc_op_canonicalise(&op);
		assert_true(kmc_op_equal(&op, &program->ops[i]));
		assert_true(op.cpu < program->machine.nr_cpus);
	}
}

/* laws of the whole */

static void output_decodes_and_fits(void **state)
{
	static const size_t limits[] = { 1, 31, 96, 160, 192, 1000, MAX_BYTES };
	uint8_t bytes[MAX_BYTES];
	struct kmc_program program;
	size_t len = 0;

	(void)state;
	kmc_program_init(&program);
	for (uint64_t i = 0; i < rounds * 10; i++) {
		size_t max = limits[i % 7 ? 6 : i / 7 % 7];

		if (len > max || i % 100 == 0)
			len = 0;
		len = kmc_mutate(mutator, bytes, len, max, NULL, 0, first_seed + i);
		assert_true(len <= max);
		read_back(&program, bytes, len);
	}
	kmc_program_free(&program);
}

static void same_seed_same_mutation(void **state)
{
	uint8_t one[MAX_BYTES], two[MAX_BYTES];
	struct kmc_mutator *fresh;

	(void)state;
	for (uint64_t i = 0; i < rounds; i++) {
		size_t len = grow(one, 0, MAX_BYTES, first_seed + 1000 * i, 12), again;

		/* Neither a mutator's past nor the bytes behind the input matter. */
		fresh = kmc_mutator_create(&everything);
		assert_non_null(fresh);
		memset(two, 0xa5, sizeof(two));
		again = grow(two, 0, MAX_BYTES, first_seed + 1000 * i, 11);
		again = kmc_mutate(fresh, two, again, MAX_BYTES, NULL, 0,
				   first_seed + 1000 * i + 11);
		assert_int_equal(len, again);
		assert_memory_equal(one, two, len);
		kmc_mutator_destroy(fresh);
	}
}

static void seeds_differ(void **state)
{
	uint8_t one[MAX_BYTES], two[MAX_BYTES];
	size_t same = 0;

	(void)state;
	for (uint64_t i = 0; i < rounds; i++) {
		size_t a = grow(one, 0, MAX_BYTES, first_seed + 100 * i, 8);
		size_t b = grow(two, 0, MAX_BYTES, first_seed + 100 * i + 50, 8);

		same += a == b && !memcmp(one, two, a);
	}
	assert_true(same <= rounds / 50);
}

static void some_work_on_bytes(void **state)
{
	uint8_t bytes[MAX_BYTES];
	char text[128];
	size_t len = grow(bytes, 0, MAX_BYTES, first_seed, 30);
	unsigned int hits = 0;

	(void)state;
	for (unsigned int i = 0; i < 4000; i++) {
		uint8_t copy[MAX_BYTES];

		memcpy(copy, bytes, len);
		kmc_mutate(mutator, copy, len, MAX_BYTES, NULL, 0, first_seed + i);
		kmc_mutator_last(mutator, text, sizeof(text));
		hits += !strcmp(text, "bytes");
	}
	assert_in_range(hits, 350, 650); /* one in eight: 500 */
}

/* Programs of the generator come for every release, half of them for machines with tracepoints. */
static void fresh_ones_are_of_all_sorts(void **state)
{
	uint8_t bytes[MAX_BYTES], copy[MAX_BYTES];
	size_t len = grow(bytes, 0, MAX_BYTES, first_seed, 30);
	unsigned int fresh = 0, traced = 0, newest = 0;
	struct kmc_program program;
	char text[128];

	(void)state;
	kmc_program_init(&program);
	for (unsigned int i = 0; i < 8000; i++) {
		memcpy(copy, bytes, len);
		read_back(&program, copy, kmc_mutate(mutator, copy, len, MAX_BYTES, NULL, 0,
						     first_seed + i));
		kmc_mutator_last(mutator, text, sizeof(text));
		if (strcmp(text, "fresh"))
			continue;
		fresh++;
		traced += program.machine.seed && program.machine.seed % 3 == 0;
		newest += program.machine.profile >= KMC_RELEASE(6, 18, 0);
		assert_int_equal(program.edition, KMC_SERIES(program.machine.profile));
	}
	kmc_program_free(&program);
	assert_in_range(fresh, 300, 600); /* one in sixteen of seven in eight: 437 */
	assert_in_range(traced, fresh * 2 / 5, fresh * 4 / 5);
	assert_in_range(newest, fresh / 3, fresh * 4 / 5);
}

/* kinds */

static void make_program(struct kmc_program *program, uint64_t seed)
{
	uint8_t bytes[MAX_BYTES];
	size_t len = grow(bytes, 0, MAX_BYTES, seed, 40);

	assert_int_equal(kmc_program_decode(program, bytes, len), 0);
}

static bool same_ops(const struct kmc_program *a, const struct kmc_program *b)
{
	for (size_t i = 0; a->nr_ops == b->nr_ops && i < a->nr_ops; i++)
		if (!kmc_op_equal(&a->ops[i], &b->ops[i]))
			return false;
	return a->nr_ops == b->nr_ops;
}

/* How many ops of @a stand in @b, in order (not the most: greedy). */
static size_t kept_in(const struct kmc_program *a, const struct kmc_program *b)
{
	size_t at = 0, kept = 0;

	for (size_t i = 0; i < a->nr_ops; i++)
		for (size_t k = at; k < b->nr_ops; k++)
			if (kmc_op_equal(&a->ops[i], &b->ops[k])) {
				kept++;
				at = k + 1;
				break;
			}
	return kept;
}

static void expect_kind(enum kmc_mutation kind, const struct kmc_program *before,
			const struct kmc_program *after)
{
	size_t was = before->nr_ops, is = after->nr_ops, others = 0;

	switch (kind) {
	case KMC_MUTATE_INSERT:
		assert_in_range(is, was + 1, was + 6);
		assert_int_equal(kept_in(before, after), was);
		break;
	case KMC_MUTATE_BURST:
		assert_in_range(is, was + 4, was + 133);
		assert_int_equal(kept_in(before, after), was);
		break;
	case KMC_MUTATE_HARDSHIP:
		assert_in_range(is, was + 1, was + KMC_MACHINE_MAX_ZONES);
		assert_int_equal(kept_in(before, after), was);
		break;
	case KMC_MUTATE_RELEASE:
		assert_true(is > was);
		for (size_t i = 0; i < was; i++)
			assert_true(kmc_op_equal(&before->ops[i], &after->ops[i]));
		break;
	case KMC_MUTATE_DUPLICATE:
	case KMC_MUTATE_SPLICE:
		assert_in_range(is, was + 1, was + 64);
		assert_int_equal(kept_in(before, after), was);
		break;
	case KMC_MUTATE_DELETE:
		assert_in_range(is, was > 64 ? was - 64 : 0, was - 1);
		assert_int_equal(kept_in(after, before), is);
		break;
	case KMC_MUTATE_REPLACE:
		assert_in_range(is, was, was + 5);
		break;
	case KMC_MUTATE_ARGUMENT:
	case KMC_MUTATE_SAME_OBJECT:
	case KMC_MUTATE_MACHINE:
		assert_int_equal(is, was);
		for (size_t i = 0; i < was; i++)
			assert_int_equal(before->ops[i].code, after->ops[i].code);
		break;
	case KMC_MUTATE_MOVE:
		assert_int_equal(is, was);
		break;
	case KMC_MUTATE_CALL:
		assert_int_equal(is, was);
		for (size_t i = 0; i < was; i++) {
			assert_int_equal(kmc_op_desc(before->ops[i].code)->family,
					 kmc_op_desc(after->ops[i].code)->family);
			others += !kmc_op_equal(&before->ops[i], &after->ops[i]);
		}
		assert_int_equal(others, 1);
		break;
	default:
		fail();
	}
}

static void each_kind_does_what_it_says(void **state)
{
	unsigned int done[KMC_NR_MUTATIONS] = { 0 }, changed[KMC_NR_MUTATIONS] = { 0 };
	struct kmc_program before, after, other;

	(void)state;
	kmc_program_init(&before);
	kmc_program_init(&after);
	kmc_program_init(&other);
	for (uint64_t i = 0; i < rounds; i++) {
		make_program(&before, first_seed + 10000 * i);
		make_program(&other, first_seed + 10000 * i + 5000);
		for (unsigned int kind = 0; kind < KMC_NR_MUTATIONS; kind++) {
			assert_int_equal(kmc_program_copy(&after, &before), 0);
			if (!kmc_mutate_once(mutator, &after, &other, (enum kmc_mutation)kind,
					     first_seed + i))
				continue;
			expect_kind((enum kmc_mutation)kind, &before, &after);
			done[kind]++;
			changed[kind] += !same_ops(&before, &after) ||
					 !kmc_machine_equal(&before.machine, &after.machine);
		}
	}
	for (unsigned int kind = 0; kind < KMC_NR_MUTATIONS; kind++)
		if (done[kind] < rounds / 2 || changed[kind] < done[kind] / 2)
			fail_msg("%s: %u done, %u changed something", kmc_mutation_name(kind),
				 done[kind], changed[kind]);
	kmc_program_free(&before);
	kmc_program_free(&after);
	kmc_program_free(&other);
}

/* reach */

/* Which operands of the op hold what the call takes, at its place in the program. */
static bool operands_suit(const struct lives *lives, const struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	for (unsigned int i = 0; i < desc->nr_params; i++) {
		struct operand want = operand_of(&desc->params[i]);
		uint16_t slot = want.kind ? *slot_field((struct kmc_op *)op, want.field) : 0;

		if (want.kind && (slot >= KMC_NR_SLOTS ||
				  !life_suits(&lives->of[slot], op->code, &desc->params[i])))
			return false;
	}
	return true;
}

/* Every call of the catalogue turns up with operands that suit it: its set-up came before. */
static void every_call_is_reached(void **state)
{
	static struct lives lives;
	static unsigned int well[KMC_OPCODE_END];
	struct kmc_program program;
	unsigned int code, missing = 0;

	(void)state;
	kmc_program_init(&program);
	for (uint64_t i = 0; i < rounds * 6; i++) {
		make_program(&program, first_seed + 777 * i);
		lives_reset(&lives);
		for (size_t k = 0; k < program.nr_ops; k++) {
			well[program.ops[k].code] += operands_suit(&lives, &program.ops[k]);
			lives_note(&lives, &program.ops[k]);
		}
	}
	for (size_t i = 0; (code = kmc_op_at(i)); i++)
		if (!well[code]) {
			printf("never with fitting operands: %s\n", kmc_op_desc(code)->text);
			missing++;
		}
	assert_int_equal(missing, 0);
	kmc_program_free(&program);
}

/* Machines: every shape, profile and edition of its own. */
static void machines_vary(void **state)
{
	bool seen[2][4] = { { false } };
	struct kmc_program program;

	(void)state;
	kmc_program_init(&program);
	for (uint64_t i = 0; i < 400; i++) {
		unsigned int profile = 0;

		assert_true(kmc_mutate_once(mutator, &program, NULL, KMC_MUTATE_MACHINE,
					    first_seed + i));
		assert_null(kmc_machine_check(&program.machine));
#define KMC_PROFILE(major, minor, point) \
	profile += program.machine.profile > KMC_RELEASE(major, minor, point);
		KMC_PROFILES(KMC_PROFILE)
#undef KMC_PROFILE
		assert_int_equal(program.edition, KMC_SERIES(program.machine.profile));
		seen[program.machine.nr_nodes - 1][profile] = true;
	}
	for (unsigned int i = 0; i < 8; i++)
		assert_true(seen[i / 4][i % 4]);
	kmc_program_free(&program);
}

/* crossing and trimming */

static void crossing_takes_from_both(void **state)
{
	uint8_t a[MAX_BYTES], b[MAX_BYTES], out[MAX_BYTES];
	struct kmc_program one, two, child;
	unsigned int both = 0;

	(void)state;
	kmc_program_init(&one);
	kmc_program_init(&two);
	kmc_program_init(&child);
	for (uint64_t i = 0; i < rounds; i++) {
		size_t a_len = grow(a, 0, MAX_BYTES / 2, first_seed + 100 * i, 20);
		size_t b_len = grow(b, 0, MAX_BYTES / 2, first_seed + 100 * i + 50, 20);
		size_t len = kmc_cross_over(mutator, a, a_len, b, b_len, out, MAX_BYTES,
					    first_seed + i);

		assert_in_range(len, 1, MAX_BYTES);
		read_back(&child, out, len);
		read_back(&one, a, a_len);
		read_back(&two, b, b_len);
		both += kept_in(&child, &one) && child.nr_ops > kept_in(&child, &one);
	}
	assert_true(both > rounds / 2);
	kmc_program_free(&one);
	kmc_program_free(&two);
	kmc_program_free(&child);
}

/* Told that only one op matters, trimming leaves that one. */
static void trimming_ends_at_what_matters(void **state)
{
	struct kmc_program program;
	struct kmc_op marked;
	void *bytes;
	size_t len;
	int tries = 0, most;

	(void)state;
	kmc_program_init(&program);
	make_program(&program, first_seed);
	kmc_op_init(&marked, KMC_OP_KMALLOC_SIZE_ROUNDUP);
	marked.a = 0x123456789;
	program.nr_ops = program.nr_ops > 40 ? 40 : program.nr_ops;
	assert_true(program.nr_ops > 4);
	program.ops[program.nr_ops / 3] = marked;
	assert_int_equal(kmc_program_encode(&program, &bytes, &len), 0);

	struct kmc_trim trim;

	most = kmc_trim_begin(&trim, bytes, len);
	assert_true(most > 0);
	while (tries++ < most && kmc_trim_next(&trim)) {
		bool there = false;

		read_back(&program, trim.bytes, trim.len);
		for (size_t i = 0; i < program.nr_ops; i++)
			there |= kmc_op_equal(&program.ops[i], &marked);
		kmc_trim_tell(&trim, there);
	}
	assert_int_equal(trim.program.nr_ops, 1);
	assert_true(kmc_op_equal(&trim.program.ops[0], &marked));
	kmc_trim_end(&trim);
	free(bytes);
	kmc_program_free(&program);
}

static int make_mutator(void **state)
{
	(void)state;
	mutator = kmc_mutator_create(&everything);
	return mutator ? 0 : -1;
}

static int end_mutator(void **state)
{
	(void)state;
	kmc_mutator_destroy(mutator);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_decodes_and_fits),
		cmocka_unit_test(same_seed_same_mutation),
		cmocka_unit_test(seeds_differ),
		cmocka_unit_test(some_work_on_bytes),
		cmocka_unit_test(fresh_ones_are_of_all_sorts),
		cmocka_unit_test(each_kind_does_what_it_says),
		cmocka_unit_test(every_call_is_reached),
		cmocka_unit_test(machines_vary),
		cmocka_unit_test(crossing_takes_from_both),
		cmocka_unit_test(trimming_ends_at_what_matters),
	};

	first_seed = number("KMC_SEED", 1);
	rounds = number("KMC_ROUNDS", 100);
	printf("KMC_SEED=%llu KMC_ROUNDS=%llu\n", (unsigned long long)first_seed,
	       (unsigned long long)rounds);
	return cmocka_run_group_tests(tests, make_mutator, end_mutator);
}
