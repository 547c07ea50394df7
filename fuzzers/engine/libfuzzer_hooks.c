/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mutator as libFuzzer (and what takes its interface) calls it. Not
 * instrumented: what the mutator does is nothing that an input did.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "fuzz/body.h"
#include "mutate/mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size,
				 unsigned int seed);

#define NAMED(name)    ALPHABET(name)
#define ALPHABET(name) kmc_fuzz_##name

static struct kmc_mutator *mutator(void)
{
	static struct kmc_mutator *made;

	if (!made)
		made = kmc_mutator_create(&NAMED(KMC_FUZZ_NAME));
	return made;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return mutator() ? kmc_mutate(mutator(), data, size, max_size, NULL, 0, seed) : size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size,
				 unsigned int seed)
{
	return mutator() ? kmc_cross_over(mutator(), data1, size1, data2, size2, out,
					  max_out_size, seed) : 0;
}
