/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random courses over every call, order, flag, cpu, with a shadow that knows who
 * holds which frames. Laws: no two live blocks share a frame (PAGE-3), contents
 * stay (PAGE-35), a block is aligned (PAGE-2), the identities hold after each
 * stretch, and when all is freed the zone is as at boot but for list order.
 *
 * KMC_SEED=n repeats a run.
 */
#include "machine_fixture.h"

#define BLOCKS 300

struct block {
	struct page *page;
	unsigned int order;
	uint64_t stamp;
	bool exact;
	size_t bytes; /* exact */
};

static struct block blocks[BLOCKS];
static uint8_t owned[65536 + 4096]; /* by pfn: some block holds the frame */
static uint64_t stamps;

static uint64_t frames_of(const struct block *b)
{
	return b->exact ? (b->bytes + PAGE_SIZE - 1) / PAGE_SIZE : 1ull << b->order;
}

static uint64_t *word_of(const struct block *b, uint64_t frame)
{
	return (uint64_t *)((uint8_t *)page_address(b->page) + frame * PAGE_SIZE + 64);
}

static void own(struct block *b)
{
	uint64_t pfn = page_to_pfn(b->page);

	if (!b->exact)
		assert_int_equal(pfn % (1u << b->order), 0);
	b->stamp = ++stamps;
	for (uint64_t i = 0; i < frames_of(b); i++) {
		assert_false(owned[pfn + i]);
		owned[pfn + i] = 1;
		*word_of(b, i) = b->stamp + i;
	}
}

static void disown(struct block *b)
{
	uint64_t pfn = page_to_pfn(b->page);

	for (uint64_t i = 0; i < frames_of(b); i++) {
		assert_true(owned[pfn + i]);
		owned[pfn + i] = 0;
		assert_int_equal(*word_of(b, i), b->stamp + i);
	}
}

static void release(struct block *b)
{
	disown(b);
	if (b->exact) {
		free_pages_exact(page_address(b->page), b->bytes);
	} else if (rng_below(8) == 0) {
		get_page(b->page);
		__free_pages(b->page, b->order);
		put_page(b->page);
	} else if (rng_below(8) == 0 && !PageCompound(b->page)) {
		split_page(b->page, b->order);
		for (uint64_t i = frames_of(b); i-- > 0;)
			__free_pages(b->page + i, 0);
	} else {
		__free_pages(b->page, b->order);
	}
	b->page = NULL;
}

static void acquire(struct block *b)
{
	static const gfp_t flags[] = {
		GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_HIGHUSER_MOVABLE,
		GFP_KERNEL | __GFP_RECLAIMABLE, GFP_KERNEL | __GFP_COMP,
		GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_ZERO, GFP_KERNEL | __GFP_MEMALLOC,
	};
	gfp_t gfp = flags[rng_below(8)] | __GFP_NOWARN;

	b->exact = rng_below(10) == 0;
	if (b->exact) {
		void *p;

		b->bytes = 1 + rng_below(30 * PAGE_SIZE);
		p = alloc_pages_exact(b->bytes, gfp & ~__GFP_COMP);
		b->page = p ? virt_to_page(p) : NULL;
	} else {
		b->order = rng_below(4) ? rng_below(4) : rng_below(11);
		b->page = alloc_pages(gfp, b->order);
	}
	if (b->page)
		own(b);
}

static void course(unsigned int steps)
{
	for (unsigned int i = 0; i < steps; i++) {
		struct block *b = &blocks[rng_below(BLOCKS)];

		if (rng_below(16) == 0)
			kmc_sim_switch(sim, rng_below(2));
		if (rng_below(200) == 0) {
			kmc_page_flush_cpu(sim, kmc_this_cpu);
			kmc_flush_cpus(sim, FLUSH_PCP);
		}
		if (b->page)
			release(b);
		else
			acquire(b);
		if (i % 512 == 0)
			kmc_sim_check(sim);
	}
}

/* The reserve of high orders is given back, as it is before somebody is killed. */
static void end_reserve(void)
{
	struct alloc_context ac = { .sim = sim, .cpu = kmc_this_cpu, .migratetype = MIGRATE_MOVABLE };
	const struct zonelist *list = &sim->page->zonelists[0][0][KMC_ZONE_NORMAL];

	while (unreserve_highatomic_pageblock(&ac, list, true))
		;
}

static void free_everything(void)
{
	for (int i = 0; i < BLOCKS; i++)
		if (blocks[i].page)
			release(&blocks[i]);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_flush_cpus(sim, FLUSH_PCP);
	end_reserve();
	kmc_sim_check(sim);
}

static void run(enum kmc_profile profile, uint64_t nr_pages)
{
	struct kmc_zone_info boot;

	boot_one_zone(profile, nr_pages);
	boot = zone_info(0);
	course(20000);
	free_everything();
	assert_int_equal(zone_info(0).nr_free, nr_pages);
	assert_memory_equal(zone_info(0).free_blocks, boot.free_blocks, sizeof(boot.free_blocks));
	kmc_sim_reset(sim);
	kmc_sim_check(sim);
	power_off();
}

static void page2_page3_page35_random_courses(void **state)
{
	(void)state;
	rng_seed("random courses");
	for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++) {
		run(p, 16384);
		run(p, 2777); /* too small for mobility grouping, odd */
	}
	run(KMC_PROFILE_6_18_44, 65536 - 4096);
}

/* Snapshot, go on, restore, go on the same way: the same end. */
static void test_restore_is_transparent(void **state)
{
	(void)state;
	rng_seed("restore");
	boot_one_zone(KMC_PROFILE_6_18_44, 16384);
	for (int i = 0; i < 10; i++) {
		struct block saved[BLOCKS];
		uint8_t saved_owned[sizeof(owned)];
		uint64_t rng, hash, count;
		int snapshot;

		course(500);
		kmc_sim_switch(sim, 0);
		snapshot = kmc_sim_snapshot(sim);
		memcpy(saved, blocks, sizeof(saved));
		memcpy(saved_owned, owned, sizeof(owned));
		rng = rng_state;
		count = stamps;
		course(1000);
		hash = kmc_sim_hash(sim);
		kmc_sim_restore(sim, snapshot);
		memcpy(blocks, saved, sizeof(saved));
		memcpy(owned, saved_owned, sizeof(owned));
		rng_state = rng;
		stamps = count;
		kmc_sim_switch(sim, 0);
		course(1000);
		assert_int_equal(kmc_sim_hash(sim), hash);
		kmc_sim_snapshot_drop(sim, snapshot);
	}
	free_everything();
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page2_page3_page35_random_courses),
		cmocka_unit_test(test_restore_is_transparent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
