/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: scopes of a task. */
#include <linux/sched/mm.h>
#include "target_alloc.h"

static uint64_t scope_save(unsigned int code)
{
	switch (code) {
	case KMC_OP_MEMALLOC_NOIO_SAVE: return memalloc_noio_save();
	case KMC_OP_MEMALLOC_NOFS_SAVE: return memalloc_nofs_save();
	case KMC_OP_MEMALLOC_NORECLAIM_SAVE: return memalloc_noreclaim_save();
	default: return memalloc_pin_save();
	}
}

static void scope_restore(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	unsigned int flags = (unsigned int)call->src->value;

	(void)exec, (void)gfp;
	switch (call->op->code) {
	case KMC_OP_MEMALLOC_NOIO_RESTORE: memalloc_noio_restore(flags); break;
	case KMC_OP_MEMALLOC_NOFS_RESTORE: memalloc_nofs_restore(flags); break;
	case KMC_OP_MEMALLOC_NORECLAIM_RESTORE: memalloc_noreclaim_restore(flags); break;
	case KMC_OP_MEMALLOC_PIN_RESTORE: memalloc_pin_restore(flags); break;
	}
}

static void scope_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	kmc_alloc_value(call, scope_save(call->op->code));
}

/* As atoms: numbers of flags differ between subjects. */
static void context_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_gfp left = kmc_gfp_from_raw(kmc_alloc_state(exec)->gfp,
					       current_gfp_context(gfp));

	kmc_alloc_value(call, left.atoms);
}

const struct kmc_alloc_op kmc_alloc_scope_ops[] = {
	{ KMC_OP_CURRENT_GFP_CONTEXT, context_op },
	{ KMC_OP_MEMALLOC_NOIO_SAVE, scope_op },
	{ KMC_OP_MEMALLOC_NOFS_SAVE, scope_op },
	{ KMC_OP_MEMALLOC_NORECLAIM_SAVE, scope_op },
	{ KMC_OP_MEMALLOC_PIN_SAVE, scope_op },
	{ KMC_OP_MEMALLOC_NOIO_RESTORE, scope_restore },
	{ KMC_OP_MEMALLOC_NOFS_RESTORE, scope_restore },
	{ KMC_OP_MEMALLOC_NORECLAIM_RESTORE, scope_restore },
	{ KMC_OP_MEMALLOC_PIN_RESTORE, scope_restore },
	{ 0, NULL },
};
