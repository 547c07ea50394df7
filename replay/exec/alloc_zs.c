/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: zsmalloc. Mapping is of releases up to 6.12, reading and writing of 6.18. What
 * a write put there is compared at each read: contents outlive compaction.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/zsmalloc.h>
#include "target_alloc.h"

/* Local copies: enough for any class. */
static __thread uint8_t local[PAGE_SIZE];

static struct zs_pool *pool_of(struct kmc_call *call)
{
	bool fits = call->src && call->src->origin == KMC_OP_ZS_CREATE_POOL && call->src->ptr;

	if (!fits)
		call->outcome = KMC_OUT_SKIPPED;
	return fits ? call->src->ptr : NULL;
}

/* A handle of this pool, in the state that the call needs. */
static bool handle_fits(struct kmc_call *call, bool open)
{
	struct kmc_slot *slot = call->dst;
	bool ours = pool_of(call) && slot && slot->origin == KMC_OP_ZS_MALLOC && slot->ptr &&
		    slot->extra == call->src->ptr;

	if (!ours)
		call->outcome = KMC_OUT_SKIPPED;
	else if ((slot->parts != 0) != open)
		kmc_alloc_misfit(call);
	return ours && (slot->parts != 0) == open;
}

static bool has_access_calls(const struct kmc_exec *exec, struct kmc_call *call, bool mapping)
{
	bool maps = exec->caps.machine.profile < KMC_RELEASE(6, 18, 0);

	if (maps != mapping)
		call->outcome = KMC_OUT_REFUSED;
	return maps == mapping;
}

static void create_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct zs_pool *pool = zs_create_pool("pool");

	(void)gfp;
	call->result = pool;
	if (pool)
		kmc_alloc_value(call, exec->backend->address(exec, pool));
	else
		call->outcome = KMC_OUT_NULL;
}

/* With objects in it it is the caller's fault (ZS-17): not carried out. */
static void destroy_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct zs_pool *pool = pool_of(call);

	(void)exec, (void)gfp;
	if (!pool)
		return;
	if (zs_get_total_pages(pool)) {
		kmc_alloc_misfit(call);
		return;
	}
	zs_destroy_pool(pool);
	call->src->freed = true;
}

static void malloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct zs_pool *pool = pool_of(call);
	void *handle;

	if (!pool)
		return;
	handle = (void *)zs_malloc(pool, call->op->a, gfp, call->op->node);
	if (IS_ERR(handle)) {
		call->outcome = KMC_OUT_ERROR;
		call->value = (uint64_t)-PTR_ERR(handle);
		return;
	}
	call->result = handle;
	call->extra = pool;
	kmc_alloc_value(call, exec->backend->address(exec, handle));
}

static void free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	if (!call->dst || !call->dst->ptr) {
		if (pool_of(call))
			zs_free(call->src->ptr, 0);
		return;
	}
	if (!handle_fits(call, false))
		return;
	zs_free(call->src->ptr, (unsigned long)call->dst->ptr);
	call->dst->freed = true;
}

/* What is mapped on a cpu: the handle's parts say on which, from 1. */
static const struct kmc_slot *mapped_on(const struct kmc_exec *exec, uint8_t cpu)
{
	for (uint32_t i = 0; i < exec->nr_used; i++) {
		const struct kmc_slot *slot = &exec->slots[exec->used[i]];

		if (slot->kind == KMC_SLOT_HANDLE && slot->origin == KMC_OP_ZS_MALLOC &&
		    slot->parts == cpu + 1u)
			return slot;
	}
	return NULL;
}

/* Rule: ZS-10. A cpu maps one object at a time, never in an interrupt, and unmaps it itself. */
static void map_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	bool map = call->op->code == KMC_OP_ZS_MAP_OBJECT;
	const struct kmc_slot *mapped = mapped_on(exec, call->op->cpu);
	bool irq = call->op->context >= KMC_CTX_SOFTIRQ && call->op->context <= KMC_CTX_NMI;

	(void)gfp;
	if (!has_access_calls(exec, call, true) || !handle_fits(call, !map))
		return;
	if (map ? mapped || irq : mapped != call->dst) {
		kmc_alloc_misfit(call);
		return;
	}
	if (map)
		call->second = exec->backend->address(
			exec, zs_map_object(call->src->ptr, (unsigned long)call->dst->ptr,
					    (enum zs_mapmode)(call->op->a % 3)));
	else
		zs_unmap_object(call->src->ptr, (unsigned long)call->dst->ptr);
	call->dst->parts = map ? call->op->cpu + 1u : 0;
}

static void write_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_slot *slot = call->dst;

	(void)gfp;
	if (!has_access_calls(exec, call, false) || !handle_fits(call, false))
		return;
	if (call->op->a > slot->size) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	memset(local, (int)(uint8_t)call->op->b, call->op->a);
	zs_obj_write(call->src->ptr, (unsigned long)slot->ptr, local, call->op->a);
	slot->pattern = (uint8_t)call->op->b;
	slot->written = (struct kmc_extent){ 0, call->op->a };
}

static void read_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	bool first = call->op->code == KMC_OP_ZS_OBJ_READ_BEGIN, good = true;
	struct kmc_slot *slot = call->dst;
	const uint8_t *bytes;

	(void)gfp;
	if (!has_access_calls(exec, call, false) || !handle_fits(call, !first))
		return;
	slot->parts = first;
	if (!first) {
		zs_obj_read_end(call->src->ptr, (unsigned long)slot->ptr, NULL);
		return;
	}
	bytes = zs_obj_read_begin(call->src->ptr, (unsigned long)slot->ptr, local);
	call->second = bytes == local ? 0 : exec->backend->address(exec, bytes);
	for (uint64_t i = 0; i < slot->written.end; i++)
		good &= bytes[i] == (uint8_t)slot->pattern;
	if (slot->written.end && exec->sink)
		kmc_exec_effect(exec, good ? KMC_EFF_CONTENT_KEPT : KMC_EFF_CONTENT_LOST,
				slot->value, 0, slot->written.end, 0);
}

static void number_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct zs_pool *pool = pool_of(call);

	(void)exec, (void)gfp;
	if (!pool)
		return;
	switch (call->op->code) {
	case KMC_OP_ZS_COMPACT: kmc_alloc_value(call, zs_compact(pool)); break;
	case KMC_OP_ZS_HUGE_CLASS_SIZE: kmc_alloc_value(call, zs_huge_class_size(pool)); break;
	default: kmc_alloc_value(call, zs_get_total_pages(pool));
	}
}

const struct kmc_alloc_op kmc_alloc_zs_ops[] = {
	{ KMC_OP_ZS_CREATE_POOL, create_op },
	{ KMC_OP_ZS_DESTROY_POOL, destroy_op },
	{ KMC_OP_ZS_MALLOC, malloc_op },
	{ KMC_OP_ZS_FREE, free_op },
	{ KMC_OP_ZS_MAP_OBJECT, map_op },
	{ KMC_OP_ZS_UNMAP_OBJECT, map_op },
	{ KMC_OP_ZS_OBJ_READ_BEGIN, read_op },
	{ KMC_OP_ZS_OBJ_READ_END, read_op },
	{ KMC_OP_ZS_OBJ_WRITE, write_op },
	{ KMC_OP_ZS_COMPACT, number_op },
	{ KMC_OP_ZS_HUGE_CLASS_SIZE, number_op },
	{ KMC_OP_ZS_GET_TOTAL_PAGES, number_op },
	{ 0, NULL },
};
