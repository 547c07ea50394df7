/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorded kernel's page frames, one word each: which block a frame
 * belongs to and which block of ours stands for it. A block whose frames turn
 * out to carry objects is the recorded slab allocator's own growth; it is
 * adopted: our copy goes back at once, for our own slab allocator makes its
 * own growth. Included by the replayer only.
 */
#ifndef REPLAY_FRAMES_H
#define REPLAY_FRAMES_H
#include <stdbool.h>
#include <stdint.h>

struct kmc_frame {
	uint32_t ours;   /* frame number of our block; heads only; 0 none */
	uint16_t back;   /* frames to the head */
	uint8_t order;   /* of the block, in each of its frames */
	uint8_t flags;   /* FRAME_* */
};
#define KMC_FRAME_LIVE    0x01
#define KMC_FRAME_COMP    0x02
#define KMC_FRAME_ADOPTED 0x04

/* Frames of a region: 32 KiB of the table. */
#define KMC_FRAMES_REGION_LOG 12

struct kmc_frames {
	struct kmc_frame *frames;
	uint64_t nr;
	uint8_t *touched;      /* by region: a block was ever set there */
	uint64_t adopted;      /* blocks, ever */
	uint64_t slab_pages;   /* pages of adopted blocks that are live now */
};

/** kmc_frames_init() - For frame numbers below @nr; memory is taken as it is touched. */
int kmc_frames_init(struct kmc_frames *frames, uint64_t nr);
void kmc_frames_free(struct kmc_frames *frames);

static inline struct kmc_frame *kmc_frame_head(struct kmc_frames *frames, uint64_t pfn)
{
	struct kmc_frame *frame = &frames->frames[pfn];

	return frame->flags & KMC_FRAME_LIVE ? frame - frame->back : NULL;
}

/** kmc_frame_set() - [@pfn, @pfn + 2^@order) is one live block. */
void kmc_frame_set(struct kmc_frames *frames, uint64_t pfn, unsigned int order, uint32_t ours,
		   bool comp);
/** kmc_frames_count() - Live blocks by order, counted from the table. */
void kmc_frames_count(const struct kmc_frames *frames, uint64_t live[11]);
/** kmc_frame_clear() - The block at @head is gone. */
void kmc_frame_clear(struct kmc_frames *frames, struct kmc_frame *head);

#endif
