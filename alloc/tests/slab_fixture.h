/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the slab layer's tests share: a booted machine, a recorder of events,
 * fill patterns. Included by each slab test, after private headers.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "alloc/sim.h"
#include "alloc/slab_layout.h"
#include "linux/slab.h"

#define MIB (1ull << 20)

static struct kmc_sim *sim;

/* The last events, newest last. */
#define TP_KEPT 64
static struct kmc_tp tp_seen[TP_KEPT];
static unsigned int tp_count;

static inline void tp_record(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	if (tp_count < TP_KEPT)
		tp_seen[tp_count] = *tp;
	tp_count++;
}

static inline void tp_listen(uint64_t mask)
{
	tp_count = 0;
	kmc_sim_trace(sim, mask, mask ? tp_record : NULL, NULL);
}

static inline struct kmc_sim_config machine_config(unsigned int nr_cpus, uint64_t size_bytes)
{
	struct kmc_sim_config config;

	kmc_sim_config_simple(&config, nr_cpus, size_bytes);
	return config;
}

static inline void machine_boot(const struct kmc_sim_config *config)
{
	assert_int_equal(kmc_sim_create(config, &sim), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
}

static inline void machine_off(void)
{
	kmc_sim_check(sim);
	kmc_sim_trace(sim, 0, NULL, NULL);
	kmc_sim_unbind();
	kmc_sim_destroy(sim);
	sim = NULL;
}

static inline int setup_machine(void **state)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);

	(void)state;
	machine_boot(&config);
	return 0;
}

static inline int teardown_machine(void **state)
{
	(void)state;
	machine_off();
	return 0;
}

/* Fill patterns: each block its own. */
static inline void pattern_fill(void *ptr, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)ptr)[i] = (uint8_t)(seed * 31 + i * 7 + 1);
}

static inline bool pattern_holds(const void *ptr, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++)
		if (((const uint8_t *)ptr)[i] != (uint8_t)(seed * 31 + i * 7 + 1))
			return false;
	return true;
}

static inline bool all_zero(const void *ptr, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((const uint8_t *)ptr)[i])
			return false;
	return true;
}

static inline struct kmc_cache_info cache_info(struct kmem_cache *cache)
{
	struct kmc_cache_info info;

	kmc_sim_cache_info(cache, &info);
	return info;
}

static inline struct kmc_where where(const void *ptr)
{
	struct kmc_where w;

	kmc_sim_where(sim, ptr, &w);
	return w;
}

static inline uint64_t free_pages_now(void)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < kmc_sim_zone_count(sim); i++) {
		struct kmc_zone_info info;

		kmc_sim_zone_info(sim, i, &info);
		pages += info.nr_free + info.pcp_count;
	}
	return pages;
}
