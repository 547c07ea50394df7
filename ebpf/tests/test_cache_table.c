// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Caches from slabinfo and from items, their flags under two numberings, what is a kmalloc cache.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cache_table.h"

static void test_slabinfo(void **state)
{
	static const char text[] =
		"slabinfo - version: 2.1\n"
		"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables\n"
		"dentry            10    20    192   21    1 : tunables    0    0    0 : slabdata 1 1 0\n"
		"kmalloc-8k         0     0   8192    4    8 : tunables    0    0    0 : slabdata 0 0 0\n";
	struct kmc_cache_desc *desc;

	(void)state;
	assert_int_equal(kmc_slabinfo_parse(text, &desc), 2);
	assert_string_equal(desc[0].name, "dentry");
	assert_int_equal(desc[0].size, 192);
	assert_int_equal(desc[0].objects, 21);
	assert_int_equal(desc[0].order, 0);
	assert_int_equal(desc[1].order, 3);
	free(desc);
	assert_int_equal(kmc_slabinfo_parse("", &desc), 0);
	assert_null(desc);
}

static void test_flags_before_the_enum(void **state)
{
	struct kmc_cache_item item = {
		.flags = 0x2000 | 0x80000 | 0x4000000, .name = "x", .oo = 3 << 16 | 21,
		.min = 1 << 16 | 5, .ctor = 1, .size = 320, .object_size = 312,
	};
	struct kmc_cache_flags flags;
	struct kmc_cache_desc desc;

	(void)state;
	kmc_cache_flags_of(NULL, &flags);
	kmc_cache_describe(&flags, &item, &desc);
	assert_int_equal(desc.flags,
			 KMC_CF_HWCACHE_ALIGN | KMC_CF_TYPESAFE_BY_RCU | KMC_CF_ACCOUNT);
	assert_int_equal(desc.raw_flags, item.flags);
	assert_int_equal(desc.order, 3);
	assert_int_equal(desc.objects, 21);
	assert_int_equal(desc.min_order, 1);
	assert_true(desc.ctor);
}

static void test_flags_by_btf(void **state)
{
	struct btf *btf = btf__new_empty();
	struct kmc_cache_item item = { .flags = 1 << 4 | 1 << 9, .sheaf_capacity = 32 };
	struct kmc_cache_flags flags;
	struct kmc_cache_desc desc;

	(void)state;
	btf__add_enum(btf, "_slab_flag_bits", 4);
	btf__add_enum_value(btf, "_SLAB_HWCACHE_ALIGN", 4);
	btf__add_enum_value(btf, "_SLAB_TYPESAFE_BY_RCU", 9);
	kmc_cache_flags_of(btf, &flags);
	kmc_cache_describe(&flags, &item, &desc);
	assert_int_equal(desc.flags,
			 KMC_CF_HWCACHE_ALIGN | KMC_CF_TYPESAFE_BY_RCU | KMC_CF_SHEAVES);
	btf__free(btf);
}

static void add(struct kmc_cache_desc *desc, const char *name, uint32_t size)
{
	memset(desc, 0, sizeof(*desc));
	snprintf(desc->name, sizeof(desc->name), "%s", name);
	desc->object_size = size;
}

/* A whole row of classes under one stem is a bucket set; bio-128 and biovec-64 are not. */
static void test_kmalloc_kinds(void **state)
{
	static const uint32_t classes[] = { 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048 };
	struct kmc_cache_desc desc[32];
	char name[32];
	size_t nr = 0;

	(void)state;
	add(&desc[nr++], "kmalloc-8k", 8192);
	add(&desc[nr++], "kmalloc-rcl-96", 96);
	add(&desc[nr++], "dma-kmalloc-192", 192);
	add(&desc[nr++], "kmalloc-rnd-03-64", 64);
	add(&desc[nr++], "biovec-64", 1024);
	add(&desc[nr++], "bio-128", 128);
	add(&desc[nr++], "dentry", 192);
	for (size_t i = 0; i < 11; i++) {
		snprintf(name, sizeof(name), classes[i] < 1024 ? "msg_msg-%u" : "msg_msg-%uk",
			 classes[i] < 1024 ? classes[i] : classes[i] / 1024);
		add(&desc[nr++], name, classes[i]);
	}
	kmc_cache_mark_kmalloc(desc, nr);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(desc[i].kmalloc, i < 4 ? 1 : i < 7 ? 0 : 2);
}

static void test_met_caches(void **state)
{
	struct kmc_cache_item item = { .cache = 0xffff888000001000, .index = 7, .name = "late",
				       .size = 64, .object_size = 64 };
	struct kmc_cache_table t = { 0 };

	(void)state;
	assert_int_equal(kmc_cache_table_met(&t, &item), 0);
	assert_int_equal(t.nr, 1);
	assert_true(t.nr_of_index > 7);
	assert_int_equal(t.of_index[7], 0);
	assert_int_equal(t.of_index[6], KMC_RECORD_NO_CACHE);
	assert_int_equal(kmc_cache_table_met(&t, &item), 0);
	assert_int_equal(t.nr, 1);
	item.index = 8; /* another cache of the same name has its own place */
	item.cache += 256;
	assert_int_equal(kmc_cache_table_met(&t, &item), 0);
	assert_int_equal(t.nr, 2);
	assert_int_equal(t.of_index[8], 1);
	assert_int_equal(t.desc[1].id, 1);
	t.cache[1] = 0; /* known from slabinfo, without its address: found by name */
	snprintf(t.desc[1].name, sizeof(t.desc[1].name), "listed");
	snprintf(item.name, sizeof(item.name), "listed");
	item.index = 9;
	assert_int_equal(kmc_cache_table_met(&t, &item), 0);
	assert_int_equal(t.nr, 2);
	assert_int_equal(t.of_index[9], 1);
	assert_int_equal(t.cache[1], item.cache);
	assert_int_equal(kmc_cache_table_find(&t, "listed"), 1);
	assert_int_equal(kmc_cache_table_find(&t, "nothing"), -1);
	kmc_cache_table_free(&t);
}

static void test_keys(void **state)
{
	struct kmc_cache_desc desc[3] = { 0 };
	uint64_t cache[3] = { 0x1000, 0, 0x3000 };
	struct kmc_cache_table t = { .desc = desc, .cache = cache, .nr = 3 };
	struct kmc_cache_key *keys;

	(void)state;
	assert_int_equal(kmc_cache_table_keys(&t, &keys), 2);
	assert_int_equal(keys[0].index, 0);
	assert_int_equal(keys[1].index, 2);
	assert_int_equal(keys[1].cache, 0x3000);
	free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slabinfo),
		cmocka_unit_test(test_flags_before_the_enum),
		cmocka_unit_test(test_flags_by_btf),
		cmocka_unit_test(test_kmalloc_kinds),
		cmocka_unit_test(test_met_caches),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
