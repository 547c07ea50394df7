/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target slab: kmalloc and its relatives, caches, every way of freeing, resizes
 * and copies; two cpus with their sheaves and per-cpu slabs, little memory.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 16, .options = KMC_MO_freelist_random |
							      KMC_MO_freelist_hardened },
	{ .cpus = 4, .nodes = 2, .memory_mib = 32, .options = KMC_MO_memcg },
	{ .cpus = 2, .nodes = 1, .memory_mib = 16, .options = KMC_MO_slab_buckets |
							      KMC_MO_random_kmalloc |
							      KMC_MO_init_on_free },
};

static const uint16_t more[] = {
	KMC_OP_CPU_UNBIND, KMC_OP_CPU_BIND, KMC_OP_CPU_FLUSH, KMC_OP_FAIL_NTH,
	KMC_OP_PRESSURE, KMC_OP_RCU_GRACE_PERIOD, 0,
};

const struct kmc_alphabet kmc_fuzz_slab = {
	.name = "slab",
	.summary = "kmalloc, caches, frees, resizes and copies",
	.families = KMC_FAMILY(KMALLOC) | KMC_FAMILY(RESIZE) | KMC_FAMILY(PURE) |
		    KMC_FAMILY(DUP) | KMC_FAMILY(CACHE) | KMC_FAMILY(FREE) | KMC_FAMILY(MEMORY),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
