/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contiguous areas, packed objects, memory for devices, percpu areas: what their
 * calls say of themselves in events. Areas, pools and devices are numbered as
 * they are made, by the same count as caches.
 */
#include "exec_core.h"

bool kmc_special_maker(unsigned int code)
{
	switch (code) {
	case KMC_OP_CMA_DECLARE:
	case KMC_OP_CMA_INIT_RESERVED:
	case KMC_OP_ZS_CREATE_POOL:
	case KMC_OP_DMA_DEVICE:
	case KMC_OP_DMA_POOL_CREATE:
		return true;
	default:
		return false;
	}
}

static void describe_dma(struct kmc_event *ev, const struct kmc_call *call)
{
	const struct kmc_op *op = call->op;

	switch (op->code) {
	case KMC_OP_DMA_DEVICE:
		ev->size = op->a;
		ev->granted = op->b;
		ev->addr2 = op->c;
		break;
	case KMC_OP_DMA_ALLOC_ATTRS:
		ev->arg = op->b;
		break;
	case KMC_OP_DMA_POOL_CREATE:
		ev->size = op->a;
		ev->arg = op->b;
		ev->granted = op->c;
		ev->addr2 = call->src ? call->src->cache : KMC_CACHE_NONE;
		break;
	case KMC_OP_DMA_FREE_ATTRS:
		ev->arg = op->c;
		ev->size = op->a;
		break;
	case KMC_OP_DMA_FREE_COHERENT:
	case KMC_OP_DMA_FREE_PAGES:
	case KMC_OP_DMA_FREE_NONCOHERENT:
	case KMC_OP_DMA_FREE_NONCONTIGUOUS:
	case KMC_OP_DMA_SET_MASK:
	case KMC_OP_DMA_SET_COHERENT_MASK:
		ev->size = op->a;
		break;
	}
}

static void describe_zs(struct kmc_event *ev, const struct kmc_call *call)
{
	const struct kmc_op *op = call->op;

	if (call->dst && call->dst->kind == KMC_SLOT_HANDLE)
		ev->addr = call->dst->value;
	if (op->code == KMC_OP_ZS_MAP_OBJECT)
		ev->arg = op->a;
	else if (op->code == KMC_OP_ZS_OBJ_READ_BEGIN || op->code == KMC_OP_ZS_OBJ_WRITE)
		ev->size = op->a;
}

void kmc_special_describe(struct kmc_event *ev, const struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	uint8_t family = kmc_plan_of(op->code)->family;

	if (call->src && call->src->kind == KMC_SLOT_POOL && kmc_special_maker(call->src->origin) &&
	    !kmc_special_maker(op->code))
		ev->cache = call->src->cache;
	if (op->code == KMC_OP_CMA_DECLARE || op->code == KMC_OP_CMA_INIT_RESERVED) {
		ev->size = op->b;
		ev->addr2 = op->a;
		if (op->code == KMC_OP_CMA_DECLARE) {
			ev->granted = op->c;
			ev->arg = op->d;
		}
	} else if (op->code == KMC_OP_ALLOC_PERCPU) {
		ev->arg = op->b;
	} else if (family == KMC_OPF_ZS || op->code == KMC_OP_ZS_FREE) {
		describe_zs(ev, call);
	} else {
		describe_dma(ev, call);
	}
}

void kmc_special_done(struct kmc_exec *exec, const struct kmc_call *call)
{
	uint8_t family = call->plan->family;

	if (call->outcome != KMC_OUT_VALUE && call->outcome != KMC_OUT_NONE)
		return;
	if (kmc_special_maker(call->op->code)) {
		exec->open.cache = ++exec->next_cache;
		if (call->op->dst != KMC_NO_SLOT)
			exec->slots[call->op->dst].cache = exec->next_cache;
		if (family == KMC_OPF_CMA)
			exec->open.addr = call->second;
	} else if (family == KMC_OPF_DMA || family == KMC_OPF_ZS) {
		if (call->op->code == KMC_OP_ZS_MALLOC)
			exec->open.addr = call->value;
		if (call->second)
			exec->open.addr2 = call->second;
	}
}
