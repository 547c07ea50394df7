/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragment caches that belong to the machine, one of each cpu, so that reset
 * and snapshots hold them: for programs, which have no memory of their own.
 */
#pragma once
#include "alloc/sim.h"

struct page_frag_cache;

/** kmc_sim_page_frag_cache() - The bound cpu's, to be used at once. */
struct page_frag_cache *kmc_sim_page_frag_cache(void);
