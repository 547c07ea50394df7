/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mutator: a program in, a program near to it out. It works on ops and
 * knows lifetimes, so most of what it makes means something to the executor;
 * one call in eight works on bytes instead, which finds what knowledge is
 * blind to, and one in sixteen of the others gives a program of the generator.
 * Everything follows from the input, the other input and the seed; nothing is
 * remembered between calls. Included by the engines' glue, the minimizer (trim)
 * and tests.
 */
#ifndef MUTATE_MUTATE_H
#define MUTATE_MUTATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mutate/alphabet.h"
#include "vocab/program.h"

/* What is done to a program. X(enumerator, text, weight) */
#define KMC_MUTATIONS(X)                                                          \
	X(INSERT, "insert", 26)           /* an op, with the set-up that it needs */  \
	X(BURST, "burst", 60)             /* up to 128 ops in a row, each as inserted */ \
	X(ARGUMENT, "argument", 30)       /* a field, from its boundary table */      \
	X(CALL, "call", 16)               /* another call of the family, on the same things */ \
	X(HARDSHIP, "hardship", 8)        /* a call fails, or finds no memory */      \
	X(DELETE, "delete", 8)            /* a run of ops */                          \
	X(REPLACE, "replace", 6)          /* an op by a fresh one */                  \
	X(DUPLICATE, "duplicate", 6)      /* a run of ops, once more */               \
	X(SPLICE, "splice", 6)            /* a run out of another program */          \
	X(SAME_OBJECT, "same-object", 6)  /* an op gets another op's operand */       \
	X(RELEASE, "release", 6)          /* what is live is given back */            \
	X(MOVE, "move", 3)                /* an op to another place, cpu or context */ \
	X(MACHINE, "machine", 4)          /* another machine, profile or edition */
enum kmc_mutation {
#define KMC_MUTATION(name, text, weight) KMC_MUTATE_##name,
	KMC_MUTATIONS(KMC_MUTATION)
#undef KMC_MUTATION
	KMC_NR_MUTATIONS,
	KMC_MUTATE_BYTES = KMC_NR_MUTATIONS, /* in kmc_mutator_last() only, as: */
	KMC_MUTATE_FRESH,                    /* a program of the generator instead of a child */
};
const char *kmc_mutation_name(unsigned int kind);

struct kmc_mutator;

/** kmc_mutator_create() - @alphabet must live as long. Return: NULL no memory. */
struct kmc_mutator *kmc_mutator_create(const struct kmc_alphabet *alphabet);
void kmc_mutator_destroy(struct kmc_mutator *mutator);

/**
 * kmc_mutate() - Mutate the program that @bytes stand for.
 * @bytes: in and out, room for @max. @other: to splice from; NULL the program itself.
 *
 * An input without a program's head gets one. What does not fit @max is cut
 * at the end, op by op. Return: the new length, at least a head's, at most @max; @max too small
 * for a head gives bytes mutated as bytes.
 */
size_t kmc_mutate(struct kmc_mutator *mutator, uint8_t *bytes, size_t len, size_t max,
		  const uint8_t *other, size_t other_len, uint64_t seed);

/** kmc_cross_over() - Runs of two programs in turn, written to @out. Return: its length. */
size_t kmc_cross_over(struct kmc_mutator *mutator, const uint8_t *a, size_t a_len,
		      const uint8_t *b, size_t b_len, uint8_t *out, size_t max, uint64_t seed);

/** kmc_mutate_once() - One mutation of this kind to @program (tests). Return: was it possible? */
bool kmc_mutate_once(struct kmc_mutator *mutator, struct kmc_program *program,
		     const struct kmc_program *other, enum kmc_mutation kind, uint64_t seed);

/** kmc_mutator_last() - What the last kmc_mutate() did, "insert+argument"; at most @max bytes. */
size_t kmc_mutator_last(const struct kmc_mutator *mutator, char *text, size_t max);

/*
 * Trimming by ops: halves, quarters, ... single ops are left out in turn. A trimmer says what
 * to try; who tries tells it whether the candidate is to be kept.
 */
struct kmc_trim {
	struct kmc_program program, candidate;
	size_t chunk, at;
	bool done;
	uint8_t *bytes; /* of the candidate */
	size_t len;
};
/** kmc_trim_begin() - Return: number of tries at most, -ENOMEM. */
int kmc_trim_begin(struct kmc_trim *trim, const uint8_t *bytes, size_t len);
/** kmc_trim_next() - The next candidate in trim->bytes; false: none is left. */
bool kmc_trim_next(struct kmc_trim *trim);
/** kmc_trim_tell() - Was the candidate as good as the program? */
void kmc_trim_tell(struct kmc_trim *trim, bool keep);
void kmc_trim_end(struct kmc_trim *trim);

#endif
