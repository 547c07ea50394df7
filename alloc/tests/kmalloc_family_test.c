/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kmalloc's kin add to it: call sites, objects by type, requests that may
 * not wait, sets of caches, copies by call site.
 */
#include "slub_core.h"
#include "slab_fixture.h"
#include "alloc/kmalloc_sites.h"

static void on_profile(enum kmc_profile profile, uint32_t options)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);

	config.profile = profile;
	config.options = options;
	machine_boot(&config);
}

static const char *cache_name(const void *p)
{
	return cache_info(where(p).cache).name;
}

/* Arrays get the alignment of their product. */
static void align5_array_product(void **state)
{
	static const size_t pairs[][2] = { { 3, 32 }, { 32, 3 }, { 2, 64 }, { 64, 2 }, { 6, 64 },
					   { 16, 256 }, { 3, 4096 }, { 24, 8 } };

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t bytes = pairs[i][0] * pairs[i][1];

		for (unsigned int k = 0; k < 5; k++) {
			assert_int_equal((uintptr_t)kmalloc_array(pairs[i][0], pairs[i][1],
								  GFP_KERNEL) % (bytes & -bytes), 0);
			assert_int_equal((uintptr_t)kcalloc(pairs[i][0], pairs[i][1],
							    GFP_KERNEL) % (bytes & -bytes), 0);
		}
	}
	machine_off();
}

/* The sentinel has no storage behind it: no frame, and no host page either. */
static void km4_sentinel_has_no_storage(void **state)
{
	uint64_t pfn;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	assert_true(ZERO_OR_NULL_PTR(NULL));
	assert_true(ZERO_OR_NULL_PTR(kmalloc(0, GFP_KERNEL)));
	assert_false(ZERO_OR_NULL_PTR((char *)ZERO_SIZE_PTR + 1));
	for (uintptr_t at = 0; at < 4096; at++) {
		assert_false(kmc_sim_frame_of(sim, (void *)at, &pfn));
		assert_int_equal(kmc_sim_address(sim, (void *)at), at);
	}
	assert_int_equal(where(ZERO_SIZE_PTR).backing, KMC_BACKING_NONE);
	machine_off();
}

/* Whatever fails gives NULL: never the sentinel, never an error pointer. */
static void km6_failure_is_null(void **state)
{
	static const size_t sizes[] = { 1, 96, 8192, 8193, 4u << 20 };

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bool large = sizes[i] > 8192;

		kmc_sim_fail_nth(sim, large ? KMC_FAULT_PAGE : KMC_FAULT_SLAB, 1, 1);
		assert_ptr_equal(kmalloc(sizes[i], GFP_KERNEL | __GFP_NOWARN), NULL);
		assert_ptr_equal(kzalloc(sizes[i], GFP_NOWAIT), NULL);
		assert_ptr_equal(kmalloc_node(sizes[i], GFP_ATOMIC, 0), NULL);
		kmc_sim_fail_nth(sim, large ? KMC_FAULT_PAGE : KMC_FAULT_SLAB, 0, 0);
	}
	assert_ptr_equal(kmalloc((4u << 20) + 1, GFP_KERNEL | __GFP_NOWARN), NULL);
	assert_ptr_equal(kmalloc(SIZE_MAX, GFP_KERNEL | __GFP_NOWARN), NULL);
	assert_ptr_equal(kmalloc(SIZE_MAX - 7, GFP_KERNEL | __GFP_NOWARN | __GFP_NOFAIL), NULL);
	machine_off();
}

/* Contents without __GFP_ZERO are nobody's promise: here a freed block's bytes stay. */
static void km8_contents_are_undefined(void **state)
{
	uint8_t *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	p = kmalloc(64, GFP_KERNEL);
	memset(p, 0x77, 64);
	kfree(p);
	assert_ptr_equal(kmalloc(64, GFP_KERNEL), p);
#ifndef KMC_ASAN
	assert_int_equal(p[40], 0x77);
#endif
	machine_off();
}

/* Small requests without direct reclaim never sleep, full and empty caches alike. */
static void km22_no_sleep_without_reclaim(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		on_profile(profile, 0);
		tp_listen(KMC_TP_BIT(KMC_TP_SLEEP) | KMC_TP_BIT(KMC_TP_DIRECT_RECLAIM_BEGIN));
		for (unsigned int i = 0; i < 3000; i++) {
			(void)kmalloc(512, GFP_NOWAIT);
			(void)kmalloc(8192, GFP_ATOMIC | __GFP_NOWARN);
			(void)kmalloc(40000, GFP_NOWAIT);
		}
		assert_int_equal(tp_count, 0);
		tp_listen(0);
		machine_off();
	}
}

static __attribute__((noinline)) void *wrapper(size_t size)
{
	void *p = kmalloc_track_caller(size, GFP_KERNEL);

	__asm__("" : "+r"(p)); /* no tail call: the caller must have a frame */
	return p;
}

static __attribute__((noinline)) void *node_wrapper(size_t size)
{
	void *p = kmalloc_node_track_caller(size, GFP_KERNEL, 0);

	__asm__("" : "+r"(p));
	return p;
}

static bool near(const void *site, const void *function)
{
	return (uintptr_t)site - (uintptr_t)function < 4096;
}

/* The plain form and the tracking ones differ in nothing but the call site. */
static void km15_call_sites(void **state)
{
	void *p, *q;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC));
	p = kmalloc(100, GFP_KERNEL);
	q = wrapper(100);
	assert_int_equal(tp_count, 2);
	assert_int_equal(tp_seen[0].bytes_alloc, tp_seen[1].bytes_alloc);
	assert_true(near(tp_seen[0].call_site, (void *)km15_call_sites));
	assert_true(near(tp_seen[1].call_site, (void *)km15_call_sites));
	assert_ptr_equal(where(p).cache, where(q).cache);
	(void)node_wrapper(100);
	assert_true(near(tp_seen[2].call_site, (void *)km15_call_sites));
	(void)kmemdup("abc", 3, GFP_KERNEL);
	assert_true(near(tp_seen[3].call_site, (void *)km15_call_sites));
	(void)kstrdup("abc", GFP_KERNEL);
	assert_true(near(tp_seen[4].call_site, (void *)km15_call_sites));
	assert_ptr_equal(wrapper(0), ZERO_SIZE_PTR);
	assert_ptr_equal(wrapper(SIZE_MAX), NULL);
	tp_listen(0);
	machine_off();
}

struct thing {
	uint64_t a[5];
};
struct row {
	uint8_t nr;
	uint32_t cells[] __counted_by(nr);
};

static void km23_objects_by_type(void **state)
{
	volatile size_t huge = SIZE_MAX / sizeof(struct thing) + 1;
	volatile size_t cells = 200;
	struct thing variable, *t;
	struct row *r;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC));
	t = kmalloc_obj(struct thing);
	assert_non_null(t);
	assert_int_equal(tp_seen[0].bytes_req, sizeof(struct thing));
	assert_int_equal(tp_seen[0].gfp, GFP_KERNEL);
	t = kmalloc_obj(variable, GFP_NOWAIT);
	assert_int_equal(tp_seen[1].bytes_req, sizeof(struct thing));
	assert_int_equal(tp_seen[1].gfp, GFP_NOWAIT);
	t = kzalloc_objs(*t, 7);
	assert_true(all_zero(t, 7 * sizeof(*t)));
	assert_int_equal(tp_seen[2].bytes_req, 7 * sizeof(struct thing));
	assert_null(kmalloc_objs(struct thing, huge, GFP_KERNEL | __GFP_NOWARN));
	tp_count = 0;
	r = kzalloc_flex(*r, cells, cells);
	assert_non_null(r);
	assert_int_equal(tp_seen[0].bytes_req, sizeof(struct row) + 200 * 4);
#if defined(__has_builtin)
#if __has_builtin(__builtin_counted_by_ref)
	assert_int_equal(r->nr, 200);
#endif
#endif
	cells = SIZE_MAX / 4;
	assert_null(kmalloc_flex(*r, cells, cells, GFP_KERNEL | __GFP_NOWARN));
	tp_listen(0);
	machine_off();
}

static struct kmc_lock *lock_of(unsigned int size)
{
	struct kmem_cache *s = kmc_kmalloc_cache(kmc_this_cpu, size, GFP_KERNEL, NULL);

	return &kmc_cache_node(sim, s, 0)->list_lock;
}

/* Sizes, no events, no waking, in any context. */
static void km21_nolock(void **state)
{
	void *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC) | KMC_TP_BIT(KMC_TP_SLEEP) | KMC_TP_BIT(KMC_TP_WAKEUP_KSWAPD) |
		  KMC_TP_BIT(KMC_TP_DIRECT_RECLAIM_BEGIN) | KMC_TP_BIT(KMC_TP_WARN));
	kmc_sim_set_context(KMC_IN_NMI);
	assert_ptr_equal(kmalloc_nolock(0, 0, NUMA_NO_NODE), ZERO_SIZE_PTR);
	assert_null(kmalloc_nolock(8193, 0, NUMA_NO_NODE));
	assert_null(kmalloc_nolock(SIZE_MAX, 0, NUMA_NO_NODE));
	for (size_t size = 1; size <= 8192; size += 1 + size / 3) {
		p = kmalloc_nolock(size, __GFP_ZERO, NUMA_NO_NODE);
		assert_non_null(p);
		assert_int_equal(ksize(p), kmalloc_size_roundup(size));
		assert_true(all_zero(p, size));
		memset(p, 0xee, size);
	}
	assert_int_equal(tp_count, 0);
	kmc_sim_set_context(KMC_IN_TASK);
	tp_listen(0);
	/* Never injected. */
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 1);
	assert_non_null(kmalloc_nolock(64, 0, NUMA_NO_NODE));
	machine_off();
}

/* A busy cache is passed over once for the next larger class; there is none above 8 KiB. */
static void km21_nolock_busy_caches(void **state)
{
	void *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	kmc_lock_take(lock_of(96));
	p = kmalloc_nolock(96, 0, NUMA_NO_NODE);
	assert_int_equal(ksize(p), 128);
	kmc_lock_take(lock_of(256));
	kmc_lock_take(lock_of(512));
	assert_null(kmalloc_nolock(200, 0, NUMA_NO_NODE));
	kmc_lock_drop(lock_of(256));
	p = kmalloc_nolock(200, 0, NUMA_NO_NODE);
	assert_int_equal(ksize(p), 256);
	kmc_lock_take(lock_of(8192));
	assert_null(kmalloc_nolock(8192, 0, NUMA_NO_NODE));
	p = kmalloc_nolock(4000, 0, NUMA_NO_NODE);
	assert_int_equal(ksize(p), 4096);
	kmc_lock_drop(lock_of(96));
	kmc_lock_drop(lock_of(512));
	kmc_lock_drop(lock_of(8192));
	machine_off();
}

/* No page without waiting: NULL. A real-time kernel: not in an interrupt. */
static void km21_km25_nolock_reasons(void **state)
{
	(void)state;
	on_profile(KMC_PROFILE_6_18_44, 0);
	while (alloc_pages(GFP_NOWAIT, 0))
		;
	assert_null(kmalloc_nolock(8192, 0, NUMA_NO_NODE));
	machine_off();
	on_profile(KMC_PROFILE_6_18_44, KMC_OPT_PREEMPT_RT);
	kmc_sim_set_context(KMC_IN_HARDIRQ);
	assert_null(kmalloc_nolock(64, 0, NUMA_NO_NODE));
	kmc_sim_set_context(KMC_IN_TASK);
	assert_non_null(kmalloc_nolock(64, 0, NUMA_NO_NODE));
	machine_off();
}

/* The names of R2, and that the site decides: the same copy each time, all of them used. */
static void r2_random_copies(void **state)
{
	unsigned int used = 0;
	char name[32];

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, KMC_OPT_RANDOM_KMALLOC);
	for (uint64_t site = 1; site <= 400; site++) {
		unsigned int copy = 0;
		void *p, *q;

		kmc_sim_call_site(site);
		p = kmalloc(90, GFP_KERNEL);
		q = kmalloc(90, GFP_KERNEL);
		assert_ptr_equal(where(p).cache, where(q).cache);
		if (sscanf(cache_name(p), "kmalloc-rnd-%u-96", &copy) != 1)
			assert_string_equal(cache_name(p), "kmalloc-96");
		used |= 1u << copy;
		snprintf(name, sizeof(name), copy ? "kmalloc-rnd-%02u-1k" : "kmalloc-1k", copy);
		assert_string_equal(cache_name(kmalloc(1000, GFP_KERNEL)), name);
		assert_string_equal(cache_name(kmalloc(90, GFP_KERNEL | __GFP_RECLAIMABLE)),
				    "kmalloc-rcl-96");
		kfree(p);
		kfree(q);
	}
	assert_int_equal(used, 0xffff);
	kmc_sim_call_site(0);
	assert_non_null(kmalloc(64, GFP_KERNEL));
	machine_off();
	/* 6.1 has none. */
	on_profile(KMC_PROFILE_6_1_192, KMC_OPT_RANDOM_KMALLOC);
	kmc_sim_call_site(7);
	assert_string_equal(cache_name(kmalloc(90, GFP_KERNEL)), "kmalloc-96");
	kmc_sim_call_site(0);
	machine_off();
}

/* Another boot seed, another choice. */
static void r2_random_copies_by_seed(void **state)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);
	unsigned int differ = 0;
	char first[64][32];

	(void)state;
	config.options = KMC_OPT_RANDOM_KMALLOC;
	for (unsigned int run = 0; run < 2; run++) {
		config.seed = 100 + run;
		machine_boot(&config);
		for (unsigned int i = 0; i < 64; i++) {
			const char *name;

			kmc_sim_call_site(i + 1);
			name = cache_name(kmalloc(64, GFP_KERNEL));
			if (run == 0)
				snprintf(first[i], sizeof(first[i]), "%s", name);
			else
				differ += strcmp(first[i], name) != 0;
		}
		kmc_sim_call_site(0);
		machine_off();
	}
	assert_true(differ > 40);
}

static struct kmc_cache_info named(const char *name)
{
	struct kmem_cache *s = NULL;

	while ((s = kmc_sim_cache_next(sim, s)))
		if (!strcmp(cache_info(s).name, name))
			return cache_info(s);
	fail_msg("no cache %s", name);
	return (struct kmc_cache_info){ 0 };
}

/* Without natural alignment of their own, unmerged, one for each class. */
static void align15_buckets(void **state)
{
	kmem_buckets *b;
	void *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, KMC_OPT_SLAB_BUCKETS | KMC_OPT_HARDENED_USERCOPY);
	assert_int_equal(named("memdup_user-96").align, 8);
	assert_int_equal(named("memdup_user-8k").object_size, 8192);
	assert_true(named("kmalloc_buckets").flags & SLAB_NO_MERGE);
	b = kmem_buckets_create("msg_msg", SLAB_ACCOUNT, 48, 1000, NULL);
	assert_non_null(b);
	assert_string_equal(cache_info(where(b).cache).name, "kmalloc_buckets");
	p = kmem_buckets_alloc(b, 90, GFP_KERNEL);
	assert_string_equal(cache_name(p), "msg_msg-96");
	assert_int_equal(cache_info(where(p).cache).align, 8);
	kfree(p);
	assert_string_equal(cache_name(kmem_buckets_alloc_track_caller(b, 8192, GFP_KERNEL)),
			    "msg_msg-8k");
	assert_int_equal(where(kmem_buckets_alloc(b, 8193, GFP_KERNEL)).backing,
			 KMC_BACKING_LARGE);
	assert_ptr_equal(kmem_buckets_alloc(b, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_string_equal(cache_name(kmem_buckets_alloc(NULL, 90, GFP_KERNEL)), "kmalloc-96");
	/* the region: the classes up to 48 bytes have none, the others what they reach */
	assert_int_equal((*b)[kmc_kmalloc_class(32)]->usersize, 0);
	assert_int_equal((*b)[kmc_kmalloc_class(64)]->useroffset, 48);
	assert_int_equal((*b)[kmc_kmalloc_class(64)]->usersize, 16);
	assert_int_equal((*b)[kmc_kmalloc_class(2048)]->usersize, 1000);
	machine_off();
}

/* A kernel without buckets: a token, and plain kmalloc. */
static void align15_no_buckets(void **state)
{
	static const struct {
		enum kmc_profile profile;
		uint32_t options;
	} without[] = { { KMC_PROFILE_6_18_44, 0 }, { KMC_PROFILE_6_6_9, KMC_OPT_SLAB_BUCKETS } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		kmem_buckets *b;

		on_profile(without[i].profile, without[i].options);
		b = kmem_buckets_create("mine", 0, 0, 0, NULL);
		assert_ptr_equal(b, ZERO_SIZE_PTR);
		assert_string_equal(cache_name(kmem_buckets_alloc(b, 90, GFP_KERNEL)), "kmalloc-96");
		machine_off();
	}
}

/* Nothing is left of a set whose making failed. */
static void km6_buckets_all_or_nothing(void **state)
{
	kmem_buckets *b;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44, KMC_OPT_SLAB_BUCKETS);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 0);
	assert_null(kmem_buckets_create("lost", 0, 0, 0, NULL));
	b = kmem_buckets_create("kept", (slab_flags_t)1, 0, 0, NULL); /* an impossible flag */
	assert_null(b);
	assert_int_equal(named("kmalloc_buckets").nr_active, 0);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(align5_array_product),
		cmocka_unit_test(km4_sentinel_has_no_storage),
		cmocka_unit_test(km6_failure_is_null),
		cmocka_unit_test(km8_contents_are_undefined),
		cmocka_unit_test(km22_no_sleep_without_reclaim),
		cmocka_unit_test(km15_call_sites),
		cmocka_unit_test(km23_objects_by_type),
		cmocka_unit_test(km21_nolock),
		cmocka_unit_test(km21_nolock_busy_caches),
		cmocka_unit_test(km21_km25_nolock_reasons),
		cmocka_unit_test(r2_random_copies),
		cmocka_unit_test(r2_random_copies_by_seed),
		cmocka_unit_test(align15_buckets),
		cmocka_unit_test(align15_no_buckets),
		cmocka_unit_test(km6_buckets_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
