/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmalloc and kfree as a caller sees them: ALIGN, KM and FR rules, large
 * blocks, events, and what wrong frees show (rules-slab 2.5).
 */
#include "slab_fixture.h"

static const enum kmc_profile profiles[] = { KMC_PROFILE_6_1_192, KMC_PROFILE_6_6_9,
					     KMC_PROFILE_6_12_117, KMC_PROFILE_6_18_44 };

static void on_profile(enum kmc_profile profile, uint32_t options, uint64_t bytes)
{
	struct kmc_sim_config config = machine_config(2, bytes);

	config.profile = profile;
	config.options = options;
	machine_boot(&config);
}

/* Rule: KM-1, ALIGN-1, ALIGN-2, ALIGN-3, KM-16, KM-17. */
static void check_size(enum kmc_profile profile, size_t size)
{
	size_t divisor = size & -size, granted = kmc_kmalloc_granted(profile, size);
	struct kmc_cache_info info;
	void *p[3];

	for (unsigned int i = 0; i < 3; i++) {
		p[i] = kmalloc(size, GFP_KERNEL);
		assert_non_null(p[i]);
		pattern_fill(p[i], size, i);
		assert_int_equal((uintptr_t)p[i] % 8, 0);
		if (divisor == size || profile >= KMC_PROFILE_6_12_117)
			assert_int_equal((uintptr_t)p[i] % divisor, 0);
		assert_int_equal(ksize(p[i]), granted);
		assert_int_equal(kmalloc_size_roundup(size), granted);
		info = cache_info(where(p[i]).cache);
		assert_int_equal(info.object_size, granted);
	}
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(pattern_holds(p[i], size, i));
		kfree(p[i]);
	}
}

static void align1_align2_align3_km1_km16_km17_every_small_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		on_profile(profiles[i], 0, 64 * MIB);
		for (size_t size = 1; size <= 8192; size++)
			check_size(profiles[i], size);
		machine_off();
	}
}

/* 96-byte objects before 6.11 need no more than 8, but their slab's start gives them 32. */
static void align3_all_residues_are_used(void **state)
{
	unsigned int seen = 0;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	for (unsigned int i = 0; i < 42; i++)
		seen |= 1u << ((uintptr_t)kmalloc(96, GFP_KERNEL) % 128 / 32);
	assert_int_equal(seen, 15);
	machine_off();
}

/* Rule: ALIGN-2, ALIGN-6, KM-2, KM-5. */
static void align2_align6_km2_km5_large_blocks(void **state)
{
	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 256 * MIB);
	for (size_t size = 8193; size <= KMALLOC_MAX_SIZE; size += 1 + size / 5) {
		size_t granted = kmc_kmalloc_granted(KMC_PROFILE_6_18_44, size);
		uint8_t *p = kmalloc(size, GFP_KERNEL);
		struct kmc_where w = where(p);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % granted, 0);
		assert_int_equal(kmc_sim_address(sim, p) % granted, 0);
		assert_int_equal(w.backing, KMC_BACKING_LARGE);
		assert_int_equal(4096ul << w.order, granted);
		assert_int_equal(ksize(p), granted);
		p[0] = p[size - 1] = 1;
		assert_int_equal(where(p + size - 1).head_pfn, w.pfn);
		kfree(p);
		assert_int_equal(where(p).backing, KMC_BACKING_NONE);
	}
	assert_non_null(kmalloc(KMALLOC_MAX_SIZE, GFP_KERNEL));
	assert_null(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
	machine_off();
}

/* Rule: KM-3, FR-7, FR-8. */
static void km3_fr7_fr8_zero_size(void **state)
{
	uint64_t before;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	before = kmc_sim_hash(sim);
	assert_ptr_equal(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(kzalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(kmalloc_node(0, GFP_KERNEL, 0), ZERO_SIZE_PTR);
	assert_ptr_equal(kmalloc_array(0, 8, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(kcalloc(8, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(kmemdup("x", 0, GFP_KERNEL), ZERO_SIZE_PTR);
	kfree(NULL);
	kfree(ZERO_SIZE_PTR);
	kfree_sensitive(NULL);
	kfree_sensitive(ZERO_SIZE_PTR);
	kvfree(NULL);
	kvfree(ZERO_SIZE_PTR);
	kvfree_sensitive(NULL, 8);
	kfree_const(NULL);
	kmem_cache_destroy(NULL);
	assert_int_equal(ksize(NULL), 0);
	assert_int_equal(ksize(ZERO_SIZE_PTR), 0);
	assert_int_equal(kmc_sim_hash(sim), before);
	machine_off();
}

/* Rule: KM-16, R14. */
static void km16_roundup_edges(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		bool old = profiles[i] == KMC_PROFILE_6_1_192;

		on_profile(profiles[i], 0, 64 * MIB);
		assert_int_equal(kmalloc_size_roundup(0), 0);
		assert_true(kmalloc_size_roundup(SIZE_MAX) == SIZE_MAX);
		assert_int_equal(kmalloc_size_roundup(8193), 16384);
		assert_int_equal(kmalloc_size_roundup(4u << 20), 4u << 20);
		assert_int_equal(kmalloc_size_roundup((4u << 20) + 1),
				 old ? 8u << 20 : (4u << 20) + 1);
		assert_true(kmalloc_size_roundup((1ul << 63) + 1) == (old ? 0 : (1ul << 63) + 1));
		machine_off();
	}
}

/* Dirty memory, then zeroed requests for all of it. Rule: KM-7, KC-12. */
static void zeroed_after_dirty(size_t size)
{
	void *p[64];

	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < 64; i++) {
			p[i] = kmalloc(size, round ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL);
			assert_non_null(p[i]);
			if (round)
				assert_true(all_zero(p[i], size));
			memset(p[i], 0xa5, size);
		}
		for (unsigned int i = 0; i < 64; i++)
			kfree(p[i]);
	}
}

static void km7_zero(void **state)
{
	static const uint32_t options[] = { 0, KMC_OPT_INIT_ON_FREE, KMC_OPT_INIT_ON_ALLOC,
					    KMC_OPT_FREELIST_RANDOM | KMC_OPT_FREELIST_HARDENED };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		on_profile(KMC_PROFILE_6_18_44, options[i], 64 * MIB);
		for (size_t size = 1; size <= 16384; size += 1 + size / 9)
			zeroed_after_dirty(size);
		machine_off();
	}
}

/* Rule: DBG-5. */
static void dbg5_init_options(void **state)
{
	uint8_t *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, KMC_OPT_INIT_ON_ALLOC, 64 * MIB);
	for (unsigned int i = 0; i < 3; i++) {
		p = kmalloc(100, GFP_KERNEL);
		assert_true(all_zero(p, 100));
		memset(p, 1, 100);
		kfree(p);
	}
	machine_off();
}

/* The names of R2 and which flags lead there. Rule: KM-19, KM-20. */
static void km19_km20_kinds(void **state)
{
	static const struct {
		gfp_t flags;
		const char *name, *no_memcg;
	} want[] = {
		{ 0, "kmalloc-96", "kmalloc-96" },
		{ __GFP_RECLAIMABLE, "kmalloc-rcl-96", "kmalloc-rcl-96" },
		{ __GFP_ACCOUNT, "kmalloc-cg-96", "kmalloc-96" },
		{ __GFP_DMA, "dma-kmalloc-96", "dma-kmalloc-96" },
		{ __GFP_RECLAIMABLE | __GFP_ACCOUNT, "kmalloc-rcl-96", "kmalloc-rcl-96" },
		{ __GFP_DMA | __GFP_ACCOUNT, "dma-kmalloc-96", "dma-kmalloc-96" },
		{ __GFP_DMA | __GFP_RECLAIMABLE, "dma-kmalloc-96", "dma-kmalloc-96" },
		{ __GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT, "dma-kmalloc-96",
		  "dma-kmalloc-96" },
	};

	(void)state;
	for (unsigned int memcg = 0; memcg < 2; memcg++) {
		struct kmc_sim_config config = machine_config(1, 32 * MIB);

		config.zones[1] = config.zones[0];
		config.nr_zones = 2;
		config.zones[0] = (struct kmc_zone_layout){ .type = KMC_ZONE_DMA, .start_pfn = 512,
							    .nr_pages = 3584 };
		config.options = memcg ? KMC_OPT_MEMCG : 0;
		machine_boot(&config);
		for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
			void *p = kmalloc(90, GFP_KERNEL | want[i].flags);

			assert_non_null(p);
			assert_string_equal(cache_info(where(p).cache).name,
					    memcg ? want[i].name : want[i].no_memcg);
			if (want[i].flags & __GFP_DMA)
				assert_int_equal(where(p).zone, KMC_ZONE_DMA);
			kfree(p);
		}
		machine_off();
	}
}

static void r2_cache_names(void **state)
{
	static const char *const suffix[] = { "8", "16", "32", "64", "96", "128", "192",
					      "256", "512", "1k", "2k", "4k", "8k" };
	struct kmem_cache *s = NULL;
	char name[32];

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, KMC_OPT_NO_ZONE_DMA, 64 * MIB);
	for (size_t i = 0; i < 13; i++) {
		s = kmc_sim_cache_next(sim, s);
		snprintf(name, sizeof(name), "kmalloc-%s", suffix[i]);
		assert_string_equal(cache_info(s).name, name);
	}
	for (size_t i = 0; i < 13; i++) {
		s = kmc_sim_cache_next(sim, s);
		snprintf(name, sizeof(name), "kmalloc-rcl-%s", suffix[i]);
		assert_string_equal(cache_info(s).name, name);
	}
	assert_null(kmc_sim_cache_next(sim, s));
	machine_off();
}

/* Illegal bits change nothing but may be reported when a slab grows. Rule: KM-12. */
static void km12_illegal_bits(void **state)
{
	static const gfp_t bits[] = { __GFP_HIGHMEM, __GFP_DMA32, 1u << 30 };

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	for (size_t i = 0; i < 3; i++)
		for (size_t size = 16; size <= 65536; size *= 4) {
			void *p = kmalloc(size, GFP_KERNEL | bits[i]);

			assert_non_null(p);
			if (size <= 8192)
				assert_int_equal(cache_info(where(p).cache).object_size, size);
			kfree(p);
			p = kmalloc(size, GFP_KERNEL | bits[i]);
			assert_non_null(p);
			kfree(p);
		}
	machine_off();
}

/* Freed memory may come back at once. Rule: FR-17; LIFO is our sheaf's order. */
static void fr17_reuse(void **state)
{
	void *p, *q;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	p = kmalloc(64, GFP_KERNEL);
	kfree(p);
	q = kmalloc(60, GFP_KERNEL);
	assert_ptr_equal(p, q);
	kfree(q);
	assert_false(where(q).live);
	machine_off();
}

/* A new slab without randomisation hands out ascending addresses. Rule: R6. */
static void r6_ascending(void **state)
{
	char *last = NULL;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	for (unsigned int i = 0; i < 64; i++) {
		char *p = kmalloc(64, GFP_KERNEL);

		if (last)
			assert_ptr_equal(p, last + 64);
		last = p;
	}
	machine_off();
}

static void r6_random_order(void **state)
{
	uint64_t first[2][16];
	unsigned int ascending = 0;

	(void)state;
	for (unsigned int run = 0; run < 2; run++) {
		on_profile(KMC_PROFILE_6_18_44, KMC_OPT_FREELIST_RANDOM, 64 * MIB);
		for (unsigned int i = 0; i < 16; i++)
			first[run][i] = kmc_sim_address(sim, kmalloc(256, GFP_KERNEL));
		machine_off();
	}
	/* The same seed gives the same order, which is not the ascending one. */
	assert_memory_equal(first[0], first[1], sizeof(first[0]));
	for (unsigned int i = 1; i < 16; i++)
		ascending += first[0][i] == first[0][i - 1] + 256;
	assert_true(ascending < 8);
}

/* Rule: FR-13. */
static void fr13_sensitive(void **state)
{
	uint8_t *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	p = kmalloc(100, GFP_KERNEL);
	memset(p, 0x5a, 100);
	kfree_sensitive(p);
	assert_ptr_equal(kmalloc(128, GFP_KERNEL), p);
	assert_true(all_zero(p, 128));
	kvfree_sensitive(p, 128);
	p = kmalloc(20000, GFP_KERNEL);
	memset(p, 0x5a, 20000);
	kvfree_sensitive(p, 20000);
	machine_off();
}

static int is_event(const struct kmc_tp *tp, enum kmc_tp_id id, const void *ptr, size_t req,
		    size_t alloc)
{
	return tp->id == id && tp->ptr == ptr && tp->bytes_req == req && tp->bytes_alloc == alloc;
}

/* Rule: R13. */
static void r13_events(void **state)
{
	void *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC) | KMC_TP_BIT(KMC_TP_KFREE));
	p = kmalloc(100, GFP_KERNEL | __GFP_ZERO);
	assert_int_equal(tp_count, 1);
	assert_true(is_event(&tp_seen[0], KMC_TP_KMALLOC, p, 100, 128));
	assert_int_equal(tp_seen[0].gfp, GFP_KERNEL | __GFP_ZERO);
	assert_int_equal(tp_seen[0].node, -1);
	assert_non_null(tp_seen[0].call_site);
	kfree(p);
	kfree(NULL);
	assert_int_equal(tp_count, 3);
	assert_true(is_event(&tp_seen[1], KMC_TP_KFREE, p, 0, 0));
	assert_null(tp_seen[2].ptr);
	/* No event for nothing, and one for a refused block. */
	kmalloc(0, GFP_KERNEL);
	assert_int_equal(tp_count, 3);
	assert_null(kmalloc(1ul << 40, GFP_KERNEL | __GFP_NOWARN));
	assert_true(tp_count > 3);
	assert_null(tp_seen[3].ptr);
	tp_listen(0);
	kfree(kmalloc(8, GFP_KERNEL));
	assert_int_equal(tp_count, 0);
	machine_off();
}

/* Rule: TRC-7. */
static void trc7_large_blocks_are_told_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		bool twice = profiles[i] >= KMC_PROFILE_6_12_117;
		void *p;

		on_profile(profiles[i], 0, 64 * MIB);
		tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC));
		p = kmalloc(9000, GFP_KERNEL);
		assert_int_equal(tp_count, twice ? 2 : 1);
		for (unsigned int k = 0; k < tp_count; k++)
			assert_true(is_event(&tp_seen[k], KMC_TP_KMALLOC, p, 9000, 16384));
		if (twice)
			assert_ptr_not_equal(tp_seen[0].call_site, tp_seen[1].call_site);
		tp_listen(0);
		kfree(p);
		machine_off();
	}
}

/* Rule: rules-slab 2.5: what shows, and that nothing of ours breaks. */
static void wrong_frees(void **state)
{
	char on_stack[64];
	void *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	kfree(on_stack);
	assert_int_equal(tp_count, 1);
	kfree("rodata");
	assert_int_equal(tp_count, 2);
	p = kmalloc(20000, GFP_KERNEL);
	kfree(p);
	kfree(p);
	assert_int_equal(tp_count, 3);
	tp_listen(0);
	machine_off();
}

/* Pages: freed with a warning up to 6.12, leaked since. */
static void wrong_free_of_a_page(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		bool leaks = profiles[i] >= KMC_PROFILE_6_18_44;
		uint64_t before;

		on_profile(profiles[i], 0, 64 * MIB);
		before = free_pages_now();
		tp_listen(KMC_TP_BIT(KMC_TP_WARN));
		kfree((void *)__get_free_pages(GFP_KERNEL, 0));
		assert_int_equal(tp_count, 1);
		kfree((void *)__get_free_pages(GFP_KERNEL, 0));
		assert_int_equal(tp_count, 1); /* once a boot */
		assert_int_equal(free_pages_now(), before - (leaks ? 2 : 0));
		kfree((void *)__get_free_pages(GFP_KERNEL | __GFP_COMP, 2));
		assert_int_equal(free_pages_now(), before - (leaks ? 6 : 0));
		tp_listen(0);
		machine_off();
	}
}

static void dup1_dup2_dup3_dup4_dup6_helpers(void **state)
{
	char bytes[5] = { 'a', 'b', 'c', 'd', 'e' };
	volatile size_t huge = SIZE_MAX;
	char *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC));
	p = kstrdup("seven c", GFP_KERNEL); /* DUP-2: asks for length + 1 */
	assert_string_equal(p, "seven c");
	assert_int_equal(tp_seen[0].bytes_req, 8);
	kfree(p);
	p = kstrndup(bytes, 5, GFP_KERNEL);
	assert_memory_equal(p, "abcde", 6);
	kfree(p);
	p = kstrndup("ab", 5, GFP_KERNEL);
	assert_string_equal(p, "ab");
	kfree(p);
	p = kmemdup(bytes, 5, GFP_KERNEL);
	assert_memory_equal(p, bytes, 5);
	kfree(p);
	p = kmemdup_nul(bytes, 3, GFP_KERNEL);
	assert_memory_equal(p, "abc", 4);
	kfree(p);
	assert_null(kstrdup(NULL, GFP_KERNEL));
	assert_null(kstrndup(NULL, 3, GFP_KERNEL));
	assert_null(kmemdup_nul(NULL, 3, GFP_KERNEL));
	assert_null(kmemdup_array(bytes, huge, 2, GFP_KERNEL | __GFP_NOWARN));
	assert_ptr_equal(kmemdup_nul(bytes, huge, GFP_KERNEL), ZERO_SIZE_PTR);
	tp_listen(0);
	machine_off();
}

/* Rule: DUP-5, FR-18. */
static void fr18_const(void **state)
{
	static const char literal[] = "read-only";
	char heap[] = "stack";
	const char *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0, 64 * MIB);
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	assert_ptr_equal(kstrdup_const(literal, GFP_KERNEL), literal);
	kfree_const(literal);
	p = kstrdup_const(heap, GFP_KERNEL);
	assert_ptr_not_equal(p, heap);
	assert_string_equal(p, heap);
	kfree_const(p);
	assert_false(where(p).live);
	assert_int_equal(tp_count, 0);
	tp_listen(0);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(align1_align2_align3_km1_km16_km17_every_small_size),
		cmocka_unit_test(align3_all_residues_are_used),
		cmocka_unit_test(align2_align6_km2_km5_large_blocks),
		cmocka_unit_test(km3_fr7_fr8_zero_size),
		cmocka_unit_test(km16_roundup_edges),
		cmocka_unit_test(km7_zero),
		cmocka_unit_test(dbg5_init_options),
		cmocka_unit_test(km19_km20_kinds),
		cmocka_unit_test(r2_cache_names),
		cmocka_unit_test(km12_illegal_bits),
		cmocka_unit_test(fr17_reuse),
		cmocka_unit_test(r6_ascending),
		cmocka_unit_test(r6_random_order),
		cmocka_unit_test(fr13_sensitive),
		cmocka_unit_test(r13_events),
		cmocka_unit_test(trc7_large_blocks_are_told_twice),
		cmocka_unit_test(wrong_frees),
		cmocka_unit_test(wrong_free_of_a_page),
		cmocka_unit_test(dup1_dup2_dup3_dup4_dup6_helpers),
		cmocka_unit_test(fr18_const),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
