/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups whose populations are charged: what a limit reclaims, what memory.low
 * spares, whom a group's killer takes, and that all charges come back.
 */
#include "machine_fixture.h"
#include "alloc/memcg.h"
#include "alloc/reclaim.h"
#include "linux/memcontrol.h"
#include "linux/sched/mm.h"
#include "tp_counts.h"

#define PAGES(n) ((uint64_t)(n) * PAGE_SIZE)
#define ACCOUNT  (GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

static void boot(enum kmc_profile profile)
{
	struct kmc_sim_config c;

	kmc_sim_config_simple(&c, 2, 64 * MIB);
	c.profile = profile;
	c.options |= KMC_OPT_MEMCG;
	boot_config(&c);
	assert_int_equal(kmc_sim_memcg_populations(sim, true), 0);
	listen();
}

static struct mem_cgroup *group(struct mem_cgroup *parent, uint64_t max_pages)
{
	struct mem_cgroup *memcg;

	assert_int_equal(kmc_sim_memcg_create(sim, parent, &memcg), 0);
	assert_int_equal(kmc_sim_memcg_set_max(memcg, PAGES(max_pages)), 0);
	return memcg;
}

static struct kmc_memcg_info info_of(struct mem_cgroup *memcg)
{
	struct kmc_memcg_info info;

	kmc_sim_memcg_drain(sim);
	kmc_sim_memcg_info(memcg, &info);
	return info;
}

/* @nr pages of page cache of @kind, read by task @task. */
static void read_by(unsigned int task, enum kmc_lru kind, uint64_t nr)
{
	kmc_sim_memcg_drain(sim); /* what a cpu keeps is nobody else's */
	assert_int_equal(kmc_sim_set_task(task), 0);
	assert_int_equal(kmc_sim_populate_lru(sim, 0, kind, nr), nr);
	assert_int_equal(kmc_sim_set_task(0), 0);
}

/* Populations are charged up to the limit, and a request at the limit has them reclaimed. */
static void mcg2_mcg7_limit_reclaims_its_own(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct mem_cgroup *memcg, *other;
		struct page *page;

		boot(p);
		memcg = group(NULL, 100);
		other = group(NULL, 1000);
		kmc_sim_memcg_attach(sim, memcg, 20);
		kmc_sim_memcg_attach(sim, other, 21);
		read_by(21, KMC_LRU_CLEAN, 50);
		read_by(20, KMC_LRU_CLEAN, 100);
		kmc_sim_set_task(20);
		assert_int_equal(kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 1), 0);
		assert_int_equal(info_of(memcg).usage_pages, 100);
		page = alloc_page(ACCOUNT);
		assert_non_null(page);
		assert_int_equal(info_of(memcg).usage_pages, 100 - 32 + 1);
		assert_int_equal(info_of(memcg).events_max, 1);
		assert_int_equal(info_of(other).usage_pages, 50);
		assert_int_equal(kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN), 150 - 32);
		__free_page(page);
		/* nobody's reclaim but the group's */
		assert_int_equal(seen[KMC_TP_DIRECT_RECLAIM_BEGIN], 0);
		power_off();
	}
}

/* What needs a filesystem is out of reach of a request that may not enter one. */
static void gfp34_gfp35_mcg4_gates(void **state)
{
	(void)state;
	for (enum kmc_lru kind = 0; kind < KMC_NR_LRU; kind++) {
		const gfp_t quiet = __GFP_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN;
		struct mem_cgroup *memcg;

		boot(KMC_PROFILE_6_18_44);
		memcg = group(NULL, 64);
		kmc_sim_memcg_attach(sim, memcg, 20);
		read_by(20, kind, 64);
		kmc_sim_set_task(20);
		assert_null(alloc_page(GFP_NOWAIT | quiet));
		assert_int_equal(info_of(memcg).usage_pages, 64);
		assert_int_equal(alloc_page(GFP_NOIO | quiet) != NULL, kind == KMC_LRU_CLEAN);
		assert_int_equal(alloc_page(GFP_NOFS | quiet) != NULL, kind != KMC_LRU_NEEDS_FS);
		assert_non_null(alloc_page(GFP_KERNEL | quiet));
		assert_int_equal(seen[KMC_TP_STARTED_FS] > 0, kind == KMC_LRU_NEEDS_FS);
		power_off();
	}
}

/* Of two children the one above its memory.low pays; protection ends where nobody else has any. */
static void mcg2_low_is_spared(void **state)
{
	struct mem_cgroup *top, *low, *plain;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	top = group(NULL, 200);
	low = group(top, 1000);
	plain = group(top, 1000);
	assert_int_equal(kmc_sim_memcg_set_low(low, PAGES(120)), 0);
	kmc_sim_memcg_attach(sim, low, 20);
	kmc_sim_memcg_attach(sim, plain, 21);
	read_by(21, KMC_LRU_CLEAN, 80);
	read_by(20, KMC_LRU_CLEAN, 120);
	kmc_sim_set_task(21);
	assert_non_null(alloc_page(ACCOUNT));
	assert_int_equal(info_of(low).usage_pages, 120);
	assert_int_equal(info_of(plain).usage_pages, 80 - 32 + 1);
	assert_int_equal(info_of(low).events_low, 0);
	/* below the limit again, one more page than is protected: that one is no longer safe */
	read_by(20, KMC_LRU_CLEAN, 1);
	kmc_sim_memcg_set_max(top, PAGES(169));
	assert_int_equal(info_of(top).usage_pages, 138);
	assert_int_equal(info_of(low).usage_pages, 120);
	/* the plain one has nothing left to give: the protected one does, and says so */
	kmc_sim_memcg_set_max(top, PAGES(64));
	assert_true(info_of(low).usage_pages < 120);
	assert_true(info_of(low).events_low > 0);
	assert_true(info_of(top).usage_pages <= 64);
	power_off();
}

/* A group without page cache kills its largest task, not a larger one outside; without FS as well. */
static void oom2_oom5_oom6_mcg9_group_kills_its_own(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct mem_cgroup *memcg;

		boot(p);
		memcg = group(NULL, 300);
		kmc_sim_memcg_attach(sim, memcg, 20);
		kmc_sim_memcg_attach(sim, memcg, 21);
		kmc_sim_memcg_attach(sim, memcg, 22);
		assert_int_equal(kmc_sim_populate_anon(sim, 30, 0, 2000), 2000);
		assert_int_equal(kmc_sim_populate_anon(sim, 20, 0, 90), 90);
		assert_int_equal(kmc_sim_populate_anon(sim, 21, 0, 100), 100);
		assert_int_equal(kmc_sim_populate_anon(sim, 22, 0, 200), 110);
		kmc_sim_oom_score_adj(sim, 22, -1000);
		/* a score counts in thousandths of the group's limit: 90 + 11 > 100 */
		kmc_sim_oom_score_adj(sim, 20, 37);
		kmc_sim_memcg_attach(sim, memcg, 0);
		assert_non_null(alloc_page(GFP_NOFS | __GFP_ACCOUNT | __GFP_NOWARN));
		assert_int_equal(last_victim, 20);
		assert_int_equal(kmc_sim_anon_pages(sim, 20), 0);
		assert_int_equal(kmc_sim_anon_pages(sim, 30), 2000);
		assert_int_equal(info_of(memcg).events_oom_kill, 1);
		/* one more round, then nobody is left but the immune one: refused, no panic */
		kmc_sim_memcg_set_max(memcg, PAGES(150));
		assert_int_equal(last_victim, 21);
		kmc_sim_memcg_set_max(memcg, PAGES(20));
		assert_null(alloc_page(ACCOUNT));
		assert_int_equal(seen[KMC_TP_MARK_VICTIM], 2);
		assert_int_equal(seen[KMC_TP_PANIC], 0);
		assert_int_equal(kmc_sim_anon_pages(sim, 22), 110);
		power_off();
	}
}

/* A task that ends and pages that the whole machine reclaims give their charges back. */
static void mcg11_charges_come_back(void **state)
{
	struct mem_cgroup *memcg;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	memcg = group(NULL, 5000);
	kmc_sim_memcg_attach(sim, memcg, 20);
	assert_int_equal(kmc_sim_populate_anon(sim, 20, 0, 500), 500);
	read_by(20, KMC_LRU_CLEAN, 700);
	assert_int_equal(info_of(memcg).usage_pages, 1200);
	kmc_sim_task_exit(sim, 20);
	assert_int_equal(info_of(memcg).usage_pages, 700);
	while (kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN) == 700)
		assert_non_null(alloc_page(GFP_KERNEL));
	assert_int_equal(info_of(memcg).usage_pages, kmc_sim_lru_pages(sim, 0, KMC_LRU_CLEAN));
	assert_int_equal(kmc_sim_memcg_attach(sim, NULL, 20), 0);
	assert_int_equal(kmc_sim_memcg_offline(memcg), 0);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mcg2_mcg7_limit_reclaims_its_own),
		cmocka_unit_test(gfp34_gfp35_mcg4_gates),
		cmocka_unit_test(mcg2_low_is_spared),
		cmocka_unit_test(oom2_oom5_oom6_mcg9_group_kills_its_own),
		cmocka_unit_test(mcg11_charges_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
