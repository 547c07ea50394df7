/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program: ops on a described machine, judged by an edition. Text (`.op`)
 * and records are two forms of the same thing:
 *
 *   parse(print(p)) = p,  decode(encode(p)) = p,
 *   encode(decode(bytes)) is a fixed point, and every byte string decodes.
 */
#ifndef VOCAB_PROGRAM_H
#define VOCAB_PROGRAM_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "vocab/machine.h"
#include "vocab/op.h"

#define KMC_RECORD_BYTES 32

struct kmc_program {
	struct kmc_machine machine;
	uint32_t edition; /* KMC_RELEASE() */
	size_t nr_ops, max_ops;
	struct kmc_op *ops;
};

void kmc_program_init(struct kmc_program *program);
void kmc_program_free(struct kmc_program *program);
/** kmc_program_add() - Append an op. Return: 0, -ENOMEM. */
int kmc_program_add(struct kmc_program *program, const struct kmc_op *op);
/** kmc_program_copy() - What @to, an initialised program, held before is gone. Return: 0, -ENOMEM. */
int kmc_program_copy(struct kmc_program *to, const struct kmc_program *from);

/**
 * kmc_program_decode() - From any bytes; values out of range are folded into
 * it, a last partial record is padded with zeros. What @program held is
 * replaced, its room for ops used again; so in kmc_program_parse() and _read().
 * Return: 0, -ENOMEM.
 */
int kmc_program_decode(struct kmc_program *program, const void *bytes, size_t len);

/**
 * kmc_program_encode() - To malloc()ed records, head first.
 * The ops are expected to be canonical (kmc_op_canonicalise()).
 * Return: 0, -ENOMEM.
 */
int kmc_program_encode(const struct kmc_program *program, void **bytes, size_t *len);

/**
 * kmc_op_decode() - One record (and its continuation, NULL none) to a canonical op: the fuzzers'
 * unit. cpu is below KMC_MAX_CPUS; kmc_program_decode() folds it to the machine's.
 */
void kmc_op_decode(struct kmc_op *op, const uint8_t *record, const uint8_t *more);
/** kmc_op_encode() - @records: room for two. Return: records written, 1 or 2. */
unsigned int kmc_op_encode(const struct kmc_op *op, uint8_t *records);

/**
 * kmc_program_parse() - From text.
 * @name:  for messages. @error: receives "NAME:LINE: what"; size bytes.
 * Return: 0, -EINVAL, -ENOMEM; on an error @program holds the ops before it.
 */
int kmc_program_parse(struct kmc_program *program, const char *text, size_t len, const char *name,
		      char *error, size_t size);
/** kmc_program_print() - To text. Return: 0, -EIO. */
int kmc_program_print(const struct kmc_program *program, FILE *out);
/** kmc_program_to_text() - The same, malloc()ed. Return: NULL without memory. */
char *kmc_program_to_text(const struct kmc_program *program);
/** kmc_op_print() - One op without newline. Return: as snprintf(). */
int kmc_op_print(char *buf, size_t size, const struct kmc_op *op);

/**
 * kmc_program_read() - A file of either form: text when it begins with "# kmconform", records when
 * with "KMCOP"; anything else is refused, as is a damaged file of records, which
 * kmc_program_decode() would fold ("NAME: record N: what").
 * Return: 0, -EINVAL, -errno; @error as above.
 */
int kmc_program_read(struct kmc_program *program, const char *path, char *error, size_t size);

#endif
