/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of blocks: doubly linked by frame number through the heads'
 * descriptors, so that they survive a copy of the arena. The callers have
 * touched the list's owner; the descriptors are touched here. Private to page/,
 * inline because each step of a split and of a merge is one of these.
 */
#pragma once
#include "zone.h"

/* kmc_touch() for one descriptor, which never lies across two dirty bits. */
static inline void descriptor_touch(struct kmc_sim *sim, const struct page *page)
{
	size_t block = (size_t)((const uint8_t *)page - sim->arena) >> KMC_DIRTY_SHIFT;
	unsigned int mask = 1u << block % 8;

	if (unlikely(!(__atomic_load_n(&sim->dirty[block / 8], __ATOMIC_RELAXED) & mask)))
		kmc_touch_slow(sim, block / 8, mask);
}

static inline void free_list_add_head(struct kmc_sim *sim, struct free_list *list, uint32_t pfn)
{
	struct page *page = pfn_to_page_in(sim, pfn);

	descriptor_touch(sim, page);
	page->link.next = list->head;
	page->link.prev = 0;
	if (list->head) {
		struct page *next = pfn_to_page_in(sim, list->head);

		descriptor_touch(sim, next);
		next->link.prev = pfn;
	} else {
		list->tail = pfn;
	}
	list->head = pfn;
}

static inline void free_list_add_tail(struct kmc_sim *sim, struct free_list *list, uint32_t pfn)
{
	struct page *page = pfn_to_page_in(sim, pfn);

	descriptor_touch(sim, page);
	page->link.next = 0;
	page->link.prev = list->tail;
	if (list->tail) {
		struct page *prev = pfn_to_page_in(sim, list->tail);

		descriptor_touch(sim, prev);
		prev->link.next = pfn;
	} else {
		list->head = pfn;
	}
	list->tail = pfn;
}

/* The block's own links stay as they were: it is about to be written anyway. */
static inline void free_list_del(struct kmc_sim *sim, struct free_list *list, uint32_t pfn)
{
	struct page *page = pfn_to_page_in(sim, pfn);
	uint32_t next = page->link.next, prev = page->link.prev;

	if (prev) {
		descriptor_touch(sim, pfn_to_page_in(sim, prev));
		pfn_to_page_in(sim, prev)->link.next = next;
	} else {
		list->head = next;
	}
	if (next) {
		descriptor_touch(sim, pfn_to_page_in(sim, next));
		pfn_to_page_in(sim, next)->link.prev = prev;
	} else {
		list->tail = prev;
	}
}
