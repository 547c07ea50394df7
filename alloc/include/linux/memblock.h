/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is taken before the page allocator has it. The machine has been
 * up since kmc_sim_create(), so here a range can be reserved as long as all of
 * it is free still.
 */
#pragma once
#include <stdbool.h>
#include "linux/types.h"

/** memblock_reserve() - Return: 0, -EBUSY: not whole pages of free memory. Rule: ZON-6. */
int memblock_reserve(phys_addr_t base, phys_addr_t size);
/** memblock_is_region_reserved() - Is any part of it reserved? */
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);
/** memblock_phys_free() - A reserved range becomes the page allocator's. */
int memblock_phys_free(phys_addr_t base, phys_addr_t size);
