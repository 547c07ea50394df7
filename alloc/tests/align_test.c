/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alignment under debug metadata and by type: ALIGN-4, ALIGN-9. */
#include "slab_fixture.h"

static const uint32_t debug_flags[] = { SLAB_CONSISTENCY_CHECKS, SLAB_RED_ZONE, SLAB_POISON,
					SLAB_STORE_USER };

static uint32_t subset(unsigned int bits)
{
	uint32_t flags = 0;

	for (unsigned int i = 0; i < 4; i++)
		if (bits & 1u << i)
			flags |= debug_flags[i];
	return flags;
}

/* What is promised of a class: its size's divisor from 6.11 on, before that powers of two. */
static unsigned int promised(enum kmc_profile profile, unsigned int size)
{
	unsigned int divisor = size & -size;

	return divisor == size || profile >= KMC_PROFILE_6_12_117 ? divisor : 8;
}

/* Every kmalloc class, every set of debug flags: where the objects of a slab lie. */
static void align4_classes_under_debug(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++)
		for (unsigned int class = 1; class < KMC_KMALLOC_CLASSES; class++)
			for (unsigned int bits = 0; bits < 16; bits++) {
				unsigned int size = kmc_kmalloc_class_size(class);
				struct kmc_layout_request request = {
					.object_size = size,
					.align = kmc_kmalloc_class_align(profile, class),
					.flags = subset(bits) | SLAB_KMALLOC,
					.nr_cpus = 2,
					.profile = profile,
				};
				struct kmc_layout layout;

				assert_int_equal(kmc_layout_compute(&request, &layout), 0);
				assert_int_equal(layout.red_left % promised(profile, size), 0);
				assert_int_equal(layout.size % promised(profile, size), 0);
				assert_true(layout.size >= layout.red_left + size);
			}
}

/* Real objects of caches laid out so, whatever the size and the alignment asked for. */
static void align4_align7_objects_under_debug(void **state)
{
	static const unsigned int sizes[] = { 8, 20, 96, 192, 256, 1000 };
	unsigned int made = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (unsigned int align = 8; align <= 256; align *= 4)
			for (unsigned int bits = 0; bits < 16; bits++) {
				struct kmem_cache *s = kmem_cache_create("under_debug", sizes[i], align,
									 subset(bits) | SLAB_NO_MERGE,
									 NULL);
				void *p[3];

				assert_non_null(s);
				for (int k = 0; k < 3; k++) {
					p[k] = kmem_cache_alloc(s, GFP_KERNEL);
					assert_non_null(p[k]);
					assert_int_equal((uintptr_t)p[k] % align, 0);
				}
				for (int k = 0; k < 3; k++)
					kmem_cache_free(s, p[k]);
				kmem_cache_destroy(s);
				made++;
			}
	assert_int_equal(made, 6 * 3 * 16);
}

struct plain {
	char bytes[20];
};
struct cache_lined {
	char bytes[70];
} __attribute__((aligned(64)));
struct pages {
	char bytes[5000];
} __attribute__((aligned(4096)));

#define CHECK_TYPE(type)                                                                 \
	do {                                                                             \
		struct kmem_cache *s = KMEM_CACHE(type, SLAB_NO_MERGE);                  \
		void *p = kmem_cache_alloc(s, GFP_KERNEL);                               \
		assert_string_equal(cache_info(s).name, #type);                          \
		assert_int_equal(kmem_cache_size(s), sizeof(struct type));               \
		assert_int_equal(cache_info(s).align,                                    \
				 __alignof__(struct type) < 8 ? 8 : __alignof__(struct type)); \
		assert_int_equal((uintptr_t)p % __alignof__(struct type), 0);            \
		kmem_cache_free(s, p);                                                   \
		kmem_cache_destroy(s);                                                   \
	} while (0)

static void align9_kc22_by_type(void **state)
{
	(void)state;
	CHECK_TYPE(plain);
	CHECK_TYPE(cache_lined);
	CHECK_TYPE(pages);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_machine, teardown_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(align4_classes_under_debug),
		CASE(align4_align7_objects_under_debug),
		CASE(align9_kc22_by_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
