/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target gfp: requests for pages and objects under every sort of flags, context and
 * scope while memory runs short: which may wait, which may dip, which must fail.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 8 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 16, .zones3 = true },
	{ .cpus = 2, .nodes = 2, .memory_mib = 16, .movable = true },
};

static const uint16_t more[] = {
	KMC_OP_KMALLOC, KMC_OP_KZALLOC, KMC_OP_KMALLOC_NODE, KMC_OP_KVMALLOC, KMC_OP_ALLOC_PAGES,
	KMC_OP_ALLOC_PAGES_NODE, KMC_OP_GET_FREE_PAGES, KMC_OP_FOLIO_ALLOC,
	KMC_OP_ALLOC_PAGES_BULK, KMC_OP_VMALLOC_GFP, KMC_OP_KFREE, KMC_OP_KVFREE, KMC_OP_VFREE,
	KMC_OP_FREE_PAGES_PAGE, KMC_OP_FREE_PAGES, KMC_OP_FOLIO_PUT, KMC_OP_KMEM_CACHE_CREATE,
	KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_FREE, KMC_OP_TASK_SET, KMC_OP_TASK_EXIT,
	KMC_OP_MEMS_ALLOWED, KMC_OP_FAIL_NTH, KMC_OP_PRESSURE, KMC_OP_POPULATE_LRU,
	KMC_OP_POPULATE_ANON, KMC_OP_SHRINKER, KMC_OP_KSWAPD_STEP, KMC_OP_KCOMPACTD_STEP,
	KMC_OP_SYSCTL, KMC_OP_BALLOON, KMC_OP_DRAIN_ALL_PAGES, KMC_OP_SUSPEND_STORAGE,
	KMC_OP_CLOCK_ADVANCE, 0,
};

const struct kmc_alphabet kmc_fuzz_gfp = {
	.name = "gfp",
	.summary = "requests under pressure: flags, contexts, scopes",
	.families = KMC_FAMILY(SCOPE),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
