/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be copied to and from user space: the region of a cache, classes,
 * the ends of blocks and areas, and that nothing is said without hardening.
 */
#include "slab_fixture.h"
#include "alloc/slab_report.h"
#include "alloc/user_memory.h"
#include "linux/mm.h"
#include "linux/uaccess.h"
#include "linux/vmalloc.h"

static uint8_t user[64 << 10];
static enum kmc_profile profile; /* of the machine */

static void on_profiles(uint32_t options, void (*test)(void))
{
	for (int p = 0; p < KMC_NR_PROFILES; p++) {
		struct kmc_sim_config config = machine_config(1, 64 * MIB);

		config.profile = profile = (enum kmc_profile)p;
		config.options = options;
		machine_boot(&config);
		test();
		machine_off();
	}
}

/* Both directions and the bare check agree. Return: whether it was stopped. */
static bool stopped(const void *p, size_t n)
{
	unsigned int before = kmc_sim_slab_reports(sim), now;
	unsigned long left;

	check_object_size(p, n, true);
	now = kmc_sim_slab_reports(sim);
	if (now == before) {
		assert_int_equal(copy_to_user(user, p, n), 0);
		assert_int_equal(copy_from_user((void *)p, user, n), 0);
		assert_int_equal(kmc_sim_slab_reports(sim), before);
		return false;
	}
	assert_int_equal(now, before + 1);
	left = copy_to_user(user, p, n);
	assert_int_equal(left, n);
	assert_int_equal(copy_from_user((void *)p, user, n), n);
	assert_int_equal(kmc_sim_slab_reports(sim), before + 3);
	return true;
}

/* The bare check: what lies behind the request is nobody's to read. */
static bool refused(const void *p, size_t n)
{
	unsigned int before = kmc_sim_slab_reports(sim);

	check_object_size(p, n, true);
	return kmc_sim_slab_reports(sim) != before;
}

/* | 0 .. 23 | region 24 .. 55 | 56 .. 99 | */
static void check_region(void)
{
	struct kmem_cache *s = kmem_cache_create_usercopy("region", 100, 0, 0, 24, 32, NULL);
	struct kmc_slab_report report;
	uint8_t *p;

	kmem_cache_alloc(s, GFP_KERNEL);
	p = kmem_cache_alloc(s, GFP_KERNEL); /* not the slab's first */
	assert_false(stopped(p + 24, 1));
	assert_false(stopped(p + 24, 32));
	assert_false(stopped(p + 55, 1));
	assert_false(stopped(p + 56, 0));
	assert_false(stopped(p, 0));
	assert_true(stopped(p + 23, 1));
	assert_true(stopped(p + 23, 2));
	assert_true(stopped(p + 24, 33));
	assert_true(stopped(p + 55, 2));
	assert_true(stopped(p + 56, 1));
	assert_true(stopped(p, 100));
	assert_true(stopped(p - 1, 1));
	assert_true(kmc_sim_slab_report(sim, kmc_sim_slab_reports(sim), &report));
	assert_int_equal(report.kind, KMC_SLAB_USERCOPY);
	assert_int_equal(report.addr, kmc_sim_address(sim, p) - 1);
	assert_int_equal(report.length, 1);
	assert_string_equal(report.cache, "region");
	assert_string_equal(kmc_slab_report_rule(report.kind), "UC-3");
	/* Without a region nothing is open, but nothing is always right. */
	s = kmem_cache_create("closed", 100, 0, 0, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_true(stopped(p, 1));
	assert_true(stopped(p + 99, 1));
	assert_false(stopped(p, 0));
}

static void uc1_uc3_region_of_a_cache(void **state)
{
	(void)state;
	on_profiles(KMC_OPT_HARDENED_USERCOPY, check_region);
}

static void check_bad_region(void)
{
	static const unsigned int bad[][2] = { { 60, 8 }, { 8, 0 }, { 0, 65 }, { 0xfffffff8u, 16 } };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kmem_cache *s;
		uint8_t *p;

		tp_listen(KMC_TP_BIT(KMC_TP_WARN));
		s = kmem_cache_create_usercopy("bad", 64, 0, 0, bad[i][0], bad[i][1], NULL);
		assert_non_null(s);
		assert_int_equal(tp_count, 1);
		tp_listen(0);
		assert_int_equal(cache_info(s).usersize, 0);
		p = kmem_cache_alloc(s, GFP_KERNEL);
		assert_true(stopped(p + 60, 1));
		kmem_cache_free(s, p);
	}
}

static void kc39_a_bad_region_is_empty(void **state)
{
	(void)state;
	on_profiles(KMC_OPT_HARDENED_USERCOPY, check_bad_region);
}

/* The whole class, whatever was asked for; not a byte more, not into the next object. */
static void check_classes(void)
{
	static const size_t sizes[] = { 8, 16, 96, 192, 512, 1024, 4096, 8192 };
	static const gfp_t kinds[] = { GFP_KERNEL, GFP_KERNEL | __GFP_RECLAIMABLE,
				       GFP_KERNEL | __GFP_DMA, GFP_KERNEL_ACCOUNT };

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			uint8_t *p = kmalloc(sizes[i] - 1, kinds[k]);

			assert_false(refused(p, sizes[i]));
			assert_false(refused(p + sizes[i] - 1, 1));
			assert_true(refused(p, sizes[i] + 1));
			kfree(p);
			p = kmalloc(sizes[i], kinds[k]);
			assert_false(stopped(p, sizes[i]));
			assert_false(stopped(p + sizes[i] - 1, 1));
			assert_true(stopped(p, sizes[i] + 1));
			assert_true(stopped(p + sizes[i] - 1, 2));
			kfree(p);
		}
}

static void uc2_uc3_whole_classes(void **state)
{
	(void)state;
	on_profiles(KMC_OPT_HARDENED_USERCOPY, check_classes);
}

static void check_other_memory(void)
{
	uint8_t *large = kmalloc(20000, GFP_KERNEL), *area = vmalloc(5000);
	struct page *compound = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);
	uint8_t *pages = page_address(compound), on_stack[16];

	assert_int_equal(ksize(large), 32768);
	assert_false(stopped(large, 20000));
	assert_false(refused(large, 32768));
	assert_true(stopped(large, 32769));
	assert_true(stopped(large + 32767, 2));
	assert_false(stopped(area, 5000));
	assert_false(refused(area, 8192));
	assert_false(refused(area + 8191, 1));
	assert_true(stopped(area + 8191, 2));
	assert_true(stopped(area + 8192, 1)); /* the guard page */
	assert_false(stopped(pages, 8192));
	assert_true(stopped(pages, 8193));
	assert_true(stopped(pages + 4097, 4096));
	assert_false(stopped(on_stack, sizeof(on_stack)));
	assert_true(stopped(NULL, 1));
	assert_true(stopped(ZERO_SIZE_PTR, 1));
	assert_false(stopped(NULL, 0));
	assert_false(stopped(ZERO_SIZE_PTR, 0));
	assert_true(stopped((void *)(UINTPTR_MAX - 7), 9));
	vfree(area);
	assert_true(stopped(area, 1)); /* no area any more */
	__free_pages(compound, 1);
	kfree(large);
}

static void uc3_ends_of_all_memory(void **state)
{
	(void)state;
	on_profiles(KMC_OPT_HARDENED_USERCOPY, check_other_memory);
}

/* What cannot be read is zero, and a copy of more than INT_MAX bytes is none. */
static void uc3_faults_in_user_memory(void **state)
{
	uint8_t *p = kmalloc(64, GFP_KERNEL);

	(void)state;
	memset(p, 0xee, 64);
	memset(user, 0x33, 64);
	kmc_sim_user_fault(sim, user + 40);
	assert_int_equal(copy_from_user(p, user, 64), 24);
	assert_int_equal(p[39], 0x33);
	assert_true(all_zero(p + 40, 24));
	assert_int_equal(copy_to_user(user, p, 64), 24);
	kmc_sim_user_fault(sim, NULL);
	assert_int_equal(copy_to_user(user, p, 1ul << 31), 1ul << 31);
}

/* Regions of caches say nothing, from 6.12 on they are not even kept. */
static void check_without_hardening(void)
{
	struct kmem_cache *a = kmem_cache_create("plain", 200, 0, 0, NULL);
	struct kmem_cache *b = kmem_cache_create_usercopy("uc", 200, 0, 0, 0, 8, NULL);
	bool ignored = profile >= KMC_PROFILE_6_12_117;
	uint8_t *p = kmem_cache_alloc(a, GFP_KERNEL);

	assert_false(stopped(p, 200));
	assert_false(stopped(kmem_cache_alloc(b, GFP_KERNEL), 200));
	assert_int_equal(a == b, ignored);
	assert_int_equal(cache_info(b).usersize, ignored ? 0 : 8);
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	kmem_cache_create_usercopy("bad", 64, 0, 0, 60, 8, NULL);
	assert_int_equal(tp_count, !ignored);
	tp_listen(0);
}

static void check_with_hardening(void)
{
	struct kmem_cache *a = kmem_cache_create("plain", 200, 0, 0, NULL);

	assert_ptr_not_equal(kmem_cache_create_usercopy("uc", 200, 0, 0, 0, 8, NULL), a);
	assert_ptr_equal(kmem_cache_create_usercopy("none", 200, 0, 0, 0, 0, NULL), a);
}

static void uc4_without_hardening(void **state)
{
	(void)state;
	on_profiles(0, check_without_hardening);
	on_profiles(KMC_OPT_HARDENED_USERCOPY, check_with_hardening);
}

struct packet {
	uint8_t kind;
	uint64_t id;
	uint8_t text[13];
	uint32_t sum;
};

/* Exactly the field: padding before and behind it stays closed. */
static void check_one_field(void)
{
	struct packet *p, *first;

#define FIELD(field)                                                                        \
	do {                                                                                \
		struct kmem_cache *s = KMEM_CACHE_USERCOPY(packet, 0, field);               \
		struct kmc_cache_info info = cache_info(s);                                 \
									    \
		assert_string_equal(info.name, "packet");                                   \
		assert_int_equal(info.useroffset, offsetof(struct packet, field));          \
		assert_int_equal(info.usersize, sizeof(p->field));                          \
		first = kmem_cache_alloc(s, GFP_KERNEL);                                    \
		p = kmem_cache_alloc(s, GFP_KERNEL);                                        \
		assert_false(stopped(&p->field, sizeof(p->field)));                         \
		assert_true(stopped((uint8_t *)&p->field - 1, 1));                          \
		assert_true(stopped((uint8_t *)&p->field + sizeof(p->field), 1));           \
		kmem_cache_free(s, p);                                                      \
		kmem_cache_free(s, first);                                                  \
		kmem_cache_destroy(s);                                                      \
	} while (0)
	FIELD(kind);
	FIELD(id);
	FIELD(text);
	FIELD(sum);
}

static void uc5_exactly_one_field(void **state)
{
	(void)state;
	on_profiles(KMC_OPT_HARDENED_USERCOPY, check_one_field);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uc1_uc3_region_of_a_cache),
		cmocka_unit_test(kc39_a_bad_region_is_empty),
		cmocka_unit_test(uc2_uc3_whole_classes),
		cmocka_unit_test(uc3_ends_of_all_memory),
		cmocka_unit_test_setup_teardown(uc3_faults_in_user_memory, setup_machine,
						teardown_machine),
		cmocka_unit_test(uc4_without_hardening),
		cmocka_unit_test(uc5_exactly_one_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
