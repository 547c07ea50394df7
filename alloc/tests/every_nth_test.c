/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For every n: a workload over all object calls with the n-th slab or page
 * allocation failing, until none fails. Whatever fails, everything that was had
 * is given back at the end, and then nothing may be missing: no object, no page,
 * no area. Calls that promise all or nothing are held to it.
 */
#include <errno.h>
#include "slab_fixture.h"
#include "alloc/user_memory.h"
#include "linux/err.h"
#include "linux/mempool.h"
#include "linux/mm.h"
#include "linux/rcupdate.h"
#include "linux/vmalloc.h"

/* What the workload holds, in the order it was had. */
#define MOST_HELD 256
static struct held {
	void *p;
	void (*give)(void *p);
} held[MOST_HELD];
static unsigned int nr_held;

static void give_kfree(void *p)
{
	kfree(p);
}

static void give_kvfree(void *p)
{
	kvfree(p);
}

static void give_vfree(void *p)
{
	vfree(p);
}

static void give_pool(void *p)
{
	mempool_destroy(p);
}

static void give_cache(void *p)
{
	kmem_cache_destroy(p);
}

static void *hold(void *p, void (*give)(void *p))
{
	if (ZERO_OR_NULL_PTR(p) || IS_ERR(p))
		return NULL;
	assert_true(nr_held < MOST_HELD);
	held[nr_held++] = (struct held){ p, give };
	return p;
}

/* The last one becomes another block, or stays what it was. */
static void hold_resized(void *p)
{
	if (p)
		held[nr_held - 1].p = p;
}

static void give_all(void)
{
	while (nr_held > 0) {
		nr_held--;
		held[nr_held].give(held[nr_held].p);
	}
}

static void kmalloc_calls(void)
{
	static char text[300];
	uint8_t *p;

	memset(text, 't', sizeof(text) - 1);
	for (size_t size = 8; size <= 65536; size *= 3)
		hold(kmalloc(size, GFP_KERNEL), give_kfree);
	hold(kzalloc(3000, GFP_NOWAIT), give_kfree);
	hold(kcalloc(30, 40, GFP_KERNEL), give_kfree);
	hold(kmalloc_node(90, GFP_KERNEL, 0), give_kfree);
	hold(kmalloc_nolock(700, 0, NUMA_NO_NODE), give_kfree);
	hold(kmemdup(text, 200, GFP_KERNEL), give_kfree);
	hold(kstrdup(text, GFP_KERNEL), give_kfree);
	hold(memdup_user(text, 250), give_kfree);
	hold(strndup_user(text, 300), give_kfree);
	p = hold(kmalloc(40, GFP_KERNEL), give_kfree);
	if (!p)
		return;
	pattern_fill(p, 40, 1);
	hold_resized(krealloc(p, 5000, GFP_KERNEL));
	assert_true(pattern_holds(held[nr_held - 1].p, 40, 1));
	hold_resized(krealloc_node_align(held[nr_held - 1].p, 64, 8192, GFP_KERNEL, NUMA_NO_NODE));
	assert_true(pattern_holds(held[nr_held - 1].p, 40, 1));
}

static void bulk_calls(struct kmem_cache *s)
{
	void *p[70];
	int got = kmem_cache_alloc_bulk(s, GFP_KERNEL, 70, p);

	assert_true(got == 0 || got == 70);
	if (got)
		kmem_cache_free_bulk(s, 70, p);
}

static void sheaf_calls(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 20);
	unsigned int size = 20;
	void *p[20];

	if (!sheaf)
		return;
	if (!kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 80))
		size = 80;
	assert_int_equal(kmem_cache_sheaf_size(sheaf), size);
	for (int i = 0; i < 20; i++)
		assert_non_null(p[i] = kmem_cache_alloc_from_sheaf(s, GFP_NOWAIT, sheaf));
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	for (int i = 0; i < 20; i++)
		kmem_cache_free(s, p[i]);
}

static void cache_calls(void)
{
	struct kmem_cache *s = hold(kmem_cache_create("nth", 600, 64, SLAB_NO_MERGE, NULL),
				    give_cache);
	void *p;

	if (!s)
		return;
	p = kmem_cache_alloc(s, GFP_KERNEL);
	if (p)
		kmem_cache_free(s, p);
	p = kmem_cache_zalloc(s, GFP_NOWAIT);
	if (p)
		kfree(p);
	bulk_calls(s);
	sheaf_calls(s);
	kmem_cache_shrink(s);
}

static void pool_calls(void)
{
	mempool_t *pool = hold(mempool_create_kmalloc_pool(3, 1000), give_pool);
	int min_nr;
	void *p;

	if (!pool)
		return;
	assert_int_equal(pool->curr_nr, 3);
	min_nr = mempool_resize(pool, 40) ? 3 : 40;
	assert_int_equal(pool->min_nr, min_nr);
	assert_true(pool->curr_nr <= min_nr);
	p = mempool_alloc(pool, GFP_KERNEL);
	assert_non_null(p);
	mempool_free(p, pool);
}

static void vmalloc_calls(void)
{
	uint8_t *p = hold(vmalloc(30000), give_vfree);

	if (p)
		pattern_fill(p, 30000, 2);
	if (p) {
		hold_resized(vrealloc(p, 90000, GFP_KERNEL));
		assert_true(pattern_holds(held[nr_held - 1].p, 30000, 2));
	}
	hold(vzalloc(5000), give_vfree);
	hold(kvmalloc(200, GFP_KERNEL), give_kvfree);
	hold(kvmalloc(300000, GFP_KERNEL), give_kvfree);
	hold(kvcalloc(100, 200, GFP_KERNEL), give_kvfree);
	hold(vmemdup_user(held, sizeof(held)), give_kvfree);
	p = hold(kvmalloc(100, GFP_KERNEL), give_kvfree);
	if (p) {
		pattern_fill(p, 100, 3);
		hold_resized(kvrealloc(p, 50000, GFP_KERNEL));
		assert_true(pattern_holds(held[nr_held - 1].p, 100, 3));
	}
}

struct waits {
	struct rcu_head rcu;
	char rest[100];
};

static void deferred_calls(void)
{
	for (int i = 0; i < 5; i++) {
		struct waits *w = kmalloc(sizeof(*w), GFP_KERNEL);
		void *p = kmalloc(90, GFP_KERNEL);

		if (w)
			kfree_rcu(w, rcu);
		if (p)
			kfree_rcu_mightsleep(p);
	}
	kvfree_rcu_barrier();
	rcu_barrier();
}

static void workload(void)
{
	kmalloc_calls();
	cache_calls();
	pool_calls();
	vmalloc_calls();
	deferred_calls();
	give_all();
}

/*
 * Nothing is live. Return: free pages once the caches are shrunk. Some that are
 * kept for ever are not among them: page tables, pages for batches of kvfree_rcu().
 */
static uint64_t nothing_left(void)
{
	struct kmem_cache *s = NULL;

	vm_unmap_aliases();
	while ((s = kmc_sim_cache_next(sim, s))) {
		assert_int_equal(cache_info(s).nr_active, 0);
		kmem_cache_shrink(s);
	}
	kmc_sim_check(sim);
	return free_pages_now();
}

static bool injected(void)
{
	for (unsigned int i = 0; i < tp_count && i < TP_KEPT; i++)
		if (tp_seen[i].id == KMC_TP_FAULT_INJECTED)
			return true;
	return false;
}

/* Return: the first n that no request reached. */
static uint64_t fail_each(enum kmc_sim_fault fault, uint64_t interval)
{
	uint64_t pristine = kmc_sim_hash(sim), pages, nth;

	workload();
	pages = nothing_left();

	for (nth = 1;; nth++) {
		bool hit;

		kmc_sim_reset(sim);
		assert_true(kmc_sim_hash(sim) == pristine);
		tp_listen(1ull << KMC_TP_FAULT_INJECTED);
		kmc_sim_fail_nth(sim, fault, nth, interval);
		workload();
		hit = injected();
		kmc_sim_fail_nth(sim, fault, 0, 0);
		tp_listen(0);
		nothing_left();
		workload();
		/* With all that is kept had: not a page less; of batch pages fewer may be kept. */
		assert_true(nothing_left() >= pages);
		if (!hit)
			return nth;
	}
}

static void on_profile(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);

	config.profile = profile;
	machine_boot(&config);
}

static void km6_km25_every_nth_slab(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		on_profile(profile);
		assert_true(fail_each(KMC_FAULT_SLAB, 0) > 50);
		machine_off();
	}
}

static void km6_km25_every_nth_page(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		on_profile(profile);
		assert_true(fail_each(KMC_FAULT_PAGE, 0) > 20);
		machine_off();
	}
}

/* From the n-th on all of them. */
static void km6_km25_all_from_the_nth_on(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		on_profile(profile);
		assert_true(fail_each(KMC_FAULT_SLAB, 1) > 50);
		machine_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(km6_km25_every_nth_slab),
		cmocka_unit_test(km6_km25_every_nth_page),
		cmocka_unit_test(km6_km25_all_from_the_nth_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
