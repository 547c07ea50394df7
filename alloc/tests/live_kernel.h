/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running kernel as a peer of the tests that compare with it: which release it is, and why not. */
#ifndef ALLOC_TESTS_LIVE_KERNEL_H
#define ALLOC_TESTS_LIVE_KERNEL_H
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "alloc/sim.h"

#define LIVE_SKIPPED 77

static inline int live_skip(const char *why)
{
	printf("SKIP: %s\n", why);
	return LIVE_SKIPPED;
}

static inline int live_profile_of(const char *release, enum kmc_profile *profile)
{
	static const struct {
		const char *prefix;
		enum kmc_profile profile;
	} known[] = { { "6.1.", KMC_PROFILE_6_1_192 },
		      { "6.6.", KMC_PROFILE_6_6_9 },
		      { "6.12.", KMC_PROFILE_6_12_117 },
		      { "6.18.", KMC_PROFILE_6_18_44 } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(release, known[i].prefix, strlen(known[i].prefix))) {
			*profile = known[i].profile;
			return 0;
		}
	return -1;
}

/**
 * live_kernel() - Which kernel runs, and the profile that imitates it.
 * Return: NULL, or why there is nothing to compare with.
 */
static inline const char *live_kernel(struct utsname *host, enum kmc_profile *profile)
{
	if (uname(host) || strcmp(host->machine, "x86_64"))
		return "the running kernel is not of x86-64";
	if (live_profile_of(host->release, profile))
		return "the running kernel is of no release that alloc imitates";
	return NULL;
}

#endif
