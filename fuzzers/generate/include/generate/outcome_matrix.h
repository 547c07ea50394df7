/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outcome matrix: one page request for each combination of flags, order, context and
 * task in each of many states of memory. A state is a program: what brings the machine
 * there, a snapshot, and then for each cell the snapshot taken up again and the request, so
 * that any two outcomes of a state may be compared. What a target lacks of the setting
 * up it refuses, and the requests are made all the same.
 */
#pragma once
#include <stddef.h>
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

/* Whose requests. */
enum kmc_matrix_task {
	KMC_MATRIX_PLAIN,
	KMC_MATRIX_MEMALLOC,
	KMC_MATRIX_EXITING,
	KMC_MATRIX_OOM_VICTIM,
	KMC_MATRIX_REALTIME,
	KMC_MATRIX_NR_TASKS
};

struct kmc_matrix_state {
	enum kmc_matrix_level level;
	enum kmc_matrix_source source;
	bool highmem; /* zones of a 32-bit layout with a movable one, else of a 64-bit one */
};

/** kmc_matrix_state_at() - The @index-th state. Return: false past the last. */
bool kmc_matrix_state_at(size_t index, struct kmc_matrix_state *state);

/**
 * kmc_matrix_program() - All cells of a state.
 * @profile: of the machine, KMC_RELEASE().
 * @first:   receives the place of the first cell: from there on restore and alloc_pages in turn.
 * Return: 0, -ENOMEM.
 */
int kmc_matrix_program(struct kmc_program *program, const struct kmc_matrix_state *state,
		       uint32_t profile, size_t *first);

/** kmc_matrix_task_of() - Which kind of task an op's task number is. */
enum kmc_matrix_task kmc_matrix_task_of(unsigned int task);
