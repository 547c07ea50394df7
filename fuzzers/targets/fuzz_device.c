/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target device: memory for devices and the allocators behind it: CMA areas,
 * coherent buffers, DMA pools; zsmalloc and percpu areas, which share its pages.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 32 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 48, .zones3 = true },
	{ .cpus = 4, .nodes = 2, .memory_mib = 64, .movable = true },
};

static const uint16_t more[] = {
	KMC_OP_CMA_RELEASE, KMC_OP_ZS_FREE, KMC_OP_DMA_FREE_COHERENT, KMC_OP_DMA_FREE_ATTRS,
	KMC_OP_DMA_FREE_PAGES, KMC_OP_DMA_FREE_NONCOHERENT, KMC_OP_DMA_FREE_NONCONTIGUOUS,
	KMC_OP_DMA_POOL_FREE, KMC_OP_FREE_PERCPU, KMC_OP_ALLOC_PAGES, KMC_OP_FREE_PAGES_PAGE,
	KMC_OP_PUT_PAGE, KMC_OP_ALLOC_CONTIG_PAGES, KMC_OP_FREE_CONTIG_RANGE,
	KMC_OP_MIGRATE_MOVABLE, KMC_OP_KCOMPACTD_STEP, KMC_OP_PRESSURE, KMC_OP_FAIL_NTH, 0,
};

const struct kmc_alphabet kmc_fuzz_device = {
	.name = "device",
	.summary = "CMA, coherent memory, DMA pools, zsmalloc, percpu areas",
	.families = KMC_FAMILY(CMA) | KMC_FAMILY(ZS) | KMC_FAMILY(DMA) |
		    KMC_FAMILY(PERCPU) | KMC_FAMILY(MEMORY),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
