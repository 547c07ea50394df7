/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cache promises its users: a cache or NULL, whole objects of their own,
 * pages of the right kind and zone, and that sharing a cache changes nothing.
 */
#include "slab_fixture.h"

#define USER_CACHES 1984 /* that may live at once; alloc/slab/README.md */
#define MT_UNMOVABLE   0
#define MT_RECLAIMABLE 2

static struct kmem_cache *create(const char *name, unsigned int size, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create(name, size, 0, flags, NULL);

	assert_non_null(s);
	return s;
}

static void on_profiles(uint32_t options, void (*test)(void))
{
	for (int p = 0; p < KMC_NR_PROFILES; p++) {
		struct kmc_sim_config config = machine_config(2, 64 * MIB);

		config.profile = (enum kmc_profile)p;
		config.options = options;
		machine_boot(&config);
		test();
		machine_off();
	}
}

/* Each refusal is NULL; with SLAB_PANIC it is NULL and the end of the machine. */
static void check_refusals(void)
{
	static const struct {
		unsigned int size;
		slab_flags_t flags;
	} refused[] = { { 0, 0 }, { KMALLOC_MAX_SIZE + 1, 0 }, { 64, 0x80000000u } };

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		for (unsigned int panic = 0; panic < 2; panic++) {
			slab_flags_t flags = refused[i].flags | (panic ? SLAB_PANIC : 0);

			tp_listen(KMC_TP_BIT(KMC_TP_PANIC));
			assert_null(kmem_cache_create("no", refused[i].size, 0, flags, NULL));
			assert_int_equal(tp_count, panic);
			tp_listen(0);
		}
}

static void kc2_null_or_the_end(void **state)
{
	(void)state;
	on_profiles(0, check_refusals);
}

/* The last place is a cache, the next one NULL; a place that is free again serves. */
static void check_no_place(void)
{
	static struct kmem_cache *s[USER_CACHES];

	tp_listen(KMC_TP_BIT(KMC_TP_PANIC));
	for (unsigned int i = 0; i < USER_CACHES; i++) {
		s[i] = kmem_cache_create("one", 64, 0, SLAB_PANIC, NULL);
		assert_non_null(s[i]);
	}
	assert_null(kmem_cache_create("none", 64, 0, 0, NULL));
	assert_int_equal(tp_count, 0);
	assert_null(kmem_cache_create("none", 64, 0, SLAB_PANIC, NULL));
	assert_int_equal(tp_count, 1);
	kmem_cache_destroy(s[100]);
	assert_non_null(s[100] = kmem_cache_create("again", 64, 0, SLAB_PANIC, NULL));
	assert_int_equal(tp_count, 1);
	tp_listen(0);
	for (unsigned int i = 0; i < USER_CACHES; i++)
		kmem_cache_destroy(s[i]);
}

static void kc2_the_last_place(void **state)
{
	(void)state;
	on_profiles(KMC_OPT_NOMERGE, check_no_place);
}

/* The migratetype of the pages that the first object of a fresh cache costs. */
static unsigned int slab_migratetype(struct kmem_cache *s)
{
	unsigned int i;
	void *p;

	tp_listen(KMC_TP_BIT(KMC_TP_MM_PAGE_ALLOC));
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(p);
	for (i = 0; i < tp_count && tp_seen[i].pfn != where(p).head_pfn; i++)
		;
	assert_true(i < tp_count);
	tp_listen(0);
	kmem_cache_free(s, p);
	return tp_seen[i].migratetype;
}

static void check_reclaimable(void)
{
	struct kmem_cache *a = create("a", 200, 0);
	struct kmem_cache *r = create("r", 200, SLAB_RECLAIM_ACCOUNT);

	assert_ptr_not_equal(a, r); /* the two kinds never share pages */
	assert_ptr_equal(create("r2", 200, SLAB_RECLAIM_ACCOUNT), r);
	assert_int_equal(slab_migratetype(a), MT_UNMOVABLE);
	assert_int_equal(slab_migratetype(r), MT_RECLAIMABLE);
	assert_true(cache_info(r).flags & SLAB_RECLAIM_ACCOUNT);
	assert_false(cache_info(a).flags & SLAB_RECLAIM_ACCOUNT);
}

static void kc16_reclaimable_pages(void **state)
{
	(void)state;
	on_profiles(0, check_reclaimable);
}

/* | DMA 8 MiB | DMA32 8 MiB | Normal 32 MiB | */
static void boot_three_zones(enum kmc_profile profile)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 1,
		.nr_nodes = 1,
		.nr_zones = 3,
		.zones = {
			{ .type = KMC_ZONE_DMA, .start_pfn = 2048, .nr_pages = 2048 },
			{ .type = KMC_ZONE_DMA32, .start_pfn = 4096, .nr_pages = 2048 },
			{ .type = KMC_ZONE_NORMAL, .start_pfn = 1u << 20, .nr_pages = 8192 },
		},
	};

	machine_boot(&config);
}

/* Until NULL: no object lies above the zone, and Normal still has memory then. */
static void exhaust(slab_flags_t flags, enum kmc_zone_type highest)
{
	struct kmem_cache *s = create("zoned", 4096, flags);
	unsigned int got = 0;
	void *p;

	while ((p = kmem_cache_alloc(s, GFP_NOWAIT | __GFP_NOWARN))) {
		assert_true(where(p).zone <= highest);
		if (!got++)
			assert_int_equal(where(p).zone, highest);
	}
	assert_true(got > 1000);
	assert_non_null(kmalloc(8192, GFP_NOWAIT));
	assert_true(free_pages_now() > 4096);
}

static void kc18_objects_of_a_zone(void **state)
{
	static const slab_flags_t flags[] = { SLAB_CACHE_DMA, SLAB_CACHE_DMA32 };

	(void)state;
	for (int p = 0; p < KMC_NR_PROFILES; p++)
		for (unsigned int i = 0; i < 2; i++) {
			boot_three_zones((enum kmc_profile)p);
			exhaust(flags[i], i ? KMC_ZONE_DMA32 : KMC_ZONE_DMA);
			machine_off();
		}
}

/*
 * Whoever shares the cache has left its bytes everywhere: a zeroed object has
 * none of them. 41 objects, not the first ones of the slab.
 */
static void alternate(struct kmem_cache *const s[2], const unsigned int size[2])
{
	uint8_t *p[41];

	for (unsigned int round = 0; round < 4; round++) {
		unsigned int user = round % 2;

		for (unsigned int i = 0; i < 41; i++) {
			p[i] = kmem_cache_zalloc(s[user], GFP_KERNEL);
			assert_int_equal((uintptr_t)p[i] % 8, 0);
			assert_true(all_zero(p[i], size[user]));
			pattern_fill(p[i], size[user], i);
		}
		for (unsigned int i = 0; i < 41; i++) {
			assert_true(pattern_holds(p[i], size[user], i));
			memset(p[i], 0xff, size[user]);
			kmem_cache_free(s[user], p[i]);
		}
	}
}

static void check_sharing(void)
{
	static const slab_flags_t flags[] = { 0, SLAB_RECLAIM_ACCOUNT, SLAB_ACCOUNT,
					      SLAB_CACHE_DMA32 };
	unsigned int shared = 0;

	for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]); f++)
		for (unsigned int less = 0; less <= 9; less++)
			for (unsigned int order = 0; order < 2; order++) {
				unsigned int size[2] = { order ? 328 - less : 328,
							 order ? 328 : 328 - less };
				struct kmem_cache *s[2] = { create("one", size[0], flags[f]),
							    create("two", size[1], flags[f]) };

				shared += s[0] == s[1];
				for (unsigned int i = 0; i < 2; i++) {
					assert_true(kmem_cache_size(s[i]) >= size[i]);
					assert_int_equal(cache_info(s[i]).flags & flags[f],
							 flags[f]);
				}
				alternate(s, size);
				kmem_cache_destroy(s[0]);
				alternate((struct kmem_cache *[]){ s[1], s[1] },
					  (unsigned int[]){ size[1], size[1] });
				kmem_cache_destroy(s[1]);
			}
	/* Up to seven bytes less in either order: the same words. */
	assert_int_equal(shared, 4 * 2 * 8);
}

static void kc19_sharing_changes_nothing(void **state)
{
	(void)state;
	on_profiles(0, check_sharing);
}

/* Objects of several caches at once, of sizes beside every alignment, in two orders of freeing. */
#define KINDS 24
#define EACH_KIND 60
static void check_disjoint(void)
{
	static uint8_t *p[KINDS * EACH_KIND];
	struct kmem_cache *s[KINDS];
	unsigned int size[KINDS];

	for (unsigned int k = 0; k < KINDS; k++) {
		size[k] = 1 + k * k * 3 + k / 2;
		s[k] = create("kind", size[k], 0);
	}
	for (unsigned int i = 0; i < KINDS * EACH_KIND; i++) {
		p[i] = kmem_cache_alloc(s[i % KINDS], GFP_KERNEL);
		assert_non_null(p[i]);
		pattern_fill(p[i], size[i % KINDS], i);
	}
	/* Every third goes and comes back filled otherwise: the others keep their bytes. */
	for (unsigned int i = 0; i < KINDS * EACH_KIND; i += 3)
		kmem_cache_free(s[i % KINDS], p[i]);
	for (unsigned int i = 0; i < KINDS * EACH_KIND; i += 3) {
		p[i] = kmem_cache_alloc(s[i % KINDS], GFP_KERNEL);
		pattern_fill(p[i], size[i % KINDS], i);
	}
	for (unsigned int i = 0; i < KINDS * EACH_KIND; i++) {
		assert_true(pattern_holds(p[i], size[i % KINDS], i));
		assert_ptr_equal(where(p[i]).object, p[i]);
		kmem_cache_free(s[i % KINDS], p[i]);
	}
	for (unsigned int k = 0; k < KINDS; k++)
		kmem_cache_destroy(s[k]);
}

static void kc41_whole_objects_of_ones_own(void **state)
{
	(void)state;
	on_profiles(0, check_disjoint);
	on_profiles(KMC_OPT_NOMERGE | KMC_OPT_FREELIST_RANDOM, check_disjoint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kc2_null_or_the_end),
		cmocka_unit_test(kc2_the_last_place),
		cmocka_unit_test(kc16_reclaimable_pages),
		cmocka_unit_test(kc18_objects_of_a_zone),
		cmocka_unit_test(kc19_sharing_changes_nothing),
		cmocka_unit_test(kc41_whole_objects_of_ones_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
