/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An alphabet: what a fuzz target's programs are made of. The calls its
 * mutations draw, and the machines they run on. It guides; it forbids nothing:
 * a program with other calls in it is run as it is, so that corpora can be
 * shared between all targets. Included by targets, the mutator and its glue.
 */
#ifndef MUTATE_ALPHABET_H
#define MUTATE_ALPHABET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vocab/machine.h"
#include "vocab/op.h"

#define KMC_FAMILY(name) (1u << KMC_OPF_##name)
#define KMC_ALL_FAMILIES ((1u << KMC_NR_OP_FAMILIES) - 1)

/* A machine that programs run on; a profile, a seed and an edition are drawn beside it. */
struct kmc_shape {
	uint8_t cpus, nodes;
	uint16_t memory_mib;
	uint32_t options; /* KMC_MO_* */
	bool zones3;      /* DMA, DMA32 and Normal instead of one zone */
	bool movable;     /* a part of each node is ZONE_MOVABLE */
};

struct kmc_alphabet {
	const char *name;      /* "slab": the program is fuzz_slab */
	const char *summary;   /* one line */
	uint32_t families;     /* KMC_FAMILY() */
	const uint16_t *more;  /* opcodes of other families; 0 ends; NULL none */
	const uint16_t *never; /* opcodes left out; 0 ends; NULL none */
	const struct kmc_shape *shapes;
	size_t nr_shapes;
	bool newest_only;      /* only the newest profile has what is tried */
	bool threads;          /* cpus run interleaved, see threads.h */
};

/** kmc_alphabet_has() - Do mutations draw this call? */
bool kmc_alphabet_has(const struct kmc_alphabet *alphabet, unsigned int code);

/** kmc_alphabet_codes() - All its calls in catalogue order. Return: their number. */
size_t kmc_alphabet_codes(const struct kmc_alphabet *alphabet, uint16_t codes[KMC_OPCODE_END]);

/** kmc_shape_machine() - The machine of a shape; profile and seed stay the default ones. */
void kmc_shape_machine(const struct kmc_shape *shape, struct kmc_machine *machine);

#endif
