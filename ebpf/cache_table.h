/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slab caches of the recorded kernel: from the iterator where there is one,
 * else from /proc/slabinfo and /sys/kernel/slab, and those that the programs
 * met first. Its index is the trace's cache id. Used by recorder.c.
 */
#ifndef EBPF_CACHE_TABLE_H
#define EBPF_CACHE_TABLE_H
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "probes.h"
#include "record_slot.h"
#include "vocab/event.h"

struct btf;

/* How this kernel numbers its cache flags: bit of each KMC_CF_*, -1 none. */
struct kmc_cache_flags {
	int8_t bit[32];
};

struct kmc_cache_table {
	struct kmc_cache_flags flags;
	struct kmc_cache_desc *desc;
	uint64_t *cache;     /* the kernel's pointer, 0 unknown; parallel to desc */
	uint16_t *of_index;  /* by the programs' index: index here */
	size_t nr, size, nr_of_index;
	char source[16];     /* "iterator", "slabinfo", "none" */
};

void kmc_cache_flags_of(const struct btf *btf, struct kmc_cache_flags *flags);

/** kmc_cache_describe() - An item in the vocabulary's words; its id is the caller's. */
void kmc_cache_describe(const struct kmc_cache_flags *flags, const struct kmc_cache_item *item,
			struct kmc_cache_desc *desc);

/**
 * kmc_slabinfo_parse() - Caches of /proc/slabinfo: name, size, objects, order. Return: number,
 * -errno.
 */
int kmc_slabinfo_parse(const char *text, struct kmc_cache_desc **desc);

/**
 * kmc_cache_mark_kmalloc() - Sets desc.kmalloc of all: kmalloc caches and sets of buckets, by
 * name.
 */
void kmc_cache_mark_kmalloc(struct kmc_cache_desc *desc, size_t nr);

/**
 * kmc_cache_table_fill() - The caches there are now. Return: 0, -ENOMEM; none found is no error.
 */
int kmc_cache_table_fill(struct kmc_cache_table *table, const struct btf *btf);

/**
 * kmc_cache_table_keys() - What kmc_probes_load() wants to know; free() it. Return: number,
 * -ENOMEM.
 */
int64_t kmc_cache_table_keys(const struct kmc_cache_table *table, struct kmc_cache_key **keys);

/**
 * kmc_cache_table_met() - A cache that a program met under item->index: adds it, or finds the one
 * of its name whose pointer was unknown. Return: 0, -ENOMEM.
 */
int kmc_cache_table_met(struct kmc_cache_table *table, const struct kmc_cache_item *item);

/** kmc_cache_table_find() - By name. Return: index or -1. */
int kmc_cache_table_find(const struct kmc_cache_table *table, const char *name);

void kmc_cache_table_free(struct kmc_cache_table *table);

#endif
