/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs as records of 32 little-endian bytes: file form, wire form to live
 * kernels and fuzz form in one. Every byte string decodes; the layout is in
 * the README of this folder. kmc_op_decode() is on the fuzzers' hot path: no
 * branch on data but the ones a table lookup needs.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "op_fold.h"
#include "program_forms.h"

#define WIRE_VERSION 1
#define HEAD_RECORDS 3 /* then two for each zone */

_Static_assert(KMC_RECORD_BYTES == 32, "the layouts below");

static uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static void put16(uint8_t *p, uint16_t v)
{
	v = htole16(v);
	memcpy(p, &v, sizeof(v));
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void put64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

/* ops */

/* What stands in place of a continuation that is not there. */
static const uint8_t nothing_more[KMC_RECORD_BYTES] = { [2] = 0xff, [3] = 0xff };

/* restrict: without it each store of a field might change the record. */
void kmc_op_decode(struct kmc_op *restrict op, const uint8_t *restrict record,
		   const uint8_t *restrict more)
{
	more = more ? more : nothing_more;
	op->code = get16(record);
	op->cpu = record[2];
	op->task = record[3];
	op->dst = get16(record + 4);
	op->src = get16(record + 6);
	op->third = get16(more + 2);
	op->gfp.atoms = get32(record + 8);
	op->gfp.raw = get64(more + 8);
	op->context = record[12];
	op->attr = record[13];
	op->node = (int8_t)record[14];
	op->order = record[15];
	op->a = get64(record + 16);
	op->b = get64(record + 24);
	op->c = get64(more + 16);
	op->d = get64(more + 24);
	kmc_op_fold(op);
}

unsigned int kmc_op_encode(const struct kmc_op *op, uint8_t *records)
{
	uint8_t *more = records + KMC_RECORD_BYTES;

	put16(records, op->code);
	records[2] = op->cpu;
	records[3] = op->task;
	put16(records + 4, op->dst);
	put16(records + 6, op->src);
	put32(records + 8, op->gfp.atoms);
	records[12] = op->context;
	records[13] = op->attr;
	records[14] = (uint8_t)op->node;
	records[15] = op->order;
	put64(records + 16, op->a);
	put64(records + 24, op->b);
	if (kmc_op_is_neutral_rest(op))
		return 1;
	put16(more, KMC_OP_MORE);
	put16(more + 2, op->third);
	put32(more + 4, 0);
	put64(more + 8, op->gfp.raw);
	put64(more + 16, op->c);
	put64(more + 24, op->d);
	return 2;
}

/* heads */

static bool has_head(const uint8_t *bytes, size_t len)
{
	return len >= KMC_WIRE_MAGIC_LEN && !memcmp(bytes, KMC_WIRE_MAGIC, KMC_WIRE_MAGIC_LEN);
}

/* Record @index, padded with zeros behind the end of the bytes. */
static const uint8_t *record_at(const uint8_t *bytes, size_t len, size_t index,
				uint8_t padded[KMC_RECORD_BYTES])
{
	size_t start = index * KMC_RECORD_BYTES;

	if (start + KMC_RECORD_BYTES <= len)
		return bytes + start;
	memset(padded, 0, KMC_RECORD_BYTES);
	if (start < len)
		memcpy(padded, bytes + start, len - start);
	return padded;
}

static void put_zone(uint8_t *p, const struct kmc_zone *zone)
{
	p[0] = zone->kind;
	p[1] = zone->node;
	put64(p + 8, zone->start_pfn);
	put64(p + 16, zone->nr_pages);
	put64(p + 24, zone->managed);
	put64(p + 32, zone->min);
	put64(p + 40, zone->low);
	put64(p + 48, zone->high);
}

static size_t put_head(uint8_t *p, const struct kmc_program *program)
{
	const struct kmc_machine *m = &program->machine;
	unsigned int i;

	memcpy(p, KMC_WIRE_MAGIC, KMC_WIRE_MAGIC_LEN);
	p[5] = WIRE_VERSION;
	p[6] = (uint8_t)m->nr_zones;
	put32(p + 8, program->edition);
	put32(p + 12, m->profile);
	put32(p + 16, m->release);
	put32(p + 20, m->options);
	put16(p + 24, m->nr_cpus);
	put16(p + 26, m->nr_nodes);
	p[28] = m->page_shift;
	p[29] = m->max_order;
	put16(p + 30, m->kmalloc_minalign);
	put32(p + 32, m->kmalloc_max_cache);
	put64(p + 40, m->kmalloc_max_size);
	put64(p + 48, m->seed);
	put64(p + 56, m->direct_map);
	put64(p + 64, m->vmalloc_start);
	put64(p + 72, m->vmalloc_end);
	for (i = 0; i < m->nr_zones; i++)
		put_zone(p + (HEAD_RECORDS + 2 * i) * KMC_RECORD_BYTES, &m->zones[i]);
	return HEAD_RECORDS + 2 * m->nr_zones;
}

static void get_zone(const uint8_t *first, const uint8_t *second, struct kmc_zone *zone)
{
	*zone = (struct kmc_zone){
		.kind = first[0], .node = first[1], .start_pfn = get64(first + 8),
		.nr_pages = get64(first + 16), .managed = get64(first + 24),
		.min = get64(second), .low = get64(second + 8), .high = get64(second + 16),
	};
}

/* The head as it stands, unchecked but for the number of zones. Return: its records. */
static size_t get_head(struct kmc_program *program, const uint8_t *bytes, size_t len)
{
	uint8_t first[KMC_RECORD_BYTES], second[KMC_RECORD_BYTES];
	const uint8_t *p = record_at(bytes, len, 0, first);
	struct kmc_machine *m = &program->machine;
	unsigned int i;

	*m = (struct kmc_machine){
		.nr_zones = p[6] % (KMC_MACHINE_MAX_ZONES + 1),
		.profile = get32(p + 12), .release = get32(p + 16), .options = get32(p + 20),
		.nr_cpus = get16(p + 24), .nr_nodes = get16(p + 26),
		.page_shift = p[28], .max_order = p[29], .kmalloc_minalign = get16(p + 30),
	};
	program->edition = get32(p + 8);
	p = record_at(bytes, len, 1, first);
	m->kmalloc_max_cache = get32(p);
	m->kmalloc_max_size = get64(p + 8);
	m->seed = get64(p + 16);
	m->direct_map = get64(p + 24);
	p = record_at(bytes, len, 2, first);
	m->vmalloc_start = get64(p);
	m->vmalloc_end = get64(p + 8);
	for (i = 0; i < m->nr_zones; i++)
		get_zone(record_at(bytes, len, HEAD_RECORDS + 2 * i, first),
			 record_at(bytes, len, HEAD_RECORDS + 2 * i + 1, second), &m->zones[i]);
	return HEAD_RECORDS + 2 * m->nr_zones;
}

/* An impossible machine becomes the default one, with as many of its cpus and options as can be. */
static void fold_head(struct kmc_program *program)
{
	struct kmc_machine *m = &program->machine, usual;

	if (!(program->edition >> 20))
		program->edition = KMC_DEFAULT_EDITION;
	if (!kmc_program_check_machine(m))
		return;
	kmc_machine_default(&usual);
	usual.nr_cpus = (uint16_t)(1 + (m->nr_cpus + KMC_MAX_CPUS - 1) % KMC_MAX_CPUS);
	usual.options = m->options;
	usual.seed = m->seed;
	*m = usual;
}

/* programs */

int kmc_program_decode(struct kmc_program *program, const void *bytes, size_t len)
{
	uint8_t one[KMC_RECORD_BYTES], two[KMC_RECORD_BYTES];
	size_t i = 0, nr = (len + KMC_RECORD_BYTES - 1) / KMC_RECORD_BYTES;
	const uint8_t *record, *more;
	struct kmc_op *op;

	kmc_program_reset(program);
	if (has_head(bytes, len)) {
		i = get_head(program, bytes, len);
		fold_head(program);
	}
	if (i < nr && kmc_program_room(program, nr - i)) /* a head may be cut short */
		return -ENOMEM;
	for (; i < nr; i++) {
		record = record_at(bytes, len, i, one);
		if (get16(record) == KMC_OP_MORE)
			continue; /* of no op */
		more = i + 1 < nr ? record_at(bytes, len, i + 1, two) : NULL;
		if (more && get16(more) != KMC_OP_MORE)
			more = NULL;
		i += more != NULL;
		op = &program->ops[program->nr_ops++];
		kmc_op_decode(op, record, more);
		op->cpu %= program->machine.nr_cpus;
	}
	return 0;
}

int kmc_program_encode(const struct kmc_program *program, void **bytes, size_t *len)
{
	size_t most = HEAD_RECORDS + 2 * KMC_MACHINE_MAX_ZONES + 2 * program->nr_ops;
	uint8_t *buf = calloc(most, KMC_RECORD_BYTES);
	size_t i, at;

	if (!buf)
		return -ENOMEM;
	at = put_head(buf, program);
	for (i = 0; i < program->nr_ops; i++)
		at += kmc_op_encode(&program->ops[i], buf + at * KMC_RECORD_BYTES);
	*bytes = buf;
	*len = at * KMC_RECORD_BYTES;
	return 0;
}

static const char *check_head(const uint8_t *bytes, size_t len, size_t *records)
{
	struct kmc_program program;

	if (len < KMC_RECORD_BYTES)
		return "the head is cut short";
	if (bytes[5] != WIRE_VERSION)
		return "unknown version of the records";
	if (bytes[6] > KMC_MACHINE_MAX_ZONES)
		return "more than 16 zones";
	*records = get_head(&program, bytes, len);
	if (*records * KMC_RECORD_BYTES > len)
		return "the head is cut short";
	if (!(program.edition >> 20))
		return "edition is no release";
	return kmc_program_check_machine(&program.machine);
}

const char *kmc_wire_check(const uint8_t *bytes, size_t len, size_t *record)
{
	const char *why = check_head(bytes, len, record);
	bool op_before = false;

	if (why)
		*record = 0;
	for (; !why && *record < len / KMC_RECORD_BYTES; ++*record) {
		unsigned int code = get16(bytes + *record * KMC_RECORD_BYTES);
		bool more = code == KMC_OP_MORE;

		if (more && !op_before)
			return "a continuation of no op";
		if (!more && !kmc_op_desc(code))
			return "no call has this number";
		op_before = !more;
	}
	if (!why && len % KMC_RECORD_BYTES)
		return "the record is cut short";
	return why;
}
