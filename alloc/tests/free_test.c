/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Freeing: who may free what, from where, and what a wrong free shows (rules-slab 2.5). */
#include "slab_fixture.h"
#include "alloc/rcu.h"
#include "alloc/vmalloc_space.h"
#include "linux/rcupdate.h"
#include "linux/vmalloc.h"

#define FOR_EACH_PROFILE(profile)                                         \
	for (enum kmc_profile profile = 0; profile < KMC_NR_PROFILES; profile++)

static unsigned int warned, slept;

static void count(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	warned += tp->id == KMC_TP_WARN;
	slept += tp->id == KMC_TP_SLEEP;
}

static void boot(enum kmc_profile profile, uint32_t options)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);

	config.profile = profile;
	config.options = options;
	machine_boot(&config);
	warned = slept = 0;
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_WARN) | KMC_TP_BIT(KMC_TP_SLEEP), count, NULL);
}

/* What is in use: objects of all caches, and pages that are neither free nor a slab's. */
static uint64_t objects_in_use(void)
{
	uint64_t nr = 0;

	for (struct kmem_cache *s = NULL; (s = kmc_sim_cache_next(sim, s));)
		nr += cache_info(s).nr_active;
	return nr;
}

/* makers and frees */

static struct kmem_cache *cache;

static void *make_small(void) { return kmalloc(100, GFP_KERNEL); }
static void *make_large(void) { return kmalloc(30000, GFP_KERNEL); }
static void *make_object(void) { return kmem_cache_alloc(cache, GFP_KERNEL); }
static void *make_area(void) { return vmalloc(10000); }
static void *make_kv(void) { return kvmalloc(100, GFP_KERNEL); }
static void *make_kv_large(void) { return kvmalloc(50000, GFP_KERNEL); }

static void by_kfree(void *p) { kfree(p); }
static void by_kfree_const(void *p) { kfree_const(p); }
static void by_kfree_sensitive(void *p) { kfree_sensitive(p); }
static void by_kfree_bulk(void *p) { kfree_bulk(1, &p); }
static void by_kvfree(void *p) { kvfree(p); }
static void by_kvfree_sensitive(void *p) { kvfree_sensitive(p, 64); }
static void by_rcu(void *p) { kvfree_call_rcu(p, p); }
static void by_mightsleep(void *p) { kvfree_rcu_mightsleep(p); }
static void by_cache_free(void *p) { kmem_cache_free(cache, p); }
static void by_cache_bulk(void *p) { kmem_cache_free_bulk(cache, 1, &p); }
static void by_vfree(void *p) { vfree(p); }
static void by_vfree_atomic(void *p) { vfree_atomic(p); }

/* The pairs that Part 2.1 calls ok in the newest edition. */
static const struct {
	void *(*make)(void);
	void (*frees[12])(void *p);
} pairs[] = {
	{ make_small, { by_kfree, by_kfree_const, by_kfree_sensitive, by_kfree_bulk, by_kvfree,
			by_kvfree_sensitive, by_rcu, by_mightsleep } },
	{ make_large, { by_kfree, by_kfree_const, by_kfree_sensitive, by_kfree_bulk, by_kvfree,
			by_kvfree_sensitive, by_rcu, by_mightsleep } },
	{ make_object, { by_kfree, by_kfree_bulk, by_kvfree, by_rcu, by_mightsleep, by_cache_free,
			 by_cache_bulk } },
	{ make_area, { by_kvfree, by_kvfree_sensitive, by_rcu, by_mightsleep, by_vfree,
		       by_vfree_atomic } },
	{ make_kv, { by_kvfree, by_kvfree_sensitive, by_rcu, by_mightsleep } },
	{ make_kv_large, { by_kvfree, by_kvfree_sensitive, by_rcu, by_mightsleep } },
};

static bool is_live(const void *p)
{
	return where(p).backing != KMC_BACKING_NONE && where(p).live;
}

static void one_pair(void *(*make)(void), void (*free_it)(void *p))
{
	uint64_t before = objects_in_use();
	void *p = make();

	assert_non_null(p);
	free_it(p);
	kvfree_rcu_barrier();
	kmc_sim_run_work(sim); /* of vfree_atomic() */
	vm_unmap_aliases(); /* areas that are only unmapped so far */
	assert_int_equal(objects_in_use(), before);
	assert_false(is_live(p));
	assert_int_equal(warned, 0);
}

/* Each legal pair gives the block back once, unreported, with checks on and off. */
static void fr21_legal_pairs(void **state)
{
	const uint32_t options[] = { 0, KMC_OPT_FREELIST_HARDENED | KMC_OPT_INIT_ON_FREE };

	(void)state;
	FOR_EACH_PROFILE(profile)
		for (int o = 0; o < 2; o++) {
			boot(profile, options[o]);
			cache = kmem_cache_create("mine", 100, 0, SLAB_NO_MERGE, NULL);
			for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
				for (int f = 0; f < 12 && pairs[i].frees[f]; f++)
					one_pair(pairs[i].make, pairs[i].frees[f]);
			kmem_cache_destroy(cache);
			assert_int_equal(warned, 0);
			machine_off();
		}
}

/* kfree never sleeps, whatever the context; kvfree in interrupt neither. */
static void fr12_contexts(void **state)
{
	static const enum kmc_sim_context contexts[] = { KMC_IN_TASK, KMC_IN_SOFTIRQ,
							 KMC_IN_HARDIRQ, KMC_PREEMPT_OFF };

	(void)state;
	boot(KMC_PROFILE_6_18_44, 0);
	for (int i = 0; i < 4; i++) {
		void *small = make_small(), *large = make_large(), *object = make_small();
		void *area = make_area();

		slept = 0;
		kmc_sim_set_context(contexts[i]);
		kfree(small);
		kfree(large);
		kvfree(object);
		if (contexts[i] != KMC_PREEMPT_OFF)
			kvfree(area);
		kmc_sim_set_context(KMC_IN_TASK);
		if (contexts[i] == KMC_PREEMPT_OFF)
			vfree(area);
		assert_int_equal(contexts[i] == KMC_IN_TASK ? 0 : slept, 0);
		assert_int_equal(warned, 0);
	}
	machine_off();
}

static void fr19_kvfree_atomic(void **state)
{
	void *area, *small;

	(void)state;
	boot(KMC_PROFILE_6_18_44, 0);
	area = make_area();
	small = make_small();
	kmc_sim_set_context(KMC_IN_HARDIRQ);
	kvfree_atomic(area);
	kvfree_atomic(small);
	kvfree_atomic(NULL);
	kmc_sim_set_context(KMC_IN_TASK);
	assert_int_equal(slept + warned, 0);
	kmc_sim_run_work(sim);
	assert_false(is_live(area));
	machine_off();
}

/* Wrong frees: what a kernel shows is shown, and nothing is given back twice. */
static void fr4_fr9_wrong_frees_are_reported(void **state)
{
	int on_the_stack = 0;

	(void)state;
	FOR_EACH_PROFILE(profile) {
		void *area, *entries[2];

		boot(profile, 0);
		cache = kmem_cache_create("mine", 100, 0, SLAB_NO_MERGE, NULL);
		area = make_area();
		kfree(area);
		assert_int_equal(warned, 1);
		kfree(&on_the_stack);
		assert_int_equal(warned, 2);
		entries[0] = make_small();
		entries[1] = area;
		kfree_bulk(2, entries);
		assert_int_equal(warned, 3);
		kmem_cache_free(cache, NULL);
		kmem_cache_free(cache, ZERO_SIZE_PTR);
		kmem_cache_free(cache, area);
		assert_int_equal(warned, 6);
		kvfree_call_rcu((void *)&on_the_stack, &on_the_stack);
		assert_int_equal(warned, 7);
		assert_true(is_live(area));
		vfree(area);
		kmem_cache_destroy(cache);
		assert_int_equal(warned, 7);
		machine_off();
	}
}

/* An object of another cache goes back to its own; hardening says so. */
static void fr15_dbg8_foreign_entries(void **state)
{
	(void)state;
	for (int hardened = 0; hardened < 2; hardened++) {
		struct kmem_cache *other;
		void *p;

		boot(KMC_PROFILE_6_18_44, hardened ? KMC_OPT_FREELIST_HARDENED : 0);
		cache = kmem_cache_create("mine", 100, 0, SLAB_NO_MERGE, NULL);
		other = kmem_cache_create("other", 200, 0, SLAB_NO_MERGE, NULL);
		p = kmem_cache_alloc(other, GFP_KERNEL);
		kmem_cache_free(cache, p);
		assert_int_equal(warned, hardened);
		assert_int_equal(cache_info(other).nr_active, 0);
		p = kmem_cache_alloc(other, GFP_KERNEL);
		kmem_cache_free_bulk(cache, 1, &p);
		assert_int_equal(cache_info(other).nr_active, 0);
		kmem_cache_destroy(other);
		kmem_cache_destroy(cache);
		machine_off();
	}
}

/* What was freed may be handed out at once, but not what waits for readers. */
static void fr17_rcu1_reuse(void **state)
{
	void *p, *q, *again;

	(void)state;
	boot(KMC_PROFILE_6_18_44, 0);
	p = make_small();
	kfree(p);
	q = make_small();
	assert_ptr_equal(p, q);
	kvfree_call_rcu(q, q);
	for (int i = 0; i < 500; i++) {
		again = make_small();
		assert_ptr_not_equal(again, q);
	}
	kvfree_rcu_barrier();
	again = make_small();
	assert_ptr_equal(again, q);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fr21_legal_pairs),
		cmocka_unit_test(fr12_contexts),
		cmocka_unit_test(fr19_kvfree_atomic),
		cmocka_unit_test(fr4_fr9_wrong_frees_are_reported),
		cmocka_unit_test(fr15_dbg8_foreign_entries),
		cmocka_unit_test(fr17_rcu1_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
