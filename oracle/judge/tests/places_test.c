// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Overlap in call-level streams against a naive list of intervals: random
 * blocks of all sizes, odd beginnings, blocks over many pages, frees, snapshots.
 */
#include <time.h>
#include "judge_tests.h"

#define NR_BLOCKS 200
#define STEPS     60000
#define AREA      (64 * 4096)

struct block {
	uint64_t addr, size;
};

static uint64_t dice;

static uint64_t roll(uint64_t below)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % below;
}

static uint64_t random_size(void)
{
	static const uint64_t sizes[] = { 1, 7, 8, 24, 64, 96, 200, 512, 4000, 4096, 5000, 20000 };

	return sizes[roll(sizeof(sizes) / sizeof(sizes[0]))];
}

static bool overlaps(const struct block *blocks, uint64_t addr, uint64_t size)
{
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		if (blocks[i].size && blocks[i].addr < addr + size &&
		    addr < blocks[i].addr + blocks[i].size)
			return true;
	return false;
}

static void against_naive(void **state)
{
	struct block blocks[NR_BLOCKS] = { 0 };
	struct kmc_judge *judge = make_judge(false);
	const char *given = getenv("KMC_SEED");
	unsigned int bad = 0, good = 0;

	(void)state;
	dice = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("seed %llu (KMC_SEED repeats it)\n", (unsigned long long)dice);
	for (unsigned int step = 0; step < STEPS; step++) {
		struct block *block = &blocks[roll(NR_BLOCKS)];
		uint64_t before = result_of(judge, "KM-1").violated;

		if (block->size) {
			/* Bucket memory: no rule but KM-1 and the frees looks at it. */
			feed_call(judge, KMC_OP_KFREE, block->addr, 0);
			block->size = 0;
			continue;
		}
		struct block fresh = { DIRECT_MAP + 0x1000000 + roll(AREA), random_size() };
		bool expected;

		if (roll(8))
			fresh.addr &= ~7ull;
		expected = overlaps(blocks, fresh.addr, fresh.size);
		feed_call(judge, KMC_OP_KMEM_BUCKETS_ALLOC, fresh.addr, fresh.size);
		assert_int_equal(result_of(judge, "KM-1").violated > before, expected);
		/* The naive side takes the block back: overlapping lives are not the point. */
		bad += expected;
		good += !expected;
		if (expected) {
			kmc_judge_reset(judge);
			memset(blocks, 0, sizeof(blocks));
		} else {
			*block = fresh;
		}
	}
	assert_true(bad > 100 && good > 100);
	assert_int_equal(result_of(judge, "FR-11").violated, 0);
	kmc_judge_destroy(judge);
}

/* What lies beside, before and behind does not touch. */
static void neighbours(void **state)
{
	struct kmc_judge *judge = make_judge(false);

	(void)state;
	feed_call(judge, KMC_OP_KMEM_BUCKETS_ALLOC, PAGE(16) + 64, 64);
	feed_call(judge, KMC_OP_KMEM_BUCKETS_ALLOC, PAGE(16), 64);
	feed_call(judge, KMC_OP_KMEM_BUCKETS_ALLOC, PAGE(16) + 128, 8192);
	feed_call(judge, KMC_OP_KMEM_BUCKETS_ALLOC, PAGE(18) + 128, 8);
	assert_int_equal(result_of(judge, "KM-1").violated, 0);
	/* inside a block that began two pages before */
	feed_call(judge, KMC_OP_KMEM_BUCKETS_ALLOC, PAGE(18), 8);
	assert_int_equal(result_of(judge, "KM-1").violated, 1);
	kmc_judge_destroy(judge);
}

static void go_back(struct kmc_judge *judge, unsigned int what, uint64_t number)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_MACHINE;
	ev.what = (uint16_t)what;
	ev.arg = number;
	ev.outcome = what == KMC_OP_SNAPSHOT ? KMC_OUT_VALUE : KMC_OUT_NONE;
	assert_int_equal(kmc_judge_event(judge, &ev), 0);
}

/* A restore takes lives, places and counts back to where they were. */
static void snapshots(void **state)
{
	struct kmc_judge *judge = make_judge(false);

	(void)state;
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16), 64);
	go_back(judge, KMC_OP_SNAPSHOT, 0);
	feed_call(judge, KMC_OP_KFREE, PAGE(16), 0);
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16), 32);
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16) + 32, 32);
	go_back(judge, KMC_OP_RESTORE, 0);
	/* the other branch: the first block is live again, the others never were */
	feed_call(judge, KMC_OP_KFREE, PAGE(16), 0);
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16) + 32, 32);
	feed_call(judge, KMC_OP_KFREE, PAGE(16) + 32, 0);
	assert_int_equal(result_of(judge, "KM-1").violated, 0);
	assert_int_equal(result_of(judge, "FR-10").violated, 0);
	assert_int_equal(kmc_judge_finish(judge), 0);
	/* a second restore, and now a real overlap */
	go_back(judge, KMC_OP_RESTORE, 0);
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16) + 32, 32);
	assert_int_equal(result_of(judge, "KM-1").violated, 1);
	/* a state that was never kept: nothing is known, nothing is judged */
	go_back(judge, KMC_OP_RESTORE, 77);
	feed_call(judge, KMC_OP_KFREE, PAGE(20), 0);
	assert_int_equal(result_of(judge, "FR-11").violated, 0);
	kmc_judge_destroy(judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_naive),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
