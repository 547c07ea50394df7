/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target caches: caches of every geometry and flag, constructors, sheaves,
 * mempools on them, user copies; slub_debug on some machines.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 16,
	  .options = KMC_MO_slub_red_zone | KMC_MO_slub_poison | KMC_MO_slub_store_user |
		     KMC_MO_slub_consistency },
	{ .cpus = 4, .nodes = 2, .memory_mib = 32,
	  .options = KMC_MO_slab_nomerge | KMC_MO_memcg | KMC_MO_hardened_usercopy },
	{ .cpus = 2, .nodes = 1, .memory_mib = 16,
	  .options = KMC_MO_init_on_alloc | KMC_MO_init_on_free | KMC_MO_freelist_hardened },
};

static const uint16_t more[] = {
	KMC_OP_KMEM_CACHE_FREE, KMC_OP_KMEM_CACHE_FREE_BULK, KMC_OP_KFREE, KMC_OP_KFREE_BULK,
	KMC_OP_KFREE_RCU, KMC_OP_KVFREE, KMC_OP_MEMPOOL_FREE, KMC_OP_MEMPOOL_FREE_BULK,
	KMC_OP_KMEM_BUCKETS_CREATE, KMC_OP_KMEM_BUCKETS_ALLOC, KMC_OP_RCU_GRACE_PERIOD,
	KMC_OP_CPU_FLUSH, KMC_OP_CPU_UNBIND, KMC_OP_CPU_BIND, KMC_OP_FAIL_NTH, KMC_OP_PRESSURE, 0,
};

const struct kmc_alphabet kmc_fuzz_caches = {
	.name = "caches",
	.summary = "caches, constructors, sheaves, mempools, slub_debug",
	.families = KMC_FAMILY(CACHE) | KMC_FAMILY(MEMPOOL) | KMC_FAMILY(USERCOPY) |
		    KMC_FAMILY(MEMORY),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
