/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the page layer offers to the layers above it inside alloc/: blocks of
 * frames for a given cpu of a given machine, with all of the GFP path but
 * without the API's thread binding. Used by slab/ and by page/'s own API.
 */
#pragma once
#include "core.h"
#include "linux/gfp_types.h"

/**
 * kmc_pages_alloc() - A block of 2^@order frames.
 * @node: preferred node, -1 the cpu's own.
 *
 * The head has refcount 1, kind FRAME_USED and its order; with __GFP_COMP the
 * tails are FRAME_TAIL and the head is flagged PGF_COMPOUND, else the tails'
 * descriptors are all zero. A user may change the kind of the frames of
 * a compound block, and the private words of all its descriptors.
 *
 * Context: @cpu is the calling thread's; nothing of the page layer is locked.
 * Return: the head, or NULL.
 */
struct page *kmc_pages_alloc(struct kmc_sim *sim, struct kmc_cpu *cpu, gfp_t gfp,
			     unsigned int order, int node);
/**
 * kmc_pages_alloc_held() - As kmc_pages_alloc(), a page that the caller holds at once
 * (kmc_page_hold()) or gives back.
 *
 * Nobody will ask for its contents: KMC_OPT_INIT_ON_ALLOC makes none.
 */
struct page *kmc_pages_alloc_held(struct kmc_sim *sim, struct kmc_cpu *cpu, gfp_t gfp, int node);

/**
 * kmc_pages_free() - Give a block back whole, whatever its refcount.
 *
 * The head's kind is FRAME_USED again; the tails and the private words may
 * hold anything. The order of a compound block is its own, @order is ignored.
 * A head that is not in use, or an order that is not the block's, is
 * a caller's fault: reported by KMC_TP_WARN, nothing is corrupted.
 */
void kmc_pages_free(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *page,
		    unsigned int order);

/** kmc_page_head() - The head of the block in use that @page belongs to; NULL: free or none. */
struct page *kmc_page_head(struct kmc_sim *sim, struct page *page);

/** kmc_page_node() - The node of a frame. */
unsigned int kmc_page_node(struct kmc_sim *sim, const struct page *page);

/** kmc_page_zone_of() - Zone and node of a frame; false: in no zone. */
bool kmc_page_zone_of(struct kmc_sim *sim, uint64_t pfn, enum kmc_zone_type *zone,
		      unsigned int *node);
