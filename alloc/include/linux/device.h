/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device, as far as its reach into memory goes. */
#pragma once
#include <linux/types.h>

struct cma;

struct device {
	u64 *dma_mask;         /* of streaming mappings */
	u64 coherent_dma_mask; /* of coherent memory; 0 none was set */
	u64 bus_dma_limit;     /* the last address that the bus reaches; 0 all */
	int numa_node;
	struct cma *cma_area;  /* its own contiguous area; NULL: the default one */
};
