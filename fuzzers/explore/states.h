/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The states that a walk has met: each by its digest, the op that led to it
 * first and the state before that op. Private to explore/.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMC_NO_STATE UINT32_MAX
#define KMC_WALK_MAX_DEPTH 16
#define KMC_WALK_MAX_ALPHABET 4096

struct kmc_state {
	uint64_t digest;
	uint32_t parent;
	uint16_t op;      /* index in the alphabet; of the first state: none */
	uint16_t depth;
	uint32_t applied; /* ops that had an effect here or were refused by nobody; once expanded */
	uint32_t edges;   /* where its successors begin in the list of edges */
};

struct kmc_states {
	struct kmc_state *state;
	uint32_t nr, room;
	uint32_t *table;      /* open addressing; state number + 1, 0 empty */
	uint32_t table_mask;
	uint32_t *edge;       /* successors of the expanded states, state after state */
	size_t nr_edges, edge_room;
};

/** kmc_states_init() - Return: 0, -ENOMEM. */
int kmc_states_init(struct kmc_states *states);
void kmc_states_free(struct kmc_states *states);

/**
 * kmc_states_add() - The state of a digest, a new one if there is none.
 * Return: its number, KMC_NO_STATE out of memory (or of numbers).
 */
uint32_t kmc_states_add(struct kmc_states *states, uint64_t digest, uint32_t parent,
			uint16_t op, bool *is_new);

/** kmc_states_edge() - The state that is being expanded leads to @to. Return: 0, -ENOMEM. */
int kmc_states_edge(struct kmc_states *states, uint32_t to);

/** kmc_states_path() - The ops that lead to a state, in order. Return: how many. */
unsigned int kmc_states_path(const struct kmc_states *states, uint32_t at,
			     uint16_t path[KMC_WALK_MAX_DEPTH]);

/**
 * kmc_states_sequences() - Sequences of exactly @length ops from the first state on.
 *
 * Counted over the graph: two ways to one state count twice. Of states deeper than
 * @length - 1 only the number of their ops is needed.
 * Return: the number, as a double since it may be larger than any integer; -1 no memory.
 */
double kmc_states_sequences(const struct kmc_states *states, unsigned int length);
