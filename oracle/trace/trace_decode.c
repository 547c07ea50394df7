// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Columns to records, a few hundred at a time so that they stay in the first
 * cache. The columns are untrusted: every reference is checked against what
 * was decoded before it, every column against its end.
 */
#include <errno.h>
#include <stdlib.h>
#include "trace_columns.h"

#define NO_EVENT UINT32_MAX

struct decode_kind {
	struct kmc_record record; /* what all events of the kind share; last sizes */
	uint64_t addr;            /* latest new address */
	uint32_t last;            /* latest event */
	uint32_t target;          /* event last referred to */
	uint8_t varies, shift;
};

struct kmc_decoder {
	uint8_t *buffer;
	size_t buffer_size;
	uint64_t *addrs;  /* by event */
	uint32_t *next;   /* by event: the one that follows in its kind, 0 none */
	size_t room;      /* of the two */
	struct decode_kind *kinds;
	size_t kinds_room;
	uint32_t nr_kinds;
	size_t n, event;
	uint64_t time_ns;
	uint32_t tid;
	uint64_t task_run; /* events left of the current task */
	const uint8_t *ids, *time_low, *time_high, *refs;
	struct kmc_bytes id_far, time_far, task, size, granted, ref_far, addr;
};

struct kmc_decoder *kmc_decoder_create(void)
{
	return calloc(1, sizeof(struct kmc_decoder));
}

void kmc_decoder_destroy(struct kmc_decoder *dec)
{
	if (!dec)
		return;
	free(dec->buffer);
	free(dec->addrs);
	free(dec->next);
	free(dec->kinds);
	free(dec);
}

void *kmc_decoder_buffer(struct kmc_decoder *dec, size_t len)
{
	if (len > dec->buffer_size || !dec->buffer) {
		free(dec->buffer);
		dec->buffer = malloc(len + 1);
		dec->buffer_size = dec->buffer ? len : 0;
	}
	return dec->buffer;
}

static int decoder_reserve(struct kmc_decoder *dec, size_t n)
{
	if (n <= dec->room)
		return 0;
	free(dec->addrs);
	free(dec->next);
	dec->addrs = malloc(n * sizeof(*dec->addrs));
	dec->next = malloc(n * sizeof(*dec->next));
	dec->room = dec->addrs && dec->next ? n : 0;
	return dec->room ? 0 : -ENOMEM;
}

static int kinds_reserve(struct kmc_decoder *dec, size_t n)
{
	if (n <= dec->kinds_room)
		return 0;
	free(dec->kinds);
	dec->kinds = malloc(n * sizeof(*dec->kinds));
	dec->kinds_room = dec->kinds ? n : 0;
	return dec->kinds ? 0 : -ENOMEM;
}

static void kind_read(struct kmc_bytes *b, struct decode_kind *kind, uint64_t site_before)
{
	struct kmc_record *r = &kind->record;

	*kind = (struct decode_kind){ .last = NO_EVENT };
	r->probe = kmc_bytes_u8(b);
	r->order = kmc_bytes_u8(b);
	r->node = (int8_t)kmc_bytes_u8(b);
	r->scope = kmc_bytes_u8(b);
	r->flags = kmc_bytes_u8(b);
	r->migratetype = kmc_bytes_u8(b);
	kind->varies = kmc_bytes_u8(b);
	kind->shift = kmc_bytes_u8(b);
	r->site = site_before + kmc_unzigzag(kmc_bytes_varint(b));
	r->gfp = (uint32_t)kmc_bytes_varint(b);
	r->cache = (uint16_t)(kmc_bytes_varint(b) - 1);
	r->size = kmc_bytes_varint(b);
	r->granted = kmc_bytes_varint(b);
	if (r->probe >= KMC_NR_PROBES || kind->shift > 63 ||
	    kind->varies > (KMC_KIND_SIZE_VARIES | KMC_KIND_GRANTED_VARIES))
		b->bad = true;
}

static int kinds_read(struct kmc_decoder *dec, struct kmc_bytes b)
{
	uint64_t n = kmc_bytes_varint(&b), site = 0;

	if (b.bad || n > dec->n)
		return -EINVAL;
	if (kinds_reserve(dec, n))
		return -ENOMEM;
	dec->nr_kinds = (uint32_t)n;
	for (uint32_t i = 0; i < n && !b.bad; i++) {
		kind_read(&b, &dec->kinds[i], site);
		site = dec->kinds[i].record.site;
	}
	return b.bad || b.p != b.end ? -EINVAL : 0;
}

static struct kmc_bytes column(const uint8_t **p, uint32_t len)
{
	struct kmc_bytes b = kmc_bytes_of(*p, len);

	*p += len;
	return b;
}

int kmc_decoder_start(struct kmc_decoder *dec, const uint32_t *lens, size_t n, uint64_t first_ns)
{
	const uint8_t *p = dec->buffer;
	struct kmc_bytes kinds;
	uint64_t sum = 0;

	for (int i = 0; i < KMC_NR_COLUMNS; i++)
		sum += lens[i];
	if (sum > dec->buffer_size || lens[KMC_COL_ID] != n || lens[KMC_COL_TIME_LOW] != n ||
	    lens[KMC_COL_TIME_HIGH] != n || lens[KMC_COL_REF] != n)
		return -EINVAL;
	if (decoder_reserve(dec, n))
		return -ENOMEM;
	dec->n = n;
	dec->event = 0;
	dec->time_ns = first_ns;
	dec->tid = 0;
	dec->task_run = 0;
	kinds = column(&p, lens[KMC_COL_KINDS]);
	dec->ids = column(&p, lens[KMC_COL_ID]).p;
	dec->id_far = column(&p, lens[KMC_COL_ID_FAR]);
	dec->time_low = column(&p, lens[KMC_COL_TIME_LOW]).p;
	dec->time_high = column(&p, lens[KMC_COL_TIME_HIGH]).p;
	dec->time_far = column(&p, lens[KMC_COL_TIME_FAR]);
	dec->task = column(&p, lens[KMC_COL_TASK]);
	dec->size = column(&p, lens[KMC_COL_SIZE]);
	dec->granted = column(&p, lens[KMC_COL_GRANTED]);
	dec->refs = column(&p, lens[KMC_COL_REF]).p;
	dec->ref_far = column(&p, lens[KMC_COL_REF_FAR]);
	dec->addr = column(&p, lens[KMC_COL_ADDR]);
	if (n)
		dec->next[0] = 0;
	return kinds_read(dec, kinds);
}

static inline uint64_t time_delta(struct kmc_decoder *dec, size_t event)
{
	if (dec->time_high[event] == KMC_TIME_FAR)
		return kmc_unzigzag(kmc_bytes_varint(&dec->time_far));
	return (uint64_t)dec->time_high[event] << 8 | dec->time_low[event];
}

static void sizes_read(struct kmc_decoder *dec, struct decode_kind *kind)
{
	struct kmc_record *r = &kind->record;
	uint64_t guess = r->granted;

	if (kind->varies & KMC_KIND_SIZE_VARIES) {
		uint64_t delta = kmc_unzigzag(kmc_bytes_varint(&dec->size));

		r->size += delta;
		if (delta)
			guess = kmc_granted_guess(r->size);
	}
	if (kind->varies & KMC_KIND_GRANTED_VARIES)
		r->granted = guess + kmc_unzigzag(kmc_bytes_varint(&dec->granted));
}

/* The event that has the address; NO_EVENT: none, the columns are bad. */
static inline uint32_t source_of(struct kmc_decoder *dec, struct decode_kind *kind, uint32_t event)
{
	unsigned int code = dec->refs[event];
	uint64_t source;

	if (code == KMC_REF_NEXT) {
		source = dec->next[kind->target];
		if (!source)
			return NO_EVENT;
	} else if (code == KMC_REF_FAR) {
		source = kind->target + kmc_unzigzag(kmc_bytes_varint(&dec->ref_far));
	} else {
		source = (uint64_t)event - (code - KMC_REF_NEAR);
	}
	return source < event ? (uint32_t)source : NO_EVENT;
}

static inline int addr_read(struct kmc_decoder *dec, struct decode_kind *kind, uint32_t event,
			    uint64_t *addr)
{
	if (dec->refs[event] == KMC_REF_NEW) {
		kind->addr += kmc_unzigzag(kmc_bytes_varint(&dec->addr)) << kind->shift;
		*addr = kind->addr;
	} else {
		uint32_t source = source_of(dec, kind, event);

		if (source == NO_EVENT)
			return -EINVAL;
		kind->target = source;
		*addr = dec->addrs[source];
	}
	dec->addrs[event] = *addr;
	dec->next[event] = 0;
	if (kind->last != NO_EVENT)
		dec->next[kind->last] = event;
	kind->last = event;
	return 0;
}

static int task_read(struct kmc_decoder *dec)
{
	dec->task_run = kmc_bytes_varint(&dec->task);
	dec->tid += (uint32_t)kmc_unzigzag(kmc_bytes_varint(&dec->task));
	return dec->task_run ? 0 : -EINVAL;
}

static inline int record_read(struct kmc_decoder *dec, uint32_t event, struct kmc_record *r)
{
	uint64_t id = dec->ids[event];
	struct decode_kind *kind;

	if (id == KMC_ID_FAR)
		id += kmc_bytes_varint(&dec->id_far);
	if (id >= dec->nr_kinds || (!dec->task_run && task_read(dec)))
		return -EINVAL;
	kind = &dec->kinds[id];
	if (kind->varies)
		sizes_read(dec, kind);
	dec->task_run--;
	dec->time_ns += time_delta(dec, event);
	*r = kind->record;
	r->time_ns = dec->time_ns;
	r->tid = dec->tid;
	return addr_read(dec, kind, event, &r->addr);
}

static bool ran_over(const struct kmc_decoder *dec)
{
	return dec->id_far.bad || dec->time_far.bad || dec->task.bad || dec->size.bad ||
	       dec->granted.bad || dec->ref_far.bad || dec->addr.bad;
}

static bool used_up(const struct kmc_decoder *dec)
{
	return dec->id_far.p == dec->id_far.end && dec->time_far.p == dec->time_far.end &&
	       dec->task.p == dec->task.end && dec->size.p == dec->size.end &&
	       dec->granted.p == dec->granted.end && dec->ref_far.p == dec->ref_far.end &&
	       dec->addr.p == dec->addr.end && !dec->task_run;
}

int kmc_decoder_next(struct kmc_decoder *dec, struct kmc_record *records, unsigned int max)
{
	size_t left = dec->n - dec->event;
	unsigned int count = left < max ? (unsigned int)left : max;

	for (unsigned int i = 0; i < count; i++)
		if (record_read(dec, (uint32_t)dec->event++, &records[i]))
			return -EINVAL;
	if (ran_over(dec) || (dec->event == dec->n && !used_up(dec)))
		return -EINVAL;
	return (int)count;
}
