/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: caches and their objects. */
#include <stdio.h>
#include <linux/slab.h>
#include "exec/alloc_machine.h"
#include "target_alloc.h"

slab_flags_t kmc_alloc_slab_flags(uint64_t flags)
{
	static const struct {
		uint32_t ours;
		slab_flags_t theirs;
	} map[] = {
		{ KMC_CF_CONSISTENCY_CHECKS, SLAB_CONSISTENCY_CHECKS },
		{ KMC_CF_RED_ZONE, SLAB_RED_ZONE }, { KMC_CF_POISON, SLAB_POISON },
		{ KMC_CF_STORE_USER, SLAB_STORE_USER },
		{ KMC_CF_HWCACHE_ALIGN, SLAB_HWCACHE_ALIGN },
		{ KMC_CF_CACHE_DMA, SLAB_CACHE_DMA }, { KMC_CF_CACHE_DMA32, SLAB_CACHE_DMA32 },
		{ KMC_CF_PANIC, SLAB_PANIC }, { KMC_CF_TYPESAFE_BY_RCU, SLAB_TYPESAFE_BY_RCU },
		{ KMC_CF_RECLAIM_ACCOUNT, SLAB_RECLAIM_ACCOUNT },
		{ KMC_CF_ACCOUNT, SLAB_ACCOUNT }, { KMC_CF_NO_MERGE, SLAB_NO_MERGE },
		{ KMC_CF_NOLEAKTRACE, SLAB_NOLEAKTRACE }, { KMC_CF_KMALLOC, SLAB_KMALLOC },
		{ KMC_CF_TRACE, SLAB_TRACE },
	};
	slab_flags_t result = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (flags & map[i].ours)
			result |= map[i].theirs;
	/* What has no name must not become a legal flag. */
	if (flags >> 16)
		result |= 1;
	return result;
}

/* Reports each construction. What it writes is there again whenever the object is handed out. */
static void constructor(void *object)
{
	struct kmc_exec *exec = kmc_alloc_running();

	kmc_contents_construct(object, kmc_sim_object_bytes(object));
	if (exec && exec->sink)
		kmc_exec_effect(exec, KMC_EFF_CONSTRUCTED,
				kmc_sim_address(kmc_alloc_state(exec)->sim, object), 0, 0, 0);
}

void kmc_alloc_describe_cache(struct kmem_cache *cache, struct kmc_cache_desc *desc)
{
	struct kmc_cache_info info;

	kmc_sim_cache_info(cache, &info);
	desc->size = info.size;
	desc->align = info.align;
	desc->inuse = info.inuse;
	desc->offset = info.offset;
	desc->order = info.order;
	desc->min_order = info.min_order;
	desc->objects = info.objects;
	desc->useroffset = info.useroffset;
	desc->usersize = info.usersize;
	desc->raw_flags = info.flags;
}

static void create_cache(struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	struct kmem_cache_args args = { .align = (unsigned int)op->c,
					.ctor = op->order ? constructor : NULL };
	struct kmc_cache_desc *desc = &call->cache;

	if (op->b > UINT32_MAX || op->c > UINT32_MAX) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	if (op->code == KMC_OP_KMEM_CACHE_CREATE_USERCOPY) {
		args.useroffset = op->src != KMC_NO_SLOT ? op->src : 0;
		args.usersize = op->third != KMC_NO_SLOT ? op->third : 0;
	} else if (op->code == KMC_OP_KMEM_CACHE_CREATE_ARGS) {
		args.use_freeptr_offset = op->third != KMC_NO_SLOT;
		args.freeptr_offset = args.use_freeptr_offset ? op->third : 0;
		args.sheaf_capacity = op->src != KMC_NO_SLOT ? op->src : 0;
	}
	snprintf(desc->name, sizeof(desc->name), "cache-%llu", (unsigned long long)op->a);
	call->result = kmem_cache_create(desc->name, (unsigned int)op->b, &args,
					 kmc_alloc_slab_flags(op->d));
	desc->object_size = (uint32_t)op->b;
	desc->flags = op->d;
	desc->ctor = args.ctor;
	if (call->result)
		kmc_alloc_describe_cache(call->result, desc);
}

static struct kmem_cache *cache_of(const struct kmc_call *call)
{
	return call->src ? call->src->ptr : NULL;
}

static void *call_cache_alloc(const struct kmc_call *call, gfp_t gfp)
{
	struct kmem_cache *cache = cache_of(call);

	switch (call->op->code) {
	case KMC_OP_KMEM_CACHE_ALLOC_NODE:
		return kmem_cache_alloc_node(cache, gfp, call->op->node);
	case KMC_OP_KMEM_CACHE_ALLOC_LRU: return kmem_cache_alloc_lru(cache, NULL, gfp);
	case KMC_OP_KMEM_CACHE_ZALLOC: return kmem_cache_zalloc(cache, gfp);
	default: return kmem_cache_alloc(cache, gfp);
	}
}

static void alloc_bulk(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	int n = kmem_cache_alloc_bulk(cache_of(call), gfp, call->op->a, exec->bulk);

	call->count = n > 0 ? (uint64_t)n : 0;
	call->value = call->count;
	call->outcome = n > 0 ? KMC_OUT_VALUE : KMC_OUT_NULL;
	call->bulk = exec->bulk;
	if (n > 0)
		call->granted = kmc_sim_granted(exec->bulk[0]);
}

static void create_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	create_cache(call);
	if (call->outcome != KMC_OUT_SKIPPED)
		call->outcome = call->result ? KMC_OUT_VALUE : KMC_OUT_NULL;
}

static void destroy_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	kmem_cache_destroy(cache_of(call));
}

static void shrink_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	kmc_alloc_value(call, (uint64_t)kmem_cache_shrink(cache_of(call)));
}

static void size_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	kmc_alloc_value(call, kmem_cache_size(cache_of(call)));
}

static void cache_alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec;
	kmc_alloc_memory_result(call, call_cache_alloc(call, gfp));
}

const struct kmc_alloc_op kmc_alloc_cache_ops[] = {
	{ KMC_OP_KMEM_CACHE_CREATE, create_op },
	{ KMC_OP_KMEM_CACHE_CREATE_USERCOPY, create_op },
	{ KMC_OP_KMEM_CACHE_CREATE_ARGS, create_op },
	{ KMC_OP_KMEM_CACHE_DESTROY, destroy_op },
	{ KMC_OP_KMEM_CACHE_SHRINK, shrink_op },
	{ KMC_OP_KMEM_CACHE_SIZE, size_op },
	{ KMC_OP_KMEM_CACHE_ALLOC, cache_alloc_op },
	{ KMC_OP_KMEM_CACHE_ALLOC_NODE, cache_alloc_op },
	{ KMC_OP_KMEM_CACHE_ALLOC_LRU, cache_alloc_op },
	{ KMC_OP_KMEM_CACHE_ZALLOC, cache_alloc_op },
	{ KMC_OP_KMEM_CACHE_ALLOC_BULK, alloc_bulk },
	{ 0, NULL },
};
