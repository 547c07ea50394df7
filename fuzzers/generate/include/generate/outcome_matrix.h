/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outcome matrix: one page request for each combination of flags, order, context and
 * task in each of many states of memory. A state is a program: what brings the machine
 * there, a snapshot, and then for each cell the snapshot taken up again and the request, so
 * that any two outcomes of a state may be compared. What a target lacks of the setting
 * up it refuses, and the requests are made all the same.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "vocab/program.h"

/* How much of each zone is free. X(enumerator, text) */
#define KMC_MATRIX_LEVELS(X)                             \
	X(PLENTY, "plenty")                              \
	X(BELOW_LOW, "between min and low")              \
	X(AT_MIN, "at min")                              \
	X(BELOW_HALF, "below half of min")               \
	X(BELOW_ATOMIC, "below three eighths of min")    \
	X(LOW_EMPTY, "nothing up to Normal, plenty above") \
	X(NOTHING, "nothing")
/* What could be had back. */
#define KMC_MATRIX_SOURCES(X)                            \
	X(NONE, "nothing")                               \
	X(CLEAN, "clean pages")                          \
	X(IO, "pages that need IO")                      \
	X(FS, "pages that need a filesystem")            \
	X(SHRINKER, "a shrinker's objects")              \
	X(VICTIM, "memory of a killable task")           \
	X(SUSPENDED, "clean pages, storage suspended")
enum kmc_matrix_level {
#define KMC_MATRIX_LEVEL(name, text) KMC_MATRIX_##name,
	KMC_MATRIX_LEVELS(KMC_MATRIX_LEVEL)
#undef KMC_MATRIX_LEVEL
	KMC_MATRIX_NR_LEVELS
};
enum kmc_matrix_source {
#define KMC_MATRIX_SOURCE(name, text) KMC_MATRIX_HAS_##name,
	KMC_MATRIX_SOURCES(KMC_MATRIX_SOURCE)
#undef KMC_MATRIX_SOURCE
	KMC_MATRIX_NR_SOURCES
};

/* Their texts, by number. */
extern const char *const kmc_matrix_level_names[KMC_MATRIX_NR_LEVELS];
extern const char *const kmc_matrix_source_names[KMC_MATRIX_NR_SOURCES];

#define KMC_MATRIX_MOST 32

/* What is multiplied with what: the axes, as a file of corpus/outcomes says. */
struct kmc_matrix {
	uint32_t bases[KMC_MATRIX_MOST], modifiers[KMC_MATRIX_MOST]; /* flag atoms */
	uint8_t orders[KMC_MATRIX_MOST];
	uint8_t tasks[KMC_MATRIX_MOST]; /* KMC_TF_* of tasks 1, 2, ...; task 0 is plain */
	uint8_t contexts[KMC_MATRIX_MOST];
	uint8_t levels[KMC_MATRIX_MOST], sources[KMC_MATRIX_MOST];
	bool layouts[2]; /* highmem or not */
	unsigned int nr_bases, nr_modifiers, nr_orders, nr_tasks, nr_contexts, nr_levels, nr_sources,
		nr_layouts;
};

struct kmc_matrix_state {
	enum kmc_matrix_level level;
	enum kmc_matrix_source source;
	bool highmem; /* zones of a 32-bit layout with a movable one, else of a 64-bit one */
};

/**
 * kmc_matrix_read() - The axes of a file.
 * @error: receives what is wrong with it, and where.
 * Return: 0, -EINVAL of a file that is none.
 */
int kmc_matrix_read(struct kmc_matrix *matrix, FILE *file, char *error, size_t size);

/** kmc_matrix_state_at() - The @index-th state. Return: false past the last. */
bool kmc_matrix_state_at(const struct kmc_matrix *matrix, size_t index,
			 struct kmc_matrix_state *state);

/**
 * kmc_matrix_program() - All cells of a state.
 * @profile: of the machine, KMC_RELEASE().
 * @first:   receives the place of the first cell: from there on restore and alloc_pages in turn.
 * Return: 0, -ENOMEM.
 */
int kmc_matrix_program(struct kmc_program *program, const struct kmc_matrix *matrix,
		       const struct kmc_matrix_state *state, uint32_t profile, size_t *first);

/** kmc_matrix_task_of() - The KMC_TF_* flags of the task with an op's task number. */
unsigned int kmc_matrix_task_of(const struct kmc_matrix *matrix, unsigned int task);
