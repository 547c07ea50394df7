/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The body that all program targets share: bytes become a program, the program
 * runs on alloc, the oracle judges, a violated rule of the allocator ends the
 * process. What a caller in the program does wrong is never a crash. Included
 * by the targets' entry points (engine/).
 */
#ifndef FUZZ_BODY_H
#define FUZZ_BODY_H
#include <stddef.h>
#include <stdint.h>
#include "fuzz/rig.h"
#include "mutate/alphabet.h"

/* Longer inputs are cut: an exec stays within milliseconds. */
#define KMC_FUZZ_MAX_OPS 512

/* The program targets. */
#define KMC_FUZZ_TARGETS(X)                                                        \
	X(slab) X(page) X(gfp) X(vmalloc) X(realloc) X(caches) X(rcu) X(memcg)     \
	X(device) X(threads) X(machine)
#define KMC_FUZZ_TARGET(name) extern const struct kmc_alphabet kmc_fuzz_##name;
KMC_FUZZ_TARGETS(KMC_FUZZ_TARGET)
#undef KMC_FUZZ_TARGET

/** kmc_fuzz_target_at() - The i-th, NULL past the end. */
const struct kmc_alphabet *kmc_fuzz_target_at(size_t index);
/** kmc_fuzz_target_find() - By name; NULL none. */
const struct kmc_alphabet *kmc_fuzz_target_find(const char *name);

/**
 * kmc_fuzz_program() - The program that an input stands for, made fit for fuzzing: at most
 * KMC_FUZZ_MAX_OPS ops, a machine of more than 1 GiB, or that alloc cannot be, becomes the
 * default one, and the edition is the profile's own. Any bytes are a program. Return: 0, -ENOMEM.
 */
int kmc_fuzz_program(struct kmc_program *program, const void *bytes, size_t len);

/**
 * kmc_fuzz_input() - One input of a target.
 *
 * The first call reads the environment: KMC_FUZZ_KNOWN names a file of keys of findings that
 * are known. Return: 0 always; an input whose machine cannot be had for want of memory is
 * passed over.
 */
int kmc_fuzz_input(const struct kmc_alphabet *alphabet, const uint8_t *bytes, size_t len);

/**
 * kmc_fuzz_digest() - Have inputs digested, and no finding trap (tests of determinism).
 * @last: receives what the last input was like.
 */
void kmc_fuzz_digest(struct kmc_rig_run *last);

#endif
