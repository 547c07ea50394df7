// SPDX-License-Identifier: GPL-2.0-or-later
/* Blocks whose bytes came from another block, by address: open addressing, never erased singly. */
#include <stdlib.h>
#include <string.h>
#include "chains.h"

static size_t home(const struct kmc_chains *chains, uint64_t addr)
{
	return (size_t)(addr * 0x9e3779b97f4a7c15ull >> 20) & chains->mask;
}

static struct kmc_chain *slot_of(const struct kmc_chains *chains, uint64_t addr)
{
	size_t i = home(chains, addr);

	while (chains->slots[i].addr && chains->slots[i].addr != addr)
		i = (i + 1) & chains->mask;
	return &chains->slots[i];
}

struct kmc_chain *kmc_book_chain_find(const struct kmc_chains *chains, uint64_t addr, uint64_t seq)
{
	struct kmc_chain *chain = chains->used ? slot_of(chains, addr) : NULL;

	return chain && chain->addr && chain->seq == seq ? chain : NULL;
}

/* Return: false without memory. */
static bool grow(struct kmc_chains *chains)
{
	struct kmc_chains wider = { .mask = chains->slots ? chains->mask * 2 + 1 : 63 };

	wider.slots = calloc(wider.mask + 1, sizeof(*wider.slots));
	if (!wider.slots)
		return false;
	for (size_t i = 0; chains->slots && i <= chains->mask; i++)
		if (chains->slots[i].addr)
			*slot_of(&wider, chains->slots[i].addr) = chains->slots[i];
	wider.used = chains->used;
	wider.next = chains->next;
	wider.planned = chains->planned;
	free(chains->slots);
	*chains = wider;
	return true;
}

struct kmc_chain *kmc_book_chain_put(struct kmc_chains *chains, uint64_t addr, uint64_t seq)
{
	struct kmc_chain *chain;

	if ((!chains->slots || chains->used * 2 > chains->mask) && !grow(chains))
		return NULL;
	chain = slot_of(chains, addr);
	chains->used += !chain->addr;
	*chain = (struct kmc_chain){ .addr = addr, .seq = seq };
	return chain;
}

void kmc_book_chain_write(struct kmc_chain *chain, uint64_t from, uint64_t to)
{
	if (from >= to)
		return;
	if (chain->dirty_from >= chain->dirty_to) {
		chain->dirty_from = from;
		chain->dirty_to = to;
		return;
	}
	chain->dirty_from = from < chain->dirty_from ? from : chain->dirty_from;
	chain->dirty_to = to > chain->dirty_to ? to : chain->dirty_to;
}

bool kmc_book_chain_written(const struct kmc_chain *chain, uint64_t offset)
{
	return offset >= chain->dirty_from && offset < chain->dirty_to;
}

void kmc_book_chains_reset(struct kmc_chains *chains)
{
	kmc_book_chains_free(chains);
}

void kmc_book_chains_free(struct kmc_chains *chains)
{
	free(chains->slots);
	*chains = (struct kmc_chains){ 0 };
}
