// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A record as an event of the vocabulary. Runs once an event while a trace is
 * judged, therefore flag words are translated once and remembered: a kernel
 * uses some dozens of them.
 */
#include <string.h>
#include "trace/trace.h"

#define GFP_SLOTS 64u /* a power of two */

struct gfp_slot {
	uint32_t raw;
	struct kmc_gfp gfp;
};

/* The words already translated by one table. */
struct gfp_memory {
	struct kmc_gfp_table table;
	bool valid;
	struct gfp_slot slots[GFP_SLOTS];
};
static _Thread_local struct gfp_memory gfp_memory;

static unsigned int gfp_slot_of(uint32_t raw)
{
	return (raw * 0x9e3779b1u) >> 26;
}

/* The word 0 has no atoms in any table, which makes an empty slot a right one. */
static void gfp_forget(const struct kmc_gfp_table *table)
{
	memset(&gfp_memory, 0, sizeof(gfp_memory));
	gfp_memory.table = *table;
	gfp_memory.valid = true;
}

/* memcmp() of a constant size, without the call. */
static inline bool same_table(const struct kmc_gfp_table *a, const struct kmc_gfp_table *b)
{
	uint64_t x[4], y[4];

	_Static_assert(sizeof(*a) >= 24 && sizeof(*a) <= 32, "four words cover the table");
	for (unsigned int i = 0; i < 4; i++) {
		size_t at = i < 3 ? 8 * i : sizeof(*a) - 8;

		memcpy(&x[i], &a->bit[at], 8);
		memcpy(&y[i], &b->bit[at], 8);
	}
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]));
}

static inline struct kmc_gfp gfp_translate(const struct kmc_gfp_table *table, uint32_t raw)
{
	struct gfp_slot *slot = &gfp_memory.slots[gfp_slot_of(raw)];

	/* By content: the same memory may hold the table of another trace by now. */
	if (__builtin_expect(!same_table(&gfp_memory.table, table) || !gfp_memory.valid, 0))
		gfp_forget(table);
	if (__builtin_expect(slot->raw != raw, 0)) {
		slot->raw = raw;
		slot->gfp = kmc_gfp_from_raw(table, raw);
	}
	return slot->gfp;
}

/* What is special about a probe; looked up, since the order of probes cannot be foreseen. */
enum {
	IS_PAGE = 1,   /* addr is a frame number */
	ASKS = 2,      /* asks for memory: has an outcome */
	NUMBER_IN_SIZE = 4,
};
static const uint8_t probe_traits[UINT8_MAX + 1] = {
	[KMC_PROBE_KMALLOC] = ASKS,
	[KMC_PROBE_CACHE_ALLOC] = ASKS,
	[KMC_PROBE_PAGE_ALLOC] = ASKS | IS_PAGE,
	[KMC_PROBE_PAGE_FREE] = IS_PAGE,
	[KMC_PROBE_RECLAIM_END] = NUMBER_IN_SIZE,
	[KMC_PROBE_MARK_VICTIM] = NUMBER_IN_SIZE,
	[KMC_PROBE_VMAP_ALLOC] = ASKS,
	[KMC_PROBE_PERCPU_ALLOC] = ASKS,
};

static uint64_t block_bytes(const struct kmc_machine *machine, unsigned int order)
{
	unsigned int shift = machine->page_shift + order;

	return shift < 64 ? (uint64_t)1 << shift : 0;
}

static void page_to_event(const struct kmc_machine *machine, const struct kmc_record *record,
			  struct kmc_event *ev)
{
	ev->size = block_bytes(machine, record->order);
	ev->addr = machine->direct_map + (record->addr << machine->page_shift);
	if (record->probe == KMC_PROBE_PAGE_FREE)
		return;
	ev->granted = ev->size;
	ev->arg = record->migratetype;
}

static void cache_to_event(const struct kmc_trace_facts *facts, const struct kmc_record *record,
			   struct kmc_event *ev)
{
	const struct kmc_cache_desc *cache;

	if (record->cache >= facts->nr_caches)
		return;
	cache = &facts->caches[record->cache];
	ev->cache = cache->id;
	if (record->probe == KMC_PROBE_CACHE_ALLOC) {
		ev->size = cache->object_size;
		ev->granted = cache->size;
	}
}

/*
 * Every member by itself: a compound literal makes gcc clear the event with a
 * string instruction first, which costs more than all the rest.
 */
static inline void fill_event(const struct kmc_record *record, uint16_t cpu, struct kmc_gfp gfp,
			      unsigned int traits, struct kmc_event *ev)
{
	ev->seq = 0;
	ev->time_ns = record->time_ns;
	ev->id = 0;
	ev->parent = 0;
	ev->task = record->tid;
	ev->cpu = cpu;
	ev->kind = KMC_EV_TRACEPOINT;
	ev->outcome = traits & ASKS ? KMC_OUT_VALUE : KMC_OUT_NONE;
	ev->what = (uint16_t)kmc_probe_tracepoint(record->probe);
	ev->marks = record->flags & KMC_RF_ACCOUNTED ? KMC_MARK_ACCOUNTED : 0;
	ev->context = KMC_CTX_UNKNOWN;
	ev->scope = record->scope;
	ev->order = record->order;
	ev->node = record->node;
	ev->gfp = gfp.atoms;
	ev->cache = KMC_CACHE_NONE;
	ev->gfp_raw = gfp.raw;
	ev->addr = record->addr;
	ev->addr2 = 0;
	ev->size = record->size;
	ev->granted = record->granted;
	ev->site = record->site;
	ev->arg = 0;
}

static bool has_failed(const struct kmc_record *record, unsigned int traits)
{
	if (!(traits & ASKS))
		return false;
	return record->flags & KMC_RF_FAILED ||
	       (traits & IS_PAGE && record->addr == UINT64_MAX);
}

void kmc_record_to_event(const struct kmc_trace_facts *facts, const struct kmc_record *record,
			 uint16_t cpu, struct kmc_event *ev)
{
	unsigned int traits = probe_traits[record->probe];

	fill_event(record, cpu, gfp_translate(&facts->gfp, record->gfp), traits, ev);
	if (traits & IS_PAGE)
		page_to_event(&facts->machine, record, ev);
	else if (record->cache != KMC_RECORD_NO_CACHE)
		cache_to_event(facts, record, ev);
	if (traits & NUMBER_IN_SIZE) {
		/* The recorder has one place for a probe's number; an event has arg for it. */
		ev->arg = record->size;
		ev->size = 0;
	}
	if (__builtin_expect(has_failed(record, traits), 0)) {
		ev->outcome = KMC_OUT_NULL;
		ev->addr = 0;
		ev->granted = 0;
	}
}
