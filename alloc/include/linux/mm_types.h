/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame descriptor. Kernel-style code may add to a struct page pointer
 * and compare two of them, and reads all else through the accessors of
 * <linux/mm.h>; the fields belong to the allocator's layers.
 */
#pragma once
#include <stdint.h>
#include "linux/types.h"

struct kmem_cache;

/*
 * One page frame: 32 bytes, no host address but the cache's and a user's list's, so that
 * a list survives a copy of the arena. Links are frame numbers; pfn 0 ends a
 * list (frame 0 is never managed).
 *
 * All zero but in the head of a block and in the frames of a compound block:
 * the tails of a free block and of a plain block are never written.
 */
struct page {
	uint8_t kind;       /* enum kmc_frame_kind */
	uint8_t order;      /* of the block, in its head */
	uint8_t migratetype; /* free: of its list; used: of the request */
	uint8_t flags;      /* PGF_* */
	int32_t refcount;
	struct {
		uint32_t next, prev;
	} link;             /* buddy, pcp, slab list; tails: next = head pfn */
	union {
		struct {    /* FRAME_SLAB; all frames carry cache, the head the rest */
			struct kmem_cache *cache;
			uint16_t freelist;  /* index of the first free object + 1; 0 none */
			uint16_t inuse;
			uint16_t objects;
			uint16_t state;
		} slab;
		struct {    /* FRAME_LARGE, head */
			uint64_t requested_bytes;
			uint64_t unused;
		} large;
		struct list_head lru; /* alloc_pages_bulk_list(), until taken off the list */
		uint64_t private_words[2];
	};
};
_Static_assert(sizeof(struct page) == 32, "frame descriptor");
