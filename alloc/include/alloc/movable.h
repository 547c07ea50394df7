/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Movable memory of the simulated machine. A kernel moves the pages of its
 * LRU and rewrites the page tables that name them; here the holder of a page
 * plays the page table's part: it says which of its pages may move, and is told
 * where they went. Included by whoever drives a machine (the executor, tests).
 */
#pragma once
#include <stdbool.h>
#include "alloc/sim.h"

struct page;

/*
 * What the holder of movable pages is asked and told. The callbacks run inside
 * an allocator call of any thread, with no lock of the allocator held, and
 * must not allocate or free.
 */
struct kmc_holder_ops {
	/*
	 * May @page be moved now? Until moved() or stay() the holder keeps its
	 * hands off it. A holder with several threads takes the page's own lock
	 * here and must not wait for it. NULL: always.
	 */
	bool (*isolate)(void *arg, struct page *page);
	/* The contents and the reference are in @to now; @from is about to be freed. */
	void (*moved)(void *arg, struct page *from, struct page *to);
	/* It stays where it is after all. NULL: nothing to do. */
	void (*stay)(void *arg, struct page *page);
};

/** kmc_sim_holder() - Who is told of moves; NULL: nobody, then nothing moves. */
void kmc_sim_holder(struct kmc_sim *sim, const struct kmc_holder_ops *ops, void *arg);

/**
 * kmc_sim_movable_add() - The holder lets a page move from now on, as lru_add does.
 * @page: a single page or the head of a compound block that was asked for
 *        with __GFP_MOVABLE, and is in use by one reference when it moves.
 *
 * Freeing the page ends it. Context: the caller's thread holds the page.
 * Return: false when the page is not of that sort (CPT-6).
 */
bool kmc_sim_movable_add(struct page *page);

/** kmc_sim_movable_del() - The page stays where it is from now on. As above. */
void kmc_sim_movable_del(struct page *page);

/** kmc_sim_migrate_page() - Move one page elsewhere now. Return: its new place, NULL: it stayed. */
struct page *kmc_sim_migrate_page(struct page *page);

/**
 * kmc_sim_compact_node() - Compact all zones of a node, as /proc/sys/vm/compact_memory does.
 * Return: pages moved.
 */
uint64_t kmc_sim_compact_node(struct kmc_sim *sim, unsigned int node);

/**
 * kmc_sim_kcompactd_step() - Let the node's kcompactd do what it was woken for.
 * Return: false when nobody had woken it.
 */
bool kmc_sim_kcompactd_step(struct kmc_sim *sim, unsigned int node);
