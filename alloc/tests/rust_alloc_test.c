/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Rust allocators' layouts and their one call: RS-1 to RS-8. */
#include <errno.h>
#include "slab_fixture.h"
#include "alloc/rust_layout.h"
#include "linux/vmalloc.h"

static void on_profile(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);

	config.profile = profile;
	machine_boot(&config);
}

static size_t aligned(enum kmc_profile profile, size_t size, size_t align)
{
	size_t bytes = 0;

	assert_true(kmc_rust_aligned_size(profile, (struct kmc_rust_layout){ size, align }, &bytes));
	return bytes;
}

static void rs1_rs2_sizes(void **state)
{
	static const struct {
		size_t size, align, padded, power;
	} want[] = { { 96, 32, 96, 128 },  { 33, 32, 64, 64 },  { 192, 64, 192, 256 },
		     { 24, 8, 24, 24 },    { 8, 4096, 4096, 4096 }, { 20, 4, 20, 20 },
		     { 4097, 16, 4112, 8192 } };

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		for (unsigned int p = 0; p < KMC_NR_PROFILES; p++)
			assert_int_equal(aligned(p, want[i].size, want[i].align),
					 p < KMC_PROFILE_6_12_117 ? want[i].power : want[i].padded);
}

/* RS-3: what is no layout never reaches C. */
static void rs1_impossible_layouts(void **state)
{
	static const struct kmc_rust_layout bad[] = { { 8, 0 }, { 8, 3 }, { 8, 24 },
						      { (size_t)PTRDIFF_MAX - 6, 8 },
						      { SIZE_MAX, 1 } };
	size_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(kmc_rust_aligned_size(KMC_PROFILE_6_18_44, bad[i], &bytes));
	assert_true(kmc_rust_aligned_size(KMC_PROFILE_6_18_44,
					  (struct kmc_rust_layout){ (size_t)PTRDIFF_MAX - 7, 8 },
					  &bytes));
}

static void *get(enum kmc_rust_backend backend, size_t size, size_t align)
{
	void *p = NULL;

	assert_int_equal(kmc_rust_realloc(backend, NULL, (struct kmc_rust_layout){ 0, 1 },
					  (struct kmc_rust_layout){ size, align }, GFP_KERNEL, &p),
			 0);
	return p;
}

static int resize(enum kmc_rust_backend backend, void **p, struct kmc_rust_layout old,
		  struct kmc_rust_layout layout)
{
	return kmc_rust_realloc(backend, *p, old, layout, GFP_KERNEL, p);
}

/* Whatever the layout: its alignment, the backend's own minimum, and all profiles. */
static void rs1_rs7_alignment(void **state)
{
	static const size_t sizes[] = { 1, 8, 24, 33, 96, 192, 1000, 5000 };

	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		on_profile(profile);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			for (size_t align = 1; align <= 4096; align *= 2)
				for (unsigned int k = 0; k < 3; k++) {
					uintptr_t p = (uintptr_t)get(KMC_RUST_KMALLOC, sizes[i], align);

					assert_int_equal(p % align, 0);
					assert_int_equal(p % 8, 0);
				}
		if (profile >= KMC_PROFILE_6_12_117) {
			assert_int_equal((uintptr_t)get(KMC_RUST_VMALLOC, 1, 1) % 4096, 0);
			assert_int_equal((uintptr_t)get(KMC_RUST_KVMALLOC, 1, 1) % 8, 0);
		}
		machine_off();
	}
}

/* No size: the alignment as an address, nothing asked of C, nothing to free. */
static void rs4_no_size(void **state)
{
	void *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC) | KMC_TP_BIT(KMC_TP_KFREE));
	p = get(KMC_RUST_KMALLOC, 0, 64);
	assert_int_equal((uintptr_t)p, 64);
	assert_int_equal(tp_count, 0);
	/* Growing from nothing passes NULL to C, not the dangling address. */
	assert_int_equal(resize(KMC_RUST_KMALLOC, &p, (struct kmc_rust_layout){ 0, 64 },
				(struct kmc_rust_layout){ 64, 64 }), 0);
	assert_int_equal(where(p).live, 1);
	assert_int_equal(tp_count, 1);
	assert_int_equal(resize(KMC_RUST_KMALLOC, &p, (struct kmc_rust_layout){ 64, 64 },
				(struct kmc_rust_layout){ 0, 16 }), 0);
	assert_int_equal((uintptr_t)p, 16);
	assert_int_equal(tp_count, 2);
	assert_int_equal(resize(KMC_RUST_KMALLOC, &p, (struct kmc_rust_layout){ 0, 16 },
				(struct kmc_rust_layout){ 0, 8 }), 0);
	assert_int_equal(tp_count, 2);
	tp_listen(0);
	machine_off();
}

static void rs5_contents_and_failure(void **state)
{
	void *p, *before;

	(void)state;
	for (unsigned int profile = KMC_PROFILE_6_12_117; profile < KMC_NR_PROFILES; profile++)
		for (unsigned int backend = 0; backend < 3; backend++) {
			on_profile(profile);
			p = get(backend, 100, 8);
			pattern_fill(p, 100, 8);
			assert_int_equal(resize(backend, &p, (struct kmc_rust_layout){ 100, 8 },
						(struct kmc_rust_layout){ 20000, 8 }), 0);
			assert_true(pattern_holds(p, 100, 8));
			before = p;
			assert_int_equal(resize(backend, &p, (struct kmc_rust_layout){ 20000, 8 },
						(struct kmc_rust_layout){ 1ul << 40, 8 }),
					 -ENOMEM);
			assert_ptr_equal(p, before);
			assert_true(pattern_holds(p, 100, 8));
			assert_int_equal(resize(backend, &p, (struct kmc_rust_layout){ 20000, 8 },
						(struct kmc_rust_layout){ 50, 8 }), 0);
			assert_true(pattern_holds(p, 50, 8));
			assert_int_equal(resize(backend, &p, (struct kmc_rust_layout){ 50, 8 },
						(struct kmc_rust_layout){ 0, 8 }), 0);
			machine_off();
		}
}

/* Above a page: refused by 6.12, an aligned block or an error from 6.18 on. */
static void rs6_above_a_page(void **state)
{
	(void)state;
	for (unsigned int profile = KMC_PROFILE_6_12_117; profile < KMC_NR_PROFILES; profile++)
		for (unsigned int backend = KMC_RUST_VMALLOC; backend <= KMC_RUST_KVMALLOC; backend++) {
			void *p = NULL;
			int err;

			on_profile(profile);
			err = kmc_rust_realloc(backend, NULL, (struct kmc_rust_layout){ 0, 1 },
					       (struct kmc_rust_layout){ 100000, 8192 }, GFP_KERNEL,
					       &p);
			if (profile == KMC_PROFILE_6_12_117) {
				assert_int_equal(err, -ENOMEM);
			} else {
				assert_int_equal(err, 0);
				assert_int_equal((uintptr_t)p % 8192, 0);
			}
			machine_off();
		}
	on_profile(KMC_PROFILE_6_6_9);
	assert_int_equal(kmc_rust_realloc(KMC_RUST_VMALLOC, NULL, (struct kmc_rust_layout){ 0, 1 },
					  (struct kmc_rust_layout){ 8, 8 }, GFP_KERNEL, &(void *){ 0 }),
			 -ENOSYS);
	machine_off();
}

/* (192, 64) to (128, 128) must not stay where it lies. */
static void rs8_a_larger_alignment_moves(void **state)
{
	void *p = NULL, *q;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	while ((uintptr_t)p % 128 != 64)
		p = get(KMC_RUST_KMALLOC, 192, 64);
	pattern_fill(p, 192, 4);
	q = p;
	assert_int_equal(resize(KMC_RUST_KMALLOC, &q, (struct kmc_rust_layout){ 192, 64 },
				(struct kmc_rust_layout){ 128, 128 }), 0);
	assert_int_equal((uintptr_t)q % 128, 0);
	assert_ptr_not_equal(p, q);
	assert_true(pattern_holds(q, 128, 4));
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rs1_rs2_sizes),
		cmocka_unit_test(rs1_impossible_layouts),
		cmocka_unit_test(rs1_rs7_alignment),
		cmocka_unit_test(rs4_no_size),
		cmocka_unit_test(rs5_contents_and_failure),
		cmocka_unit_test(rs6_above_a_page),
		cmocka_unit_test(rs8_a_larger_alignment_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
