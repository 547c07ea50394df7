/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Size classes, chains and fullness: pure functions of the profile.
 *
 * Rule: ZS-7, ZS-8, ZS-20. Model: exact (R-12; 6.1 with chains up to 4, later 8).
 */
#include "zs_core.h"

unsigned int kmc_zs_class_index(size_t size)
{
	size_t index = size <= ZS_MIN_SIZE ? 0 : (size - ZS_MIN_SIZE + ZS_DELTA - 1) / ZS_DELTA;

	return index < ZS_CLASSES ? (unsigned int)index : ZS_CLASSES - 1;
}

static unsigned int best_used(unsigned int size)
{
	unsigned int best = 1, most = 0;

	for (unsigned int i = 1; i <= 4; i++) {
		unsigned int bytes = i * (unsigned int)PAGE_SIZE;
		unsigned int used = (bytes - bytes % size) * 100 / bytes;

		if (used > most) {
			most = used;
			best = i;
		}
	}
	return best;
}

static unsigned int least_wasted(unsigned int size)
{
	unsigned int best = 1, least = UINT32_MAX;

	if (!(size & (size - 1)))
		return 1;
	for (unsigned int i = 1; i <= ZS_MAX_CHAIN; i++) {
		unsigned int waste = i * (unsigned int)PAGE_SIZE % size;

		if (waste < least) {
			least = waste;
			best = i;
		}
	}
	return best;
}

unsigned int kmc_zs_chain(enum kmc_profile profile, unsigned int size)
{
	return profile == KMC_PROFILE_6_1_192 ? best_used(size) : least_wasted(size);
}

/* The highest group holds the full ones, group 0 the empty ones. */
unsigned int kmc_zs_group(enum kmc_profile profile, unsigned int inuse, unsigned int objects)
{
	if (!inuse)
		return 0;
	if (inuse == objects)
		return ZS_GROUPS - 1;
	if (profile == KMC_PROFILE_6_1_192)
		return inuse <= 3 * objects / 4 ? 1 : 2;
	return inuse * 100 / objects / 10 + 1;
}

size_t kmc_zs_huge_size(enum kmc_profile profile)
{
	for (unsigned int i = ZS_CLASSES; i-- > 0;) {
		unsigned int size = ZS_MIN_SIZE + i * ZS_DELTA;
		unsigned int chain = kmc_zs_chain(profile, size);

		if (chain != 1 && chain * PAGE_SIZE / size != 1)
			return size - (ZS_HANDLE_SIZE - 1);
	}
	return PAGE_SIZE;
}
