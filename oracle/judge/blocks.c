// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lives of page blocks on a bare trace. A block's life begins with a page
 * allocation seen and ends page by page with the page frees; between them, if
 * nothing was lost, the block belongs to one holder: that is what makes a
 * second cache on it, or an object off its grid, certain.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"

#define FIRST_BLOCKS 64

int kmc_blocks_init(struct kmc_judge *judge)
{
	judge->max_blocks = FIRST_BLOCKS;
	judge->nr_blocks = 1;
	judge->blocks = calloc(judge->max_blocks, sizeof(*judge->blocks));
	if (!judge->blocks)
		return -ENOMEM;
	return kmc_dir_init(&judge->block_dir);
}

void kmc_blocks_free(struct kmc_judge *judge)
{
	free(judge->blocks);
	judge->blocks = NULL;
	kmc_dir_free(&judge->block_dir);
}

void kmc_blocks_reset(struct kmc_judge *judge)
{
	for (uint32_t i = 1; i < judge->nr_blocks; i++) {
		const struct kmc_block *block = &judge->blocks[i];

		if (block->pages)
			kmc_dir_set(&judge->block_dir, block->base, 1ull << block->order, 0);
	}
	judge->nr_blocks = 1;
	judge->free_block = 0;
	if (judge->max_blocks > FIRST_BLOCKS) {
		void *blocks = realloc(judge->blocks, FIRST_BLOCKS * sizeof(*judge->blocks));

		judge->blocks = blocks ? blocks : judge->blocks;
		judge->max_blocks = FIRST_BLOCKS;
	}
	kmc_dir_forget(&judge->block_dir);
}

static uint32_t take_record(struct kmc_judge *judge)
{
	uint32_t number = judge->free_block;

	if (number) {
		judge->free_block = judge->blocks[number].next_free;
		return number;
	}
	if (judge->nr_blocks == judge->max_blocks) {
		uint32_t max = judge->max_blocks * 2;
		void *blocks = realloc(judge->blocks, max * sizeof(*judge->blocks));

		if (!blocks)
			return 0;
		judge->blocks = blocks;
		judge->max_blocks = max;
	}
	return judge->nr_blocks++;
}

static void leave(struct kmc_judge *judge, uint32_t number)
{
	struct kmc_life_count *count = &judge->class_count[KMC_CLASS_PAGE];
	struct kmc_block *block = &judge->blocks[number];

	count->live_bytes -= KMC_PAGE;
	if (--block->pages)
		return;
	count->live--;
	block->next_free = judge->free_block;
	judge->free_block = number;
}

void kmc_block_end(struct kmc_judge *judge, uint64_t addr, unsigned int order)
{
	for (uint64_t i = 0; i < 1ull << order; i++) {
		uint64_t page = addr + (i << KMC_DIR_PAGE_SHIFT);
		uint32_t number = kmc_dir_get(&judge->block_dir, page);

		if (number)
			leave(judge, number);
	}
	kmc_dir_set(&judge->block_dir, addr, 1ull << order, 0);
}

static void count_begin(struct kmc_judge *judge, unsigned int order)
{
	struct kmc_life_count *count = &judge->class_count[KMC_CLASS_PAGE];

	count->live++;
	count->live_bytes += KMC_PAGE << order;
	count->peak_live_bytes = kmc_choose(count->live_bytes > count->peak_live_bytes,
					    count->live_bytes, count->peak_live_bytes);
}

int kmc_block_begin(struct kmc_judge *judge, const struct kmc_event *ev)
{
	uint32_t number;

	kmc_block_end(judge, ev->addr, ev->order);
	number = take_record(judge);
	if (!number)
		return -ENOMEM;
	judge->blocks[number] = (struct kmc_block){
		.base = ev->addr, .seq = judge->now, .time_ns = ev->time_ns,
		.owner = KMC_CACHE_NONE, .pages = 1u << ev->order, .cpu = ev->cpu,
		.order = ev->order,
	};
	count_begin(judge, ev->order);
	return kmc_dir_set(&judge->block_dir, ev->addr, 1ull << ev->order, number);
}
