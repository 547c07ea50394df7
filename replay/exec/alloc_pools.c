/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: memory pools. The backend of each pool is a function here,
 * so that what a pool asks of it and gives back to it is on record. What the
 * backend is lies in the pool's data word, by its low two bits: objects of a
 * cache, or blocks of bytes, or blocks of pages.
 */
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "exec/alloc_machine.h"
#include "target_alloc.h"

enum { FROM_CACHE, FROM_KMALLOC, FROM_PAGES };

static void *data_of(unsigned int from, uint64_t what)
{
	return (void *)(uintptr_t)(from == FROM_CACHE ? what : what << 2 | from);
}

static uint64_t size_or_order(const void *data)
{
	return (uintptr_t)data >> 2;
}

/* The pool whose call runs; one executor runs one at a time in a thread. */
static __thread uint32_t current_pool;

static void tell_backend(unsigned int effect, const void *element, gfp_t gfp)
{
	struct kmc_exec *exec = kmc_alloc_running();
	struct kmc_gfp flags = kmc_gfp_from_raw(kmc_alloc_state(exec)->gfp, gfp);
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.what = (uint16_t)effect;
	ev.cache = current_pool;
	ev.addr = kmc_sim_address(kmc_alloc_state(exec)->sim, element);
	ev.gfp = flags.atoms;
	ev.gfp_raw = flags.raw;
	kmc_exec_effect_event(exec, &ev);
}

/* An element is an address everywhere in the executor, of pages too. */
static void *backend_alloc(gfp_t gfp, void *data)
{
	void *element;

	switch ((uintptr_t)data & 3) {
	case FROM_CACHE:
		element = kmem_cache_alloc(data, gfp);
		break;
	case FROM_KMALLOC:
		element = kmalloc(size_or_order(data), gfp);
		break;
	default:
		element = (void *)__get_free_pages(gfp, (unsigned int)size_or_order(data));
	}
	tell_backend(KMC_EFF_BACKEND_ALLOC, element, gfp);
	return element;
}

static void backend_free(void *element, void *data)
{
	tell_backend(KMC_EFF_BACKEND_FREE, element, 0);
	switch ((uintptr_t)data & 3) {
	case FROM_CACHE:
		kmem_cache_free(data, element);
		break;
	case FROM_KMALLOC:
		kfree(element);
		break;
	default:
		free_pages((unsigned long)element, (unsigned int)size_or_order(data));
	}
}

/* The pool of a call; what other allocators call a pool is skipped. */
static mempool_t *pool_of(struct kmc_call *call)
{
	bool ours = call->src && (call->src->origin == KMC_OP_MEMPOOL_CREATE ||
				  call->src->origin == KMC_OP_MEMPOOL_CREATE_SLAB);

	if (!ours) {
		call->outcome = KMC_OUT_SKIPPED;
		return NULL;
	}
	current_pool = call->src->cache;
	return call->src->ptr;
}

static void report_level(struct kmc_exec *exec, const mempool_t *pool)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.what = KMC_EFF_POOL_LEVEL;
	ev.cache = current_pool;
	ev.arg = (uint64_t)pool->curr_nr;
	ev.size = (uint64_t)pool->min_nr;
	kmc_exec_effect_event(exec, &ev);
}

#define MOST_ELEMENTS 4096u

static void create_pool(struct kmc_exec *exec, struct kmc_call *call, void *data)
{
	mempool_t *pool;

	current_pool = exec->next_cache + 1;
	pool = mempool_create((int)call->op->a, backend_alloc, backend_free, data);
	call->result = pool;
	call->outcome = pool ? KMC_OUT_VALUE : KMC_OUT_NULL;
	if (!pool)
		return;
	call->value = ++exec->next_cache;
	report_level(exec, pool);
}

static void create_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;

	(void)gfp;
	call->outcome = KMC_OUT_SKIPPED;
	if (op->a > MOST_ELEMENTS || op->c > KMALLOC_MAX_SIZE)
		return;
	if (op->b == KMC_OP_KMALLOC && op->c)
		create_pool(exec, call, data_of(FROM_KMALLOC, op->c));
	else if (op->b == KMC_OP_ALLOC_PAGES && op->c)
		create_pool(exec, call, data_of(FROM_PAGES, (uint64_t)get_order(op->c)));
}

/* Rule: MP-10: a cache with a constructor is a caller's error that does nobody harm here. */
static void create_slab_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)gfp;
	if (call->op->a > MOST_ELEMENTS || !call->src)
		call->outcome = KMC_OUT_SKIPPED;
	else
		create_pool(exec, call, data_of(FROM_CACHE, (uintptr_t)call->src->ptr));
}

static void alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	mempool_t *pool = pool_of(call);
	bool backend_only = call->op->code == KMC_OP_MEMPOOL_ALLOC;

	if (!pool)
		return;
	kmc_alloc_memory_result(call, backend_only ? mempool_alloc(pool, gfp) :
						     mempool_alloc_preallocated(pool));
	if (call->outcome == KMC_OUT_VALUE && !call->granted)
		call->granted = call->size;
	report_level(exec, pool);
}

static void alloc_bulk_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	mempool_t *pool = pool_of(call);
	uint64_t count = call->op->a;

	(void)gfp;
	if (!pool)
		return;
	if (count > (uint64_t)pool->min_nr || count == 0) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		exec->bulk[i] = NULL;
	call->bulk = exec->bulk;
	if (mempool_alloc_bulk(pool, exec->bulk, (unsigned int)count, 0)) {
		for (uint64_t i = 0; i < count; i++)
			mempool_free(exec->bulk[i], pool);
		call->outcome = KMC_OUT_HUNG;
		return;
	}
	call->count = count;
	for (uint64_t i = 0; i < count; i++)
		call->value += exec->bulk[i] != NULL;
	call->granted = call->size;
	call->outcome = KMC_OUT_VALUE;
	report_level(exec, pool);
}

static void free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	mempool_t *pool = pool_of(call);

	(void)gfp;
	if (!pool)
		return;
	mempool_free(call->ptr, pool);
	report_level(exec, pool);
}

/* What the pool does not keep stays the caller's. */
static void free_bulk_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	mempool_t *pool = pool_of(call);

	(void)gfp;
	if (!pool)
		return;
	call->count = mempool_free_bulk(pool, call->bulk, (unsigned int)call->count);
	kmc_alloc_value(call, call->count);
	report_level(exec, pool);
}

static void resize_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	mempool_t *pool = pool_of(call);
	int err;

	(void)gfp;
	if (!pool)
		return;
	if (call->op->a == 0 || call->op->a > MOST_ELEMENTS) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	err = mempool_resize(pool, (int)call->op->a);
	call->outcome = err ? KMC_OUT_ERROR : KMC_OUT_VALUE;
	call->value = (uint64_t)-err;
	report_level(exec, pool);
}

static void destroy_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	if (!call->src) {
		mempool_destroy(NULL);
		return;
	}
	if (pool_of(call))
		mempool_destroy(call->src->ptr);
}

const struct kmc_alloc_op kmc_alloc_pool_ops[] = {
	{ KMC_OP_MEMPOOL_CREATE, create_op },
	{ KMC_OP_MEMPOOL_CREATE_SLAB, create_slab_op },
	{ KMC_OP_MEMPOOL_ALLOC, alloc_op },
	{ KMC_OP_MEMPOOL_ALLOC_PREALLOCATED, alloc_op },
	{ KMC_OP_MEMPOOL_ALLOC_BULK, alloc_bulk_op },
	{ KMC_OP_MEMPOOL_FREE, free_op },
	{ KMC_OP_MEMPOOL_FREE_BULK, free_bulk_op },
	{ KMC_OP_MEMPOOL_RESIZE, resize_op },
	{ KMC_OP_MEMPOOL_DESTROY, destroy_op },
	{ 0, NULL },
};
