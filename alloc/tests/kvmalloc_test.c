// SPDX-License-Identifier: GPL-2.0-or-later
/* kvmalloc by profile, and resizing of what it gave. */
#include <limits.h>
#include "alloc/user_memory.h"
#include "linux/err.h"
#include "linux/string.h"
#include "vmalloc_fixture.h"

/* So that kmalloc above a page fails: its object or its block, and nothing after it. */
static void fail_once(size_t size)
{
	enum kmc_sim_fault fault = size > KMALLOC_MAX_CACHE_SIZE ? KMC_FAULT_PAGE : KMC_FAULT_SLAB;

	kmc_sim_fail_nth(sim, fault, 1, 0);
}

static void *kv_fallen_back(size_t size, gfp_t gfp)
{
	void *p;

	fail_once(size);
	p = kvmalloc(size, gfp);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	return p;
}

static void check_fallback(enum kmc_profile profile)
{
	static const size_t sizes[] = { 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 40000 };

	(void)profile;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *p = kvmalloc(sizes[i], GFP_KERNEL);

		assert_non_null(p);
		assert_false(is_vmalloc_addr(p)); /* kmalloc comes first */
		kvfree(p);
		p = kv_fallen_back(sizes[i], GFP_KERNEL);
		if (sizes[i] <= PAGE_SIZE) {
			assert_null(p);
			continue;
		}
		assert_true(is_vmalloc_addr(p));
		fill_bytes(p, 2, 0, sizes[i]);
		kvfree(p);
	}
	for (size_t size = KMALLOC_MAX_SIZE; size <= KMALLOC_MAX_SIZE + 1; size++) {
		void *p = kvmalloc(size, GFP_KERNEL);

		assert_int_equal(is_vmalloc_addr(p), size > KMALLOC_MAX_SIZE);
		kvfree(p);
	}
	assert_ptr_equal(kvmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kvfree(ZERO_SIZE_PTR);
	kvfree(NULL);
}

static void kv1_kv2_kv10_fallback(void **state)
{
	(void)state;
	on_profiles(check_fallback);
}

/* Flags of the kmalloc step, as its event shows them. */
static gfp_t light(size_t size, gfp_t gfp)
{
	tp_listen(KMC_TP_KMALLOC);
	kvfree(kvmalloc(size, gfp));
	kmc_sim_trace(sim, 0, NULL, NULL);
	assert_true(tp_count >= 1);
	return (gfp_t)tp_seen[0].gfp;
}

static void check_flags(enum kmc_profile profile)
{
	bool new = profile >= KMC_PROFILE_6_18_44;

	assert_int_equal(light(PAGE_SIZE, GFP_KERNEL), GFP_KERNEL);
	assert_int_equal(light(PAGE_SIZE, GFP_KERNEL | __GFP_NOFAIL), GFP_KERNEL | __GFP_NOFAIL);
	assert_int_equal(light(PAGE_SIZE + 1, GFP_KERNEL),
			 new ? (GFP_KERNEL & ~__GFP_DIRECT_RECLAIM) | __GFP_NOWARN :
			       GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	assert_int_equal(light(PAGE_SIZE + 1, GFP_KERNEL | __GFP_RETRY_MAYFAIL),
			 GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	assert_false(light(PAGE_SIZE + 1, GFP_KERNEL | __GFP_NOFAIL) & __GFP_NOFAIL);
	assert_int_equal(light(PAGE_SIZE + 1, GFP_KERNEL | __GFP_NOFAIL | __GFP_RETRY_MAYFAIL),
			 GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
}

static void kv3_kv7_flags_of_kmalloc(void **state)
{
	(void)state;
	on_profiles(check_flags);
}

static void check_blocking(enum kmc_profile profile)
{
	static const gfp_t never[] = { GFP_NOWAIT, GFP_ATOMIC };
	static const gfp_t ever[] = { GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_USER };

	(void)profile;
	for (size_t i = 0; i < 2; i++)
		assert_null(kv_fallen_back(PAGE_SIZE * 2, never[i] | __GFP_NOWARN));
	for (size_t i = 0; i < 4; i++) {
		void *p = kv_fallen_back(PAGE_SIZE * 2, ever[i]);

		assert_true(is_vmalloc_addr(p));
		kvfree(p);
	}
}

static void kv4_who_may_fall_back(void **state)
{
	(void)state;
	on_profiles(check_blocking);
}

static void check_int_max(enum kmc_profile profile)
{
	(void)profile;
	listen_warnings();
	assert_null(kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL | __GFP_NOWARN));
	assert_int_equal(warnings, 0);
	assert_null(kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL));
	assert_int_equal(warnings, 1);
	assert_null(kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL | __GFP_NOFAIL));
	assert_null(kvmalloc(1ull << 32, GFP_KERNEL));
	assert_null(kvmalloc(SIZE_MAX, GFP_KERNEL));
	assert_int_equal(warnings, 1); /* once a boot */
	assert_null(kvmalloc(INT_MAX, GFP_KERNEL)); /* vmalloc says no, it is more than there is */
	assert_int_equal(warnings, 2);
}

static void kv6_kv7_int_max(void **state)
{
	(void)state;
	on_profiles(check_int_max);
}

static void kv6_kv7_int_max_on_a_large_machine(void **state)
{
	struct kmc_sim_config config = vm_config(KMC_PROFILE_6_18_44, false, 4ull << 30);
	void *p;

	(void)state;
	boot_config(&config);
	p = kvmalloc(INT_MAX, GFP_KERNEL);
	assert_non_null(p);
	kvfree(p);
	assert_null(kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL | __GFP_NOWARN));
	power_off();
}

static void check_zero_and_arrays(void)
{
	for (int fall = 0; fall < 2; fall++) {
		uint8_t *p = vmalloc(20000);

		memset(p, 0xff, 20000);
		vfree(p);
		p = kmalloc(20000, GFP_KERNEL);
		memset(p, 0xff, 20000);
		kfree(p);
		vm_unmap_aliases();
		if (fall)
			fail_once(20000);
		p = kvcalloc(200, 100, GFP_KERNEL);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		assert_int_equal(is_vmalloc_addr(p), fall);
		expect_zero(p, 0, 20000);
		kvfree_sensitive(p, 20000);
	}
	assert_null(kvmalloc_array(SIZE_MAX / 2, 3, GFP_KERNEL));
	assert_null(kvcalloc(1ull << 32, 1ull << 32, GFP_KERNEL));
	kvfree_sensitive(NULL, 10);
	kvfree_sensitive(ZERO_SIZE_PTR, 0);
}

static void kv8_kv9_zeroed_arrays(void **state)
{
	(void)state;
	on_both(check_zero_and_arrays);
}

static void check_kvfree(void)
{
	uint64_t before = nr_unused_pages();
	struct kmem_cache *s = kmem_cache_create("kv11", 100, 0, 0, NULL);
	void *copy, *text = kmalloc(64, GFP_KERNEL);

	kvfree(kmalloc(10, GFP_KERNEL));
	kvfree(kmalloc(100000, GFP_KERNEL));
	kvfree(vmalloc(100000));
	kvfree(vmalloc_huge(3 * MIB, GFP_KERNEL));
	kvfree(kvmalloc(100000, GFP_KERNEL));
	kvfree(kmem_cache_alloc(s, GFP_KERNEL));
	memset(text, 7, 64);
	copy = kvmemdup(text, 64, GFP_KERNEL);
	assert_memory_equal(copy, text, 64);
	kvfree(copy);
	kfree(text);
	kmem_cache_destroy(s);
	assert_int_equal(nr_unused_pages(), before);
	assert_int_equal(vm_info().nr_areas, 0);
}

static void kv11_dup7_kvfree_by_address(void **state)
{
	(void)state;
	on_both(check_kvfree);
}

static char user[20000];

static void check_user_copies(void)
{
	uint64_t before = nr_unused_pages();
	void *p;

	memset(user, 'u', sizeof(user));
	for (int fall = 0; fall < 2; fall++) {
		if (fall)
			fail_once(sizeof(user));
		p = vmemdup_user(user, sizeof(user));
		assert_false(IS_ERR(p));
		assert_int_equal(is_vmalloc_addr(p), fall);
		assert_memory_equal(p, user, sizeof(user));
		kvfree(p);
		if (fall)
			fail_once(sizeof(user));
		kmc_sim_user_fault(sim, user + sizeof(user) - 1);
		p = vmemdup_user(user, sizeof(user));
		assert_int_equal(PTR_ERR(p), -EFAULT);
		kmc_sim_user_fault(sim, NULL);
	}
	assert_int_equal(PTR_ERR(vmemdup_user(user, SIZE_MAX)), -ENOMEM);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
	assert_int_equal(PTR_ERR(vmemdup_user(user, sizeof(user))), -ENOMEM);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	assert_int_equal(nr_unused_pages(), before);
}

static void dup8_vmemdup_user(void **state)
{
	(void)state;
	on_both(check_user_copies);
}

static void kv12_node(void **state)
{
	struct kmc_sim_config config = {
		.profile = KMC_PROFILE_6_18_44,
		.nr_cpus = 2,
		.nr_nodes = 2,
		.nr_zones = 2,
		.zones = { { .type = KMC_ZONE_NORMAL, .node = 0, .start_pfn = 4096, .nr_pages = 8192 },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 16384, .nr_pages = 8192 } },
	};
	void *p;

	(void)state;
	boot_config(&config);
	for (int node = 0; node < 2; node++) {
		p = kvmalloc_node(30000, GFP_KERNEL, node);
		assert_int_equal(page_to_nid(virt_to_page(p)), node);
		kvfree(p);
		p = kvzalloc_node(5 * MIB, GFP_KERNEL, node);
		assert_true(is_vmalloc_addr(p));
		assert_int_equal(page_to_nid(vmalloc_to_page(p)), node);
		kvfree(p);
	}
	/* Node and alignment move an area and a block; the contents come along. */
	for (int kind = 0; kind < 2; kind++) {
		size_t size = kind ? 5 * MIB : 30000, less = size - 20000;

		p = kvmalloc_node(size, GFP_KERNEL, 0);
		fill_bytes(p, 5, 0, size);
		p = kvrealloc_node_align(p, less, 1, GFP_KERNEL | __GFP_THISNODE, 1);
		assert_non_null(p);
		assert_int_equal(is_vmalloc_addr(p), kind);
		assert_int_equal(page_to_nid(kind ? vmalloc_to_page(p) : virt_to_page(p)), 1);
		expect_bytes(p, 5, 0, less);
		kvfree(p);
	}
	power_off();
}

static void rea11_old_form(void **state)
{
	void *p, *q;

	(void)state;
	vm_boot(KMC_PROFILE_6_6_9, false);
	p = kvmalloc(3000, GFP_KERNEL);
	fill_bytes(p, 1, 0, 3000);
	q = kvrealloc(p, 3000, 3000, GFP_KERNEL);
	assert_ptr_equal(p, q);
	q = kvrealloc(p, 3000, 0, GFP_KERNEL); /* and p lives on */
	assert_ptr_equal(p, q);
	expect_bytes(p, 1, 0, 3000);
	q = kvrealloc(p, 3000, 3001, GFP_KERNEL); /* no look at what the block has room for */
	assert_ptr_not_equal(p, q);
	expect_bytes(q, 1, 0, 3000);
	p = kvrealloc(q, 3001, 6 * MIB, GFP_KERNEL);
	assert_true(is_vmalloc_addr(p));
	expect_bytes(p, 1, 0, 3000);
	assert_null(kvrealloc(p, 6 * MIB, SIZE_MAX, GFP_KERNEL | __GFP_NOWARN));
	expect_bytes(p, 1, 0, 3000);
	kvfree(p);
	power_off();
}

static void check_chain(enum kmc_profile profile)
{
	uint8_t *p = kvrealloc(NULL, PAGE_SIZE, GFP_KERNEL);

	(void)profile;
	assert_false(is_vmalloc_addr(p));
	fill_bytes(p, 1, 0, PAGE_SIZE);
	p = kvrealloc(p, 8 * MIB, GFP_KERNEL);
	assert_true(is_vmalloc_addr(p));
	expect_bytes(p, 1, 0, PAGE_SIZE);
	p = kvrealloc(p, 16, GFP_KERNEL); /* never back to kmalloc */
	assert_true(is_vmalloc_addr(p));
	expect_bytes(p, 1, 0, 16);
	p = kvrealloc(p, 16 * MIB, GFP_KERNEL);
	expect_bytes(p, 1, 0, 16);
	assert_null(kvrealloc(p, SIZE_MAX, GFP_KERNEL | __GFP_NOWARN));
	expect_bytes(p, 1, 0, 16);
	assert_null(kvrealloc(p, 0, GFP_KERNEL));
	assert_int_equal(vm_info().nr_areas, 0);
	p = kmalloc(10, GFP_KERNEL);
	assert_ptr_equal(kvrealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(kvrealloc(NULL, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(krealloc(NULL, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_null(vrealloc(vmalloc(10), 0, GFP_KERNEL));
	assert_null(vrealloc(NULL, 0, GFP_KERNEL));
	assert_int_equal(vm_info().nr_areas, 0);
}

static void rea12_rea13_kvrealloc(void **state)
{
	(void)state;
	on_profiles(check_chain);
}

static void check_fallback_copy(enum kmc_profile profile)
{
	uint8_t *p = kmalloc(20000, GFP_KERNEL), *q;

	if (profile < KMC_PROFILE_6_12_117) {
		kfree(p);
		return;
	}
	fill_bytes(p, 3, 0, 20000);
	fail_once(40000);
	q = kvrealloc(p, 40000, GFP_KERNEL);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	assert_non_null(q); /* the second request is a kmalloc too */
	expect_bytes(q, 3, 0, 20000);
	kvfree(q);
	if (profile < KMC_PROFILE_6_18_44)
		return;
	/* An alignment that kmalloc's first try fails for, to fewer bytes than there were. */
	p = kmalloc(20000, GFP_KERNEL);
	fill_bytes(p, 3, 0, 20000);
	fail_once(9000);
	q = kvrealloc_node_align(p, 9000, 1ul << 20, GFP_KERNEL, NUMA_NO_NODE);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	if (!((uintptr_t)p & ((1ul << 20) - 1)))
		return; /* it was aligned already */
	assert_non_null(q);
	expect_bytes(q, 3, 0, 9000);
	kvfree(q);
}

static void rea20_fallback_copies_the_smaller(void **state)
{
	(void)state;
	on_profiles(check_fallback_copy);
}

static void check_foreign(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	uint8_t *p = vmalloc(3 * PAGE_SIZE), *k = kmalloc(64, GFP_KERNEL);
	uint8_t *m = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	uint64_t hash = kmc_sim_hash(sim);

	listen_warnings();
	assert_null(vrealloc(k, 100, GFP_KERNEL));
	assert_null(vrealloc(m, 100, GFP_KERNEL));
	assert_null(vrealloc(p + PAGE_SIZE, 100, GFP_KERNEL));
	assert_null(vrealloc(p + 8, 100, GFP_KERNEL));
	assert_int_equal(warnings, 4);
	assert_int_equal(kmc_sim_hash(sim), hash);
	k = krealloc(k, 30, GFP_KERNEL);
	kfree(k);
	vunmap(m);
	vfree(p);
	p = vrealloc(NULL, 5000, GFP_KERNEL | __GFP_ZERO);
	expect_zero(p, 0, 5000);
	vfree(p);
	__free_page(page);
}

static void rea14_foreign_pointers(void **state)
{
	(void)state;
	on_both(check_foreign);
}

static void check_one_page(void)
{
	static const size_t sizes[] = { 100, 6000, 8192, 9000, 1, 8193 };
	uint8_t *p = __vmalloc(5000, GFP_KERNEL | __GFP_ZERO);
	size_t old = 5000;

	fill_bytes(p, 1, 0, 5000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size = sizes[i], kept = size < old ? size : old;
		unsigned int nr = find_vm_area(p)->nr_pages;

		p = vrealloc(p, size, GFP_KERNEL | __GFP_ZERO);
		assert_non_null(p);
		expect_bytes(p, 1, 0, kept);
		expect_zero(p, kept, size);
		if (size <= (size_t)nr * PAGE_SIZE)
			assert_int_equal(find_vm_area(p)->nr_pages, nr); /* a shrink keeps them all */
		assert_int_equal(find_vm_area(p)->requested_size, size);
		fill_bytes(p, 1, 0, size);
		old = size;
	}
	vfree(p);
}

static void rea15_inside_one_page(void **state)
{
	(void)state;
	on_both(check_one_page);
}

static void rea16_alignment(void **state)
{
	uint8_t *p, *q, *first;

	(void)state;
	vm_boot(KMC_PROFILE_6_18_44, false);
	first = vmalloc(PAGE_SIZE); /* of the window: a multiple of all there is, wherever the host has it */
	p = vmalloc(PAGE_SIZE); /* no multiple of four pages, nor is what comes next */
	q = __vmalloc_node(100, 4 * PAGE_SIZE, GFP_KERNEL, NUMA_NO_NODE, NULL);
	assert_int_equal((uintptr_t)q % (4 * PAGE_SIZE), 0);
	vfree(p);
	p = vmalloc(PAGE_SIZE);
	listen_warnings();
	assert_ptr_equal(vrealloc_node_align(first, 50, 1ul << 30, GFP_KERNEL, NUMA_NO_NODE), first);
	q = vrealloc_node_align(q, 50, 4 * PAGE_SIZE, GFP_KERNEL, NUMA_NO_NODE);
	assert_non_null(q);
	assert_int_equal(warnings, 0);
	fill_bytes(p, 1, 0, PAGE_SIZE);
	assert_null(vrealloc_node_align(p, 50, 1ul << 30, GFP_KERNEL, NUMA_NO_NODE));
	assert_int_equal(warnings, 1);
	expect_bytes(p, 1, 0, PAGE_SIZE);
	vfree(first);
	vfree(p);
	vfree(q);
	power_off();
}

/* Nobody else is in the call: what it gives and leaves is whole at every entry and return. */
static void rea17_not_twice_at_once(void **state)
{
	uint8_t *p, *q;

	(void)state;
	vm_boot(KMC_PROFILE_6_18_44, false);
	p = vmalloc(100);
	kmc_sim_set_context(KMC_IN_HARDIRQ);
	vfree(p); /* under way */
	kmc_sim_set_context(KMC_IN_TASK);
	listen_warnings();
	q = vrealloc(p, 50, GFP_KERNEL);
	assert_null(q);
	assert_int_equal(warnings, 1);
	power_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kv1_kv2_kv10_fallback),
		cmocka_unit_test(kv3_kv7_flags_of_kmalloc),
		cmocka_unit_test(kv4_who_may_fall_back),
		cmocka_unit_test(kv6_kv7_int_max),
		cmocka_unit_test(kv6_kv7_int_max_on_a_large_machine),
		cmocka_unit_test(kv8_kv9_zeroed_arrays),
		cmocka_unit_test(kv11_dup7_kvfree_by_address),
		cmocka_unit_test(dup8_vmemdup_user),
		cmocka_unit_test(kv12_node),
		cmocka_unit_test(rea11_old_form),
		cmocka_unit_test(rea12_rea13_kvrealloc),
		cmocka_unit_test(rea20_fallback_copies_the_smaller),
		cmocka_unit_test(rea14_foreign_pointers),
		cmocka_unit_test(rea15_inside_one_page),
		cmocka_unit_test(rea16_alignment),
		cmocka_unit_test(rea17_not_twice_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
