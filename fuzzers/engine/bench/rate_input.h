/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inputs of exactly 100 ops, for both sides of the benchmark of rates. */
#ifndef RATE_INPUT_H
#define RATE_INPUT_H
#include <stddef.h>
#include <stdint.h>

#define RATE_OPS 100

/* The hooks of rate_input.c make every input so; the targets below only run them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
