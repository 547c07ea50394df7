/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory pools. A pool and its array are ordinary blocks of simulated memory,
 * so a snapshot keeps them as it keeps all else; a caller's own mempool_t is
 * the caller's.
 *
 * Who finds nothing lets others run and looks again; when there is nobody else
 * the wait would never end, and is told of instead.
 *
 * Contract: MP-1 to MP-5, MP-7 to MP-9, R-15.
 */
#include <errno.h>
#include <stdatomic.h>
#include "core.h"
#include "linux/mempool.h"
#include "linux/mm.h"
#include "linux/slab.h"

/* The pool's lock is a word of a public structure. */
static void pool_lock(mempool_t *pool)
{
	while (__atomic_exchange_n(&pool->lock, 1, __ATOMIC_ACQUIRE))
		;
}

static void pool_unlock(mempool_t *pool)
{
	__atomic_store_n(&pool->lock, 0, __ATOMIC_RELEASE);
}

/* Up to 6.12 a pool of no reserve has none; from then on one element at least. */
static int least_elements(int min_nr)
{
	return kmc_this_cpu->sim->config.profile >= KMC_PROFILE_6_18_44 && min_nr < 1 ? 1 : min_nr;
}

/* ASan: what lies in the reserve is nobody's. */
static void element_poison(mempool_t *pool, void *element)
{
	(void)element;
	if (pool->alloc == mempool_kmalloc)
		kmc_poison(element, ksize(element));
}

static void element_unpoison(mempool_t *pool, void *element)
{
	(void)element;
	if (pool->alloc == mempool_kmalloc)
		kmc_unpoison(element, (size_t)pool->pool_data);
}

/* The lock is held, or nobody else knows the pool. */
static void reserve_add(mempool_t *pool, void *element)
{
	element_poison(pool, element);
	pool->elements[pool->curr_nr++] = element;
}

static void *reserve_take(mempool_t *pool)
{
	void *element = pool->elements[--pool->curr_nr];

	element_unpoison(pool, element);
	return element;
}

void mempool_exit(mempool_t *pool)
{
	while (pool->curr_nr > 0)
		pool->free(reserve_take(pool), pool->pool_data);
	kfree(pool->elements);
	pool->elements = NULL;
}

/* Rule: MP-1, KM-25. Model: exact. */
int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		      mempool_free_t *free_fn, void *pool_data, gfp_t gfp_mask, int node_id)
{
	int least = least_elements(min_nr);

	*pool = (mempool_t){ .min_nr = min_nr, .alloc = alloc_fn, .free = free_fn,
			     .pool_data = pool_data };
	pool->elements = kmalloc_array_node((size_t)least, sizeof(void *), gfp_mask, node_id);
	if (!pool->elements)
		return -ENOMEM;
	while (pool->curr_nr < least - (least > 1 && KMC_PLANTED(mempool_reserve_short))) {
		void *element = pool->alloc(gfp_mask, pool->pool_data);

		if (!element && KMC_PLANTED(mempool_unmade))
			return 0;
		if (!element) {
			mempool_exit(pool);
			return -ENOMEM;
		}
		reserve_add(pool, element);
	}
	return 0;
}

int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		 mempool_free_t *free_fn, void *pool_data)
{
	return mempool_init_node(pool, min_nr, alloc_fn, free_fn, pool_data, GFP_KERNEL,
				 NUMA_NO_NODE);
}

mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
			       void *pool_data, gfp_t gfp_mask, int nid)
{
	mempool_t *pool = kmalloc_node(sizeof(*pool), gfp_mask | __GFP_ZERO, nid);

	if (!pool)
		return NULL;
	if (!mempool_init_node(pool, min_nr, alloc_fn, free_fn, pool_data, gfp_mask, nid))
		return pool;
	kfree(pool);
	return NULL;
}

/* Rule: MP-1, POOL-6. Model: exact. */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
			  void *pool_data)
{
	return mempool_create_node(min_nr, alloc_fn, free_fn, pool_data, GFP_KERNEL, NUMA_NO_NODE);
}

void mempool_destroy(mempool_t *pool)
{
	if (!pool)
		return;
	mempool_exit(pool);
	kfree(pool);
}

/* resizing */

static void reserve_shrink(mempool_t *pool, int new_min_nr)
{
	while (new_min_nr < pool->curr_nr && !KMC_PLANTED(mempool_resize_surplus)) {
		void *element = reserve_take(pool);

		pool_unlock(pool);
		pool->free(element, pool->pool_data);
		pool_lock(pool);
	}
	pool->min_nr = new_min_nr;
}

static void move_elements(mempool_t *pool, void **elements, int new_min_nr)
{
	for (int i = 0; i < pool->curr_nr; i++)
		elements[i] = pool->elements[i];
	kfree(pool->elements);
	pool->elements = elements;
	if (!KMC_PLANTED(mempool_resize_stays))
		pool->min_nr = new_min_nr;
}

/* As many as the backend gives at once; somebody may fill the reserve meanwhile. */
static void reserve_fill(mempool_t *pool)
{
	while (pool->curr_nr < pool->min_nr) {
		void *element;

		pool_unlock(pool);
		element = pool->alloc(GFP_KERNEL, pool->pool_data);
		pool_lock(pool);
		if (!element)
			return;
		if (pool->curr_nr < pool->min_nr) {
			reserve_add(pool, element);
			continue;
		}
		pool_unlock(pool);
		pool->free(element, pool->pool_data);
		pool_lock(pool);
		return;
	}
}

/* Rule: MP-7, POOL-7. Model: exact; a new size below 1 stops a kernel, and is refused here. */
int mempool_resize(mempool_t *pool, int new_min_nr)
{
	void **elements;

	if (new_min_nr <= 0)
		return -EINVAL;
	pool_lock(pool);
	if (new_min_nr <= pool->min_nr) {
		reserve_shrink(pool, new_min_nr);
		pool_unlock(pool);
		return 0;
	}
	pool_unlock(pool);
	elements = kmalloc_array((size_t)new_min_nr, sizeof(*elements), GFP_KERNEL);
	if (!elements)
		return -ENOMEM;
	pool_lock(pool);
	if (new_min_nr <= pool->min_nr) {
		pool_unlock(pool);
		kfree(elements);
		return 0;
	}
	move_elements(pool, elements, new_min_nr);
	reserve_fill(pool);
	pool_unlock(pool);
	return 0;
}

/* allocating */

#define BACKEND_FLAGS (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN)

void *mempool_alloc_preallocated(mempool_t *pool)
{
	void *element = NULL;

	pool_lock(pool);
	if (pool->curr_nr)
		element = reserve_take(pool);
	pool_unlock(pool);
	if (!element && KMC_PLANTED(mempool_preallocated_asks))
		element = pool->alloc(GFP_KERNEL, pool->pool_data);
	return element;
}

static void tell(struct kmc_cpu *cpu, enum kmc_tp_id id, const char *text)
{
	struct kmc_tp tp = { .id = id, .node = NUMA_NO_NODE, .pfn = UINT64_MAX, .text = text };

	kmc_trace_emit(cpu->sim, &tp);
}

/* Rounds of others, after which a wait counts as one without an end. */
#define WAIT_ROUNDS 100000

/* Up to five seconds, or until somebody gave one back. Return: false: nobody will. */
static bool wait_for_element(struct kmc_cpu *cpu, unsigned int round)
{
	if (round == 0)
		tell(cpu, KMC_TP_SLEEP, NULL);
	if (round < WAIT_ROUNDS && kmc_let_others_run(cpu))
		return true;
	tell(cpu, KMC_TP_HUNG, "mempool_alloc waits for an element that nobody gives back");
	return false;
}

/* Rule: MP-2 .. MP-4, POOL-1 .. POOL-3. Model: exact (R-15, up to 6.19). */
void *mempool_alloc(mempool_t *pool, gfp_t gfp_mask)
{
	gfp_t full = gfp_mask | (KMC_PLANTED(mempool_loud) ? 0 : BACKEND_FLAGS);
	gfp_t flags = full & ~(__GFP_DIRECT_RECLAIM | __GFP_IO);
	unsigned int round = 0;

	for (;;) {
		void *element = pool->alloc(flags, pool->pool_data);

		if (!element && !KMC_PLANTED(mempool_reserve_unused))
			element = mempool_alloc_preallocated(pool);
		if (element)
			return element;
		if (!(gfp_mask & __GFP_DIRECT_RECLAIM) && KMC_PLANTED(mempool_sleeps))
			kmc_planted_sleep();
		if (flags != full) {
			flags = full;
			continue;
		}
		if (!(gfp_mask & __GFP_DIRECT_RECLAIM) || KMC_PLANTED(mempool_gives_up) ||
		    !wait_for_element(kmc_this_cpu, round++))
			return NULL;
	}
}

/*
 * Rule: MP-9. Model: simplified: one by one, in order; a kernel takes what the
 * reserve lacks for the whole array under one lock. Returns -ENOMEM where the
 * wait would never end.
 */
int mempool_alloc_bulk(mempool_t *pool, void **elem, unsigned int count, unsigned int allocated)
{
	for (unsigned int i = allocated; i < count; i++) {
		if (elem[i])
			continue;
		elem[i] = mempool_alloc(pool, GFP_KERNEL);
		if (!elem[i])
			return -ENOMEM;
	}
	return 0;
}

/* freeing */

/* What the reserve has to hold before the backend gets anything. Rule: MP-5. */
static int reserve_wants(const mempool_t *pool)
{
	return least_elements(pool->min_nr);
}

/* Rule: MP-9, POOL-5. Model: exact. */
unsigned int mempool_free_bulk(mempool_t *pool, void **elem, unsigned int count)
{
	unsigned int kept = 0;

	pool_lock(pool);
	while (kept < count && pool->curr_nr < reserve_wants(pool))
		reserve_add(pool, elem[kept++]);
	pool_unlock(pool);
	return kept;
}

/* Rule: MP-5, POOL-5. Model: exact: a waiter looks again whenever it runs. */
void mempool_free(void *element, mempool_t *pool)
{
	if (!element && KMC_PLANTED(mempool_free_null))
		kmc_planted_warn();
	if (element && (KMC_PLANTED(mempool_free_backend) || !mempool_free_bulk(pool, &element, 1)))
		pool->free(element, pool->pool_data);
}
