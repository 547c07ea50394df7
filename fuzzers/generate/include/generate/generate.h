/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs by correct callers, made from a seed: every call that alloc executes
 * today, every free that rules-slab Part 2 allows in the edition, everything
 * given back at the end. On request with one misuse, and the rule it breaks.
 * The generator keeps its own books and has its own idea of the matrix, so that
 * executor and oracle are judged by a third.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "vocab/program.h"

/* What one caller in the program does wrong. X(enumerator, text) */
#define KMC_GEN_MISUSES(X)                                                                         \
	X(NONE, "nothing")                                                                         \
	X(DOUBLE_FREE, "double free")                                                              \
	X(WRONG_FREE, "wrong freeing call") X(INTERIOR, "interior pointer")                        \
		X(OVERFLOW, "write past the size") X(DESTROY, "destroy with live objects") X(      \
			OTHER_CACHE, "free to another cache") X(LEAK, "leak")                      \
			X(USE_AFTER_FREE, "use after free") X(WRONG_EXTENT, "wrong order or size") \
				X(CONTEXT, "sleeping flags in an interrupt")                       \
					X(NULL_FREE, "NULL to a call that takes none")             \
						X(DEAD_CACHE, "use of a destroyed cache")
enum kmc_gen_misuse {
#define KMC_GEN_MISUSE(name, text) KMC_GEN_##name,
	KMC_GEN_MISUSES(KMC_GEN_MISUSE)
#undef KMC_GEN_MISUSE
		KMC_GEN_NR_MISUSES
};

struct kmc_gen_wish {
	uint64_t seed;
	uint64_t machine; /* programs of one number share a machine; 0: each has its own */
	uint32_t profile, edition;
	bool kmalloc_only; /* the calls that target `malloc` has */
	enum kmc_gen_misuse misuse;
};

/**
 * kmc_generate() - Build the program of a seed.
 * @rule: receives the id of the rule that the misuse breaks; NULL: none.
 * Return: 0, -ENOMEM.
 */
int kmc_generate(struct kmc_program *program, const struct kmc_gen_wish *wish, const char **rule);

const char *kmc_gen_misuse_name(enum kmc_gen_misuse misuse);
