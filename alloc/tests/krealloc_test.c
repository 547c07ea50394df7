/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * krealloc in the four profiles (REA rules, R11).
 */
#include "slab_fixture.h"

static void on_profile(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);

	config.profile = profile;
	machine_boot(&config);
}

/* Rule: REA-1, REA-5, REA-6. */
static void rea1_rea5_rea6_contents_survive(void **state)
{
	static const size_t sizes[] = { 1, 8, 9, 64, 65, 96, 100, 192, 200, 4096, 8192, 8193, 40000 };
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);

	(void)state;
	for (unsigned int p = 0; p < KMC_NR_PROFILES; p++) {
		on_profile(p);
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++) {
				size_t kept = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
				uint8_t *a = kmalloc(sizes[i], GFP_KERNEL), *b;
				bool fits = sizes[j] <= ksize(a);

				pattern_fill(a, sizes[i], 5);
				b = krealloc(a, sizes[j], GFP_KERNEL);
				assert_int_equal(b == a, fits);
				assert_true(pattern_holds(b, kept, 5));
				memset(b, 1, sizes[j]);
				if (!fits)
					assert_true(where(a).backing == KMC_BACKING_NONE ||
						    !where(a).live);
				kfree(b);
			}
		machine_off();
	}
}

/* Rule: REA-2, REA-3. */
static void rea2_rea3_sentinels(void **state)
{
	void *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	p = krealloc(NULL, 100, GFP_KERNEL);
	assert_int_equal(ksize(p), 128);
	kfree(p);
	p = krealloc(ZERO_SIZE_PTR, 10, GFP_KERNEL);
	assert_int_equal(ksize(p), 16);
	assert_ptr_equal(krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_false(where(p).live);
	assert_ptr_equal(krealloc(NULL, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	machine_off();
}

/* Rule: REA-4. */
static void rea4_failure_keeps_the_block(void **state)
{
	uint8_t *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	p = kmalloc(60, GFP_KERNEL);
	pattern_fill(p, 60, 2);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 0);
	assert_null(krealloc(p, 200, GFP_KERNEL));
	assert_true(where(p).live);
	assert_true(pattern_holds(p, 60, 2));
	kfree(p);
	machine_off();
}

/* Rule: REA-7, R11: shrink in place, then grow in place, both with __GFP_ZERO. */
static void rea7_zeroing(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		uint8_t *p, *q;

		on_profile(profile);
		p = kzalloc(64, GFP_KERNEL);
		memset(p, 0xff, 64);
		q = krealloc(p, 16, GFP_KERNEL | __GFP_ZERO);
		assert_ptr_equal(p, q);
		q = krealloc(q, 64, GFP_KERNEL | __GFP_ZERO);
		assert_ptr_equal(p, q);
		assert_int_equal(all_zero(q + 16, 48), profile != KMC_PROFILE_6_6_9);
		assert_false(all_zero(q, 16));
		q = krealloc(q, 3000, GFP_KERNEL | __GFP_ZERO);
		assert_true(all_zero(q + 64, 3000 - 64));
		kfree(q);
		machine_off();
	}
}

/* One event pair for a move, none in place. Rule: R13. */
static void r13_events(void **state)
{
	void *p, *q;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	p = kmalloc(50, GFP_KERNEL);
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC) | KMC_TP_BIT(KMC_TP_KFREE));
	q = krealloc(p, 64, GFP_KERNEL);
	assert_int_equal(tp_count, 0);
	q = krealloc(q, 65, GFP_KERNEL);
	assert_int_equal(tp_count, 2);
	assert_ptr_equal(tp_seen[0].ptr, q);
	assert_int_equal(tp_seen[0].bytes_req, 65);
	assert_ptr_equal(tp_seen[1].ptr, p);
	tp_listen(0);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rea1_rea5_rea6_contents_survive),
		cmocka_unit_test(rea2_rea3_sentinels),
		cmocka_unit_test(rea4_failure_keeps_the_block),
		cmocka_unit_test(rea7_zeroing),
		cmocka_unit_test(r13_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
