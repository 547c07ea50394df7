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

/* memory.min is never taken: who hits a limit above it is refused, or kills; what exceeds it goes. */
static void mcg2_mcg9_min_is_kept(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct mem_cgroup *top, *kept;

		boot(p);
		top = group(NULL, 200);
		kept = group(top, 1000);
		assert_int_equal(kmc_sim_memcg_set_min(kept, PAGES(120)), 0);
		kmc_sim_memcg_attach(sim, kept, 20);
		kmc_sim_memcg_attach(sim, top, 21);
		read_by(20, KMC_LRU_CLEAN, 130);
		kmc_sim_memcg_drain(sim);
		assert_int_equal(kmc_sim_populate_anon(sim, 21, 0, 70), 70);
		kmc_sim_set_task(21);
		/* ten pages are above it: nine make room, then nobody but task 21 has any */
		assert_non_null(alloc_pages(ACCOUNT | __GFP_NORETRY, 3));
		assert_int_equal(info_of(kept).usage_pages, 120);
		assert_int_equal(seen[KMC_TP_MARK_VICTIM], 0);
		assert_null(alloc_pages(ACCOUNT | __GFP_NORETRY, 2));
		assert_int_equal(info_of(kept).usage_pages, 120);
		assert_non_null(alloc_pages(ACCOUNT, 2));
		assert_int_equal(seen[KMC_TP_MARK_VICTIM], 1);
		assert_int_equal(info_of(kept).usage_pages, 120);
		assert_int_equal(info_of(kept).events_low, 0);
		/* nor for want of pages: its own limit alone takes it */
		kmc_sim_memcg_set_max(kept, PAGES(40));
		assert_int_equal(info_of(kept).usage_pages, 40);
		power_off();
	}
}

/* The root's reclaim: what is within memory.min stays, however short memory is. */
static void mcg2_min_is_kept_from_the_machine(void **state)
{
	struct mem_cgroup *kept, *low;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	kept = group(NULL, 5000);
	low = group(NULL, 5000);
	kmc_sim_memcg_set_min(kept, PAGES(500));
	kmc_sim_memcg_set_low(low, PAGES(500));
	kmc_sim_memcg_attach(sim, kept, 20);
	kmc_sim_memcg_attach(sim, low, 21);
	read_by(20, KMC_LRU_CLEAN, 600);
	read_by(21, KMC_LRU_CLEAN, 600);
	while (alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN))
		;
	assert_int_equal(info_of(kept).usage_pages, 500);
	assert_int_equal(info_of(low).usage_pages, 0);
	assert_true(info_of(low).events_low > 0);
	power_off();
}

/* @top: 400, with @parent, 100 of it protected, with two that claim 100 and 50 of that. */
static void two_siblings(struct mem_cgroup **top, struct mem_cgroup **child)
{
	struct mem_cgroup *parent;

	*top = group(NULL, 400);
	parent = group(*top, 1000);
	kmc_sim_memcg_set_low(parent, PAGES(100));
	for (unsigned int i = 0; i < 2; i++) {
		child[i] = group(parent, 1000);
		kmc_sim_memcg_attach(sim, child[i], 20 + i);
		kmc_sim_memcg_set_low(child[i], PAGES(100));
	}
	read_by(20, KMC_LRU_CLEAN, 150);
	read_by(21, KMC_LRU_CLEAN, 50);
}

/* Siblings that claim more than their parent has share it by what they use of their claims. */
static void mcg2_siblings_share_protection(void **state)
{
	struct mem_cgroup *top, *child[2];

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	two_siblings(&top, child);
	/* 50 of 150 claimed: 33 of 100 are its; the batch's other 15 are the first one's */
	kmc_sim_memcg_set_max(top, PAGES(168));
	assert_int_equal(info_of(child[1]).usage_pages, 33);
	assert_int_equal(info_of(child[0]).usage_pages, 135);
	/* 33 of 133 now: 24 */
	kmc_sim_memcg_set_max(top, PAGES(136));
	assert_int_equal(info_of(child[1]).usage_pages, 24);
	assert_int_equal(info_of(child[0]).usage_pages, 112);
	/* together they keep what the parent has, but for what rounding down took */
	kmc_sim_memcg_set_max(top, PAGES(104));
	assert_int_equal(info_of(child[0]).usage_pages + info_of(child[1]).usage_pages, 104);
	kmc_sim_memcg_set_max(top, PAGES(100));
	assert_in_range(info_of(child[0]).usage_pages + info_of(child[1]).usage_pages, 99, 100);
	assert_int_equal(info_of(child[0]).events_low + info_of(child[1]).events_low, 0);
	kmc_sim_memcg_set_max(top, PAGES(90));
	assert_true(info_of(child[0]).events_low + info_of(child[1]).events_low > 0);
	power_off();
}

/* What no child claims protects nobody, or all by their usage: as cgroup2 is mounted. */
static void mcg2_unclaimed_protection(void **state)
{
	(void)state;
	for (unsigned int recursive = 0; recursive < 2; recursive++) {
		struct mem_cgroup *top, *child[2];

		boot(KMC_PROFILE_6_18_44);
		two_siblings(&top, child);
		assert_int_equal(kmc_sim_memcg_recursive(sim, recursive), 0);
		kmc_sim_memcg_set_low(child[0], PAGES(20));
		kmc_sim_memcg_set_low(child[1], 0);
		/* unclaimed: 80; of 180 beyond the claims the second one has 50: 22 are kept */
		kmc_sim_memcg_set_max(top, PAGES(168));
		assert_int_equal(info_of(child[1]).usage_pages, recursive ? 22 : 18);
		assert_int_equal(info_of(child[0]).usage_pages, recursive ? 146 : 150);
		kmc_sim_memcg_set_max(top, PAGES(100));
		assert_int_equal(info_of(child[0]).events_low + info_of(child[1]).events_low, 0);
		if (recursive)
			assert_true(info_of(child[1]).usage_pages > 0);
		else
			assert_int_equal(info_of(child[1]).usage_pages, 0);
		power_off();
	}
}

/* A group that is gone protects nothing; what it left is its parent's. */
static void mcg11_protection_ends_offline(void **state)
{
	struct mem_cgroup *top, *kept;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	top = group(NULL, 100);
	kept = group(top, 1000);
	kmc_sim_memcg_set_min(kept, PAGES(100));
	kmc_sim_memcg_set_low(kept, PAGES(100));
	kmc_sim_memcg_attach(sim, kept, 20);
	read_by(20, KMC_LRU_CLEAN, 100);
	kmc_sim_memcg_attach(sim, top, 20);
	kmc_sim_set_task(20);
	assert_null(alloc_page(ACCOUNT | __GFP_NORETRY));
	assert_int_equal(kmc_sim_memcg_offline(kept), 0);
	assert_int_equal(info_of(kept).min_pages + info_of(kept).low_pages, 0);
	assert_non_null(alloc_page(ACCOUNT | __GFP_NORETRY));
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
		cmocka_unit_test(mcg2_mcg9_min_is_kept),
		cmocka_unit_test(mcg2_min_is_kept_from_the_machine),
		cmocka_unit_test(mcg2_siblings_share_protection),
		cmocka_unit_test(mcg2_unclaimed_protection),
		cmocka_unit_test(mcg11_protection_ends_offline),
		cmocka_unit_test(oom2_oom5_oom6_mcg9_group_kills_its_own),
		cmocka_unit_test(mcg11_charges_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
