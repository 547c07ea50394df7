/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Failure injection by count. */
#include "machine_fixture.h"

/* One bit per request, the first lowest: it failed. */
static unsigned int outcomes(unsigned int nr, gfp_t gfp)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < nr; i++) {
		struct page *page = alloc_pages(gfp, 0);

		if (page)
			__free_pages(page, 0);
		else
			failed |= 1u << i;
	}
	return failed;
}

static void test_nth(void **state)
{
	(void)state;
	assert_int_equal(outcomes(4, GFP_KERNEL), 0);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 0);
	assert_int_equal(outcomes(4, GFP_KERNEL), 0x1);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 3, 0);
	assert_int_equal(outcomes(8, GFP_KERNEL), 0x4);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 2, 3);
	assert_int_equal(outcomes(9, GFP_KERNEL), 0x92);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 5);
	assert_int_equal(outcomes(9, GFP_KERNEL), 0);
	assert_int_equal(kmc_attention_bits(kmc_this_cpu), 0);
}

static void test_only_the_asked_kind_and_nofail_is_exempt(void **state)
{
	(void)state;
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 1);
	assert_int_equal(outcomes(4, GFP_KERNEL), 0);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
	assert_int_equal(outcomes(4, GFP_KERNEL | __GFP_NOFAIL), 0);
	assert_int_equal(outcomes(4, GFP_KERNEL), 0xf);
}

/* TRC-1: an injected failure gets no event. */
static void test_no_event_and_reset(void **state)
{
	(void)state;
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 0);
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	assert_int_equal(outcomes(1, GFP_KERNEL), 1);
	assert_int_equal(tp_count, 0);
	kmc_sim_trace(sim, 0, NULL, NULL);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_attention_bits(kmc_this_cpu), 0);
	assert_int_equal(outcomes(3, GFP_KERNEL), 0);
}

/* Ours: who listens learns which fault hit, once for each hit, on an idle fast path too. */
static void test_injection_is_told(void **state)
{
	(void)state;
	tp_listen(KMC_TP_FAULT_INJECTED);
	assert_int_equal(outcomes(4, GFP_KERNEL), 0);
	assert_int_equal(tp_count, 0);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 2, 3);
	assert_int_equal(outcomes(9, GFP_KERNEL), 0x92);
	assert_int_equal(tp_count, 3);
	assert_int_equal(tp_seen[2].id, KMC_TP_FAULT_INJECTED);
	assert_int_equal(tp_seen[2].bytes_req, KMC_FAULT_PAGE);
	assert_true(tp_seen[2].pfn == UINT64_MAX);
}

static void test_restore_rearms(void **state)
{
	int snapshot;

	(void)state;
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 2, 0);
	snapshot = kmc_sim_snapshot(sim);
	assert_int_equal(outcomes(4, GFP_KERNEL), 0x2);
	kmc_sim_restore(sim, snapshot);
	assert_int_equal(outcomes(4, GFP_KERNEL), 0x2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_nth),
		CASE(test_only_the_asked_kind_and_nofail_is_exempt),
		CASE(test_no_event_and_reset),
		CASE(test_injection_is_told),
		CASE(test_restore_rearms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
