/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters: TRC-4, I-8, those of compaction and of areas. */
#include "movable_fixture.h"
#include "alloc/pagesets.h"
#include "alloc/vmstat.h"
#include "compact.h"
#include "linux/cma.h"

static struct kmc_zone_stat stat_now(void)
{
	struct kmc_zone_stat stat;

	kmc_sim_zone_stat(sim, 0, &stat);
	return stat;
}

/* Each order, each way to and from the lists; refills and drains change nothing. */
static void trc4_pgalloc_and_pgfree(void **state)
{
	uint64_t got = 0, freed = 0;

	(void)state;
	for (unsigned int order = 0; order <= 10; order++) {
		struct page *page[3];

		for (int i = 0; i < 3; i++) {
			page[i] = alloc_pages(MOV, order);
			got += 1u << order;
			assert_int_equal(stat_now().pgalloc, got);
		}
		for (int i = 0; i < 3; i++) {
			kmc_sim_switch(sim, i & 1);
			__free_pages(page[i], order);
			freed += 1u << order;
			assert_int_equal(stat_now().pgfree, freed);
		}
		kmc_sim_drain_all(sim);
		assert_int_equal(stat_now().pgalloc, got);
		assert_int_equal(stat_now().pgfree, freed);
		assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 11));
	}
	assert_int_equal(stat_now().pgalloc, got);
	assert_int_equal(stat_now().unaccounted, 0);
	kmc_sim_check(sim);
	kmc_sim_reset(sim);
	assert_int_equal(stat_now().pgalloc + stat_now().pgfree, 0);
}

/* I-8: ranges are freed by the page's count, but not taken by it; so are places of compaction. */
static void trc4_ranges_and_compaction(void **state)
{
	struct kmc_zone_stat before;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	checkerboard(4);
	before = stat_now();
	assert_int_equal(alloc_contig_range(4096, 4096 + 100, ACR_FLAGS_NONE, GFP_KERNEL), 0);
	assert_int_equal(stat_now().pgalloc - before.pgalloc, nr_moved); /* their new places */
	assert_int_equal(stat_now().unaccounted - before.unaccounted, 100);
	before = stat_now();
	free_contig_range(4096, 100);
	assert_int_equal(stat_now().pgfree - before.pgfree, 100);
	before = stat_now();
	nr_moved = 0;
	kmc_sim_compact_node(sim, 0);
	assert_true(nr_moved > 0);
	assert_int_equal(stat_now().pgalloc, before.pgalloc);
	assert_int_equal(stat_now().pgfree - before.pgfree, nr_moved);
	assert_int_equal(stat_now().unaccounted - before.unaccounted, nr_moved);
	kmc_sim_check(sim);
	let_all_go();
	power_off();
}

/*
 * A kernel's free counters may be off by what cpus have not handed in yet; ours never
 * are, whatever several cpus do: the count is that of the lists after each call.
 */
static void trc5_counters_do_not_drift(void **state)
{
	struct page *held_now[64] = { NULL };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct kmc_sim_config config;

		kmc_sim_config_simple(&config, 4, 64 * MIB);
		config.profile = p;
		boot_config(&config);
		rng_seed(__func__);
		for (unsigned int i = 0; i < 4000; i++) {
			unsigned int at = rng_below(64), order = at % 5;
			uint64_t on_lists = 0;

			kmc_sim_switch(sim, rng_below(4));
			if (held_now[at])
				__free_pages(held_now[at], order);
			held_now[at] = held_now[at] ? NULL : alloc_pages(GFP_KERNEL, order);
			for (unsigned int k = 0; k < NR_PAGE_ORDERS; k++)
				on_lists += zone_info(0).free_blocks[k] << k;
			assert_int_equal(zone_info(0).nr_free, on_lists);
		}
		for (unsigned int at = 0; at < 64; at++) {
			if (held_now[at])
				__free_pages(held_now[at], at % 5);
			held_now[at] = NULL;
		}
		kmc_sim_drain_all(sim);
		assert_int_equal(zone_info(0).nr_free, zone_info(0).managed);
		power_off();
	}
}

/* Counted from the outside: who asked, which zone was preferred, which one served. */
static struct kmc_numa_stat outside[4];

static void count_block(unsigned int wanted, const struct page *page)
{
	unsigned int zone = kmc_zone_index(sim, page_to_pfn(page));
	unsigned int node = sim->page->zones[zone].node;

	if (node == wanted) {
		outside[zone].hit++;
	} else {
		outside[zone].miss++;
		outside[2 * wanted + 1].foreign++; /* the highest zone of the node */
	}
	*(node == kmc_this_cpu->node ? &outside[zone].local : &outside[zone].other) += 1;
}

static void same_as_outside(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct kmc_numa_stat stat;

		kmc_sim_numa_stat(sim, i, &stat);
		assert_memory_equal(&stat, &outside[i], sizeof(stat));
	}
	kmc_sim_check(sim);
}

static void numa_machine(enum kmc_profile p)
{
	struct kmc_sim_config c = {
		.profile = p, .nr_cpus = 4, .nr_nodes = 2, .nr_zones = 4,
		.zones = {
			{ .node = 0, .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 4096 },
			{ .node = 0, .type = KMC_ZONE_NORMAL, .start_pfn = 8192, .nr_pages = 4096 },
			{ .node = 1, .type = KMC_ZONE_DMA32, .start_pfn = 12288, .nr_pages = 4096 },
			{ .node = 1, .type = KMC_ZONE_NORMAL, .start_pfn = 16384, .nr_pages = 4096 },
		},
	};

	boot_config(&c);
	memset(outside, 0, sizeof(outside));
}

/*
 * I-18: cpus of two nodes ask for blocks of all orders, of node 0 more often than it has.
 */
static void trc4_numa_hits_and_misses(void **state)
{
	static struct page *kept[4096]; /* what is held */
	static unsigned int order_of[4096];

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		unsigned int nr = 0, misses = 0;

		numa_machine(p);
		rng_seed(__func__);
		for (unsigned int i = 0; i < 6000; i++) {
			unsigned int whose = rng_below(8);
			int node = whose < 6 ? 0 : (int)whose - 6; /* 0 mostly */
			unsigned int order = rng_below(20) ? rng_below(4) : rng_below(9);
			gfp_t gfp = GFP_KERNEL & ~__GFP_RECLAIM;
			struct page *page;

			kmc_sim_switch(sim, rng_below(4));
			if (nr && (nr == 4096 || !rng_below(3))) {
				unsigned int at = rng_below(nr);

				__free_pages(kept[at], order_of[at]);
				kept[at] = kept[--nr];
				order_of[at] = order_of[nr];
				continue;
			}
			if (!whose)
				node = (int)kmc_this_cpu->node;
			page = alloc_pages_node(node, gfp | __GFP_NOWARN, order);
			if (!page)
				continue;
			count_block((unsigned int)node, page);
			kept[nr] = page;
			order_of[nr++] = order;
		}
		same_as_outside();
		for (unsigned int i = 0; i < 4; i++)
			misses += (unsigned int)outside[i].miss;
		assert_true(misses > 50);
		for (unsigned int i = 0; i < nr; i++)
			__free_pages(kept[i], order_of[i]);
		kmc_sim_drain_all(sim);
		same_as_outside(); /* neither frees nor drains count */
		power_off();
	}
}

/* A batch counts each of its pages, at the node that was asked for. */
static void page17_bulk_counts_each(void **state)
{
	struct page *array[20] = { NULL };
	struct kmc_numa_stat stat;

	(void)state;
	numa_machine(KMC_PROFILE_6_18_44);
	assert_int_equal(alloc_pages_bulk_node(GFP_KERNEL, 1, 20, array), 20);
	kmc_sim_numa_stat(sim, 3, &stat);
	assert_int_equal(stat.hit, 20);
	assert_int_equal(stat.other, 20); /* by a cpu of node 0 */
	assert_int_equal(stat.miss + stat.foreign + stat.interleave + stat.local, 0);
	for (unsigned int i = 0; i < 20; i++)
		__free_page(array[i]);
	power_off();
}

/* A task that may use one node only prefers it, whatever its cpu's node. */
static void gfp23_cpuset_prefers_its_node(void **state)
{
	struct kmc_numa_stat stat;
	struct page *page;

	(void)state;
	numa_machine(KMC_PROFILE_6_18_44);
	assert_int_equal(kmc_sim_mems_allowed(sim, 0, 2), 0);
	page = alloc_pages(GFP_KERNEL, 0);
	kmc_sim_numa_stat(sim, 3, &stat);
	assert_int_equal(stat.hit, 1);
	assert_int_equal(stat.other, 1);
	assert_int_equal(stat.miss, 0);
	kmc_sim_numa_stat(sim, 1, &stat);
	assert_int_equal(stat.foreign, 0);
	__free_page(page);
	power_off();
}

static uint64_t event(enum kmc_vm_event e)
{
	return kmc_sim_vm_event(sim, e);
}

static void test_events(void **state)
{
	struct cma *cma;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	checkerboard(4);
	assert_int_equal(event(KMC_COMPACTSTALL), 0);
	refuse = true;
	assert_null(alloc_pages(MOV | __GFP_NORETRY | __GFP_NOWARN, 9));
	assert_int_equal(event(KMC_COMPACTSTALL), event(KMC_COMPACTFAIL));
	assert_true(event(KMC_COMPACTFAIL) > 0);
	assert_true(event(KMC_PGMIGRATE_FAIL) > 0);
	refuse = false;
	assert_non_null(alloc_pages(MOV, 9));
	assert_int_equal(event(KMC_COMPACTSTALL), event(KMC_COMPACTFAIL) + 1);
	assert_int_equal(event(KMC_COMPACTSUCCESS), 1);
	assert_int_equal(event(KMC_PGMIGRATE_SUCCESS), nr_moved);
	wakeup_kcompactd(sim, 0, 2, KMC_ZONE_NORMAL);
	kmc_sim_kcompactd_step(sim, 0);
	assert_int_equal(event(KMC_KCOMPACTD_WAKE), 1);
	let_all_go();
	assert_int_equal(cma_declare_contiguous(0, 2 << 20, 0, 0, 0, false, "v", &cma), 0);
	assert_non_null(cma_alloc(cma, 512, 0, true));
	assert_null(cma_alloc(cma, 1, 0, true));
	assert_int_equal(event(KMC_CMA_ALLOC_SUCCESS), 1);
	assert_int_equal(event(KMC_CMA_ALLOC_FAIL), 1);
	assert_int_equal(event(KMC_NR_VM_EVENTS), 0);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trc5_counters_do_not_drift),
		cmocka_unit_test_setup_teardown(trc4_pgalloc_and_pgfree, setup_64m, teardown),
		cmocka_unit_test(trc4_ranges_and_compaction),
		cmocka_unit_test(trc4_numa_hits_and_misses),
		cmocka_unit_test(page17_bulk_counts_each),
		cmocka_unit_test(gfp23_cpuset_prefers_its_node),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
