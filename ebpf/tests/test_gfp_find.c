// SPDX-License-Identifier: GPL-2.0-or-later
/* GFP numbers from made-up BTF and from formats as 6.1, 6.9 and 6.18 print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include "gfp_find.h"

/* Two enums without a name, the second being the one. */
static struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "OTHER", 3);
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "___GFP_DMA_BIT", 0);
	btf__add_enum_value(btf, "___GFP_HIGHMEM_BIT", 1);
	btf__add_enum_value(btf, "___GFP_UNUSED_BIT", 9);
	btf__add_enum_value(btf, "___GFP_DIRECT_RECLAIM_BIT", 10);
	btf__add_enum_value(btf, "___GFP_NO_OBJ_EXT_BIT", 24);
	btf__add_enum_value(btf, "___GFP_LAST_BIT", 25);
	return btf;
}

static void test_from_btf(void **state)
{
	struct btf *btf = make_btf();
	struct kmc_gfp_table t;

	(void)state;
	assert_true(kmc_gfp_from_btf(btf, &t));
	assert_int_equal(t.bit[KMC_GFP_BIT_DMA], 0);
	assert_int_equal(t.bit[KMC_GFP_BIT_HIGHMEM], 1);
	assert_int_equal(t.bit[KMC_GFP_BIT_DIRECT_RECLAIM], 10);
	assert_int_equal(t.bit[KMC_GFP_BIT_NO_OBJ_EXT], 24);
	assert_int_equal(t.bit[KMC_GFP_BIT_ZERO], -1);
	btf__free(btf);
}

static void test_btf_without_gfp(void **state)
{
	struct btf *btf = btf__new_empty();
	struct kmc_gfp_table t;

	(void)state;
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "OTHER", 3);
	assert_false(kmc_gfp_from_btf(btf, &t));
	assert_int_equal(t.bit[KMC_GFP_BIT_DMA], -1);
	btf__free(btf);
}

static const char format_61[] =
	"field:unsigned long gfp_flags;\toffset:24;\n"
	"print fmt: \"gfp_flags=%s\", (REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", "
	"{( unsigned long)((((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u) | (( gfp_t)0x80u)))), \"GFP_KERNEL\"}, "
	"{( unsigned long)(( gfp_t)0x01u), \"GFP_DMA\"}, "
	"{( unsigned long)(( gfp_t)0x01u), \"__GFP_DMA\"}, "
	"{( unsigned long)(( gfp_t)0x200u), \"__GFP_ATOMIC\"}, "
	"{( unsigned long)(( gfp_t)(0x400u|0x800u)), \"__GFP_RECLAIM\"}, "
	"{( unsigned long)(( gfp_t)0x400u), \"__GFP_DIRECT_RECLAIM\"}, "
	"{( unsigned long)(( gfp_t)0), \"__GFP_SKIP_ZERO\"}, "
	"{( unsigned long)(( gfp_t)0x400000u), \"__GFP_ACCOUNT\"}) : \"none\"\n";

static void test_format_of_61(void **state)
{
	struct kmc_gfp_table t;

	(void)state;
	assert_true(kmc_gfp_from_format(format_61, NULL, &t));
	assert_int_equal(t.bit[KMC_GFP_BIT_DMA], 0);
	assert_int_equal(t.bit[KMC_GFP_BIT_ATOMIC], 9);
	assert_int_equal(t.bit[KMC_GFP_BIT_DIRECT_RECLAIM], 10);
	assert_int_equal(t.bit[KMC_GFP_BIT_ACCOUNT], 22);
	assert_int_equal(t.bit[KMC_GFP_BIT_SKIP_ZERO], -1);
	assert_int_equal(t.bit[KMC_GFP_BIT_KSWAPD_RECLAIM], -1);
}

static void test_format_of_618(void **state)
{
	static const char format[] =
		"__print_flags(REC->gfp_flags, \"|\", "
		"{( unsigned long)((( gfp_t)(((((1UL))) << (10))|((((1UL))) << (11)))) | (( gfp_t)((((1UL))) << (6)))), \"GFP_NOFS\"}, "
		"{( unsigned long)(( gfp_t)((((1UL))) << (8))), \"__GFP_ZERO\"}, "
		"{( unsigned long)(( gfp_t)((((1UL))) << (24))), \"__GFP_NO_OBJ_EXT\"}, { 0, ((void *)0) } ) : \"none\"";
	struct kmc_gfp_table t;

	(void)state;
	assert_true(kmc_gfp_from_format(format, NULL, &t));
	assert_int_equal(t.bit[KMC_GFP_BIT_ZERO], 8);
	assert_int_equal(t.bit[KMC_GFP_BIT_NO_OBJ_EXT], 24);
	assert_int_equal(t.bit[KMC_GFP_BIT_IO], -1);
}

/* 6.9 to 6.12 leave the enumerators' names in the list. */
static void test_format_with_names(void **state)
{
	static const char format[] =
		"__print_flags(REC->gfp_flags, \"|\", "
		"{( unsigned long)(( gfp_t)((((1UL))) << (___GFP_DIRECT_RECLAIM_BIT))), \"__GFP_DIRECT_RECLAIM\"}, "
		"{( unsigned long)(( gfp_t)((((1UL))) << (___GFP_NOSUCH_BIT))), \"__GFP_ZERO\"})";
	struct btf *btf = make_btf();
	struct kmc_gfp_table t;

	(void)state;
	assert_true(kmc_gfp_from_format(format, btf, &t));
	assert_int_equal(t.bit[KMC_GFP_BIT_DIRECT_RECLAIM], 10);
	assert_int_equal(t.bit[KMC_GFP_BIT_ZERO], -1);
	assert_false(kmc_gfp_from_format(format, NULL, &t));
	btf__free(btf);
}

static void test_format_of_nothing(void **state)
{
	struct kmc_gfp_table t;

	(void)state;
	assert_false(kmc_gfp_from_format("", NULL, &t));
	assert_false(kmc_gfp_from_format("__print_flags({", NULL, &t));
	assert_false(kmc_gfp_from_format("__print_flags({\"", NULL, &t));
	assert_false(kmc_gfp_from_format("__print_flags({1, \"__GFP_DMA", NULL, &t));
}

static void test_btf_comes_first(void **state)
{
	struct btf *btf = make_btf();
	struct kmc_gfp_table t;
	char source[16];

	(void)state;
	kmc_gfp_find(btf, KMC_RELEASE(6, 18, 0), &t, source);
	assert_string_equal(source, "btf");
	assert_int_equal(t.bit[KMC_GFP_BIT_NO_OBJ_EXT], 24);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_btf),
		cmocka_unit_test(test_btf_without_gfp),
		cmocka_unit_test(test_format_of_61),
		cmocka_unit_test(test_format_of_618),
		cmocka_unit_test(test_format_with_names),
		cmocka_unit_test(test_format_of_nothing),
		cmocka_unit_test(test_btf_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
