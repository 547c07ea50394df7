// SPDX-License-Identifier: GPL-2.0-or-later
/* The vmalloc family, on machines whose areas are their frames and on others. */
#include "vmalloc_fixture.h"

static void check_scattered(void)
{
	const size_t pages = 37;
	void *hold[64], *p;

	/* Every other page of the per-cpu list stays away: no two in a row are left. */
	for (int i = 0; i < 64; i++)
		hold[i] = (void *)__get_free_page(GFP_KERNEL);
	for (int i = 0; i < 64; i += 2)
		free_page((unsigned long)hold[i]);
	p = vmalloc(pages * PAGE_SIZE - 5);
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % PAGE_SIZE, 0);
	fill_bytes(p, 1, 0, pages * PAGE_SIZE - 5);
	expect_bytes(p, 1, 0, pages * PAGE_SIZE - 5);
	for (size_t i = 0; i < pages; i++) {
		struct page *page = vmalloc_to_page((char *)p + i * PAGE_SIZE + 7);

		assert_non_null(page);
		assert_int_equal(page_ref_count(page), 1);
		for (size_t j = 0; j < i; j++)
			assert_ptr_not_equal(page, vmalloc_to_page((char *)p + j * PAGE_SIZE));
	}
	assert_int_equal(find_vm_area(p)->nr_pages, pages);
	assert_int_equal(get_vm_area_size(find_vm_area(p)), pages * PAGE_SIZE);
	vfree(p);
	for (int i = 1; i < 64; i += 2)
		free_page((unsigned long)hold[i]);
}

static void vm1_contiguous_by_address(void **state)
{
	(void)state;
	on_both(check_scattered);
}

static void check_aliases(void)
{
	uint8_t *p = vmalloc(3 * PAGE_SIZE);

	fill_bytes(p, 9, 0, 3 * PAGE_SIZE);
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(page_address(vmalloc_to_page(p + i * PAGE_SIZE)),
				    p + i * PAGE_SIZE, PAGE_SIZE);
	((uint8_t *)page_address(vmalloc_to_page(p + PAGE_SIZE)))[5] = 0xa5;
	assert_int_equal(p[PAGE_SIZE + 5], 0xa5);
	vfree(p);
}

static void vm20_aliased_areas_are_their_frames(void **state)
{
	(void)state;
	vm_boot(KMC_PROFILE_6_18_44, true);
	check_aliases();
	power_off();
}

static void check_zeroed(void)
{
	for (int round = 0; round < 3; round++) {
		uint8_t *p = vmalloc(5 * PAGE_SIZE);

		memset(p, 0xff, 5 * PAGE_SIZE);
		vfree(p);
		vm_unmap_aliases();
		p = vzalloc(5 * PAGE_SIZE - 9);
		expect_zero(p, 0, 5 * PAGE_SIZE - 9);
		memset(p, 0xff, 5 * PAGE_SIZE - 9);
		vfree(p);
		vm_unmap_aliases();
		p = __vmalloc(100, GFP_NOFS | __GFP_ZERO);
		expect_zero(p, 0, 100);
		vfree(p);
		vm_unmap_aliases();
		p = vzalloc_node(PAGE_SIZE + 1, 0);
		expect_zero(p, 0, PAGE_SIZE + 1);
		vfree(p);
	}
}

static void vm2_zeroed(void **state)
{
	(void)state;
	on_both(check_zeroed);
}

static void check_user(void)
{
	void *(*const calls[])(unsigned long) = { vmalloc_user, vmalloc_32_user };

	for (int i = 0; i < 2; i++) {
		uint8_t *p = vmalloc(PAGE_SIZE);

		memset(p, 0xff, PAGE_SIZE);
		vfree(p);
		vm_unmap_aliases();
		p = calls[i](1);
		assert_int_equal((uintptr_t)p % SHMLBA, 0);
		assert_true(find_vm_area(p)->flags & VM_USERMAP);
		/* To the last page's end, where nothing else may look. */
		p = vrealloc(p, PAGE_SIZE, GFP_KERNEL);
		expect_zero(p, 0, PAGE_SIZE);
		vfree(p);
	}
}

static void vm3_user_to_the_last_byte(void **state)
{
	(void)state;
	on_both(check_user);
}

static void vm4_32_below_4_gib(void **state)
{
	struct kmc_sim_config config;
	void *p;

	(void)state;
	kmc_sim_config_simple(&config, 2, 5ull << 30);
	boot_config(&config);
	p = vmalloc(PAGE_SIZE);
	assert_true(vmalloc_to_pfn(p) >= 1u << 20); /* what is not asked for comes from above */
	vfree(p);
	p = vmalloc_32(300 * PAGE_SIZE);
	for (size_t i = 0; i < 300; i++)
		assert_true(vmalloc_to_pfn((char *)p + i * PAGE_SIZE) < 1u << 20);
	vfree(p);
	p = vmalloc_32_user(PAGE_SIZE);
	assert_true(vmalloc_to_pfn(p) < 1u << 20);
	vfree(p);
	power_off();
}

static void vm5_sizes(void **state)
{
	const uint64_t ram = 64 * MIB;

	(void)state;
	vm_boot(KMC_PROFILE_6_18_44, false);
	listen_warnings();
	assert_null(vmalloc(0));
	assert_int_equal(warnings, 1); /* once a boot, and NOWARN is no help */
	assert_null(__vmalloc(0, GFP_KERNEL | __GFP_NOWARN));
	assert_int_equal(warnings, 1);
	assert_null(vmalloc(ram + PAGE_SIZE));
	assert_int_equal(warnings, 2);
	assert_null(__vmalloc(ram + PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN));
	for (uint64_t i = 0; i <= PAGE_SIZE; i++)
		assert_null(__vmalloc(SIZE_MAX - i, GFP_KERNEL | __GFP_NOWARN));
	assert_int_equal(warnings, 2);
	assert_null(vmalloc_array(SIZE_MAX / 2, 3));
	assert_null(vcalloc(SIZE_MAX / 2, 3));
	kmc_sim_reset(sim);
	listen_warnings();
	assert_null(__vmalloc(0, GFP_KERNEL | __GFP_NOWARN));
	assert_int_equal(warnings, 1);
	power_off();
}

static void check_guard(void)
{
	uint8_t *p = vmalloc(2 * PAGE_SIZE), *q = vmalloc(PAGE_SIZE), *r;
	struct page *page = alloc_page(GFP_KERNEL);

	p[2 * PAGE_SIZE - 1] = 1;
	assert_true(faults(p + 2 * PAGE_SIZE));
	assert_true(faults(p + 3 * PAGE_SIZE - 1));
	assert_null(vmalloc_to_page(p + 2 * PAGE_SIZE));
	assert_false(faults(p + 2 * PAGE_SIZE - 1));
	assert_true(q >= p + 3 * PAGE_SIZE || p >= q + 2 * PAGE_SIZE);
	/* Where a shorter area gets the place of a longer one the guard is in its middle. */
	vfree(p);
	vfree(q);
	vm_unmap_aliases();
	p = vmalloc(PAGE_SIZE);
	assert_true(faults(p + PAGE_SIZE));
	r = vmap(&page, 1, VM_MAP | VM_NO_GUARD, PAGE_KERNEL);
	assert_true(faults(r + PAGE_SIZE));
	r[PAGE_SIZE - 1] = 3;
	vunmap(r);
	vfree(p);
	__free_page(page);
}

static void vm9_guard_pages(void **state)
{
	(void)state;
	on_both(check_guard);
}

static void vm6_vm7_nofail_and_scopes(void **state)
{
	unsigned int token;
	void *p;

	(void)state;
	vm_boot(KMC_PROFILE_6_18_44, false);
	/* None of these stops a request that may not fail. */
	for (unsigned int n = 1; n < 12; n++) {
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, n, 0);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, n, 0);
		p = __vmalloc(5 * PAGE_SIZE, GFP_KERNEL | __GFP_NOFAIL);
		assert_non_null(p);
		vfree(p);
		p = __vmalloc(700 * PAGE_SIZE, GFP_NOIO | __GFP_NOFAIL); /* its array is an area too */
		assert_non_null(p);
		vfree(p);
	}
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	kmc_sim_task_flags(KMC_PF_OOM_VICTIM, KMC_PF_OOM_VICTIM);
	p = __vmalloc(5 * PAGE_SIZE, GFP_KERNEL | __GFP_NOFAIL);
	assert_non_null(p);
	vfree(p);
	kmc_sim_task_flags(KMC_PF_OOM_VICTIM, 0);
	token = memalloc_nofs_save();
	p = vmalloc(PAGE_SIZE);
	assert_non_null(p);
	memalloc_nofs_restore(token);
	vfree(p);
	power_off();
}

/* Flags of the page table's page: the scope that the request's flags call for. */
static uint64_t table_flags(gfp_t gfp)
{
	void *p;

	kmc_sim_reset(sim);
	tp_listen(KMC_TP_MM_PAGE_ALLOC);
	p = __vmalloc(1, gfp);
	kmc_sim_trace(sim, 0, NULL, NULL);
	vfree(p);
	for (unsigned int i = 0; i < tp_count; i++)
		if (tp_seen[i].gfp & __GFP_ZERO && !(tp_seen[i].gfp & __GFP_NOWARN))
			return tp_seen[i].gfp & (__GFP_IO | __GFP_FS | __GFP_DIRECT_RECLAIM);
	return 0;
}

static void vm7_page_tables_follow_the_scope(void **state)
{
	(void)state;
	vm_boot(KMC_PROFILE_6_18_44, true);
	assert_int_equal(table_flags(GFP_KERNEL), __GFP_IO | __GFP_FS | __GFP_DIRECT_RECLAIM);
	assert_int_equal(table_flags(GFP_NOFS), __GFP_IO | __GFP_DIRECT_RECLAIM);
	assert_int_equal(table_flags(GFP_NOIO), __GFP_DIRECT_RECLAIM);
	power_off();
}

/* A task that is being killed takes what comes in bulk, and not a page after that. */
static void check_killed(enum kmc_profile profile)
{
	bool gives_up = profile == KMC_PROFILE_6_6_9;
	void *p;

	kmc_sim_task_flags(KMC_PF_OOM_VICTIM, KMC_PF_OOM_VICTIM);
	p = vmalloc(PAGE_SIZE); /* a single page does not come in bulk at once */
	vfree(p);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
	p = __vmalloc(3 * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);
	assert_null(p);
	p = __vmalloc(3 * PAGE_SIZE, GFP_KERNEL | __GFP_NOFAIL | __GFP_NOWARN);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	if (gives_up)
		assert_null(p);
	else
		assert_non_null(p);
	vfree(p);
	kmc_sim_task_flags(KMC_PF_OOM_VICTIM, 0);
}

static void vm7_killed_task(void **state)
{
	(void)state;
	on_profiles(check_killed);
}

static void vm8_not_in_interrupt(void **state)
{
	(void)state;
	vm_boot(KMC_PROFILE_6_18_44, false);
	for (int context = KMC_IN_SOFTIRQ; context <= KMC_IN_NMI; context++) {
		listen_warnings();
		kmc_sim_set_context((enum kmc_sim_context)context);
		assert_null(vmalloc(10));
		kmc_sim_set_context(KMC_IN_TASK);
		assert_int_equal(warnings, 1);
	}
	power_off();
}

static void check_bad_frees(void)
{
	uint8_t *p = vmalloc(3 * PAGE_SIZE), *k = kmalloc(64, GFP_KERNEL), *q = vmalloc(10);
	uint64_t hash;
	int on_stack;

	vfree(q);
	vfree(NULL);
	listen_warnings();
	hash = kmc_sim_hash(sim);
	vfree(p + 1);
	vfree(p + PAGE_SIZE);
	vfree(p + 3 * PAGE_SIZE);
	vfree(q); /* a second time */
	vfree(k);
	vfree(&on_stack);
	vfree((void *)(VMALLOC_START - PAGE_SIZE));
	vfree((void *)VMALLOC_END);
	vfree((void *)(VMALLOC_END - PAGE_SIZE));
	assert_int_equal(warnings, 9);
	assert_int_equal(kmc_sim_hash(sim), hash);
	vfree(p);
	assert_int_equal(warnings, 9);
	kfree(k);
}

static void vm10_bad_addresses(void **state)
{
	(void)state;
	on_both(check_bad_frees);
}

static void check_deferred(void)
{
	uint64_t before;
	uint8_t *p, *q, *r;

	before = nr_unused_pages();
	p = vmalloc(3 * PAGE_SIZE);
	q = vmalloc(3 * PAGE_SIZE);
	fill_bytes(p, 3, 0, PAGE_SIZE);
	kmc_sim_set_context(KMC_IN_HARDIRQ);
	vfree(p);
	vfree(q);
	assert_int_equal(vm_info().nr_deferred, 2);
	listen_warnings();
	vfree(q);
	assert_int_equal(warnings, 1);
	kmc_sim_set_context(KMC_IN_TASK);
	assert_true(nr_unused_pages() < before - 5);
	kmc_sim_run_work(sim);
	assert_int_equal(vm_info().nr_deferred, 0);
	assert_int_equal(nr_unused_pages(), before);
	/* The next call does it as well. */
	p = vmalloc(3 * PAGE_SIZE);
	kmc_sim_set_context(KMC_IN_SOFTIRQ);
	vfree(p);
	kmc_sim_set_context(KMC_IN_TASK);
	r = vmalloc(3 * PAGE_SIZE);
	assert_ptr_not_equal(r, p);
	assert_int_equal(vm_info().nr_areas, 1);
	vfree(r);
	assert_int_equal(nr_unused_pages(), before);
}

static void vm11_deferred_in_interrupt(void **state)
{
	(void)state;
	on_both(check_deferred);
}

static void check_atomic(void)
{
	uint8_t *p = vmalloc(PAGE_SIZE), *q = vmalloc(PAGE_SIZE);

	vfree_atomic(NULL);
	vfree_atomic(p);
	kvfree_atomic(q);
	assert_int_equal(vm_info().nr_deferred, 2);
	kvfree_atomic(kmalloc(10, GFP_KERNEL));
	kmc_sim_set_context(KMC_IN_NMI);
	listen_warnings();
	q = vmalloc(1);
	assert_null(q);
	vfree_atomic(p);
	vfree(p);
	assert_int_equal(warnings, 3);
	kmc_sim_set_context(KMC_IN_TASK);
	kmc_sim_run_work(sim);
	assert_int_equal(vm_info().nr_areas, 0);
	kmc_sim_run_work(sim);
}

static void vm12_fr22_atomic(void **state)
{
	(void)state;
	on_both(check_atomic);
}

static void check_addresses(void)
{
	uint8_t *start = (uint8_t *)VMALLOC_START, *end = (uint8_t *)VMALLOC_END;
	uint8_t *p = vmalloc(1), *k = kmalloc(1, GFP_KERNEL);

	assert_true(is_vmalloc_addr(p));
	assert_true(is_vmalloc_addr(p + PAGE_SIZE));
	vfree(p);
	assert_true(is_vmalloc_addr(p));
	assert_true(is_vmalloc_addr(start));
	assert_true(is_vmalloc_addr(end - 1));
	assert_false(is_vmalloc_addr(start - 1));
	assert_false(is_vmalloc_addr(end));
	assert_false(is_vmalloc_addr(NULL));
	assert_false(is_vmalloc_addr(ZERO_SIZE_PTR));
	assert_false(is_vmalloc_addr(k));
	assert_null(vmalloc_to_page(p));
	assert_null(vmalloc_to_page(k));
	kfree(k);
}

static void vm19_range_test(void **state)
{
	(void)state;
	on_both(check_addresses);
}

static void check_huge(void)
{
	uint64_t before;
	uint8_t *p;

	before = nr_unused_pages();
	p = vmalloc_huge(PMD_SIZE, GFP_KERNEL);
	assert_int_equal((uintptr_t)p % PMD_SIZE, 0);
	assert_int_equal(find_vm_area(p)->page_order, 9);
	for (size_t i = 1; i < 512; i++) {
		struct page *page = vmalloc_to_page(p + i * PAGE_SIZE + i);

		assert_ptr_equal(page, vmalloc_to_page(p) + i);
		assert_false(PageCompound(page));
		assert_int_equal(page_ref_count(page), 1);
	}
	fill_bytes(p, 4, 0, PMD_SIZE);
	expect_bytes(p, 4, 0, PMD_SIZE);
	vfree(p);
	assert_int_equal(nr_unused_pages(), before);
	p = vmalloc_huge(PMD_SIZE + 1, GFP_KERNEL); /* whole mappings */
	assert_int_equal(get_vm_area_size(find_vm_area(p)), 2 * PMD_SIZE);
	assert_null(vmalloc_to_page(p + 2 * PMD_SIZE));
	vfree(p);
	p = vmalloc_huge(PMD_SIZE - 1, GFP_KERNEL);
	assert_int_equal(find_vm_area(p)->page_order, 0);
	vfree(p);
	p = vmalloc(PMD_SIZE); /* only who asks */
	assert_int_equal(find_vm_area(p)->page_order, 0);
	vfree(p);
	/* Without blocks of that order small pages do, and no alignment is left of the try. */
	p = vmalloc(PAGE_SIZE);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 0);
	p = vmalloc_huge(PMD_SIZE, GFP_KERNEL);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	assert_non_null(p);
	assert_int_equal(find_vm_area(p)->page_order, 0);
	assert_int_equal(get_vm_area_size(find_vm_area(p)), PMD_SIZE);
	vfree(p);
}

static void vm20_vm21_huge(void **state)
{
	(void)state;
	on_both(check_huge);
}

static void vm22_node_is_a_wish(void **state)
{
	struct kmc_sim_config config = {
		.profile = KMC_PROFILE_6_18_44,
		.nr_cpus = 2,
		.nr_nodes = 2,
		.nr_zones = 2,
		.zones = { { .type = KMC_ZONE_NORMAL, .node = 0, .start_pfn = 4096, .nr_pages = 4096 },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 8192, .nr_pages = 4096 } },
	};
	uint8_t *p;

	(void)state;
	boot_config(&config);
	for (int node = 0; node < 2; node++) {
		p = vmalloc_node(20 * PAGE_SIZE, node);
		for (int i = 0; i < 20; i++)
			assert_int_equal(page_to_nid(vmalloc_to_page(p + i * PAGE_SIZE)), node);
		vfree(p);
	}
	p = vmalloc_node(4200 * PAGE_SIZE, 1); /* more than it has */
	assert_non_null(p);
	vfree(p);
	power_off();
}

static void check_nothing_left(void)
{
	static const size_t sizes[] = { 1, 3 * PAGE_SIZE, 130 * PAGE_SIZE, 600 * PAGE_SIZE };

	/* The n-th fails, and all after it: a page that bulk does not give is asked for again. */
	for (int huge = 0; huge < 2; huge++)
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
			for (int fault = 0; fault < KMC_NR_SIM_FAULTS; fault++) {
				unsigned int n = 0;
				uint64_t before;
				void *p = NULL;

				kmc_sim_reset(sim);
				before = nr_unused_pages();
				while (!p) {
					kmc_sim_fail_nth(sim, (enum kmc_sim_fault)fault, ++n, 1);
					p = huge ? vmalloc_huge(sizes[s] * 8, GFP_KERNEL) :
						   vzalloc(sizes[s]);
					kmc_sim_fail_nth(sim, (enum kmc_sim_fault)fault, 0, 0);
					if (p)
						break;
					assert_int_equal(vm_info().nr_mapped, 0);
					assert_int_equal(vm_info().nr_areas, 0);
					assert_int_equal(nr_unused_pages(), before);
					kmc_sim_check(sim);
				}
				vfree(p);
				assert_true(n > 1); /* else nothing was tried */
			}
}

static void vm23_for_every_n(void **state)
{
	(void)state;
	on_both(check_nothing_left);
}

static void check_limit(void)
{
	const uint64_t limit = 64 * PAGE_SIZE;
	uint8_t *areas[16];
	uint64_t before;

	before = nr_unused_pages();
	vm_unmap_aliases();
	kmc_sim_vmalloc_limit(sim, limit);
	for (int i = 0; i < 16; i++) {
		areas[i] = vmalloc(3 * PAGE_SIZE);
		assert_non_null(areas[i]);
		assert_true(areas[i] + 4 * PAGE_SIZE <= (uint8_t *)VMALLOC_START + limit);
		for (int j = 0; j < i; j++)
			assert_true(areas[i] >= areas[j] + 4 * PAGE_SIZE ||
				    areas[j] >= areas[i] + 4 * PAGE_SIZE);
	}
	listen_warnings();
	assert_null(vmalloc(1));
	assert_true(warnings >= 1);
	/* Freed, not purged: the purge is made before the request fails. */
	vfree(areas[7]);
	areas[7] = vmalloc(3 * PAGE_SIZE);
	assert_non_null(areas[7]);
	warnings = 0;
	assert_null(__vmalloc(1, GFP_KERNEL | __GFP_NOWARN));
	assert_int_equal(warnings, 0);
	for (int i = 0; i < 16; i++)
		vfree(areas[i]);
	kmc_sim_vmalloc_limit(sim, 0);
	assert_int_equal(nr_unused_pages(), before);
	vm_unmap_aliases();
	assert_int_equal(vm_info().nr_free << PAGE_SHIFT, vm_info().window_bytes);
}

static void vm24_disjoint_and_inside(void **state)
{
	(void)state;
	on_both(check_limit);
}

static void check_page_aligned(void)
{
	static const unsigned long sizes[] = { 1, 100, 4095, 4096, 4097, 12289, 3ul << 20 };
	static const unsigned long aligns[] = { 1, 64, 4096, 65536 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned long n = sizes[i];
		void *p[] = { vmalloc(n), vzalloc(n), vmalloc_user(n), vmalloc_32(n),
			      vmalloc_node(n, 0), __vmalloc(n, GFP_KERNEL | __GFP_ZERO),
			      vmalloc_huge_node(n, GFP_KERNEL, 0) };

		for (size_t k = 0; k < sizeof(p) / sizeof(p[0]); k++) {
			assert_non_null(p[k]);
			assert_int_equal((uintptr_t)p[k] % PAGE_SIZE, 0);
			assert_int_equal(kmc_sim_address(sim, p[k]) % PAGE_SIZE, 0);
		}
		for (size_t k = 0; k < sizeof(p) / sizeof(p[0]); k++)
			vfree(p[k]);
		/* An alignment below a page is that of a page, one above it is kept. */
		for (size_t k = 0; k < sizeof(aligns) / sizeof(aligns[0]); k++) {
			void *q = __vmalloc_node(n, aligns[k], GFP_KERNEL, 0, NULL);
			unsigned long least = aligns[k] < PAGE_SIZE ? PAGE_SIZE : aligns[k];

			assert_int_equal(kmc_sim_address(sim, q) % least, 0);
			vfree(q);
		}
	}
}

static void align11_page_aligned(void **state)
{
	(void)state;
	on_both(check_page_aligned);
}

static unsigned int nr_warnings;
static uint64_t last_reclaimable; /* frame number */

static void note_page_kinds(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	if (tp->id == KMC_TP_WARN)
		nr_warnings++;
	else if (tp->migratetype == 2)
		last_reclaimable = tp->pfn;
}

/* No release with a profile strips what is not supported: the bit reaches the page. */
static void check_nothing_stripped(enum kmc_profile profile)
{
	void *p;

	(void)profile;
	nr_warnings = 0;
	last_reclaimable = UINT64_MAX;
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_WARN) | KMC_TP_BIT(KMC_TP_MM_PAGE_ALLOC), note_page_kinds,
		      NULL);
	p = __vmalloc(PAGE_SIZE, GFP_KERNEL | __GFP_RECLAIMABLE);
	assert_non_null(p);
	assert_int_equal(nr_warnings, 0);
	assert_int_equal(last_reclaimable, vmalloc_to_pfn(p));
	vfree(p);
}

static void vm25_begins_behind_the_profiles(void **state)
{
	(void)state;
	on_profiles(check_nothing_stripped);
}

/*
 * The host's zeros are no zeroing: what a reset gave back, all above 64 MiB, is junk when it is
 * mapped again, at the ends at least. Below is what the last program left.
 */
static void vm2_trimmed_memory_is_junk_again(void **state)
{
	struct kmc_sim_config config = vm_config(KMC_PROFILE_6_18_44, false, 256 * MIB);
	const size_t bytes = 160 * MIB;

	(void)state;
	config.options |= KMC_OPT_DIRTY_MEMORY;
	boot_config(&config);
	for (int round = 0; round < 3; round++) {
		const uint64_t *p = vmalloc(bytes);

		assert_non_null(p);
		for (size_t at = 0; !round && at < 16 * PAGE_SIZE; at += PAGE_SIZE)
			assert_int_not_equal(p[at / sizeof(*p)], 0);
		for (size_t at = bytes - 16 * PAGE_SIZE; at < bytes; at += PAGE_SIZE)
			assert_int_not_equal(p[at / sizeof(*p)], 0);
		memset((void *)p, 0, bytes);
		vfree(p);
		kmc_sim_reset(sim);
		kmc_sim_check(sim);
	}
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vm1_contiguous_by_address),
		cmocka_unit_test(vm20_aliased_areas_are_their_frames),
		cmocka_unit_test(vm2_zeroed),
		cmocka_unit_test(vm2_trimmed_memory_is_junk_again),
		cmocka_unit_test(vm3_user_to_the_last_byte),
		cmocka_unit_test(vm4_32_below_4_gib),
		cmocka_unit_test(vm5_sizes),
		cmocka_unit_test(vm9_guard_pages),
		cmocka_unit_test(vm6_vm7_nofail_and_scopes),
		cmocka_unit_test(vm7_page_tables_follow_the_scope),
		cmocka_unit_test(vm7_killed_task),
		cmocka_unit_test(vm8_not_in_interrupt),
		cmocka_unit_test(vm10_bad_addresses),
		cmocka_unit_test(vm11_deferred_in_interrupt),
		cmocka_unit_test(vm12_fr22_atomic),
		cmocka_unit_test(vm19_range_test),
		cmocka_unit_test(vm20_vm21_huge),
		cmocka_unit_test(vm22_node_is_a_wish),
		cmocka_unit_test(vm23_for_every_n),
		cmocka_unit_test(vm24_disjoint_and_inside),
		cmocka_unit_test(align11_page_aligned),
		cmocka_unit_test(vm25_begins_behind_the_profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
