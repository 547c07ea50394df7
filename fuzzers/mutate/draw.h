/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing fresh ops and fields, under a swarm's mask. Private to mutate/. */
#ifndef MUTATE_DRAW_H
#define MUTATE_DRAW_H
#include "dice.h"
#include "lives.h"
#include "mutate/alphabet.h"
#include "vocab/program.h"

/*
 * What one child may use: some calls, sizes, flags and contexts are left out
 * for the whole of it, so that what would drown a rare state does not.
 */
struct swarm {
	uint16_t codes[KMC_OPCODE_END];
	size_t nr_codes;
	uint32_t size_classes; /* bits of enum size_class */
	uint32_t gfp_bases;    /* bits of the table of composites */
	uint32_t gfp_modifiers; /* atoms that may be added */
	uint32_t contexts;     /* bits of enum kmc_context */
	bool faults, misuse;
};

struct maker {
	const struct kmc_alphabet *alphabet;
	const struct kmc_machine *machine;
	struct dice *dice;
	struct swarm swarm;
	struct lives *lives;
};

/**
 * swarm_draw() - Half of the time all there is; else a third of the calls, or those of some families, and
 * about half of everything else.
 */
void swarm_draw(struct swarm *swarm, const struct kmc_alphabet *alphabet, struct dice *dice);

/** draw_code() - A call of the swarm, dear ones seldom; 0 none. */
unsigned int draw_code(const struct maker *maker);

#define MAX_SETUP 6
/**
 * draw_ops() - A fresh op of this call where maker->lives stands, and before it the set-up
 * that its operands need. @ops: room for MAX_SETUP. Lives are taken along.
 * Return: number of ops, the wanted one last.
 */
unsigned int draw_ops(struct maker *maker, unsigned int code, struct kmc_op *ops);

/** draw_release() - The op that gives back what is in a slot. Return: is there one? */
bool draw_release(struct maker *maker, uint16_t slot, struct kmc_op *op);

/** draw_field() - Another value for one drawn field of the op. */
void draw_field(struct maker *maker, struct kmc_op *op);

/**
 * draw_neighbour() - Make the op another call of its family that leaves the same sort of thing; its
 * operands and numbers stay. Return: is there one?
 */
bool draw_neighbour(struct maker *maker, struct kmc_op *op);

/** draw_profile() - A release of the alphabet, mostly the newest. */
uint32_t draw_profile(const struct kmc_alphabet *alphabet, struct dice *dice);

/* A machine of this seed has tracepoints inside calls: what many rules are about is seen there only. */
#define TRACED_SEED 3
/** draw_machine() - A machine, profile and edition of the alphabet. */
void draw_machine(const struct kmc_alphabet *alphabet, struct dice *dice,
		  struct kmc_program *program);

#endif
