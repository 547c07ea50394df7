/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caches: creation, refusal, merging, constructors, shrinking and destroying
 * (KC rules), and the single-object calls.
 */
#include "slab_fixture.h"

static struct kmem_cache *create(const char *name, unsigned int size, unsigned int align,
				 slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create(name, size, align, flags, NULL);

	assert_non_null(s);
	return s;
}

/* Regions count only on such a machine from 6.12 on. Rule: UC-4. */
static int setup_hardened(void **state)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);

	(void)state;
	config.options = KMC_OPT_HARDENED_USERCOPY;
	machine_boot(&config);
	return 0;
}

/* Both forms and all defaults. Rule: KC-7, ALIGN-9. */
struct over_aligned {
	char text[20];
} __attribute__((aligned(128)));

static void kc7_forms(void **state)
{
	struct kmem_cache_args args = { .align = 64, .sheaf_capacity = 32 };
	struct kmem_cache *s;

	(void)state;
	s = kmem_cache_create("args", 40, &args, SLAB_NO_MERGE);
	assert_int_equal(cache_info(s).size, 64);
	kmem_cache_destroy(s);
	s = kmem_cache_create("none", 40, NULL, SLAB_NO_MERGE);
	assert_int_equal(cache_info(s).size, 40);
	kmem_cache_destroy(s);
	s = kmem_cache_create("old", 40, 16, SLAB_NO_MERGE, NULL);
	assert_int_equal(cache_info(s).size, 48);
	kmem_cache_destroy(s);
	s = KMEM_CACHE(over_aligned, 0);
	assert_string_equal(cache_info(s).name, "over_aligned");
	assert_int_equal(cache_info(s).align, 128);
	assert_int_equal((uintptr_t)kmem_cache_zalloc(s, GFP_KERNEL) % 128, 0);
}

/* Rule: ALIGN-7, ALIGN-8, KC-41. */
static void align7_objects(void **state)
{
	(void)state;
	for (unsigned int align = 1; align <= 4096; align *= 4)
		for (unsigned int size = 1; size < 5000; size = size * 3 + 5) {
			struct kmem_cache *s = create("align", size, align, SLAB_NO_MERGE);
			uint8_t *p[20];

			for (unsigned int i = 0; i < 20; i++) {
				p[i] = kmem_cache_alloc(s, GFP_KERNEL);
				assert_int_equal((uintptr_t)p[i] % (align < 8 ? 8 : align), 0);
				pattern_fill(p[i], size, i);
			}
			for (unsigned int i = 0; i < 20; i++) {
				assert_true(pattern_holds(p[i], size, i));
				kmem_cache_free(s, p[i]);
			}
			kmem_cache_destroy(s);
		}
}

/* Rule: KC-2, KC-4, KC-8, KM-25. */
static void kc4_refusals(void **state)
{
	struct kmem_cache_args args = { .align = 24 };

	(void)state;
	assert_null(kmem_cache_create("flags", 8, 0, 0x80000000u, NULL));
	assert_null(kmem_cache_create("failslab", 8, 0, SLAB_FAILSLAB, NULL));
	assert_null(kmem_cache_create(NULL, 8, 0, 0, NULL));
	assert_null(kmem_cache_create("big", (4u << 20) + 1, 0, 0, NULL));
	assert_null(kmem_cache_create("none", 0, 0, 0, NULL));
	assert_null(kmem_cache_create("align", 8, &args, 0));
	args = (struct kmem_cache_args){ .use_freeptr_offset = true, .freeptr_offset = 4 };
	assert_null(kmem_cache_create("fp", 64, &args, SLAB_TYPESAFE_BY_RCU));
	args.freeptr_offset = 0;
	assert_null(kmem_cache_create("fp", 64, &args, 0));
	tp_listen(KMC_TP_BIT(KMC_TP_WARN) | KMC_TP_BIT(KMC_TP_PANIC));
	assert_null(kmem_cache_create("panic", 0, 0, SLAB_PANIC, NULL));
	assert_int_equal(tp_count, 1);
	/* KC-39: a bad region is reported and the cache is created without. */
	assert_non_null(kmem_cache_create_usercopy("uc", 64, 0, 0, 60, 8, NULL));
	assert_int_equal(tp_count, 2);
	tp_listen(0);
}

/* A freed object keeps its free-pointer word where it was put. Rule: KC-8. */
static void kc8_freeptr_offset(void **state)
{
	struct kmem_cache_args args = { .use_freeptr_offset = true, .freeptr_offset = 16 };
	struct kmem_cache *s = kmem_cache_create("fp", 64, &args, SLAB_TYPESAFE_BY_RCU);

	(void)state;
	assert_non_null(s);
	assert_int_equal(cache_info(s).offset, 16);
	assert_int_equal(cache_info(s).size, 64);
	kmem_cache_destroy(s);
}

/* Rule: KC-20, KC-21, R12. */
static void kc21_merging(void **state)
{
	struct kmem_cache *a = create("first", 200, 0, 0);
	struct kmem_cache_args sheaf = { .sheaf_capacity = 32 };

	(void)state;
	assert_ptr_equal(create("same", 200, 0, 0), a);
	assert_ptr_equal(create("smaller", 193, 0, 0), a);
	assert_int_equal(kmem_cache_size(a), 200);
	assert_int_equal(cache_info(a).refcount, 3);
	assert_ptr_not_equal(create("waste", 192, 0, 0), a);
	assert_ptr_not_equal(create("larger", 201, 0, 0), a);
	assert_ptr_not_equal(create("aligned", 200, 64, 0), a);
	assert_ptr_not_equal(create("rcl", 200, 0, SLAB_RECLAIM_ACCOUNT), a);
	assert_ptr_not_equal(create("acct", 200, 0, SLAB_ACCOUNT), a);
	assert_ptr_not_equal(create("dma32", 200, 0, SLAB_CACHE_DMA32), a);
	assert_ptr_not_equal(create("rcu", 200, 0, SLAB_TYPESAFE_BY_RCU), a);
	assert_ptr_not_equal(create("trace", 200, 0, SLAB_NOLEAKTRACE), a);
	assert_ptr_not_equal(create("nomerge", 200, 0, SLAB_NO_MERGE), a);
	assert_ptr_not_equal(kmem_cache_create("sheaf", 200, &sheaf, 0), a);
	assert_ptr_not_equal(kmem_cache_create_usercopy("uc", 200, 0, 0, 0, 8, NULL), a);
	/* Flags that do not separate. */
	assert_ptr_equal(create("panic", 200, 0, SLAB_PANIC), a);
	/* kmalloc's own are never joined. */
	assert_ptr_not_equal(create("like-kmalloc", 1024, 0, 0),
			     where(kmalloc(1024, GFP_KERNEL)).cache);
}

static void kc21_object_size_becomes_the_maximum(void **state)
{
	struct kmem_cache *a = create("a", 129, 0, 0), *b;
	uint8_t *p;

	(void)state;
	b = create("b", 136, 0, 0);
	assert_ptr_equal(a, b);
	assert_int_equal(kmem_cache_size(a), 136);
	p = kmem_cache_alloc(b, GFP_KERNEL);
	memset(p, 0xff, 136);
	kmem_cache_free(b, p);
	p = kmem_cache_zalloc(a, GFP_KERNEL);
	assert_true(all_zero(p, 136));
}

static void kc21_nomerge_option(void **state)
{
	struct kmc_sim_config config = machine_config(1, 16 * MIB);
	struct kmc_sim *outer = sim;

	(void)state;
	kmc_sim_unbind();
	config.options = KMC_OPT_NOMERGE;
	machine_boot(&config);
	assert_ptr_not_equal(create("a", 200, 0, 0), create("b", 200, 0, 0));
	machine_off();
	sim = outer;
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
}

/* Rule: KC-24: the state is as it was, and nothing is said. */
static void kc24_destroy_of_null(void **state)
{
	uint64_t before = kmc_sim_hash(sim);

	(void)state;
	tp_listen(UINT64_MAX);
	kmem_cache_destroy(NULL);
	assert_int_equal(tp_count, 0);
	tp_listen(0);
	assert_int_equal(kmc_sim_hash(sim), before);
}

/* Rule: KC-26. */
static void kc26_aliases(void **state)
{
	struct kmem_cache *a = create("a", 88, 0, 0), *b = create("b", 88, 0, 0);
	void *p = kmem_cache_alloc(b, GFP_KERNEL);

	(void)state;
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	kmem_cache_destroy(a);
	assert_int_equal(cache_info(b).refcount, 1);
	assert_true(where(p).live);
	kmem_cache_free(b, p);
	assert_non_null(p = kmem_cache_alloc(b, GFP_KERNEL));
	kmem_cache_free(b, p);
	kmem_cache_destroy(b);
	assert_int_equal(tp_count, 0);
	tp_listen(0);
}

static unsigned int ctor_calls;

static void stamp_ctor(void *object)
{
	ctor_calls++;
	memset(object, 0x77, 52);
}

static bool stamped(const uint8_t *p)
{
	for (unsigned int i = 0; i < 52; i++)
		if (p[i] != 0x77)
			return false;
	return true;
}

/* Rule: KC-9, KC-10. */
static void kc9_constructor(void **state)
{
	struct kmem_cache *s = kmem_cache_create("ctor", 52, 0, 0, stamp_ctor);
	struct kmc_cache_info info = cache_info(s);
	uint8_t *p[300];

	(void)state;
	assert_int_equal(info.size, 64);
	assert_int_equal(info.offset, 56);
	ctor_calls = 0;
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 300; i++) {
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
			assert_true(stamped(p[i]));
			memset(p[i], round, 52);
			memset(p[i], 0x77, 52); /* given back as constructed */
		}
		assert_int_equal(ctor_calls, cache_info(s).nr_objects);
		for (unsigned int i = 0; i < 300; i++)
			kmem_cache_free(s, p[i]);
	}
	kmem_cache_shrink(s);
	assert_int_equal(cache_info(s).nr_slabs, 0);
	ctor_calls = 0;
	assert_true(stamped(kmem_cache_alloc(s, GFP_KERNEL)));
	assert_int_equal(ctor_calls, info.objects);
}

/* A flush links the free objects: their bytes stay. Rule: KC-10, KC-14. */
static void kc14_free_objects_are_not_written(void **state)
{
	static const slab_flags_t flags[] = { 0, SLAB_TYPESAFE_BY_RCU };
	uint8_t *p[50];

	(void)state;
	for (unsigned int k = 0; k < 2; k++) {
		struct kmem_cache *s =
			kmem_cache_create("quiet", 52, 0, flags[k], k ? NULL : stamp_ctor);
		void *keep = kmem_cache_alloc(s, GFP_KERNEL);

		for (unsigned int i = 0; i < 50; i++) {
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
			memset(p[i], 0x77, 52);
		}
		for (unsigned int i = 0; i < 50; i++)
			kmem_cache_free(s, p[i]);
		kmem_cache_shrink(s); /* out of the sheaves, into the chain */
		for (unsigned int i = 0; i < 50; i++)
			assert_true(stamped(kmem_cache_alloc(s, GFP_KERNEL)));
		(void)keep;
	}
}

/* Rule: KC-11. */
static void kc11_zero_with_constructor(void **state)
{
	struct kmem_cache *s = kmem_cache_create("ctor", 52, 0, 0, stamp_ctor);

	(void)state;
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	assert_true(all_zero(kmem_cache_zalloc(s, GFP_KERNEL), 52));
	assert_true(all_zero(kmem_cache_zalloc(s, GFP_KERNEL), 52));
	assert_int_equal(tp_count, 1);
	tp_listen(0);
}

/* Rule: KC-12. */
static void kc12_zalloc(void **state)
{
	(void)state;
	for (unsigned int size = 1; size <= 200; size += 3) {
		struct kmem_cache *s = create("z", size, 0, SLAB_NO_MERGE);
		void *p[8];

		for (unsigned int i = 0; i < 8; i++) {
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
			memset(p[i], 0xff, size);
		}
		for (unsigned int i = 0; i < 8; i++)
			kmem_cache_free(s, p[i]);
		kmem_cache_shrink(s);
		for (unsigned int i = 0; i < 8; i++) {
			p[i] = kmem_cache_zalloc(s, GFP_KERNEL);
			assert_true(all_zero(p[i], size));
			kmem_cache_free(s, p[i]);
		}
		kmem_cache_destroy(s);
	}
}

/* Rule: KC-23. */
static void kc23_shrink(void **state)
{
	struct kmem_cache *s = create("shrink", 256, 0, SLAB_NO_MERGE);
	uint64_t before;
	void *p[200];

	(void)state;
	assert_int_equal(kmem_cache_shrink(s), 0);
	before = free_pages_now();
	for (unsigned int i = 0; i < 200; i++) {
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		pattern_fill(p[i], 256, i);
	}
	for (unsigned int i = 1; i < 200; i++)
		if (i != 100)
			kmem_cache_free(s, p[i]);
	assert_int_equal(kmem_cache_shrink(s), 1);
	assert_int_equal(cache_info(s).nr_slabs, 2);
	assert_int_equal(cache_info(s).nr_active, 2);
	assert_true(pattern_holds(p[0], 256, 0));
	assert_true(pattern_holds(p[100], 256, 100));
	kmem_cache_free(s, p[0]);
	kmem_cache_free(s, p[100]);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(cache_info(s).nr_slabs, 0);
	assert_int_equal(free_pages_now(), before);
}

/* Fullest first: what is allocated next comes from the slab with fewest free objects. Rule: R6. */
static void r6_shrink_sorts(void **state)
{
	struct kmem_cache *s = create("sort", 512, 0, SLAB_NO_MERGE);
	unsigned int per_slab = cache_info(s).objects;
	void *p[3][64];

	(void)state;
	assert_int_equal(per_slab, 16);
	for (unsigned int slab = 0; slab < 3; slab++)
		for (unsigned int i = 0; i < per_slab; i++)
			p[slab][i] = kmem_cache_alloc(s, GFP_KERNEL);
	/* 12, 1 and 6 objects free. */
	for (unsigned int i = 0; i < 12; i++)
		kmem_cache_free(s, p[0][i]);
	kmem_cache_free(s, p[1][3]);
	for (unsigned int i = 0; i < 6; i++)
		kmem_cache_free(s, p[2][i]);
	assert_int_equal(kmem_cache_shrink(s), 1);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), p[1][3]);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(where(kmem_cache_alloc(s, GFP_KERNEL)).head_pfn,
				 where(p[2][15]).head_pfn);
	assert_int_equal(where(kmem_cache_alloc(s, GFP_KERNEL)).head_pfn,
			 where(p[0][15]).head_pfn);
}

/* Empty slabs are kept up to min_partial, then returned at once. Rule: R6. */
static void r6_min_partial(void **state)
{
	struct kmem_cache *s = create("keep", 4096, 0, SLAB_NO_MERGE);
	void *p[600];

	(void)state;
	for (unsigned int i = 0; i < 600; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(cache_info(s).nr_slabs, 75);
	for (unsigned int i = 0; i < 600; i++)
		kmem_cache_free(s, p[i]);
	/*
	 * 16 full sheaves in the barn and two of the cpu's hold 72 objects; a slab that
	 * becomes empty as the sixth on the list is returned.
	 */
	assert_int_equal(cache_info(s).nr_slabs, 72 / 8 + 5);
	kmem_cache_destroy(s);
}

/* Rule: KC-42. */
static void kc42_destroy_with_live_objects(void **state)
{
	struct kmem_cache *s = create("busy", 96, 0, SLAB_NO_MERGE);
	void *p = kmem_cache_alloc(s, GFP_KERNEL), *q;
	unsigned int index = cache_info(s).index;

	(void)state;
	pattern_fill(p, 96, 9);
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	kmem_cache_destroy(s);
	assert_int_equal(tp_count, 1);
	tp_listen(0);
	assert_true(pattern_holds(p, 96, 9));
	assert_true(where(p).live);
	/* Nothing takes its place, and a late free does no harm. */
	q = kmem_cache_alloc(create("next", 96, 0, SLAB_NO_MERGE), GFP_KERNEL);
	assert_int_not_equal(cache_info(where(q).cache).index, index);
	kfree(p);
	assert_false(where(p).live);
	kmc_sim_check(sim);
}

static void destroyed_slots_are_used_again(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		struct kmem_cache *s = create("churn", 64, 0, SLAB_NO_MERGE);
		void *p = kmem_cache_alloc(s, GFP_KERNEL);

		assert_true(cache_info(s).index < 2048);
		kmem_cache_free(s, p);
		kmem_cache_destroy(s);
	}
}

/* Rule: FR-2, FR-21: from 6.4 on any free takes a cache object. */
static void fr2_pairs(void **state)
{
	struct kmem_cache *s = create("pairs", 72, 0, SLAB_NO_MERGE);
	void *p[6];

	(void)state;
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	for (unsigned int i = 0; i < 6; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p[0]);
	kfree(p[1]);
	kvfree(p[2]);
	kfree_sensitive(p[3]);
	kfree_bulk(2, &p[4]);
	for (unsigned int i = 0; i < 6; i++)
		assert_false(where(p[i]).live);
	assert_int_equal(cache_info(s).nr_active, 0);
	kmem_cache_free(where(kmalloc(8, GFP_KERNEL)).cache, kmalloc(8, GFP_KERNEL));
	assert_int_equal(tp_count, 0);
	kmem_cache_destroy(s);
	assert_int_equal(tp_count, 0);
	tp_listen(0);
}

/* An object goes back to its owner whatever cache is named. Rule: DBG-8. */
static void dbg8_wrong_cache(void **state)
{
	struct kmem_cache *a = create("a", 64, 0, SLAB_NO_MERGE);
	struct kmem_cache *b = create("b", 512, 0, SLAB_NO_MERGE);
	char on_stack[8];
	void *p = kmem_cache_alloc(a, GFP_KERNEL);

	(void)state;
	kmem_cache_free(b, kmem_cache_alloc(b, GFP_KERNEL));
	kmem_cache_free(b, p);
	assert_int_equal(cache_info(a).nr_active, 0);
	assert_ptr_not_equal(kmem_cache_alloc(b, GFP_KERNEL), p);
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	kmem_cache_free(a, on_stack);
	p = kmalloc(20000, GFP_KERNEL);
	kmem_cache_free(a, p);
	assert_int_equal(tp_count, 2);
	tp_listen(0);
	assert_true(where(p).live);
}

static void cache_events(void **state)
{
	struct kmem_cache *s = create("events", 77, 0, SLAB_NO_MERGE);
	void *p, *bulk[4];

	(void)state;
	tp_listen(KMC_TP_BIT(KMC_TP_KMEM_CACHE_ALLOC) | KMC_TP_BIT(KMC_TP_KMEM_CACHE_FREE) |
		  KMC_TP_BIT(KMC_TP_KMALLOC) | KMC_TP_BIT(KMC_TP_KFREE));
	p = kmem_cache_alloc(s, GFP_NOWAIT);
	kmem_cache_free(s, p);
	assert_int_equal(tp_count, 2);
	assert_int_equal(tp_seen[0].id, KMC_TP_KMEM_CACHE_ALLOC);
	assert_ptr_equal(tp_seen[0].ptr, p);
	assert_ptr_equal(tp_seen[0].cache, s);
	assert_int_equal(tp_seen[0].bytes_req, 77);
	assert_int_equal(tp_seen[0].bytes_alloc, 80);
	assert_int_equal(tp_seen[0].gfp, GFP_NOWAIT);
	assert_int_equal(tp_seen[1].id, KMC_TP_KMEM_CACHE_FREE);
	assert_ptr_equal(tp_seen[1].ptr, p);
	/* TRC-10 */
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 4, bulk), 4);
	kfree_bulk(4, bulk);
	assert_int_equal(tp_count, 2);
	tp_listen(0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup_machine, teardown_machine)
#define HARDENED(test) cmocka_unit_test_setup_teardown(test, setup_hardened, teardown_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(kc7_forms),
		EACH(align7_objects),
		HARDENED(kc4_refusals),
		EACH(kc8_freeptr_offset),
		HARDENED(kc21_merging),
		EACH(kc21_object_size_becomes_the_maximum),
		EACH(kc21_nomerge_option),
		EACH(kc24_destroy_of_null),
		EACH(kc26_aliases),
		EACH(kc9_constructor),
		EACH(kc14_free_objects_are_not_written),
		EACH(kc11_zero_with_constructor),
		EACH(kc12_zalloc),
		EACH(kc23_shrink),
		EACH(r6_shrink_sorts),
		EACH(r6_min_partial),
		EACH(kc42_destroy_with_live_objects),
		EACH(destroyed_slots_are_used_again),
		EACH(fr2_pairs),
		EACH(dbg8_wrong_cache),
		EACH(cache_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
