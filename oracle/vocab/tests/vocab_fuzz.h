/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fuzz target of the vocabulary is, for the target and for vocab_fuzz_main.c. */
#ifndef VOCAB_FUZZ_H
#define VOCAB_FUZZ_H
#include "vocab_dice.h"

/* An invariant: a breach is a crash. */
#define MUST(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A valid input, in malloc()ed memory: what the plain main damages. */
void kmc_fuzz_sample(struct dice *dice, char **bytes, size_t *len);

#endif
