/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target page: page blocks of every order and call, parts and references,
 * ranges, fragments, moves; small zones of several kinds, two nodes.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 16 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 24, .zones3 = true },
	{ .cpus = 2, .nodes = 2, .memory_mib = 32, .movable = true },
	{ .cpus = 4, .nodes = 2, .memory_mib = 48, .zones3 = true, .movable = true,
	  .options = KMC_MO_init_on_alloc | KMC_MO_memcg },
};

static const uint16_t more[] = {
	KMC_OP_CPU_UNBIND, KMC_OP_CPU_BIND, KMC_OP_CPU_FLUSH, KMC_OP_FAIL_NTH, KMC_OP_PRESSURE,
	KMC_OP_POPULATE_LRU, KMC_OP_KSWAPD_STEP, KMC_OP_KCOMPACTD_STEP, KMC_OP_DRAIN_ALL_PAGES,
	KMC_OP_MIGRATE_MOVABLE,
	KMC_OP_ZONE_PCP_DISABLE, KMC_OP_MEMS_ALLOWED, 0,
};

const struct kmc_alphabet kmc_fuzz_page = {
	.name = "page",
	.summary = "page blocks, their parts and references, ranges, fragments",
	.families = KMC_FAMILY(PAGES) | KMC_FAMILY(FREE) | KMC_FAMILY(MEMORY),
	.more = more,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
