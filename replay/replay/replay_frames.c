/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of recorded frames.
 */
#include <errno.h>
#include <stdlib.h>
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
	frames->touched = calloc((nr >> KMC_FRAMES_REGION_LOG) + 1, 1);
	if (frames->touched)
		return 0;
	kmc_frames_free(frames);
	return -ENOMEM;
}

void kmc_frames_free(struct kmc_frames *frames)
{
	if (frames->frames)
		munmap(frames->frames, frames->nr * sizeof(struct kmc_frame));
	free(frames->touched);
	frames->touched = NULL;
	frames->frames = NULL;
}

/* A block begins in one region and ends there or in the next: 1024 frames at most. */
static void touch(struct kmc_frames *frames, uint64_t pfn, unsigned int order)
{
	frames->touched[pfn >> KMC_FRAMES_REGION_LOG] = 1;
	frames->touched[(pfn + (1ull << order) - 1) >> KMC_FRAMES_REGION_LOG] = 1;
}

static void count_region(const struct kmc_frames *frames, uint64_t region, uint64_t live[11])
{
	uint64_t end = (region + 1) << KMC_FRAMES_REGION_LOG;

	for (uint64_t pfn = region << KMC_FRAMES_REGION_LOG; pfn < end && pfn < frames->nr; pfn++) {
		const struct kmc_frame *frame = &frames->frames[pfn];

		if ((frame->flags & KMC_FRAME_LIVE) && !frame->back)
			live[frame->order]++;
	}
}

void kmc_frames_count(const struct kmc_frames *frames, uint64_t live[11])
{
	for (unsigned int order = 0; order < 11; order++)
		live[order] = 0;
	for (uint64_t region = 0; region << KMC_FRAMES_REGION_LOG < frames->nr; region++)
		if (frames->touched[region])
			count_region(frames, region, live);
}

void kmc_frame_set(struct kmc_frames *frames, uint64_t pfn, unsigned int order, uint32_t ours,
		   bool comp)
{
	struct kmc_frame frame = { .order = (uint8_t)order,
				   .flags = KMC_FRAME_LIVE | (comp ? KMC_FRAME_COMP : 0) };

	touch(frames, pfn, order);
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
