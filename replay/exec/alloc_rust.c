/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: what the kernel's Rust allocators ask of C. A slot's flags
 * say which allocator made it.
 */
#include <errno.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "alloc/rust_layout.h"
#include "target_alloc.h"

static bool backend_of(uint64_t code, enum kmc_rust_backend *backend)
{
	switch (code) {
	case KMC_OP_KMALLOC: *backend = KMC_RUST_KMALLOC; return true;
	case KMC_OP_VMALLOC: *backend = KMC_RUST_VMALLOC; return true;
	case KMC_OP_KVMALLOC: *backend = KMC_RUST_KVMALLOC; return true;
	default: return false;
	}
}

/* Nothing is behind a layout of no size: to slots it is as good as ZERO_SIZE_PTR. */
static void rust_result(struct kmc_call *call, int err, void *p, uint64_t size,
			enum kmc_rust_backend backend)
{
	call->value = backend;
	if (err == -EINVAL) {
		call->outcome = KMC_OUT_SKIPPED;
	} else if (err == -ENOSYS) {
		call->outcome = KMC_OUT_REFUSED;
	} else if (err) {
		call->outcome = KMC_OUT_NULL;
	} else if (size == 0) {
		call->result = ZERO_SIZE_PTR;
		call->outcome = KMC_OUT_ZERO_SIZE;
	} else {
		call->result = p;
		call->outcome = KMC_OUT_VALUE;
		call->granted = is_vmalloc_addr(p) ? 0 : kmc_sim_granted(p);
	}
}

static void alloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	enum kmc_rust_backend backend;
	void *p = NULL;
	int err;

	(void)exec;
	if (!backend_of(op->b, &backend)) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	err = kmc_rust_realloc(backend, NULL, (struct kmc_rust_layout){ 0, 1 },
			       (struct kmc_rust_layout){ op->a, op->c }, gfp, &p);
	rust_result(call, err, p, op->a, backend);
}

static void realloc_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	enum kmc_rust_backend backend = call->src ? call->src->flags : KMC_RUST_KMALLOC;
	uint64_t old_size = call->src ? call->src->size : 0;
	void *p = NULL;
	int err;

	(void)exec;
	/* What Rust has of an empty layout: its alignment. */
	err = kmc_rust_realloc(backend, call->src && !old_size ? (void *)op->c : call->ptr, (struct kmc_rust_layout){ old_size, op->c },
			       (struct kmc_rust_layout){ op->a, op->b }, gfp, &p);
	rust_result(call, err, p, op->a, backend);
}

static void free_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	void *nothing;

	(void)exec, (void)gfp;
	if (call->dst || !call->src)
		return;
	kmc_rust_realloc(call->src->flags, call->ptr,
			 (struct kmc_rust_layout){ call->src->size, 1 },
			 (struct kmc_rust_layout){ 0, 1 }, 0, &nothing);
}

static void size_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_rust_layout layout = { call->op->a, call->op->b };
	size_t bytes = 0;

	(void)gfp;
	if (!kmc_rust_aligned_size(kmc_alloc_state(exec)->profile, layout, &bytes))
		call->outcome = KMC_OUT_SKIPPED;
	else
		kmc_alloc_value(call, bytes);
}

const struct kmc_alloc_op kmc_alloc_rust_ops[] = {
	{ KMC_OP_RUST_ALLOC, alloc_op },
	{ KMC_OP_RUST_REALLOC, realloc_op },
	{ KMC_OP_RUST_FREE, free_op },
	{ KMC_OP_RUST_ALIGNED_SIZE, size_op },
	{ 0, NULL },
};
