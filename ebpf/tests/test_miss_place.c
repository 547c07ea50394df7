// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a recursion miss is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "miss_place.h"

#define NR 40u

/* Times 0, 0, 10, 10, 20, 20 and so on. */
static void make(struct kmc_record *r)
{
	for (uint32_t i = 0; i < NR; i++)
		r[i] = (struct kmc_record){ .time_ns = i / 2 * 10 };
}

static void test_records_before(void **state)
{
	struct kmc_record r[NR];

	(void)state;
	make(r);
	for (uint32_t nr = 0; nr <= NR; nr++)
		for (uint64_t t = 0; t <= 210; t++) {
			uint32_t plain = 0;

			while (plain < nr && r[plain].time_ns < t)
				plain++;
			assert_int_equal(kmc_records_before(r, nr, t), plain);
		}
}

static void test_span(void **state)
{
	struct kmc_record r[NR];
	struct kmc_miss_place p;

	(void)state;
	make(r);
	p = kmc_miss_place_find(r, NR, 0, 50, 80);
	assert_int_equal(p.before, 10);
	assert_int_equal(p.within, 6); /* 50, 60, 70, each twice; 80 stands behind */
	assert_true(p.covers);
	p = kmc_miss_place_find(r, NR, 50, 50, 80);
	assert_true(p.covers);
	p = kmc_miss_place_find(r, NR, 51, 50, 80);
	assert_false(p.covers);
	p = kmc_miss_place_find(r, NR, 0, 1000, 2000);
	assert_int_equal(p.before, NR);
	assert_int_equal(p.within, 0);
	p = kmc_miss_place_find(r, 0, 0, 50, 80);
	assert_int_equal(p.before, 0);
	assert_int_equal(p.within, 0);
}

static void test_choice(void **state)
{
	const struct kmc_miss_place busy = { 0, 100, true }, idle = { 500, 1, true };
	const struct kmc_miss_place written = { 0, 1000, false };

	(void)state;
	assert_true(kmc_miss_place_better(&busy, &idle));
	assert_false(kmc_miss_place_better(&idle, &busy));
	assert_true(kmc_miss_place_better(&idle, &written));
	assert_false(kmc_miss_place_better(&written, &idle));
	assert_false(kmc_miss_place_better(&busy, &busy));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_before),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
