/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target memcg: groups and their limits, who pays, and the scopes that a task is
 * in, nested and in every order.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16, .options = KMC_MO_memcg },
	{ .cpus = 4, .nodes = 2, .memory_mib = 32, .options = KMC_MO_memcg },
};

static const uint16_t more[] = {
	KMC_OP_KMALLOC, KMC_OP_KZALLOC, KMC_OP_KFREE, KMC_OP_KVMALLOC, KMC_OP_KVFREE,
	KMC_OP_VMALLOC_GFP, KMC_OP_VFREE, KMC_OP_ALLOC_PAGES, KMC_OP_FREE_PAGES_PAGE,
	KMC_OP_KMEM_CACHE_CREATE, KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_FREE,
	KMC_OP_KMEM_CACHE_CHARGE, KMC_OP_KMEM_CACHE_ALLOC_BULK, KMC_OP_KMEM_CACHE_FREE_BULK,
	KMC_OP_ALLOC_PERCPU, KMC_OP_FREE_PERCPU, KMC_OP_TASK_SET, KMC_OP_TASK_EXIT,
	KMC_OP_POPULATE_LRU, KMC_OP_POPULATE_ANON, KMC_OP_KSWAPD_STEP, KMC_OP_PRESSURE, KMC_OP_FAIL_NTH, 0,
};

const struct kmc_alphabet kmc_fuzz_memcg = {
	.name = "memcg",
	.summary = "groups, limits, charges, scopes",
	.families = KMC_FAMILY(MEMCG) | KMC_FAMILY(SCOPE),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
