/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks, contexts, the clock. */
#include "machine_fixture.h"

static unsigned int context_bit(void)
{
	return kmc_attention_bits(kmc_this_cpu) & ATTN_CONTEXT;
}

static void test_each_cpu_begins_with_its_own_task(void **state)
{
	(void)state;
	assert_int_equal(kmc_this_cpu->task->id, 0);
	kmc_sim_switch(sim, 1);
	assert_int_equal(kmc_this_cpu->task->id, 1);
}

static void test_flags_go_with_the_task(void **state)
{
	(void)state;
	kmc_sim_task_flags(KMC_PF_MEMALLOC_NOFS, KMC_PF_MEMALLOC_NOFS);
	assert_int_equal(context_bit(), ATTN_CONTEXT);
	assert_int_equal(kmc_sim_set_task(7), 0);
	assert_int_equal(context_bit(), 0); /* SCP-7 */
	assert_int_equal(kmc_this_cpu->task->flags, 0);
	assert_int_equal(kmc_sim_set_task(0), 0);
	assert_int_equal(kmc_this_cpu->task->flags, KMC_PF_MEMALLOC_NOFS);
	assert_int_equal(context_bit(), ATTN_CONTEXT);
	kmc_sim_task_flags(~0u, KMC_PF_KTHREAD);
	assert_int_equal(kmc_this_cpu->task->flags, KMC_PF_KTHREAD);
	kmc_sim_task_flags(KMC_PF_KTHREAD, 0);
	assert_int_equal(context_bit(), 0);
	assert_int_equal(kmc_sim_set_task(KMC_SIM_MAX_TASKS), -EINVAL);
}

static void test_context(void **state)
{
	(void)state;
	kmc_sim_set_context(KMC_IN_HARDIRQ);
	assert_int_equal(context_bit(), ATTN_CONTEXT);
	assert_int_equal(kmc_this_cpu->context, KMC_IN_HARDIRQ);
	kmc_sim_set_context(KMC_IN_TASK);
	assert_int_equal(context_bit(), 0);
}

static void test_reset_forgets(void **state)
{
	uint64_t boot = kmc_sim_hash(sim);

	(void)state;
	kmc_sim_set_task(9);
	kmc_sim_set_context(KMC_IN_SOFTIRQ);
	kmc_sim_task_flags(KMC_PF_MEMALLOC, KMC_PF_MEMALLOC);
	kmc_sim_clock_advance(sim, 123);
	assert_int_equal(kmc_sim_clock_ns(sim), 123);
	assert_int_not_equal(kmc_sim_hash(sim), boot);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_hash(sim), boot);
	assert_int_equal(kmc_this_cpu->task->id, 0);
	assert_int_equal(kmc_this_cpu->context, KMC_IN_TASK);
	assert_int_equal(context_bit(), 0);
	assert_int_equal(kmc_sim_clock_ns(sim), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_each_cpu_begins_with_its_own_task),
		CASE(test_flags_go_with_the_task),
		CASE(test_context),
		CASE(test_reset_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
