/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs and the recorder share: the slot of an event, the
 * per-cpu state and the table of caches. Included by *.bpf.c and by the
 * recorder's own sources; speaks the kernel's __uNN types for that reason.
 *
 * One ring per cpu. The only writer of a ring is its cpu, and within the cpu
 * one program at a time: whoever finds `busy` set has interrupted another
 * program between two of its instructions and goes to the small second ring
 * (nest), where slots are reserved by atomic add. So the common case needs no
 * locked instruction, and a slot of the main ring is published by its head.
 */
#ifndef EBPF_RECORD_SLOT_H
#define EBPF_RECORD_SLOT_H

/* Equal to enum kmc_probe; asserted in probes.c. */
#define KMC_SLOT_PROBES 14

/*
 * 32 bytes: two slots a cache line, none split. Four words:
 *   when:  time 42 | tid 22    time wraps after 73 minutes, the reader unwraps
 *   where: addr 57 | node 7    57 bits sign-extend to any address, 5-level tables included
 *   who:   site 32 | gfp 32    the call site's low half; text lies within 4 GiB
 *   what:  size 32 | aux 16 | probe 4 | scope 5 | failed 1 | spare 5 | lap 1
 * aux: cache events: index of the cache; kmalloc: granted size, see
 * kmc_granted_pack(); page events: order | migratetype << 8; kswapd, reclaim:
 * order.
 */
struct kmc_slot {
	__u64 when;
	__u64 where;
	__u64 who;
	__u64 what;
};

#define KMC_SLOT_TIME_BITS   42
#define KMC_SLOT_TID_BITS    22
#define KMC_SLOT_NODE_BITS   7
#define KMC_SLOT_NODE_NONE   0x7f
#define KMC_SLOT_AUX_SHIFT   16
#define KMC_SLOT_PROBE_SHIFT 12
#define KMC_SLOT_SCOPE_SHIFT 7
#define KMC_SLOT_FAILED      0x40
#define KMC_SLOT_LAP         0x01 /* nest ring only: 1 in even laps, 0 in odd ones */

#define KMC_SLOT_NO_CACHE 0xffffu

/*
 * Granted sizes in 16 bits: units of 8 bytes below 256 KiB, else of 4 KiB.
 * Every size that SLUB or the page allocator hands out is a multiple of these.
 */
#define KMC_GRANTED_PAGES 0x8000u
#define KMC_GRANTED_SMALL (0x8000u << 3)

/* Interrupting programs of one cpu: at most one in each of softirq, hardirq and NMI per program. */
#define KMC_NEST_SLOTS 4096u
#define KMC_NEST_SPARE 64u

struct kmc_slot_count {
	__u64 hits;
	__u64 lost;
	__u64 filtered;
	__u64 skipped_self;
	__u64 skipped_null;
};

/* Written by the cpu's programs, read by the recorder. */
struct kmc_cpu_state {
	__u64 head;      /* slots ever published in the main ring */
	__u64 lost_at;   /* head at the latest loss */
	__u64 nest_head; /* slots ever reserved in the nest ring */
	__u32 busy;
	__u32 spare;
	struct kmc_slot_count count[KMC_SLOT_PROBES];
	__u64 pad[6];
};

/* Written by the recorder, read by the cpu's programs. */
struct kmc_cpu_control {
	__u64 tail;
	__u64 nest_tail;
	__u32 enabled;
	__u32 spare[11];
};

/* One cpu: two cache lines and more apart, one look-up for both. */
struct kmc_cpu {
	struct kmc_cpu_control control;
	struct kmc_cpu_state state;
};

/*
 * Direct-mapped table of the caches known at start; the seed is chosen so that they do not
 * collide.
 */
#define KMC_CACHE_TABLE_BITS 13
struct kmc_cache_entry {
	__u64 cache; /* the kernel's struct kmem_cache; 0 empty */
	__u64 index;
};
/* Caches first seen by the programs. */
#define KMC_CACHES_MISSED_MAX 4096

/* One cache, as the iterator or a program that met it first describes it. */
struct kmc_cache_item {
	__u64 cache;
	__u64 ctor;
	__u32 flags;
	__u32 index; /* by which slots name it; from programs only */
	__u32 object_size, size, align, inuse, offset;
	__u32 oo, min; /* order << 16 | objects */
	__u32 useroffset, usersize;
	__u32 sheaf_capacity;
	__u32 refcount;
	__u32 spare;
	char name[48];
};

/* A page event of the calibrating process. */
struct kmc_calibrate_sample {
	__u64 page;  /* struct page of the latest mm_page_alloc */
	__u64 order;
	__u64 pages; /* mm_page_alloc events so far */
	__u64 large_addr, large_page; /* a large kmalloc and the page under it */
	__u64 larges;
	__u64 vmap_start, vmap_end; /* the widest range asked of alloc_vmap_area */
};

#endif
