/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scopes: SCP-1..4, SCP-6, SCP-7, SCP-9, SCP-10, SCP-13, seen through the traced flags. */
#include "alloc/memcg.h"
#include "machine_fixture.h"
#include "linux/sched/mm.h"

/* The flags that a request has after the scopes. */
static uint64_t traced(gfp_t gfp)
{
	struct page *page;

	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	page = alloc_pages(gfp, 0);
	assert_int_equal(tp_count, 1);
	kmc_sim_trace(sim, 0, NULL, NULL);
	if (page)
		__free_pages(page, 0);
	return tp_seen[0].gfp;
}

static void scp1_scp2_scp3_scp4_scp8_noio_and_nofs(void **state)
{
	unsigned int outer, inner;

	(void)state;
	assert_int_equal(traced(GFP_KERNEL), GFP_KERNEL);
	outer = memalloc_noio_save();
	assert_int_equal(traced(GFP_KERNEL), GFP_NOIO);
	inner = memalloc_nofs_save();
	assert_int_equal(traced(GFP_KERNEL), GFP_NOIO); /* SCP-3 */
	memalloc_nofs_restore(inner);
	assert_int_equal(traced(GFP_KERNEL), GFP_NOIO); /* SCP-4 */
	memalloc_noio_restore(outer);
	assert_int_equal(traced(GFP_KERNEL), GFP_KERNEL);
	outer = memalloc_nofs_save();
	assert_int_equal(traced(GFP_KERNEL), GFP_NOFS);
	assert_int_equal(traced(GFP_NOWAIT), GFP_NOWAIT); /* SCP-8 */
	memalloc_nofs_restore(outer);
	assert_int_equal(kmc_this_cpu->task->flags, 0);
}

static void scp4_nesting_to_depth_eight(void **state)
{
	unsigned int token[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		token[i] = memalloc_noio_save();
	for (int i = 7; i >= 0; i--) {
		assert_int_equal(traced(GFP_KERNEL), GFP_NOIO);
		memalloc_noio_restore(token[i]);
	}
	assert_int_equal(traced(GFP_KERNEL), GFP_KERNEL);
}

static void scp10_pin_removes_movable(void **state)
{
	unsigned int token = memalloc_pin_save();

	(void)state;
	assert_int_equal(traced(GFP_HIGHUSER_MOVABLE), GFP_HIGHUSER);
	memalloc_pin_restore(token);
	assert_int_equal(traced(GFP_HIGHUSER_MOVABLE), GFP_HIGHUSER_MOVABLE);
}

static void scp7_a_scope_is_of_one_task(void **state)
{
	unsigned int token = memalloc_noio_save();

	(void)state;
	kmc_sim_switch(sim, 1);
	assert_int_equal(traced(GFP_KERNEL), GFP_KERNEL);
	kmc_sim_switch(sim, 0);
	kmc_sim_set_context(KMC_IN_HARDIRQ); /* SCP-7: on top of the task */
	assert_int_equal(traced(GFP_ATOMIC | __GFP_IO), GFP_ATOMIC);
	kmc_sim_set_context(KMC_IN_TASK);
	memalloc_noio_restore(token);
}

/* SCP-6: s1, s2, restore(s1), restore(s2). */
static uint32_t crossed(enum kmc_profile profile)
{
	unsigned int s1, s2;
	uint32_t flags;

	boot_one_zone(profile, 16384);
	s1 = memalloc_noio_save();
	s2 = memalloc_noio_save();
	memalloc_noio_restore(s1);
	memalloc_noio_restore(s2);
	flags = kmc_this_cpu->task->flags;
	power_off();
	return flags;
}

static void scp6_crossed_tokens_by_profile(void **state)
{
	(void)state;
	assert_int_equal(crossed(KMC_PROFILE_6_1_192), KMC_PF_MEMALLOC_NOIO);
	assert_int_equal(crossed(KMC_PROFILE_6_6_9), KMC_PF_MEMALLOC_NOIO);
	assert_int_equal(crossed(KMC_PROFILE_6_12_117), 0);
	assert_int_equal(crossed(KMC_PROFILE_6_18_44), 0);
}

static uint64_t charged_with;

static uint64_t note_flags(void *arg, struct mem_cgroup *memcg, uint64_t nr_pages, unsigned int gfp)
{
	(void)arg;
	(void)memcg;
	(void)nr_pages;
	charged_with = gfp;
	return 0;
}

/*
 * SCP-13 is of 4.19 alone: in the releases that are imitated what a fast-path page is
 * traced and charged with, and the reclaim that its charge begins, are scoped as well.
 */
static void scp13_the_fast_path_is_scoped(void **state)
{
	static const struct kmc_memcg_ops ops = { .reclaim = note_flags };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct kmc_sim_config config;
		struct mem_cgroup *memcg;
		unsigned int token;

		kmc_sim_config_simple(&config, 1, 64 * MIB);
		config.profile = p;
		config.options = KMC_OPT_MEMCG;
		boot_config(&config);
		kmc_sim_memcg_ops(sim, &ops, NULL);
		assert_int_equal(kmc_sim_memcg_create(sim, NULL, &memcg), 0);
		assert_int_equal(kmc_sim_memcg_set_max(memcg, 0), 0);
		assert_int_equal(kmc_sim_memcg_attach(sim, memcg, 0), 0);
		token = memalloc_nofs_save();
		assert_int_equal(traced(GFP_KERNEL | __GFP_ACCOUNT), GFP_NOFS | __GFP_ACCOUNT);
		assert_true(charged_with & __GFP_IO);
		assert_false(charged_with & __GFP_FS);
		memalloc_nofs_restore(token);
		token = memalloc_noio_save();
		assert_int_equal(traced(GFP_KERNEL | __GFP_ACCOUNT), GFP_NOIO | __GFP_ACCOUNT);
		assert_false(charged_with & (__GFP_IO | __GFP_FS));
		memalloc_noio_restore(token);
		assert_int_equal(traced(GFP_KERNEL | __GFP_ACCOUNT), GFP_KERNEL_ACCOUNT);
		assert_true(charged_with & __GFP_FS);
		power_off();
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(scp1_scp2_scp3_scp4_scp8_noio_and_nofs),
		CASE(scp4_nesting_to_depth_eight),
		CASE(scp10_pin_removes_movable),
		CASE(scp7_a_scope_is_of_one_task),
		cmocka_unit_test(scp6_crossed_tokens_by_profile),
		cmocka_unit_test(scp13_the_fast_path_is_scoped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
