// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records to columns. Two passes: the first finds the kinds (dictionary), and
 * for each event the earlier one of the same address; the second, knowing how
 * often each kind occurs, writes the columns.
 *
 * The address is where the entropy is. Most frees name an address that was
 * allocated a little earlier on the same cpu, and most allocations reuse one
 * that was freed, so an address is a reference to an earlier event wherever
 * there is one. Queues are emptied in the order in which they were filled,
 * therefore "the event after the one referred to last" has its own code.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "trace_columns.h"

#define NO_EVENT UINT32_MAX

/* Most bytes that one event can add to each column; a kind is at most one event's. */
static const uint8_t column_max[KMC_NR_COLUMNS] = {
	[KMC_COL_KINDS] = 8 + 5 * KMC_VARINT_MAX,
	[KMC_COL_ID] = 1,
	[KMC_COL_ID_FAR] = 4,
	[KMC_COL_TIME_LOW] = 1,
	[KMC_COL_TIME_HIGH] = 1,
	[KMC_COL_TIME_FAR] = KMC_VARINT_MAX,
	[KMC_COL_TASK] = 4 + KMC_VARINT_MAX,
	[KMC_COL_SIZE] = KMC_VARINT_MAX,
	[KMC_COL_GRANTED] = KMC_VARINT_MAX,
	[KMC_COL_REF] = 1,
	[KMC_COL_REF_FAR] = KMC_VARINT_MAX,
	[KMC_COL_ADDR] = KMC_VARINT_MAX,
};

struct encode_kind {
	uint32_t example; /* an event of this kind */
	uint32_t count;
	uint32_t rank;
	uint32_t last;    /* latest event */
	uint32_t target;  /* event last referred to */
	uint8_t varies, shift;
	uint64_t new_bits; /* all new addresses, or-ed */
	uint64_t addr, size, granted; /* the latest, for deltas */
};

struct kmc_encoder {
	size_t room;             /* events that the arrays below have room for */
	uint32_t *kind_slots;    /* hash table: kind + 1 */
	uint32_t *addr_slots;    /* hash table: event + 1 */
	uint32_t *kind_of;       /* by event */
	uint32_t *source;        /* by event: earlier event of the address, NO_EVENT */
	uint32_t *next;          /* by event: the one that follows in its kind, 0 none */
	uint32_t *order;         /* kinds, most frequent first */
	struct encode_kind *kinds;
	uint32_t nr_kinds;
	unsigned int slots_log;
	uint8_t *memory;
	struct kmc_column_bytes columns[KMC_NR_COLUMNS];
};

struct kmc_encoder *kmc_encoder_create(void)
{
	return calloc(1, sizeof(struct kmc_encoder));
}

static void encoder_release(struct kmc_encoder *enc)
{
	free(enc->kind_slots);
	free(enc->addr_slots);
	free(enc->kind_of);
	free(enc->source);
	free(enc->next);
	free(enc->order);
	free(enc->kinds);
	free(enc->memory);
	memset(enc, 0, sizeof(*enc));
}

void kmc_encoder_destroy(struct kmc_encoder *enc)
{
	if (!enc)
		return;
	encoder_release(enc);
	free(enc);
}

static unsigned int slots_log_of(size_t n)
{
	unsigned int log = 6;

	while ((size_t)1 << log < 2 * n)
		log++;
	return log;
}

static size_t columns_size(size_t n)
{
	size_t size = 0;

	for (int i = 0; i < KMC_NR_COLUMNS; i++)
		size += n * column_max[i] + KMC_VARINT_MAX;
	return size;
}

static int encoder_reserve(struct kmc_encoder *enc, size_t n)
{
	size_t slots = (size_t)1 << slots_log_of(n);

	if (n <= enc->room)
		return 0;
	encoder_release(enc);
	enc->kind_slots = malloc(slots * sizeof(*enc->kind_slots));
	enc->addr_slots = malloc(slots * sizeof(*enc->addr_slots));
	enc->kind_of = malloc(n * sizeof(*enc->kind_of));
	enc->source = malloc(n * sizeof(*enc->source));
	enc->next = malloc(n * sizeof(*enc->next));
	enc->order = malloc(n * sizeof(*enc->order));
	enc->kinds = malloc(n * sizeof(*enc->kinds));
	enc->memory = malloc(columns_size(n));
	if (!enc->kind_slots || !enc->addr_slots || !enc->kind_of || !enc->source || !enc->next ||
	    !enc->order || !enc->kinds || !enc->memory) {
		encoder_release(enc);
		return -ENOMEM;
	}
	enc->room = n;
	return 0;
}

static void encoder_begin(struct kmc_encoder *enc, size_t n)
{
	uint8_t *p = enc->memory;

	enc->nr_kinds = 0;
	enc->slots_log = slots_log_of(n);
	memset(enc->kind_slots, 0, sizeof(*enc->kind_slots) << enc->slots_log);
	memset(enc->addr_slots, 0, sizeof(*enc->addr_slots) << enc->slots_log);
	for (int i = 0; i < KMC_NR_COLUMNS; i++) {
		enc->columns[i].data = enc->columns[i].end = p;
		p += n * column_max[i] + KMC_VARINT_MAX;
	}
}

/* cache .. migratetype, as one word. */
static uint64_t record_tail(const struct kmc_record *r)
{
	uint64_t v;

	_Static_assert(sizeof(struct kmc_record) - offsetof(struct kmc_record, cache) == sizeof(v),
		       "the fields from cache to migratetype are eight bytes");
	memcpy(&v, &r->cache, sizeof(v));
	return v;
}

static bool same_kind(const struct kmc_record *a, const struct kmc_record *b)
{
	return a->site == b->site && a->gfp == b->gfp && record_tail(a) == record_tail(b);
}

static size_t hash_slot(const struct kmc_encoder *enc, uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15u) >> (64 - enc->slots_log);
}

static size_t hash_kind(const struct kmc_encoder *enc, const struct kmc_record *r)
{
	uint64_t key = record_tail(r) ^ (uint64_t)r->gfp << 13;

	key = (key ^ key >> 31) * 0xbf58476d1ce4e5b9u;
	return hash_slot(enc, key ^ key >> 29 ^ r->site);
}

static uint32_t kind_add(struct kmc_encoder *enc, const struct kmc_record *r, uint32_t event)
{
	enc->kinds[enc->nr_kinds] = (struct encode_kind){
		.example = event, .last = NO_EVENT, .size = r->size, .granted = r->granted,
	};
	return enc->nr_kinds++;
}

static uint32_t kind_find(struct kmc_encoder *enc, const struct kmc_record *records, uint32_t event)
{
	size_t mask = ((size_t)1 << enc->slots_log) - 1;
	size_t slot = hash_kind(enc, &records[event]);

	for (;; slot = (slot + 1) & mask) {
		uint32_t kind = enc->kind_slots[slot];

		if (!kind) {
			enc->kind_slots[slot] = enc->nr_kinds + 1;
			return kind_add(enc, &records[event], event);
		}
		if (same_kind(&records[enc->kinds[kind - 1].example], &records[event]))
			return kind - 1;
	}
}

/* The latest event of the same address; the event takes its place. */
static uint32_t source_find(struct kmc_encoder *enc, const struct kmc_record *records,
			    uint32_t event)
{
	size_t mask = ((size_t)1 << enc->slots_log) - 1;
	uint64_t addr = records[event].addr;
	size_t slot = hash_slot(enc, addr);

	for (;; slot = (slot + 1) & mask) {
		uint32_t source = enc->addr_slots[slot];

		if (source && records[source - 1].addr != addr)
			continue;
		enc->addr_slots[slot] = event + 1;
		return source ? source - 1 : NO_EVENT;
	}
}

static void survey_event(struct kmc_encoder *enc, const struct kmc_record *records, uint32_t event)
{
	const struct kmc_record *r = &records[event];
	uint32_t id = kind_find(enc, records, event);
	struct encode_kind *kind = &enc->kinds[id];

	enc->kind_of[event] = id;
	kind->count++;
	if (r->size != kind->size)
		kind->varies |= KMC_KIND_SIZE_VARIES;
	if (r->granted != kind->granted)
		kind->varies |= KMC_KIND_GRANTED_VARIES;
	enc->source[event] = source_find(enc, records, event);
	if (enc->source[event] == NO_EVENT)
		kind->new_bits |= r->addr;
}

static int kind_compare(const void *a, const void *b, void *data)
{
	const struct encode_kind *kinds = data;
	const struct encode_kind *x = &kinds[*(const uint32_t *)a];
	const struct encode_kind *y = &kinds[*(const uint32_t *)b];

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->example < y->example ? -1 : 1;
}

static void put_varint(struct kmc_encoder *enc, enum kmc_column col, uint64_t v)
{
	enc->columns[col].end = kmc_put_varint(enc->columns[col].end, v);
}

static void put_signed(struct kmc_encoder *enc, enum kmc_column col, uint64_t v)
{
	put_varint(enc, col, kmc_zigzag(v));
}

static void put_byte(struct kmc_encoder *enc, enum kmc_column col, unsigned int v)
{
	*enc->columns[col].end++ = (uint8_t)v;
}

static void put_kind(struct kmc_encoder *enc, const struct kmc_record *r, struct encode_kind *kind,
		     uint64_t site_before)
{
	kind->shift = kind->new_bits ? (uint8_t)__builtin_ctzll(kind->new_bits) : 0;
	put_byte(enc, KMC_COL_KINDS, r->probe);
	put_byte(enc, KMC_COL_KINDS, r->order);
	put_byte(enc, KMC_COL_KINDS, (uint8_t)r->node);
	put_byte(enc, KMC_COL_KINDS, r->scope);
	put_byte(enc, KMC_COL_KINDS, r->flags);
	put_byte(enc, KMC_COL_KINDS, r->migratetype);
	put_byte(enc, KMC_COL_KINDS, kind->varies);
	put_byte(enc, KMC_COL_KINDS, kind->shift);
	put_signed(enc, KMC_COL_KINDS, r->site - site_before);
	put_varint(enc, KMC_COL_KINDS, r->gfp);
	put_varint(enc, KMC_COL_KINDS, (uint16_t)(r->cache + 1));
	put_varint(enc, KMC_COL_KINDS, kind->size);
	put_varint(enc, KMC_COL_KINDS, kind->granted);
}

static void put_kinds(struct kmc_encoder *enc, const struct kmc_record *records)
{
	uint64_t site = 0;

	for (uint32_t i = 0; i < enc->nr_kinds; i++)
		enc->order[i] = i;
	qsort_r(enc->order, enc->nr_kinds, sizeof(*enc->order), kind_compare, enc->kinds);
	put_varint(enc, KMC_COL_KINDS, enc->nr_kinds);
	for (uint32_t i = 0; i < enc->nr_kinds; i++) {
		struct encode_kind *kind = &enc->kinds[enc->order[i]];
		const struct kmc_record *r = &records[kind->example];

		kind->rank = i;
		put_kind(enc, r, kind, site);
		site = r->site;
	}
}

static void put_id(struct kmc_encoder *enc, uint32_t rank)
{
	if (rank < KMC_ID_FAR) {
		put_byte(enc, KMC_COL_ID, rank);
		return;
	}
	put_byte(enc, KMC_COL_ID, KMC_ID_FAR);
	put_varint(enc, KMC_COL_ID_FAR, rank - KMC_ID_FAR);
}

static void put_time(struct kmc_encoder *enc, uint64_t delta)
{
	if (delta < KMC_TIME_FAR << 8) {
		put_byte(enc, KMC_COL_TIME_LOW, delta & 0xff);
		put_byte(enc, KMC_COL_TIME_HIGH, (unsigned int)(delta >> 8));
		return;
	}
	put_byte(enc, KMC_COL_TIME_LOW, 0);
	put_byte(enc, KMC_COL_TIME_HIGH, KMC_TIME_FAR);
	put_signed(enc, KMC_COL_TIME_FAR, delta);
}

static void put_sizes(struct kmc_encoder *enc, const struct kmc_record *r, struct encode_kind *kind)
{
	uint64_t guess = r->size == kind->size ? kind->granted : kmc_granted_guess(r->size);

	if (kind->varies & KMC_KIND_SIZE_VARIES)
		put_signed(enc, KMC_COL_SIZE, r->size - kind->size);
	if (kind->varies & KMC_KIND_GRANTED_VARIES)
		put_signed(enc, KMC_COL_GRANTED, r->granted - guess);
	kind->size = r->size;
	kind->granted = r->granted;
}

static void put_ref(struct kmc_encoder *enc, uint32_t event, uint32_t source,
		    struct encode_kind *kind)
{
	if (source == enc->next[kind->target] && source) {
		put_byte(enc, KMC_COL_REF, KMC_REF_NEXT);
	} else if (event - source <= KMC_REF_NEAR_MAX) {
		put_byte(enc, KMC_COL_REF, KMC_REF_NEAR + event - source);
	} else {
		put_byte(enc, KMC_COL_REF, KMC_REF_FAR);
		put_signed(enc, KMC_COL_REF_FAR, (uint64_t)source - kind->target);
	}
	kind->target = source;
}

static void put_addr(struct kmc_encoder *enc, const struct kmc_record *r, uint32_t event,
		     struct encode_kind *kind)
{
	uint32_t source = enc->source[event];

	if (source == NO_EVENT) {
		put_byte(enc, KMC_COL_REF, KMC_REF_NEW);
		put_signed(enc, KMC_COL_ADDR,
			   (uint64_t)((int64_t)(r->addr - kind->addr) >> kind->shift));
		kind->addr = r->addr;
	} else {
		put_ref(enc, event, source, kind);
	}
	enc->next[event] = 0;
	if (kind->last != NO_EVENT)
		enc->next[kind->last] = event;
	kind->last = event;
}

static void put_tasks(struct kmc_encoder *enc, const struct kmc_record *records, size_t n)
{
	uint32_t tid = 0;

	for (size_t i = 0, start = 0; i < n; start = i) {
		while (i < n && records[i].tid == records[start].tid)
			i++;
		put_varint(enc, KMC_COL_TASK, i - start);
		put_signed(enc, KMC_COL_TASK, (uint64_t)records[start].tid - tid);
		tid = records[start].tid;
	}
}

int kmc_encode_columns(struct kmc_encoder *enc, const struct kmc_record *records, size_t n,
		       uint64_t first_ns, const struct kmc_column_bytes **columns)
{
	int ret = encoder_reserve(enc, n ? n : 1);

	if (ret)
		return ret;
	encoder_begin(enc, n);
	enc->next[0] = 0;
	for (uint32_t i = 0; i < n; i++)
		survey_event(enc, records, i);
	put_kinds(enc, records);
	put_tasks(enc, records, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct kmc_record *r = &records[i];
		struct encode_kind *kind = &enc->kinds[enc->kind_of[i]];

		put_id(enc, kind->rank);
		put_time(enc, r->time_ns - first_ns);
		first_ns = r->time_ns;
		if (kind->varies)
			put_sizes(enc, r, kind);
		put_addr(enc, r, i, kind);
	}
	*columns = enc->columns;
	return 0;
}
