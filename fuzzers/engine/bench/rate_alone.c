/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same inputs without an engine, for profilers and for telling what an engine adds:
 *
 *   bench_fuzz_alone [ROUNDS]
 *
 * runs the 320 programs twice, which boots their machines, and then ROUNDS times; the CPU time
 * of these is told at the end. Of a profile what is below measured() counts.
 */
#include <stdlib.h>
#include "rate_input.h"

#define PROGRAMS 320

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static void run(unsigned long nr)
{
	static uint8_t bytes[8192];

	while (nr--)
		LLVMFuzzerTestOneInput(bytes,
				       LLVMFuzzerCustomMutator(bytes, 0, sizeof(bytes), 0));
}

__attribute__((noinline)) static void measured(unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++)
		run(PROGRAMS);
}

int main(int argc, char **argv)
{
	run(2ul * PROGRAMS);
	measured(argc > 1 ? strtoul(argv[1], NULL, 0) : 20);
	return 0;
}
