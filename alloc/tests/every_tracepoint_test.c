/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is every declared tracepoint passed by some call, on each release that has it, and none
 * that the release lacks? Workloads of all layers run on each profile; what was declared
 * is held against what they passed, so that a name that nobody says fails the test.
 */
#include "movable_fixture.h"
#include "alloc/memcg.h"
#include "alloc/rcu.h"
#include "alloc/reclaim.h"
#include "compact.h"
#include "linux/cma.h"
#include "linux/memcontrol.h"
#include "linux/percpu.h"
#include "linux/rcupdate.h"
#include "linux/sched/mm.h"
#include "linux/slab.h"
#include "linux/vmalloc.h"

static uint64_t passed[KMC_NR_TPS];

static void count_tp(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	passed[tp->id]++;
}

static void boot_with(enum kmc_profile profile, uint32_t options, uint64_t nr_pages)
{
	struct kmc_sim_config config = {
		.profile = profile, .nr_cpus = 2, .nr_nodes = 1, .nr_zones = 1, .options = options,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = nr_pages } },
	};

	boot_config(&config);
	kmc_sim_trace(sim, KMC_ALL_TPS, count_tp, NULL);
}

static void drain_memory(gfp_t gfp)
{
	while (alloc_pages(gfp | __GFP_NOWARN, 0))
		;
}

/* kmem, from objects; a finding of the debug checks; a refused request */
static void objects(enum kmc_profile p)
{
	struct kmem_cache *s, *typesafe;
	void *object;

	boot_with(p, KMC_OPT_MEMCG | KMC_OPT_SLUB_CONSISTENCY, 8192);
	kfree(kmalloc(100, GFP_KERNEL));
	s = kmem_cache_create("s", 64, 0, SLAB_NO_MERGE, NULL);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, object);
	kmem_cache_free(s, object); /* reported */
	kvfree_rcu_mightsleep(kmalloc(100, GFP_KERNEL));
	kmc_sim_rcu_grace_period(sim);
	kmc_sim_clock_advance(sim, 10000000000ull);
	typesafe = kmem_cache_create("t", 64, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	kmem_cache_free(typesafe, kmem_cache_alloc(typesafe, GFP_KERNEL));
	kmem_cache_destroy(typesafe);
	rcu_barrier();
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 0);
	assert_null(alloc_pages(GFP_KERNEL, 0));
	power_off();
}

/* vmalloc, percpu */
static void areas(enum kmc_profile p)
{
	void __percpu *area[9];

	boot_with(p, 0, 8192);
	vfree(vmalloc(3 * PAGE_SIZE));
	vm_unmap_aliases();
	assert_null(__alloc_percpu_gfp(8, 8, GFP_NOWAIT)); /* no chunk yet */
	for (unsigned int i = 0; i < 9; i++)
		area[i] = __alloc_percpu_gfp(PCPU_MIN_UNIT_SIZE, 8, GFP_KERNEL);
	for (unsigned int i = 0; i < 9; i++)
		free_percpu(area[i]);
	power_off();
}

/* A group at its limit: charges, reclaim. */
static void charges(enum kmc_profile p)
{
	struct mem_cgroup *memcg;
	struct page *page;

	boot_with(p, KMC_OPT_MEMCG, 8192);
	assert_int_equal(kmc_sim_memcg_create(sim, NULL, &memcg), 0);
	kmc_sim_memcg_attach(sim, memcg, 0);
	kmc_sim_memcg_set_max(memcg, 2 * PAGE_SIZE);
	page = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN, 0);
	assert_non_null(page);
	assert_null(alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY, 3));
	__free_page(page);
	power_off();
}

/* Types that mix, lists that fill and drain. */
static void pages(enum kmc_profile p)
{
	struct page *page;

	boot_with(p, 0, 8192);
	page = alloc_pages(GFP_HIGHUSER_MOVABLE, 0);
	alloc_pages(GFP_KERNEL, 0);
	__free_page(page);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	drain_memory(GFP_ATOMIC);
	power_off();
}

/* The daemon, direct reclaim of all sorts, shrinkers, reserves, a failure told aloud. */
static void shortage(enum kmc_profile p)
{
	boot_with(p, 0, 16384);
	kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 400);
	kmc_sim_populate_lru(sim, 0, KMC_LRU_NEEDS_IO, 400);
	kmc_sim_populate_lru(sim, 0, KMC_LRU_NEEDS_FS, 400);
	kmc_sim_shrinker(sim, 500, false, 0, GFP_NOWAIT);
	drain_memory(GFP_NOWAIT);
	assert_true(kmc_sim_kswapd_step(sim, 0) > 0);
	drain_memory(GFP_KERNEL | __GFP_NORETRY);
	drain_memory(GFP_ATOMIC);
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NORETRY, 10)); /* reported */
	power_off();
}

/* A killer whose first victim cannot be reaped, one that has nobody, a wait without end. */
static void killer(enum kmc_profile p)
{
	boot_with(p, 0, 16384);
	kmc_sim_populate_anon(sim, 10, 0, 500);
	kmc_sim_populate_anon(sim, 11, 0, 400);
	kmc_sim_oom_score_adj(sim, 11, 1);
	kmc_sim_task_map_lock(sim, 10, true);
	drain_memory(GFP_NOWAIT);
	drain_memory(GFP_KERNEL); /* until the machine has nobody left to kill */
	drain_memory(GFP_NOFS | __GFP_NOFAIL);
	power_off();
}

/* Compaction that succeeds, fails, is put off; the daemon of it. */
static void compaction(enum kmc_profile p)
{
	struct zone *zone;

	boot_holder(p, 8192);
	kmc_sim_trace(sim, KMC_ALL_TPS, count_tp, NULL);
	zone = &sim->page->zones[0];
	checkerboard(4);
	kmc_sim_populate_lru(sim, 0, KMC_LRU_CLEAN, 200);
	refuse = true;
	for (unsigned int i = 0; i < 4; i++)
		assert_null(alloc_pages(MOV | __GFP_NOWARN | __GFP_RETRY_MAYFAIL, 9));
	refuse = false;
	assert_true(zone->compact_defer_shift > 0);
	kmc_sim_compact_node(sim, 0);
	compaction_defer_reset(sim, zone, 9, false);
	wakeup_kcompactd(sim, 0, 9, KMC_ZONE_NORMAL);
	assert_true(kmc_sim_kcompactd_step(sim, 0));
	assert_non_null(alloc_pages(MOV, 9));
	let_all_go();
	power_off();
}

/* An area of which a page that was lent is pinned. */
static void contiguous(enum kmc_profile p)
{
	struct page *a, *pin;
	struct cma *area;

	boot_holder(p, 16384);
	kmc_sim_trace(sim, KMC_ALL_TPS, count_tp, NULL);
	assert_int_equal(cma_declare_contiguous(0, 8 << 20, 0, 0, 0, false, "t", &area), 0);
	a = cma_alloc(area, 1, 0, true);
	assert_non_null(a);
	pin = a + 13;
	assert_true(cma_release(area, a, 1));
	while ((a = alloc_pages(MOV | __GFP_NOWARN, 0)))
		hold(a);
	assert_non_null(held_by_page(pin));
	get_page(pin);
	for (unsigned int i = 0; i < 8192; i++)
		if (held[i].page && page_to_pfn(held[i].page) % 2 && held[i].page != pin)
			let_go(&held[i]);
	a = cma_alloc(area, 16, 0, true);
	if (a)
		assert_true(cma_release(area, a, 16));
	put_page(pin);
	let_all_go();
	power_off();
}

/* Areas are told of from 6.2 on. */
static bool release_has(enum kmc_profile p, enum kmc_tp_id id)
{
	switch (id) {
	case KMC_TP_ALLOC_VMAP_AREA:
	case KMC_TP_FREE_VMAP_AREA_NOFLUSH:
	case KMC_TP_PURGE_VMAP_AREA_LAZY:
		return p > KMC_PROFILE_6_1_192;
	default:
		return true;
	}
}

static void test_each_is_passed(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		memset(passed, 0, sizeof(passed));
		objects(p);
		areas(p);
		charges(p);
		pages(p);
		shortage(p);
		killer(p);
		compaction(p);
		contiguous(p);
		for (enum kmc_tp_id id = 0; id < KMC_NR_TPS; id++) {
			if (!!passed[id] == release_has(p, id))
				continue;
			print_message("profile %d: tracepoint %d was passed %llu times\n", p, id,
				      (unsigned long long)passed[id]);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
