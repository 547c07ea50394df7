/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target vmalloc: areas, mappings of pages, kvmalloc and its resizes; little
 * address space and little memory.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16 },
	{ .cpus = 2, .nodes = 2, .memory_mib = 32 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 24, .zones3 = true,
	  .options = KMC_MO_init_on_alloc },
};

static const uint16_t more[] = {
	KMC_OP_VREALLOC, KMC_OP_VREALLOC_NODE_ALIGN, KMC_OP_KVREALLOC, KMC_OP_KVREALLOC_OLD,
	KMC_OP_KVREALLOC_NODE_ALIGN, KMC_OP_KVMEMDUP, KMC_OP_VMEMDUP_USER, KMC_OP_VFREE,
	KMC_OP_VFREE_ATOMIC, KMC_OP_VUNMAP, KMC_OP_VM_UNMAP_RAM, KMC_OP_KVFREE,
	KMC_OP_KVFREE_SENSITIVE, KMC_OP_KVFREE_ATOMIC, KMC_OP_KVFREE_RCU,
	KMC_OP_KVFREE_RCU_MIGHTSLEEP, KMC_OP_ALLOC_PAGES, KMC_OP_ALLOC_PAGES_BULK,
	KMC_OP_FREE_PAGES_PAGE, KMC_OP_PUT_PAGE, KMC_OP_FAIL_NTH, KMC_OP_VMALLOC_LIMIT,
	KMC_OP_PRESSURE, KMC_OP_CLOCK_ADVANCE,
	KMC_OP_RCU_GRACE_PERIOD, 0,
};

const struct kmc_alphabet kmc_fuzz_vmalloc = {
	.name = "vmalloc",
	.summary = "areas, mappings, kvmalloc and resizes",
	.families = KMC_FAMILY(VMALLOC) | KMC_FAMILY(KVMALLOC) |
		    KMC_FAMILY(MEMORY),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
