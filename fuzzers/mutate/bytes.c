/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The share of mutations that works on bytes: bits, numbers at their limits,
 * and whole records moved about without a look at what they mean.
 */
#include <string.h>
#include "bytes.h"
#include "vocab/program.h"

static void put_number(struct dice *dice, uint8_t *bytes, size_t len)
{
	static const uint64_t limits[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
					   0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX,
					   UINT64_MAX, 4096, 8192, 8193, 4194304 };
	size_t width = 1ull << dice_below(dice, 4);
	uint64_t value = dice_pick(dice, limits);

	if (width > len)
		width = 1;
	memcpy(bytes + dice_below(dice, len - width + 1), &value, width);
}

static size_t put_record(struct dice *dice, uint8_t *bytes, size_t len, size_t max)
{
	size_t records = len / KMC_RECORD_BYTES;
	size_t from = KMC_RECORD_BYTES * (size_t)dice_below(dice, records);
	size_t to = KMC_RECORD_BYTES * (size_t)dice_below(dice, records + 1);
	uint8_t record[KMC_RECORD_BYTES];

	if (!records || len + KMC_RECORD_BYTES > max)
		return len;
	memcpy(record, bytes + from, KMC_RECORD_BYTES);
	memmove(bytes + to + KMC_RECORD_BYTES, bytes + to, len - to);
	memcpy(bytes + to, record, KMC_RECORD_BYTES);
	return len + KMC_RECORD_BYTES;
}

static size_t take_record(struct dice *dice, uint8_t *bytes, size_t len)
{
	size_t records = len / KMC_RECORD_BYTES;
	size_t at = KMC_RECORD_BYTES * (size_t)dice_below(dice, records);

	if (records < 2)
		return len;
	memmove(bytes + at, bytes + at + KMC_RECORD_BYTES, len - at - KMC_RECORD_BYTES);
	return len - KMC_RECORD_BYTES;
}

size_t kmc_mutate_bytes(struct dice *dice, uint8_t *bytes, size_t len, size_t max)
{
	uint64_t nr = 1 + dice_below(dice, 4);

	if (len > max)
		len = max;
	while (nr-- && len) {
		size_t at = (size_t)dice_below(dice, len);

		switch (dice_below(dice, 6)) {
		case 0:
			bytes[at] ^= (uint8_t)(1 << dice_below(dice, 8));
			break;
		case 1:
			bytes[at] = (uint8_t)dice_roll(dice);
			break;
		case 2:
			bytes[at] = (uint8_t)(bytes[at] + dice_below(dice, 33) - 16);
			break;
		case 3:
			put_number(dice, bytes, len);
			break;
		case 4:
			len = put_record(dice, bytes, len, max);
			break;
		default:
			len = take_record(dice, bytes, len);
		}
	}
	return len;
}
