/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where calls come from, as far as the allocator cares: random kmalloc copies
 * are chosen by call site. Included by whoever drives a machine with programs
 * that have no code of their own.
 */
#pragma once
#include <stdint.h>
#include "alloc/sim.h"

/**
 * kmc_sim_call_site() - The bound cpu's calls come from @site from now on.
 * @site: any number but 0, the same for the same call of a program; 0: from
 *        where the code is that calls.
 *
 * Not part of the state: a reset leaves it as it is.
 */
void kmc_sim_call_site(uint64_t site);
