/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Target machine: every call there is, on every sort of machine. What the
 * narrower targets cannot meet is met here: one family's effect on another.
 */
#include "fuzz/body.h"

static const struct kmc_shape shapes[] = {
	{ .cpus = 2, .nodes = 1, .memory_mib = 64 },
	{ .cpus = 2, .nodes = 1, .memory_mib = 24, .zones3 = true, .options = KMC_MO_memcg },
	{ .cpus = 4, .nodes = 2, .memory_mib = 48, .movable = true,
	  .options = KMC_MO_memcg | KMC_MO_init_on_alloc | KMC_MO_hardened_usercopy },
	{ .cpus = 2, .nodes = 1, .memory_mib = 32,
	  .options = KMC_MO_slub_red_zone | KMC_MO_slub_poison | KMC_MO_slub_store_user |
		     KMC_MO_slub_consistency },
};

const struct kmc_alphabet kmc_fuzz_machine = {
	.name = "machine",
	.summary = "every call on every sort of machine",
	.families = KMC_ALL_FAMILIES,
	.shapes = shapes,
	.nr_shapes = sizeof(shapes) / sizeof(shapes[0]),
};
