// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing a trace. A frame is built whole in memory and handed to one write();
 * if not all of it arrives, the file is cut back to where it was, so that a
 * full disk leaves a good trace and writing may go on when there is room.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>
#include "trace/trace.h"
#include "trace_columns.h"
#include "trace_facts.h"
#include "trace_wire.h"

#define DEFAULT_LEVEL 1
#define END_MAX_CPUS  65536u

struct kmc_trace_writer {
	int fd;
	int broken;              /* -errno once the file could not be cut back */
	uint64_t bytes;          /* whole frames in the file */
	uint64_t nr_blocks, nr_records;
	uint64_t *next_seq;      /* by cpu */
	uint32_t nr_cpus;
	struct kmc_encoder *encoder;
	ZSTD_CCtx *zstd;
	uint8_t *frame;
	size_t room;
};

static void writer_free(struct kmc_trace_writer *w)
{
	kmc_encoder_destroy(w->encoder);
	ZSTD_freeCCtx(w->zstd);
	free(w->frame);
	free(w->next_seq);
	free(w);
}

static int zstd_setup(ZSTD_CCtx *zstd, int level)
{
	if (ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel,
						level ? level : DEFAULT_LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1)))
		return -EINVAL;
	return 0;
}

static int frame_reserve(struct kmc_trace_writer *w, size_t size)
{
	uint8_t *frame;

	if (size <= w->room)
		return 0;
	frame = realloc(w->frame, size);
	if (!frame)
		return -ENOMEM;
	w->frame = frame;
	w->room = size;
	return 0;
}

/* Back to the last whole frame; the file must not end in half a frame. */
static int cut_back(struct kmc_trace_writer *w, int error)
{
	if (ftruncate(w->fd, (off_t)w->bytes) || lseek(w->fd, (off_t)w->bytes, SEEK_SET) < 0)
		w->broken = error;
	return error;
}

static int write_all(struct kmc_trace_writer *w, const uint8_t *data, size_t len)
{
	size_t done = 0;

	if (w->broken)
		return w->broken;
	while (done < len) {
		ssize_t n = write(w->fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return cut_back(w, n ? -errno : -ENOSPC);
		done += (size_t)n;
	}
	w->bytes += len;
	return 0;
}

/* What a frame is made of: pieces of payload that are compressed one behind the other. */
struct frame_parts {
	enum kmc_frame_type type;
	const uint8_t *info;
	size_t info_len;
	const struct kmc_column_bytes *pieces;
	size_t nr_pieces, raw_len;
};

/*
 * Each piece gets blocks of its own in the zstd frame: columns differ in
 * their statistics, and zstd keeps one table of literals per block.
 */
static int compress_pieces(struct kmc_trace_writer *w, const struct frame_parts *parts,
			   ZSTD_outBuffer *out)
{
	ZSTD_CCtx_reset(w->zstd, ZSTD_reset_session_only);
	if (ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(w->zstd, parts->raw_len)))
		return -EIO;
	for (size_t i = 0; i < parts->nr_pieces; i++) {
		const struct kmc_column_bytes *c = &parts->pieces[i];
		ZSTD_inBuffer in = { .src = c->data, .size = (size_t)(c->end - c->data) };
		bool last = i + 1 == parts->nr_pieces;

		if (!in.size && !last)
			continue;
		if (ZSTD_compressStream2(w->zstd, out, &in, last ? ZSTD_e_end : ZSTD_e_flush))
			return -EIO; /* an error, or no room: cannot be, the bound was reserved */
	}
	return 0;
}

static void store_pieces(const struct frame_parts *parts, uint8_t *p)
{
	for (size_t i = 0; i < parts->nr_pieces; i++) {
		const struct kmc_column_bytes *c = &parts->pieces[i];

		memcpy(p, c->data, (size_t)(c->end - c->data));
		p += c->end - c->data;
	}
}

/* Return: bytes of payload, -errno. */
static int64_t fill_payload(struct kmc_trace_writer *w, const struct frame_parts *parts,
			    uint8_t *payload, uint8_t *method)
{
	ZSTD_outBuffer out = { .dst = payload,
			       .size = w->room - (size_t)(payload - w->frame) };
	int ret = compress_pieces(w, parts, &out);

	if (ret)
		return ret;
	*method = KMC_METHOD_ZSTD;
	if (parts->raw_len >> KMC_FRAME_RATIO_LOG < out.pos)
		return (int64_t)out.pos;
	*method = KMC_METHOD_STORED;
	store_pieces(parts, payload);
	return (int64_t)parts->raw_len;
}

static void fill_head(uint8_t *head, const struct frame_parts *parts, uint8_t method,
		      size_t payload_len)
{
	const uint8_t *payload = head + KMC_FRAME_HEAD_SIZE + parts->info_len;
	uint32_t crc;

	memset(head, 0, KMC_FRAME_HEAD_SIZE);
	memcpy(head, KMC_FRAME_SYNC, KMC_FRAME_SYNC_SIZE);
	memcpy(head + KMC_FRAME_HEAD_SIZE, parts->info, parts->info_len);
	head[KMC_HEAD_TYPE] = (uint8_t)parts->type;
	head[KMC_HEAD_METHOD] = method;
	kmc_put_le32(head + KMC_HEAD_INFO_LEN, (uint32_t)parts->info_len);
	kmc_put_le32(head + KMC_HEAD_PAYLOAD_LEN, (uint32_t)payload_len);
	kmc_put_le32(head + KMC_HEAD_RAW_LEN, (uint32_t)parts->raw_len);
	kmc_put_le32(head + KMC_HEAD_PAYLOAD_CRC, kmc_crc32c(0, payload, payload_len));
	crc = kmc_crc32c(0, head, KMC_HEAD_CRC);
	crc = kmc_crc32c(crc, head + KMC_FRAME_HEAD_SIZE, parts->info_len);
	kmc_put_le32(head + KMC_HEAD_CRC, crc);
}

/* @before: bytes already in w->frame that go out in the same write. Return: as write_block. */
static int64_t write_frame(struct kmc_trace_writer *w, struct frame_parts *parts, size_t before)
{
	size_t head_len = before + KMC_FRAME_HEAD_SIZE + parts->info_len;
	int64_t payload_len;
	uint8_t method = KMC_METHOD_STORED;
	int ret;

	parts->raw_len = 0;
	for (size_t i = 0; i < parts->nr_pieces; i++)
		parts->raw_len += (size_t)(parts->pieces[i].end - parts->pieces[i].data);
	if (parts->raw_len > KMC_FRAME_RAW_MAX)
		return -E2BIG;
	/* A flushed piece may cost a block head more than the bound of one input. */
	ret = frame_reserve(w, head_len + ZSTD_compressBound(parts->raw_len) +
				       32 * (parts->nr_pieces + 1));
	if (ret)
		return ret;
	payload_len = fill_payload(w, parts, w->frame + head_len, &method);
	if (payload_len < 0)
		return payload_len;
	fill_head(w->frame + before, parts, method, (size_t)payload_len);
	ret = write_all(w, w->frame, head_len + (size_t)payload_len);
	return ret ? ret : (int64_t)(head_len + (size_t)payload_len);
}

/* Facts that could not be read back are refused. */
static int check_facts(const char *text, size_t len)
{
	struct kmc_trace_facts back;
	unsigned int line;
	char *copy = malloc(len + 1);
	int ret;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len + 1);
	ret = kmc_facts_parse(copy, len, &back, &line);
	kmc_trace_facts_free(&back);
	free(copy);
	return ret;
}

static int64_t write_facts(struct kmc_trace_writer *w, const struct kmc_trace_facts *facts,
			   size_t before)
{
	struct kmc_column_bytes piece;
	struct frame_parts parts = { .type = KMC_FRAME_FACTS, .pieces = &piece, .nr_pieces = 1,
				     .info = (const uint8_t *)"" };
	char *text;
	size_t len;
	int64_t ret = kmc_facts_print(facts, &text, &len);

	if (ret)
		return ret;
	piece.data = (uint8_t *)text;
	piece.end = piece.data + len;
	ret = check_facts(text, len);
	if (!ret)
		ret = write_frame(w, &parts, before);
	free(text);
	return ret;
}

static int write_start(struct kmc_trace_writer *w, const struct kmc_trace_facts *facts)
{
	int64_t ret = frame_reserve(w, KMC_FILE_HEAD_SIZE);

	if (ret)
		return (int)ret;
	memcpy(w->frame, KMC_FILE_MAGIC, 8);
	kmc_put_le32(w->frame + 8, KMC_FILE_VERSION);
	kmc_put_le32(w->frame + 12, kmc_crc32c(0, w->frame, 12));
	ret = write_facts(w, facts, KMC_FILE_HEAD_SIZE);
	return ret < 0 ? (int)ret : 0;
}

int kmc_trace_create(int fd, const struct kmc_trace_facts *facts, int level,
		     struct kmc_trace_writer **writer)
{
	struct kmc_trace_writer *w = calloc(1, sizeof(*w));
	int ret = -ENOMEM;

	*writer = NULL;
	if (!w)
		return ret;
	w->fd = fd;
	w->encoder = kmc_encoder_create();
	w->zstd = ZSTD_createCCtx();
	if (w->encoder && w->zstd)
		ret = zstd_setup(w->zstd, level);
	if (!ret)
		ret = write_start(w, facts);
	if (ret) {
		writer_free(w);
		return ret;
	}
	*writer = w;
	return 0;
}

int kmc_trace_write_facts(struct kmc_trace_writer *w, const struct kmc_trace_facts *facts)
{
	int64_t ret = write_facts(w, facts, 0);

	return ret < 0 ? (int)ret : 0;
}

static uint8_t *put_counts(uint8_t *p, const struct kmc_probe_count *c)
{
	p = kmc_put_varint(p, c->hits);
	p = kmc_put_varint(p, c->written);
	p = kmc_put_varint(p, c->lost);
	p = kmc_put_varint(p, c->filtered);
	p = kmc_put_varint(p, c->skipped_self);
	p = kmc_put_varint(p, c->skipped_null);
	return kmc_put_varint(p, c->recursion_misses);
}

static size_t put_block_info(uint8_t *info, const struct kmc_block_info *b,
			     const struct kmc_column_bytes *columns)
{
	uint8_t *p = info;

	p = kmc_put_varint(p, b->cpu);
	p = kmc_put_varint(p, b->seq);
	p = kmc_put_varint(p, b->first_ns);
	p = kmc_put_varint(p, b->last_ns - b->first_ns);
	p = kmc_put_varint(p, b->nr_records);
	p = kmc_put_varint(p, KMC_NR_COLUMNS);
	for (unsigned int i = 0; i < KMC_NR_COLUMNS; i++)
		p = kmc_put_varint(p, (uint64_t)(columns[i].end - columns[i].data));
	p = kmc_put_varint(p, KMC_NR_PROBES);
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++)
		p = put_counts(p, &b->delta[i]);
	return (size_t)(p - info);
}

static bool block_possible(const struct kmc_block_info *b)
{
	return b->cpu < END_MAX_CPUS && b->seq < UINT64_MAX && b->last_ns >= b->first_ns &&
	       b->nr_records <= KMC_TRACE_BLOCK_RECORDS_MAX;
}

/* Remember where each cpu's sequence stands, for the end mark. */
static int reserve_cpu(struct kmc_trace_writer *w, uint32_t cpu)
{
	uint64_t *next_seq;

	if (cpu < w->nr_cpus)
		return 0;
	next_seq = realloc(w->next_seq, (cpu + 1) * sizeof(*next_seq));
	if (!next_seq)
		return -ENOMEM;
	memset(next_seq + w->nr_cpus, 0, (cpu + 1 - w->nr_cpus) * sizeof(*next_seq));
	w->next_seq = next_seq;
	w->nr_cpus = cpu + 1;
	return 0;
}

int64_t kmc_trace_write_block(struct kmc_trace_writer *w, const struct kmc_block_info *b,
			      const struct kmc_record *records)
{
	uint8_t info[KMC_FRAME_INFO_MAX];
	struct frame_parts parts = { .type = KMC_FRAME_BLOCK, .info = info,
				     .nr_pieces = KMC_NR_COLUMNS };
	int64_t ret;

	_Static_assert(KMC_FRAME_INFO_MAX >= KMC_VARINT_MAX * (7 + KMC_NR_COLUMNS +
		       KMC_NR_PROBES * KMC_NR_PROBE_COUNTERS), "a block's info fits");
	if (w->broken)
		return w->broken;
	if (!block_possible(b))
		return -EINVAL;
	ret = reserve_cpu(w, b->cpu);
	if (!ret)
		ret = kmc_encode_columns(w->encoder, records, b->nr_records, b->first_ns,
					 &parts.pieces);
	if (ret)
		return ret;
	parts.info_len = put_block_info(info, b, parts.pieces);
	ret = write_frame(w, &parts, 0);
	if (ret < 0)
		return ret;
	w->nr_blocks++;
	w->nr_records += b->nr_records;
	if (b->seq >= w->next_seq[b->cpu])
		w->next_seq[b->cpu] = b->seq + 1;
	return ret;
}

static int write_end(struct kmc_trace_writer *w)
{
	size_t size = KMC_VARINT_MAX * (3 + (size_t)w->nr_cpus);
	struct kmc_column_bytes piece = { .data = malloc(size) };
	struct frame_parts parts = { .type = KMC_FRAME_END, .pieces = &piece, .nr_pieces = 1,
				     .info = (const uint8_t *)"" };
	int64_t ret;

	if (!piece.data)
		return -ENOMEM;
	piece.end = kmc_put_varint(piece.data, w->nr_blocks);
	piece.end = kmc_put_varint(piece.end, w->nr_records);
	piece.end = kmc_put_varint(piece.end, w->nr_cpus);
	for (uint32_t i = 0; i < w->nr_cpus; i++)
		piece.end = kmc_put_varint(piece.end, w->next_seq[i]);
	ret = write_frame(w, &parts, 0);
	free(piece.data);
	return ret < 0 ? (int)ret : 0;
}

int kmc_trace_finish(struct kmc_trace_writer *w)
{
	int ret;

	if (!w)
		return 0;
	ret = w->broken ? w->broken : write_end(w);
	writer_free(w);
	return ret;
}

uint64_t kmc_trace_bytes(const struct kmc_trace_writer *w)
{
	return w->bytes;
}
