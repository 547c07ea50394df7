/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which freeing call fits which allocator, by edition: the one look-up behind
 * every rule about wrong frees.
 */
#ifndef RULES_PAIRING_H
#define RULES_PAIRING_H
#include <stdint.h>

/* Who allocated: provenance of a live block, and a row of the matrix. */
enum kmc_provenance {
	KMC_FROM_UNKNOWN,
#define KMC_PAIR(row, ...) KMC_FROM_##row,
#include "pairing.def"
	KMC_FROM_RUST, /* not in the matrix: freed by its own call only */
	KMC_NR_PROVENANCES
};

enum kmc_free_column {
#define KMC_FREE_COLUMN(column, text) KMC_BY_##column,
#include "pairing.def"
	KMC_NR_FREE_COLUMNS,
	KMC_BY_RUST_FREE = KMC_NR_FREE_COLUMNS,
	KMC_BY_NOBODY /* not a freeing call */
};

/* What a cell says for one edition. */
enum kmc_pairing { KMC_PAIR_LEGAL, KMC_PAIR_NOOP, KMC_PAIR_WORKS, KMC_PAIR_BREACH, KMC_PAIR_NONE };

/** kmc_pairing_of() - May memory @from be freed @by in @edition? */
enum kmc_pairing kmc_pairing_of(enum kmc_provenance from, enum kmc_free_column by,
				uint32_t edition);

/**
 * kmc_pairing_rule() - The rule that a wrong pair breaks: the row's own, unless the
 * contract says that another fires alone. Return: index of a rule.
 */
int kmc_pairing_rule(enum kmc_provenance from, enum kmc_free_column by, uint32_t edition);

/** kmc_provenance_name() - "kmalloc", "alloc_pages with COMP"; NULL for none. */
const char *kmc_provenance_name(unsigned int from);
const char *kmc_free_column_name(unsigned int by);

#endif
