/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of recorded frames.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "replay_frames.h"

int kmc_frames_init(struct kmc_frames *frames, uint64_t nr)
{
	void *map;

	*frames = (struct kmc_frames){ .nr = nr };
	if (!nr)
		return 0;
	map = mmap(NULL, nr * sizeof(struct kmc_frame), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -ENOMEM;
	frames->frames = map;
	return 0;
}

void kmc_frames_free(struct kmc_frames *frames)
{
	if (frames->frames)
		munmap(frames->frames, frames->nr * sizeof(struct kmc_frame));
	frames->frames = NULL;
}

void kmc_frame_set(struct kmc_frames *frames, uint64_t pfn, unsigned int order, uint32_t ours,
		   bool comp)
{
	struct kmc_frame frame = { .order = (uint8_t)order,
				   .flags = KMC_FRAME_LIVE | (comp ? KMC_FRAME_COMP : 0) };

	for (uint64_t i = 0; i < 1ull << order; i++) {
		frame.back = (uint16_t)i;
		frame.ours = i ? 0 : ours;
		frames->frames[pfn + i] = frame;
	}
}

void kmc_frame_clear(struct kmc_frames *frames, struct kmc_frame *head)
{
	uint64_t pages = 1ull << head->order;

	if (head->flags & KMC_FRAME_ADOPTED)
		frames->slab_pages -= pages;
	memset(head, 0, pages * sizeof(*head));
}
