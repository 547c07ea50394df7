/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mutations that know nothing of programs. Private to mutate/. */
#ifndef MUTATE_BYTES_H
#define MUTATE_BYTES_H
#include <stddef.h>
#include <stdint.h>
#include "dice.h"

/** kmc_mutate_bytes() - One to four of them. Return: the new length. */
size_t kmc_mutate_bytes(struct dice *dice, uint8_t *bytes, size_t len, size_t max);

#endif
