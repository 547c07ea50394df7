/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A holder of movable pages for tests: a table of pages, each filled with
 * words that follow from its stamp, so that its contents can be asked for
 * wherever it went.
 */
#pragma once
#include "machine_fixture.h"
#include "alloc/movable.h"

#define MOV  GFP_HIGHUSER_MOVABLE
#define HELD 16384

/* The holder. Frames of one zone from pfn 4096 on; 0: not held. */
static struct held {
	struct page *page;
	uint64_t stamp;
} held[HELD];
static unsigned int nr_moved, nr_stayed;
static bool refuse;

/* By frame, where the page's entry was last: a short cut, no more. */
static unsigned int last_seen[HELD];

static inline unsigned int *last_of(const struct page *page)
{
	return &last_seen[page_to_pfn(page) % HELD];
}

static inline struct held *held_by_page(const struct page *page)
{
	if (page && held[*last_of(page)].page == page)
		return &held[*last_of(page)];
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i].page == page)
			return &held[i];
	return NULL;
}

/* Contents that differ in each word, from the stamp. */
static inline void fill(struct page *page, unsigned int order, uint64_t stamp)
{
	uint64_t *word = page_address(page);

	for (size_t i = 0; i < (PAGE_SIZE << order) / 8; i++)
		word[i] = stamp * 0x9e3779b97f4a7c15ull + i;
}

static inline bool filled(struct page *page, unsigned int order, uint64_t stamp)
{
	const uint64_t *word = page_address(page);

	for (size_t i = 0; i < (PAGE_SIZE << order) / 8; i++)
		if (word[i] != stamp * 0x9e3779b97f4a7c15ull + i)
			return false;
	return true;
}

static inline bool on_isolate(void *arg, struct page *page)
{
	(void)arg;
	return !refuse && held_by_page(page);
}

static inline void on_moved(void *arg, struct page *from, struct page *to)
{
	struct held *h = held_by_page(from);

	(void)arg;
	assert_non_null(h);
	assert_true(filled(to, compound_order(to), h->stamp)); /* with each move, at once */
	h->page = to;
	*last_of(to) = (unsigned int)(h - held);
	nr_moved++;
}

static inline void on_stay(void *arg, struct page *page)
{
	(void)arg;
	assert_non_null(held_by_page(page));
	nr_stayed++;
}

static const struct kmc_holder_ops holder = { .isolate = on_isolate, .moved = on_moved,
					      .stay = on_stay };

static inline void hold(struct page *page)
{
	static uint64_t stamps;
	struct held *h = held_by_page(NULL);

	*h = (struct held){ page, ++stamps };
	*last_of(page) = (unsigned int)(h - held);
	fill(page, compound_order(page), h->stamp);
	assert_true(kmc_sim_movable_add(page));
}

static inline void let_go(struct held *h)
{
	assert_true(filled(h->page, compound_order(h->page), h->stamp));
	__free_pages(h->page, compound_order(h->page));
	h->page = NULL;
}

static inline void boot_holder(enum kmc_profile profile, uint64_t nr_pages)
{
	boot_one_zone(profile, nr_pages);
	kmc_sim_holder(sim, &holder, NULL);
	memset(held, 0, sizeof(held));
	nr_moved = nr_stayed = 0;
	refuse = false;
}

static inline void drain(void)
{
	kmc_page_flush_cpu(sim, kmc_this_cpu);
}

/* Every frame of the zone is a movable page; then all but one of @keep go back. */
static inline void checkerboard(unsigned int keep)
{
	struct page *page;

	while ((page = alloc_pages(MOV | __GFP_MEMALLOC | __GFP_NOWARN, 0)))
		hold(page);
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i].page && page_to_pfn(held[i].page) % keep)
			let_go(&held[i]);
	drain();
}

static inline void let_all_go(void)
{
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i].page)
			let_go(&held[i]);
	drain();
	kmc_sim_check(sim);
}
