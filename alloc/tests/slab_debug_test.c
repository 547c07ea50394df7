/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug caches: what lies around and in their objects, what damage is found,
 * what is said of it, and that nothing else changes.
 */
#include <errno.h>
#include "slab_fixture.h"
#include "alloc/kmalloc_sites.h"
#include "alloc/slab_report.h"

#define ALL (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

static struct kmc_slab_report last_report(void)
{
	struct kmc_slab_report report;

	assert_true(kmc_sim_slab_report(sim, kmc_sim_slab_reports(sim), &report));
	return report;
}

static struct kmem_cache *debug_cache(const char *name, unsigned int size, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create(name, size, 0, flags, NULL);

	assert_non_null(s);
	return s;
}

/* Bytes of an object's stride, which no program may read under AddressSanitizer. */
__attribute__((no_sanitize("address"))) static uint8_t byte_at(const void *object, long offset)
{
	return ((const volatile uint8_t *)object)[offset];
}

static void assert_bytes(const void *object, long from, long end, uint8_t value)
{
	for (long i = from; i < end; i++)
		assert_int_equal(byte_at(object, i), value);
}

/*  | left 8 | object 40 | right 8 | ptr 8 | ...   live: 0xcc; free: 0xbb */
static void dbg1_red_zone_bytes(void **state)
{
	struct kmem_cache *s = debug_cache("zones", 40, SLAB_RED_ZONE);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	assert_bytes(object, -8, 0, 0xcc);
	assert_bytes(object, 40, 48, 0xcc);
	kmem_cache_free(s, object);
	assert_bytes(object, -8, 0, 0xbb);
	assert_bytes(object, 40, 48, 0xbb);
	kmem_cache_destroy(s);
	assert_int_equal(kmc_sim_slab_reports(sim), 0);
}

/* Each byte of both red zones, by sizes with and without a gap. */
static void dbg1_overwritten_is_reported_and_restored(void **state)
{
	static const unsigned int sizes[] = { 1, 7, 8, 13, 40, 64, 100 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct kmem_cache *s = debug_cache("edge", sizes[i], ALL);
		long size = (long)sizes[i], right = (size + 8) / 8 * 8;

		for (long at = -8; at < right; at = at == -1 ? size : at + 1) {
			void *object = kmem_cache_alloc(s, GFP_KERNEL);
			unsigned int before = kmc_sim_slab_reports(sim);
			struct kmc_slab_report r;

			assert_int_equal(kmc_sim_poke(sim, object, at, 0x41), 0);
			assert_int_equal(kmc_sim_slab_validate(s), 1);
			assert_int_equal(kmc_sim_slab_reports(sim), before + 1);
			r = last_report();
			assert_int_equal(r.kind, at < 0 ? KMC_SLAB_LEFT_RED_ZONE :
							  KMC_SLAB_RIGHT_RED_ZONE);
			assert_int_equal((long)(r.addr - r.object), at);
			assert_int_equal(r.found, 0x41);
			assert_int_equal(r.expected, 0xcc);
			assert_int_equal(byte_at(object, at), 0xcc);
			assert_int_equal(kmc_sim_slab_validate(s), 0);
			kmem_cache_free(s, object);
		}
		kmem_cache_destroy(s);
	}
}

/* A damaged object is not freed: it never comes back. */
static void dbg1_dbg4_free_of_a_damaged_object_leaks_it(void **state)
{
	struct kmem_cache *s = debug_cache("leak", 64, ALL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL), *other;

	(void)state;
	assert_int_equal(kmc_sim_poke(sim, object, 64, 0), 0);
	kmem_cache_free(s, object);
	assert_int_equal(last_report().kind, KMC_SLAB_RIGHT_RED_ZONE);
	assert_int_equal(cache_info(s).nr_active, 1);
	for (int i = 0; i < 200; i++) {
		other = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(other);
		assert_ptr_not_equal(other, object);
	}
}

/* Between request and class: 6.2 and later, with users kept. */
static void dbg1_kmalloc_red_zone_by_profile(void **state)
{
	(void)state;
	for (int p = 0; p < KMC_NR_PROFILES; p++) {
		struct kmc_sim_config config = machine_config(1, 32 * MIB);
		bool has = p >= KMC_PROFILE_6_6_9;
		char *block;

		config.profile = (enum kmc_profile)p;
		strcpy(config.slab_debug, "slub_debug");
		machine_boot(&config);
		block = kmalloc(40, GFP_KERNEL);
		assert_int_equal(ksize(block), 64);
		kfree(block);
		block = kmalloc(40, GFP_KERNEL);
		assert_int_equal(byte_at(block, 39), has ? 0xa5 : 0x6b);
		assert_int_equal(byte_at(block, 40), has ? 0xcc : 0x6b);
		assert_int_equal(kmc_sim_poke(sim, block, 40, 1), 0);
		kfree(block);
		assert_int_equal(kmc_sim_slab_reports(sim), has);
		if (has)
			assert_int_equal(last_report().kind, KMC_SLAB_KMALLOC_RED_ZONE);
		block = kmalloc(40, GFP_KERNEL | __GFP_ZERO);
		assert_bytes(block, 0, 40, 0);
		assert_int_equal(byte_at(block, 40), has ? 0xcc : 0);
		kfree(block);
		assert_int_equal(kmc_sim_slab_reports(sim), has);
		machine_off();
	}
}

/* ksize() gives the whole class away, krealloc() in place moves the red zone. */
static void dbg1_rea6_resized_in_place(void **state)
{
	(void)state;
	for (int p = 0; p < KMC_NR_PROFILES; p++) {
		struct kmc_sim_config config = machine_config(1, 32 * MIB);
		char *block, *same;

		config.profile = (enum kmc_profile)p;
		strcpy(config.slab_debug, "slub_debug=FZPU");
		machine_boot(&config);
		block = kmalloc(40, GFP_KERNEL);
		pattern_fill(block, 40, 3);
		same = krealloc(block, 60, GFP_KERNEL);
		assert_ptr_equal(same, block);
		assert_true(pattern_holds(same, 40, 3));
		pattern_fill(same, 60, 4);
		same = krealloc(same, 20, GFP_KERNEL);
		assert_true(pattern_holds(same, 20, 4));
		if (p == KMC_PROFILE_6_18_44)
			assert_int_equal(byte_at(same, 20), 0xcc);
		same = krealloc(same, 64, GFP_KERNEL | __GFP_ZERO);
		assert_true(pattern_holds(same, 20, 4));
		if (p == KMC_PROFILE_6_18_44)
			assert_bytes(same, 20, 64, 0);
		same = krealloc(same, 500, GFP_KERNEL);
		assert_true(pattern_holds(same, 20, 4));
		kfree(same);
		assert_int_equal(kmc_sim_slab_reports(sim), 0);
		machine_off();
	}
}

/*
 * | request | red zone up to the class |. With users kept the request is known, so the
 * zone follows each resize in place and growth zeroes from where the request ended.
 */
static void resize_with(const char *option, bool knows)
{
	static const struct {
		size_t from, to;
	} steps[] = { { 40, 41 }, { 41, 63 }, { 63, 64 }, { 64, 33 }, { 33, 48 }, { 48, 33 } };
	struct kmc_sim_config config = machine_config(1, 32 * MIB);
	char *block;

	strcpy(config.slab_debug, option);
	machine_boot(&config);
	block = kmalloc(40, GFP_KERNEL);
	pattern_fill(block, 40, 1);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		size_t from = steps[i].from, to = steps[i].to, kept = from < to ? from : to;

		assert_ptr_equal(krealloc(block, to, GFP_KERNEL | __GFP_ZERO), block);
		assert_true(pattern_holds(block, kept, (unsigned int)i + 1));
		if (knows) {
			assert_bytes(block, (long)kept, (long)to, 0);
			assert_bytes(block, (long)to, 64, 0xcc);
		}
		pattern_fill(block, to, (unsigned int)i + 2);
	}
	kfree(block);
	assert_int_equal(kmc_sim_slab_reports(sim), 0);
	/* The byte behind the last request is watched, and only with users kept. */
	block = krealloc(kmalloc(40, GFP_KERNEL), 50, GFP_KERNEL);
	assert_int_equal(kmc_sim_poke(sim, block, 50, 0x11), 0);
	kfree(block);
	assert_int_equal(kmc_sim_slab_reports(sim), knows);
	if (knows)
		assert_int_equal(last_report().kind, KMC_SLAB_KMALLOC_RED_ZONE);
	machine_off();
}

static void rea9_the_request_is_remembered(void **state)
{
	(void)state;
	resize_with("slab_debug=FZU", true);
	resize_with("slab_debug=FZPU", true);
	resize_with("slab_debug=FZ", false);
}

static void dbg2_poison_bytes(void **state)
{
	struct kmem_cache *s = debug_cache("poison", 40, SLAB_POISON);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);
	struct kmc_cache_info info = cache_info(s);

	(void)state;
	assert_bytes(object, 0, 39, 0x6b);
	assert_int_equal(byte_at(object, 39), 0xa5);
	assert_true(info.offset >= 40);
	assert_bytes(object, (long)info.offset + 8, (long)info.size, 0x5a);
	memset(object, 1, 40);
	kmem_cache_free(s, object);
	assert_bytes(object, 0, 39, 0x6b);
	assert_int_equal(byte_at(object, 39), 0xa5);
	kmem_cache_destroy(s);
}

/* Each byte of a free object: found when it is next handed out, which does not happen. */
static void dbg2_dbg4_write_after_free(void **state)
{
	(void)state;
	for (long at = 0; at < 24; at++) {
		struct kmem_cache *s = debug_cache("uaf", 24, ALL);
		void *object = kmem_cache_alloc(s, GFP_KERNEL), *next;
		unsigned int before = kmc_sim_slab_reports(sim);
		struct kmc_slab_report r;

		kmem_cache_free(s, object);
		assert_int_equal(kmc_sim_poke(sim, object, at, 0x42), 0);
		next = kmem_cache_alloc(s, GFP_KERNEL);
		assert_non_null(next);
		assert_int_equal(kmc_sim_slab_reports(sim), before + 1);
		r = last_report();
		assert_int_equal(r.kind, at == 23 ? KMC_SLAB_END_POISON : KMC_SLAB_POISON);
		assert_int_equal((long)(r.addr - r.object), at);
		assert_int_equal(r.object, kmc_sim_address(sim, object));
		assert_ptr_not_equal(next, object);
		kmem_cache_free(s, next);
	}
}

static void dbg2_padding_and_slab_end(void **state)
{
	struct kmem_cache *s = debug_cache("padding", 20, SLAB_CONSISTENCY_CHECKS | SLAB_POISON);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	assert_int_equal(kmc_sim_poke(sim, object, 20, 9), 0);
	assert_int_equal(kmc_sim_slab_validate(s), 1);
	assert_int_equal(last_report().kind, KMC_SLAB_ALIGN_PADDING);
	assert_int_equal(byte_at(object, 20), 0x5a);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

static unsigned int constructed;
static void constructor(void *object)
{
	memset(object, 0x11, 32);
	constructed++;
}

/* Neither a constructor's work nor what readers may look at is poisoned. */
static void dbg2_kc10_kc14_no_poison_with_ctor_or_typesafe(void **state)
{
	struct kmem_cache *s = kmem_cache_create("built", 32, 0, ALL, constructor);
	struct kmem_cache *t = debug_cache("typesafe", 32, ALL | SLAB_TYPESAFE_BY_RCU);
	void *object = kmem_cache_alloc(s, GFP_KERNEL), *reader;

	(void)state;
	assert_bytes(object, 0, 32, 0x11);
	kmem_cache_free(s, object);
	assert_bytes(object, 0, 32, 0x11);
	assert_int_equal(constructed, cache_info(s).nr_objects);
	reader = kmem_cache_alloc(t, GFP_KERNEL);
	memset(reader, 0x22, 32);
	kmem_cache_free(t, reader);
	assert_bytes(reader, 0, 32, 0x22);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
	assert_int_equal(kmc_sim_slab_reports(sim), 0);
}

static void dbg3_tracks_and_the_text(void **state)
{
	struct kmem_cache *s = debug_cache("tracked", 40, ALL);
	void *object, *next;
	struct kmc_slab_report r;
	char text[KMC_SLAB_REPORT_TEXT], expected[KMC_SLAB_REPORT_TEXT];

	(void)state;
	kmc_sim_call_site(0x1234);
	kmc_sim_set_task(5);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	kmc_sim_clock_advance(sim, 77);
	assert_int_equal(kmc_sim_switch(sim, 1), 0);
	kmc_sim_call_site(0x5678);
	kmc_sim_set_task(6);
	kmem_cache_free(s, object);
	kmc_sim_poke(sim, object, 3, 0x41);
	kmc_sim_poke(sim, object, 4, 0x42);
	next = kmem_cache_alloc(s, GFP_KERNEL);
	r = last_report();
	assert_int_equal(r.allocated.site, 0x1234);
	assert_int_equal(r.allocated.task, 5);
	assert_int_equal(r.allocated.cpu, 0);
	assert_int_equal(r.freed.site, 0x5678);
	assert_int_equal(r.freed.task, 6);
	assert_int_equal(r.freed.cpu, 1);
	assert_int_equal(r.freed.time_ns - r.allocated.time_ns, 77);
	assert_string_equal(kmc_slab_report_rule(r.kind), "DBG-2");
	snprintf(expected, sizeof(expected),
		 "BUG tracked: free object overwritten\n"
		 "  0x%016llx (offset 3): 0x41 where 0x6b should be, 2 bytes: 41 42\n"
		 "  object 0x%016llx of 40 bytes\n"
		 "  slab 0x%016llx, 0 of %u in use\n"
		 "  allocated by task 5 on cpu 0 at %llu ns, site 0x1234\n"
		 "  freed by task 6 on cpu 1 at %llu ns, site 0x5678\n",
		 (unsigned long long)r.addr, (unsigned long long)r.object,
		 (unsigned long long)r.slab, r.objects,
		 (unsigned long long)r.allocated.time_ns, (unsigned long long)r.freed.time_ns);
	kmc_slab_report_print(text, sizeof(text), &r);
	assert_string_equal(text, expected);
	assert_int_equal(kmc_slab_report_print(text, 20, &r), (int)strlen(expected));
	kmem_cache_free(s, next);
	kmc_sim_call_site(0);
}

/* Two records and a pointer where no padding is left: nothing overlaps. */
static void dbg3_tracks_lie_behind_the_object(void **state)
{
	(void)state;
	for (unsigned int size = 1; size <= 130; size++) {
		struct kmem_cache *s = debug_cache("behind", size, ALL);
		void *objects[5];

		for (int i = 0; i < 5; i++) {
			objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
			pattern_fill(objects[i], size, (unsigned int)i);
		}
		assert_int_equal(kmc_sim_slab_validate(s), 0);
		for (int i = 0; i < 5; i++) {
			assert_true(pattern_holds(objects[i], size, (unsigned int)i));
			kmem_cache_free(s, objects[i]);
		}
		kmem_cache_destroy(s);
	}
	assert_int_equal(kmc_sim_slab_reports(sim), 0);
}

static void dbg4_wrong_frees(void **state)
{
	struct kmem_cache *s = debug_cache("wrong", 64, ALL), *t = debug_cache("other", 200, ALL);
	char *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	kmem_cache_free(s, object + 8);
	assert_int_equal(last_report().kind, KMC_SLAB_NO_OBJECT);
	assert_int_equal(cache_info(s).nr_active, 1);
	kmem_cache_free(t, object);
	assert_int_equal(last_report().kind, KMC_SLAB_WRONG_CACHE);
	assert_int_equal(cache_info(s).nr_active, 0);
	assert_int_equal(cache_info(t).nr_slabs, 0);
	kmem_cache_free(s, object);
	assert_int_equal(last_report().kind, KMC_SLAB_FREE_AGAIN);
	assert_int_equal(kmc_sim_slab_reports(sim), 3);
	assert_int_equal(cache_info(s).nr_active, 0);
	assert_int_equal(kmc_sim_slab_validate(s), 0);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
}

static void dbg4_damaged_free_pointer(void **state)
{
	struct kmem_cache *s = debug_cache("pointer", 64, ALL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL), *next;
	long offset = cache_info(s).offset;

	(void)state;
	kmem_cache_free(s, object);
	for (long i = 0; i < 8; i++)
		assert_int_equal(kmc_sim_poke(sim, object, offset + i, 0x33), 0);
	next = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(last_report().kind, KMC_SLAB_FREE_POINTER);
	assert_non_null(next);
	assert_ptr_not_equal(next, object);
	kmem_cache_free(s, next);
}

/* A broken chain ends at the object that breaks it, and the count of what is in use follows. */
static void dbg4_validation_mends_the_chain(void **state)
{
	/* without red zones, which of the objects behind would now be those of free ones */
	struct kmem_cache *s =
		debug_cache("chain", 64, SLAB_POISON | SLAB_CONSISTENCY_CHECKS);
	char *object = kmem_cache_alloc(s, GFP_KERNEL);
	long offset = cache_info(s).offset;

	(void)state;
	kmem_cache_free(s, object);
	assert_int_equal(kmc_sim_slab_validate(s), 0);
	assert_int_equal(kmc_sim_poke(sim, object, offset + 5, 0x33), 0);
	assert_int_equal(kmc_sim_slab_validate(s), 2);
	assert_int_equal(kmc_sim_slab_reports(sim), 2);
	assert_int_equal(last_report().kind, KMC_SLAB_FREE_CHAIN);
	assert_int_equal(kmc_sim_slab_validate(s), 0);
	assert_int_equal(cache_info(s).nr_active, cache_info(s).objects - 1);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), object);
	assert_int_equal(cache_info(s).nr_active, cache_info(s).objects);
}

static void dbg4_poke_stays_in_the_stride(void **state)
{
	struct kmem_cache *s = debug_cache("poke", 64, ALL), *plain = debug_cache("plain", 64, 0);
	char *object = kmem_cache_alloc(s, GFP_KERNEL), *other = kmem_cache_alloc(plain, GFP_KERNEL);
	long size = cache_info(s).size;

	(void)state;
	assert_int_equal(kmc_sim_poke(sim, object, -9, 0), -EINVAL);
	assert_int_equal(kmc_sim_poke(sim, object, size - 8, 0), -EINVAL);
	assert_int_equal(kmc_sim_poke(sim, object + 1, 0, 0), -EINVAL);
	assert_int_equal(kmc_sim_poke(sim, other, 0, 0), -EINVAL);
	assert_int_equal(kmc_sim_slab_validate(plain), -EINVAL);
	kmem_cache_free(s, object);
	kmem_cache_free(plain, other);
}

/* init_on_alloc and init_on_free against every kind of cache. */
static void dbg5_init_options(void **state)
{
	static const slab_flags_t flags[] = { 0, SLAB_POISON, SLAB_TYPESAFE_BY_RCU, SLAB_RED_ZONE };

	(void)state;
	for (uint32_t bits = 0; bits < 4; bits++) {
		struct kmc_sim_config config = machine_config(1, 32 * MIB);

		config.options = (bits & 1 ? KMC_OPT_INIT_ON_ALLOC : 0) |
				 (bits & 2 ? KMC_OPT_INIT_ON_FREE : 0) | KMC_OPT_NOMERGE;
		machine_boot(&config);
		for (size_t i = 0; i < 4; i++) {
			struct kmem_cache *s = debug_cache("init", 128, flags[i]);
			bool plain = flags[i] == 0 || flags[i] == SLAB_RED_ZONE;
			char *object = kmem_cache_alloc(s, GFP_KERNEL);

			memset(object, 0x44, 128);
			kmem_cache_free(s, object);
			if (plain && (bits & 2))
				assert_bytes(object, 0, 32, 0);
			object = kmem_cache_alloc(s, GFP_KERNEL);
			if (plain && (bits & 1))
				assert_true(all_zero(object, 128));
			if (flags[i] == SLAB_POISON)
				assert_bytes(object, 0, 127, 0x6b);
			if (flags[i] == SLAB_TYPESAFE_BY_RCU)
				assert_bytes(object, 0, 128, 0x44);
			kmem_cache_free(s, object);
			object = kmem_cache_zalloc(s, GFP_KERNEL);
			assert_true(all_zero(object, 128));
			kmem_cache_free(s, object);
			kmem_cache_destroy(s);
		}
		machine_off();
	}
}

/* Sizes, alignment, bulk and contents are as without. */
static void dbg6_results_stay(void **state)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);
	void *bulk[33];

	(void)state;
	for (int p = 0; p < KMC_NR_PROFILES; p++) {
		struct kmem_cache *s;

		config.profile = (enum kmc_profile)p;
		strcpy(config.slab_debug, "slub_debug=FZPU");
		machine_boot(&config);
		for (size_t size = 1; size <= 8192; size = size * 3 / 2 + 1) {
			char *block = kmalloc(size, GFP_KERNEL);
			size_t align = kmalloc_size_roundup(size);

			assert_non_null(block);
			if (!(align & (align - 1)))
				assert_int_equal((uintptr_t)block & (align - 1), 0);
			memset(block, 0xff, size);
			kfree(block);
		}
		s = debug_cache("bulk", 48, 0);
		assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_ZERO, 33, bulk), 33);
		for (int i = 0; i < 33; i++)
			assert_true(all_zero(bulk[i], 48));
		kmc_sim_switch(sim, 1);
		kmem_cache_free_bulk(s, 33, bulk);
		assert_int_equal(cache_info(s).nr_active, 0);
		assert_int_equal(kmem_cache_shrink(s), 0);
		kmem_cache_destroy(s);
		assert_int_equal(kmc_sim_slab_reports(sim), 0);
		machine_off();
	}
}

/* Debug caches have no sheaves: objects are never held back. */
static void kc37_kc23_debug_caches_have_no_sheaves(void **state)
{
	struct kmem_cache *s = debug_cache("direct", 64, ALL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);
	struct kmc_cache_info info = cache_info(s);

	(void)state;
	assert_int_equal(info.nr_active, 1);
	assert_int_equal(kmem_cache_shrink(s), 1);
	kmem_cache_free(s, object);
	assert_int_equal(kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

/* Random calls on a machine with everything on: nothing is reported, everything holds. */
static void dbg6_random_objects(void **state)
{
	struct kmc_sim_config config = machine_config(2, 32 * MIB);
	void *held[64] = { NULL };
	size_t sizes[64] = { 0 };
	uint64_t random = 12345;

	(void)state;
	strcpy(config.slab_debug, "slab_debug=FZPU");
	config.options = KMC_OPT_FREELIST_RANDOM | KMC_OPT_FREELIST_HARDENED;
	machine_boot(&config);
	for (int step = 0; step < 4000; step++) {
		unsigned int i;

		random = random * 6364136223846793005ull + 1442695040888963407ull;
		i = (unsigned int)(random >> 58);
		if (held[i]) {
			assert_true(pattern_holds(held[i], sizes[i], i));
			kfree(held[i]);
			held[i] = NULL;
		} else {
			sizes[i] = 1 + (random >> 33) % 9000;
			held[i] = kmalloc(sizes[i], GFP_KERNEL);
			assert_non_null(held[i]);
			pattern_fill(held[i], sizes[i], i);
		}
		if (step % 16 == 0)
			kmc_sim_switch(sim, step / 16 % 2);
	}
	for (struct kmem_cache *s = NULL; (s = kmc_sim_cache_next(sim, s));)
		assert_int_equal(kmc_sim_slab_validate(s), 0);
	for (int i = 0; i < 64; i++)
		kfree(held[i]);
	assert_int_equal(kmc_sim_slab_reports(sim), 0);
	machine_off();
}

__attribute__((no_sanitize("address"))) static uint64_t word_at(const char *object, long offset)
{
	return *(const volatile uint64_t *)(object + offset);
}

/* The stored word is not the next object's address; a freed head is not freed again. */
static void dbg7_hardened_chain(void **state)
{
	struct kmc_sim_config config = machine_config(1, 32 * MIB);
	struct kmem_cache *s;
	void *a, *b, *live;
	long offset;

	(void)state;
	config.options = KMC_OPT_FREELIST_HARDENED;
	machine_boot(&config);
	s = debug_cache("hard", 64, SLAB_STORE_USER);
	offset = cache_info(s).offset;
	live = kmem_cache_alloc(s, GFP_KERNEL);
	a = kmem_cache_alloc(s, GFP_KERNEL);
	b = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	assert_int_not_equal(word_at(b, offset), kmc_sim_address(sim, a));
	assert_int_not_equal(word_at(b, offset), 0);
	kmem_cache_free(s, b);
	assert_int_equal(last_report().kind, KMC_SLAB_FREE_AGAIN);
	assert_int_equal(cache_info(s).nr_active, 1);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), b);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), a);
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	kmem_cache_free(s, live);
	machine_off();
}

static void dbg8_wrong_cache_is_seen_with_checks_or_hardening(void **state)
{
	(void)state;
	for (int p = 0; p < KMC_NR_PROFILES; p++)
		for (int how = 0; how < 3; how++) {
			struct kmc_sim_config config = machine_config(1, 32 * MIB);
			struct kmem_cache *a, *b;
			void *object;

			config.profile = (enum kmc_profile)p;
			config.options = how == 1 ? KMC_OPT_FREELIST_HARDENED : 0;
			machine_boot(&config);
			a = debug_cache("a", 64, SLAB_NO_MERGE);
			b = debug_cache("b", 64, how == 2 ? SLAB_CONSISTENCY_CHECKS | SLAB_NO_MERGE :
							    SLAB_NO_MERGE);
			object = kmem_cache_alloc(a, GFP_KERNEL);
			tp_listen(KMC_TP_BIT(KMC_TP_WARN));
			kmem_cache_free(b, object);
			assert_int_equal(tp_count, how != 0);
			assert_int_equal(kmc_sim_slab_reports(sim), how != 0);
			assert_int_equal(cache_info(a).nr_active, 0);
			assert_int_equal(cache_info(b).nr_slabs, 0);
			machine_off();
		}
}

/* Destroy with live objects: each is named; all stay what they are. */
static void kc42_destroy_names_what_is_left(void **state)
{
	struct kmem_cache *s = debug_cache("left", 64, SLAB_STORE_USER);
	void *objects[3];
	uint64_t pages;

	(void)state;
	for (int i = 0; i < 3; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, objects[1]);
	pattern_fill(objects[2], 64, 9);
	pages = free_pages_now();
	tp_listen(KMC_TP_BIT(KMC_TP_WARN) | KMC_TP_BIT(KMC_TP_SLAB_REPORT));
	kmem_cache_destroy(s);
	assert_int_equal(kmc_sim_slab_reports(sim), 2);
	assert_int_equal(tp_count, 3);
	assert_int_equal(last_report().kind, KMC_SLAB_LEFT_OBJECTS);
	assert_int_equal(last_report().object, kmc_sim_address(sim, objects[2]));
	assert_true(last_report().allocated.known);
	assert_true(pattern_holds(objects[2], 64, 9));
	assert_int_equal(free_pages_now(), pages);
	kfree(objects[2]);
}

static void kc5_sanity_checks(void **state)
{
	struct kmc_sim_config config = machine_config(1, 32 * MIB);

	(void)state;
	for (int on = 0; on < 2; on++) {
		config.options = on ? KMC_OPT_DEBUG_VM : 0;
		machine_boot(&config);
		tp_listen(KMC_TP_BIT(KMC_TP_WARN));
		assert_null(kmem_cache_create(NULL, 64, 0, 0, NULL));
		assert_null(kmem_cache_create("big", KMALLOC_MAX_SIZE + 1, 0, 0, NULL));
		assert_non_null(kmem_cache_create("huge", KMALLOC_MAX_SIZE, 0, 0, NULL));
		assert_int_equal(tp_count, 0);
		assert_non_null(kmem_cache_create("a b", 64, 0, 0, NULL));
		assert_int_equal(tp_count, on);
		kmc_sim_set_context(KMC_IN_HARDIRQ);
		assert_int_equal(!kmem_cache_create("irq", 64, 0, 0, NULL), on);
		kmc_sim_set_context(KMC_IN_TASK);
		machine_off();
	}
}

static void kc6_equal_names_warn_since_6_12(void **state)
{
	(void)state;
	for (int p = 0; p < KMC_NR_PROFILES; p++) {
		struct kmc_sim_config config = machine_config(1, 32 * MIB);
		struct kmem_cache *a, *b;

		config.profile = (enum kmc_profile)p;
		config.options = KMC_OPT_DEBUG_VM;
		machine_boot(&config);
		tp_listen(KMC_TP_BIT(KMC_TP_WARN));
		a = kmem_cache_create("twin", 64, 0, SLAB_NO_MERGE, NULL);
		assert_int_equal(tp_count, 0);
		b = kmem_cache_create("twin", 64, 0, SLAB_NO_MERGE, NULL);
		assert_int_equal(tp_count, p >= KMC_PROFILE_6_12_117);
		kmem_cache_free(a, kmem_cache_alloc(a, GFP_KERNEL));
		kmem_cache_free(b, kmem_cache_alloc(b, GFP_KERNEL));
		machine_off();
	}
}

static void dbg1_trace_tells_of_each_object(void **state)
{
	struct kmem_cache *s = debug_cache("told", 64, SLAB_TRACE);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(void)state;
	assert_int_equal(last_report().kind, KMC_SLAB_TRACE_ALLOC);
	assert_int_equal(last_report().object, kmc_sim_address(sim, object));
	kmem_cache_free(s, object);
	assert_int_equal(last_report().kind, KMC_SLAB_TRACE_FREE);
	assert_int_equal(kmc_sim_slab_reports(sim), 2);
	kmem_cache_destroy(s);
}

int main(void)
{
#define MACHINE(test) cmocka_unit_test_setup_teardown(test, setup_machine, teardown_machine)
	const struct CMUnitTest tests[] = {
		MACHINE(dbg1_red_zone_bytes),
		MACHINE(dbg1_overwritten_is_reported_and_restored),
		MACHINE(dbg1_dbg4_free_of_a_damaged_object_leaks_it),
		cmocka_unit_test(dbg1_kmalloc_red_zone_by_profile),
		cmocka_unit_test(dbg1_rea6_resized_in_place),
		cmocka_unit_test(rea9_the_request_is_remembered),
		MACHINE(dbg2_poison_bytes),
		MACHINE(dbg2_dbg4_write_after_free),
		MACHINE(dbg2_padding_and_slab_end),
		MACHINE(dbg2_kc10_kc14_no_poison_with_ctor_or_typesafe),
		MACHINE(dbg3_tracks_and_the_text),
		MACHINE(dbg3_tracks_lie_behind_the_object),
		MACHINE(dbg4_wrong_frees),
		MACHINE(dbg4_damaged_free_pointer),
		MACHINE(dbg4_validation_mends_the_chain),
		MACHINE(dbg4_poke_stays_in_the_stride),
		cmocka_unit_test(dbg5_init_options),
		cmocka_unit_test(dbg6_results_stay),
		MACHINE(kc37_kc23_debug_caches_have_no_sheaves),
		cmocka_unit_test(dbg6_random_objects),
		cmocka_unit_test(dbg7_hardened_chain),
		cmocka_unit_test(dbg8_wrong_cache_is_seen_with_checks_or_hardening),
		MACHINE(kc42_destroy_names_what_is_left),
		cmocka_unit_test(kc5_sanity_checks),
		cmocka_unit_test(kc6_equal_names_warn_since_6_12),
		MACHINE(dbg1_trace_tells_of_each_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
