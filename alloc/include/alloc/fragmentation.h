/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine does against the mixing of page types, as its sysctls say.
 * Included by whoever drives a machine.
 */
#pragma once
#include <stdint.h>
#include "alloc/sim.h"

/**
 * kmc_sim_set_defrag_mode() - vm.defrag_mode: reclaim and compact before types are mixed.
 * Return: 0, -EINVAL before 6.18. Rule: MIG-10.
 */
int kmc_sim_set_defrag_mode(struct kmc_sim *sim, bool on);

/** kmc_sim_set_boost_factor() - vm.watermark_boost_factor; 0: no boost. Rule: MIG-6. */
void kmc_sim_set_boost_factor(struct kmc_sim *sim, uint64_t factor);
