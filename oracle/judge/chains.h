/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks whose bytes came from another block: resized ones, and copies. How
 * many bytes were carried over, which may have been written since, and whether
 * every step so far asked for zeroed memory. Included by the judge only.
 */
#ifndef JUDGE_CHAINS_H
#define JUDGE_CHAINS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmc_chain {
	uint64_t addr;    /* of the block; 0 empty */
	uint64_t seq;     /* of its life: another life at the address is another block */
	uint64_t carried; /* bytes that came from the block before */
	uint64_t dirty_from, dirty_to; /* written since, as one range; empty: from >= to */
	uint16_t what;    /* the call that carried them */
	bool failed;      /* that call returned NULL: the block is as it was */
	bool in_place;
	bool zeroing;     /* every step asked for zeroed memory */
	bool was_zero;    /* what was carried had been promised zero and not written */
};

struct kmc_chains {
	struct kmc_chain *slots;
	size_t mask, used;
	struct kmc_chain next; /* of the block that the call under way returns */
	bool planned;
};

/** kmc_book_chain_find() - What is known of the block of this life; NULL nothing. */
struct kmc_chain *kmc_book_chain_find(const struct kmc_chains *chains, uint64_t addr, uint64_t seq);
/** kmc_book_chain_put() - A fresh entry, in the place of any at the address. NULL: no memory. */
struct kmc_chain *kmc_book_chain_put(struct kmc_chains *chains, uint64_t addr, uint64_t seq);
/** kmc_book_chain_write() - The holder wrote [from, to) of it, offsets in the block. */
void kmc_book_chain_write(struct kmc_chain *chain, uint64_t from, uint64_t to);
/** kmc_book_chain_written() - May the byte at this offset have been written since? */
bool kmc_book_chain_written(const struct kmc_chain *chain, uint64_t offset);
void kmc_book_chains_reset(struct kmc_chains *chains);
void kmc_book_chains_free(struct kmc_chains *chains);

#endif
