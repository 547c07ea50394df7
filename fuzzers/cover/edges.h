/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters that clang puts into instrumented code, as one row of bytes. Private. */
#pragma once
#include <stddef.h>
#include <stdint.h>

size_t kmc_edges_nr(void);
void kmc_edges_clear(void);
/** kmc_edges_take() - Set the bit @first + i of @words for each edge i taken since the clearing. */
void kmc_edges_take(uint64_t *words, size_t first);
