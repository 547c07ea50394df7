/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A buddy allocator as text books have it: one list per order, split and
 * merged at every call, nothing cached, no types, no marks, no locks. What the
 * page rows would cost without per-cpu lists, and how little it could be.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bench.h"

#define MAX_ORDER 10
#define FRAMES    (512u << 20 >> 12)
#define NONE      UINT32_MAX

struct frame {
	uint32_t next, prev;
	uint8_t order;
	bool free; /* the head of a free block */
};

static struct frame frames[FRAMES];
static uint32_t lists[MAX_ORDER + 1];

static void list_add(uint32_t at, unsigned int order)
{
	struct frame *f = &frames[at];

	f->order = (uint8_t)order;
	f->free = true;
	f->prev = NONE;
	f->next = lists[order];
	if (f->next != NONE)
		frames[f->next].prev = at;
	lists[order] = at;
}

static void list_del(uint32_t at)
{
	struct frame *f = &frames[at];

	f->free = false;
	if (f->prev != NONE)
		frames[f->prev].next = f->next;
	else
		lists[f->order] = f->next;
	if (f->next != NONE)
		frames[f->next].prev = f->prev;
}

void *bench_buddy_get(unsigned int order)
{
	unsigned int k = order;
	uint32_t at;

	while (k <= MAX_ORDER && lists[k] == NONE)
		k++;
	if (k > MAX_ORDER)
		return NULL;
	at = lists[k];
	list_del(at);
	while (k > order) {
		k--;
		list_add(at + (1u << k), k);
	}
	return &frames[at];
}

void bench_buddy_put(void *block, unsigned int order)
{
	uint32_t at = (uint32_t)((struct frame *)block - frames);

	for (; order < MAX_ORDER; order++) {
		uint32_t other = at ^ 1u << order;

		if (!frames[other].free || frames[other].order != order)
			break;
		list_del(other);
		at &= other;
	}
	list_add(at, order);
}

/** bench_buddy_boot() - The first @bytes of its memory, 512 MiB at most, are free, the rest is not there. */
void bench_buddy_boot(uint64_t bytes)
{
	for (unsigned int k = 0; k <= MAX_ORDER; k++)
		lists[k] = NONE;
	memset(frames, 0, sizeof(frames));
	for (uint32_t at = (uint32_t)(bytes >> 12); at; at -= 1u << MAX_ORDER)
		list_add(at - (1u << MAX_ORDER), MAX_ORDER);
}

/** bench_buddy_add() - Append it, all frames free. */
void bench_buddy_add(struct bench_field *field)
{
	bench_buddy_boot((uint64_t)FRAMES << 12);
	field->c[field->nr++] = (struct bench_contestant){
		.name = "buddy",
		.role = BENCH_OTHER,
		.able = BENCH_PAGES,
		.face = { .pages_get = bench_buddy_get, .pages_put = bench_buddy_put },
	};
}
