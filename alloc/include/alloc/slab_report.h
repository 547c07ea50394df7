/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the slab layer found wrong: reports as data and as text, the check of a
 * whole cache, and a way to do damage that a debug cache can find. Included by
 * whoever drives a machine. A report is announced by KMC_TP_SLAB_REPORT, whose
 * bytes_req is the kind and bytes_alloc the number.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alloc/sim.h"

enum kmc_slab_report_kind {
	KMC_SLAB_LEFT_RED_ZONE,    /* before the object */
	KMC_SLAB_RIGHT_RED_ZONE,   /* behind it */
	KMC_SLAB_KMALLOC_RED_ZONE, /* behind the bytes that were asked for */
	KMC_SLAB_POISON,           /* a free object was written to */
	KMC_SLAB_END_POISON,       /* its last byte was */
	KMC_SLAB_ALIGN_PADDING,    /* between the object and its free pointer */
	KMC_SLAB_OBJECT_PADDING,   /* behind the object's records */
	KMC_SLAB_SLAB_PADDING,     /* behind the slab's last object */
	KMC_SLAB_FREE_POINTER,     /* leads to no object */
	KMC_SLAB_FREE_CHAIN,       /* the chain of free objects has the wrong length */
	KMC_SLAB_FREE_AGAIN,
	KMC_SLAB_NO_OBJECT,        /* an address that is no object's begin */
	KMC_SLAB_WRONG_CACHE,
	KMC_SLAB_LEFT_OBJECTS,     /* the cache was destroyed under them */
	KMC_SLAB_USERCOPY,         /* a copy that leaves what may be copied */
	KMC_SLAB_TRACE_ALLOC,      /* SLAB_TRACE: nothing is wrong */
	KMC_SLAB_TRACE_FREE,
	KMC_NR_SLAB_REPORT_KINDS
};

/* Who allocated or freed an object; all zero: nobody yet. */
struct kmc_slab_track {
	uint64_t site; /* kmc_sim_call_site(), else bytes from the program's begin */
	uint64_t time_ns;
	uint32_t cpu, task;
	uint32_t known;
	uint32_t unused;
};

#define KMC_SLAB_REPORT_NEAR 16
struct kmc_slab_report {
	enum kmc_slab_report_kind kind;
	uint32_t number;            /* from 1 */
	char cache[64];
	const char *detail;         /* static; NULL none */
	uint64_t slab, object;      /* kernel-like addresses; 0 none */
	uint64_t addr;              /* the first byte concerned */
	uint64_t length;            /* bytes concerned */
	uint8_t found, expected;    /* of that byte, where bytes are compared */
	uint8_t compared;
	uint8_t nr_near;
	uint8_t near[KMC_SLAB_REPORT_NEAR]; /* bytes from @addr on, as they were found */
	uint32_t object_size, inuse, objects;
	struct kmc_slab_track allocated, freed;
};

#define KMC_SLAB_REPORTS_KEPT 32
/** kmc_sim_slab_reports() - How many reports there were since boot. */
unsigned int kmc_sim_slab_reports(struct kmc_sim *sim);
/** kmc_sim_slab_report() - Report @number; false: none, or older than those that are kept. */
bool kmc_sim_slab_report(struct kmc_sim *sim, unsigned int number, struct kmc_slab_report *report);
/** kmc_slab_report_rule() - The contract's rule that speaks of the kind; "" none. */
const char *kmc_slab_report_rule(enum kmc_slab_report_kind kind);
/** kmc_slab_report_title() - The kind in words. */
const char *kmc_slab_report_title(enum kmc_slab_report_kind kind);
/** kmc_slab_report_print() - A report as lines of text. Return: as snprintf(). */
int kmc_slab_report_print(char *buf, size_t size, const struct kmc_slab_report *report);
#define KMC_SLAB_REPORT_TEXT 1024

/**
 * kmc_sim_slab_validate() - Check every object of a cache, as a write of 1 to the
 * cache's sysfs file validate does. Rule: DBG-1, DBG-2, DBG-4.
 * Return: the number of damaged objects and slabs, or -EINVAL without debugging.
 */
long kmc_sim_slab_validate(struct kmem_cache *cache);

/**
 * kmc_sim_poke() - Write a byte where a program should not.
 * @object: begin of an object, live or free, of a cache with consistency checks.
 * @offset: from there; must stay in the object's stride.
 * Return: 0 or -EINVAL, nothing written.
 */
int kmc_sim_poke(struct kmc_sim *sim, const void *object, long offset, uint8_t value);

/** kmc_sim_failslab_filter() - With @on, KMC_FAULT_SLAB hits caches with SLAB_FAILSLAB only. */
void kmc_sim_failslab_filter(struct kmc_sim *sim, bool on);
