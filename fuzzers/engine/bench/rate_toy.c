/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The yardstick: 100 ops of a toy allocator with its own check, which is what a
 * fuzz target of this sort costs when there is next to nothing behind it. Size
 * classes, a free list each, contents written and looked at again. Every op does something:
 * what is freed or looked at is the next that there is, a full slot is emptied first.
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

static void give(unsigned int slot)
{
	struct block *block = slots[slot];

	for (uint32_t i = 0; i < block->size; i++)
		must(block->bytes[i] == (uint8_t)(block->pattern + i));
	must(block->live);
	block->live = 0;
	block->next = free_list[block->class];
	free_list[block->class] = block;
	slots[slot] = NULL;
}

static void take(unsigned int slot, uint32_t size, uint8_t pattern)
{
	unsigned int class = size % CLASSES;
	struct block *block;

	if (slots[slot])
		give(slot);
	block = free_list[class];
	if (!block)
		return;
	free_list[class] = block->next;
	must(!block->live);
	block->live = 1;
	block->class = class;
	block->size = size % (sizeof(block->bytes) + 1);
	block->pattern = pattern;
	for (uint32_t i = 0; i < block->size; i++)
		block->bytes[i] = (uint8_t)(pattern + i);
	slots[slot] = block;
}

/* The slot that an op means, or the next that holds something; SLOTS: none does. */
static unsigned int held(unsigned int slot)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		if (slots[(slot + i) % SLOTS])
			return (slot + i) % SLOTS;
	return SLOTS;
}

static void look(unsigned int slot)
{
	const struct block *block = slots[slot];

	must(block->live && block->size <= sizeof(block->bytes));
	for (uint32_t i = 0; i < block->size; i++)
		must(block->bytes[i] == (uint8_t)(block->pattern + i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	start();
	for (unsigned int i = 0; i < RATE_OPS && (i + 1) * 32 <= size; i++) {
		const uint8_t *op = data + 32 * i;
		unsigned int slot = held(op[6]);
		uint32_t bytes;

		memcpy(&bytes, op + 16, sizeof(bytes));
		if ((op[0] & 3) < 2 || slot == SLOTS)
			take(op[4] % SLOTS, bytes, op[8]);
		else if ((op[0] & 3) == 2)
			give(slot);
		else
			look(slot);
	}
	return 0;
}
