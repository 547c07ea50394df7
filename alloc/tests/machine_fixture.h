/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of machine/ and page/ share: a booted machine whose cpu 0 is
 * bound, the state of a zone, a recorder of events, a printed seed.
 */
#pragma once
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "alloc/sim.h"
#include "linux/mm.h"
#include "machine.h"
#include "zone.h"

#define MIB (1ull << 20)

static struct kmc_sim *sim;

static inline void boot_config(const struct kmc_sim_config *config)
{
	assert_int_equal(kmc_sim_create(config, &sim), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
}

static inline void boot_simple(unsigned int nr_cpus, uint64_t size_bytes)
{
	struct kmc_sim_config config;

	kmc_sim_config_simple(&config, nr_cpus, size_bytes);
	boot_config(&config);
}

/* One zone of @nr_pages from 16 MiB on, so that a block's place in it is plain. */
static inline void boot_one_zone(enum kmc_profile profile, uint64_t nr_pages)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 2,
		.nr_nodes = 1,
		.nr_zones = 1,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = nr_pages } },
	};

	boot_config(&config);
}

static inline void power_off(void)
{
	kmc_sim_check(sim);
	kmc_sim_trace(sim, 0, NULL, NULL);
	kmc_sim_unbind();
	kmc_sim_destroy(sim);
	sim = NULL;
}

static inline int setup_64m(void **state)
{
	(void)state;
	boot_simple(2, 64 * MIB);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	power_off();
	return 0;
}

static inline struct kmc_zone_info zone_info(unsigned int zone)
{
	struct kmc_zone_info info;

	kmc_sim_zone_info(sim, zone, &info);
	return info;
}

/* The events seen, the first ones kept. */
#define TP_KEPT 256
static struct kmc_tp tp_seen[TP_KEPT];
static unsigned int tp_count;

static inline void tp_record(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	if (tp_count < TP_KEPT)
		tp_seen[tp_count] = *tp;
	tp_count++;
}

static inline void tp_listen(enum kmc_tp_id id)
{
	tp_count = 0;
	kmc_sim_trace(sim, KMC_TP_BIT(id), tp_record, NULL);
}

/* A small generator; the seed is KMC_SEED or fixed, and printed. */
static uint64_t rng_state;

static inline void rng_seed(const char *test)
{
	const char *env = getenv("KMC_SEED");

	rng_state = env ? strtoull(env, NULL, 0) : 0x5eed;
	printf("%s: KMC_SEED=%#llx\n", test, (unsigned long long)rng_state);
	rng_state = rng_state * 2 + 1;
}

static inline uint32_t rng_below(uint32_t n)
{
	rng_state = rng_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((rng_state >> 33) % n);
}
