/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GFP flags: the tables of seven releases, translation both ways, text. */
#include "vocab_tests.h"
#include "vocab/gfp.h"
#include "vocab/machine.h"

#define A(name) ((uint32_t)KMC_GFP_##name)

static const uint32_t releases[] = {
	KMC_RELEASE(4, 19, 0), KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 3, 8), KMC_RELEASE(6, 6, 9),
	KMC_RELEASE(6, 9, 0), KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44),
};
#define NR_RELEASES (sizeof(releases) / sizeof(releases[0]))

static uint64_t kernel_at(unsigned int major, unsigned int minor)
{
	struct kmc_gfp gfp = { .atoms = A(DIRECT_RECLAIM) | A(KSWAPD_RECLAIM) | A(IO) | A(FS) };

	return kmc_gfp_to_raw(kmc_gfp_table_of(KMC_RELEASE(major, minor, 0)), gfp, NULL);
}

/* The hexadecimal values that the contract's tables give for GFP_KERNEL, ZERO, NOWARN. */
static void test_known_numbers(void **state)
{
	(void)state;
	assert_int_equal(kernel_at(4, 19), 0x6000c0);
	assert_int_equal(kernel_at(6, 1), 0xcc0);
	assert_int_equal(kernel_at(6, 18), 0xcc0);
	assert_int_equal(kmc_gfp_from_raw(kmc_gfp_table_of(KMC_RELEASE(4, 19, 0)), 0x400).atoms,
			 A(RETRY_MAYFAIL));
	assert_int_equal(kmc_gfp_from_raw(kmc_gfp_table_of(KMC_RELEASE(6, 1, 0)), 0x400).atoms,
			 A(DIRECT_RECLAIM));
	assert_int_equal(kmc_gfp_from_raw(kmc_gfp_table_of(KMC_RELEASE(6, 1, 0)), 0xa20).atoms,
			 A(HIGH) | A(ATOMIC) | A(KSWAPD_RECLAIM));
	assert_int_equal(kmc_gfp_from_raw(kmc_gfp_table_of(KMC_RELEASE(6, 18, 0)), 0x1000000).atoms,
			 A(NO_OBJ_EXT));
}

static void test_table_of_release(void **state)
{
	(void)state;
	assert_ptr_equal(kmc_gfp_table_of(0), kmc_gfp_table_of(KMC_RELEASE(4, 19, 0)));
	assert_ptr_equal(kmc_gfp_table_of(KMC_RELEASE(6, 8, 0)),
			 kmc_gfp_table_of(KMC_RELEASE(6, 6, 0)));
	assert_ptr_equal(kmc_gfp_table_of(KMC_RELEASE(7, 1, 5)),
			 kmc_gfp_table_of(KMC_RELEASE(6, 18, 44)));
	assert_ptr_not_equal(kmc_gfp_table_of(KMC_RELEASE(6, 2, 12)),
			     kmc_gfp_table_of(KMC_RELEASE(6, 3, 0)));
}

static void test_no_bit_twice(void **state)
{
	size_t t, i;

	(void)state;
	for (t = 0; t < NR_RELEASES; t++) {
		const struct kmc_gfp_table *table = kmc_gfp_table_of(releases[t]);
		uint64_t seen = 0;

		for (i = 0; i < KMC_NR_GFP_ATOMS; i++) {
			if (table->bit[i] < 0)
				continue;
			assert_true(table->bit[i] < 32);
			assert_false(seen >> table->bit[i] & 1);
			seen |= 1ull << table->bit[i];
		}
	}
}

/* Bits that have a name in the table. */
static uint64_t named_bits(const struct kmc_gfp_table *table)
{
	uint64_t named = 0;
	size_t i;

	for (i = 0; i < KMC_NR_GFP_ATOMS; i++)
		if (table->bit[i] >= 0 && table->bit[i] < 64)
			named |= 1ull << table->bit[i];
	return named;
}

/* Every word of 64 bits comes back, unknown bits included; what has a name is not kept raw. */
static void test_words_survive(void **state)
{
	struct dice dice = dice_new("gfp words", 20000);
	struct kmc_gfp_table odd;
	unsigned long round;
	size_t t;

	(void)state;
	memset(&odd, 0x80, sizeof(odd)); /* run-time tables are untrusted */
	odd.bit[3] = 63;
	odd.bit[4] = 64;
	for (round = 0; round < dice.rounds; round++) {
		uint64_t word = dice_number(&dice);
		uint32_t lost = 1;

		for (t = 0; t <= NR_RELEASES; t++) {
			const struct kmc_gfp_table *table =
				t < NR_RELEASES ? kmc_gfp_table_of(releases[t]) : &odd;
			struct kmc_gfp gfp = kmc_gfp_from_raw(table, word);

			assert_true(gfp.raw == (word & ~named_bits(table)));
			assert_int_equal(__builtin_popcount(gfp.atoms),
					 __builtin_popcountll(word & named_bits(table)));
			assert_true(kmc_gfp_to_raw(table, gfp, &lost) == word);
			assert_int_equal(lost, 0);
		}
	}
}

static void test_lost_atoms_are_reported(void **state)
{
	struct kmc_gfp gfp = { .atoms = A(ATOMIC) | A(HIGH), .raw = 1ull << 40 };
	uint32_t lost = 0;

	(void)state;
	assert_true(kmc_gfp_to_raw(kmc_gfp_table_of(KMC_RELEASE(6, 18, 0)), gfp, &lost) ==
		    (1ull << 40 | 0x20));
	assert_int_equal(lost, A(ATOMIC));
}

static void prints(struct kmc_gfp gfp, const char *expected)
{
	char text[1024];

	assert_int_equal(kmc_gfp_print(text, sizeof(text), gfp), strlen(expected));
	assert_string_equal(text, expected);
}

static void test_print(void **state)
{
	uint32_t kernel = A(DIRECT_RECLAIM) | A(KSWAPD_RECLAIM) | A(IO) | A(FS);
	struct kmc_gfp gfp = { .atoms = kernel };
	char small[5];

	(void)state;
	prints((struct kmc_gfp){ 0 }, "0");
	prints(gfp, "GFP_KERNEL");
	prints((struct kmc_gfp){ .atoms = kernel | A(ZERO) }, "GFP_KERNEL|__GFP_ZERO");
	prints((struct kmc_gfp){ .atoms = A(HIGH) | A(KSWAPD_RECLAIM) }, "GFP_ATOMIC");
	prints((struct kmc_gfp){ .atoms = A(ATOMIC) }, "__GFP_ATOMIC");
	prints((struct kmc_gfp){ .raw = 0x50 }, "raw(0x50)");
	prints((struct kmc_gfp){ .atoms = A(DMA), .raw = 1ull << 63 },
	       "__GFP_DMA|raw(0x8000000000000000)");
	assert_int_equal(kmc_gfp_print(small, sizeof(small), gfp), 10);
	assert_string_equal(small, "GFP_");
}

static int parses(const char *text, struct kmc_gfp *gfp)
{
	return kmc_gfp_parse(text, strlen(text), gfp);
}

static void test_parse(void **state)
{
	struct kmc_gfp gfp;

	(void)state;
	assert_int_equal(parses("GFP_NOFS | __GFP_NORETRY", &gfp), 0);
	assert_int_equal(gfp.atoms,
			 A(DIRECT_RECLAIM) | A(KSWAPD_RECLAIM) | A(IO) | A(NORETRY));
	assert_int_equal(parses("GFP_DMA|__GFP_RECLAIM", &gfp), 0);
	assert_int_equal(gfp.atoms, A(DIRECT_RECLAIM) | A(KSWAPD_RECLAIM) | A(DMA));
	assert_int_equal(parses("GFP_TRANSHUGE", &gfp), 0);
	assert_int_equal(gfp.atoms & (A(DIRECT_RECLAIM) | A(KSWAPD_RECLAIM)), A(DIRECT_RECLAIM));
	assert_int_equal(parses("", &gfp), -EINVAL);
	assert_int_equal(parses("GFP_KERNEL|", &gfp), -EINVAL);
	assert_int_equal(parses("GFP_KERNAL", &gfp), -EINVAL);
	assert_int_equal(parses("raw(0x1ffffffffffffffff)", &gfp), -EINVAL);
	assert_int_equal(parses("raw()", &gfp), -EINVAL);
}

static void test_text_round_trip(void **state)
{
	struct dice dice = dice_new("gfp text", 20000);
	struct kmc_gfp gfp, back;
	char text[1024];
	unsigned long round;

	(void)state;
	for (round = 0; round < dice.rounds; round++) {
		gfp.atoms = (uint32_t)dice_number(&dice) & KMC_GFP_ALL_ATOMS;
		gfp.raw = dice_number(&dice);
		assert_true(kmc_gfp_print(text, sizeof(text), gfp) < (int)sizeof(text));
		assert_int_equal(parses(text, &back), 0);
		assert_true(back.atoms == gfp.atoms && back.raw == gfp.raw);
	}
}

static void test_atom_names(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < KMC_NR_GFP_ATOMS; i++) {
		const char *name = kmc_gfp_atom_name(i);

		assert_int_equal(kmc_gfp_atom_find(name, strlen(name)), i);
	}
	assert_null(kmc_gfp_atom_name(KMC_NR_GFP_ATOMS));
	assert_int_equal(kmc_gfp_atom_find("___GFP_ZERO", 11), KMC_GFP_BIT_ZERO);
	assert_int_equal(kmc_gfp_atom_find("GFP_ZER", 7), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_numbers), cmocka_unit_test(test_table_of_release),
		cmocka_unit_test(test_no_bit_twice), cmocka_unit_test(test_words_survive),
		cmocka_unit_test(test_lost_atoms_are_reported), cmocka_unit_test(test_print),
		cmocka_unit_test(test_parse), cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_atom_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
