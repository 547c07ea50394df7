// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checksums and the slow half of varints. CRC-32C by eight tables, eight bytes
 * a step: fast enough to check a whole trace while it is opened.
 */
#include "trace_wire.h"

#define CRC32C_POLY 0x82f63b78u /* reflected */

static uint32_t crc_table[8][256];

static void crc_table_row0(void)
{
	for (unsigned int i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? CRC32C_POLY : 0);
		crc_table[0][i] = c;
	}
}

/* Before main(), so that no reader needs a lock. */
__attribute__((constructor)) static void crc_table_init(void)
{
	crc_table_row0();
	for (unsigned int i = 0; i < 256; i++)
		for (unsigned int k = 1; k < 8; k++) {
			uint32_t c = crc_table[k - 1][i];

			crc_table[k][i] = c >> 8 ^ crc_table[0][c & 0xff];
		}
}

static uint32_t crc_step8(uint32_t crc, const uint8_t *p)
{
	uint32_t lo = kmc_get_le32(p) ^ crc, hi = kmc_get_le32(p + 4);

	return crc_table[7][lo & 0xff] ^ crc_table[6][lo >> 8 & 0xff] ^
	       crc_table[5][lo >> 16 & 0xff] ^ crc_table[4][lo >> 24] ^
	       crc_table[3][hi & 0xff] ^ crc_table[2][hi >> 8 & 0xff] ^
	       crc_table[1][hi >> 16 & 0xff] ^ crc_table[0][hi >> 24];
}

uint32_t kmc_crc32c(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (; len >= 8; p += 8, len -= 8)
		crc = crc_step8(crc, p);
	for (; len; p++, len--)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *p) & 0xff];
	return ~crc;
}

uint64_t kmc_bytes_varint_long(struct kmc_bytes *b)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		uint8_t byte = kmc_bytes_u8(b);

		/* The tenth byte has one bit left. */
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return b->bad ? 0 : v;
	}
	b->bad = true;
	return 0;
}
