/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page layer's sysctls. What follows from them is computed anew at once,
 * so that the next request sees it (RSV-7).
 */
#include <errno.h>
#include "alloc/fragmentation.h"
#include "alloc/pressure.h"
#include "zone.h"

#define SCALE_MAX 3000 /* */

static int recompute(struct kmc_sim *sim)
{
	kmc_touch(sim, sim->page, sizeof(*sim->page)); /* the zones are in it */
	kmc_watermarks_refresh(sim);
	return 0;
}

/* Model: exact. Rule: RSV-7. */
int kmc_sim_sysctl(struct kmc_sim *sim, enum kmc_sysctl name, uint64_t value)
{
	struct kmc_page_state *state = sim->page;

	switch (name) {
	case KMC_SYSCTL_MIN_FREE_KBYTES:
		if (value > INT32_MAX)
			return -EINVAL;
		kmc_touch(sim, &state->min_free_kbytes, sizeof(uint64_t));
		state->min_free_kbytes = value;
		return KMC_PLANTED(sysctl_stale) ? 0 : recompute(sim);
	case KMC_SYSCTL_WATERMARK_SCALE_FACTOR:
		if (!value || value > SCALE_MAX)
			return -EINVAL;
		kmc_touch(sim, &state->watermark_scale_factor, sizeof(uint64_t));
		state->watermark_scale_factor = value;
		return recompute(sim);
	case KMC_SYSCTL_LOWMEM_RESERVE_RATIO:
		if (value > INT32_MAX)
			return -EINVAL;
		kmc_touch(sim, state->lowmem_reserve_ratio, sizeof(state->lowmem_reserve_ratio));
		for (unsigned int i = KMC_ZONE_DMA; i <= KMC_ZONE_NORMAL; i++)
			state->lowmem_reserve_ratio[i] = (uint32_t)value;
		return recompute(sim);
	case KMC_SYSCTL_WATERMARK_BOOST_FACTOR:
		kmc_sim_set_boost_factor(sim, value);
		return 0;
	case KMC_SYSCTL_DEFRAG_MODE:
		return value > 1 ? -EINVAL : kmc_sim_set_defrag_mode(sim, value);
	default:
		return -EINVAL;
	}
}
