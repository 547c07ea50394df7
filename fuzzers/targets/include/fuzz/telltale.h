/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tell-tale: what a fuzz target says on stderr right before it traps, and
 * how it is read back by campaigns. The first line is for programs, the rest
 * for people:
 *
 *   kmconform-finding key=v1-0123456789abcdef rule=ALIGN-2 call=kmalloc op=17 clause="..." shape="..."
 *     Let   ...
 *     Then  ...
 *     But   ...
 */
#ifndef FUZZ_TELLTALE_H
#define FUZZ_TELLTALE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "oracle/judge.h"

struct kmc_telltale {
	char key[24], rule[24], call[48], clause[96], shape[128];
	unsigned long op; /* from 0; the number of ops: the end of the program */
};

/** kmc_telltale_write() - All of it, in one write. */
void kmc_telltale_write(FILE *out, const struct kmc_finding *finding, size_t op);

/**
 * kmc_telltale_parse() - The first line of one out of the output of a target.
 * Return: was there one?
 */
bool kmc_telltale_parse(const char *text, size_t len, struct kmc_telltale *telltale);

#endif
