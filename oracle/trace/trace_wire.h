/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout of a trace file: the constants, little-endian numbers and varints
 * that writer and reader share. Private to this folder; the description for
 * people is in README.md.
 */
#ifndef TRACE_WIRE_H
#define TRACE_WIRE_H
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The file head: magic, version, CRC-32C of the two. */
#define KMC_FILE_MAGIC     "\x8bKMT\r\n\x1a\n"
#define KMC_FILE_VERSION   1u
#define KMC_FILE_HEAD_SIZE 16u

/*
 * A frame: a head of 32 bytes, info_len bytes of info, payload_len bytes of
 * payload. The sync word lets a reader find the next frame after damage; it
 * holds bytes that no UTF-8 text and no kernel address has in this order.
 */
#define KMC_FRAME_SYNC      "\xc1KMTf\xff\r\n"
#define KMC_FRAME_SYNC_SIZE 8u
#define KMC_FRAME_HEAD_SIZE 32u
#define KMC_FRAME_INFO_MAX  2048u
#define KMC_FRAME_RAW_MAX   (64u << 20)
/* A payload may grow by this factor at most, so that a small file cannot ask for much memory. */
#define KMC_FRAME_RATIO_LOG 10

enum kmc_frame_type { KMC_FRAME_FACTS = 1, KMC_FRAME_BLOCK = 2, KMC_FRAME_END = 3 };
enum kmc_frame_method { KMC_METHOD_STORED = 0, KMC_METHOD_ZSTD = 1 };

/* Offsets in a frame head. */
enum {
	KMC_HEAD_TYPE = 8,
	KMC_HEAD_METHOD = 9,
	KMC_HEAD_INFO_LEN = 12,
	KMC_HEAD_PAYLOAD_LEN = 16,
	KMC_HEAD_RAW_LEN = 20,
	KMC_HEAD_PAYLOAD_CRC = 24,
	KMC_HEAD_CRC = 28, /* of the bytes before it and of the info */
};

/* Counters of one probe in a block's info, in the order of struct kmc_probe_count. */
#define KMC_NR_PROBE_COUNTERS 7u

static inline uint32_t kmc_get_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline void kmc_put_le32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

#define KMC_VARINT_MAX 10u

/* Seven bits a byte, lowest first. @p has room for KMC_VARINT_MAX bytes. */
static inline uint8_t *kmc_put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

/* Small magnitudes of either sign become small numbers. */
static inline uint64_t kmc_zigzag(uint64_t v)
{
	return v << 1 ^ (0 - (v >> 63));
}

static inline uint64_t kmc_unzigzag(uint64_t v)
{
	return v >> 1 ^ (0 - (v & 1));
}

/* A run of bytes being read; a read past its end sets bad and gives 0. */
struct kmc_bytes {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct kmc_bytes kmc_bytes_of(const void *data, size_t len)
{
	return (struct kmc_bytes){ .p = data, .end = (const uint8_t *)data + len };
}

static inline uint8_t kmc_bytes_u8(struct kmc_bytes *b)
{
	if (b->p == b->end) {
		b->bad = true;
		return 0;
	}
	return *b->p++;
}

uint64_t kmc_bytes_varint_long(struct kmc_bytes *b);

static inline uint64_t kmc_bytes_varint(struct kmc_bytes *b)
{
	if (b->p != b->end && *b->p < 0x80)
		return *b->p++;
	return kmc_bytes_varint_long(b);
}

/** kmc_crc32c() - CRC-32C (Castagnoli); @crc: 0, or the value of the bytes before. */
uint32_t kmc_crc32c(uint32_t crc, const void *data, size_t len);

#endif
