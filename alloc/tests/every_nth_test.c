/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For every n: a workload over all object calls with the n-th slab or page
 * allocation failing, until none fails. Whatever fails, everything that was had
 * is given back at the end, and then nothing may be missing: no object, no page,
 * no area. Calls that promise all or nothing are held to it.
 */
#include "every_nth_calls.h"
#include "alloc/vmalloc_space.h"

/*
 * Nothing is live. Return: free pages once the caches are shrunk, and those of page
 * tables, which stay, and are more where areas lie elsewhere. Pages for batches of
 * kvfree_rcu() are not among them.
 */
static uint64_t nothing_left(void)
{
	struct kmc_vmalloc_info areas;
	struct kmem_cache *s = NULL;

	vm_unmap_aliases();
	while ((s = kmc_sim_cache_next(sim, s))) {
		assert_int_equal(cache_info(s).nr_active, 0);
		kmem_cache_shrink(s);
	}
	kmc_sim_check(sim);
	kmc_sim_vmalloc_info(sim, &areas);
	assert_int_equal(areas.nr_areas, 0);
	return free_pages_now() + areas.nr_tables;
}

static bool injected(void)
{
	for (unsigned int i = 0; i < tp_count && i < TP_KEPT; i++)
		if (tp_seen[i].id == KMC_TP_FAULT_INJECTED)
			return true;
	return false;
}

/* Return: the first n that no request reached. */
static uint64_t fail_each(enum kmc_sim_fault fault, uint64_t interval)
{
	uint64_t pristine = kmc_sim_hash(sim), pages, nth;

	buckets = NULL;
	workload();
	pages = nothing_left();
	for (nth = 1;; nth++) {
		bool hit;

		kmc_sim_reset(sim);
		buckets = NULL;
		assert_true(kmc_sim_hash(sim) == pristine);
		tp_listen(KMC_TP_BIT(KMC_TP_FAULT_INJECTED));
		kmc_sim_fail_nth(sim, fault, nth, interval);
		workload();
		hit = injected();
		kmc_sim_fail_nth(sim, fault, 0, 0);
		tp_listen(0);
		nothing_left();
		workload();
		/* With all that is kept had: not a page less; of batch pages fewer may be kept. */
		assert_true(nothing_left() >= pages);
		if (!hit)
			return nth;
	}
}

static void on_profile(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);

	config.profile = profile;
	machine_boot(&config);
}

static void km6_km25_every_nth_slab(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		on_profile(profile);
		assert_true(fail_each(KMC_FAULT_SLAB, 0) > 50);
		machine_off();
	}
}

static void km6_km25_every_nth_page(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		on_profile(profile);
		assert_true(fail_each(KMC_FAULT_PAGE, 0) > 20);
		machine_off();
	}
}

/* From the n-th on all of them. */
static void km6_km25_all_from_the_nth_on(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		on_profile(profile);
		assert_true(fail_each(KMC_FAULT_SLAB, 1) > 50);
		machine_off();
		on_profile(profile);
		assert_true(fail_each(KMC_FAULT_PAGE, 1) > 5);
		machine_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(km6_km25_every_nth_slab),
		cmocka_unit_test(km6_km25_every_nth_page),
		cmocka_unit_test(km6_km25_all_from_the_nth_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
