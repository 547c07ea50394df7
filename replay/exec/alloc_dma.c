/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: memory for devices. A device is an object of the machine's own. A
 * buffer is freed as it was made: by its device, with its size, by the call of its kind.
 */
#include <errno.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "target_alloc.h"

struct exec_device {
	struct device dev;
	u64 mask;
};

static bool of_kind(struct kmc_call *call, unsigned int origin)
{
	bool fits = call->src && call->src->origin == origin && call->src->ptr;

	if (!fits)
		call->outcome = KMC_OUT_SKIPPED;
	return fits;
}

static void made(struct kmc_exec *exec, struct kmc_call *call, void *result)
{
	call->result = result;
	if (result)
		kmc_alloc_value(call, exec->backend->address(exec, result));
	else
		call->outcome = KMC_OUT_NULL;
}

static void device_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct exec_device *device = kzalloc(sizeof(*device), GFP_KERNEL);

	(void)gfp;
	if (device) {
		device->mask = call->op->a;
		device->dev.dma_mask = &device->mask;
		device->dev.coherent_dma_mask = call->op->b;
		device->dev.bus_dma_limit = call->op->c;
		device->dev.numa_node = NUMA_NO_NODE;
	}
	made(exec, call, device);
}

static void mask_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	int err;

	(void)exec, (void)gfp;
	if (!of_kind(call, KMC_OP_DMA_DEVICE))
		return;
	err = call->op->code == KMC_OP_DMA_SET_MASK ? dma_set_mask(call->src->ptr, call->op->a) :
						      dma_set_coherent_mask(call->src->ptr, call->op->a);
	if (err) {
		call->outcome = KMC_OUT_ERROR;
		call->value = (uint64_t)-err;
	} else {
		kmc_alloc_value(call, 0);
	}
}

static void *page_block(struct page *page)
{
	return page ? page_address(page) : NULL;
}

static void *call_alloc(struct kmc_call *call, struct device *dev, gfp_t gfp, dma_addr_t *bus)
{
	const struct kmc_op *op = call->op;
	struct sg_table *sgt;
	void *block;

	switch (op->code) {
	case KMC_OP_DMA_ALLOC_COHERENT: return dma_alloc_coherent(dev, op->a, bus, gfp);
	case KMC_OP_DMA_ALLOC_ATTRS:
		block = dma_alloc_attrs(dev, op->a, bus, gfp, op->b);
		return op->b & DMA_ATTR_NO_KERNEL_MAPPING ? page_block(block) : block;
	case KMC_OP_DMA_ALLOC_PAGES:
		return page_block(dma_alloc_pages(dev, op->a, bus, DMA_BIDIRECTIONAL, gfp));
	case KMC_OP_DMA_ALLOC_NONCOHERENT:
		return dma_alloc_noncoherent(dev, op->a, bus, DMA_BIDIRECTIONAL, gfp);
	default:
		sgt = dma_alloc_noncontiguous(dev, op->a, DMA_BIDIRECTIONAL, gfp, 0);
		call->extra = sgt;
		return sgt ? page_block(sgt->sgl->page) : NULL;
	}
}

static void alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	dma_addr_t bus = 0;

	(void)exec;
	if (!of_kind(call, KMC_OP_DMA_DEVICE))
		return;
	kmc_alloc_memory_result(call, call_alloc(call, call->src->ptr, gfp, &bus));
	if (call->outcome != KMC_OUT_VALUE)
		return;
	call->granted = PAGE_ALIGN(call->size);
	call->second = bus;
}

static unsigned int maker_of(unsigned int code)
{
	switch (code) {
	case KMC_OP_DMA_FREE_COHERENT: return KMC_OP_DMA_ALLOC_COHERENT;
	case KMC_OP_DMA_FREE_ATTRS: return KMC_OP_DMA_ALLOC_ATTRS;
	case KMC_OP_DMA_FREE_PAGES: return KMC_OP_DMA_ALLOC_PAGES;
	case KMC_OP_DMA_FREE_NONCOHERENT: return KMC_OP_DMA_ALLOC_NONCOHERENT;
	default: return KMC_OP_DMA_ALLOC_NONCONTIGUOUS;
	}
}

static void free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	const struct kmc_slot *slot = call->dst;
	struct device *dev;
	dma_addr_t bus;

	(void)exec, (void)gfp;
	if (!of_kind(call, KMC_OP_DMA_DEVICE))
		return;
	if (!call->ptr)
		return;
	if (slot->origin != maker_of(op->code) || slot->size != op->a ||
	    slot->value != call->src->value) {
		kmc_alloc_misfit(call);
		return;
	}
	dev = call->src->ptr;
	bus = virt_to_phys(call->ptr);
	switch (op->code) {
	case KMC_OP_DMA_FREE_COHERENT: dma_free_coherent(dev, op->a, call->ptr, bus); break;
	case KMC_OP_DMA_FREE_ATTRS:
		dma_free_attrs(dev, op->a, op->c & DMA_ATTR_NO_KERNEL_MAPPING ?
					(void *)virt_to_page(call->ptr) : call->ptr, bus, op->c);
		break;
	case KMC_OP_DMA_FREE_PAGES:
		dma_free_pages(dev, op->a, virt_to_page(call->ptr), bus, DMA_BIDIRECTIONAL);
		break;
	case KMC_OP_DMA_FREE_NONCOHERENT:
		dma_free_noncoherent(dev, op->a, call->ptr, bus, DMA_BIDIRECTIONAL);
		break;
	default:
		dma_free_noncontiguous(dev, op->a, slot->extra, DMA_BIDIRECTIONAL);
	}
}

static void pool_create_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;

	(void)gfp;
	if (of_kind(call, KMC_OP_DMA_DEVICE))
		made(exec, call, dma_pool_create("pool", call->src->ptr, op->a, op->b, op->c));
}

static void pool_alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	dma_addr_t bus = 0;

	(void)exec;
	if (!of_kind(call, KMC_OP_DMA_POOL_CREATE))
		return;
	kmc_alloc_memory_result(call, dma_pool_alloc(call->src->ptr, gfp, &bus));
	if (call->outcome == KMC_OUT_VALUE) {
		call->src->refs++;
		call->granted = call->size;
		call->second = bus;
	}
}

static void pool_free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	if (!of_kind(call, KMC_OP_DMA_POOL_CREATE))
		return;
	if (!call->ptr || call->dst->value != call->src->value) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	dma_pool_free(call->src->ptr, call->ptr, virt_to_phys(call->ptr));
	call->src->refs--;
}

/* With blocks in use it is the caller's fault; that is alloc's test (DMA-15). */
static void pool_destroy_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	if (!call->src)
		return;
	if (!of_kind(call, KMC_OP_DMA_POOL_CREATE))
		return;
	if (call->src->refs) {
		kmc_alloc_misfit(call);
		return;
	}
	dma_pool_destroy(call->src->ptr);
	call->src->freed = true;
}

const struct kmc_alloc_op kmc_alloc_dma_ops[] = {
	{ KMC_OP_DMA_DEVICE, device_op },
	{ KMC_OP_DMA_SET_MASK, mask_op },
	{ KMC_OP_DMA_SET_COHERENT_MASK, mask_op },
	{ KMC_OP_DMA_ALLOC_COHERENT, alloc_op },
	{ KMC_OP_DMA_ALLOC_ATTRS, alloc_op },
	{ KMC_OP_DMA_ALLOC_PAGES, alloc_op },
	{ KMC_OP_DMA_ALLOC_NONCOHERENT, alloc_op },
	{ KMC_OP_DMA_ALLOC_NONCONTIGUOUS, alloc_op },
	{ KMC_OP_DMA_FREE_COHERENT, free_op },
	{ KMC_OP_DMA_FREE_ATTRS, free_op },
	{ KMC_OP_DMA_FREE_PAGES, free_op },
	{ KMC_OP_DMA_FREE_NONCOHERENT, free_op },
	{ KMC_OP_DMA_FREE_NONCONTIGUOUS, free_op },
	{ KMC_OP_DMA_POOL_CREATE, pool_create_op },
	{ KMC_OP_DMA_POOL_ALLOC, pool_alloc_op },
	{ KMC_OP_DMA_POOL_FREE, pool_free_op },
	{ KMC_OP_DMA_POOL_DESTROY, pool_destroy_op },
	{ 0, NULL },
};
