/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Size mixes: every size comes as often as its weight says, and only those. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "bench_mixes.h"

static const struct bench_mix *const mixes[] = {
	&bench_mix_proc,
	&bench_mix_fs,
	&bench_mix_msg,
};
#define NR_MIXES (sizeof(mixes) / sizeof(mixes[0]))

static unsigned int total(const struct bench_mix *mix)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < mix->nr; i++)
		sum += mix->weights[i].weight;
	return sum;
}

/* Draws 0 .. total-1 hit each entry exactly weight times. */
static void each_size_as_often_as_its_weight(void **state)
{
	(void)state;
	for (size_t m = 0; m < NR_MIXES; m++) {
		unsigned int count[4097] = { 0 };

		for (unsigned int draw = 0; draw < total(mixes[m]); draw++)
			count[bench_mix_size(mixes[m], draw)]++;
		for (size_t i = 0; i < mixes[m]->nr; i++) {
			const struct bench_weight *w = &mixes[m]->weights[i];

			assert_int_equal(count[w->size_bytes], w->weight);
			count[w->size_bytes] = 0;
		}
		for (size_t size = 0; size < 4097; size++)
			assert_int_equal(count[size], 0);
	}
}

static void weights_stay_below_the_whole(void **state)
{
	(void)state;
	for (size_t m = 0; m < NR_MIXES; m++)
		assert_in_range(total(mixes[m]), 8000, 10000);
}

/* Published first outputs of splitmix64 from 1234567. */
static void random_is_splitmix64(void **state)
{
	uint64_t seed = 1234567;

	(void)state;
	assert_true(bench_random(&seed) == 6457827717110365317u);
	assert_true(bench_random(&seed) == 3203168211198807973u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_size_as_often_as_its_weight),
		cmocka_unit_test(weights_stay_below_the_whole),
		cmocka_unit_test(random_is_splitmix64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
