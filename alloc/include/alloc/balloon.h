/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A balloon: memory that a guest gives to its host and gets back. Included by
 * whoever drives a machine.
 */
#pragma once
#include <stdint.h>
#include "alloc/sim.h"

/**
 * kmc_sim_balloon() - Let the balloon of a zone have @pages pages.
 *
 * It takes single pages as a request that gives up early would, down to the min mark.
 * They are no longer managed: the watermarks stay as they are, the lowmem reserve of
 * 6.18 follows. Context: a bound cpu; no other cpu allocates.
 * Return: how many it has then; -EINVAL no such zone. Rule: ZON-6.
 */
int64_t kmc_sim_balloon(struct kmc_sim *sim, unsigned int node, enum kmc_zone_type type,
			uint64_t pages);
