/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Isolation and contiguous ranges: MIG-8, MIG-9, BUD-3, PAGE-26..31, SCP-11. */
#include "movable_fixture.h"
#include "isolate.h"
#include "linux/sched/mm.h"

static unsigned int type_at(uint64_t pfn)
{
	return get_pageblock_migratetype(sim, pfn);
}

static int take(uint64_t start, uint64_t end)
{
	return alloc_contig_range(start, end, ACR_FLAGS_NONE, GFP_KERNEL);
}

/* Isolated: handed out to nobody, counted nowhere, and what is freed there stays. */
static void mig8_isolated_pageblocks_serve_nobody(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct zone *zone;
		struct page *page, *inside;
		unsigned int nr = 0;

		boot_one_zone(p, 8192);
		zone = &sim->page->zones[0];
		inside = alloc_pages(MOV, 4);
		assert_int_equal(page_to_pfn(inside), 4096);
		assert_int_equal(set_migratetype_isolate(sim, zone, 4096, false), 0);
		assert_int_equal(set_migratetype_isolate(sim, zone, 4096, false), -EBUSY);
		assert_int_equal(zone_info(0).nr_free, 8192 - 512);
		__free_pages(inside, 4);
		assert_int_equal(zone_info(0).nr_free, 8192 - 512);
		kmc_sim_check(sim);
		while ((page = alloc_pages(MOV | __GFP_MEMALLOC, 3))) {
			assert_true(page_to_pfn(page) >= 4096 + 512);
			nr += 8;
		}
		assert_int_equal(nr, 8192 - 512);
		unset_migratetype_isolate(sim, zone, 4096, MIGRATE_MOVABLE);
		assert_int_equal(zone_info(0).nr_free, 512);
		assert_int_equal(page_to_pfn(alloc_pages(MOV | __GFP_MEMALLOC, 9)), 4096);
		kmc_sim_check(sim);
		power_off();
	}
}

/* A free block over two pageblocks is cut, and whole again when both are of one type. */
static void mig8_large_blocks_are_cut_and_mended(void **state)
{
	struct zone *zone;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 8192);
	zone = &sim->page->zones[0];
	assert_int_equal(zone_info(0).free_blocks[10], 8);
	set_migratetype_isolate(sim, zone, 4096 + 512, false);
	assert_int_equal(zone_info(0).free_blocks[10], 7);
	assert_int_equal(zone_info(0).free_blocks[9], 2);
	kmc_sim_check(sim);
	set_migratetype_isolate(sim, zone, 4096, false); /* both: one isolated block */
	assert_int_equal(zone_info(0).free_blocks[10], 8);
	kmc_sim_check(sim);
	unset_migratetype_isolate(sim, zone, 4096, MIGRATE_MOVABLE);
	kmc_sim_check(sim);
	unset_migratetype_isolate(sim, zone, 4096 + 512, MIGRATE_MOVABLE);
	assert_int_equal(zone_info(0).free_blocks[10], 8);
	kmc_sim_check(sim);
	power_off();
}

/* From 6.18 on the former type comes back by itself; before, who undoes names it. */
static void mig9_the_former_type(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct zone *zone;

		boot_one_zone(p, 8192);
		zone = &sim->page->zones[0];
		move_freepages_block(sim, zone, 4096, MIGRATE_RECLAIMABLE);
		set_migratetype_isolate(sim, zone, 4096, false);
		unset_migratetype_isolate(sim, zone, 4096, MIGRATE_MOVABLE);
		assert_int_equal(type_at(4096), p >= KMC_PROFILE_6_18_44 ? MIGRATE_RECLAIMABLE
									 : MIGRATE_MOVABLE);
		power_off();
	}
}

/* BUD-3: a freed block does not merge over a border to a reserved type. */
static void bud3_no_merge_over_reserved_borders(void **state)
{
	static const unsigned int types[] = { MIGRATE_HIGHATOMIC, MIGRATE_CMA, MIGRATE_ISOLATE };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		for (int i = 0; i < 3; i++) {
			struct page *page;

			boot_one_zone(p, 8192);
			page = alloc_pages(MOV, 9);
			kmc_lock_take(&sim->page->zones[0].lock);
			buddy_touch(sim, &sim->page->zones[0]);
			move_freepages_block(sim, &sim->page->zones[0], page_to_pfn(page) ^ 512,
					     types[i]);
			if (types[i] == MIGRATE_HIGHATOMIC)
				sim->page->zones[0].nr_reserved_highatomic = 512;
			kmc_lock_drop(&sim->page->zones[0].lock);
			__free_pages(page, 9);
			kmc_sim_check(sim);
			assert_int_equal(zone_info(0).free_blocks[9], 2);
			assert_int_equal(type_at(page_to_pfn(page)), MIGRATE_MOVABLE);
			assert_int_equal(type_at(page_to_pfn(page) ^ 512), types[i]);
			power_off();
		}
	}
}

/* BUD-4, BUD-6: two types merge to one; from 6.10 on the pageblocks say so. */
static void bud4_bud6_types_of_merged_pageblocks(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		struct zone *zone;
		struct page *page;

		boot_one_zone(p, 8192);
		zone = &sim->page->zones[0];
		page = alloc_pages(MOV, 9);
		assert_int_equal(page_to_pfn(page), 4096);
		buddy_touch(sim, zone);
		move_freepages_block(sim, zone, 4096 + 512, MIGRATE_RECLAIMABLE);
		__free_pages(page, 9);
		assert_int_equal(zone_info(0).free_blocks[10], 8);
		assert_int_equal(zone->free_area[10].list[MIGRATE_RECLAIMABLE].head, 0);
		assert_int_equal(type_at(4096 + 512), p >= KMC_PROFILE_6_12_117 ?
				 MIGRATE_MOVABLE : MIGRATE_RECLAIMABLE);
		kmc_sim_check(sim);
		power_off();
	}
}

/* Exactly the range, whatever its borders, from a free zone. */
static void page26_exactly_the_range(void **state)
{
	static const unsigned int ranges[][2] = {
		{ 0, 512 }, { 0, 8192 }, { 1, 2 }, { 511, 513 }, { 100, 3000 }, { 8191, 8192 },
		{ 1024, 2048 }, { 1000, 1024 }, { 512, 513 },
	};

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, 8192);
		for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
			uint64_t start = 4096 + ranges[i][0], end = 4096 + ranges[i][1];

			assert_int_equal(take(start, end), 0);
			kmc_sim_check(sim);
			assert_int_equal(zone_info(0).nr_free, 8192 - (end - start));
			for (uint64_t pfn = start; pfn < end; pfn++) {
				assert_int_equal(page_ref_count(pfn_to_page(pfn)), 1);
				*(uint64_t *)page_address(pfn_to_page(pfn)) = pfn;
			}
			assert_int_equal(take(start, end), -EBUSY);
			kmc_sim_check(sim);
			if (i & 1)
				for (uint64_t pfn = start; pfn < end; pfn++)
					__free_page(pfn_to_page(pfn));
			else
				free_contig_range(start, end - start);
			kmc_page_flush_cpu(sim, kmc_this_cpu);
			kmc_sim_check(sim);
			assert_int_equal(zone_info(0).free_blocks[10], 8);
		}
		assert_int_equal(take(4095, 4100), -EINVAL); /* no zone there */
		assert_int_equal(take(4100, 4100), -EINVAL);
		assert_int_equal(take(12288 - 1, 12288 + 1), -EINVAL);
		power_off();
	}
}

/* Movable pages in the way move, with their contents; those beside the range do not. */
static void page26_movable_pages_make_room(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		uint64_t free;

		boot_holder(p, 8192);
		checkerboard(3);
		free = zone_info(0).nr_free;
		assert_int_equal(take(4096 + 700, 4096 + 1900), 0);
		assert_in_range(nr_moved, 400, 401);
		assert_int_equal(zone_info(0).nr_free, free - 1200);
		kmc_sim_check(sim);
		free_contig_range(4096 + 700, 1200);
		let_all_go();
		assert_int_equal(zone_info(0).nr_free, 8192);
		power_off();
	}
}

/* A compound block over the range's border moves whole. */
static void page26_blocks_over_the_border(void **state)
{
	struct page *page;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	page = alloc_pages(MOV | __GFP_COMP, 10);
	hold(page);
	assert_int_equal(take(page_to_pfn(page) + 500, page_to_pfn(page) + 600), 0);
	assert_int_equal(nr_moved, 1);
	kmc_sim_check(sim);
	assert_int_equal(take(page_to_pfn(page) + 1000, page_to_pfn(page) + 1024), 0);
	let_all_go();
	power_off();
}

/* Whatever stops it: types, lists and counts are as before. */
static void fails_without_a_trace(enum kmc_profile profile, int why)
{
	struct kmc_zone_info before, after;
	struct page *page;
	int err = -EBUSY;

	boot_holder(profile, 4096);
	checkerboard(3);
	page = pfn_to_page(4096 + 515);
	assert_non_null(held_by_page(page));
	before = zone_info(0);
	switch (why) {
	case 0: /* pinned */
		get_page(page);
		break;
	case 1:
		refuse = true;
		break;
	case 2: /* fatal signal */
		kmc_sim_task_flags(KMC_PF_EXITING, KMC_PF_EXITING);
		err = -EINTR;
		break;
	case 3: /* the third place for what moves fails */
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 3, 0);
		err = -ENOMEM;
		break;
	case 4: /* not movable */
		kmc_sim_movable_del(page);
		break;
	}
	assert_int_equal(take(4096 + 300, 4096 + 1500), err);
	kmc_sim_check(sim);
	drain();
	kmc_sim_check(sim);
	after = zone_info(0);
	assert_int_equal(after.nr_free, before.nr_free);
	assert_int_equal(after.managed, before.managed);
	for (uint64_t pfn = 4096; pfn < 8192; pfn += 512)
		assert_int_equal(type_at(pfn), MIGRATE_MOVABLE);
	if (why == 0)
		put_page(page);
	kmc_sim_task_flags(KMC_PF_EXITING, 0);
	refuse = false;
	if (why == 4)
		assert_true(kmc_sim_movable_add(page));
	assert_int_equal(take(4096 + 300, 4096 + 1500), 0);
	let_all_go();
	power_off();
}

static void page27_nothing_is_lost_on_failure(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)
		for (int why = 0; why < 5; why++)
			fails_without_a_trace(p, why);
}

/* 6.18 refuses flags that a range cannot keep; placement is ignored; before, none was looked at. */
static void page28_flags(void **state)
{
	static const gfp_t good[] = { GFP_KERNEL, 0, GFP_NOIO, GFP_NOFS, GFP_HIGHUSER_MOVABLE,
				      GFP_KERNEL | __GFP_DMA32, GFP_KERNEL | __GFP_THISNODE,
				      GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL,
				      GFP_KERNEL | __GFP_ZERO | __GFP_ZEROTAGS,
				      GFP_KERNEL | __GFP_WRITE | __GFP_RECLAIMABLE };
	static const gfp_t bad[] = { __GFP_NORETRY, __GFP_NOFAIL, __GFP_MEMALLOC, __GFP_HIGH,
				     __GFP_ACCOUNT, __GFP_NOMEMALLOC };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, 4096);
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			assert_int_equal(alloc_contig_range(4096, 4200, 0, good[i]), 0);
			free_contig_range(4096, 104);
		}
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			int err = alloc_contig_range(4096, 4200, 0, GFP_KERNEL | bad[i]);

			assert_int_equal(err, p >= KMC_PROFILE_6_18_44 ? -EINVAL : 0);
			if (!err)
				free_contig_range(4096, 104);
		}
		kmc_sim_check(sim);
		power_off();
	}
}

/* Zone bits say nothing of the places of what moves (GFP-24 would be broken by them). */
static void page28_zone_bits_do_not_reach_migration(void **state)
{
	static const gfp_t zones[] = { __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		for (int i = 0; i < 3; i++) {
			uint64_t pfn;

			boot_holder(p, 4096);
			hold(alloc_pages(MOV, 0));
			pfn = page_to_pfn(held[0].page);
			tp_listen(KMC_TP_MM_PAGE_ALLOC);
			assert_int_equal(alloc_contig_range(pfn, pfn + 1, 0, GFP_KERNEL | zones[i]),
					 0);
			assert_int_equal(tp_count, 1);
			assert_int_equal(tp_seen[0].gfp & GFP_ZONEMASK,
					 __GFP_HIGHMEM | __GFP_MOVABLE);
			let_all_go();
			power_off();
		}
	}
}

/* GFP-20: from 6.18 on __GFP_ZERO clears the range. */
static void page28_zero(void **state)
{
	uint64_t *word;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 4096);
	assert_int_equal(take(4096, 4104), 0);
	memset(page_address(pfn_to_page(4096)), 0xff, 8 * PAGE_SIZE);
	free_contig_range(4096, 8);
	assert_int_equal(alloc_contig_range(4096, 4104, 0, GFP_KERNEL | __GFP_ZERO), 0);
	word = page_address(pfn_to_page(4096));
	for (size_t i = 0; i < 8 * PAGE_SIZE / 8; i++)
		assert_int_equal(word[i], 0);
	power_off();
}

/* COMP: a power of two that the buddy could have had; from 6.10 on. */
static void page29_compound_ranges(void **state)
{
	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		bool checked = p >= KMC_PROFILE_6_12_117;
		gfp_t gfp = GFP_KERNEL | __GFP_COMP;

		boot_one_zone(p, 4096);
		assert_int_equal(alloc_contig_range(4096, 4096 + 1024, 0, gfp), 0);
		assert_int_equal(compound_order(pfn_to_page(4096)), checked ? 10 : 0);
		kmc_sim_check(sim);
		free_contig_range(4096, 1024);
		assert_int_equal(alloc_contig_range(4096, 4096 + 300, 0, gfp),
				 checked ? -EINVAL : 0); /* no power of two */
		kmc_sim_check(sim);
		if (!checked)
			free_contig_range(4096, 300);
		assert_int_equal(alloc_contig_range(4096, 4096 + 256, 0, gfp),
				 checked ? -EINVAL : 0); /* inside a larger block */
		kmc_sim_check(sim);
		if (!checked)
			free_contig_range(4096, 256);
		drain();
		assert_int_equal(zone_info(0).nr_free, 4096);
		power_off();
	}
}

/* COMP: a range larger than any block of the buddy is one compound block, freed as one. */
static void page29_larger_than_any_block(void **state)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_COMP | __GFP_ZERO;

	(void)state;
	for (enum kmc_profile p = KMC_PROFILE_6_12_117; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, 16384);
		for (unsigned int order = 11; order <= 13; order++) {
			struct page *page;

			/* what bounds it are the buddy's blocks: no alignment to its own size */
			assert_int_equal(alloc_contig_range(5120, 5120 + (1ul << order), 0, gfp),
					 0);
			page = pfn_to_page(5120);
			assert_int_equal(compound_order(page), order);
			assert_ptr_equal(compound_head(page + (1u << order) - 1), page);
			assert_ptr_equal(kmc_page_head(sim, page + 1024), page);
			kmc_sim_check(sim);
			memset(page_address(page), 0x5a, PAGE_SIZE << order);
			if (order & 1)
				free_contig_range(5120, 1ul << order);
			else
				folio_put((struct folio *)page);
			kmc_sim_check(sim);
			assert_int_equal(zone_info(0).nr_free, 16384);
		}
		/* begins inside a block of one pageblock: the head of it would be left over */
		assert_int_equal(alloc_contig_range(4864, 4864 + 2048, 0, gfp), -EINVAL);
		kmc_sim_check(sim);
		assert_int_equal(zone_info(0).nr_free, 16384);
		power_off();
	}
}

/* PAGE-29: between blocks in use a range may begin where no block does; it goes back in parts. */
static void page29_page2_ranges_between_blocks(void **state)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_COMP;

	(void)state;
	for (enum kmc_profile p = KMC_PROFILE_6_12_117; p < KMC_NR_PROFILES; p++) {
		boot_one_zone(p, 4096);
		assert_int_equal(take(4096, 4104), 0);
		free_contig_range(4098, 4);
		assert_int_equal(alloc_contig_range(4098, 4102, 0, gfp), 0);
		assert_int_equal(compound_order(pfn_to_page(4098)), 2);
		kmc_sim_check(sim);
		free_contig_range(4098, 4);
		kmc_sim_check(sim);
		for (unsigned int i = 0; i < 300; i++)
			assert_int_equal(page_to_pfn(alloc_pages(GFP_KERNEL, 2)) % 4, 0);
		/* the same above a pageblock: 6656 is no multiple of 1024 */
		drain();
		assert_int_equal(alloc_contig_range(6656, 6656 + 1024, 0, gfp), 0);
		kmc_sim_check(sim);
		folio_put((struct folio *)pfn_to_page(6656));
		kmc_sim_check(sim);
		power_off();
	}
}

/* PAGE-29: references of its parts are the block's, a snapshot has all of its contents. */
static void page29_large_block_in_use(void **state)
{
	struct page *page;
	int snapshot;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	page = alloc_contig_pages(4096, GFP_KERNEL | __GFP_COMP, 0, NULL);
	assert_non_null(page);
	assert_int_equal(page_to_pfn(page) % 4096, 0);
	memset(page_address(page), 0x11, PAGE_SIZE << 12);
	get_page(page + 3000);
	assert_int_equal(page_count(page), 2);
	snapshot = kmc_sim_snapshot(sim);
	assert_true(snapshot >= 0);
	put_page(page + 4095);
	put_page(page);
	assert_int_equal(zone_info(0).nr_free, 16384);
	assert_int_equal(kmc_sim_restore(sim, snapshot), 0);
	assert_int_equal(page_count(page), 2);
	assert_int_equal(*((uint8_t *)page_address(page) + (PAGE_SIZE << 12) - 1), 0x11);
	put_page(page + 1);
	put_page(page);
	kmc_sim_check(sim);
	power_off();
}

/* Powers of two are aligned to themselves; any count will do; NULL when there is no room. */
static void page30_contig_pages(void **state)
{
	static const unsigned int counts[] = { 1, 2, 3, 64, 100, 513, 1024, 2048, 3000 };

	(void)state;
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		boot_holder(p, 8192);
		hold(alloc_pages(MOV, 0));
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			unsigned int n = counts[i];
			struct page *page = alloc_contig_pages(n, GFP_KERNEL, 0, NULL);

			assert_non_null(page);
			if (!(n & (n - 1)))
				assert_int_equal(page_to_pfn(page) % n, 0);
			kmc_sim_check(sim);
			free_contig_range(page_to_pfn(page), n);
		}
		assert_null(alloc_contig_pages(8192, GFP_KERNEL, 0, NULL));
		assert_null(alloc_contig_pages(0, GFP_KERNEL, 0, NULL));
		kmc_sim_check(sim);
		let_all_go();
		assert_int_equal(zone_info(0).nr_free, 8192);
		power_off();
	}
}

static void page31_a_referenced_page_is_warned_of(void **state)
{
	struct page *page;

	(void)state;
	boot_one_zone(KMC_PROFILE_6_18_44, 4096);
	assert_int_equal(take(4096, 4100), 0);
	page = pfn_to_page(4098);
	get_page(page);
	tp_listen(KMC_TP_WARN);
	free_contig_range(4096, 4);
	assert_int_equal(tp_count, 1);
	assert_int_equal(page_ref_count(page), 1);
	put_page(page);
	assert_int_equal(take(4096, 4100), 0);
	free_contig_range(4096, 4);
	assert_int_equal(tp_count, 1);
	power_off();
}

/* SCP-11: what moves is moved by the scope's leave. */
static void scp11_scopes_reach_migration(void **state)
{
	unsigned int token;

	(void)state;
	boot_holder(KMC_PROFILE_6_18_44, 8192);
	hold(alloc_pages(MOV, 0));
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	token = memalloc_noio_save();
	assert_int_equal(take(page_to_pfn(held[0].page), page_to_pfn(held[0].page) + 1), 0);
	memalloc_noio_restore(token);
	assert_int_equal(nr_moved, 1);
	assert_int_equal(tp_count, 1); /* the place for what moves; the range itself has none */
	assert_int_equal(tp_seen[0].gfp & (__GFP_IO | __GFP_FS), 0);
	let_all_go();
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mig8_isolated_pageblocks_serve_nobody),
		cmocka_unit_test(mig8_large_blocks_are_cut_and_mended),
		cmocka_unit_test(mig9_the_former_type),
		cmocka_unit_test(bud3_no_merge_over_reserved_borders),
		cmocka_unit_test(bud4_bud6_types_of_merged_pageblocks),
		cmocka_unit_test(page26_exactly_the_range),
		cmocka_unit_test(page26_movable_pages_make_room),
		cmocka_unit_test(page26_blocks_over_the_border),
		cmocka_unit_test(page27_nothing_is_lost_on_failure),
		cmocka_unit_test(page28_flags),
		cmocka_unit_test(page28_zone_bits_do_not_reach_migration),
		cmocka_unit_test(page28_zero),
		cmocka_unit_test(page29_compound_ranges),
		cmocka_unit_test(page29_larger_than_any_block),
		cmocka_unit_test(page29_large_block_in_use),
		cmocka_unit_test(page29_page2_ranges_between_blocks),
		cmocka_unit_test(page30_contig_pages),
		cmocka_unit_test(page31_a_referenced_page_is_warned_of),
		cmocka_unit_test(scp11_scopes_reach_migration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
