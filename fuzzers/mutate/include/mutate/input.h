/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An input of a fuzz target: a program as text or as records. Text seeds
 * serve as they are; what mutations write is records.
 */
#ifndef MUTATE_INPUT_H
#define MUTATE_INPUT_H
#include <stddef.h>
#include "vocab/program.h"

/**
 * kmc_input_decode() - Any bytes to a program.
 *
 * What begins as a text program and can be read as one is; the rest decodes as
 * records do. Return: 0, -ENOMEM.
 */
int kmc_input_decode(struct kmc_program *program, const void *bytes, size_t len);

#endif
