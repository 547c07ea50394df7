/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generator's state and what its files share. It keeps its own books of
 * what a program has, and has its own idea of what may follow. Slots 0 to 95
 * hold single blocks, 96 to 223 runs of objects, then caches, tokens, snapshots.
 */
#pragma once
#include <errno.h>
#include <string.h>
#include "generate/generate.h"
#include "vocab/event.h"

#define NR_BLOCKS   224u
#define FIRST_RUN   96u
#define NR_CACHES   8u
#define CACHE_SLOT  224u
#define TOKEN_SLOT  240u
#define SNAP_SLOT   300u
#define NUM_SLOT    310u
#define AREA_SLOT   320u
#define GROUP_SLOT  330u
#define DEVICE_SLOT 340u
#define NR_TASKS    3u
#define HELD_SLOT   400u /* of sequences that give back what they took */
#define MAX_DEPTH   4u

#define KERNEL	    (KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS)

enum made_by { BY_NONE, BY_KMALLOC, BY_CONST, BY_CACHE, BY_PAGES, BY_GET, BY_EXACT, BY_FOLIO };

struct block {
	uint8_t by;
	bool sure;	/* there for certain: no failure can have hit */
	bool null;	/* NULL or ZERO_SIZE_PTR for certain */
	bool zero_size; /* the latter */
	bool kept, comp, ksized, zero;
	uint8_t order, cache, extra; /* extra: references beside the first */
	uint64_t size, most;	     /* the largest size while it may have kept its place */
	uint64_t parts, pattern, written_from, written_to;
};

struct cache {
	bool live, ctor, sure, kept;
	uint32_t size;
};

struct scope {
	uint16_t restore, token;
};

struct model {
	struct block blocks[NR_BLOCKS];
	struct cache caches[NR_CACHES];
	struct scope scopes[NR_TASKS][MAX_DEPTH];
	uint8_t depth[NR_TASKS];
	bool armed; /* failures may hit at any time */
	bool area;  /* AREA_SLOT was declared */
	uint64_t bytes;
};

struct maker {
	struct kmc_program *program;
	const struct kmc_gen_wish *wish;
	uint64_t random;
	int error;
	struct model now, then;
	bool snapped, exhaust;
	const char *rule;
	bool misused;
	uint16_t tokens, names;
	uint64_t patterns;
};

/* maker.c */
uint32_t gen_draw(struct maker *m, uint32_t below);
bool gen_chance(struct maker *m, uint32_t one_in);
struct kmc_op gen_start(struct maker *m, unsigned int code);
struct kmc_op gen_into(struct maker *m, unsigned int code, uint16_t slot, uint64_t a);
void gen_emit(struct maker *m, struct kmc_op *op);
void gen_emit_at(struct maker *m, unsigned int code, uint16_t slot);
uint32_t gen_flags(struct maker *m, const struct kmc_op *op, bool may_zero);
struct block *gen_block_at(struct maker *m, uint16_t slot);
int gen_empty_slot(struct maker *m, unsigned int from, unsigned int nr);
int gen_some_block(struct maker *m, bool sure, int by);
bool gen_room_for(const struct maker *m, uint64_t bytes);
struct block *gen_note(struct maker *m, const struct kmc_op *op, enum made_by by, uint64_t size);
void gen_forget(struct maker *m, struct block *b);
void gen_arm(struct maker *m, uint64_t fault, uint64_t nth, uint64_t interval);

/* kmalloc.c */
void gen_node_flags(struct maker *m, struct kmc_op *op);
unsigned int gen_some_code(struct maker *m, const uint16_t *codes, unsigned int nr,
			   unsigned int nr_few);
bool gen_zeroes(unsigned int code);
void gen_keep_sometimes(struct maker *m, struct kmc_op *op);
void gen_kmalloc(struct maker *m, uint16_t slot);
void gen_array(struct maker *m, uint16_t slot);
void gen_dup(struct maker *m, uint16_t slot);
void gen_string(struct maker *m, uint16_t slot);
void gen_resize(struct maker *m, uint16_t slot);
void gen_kmalloc_run(struct maker *m);
void gen_pure(struct maker *m);
void gen_ksize(struct maker *m);

/* caches.c */
void gen_create(struct maker *m);
int gen_some_cache(struct maker *m);
void gen_cache_alloc(struct maker *m, uint16_t slot);
int gen_empty_run(struct maker *m, unsigned int nr);
void gen_no_hard_context(struct kmc_op *op);
void gen_cache_bulk(struct maker *m);
bool gen_cache_in_use(const struct maker *m, unsigned int cache);
void gen_destroy(struct maker *m, unsigned int cache);
void gen_cache_question(struct maker *m);

/* pages.c */
void gen_pages(struct maker *m, uint16_t slot);
void gen_exact(struct maker *m, uint16_t slot);
bool gen_is_pages(const struct block *b);
void gen_reference(struct maker *m);
void gen_split(struct maker *m);
void gen_page_question(struct maker *m);

/* free.c */
void gen_memory(struct maker *m);
bool gen_since_6_4(const struct maker *m);
struct kmc_op gen_free_op(struct maker *m, unsigned int code, uint16_t slot);
unsigned int gen_legal_free(struct maker *m, const struct block *b);
void gen_free(struct maker *m, uint16_t slot);
void gen_bulk_free(struct maker *m);
void gen_nothing(struct maker *m);

/* machine.c */
void gen_scope(struct maker *m);
void gen_end_scope(struct maker *m, unsigned int task);
void gen_scope_question(struct maker *m);
void gen_fault(struct maker *m);
void gen_snapshot(struct maker *m);
void gen_clock(struct maker *m);
void gen_setting(struct maker *m);

/* page_sequences.c */
void gen_emit_task(struct maker *m, struct kmc_op *op);
struct kmc_op gen_on_held(struct maker *m, unsigned int code);
void gen_page_sequence(struct maker *m);

/* placement.c */
void gen_cpuset(struct maker *m);
void gen_balloon(struct maker *m);
void gen_move(struct maker *m);

/* areas.c */
void gen_vmalloc(struct maker *m);
void gen_kvmalloc(struct maker *m);
void gen_mapping(struct maker *m);
void gen_limit(struct maker *m);

/* object_sequences.c */
void gen_object_sequence(struct maker *m);

/* rcu.c */
void gen_rcu(struct maker *m);

/* groups.c */
void gen_groups(struct maker *m);

/* other_sequences.c */
void gen_other_sequence(struct maker *m);

/* edges.c, edges_areas.c, edges_caches.c, edges_devices.c, edges_pages.c */
void gen_edge(struct maker *m);
void gen_area_edge(struct maker *m);
void gen_cache_edge(struct maker *m);
void gen_device_edge(struct maker *m);
void gen_page_edge(struct maker *m);

/* pressure.c */
void gen_pressure(struct maker *m);

/* misuse.c */
void gen_misuse(struct maker *m);
