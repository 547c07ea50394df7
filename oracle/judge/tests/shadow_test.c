// SPDX-License-Identifier: GPL-2.0-or-later
/* The map of blocks against a naive one; tombstones, the past, copies, big sizes. */
#include <time.h>
#include "judge_tests.h"
#include "shadow.h"

#define NR_ADDRESSES 4096
#define STEPS        400000

static uint64_t dice;

static uint64_t roll(void)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice;
}

static void take_seed(void)
{
	const char *given = getenv("KMC_SEED");

	dice = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("seed %llu (KMC_SEED repeats it)\n", (unsigned long long)dice);
}

struct naive {
	bool live, ever;
	uint64_t seq;
};

static uint64_t address(unsigned int i)
{
	return 0xffff888000000000ull + (uint64_t)i * 0x40;
}

/* Freed entries may move to the past; what they say must not change by it. */
static void compare(const struct kmc_shadow *shadow, const struct naive *naive, unsigned int i)
{
	const struct kmc_life *life = kmc_shadow_find(shadow, address(i));

	if (naive[i].live) {
		assert_non_null(life);
		assert_int_equal(life->state, KMC_LIFE_LIVE);
		assert_int_equal(life->seq, naive[i].seq);
		assert_int_equal(life->addr, address(i));
	} else if (naive[i].ever) {
		assert_true((life && life->state == KMC_LIFE_FREED && life->seq) ||
			    kmc_shadow_was_freed(shadow, address(i)));
	} else {
		assert_null(life);
		assert_false(kmc_shadow_was_freed(shadow, address(i)));
	}
}

static void begin(struct kmc_shadow *shadow, struct naive *naive, unsigned int i, uint64_t seq)
{
	struct kmc_life *life = kmc_shadow_put(shadow, address(i));

	assert_non_null(life);
	shadow->live += life->state != KMC_LIFE_LIVE;
	life->state = KMC_LIFE_LIVE;
	life->seq = seq;
	naive[i] = (struct naive){ true, true, seq };
}

static void against_naive(void **state)
{
	struct naive *naive = calloc(NR_ADDRESSES, sizeof(*naive));
	struct kmc_shadow shadow;

	(void)state;
	take_seed();
	assert_non_null(naive);
	assert_int_equal(kmc_shadow_init(&shadow), 0);
	for (uint64_t step = 1; step <= STEPS; step++) {
		/* a working set that wanders, so that old entries become the past */
		unsigned int i = (unsigned int)((roll() % 512 + step / 128) % NR_ADDRESSES);
		struct kmc_life *life;

		if (!naive[i].live) {
			begin(&shadow, naive, i, step);
		} else {
			life = kmc_shadow_find(&shadow, address(i));
			assert_non_null(life);
			life->state = KMC_LIFE_FREED;
			shadow.live--;
			naive[i].live = false;
		}
		compare(&shadow, naive, (unsigned int)(roll() % NR_ADDRESSES));
	}
	for (unsigned int i = 0; i < NR_ADDRESSES; i++)
		compare(&shadow, naive, i);
	/* 8 addresses a live one at most, and never more entries than 13 of 16 slots */
	assert_true(shadow.used <= (shadow.mask + 1) / 16 * 13);
	kmc_shadow_free(&shadow);
	free(naive);
}

static void grows_with_the_live(void **state)
{
	struct kmc_shadow shadow;

	(void)state;
	assert_int_equal(kmc_shadow_init(&shadow), 0);
	/* a million addresses that were freed, a handful live: no million entries */
	for (uint64_t i = 1; i <= 1000000; i++) {
		struct kmc_life *life = kmc_shadow_put(&shadow, i * 16);

		assert_non_null(life);
		life->seq = i;
		life->state = i % 100000 ? KMC_LIFE_FREED : KMC_LIFE_LIVE;
	}
	assert_true(shadow.mask + 1 <= 65536);
	assert_true(kmc_shadow_was_freed(&shadow, 16));
	assert_false(kmc_shadow_was_freed(&shadow, 8));
	assert_int_equal(kmc_shadow_find(&shadow, 100000 * 16)->state, KMC_LIFE_LIVE);
	kmc_shadow_reset(&shadow);
	assert_null(kmc_shadow_find(&shadow, 100000 * 16));
	assert_false(kmc_shadow_was_freed(&shadow, 16));
	assert_int_equal(shadow.mask + 1, 1024);
	kmc_shadow_free(&shadow);
}

static void a_copy_is_its_own(void **state)
{
	struct kmc_shadow a, b = { 0 };

	(void)state;
	assert_int_equal(kmc_shadow_init(&a), 0);
	kmc_shadow_put(&a, 4096)->seq = 7;
	assert_int_equal(kmc_shadow_copy(&b, &a), 0);
	kmc_shadow_find(&a, 4096)->seq = 8;
	kmc_shadow_put(&a, 8192)->seq = 9;
	assert_int_equal(kmc_shadow_find(&b, 4096)->seq, 7);
	assert_null(kmc_shadow_find(&b, 8192));
	kmc_shadow_free(&a);
	kmc_shadow_free(&b);
}

static void big_sizes(void **state)
{
	struct kmc_life life = { 0 };

	(void)state;
	kmc_life_set_size(&life, 4194304);
	assert_int_equal(kmc_life_size(&life), 4194304);
	kmc_life_set_size(&life, (5ull << 32) + 1);
	assert_int_equal(kmc_life_size(&life), (5ull << 32) + 4096);
	kmc_life_set_size(&life, UINT32_MAX);
	assert_int_equal(kmc_life_size(&life), UINT32_MAX);
	assert_int_equal(sizeof(life), 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_naive),
		cmocka_unit_test(grows_with_the_live),
		cmocka_unit_test(a_copy_is_its_own),
		cmocka_unit_test(big_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
