/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GFP flags without numbers: a set of atoms and a raw remainder. A kernel's
 * numbers are translated by its table, so that one program means the same on
 * each release and an unknown bit of a newer kernel survives. Included by
 * everything that speaks of allocation requests. Composites (GFP_KERNEL) are
 * notation in text only: each party derives what a release means by them from
 * its own source.
 */
#ifndef VOCAB_GFP_H
#define VOCAB_GFP_H
#include <stddef.h>
#include <stdint.h>

enum kmc_gfp_atom {
#define KMC_GFP(name, ...) KMC_GFP_BIT_##name,
#include "vocab/gfp.def"
#undef KMC_GFP
	KMC_NR_GFP_ATOMS
};

/* Atoms as a mask; fits 32 bits. */
enum {
#define KMC_GFP(name, ...) KMC_GFP_##name = (int)(1u << KMC_GFP_BIT_##name),
#include "vocab/gfp.def"
#undef KMC_GFP
};
#define KMC_GFP_ALL_ATOMS ((uint32_t)((1ull << KMC_NR_GFP_ATOMS) - 1))

/* A flag word: what has a name, and the bits that have none. */
struct kmc_gfp {
	uint32_t atoms;
	uint64_t raw; /* the kernel's own bit positions */
};

/* One kernel's numbering. */
struct kmc_gfp_table {
	int8_t bit[KMC_NR_GFP_ATOMS]; /* -1: no such bit */
};

/* A release as one comparable number. */
#define KMC_RELEASE(major, minor, point) \
	((uint32_t)(major) << 20 | (uint32_t)(minor) << 10 | (uint32_t)(point))
/* Without its point: the edition of a release's own texts. */
#define KMC_SERIES(release) ((uint32_t)(release) & ~1023u)

/**
 * kmc_gfp_table_of() - The table of a release.
 * @release: KMC_RELEASE(); the newest known table not newer than it is taken.
 * Return: never NULL; below 4.19 the one of 4.19.
 */
const struct kmc_gfp_table *kmc_gfp_table_of(uint32_t release);

/** kmc_gfp_from_raw() - Split a kernel's flag word by its table. */
struct kmc_gfp kmc_gfp_from_raw(const struct kmc_gfp_table *table, uint64_t word);

/**
 * kmc_gfp_to_raw() - The inverse. Atoms the table lacks are dropped and
 * reported in *@lost (may be NULL).
 */
uint64_t kmc_gfp_to_raw(const struct kmc_gfp_table *table, struct kmc_gfp gfp, uint32_t *lost);

/** kmc_gfp_atom_name() - "DMA", ...; NULL out of range. */
const char *kmc_gfp_atom_name(unsigned int atom);

/** kmc_gfp_atom_find() - The atom of a name, leading underscores and GFP_ ignored; -1 none. */
int kmc_gfp_atom_find(const char *name, size_t len);

/**
 * kmc_gfp_print() - Text: a composite (GFP_KERNEL, ...) where one fits, then atoms as __GFP_NAME,
 * then raw(0x..); "0" for none. Composites are notation with one meaning in every edition (the
 * README names them), never a claim about what a release defines. Return: as snprintf().
 */
int kmc_gfp_print(char *buf, size_t size, struct kmc_gfp gfp);

/** kmc_gfp_parse() - The inverse of kmc_gfp_print(). Return: 0 or -EINVAL. */
int kmc_gfp_parse(const char *text, size_t len, struct kmc_gfp *gfp);

#endif
