/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the running kernel's GFP numbers: from 6.9 on its BTF has them as
 * enumerators, before that the format of the page event spells them out. Used
 * by kernel_facts.c.
 */
#ifndef EBPF_GFP_FIND_H
#define EBPF_GFP_FIND_H
#include <stdbool.h>
#include "vocab/gfp.h"

struct btf;

/** kmc_gfp_from_btf() - From enumerators ___GFP_<NAME>_BIT. Return: false when there are none. */
bool kmc_gfp_from_btf(const struct btf *btf, struct kmc_gfp_table *table);

/**
 * kmc_gfp_from_format() - From the flag list of a tracepoint's format text.
 * @btf: resolves names that the list leaves unresolved (6.9 to 6.12); may be NULL.
 * Return: false when no flag was found.
 */
bool kmc_gfp_from_format(const char *format, const struct btf *btf, struct kmc_gfp_table *table);

/**
 * kmc_gfp_find() - The best there is: BTF, format, the release's static table.
 * @source: receives "btf", "format" or "static"; 16 bytes.
 */
void kmc_gfp_find(const struct btf *btf, uint32_t release, struct kmc_gfp_table *table,
		  char *source);

#endif
