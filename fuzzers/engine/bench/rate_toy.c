/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The yardstick: 100 ops of a toy allocator with its own check, which is what a
 * fuzz target of this sort costs when there is next to nothing behind it. Size
 * classes, a free list each, contents written and looked at again.
 */
#include <stdlib.h>
#include <string.h>
#include "rate_input.h"

#define SLOTS   64
#define CLASSES 8
#define BLOCKS  128

struct block {
	struct block *next;
	uint32_t class, size;
	uint8_t live, pattern;
	uint8_t bytes[64];
};

static struct block blocks[CLASSES][BLOCKS];
static struct block *free_list[CLASSES];
static struct block *slots[SLOTS];

static void start(void)
{
	for (unsigned int c = 0; c < CLASSES; c++) {
		free_list[c] = NULL;
		for (unsigned int i = BLOCKS; i-- > 0;) {
			blocks[c][i].next = free_list[c];
			blocks[c][i].live = 0;
			free_list[c] = &blocks[c][i];
		}
	}
	memset(slots, 0, sizeof(slots));
}

static void must(int held)
{
	if (!held)
		abort();
}

static void take(unsigned int slot, uint32_t size, uint8_t pattern)
{
	unsigned int class = size % CLASSES;
	struct block *block = free_list[class];

	if (slots[slot] || !block)
		return;
	free_list[class] = block->next;
	must(!block->live);
	block->live = 1;
	block->class = class;
	block->size = size % sizeof(block->bytes);
	block->pattern = pattern;
	memset(block->bytes, pattern, block->size);
	slots[slot] = block;
}

static void give(unsigned int slot)
{
	struct block *block = slots[slot];

	if (!block)
		return;
	for (uint32_t i = 0; i < block->size; i++)
		must(block->bytes[i] == block->pattern);
	block->live = 0;
	block->next = free_list[block->class];
	free_list[block->class] = block;
	slots[slot] = NULL;
}

static void look(unsigned int slot)
{
	if (slots[slot])
		must(slots[slot]->live && slots[slot]->size < 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	start();
	for (unsigned int i = 0; i < RATE_OPS && (i + 1) * 32 <= size; i++) {
		const uint8_t *op = data + 32 * i;
		uint32_t bytes;

		memcpy(&bytes, op + 16, sizeof(bytes));
		switch (op[0] & 3) {
		case 0:
		case 1:
			take(op[4] % SLOTS, bytes, op[8]);
			break;
		case 2:
			give(op[6] % SLOTS);
			break;
		default:
			look(op[6] % SLOTS);
		}
	}
	return 0;
}
