/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target threads: two cpus whose calls overlap. Which goes on at each yield point
 * of the allocator follows from the program, so a run repeats (fuzz/threads.h).
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 16, .options = KMC_MO_freelist_hardened },
};

static const uint16_t more[] = {
	KMC_OP_KMALLOC, KMC_OP_KZALLOC, KMC_OP_KFREE, KMC_OP_KFREE_BULK, KMC_OP_KMEM_CACHE_CREATE,
	KMC_OP_KMEM_CACHE_DESTROY, KMC_OP_KMEM_CACHE_SHRINK, KMC_OP_KMEM_CACHE_ALLOC,
	KMC_OP_KMEM_CACHE_FREE, KMC_OP_KMEM_CACHE_ALLOC_BULK, KMC_OP_KMEM_CACHE_FREE_BULK,
	KMC_OP_KFREE_RCU, KMC_OP_KVFREE_RCU, KMC_OP_RCU_READ_LOCK, KMC_OP_RCU_READ_UNLOCK,
	KMC_OP_RCU_GRACE_PERIOD, KMC_OP_SYNCHRONIZE_RCU, KMC_OP_KVFREE_RCU_BARRIER,
	KMC_OP_CLOCK_ADVANCE, KMC_OP_ALLOC_PAGES,
	KMC_OP_FREE_PAGES_PAGE, KMC_OP_VMALLOC, KMC_OP_VFREE, KMC_OP_CPU_FLUSH,
	KMC_OP_DRAIN_ALL_PAGES, 0,
};

const struct kmc_alphabet kmc_fuzz_threads = {
	.name = "threads",
	.summary = "two cpus with overlapping calls, interleaved by the program",
	.families = KMC_FAMILY(MEMORY),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
	.newest_only = true,
	.threads = true,
};
