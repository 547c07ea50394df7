/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The per-cpu page lists of a machine, from outside: what offlining of memory
 * and drivers of tests do with them. Included by whoever drives a machine.
 */
#pragma once
#include "alloc/sim.h"

/**
 * kmc_sim_pcp_disable() - Nothing of the zone rests on per-cpu lists from now on, or may again.
 * Return: 0, -EINVAL: no such zone. Rule: PCP-6.
 */
int kmc_sim_pcp_disable(struct kmc_sim *sim, unsigned int zone, bool disable);

/** kmc_sim_drain_all() - Every cpu's lists go back to the buddy. Rule: PCP-3. */
void kmc_sim_drain_all(struct kmc_sim *sim);
