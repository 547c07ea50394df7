/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory pools (MP and POOL rules): what the backend is asked, when the reserve is used. */
#include <errno.h>
#include "core.h"
#include "slab_fixture.h"
#include "linux/mempool.h"
#include "linux/mm.h"

/* A backend that notes what it is asked and gives what it is told to. */
static struct backend {
	unsigned int asked, freed, live;
	int left; /* elements that it will give; -1 any number */
	gfp_t flags[16];
} backend;

static void *backend_alloc(gfp_t gfp_mask, void *pool_data)
{
	struct backend *b = pool_data;

	if (b->asked < 16)
		b->flags[b->asked] = gfp_mask;
	b->asked++;
	if (b->left == 0)
		return NULL;
	if (b->left > 0)
		b->left--;
	b->live++;
	return kmalloc(100, gfp_mask | __GFP_DIRECT_RECLAIM);
}

static void backend_free(void *element, void *pool_data)
{
	struct backend *b = pool_data;

	b->freed++;
	b->live--;
	kfree(element);
}

static void on_profile(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);

	config.profile = profile;
	machine_boot(&config);
	backend = (struct backend){ .left = -1 };
}

static mempool_t *pool_of(int min_nr)
{
	return mempool_create(min_nr, backend_alloc, backend_free, &backend);
}

static uint64_t active_objects(void)
{
	struct kmem_cache *s = NULL;
	uint64_t sum = 0;

	while ((s = kmc_sim_cache_next(sim, s)))
		sum += cache_info(s).nr_active;
	return sum;
}

/* All of min_nr or nothing, whichever element, array or structure fails. */
static void mp1_pool6_all_or_nothing(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		mempool_t *pool;

		on_profile(profile);
		for (int k = 0; k < 4; k++) {
			backend.left = k;
			assert_null(pool_of(4));
			assert_int_equal(backend.live, 0);
			assert_int_equal(active_objects(), 0);
		}
		backend.left = -1;
		for (uint64_t nth = 1;; nth++) {
			kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, nth, 0);
			pool = mempool_create_kmalloc_pool(4, 200);
			kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
			if (pool)
				break;
			assert_int_equal(active_objects(), 0);
		}
		assert_int_equal(pool->curr_nr, 4);
		mempool_destroy(pool);
		/* min_nr 0: one all the same from 6.18 on */
		pool = pool_of(0);
		assert_int_equal(pool->curr_nr, profile == KMC_PROFILE_6_18_44);
		mempool_destroy(pool);
		mempool_destroy(NULL);
		assert_int_equal(active_objects(), 0);
		machine_off();
	}
}

/* Whoever may wait gets an element, or it is told that nobody will ever give one. */
static void mp2_pool1_waits(void **state)
{
	mempool_t *pool;
	void *element;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	pool = pool_of(1);
	backend.left = 0;
	element = mempool_alloc(pool, GFP_NOIO);
	assert_non_null(element);
	tp_listen(KMC_TP_BIT(KMC_TP_HUNG) | KMC_TP_BIT(KMC_TP_SLEEP));
	assert_null(mempool_alloc(pool, GFP_KERNEL));
	assert_int_equal(tp_count, 2);
	assert_int_equal(tp_seen[0].id, KMC_TP_SLEEP);
	assert_int_equal(tp_seen[1].id, KMC_TP_HUNG);
	mempool_free(element, pool);
	assert_ptr_equal(mempool_alloc(pool, GFP_KERNEL), element);
	mempool_free(element, pool);
	tp_listen(0);
	mempool_destroy(pool);
	machine_off();
}

/* Without direct reclaim: NULL only when backend and reserve are at their end, and no sleep. */
static void mp3_pool2_never_sleeps(void **state)
{
	mempool_t *pool;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	pool = pool_of(2);
	backend.left = 1;
	tp_listen(KMC_TP_BIT(KMC_TP_SLEEP) | KMC_TP_BIT(KMC_TP_HUNG));
	for (int i = 0; i < 3; i++)
		assert_non_null(mempool_alloc(pool, GFP_NOWAIT));
	assert_int_equal(pool->curr_nr, 0);
	assert_null(mempool_alloc(pool, GFP_NOWAIT));
	assert_null(mempool_alloc(pool, GFP_ATOMIC));
	assert_int_equal(tp_count, 0);
	tp_listen(0);
	machine_off();
}

#define ALWAYS (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN)

/* Backend without waiting, reserve, backend as asked, then sleep. */
static void mp4_pool3_order_and_flags(void **state)
{
	mempool_t *pool;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	pool = pool_of(1);
	assert_int_equal(backend.flags[0], GFP_KERNEL);
	backend.asked = 0;
	assert_non_null(mempool_alloc(pool, GFP_KERNEL));
	assert_int_equal(backend.asked, 1); /* while the backend works the reserve is left alone */
	assert_int_equal(pool->curr_nr, 1);
	assert_int_equal(backend.flags[0],
			 (GFP_KERNEL | ALWAYS) & ~(__GFP_DIRECT_RECLAIM | __GFP_IO));
	backend.left = 0;
	assert_non_null(mempool_alloc(pool, GFP_KERNEL));
	assert_int_equal(backend.asked, 2);
	assert_null(mempool_alloc(pool, GFP_KERNEL));
	assert_int_equal(backend.asked, 4);
	assert_int_equal(backend.flags[3], GFP_KERNEL | ALWAYS);
	/* A request whose flags the first pass does not change asks once. */
	backend.asked = 0;
	assert_null(mempool_alloc(pool, GFP_NOWAIT));
	assert_int_equal(backend.asked, 1);
	machine_off();
}

/* The reserve first, then the backend; with min_nr 0 one element from 6.18 on. */
static void mp5_pool5_refill_first(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		void *e[4];
		mempool_t *pool;

		on_profile(profile);
		pool = pool_of(2);
		for (int i = 0; i < 2; i++)
			e[i] = mempool_alloc(pool, GFP_KERNEL);
		backend.left = 0;
		for (int i = 2; i < 4; i++)
			e[i] = mempool_alloc(pool, GFP_KERNEL);
		for (int i = 0; i < 4; i++) {
			mempool_free(e[i], pool);
			assert_int_equal(pool->curr_nr, i < 2 ? i + 1 : 2);
			assert_int_equal(backend.freed, i < 2 ? 0 : i - 1);
		}
		mempool_free(NULL, pool);
		assert_true(mempool_is_saturated(pool));
		mempool_destroy(pool);
		backend = (struct backend){ .left = 1 };
		pool = pool_of(0);
		e[0] = mempool_alloc(pool, GFP_KERNEL);
		mempool_free(e[0], pool);
		assert_int_equal(pool->curr_nr, profile == KMC_PROFILE_6_18_44);
		mempool_destroy(pool);
		assert_int_equal(backend.live, 0);
		machine_off();
	}
}

static void mp7_pool7_resize(void **state)
{
	mempool_t *pool;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	pool = pool_of(3);
	assert_int_equal(mempool_resize(pool, 5), 0);
	assert_int_equal(pool->curr_nr, 5);
	assert_int_equal(mempool_resize(pool, 2), 0);
	assert_int_equal(pool->curr_nr, 2);
	assert_int_equal(pool->min_nr, 2);
	assert_int_equal(backend.freed, 3);
	/* Growth that is not completed at once is success. */
	backend.left = 1;
	assert_int_equal(mempool_resize(pool, 6), 0);
	assert_int_equal(pool->min_nr, 6);
	assert_int_equal(pool->curr_nr, 3);
	assert_false(mempool_is_saturated(pool));
	/* No array: nothing changes. */
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 0);
	assert_int_equal(mempool_resize(pool, 100), -ENOMEM);
	assert_int_equal(pool->min_nr, 6);
	assert_int_equal(mempool_resize(pool, 0), -EINVAL);
	assert_int_equal(mempool_resize(pool, 1), 0);
	assert_int_equal(pool->curr_nr, 1);
	mempool_destroy(pool);
	assert_int_equal(active_objects(), 0);
	machine_off();
}

static void mp8_preallocated(void **state)
{
	mempool_t *pool;

	(void)state;
	on_profile(KMC_PROFILE_6_12_117);
	pool = pool_of(2);
	backend.asked = 0;
	assert_non_null(mempool_alloc_preallocated(pool));
	assert_non_null(mempool_alloc_preallocated(pool));
	assert_null(mempool_alloc_preallocated(pool));
	assert_int_equal(backend.asked, 0);
	machine_off();
}

/* Empty entries are filled, the others left; of a bulk free a prefix stays. */
static void mp9_bulk(void **state)
{
	void *e[6] = { NULL }, *kept;
	mempool_t *pool;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	pool = pool_of(4);
	kept = e[2] = mempool_alloc(pool, GFP_KERNEL);
	backend.left = 2;
	assert_int_equal(mempool_alloc_bulk(pool, e, 6, 0), 0);
	assert_ptr_equal(e[2], kept);
	for (int i = 0; i < 6; i++)
		assert_non_null(e[i]);
	assert_int_equal(pool->curr_nr, 1);
	assert_int_equal(mempool_free_bulk(pool, e, 6), 3);
	assert_int_equal(pool->curr_nr, 4);
	for (int i = 3; i < 6; i++)
		mempool_free(e[i], pool);
	mempool_destroy(pool);
	assert_int_equal(backend.live, 0);
	machine_off();
}

/* The ready-made backends, and a pool in the caller's own memory. */
static void mp1_backends(void **state)
{
	struct kmem_cache *s;
	mempool_t own = { 0 }, *pool;
	struct page *page;
	uint64_t before;
	void *p;

	(void)state;
	on_profile(KMC_PROFILE_6_18_44);
	before = free_pages_now();
	pool = mempool_create_page_pool(2, 1);
	page = mempool_alloc(pool, GFP_KERNEL);
	assert_int_equal(where(page_address(page)).backing, KMC_BACKING_PAGE);
	mempool_free(page, pool);
	mempool_destroy(pool);
	s = kmem_cache_create("elements", 120, 0, SLAB_NO_MERGE, NULL);
	assert_false(mempool_initialized(&own));
	assert_int_equal(mempool_init_slab_pool(&own, 3, s), 0);
	assert_true(mempool_initialized(&own));
	p = mempool_alloc(&own, GFP_KERNEL);
	assert_ptr_equal(where(p).cache, s);
	assert_int_equal(cache_info(s).nr_active, 4);
	mempool_free(p, &own);
	mempool_exit(&own);
	assert_int_equal(cache_info(s).nr_active, 0);
	kmem_cache_destroy(s);
	pool = mempool_create_kmalloc_pool(2, 300);
	p = mempool_alloc(pool, GFP_KERNEL);
	memset(p, 1, 300);
	assert_int_equal(ksize(p), 512);
	mempool_free(p, pool);
	mempool_destroy(pool);
	kmem_cache_shrink(where(kmalloc(8, GFP_KERNEL)).cache);
	assert_true(free_pages_now() + 40 > before);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mp1_pool6_all_or_nothing),
		cmocka_unit_test(mp2_pool1_waits),
		cmocka_unit_test(mp3_pool2_never_sleeps),
		cmocka_unit_test(mp4_pool3_order_and_flags),
		cmocka_unit_test(mp5_pool5_refill_first),
		cmocka_unit_test(mp7_pool7_resize),
		cmocka_unit_test(mp8_preallocated),
		cmocka_unit_test(mp9_bulk),
		cmocka_unit_test(mp1_backends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
