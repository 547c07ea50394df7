/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader's end of one cpu's rings, and what a slot says as a record. Used
 * by recorder.c; needs no kernel, so the tests fill rings by hand.
 */
#ifndef EBPF_RING_H
#define EBPF_RING_H
#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>
#include "record_slot.h"
#include "trace/trace.h"

/* What a slot leaves out because it is the same for all of them. */
struct kmc_slot_context {
	uint64_t start_ns;         /* monotonic clock at the start of the trace */
	uint64_t text;             /* an address of kernel text: gives sites their upper half */
	uint64_t page_structs;     /* of frame 0; 0 unknown */
	uint32_t page_struct_size;
	uint32_t accounted;        /* the kernel's ACCOUNT bit as a mask; 0 none */
	const uint16_t *cache_of;  /* by the programs' index: index in the trace's table */
	size_t nr_cache_of;
};

struct kmc_ring {
	const struct kmc_slot *slots, *nest;
	const struct kmc_cpu_state *state;
	struct kmc_cpu_control *control;
	uint64_t nr_slots;  /* a power of two */
	uint64_t tail, nest_tail;
	uint64_t near_ns;   /* latest time known, of an event or a poll: unwraps the next */
	uint64_t poll_ns;   /* when the ring was last read to its end */
	uint64_t order_ns;  /* of the record given last; none after it is earlier */
};

/** kmc_granted_unpack() - Bytes, from the 16 bits of a slot. */
uint64_t kmc_granted_unpack(uint32_t packed);

/** kmc_slot_record() - A slot as a record. @time_ns: its unwrapped time, monotonic clock. */
void kmc_slot_record(const struct kmc_slot_context *context, const struct kmc_slot *slot,
		     uint64_t time_ns, struct kmc_record *record);

/** kmc_slot_time() - The time of a slot in full, given a time at most 36 minutes away. */
uint64_t kmc_slot_time(const struct kmc_slot *slot, uint64_t near_ns);

/**
 * kmc_ring_read() - The next records of a cpu, ordered by time.
 * @until: position in the main ring that is not passed.
 * @now_ns: monotonic clock before the call.
 * The slots stay the reader's until kmc_ring_release().
 * Return: number of records, fewer than @max when there are no more now.
 */
size_t kmc_ring_read(struct kmc_ring *ring, const struct kmc_slot_context *context,
		     uint64_t until, uint64_t now_ns, struct kmc_record *records, size_t max);

/** kmc_ring_release() - Gives what was read back to the programs. */
void kmc_ring_release(struct kmc_ring *ring);

/** kmc_ring_fill() - Slots published and not yet read. */
uint64_t kmc_ring_fill(const struct kmc_ring *ring);

#endif
