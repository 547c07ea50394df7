// SPDX-License-Identifier: GPL-2.0-or-later
/* The pairing matrix as a table, made of pairing.def, and how an edition reads its cells. */
#include <stddef.h>
#include "catalogue.h"
#include "pairing.h"

enum cell { X, OK, OK4, OK59, I, I612, NOP, NOP17, NA };

struct row {
	const char *text;
	int rule;
	uint8_t cells[KMC_NR_FREE_COLUMNS];
};

static const struct row rows[KMC_NR_PROVENANCES] = {
#define KMC_PAIR(row, who, fires, ...)                                                             \
	[KMC_FROM_##row] = { .text = who, .rule = KMC_R_##fires, .cells = { __VA_ARGS__ } },
#include "pairing.def"
};

static const char *const columns[KMC_NR_FREE_COLUMNS + 1] = {
#define KMC_FREE_COLUMN(column, call) [KMC_BY_##column] = call,
#include "pairing.def"
	[KMC_BY_RUST_FREE] = "Rust free",
};

static enum kmc_pairing read_cell(enum cell cell, uint32_t edition)
{
	switch (cell) {
	case OK:
		return KMC_PAIR_LEGAL;
	case OK4:
		return edition >= KMC_RELEASE(6, 4, 0) ? KMC_PAIR_LEGAL : KMC_PAIR_WORKS;
	case OK59:
		return edition >= KMC_RELEASE(5, 9, 0) ? KMC_PAIR_LEGAL : KMC_PAIR_BREACH;
	case I:
		return KMC_PAIR_WORKS;
	case I612:
		return edition >= KMC_RELEASE(6, 12, 0) ? KMC_PAIR_WORKS : KMC_PAIR_BREACH;
	case NOP:
		return KMC_PAIR_NOOP;
	case NOP17:
		return edition < KMC_RELEASE(5, 18, 0) ? KMC_PAIR_NOOP : KMC_PAIR_BREACH;
	case NA:
		return KMC_PAIR_NONE;
	case X:
		break;
	}
	return KMC_PAIR_BREACH;
}

enum kmc_pairing kmc_pairing_of(enum kmc_provenance from, enum kmc_free_column by,
				uint32_t edition)
{
	if (from == KMC_FROM_RUST || by == KMC_BY_RUST_FREE)
		return from == KMC_FROM_RUST && by == KMC_BY_RUST_FREE ? KMC_PAIR_LEGAL :
									  KMC_PAIR_BREACH;
	if (from <= KMC_FROM_UNKNOWN || from >= KMC_FROM_RUST || by >= KMC_NR_FREE_COLUMNS)
		return KMC_PAIR_NONE;
	return read_cell(rows[from].cells[by], edition);
}

static int is_bulk_or_rcu(enum kmc_free_column by)
{
	return by == KMC_BY_KFREE_BULK || by == KMC_BY_KFREE_RCU || by == KMC_BY_KVFREE_RCU ||
	       by == KMC_BY_MIGHTSLEEP || by == KMC_BY_CACHE_FREE_BULK;
}

/* From 6.4 on the guide speaks of the _bulk and _rcu flavours by themselves (FR-3). */
static int flavour_rule(enum kmc_free_column by, uint32_t edition, int plain)
{
	return is_bulk_or_rcu(by) && edition >= KMC_RELEASE(6, 4, 0) ? KMC_R_FR_3 : plain;
}

int kmc_pairing_rule(enum kmc_provenance from, enum kmc_free_column by, uint32_t edition)
{
	if (from == KMC_FROM_NULL || from == KMC_FROM_ZERO_SIZE)
		return KMC_R_FR_9;
	if (by == KMC_BY_KFREE_NOLOCK)
		return KMC_R_FR_16;
	switch (from) {
	case KMC_FROM_CACHE:
	case KMC_FROM_CACHE_TYPESAFE:
	case KMC_FROM_CACHE_CTOR:
		return edition < KMC_RELEASE(6, 4, 0) ? KMC_R_FR_6 :
							flavour_rule(by, edition, KMC_R_FR_2);
	case KMC_FROM_VMALLOC:
		return by == KMC_BY_VUNMAP ? KMC_R_VM_15 : flavour_rule(by, edition, KMC_R_FR_4);
	case KMC_FROM_KMALLOC:
	case KMC_FROM_KMALLOC_LARGE:
	case KMC_FROM_KMALLOC_NOLOCK:
	case KMC_FROM_BUCKET:
		return flavour_rule(by, edition, KMC_R_FR_1);
	case KMC_FROM_UNKNOWN:
	case KMC_FROM_RUST:
		return KMC_R_FR_11;
	default:
		return rows[from].rule;
	}
}

const char *kmc_provenance_name(unsigned int from)
{
	if (from == KMC_FROM_RUST)
		return "Rust alloc";
	return from < KMC_NR_PROVENANCES ? rows[from].text : NULL;
}

const char *kmc_free_column_name(unsigned int by)
{
	return by <= KMC_NR_FREE_COLUMNS ? columns[by] : NULL;
}
