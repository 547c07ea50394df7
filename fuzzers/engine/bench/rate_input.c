/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mutator as the engine calls it, with each child brought to 100 ops: both
 * sides of the benchmark pay for the same mutations and the same length.
 */
#include <stdlib.h>
#include <string.h>
#include "fuzz/body.h"
#include "mutate/input.h"
#include "mutate/mutate.h"
#include "rate_input.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static struct kmc_mutator *mutator;
static struct kmc_program program;

/* Cut, or made longer by its own beginning. */
static size_t to_length(uint8_t *data, size_t max_size)
{
	size_t had = program.nr_ops, len;
	void *bytes;

	if (!had)
		return 0;
	for (size_t i = 0; program.nr_ops < RATE_OPS; i++) {
		struct kmc_op op = program.ops[i % had];

		if (kmc_program_add(&program, &op))
			return 0;
	}
	program.nr_ops = RATE_OPS;
	if (kmc_program_encode(&program, &bytes, &len))
		return 0;
	len = len < max_size ? len : max_size;
	memcpy(data, bytes, len);
	free(bytes);
	return len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	if (!mutator) {
		mutator = kmc_mutator_create(&kmc_fuzz_slab);
		kmc_program_init(&program);
	}
	size = kmc_mutate(mutator, data, size, max_size, NULL, 0, seed);
	if (kmc_input_decode(&program, data, size))
		return size;
	if (program.nr_ops < RATE_OPS / 2) { /* short ones grow first */
		for (int i = 0; i < 64; i++)
			size = kmc_mutate(mutator, data, size, max_size, NULL, 0, seed + 1u + (unsigned int)i);
		if (kmc_input_decode(&program, data, size))
			return size;
	}
	return to_length(data, max_size);
}
