/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry point of a program target: compiled once for each, with
 * KMC_FUZZ_NAME for the alphabet. An engine, or plain_main.c, calls it.
 */
#include "fuzz/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAMED(name)  ALPHABET(name)
#define ALPHABET(name) kmc_fuzz_##name

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return kmc_fuzz_input(&NAMED(KMC_FUZZ_NAME), data, size);
}
