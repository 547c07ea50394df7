// SPDX-License-Identifier: GPL-2.0-or-later
/* What a witness says of numbers; that perf counts at all is for record_live.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>
#include "witness.h"

static void expect(uint64_t hits, uint64_t misses, uint64_t sure, uint64_t least, uint64_t most)
{
	struct kmc_witness w = { 0 };
	struct kmc_witness_count c;

	w.inner[KMC_PROBE_KFREE] = 1000;
	w.outer[KMC_PROBE_KFREE] = 1010;
	w.misses[KMC_PROBE_KFREE] = sure;
	c = kmc_witness_says(&w, KMC_PROBE_KFREE, hits, misses);
	assert_int_equal(c.fired, 1000);
	assert_int_equal(c.unseen_least, least);
	assert_int_equal(c.unseen_most, most);
}

static void test_says(void **state)
{
	(void)state;
	expect(1000, 0, 0, 0, 10);
	expect(1010, 0, 0, 0, 0);
	expect(990, 0, 0, 10, 20);
	expect(990, 10, 10, 0, 10);
	expect(990, 10, 4, 0, 16); /* 6 misses may have been while it was off */
	expect(980, 10, 10, 10, 20);
	expect(2000, 0, 0, 0, 0);  /* never less than nothing */
}

/* A group as perf's read gives it: the number of counters, then each. */
static void turn(struct kmc_witness *w, bool on, bool inner, uint64_t kfrees, uint64_t pages)
{
	const uint64_t group[] = { 2, kfrees, pages };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], group, sizeof(group)), sizeof(group));
	w->leader[1] = w->fd[1][KMC_PROBE_KFREE] = w->fd[1][KMC_PROBE_PAGE_FREE] = ends[0];
	assert_int_equal(kmc_witness_count(w, 1, on, inner), 0);
	close(ends[1]);
	if (!on && !inner) /* nothing more to read: an error, not zeros */
		assert_true(kmc_witness_count(w, 1, on, inner) < 0);
	close(ends[0]);
}

static void test_counts_lie_between(void **state)
{
	int fd[2][KMC_NR_PROBES], leader[2] = { -1, -1 };
	struct kmc_witness w = { .nr_cpus = 2, .fd = fd, .leader = leader };

	(void)state;
	memset(fd, -1, sizeof(fd));
	turn(&w, true, false, 100, 7);
	turn(&w, true, true, 103, 7);
	turn(&w, false, true, 500, 9);
	turn(&w, false, false, 501, 12);
	assert_int_equal(w.outer[KMC_PROBE_KFREE], 401);
	assert_int_equal(w.inner[KMC_PROBE_KFREE], 397);
	assert_int_equal(w.outer[KMC_PROBE_PAGE_FREE], 5);
	assert_int_equal(w.inner[KMC_PROBE_PAGE_FREE], 2);
	assert_int_equal(w.outer[KMC_PROBE_KMALLOC], 0);
	/* a cpu that is off, and one without a counter */
	assert_int_equal(kmc_witness_count(&w, 0, true, true), 0);
	assert_int_equal(kmc_witness_count(&w, 2, true, true), 0);
	assert_int_equal(w.inner[KMC_PROBE_KFREE], 397);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),
		cmocka_unit_test(test_counts_lie_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
