/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace as lives: who was allocated, how, when, and when freed. Cut into
 * programs of some lives each, whole ones: what is freed later is freed in the
 * program of its allocation. Private to distill/.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "trace/trace.h"
#include "vocab/program.h"

enum kmc_life_kind { KMC_LIFE_KMALLOC, KMC_LIFE_CACHE, KMC_LIFE_PAGES };

struct kmc_life {
	uint64_t born, died; /* numbers of events; died UINT64_MAX: never */
	uint64_t size;
	uint32_t gfp;        /* atoms */
	uint16_t cache, born_cpu, died_cpu;
	uint8_t kind, order;
	int8_t node;
};

struct kmc_lives {
	struct kmc_life *lives;
	size_t nr, max;
	/* events: what was read; replayed as ops; passed over, and why */
	uint64_t events, ops, of_before, failed, twice, implied, other;
};

/**
 * kmc_lives_read() - All lives of a trace, by time of birth.
 * @max_events: no more than so many events, 0 all.
 * Return: 0, -ENOMEM, -EINVAL for a block that does not decode (what came before is there).
 */
int kmc_lives_read(struct kmc_lives *lives, struct kmc_trace *trace, uint64_t max_events);
void kmc_lives_free(struct kmc_lives *lives);

/* Lives in one program: their ops and the creations of their caches are below the targets' 512. */
#define KMC_LIVES_PER_CUT 64

/**
 * kmc_lives_cut() - The program of the lives from @first on.
 * @program: initialised; its ops are replaced. Return: lives taken, -ENOMEM.
 */
int kmc_lives_cut(const struct kmc_lives *lives, const struct kmc_trace_facts *facts,
		  size_t first, struct kmc_program *program);

/** kmc_lives_machine() - A small machine like the recorded one: cpus, nodes, profile. */
void kmc_lives_machine(const struct kmc_trace_facts *facts, struct kmc_program *program);
