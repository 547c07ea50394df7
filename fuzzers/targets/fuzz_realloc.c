/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target realloc: what resizes and copies keep, zero and give back; every block
 * is written, and looked at again.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16 },
	{ .cpus = 2, .nodes = 2, .memory_mib = 32, .options = KMC_MO_init_on_free },
	{ .cpus = 1, .nodes = 1, .memory_mib = 16, .options = KMC_MO_slub_red_zone |
							      KMC_MO_slub_poison },
};

static const uint16_t more[] = {
	KMC_OP_KMALLOC, KMC_OP_KZALLOC, KMC_OP_KCALLOC, KMC_OP_KMALLOC_NODE, KMC_OP_KSIZE,
	KMC_OP_VMALLOC, KMC_OP_VZALLOC, KMC_OP_KVMALLOC, KMC_OP_KVZALLOC, KMC_OP_KFREE,
	KMC_OP_KFREE_SENSITIVE, KMC_OP_KVFREE, KMC_OP_VFREE, KMC_OP_RUST_FREE, KMC_OP_FAIL_NTH, 0,
};

const struct kmc_alphabet kmc_fuzz_realloc = {
	.name = "realloc",
	.summary = "contents over resizes and copies",
	.families = KMC_FAMILY(RESIZE) | KMC_FAMILY(DUP) | KMC_FAMILY(RUST) |
		    KMC_FAMILY(MEMORY),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
