// SPDX-License-Identifier: GPL-2.0-or-later
/* vmap, vm_map_ram, the lazy purge, and areas across reset, snapshot and restore. */
#include "vmalloc_fixture.h"

static struct page *pages[1100];

static void take_pages(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		assert_non_null(pages[i]);
		fill_bytes(page_address(pages[i]), i, 0, PAGE_SIZE);
	}
}

static void give_pages(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		__free_page(pages[i]);
}

static void check_vmap(void)
{
	uint8_t *p;

	take_pages(5);
	pages[5] = pages[1]; /* a page may be mapped twice */
	p = vmap(pages, 6, VM_MAP, PAGE_KERNEL);
	assert_non_null(p);
	for (unsigned int i = 0; i < 6; i++) {
		assert_ptr_equal(vmalloc_to_page(p + i * PAGE_SIZE), pages[i]);
		expect_bytes(p + i * PAGE_SIZE, i == 5 ? 1 : i, 0, PAGE_SIZE);
		assert_int_equal(page_ref_count(pages[i]), 1);
	}
	p[PAGE_SIZE + 3] = 0x77;
	assert_int_equal(p[5 * PAGE_SIZE + 3], 0x77);
	assert_int_equal(((uint8_t *)page_address(pages[1]))[3], 0x77);
	assert_true(faults(p + 6 * PAGE_SIZE));
	vunmap(p);
	assert_null(vmalloc_to_page(p));
	assert_true(faults(p));
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(page_ref_count(pages[i]), 1);
	vunmap(NULL);
	listen_warnings();
	vunmap(p);
	assert_int_equal(warnings, 1);
	assert_null(vmap(pages, 0, VM_MAP, PAGE_KERNEL));
	assert_null(vmap(pages, 64 * MIB / PAGE_SIZE + 1, VM_MAP, PAGE_KERNEL));
	give_pages(5);
}

static void vm13_vmap(void **state)
{
	(void)state;
	on_both(check_vmap);
}

static void check_put_pages(void)
{
	uint64_t before = nr_unused_pages();
	struct page **array;
	uint8_t *p;

	for (int large = 0; large < 2; large++) {
		unsigned int nr = large ? 700 : 3; /* the array may be an area itself */

		take_pages(nr);
		array = kvmalloc_array(nr, sizeof(*array), GFP_KERNEL);
		memcpy(array, pages, nr * sizeof(*array));
		get_page(pages[1]);
		p = vmap(array, nr, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
		assert_non_null(p);
		assert_int_equal(find_vm_area(p)->nr_pages, nr);
		vfree(p);
		assert_int_equal(page_ref_count(pages[1]), 1); /* that one was not the area's */
		__free_page(pages[1]);
		assert_int_equal(nr_unused_pages(), before);
	}
	/* A plain one keeps its hands off. */
	take_pages(3);
	p = vmap(pages, 3, VM_MAP, PAGE_KERNEL);
	vfree(p);
	assert_int_equal(page_ref_count(pages[2]), 1);
	give_pages(3);
	/* The other wrong pair loses the pages: nobody has them any more. */
	p = vmalloc(3 * PAGE_SIZE);
	pages[0] = vmalloc_to_page(p);
	vunmap(p);
	assert_int_equal(page_ref_count(pages[0]), 1);
	assert_int_equal(vm_info().nr_mapped, 0);
}

static void vm14_vm15_put_pages(void **state)
{
	(void)state;
	on_both(check_put_pages);
}

static void check_reset_perms(enum kmc_profile profile)
{
	void *p;

	take_pages(1);
	listen_warnings();
	p = vmap(pages, 1, VM_MAP | VM_FLUSH_RESET_PERMS, PAGE_KERNEL);
	if (profile >= KMC_PROFILE_6_6_9)
		assert_null(p);
	else
		assert_non_null(p);
	assert_int_equal(warnings, profile >= KMC_PROFILE_6_6_9);
	vunmap(p);
	give_pages(1);
}

static void vm13_reset_perms(void **state)
{
	(void)state;
	on_profiles(check_reset_perms);
}

static void vm15_not_in_interrupt(void **state)
{
	void *p;

	(void)state;
	vm_boot(KMC_PROFILE_6_18_44, false);
	take_pages(1);
	p = vmap(pages, 1, VM_MAP, PAGE_KERNEL);
	listen_warnings();
	kmc_sim_set_context(KMC_IN_SOFTIRQ);
	vunmap(p);
	kmc_sim_set_context(KMC_IN_TASK);
	assert_int_equal(warnings, 1);
	vunmap(p);
	give_pages(1);
	power_off();
}

static void check_map_ram(void)
{
	static const unsigned int counts[] = { 1, 63, 64, 65, 1024 };

	take_pages(1024);
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		unsigned int n = counts[c];
		uint8_t *p = vm_map_ram(pages, n, NUMA_NO_NODE);

		assert_non_null(p);
		for (unsigned int i = 0; i < n; i++) {
			assert_ptr_equal(vmalloc_to_page(p + i * PAGE_SIZE), pages[i]);
			expect_bytes(p + i * PAGE_SIZE, i, i % 8, PAGE_SIZE);
		}
		listen_warnings();
		if (n > 64) {
			vm_unmap_ram(p, n - 1);
			assert_int_equal(warnings, 1);
		}
		vm_unmap_ram(p, n);
		assert_null(vmalloc_to_page(p));
		warnings = 0;
		vm_unmap_ram(p, n);
		vm_unmap_ram(NULL, n);
		assert_int_equal(warnings, 2);
	}
	assert_null(vm_map_ram(pages, 0, NUMA_NO_NODE));
	give_pages(1024);
}

static void vm16_map_ram(void **state)
{
	(void)state;
	on_both(check_map_ram);
}

static void check_slices(void)
{
	uint8_t *first, *next, *last = NULL, *slices[20];

	take_pages(64);
	first = vm_map_ram(pages, 3, NUMA_NO_NODE);
	next = vm_map_ram(pages, 1, NUMA_NO_NODE);
	assert_ptr_equal(next, first + 4 * PAGE_SIZE); /* slices are powers of two, no guard */
	vm_unmap_ram(first, 3);
	/* Addresses of a slice come back with the block. */
	for (int i = 0; i < 20; i++) {
		slices[i] = vm_map_ram(pages, 64, NUMA_NO_NODE);
		assert_true(slices[i] >= next + PAGE_SIZE);
		last = slices[i];
	}
	assert_true(last - first > 1024 * (long)PAGE_SIZE); /* of the next block */
	assert_int_equal(vm_info().nr_areas, 2);
	for (int i = 0; i < 20; i++)
		vm_unmap_ram(slices[i], 64);
	vm_unmap_aliases();
	assert_int_equal(vm_info().nr_areas, 1); /* one slice is still mapped in the first */
	expect_bytes(next, 0, 0, PAGE_SIZE);
	vm_unmap_ram(next, 1);
	vm_unmap_aliases();
	assert_int_equal(vm_info().nr_areas, 0);
	assert_int_equal(vm_info().nr_free << PAGE_SHIFT, vm_info().window_bytes);
	give_pages(64);
}

static void vm17_slices_have_no_guard(void **state)
{
	(void)state;
	on_both(check_slices);
}

static void check_lazy(void)
{
	void *p = vmalloc(3 * PAGE_SIZE), *q;

	vfree(p);
	q = vmalloc(PAGE_SIZE); /* it would fit, were the place to be had */
	assert_ptr_not_equal(p, q);
	assert_int_equal(vm_info().nr_lazy, 4);
	vfree(q);
	assert_int_equal(vm_info().nr_purges, 0);
	vm_unmap_aliases();
	assert_int_equal(vm_info().nr_lazy, 0);
	assert_int_equal(vm_info().nr_purges, 1);
	vm_unmap_aliases();
	assert_int_equal(vm_info().nr_purges, 1); /* nothing to do */
	q = vmalloc(PAGE_SIZE);
	assert_ptr_equal(p, q);
	vfree(q);
}

static void vm18_lazy_until_asked(void **state)
{
	(void)state;
	on_both(check_lazy);
}

/* Cpus and the limit in pages: 32 MiB for each bit of their number. */
static void vm18_limit_by_cpus(void **state)
{
	static const struct {
		unsigned int cpus;
		uint64_t mib;
	} limits[] = { { 1, 32 }, { 2, 64 }, { 4, 96 }, { 8, 128 }, { 16, 160 }, { 64, 224 } };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		uint64_t pages_max = limits[i].mib * MIB / PAGE_SIZE, freed = 0;

		boot_simple(limits[i].cpus, 64 * MIB);
		assert_int_equal(vm_info().lazy_max, pages_max);
		while (freed + 501 < pages_max) { /* their array is no area of its own */
			vfree(vmalloc(500 * PAGE_SIZE));
			freed += 501;
		}
		vfree(vmalloc((pages_max - freed - 1) * PAGE_SIZE)); /* at the limit, not over it */
		assert_int_equal(vm_info().nr_lazy, pages_max);
		assert_int_equal(vm_info().nr_purges, 0);
		vfree(vmalloc(1));
		assert_int_equal(vm_info().nr_lazy, 0);
		assert_int_equal(vm_info().nr_purges, 1);
		power_off();
	}
}

static void check_tracepoints(enum kmc_profile profile)
{
	const uint64_t mask = KMC_TP_BIT(KMC_TP_ALLOC_VMAP_AREA) | KMC_TP_BIT(KMC_TP_FREE_VMAP_AREA_NOFLUSH) |
			      KMC_TP_BIT(KMC_TP_PURGE_VMAP_AREA_LAZY);
	void *p;

	tp_count = 0;
	kmc_sim_trace(sim, mask, tp_record, NULL);
	p = vmalloc(2 * PAGE_SIZE + 1);
	vfree(p);
	vm_unmap_aliases();
	if (profile < KMC_PROFILE_6_6_9) {
		assert_int_equal(tp_count, 0);
		return;
	}
	assert_int_equal(tp_count, 3);
	assert_int_equal(tp_seen[0].id, KMC_TP_ALLOC_VMAP_AREA);
	assert_ptr_equal(tp_seen[0].ptr, p);
	assert_int_equal(tp_seen[0].bytes_req, 4 * PAGE_SIZE); /* the guard included */
	assert_int_equal(tp_seen[1].id, KMC_TP_FREE_VMAP_AREA_NOFLUSH);
	assert_ptr_equal(tp_seen[1].ptr, p);
	assert_int_equal(tp_seen[2].id, KMC_TP_PURGE_VMAP_AREA_LAZY);
	assert_int_equal(tp_seen[2].bytes_req, 1);
}

static void vm18_tracepoints(void **state)
{
	(void)state;
	on_profiles(check_tracepoints);
}

/* Every area begins at the lowest address where it fits: beside a model that looks at each. */
static void vm24_lowest_address(void **state)
{
	enum { PAGES = 512, AREAS = 64 };
	static bool taken[PAGES];
	uint8_t *areas[AREAS] = { NULL }, *start;
	unsigned int spans[AREAS];

	(void)state;
	rng_seed("vm24_lowest_address");
	vm_boot(KMC_PROFILE_6_18_44, false);
	memset(taken, 0, sizeof(taken));
	kmc_sim_vmalloc_limit(sim, PAGES * PAGE_SIZE);
	start = (uint8_t *)VMALLOC_START;
	for (int step = 0; step < 3000; step++) {
		unsigned int i = rng_below(AREAS), nr = 1 + rng_below(20), at, free_run = 0;
		unsigned int align = 1u << (rng_below(3) ? 0 : rng_below(5));

		if (areas[i]) {
			vfree(areas[i]);
			vm_unmap_aliases();
			memset(taken + (areas[i] - start) / PAGE_SIZE, 0, spans[i]);
			areas[i] = NULL;
			continue;
		}
		for (at = 0; at + nr + 1 <= PAGES && free_run < nr + 1; at += align)
			for (free_run = 0; free_run < nr + 1 && !taken[at + free_run]; free_run++)
				;
		areas[i] = __vmalloc_node(nr * PAGE_SIZE, align * PAGE_SIZE,
					  GFP_KERNEL | __GFP_NOWARN, NUMA_NO_NODE, NULL);
		if (free_run < nr + 1) {
			assert_null(areas[i]);
			continue;
		}
		at -= align;
		assert_ptr_equal(areas[i], start + at * PAGE_SIZE);
		spans[i] = nr + 1;
		memset(taken + at, 1, nr + 1);
		if (step % 64 == 0)
			kmc_sim_check(sim);
	}
	power_off();
}

static void check_snapshots(void)
{
	uint8_t *p, *q, *r, *late;
	uint64_t hash;
	int snapshot;

	take_pages(3);
	p = vmalloc(5 * PAGE_SIZE - 3);
	q = vzalloc(2 * PAGE_SIZE);
	r = vmap(pages, 3, VM_MAP, PAGE_KERNEL);
	late = vmalloc(PAGE_SIZE);
	kmc_sim_set_context(KMC_IN_HARDIRQ);
	vfree(late);
	kmc_sim_set_context(KMC_IN_TASK);
	fill_bytes(p, 1, 0, 5 * PAGE_SIZE - 3);
	hash = kmc_sim_hash(sim);
	snapshot = kmc_sim_snapshot(sim);
	assert_true(snapshot >= 0);
	for (int round = 0; round < 3; round++) {
		if (round == 1) /* as if these had never been */
			kmc_sim_reset(sim);
		if (round == 0) {
			memset(q, 0xee, 2 * PAGE_SIZE);
			memset(r, 0xee, 3 * PAGE_SIZE);
			vfree(p);
			vunmap(r);
			vfree(q);
			vm_unmap_aliases();
		}
		/* Others at the same addresses, with guards where there were none. */
		late = vmalloc(PAGE_SIZE);
		memset(late, 0xdd, PAGE_SIZE);
		memset(vmalloc(3 * PAGE_SIZE), 0xdd, 3 * PAGE_SIZE);
		assert_int_equal(kmc_sim_restore(sim, snapshot), 0);
		assert_int_equal(kmc_sim_hash(sim), hash);
		expect_bytes(p, 1, 0, 5 * PAGE_SIZE - 3);
		expect_zero(q, 0, 2 * PAGE_SIZE);
		for (unsigned int i = 0; i < 3; i++)
			expect_bytes(r + i * PAGE_SIZE, i, 0, PAGE_SIZE);
		assert_true(faults(p + 5 * PAGE_SIZE));
		assert_true(faults(r + 3 * PAGE_SIZE));
		assert_int_equal(vm_info().nr_deferred, 1);
		kmc_sim_check(sim);
	}
	vfree(p);
	vfree(q);
	vunmap(r);
	give_pages(3);
	assert_int_equal(vm_info().nr_areas, 0);
	kmc_sim_reset(sim);
	assert_int_equal(vm_info().nr_free << PAGE_SHIFT, vm_info().window_bytes);
}

static void vm1_vm13_snapshots(void **state)
{
	(void)state;
	on_both(check_snapshots);
}

/* The same calls give the same digest on another machine. */
static void vm24_same_digest(void **state)
{
	uint64_t first = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		void *p;

		vm_boot(KMC_PROFILE_6_18_44, false);
		p = vmalloc(700 * PAGE_SIZE);
		vfree(vzalloc(PAGE_SIZE));
		p = vrealloc(p, 800 * PAGE_SIZE, GFP_KERNEL);
		assert_non_null(p);
		if (round)
			assert_int_equal(kmc_sim_hash(sim), first);
		first = kmc_sim_hash(sim);
		p = vmalloc(1);
		assert_non_null(p);
		assert_int_not_equal(kmc_sim_hash(sim), first);
		power_off();
	}
}

#ifdef KMC_ASAN
static void check_poison(void)
{
	uint8_t *p = vmalloc(PAGE_SIZE + 100);

	assert_false(kmc_object_poisoned(sim, p, PAGE_SIZE + 100));
	assert_true(faults(p + PAGE_SIZE + 100));
	vfree(p);
	assert_true(faults(p));
	assert_true(kmc_object_poisoned(sim, p, 1));
}
#endif

static void check_poison_by_metadata(void)
{
	uint8_t *p = vmalloc(PAGE_SIZE + 100);

	assert_false(kmc_object_poisoned(sim, p, PAGE_SIZE + 100));
	assert_false(kmc_object_poisoned(sim, p + PAGE_SIZE + 99, 1));
	assert_true(kmc_object_poisoned(sim, p + PAGE_SIZE + 99, 2));
	assert_true(kmc_object_poisoned(sim, p + 2 * PAGE_SIZE, 1));
	vfree(p);
	assert_true(kmc_object_poisoned(sim, p, 1));
#ifdef KMC_ASAN
	check_poison();
#endif
}

static void vm10_freed_and_slack_are_poisoned(void **state)
{
	(void)state;
	on_both(check_poison_by_metadata);
}

static void check_every_n(void)
{
	take_pages(70);
	for (unsigned int count = 3; count <= 70; count += 67)
		for (int ram = 0; ram < 2; ram++)
			for (int fault = 0; fault < KMC_NR_SIM_FAULTS; fault++) {
				uint64_t before = nr_unused_pages();
				void *p = NULL;

				for (unsigned int n = 1; !p; n++) {
					kmc_sim_fail_nth(sim, (enum kmc_sim_fault)fault, n, 1);
					p = ram ? vm_map_ram(pages, count, NUMA_NO_NODE) :
						  vmap(pages, count, VM_MAP, PAGE_KERNEL);
					kmc_sim_fail_nth(sim, (enum kmc_sim_fault)fault, 0, 0);
					assert_int_equal(nr_unused_pages(), before);
					kmc_sim_check(sim);
				}
				if (ram)
					vm_unmap_ram(p, count);
				else
					vunmap(p);
				vm_unmap_aliases();
				assert_int_equal(vm_info().nr_areas, 0);
			}
	give_pages(70);
}

static void vm23_vmap_for_every_n(void **state)
{
	(void)state;
	on_both(check_every_n);
}

#ifdef KMC_ASAN
#define GUARDS_TELL true
#else
#define GUARDS_TELL false
#endif

/* Mappings and areas take turns at the same addresses. Return: the digest in the end. */
static uint64_t take_turns(uint32_t options)
{
	struct kmc_sim_config config = vm_config(KMC_PROFILE_6_18_44, false, 64 * MIB);
	uint8_t *p, *first;
	uint64_t hash;

	config.options |= options;
	boot_config(&config);
	take_pages(4);
	first = vmalloc(3 * PAGE_SIZE);
	fill_bytes(first, 9, 0, 3 * PAGE_SIZE);
	vfree(first);
	vm_unmap_aliases();
	for (unsigned int turn = 0; turn < 6; turn++) {
		unsigned int from = turn / 2 % 2 * 2; /* the same ones twice, then others */

		p = vmap(pages + from, 2, VM_MAP, PAGE_KERNEL);
		assert_ptr_equal(p, first);
		for (unsigned int i = 0; i < 2; i++)
			expect_bytes(p + i * PAGE_SIZE, from + i, 0, PAGE_SIZE);
		assert_int_equal(faults(p + 2 * PAGE_SIZE),
				 GUARDS_TELL || !(options & KMC_OPT_KEEP_MAPPINGS));
		vunmap(p);
		vm_unmap_aliases();
		p = vzalloc(5 * PAGE_SIZE);
		assert_ptr_equal(p, first);
		expect_zero(p, 0, 5 * PAGE_SIZE);
		memset(p, 0xee, 5 * PAGE_SIZE);
		for (unsigned int i = 0; i < 4; i++)
			expect_bytes(page_address(pages[i]), i, 0, PAGE_SIZE);
		vfree(p);
		vm_unmap_aliases();
	}
	give_pages(4);
	kmc_sim_check(sim);
	hash = kmc_sim_hash(sim);
	power_off();
	return hash;
}

/* What the host keeps mapped is seen by nobody but who touches what is not his. */
static void vm9_vm13_kept_mappings(void **state)
{
	(void)state;
	assert_int_equal(take_turns(KMC_OPT_KEEP_MAPPINGS), take_turns(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vm13_vmap),
		cmocka_unit_test(vm14_vm15_put_pages),
		cmocka_unit_test(vm13_reset_perms),
		cmocka_unit_test(vm15_not_in_interrupt),
		cmocka_unit_test(vm16_map_ram),
		cmocka_unit_test(vm17_slices_have_no_guard),
		cmocka_unit_test(vm18_lazy_until_asked),
		cmocka_unit_test(vm18_limit_by_cpus),
		cmocka_unit_test(vm18_tracepoints),
		cmocka_unit_test(vm24_lowest_address),
		cmocka_unit_test(vm1_vm13_snapshots),
		cmocka_unit_test(vm24_same_digest),
		cmocka_unit_test(vm10_freed_and_slack_are_poisoned),
		cmocka_unit_test(vm23_vmap_for_every_n),
		cmocka_unit_test(vm9_vm13_kept_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
