/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Predictions: caches whose geometry was measured on a real 6.18 kernel
 * (rules-slab R4, R5), and the whole way over a blanked trace.
 */
#include "replay_trace.h"
#include "replay.h"
#include "trace/redact.h"

static void expect_cache(const struct kmc_cache_desc *cache, unsigned int size, unsigned int order)
{
	unsigned int got_size = 0, got_order = 0;

	assert_int_equal(kmc_predict_cache(cache, 2, KMC_PROFILE_6_18_44, &got_size, &got_order),
			 0);
	assert_int_equal(got_size, size);
	assert_int_equal(got_order, order);
}

static void test_stock_caches(void **state)
{
	(void)state;
	expect_cache(&(struct kmc_cache_desc){ .object_size = 96, .align = 8, .ctor = true,
					       .flags = KMC_CF_TYPESAFE_BY_RCU }, 104, 0);
	expect_cache(&(struct kmc_cache_desc){ .object_size = 576, .align = 8, .ctor = true },
		     584, 1);
	expect_cache(&(struct kmc_cache_desc){ .object_size = 512, .align = 512 }, 512, 1);
	expect_cache(&(struct kmc_cache_desc){ .object_size = 8192, .align = 4096 }, 8192, 3);
	expect_cache(&(struct kmc_cache_desc){ .object_size = 200, .align = 8,
					       .flags = KMC_CF_HWCACHE_ALIGN }, 256, 0);
}

/* Rule: KC-8. The creator's place for the free pointer saves the word behind the object. */
static void test_free_pointer_that_was_asked_for(void **state)
{
	struct kmc_cache_desc cache = { .object_size = 192, .align = 64, .inuse = 192,
					.flags = KMC_CF_TYPESAFE_BY_RCU | KMC_CF_HWCACHE_ALIGN };

	(void)state;
	expect_cache(&cache, 192, 0);
	cache.inuse = 0; /* the table knows of no layout */
	expect_cache(&cache, 256, 0);
}

static void test_impossible_cache(void **state)
{
	struct kmc_cache_desc cache = { .object_size = 64, .align = 24 };
	unsigned int size, order;

	(void)state;
	assert_true(kmc_predict_cache(&cache, 2, KMC_PROFILE_6_18_44, &size, &order) < 0);
}

static struct made made;
static const struct kmc_replay_options options = { .run = { .command = "replay" } };

static void make(bool blank)
{
	made_init(&made);
	for (unsigned int i = 0; i < 1000; i++)
		add_kmalloc(&made, i % 2, DIRECT_MAP + 0x10000000ull + i * 8192ull, 1 + i % 96,
			    i % 96 < 8 ? 8 : i % 96 < 16 ? 16 : i % 96 < 32 ? 32 :
			    i % 96 < 64 ? 64 : 96);
	add_kmalloc(&made, 0, DIRECT_MAP + 0x20000000ull, 100000, 131072);
	add_kmalloc(&made, 0, 0, 64, 64); /* failed: nothing was granted */
	if (!blank)
		return;
	kmc_blank_facts(&made.facts);
	for (int cpu = 0; cpu < 2; cpu++)
		kmc_blank_records(made.records[cpu], made.nr[cpu]);
}

static char predictions[] = "predictions-XXXXXX";

static void test_blind_prediction(void **state)
{
	(void)state;
	make(true);
	assert_int_equal(kmc_predict(&options, made_open(&made), "blank", predictions), 0);
	made_close(&made);
	make(false);
	assert_int_equal(kmc_predict_compare(&options, made_open(&made), "made", predictions), 0);
	made_close(&made);
}

/* A kernel that grants something else is found, and a comparison with the blank copy refused. */
static void test_wrong_prediction_shows(void **state)
{
	(void)state;
	make(false);
	made.records[0][3].granted = 4096;
	assert_int_equal(kmc_predict_compare(&options, made_open(&made), "made", predictions), 1);
	made_close(&made);
	make(false);
	made.caches[1].order = 2;
	assert_int_equal(kmc_predict_compare(&options, made_open(&made), "made", predictions), 1);
	made_close(&made);
	make(true);
	assert_int_equal(kmc_predict_compare(&options, made_open(&made), "blank", predictions), 2);
	made_close(&made);
}

static void test_other_files_are_refused(void **state)
{
	static const char *const texts[] = {
		"", "# something else\n", "# kmconform predictions 1\n",
		"# kmconform predictions 1\nprofile 6.18.44\n",
		"# kmconform predictions 1\nprofile 6.18.44\ncache 0 192 0\ncache 1 320 0\n",
		("# kmconform predictions 1\nprofile 6.18.44\ncache 0 192 0\ncache 1 320 0\n"
		 "granted 0 8\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *out = fopen(predictions, "w");

		assert_non_null(out);
		fputs(texts[i], out);
		fclose(out);
		make(false);
		assert_int_equal(kmc_predict_compare(&options, made_open(&made), "made",
						     predictions), 2);
		made_close(&made);
	}
}

static int make_file(void **state)
{
	int fd = mkstemp(predictions);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(predictions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stock_caches),
		cmocka_unit_test(test_free_pointer_that_was_asked_for),
		cmocka_unit_test(test_impossible_cache),
		cmocka_unit_test(test_blind_prediction),
		cmocka_unit_test(test_wrong_prediction_shows),
		cmocka_unit_test(test_other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
