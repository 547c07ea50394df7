/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contiguous memory areas: CMA-1..15, RSV-8, ZON-6, I-3, I-15. */
#include "movable_fixture.h"
#include "alloc/areas.h"
#include "linux/cma.h"
#include "linux/memblock.h"

#define PB     (512 * PAGE_SIZE)
#define AT(pb) ((phys_addr_t)4096 * PAGE_SIZE + (pb) * PB)

static struct kmc_cma_info info_of(const struct cma *cma)
{
	struct kmc_cma_info info;

	kmc_sim_cma_info(cma, &info);
	return info;
}

static struct cma *declare_at(unsigned int pb, unsigned int nr_pb, unsigned int order_per_bit)
{
	struct cma *cma = NULL;

	assert_int_equal(cma_declare_contiguous(AT(pb), nr_pb * PB, 0, 0, order_per_bit, true,
						"test", &cma), 0);
	kmc_sim_check(sim);
	return cma;
}

/* Every frame in use by movable pages, those of areas too. */
static void fill_zone(void)
{
	struct page *page;

	while ((page = alloc_pages(MOV | __GFP_MEMALLOC | __GFP_NOWARN, 0)))
		hold(page);
}

/* Base, size, and that the memory is reserved already. */
static void cma1_init_reserved_mem(void **state)
{
	struct cma *cma;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	assert_int_equal(cma_init_reserved_mem(AT(2), 2 * PB, 0, "a", &cma), -EINVAL);
	assert_int_equal(memblock_reserve(AT(2), 4 * PB), 0);
	assert_true(memblock_is_region_reserved(AT(5), PB));
	assert_false(memblock_is_region_reserved(AT(6), PB));
	assert_int_equal(cma_init_reserved_mem(AT(2), 0, 0, "a", &cma), -EINVAL);
	assert_int_equal(cma_init_reserved_mem(AT(2) + PAGE_SIZE, 2 * PB, 0, "a", &cma), -EINVAL);
	assert_int_equal(cma_init_reserved_mem(AT(2), 2 * PB + PAGE_SIZE, 0, "a", &cma), -EINVAL);
	assert_int_equal(cma_init_reserved_mem(AT(2), 2 * PB, 10, "a", &cma), -EINVAL);
	assert_int_equal(cma_init_reserved_mem(AT(1), 2 * PB, 0, "a", &cma), -EINVAL);
	assert_int_equal(cma_init_reserved_mem(AT(2), 2 * PB, 9, "a", &cma), 0);
	assert_int_equal(cma_get_base(cma), AT(2));
	assert_int_equal(cma_get_size(cma), 2 * PB);
	assert_string_equal(cma_get_name(cma), "a");
	kmc_sim_check(sim);
	power_off();
}

/* ZON-6: reserved frames are not managed; freed they are. */
static void zon6_managed_changes_with_reservation(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	assert_int_equal(memblock_reserve(AT(1) + PAGE_SIZE, 3 * PAGE_SIZE), 0);
	assert_int_equal(zone_info(0).managed, 8192 - 3);
	assert_int_equal(zone_info(0).present, 8192);
	assert_int_equal(zone_info(0).nr_free, 8192 - 3);
	kmc_sim_check(sim);
	assert_int_equal(memblock_reserve(AT(1), PB), -EBUSY);
	assert_int_equal(memblock_reserve(0, PAGE_SIZE), -EBUSY);
	kmc_sim_check(sim);
	assert_int_equal(memblock_phys_free(AT(1), PB), -EINVAL);
	assert_int_equal(memblock_phys_free(AT(1) + PAGE_SIZE, 3 * PAGE_SIZE), 0);
	assert_int_equal(zone_info(0).managed, 8192);
	assert_int_equal(zone_info(0).free_blocks[10], 8);
	kmc_sim_check(sim);
	power_off();
}

static void cma2_number_of_areas(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct cma *cma;

		boot_one_zone(p, 16384);
		for (unsigned int i = 0; i < 8; i++)
			declare_at(i, 1, 0);
		assert_int_equal(cma_declare_contiguous(0, PB, 0, 0, 0, false, "n", &cma), -ENOSPC);
		assert_int_equal(memblock_reserve(AT(20), PB), 0);
		assert_int_equal(cma_init_reserved_mem(AT(20), PB, 0, "n", &cma), -ENOSPC);
		kmc_sim_check(sim);
		power_off();
	}
}

/* Over two zones: the area is of no use, its pages are the buddy's. */
static void cma3_one_zone_only(void **state)
{
	struct kmc_sim_config c = {
		.nr_cpus = 1, .nr_nodes = 1, .nr_zones = 2, .profile = KMC_PROFILE_6_18_44,
		.zones = { { .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 4096 },
			   { .type = KMC_ZONE_NORMAL, .start_pfn = 8192, .nr_pages = 4096 } },
	};
	struct cma *cma;

	(void)state;
	boot_config(&c);
	assert_int_equal(cma_declare_contiguous(AT(7), 2 * PB, 0, 0, 0, true, "z", &cma), 0);
	assert_int_equal(info_of(cma).count, 0);
	assert_null(cma_alloc(cma, 1, 0, true));
	assert_int_equal(zone_info(0).managed, 4096);
	assert_int_equal(zone_info(1).managed, 4096);
	assert_int_equal(zone_info(0).nr_free + zone_info(1).nr_free, 8192);
	assert_int_equal(sim->page->zones[0].nr_free_cma, 0);
	kmc_sim_check(sim);
	power_off();
}

static int declare(phys_addr_t base, phys_addr_t size, phys_addr_t limit, phys_addr_t align,
		   unsigned int order_per_bit, bool fixed)
{
	struct cma *cma;
	int err = cma_declare_contiguous(base, size, limit, align, order_per_bit, fixed, "d", &cma);

	kmc_sim_check(sim);
	if (!err) {
		assert_int_equal(cma_get_base(cma) % (align > PB ? align : PB), 0);
		assert_true(!limit || cma_get_base(cma) + cma_get_size(cma) <= limit);
		assert_true(cma_get_base(cma) >= base);
	}
	kmc_sim_reset(sim);
	return err;
}

static void cma4_arguments(void **state)
{
	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192); /* AT(0) .. AT(16) */
	assert_int_equal(declare(0, 0, 0, 0, 0, false), -EINVAL);
	assert_int_equal(declare(0, PB, 0, 3 * PB, 0, false), -EINVAL);
	assert_int_equal(declare(0, PB, 0, PAGE_SIZE, 0, false), 0);
	assert_int_equal(declare(0, PB, 0, 4 * PB, 0, false), 0);
	assert_int_equal(declare(AT(1) + PAGE_SIZE, PB, 0, 0, 0, true), -EINVAL);
	assert_int_equal(declare(AT(1) + PAGE_SIZE, PB, 0, 0, 0, false), 0);
	assert_int_equal(declare(AT(1), PB, 0, 4 * PB, 0, true), -EINVAL);
	assert_int_equal(declare(0, PB, 0, 0, 9, false), 0);
	assert_int_equal(declare(0, PB, 0, 0, 10, false), -EINVAL);
	assert_int_equal(declare(0, 2 * PB, 0, 0, 10, false), -EINVAL); /* more than a pageblock a bit */
	assert_int_equal(declare(AT(15), PB, 0, 0, 0, true), 0);
	assert_int_equal(declare(AT(15), 2 * PB, 0, 0, 0, true), -EINVAL); /* beyond the memory */
	assert_int_equal(declare(AT(3), 2 * PB, AT(4), 0, 0, true), -EINVAL);
	assert_int_equal(declare(0, 2 * PB, AT(4), 0, 0, false), 0);
	assert_int_equal(declare(0, 17 * PB, 0, 0, 0, false), -ENOMEM);
	assert_non_null(alloc_pages(GFP_KERNEL, 0)); /* at AT(0) */
	assert_int_equal(declare(AT(0), PB, 0, 0, 0, true), -EBUSY);
	power_off();
}

/* Not over the border of low and high memory. */
static void cma4_low_and_high_memory(void **state)
{
	struct kmc_sim_config c = {
		.nr_cpus = 1, .nr_nodes = 1, .nr_zones = 2, .profile = KMC_PROFILE_6_18_44,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = 4096 },
			   { .type = KMC_ZONE_HIGHMEM, .start_pfn = 8192, .nr_pages = 4096 } },
	};

	(void)state;
	boot_config(&c);
	assert_int_equal(declare(AT(7), 2 * PB, 0, 0, 0, true), -EINVAL);
	assert_int_equal(declare(AT(6), 2 * PB, 0, 0, 0, true), 0);
	assert_int_equal(declare(AT(8), 2 * PB, 0, 0, 0, true), 0);
	power_off();
}

/* A run of pages at a multiple of 2^align, whatever the base's own alignment. */
static void cma5_aligned_runs(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		for (unsigned int opb = 0; opb <= 4; opb += 2) {
			struct cma *cma;

			boot_one_zone(p, 16384);
			cma = declare_at(1, 5, opb); /* base: 2^9 times an odd number */
			for (unsigned int align = 0; align <= 11; align++) {
				struct page *page = cma_alloc(cma, 3, align, true);

				assert_non_null(page);
				assert_int_equal(page_to_pfn(page) % (1u << align), 0);
				for (int i = 0; i < 3; i++) {
					assert_int_equal(page_ref_count(page + i), 1);
					memset(page_address(page + i), 1, PAGE_SIZE);
				}
				kmc_sim_check(sim);
				assert_true(align < 9 || cma_release(cma, page, 3));
			}
			assert_null(cma_alloc(cma, 1, 13, true));
			kmc_sim_check(sim);
			power_off();
		}
	}
}

static void cma6_nothing_to_give(void **state)
{
	struct cma *cma;
	uint64_t hash;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	cma = declare_at(1, 2, 0);
	hash = kmc_sim_hash(sim);
	assert_null(cma_alloc(NULL, 1, 0, false));
	assert_null(cma_alloc(cma, 0, 0, false));
	assert_null(cma_alloc(cma, 1025, 0, false));
	assert_int_equal(kmc_sim_hash(sim), hash);
	assert_non_null(cma_alloc(cma, 1024, 0, false));
	assert_null(cma_alloc(cma, 1, 0, true));
	power_off();
}

/* First fit; a busy place is passed over by one aligned slot, not more. */
static void cma7_first_fit_and_busy_places(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct page *a, *b, *pin;
		struct cma *cma;

		boot_holder(p, 8192);
		cma = declare_at(1, 2, 0);
		a = cma_alloc(cma, 4, 0, true);
		b = cma_alloc(cma, 4, 0, true);
		assert_int_equal(page_to_pfn(a), AT(1) >> PAGE_SHIFT);
		assert_ptr_equal(b, a + 4);
		assert_true(cma_release(cma, a, 4));
		assert_ptr_equal(cma_alloc(cma, 2, 0, true), a);
		assert_ptr_equal(cma_alloc(cma, 4, 2, true), b + 4);
		assert_ptr_equal(cma_alloc(cma, 2, 0, true), a + 2);
		/* all else is lent out, one page of it pinned */
		fill_zone();
		pin = a + 13;
		assert_non_null(held_by_page(pin));
		get_page(pin);
		tp_listen(KMC_TP_CMA_ALLOC_BUSY_RETRY);
		for (unsigned int i = 0; i < HELD; i++)
			if (held[i].page && held[i].page < pfn_to_page(AT(1) >> PAGE_SHIFT))
				let_go(&held[i]);
		assert_ptr_equal(cma_alloc(cma, 4, 2, true), a + 16); /* not 12 .. 15 */
		assert_int_equal(tp_count, 1);
		assert_int_equal(tp_seen[0].pfn, page_to_pfn(a + 12));
		assert_ptr_equal(held_by_page(pin)->page, pin);
		kmc_sim_check(sim);
		put_page(pin);
		assert_ptr_equal(cma_alloc(cma, 4, 2, true), a + 12);
		let_all_go();
		power_off();
	}
}

/* Whatever stops an attempt, its bits are clear again. */
static void cma8_a_failure_clears_its_bits(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		for (int why = 0; why < 3; why++) {
			struct cma *cma;

			boot_holder(p, 8192);
			cma = declare_at(1, 2, 1);
			fill_zone();
			if (why == 0)
				refuse = true; /* -EBUSY */
			else if (why == 1)
				kmc_sim_task_flags(KMC_PF_EXITING, KMC_PF_EXITING);
			/* else there is no place for what would have to move: -ENOMEM */
			tp_listen(KMC_TP_CMA_ALLOC_FINISH);
			assert_null(cma_alloc(cma, 64, 0, true));
			assert_int_equal(tp_count, 1);
			assert_int_equal(tp_seen[0].bytes_alloc, why == 0   ? EBUSY :
								 why == 1 ? EINTR :
									    ENOMEM);
			assert_int_equal(info_of(cma).bits_set, 0);
			assert_int_equal(info_of(cma).available, 1024);
			assert_int_equal(info_of(cma).failed, 64);
			kmc_sim_task_flags(KMC_PF_EXITING, 0);
			refuse = false;
			kmc_sim_check(sim);
			let_all_go();
			assert_non_null(cma_alloc(cma, 1024, 0, true));
			power_off();
		}
	}
}

static void cma9_release(void **state)
{
	struct page *page;
	struct cma *cma;
	uint64_t hash;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	cma = declare_at(1, 2, 0);
	page = cma_alloc(cma, 1024, 0, true);
	hash = kmc_sim_hash(sim);
	assert_false(cma_release(cma, page - 1, 1));
	assert_false(cma_release(cma, page + 1024, 1));
	assert_false(cma_release(cma, page + 1020, 5)); /* overruns the end */
	assert_false(cma_release(cma, NULL, 1));
	assert_false(cma_release(NULL, page, 1));
	assert_int_equal(kmc_sim_hash(sim), hash);
	assert_true(cma_release(cma, page + 1020, 4));
	assert_int_equal(info_of(cma).bits_set, 1020);
	assert_true(cma_release(cma, page, 1020));
	assert_int_equal(info_of(cma).bits_set, 0);
	kmc_sim_check(sim);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	assert_int_equal(sim->page->zones[0].nr_free_cma, 1024);
	power_off();
}

/* By whole bits: three pages of order_per_bit 2 are one bit, five are two. */
static void cma10_bits_are_rounded_up(void **state)
{
	(void)state;
	for (unsigned int opb = 0; opb <= 4; opb++) {
		for (unsigned int count = 1; count < 40; count += 3) {
			uint64_t bits = (count + (1u << opb) - 1) >> opb;
			struct page *page, *next;
			struct cma *cma;

			boot_one_zone(KMC_PROFILE_6_18_44, 8192);
			cma = declare_at(1, 1, opb);
			page = cma_alloc(cma, count, 0, true);
			assert_int_equal(info_of(cma).bits_set, bits << opb);
			next = cma_alloc(cma, 1, 0, true);
			assert_ptr_equal(next, page + (bits << opb));
			assert_true(cma_release(cma, page, count));
			assert_int_equal(info_of(cma).bits_set, 1u << opb);
			power_off();
		}
	}
}

/* Lent to movable requests only: the others fail with nothing but CMA pages free. */
static void cma11_rsv8_lent_to_movable_requests_only(void **state)
{
	static const gfp_t others[] = { GFP_KERNEL, GFP_ATOMIC, GFP_KERNEL | __GFP_RECLAIMABLE,
					GFP_KERNEL | __GFP_MEMALLOC };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		unsigned int lent = 0;
		struct page *page;

		boot_one_zone(p, 8192);
		declare_at(4, 4, 0);
		while ((page = alloc_pages(GFP_KERNEL | __GFP_MEMALLOC, 0)))
			assert_false(page_to_pfn(page) >= AT(4) >> PAGE_SHIFT &&
				     page_to_pfn(page) < AT(8) >> PAGE_SHIFT);
		assert_int_equal(zone_info(0).nr_free, 4 * 512);
		for (int i = 0; i < 4; i++)
			for (unsigned int order = 0; order < 5; order++)
				assert_null(alloc_pages(others[i] | __GFP_NOWARN, order));
		while ((page = alloc_pages(MOV | __GFP_NOWARN, 0)))
			lent++;
		assert_true(lent > 1000);
		kmc_sim_check(sim);
		power_off();
	}
}

/* First, while more than half of what is free is CMA's; as the last resort, else. */
static void cma11_half_rule(void **state)
{
	struct page *page;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	declare_at(0, 9, 0);
	page = alloc_pages(MOV, 4);
	assert_int_equal(get_pageblock_migratetype(sim, page_to_pfn(page)), MIGRATE_CMA);
	power_off();
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	declare_at(0, 8, 0); /* exactly half */
	page = alloc_pages(MOV, 4);
	assert_int_equal(get_pageblock_migratetype(sim, page_to_pfn(page)), MIGRATE_MOVABLE);
	power_off();
}

/* CMA pages rest on the movable per-cpu list, where only movable requests look. */
static void pcp4_cma11_on_the_lists(void **state)
{
	struct page *page;

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, 8192);
		declare_at(0, 9, 0);
		page = alloc_pages(MOV, 0);
		assert_int_equal(get_pageblock_migratetype(sim, page_to_pfn(page)), MIGRATE_CMA);
		__free_pages(page, 0);
		for (int i = 0; i < 100; i++) {
			struct page *other = alloc_pages(i & 1 ? GFP_KERNEL : GFP_ATOMIC, 0);

			assert_int_not_equal(get_pageblock_migratetype(sim, page_to_pfn(other)),
					     MIGRATE_CMA);
		}
		assert_ptr_equal(alloc_pages(MOV, 0), page);
		power_off();
	}
}

/* I-3, I-7: they count as managed and free. */
static void cma12_accounting(void **state)
{
	struct cma *cma;
	struct page *page;

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, 8192);
		cma = declare_at(4, 4, 0);
		assert_int_equal(zone_info(0).managed, 8192);
		assert_int_equal(zone_info(0).nr_free, 8192);
		assert_int_equal(sim->page->zones[0].nr_free_cma, 2048);
		page = cma_alloc(cma, 700, 0, true);
		assert_int_equal(zone_info(0).nr_free, 8192 - 700);
		assert_int_equal(sim->page->zones[0].nr_free_cma, 2048 - 700);
		assert_int_equal(zone_info(0).managed, 8192);
		cma_release(cma, page, 700);
		kmc_page_flush_cpu(sim, kmc_this_cpu);
		assert_int_equal(sim->page->zones[0].nr_free_cma, 2048);
		kmc_sim_check(sim);
		power_off();
	}
}

/* GFP_KERNEL, so a scope reaches what it moves. */
static void cma13_requests_are_gfp_kernel(void **state)
{
	struct cma *cma;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	cma = declare_at(0, 9, 0);
	hold(alloc_pages(MOV, 0));
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	assert_non_null(cma_alloc(cma, 9 * 512, 0, true));
	assert_int_equal(nr_moved, 1);
	assert_int_equal(tp_count, 1); /* TRC-1: nothing for the area's own pages */
	assert_int_equal(tp_seen[0].gfp & GFP_KERNEL, GFP_KERNEL);
	let_all_go();
	power_off();
}

/* Counters only grow, and say what happened. */
static void cma15_counters(void **state)
{
	struct kmc_cma_info i;
	struct page *page;
	struct cma *cma;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	cma = declare_at(4, 2, 0);
	page = cma_alloc(cma, 1000, 0, true);
	assert_null(cma_alloc(cma, 25, 0, true));
	i = info_of(cma);
	assert_int_equal(i.available, 24);
	assert_int_equal(i.succeeded, 1000);
	assert_int_equal(i.failed, 25);
	assert_int_equal(i.released, 0);
	assert_true(cma_release(cma, page, 1000));
	i = info_of(cma);
	assert_int_equal(i.available, 1024);
	assert_int_equal(i.succeeded, 1000);
	assert_int_equal(i.failed, 25);
	assert_int_equal(i.released, 1000);
	power_off();
}

/* Lent pages keep their contents when the area wants its place back. */
static void cma11_cpt6_lent_pages_survive(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		unsigned int given = 0;
		struct page *page;
		struct cma *cma;

		boot_holder(p, 8192);
		cma = declare_at(0, 8, 0);
		for (int i = 0; i < 3500; i++)
			hold(alloc_pages(MOV | __GFP_MEMALLOC, 0));
		while ((page = cma_alloc(cma, 100, 0, true))) {
			memset(page_address(page), 0xee, 100 * PAGE_SIZE);
			given += 100;
			kmc_sim_check(sim);
		}
		assert_int_equal(given, 4000);
		assert_true(nr_moved > 1000);
		let_all_go();
		power_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cma1_init_reserved_mem),
		cmocka_unit_test(zon6_managed_changes_with_reservation),
		cmocka_unit_test(cma2_number_of_areas),
		cmocka_unit_test(cma3_one_zone_only),
		cmocka_unit_test(cma4_arguments),
		cmocka_unit_test(cma4_low_and_high_memory),
		cmocka_unit_test(cma5_aligned_runs),
		cmocka_unit_test(cma6_nothing_to_give),
		cmocka_unit_test(cma7_first_fit_and_busy_places),
		cmocka_unit_test(cma8_a_failure_clears_its_bits),
		cmocka_unit_test(cma9_release),
		cmocka_unit_test(cma10_bits_are_rounded_up),
		cmocka_unit_test(cma11_rsv8_lent_to_movable_requests_only),
		cmocka_unit_test(cma11_half_rule),
		cmocka_unit_test(pcp4_cma11_on_the_lists),
		cmocka_unit_test(cma12_accounting),
		cmocka_unit_test(cma13_requests_are_gfp_kernel),
		cmocka_unit_test(cma15_counters),
		cmocka_unit_test(cma11_cpt6_lent_pages_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
