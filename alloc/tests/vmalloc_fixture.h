/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of vmalloc/ share: machines of both kinds, patterns, whether an
 * access faults, what a machine has free.
 */
#pragma once
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "alloc/vmalloc_space.h"
#include "linux/slab.h"
#include "linux/sched/mm.h"
#include "linux/vmalloc.h"
#include "machine_fixture.h"

static inline struct kmc_sim_config vm_config(enum kmc_profile profile, bool aliased, uint64_t bytes)
{
	struct kmc_sim_config config;

	kmc_sim_config_simple(&config, 2, bytes);
	config.profile = profile;
	config.options = aliased ? KMC_OPT_VMALLOC_ALIASED : 0;
	return config;
}

static inline void vm_boot(enum kmc_profile profile, bool aliased)
{
	struct kmc_sim_config config = vm_config(profile, aliased, 64 * MIB);

	boot_config(&config);
}

/* Run @test on each kind of machine, newest profile. */
static inline void on_both(void (*test)(void))
{
	for (int aliased = 0; aliased < 2; aliased++) {
		vm_boot(KMC_PROFILE_6_18_44, aliased);
		test();
		power_off();
	}
}

static inline void on_profiles(void (*test)(enum kmc_profile profile))
{
	for (int p = 0; p < KMC_NR_PROFILES; p++) {
		vm_boot((enum kmc_profile)p, false);
		test((enum kmc_profile)p);
		power_off();
	}
}

static inline uint8_t pattern_at(unsigned int seed, size_t i)
{
	return (uint8_t)(seed * 37 + i * 11 + (i >> 8) + 1);
}

static inline void fill_bytes(void *p, unsigned int seed, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		((uint8_t *)p)[i] = pattern_at(seed, i);
}

static inline void expect_bytes(const void *p, unsigned int seed, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (((const uint8_t *)p)[i] != pattern_at(seed, i))
			fail_msg("byte %zu of [%zu, %zu) is lost", i, from, to);
}

static inline void expect_zero(const void *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (((const uint8_t *)p)[i])
			fail_msg("byte %zu of [%zu, %zu) is not zero", i, from, to);
}

/* In a child: an access ends it, by a signal or by the sanitizer. */
static inline bool faults(const volatile uint8_t *p)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		close(STDERR_FILENO);
		(void)*p;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

static inline struct kmc_vmalloc_info vm_info(void)
{
	struct kmc_vmalloc_info info;

	kmc_sim_vmalloc_info(sim, &info);
	return info;
}

/* Pages that are free, or held by slabs or page tables, which keep what they have. */
static inline uint64_t nr_unused_pages(void)
{
	struct kmem_cache *s = NULL;
	uint64_t nr = vm_info().nr_tables;

	while ((s = kmc_sim_cache_next(sim, s)) != NULL) {
		struct kmc_cache_info info;

		kmc_sim_cache_info(s, &info);
		nr += info.nr_slabs << info.order;
	}
	for (unsigned int i = 0; i < kmc_sim_zone_count(sim); i++) {
		struct kmc_zone_info info = zone_info(i);

		nr += info.nr_free + info.pcp_count;
	}
	return nr;
}

/* Warnings seen since. */
static unsigned int warnings;
static inline void count_warning(void *arg, const struct kmc_tp *tp)
{
	(void)arg, (void)tp;
	warnings++;
}
static inline void listen_warnings(void)
{
	warnings = 0;
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_WARN), count_warning, NULL);
}
