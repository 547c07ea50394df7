/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of the page frames: one mapping for the whole of physical
 * memory, backed by the host only where it was written. Aligned so that an
 * address has the alignment of its frame number, up to 4 MiB.
 */
#include <errno.h>
#include <sys/mman.h>
#include "machine.h"

#define FRAMES_ALIGN (PAGE_SIZE << MAX_PAGE_ORDER)
/* Shadow of more would cost too much at boot: larger machines poison a frame when it is freed. */
#define POISON_AT_BOOT_MAX (256ul << 20)

static uint64_t first_pfn_of(const struct kmc_sim_config *config)
{
	uint64_t first = UINT64_MAX;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		if (config->zones[i].start_pfn < first)
			first = config->zones[i].start_pfn;
	return first & ~(uint64_t)(FRAMES_ALIGN / PAGE_SIZE - 1);
}

int kmc_frames_map(struct kmc_sim *sim)
{
	struct kmc_sim_private *priv = sim->priv;
	size_t bytes;
	uint8_t *map, *aligned;

	priv->first_pfn = first_pfn_of(&sim->config);
	bytes = (size_t)(sim->max_pfn - priv->first_pfn) << PAGE_SHIFT;
	priv->frames_bytes = bytes + FRAMES_ALIGN;
	map = mmap(NULL, priv->frames_bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -ENOMEM;
	priv->frames_map = map;
	aligned = (uint8_t *)(((uintptr_t)map + FRAMES_ALIGN - 1) & ~(FRAMES_ALIGN - 1));
	sim->frames = (uint8_t *)((uintptr_t)aligned - (priv->first_pfn << PAGE_SHIFT));
	if (bytes <= POISON_AT_BOOT_MAX)
		kmc_poison(aligned, bytes);
	return 0;
}

void kmc_frames_unmap(struct kmc_sim *sim)
{
	struct kmc_sim_private *priv = sim->priv;

	if (!priv->frames_map)
		return;
	kmc_unpoison(priv->frames_map, priv->frames_bytes);
	munmap(priv->frames_map, priv->frames_bytes);
}
