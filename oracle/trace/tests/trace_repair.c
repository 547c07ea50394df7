// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames with right checksums and any contents, see trace_repair.h. */
#include "trace_repair.h"
#include <stdlib.h>
#include <zstd.h>
#include "trace_wire.h"

static size_t frame_size(const uint8_t *head)
{
	return (size_t)KMC_FRAME_HEAD_SIZE + kmc_get_le32(head + KMC_HEAD_INFO_LEN) +
	       kmc_get_le32(head + KMC_HEAD_PAYLOAD_LEN);
}

static void repair_frame(uint8_t *head)
{
	uint32_t info_len = kmc_get_le32(head + KMC_HEAD_INFO_LEN);
	uint32_t payload_len = kmc_get_le32(head + KMC_HEAD_PAYLOAD_LEN);
	const uint8_t *info = head + KMC_FRAME_HEAD_SIZE;
	uint32_t crc;

	memcpy(head, KMC_FRAME_SYNC, KMC_FRAME_SYNC_SIZE);
	kmc_put_le32(head + KMC_HEAD_PAYLOAD_CRC, kmc_crc32c(0, info + info_len, payload_len));
	crc = kmc_crc32c(0, head, KMC_HEAD_CRC);
	kmc_put_le32(head + KMC_HEAD_CRC, kmc_crc32c(crc, info, info_len));
}

void kmc_repair(uint8_t *data, size_t size)
{
	size_t at = KMC_FILE_HEAD_SIZE;

	if (size < KMC_FILE_HEAD_SIZE)
		return;
	memcpy(data, KMC_FILE_MAGIC, 8);
	kmc_put_le32(data + 8, KMC_FILE_VERSION);
	kmc_put_le32(data + 12, kmc_crc32c(0, data, 12));
	while (size - at >= KMC_FRAME_HEAD_SIZE && frame_size(data + at) <= size - at) {
		repair_frame(data + at);
		at += frame_size(data + at);
	}
}

static size_t unpack_frame(const uint8_t *head, uint8_t *out)
{
	uint32_t info_len = kmc_get_le32(head + KMC_HEAD_INFO_LEN);
	uint32_t raw_len = kmc_get_le32(head + KMC_HEAD_RAW_LEN);
	size_t before = KMC_FRAME_HEAD_SIZE + info_len;

	memcpy(out, head, before);
	if (head[KMC_HEAD_METHOD] == KMC_METHOD_ZSTD)
		ZSTD_decompress(out + before, raw_len, head + before,
				kmc_get_le32(head + KMC_HEAD_PAYLOAD_LEN));
	else
		memcpy(out + before, head + before, raw_len);
	out[KMC_HEAD_METHOD] = KMC_METHOD_STORED;
	kmc_put_le32(out + KMC_HEAD_PAYLOAD_LEN, raw_len);
	return before + raw_len;
}

uint8_t *kmc_unpack_frames(const uint8_t *data, size_t size, size_t *out_size)
{
	size_t at, room = KMC_FILE_HEAD_SIZE, end = KMC_FILE_HEAD_SIZE;
	uint8_t *out;

	for (at = KMC_FILE_HEAD_SIZE; at < size; at += frame_size(data + at))
		room += frame_size(data + at) + kmc_get_le32(data + at + KMC_HEAD_RAW_LEN);
	out = malloc(room);
	if (!out)
		abort();
	memcpy(out, data, KMC_FILE_HEAD_SIZE);
	for (at = KMC_FILE_HEAD_SIZE; at < size; at += frame_size(data + at))
		end += unpack_frame(data + at, out + end);
	kmc_repair(out, end);
	*out_size = end;
	return out;
}
