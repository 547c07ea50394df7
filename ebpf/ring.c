// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a cpu's rings. The main ring is in order of time and published by its
 * head; what interrupted a program stands in the nest ring and is put between
 * by its time. Everything an interrupting program wrote before a slot of the
 * main ring was published is visible when that head is.
 */
#include "ring.h"
#include <stdbool.h>

uint64_t kmc_granted_unpack(uint32_t packed)
{
	if (packed & KMC_GRANTED_PAGES)
		return (uint64_t)(packed & ~KMC_GRANTED_PAGES) << 12;
	return (uint64_t)packed << 3;
}

uint64_t kmc_slot_time(const struct kmc_slot *slot, uint64_t near_ns)
{
	const unsigned int spare = 64 - KMC_SLOT_TIME_BITS;
	uint64_t low = slot->when >> KMC_SLOT_TID_BITS;
	int64_t off = (int64_t)((low - near_ns) << spare) >> spare;

	return near_ns + (uint64_t)off;
}

/* All text lies within 2 GiB of text: that decides the upper half. */
static uint64_t site_of(uint64_t text, uint32_t low)
{
	return text + (uint64_t)(int64_t)(int32_t)(low - (uint32_t)text);
}

static int8_t node_of(uint64_t node)
{
	return node == KMC_SLOT_NODE_NONE ? KMC_NODE_NONE : (int8_t)node;
}

static uint64_t frame_of(const struct kmc_slot_context *c, uint64_t page)
{
	return c->page_structs ? (page - c->page_structs) / c->page_struct_size : page;
}

static void page_record(const struct kmc_slot_context *c, uint32_t aux, struct kmc_record *r)
{
	r->order = (uint8_t)aux;
	r->migratetype = (uint8_t)(aux >> 8);
	r->addr = r->flags & KMC_RF_FAILED ? UINT64_MAX : frame_of(c, r->addr);
}

void kmc_slot_record(const struct kmc_slot_context *c, const struct kmc_slot *slot,
		     uint64_t time_ns, struct kmc_record *r)
{
	uint32_t aux = (uint32_t)(slot->what >> KMC_SLOT_AUX_SHIFT & 0xffff);
	uint32_t low_site = (uint32_t)(slot->who >> 32);

	*r = (struct kmc_record){
		.time_ns = time_ns > c->start_ns ? time_ns - c->start_ns : 0,
		.addr = (uint64_t)((int64_t)slot->where >> KMC_SLOT_NODE_BITS),
		.site = low_site ? site_of(c->text, low_site) : 0,
		.size = slot->what >> 32,
		.gfp = (uint32_t)slot->who,
		.tid = (uint32_t)(slot->when & ((1u << KMC_SLOT_TID_BITS) - 1)),
		.cache = KMC_RECORD_NO_CACHE,
		.probe = slot->what >> KMC_SLOT_PROBE_SHIFT & 0xf,
		.node = node_of(slot->where & KMC_SLOT_NODE_NONE),
		.scope = slot->what >> KMC_SLOT_SCOPE_SHIFT & 0x1f,
		.flags = slot->what & KMC_SLOT_FAILED ? KMC_RF_FAILED : 0,
	};
	if (r->gfp & c->accounted)
		r->flags |= KMC_RF_ACCOUNTED;
	switch (r->probe) {
	case KMC_PROBE_KMALLOC:
		r->granted = kmc_granted_unpack(aux);
		break;
	case KMC_PROBE_CACHE_ALLOC:
	case KMC_PROBE_CACHE_FREE:
		if (aux < c->nr_cache_of)
			r->cache = c->cache_of[aux];
		break;
	case KMC_PROBE_PAGE_ALLOC:
	case KMC_PROBE_PAGE_FREE:
		page_record(c, aux, r);
		break;
	case KMC_PROBE_RECLAIM_BEGIN:
	case KMC_PROBE_KSWAPD_WAKE:
		r->order = (uint8_t)aux;
		break;
	default:
		break;
	}
}

uint64_t kmc_ring_fill(const struct kmc_ring *ring)
{
	return __atomic_load_n(&ring->state->head, __ATOMIC_ACQUIRE) - ring->tail;
}

/* The next slot of the nest ring if its writer has finished. */
static const struct kmc_slot *nest_next(const struct kmc_ring *ring, uint64_t nest_head)
{
	const struct kmc_slot *slot = &ring->nest[ring->nest_tail & (KMC_NEST_SLOTS - 1)];
	uint64_t lap = ring->nest_tail & KMC_NEST_SLOTS ? 0 : KMC_SLOT_LAP;

	if (ring->nest_tail == nest_head)
		return NULL;
	if ((__atomic_load_n(&slot->what, __ATOMIC_ACQUIRE) & KMC_SLOT_LAP) != lap)
		return NULL;
	return slot;
}

/* What stands next in either ring, and when it happened. */
struct next {
	const struct kmc_slot *main, *nest;
	uint64_t main_ns, nest_ns;
};

/*
 * A nest event waits for the slot of the program that it interrupted, which is
 * older; unless that was lost, which shows by the next poll.
 */
static bool nest_due(const struct next *next, uint64_t poll_ns)
{
	return next->main ? next->nest_ns < next->main_ns : next->nest_ns < poll_ns;
}

static struct next peek(const struct kmc_ring *ring, uint64_t head, uint64_t nest_head)
{
	struct next next = { .nest = nest_next(ring, nest_head) };

	if (ring->tail < head) {
		next.main = &ring->slots[ring->tail & (ring->nr_slots - 1)];
		next.main_ns = kmc_slot_time(next.main, ring->near_ns);
	}
	if (next.nest)
		next.nest_ns = kmc_slot_time(next.nest, ring->near_ns);
	return next;
}

size_t kmc_ring_read(struct kmc_ring *ring, const struct kmc_slot_context *context,
		     uint64_t until, uint64_t now_ns, struct kmc_record *records, size_t max)
{
	uint64_t head = __atomic_load_n(&ring->state->head, __ATOMIC_ACQUIRE);
	uint64_t nest_head = __atomic_load_n(&ring->state->nest_head, __ATOMIC_ACQUIRE);
	size_t n = 0;

	while (n < max) {
		struct next next = peek(ring, head, nest_head);
		const struct kmc_slot *slot = next.main;
		uint64_t ns = next.main_ns;

		if (next.nest && nest_due(&next, ring->poll_ns)) {
			slot = next.nest;
			ns = next.nest_ns;
			ring->nest_tail++;
		} else if (next.main && ring->tail < until) {
			ring->tail++;
		} else {
			break;
		}
		/* two interruptions of one program may stand the wrong way round */
		if (ns < ring->order_ns)
			ns = ring->order_ns;
		ring->near_ns = ring->order_ns = ns;
		kmc_slot_record(context, slot, ns, &records[n++]);
	}
	if (ring->tail == head && ring->poll_ns < now_ns) {
		ring->poll_ns = now_ns;
		if (ring->near_ns < now_ns)
			ring->near_ns = now_ns;
	}
	return n;
}

void kmc_ring_release(struct kmc_ring *ring)
{
	__atomic_store_n(&ring->control->tail, ring->tail, __ATOMIC_RELEASE);
	__atomic_store_n(&ring->control->nest_tail, ring->nest_tail, __ATOMIC_RELEASE);
}
