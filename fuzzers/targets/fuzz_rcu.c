/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target rcu: deferred frees of all kinds in all batches, readers that still look,
 * grace periods, barriers, bulk allocation and freeing.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16 },
	{ .cpus = 4, .nodes = 1, .memory_mib = 32 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 16, .options = KMC_MO_preempt_rt },
};

static const uint16_t more[] = {
	KMC_OP_KMALLOC, KMC_OP_KVMALLOC, KMC_OP_VMALLOC, KMC_OP_KMEM_CACHE_CREATE,
	KMC_OP_KMEM_CACHE_CREATE_ARGS, KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_ALLOC_BULK,
	KMC_OP_KMEM_CACHE_FREE, KMC_OP_KMEM_CACHE_FREE_BULK, KMC_OP_KMEM_CACHE_DESTROY,
	KMC_OP_KFREE, KMC_OP_KFREE_BULK, KMC_OP_KVFREE, KMC_OP_KFREE_RCU, KMC_OP_KVFREE_RCU,
	KMC_OP_KFREE_RCU_MIGHTSLEEP, KMC_OP_KVFREE_RCU_MIGHTSLEEP, KMC_OP_RCU_GRACE_PERIOD,
	KMC_OP_CLOCK_ADVANCE, KMC_OP_FAIL_NTH, KMC_OP_CPU_FLUSH, KMC_OP_CPU_UNBIND,
	KMC_OP_CPU_BIND, 0,
};

const struct kmc_alphabet kmc_fuzz_rcu = {
	.name = "rcu",
	.summary = "deferred frees, readers, grace periods, bulk calls",
	.families = KMC_FAMILY(RCU) | KMC_FAMILY(MEMORY),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
