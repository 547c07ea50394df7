/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For every n: 200 mixed page calls of which the n-th request for pages fails,
 * until none fails any more, on each release. Nothing may be lost, the identities hold
 * after the call that failed and all along, and when all is given back the zone is as it was at boot.
 */
#include "movable_fixture.h"
#include "alloc/areas.h"
#include "alloc/pagesets.h"
#include "linux/cma.h"
#include "linux/page_frag_cache.h"

#define STEPS 200

static struct page *array[8];
static struct page_frag_cache cache;
static struct cma *area;
static unsigned int nr_faults;

static void on_fault(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	(void)tp;
	nr_faults++;
}

static void release_some(void)
{
	for (unsigned int i = 0; i < 64; i++)
		if (held[i].page && i % 3)
			let_go(&held[i]);
}

static void hold_if(struct page *page)
{
	if (page)
		hold(page);
}

/* Calls that hold something, and calls that give back at once what they got. */
static void step(unsigned int i)
{
	struct page *page;
	uint64_t start = 4096 + i * 13;
	void *p;

	switch (i % 10) {
	case 0: case 1:
		hold_if(alloc_pages(MOV | __GFP_COMP | __GFP_NOWARN, i % 4));
		break;
	case 2:
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, i % 7);
		if (page)
			__free_pages(page, i % 7);
		break;
	case 3:
		p = alloc_pages_exact(1 + i * 100, GFP_KERNEL | __GFP_NOWARN);
		if (p)
			free_pages_exact(p, 1 + i * 100);
		break;
	case 4:
		for (unsigned long n = alloc_pages_bulk(GFP_KERNEL | __GFP_NOWARN, 8, array); n;) {
			__free_page(array[--n]);
			array[n] = NULL;
		}
		break;
	case 5:
		p = page_frag_alloc(&cache, 900, GFP_ATOMIC | __GFP_NOWARN);
		if (p)
			page_frag_free(p);
		break;
	case 6:
		if (!alloc_contig_range(start, start + 70, ACR_FLAGS_NONE, GFP_KERNEL))
			free_contig_range(start, 70);
		break;
	case 7:
		page = cma_alloc(area, 40 + i, 2, true);
		if (page)
			assert_true(cma_release(area, page, 40 + i));
		break;
	case 8:
		if (held[i % 64].page)
			kmc_sim_migrate_page(held[i % 64].page);
		kmc_sim_compact_node(sim, 0);
		break;
	default:
		release_some();
	}
}

/* All free pages in the blocks that they had at boot, and nothing beside them. */
static void as_at_boot(const struct kmc_zone_info *boot)
{
	struct kmc_zone_info now = zone_info(0);

	assert_int_equal(now.nr_free, boot->nr_free);
	assert_int_equal(now.managed, boot->managed);
	assert_int_equal(now.pcp_count, 0);
	assert_int_equal(now.free_cma, boot->free_cma);
	assert_memory_equal(now.free_blocks, boot->free_blocks, sizeof(now.free_blocks));
}

/* Return: was a request made to fail? */
static bool workload(enum kmc_profile profile, uint64_t nth)
{
	struct kmc_zone_info boot;
	struct kmc_cma_info info;
	unsigned int seen_faults = 0;
	uint64_t pristine;

	boot_holder(profile, 4096);
	pristine = kmc_sim_hash(sim);
	page_frag_cache_init(&cache);
	assert_int_equal(cma_declare_contiguous(0, 2 << 20, 0, 0, 0, false, "f", &area), 0);
	boot = zone_info(0);
	nr_faults = 0;
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_FAULT_INJECTED), on_fault, NULL);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, nth, 0);
	for (unsigned int i = 0; i < STEPS; i++) {
		step(i);
		if (nr_faults != seen_faults || i % 8 == 7)
			kmc_sim_check(sim);
		seen_faults = nr_faults;
	}
	let_all_go();
	page_frag_cache_drain(&cache);
	kmc_sim_drain_all(sim);
	kmc_sim_check(sim);
	as_at_boot(&boot);
	kmc_sim_cma_info(area, &info);
	assert_int_equal(info.bits_set, 0);
	kmc_sim_reset(sim);
	assert_true(kmc_sim_hash(sim) == pristine);
	power_off();
	return nr_faults;
}

static void test_every_nth_failure(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		uint64_t n = 1;

		while (workload(p, n))
			n++;
		printf("%llu requests, each failed once\n", (unsigned long long)n - 1);
		assert_true(n > 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_nth_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
