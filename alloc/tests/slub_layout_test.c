/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arithmetic of slab/slub_layout.c against the contract's tables R1 to R7
 * and against second, plainer formulations of the same rules.
 */
#include "slab_fixture.h"
#include <errno.h>

static const unsigned int class_sizes[] = { 8,	 16,  32,   64,	  96,	128, 192,
					    256, 512, 1024, 2048, 4096, 8192 };
#define NR_CLASSES (sizeof(class_sizes) / sizeof(class_sizes[0]))

static void r1_every_size_has_the_smallest_class_that_holds_it(void **state)
{
	(void)state;
	for (size_t size = 1; size <= 8192; size++) {
		unsigned int class = kmc_kmalloc_class(size), i = 0;

		while (class_sizes[i] < size)
			i++;
		assert_in_range(class, 1, KMC_KMALLOC_CLASSES - 1);
		assert_int_equal(kmc_kmalloc_class_size(class), class_sizes[i]);
		assert_int_equal(kmc_kmalloc_granted(KMC_PROFILE_6_18_44, size), class_sizes[i]);
	}
}

static void r1_class_numbers_are_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(kmc_kmalloc_class(96), 1);
	assert_int_equal(kmc_kmalloc_class(192), 2);
	assert_int_equal(kmc_kmalloc_class(8), 3);
	assert_int_equal(kmc_kmalloc_class(64), 6);
	assert_int_equal(kmc_kmalloc_class(8192), 13);
	assert_int_equal(kmc_kmalloc_class(0), 0);
	assert_int_equal(kmc_kmalloc_class(8193), 0);
	assert_int_equal(kmc_kmalloc_class(SIZE_MAX), 0);
	assert_int_equal(kmc_kmalloc_class_size(0), 0);
	assert_int_equal(kmc_kmalloc_class_size(14), 0);
}

static void km5_large_blocks_are_powers_of_two_up_to_the_ceiling(void **state)
{
	(void)state;
	for (size_t size = 8193; size <= KMALLOC_MAX_SIZE; size += size / 7) {
		size_t granted = kmc_kmalloc_granted(KMC_PROFILE_6_1_192, size);

		assert_true(granted >= size && granted / 2 < size);
		assert_int_equal(granted & (granted - 1), 0);
	}
	assert_int_equal(kmc_kmalloc_granted(KMC_PROFILE_6_18_44, 8193), 16384);
	assert_int_equal(kmc_kmalloc_granted(KMC_PROFILE_6_18_44, 4u << 20), 4u << 20);
	assert_int_equal(kmc_kmalloc_granted(KMC_PROFILE_6_18_44, (4u << 20) + 1), 0);
	assert_int_equal(kmc_kmalloc_granted(KMC_PROFILE_6_18_44, SIZE_MAX), 0);
	assert_int_equal(kmc_kmalloc_granted(KMC_PROFILE_6_18_44, 0), 0);
}

static void r3_class_alignment_by_profile(void **state)
{
	(void)state;
	for (unsigned int p = 0; p < KMC_NR_PROFILES; p++) {
		bool divisors = p >= KMC_PROFILE_6_12_117;

		assert_int_equal(kmc_kmalloc_class_align(p, 1), divisors ? 32 : 8);
		assert_int_equal(kmc_kmalloc_class_align(p, 2), divisors ? 64 : 8);
		for (unsigned int class = 3; class < KMC_KMALLOC_CLASSES; class++)
			assert_int_equal(kmc_kmalloc_class_align(p, class), 1u << class);
	}
}

static void align8_cache_line(void **state)
{
	(void)state;
	for (unsigned int size = 1; size <= 300; size++) {
		unsigned int want = size > 32 ? 64 : size > 16 ? 32 : size > 8 ? 16 : 8;

		assert_int_equal(kmc_layout_align(SLAB_HWCACHE_ALIGN, 0, size), want);
		assert_int_equal(kmc_layout_align(SLAB_HWCACHE_ALIGN, 128, size), 128);
		assert_int_equal(kmc_layout_align(0, 0, size), 8);
		assert_int_equal(kmc_layout_align(0, 4, size), 8);
		/* What was computed once stays: a recorder hands in the kernel's value. */
		assert_int_equal(kmc_layout_align(SLAB_HWCACHE_ALIGN, want, size), want);
	}
}

static struct kmc_layout layout_of(struct kmc_layout_request request)
{
	struct kmc_layout layout;

	if (!request.nr_cpus)
		request.nr_cpus = 2;
	assert_int_equal(kmc_layout_compute(&request, &layout), 0);
	return layout;
}

/* Order / objects of R4's table; columns 1, 2, 4, 8, 16, 64, 128 cpus. */
static const unsigned int r4_cpus[] = { 1, 2, 4, 8, 16, 64, 128 };
static const struct {
	unsigned int size;
	struct {
		unsigned int order, objects;
	} at[7];
} r4_table[] = {
	{ 8, { { 0, 512 }, { 0, 512 }, { 0, 512 }, { 0, 512 }, { 0, 512 }, { 0, 512 }, { 0, 512 } } },
	{ 64, { { 0, 64 }, { 0, 64 }, { 0, 64 }, { 0, 64 }, { 0, 64 }, { 0, 64 }, { 0, 64 } } },
	{ 96, { { 0, 42 }, { 0, 42 }, { 0, 42 }, { 0, 42 }, { 0, 42 }, { 0, 42 }, { 0, 42 } } },
	{ 128, { { 0, 32 }, { 0, 32 }, { 0, 32 }, { 0, 32 }, { 0, 32 }, { 0, 32 }, { 1, 64 } } },
	{ 192, { { 0, 21 }, { 0, 21 }, { 0, 21 }, { 0, 21 }, { 1, 42 }, { 1, 42 }, { 1, 42 } } },
	{ 256, { { 0, 16 }, { 0, 16 }, { 0, 16 }, { 1, 32 }, { 1, 32 }, { 1, 32 }, { 2, 64 } } },
	{ 512, { { 0, 8 }, { 1, 16 }, { 1, 16 }, { 2, 32 }, { 2, 32 }, { 2, 32 }, { 3, 64 } } },
	{ 1024, { { 1, 8 }, { 2, 16 }, { 2, 16 }, { 3, 32 }, { 3, 32 }, { 3, 32 }, { 3, 32 } } },
	{ 2048, { { 2, 8 }, { 3, 16 }, { 3, 16 }, { 3, 16 }, { 3, 16 }, { 3, 16 }, { 3, 16 } } },
	{ 4096, { { 3, 8 }, { 3, 8 }, { 3, 8 }, { 3, 8 }, { 3, 8 }, { 3, 8 }, { 3, 8 } } },
	{ 8192, { { 3, 4 }, { 3, 4 }, { 3, 4 }, { 3, 4 }, { 3, 4 }, { 3, 4 }, { 3, 4 } } },
};

static void r4_table_in_all_profiles(void **state)
{
	(void)state;
	for (unsigned int p = 0; p < KMC_NR_PROFILES; p++)
		for (size_t i = 0; i < sizeof(r4_table) / sizeof(r4_table[0]); i++)
			for (size_t c = 0; c < 7; c++) {
				struct kmc_layout l = layout_of((struct kmc_layout_request){
					.object_size = r4_table[i].size, .flags = SLAB_KMALLOC,
					.nr_cpus = r4_cpus[c], .profile = p });

				assert_int_equal(l.order, r4_table[i].at[c].order);
				assert_int_equal(l.objects, r4_table[i].at[c].objects);
			}
}

/* Both algorithms give the same order for every kmalloc class, whatever the cpus. */
static void r4_old_and_new_agree_on_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_CLASSES; i++)
		for (unsigned int cpus = 1; cpus <= 256; cpus++)
			assert_int_equal(kmc_layout_order(KMC_PROFILE_6_6_9, class_sizes[i], cpus),
					 kmc_layout_order(KMC_PROFILE_6_12_117, class_sizes[i], cpus));
}

/* They differ for large objects only: R4 says from about 10.9 KB on. */
static void r4_old_and_new_differ_late(void **state)
{
	unsigned int first = 0;

	(void)state;
	for (unsigned int size = 8; size <= 40960 && !first; size += 8)
		for (unsigned int cpus = 1; cpus <= 256; cpus++)
			if (kmc_layout_order(KMC_PROFILE_6_6_9, size, cpus) !=
			    kmc_layout_order(KMC_PROFILE_6_18_44, size, cpus))
				first = size;
	assert_in_range(first, 10800, 11000);
}

/* The order holds an object, wastes little where that is possible, and order(size) always fits. */
static void r4_orders_hold_objects(void **state)
{
	(void)state;
	for (unsigned int p = 0; p < KMC_NR_PROFILES; p++)
		for (unsigned int size = 8; size <= 4u << 20; size += size < 70000 ? 8 : 40960) {
			int order = kmc_layout_order(p, size, 4);

			assert_in_range(order, 0, 10);
			assert_true((4096u << order) >= size);
			if (order > 3)
				assert_int_equal(order, kmc_order_of(size));
		}
	assert_int_equal(kmc_layout_order(KMC_PROFILE_6_18_44, (4u << 20) + 8, 1), -ENOSPC);
	assert_int_equal(kmc_layout_order(KMC_PROFILE_6_1_192, (4u << 20) + 8, 1), -ENOSPC);
}

static void r5_free_pointer_in_the_middle(void **state)
{
	(void)state;
	for (unsigned int size = 8; size <= 4096; size++) {
		struct kmc_layout l = layout_of((struct kmc_layout_request){
			.object_size = size, .profile = KMC_PROFILE_6_18_44 });

		assert_int_equal(l.offset, size / 2 & ~7u);
		assert_int_equal(l.inuse, (size + 7) & ~7u);
		assert_int_equal(l.size, (size + 7) & ~7u);
		assert_true(l.offset + 8 <= l.size);
	}
}

/* Measured on 6.18: anon_vma and radix_tree_node. Rule: KC-10, KC-14. */
static void r5_free_pointer_outside(void **state)
{
	struct kmc_layout l;

	(void)state;
	l = layout_of((struct kmc_layout_request){ .object_size = 96, .has_ctor = true,
						   .flags = SLAB_TYPESAFE_BY_RCU | SLAB_ACCOUNT,
						   .profile = KMC_PROFILE_6_18_44 });
	assert_int_equal(l.size, 104);
	assert_int_equal(l.offset, 96);
	assert_int_equal(l.objects, 39);
	l = layout_of((struct kmc_layout_request){ .object_size = 576, .has_ctor = true,
						   .flags = SLAB_RECLAIM_ACCOUNT,
						   .profile = KMC_PROFILE_6_18_44 });
	assert_int_equal(l.size, 584);
	assert_int_equal(l.inuse, 576);
	l = layout_of((struct kmc_layout_request){ .object_size = 100,
						   .flags = SLAB_TYPESAFE_BY_RCU });
	assert_int_equal(l.offset, 104);
	assert_int_equal(l.size, 112);
	l = layout_of((struct kmc_layout_request){ .object_size = 100, .flags = SLAB_POISON });
	assert_int_equal(l.offset, 104);
}

static void kc8_custom_free_pointer(void **state)
{
	struct kmc_layout l;
	struct kmc_layout_request r = { .object_size = 100, .flags = SLAB_TYPESAFE_BY_RCU,
					.use_freeptr_offset = true, .nr_cpus = 1,
					.profile = KMC_PROFILE_6_18_44 };

	(void)state;
	for (unsigned int offset = 0; offset <= 120; offset++) {
		int want = offset % 8 == 0 && offset <= 92 ? 0 : -EINVAL;

		r.freeptr_offset = offset;
		assert_int_equal(kmc_layout_compute(&r, &l), want);
		if (!want) {
			assert_int_equal(l.offset, offset);
			assert_int_equal(l.size, 104);
		}
	}
	r.freeptr_offset = 0;
	r.flags = 0;
	assert_int_equal(kmc_layout_compute(&r, &l), -EINVAL);
}

static void r5_debug_metadata(void **state)
{
	struct kmc_layout l;

	(void)state;
	/* Red zones: a gap behind, 8 spare bytes, one alignment in front. */
	l = layout_of((struct kmc_layout_request){ .object_size = 64, .align = 64,
						   .flags = SLAB_RED_ZONE });
	assert_int_equal(l.inuse, 72);
	assert_int_equal(l.red_left, 64);
	assert_int_equal(l.size, 192);
	/* Two tracks of 32 bytes; a kmalloc cache also records the request. */
	l = layout_of((struct kmc_layout_request){ .object_size = 64, .flags = SLAB_STORE_USER });
	assert_int_equal(l.size, 128);
	l = layout_of((struct kmc_layout_request){ .object_size = 64,
						   .flags = SLAB_STORE_USER | SLAB_KMALLOC });
	assert_int_equal(l.size, 136);
	assert_int_equal(l.cpu_partial, 0);
	/* Small objects with red zones have no room inside. */
	l = layout_of((struct kmc_layout_request){ .object_size = 4, .flags = SLAB_RED_ZONE });
	assert_int_equal(l.offset, l.inuse);
	l = layout_of((struct kmc_layout_request){ .object_size = 8,
						   .flags = SLAB_RED_ZONE | SLAB_STORE_USER |
							    SLAB_KMALLOC,
						   .profile = KMC_PROFILE_6_1_192 });
	assert_int_equal(l.offset, 0);
	l = layout_of((struct kmc_layout_request){ .object_size = 8,
						   .flags = SLAB_RED_ZONE | SLAB_STORE_USER |
							    SLAB_KMALLOC,
						   .profile = KMC_PROFILE_6_6_9 });
	assert_int_equal(l.offset, 16);
}

static void r6_numbers_per_cache(void **state)
{
	static const struct {
		unsigned int size, cpu_partial, min_partial, sheaf;
	} want[] = {
		{ 8, 120, 5, 60 },   { 248, 120, 5, 60 },  { 256, 52, 5, 28 },
		{ 1016, 52, 5, 28 }, { 1024, 24, 5, 12 },  { 4088, 24, 5, 12 },
		{ 4096, 6, 6, 4 },   { 16384, 6, 7, 4 },   { 4u << 20, 6, 10, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct kmc_layout l = layout_of((struct kmc_layout_request){
			.object_size = want[i].size, .profile = KMC_PROFILE_6_18_44 });

		assert_int_equal(l.cpu_partial, want[i].cpu_partial);
		assert_int_equal(l.min_partial, want[i].min_partial);
		assert_int_equal(l.sheaf_capacity, want[i].sheaf);
	}
	/* kmalloc-64 on 2 cpus: ceil(2 * 120 / 64). */
	assert_int_equal(layout_of((struct kmc_layout_request){ .object_size = 64 }).cpu_partial_slabs,
			 4);
}

static void align7_stride_keeps_alignment(void **state)
{
	(void)state;
	for (unsigned int align = 1; align <= 4096; align *= 2)
		for (unsigned int size = 1; size <= 600; size += 7) {
			struct kmc_layout l = layout_of((struct kmc_layout_request){
				.object_size = size, .align = align });

			assert_int_equal(l.size % (align < 8 ? 8 : align), 0);
			assert_true(l.size >= size);
			assert_int_equal(l.min_order, kmc_order_of(l.size));
			assert_true(l.order >= l.min_order);
			assert_true(l.objects * l.size <= 4096u << l.order);
		}
}

static void impossible_requests(void **state)
{
	struct kmc_layout l;
	struct kmc_layout_request r = { .object_size = 64, .align = 24, .nr_cpus = 1 };

	(void)state;
	assert_int_equal(kmc_layout_compute(&r, &l), -EINVAL);
	r.align = 0;
	r.object_size = 0;
	assert_int_equal(kmc_layout_compute(&r, &l), -EINVAL);
	r.object_size = (4u << 20) + 1;
	assert_int_equal(kmc_layout_compute(&r, &l), -ENOSPC);
	r.object_size = UINT32_MAX;
	assert_int_equal(kmc_layout_compute(&r, &l), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r1_every_size_has_the_smallest_class_that_holds_it),
		cmocka_unit_test(r1_class_numbers_are_the_kernels),
		cmocka_unit_test(km5_large_blocks_are_powers_of_two_up_to_the_ceiling),
		cmocka_unit_test(r3_class_alignment_by_profile),
		cmocka_unit_test(align8_cache_line),
		cmocka_unit_test(r4_table_in_all_profiles),
		cmocka_unit_test(r4_old_and_new_agree_on_classes),
		cmocka_unit_test(r4_old_and_new_differ_late),
		cmocka_unit_test(r4_orders_hold_objects),
		cmocka_unit_test(r5_free_pointer_in_the_middle),
		cmocka_unit_test(r5_free_pointer_outside),
		cmocka_unit_test(kc8_custom_free_pointer),
		cmocka_unit_test(r5_debug_metadata),
		cmocka_unit_test(r6_numbers_per_cache),
		cmocka_unit_test(align7_stride_keeps_alignment),
		cmocka_unit_test(impossible_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
