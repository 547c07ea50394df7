// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening a trace. The file is mapped, its frames are walked and checked, and
 * every good block is noted in an index; records are decoded on demand. After
 * damage the walk goes on at the next sync word whose head is whole. Nothing
 * in the file is believed before its checksum held and its numbers were
 * compared with the bounds.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "trace_facts.h"
#include "trace_read.h"

#define FIRST_FACTS KMC_FILE_HEAD_SIZE

/* Where to put the one line that says what is wrong. */
struct complaint {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static void complain(struct complaint to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(to.text, to.size, format, args);
	va_end(args);
}

enum frame_state { FRAME_GOOD, FRAME_BAD_HEAD, FRAME_BAD_PAYLOAD, FRAME_CUT };

struct frame {
	uint8_t type, method;
	uint32_t info_len, payload_len, raw_len;
	const uint8_t *info, *payload;
	size_t size; /* of all of it */
};

static bool lengths_possible(const struct frame *f)
{
	if (f->info_len > KMC_FRAME_INFO_MAX || f->raw_len > KMC_FRAME_RAW_MAX)
		return false;
	if (f->method == KMC_METHOD_STORED)
		return f->raw_len == f->payload_len;
	return f->method == KMC_METHOD_ZSTD &&
	       f->raw_len >> KMC_FRAME_RATIO_LOG <= f->payload_len;
}

static bool head_checksum_holds(const uint8_t *head, const struct frame *f)
{
	uint32_t crc = kmc_crc32c(0, head, KMC_HEAD_CRC);

	crc = kmc_crc32c(crc, f->info, f->info_len);
	return crc == kmc_get_le32(head + KMC_HEAD_CRC);
}

/* The head at @offset alone. */
static enum frame_state read_head(const struct kmc_trace *trace, size_t offset, struct frame *f)
{
	const uint8_t *head = trace->data + offset;
	size_t left = trace->size - offset;
	size_t sync = left < KMC_FRAME_SYNC_SIZE ? left : KMC_FRAME_SYNC_SIZE;

	if (memcmp(head, KMC_FRAME_SYNC, sync))
		return FRAME_BAD_HEAD;
	if (left < KMC_FRAME_HEAD_SIZE)
		return FRAME_CUT;
	f->type = head[KMC_HEAD_TYPE];
	f->method = head[KMC_HEAD_METHOD];
	f->info_len = kmc_get_le32(head + KMC_HEAD_INFO_LEN);
	f->payload_len = kmc_get_le32(head + KMC_HEAD_PAYLOAD_LEN);
	f->raw_len = kmc_get_le32(head + KMC_HEAD_RAW_LEN);
	f->info = head + KMC_FRAME_HEAD_SIZE;
	f->payload = f->info + f->info_len;
	f->size = (size_t)KMC_FRAME_HEAD_SIZE + f->info_len + f->payload_len;
	if (!lengths_possible(f))
		return FRAME_BAD_HEAD;
	if (left < KMC_FRAME_HEAD_SIZE + f->info_len)
		return FRAME_CUT;
	return head_checksum_holds(head, f) ? FRAME_GOOD : FRAME_BAD_HEAD;
}

static enum frame_state read_frame(const struct kmc_trace *trace, size_t offset, struct frame *f)
{
	enum frame_state state = read_head(trace, offset, f);

	if (state != FRAME_GOOD)
		return state;
	if (trace->size - offset < f->size)
		return FRAME_CUT;
	if (kmc_crc32c(0, f->payload, f->payload_len) !=
	    kmc_get_le32(trace->data + offset + KMC_HEAD_PAYLOAD_CRC))
		return FRAME_BAD_PAYLOAD;
	return FRAME_GOOD;
}

/* The next offset from @from on with a whole head; the file's end if there is none. */
static size_t find_head(const struct kmc_trace *trace, size_t from)
{
	struct frame f;

	while (from < trace->size) {
		const uint8_t *at = memmem(trace->data + from, trace->size - from, KMC_FRAME_SYNC,
					   KMC_FRAME_SYNC_SIZE);

		if (!at)
			break;
		from = (size_t)(at - trace->data);
		if (read_head(trace, from, &f) == FRAME_GOOD)
			return from;
		from++;
	}
	return trace->size;
}

static int decompress(ZSTD_DCtx *zstd, uint8_t method, const uint8_t *payload, uint32_t payload_len,
		      void *raw, uint32_t raw_len)
{
	size_t n;

	if (method == KMC_METHOD_STORED) {
		memcpy(raw, payload, raw_len);
		return 0;
	}
	n = ZSTD_decompressDCtx(zstd, raw, raw_len, payload, payload_len);
	return ZSTD_isError(n) || n != raw_len ? -EINVAL : 0;
}

int kmc_block_load(const struct kmc_block_entry *b, ZSTD_DCtx *zstd, struct kmc_decoder *dec)
{
	void *raw = kmc_decoder_buffer(dec, b->raw_len);
	int ret;

	if (!raw)
		return -ENOMEM;
	ret = decompress(zstd, b->method, b->payload, b->payload_len, raw, b->raw_len);
	if (ret)
		return ret;
	return kmc_decoder_start(dec, b->column_lens, b->info.nr_records, b->info.first_ns);
}

/* The payload of a small frame with a NUL behind it, to be freed. Return: 0, -EINVAL, -ENOMEM. */
static int unpack(struct kmc_trace *trace, const struct frame *f, char **raw)
{
	int ret;

	*raw = malloc((size_t)f->raw_len + 1);
	if (!*raw)
		return -ENOMEM;
	(*raw)[f->raw_len] = '\0';
	ret = decompress(trace->zstd, f->method, f->payload, f->payload_len, *raw, f->raw_len);
	if (ret) {
		free(*raw);
		*raw = NULL;
	}
	return ret;
}

/* @line: the bad one, 0: the text did not even unpack. */
static int take_facts(struct kmc_trace *trace, const struct frame *f, unsigned int *line)
{
	struct kmc_trace_facts facts;
	char *text;
	int ret = unpack(trace, f, &text);

	*line = 0;
	if (ret)
		return ret;
	ret = kmc_facts_parse(text, f->raw_len, &facts, line);
	free(text);
	if (ret) {
		kmc_trace_facts_free(&facts);
		return ret;
	}
	kmc_trace_facts_free(&trace->facts);
	trace->facts = facts;
	return 0;
}

static void get_counts(struct kmc_bytes *b, struct kmc_probe_count *c)
{
	c->hits = kmc_bytes_varint(b);
	c->written = kmc_bytes_varint(b);
	c->lost = kmc_bytes_varint(b);
	c->filtered = kmc_bytes_varint(b);
	c->skipped_self = kmc_bytes_varint(b);
	c->skipped_null = kmc_bytes_varint(b);
	c->recursion_misses = kmc_bytes_varint(b);
}

static int get_column_lens(struct kmc_bytes *b, struct kmc_block_entry *entry)
{
	uint64_t sum = 0;

	if (kmc_bytes_varint(b) != KMC_NR_COLUMNS)
		return -EINVAL;
	for (unsigned int i = 0; i < KMC_NR_COLUMNS; i++) {
		uint64_t len = kmc_bytes_varint(b);

		if (len > entry->raw_len)
			return -EINVAL;
		entry->column_lens[i] = (uint32_t)len;
		sum += len;
	}
	return sum == entry->raw_len ? 0 : -EINVAL;
}

static int get_block_info(const struct frame *f, struct kmc_block_entry *entry)
{
	struct kmc_bytes b = kmc_bytes_of(f->info, f->info_len);
	struct kmc_block_info *info = &entry->info;
	uint64_t cpu = kmc_bytes_varint(&b), span, probes;

	info->cpu = (uint32_t)cpu;
	info->seq = kmc_bytes_varint(&b);
	info->first_ns = kmc_bytes_varint(&b);
	span = kmc_bytes_varint(&b);
	info->last_ns = info->first_ns + span;
	info->nr_records = kmc_bytes_varint(&b);
	if (cpu > UINT16_MAX || info->seq == UINT64_MAX || info->last_ns < info->first_ns ||
	    info->nr_records > KMC_TRACE_BLOCK_RECORDS_MAX || get_column_lens(&b, entry))
		return -EINVAL;
	/* Probes beyond the known ones would have records that cannot be named. */
	probes = kmc_bytes_varint(&b);
	if (probes > KMC_NR_PROBES)
		return -EINVAL;
	for (uint64_t i = 0; i < probes; i++)
		get_counts(&b, &info->delta[i]);
	return b.bad || b.p != b.end ? -EINVAL : 0;
}

static int take_block(struct kmc_trace *trace, const struct frame *f, size_t offset, bool bad)
{
	struct kmc_block_entry *entry;

	if (trace->nr_blocks == trace->room) {
		size_t room = trace->room ? 2 * trace->room : 64;

		entry = reallocarray(trace->blocks, room, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		trace->blocks = entry;
		trace->room = room;
	}
	entry = &trace->blocks[trace->nr_blocks];
	memset(entry, 0, sizeof(*entry));
	entry->offset = offset;
	entry->payload = f->payload;
	entry->payload_len = f->payload_len;
	entry->raw_len = f->raw_len;
	entry->method = f->method;
	entry->bad = bad;
	if (get_block_info(f, entry))
		return -EINVAL;
	trace->nr_blocks++;
	return 0;
}

static int take_end(struct kmc_trace *trace, const struct frame *f)
{
	struct kmc_bytes b;
	uint64_t cpus;
	char *raw;
	int ret = unpack(trace, f, &raw);

	if (ret)
		return ret;
	b = kmc_bytes_of(raw, f->raw_len);
	trace->end_blocks = kmc_bytes_varint(&b);
	trace->end_records = kmc_bytes_varint(&b);
	cpus = kmc_bytes_varint(&b);
	free(trace->end_seqs);
	trace->end_seqs = NULL;
	trace->nr_end_seqs = 0;
	if (!b.bad && cpus <= UINT16_MAX + 1u && cpus <= f->raw_len)
		trace->end_seqs = calloc(cpus + 1, sizeof(*trace->end_seqs));
	for (uint64_t i = 0; trace->end_seqs && i < cpus; i++)
		trace->end_seqs[trace->nr_end_seqs++] = kmc_bytes_varint(&b);
	trace->end_seen = trace->end_seqs && !b.bad && b.p == b.end;
	free(raw);
	return trace->end_seen ? 0 : -EINVAL;
}

static int take_frame(struct kmc_trace *trace, const struct frame *f, size_t offset)
{
	unsigned int line;

	switch (f->type) {
	case KMC_FRAME_FACTS:
		return take_facts(trace, f, &line);
	case KMC_FRAME_BLOCK:
		return take_block(trace, f, offset, false);
	case KMC_FRAME_END:
		return take_end(trace, f);
	default: /* of a later version: passed over */
		return 0;
	}
}

static void note_bad(struct kmc_trace *trace, size_t offset)
{
	struct kmc_trace_damage *d = &trace->damage;

	if (!d->blocks_bad && !d->bytes_skipped)
		d->first_bad_offset = offset;
}

/*
 * How much may be checked twice: bytes cut out of the middle of a file leave a
 * good head with half a payload, behind which the next frame must be looked
 * for inside the supposed payload. A file made of nothing but such heads must
 * not cost the square of its size.
 */
struct effort {
	uint64_t left;
};

/* Past a frame whose payload is bad. Return: where to go on. */
static size_t step_over(const struct kmc_trace *trace, size_t offset, const struct frame *f,
			struct effort *effort)
{
	size_t end = f->size <= trace->size - offset ? offset + f->size : trace->size;
	struct frame next;

	if (end == trace->size || read_head(trace, end, &next) != FRAME_GOOD) {
		if (effort->left > f->payload_len) {
			effort->left -= f->payload_len;
			return find_head(trace, offset + KMC_FRAME_SYNC_SIZE);
		}
	}
	return end;
}

/* Deal with what is no whole frame. Return: where to go on. */
static size_t skip_damage(struct kmc_trace *trace, size_t offset, const struct frame *f,
			  enum frame_state state, struct effort *effort)
{
	struct kmc_trace_damage *d = &trace->damage;
	size_t next;

	note_bad(trace, offset);
	if (state == FRAME_CUT)
		next = find_head(trace, offset + 1);
	else if (state == FRAME_BAD_PAYLOAD)
		next = step_over(trace, offset, f, effort);
	else
		next = find_head(trace, offset + 1);
	d->bytes_skipped += next - offset;
	if (state == FRAME_CUT && next == trace->size)
		d->tail_partial = true;
	else
		d->blocks_bad++;
	if (state == FRAME_BAD_PAYLOAD && f->type == KMC_FRAME_BLOCK)
		take_block(trace, f, offset, true); /* its place and count are still good */
	return next;
}

static int walk(struct kmc_trace *trace, size_t offset)
{
	struct effort effort = { .left = 8 * (uint64_t)trace->size };

	while (offset < trace->size) {
		struct frame f = { 0 };
		enum frame_state state = read_frame(trace, offset, &f);
		int ret;

		if (state != FRAME_GOOD) {
			offset = skip_damage(trace, offset, &f, state, &effort);
			continue;
		}
		ret = take_frame(trace, &f, offset);
		if (ret == -ENOMEM)
			return ret;
		if (ret) {
			note_bad(trace, offset);
			trace->damage.blocks_bad++;
			trace->damage.bytes_skipped += f.size;
		}
		offset += f.size;
	}
	return 0;
}

static int check_file_head(const struct kmc_trace *trace, struct complaint to)
{
	const uint8_t *head = trace->data;
	const char *name = trace->name;

	if (trace->size == 0) {
		complain(to, "%s: empty file, not a trace", name);
	} else if (trace->size < KMC_FILE_HEAD_SIZE &&
		   !memcmp(head, KMC_FILE_MAGIC, trace->size < 8 ? trace->size : 8)) {
		complain(to, "%s: offset %zu: trace cut within its header", name, trace->size);
	} else if (trace->size < KMC_FILE_HEAD_SIZE || memcmp(head, KMC_FILE_MAGIC, 8)) {
		complain(to, "%s: offset 0: not a trace", name);
	} else if (kmc_get_le32(head + 12) != kmc_crc32c(0, head, 12)) {
		complain(to, "%s: offset 8: header damaged (checksum)", name);
	} else if (kmc_get_le32(head + 8) != KMC_FILE_VERSION) {
		complain(to, "%s: offset 8: trace of format %u, this program reads %u", name,
			 kmc_get_le32(head + 8), KMC_FILE_VERSION);
	} else {
		return 0;
	}
	return -EINVAL;
}

/* The facts that a trace begins with; nothing can be read without them. */
static int read_first_facts(struct kmc_trace *trace, struct complaint to, size_t *offset)
{
	struct frame f;
	enum frame_state state = trace->size > FIRST_FACTS ?
					 read_frame(trace, FIRST_FACTS, &f) : FRAME_CUT;
	unsigned int line = 0;
	int ret;

	if (state == FRAME_CUT) {
		complain(to, "%s: offset %zu: trace cut within its header", trace->name,
			 trace->size);
		return -EINVAL;
	}
	if (state != FRAME_GOOD || f.type != KMC_FRAME_FACTS) {
		complain(to, "%s: offset %u: header damaged (%s)", trace->name, FIRST_FACTS,
			 state == FRAME_GOOD ? "no facts" : "checksum");
		return -EINVAL;
	}
	ret = take_facts(trace, &f, &line);
	if (ret == -EINVAL)
		complain(to, "%s: offset %u: bad facts, line %u", trace->name, FIRST_FACTS, line);
	*offset = FIRST_FACTS + f.size;
	return ret;
}

static int read_all(struct kmc_trace *trace, struct complaint to)
{
	size_t offset;
	int ret = check_file_head(trace, to);

	if (!ret)
		ret = read_first_facts(trace, to, &offset);
	if (!ret)
		ret = walk(trace, offset);
	if (!ret)
		ret = kmc_trace_chain(trace);
	if (ret == -ENOMEM)
		complain(to, "%s: out of memory", trace->name);
	return ret;
}

static struct kmc_trace *trace_alloc(const char *name)
{
	struct kmc_trace *trace = calloc(1, sizeof(*trace));

	if (!trace)
		return NULL;
	kmc_trace_facts_init(&trace->facts);
	trace->name = strdup(name);
	trace->zstd = ZSTD_createDCtx();
	trace->decoder = kmc_decoder_create();
	if (trace->name && trace->zstd && trace->decoder)
		return trace;
	kmc_trace_close(trace);
	return NULL;
}

void kmc_trace_close(struct kmc_trace *trace)
{
	if (!trace)
		return;
	if (trace->mapped)
		munmap((void *)trace->data, trace->size);
	kmc_trace_facts_free(&trace->facts);
	kmc_decoder_destroy(trace->decoder);
	ZSTD_freeDCtx(trace->zstd);
	free(trace->end_seqs);
	free(trace->blocks);
	free(trace->chain);
	free(trace->cpus);
	free(trace->name);
	free(trace);
}

/* Map a whole file; an empty one stays unmapped. */
static int map_file(struct kmc_trace *trace, int fd, struct complaint to)
{
	struct stat st;
	void *data;
	int ret;

	if (fstat(fd, &st)) {
		ret = -errno;
		complain(to, "%s: %s", trace->name, strerror(-ret));
		return ret;
	}
	if (!S_ISREG(st.st_mode)) {
		complain(to, "%s: %s", trace->name, S_ISDIR(st.st_mode) ?
			 "is a directory, not a trace" : "not a regular file");
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	}
	if (!st.st_size)
		return 0;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		ret = -errno;
		complain(to, "%s: cannot map: %s", trace->name, strerror(-ret));
		return ret;
	}
	trace->data = data;
	trace->size = (size_t)st.st_size;
	trace->mapped = true;
	return 0;
}

int kmc_trace_open(const char *path, struct kmc_trace **trace, char *error, size_t size)
{
	struct complaint to = { error, size };
	struct kmc_trace *t = trace_alloc(path);
	int fd, ret;

	*trace = NULL;
	if (!t) {
		complain(to, "%s: out of memory", path);
		return -ENOMEM;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		ret = -errno;
		complain(to, "%s: %s", path, strerror(-ret));
	} else {
		ret = map_file(t, fd, to);
		close(fd);
	}
	if (!ret)
		ret = read_all(t, to);
	if (ret)
		kmc_trace_close(t);
	else
		*trace = t;
	return ret;
}

int kmc_trace_open_memory(const void *data, size_t len, const char *name, struct kmc_trace **trace,
			  char *error, size_t size)
{
	struct complaint to = { error, size };
	struct kmc_trace *t = trace_alloc(name);
	int ret;

	*trace = NULL;
	if (!t) {
		complain(to, "%s: out of memory", name);
		return -ENOMEM;
	}
	t->data = data;
	t->size = len;
	ret = read_all(t, to);
	if (ret)
		kmc_trace_close(t);
	else
		*trace = t;
	return ret;
}

const struct kmc_trace_facts *kmc_trace_facts(const struct kmc_trace *trace)
{
	return &trace->facts;
}

const struct kmc_trace_damage *kmc_trace_damage(const struct kmc_trace *trace)
{
	return &trace->damage;
}

size_t kmc_trace_nr_blocks(const struct kmc_trace *trace)
{
	return trace->nr_good;
}

const struct kmc_block_info *kmc_trace_block(const struct kmc_trace *trace, size_t block)
{
	return &trace->blocks[block].info;
}

int kmc_trace_block_read(struct kmc_trace *trace, size_t block, struct kmc_record *records)
{
	const struct kmc_block_entry *entry = &trace->blocks[block];
	int ret = kmc_block_load(entry, trace->zstd, trace->decoder);

	if (ret)
		return ret;
	ret = kmc_decoder_next(trace->decoder, records, (unsigned int)entry->info.nr_records);
	return ret < 0 ? ret : 0;
}

static void add_counts(struct kmc_probe_count *sum, const struct kmc_probe_count *c)
{
	sum->hits += c->hits;
	sum->written += c->written;
	sum->lost += c->lost;
	sum->filtered += c->filtered;
	sum->skipped_self += c->skipped_self;
	sum->skipped_null += c->skipped_null;
	sum->recursion_misses += c->recursion_misses;
}

void kmc_trace_totals(const struct kmc_trace *trace, struct kmc_probe_count total[KMC_NR_PROBES])
{
	memset(total, 0, KMC_NR_PROBES * sizeof(*total));
	for (size_t i = 0; i < trace->nr_good; i++)
		for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
			add_counts(&total[p], &trace->blocks[i].info.delta[p]);
}
