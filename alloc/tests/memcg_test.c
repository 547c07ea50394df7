/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Charging of pages and objects to groups: MCG-1..13, GFP-44, KM-19, KC-17, KC-31,
 * KC-33, KC-38, SCP-5, SCP-12, I-13.
 */
#include <errno.h>
#include "slab_fixture.h"
#include "alloc/memcg.h"
#include "linux/list_lru.h"
#include "linux/memcontrol.h"
#include "linux/mm.h"
#include "linux/sched/mm.h"

#define ACCOUNT   (GFP_KERNEL | __GFP_ACCOUNT)
#define NO_LIMIT  KMC_MEMCG_UNLIMITED
#define PAGES(n)  ((uint64_t)(n) * PAGE_SIZE)
#define FOR_EACH_PROFILE(p) for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)

static void boot(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);

	config.profile = profile;
	config.options = KMC_OPT_MEMCG;
	machine_boot(&config);
}

static struct mem_cgroup *group(struct mem_cgroup *parent, uint64_t max)
{
	struct mem_cgroup *memcg = NULL;

	assert_int_equal(kmc_sim_memcg_create(sim, parent, &memcg), 0);
	assert_int_equal(kmc_sim_memcg_set_max(memcg, max), 0);
	return memcg;
}

/* A group with a limit that the running task is in. */
static struct mem_cgroup *joined(uint64_t max)
{
	struct mem_cgroup *memcg = group(NULL, max);

	assert_int_equal(kmc_sim_memcg_attach(sim, memcg, 0), 0);
	return memcg;
}

static struct kmc_memcg_info info_of(const struct mem_cgroup *memcg)
{
	struct kmc_memcg_info info;

	kmc_sim_memcg_info(memcg, &info);
	return info;
}

/* Usage without what cpus keep. */
static uint64_t settled(struct mem_cgroup *memcg)
{
	kmc_sim_memcg_drain(sim);
	kmc_sim_check(sim);
	return kmc_sim_memcg_usage(memcg) / PAGE_SIZE;
}

/* What the hooks were asked, and a script of what they answer. */
static struct {
	unsigned int reclaims, kills;
	uint64_t asked;
	struct mem_cgroup *from;
	struct page *give[64];  /* freed one by one by reclaim */
	unsigned int nr_give, claim; /* claim: pages it says it freed without freeing */
	struct page *victim;    /* freed by a kill */
} script;

static uint64_t reclaim(void *arg, struct mem_cgroup *memcg, uint64_t nr, unsigned int gfp)
{
	(void)arg;
	assert_true(gfp & __GFP_DIRECT_RECLAIM);
	script.reclaims++;
	script.asked = nr;
	script.from = memcg;
	if (!script.nr_give)
		return script.claim;
	__free_page(script.give[--script.nr_give]);
	return 1;
}

static bool kill(void *arg, struct mem_cgroup *memcg)
{
	(void)arg;
	script.from = memcg;
	script.kills++;
	if (!script.victim)
		return false;
	__free_page(script.victim);
	script.victim = NULL;
	return true;
}

static void with_hooks(void)
{
	static const struct kmc_memcg_ops ops = { .reclaim = reclaim, .oom_kill = kill };

	memset(&script, 0, sizeof(script));
	kmc_sim_memcg_ops(sim, &ops, NULL);
}

static void gfp44_mcg1_charged_or_refused(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg;
		struct page *page, *plain;
		uint64_t free;

		boot(p);
		memcg = joined(PAGES(2));
		free = free_pages_now();
		page = alloc_pages(ACCOUNT, 1);
		plain = alloc_pages(GFP_KERNEL, 3);
		assert_non_null(page);
		assert_ptr_equal(page_memcg(page), memcg);
		assert_null(page_memcg(plain));
		assert_int_equal(settled(memcg), 2);
		assert_null(alloc_pages(ACCOUNT, 0));
		assert_null(alloc_pages(ACCOUNT | __GFP_NOWARN, 3));
		assert_int_equal(free_pages_now(), free - 2 - 8);
		__free_pages(plain, 3);
		__free_pages(page, 1);
		assert_int_equal(settled(memcg), 0);
		assert_int_equal(free_pages_now(), free);
		machine_off();
	}
}

static void mcg2_all_ancestors_or_nobody(void **state)
{
	struct mem_cgroup *top, *mid, *leaf, *sibling;
	struct page *page;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	with_hooks();
	top = group(NULL, PAGES(100));
	mid = group(top, PAGES(10));
	sibling = group(top, NO_LIMIT);
	leaf = group(mid, PAGES(50));
	set_active_memcg(leaf);
	page = alloc_pages(ACCOUNT, 3);
	assert_int_equal(settled(leaf), 8);
	assert_int_equal(settled(mid), 8);
	assert_int_equal(settled(top), 8);
	assert_int_equal(settled(sibling), 0);
	assert_null(alloc_pages(ACCOUNT | __GFP_NORETRY, 2));
	assert_ptr_equal(script.from, mid);
	assert_int_equal(info_of(mid).events_max, 2);
	assert_int_equal(info_of(leaf).events_max, 0);
	assert_int_equal(settled(leaf), 8);
	assert_int_equal(settled(top), 8);
	__free_pages(page, 3);
	assert_int_equal(settled(top), 0);
	machine_off();
}

/* Every margin below the batch: no refusal that the exact amount does not explain. */
static void mcg3_batches(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg;
		struct page *page[63];

		boot(p);
		memcg = joined(NO_LIMIT);
		page[0] = alloc_page(ACCOUNT);
		assert_int_equal(kmc_sim_memcg_usage(memcg), PAGES(64));
		assert_int_equal(info_of(memcg).stock_pages, 63);
		page[1] = alloc_page(ACCOUNT);
		assert_int_equal(kmc_sim_memcg_usage(memcg), PAGES(64));
		__free_page(page[0]);
		__free_page(page[1]);
		assert_int_equal(kmc_sim_memcg_usage(memcg), PAGES(64));
		assert_int_equal(settled(memcg), 0);
		for (unsigned int margin = 1; margin < 64; margin += 1 + margin / 4) {
			assert_int_equal(kmc_sim_memcg_set_max(memcg, PAGES(margin)), 0);
			for (unsigned int i = 0; i < margin; i++)
				assert_non_null(page[i] = alloc_page(ACCOUNT));
			assert_null(alloc_page(ACCOUNT));
			for (unsigned int i = 0; i < margin; i++)
				__free_page(page[i]);
			assert_int_equal(settled(memcg), 0);
		}
		machine_off();
	}
}

/* One group's stock per cpu up to 6.12, seven of them on 6.18. */
static void mcg3_stock_of_groups(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg[8];
		struct page *page[8];
		unsigned int kept = 0;

		boot(p);
		for (unsigned int i = 0; i < 8; i++) {
			memcg[i] = group(NULL, NO_LIMIT);
			set_active_memcg(memcg[i]);
			page[i] = alloc_page(ACCOUNT);
		}
		for (unsigned int i = 0; i < 8; i++)
			kept += info_of(memcg[i]).stock_pages == 63;
		assert_int_equal(kept, p == KMC_PROFILE_6_18_44 ? 7 : 1);
		assert_int_equal(info_of(memcg[7]).stock_pages, 63);
		for (unsigned int i = 0; i < 8; i++) {
			__free_page(page[i]);
			assert_int_equal(settled(memcg[i]), 0);
		}
		machine_off();
	}
}

/* A page of @memcg is charged on @cpu, and the rest of the batch stays there. */
static struct page *stocked(struct mem_cgroup *memcg, unsigned int cpu)
{
	struct page *page;

	assert_int_equal(kmc_sim_switch(sim, cpu), 0);
	set_active_memcg(memcg);
	page = alloc_page(ACCOUNT);
	set_active_memcg(NULL);
	assert_non_null(page);
	assert_int_equal(kmc_sim_switch(sim, 0), 0);
	return page;
}

/*
 * A limit that is hit takes the stocks of cpus that have some of the group or below, all
 * that is there; not those of other cpus.
 */
static void mcg3_mcg8_limit_drains_its_cpus(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *top, *leaf, *beside, *far;
		struct page *page[4];
		bool places = p == KMC_PROFILE_6_18_44;

		boot(p);
		top = group(NULL, PAGES(100));
		leaf = group(top, NO_LIMIT);
		beside = group(NULL, NO_LIMIT);
		far = group(NULL, NO_LIMIT);
		page[0] = stocked(far, 0);
		if (places)
			page[1] = stocked(beside, 1);
		page[2] = stocked(leaf, 1);
		assert_int_equal(info_of(leaf).stock_pages, 63);
		assert_int_equal(info_of(far).stock_pages, 63);
		/* 64 of 100 are charged, 63 of them kept by cpu 1: 40 more need these */
		set_active_memcg(top);
		assert_non_null(page[3] = alloc_pages(ACCOUNT | __GFP_NORETRY | __GFP_NOWARN, 6));
		set_active_memcg(NULL);
		assert_int_equal(info_of(leaf).stock_pages, 0);
		assert_int_equal(kmc_sim_memcg_usage(top), PAGES(65));
		assert_int_equal(info_of(far).stock_pages, 63);
		if (places) {
			assert_int_equal(info_of(beside).stock_pages, 0);
			__free_page(page[1]);
		}
		__free_page(page[0]);
		__free_page(page[2]);
		__free_pages(page[3], 6);
		assert_int_equal(settled(top), 0);
		assert_int_equal(settled(far), 0);
		assert_int_equal(settled(beside), 0);
		machine_off();
	}
}

/* Bytes of objects are a stock of their own on 6.18; until 6.12 they go with the pages. */
static void mcg3_bytes_are_drained_by_group(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg, *beside;
		void *small, *large;
		struct page *page;

		boot(p);
		memcg = group(NULL, NO_LIMIT);
		beside = group(NULL, NO_LIMIT);
		set_active_memcg(beside);
		assert_non_null(small = kmalloc(64, ACCOUNT));
		assert_non_null(large = kmalloc(8192, ACCOUNT)); /* nearly two pages are kept */
		set_active_memcg(memcg);
		assert_non_null(page = alloc_page(ACCOUNT));
		set_active_memcg(NULL);
		assert_int_equal(info_of(beside).usage_pages - info_of(beside).stock_pages, 4);
		assert_int_equal(kmc_sim_memcg_set_high(memcg, 0), 0); /* which drains */
		assert_int_equal(info_of(memcg).stock_pages, 0);
		assert_int_equal(info_of(beside).stock_pages, 0);
		assert_int_equal(info_of(beside).usage_pages, p == KMC_PROFILE_6_18_44 ? 4 : 3);
		assert_int_equal(kmc_sim_memcg_set_high(beside, 0), 0);
		assert_int_equal(info_of(beside).usage_pages, 3);
		kfree(small);
		kfree(large);
		__free_page(page);
		assert_int_equal(settled(memcg), 0);
		assert_in_range(settled(beside), 0, 1);
		machine_off();
	}
}

static void mcg4_no_reclaim_without_direct_reclaim(void **state)
{
	struct mem_cgroup *memcg;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	with_hooks();
	memcg = joined(0);
	assert_null(alloc_page(GFP_NOWAIT | __GFP_ACCOUNT));
	assert_null(kmalloc(64, GFP_NOWAIT | __GFP_ACCOUNT));
	assert_int_equal(script.reclaims, 0);
	assert_int_equal(info_of(memcg).events_max, 0);
	assert_null(alloc_page(ACCOUNT | __GFP_NORETRY));
	assert_true(script.reclaims > 0);
	machine_off();
}

static void mcg5_high_and_nofail_go_above(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg;
		struct page *atomic, *nofail;
		void *object;

		boot(p);
		memcg = joined(0);
		assert_non_null(atomic = alloc_page(GFP_ATOMIC | __GFP_ACCOUNT));
		assert_int_equal(info_of(memcg).events_max, 1);
		assert_non_null(nofail = alloc_page(ACCOUNT | __GFP_NOFAIL));
		assert_non_null(object = kmalloc(64, GFP_ATOMIC | __GFP_ACCOUNT));
		assert_int_equal(settled(memcg), 3);
		assert_null(alloc_page(ACCOUNT));
		__free_page(atomic);
		__free_page(nofail);
		kfree(object);
		assert_int_equal(settled(memcg), 0);
		machine_off();
	}
}

static void mcg6_reclaimers_go_above(void **state)
{
	struct mem_cgroup *memcg;
	unsigned int token;
	struct page *page;

	(void)state;
	boot(KMC_PROFILE_6_12_117);
	with_hooks();
	memcg = joined(0);
	token = memalloc_noreclaim_save();
	assert_non_null(page = alloc_page(ACCOUNT));
	memalloc_noreclaim_restore(token);
	assert_int_equal(script.reclaims, 0);
	assert_int_equal(settled(memcg), 1);
	assert_int_equal(info_of(memcg).events_max, 1);
	__free_page(page);
	machine_off();
}

static void mcg7_rounds(void **state)
{
	struct mem_cgroup *memcg;
	struct page *page;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	with_hooks();
	memcg = joined(PAGES(40));
	/* nothing to reclaim: the first, the one after the drain, 16 more; then the killer */
	set_active_memcg(memcg);
	for (unsigned int i = 0; i < 40; i++)
		script.give[i] = alloc_page(ACCOUNT);
	assert_int_equal(settled(memcg), 40);
	assert_null(alloc_page(ACCOUNT));
	assert_int_equal(script.reclaims, 1 + 1 + 16);
	assert_int_equal(script.asked, 32);
	assert_int_equal(script.kills, 1);
	/* a large request makes its way page by page, as long as something comes */
	script.nr_give = 20;
	script.reclaims = 0;
	assert_non_null(page = alloc_pages(ACCOUNT, 3));
	assert_in_range(script.reclaims, 8, 10);
	__free_pages(page, 3);
	while (script.nr_give)
		__free_page(script.give[--script.nr_give]);
	kmc_sim_memcg_drain(sim);
	for (unsigned int i = 20; i < 40; i++)
		__free_page(script.give[i]);
	assert_int_equal(settled(memcg), 0);
	/* 16 pages and more give up after the rounds even while something comes */
	assert_int_equal(kmc_sim_memcg_set_max(memcg, 0), 0);
	script.claim = 1;
	script.reclaims = 0;
	assert_null(alloc_pages(ACCOUNT, 4));
	assert_int_equal(script.reclaims, 1 + 1 + 16);
	machine_off();
}

static void mcg8_norety_and_mayfail(void **state)
{
	struct mem_cgroup *memcg;

	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p);
		with_hooks();
		memcg = joined(0);
		assert_null(alloc_page(ACCOUNT | __GFP_NORETRY));
		assert_int_equal(script.reclaims, 2); /* before and after the drain */
		assert_int_equal(info_of(memcg).events_oom, 0);
		script.reclaims = 0;
		assert_null(alloc_page(ACCOUNT | __GFP_RETRY_MAYFAIL));
		assert_int_equal(script.reclaims, 18);
		assert_int_equal(script.kills, 0);
		assert_int_equal(info_of(memcg).events_oom, 0);
		machine_off();
	}
}

static void mcg9_killer(void **state)
{
	struct mem_cgroup *memcg;
	struct page *page;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	with_hooks();
	memcg = joined(PAGES(1));
	script.victim = alloc_page(ACCOUNT);
	kmc_sim_memcg_drain(sim);
	assert_non_null(page = alloc_page(ACCOUNT));
	assert_int_equal(script.kills, 1);
	assert_ptr_equal(script.from, memcg);
	assert_int_equal(info_of(memcg).events_oom, 1);
	assert_int_equal(info_of(memcg).events_oom_kill, 1);
	/* nobody left */
	assert_null(alloc_page(ACCOUNT));
	assert_int_equal(info_of(memcg).events_oom, 2);
	assert_int_equal(info_of(memcg).events_oom_kill, 1);
	/* a page block of order 4 kills nobody, of order 3 would */
	script.kills = 0;
	assert_null(alloc_pages(ACCOUNT, 4));
	assert_int_equal(script.kills, 0);
	assert_null(alloc_pages(ACCOUNT, 3));
	assert_int_equal(script.kills, 1);
	__free_page(page);
	machine_off();
}

static void mcg10_who_pays(void **state)
{
	static const enum kmc_sim_context interrupts[] = { KMC_IN_SOFTIRQ, KMC_IN_HARDIRQ };
	struct mem_cgroup *memcg;
	struct page *page;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	page = alloc_page(ACCOUNT); /* the root group */
	assert_null(page_memcg(page));
	__free_page(page);
	memcg = joined(PAGES(64));
	for (unsigned int i = 0; i < 2; i++) {
		kmc_sim_set_context(interrupts[i]);
		page = alloc_page(GFP_ATOMIC | __GFP_ACCOUNT);
		assert_null(page_memcg(page));
		__free_page(page);
		assert_null(set_active_memcg(memcg)); /* the cpu's, for interrupts */
		page = alloc_page(GFP_ATOMIC | __GFP_ACCOUNT);
		assert_ptr_equal(page_memcg(page), memcg);
		__free_page(page);
		assert_ptr_equal(set_active_memcg(NULL), memcg);
	}
	kmc_sim_set_context(KMC_IN_TASK);
	kmc_sim_task_flags(KMC_PF_KTHREAD, KMC_PF_KTHREAD);
	page = alloc_page(ACCOUNT);
	assert_null(page_memcg(page));
	__free_page(page);
	set_active_memcg(memcg);
	page = alloc_page(ACCOUNT);
	assert_ptr_equal(page_memcg(page), memcg);
	__free_page(page);
	machine_off();
}

static void mcg11_parent_answers_after_offline(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *top, *leaf;
		struct page *page;
		void *object[40], *large;

		boot(p);
		top = group(NULL, NO_LIMIT);
		leaf = group(top, NO_LIMIT);
		set_active_memcg(leaf);
		page = alloc_pages(ACCOUNT, 2);
		large = kmalloc(20000, ACCOUNT);
		for (unsigned int i = 0; i < 40; i++)
			object[i] = kmalloc(500, ACCOUNT);
		assert_ptr_equal(mem_cgroup_from_slab_obj(object[7]), leaf);
		assert_ptr_equal(mem_cgroup_from_slab_obj(large), leaf);
		assert_int_equal(kmc_sim_memcg_offline(top), -EBUSY);
		assert_int_equal(kmc_sim_memcg_offline(leaf), 0);
		assert_int_equal(kmc_sim_memcg_offline(leaf), -ENODEV);
		assert_int_equal(kmc_sim_memcg_set_max(leaf, 0), -ENODEV);
		assert_ptr_equal(mem_cgroup_from_slab_obj(object[7]), top);
		assert_ptr_equal(page_memcg(page), top);
		/* still active, but its parent pays */
		__free_page(alloc_page(ACCOUNT));
		assert_true(settled(top) >= 4 + 8 + 5);
		__free_pages(page, 2);
		kfree(large);
		for (unsigned int i = 0; i < 40; i++)
			kfree(object[i]);
		assert_in_range(settled(top), 0, 2); /* parts of pages that two groups paid for */
		assert_int_equal(info_of(top).page_charges + info_of(leaf).page_charges, 0);
		assert_int_equal(info_of(top).object_bytes + info_of(leaf).object_bytes, 0);
		machine_off();
	}
}

/* Blocks that are split, put in parts, freed by another group's task. */
static void mcg11_parts_of_blocks(void **state)
{
	struct mem_cgroup *memcg;
	struct page *page;
	void *exact;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	memcg = joined(NO_LIMIT);
	page = alloc_pages(ACCOUNT, 3);
	split_page(page, 3);
	for (unsigned int i = 0; i < 4; i++)
		__free_page(page + i);
	assert_int_equal(settled(memcg), 4);
	assert_int_equal(kmc_sim_memcg_attach(sim, NULL, 0), 0);
	for (unsigned int i = 4; i < 8; i++)
		__free_page(page + i);
	assert_int_equal(settled(memcg), 0);
	set_active_memcg(memcg);
	exact = alloc_pages_exact(5 * PAGE_SIZE, ACCOUNT);
	assert_int_equal(settled(memcg), 5);
	free_pages_exact(exact, 5 * PAGE_SIZE);
	assert_int_equal(settled(memcg), 0);
	page = alloc_pages(ACCOUNT, 2);
	get_page(page);
	__free_pages(page, 2);
	assert_int_equal(settled(memcg), 1);
	put_page(page);
	assert_int_equal(settled(memcg), 0);
	page = alloc_pages(ACCOUNT | __GFP_COMP, 2);
	put_page(page);
	assert_int_equal(settled(memcg), 0);
	machine_off();
}

static void mcg12_high_never_fails(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg;
		struct page *page[200];
		uint64_t before, waited;

		boot(p);
		with_hooks();
		memcg = joined(NO_LIMIT);
		assert_int_equal(kmc_sim_memcg_set_high(memcg, PAGES(10)), 0);
		for (unsigned int i = 0; i < 200; i++)
			assert_non_null(page[i] = alloc_page(ACCOUNT));
		assert_true(info_of(memcg).events_high > 0); /* more than a batch above */
		assert_int_equal(info_of(memcg).events_max, 0);
		before = kmc_sim_clock_ns(sim);
		waited = kmc_sim_memcg_return_to_user();
		assert_int_equal(waited, 2000000000);
		assert_int_equal(kmc_sim_clock_ns(sim) - before, waited);
		assert_int_equal(kmc_sim_memcg_return_to_user(), 0);
		for (unsigned int i = 0; i < 200; i++)
			__free_page(page[i]);
		machine_off();
	}
}

static void mcg13_bulk_one_at_a_time(void **state)
{
	struct page *page[8] = { NULL };
	struct mem_cgroup *memcg;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	memcg = joined(PAGES(2));
	assert_int_equal(alloc_pages_bulk(ACCOUNT, 8, page), 1);
	assert_int_equal(alloc_pages_bulk(ACCOUNT, 8, page), 2);
	assert_int_equal(alloc_pages_bulk(ACCOUNT, 8, page), 2);
	assert_int_equal(settled(memcg), 2);
	__free_page(page[0]);
	__free_page(page[1]);
	machine_off();
}

static void scp5_scp12_active_group(void **state)
{
	struct mem_cgroup *a, *b, *own, *old;
	struct page *page[4];

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	own = joined(NO_LIMIT);
	a = group(NULL, NO_LIMIT);
	b = group(a, NO_LIMIT);
	assert_null(set_active_memcg(a));
	old = set_active_memcg(b);
	assert_ptr_equal(old, a);
	page[0] = alloc_page(ACCOUNT);
	assert_ptr_equal(set_active_memcg(old), b);
	page[1] = alloc_page(ACCOUNT);
	assert_ptr_equal(set_active_memcg(NULL), a);
	page[2] = alloc_page(ACCOUNT);
	assert_int_equal(kmc_sim_set_task(1), 0); /* a scope is its task's */
	page[3] = alloc_page(ACCOUNT);
	assert_int_equal(kmc_sim_set_task(0), 0);
	assert_ptr_equal(page_memcg(page[0]), b);
	assert_ptr_equal(page_memcg(page[1]), a);
	assert_ptr_equal(page_memcg(page[2]), own);
	assert_null(page_memcg(page[3]));
	assert_int_equal(settled(a), 2);
	for (unsigned int i = 0; i < 4; i++)
		__free_page(page[i]);
	machine_off();
}

static void km19_objects(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg;
		void *object[300], *plain;

		boot(p);
		memcg = joined(NO_LIMIT);
		for (size_t size = 8; size <= 8192; size *= 2) {
			object[0] = kmalloc(size, ACCOUNT);
			plain = kmalloc(size, GFP_KERNEL);
			assert_ptr_equal(mem_cgroup_from_slab_obj(object[0]), memcg);
			assert_null(mem_cgroup_from_slab_obj(plain));
			assert_ptr_not_equal(where(object[0]).cache, where(plain).cache);
			assert_int_equal(info_of(memcg).object_bytes, size + 8);
			kfree(object[0]);
			kfree(plain);
			assert_int_equal(info_of(memcg).object_bytes, 0);
		}
		for (unsigned int i = 0; i < 300; i++)
			object[i] = kmalloc(100, ACCOUNT | (i % 2 ? __GFP_RECLAIMABLE : __GFP_DMA));
		assert_int_equal(info_of(memcg).object_bytes, 300 * (128 + 8));
		assert_int_equal(settled(memcg), (300 * 136 + 4095) / 4096);
		kfree_bulk(300, object);
		assert_int_equal(info_of(memcg).object_bytes, 0);
		assert_in_range(settled(memcg), 0, 1);
		object[0] = kmalloc(8193, ACCOUNT); /* a page request: GFP-44 */
		assert_int_equal(info_of(memcg).page_charges, 4);
		kfree(object[0]);
		assert_in_range(settled(memcg), 0, 1);
		machine_off();
	}
}

/* Refused objects go back; the limit is met to the page. */
static void km19_refusal(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg;
		struct kmem_cache *s;
		unsigned int nr = 0;
		void *object[64];

		boot(p);
		s = kmem_cache_create("acct", 1000, 0, SLAB_ACCOUNT | SLAB_NO_MERGE, NULL);
		memcg = joined(PAGES(4));
		while ((object[nr] = kmem_cache_alloc(s, GFP_KERNEL)))
			nr++;
		assert_int_equal(nr, 4 * 4096 / 1008);
		assert_int_equal(cache_info(s).nr_active, nr);
		assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 4, object + nr), 0);
		assert_int_equal(cache_info(s).nr_active, nr);
		while (nr)
			kmem_cache_free(s, object[--nr]);
		assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 16, object), 16);
		assert_int_equal(info_of(memcg).object_bytes, 16 * 1008);
		kmem_cache_free_bulk(s, 16, object);
		assert_int_equal(info_of(memcg).object_bytes, 0);
		kmem_cache_destroy(s);
		machine_off();
	}
}

static void kc17_kc33_account_caches(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct kmem_cache *with, *without;
		struct mem_cgroup *memcg;
		void *a[100], *b, *c;

		boot(p);
		memcg = joined(NO_LIMIT);
		with = kmem_cache_create("with", 64, 0, SLAB_ACCOUNT, NULL);
		without = kmem_cache_create("without", 64, 0, 0, NULL);
		assert_ptr_not_equal(with, without);
		for (unsigned int i = 0; i < 100; i++) /* past any sheaf */
			a[i] = kmem_cache_alloc(with, GFP_KERNEL);
		assert_int_equal(info_of(memcg).object_bytes, 100 * 72);
		for (unsigned int i = 0; i < 100; i++)
			kmem_cache_free(with, a[i]);
		assert_int_equal(info_of(memcg).object_bytes, 0);
		b = kmem_cache_alloc(without, GFP_KERNEL);
		assert_int_equal(info_of(memcg).object_bytes, 0);
		c = kmem_cache_alloc(without, ACCOUNT);
		assert_int_equal(info_of(memcg).object_bytes, 72);
		kmem_cache_free(without, b);
		kmem_cache_free(without, c);
		assert_int_equal(kmem_cache_alloc_bulk(with, GFP_KERNEL, 100, a), 100);
		for (unsigned int i = 0; i < 100; i++)
			assert_ptr_equal(mem_cgroup_from_slab_obj(a[i]), memcg);
		kfree_bulk(100, a);
		assert_int_equal(info_of(memcg).object_bytes, 0);
		kmem_cache_destroy(with);
		kmem_cache_destroy(without);
		machine_off();
	}
}

static void kc38_charge_later(void **state)
{
	struct kmem_cache *s;
	struct mem_cgroup *memcg;
	void *object, *plain, *large;

	(void)state;
	for (enum kmc_profile p = KMC_PROFILE_6_12_117; p < KMC_NR_PROFILES; p++) {
		boot(p);
		s = kmem_cache_create("later", 96, 0, SLAB_NO_MERGE, NULL);
		object = kmem_cache_alloc(s, GFP_KERNEL);
		plain = kmalloc(96, GFP_KERNEL);
		large = kmalloc(10000, GFP_KERNEL);
		assert_true(kmem_cache_charge(object, GFP_KERNEL)); /* the root pays nothing */
		memcg = joined(PAGES(5));
		assert_true(kmem_cache_charge(plain, GFP_KERNEL));
		assert_int_equal(info_of(memcg).object_bytes, 0);
		assert_true(kmem_cache_charge(object, GFP_KERNEL));
		assert_int_equal(info_of(memcg).object_bytes, 104);
		assert_true(kmem_cache_charge(object, GFP_KERNEL));
		assert_int_equal(info_of(memcg).object_bytes, 104);
		assert_true(kmem_cache_charge(large, GFP_KERNEL));
		assert_true(kmem_cache_charge(large, GFP_KERNEL));
		assert_int_equal(info_of(memcg).page_charges, 4);
		kmem_cache_free(s, object);
		kfree(large);
		assert_int_equal(info_of(memcg).object_bytes, 0);
		object = kmem_cache_alloc(s, GFP_KERNEL);
		assert_int_equal(settled(memcg), 0);
		assert_int_equal(kmc_sim_memcg_set_max(memcg, 0), 0);
		assert_false(kmem_cache_charge(object, GFP_KERNEL));
		assert_null(mem_cgroup_from_slab_obj(object));
		kmem_cache_free(s, object);
		kfree(plain);
		kmem_cache_destroy(s);
		machine_off();
	}
}

static void kc31_lists_of_the_group(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct list_lru lru, none;
		struct mem_cgroup *top, *leaf;
		struct kmem_cache *s;
		void *a, *b;

		boot(p);
		s = kmem_cache_create("inode", 600, 0, SLAB_ACCOUNT | SLAB_NO_MERGE, NULL);
		assert_int_equal(list_lru_init(&none), 0);
		assert_int_equal(list_lru_init_memcg(&lru, NULL), 0);
		top = group(NULL, NO_LIMIT);
		leaf = group(top, NO_LIMIT);
		set_active_memcg(leaf);
		/* the object, then the lists of leaf, of top, and the vector; lists cannot fail alone */
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 2, 0);
		assert_null(kmem_cache_alloc_lru(s, &lru, GFP_KERNEL));
		assert_int_equal(cache_info(s).nr_active, 0);
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 3, 0);
		assert_null(kmem_cache_alloc_lru(s, &lru, GFP_KERNEL));
		assert_int_equal(info_of(leaf).object_bytes, 0);
		assert_non_null(a = kmem_cache_alloc_lru(s, &lru, GFP_KERNEL));
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 2, 0); /* nothing more to make */
		assert_non_null(b = kmem_cache_alloc_lru(s, &lru, GFP_KERNEL));
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
		assert_int_equal(info_of(leaf).object_bytes, 2 * (cache_info(s).size + 8));
		kmem_cache_free(s, a);
		kmem_cache_free(s, b);
		a = kmem_cache_alloc_lru(s, &none, GFP_KERNEL);
		kmem_cache_free(s, a);
		assert_int_equal(kmc_sim_memcg_offline(leaf), 0);
		list_lru_destroy(&lru);
		kmem_cache_destroy(s);
		machine_off();
	}
}

/* n-th failure: whatever fails, nothing stays charged and nothing is lost. */
static void mcg1_nth_failure(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct mem_cgroup *memcg;
		struct kmem_cache *s;

		boot(p);
		memcg = joined(NO_LIMIT);
		s = kmem_cache_create("nth", 200, 0, SLAB_ACCOUNT | SLAB_NO_MERGE, NULL);
		for (unsigned int n = 1; n < 8; n++) {
			void *object[9];
			int got;

			kmc_sim_fail_nth(sim, n % 2 ? KMC_FAULT_SLAB : KMC_FAULT_PAGE,
					 (n + 1) / 2, 0);
			object[8] = kmem_cache_alloc(s, GFP_KERNEL);
			got = kmem_cache_alloc_bulk(s, GFP_KERNEL, 8, object);
			kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
			kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
			assert_true(got == 0 || got == 8);
			kmem_cache_free_bulk(s, (size_t)got, object);
			if (object[8])
				kmem_cache_free(s, object[8]);
			assert_int_equal(info_of(memcg).object_bytes, 0);
			assert_int_equal(cache_info(s).nr_active, 0);
			kmem_cache_shrink(s);
			assert_in_range(settled(memcg), 0, 1);
		}
		kmem_cache_destroy(s);
		machine_off();
	}
}

/* A vector goes with its slab. */
static void mcg11_vectors_end(void **state)
{
	struct kmem_cache *s;
	void *object;
	uint64_t free;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	joined(NO_LIMIT);
	s = kmem_cache_create("vec", 64, 0, SLAB_ACCOUNT | SLAB_NO_MERGE, NULL);
	kfree(kmalloc(512, GFP_KERNEL)); /* the vectors' cache has its slab */
	free = free_pages_now();
	for (unsigned int round = 0; round < 300; round++) {
		object = kmem_cache_alloc(s, GFP_KERNEL);
		kmem_cache_free(s, object);
		kmem_cache_shrink(s);
		assert_int_equal(cache_info(s).nr_slabs, 0);
	}
	assert_int_equal(free_pages_now(), free);
	kmem_cache_destroy(s);
	machine_off();
}

/* Reset, snapshot and restore take charges along. */
static void mcg2_state_is_the_machines(void **state)
{
	struct mem_cgroup *memcg;
	uint64_t pristine, hash;
	void *object;
	int snapshot;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	pristine = kmc_sim_hash(sim);
	memcg = joined(NO_LIMIT);
	object = kmalloc(300, ACCOUNT);
	hash = kmc_sim_hash(sim);
	assert_int_not_equal(hash, pristine);
	snapshot = kmc_sim_snapshot(sim);
	kfree(object);
	__free_page(alloc_page(ACCOUNT));
	assert_int_not_equal(kmc_sim_hash(sim), hash);
	assert_int_equal(kmc_sim_restore(sim, snapshot), 0);
	assert_int_equal(kmc_sim_hash(sim), hash);
	assert_int_equal(info_of(memcg).object_bytes, 520);
	kfree(object);
	assert_int_equal(info_of(memcg).object_bytes, 0);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_hash(sim), pristine);
	machine_off();
}

static void mcg2_machine_without_groups(void **state)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);
	struct mem_cgroup *memcg;
	struct page *page;

	(void)state;
	machine_boot(&config);
	assert_true(mem_cgroup_disabled());
	assert_int_equal(kmc_sim_memcg_create(sim, NULL, &memcg), -EOPNOTSUPP);
	assert_null(set_active_memcg(NULL));
	assert_non_null(page = alloc_page(ACCOUNT));
	assert_null(page_memcg(page));
	__free_page(page);
	kfree(kmalloc(64, ACCOUNT));
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp44_mcg1_charged_or_refused),
		cmocka_unit_test(mcg2_all_ancestors_or_nobody),
		cmocka_unit_test(mcg3_batches),
		cmocka_unit_test(mcg3_stock_of_groups),
		cmocka_unit_test(mcg3_mcg8_limit_drains_its_cpus),
		cmocka_unit_test(mcg3_bytes_are_drained_by_group),
		cmocka_unit_test(mcg4_no_reclaim_without_direct_reclaim),
		cmocka_unit_test(mcg5_high_and_nofail_go_above),
		cmocka_unit_test(mcg6_reclaimers_go_above),
		cmocka_unit_test(mcg7_rounds),
		cmocka_unit_test(mcg8_norety_and_mayfail),
		cmocka_unit_test(mcg9_killer),
		cmocka_unit_test(mcg10_who_pays),
		cmocka_unit_test(mcg11_parent_answers_after_offline),
		cmocka_unit_test(mcg11_parts_of_blocks),
		cmocka_unit_test(mcg12_high_never_fails),
		cmocka_unit_test(mcg13_bulk_one_at_a_time),
		cmocka_unit_test(scp5_scp12_active_group),
		cmocka_unit_test(km19_objects),
		cmocka_unit_test(km19_refusal),
		cmocka_unit_test(kc17_kc33_account_caches),
		cmocka_unit_test(kc38_charge_later),
		cmocka_unit_test(kc31_lists_of_the_group),
		cmocka_unit_test(mcg1_nth_failure),
		cmocka_unit_test(mcg11_vectors_end),
		cmocka_unit_test(mcg2_state_is_the_machines),
		cmocka_unit_test(mcg2_machine_without_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
