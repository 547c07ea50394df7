/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a subject is like: the described machine (cpus, nodes, zones, options),
 * the profile that an imitation follows, the edition that the oracle judges
 * by. Heads of programs, trace headers and run documents are made of it.
 */
#ifndef VOCAB_MACHINE_H
#define VOCAB_MACHINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vocab/gfp.h"

#define KMC_MACHINE_MAX_ZONES 16

enum kmc_zone_kind { KMC_DMA, KMC_DMA32, KMC_NORMAL, KMC_HIGHMEM, KMC_MOVABLE, KMC_NR_ZONE_KINDS };

struct kmc_zone {
	uint8_t kind; /* enum kmc_zone_kind */
	uint8_t node;
	uint64_t start_pfn, nr_pages;
	/* read from a live or recorded kernel; 0 unknown */
	uint64_t managed, min, low, high;
};

/* Options of a kernel that change what may be observed. One line each: name in text, bit.
 * thp: huge pages, and khugepaged has asked for what it wants free. memory_recursiveprot: how
 * cgroup2 is mounted. */
#define KMC_MACHINE_OPTIONS(X)   \
	X(freelist_random, 0)    \
	X(freelist_hardened, 1)  \
	X(slab_nomerge, 2)       \
	X(memcg, 3)              \
	X(init_on_alloc, 4)      \
	X(init_on_free, 5)       \
	X(no_zone_dma, 6)        \
	X(slub_red_zone, 7)      \
	X(slub_poison, 8)        \
	X(slub_store_user, 9)    \
	X(slub_consistency, 10)  \
	X(slab_buckets, 11)      \
	X(random_kmalloc, 12)    \
	X(hardened_usercopy, 13) \
	X(lockdep, 14)           \
	X(kasan_hw_tags, 15)     \
	X(debug_vm, 16)          \
	X(preempt_rt, 17)        \
	X(thp, 18)               \
	X(memory_recursiveprot, 19) \
	X(options_unknown, 31) /* the subject could not tell */
enum {
#define KMC_OPTION(name, bit) KMC_MO_##name = (int)(1u << bit),
	KMC_MACHINE_OPTIONS(KMC_OPTION)
#undef KMC_OPTION
};
/* Options under which kmalloc objects are laid out with debug metadata. */
#define KMC_MO_LAYOUT_DEBUG \
	((uint32_t)(KMC_MO_slub_red_zone | KMC_MO_slub_poison | KMC_MO_slub_store_user))

struct kmc_machine {
	uint8_t page_shift; /* 12 */
	uint8_t max_order;  /* 10 */
	uint16_t nr_cpus, nr_nodes, nr_zones;
	uint32_t options;          /* KMC_MO_* */
	uint32_t profile;          /* KMC_RELEASE() imitated; 0: not an imitation */
	uint32_t release;          /* KMC_RELEASE() of a real kernel; 0: none */
	uint16_t kmalloc_minalign; /* bytes */
	uint32_t kmalloc_max_cache; /* bytes; larger blocks come from pages */
	uint64_t kmalloc_max_size; /* bytes */
	uint64_t seed;             /* of the subject's own randomness */
	/* Kernel-like address ranges; page events are put at direct_map + pfn * page size. */
	uint64_t direct_map, vmalloc_start, vmalloc_end;
	struct kmc_zone zones[KMC_MACHINE_MAX_ZONES];
};

/** kmc_machine_default() - 2 cpus, one node, one DMA32 zone of 64 MiB, profile 6.18.44. */
void kmc_machine_default(struct kmc_machine *machine);

/** kmc_machine_simple() - One node with @memory_bytes and the usual x86-64 zones. */
void kmc_machine_simple(struct kmc_machine *machine, unsigned int nr_cpus, uint64_t memory_bytes);

/**
 * kmc_machine_layout() - The zones of kmc_machine_simple() in @machine's page size.
 *
 * Memory is rounded down to 2 MiB, at least 4 MiB. Below 4 GiB: that much from
 * 16 MiB on, DMA32 to 4 GiB and what is left Normal. From 4 GiB on: up to that
 * address, DMA (1 to 16 MiB), DMA32 (to 4 GiB), Normal.
 */
void kmc_machine_layout(struct kmc_machine *machine, uint64_t memory_bytes);

/** kmc_machine_check() - Is it possible at all? Return: NULL, or what is wrong with it. */
const char *kmc_machine_check(const struct kmc_machine *machine);

bool kmc_zone_equal(const struct kmc_zone *a, const struct kmc_zone *b);
bool kmc_machine_equal(const struct kmc_machine *a, const struct kmc_machine *b);

/**
 * kmc_machine_print() - The `machine` line and the `zone` lines it needs, each
 * ended by a newline. Return: as snprintf(); KMC_MACHINE_TEXT bytes are enough.
 */
int kmc_machine_print(char *buf, size_t size, const struct kmc_machine *machine);
#define KMC_MACHINE_TEXT 4096

/* Reading it back, a line at a time. */
void kmc_machine_parse_begin(struct kmc_machine *machine);
/**
 * kmc_machine_parse_line() - Take a `machine` or `zone` line.
 * @why: what is wrong with it (static), NULL nothing. Return: whether it is such a line.
 */
bool kmc_machine_parse_line(struct kmc_machine *machine, const char *line, size_t len,
			    const char **why);
/** kmc_machine_parse_end() - Fill in what no line gave. Return: as kmc_machine_check(). */
const char *kmc_machine_parse_end(struct kmc_machine *machine);

/* The profiles there are, newest last. */
#define KMC_PROFILES(X) X(6, 1, 192) X(6, 6, 9) X(6, 12, 117) X(6, 18, 44)

/*
 * An edition: documents and headers of one release. The guide's text of a
 * release is one of five states.
 */
enum kmc_guide { KMC_G0 /* no guide */, KMC_G1, KMC_G2, KMC_G3, KMC_G4, KMC_G5 };
/** kmc_guide_of() - The guide's state at a release. */
enum kmc_guide kmc_guide_of(uint32_t release);

/** kmc_release_parse() - "6.18", "6.18.44", "v6.18.44-whatever". Return: release; 0: none. */
uint32_t kmc_release_parse(const char *text);
/** kmc_release_print() - "6.18.44" ("6.18" without a point). Return: as snprintf(). */
int kmc_release_print(char *buf, size_t size, uint32_t release);

#endif
