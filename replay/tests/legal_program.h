/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs by correct callers, made from a seed: every call that alloc executes
 * today, every free that rules-slab Part 2 allows in the edition, everything
 * given back at the end. On request with one misuse, and the rule it breaks.
 * The generator keeps its own books and has its own idea of the matrix, so that
 * executor and oracle are judged by a third. Used by legal_programs_test.c.
 */
#ifndef REPLAY_TESTS_LEGAL_PROGRAM_H
#define REPLAY_TESTS_LEGAL_PROGRAM_H
#include <stdbool.h>
#include <stdint.h>
#include "vocab/program.h"

/* What one caller in the program does wrong. X(enumerator, text) */
#define LEGAL_MISUSES(X)                                                    \
	X(NONE, "nothing") X(DOUBLE_FREE, "double free")                    \
	X(WRONG_FREE, "wrong freeing call") X(INTERIOR, "interior pointer") \
	X(OVERFLOW, "write past the size") X(DESTROY, "destroy with live objects") \
	X(OTHER_CACHE, "free to another cache") X(LEAK, "leak")             \
	X(USE_AFTER_FREE, "use after free") X(WRONG_EXTENT, "wrong order or size") \
	X(CONTEXT, "sleeping flags in an interrupt") X(NULL_FREE, "NULL to a call that takes none") \
	X(DEAD_CACHE, "use of a destroyed cache")
enum legal_misuse {
#define LEGAL_MISUSE(name, text) LEGAL_##name,
	LEGAL_MISUSES(LEGAL_MISUSE)
#undef LEGAL_MISUSE
	LEGAL_NR_MISUSES
};

struct legal_wish {
	uint64_t seed;
	uint32_t profile, edition;
	bool kmalloc_only;        /* the calls that target `malloc` has */
	enum legal_misuse misuse;
};

/**
 * legal_program_make() - Build the program of a seed.
 * @rule: receives the id of the rule that the misuse breaks; NULL: none.
 * Return: 0, -ENOMEM.
 */
int legal_program_make(struct kmc_program *program, const struct legal_wish *wish,
		       const char **rule);

const char *legal_misuse_name(enum legal_misuse misuse);

#endif
