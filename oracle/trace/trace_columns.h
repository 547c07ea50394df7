/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of a block as columns of bytes, and back. Knows nothing of
 * files, frames and compression; used by the writer, the reader and the
 * cursor. What each column holds is described in README.md.
 */
#ifndef TRACE_COLUMNS_H
#define TRACE_COLUMNS_H
#include <stddef.h>
#include <stdint.h>
#include "trace/trace.h"
#include "trace_wire.h"

enum kmc_column {
	KMC_COL_KINDS,    /* rows: what events of one kind have in common */
	KMC_COL_ID,       /* a byte an event: its kind; 255: see the next */
	KMC_COL_ID_FAR,   /* varints */
	KMC_COL_TIME_LOW, /* a byte an event: low byte of the time delta */
	KMC_COL_TIME_HIGH, /* a byte an event; 255: see the next */
	KMC_COL_TIME_FAR, /* signed varints */
	KMC_COL_TASK,     /* runs: length, signed change of the task */
	KMC_COL_SIZE,     /* signed varints, for kinds of changing size */
	KMC_COL_GRANTED,  /* signed varints, for kinds of changing granted size */
	KMC_COL_REF,      /* a byte an event: which earlier event had this address */
	KMC_COL_REF_FAR,  /* signed varints */
	KMC_COL_ADDR,     /* signed varints: addresses not seen before in the block */
	KMC_NR_COLUMNS
};

/* Codes of KMC_COL_REF. */
enum {
	KMC_REF_NEW = 0,   /* not seen before: KMC_COL_ADDR */
	KMC_REF_NEXT = 1,  /* of the event that follows, in its kind, the one last referred to */
	KMC_REF_NEAR = 1,  /* code - KMC_REF_NEAR events back, from code 2 */
	KMC_REF_FAR = 255, /* KMC_COL_REF_FAR: distance from the event last referred to */
};
#define KMC_REF_NEAR_MAX (KMC_REF_FAR - 1 - KMC_REF_NEAR)

#define KMC_ID_FAR   255u
#define KMC_TIME_FAR 255u

/* Bits of a kind's row. */
#define KMC_KIND_SIZE_VARIES    0x01u
#define KMC_KIND_GRANTED_VARIES 0x02u

struct kmc_column_bytes {
	uint8_t *data, *end;
};

struct kmc_encoder;

/** kmc_encoder_create() - NULL: no memory. */
struct kmc_encoder *kmc_encoder_create(void);
void kmc_encoder_destroy(struct kmc_encoder *enc);

/**
 * kmc_encode_columns() - Records of one cpu, in its order, to columns.
 * @first_ns: what the first time is a delta against.
 * @columns: KMC_NR_COLUMNS; set to memory of the encoder, valid until its next use.
 * Return: 0, -ENOMEM.
 */
int kmc_encode_columns(struct kmc_encoder *enc, const struct kmc_record *records, size_t n,
		       uint64_t first_ns, const struct kmc_column_bytes **columns);

struct kmc_decoder;

/** kmc_decoder_create() - NULL: no memory. */
struct kmc_decoder *kmc_decoder_create(void);
void kmc_decoder_destroy(struct kmc_decoder *dec);

/**
 * kmc_decoder_buffer() - Where to put a block's columns, one behind the other, before
 * kmc_decoder_start(). Return: room for @len bytes, NULL: no memory.
 */
void *kmc_decoder_buffer(struct kmc_decoder *dec, size_t len);

/**
 * kmc_decoder_start() - Begin with the block whose columns are in the buffer.
 * @lens: KMC_NR_COLUMNS lengths. Return: 0, -EINVAL, -ENOMEM.
 */
int kmc_decoder_start(struct kmc_decoder *dec, const uint32_t *lens, size_t n, uint64_t first_ns);

/**
 * kmc_decoder_next() - The next records of the block, in order.
 * Return: how many, 0 after the last (all columns were used up exactly), -EINVAL.
 */
int kmc_decoder_next(struct kmc_decoder *dec, struct kmc_record *records, unsigned int max);

/**
 * kmc_granted_guess() - The size that a kmalloc of @size bytes most likely got. Only a
 * prediction that makes columns small: the columns hold the difference.
 */
static inline uint64_t kmc_granted_guess(uint64_t size)
{
	if (size <= 8)
		return 8;
	if (size > 64 && size <= 96)
		return 96;
	if (size > 128 && size <= 192)
		return 192;
	if (size > 8192)
		return (size + 4095) & ~(uint64_t)4095;
	return (uint64_t)1 << (64 - __builtin_clzll(size - 1));
}

#endif
