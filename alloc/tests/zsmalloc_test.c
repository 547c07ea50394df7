/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zsmalloc: ZS-1..20, I-14. */
#include <errno.h>
#include "zs_core.h"
#include "slab_fixture.h"
#include "linux/err.h"
#include "linux/mm.h"
#include "linux/zsmalloc.h"

#define FOR_EACH_PROFILE(p) for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)

static struct zs_pool *pool;

static void boot(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);

	config.profile = profile;
	machine_boot(&config);
	pool = zs_create_pool("test");
	assert_non_null(pool);
}

static void off(void)
{
	zs_destroy_pool(pool);
	machine_off();
}

static unsigned long get(size_t size)
{
	unsigned long handle = zs_malloc(pool, size, GFP_KERNEL, NUMA_NO_NODE);

	assert_false(IS_ERR_OR_NULL((void *)handle));
	return handle;
}

static int error_of(size_t size, gfp_t gfp)
{
	return (int)PTR_ERR((void *)zs_malloc(pool, size, gfp, NUMA_NO_NODE));
}

/* Write and check by the interface of the profile. */
static void fill(unsigned long handle, size_t size, unsigned int seed)
{
	uint8_t bytes[PAGE_SIZE];

	pattern_fill(bytes, size, seed);
	if (sim->config.profile == KMC_PROFILE_6_18_44) {
		zs_obj_write(pool, handle, bytes, size);
	} else {
		memcpy(zs_map_object(pool, handle, ZS_MM_WO), bytes, size);
		zs_unmap_object(pool, handle);
	}
}

static bool holds(unsigned long handle, size_t size, unsigned int seed)
{
	uint8_t local[PAGE_SIZE], *mem;
	bool good;

	if (sim->config.profile == KMC_PROFILE_6_18_44) {
		mem = zs_obj_read_begin(pool, handle, local);
		good = pattern_holds(mem, size, seed);
		zs_obj_read_end(pool, handle, mem);
	} else {
		good = pattern_holds(zs_map_object(pool, handle, ZS_MM_RO), size, seed);
		zs_unmap_object(pool, handle);
	}
	return good;
}

static void zs1_name_is_copied_and_failures_leak_nothing(void **state)
{
	uint64_t free;
	char name[] = "name";
	struct zs_pool *other;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	zs_destroy_pool(zs_create_pool("warm"));
	other = zs_create_pool(name);
	name[0] = 'X';
	assert_string_equal(other->name, "name");
	zs_destroy_pool(other);
	free = free_pages_now();
	for (unsigned int n = 1; n < 400; n += 1 + n / 8) {
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, n, 0);
		other = zs_create_pool("nth");
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
		if (other)
			zs_destroy_pool(other);
		kmc_sim_check(sim);
	}
	assert_in_range(free_pages_now() + 8, free, free + 16);
	off();
}

static void zs2_zs3_zs4_sizes_and_errors(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		int large = p < KMC_PROFILE_6_12_117 ? -EINVAL : -ENOSPC;
		unsigned long handle;

		boot(p);
		assert_int_equal(error_of(0, GFP_KERNEL), -EINVAL);
		assert_int_equal(error_of(4097, GFP_KERNEL), large);
		assert_int_equal(error_of(SIZE_MAX, GFP_KERNEL), large);
		handle = get(4096);
		fill(handle, 4096, 1);
		assert_true(holds(handle, 4096, 1));
		zs_free(pool, handle);
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 0); /* the handle */
		assert_int_equal(error_of(100, GFP_KERNEL), -ENOMEM);
		kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 2, 0); /* the zspage */
		assert_int_equal(error_of(100, GFP_KERNEL), -ENOMEM);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 2, 0); /* a page of the chain */
		assert_int_equal(error_of(100, GFP_KERNEL | __GFP_HIGHMEM), -ENOMEM);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		assert_int_equal(zs_get_total_pages(pool), 0);
		assert_int_equal(cache_info(pool->handles).nr_active, 0);
		assert_int_equal(cache_info(pool->zspages).nr_active, 0);
		kmc_sim_check(sim);
		off();
	}
}

static void zs6_zs19_backend(void **state)
{
	unsigned long handle;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	zs_free(pool, get(3264)); /* the caches have their slabs */
	tp_listen(KMC_TP_BIT(KMC_TP_MM_PAGE_ALLOC));
	handle = zs_malloc(pool, 3264, GFP_KERNEL | __GFP_HIGHMEM | __GFP_MOVABLE, NUMA_NO_NODE);
	assert_int_equal(tp_count, 5);
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(tp_seen[i].order, 0);
		assert_true(tp_seen[i].gfp & __GFP_MOVABLE);
	}
	tp_listen(0);
	zs_free(pool, handle);
	off();
}

static unsigned int distinct(enum kmc_profile p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ZS_CLASSES; i++)
		n += pool->class[i]->index == i;
	(void)p;
	return n;
}

static void zs7_zs8_classes(void **state)
{
	static const struct {
		unsigned int size, class, pages, objects;
	} samples[] = {
		{ 24, 32, 1, 128 }, { 25, 48, 3, 256 }, { 100, 112, 7, 256 }, { 2000, 2048, 1, 2 },
		{ 3000, 3072, 3, 4 }, { 3264, 3408, 5, 6 }, { 4088, 4096, 1, 1 },
	};

	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p);
		assert_int_equal(distinct(p), p == KMC_PROFILE_6_1_192 ? 69 : 119);
		for (unsigned int size = 1; size <= 4096; size++) {
			const struct size_class *class = pool->class[kmc_zs_class_index(size + 8)];

			assert_true(class->size >= size + 8 || kmc_zs_huge(class));
			assert_true(class->pages_per_zspage <= (p ? 8u : 4u));
			assert_int_equal(zs_lookup_class_index(pool, size), class->index);
		}
		for (unsigned int i = 0; p && i < sizeof(samples) / sizeof(samples[0]); i++) {
			const struct size_class *class =
				pool->class[zs_lookup_class_index(pool, samples[i].size)];

			assert_int_equal(class->size, samples[i].class);
			assert_int_equal(class->pages_per_zspage, samples[i].pages);
			assert_int_equal(class->objs_per_zspage, samples[i].objects);
		}
		off();
	}
}

/* All sizes live at once, each with a pattern of its own; then compacted. */
static void zs9_zs13_contents(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		unsigned long handle[600], freed, before;
		unsigned int left = 0;

		boot(p);
		for (unsigned int i = 0; i < 600; i++) {
			handle[i] = get(1 + (i * 7 % 64) * 64);
			fill(handle[i], 1 + (i * 7 % 64) * 64, i);
		}
		kmc_sim_check(sim);
		for (unsigned int i = 0; i < 600; i++)
			assert_true(holds(handle[i], 1 + (i * 7 % 64) * 64, i));
		for (unsigned int i = 0; i < 600; i++)
			if (i / 64 % 3)
				zs_free(pool, handle[i]);
			else
				left++;
		before = zs_get_total_pages(pool);
		freed = zs_compact(pool);
		assert_true(freed > 0);
		assert_int_equal(zs_get_total_pages(pool), before - freed);
		kmc_sim_check(sim);
		for (unsigned int i = 0; i < 600; i++)
			if (i / 64 % 3 == 0)
				assert_true(holds(handle[i], 1 + (i * 7 % 64) * 64, i));
		for (unsigned int i = 0; i < ZS_CLASSES; i++) /* ZS-15 */
			assert_true(pool->class[i]->objs_allocated - pool->class[i]->objs_inuse <
				    pool->class[i]->objs_per_zspage);
		assert_int_equal(zs_compact(pool), 0);
		assert_true(left > 100);
		for (unsigned int i = 0; i < 600; i++)
			if (i / 64 % 3 == 0)
				zs_free(pool, handle[i]);
		assert_int_equal(zs_get_total_pages(pool), 0);
		off();
	}
}

static void zs14_free_of_nothing(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44);
	zs_free(pool, 0);
	zs_free(pool, (unsigned long)ERR_PTR(-ENOMEM));
	kmc_sim_check(sim);
	off();
}

static void zs15_only_one_compacts(void **state)
{
	unsigned long a, b[129];

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	for (unsigned int i = 0; i < 129; i++)
		b[i] = get(24);
	a = get(24);
	for (unsigned int i = 1; i < 129; i++)
		zs_free(pool, b[i]);
	assert_int_equal(zs_get_total_pages(pool), 2);
	pool->compacting = 1;
	assert_int_equal(zs_compact(pool), 0);
	pool->compacting = 0;
	assert_int_equal(zs_compact(pool), 1);
	zs_free(pool, a);
	zs_free(pool, b[0]);
	off();
}

static void zs16_zs18_empty_zspages_go(void **state)
{
	unsigned long handle[10];
	uint64_t free;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	zs_free(pool, get(3000));
	free = free_pages_now();
	for (unsigned int i = 0; i < 9; i++)
		handle[i] = get(3000);
	assert_int_equal(zs_get_total_pages(pool), 9);
	assert_int_equal(free_pages_now(), free - 9);
	for (unsigned int i = 9; i-- > 0;)
		zs_free(pool, handle[i]);
	assert_int_equal(zs_get_total_pages(pool), 0);
	assert_int_equal(free_pages_now(), free);
	off();
}

static void zs20_huge(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		size_t limit = p == KMC_PROFILE_6_1_192 ? 3257 : 3625;
		unsigned long handle;

		boot(p);
		assert_int_equal(zs_huge_class_size(pool), limit);
		assert_true(kmc_zs_huge(pool->class[zs_lookup_class_index(pool, (unsigned)limit)]));
		assert_false(kmc_zs_huge(pool->class[zs_lookup_class_index(pool,
									   (unsigned)limit - 1)]));
		for (size_t size = 4088; size <= 4096; size++) {
			handle = get(size);
			fill(handle, size, 3);
			assert_true(holds(handle, size, 3));
			assert_int_equal(zs_get_total_pages(pool), 1);
			zs_free(pool, handle);
		}
		off();
	}
}

/* What straddles two pages is a copy: read-only, its changes are lost; else they stay. */
static void zs9_straddling_maps(void **state)
{
	unsigned long handle[4];
	unsigned int straddle = 0;

	(void)state;
	boot(KMC_PROFILE_6_12_117);
	for (unsigned int i = 0; i < 4; i++) {
		char *mem;
		size_t first;
		void *second;
		const struct zs_handle *h;

		handle[i] = get(3000);
		h = (const struct zs_handle *)handle[i];
		kmc_zspage_place(pool, h->zspage, h->object, &first, &second);
		fill(handle[i], 3000, i);
		mem = zs_map_object(pool, handle[i], ZS_MM_RO);
		mem[0] ^= 1;
		zs_unmap_object(pool, handle[i]);
		assert_int_equal(holds(handle[i], 3000, i), second != NULL);
		straddle += second != NULL;
		mem = zs_map_object(pool, handle[i], ZS_MM_RW);
		mem[0] ^= second ? 0 : 1;
		zs_unmap_object(pool, handle[i]);
		assert_true(holds(handle[i], 3000, i));
	}
	assert_int_equal(straddle, 2);
	for (unsigned int i = 0; i < 4; i++)
		zs_free(pool, handle[i]);
	off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zs1_name_is_copied_and_failures_leak_nothing),
		cmocka_unit_test(zs2_zs3_zs4_sizes_and_errors),
		cmocka_unit_test(zs6_zs19_backend),
		cmocka_unit_test(zs7_zs8_classes),
		cmocka_unit_test(zs9_zs13_contents),
		cmocka_unit_test(zs14_free_of_nothing),
		cmocka_unit_test(zs15_only_one_compacts),
		cmocka_unit_test(zs16_zs18_empty_zspages_go),
		cmocka_unit_test(zs20_huge),
		cmocka_unit_test(zs9_straddling_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
