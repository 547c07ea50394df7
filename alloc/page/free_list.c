/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of blocks: doubly linked by frame number through the heads'
 * descriptors, so that they survive a copy of the arena. The callers have
 * touched the list's owner; the neighbours' descriptors are touched here.
 */
#include "zone.h"

static void add_head(struct kmc_sim *sim, struct free_list *list, uint32_t pfn)
{
	struct page *page = pfn_to_page_in(sim, pfn);

	page->link.next = list->head;
	page->link.prev = 0;
	if (list->head)
		pfn_to_page_in(sim, list->head)->link.prev = pfn;
	else
		list->tail = pfn;
	list->head = pfn;
}

static void add_tail(struct kmc_sim *sim, struct free_list *list, uint32_t pfn)
{
	struct page *page = pfn_to_page_in(sim, pfn);

	page->link.next = 0;
	page->link.prev = list->tail;
	if (list->tail)
		pfn_to_page_in(sim, list->tail)->link.next = pfn;
	else
		list->head = pfn;
	list->tail = pfn;
}

static void touch_page(struct kmc_sim *sim, uint32_t pfn)
{
	if (pfn)
		kmc_touch(sim, pfn_to_page_in(sim, pfn), sizeof(struct page));
}

void free_list_add(struct kmc_sim *sim, struct free_list *list, uint32_t pfn, bool to_tail)
{
	touch_page(sim, pfn);
	touch_page(sim, to_tail ? list->tail : list->head);
	if (to_tail)
		add_tail(sim, list, pfn);
	else
		add_head(sim, list, pfn);
}

void free_list_del(struct kmc_sim *sim, struct free_list *list, uint32_t pfn)
{
	struct page *page = pfn_to_page_in(sim, pfn);
	uint32_t next = page->link.next, prev = page->link.prev;

	touch_page(sim, pfn);
	touch_page(sim, next);
	touch_page(sim, prev);
	if (prev)
		pfn_to_page_in(sim, prev)->link.next = next;
	else
		list->head = next;
	if (next)
		pfn_to_page_in(sim, next)->link.prev = prev;
	else
		list->tail = prev;
	page->link.next = page->link.prev = 0;
}
