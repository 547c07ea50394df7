/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States by digest, their predecessors, and how many sequences the graph of them stands for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "states.h"

#define FIRST_TABLE 4096u

int kmc_states_init(struct kmc_states *states)
{
	memset(states, 0, sizeof(*states));
	states->table = calloc(FIRST_TABLE, sizeof(*states->table));
	states->table_mask = FIRST_TABLE - 1;
	return states->table ? 0 : -ENOMEM;
}

void kmc_states_free(struct kmc_states *states)
{
	free(states->state);
	free(states->table);
	free(states->edge);
	memset(states, 0, sizeof(*states));
}

/* The place of a digest, or the empty one where it belongs. */
static uint32_t place(const struct kmc_states *states, uint64_t digest)
{
	uint32_t at = (uint32_t)(digest ^ digest >> 32) & states->table_mask;

	while (states->table[at] && states->state[states->table[at] - 1].digest != digest)
		at = (at + 1) & states->table_mask;
	return at;
}

static int table_grow(struct kmc_states *states)
{
	uint32_t size = (states->table_mask + 1) * 2, *table = calloc(size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	free(states->table);
	states->table = table;
	states->table_mask = size - 1;
	for (uint32_t i = 0; i < states->nr; i++)
		table[place(states, states->state[i].digest)] = i + 1;
	return 0;
}

static int room_for_one(struct kmc_states *states)
{
	uint32_t room = states->room ? states->room * 2 : 1024;
	void *more;

	if (states->nr < states->room)
		return 0;
	if (room > 1u << 30)
		return -ENOMEM;
	more = reallocarray(states->state, room, sizeof(*states->state));
	if (!more)
		return -ENOMEM;
	states->state = more;
	states->room = room;
	return 0;
}

uint32_t kmc_states_add(struct kmc_states *states, uint64_t digest, uint32_t parent,
			uint16_t op, bool *is_new)
{
	uint32_t at = place(states, digest);

	*is_new = !states->table[at];
	if (!*is_new)
		return states->table[at] - 1;
	if (room_for_one(states) || (states->nr > states->table_mask / 2 && table_grow(states)))
		return KMC_NO_STATE;
	states->state[states->nr] = (struct kmc_state){
		.digest = digest, .parent = parent, .op = op,
		.depth = parent == KMC_NO_STATE ?
				 0 : (uint16_t)(states->state[parent].depth + 1),
	};
	states->table[place(states, digest)] = states->nr + 1;
	return states->nr++;
}

int kmc_states_edge(struct kmc_states *states, uint32_t to)
{
	if (states->nr_edges == states->edge_room) {
		size_t room = states->edge_room ? states->edge_room * 2 : 4096;
		void *more = reallocarray(states->edge, room, sizeof(*states->edge));

		if (!more)
			return -ENOMEM;
		states->edge = more;
		states->edge_room = room;
	}
	states->edge[states->nr_edges++] = to;
	return 0;
}

unsigned int kmc_states_path(const struct kmc_states *states, uint32_t at,
			     uint16_t path[KMC_WALK_MAX_DEPTH])
{
	unsigned int depth = states->state[at].depth;

	for (unsigned int i = depth; i-- > 0; at = states->state[at].parent)
		path[i] = states->state[at].op;
	return depth;
}

/*
 * ways[s]: sequences of the present length from s on. A state has successors on
 * record if it was met at least two ops before the end; of those one before it
 * only their number is known, and only length 1 is asked of them.
 */
double kmc_states_sequences(const struct kmc_states *states, unsigned int length)
{
	double *ways = calloc(states->nr, sizeof(*ways)), *longer = calloc(states->nr, sizeof(*ways));
	double all = -1;

	if (ways && longer && states->nr) {
		for (uint32_t s = 0; s < states->nr; s++)
			ways[s] = states->state[s].applied;
		for (unsigned int n = 2; n <= length; n++) {
			double *swap = ways;

			for (uint32_t s = 0; s < states->nr; s++) {
				const struct kmc_state *state = &states->state[s];

				longer[s] = 0;
				if (state->depth + n > length)
					continue;
				for (uint32_t i = 0; i < state->applied; i++)
					longer[s] += ways[states->edge[state->edges + i]];
			}
			ways = longer;
			longer = swap;
		}
		all = ways[0];
	}
	free(ways);
	free(longer);
	return all;
}
