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

static inline struct kmc_gfp gfp_translate(const struct kmc_gfp_table *table, uint32_t raw)
{
	struct gfp_slot *slot = &gfp_memory.slots[gfp_slot_of(raw)];

	/* By content: the same memory may hold the table of another trace by now. */
	if (__builtin_expect(memcmp(&gfp_memory.table, table, sizeof(*table)) != 0 ||
			     !gfp_memory.valid, 0))
		gfp_forget(table);
	if (__builtin_expect(slot->raw != raw, 0)) {
		slot->raw = raw;
		slot->gfp = kmc_gfp_from_raw(table, raw);
	}
	return slot->gfp;
}

static uint64_t block_bytes(const struct kmc_machine *machine, unsigned int order)
{
	unsigned int shift = machine->page_shift + order;

	return shift < 64 ? (uint64_t)1 << shift : 0;
}

static void page_to_event(const struct kmc_machine *machine, const struct kmc_record *record,
			  struct kmc_event *ev)
{
	ev->order = record->order;
	ev->size = block_bytes(machine, record->order);
	if (record->probe == KMC_PROBE_PAGE_ALLOC)
		ev->granted = ev->size;
	ev->addr = machine->direct_map + (record->addr << machine->page_shift);
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

/* The recorder has one place for a probe's number; an event has arg for it. */
static void number_to_event(const struct kmc_record *record, struct kmc_event *ev)
{
	if (record->probe == KMC_PROBE_PAGE_ALLOC)
		ev->arg = record->migratetype;
	if (record->probe == KMC_PROBE_RECLAIM_END || record->probe == KMC_PROBE_MARK_VICTIM) {
		ev->arg = record->size;
		ev->size = 0;
	}
}

static bool asks_for_memory(unsigned int probe)
{
	return probe == KMC_PROBE_KMALLOC || probe == KMC_PROBE_CACHE_ALLOC ||
	       probe == KMC_PROBE_PAGE_ALLOC || probe == KMC_PROBE_VMAP_ALLOC ||
	       probe == KMC_PROBE_PERCPU_ALLOC;
}

static void set_outcome(const struct kmc_record *record, struct kmc_event *ev)
{
	if (!asks_for_memory(record->probe))
		return;
	if (record->flags & KMC_RF_FAILED ||
	    (record->probe == KMC_PROBE_PAGE_ALLOC && record->addr == UINT64_MAX)) {
		ev->outcome = KMC_OUT_NULL;
		ev->addr = 0;
		ev->granted = 0;
	} else {
		ev->outcome = KMC_OUT_VALUE;
	}
}

void kmc_record_to_event(const struct kmc_trace_facts *facts, const struct kmc_record *record,
			 uint16_t cpu, struct kmc_event *ev)
{
	struct kmc_gfp gfp = gfp_translate(&facts->gfp, record->gfp);

	*ev = (struct kmc_event){
		.time_ns = record->time_ns,
		.task = record->tid,
		.cpu = cpu,
		.kind = KMC_EV_TRACEPOINT,
		.what = (uint16_t)kmc_probe_tracepoint(record->probe),
		.marks = record->flags & KMC_RF_ACCOUNTED ? KMC_MARK_ACCOUNTED : 0,
		.context = KMC_CTX_UNKNOWN,
		.scope = record->scope,
		.order = record->order,
		.node = record->node,
		.gfp = gfp.atoms,
		.cache = KMC_CACHE_NONE,
		.gfp_raw = gfp.raw,
		.addr = record->addr,
		.size = record->size,
		.granted = record->granted,
		.site = record->site,
	};
	if (record->probe == KMC_PROBE_PAGE_ALLOC || record->probe == KMC_PROBE_PAGE_FREE)
		page_to_event(&facts->machine, record, ev);
	else if (record->cache != KMC_RECORD_NO_CACHE)
		cache_to_event(facts, record, ev);
	number_to_event(record, ev);
	set_outcome(record, ev);
}
