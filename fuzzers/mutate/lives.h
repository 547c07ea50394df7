/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the slots of a program hold at some place in it, as far as the program
 * alone tells: whether a request failed is not known here. Private to mutate/.
 */
#ifndef MUTATE_LIVES_H
#define MUTATE_LIVES_H
#include <stdbool.h>
#include <stdint.h>
#include "dice.h"
#include "vocab/op.h"

enum life_kind {
	LIFE_NONE, LIFE_MEMORY, LIFE_CACHE, LIFE_POOL, LIFE_HANDLE, LIFE_TOKEN, LIFE_GROUP,
	LIFE_SNAP, LIFE_NUM,
};

struct life {
	uint8_t kind; /* enum life_kind */
	bool live, listed;
	uint8_t order;
	uint16_t origin; /* opcode */
	uint16_t handle; /* cache, pool or device it came from; KMC_NO_SLOT */
	uint64_t size, pattern;
};

struct lives {
	struct life of[KMC_NR_SLOTS];
	uint16_t used[KMC_NR_SLOTS];
	unsigned int nr_used;
};

/* A slot operand of a call. */
struct operand {
	uint8_t kind; /* enum life_kind */
	char field;   /* s t u */
	bool offset, range;
};

void lives_reset(struct lives *lives);
/** lives_note() - What the op does to slots. */
void lives_note(struct lives *lives, const struct kmc_op *op);

/** lives_prepare() - Before any use of the rest; any number of times. */
void lives_prepare(void);
/** operand_of() - What a parameter of the catalogue wants; kind LIFE_NONE: it is no slot. */
struct operand operand_of(const struct kmc_param *param);
uint16_t *slot_field(struct kmc_op *op, char field);

/** life_suits() - Does the call take what is in that slot for that operand, by the contract? */
bool life_suits(const struct life *life, unsigned int code, const struct kmc_param *param);

/** lives_find() - A live slot that suits, drawn; KMC_NO_SLOT none. */
uint16_t lives_find(const struct lives *lives, struct dice *dice, unsigned int code,
		    const struct kmc_param *param);
/** lives_any() - A slot of that kind, live or not; KMC_NO_SLOT none. */
uint16_t lives_any(const struct lives *lives, struct dice *dice, unsigned int kind, bool live);
/** lives_run() - How many slots from @first on suit, at most @max. */
uint64_t lives_run(const struct lives *lives, uint16_t first, unsigned int code,
		   const struct kmc_param *param, uint64_t max);
/** lives_empty_slot() - A slot where nothing live is, low ones first. */
uint16_t lives_empty_slot(const struct lives *lives, struct dice *dice);

/** life_release() - A call that ends this life, drawn among the legal ones; 0 none. */
unsigned int life_release(const struct life *life, struct dice *dice);
/** life_maker() - A call that makes something this operand can be, drawn; 0 none. */
unsigned int life_maker(unsigned int code, const struct kmc_param *param, struct dice *dice);
/** op_bytes() - Bytes that the op asks for. */
uint64_t op_bytes(const struct kmc_op *op);

#endif
