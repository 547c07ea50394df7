/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page fragments: PAGE-23..25, R-15, each profile. */
#include "machine_fixture.h"
#include "alloc/page_frags.h"
#include "alloc/pagesets.h"
#include "linux/page_frag_cache.h"

#define LIVE 300

static struct page_frag_cache cache;
static struct fragment {
	uint8_t *start;
	unsigned int size;
	uint8_t stamp;
} live[LIVE];

static void boot_empty(enum kmc_profile p)
{
	boot_one_zone(p, 16384);
	page_frag_cache_init(&cache);
	memset(live, 0, sizeof(live));
}

static uint64_t all_free(void)
{
	return zone_info(0).nr_free + zone_info(0).pcp_count;
}

static void check_and_free(struct fragment *f)
{
	for (unsigned int i = 0; i < f->size; i++)
		assert_int_equal(f->start[i], f->stamp);
	page_frag_free(f->start);
	f->start = NULL;
}

/* Each is aligned as asked, none overlaps another, and the last one frees its block. */
static void page24_aligned_apart_and_freed(void **state)
{
	(void)state;
	rng_seed("page fragments");
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		uint64_t free;

		boot_empty(p);
		free = all_free();
		for (unsigned int i = 0; i < 20000; i++) {
			struct fragment *f = &live[rng_below(LIVE)];
			unsigned int align = 1u << rng_below(10);

			if (f->start) {
				check_and_free(f);
				continue;
			}
			f->size = 1 + rng_below(rng_below(4) ? 600 : 4096);
			f->stamp = (uint8_t)i;
			f->start = page_frag_alloc_align(&cache, f->size, GFP_KERNEL, align);
			assert_non_null(f->start);
			assert_int_equal((uintptr_t)f->start % align, 0);
			memset(f->start, f->stamp, f->size);
		}
		kmc_sim_check(sim);
		for (unsigned int i = 0; i < LIVE; i++)
			if (live[i].start)
				check_and_free(&live[i]);
		assert_true(all_free() >= free - 8); /* the cache's own block */
		page_frag_cache_drain(&cache);
		assert_int_equal(all_free(), free);
		kmc_sim_check(sim);
		power_off();
	}
}

/* Upwards from 6.18 on, downwards before. */
static void page24_direction(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		uint8_t *a, *b, *c, *start;

		boot_empty(p);
		a = page_frag_alloc(&cache, 100, GFP_KERNEL);
		b = page_frag_alloc(&cache, 100, GFP_KERNEL);
		c = page_frag_alloc_align(&cache, 10, GFP_KERNEL, 256);
		start = page_address(compound_head(virt_to_page(a)));
		if (p >= KMC_PROFILE_6_18_44) {
			assert_ptr_equal(a, start);
			assert_ptr_equal(b, start + 100);
			assert_ptr_equal(c, start + 256);
		} else {
			assert_ptr_equal(a, start + 32768 - 100);
			assert_ptr_equal(b, start + 32768 - 200);
			assert_ptr_equal(c, start + 32768 - 256);
		}
		assert_int_equal(page_ref_count(compound_head(virt_to_page(a))), 32769);
		power_off();
	}
}

/* A block that all fragments left is used again; one that some still use is not. */
static void page24_recycling(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct page *first, *second;
		void *keep = NULL;

		boot_empty(p);
		first = NULL;
		for (int i = 0; i < 100; i++) { /* 12 rounds over 8 fragments */
			void *f = page_frag_alloc(&cache, 4096, GFP_KERNEL);

			if (!first)
				first = compound_head(virt_to_page(f));
			assert_ptr_equal(compound_head(virt_to_page(f)), first);
			page_frag_free(f);
		}
		for (int i = 0; i < 16; i++) {
			void *f = page_frag_alloc(&cache, 4096, GFP_KERNEL);

			if (i == 0)
				keep = f;
			else
				page_frag_free(f);
		}
		second = cache.page;
		assert_ptr_not_equal(second, first);
		assert_int_equal(page_ref_count(first), 1);
		page_frag_free(keep);
		page_frag_cache_drain(&cache);
		assert_int_equal(all_free(), 16384);
		power_off();
	}
}

/* PAGE-23: with only single pages left a page still fits, more does not. */
static void page23_a_page_always_fits(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		static struct page *page[16384 + 1];
		unsigned int nr = 0;
		void *f;

		boot_empty(p);
		kmc_sim_pcp_disable(sim, 0, true);
		while ((page[nr] = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_MEMALLOC, 0)))
			nr++;
		for (unsigned int i = 0; i < nr; i += 2)
			__free_page(page[i]);
		assert_int_equal(zone_info(0).free_blocks[3], 0);
		for (unsigned int size = 1; size <= 4096; size += 819) {
			f = page_frag_alloc(&cache, size, GFP_KERNEL);
			assert_non_null(f);
			assert_int_equal(cache.size, 4096);
			assert_ptr_equal(virt_to_page((uint8_t *)f + size - 1), virt_to_page(f));
			page_frag_free(f);
		}
		assert_null(page_frag_alloc(&cache, 4097, GFP_KERNEL));
		assert_null(page_frag_alloc(&cache, 32768, GFP_KERNEL));
		f = page_frag_alloc(&cache, 4096, GFP_KERNEL);
		assert_non_null(f);
		page_frag_free(f);
		page_frag_cache_drain(&cache);
		kmc_sim_check(sim);
		power_off();
	}
	boot_empty(KMC_PROFILE_6_18_44);
	assert_non_null(page_frag_alloc(&cache, 32768, GFP_KERNEL));
	assert_null(page_frag_alloc(&cache, 32769, GFP_KERNEL));
	power_off();
}

/* PAGE-25: the try of order 3 is a modest one; from 6.10 on it does not reclaim. */
static void page25_how_a_block_is_asked_for(void **state)
{
	const gfp_t modest = __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC;

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_empty(p);
		tp_listen(KMC_TP_MM_PAGE_ALLOC);
		assert_non_null(page_frag_alloc(&cache, 64, GFP_KERNEL));
		assert_int_equal(tp_count, 1);
		assert_int_equal(tp_seen[0].order, 3);
		assert_int_equal(tp_seen[0].gfp & modest, modest);
		assert_int_equal(!!(tp_seen[0].gfp & __GFP_DIRECT_RECLAIM),
				 p < KMC_PROFILE_6_12_117);
		power_off();
		boot_empty(p);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 0);
		tp_listen(KMC_TP_MM_PAGE_ALLOC);
		assert_non_null(page_frag_alloc(&cache, 64, GFP_KERNEL));
		assert_int_equal(tp_seen[0].order, 0);
		assert_int_equal(tp_seen[0].gfp, GFP_KERNEL);
		assert_int_equal(cache.size, 4096);
		power_off();
	}
}

/* A block from the reserves is not used twice. */
static void page24_reserves_are_not_recycled(void **state)
{
	void *f = NULL;

	(void)state;
	boot_empty(KMC_PROFILE_6_18_44);
	while (alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, 3))
		;
	while (alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, 0))
		;
	page_frag_cache_init(&cache);
	for (int i = 0; i < 2 && !page_frag_cache_is_pfmemalloc(&cache); i++) {
		page_frag_cache_drain(&cache);
		f = page_frag_alloc(&cache, 4096, GFP_KERNEL | __GFP_MEMALLOC);
		assert_non_null(f);
		if (!page_frag_cache_is_pfmemalloc(&cache))
			page_frag_free(f);
	}
	assert_true(page_frag_cache_is_pfmemalloc(&cache));
	page_frag_free(f);
	tp_listen(KMC_TP_MM_PAGE_FREE);
	f = page_frag_alloc(&cache, 4096, GFP_KERNEL | __GFP_MEMALLOC);
	assert_non_null(f);
	assert_int_equal(tp_count, 1);
	power_off();
}

/* The machine's own caches are part of its state. */
static void test_caches_of_the_machine(void **state)
{
	uint64_t boot, hash;
	int snapshot;
	void *f;

	(void)state;
	boot_empty(KMC_PROFILE_6_18_44);
	boot = kmc_sim_hash(sim);
	f = page_frag_alloc(kmc_sim_page_frag_cache(), 100, GFP_KERNEL);
	hash = kmc_sim_hash(sim);
	snapshot = kmc_sim_snapshot(sim);
	assert_non_null(page_frag_alloc(kmc_sim_page_frag_cache(), 100, GFP_KERNEL));
	assert_int_not_equal(kmc_sim_hash(sim), hash);
	kmc_sim_restore(sim, snapshot);
	assert_int_equal(kmc_sim_hash(sim), hash);
	page_frag_free(f);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_hash(sim), boot);
	assert_null(kmc_sim_page_frag_cache()->page);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page24_aligned_apart_and_freed),
		cmocka_unit_test(page24_direction),
		cmocka_unit_test(page24_recycling),
		cmocka_unit_test(page23_a_page_always_fits),
		cmocka_unit_test(page25_how_a_block_is_asked_for),
		cmocka_unit_test(page24_reserves_are_not_recycled),
		cmocka_unit_test(test_caches_of_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
